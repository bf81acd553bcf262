/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the engine wants, as signing takes it: a waypoint and a policy become options and duties.
 *
 * Values, without pointers: what a version was signed with can be kept and compared with what the
 * next one is to be signed with. Thread-safe.
 */
#ifndef HF_PIPELINE_RECIPE_H
#define HF_PIPELINE_RECIPE_H

#include "rollover/rollover.h"
#include "sign/sign.h"

struct hf_recipe {
	struct hf_sign_options options;
	struct hf_sign_duty list[HF_ROLL_KEYS];
	size_t count;
	unsigned digests;
};

/*
 * `previous` (may be NULL) is asked for the salt that NSEC3 has: a new one would be made only where
 * it has none of the policy's length. HF_ERR_IO: no random bytes for that.
 */
enum hf_err hf_recipe_make(const struct hf_policy *policy, const struct hf_roll_state *state,
        const struct hf_wanted *wanted, const struct hf_version *previous, hf_time now,
        struct hf_recipe *ret_recipe) HF_MUST_CHECK;
/* The duties in it; borrowed. */
struct hf_sign_duties hf_recipe_duties(const struct hf_recipe *recipe);
/* Whether a version that was signed with one looks as if signed with the other; times and serials
 * apart. */
bool hf_recipe_same(const struct hf_recipe *a, const struct hf_recipe *b);
/* Whether the version has the CDS and CDNSKEY records that are wanted; asked of the CDNSKEY set. */
bool hf_recipe_cds_is(const struct hf_version *version, const struct hf_roll_state *state,
        const struct hf_wanted *wanted);

#endif
