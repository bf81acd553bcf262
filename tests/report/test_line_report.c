/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forms of a zone's status: JSON, one screen, a line of a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "line_sample.h"
#include "report/line_json.h"
#include "report/status_text.h"

#define SCREEN_LINES 40

struct forms {
	struct line_sample sample;
	json_t *json;
	struct hf_buf text;
};

static const struct hf_status_view view = {.now = LINE_SAMPLE_AT, .width = 100};

static void forms_done(struct forms *forms)
{
	json_decref(forms->json);
	hf_buf_done(&forms->text);
}

/* The screen, as text with its NUL. */
static const char *screen(struct forms *forms, const struct hf_status_view *how)
{
	json_decref(forms->json);
	assert_int_equal(hf_line_json(&forms->sample.status, &forms->json), HF_OK);
	hf_buf_reset(&forms->text);
	assert_int_equal(hf_status_text(forms->json, how, &forms->text), HF_OK);
	hf_put_u8(&forms->text, 0);
	return (const char *)forms->text.data;
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" is in:\n%s", part, text);
}

/* 80 columns, 40 lines, printable. */
static void assert_fits(const char *text)
{
	size_t lines = 0;
	for (const char *line = text; *line != '\0'; lines++) {
		size_t len = strcspn(line, "\n");
		for (size_t i = 0; i < len; i++)
			assert_in_range((unsigned char)line[i], 0x20, 0x7e);
		if (len > 80)
			fail_msg("%zu columns: %.*s", len, (int)len, line);
		line += len;
		assert_int_equal(*line, '\n');
		line++;
	}
	if (lines > SCREEN_LINES)
		fail_msg("%zu lines:\n%s", lines, text);
}

static void test_json(void **state)
{
	(void)state;
	struct forms forms = {0};
	line_sample_init(&forms.sample);
	assert_int_equal(hf_line_json(&forms.sample.status, &forms.json), HF_OK);
	const char *zone, *mode, *word, *stage, *at, *place;
	json_int_t in, out, serial;
	int tag, ds, seen;
	assert_int_equal(
	        json_unpack(forms.json,
	                "{s:s, s:s, s:s, s:I, s:I, s:s, s:n, s:[{s:s}], s:[{s:i, s:b, s:b}], "
	                "s:[{s:s, s:I}]}",
	                "zone", &zone, "mode", &mode, "state", &word, "serial_in", &in,
	                "serial_out", &out, "published_at", &at, "until", "stages", "name", &stage,
	                "keys", "tag", &tag, "ds", &ds, "ds_seen", &seen, "secondaries", "place",
	                &place, "serial", &serial),
	        0);
	assert_string_equal(zone, "example.");
	assert_string_equal(mode, "sign");
	assert_string_equal(word, "good");
	assert_int_equal(in, 7);
	assert_int_equal(out, 4294967295);
	assert_string_equal(at, "2026-01-14T23:56:00Z");
	assert_true(json_is_null(json_object_get(forms.json, "parent_silent_since")));
	assert_true(json_is_null(json_object_get(forms.json, "parent_silence")));
	assert_string_equal(stage, "load");
	assert_int_equal(tag, 111);
	assert_true(ds && seen);
	assert_string_equal(place, "192.0.2.3@53");
	assert_int_equal(serial, 4294967295);
	assert_int_equal(json_array_size(json_object_get(forms.json, "stages")), HF_STAGES);
	/* Lasts for ever: no time. */
	const json_t *keys = json_object_get(forms.json, "keys");
	assert_true(json_is_null(json_object_get(json_array_get(keys, 0), "next")));
	forms_done(&forms);
}

