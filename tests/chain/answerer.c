/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "answerer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../house/must.h"
#include "crypto/digest.h"

#define ALIASES 8
#define SETS    64

/* One set of a response. */
struct piece {
	enum hf_section section;
	struct hf_name owner;
	struct hf_rrset set;
	uint8_t cname[2 + HF_NAME_MAX]; /* the record of a CNAME that was made */
};

struct response {
	const struct hf_version *zone;
	unsigned quirks;
	uint16_t flags;
	uint16_t rcode;
	struct piece pieces[SETS];
	size_t count;
	bool has_params;
	struct hf_nsec3_params params;
};

/* ---- Looking into a zone ---- */

static const struct hf_node *node_at(const struct hf_version *zone, const struct hf_name *name)
{
	return hf_version_find(zone, name);
}

static bool set_at(const struct hf_version *zone, const struct hf_name *name, uint16_t type,
        struct hf_rrset *set)
{
	const struct hf_node *node = node_at(zone, name);
	return node != NULL && hf_node_has(node, type) && hf_node_find(node, type, set);
}

/* Whether the name or anything below it holds data. */
static bool exists(const struct hf_version *zone, const struct hf_name *name)
{
	struct hf_key key;
	struct hf_tree_cursor cursor;
	hf_key_from_name(name, &key);
	const struct hf_node *node =
	        hf_tree_seek(hf_version_names(zone), key.bytes, key.len, &cursor);
	size_t len;
	if (node == NULL)
		return false;
	const uint8_t *found = hf_node_key(node, &len);
	return hf_key_is_under(found, len, key.bytes, key.len);
}

static void above(const struct hf_name *name, unsigned labels, struct hf_name *ret_name)
{
	hf_name_strip(name, hf_name_labels(name) - labels, ret_name);
}

/* ---- Pieces ---- */

static void add(struct response *response, enum hf_section section, const struct hf_name *owner,
        const struct hf_rrset *set)
{
	for (size_t i = 0; i < response->count; i++) {
		const struct piece *piece = &response->pieces[i];
		if (piece->section == section && piece->set.type == set->type &&
		        hf_name_equal(&piece->owner, owner))
			return;
	}
	MUST(response->count < SETS);
	struct piece *piece = &response->pieces[response->count++];
	piece->section = section;
	piece->owner = *owner;
	piece->set = *set;
	if ((response->quirks & ANSWERER_NO_SIGS) != 0)
		piece->set.sigs_len = 0;
}

static bool add_type(struct response *response, enum hf_section section,
        const struct hf_name *owner, uint16_t type)
{
	struct hf_rrset set;
	if (!set_at(response->zone, owner, type, &set))
		return false;
	add(response, section, owner, &set);
	return true;
}

static void add_denial(
        struct response *response, const struct hf_name *owner, const struct hf_rrset *set)
{
	size_t denials = 0;
	for (size_t i = 0; i < response->count; i++)
		denials += response->pieces[i].set.type == set->type;
	bool one = (response->quirks & ANSWERER_FIRST_SET_ONLY) != 0 && denials > 0;
	if ((response->quirks & ANSWERER_NO_DENIAL) == 0 && !one)
		add(response, HF_SECTION_AUTHORITY, owner, set);
}

/* ---- Denial ---- */

/* The NSEC record at the name, or the one before it. */
static void add_nsec(struct response *response, const struct hf_name *name)
{
	struct hf_key key;
	struct hf_tree_cursor cursor;
	const struct hf_tree *names = hf_version_names(response->zone);
	hf_key_from_name(name, &key);
	const struct hf_node *node = hf_tree_seek_before(names, key.bytes, key.len, &cursor);
	while (node != NULL && !hf_node_has(node, KNOT_RRTYPE_NSEC))
		node = hf_tree_prev(&cursor);
	struct hf_rrset set;
	struct hf_name owner;
	if (node == NULL || !hf_node_find(node, KNOT_RRTYPE_NSEC, &set))
		return;
	hf_node_name(node, &owner);
	add_denial(response, &owner, &set);
}

