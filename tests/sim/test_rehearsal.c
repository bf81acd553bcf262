/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rehearsals: ways and settings, faults as people write them, plays and what is said of them. */
#include "sim/rehearsal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)
#define NOON ((hf_time)1800000000)

static const struct hf_zone_profile profile = {
        .apex = 9,
        .names = 100,
        .rrsets = 200,
        .rrset_names = 2000,
        .records = 250,
        .wire = 10000,
        .memory = 40000,
        .node_memory = 64,
        .soa = 60,
        .largest_ttl = 86400,
        .denial_ttl = 900,
        .nsec = {100, 1500, 800},
};

/* ---- Settings ---- */

static enum hf_err make_way(const char *setting, struct hf_rehearsal_way *ret_way)
{
	struct hf_policy policy;
	hf_policy_init(&policy);
	return hf_rehearsal_way_make(&policy, &profile, &setting, 1, NULL, ret_way);
}

static void every_setting_is_read_back(void **state)
{
	for (size_t i = 0; hf_rehearsal_setting_at(i) != NULL; i++) {
		const char *name = hf_rehearsal_setting_at(i)->name;
		bool count = strcmp(name, "servers") == 0 || strcmp(name, "parents") == 0 ||
		             strcmp(name, "loss") == 0;
		const char *want = strcmp(name, "signer") == 0       ? "trusting"
		                   : count                           ? "3"
		                   : strcmp(name, "delay-most") == 0 ? "30d"
		                                                     : "2h";
		char setting[64];
		struct hf_rehearsal_way way;
		struct hf_buf text = {0};
		snprintf(setting, sizeof(setting), "%s=%s", name, want);
		assert_int_equal(make_way(setting, &way), HF_OK);
		hf_rehearsal_setting_put(i, &way, &text);
		assert_int_equal(text.len, strlen(want));
		assert_memory_equal(text.data, want, text.len);
		hf_buf_done(&text);
	}
}

static void settings_reach_policy_and_world(void **state)
{
	struct hf_rehearsal_way way;
	assert_int_equal(make_way("zsk.method=double-signature", &way), HF_OK);
	assert_int_equal(way.policy.roles[HF_ROLE_ZSK].method, HF_METHOD_DOUBLE_SIGNATURE);
	assert_int_equal(make_way("method=double-ds", &way), HF_OK);
	assert_int_equal(way.policy.roles[HF_ROLE_KSK].method, HF_METHOD_DOUBLE_DS);
	assert_int_equal(way.policy.roles[HF_ROLE_ZSK].method, HF_METHOD_PRE_PUBLICATION);
	assert_int_equal(make_way("method=liberal", &way), HF_OK);
	assert_int_equal(way.policy.rollover.algorithm_method, HF_METHOD_LIBERAL);
	/* The world follows the policy. */
	assert_int_equal(make_way("parent.delay=4d", &way), HF_OK);
	assert_int_equal(way.world.delay_most, 3 * DAY);
	assert_int_equal(make_way("person=never", &way), HF_OK);
	assert_true(way.world.person < 0);
	/* More servers have the lag of the slowest one among them. */
	assert_int_equal(make_way("servers=32", &way), HF_OK);
	assert_int_equal(way.world.servers, 32);
	assert_int_equal(way.world.lag[31], 15 * 60);
	assert_int_equal(make_way("data-ttl=10m", &way), HF_OK);
	assert_int_equal(way.world.data_ttl[0], 600);
	assert_int_equal(way.world.data_ttl[1], 600);
	assert_int_equal(way.world.data_ttl[2], 300);
}

