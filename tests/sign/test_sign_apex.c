/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serial policies, CDS and CDNSKEY, NSEC3PARAM, ZONEMD, and the times of signatures. */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "zone/zonemd.h"

#define REST "ex. 300 NS ns.ex.\nns.ex. 300 A 192.0.2.1\n*.ex. 300 TXT w\n"
#define ZONE "ex. 300 SOA ns.ex. h.ex. 7 2 3 4 200\n" REST

/* The serial after signing `serial` with this policy behind `previous` (−1: none). */
static enum hf_err sign_serial(
        uint32_t serial, int64_t previous, enum hf_serial_policy policy, uint32_t *ret_serial)
{
	char text[512], before[512];
	struct lab lab;
	struct hf_soa soa;

	snprintf(text, sizeof(text), "ex. 300 SOA ns.ex. h.ex. %u 2 3 4 200\n%s", serial, REST);
	snprintf(before, sizeof(before), "ex. 300 SOA ns.ex. h.ex. %u 2 3 4 200\n%s",
	        (uint32_t)previous, REST);
	lab_init(&lab, text, NULL);
	lab_csk(&lab.keys, "ex.");
	lab.options.serial = policy;
	if (previous >= 0)
		lab.previous = lab_zone(before, NULL);
	enum hf_err err = lab_sign(&lab);
	if (err == HF_OK) {
		assert_true(hf_version_soa(lab.result.version, &soa));
		assert_int_equal(soa.serial, lab.result.serial);
		*ret_serial = soa.serial;
	} else {
		lab_assert_says(&lab.diag, "use --serial increment");
	}
	hf_version_unref(lab.previous);
	lab_done(&lab);
	return err;
}

static void test_serials(void **unused)
{
	static const struct {
		uint32_t serial;
		int64_t previous;
		enum hf_serial_policy policy;
		int64_t expected; /* −1: refused */
	} cases[] = {
	        {7, -1, HF_SERIAL_KEEP, 7},
	        {7, 6, HF_SERIAL_KEEP, 7},
	        {7, 7, HF_SERIAL_KEEP, -1},
	        {7, 8, HF_SERIAL_KEEP, -1},
	        {1, 4294967295, HF_SERIAL_KEEP, 1},
	        {7, -1, HF_SERIAL_INCREMENT, 8},
	        {7, 20, HF_SERIAL_INCREMENT, 21},
	        {20, 7, HF_SERIAL_INCREMENT, 21},
	        {4294967295, -1, HF_SERIAL_INCREMENT, 0},
	        {7, -1, HF_SERIAL_DATE, 2026010100},
	        {2026010100, -1, HF_SERIAL_DATE, 2026010101},
	        {7, 2026010105, HF_SERIAL_DATE, 2026010106},
	        {2026020100, -1, HF_SERIAL_DATE, 2026020101},
	        {7, -1, HF_SERIAL_UNIXTIME, LAB_AT},
	        {7, LAB_AT, HF_SERIAL_UNIXTIME, LAB_AT + 1},
	        {2026010100, -1, HF_SERIAL_UNIXTIME, 2026010101},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t serial = 0;
		enum hf_err err =
		        sign_serial(cases[i].serial, cases[i].previous, cases[i].policy, &serial);
		if (cases[i].expected < 0)
			assert_int_equal(err, HF_ERR_REFUSED);
		else
			assert_int_equal(serial, cases[i].expected);
	}
}

static void test_cds_follows_the_keys(void **unused)
{
	struct lab lab;
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_ds cds;
	bool matches = false;

	lab_init(&lab, ZONE "ex. 300 CDS 1 13 2 00\n", NULL);
	lab_csk(&lab.keys, "ex.");
	struct hf_keyfile *key = lab.keys.list[0];
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_false(lab_has(lab.result.version, "ex.", KNOT_RRTYPE_CDNSKEY));
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_CDS, &set);
	assert_true(hf_rrset_first(&set, &rdata) && rdata.len == 5);

	key->times.sync_publish = LAB_AT;
	key->times.publish = key->times.activate = LAB_AT - 5;
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_CDS, &set);
	assert_int_equal(set.rr_count, 1);
	assert_int_equal(set.sig_count, 1);
	assert_true(hf_rrset_first(&set, &rdata) && hf_ds_read(rdata, &cds));
	assert_int_equal(cds.digest_type, HF_DIGEST_SHA256);
	assert_int_equal(hf_ds_matches(&cds, &key->owner, hf_keyfile_dnskey(key), &matches), HF_OK);
	assert_true(matches);
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_CDNSKEY, &set);
	assert_true(hf_rrset_first(&set, &rdata));
	assert_true(hf_rdata_equal(rdata, hf_keyfile_dnskey(key)));

	key->times.sync_remove = LAB_AT;
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_false(lab_has(lab.result.version, "ex.", KNOT_RRTYPE_CDNSKEY));
	lab_done(&lab);
}

static void test_cds_delete(void **unused)
{
	struct lab lab;
	struct hf_rrset set;
	struct hf_rdata rdata;
	static const uint8_t cds[] = {0, 0, 0, 0, 0}, cdnskey[] = {0, 0, 3, 0, 0};

	lab_init(&lab, ZONE "ex. 300 CDS 1 13 2 00\n", NULL);
	lab_csk(&lab.keys, "ex.");
	lab.options.cds = HF_SIGN_CDS_DELETE;
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_CDS, &set);
	assert_true(set.rr_count == 1 && hf_rrset_first(&set, &rdata));
	assert_true(hf_rdata_equal(rdata, (struct hf_rdata){cds, sizeof(cds)}));
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_CDNSKEY, &set);
	assert_true(set.rr_count == 1 && hf_rrset_first(&set, &rdata));
	assert_true(hf_rdata_equal(rdata, (struct hf_rdata){cdnskey, sizeof(cdnskey)}));
	lab_done(&lab);
}

