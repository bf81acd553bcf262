/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zone/load.h"
#include "zone/zonemd.h"

/* The zone of RFC 8976 appendix A.1, with its ZONEMD record, which must not count. */
static const char zone[] =
        "example. 86400 IN SOA ns1.example. admin.example. 2018031900 1800 900 604800 86400\n"
        "example. 86400 IN NS ns1.example.\n"
        "example. 86400 IN NS ns2.example.\n"
        "example. 86400 IN ZONEMD 2018031900 1 1 "
        "c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9"
        "a9713b3c9ae5cc27777f98b8e730044c\n"
        "ns1.example. 3600 IN A 203.0.113.63\n"
        "ns2.EXAMPLE. 3600 IN AAAA 2001:db8::63\n"
        "elsewhere. 3600 IN A 192.0.2.1\n";

static struct hf_version *load(const char *text)
{
	struct hf_load_options options = {.origin = "example."};
	struct hf_version *version = NULL;
	assert_int_equal(
	        hf_zone_load_text("t", text, strlen(text), &options, NULL, &version), HF_OK);
	return version;
}

static void digest_of_the_rfc(void **state)
{
	struct hf_version *version = load(zone);
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_zonemd zonemd;
	uint8_t digest[HF_ZONEMD_DIGEST_MAX];
	size_t len;
	assert_true(hf_node_find(hf_version_apex_node(version), KNOT_RRTYPE_ZONEMD, &set));
	assert_true(hf_rrset_first(&set, &rdata));
	assert_true(hf_zonemd_read(rdata, &zonemd));
	assert_int_equal(hf_zonemd_digest(version, 1, 1, digest, &len), HF_OK);
	assert_int_equal(len, 48);
	assert_int_equal(zonemd.digest_len, 48);
	assert_memory_equal(digest, zonemd.digest, 48);
	assert_int_equal(hf_zonemd_digest(version, 1, 2, digest, &len), HF_OK);
	assert_int_equal(len, 64);
	assert_int_equal(hf_zonemd_digest(version, 2, 1, digest, &len), HF_ERR_UNSUPPORTED);
	assert_int_equal(hf_zonemd_digest(version, 1, 3, digest, &len), HF_ERR_UNSUPPORTED);
	hf_version_unref(version);
}

static void digest_of(const char *text, uint8_t digest[HF_ZONEMD_DIGEST_MAX])
{
	struct hf_version *version = load(text);
	size_t len;
	assert_int_equal(hf_zonemd_digest(version, 1, 1, digest, &len), HF_OK);
	hf_version_unref(version);
}

static void every_record_counts(void **state)
{
	uint8_t first[HF_ZONEMD_DIGEST_MAX], other[HF_ZONEMD_DIGEST_MAX];
	static const char *const more[] = {"example. 86400 IN TXT x\n",
	        "z.example. 1 IN A 1.2.3.4\n",
	        "a.example. 1 IN RRSIG A 13 2 60 20380101000000 20200101000000 7 example. AAAA\n",
	        "example. 1 IN RRSIG SOA 13 1 60 20380101000000 20200101000000 7 example. AAAA\n",
	        "00000000000000000000000000000000.example. 1 IN NSEC3 1 0 0 - "
	        "00000000000000000000000000000001 A\n"};
	digest_of(zone, first);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		char text[sizeof(zone) + 200];
		snprintf(text, sizeof(text), "%s%s", zone, more[i]);
		digest_of(text, other);
		assert_memory_not_equal(first, other, 48);
	}
	/* Neither another ZONEMD record, nor its signature, nor what is outside the zone. */
	static const char *const less[] = {"example. 86400 IN ZONEMD 1 1 2 00\n",
	        "example. 1 IN RRSIG ZONEMD 13 1 60 20380101000000 20200101000000 7 example. "
	        "AAAA\n",
	        "a.elsewhere. 1 IN A 1.2.3.4\n"};
	for (size_t i = 0; i < sizeof(less) / sizeof(less[0]); i++) {
		char text[sizeof(zone) + 200];
		snprintf(text, sizeof(text), "%s%s", zone, less[i]);
		digest_of(text, other);
		assert_memory_equal(first, other, 48);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(digest_of_the_rfc),
	        cmocka_unit_test(every_record_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
