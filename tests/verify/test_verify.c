/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole verifications: threads, folding, validity, keys with one tag, cuts over many pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/digest.h"
#include "kit.h"
#include "zone/load.h"

#define MANY 300 /* owners, so that there are several slices */

static void add_many(struct kit *kit, char kind, const char *format)
{
	for (unsigned i = 0; i < MANY; i++) {
		char text[128];
		snprintf(text, sizeof(text), format, i);
		kit_add(kit, kind, text);
	}
}

static void init_many(struct kit *kit, enum kit_mode mode)
{
	kit_init(kit, mode);
	add_many(kit, 'a', "many%u 3600 TXT \"one of many\"\n");
}

static void assert_same(const struct hf_report *a, const struct hf_report *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->names, b->names);
	assert_int_equal(a->rrsets, b->rrsets);
	assert_int_equal(a->signatures, b->signatures);
	assert_int_equal(a->min_validity, b->min_validity);
	assert_true(hf_name_equal(&a->min_owner, &b->min_owner));
	assert_int_equal(a->min_type, b->min_type);
	for (size_t i = 0; i < a->count; i++) {
		assert_ptr_equal(a->findings[i].check, b->findings[i].check);
		assert_true(hf_name_equal(&a->findings[i].owner, &b->findings[i].owner));
		assert_int_equal(a->findings[i].type, b->findings[i].type);
		assert_int_equal(a->findings[i].count, b->findings[i].count);
		assert_string_equal(a->findings[i].detail, b->findings[i].detail);
	}
}

/* Damage all over the zone, judged by 1 and by 4 threads. */
static void jobs_do_not_show(void **state)
{
	(void)state;
	static const enum kit_mode modes[] = {KIT_NSEC, KIT_NSEC3, KIT_OPT_OUT};
	for (size_t m = 0; m < 3; m++) {
		struct kit kit;
		init_many(&kit, modes[m]);
		kit_sign(&kit);
		for (size_t i = 0; i < kit.count; i += 7)
			kit.records[i].data[kit.records[i].len - 1] ^= 1;
		struct hf_report *one = kit_verify(&kit, 1), *four = kit_verify(&kit, 4);
		assert_false(one->good);
		assert_same(one, four);
		hf_report_free(one);
		hf_report_free(four);
		kit_done(&kit);
	}
}

struct shown {
	uint64_t done, total, calls;
	bool backwards;
};

static void note_progress(void *context, const char *phase, uint64_t done, uint64_t total)
{
	struct shown *shown = context;
	assert_string_equal(phase, "verify");
	shown->backwards = shown->backwards || done < shown->done || done > total;
	shown->done = done;
	shown->total = total;
	shown->calls++;
}

static void progress_counts_owners(void **state)
{
	(void)state;
	struct kit kit;
	init_many(&kit, KIT_NSEC);
	kit_sign(&kit);
	struct hf_version *version = kit_version(&kit);
	struct shown shown = {.calls = 0};
	const struct hf_progress progress = {.show = note_progress, .context = &shown};
	struct hf_pool *pool;
	struct hf_report *report;
	assert_int_equal(hf_pool_new(1, &pool), HF_OK);
	assert_int_equal(
	        hf_verify_zone(version, &kit.options, pool, &progress, NULL, &report), HF_OK);
	assert_false(shown.backwards);
	assert_true(shown.calls > 0);
	assert_int_equal(shown.total, hf_tree_count(hf_version_names(version)));
	assert_int_equal(shown.done, shown.total);
	hf_report_free(report);
	hf_pool_free(pool);
	hf_version_unref(version);
	kit_done(&kit);
}

static void missing_zsk_is_one_error(void **state)
{
	(void)state;
	struct kit kit;
	init_many(&kit, KIT_NSEC);
	struct hf_rdata zsk = hf_keypair_dnskey(kit.zsk), ksk = hf_keypair_dnskey(kit.ksk);
	kit_drop(&kit, KIT_APEX, KNOT_RRTYPE_DNSKEY);
	kit_put(&kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, ksk.data, ksk.len);
	kit_sign(&kit);
	struct hf_report *report = kit_verify(&kit, 2);
	assert_int_equal(report->count, 1);
	const struct hf_finding *finding = &report->findings[0];
	assert_ptr_equal(finding->check, &HF_CHECKS[HF_CHECK_RRSIG_NO_KEY]);
	assert_int_equal(finding->key_tag, hf_dnskey_tag(zsk));
	/* All signatures but the one over the DNSKEY set. */
	assert_int_equal(finding->count, report->signatures - 1);
	assert_true(finding->count > 2 * MANY);
	hf_report_free(report);
	kit_done(&kit);
}