static void test_nsec3param(void **unused)
{
	struct lab lab;
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_nsec3_params params;

	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	lab.options.flags = HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT;
	lab.options.iterations = 3;
	lab.options.salt_len = 2;
	memcpy(lab.options.salt, "\xca\xfe", 2);
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_assert_says(&lab.warnings, "RFC 9276 asks for 0");
	lab_assert_says(&lab.warnings, "RFC 9276 asks for none");
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_NSEC3PARAM, &set);
	assert_true(hf_rrset_first(&set, &rdata) && hf_nsec3param_read(rdata, &params));
	assert_int_equal(params.flags, 0);
	assert_int_equal(params.iterations, 3);
	assert_int_equal(params.salt_len, 2);
	assert_memory_equal(params.salt, "\xca\xfe", 2);
	lab_done(&lab);
}

static void check_zonemd(struct lab *lab)
{
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_zonemd zonemd;
	uint8_t digest[HF_ZONEMD_DIGEST_MAX];
	size_t len = 0;
	struct hf_version_counts counts;

	lab_set(lab->result.version, "ex.", KNOT_RRTYPE_ZONEMD, &set);
	assert_int_equal(set.rr_count, 1);
	assert_int_equal(set.sig_count, 1);
	assert_true(hf_rrset_first(&set, &rdata) && hf_zonemd_read(rdata, &zonemd));
	assert_int_equal(zonemd.serial, lab->result.serial);
	assert_int_equal(hf_zonemd_digest(lab->result.version, HF_ZONEMD_SIMPLE, HF_ZONEMD_SHA384,
	                         digest, &len),
	        HF_OK);
	assert_int_equal(zonemd.digest_len, len);
	assert_memory_equal(zonemd.digest, digest, len);
	hf_version_count(lab->result.version, &counts);
	assert_int_equal(counts.signatures, lab->result.made + lab->result.reused);
}

static void test_zonemd(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_false(lab_has(lab.result.version, "ex.", KNOT_RRTYPE_ZONEMD));
	lab.options.flags = HF_SIGN_ZONEMD;
	assert_int_equal(lab_sign(&lab), HF_OK);
	check_zonemd(&lab);
	lab.options.flags = HF_SIGN_ZONEMD | HF_SIGN_NSEC3;
	assert_int_equal(lab_sign(&lab), HF_OK);
	check_zonemd(&lab);
	lab_done(&lab);
	/* A stale one in the input is replaced, asked or not. */
	lab_init(&lab, ZONE "ex. 60 ZONEMD 1 1 1 00\n", NULL);
	lab_csk(&lab.keys, "ex.");
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_assert_says(&lab.warnings, "ZONEMD record cannot fit");
	check_zonemd(&lab);
	lab_done(&lab);
}

static void expiry(
        const struct lab *lab, const char *name, uint16_t type, struct hf_rrsig *ret_rrsig)
{
	struct hf_rrset set;
	struct hf_rdata rdata;
	lab_set(lab->result.version, name, type, &set);
	struct hf_rdata_walk walk = hf_rrset_sigs(&set);
	assert_true(hf_rdata_next(&walk, &rdata));
	assert_true(hf_rrsig_read(rdata, ret_rrsig));
}

static void test_times(void **unused)
{
	struct lab lab;
	struct hf_rrsig rrsig, again;

	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	lab.options.validity = 1000000;
	lab.options.refresh = 1000;
	lab.options.inception_offset = 77;
	assert_int_equal(lab_sign(&lab), HF_OK);
	expiry(&lab, "ns.ex.", KNOT_RRTYPE_A, &rrsig);
	assert_int_equal(rrsig.inception, LAB_AT - 77);
	assert_int_equal(rrsig.expiration, LAB_AT + 1000000);

	/* Spread: within its bounds, the same in every run, not the same for all. */
	uint32_t seen[3];
	static const char *const names[] = {"ex.", "ns.ex.", "*.ex."};
	lab.options.spread = 500000;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(lab_sign(&lab), HF_OK);
		expiry(&lab, names[i], KNOT_RRTYPE_NSEC, &rrsig);
		assert_int_equal(lab_sign(&lab), HF_OK);
		expiry(&lab, names[i], KNOT_RRTYPE_NSEC, &again);
		assert_int_equal(rrsig.expiration, again.expiration);
		assert_in_range(rrsig.expiration, LAB_AT + 500000, LAB_AT + 1000000);
		seen[i] = rrsig.expiration;
	}
	assert_true(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
	lab_done(&lab);
}

/* RFC 4034 section 3.1.5: stamps beyond 2106 wrap, and still order. */
static void test_far_times(void **unused)
{
	struct lab lab;
	struct hf_rrsig rrsig;
	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	lab.options.at = (hf_time)4294967296 - 100;
	assert_int_equal(lab_sign(&lab), HF_OK);
	expiry(&lab, "ns.ex.", KNOT_RRTYPE_A, &rrsig);
	assert_int_equal(rrsig.expiration, HF_SIGN_VALIDITY - 100);
	assert_true(hf_serial_before(rrsig.inception, rrsig.expiration));
	lab_done(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_serials),
	        cmocka_unit_test(test_cds_follows_the_keys),
	        cmocka_unit_test(test_cds_delete),
	        cmocka_unit_test(test_nsec3param),
	        cmocka_unit_test(test_zonemd),
	        cmocka_unit_test(test_times),
	        cmocka_unit_test(test_far_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