static void senseless_settings_are_refused(void **state)
{
	static const struct {
		const char *setting;
		enum hf_err err;
	} cases[] = {
	        {"", HF_ERR_SYNTAX}, {"person", HF_ERR_SYNTAX}, {"=3", HF_ERR_SYNTAX},
	        {"colour=red", HF_ERR_NOTFOUND}, {"zsk.colour=red", HF_ERR_NOTFOUND},
	        {"method=best", HF_ERR_SYNTAX}, {"servers=0", HF_ERR_INVALID},
	        {"servers=33", HF_ERR_INVALID}, {"servers=two", HF_ERR_INVALID},
	        {"lag=never", HF_ERR_INVALID}, {"ds-ttl=0", HF_ERR_INVALID},
	        {"ds-ttl=90y", HF_ERR_INVALID}, {"loss=91", HF_ERR_INVALID},
	        {"loss=1h", HF_ERR_INVALID}, {"loss=-1", HF_ERR_INVALID},
	        {"delay-least=10d", HF_ERR_INVALID},        /* more than the most */
	        {"signatures.refresh=30d", HF_ERR_INVALID}, /* more than their validity */
	};
	struct hf_policy policy;
	struct hf_diag diag;
	hf_policy_init(&policy);
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_rehearsal_way way;
		size_t said = diag.count;
		assert_int_equal(
		        hf_rehearsal_way_make(&policy, &profile, &cases[i].setting, 1, &diag, &way),
		        cases[i].err);
		assert_true(diag.count > said);
	}
	hf_diag_done(&diag);
}

static void alternatives_differ_from_the_first(void **state)
{
	struct hf_policy policy;
	struct hf_theatre_change change;
	struct hf_rehearsal_way ways[HF_REHEARSAL_WAYS];
	const char *settings[] = {"person=2h"};
	size_t count = 1;
	hf_policy_init(&policy);
	assert_int_equal(hf_rehearsal_change_read("ksk", NULL, NOON, NULL, &change), HF_OK);
	const struct hf_rehearsal_base base = {&policy, &profile, settings, 1, &change};
	assert_int_equal(
	        hf_rehearsal_way_make(&policy, &profile, settings, 1, NULL, &ways[0]), HF_OK);
	/* The policy's own method is there already. */
	assert_int_equal(hf_rehearsal_compare(&base, "method", NULL, ways, &count), HF_OK);
	assert_int_equal(count, 3);
	assert_string_equal(ways[1].title, "method double-ds");
	assert_string_equal(ways[2].title, "method double-rrset");
	assert_int_equal(
	        hf_rehearsal_compare(&base, "keys.dnskey-ttl=1h,1d", NULL, ways, &count), HF_OK);
	assert_int_equal(count, 4);
	assert_string_equal(ways[3].title, "keys.dnskey-ttl 1d");
	assert_int_equal(ways[3].policy.dnskey_ttl, 86400);
	assert_int_equal(ways[3].world.person, 2 * HOUR);
	assert_int_equal(hf_rehearsal_compare(&base, "person", NULL, ways, &count), HF_ERR_SYNTAX);
	assert_int_equal(hf_rehearsal_compare(&base, "person=", NULL, ways, &count), HF_ERR_SYNTAX);
	assert_int_equal(
	        hf_rehearsal_compare(&base, "person=1h,", NULL, ways, &count), HF_ERR_INVALID);
	assert_int_equal(
	        hf_rehearsal_compare(
	                &base, "person=1m,2m,3m,4m,5m,6m,7m,8m,9m,10m,11m,12m", NULL, ways, &count),
	        HF_ERR_LIMIT);
	assert_int_equal(count, HF_REHEARSAL_WAYS);
}

/* ---- Words ---- */

static void changes_are_read(void **state)
{
	struct hf_theatre_change change;
	assert_int_equal(
	        hf_rehearsal_change_read("emergency:zsk", NULL, NOON, NULL, &change), HF_OK);
	assert_true(change.in_use && change.wish.emergency);
	assert_int_equal(change.wish.start.role, HF_ROLE_ZSK);
	assert_false(change.wish.start.has_method);
	assert_int_equal(
	        hf_rehearsal_change_read("emergency:ksk", "double-rrset", NOON, NULL, &change),
	        HF_OK);
	assert_int_equal(change.wish.start.method, HF_METHOD_DOUBLE_RRSET);
	assert_int_equal(
	        hf_rehearsal_change_read("emergency:4711", NULL, NOON, NULL, &change), HF_OK);
	assert_true(!change.in_use && change.wish.compromised_tag == 4711);
	assert_int_equal(hf_rehearsal_change_read("emergency:all", NULL, NOON, NULL, &change),
	        HF_ERR_SYNTAX);
	assert_int_equal(
	        hf_rehearsal_change_read("ksk", "fast", NOON, NULL, &change), HF_ERR_SYNTAX);
}

