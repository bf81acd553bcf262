/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line from the first input on: order of stages, what stops an input, what goes on meanwhile.
 */
#include "lineworld.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_signed(struct world *world)
{
	world_init(world);
	world_open(world);
	world_input(world, "");
	world_run(world, world->now + MINUTE);
	assert_int_equal(world_out(world), 2);
}

/* ---- the beginning ---- */

static void test_new_zone(void **data)
{
	(void)data;
	struct world world;
	world_init(&world);
	world.setup.output = world.output;
	world_open(&world);
	assert_int_equal(world_out(&world), 0);
	assert_int_equal(world_status(&world)->stages[HF_STAGE_REVIEW_SIGNED].state, HF_STAGE_OFF);
	world_input(&world, "");
	world_step(&world);
	/* What the parent has comes first. */
	assert_true(world.outcome.look_parent);
	assert_int_equal(world_out(&world), 0);
	world_assert_stage(&world, HF_STAGE_GATE, HF_STAGE_WAITS, "look at the parent");
	world_run(&world, world.now + 2 * MINUTE);
	/* It was never published unsigned. */
	assert_int_equal(world.version_count, 1);
	assert_true(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_DNSKEY));
	for (enum hf_stage stage = 0; stage < HF_STAGES; stage++) {
		const struct hf_line_stage *at = &world_status(&world)->stages[stage];
		bool off = stage == HF_STAGE_REVIEW_SIGNED || stage == HF_STAGE_REVIEW_UNSIGNED;
		assert_int_equal(at->state, off ? HF_STAGE_OFF : HF_STAGE_PASSED);
		assert_int_equal(off, at->text[0] == '\0');
	}
	assert_int_equal(access(world.output, R_OK), 0);
	/* CDS asks for the DS, the parent follows, and the change ends. */
	world_run_roll(&world, world.now + DAY);
	const struct hf_line_status *status = world_status(&world);
	assert_int_equal(status->key_count, 2);
	assert_true(status->keys[0].ds && status->keys[0].ds_seen);
	assert_string_equal(status->keys[0].state, "signs");
	assert_int_equal(status->alarm_count, 0);
	assert_true(world.wanted_count == 1);
	assert_false(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_CDS));
	assert_true(world.checks > 0);
	world_done(&world);
}

static void hear_nothing(struct world *world, struct hf_ds_sight *sights, size_t count)
{
	const struct hf_parent_report seen = {.sights = sights, .count = count};
	assert_int_equal(hf_line_saw_parent(world->line, &seen, world->now, NULL), HF_OK);
	world_step(world);
}

/* A parent that says nothing is waited for, with a sentence and an alarm, and not for ever: then
 * what the keys say counts. */
static void test_parent_silent(void **data)
{
	(void)data;
	char why[] = "no answer within 1 s";
	for (unsigned listed = 0; listed < 2; listed++) {
		struct world world;
		struct hf_ds_sight sight = {
		        .place = "198.51.100.1", .state = HF_DS_SILENT, .why = why};
		world_init(&world);
		world.setup.parent_wait = 5 * MINUTE;
		if (listed == 0)
			world.setup.policy.parent.servers.count = 0;
		world_open(&world);
		world_input(&world, "");
		world_step(&world);
		const hf_time begin = world.now;
		assert_int_equal(world_status(&world)->silent_since, HF_TIME_NONE);
		world.now += 2;
		hear_nothing(&world, &sight, listed);
		world_assert_stage(&world, HF_STAGE_GATE, HF_STAGE_WAITS, "holdfast ds-seen");
		world_assert_stage(&world, HF_STAGE_GATE, HF_STAGE_WAITS,
		        listed == 0 ? "no server of it was found" : "198.51.100.1: no answer");
		assert_int_equal(world_status(&world)->silent_since, world.now);
		assert_false(world_has_alarm(&world, "parent-silent"));
		world.now += 2 * MINUTE;
		hear_nothing(&world, &sight, listed);
		world_assert_alarm(&world, "parent-silent", "which DS set the zone has");
		assert_true(world.wake <= world.now + 3 * MINUTE);
		assert_int_equal(world_out(&world), 0);
		while (world_out(&world) == 0 && world.now < begin + HOUR) {
			world.now = world.wake;
			world_step(&world);
		}
		assert_int_equal(world.now, begin + 5 * MINUTE);
		assert_int_equal(world_out(&world), 2);
		/* It goes on being told as long as somebody waits for the parent. */
		world.now += 20 * MINUTE;
		hear_nothing(&world, &sight, listed);
		assert_int_equal(world_has_alarm(&world, "parent-silent"),
		        world_status(&world)->wait == HF_WAIT_PARENT);
		world_done(&world);
	}
}

