/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vandal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

unsigned vandal_below(uint32_t *seed, unsigned limit)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % limit;
}

static const struct hf_tree *tree_of(const struct hf_version *version, bool nsec3)
{
	return nsec3 ? hf_version_nsec3(version) : hf_version_names(version);
}

/* Any node; the apex, on which much depends, more often than others. */
static const struct hf_node *random_node(const struct hf_version *version, uint32_t *seed)
{
	const struct hf_node *apex = hf_version_apex_node(version);
	if (apex != NULL && vandal_below(seed, 12) == 0)
		return apex;
	bool nsec3 = vandal_below(seed, 2) == 0 && hf_tree_count(hf_version_nsec3(version)) > 0;
	const struct hf_tree *tree = tree_of(version, nsec3);
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(tree, &cursor);
	unsigned steps = vandal_below(seed, (unsigned)hf_tree_count(tree));
	while (steps-- > 0)
		node = hf_tree_next(&cursor);
	return node;
}

/* One record, one byte of which may be another. */
static void add_record(struct hf_node_builder *builder, uint16_t type, uint32_t ttl,
        struct hf_rdata rdata, bool alter, uint32_t *seed)
{
	uint8_t *data = malloc(rdata.len + 1u);
	assert_non_null(data);
	memcpy(data, rdata.data, rdata.len);
	if (alter && rdata.len > 0) {
		/* The first bytes hold flags and numbers, the rest names, hashes, signatures. */
		unsigned at = vandal_below(seed, 2) == 0 && rdata.len > 4
		                      ? vandal_below(seed, 4)
		                      : vandal_below(seed, rdata.len);
		data[at] ^= (uint8_t)(1u << vandal_below(seed, 8));
	}
	enum hf_err err =
	        hf_node_add(builder, type, ttl, (struct hf_rdata){.data = data, .len = rdata.len});
	free(data);
	assert_int_equal(err, HF_OK);
}

/* What happens to one set of a node. */
enum harm { DROP, DROP_SIGS, DROP_RECORDS, ALTER, ALTER_SIG, TTL, HARMS };

static void add_harmed(
        struct hf_node_builder *builder, const struct hf_rrset *set, enum harm harm, uint32_t *seed)
{
	uint32_t ttl = harm == TTL ? vandal_below(seed, 7200) : set->ttl;
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	while (harm != DROP && harm != DROP_RECORDS && hf_rdata_next(&walk, &rdata))
		add_record(builder, set->type, ttl, rdata, harm == ALTER, seed);
	walk = hf_rrset_sigs(set);
	while (harm != DROP && harm != DROP_SIGS && hf_rdata_next(&walk, &rdata))
		add_record(
		        builder, KNOT_RRTYPE_RRSIG, set->sig_ttl, rdata, harm == ALTER_SIG, seed);
}

/* The parts of an owner are in two trees; an edit replaces both. */
static void put_parts(struct hf_edit *edit, struct hf_node_builder *builder,
        const struct hf_version *version, const struct hf_node *node)
{
	struct hf_node *made = NULL;
	assert_int_equal(hf_node_finish(builder, &made), HF_OK);
	if (made != NULL) {
		assert_int_equal(hf_edit_put(edit, made), HF_OK);
		hf_node_unref(made);
		return;
	}
	struct hf_name name;
	hf_node_name(node, &name);
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	if (hf_tree_get(hf_version_names(version), key, len) != NULL ||
	        hf_tree_get(hf_version_nsec3(version), key, len) != NULL)
		assert_int_equal(hf_edit_remove(edit, &name), HF_OK);
}

static void harm_set(struct hf_edit *edit, const struct hf_version *version,
        const struct hf_node *node, uint32_t *seed)
{
	struct hf_node_builder *builder;
	struct hf_key owner;
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	hf_node_owner(node, &owner);
	hf_node_begin(builder, &owner);
	size_t count = hf_node_count(node), chosen = vandal_below(seed, (unsigned)count);
	enum harm harm = (enum harm)vandal_below(seed, HARMS);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (i == chosen)
			add_harmed(builder, &set, harm, seed);
		else
			assert_int_equal(hf_node_add_set(builder, &set, HF_COPY_ALL), HF_OK);
	}
	put_parts(edit, builder, version, node);
	hf_node_builder_free(builder);
}

