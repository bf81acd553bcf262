/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Outages and orders on a line: damaged and lost keys, a full disk, a wrong clock, reviews, holds
 * and rollbacks. Nothing bad is ever published, and each trouble has its sentence.
 */
#include "lineworld.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keyfile.h"
#include "pipeline/ledger.h"

static void open_signed(struct world *world)
{
	world_init(world);
	world_settle(world);
	world_run(world, world->now + HOUR);
}

/* ---- keys ---- */

/* The private half of the zone's key of that role, made into another one under the same name. */
static void swap_key(struct world *world, enum hf_role role)
{
	struct hf_keydir keys;
	assert_int_equal(
	        hf_keydir_read(world->keys, &world->setup.zone, HF_KEYFILE_PRIVATE, NULL, &keys),
	        HF_OK);
	for (size_t i = 0; i < keys.count; i++) {
		char path[300], from[4096], to[4096] = "", *line, *rest = from;
		if (keys.keys[i]->role != role)
			continue;
		snprintf(path, sizeof(path), "%s.private", keys.keys[i]->path);
		FILE *file = fopen(path, "r+");
		assert_non_null(file);
		from[fread(from, 1, sizeof(from) - 1, file)] = '\0';
		/* One letter of the secret. */
		while ((line = strsep(&rest, "\n")) != NULL) {
			if (strncmp(line, "PrivateKey: ", 12) == 0)
				line[20] = line[20] == 'A' ? 'B' : 'A';
			if (line[0] != '\0')
				snprintf(to + strlen(to), sizeof(to) - strlen(to), "%s\n", line);
		}
		rewind(file);
		assert_int_equal(fwrite(to, 1, strlen(to), file), strlen(to));
		fclose(file);
	}
	hf_keydir_done(&keys);
}

/* What was published stays, and this is told. */
static void assert_stays(
        struct world *world, enum hf_stage stage, const char *alarm, const char *words)
{
	uint32_t serial = world_out(world);
	world_input(world, "new IN A 192.0.2.7\n");
	world_run(world, world->now + 2 * HOUR);
	assert_int_equal(world_out(world), serial);
	world_assert_stage(world, stage, HF_STAGE_FAILED, words);
	world_assert_alarm(world, alarm, words);
}

static void test_damaged_key(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	swap_key(&world, HF_ROLE_ZSK);
	assert_stays(&world, HF_STAGE_SIGN, "stage-sign", "ZSK");
	/* Days later the signatures are near their end, and that is an alarm of its own. */
	world.unchecked = true;
	world_run(&world, world.now + 3 * DAY);
	world_assert_alarm(&world, "signature-end", "the first signature of the published version");
	world_done(&world);
}

/* Somebody takes away the files of keys in use. */
static void test_lost_keys(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	assert_int_equal(world_remove_keys(&world, ".private"), 2);
	assert_stays(&world, HF_STAGE_SIGN, "stage-sign", "KSK");
	world_run(&world, world.now + HOUR);
	assert_true(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_DNSKEY));
	world_done(&world);
}

/* A zone that comes from elsewhere with its keys and its DS. */
static void test_adopted_keys(void **data)
{
	(void)data;
	struct world first, second;
	char command[300];
	open_signed(&first);
	world_init(&second);
	snprintf(command, sizeof(command), "cp -a %s %s", first.keys, second.keys);
	assert_int_equal(system(command), 0);
	/* The parent has the DS of the first signer's KSK. */
	world_inherit_ds(&second, &first);
	world_open(&second);
	world_input(&second, "");
	world_run(&second, second.now + DAY);
	assert_true(world_has(&second, WORLD_ZONE, KNOT_RRTYPE_DNSKEY));
	assert_int_equal(world_status(&second)->key_count, 2);
	assert_true(world_status(&second)->keys[0].ds_seen);
	assert_int_equal(world_status(&second)->alarm_count, 0);
	world_done(&second);
	/* Without the keys nothing is published at all: the zone would be bogus. */
	world_init(&second);
	world_inherit_ds(&second, &first);
	world_open(&second);
	world_input(&second, "");
	world_run(&second, second.now + DAY);
	assert_int_equal(world_out(&second), 0);
	world_assert_alarm(&second, "rollover-stuck", "DS");
	world_done(&second);
	world_done(&first);
}

