/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: the survey of a change is to the last field the survey of the whole version, through
 * thousands of random changes of nodes, cuts, DNAMEs, keys and signatures. Nodes come from several
 * signings of several zones, so that all kinds of signers stand side by side. Then what falls back
 * to the whole, and the counted values below all of it.
 */
#include "../sign/lab.h"

#include <stdio.h>
#include <stdlib.h>

#include "coherence/counts.h"
#include "coherence/survey.h"

#define NAMES    48
#define VARIANTS 7
#define KEYS     5

static uint64_t state;

static unsigned pick(unsigned below)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (unsigned)((state >> 33) % below);
}

/* ---- variants: the same names, other records and other signers ---- */

struct variant {
	unsigned flags;
	uint8_t duties[KEYS];
	int64_t later, spread;
};

#define PUB     HF_DUTY_PUBLISHED
#define DNSKEYS (HF_DUTY_PUBLISHED | HF_DUTY_SIGN_KEYS)
#define DATA    HF_DUTY_SIGN_DATA

static const struct variant variants[VARIANTS] = {
        {0, {DNSKEYS, PUB | DATA, PUB}, 0, 0},
        {0, {DNSKEYS, PUB | DATA, PUB}, 86400, 90000},
        {HF_SIGN_NSEC3, {DNSKEYS, PUB | DATA, PUB | DATA}, 3600, 7},
        {HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT, {DNSKEYS | HF_DUTY_CDS, PUB, PUB | DATA}, 7200, 3600},
        {0, {0, DATA, 0, DNSKEYS | DATA, 0}, 100, 100},
        {0, {DNSKEYS, PUB | DATA, 0, 0, DATA}, 5, 0},
        {0, {0}, 0, 0},
};

struct world {
	struct lab lab;
	struct hf_pool *pool;
	struct hf_evidence *evidence;
	struct hf_version *variants[VARIANTS];
	struct hf_version *version;
	struct hf_survey survey;
	unsigned wholes;
};

static void put_name(struct hf_buf *text, unsigned number)
{
	/* Every fourth name has others below it. */
	if (number % 4 == 0)
		hf_put_format(text, "n%u.ex. ", number);
	else
		hf_put_format(text, "b%u.n%u.ex. ", number, number - number % 4);
}

static struct hf_version *invent_zone(void)
{
	static const char *const shapes[] = {"A 192.0.2.1", "NS ns.e.test.", "DNAME e.test.",
	        "TXT t", "CNAME e.test.", "A 192.0.2.1"};
	struct hf_buf text = {0};

	hf_put_text(&text, "ex. 300 SOA ns.ex. h.ex. 1 2 3 4 200\nex. 300 NS ns.e.test.\n");
	for (unsigned i = 0; i < NAMES; i++) {
		unsigned shape = pick(6);
		put_name(&text, i);
		hf_put_format(&text, "%u %s\n", 60 + 60 * pick(4), shapes[shape]);
		if (shape != 1 || pick(2) == 0)
			continue;
		put_name(&text, i);
		hf_put_format(&text, "%u DS 1 13 2 %064u\n", 60 + 60 * pick(4), pick(9));
	}
	hf_put_u8(&text, 0);
	assert_int_equal(hf_buf_check(&text), HF_OK);
	struct hf_version *zone = lab_zone((const char *)text.data, NULL);
	hf_buf_done(&text);
	return zone;
}

static struct hf_version *sign_variant(struct world *world, const struct variant *variant)
{
	struct hf_version *zone = invent_zone();
	struct hf_sign_duty list[KEYS];
	const struct hf_sign_duties duties = {.list = list, .count = KEYS};
	struct hf_sign_options options;
	struct hf_sign_result result = {0};

	for (unsigned i = 0; i < KEYS; i++)
		list[i] = (struct hf_sign_duty){.tag = world->lab.keys.list[i]->tag,
		        .algorithm = world->lab.keys.list[i]->algorithm,
		        .flags = variant->duties[i]};
	hf_sign_options_init(&options, LAB_AT + variant->later);
	options.flags = variant->flags;
	options.spread = variant->spread;
	const struct hf_sign_job job = {
	        .zone = zone, .keys = &world->lab.keys.dir, .options = &options, .duties = &duties};
	assert_int_equal(hf_sign_zone(&job, world->pool, NULL, NULL, &result), HF_OK);
	hf_version_unref(zone);
	return result.version;
}

