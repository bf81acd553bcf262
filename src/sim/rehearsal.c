/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/rehearsal.h"

#include <stdlib.h>
#include <string.h>

#include "sim/rehearsal_inside.h"

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)

#define HORIZON  (400 * DAY) /* what is not done by then is taken to last for ever … */
#define GIVE_UP  (60 * DAY)  /* … and is told for so long */
#define LATER    (90 * DAY)  /* that faults may delay a change by, in plays that are not told */
#define BUCKETS  480         /* most points of a curve */
#define SHORTEST (HOUR / 4)  /* between two of them */

/* ---- A stage ---- */

/* What the policy would do by itself is left out. */
static void stop_schedules(struct hf_policy *policy)
{
	for (unsigned i = 0; i < 3; i++) {
		policy->roles[i].lifetime = 0;
		policy->roles[i].standby = 0;
	}
}

void hf_rehearsal_stage_init(const struct hf_rehearsal *rehearsal,
        const struct hf_rehearsal_way *way, struct hf_rehearsal_stage *ret_stage)
{
	ret_stage->rehearsal = rehearsal;
	ret_stage->way = way;
	ret_stage->policy = way->policy;
	if (!rehearsal->by_itself)
		stop_schedules(&ret_stage->policy);
	ret_stage->job = (struct hf_theatre_job){
	        .title = way->title,
	        .zone = rehearsal->zone,
	        .policy = &ret_stage->policy,
	        .profile = rehearsal->profile,
	        .world = &way->world,
	        .at = rehearsal->at,
	        .until = rehearsal->at + rehearsal->span,
	        .state = rehearsal->state,
	        .evidence = rehearsal->evidence,
	        .keys = rehearsal->keys,
	        .key_count = rehearsal->key_count,
	        .is_unsigned = rehearsal->is_unsigned,
	        .denial = rehearsal->denial,
	        .changes = rehearsal->changes,
	        .change_count = rehearsal->change_count,
	        .faults = rehearsal->faults,
	        .fault_count = rehearsal->fault_count,
	        .flags = way->trusting ? HF_THEATRE_BELIEVES | HF_THEATRE_UNCHECKED : 0,
	        .seed = rehearsal->seed,
	};
}

/* ---- How long it takes ---- */

const struct hf_theatre_ended *hf_rehearsal_change(const struct hf_theatre_play *play)
{
	for (size_t i = 0; i < play->change_count; i++)
		if (!play->changes[i].by_schedule)
			return &play->changes[i];
	return NULL;
}

/* Until when caches may hold something of before. */
static int64_t tail(const struct hf_rehearsal_way *way)
{
	int64_t longest = way->policy.dnskey_ttl;
	longest = way->world.ds_ttl > longest ? way->world.ds_ttl : longest;
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		longest = way->world.data_ttl[i] > longest ? way->world.data_ttl[i] : longest;
	return 2 * longest + DAY;
}

static hf_time last_fault(const struct hf_theatre_job *job)
{
	hf_time last = job->at;
	for (size_t i = 0; i < job->fault_count; i++) {
		hf_time end = job->faults[i].at + job->faults[i].duration;
		last = end > last ? end : last;
	}
	return last;
}

/* When all that was asked for is done, faults are over, and caches have forgotten what was before.
 */
static enum hf_err settle(
        const struct hf_rehearsal_stage *stage, struct hf_diag *diag, hf_time *ret_until)
{
	struct hf_theatre_job job = stage->job;
	struct hf_theatre_play *play;
	job.until = job.at + HORIZON;
	job.flags |= HF_THEATRE_SILENT;
	enum hf_err err = hf_theatre_run(&job, diag, &play);
	if (err != HF_OK)
		return err;
	hf_time end = last_fault(&job);
	for (size_t i = 0; i < play->change_count; i++) {
		const struct hf_theatre_ended *change = &play->changes[i];
		hf_time ends = change->ends != HF_TIME_NEVER ? change->ends : job.at + GIVE_UP;
		end = ends > end ? ends : end;
	}
	hf_theatre_free(play);
	*ret_until = end + tail(stage->way);
	return HF_OK;
}

