/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/change_links.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "sign/sign_owner.h"

/* A name that may have come into the chain or gone out of it. */
struct candidate {
	const struct hf_node *node; /* the owner, or one below the name */
	uint8_t up;                 /* the name is this many labels above the node */
	bool gains; /* an owner at or below it has a denial record now, which the change touched */
	bool loses; /* an owner at or below it had one and has none now */
	bool was, is; /* in the chain */
	uint8_t hash[HF_NSEC3_HASH_LEN];
};

struct gather {
	struct hf_sign_worker *worker;
	const struct hf_sign_plan *plan;
	const struct hf_version *before; /* unsigned */
	struct hf_tree *chain;
	struct candidate *names;
	size_t count, cap;
	struct hf_change_links links;
};

void hf_change_links_done(struct hf_change_links *links)
{
	for (size_t i = 0; i < links->count; i++)
		hf_node_unref(links->list[i].made);
	free(links->list);
	*links = (struct hf_change_links){0};
}

static enum hf_err add_link(struct hf_change_links *links, const struct hf_change_link *link)
{
	struct hf_change_link *list =
	        hf_list_room(links->list, &links->cap, links->count, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	links->list = list;
	links->list[links->count++] = *link;
	return HF_OK;
}

/* A record of the chain that stays, but for the next hash or its signatures. */
static enum hf_err add_old(struct hf_change_links *links, const struct hf_node *node)
{
	struct hf_change_link link = {.old = node};
	if (!hf_sign_owner_hash(node, link.hash))
		return HF_ERR_INVALID;
	return add_link(links, &link);
}

static const uint8_t *name_key(const struct candidate *name, size_t *ret_len)
{
	const uint8_t *key = hf_node_key(name->node, ret_len);
	if (name->up != 0)
		*ret_len = hf_key_prefix(key, *ret_len, hf_key_labels(key, *ret_len) - name->up);
	return key;
}

static int by_name(const void *a, const void *b)
{
	size_t a_len, b_len;
	const uint8_t *a_key = name_key(a, &a_len), *b_key = name_key(b, &b_len);
	return hf_key_cmp(a_key, a_len, b_key, b_len);
}

static const struct hf_node *in_chain(
        const struct gather *gather, const uint8_t hash[static HF_NSEC3_HASH_LEN])
{
	struct hf_key key;
	hf_sign_owner_hashed(gather->plan, hash, &key);
	return hf_tree_get(gather->chain, key.bytes, key.len);
}

/* ---- names ---- */

/* Hashes the name and looks whether it was in the chain. */
static enum hf_err look_up(const struct gather *gather, struct candidate *name)
{
	struct hf_name text;
	size_t len;

	const uint8_t *key = name_key(name, &len);
	if (!hf_key_to_name(key, len, &text))
		return HF_ERR_INVALID;
	enum hf_err err =
	        hf_nsec3_hash(gather->worker->hasher, &gather->plan->nsec3, &text, name->hash);
	if (err == HF_OK)
		name->was = in_chain(gather, name->hash) != NULL;
	return err;
}

static enum hf_err add_name(struct gather *gather, const struct candidate *name)
{
	struct candidate *names =
	        hf_list_room(gather->names, &gather->cap, gather->count, sizeof(*names));
	if (names == NULL)
		return HF_ERR_NOMEM;
	gather->names = names;
	gather->names[gather->count++] = *name;
	return HF_OK;
}

/* An owner, and when it joins or leaves the chain the names between it and the apex. */
static enum hf_err add_owner(struct gather *gather, const struct hf_change_owner *owner)
{
	struct candidate name = {
	        .node = owner->now != NULL ? owner->now : owner->was,
	        .gains = owner->denied,
	};
	size_t len;

