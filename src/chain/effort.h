/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a chain may still do: bounds, what was done so far, and re-used buffers.
 *
 * Everything that costs time is counted here before it is done, over the whole chain, so that no
 * answer can make a chain work without end. For this part only; one chain's own.
 */
#ifndef HF_CHAIN_EFFORT_H
#define HF_CHAIN_EFFORT_H

#include "chain/chain.h"
#include "crypto/digest.h"

struct hf_effort {
	hf_time at;
	struct hf_chain_options most;
	unsigned questions, signatures, failures, hashes, aliases;
	hf_time valid_until; /* the first end of a signature that was relied on */
	struct hf_buf message;
	struct hf_nsec3_hasher *hasher;
};

#endif
