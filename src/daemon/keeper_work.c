/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line's job: what runs on a lane, and what the loop does with what came of it. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/keeper_inside.h"
#include "daemon/logging.h"
#include "pipeline/ledger.h"
#include "pipeline/statefolder.h"
#include "zone/load.h"

#define WARNINGS_MAX  20
#define BYTES_A_NAME  30 /* of a zone file, roughly: how large a zone will be */
#define RETRY_LONGEST 60 /* seconds between tries after failures of our own */

void hf_keeper_tasks_init(struct hf_keeper_tasks *tasks)
{
	memset(tasks, 0, sizeof(*tasks));
	tasks->orders_end = &tasks->orders;
	tasks->rank = HF_JOB_ROUTINE;
}

void hf_keeper_press(struct hf_keeper *keeper, enum hf_job_rank rank)
{
	if (rank < keeper->tasks.rank)
		keeper->tasks.rank = rank;
}

void hf_keeper_tasks_done(struct hf_keeper_tasks *tasks)
{
	if (tasks->has_fetched)
		hf_fetched_done(&tasks->fetched);
	hf_keeper_look_free(tasks->parent);
	hf_keeper_look_free(tasks->secondaries);
	free(tasks->failure);
	hf_keeper_tasks_init(tasks);
}

static uint64_t random_number(void)
{
	uint64_t number = 0;
	/* Only spreads work; a failure makes it spread less. */
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		number = (uint64_t)hf_keeper_now();
	return number;
}

/* ---- On the lane ---- */

static struct hf_line_review review_of(const struct hf_config_review *review)
{
	return (struct hf_line_review){.command = (const char *const *)review->command,
	        .seconds = (unsigned)review->seconds,
	        .person = review->approval};
}

static struct hf_line_setup setup_of(const struct hf_keeper_work *work)
{
	const struct hf_keeper *keeper = work->keeper;
	const struct hf_config_zone *settings = work->settings;
	struct hf_line_setup setup = {.zone = keeper->name,
	        .mode = (enum hf_line_mode)settings->mode,
	        .policy = settings->policy->policy,
	        .policy_name = settings->policy->name,
	        .serial = (enum hf_serial_policy)settings->serial,
	        .unsigned_review = review_of(&settings->reviews.of_unsigned),
	        .signed_review = review_of(&settings->reviews.of_signed),
	        .keys = keeper->key_folder,
	        .folder = keeper->zone_folder,
	        .output = settings->output,
	        .history = settings->history,
	        .store = keeper->shared->store,
	        .id = keeper->id,
	        .seed = random_number(),
	        .parent_wait = settings->parent_wait,
	        .stop = &keeper->stop};
	hf_keeper_places(settings, &setup.policy.secondaries.servers);
	return setup;
}

static double seconds_since(uint64_t begin)
{
	return 1e-9 * (double)(uv_hrtime() - begin);
}

static enum hf_err make_edition(struct hf_keeper_work *work)
{
	uint64_t begin = uv_hrtime();
	struct hf_journal_history history = {0};
	const size_t steps = work->settings->history;
	enum hf_err err = hf_line_published(work->line, &history);
	if (err != HF_OK || history.count == 0) {
		hf_journal_history_done(&history);
		return err;
	}
	const struct hf_version *newest = history.list[history.count - 1].version;
	work->names = hf_tree_count(hf_version_names(newest));
	if (work->last != NULL) {
		err = hf_edition_next(work->last, newest, steps, &work->edition);
	} else {
		const struct hf_version **versions = calloc(history.count, sizeof(*versions));
		for (size_t i = 0; versions != NULL && i < history.count; i++)
			versions[i] = history.list[i].version;
		err = versions == NULL ? HF_ERR_NOMEM
		                       : hf_edition_from_history(
		                                 versions, history.count, steps, &work->edition);
		free(versions);
	}
	hf_journal_history_done(&history);
	work->edition_seconds = seconds_since(begin);
	return err;
}

static enum hf_err open_line(struct hf_keeper_work *work, hf_time now, struct hf_pool *pool)
{
	struct hf_keeper *keeper = work->keeper;
	enum hf_err err = HF_OK;
	if (keeper->key_folder == NULL)
		err = hf_state_key_folder(
		        keeper->shared->state, &keeper->name, &work->diag, &keeper->key_folder);
	if (err == HF_OK && keeper->zone_folder == NULL)
		err = hf_state_zone_folder(
		        keeper->shared->state, keeper->id, &work->diag, &keeper->zone_folder);
	if (err != HF_OK)
		return err;
	const struct hf_line_setup setup = setup_of(work);
	err = hf_line_open(&setup, now, pool, &work->warnings, &work->diag, &work->line);
	/* Served before anything else is done. */
	return err == HF_OK ? make_edition(work) : err;
}

