/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trust points against the state table of RFC 5011 section 4.2, and what no observation may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keystand.h"

#define OUT       STAND_OUT
#define IN        STAND_IN
#define SIGNS     STAND_SIGNS
#define REVOKE    STAND_REVOKE
#define DAY       STAND_DAY
#define AT        STAND_AT
#define USES(...) ((const enum stand_use[STAND_KEYS]){__VA_ARGS__})

struct bench {
	struct stand stand;
	struct hf_trust_point point;
};

/* Key 0 is trusted and was seen. */
static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	assert_non_null(bench);
	stand_init(&bench->stand);
	hf_trust_point_init(&bench->point, &HF_NAME_ROOT);
	stand_seed(&bench->stand, &bench->point, 0, KNOT_RRTYPE_DNSKEY, AT);
	assert_int_equal(
	        stand_show(&bench->stand, &bench->point, USES(SIGNS), AT).outcome, HF_TRUST_PROVEN);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	hf_trust_point_done(&bench->point);
	stand_done(&bench->stand);
	free(bench);
	return 0;
}

#define SHOW(bench, now, ...) stand_show(&(bench)->stand, &(bench)->point, USES(__VA_ARGS__), now)
#define STATE(bench, key)     stand_state(&(bench)->stand, &(bench)->point, key)

static void assert_changes(
        const struct hf_trust_result *result, enum hf_trust_state from, enum hf_trust_state to)
{
	assert_int_equal(result->outcome, HF_TRUST_PROVEN);
	assert_int_equal(result->count, 1);
	assert_int_equal(result->changes[0].from, from);
	assert_int_equal(result->changes[0].to, to);
}

/* Brings key 1 into a state; returns the time then. */
static hf_time bring(struct bench *bench, enum hf_trust_state state)
{
	hf_time now = AT;
	SHOW(bench, now, SIGNS, IN);
	if (state == HF_TRUST_ADDPEND)
		return now;
	now += 30 * DAY;
	SHOW(bench, now, SIGNS, IN);
	if (state == HF_TRUST_MISSING)
		SHOW(bench, ++now, SIGNS, OUT);
	if (state >= HF_TRUST_REVOKED)
		SHOW(bench, ++now, SIGNS, REVOKE);
	if (state == HF_TRUST_REMOVED) {
		SHOW(bench, ++now, SIGNS, OUT);
		now += 30 * DAY;
		SHOW(bench, now, SIGNS, OUT);
	}
	assert_int_equal(STATE(bench, 1), state);
	return now;
}

/* ---- The table, a row a test ---- */

static void start(void **state)
{
	struct bench *bench = *state;
	struct hf_trust_result result = SHOW(bench, AT, SIGNS, IN);
	assert_changes(&result, HF_TRUST_START, HF_TRUST_ADDPEND);
	assert_int_equal(result.changes[0].tag, stand_tag(&bench->stand, 1));
	/* ZSKs, and keys that are revoked when they are first seen, are none of its business. */
	result = SHOW(bench, AT, SIGNS, IN, STAND_ZSK, REVOKE);
	assert_int_equal(result.count, 0);
	assert_int_equal(bench->point.count, 2);
}

static void addpend(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_ADDPEND);
	/* KeyRem: the hold-down begins anew. */
	struct hf_trust_result result = SHOW(bench, now + 29 * DAY, SIGNS, OUT);
	assert_changes(&result, HF_TRUST_ADDPEND, HF_TRUST_START);
	now += 29 * DAY;
	SHOW(bench, now, SIGNS, IN);
	result = SHOW(bench, now + 30 * DAY - 1, SIGNS, IN);
	assert_int_equal(result.count, 0);
	result = SHOW(bench, now + 30 * DAY, SIGNS, IN);
	assert_changes(&result, HF_TRUST_ADDPEND, HF_TRUST_VALID);
}

static void addpend_needs_to_be_seen_after_the_hold_down(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_ADDPEND) + 40 * DAY;
	assert_int_equal(
	        stand_show(&bench->stand, &bench->point, USES(OUT), now).outcome, HF_TRUST_SILENT);
	assert_int_equal(STATE(bench, 1), HF_TRUST_ADDPEND);
	SHOW(bench, now, SIGNS, OUT);
	assert_int_equal(STATE(bench, 1), HF_TRUST_START);
}

