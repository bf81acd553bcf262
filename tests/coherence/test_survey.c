/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../sign/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coherence/survey.h"
#include "zone/bulk.h"

/* Every kind of owner. Signed with NSEC, the authoritative RRsets beside DNSKEY are: SOA, NS, DX
 * and NSEC at the apex; A and NSEC at a, *.w and d (with a DNAME there); DS and NSEC at signed;
 * NSEC at cut; and nothing below cut, signed and d. */
static const char zone_text[] =
        "$ORIGIN example.\n"
        "$TTL 3600\n"
        "@ IN SOA ns host 7 3600 600 86400 300\n"
        "@ IN NS ns.cut\n"
        "a 7200 IN A 192.0.2.1\n"
        "*.w IN A 192.0.2.2\n"
        "cut IN NS ns.cut\n"
        "ns.cut IN A 192.0.2.3\n"
        "b.ns.cut IN TXT \"hidden\"\n"
        "d IN A 192.0.2.4\n"
        "d IN DNAME elsewhere.\n"
        "e.d IN A 192.0.2.5\n"
        "signed IN NS ns.cut\n"
        "signed 9000 IN DS 1 13 2 "
        "0000000000000000000000000000000000000000000000000000000000000000\n";
/* SOA, NS, NSEC; A, NSEC; A, NSEC; NSEC; A, DNAME, NSEC; DS, NSEC. */
#define AUTHORITATIVE 13

struct world {
	struct lab lab;
	struct hf_evidence *evidence;
	struct hf_pool *pool;
	struct hf_diag diag;
};

static void world_init(struct world *world, const char *text, unsigned jobs)
{
	struct hf_name apex;
	lab_init(&world->lab, text, NULL);
	assert_int_equal(hf_name_from_text("example.", &apex), HF_OK);
	assert_int_equal(hf_evidence_new(&apex, &world->evidence), HF_OK);
	assert_int_equal(hf_pool_new(jobs, &world->pool), HF_OK);
	hf_diag_init(&world->diag, HF_DIAG_LIMIT);
}

static void world_done(struct world *world)
{
	lab_done(&world->lab);
	hf_evidence_free(world->evidence);
	hf_pool_free(world->pool);
	hf_diag_done(&world->diag);
}

static void sign_with_ksk_and_zsk(struct world *world)
{
	lab_key(&world->lab.keys, "example.", HF_ROLE_KSK, HF_ALG_ED25519);
	lab_key(&world->lab.keys, "example.", HF_ROLE_ZSK, HF_ALG_ED25519);
	assert_int_equal(lab_sign(&world->lab), HF_OK);
}

static enum hf_err survey(struct world *world, const struct hf_version *version,
        enum hf_survey_flags flags, struct hf_survey *ret_survey)
{
	return hf_survey_version(version, flags, LAB_AT, world->pool, NULL, world->evidence,
	        &world->diag, ret_survey);
}

static struct hf_survey look(
        struct world *world, const struct hf_version *version, enum hf_survey_flags flags)
{
	struct hf_survey result;
	assert_int_equal(survey(world, version, flags, &result), HF_OK);
	return result;
}

static const struct hf_content *content(const struct world *world, const struct hf_served *served)
{
	return hf_evidence_content_at(world->evidence, served->content);
}

static uint32_t number_of(struct world *world, const struct hf_keyfile *key)
{
	uint32_t number;
	assert_int_equal(
	        hf_evidence_key(world->evidence, hf_keypair_dnskey(key->pair), &number), HF_OK);
	return number;
}

/* The signer set of just this key; NULL for data without signatures. */
static const struct hf_served *signed_by(
        struct world *world, const struct hf_survey *seen, const struct hf_keyfile *key)
{
	for (size_t i = 1; i < seen->offer.count; i++) {
		const struct hf_content *set = content(world, &seen->served[i]);
		assert_int_equal(set->kind, HF_KIND_SIGNERS);
		if (key == NULL ? set->signing_count == 0
		                : set->signing_count == 1 &&
		                          set->signings[0].key == number_of(world, key))
			return &seen->served[i];
	}
	return NULL;
}

