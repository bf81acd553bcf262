/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "coherence/gate.h"
#include "factlab.h"

/* A zone with one KSK, one ZSK and its DS, served since 100. */
struct zone {
	struct hf_evidence *evidence;
	int ksk, zsk, ds;
	uint32_t parent, ds_set, dnskey, signers;
};

#define KEY(number, flags) (int)ledger_key(zone->evidence, number, flags, 13)

static void zone_init(struct zone *zone)
{
	zone->evidence = ledger_new("example.");
	zone->ksk = KEY(1, SEP);
	zone->zsk = KEY(2, ZSK);
	zone->ds = (int)ledger_ds(zone->evidence, (uint32_t)zone->ksk, 2);
	zone->parent = ledger_place(zone->evidence, "192.0.2.1");
	zone->ds_set = ledger_ds_set(zone->evidence, LIST(zone->ds));
	zone->dnskey = ledger_dnskey(zone->evidence, LIST(zone->ksk, zone->zsk), LIST(zone->ksk));
	zone->signers = ledger_signers(zone->evidence, LIST(zone->zsk));
	ledger_fact(zone->evidence, zone->ds_set, zone->parent, 1000, 100, HF_TIME_NEVER);
	ledger_fact(zone->evidence, zone->dnskey, HF_PUBLISHED, 300, 100, HF_TIME_NEVER);
	ledger_fact(zone->evidence, zone->signers, HF_PUBLISHED, 60, 100, HF_TIME_NEVER);
}

static void zone_done(struct zone *zone)
{
	hf_evidence_free(zone->evidence);
}

/* Asks about a version with this DNSKEY set and this signer set. */
static hf_time earliest(
        const struct zone *zone, uint32_t dnskey, uint32_t signers, hf_time at, enum hf_rules rules)
{
	const struct hf_served served[] = {
	        {.content = dnskey, .ttl = 300}, {.content = signers, .ttl = 60, .rrsets = 10}};
	const struct hf_offer offer = {.served = served, .count = 2};
	hf_time moment;
	assert_int_equal(hf_world_earliest(zone->evidence, &offer, rules, at, &moment), HF_OK);
	return moment;
}

static void publish(struct zone *zone, uint32_t dnskey, uint32_t signers, hf_time at)
{
	const struct hf_served served[] = {
	        {.content = dnskey, .ttl = 300}, {.content = signers, .ttl = 60, .rrsets = 10}};
	assert_int_equal(hf_evidence_observe(zone->evidence, HF_PUBLISHED,
	                         1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS, served, 2, at),
	        HF_OK);
}

static void the_same_again_is_safe(void **state)
{
	struct zone zone;
	zone_init(&zone);
	assert_int_equal(earliest(&zone, zone.dnskey, zone.signers, 500, HF_RULES_STRICT), 500);
	zone_done(&zone);
}

/* RFC 7583 section 3.2.1: pre-publication. */
static void a_zsk_signs_when_caches_know_it(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	int next = KEY(3, ZSK);
	uint32_t both =
	        ledger_dnskey(zone->evidence, LIST(zone->ksk, zone->zsk, next), LIST(zone->ksk));
	uint32_t later = ledger_signers(zone->evidence, LIST(next));
	/* At once: caches have a DNSKEY set without it, and it is served still. */
	assert_true(earliest(zone, both, later, 500, HF_RULES_STRICT) == HF_TIME_NEVER);
	assert_int_equal(earliest(zone, both, zone->signers, 500, HF_RULES_STRICT), 500);
	publish(zone, both, zone->signers, 500);
	assert_int_equal(earliest(zone, both, later, 501, HF_RULES_STRICT), 800);
	assert_int_equal(earliest(zone, both, later, 800, HF_RULES_STRICT), 800);
	publish(zone, both, later, 800);
	uint32_t new = ledger_dnskey(zone->evidence, LIST(zone->ksk, next), LIST(zone->ksk));
	assert_int_equal(earliest(zone, new, later, 801, HF_RULES_STRICT), 860);
	zone_done(zone);
}

