/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a validator finds in a small world: its questions are answered from versions, as name
 * servers that have them would. For this part only; one thread at a time.
 */
#ifndef HF_SIM_DRAMA_WALK_H
#define HF_SIM_DRAMA_WALK_H

#include "chain/chain.h"
#include "sim/drama_world.h"

/* What the validator gets; the DNSKEY set and the data may be of different versions, as caches
 * have them. */
struct hf_drama_view {
	const struct hf_version *parent; /* NULL: the zone is the root */
	const struct hf_version *keys, *data;
	hf_scenario_keys anchors; /* of the root */
	hf_time at;
};

/* Proves what the class's question is about; the caller owns the chain, which has a result. */
enum hf_err hf_drama_walk(const struct hf_drama_world *world, const struct hf_drama_view *view,
        unsigned class, struct hf_diag *diag, struct hf_chain **ret_chain) HF_MUST_CHECK;

#endif