static void faults_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		struct hf_theatre_fault fault;
	} cases[] = {
	        {"signer-down@+2d", {HF_FAULT_SIGNER_DOWN, NOON + 2 * DAY, DAY, 0, 0}},
	        {"signer-down@+2d+60h", {HF_FAULT_SIGNER_DOWN, NOON + 2 * DAY, 60 * HOUR, 0, 0}},
	        {"signer-down@2027-01-15T08:00:00Z+1w",
	                {HF_FAULT_SIGNER_DOWN, NOON, 7 * DAY, 0, 0}},
	        {"blind@2027-01-15T10:00:00+02:00", {HF_FAULT_BLIND, NOON, DAY, 0, 0}},
	        {"blind@2027-01-15T10:00:00+02:00+2h", {HF_FAULT_BLIND, NOON, 2 * HOUR, 0, 0}},
	        {"clock@now+1h,amount=-1d", {HF_FAULT_CLOCK, NOON, HOUR, -DAY, 0}},
	        {"restored@now,amount=90m", {HF_FAULT_RESTORED, NOON, DAY, 90 * 60, 0}},
	        {"secondary@now,server=2", {HF_FAULT_SECONDARY, NOON, DAY, 0, 1}},
	        {"parent@+1s+1s,server=8", {HF_FAULT_PARENT, NOON + 1, 1, 0, 7}},
	        {"slow@now+1d,amount=5d", {HF_FAULT_SLOW, NOON, DAY, 5 * DAY, 0}},
	        {"crash@now,amount=1", {HF_FAULT_CRASH, NOON, DAY, 1, 0}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_theatre_fault fault = {0}, again = {0};
		struct hf_buf text = {0};
		assert_int_equal(hf_rehearsal_fault_read(cases[i].text, NOON, NULL, &fault), HF_OK);
		assert_memory_equal(&fault, &cases[i].fault, sizeof(fault));
		hf_rehearsal_fault_put(&fault, &text);
		hf_put_u8(&text, 0);
		assert_int_equal(
		        hf_rehearsal_fault_read((char *)text.data, NOON, NULL, &again), HF_OK);
		assert_memory_equal(&again, &fault, sizeof(fault));
		hf_buf_done(&text);
	}
}

static void random_faults_are_written_and_read(void **state)
{
	struct hf_random random = {7};
	struct hf_policy policy;
	struct hf_theatre_world world;
	struct hf_theatre_fault *faults;
	size_t count;
	hf_policy_init(&policy);
	hf_theatre_world_init(&policy, &profile, &world);
	assert_int_equal(hf_theatre_faults(&random, &world, &policy, ~0u, 2000, NOON,
	                         NOON + 900 * DAY, &faults, &count),
	        HF_OK);
	assert_int_equal(count, 2000);
	for (size_t i = 0; i < count; i++) {
		struct hf_theatre_fault again = {0};
		struct hf_buf text = {0};
		hf_rehearsal_fault_put(&faults[i], &text);
		hf_put_u8(&text, 0);
		assert_int_equal(
		        hf_rehearsal_fault_read((char *)text.data, NOON, NULL, &again), HF_OK);
		assert_memory_equal(&again, &faults[i], sizeof(again));
		hf_buf_done(&text);
	}
	free(faults);
}

static void senseless_faults_are_refused(void **state)
{
	static const char *const cases[] = {
	        "",
	        "signer-down",
	        "signer-down@",
	        "signer-down@soon",
	        "signer-down@+2x",
	        "signer-down@-2d",
	        "signer-down@+2d+3x",
	        "signer-down@now+0",
	        "signer-down@20200101000000",
	        "earthquake@now",
	        "@now",
	        "clock@now",
	        "slow@now,amount=0",
	        "slow@now,amount=-1h",
	        "secondary@now,server=0",
	        "secondary@now,server=33",
	        "secondary@now,server=1x",
	        "secondary@now,colour=red",
	        "signer-down@now,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
	        ",,,,,"
	        ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
	        ",,,,,",
	};
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_theatre_fault fault = {.server = 77};
		enum hf_err err = hf_rehearsal_fault_read(cases[i], NOON, &diag, &fault);
		assert_true(err == HF_ERR_SYNTAX || err == HF_ERR_INVALID);
		assert_int_equal(diag.count, i + 1);
		assert_int_equal(fault.server, 77);
	}
	hf_diag_done(&diag);
}