static void addpend_is_revoked(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_ADDPEND);
	struct hf_trust_result result = SHOW(bench, now, SIGNS, REVOKE);
	assert_changes(&result, HF_TRUST_ADDPEND, HF_TRUST_START);
}

static void valid(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_VALID);
	struct hf_trust_result result = SHOW(bench, now, SIGNS, OUT);
	assert_changes(&result, HF_TRUST_VALID, HF_TRUST_MISSING);
	result = SHOW(bench, now, SIGNS, IN);
	assert_changes(&result, HF_TRUST_MISSING, HF_TRUST_VALID);
	result = SHOW(bench, now, SIGNS, REVOKE);
	assert_changes(&result, HF_TRUST_VALID, HF_TRUST_REVOKED);
}

static void valid_signs_alone(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_VALID);
	assert_int_equal(SHOW(bench, now, IN, SIGNS).outcome, HF_TRUST_PROVEN);
}

static void missing(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_MISSING);
	assert_int_equal(hf_trust_point_usable(&bench->point), 2);
	/* Years do not change it: it stays an anchor. */
	now += 1000 * DAY;
	assert_int_equal(SHOW(bench, now, SIGNS, OUT).count, 0);
	assert_int_equal(STATE(bench, 1), HF_TRUST_MISSING);
	struct hf_trust_result result = SHOW(bench, now, SIGNS, REVOKE);
	assert_changes(&result, HF_TRUST_MISSING, HF_TRUST_REVOKED);
}

static void revoked(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_REVOKED);
	assert_int_equal(hf_trust_point_usable(&bench->point), 1);
	/* It may stay in the set, and come back to it without the flag: revoked it is. */
	assert_int_equal(SHOW(bench, now + 100 * DAY, SIGNS, REVOKE).count, 0);
	assert_int_equal(SHOW(bench, now + 101 * DAY, SIGNS, SIGNS).count, 0);
	now += 102 * DAY;
	assert_int_equal(SHOW(bench, now, SIGNS, OUT).count, 0);
	/* Seen again: the hold-down begins anew. */
	SHOW(bench, now + 29 * DAY, SIGNS, REVOKE);
	now += 30 * DAY;
	assert_int_equal(SHOW(bench, now, SIGNS, OUT).count, 0);
	assert_int_equal(SHOW(bench, now + 30 * DAY - 1, SIGNS, OUT).count, 0);
	struct hf_trust_result result = SHOW(bench, now + 30 * DAY, SIGNS, OUT);
	assert_changes(&result, HF_TRUST_REVOKED, HF_TRUST_REMOVED);
}

static void removed(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_REMOVED);
	for (enum stand_use use = STAND_OUT; use < STAND_USES; use++) {
		now += 40 * DAY;
		assert_int_equal(SHOW(bench, now, SIGNS, use).count, 0);
		assert_int_equal(STATE(bench, 1), HF_TRUST_REMOVED);
	}
	assert_int_equal(hf_trust_point_usable(&bench->point), 1);
}

/* ---- What does not count ---- */

/* The set changes nothing but the time of the next query. */
static void assert_unproven(struct bench *bench, const enum stand_use uses[STAND_KEYS], hf_time now)
{
	struct hf_trust_point *point = &bench->point;
	hf_time proven = point->proven;
	size_t count = point->count;
	enum hf_trust_state states[STAND_KEYS];
	for (int i = 0; i < STAND_KEYS; i++)
		states[i] = STATE(bench, i);
	struct hf_trust_result result = stand_show(&bench->stand, point, uses, now);
	assert_int_equal(result.outcome, HF_TRUST_UNPROVEN);
	assert_int_equal(result.count, 0);
	assert_int_equal(point->count, count);
	assert_int_equal(point->proven, proven);
	assert_int_equal(point->checked, now);
	assert_int_equal(point->next - now, hf_trust_retry_interval(point->ttl, point->life));
	for (int i = 0; i < STAND_KEYS; i++)
		assert_int_equal(STATE(bench, i), states[i]);
}

