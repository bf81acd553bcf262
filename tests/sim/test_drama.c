/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios played twice: what resolvers see, what is refused, and in which words. */
#include "sim/drama.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY   86400
#define HOUR  3600
#define START ((hf_time)1706486400) /* 2024-01-29 00:00 UTC */

static struct hf_pool *pool;

/* ---- scenarios, made step by step ---- */

struct script {
	struct hf_scenario scenario;
	struct hf_scenario_event events[32];
};

enum { KSK, OLD, NEW, TWIN, NEXT_KSK };
#define K(key) ((hf_scenario_keys)1 << (key))

static struct hf_scenario_signed by(hf_scenario_keys keys)
{
	return (struct hf_scenario_signed){.by = keys, .ttl = HOUR, .until = HF_TIME_NEVER};
}

/* A zone of one KSK and one ZSK, whose names are of two classes. */
static struct script *begin(void)
{
	struct script *script = calloc(1, sizeof(*script));
	assert_non_null(script);
	struct hf_scenario *scenario = &script->scenario;
	*scenario = (struct hf_scenario){.id = "test",
	        .zone = "ru.",
	        .from = START,
	        .until = START + 4 * DAY,
	        .servers = 3,
	        .parents = 2,
	        .validity = 14 * DAY,
	        .refresh = 4 * DAY,
	        .key_count = 5,
	        .class_count = 2,
	        .events = script->events,
	        .event_count = 2};
	const struct hf_scenario_key keys[] = {
	        [KSK] = {"ksk", HF_SCENARIO_KSK, 8, 0, 43786, -1},
	        [OLD] = {"old", HF_SCENARIO_ZSK, 8, 0, 44301, -1},
	        [NEW] = {"new", HF_SCENARIO_ZSK, 8, 0, 52263, -1},
	        [TWIN] = {"twin", HF_SCENARIO_ZSK, 8, 0, 52263, -1},
	        [NEXT_KSK] = {"next", HF_SCENARIO_KSK, 13, 0, -1, -1},
	};
	memcpy(scenario->keys, keys, sizeof(keys));
	scenario->classes[0] =
	        (struct hf_scenario_class){"delegations", HF_SCENARIO_DELEGATIONS, 0.7, 10000};
	scenario->classes[1] = (struct hf_scenario_class){"names", HF_SCENARIO_NAMES, 0.3, 2000};
	scenario->people.resolvers = 400;
	script->events[0] = (struct hf_scenario_event){
	        .at = START, .act = HF_SCENARIO_DS, .ds = K(KSK), .ds_ttl = DAY};
	struct hf_scenario_event *first = &script->events[1];
	*first = (struct hf_scenario_event){.at = START, .act = HF_SCENARIO_PUBLISH};
	first->version.keys = K(KSK) | K(OLD);
	first->version.dnskey = by(K(KSK));
	first->version.data[0].sign = first->version.data[1].sign = by(K(OLD));
	return script;
}

static struct hf_scenario_event *add(struct script *script, int64_t after, enum hf_scenario_act act)
{
	size_t number = script->scenario.event_count++;
	struct hf_scenario_event *event = &script->events[number];
	event->at = START + after;
	event->act = act;
	return event;
}

/* The next version, for now as the last one that was published. */
static struct hf_scenario_version *publish(struct script *script, int64_t after)
{
	size_t last = script->scenario.event_count;
	while (script->events[--last].act != HF_SCENARIO_PUBLISH)
		;
	struct hf_scenario_event *event = add(script, after, HF_SCENARIO_PUBLISH);
	event->version = script->events[last].version;
	return &event->version;
}

static struct hf_drama *play(struct script *script)
{
	struct hf_drama *drama = NULL;
	struct hf_diag diag;
	hf_diag_init(&diag, 5);
	const struct hf_drama_options options = {.seed = 1, .pool = pool};
	enum hf_err err = hf_drama_play(&script->scenario, &options, &diag, &drama);
	for (size_t i = 0; i < diag.count; i++)
		print_error("%s\n", diag.entries[i].text);
	assert_int_equal(err, HF_OK);
	hf_diag_done(&diag);
	return drama;
}

