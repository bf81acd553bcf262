/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The counts of "Rolling Over DNSSEC Keys" (The Internet Protocol Journal 13-1), by running it. */
#include "sim/storm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS (HF_STORM_SECOND / 1000)

static const struct hf_storm_zone com[] = {{"example.com.", 2, 20 * MS}, {"com.", 14, 20 * MS}};
static const struct hf_storm_zone root[] = {
        {"example.com.", 2, 20 * MS}, {"com.", 14, 20 * MS}, {".", 20, 20 * MS}};

static struct hf_storm_result run(const struct hf_storm *storm)
{
	struct hf_storm_result result;
	assert_int_equal(hf_storm_run(storm, (struct hf_random){1}, &result), HF_OK);
	return result;
}

/* Where each question goes, and when. */
struct log {
	uint64_t by_address[HF_STORM_ZONES][HF_STORM_ADDRESSES][HF_STORM_TYPES];
	int64_t first_round; /* when the 13th DNSKEY question was sent */
	uint64_t keys;
	int64_t last;
};

static void note(
        void *context, int64_t at, unsigned zone, unsigned address, enum hf_storm_type type)
{
	struct log *log = context;
	log->by_address[zone][address][type]++;
	if (type == HF_STORM_DNSKEY && ++log->keys == 13)
		log->first_round = at;
	log->last = at;
}

static struct hf_storm patient(const struct hf_storm_zone *zones, unsigned count, struct log *log)
{
	struct hf_storm storm = {.zones = zones, .count = count, .names = 1};
	storm.resolver = HF_STORM_BIND_2009;
	storm.resolver.patience = 0;
	storm.seen = note;
	storm.context = log;
	return storm;
}

static void a_stale_anchor_of_com_multiplies(void **state)
{
	struct log log = {0};
	struct hf_storm storm = patient(com, 2, &log);
	struct hf_storm_result result = run(&storm);
	assert_int_equal(result.asked[0][HF_STORM_DNSKEY], 4);
	assert_int_equal(result.asked[1][HF_STORM_DS], 56);
	assert_int_equal(result.asked[1][HF_STORM_DNSKEY], 784);
	assert_int_equal(log.keys + result.asked[1][HF_STORM_DS], 844);
	for (unsigned i = 0; i < 14; i++) {
		assert_int_equal(log.by_address[1][i][HF_STORM_DNSKEY], 56);
		assert_int_equal(log.by_address[1][i][HF_STORM_DS], 4);
	}
}

static void a_stale_anchor_of_the_root_multiplies_more(void **state)
{
	struct log log = {0};
	struct hf_storm storm = patient(root, 3, &log);
	struct hf_storm_result result = run(&storm);
	assert_int_equal(result.asked[2][HF_STORM_DS], 15680);
	assert_int_equal(result.asked[2][HF_STORM_DNSKEY], 313600);
	assert_int_equal(result.halted, 0);
}

/* DURZ: 13 questions at the start, then 12 to each of 13 addresses in 19 s. */
static void an_unvalidatable_root_key_is_asked_for_again(void **state)
{
	const struct hf_storm_zone durz[] = {{".", 13, 122 * MS}};
	struct log log = {0};
	struct hf_storm storm = patient(durz, 1, &log);
	struct hf_storm_result result = run(&storm);
	assert_int_equal(result.asked[0][HF_STORM_DNSKEY], 13 + 156);
	for (unsigned i = 0; i < 13; i++)
		assert_int_equal(log.by_address[0][i][HF_STORM_DNSKEY], 1 + 12);
	/* The questions for data lie between the rounds, and take their time too. */
	int64_t span = log.last - log.first_round - 12 * 122 * MS;
	assert_in_range(span, 19 * HF_STORM_SECOND, 20 * HF_STORM_SECOND);
}

/* A serial search sends what its time has room for. */
static void patience_bounds_a_search(void **state)
{
	struct hf_storm storm = {.zones = root, .count = 3, .names = 1};
	storm.resolver = HF_STORM_BIND_2009;
	struct hf_storm_result result = run(&storm);
	uint64_t sum = 0;
	for (unsigned i = 0; i < 3; i++)
		for (unsigned type = 0; type < HF_STORM_TYPES; type++)
			sum += result.asked[i][type];
	assert_int_equal(sum, 30 * 1000 / 20);
	assert_int_equal(result.halted, 1);
	assert_int_equal(result.searching, 30 * HF_STORM_SECOND);
}

static uint64_t keys_asked(struct hf_storm_resolver resolver, struct hf_storm_brake brake)
{
	struct hf_storm storm = {.zones = com,
	        .count = 2,
	        .resolver = resolver,
	        .brake = brake,
	        .interval = HF_STORM_SECOND,
	        .duration = 3600 * HF_STORM_SECOND,
	        .names = 20};
	return run(&storm).asked[1][HF_STORM_DNSKEY];
}

/* An hour of a busy resolver: memory, and servers that are slow to repeat themselves, help. */
static void memory_and_brakes_quiet_it(void **state)
{
	const struct hf_storm_brake none = {0};
	const struct hf_storm_brake brake = {100 * MS, 10 * HF_STORM_SECOND, 600 * HF_STORM_SECOND};
	uint64_t bind = keys_asked(HF_STORM_BIND_2009, none);
	uint64_t unbound = keys_asked(HF_STORM_UNBOUND_2009, none);
	uint64_t current = keys_asked(HF_STORM_CURRENT, none);
	assert_in_range(bind, 3600 * 40, 3600 * 50);
	assert_in_range(unbound, bind / 3, bind);
	/* 9 doublings to 300 s, then one search in 300 s. */
	assert_in_range(current, 5 * (9 + 10), 5 * (9 + 12));
	assert_true(keys_asked(HF_STORM_BIND_2009, brake) * 20 < bind);
}

static void one_seed_gives_one_history(void **state)
{
	struct hf_storm storm = {.zones = com,
	        .count = 2,
	        .resolver = HF_STORM_UNBOUND_2009,
	        .interval = 5 * HF_STORM_SECOND,
	        .duration = 600 * HF_STORM_SECOND,
	        .names = 9};
	struct hf_storm_result first = run(&storm), again = run(&storm), other;
	assert_memory_equal(&first, &again, sizeof(first));
	assert_int_equal(hf_storm_run(&storm, (struct hf_random){2}, &other), HF_OK);
	assert_int_not_equal(other.clients, first.clients);
}

static void nonsense_is_refused(void **state)
{
	struct hf_storm_result result;
	struct hf_storm storm = {.zones = com, .count = 2, .names = 1};
	storm.count = 0;
	assert_int_equal(hf_storm_run(&storm, (struct hf_random){1}, &result), HF_ERR_INVALID);
	storm.count = HF_STORM_ZONES + 1;
	assert_int_equal(hf_storm_run(&storm, (struct hf_random){1}, &result), HF_ERR_INVALID);
	const struct hf_storm_zone bare = {"bare.", 0, MS};
	storm = (struct hf_storm){.zones = &bare, .count = 1, .names = 1};
	assert_int_equal(hf_storm_run(&storm, (struct hf_random){1}, &result), HF_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_stale_anchor_of_com_multiplies),
	        cmocka_unit_test(a_stale_anchor_of_the_root_multiplies_more),
	        cmocka_unit_test(an_unvalidatable_root_key_is_asked_for_again),
	        cmocka_unit_test(patience_bounds_a_search),
	        cmocka_unit_test(memory_and_brakes_quiet_it),
	        cmocka_unit_test(one_seed_gives_one_history),
	        cmocka_unit_test(nonsense_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