/* The source's file as an input: a version, or why there is none. */
static enum hf_err load_file(struct hf_keeper_work *work, hf_time now, struct hf_pool *pool)
{
	char name[HF_NAME_TEXT], from[HF_LINE_WORDS], failure[HF_LINE_WORDS];
	const char *path = work->settings->source.file;
	struct hf_diag diag;
	struct hf_version *version = NULL;
	struct hf_file_mark before = hf_file_mark(path);
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	const struct hf_load_options options = {
	        .origin = hf_name_text(&work->keeper->name, name), .pool = pool};
	uint64_t begin = uv_hrtime();
	enum hf_err err = hf_zone_load(path, &options, &diag, &version);
	double seconds = seconds_since(begin);
	work->mark = hf_file_mark(path);
	work->loaded = true;
	work->moved = !hf_file_mark_equal(&before, &work->mark);
	work->readable = version != NULL;
	snprintf(from, sizeof(from), "zone file %s", path);
	const struct hf_line_input input = {.version = version,
	        .failure = version != NULL ? NULL : hf_keeper_sentence(&diag, err, failure),
	        .from = from,
	        .seconds = seconds};
	/* Half of a file that is being written is nobody's zone. */
	if (err == HF_ERR_NOMEM || work->moved)
		err = err == HF_ERR_NOMEM ? err : HF_OK;
	else
		err = hf_line_input(work->line, &input, now, &work->diag);
	hf_version_unref(version);
	hf_diag_done(&diag);
	return err;
}

static enum hf_err take_input(struct hf_keeper_work *work, hf_time now)
{
	const struct hf_keeper_tasks *tasks = &work->tasks;
	const struct hf_line_input input = {
	        .version = tasks->has_fetched ? tasks->fetched.version : NULL,
	        .failure = tasks->has_fetched ? NULL : tasks->failure,
	        .from = tasks->from,
	        .seconds = tasks->has_fetched ? tasks->fetched.seconds : 0};
	return hf_line_input(work->line, &input, now, &work->diag);
}

static void carry_out(struct hf_line *line, struct hf_keeper_order *order, hf_time now)
{
	order->says.who = order->who;
	order->err = hf_line_order(line, &order->says, now, &order->diag, order->words);
}

/* In this order: what people say, what was seen, what the source brings, and then the run. */
static enum hf_err work_line(struct hf_keeper_work *work, hf_time now, struct hf_pool *pool)
{
	struct hf_line *line = work->line;
	struct hf_keeper_tasks *tasks = &work->tasks;
	enum hf_err err = HF_OK;
	if (tasks->change) {
		const struct hf_line_setup setup = setup_of(work);
		err = hf_line_change(line, &setup, &work->diag);
		work->changed = err == HF_OK;
	}
	for (struct hf_keeper_order *at = tasks->orders; at != NULL; at = at->next)
		carry_out(line, at, now);
	const struct hf_keeper_look *seen = tasks->secondaries;
	if (err == HF_OK && tasks->parent != NULL)
		err = hf_line_saw_parent(line, &tasks->parent->parent, now, &work->diag);
	if (err == HF_OK && seen != NULL)
		err = hf_line_saw_secondaries(line, &seen->secondaries, seen->samples,
		        seen->sample_count, now, &work->diag);
	if (err == HF_OK && (tasks->has_fetched || tasks->failure != NULL))
		err = take_input(work, now);
	if (err == HF_OK && tasks->load)
		err = load_file(work, now, pool);
	if (err == HF_OK)
		err = hf_line_run(line, now, pool, NULL, &work->diag, &work->outcome);
	work->ran = err == HF_OK;
	if (err == HF_OK && (work->outcome.published || work->stale))
		err = make_edition(work);
	return err;
}

static void work_on_lane(struct hf_job *job, struct hf_pool *pool)
{
	struct hf_keeper_work *work = (struct hf_keeper_work *)job;
	hf_time now = hf_keeper_now();
	work->err = work->opening ? open_line(work, now, pool) : work_line(work, now, pool);
	if (work->line == NULL)
		return;
	work->source = hf_line_source(work->line);
	work->sample_count =
	        hf_line_samples(work->line, random_number(), HF_LOOKOUT_SAMPLES, work->samples);
}

/* ---- On the loop ---- */

