/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linelife.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- chance ---- */

uint64_t life_pick(struct life *life, uint64_t below)
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
	for (unsigned i = 0; i < LIFE_NAMES; i++) {
		if (life->names[i])
			hf_put_format(&text, "n%u IN TXT \"%u\"\n", i, life->good[i]);
	}
	hf_put_text(&text, more);
	hf_put_u8(&text, 0);
	assert_int_equal(hf_buf_check(&text), HF_OK);
	return (char *)text.data;
}

static void give(struct life *life)
{
	char *text = records(life, "");
	world_input(&life->world, text);
	free(text);
}

static void change(struct life *life)
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned name = (unsigned)life_pick(life, LIFE_NAMES);
		life->names[name] = !life->names[name];
		life->good[name] = (uint32_t)life_pick(life, 1000);
	}
	give(life);
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
	size_t kind = life_pick(life, 4);
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
	says.who = "chance";
	(void)world_try(&life->world, &says);
}

/* Half of the names at once: the size check asks a person, who agrees or finds the mistake. */
static void remove_many(struct life *life)
{
	bool before[LIFE_NAMES];
	memcpy(before, life->names, sizeof(before));
	for (unsigned i = 0; i < LIFE_NAMES; i++)
		life->names[i] &= life_pick(life, 2);
	give(life);
	if (world_status(&life->world)->stages[HF_STAGE_CHECK].state != HF_STAGE_FAILED)
		return;
	if (life_pick(life, 2)) {
		order(life, (struct hf_line_says){.order = HF_LINE_FORCE_REMOVAL});
		return;
	}
	memcpy(life->names, before, sizeof(before));
	give(life);
}

/* Whoever is asked answers. */
static void answer(struct life *life)
{
	const struct hf_line_status *status = world_status(&life->world);
	bool version = status->stages[HF_STAGE_REVIEW_UNSIGNED].state == HF_STAGE_WAITS ||
	               status->stages[HF_STAGE_REVIEW_SIGNED].state == HF_STAGE_WAITS;
	bool no = version && life_pick(life, 5) == 0;
	if (status->approve[0] != '\0')
		order(life, (struct hf_line_says){.order = no ? HF_LINE_REJECT : HF_LINE_APPROVE});
}

static void begin_change(struct life *life)
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
	struct hf_line_says says = {.order = HF_LINE_ROLL, .event.kind = HF_EVENT_START};
	says.event.start = starts[life_pick(life, sizeof(starts) / sizeof(starts[0]))];
	order(life, says);
}

static void roll(struct life *life)
{
	static const enum hf_roll_event_kind events[] = {
	        HF_EVENT_PAUSE, HF_EVENT_RESUME, HF_EVENT_RESUME, HF_EVENT_ABORT, HF_EVENT_APPROVE};
	struct hf_line_says says = {.order = HF_LINE_ROLL};
	if (life_pick(life, 3) > 0) {
		begin_change(life);
		return;
	}
	says.event.kind = events[life_pick(life, sizeof(events) / sizeof(events[0]))];
	order(life, says);
}

static void somebody_says(struct life *life)
{
	static const enum hf_line_order_kind orders[] = {HF_LINE_HOLD, HF_LINE_RELEASE,
	        HF_LINE_RELEASE, HF_LINE_RELEASE, HF_LINE_APPROVE, HF_LINE_REJECT,
	        HF_LINE_ROLLBACK};
	struct world *world = &life->world;
	struct hf_line_says says = {
	        .order = orders[life_pick(life, sizeof(orders) / sizeof(orders[0]))]};
	if (world->version_count > 0)
		says.serial = world_last(world)->serial - (uint32_t)life_pick(life, 5);
	order(life, says);
}

static void change_policy(struct life *life)
{
	struct hf_policy *policy = &life->world.setup.policy;
	policy->denial.kind = life_pick(life, 2) ? HF_DENIAL_NSEC : HF_DENIAL_NSEC3;
	policy->signatures.replacement =
	        life_pick(life, 2) ? HF_REPLACE_GRADUAL : HF_REPLACE_AT_ONCE;
	policy->zonemd = life_pick(life, 2);
	world_change(&life->world);
}

static void happen(struct life *life)
{
	struct world *world = &life->world;
	switch (life_pick(life, 13)) {
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
		world->parent_sleeps = life_pick(life, 2);
		break;
	case 9:
		world->lag = 5 + (int64_t)life_pick(life, 3 * HOUR);
		break;
	case 10:
		if (life_pick(life, 3) == 0)
			change_policy(life);
		break;
	case 11:
		if (life_pick(life, 4) == 0)
			remove_many(life);
		break;
	default:
		world->registry = 60 + (int64_t)life_pick(life, 6 * HOUR);
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

/* ---- a life ---- */

void life_init(struct life *life, uint64_t seed)
{
	*life = (struct life){.random = seed, .reviewed = seed % 4 == 1};
	struct hf_line_setup *setup = &life->world.setup;
	world_init(&life->world);
	setup->policy.rollover.approvals = seed % 3 == 0 ? HF_APPROVE_DS : 0;
	setup->unsigned_review.person = life->reviewed;
	setup->signed_review.person = life->reviewed;
}

void life_begin(struct life *life)
{
	struct world *world = &life->world;
	world_open(world);
	change(life);
	/* Whoever is asked again after a restart says yes again. */
	do {
		world_run(world, world->now + 10 * MINUTE);
		if (world_status(world)->approve[0] != '\0')
			order(life, (struct hf_line_says){.order = HF_LINE_APPROVE});
		assert_true(world->now < WORLD_START + 2 * DAY);
	} while (world->version_count == 0);
}

void life_go_on(struct life *life, uint64_t seconds)
{
	struct world *world = &life->world;
	world_run(world, world->now + 1 + (hf_time)life_pick(life, seconds));
	check(life);
	answer(life);
	if (life->restless && world_status(world)->roll[0] == '\0')
		begin_change(life);
	happen(life);
}

/* Whether the newest input is what is published. */
static bool is_current(struct life *life)
{
	bool same = true;
	for (unsigned i = 0; i < LIFE_NAMES && same; i++) {
		char name[40];
		snprintf(name, sizeof(name), "n%u.line.test.", i);
		same = world_has(&life->world, name, KNOT_RRTYPE_TXT) == life->names[i];
	}
	return same;
}

void life_rest(struct life *life)
{
	struct world *world = &life->world;
	world->parent_sleeps = false;
	order(life, (struct hf_line_says){.order = HF_LINE_RELEASE});
	change(life);
	if (world_status(world)->stages[HF_STAGE_CHECK].state == HF_STAGE_FAILED)
		order(life, (struct hf_line_says){.order = HF_LINE_FORCE_REMOVAL});
	hf_time end = world->now + 2 * DAY;
	while (world->now < end) {
		world_run(world, world->now + HOUR);
		if (world_status(world)->approve[0] != '\0')
			order(life, (struct hf_line_says){.order = HF_LINE_APPROVE});
	}
	assert_true(is_current(life));
}
