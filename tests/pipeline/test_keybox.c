/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keybox: acts on keys are harmless when repeated, tags stay taken, and what cannot be read is
 * named and left alone.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/keymake.h"
#include "pipeline/keybox.h"
#include "statelab.h"

#define NOW LAB_START

static struct statelab lab;
static char folder[80];
static struct hf_keybox *box;
static struct hf_roll_state roll;
static struct hf_policy policy;

static void open_box(unsigned warnings)
{
	struct hf_diag found;
	hf_diag_init(&found, HF_DIAG_LIMIT);
	hf_keybox_free(box);
	box = NULL;
	assert_int_equal(hf_keybox_open(folder, &lab.zone, &found, NULL, &box), HF_OK);
	assert_int_equal(found.count, warnings);
	hf_diag_done(&found);
}

static int setup(void **state)
{
	lab_open(&lab);
	snprintf(folder, sizeof(folder), "%s/keys", lab.root);
	hf_roll_state_init(&roll, &lab.zone, 1);
	hf_policy_init(&policy);
	open_box(0);
	return 0;
}

static int teardown(void **state)
{
	hf_keybox_free(box);
	box = NULL;
	hf_roll_state_done(&roll);
	lab_done(&lab);
	return 0;
}

static struct hf_act act(enum hf_act_kind kind, unsigned key)
{
	return (struct hf_act){
	        .kind = kind, .key = key, .role = HF_ROLE_ZSK, .algorithm = 15, .bits = 0};
}

static struct hf_roll_event generate(void)
{
	const struct hf_act what = act(HF_ACT_GENERATE, 0);
	struct hf_roll_event event;
	assert_int_equal(hf_keybox_generate(box, &roll, &what, &policy, NOW, NULL, &event), HF_OK);
	assert_int_equal(event.kind, HF_EVENT_KEY_MADE);
	assert_int_equal(event.role, HF_ROLE_ZSK);
	return event;
}

/* The engine learns of the key. */
static unsigned take(const struct hf_roll_event *event)
{
	unsigned key;
	assert_int_equal(
	        hf_roll_adopt_key(&roll, event->role, event->dnskey, HF_USE_SPARE, NOW, NULL, &key),
	        HF_OK);
	return key;
}

static size_t keys_here(void)
{
	return hf_keybox_keys(box)->count;
}

static void a_key_is_made_once_for_one_request(void **state)
{
	struct hf_roll_event first = generate();
	uint16_t tag = hf_dnskey_tag(first.dnskey);
	/* Not told yet: after a crash, or when somebody asks twice, it is the same key. */
	struct hf_roll_event second = generate();
	assert_int_equal(hf_dnskey_tag(second.dnskey), tag);
	open_box(0);
	struct hf_roll_event third = generate();
	assert_int_equal(hf_dnskey_tag(third.dnskey), tag);
	assert_int_equal(keys_here(), 1);
	take(&third);
	struct hf_roll_event next = generate();
	assert_int_not_equal(hf_dnskey_tag(next.dnskey), tag);
	assert_int_equal(keys_here(), 2);
}

static void another_kind_of_key_is_not_taken_for_it(void **state)
{
	struct hf_act what = act(HF_ACT_GENERATE, 0);
	struct hf_roll_event event;
	uint16_t tag = hf_dnskey_tag(generate().dnskey);
	what.role = HF_ROLE_KSK;
	assert_int_equal(hf_keybox_generate(box, &roll, &what, &policy, NOW, NULL, &event), HF_OK);
	assert_int_not_equal(hf_dnskey_tag(event.dnskey), tag);
	what.role = HF_ROLE_ZSK;
	what.algorithm = 13;
	assert_int_equal(hf_keybox_generate(box, &roll, &what, &policy, NOW, NULL, &event), HF_OK);
	assert_int_not_equal(hf_dnskey_tag(event.dnskey), tag);
	assert_int_equal(keys_here(), 3);
	what.algorithm = 99;
	assert_int_equal(hf_keybox_generate(box, &roll, &what, &policy, NOW, NULL, &event),
	        HF_ERR_UNSUPPORTED);
}

