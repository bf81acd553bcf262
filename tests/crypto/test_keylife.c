/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes next in a key's life, since when it is in its state, and warnings about a folder. */
#include "crypto/keylife.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 1767323045 /* 2026-01-02T03:04:05Z */

static struct hf_keyfile with_times(struct hf_key_times times)
{
	return (struct hf_keyfile){.tag = 1, .plain_tag = 1, .revoked_tag = 129, .times = times};
}

static void the_next_event(void **state)
{
	struct hf_keyfile key = with_times((struct hf_key_times){.created = T0,
	        .publish = T0 + 10,
	        .activate = T0 + 20,
	        .revoke = HF_TIME_NONE,
	        .inactive = T0 + 30,
	        .remove = HF_TIME_NONE,
	        .sync_publish = T0 + 15,
	        .sync_remove = HF_TIME_NONE});
	static const struct {
		int after;
		const char *event; /* NULL: none */
		int at;
	} course[] = {
	        {0, "Publish", 10},
	        {9, "Publish", 10},
	        {10, "SyncPublish", 15},
	        {15, "Activate", 20},
	        {20, "Inactive", 30},
	        {29, "Inactive", 30},
	        {30, NULL, 0},
	};
	for (size_t i = 0; i < sizeof(course) / sizeof(course[0]); i++) {
		struct hf_key_date next;
		bool found = hf_keyfile_next(&key, T0 + course[i].after, &next);
		assert_int_equal(found, course[i].event != NULL);
		if (!found)
			continue;
		assert_string_equal(next.name, course[i].event);
		assert_int_equal(next.time, T0 + course[i].at);
	}
	struct hf_key_date none;
	key.times = HF_KEY_TIMES_NONE;
	assert_false(hf_keyfile_next(&key, T0, &none));
}

/* Whatever the dates: in the second before `since` the state was another one, and not after it. */
static void since_is_when_the_state_began(void **state)
{
	srand(7583);
	for (unsigned round = 0; round < 3000; round++) {
		struct hf_key_times times = HF_KEY_TIMES_NONE;
		hf_time *const fields[] = {&times.created, &times.publish, &times.activate,
		        &times.revoke, &times.inactive, &times.remove, &times.sync_publish};
		for (size_t i = 0; i < 7; i++) {
			if (rand() % 3 != 0)
				*fields[i] = T0 + rand() % 40;
		}
		struct hf_keyfile key = with_times(times);
		hf_time now = T0 + rand() % 50;
		enum hf_key_state here = hf_keyfile_state(&key, now);
		hf_time since = hf_keyfile_since(&key, now);
		hf_time first = now;
		while (first > T0 - 2 && hf_keyfile_state(&key, first - 1) == here)
			first--;
		if (since == HF_TIME_NONE) {
			assert_int_equal(first, T0 - 2);
			continue;
		}
		/* `since` is a date of the key in the stretch of this state, the first such. */
		assert_true(since >= first && since <= now);
		if (first > T0 - 2)
			assert_int_equal(since, first);
	}
}

/* ---- warnings ---- */

struct fixture {
	struct hf_keyfile keys[4];
	struct hf_keyfile *list[4];
	struct hf_keydir dir;
};

static void add(struct fixture *fixture, const char *zone, enum hf_role role, uint16_t tag)
{
	struct hf_keyfile *key = &fixture->keys[fixture->dir.count];
	*key = with_times(HF_KEY_TIMES_NONE);
	assert_int_equal(hf_name_from_text(zone, &key->owner), HF_OK);
	key->role = role;
	key->tag = key->plain_tag = tag;
	key->revoked_tag = tag + 128;
	key->times.created = key->times.publish = key->times.activate = T0;
	key->path = (char *)"a/key";
	fixture->list[fixture->dir.count++] = key;
	fixture->dir.keys = fixture->list;
}

/* The warnings must be as many as there are words, each holding its own. */
static void warned(
        const struct fixture *fixture, hf_time now, size_t count, const char *const *words)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	hf_keydir_check(&fixture->dir, now, &diag);
	assert_int_equal(diag.count, count);
	for (size_t i = 0; i < count; i++) {
		if (strstr(diag.entries[i].text, words[i]) == NULL)
			fail_msg("\"%s\" is not in \"%s\"", words[i], diag.entries[i].text);
	}
	hf_diag_done(&diag);
}
#define WARNED(fixture, now, ...)                                                                  \
	warned(fixture, now, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),               \
	        (const char *[]){__VA_ARGS__})

static void what_looks_dangerous(void **state)
{
	struct fixture fixture = {0};
	warned(&fixture, T0, 0, NULL);
	add(&fixture, "a.", HF_ROLE_KSK, 1000);
	WARNED(&fixture, T0, "a. has no ZSK");
	add(&fixture, "a.", HF_ROLE_ZSK, 2000);
	warned(&fixture, T0, 0, NULL);
	WARNED(&fixture, T0 - 1, "no KSK of a. is active", "no ZSK of a. is active");
	add(&fixture, "b.", HF_ROLE_CSK, 1000); /* another zone's tag is no matter */
	warned(&fixture, T0, 0, NULL);
	add(&fixture, "c.", HF_ROLE_ZSK, 3000);
	WARNED(&fixture, T0, "c. has no KSK");

	fixture.keys[0].half = HF_HALF_EXPOSED;
	fixture.keys[1].half = HF_HALF_MISSING;
	fixture.keys[2].half = HF_HALF_UNREADABLE;
	WARNED(&fixture, T0, "chmod 600 a/key.private", "missing", "may not be read",
	        "c. has no KSK");
}

static void tags_that_meet(void **state)
{
	static const uint16_t seconds[] = {1000, 1128, 872};
	for (size_t i = 0; i < 3; i++) {
		struct fixture fixture = {0};
		add(&fixture, "a.", HF_ROLE_KSK, 1000);
		add(&fixture, "a.", HF_ROLE_ZSK, seconds[i]);
		WARNED(&fixture, T0, "have the same tag");
		add(&fixture, "a.", HF_ROLE_ZSK, 1001);
		WARNED(&fixture, T0, "have the same tag");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_next_event),
	        cmocka_unit_test(since_is_when_the_state_began),
	        cmocka_unit_test(what_looks_dangerous),
	        cmocka_unit_test(tags_that_meet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
