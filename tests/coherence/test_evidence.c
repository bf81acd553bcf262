/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "factlab.h"

static hf_time until(const struct hf_evidence *evidence, size_t fact, hf_time known)
{
	return hf_evidence_served_until(evidence, hf_evidence_fact_at(evidence, fact), known, NULL);
}

static void equal_things_have_one_number(void **state)
{
	struct hf_evidence *evidence = ledger_new("example.");
	uint32_t ksk = ledger_key(evidence, 1, SEP, 13), zsk = ledger_key(evidence, 2, ZSK, 13);
	assert_int_not_equal(ksk, zsk);
	assert_int_equal(ledger_key(evidence, 1, SEP, 13), ksk);
	assert_int_equal(ledger_ds(evidence, ksk, 2), ledger_ds(evidence, ksk, 2));
	assert_int_not_equal(ledger_ds(evidence, ksk, 2), ledger_ds(evidence, ksk, 4));
	uint32_t set = ledger_dnskey(evidence, LIST((int)ksk, (int)zsk), LIST((int)ksk));
	assert_int_equal(
	        ledger_dnskey(evidence, LIST((int)zsk, (int)ksk, (int)zsk), LIST((int)ksk)), set);
	assert_int_not_equal(
	        ledger_dnskey(evidence, LIST((int)zsk, (int)ksk), LIST((int)zsk)), set);
	/* The same numbers as another kind are another content. */
	assert_int_not_equal(ledger_signers(evidence, NOTHING), ledger_ds_set(evidence, NOTHING));
	hf_evidence_free(evidence);
}

static void ds_is_paired_with_keys_in_either_order(void **state)
{
	struct hf_evidence *evidence = ledger_new("example."), *other = ledger_new("example.");
	uint32_t key = ledger_key(evidence, 7, SEP, 13);
	uint32_t ds = ledger_ds(evidence, key, 2);
	assert_true(hf_evidence_ds_matches(evidence, ds, key));
	uint32_t late;
	assert_int_equal(
	        hf_evidence_ds(other, hf_evidence_ds_at(evidence, ds)->rdata, &late), HF_OK);
	uint32_t stranger = ledger_key(other, 8, SEP, 13);
	key = ledger_key(other, 7, SEP, 13);
	assert_true(hf_evidence_ds_matches(other, late, key));
	assert_false(hf_evidence_ds_matches(other, late, stranger));
	hf_evidence_free(other);
	hf_evidence_free(evidence);
}

static void what_is_not_there_is_refused(void **state)
{
	struct hf_evidence *evidence = ledger_new("example.");
	const uint32_t member = 0;
	uint32_t number = 77;
	struct hf_content content = {.kind = HF_KIND_DNSKEY, .members = &member, .member_count = 1};
	assert_int_equal(hf_evidence_content(evidence, &content, &number), HF_ERR_INVALID);
	assert_int_equal(number, 77);
	struct hf_fact fact = {.content = 0, .first = 1, .last = 2};
	assert_int_equal(hf_evidence_add(evidence, &fact), HF_ERR_INVALID);
	fact.content = ledger_ds_set(evidence, NOTHING);
	fact.last = 0;
	assert_int_equal(hf_evidence_add(evidence, &fact), HF_ERR_INVALID);
	const uint8_t stub[3] = {1, 1, 3};
	assert_int_equal(
	        hf_evidence_key(evidence, (struct hf_rdata){.data = stub, .len = 3}, &number),
	        HF_ERR_SYNTAX);
	content.member_count = HF_CONTENT_MEMBERS + 1;
	assert_int_equal(hf_evidence_content(evidence, &content, &number), HF_ERR_LIMIT);
	hf_evidence_free(evidence);
}

