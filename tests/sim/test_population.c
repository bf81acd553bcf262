/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Populations before scenes whose outcome can be told beforehand. */
#include "sim/population.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)
#define NOON ((hf_time)1800000000)

enum { DS_TTL = 86400, KEY_TTL = 3600, DATA_TTL = 3600, RESOLVERS = 2000 };

static const struct hf_population_kind validator = {.name = "validating",
        .share = 1,
        .trust = HF_TRUST_DS,
        .tries = 3,
        .memory_least = 1,
        .memory_most = 300,
        .udp = 1232};

/* A zone with an old and a new key of one role that does all. */
struct stage {
	struct hf_scene *scene;
	uint16_t old, new, revoked;
	uint16_t ds_old, ds_new, ds_none;
	uint16_t by_old, by_both, by_new; /* versions */
};

static uint16_t key(struct stage *stage, struct hf_scene_key key)
{
	uint16_t number;
	assert_int_equal(hf_scene_add_key(stage->scene, &key, &number), HF_OK);
	return number;
}

static struct hf_scene_signing by(uint16_t key)
{
	return (struct hf_scene_signing){key, false, HF_TIME_NONE, HF_TIME_NEVER};
}

static uint16_t ds(struct stage *stage, unsigned count, uint16_t member)
{
	struct hf_scene_set set = {
	        .members = {member}, .member_count = count, .ttl = DS_TTL, .bytes = 300};
	uint16_t number;
	assert_int_equal(hf_scene_add_set(stage->scene, &set, &number), HF_OK);
	return number;
}

static uint16_t version_of(
        struct stage *stage, struct hf_scene_set keys, struct hf_scene_signing signing)
{
	struct hf_scene_set data = {
	        .signings = {signing}, .signing_count = 1, .ttl = DATA_TTL, .bytes = 200};
	struct hf_scene_version version = {0};
	uint16_t number;
	keys.ttl = KEY_TTL;
	keys.bytes = 900;
	assert_int_equal(hf_scene_add_set(stage->scene, &keys, &version.dnskey), HF_OK);
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		assert_int_equal(hf_scene_add_set(stage->scene, &data, &version.data[i]), HF_OK);
	assert_int_equal(hf_scene_add_version(stage->scene, &version, &number), HF_OK);
	return number;
}

static void serve(struct stage *stage, enum hf_scene_side side, hf_time at, uint16_t what)
{
	for (unsigned i = 0; i < hf_scene_servers(stage->scene, side); i++)
		assert_int_equal(hf_scene_serve(stage->scene, side, i, at, what), HF_OK);
}

static void stage_init(struct stage *stage)
{
	struct hf_scene_key plain = {
	        .algorithm = 13, .tag = 1, .sep = true, .revokes = HF_SCENE_NOTHING};
	assert_int_equal(hf_scene_new(2, 4, &stage->scene), HF_OK);
	stage->old = key(stage, plain);
	plain.tag = 2;
	stage->new = key(stage, plain);
	stage->revoked =
	        key(stage, (struct hf_scene_key){
	                           .algorithm = 13, .tag = 3, .sep = true, .revokes = stage->old});
	stage->ds_none = ds(stage, 0, 0);
	stage->ds_old = ds(stage, 1, stage->old);
	stage->ds_new = ds(stage, 1, stage->new);
	stage->by_old = version_of(stage,
	        (struct hf_scene_set){{stage->old}, {by(stage->old)}, 1, 1, 0, 0, 0},
	        by(stage->old));
	stage->by_new = version_of(stage,
	        (struct hf_scene_set){{stage->new}, {by(stage->new)}, 1, 1, 0, 0, 0},
	        by(stage->new));
	stage->by_both = version_of(stage,
	        (struct hf_scene_set){
	                {stage->old, stage->new}, {by(stage->old), by(stage->new)}, 2, 2, 0, 0, 0},
	        by(stage->old));
	serve(stage, HF_SCENE_PARENT, HF_TIME_NONE, stage->ds_old);
	serve(stage, HF_SCENE_ZONE, HF_TIME_NONE, stage->by_old);
}

static const struct hf_population_flush *flushes;
static size_t flush_count;
static double loss; /* of questions */