/* The same of all ways; the span that was asked for comes first. */
static enum hf_err settle_all(const struct hf_rehearsal_stage *stages, size_t count,
        struct hf_diag *diag, hf_time *ret_until)
{
	const struct hf_rehearsal *rehearsal = stages[0].rehearsal;
	hf_time until = rehearsal->at + rehearsal->span;
	enum hf_err err = HF_OK;
	for (size_t i = 0; rehearsal->span == 0 && err == HF_OK && i < count; i++) {
		hf_time end;
		err = settle(&stages[i], diag, &end);
		if (err == HF_OK && end > until)
			until = end;
	}
	if (err == HF_OK)
		*ret_until = until;
	return err;
}

/* ---- Judging ---- */

enum hf_err hf_rehearsal_judge(const struct hf_theatre_job *job, const struct hf_theatre_play *play,
        struct hf_rehearsal_judgement *ret_judgement)
{
	bool strict = job->policy->rollover.rules == HF_RULES_STRICT;
	enum hf_err err =
	        hf_theatre_audit(play->scene, strict, job->at, job->until, &ret_judgement->audit);
	if (err != HF_OK)
		return err;
	const struct hf_audit *audit = &ret_judgement->audit;
	bool by_itself = audit->failures > 0 || play->stuck != NULL;
	ret_judgement->failed = by_itself || audit->late > 0;
	ret_judgement->announced = !by_itself && audit->late > 0 &&
	                           play->first_alarm != HF_TIME_NONE &&
	                           play->first_alarm < audit->first_late.at;
	ret_judgement->notice =
	        ret_judgement->announced ? audit->first_late.at - play->first_alarm : 0;
	return HF_OK;
}

/* ---- A play that is told ---- */

/* The keys that sign the DNSKEY set at the beginning: what others took for trust anchors. */
static void take_anchors(const struct hf_scene *scene, hf_time at, struct hf_population *population)
{
	uint16_t version = hf_scene_served(scene, HF_SCENE_ZONE, 0, at);
	if (version == HF_SCENE_NOTHING)
		return;
	const struct hf_scene_set *set =
	        hf_scene_set_at(scene, hf_scene_version_at(scene, version)->dnskey);
	for (unsigned i = 0; i < set->signing_count; i++) {
		uint16_t key = set->signings[i].key;
		if (hf_scene_key_at(scene, key)->sep &&
		        population->anchor_count < HF_POPULATION_ANCHORS)
			population->anchors[population->anchor_count++] = key;
	}
}

static enum hf_err see(const struct hf_rehearsal_stage *stage, struct hf_theatre_play *play,
        struct hf_pool *pool, const struct hf_progress *progress)
{
	const struct hf_theatre_job *job = &stage->job;
	struct hf_population population;
	struct hf_population_measures measures;
	struct hf_people people;
	size_t buckets = (size_t)((job->until - job->at) / SHORTEST);
	buckets = buckets < 1 ? 1 : buckets < BUCKETS ? buckets : BUCKETS;
	enum hf_err err =
	        hf_rehearsal_people(stage->way, stage->rehearsal->people, job->seed, &people);
	if (err != HF_OK)
		return err;
	hf_people_population(&people, stage->rehearsal->resolvers, job->seed, &population);
	population.loss = stage->way->loss / 100.0;
	take_anchors(play->scene, job->at, &population);
	err = hf_population_run(
	        &population, play->scene, job->at, job->until, buckets, pool, progress, &measures);
	if (err == HF_OK)
		err = hf_story_users(play->story, &measures);
	hf_population_measures_done(&measures);
	return err;
}

