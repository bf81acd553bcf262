/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An authoritative server (RFC 1034, 4035, 5155) for the few questions that are asked here. */
#include "sim/drama_walk.h"

#include <string.h>

#include "crypto/digest.h"

#define DENIALS 8 /* denial records of one response */

/* A response that is being made. */
struct response {
	const struct hf_version *zone;
	struct hf_buf wire;
	unsigned counts[2]; /* records in answer and authority */
	const struct hf_node *denials[DENIALS];
	size_t denial_count;
};

/* ---- records ---- */

static void put_record(struct response *response, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata)
{
	struct hf_buf *wire = &response->wire;
	hf_put_bytes(wire, owner->wire, owner->len);
	hf_put_u16(wire, type);
	hf_put_u16(wire, KNOT_CLASS_IN);
	hf_put_u32(wire, ttl);
	hf_put_u16(wire, rdata.len);
	hf_put_bytes(wire, rdata.data, rdata.len);
}

static void put_set(struct response *response, enum hf_section section, const struct hf_name *owner,
        const struct hf_rrset *set)
{
	struct hf_rdata rdata;
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	while (hf_rdata_next(&walk, &rdata))
		put_record(response, owner, set->type, set->ttl, rdata);
	walk = hf_rrset_sigs(set);
	while (hf_rdata_next(&walk, &rdata))
		put_record(response, owner, KNOT_RRTYPE_RRSIG, set->sig_ttl, rdata);
	response->counts[section] += (unsigned)set->rr_count + set->sig_count;
}

/* Puts the set of a node, if it is there. */
static bool put_found(struct response *response, enum hf_section section,
        const struct hf_node *node, const struct hf_name *owner, uint16_t type)
{
	struct hf_rrset set;
	if (node == NULL || !hf_node_find(node, type, &set) || set.rr_count == 0)
		return false;
	put_set(response, section, owner, &set);
	return true;
}

/* ---- denial ---- */

static void put_denial(struct response *response, const struct hf_node *node, uint16_t type)
{
	struct hf_name owner;
	for (size_t i = 0; i < response->denial_count; i++)
		if (response->denials[i] == node)
			return;
	if (node == NULL || response->denial_count == DENIALS)
		return;
	response->denials[response->denial_count++] = node;
	hf_node_name(node, &owner);
	(void)put_found(response, HF_SECTION_AUTHORITY, node, &owner, type);
}

/* The last authoritative owner at or before a name. */
static const struct hf_node *nsec_for(const struct response *response, const struct hf_name *name)
{
	struct hf_tree_cursor cursor;
	struct hf_key key;
	hf_key_from_name(name, &key);
	const struct hf_node *node =
	        hf_tree_seek_before(hf_version_names(response->zone), key.bytes, key.len, &cursor);
	while (node != NULL && !hf_node_has(node, KNOT_RRTYPE_NSEC))
		node = hf_tree_prev(&cursor);
	return node;
}

/* The NSEC3 record that matches a name, or the one that covers it. */
static enum hf_err nsec3_for(const struct response *response, const struct hf_name *name,
        const struct hf_node **ret_node)
{
	const struct hf_nsec3_params params = {.algorithm = HF_NSEC3_HASH_SHA1};
	const struct hf_tree *tree = hf_version_nsec3(response->zone);
	struct hf_nsec3_hasher *hasher;
	struct hf_name owner = {.len = 1 + HF_NSEC3_LABEL};
	const struct hf_name *apex = hf_version_apex(response->zone);
	uint8_t hash[HF_NSEC3_HASH_LEN];
	char label[HF_NSEC3_LABEL];
	struct hf_tree_cursor cursor;
	struct hf_key key;
	enum hf_err err = hf_nsec3_hasher_new(&hasher);
	if (err != HF_OK)
		return err;
	err = hf_nsec3_hash(hasher, &params, name, hash);
	hf_nsec3_hasher_free(hasher);
	if (err != HF_OK)
		return err;
	hf_nsec3_label(hash, label);
	owner.wire[0] = HF_NSEC3_LABEL;
	memcpy(owner.wire + 1, label, sizeof(label));
	memcpy(owner.wire + owner.len, apex->wire, apex->len);
	owner.len += apex->len;
	hf_key_from_name(&owner, &key);
	*ret_node = hf_tree_seek_before(tree, key.bytes, key.len, &cursor);
	if (*ret_node == NULL)
		*ret_node = hf_tree_last(tree, &cursor);
	return HF_OK;
}

/* What is said of one name: that it is there, or that it is not. */
static enum hf_err put_said(struct response *response, const struct hf_name *name)
{
	const struct hf_node *node = NULL;
	enum hf_err err = HF_OK;
	if (hf_tree_count(hf_version_nsec3(response->zone)) == 0) {
		put_denial(response, nsec_for(response, name), KNOT_RRTYPE_NSEC);
		return HF_OK;
	}
	err = nsec3_for(response, name, &node);
	if (err == HF_OK)
		put_denial(response, node, KNOT_RRTYPE_NSEC3);
	return err;
}

/* All that is said of a name, its ancestors and their wildcards: more than what is needed, never
 * less. */
static enum hf_err put_denials(struct response *response, const struct hf_name *name)
{
	unsigned apex = hf_name_labels(hf_version_apex(response->zone));
	struct hf_name at, wildcard;
	enum hf_err err = HF_OK;
	for (unsigned up = 0; up + apex <= hf_name_labels(name) && err == HF_OK; up++) {
		hf_name_strip(name, up, &at);
		err = put_said(response, &at);
		if (err == HF_OK && up > 0 && hf_name_wildcard(&at, &wildcard) == HF_OK)
			err = put_said(response, &wildcard);
	}
	return err;
}

