/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the check before signing says of inputs, and what it costs a zone to lose its DNSSEC
 * records or to get another serial.
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
#include "pipeline/intake.h"
#include "pipeline/plainzone.h"
#include "sign/sign.h"

#define APEX "$TTL 600\n@ SOA ns host %u 1 1 %u 300\n@ NS ns\nns A 192.0.2.1\n"
#define MANY 50

static struct hf_version *zone(unsigned serial, unsigned expire, const char *more)
{
	char text[8192];
	int len = snprintf(text, sizeof(text), APEX, serial, expire);
	snprintf(text + len, sizeof(text) - (size_t)len, "%s", more);
	return lab_zone(text, "example.");
}

static struct hf_intake_verdict judge(const struct hf_intake_question *question)
{
	struct hf_intake_verdict verdict;
	struct hf_pool *pool = NULL;
	assert_int_equal(hf_pool_new(1, &pool), HF_OK);
	assert_int_equal(hf_intake_judge(question, pool, NULL, NULL, &verdict), HF_OK);
	hf_pool_free(pool);
	assert_true(verdict.text[0] != '\0');
	return verdict;
}

static void assert_judged(struct hf_version *before, struct hf_version *input,
        const struct hf_policy *policy, enum hf_intake_result result, const char *words)
{
	const struct hf_intake_question question = {
	        .before = before, .input = input, .policy = policy, .at = LAB_AT};
	struct hf_intake_verdict verdict = judge(&question);
	if (verdict.result != result || strstr(verdict.text, words) == NULL)
		fail_msg("result %d: %s", verdict.result, verdict.text);
	hf_version_unref(input);
}

static void test_apex(void **data)
{
	(void)data;
	struct hf_policy policy;
	hf_policy_init(&policy);
	assert_judged(NULL, zone(1, 1000, ""), &policy, HF_INTAKE_PASSED, "2 names");
	policy.secondaries.expire = 500;
	assert_judged(NULL, zone(1, 1000, ""), &policy, HF_INTAKE_FAILED,
	        "SOA expire field is 1000 s; the policy allows 500 s");
	assert_judged(NULL, zone(1, 500, ""), &policy, HF_INTAKE_PASSED, "");
	assert_judged(NULL,
	        lab_zone("@ 600 SOA ns host 1 1 1 1 1\nns 600 A 192.0.2.1\n", "example."), &policy,
	        HF_INTAKE_FAILED, "no NS record at the apex");
	assert_judged(NULL, lab_zone("@ 600 NS ns\nns 600 A 192.0.2.1\n", "example."), &policy,
	        HF_INTAKE_FAILED, "exactly one SOA record");
	/* One name server at least must be found. */
	assert_judged(NULL, lab_zone("@ 600 SOA ns host 1 1 1 1 1\n@ 600 NS ns\n", "example."),
	        &policy, HF_INTAKE_FAILED, "none of the zone's name servers has an address");
	assert_judged(NULL,
	        lab_zone("@ 600 SOA ns host 1 1 1 1 1\n@ 600 NS ns\n@ 600 NS ns.other.\n",
	                "example."),
	        &policy, HF_INTAKE_PASSED, "1 names");
}

static void test_serials(void **data)
{
	(void)data;
	static const struct {
		uint32_t before, after;
		enum hf_intake_result result;
	} cases[] = {
	        {1, 2, HF_INTAKE_PASSED},
	        {2, 1, HF_INTAKE_FAILED},
	        {4294967295, 0, HF_INTAKE_PASSED},
	        {0, 4294967295, HF_INTAKE_FAILED},
	        {0, 2147483647, HF_INTAKE_PASSED},
	        /* Half the circle apart neither comes before the other. */
	        {0, 2147483648, HF_INTAKE_FAILED},
	        {7, 7, HF_INTAKE_FAILED},
	};
	struct hf_policy policy;
	hf_policy_init(&policy);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_version *before = zone(cases[i].before, 1, "");
		assert_judged(before, zone(cases[i].after, 1, "a A 192.0.2.2\n"), &policy,
		        cases[i].result, "");
		assert_judged(
		        before, zone(cases[i].before, 1, ""), &policy, HF_INTAKE_SAME, "same");
		hf_version_unref(before);
	}
}