static void all_expired_is_one_error_a_key(void **state)
{
	(void)state;
	struct kit kit;
	init_many(&kit, KIT_NSEC3);
	kit_sign(&kit);
	kit.options.at = KIT_AT + 15 * KIT_DAY;
	struct hf_report *report = kit_verify(&kit, 2);
	assert_int_equal(report->count, 2);
	assert_ptr_equal(report->findings[0].check, &HF_CHECKS[HF_CHECK_RRSIG_EXPIRED]);
	assert_ptr_equal(report->findings[1].check, &HF_CHECKS[HF_CHECK_RRSIG_EXPIRED]);
	assert_int_equal(report->findings[0].count + report->findings[1].count, report->signatures);
	assert_int_equal(report->min_validity, -KIT_DAY);
	hf_report_free(report);
	kit_done(&kit);
}

static void validity_is_the_least(void **state)
{
	(void)state;
	struct kit kit;
	struct sig_plan plan;
	init_many(&kit, KIT_NSEC);
	kit_sign(&kit);
	kit_plan(&kit, "many200.example.", KNOT_RRTYPE_TXT, &plan);
	plan.rrsig.expiration = KIT_AT + 13 * KIT_DAY;
	kit_drop_sigs(&kit, "many200.example.", KNOT_RRTYPE_TXT);
	kit_sign_with(&kit, "many200.example.", &plan);
	struct hf_report *report = kit_verify(&kit, 2);
	struct hf_name owner;
	assert_int_equal(hf_name_from_text("many200.example.", &owner), HF_OK);
	assert_true(report->good && report->has_validity);
	assert_int_equal(report->min_validity, 13 * KIT_DAY);
	assert_true(hf_name_equal(&report->min_owner, &owner));
	assert_int_equal(report->min_type, KNOT_RRTYPE_TXT);
	hf_report_free(report);
	kit_done(&kit);
}

/* More glue below one delegation than a slice holds: the chain goes on behind it. */
static void large_cuts(void **state)
{
	(void)state;
	static const enum kit_mode modes[] = {KIT_NSEC, KIT_NSEC3, KIT_OPT_OUT};
	for (size_t m = 0; m < 3; m++) {
		struct kit kit;
		kit_init(&kit, modes[m]);
		add_many(&kit, 'x', "host%u.ins 3600 A 198.51.101.8\n");
		kit_sign(&kit);
		struct hf_report *report = kit_verify(&kit, 2);
		assert_true(report->good);
		assert_null(kit_finding(report, HF_CHECK_NSEC_NEXT, NULL));
		/* One notice for all the addresses that no name server has. */
		assert_non_null(kit_finding(report, HF_CHECK_GLUE_EXTRA, NULL));
		assert_int_equal(report->count, modes[m] == KIT_OPT_OUT ? 2 : 1);
		hf_report_free(report);
		kit_done(&kit);
	}
}

/* Insecure delegations between many records: each hash is covered by the right one. */
static void many_opted_out(void **state)
{
	(void)state;
	struct kit kit;
	init_many(&kit, KIT_OPT_OUT);
	add_many(&kit, 'i', "insecure%1$u 3600 NS ns1\ninsecure%1$u 3600 NS ns2\n");
	kit_sign(&kit);
	struct hf_report *report = kit_verify(&kit, 2);
	assert_true(report->good);
	const struct hf_finding *finding = kit_finding(report, HF_CHECK_NSEC3_OPT_OUT, KIT_APEX);
	assert_non_null(strstr(finding->detail, " 302 insecure"));
	hf_report_free(report);
	/* Without the flag on one record, only what it covers is wrong. */
	kit_find(&kit, kit_hash_owner(&kit, "many7.example."), KNOT_RRTYPE_NSEC3)->data[1] = 0;
	kit_resign(&kit, kit_hash_owner(&kit, "many7.example."), KNOT_RRTYPE_NSEC3);
	report = kit_verify(&kit, 2);
	for (size_t i = 0; i < report->count; i++) {
		if (report->findings[i].check->severity == HF_SEVERITY_ERROR)
			assert_ptr_equal(report->findings[i].check,
			        &HF_CHECKS[HF_CHECK_NSEC3_OPT_OUT_MISSING]);
	}
	hf_report_free(report);
	for (size_t i = 0; i < kit.count; i++) {
		if (kit.records[i].type == KNOT_RRTYPE_NSEC3)
			kit.records[i].data[1] = 0;
	}
	report = kit_verify(&kit, 2);
	finding = kit_finding(report, HF_CHECK_NSEC3_OPT_OUT_MISSING, NULL);
	assert_non_null(finding);
	assert_int_equal(finding->count, 302);
	hf_report_free(report);
	kit_done(&kit);
}