static void unsigned_sets_change_nothing(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_ADDPEND) + 60 * DAY;
	assert_unproven(bench, USES(IN, IN, IN), now);
	/* A key that waits proves nothing, nor does one that nobody knows. */
	assert_unproven(bench, USES(IN, SIGNS, IN), now);
	assert_unproven(bench, USES(OUT, OUT, SIGNS), now);
	/* REVOKE flags without a signature by that very key. */
	assert_unproven(bench, USES(STAND_REVOKE_SILENT, SIGNS), now);
	bench->stand.spoil = true;
	assert_unproven(bench, USES(SIGNS, IN, IN), now);
	assert_unproven(bench, USES(REVOKE, IN, IN), now);
	bench->stand.spoil = false;
	bench->stand.made_at = now - bench->stand.life - 1;
	assert_unproven(bench, USES(SIGNS, IN, IN), now);
	bench->stand.made_at = now + DAY;
	assert_unproven(bench, USES(SIGNS, IN, IN), now);
	bench->stand.made_at = HF_TIME_NONE;
	assert_int_equal(SHOW(bench, now, SIGNS, IN).outcome, HF_TRUST_PROVEN);
}

static void sets_of_another_zone_change_nothing(void **state)
{
	struct bench *bench = *state;
	assert_int_equal(hf_name_from_text("example.", &bench->stand.zone), HF_OK);
	assert_unproven(bench, USES(SIGNS, IN), AT + DAY);
}

static void a_revocation_needs_nobody_else(void **state)
{
	struct bench *bench = *state;
	struct hf_trust_result result = SHOW(bench, AT + DAY, REVOKE, SIGNS);
	assert_int_equal(result.outcome, HF_TRUST_UNPROVEN);
	assert_int_equal(result.count, 1);
	assert_int_equal(STATE(bench, 0), HF_TRUST_REVOKED);
	assert_int_equal(STATE(bench, 1), HF_TRUST_START);
	assert_int_equal(hf_trust_point_usable(&bench->point), 0);
	assert_true(hf_trust_point_deleted(&bench->point));
}

static void a_revoked_key_proves_nothing(void **state)
{
	struct bench *bench = *state;
	hf_time now = bring(bench, HF_TRUST_REVOKED);
	assert_unproven(bench, USES(IN, SIGNS, IN), now + DAY);
	assert_unproven(bench, USES(IN, REVOKE, IN), now + DAY);
	assert_false(hf_trust_point_deleted(&bench->point));
}

static void no_set(void **state)
{
	struct bench *bench = *state;
	hf_time now = AT + DAY;
	assert_int_equal(SHOW(bench, now, OUT).outcome, HF_TRUST_SILENT);
	assert_int_equal(bench->point.next, now + 17280); /* a tenth of the TTL */
	assert_int_equal(STATE(bench, 0), HF_TRUST_VALID);
}

static void clock_goes_back(void **state)
{
	struct bench *bench = *state;
	char *before = stand_text(&bench->point);
	struct hf_trust_result result = SHOW(bench, AT - 1, SIGNS, IN);
	assert_int_equal(result.outcome, HF_TRUST_CLOCK);
	char *after = stand_text(&bench->point);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_int_equal(SHOW(bench, AT, SIGNS, IN).outcome, HF_TRUST_PROVEN);
}

/* ---- Anchors that were given as DS ---- */

static void ds_becomes_a_key(void **state)
{
	struct bench *bench = *state;
	struct hf_trust_point *point = &bench->point;
	stand_seed(&bench->stand, point, 1, KNOT_RRTYPE_DS, AT);
	stand_seed(&bench->stand, point, 2, KNOT_RRTYPE_DS, AT);
	assert_int_equal(hf_trust_point_usable(point), 3);
	/* It proves a set by itself, and its key is trusted at once. */
	struct hf_trust_result result = SHOW(bench, AT, IN, SIGNS);
	assert_changes(&result, HF_TRUST_START, HF_TRUST_VALID);
	assert_int_equal(STATE(bench, 1), HF_TRUST_VALID);
	assert_int_equal(point->seeds.count, 1);
	assert_int_equal(hf_trust_point_usable(point), 3);
	/* The other one stays as it is while its key is not there. */
	SHOW(bench, AT + 100 * DAY, IN, SIGNS);
	assert_int_equal(point->seeds.count, 1);
}