	enum hf_err err = look_up(gather, &name);
	if (err != HF_OK)
		return err;
	/* An owner with data is in the chain for its own sake or not at all: what is below an
	 * insecure delegation is hidden. */
	bool denied_before = owner->was != NULL && name.was;
	name.loses = denied_before && !owner->denied;
	err = add_name(gather, &name);
	if (err != HF_OK || denied_before == owner->denied)
		return err;
	const uint8_t *key = hf_node_key(name.node, &len);
	unsigned depth =
	        hf_key_labels(key, len) - hf_name_labels(hf_version_apex(gather->plan->zone));
	for (unsigned up = 1; err == HF_OK && up < depth; up++) {
		name.up = (uint8_t)up;
		err = look_up(gather, &name);
		if (err == HF_OK)
			err = add_name(gather, &name);
	}
	return err;
}

/* One entry a name, with what all of its repeats say. */
static void unite(struct gather *gather)
{
	size_t kept = 0;
	qsort(gather->names, gather->count, sizeof(*gather->names), by_name);
	for (size_t i = 0; i < gather->count; i++) {
		const struct candidate *name = &gather->names[i];
		struct candidate *last = kept > 0 ? &gather->names[kept - 1] : NULL;
		if (last == NULL || by_name(last, name) != 0) {
			gather->names[kept++] = *name;
			continue;
		}
		last->gains = last->gains || name->gains;
		last->loses = last->loses || name->loses;
	}
	gather->count = kept;
}

/* Whether any owner at or below the name has a denial record. */
static bool any_denied(const struct hf_sign_plan *plan, const uint8_t *top, size_t top_len)
{
	const struct hf_tree *names = hf_version_names(plan->zone);
	struct hf_tree_cursor cursor;
	struct hf_cuts cuts;

	const struct hf_node *node = hf_tree_seek(names, top, top_len, &cursor);
	if (node == NULL)
		return false;
	hf_cuts_start(&cuts, plan->zone, node);
	if (cuts.has_top && cuts.top.len <= top_len)
		return false;
	for (; node != NULL; node = hf_tree_next(&cursor)) {
		size_t len;
		const uint8_t *key = hf_node_key(node, &len);
		if (!hf_key_is_under(key, len, top, top_len))
			return false;
		if (hf_sign_owner_denied(plan, node, hf_cuts_step(&cuts, node)))
			return true;
	}
	return false;
}

/* What the change does to a name. Only a loss may need a look at all that is below it. */
static bool stays_in(const struct gather *gather, const struct candidate *name)
{
	size_t len;
	if (name->gains)
		return true;
	if (!name->was || !name->loses)
		return name->was;
	const uint8_t *key = name_key(name, &len);
	return any_denied(gather->plan, key, len);
}

/* ---- the chain ---- */

static enum hf_err refuse_collision(const struct candidate *name, struct hf_diag *diag)
{
	struct hf_name wire;
	char text[HF_NAME_TEXT];
	size_t len;

	const uint8_t *key = name_key(name, &len);
	if (!hf_key_to_name(key, len, &wire))
		return HF_ERR_INVALID;
	return hf_fail(diag, HF_ERR_REFUSED,
	        "%s has the same NSEC3 hash as another name of the zone, so that neither could be "
	        "denied; give another --salt, or use NSEC",
	        hf_name_text(&wire, text));
}

/* Whether the hash in the chain is not this name's, which the zone did not have before. */
static bool collides(const struct gather *gather, const struct candidate *name)
{
	struct hf_tree_cursor cursor;
	size_t len, found_len;

	if (!name->was || !name->gains)
		return false;
	const uint8_t *key = name_key(name, &len);
	const struct hf_node *node =
	        hf_tree_seek(hf_version_names(gather->before), key, len, &cursor);
	if (node == NULL)
		return true;
	const uint8_t *found = hf_node_key(node, &found_len);
	return !hf_key_is_under(found, found_len, key, len);
}

/* A node that keeps the place of one that is signed later. */
static enum hf_err hold_place(struct gather *gather, const struct hf_key *key)
{
	static const uint8_t nothing[1];
	struct hf_node *node = NULL;

	hf_node_begin(gather->worker->builder, key);
	enum hf_err err = hf_node_add(gather->worker->builder, KNOT_RRTYPE_NSEC3, 0,
	        (struct hf_rdata){nothing, sizeof(nothing)});
	if (err == HF_OK)
		err = hf_node_finish(gather->worker->builder, &node);
	if (err == HF_OK)
		err = hf_tree_put(gather->chain, node);
	hf_node_unref(node);
	return err;
}

/* Makes the name join or leave the chain. */
static enum hf_err move(struct gather *gather, const struct candidate *name, struct hf_diag *diag)
{
	struct hf_key key;

	if (collides(gather, name))
		return refuse_collision(name, diag);
	if (name->was == name->is)
		return HF_OK;
	hf_sign_owner_hashed(gather->plan, name->hash, &key);
	if (name->was)
		return hf_tree_remove(gather->chain, key.bytes, key.len);
	if (hf_tree_get(gather->chain, key.bytes, key.len) != NULL)
		return refuse_collision(name, diag);
	return hold_place(gather, &key);
}

/* The record of a name that is in the chain. */
static enum hf_err link_name(struct gather *gather, const struct candidate *name)
{
	const struct hf_sign_plan *plan = gather->plan;
	struct hf_change_link link = {0};
	size_t len;

	const uint8_t *key = name_key(name, &len);
	memcpy(link.hash, name->hash, sizeof(link.hash));
	link.owner = hf_tree_get(hf_version_names(plan->zone), key, len);
	if (link.owner != NULL)
		link.place = hf_cuts_place(plan->zone, link.owner);
	return add_link(&gather->links, &link);
}

/* The record before one that joined or left. It may be one that is signed anyway. */
static enum hf_err link_before(struct gather *gather, const struct candidate *name)
{
	struct hf_tree_cursor cursor;
	struct hf_key key;
	size_t len;

