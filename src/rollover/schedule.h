/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is due by itself: keys at the end of their lives, standby keys that are missing, signatures
 * that run out. For this part only. Pure and thread-safe.
 */
#ifndef HF_ROLLOVER_SCHEDULE_H
#define HF_ROLLOVER_SCHEDULE_H

#include "rollover/view.h"

/*
 * The change that is due, as `ret_start`, if there is one; else when the next will be as
 * `ret_next`, HF_TIME_NEVER for none. For a zone in which nothing is being changed.
 */
bool hf_schedule_due(const struct hf_policy *policy, const struct hf_roll_state *state, hf_time now,
        struct hf_roll_start *ret_start, hf_time *ret_next);

/* When a key's life ends, spread by the policy's jitter; HF_TIME_NEVER: not by itself. */
hf_time hf_schedule_end(
        const struct hf_policy *policy, const struct hf_roll_state *state, unsigned key);

/* When the first signature that is published now expires; HF_TIME_NEVER without any. */
hf_time hf_schedule_expiry(const struct hf_evidence *evidence);

#endif