static void hash_owner(
        const struct response *response, const struct hf_name *name, struct hf_name *ret_owner)
{
	struct hf_nsec3_hasher *hasher;
	uint8_t hash[HF_NSEC3_HASH_LEN];
	char label[HF_NSEC3_LABEL];
	const struct hf_name *apex = hf_version_apex(response->zone);
	MUST(hf_nsec3_hasher_new(&hasher) == HF_OK);
	MUST(hf_nsec3_hash(hasher, &response->params, name, hash) == HF_OK);
	hf_nsec3_hasher_free(hasher);
	hf_nsec3_label(hash, label);
	ret_owner->wire[0] = HF_NSEC3_LABEL;
	memcpy(ret_owner->wire + 1, label, HF_NSEC3_LABEL);
	memcpy(ret_owner->wire + 1 + HF_NSEC3_LABEL, apex->wire, apex->len);
	ret_owner->len = (uint8_t)(1 + HF_NSEC3_LABEL + apex->len);
}

/* The NSEC3 record that matches a name's hash, or covers it. `*ret_match` tells which. */
static const struct hf_node *nsec3_for(
        const struct response *response, const struct hf_name *name, bool *ret_match)
{
	const struct hf_tree *tree = hf_version_nsec3(response->zone);
	struct hf_name owner;
	struct hf_key key;
	struct hf_tree_cursor cursor;
	hash_owner(response, name, &owner);
	hf_key_from_name(&owner, &key);
	const struct hf_node *node = hf_tree_get(tree, key.bytes, key.len);
	*ret_match = node != NULL;
	if (node == NULL)
		node = hf_tree_seek_before(tree, key.bytes, key.len, &cursor);
	return node != NULL ? node : hf_tree_last(tree, &cursor);
}

static void add_nsec3(struct response *response, const struct hf_name *name)
{
	bool match;
	const struct hf_node *node = nsec3_for(response, name, &match);
	struct hf_rrset set;
	struct hf_name owner;
	/* Of a record that was taken away its signatures alone are left: no server sends those. */
	if (node == NULL || !hf_node_has(node, KNOT_RRTYPE_NSEC3) ||
	        !hf_node_find(node, KNOT_RRTYPE_NSEC3, &set))
		return;
	hf_node_name(node, &owner);
	add_denial(response, &owner, &set);
}

/* The closest encloser of a name that is not there, as labels; with NSEC3 one that has a record. */
static unsigned encloser_of(const struct response *response, const struct hf_name *name)
{
	unsigned labels = hf_name_labels(name);
	unsigned least = hf_name_labels(hf_version_apex(response->zone));
	for (; labels > least; labels--) {
		struct hf_name candidate;
		bool match = true;
		above(name, labels, &candidate);
		if (response->has_params)
			(void)nsec3_for(response, &candidate, &match);
		else
			match = exists(response->zone, &candidate);
		if (match)
			break;
	}
	return labels;
}

/* The closest encloser's record and the one that covers the name below it. */
static void add_encloser(struct response *response, const struct hf_name *name, bool with_encloser)
{
	unsigned labels = encloser_of(response, name);
	struct hf_name closer;
	above(name, labels, &closer);
	if (with_encloser)
		add_nsec3(response, &closer);
	if (labels < hf_name_labels(name)) {
		above(name, labels + 1, &closer);
		add_nsec3(response, &closer);
	}
}

static void deny_type(struct response *response, const struct hf_name *name)
{
	if (response->has_params)
		add_encloser(response, name, true);
	else
		add_nsec(response, name);
}

static void wildcard_at(const struct hf_name *name, unsigned labels, struct hf_name *ret_wildcard)
{
	above(name, labels, ret_wildcard);
	MUST(hf_name_wildcard(ret_wildcard, ret_wildcard) == HF_OK);
}

