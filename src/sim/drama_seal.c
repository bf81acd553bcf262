/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Versions of the small zone: each RRset signed as its class is, whatever is wrong with that. */
#include "sim/drama_world.h"

#include <stdio.h>

#include "dns/bitmap.h"

#define INCEPTION_OFFSET 3600
#define LOST             "ns1.dns.test" /* what a missing last dot makes of a name server */

struct sealing {
	struct hf_drama_world *world;
	const struct hf_scenario_version *version;
	uint32_t serial;
	hf_time at;
	bool unsigned_zone;
	struct hf_edit *edit;
};

struct hf_drama_span hf_drama_span(
        const struct hf_scenario *scenario, const struct hf_scenario_signed *sign, hf_time at)
{
	struct hf_drama_span span = {at - INCEPTION_OFFSET, sign->until};
	if (sign->until == HF_TIME_NEVER)
		span.until = scenario->until + scenario->validity;
	else if (sign->until < at)
		span.from = sign->until - scenario->validity;
	return span;
}

/* How a set of an owner is signed, its TTL included. */
static const struct hf_scenario_signed *signed_as(
        const struct sealing *sealing, const struct hf_name *owner, uint16_t type)
{
	unsigned class = hf_drama_world_class(sealing->world, owner, type);
	return type == KNOT_RRTYPE_DNSKEY ? &sealing->version->dnskey
	                                  : &sealing->version->data[class].sign;
}

static enum hf_scenario_damage damage_of(
        const struct sealing *sealing, const struct hf_name *owner, uint16_t type)
{
	unsigned class = hf_drama_world_class(sealing->world, owner, type);
	return sealing->version->data[class].damage;
}

/* ---- records ---- */

static enum hf_err add_soa(const struct sealing *sealing, struct hf_rdata rdata, uint32_t ttl)
{
	struct hf_buf out = {0};
	struct hf_soa soa;
	if (!hf_soa_read(rdata, &soa))
		return HF_ERR_SYNTAX;
	soa.serial = sealing->serial;
	hf_soa_put(&out, &soa);
	enum hf_err err = hf_buf_check(&out);
	if (err == HF_OK)
		err = hf_node_add(sealing->world->builder, KNOT_RRTYPE_SOA, ttl,
		        (struct hf_rdata){out.data, (uint16_t)out.len});
	hf_buf_done(&out);
	return err;
}

/* A denial record that forgets all types but those that it is made of itself. */
static enum hf_err add_denial(
        const struct sealing *sealing, uint16_t type, struct hf_rdata rdata, uint32_t ttl)
{
	static const uint16_t left[] = {KNOT_RRTYPE_RRSIG, KNOT_RRTYPE_NSEC};
	struct hf_buf out = {0};
	struct hf_nsec nsec = {.bitmap_len = 0};
	struct hf_nsec3 nsec3 = {.bitmap_len = 0};
	bool old = type == KNOT_RRTYPE_NSEC;
	if (old ? !hf_nsec_read(rdata, &nsec) : !hf_nsec3_read(rdata, &nsec3))
		return HF_ERR_SYNTAX;
	size_t bitmap = old ? nsec.bitmap_len : nsec3.bitmap_len;
	hf_put_bytes(&out, rdata.data, rdata.len - bitmap);
	hf_bitmap_put(&out, left, old ? 2 : 1);
	enum hf_err err = hf_buf_check(&out);
	if (err == HF_OK)
		err = hf_node_add(sealing->world->builder, type, ttl,
		        (struct hf_rdata){out.data, (uint16_t)out.len});
	hf_buf_done(&out);
	return err;
}

/* A name server's name below the zone's: nothing is there. */
static enum hf_err add_lost(const struct sealing *sealing, uint32_t ttl)
{
	char zone[HF_NAME_TEXT], text[HF_NAME_TEXT + sizeof(LOST) + 1];
	struct hf_name name;
	bool root = hf_name_labels(&sealing->world->zone) == 0;
	hf_name_text(&sealing->world->zone, zone);
	snprintf(text, sizeof(text), LOST ".%s", root ? "lost." : zone);
	enum hf_err err = hf_name_from_text(text, &name);
	return err != HF_OK ? err
	                    : hf_node_add(sealing->world->builder, KNOT_RRTYPE_NS, ttl,
	                              (struct hf_rdata){name.wire, name.len});
}

