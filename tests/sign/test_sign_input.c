/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zones and options that cannot be signed, and what is said about them. */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "ex. 300 SOA ns.ex. h.ex. 7 2 3 4 200\nex. 300 NS ns.ex.\n"
#define DS   "DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"

struct refusal {
	const char *zone;
	const char *says;
};

static const struct refusal refusals[] = {
        {"ex. 300 NS ns.ex.\n", "ex. has no SOA record"},
        {"ex. 300 SOA ns.ex. h.ex. 7 2 3 4 200\n", "ex. has no NS records"},
        {HEAD "ex. 300 SOA ns.ex. h.ex. 8 2 3 4 200\n", "ex. SOA: several records"},
        {HEAD "a.ex. 300 SOA ns.ex. h.ex. 8 2 3 4 200\n", "a.ex. SOA: belongs at the apex only"},
        {HEAD "a.ex. 300 CNAME b.ex.\na.ex. 300 TXT x\n", "a.ex. TXT: stands beside a CNAME"},
        {HEAD "ex. 300 CNAME b.ex.\n", "ex. SOA: stands beside a CNAME"},
        {HEAD "a.ex. 300 CNAME b.ex.\na.ex. 300 CNAME c.ex.\n", "a.ex. CNAME: several records"},
        {HEAD "a.ex. 300 DNAME b.ex.\na.ex. 300 DNAME c.ex.\n", "a.ex. DNAME: several records"},
        {HEAD "a.ex. 300 DNAME b.ex.\na.ex. 300 NS c.ex.\n", "a.ex. DNAME: a delegation cannot"},
        {HEAD "ex. 300 " DS, "ex. DS: belongs into the parent zone"},
        {HEAD "a.ex. 300 " DS, "a.ex. DS: there is no delegation"},
        {HEAD "a.ex. 300 DNSKEY 256 3 8 AwEAAcw=\n", "a.ex. DNSKEY: belongs at the apex only"},
        {HEAD "a.ex. 300 CDS 0 0 0 00\n", "a.ex. CDS: belongs at the apex only"},
        {HEAD "a.ex. 300 NSEC b.ex. A\n", "a.ex. NSEC: signed already (RRSIG"},
        {HEAD "ex. 300 NSEC3PARAM 1 0 0 -\n", "ex. NSEC3PARAM: signed already (RRSIG"},
        {HEAD "a.ex. 300 A 192.0.2.1\n"
              "a.ex. 300 RRSIG A 13 2 300 20260101000000 20250101000000 1 ex. AAAA\n",
                "a.ex. A: signed already (RRSIG"},
        {HEAD "a.ex. 300 NS b.ex.\n"
              "b.a.ex. 300 RRSIG A 13 2 300 20260101000000 20250101000000 1 ex. AAAA\n",
                "b.a.ex. A: signed already (RRSIG"},
        {HEAD "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.ex. 300 NSEC3 1 0 0 - "
              "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n",
                "NSEC3: signed already (RRSIG"},
        {HEAD "other. 300 A 192.0.2.1\n", "other. A: is outside the zone"},
        {HEAD "a.ex. 2000000 A 192.0.2.1\n",
                "a.ex. A: caches would keep it beyond the end of its signatures: the TTL is "
                "2000000 s"},
};

static void test_refusals(void **unused)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct lab lab;
		lab_init(&lab, refusals[i].zone, "ex.");
		lab_csk(&lab.keys, "ex.");
		assert_int_equal(lab_sign(&lab), HF_ERR_REFUSED);
		lab_assert_says(&lab.diag, refusals[i].says);
		lab_done(&lab);
	}
}

/* None of these is ours to sign, so none is in the way. */
static void test_below_a_cut_nothing_matters(void **unused)
{
	struct lab lab;
	lab_init(&lab,
	        HEAD "a.ex. 9000000 NS b.a.ex.\nb.a.ex. 9000000 A 192.0.2.1\n"
	             "c.a.ex. 300 CNAME d.ex.\nc.a.ex. 300 TXT x\nd.a.ex. 300 " DS
	             "d.ex. 300 DNAME e.ex.\nf.d.ex. 300 SOA a. b. 1 2 3 4 5\n",
	        "ex.");
	lab_csk(&lab.keys, "ex.");
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_done(&lab);
}

/* Zone, keys and previous version are judged together, and repeats are counted. */
static void test_all_at_once(void **unused)
{
	static const char head[] = HEAD "y.ex. 300 " DS;
	char text[16384];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", head);
	for (unsigned i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		        "x%u.ex. 300 CNAME a.ex.\nx%u.ex. 300 TXT t\n", i, i);
	struct lab lab;
	lab_init(&lab, text, NULL);
	lab.jobs = 2;
	lab.previous = lab_zone("other. 300 SOA a. b. 1 2 3 4 5\n", NULL);
	assert_int_equal(lab_sign(&lab), HF_ERR_REFUSED);
	lab_assert_says(&lab.diag, "97 more like this: stands beside a CNAME");
	lab_assert_says(&lab.diag, "y.ex. DS: there is no delegation");
	lab_assert_says(&lab.diag, "no keys for ex.");
	lab_assert_says(&lab.diag, "the previous version is of other., not of ex.");
	assert_int_equal(lab.diag.count, 7);
	hf_version_unref(lab.previous);
	lab_done(&lab);
}

