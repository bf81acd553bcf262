/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading scenarios: what a file says, what it leaves open, and what is refused. */
#include "sim/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../house/failing.h"

#define HEAD                                                                                       \
	"id: small\ntitle: A small one\ndate: 2024-03-05\nzone: example.com\n"                     \
	"from: 2024-03-04T00:00:00Z\nuntil: 2024-03-08T00:00:00Z\n"
#define KEYS                                                                                       \
	"keys:\n  ksk: {role: ksk, algorithm: rsasha256, tag: 1000}\n"                             \
	"  new: {role: ksk, algorithm: rsasha256, tag: 2000}\n"                                    \
	"  zsk: {role: zsk, algorithm: ecdsap256sha256}\n"
#define START      "start: {ds: [ksk], ds_ttl: 1d, keys: [ksk, new, zsk]}\n"
#define START_TIME ((hf_time)1709510400) /* 2024-03-04T00:00:00Z */

#define EVERYTHING                                                                                 \
	HEAD "about: All there is.\ndenial: opt-out\nservers: {zone: 3, parent: 4}\n"              \
	     "signatures: {validity: 10d, refresh: 3d}\n"                                          \
	     "unknown:\n"                                                                          \
	     "  gap: {default: 90m, from: 1m, to: 1d, why: Nobody wrote it down.}\n"               \
	     "  part: {default: 0.25, from: 0, to: 1, why: A guess.}\n"                            \
	     "  hour: {default: '2024-03-05T10:00:00Z', from: '2024-03-05T09:00:00Z', "            \
	     "to: '2024-03-05T12:00:00Z', why: Said to be in the morning.}\n" KEYS                 \
	     "  gone: {role: ksk, algorithm: rsasha256, tag: 1128, revokes: ksk}\n"                \
	     "classes:\n  hosts: {}\n  holes: {of: denials, share: $part, names: 12}\n" START      \
	     "events:\n"                                                                           \
	     "  - {at: $hour, publish: {serial: 7, data_ttl: 2h, keys_bad: [ksk],\n"               \
	     "     classes: {holes: {damage: bitmap, signed_by: [ksk], until: +1d}}}, say: Oh.}\n" \
	     "  - {at: +$gap, by: others, ds: [new], ds_ttl: 5m}\n"                                \
	     "  - {at: +1m, lag: {side: zone, server: 3, for: 2h}}\n"                              \
	     "  - {at: +0, flush: $part}\n"                                                        \
	     "  - {at: 2024-03-06T00:00:00Z, fault: The signer stops.}\n"                          \
	     "  - {at: +1m, publish: {keys: []}}\n"                                                \
	     "  - {at: +1m, alarm: Somebody calls.}\n"                                             \
	     "people:\n  resolvers: 300\n  rate: [2, 20]\n  kinds: {plain: 0.5, stale: 0.01}\n"    \
	     "  anchors: [ksk]\n"                                                                  \
	     "storms:\n  - {name: one, resolver: current, patience: 30s, zones:\n"                 \
	     "     [{name: leaf, addresses: 2, dnskey: 4, ds: 8}, {name: top, addresses: 14}],\n"  \
	     "     clients: {every: 10s, for: 1h, names: 5},\n"                                    \
	     "     brake: {first: 1s, most: 1m, forget: 10m}}\n"                                   \
	     "known:\n  - {fact: It was so., source: A report}\n  - {fact: It follows.}\n"         \
	     "figures:\n  - {text: Load, unit: Mbps, of: [3000, 1188, 8], over: [1000000], "       \
	     "published: 35}\n"                                                                    \
	     "tables:\n  - {caption: Times, columns: [a, b], rows: [[1, 2], [3, 4]]}\n"            \
	     "expect:\n  failing: {from: 2024-03-05T10:00:00Z, until: +2d, within: 5m, "           \
	     "least: 0.1, most: 0.4}\n  prevented: no\n  because: It came from elsewhere.\n"

static enum hf_err parse_with(const char *text, const char *name, const char *value,
        struct hf_diag *diag, struct hf_scenario **ret_scenario)
{
	const struct hf_scenario_setting setting = {name, value};
	return hf_scenario_parse(
	        "s.yaml", text, strlen(text), &setting, name != NULL, diag, ret_scenario);
}

static struct hf_scenario *parse(const char *text)
{
	struct hf_scenario *scenario = NULL;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = parse_with(text, NULL, NULL, &diag, &scenario);
	for (size_t i = 0; i < diag.count; i++)
		print_error("%u: %s\n", (unsigned)diag.entries[i].line, diag.entries[i].text);
	assert_int_equal(err, HF_OK);
	hf_diag_done(&diag);
	return scenario;
}