static void deny_name(struct response *response, const struct hf_name *name, unsigned labels)
{
	struct hf_name wildcard;
	wildcard_at(name, labels, &wildcard);
	deny_type(response, name);
	if (response->has_params)
		add_nsec3(response, &wildcard);
	else
		add_nsec(response, &wildcard);
}

static void add_soa(struct response *response)
{
	if ((response->quirks & ANSWERER_NO_SOA) == 0)
		add_type(response, HF_SECTION_AUTHORITY, hf_version_apex(response->zone),
		        KNOT_RRTYPE_SOA);
}

/* ---- Answers ---- */

static void refer(struct response *response, const struct hf_name *cut)
{
	add_type(response, HF_SECTION_AUTHORITY, cut, KNOT_RRTYPE_NS);
	if ((response->quirks & ANSWERER_BARE_REFERRAL) != 0)
		return;
	if (!add_type(response, HF_SECTION_AUTHORITY, cut, KNOT_RRTYPE_DS))
		deny_type(response, cut);
}

/* A CNAME as a DNAME makes it (RFC 6672 section 2.2). False when it would be too long. */
static bool make_cname(struct response *response, const struct hf_name *name,
        const struct hf_name *owner, const struct hf_rrset *dname, struct hf_name *ret_target)
{
	struct hf_rdata rdata;
	MUST(hf_rrset_first(dname, &rdata));
	size_t kept = (size_t)name->len - owner->len;
	if (kept + rdata.len > HF_NAME_MAX)
		return false;
	struct hf_name target = {.len = (uint8_t)(kept + rdata.len)};
	memcpy(target.wire, name->wire, kept);
	memcpy(target.wire + kept, rdata.data, rdata.len);
	*ret_target = target;
	if ((response->quirks & ANSWERER_WRONG_CNAME) != 0)
		target.wire[1] ^= 1;
	struct hf_rrset set = {.type = KNOT_RRTYPE_CNAME, .rr_count = 1, .ttl = dname->ttl};
	add(response, HF_SECTION_ANSWER, name, &set);
	struct piece *piece = &response->pieces[response->count - 1];
	hf_write_u16(piece->cname, target.len);
	memcpy(piece->cname + 2, target.wire, target.len);
	piece->set.rrs = piece->set.sigs = piece->cname;
	piece->set.rrs_len = 2u + target.len;
	return true;
}

/* What there is at a name, with the owner that it shall have. `*ret_target` is where a CNAME leads;
 * true when it does. */
static bool answer_from(struct response *response, const struct hf_name *source,
        const struct hf_name *owner, uint16_t type, struct hf_name *ret_target)
{
	struct hf_rrset set;
	struct hf_rdata rdata;
	if (set_at(response->zone, source, type, &set)) {
		add(response, HF_SECTION_ANSWER, owner, &set);
		return false;
	}
	if (!set_at(response->zone, source, KNOT_RRTYPE_CNAME, &set)) {
		add_soa(response);
		deny_type(response, owner);
		if (!hf_name_equal(source, owner)) {
			if (response->has_params)
				add_nsec3(response, source);
			else
				add_nsec(response, source);
		}
		return false;
	}
	add(response, HF_SECTION_ANSWER, owner, &set);
	MUST(hf_rrset_first(&set, &rdata));
	memcpy(ret_target->wire, rdata.data, rdata.len);
	ret_target->len = (uint8_t)rdata.len;
	return true;
}

/* A name that is not there: a wildcard's records, or that there are none. */
static bool answer_missing(struct response *response, const struct hf_name *name, uint16_t type,
        struct hf_name *ret_target)
{
	unsigned labels = hf_name_labels(name);
	struct hf_name wildcard, candidate;
	do
		above(name, --labels, &candidate);
	while (!exists(response->zone, &candidate));
	wildcard_at(name, labels, &wildcard);
	if (!exists(response->zone, &wildcard)) {
		response->rcode = HF_RCODE_NXDOMAIN;
		add_soa(response);
		deny_name(response, name, labels);
		return false;
	}
	bool leads = answer_from(response, &wildcard, name, type, ret_target);
	if (response->has_params)
		add_encloser(response, name, false);
	else
		add_nsec(response, name);
	return leads;
}