/*
 * A key with the tag and algorithm of another: a byte of one 16-bit word more, one of the next
 * less, or the other way round, so that it sorts behind the other or before it.
 */
static void add_twin(struct kit *kit, struct hf_rdata dnskey, int step)
{
	uint8_t twin[64];
	size_t at = 6;
	assert_true(dnskey.len <= sizeof(twin));
	while (dnskey.data[at] == 0 || dnskey.data[at] == 255 || dnskey.data[at + 2] == 0 ||
	        dnskey.data[at + 2] == 255)
		at += 2;
	memcpy(twin, dnskey.data, dnskey.len);
	twin[at] = (uint8_t)(twin[at] + step);
	twin[at + 2] = (uint8_t)(twin[at + 2] - step);
	struct hf_rdata rdata = {.data = twin, .len = dnskey.len};
	assert_int_equal(hf_dnskey_tag(rdata), hf_dnskey_tag(dnskey));
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, twin, dnskey.len);
}

/* Two keys with one tag: a signature by either is good, whichever is tried first. */
static void both_keys_of_a_tag_are_tried(void **state)
{
	(void)state;
	for (int step = -1; step <= 1; step += 2) {
		struct kit kit;
		kit_init(&kit, KIT_NSEC);
		kit.ksk = kit.zsk = kit.spare;
		struct hf_rdata dnskey = hf_keypair_dnskey(kit.spare);
		kit_drop(&kit, KIT_APEX, KNOT_RRTYPE_DNSKEY);
		kit_put(&kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, dnskey.data, dnskey.len);
		add_twin(&kit, dnskey, step);
		kit_sign(&kit);
		struct hf_report *report = kit_verify(&kit, 1);
		if (!report->good)
			kit_print(report);
		assert_true(report->good);
		assert_non_null(kit_finding(report, HF_CHECK_KEY_TAG_COLLISION, KIT_APEX));
		hf_report_free(report);
		kit_done(&kit);
	}
}

/* Whether a record's bytes are covered by a signature, or are one. */
static bool is_proven(const struct kit *kit, const struct kit_record *record)
{
	for (size_t i = 0; i < kit->owner_count; i++) {
		char kind = kit->owners[i].kind;
		if (!hf_name_equal(&kit->owners[i].name, &record->owner))
			continue;
		/* Glue, and the NS set of a delegation. */
		return kind == 'a' || (kind != 'x' && record->type != KNOT_RRTYPE_NS);
	}
	return true;
}

/* No byte of anything that is proven can change without an error. */
static void every_byte_counts(void **state)
{
	(void)state;
	static const enum kit_mode modes[] = {KIT_NSEC, KIT_NSEC3};
	for (size_t m = 0; m < 2; m++) {
		struct kit kit;
		kit_init(&kit, modes[m]);
		kit_sign(&kit);
		size_t at = 0;
		for (size_t i = 0; i < kit.count; i++) {
			struct kit_record *record = &kit.records[i];
			if (!is_proven(&kit, record))
				continue;
			/* Another place in every record, so that all kinds of places come up. */
			uint8_t *byte = &record->data[at++ * 7 % record->len];
			*byte ^= 1;
			struct hf_report *report = kit_verify(&kit, 1);
			if (report->good)
				kit_print(report);
			assert_false(report->good);
			hf_report_free(report);
			*byte ^= 1;
		}
		kit_done(&kit);
	}
}

