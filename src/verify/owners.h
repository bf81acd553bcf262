/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an owner is in its zone: authoritative, a delegation, hidden, or not there at all.
 *
 * Derived from the records alone. A walk goes through owners in canonical order and remembers the
 * last zone cut or DNAME and the last owner that denial records must know. It can start at any
 * owner, so owners can be judged in parallel. Single owners and their neighbours in the chain are
 * found by a few look-ups in the tree.
 */
#ifndef HF_VERIFY_OWNERS_H
#define HF_VERIFY_OWNERS_H

#include "verify/facts.h"

enum hf_owner_kind {
	HF_OWNER_FOREIGN,    /* not in the zone */
	HF_OWNER_EMPTY,      /* holds nothing but signatures and denial records */
	HF_OWNER_HIDDEN,     /* below a delegation or a DNAME */
	HF_OWNER_DELEGATION, /* the parent's side of a zone cut */
	HF_OWNER_DATA,       /* authoritative, the apex included */
};

struct hf_owner {
	const struct hf_node *node;
	const struct hf_node *cut;   /* of a hidden owner: what hides it */
	const struct hf_node *prev;  /* the denial chain's owner before it; NULL for the first */
	const struct hf_node *known; /* the owner in a version that was found good, or NULL */
	enum hf_owner_kind kind;
	struct hf_name name;
};

struct hf_owner_walk {
	const struct hf_facts *facts;
	const struct hf_node *cut;
	const struct hf_node *prev;
};

/* To start at `node`; `prev` is the last owner before it that denial records must know. */
void hf_owner_walk_init(struct hf_owner_walk *walk, const struct hf_facts *facts,
        const struct hf_node *node, const struct hf_node *prev);
/* The last owner among neighbours that denial records must know; NULL when there is none. It may
 * be before the first of them: what hides the last one. */
const struct hf_node *hf_owner_last(
        const struct hf_facts *facts, struct hf_node *const *nodes, size_t count);
/* The next owner; they must come in order and without gaps. */
void hf_owner_step(
        struct hf_owner_walk *walk, const struct hf_node *node, struct hf_owner *ret_owner);

/* One owner by itself; its `prev` stays NULL. */
void hf_owner_init(
        const struct hf_facts *facts, const struct hf_node *node, struct hf_owner *ret_owner);

/*
 * The denial chain's owners around a key of the zone, found in the tree. The chain is a ring: an
 * owner alone is its own neighbour. NULL when the chain is empty.
 */
const struct hf_node *hf_owner_before(const struct hf_facts *facts, const uint8_t *key, size_t len);
const struct hf_node *hf_owner_after(const struct hf_facts *facts, const uint8_t *key, size_t len);
/* The chain's first owner below a key; NULL when there is none, or when the key is hidden. */
const struct hf_node *hf_owner_below(const struct hf_facts *facts, const uint8_t *key, size_t len);
/* The highest delegation or DNAME above a key of the zone; NULL when there is none. */
const struct hf_node *hf_cut_above(const struct hf_facts *facts, const uint8_t *key, size_t len);
/* A key behind all keys below this one and before all others behind it. */
void hf_key_beyond(const uint8_t *key, size_t len, struct hf_key *ret_key);

/* Whether denial records must know the owner. */
bool hf_owner_in_chain(const struct hf_owner *owner);
/* Whether this set of the owner must be signed. */
bool hf_owner_signs(const struct hf_owner *owner, const struct hf_rrset *set);
/* Whether the node holds any data of its own, denial records aside. */
bool hf_node_has_data(const struct hf_node *node);

#endif
