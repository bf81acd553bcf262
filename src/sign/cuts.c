/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/cuts.h"

#include <string.h>

bool hf_place_signs(enum hf_place place, uint16_t type)
{
	return place == HF_PLACE_AUTH || (place == HF_PLACE_DELEGATION && type == KNOT_RRTYPE_DS);
}

static bool is_apex(const struct hf_version *version, size_t len)
{
	return len == hf_version_apex_key(version)->len;
}

bool hf_cuts_hides(const struct hf_version *version, const struct hf_node *node)
{
	size_t len;
	hf_node_key(node, &len);
	if (hf_node_has(node, KNOT_RRTYPE_DNAME))
		return true;
	return !is_apex(version, len) && hf_node_has(node, KNOT_RRTYPE_NS);
}

void hf_cuts_start(
        struct hf_cuts *cuts, const struct hf_version *version, const struct hf_node *first)
{
	const struct hf_key *apex = hf_version_apex_key(version);
	size_t len;
	const uint8_t *key = hf_node_key(first, &len);

	cuts->version = version;
	cuts->has_top = false;
	if (!hf_key_is_under(key, len, apex->bytes, apex->len))
		return;
	unsigned labels = hf_key_labels(key, len);
	for (unsigned i = hf_key_labels(apex->bytes, apex->len); i < labels; i++) {
		size_t prefix = hf_key_prefix(key, len, i);
		const struct hf_node *above = hf_tree_get(hf_version_names(version), key, prefix);
		if (above == NULL || !hf_cuts_hides(version, above))
			continue;
		memcpy(cuts->top.bytes, key, prefix);
		cuts->top.len = (uint16_t)prefix;
		cuts->has_top = true;
		return;
	}
}

enum hf_place hf_cuts_step(struct hf_cuts *cuts, const struct hf_node *node)
{
	const struct hf_key *apex = hf_version_apex_key(cuts->version);
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);

	if (!hf_key_is_under(key, len, apex->bytes, apex->len))
		return HF_PLACE_FOREIGN;
	if (cuts->has_top && hf_key_is_under(key, len, cuts->top.bytes, cuts->top.len))
		return HF_PLACE_HIDDEN;
	cuts->has_top = hf_cuts_hides(cuts->version, node);
	if (cuts->has_top) {
		memcpy(cuts->top.bytes, key, len);
		cuts->top.len = (uint16_t)len;
	}
	return !is_apex(cuts->version, len) && hf_node_has(node, KNOT_RRTYPE_NS)
	               ? HF_PLACE_DELEGATION
	               : HF_PLACE_AUTH;
}

enum hf_place hf_cuts_place(const struct hf_version *version, const struct hf_node *node)
{
	struct hf_cuts cuts;
	hf_cuts_start(&cuts, version, node);
	return hf_cuts_step(&cuts, node);
}

const struct hf_node *hf_cuts_before(
        const struct hf_version *version, const uint8_t *key, size_t len)
{
	const struct hf_tree *names = hf_version_names(version);
	struct hf_tree_cursor cursor;
	struct hf_cuts cuts;
	size_t found_len;

	const struct hf_node *node = hf_tree_seek_before(names, key, len, &cursor);
	if (node == NULL)
		return NULL;
	const uint8_t *found = hf_node_key(node, &found_len);
	if (hf_key_cmp(found, found_len, key, len) == 0)
		node = hf_tree_prev(&cursor);
	if (node == NULL || !hf_version_in_zone(version, node))
		return NULL;
	hf_cuts_start(&cuts, version, node);
	return cuts.has_top ? hf_tree_get(names, cuts.top.bytes, cuts.top.len) : node;
}

const struct hf_node *hf_cuts_after(const struct hf_version *version, const struct hf_node *node)
{
	const struct hf_tree *names = hf_version_names(version);
	struct hf_tree_cursor cursor;
	struct hf_key key;

	hf_node_owner(node, &key);
	if (hf_cuts_hides(version, node)) {
		if (key.len == 0)
			return NULL;
		/* Keys of names under this one go on behind its last byte, which is 0. */
		key.bytes[key.len - 1]++;
		node = hf_tree_seek(names, key.bytes, key.len, &cursor);
	} else {
		hf_tree_seek(names, key.bytes, key.len, &cursor);
		node = hf_tree_next(&cursor);
	}
	return node != NULL && hf_version_in_zone(version, node) ? node : NULL;
}

const struct hf_node *hf_cuts_next(struct hf_cuts *cuts, struct hf_tree_cursor *cursor)
{
	const struct hf_node *node;
	while ((node = hf_tree_next(cursor)) != NULL) {
		enum hf_place place = hf_cuts_step(cuts, node);
		if (place == HF_PLACE_AUTH || place == HF_PLACE_DELEGATION)
			return node;
	}
	return NULL;
}
