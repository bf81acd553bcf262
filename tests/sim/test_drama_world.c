/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small world and the scene say the same: whatever DS set, DNSKEY set and data of a scenario's
 * history come together, the chain validator finds in real records what the scene says of keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/drama_stage.h"
#include "sim/drama_walk.h"

#define DAY      86400
#define HOUR     3600
#define START    ((hf_time)1706486400) /* 2024-01-29 00:00 UTC */
#define VERSIONS 24
#define SETS     4

static struct hf_pool *pool;

enum { KSK, ZSK, ZSK2, TWIN, KSK2, GONE, KEYS };
#define K(key) ((hf_scenario_keys)1 << (key))

static void fill_scenario(struct hf_scenario *scenario, const char *zone, uint8_t algorithm)
{
	*scenario = (struct hf_scenario){.zone = zone,
	        .from = START,
	        .until = START + 10 * DAY,
	        .servers = 1,
	        .parents = 1,
	        .validity = 14 * DAY,
	        .refresh = 4 * DAY,
	        .key_count = KEYS,
	        .class_count = 4};
	const struct hf_scenario_key keys[KEYS] = {
	        [KSK] = {"ksk", HF_SCENARIO_KSK, algorithm, 0, 43786, -1},
	        [ZSK] = {"zsk", HF_SCENARIO_ZSK, algorithm, 0, 44301, -1},
	        [ZSK2] = {"zsk 2", HF_SCENARIO_ZSK, algorithm, 0, 52263, -1},
	        [TWIN] = {"twin", HF_SCENARIO_ZSK, algorithm, 0, 52263, -1},
	        [KSK2] = {"ksk 2", HF_SCENARIO_CSK, 15, 0, -1, -1},
	        [GONE] = {"gone", HF_SCENARIO_KSK, algorithm, 0, -1, KSK},
	};
	memcpy(scenario->keys, keys, sizeof(keys));
	for (unsigned i = 0; i < 4; i++)
		scenario->classes[i] =
		        (struct hf_scenario_class){"class", (enum hf_scenario_stuff)i, 0.25, 0};
}

static hf_scenario_keys any_of(struct hf_random *dice, hf_scenario_keys keys)
{
	return (hf_scenario_keys)hf_random_next(dice) & keys;
}

static struct hf_scenario_signed any_signed(struct hf_random *dice, hf_scenario_keys keys)
{
	const hf_time ends[] = {HF_TIME_NEVER, HF_TIME_NEVER, START + DAY, START - DAY};
	struct hf_scenario_signed sign = {
	        .by = any_of(dice, keys), .ttl = HOUR, .until = ends[hf_random_below(dice, 4)]};
	if (hf_random_below(dice, 3) == 0)
		sign.bad = any_of(dice, sign.by);
	return sign;
}

/* Mostly in order, so that each kind of mistake is met alone too. */
static struct hf_scenario_version any_version(struct hf_random *dice)
{
	struct hf_scenario_version version = {.keys = K(KSK) | K(ZSK) | any_of(dice, K(ZSK2))};
	version.dnskey = (struct hf_scenario_signed){K(KSK), 0, HOUR, HF_TIME_NEVER};
	for (unsigned i = 0; i < 4; i++)
		version.data[i].sign = (struct hf_scenario_signed){K(ZSK), 0, HOUR, HF_TIME_NEVER};
	if (hf_random_below(dice, 2) == 0)
		version.keys = K(ZSK) | any_of(dice, K(KSK) | K(ZSK2) | K(KSK2) | K(GONE));
	if (hf_random_below(dice, 2) == 0)
		version.dnskey = any_signed(dice, version.keys & ~(K(ZSK) | K(ZSK2)));
	for (unsigned i = 0; i < 4; i++)
		if (hf_random_below(dice, 2) == 0)
			version.data[i].sign =
			        any_signed(dice, K(ZSK) | K(ZSK2) | K(TWIN) | K(KSK2));
	return version;
}

/* A history of versions and DS sets, in both forms. */
struct history {
	struct hf_scenario scenario;
	struct hf_drama_world *world;
	struct hf_drama_stage stage;
	struct hf_version *zones[VERSIONS], *parents[SETS];
	uint16_t versions[VERSIONS], sets[SETS];
};

static void make_history(struct history *history, struct hf_random *dice)
{
	static const hf_scenario_keys ds[SETS] = {K(KSK), K(KSK) | K(KSK2), K(KSK2), 0};
	assert_int_equal(
	        hf_drama_world_new(&history->scenario, 1, pool, NULL, &history->world), HF_OK);
	assert_int_equal(hf_drama_stage_init(&history->stage, history->world), HF_OK);
	for (unsigned i = 0; i < VERSIONS; i++) {
		struct hf_scenario_version version = any_version(dice);
		assert_int_equal(hf_drama_world_make(history->world, &version, i + 1, START + 1,
		                         &history->zones[i]),
		        HF_OK);
		assert_int_equal(hf_drama_stage_publish(&history->stage, &version, START + 1 + i,
		                         &history->versions[i]),
		        HF_OK);
	}
	for (unsigned i = 0; i < SETS; i++) {
		assert_int_equal(hf_drama_world_parent(history->world, ds[i], DAY, START, NULL,
		                         &history->parents[i]),
		        HF_OK);
		assert_int_equal(hf_drama_stage_ds(&history->stage, ds[i], DAY, START + 1 + i,
		                         &history->sets[i]),
		        HF_OK);
	}
}