/* ---- the disk, the clock ---- */

static void test_full_disk(void **data)
{
	(void)data;
	struct world world;
	struct rlimit before, small;
	struct hf_diag diag;
	open_signed(&world);
	uint32_t serial = world_out(&world);
	world_input(&world, "new IN A 192.0.2.7\n");
	/* No file may grow: every write of a journal or a database fails. */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 1;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	hf_diag_init(&diag, 3);
	enum hf_err err = hf_line_run(world.line, world.now, NULL, NULL, &diag, &world.outcome);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err, HF_ERR_IO);
	assert_true(diag.count > 0);
	hf_diag_done(&diag);
	assert_int_equal(world_out(&world), serial);
	/* When there is room again, all goes on at once. */
	world.now++;
	world_step(&world);
	assert_true(world_has(&world, "new.line.test.", KNOT_RRTYPE_A));
	world_reopen(&world);
	assert_int_equal(world_out(&world), world_last(&world)->serial);
	world_done(&world);
}

static void test_clock(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	uint32_t serial = world_out(&world);
	hf_time right = world.now;
	/* The oracle would go by the wrong clock too. */
	world.unchecked = true;
	/* A day back: nothing is signed with signatures of that time. */
	world.now = right - DAY;
	world_input(&world, "back IN A 192.0.2.7\n");
	world_step(&world);
	assert_int_equal(world_out(&world), serial);
	world_assert_alarm(&world, "clock", "the clock is behind");
	world.now = right + 60;
	world_step(&world);
	assert_true(world_has(&world, "back.line.test.", KNOT_RRTYPE_A));
	assert_false(world_has_alarm(&world, "clock"));
	/* A day ahead: an hour to notice it. */
	serial = world_out(&world);
	right = world.now;
	world.now = right + DAY;
	world_input(&world, "ahead IN A 192.0.2.7\n");
	world_step(&world);
	assert_int_equal(world_out(&world), serial);
	world_assert_alarm(&world, "clock", "the clock leapt");
	world.now = right + 120;
	world_step(&world);
	assert_true(world_has(&world, "ahead.line.test.", KNOT_RRTYPE_A));
	assert_false(world_has_alarm(&world, "clock"));
	/* It stays there: then it was right. */
	world.now += DAY;
	world_input(&world, "");
	world_step(&world);
	assert_true(world_has(&world, "ahead.line.test.", KNOT_RRTYPE_A));
	world.now += HOUR;
	world_step(&world);
	assert_false(world_has(&world, "ahead.line.test.", KNOT_RRTYPE_A));
	world_done(&world);
}

/* What is seen by a clock that is behind would seem to be over too early. */
static void test_looks_by_a_wrong_clock(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	hf_time right = world.now, seen = world_status(&world)->secondaries[0].seen;
	assert_true(seen > right - DAY);
	world.now = right - DAY;
	assert_int_equal(
	        world.hands->look_at_secondary(&world, world_last(&world)->version), HF_OK);
	assert_int_equal(world_status(&world)->secondaries[0].seen, seen);
	world.now = right + 1;
	assert_int_equal(
	        world.hands->look_at_secondary(&world, world_last(&world)->version), HF_OK);
	assert_int_equal(world_status(&world)->secondaries[0].seen, right + 1);
	world_done(&world);
}

/* ---- people ---- */

static void test_hold(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	world_order(&world, HF_LINE_HOLD, 0);
	assert_int_equal(
	        world_try(&world, &(struct hf_line_says){.order = HF_LINE_HOLD}), HF_ERR_REFUSED);
	world_input(&world, "new IN A 192.0.2.7\n");
	uint32_t serial = world_out(&world);
	world_run(&world, world.now + 4 * DAY);
	world_assert_stage(&world, HF_STAGE_PUBLISH, HF_STAGE_WAITS, "held");
	/* Signatures are renewed meanwhile, also after a restart. */
	assert_true(world_out(&world) > serial);
	world_reopen(&world);
	world_run(&world, world.now + 4 * DAY);
	assert_true(world_status(&world)->held);
	assert_false(world_has(&world, "new.line.test.", KNOT_RRTYPE_A));
	world_order(&world, HF_LINE_RELEASE, 0);
	world_run(&world, world.now + MINUTE);
	assert_true(world_has(&world, "new.line.test.", KNOT_RRTYPE_A));
	world_assert_stage(&world, HF_STAGE_PUBLISH, HF_STAGE_PASSED, "serial");
	world_done(&world);
}