/* Whatever is above the name or at it that ends the search: a zone cut or a DNAME. */
static bool stop_above(struct response *response, const struct hf_name *name, uint16_t type,
        struct hf_name *ret_target, bool *ret_leads)
{
	unsigned labels = hf_name_labels(name);
	*ret_leads = false;
	for (unsigned i = hf_name_labels(hf_version_apex(response->zone)); i <= labels; i++) {
		bool apex = i == hf_name_labels(hf_version_apex(response->zone));
		struct hf_name at;
		struct hf_rrset set;
		above(name, i, &at);
		bool own_ds = i == labels && type == KNOT_RRTYPE_DS;
		if (!apex && !own_ds && set_at(response->zone, &at, KNOT_RRTYPE_NS, &set)) {
			response->flags &= (uint16_t)~HF_MESSAGE_AA;
			refer(response, &at);
			return true;
		}
		if (i < labels && set_at(response->zone, &at, KNOT_RRTYPE_DNAME, &set)) {
			add(response, HF_SECTION_ANSWER, &at, &set);
			*ret_leads = make_cname(response, name, &at, &set, ret_target);
			if (!*ret_leads)
				response->rcode = HF_RCODE_YXDOMAIN;
			return true;
		}
	}
	return false;
}

static void search(struct response *response, const struct hf_question *question)
{
	struct hf_name name = question->name, target;
	hf_name_lower(&name);
	for (unsigned i = 0; i < ALIASES; i++) {
		bool leads;
		if (!stop_above(response, &name, question->type, &target, &leads)) {
			if (exists(response->zone, &name))
				leads = answer_from(
				        response, &name, &name, question->type, &target);
			else
				leads = answer_missing(response, &name, question->type, &target);
		}
		bool stays = leads && hf_name_is_under(&target, hf_version_apex(response->zone));
		if (!stays || (response->quirks & ANSWERER_NO_FOLLOW) != 0)
			return;
		name = target;
		hf_name_lower(&name);
	}
}

/* ---- The message ---- */

static void put_record(struct hf_buf *out, const struct hf_question *question,
        const struct piece *piece, uint16_t type, uint32_t ttl, struct hf_rdata rdata)
{
	if (hf_name_equal(&piece->owner, &question->name))
		hf_put_u16(out, 0xc000 | 12);
	else
		hf_put_bytes(out, piece->owner.wire, piece->owner.len);
	hf_put_u16(out, type);
	hf_put_u16(out, KNOT_CLASS_IN);
	hf_put_u32(out, ttl);
	hf_put_u16(out, rdata.len);
	hf_put_bytes(out, rdata.data, rdata.len);
}

static unsigned put_piece(
        struct hf_buf *out, const struct hf_question *question, const struct piece *piece)
{
	unsigned count = 0;
	struct hf_rdata rdata;
	struct hf_rdata_walk walk = hf_rrset_rrs(&piece->set);
	for (; hf_rdata_next(&walk, &rdata); count++)
		put_record(out, question, piece, piece->set.type, piece->set.ttl, rdata);
	walk = hf_rrset_sigs(&piece->set);
	for (; hf_rdata_next(&walk, &rdata); count++)
		put_record(out, question, piece, KNOT_RRTYPE_RRSIG, piece->set.sig_ttl, rdata);
	return count;
}