/* Names, delegations and DS RRsets are counted each for itself. */
static void test_sizes(void **data)
{
	(void)data;
	struct hf_policy policy;
	struct hf_buf all = {.data = NULL}, fewer = {.data = NULL}, unsafe = {.data = NULL};
	hf_policy_init(&policy);
	for (unsigned i = 0; i < MANY; i++) {
		const char *ds =
		        "DS 1 13 2 0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D"
		        "1E1F20";
		hf_put_format(&all, "d%u NS ns\nd%u %s\nh%u A 192.0.2.3\n", i, i, ds, i);
		hf_put_format(&unsafe, "d%u NS ns\nh%u A 192.0.2.3\n", i, i);
		if (i < MANY - 6)
			hf_put_format(&fewer, "d%u NS ns\nd%u %s\n", i, i, ds);
		hf_put_format(&fewer, "h%u A 192.0.2.3\n", i);
	}
	hf_put_u8(&all, 0);
	hf_put_u8(&fewer, 0);
	hf_put_u8(&unsafe, 0);
	struct hf_version *before = zone(1, 1, (char *)all.data);
	/* 6 of 102 names are few, 6 of 50 delegations are not. */
	assert_judged(before, zone(2, 1, (char *)fewer.data), &policy, HF_INTAKE_REMOVAL,
	        "6 of 50 delegations, more than the 10 per cent");
	assert_judged(before, zone(2, 1, (char *)unsafe.data), &policy, HF_INTAKE_REMOVAL,
	        "50 of 50 DS RRsets");
	assert_judged(before, zone(2, 1, ""), &policy, HF_INTAKE_REMOVAL, "100 of 102 names");
	policy.largest_removal = 12;
	assert_judged(
	        before, zone(2, 1, (char *)fewer.data), &policy, HF_INTAKE_PASSED, "96 names");
	policy.largest_removal = 100;
	assert_judged(before, zone(2, 1, ""), &policy, HF_INTAKE_PASSED, "100 gone");
	/* Counting on from a change is as counting anew. */
	struct hf_version *input = zone(2, 1, (char *)fewer.data);
	const struct hf_intake_question question = {
	        .before = before, .input = input, .policy = &policy, .at = LAB_AT};
	struct hf_intake_verdict verdict = judge(&question);
	assert_int_equal(verdict.sizes.names, 96);
	assert_int_equal(verdict.sizes.delegations, MANY - 6);
	assert_int_equal(verdict.sizes.secure, MANY - 6);
	assert_int_equal(verdict.removed, 6);
	hf_version_unref(input);
	hf_version_unref(before);
	hf_buf_done(&all);
	hf_buf_done(&fewer);
	hf_buf_done(&unsafe);
}

/* What is signed comes back from the signed zone as it went in. */
static void test_strip(void **data)
{
	(void)data;
	for (unsigned nsec3 = 0; nsec3 < 2; nsec3++) {
		struct lab lab;
		struct hf_version *plain = NULL, *numbered = NULL;
		struct hf_buf text = {.data = NULL};
		hf_put_format(&text, APEX "a TXT \"x\"\nb.c A 192.0.2.2\n", 7u, 1u);
		hf_put_u8(&text, 0);
		lab_init(&lab, (char *)text.data, "example.");
		lab_csk(&lab.keys, "example.");
		lab.options.flags |= HF_SIGN_ZONEMD | (nsec3 != 0 ? HF_SIGN_NSEC3 : 0);
		lab.options.serial = HF_SERIAL_INCREMENT;
		assert_int_equal(lab_sign(&lab), HF_OK);
		assert_int_equal(hf_plain_strip(lab.result.version, &plain), HF_OK);
		assert_false(hf_version_summary(plain).has_expiry);
		assert_int_equal(hf_plain_set_serial(plain, 7, &numbered), HF_OK);
		const struct hf_policy *policy =
		        &(struct hf_policy){.largest_removal = 100, .signatures.refresh = 100000};
		assert_judged(lab.zone, numbered, policy, HF_INTAKE_SAME, "same");
		/* A plain zone is not copied. */
		struct hf_version *again = NULL;
		assert_int_equal(hf_plain_strip(plain, &again), HF_OK);
		assert_ptr_equal(again, plain);
		hf_version_unref(again);
		hf_version_unref(plain);
		hf_buf_done(&text);
		lab_done(&lab);
	}
	struct hf_version *bare = lab_zone("a 600 A 192.0.2.1\n", "example."), *none = NULL;
	assert_int_equal(hf_plain_set_serial(bare, 7, &none), HF_ERR_NOTFOUND);
	hf_version_unref(bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_apex),
	        cmocka_unit_test(test_serials),
	        cmocka_unit_test(test_sizes),
	        cmocka_unit_test(test_strip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
