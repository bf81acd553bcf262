/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in a line: each life takes up what the one before left when its memory ran
 * out, takes an input, looks at the parent, lets people speak, and runs. Keys are rolled meanwhile.
 * Nothing is lost or half done by any of them, and under the address sanitizer nothing leaks.
 * HF_CASES=N: N times as many zones, and more of the allocations.
 */
#include "lineworld.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../house/failing.h"
#include "zone/load.h"

#define ZONES 8
#define STEP  67 /* in each zone one allocation in so many fails */

static struct world world;

/* ---- what happens in a life ---- */

static enum hf_err give(void)
{
	const struct hf_load_options options = {.origin = WORLD_ZONE};
	char text[200];
	struct hf_version *version = NULL;
	world.serial++;
	int len = snprintf(text, sizeof(text),
	        "@ 600 SOA ns h %u 3600 900 604800 600\n@ 600 NS ns\nns 600 A 192.0.2.1\n"
	        "s%u 600 TXT x\n",
	        world.serial, world.serial % 7);
	enum hf_err err = hf_zone_load_text("source", text, (size_t)len, &options, NULL, &version);
	if (err != HF_OK)
		return err;
	const struct hf_line_input input = {.version = version, .from = "the test"};
	err = hf_line_input(world.line, &input, world.now, NULL);
	hf_version_unref(version);
	return err;
}

/* Orders that do not fit are refused, and that is no error of memory. */
static enum hf_err say(enum hf_line_order_kind order, struct hf_roll_event event)
{
	const struct hf_line_says says = {.order = order, .who = "tester", .event = event};
	char words[HF_LINE_WORDS];
	enum hf_err err = hf_line_order(world.line, &says, world.now, NULL, words);
	return err == HF_ERR_REFUSED ? HF_OK : err;
}

/* The parent has what its operator was told to put there, as a person says. */
static enum hf_err say_all(void)
{
	const struct hf_roll_event none = {.kind = HF_EVENT_PAUSE};
	const struct hf_roll_event seen = {.kind = HF_EVENT_DS_SEEN};
	const struct hf_roll_event roll = {.kind = HF_EVENT_START,
	        .start = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_ZSK}};
	enum hf_err err = say(HF_LINE_HOLD, none);
	if (err == HF_OK)
		err = say(HF_LINE_RELEASE, none);
	if (err == HF_OK)
		err = say(HF_LINE_ROLL, seen);
	if (err == HF_OK && !world_status(&world)->roll[0])
		err = say(HF_LINE_ROLL, roll);
	return err;
}

static enum hf_err look(void)
{
	const struct hf_parent_report nobody = {.count = 0};
	struct hf_zone_sight sight = {.place = "192.0.2.53", .at = world.now};
	const struct hf_secondary_report silent = {.sights = &sight, .count = 1};
	enum hf_err err = hf_line_saw_parent(world.line, &nobody, world.now, NULL);
	return err == HF_OK ? hf_line_saw_secondaries(world.line, &silent, NULL, 0, world.now, NULL)
	                    : err;
}

static enum hf_err run(void)
{
	enum hf_err err = hf_line_run(world.line, world.now, NULL, NULL, NULL, &world.outcome);
	world.now++;
	return err;
}

static enum hf_err live(const void *context)
{
	(void)context;
	world.now += 3 * HOUR;
	enum hf_err err = world_take_up(&world, NULL);
	if (err == HF_OK)
		err = look();
	if (err == HF_OK)
		err = give();
	if (err == HF_OK)
		err = run();
	if (err == HF_OK)
		err = say_all();
	if (err == HF_OK)
		err = run();
	world_leave(&world);
	return err;
}

/* ---- zones ---- */

static void begin(void)
{
	world_init(&world);
	world.setup.policy.parent.servers.count = 0;
	world.setup.policy.secondaries.servers.count = 0;
	world.setup.policy.rollover.margin = 0;
	world.setup.policy.rollover.ds_margin = 0;
	world.setup.output = world.output;
	world_open(&world);
	world_leave(&world);
}

/* A life that goes well, and what is found afterwards: the newest input, and all keys. */
static void end(void)
{
	assert_int_equal(live(NULL), HF_OK);
	world_own_hands.open(&world);
	const struct hf_line_status *status = world_status(&world);
	for (size_t i = 0; i < status->alarm_count; i++)
		fail_msg("%s: %s", status->alarms[i].name, status->alarms[i].text);
	assert_int_equal(status->serial_in, world.serial);
	world_show(&world);
	char name[40];
	snprintf(name, sizeof(name), "s%u.line.test.", world.serial % 7);
	assert_true(world_has(&world, name, KNOT_RRTYPE_TXT));
	assert_int_equal(world_remove_keys(&world, ".private"), status->key_count);
	world_done(&world);
}

static void lives(void **data)
{
	const char *more = getenv("HF_CASES");
	unsigned zones = ZONES * (more != NULL ? (unsigned)strtoul(more, NULL, 10) : 1);
	long most = 0;
	(void)data;
	for (unsigned i = 0; i < zones; i++) {
		begin();
		long count = sweep_some(live, NULL, HF_OK, i * STEP / zones, STEP);
		most = count > most ? count : most;
		end();
	}
	print_message("a life of a line: %ld allocations\n", most);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lives)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