static void the_head_and_keys_are_read(void **state)
{
	struct hf_scenario *scenario = parse(EVERYTHING);
	assert_string_equal(scenario->id, "small");
	assert_string_equal(scenario->zone, "example.com");
	assert_int_equal(scenario->from, START_TIME);
	assert_int_equal(scenario->until, START_TIME + 4 * 86400);
	assert_int_equal(scenario->denial, HF_SCENARIO_OPT_OUT);
	assert_int_equal(scenario->servers, 3);
	assert_int_equal(scenario->parents, 4);
	assert_int_equal(scenario->validity, 10 * 86400);
	assert_int_equal(scenario->key_count, 4);
	assert_int_equal(scenario->keys[0].tag, 1000);
	assert_int_equal(scenario->keys[0].bits, 2048);
	assert_int_equal(scenario->keys[2].tag, -1);
	assert_int_equal(scenario->keys[2].algorithm, 13);
	assert_int_equal(scenario->keys[3].revokes, 0);
	assert_int_equal(scenario->class_count, 2);
	assert_true(scenario->classes[0].share == 0.75);
	assert_int_equal(scenario->classes[1].stuff, HF_SCENARIO_DENIALS);
	assert_int_equal(scenario->classes[1].names, 12);
	hf_scenario_free(scenario);
}

static void events_are_whole_versions(void **state)
{
	struct hf_scenario *scenario = parse(EVERYTHING);
	const struct hf_scenario_event *events = scenario->events;
	assert_int_equal(scenario->event_count, 9);
	assert_int_equal(events[0].act, HF_SCENARIO_DS);
	assert_int_equal(events[0].ds, 1);
	assert_int_equal(events[0].ds_ttl, 86400);
	/* Each key signs by itself what its role is for. */
	assert_int_equal(events[1].act, HF_SCENARIO_PUBLISH);
	assert_int_equal(events[1].version.keys, 7);
	assert_int_equal(events[1].version.dnskey.by, 3);
	assert_int_equal(events[1].version.data[1].sign.by, 4);
	assert_true(events[1].version.dnskey.until == HF_TIME_NEVER);
	/* What an event says, and what it leaves as it was. */
	assert_int_equal(events[2].at, START_TIME + 34 * 3600);
	assert_string_equal(events[2].text, "Oh.");
	assert_int_equal(events[2].version.serial, 7);
	assert_int_equal(events[2].version.keys, 7);
	assert_int_equal(events[2].version.dnskey.bad, 1);
	assert_int_equal(events[2].version.dnskey.ttl, 3600);
	assert_int_equal(events[2].version.data[0].sign.ttl, 7200);
	assert_int_equal(events[2].version.data[0].sign.by, 4);
	assert_int_equal(events[2].version.data[1].sign.by, 1);
	assert_int_equal(events[2].version.data[1].damage, HF_SCENARIO_BITMAP);
	assert_int_equal(events[2].version.data[1].sign.until, events[2].at + 86400);
	hf_scenario_free(scenario);
}

static void other_acts_are_read(void **state)
{
	struct hf_scenario *scenario = parse(EVERYTHING);
	const struct hf_scenario_event *events = scenario->events;
	assert_int_equal(events[3].at, events[2].at + 5400);
	assert_int_equal(events[3].by, HF_SCENARIO_OTHERS);
	assert_int_equal(events[3].ds, 2);
	assert_int_equal(events[3].ds_ttl, 300);
	assert_int_equal(events[4].act, HF_SCENARIO_LAG);
	assert_int_equal(events[4].server, 2);
	assert_int_equal(events[4].lag, 7200);
	assert_int_equal(events[5].at, events[4].at);
	assert_true(events[5].share == 0.25);
	assert_int_equal(events[6].act, HF_SCENARIO_FAULT);
	/* Without keys nothing is signed any more. */
	assert_int_equal(events[7].version.keys, 0);
	assert_int_equal(events[7].version.dnskey.by | events[7].version.data[1].sign.by, 0);
	assert_int_equal(events[7].version.data[1].damage, HF_SCENARIO_SOUND);
	assert_int_equal(events[7].ds, 2);
	assert_int_equal(events[8].act, HF_SCENARIO_ALARM);
	assert_string_equal(events[8].text, "Somebody calls.");
	hf_scenario_free(scenario);
}

static void askers_and_facts_are_read(void **state)
{
	struct hf_scenario *scenario = parse(EVERYTHING);
	const struct hf_scenario_storm *storm = &scenario->storms[0];
	assert_int_equal(scenario->people.resolvers, 300);
	assert_int_equal(scenario->people.share_count, 2);
	assert_int_equal(scenario->people.anchors, 1);
	assert_int_equal(storm->count, 2);
	assert_int_equal(storm->zones[1].addresses, 14);
	assert_int_equal(storm->expect_ds[0], 8);
	assert_int_equal(storm->expect_ds[1], -1);
	assert_int_equal(storm->patience, 30 * HF_STORM_SECOND);
	assert_int_equal(storm->duration, 3600 * HF_STORM_SECOND);
	assert_true(storm->compare);
	assert_int_equal(scenario->fact_count, 2);
	assert_null(scenario->facts[1].source);
	assert_true(hf_scenario_figure(&scenario->figures[0]) > 28.511 &&
	            hf_scenario_figure(&scenario->figures[0]) < 28.513);
	assert_string_equal(scenario->tables[0].rows[1][0], "3");
	assert_int_equal(scenario->expect.until - scenario->expect.from, 2 * 86400);
	assert_false(scenario->expect.prevented);
	hf_scenario_free(scenario);
}