static void ds_is_revoked(void **state)
{
	struct bench *bench = *state;
	stand_seed(&bench->stand, &bench->point, 1, KNOT_RRTYPE_DS, AT);
	struct hf_trust_result result = SHOW(bench, AT, SIGNS, REVOKE);
	assert_changes(&result, HF_TRUST_START, HF_TRUST_REVOKED);
	assert_int_equal(bench->point.seeds.count, 0);
	assert_int_equal(SHOW(bench, AT, SIGNS, IN).count, 0);
	assert_int_equal(STATE(bench, 1), HF_TRUST_REVOKED);
}

static void anchors_are_what_is_trusted(void **state)
{
	struct bench *bench = *state;
	struct hf_anchors anchors = {0};
	bring(bench, HF_TRUST_MISSING);
	SHOW(bench, bench->point.checked, SIGNS, OUT, IN);
	stand_seed(&bench->stand, &bench->point, 3, KNOT_RRTYPE_DS, AT);
	assert_int_equal(hf_trust_point_anchors(&bench->point, &anchors), HF_OK);
	/* Valid, missing and given as DS; not the one that waits. */
	assert_int_equal(anchors.count, 3);
	assert_int_equal(anchors.list[0].type, KNOT_RRTYPE_DNSKEY);
	assert_int_equal(anchors.list[2].type, KNOT_RRTYPE_DS);
	hf_anchors_done(&anchors);
}

/* ---- Times ---- */

static void intervals(void **state)
{
	assert_int_equal(hf_trust_query_interval(172800, 21 * DAY), DAY);
	assert_int_equal(hf_trust_query_interval(60 * DAY, 60 * DAY), 15 * DAY);
	assert_int_equal(hf_trust_query_interval(60 * DAY, 10 * DAY), 5 * DAY);
	assert_int_equal(hf_trust_query_interval(60, 21 * DAY), 3600);
	assert_int_equal(hf_trust_query_interval(0, 0), 3600);
	assert_int_equal(hf_trust_retry_interval(172800, 21 * DAY), 17280);
	assert_int_equal(hf_trust_retry_interval(60 * DAY, 60 * DAY), DAY);
	assert_int_equal(hf_trust_retry_interval(60 * DAY, 5 * DAY), DAY / 2);
	assert_int_equal(hf_trust_retry_interval(3600, 21 * DAY), 3600);
}

static void next_query(void **state)
{
	struct bench *bench = *state;
	bench->stand.life = DAY;
	SHOW(bench, AT, SIGNS);
	assert_int_equal(bench->point.next, AT + DAY / 2);
	bench->stand.life = 21 * DAY;
	bench->stand.ttl = 7 * DAY;
	SHOW(bench, AT, SIGNS);
	assert_int_equal(bench->point.next, AT + 7 * DAY / 2);
}

static void hold_down_is_the_ttl_when_that_is_longer(void **state)
{
	struct bench *bench = *state;
	bench->stand.ttl = 40 * DAY;
	SHOW(bench, AT, SIGNS, IN);
	SHOW(bench, AT + 40 * DAY - 1, SIGNS, IN);
	assert_int_equal(STATE(bench, 1), HF_TRUST_ADDPEND);
	SHOW(bench, AT + 40 * DAY, SIGNS, IN);
	assert_int_equal(STATE(bench, 1), HF_TRUST_VALID);
}

/* ---- Rolls of the root, with other keys ---- */

struct step {
	const char *from; /* the first moment of this set */
	enum stand_use uses[3];
};

/* Asks when it is due until the last moment; the moments at which keys 0 and 1 changed. */
struct course {
	hf_time added, revoked, removed;
	size_t least_usable;
};

static hf_time moment(const char *text)
{
	hf_time time;
	assert_int_equal(hf_time_parse(text, 0, &time), HF_OK);
	return time;
}