static void world_init(struct world *world, unsigned seed, enum hf_survey_flags flags)
{
	static const enum hf_role roles[KEYS] = {
	        HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_ZSK, HF_ROLE_CSK, HF_ROLE_ZSK};

	state = seed;
	*world = (struct world){.wholes = 0};
	lab_init(&world->lab, "ex. 300 SOA ns.ex. h.ex. 1 2 3 4 200\nex. 300 NS ns.ex.\n", NULL);
	for (unsigned i = 0; i < KEYS; i++)
		lab_key(&world->lab.keys, "ex.", roles[i],
		        i == 3 ? HF_ALG_ECDSAP256 : HF_ALG_ED25519);
	assert_int_equal(hf_pool_new(1, &world->pool), HF_OK);
	assert_int_equal(
	        hf_evidence_new(hf_version_apex(world->lab.zone), &world->evidence), HF_OK);
	for (unsigned i = 0; i < VARIANTS; i++)
		world->variants[i] = sign_variant(world, &variants[i]);
	world->version = hf_version_ref(world->variants[0]);
	assert_int_equal(hf_survey_version(world->version, flags, LAB_AT, world->pool, NULL,
	                         world->evidence, NULL, &world->survey),
	        HF_OK);
	assert_non_null(world->survey.whole);
}

static void world_done(struct world *world)
{
	for (unsigned i = 0; i < VARIANTS; i++)
		hf_version_unref(world->variants[i]);
	hf_version_unref(world->version);
	hf_survey_done(&world->survey);
	hf_evidence_free(world->evidence);
	hf_pool_free(world->pool);
	lab_done(&world->lab);
}

/* ---- changes ---- */

/* Any node of a variant, mostly a name, seldom the apex. */
static const struct hf_node *any_node(const struct world *world, const struct hf_version *from)
{
	const struct hf_tree *nsec3 = hf_version_nsec3(from), *names = hf_version_names(from);
	const struct hf_tree *tree = hf_tree_count(nsec3) > 0 && pick(3) == 0 ? nsec3 : names;
	struct hf_tree_cursor cursor;

	if (pick(12) == 0)
		return hf_version_apex_node(from);
	const struct hf_node *node = hf_tree_first(tree, &cursor);
	for (size_t at = pick((unsigned)hf_tree_count(tree)); at > 0; at--)
		node = hf_tree_next(&cursor);
	return node;
}

static void change_once(const struct world *world, struct hf_edit *edit)
{
	const struct hf_version *from = world->variants[pick(VARIANTS)];
	const struct hf_node *node = any_node(world, from);
	struct hf_name name;

	hf_node_name(node, &name);
	if (pick(3) == 0 && node != hf_version_apex_node(from)) {
		enum hf_err err = hf_edit_remove(edit, &name);
		assert_true(err == HF_OK || err == HF_ERR_NOTFOUND);
		return;
	}
	struct hf_node *own = hf_node_ref(node);
	assert_int_equal(hf_edit_put(edit, own), HF_OK);
	hf_node_unref(own);
}

static struct hf_version *change(const struct world *world, unsigned count)
{
	struct hf_version *version = NULL;
	struct hf_edit *edit = NULL;

	assert_int_equal(hf_edit_new(world->version, &edit), HF_OK);
	while (count-- > 0)
		change_once(world, edit);
	assert_int_equal(hf_edit_commit(edit, &version), HF_OK);
	hf_edit_free(edit);
	return version;
}

/* ---- comparing ---- */

static void check_same(const struct hf_survey *a, const struct hf_survey *b)
{
	assert_int_equal(a->offer.serial, b->offer.serial);
	assert_int_equal(a->soa_expire, b->soa_expire);
	assert_int_equal(a->offer.rrsets, b->offer.rrsets);
	assert_int_equal(a->offer.count, b->offer.count);
	for (size_t i = 0; i < a->offer.count; i++) {
		assert_int_equal(a->served[i].content, b->served[i].content);
		assert_int_equal(a->served[i].ttl, b->served[i].ttl);
		assert_int_equal(a->served[i].rrsets, b->served[i].rrsets);
	}
	assert_int_equal(a->offer.frail_expiration, b->offer.frail_expiration);
	assert_int_equal(a->offer.frail_ttl, b->offer.frail_ttl);
	assert_int_equal(a->offer.frail_type, b->offer.frail_type);
	assert_true(a->offer.frail_type == 0 ||
	            hf_name_equal(&a->offer.frail_owner, &b->offer.frail_owner));
}

