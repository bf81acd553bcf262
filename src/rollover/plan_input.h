/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a zone, a folder of keys and a wish in words to what a plan is made from.
 *
 * In a signed zone its own records say which keys are published and sign; in an unsigned one the
 * dates in the key files do. Borrows what it is given. Pure and thread-safe.
 */
#ifndef HF_ROLLOVER_PLAN_INPUT_H
#define HF_ROLLOVER_PLAN_INPUT_H

#include "rollover/plan.h"

/* What somebody wants to change, in words: holdfast-plan(1). */
struct hf_plan_wish {
	const char *roll;   /* NULL: nothing is to be changed */
	const char *method; /* NULL: the policy's */
	hf_time at;
};

struct hf_plan_input {
	struct hf_plan_job job;
	struct hf_policy policy; /* with the key model that is wished for */
	struct hf_zone_profile profile;
	struct hf_plan_key *keys; /* owned */
	uint16_t *tags;           /* owned */
};

/*
 * HF_ERR_SYNTAX: a wish that makes no sense. HF_ERR_REFUSED: the zone and the keys do not fit
 * together. Without a folder of keys (NULL) a signed zone's own records are all that is known, and
 * an unsigned zone has none. Fills in `ret_input`, whose job points into it: it must not be moved.
 */
enum hf_err hf_plan_input_make(const struct hf_plan_wish *wish, const struct hf_policy *policy,
        const struct hf_version *version, const struct hf_keydir *keys, struct hf_diag *diag,
        struct hf_plan_input *ret_input) HF_MUST_CHECK;
void hf_plan_input_done(struct hf_plan_input *input);

#endif