static void what_is_authoritative_counts(void **state)
{
	struct world world;
	world_init(&world, zone_text, 1);
	sign_with_ksk_and_zsk(&world);
	const struct hf_keyfile *ksk = world.lab.keys.list[0], *zsk = world.lab.keys.list[1];
	struct hf_survey seen = look(&world, world.lab.result.version, HF_SURVEY_VERIFY);
	assert_int_equal(seen.offer.count, 2);
	assert_ptr_equal(seen.offer.served, seen.served);
	const struct hf_content *keys = content(&world, &seen.served[0]);
	assert_int_equal(keys->kind, HF_KIND_DNSKEY);
	assert_int_equal(keys->member_count, 2);
	assert_int_equal(keys->signing_count, 1);
	assert_int_equal(keys->signings[0].key, number_of(&world, ksk));
	const struct hf_served *data = signed_by(&world, &seen, zsk);
	assert_non_null(data);
	assert_int_equal(data->rrsets, AUTHORITATIVE);
	assert_int_equal(seen.offer.rrsets, AUTHORITATIVE);
	assert_int_equal(data->ttl, 9000);
	assert_int_equal(seen.offer.serial, 7);
	assert_int_equal(seen.soa_expire, 86400);
	hf_survey_done(&seen);
	world_done(&world);
}

static void nsec3_records_are_data(void **state)
{
	struct world world;
	world_init(&world, zone_text, 1);
	world.lab.options.flags |= HF_SIGN_NSEC3;
	sign_with_ksk_and_zsk(&world);
	struct hf_survey seen = look(&world, world.lab.result.version, HF_SURVEY_VERIFY);
	/* An NSEC3 record for each of six owners and for w, and NSEC3PARAM. */
	assert_int_equal(seen.offer.rrsets, AUTHORITATIVE - 6 + 7 + 1);
	assert_int_equal(seen.offer.count, 2);
	hf_survey_done(&seen);
	world_done(&world);
}

/* By key tags alone, on one thread or on four, the result is the same. */
static void all_ways_agree(void **state)
{
	struct world world;
	struct hf_buf text = {.data = NULL};
	hf_put_text(&text, zone_text);
	for (unsigned i = 0; i < 900; i++)
		hf_put_format(&text, "n%u %u IN A 192.0.2.9\n", i, 60 + i % 7);
	hf_put_u8(&text, '\0');
	world_init(&world, (char *)text.data, 1);
	sign_with_ksk_and_zsk(&world);
	struct hf_survey one = look(&world, world.lab.result.version, HF_SURVEY_VERIFY);
	hf_pool_free(world.pool);
	assert_int_equal(hf_pool_new(4, &world.pool), HF_OK);
	struct hf_survey four = look(&world, world.lab.result.version, HF_SURVEY_VERIFY);
	struct hf_survey tags = look(&world, world.lab.result.version, HF_SURVEY_VERIFIED);
	assert_int_equal(one.offer.rrsets, AUTHORITATIVE + 2 * 900);
	const struct hf_survey *others[] = {&four, &tags};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(others[i]->offer.count, one.offer.count);
		assert_memory_equal(
		        others[i]->served, one.served, one.offer.count * sizeof(*one.served));
		assert_int_equal(others[i]->offer.frail_expiration, one.offer.frail_expiration);
		assert_true(hf_name_equal(&others[i]->offer.frail_owner, &one.offer.frail_owner));
		assert_int_equal(others[i]->offer.frail_type, one.offer.frail_type);
	}
	hf_survey_done(&one);
	hf_survey_done(&four);
	hf_survey_done(&tags);
	hf_buf_done(&text);
	world_done(&world);
}

