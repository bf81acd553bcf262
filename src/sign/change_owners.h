/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The owners whose signed node a change of the unsigned zone can touch.
 *
 * Those are the owners that differ, the apex (its serial changes), what a delegation or a DNAME
 * that came or went uncovers or hides, and with NSEC the owner before each one that joined or left
 * the chain. Everything else keeps its signed node. Borrows nodes of the plan's zone and of the
 * unsigned version before. One thread.
 */
#ifndef HF_SIGN_CHANGE_OWNERS_H
#define HF_SIGN_CHANGE_OWNERS_H

#include "sign/cuts.h"
#include "sign/sign_worker.h"

struct hf_change_owner {
	const struct hf_node *was;  /* in the unsigned version before; NULL: not there */
	const struct hf_node *now;  /* in the plan's zone; NULL: gone */
	const struct hf_node *next; /* in the NSEC chain; NULL when it is not in one */
	struct hf_node *made;       /* the signed node, owned */
	enum hf_place place;        /* of `now` */
	bool denied;                /* whether `now` has a denial record of its own */
};

struct hf_change_owners {
	struct hf_change_owner *list; /* in canonical order without repeats */
	size_t count, cap;
};

/* How much of what is due may be signed. */
struct hf_change_budget {
	size_t left; /* owners and denial records */
	bool more;   /* it did not suffice */
};

void hf_change_owners_done(struct hf_change_owners *owners);
/* What differs from `before`, and what that uncovers or hides. HF_ERR_LIMIT: over `limit`. */
enum hf_err hf_change_owners_gather(const struct hf_sign_plan *plan,
        const struct hf_version *before, size_t limit,
        struct hf_change_owners *ret_owners) HF_MUST_CHECK;
/* Adds owners of the previous version with a signature that is due, as far as the budget goes. */
enum hf_err hf_change_owners_add_due(const struct hf_sign_plan *plan,
        struct hf_change_owners *owners, struct hf_change_budget *budget) HF_MUST_CHECK;
/* With NSEC: adds the neighbours, and gives each owner its next one. */
enum hf_err hf_change_owners_chain(
        const struct hf_sign_plan *plan, struct hf_change_owners *owners) HF_MUST_CHECK;

#endif