static void settings_change_parameters(void **state)
{
	struct hf_scenario *scenario;
	assert_int_equal(parse_with(EVERYTHING, "gap", "2h", NULL, &scenario), HF_OK);
	assert_true(scenario->unknowns[0].set);
	assert_string_equal(scenario->unknowns[0].value, "2h");
	assert_string_equal(scenario->unknowns[0].initial, "90m");
	assert_int_equal(scenario->events[3].at, scenario->events[2].at + 7200);
	hf_scenario_free(scenario);
	assert_int_equal(parse_with(EVERYTHING, "gap", "2d", NULL, &scenario), HF_ERR_INVALID);
	assert_int_equal(parse_with(EVERYTHING, "part", "nan", NULL, &scenario), HF_ERR_INVALID);
	assert_int_equal(parse_with(EVERYTHING, "hour", "5", NULL, &scenario), HF_ERR_INVALID);
	assert_int_equal(parse_with(EVERYTHING, "gaps", "2h", NULL, &scenario), HF_ERR_NOTFOUND);
}

/* ---- What is refused ---- */

static const struct refused {
	const char *text, *words; /* of the sentence */
	unsigned line;
} refused[] = {
        {"", "holds no scenario", 1},
        {"- a", "holds no scenario", 1},
        {HEAD "more: 1\n", "no \"more\" here", 7},
        {HEAD "id: other\n", "second time", 7},
        {"title: \"a\\eb\"\n", "control character", 1},
        {HEAD KEYS "start: {keys: [nobody]}\n", "no key \"nobody\"", 11},
        {HEAD KEYS "start: {keys: [zsk, zsk]}\n", "twice", 11},
        {HEAD KEYS "start: {keys: [zsk], data_bad: [ksk]}\n", "does not sign", 11},
        {HEAD KEYS "start: {keys: [], keys_signed_by: [ksk]}\n", "without keys", 11},
        {HEAD KEYS "events: []\n", "\"start\" is missing", 11},
        {HEAD KEYS START "events:\n  - {at: 2024-03-03T00:00:00Z, say: a}\n", "in order", 13},
        {HEAD KEYS START "events:\n  - {at: 2024-03-08T00:00:00Z, say: a}\n", "in order", 13},
        {HEAD KEYS START "events:\n  - {at: now, say: a}\n", "a time such as", 13},
        {HEAD KEYS START "events:\n  - {at: +1h}\n", "nothing happens", 13},
        {HEAD KEYS START "events:\n  - {at: +1h, ds: [], flush: 1}\n", "two events", 13},
        {HEAD KEYS START "events:\n  - {at: +1h, flush: 2}\n", "from 0 to 1", 13},
        {HEAD KEYS START "events:\n  - {at: +1h, flush: 0x1}\n", "from 0 to 1", 13},
        {HEAD KEYS START "events:\n  - {at: +1h, lag: {side: zone, server: 3, for: 1h}}\n",
                "from 1 to 2", 13},
        {HEAD KEYS START "events:\n  - {at: +1h, publish: {data_damage: bitmap}}\n", "type bitmap",
                13},
        {HEAD KEYS START "events:\n  - {at: +$gap, say: a}\n", "no parameter \"gap\"", 13},
        {HEAD "unknown:\n  gap: {default: 1, from: 0, to: 9, why: a}\n", "nothing", 8},
        {HEAD "unknown:\n  gap: {default: 10, from: 0, to: 9, why: a}\n", "between", 8},
        {HEAD "unknown:\n  gap: {default: 1, from: 0, to: 9}\n", "\"why\" is missing", 8},
        {HEAD "keys:\n  a: {role: ksk, algorithm: rot13}\n", "no algorithm", 8},
        {HEAD "keys:\n  a: {role: ksk, algorithm: 8, tag: 65536}\n", "65535", 8},
        {HEAD "keys:\n  a: {role: ksk, algorithm: 8, bits: 99}\n", "from 1024", 8},
        {HEAD "keys:\n  a: {role: ksk, algorithm: 8, bits: 1025}\n", "multiple of", 8},
        {HEAD "keys:\n  a: {role: ksk, algorithm: 13, bits: 256}\n", "one size", 8},
        {HEAD KEYS "  b: {role: ksk, algorithm: 8, tag: 1, revokes: ksk}\n", "greater by", 11},
        {HEAD KEYS "  b: {role: ksk, algorithm: 8, revokes: b}\n", "no key above", 11},
        {HEAD "classes: {a: {share: 0.5}, b: {share: 0.6}}\n", "1.1", 7},
        {HEAD "classes: {a: {}, b: {}, c: {}, d: {}, e: {}}\n", "more than 4", 7},
        {HEAD "people: {kinds: {nobody: 0.5}}\n", "no kind", 7},
        {HEAD "people: {rate: [5, 2]}\n", "turn them around", 7},
        {HEAD "storms: [{name: a, zones: []}]\n", "is needed", 7},
        {HEAD "storms: [{name: a, zones: [{name: b, addresses: 65}]}]\n", "from 1 to 64", 7},
        {HEAD "figures: [{text: a, of: [1], over: [0]}]\n", "from 1e-09", 7},
        {HEAD "tables: [{caption: a, columns: [b, c], rows: [[d]]}]\n", "1 of 2", 7},
        {HEAD "expect: {prevented: no}\n", "\"because\" is missing", 7},
        {HEAD "expect: {failing: {from: +9d, until: +1h}}\n", "within the scenario", 7},
        {HEAD "signatures: {refresh: 14d}\n", "before they end", 7},
        {"zone: .\n" KEYS START, "\"id\" is missing", 1},
        {HEAD "until: [\n", "second time", 7},
};