/* One change, surveyed in both ways. */
static void step(struct world *world, enum hf_survey_flags flags, hf_time at, unsigned count)
{
	struct hf_version *version = change(world, count);
	const struct hf_survey_since since = {.survey = &world->survey, .version = world->version};
	struct hf_survey part, whole;

	assert_int_equal(hf_survey_change(&since, version, flags, at, world->pool, world->evidence,
	                         NULL, &part),
	        HF_OK);
	assert_int_equal(hf_survey_version(version, flags, at, world->pool, NULL, world->evidence,
	                         NULL, &whole),
	        HF_OK);
	check_same(&part, &whole);
	world->wholes += part.whole != NULL;
	hf_survey_done(&whole);
	hf_survey_done(&world->survey);
	hf_version_unref(world->version);
	world->survey = part;
	world->version = version;
}

static void run(unsigned seed, enum hf_survey_flags flags, unsigned steps)
{
	struct world world;

	world_init(&world, seed, flags);
	for (unsigned i = 0; i < steps; i++)
		step(&world, flags, LAB_AT + i, 1 + pick(4) + (pick(20) == 0 ? 30 : 0));
	/* Keys come and go with the apex, which is one node of many. */
	assert_in_range(world.wholes, 1, steps / 3);
	world_done(&world);
}

static void test_trusted(void **unused)
{
	for (unsigned seed = 1; seed <= 4; seed++)
		run(seed, HF_SURVEY_VERIFIED, 800);
}

static void test_verified(void **unused)
{
	run(5, HF_SURVEY_VERIFY, 40);
}

/* ---- what falls back ---- */

static void check_whole(struct world *world, const struct hf_version *version,
        enum hf_survey_flags flags, hf_time at, const char *words)
{
	const struct hf_survey_since since = {.survey = &world->survey, .version = world->version};
	struct hf_survey part, whole;

	assert_int_equal(hf_survey_change(&since, version, flags, at, world->pool, world->evidence,
	                         NULL, &part),
	        HF_OK);
	if (words == NULL)
		assert_null(part.whole);
	else
		assert_string_equal(part.whole, words);
	assert_int_equal(hf_survey_version(version, flags, at, world->pool, NULL, world->evidence,
	                         NULL, &whole),
	        HF_OK);
	check_same(&part, &whole);
	hf_survey_done(&part);
	hf_survey_done(&whole);
}

static void test_whole(void **unused)
{
	struct world world;

	world_init(&world, 9, HF_SURVEY_VERIFIED);
	check_whole(&world, world.version, HF_SURVEY_VERIFIED, LAB_AT, NULL);
	check_whole(&world, world.variants[1], HF_SURVEY_VERIFIED, LAB_AT, NULL);
	check_whole(&world, world.version, HF_SURVEY_VERIFY, LAB_AT,
	        "signatures that were trusted are to be verified");
	check_whole(&world, world.version, HF_SURVEY_VERIFIED, LAB_AT + (INT64_C(1) << 31),
	        "the time is very far from that of the survey before");
	/* The last version before the one that was surveyed is not the one that is named. */
	struct hf_version *version = world.version;
	world.version = world.variants[6];
	check_whole(&world, version, HF_SURVEY_VERIFIED, LAB_AT,
	        "the survey before is not of the version before");
	world.version = version;
	struct hf_survey_memory *memory = world.survey.memory;
	world.survey.memory = NULL;
	check_whole(&world, version, HF_SURVEY_VERIFIED, LAB_AT,
	        "there is no survey before it in this evidence");
	world.survey.memory = memory;
	world_done(&world);
}

/* A key that signs before it is known, then is published: what it signed counts as its own. */
static void test_stranger(void **unused)
{
	struct world world;
	struct hf_edit *edit = NULL;
	struct hf_version *version = NULL;

	world_init(&world, 10, HF_SURVEY_VERIFIED);
	hf_version_unref(world.version);
	hf_survey_done(&world.survey);
	world.version = hf_version_ref(world.variants[5]);
	assert_int_equal(hf_survey_version(world.version, HF_SURVEY_VERIFIED, LAB_AT, world.pool,
	                         NULL, world.evidence, NULL, &world.survey),
	        HF_OK);
	uint32_t number;
	assert_int_equal(hf_evidence_key(world.evidence,
	                         hf_keypair_dnskey(world.lab.keys.list[4]->pair), &number),
	        HF_OK);
	check_whole(&world, world.version, HF_SURVEY_VERIFIED, LAB_AT,
	        "a key became known that may have signed before");
	/* Without a change of its keys the zone's own ones are those of before. */
	assert_int_equal(hf_edit_new(world.version, &edit), HF_OK);
	struct hf_node *apex = hf_node_ref(hf_version_apex_node(world.variants[4]));
	assert_int_equal(hf_edit_put(edit, apex), HF_OK);
	hf_node_unref(apex);
	assert_int_equal(hf_edit_commit(edit, &version), HF_OK);
	hf_edit_free(edit);
	check_whole(&world, version, HF_SURVEY_VERIFIED, LAB_AT,
	        "a key that signs data came into the DNSKEY set or left it");
	hf_version_unref(version);
	world_done(&world);
}

