/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known outages: scenario files in a folder that comes with Holdfast, found by their names.
 *
 * The folder is that of the environment variable HOLDFAST_INCIDENTS; else the one that was
 * installed beside this program, or that of the source tree that it was built in. One thread at a
 * time.
 */
#ifndef HF_CLI_INCIDENTS_H
#define HF_CLI_INCIDENTS_H

#include "sim/scenario.h"

/* A scenario by its id, or from the file of that path. The same errors as hf_scenario_parse;
 * HF_ERR_NOTFOUND: there is no such incident. All with a sentence. */
enum hf_err hf_incident_read(const char *word, const struct hf_scenario_setting *settings,
        size_t setting_count, struct hf_diag *diag,
        struct hf_scenario **ret_scenario) HF_MUST_CHECK;

struct hf_incidents {
	struct hf_scenario **list; /* in order of date */
	size_t count;
};
enum hf_err hf_incidents_read(
        struct hf_diag *diag, struct hf_incidents *ret_incidents) HF_MUST_CHECK;
void hf_incidents_done(struct hf_incidents *incidents);

#endif
