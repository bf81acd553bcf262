/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/owners.h"

#include <string.h>

static bool is_apex(const struct hf_facts *facts, const struct hf_node *node)
{
	size_t len;
	hf_node_key(node, &len);
	return len == facts->apex_key->len;
}

/* Whether names below this node (which is in the zone) are hidden by it. */
static bool hides(const struct hf_facts *facts, const struct hf_node *node)
{
	return hf_node_has(node, KNOT_RRTYPE_DNAME) ||
	       (hf_node_has(node, KNOT_RRTYPE_NS) && !is_apex(facts, node));
}

const struct hf_node *hf_cut_above(const struct hf_facts *facts, const uint8_t *key, size_t len)
{
	size_t at = facts->apex_key->len;
	while (at < len) {
		const struct hf_node *above =
		        hf_tree_get(hf_version_names(facts->version), key, at);
		if (above != NULL && hides(facts, above))
			return above;
		at += hf_key_prefix(key + at, len - at, 1);
	}
	return NULL;
}

static const struct hf_node *cut_above(const struct hf_facts *facts, const struct hf_node *node)
{
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	return hf_cut_above(facts, key, len);
}

bool hf_node_has_data(const struct hf_node *node)
{
	size_t count = hf_node_count(node);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (set.rr_count > 0 && set.type != KNOT_RRTYPE_NSEC &&
		        set.type != KNOT_RRTYPE_NSEC3)
			return true;
	}
	return false;
}

/* The kind of a node that nothing hides. */
static enum hf_owner_kind open_kind(const struct hf_facts *facts, const struct hf_node *node)
{
	if (!hf_node_has_data(node))
		return HF_OWNER_EMPTY;
	if (hf_node_has(node, KNOT_RRTYPE_NS) && !is_apex(facts, node))
		return HF_OWNER_DELEGATION;
	return HF_OWNER_DATA;
}

void hf_owner_walk_init(struct hf_owner_walk *walk, const struct hf_facts *facts,
        const struct hf_node *node, const struct hf_node *prev)
{
	*walk = (struct hf_owner_walk){.facts = facts, .prev = prev};
	if (hf_version_in_zone(facts->version, node))
		walk->cut = cut_above(facts, node);
}

const struct hf_node *hf_owner_last(
        const struct hf_facts *facts, struct hf_node *const *nodes, size_t count)
{
	while (count > 0) {
		const struct hf_node *node = nodes[--count];
		if (!hf_version_in_zone(facts->version, node))
			continue;
		const struct hf_node *cut = cut_above(facts, node);
		if (cut != NULL)
			return cut;
		if (open_kind(facts, node) != HF_OWNER_EMPTY)
			return node;
	}
	return NULL;
}

static bool is_under(const struct hf_node *node, const struct hf_node *above)
{
	size_t len, above_len;
	const uint8_t *key = hf_node_key(node, &len);
	const uint8_t *above_key = hf_node_key(above, &above_len);
	return len > above_len && hf_key_is_under(key, len, above_key, above_len);
}

void hf_owner_step(
        struct hf_owner_walk *walk, const struct hf_node *node, struct hf_owner *ret_owner)
{
	const struct hf_facts *facts = walk->facts;
	ret_owner->node = node;
	ret_owner->prev = walk->prev;
	ret_owner->cut = NULL;
	ret_owner->known = NULL;
	hf_node_name(node, &ret_owner->name);
	if (!hf_version_in_zone(facts->version, node)) {
		ret_owner->kind = HF_OWNER_FOREIGN;
		return;
	}
	if (walk->cut != NULL && is_under(node, walk->cut)) {
		ret_owner->kind = HF_OWNER_HIDDEN;
		ret_owner->cut = walk->cut;
		return;
	}
	ret_owner->kind = open_kind(facts, node);
	walk->cut = hides(facts, node) ? node : NULL;
	if (hf_owner_in_chain(ret_owner))
		walk->prev = node;
}