static void log_published(const struct hf_keeper *keeper, const struct hf_keeper_work *work)
{
	double seconds = 0;
	for (unsigned i = 0; i < HF_STAGES; i++)
		seconds += work->outcome.seconds[i] > 0 ? work->outcome.seconds[i] : 0;
	const struct hf_log_about about = {.level = HF_LOG_NOTICE,
	        .event = "published",
	        .zone = &keeper->name,
	        .has_serial = true,
	        .serial = work->outcome.serial};
	hf_log(&about, "a new version, %.3f s after its input or its cause", seconds);
}

static void serve(struct hf_keeper *keeper, struct hf_keeper_work *work)
{
	uint64_t begin = uv_hrtime();
	hf_edition_unref(keeper->edition);
	keeper->edition = work->edition;
	keeper->stale = false;
	work->edition = NULL;
	keeper->names = work->names;
	(void)hf_server_publish(keeper->shared->server, &keeper->name, keeper->edition);
	enum hf_err err = hf_notifier_publish(
	        keeper->shared->notifier, &keeper->name, hf_edition_version(keeper->edition));
	if (err != HF_OK) {
		const struct hf_log_about about = {
		        .level = HF_LOG_ERROR, .event = "notify", .zone = &keeper->name};
		hf_log(&about, "secondaries cannot be told: %s", hf_err_text(err));
	}
	keeper->serve.runs++;
	keeper->serve.seconds += work->edition_seconds + seconds_since(begin);
}

static void count_stages(struct hf_keeper *keeper, const struct hf_line_outcome *outcome)
{
	for (unsigned i = 0; i < HF_STAGES; i++) {
		if (outcome->seconds[i] < 0)
			continue;
		keeper->stage_seconds[i] += outcome->seconds[i];
		keeper->stage_runs[i]++;
	}
	keeper->published += outcome->published;
}

static void answer_orders(struct hf_keeper_work *work)
{
	struct hf_keeper_order *next;
	for (struct hf_keeper_order *at = work->tasks.orders; at != NULL; at = next) {
		next = at->next;
		const struct hf_log_about about = {
		        .level = HF_LOG_NOTICE, .event = "order", .zone = &work->keeper->name};
		if (at->err == HF_OK)
			hf_log(&about, "by %s: %s", at->who, at->words);
		at->reply(at->context, at->err, at->words, &at->diag);
		hf_diag_done(&at->diag);
		free(at);
	}
	work->tasks.orders = NULL;
	work->tasks.orders_end = &work->tasks.orders;
}

void hf_keeper_refuse_orders(struct hf_keeper_order *orders)
{
	struct hf_keeper_order *next;
	for (; orders != NULL; orders = next) {
		next = orders->next;
		struct hf_diag diag;
		hf_diag_init(&diag, 1);
		hf_diag_add(&diag, NULL, 0,
		        "the zone is not worked on any more; ask again when the daemon has it");
		orders->reply(orders->context, HF_ERR_CANCELED, "", &diag);
		hf_diag_done(&diag);
		hf_diag_done(&orders->diag);
		free(orders);
	}
}

/* A failure of our own: told, and tried again, later each time. */
static void fail(struct hf_keeper *keeper, const struct hf_keeper_work *work, hf_time now)
{
	char text[HF_LINE_WORDS];
	const struct hf_log_about about = {
	        .level = HF_LOG_ERROR, .event = "work-failed", .zone = &keeper->name};
	hf_log_diag(&about, &work->diag, work->err);
	hf_keeper_set_trouble(keeper, hf_keeper_sentence(&work->diag, work->err, text));
	unsigned pause = keeper->failures < 6 ? 1u << keeper->failures : RETRY_LONGEST;
	keeper->failures++;
	keeper->stale = keeper->stale || work->opening || (work->ran && work->outcome.published);
	keeper->tasks.change = keeper->tasks.change || (work->tasks.change && !work->changed);
	if (keeper->line == NULL)
		keeper->open_at = now + pause;
	else
		keeper->next_run = now + pause;
	/* What the source brought may be lost. */
	if (work->loaded || work->tasks.has_fetched) {
		keeper->next_source = now + pause;
		hf_keeper_forget_last(keeper);
	}
}

static void succeed(struct hf_keeper *keeper, const struct hf_keeper_work *work)
{
	keeper->failures = 0;
	hf_keeper_set_trouble(keeper, NULL);
	if (!work->ran) { /* it was opened */
		keeper->open_at = HF_TIME_NEVER;
		keeper->tasks.run = true;
		hf_keeper_ask_source(keeper);
		return;
	}
	count_stages(keeper, &work->outcome);
	keeper->next_run = work->outcome.wake;
	hf_keeper_want_looks(keeper, &work->outcome);
	if (work->outcome.published)
		log_published(keeper, work);
}