static struct course run(struct bench *bench, const struct step *steps, hf_time end, bool restarts)
{
	struct hf_trust_point *point = &bench->point;
	struct course course = {.least_usable = 100};
	hf_trust_point_done(point);
	hf_trust_point_init(point, &HF_NAME_ROOT);
	stand_seed(&bench->stand, point, 0, KNOT_RRTYPE_DS, moment(steps[0].from));
	for (hf_time now = moment(steps[0].from); now < end; now = point->next) {
		while (steps[1].from != NULL && now >= moment(steps[1].from))
			steps++;
		enum stand_use uses[STAND_KEYS] = {steps->uses[0], steps->uses[1], steps->uses[2]};
		assert_int_equal(
		        stand_show(&bench->stand, point, uses, now).outcome, HF_TRUST_PROVEN);
		if (restarts)
			stand_restart(point);
		if (course.added == 0 && STATE(bench, 1) == HF_TRUST_VALID)
			course.added = now;
		if (course.revoked == 0 && STATE(bench, 0) == HF_TRUST_REVOKED)
			course.revoked = now;
		if (course.removed == 0 && STATE(bench, 0) == HF_TRUST_REMOVED)
			course.removed = now;
		size_t usable = hf_trust_point_usable(point);
		course.least_usable = usable < course.least_usable ? usable : course.least_usable;
	}
	return course;
}

static void assert_between(hf_time time, const char *from, int64_t most)
{
	assert_true(time >= moment(from));
	assert_true(time <= moment(from) + most);
}

static void first_roll_of_the_root(void **state)
{
	static const struct step steps[] = {
	        {"2017-06-01T00:00:00Z", {SIGNS}},
	        {"2017-07-11T14:00:00Z", {SIGNS, IN}},
	        {"2018-10-11T16:00:00Z", {IN, SIGNS}},
	        {"2019-01-11T14:00:00Z", {REVOKE, SIGNS}},
	        {"2019-03-22T14:00:00Z", {OUT, SIGNS}},
	        {NULL, {OUT}},
	};
	for (int restarts = 0; restarts < 2; restarts++) {
		struct course course = run(*state, steps, moment("2019-06-01T00:00:00Z"), restarts);
		/* A day between queries: half the TTL of two days. */
		assert_between(course.added, "2017-08-10T14:00:00Z", 2 * DAY);
		assert_between(course.revoked, "2019-01-11T14:00:00Z", DAY);
		assert_between(course.removed, "2019-04-21T14:00:00Z", 2 * DAY);
		assert_int_equal(course.least_usable, 1);
	}
}

static void second_roll_of_the_root(void **state)
{
	static const struct step steps[] = {
	        {"2024-12-01T00:00:00Z", {SIGNS}},
	        {"2025-01-11T00:00:00Z", {SIGNS, IN}},
	        {"2026-10-11T00:00:00Z", {IN, SIGNS}},
	        {"2027-01-11T00:00:00Z", {REVOKE, SIGNS}},
	        {NULL, {OUT}},
	};
	struct course course = run(*state, steps, moment("2027-03-01T00:00:00Z"), true);
	assert_between(course.added, "2025-02-10T00:00:00Z", 2 * DAY);
	assert_between(course.revoked, "2027-01-11T00:00:00Z", DAY);
	assert_int_equal(course.removed, 0);
}

/* Who looks away for too long has nothing left: the new key came and the old one went unseen. */
static void sleeping_through_a_roll(void **state)
{
	struct bench *bench = *state;
	assert_int_equal(SHOW(bench, AT + 400 * DAY, OUT, SIGNS).outcome, HF_TRUST_UNPROVEN);
	assert_int_equal(STATE(bench, 0), HF_TRUST_VALID);
	assert_int_equal(STATE(bench, 1), HF_TRUST_START);
}

/* ---- Whatever is seen ---- */

