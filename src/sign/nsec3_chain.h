/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of an NSEC3 chain: the hashes of all owners and empty non-terminals that have an
 * NSEC3 record, sorted (RFC 5155 section 7.1).
 *
 * With opt-out, insecure delegations have none, and neither have empty non-terminals that exist
 * only because of them. Items borrow nodes of the plan's zone.
 */
#ifndef HF_SIGN_NSEC3_CHAIN_H
#define HF_SIGN_NSEC3_CHAIN_H

#include "sign/sign_worker.h"

struct hf_nsec3_item {
	uint8_t hash[HF_NSEC3_HASH_LEN];
	uint8_t place; /* enum hf_place of the node */
	uint8_t up;    /* stands for the node's ancestor this many labels up; 0: the node itself */
	const struct hf_node *node;
};

struct hf_nsec3_chain {
	struct hf_nsec3_item *items;
	size_t count;
};

void hf_nsec3_chain_done(struct hf_nsec3_chain *chain);
/* One worker for each of the pool's jobs. HF_ERR_REFUSED: two names have the same hash. */
enum hf_err hf_nsec3_chain_make(const struct hf_sign_plan *plan, struct hf_sign_worker *workers,
        struct hf_pool *pool, const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_nsec3_chain *ret_chain) HF_MUST_CHECK;

/* Sorts by hash and drops repeats of one name. HF_ERR_REFUSED as above. */
enum hf_err hf_nsec3_chain_sort(
        struct hf_nsec3_chain *chain, struct hf_pool *pool, struct hf_diag *diag) HF_MUST_CHECK;

#endif