/* Tags that the engine knows are taken too, whatever the folder says. */
static void tags_of_the_engine_are_taken(void **state)
{
	unsigned free_tags = 0;
	for (unsigned tag = 0; tag < 65536; tag++) {
		if (tag % 16 != 3)
			assert_int_equal(hf_roll_adopt_tag(&roll, (uint16_t)tag), HF_OK);
		else
			free_tags++;
	}
	assert_true(free_tags > 0);
	/* Of 16 tags one is free, and its revoked form is 128 more: 1 of 16 keys fits. */
	const struct hf_act what = act(HF_ACT_GENERATE, 0);
	struct hf_roll_event event;
	for (unsigned i = 0; i < 3; i++) {
		enum hf_err err = hf_keybox_generate(box, &roll, &what, &policy, NOW, NULL, &event);
		if (err == HF_ERR_LIMIT)
			continue; /* 50 keys in a row, none of which fits: 4 in 100 times */
		assert_int_equal(err, HF_OK);
		assert_int_equal(hf_dnskey_tag(event.dnskey) % 16, 3);
		take(&event);
	}
}

static void a_challenge_tells_keys_apart(void **state)
{
	struct hf_roll_event made = generate(), event;
	unsigned key = take(&made);
	struct hf_act what = act(HF_ACT_CHALLENGE, key);
	assert_int_equal(hf_keybox_challenge(box, &roll, &what, NULL, &event), HF_OK);
	assert_true(event.kind == HF_EVENT_CHALLENGE && event.key == key && event.good);
	/* Its private half is lost. */
	char command[160];
	snprintf(command, sizeof(command), "rm %s/*.private", folder);
	assert_int_equal(system(command), 0);
	open_box(1);
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(hf_keybox_challenge(box, &roll, &what, &diag, &event), HF_ERR_NOTFOUND);
	assert_non_null(strstr(diag.entries[0].text, "is in use, and its private half is not in"));
	hf_diag_done(&diag);
	assert_int_equal(hf_keybox_check(box, &roll, (hf_keys)1 << key, NULL), HF_ERR_NOTFOUND);
	assert_int_equal(hf_keybox_check(box, &roll, 0, NULL), HF_OK);
	what.key = 40;
	assert_int_equal(hf_keybox_challenge(box, &roll, &what, NULL, &event), HF_ERR_INVALID);
}

static unsigned files_of(uint16_t tag)
{
	static const char *const suffixes[] = {"key", "private", "state", "gone"};
	unsigned count = 0;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char path[160];
		snprintf(path, sizeof(path), "%s/Kexample.+015+%05u.%s", folder, tag, suffixes[i]);
		count += access(path, F_OK) == 0;
	}
	return count;
}

static void a_destroyed_key_is_gone_and_its_tag_is_not(void **state)
{
	struct hf_roll_event made = generate(), event;
	unsigned key = take(&made);
	uint16_t tag = roll.keys[key].tag, *tags;
	size_t count, found = 0;
	const struct hf_act what = act(HF_ACT_DISCARD, key);
	assert_int_equal(files_of(tag), 2);
	for (unsigned again = 0; again < 3; again++) {
		assert_int_equal(hf_keybox_discard(box, &roll, &what, NULL, &event), HF_OK);
		assert_true(event.kind == HF_EVENT_KEY_GONE && event.key == key);
		assert_int_equal(files_of(tag), 0);
		assert_int_equal(keys_here(), 0);
		if (again == 1)
			open_box(0);
	}
	assert_int_equal(hf_keymake_tags(folder, &lab.zone, NULL, &tags, &count), HF_OK);
	for (size_t i = 0; i < count; i++)
		found += tags[i] == tag || tags[i] == roll.keys[key].revoked_tag;
	free(tags);
	assert_int_equal(found, 2);
}

/* A file of that name that holds another key is nothing that anybody asked to destroy. */
static void another_key_is_not_destroyed(void **state)
{
	struct hf_roll_event made = generate(), event;
	unsigned key = take(&made);
	const struct hf_act what = act(HF_ACT_DISCARD, key);
	uint16_t tag = roll.keys[key].tag;
	/* Two bytes swapped: another key with the same tag. */
	uint8_t *at = roll.keys[key].dnskey + 4, byte;
	while (at[0] == at[2])
		at++;
	byte = at[0];
	at[0] = at[2];
	at[2] = byte;
	assert_int_equal(hf_keybox_discard(box, &roll, &what, NULL, &event), HF_ERR_REFUSED);
	assert_int_equal(files_of(tag), 2);
}

static void a_damaged_key_is_named_and_the_others_work(void **state)
{
	char path[160];
	struct hf_roll_event made = generate();
	unsigned first = take(&made);
	made = generate();
	unsigned second = take(&made);
	snprintf(path, sizeof(path), "%s/Kexample.+015+%05u.private", folder, roll.keys[first].tag);
	assert_int_equal(truncate(path, 30), 0);
	open_box(1);
	assert_int_equal(keys_here(), 1);
	assert_int_equal(hf_keybox_check(box, &roll, (hf_keys)1 << second, NULL), HF_OK);
	assert_int_equal(hf_keybox_check(box, &roll, (hf_keys)1 << first, NULL), HF_ERR_NOTFOUND);
}