static struct hf_population_measures run(struct stage *stage,
        const struct hf_population_kind *kinds, size_t count, int64_t days, unsigned jobs)
{
	struct hf_population population = {.kinds = kinds,
	        .kind_count = count,
	        .resolvers = RESOLVERS,
	        .rate_least = 1,
	        .rate_most = 1000,
	        .weights = {7, 2, 1, 0},
	        .anchors = {stage->old},
	        .anchor_count = 1,
	        .loss = loss,
	        .flushes = flushes,
	        .flush_count = flush_count,
	        .seed = 5};
	struct hf_population_measures measures;
	struct hf_pool *pool;
	assert_int_equal(hf_scene_seal(stage->scene), HF_OK);
	assert_int_equal(hf_pool_new(jobs, &pool), HF_OK);
	assert_int_equal(hf_population_run(&population, stage->scene, NOON, NOON + days * DAY,
	                         (size_t)days * 24, pool, NULL, &measures),
	        HF_OK);
	hf_pool_free(pool);
	return measures;
}

static uint64_t asked(const struct hf_population_measures *measures, enum hf_asked_type type)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < measures->count; i++)
		sum += measures->buckets[i].questions[type];
	return sum;
}

static uint64_t answered(const struct hf_population_measures *measures)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < measures->count; i++)
		for (unsigned type = 0; type < HF_ASKED_TYPES; type++)
			sum += measures->buckets[i].bytes[type];
	return sum;
}

static void done(struct stage *stage, struct hf_population_measures *measures)
{
	hf_population_measures_done(measures);
	hf_scene_free(stage->scene);
}

static void everyday_life_is_quiet(void **state)
{
	struct stage stage;
	stage_init(&stage);
	struct hf_population_measures measures = run(&stage, &validator, 1, 10, 2);
	assert_int_equal(measures.first, HF_TIME_NONE);
	/* Never more than one question a TTL, and of busy resolvers nearly as many. */
	double most = RESOLVERS * 240.0;
	assert_in_range(asked(&measures, HF_ASKED_DNSKEY), most * 0.7, most);
	assert_in_range(asked(&measures, HF_ASKED_DS), most / 24 * 0.7, most / 24);
	assert_int_equal(measures.validating, RESOLVERS);
	done(&stage, &measures);
}

/* Half of the questions get no answer: twice as many are asked, and the answers are as they were.
 */
static void what_is_lost_is_asked_again(void **state)
{
	struct stage calm, lossy;
	stage_init(&calm);
	stage_init(&lossy);
	struct hf_population_measures all = run(&calm, &validator, 1, 10, 2);
	loss = 0.5;
	struct hf_population_measures half = run(&lossy, &validator, 1, 10, 2);
	loss = 0;
	assert_int_equal(half.first, HF_TIME_NONE);
	for (unsigned type = 0; type < HF_ASKED_TYPES; type++) {
		uint64_t once = asked(&all, type);
		assert_in_range(asked(&half, type), once * 19 / 10, once * 21 / 10);
	}
	assert_in_range(answered(&half), answered(&all) * 19 / 20, answered(&all) * 21 / 20);
	done(&calm, &all);
	done(&lossy, &half);
}

/* Time that is passed over and time that is played give the same flows. */
static void passing_over_changes_nothing(void **state)
{
	struct stage calm, busy;
	stage_init(&calm);
	stage_init(&busy);
	/* With a short TTL, so that everyday life is known soon. */
	struct hf_scene_set set = {
	        .members = {calm.old}, .member_count = 1, .ttl = 4 * KEY_TTL, .bytes = 300};
	uint16_t short_ds;
	assert_int_equal(hf_scene_add_set(calm.scene, &set, &short_ds), HF_OK);
	serve(&calm, HF_SCENE_PARENT, NOON - 3 * DAY, short_ds);
	assert_int_equal(hf_scene_add_set(busy.scene, &set, &short_ds), HF_OK);
	serve(&busy, HF_SCENE_PARENT, NOON - 3 * DAY, short_ds);
	/* The same version again and again: something changes every ten minutes. */
	for (hf_time at = NOON - 4 * DAY; at < NOON + 10 * DAY; at += 600)
		serve(&busy, HF_SCENE_ZONE, at, busy.by_old);
	struct hf_population_measures passed = run(&calm, &validator, 1, 10, 2);
	struct hf_population_measures played = run(&busy, &validator, 1, 10, 2);
	assert_true(passed.events * 3 < played.events);
	for (unsigned type = 0; type < HF_ASKED_TYPES; type++) {
		double ratio = (double)asked(&passed, type) / (double)asked(&played, type);
		print_message("type %u: %.4f\n", type, ratio);
		assert_true(ratio > 0.98 && ratio < 1.02);
	}
	done(&calm, &passed);
	done(&busy, &played);
}