static enum hf_err add_record(const struct sealing *sealing, const struct hf_name *owner,
        uint16_t type, struct hf_rdata rdata)
{
	uint32_t ttl = signed_as(sealing, owner, type)->ttl;
	enum hf_scenario_damage damage = damage_of(sealing, owner, type);
	bool denies = type == KNOT_RRTYPE_NSEC || type == KNOT_RRTYPE_NSEC3;
	bool apex = hf_name_equal(owner, &sealing->world->zone);
	if (type == KNOT_RRTYPE_SOA)
		return add_soa(sealing, rdata, ttl);
	if (denies && damage == HF_SCENARIO_BITMAP && !apex)
		return add_denial(sealing, type, rdata, ttl);
	if (type == KNOT_RRTYPE_NS && damage == HF_SCENARIO_GONE && !apex)
		return add_lost(sealing, ttl);
	return hf_node_add(sealing->world->builder, type, ttl, rdata);
}

static enum hf_err add_keys(const struct sealing *sealing)
{
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < sealing->world->scenario->key_count && err == HF_OK; i++)
		if ((sealing->version->keys >> i & 1) != 0)
			err = hf_node_add(sealing->world->builder, KNOT_RRTYPE_DNSKEY,
			        sealing->version->dnskey.ttl,
			        hf_drama_world_dnskey(sealing->world, i));
	return err;
}

/* The node without signatures. */
static enum hf_err make_records(const struct sealing *sealing, const struct hf_node *node,
        const struct hf_name *owner, struct hf_node **ret_node)
{
	struct hf_key key;
	struct hf_rrset set;
	struct hf_rdata rdata;
	enum hf_err err = HF_OK;
	hf_node_owner(node, &key);
	hf_node_begin(sealing->world->builder, &key);
	for (size_t i = 0; i < hf_node_count(node) && err == HF_OK; i++) {
		hf_node_at(node, i, &set);
		struct hf_rdata_walk walk = hf_rrset_rrs(&set);
		if (set.type == KNOT_RRTYPE_DNSKEY)
			continue;
		while (err == HF_OK && hf_rdata_next(&walk, &rdata))
			err = add_record(sealing, owner, set.type, rdata);
	}
	if (err == HF_OK && hf_name_equal(owner, &sealing->world->zone))
		err = add_keys(sealing);
	return err != HF_OK ? err : hf_node_finish(sealing->world->builder, ret_node);
}

/* ---- signatures ---- */

static enum hf_err seal(const struct sealing *sealing, const struct hf_name *owner,
        const struct hf_rrset *set, const struct hf_scenario_signed *as, unsigned number)
{
	struct hf_drama_key *key = &sealing->world->keys[number];
	struct hf_drama_span span = hf_drama_span(sealing->world->scenario, as, sealing->at);
	struct hf_buf rdata = {0}, message = {0};
	uint8_t signature[HF_SIG_MAX];
	size_t len = 0;
	const struct hf_rrsig rrsig = {.covered = set->type,
	        .algorithm = key->dnskey.data[3],
	        .labels = (uint8_t)(hf_name_labels(owner) - hf_name_is_wildcard(owner)),
	        .ttl = set->ttl,
	        .expiration = hf_time_to_stamp(span.until),
	        .inception = hf_time_to_stamp(span.from),
	        .tag = key->tag,
	        .signer = sealing->world->zone};
	hf_rrsig_put(&rdata, &rrsig);
	enum hf_err err = hf_buf_check(&rdata);
	if (err == HF_OK)
		err = hf_signed_data(
		        owner, set, (struct hf_rdata){rdata.data, (uint16_t)rdata.len}, &message);
	if (err == HF_OK)
		err = hf_signer_sign(key->signer, message.data, message.len, signature, &len);
	if (err == HF_OK && (as->bad >> number & 1) != 0)
		signature[len / 2] ^= 1;
	if (err == HF_OK) {
		hf_put_bytes(&rdata, signature, len);
		err = hf_buf_check(&rdata);
	}
	if (err == HF_OK)
		err = hf_node_add(sealing->world->builder, KNOT_RRTYPE_RRSIG, set->ttl,
		        (struct hf_rdata){rdata.data, (uint16_t)rdata.len});
	hf_buf_done(&rdata);
	hf_buf_done(&message);
	return err;
}

