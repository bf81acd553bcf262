/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policies: defaults, every setting back and forth, and every kind of error with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rollover/policy_table.h"

struct result {
	enum hf_err err;
	struct hf_policy policy;
	struct hf_diag warnings, diag;
};

static void parse(const char *text, const char *name, struct result *ret_result)
{
	memset(ret_result, 0, sizeof(*ret_result));
	hf_diag_init(&ret_result->warnings, HF_DIAG_LIMIT);
	hf_diag_init(&ret_result->diag, HF_DIAG_LIMIT);
	ret_result->err = hf_policy_parse("p.yaml", text, strlen(text), name, &ret_result->warnings,
	        &ret_result->diag, &ret_result->policy);
}

static void result_done(struct result *result)
{
	hf_diag_done(&result->warnings);
	hf_diag_done(&result->diag);
}

/* A NUL-terminated copy of a policy's text; the caller frees it. */
static char *text_of(const struct hf_policy *policy)
{
	struct hf_buf out = {0};
	hf_policy_put(policy, &out);
	hf_put_u8(&out, 0);
	assert_int_equal(hf_buf_check(&out), HF_OK);
	return (char *)out.data;
}

static void test_defaults(void **state)
{
	struct hf_policy policy;
	struct hf_diag warnings, diag;
	hf_policy_init(&policy);
	hf_diag_init(&warnings, HF_DIAG_LIMIT);
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(hf_policy_check(&policy, &warnings, &diag), HF_OK);
	assert_int_equal(warnings.count, 0);
	assert_int_equal(policy.model, HF_MODEL_KSK_ZSK);
	assert_int_equal(policy.roles[HF_ROLE_ZSK].lifetime, 90 * 86400);
	assert_int_equal(policy.roles[HF_ROLE_KSK].method, HF_METHOD_DOUBLE_KSK);
	assert_int_equal(policy.rollover.algorithm_method, HF_METHOD_CONSERVATIVE);
	assert_int_equal(policy.rollover.rules, HF_RULES_STRICT);
	assert_int_equal(policy.rollover.approvals,
	        HF_APPROVE_DS | HF_APPROVE_ALGORITHM | HF_APPROVE_SECURE | HF_APPROVE_INSECURE);
	assert_int_equal(policy.parent.digests, 1 << HF_DIGEST_SHA256);
	assert_int_equal(policy.signatures.refresh, 84 * 3600);
	hf_diag_done(&warnings);
	hf_diag_done(&diag);
}

/* The commented example is a policy, and it is the default one. */
static void test_example_is_default(void **state)
{
	struct hf_policy policy;
	struct result result;
	hf_policy_init(&policy);
	char *text = text_of(&policy);
	parse(text, NULL, &result);
	assert_int_equal(result.err, HF_OK);
	assert_memory_equal(&result.policy, &policy, sizeof(policy));
	free(text);
	result_done(&result);
}

/* Other values than the default, by kind: they have to be read, kept apart, and written again. */
static const char *other_value(const struct hf_setting *setting)
{
	static char text[64];
	switch (setting->kind) {
	case HF_SETTING_FLAG:
		return strcmp(setting->fallback, "yes") == 0 ? "no" : "yes";
	case HF_SETTING_COUNT:
		snprintf(text, sizeof(text), "%lld", (long long)setting->high - 1);
		return text;
	case HF_SETTING_SPAN:
		snprintf(text, sizeof(text), "%lld", (long long)setting->low + 61);
		return text;
	case HF_SETTING_CHOICE:
		/* The last one is never a default. */
		return strrchr(setting->choices, '|') + 1;
	case HF_SETTING_ALGORITHM:
		return "ed25519";
	case HF_SETTING_SET:
		return strchr(setting->choices, '4') != NULL ? "sha-384" : "removal";
	case HF_SETTING_PLACES:
		return "2001:db8::53@5353";
	}
	return NULL;
}

