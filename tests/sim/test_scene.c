/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenes know keys by number and signatures by hearsay. Really signed zones, validated by src/chain
 * and judged by src/coherence, say the same: test_scene [ROUNDS [SEED]].
 */
#include "sim/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../chain/answerer.h"
#include "../coherence/signedlab.h"
#include "chain/chain.h"
#include "coherence/world.h"
#include "sim/random.h"

static unsigned long rounds = 1500, seed = 1;

/* One resolver: what it has of each kind, maybe of three different versions. */
struct holding {
	uint8_t ds; /* a mask of keys */
	const struct signed_version *keys, *data;
	hf_time at;
};

static uint8_t any_of(struct hf_random *dice, uint8_t mask)
{
	return (uint8_t)(hf_random_next(dice) & mask);
}

static const struct signed_version *any_version(struct hf_random *dice)
{
	struct signed_design design = {
	        .key_ttl = 4, .data_ttl = {4, 4}, .window = (uint8_t)hf_random_below(dice, 3)};
	const uint8_t ksks = 1 << KSK_A | 1 << KSK_B | 1 << KSK_E | 1 << KEY_R;
	const uint8_t zsks = 1 << ZSK_C | 1 << ZSK_D | 1 << ZSK_F;
	design.keys = any_of(dice, ksks | zsks) | 1 << KSK_A;
	design.key_signers = any_of(dice, design.keys & ksks);
	if (design.key_signers == 0)
		design.key_signers = 1 << KSK_A;
	for (unsigned i = 0; i < SIGNED_DATA; i++)
		design.data_signers[i] = any_of(dice, zsks);
	if (hf_random_below(dice, 4) == 0)
		design.broken = (uint8_t)hf_random_below(dice, 8);
	return signed_version(&design);
}

static struct holding any_holding(struct hf_random *dice)
{
	struct holding holding = {
	        .ds = any_of(dice, 1 << KSK_A | 1 << KSK_B | 1 << KSK_E | 1 << KEY_R),
	        .keys = any_version(dice),
	        .data = any_version(dice),
	        .at = SIGNED_EPOCH + (hf_time)hf_random_below(dice, 40)};
	if (hf_random_below(dice, 2) == 0)
		holding.data = holding.keys;
	return holding;
}

/* ---- As a scene ---- */

static void add_signings(
        struct hf_scene_set *set, const struct signed_answer *answer, uint8_t signers)
{
	for (uint16_t i = 0; i < SIGNED_KEYS; i++)
		if ((signers >> i & 1) != 0)
			set->signings[set->signing_count++] =
			        (struct hf_scene_signing){i, (answer->good >> i & 1) == 0,
			                answer->inception, answer->expiration};
}

static void add_members(struct hf_scene_set *set, uint8_t keys)
{
	for (uint16_t i = 0; i < SIGNED_KEYS; i++)
		if ((keys >> i & 1) != 0)
			set->members[set->member_count++] = i;
}

static enum hf_scene_verdict scene_verdict(const struct holding *holding, bool strict)
{
	struct hf_scene_set sets[3] = {0};
	struct hf_scene *scene;
	uint16_t numbers[3], key;
	assert_int_equal(hf_scene_new(1, 1, &scene), HF_OK);
	for (unsigned i = 0; i < SIGNED_KEYS; i++) {
		struct hf_scene_key told = {.algorithm = signed_algorithm(i),
		        .revokes = signed_usable(i) ? HF_SCENE_NOTHING : KSK_A};
		assert_int_equal(hf_scene_add_key(scene, &told, &key), HF_OK);
	}
	add_members(&sets[0], holding->ds);
	add_members(&sets[1], holding->keys->design.keys);
	add_signings(&sets[1], &holding->keys->keys, holding->keys->design.key_signers);
	add_signings(&sets[2], &holding->data->data[1], holding->data->design.data_signers[1]);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(hf_scene_add_set(scene, &sets[i], &numbers[i]), HF_OK);
	enum hf_scene_verdict verdict =
	        hf_scene_keys_verdict(scene, numbers[0], numbers[1], strict, holding->at);
	if (verdict == HF_SCENE_SECURE)
		verdict = hf_scene_data_verdict(scene, numbers[1], numbers[2], strict, holding->at);
	hf_scene_free(scene);
	return verdict;
}

/* ---- As a validator has it ---- */