	hf_sign_owner_hashed(gather->plan, name->hash, &key);
	const struct hf_node *node =
	        hf_tree_seek_before(gather->chain, key.bytes, key.len, &cursor);
	const uint8_t *found = node != NULL ? hf_node_key(node, &len) : NULL;
	if (node != NULL && hf_key_cmp(found, len, key.bytes, key.len) == 0)
		node = hf_tree_prev(&cursor);
	if (node == NULL)
		node = hf_tree_last(gather->chain, &cursor);
	return node != NULL ? add_old(&gather->links, node) : HF_OK;
}

static enum hf_err gather_links(
        struct gather *gather, const struct hf_change_owners *owners, struct hf_diag *diag)
{
	enum hf_err err = HF_OK;

	for (size_t i = 0; err == HF_OK && i < owners->count; i++)
		err = add_owner(gather, &owners->list[i]);
	if (err != HF_OK || gather->count == 0)
		return err;
	unite(gather);
	for (size_t i = 0; err == HF_OK && i < gather->count; i++) {
		gather->names[i].is = stays_in(gather, &gather->names[i]);
		err = move(gather, &gather->names[i], diag);
	}
	for (size_t i = 0; err == HF_OK && i < gather->count; i++) {
		const struct candidate *name = &gather->names[i];
		if (name->is)
			err = link_name(gather, name);
		if (err == HF_OK && name->is != name->was)
			err = link_before(gather, name);
	}
	return err;
}

enum hf_err hf_change_links_gather(struct hf_sign_worker *worker, const struct hf_version *before,
        const struct hf_change_owners *owners, struct hf_tree *chain, struct hf_diag *diag,
        struct hf_change_links *ret_links)
{
	struct gather gather = {
	        .worker = worker, .plan = worker->plan, .before = before, .chain = chain};

	enum hf_err err = gather_links(&gather, owners, diag);
	free(gather.names);
	if (err != HF_OK) {
		hf_change_links_done(&gather.links);
		return err;
	}
	*ret_links = gather.links;
	return HF_OK;
}

/* ---- what is due ---- */

struct due {
	const struct hf_sign_options *options;
	const struct hf_tree *chain;
	struct hf_change_links *links;
	struct hf_change_budget *budget;
};

static enum hf_err saw_due(void *context, const struct hf_node *node)
{
	struct due *due = context;
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);

	/* It may have left the chain. */
	if (hf_tree_get(due->chain, key, len) != node || !hf_reuse_is_due(node, due->options))
		return HF_OK;
	if (due->budget->left == 0) {
		due->budget->more = true;
		return HF_ERR_LIMIT;
	}
	due->budget->left--;
	return add_old(due->links, node);
}

enum hf_err hf_change_links_add_due(const struct hf_sign_plan *plan, const struct hf_tree *chain,
        struct hf_change_links *links, struct hf_change_budget *budget)
{
	const struct hf_sign_options *options = plan->options;
	struct due due = {.options = options, .chain = chain, .links = links, .budget = budget};

	enum hf_err err = hf_tree_due(hf_version_nsec3(plan->reuse.version), options->at,
	        options->refresh, saw_due, &due);
	if (err != HF_OK && err != HF_ERR_LIMIT)
		return err;
	return HF_OK;
}

/* ---- order ---- */

/* By hash; of repeats the one with a new bitmap first. */
static int by_hash(const void *a, const void *b)
{
	const struct hf_change_link *x = a, *y = b;
	int order = memcmp(x->hash, y->hash, HF_NSEC3_HASH_LEN);
	return order != 0 ? order : (x->old != NULL) - (y->old != NULL);
}

enum hf_err hf_change_links_chain(
        const struct hf_sign_plan *plan, const struct hf_tree *chain, struct hf_change_links *links)
{
	size_t kept = 0;

	qsort(links->list, links->count, sizeof(*links->list), by_hash);
	for (size_t i = 0; i < links->count; i++) {
		struct hf_change_link *link = &links->list[i];
		struct hf_tree_cursor cursor;
		struct hf_key key;

		if (kept > 0 &&
		        memcmp(links->list[kept - 1].hash, link->hash, sizeof(link->hash)) == 0)
			continue;
		hf_sign_owner_hashed(plan, link->hash, &key);
		hf_tree_seek(chain, key.bytes, key.len, &cursor);
		const struct hf_node *next = hf_tree_next(&cursor);
		if (next == NULL)
			next = hf_tree_first(chain, &cursor);
		if (next == NULL || !hf_sign_owner_hash(next, link->next))
			return HF_ERR_INVALID;
		links->list[kept++] = *link;
	}
	links->count = kept;
	return HF_OK;
}
