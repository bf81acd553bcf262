/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/zoneanswer.h"

#include "crypto/digest.h"

#define STEPS   1000 /* owners without NSEC that are passed over: glue */
#define DENIALS (2 * HF_NAME_MAX / 2 + 2)

enum place { PLACE_ANSWER, PLACE_AUTHORITY, PLACE_ADDITIONAL, PLACES };

struct draft {
	const struct hf_version *version;
	const struct hf_name *apex;
	const struct hf_question *question;
	struct hf_name encloser; /* the deepest name at or above the question's that exists */
	uint16_t rcode;
	bool referral;
	struct hf_buf sections[PLACES];
	uint16_t counts[PLACES];
	const struct hf_node *denials[DENIALS];
	size_t denial_count;
};

/* ---- Records ---- */

static void put_record(struct draft *draft, enum place place, const struct hf_name *owner,
        uint16_t type, uint32_t ttl, struct hf_rdata rdata)
{
	struct hf_buf *out = &draft->sections[place];
	hf_put_bytes(out, owner->wire, owner->len);
	hf_put_u16(out, type);
	hf_put_u16(out, KNOT_CLASS_IN);
	hf_put_u32(out, ttl);
	hf_put_u16(out, rdata.len);
	hf_put_bytes(out, rdata.data, rdata.len);
	draft->counts[place]++;
}

/* The records of a set and their signatures. */
static void put_set(struct draft *draft, enum place place, const struct hf_name *owner,
        const struct hf_rrset *set)
{
	struct hf_rdata rdata;
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	while (hf_rdata_next(&walk, &rdata))
		put_record(draft, place, owner, set->type, set->ttl, rdata);
	walk = hf_rrset_sigs(set);
	while (hf_rdata_next(&walk, &rdata))
		put_record(draft, place, owner, KNOT_RRTYPE_RRSIG, set->sig_ttl, rdata);
}

/* The node's set of a type goes there; false when it has no such records. */
static bool put_type(struct draft *draft, enum place place, const struct hf_name *owner,
        const struct hf_node *node, uint16_t type)
{
	struct hf_rrset set;
	if (node == NULL || !hf_node_find(node, type, &set) || set.rr_count == 0)
		return false;
	put_set(draft, place, owner, &set);
	return true;
}

/* ---- Names ---- */

/* Whether the name is there, with data or only with names below it. */
static bool exists(const struct draft *draft, const struct hf_name *name)
{
	struct hf_key key;
	struct hf_tree_cursor cursor;
	size_t len;
	hf_key_from_name(name, &key);
	const struct hf_node *node =
	        hf_tree_seek(hf_version_names(draft->version), key.bytes, key.len, &cursor);
	if (node == NULL)
		return false;
	const uint8_t *found = hf_node_key(node, &len);
	return hf_key_is_under(found, len, key.bytes, key.len);
}

static unsigned labels_below(const struct draft *draft, const struct hf_name *name)
{
	return hf_name_labels(name) - hf_name_labels(draft->apex);
}

static void find_encloser(struct draft *draft)
{
	const struct hf_name *name = &draft->question->name;
	unsigned below = labels_below(draft, name);
	draft->encloser = *draft->apex;
	for (unsigned up = 0; up < below; up++) {
		struct hf_name above;
		hf_name_strip(name, up, &above);
		if (!exists(draft, &above))
			continue;
		draft->encloser = above;
		return;
	}
}

/* ---- Denial ---- */

static void put_denial(struct draft *draft, const struct hf_node *node, uint16_t type)
{
	struct hf_name owner;
	for (size_t i = 0; i < draft->denial_count; i++) {
		if (draft->denials[i] == node)
			return;
	}
	if (draft->denial_count == DENIALS)
		return;
	draft->denials[draft->denial_count++] = node;
	hf_node_name(node, &owner);
	put_type(draft, PLACE_AUTHORITY, &owner, node, type);
}

/* The NSEC record at the name, or the one that covers it. */
static void deny_by_nsec(struct draft *draft, const struct hf_name *name)
{
	struct hf_key key;
	struct hf_tree_cursor cursor;
	hf_key_from_name(name, &key);
	const struct hf_node *node =
	        hf_tree_seek_before(hf_version_names(draft->version), key.bytes, key.len, &cursor);
	for (unsigned step = 0; node != NULL && step < STEPS; step++) {
		if (hf_node_has(node, KNOT_RRTYPE_NSEC)) {
			put_denial(draft, node, KNOT_RRTYPE_NSEC);
			return;
		}
		node = hf_tree_prev(&cursor);
	}
}

/* The chain's parameters, as they are published. */
static bool read_params(const struct draft *draft, struct hf_nsec3_params *ret_params)
{
	struct hf_rrset set;
	struct hf_rdata rdata;
	const struct hf_node *apex = hf_version_apex_node(draft->version);
	return apex != NULL && hf_node_find(apex, KNOT_RRTYPE_NSEC3PARAM, &set) &&
	       hf_rrset_first(&set, &rdata) && hf_nsec3param_read(rdata, ret_params);
}

