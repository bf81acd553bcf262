/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Weeks of random life on a line: inputs good and bad, orders, rollovers, restarts at any moment, a
 * parent that sleeps and a secondary that lags. Whatever happens, the oracle finds no resolver that
 * fails, serials move on, nothing that was stopped is ever published, and signatures are renewed in
 * time. HF_CASES=N for more lives.
 */
#include "lineworld.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES 3
#define WEEKS 3
#define NAMES 40

struct life {
	struct world world;
	uint64_t random;
	bool names[NAMES];    /* that the source has */
	uint32_t good[NAMES]; /* value that is given with them */
};

static uint64_t pick(struct life *life, uint64_t below)
{
	uint64_t value = life->random += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return (value ^ value >> 31) % below;
}

/* ---- what happens ---- */

static char *records(const struct life *life, const char *more)
{
	struct hf_buf text = {.data = NULL};
	for (unsigned i = 0; i < NAMES; i++) {
		if (life->names[i])
			hf_put_format(&text, "n%u IN TXT \"%u\"\n", i, life->good[i]);
	}
	hf_put_text(&text, more);
	hf_put_u8(&text, 0);
	assert_int_equal(hf_buf_check(&text), HF_OK);
	return (char *)text.data;
}

static void change(struct life *life)
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned name = (unsigned)pick(life, NAMES);
		life->names[name] = !life->names[name];
		life->good[name] = (uint32_t)pick(life, 1000);
	}
	char *text = records(life, "");
	world_input(&life->world, text);
	free(text);
}

/* Inputs that must never be seen: each has a name that gives it away. */
static void bad_input(struct life *life)
{
	static const char *const extra[] = {
	        "bad IN CNAME www\nbad IN A 192.0.2.4\n",
	        "bad 9000000 IN A 192.0.2.4\n",
	        "bad IN DS 1 13 2 00\n",
	};
	struct world *world = &life->world;
	size_t kind = pick(life, 4);
	if (kind < 3) {
		char *text = records(life, extra[kind]);
		world_input(world, text);
		free(text);
		return;
	}
	char *good = records(life, "bad IN A 192.0.2.4\n");
	char *text = world_text(world, world->serial > 5 ? world->serial - 5 : 0, good);
	world_input_text(world, text);
	free(text);
	free(good);
}

static void order(struct life *life, struct hf_line_says says)
{
	char words[HF_LINE_WORDS];
	struct hf_diag diag;
	says.who = "chance";
	hf_diag_init(&diag, 1);
	enum hf_err err = hf_line_order(life->world.line, &says, life->world.now, &diag, words);
	assert_true(err == HF_OK || (err == HF_ERR_REFUSED && diag.count == 1));
	hf_diag_done(&diag);
	life->world.wake = life->world.now;
}

static void roll(struct life *life)
{
	static const struct hf_roll_start starts[] = {
	        {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_ZSK},
	        {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK},
	        {.kind = HF_ROLL_KEYS_OF_ROLE,
	                .role = HF_ROLE_KSK,
	                .has_method = true,
	                .method = HF_METHOD_DOUBLE_DS},
	        {.kind = HF_ROLL_ALGORITHM, .algorithm = 15},
	        {.kind = HF_ROLL_ALGORITHM, .algorithm = 13},
	        {.kind = HF_ROLL_INSECURE},
	        {.kind = HF_ROLL_SECURE},
	        {.kind = HF_ROLL_STANDBY, .role = HF_ROLE_KSK},
	};
	static const enum hf_roll_event_kind events[] = {
	        HF_EVENT_PAUSE, HF_EVENT_RESUME, HF_EVENT_RESUME, HF_EVENT_ABORT, HF_EVENT_APPROVE};
	struct hf_line_says says = {.order = HF_LINE_ROLL};
	if (pick(life, 3) > 0) {
		says.event.kind = HF_EVENT_START;
		says.event.start = starts[pick(life, sizeof(starts) / sizeof(starts[0]))];
	} else {
		says.event.kind = events[pick(life, sizeof(events) / sizeof(events[0]))];
	}
	order(life, says);
}