/* Whoever serves parent and zone cannot say anything as long as it has no zone. */
static void test_parent_waits_for_us(void **data)
{
	(void)data;
	char why[] = "it answers with SERVFAIL";
	for (unsigned secondary = 0; secondary < 2; secondary++) {
		struct world world;
		struct hf_ds_sight sight = {.state = HF_DS_SILENT, .rcode = 2, .why = why};
		world_init(&world);
		snprintf(sight.place, sizeof(sight.place), "%s",
		        secondary == 1 ? world.setup.policy.secondaries.servers.names[0]
		                       : world.setup.policy.parent.servers.names[0]);
		world_open(&world);
		world_input(&world, "");
		world_step(&world);
		hear_nothing(&world, &sight, 1);
		assert_int_equal(world_out(&world), 0);
		world.now += 11;
		hear_nothing(&world, &sight, 1);
		assert_int_equal(world_out(&world) != 0, secondary == 1);
		world_done(&world);
	}
}

/* A person's word ends the wait. */
static void test_parent_told_of(void **data)
{
	(void)data;
	struct world world;
	world_init(&world);
	world_open(&world);
	world_input(&world, "");
	world_step(&world);
	assert_int_equal(world_out(&world), 0);
	world_roll(&world, &(struct hf_roll_event){.kind = HF_EVENT_DS_SEEN});
	world_step(&world);
	assert_int_equal(world_out(&world), 2);
	world_done(&world);
}

static void test_changes(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	world_input(&world, "new IN A 192.0.2.77\n");
	world_step(&world);
	assert_true(world.outcome.published);
	assert_true(world_has(&world, "new.line.test.", KNOT_RRTYPE_A));
	assert_true(world.outcome.seconds[HF_STAGE_VERIFY] >= 0);
	uint32_t serial = world_out(&world);
	/* The same again is passed over. */
	char *text = world_text(&world, world.serial, "new IN A 192.0.2.77\n");
	world.now++;
	world_input_text(&world, text);
	free(text);
	world_assert_stage(&world, HF_STAGE_CHECK, HF_STAGE_PASSED, "same version");
	world_step(&world);
	assert_false(world.outcome.published);
	assert_int_equal(world_out(&world), serial);
	/* A second input in one second waits for the next one. */
	world_input(&world, "a IN A 192.0.2.78\n");
	world_step(&world);
	assert_true(world.outcome.published);
	world_input(&world, "b IN A 192.0.2.78\n");
	world_step(&world);
	assert_false(world.outcome.published);
	assert_int_equal(world.wake, world.now + 1);
	world.now++;
	world_step(&world);
	assert_true(world_has(&world, "b.line.test.", KNOT_RRTYPE_A));
	world_done(&world);
}

static void test_restart(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	uint32_t serial = world_out(&world);
	world_reopen(&world);
	/* Served at once, before any run; and nothing is signed anew for it. */
	assert_int_equal(world_out(&world), serial);
	world_run(&world, world.now + HOUR);
	uint32_t later = world_out(&world);
	world_reopen(&world);
	world_run(&world, world.now + HOUR);
	assert_int_equal(world_out(&world), later);
	/* An input that was taken and not published is published afterwards. */
	world_input(&world, "new IN A 192.0.2.77\n");
	world_reopen(&world);
	world_step(&world);
	assert_true(world_has(&world, "new.line.test.", KNOT_RRTYPE_A));
	world_done(&world);
}

/* Months pass, and no signature ever comes near its end. */
static void test_refresh(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	hf_time end = world.now + 20 * DAY;
	while (world.now < end) {
		world_run(&world, world.now + HOUR);
		const struct hf_line_status *status = world_status(&world);
		assert_true(status->first_expiry - world.now >
		            world.setup.policy.signatures.refresh - HOUR);
		assert_int_equal(status->alarm_count, 0);
	}
	assert_in_range(world.version_count, 10, 400);
	world_done(&world);
}

/* ---- what stops an input ---- */

/* The input is stopped with these words, and what was published stays. */
static void assert_stopped(
        struct world *world, enum hf_stage stage, const char *alarm, const char *words)
{
	uint32_t serial = world_out(world);
	world_step(world);
	assert_int_equal(world_out(world), serial);
	world_assert_stage(world, stage, HF_STAGE_FAILED, words);
	world_assert_alarm(world, alarm, words);
}

