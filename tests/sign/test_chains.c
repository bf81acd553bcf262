/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: on random small zones, the denial chains and the choice of what is signed are those
 * of an oracle that knows nothing of trees, slices and walks: it compares every name with every
 * other one.
 */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "dns/bitmap.h"

#define NAMES_MAX 700
#define TYPES_MAX 8

enum shape { SHAPE_DATA, SHAPE_CUT, SHAPE_SECURE_CUT, SHAPE_DNAME, SHAPE_CNAME, SHAPE_COUNT };

struct entry {
	struct hf_name name;
	enum shape shape;
	bool hidden;
	bool ent; /* an empty non-terminal */
	uint8_t hash[HF_NSEC3_HASH_LEN];
};

/* A zone as a plain list; entry 0 is the apex. */
struct model {
	struct entry list[NAMES_MAX];
	size_t count;
	bool apex_dname;
	char *text;
};

static uint64_t state;

static unsigned pick(unsigned below)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (unsigned)((state >> 33) % below);
}

static bool known(const struct model *model, const struct hf_name *name)
{
	for (size_t i = 0; i < model->count; i++)
		if (hf_name_equal(&model->list[i].name, name))
			return true;
	return false;
}

static void invent_name(char *text, size_t size, unsigned variety)
{
	static const char *const labels[] = {"a", "b", "*", "xy", "\\000", "\\.", "0", "zz"};
	unsigned depth = 1 + pick(4);
	size_t len = 0;
	for (unsigned i = 0; i < depth; i++) {
		if (variety > 8 && i == 0 && pick(4) != 0)
			len += (size_t)snprintf(text + len, size - len, "n%u.", pick(variety));
		else
			len += (size_t)snprintf(
			        text + len, size - len, "%s.", labels[pick(i == 0 ? 8 : 4)]);
	}
	snprintf(text + len, size - len, "ex.");
}

static void put_entry(FILE *out, const struct entry *entry)
{
	static const char digest[] =
	        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char name[HF_NAME_TEXT];
	hf_name_text(&entry->name, name);
	switch (entry->shape) {
	case SHAPE_DATA:
		fprintf(out, "%s 60 A 192.0.2.1\n%s 60 A 192.0.2.2\n%s 70 TXT \"t\"\n", name, name,
		        name);
		break;
	case SHAPE_SECURE_CUT:
		fprintf(out, "%s 60 DS 1 13 2 %s\n", name, digest);
		/* fall through */
	case SHAPE_CUT:
		fprintf(out, "%s 60 NS ns.%s\n%s 60 A 192.0.2.3\n", name, name, name);
		break;
	case SHAPE_DNAME:
		fprintf(out, "%s 60 DNAME elsewhere.test.\n%s 60 TXT \"d\"\n", name, name);
		break;
	default:
		fprintf(out, "%s 60 CNAME elsewhere.test.\n", name);
		break;
	}
}

static void invent(struct model *model, size_t names)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	memset(model, 0, sizeof(*model));
	model->count = 1;
	assert_int_equal(hf_name_from_text("ex.", &model->list[0].name), HF_OK);
	model->apex_dname = pick(16) == 0;
	fprintf(out, "ex. 300 SOA ns.ex. h.ex. 1 2 3 4 200\nex. 300 NS ns.ex.\n%s",
	        model->apex_dname ? "ex. 300 DNAME elsewhere.test.\n" : "");
	for (size_t i = 0; i < names && model->count < NAMES_MAX; i++) {
		struct entry *entry = &model->list[model->count];
		char name[256];
		invent_name(name, sizeof(name), (unsigned)names);
		assert_int_equal(hf_name_from_text(name, &entry->name), HF_OK);
		if (known(model, &entry->name))
			continue;
		entry->shape = pick(2) == 0 ? SHAPE_DATA : (enum shape)pick(SHAPE_COUNT);
		put_entry(out, entry);
		model->count++;
	}
	fclose(out);
	model->text = text;
}

static bool is_cut(const struct entry *entry)
{
	return entry->shape == SHAPE_CUT || entry->shape == SHAPE_SECURE_CUT;
}