/* ---- responses ---- */

/* The delegation above a name or at it; a DS question at it is for this zone. */
static const struct hf_node *cut_for(const struct response *response,
        const struct hf_question *question, struct hf_name *ret_cut)
{
	unsigned labels = hf_name_labels(&question->name);
	unsigned apex = hf_name_labels(hf_version_apex(response->zone));
	for (unsigned up = question->type == KNOT_RRTYPE_DS; up + apex < labels; up++) {
		hf_name_strip(&question->name, up, ret_cut);
		const struct hf_node *node = hf_version_find(response->zone, ret_cut);
		if (node != NULL && hf_node_has(node, KNOT_RRTYPE_NS))
			return node;
	}
	return NULL;
}

static enum hf_err put_answer(struct response *response, const struct hf_question *question)
{
	const struct hf_name *apex = hf_version_apex(response->zone), *name = &question->name;
	const struct hf_node *node = hf_version_find(response->zone, name);
	struct hf_name cut, parent, wildcard;
	const struct hf_node *delegation = cut_for(response, question, &cut);
	if (delegation != NULL) {
		(void)put_found(response, HF_SECTION_AUTHORITY, delegation, &cut, KNOT_RRTYPE_NS);
		return put_found(response, HF_SECTION_AUTHORITY, delegation, &cut, KNOT_RRTYPE_DS)
		               ? HF_OK
		               : put_denials(response, &cut);
	}
	if (put_found(response, HF_SECTION_ANSWER, node, name, question->type))
		return HF_OK;
	if (node == NULL && hf_name_labels(name) > hf_name_labels(apex)) {
		hf_name_strip(name, 1, &parent);
		if (hf_name_wildcard(&parent, &wildcard) == HF_OK)
			node = hf_version_find(response->zone, &wildcard);
		if (put_found(response, HF_SECTION_ANSWER, node, name, question->type))
			return put_denials(response, name);
	}
	(void)put_found(response, HF_SECTION_AUTHORITY, hf_version_apex_node(response->zone), apex,
	        KNOT_RRTYPE_SOA);
	return put_denials(response, name);
}

static enum hf_err respond(const struct hf_version *zone, const struct hf_question *question,
        struct hf_message **ret_message)
{
	struct response response = {.zone = zone};
	static const uint16_t head[] = {0, HF_MESSAGE_QR | HF_MESSAGE_AA, 1, 0, 0, 0};
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		hf_put_u16(&response.wire, head[i]);
	hf_put_bytes(&response.wire, question->name.wire, question->name.len);
	hf_put_u16(&response.wire, question->type);
	hf_put_u16(&response.wire, KNOT_CLASS_IN);
	enum hf_err err = put_answer(&response, question);
	if (err == HF_OK)
		err = hf_buf_check(&response.wire);
	if (err == HF_OK) {
		for (size_t i = 0; i < 2; i++)
			hf_write_u16(response.wire.data + 6 + 2 * i, (uint16_t)response.counts[i]);
		err = hf_message_parse(response.wire.data, response.wire.len, NULL, ret_message);
	}
	hf_buf_done(&response.wire);
	return err;
}

/* ---- the walk ---- */

static enum hf_err add_anchors(const struct hf_drama_world *world, const struct hf_drama_view *view,
        struct hf_diag *diag, struct hf_anchors *anchors)
{
	enum hf_err err = HF_OK;
	if (view->parent != NULL)
		return hf_anchors_add(anchors, &world->parent, KNOT_RRTYPE_DNSKEY,
		        hf_keyfile_dnskey(world->helper), diag);
	for (unsigned i = 0; i < world->scenario->key_count && err == HF_OK; i++) {
		struct hf_buf ds = {0};
		if ((view->anchors >> i & 1) == 0)
			continue;
		err = hf_drama_world_ds(world, i, &ds);
		if (err == HF_OK)
			err = hf_anchors_add(anchors, &world->zone, KNOT_RRTYPE_DS,
			        (struct hf_rdata){ds.data, (uint16_t)ds.len}, diag);
		hf_buf_done(&ds);
	}
	return err;
}

static enum hf_err answer(const struct hf_drama_world *world, const struct hf_drama_view *view,
        const struct hf_chain_question *wanted, struct hf_chain *chain)
{
	const struct hf_version *zone =
	        wanted->question.type == KNOT_RRTYPE_DNSKEY ? view->keys : view->data;
	struct hf_chain_reply reply = {.server = "ns1.dns.test."};
	if (view->parent != NULL && !hf_name_equal(&wanted->zone, &world->zone))
		zone = view->parent;
	enum hf_err err = respond(zone, &wanted->question, &reply.message);
	return err != HF_OK ? err : hf_chain_answer(chain, &reply);
}

enum hf_err hf_drama_walk(const struct hf_drama_world *world, const struct hf_drama_view *view,
        unsigned class, struct hf_diag *diag, struct hf_chain **ret_chain)
{
	struct hf_anchors anchors = {0};
	struct hf_question question;
	struct hf_chain_question wanted;
	struct hf_chain *chain = NULL;
	enum hf_err err = hf_drama_world_question(world, class, &question);
	if (err == HF_OK)
		err = add_anchors(world, view, diag, &anchors);
	if (err == HF_OK)
		err = hf_chain_new(&question, &anchors, NULL, view->at, diag, &chain);
	while (err == HF_OK && hf_chain_wants(chain, &wanted))
		err = answer(world, view, &wanted, chain);
	hf_anchors_done(&anchors);
	if (err != HF_OK) {
		hf_chain_free(chain);
		return err;
	}
	*ret_chain = chain;
	return HF_OK;
}