static void somebody_says(struct life *life)
{
	static const enum hf_line_order_kind orders[] = {HF_LINE_HOLD, HF_LINE_RELEASE,
	        HF_LINE_RELEASE, HF_LINE_RELEASE, HF_LINE_APPROVE, HF_LINE_REJECT,
	        HF_LINE_ROLLBACK};
	struct world *world = &life->world;
	struct hf_line_says says = {
	        .order = orders[pick(life, sizeof(orders) / sizeof(orders[0]))]};
	if (world->version_count > 0)
		says.serial = world_last(world)->serial - (uint32_t)pick(life, 5);
	order(life, says);
}

static void change_policy(struct life *life)
{
	struct hf_policy *policy = &life->world.setup.policy;
	policy->denial.kind = pick(life, 2) ? HF_DENIAL_NSEC : HF_DENIAL_NSEC3;
	policy->signatures.replacement = pick(life, 2) ? HF_REPLACE_GRADUAL : HF_REPLACE_AT_ONCE;
	policy->zonemd = pick(life, 2);
	assert_int_equal(hf_line_change(life->world.line, &life->world.setup, NULL), HF_OK);
	life->world.wake = life->world.now;
}

static void happen(struct life *life)
{
	struct world *world = &life->world;
	switch (pick(life, 12)) {
	case 0:
	case 1:
	case 2:
		change(life);
		break;
	case 3:
		bad_input(life);
		break;
	case 4:
	case 5:
		roll(life);
		break;
	case 6:
		somebody_says(life);
		break;
	case 7:
		world_reopen(world);
		break;
	case 8:
		world->parent_sleeps = pick(life, 2);
		break;
	case 9:
		world->lag = 5 + (int64_t)pick(life, 3 * HOUR);
		break;
	case 10:
		if (pick(life, 3) == 0)
			change_policy(life);
		break;
	default:
		world->registry = 60 + (int64_t)pick(life, 6 * HOUR);
		break;
	}
}

/* ---- what must be so ---- */

static void check(struct life *life)
{
	struct world *world = &life->world;
	assert_false(world_has(world, "bad.line.test.", KNOT_RRTYPE_A));
	assert_false(world_has(world, "bad.line.test.", KNOT_RRTYPE_CNAME));
	assert_false(world_has(world, "bad.line.test.", KNOT_RRTYPE_DS));
	const struct hf_line_status *status = world_status(world);
	assert_false(world_has_alarm(world, "signature-end"));
	if (status->has_validity)
		assert_true(status->first_expiry - world->now >
		            world->setup.policy.signatures.refresh - 2 * HOUR);
}

static void live(uint64_t seed)
{
	struct life life = {.random = seed};
	struct world *world = &life.world;
	world_init(world);
	world->setup.policy.rollover.approvals = seed % 3 == 0 ? HF_APPROVE_DS : 0;
	world_open(world);
	change(&life);
	world_run(world, world->now + HOUR);
	hf_time end = world->now + WEEKS * 7 * DAY;
	while (world->now < end) {
		world_run(world, world->now + 1 + (hf_time)pick(&life, DAY));
		check(&life);
		happen(&life);
	}
	/* Left alone, everything comes to rest: the newest input is published in the end. */
	world->parent_sleeps = false;
	order(&life, (struct hf_line_says){.order = HF_LINE_RELEASE});
	change(&life);
	world_run(world, world->now + 2 * DAY);
	for (unsigned i = 0; i < NAMES; i++) {
		char name[40];
		snprintf(name, sizeof(name), "n%u.line.test.", i);
		assert_int_equal(world_has(world, name, KNOT_RRTYPE_TXT), life.names[i]);
	}
	print_message("%zu versions, %zu combinations\n", world->version_count, world->checks);
	world_done(world);
}

static void test_lives(void **data)
{
	const char *more = getenv("HF_CASES");
	unsigned cases = more != NULL ? (unsigned)strtoul(more, NULL, 10) : CASES;
	(void)data;
	for (unsigned i = 0; i < cases; i++) {
		print_message("life %u: ", i);
		live(i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lives)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
