/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line that is killed hundreds of times, that loses its power and whose disk fails: whatever
 * anybody saw is there afterwards, nothing is done twice, and the life goes on to a good end.
 * HF_CASES=N: N times as many deaths.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "farline.h"
#include "linelife.h"

/* The sanitizers take their time. */
#ifdef __SANITIZE_ADDRESS__
#define SLOW 4
#else
#define SLOW 1
#endif

struct sums {
	unsigned deaths[FAR_ENDS], failures;
	size_t versions, keys, gone;
};

static unsigned deaths_of(const unsigned deaths[FAR_ENDS])
{
	unsigned all = 0;
	for (unsigned i = 0; i < FAR_ENDS; i++)
		all += deaths[i];
	return all;
}

static size_t keys_there(const struct farline *far)
{
	size_t count = 0;
	for (size_t i = 0; i < far->key_count; i++)
		count += !far->keys[i].gone;
	return count;
}

static void add_up(struct sums *sums, const struct farline *far, const struct world *world)
{
	for (unsigned i = 0; i < FAR_ENDS; i++)
		sums->deaths[i] += far->deaths[i];
	sums->failures += far->failures;
	sums->versions += world->version_count;
	sums->keys += far->key_count;
	sums->gone += far->key_count - keys_there(far);
}

static unsigned cases(void)
{
	const char *more = getenv("HF_CASES");
	return more != NULL ? (unsigned)strtoul(more, NULL, 10) : 1;
}

/* A life with so many deaths, and its good end. */
static void live(const struct far_options *options, unsigned deaths, struct sums *sums)
{
	struct life life;
	struct farline far;
	life_init(&life, options->seed);
	life.restless = true;
	farline_begin(&far, &life.world, options);
	life_begin(&life);
	while (deaths_of(far.deaths) < deaths)
		life_go_on(&life, DAY / 2);
	farline_calm(&far, &life.world);
	life_rest(&life);
	farline_look_at_keys(&far, &life.world);
	assert_int_equal(keys_there(&far), far.word.status.key_count);
	add_up(sums, &far, &life.world);
	world_done(&life.world);
	farline_done(&far);
}

static void live_all(struct far_options options, unsigned worlds, unsigned deaths)
{
	struct sums sums = {.failures = 0};
	for (unsigned i = 0; i < worlds * cases(); i++) {
		options.seed++;
		live(&options, deaths / SLOW, &sums);
	}
	print_message("%u kills in calls, %u at other moments, %u losses of power, %u failed "
	              "requests; %zu versions, %zu keys made, %zu destroyed\n",
	        sums.deaths[FAR_CALL], sums.deaths[FAR_CLOCK], sums.deaths[FAR_POWER],
	        sums.failures, sums.versions, sums.keys, sums.gone);
	assert_true(deaths_of(sums.deaths) >= worlds * (deaths / SLOW));
	/* All that there is to do was done, many times over. */
	assert_true(sums.versions > worlds * 30 / SLOW);
	assert_true(sums.keys > worlds * 3);
	assert_true(sums.gone > 0);
	assert_true(sums.failures > 0 || !options.disk_fails);
}

static void random_kills(void **data)
{
	(void)data;
	live_all(
	        (struct far_options){
	                .seed = 100, .ends = {[FAR_CALL] = 3, [FAR_CLOCK] = 1}, .calls = 120},
	        5, 64);
}

static void losses_of_power(void **data)
{
	(void)data;
	live_all((struct far_options){.seed = 200, .ends = {[FAR_POWER] = 1}, .calls = 120}, 3, 28);
}

static void failing_disks(void **data)
{
	(void)data;
	live_all((struct far_options){.seed = 300,
	                 .ends = {[FAR_CALL] = 1, [FAR_POWER] = 1},
	                 .calls = 200,
	                 .disk_fails = true},
	        2, 40);
}

/* ---- one call ---- */

/* A run of which one call fails, and the next one; how many calls there were. */
static unsigned run_with(struct world *world, const struct faults *faults)
{
	faults_begin(faults);
	enum hf_err err = hf_line_run(world->line, world->now, NULL, NULL, NULL, &world->outcome);
	unsigned calls = faults_end();
	assert_true(err == HF_OK || err == HF_ERR_IO);
	if (err == HF_OK && world->outcome.published)
		world_show(world);
	world_step(world);
	return calls;
}

/* Each call that changes a file fails once: the input is published by the next run at the latest,
 * and whoever heard the outcomes knows of it. */
static void each_call(void **data)
{
	struct life life;
	struct world *world = &life.world;
	unsigned at = 0, calls;
	(void)data;
	life_init(&life, 2);
	life_begin(&life);
	do {
		const struct faults faults = {
		        .error_at = ++at, .error_count = 1, .error_code = EIO, .seed = at};
		char text[64];
		snprintf(text, sizeof(text), "at%u IN TXT \"x\"\n", at);
		world->now += 2;
		world_input(world, text);
		calls = run_with(world, &faults);
		snprintf(text, sizeof(text), "at%u.line.test.", at);
		assert_true(world_has(world, text, KNOT_RRTYPE_TXT));
	} while (calls >= at);
	assert_in_range(at, 8, 200);
	world_done(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(random_kills),
	        cmocka_unit_test(losses_of_power),
	        cmocka_unit_test(failing_disks),
	        cmocka_unit_test(each_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
