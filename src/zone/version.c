/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/version.h"

#include <stdatomic.h>
#include <stdlib.h>

struct hf_version {
	_Atomic uint32_t refs;
	struct hf_name apex;
	struct hf_key apex_key;
	struct hf_tree names;
	struct hf_tree nsec3;
};

struct hf_version *hf_version_ref(const struct hf_version *version)
{
	struct hf_version *shared = (struct hf_version *)version; /* only the count moves */
	atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
	return shared;
}

void hf_version_unref(const struct hf_version *version)
{
	struct hf_version *shared = (struct hf_version *)version;
	if (shared == NULL ||
	        atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) != 1)
		return;
	hf_tree_done(&shared->names);
	hf_tree_done(&shared->nsec3);
	free(shared);
}

const struct hf_name *hf_version_apex(const struct hf_version *version)
{
	return &version->apex;
}

const struct hf_key *hf_version_apex_key(const struct hf_version *version)
{
	return &version->apex_key;
}

const struct hf_tree *hf_version_names(const struct hf_version *version)
{
	return &version->names;
}

const struct hf_tree *hf_version_nsec3(const struct hf_version *version)
{
	return &version->nsec3;
}

const struct hf_node *hf_version_find(const struct hf_version *version, const struct hf_name *name)
{
	struct hf_key key;
	hf_key_from_name(name, &key);
	return hf_tree_get(&version->names, key.bytes, key.len);
}

const struct hf_node *hf_version_apex_node(const struct hf_version *version)
{
	return hf_tree_get(&version->names, version->apex_key.bytes, version->apex_key.len);
}

bool hf_version_soa(const struct hf_version *version, struct hf_soa *ret_soa)
{
	const struct hf_node *apex = hf_version_apex_node(version);
	struct hf_rrset set;
	struct hf_rdata rdata;
	return apex != NULL && hf_node_find(apex, KNOT_RRTYPE_SOA, &set) &&
	       hf_rrset_first(&set, &rdata) && hf_soa_read(rdata, ret_soa);
}

bool hf_version_in_zone(const struct hf_version *version, const struct hf_node *node)
{
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	return hf_key_is_under(key, len, version->apex_key.bytes, version->apex_key.len);
}

struct hf_summary hf_version_summary(const struct hf_version *version)
{
	struct hf_summary sum = hf_tree_summary(&version->names);
	struct hf_summary nsec3 = hf_tree_summary(&version->nsec3);
	hf_summary_add(&sum, &nsec3);
	return sum;
}

static void count_node(const struct hf_node *node, struct hf_version_counts *counts)
{
	struct hf_name owner;
	hf_node_name(node, &owner);
	counts->memory += hf_node_size(node);
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		uint32_t all = (uint32_t)set.rr_count + set.sig_count;
		counts->rrsets += set.rr_count > 0;
		counts->records += all;
		counts->signatures += set.sig_count;
		/* A record: owner, type, class, TTL, and its length with the RDATA as it is packed.
		 */
		counts->wire += (uint64_t)all * (owner.len + 8u) + set.rrs_len + set.sigs_len;
	}
}

void hf_version_count(const struct hf_version *version, struct hf_version_counts *ret_counts)
{
	struct hf_version_counts counts = {
	        .names = hf_tree_count(&version->names) + hf_tree_count(&version->nsec3)};
	const struct hf_tree *trees[] = {&version->names, &version->nsec3};
	for (size_t i = 0; i < 2; i++) {
		struct hf_tree_cursor cursor;
		const struct hf_node *node = hf_tree_first(trees[i], &cursor);
		for (; node != NULL; node = hf_tree_next(&cursor))
			count_node(node, &counts);
	}
	*ret_counts = counts;
}

enum hf_err hf_version_from_trees(const struct hf_name *apex, struct hf_tree *names,
        struct hf_tree *nsec3, struct hf_version **ret_version)
{
	struct hf_version *version = calloc(1, sizeof(*version));
	if (version == NULL)
		return HF_ERR_NOMEM;
	version->refs = 1;
	version->apex = *apex;
	hf_name_lower(&version->apex);
	hf_key_from_name(apex, &version->apex_key);
	version->names = *names;
	version->nsec3 = *nsec3;
	names->root = NULL;
	nsec3->root = NULL;
	*ret_version = version;
	return HF_OK;
}

enum hf_err hf_version_diff(const struct hf_version *before, const struct hf_version *after,
        hf_tree_diff_fn *visit, void *context)
{
	enum hf_err err = hf_tree_diff(&before->names, &after->names, visit, context);
	return err != HF_OK ? err : hf_tree_diff(&before->nsec3, &after->nsec3, visit, context);
}

/* ---- Edits ---- */

struct hf_edit {
	struct hf_name apex;
	struct hf_tree names;
	struct hf_tree nsec3;
	struct hf_node_builder *builder;
};

enum hf_err hf_edit_new_empty(const struct hf_name *apex, struct hf_edit **ret_edit)
{
	struct hf_edit *edit = calloc(1, sizeof(*edit));
	if (edit == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_node_builder_new(&edit->builder);
	if (err != HF_OK) {
		free(edit);
		return err;
	}
	edit->apex = *apex;
	*ret_edit = edit;
	return HF_OK;
}

enum hf_err hf_edit_new(const struct hf_version *base, struct hf_edit **ret_edit)
{
	struct hf_edit *edit;
	enum hf_err err = hf_edit_new_empty(&base->apex, &edit);
	if (err != HF_OK)
		return err;
	hf_tree_copy(&edit->names, &base->names);
	hf_tree_copy(&edit->nsec3, &base->nsec3);
	*ret_edit = edit;
	return HF_OK;
}

void hf_edit_free(struct hf_edit *edit)
{
	if (edit == NULL)
		return;
	hf_tree_done(&edit->names);
	hf_tree_done(&edit->nsec3);
	hf_node_builder_free(edit->builder);
	free(edit);
}

static enum hf_err replace(struct hf_tree *tree, const struct hf_key *key, struct hf_node *node)
{
	if (node != NULL)
		return hf_tree_put(tree, node);
	enum hf_err err = hf_tree_remove(tree, key->bytes, key->len);
	return err == HF_ERR_NOTFOUND ? HF_OK : err;
}

enum hf_err hf_edit_put(struct hf_edit *edit, struct hf_node *node)
{
	struct hf_node *names = NULL, *nsec3 = NULL;
	enum hf_err err = hf_node_route(edit->builder, node, &names, &nsec3);
	if (err != HF_OK)
		return err;
	struct hf_key key;
	hf_node_owner(node, &key);
	err = replace(&edit->names, &key, names);
	if (err == HF_OK)
		err = replace(&edit->nsec3, &key, nsec3);
	hf_node_unref(names);
	hf_node_unref(nsec3);
	return err;
}

enum hf_err hf_edit_remove(struct hf_edit *edit, const struct hf_name *owner)
{
	struct hf_key key;
	hf_key_from_name(owner, &key);
	enum hf_err names = hf_tree_remove(&edit->names, key.bytes, key.len);
	if (names != HF_OK && names != HF_ERR_NOTFOUND)
		return names;
	enum hf_err nsec3 = hf_tree_remove(&edit->nsec3, key.bytes, key.len);
	return nsec3 == HF_ERR_NOTFOUND ? names : nsec3;
}

enum hf_err hf_edit_commit(struct hf_edit *edit, struct hf_version **ret_version)
{
	return hf_version_from_trees(&edit->apex, &edit->names, &edit->nsec3, ret_version);
}
