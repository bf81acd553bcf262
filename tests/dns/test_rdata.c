/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/bitmap.h"
#include "dns/rdata.h"
#include "dns/rdatatext.h"
#include "dns/rrset.h"

static struct hf_rdata rdata(const void *data, size_t len)
{
	return (struct hf_rdata){.data = data, .len = (uint16_t)len};
}

static void lower_case_where_it_belongs(void **state)
{
	uint8_t mx[] = "\0\5\3WWW\1A";
	assert_int_equal(hf_rdata_canonical(KNOT_RRTYPE_MX, mx, sizeof(mx)), HF_OK);
	assert_memory_equal(mx, "\0\5\3www\1a", sizeof(mx));
	/* RFC 6840 section 5.1: not in NSEC. */
	uint8_t nsec[] = "\1B\0\0\1\x40";
	assert_int_equal(hf_rdata_canonical(KNOT_RRTYPE_NSEC, nsec, sizeof(nsec) - 1), HF_OK);
	assert_memory_equal(nsec, "\1B\0\0\1\x40", sizeof(nsec) - 1);
	uint8_t txt[] = "\3ABC";
	assert_int_equal(hf_rdata_canonical(KNOT_RRTYPE_TXT, txt, 4), HF_OK);
	assert_memory_equal(txt, "\3ABC", 4);
	uint8_t naptr[] = "\0\1\0\2\1S\2Ab\0\1R\1G";
	assert_int_equal(hf_rdata_canonical(KNOT_RRTYPE_NAPTR, naptr, sizeof(naptr)), HF_OK);
	assert_memory_equal(naptr, "\0\1\0\2\1S\2Ab\0\1r\1g", sizeof(naptr));
	uint8_t unknown[] = "ANY BYTES";
	assert_int_equal(hf_rdata_canonical(65280, unknown, sizeof(unknown)), HF_OK);
	assert_string_equal((char *)unknown, "ANY BYTES");
}

static void malformed_rdata_is_refused(void **state)
{
	static const struct {
		uint16_t type;
		const char *bytes;
		uint16_t len;
	} bad[] = {
	        {KNOT_RRTYPE_A, "abc", 3},
	        {KNOT_RRTYPE_A, "abcde", 5},
	        {KNOT_RRTYPE_AAAA, "abc", 3},
	        {KNOT_RRTYPE_NS, "\377\377", 2},
	        {KNOT_RRTYPE_NS, "\1a\0x", 4},
	        {KNOT_RRTYPE_SOA, "\0\0\0\0", 4},
	        {KNOT_RRTYPE_MX, "\0", 1},
	        {KNOT_RRTYPE_NAPTR, "\0\1\0\2\377", 5},
	        {KNOT_RRTYPE_RRSIG, "\0\1\5\2", 4},
	        {KNOT_RRTYPE_NSEC, "", 0},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t copy[16] = {0};
		memcpy(copy, bad[i].bytes, bad[i].len);
		assert_int_equal(hf_rdata_canonical(bad[i].type, copy, bad[i].len), HF_ERR_SYNTAX);
	}
}

static void short_rdata_is_never_read_beyond(void **state)
{
	/* Every reader at every length of a long enough buffer: the sanitizer is the referee. */
	uint8_t bytes[64];
	memset(bytes, 1, sizeof(bytes));
	bytes[18] = 0; /* an early end of a name */
	for (uint16_t len = 0; len <= sizeof(bytes); len++) {
		uint8_t *exact = malloc(len > 0 ? len : 1);
		memcpy(exact, bytes, len);
		struct hf_rdata r = rdata(exact, len);
		struct hf_dnskey dnskey;
		struct hf_ds ds;
		struct hf_rrsig rrsig;
		struct hf_soa soa;
		struct hf_nsec nsec;
		struct hf_nsec3 nsec3;
		struct hf_nsec3_params params;
		struct hf_zonemd zonemd;
		assert_int_equal(hf_dnskey_read(r, &dnskey), len >= 4);
		assert_int_equal(hf_ds_read(r, &ds), len >= 5);
		assert_int_equal(hf_zonemd_read(r, &zonemd), len >= 6);
		assert_int_equal(hf_rrsig_read(r, &rrsig), len >= 19);
		assert_int_equal(hf_nsec3_read(r, &nsec3), len >= 8);
		assert_int_equal(hf_nsec3param_read(r, &params), len == 6);
		hf_soa_read(r, &soa);
		hf_nsec_read(r, &nsec);
		hf_dnskey_tag(r);
		free(exact);
	}
}

static void key_tags(void **state)
{
	/* The DNSKEY of RFC 4034 section 5.4 is checked in crypto; here: the sum and its carry. */
	static const uint8_t key[] = {0x01, 0x01, 3, 8, 0xff, 0xff, 0xff, 0xff};
	assert_int_equal(hf_dnskey_tag(rdata(key, 8)), 0x0409);
	static const uint8_t odd[] = {0x01, 0x00, 3, 8, 0x12};
	assert_int_equal(hf_dnskey_tag(rdata(odd, 5)), 0x0100 + 0x0308 + 0x1200);
	static const uint8_t md5[] = {1, 0, 3, 1, 9, 9, 0xab, 0xcd, 0xef};
	assert_int_equal(hf_dnskey_tag(rdata(md5, 9)), 0xabcd);
	assert_int_equal(hf_dnskey_tag(rdata(odd, 3)), 0);
}