/* Each setting alone: its value goes to its member and to no other, and comes back as text. */
static void test_settings_round_trip(void **state)
{
	for (unsigned i = 0; i < HF_SETTINGS; i++) {
		const struct hf_setting *setting = &HF_SETTING_TABLE[i];
		struct hf_policy policy, expected;
		struct hf_buf text = {0}, again = {0};
		hf_policy_init(&policy);
		if (hf_setting_is_list(setting))
			hf_setting_clear(setting, &policy);
		expected = policy;
		assert_int_equal(hf_setting_read(setting, other_value(setting), &policy), HF_OK);
		memcpy((char *)&expected + setting->offset, (char *)&policy + setting->offset,
		        setting->size);
		assert_memory_equal(&policy, &expected, sizeof(policy));
		hf_setting_put(setting, &policy, &text);
		hf_policy_init(&expected);
		hf_setting_put(setting, &expected, &again);
		if (text.len == again.len && memcmp(text.data, again.data, text.len) == 0)
			fail_msg("%s.%s stays as it is", setting->section, setting->name);
		hf_buf_done(&text);
		hf_buf_done(&again);
	}
}

/* Policies whose settings fit together, each written and read back. */
static void test_policies_round_trip(void **state)
{
	static const char *const texts[] = {
	        "keys:\n  model: csk\n  dnskey-ttl: 2h\ncsk:\n  algorithm: 15\n  standby: 2\n"
	        "  standby-ds: yes\n  method: double-signature\n",
	        "denial:\n  kind: nsec3\n  opt-out: yes\nzone:\n  zonemd: yes\n"
	        "  largest-removal: 100\nrollover:\n  rules: liberal\n  approve: []\n"
	        "  second-change: refuse\n  algorithm-method: liberal\n",
	        "ksk:\n  method: double-ds\n  algorithm: rsasha256\n  bits: 3072\n"
	        "zsk:\n  algorithm: RSASHA256\n  method: double-signature\n  lifetime: 1w\n"
	        "alarms: {key-end: 1d, signature-end: 1h}\n",
	        "parent:\n  servers: [192.0.2.1, \"2001:db8::1\", 192.0.2.2@5300]\n"
	        "  digests: [sha-384, sha-256]\n  cds: no\nsecondaries: {servers: []}\n",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct result first, second;
		parse(texts[i], NULL, &first);
		assert_int_equal(first.err, HF_OK);
		char *text = text_of(&first.policy);
		parse(text, NULL, &second);
		assert_int_equal(second.err, HF_OK);
		assert_memory_equal(&first.policy, &second.policy, sizeof(first.policy));
		free(text);
		result_done(&first);
		result_done(&second);
	}
}

struct refusal {
	const char *text;
	unsigned line;
	const char *sentence; /* a part of it */
	enum hf_err err;
};

static void expect_refusal(const struct refusal *refusal)
{
	struct result result;
	parse(refusal->text, NULL, &result);
	if (result.err != refusal->err || result.diag.count != 1 ||
	        result.diag.entries[0].line != refusal->line ||
	        strstr(result.diag.entries[0].text, refusal->sentence) == NULL)
		fail_msg("for\n%s\nthere is error %d, %zu sentences, line %u: %s", refusal->text,
		        result.err, result.diag.count,
		        result.diag.count > 0 ? (unsigned)result.diag.entries[0].line : 0,
		        result.diag.count > 0 ? result.diag.entries[0].text : "");
	result_done(&result);
}