/* The version with another node in place of its owner's. */
static struct hf_version *with_node(const struct hf_version *version, struct hf_node *node)
{
	struct hf_edit *edit;
	struct hf_version *result;
	assert_int_equal(hf_edit_new(version, &edit), HF_OK);
	assert_int_equal(hf_edit_put(edit, node), HF_OK);
	assert_int_equal(hf_edit_commit(edit, &result), HF_OK);
	hf_edit_free(edit);
	return result;
}

/* The A set at a.example. with `address` and the signatures of `from`, `copies` times over. */
static struct hf_version *with_address(
        const struct hf_version *version, uint8_t address, unsigned copies)
{
	const uint8_t bytes[4] = {192, 0, 2, address};
	struct hf_node_builder *builder;
	struct hf_rrset set;
	struct hf_name name;
	struct hf_key key;
	struct hf_node *node;
	struct hf_rdata rdata = {0};
	lab_set(version, "a.example.", KNOT_RRTYPE_A, &set);
	assert_int_equal(hf_name_from_text("a.example.", &name), HF_OK);
	hf_key_from_name(&name, &key);
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	hf_node_begin(builder, &key);
	assert_int_equal(hf_node_add(builder, KNOT_RRTYPE_A, set.ttl,
	                         (struct hf_rdata){.data = bytes, .len = sizeof(bytes)}),
	        HF_OK);
	struct hf_rdata_walk walk = hf_rrset_sigs(&set);
	assert_true(hf_rdata_next(&walk, &rdata));
	uint8_t copy[512];
	assert_true(rdata.len <= sizeof(copy));
	memcpy(copy, rdata.data, rdata.len);
	for (unsigned i = 0; i < copies; i++) {
		/* From the second one on damaged, each in another way. */
		if (i > 0) {
			copy[rdata.len - 1] = (uint8_t)(rdata.data[rdata.len - 1] ^ i);
			copy[rdata.len - 2] = (uint8_t)(rdata.data[rdata.len - 2] ^ (i >> 8));
		}
		assert_int_equal(hf_node_add(builder, KNOT_RRTYPE_RRSIG, set.ttl,
		                         (struct hf_rdata){.data = copy, .len = rdata.len}),
		        HF_OK);
	}
	assert_int_equal(hf_node_finish(builder, &node), HF_OK);
	struct hf_version *result = with_node(version, node);
	hf_node_unref(node);
	hf_node_builder_free(builder);
	return result;
}

static void a_signature_that_does_not_verify_is_none(void **state)
{
	struct world world;
	world_init(&world, zone_text, 1);
	sign_with_ksk_and_zsk(&world);
	struct hf_version *changed = with_address(world.lab.result.version, 99, 1);
	struct hf_survey seen = look(&world, changed, HF_SURVEY_VERIFY);
	const struct hf_served *bare = signed_by(&world, &seen, NULL);
	assert_non_null(bare);
	assert_int_equal(bare->rrsets, 1);
	assert_int_equal(bare->ttl, 7200);
	/* Its NSEC record went with the rest of the node. */
	assert_int_equal(
	        signed_by(&world, &seen, world.lab.keys.list[1])->rrsets, AUTHORITATIVE - 2);
	hf_survey_done(&seen);
	hf_version_unref(changed);
	world_done(&world);
}

static void one_good_signature_among_bad_ones_counts(void **state)
{
	struct world world;
	world_init(&world, zone_text, 1);
	sign_with_ksk_and_zsk(&world);
	struct hf_version *changed = with_address(world.lab.result.version, 1, 60);
	struct hf_survey seen = look(&world, changed, HF_SURVEY_VERIFY);
	assert_null(signed_by(&world, &seen, NULL));
	hf_survey_done(&seen);
	hf_version_unref(changed);
	world_done(&world);
}

static void too_many_signatures_are_named(void **state)
{
	struct world world;
	world_init(&world, zone_text, 2);
	sign_with_ksk_and_zsk(&world);
	struct hf_version *changed = with_address(world.lab.result.version, 1, 65);
	struct hf_survey seen;
	assert_int_equal(survey(&world, changed, HF_SURVEY_VERIFY, &seen), HF_ERR_LIMIT);
	lab_assert_says(&world.diag, "a.example. A has more than 64 signatures");
	hf_version_unref(changed);
	world_done(&world);
}