/* The NSEC3 record of the name, or the one that covers its hash. */
static enum hf_err deny_by_nsec3(struct draft *draft, struct hf_nsec3_hasher *hasher,
        const struct hf_nsec3_params *params, const struct hf_name *name)
{
	const struct hf_tree *tree = hf_version_nsec3(draft->version);
	uint8_t hash[HF_NSEC3_HASH_LEN];
	char label[HF_NSEC3_LABEL];
	struct hf_name owner = {.len = 1 + HF_NSEC3_LABEL};
	struct hf_key key;
	struct hf_tree_cursor cursor;
	enum hf_err err = hf_nsec3_hash(hasher, params, name, hash);
	if (err != HF_OK)
		return err;
	if (draft->apex->len + owner.len > HF_NAME_MAX)
		return HF_OK;
	hf_nsec3_label(hash, label);
	owner.wire[0] = HF_NSEC3_LABEL;
	for (size_t i = 0; i < HF_NSEC3_LABEL; i++)
		owner.wire[1 + i] = (uint8_t)label[i];
	for (size_t i = 0; i < draft->apex->len; i++)
		owner.wire[owner.len + i] = draft->apex->wire[i];
	owner.len = (uint8_t)(owner.len + draft->apex->len);
	hf_key_from_name(&owner, &key);
	const struct hf_node *node = hf_tree_seek_before(tree, key.bytes, key.len, &cursor);
	if (node == NULL) /* the chain is a ring */
		node = hf_tree_last(tree, &cursor);
	if (node != NULL)
		put_denial(draft, node, KNOT_RRTYPE_NSEC3);
	return HF_OK;
}

/*
 * With NSEC3 a proof is about the closest encloser, the next closer name and the wildcard; which
 * names these are depends on what opt-out has left out, so every name up to the apex is denied or
 * shown.
 */
static enum hf_err deny_with_nsec3(struct draft *draft, const struct hf_nsec3_params *params,
        const struct hf_name *name, const struct hf_name *wildcard)
{
	struct hf_nsec3_hasher *hasher;
	enum hf_err err = hf_nsec3_hasher_new(&hasher);
	if (err != HF_OK)
		return err;
	unsigned below = labels_below(draft, name);
	for (unsigned up = 0; up <= below && err == HF_OK; up++) {
		struct hf_name above;
		hf_name_strip(name, up, &above);
		err = deny_by_nsec3(draft, hasher, params, &above);
	}
	if (err == HF_OK && wildcard != NULL)
		err = deny_by_nsec3(draft, hasher, params, wildcard);
	hf_nsec3_hasher_free(hasher);
	return err == HF_ERR_UNSUPPORTED ? HF_OK : err; /* an unknown hash: nothing fits */
}

/* Everything that says what is not there: at the name, and at the wildcard above it. */
static enum hf_err deny(struct draft *draft, const struct hf_name *name)
{
	struct hf_nsec3_params params;
	struct hf_name wildcard;
	bool has_wildcard = !hf_name_equal(name, &draft->encloser) &&
	                    hf_name_wildcard(&draft->encloser, &wildcard) == HF_OK;
	if (read_params(draft, &params))
		return deny_with_nsec3(draft, &params, name, has_wildcard ? &wildcard : NULL);
	deny_by_nsec(draft, name);
	if (has_wildcard)
		deny_by_nsec(draft, &wildcard);
	return HF_OK;
}

static enum hf_err put_negative(struct draft *draft, uint16_t rcode)
{
	draft->rcode = rcode;
	put_type(draft, PLACE_AUTHORITY, draft->apex, hf_version_apex_node(draft->version),
	        KNOT_RRTYPE_SOA);
	return deny(draft, &draft->question->name);
}

/* ---- Kinds of answers ---- */

/* Addresses of the cut's name servers that are in the zone. */
static void put_glue(struct draft *draft, const struct hf_rrset *servers)
{
	struct hf_rdata_walk walk = hf_rrset_rrs(servers);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		struct hf_cursor cursor;
		struct hf_name name;
		hf_cursor_init(&cursor, rdata.data, rdata.len);
		if (!hf_get_name(&cursor, &name))
			continue;
		hf_name_lower(&name);
		const struct hf_node *node = hf_version_find(draft->version, &name);
		put_type(draft, PLACE_ADDITIONAL, &name, node, KNOT_RRTYPE_A);
		put_type(draft, PLACE_ADDITIONAL, &name, node, KNOT_RRTYPE_AAAA);
	}
}