/* ---- Rehearsals ---- */

struct stage {
	struct hf_name zone;
	struct hf_policy policy;
	struct hf_people people;
	struct hf_theatre_change change;
	struct hf_theatre_fault fault;
	struct hf_rehearsal rehearsal;
	struct hf_rehearsal_way ways[HF_REHEARSAL_WAYS];
	size_t way_count;
	struct hf_rehearsal_result result;
};

static struct hf_rehearsal *set_up(struct stage *stage, const char *what)
{
	*stage = (struct stage){.way_count = 1};
	assert_int_equal(hf_name_from_text("example.", &stage->zone), HF_OK);
	hf_policy_init(&stage->policy);
	hf_people_init(&stage->people, HF_PEOPLE_BY_DS);
	assert_int_equal(
	        hf_rehearsal_way_make(&stage->policy, &profile, NULL, 0, NULL, &stage->ways[0]),
	        HF_OK);
	stage->rehearsal = (struct hf_rehearsal){
	        .zone = &stage->zone,
	        .profile = &profile,
	        .at = NOON,
	        .changes = &stage->change,
	        .change_count = what != NULL,
	        .runs = 1,
	        .people = &stage->people,
	        .resolvers = 100,
	        .seed = 1,
	};
	if (what != NULL)
		assert_int_equal(
		        hf_rehearsal_change_read(what, NULL, NOON, NULL, &stage->change), HF_OK);
	return &stage->rehearsal;
}

static const struct hf_rehearsal_outcome *play(struct stage *stage, unsigned jobs)
{
	struct hf_pool *pool;
	assert_int_equal(hf_pool_new(jobs, &pool), HF_OK);
	assert_int_equal(hf_rehearsal_run(&stage->rehearsal, stage->ways, stage->way_count, pool,
	                         NULL, NULL, &stage->result),
	        HF_OK);
	hf_pool_free(pool);
	return &stage->result.outcomes[0];
}

static void expect(const char *text, const char *words)
{
	if (strstr(text, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, text);
}

static void a_rollover_fails_nobody(void **state)
{
	static const char *const changes[] = {"ksk", "zsk", "algorithm:ed25519"};
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct stage stage;
		set_up(&stage, changes[i]);
		const struct hf_rehearsal_outcome *outcome = play(&stage, 2);
		assert_false(outcome->failed);
		assert_true(outcome->seconds > 0 && outcome->judged > 0);
		expect(outcome->story->verdict, "no user failed");
		expect(outcome->story->verdict, outcome->title);
		hf_rehearsal_result_done(&stage.result);
	}
}

static void ways_are_told_over_one_span(void **state)
{
	struct stage stage;
	set_up(&stage, "ksk");
	const struct hf_rehearsal_base base = {&stage.policy, &profile, NULL, 0, &stage.change};
	assert_int_equal(
	        hf_rehearsal_compare(&base, "method", NULL, stage.ways, &stage.way_count), HF_OK);
	play(&stage, 2);
	assert_int_equal(stage.result.count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct hf_rehearsal_outcome *outcome = &stage.result.outcomes[i];
		assert_false(outcome->failed);
		assert_string_equal(outcome->story->title, stage.ways[i].title);
		assert_true(outcome->story->until == stage.result.until);
	}
	expect(stage.result.outcomes[1].title, "double-ds");
	hf_rehearsal_result_done(&stage.result);
}