static void labels_of_hashes(void **state)
{
	/* RFC 4648 section 10, "fooba" repeated: CPNMUOJ1. */
	char label[HF_NSEC3_LABEL];
	uint8_t hash[HF_NSEC3_HASH_LEN], back[HF_NSEC3_HASH_LEN + 5];
	memcpy(hash, "foobafoobafoobafooba", HF_NSEC3_HASH_LEN);
	hf_nsec3_label(hash, label);
	assert_memory_equal(label, "cpnmuoj1cpnmuoj1cpnmuoj1cpnmuoj1", HF_NSEC3_LABEL);
	srand(2);
	size_t len;
	for (int i = 0; i < 1000; i++) {
		for (size_t j = 0; j < sizeof(hash); j++)
			hash[j] = (uint8_t)rand();
		hf_nsec3_label(hash, label);
		assert_true(hf_nsec3_unlabel((uint8_t *)label, sizeof(label), back, &len));
		assert_int_equal(len, sizeof(hash));
		assert_memory_equal(hash, back, sizeof(hash));
	}
	assert_false(hf_nsec3_unlabel((const uint8_t *)"w", 1, back, &len));
	assert_false(hf_nsec3_unlabel((const uint8_t *)"c", 1, back, &len));
	assert_false(hf_nsec3_unlabel((const uint8_t *)"cp", 2, back, &len) && len != 1);
	assert_true(hf_nsec3_unlabel((const uint8_t *)"CO", 2, back, &len));
	assert_int_equal(back[0], 'f');
	assert_false(hf_nsec3_unlabel((const uint8_t *)"cp", 2, back, &len)); /* bits left over */
}

static void bitmaps(void **state)
{
	static const uint16_t types[] = {1, 15, 46, 47, 1234};
	/* RFC 4034 section 4.3 has this very bitmap. */
	static const uint8_t want[2 + 6 + 2 + 27] = {
	        0, 6, 0x40, 0x01, 0, 0, 0, 0x03, 4, 27, [sizeof(want) - 1] = 0x20};
	struct hf_buf out = {0};
	hf_bitmap_put(&out, types, 5);
	assert_int_equal(out.len, sizeof(want));
	assert_memory_equal(out.data, want, sizeof(want));
	assert_true(hf_bitmap_valid(out.data, out.len));
	int type = -1;
	for (int i = 0; i < 5; i++) {
		type = hf_bitmap_next(out.data, out.len, type);
		assert_int_equal(type, types[i]);
		assert_true(hf_bitmap_has(out.data, out.len, types[i]));
	}
	assert_int_equal(hf_bitmap_next(out.data, out.len, type), -1);
	assert_false(hf_bitmap_has(out.data, out.len, 2));
	assert_false(hf_bitmap_has(out.data, out.len, 65000));
	assert_true(hf_bitmap_valid(NULL, 0));
	static const uint8_t bad[][4] = {{0, 1, 0, 0}, {0, 0, 0, 0}, {0, 33, 1, 1}, {0, 2, 1, 0}};
	for (size_t i = 0; i < 4; i++)
		assert_false(hf_bitmap_valid(bad[i], 4));
	static const uint8_t unordered[] = {1, 1, 1, 0, 1, 1};
	assert_false(hf_bitmap_valid(unordered, 6));
	hf_buf_done(&out);
}

static void text(uint16_t type, const void *bytes, size_t len, const char *want)
{
	struct hf_buf out = {0};
	assert_int_equal(hf_rdata_text(type, rdata(bytes, len), &out), HF_OK);
	hf_put_u8(&out, 0);
	assert_string_equal((char *)out.data, want);
	hf_buf_done(&out);
}

static void presentation(void **state)
{
	text(KNOT_RRTYPE_A, "\300\0\2\1", 4, "192.0.2.1");
	text(KNOT_RRTYPE_NS, "\2ns\1e\0", 6, "ns.e.");
	text(KNOT_RRTYPE_TXT, "\3a\"b", 4, "\"a\\\"b\"");
	text(65280, "\1\2\3", 3, "\\# 3 010203");
	text(KNOT_RRTYPE_A, "\1\2\3", 3, "\\# 3 010203"); /* malformed: as RFC 3597 has it */
	uint8_t large[UINT16_MAX];
	memset(large, 0xa5, sizeof(large));
	struct hf_buf out = {0};
	assert_int_equal(hf_rdata_text(65280, rdata(large, sizeof(large)), &out), HF_OK);
	assert_true(out.len > 2 * sizeof(large));
	hf_buf_done(&out);
}

