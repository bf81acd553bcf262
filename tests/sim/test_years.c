/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thousands of random years, each with a policy, a world, changes and faults of its own, against
 * every resolver that there could be: test_years [YEARS [SEED [SECONDS]]]
 *
 * A year fails when some combination of what caches may hold is bogus, when a change stops without
 * a reason that holds, and when signatures run out without a word before. A failing year is printed
 * with the smallest history that still fails. Errors that are planted on purpose must be found.
 * With SECONDS it goes on with further years for so long, and does nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "yearlab.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOWNESS 10 /* sanitizers take their time */
#else
#define SLOWNESS 1
#endif

#define SHRINKING 400 /* plays, for the smallest history */
#define PLANTED   (40 / SLOWNESS)

static unsigned long years = 2400 / SLOWNESS, first_seed = 1, seconds;

/* ---- failing years ---- */

static enum hf_err fails(void *context, const struct hf_theatre_job *job, bool *ret_fails)
{
	struct year_verdict verdict;
	(void)context;
	enum hf_err err = year_judge(job, &verdict);
	if (err == HF_OK)
		*ret_fails = year_fails(&verdict);
	return err;
}

static void print_history(const struct year *year)
{
	struct hf_theatre_history history;
	struct hf_buf text = {.data = NULL};
	if (hf_theatre_shrink(&year->job, fails, NULL, SHRINKING, &history) != HF_OK)
		return;
	hf_theatre_history_put(&history, &text);
	if (!text.failed)
		print_error("smallest history:\n%.*s", (int)text.len, (const char *)text.data);
	hf_buf_done(&text);
	hf_theatre_history_done(&history);
}

/* What all years came to. */
struct totals {
	atomic_ulong failed, late, published, done, combinations, events;
	atomic_bool told;
};

static enum hf_err live_year(void *context, size_t index, unsigned worker)
{
	struct totals *totals = context;
	struct year_verdict verdict;
	struct year year;
	uint64_t seed = first_seed + index;
	(void)worker;
	if (!year_draw(&year, seed))
		return HF_ERR_NOMEM;
	enum hf_err err = year_judge(&year.job, &verdict);
	if (err != HF_OK) {
		print_error("seed %lu: %s\n", (unsigned long)seed, hf_err_text(err));
	} else {
		totals->late += verdict.late;
		totals->published += verdict.published;
		totals->done += verdict.done;
		totals->combinations += verdict.combinations;
		totals->events += verdict.events;
	}
	if (err == HF_OK && year_fails(&verdict)) {
		totals->failed++;
		print_error("seed %lu: %s\n", (unsigned long)seed, verdict.text);
		if (!atomic_exchange(&totals->told, true))
			print_history(&year);
	}
	year_done(&year);
	return err;
}

static void live(struct totals *totals, unsigned long count)
{
	struct hf_pool *pool;
	assert_int_equal(hf_pool_new(0, &pool), HF_OK);
	assert_int_equal(hf_pool_run(pool, count, live_year, totals, NULL, ""), HF_OK);
	hf_pool_free(pool);
	print_message("%lu years from seed %lu: %lu versions, %lu changes done, %lu combinations, "
	              "%lu not signed in time and announced\n",
	        count, first_seed, totals->published, totals->done, totals->combinations,
	        totals->late);
}