/* What no setting may look like. */
static void test_refused_settings(void **state)
{
	static const struct refusal refusals[] = {
	        {"keys:\n  modell: csk\n", 2, "no setting \"modell\" in the section keys", 0},
	        {"zone:\n  refresh: 1d\n", 2, "it belongs into the section signatures", 0},
	        {"zones:\n  zonemd: yes\n", 1, "no section \"zones\"", 0},
	        {"zone:\n  zonemd: yes\n\n  zonemd: no\n", 4, "set a second time", 0},
	        {"zone:\n  zonemd: yes\nzone:\n  largest-removal: 5\n", 3, "a second time", 0},
	        {"zone:\n  zonemd: maybe\n", 2, "\"maybe\" makes no sense; it takes yes or no", 0},
	        {"zone:\n  zonemd:\n", 2, "makes no sense", 0},
	        {"zone:\n  zonemd: [yes]\n", 2, "takes one value", 0},
	        {"zone:\n  zonemd: {a: [b, {c: d}]}\n", 2, "takes one value", 0},
	        {"zone:\n  largest-removal: 0\n", 2, "a number from 1 to 100", 0},
	        {"zone:\n  largest-removal: 99999999999999999999\n", 2, "not allowed", 0},
	        {"zone:\n  largest-removal: -5\n", 2, "makes no sense", 0},
	        {"zone: yes\n", 1, "indent them below it", 0},
	        {"keys:\n  dnskey-ttl: 0s\n", 2, "from 1s to 7d", 0},
	        {"keys:\n  dnskey-ttl: soon\n", 2, "\"soon\" makes no sense", 0},
	        {"ksk:\n  algorithm: rsasha1\n", 2, "not allowed", 0},
	        {"ksk:\n  algorithm: rot13\n", 2, "makes no sense", 0},
	        {"ksk:\n  method: pre-publication\n", 2, "double-ksk, double-ds or double-rrset",
	                0},
	        {"denial:\n  kind: nsec3\n  iterations: 51\n", 3, "a number from 0 to 50", 0},
	        {"parent:\n  servers: 192.0.2.1\n", 2, "put it in brackets", 0},
	        {"parent:\n  servers: [ns.example.]\n", 2, "IP addresses", 0},
	        {"parent:\n  servers: [192.0.2.1@0]\n", 2, "IP addresses", 0},
	        {"parent:\n  servers:\n  - 192.0.2.1\n  - 192.0.2.1\n", 4, "in the list twice", 0},
	        {"parent:\n  servers:\n  - 192.0.2.1\n  - [192.0.2.2]\n", 4, "plain words", 0},
	        {"rollover:\n  approve: [ds, dnskey]\n", 2, "a list in brackets of ds,", 0},
	        {"parent:\n  digests: [sha-1]\n", 2, "sha-256 or sha-384", 0},
	};
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct refusal refusal = refusals[i];
		refusal.err = HF_ERR_INVALID;
		expect_refusal(&refusal);
	}
}

/* Settings that are fine alone and not together. The line is the later one's. */
static void test_contradictions(void **state)
{
	static const struct refusal refusals[] = {
	        {"signatures:\n  refresh: 7d\n  validity: 7d\n", 3, "refresh is not shorter", 0},
	        {"signatures:\n  validity: 7d\n  jitter: 4d\n", 3, "jitter is not shorter", 0},
	        {"keys:\n  dnskey-ttl: 2d\nsignatures:\n  validity: 5d\n", 4,
	                "longer than a signature may have left", 0},
	        {"csk:\n  lifetime: 1y\n", 2, "makes no sense", 0},
	        {"csk:\n  method: double-signature\n", 2, "does not apply, because keys.model", 0},
	        {"keys:\n  model: csk\nzsk:\n  lifetime: 30d\n", 4, "keys.model is csk", 0},
	        {"denial:\n  kind: nsec\n  opt-out: yes\n", 3, "denial.kind is nsec", 0},
	        {"ksk:\n  algorithm: 8\n\nzsk:\n  algorithm: 13\n", 5, "differ", 0},
	        {"ksk:\n  algorithm: 8\n", 2, "differ", 0},
	        {"ksk:\n  bits: 384\n", 2, "no new keys of 384 bits", 0},
	        {"ksk:\n  standby-ds: yes\n", 2, "there are no standby keys", 0},
	        {"zsk:\n  lifetime: 14d\n", 2, "alarms.key-end", 0},
	        {"rollover:\n  lifetime-jitter: 90d\n", 2, "might be replaced at once", 0},
	        {"alarms:\n  signature-end: 4d\n", 2, "ring while all is well", 0},
	        {"parent:\n  digests: []\n", 2, "no DS record can be made", 0},
	        {"keys:\n  trust-anchor: yes\nksk:\n  method: double-ds\n", 4, "30 days", 0},
	        {"keys:\n  trust-anchor: yes\nksk:\n  lifetime: 60d\n"
	         "parent:\n  servers: [192.0.2.1]\n",
	                4, "too short for keys.trust-anchor", 0},
	};
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct refusal refusal = refusals[i];
		refusal.err = HF_ERR_INVALID;
		expect_refusal(&refusal);
	}
}