static void nonsense_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct hf_scenario *scenario = NULL;
		struct hf_diag diag;
		hf_diag_init(&diag, HF_DIAG_LIMIT);
		enum hf_err err = parse_with(refused[i].text, NULL, NULL, &diag, &scenario);
		bool found = false;
		for (size_t j = 0; j < diag.count; j++)
			found |= strstr(diag.entries[j].text, refused[i].words) != NULL &&
			         diag.entries[j].line == refused[i].line;
		if (err == HF_OK || !found) {
			for (size_t j = 0; j < diag.count; j++)
				print_error("%u: %s\n", (unsigned)diag.entries[j].line,
				        diag.entries[j].text);
			fail_msg("entry %zu (\"%s\") gives %s", i, refused[i].words,
			        hf_err_text(err));
		}
		hf_diag_done(&diag);
	}
}

static void the_root_has_no_ds(void **state)
{
	static const char text[] = "id: r\ntitle: t\ndate: d\nzone: .\nfrom: 2024-03-04T00:00:00Z\n"
	                           "until: 2024-03-05T00:00:00Z\n" KEYS START;
	struct hf_scenario *scenario = NULL;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(parse_with(text, NULL, NULL, &diag, &scenario), HF_ERR_INVALID);
	assert_non_null(strstr(diag.entries[0].text, "the root has no parent"));
	hf_diag_done(&diag);
}

static void too_much_is_refused(void **state)
{
	struct hf_scenario *scenario = NULL;
	char *text = calloc(1, HF_SCENARIO_BYTES + 2);
	assert_non_null(text);
	memset(text, '#', HF_SCENARIO_BYTES + 1);
	assert_int_equal(parse_with(text, NULL, NULL, NULL, &scenario), HF_ERR_LIMIT);
	size_t len = (size_t)sprintf(text, "a: [");
	for (int i = 0; i < 400; i++)
		len += (size_t)sprintf(text + len, "1,");
	sprintf(text + len, "1]");
	assert_int_equal(parse_with(text, NULL, NULL, NULL, &scenario), HF_ERR_LIMIT);
	memset(text, '[', 1000);
	text[1000] = '\0';
	memcpy(text, "a: ", 3);
	assert_int_equal(parse_with(text, NULL, NULL, NULL, &scenario), HF_ERR_LIMIT);
	free(text);
}

/* ---- Failing allocations ---- */

static enum hf_err parse_setting(const void *context)
{
	struct hf_scenario *scenario;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = parse_with(context, "gap", "2h", &diag, &scenario);
	if (err == HF_OK)
		hf_scenario_free(scenario);
	hf_diag_done(&diag);
	return err;
}

static void memory_may_run_out(void **state)
{
	sweep("scenario", parse_setting, EVERYTHING, HF_OK);
	sweep("scenario with errors", parse_setting, EVERYTHING "more: 1\n", HF_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_head_and_keys_are_read),
	        cmocka_unit_test(events_are_whole_versions),
	        cmocka_unit_test(other_acts_are_read),
	        cmocka_unit_test(askers_and_facts_are_read),
	        cmocka_unit_test(settings_change_parameters),
	        cmocka_unit_test(nonsense_is_refused),
	        cmocka_unit_test(the_root_has_no_ds),
	        cmocka_unit_test(too_much_is_refused),
	        cmocka_unit_test(memory_may_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