static enum hf_err refer(struct draft *draft, const struct hf_name *cut, const struct hf_node *node,
        const struct hf_rrset *servers)
{
	draft->referral = true;
	draft->encloser = *cut;
	put_set(draft, PLACE_AUTHORITY, cut, servers);
	put_glue(draft, servers);
	if (put_type(draft, PLACE_AUTHORITY, cut, node, KNOT_RRTYPE_DS))
		return HF_OK;
	return deny(draft, cut);
}

/* A DNAME above the name; the CNAME that it makes is left to whoever reads the answer. */
static bool redirect(struct draft *draft, const struct hf_name *owner, const struct hf_node *node)
{
	return put_type(draft, PLACE_ANSWER, owner, node, KNOT_RRTYPE_DNAME);
}

/* The cut or DNAME that is highest above the name, if there is one. */
static enum hf_err descend(struct draft *draft, bool *ret_done)
{
	const struct hf_question *question = draft->question;
	unsigned below = labels_below(draft, &question->name);
	*ret_done = true;
	for (unsigned up = below; up-- > 0;) {
		struct hf_name above;
		struct hf_rrset servers;
		hf_name_strip(&question->name, up + 1, &above);
		const struct hf_node *node = hf_version_find(draft->version, &above);
		if (node != NULL && redirect(draft, &above, node))
			return HF_OK;
		hf_name_strip(&question->name, up, &above);
		node = hf_version_find(draft->version, &above);
		bool is_cut = node != NULL && hf_node_find(node, KNOT_RRTYPE_NS, &servers) &&
		              servers.rr_count > 0;
		if (is_cut && (up > 0 || question->type != KNOT_RRTYPE_DS))
			return refer(draft, &above, node, &servers);
	}
	*ret_done = false;
	return HF_OK;
}

/* What a node has for the question, under the question's name. */
static bool put_data(struct draft *draft, const struct hf_node *node)
{
	const struct hf_question *question = draft->question;
	return put_type(draft, PLACE_ANSWER, &question->name, node, question->type) ||
	       put_type(draft, PLACE_ANSWER, &question->name, node, KNOT_RRTYPE_CNAME);
}

static enum hf_err find_data(struct draft *draft)
{
	const struct hf_name *name = &draft->question->name;
	struct hf_name wildcard;
	if (put_data(draft, hf_version_find(draft->version, name)))
		return HF_OK;
	if (hf_name_equal(name, &draft->encloser))
		return put_negative(draft, HF_RCODE_NOERROR);
	const struct hf_node *node = NULL;
	if (hf_name_wildcard(&draft->encloser, &wildcard) == HF_OK)
		node = hf_version_find(draft->version, &wildcard);
	if (node == NULL)
		return put_negative(draft, HF_RCODE_NXDOMAIN);
	return put_data(draft, node) ? deny(draft, name) : put_negative(draft, HF_RCODE_NOERROR);
}

/* ---- The message ---- */

static enum hf_err assemble(struct draft *draft, struct hf_buf *out)
{
	const struct hf_name *name = &draft->question->name;
	unsigned flags = HF_MESSAGE_QR | draft->rcode;
	if (!draft->referral)
		flags |= HF_MESSAGE_AA;
	hf_put_u16(out, 0);
	hf_put_u16(out, (uint16_t)flags);
	hf_put_u16(out, 1);
	for (size_t i = 0; i < PLACES; i++)
		hf_put_u16(out, draft->counts[i]);
	hf_put_bytes(out, name->wire, name->len);
	hf_put_u16(out, draft->question->type);
	hf_put_u16(out, KNOT_CLASS_IN);
	for (size_t i = 0; i < PLACES; i++) {
		if (hf_buf_check(&draft->sections[i]) != HF_OK)
			return HF_ERR_NOMEM;
		hf_put_bytes(out, draft->sections[i].data, draft->sections[i].len);
	}
	if (out->len > HF_MESSAGE_MAX)
		return HF_ERR_LIMIT;
	return hf_buf_check(out);
}

enum hf_err hf_zone_answer(const struct hf_version *version, const struct hf_question *question,
        struct hf_message **ret_message)
{
	struct hf_question asked = *question;
	hf_name_lower(&asked.name);
	struct draft draft = {
	        .version = version, .apex = hf_version_apex(version), .question = &asked};
	struct hf_buf wire = {0};
	struct hf_message *message;
	bool done = false;
	find_encloser(&draft);
	enum hf_err err = descend(&draft, &done);
	if (err == HF_OK && !done)
		err = find_data(&draft);
	if (err == HF_OK)
		err = assemble(&draft, &wire);
	if (err == HF_OK)
		err = hf_message_parse(wire.data, wire.len, NULL, &message);
	for (size_t i = 0; i < PLACES; i++)
		hf_buf_done(&draft.sections[i]);
	hf_buf_done(&wire);
	if (err == HF_OK)
		*ret_message = message;
	return err;
}
