/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The NSEC3 records that a change of the unsigned zone can touch.
 *
 * Those of the owners that changed, of empty non-terminals that came or went with them, and the
 * record before each one that joined or left the chain, whose bitmap stays. The chain is the
 * tree of NSEC3 owners itself; no list of all hashes is made. Borrows nodes. One thread.
 */
#ifndef HF_SIGN_CHANGE_LINKS_H
#define HF_SIGN_CHANGE_LINKS_H

#include "sign/change_owners.h"

struct hf_change_link {
	uint8_t hash[HF_NSEC3_HASH_LEN];
	uint8_t next[HF_NSEC3_HASH_LEN];
	const struct hf_node *old;   /* keeps this one's bitmap; NULL: the bitmap is the owner's */
	const struct hf_node *owner; /* in the plan's zone; NULL: an empty non-terminal */
	enum hf_place place;         /* of `owner` */
	struct hf_node *made;        /* the signed node, owned */
};

struct hf_change_links {
	struct hf_change_link *list; /* in order of hash without repeats */
	size_t count, cap;
};

void hf_change_links_done(struct hf_change_links *links);
/*
 * `chain` is a copy of the previous version's tree of NSEC3 owners. Afterwards it holds exactly
 * the owners of the new chain, those in the list still to be signed. Needs the owners' places.
 * HF_ERR_REFUSED: two names have the same hash.
 */
enum hf_err hf_change_links_gather(struct hf_sign_worker *worker, const struct hf_version *before,
        const struct hf_change_owners *owners, struct hf_tree *chain, struct hf_diag *diag,
        struct hf_change_links *ret_links) HF_MUST_CHECK;
/* Adds records with a signature that is due, as far as the budget goes. */
enum hf_err hf_change_links_add_due(const struct hf_sign_plan *plan, const struct hf_tree *chain,
        struct hf_change_links *links, struct hf_change_budget *budget) HF_MUST_CHECK;
/* Gives each record its next hash. The last step. */
enum hf_err hf_change_links_chain(const struct hf_sign_plan *plan, const struct hf_tree *chain,
        struct hf_change_links *links) HF_MUST_CHECK;

#endif