void hf_owner_init(
        const struct hf_facts *facts, const struct hf_node *node, struct hf_owner *ret_owner)
{
	struct hf_owner_walk walk;
	hf_owner_walk_init(&walk, facts, node, NULL);
	hf_owner_step(&walk, node, ret_owner);
}

void hf_key_beyond(const uint8_t *key, size_t len, struct hf_key *ret_key)
{
	memcpy(ret_key->bytes, key, len);
	memset(ret_key->bytes + len, 0xff, sizeof(ret_key->bytes) - len);
	ret_key->len = sizeof(ret_key->bytes);
}

/* Goes back from a node to the first owner of the chain; NULL at the zone's beginning. */
static const struct hf_node *chain_back(
        const struct hf_facts *facts, const struct hf_node *node, struct hf_tree_cursor *cursor)
{
	for (; node != NULL && hf_version_in_zone(facts->version, node);
	        node = hf_tree_prev(cursor)) {
		const struct hf_node *cut = cut_above(facts, node);
		if (cut != NULL)
			return cut;
		if (open_kind(facts, node) != HF_OWNER_EMPTY)
			return node;
	}
	return NULL;
}

const struct hf_node *hf_owner_before(const struct hf_facts *facts, const uint8_t *key, size_t len)
{
	const struct hf_tree *names = hf_version_names(facts->version);
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_seek_less(names, key, len, &cursor);
	node = chain_back(facts, node, &cursor);
	if (node != NULL)
		return node;
	struct hf_key end;
	hf_key_beyond(facts->apex_key->bytes, facts->apex_key->len, &end);
	node = hf_tree_seek_before(names, end.bytes, end.len, &cursor);
	return chain_back(facts, node, &cursor);
}

/* Goes on from a node to the first owner of the chain; NULL behind the ancestor's last one. */
static const struct hf_node *chain_on(const struct hf_facts *facts, const struct hf_node *node,
        struct hf_tree_cursor *cursor, const uint8_t *above, size_t above_len)
{
	const struct hf_tree *names = hf_version_names(facts->version);
	while (node != NULL) {
		size_t len;
		const uint8_t *key = hf_node_key(node, &len);
		if (!hf_key_is_under(key, len, above, above_len))
			return NULL;
		const struct hf_node *cut = cut_above(facts, node);
		if (cut == NULL && open_kind(facts, node) != HF_OWNER_EMPTY)
			return node;
		if (cut == NULL) {
			node = hf_tree_next(cursor);
			continue;
		}
		struct hf_key beyond;
		key = hf_node_key(cut, &len);
		hf_key_beyond(key, len, &beyond);
		node = hf_tree_seek(names, beyond.bytes, beyond.len, cursor);
	}
	return NULL;
}

const struct hf_node *hf_owner_after(const struct hf_facts *facts, const uint8_t *key, size_t len)
{
	const struct hf_tree *names = hf_version_names(facts->version);
	const struct hf_key *apex = facts->apex_key;
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_seek_more(names, key, len, &cursor);
	node = chain_on(facts, node, &cursor, apex->bytes, apex->len);
	if (node != NULL)
		return node;
	node = hf_tree_seek(names, apex->bytes, apex->len, &cursor);
	return chain_on(facts, node, &cursor, apex->bytes, apex->len);
}

const struct hf_node *hf_owner_below(const struct hf_facts *facts, const uint8_t *key, size_t len)
{
	const struct hf_tree *names = hf_version_names(facts->version);
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_seek_more(names, key, len, &cursor);
	return chain_on(facts, node, &cursor, key, len);
}

bool hf_owner_in_chain(const struct hf_owner *owner)
{
	return owner->kind == HF_OWNER_DATA || owner->kind == HF_OWNER_DELEGATION;
}

bool hf_owner_signs(const struct hf_owner *owner, const struct hf_rrset *set)
{
	if (set->rr_count == 0 || set->type == KNOT_RRTYPE_RRSIG)
		return false;
	if (owner->kind == HF_OWNER_DELEGATION)
		return set->type == KNOT_RRTYPE_DS || set->type == KNOT_RRTYPE_NSEC;
	return owner->kind == HF_OWNER_DATA;
}
