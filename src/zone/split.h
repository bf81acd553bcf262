/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cutting zone text into stretches that can be read at the same time.
 *
 * A cut is made only where a line begins an entry that says its owner: outside of parentheses,
 * quotes and comments, so that nothing before it is needed but the directives in force. Those are
 * collected on the way. Pure.
 */
#ifndef HF_ZONE_SPLIT_H
#define HF_ZONE_SPLIT_H

#include "base/bytes.h"
#include "zone/records.h"

struct hf_split {
	struct hf_stretch *stretches;
	size_t count;
	struct hf_buf directives; /* what the stretches' `before` point into */
};

/*
 * About `wanted` stretches of about equal size, at least one. Text with $INCLUDE or very many
 * directives stays in one piece.
 */
enum hf_err hf_split_text(
        const struct hf_stretch *whole, size_t wanted, struct hf_split *ret_split) HF_MUST_CHECK;
void hf_split_done(struct hf_split *split);

#endif