static void a_ksk_goes_when_its_ds_has(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	int next = KEY(4, SEP);
	int ds = (int)ledger_ds(zone->evidence, (uint32_t)next, 2);
	uint32_t both = ledger_dnskey(
	        zone->evidence, LIST(zone->ksk, next, zone->zsk), LIST(zone->ksk, next));
	uint32_t only = ledger_dnskey(zone->evidence, LIST(next, zone->zsk), LIST(next));
	publish(zone, both, zone->signers, 500);
	assert_true(earliest(zone, only, zone->signers, 900, HF_RULES_STRICT) == HF_TIME_NEVER);
	const struct hf_served line = {
	        .content = ledger_ds_set(zone->evidence, LIST(ds)), .ttl = 1000};
	const struct hf_offer offer = {.served = &line, .count = 1};
	hf_time moment;
	assert_int_equal(
	        hf_world_earliest(zone->evidence, &offer, HF_RULES_STRICT, 600, &moment), HF_OK);
	assert_int_equal(moment, 800);
	assert_int_equal(
	        hf_evidence_observe(zone->evidence, zone->parent, 1u << HF_KIND_DS, &line, 1, 900),
	        HF_OK);
	assert_int_equal(earliest(zone, only, zone->signers, 901, HF_RULES_STRICT), 1900);
	/* What was known earlier is asked about as it was known then. */
	assert_true(earliest(zone, only, zone->signers, 899, HF_RULES_STRICT) == HF_TIME_NEVER);
	zone_done(zone);
}

/* Both the old and the new TTL count. */
static void a_lowered_ttl_does_not_help_at_once(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	const struct hf_served line = {.content = zone->ds_set, .ttl = 10};
	assert_int_equal(
	        hf_evidence_observe(zone->evidence, zone->parent, 1u << HF_KIND_DS, &line, 1, 500),
	        HF_OK);
	const struct hf_served none = {
	        .content = ledger_ds_set(zone->evidence, NOTHING), .ttl = 10};
	assert_int_equal(
	        hf_evidence_observe(zone->evidence, zone->parent, 1u << HF_KIND_DS, &none, 1, 600),
	        HF_OK);
	uint32_t unsigned_data = ledger_signers(zone->evidence, NOTHING);
	uint32_t no_keys = ledger_dnskey(zone->evidence, NOTHING, NOTHING);
	/* The DS set is gone at 1500; what it proved until then, 300 seconds later. */
	assert_int_equal(earliest(zone, no_keys, unsigned_data, 700, HF_RULES_STRICT), 1800);
	zone_done(zone);
}

/* RFC 6781 section 4.1.4: a strict validator wants each algorithm of the DNSKEY set. */
static void a_second_algorithm_signs_before_it_is_published(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	int next = (int)ledger_key(zone->evidence, 5, ZSK, 8);
	uint32_t keys =
	        ledger_dnskey(zone->evidence, LIST(zone->ksk, zone->zsk, next), LIST(zone->ksk));
	uint32_t twice = ledger_signers(zone->evidence, LIST(zone->zsk, next));
	assert_true(earliest(zone, keys, twice, 500, HF_RULES_STRICT) == HF_TIME_NEVER);
	assert_int_equal(earliest(zone, keys, twice, 500, HF_RULES_LIBERAL), 500);
	assert_int_equal(earliest(zone, zone->dnskey, twice, 500, HF_RULES_STRICT), 500);
	publish(zone, zone->dnskey, twice, 500);
	assert_int_equal(earliest(zone, keys, twice, 501, HF_RULES_STRICT), 560);
	zone_done(zone);
}

static void sha1_is_ignored_beside_sha256(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	int weak = (int)ledger_ds(zone->evidence, (uint32_t)zone->ksk, 1);
	int other = (int)ledger_ds(zone->evidence, (uint32_t)KEY(9, SEP), 2);
	const uint32_t both[HF_KINDS] = {
	        ledger_ds_set(zone->evidence, LIST(weak, other)), zone->dnskey, zone->signers};
	const uint32_t alone[HF_KINDS] = {
	        ledger_ds_set(zone->evidence, LIST(weak)), zone->dnskey, zone->signers};
	assert_false(hf_world_works(zone->evidence, HF_RULES_STRICT, 500, both));
	assert_true(hf_world_works(zone->evidence, HF_RULES_LIBERAL, 500, both));
	assert_true(hf_world_works(zone->evidence, HF_RULES_STRICT, 500, alone));
	zone_done(zone);
}