static uint64_t failed_in_all(const struct hf_population_measures *measures)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < measures->count; i++)
		sum += measures->buckets[i].failed;
	return sum;
}

/* The same where everything fails for good, with storms. */
static void passing_over_failures_changes_nothing(void **state)
{
	struct hf_population_kind stale = validator;
	struct stage calm, busy;
	stale.trust = HF_TRUST_ANCHORS;
	stale.storm = 5;
	stage_init(&calm);
	stage_init(&busy);
	serve(&calm, HF_SCENE_ZONE, NOON, calm.by_new);
	for (hf_time at = NOON; at < NOON + 3 * DAY; at += 600)
		serve(&busy, HF_SCENE_ZONE, at, busy.by_new);
	struct hf_population_measures passed = run(&calm, &stale, 1, 3, 2);
	struct hf_population_measures played = run(&busy, &stale, 1, 3, 2);
	assert_true(passed.events * 2 < played.events);
	for (unsigned type = 0; type < HF_ASKED_DS; type++) {
		double ratio = (double)asked(&passed, type) / (double)asked(&played, type);
		print_message("type %u: %.4f\n", type, ratio);
		assert_true(ratio > 0.95 && ratio < 1.05);
	}
	double ratio = (double)failed_in_all(&passed) / (double)failed_in_all(&played);
	print_message("failed: %.4f\n", ratio);
	assert_true(ratio > 0.98 && ratio < 1.02);
	assert_int_equal(passed.first, played.first);
	assert_int_equal(passed.last, NOON + 3 * DAY);
	done(&calm, &passed);
	done(&busy, &played);
}

/* Data that lead nowhere fail for all, wrong denial for those who make aggressive use of it, until
 * the TTL is over. */
static void faults_of_data_are_no_matter_of_proof(void **state)
{
	struct hf_population_kind kinds[3] = {validator, validator, validator};
	kinds[0].trust = HF_TRUST_NOBODY;
	kinds[1].missing = 8;
	for (enum hf_scene_fault fault = HF_SCENE_DENIED; fault <= HF_SCENE_GONE; fault++) {
		struct stage stage;
		stage_init(&stage);
		struct hf_scene_version version = *hf_scene_version_at(stage.scene, stage.by_old);
		struct hf_scene_set set = *hf_scene_set_at(stage.scene, version.data[0]);
		uint16_t wrong;
		set.fault = fault;
		assert_int_equal(hf_scene_add_set(stage.scene, &set, &version.data[0]), HF_OK);
		assert_int_equal(hf_scene_add_version(stage.scene, &version, &wrong), HF_OK);
		serve(&stage, HF_SCENE_ZONE, NOON + DAY, wrong);
		serve(&stage, HF_SCENE_ZONE, NOON + 2 * DAY, stage.by_old);
		struct hf_population_measures measures = run(&stage, kinds, 3, 3, 2);
		bool all = fault == HF_SCENE_GONE;
		assert_int_equal(measures.kinds[0] > 0, all);
		assert_int_equal(measures.kinds[1] > 0, all);
		assert_true(measures.kinds[2] > 0 && measures.causes[HF_SCENE_LOST] > 0);
		assert_in_range(measures.first, NOON + DAY, NOON + DAY + HOUR);
		assert_in_range(measures.last, NOON + 2 * DAY, NOON + 2 * DAY + DATA_TTL);
		done(&stage, &measures);
	}
}

