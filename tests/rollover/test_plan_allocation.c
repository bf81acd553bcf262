/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in policies and plans: HF_ERR_NOMEM or the whole result, and no leak.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "rollover/plan.h"

#define AT 1767225600 /* 2026-01-01T00:00:00Z */

static enum hf_err parse(const char *text)
{
	struct hf_policy policy;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_policy_parse("p", text, strlen(text), "a", &diag, &diag, &policy);
	hf_diag_done(&diag);
	return err;
}

static enum hf_err parse_good(const void *context)
{
	return parse("policies:\n"
	             "  a: {denial: {kind: nsec3, iterations: 1}, parent: {servers: [192.0.2.1]}}\n"
	             "  b: {keys: {model: csk}}\n"
	             "  c: {}\n  d: {}\n  e: {}\n  f: {}\n  g: {}\n  h: {}\n  i: {}\n");
}

static enum hf_err parse_bad(const void *context)
{
	return parse("policies:\n  a: {zone: {zonemd: 7, other: 1}, keys: {model: zsk}}\n"
	             "  b: {denial: {iterations: many}, rollover: {approve: [nobody]}}\n");
}

static void test_policies(void **state)
{
	sweep("policy", parse_good, NULL, HF_OK);
	sweep("policy with errors", parse_bad, NULL, HF_ERR_INVALID);
}

/* Keys of the zone; their bytes are no points on the curve, which a plan does not ask for. */
static uint8_t ksk[68] = {1, 1, 3, HF_ALG_ECDSAP256, 77};
static uint8_t zsk[68] = {1, 0, 3, HF_ALG_ECDSAP256, 78};

struct wish {
	struct hf_roll_start start;
	bool emergency;
};

static enum hf_err make_plan(const void *context)
{
	const struct wish *wish = context;
	static const struct hf_zone_profile profile = {
	        .apex = 9, .names = 2, .rrsets = 3, .largest_ttl = 3600};
	const unsigned uses = HF_USE_PUBLISHED | HF_USE_SIGNS;
	const struct hf_plan_key keys[] = {
	        {{ksk, sizeof(ksk)}, HF_ROLE_KSK, uses | HF_USE_DS, AT},
	        {{zsk, sizeof(zsk)}, HF_ROLE_ZSK, uses, AT},
	};
	struct hf_policy policy;
	struct hf_name zone;
	struct hf_diag diag;
	struct hf_plan *plan = NULL;
	hf_policy_init(&policy);
	policy.signatures.replacement = HF_REPLACE_AT_ONCE;
	enum hf_err err = hf_name_from_text("example.", &zone);
	assert_int_equal(err, HF_OK);
	const struct hf_plan_job job = {.zone = &zone,
	        .policy = &policy,
	        .profile = &profile,
	        .keys = keys,
	        .key_count = 2,
	        .start = wish->start,
	        .emergency = wish->emergency,
	        .compromised_tag = hf_dnskey_tag((struct hf_rdata){zsk, sizeof(zsk)}),
	        .at = AT};
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	err = hf_plan_make(&job, &diag, &plan);
	assert_true((err == HF_OK) == (plan != NULL));
	for (size_t i = 0; plan != NULL && i < plan->count; i++)
		assert_true(plan->steps[i].title != NULL &&
		            (plan->steps[i].back.possible || plan->steps[i].back.refusal != NULL));
	hf_plan_free(plan);
	hf_diag_done(&diag);
	return err;
}

static void test_plans(void **state)
{
	const struct wish nsec3 = {
	        .start = {.kind = HF_ROLL_DENIAL, .denial = {HF_DENIAL_NSEC3, false}}};
	const struct wish insecure = {.start = {.kind = HF_ROLL_INSECURE}};
	const struct wish emergency = {.start = {.kind = HF_ROLL_KEYS_OF_ROLE}, .emergency = true};
	const struct wish none = {.start = {.kind = HF_ROLL_SECURE}};
	sweep("plan of denial", make_plan, &nsec3, HF_OK);
	sweep("plan of going insecure", make_plan, &insecure, HF_OK);
	sweep("plan of an emergency", make_plan, &emergency, HF_OK);
	sweep("plan that is refused", make_plan, &none, HF_ERR_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_policies),
	        cmocka_unit_test(test_plans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