/* A second NSEC3 chain that is complete, as in the middle of a change of parameters. */
static void two_complete_chains(void **state)
{
	(void)state;
	struct kit kit, other;
	kit_init(&kit, KIT_NSEC3);
	kit_init(&other, KIT_NSEC3);
	static const uint8_t salt[] = {0xcc, 0xdd};
	other.params.salt = salt;
	other.params.salt_len = sizeof(salt);
	kit_add(&kit, 0, "@ 3600 NSEC3PARAM 1 0 0 ccdd\n");
	kit_add(&other, 0, "@ 3600 NSEC3PARAM 1 0 0 -\n");
	kit_sign(&kit);
	kit_sign(&other);
	for (size_t i = 0; i < other.count; i++) {
		const struct kit_record *record = &other.records[i];
		char owner[HF_NAME_TEXT];
		if (record->type == KNOT_RRTYPE_NSEC3 ||
		        (record->type == KNOT_RRTYPE_RRSIG &&
		                hf_read_u16(record->data) == KNOT_RRTYPE_NSEC3))
			kit_put(&kit, hf_name_text(&record->owner, owner), record->type,
			        record->ttl, record->data, record->len);
	}
	struct hf_report *report = kit_verify(&kit, 2);
	if (!report->good)
		kit_print(report);
	assert_true(report->good);
	assert_non_null(kit_finding(report, HF_CHECK_NSEC3_CHAINS, KIT_APEX));
	hf_report_free(report);
	kit_done(&other);
	kit_done(&kit);
}

static void parent_with_sha384(void **state)
{
	(void)state;
	struct kit kit;
	kit_init(&kit, KIT_NSEC);
	kit_sign(&kit);
	kit_parent(&kit, HF_DIGEST_SHA384, hf_keypair_dnskey(kit.ksk));
	struct hf_report *report = kit_verify(&kit, 1);
	assert_true(report->good);
	assert_int_equal(report->count, 0);
	hf_report_free(report);
	kit_done(&kit);
}

/* The DNSKEY answer of the root in October 2018: four RSA keys of 2048 bits, one signature. */
static void size_of_the_root_answer(void **state)
{
	(void)state;
	static const char key[] = ". 172800 DNSKEY 256 3 8 AwEAA";
	struct hf_buf text = {.len = 0};
	hf_put_text(&text, ". 86400 SOA a. b. 2018101100 1800 900 604800 86400\n. 518400 NS a.\n");
	for (unsigned i = 0; i < 4; i++) {
		hf_put_format(&text, "%s%c", key, "abcd"[i]);
		for (unsigned k = 0; k < 340; k++)
			hf_put_text(&text, "r");
		hf_put_text(&text, "o=\n");
	}
	hf_put_text(&text, ". 172800 RRSIG DNSKEY 8 0 172800 20181022000000 20181001000000 1 . ");
	for (unsigned i = 0; i < 341; i++)
		hf_put_text(&text, "r");
	hf_put_text(&text, "g==\n");
	struct hf_version *version;
	assert_int_equal(hf_zone_load_text("root", (const char *)text.data, text.len,
	                         &(struct hf_load_options){.origin = "."}, NULL, &version),
	        HF_OK);
	struct hf_pool *pool;
	struct hf_report *report;
	assert_int_equal(hf_pool_new(1, &pool), HF_OK);
	assert_int_equal(hf_verify_zone(version, &(struct hf_verify_options){.at = KIT_AT}, pool,
	                         NULL, NULL, &report),
	        HF_OK);
	const struct hf_finding *finding = kit_finding(report, HF_CHECK_SIZE_DNSKEY, ".");
	assert_non_null(finding);
	assert_non_null(strstr(finding->detail, " 1414 bytes"));
	hf_report_free(report);
	hf_pool_free(pool);
	hf_version_unref(version);
	hf_buf_done(&text);
}

/* Names of checks are words that tell them apart. */
static void names_of_checks(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_CHECK_COUNT; i++) {
		const struct hf_check *check = &HF_CHECKS[i];
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(HF_CHECKS[k].name, check->name);
		assert_int_equal(strspn(check->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
		        strlen(check->name));
		assert_true(check->meaning[0] != '\0' && check->fix[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(jobs_do_not_show),
	        cmocka_unit_test(progress_counts_owners),
	        cmocka_unit_test(missing_zsk_is_one_error),
	        cmocka_unit_test(all_expired_is_one_error_a_key),
	        cmocka_unit_test(validity_is_the_least),
	        cmocka_unit_test(large_cuts),
	        cmocka_unit_test(many_opted_out),
	        cmocka_unit_test(both_keys_of_a_tag_are_tried),
	        cmocka_unit_test(every_byte_counts),
	        cmocka_unit_test(size_of_the_root_answer),
	        cmocka_unit_test(two_complete_chains),
	        cmocka_unit_test(parent_with_sha384),
	        cmocka_unit_test(names_of_checks),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	kit_end();
	return failed;
}
