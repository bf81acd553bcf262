/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is hit: every cause tells it, of every kind of set, and with the right names and times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chain/affected.h"

#define NOW ((hf_time)1768435200) /* 2026-01-15T00:00:00Z */
#define DAY 86400

static struct hf_fault fault_of(
        enum hf_cause cause, const char *zone, const char *owner, uint16_t type)
{
	struct hf_fault fault = {.cause = cause,
	        .type = type,
	        .tag = 20002,
	        .algorithm = 13,
	        .inception = NOW - 10 * DAY,
	        .expiration = NOW - DAY / 4};
	assert_int_equal(hf_name_from_text(zone, &fault.zone), HF_OK);
	assert_int_equal(hf_name_from_text(owner, &fault.owner), HF_OK);
	return fault;
}

/* The sentence; valid until the next call. */
static const char *say(const struct hf_fault *fault, uint32_t ds_ttl, uint32_t key_ttl)
{
	static char text[4096];
	struct hf_buf out = {0};
	const struct hf_scene scene = {.now = NOW, .ds_ttl = ds_ttl, .key_ttl = key_ttl};
	hf_fault_put_affected(&out, fault, &scene);
	assert_int_equal(hf_buf_check(&out), HF_OK);
	assert_true(out.len < sizeof(text));
	snprintf(text, sizeof(text), "%.*s", (int)out.len, (const char *)out.data);
	hf_buf_done(&out);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" is in: %s", part, text);
}

static void every_cause_tells(void **state)
{
	static const uint16_t types[] = {KNOT_RRTYPE_A, KNOT_RRTYPE_DS, KNOT_RRTYPE_DNSKEY,
	        KNOT_RRTYPE_NSEC, KNOT_RRTYPE_NSEC3};
	(void)state;
	for (int cause = HF_CAUSE_NONE + 1; cause < HF_CAUSES; cause++) {
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			const struct hf_fault fault =
			        fault_of((enum hf_cause)cause, "tld.", "leaf.tld.", types[i]);
			const char *text = say(&fault, 3600, 7200);
			bool insecure = hf_cause_info(fault.cause)->status == HF_CHAIN_INSECURE;
			bool named = strncmp(text, "nobody", 6) == 0 ||
			             strncmp(text, "everybody", 9) == 0 ||
			             strncmp(text, "users of ", 9) == 0 ||
			             strncmp(text, "at least ", 9) == 0;
			if (!named || strstr(text, "  ") != NULL || text[strlen(text) - 1] == '.')
				fail_msg("cause %d: %s", cause, text);
			if (insecure)
				assert_has(text, "nobody fails");
			else if (fault.cause != HF_CAUSE_NO_ANCHOR)
				assert_has(text, "tld.");
		}
	}
	const struct hf_fault none = {.cause = HF_CAUSE_NONE};
	assert_string_equal(say(&none, 0, 0), "");
}

static void a_key_without_its_ds_hits_the_zone(void **state)
{
	(void)state;
	struct hf_fault fault =
	        fault_of(HF_CAUSE_DS_NO_KEY, "leaf.tld.", "leaf.tld.", KNOT_RRTYPE_DNSKEY);
	const char *text = say(&fault, 3600, 7200);
	assert_has(text, "validating resolvers get SERVFAIL for every name in leaf.tld. and below");
	assert_has(
	        text, "an earlier DNSKEY set in their cache answer until that runs out, up to 2 h");
	assert_has(text, "at the zone now, caches may hold its DNSKEY set of now until "
	                 "2026-01-15T02:00:00Z");
	assert_has(text, "at the parent now, the DS set of now until 2026-01-15T01:00:00Z");
	fault.by_anchor = true;
	text = say(&fault, 0, 7200);
	assert_has(text, "users of resolvers with this trust anchor");
	assert_has_not(text, "at the parent");
}

