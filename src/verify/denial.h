/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Denial of existence: what NSEC and NSEC3 records must say, from the names that are there.
 *
 * Each function judges one owner or one record, given its neighbour before it; the results go to
 * the worker. A chain is a ring: the neighbour before the first is the last.
 */
#ifndef HF_VERIFY_DENIAL_H
#define HF_VERIFY_DENIAL_H

#include "verify/worker.h"

/* ---- Types (RFC 4034 section 4.1.2, RFC 5155 section 7.1) ---- */

struct hf_types {
	const struct hf_owner *owner; /* NULL: an empty non-terminal */
	enum hf_denial denial;
	const uint8_t *bitmap;
	uint16_t bitmap_len;
};
/* Whether the bitmap names exactly the types that are there; a finding of `check` otherwise. */
void hf_types_judge(struct hf_worker *worker, const struct hf_types *types, enum hf_check_id check,
        const struct hf_where *where);
/* A finding when the TTL is not what RFC 9077 asks for. */
void hf_denial_ttl_judge(
        struct hf_worker *worker, const struct hf_name *owner, const struct hf_rrset *set);

/* ---- NSEC (RFC 4034 section 4, RFC 4035 section 2.3) ---- */

/* Judges an owner's NSEC record, and that of the chain's owner before it for pointing here. */
void hf_nsec_judge(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_node *before);

/* ---- NSEC3 (RFC 5155 section 7.1) ---- */

/* The last record of each chain before some place; NULL where there is none. */
struct hf_ring {
	const struct hf_node *last[HF_VERIFY_CHAINS];
};

/* The NSEC3 owners in slices, and the rings before each slice and after the last one. */
struct hf_rings {
	struct hf_slice *slices;
	size_t count;
	struct hf_ring *at;
};
enum hf_err hf_rings_init(const struct hf_facts *facts, struct hf_rings *ret_rings) HF_MUST_CHECK;
void hf_rings_done(struct hf_rings *rings);

/*
 * Judges whether an owner, and the empty non-terminals above it, have their NSEC3 records. Uses
 * the worker's rings.
 */
enum hf_err hf_nsec3_judge_owner(
        struct hf_worker *worker, const struct hf_owner *owner) HF_MUST_CHECK;
/*
 * Judges one owner of NSEC3 records: form, parameters, link from the record before it. `end` is
 * the ring after the last owner. Says whether its records must be signed.
 */
bool hf_nsec3_judge_record(struct hf_worker *worker, const struct hf_node *node,
        struct hf_ring *ring, const struct hf_ring *end);
/* After all owners: NSEC3 records that stand for no name, and for two. Sorts the matches. */
void hf_nsec3_judge_orphans(struct hf_worker *worker);
/* After all: what holds for the NSEC3 chains as a whole. */
void hf_nsec3_judge_zone(struct hf_worker *worker);

#endif
