/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the options of `holdfast rehearse` to what is rehearsed. One thread at a time.
 */
#ifndef HF_CLI_REHEARSE_SETUP_H
#define HF_CLI_REHEARSE_SETUP_H

#include "cli/options.h"
#include "cli/policy_argument.h"
#include "pipeline/livestate.h"
#include "rollover/plan_input.h"
#include "sim/rehearsal.h"

struct hf_rehearse_arguments {
	const char *zone, *origin, *keys, *live, *roll, *method;
	struct hf_policy_argument policy;
	hf_time at;
	int64_t span;   /* seconds; 0: not given */
	unsigned years; /* 0: not given */
	struct hf_option_list faults, settings, shares, compare;
	unsigned random_faults, runs, seed, resolvers, jobs;
};

/* Everything that is read and made; the rehearsal points into it: it must not be moved. */
struct hf_rehearse_setup {
	struct hf_diag warnings;
	struct hf_pool *pool;
	struct hf_policy policy;
	struct hf_version *version;
	struct hf_keydir keys;
	struct hf_plan_input input;
	struct hf_rehearsal_keys made;
	struct hf_live_state live;
	struct hf_people people;
	struct hf_theatre_change change;
	struct hf_theatre_fault faults[HF_OPTION_ITEMS];
	char expire[32]; /* the zone's own, as a setting */
	const char *settings[HF_OPTION_ITEMS + 1];
	struct hf_rehearsal rehearsal;
	struct hf_rehearsal_way ways[HF_REHEARSAL_WAYS];
	size_t way_count;
};
/* Fills in a setup of zeros; call _done whatever it returns. */
enum hf_err hf_rehearse_setup_make(const struct hf_rehearse_arguments *arguments,
        struct hf_diag *diag, struct hf_rehearse_setup *setup) HF_MUST_CHECK;
void hf_rehearse_setup_done(struct hf_rehearse_setup *setup);

#endif