/* What is YAML and no policy, or not even YAML. */
static void test_refused_forms(void **state)
{
	static const struct refusal refusals[] = {
	        {"", 1, "holds no policy", HF_ERR_SYNTAX},
	        {"# nothing\n", 2, "holds no policy", HF_ERR_SYNTAX},
	        {"- keys\n", 1, "holds no policy", HF_ERR_SYNTAX},
	        {"keys:\n  model: 'csk\n", 3, "not readable as YAML", HF_ERR_SYNTAX},
	        {"keys:\n\tmodel: csk\n", 2, "not readable as YAML", HF_ERR_SYNTAX},
	        {"zone: &z {zonemd: yes}\n", 1, "an anchor has no place", HF_ERR_SYNTAX},
	        {"zone: *z\n", 1, "an alias has no place", HF_ERR_SYNTAX},
	        {"zone: !!map {zonemd: yes}\n", 1, "a tag has no place", HF_ERR_SYNTAX},
	        {"zone:\n  zonemd: \"yes\\0\"\n", 2, "a zero byte", HF_ERR_SYNTAX},
	        {"zone:\n  [a]: b\n", 2, "something that is not a setting", HF_ERR_SYNTAX},
	        {"zone:\n  zonemd: yes\n---\nzone:\n", 3, "second YAML document", HF_ERR_SYNTAX},
	        {"policies:\n  a: b\n", 2, "a policy has to be a mapping", HF_ERR_SYNTAX},
	        {"policies: []\n", 1, "\"policies\" has to be a mapping", HF_ERR_SYNTAX},
	        {"policies:\n  a: {}\nzone:\n  zonemd: yes\n", 3, "beside", HF_ERR_INVALID},
	        {"zone:\n  zonemd: yes\npolicies:\n  a: {}\n", 3, "no section", HF_ERR_INVALID},
	        {"policies:\n  a: {}\n  a: {}\n", 3, "second policy \"a\"", HF_ERR_INVALID},
	        {"policies: {}\n", 0, "holds no policy", HF_ERR_NOTFOUND},
	        {"policies: {a: {}, b: {}}\n", 0, "holds 2 policies", HF_ERR_NOTFOUND},
	};
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		expect_refusal(&refusals[i]);
}

static void test_several_policies(void **state)
{
	static const char text[] = "policies:\n"
	                           "  plain:\n"
	                           "    zone:\n"
	                           "      zonemd: yes\n"
	                           "  csk:\n"
	                           "    keys: {model: csk}\n";
	struct result result;
	parse(text, "csk", &result);
	assert_int_equal(result.err, HF_OK);
	assert_int_equal(result.policy.model, HF_MODEL_CSK);
	assert_false(result.policy.zonemd); /* nothing of the one before it */
	result_done(&result);
	parse(text, "plain", &result);
	assert_int_equal(result.err, HF_OK);
	assert_true(result.policy.zonemd);
	result_done(&result);
	parse(text, "other", &result);
	assert_int_equal(result.err, HF_ERR_NOTFOUND);
	result_done(&result);
	parse("zone: {zonemd: yes}\n", "plain", &result);
	assert_int_equal(result.err, HF_ERR_NOTFOUND);
	assert_non_null(strstr(result.diag.entries[0].text, "without a name"));
	result_done(&result);
	parse("zone: {zonemd: yes}\n", "default", &result);
	assert_int_equal(result.err, HF_OK);
	assert_true(result.policy.zonemd);
	result_done(&result);
	/* An error in a policy that was not asked for counts too. */
	parse("policies: {a: {}, b: {zone: {zonemd: 7}}}\n", "a", &result);
	assert_int_equal(result.err, HF_ERR_INVALID);
	result_done(&result);
}