/* A state from a backup takes no step and makes no key before the secondary was looked at. */
static void test_restored(void **data)
{
	(void)data;
	const struct hf_roll_event ksk = {.kind = HF_EVENT_START,
	        .start = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK}};
	struct hf_store_marks marks;
	struct hf_store *store;
	struct world world;
	open_signed(&world);
	world.hands->close(&world);
	assert_int_equal(hf_store_open(world.state, NULL, &store), HF_OK);
	assert_int_equal(hf_store_get_marks(store, world.setup.id, NULL, &marks), HF_OK);
	marks.flags |= HF_LEDGER_HELD | HF_LEDGER_RESTORED;
	assert_int_equal(hf_store_put_marks(store, world.setup.id, &marks, NULL), HF_OK);
	hf_store_close(store);
	world.hands->open(&world);
	world_roll(&world, &ksk);
	size_t keys = world_status(&world)->key_count;
	assert_int_equal(world.hands->run(&world), HF_OK);
	assert_true(world_status(&world)->held && world.outcome.look_secondaries);
	assert_int_equal(world_status(&world)->key_count, keys);
	/* The secondary has what the state knows of: it goes on. */
	world.wake = world.now;
	world_run_roll(&world, world.now + 10 * DAY);
	assert_false(world_status(&world)->held);
	world_done(&world);
}

static void test_rollback(void **data)
{
	(void)data;
	struct world world;
	open_signed(&world);
	uint32_t good = world_out(&world);
	world_input(&world, "bad IN A 192.0.2.7\n");
	world_run(&world, world.now + MINUTE);
	uint32_t bad = world_out(&world);
	assert_int_equal(
	        world_try(&world, &(struct hf_line_says){.order = HF_LINE_ROLLBACK, .serial = 999}),
	        HF_ERR_REFUSED);
	assert_int_equal(
	        world_try(&world, &(struct hf_line_says){.order = HF_LINE_ROLLBACK, .serial = bad}),
	        HF_ERR_REFUSED);
	world_order(&world, HF_LINE_ROLLBACK, good);
	world_run(&world, world.now + MINUTE);
	assert_false(world_has(&world, "bad.line.test.", KNOT_RRTYPE_A));
	assert_true(hf_serial_before(bad, world_out(&world)));
	/* Inputs wait, also those after a restart. */
	world_input(&world, "bad IN A 192.0.2.7\nworse IN A 192.0.2.8\n");
	world_run(&world, world.now + HOUR);
	world_reopen(&world);
	world_run(&world, world.now + HOUR);
	assert_false(world_has(&world, "bad.line.test.", KNOT_RRTYPE_A));
	assert_true(world_status(&world)->rolled_back);
	world_order(&world, HF_LINE_RELEASE, 0);
	world_run(&world, world.now + MINUTE);
	assert_true(world_has(&world, "worse.line.test.", KNOT_RRTYPE_A));
	world_done(&world);
}