/* Hidden: another entry above it is a cut or has a DNAME. */
static void mark_hidden(struct model *model)
{
	for (size_t i = 0; i < model->count; i++) {
		struct entry *entry = &model->list[i];
		for (size_t j = 0; j < model->count && !entry->hidden; j++) {
			const struct entry *above = &model->list[j];
			bool stops = j == 0 ? model->apex_dname
			                    : is_cut(above) || above->shape == SHAPE_DNAME;
			entry->hidden =
			        i != j && stops && hf_name_is_under(&entry->name, &above->name);
		}
	}
}

/* Adds every name between a counted entry and the apex that is no entry yet. */
static void add_ents(struct model *model, bool opt_out)
{
	size_t count = model->count;
	for (size_t i = 1; i < count; i++) {
		const struct entry *entry = &model->list[i];
		if (entry->hidden || (opt_out && entry->shape == SHAPE_CUT))
			continue;
		unsigned labels = hf_name_labels(&entry->name);
		for (unsigned strip = 1; strip + 1 < labels; strip++) {
			struct entry ent = {.ent = true};
			hf_name_strip(&entry->name, strip, &ent.name);
			if (known(model, &ent.name))
				continue;
			assert_true(model->count < NAMES_MAX);
			model->list[model->count++] = ent;
		}
	}
}

static int by_name(const void *a, const void *b)
{
	return hf_name_cmp(&((const struct entry *)a)->name, &((const struct entry *)b)->name);
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(((const struct entry *)a)->hash, ((const struct entry *)b)->hash,
	        HF_NSEC3_HASH_LEN);
}

static bool is_apex(const struct entry *entry)
{
	return hf_name_labels(&entry->name) == 1;
}

/* The types of an entry's bitmap, ascending. */
static size_t expected_types(
        const struct model *model, const struct entry *entry, bool nsec3, uint16_t *types)
{
	size_t count = 0;
	if (entry->ent)
		return 0;
	if (is_apex(entry)) {
		types[count++] = KNOT_RRTYPE_NS;
		types[count++] = KNOT_RRTYPE_SOA;
		if (model->apex_dname)
			types[count++] = KNOT_RRTYPE_DNAME;
	} else if (entry->shape == SHAPE_DATA) {
		types[count++] = KNOT_RRTYPE_A;
		types[count++] = KNOT_RRTYPE_TXT;
	} else if (is_cut(entry)) {
		types[count++] = KNOT_RRTYPE_NS;
		if (entry->shape == SHAPE_SECURE_CUT)
			types[count++] = KNOT_RRTYPE_DS;
	} else if (entry->shape == SHAPE_DNAME) {
		types[count++] = KNOT_RRTYPE_TXT;
		types[count++] = KNOT_RRTYPE_DNAME;
	} else {
		types[count++] = KNOT_RRTYPE_CNAME;
	}
	if (!nsec3 || entry->shape != SHAPE_CUT)
		types[count++] = KNOT_RRTYPE_RRSIG;
	if (!nsec3)
		types[count++] = KNOT_RRTYPE_NSEC;
	if (is_apex(entry))
		types[count++] = KNOT_RRTYPE_DNSKEY;
	if (is_apex(entry) && nsec3)
		types[count++] = KNOT_RRTYPE_NSEC3PARAM;
	return count;
}

static void check_bitmap(
        const uint8_t *bitmap, size_t len, const uint16_t *types, size_t count, const char *name)
{
	int type = -1;
	assert_true(hf_bitmap_valid(bitmap, len));
	for (size_t i = 0; i < count; i++) {
		type = hf_bitmap_next(bitmap, len, type);
		if (type != types[i])
			fail_msg("%s: type %d instead of %u", name, type, types[i]);
	}
	if (hf_bitmap_next(bitmap, len, type) != -1)
		fail_msg("%s: more types than there should be", name);
}