static void a_signer_that_is_off_for_too_long_is_told(void **state)
{
	struct stage stage;
	struct hf_rehearsal *rehearsal = set_up(&stage, NULL);
	stage.fault = (struct hf_theatre_fault){HF_FAULT_SIGNER_DOWN, NOON + DAY, 30 * DAY, 0, 0};
	rehearsal->faults = &stage.fault;
	rehearsal->fault_count = 1;
	rehearsal->span = 40 * DAY;
	const struct hf_rehearsal_outcome *outcome = play(&stage, 2);
	assert_true(outcome->failed && outcome->story->failed);
	assert_int_equal(stage.result.until, NOON + 40 * DAY);
	expect(outcome->story->verdict, "users failed");
	expect(outcome->story->verdict, "stood still for longer than signatures last");
	/* Well over the half of them that validate, at last. */
	assert_true(outcome->story->table_count >= 2);
	hf_rehearsal_result_done(&stage.result);
}

static void who_never_does_what_is_asked_for_ends_it(void **state)
{
	struct stage stage;
	const char *never = "person=never";
	set_up(&stage, "ksk");
	assert_int_equal(
	        hf_rehearsal_way_make(&stage.policy, &profile, &never, 1, NULL, &stage.ways[0]),
	        HF_OK);
	const struct hf_rehearsal_outcome *outcome = play(&stage, 2);
	assert_true(outcome->failed);
	assert_int_equal(outcome->seconds, -1);
	expect(outcome->story->verdict, "no user failed");
	expect(outcome->story->verdict, "is not done by the end");
	hf_rehearsal_result_done(&stage.result);
}

static void stale_anchors_are_no_fault_of_the_zone(void **state)
{
	struct stage stage;
	set_up(&stage, "ksk");
	assert_int_equal(hf_people_read(&stage.people, "stale=20%", NULL), HF_OK);
	const struct hf_rehearsal_outcome *outcome = play(&stage, 2);
	assert_true(outcome->failed);
	expect(outcome->story->verdict, "given by hand, which no zone can help");
	expect(outcome->story->verdict, "and all are good");
	hf_rehearsal_result_done(&stage.result);
}

/* Everything of two results that a report could show. */
static void assert_same(const struct hf_rehearsal_result *a, const struct hf_rehearsal_result *b)
{
	const struct hf_story *first = a->outcomes[0].story, *second = b->outcomes[0].story;
	assert_int_equal(a->until, b->until);
	assert_int_equal(first->count, second->count);
	for (size_t i = 0; i < first->count; i++) {
		assert_int_equal(first->moments[i].at, second->moments[i].at);
		assert_string_equal(first->moments[i].text, second->moments[i].text);
	}
	assert_string_equal(first->verdict, second->verdict);
	assert_int_equal(first->users.count, second->users.count);
	assert_memory_equal(first->users.buckets, second->users.buckets,
	        first->users.count * sizeof(*first->users.buckets));
}

static void one_seed_gives_one_result(void **state)
{
	struct stage stage, again, other;
	set_up(&stage, "zsk")->random_faults = 4;
	set_up(&again, "zsk")->random_faults = 4;
	set_up(&other, "zsk")->random_faults = 4;
	other.rehearsal.seed = 2;
	play(&stage, 1);
	play(&again, 3);
	play(&other, 1);
	assert_same(&stage.result, &again.result);
	assert_true(stage.result.until != other.result.until ||
	            stage.result.outcomes[0].story->count != other.result.outcomes[0].story->count);
	hf_rehearsal_result_done(&stage.result);
	hf_rehearsal_result_done(&again.result);
	hf_rehearsal_result_done(&other.result);
}

static void many_plays_go_well(void **state)
{
	struct stage stage;
	struct hf_rehearsal *rehearsal = set_up(&stage, "ksk");
	/* A name server that gets nothing has to fall silent before its signatures end. */
	const char *expire = "expire=2d";
	assert_int_equal(
	        hf_rehearsal_way_make(&stage.policy, &profile, &expire, 1, NULL, &stage.ways[0]),
	        HF_OK);
	rehearsal->random_faults = 4;
	rehearsal->runs = 12;
	play(&stage, 2);
	assert_int_equal(stage.result.runs, 12);
	assert_false(stage.result.has_history);
	assert_int_equal(stage.result.seed, 1);
	hf_rehearsal_result_done(&stage.result);
}