/* One class loses its good signatures in a version after a day, which is taken back later. */
static struct hf_scenario_version *spoil(struct script *script)
{
	struct hf_scenario_version *version = publish(script, DAY);
	struct hf_scenario_event *back = add(script, DAY + 6 * HOUR, HF_SCENARIO_PUBLISH);
	back->version = *version;
	return version;
}

static bool has_reason(const struct hf_drama_refusal *refusal, const char *check, const char *words)
{
	for (size_t i = 0; i < refusal->count; i++)
		if (strcmp(refusal->reasons[i].check, check) == 0 &&
		        strstr(refusal->reasons[i].broken, words) != NULL &&
		        refusal->reasons[i].fix[0] != 0)
			return true;
	for (size_t i = 0; i < refusal->count; i++)
		print_error("%s: %s\n", refusal->reasons[i].check, refusal->reasons[i].broken);
	return false;
}

/* ---- an outage as a whole ---- */

/* Another key pair of the same tag signs, and repairs make it worse: .ru in January 2024. */
static void two_keys_one_tag(void **state)
{
	struct script *script = begin();
	struct hf_scenario_version *version = publish(script, HOUR);
	version->keys |= K(NEW);
	version = publish(script, DAY);
	version->data[0].sign = version->data[1].sign = by(K(TWIN));
	version = publish(script, DAY + HOUR);
	version->dnskey = by(0);
	version = publish(script, DAY + 3 * HOUR);
	version->dnskey = by(K(KSK));
	version->data[0].sign = version->data[1].sign = by(K(OLD) | K(TWIN));
	version = publish(script, DAY + 4 * HOUR);
	version->data[0].sign = version->data[1].sign = by(K(OLD));
	struct hf_drama *drama = play(script);
	const struct hf_population_measures *users = &drama->happened->users;
	assert_true(drama->happened->failed);
	assert_in_range(users->first, START + DAY, START + DAY + HOUR);
	assert_in_range(users->last, START + DAY + 3 * HOUR - 600, START + DAY + 4 * HOUR);
	assert_true(users->causes[HF_SCENE_BAD_SIG] > 0 && users->causes[HF_SCENE_NO_SIG] > 0);
	assert_false(drama->guarded->failed);
	assert_true(drama->prevented);
	assert_int_equal(drama->limit_count, 0);
	assert_int_equal(drama->refusal_count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct hf_drama_refusal *refusal = &drama->refusals[i];
		assert_false(refusal->ds);
		assert_int_equal(refusal->event, 3 + i);
		assert_int_equal(refusal->at, script->events[3 + i].at);
		assert_int_equal(refusal->earliest_safe, HF_TIME_NEVER);
		assert_int_equal(refusal->published, HF_TIME_NONE);
		assert_false(refusal->reasons[0].by_gate);
		assert_true(has_reason(refusal, "rrsig-invalid", "ZSK 52263 (RSASHA256)"));
	}
	assert_true(has_reason(&drama->refusals[0], "dnskey-signatures", "with the same tag"));
	assert_true(has_reason(&drama->refusals[0], "dnskey-signatures", "12,000 RRsets"));
	assert_true(has_reason(&drama->refusals[1], "ds-dnskey", "KSK 43786"));
	hf_drama_free(drama);
	free(script);
}

/* ---- every kind of damage ---- */

static void bad(struct hf_scenario_version *version)
{
	version->data[1].sign.bad = K(OLD);
}

static void bad_keys(struct hf_scenario_version *version)
{
	version->dnskey.bad = K(KSK);
}

static void missing(struct hf_scenario_version *version)
{
	version->data[1].sign.by = 0;
}

static void expired(struct hf_scenario_version *version)
{
	version->data[1].sign.until = START + DAY - 60;
}