/* Some ask again and again while they see a key that they trusted revoked, and only then. */
static void a_revoked_key_is_asked_for_again(void **state)
{
	struct hf_population_kind kind = validator;
	struct stage stage;
	kind.trust = HF_TRUST_FOLLOWS;
	kind.revoked_most = 60;
	stage_init(&stage);
	uint16_t revoking = version_of(&stage,
	        (struct hf_scene_set){{stage.revoked, stage.new},
	                {by(stage.revoked), by(stage.new)}, 2, 2, 0, 0, 0},
	        by(stage.new));
	serve(&stage, HF_SCENE_ZONE, NOON, stage.by_both);
	serve(&stage, HF_SCENE_ZONE, NOON + 40 * DAY, revoking);
	serve(&stage, HF_SCENE_ZONE, NOON + 45 * DAY, stage.by_new);
	struct hf_population_measures measures = run(&stage, &kind, 1, 50, 2);
	uint64_t days[50] = {0};
	for (size_t i = 0; i < measures.count; i++)
		days[i / 24] += measures.buckets[i].questions[HF_ASKED_DNSKEY];
	assert_int_equal(measures.first, HF_TIME_NONE);
	assert_true(days[42] > 2 * days[38]);
	assert_in_range(days[47], days[38] / 2, days[38] * 2);
	done(&stage, &measures);
}

/* The old key goes together with its DS: whoever holds the old DS fails, for its TTL at most. */
static void an_early_withdrawal_fails_for_a_ds_ttl(void **state)
{
	struct stage stage;
	const hf_time at = NOON + DAY;
	stage_init(&stage);
	serve(&stage, HF_SCENE_PARENT, at, stage.ds_new);
	serve(&stage, HF_SCENE_ZONE, at, stage.by_new);
	struct hf_population_measures measures = run(&stage, &validator, 1, 4, 2);
	assert_in_range(measures.first, at, at + HOUR);
	assert_in_range(measures.last, at + DAY - HOUR, at + DAY + 2 * HOUR);
	assert_true(hf_population_failed(&measures, 23) == 0);
	/* DS sets are of every age, so the failures fade evenly. */
	assert_true(hf_population_failed(&measures, 26) > 0.75 &&
	            hf_population_failed(&measures, 26) < 0.97);
	assert_true(hf_population_failed(&measures, 36) > 0.35 &&
	            hf_population_failed(&measures, 36) < 0.6);
	assert_true(hf_population_failed(&measures, 51) == 0);
	assert_true(measures.causes[HF_SCENE_NO_KEY] > 0);
	for (unsigned i = 0; i < HF_SCENE_VERDICTS; i++)
		assert_true(i == HF_SCENE_NO_KEY || measures.causes[i] == 0);
	done(&stage, &measures);
}

/* The same roll in order: nobody fails. */
/* The same, and operators empty the caches of most resolvers. */
static void emptied_caches_recover(void **state)
{
	struct stage stage;
	const hf_time at = NOON + DAY;
	const struct hf_population_flush flush = {at + 4 * HOUR, 0.8};
	stage_init(&stage);
	serve(&stage, HF_SCENE_PARENT, at, stage.ds_new);
	serve(&stage, HF_SCENE_ZONE, at, stage.by_new);
	flushes = &flush;
	flush_count = 1;
	struct hf_population_measures measures = run(&stage, &validator, 1, 4, 2);
	flush_count = 0;
	assert_in_range(measures.last, at + DAY - 2 * HOUR, at + DAY + 2 * HOUR);
	assert_true(hf_population_failed(&measures, 27) > 0.7);
	assert_true(hf_population_failed(&measures, 29) < 0.25 &&
	            hf_population_failed(&measures, 29) > 0.1);
	done(&stage, &measures);
}

static void a_roll_in_order_fails_nobody(void **state)
{
	struct stage stage;
	stage_init(&stage);
	serve(&stage, HF_SCENE_ZONE, NOON + DAY, stage.by_both);
	serve(&stage, HF_SCENE_PARENT, NOON + DAY + KEY_TTL, stage.ds_new);
	/* Keys are kept after the DS set that proved them is gone. */
	serve(&stage, HF_SCENE_ZONE, NOON + DAY + KEY_TTL + DS_TTL, stage.by_new);
	struct hf_population_measures measures = run(&stage, &validator, 1, 4, 2);
	assert_int_equal(measures.first, HF_TIME_NONE);
	done(&stage, &measures);
}

