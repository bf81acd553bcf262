/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One owner's signed node, from its records, its place and its neighbour.
 *
 * The same functions serve a whole zone and a single changed name. Results are new references; a
 * node that needs no change comes back itself. One thread a worker.
 */
#ifndef HF_SIGN_SIGN_OWNER_H
#define HF_SIGN_SIGN_OWNER_H

#include "sign/cuts.h"
#include "sign/sign_worker.h"

/*
 * The signed node. `next` is the next owner in the NSEC chain (the apex behind the last one);
 * NULL with NSEC3, or for owners that are not in the chain.
 */
enum hf_err hf_sign_owner_node(struct hf_sign_worker *worker, const struct hf_node *node,
        enum hf_place place, const struct hf_node *next, struct hf_node **ret_node) HF_MUST_CHECK;

/*
 * The signed NSEC3 node with this hash. `node` is the owner that it stands for and
 * `place` its place; NULL for an empty non-terminal.
 */
enum hf_err hf_sign_owner_nsec3(struct hf_sign_worker *worker,
        const uint8_t hash[static HF_NSEC3_HASH_LEN], const uint8_t next[static HF_NSEC3_HASH_LEN],
        const struct hf_node *node, enum hf_place place, struct hf_node **ret_node) HF_MUST_CHECK;

/* The key of the owner of the NSEC3 record with this hash. */
void hf_sign_owner_hashed(const struct hf_sign_plan *plan,
        const uint8_t hash[static HF_NSEC3_HASH_LEN], struct hf_key *ret_key);
/* The hash in the owner of an NSEC3 node; false when there is none. */
bool hf_sign_owner_hash(const struct hf_node *node, uint8_t ret_hash[static HF_NSEC3_HASH_LEN]);
/* The NSEC3 node `old` of the previous version with another `next`, or the same, and signatures
 * that fit. */
enum hf_err hf_sign_owner_link(struct hf_sign_worker *worker, const struct hf_node *old,
        const uint8_t next[static HF_NSEC3_HASH_LEN], struct hf_node **ret_node) HF_MUST_CHECK;

/* Whether an owner in this place has a denial record of its own. */
bool hf_sign_owner_denied(
        const struct hf_sign_plan *plan, const struct hf_node *node, enum hf_place place);

#endif