static void test_every_error_in_one_run(void **state)
{
	struct result result;
	parse("zone:\n  zonemd: 7\n  nonsense: 1\nkeys:\n  model: zsk\n", NULL, &result);
	assert_int_equal(result.err, HF_ERR_INVALID);
	assert_int_equal(result.diag.count, 3);
	for (unsigned i = 0; i < 3; i++) {
		static const unsigned lines[] = {2, 3, 5};
		assert_int_equal(result.diag.entries[i].line, lines[i]);
		assert_string_equal(result.diag.entries[i].file, "p.yaml");
	}
	result_done(&result);
}

static void test_warnings(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *sentence;
	} cases[] = {
	        {"denial:\n  kind: nsec3\n  iterations: 1\n", 3, "RFC 9276"},
	        {"denial:\n  kind: nsec3\n  salt-length: 8\n", 3, "RFC 9276"},
	        {"ksk:\n  algorithm: 10\nzsk: {algorithm: 10}\n", 2, "does not recommend"},
	        {"ksk:\n  lifetime: 365d\n", 2, "parent.servers is empty"},
	        {"secondaries:\n  expire: 14d\n", 2, "cut off"},
	        {"keys:\n  dnskey-ttl: 5s\n", 2, "below a minute"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result;
		parse(cases[i].text, NULL, &result);
		assert_int_equal(result.err, HF_OK);
		assert_true(result.warnings.count >= 1);
		assert_int_equal(result.warnings.entries[0].line, cases[i].line);
		assert_non_null(strstr(result.warnings.entries[0].text, cases[i].sentence));
		result_done(&result);
	}
}

/* Work and memory are bounded: nesting, length, the number of policies. */
static void test_bounds(void **state)
{
	struct result result;
	size_t len = HF_POLICY_LIMIT + 1;
	char *text = malloc(len + 1);
	assert_non_null(text);
	memset(text, '[', len);
	text[len] = '\0';
	parse(text, NULL, &result);
	assert_int_equal(result.err, HF_ERR_LIMIT);
	result_done(&result);
	text[len - 1] = '\0';
	memcpy(text, "zone: ", 6);
	parse(text, NULL, &result);
	assert_int_equal(result.err, HF_ERR_LIMIT);
	result_done(&result);
	size_t at = (size_t)sprintf(text, "policies:\n");
	for (unsigned i = 0; i < 257; i++)
		at += (size_t)sprintf(text + at, "  p%u: {}\n", i);
	parse(text, "p0", &result);
	assert_int_equal(result.err, HF_ERR_LIMIT);
	assert_int_equal(result.diag.entries[0].line, 258);
	result_done(&result);
	at = (size_t)sprintf(text, "parent:\n  servers:\n");
	for (unsigned i = 0; i < 65; i++)
		at += (size_t)sprintf(text + at, "  - 192.0.2.%u\n", i);
	parse(text, NULL, &result);
	assert_int_equal(result.err, HF_ERR_INVALID);
	assert_int_equal(result.diag.entries[0].line, 67);
	result_done(&result);
	free(text);
}

/* A policy that no file went through is judged by the same bounds. */
static void test_check_of_bounds(void **state)
{
	struct hf_policy policy;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	hf_policy_init(&policy);
	policy.parent.delay = INT64_C(400) * 86400;
	policy.roles[HF_ROLE_KSK].method = HF_METHOD_LIBERAL;
	assert_int_equal(hf_policy_check(&policy, NULL, &diag), HF_ERR_INVALID);
	assert_int_equal(diag.count, 2);
	assert_non_null(strstr(diag.entries[0].text, "ksk.method is out of range"));
	assert_non_null(strstr(diag.entries[1].text, "parent.delay is out of range"));
	assert_null(diag.entries[0].file);
	hf_diag_done(&diag);
}