static void test_states(void **state)
{
	(void)state;
	struct line_sample sample;
	line_sample_empty(&sample);
	struct hf_line_status *status = &sample.status;
	assert_int_equal(hf_line_state_get(status), HF_STATE_EMPTY);
	line_sample_init(&sample);
	assert_int_equal(hf_line_state_get(status), HF_STATE_GOOD);
	status->paused = true;
	assert_int_equal(hf_line_state_get(status), HF_STATE_HELD);
	status->paused = false;
	status->held = true;
	assert_int_equal(hf_line_state_get(status), HF_STATE_HELD);
	status->stages[HF_STAGE_REVIEW_SIGNED].state = HF_STAGE_WAITS;
	assert_int_equal(hf_line_state_get(status), HF_STATE_WAITS);
	status->stages[HF_STAGE_REVIEW_SIGNED].state = HF_STAGE_OFF;
	/* A wait for a safe moment is nobody's business. */
	status->stages[HF_STAGE_GATE].state = HF_STAGE_WAITS;
	assert_int_equal(hf_line_state_get(status), HF_STATE_HELD);
	status->wait = HF_WAIT_HELP;
	assert_int_equal(hf_line_state_get(status), HF_STATE_WAITS);
	line_sample_fail(&sample);
	assert_int_equal(hf_line_state_get(status), HF_STATE_ALARM);
}

static void test_good_screen(void **state)
{
	(void)state;
	struct forms forms = {0};
	line_sample_init(&forms.sample);
	const char *text = screen(&forms, &view);
	assert_fits(text);
	assert_int_equal(
	        strncmp(text, "GOOD  example.: serial 4294967295 is published; KSK", 51), 0);
	assert_has(text, "serial 7, 5 min ago");
	assert_has(text, "www.example. ends first, in 13 d (2026-01-28T00:00:00Z)");
	assert_has(text, "waits     waits until the parent");
	assert_has(text, "192.0.2.4@53    NOT YET          - -       no answer");
	assert_has(
	        text, "KSK 222    ECDSAP256SHA256  published            1 d      -         wanted");
	assert_has(text, "ZSK 333    ECDSAP256SHA256  signs                1 d      29 d      -");
	assert_has(text, "signatures are renewed");
	assert_has(text, "40 d            the wait above is over");
	/* Stages that the settings leave out are no news. */
	assert_lacks(text, "review-signed");
	/* A screen has eighty columns, a pipe any number. */
	struct hf_line_stage *stage = &forms.sample.status.stages[HF_STAGE_VERIFY];
	snprintf(stage->text, sizeof(stage->text),
	        "everything that was looked at is as good as anybody could wish for in the end");
	assert_lacks(screen(&forms, &view), "in the end");
	const struct hf_status_view pipe_view = {.now = LINE_SAMPLE_AT};
	assert_has(screen(&forms, &pipe_view), "could wish for in the end\n");
	text = screen(&forms, &view);
	/* What is not as wanted comes first. */
	assert_true(strstr(text, "192.0.2.4@53") < strstr(text, "192.0.2.3@53"));
	const struct hf_status_view more = {LINE_SAMPLE_AT, HF_STATUS_ALL | HF_STATUS_COLOUR, 0};
	text = screen(&forms, &more);
	assert_has(text, "review-signed");
	assert_has(text, "\033[1;32mGOOD\033[0m  example.");
	forms_done(&forms);
}

static void test_alarm_screen(void **state)
{
	(void)state;
	struct forms forms = {0};
	line_sample_fail(&forms.sample);
	const char *text = screen(&forms, &view);
	assert_fits(text);
	assert_int_equal(
	        strncmp(text, "ALARM  example.: 2 alarms; published is serial 4294967295\n", 58),
	        0);
	assert_has(text, "! stage-verify, for 1 min");
	assert_has(text, "verify          failed");
	/* The same sentence once. */
	const char *sentence = strstr(text, "over www.example. A does not");
	assert_non_null(sentence);
	assert_null(strstr(sentence + 1, "over www.example. A does not"));
	assert_has(text, "see above");
	/* Neither foreign bytes nor escapes. */
	assert_has(text, "caf??[31m");
	forms_done(&forms);
}

static void test_waiting_screen(void **state)
{
	(void)state;
	struct forms forms = {0};
	line_sample_init(&forms.sample);
	struct hf_line_status *status = &forms.sample.status;
	status->wait = HF_WAIT_APPROVAL;
	snprintf(status->approve, sizeof(status->approve), "DS of KSK 222");
	const char *text = screen(&forms, &view);
	assert_fits(text);
	assert_has(text, "WAITS FOR YOU  example.: say yes to \"DS of KSK 222\" with `holdfast");
	/* With an alarm it is told below. */
	line_sample_fail(&forms.sample);
	snprintf(status->approve, sizeof(status->approve), "DS of KSK 222");
	assert_has(screen(&forms, &view), "\n  approve   DS of KSK 222\n");
	forms_done(&forms);
}