static void an_unsupported_ds_set_counts_as_empty(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	int gost = (int)ledger_ds(zone->evidence, ledger_key(zone->evidence, 9, SEP, 12), 2);
	const uint32_t parts[HF_KINDS] = {ledger_ds_set(zone->evidence, LIST(gost)), zone->dnskey,
	        ledger_signers(zone->evidence, NOTHING)};
	assert_true(hf_world_works(zone->evidence, HF_RULES_STRICT, 500, parts));
	zone_done(zone);
}

static void a_revoked_key_links_nothing(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	int revoked = KEY(1, SEP | 0x80);
	int ds = (int)ledger_ds(zone->evidence, (uint32_t)revoked, 2);
	const uint32_t parts[HF_KINDS] = {ledger_ds_set(zone->evidence, LIST(ds)),
	        ledger_dnskey(zone->evidence, LIST(revoked, zone->zsk), LIST(revoked)),
	        zone->signers};
	assert_false(hf_world_works(zone->evidence, HF_RULES_STRICT, 500, parts));
	zone_done(zone);
}

/* Signatures outside their validity do not exist; waiting for their inception helps. */
static void signatures_count_while_they_are_valid(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	const struct hf_signing window = {
	        .key = (uint32_t)zone->zsk, .inception = 700, .expiration = 900};
	const struct hf_content content = {
	        .kind = HF_KIND_SIGNERS, .signings = &window, .signing_count = 1};
	uint32_t early;
	assert_int_equal(hf_evidence_content(zone->evidence, &content, &early), HF_OK);
	assert_int_equal(earliest(zone, zone->dnskey, early, 600, HF_RULES_STRICT), 700);
	assert_int_equal(earliest(zone, zone->dnskey, early, 900, HF_RULES_STRICT), 900);
	assert_true(earliest(zone, zone->dnskey, early, 901, HF_RULES_STRICT) == HF_TIME_NEVER);
	zone_done(zone);
}

static void nothing_known_is_not_safe(void **state)
{
	struct hf_evidence *evidence = ledger_new("example.");
	const struct hf_served served[] = {
	        {.content = ledger_dnskey(evidence, NOTHING, NOTHING), .ttl = 1},
	        {.content = ledger_signers(evidence, NOTHING), .ttl = 1}};
	const struct hf_offer offer = {.served = served, .count = 2};
	const struct hf_gate_options options = {.rules = HF_RULES_STRICT};
	struct hf_gate_verdict *verdict;
	assert_int_equal(hf_gate(evidence, &offer, &options, 100, &verdict), HF_OK);
	assert_false(verdict->safe);
	assert_true(verdict->earliest_safe == HF_TIME_NEVER);
	assert_int_equal(verdict->count, 1);
	assert_string_equal(verdict->reasons[0].check, "no-evidence");
	hf_gate_verdict_free(verdict);
	hf_evidence_free(evidence);
}

/* What an operator reads when a KSK goes too early. */
static void a_reason_is_a_counterexample(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	int next = KEY(4, SEP);
	uint32_t only = ledger_dnskey(zone->evidence, LIST(next, zone->zsk), LIST(next));
	const struct hf_served served[] = {{.content = only, .ttl = 300},
	        {.content = zone->signers, .ttl = 60, .rrsets = 41000}};
	const struct hf_offer offer = {.serial = 7, .served = served, .count = 2, .rrsets = 41000};
	const struct hf_served gone = {.content = ledger_ds_set(zone->evidence, NOTHING), .ttl = 1};
	assert_int_equal(
	        hf_evidence_observe(zone->evidence, zone->parent, 1u << HF_KIND_DS, &gone, 1, 600),
	        HF_OK);
	const struct hf_gate_options options = {.rules = HF_RULES_STRICT};
	struct hf_gate_verdict *verdict;
	assert_int_equal(hf_gate(zone->evidence, &offer, &options, 700, &verdict), HF_OK);
	assert_false(verdict->safe);
	assert_int_equal(verdict->earliest_safe, 1600);
	assert_int_equal(verdict->count, 1);
	const struct hf_gate_reason *reason = &verdict->reasons[0];
	assert_string_equal(reason->check, "ds-dnskey");
	assert_int_equal(reason->held.content, zone->ds_set);
	assert_int_equal(reason->held.seen, 100);
	assert_int_equal(reason->held.until, 1600);
	assert_int_equal(reason->served.content, only);
	assert_int_equal(reason->affected, 41000);
	assert_int_equal(reason->bogus_from, 700);
	assert_int_equal(reason->bogus_until, 1600);
	assert_int_equal(reason->waits_until, 1600);
	assert_non_null(strstr(reason->broken, "all 41,000 RRsets fail"));
	assert_false(verdict->broken_already);
	hf_gate_verdict_free(verdict);
	zone_done(zone);
}

