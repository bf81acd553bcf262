/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/bulk.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

struct hf_bulk {
	struct hf_node_builder *builder;
	struct hf_name owner; /* of the node that is being built, as it was written */
	bool open;            /* there is one */
	struct hf_node **nodes;
	size_t count, cap;
};

enum hf_err hf_bulk_new(struct hf_bulk **ret_bulk)
{
	struct hf_bulk *bulk = calloc(1, sizeof(*bulk));
	if (bulk == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_node_builder_new(&bulk->builder);
	if (err != HF_OK) {
		free(bulk);
		return err;
	}
	*ret_bulk = bulk;
	return HF_OK;
}

static void drop(struct hf_node **nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hf_node_unref(nodes[i]);
}

void hf_bulk_free(struct hf_bulk *bulk)
{
	if (bulk == NULL)
		return;
	drop(bulk->nodes, bulk->count);
	free(bulk->nodes);
	hf_node_builder_free(bulk->builder);
	free(bulk);
}

enum hf_err hf_bulk_add_node(struct hf_bulk *bulk, struct hf_node *node)
{
	struct hf_node **nodes = hf_list_room(bulk->nodes, &bulk->cap, bulk->count, sizeof(*nodes));
	if (nodes == NULL)
		return HF_ERR_NOMEM;
	bulk->nodes = nodes;
	bulk->nodes[bulk->count++] = hf_node_ref(node);
	return HF_OK;
}

/* Packs the node that is being built. */
static enum hf_err flush(struct hf_bulk *bulk)
{
	struct hf_node *node = NULL;
	if (!bulk->open)
		return HF_OK;
	enum hf_err err = hf_node_finish(bulk->builder, &node);
	if (err != HF_OK)
		return err;
	bulk->open = false;
	if (node != NULL)
		err = hf_bulk_add_node(bulk, node);
	hf_node_unref(node);
	return err;
}

enum hf_err hf_bulk_add(struct hf_bulk *bulk, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata)
{
	/* Most records have the owner of the one before, written in the same way. */
	if (!bulk->open || owner->len != bulk->owner.len ||
	        memcmp(owner->wire, bulk->owner.wire, owner->len) != 0) {
		enum hf_err err = flush(bulk);
		if (err != HF_OK)
			return err;
		struct hf_key key;
		hf_key_from_name(owner, &key);
		hf_node_begin(bulk->builder, &key);
		bulk->owner = *owner;
		bulk->open = true;
	}
	return hf_node_add(bulk->builder, type, ttl, rdata);
}

static int order(const struct hf_node *a, const struct hf_node *b)
{
	size_t a_len, b_len;
	const uint8_t *a_key = hf_node_key(a, &a_len), *b_key = hf_node_key(b, &b_len);
	return hf_key_cmp(a_key, a_len, b_key, b_len);
}

/* The end of the ascending run that begins at `at`. */
static size_t run_end(struct hf_node *const *nodes, size_t at, size_t count)
{
	for (at++; at < count && order(nodes[at - 1], nodes[at]) <= 0; at++)
		;
	return at < count ? at : count;
}

/* Merges the runs [0, middle) and [middle, end) of `from` into `to`. */
static void merge_runs(struct hf_node *const *from, size_t middle, size_t end, struct hf_node **to)
{
	size_t a = 0, b = middle;
	for (size_t i = 0; i < end; i++)
		to[i] = b == end || (a < middle && order(from[a], from[b]) <= 0) ? from[a++]
		                                                                 : from[b++];
}

/*
 * A merge sort that keeps the runs which are there: files come sorted, or in a few sorted pieces.
 */
static enum hf_err sort(struct hf_bulk *bulk)
{
	if (bulk->count == 0 || run_end(bulk->nodes, 0, bulk->count) == bulk->count)
		return HF_OK;
	struct hf_node **from = bulk->nodes;
	struct hf_node **to = malloc(bulk->count * sizeof(*to));
	if (to == NULL)
		return HF_ERR_NOMEM;
	for (size_t runs = 2; runs > 1;) {
		runs = 0;
		for (size_t at = 0; at < bulk->count; runs++) {
			size_t middle = run_end(from, at, bulk->count);
			size_t end =
			        middle < bulk->count ? run_end(from, middle, bulk->count) : middle;
			merge_runs(from + at, middle - at, end - at, to + at);
			at = end;
		}
		struct hf_node **other = from;
		from = to;
		to = other;
	}
	free(to);
	bulk->nodes = from;
	bulk->cap = bulk->count;
	return HF_OK;
}

enum hf_err hf_bulk_seal(struct hf_bulk *bulk)
{
	enum hf_err err = flush(bulk);
	return err != HF_OK ? err : sort(bulk);
}

enum hf_err hf_bulk_take(struct hf_bulk *bulk, struct hf_bulk *from)
{
	size_t count = bulk->count + from->count;
	if (count > bulk->cap) {
		struct hf_node **nodes = realloc(bulk->nodes, count * sizeof(*nodes));
		if (nodes == NULL)
			return HF_ERR_NOMEM;
		bulk->nodes = nodes;
		bulk->cap = count;
	}
	if (from->count > 0)
		memcpy(bulk->nodes + bulk->count, from->nodes, from->count * sizeof(*from->nodes));
	bulk->count = count;
	from->count = 0;
	return HF_OK;
}

/* Merges `count` pieces of one owner into one node. */
static enum hf_err merge(
        struct hf_bulk *bulk, struct hf_node **pieces, size_t count, struct hf_node **ret_node)
{
	struct hf_key key;
	hf_node_owner(pieces[0], &key);
	hf_node_begin(bulk->builder, &key);
	for (size_t i = 0; i < count; i++) {
		enum hf_err err = hf_node_add_node(bulk->builder, pieces[i]);
		if (err != HF_OK)
			return err;
	}
	return hf_node_finish(bulk->builder, ret_node);
}

/*
 * Makes the sorted nodes strictly ascending: what fell together is merged and closed up. Counts the
 * owners of NSEC3 records as well, while their nodes are at hand.
 */
static enum hf_err unite(struct hf_bulk *bulk, size_t *ret_nsec3_count)
{
	size_t out = 0, nsec3_count = 0;
	for (size_t at = 0; at < bulk->count;) {
		size_t end = at + 1;
		while (end < bulk->count && order(bulk->nodes[at], bulk->nodes[end]) == 0)
			end++;
		if (end - at > 1) {
			struct hf_node *node;
			enum hf_err err = merge(bulk, &bulk->nodes[at], end - at, &node);
			if (err != HF_OK) {
				/* Close the gap, so that what is left is freed once. */
				memmove(&bulk->nodes[out], &bulk->nodes[at],
				        (bulk->count - at) * sizeof(*bulk->nodes));
				bulk->count -= at - out;
				return err;
			}
			for (size_t i = at; i < end; i++)
				hf_node_unref(bulk->nodes[i]);
			bulk->nodes[at] = node;
		}
		nsec3_count += hf_node_find(bulk->nodes[at], KNOT_RRTYPE_NSEC3, NULL);
		bulk->nodes[out++] = bulk->nodes[at];
		at = end;
	}
	bulk->count = out;
	*ret_nsec3_count = nsec3_count;
	return HF_OK;
}

/*
 * Parts the nodes: names stay in the array, NSEC3 owners move to `*ret_nsec3`. A node that has
 * both is in both, in two halves.
 */
static enum hf_err part(struct hf_bulk *bulk, struct hf_node **nsec3, size_t *ret_nsec3_count)
{
	size_t names_count = 0, nsec3_count = 0, at = 0;
	enum hf_err err = HF_OK;
	for (; at < bulk->count && err == HF_OK; at++) {
		struct hf_node *names = NULL, *other = NULL, *node = bulk->nodes[at];
		err = hf_node_route(bulk->builder, node, &names, &other);
		if (err != HF_OK)
			break;
		hf_node_unref(node);
		if (names != NULL)
			bulk->nodes[names_count++] = names;
		if (other != NULL)
			nsec3[nsec3_count++] = other;
	}
	memmove(&bulk->nodes[names_count], &bulk->nodes[at],
	        (bulk->count - at) * sizeof(*bulk->nodes));
	bulk->count -= at - names_count;
	*ret_nsec3_count = nsec3_count;
	return err;
}

/* Builds both trees from nodes that are in order, which are taken over. */
static enum hf_err build(struct hf_bulk *bulk, struct hf_node **nsec3, size_t nsec3_count,
        const struct hf_name *apex, struct hf_version **ret_version)
{
	struct hf_tree names_tree = {0}, nsec3_tree = {0};
	enum hf_err err = hf_tree_build(bulk->nodes, bulk->count, &names_tree);
	enum hf_err nsec3_err = hf_tree_build(nsec3, nsec3_count, &nsec3_tree);
	bulk->count = 0;
	if (err == HF_OK)
		err = nsec3_err;
	if (err == HF_OK)
		err = hf_version_from_trees(apex, &names_tree, &nsec3_tree, ret_version);
	hf_tree_done(&names_tree);
	hf_tree_done(&nsec3_tree);
	return err;
}

enum hf_err hf_bulk_finish(
        struct hf_bulk *bulk, const struct hf_name *apex, struct hf_version **ret_version)
{
	size_t nsec3_count = 0;
	enum hf_err err = hf_bulk_seal(bulk);
	if (err == HF_OK)
		err = unite(bulk, &nsec3_count);
	if (err != HF_OK)
		return err;
	struct hf_node **nsec3 = calloc(nsec3_count + 1, sizeof(*nsec3));
	if (nsec3 == NULL)
		return HF_ERR_NOMEM;
	if (nsec3_count > 0)
		err = part(bulk, nsec3, &nsec3_count);
	if (err == HF_OK)
		err = build(bulk, nsec3, nsec3_count, apex, ret_version);
	else
		drop(nsec3, nsec3_count);
	free(nsec3);
	drop(bulk->nodes, bulk->count);
	free(bulk->nodes);
	bulk->nodes = NULL;
	bulk->count = bulk->cap = 0;
	return err;
}
