/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many plays with random faults, and the smallest history of one that fails. */
#include <stdlib.h>
#include <string.h>

#include "sim/rehearsal_inside.h"

#define SHRINK_PLAYS 400 /* most plays that a smallest history is looked for with */
#define FAULT_STREAM 0x6661756c74ull

/* ---- Random faults ---- */

/*
 * Outages of the signer that are drawn are shorter than half of what signatures have left when they
 * are replaced: a signer that is out for longer than its signatures last cannot win, and everybody
 * knows. Such outages can be asked for by name.
 */
static void bear(const struct hf_policy *policy, struct hf_theatre_fault *fault)
{
	int64_t most = policy->signatures.refresh / 2;
	bool outage = fault->kind == HF_FAULT_SIGNER_DOWN || fault->kind == HF_FAULT_CRASH ||
	              fault->kind == HF_FAULT_HSM_DOWN || fault->kind == HF_FAULT_HSM_LIES;
	if (outage && fault->duration > most && most > 0)
		fault->duration = most;
}

enum hf_err hf_rehearsal_draw(const struct hf_rehearsal_stage *stage, uint64_t seed, hf_time calm,
        struct hf_theatre_fault **ret_faults, size_t *ret_count)
{
	const struct hf_rehearsal *rehearsal = stage->rehearsal;
	struct hf_random source = {seed}, random = hf_random_fork(&source, FAULT_STREAM);
	struct hf_theatre_fault *drawn;
	size_t count;
	enum hf_err err = hf_theatre_faults(&random, &stage->way->world, &stage->policy,
	        (1u << HF_FAULT_KINDS) - 1, rehearsal->random_faults, rehearsal->at, calm, &drawn,
	        &count);
	if (err != HF_OK)
		return err;
	struct hf_theatre_fault *all = calloc(rehearsal->fault_count + count + 1, sizeof(*all));
	if (all == NULL) {
		free(drawn);
		return HF_ERR_NOMEM;
	}
	for (size_t i = 0; i < rehearsal->fault_count; i++)
		all[i] = rehearsal->faults[i];
	for (size_t i = 0; i < count; i++) {
		bear(&stage->policy, &drawn[i]);
		all[rehearsal->fault_count + i] = drawn[i];
	}
	free(drawn);
	*ret_faults = all;
	*ret_count = rehearsal->fault_count + count;
	return HF_OK;
}

/* ---- Runs ---- */

struct runs {
	const struct hf_rehearsal *rehearsal;
	const struct hf_progress *progress;
	unsigned tries;
	struct hf_rehearsal_judgement judgement; /* of the last play */
	bool has_good;
	uint64_t good; /* seed of the first play without any failure */
};

static bool stopped(const struct hf_rehearsal *rehearsal)
{
	return rehearsal->stopped != NULL && rehearsal->stopped(rehearsal->context);
}

/* Whether some cache could fail that no alarm had told of, or the engine is stuck. Somebody who
 * wants an end finds that nothing smaller fails. */
static enum hf_err fails(void *context, const struct hf_theatre_job *job, bool *ret_fails)
{
	struct runs *runs = context;
	struct hf_theatre_play *play;
	struct hf_rehearsal_judgement *judgement = &runs->judgement;
	*ret_fails = false;
	if (runs->tries > 0 && stopped(runs->rehearsal))
		return HF_OK;
	runs->tries++;
	enum hf_err err = hf_theatre_run(job, NULL, &play);
	if (err != HF_OK)
		return err;
	err = hf_rehearsal_judge(job, play, judgement);
	if (err == HF_OK)
		*ret_fails = judgement->failed && !judgement->announced;
	hf_theatre_free(play);
	return err;
}

static void take_note(struct runs *runs, struct hf_rehearsal_result *result)
{
	const struct hf_rehearsal_judgement *judgement = &runs->judgement;
	if (!judgement->failed && !runs->has_good) {
		runs->has_good = true;
		runs->good = result->seed;
	}
	if (!judgement->announced)
		return;
	if (result->announced == 0)
		result->announced_seed = result->seed;
	if (result->announced == 0 || judgement->notice < result->notice)
		result->notice = judgement->notice;
	result->announced++;
}

static enum hf_err shrink(
        struct runs *runs, const struct hf_theatre_job *job, struct hf_rehearsal_result *result)
{
	runs->tries = 0;
	hf_progress_step(runs->progress, "smallest history", 0, 0);
	enum hf_err err = hf_theatre_shrink(job, fails, runs, SHRINK_PLAYS, &result->history);
	result->has_history = err == HF_OK;
	return err;
}

static enum hf_err run(const struct hf_rehearsal_stage *stage, hf_time calm, hf_time until,
        struct runs *runs, struct hf_rehearsal_result *result)
{
	struct hf_theatre_fault *faults;
	struct hf_theatre_job job = stage->job;
	bool failing = false;
	enum hf_err err = hf_rehearsal_draw(stage, result->seed, calm, &faults, &job.fault_count);
	if (err != HF_OK)
		return err;
	job.faults = faults;
	job.seed = result->seed;
	job.until = until;
	job.flags |= HF_THEATRE_SILENT;
	runs->tries = 0;
	err = fails(runs, &job, &failing);
	if (err == HF_OK)
		take_note(runs, result);
	if (err == HF_OK && failing)
		err = shrink(runs, &job, result);
	free(faults);
	return err;
}

enum hf_err hf_rehearsal_runs(const struct hf_rehearsal_stage *stage, hf_time calm, hf_time until,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_rehearsal_result *ret_result)
{
	const struct hf_rehearsal *rehearsal = stage->rehearsal;
	struct runs runs = {.rehearsal = rehearsal, .progress = progress};
	struct hf_rehearsal_result result = *ret_result;
	enum hf_err err = HF_OK;
	result.runs = 0;
	while (err == HF_OK && !result.has_history && result.runs < rehearsal->runs) {
		result.stopped = result.runs > 0 && stopped(rehearsal);
		if (result.stopped)
			break;
		hf_progress_step(progress, "play", result.runs, rehearsal->runs);
		result.seed = rehearsal->seed + result.runs++;
		err = run(stage, calm, until, &runs, &result);
	}
	if (err != HF_OK)
		return hf_fail(diag, err, "the play with seed %llu cannot be played: %s",
		        (unsigned long long)result.seed, hf_err_text(err));
	if (!result.has_history)
		result.seed = runs.has_good ? runs.good : rehearsal->seed;
	*ret_result = result;
	return HF_OK;
}
