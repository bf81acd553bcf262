/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verifying a change says what verifying the whole says: random zones take random steps, properly
 * signed; from each, random damage. Errors are compared one by one, to the sentence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../sign/lab.h"
#include "vandal.h"
#include "verify/change.h"

#define STEPS    36 /* signed steps of each kind of zone */
#define DAMAGES  12 /* from each step */
#define DAY      86400
#define DS       " DS 1 13 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define DS_OTHER " DS 2 13 2 ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

/* Parts that come and go; each of them alone, and any together, make a zone that can be signed. */
static const char *const parts[] = {
        "www A 198.51.101.5\n",
        "www AAAA 2606:db00::1\n",
        "a.ent TXT \"below an empty non-terminal\"\n",
        "b.ent TXT \"another\"\n",
        "x.y.a.ent A 198.51.101.6\n",
        "ent A 198.51.101.8\n",
        "sec NS ns.sec\nsec NS ns1\nns.sec A 198.51.101.3\nsec" DS,
        "own NS a.own\na.own A 198.51.101.9\nown" DS,
        "sec2 NS ns1\nsec2 NS ns2\nsec2" DS_OTHER,
        "ins NS ns.ins\nins NS ns1\nns.ins A 198.51.101.4\n",
        "ins2 NS ns1\nins2 NS ns2\n",
        "d1.deep NS ns1\nd1.deep NS ns2\n",
        "d2.deep NS ns1\nd2.deep NS ns2\n",
        "d3.deep NS ns1\nd3.deep NS ns2\nd3.deep" DS,
        "d4.e.f.deep NS ns1\nd4.e.f.deep NS ns2\n",
        "* TXT \"wild\"\n",
        "*.w MX 10 www\n",
        "alias CNAME www\n",
        "dname DNAME example.net.\n",
        "zz TXT \"last\"\n",
        "0 TXT \"first\"\n",
        "n1 A 198.51.101.11\nn2 A 198.51.101.12\nn3 A 198.51.101.13\n",
        "n4 A 198.51.101.14\nn5 NS ns1\nn5 NS ns2\nn6 NS ns1\nn6 NS ns2\n",
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static struct {
	struct hf_pool *pool;
	struct lab_keys keys;
	struct lab_keys rolled; /* two KSKs, five ZSKs, of two algorithms: see `duties_of` */
	unsigned same_good, same_bad, changes, wholes;
} shared;

/* ---- Zones ---- */

/* How a version is signed; without duties by all the keys. */
struct signing {
	const struct lab_keys *keys;
	const struct hf_sign_duties *duties;
	unsigned flags;
};

static struct hf_version *build(const struct hf_version *previous, uint32_t present,
        const struct signing *signing, uint32_t serial)
{
	char text[8192];
	size_t len = (size_t)snprintf(text, sizeof(text),
	        "$TTL 3600\n@ SOA ns1 host %u 7200 3600 1209600 3600\n@ NS ns1\n@ NS ns2\n"
	        "ns1 A 198.51.101.1\nns2 A 198.51.101.2\n",
	        serial);
	for (unsigned i = 0; i < PARTS; i++) {
		if ((present >> i & 1) != 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", parts[i]);
	}
	assert_true(len < sizeof(text));
	struct hf_version *zone = lab_zone(text, "example.");
	struct hf_sign_options options;
	hf_sign_options_init(&options, LAB_AT);
	options.flags = signing->flags;
	options.spread = 7 * (int64_t)DAY;
	struct hf_sign_job job = {
	        .zone = zone,
	        .previous = previous,
	        .keys = &signing->keys->dir,
	        .duties = signing->duties,
	        .options = &options,
	};
	struct hf_sign_result result;
	assert_int_equal(hf_sign_zone(&job, shared.pool, NULL, NULL, &result), HF_OK);
	hf_version_unref(zone);
	return result.version;
}

/* ---- Comparing ---- */

static size_t errors(const struct hf_report *report)
{
	size_t count = 0;
	while (count < report->count &&
	        report->findings[count].check->severity == HF_SEVERITY_ERROR)
		count++;
	return count;
}

static void print_errors(const char *title, const struct hf_report *report)
{
	for (size_t i = 0; i < errors(report); i++) {
		const struct hf_finding *finding = &report->findings[i];
		char owner[HF_NAME_TEXT];
		print_error("%s: %s %s: %s (%u)\n", title, hf_name_text(&finding->owner, owner),
		        finding->check->name, finding->detail, (unsigned)finding->count);
	}
}

static bool same_errors(const struct hf_report *a, const struct hf_report *b)
{
	if (a->good != b->good || errors(a) != errors(b))
		return false;
	for (size_t i = 0; i < errors(a); i++) {
		const struct hf_finding *x = &a->findings[i], *y = &b->findings[i];
		if (x->check != y->check || x->count != y->count || x->key_tag != y->key_tag ||
		        !hf_name_equal(&x->owner, &y->owner) || strcmp(x->detail, y->detail) != 0)
			return false;
	}
	return true;
}

/* Whether the version after is good; ends the test when the two ways differ. */
static bool compare(const struct hf_version *before, const struct hf_version *after, hf_time at,
        const char *what)
{
	const struct hf_verify_options options = {.at = at, .max_findings = 10000};
	struct hf_report *whole, *change;
	assert_int_equal(hf_verify_zone(after, &options, shared.pool, NULL, NULL, &whole), HF_OK);
	assert_int_equal(
	        hf_verify_change(before, after, &options, shared.pool, NULL, NULL, &change), HF_OK);
	if (!same_errors(whole, change)) {
		print_errors("whole", whole);
		print_errors("change", change);
		fail_msg("%s: not the same", what);
	}
	assert_int_equal(whole->scope, HF_SCOPE_ZONE);
	bool good = whole->good;
	if (good) {
		assert_int_equal(whole->has_validity, change->has_validity);
		assert_int_equal(whole->min_validity, change->min_validity);
		assert_true(hf_name_equal(&whole->min_owner, &change->min_owner));
		assert_int_equal(whole->min_type, change->min_type);
	}
	shared.same_good += good;
	shared.same_bad += !good;
	shared.changes += change->scope == HF_SCOPE_CHANGE;
	shared.wholes += change->scope == HF_SCOPE_ZONE;
	hf_report_free(whole);
	hf_report_free(change);
	return good;
}

/* ---- Steps ---- */

static void damage_some(const struct hf_version *good, const struct hf_version *other,
        uint32_t *seed, const char *what)
{
	for (unsigned i = 0; i < DAMAGES; i++) {
		struct hf_version *bad = vandal_damage(good, other, seed);
		for (unsigned more = vandal_below(seed, 4); more > 1; more--) {
			struct hf_version *worse = vandal_damage(bad, other, seed);
			hf_version_unref(bad);
			bad = worse;
		}
		hf_time at = LAB_AT;
		if (vandal_below(seed, 6) == 0)
			at += DAY * (hf_time)(5 + vandal_below(seed, 10));
		compare(good, bad, at, what);
		hf_version_unref(bad);
	}
}

static void walk(unsigned flags, const char *name)
{
	const struct signing signing = {.keys = &shared.keys, .flags = flags};
	uint32_t seed = flags + 1, present = (1u << PARTS) - 1;
	struct hf_version *before = build(NULL, present, &signing, 1);
	assert_true(compare(before, before, LAB_AT, name));
	for (uint32_t step = 0; step < STEPS; step++) {
		char what[64];
		snprintf(what, sizeof(what), "%s, step %u", name, step);
		for (unsigned i = vandal_below(&seed, 4); i < 4; i++)
			present ^= 1u << vandal_below(&seed, PARTS);
		struct hf_version *after = build(before, present, &signing, step + 2);
		assert_true(compare(before, after, LAB_AT, what));
		compare(before, after, LAB_AT + 7 * (hf_time)DAY + (hf_time)step * 3600, what);
		damage_some(after, before, &seed, what);
		damage_some(before, after, &seed, what);
		hf_version_unref(before);
		before = after;
	}
	hf_version_unref(before);
}

/* ---- Keys that come and go ---- */

#define KEYS      7
#define KEY_STEPS 40

/* The first two keys are KSKs. Each key may be published, and sign, or not. */
static void duties_of(uint32_t *seed, struct hf_sign_duty list[KEYS])
{
	bool roll = vandal_below(seed, 3) == 0;
	for (unsigned i = 0; i < KEYS; i++) {
		unsigned change = roll ? vandal_below(seed, 8) : 0;
		if (list[i].tag == 0)
			list[i] = (struct hf_sign_duty){.tag = shared.rolled.list[i]->tag,
			        .algorithm = shared.rolled.list[i]->algorithm,
			        .flags = HF_DUTY_PUBLISHED |
			                 (i < 2 ? HF_DUTY_SIGN_KEYS : HF_DUTY_SIGN_DATA)};
		if (change == 1 && i >= 2)
			list[i].flags ^= HF_DUTY_SIGN_DATA;
		if (change == 2 || (i > 2 && vandal_below(seed, 6) == 0))
			list[i].flags ^= HF_DUTY_PUBLISHED;
	}
	list[0].flags |= HF_DUTY_PUBLISHED;
	/* Somebody has to sign. */
	for (unsigned i = 2; i < KEYS; i++) {
		if ((list[i].flags & HF_DUTY_SIGN_DATA) != 0)
			return;
	}
	list[2].flags |= HF_DUTY_SIGN_DATA;
}

/* The version with what is in the builder in place of a node. */
static struct hf_version *with_node(
        const struct hf_version *version, struct hf_node_builder *builder)
{
	struct hf_edit *edit;
	struct hf_node *node;
	struct hf_version *made;
	assert_int_equal(hf_node_finish(builder, &node), HF_OK);
	assert_int_equal(hf_edit_new(version, &edit), HF_OK);
	assert_int_equal(hf_edit_put(edit, node), HF_OK);
	assert_int_equal(hf_edit_commit(edit, &made), HF_OK);
	hf_edit_free(edit);
	hf_node_unref(node);
	hf_node_builder_free(builder);
	return made;
}

/* The version with another one's DNSKEY set. */
static struct hf_version *with_keys(const struct hf_version *version, const struct hf_version *from)
{
	struct hf_node_builder *builder;
	struct hf_rrset set;
	const struct hf_node *apex = hf_version_apex_node(version);
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	hf_node_begin(builder, hf_version_apex_key(version));
	for (size_t i = 0; i < hf_node_count(apex); i++) {
		hf_node_at(apex, i, &set);
		if (set.type != KNOT_RRTYPE_DNSKEY)
			assert_int_equal(hf_node_add_set(builder, &set, HF_COPY_ALL), HF_OK);
	}
	if (hf_node_find(hf_version_apex_node(from), KNOT_RRTYPE_DNSKEY, &set))
		assert_int_equal(hf_node_add_set(builder, &set, HF_COPY_ALL), HF_OK);
	return with_node(version, builder);
}

/* Whatever is good is where the next step begins: also signatures without keys, and keys without
 * signatures. */
static void take(struct hf_version **before, struct hf_version *after, const char *what)
{
	bool good = compare(*before, after, LAB_AT, what);
	hf_version_unref(good ? *before : after);
	if (good)
		*before = after;
}

static void roll(unsigned flags)
{
	struct hf_sign_duty list[KEYS] = {{.tag = 0}};
	const struct hf_sign_duties duties = {.list = list, .count = KEYS};
	const struct signing signing = {&shared.rolled, &duties, flags};
	uint32_t seed = flags + 5, present = (1u << PARTS) - 1;
	duties_of(&seed, list);
	list[3].flags = list[4].flags = list[1].flags = list[5].flags = list[6].flags = 0;
	struct hf_version *before = build(NULL, present, &signing, 1);
	assert_true(compare(before, before, LAB_AT, "keys"));
	for (uint32_t step = 0; step < KEY_STEPS; step++) {
		char what[64];
		struct hf_sign_duty kept[KEYS];
		memcpy(kept, list, sizeof(kept));
		snprintf(what, sizeof(what), "keys, flags %u, step %u", flags, step);
		duties_of(&seed, list);
		if (vandal_below(&seed, 2) == 0)
			present ^= 1u << vandal_below(&seed, PARTS);
		struct hf_version *after = build(before, present, &signing, step + 2);
		take(&before, with_keys(before, after), what);
		struct hf_version *bad = vandal_damage(after, before, &seed);
		compare(before, bad, LAB_AT, what);
		hf_version_unref(bad);
		take(&before, after, what);
		if (before != after)
			memcpy(list, kept, sizeof(kept));
	}
	hf_version_unref(before);
}

/* The version with the key's signatures at www spoilt. */
static struct hf_version *spoil(const struct hf_version *version, uint16_t tag)
{
	struct hf_node_builder *builder;
	struct hf_name name;
	struct hf_key owner;
	assert_int_equal(hf_name_from_text("www.example.", &name), HF_OK);
	const struct hf_node *node = hf_version_find(version, &name);
	hf_node_owner(node, &owner);
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	hf_node_begin(builder, &owner);
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		struct hf_rdata rdata;
		hf_node_at(node, i, &set);
		struct hf_rdata_walk walk = hf_rrset_sigs(&set);
		assert_int_equal(hf_node_add_set(builder, &set, HF_COPY_RECORDS), HF_OK);
		while (hf_rdata_next(&walk, &rdata)) {
			uint8_t bytes[512];
			assert_true(rdata.len <= sizeof(bytes));
			memcpy(bytes, rdata.data, rdata.len);
			bytes[rdata.len - 1] ^= hf_read_u16(bytes + 16) == tag;
			assert_int_equal(hf_node_add(builder, KNOT_RRTYPE_RRSIG, set.sig_ttl,
			                         (struct hf_rdata){bytes, rdata.len}),
			        HF_OK);
		}
	}
	return with_node(version, builder);
}

/* A signature that nobody had to verify, because its key was not there, counts when it comes. */
static void late_key(void **state)
{
	struct hf_sign_duty list[KEYS] = {{.tag = 0}};
	const struct hf_sign_duties duties = {.list = list, .count = KEYS};
	const struct signing signing = {&shared.rolled, &duties, 0};
	uint32_t seed = 1;
	(void)state;
	duties_of(&seed, list);
	for (unsigned i = 1; i < KEYS; i++)
		list[i].flags = i == 2   ? HF_DUTY_SIGN_DATA | HF_DUTY_PUBLISHED
		                : i == 3 ? HF_DUTY_SIGN_DATA
		                         : 0;
	struct hf_version *good = build(NULL, 7, &signing, 1);
	struct hf_version *before = spoil(good, list[3].tag);
	assert_true(compare(good, before, LAB_AT, "nobody looks at it"));
	list[3].flags |= HF_DUTY_PUBLISHED;
	struct hf_version *all = build(NULL, 7, &signing, 1);
	struct hf_version *after = with_keys(before, all);
	assert_false(compare(before, after, LAB_AT, "its key is there"));
	hf_version_unref(after);
	after = with_keys(good, all);
	assert_true(compare(good, after, LAB_AT, "its key is there, and it is good"));
	hf_version_unref(after);
	hf_version_unref(all);
	hf_version_unref(before);
	hf_version_unref(good);
}

static void keys(void **state)
{
	unsigned good = shared.same_good, bad = shared.same_bad;
	unsigned changes = shared.changes, wholes = shared.wholes;
	(void)state;
	roll(0);
	roll(HF_SIGN_NSEC3);
	good = shared.same_good - good;
	bad = shared.same_bad - bad;
	changes = shared.changes - changes;
	wholes = shared.wholes - wholes;
	print_message(
	        "%u good, %u bad; %u as changes, %u as whole zones\n", good, bad, changes, wholes);
	assert_true(good > KEY_STEPS / 2 && bad > KEY_STEPS / 2);
	assert_true(changes > KEY_STEPS && wholes > KEY_STEPS / 4);
}

static void nsec(void **state)
{
	(void)state;
	walk(0, "NSEC");
}

static void nsec3(void **state)
{
	(void)state;
	walk(HF_SIGN_NSEC3, "NSEC3");
}

static void opt_out(void **state)
{
	(void)state;
	walk(HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT, "opt-out");
}

/* Only worth something when much was judged as a change, and both verdicts came up. */
static void enough(void **state)
{
	(void)state;
	unsigned all = shared.changes + shared.wholes;
	print_message("%u good, %u bad; %u as changes, %u as whole zones\n", shared.same_good,
	        shared.same_bad, shared.changes, shared.wholes);
	assert_true(shared.changes > all / 2);
	assert_true(shared.same_good > all / 20);
	assert_true(shared.same_bad > all / 2);
}

static int begin(void **state)
{
	(void)state;
	if (hf_pool_new(2, &shared.pool) != HF_OK)
		return 1;
	lab_key(&shared.keys, "example.", HF_ROLE_KSK, HF_ALG_RSASHA256);
	lab_key(&shared.keys, "example.", HF_ROLE_ZSK, HF_ALG_RSASHA256);
	for (unsigned i = 0; i < KEYS; i++)
		lab_key(&shared.rolled, "example.", i < 2 ? HF_ROLE_KSK : HF_ROLE_ZSK,
		        i == 1 || i > 4 ? HF_ALG_ED25519 : HF_ALG_ECDSAP256);
	return 0;
}

static int end(void **state)
{
	(void)state;
	lab_keys_done(&shared.keys);
	lab_keys_done(&shared.rolled);
	hf_pool_free(shared.pool);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nsec),
	        cmocka_unit_test(nsec3),
	        cmocka_unit_test(opt_out),
	        cmocka_unit_test(enough),
	        cmocka_unit_test(late_key),
	        cmocka_unit_test(keys),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