static uint32_t dice(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static void random_sets(void **state)
{
	struct bench *bench = *state;
	struct hf_trust_point *point = &bench->point, twin;
	uint32_t seed = 5011;
	hf_time now = AT, pending[STAND_KEYS];
	bool dead[STAND_KEYS] = {false};
	hf_trust_point_init(&twin, &HF_NAME_ROOT);
	stand_seed(&bench->stand, &twin, 0, KNOT_RRTYPE_DNSKEY, AT);
	stand_show(&bench->stand, &twin, USES(SIGNS), AT);
	for (int round = 0; round < 300; round++) {
		enum stand_use uses[STAND_KEYS];
		enum hf_trust_state before[STAND_KEYS];
		for (int i = 0; i < STAND_KEYS; i++) {
			/* Revocations are rare, so that something is left to be trusted. */
			uint32_t roll = dice(&seed) % 64;
			uses[i] = roll == 0 ? REVOKE : roll < 4 ? OUT : roll < 30 ? IN : SIGNS;
			before[i] = STATE(bench, i);
		}
		bench->stand.spoil = dice(&seed) % 8 == 0;
		struct hf_trust_result result = stand_show(&bench->stand, point, uses, now);
		stand_show(&bench->stand, &twin, uses, now);
		stand_restart(&twin);
		for (int i = 0; i < STAND_KEYS; i++) {
			enum hf_trust_state after = STATE(bench, i);
			if (before[i] != HF_TRUST_ADDPEND && after == HF_TRUST_ADDPEND)
				pending[i] = now;
			/* Trust comes after the hold-down, from proven sets, and never twice. */
			if (!hf_trust_state_trusted(before[i]) && hf_trust_state_trusted(after))
				assert_true(result.outcome == HF_TRUST_PROVEN &&
				            now - pending[i] >= HF_TRUST_ADD_HOLDDOWN && !dead[i]);
			dead[i] |= after == HF_TRUST_REVOKED || after == HF_TRUST_REMOVED;
			assert_false(dead[i] && hf_trust_state_trusted(after));
		}
		char *one = stand_text(point), *other = stand_text(&twin);
		assert_string_equal(one, other);
		free(one);
		free(other);
		now += (hf_time)(dice(&seed) % (9 * DAY));
	}
	hf_trust_point_done(&twin);
}

/* Sets with more keys than it keeps: the trusted ones stay, and it says so. */
static void flood_of_keys(void **state)
{
	struct bench *bench = *state;
	struct hf_trust_point *point = &bench->point;
	uint8_t data[36] = {1, 1, 3, HF_ALG_ED25519};
	for (uint8_t i = 0; point->count < HF_TRUST_KEYS; i++) {
		struct hf_anchor anchor = {.zone = HF_NAME_ROOT,
		        .type = KNOT_RRTYPE_DNSKEY,
		        .data = data,
		        .len = sizeof(data)};
		data[4] = i;
		assert_int_equal(hf_trust_point_seed(point, &anchor, AT, NULL), HF_OK);
	}
	struct hf_trust_result result = SHOW(bench, AT, SIGNS, IN);
	assert_int_equal(result.outcome, HF_TRUST_PROVEN);
	assert_true(result.full);
	assert_int_equal(STATE(bench, 1), HF_TRUST_START);
	assert_int_equal(STATE(bench, 0), HF_TRUST_VALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(start),
	        TEST(addpend),
	        TEST(addpend_needs_to_be_seen_after_the_hold_down),
	        TEST(addpend_is_revoked),
	        TEST(valid),
	        TEST(valid_signs_alone),
	        TEST(missing),
	        TEST(revoked),
	        TEST(removed),
	        TEST(unsigned_sets_change_nothing),
	        TEST(sets_of_another_zone_change_nothing),
	        TEST(a_revocation_needs_nobody_else),
	        TEST(a_revoked_key_proves_nothing),
	        TEST(no_set),
	        TEST(clock_goes_back),
	        TEST(ds_becomes_a_key),
	        TEST(ds_is_revoked),
	        TEST(anchors_are_what_is_trusted),
	        TEST(next_query),
	        TEST(hold_down_is_the_ttl_when_that_is_longer),
	        TEST(first_roll_of_the_root),
	        TEST(second_roll_of_the_root),
	        TEST(sleeping_through_a_roll),
	        TEST(random_sets),
	        TEST(flood_of_keys),
	        cmocka_unit_test(intervals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
