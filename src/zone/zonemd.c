/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/zonemd.h"

#include "crypto/digest.h"

/* One record as RFC 8976 section 3.3.1 feeds it: owner, type, class, TTL, RDLENGTH, RDATA. */
static void put_record(struct hf_buf *out, const struct hf_name *owner, uint16_t type, uint32_t ttl,
        struct hf_rdata rdata)
{
	hf_put_bytes(out, owner->wire, owner->len);
	hf_put_u16(out, type);
	hf_put_u16(out, KNOT_CLASS_IN);
	hf_put_u32(out, ttl);
	hf_put_u16(out, rdata.len);
	hf_put_bytes(out, rdata.data, rdata.len);
}

/* The RRSIGs of one owner are one RRset (type 46), in order of their RDATA: covered type first. */
static void put_sigs(
        struct hf_buf *out, const struct hf_name *owner, const struct hf_node *node, bool apex)
{
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (apex && set.type == KNOT_RRTYPE_ZONEMD)
			continue;
		struct hf_rdata_walk walk = hf_rrset_sigs(&set);
		struct hf_rdata rdata;
		while (hf_rdata_next(&walk, &rdata))
			put_record(out, owner, KNOT_RRTYPE_RRSIG, set.sig_ttl, rdata);
	}
}

/* All records of one owner, in ascending order of type; the apex ZONEMD set does not count. */
static void put_node(struct hf_buf *out, const struct hf_node *node, bool apex)
{
	struct hf_name owner;
	bool sigs_done = false;
	hf_node_name(node, &owner);
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (set.type > KNOT_RRTYPE_RRSIG && !sigs_done) {
			put_sigs(out, &owner, node, apex);
			sigs_done = true;
		}
		if (apex && set.type == KNOT_RRTYPE_ZONEMD)
			continue;
		struct hf_rdata_walk walk = hf_rrset_rrs(&set);
		struct hf_rdata rdata;
		while (hf_rdata_next(&walk, &rdata))
			put_record(out, &owner, set.type, set.ttl, rdata);
	}
	if (!sigs_done)
		put_sigs(out, &owner, node, apex);
}

/* Walks both trees as one, in canonical order, from the apex to the end of the zone. */
struct merge {
	const struct hf_version *version;
	struct hf_node_builder *builder;
	struct hf_tree_cursor names_at, nsec3_at;
	const struct hf_node *names, *nsec3; /* next of each; NULL at the end */
};

static const struct hf_node *inside(const struct merge *merge, const struct hf_node *node)
{
	return node != NULL && hf_version_in_zone(merge->version, node) ? node : NULL;
}

static void merge_first(struct merge *merge)
{
	const struct hf_key *apex = hf_version_apex_key(merge->version);
	merge->names = inside(merge, hf_tree_seek(hf_version_names(merge->version), apex->bytes,
	                                     apex->len, &merge->names_at));
	merge->nsec3 = inside(merge, hf_tree_seek(hf_version_nsec3(merge->version), apex->bytes,
	                                     apex->len, &merge->nsec3_at));
}

/* The next owner's node, or NULL at the end. The caller owns a reference. */
static enum hf_err merge_next(struct merge *merge, struct hf_node **ret_node)
{
	const struct hf_node *names = merge->names, *nsec3 = merge->nsec3;
	int order = names == NULL ? 1 : -1;
	if (names != NULL && nsec3 != NULL) {
		size_t a_len, b_len;
		const uint8_t *a = hf_node_key(names, &a_len), *b = hf_node_key(nsec3, &b_len);
		order = hf_key_cmp(a, a_len, b, b_len);
	}
	enum hf_err err = HF_OK;
	if (order == 0) { /* an NSEC3 owner that has other records too */
		struct hf_key key;
		hf_node_owner(names, &key);
		hf_node_begin(merge->builder, &key);
		err = hf_node_add_node(merge->builder, names);
		if (err == HF_OK)
			err = hf_node_add_node(merge->builder, nsec3);
		if (err == HF_OK)
			err = hf_node_finish(merge->builder, ret_node);
	} else {
		const struct hf_node *next = order < 0 ? names : nsec3;
		*ret_node = next != NULL ? hf_node_ref(next) : NULL;
	}
	if (order <= 0)
		merge->names = inside(merge, hf_tree_next(&merge->names_at));
	if (order >= 0 && nsec3 != NULL)
		merge->nsec3 = inside(merge, hf_tree_next(&merge->nsec3_at));
	return err;
}

static enum hf_err feed(struct merge *merge, struct hf_sha *sha, struct hf_buf *out)
{
	size_t apex_len = hf_version_apex_key(merge->version)->len;
	merge_first(merge);
	for (;;) {
		struct hf_node *node;
		enum hf_err err = merge_next(merge, &node);
		if (err != HF_OK || node == NULL)
			return err;
		size_t key_len;
		hf_node_key(node, &key_len);
		hf_buf_reset(out);
		put_node(out, node, key_len == apex_len);
		hf_node_unref(node);
		err = hf_buf_check(out);
		if (err == HF_OK)
			err = hf_sha_add(sha, out->data, out->len);
		if (err != HF_OK)
			return err;
	}
}

enum hf_err hf_zonemd_digest(const struct hf_version *version, uint8_t scheme, uint8_t algorithm,
        uint8_t ret_digest[static HF_ZONEMD_DIGEST_MAX], size_t *ret_len)
{
	if (scheme != HF_ZONEMD_SIMPLE ||
	        (algorithm != HF_ZONEMD_SHA384 && algorithm != HF_ZONEMD_SHA512))
		return HF_ERR_UNSUPPORTED;
	struct merge merge = {.version = version};
	struct hf_sha *sha = NULL;
	struct hf_buf out = {0};
	enum hf_err err = hf_node_builder_new(&merge.builder);
	if (err == HF_OK)
		err = hf_sha_new(algorithm == HF_ZONEMD_SHA384 ? 384 : 512, &sha);
	if (err == HF_OK)
		err = feed(&merge, sha, &out);
	if (err == HF_OK)
		err = hf_sha_finish(sha, ret_digest, ret_len);
	hf_buf_done(&out);
	hf_sha_free(sha);
	hf_node_builder_free(merge.builder);
	return err;
}