/* Two folders of keys sign one zone in turn; the second's keys are in no DNSKEY set. */
static void keys_that_only_the_evidence_knows(void **state)
{
	struct world world, other;
	world_init(&world, zone_text, 1);
	world_init(&other, zone_text, 1);
	sign_with_ksk_and_zsk(&world);
	sign_with_ksk_and_zsk(&other);
	const struct hf_keyfile *stranger = other.lab.keys.list[1];
	struct hf_name name;
	assert_int_equal(hf_name_from_text("a.example.", &name), HF_OK);
	struct hf_version *mixed = with_node(world.lab.result.version,
	        (struct hf_node *)hf_version_find(other.lab.result.version, &name));
	struct hf_survey seen = look(&world, mixed, HF_SURVEY_VERIFY);
	assert_int_equal(signed_by(&world, &seen, NULL)->rrsets, 2);
	hf_survey_done(&seen);
	/* Known keys only; the DNSKEY set is as it was. */
	assert_int_equal(
	        hf_survey_keys(other.lab.result.version, world.evidence, &world.diag), HF_OK);
	seen = look(&world, mixed, HF_SURVEY_VERIFY);
	assert_null(signed_by(&world, &seen, NULL));
	assert_int_equal(signed_by(&world, &seen, stranger)->rrsets, 2);
	assert_int_equal(content(&world, &seen.served[0])->member_count, 2);
	hf_survey_done(&seen);
	hf_version_unref(mixed);
	world_done(&other);
	world_done(&world);
}

static void an_unsigned_zone_has_an_absence(void **state)
{
	struct world world;
	world_init(&world, zone_text, 1);
	struct hf_survey seen = look(&world, world.lab.zone, HF_SURVEY_VERIFY);
	assert_int_equal(seen.offer.count, 2);
	const struct hf_content *keys = content(&world, &seen.served[0]);
	assert_int_equal(keys->kind, HF_KIND_DNSKEY);
	assert_int_equal(keys->member_count, 0);
	/* RFC 2308 section 5: the smaller one of the SOA's TTL and its minimum field. */
	assert_int_equal(seen.served[0].ttl, 300);
	/* No NSEC records here. */
	assert_int_equal(signed_by(&world, &seen, NULL)->rrsets, AUTHORITATIVE - 6);
	assert_int_equal(seen.offer.frail_type, 0);
	hf_survey_done(&seen);
	world_done(&world);
}

/* All signatures end at one time here, so the largest TTL is the frailest. */
static void the_frailest_signature(void **state)
{
	struct world world;
	world_init(&world, zone_text, 1);
	sign_with_ksk_and_zsk(&world);
	struct hf_survey seen = look(&world, world.lab.result.version, HF_SURVEY_VERIFY);
	const struct hf_signing *signing =
	        &content(&world, signed_by(&world, &seen, world.lab.keys.list[1]))->signings[0];
	assert_int_equal(seen.offer.frail_type, KNOT_RRTYPE_DS);
	assert_int_equal(seen.offer.frail_ttl, 9000);
	assert_true(signing->inception < LAB_AT && signing->expiration > LAB_AT);
	assert_true(seen.offer.frail_expiration >= signing->expiration);
	hf_survey_done(&seen);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_authoritative_counts),
	        cmocka_unit_test(nsec3_records_are_data),
	        cmocka_unit_test(all_ways_agree),
	        cmocka_unit_test(a_signature_that_does_not_verify_is_none),
	        cmocka_unit_test(one_good_signature_among_bad_ones_counts),
	        cmocka_unit_test(too_many_signatures_are_named),
	        cmocka_unit_test(keys_that_only_the_evidence_knows),
	        cmocka_unit_test(an_unsigned_zone_has_an_absence),
	        cmocka_unit_test(the_frailest_signature),
	};
	return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
