/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a zone comes from: a file that is watched, or primaries that are asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper_inside.h"
#include "daemon/logging.h"

#define SHORTEST_PAUSE 2           /* seconds between questions, whatever the SOA record says */
#define LONGEST_PAUSE  (7 * 86400) /* and at most */
#define FIRST_RETRIES  300         /* longest pause while there is no version at all */

/* ---- Files ---- */

struct hf_file_mark hf_file_mark(const char *path)
{
	struct stat meta;
	if (stat(path, &meta) != 0)
		return (struct hf_file_mark){0};
	return (struct hf_file_mark){
	        .there = true, .changed = meta.st_mtim, .size = meta.st_size, .inode = meta.st_ino};
}

bool hf_file_mark_equal(const struct hf_file_mark *a, const struct hf_file_mark *b)
{
	return a->there == b->there && a->size == b->size && a->inode == b->inode &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static void check_file(struct hf_keeper *keeper)
{
	struct hf_file_mark mark = hf_file_mark(keeper->settings->source.file);
	bool loads = keeper->loading || keeper->tasks.load;
	/* After a failure of our own the next try has its time. */
	if (loads || keeper->next_source != HF_TIME_NEVER ||
	        hf_file_mark_equal(&mark, &keeper->mark)) {
		keeper->touched = 0;
		return;
	}
	/* Whoever writes a file in place gets a moment to end that. */
	uint64_t now = hf_keeper_steady();
	if (keeper->touched == 0)
		keeper->touched = now;
	if (now < keeper->touched + HF_FILE_SETTLES)
		return;
	keeper->touched = 0;
	keeper->tasks.load = true;
	hf_keeper_press(keeper, HF_JOB_WANTED);
}

void hf_keeper_touched(void *context)
{
	struct hf_keeper *keeper = context;
	keeper->touched = hf_keeper_steady();
	hf_keeper_schedule(keeper);
}

void hf_keeper_source_loaded(struct hf_keeper *keeper, const struct hf_keeper_work *work)
{
	struct hf_file_mark mark = hf_file_mark(work->settings->source.file);
	if (work->moved || !hf_file_mark_equal(&mark, &work->mark))
		keeper->touched = hf_keeper_steady();
	if (work->moved)
		return;
	keeper->mark = work->mark;
	if (!work->readable) {
		keeper->fetch_failed++;
		snprintf(keeper->source_text, sizeof(keeper->source_text),
		        "zone file %s could not be read", work->settings->source.file);
		return;
	}
	keeper->source_at = hf_keeper_now();
	keeper->fetched++;
	snprintf(keeper->source_text, sizeof(keeper->source_text), "zone file %s was read",
	        work->settings->source.file);
}

/* ---- Primaries ---- */

static hf_time within(int64_t pause)
{
	return pause < SHORTEST_PAUSE  ? SHORTEST_PAUSE
	       : pause > LONGEST_PAUSE ? LONGEST_PAUSE
	                               : pause;
}

static void judge_expire(struct hf_keeper *keeper, const struct hf_soa *soa, hf_time now)
{
	if (soa != NULL && now - keeper->source_at > (int64_t)soa->expire) {
		if (keeper->expired == HF_TIME_NONE)
			keeper->expired = now;
	} else {
		keeper->expired = HF_TIME_NONE;
	}
}

/* When to ask next (RFC 1035 section 3.3.13). What we publish is our own version, so an expired
 * source is an alarm and no reason to stop. */
static void plan_next(struct hf_keeper *keeper, bool good, hf_time now)
{
	struct hf_soa soa;
	bool has_soa = keeper->source != NULL && hf_version_soa(keeper->source, &soa);
	keeper->fetch_failures = good ? 0 : keeper->fetch_failures + 1;
	if (good)
		keeper->source_at = now;
	int64_t pause;
	if (has_soa) {
		pause = within(good ? soa.refresh : soa.retry);
	} else {
		pause = SHORTEST_PAUSE << (keeper->fetch_failures < 8 ? keeper->fetch_failures : 8);
		pause = pause > FIRST_RETRIES ? FIRST_RETRIES : pause;
	}
	keeper->next_source = now + pause;
	judge_expire(keeper, has_soa ? &soa : NULL, now);
}

static void fetch_on_lane(struct hf_job *job, struct hf_pool *pool)
{
	(void)pool;
	struct hf_keeper_fetch *fetch = (struct hf_keeper_fetch *)job;
	const struct hf_config_peers *peers = &fetch->settings->source.primaries;
	struct hf_fetch_primary *primaries = calloc(peers->count, sizeof(*primaries));
	if (primaries == NULL) {
		fetch->err = HF_ERR_NOMEM;
		return;
	}
	for (size_t i = 0; i < peers->count; i++) {
		const struct hf_config_peer *peer = &peers->items[i];
		const struct hf_endpoint *endpoint = peer->endpoint.items;
		primaries[i] = (struct hf_fetch_primary){.endpoint = *endpoint,
		        .key = peer->key != NULL ? peer->key->tsig : NULL,
		        .source = hf_config_source_of(fetch->config, hf_endpoint_is_v6(endpoint))};
	}
	const struct hf_config_fetch *limits = &hf_config_top(fetch->config)->server.fetch;
	const struct hf_fetch_order order = {.zone = fetch->settings->name,
	        .primaries = primaries,
	        .primary_count = peers->count,
	        .have = fetch->have,
	        .limits = {.seconds = (unsigned)limits->seconds,
	                .idle_seconds = (unsigned)limits->idle,
	                .bytes = (uint64_t)limits->size << 20,
	                .records = limits->records},
	        .cancel = &fetch->keeper->stop};
	fetch->err = hf_fetch(&order, &fetch->diag, &fetch->fetched);
	free(primaries);
}

static void fetch_free(struct hf_keeper_fetch *fetch)
{
	hf_config_unref(fetch->config);
	hf_version_unref(fetch->have);
	hf_diag_done(&fetch->diag);
	free(fetch);
}

static void fetch_failed(struct hf_keeper *keeper, const char *sentence)
{
	const struct hf_log_about about = {
	        .level = HF_LOG_WARNING, .event = "fetch-failed", .zone = &keeper->name};
	hf_log(&about, "%s", sentence);
	keeper->fetch_failed++;
	snprintf(keeper->source_text, sizeof(keeper->source_text), "%s", sentence);
	free(keeper->tasks.failure);
	keeper->tasks.failure = strdup(sentence);
	/* Without memory for it the sentence is in the log and in the status. */
	if (keeper->tasks.failure != NULL)
		snprintf(keeper->tasks.from, sizeof(keeper->tasks.from), "primaries");
	keeper->tasks.run = true;
}

/* A new version waits for the line; one that waited already is overtaken by it. */
static void take_version(struct hf_keeper *keeper, struct hf_keeper_fetch *fetch)
{
	char place[HF_PLACE_MAX];
	struct hf_keeper_tasks *tasks = &keeper->tasks;
	const struct hf_config_peer *peer =
	        &fetch->settings->source.primaries.items[fetch->fetched.primary];
	const struct hf_log_about about = {.level = HF_LOG_INFO,
	        .event = "fetched",
	        .zone = &keeper->name,
	        .has_serial = true,
	        .serial = fetch->fetched.serial};
	if (tasks->has_fetched)
		hf_fetched_done(&tasks->fetched);
	free(tasks->failure);
	tasks->failure = NULL;
	tasks->fetched = fetch->fetched;
	tasks->has_fetched = true;
	tasks->run = true;
	/* After a start many zones are fetched at once. */
	hf_keeper_press(keeper, keeper->last != NULL ? HF_JOB_WANTED : HF_JOB_FIRST);
	hf_keeper_forget_last(keeper);
	keeper->last = hf_version_ref(fetch->fetched.version);
	snprintf(tasks->from, sizeof(tasks->from), "%s from %s",
	        fetch->fetched.kind == HF_FETCH_IXFR ? "IXFR" : "AXFR",
	        hf_config_place_text(peer->endpoint.items, place));
	snprintf(keeper->source_text, sizeof(keeper->source_text), "%s", tasks->from);
	hf_log(&about, "%s in %.3f s", tasks->from, fetch->fetched.seconds);
	keeper->fetched++;
	keeper->fetch.runs++;
	keeper->fetch.seconds += fetch->fetched.seconds;
}

static void note_contact(struct hf_keeper *keeper, struct hf_keeper_fetch *fetch)
{
	struct hf_fetched *fetched = &fetch->fetched;
	const struct hf_log_about about = {
	        .level = HF_LOG_INFO, .event = "fetch", .zone = &keeper->name};
	hf_log_diag(&about, &fetched->notes, HF_OK);
	if (fetched->version != NULL) {
		take_version(keeper, fetch);
		return;
	}
	char sentence[HF_LINE_WORDS];
	if (fetched->kind == HF_FETCH_BEHIND)
		fetch_failed(keeper, hf_keeper_sentence(&fetched->notes, HF_ERR_INVALID, sentence));
	else
		snprintf(keeper->source_text, sizeof(keeper->source_text),
		        "nothing new: the primary has the serial %u", fetched->serial);
	hf_fetched_done(fetched);
}

static void on_fetched(struct hf_job *job)
{
	struct hf_keeper_fetch *fetch = (struct hf_keeper_fetch *)job;
	struct hf_keeper *keeper = fetch->keeper;
	char sentence[HF_LINE_WORDS];
	keeper->fetching = false;
	if (job->dropped || fetch->err == HF_ERR_CANCELED || keeper->closing) {
		if (!job->dropped && fetch->err == HF_OK)
			hf_fetched_done(&fetch->fetched);
		fetch_free(fetch);
		hf_keeper_try_end(keeper);
		return;
	}
	if (fetch->err == HF_OK)
		note_contact(keeper, fetch);
	else
		fetch_failed(keeper, hf_keeper_sentence(&fetch->diag, fetch->err, sentence));
	plan_next(keeper, fetch->err == HF_OK, hf_keeper_now());
	fetch_free(fetch);
	if (keeper->fetch_again)
		keeper->next_source = hf_keeper_now();
	keeper->fetch_again = false;
	hf_keeper_tell_alarms(keeper);
	hf_keeper_kick(keeper);
	hf_keeper_schedule(keeper);
}

static enum hf_err start_fetch(struct hf_keeper *keeper)
{
	struct hf_keeper_fetch *fetch = calloc(1, sizeof(*fetch));
	if (fetch == NULL)
		return HF_ERR_NOMEM;
	fetch->job.work = fetch_on_lane;
	fetch->job.done = on_fetched;
	fetch->keeper = keeper;
	fetch->config = hf_config_ref(keeper->config);
	fetch->settings = keeper->settings;
	/* What came last may still be on its way through the line, or have been refused there: the
	 * primaries need not send it again. */
	const struct hf_version *have = keeper->last != NULL ? keeper->last : keeper->source;
	fetch->have = have != NULL ? hf_version_ref(have) : NULL;
	hf_diag_init(&fetch->diag, HF_DIAG_LIMIT);
	keeper->fetching = true;
	hf_lanes_submit(keeper->shared->lanes, HF_LANE_FETCH, &fetch->job);
	return HF_OK;
}

/* ---- Both ---- */

void hf_keeper_ask_source(struct hf_keeper *keeper)
{
	if (keeper->settings->source.file != NULL) {
		keeper->next_source = HF_TIME_NEVER;
		keeper->tasks.load = true;
		return;
	}
	if (keeper->fetching) {
		keeper->fetch_again = true;
		return;
	}
	keeper->next_source = HF_TIME_NEVER;
	if (start_fetch(keeper) != HF_OK)
		keeper->next_source = hf_keeper_now() + SHORTEST_PAUSE;
}

void hf_keeper_check_source(struct hf_keeper *keeper, hf_time now)
{
	if (keeper->next_source <= now && !keeper->fetching)
		hf_keeper_ask_source(keeper);
	else if (keeper->settings->source.file != NULL)
		check_file(keeper);
}

void hf_keeper_forget_last(struct hf_keeper *keeper)
{
	hf_version_unref(keeper->last);
	keeper->last = NULL;
}

void hf_keeper_reload(struct hf_keeper *keeper)
{
	if (keeper->line == NULL) {
		keeper->open_at = hf_keeper_now();
	} else {
		hf_keeper_forget_last(keeper); /* what was refused may be judged again */
		hf_keeper_ask_source(keeper);
		keeper->tasks.run = true;
		hf_keeper_press(keeper, HF_JOB_WANTED);
	}
	hf_keeper_kick(keeper);
	hf_keeper_schedule(keeper);
}

void hf_keeper_notified(struct hf_keeper *keeper)
{
	/* Whoever watches a file has no use for it; one that is not open asks when it is. */
	if (keeper->line == NULL || keeper->settings->source.file != NULL)
		return;
	hf_keeper_ask_source(keeper);
	hf_keeper_schedule(keeper);
}