static enum hf_err seal_set(const struct sealing *sealing, const struct hf_node *node,
        const struct hf_name *owner, const struct hf_rrset *set)
{
	const struct hf_scenario_signed *as = signed_as(sealing, owner, set->type);
	struct hf_rrset model;
	/* What the helper has signed is what has to be signed. */
	bool wanted = set->type == KNOT_RRTYPE_DNSKEY ||
	              (hf_node_find(node, set->type, &model) && model.sig_count > 0);
	enum hf_err err = hf_node_add_set(sealing->world->builder, set, HF_COPY_RECORDS);
	for (unsigned i = 0; wanted && i < sealing->world->scenario->key_count && err == HF_OK; i++)
		if ((as->by >> i & 1) != 0)
			err = seal(sealing, owner, set, as, i);
	return err;
}

static enum hf_err put_node(struct sealing *sealing, const struct hf_node *node)
{
	struct hf_node *records = NULL, *made = NULL;
	struct hf_rrset set;
	struct hf_name owner;
	struct hf_key key;
	hf_node_name(node, &owner);
	enum hf_err err = make_records(sealing, node, &owner, &records);
	if (err != HF_OK || records == NULL)
		return err;
	hf_node_owner(node, &key);
	hf_node_begin(sealing->world->builder, &key);
	for (size_t i = 0; i < hf_node_count(records) && err == HF_OK; i++) {
		hf_node_at(records, i, &set);
		err = sealing->unsigned_zone
		              ? hf_node_add_set(sealing->world->builder, &set, HF_COPY_RECORDS)
		              : seal_set(sealing, node, &owner, &set);
	}
	if (err == HF_OK)
		err = hf_node_finish(sealing->world->builder, &made);
	if (err == HF_OK)
		err = hf_edit_put(sealing->edit, made);
	hf_node_unref(made);
	hf_node_unref(records);
	return err;
}

static enum hf_err put_tree(struct sealing *sealing, const struct hf_tree *tree)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(tree, &cursor);
	enum hf_err err = HF_OK;
	for (; node != NULL && err == HF_OK; node = hf_tree_next(&cursor))
		err = put_node(sealing, node);
	return err;
}

bool hf_drama_is_unsigned(
        const struct hf_scenario *scenario, const struct hf_scenario_version *version)
{
	hf_scenario_keys any = version->keys;
	for (unsigned i = 0; i < scenario->class_count; i++)
		any |= version->data[i].sign.by;
	return any == 0;
}

enum hf_err hf_drama_world_make(struct hf_drama_world *world,
        const struct hf_scenario_version *version, uint32_t serial, hf_time at,
        struct hf_version **ret_version)
{
	struct sealing sealing = {.world = world, .version = version, .serial = serial, .at = at};
	enum hf_err err = hf_edit_new_empty(&world->zone, &sealing.edit);
	if (err != HF_OK)
		return err;
	sealing.unsigned_zone = hf_drama_is_unsigned(world->scenario, version);
	const struct hf_version *model = sealing.unsigned_zone ? world->bare : world->chained;
	err = put_tree(&sealing, hf_version_names(model));
	if (err == HF_OK)
		err = put_tree(&sealing, hf_version_nsec3(model));
	if (err == HF_OK)
		err = hf_edit_commit(sealing.edit, ret_version);
	hf_edit_free(sealing.edit);
	return err;
}
