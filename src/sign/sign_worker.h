/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker: what one thread needs to sign, kept between owners.
 *
 * Signers, verifiers, a hasher, a node builder and buffers; nothing in it is shared. Borrows the
 * plan. One thread at a time.
 */
#ifndef HF_SIGN_SIGN_WORKER_H
#define HF_SIGN_SIGN_WORKER_H

#include "crypto/digest.h"
#include "sign/sign_plan.h"

struct hf_sign_worker {
	const struct hf_sign_plan *plan;
	struct hf_signer **signers;     /* by index of key; NULL for keys that do not sign */
	struct hf_verifier **verifiers; /* by index of key; NULL unless re-use is checked */
	struct hf_rdata *staying;       /* signatures of a set that stays; room for all keys */
	struct hf_nsec3_hasher *hasher; /* with NSEC3 */
	struct hf_node_builder *builder;
	struct hf_buf rrsig;   /* RRSIG RDATA in the making */
	struct hf_buf message; /* what is signed */
	struct hf_buf single;  /* a set of one record: see hf_sign_worker_single */
	uint16_t *types;       /* for a bitmap */
	size_t types_cap;
	uint64_t made, reused; /* signatures */
};

enum hf_err hf_sign_worker_init(
        struct hf_sign_worker *worker, const struct hf_sign_plan *plan) HF_MUST_CHECK;
void hf_sign_worker_done(struct hf_sign_worker *worker);
/* A worker for each of `count` threads; the caller frees them. */
enum hf_err hf_sign_workers_new(const struct hf_sign_plan *plan, unsigned count,
        struct hf_sign_worker **ret_workers) HF_MUST_CHECK;
void hf_sign_workers_free(struct hf_sign_worker *workers, unsigned count); /* NULL is fine */

/*
 * Adds to the builder's node the RRSIGs of a set, re-used from `previous` (the previous version's
 * node of this owner, or NULL) where they fit; all of them when the set may stay as it is there.
 */
enum hf_err hf_sign_worker_sign_set(struct hf_sign_worker *worker, const struct hf_name *owner,
        const struct hf_rrset *set, const struct hf_node *previous) HF_MUST_CHECK;

/*
 * A set of one record whose RDATA the caller writes: call _begin, put RDATA into `single`, then
 * call _end, which also adds the record to the builder's node. The view lasts until the next one.
 */
void hf_sign_worker_single_begin(struct hf_sign_worker *worker);
enum hf_err hf_sign_worker_single_end(struct hf_sign_worker *worker, uint16_t type, uint32_t ttl,
        struct hf_rrset *ret_set) HF_MUST_CHECK;

/* Room for the types of a node and `more` others. */
enum hf_err hf_sign_worker_types(struct hf_sign_worker *worker, size_t count) HF_MUST_CHECK;

#endif