/* Every RRSIG of a set: its fields, and that it verifies. */
static void check_signature(const struct lab *lab, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_verifier *verifier)
{
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	struct hf_rrsig rrsig;
	struct hf_buf message = {0};
	bool good = false;

	assert_int_equal(set->sig_count, 1);
	assert_true(hf_rdata_next(&walk, &rdata));
	assert_true(hf_rrsig_read(rdata, &rrsig));
	assert_int_equal(rrsig.ttl, set->ttl);
	assert_int_equal(set->sig_ttl, set->ttl);
	assert_int_equal(rrsig.labels, hf_name_labels(owner) - hf_name_is_wildcard(owner));
	assert_int_equal(rrsig.inception, LAB_AT - lab->options.inception_offset);
	assert_int_equal(hf_signed_data(owner, set, rdata, &message), HF_OK);
	assert_int_equal(hf_verifier_check(verifier, message.data, message.len, rrsig.signature,
	                         rrsig.signature_len, &good),
	        HF_OK);
	assert_true(good);
	hf_buf_done(&message);
}

static void check_signed(const struct lab *lab, const struct entry *entry,
        const struct hf_node *node, struct hf_verifier *verifier)
{
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		bool ours = !entry->hidden && (!is_cut(entry) || set.type == KNOT_RRTYPE_DS ||
		                                      set.type == KNOT_RRTYPE_NSEC);
		if (ours)
			check_signature(lab, &entry->name, &set, verifier);
		else
			assert_int_equal(set.sig_count, 0);
	}
}

static void check_names(const struct lab *lab, struct model *model, struct hf_verifier *verifier)
{
	bool nsec3 = (lab->options.flags & HF_SIGN_NSEC3) != 0;
	const struct hf_version *version = lab->result.version;

	assert_int_equal(hf_tree_count(hf_version_names(version)), model->count);
	qsort(model->list, model->count, sizeof(model->list[0]), by_name);
	for (size_t i = 0; i < model->count; i++) {
		const struct entry *entry = &model->list[i];
		const struct hf_node *node = hf_version_find(version, &entry->name);
		uint16_t types[TYPES_MAX];
		char name[HF_NAME_TEXT];
		struct hf_rrset set;
		struct hf_rdata rdata;
		struct hf_nsec nsec;

		assert_non_null(node);
		check_signed(lab, entry, node, verifier);
		if (nsec3 || entry->hidden) {
			assert_false(hf_node_has(node, KNOT_RRTYPE_NSEC));
			continue;
		}
		size_t next = (i + 1) % model->count;
		while (model->list[next].hidden)
			next = (next + 1) % model->count;
		assert_true(hf_node_find(node, KNOT_RRTYPE_NSEC, &set));
		assert_int_equal(set.rr_count, 1);
		assert_int_equal(set.ttl, 200);
		assert_true(hf_rrset_first(&set, &rdata) && hf_nsec_read(rdata, &nsec));
		assert_true(hf_name_equal(&nsec.next, &model->list[next].name));
		check_bitmap(nsec.bitmap, nsec.bitmap_len, types,
		        expected_types(model, entry, false, types),
		        hf_name_text(&entry->name, name));
	}
}

/* Keeps the entries that have an NSEC3 record, and hashes them. */
static void hash_model(struct model *model, bool opt_out)
{
	struct hf_nsec3_params params = {.algorithm = HF_NSEC3_HASH_SHA1};
	struct hf_nsec3_hasher *hasher = NULL;
	size_t kept = 0;

	add_ents(model, opt_out);
	assert_int_equal(hf_nsec3_hasher_new(&hasher), HF_OK);
	for (size_t i = 0; i < model->count; i++) {
		struct entry entry = model->list[i];
		if (entry.hidden || (opt_out && entry.shape == SHAPE_CUT))
			continue;
		assert_int_equal(hf_nsec3_hash(hasher, &params, &entry.name, entry.hash), HF_OK);
		model->list[kept++] = entry;
	}
	hf_nsec3_hasher_free(hasher);
	model->count = kept;
	qsort(model->list, kept, sizeof(model->list[0]), by_hash);
}

