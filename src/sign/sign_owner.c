/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/sign_owner.h"

#include <string.h>

#include "dns/bitmap.h"

bool hf_sign_owner_denied(
        const struct hf_sign_plan *plan, const struct hf_node *node, enum hf_place place)
{
	if (plan->denies == HF_DENIES_NOT ||
	        (place != HF_PLACE_AUTH && place != HF_PLACE_DELEGATION))
		return false;
	return place == HF_PLACE_AUTH || (plan->options->flags & HF_SIGN_OPT_OUT) == 0 ||
	       hf_node_has(node, KNOT_RRTYPE_DS);
}

static void insert_type(uint16_t *types, size_t *count, uint16_t type)
{
	size_t at = *count;
	for (; at > 0 && types[at - 1] > type; at--)
		types[at] = types[at - 1];
	types[at] = type;
	(*count)++;
}

/*
 * Writes the bitmap of the types that an owner has and answers for (RFC 4035 section 2.3, RFC 5155
 * section 7.1): at a delegation only NS and DS. `denial` is NSEC, whose own types count, or 0.
 */
static enum hf_err put_bitmap(struct hf_sign_worker *worker, const struct hf_node *node,
        enum hf_place place, uint16_t denial)
{
	size_t sets = hf_node_count(node), count = 0;
	bool any_signed = denial != 0;

	enum hf_err err = hf_sign_worker_types(worker, sets + 2);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < sets; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		bool ours = hf_place_signs(place, set.type);
		if (set.rr_count == 0 || (!ours && set.type != KNOT_RRTYPE_NS))
			continue;
		any_signed = any_signed || ours;
		worker->types[count++] = set.type;
	}
	if (any_signed)
		insert_type(worker->types, &count, KNOT_RRTYPE_RRSIG);
	if (denial != 0)
		insert_type(worker->types, &count, denial);
	hf_bitmap_put(&worker->single, worker->types, count);
	return HF_OK;
}

static enum hf_err add_nsec(struct hf_sign_worker *worker, const struct hf_node *node,
        enum hf_place place, const struct hf_node *next, struct hf_rrset *ret_set)
{
	struct hf_name next_name;

	hf_sign_worker_single_begin(worker);
	hf_node_name(next, &next_name);
	hf_put_bytes(&worker->single, next_name.wire, next_name.len);
	enum hf_err err = put_bitmap(worker, node, place, KNOT_RRTYPE_NSEC);
	if (err != HF_OK)
		return err;
	return hf_sign_worker_single_end(
	        worker, KNOT_RRTYPE_NSEC, worker->plan->denial_ttl, ret_set);
}

static const struct hf_node *before(
        const struct hf_sign_plan *plan, const struct hf_key *key, bool nsec3)
{
	const struct hf_version *version = plan->reuse.version;
	if (version == NULL)
		return NULL;
	return hf_tree_get(nsec3 ? hf_version_nsec3(version) : hf_version_names(version),
	        key->bytes, key->len);
}

/* Ends the builder's node. One that is as it was in the previous version is shared with it. */
static enum hf_err finish(
        struct hf_sign_worker *worker, const struct hf_node *previous, struct hf_node **ret_node)
{
	struct hf_node *node = NULL;
	enum hf_err err = hf_node_finish(worker->builder, &node);
	if (err != HF_OK)
		return err;
	if (node != NULL && previous != NULL && hf_node_equal(node, previous)) {
		hf_node_unref(node);
		node = hf_node_ref(previous);
	}
	*ret_node = node;
	return HF_OK;
}

/* Whether signing changes nothing at this owner. */
static bool stays(const struct hf_sign_plan *plan, const struct hf_node *node, enum hf_place place,
        const struct hf_node *next)
{
	if (plan->keys.nobody)
		return true;
	if (place == HF_PLACE_AUTH || next != NULL)
		return false;
	return place != HF_PLACE_DELEGATION || !hf_node_has(node, KNOT_RRTYPE_DS);
}

/* The digest of the zone is known last, and hf_apex_digest signs it then. */
static bool postponed(const struct hf_sign_plan *plan, const struct hf_key *key, uint16_t type)
{
	return plan->zonemd && type == KNOT_RRTYPE_ZONEMD &&
	       key->len == hf_version_apex_key(plan->zone)->len;
}

enum hf_err hf_sign_owner_node(struct hf_sign_worker *worker, const struct hf_node *node,
        enum hf_place place, const struct hf_node *next, struct hf_node **ret_node)
{
	struct hf_name owner;
	struct hf_key key;