static void what_others_can_read_is_refused(void **state)
{
	struct hf_keybox *other;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(chmod(folder, 0750), 0);
	assert_int_equal(hf_keybox_open(folder, &lab.zone, NULL, &diag, &other), HF_ERR_REFUSED);
	assert_non_null(strstr(diag.entries[0].text, "chmod 700"));
	hf_diag_done(&diag);
	assert_int_equal(chmod(folder, 0700), 0);
}

/* ---- taking over a zone ---- */

static struct hf_keyfile *make(enum hf_role role, const struct hf_key_times *times)
{
	struct hf_keyfile *key;
	const struct hf_keymake_options options = {
	        .dir = folder, .owner = &lab.zone, .role = role, .algorithm = 15, .times = *times};
	assert_int_equal(hf_keymake(&options, NULL, &key), HF_OK);
	return key;
}

static const struct hf_roll_key *find(const struct hf_keyfile *key)
{
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (roll.keys[i].dnskey != NULL && roll.keys[i].tag == key->plain_tag)
			return &roll.keys[i];
	}
	return NULL;
}

static void keys_in_use_are_taken_over(void **state)
{
	struct hf_key_times times = HF_KEY_TIMES_NONE;
	times.created = NOW - 1000;
	struct hf_keyfile *spare = make(HF_ROLE_ZSK, &times);
	times.publish = times.activate = NOW - 900;
	struct hf_keyfile *ksk = make(HF_ROLE_KSK, &times), *zsk = make(HF_ROLE_ZSK, &times);
	times.inactive = times.remove = NOW - 100;
	struct hf_keyfile *gone = make(HF_ROLE_ZSK, &times);
	open_box(0);
	assert_int_equal(hf_keybox_adopt(box, &roll, NOW, NULL), HF_OK);
	assert_non_null(find(spare));
	assert_non_null(find(ksk));
	assert_non_null(find(zsk));
	assert_null(find(gone));
	assert_true(hf_roll_tag_taken(&roll, gone->plain_tag));
	assert_true(hf_roll_tag_taken(&roll, gone->revoked_tag));
	assert_int_equal(hf_keys_count(roll.rest.published), 2);
	assert_int_equal(hf_keys_count(roll.rest.sign_data), 1);
	assert_int_equal(hf_keys_count(roll.rest.ds), 1);
	hf_keyfile_free(spare);
	hf_keyfile_free(ksk);
	hf_keyfile_free(zsk);
	hf_keyfile_free(gone);
}

static void keys_that_do_not_work_are_not_taken_over(void **state)
{
	char command[200];
	struct hf_diag diag;
	struct hf_key_times times = HF_KEY_TIMES_NONE;
	times.created = times.publish = times.activate = NOW - 900;
	struct hf_keyfile *zsk = make(HF_ROLE_ZSK, &times);
	snprintf(command, sizeof(command), "rm %s/*.private", folder);
	assert_int_equal(system(command), 0);
	open_box(1);
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(hf_keybox_adopt(box, &roll, NOW, &diag), HF_ERR_REFUSED);
	assert_non_null(strstr(diag.entries[0].text, "the key is in use"));
	hf_diag_done(&diag);
	assert_int_equal(roll.tag_count, 0); /* nothing half done */
	hf_keyfile_free(zsk);
}

static void a_revocation_is_not_taken_over(void **state)
{
	struct hf_key_times times = HF_KEY_TIMES_NONE;
	times.created = times.publish = times.activate = NOW - 900;
	times.revoke = NOW - 10;
	struct hf_keyfile *ksk = make(HF_ROLE_KSK, &times);
	open_box(0);
	assert_int_equal(hf_keybox_adopt(box, &roll, NOW, NULL), HF_ERR_REFUSED);
	assert_int_equal(hf_keybox_adopt(box, &roll, NOW - 20, NULL), HF_OK);
	hf_keyfile_free(ksk);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_key_is_made_once_for_one_request),
	        TEST(another_kind_of_key_is_not_taken_for_it),
	        TEST(tags_of_the_engine_are_taken),
	        TEST(a_challenge_tells_keys_apart),
	        TEST(a_destroyed_key_is_gone_and_its_tag_is_not),
	        TEST(another_key_is_not_destroyed),
	        TEST(a_damaged_key_is_named_and_the_others_work),
	        TEST(what_others_can_read_is_refused),
	        TEST(keys_in_use_are_taken_over),
	        TEST(keys_that_do_not_work_are_not_taken_over),
	        TEST(a_revocation_is_not_taken_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