/* Each type's name is libknot's, and the way back agrees where there is one. */
static void types_as_libknot_names_them(void **state)
{
	unsigned frequent = 0;
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		char ours[HF_TYPE_TEXT], theirs[HF_TYPE_TEXT];
		uint16_t back;
		assert_true(knot_rrtype_to_string((uint16_t)type, theirs, sizeof(theirs)) > 0);
		assert_string_equal(hf_type_text((uint16_t)type, ours), theirs);
		uint16_t common = hf_type_common(ours, strlen(ours));
		assert_true(common == 0 || common == type);
		assert_int_equal(hf_type_from_text(ours, &back), HF_OK);
		assert_int_equal(back, type);
		frequent += common != 0;
	}
	assert_true(frequent > 10);
	assert_int_equal(hf_type_common("NSE", 3), 0);
	assert_int_equal(hf_type_common("ns", 2), 0);
}

/* Dates where zone file readers take them, whatever the clock says; then plain numbers. */
static void stamps_of_signatures(void **state)
{
	static const struct {
		uint32_t stamp;
		const char *want;
	} cases[] = {
	        {0, "A 13 1 300 19700101000000 19700101000000 7 e. c2ln"},
	        {UINT32_C(2147483648), "A 13 1 300 20380119031408 20380119031408 7 e. c2ln"},
	        {UINT32_C(4291747199), "A 13 1 300 21051231235959 21051231235959 7 e. c2ln"},
	        {UINT32_C(4291747200), "A 13 1 300 4291747200 4291747200 7 e. c2ln"},
	        {UINT32_MAX, "A 13 1 300 4294967295 4294967295 7 e. c2ln"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_rrsig rrsig = {.covered = KNOT_RRTYPE_A,
		        .algorithm = 13,
		        .labels = 1,
		        .ttl = 300,
		        .expiration = cases[i].stamp,
		        .inception = cases[i].stamp,
		        .tag = 7,
		        .signer = {3, {1, 'e', 0}},
		        .signature = (const uint8_t *)"sig",
		        .signature_len = 3};
		struct hf_buf sig = {0};
		hf_rrsig_put(&sig, &rrsig);
		text(KNOT_RRTYPE_RRSIG, sig.data, sig.len, cases[i].want);
		hf_buf_done(&sig);
	}
	/* RFC 4648 section 10, behind the fixed fields. */
	static const char *const base64[] = {"Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE="};
	for (size_t i = 0; i < 5; i++) {
		uint8_t bytes[64] = {0, 1, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
		char want[128];
		memcpy(bytes + 19, "fooba", i + 1);
		snprintf(want, sizeof(want), "A 13 0 0 19700101000000 19700101000000 0 . %s",
		        base64[i]);
		text(KNOT_RRTYPE_RRSIG, bytes, 19 + i + 1, want);
	}
}

static void signed_bytes_of_a_wildcard(void **state)
{
	struct hf_name owner, signer;
	assert_int_equal(hf_name_from_text("X.y.Example.", &owner), HF_OK);
	assert_int_equal(hf_name_from_text("EXAMPLE.", &signer), HF_OK);
	struct hf_rrsig rrsig = {.covered = KNOT_RRTYPE_A,
	        .algorithm = 13,
	        .labels = 1,
	        .ttl = 300,
	        .expiration = 2,
	        .inception = 1,
	        .tag = 7,
	        .signer = signer,
	        .signature = (const uint8_t *)"sig",
	        .signature_len = 3};
	struct hf_buf sig = {0}, out = {0};
	hf_rrsig_put(&sig, &rrsig);
	static const uint8_t packed[] = {0, 4, 192, 0, 2, 1, 0, 4, 192, 0, 2, 2};
	struct hf_rrset set = {.type = KNOT_RRTYPE_A,
	        .rr_count = 2,
	        .ttl = 20,
	        .rrs = packed,
	        .rrs_len = sizeof(packed)};
	assert_int_equal(hf_signed_data(&owner, &set, rdata(sig.data, sig.len), &out), HF_OK);
	static const uint8_t want[] = "\0\1\15\1\0\0\1\54\0\0\0\2\0\0\0\1\0\7\7example\0"
	                              "\1*\7example\0\0\1\0\1\0\0\1\54\0\4\300\0\2\1"
	                              "\1*\7example\0\0\1\0\1\0\0\1\54\0\4\300\0\2\2";
	assert_int_equal(out.len, sizeof(want) - 1);
	assert_memory_equal(out.data, want, out.len);
	sig.data[3] = 4; /* more labels than the owner has */
	assert_int_equal(
	        hf_signed_data(&owner, &set, rdata(sig.data, sig.len), &out), HF_ERR_INVALID);
	assert_int_equal(hf_signed_data(&owner, &set, rdata(sig.data, 20), &out), HF_ERR_SYNTAX);
	hf_buf_done(&sig);
	hf_buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lower_case_where_it_belongs),
	        cmocka_unit_test(malformed_rdata_is_refused),
	        cmocka_unit_test(short_rdata_is_never_read_beyond),
	        cmocka_unit_test(key_tags),
	        cmocka_unit_test(labels_of_hashes),
	        cmocka_unit_test(bitmaps),
	        cmocka_unit_test(presentation),
	        cmocka_unit_test(types_as_libknot_names_them),
	        cmocka_unit_test(stamps_of_signatures),
	        cmocka_unit_test(signed_bytes_of_a_wildcard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
