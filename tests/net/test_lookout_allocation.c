/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations while looking out: each run must end with HF_ERR_NOMEM or as it does
 * undisturbed.
 *
 * What servers say is captured once and played back, so that only the code under test allocates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../chain/loopback.h"
#include "../house/failing.h"
#include "net/capture.h"
#include "net/lookout.h"

#define PATIENCE 30 /* milliseconds */
#define SERVERS  4

struct recording {
	struct world world;
	struct hf_buf hints, capture;
	struct hf_places places;
	struct hf_name zone;
	uint16_t port;
	bool given; /* the places are the parent's */
};

static const struct hf_sample samples[] = {
        {{14, "\3www\4leaf\3tld"}, KNOT_RRTYPE_A}, {{14, "\3sub\4leaf\3tld"}, KNOT_RRTYPE_DS}};

static bool say_nothing(void *context, const struct hf_message *query, struct hf_buf *wire)
{
	(void)context;
	(void)query;
	(void)wire;
	return false;
}

static bool spoil(void *context, const struct hf_message *query, struct hf_buf *wire)
{
	(void)context;
	(void)query;
	wire->data[wire->len - 11 - 1] ^= 1; /* before the OPT record: a signature */
	return true;
}

static enum hf_err look_at_parent(const struct recording *recording, struct hf_capture *capture)
{
	const struct hf_hints hints = {
	        "hints", (const char *)recording->hints.data, recording->hints.len};
	const struct hf_parent_question question = {.zone = recording->zone,
	        .anchors = &recording->world.anchors,
	        .servers = recording->given ? &recording->places : NULL,
	        .resolver = {.hints = &hints,
	                .port = recording->port,
	                .timeout = PATIENCE,
	                .capture = capture},
	        .now = WORLD_AT};
	struct hf_parent_report report;
	enum hf_err err = hf_lookout_parent(&question, NULL, &report);
	if (err != HF_OK)
		return err;
	unsigned present = 0;
	for (size_t i = 0; i < report.count; i++)
		present += report.sights[i].state == HF_DS_PRESENT;
	assert_int_equal(present, 1);
	assert_int_equal(report.count, 3);
	hf_parent_report_done(&report);
	return HF_OK;
}

static enum hf_err look_at_secondaries(
        const struct recording *recording, struct hf_capture *capture)
{
	const struct hf_secondary_question question = {.zone = recording->zone,
	        .servers = &recording->places,
	        .samples = samples,
	        .sample_count = sizeof(samples) / sizeof(samples[0]),
	        .timeout = PATIENCE,
	        .capture = capture,
	        .now = WORLD_AT};
	struct hf_secondary_report report;
	enum hf_err err = hf_lookout_secondary(&question, NULL, &report);
	if (err != HF_OK)
		return err;
	assert_int_equal(report.count, 3);
	assert_int_equal(report.sights[2].samples[1].state, HF_SEEN_RECORDS);
	assert_int_equal(report.sights[2].signing_count, 1);
	hf_secondary_report_done(&report);
	return HF_OK;
}

typedef enum hf_err look_fn(const struct recording *recording, struct hf_capture *capture);

static enum hf_err play(const struct recording *recording, look_fn *look)
{
	struct hf_capture *capture;
	enum hf_err err = hf_capture_read("capture", (const char *)recording->capture.data,
	        recording->capture.len, NULL, &capture);
	if (err != HF_OK)
		return err;
	err = look(recording, capture);
	hf_capture_free(capture);
	return err;
}

static enum hf_err play_parent(const void *context)
{
	return play(context, look_at_parent);
}

static enum hf_err play_secondaries(const void *context)
{
	return play(context, look_at_secondaries);
}

/* The root, and of the zone that is looked at a spoilt, a silent and a good server. */
static void record(struct recording *recording, const char *zone, look_fn *look)
{
	struct loopback loopback;
	struct hf_capture *capture;
	const struct loopback_server servers[SERVERS] = {{&recording->world, ".", NULL, NULL},
	        {&recording->world, zone, spoil, NULL},
	        {&recording->world, zone, say_nothing, NULL},
	        {&recording->world, zone, NULL, NULL}};
	loopback_start(&loopback, servers, SERVERS);
	loopback_hints(&loopback, &recording->hints);
	for (size_t i = 1; i < SERVERS; i++)
		snprintf(recording->places.names[recording->places.count++], HF_PLACE_MAX, "%s@%u",
		        loopback.hosts[i], loopback.port);
	recording->port = loopback.port;
	assert_int_equal(hf_capture_new(&capture), HF_OK);
	assert_int_equal(look(recording, capture), HF_OK);
	assert_int_equal(hf_capture_set_head(capture, "{}"), HF_OK);
	assert_int_equal(hf_capture_put(capture, &recording->capture), HF_OK);
	hf_capture_free(capture);
	loopback_stop(&loopback);
}

static void try_look(const char *zone, bool given, look_fn *look, work_fn *work)
{
	struct recording recording = {.given = given};
	assert_int_equal(hf_name_from_text("leaf.tld.", &recording.zone), HF_OK);
	world_init(&recording.world, WORLD_NSEC);
	record(&recording, zone, look);
	sweep(zone, work, &recording, HF_OK);
	hf_buf_done(&recording.hints);
	hf_buf_done(&recording.capture);
	world_done(&recording.world);
}

static void test_parent(void **state)
{
	(void)state;
	try_look("tld.", false, look_at_parent, play_parent);
	try_look("tld.", true, look_at_parent, play_parent);
}

static void test_secondaries(void **state)
{
	(void)state;
	try_look("leaf.tld.", true, look_at_secondaries, play_secondaries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_parent),
	        cmocka_unit_test(test_secondaries),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