static void test_empty_screen(void **state)
{
	(void)state;
	struct forms forms = {0};
	line_sample_empty(&forms.sample);
	const char *text = screen(&forms, &view);
	assert_fits(text);
	assert_has(text, "EMPTY  example.: nothing was published yet");
	forms_done(&forms);
}

/* Anything may come over a socket. */
static void test_strange_json(void **state)
{
	(void)state;
	static const char *const texts[] = {"{}", "[]", "17", "{\"zone\": 5, \"alarms\": {}}",
	        "{\"alarms\": [1, null, {\"since\": \"yesterday\"}], \"stages\": [[]], \"keys\": "
	        "[{}]}",
	        "{\"zones\": [7, {\"zone\": []}], \"daemon\": null}"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);
		struct hf_buf out = {0};
		assert_non_null(json);
		assert_int_equal(hf_status_text(json, &view, &out), HF_OK);
		assert_int_equal(hf_status_list(json, &view, &out), HF_OK);
		assert_int_equal(hf_status_worst(json), HF_STATE_ALARM);
		hf_buf_done(&out);
		json_decref(json);
	}
}

/* A list of zones: `count` good ones and one with an alarm, which comes last in the JSON. */
static json_t *many(size_t count)
{
	struct line_sample sample;
	json_t *zones = json_array(), *zone;
	line_sample_init(&sample);
	sample.status.roll[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		char name[32];
		snprintf(name, sizeof(name), "z%03zu.example.", i);
		assert_int_equal(hf_name_from_text(name, &sample.status.zone), HF_OK);
		assert_int_equal(hf_line_json_short(&sample.status, &zone), HF_OK);
		assert_int_equal(json_array_append_new(zones, zone), 0);
	}
	line_sample_fail(&sample);
	assert_int_equal(hf_line_json_short(&sample.status, &zone), HF_OK);
	assert_int_equal(json_array_append_new(zones, zone), 0);
	return json_pack("{s:{s:s, s:s, s:s}, s:o}", "daemon", "version", "0.1", "since",
	        "2026-01-14T00:00:00Z", "self_test", "the alert command worked", "zones", zones);
}

static void test_list(void **state)
{
	(void)state;
	json_t *json = many(100);
	struct hf_buf out = {0};
	assert_int_equal(hf_status_list(json, &view, &out), HF_OK);
	hf_put_u8(&out, 0);
	const char *text = (const char *)out.data;
	assert_has(text, "holdfastd 0.1, up 1 d\n101 zones: 1 alarm, 100 good\nAlerts: the alert "
	                 "command worked\n");
	assert_has(text, "alarm example.              7 4294967295 4 min   the signature by ");
	assert_has(text, "100 more zones; --all lists them.");
	assert_lacks(text, "z000.");
	assert_int_equal(hf_status_worst(json), HF_STATE_ALARM);
	hf_buf_reset(&out);
	const struct hf_status_view more = {LINE_SAMPLE_AT, HF_STATUS_ALL, 0};
	assert_int_equal(hf_status_list(json, &more, &out), HF_OK);
	hf_put_u8(&out, 0);
	text = (const char *)out.data;
	assert_true(strstr(text, "alarm example.") < strstr(text, "z000."));
	assert_true(strstr(text, "z000.") < strstr(text, "z099."));
	/* Not cut in a pipe. */
	assert_has(text, "compare the key's files with a backup\n");
	hf_buf_done(&out);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_json),
	        cmocka_unit_test(test_states),
	        cmocka_unit_test(test_good_screen),
	        cmocka_unit_test(test_alarm_screen),
	        cmocka_unit_test(test_waiting_screen),
	        cmocka_unit_test(test_empty_screen),
	        cmocka_unit_test(test_strange_json),
	        cmocka_unit_test(test_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