static void test_differing_ttls(void **unused)
{
	struct lab lab;
	struct hf_rrset set;
	lab_init(&lab, HEAD "a.ex. 300 A 192.0.2.1\na.ex. 200 A 192.0.2.2\n", NULL);
	lab_csk(&lab.keys, "ex.");
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_assert_says(&lab.warnings, "a.ex. A: records with different TTLs");
	lab_set(lab.result.version, "a.ex.", KNOT_RRTYPE_A, &set);
	assert_int_equal(set.ttl, 200);
	lab_done(&lab);
}

static void refuse_options(const struct hf_sign_options *options, const char *says)
{
	struct lab lab;
	lab_init(&lab, HEAD, NULL);
	lab_csk(&lab.keys, "ex.");
	lab.options = *options;
	assert_int_equal(lab_sign(&lab), HF_ERR_INVALID);
	lab_assert_says(&lab.diag, says);
	lab_done(&lab);
}

static void test_options(void **unused)
{
	struct hf_sign_options good, options;
	hf_sign_options_init(&good, LAB_AT);
	options = good;
	options.validity = 0;
	refuse_options(&options, "correct --validity");
	options = good;
	options.inception_offset = -1;
	refuse_options(&options, "correct --inception-offset");
	options = good;
	options.spread = good.validity - good.refresh;
	refuse_options(&options, "--spread and --refresh together");
	options = good;
	options.flags = HF_SIGN_OPT_OUT;
	refuse_options(&options, "no opt-out without NSEC3");
	options = good;
	options.salt_len = 1;
	refuse_options(&options, "without NSEC3");
	options = good;
	options.flags = HF_SIGN_NSEC3;
	options.iterations = HF_SIGN_ITERATIONS_MAX + 1;
	refuse_options(&options, "at most 50");
	options = good;
	options.at = HF_TIME_NONE;
	refuse_options(&options, "no point in time");
}

static void test_dnskey_ttl_too_long(void **unused)
{
	struct lab lab;
	lab_init(&lab, HEAD, NULL);
	lab_csk(&lab.keys, "ex.");
	lab.options.flags = HF_SIGN_DNSKEY_TTL;
	lab.options.dnskey_ttl = 5000000;
	assert_int_equal(lab_sign(&lab), HF_ERR_REFUSED);
	lab_assert_says(&lab.diag, "ex. DNSKEY: caches would keep it beyond");
	lab_done(&lab);
}

/* A zone's name may be so long that no hash fits in front of it. */
static void test_name_too_long_for_nsec3(void **unused)
{
	char label[64], text[1024];
	struct lab lab;

	memset(label, 'x', 60);
	label[60] = '\0';
	snprintf(text, sizeof(text), "%s.%s.%s.%.40s. 300 SOA ns.test. h.test. 1 2 3 4 5\n", label,
	        label, label, label);
	size_t len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "%s.%s.%s.%.40s. 300 NS ns.test.\n", label, label,
	        label, label);
	lab_init(&lab, text, NULL);
	char apex[HF_NAME_TEXT];
	lab_csk(&lab.keys, hf_name_text(hf_version_apex(lab.zone), apex));
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab.options.flags = HF_SIGN_NSEC3;
	assert_int_equal(lab_sign(&lab), HF_ERR_REFUSED);
	lab_assert_says(&lab.diag, "leaves no room for NSEC3");
	lab_done(&lab);
}

/* What was signed before can be signed again, and nothing of the old is left. */
static void test_resign(void **unused)
{
	struct lab lab;
	lab_init(&lab,
	        HEAD "a.ex. 300 A 192.0.2.1\nb.c.ex. 300 A 192.0.2.1\n"
	             "d.ex. 300 NS e.d.ex.\ne.d.ex. 300 A 192.0.2.1\n",
	        NULL);
	lab_csk(&lab.keys, "ex.");
	lab.options.flags = HF_SIGN_NSEC3;
	assert_int_equal(lab_sign(&lab), HF_OK);
	hf_version_unref(lab.zone);
	lab.zone = hf_version_ref(lab.result.version);
	assert_int_equal(lab_sign(&lab), HF_ERR_REFUSED);
	hf_diag_done(&lab.diag);
	hf_diag_init(&lab.diag, 10);
	lab.options.flags = HF_SIGN_RESIGN;
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_int_equal(hf_tree_count(hf_version_nsec3(lab.result.version)), 0);
	assert_false(lab_has(lab.result.version, "ex.", KNOT_RRTYPE_NSEC3PARAM));
	assert_true(lab_has(lab.result.version, "a.ex.", KNOT_RRTYPE_NSEC));
	struct hf_version_counts counts;
	hf_version_count(lab.result.version, &counts);
	assert_int_equal(counts.signatures, lab.result.made);
	lab_done(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_refusals),
	        cmocka_unit_test(test_below_a_cut_nothing_matters),
	        cmocka_unit_test(test_all_at_once),
	        cmocka_unit_test(test_differing_ttls),
	        cmocka_unit_test(test_options),
	        cmocka_unit_test(test_dnskey_ttl_too_long),
	        cmocka_unit_test(test_name_too_long_for_nsec3),
	        cmocka_unit_test(test_resign),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
