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
	enum hf_denial_kind denial;
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
/* The latter alone, for an owner of the chain. */
void hf_nsec_judge_link(
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

/* Judges whether an owner, and the empty non-terminals above it, have their NSEC3 records. */
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

/* ---- NSEC3 in a change: places instead of walks ---- */

/* The rings before a key, closed: found in the tree. */
void hf_ring_before(
        const struct hf_facts *facts, const uint8_t *key, size_t len, struct hf_ring *ret_ring);
/* The same for the records behind it. */
void hf_ring_after(
        const struct hf_facts *facts, const uint8_t *key, size_t len, struct hf_ring *ret_ring);
/* Judges of each chain's record at a node whether the one before it points here. */
void hf_nsec3_judge_links(struct hf_worker *worker, const struct hf_node *node);
/*
 * Judges a name of the zone that a change touched, whether it is there, an empty non-terminal or
 * gone: what must be at its hash is there, what must not be is not. Notes the NSEC3 nodes that
 * stand or stood for it, in this version and the one before, as matches.
 */
enum hf_err hf_nsec3_judge_place(struct hf_worker *worker, const struct hf_version *before,
        const uint8_t *key, size_t len) HF_MUST_CHECK;
/* Makes the matches ready for hf_nsec3_explained. */
void hf_matches_sort(struct hf_worker *worker);
/*
 * Whether a changed NSEC3 node needs no look at its name, which is not among those touched: in
 * each chain the record tells the same types, or a touched name stands for it.
 */
bool hf_nsec3_explained(
        const struct hf_worker *worker, const struct hf_node *before, const struct hf_node *after);
/*
 * Whether names that opt-out covered may have lost that by the change of one node. `was` are the
 * facts of the version before.
 */
bool hf_nsec3_closes(const struct hf_facts *was, const struct hf_facts *facts,
        const struct hf_node *before, const struct hf_node *after);

#endif
