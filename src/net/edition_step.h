/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps inside an edition: which nodes differ between two successive versions.
 *
 * A step is immutable and shared by all editions that have it. For this part only.
 */
#ifndef HF_NET_EDITION_STEP_H
#define HF_NET_EDITION_STEP_H

#include <stdatomic.h>

#include "net/edition.h"

/* One owner; either is NULL when the owner is in one version only. */
struct hf_step_change {
	struct hf_node *before, *after; /* references */
};

struct hf_step {
	_Atomic uint32_t refs;
	uint32_t from, to;                        /* serials */
	struct hf_node *apex_before, *apex_after; /* references: where the SOA records are */
	struct hf_step_change *changes;
	size_t count;
	uint64_t bytes; /* of its records in messages, without compression */
};

/* The steps that lead from a serial to the edition, in order; borrowed. NULL when there are none.
 */
struct hf_step *const *hf_edition_steps_since(
        const struct hf_edition *edition, uint32_t serial, size_t *ret_count);

#endif