static void test_reviews(void **data)
{
	(void)data;
	static const char *const yes[] = {
	        "/bin/sh", "-c", "grep -q \"^good\" $HOLDFAST_FILE", NULL};
	struct world world;
	world_init(&world);
	world.setup.unsigned_review =
	        (struct hf_line_review){.command = yes, .seconds = 20, .person = true};
	world.setup.signed_review = (struct hf_line_review){.person = true};
	world_open(&world);
	world_input(&world, "good IN A 192.0.2.7\n");
	world_run(&world, world.now + MINUTE);
	world_assert_stage(&world, HF_STAGE_REVIEW_UNSIGNED, HF_STAGE_WAITS, "approve or reject");
	assert_non_null(strstr(world_status(&world)->approve, "unsigned version"));
	assert_int_equal(world_out(&world), 0);
	world_order(&world, HF_LINE_APPROVE, 0);
	world_run(&world, world.now + MINUTE);
	world_assert_stage(&world, HF_STAGE_REVIEW_SIGNED, HF_STAGE_WAITS, "approve or reject");
	assert_int_equal(world_out(&world), 0);
	world_order(&world, HF_LINE_APPROVE, 0);
	world_run(&world, world.now + MINUTE);
	assert_true(world_has(&world, "good.line.test.", KNOT_RRTYPE_A));
	/* The command says no. */
	uint32_t serial = world_out(&world);
	world_input(&world, "");
	world_run(&world, world.now + 2 * MINUTE);
	world_assert_stage(&world, HF_STAGE_REVIEW_UNSIGNED, HF_STAGE_FAILED, "");
	assert_true(world_has_alarm(&world, "stage-review-unsigned"));
	assert_true(world_has(&world, "good.line.test.", KNOT_RRTYPE_A));
	/* A person says no. */
	world_input(&world, "good IN A 192.0.2.8\nmore IN A 192.0.2.9\n");
	world_run(&world, world.now + MINUTE);
	assert_int_equal(
	        world_try(&world, &(struct hf_line_says){.order = HF_LINE_REJECT, .who = "eve"}),
	        HF_OK);
	world_run(&world, world.now + HOUR);
	world_assert_alarm(&world, "stage-review-unsigned", "rejected by eve");
	assert_false(world_has(&world, "more.line.test.", KNOT_RRTYPE_A));
	assert_true(serial > 0);
	world_done(&world);
}

/* ---- check-only ---- */

/* A line that signs hands its versions to one that only checks them. */
static void hand_over(struct world *from, struct world *to)
{
	const struct hf_line_input input = {
	        .version = world_last(from)->version, .from = "the signer"};
	to->now = from->now;
	assert_int_equal(hf_line_input(to->line, &input, to->now, NULL), HF_OK);
	to->wake = to->now;
}

static void test_check_only(void **data)
{
	(void)data;
	struct world signer, proxy;
	open_signed(&signer);
	world_init(&proxy);
	proxy.setup.mode = HF_LINE_CHECK_ONLY;
	proxy.setup.serial = HF_SERIAL_KEEP;
	world_inherit_ds(&proxy, &signer);
	world_open(&proxy);
	hand_over(&signer, &proxy);
	world_run(&proxy, proxy.now + MINUTE);
	assert_int_equal(world_out(&proxy), world_out(&signer));
	assert_int_equal(world_status(&proxy)->stages[HF_STAGE_SIGN].state, HF_STAGE_OFF);
	/* A change, as it comes. */
	world_input(&signer, "new IN A 192.0.2.7\n");
	world_run(&signer, signer.now + HOUR);
	hand_over(&signer, &proxy);
	world_run(&proxy, proxy.now + MINUTE);
	assert_int_equal(world_out(&proxy), world_out(&signer));
	assert_true(world_has(&proxy, "new.line.test.", KNOT_RRTYPE_A));
	/* The signer goes wrong: its next version has lost its signatures. */
	char *text = world_text(&signer, 900, "");
	world_input_text(&proxy, text);
	free(text);
	world_run(&proxy, proxy.now + MINUTE);
	assert_int_equal(world_out(&proxy), world_out(&signer));
	assert_true(world_has_alarm(&proxy, "stage-verify"));
	world_done(&proxy);
	world_done(&signer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_damaged_key),
	        cmocka_unit_test(test_lost_keys),
	        cmocka_unit_test(test_adopted_keys),
	        cmocka_unit_test(test_full_disk),
	        cmocka_unit_test(test_clock),
	        cmocka_unit_test(test_looks_by_a_wrong_clock),
	        cmocka_unit_test(test_hold),
	        cmocka_unit_test(test_restored),
	        cmocka_unit_test(test_rollback),
	        cmocka_unit_test(test_reviews),
	        cmocka_unit_test(test_check_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