static void end_history(struct history *history)
{
	for (unsigned i = 0; i < VERSIONS; i++)
		hf_version_unref(history->zones[i]);
	for (unsigned i = 0; i < SETS; i++)
		hf_version_unref(history->parents[i]);
	hf_drama_stage_done(&history->stage);
	hf_drama_world_free(history->world);
}

static enum hf_scene_verdict judge(const struct history *history, unsigned ds, unsigned keys,
        unsigned data, unsigned class, hf_time at)
{
	const struct hf_scene *scene = history->stage.scene;
	uint16_t dnskey = hf_scene_version_at(scene, history->versions[keys])->dnskey;
	uint16_t set = hf_scene_version_at(scene, history->versions[data])->data[class];
	enum hf_scene_verdict verdict =
	        hf_scene_keys_verdict(scene, history->sets[ds], dnskey, false, at);
	return verdict == HF_SCENE_SECURE ? hf_scene_data_verdict(scene, dnskey, set, false, at)
	                                  : verdict;
}

static enum hf_chain_status walk(const struct history *history, unsigned ds, unsigned keys,
        unsigned data, unsigned class, hf_time at)
{
	struct hf_chain *chain;
	const struct hf_drama_view view = {.parent = history->parents[ds],
	        .keys = history->zones[keys],
	        .data = history->zones[data],
	        .at = at};
	assert_int_equal(hf_drama_walk(history->world, &view, class, NULL, &chain), HF_OK);
	enum hf_chain_status status = hf_chain_trace(chain)->status;
	hf_chain_free(chain);
	return status;
}

/* What is met at all, so that the test cannot pass by meeting nothing. */
struct met {
	unsigned long verdicts[HF_SCENE_VERDICTS];
};

static void compare(struct history *history, struct hf_random *dice, struct met *met)
{
	for (unsigned i = 0; i < 300; i++) {
		unsigned ds = (unsigned)hf_random_below(dice, SETS);
		unsigned keys = (unsigned)hf_random_below(dice, VERSIONS);
		unsigned data = i % 2 == 0 ? keys : (unsigned)hf_random_below(dice, VERSIONS);
		/* Under opt-out it cannot be proven that a wildcard stands for a name. */
		bool opt_out = history->scenario.denial == HF_SCENARIO_OPT_OUT;
		unsigned class = (unsigned)hf_random_below(dice, opt_out ? 3 : 4);
		hf_time at = START + 2 + (hf_time)hf_random_below(dice, 2 * DAY);
		enum hf_scene_verdict verdict = judge(history, ds, keys, data, class, at);
		/* That a wildcard stands for the name has to be proven too. */
		if (class == HF_SCENARIO_WILDCARDS && verdict == HF_SCENE_SECURE)
			verdict = judge(history, ds, keys, data, HF_SCENARIO_DENIALS, at);
		enum hf_chain_status status = walk(history, ds, keys, data, class, at);
		bool good = verdict == HF_SCENE_SECURE, open = verdict == HF_SCENE_INSECURE;
		met->verdicts[verdict]++;
		if (status != (good ? HF_CHAIN_SECURE : open ? HF_CHAIN_INSECURE : HF_CHAIN_BOGUS))
			fail_msg("DS %u, keys %u, data %u, class %u at %+ld: the chain says %s, "
			         "the scene \"%s\"",
			        ds, keys, data, class, (long)(at - START),
			        hf_chain_status_name(status), hf_scene_verdict_name(verdict));
	}
}

static void records_and_keys_agree(void **state)
{
	static const struct {
		const char *zone;
		uint8_t algorithm;
		enum hf_scenario_denial denial;
	} worlds[] = {
	        {"ru.", 8, HF_SCENARIO_NSEC},
	        {"co.nz.", 13, HF_SCENARIO_NSEC3},
	        {"gov.", 7, HF_SCENARIO_OPT_OUT},
	};
	struct met met = {0};
	for (unsigned i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		struct history *history = calloc(1, sizeof(*history));
		struct hf_random dice = {i + 1};
		assert_non_null(history);
		fill_scenario(&history->scenario, worlds[i].zone, worlds[i].algorithm);
		history->scenario.denial = worlds[i].denial;
		make_history(history, &dice);
		compare(history, &dice, &met);
		end_history(history);
		free(history);
	}
	static const enum hf_scene_verdict wanted[] = {HF_SCENE_SECURE, HF_SCENE_INSECURE,
	        HF_SCENE_NO_KEY, HF_SCENE_NO_SIG, HF_SCENE_EXPIRED, HF_SCENE_BAD_SIG};
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		print_message(
		        "%s: %lu\n", hf_scene_verdict_name(wanted[i]), met.verdicts[wanted[i]]);
		assert_true(met.verdicts[wanted[i]] > 5);
	}
}

static int group_begin(void **state)
{
	return hf_pool_new(1, &pool) == HF_OK ? 0 : -1;
}

static int group_end(void **state)
{
	hf_pool_free(pool);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(records_and_keys_agree),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