static void a_play_that_fails_is_made_small(void **state)
{
	struct stage stage;
	struct hf_rehearsal *rehearsal = set_up(&stage, "zsk");
	/* A name server gets nothing, and the signer does not look. */
	stage.ways[0].trusting = true;
	stage.fault = (struct hf_theatre_fault){HF_FAULT_SECONDARY, NOON, 3 * DAY, 0, 1};
	rehearsal->faults = &stage.fault;
	rehearsal->fault_count = 1;
	rehearsal->random_faults = 3;
	rehearsal->runs = 10;
	const struct hf_rehearsal_outcome *outcome = play(&stage, 2);
	const struct hf_theatre_history *history = &stage.result.history;
	assert_int_equal(stage.result.runs, 1);
	assert_true(stage.result.has_history && outcome->failed);
	/* The random faults have nothing to do with it, nor has all of the time. */
	assert_int_equal(history->fault_count, 1);
	assert_int_equal(history->faults[0].kind, HF_FAULT_SECONDARY);
	assert_true(history->faults[0].duration < DAY);
	assert_int_equal(history->change_count, 1);
	assert_true(history->until < NOON + 2 * DAY);
	expect(outcome->story->verdict, "no matching key");
	hf_rehearsal_result_done(&stage.result);
}

static bool at_once(void *context)
{
	unsigned *asked = context;
	return ++*asked > 2;
}

static void whoever_stops_it_gets_what_is_there(void **state)
{
	struct stage stage;
	unsigned asked = 0;
	struct hf_rehearsal *rehearsal = set_up(&stage, "zsk");
	rehearsal->random_faults = 1;
	rehearsal->runs = 1000;
	rehearsal->stopped = at_once;
	rehearsal->context = &asked;
	play(&stage, 2);
	assert_true(stage.result.stopped);
	assert_int_equal(stage.result.runs, 3);
	assert_non_null(stage.result.outcomes[0].story);
	hf_rehearsal_result_done(&stage.result);
}

static void servers_that_delay_are_asked_less(void **state)
{
	struct hf_policy policy;
	struct hf_rehearsal_way ways[2];
	struct hf_story_table table;
	const char *delay = "server-delay=1s";
	hf_policy_init(&policy);
	assert_int_equal(hf_rehearsal_way_make(&policy, &profile, NULL, 0, NULL, &ways[0]), HF_OK);
	assert_int_equal(
	        hf_rehearsal_way_make(&policy, &profile, &delay, 1, NULL, &ways[1]), HF_OK);
	assert_int_equal(hf_rehearsal_storm_table(ways, 2, 1, &table), HF_OK);
	/* Rows: BIND of 2009, Unbound of 2009, today; columns: name, without, with. */
	assert_int_equal(table.count, 9);
	assert_true(table.cells[2].number < table.cells[1].number);
	assert_true(table.cells[5].number <= table.cells[4].number);
	assert_true(table.cells[1].number > 10 * table.cells[7].number);
	hf_story_table_done(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_setting_is_read_back),
	        cmocka_unit_test(settings_reach_policy_and_world),
	        cmocka_unit_test(senseless_settings_are_refused),
	        cmocka_unit_test(alternatives_differ_from_the_first),
	        cmocka_unit_test(changes_are_read),
	        cmocka_unit_test(faults_are_read_and_written),
	        cmocka_unit_test(random_faults_are_written_and_read),
	        cmocka_unit_test(senseless_faults_are_refused),
	        cmocka_unit_test(a_rollover_fails_nobody),
	        cmocka_unit_test(ways_are_told_over_one_span),
	        cmocka_unit_test(a_signer_that_is_off_for_too_long_is_told),
	        cmocka_unit_test(who_never_does_what_is_asked_for_ends_it),
	        cmocka_unit_test(stale_anchors_are_no_fault_of_the_zone),
	        cmocka_unit_test(one_seed_gives_one_result),
	        cmocka_unit_test(many_plays_go_well),
	        cmocka_unit_test(a_play_that_fails_is_made_small),
	        cmocka_unit_test(whoever_stops_it_gets_what_is_there),
	        cmocka_unit_test(servers_that_delay_are_asked_less),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