static void take_over(struct hf_keeper *keeper, struct hf_keeper_work *work)
{
	keeper->line = work->line;
	if (keeper->line == NULL)
		return;
	hf_version_unref(keeper->source);
	keeper->source = work->source;
	work->source = NULL;
	memcpy(keeper->samples, work->samples, sizeof(keeper->samples));
	keeper->sample_count = work->sample_count;
	if (work->changed || work->opening) {
		hf_config_unref(keeper->line_config);
		keeper->line_config = hf_config_ref(work->config);
	}
}

static void work_free(struct hf_keeper_work *work)
{
	hf_keeper_tasks_done(&work->tasks);
	hf_config_unref(work->config);
	hf_edition_unref(work->last);
	hf_edition_unref(work->edition);
	hf_version_unref(work->source);
	hf_diag_done(&work->diag);
	hf_diag_done(&work->warnings);
	free(work);
}

static void on_done(struct hf_job *job)
{
	struct hf_keeper_work *work = (struct hf_keeper_work *)job;
	struct hf_keeper *keeper = work->keeper;
	const struct hf_log_about about = {
	        .level = HF_LOG_WARNING, .event = "warning", .zone = &keeper->name};
	keeper->working = keeper->loading = false;
	if (job->dropped) {
		hf_keeper_refuse_orders(work->tasks.orders);
		work->tasks.orders = NULL;
		work_free(work);
		hf_keeper_try_end(keeper);
		return;
	}
	hf_log_diag(&about, &work->warnings, HF_OK);
	take_over(keeper, work);
	if (work->edition != NULL && !keeper->closing)
		serve(keeper, work);
	if (work->loaded && work->err == HF_OK)
		hf_keeper_source_loaded(keeper, work);
	if (work->err == HF_OK)
		succeed(keeper, work);
	else
		fail(keeper, work, hf_keeper_now());
	answer_orders(work);
	work_free(work);
	hf_keeper_tell_alarms(keeper);
	hf_keeper_kick(keeper);
	hf_keeper_schedule(keeper);
	hf_keeper_try_end(keeper);
}

/* Of what was published, as it is on disk. */
static off_t journal_size(const struct hf_keeper *keeper)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/" HF_STATE_ZONES "/%" PRId64 "/" HF_LEDGER_PUBLISHED,
	        keeper->shared->state, keeper->id);
	return hf_file_mark(path).size;
}

/* Large zones have a lane of their own. Of a zone that is not there yet the file's size tells. */
static enum hf_lane lane_of(const struct hf_keeper *keeper, const struct hf_keeper_tasks *tasks)
{
	const struct hf_config *top = hf_config_top(keeper->config);
	size_t names = keeper->names;
	off_t size = 0;
	if (keeper->settings->source.file != NULL)
		size = hf_file_mark(keeper->settings->source.file).size;
	else if (keeper->zone_folder == NULL)
		size = journal_size(keeper);
	if (tasks->has_fetched)
		names = hf_tree_count(hf_version_names(tasks->fetched.version));
	if ((size_t)size / BYTES_A_NAME > names)
		names = (size_t)size / BYTES_A_NAME;
	return names >= top->server.large_zone ? HF_LANE_LARGE : HF_LANE_SMALL;
}

enum hf_err hf_keeper_start_work(struct hf_keeper *keeper, bool opening)
{
	struct hf_keeper_work *work = calloc(1, sizeof(*work));
	if (work == NULL)
		return HF_ERR_NOMEM;
	work->job.work = work_on_lane;
	work->job.done = on_done;
	work->keeper = keeper;
	work->config = hf_config_ref(keeper->config);
	work->settings = keeper->settings;
	work->line = keeper->line;
	work->last = keeper->edition != NULL ? hf_edition_ref(keeper->edition) : NULL;
	work->opening = opening;
	work->stale = keeper->stale;
	hf_keeper_tasks_init(&work->tasks);
	if (!opening) {
		work->tasks = keeper->tasks;
		if (work->tasks.orders == NULL)
			work->tasks.orders_end = &work->tasks.orders;
		hf_keeper_tasks_init(&keeper->tasks);
	}
	work->job.rank = opening ? HF_JOB_FIRST : work->tasks.rank;
	hf_diag_init(&work->diag, HF_DIAG_LIMIT);
	hf_diag_init(&work->warnings, WARNINGS_MAX);
	keeper->working = true;
	keeper->loading = work->tasks.load;
	hf_lanes_submit(keeper->shared->lanes, lane_of(keeper, &work->tasks), &work->job);
	return HF_OK;
}