	if (stays(worker->plan, node, place, next)) {
		*ret_node = hf_node_ref(node);
		return HF_OK;
	}
	hf_node_name(node, &owner);
	hf_node_owner(node, &key);
	const struct hf_node *previous = before(worker->plan, &key, false);
	hf_node_begin(worker->builder, &key);
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		enum hf_err err = hf_node_add_set(worker->builder, &set, HF_COPY_RECORDS);
		if (err == HF_OK && hf_place_signs(place, set.type) &&
		        !postponed(worker->plan, &key, set.type))
			err = hf_sign_worker_sign_set(worker, &owner, &set, previous);
		if (err != HF_OK)
			return err;
	}
	if (next != NULL) {
		struct hf_rrset nsec;
		enum hf_err err = add_nsec(worker, node, place, next, &nsec);
		if (err == HF_OK)
			err = hf_sign_worker_sign_set(worker, &owner, &nsec, previous);
		if (err != HF_OK)
			return err;
	}
	return finish(worker, previous, ret_node);
}

/* The hash as a label in front of the apex. The plan has made sure that it fits. */
static void hashed_name(const struct hf_name *apex, const uint8_t hash[static HF_NSEC3_HASH_LEN],
        struct hf_name *ret_name)
{
	char label[HF_NSEC3_LABEL];
	hf_nsec3_label(hash, label);
	ret_name->wire[0] = HF_NSEC3_LABEL;
	memcpy(ret_name->wire + 1, label, HF_NSEC3_LABEL);
	memcpy(ret_name->wire + 1 + HF_NSEC3_LABEL, apex->wire, apex->len);
	ret_name->len = (uint8_t)(1 + HF_NSEC3_LABEL + apex->len);
}

void hf_sign_owner_hashed(const struct hf_sign_plan *plan,
        const uint8_t hash[static HF_NSEC3_HASH_LEN], struct hf_key *ret_key)
{
	struct hf_name owner;
	hashed_name(hf_version_apex(plan->zone), hash, &owner);
	hf_key_from_name(&owner, ret_key);
}

bool hf_sign_owner_hash(const struct hf_node *node, uint8_t ret_hash[static HF_NSEC3_HASH_LEN])
{
	struct hf_name owner;
	size_t len = 0;
	hf_node_name(node, &owner);
	return owner.wire[0] == HF_NSEC3_LABEL &&
	       hf_nsec3_unlabel(owner.wire + 1, owner.wire[0], ret_hash, &len);
}

/* Starts an NSEC3 node: all of its record but the bitmap. */
static void nsec3_begin(struct hf_sign_worker *worker, const struct hf_key *key,
        const uint8_t next[static HF_NSEC3_HASH_LEN])
{
	const struct hf_sign_plan *plan = worker->plan;
	struct hf_buf *out = &worker->single;

	hf_node_begin(worker->builder, key);
	hf_sign_worker_single_begin(worker);
	hf_put_u8(out, plan->nsec3.algorithm);
	hf_put_u8(out, plan->nsec3.flags);
	hf_put_u16(out, plan->nsec3.iterations);
	hf_put_u8(out, plan->nsec3.salt_len);
	hf_put_bytes(out, plan->nsec3.salt, plan->nsec3.salt_len);
	hf_put_u8(out, HF_NSEC3_HASH_LEN);
	hf_put_bytes(out, next, HF_NSEC3_HASH_LEN);
}

static enum hf_err nsec3_end(
        struct hf_sign_worker *worker, const struct hf_key *key, struct hf_node **ret_node)
{
	const struct hf_node *previous = before(worker->plan, key, true);
	struct hf_name owner;
	struct hf_rrset set;

	if (!hf_key_to_name(key->bytes, key->len, &owner))
		return HF_ERR_INVALID;
	enum hf_err err = hf_sign_worker_single_end(
	        worker, KNOT_RRTYPE_NSEC3, worker->plan->denial_ttl, &set);
	if (err == HF_OK)
		err = hf_sign_worker_sign_set(worker, &owner, &set, previous);
	return err != HF_OK ? err : finish(worker, previous, ret_node);
}

enum hf_err hf_sign_owner_nsec3(struct hf_sign_worker *worker,
        const uint8_t hash[static HF_NSEC3_HASH_LEN], const uint8_t next[static HF_NSEC3_HASH_LEN],
        const struct hf_node *node, enum hf_place place, struct hf_node **ret_node)
{
	struct hf_key key;
	enum hf_err err = HF_OK;

	hf_sign_owner_hashed(worker->plan, hash, &key);
	nsec3_begin(worker, &key, next);
	if (node != NULL)
		err = put_bitmap(worker, node, place, 0);
	return err != HF_OK ? err : nsec3_end(worker, &key, ret_node);
}

enum hf_err hf_sign_owner_link(struct hf_sign_worker *worker, const struct hf_node *old,
        const uint8_t next[static HF_NSEC3_HASH_LEN], struct hf_node **ret_node)
{
	struct hf_key key;
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_nsec3 fields;

	if (!hf_node_find(old, KNOT_RRTYPE_NSEC3, &set) || !hf_rrset_first(&set, &rdata) ||
	        !hf_nsec3_read(rdata, &fields))
		return HF_ERR_INVALID;
	hf_node_owner(old, &key);
	nsec3_begin(worker, &key, next);
	hf_put_bytes(&worker->single, fields.bitmap, fields.bitmap_len);
	return nsec3_end(worker, &key, ret_node);
}
