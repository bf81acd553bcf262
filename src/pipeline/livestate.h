/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a running daemon knows of a zone's keys: looked at from outside, changing nothing.
 *
 * State and evidence are of one moment. Thread-safe.
 */
#ifndef HF_PIPELINE_LIVESTATE_H
#define HF_PIPELINE_LIVESTATE_H

#include "rollover/rollover.h"

/* Of zeros before it is read, and afterwards its owner's. */
struct hf_live_state {
	bool is_there;
	struct hf_roll_state roll;
	struct hf_evidence *evidence;
};

/* `folder` is the daemon's state folder. HF_ERR_NOTFOUND: it has no such zone, or that was never
 * signed; else what hf_store_open_reader says. */
enum hf_err hf_live_state_read(const char *folder, const struct hf_name *zone, hf_time now,
        struct hf_diag *diag, struct hf_live_state *ret_state) HF_MUST_CHECK;
/* The servers of parent and zone that were seen, where the policy names none: the daemon finds them
 * by itself. */
void hf_live_state_places(const struct hf_live_state *state, struct hf_policy *policy);
void hf_live_state_done(struct hf_live_state *state);

#endif