static enum hf_chain_status chain_status(const struct holding *holding)
{
	struct hf_anchors anchors = {0};
	struct hf_question question = {.type = KNOT_RRTYPE_A};
	struct hf_chain_question wanted;
	struct hf_chain *chain;
	assert_int_equal(hf_name_from_text("www." SIGNED_ZONE, &question.name), HF_OK);
	for (unsigned i = 0; i < SIGNED_KEYS; i++)
		if ((holding->ds >> i & 1) != 0)
			assert_int_equal(hf_anchors_add(&anchors, signed_zone(), KNOT_RRTYPE_DS,
			                         signed_ds(i), NULL),
			        HF_OK);
	assert_int_equal(hf_chain_new(&question, &anchors, NULL, holding->at, NULL, &chain), HF_OK);
	while (hf_chain_wants(chain, &wanted)) {
		struct hf_version *zone = wanted.question.type == KNOT_RRTYPE_DNSKEY
		                                  ? holding->keys->zone
		                                  : holding->data->zone;
		struct hf_chain_reply reply = {.server = "test"};
		struct hf_buf wire = {0};
		answerer_put(&wire, &zone, 1, 1, &wanted.question, 0);
		assert_int_equal(
		        hf_message_parse(wire.data, wire.len, NULL, &reply.message), HF_OK);
		assert_int_equal(hf_chain_answer(chain, &reply), HF_OK);
		hf_buf_done(&wire);
	}
	enum hf_chain_status status = hf_chain_trace(chain)->status;
	hf_chain_free(chain);
	hf_anchors_done(&anchors);
	return status;
}

/* ---- As the gate has it ---- */

static uint32_t content(struct hf_evidence *evidence, enum hf_kind kind, uint8_t members,
        uint8_t signers, const struct signed_answer *answer)
{
	uint32_t numbers[SIGNED_KEYS], number;
	struct hf_signing signings[SIGNED_KEYS];
	struct hf_content content = {.kind = kind, .members = numbers, .signings = signings};
	for (unsigned i = 0; i < SIGNED_KEYS; i++) {
		if (kind != HF_KIND_DS)
			assert_int_equal(
			        hf_evidence_key(evidence, signed_dnskey(i), &number), HF_OK);
		else
			assert_int_equal(hf_evidence_ds(evidence, signed_ds(i), &number), HF_OK);
		if ((members >> i & 1) != 0)
			numbers[content.member_count++] = number;
		/* What does not verify is no signature. */
		if ((signers >> i & 1) != 0 && (answer->good >> i & 1) != 0)
			signings[content.signing_count++] =
			        (struct hf_signing){number, answer->inception, answer->expiration};
	}
	assert_int_equal(hf_evidence_content(evidence, &content, &number), HF_OK);
	return number;
}

static bool world_works(const struct holding *holding, enum hf_rules rules)
{
	const struct signed_version *keys = holding->keys, *data = holding->data;
	struct hf_evidence *evidence;
	assert_int_equal(hf_evidence_new(signed_zone(), &evidence), HF_OK);
	const uint32_t contents[HF_KINDS] = {
	        [HF_KIND_DS] = content(evidence, HF_KIND_DS, holding->ds, 0, NULL),
	        [HF_KIND_DNSKEY] = content(evidence, HF_KIND_DNSKEY, keys->design.keys,
	                keys->design.key_signers, &keys->keys),
	        [HF_KIND_SIGNERS] = content(
	                evidence, HF_KIND_SIGNERS, 0, data->design.data_signers[1], &data->data[1]),
	};
	bool works = hf_world_works(evidence, rules, holding->at, contents);
	hf_evidence_free(evidence);
	return works;
}

static bool is_fine(enum hf_scene_verdict verdict)
{
	return verdict == HF_SCENE_SECURE || verdict == HF_SCENE_INSECURE;
}

static void hearsay_and_cryptography_agree(void **state)
{
	unsigned long secure = 0, bogus = 0;
	for (unsigned long i = 0; i < rounds; i++) {
		struct hf_random dice = {seed + i};
		struct holding holding = any_holding(&dice);
		enum hf_scene_verdict verdict = scene_verdict(&holding, false);
		bool fine = is_fine(verdict);
		if (fine != world_works(&holding, HF_RULES_LIBERAL) ||
		        is_fine(scene_verdict(&holding, true)) !=
		                world_works(&holding, HF_RULES_STRICT))
			fail_msg("seed %lu: the gate disagrees with \"%s\"", seed + i,
			        hf_scene_verdict_name(verdict));
		/* Without a DS there is no trust anchor to walk down from. */
		if (holding.ds == 0)
			continue;
		enum hf_chain_status status = chain_status(&holding);
		if ((status == HF_CHAIN_SECURE) != (verdict == HF_SCENE_SECURE) ||
		        (status == HF_CHAIN_BOGUS) != !fine)
			fail_msg("seed %lu: the chain says %d, the scene \"%s\"", seed + i, status,
			        hf_scene_verdict_name(verdict));
		secure += fine;
		bogus += !fine;
	}
	print_message("%lu secure, %lu bogus\n", secure, bogus);
	assert_true(secure > rounds / 50 && bogus > rounds / 50);
}

static int begin(void **state)
{
	signed_init();
	return 0;
}

static int end(void **state)
{
	signed_done();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(hearsay_and_cryptography_agree),
	};
	if (argc > 1)
		rounds = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, begin, end);
}