static void observing_closes_and_opens(void **state)
{
	struct hf_evidence *evidence = ledger_new("example.");
	uint32_t none = ledger_ds_set(evidence, NOTHING);
	uint32_t ds = ledger_ds(evidence, ledger_key(evidence, 1, SEP, 13), 2);
	uint32_t some = ledger_ds_set(evidence, LIST((int)ds));
	uint32_t parent = ledger_place(evidence, "192.0.2.1");
	const unsigned kind = 1u << HF_KIND_DS;
	struct hf_served line = {.content = none, .ttl = 60};
	assert_int_equal(hf_evidence_observe(evidence, parent, kind, &line, 1, 100), HF_OK);
	assert_int_equal(hf_evidence_observe(evidence, parent, kind, &line, 1, 200), HF_OK);
	assert_int_equal(hf_evidence_fact_count(evidence), 1);
	line.ttl = 30; /* a TTL change is another fact */
	assert_int_equal(hf_evidence_observe(evidence, parent, kind, &line, 1, 300), HF_OK);
	assert_int_equal(hf_evidence_fact_at(evidence, 0)->last, 300);
	line = (struct hf_served){.content = some, .ttl = 30};
	assert_int_equal(
	        hf_evidence_observe(evidence, parent, kind, &line, 1, 299), HF_ERR_INVALID);
	assert_int_equal(hf_evidence_observe(evidence, parent, kind, &line, 1, 400), HF_OK);
	assert_int_equal(hf_evidence_fact_count(evidence), 3);
	assert_int_equal(hf_evidence_fact_at(evidence, 1)->last, 400);
	assert_true(hf_evidence_fact_at(evidence, 2)->last == HF_TIME_NEVER);
	/* A kind that was not looked at is left alone. */
	assert_int_equal(
	        hf_evidence_observe(evidence, parent, 1u << HF_KIND_DNSKEY, NULL, 0, 500), HF_OK);
	assert_true(hf_evidence_fact_at(evidence, 2)->last == HF_TIME_NEVER);
	hf_evidence_free(evidence);
}

/* A secondary that was not seen with a newer version may serve what it had. */
static void slow_secondaries_prolong(void **state)
{
	struct hf_evidence *evidence = ledger_new("example.");
	uint32_t data = ledger_signers(evidence, NOTHING);
	uint32_t ns1 = ledger_place(evidence, "192.0.2.1");
	uint32_t ns2 = ledger_place(evidence, "192.0.2.2");
	ledger_fact(evidence, data, HF_PUBLISHED, 60, 100, 200);
	assert_int_equal(until(evidence, 0, 1000), 200);
	assert_true(until(evidence, 0, 150) == HF_TIME_NEVER); /* its end was not known then */
	assert_int_equal(hf_evidence_add_secondary(evidence, HF_PUBLISHED), HF_ERR_INVALID);
	assert_int_equal(hf_evidence_add_secondary(evidence, ns1), HF_OK);
	assert_int_equal(hf_evidence_add_secondary(evidence, ns2), HF_OK);
	assert_true(until(evidence, 0, 1000) == HF_TIME_NEVER); /* no SOA expire known */
	hf_evidence_set_expire(evidence, 5000);
	assert_int_equal(until(evidence, 0, 1000), 5200);
	assert_int_equal(hf_evidence_sighting(evidence, ns1, 260, 200), HF_OK);
	assert_int_equal(hf_evidence_sighting(evidence, ns2, 300, 199), HF_OK);
	assert_int_equal(until(evidence, 0, 1000), 5200); /* ns2 was seen with an old one */
	assert_int_equal(hf_evidence_sighting(evidence, ns2, 400, 200), HF_OK);
	uint32_t slowest;
	assert_int_equal(hf_evidence_served_until(
	                         evidence, hf_evidence_fact_at(evidence, 0), 1000, &slowest),
	        400);
	assert_int_equal(slowest, ns2);
	assert_int_equal(until(evidence, 0, 399), 5200);
	assert_int_equal(hf_evidence_sighting(evidence, ns2, 410, 411), HF_ERR_INVALID);
	hf_evidence_free(evidence);
}

/* Seen at a secondary itself, and replaced by this signer: SOA expire is the bound. */
static void a_secondary_ends_with_soa_expire(void **state)
{
	struct hf_evidence *evidence = ledger_new("example.");
	uint32_t data = ledger_signers(evidence, NOTHING);
	uint32_t ns1 = ledger_place(evidence, "192.0.2.1");
	ledger_fact(evidence, data, ns1, 60, 100, HF_TIME_NEVER);
	hf_evidence_set_expire(evidence, 5000);
	assert_true(until(evidence, 0, 1000) == HF_TIME_NEVER);
	ledger_fact(evidence, data, HF_PUBLISHED, 60, 100, 200);
	assert_int_equal(until(evidence, 0, 1000), 5200);
	assert_true(until(evidence, 0, 199) == HF_TIME_NEVER);
	hf_evidence_free(evidence);
}