/* A DNSKEY set that no DS leads to is served; an offer that mends it is better, and safe. */
static void an_outage_can_be_mended(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	int wrong = KEY(4, SEP);
	uint32_t broken = ledger_dnskey(zone->evidence, LIST(wrong, zone->zsk), LIST(wrong));
	publish(zone, broken, zone->signers, 500);
	const struct hf_served served[] = {{.content = zone->dnskey, .ttl = 300},
	        {.content = zone->signers, .ttl = 60, .rrsets = 10}};
	const struct hf_offer offer = {.served = served, .count = 2};
	const struct hf_gate_options options = {.rules = HF_RULES_STRICT};
	struct hf_gate_verdict *verdict;
	assert_int_equal(hf_gate(zone->evidence, &offer, &options, 1000, &verdict), HF_OK);
	assert_true(verdict->broken_already);
	assert_true(verdict->safe);
	assert_int_equal(verdict->effect, HF_EFFECT_BETTER);
	hf_gate_verdict_free(verdict);
	publish(zone, zone->dnskey, zone->signers, 1000);
	/* The other way round is worse. */
	const struct hf_served back[] = {{.content = broken, .ttl = 300},
	        {.content = zone->signers, .ttl = 60, .rrsets = 10}};
	const struct hf_offer worse = {.served = back, .count = 2};
	assert_int_equal(hf_gate(zone->evidence, &worse, &options, 1100, &verdict), HF_OK);
	assert_true(verdict->broken_already); /* the broken set is still in caches */
	assert_false(verdict->safe);
	assert_int_equal(verdict->effect, HF_EFFECT_WORSE);
	hf_gate_verdict_free(verdict);
	zone_done(zone);
}

static void short_signatures_are_told(void **state)
{
	struct zone here, *zone = &here;
	zone_init(zone);
	hf_evidence_set_expire(zone->evidence, 5000);
	const struct hf_served served[] = {{.content = zone->dnskey, .ttl = 300},
	        {.content = zone->signers, .ttl = 60, .rrsets = 10}};
	struct hf_offer offer = {.served = served,
	        .count = 2,
	        .frail_type = 1,
	        .frail_ttl = 60,
	        .frail_expiration = 559};
	offer.frail_owner = *hf_evidence_zone(zone->evidence);
	const struct hf_gate_options options = {.rules = HF_RULES_STRICT, .next = 100};
	struct hf_gate_verdict *verdict;
	assert_int_equal(hf_gate(zone->evidence, &offer, &options, 500, &verdict), HF_OK);
	assert_false(verdict->safe);
	assert_string_equal(verdict->reasons[0].check, "signature-lifetime");
	hf_gate_verdict_free(verdict);
	offer.frail_expiration = 5659;
	assert_int_equal(hf_gate(zone->evidence, &offer, &options, 500, &verdict), HF_OK);
	assert_true(verdict->safe);
	assert_int_equal(verdict->warning_count, 1);
	hf_gate_verdict_free(verdict);
	offer.frail_expiration = 5660;
	assert_int_equal(hf_gate(zone->evidence, &offer, &options, 500, &verdict), HF_OK);
	assert_int_equal(verdict->warning_count, 0);
	hf_gate_verdict_free(verdict);
	zone_done(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_same_again_is_safe),
	        cmocka_unit_test(a_zsk_signs_when_caches_know_it),
	        cmocka_unit_test(a_ksk_goes_when_its_ds_has),
	        cmocka_unit_test(a_lowered_ttl_does_not_help_at_once),
	        cmocka_unit_test(a_second_algorithm_signs_before_it_is_published),
	        cmocka_unit_test(sha1_is_ignored_beside_sha256),
	        cmocka_unit_test(an_unsupported_ds_set_counts_as_empty),
	        cmocka_unit_test(a_revoked_key_links_nothing),
	        cmocka_unit_test(signatures_count_while_they_are_valid),
	        cmocka_unit_test(nothing_known_is_not_safe),
	        cmocka_unit_test(a_reason_is_a_counterexample),
	        cmocka_unit_test(an_outage_can_be_mended),
	        cmocka_unit_test(short_signatures_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