/* The node as the other version has it, or no node when it has none. */
static void swap_node(struct hf_edit *edit, const struct hf_version *version,
        const struct hf_version *other, uint32_t *seed)
{
	const struct hf_node *node =
	        random_node(vandal_below(seed, 2) == 0 ? version : other, seed);
	struct hf_node_builder *builder;
	struct hf_key owner;
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	hf_node_owner(node, &owner);
	hf_node_begin(builder, &owner);
	for (unsigned i = 0; i < 2; i++) {
		const struct hf_node *part =
		        hf_tree_get(tree_of(other, i == 1), owner.bytes, owner.len);
		if (part != NULL)
			assert_int_equal(hf_node_add_node(builder, part), HF_OK);
	}
	put_parts(edit, builder, version, node);
	hf_node_builder_free(builder);
}

static void add_at(struct hf_edit *edit, const struct hf_version *version, const char *text,
        uint16_t type, struct hf_rdata rdata)
{
	struct hf_node_builder *builder;
	struct hf_name name;
	struct hf_key owner;
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	assert_int_equal(hf_name_from_text(text, &name), HF_OK);
	hf_key_from_name(&name, &owner);
	hf_node_begin(builder, &owner);
	for (unsigned i = 0; i < 2; i++) {
		const struct hf_node *part =
		        hf_tree_get(tree_of(version, i == 1), owner.bytes, owner.len);
		if (part != NULL)
			assert_int_equal(hf_node_add_node(builder, part), HF_OK);
	}
	assert_int_equal(hf_node_add(builder, type, 3600, rdata), HF_OK);
	struct hf_node *made = NULL;
	assert_int_equal(hf_node_finish(builder, &made), HF_OK);
	assert_int_equal(hf_edit_put(edit, made), HF_OK);
	hf_node_unref(made);
	hf_node_builder_free(builder);
}

/* Records that nobody signed: addresses, delegations, DNAMEs, at old names and new ones. */
static void add_unsigned(struct hf_edit *edit, const struct hf_version *version, uint32_t *seed)
{
	static const char *const owners[] = {"example.", "example.", "example.", "example.",
	        "www.example.", "ent.example.", "a.ent.example.", "b.a.ent.example.",
	        "sec.example.", "ns.sec.example.", "x.ns.sec.example.", "ins.example.",
	        "new.ins.example.", "deep.example.", "y.deep.example.", "d1.deep.example.",
	        "dname.example.", "z.dname.example.", "*.example.", "w.example.", "*.w.example.",
	        "zz.example.", "0.example.", "outside.test.", "k.l.m.new.example."};
	static const uint8_t ipv4[] = {198, 51, 101, 9}, host[] = "\3ns1\7example";
	static const uint8_t param[] = {1, 0, 0, 1, 0};
	static const uint8_t ds[36] = {1, 2, 13, 2, 9};
	const struct {
		uint16_t type;
		struct hf_rdata rdata;
	} records[] = {
	        {KNOT_RRTYPE_A, {ipv4, sizeof(ipv4)}},
	        {KNOT_RRTYPE_NS, {host, sizeof(host)}},
	        {KNOT_RRTYPE_DNAME, {host, sizeof(host)}},
	        {KNOT_RRTYPE_DS, {ds, sizeof(ds)}},
	        {KNOT_RRTYPE_CNAME, {host, sizeof(host)}},
	        {KNOT_RRTYPE_NSEC3PARAM, {param, sizeof(param)}},
	};
	unsigned record = vandal_below(seed, sizeof(records) / sizeof(records[0]));
	add_at(edit, version, owners[vandal_below(seed, sizeof(owners) / sizeof(owners[0]))],
	        records[record].type, records[record].rdata);
}

struct hf_version *vandal_damage(
        const struct hf_version *version, const struct hf_version *other, uint32_t *seed)
{
	struct hf_edit *edit;
	struct hf_name name;
	struct hf_version *made;
	assert_int_equal(hf_edit_new(version, &edit), HF_OK);
	const struct hf_node *node = random_node(version, seed);
	switch (vandal_below(seed, 6)) {
	case 0:
		hf_node_name(node, &name);
		assert_int_equal(hf_edit_remove(edit, &name), HF_OK);
		break;
	case 1:
		swap_node(edit, version, other, seed);
		break;
	case 2:
		add_unsigned(edit, version, seed);
		break;
	default:
		harm_set(edit, version, node, seed);
		break;
	}
	assert_int_equal(hf_edit_commit(edit, &made), HF_OK);
	hf_edit_free(edit);
	return made;
}
