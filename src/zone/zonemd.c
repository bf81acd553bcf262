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

/* Both trees, merged into canonical order, from the apex to the end of the zone. */
static enum hf_err feed(const struct hf_version *version, struct hf_sha *sha, struct hf_buf *out)
{
	const struct hf_key *apex = hf_version_apex_key(version);
	struct hf_tree_cursor names_at, nsec3_at;
	const struct hf_node *names =
	        hf_tree_seek(hf_version_names(version), apex->bytes, apex->len, &names_at);
	const struct hf_node *nsec3 =
	        hf_tree_seek(hf_version_nsec3(version), apex->bytes, apex->len, &nsec3_at);
	for (;;) {
		if (names != NULL && !hf_version_in_zone(version, names))
			names = NULL;
		if (nsec3 != NULL && !hf_version_in_zone(version, nsec3))
			nsec3 = NULL;
		if (names == NULL && nsec3 == NULL)
			return HF_OK;
		bool from_names = nsec3 == NULL;
		if (names != NULL && nsec3 != NULL) {
			size_t a_len, b_len;
			const uint8_t *a = hf_node_key(names, &a_len);
			const uint8_t *b = hf_node_key(nsec3, &b_len);
			from_names = hf_key_cmp(a, a_len, b, b_len) <= 0;
		}
		hf_buf_reset(out);
		const struct hf_node *node = from_names ? names : nsec3;
		put_node(out, node, node == hf_version_apex_node(version));
		enum hf_err err = hf_buf_check(out);
		if (err == HF_OK)
			err = hf_sha_add(sha, out->data, out->len);
		if (err != HF_OK)
			return err;
		if (from_names)
			names = hf_tree_next(&names_at);
		else
			nsec3 = hf_tree_next(&nsec3_at);
	}
}

enum hf_err hf_zonemd_digest(const struct hf_version *version, uint8_t scheme, uint8_t algorithm,
        uint8_t ret_digest[static HF_ZONEMD_DIGEST_MAX], size_t *ret_len)
{
	if (scheme != HF_ZONEMD_SIMPLE ||
	        (algorithm != HF_ZONEMD_SHA384 && algorithm != HF_ZONEMD_SHA512))
		return HF_ERR_UNSUPPORTED;
	struct hf_sha *sha;
	struct hf_buf out = {0};
	enum hf_err err = hf_sha_new(algorithm == HF_ZONEMD_SHA384 ? 384 : 512, &sha);
	if (err != HF_OK)
		return err;
	err = feed(version, sha, &out);
	if (err == HF_OK)
		err = hf_sha_finish(sha, ret_digest, ret_len);
	hf_buf_done(&out);
	hf_sha_free(sha);
	return err;
}
