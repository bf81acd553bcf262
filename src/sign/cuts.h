/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zone cuts: which owners are authoritative, delegations, or hidden below one.
 *
 * A place depends on the node and its ancestors only (RFC 4034 section 1, RFC 6672 section 2.4),
 * so a walk may start anywhere in the tree. Borrows the version. One thread a walk.
 */
#ifndef HF_SIGN_CUTS_H
#define HF_SIGN_CUTS_H

#include "zone/version.h"

enum hf_place {
	HF_PLACE_AUTH,       /* every RRset is ours */
	HF_PLACE_DELEGATION, /* only NS (not ours), DS and the denial record */
	HF_PLACE_HIDDEN,     /* glue, and what a delegation or a DNAME above hides */
	HF_PLACE_FOREIGN,    /* outside the zone */
};

/* Whether sets of this type are signed at an owner in this place (RFC 4035 section 2.2). */
bool hf_place_signs(enum hf_place place, uint16_t type);

/* Places of consecutive nodes of the `names` tree. */
struct hf_cuts {
	const struct hf_version *version;
	struct hf_key top; /* what is under this is hidden; with has_top */
	bool has_top;
};

/* A walk that goes on with `first`, which may be any node of the version. */
void hf_cuts_start(
        struct hf_cuts *cuts, const struct hf_version *version, const struct hf_node *first);
/* The place of the next node in order. */
enum hf_place hf_cuts_step(struct hf_cuts *cuts, const struct hf_node *node);
/* The place of one node. */
enum hf_place hf_cuts_place(const struct hf_version *version, const struct hf_node *node);
/* Whether this node hides everything under it: a delegation or a DNAME. */
bool hf_cuts_hides(const struct hf_version *version, const struct hf_node *node);
/*
 * Neighbours in the order of authoritative nodes and delegations, borrowed: the last one before a
 * key, and the one behind such a node; NULL beyond either end. What is hidden between is skipped
 * without a walk through it.
 */
const struct hf_node *hf_cuts_before(
        const struct hf_version *version, const uint8_t *key, size_t len);
const struct hf_node *hf_cuts_after(const struct hf_version *version, const struct hf_node *node);
/*
 * The next authoritative node or delegation in order, borrowed; NULL behind the last one. The
 * cursor and the walk stand at the node before, and move along.
 */
const struct hf_node *hf_cuts_next(struct hf_cuts *cuts, struct hf_tree_cursor *cursor);

#endif