static void bitmap(struct hf_scenario_version *version)
{
	version->data[1].damage = HF_SCENARIO_BITMAP;
}

static void no_key_signature(struct hf_scenario_version *version)
{
	version->dnskey.by = 0;
}

static void other_ksk(struct hf_scenario_version *version)
{
	version->keys = K(NEXT_KSK) | K(OLD);
	version->dnskey.by = K(NEXT_KSK);
}

static void never_published(struct hf_scenario_version *version)
{
	version->data[0].sign.by = version->data[1].sign.by = K(NEW);
}

static void published_too_late(struct hf_scenario_version *version)
{
	version->keys |= K(NEW);
	never_published(version);
}

static void algorithm(struct hf_scenario_version *version)
{
	version->keys |= K(NEXT_KSK);
	version->dnskey.by |= K(NEXT_KSK);
}

static void unsigned_all(struct hf_scenario_version *version)
{
	version->keys = version->dnskey.by = 0;
	version->data[0].sign.by = version->data[1].sign.by = 0;
}

static const struct damage {
	void (*spoil)(struct hf_scenario_version *version);
	const char *check, *words;
} damages[] = {
        {bad, "rrsig-invalid", "c1-00.ru."},
        {bad_keys, "rrsig-invalid", "KSK 43786"},
        {missing, "rrsig-missing", "c1-00.ru."},
        {expired, "rrsig-expired", "ru."},
        {bitmap, "nsec-bitmap", "denies A"},
        {no_key_signature, "rrsig-missing", "DNSKEY"},
        {other_ksk, "ds-no-chain", "DS"},
        {never_published, "rrsig-no-key", "52263"},
        {published_too_late, "dnskey-signatures", "ZSK 52263"},
        {algorithm, "rrsig-alg-missing", "ECDSAP256SHA256"},
        {unsigned_all, "ds-dnskey", "no DNSKEY set"},
};

static void every_damage_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct script *script = begin();
		damages[i].spoil(spoil(script));
		struct hf_drama *drama = play(script);
		assert_true(drama->happened->failed);
		assert_false(drama->guarded->failed);
		assert_true(drama->prevented);
		assert_int_equal(drama->refusal_count, 1);
		const struct hf_drama_refusal *refusal = &drama->refusals[0];
		if (!has_reason(refusal, damages[i].check, damages[i].words))
			fail_msg("damage %zu: not for %s", i, damages[i].check);
		assert_int_equal(refusal->earliest_safe, HF_TIME_NEVER);
		assert_int_equal(refusal->published, HF_TIME_NONE);
		hf_drama_free(drama);
		free(script);
	}
}

/* ---- what only has to wait ---- */

/* The old KSK goes with its DS: whoever holds that DS would fail for its TTL. */
static struct script *hasty_roll(enum hf_scenario_by who)
{
	struct script *script = begin();
	struct hf_scenario_version *version = publish(script, HOUR);
	version->keys |= K(TWIN);
	script->scenario.keys[TWIN].role = HF_SCENARIO_KSK;
	version->dnskey.by |= K(TWIN);
	struct hf_scenario_event *ds = add(script, 12 * HOUR, HF_SCENARIO_DS);
	ds->ds = K(TWIN);
	ds->ds_ttl = DAY;
	ds->by = who;
	version = publish(script, 13 * HOUR);
	version->keys = K(TWIN) | K(OLD);
	version->dnskey.by = K(TWIN);
	return script;
}

static void what_is_early_goes_out_later(void **state)
{
	struct script *script = hasty_roll(HF_SCENARIO_OPERATOR);
	struct hf_drama *drama = play(script);
	assert_true(drama->happened->failed);
	assert_in_range(drama->happened->users.last, START + 34 * HOUR, START + 37 * HOUR);
	assert_false(drama->guarded->failed);
	assert_int_equal(drama->refusal_count, 1);
	const struct hf_drama_refusal *refusal = &drama->refusals[0];
	assert_true(has_reason(refusal, "ds-dnskey", "DS 43786"));
	assert_int_equal(refusal->earliest_safe, START + 36 * HOUR);
	/* A policy's margin later. */
	assert_int_equal(refusal->published, START + 37 * HOUR);
	hf_drama_free(drama);
	free(script);
}

