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

static void print_story(const struct hf_story *story)
{
	char when[HF_TIME_TEXT];
	print_message("--- %s: %s\n", story->title, story->verdict);
	for (size_t i = 0; i < story->count; i++)
		print_message("%s %s: %s\n", hf_time_rfc3339(story->moments[i].at, when),
		        hf_moment_kind_name(story->moments[i].kind), story->moments[i].text);
}

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
	print_story(drama->happened);
	print_story(drama->guarded);
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
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