static void check_nsec3(const struct lab *lab, struct model *model, struct hf_verifier *verifier)
{
	bool opt_out = (lab->options.flags & HF_SIGN_OPT_OUT) != 0;
	const struct hf_tree *tree = hf_version_nsec3(lab->result.version);
	struct hf_tree_cursor cursor;

	hash_model(model, opt_out);
	assert_int_equal(hf_tree_count(tree), model->count);
	const struct hf_node *node = hf_tree_first(tree, &cursor);
	for (size_t i = 0; i < model->count; i++, node = hf_tree_next(&cursor)) {
		const struct entry *entry = &model->list[i];
		const struct entry *next = &model->list[(i + 1) % model->count];
		uint16_t types[TYPES_MAX];
		uint8_t hash[64];
		size_t hash_len = 0;
		struct hf_name owner;
		struct hf_rrset set;
		struct hf_rdata rdata;
		struct hf_nsec3 nsec3;
		char name[HF_NAME_TEXT];

		hf_node_name(node, &owner);
		assert_true(hf_nsec3_unlabel(owner.wire + 1, owner.wire[0], hash, &hash_len));
		assert_int_equal(hash_len, HF_NSEC3_HASH_LEN);
		assert_memory_equal(hash, entry->hash, HF_NSEC3_HASH_LEN);
		assert_true(hf_node_find(node, KNOT_RRTYPE_NSEC3, &set));
		check_signature(lab, &owner, &set, verifier);
		assert_true(hf_rrset_first(&set, &rdata) && hf_nsec3_read(rdata, &nsec3));
		assert_int_equal(nsec3.params.flags, opt_out ? HF_NSEC3_OPT_OUT : 0);
		assert_memory_equal(nsec3.next, next->hash, HF_NSEC3_HASH_LEN);
		check_bitmap(nsec3.bitmap, nsec3.bitmap_len, types,
		        expected_types(model, entry, true, types),
		        hf_name_text(&entry->name, name));
	}
	assert_null(node);
}

static void try_zone(unsigned seed, size_t names, unsigned flags)
{
	struct model *model = calloc(1, sizeof(*model));
	struct hf_pubkey *key = NULL;
	struct hf_verifier *verifier = NULL;
	struct lab lab;

	assert_non_null(model);
	state = seed;
	invent(model, names);
	mark_hidden(model);
	lab_init(&lab, model->text, NULL);
	lab_csk(&lab.keys, "ex.");
	lab.options.flags = flags;
	lab.jobs = 1 + seed % 3;
	enum hf_err err = lab_sign(&lab);
	for (size_t i = 0; i < lab.diag.count; i++)
		print_error("seed %u: %s\n", seed, lab.diag.entries[i].text);
	assert_int_equal(err, HF_OK);
	assert_int_equal(hf_pubkey_new(hf_keypair_dnskey(lab.keys.list[0]->pair), &key), HF_OK);
	assert_int_equal(hf_verifier_new(key, &verifier), HF_OK);
	check_names(&lab, model, verifier);
	if ((flags & HF_SIGN_NSEC3) != 0)
		check_nsec3(&lab, model, verifier);
	else
		assert_int_equal(hf_tree_count(hf_version_nsec3(lab.result.version)), 0);
	hf_verifier_free(verifier);
	hf_pubkey_free(key);
	lab_done(&lab);
	free(model->text);
	free(model);
}

static void small_zones(unsigned flags)
{
	for (unsigned seed = 1; seed <= 60; seed++)
		try_zone(seed, 1 + seed % 14, flags);
}

static void test_nsec(void **unused)
{
	small_zones(0);
}

static void test_nsec3(void **unused)
{
	small_zones(HF_SIGN_NSEC3);
}

static void test_opt_out(void **unused)
{
	small_zones(HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT);
}

/* Zones over several pages of the tree. */
static void test_pages(void **unused)
{
	try_zone(1001, 500, 0);
	try_zone(1002, 250, HF_SIGN_NSEC3);
	try_zone(1003, 250, HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_nsec),
	        cmocka_unit_test(test_nsec3),
	        cmocka_unit_test(test_opt_out),
	        cmocka_unit_test(test_pages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