static void some_notice_and_some_do_not(void **state)
{
	struct hf_population_kind kinds[4];
	struct stage stage;
	for (unsigned i = 0; i < 4; i++)
		kinds[i] = validator;
	kinds[0].trust = HF_TRUST_NOBODY;
	kinds[2].trust = HF_TRUST_ANCHORS;
	kinds[3].trust = HF_TRUST_FOLLOWS;
	stage_init(&stage);
	uint16_t revoking = version_of(&stage,
	        (struct hf_scene_set){{stage.revoked, stage.new},
	                {by(stage.revoked), by(stage.new)}, 2, 2, 0, 0, 0},
	        by(stage.new));
	serve(&stage, HF_SCENE_ZONE, NOON + DAY, stage.by_both);
	serve(&stage, HF_SCENE_PARENT, NOON + 2 * DAY, stage.ds_new);
	serve(&stage, HF_SCENE_ZONE, NOON + 35 * DAY, revoking);
	serve(&stage, HF_SCENE_ZONE, NOON + 40 * DAY, stage.by_new);
	struct hf_population_measures measures = run(&stage, kinds, 4, 50, 2);
	/* Only those who hold the old key fail, and for good. */
	assert_int_equal(measures.kinds[0] + measures.kinds[1] + measures.kinds[3], 0);
	assert_in_range(measures.first, NOON + 35 * DAY, NOON + 35 * DAY + 2 * HOUR);
	assert_int_equal(measures.last, NOON + 50 * DAY);
	assert_true(hf_population_failed(&measures, 45 * 24) > 0.2 &&
	            hf_population_failed(&measures, 45 * 24) < 0.3);
	done(&stage, &measures);
}

static void signatures_end_for_everybody(void **state)
{
	struct stage stage;
	const hf_time end = NOON + DAY;
	stage_init(&stage);
	struct hf_scene_signing signing = {stage.old, false, HF_TIME_NONE, end};
	uint16_t ending = version_of(&stage,
	        (struct hf_scene_set){{stage.old}, {by(stage.old)}, 1, 1, 0, 0, 0}, signing);
	serve(&stage, HF_SCENE_ZONE, NOON - 3 * DAY, ending);
	serve(&stage, HF_SCENE_ZONE, end + DAY, stage.by_old);
	struct hf_population_measures measures = run(&stage, &validator, 1, 4, 2);
	assert_in_range(measures.first, end + 1, end + 60);
	/* Users whose resolver has a long memory notice the repair five minutes later. */
	assert_in_range(measures.last, end + DAY, end + DAY + 40 * HOUR);
	assert_true(hf_population_failed(&measures, 30) > 0.99);
	assert_true(measures.causes[HF_SCENE_EXPIRED] > 0);
	done(&stage, &measures);
}

static void threads_change_nothing(void **state)
{
	struct hf_population_measures measures[2];
	struct stage stages[2];
	for (unsigned i = 0; i < 2; i++) {
		stage_init(&stages[i]);
		serve(&stages[i], HF_SCENE_ZONE, NOON + DAY, stages[i].by_new);
		measures[i] = run(&stages[i], &validator, 1, 3, i == 0 ? 1 : 3);
	}
	assert_int_equal(measures[0].count, measures[1].count);
	assert_memory_equal(measures[0].buckets, measures[1].buckets,
	        measures[0].count * sizeof(*measures[0].buckets));
	assert_memory_equal(measures[0].causes, measures[1].causes, sizeof(measures[0].causes));
	assert_int_equal(measures[0].events, measures[1].events);
	for (unsigned i = 0; i < 2; i++)
		done(&stages[i], &measures[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(everyday_life_is_quiet),
	        cmocka_unit_test(what_is_lost_is_asked_again),
	        cmocka_unit_test(passing_over_changes_nothing),
	        cmocka_unit_test(passing_over_failures_changes_nothing),
	        cmocka_unit_test(faults_of_data_are_no_matter_of_proof),
	        cmocka_unit_test(a_revoked_key_is_asked_for_again),
	        cmocka_unit_test(an_early_withdrawal_fails_for_a_ds_ttl),
	        cmocka_unit_test(emptied_caches_recover),
	        cmocka_unit_test(a_roll_in_order_fails_nobody),
	        cmocka_unit_test(some_notice_and_some_do_not),
	        cmocka_unit_test(signatures_end_for_everybody),
	        cmocka_unit_test(threads_change_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
