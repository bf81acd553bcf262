/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/population.h"

#include <stdlib.h>
#include <string.h>

#include "sim/life.h"

#define TASK 256 /* resolvers that a thread takes at a time */

struct run {
	const struct hf_population *population;
	const struct hf_scene *scene;
	struct hf_population_measures *measures; /* one for each thread */
};

void hf_population_measures_done(struct hf_population_measures *measures)
{
	free(measures->buckets);
	measures->buckets = NULL;
}

int64_t hf_population_span(const struct hf_population_measures *measures, size_t bucket)
{
	hf_time begin = measures->from + (hf_time)bucket * measures->step;
	hf_time end = begin + measures->step;
	return (end < measures->until ? end : measures->until) - begin;
}

double hf_population_failed(const struct hf_population_measures *measures, size_t bucket)
{
	double hours = (double)hf_population_span(measures, bucket) / 3600;
	return (double)measures->buckets[bucket].failed / ((double)measures->users * hours);
}

double hf_population_failing(const struct hf_population_measures *measures, size_t bucket)
{
	return (double)measures->buckets[bucket].failing_resolvers /
	       (double)hf_population_span(measures, bucket);
}

static enum hf_err play(void *context, size_t index, unsigned worker)
{
	const struct run *run = context;
	uint32_t first = (uint32_t)index * TASK;
	uint32_t last = run->population->resolvers - first < TASK ? run->population->resolvers
	                                                          : first + TASK;
	for (uint32_t i = first; i < last; i++)
		hf_life_play(run->population, run->scene, i, &run->measures[worker]);
	return HF_OK;
}

static bool is_valid(const struct hf_population *population, hf_time from, hf_time until)
{
	double weights = 0, shares = 0;
	if (population->resolvers == 0 || population->kind_count == 0 ||
	        population->kind_count > HF_POPULATION_KINDS || from >= until ||
	        population->rate_least <= 0 || population->rate_most < population->rate_least ||
	        population->anchor_count > HF_POPULATION_ANCHORS || population->loss < 0 ||
	        population->loss >= 1)
		return false;
	for (size_t i = 0; i < population->kind_count; i++) {
		const struct hf_population_kind *kind = &population->kinds[i];
		if (kind->share < 0 || kind->tries == 0 || kind->memory_least == 0 ||
		        kind->memory_most < kind->memory_least)
			return false;
		shares += kind->share;
	}
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++) {
		if (population->weights[i] < 0)
			return false;
		weights += population->weights[i];
	}
	return weights > 0 && shares > 0;
}

static enum hf_err begin(
        struct hf_population_measures *measures, hf_time from, hf_time until, size_t buckets)
{
	int64_t step = (until - from + (int64_t)buckets - 1) / (int64_t)buckets;
	*measures = (struct hf_population_measures){.from = from,
	        .until = until,
	        .step = step,
	        .count = (size_t)((until - from + step - 1) / step),
	        .first = HF_TIME_NONE,
	        .last = HF_TIME_NONE};
	measures->buckets = calloc(measures->count, sizeof(*measures->buckets));
	return measures->buckets != NULL ? HF_OK : HF_ERR_NOMEM;
}

static void add_bucket(struct hf_population_bucket *to, const struct hf_population_bucket *from)
{
	for (unsigned type = 0; type < HF_ASKED_TYPES; type++) {
		to->questions[type] += from->questions[type];
		to->bytes[type] += from->bytes[type];
	}
	to->cut += from->cut;
	to->failed += from->failed;
	to->failing_resolvers += from->failing_resolvers;
}

static void add(struct hf_population_measures *to, const struct hf_population_measures *from)
{
	for (size_t i = 0; i < to->count; i++)
		add_bucket(&to->buckets[i], &from->buckets[i]);
	for (unsigned i = 0; i < HF_SCENE_VERDICTS; i++)
		to->causes[i] += from->causes[i];
	for (unsigned i = 0; i < HF_POPULATION_KINDS; i++)
		to->kinds[i] += from->kinds[i];
	to->users += from->users;
	to->resolvers += from->resolvers;
	to->validating += from->validating;
	to->events += from->events;
	if (from->first != HF_TIME_NONE && (to->first == HF_TIME_NONE || from->first < to->first))
		to->first = from->first;
	if (from->last != HF_TIME_NONE && (to->last == HF_TIME_NONE || from->last > to->last))
		to->last = from->last;
}

enum hf_err hf_population_run(const struct hf_population *population, const struct hf_scene *scene,
        hf_time from, hf_time until, size_t buckets, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_population_measures *ret_measures)
{
	if (!is_valid(population, from, until) || buckets == 0)
		return HF_ERR_INVALID;
	unsigned jobs = hf_pool_jobs(pool);
	struct run run = {population, scene, calloc(jobs, sizeof(*run.measures))};
	enum hf_err err = run.measures != NULL ? HF_OK : HF_ERR_NOMEM;
	for (unsigned i = 0; err == HF_OK && i < jobs; i++)
		err = begin(&run.measures[i], from, until, buckets);
	if (err == HF_OK)
		err = hf_pool_run(pool, (population->resolvers + TASK - 1) / TASK, play, &run,
		        progress, "simulate");
	for (unsigned i = 1; err == HF_OK && i < jobs; i++)
		add(&run.measures[0], &run.measures[i]);
	if (err == HF_OK) {
		*ret_measures = run.measures[0];
		run.measures[0].buckets = NULL;
	}
	for (unsigned i = 0; run.measures != NULL && i < jobs; i++)
		hf_population_measures_done(&run.measures[i]);
	free(run.measures);
	return err;
}