/* ---- counted values ---- */

#define VALUES 40

/* Long chains of changes against plain counts, so that they are settled many times. */
static void test_counts(void **unused)
{
	static int64_t model[2][VALUES];
	struct hf_counts *counts = NULL;

	state = 77;
	assert_int_equal(hf_counts_new(NULL, NULL, NULL, &counts), HF_OK);
	for (unsigned round = 0; round < 300; round++) {
		struct hf_counter less = {0}, more = {0};
		struct hf_counts *next = NULL;
		for (unsigned i = 0; i < 10; i++) {
			unsigned set = pick(2);
			int64_t value = pick(VALUES);
			int64_t times = 1 + pick(3);
			assert_int_equal(hf_counter_add(&more, set, 3, value - 20, times), HF_OK);
			model[set][value] += times;
			set = pick(2);
			value = pick(VALUES);
			if (model[set][value] == 0)
				continue;
			assert_int_equal(hf_counter_add(&less, set, 3, value - 20, 1), HF_OK);
			model[set][value]--;
		}
		assert_int_equal(hf_counts_new(counts, &less, &more, &next), HF_OK);
		hf_counts_free(counts);
		counts = next;
		hf_counter_done(&less);
		hf_counter_done(&more);
		for (unsigned set = 0; set < 2; set++) {
			int first = -1, last = -1;
			int64_t value = 0;
			for (int i = 0; i < VALUES; i++) {
				assert_int_equal(
				        hf_counts_of(counts, set, 3, i - 20), model[set][i]);
				first = first < 0 && model[set][i] > 0 ? i : first;
				last = model[set][i] > 0 ? i : last;
			}
			assert_int_equal(hf_counts_find(counts, set, 3, HF_COUNTS_LEAST, &value),
			        first >= 0);
			assert_true(first < 0 || value == first - 20);
			hf_counts_find(counts, set, 3, HF_COUNTS_MOST, &value);
			assert_true(last < 0 || value == last - 20);
			assert_false(hf_counts_find(counts, set, 2, HF_COUNTS_LEAST, &value));
		}
	}
	struct hf_counter less = {0};
	struct hf_counts *next = NULL;
	assert_int_equal(hf_counter_add(&less, 0, 3, 0, 1000000), HF_OK);
	assert_int_equal(hf_counts_new(counts, &less, NULL, &next), HF_ERR_INVALID);
	assert_null(next);
	hf_counter_done(&less);
	hf_counts_free(counts);
}

/* Very many distinct values, of which the least go one after the other. */
static void test_many_counts(void **unused)
{
	struct hf_counter all = {0};
	struct hf_counts *counts = NULL;
	int64_t value;

	for (int64_t i = 0; i < 100000; i++)
		assert_int_equal(hf_counter_add(&all, 1, 1, i * i, 1), HF_OK);
	assert_int_equal(hf_counts_new(NULL, NULL, &all, &counts), HF_OK);
	for (int64_t i = 0; i < 20000; i += 500) {
		struct hf_counter less = {0};
		struct hf_counts *next = NULL;
		assert_true(hf_counts_find(counts, 1, 1, HF_COUNTS_LEAST, &value));
		assert_int_equal(value, i * i);
		for (int64_t j = i; j < i + 500; j++)
			assert_int_equal(hf_counter_add(&less, 1, 1, j * j, 1), HF_OK);
		assert_int_equal(hf_counts_new(counts, &less, NULL, &next), HF_OK);
		hf_counts_free(counts);
		hf_counter_done(&less);
		counts = next;
	}
	hf_counts_free(counts);
	hf_counter_done(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_trusted),
	        cmocka_unit_test(test_verified),
	        cmocka_unit_test(test_whole),
	        cmocka_unit_test(test_stranger),
	        cmocka_unit_test(test_counts),
	        cmocka_unit_test(test_many_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
