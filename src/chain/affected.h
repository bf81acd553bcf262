/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is hit by a fault: which names, at which resolvers, and until when.
 *
 * Each cause has a row in one table; the words are made from it and the fault's facts. Values,
 * thread-safe.
 */
#ifndef HF_CHAIN_AFFECTED_H
#define HF_CHAIN_AFFECTED_H

#include "chain/fault.h"

/* What is known beside the fault. */
struct hf_scene {
	hf_time now;
	uint32_t ds_ttl, key_ttl; /* of the zone that the fault is about; 0: not known */
};

/* Parts of one sentence, without a full stop. Nothing for a good chain. */
void hf_fault_put_affected(
        struct hf_buf *out, const struct hf_fault *fault, const struct hf_scene *scene);

#endif