/* A server of the parent that is late keeps the old DS alive. */
static void late_servers_are_waited_for(void **state)
{
	struct script *script = hasty_roll(HF_SCENARIO_OPERATOR);
	struct hf_scenario_event *lag = add(script, 0, HF_SCENARIO_LAG);
	lag->side = HF_SCENE_PARENT;
	lag->server = 1;
	lag->lag = 6 * HOUR;
	lag->text = "A server of the parent is late.";
	struct hf_scenario_event moved = *lag;
	for (size_t i = script->scenario.event_count - 1; i > 2; i--)
		script->events[i] = script->events[i - 1];
	script->events[2] = moved;
	struct hf_drama *drama = play(script);
	assert_false(drama->guarded->failed);
	assert_int_equal(drama->refusals[0].published, START + 43 * HOUR);
	hf_drama_free(drama);
	free(script);
}

/* ---- what nobody can refuse ---- */

static void a_ds_set_that_breaks_is_refused(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct script *script = begin();
		struct hf_scenario_event *ds = add(script, DAY, HF_SCENARIO_DS);
		ds->ds = K(NEXT_KSK);
		ds->ds_ttl = DAY;
		ds->by = i == 0 ? HF_SCENARIO_OPERATOR : HF_SCENARIO_OTHERS;
		ds->text = "The DS of a key that nobody has.";
		struct hf_drama *drama = play(script);
		assert_true(drama->happened->failed);
		assert_true(drama->prevented);
		assert_int_equal(drama->refusal_count, 1 - i);
		assert_int_equal(drama->guarded->failed, i == 1);
		assert_int_equal(drama->limit_count, i);
		if (i == 0) {
			assert_true(drama->refusals[0].ds);
			assert_true(drama->refusals[0].reasons[0].by_gate);
		} else {
			assert_non_null(strstr(drama->limits[0], "that nobody has. Others did"));
		}
		hf_drama_free(drama);
		free(script);
	}
}

static void what_leads_nowhere_is_only_warned_of(void **state)
{
	struct script *script = begin();
	spoil(script)->data[0].damage = HF_SCENARIO_GONE;
	struct hf_drama *drama = play(script);
	bool warned = false;
	assert_int_equal(drama->refusal_count, 0);
	assert_true(drama->guarded->failed);
	assert_true(drama->prevented);
	assert_int_equal(drama->limit_count, 1);
	for (size_t i = 0; i < drama->guarded->count; i++)
		warned |= drama->guarded->moments[i].kind == HF_MOMENT_ALARM &&
		          strstr(drama->guarded->moments[i].text, "has no address") != NULL;
	assert_true(warned);
	hf_drama_free(drama);
	free(script);
}

/* ---- signatures that nobody replaces ---- */

static void signatures_are_replaced_in_time(void **state)
{
	struct script *script = begin();
	script->events[1].version.data[0].sign.until = START + 2 * DAY;
	struct hf_drama *drama = play(script);
	assert_true(drama->happened->failed);
	assert_in_range(drama->happened->users.first, START + 2 * DAY, START + 2 * DAY + HOUR);
	assert_true(drama->happened->users.causes[HF_SCENE_EXPIRED] > 0);
	assert_false(drama->guarded->failed);
	assert_int_equal(drama->refusal_count, 0);
	hf_drama_free(drama);
	free(script);
}

/* ---- the whole thing twice ---- */