static void no_resolver_fails_in_any_year(void **state)
{
	struct totals totals = {0};
	live(&totals, years);
	assert_int_equal(totals.failed, 0);
	/* What was tried is worth something. */
	assert_true(totals.done > 2 * years && totals.published > 50 * years);
	assert_true(totals.late < years / 2);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Year after year, until the time is over or one fails. */
static void soak(void **state)
{
	double end = now() + (double)seconds;
	while (now() < end) {
		struct totals totals = {0};
		live(&totals, years);
		assert_int_equal(totals.failed, 0);
		first_seed += years;
	}
}

/* ---- planted errors ---- */

/* Years of a policy without margins, so that a step too early is just that. */
static bool draw_tight(struct year *year, uint64_t seed)
{
	if (!year_draw(year, seed))
		return false;
	year->policy.rollover.margin = year->policy.rollover.ds_margin = 0;
	year->policy.rollover.approvals = 0;
	year->policy.rollover.rules = HF_RULES_STRICT;
	year->policy.rollover.algorithm_method = HF_METHOD_CONSERVATIVE;
	year->job.is_unsigned = false;
	return true;
}

/* How many of the planted years are found to fail. */
static unsigned count_found(void (*plant)(struct year *year))
{
	unsigned found = 0;
	for (unsigned seed = 1; seed <= PLANTED; seed++) {
		struct year_verdict verdict;
		struct year year;
		assert_true(draw_tight(&year, seed));
		plant(&year);
		assert_int_equal(year_judge(&year.job, &verdict), HF_OK);
		found += verdict.broken;
		year_done(&year);
	}
	return found;
}

static void plant_lies(struct year *year)
{
	static const struct hf_theatre_fault lies[] = {{.kind = HF_FAULT_HSM_LIES,
	        .at = YEAR_START + 30 * YEAR_DAY,
	        .duration = 12 * YEAR_DAY}};
	year->job.faults = lies;
	year->job.fault_count = 1;
}

static void plant_unchecked_lies(struct year *year)
{
	plant_lies(year);
	year->job.flags |= HF_THEATRE_UNCHECKED;
}

static void unverified_signatures_are_found(void **state)
{
	assert_int_equal(count_found(plant_unchecked_lies), PLANTED);
	assert_int_equal(count_found(plant_lies), 0);
}

/* A ZSK every three weeks, and a world that is slower than the operator's settings say. */
static void plant_slow_world(struct year *year)
{
	struct hf_policy *policy = &year->policy;
	policy->model = HF_MODEL_KSK_ZSK;
	policy->roles[HF_ROLE_ZSK].lifetime = 20 * YEAR_DAY;
	policy->roles[HF_ROLE_KSK].lifetime = 70 * YEAR_DAY;
	policy->alarms.key_end = YEAR_DAY;
	policy->parent.delay = 3600;
	policy->secondaries.delay = 60;
	year->world.lag[0] = 2 * YEAR_DAY;
	year->world.expire = 0;
	year->world.delay_least = 4 * YEAR_DAY;
	year->world.delay_most = 5 * YEAR_DAY;
	year->job.fault_count = 0;
	year->job.change_count = 0;
}

static void plant_belief(struct year *year)
{
	plant_slow_world(year);
	year->job.flags |= HF_THEATRE_BELIEVES;
}

static void belief_instead_of_evidence_is_found(void **state)
{
	unsigned found = count_found(plant_belief);
	print_message("belief: %u of %u\n", found, PLANTED);
	assert_true(found > PLANTED / 2);
	assert_int_equal(count_found(plant_slow_world), 0);
}

/* ---- steps that are taken too early ---- */

/* What a play did, as a script for a job. */
static void make_script(const struct hf_theatre_play *play, struct hf_theatre_job *job,
        struct hf_theatre_cue **ret_cues)
{
	struct hf_plan_key *keys = calloc(play->key_count, sizeof(*keys));
	struct hf_theatre_cue *cues = calloc(play->step_count, sizeof(*cues));
	assert_true(keys != NULL && cues != NULL);
	for (size_t i = 0; i < play->key_count; i++)
		keys[i] = (struct hf_plan_key){
		        .dnskey = {play->keys[i].dnskey, play->keys[i].dnskey_len},
		        .role = play->keys[i].role,
		        .born = job->at};
	for (size_t i = 0; i < play->step_count; i++) {
		assert_true(play->steps[i].whole);
		cues[i] = (struct hf_theatre_cue){play->steps[i].at, play->steps[i].way};
	}
	job->keys = keys;
	job->key_count = play->key_count;
	job->cues = *ret_cues = cues;
	job->cue_count = play->step_count;
	job->flags |= HF_THEATRE_UNCHECKED;
	job->changes = NULL;
	job->change_count = 0;
}

/* A year in which what is done can be done again at the same times. */
static void draw_plain(struct year *year, uint64_t seed)
{
	assert_true(draw_tight(year, seed));
	year->policy.rfc5011 = false;
	year->policy.signatures.replacement = HF_REPLACE_AT_ONCE;
	year->policy.signatures.jitter = 0;
	year->policy.parent.cds = false;
	year->policy.roles[HF_ROLE_ZSK].lifetime = 60 * YEAR_DAY;
	year->policy.roles[HF_ROLE_KSK].lifetime = 150 * YEAR_DAY;
	year->policy.roles[HF_ROLE_CSK].lifetime = 70 * YEAR_DAY;
	year->world.edits = 0;
	year->job.fault_count = 0;
	year->job.change_count = 0;
}

static bool is_broken(const struct hf_theatre_job *job)
{
	struct year_verdict verdict;
	assert_int_equal(year_judge(job, &verdict), HF_OK);
	return verdict.broken;
}

/* The engine's own steps, played again without it: at its times nobody fails, and the more are
 * found to fail the earlier a step is taken. */
static void steps_too_early_are_found(void **state)
{
	unsigned early = 0, found = 0;
	for (unsigned seed = 1; seed <= PLANTED / 4; seed++) {
		struct year year;
		struct hf_theatre_play *play;
		struct hf_theatre_cue *cues;
		draw_plain(&year, seed);
		assert_int_equal(hf_theatre_run(&year.job, NULL, &play), HF_OK);
		make_script(play, &year.job, &cues);
		assert_false(is_broken(&year.job));
		for (size_t i = 1; i < play->step_count; i++) {
			hf_time at = cues[i].at, before = cues[i - 1].at;
			bool keys =
			        play->steps[i].way.published != play->steps[i - 1].way.published;
			if (at - before < 3600 || at - before > 20 * YEAR_DAY || !keys)
				continue;
			cues[i].at = before + (at - before) / 10;
			early++;
			found += is_broken(&year.job);
			cues[i].at = at;
		}
		free((void *)year.job.keys);
		free(cues);
		hf_theatre_free(play);
		year_done(&year);
	}
	print_message("%u of %u steps that are taken too early break something\n", found, early);
	assert_true(early > PLANTED / 4 && found > early / 2);
}

/* ---- resolvers ---- */

static struct hf_population_measures people(const struct hf_theatre_job *job,
        const struct hf_theatre_play *play, enum hf_trust trust, uint32_t resolvers)
{
	const struct hf_population_kind kind = {.name = "validating",
	        .share = 1,
	        .trust = trust,
	        .strict = job->policy->rollover.rules == HF_RULES_STRICT,
	        .tries = 1,
	        .memory_least = 1,
	        .memory_most = 60,
	        .udp = 1232};
	struct hf_population population = {.kinds = &kind,
	        .kind_count = 1,
	        .resolvers = resolvers,
	        .rate_least = 0.2,
	        .rate_most = 50,
	        .weights = {1, 1, 1, 1},
	        .denial = HF_SCENE_CLASSES,
	        .anchors = {play->keys[0].plain},
	        .anchor_count = trust == HF_TRUST_DS ? 0 : 1,
	        .seed = job->seed};
	struct hf_population_measures measures;
	struct hf_pool *pool;
	assert_int_equal(hf_pool_new(0, &pool), HF_OK);
	assert_int_equal(hf_population_run(&population, play->scene, job->at, job->until, 52, pool,
	                         NULL, &measures),
	        HF_OK);
	hf_pool_free(pool);
	return measures;
}

static void resolvers_live_through_years(void **state)
{
	unsigned lived = 0;
	for (unsigned seed = 1; seed <= 16 / SLOWNESS + 1; seed++) {
		struct year year;
		struct year_verdict verdict;
		struct hf_theatre_play *play;
		assert_true(year_draw(&year, seed));
		year.world.expire = 0; /* secondaries that stop serving are another story */
		assert_int_equal(hf_theatre_run(&year.job, NULL, &play), HF_OK);
		assert_int_equal(year_judge_play(&year.job, play, &verdict), HF_OK);
		if (!verdict.late) {
			struct hf_population_measures measures =
			        people(&year.job, play, HF_TRUST_DS, 40);
			if (measures.first != HF_TIME_NONE)
				fail_msg("seed %u: a resolver fails on day %.2f", seed,
				        (double)(measures.first - YEAR_START) / (double)YEAR_DAY);
			hf_population_measures_done(&measures);
			lived++;
		}
		hf_theatre_free(play);
		year_done(&year);
	}
	print_message("%u years lived through\n", lived);
	assert_true(lived > 0);
}

/* Those who hold the zone's keys as trust anchors need thirty days to follow. */
static void a_short_hold_down_is_found(void **state)
{
	struct year year;
	struct hf_theatre_play *play, *early;
	struct hf_theatre_cue *cues;
	struct hf_theatre_change change = {.at = YEAR_START + 20 * YEAR_DAY,
	        .wish.start = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK}};
	draw_plain(&year, 1);
	year.policy.rfc5011 = true;
	year.policy.model = HF_MODEL_KSK_ZSK;
	year.policy.roles[HF_ROLE_KSK].method = HF_METHOD_DOUBLE_KSK;
	year.policy.roles[HF_ROLE_KSK].lifetime = year.policy.roles[HF_ROLE_KSK].standby = 0;
	year.policy.roles[HF_ROLE_ZSK].lifetime = 0;
	year.job.changes = &change;
	year.job.change_count = 1;
	assert_int_equal(hf_theatre_run(&year.job, NULL, &play), HF_OK);
	assert_int_equal(play->change_count, 1);
	assert_true(play->changes[0].ends > change.at + 60 * YEAR_DAY &&
	            play->changes[0].ends != HF_TIME_NEVER);
	struct hf_population_measures measures = people(&year.job, play, HF_TRUST_FOLLOWS, 20);
	assert_int_equal(measures.first, HF_TIME_NONE);
	hf_population_measures_done(&measures);
	make_script(play, &year.job, &cues);
	/* All that follows the new key's publication comes 25 days earlier. */
	for (size_t i = 2; i < year.job.cue_count; i++)
		cues[i].at -= 25 * YEAR_DAY;
	assert_int_equal(hf_theatre_run(&year.job, NULL, &early), HF_OK);
	measures = people(&year.job, early, HF_TRUST_FOLLOWS, 20);
	assert_true(measures.first != HF_TIME_NONE);
	hf_population_measures_done(&measures);
	free((void *)year.job.keys);
	free(cues);
	hf_theatre_free(early);
	hf_theatre_free(play);
	year_done(&year);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_resolver_fails_in_any_year),
	        cmocka_unit_test(unverified_signatures_are_found),
	        cmocka_unit_test(belief_instead_of_evidence_is_found),
	        cmocka_unit_test(steps_too_early_are_found),
	        cmocka_unit_test(resolvers_live_through_years),
	        cmocka_unit_test(a_short_hold_down_is_found),
	};
	const struct CMUnitTest soaking[] = {cmocka_unit_test(soak)};
	if (argc > 1)
		years = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		first_seed = strtoul(argv[2], NULL, 10);
	if (argc > 3)
		seconds = strtoul(argv[3], NULL, 10);
	if (years == 0)
		years = 1;
	return seconds > 0 ? cmocka_run_group_tests(soaking, NULL, NULL)
	                   : cmocka_run_group_tests(tests, NULL, NULL);
}
