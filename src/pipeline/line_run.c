/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/line_inside.h"
#include "sign/reuse.h"

#define ROUNDS   12 /* steps of the engine in one run: more can wait */
#define HOUR     INT64_C(3600)
#define LONGEST  (6 * HOUR)  /* between two runs */
#define LEAP     (12 * HOUR) /* so late a run means that the clock leapt */
#define CONTENTS 2048        /* in the evidence, before it is trimmed */
#define FACTS    1000

/* ---- the clock ---- */

bool hf_line_doubts(struct hf_line *line, hf_time now)
{
	bool late = line->wake != HF_TIME_NONE && now > line->wake + LEAP;
	bool over = line->leap != HF_TIME_NONE && (now >= line->leap || now < line->leap - HOUR);
	if (line->leap == HF_TIME_NONE && late)
		line->leap = now + HOUR;
	else if (over)
		line->leap = HF_TIME_NONE;
	/* Believed from now on, also when the next run is the first one that counts. */
	if (over && now >= line->wake)
		line->wake = now;
	return line->leap != HF_TIME_NONE;
}

static bool clock_is_doubtful(const struct hf_line *line, hf_time now)
{
	hf_time served_at = hf_line_served_at(line);
	return (served_at != HF_TIME_NONE && now < served_at) ||
	       (line->stepped && line->outcome.wait == HF_WAIT_CLOCK);
}

/* ---- what is due ---- */

static enum hf_err stop_at_due(void *context, const struct hf_node *node)
{
	return hf_reuse_is_due(node, context) ? HF_ERR_CANCELED : HF_OK;
}

/* When the first signature may come due at the earliest; HF_TIME_NEVER without any. */
static hf_time first_due(const struct hf_line *line, hf_time now)
{
	const struct hf_version *served = hf_line_served(line);
	int64_t margin = line->setup.policy.signatures.refresh;
	if (served == NULL || line->box == NULL)
		return HF_TIME_NEVER;
	struct hf_summary summary = hf_version_summary(served);
	if (!summary.has_expiry)
		return HF_TIME_NEVER;
	margin = summary.max_ttl > margin ? summary.max_ttl : margin;
	return hf_time_from_stamp(summary.min_expiry, now) - margin;
}

static bool signatures_are_due(const struct hf_line *line, hf_time now)
{
	const struct hf_version *served = hf_line_served(line);
	struct hf_sign_options options;
	bool paced = line->refreshed != HF_TIME_NONE && now < line->refreshed + hf_line_pace(line);
	if (paced || first_due(line, now) > now)
		return false;
	hf_sign_options_init(&options, now);
	options.refresh = line->setup.policy.signatures.refresh;
	const struct hf_tree *trees[] = {hf_version_names(served), hf_version_nsec3(served)};
	for (unsigned i = 0; i < 2; i++) {
		if (hf_tree_due(trees[i], now, options.refresh, stop_at_due, &options) ==
		        HF_ERR_CANCELED)
			return true;
	}
	return false;
}

static bool engine_wants_version(const struct hf_line *line)
{
	for (size_t i = 0; line->stepped && i < line->outcome.count; i++) {
		if (line->outcome.acts[i].kind == HF_ACT_PUBLISH)
			return true;
	}
	return false;
}

/* Whether signing anew would make something else: while signatures are replaced one by one, the
 * engine wants a version all the time. */
static bool is_made_otherwise(
        const struct hf_line *line, const struct hf_wanted *wanted, hf_time now)
{
	struct hf_recipe recipe;
	return !line->has_recipe ||
	       hf_recipe_make(&line->setup.policy, &line->memory->roll, wanted,
	               hf_line_served(line), now, &recipe) != HF_OK ||
	       !hf_recipe_same(&recipe, &line->recipe);
}

/* Whether what is published has to be signed anew, with the same contents. */
static bool base_is_due(const struct hf_line *line, hf_time now)
{
	struct hf_wanted wanted;
	if (line->box == NULL || !hf_line_wants(line, &wanted))
		return false;
	return line->remake || signatures_are_due(line, now) ||
	       (engine_wants_version(line) && is_made_otherwise(line, &wanted, now)) ||
	       !hf_recipe_cds_is(hf_line_served(line), &line->memory->roll, &wanted);
}

/* ---- versions ---- */

/* Whether the engine has keys for a zone that was never published; until then it waits. */
static bool may_begin(const struct hf_line *line)
{
	struct hf_wanted wanted;
	if (line->box == NULL || hf_line_served(line) != NULL)
		return true;
	return hf_line_wants(line, &wanted) && wanted.waypoint.sign_data != 0;
}