static void assert_same_story(const struct hf_story *one, const struct hf_story *other)
{
	assert_int_equal(one->count, other->count);
	for (size_t i = 0; i < one->count; i++) {
		assert_int_equal(one->moments[i].at, other->moments[i].at);
		assert_string_equal(one->moments[i].text, other->moments[i].text);
	}
	assert_int_equal(one->users.count, other->users.count);
	assert_memory_equal(one->users.buckets, other->users.buckets,
	        one->users.count * sizeof(*one->users.buckets));
}

static void one_seed_gives_one_drama(void **state)
{
	struct script *script = begin();
	published_too_late(spoil(script));
	struct hf_drama *one = play(script), *other = play(script);
	assert_same_story(one->happened, other->happened);
	assert_same_story(one->guarded, other->guarded);
	assert_int_equal(one->refusal_count, other->refusal_count);
	for (size_t i = 0; i < one->refusals[0].count; i++)
		assert_string_equal(
		        one->refusals[0].reasons[i].broken, other->refusals[0].reasons[i].broken);
	hf_drama_free(one);
	hf_drama_free(other);
	free(script);
}

/* ---- the root ---- */

enum { ROOT_OLD, ROOT_NEW, ROOT_REVOKED, ROOT_ZSK, ROOT_ZSK2 };

/* The roll of 2018 in short, by the tags that were. */
static struct script *root_roll(int64_t sign_after)
{
	struct script *script = begin();
	struct hf_scenario *scenario = &script->scenario;
	const struct hf_scenario_key keys[] = {
	        [ROOT_OLD] = {"old", HF_SCENARIO_KSK, 8, 2048, 19036, -1},
	        [ROOT_NEW] = {"new", HF_SCENARIO_KSK, 8, 2048, 20326, -1},
	        [ROOT_REVOKED] = {"gone", HF_SCENARIO_KSK, 8, 2048, 19164, ROOT_OLD},
	        [ROOT_ZSK] = {"zsk", HF_SCENARIO_ZSK, 8, 2048, -1, -1},
	        [ROOT_ZSK2] = {"zsk 2", HF_SCENARIO_ZSK, 8, 2048, -1, -1},
	};
	memcpy(scenario->keys, keys, sizeof(keys));
	scenario->zone = ".";
	scenario->parents = 1;
	scenario->until = START + 150 * DAY;
	scenario->people.anchors = K(ROOT_OLD);
	scenario->people.resolvers = 300;
	script->events[0].ds = 0;
	struct hf_scenario_version *version = &script->events[1].version;
	version->keys = K(ROOT_OLD) | K(ROOT_ZSK);
	version->dnskey.by = K(ROOT_OLD);
	version->data[0].sign.by = version->data[1].sign.by = K(ROOT_ZSK);
	version = publish(script, DAY);
	version->keys = K(ROOT_OLD) | K(ROOT_NEW) | K(ROOT_ZSK) | K(ROOT_ZSK2);
	version = publish(script, sign_after);
	version->dnskey.by = K(ROOT_NEW);
	version = publish(script, 80 * DAY);
	version->keys = K(ROOT_REVOKED) | K(ROOT_NEW) | K(ROOT_ZSK);
	version->dnskey.by = K(ROOT_REVOKED) | K(ROOT_NEW);
	version = publish(script, 120 * DAY);
	version->keys = K(ROOT_NEW) | K(ROOT_ZSK);
	version->dnskey.by = K(ROOT_NEW);
	return script;
}

static enum hf_err count_bogus(void *context, const struct hf_drama_state *state)
{
	unsigned *counts = context;
	counts[0]++;
	counts[1] += state->trace->status != HF_CHAIN_SECURE;
	return HF_OK;
}

static struct hf_drama *play_seen(struct script *script, unsigned counts[static 2])
{
	struct hf_drama *drama = NULL;
	const struct hf_drama_options options = {
	        .seed = 1, .pool = pool, .state = count_bogus, .context = counts};
	assert_int_equal(hf_drama_play(&script->scenario, &options, NULL, &drama), HF_OK);
	return drama;
}