/* What ended may have ended a little later; what goes on is not touched. */
static void a_blur_prolongs_what_ended(void **state)
{
	struct hf_evidence *evidence = ledger_new("example.");
	uint32_t data = ledger_signers(evidence, NOTHING);
	hf_evidence_set_blur(evidence, 2);
	ledger_fact(evidence, data, HF_PUBLISHED, 60, 100, 200);
	ledger_fact(evidence, data, HF_PUBLISHED, 60, 300, HF_TIME_NEVER);
	assert_int_equal(until(evidence, 0, 1000), 202);
	assert_true(until(evidence, 1, 1000) == HF_TIME_NEVER);
	assert_int_equal(
	        hf_evidence_replaced_until(evidence, hf_evidence_fact_at(evidence, 1), 400), 462);
	struct hf_evidence *copy;
	assert_int_equal(hf_evidence_copy(evidence, &copy), HF_OK);
	assert_int_equal(hf_evidence_blur(copy), 2);
	hf_evidence_free(copy);
	/* It is forgotten when no cache can hold it any more, and not before. */
	hf_evidence_forget(evidence, 261);
	assert_int_equal(hf_evidence_fact_count(evidence), 2);
	hf_evidence_forget(evidence, 262);
	assert_int_equal(hf_evidence_fact_count(evidence), 1);
	hf_evidence_free(evidence);
}

static void a_copy_is_the_same_and_apart(void **state)
{
	struct hf_evidence *evidence = ledger_new("example."), *copy;
	uint32_t ds = ledger_ds(evidence, ledger_key(evidence, 1, SEP, 13), 2);
	uint32_t set = ledger_ds_set(evidence, LIST((int)ds));
	uint32_t ns1 = ledger_place(evidence, "192.0.2.1");
	hf_evidence_set_expire(evidence, 5000);
	assert_int_equal(hf_evidence_add_secondary(evidence, ns1), HF_OK);
	ledger_fact(evidence, set, ns1, 60, 100, HF_TIME_NEVER);
	ledger_fact(evidence, ledger_signers(evidence, NOTHING), HF_PUBLISHED, 60, 100, 200);
	assert_int_equal(hf_evidence_sighting(evidence, ns1, 260, 200), HF_OK);
	assert_int_equal(hf_evidence_copy(evidence, &copy), HF_OK);
	assert_int_equal(hf_evidence_fact_count(copy), 2);
	assert_int_equal(until(copy, 1, 1000), 260);
	assert_true(hf_evidence_ds_matches(copy, ds, 0));
	assert_string_equal(hf_evidence_place_name(copy, ns1), "192.0.2.1");
	ledger_fact(copy, set, ns1, 60, 300, 400);
	assert_int_equal(hf_evidence_fact_count(evidence), 2);
	hf_evidence_free(copy);
	hf_evidence_free(evidence);
}

static void what_no_cache_holds_can_be_forgotten(void **state)
{
	struct hf_evidence *evidence = ledger_new("example.");
	uint32_t data = ledger_signers(evidence, NOTHING);
	ledger_fact(evidence, data, HF_PUBLISHED, 60, 100, 200);
	ledger_fact(evidence, data, HF_PUBLISHED, 60, 200, HF_TIME_NEVER);
	hf_evidence_forget(evidence, 259);
	assert_int_equal(hf_evidence_fact_count(evidence), 2);
	hf_evidence_forget(evidence, 260);
	assert_int_equal(hf_evidence_fact_count(evidence), 1);
	assert_int_equal(hf_evidence_fact_at(evidence, 0)->first, 200);
	hf_evidence_free(evidence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(equal_things_have_one_number),
	        cmocka_unit_test(ds_is_paired_with_keys_in_either_order),
	        cmocka_unit_test(what_is_not_there_is_refused),
	        cmocka_unit_test(observing_closes_and_opens),
	        cmocka_unit_test(slow_secondaries_prolong),
	        cmocka_unit_test(a_secondary_ends_with_soa_expire),
	        cmocka_unit_test(a_blur_prolongs_what_ended),
	        cmocka_unit_test(a_copy_is_the_same_and_apart),
	        cmocka_unit_test(what_no_cache_holds_can_be_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