static void test_methods(void **state)
{
	enum hf_method method;
	for (unsigned i = 0; i < HF_METHODS; i++) {
		assert_true(hf_method_parse(hf_method_name(i), &method));
		assert_int_equal(method, i);
	}
	assert_false(hf_method_parse("both", &method));
	assert_true(hf_method_fits(HF_METHOD_DOUBLE_DS, HF_ROLE_KSK));
	assert_false(hf_method_fits(HF_METHOD_DOUBLE_DS, HF_ROLE_ZSK));
	assert_true(hf_method_fits(HF_METHOD_PRE_PUBLICATION, HF_ROLE_CSK));
	assert_false(hf_method_fits(HF_METHOD_LIBERAL, HF_ROLE_ZSK));
}

static void test_files(void **state)
{
	struct hf_diag diag;
	struct hf_policy policy;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(
	        hf_policy_read("/nonexistent/p.yaml", NULL, NULL, &diag, &policy), HF_ERR_IO);
	assert_int_equal(hf_policy_read("/", NULL, NULL, &diag, &policy), HF_ERR_IO);
	assert_int_equal(diag.count, 2);
	hf_diag_done(&diag);
}

static void test_single_settings(void **state)
{
	static const struct {
		const char *name, *value;
		enum hf_err err;
	} cases[] = {
	        {"zsk.method", "double-signature", HF_OK},
	        {"keys.dnskey-ttl", "2h", HF_OK},
	        {"rollover.approve", "ds removal", HF_OK},
	        {"parent.servers", "192.0.2.1 2001:db8::1@5300", HF_OK},
	        {"parent.servers", "", HF_OK},
	        {"zsk.method", "double-ds", HF_ERR_SYNTAX},
	        {"zsk.method", "best", HF_ERR_SYNTAX},
	        {"keys.dnskey-ttl", "0", HF_ERR_INVALID},
	        {"keys.dnskey-ttl", "", HF_ERR_SYNTAX},
	        {"rollover.approve", "ds ds", HF_ERR_INVALID},
	        {"rollover.approve", "ds nobody", HF_ERR_SYNTAX},
	        {"parent.servers", "192.0.2.1 here", HF_ERR_SYNTAX},
	        {"zsk", "double-signature", HF_ERR_NOTFOUND},
	        {"zsk.colour", "red", HF_ERR_NOTFOUND},
	        {"a-section-that-is-longer-than-all.method", "x", HF_ERR_NOTFOUND},
	        {"", "", HF_ERR_NOTFOUND},
	};
	struct hf_policy policy;
	struct hf_diag diag;
	hf_policy_init(&policy);
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_policy before = policy;
		size_t said = diag.count;
		assert_int_equal(
		        hf_policy_set(&policy, cases[i].name, cases[i].value, &diag), cases[i].err);
		assert_int_equal(diag.count, said + (cases[i].err != HF_OK));
		if (cases[i].err != HF_OK)
			assert_memory_equal(&policy, &before, sizeof(policy));
	}
	assert_int_equal(policy.roles[HF_ROLE_ZSK].method, HF_METHOD_DOUBLE_SIGNATURE);
	assert_int_equal(policy.dnskey_ttl, 7200);
	assert_int_equal(policy.rollover.approvals, HF_APPROVE_DS | HF_APPROVE_REMOVAL);
	assert_int_equal(policy.parent.servers.count, 0);
	hf_diag_done(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_defaults),
	        cmocka_unit_test(test_example_is_default),
	        cmocka_unit_test(test_settings_round_trip),
	        cmocka_unit_test(test_policies_round_trip),
	        cmocka_unit_test(test_refused_settings),
	        cmocka_unit_test(test_contradictions),
	        cmocka_unit_test(test_refused_forms),
	        cmocka_unit_test(test_several_policies),
	        cmocka_unit_test(test_every_error_in_one_run),
	        cmocka_unit_test(test_warnings),
	        cmocka_unit_test(test_single_settings),
	        cmocka_unit_test(test_bounds),
	        cmocka_unit_test(test_check_of_bounds),
	        cmocka_unit_test(test_methods),
	        cmocka_unit_test(test_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