static enum hf_err tell(const struct hf_rehearsal_stage *stage, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_rehearsal_outcome *ret_outcome)
{
	struct hf_theatre_play *play;
	struct hf_rehearsal_judgement judgement;
	enum hf_err err = hf_theatre_run(&stage->job, diag, &play);
	if (err != HF_OK)
		return err;
	err = hf_rehearsal_judge(&stage->job, play, &judgement);
	if (err == HF_OK)
		err = see(stage, play, pool, progress);
	if (err == HF_OK) {
		ret_outcome->story = play->story;
		play->story = NULL;
		err = hf_rehearsal_tell(stage, play, &judgement, ret_outcome);
	}
	hf_theatre_free(play);
	return err;
}

/* ---- All of it ---- */

/* From here on all ways have the history that is told. */
static void take_history(struct hf_rehearsal_stage *stages, size_t count,
        const struct hf_rehearsal_result *result, const struct hf_theatre_fault *drawn,
        size_t drawn_count)
{
	for (size_t i = 0; i < count; i++) {
		struct hf_theatre_job *job = &stages[i].job;
		job->seed = result->seed;
		job->faults = result->has_history ? result->history.faults : drawn;
		job->fault_count = result->has_history ? result->history.fault_count : drawn_count;
		if (!result->has_history)
			continue;
		job->changes = result->history.changes;
		job->change_count = result->history.change_count;
	}
}

static enum hf_err tell_all(struct hf_rehearsal_stage *stages, size_t count, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_rehearsal_result *result)
{
	enum hf_err err = settle_all(stages, count, diag, &result->until);
	if (err == HF_OK && result->has_history && result->history.until > result->until)
		result->until = result->history.until;
	for (size_t i = 0; err == HF_OK && i < count; i++) {
		stages[i].job.until = result->until;
		result->count = i + 1;
		err = tell(&stages[i], pool, progress, diag, &result->outcomes[i]);
	}
	return err;
}

static enum hf_err rehearse(struct hf_rehearsal_stage *stages, size_t count, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_rehearsal_result *result)
{
	const struct hf_rehearsal *rehearsal = stages[0].rehearsal;
	struct hf_theatre_fault *drawn = NULL;
	size_t drawn_count = 0;
	hf_time calm = 0;
	enum hf_err err = settle_all(stages, 1, diag, &calm);
	hf_time until = rehearsal->span > 0 ? calm : calm + LATER;
	if (err == HF_OK && rehearsal->random_faults > 0)
		err = hf_rehearsal_runs(&stages[0], calm, until, progress, diag, result);
	if (err == HF_OK)
		err = hf_rehearsal_draw(&stages[0], result->seed, calm, &drawn, &drawn_count);
	if (err == HF_OK) {
		take_history(stages, count, result, drawn, drawn_count);
		err = tell_all(stages, count, pool, progress, diag, result);
	}
	if (err == HF_OK)
		result->failed = result->has_history ||
		                 (result->outcomes[0].failed && result->announced < result->runs);
	free(drawn);
	return err;
}

enum hf_err hf_rehearsal_run(const struct hf_rehearsal *rehearsal,
        const struct hf_rehearsal_way *ways, size_t count, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_rehearsal_result *ret_result)
{
	struct hf_rehearsal_result result = {.seed = rehearsal->seed, .runs = 1};
	if (count == 0 || count > HF_REHEARSAL_WAYS || rehearsal->runs == 0 ||
	        rehearsal->span < 0 || rehearsal->resolvers == 0)
		return HF_ERR_INVALID;
	struct hf_rehearsal_stage *stages = calloc(count, sizeof(*stages));
	if (stages == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		hf_rehearsal_stage_init(rehearsal, &ways[i], &stages[i]);
	enum hf_err err = rehearse(stages, count, pool, progress, diag, &result);
	free(stages);
	if (err == HF_OK)
		*ret_result = result;
	else
		hf_rehearsal_result_done(&result);
	return err;
}

void hf_rehearsal_result_done(struct hf_rehearsal_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		hf_story_free(result->outcomes[i].story);
		free(result->outcomes[i].title);
	}
	hf_theatre_history_done(&result->history);
	*result = (struct hf_rehearsal_result){.count = 0};
}
