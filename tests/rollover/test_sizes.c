/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sizes that are foretold, against what was measured in the root, and against zones that are really
 * signed.
 */
#include "../sign/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollover/sizes_zone.h"

/* The root in 2018: 2048-bit RSA. Four keys and one signature while the ZSK changed as well; three
 * keys and two signatures when the old KSK was revoked. */
static void test_root(void **state)
{
	struct hf_key_size rsa = hf_key_size(HF_ALG_RSASHA256, 2048);
	const struct hf_key_size keys[] = {rsa, rsa, rsa, rsa};
	assert_int_equal(rsa.rdata, 264);
	assert_int_equal(hf_answer_dnskey(1, keys, 4, keys, 1), 1414);
	assert_int_equal(hf_answer_dnskey(1, keys, 3, keys, 2), 1425);
}

static void test_key_sizes(void **state)
{
	static const struct {
		uint8_t algorithm;
		unsigned bits;
		size_t rdata, signature;
	} cases[] = {
	        {HF_ALG_ECDSAP256, 0, 68, 64},
	        {HF_ALG_ED25519, 0, 36, 64},
	        {HF_ALG_ECDSAP384, 0, 100, 96},
	        {HF_ALG_RSASHA256, 0, 264, 256},
	        {HF_ALG_RSASHA512, 4096, 520, 512},
	        {250, 0, 0, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_key_size size = hf_key_size(cases[i].algorithm, cases[i].bits);
		assert_int_equal(size.rdata, cases[i].rdata);
		assert_int_equal(size.signature, cases[i].signature);
	}
}

static const char zone_head[] = "$ORIGIN example.\n"
                                "$TTL 3600\n"
                                "@ SOA ns1 hostmaster 1 7200 1800 1209600 900\n"
                                "@ NS ns1\n"
                                "@ 86400 MX 10 mail\n"
                                "ns1 A 192.0.2.1\n"
                                "mail AAAA 2001:db8::1\n"
                                "*.wild CAA 0 issue \"ca.example\"\n"
                                "a.b.c.d TXT \"far down\"\n"
                                "signed DS 1 13 2 "
                                "00000000000000000000000000000000000000000000000000000000000000aa\n"
                                "signed NS ns.signed\n"
                                "ns.signed A 192.0.2.3\n"
                                "deep.e.f NS ns.elsewhere.test.\n";

/* Names, and delegations of which two of three are insecure. */
static char *make_zone(unsigned count)
{
	size_t size = sizeof(zone_head) + count * 200u;
	char *text = malloc(size);
	assert_non_null(text);
	size_t at = (size_t)snprintf(text, size, "%s", zone_head);
	for (unsigned i = 0; i < count; i++) {
		at += (size_t)snprintf(text + at, size - at,
		        "host-%u A 192.0.2.%u\nd%u NS ns.elsewhere.test.\n", i, i % 250, i);
		if (i % 3 == 0)
			at += (size_t)snprintf(text + at, size - at,
			        "d%u DS %u 13 2 "
			        "00000000000000000000000000000000000000000000000000000000000000bb"
			        "\n",
			        i, i + 1);
	}
	return text;
}

static void assert_close(const char *what, uint64_t foretold, uint64_t real, double share)
{
	double off = (double)foretold / (double)real - 1;
	if (off > share || off < -share)
		fail_msg("%s: %llu foretold, %llu real", what, (unsigned long long)foretold,
		        (unsigned long long)real);
}

struct form {
	unsigned flags;
	enum hf_denial kind;
};

static void check_form(const char *text, const struct form *form)
{
	struct lab lab;
	struct hf_zone_profile unsigned_profile, signed_profile;
	struct hf_zone_size size;
	struct hf_version_counts counts;
	lab_init(&lab, text, NULL);
	lab_key(&lab.keys, "example.", HF_ROLE_KSK, HF_ALG_ECDSAP256);
	lab_key(&lab.keys, "example.", HF_ROLE_ZSK, HF_ALG_ECDSAP256);
	lab.options.flags |= form->flags;
	lab.options.cds = HF_SIGN_CDS_NONE;
	assert_int_equal(hf_zone_profile_make(lab.zone, &unsigned_profile), HF_OK);
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_int_equal(hf_zone_profile_make(lab.result.version, &signed_profile), HF_OK);
	/* Signing changes nothing that a profile counts. */
	assert_memory_equal(&unsigned_profile, &signed_profile, sizeof(signed_profile));
	struct hf_key_size key = hf_key_size(HF_ALG_ECDSAP256, 0);
	const struct hf_key_size keys[] = {key, key};
	const struct hf_zone_shape shape = {
	        .published = keys,
	        .published_count = 2,
	        .sign_keys = keys,
	        .sign_keys_count = 1,
	        .sign_data = keys,
	        .sign_data_count = 1,
	        .denial = {.kind = form->kind, .opt_out = (form->flags & HF_SIGN_OPT_OUT) != 0},
	        .zonemd = (form->flags & HF_SIGN_ZONEMD) != 0,
	};
	hf_zone_size(&unsigned_profile, &shape, &size);
	hf_version_count(lab.result.version, &counts);
	assert_int_equal(size.signatures, counts.signatures);
	assert_int_equal(size.records, counts.records);
	assert_close("wire", size.wire, counts.wire, 0.002);
	assert_close("memory", size.memory, counts.memory, 0.005);
	lab_done(&lab);
}

static void test_signed_zones(void **state)
{
	static const struct form forms[] = {
	        {0, HF_DENIAL_NSEC},
	        {HF_SIGN_ZONEMD, HF_DENIAL_NSEC},
	        {HF_SIGN_NSEC3, HF_DENIAL_NSEC3},
	        {HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT, HF_DENIAL_NSEC3},
	};
	char *text = make_zone(100);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		check_form(text, &forms[i]);
	free(text);
}

static void test_answers_over_the_limit(void **state)
{
	struct hf_zone_profile profile;
	struct hf_zone_size one, two;
	struct hf_buf text = {0};
	/* 25 addresses: 28 + 13 + 25 × 16 = 441 bytes, and two RSA signatures of 295 more. */
	hf_put_text(&text, zone_head);
	for (unsigned i = 0; i < 25; i++)
		hf_put_format(&text, "large A 192.0.2.%u\n", i + 1);
	for (unsigned i = 0; i < 20; i++)
		hf_put_format(&text, "larger TXT \"%0100u\"\n", i + 1);
	hf_put_u8(&text, 0);
	struct hf_version *zone = lab_zone((const char *)text.data, NULL);
	assert_int_equal(hf_zone_profile_make(zone, &profile), HF_OK);
	struct hf_key_size rsa = hf_key_size(HF_ALG_RSASHA256, 4096);
	const struct hf_key_size keys[] = {rsa, rsa};
	struct hf_zone_shape shape = {.published = keys,
	        .published_count = 2,
	        .sign_keys = keys,
	        .sign_keys_count = 1,
	        .sign_data = keys,
	        .sign_data_count = 1};
	hf_zone_size(&profile, &shape, &one);
	shape.sign_data_count = 2;
	hf_zone_size(&profile, &shape, &two);
	assert_int_equal(one.truncated, 1); /* the TXT RRset alone */
	assert_int_equal(two.truncated, 2); /* 441 + 2 × 549 */
	assert_true(two.typical > one.typical + 500);
	assert_true(two.negative > one.negative + 3 * 500);
	shape.sign_data_count = 0;
	hf_zone_size(&profile, &shape, &one);
	assert_int_equal(one.signatures, 0);
	assert_int_equal(one.dnskey, 0);
	assert_int_equal(one.wire, profile.wire);
	hf_version_unref(zone);
	hf_buf_done(&text);
}

static void test_ttls(void **state)
{
	struct hf_zone_profile profile;
	struct hf_version *zone = lab_zone(zone_head, NULL);
	assert_int_equal(hf_zone_profile_make(zone, &profile), HF_OK);
	assert_int_equal(profile.largest_ttl, 86400);
	assert_int_equal(profile.denial_ttl, 900);
	/* wild; b.c.d, c.d, d; e.f and f, which are above an insecure delegation only. */
	assert_int_equal(profile.empties, 1 + 3 + 2);
	assert_int_equal(profile.insecure_empties, 2);
	hf_version_unref(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_root),
	        cmocka_unit_test(test_key_sizes),
	        cmocka_unit_test(test_signed_zones),
	        cmocka_unit_test(test_answers_over_the_limit),
	        cmocka_unit_test(test_ttls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