static void a_root_roll_has_the_sizes_of_2018(void **state)
{
	struct script *script = root_roll(40 * DAY);
	unsigned counts[2] = {0};
	struct hf_drama *drama = play_seen(script, counts);
	const struct hf_story_series *series = &drama->guarded->series[0];
	assert_int_equal(drama->refusal_count, 0);
	assert_string_equal(series->name, "DNSKEY answer");
	assert_int_equal(series->count, 5);
	assert_true(series->points[1].value == 1414 && series->points[2].value == 1414);
	assert_true(series->points[3].value == 1425);
	/* Each version in both runs, proven by those who follow RFC 5011. */
	assert_int_equal(counts[0], 10);
	assert_int_equal(counts[1], 0);
	hf_drama_free(drama);
	free(script);
}

/* Ten days are too few for those who follow RFC 5011: they need thirty. */
static void a_hasty_root_roll_waits_for_followers(void **state)
{
	struct script *script = root_roll(11 * DAY);
	struct hf_drama *drama = play(script);
	assert_int_equal(drama->refusal_count, 1);
	assert_true(has_reason(&drama->refusals[0], "ds-dnskey", "19036"));
	assert_false(drama->guarded->failed);
	hf_drama_free(drama);
	free(script);
}

/* ---- storms ---- */

static void storms_are_counted_in_tables(void **state)
{
	struct script *script = begin();
	struct hf_scenario_storm storm = {.name = "com",
	        .zones = {{"example.com", 2, 20000}, {"com", 14, 20000}},
	        .expect_dnskey = {4, 784},
	        .expect_ds = {-1, 56},
	        .count = 2,
	        .asker = HF_SCENARIO_BIND_2009,
	        .patience = 0,
	        .names = 1,
	        .compare = true,
	        .brake = {HF_STORM_SECOND, 300 * HF_STORM_SECOND, 600 * HF_STORM_SECOND}};
	struct hf_scenario_figure figure = {.text = "load",
	        .unit = "Mbps",
	        .terms = {3000, 1188, 8},
	        .over = {1e6},
	        .term_count = 3,
	        .over_count = 1,
	        .published = "in excess of 35"};
	script->scenario.event_count = 0;
	script->scenario.storms = &storm;
	script->scenario.storm_count = 1;
	script->scenario.figures = &figure;
	script->scenario.figure_count = 1;
	struct hf_drama *drama = play(script);
	const struct hf_story *story = drama->happened;
	assert_null(drama->guarded);
	assert_non_null(story->verdict);
	assert_int_equal(story->table_count, 3);
	const struct hf_story_cell *com = &story->tables[0].cells[8];
	assert_true(com[1].number == 14 && com[2].number == 784 && com[3].number == 784);
	assert_true(com[4].number == 56 && com[5].number == 56 && com[7].number == 4);
	/* Six rows of six columns; braking servers are asked less. */
	const struct hf_story_table *compared = &story->tables[1];
	assert_int_equal(compared->count, 36);
	assert_true(compared->cells[10].number < compared->cells[4].number / 10);
	assert_true(story->tables[2].cells[1].number == 28.512);
	hf_drama_free(drama);
	free(script);
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
	        cmocka_unit_test(two_keys_one_tag),
	        cmocka_unit_test(every_damage_is_refused),
	        cmocka_unit_test(what_is_early_goes_out_later),
	        cmocka_unit_test(late_servers_are_waited_for),
	        cmocka_unit_test(a_ds_set_that_breaks_is_refused),
	        cmocka_unit_test(what_leads_nowhere_is_only_warned_of),
	        cmocka_unit_test(signatures_are_replaced_in_time),
	        cmocka_unit_test(one_seed_gives_one_drama),
	        cmocka_unit_test(a_root_roll_has_the_sizes_of_2018),
	        cmocka_unit_test(a_hasty_root_roll_waits_for_followers),
	        cmocka_unit_test(storms_are_counted_in_tables),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
