/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/keydiff.h"

/* Where they stand in the RDATA of a signature (RFC 4034 section 3.1). */
#define SIG_ALGORITHM 2
#define SIG_TAG       16

struct key {
	struct hf_rdata rdata;
	struct hf_dnskey dnskey;
	uint16_t tag;
	bool in_both;
};

struct keys {
	struct key list[HF_VERIFY_KEYS];
	size_t count;
};

/* False: more than are used, or one that is no key. */
static bool read_keys(const struct hf_node *apex, struct keys *ret_keys)
{
	struct hf_rrset set;
	struct hf_rdata rdata;
	ret_keys->count = 0;
	if (!hf_node_find(apex, KNOT_RRTYPE_DNSKEY, &set) || set.rr_count == 0 ||
	        set.rr_count > HF_VERIFY_KEYS)
		return false;
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	while (hf_rdata_next(&walk, &rdata)) {
		struct key *key = &ret_keys->list[ret_keys->count++];
		*key = (struct key){.rdata = rdata};
		if (!hf_dnskey_read(rdata, &key->dnskey))
			return false;
		key->tag = hf_dnskey_tag(rdata);
	}
	return true;
}

static void find_common(struct keys *before, struct keys *after)
{
	for (size_t i = 0; i < before->count; i++) {
		for (size_t k = 0; k < after->count; k++) {
			if (!hf_rdata_equal(before->list[i].rdata, after->list[k].rdata))
				continue;
			before->list[i].in_both = true;
			after->list[k].in_both = true;
		}
	}
}

/* Whether the key makes its algorithm one that has to sign everything. */
static bool signs_data(const struct key *key)
{
	return (key->dnskey.flags & HF_DNSKEY_ZONE) != 0 &&
	       (key->dnskey.flags & HF_DNSKEY_REVOKE) == 0 &&
	       key->dnskey.protocol == HF_DNSKEY_PROTOCOL;
}

/* Whether a key that stays had made the algorithm one that has to sign. */
static bool had_to_sign(const struct keys *before, uint8_t algorithm)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct key *key = &before->list[i];
		if (key->in_both && key->dnskey.algorithm == algorithm && signs_data(key))
			return true;
	}
	return false;
}

/* Adds the keys that are in one set only; false: a tag with its algorithm comes twice. */
static bool add_keys(const struct keys *keys, struct hf_keydiff *diff)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct key *key = &keys->list[i];
		if (key->in_both)
			continue;
		if (hf_keydiff_has(diff, key->tag, key->dnskey.algorithm))
			return false;
		diff->keys[diff->count].tag = key->tag;
		diff->keys[diff->count++].algorithm = key->dnskey.algorithm;
	}
	return true;
}

/* Whether one of the keys that stay could be taken for one that came or went. */
static bool is_ambiguous(const struct keys *keys, const struct hf_keydiff *diff)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct key *key = &keys->list[i];
		if (key->in_both && hf_keydiff_has(diff, key->tag, key->dnskey.algorithm))
			return true;
	}
	return false;
}

bool hf_keydiff_make(
        const struct hf_node *before, const struct hf_node *after, struct hf_keydiff *ret_diff)
{
	struct hf_keydiff diff = {.count = 0};
	struct keys was, is;
	if (!read_keys(before, &was) || !read_keys(after, &is))
		return false;
	find_common(&was, &is);
	for (size_t i = 0; i < is.count; i++) {
		if (!is.list[i].in_both && !had_to_sign(&was, is.list[i].dnskey.algorithm))
			return false;
	}
	if (!add_keys(&was, &diff) || !add_keys(&is, &diff) || is_ambiguous(&was, &diff))
		return false;
	*ret_diff = diff;
	return true;
}

bool hf_keydiff_has(const struct hf_keydiff *diff, uint16_t tag, uint8_t algorithm)
{
	for (size_t i = 0; i < diff->count; i++) {
		if (diff->keys[i].tag == tag && diff->keys[i].algorithm == algorithm)
			return true;
	}
	return false;
}

bool hf_keydiff_concerns(const struct hf_keydiff *diff, const struct hf_node *node)
{
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		struct hf_rdata rdata;
		hf_node_at(node, i, &set);
		struct hf_rdata_walk walk = hf_rrset_sigs(&set);
		while (hf_rdata_next(&walk, &rdata)) {
			if (rdata.len >= SIG_TAG + 2 &&
			        hf_keydiff_has(diff, hf_read_u16(rdata.data + SIG_TAG),
			                rdata.data[SIG_ALGORITHM]))
				return true;
		}
	}
	return false;
}