static void put_response(struct hf_buf *out, const struct response *response, uint16_t id,
        const struct hf_question *question)
{
	size_t start = out->len;
	const uint16_t head[] = {id, (uint16_t)(response->flags | response->rcode), 1, 0, 0, 1};
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		hf_put_u16(out, head[i]);
	hf_put_bytes(out, question->name.wire, question->name.len);
	hf_put_u16(out, question->type);
	hf_put_u16(out, KNOT_CLASS_IN);
	for (int section = HF_SECTION_ANSWER; section <= HF_SECTION_AUTHORITY; section++) {
		unsigned count = 0;
		for (size_t i = 0; i < response->count; i++)
			if ((int)response->pieces[i].section == section)
				count += put_piece(out, question, &response->pieces[i]);
		MUST(!out->failed);
		hf_write_u16(out->data + start + 6 + 2 * section, (uint16_t)count);
	}
	static const uint8_t opt[] = {0, 0, KNOT_RRTYPE_OPT, 4, 208, 0, 0, 0x80, 0, 0, 0};
	hf_put_bytes(out, opt, sizeof(opt));
	MUST(!out->failed);
}

/* The zone to answer from: the deepest; a DS record is in the one above its owner. */
static const struct hf_version *zone_for(struct hf_version *const *zones, size_t count,
        const struct hf_question *question, unsigned quirks)
{
	const struct hf_version *best = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct hf_name *apex = hf_version_apex(zones[i]);
		bool deeper = best == NULL || apex->len > hf_version_apex(best)->len;
		bool parents = question->type == KNOT_RRTYPE_DS && best != NULL &&
		               hf_name_equal(&question->name, apex) &&
		               (quirks & ANSWERER_CHILD_SIDE) == 0;
		if (hf_name_is_under(&question->name, apex) && deeper && !parents)
			best = zones[i];
	}
	return best;
}

static void find_params(struct response *response)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(hf_version_nsec3(response->zone), &cursor);
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_nsec3 nsec3;
	if (node == NULL || !hf_node_find(node, KNOT_RRTYPE_NSEC3, &set) ||
	        !hf_rrset_first(&set, &rdata) || !hf_nsec3_read(rdata, &nsec3))
		return;
	response->params = nsec3.params;
	/* What cannot be hashed is answered as if there were no such records. */
	response->has_params = nsec3.params.algorithm == HF_NSEC3_HASH_SHA1;
}

void answerer_put(struct hf_buf *out, struct hf_version *const *zones, size_t count, uint16_t id,
        const struct hf_question *question, unsigned quirks)
{
	struct response *response = calloc(1, sizeof(*response));
	MUST(response != NULL);
	response->quirks = quirks;
	response->flags = HF_MESSAGE_QR | HF_MESSAGE_AA;
	response->zone = zone_for(zones, count, question, quirks);
	static const uint8_t root_ns[] = {0, 3, 1, 'a', 0}; /* its length, "a." */
	const struct hf_rrset upward = {.type = KNOT_RRTYPE_NS,
	        .rr_count = 1,
	        .ttl = 3600,
	        .rrs = root_ns,
	        .sigs = root_ns,
	        .rrs_len = sizeof(root_ns)};
	if (response->zone == NULL || (quirks & ANSWERER_REFUSE) != 0) {
		response->rcode = HF_RCODE_REFUSED;
	} else if ((quirks & ANSWERER_UPWARD) != 0) {
		add(response, HF_SECTION_AUTHORITY, &HF_NAME_ROOT, &upward);
	} else {
		find_params(response);
		search(response, question);
	}
	if ((quirks & ANSWERER_NO_AA) != 0)
		response->flags &= (uint16_t)~HF_MESSAGE_AA;
	if ((quirks & ANSWERER_FLIP_RCODE) != 0 && response->rcode == HF_RCODE_NXDOMAIN)
		response->rcode = HF_RCODE_NOERROR;
	else if ((quirks & ANSWERER_FLIP_RCODE) != 0 && response->rcode == HF_RCODE_NOERROR)
		response->rcode = HF_RCODE_NXDOMAIN;
	put_response(out, response, id, question);
	free(response);
}