static enum hf_err work_on_target(struct hf_line_job *job, enum hf_line_result *ret_result)
{
	struct hf_line *line = job->line;
	struct hf_version *target = line->target;
	bool held = (line->memory->flags & HF_LEDGER_HELD) != 0 && !line->target_is_old;
	*ret_result = HF_LINE_NOTHING;
	if (target == NULL || !may_begin(line))
		return HF_OK;
	if (held) {
		hf_line_stage_begin(line, HF_STAGE_PUBLISH);
		hf_line_stage_end(line, HF_STAGE_PUBLISH, HF_STAGE_WAITS, job->now,
		        "the zone is held: the input waits for the release");
		return HF_OK;
	}
	if (hf_line_failed(job, &line->failed_target, target)) {
		*ret_result = HF_LINE_STOPPED;
		return HF_OK;
	}
	enum hf_err err = hf_line_publish(
	        job, target, !line->target_is_old, &line->failed_target, ret_result);
	if (err != HF_OK || *ret_result == HF_LINE_STOPPED || *ret_result == HF_LINE_LATER)
		return err;
	hf_line_put(&line->base, target);
	hf_line_put(&line->target, NULL);
	return HF_OK;
}

static enum hf_err work_on_base(struct hf_line_job *job, enum hf_line_result *ret_result)
{
	struct hf_line *line = job->line;
	*ret_result = HF_LINE_NOTHING;
	if (line->base == NULL || !base_is_due(line, job->now) ||
	        hf_line_failed(job, &line->failed_base, line->base))
		return HF_OK;
	line->quiet = line->target != NULL;
	enum hf_err err = hf_line_publish(job, line->base, false, &line->failed_base, ret_result);
	line->quiet = false;
	return err;
}

/* A state from a backup, which nobody has looked at yet: what happened since is not known. */
static bool is_unsure(const struct hf_line *line)
{
	const unsigned both = HF_LEDGER_HELD | HF_LEDGER_RESTORED;
	return (line->memory->flags & both) == both;
}

/* At most one version: no two are published in one second. */
static enum hf_err make_version(struct hf_line_job *job, enum hf_line_result *ret_result)
{
	*ret_result = HF_LINE_NOTHING;
	if (is_unsure(job->line) || clock_is_doubtful(job->line, job->now))
		return HF_OK;
	enum hf_err err = work_on_target(job, ret_result);
	if (err != HF_OK || *ret_result == HF_LINE_PUBLISHED || *ret_result == HF_LINE_LATER)
		return err;
	return work_on_base(job, ret_result);
}

/* ---- all that is due ---- */

static enum hf_err work(struct hf_line_job *job, bool *ret_later)
{
	struct hf_line *line = job->line;
	bool ready, again = true;
	enum hf_line_result result = HF_LINE_NOTHING;
	enum hf_err err = line->box != NULL ? hf_line_engine_begin(job) : HF_OK;
	if (err == HF_OK)
		err = hf_line_look_first(job, &ready);
	for (unsigned i = 0; i < ROUNDS && err == HF_OK && ready && again; i++) {
		again = false;
		/* A step, too, would be one from where the zone is no more; what the parent was
		 * asked for then would come later. */
		if (line->box != NULL && line->memory->has_roll && !is_unsure(line))
			err = hf_line_engine_step(job, &again);
		if (err == HF_OK)
			err = make_version(job, &result);
		again |= result == HF_LINE_PUBLISHED;
	}
	*ret_later = result == HF_LINE_LATER || again;
	return err;
}

/* ---- idle time ---- */

static enum hf_err trim(struct hf_line_job *job)
{
	struct hf_line *line = job->line;
	bool many =
	        line->newest_content > CONTENTS ||
	        (hf_evidence_fact_count(line->memory->evidence) > FACTS &&
	                (line->trimmed == HF_TIME_NONE || job->now > line->trimmed + 24 * HOUR));
	if (!many)
		return HF_OK;
	enum hf_err err = hf_ledger_trim(line->ledger, job->now);
	if (err != HF_OK)
		return err;
	/* Numbers changed: what was surveyed is to be surveyed again. */
	line->newest_content = 0;
	line->trimmed = job->now;
	hf_survey_done(&line->survey);
	line->has_survey = false;
	err = hf_line_know_servers(line);
	if (err == HF_OK && hf_line_served(line) != NULL)
		err = hf_survey_version(hf_line_served(line), HF_SURVEY_VERIFIED, job->now,
		        job->pool, job->progress, line->memory->evidence, job->diag, &line->survey);
	line->has_survey = err == HF_OK && hf_line_served(line) != NULL;
	return err;
}