/* The outage of .de in 2026: a signature over a DS set says something about all delegations. */
static void a_bad_signature_over_a_ds_hits_other_delegations(void **state)
{
	(void)state;
	struct hf_fault fault =
	        fault_of(HF_CAUSE_BAD_SIGNATURE, "tld.", "leaf.tld.", KNOT_RRTYPE_DS);
	const char *text = say(&fault, 0, 0);
	assert_has(text, "for every name in leaf.tld. and below");
	assert_has(text, "every other zone below tld. whose DS set key 20002 signed may be hit");
	assert_has(text, "--all-servers");
	assert_has(text, "a good copy in their cache answer until its TTL runs out");
	fault.type = KNOT_RRTYPE_NSEC3;
	text = say(&fault, 0, 0);
	assert_has(text, "all that NSEC3 of leaf.tld. denies");
	assert_has(text, "unsigned zones below in its span");
	fault.type = KNOT_RRTYPE_A;
	text = say(&fault, 0, 0);
	assert_has(text, "SERVFAIL for A of leaf.tld.; others");
	assert_has(text, "whatever else key 20002 signed in tld.");
}

static void a_missing_signer_hits_what_it_signs(void **state)
{
	(void)state;
	const struct hf_fault fault =
	        fault_of(HF_CAUSE_SIGNER_NO_KEY, "leaf.tld.", "www.leaf.tld.", KNOT_RRTYPE_A);
	assert_has(say(&fault, 0, 0), "whatever key 20002 signs alone in leaf.tld.");
}

static void clocks_that_are_wrong_are_allowed_for(void **state)
{
	(void)state;
	struct hf_fault fault =
	        fault_of(HF_CAUSE_EXPIRED, "leaf.tld.", "www.leaf.tld.", KNOT_RRTYPE_A);
	/* A tenth of 9.75 days. */
	assert_has(say(&fault, 0, 0), "take it until 2026-01-15T17:24:00Z");
	fault.inception = fault.expiration - 3600; /* an hour at least */
	assert_has_not(say(&fault, 0, 0), "wrong clocks");
	fault.expiration = NOW - 3600;
	assert_has(say(&fault, 0, 0), "take it until 2026-01-15T00:00:00Z");
	fault.inception = NOW - 3000 * (hf_time)DAY; /* a day at most */
	assert_has(say(&fault, 0, 0), "take it until 2026-01-15T23:00:00Z");
	fault.cause = HF_CAUSE_EARLY;
	fault.inception = NOW + 3600;
	fault.expiration = NOW + 7200;
	assert_has(say(&fault, 0, 0), "ends by itself at 2026-01-15T01:00:00Z, and resolvers");
	fault.inception = NOW + 3601;
	assert_has_not(say(&fault, 0, 0), "wrong clocks");
}

static void algorithms_make_a_difference(void **state)
{
	(void)state;
	struct hf_fault fault =
	        fault_of(HF_CAUSE_BAD_SIGNATURE, "leaf.tld.", "www.leaf.tld.", KNOT_RRTYPE_A);
	assert_has_not(say(&fault, 0, 0), "nor do those");
	fault.algorithm = 16;
	assert_has(say(&fault, 0, 0), "others do not notice, nor do those that do not know ED448");
	fault.algorithm = 7;
	assert_has(say(&fault, 0, 0), "nor do those that no longer take SHA-1");
	fault.cause = HF_CAUSE_ALGORITHM;
	fault.algorithm = 12;
	assert_has(say(&fault, 0, 0), "resolvers that know");
}

/* Only validating resolvers ask for keys and DS sets. */
static void silence_about_keys_hits_those_who_ask(void **state)
{
	(void)state;
	struct hf_fault fault =
	        fault_of(HF_CAUSE_NO_ANSWER, "leaf.tld.", "leaf.tld.", KNOT_RRTYPE_DNSKEY);
	assert_has(say(&fault, 0, 0), "at least users of validating resolvers");
	assert_has(say(&fault, 0, 0), "every name in leaf.tld. and below");
	fault.type = KNOT_RRTYPE_A;
	assert_has(say(&fault, 0, 0), "everybody whose resolver");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_cause_tells),
	        cmocka_unit_test(a_key_without_its_ds_hits_the_zone),
	        cmocka_unit_test(a_bad_signature_over_a_ds_hits_other_delegations),
	        cmocka_unit_test(a_missing_signer_hits_what_it_signs),
	        cmocka_unit_test(clocks_that_are_wrong_are_allowed_for),
	        cmocka_unit_test(algorithms_make_a_difference),
	        cmocka_unit_test(silence_about_keys_hits_those_who_ask),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