static void test_serial_back(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	world.serial = 100;
	world_input(&world, "");
	world_run(&world, world.now + MINUTE);
	char *text = world_text(&world, 99, "");
	world_input_text(&world, text);
	free(text);
	assert_stopped(&world, HF_STAGE_CHECK, "stage-check",
	        "the serial went back from 101 to 99 (RFC 1982)");
	text = world_text(&world, 101, "new IN A 192.0.2.3\n");
	world_input_text(&world, text);
	free(text);
	assert_stopped(&world, HF_STAGE_CHECK, "stage-check",
	        "the serial 101 stayed, but the contents changed (1 owners)");
	/* The alarm goes with its cause. */
	world_input(&world, "");
	world_run(&world, world.now + MINUTE);
	assert_false(world_has_alarm(&world, "stage-check"));
	world_done(&world);
}

static char *many(unsigned count)
{
	struct hf_buf text = {.data = NULL};
	for (unsigned i = 0; i < count; i++)
		hf_put_format(&text, "d%u IN NS ns1\n", i);
	hf_put_u8(&text, 0);
	assert_int_equal(hf_buf_check(&text), HF_OK);
	return (char *)text.data;
}

static void test_half_the_delegations(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	char *all = many(20), *half = many(10);
	world_input(&world, all);
	world_run(&world, world.now + MINUTE);
	world_input(&world, half);
	assert_stopped(&world, HF_STAGE_CHECK, "stage-check",
	        "takes away 10 of 29 names, more than the 10 per cent");
	assert_true(world_has(&world, "d19.line.test.", KNOT_RRTYPE_NS));
	/* A person agrees. */
	world_order(&world, HF_LINE_FORCE_REMOVAL, 0);
	world_run(&world, world.now + MINUTE);
	assert_false(world_has(&world, "d19.line.test.", KNOT_RRTYPE_NS));
	assert_true(world_has(&world, "d9.line.test.", KNOT_RRTYPE_NS));
	assert_false(world_has_alarm(&world, "stage-check"));
	free(all);
	free(half);
	world_done(&world);
}

static void test_bad_meaning(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	world_input(&world, "two IN CNAME www\ntwo IN A 192.0.2.4\n");
	assert_stopped(&world, HF_STAGE_CHECK, "stage-check", "two.line.test.");
	world_input(&world, "long 2000000 IN A 192.0.2.4\n");
	assert_stopped(&world, HF_STAGE_CHECK, "stage-check",
	        "long.line.test. A has a TTL of 23 d 3 h, but signatures are renewed");
	/* Ten times the TTL is suspicious, not wrong. */
	world_input(&world, "long 36000 IN A 192.0.2.4\n");
	world_assert_stage(&world, HF_STAGE_CHECK, HF_STAGE_PASSED, "the zone's largest TTL went");
	world_step(&world);
	assert_true(world.outcome.published);
	/* A source that brings nothing. */
	const struct hf_line_input input = {
	        .failure = "the transfer was cut off", .from = "AXFR from 192.0.2.1"};
	assert_int_equal(hf_line_input(world.line, &input, world.now, NULL), HF_OK);
	world_assert_alarm(&world, "stage-load", "AXFR from 192.0.2.1: the transfer was cut off");
	world_done(&world);
}

/* While an input is stopped, what is published goes on being signed. */
static void test_goes_on(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	world_run_roll(&world, world.now + DAY);
	char *text = world_text(&world, 0, "");
	world_input_text(&world, text);
	free(text);
	uint32_t serial = world_out(&world);
	world_run(&world, world.now + 10 * DAY);
	assert_true(world_out(&world) > serial);
	assert_true(world_has_alarm(&world, "stage-check"));
	assert_false(world_has_alarm(&world, "signature-end"));
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_new_zone),
	        cmocka_unit_test(test_parent_silent),
	        cmocka_unit_test(test_parent_waits_for_us),
	        cmocka_unit_test(test_parent_told_of),
	        cmocka_unit_test(test_changes),
	        cmocka_unit_test(test_restart),
	        cmocka_unit_test(test_refresh),
	        cmocka_unit_test(test_serial_back),
	        cmocka_unit_test(test_half_the_delegations),
	        cmocka_unit_test(test_bad_meaning),
	        cmocka_unit_test(test_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