static enum hf_err rest(struct hf_line_job *job)
{
	struct hf_line *line = job->line;
	enum hf_err err = hf_line_engine_keep(job, NULL);
	if (err == HF_OK && !job->outcome->published && hf_ledger_wants_compaction(line->ledger))
		err = hf_ledger_compact(line->ledger, job->diag);
	return err == HF_OK && !job->outcome->published ? trim(job) : err;
}

/* ---- when to run again ---- */

static void by(hf_time time, hf_time now, hf_time *wake)
{
	if (time != HF_TIME_NONE && time > now && time < *wake)
		*wake = time;
}

static hf_time next_run(const struct hf_line_job *job, bool later)
{
	const struct hf_line *line = job->line;
	hf_time now = job->now, wake = now + LONGEST;
	hf_time due = first_due(line, now);
	hf_time served_at = hf_line_served_at(line);
	if (line->stepped)
		by(line->outcome.wake, now, &wake);
	if (due <= now && line->refreshed != HF_TIME_NONE)
		due = line->refreshed + hf_line_pace(line);
	by(due > now ? due : now + hf_line_pace(line), now, &wake);
	by(line->failed_target.retry, now, &wake);
	by(line->failed_base.retry, now, &wake);
	by(line->leap, now, &wake);
	by(hf_line_begins_at(line), now, &wake);
	if (later)
		by(served_at != HF_TIME_NONE && served_at >= now ? served_at + 1 : now + 1, now,
		        &wake);
	/* After a publication there may be things to tidy up. */
	if (job->outcome->published && hf_ledger_wants_compaction(line->ledger))
		by(now + 1, now, &wake);
	return wake;
}

static void need_looks(struct hf_line_job *job)
{
	const struct hf_line *line = job->line;
	for (size_t i = 0; i < line->secondary_count; i++)
		job->outcome->look_secondaries |= !line->secondaries[i].good;
}

/* After a run that failed later on, the next one that goes well tells what was published. */
static void tell_published(struct hf_line_job *job, enum hf_err err)
{
	struct hf_line *line = job->line;
	struct hf_soa soa;
	line->untold |= job->outcome->published;
	if (err != HF_OK || !line->untold || !hf_version_soa(hf_line_served(line), &soa))
		return;
	job->outcome->published = true;
	job->outcome->serial = soa.serial;
	line->untold = false;
}

/* What was seen of secondaries is no longer the newest. */
static void age_servers(struct hf_line *line)
{
	for (size_t i = 0; i < line->secondary_count; i++)
		line->secondaries[i].good = false;
}

enum hf_err hf_line_run(struct hf_line *line, hf_time now, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_line_outcome *ret_outcome)
{
	struct hf_line_outcome outcome = {.wake = HF_TIME_NEVER};
	struct hf_line_job job = {.line = line,
	        .now = now,
	        .pool = pool,
	        .progress = progress,
	        .diag = diag,
	        .outcome = &outcome};
	struct hf_pool *own = NULL;
	bool later = false;
	enum hf_err err = pool == NULL ? hf_pool_new(1, &own) : HF_OK;
	if (err != HF_OK)
		return err;
	job.pool = pool != NULL ? pool : own;
	bool doubts = hf_line_doubts(line, now);
	err = doubts ? HF_OK : work(&job, &later);
	if (err == HF_OK && !doubts)
		err = rest(&job);
	hf_pool_free(own);
	if (outcome.published)
		age_servers(line);
	hf_line_judge_secondaries(line, now);
	enum hf_err told = hf_line_alarms(line, now);
	outcome.wake = next_run(&job, later);
	/* When the clock goes right again, that is no leap. */
	if (!doubts && !clock_is_doubtful(line, now))
		line->wake = outcome.wake;
	need_looks(&job);
	hf_line_tell(line, now);
	for (unsigned i = 0; i < HF_STAGES; i++) {
		outcome.seconds[i] = line->seconds[i];
		line->seconds[i] = -1;
	}
	if (err == HF_OK)
		err = told;
	tell_published(&job, err);
	if (err == HF_OK)
		*ret_outcome = outcome;
	return err;
}
