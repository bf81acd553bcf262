/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ordered copy-on-write tree of nodes.
 *
 * A B+tree of pages. Copying a tree shares every page; a change copies the pages on one path
 * unless this tree alone holds them, so changing k of n nodes costs O(k log n) and old copies stay
 * readable. Each page knows the summary (first expiry, largest TTL) and the number of nodes below.
 * A tree is changed by one thread; copies of it may be read by any number at the same time.
 */
#ifndef HF_ZONE_TREE_H
#define HF_ZONE_TREE_H

#include "zone/node.h"

struct hf_page;

/* Zero-initialised is empty. */
struct hf_tree {
	struct hf_page *root;
};

void hf_tree_done(struct hf_tree *tree);
void hf_tree_copy(struct hf_tree *ret_tree, const struct hf_tree *tree);
/* From nodes in strictly ascending order of key. Takes over a reference to each, also when it
 * fails: what is left to the caller is the array. */
enum hf_err hf_tree_build(
        struct hf_node *const *nodes, size_t count, struct hf_tree *ret_tree) HF_MUST_CHECK;

size_t hf_tree_count(const struct hf_tree *tree);
struct hf_summary hf_tree_summary(const struct hf_tree *tree);
/* The node with this key, borrowed from the tree; NULL when there is none. */
const struct hf_node *hf_tree_get(const struct hf_tree *tree, const uint8_t *key, size_t len);
/* Inserts or replaces; takes a reference of its own. The tree is unchanged when it fails. */
enum hf_err hf_tree_put(struct hf_tree *tree, struct hf_node *node) HF_MUST_CHECK;
/* Removes; HF_ERR_NOTFOUND. The tree is unchanged when it fails. */
enum hf_err hf_tree_remove(struct hf_tree *tree, const uint8_t *key, size_t len) HF_MUST_CHECK;

/*
 * A place between or at nodes. Borrows the tree, which must not be changed meanwhile.
 * Zero-cost to copy. Nodes that it returns are borrowed; NULL beyond either end.
 */
#define HF_TREE_DEPTH 12
struct hf_tree_cursor {
	const struct hf_page *page[HF_TREE_DEPTH];
	uint16_t slot[HF_TREE_DEPTH];
	uint8_t depth; /* pages on the path; 0 = nowhere */
};
const struct hf_node *hf_tree_first(const struct hf_tree *tree, struct hf_tree_cursor *ret_cursor);
const struct hf_node *hf_tree_last(const struct hf_tree *tree, struct hf_tree_cursor *ret_cursor);
/* The first node with a key ≥ this one. */
const struct hf_node *hf_tree_seek(const struct hf_tree *tree, const uint8_t *key, size_t len,
        struct hf_tree_cursor *ret_cursor);
/* The last node with a key ≤ this one. */
const struct hf_node *hf_tree_seek_before(const struct hf_tree *tree, const uint8_t *key,
        size_t len, struct hf_tree_cursor *ret_cursor);
/* The first node with a key > this one, and the last with a key < this one. */
const struct hf_node *hf_tree_seek_more(const struct hf_tree *tree, const uint8_t *key, size_t len,
        struct hf_tree_cursor *ret_cursor);
const struct hf_node *hf_tree_seek_less(const struct hf_tree *tree, const uint8_t *key, size_t len,
        struct hf_tree_cursor *ret_cursor);
const struct hf_node *hf_tree_next(struct hf_tree_cursor *cursor);
const struct hf_node *hf_tree_prev(struct hf_tree_cursor *cursor);

/*
 * The leaf pages in order, for parallel work: `count` slices that cover the tree. Borrows the
 * tree; the caller frees the array with free().
 */
struct hf_slice {
	struct hf_node *const *nodes; /* borrowed */
	size_t count;
	size_t first; /* index of nodes[0] in the whole tree */
};
enum hf_err hf_tree_slices(
        const struct hf_tree *tree, struct hf_slice **ret_slices, size_t *ret_count) HF_MUST_CHECK;

/*
 * Walks two trees and reports every node that is not the same in both: `before` or `after` is
 * NULL when it is in one only. Shared pages are skipped. Nodes with equal bytes are the same.
 */
typedef enum hf_err hf_tree_diff_fn(
        void *context, const struct hf_node *before, const struct hf_node *after);
enum hf_err hf_tree_diff(const struct hf_tree *before, const struct hf_tree *after,
        hf_tree_diff_fn *visit, void *context) HF_MUST_CHECK;

/* The node whose signature expires first, by following the summaries; NULL without signatures. */
const struct hf_node *hf_tree_first_expiring(const struct hf_tree *tree);
/*
 * Visits, in order, every node with a signature that expires before `limit` (a stamp; serial
 * arithmetic). Pages without one are passed over. An error of `visit` ends it and is returned.
 */
typedef enum hf_err hf_tree_visit_fn(void *context, const struct hf_node *node);
enum hf_err hf_tree_expiring(const struct hf_tree *tree, uint32_t limit, hf_tree_visit_fn *visit,
        void *context) HF_MUST_CHECK;
/* The same for signatures that end less than `margin` seconds, or than the node's largest TTL,
 * after `at`. */
enum hf_err hf_tree_due(const struct hf_tree *tree, hf_time at, int64_t margin,
        hf_tree_visit_fn *visit, void *context) HF_MUST_CHECK;

#endif
