/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/fetch_changes.h"

#include <stdlib.h>
#include <string.h>

/* One change; its owner's key and its RDATA are in `bytes`. */
struct change {
	size_t key_at, rdata_at;
	size_t order; /* in which it came */
	uint32_t ttl;
	uint16_t key_len, rdata_len;
	uint16_t type; /* for an RRSIG the type that it covers */
	bool is_sig, adds;
};

struct hf_fetch_changes {
	struct change *list;
	size_t count, cap;
	struct hf_buf bytes;
	struct hf_name owner; /* of the last change, as it was written */
	struct hf_node_builder *builder;
};

/* ---- Collecting ---- */

enum hf_err hf_fetch_changes_new(struct hf_fetch_changes **ret_changes)
{
	struct hf_fetch_changes *changes = calloc(1, sizeof(*changes));
	if (changes == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_node_builder_new(&changes->builder);
	if (err != HF_OK) {
		free(changes);
		return err;
	}
	*ret_changes = changes;
	return HF_OK;
}

void hf_fetch_changes_free(struct hf_fetch_changes *changes)
{
	if (changes == NULL)
		return;
	hf_node_builder_free(changes->builder);
	hf_buf_done(&changes->bytes);
	free(changes->list);
	free(changes);
}

static enum hf_err room_for_one(struct hf_fetch_changes *changes)
{
	if (changes->count < changes->cap)
		return HF_OK;
	size_t cap = changes->cap > 0 ? changes->cap * 2 : 64;
	struct change *list = reallocarray(changes->list, cap, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	changes->list = list;
	changes->cap = cap;
	return HF_OK;
}

/* The owner's key; consecutive changes of one owner share it. */
static void put_key(
        struct hf_fetch_changes *changes, const struct hf_name *owner, struct change *change)
{
	const struct change *last = change - 1;
	if (changes->count > 0 && owner->len == changes->owner.len &&
	        memcmp(owner->wire, changes->owner.wire, owner->len) == 0) {
		change->key_at = last->key_at;
		change->key_len = last->key_len;
		return;
	}
	struct hf_key key;
	hf_key_from_name(owner, &key);
	change->key_at = changes->bytes.len;
	change->key_len = key.len;
	hf_put_bytes(&changes->bytes, key.bytes, key.len);
	changes->owner = *owner;
}

enum hf_err hf_fetch_changes_put(struct hf_fetch_changes *changes, enum hf_fetch_change what,
        const struct hf_name *owner, uint16_t type, uint32_t ttl, struct hf_rdata rdata)
{
	enum hf_err err = room_for_one(changes);
	if (err != HF_OK)
		return err;
	struct change *change = &changes->list[changes->count];
	*change = (struct change){
	        .order = changes->count,
	        .ttl = ttl,
	        .rdata_len = rdata.len,
	        .type = type,
	        .adds = what == HF_FETCH_ADD,
	};
	if (type == KNOT_RRTYPE_RRSIG) {
		change->is_sig = true;
		change->type = hf_rrsig_covered(rdata);
	}
	put_key(changes, owner, change);
	change->rdata_at = changes->bytes.len;
	hf_put_bytes(&changes->bytes, rdata.data, rdata.len);
	err = hf_buf_check(&changes->bytes);
	if (err == HF_OK)
		changes->count++;
	return err;
}

/* ---- Order ---- */

static struct hf_rdata rdata_of(const struct hf_fetch_changes *changes, const struct change *change)
{
	return (struct hf_rdata){changes->bytes.data + change->rdata_at, change->rdata_len};
}

static int by_owner(
        const struct hf_fetch_changes *changes, const struct change *a, const struct change *b)
{
	const uint8_t *bytes = changes->bytes.data;
	if (a->key_at == b->key_at && a->key_len == b->key_len)
		return 0;
	return hf_key_cmp(bytes + a->key_at, a->key_len, bytes + b->key_at, b->key_len);
}

/* Within an owner as nodes have it: by type, records before RRSIGs, in canonical order; changes of
 * one record in the order in which they came. */
static int compare(const void *left, const void *right, void *context)
{
	const struct hf_fetch_changes *changes = context;
	const struct change *a = left, *b = right;
	int order = by_owner(changes, a, b);
	if (order == 0)
		order = (a->type > b->type) - (a->type < b->type);
	if (order == 0)
		order = a->is_sig - b->is_sig;
	if (order == 0)
		order = hf_rdata_cmp(rdata_of(changes, a), rdata_of(changes, b));
	return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

/* ---- Making ---- */

/* One owner on its way: the changes that are left, and the base's sets of it. */
struct making {
	struct hf_fetch_changes *changes;
	const struct change *at, *end;
	const struct hf_node *nodes[2]; /* of names, of NSEC3; each may be NULL */
	size_t next[2];                 /* index of their next sets */
	struct hf_diag *diag;
};

static enum hf_err misfit(const struct making *making)
{
	const struct change *change = making->at;
	const uint8_t *bytes = making->changes->bytes.data;
	struct hf_name owner;
	char name[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	hf_key_to_name(bytes + change->key_at, change->key_len, &owner);
	return hf_fail(making->diag, HF_ERR_INVALID, "the differences %s %s %s%s, which is %s",
	        change->adds ? "add" : "delete", hf_name_text(&owner, name),
	        change->is_sig ? "RRSIG of " : "", hf_type_text(change->type, type),
	        change->adds ? "there already" : "not there");
}

/* Whether the next change is in this half of this owner's set. */
static bool is_next(const struct making *making, uint16_t type, bool is_sig)
{
	return making->at < making->end && making->at->type == type && making->at->is_sig == is_sig;
}

/* All changes of the next record: it was there or not, and is there or not in the end. */
static enum hf_err settle(struct making *making, bool there, uint32_t ttl)
{
	const struct change *first = making->at;
	struct hf_rdata rdata = rdata_of(making->changes, first);
	do {
		if (making->at->adds == there)
			return misfit(making);
		there = making->at->adds;
		ttl = making->at->ttl;
		making->at++;
	} while (is_next(making, first->type, first->is_sig) &&
	         hf_rdata_equal(rdata_of(making->changes, making->at), rdata));
	uint16_t type = first->is_sig ? KNOT_RRTYPE_RRSIG : first->type;
	return there ? hf_node_add(making->changes->builder, type, ttl, rdata) : HF_OK;
}

/* The records of a set, or its RRSIGs, with their changes. Both are in canonical order. */
static enum hf_err merge(
        struct making *making, uint16_t type, bool is_sig, struct hf_rdata_walk walk, uint32_t ttl)
{
	struct hf_rdata rdata;
	bool more = hf_rdata_next(&walk, &rdata);
	while (more || is_next(making, type, is_sig)) {
		int order = -1;
		if (is_next(making, type, is_sig))
			order = more ? hf_rdata_cmp(rdata, rdata_of(making->changes, making->at))
			             : 1;
		enum hf_err err = order < 0 ? hf_node_add(making->changes->builder,
		                                      is_sig ? KNOT_RRTYPE_RRSIG : type, ttl, rdata)
		                            : settle(making, order == 0, ttl);
		if (err != HF_OK)
			return err;
		if (order <= 0)
			more = hf_rdata_next(&walk, &rdata);
	}
	return HF_OK;
}

/* What is not touched keeps its flags. */
static enum hf_err make_set(struct making *making, const struct hf_rrset *set)
{
	struct hf_node_builder *builder = making->changes->builder;
	enum hf_err err = is_next(making, set->type, false)
	                          ? merge(making, set->type, false, hf_rrset_rrs(set), set->ttl)
	                          : hf_node_add_set(builder, set, HF_COPY_RECORDS);
	if (err != HF_OK)
		return err;
	return is_next(making, set->type, true)
	               ? merge(making, set->type, true, hf_rrset_sigs(set), set->sig_ttl)
	               : hf_node_add_set(builder, set, HF_COPY_SIGS);
}

/* The next set in ascending order of type: one of the base's, or of the changes alone. */
static bool next_set(struct making *making, struct hf_rrset *ret_set)
{
	static const uint8_t nothing[1];
	struct hf_rrset sets[2];
	int first = -1;
	for (int i = 0; i < 2; i++) {
		if (making->nodes[i] == NULL || making->next[i] == hf_node_count(making->nodes[i]))
			continue;
		hf_node_at(making->nodes[i], making->next[i], &sets[i]);
		if (first < 0 || sets[i].type < sets[first].type)
			first = i;
	}
	if (making->at < making->end && (first < 0 || making->at->type < sets[first].type)) {
		*ret_set = (struct hf_rrset){
		        .type = making->at->type, .rrs = nothing, .sigs = nothing};
		return true;
	}
	if (first < 0)
		return false;
	making->next[first]++;
	*ret_set = sets[first];
	return true;
}

static enum hf_err make_owner(
        struct making *making, const struct hf_version *base, struct hf_edit *edit)
{
	struct hf_node_builder *builder = making->changes->builder;
	struct hf_key key = {.len = making->at->key_len};
	memcpy(key.bytes, making->changes->bytes.data + making->at->key_at, key.len);
	making->nodes[0] = hf_tree_get(hf_version_names(base), key.bytes, key.len);
	making->nodes[1] = hf_tree_get(hf_version_nsec3(base), key.bytes, key.len);
	making->next[0] = making->next[1] = 0;
	hf_node_begin(builder, &key);
	struct hf_rrset set;
	while (next_set(making, &set)) {
		enum hf_err err = make_set(making, &set);
		if (err != HF_OK)
			return err;
	}
	struct hf_node *node = NULL;
	enum hf_err err = hf_node_finish(builder, &node);
	if (err == HF_OK && node != NULL) {
		err = hf_edit_put(edit, node);
	} else if (err == HF_OK) {
		struct hf_name owner;
		hf_key_to_name(key.bytes, key.len, &owner);
		err = hf_edit_remove(edit, &owner);
		/* Nothing was there before, and nothing is now. */
		if (err == HF_ERR_NOTFOUND)
			err = HF_OK;
	}
	hf_node_unref(node);
	return err;
}

enum hf_err hf_fetch_changes_make(struct hf_fetch_changes *changes, const struct hf_version *base,
        struct hf_diag *diag, struct hf_version **ret_version)
{
	struct hf_edit *edit;
	enum hf_err err = hf_edit_new(base, &edit);
	if (err != HF_OK)
		return err;
	if (changes->count > 0)
		qsort_r(changes->list, changes->count, sizeof(*changes->list), compare, changes);
	const struct change *all_end = changes->list + changes->count;
	struct making making = {.changes = changes, .at = changes->list, .diag = diag};
	while (err == HF_OK && making.at < all_end) {
		making.end = making.at + 1;
		while (making.end < all_end && by_owner(changes, making.at, making.end) == 0)
			making.end++;
		err = make_owner(&making, base, edit);
	}
	if (err == HF_OK)
		err = hf_edit_commit(edit, ret_version);
	hf_edit_free(edit);
	return err;
}
