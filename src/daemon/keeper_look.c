/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at the parent's servers and at the secondaries, as often as the line needs it. */
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper_inside.h"
#include "daemon/logging.h"

#define LOOK_SECONDS     20   /* one look's time limit */
#define CALM_PARENT      3600 /* seconds between looks when nothing is waited for */
#define CALM_SECONDARIES 600
#define EAGER_LONGEST    10 /* in the first minutes of waiting */
#define PATIENT_LONGEST  60 /* in the first hours */
#define SLOW_LONGEST     300
#define EAGER_TIME       300
#define PATIENT_TIME     7200
#define EAGER_RATE       50 /* looks a second of all zones together */
#define EAGER_FIRST      4  /* the first looks of a zone, which come … */
#define EAGER_HURRY      10 /* … so many times as often */

void hf_keeper_places(const struct hf_config_zone *settings, struct hf_places *ret_places)
{
	const struct hf_config_peers *peers = &settings->secondaries;
	if (peers->count == 0) {
		*ret_places = settings->policy->policy.secondaries.servers;
		return;
	}
	memset(ret_places, 0, sizeof(*ret_places));
	for (size_t i = 0; i < peers->count && i < HF_POLICY_PLACES; i++)
		hf_config_place_text(
		        peers->items[i].endpoint.items, ret_places->names[ret_places->count++]);
}

/* ---- When ---- */

/* 1, 2, 4 … seconds apart at first; what takes hours is not seen sooner by asking more often. Where
 * thousands of zones wait they share a rate. */
static int64_t eager_pause(
        const struct hf_keeper *keeper, const struct hf_cadence *cadence, hf_time now)
{
	int64_t waited = now - cadence->since, share = (int64_t)keeper->shared->eager / EAGER_RATE;
	int64_t longest = waited < EAGER_TIME     ? EAGER_LONGEST
	                  : waited < PATIENT_TIME ? PATIENT_LONGEST
	                                          : SLOW_LONGEST;
	if (cadence->looks < EAGER_FIRST) {
		longest = 1 << cadence->looks;
		share /= EAGER_HURRY;
	}
	return share > longest ? share : longest;
}

static void want(struct hf_keeper *keeper, struct hf_cadence *cadence, bool eager, hf_time now)
{
	keeper->shared->eager += (size_t)eager;
	keeper->shared->eager -= (size_t)cadence->eager;
	if (eager && !cadence->eager) {
		cadence->since = now;
		cadence->looks = 0;
		cadence->next = now;
	}
	cadence->eager = eager;
}

static void look_again(struct hf_keeper *keeper, struct hf_cadence *cadence, int64_t calm)
{
	hf_time now = hf_keeper_now();
	/* Zones that were opened together need not look together for ever. */
	int64_t spread = calm / 10 * (keeper->id % 10) / 10;
	cadence->next = now + (cadence->eager ? eager_pause(keeper, cadence, now) : calm - spread);
	if (cadence->again)
		cadence->next = now;
	cadence->again = false;
	cadence->looks++;
}

static bool secondaries_lag(const struct hf_keeper *keeper)
{
	struct hf_notify_state state;
	size_t count = hf_notifier_count(keeper->shared->notifier, &keeper->name);
	for (size_t i = 0; i < count; i++) {
		if (hf_notifier_state(keeper->shared->notifier, &keeper->name, i, &state) &&
		        state.has_serial && !state.done)
			return true;
	}
	return false;
}

void hf_keeper_want_looks(struct hf_keeper *keeper, const struct hf_line_outcome *outcome)
{
	hf_time now = hf_keeper_now();
	bool published = keeper->edition != NULL;
	if (keeper->closing)
		return;
	want(keeper, &keeper->parent, outcome->look_parent, now);
	want(keeper, &keeper->secondaries,
	        published && (outcome->look_secondaries || secondaries_lag(keeper)), now);
	if (outcome->published && keeper->secondaries.eager) {
		keeper->secondaries.since = now;
		keeper->secondaries.looks = 0;
		keeper->secondaries.next = now + 1; /* time for the transfer */
	}
	/* The first calm looks come some time after the start, spread over zones. */
	if (keeper->parent.next == HF_TIME_NEVER)
		keeper->parent.next = now + 1 + keeper->id % (CALM_PARENT / 10);
	if (keeper->secondaries.next == HF_TIME_NEVER)
		keeper->secondaries.next = now + 1 + keeper->id % (CALM_SECONDARIES / 10);
}

void hf_keeper_want_no_looks(struct hf_keeper *keeper)
{
	want(keeper, &keeper->parent, false, HF_TIME_NEVER);
	want(keeper, &keeper->secondaries, false, HF_TIME_NEVER);
}

void hf_keeper_transferred(struct hf_keeper *keeper)
{
	if (keeper->secondaries.busy)
		keeper->secondaries.again = true;
	else if (keeper->secondaries.eager)
		keeper->secondaries.next = hf_keeper_now();
	keeper->secondaries.prompted = true;
	hf_keeper_schedule(keeper);
}

/* ---- On the lane ---- */

static void parent_on_lane(struct hf_job *job, struct hf_pool *pool)
{
	(void)pool;
	struct hf_keeper_look *look = (struct hf_keeper_look *)job;
	const struct hf_config *top = hf_config_top(look->config);
	const struct hf_parent_question question = {.zone = look->keeper->name,
	        .anchors = &top->anchors,
	        .servers = &look->places,
	        .resolver = {.hints = top->hints.text != NULL ? &top->hints : NULL,
	                .port = (uint16_t)top->resolver_port,
	                .limits = {.seconds = LOOK_SECONDS, .cancel = &look->keeper->stop}},
	        .now = hf_keeper_now()};
	look->err = hf_lookout_parent(&question, &look->diag, &look->parent);
}

static void secondaries_on_lane(struct hf_job *job, struct hf_pool *pool)
{
	(void)pool;
	struct hf_keeper_look *look = (struct hf_keeper_look *)job;
	const struct hf_secondary_question question = {.zone = look->keeper->name,
	        .servers = &look->places,
	        .keys = look->keys,
	        .samples = look->samples,
	        .sample_count = look->sample_count,
	        .limits = {.seconds = LOOK_SECONDS, .cancel = &look->keeper->stop},
	        .now = hf_keeper_now()};
	look->err = hf_lookout_secondary(&question, &look->diag, &look->secondaries);
}

/* ---- On the loop ---- */

void hf_keeper_look_free(struct hf_keeper_look *look)
{
	if (look == NULL)
		return;
	hf_parent_report_done(&look->parent);
	hf_secondary_report_done(&look->secondaries);
	hf_config_unref(look->config);
	hf_diag_done(&look->diag);
	free(look);
}

/* What was broken off because the zone or the daemon ends is no failure. */
static bool has_failed(const struct hf_keeper_look *look)
{
	return !look->job.dropped && look->err != HF_OK && look->err != HF_ERR_CANCELED &&
	       !look->keeper->closing;
}

static void log_failure(const struct hf_keeper_look *look, const char *what)
{
	char sentence[HF_LINE_WORDS];
	const struct hf_log_about about = {
	        .level = HF_LOG_INFO, .event = "look-failed", .zone = &look->keeper->name};
	hf_log(&about, "the %s could not be looked at: %s", what,
	        hf_keeper_sentence(&look->diag, look->err, sentence));
}

/* The common end of both: what was seen waits for the line, in place of what was seen before. */
static void end_look(struct hf_keeper_look *look, struct hf_cadence *cadence, int64_t calm,
        struct hf_keeper_look **seen)
{
	struct hf_keeper *keeper = look->keeper;
	cadence->busy = false;
	look_again(keeper, cadence, calm);
	if (look->job.dropped || look->err != HF_OK || keeper->closing) {
		hf_keeper_look_free(look);
	} else {
		hf_keeper_look_free(*seen);
		*seen = look;
		keeper->tasks.run = true;
	}
	hf_keeper_kick(keeper);
	hf_keeper_schedule(keeper);
	hf_keeper_try_end(keeper);
}

/* The line has to know that nobody could be asked, and why: it may wait for that. */
static void tell_line(struct hf_keeper_look *look)
{
	char sentence[HF_LINE_WORDS];
	if (look->err == HF_ERR_NOMEM)
		return;
	look->parent.why = strdup(hf_keeper_sentence(&look->diag, look->err, sentence));
	look->err = HF_OK;
}

static void on_parent(struct hf_job *job)
{
	struct hf_keeper_look *look = (struct hf_keeper_look *)job;
	struct hf_keeper *keeper = look->keeper;
	if (has_failed(look)) {
		log_failure(look, "parent");
		tell_line(look);
	}
	end_look(look, &keeper->parent, CALM_PARENT, &keeper->tasks.parent);
}

static void tell_notifier(const struct hf_keeper *keeper, const struct hf_secondary_report *report)
{
	struct hf_endpoint endpoint;
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_zone_sight *sight = &report->sights[i];
		if (sight->serves && hf_config_place(sight->place, HF_PORT_DNS, &endpoint) == HF_OK)
			hf_notifier_seen(
			        keeper->shared->notifier, &keeper->name, &endpoint, sight->serial);
	}
}

static void on_secondaries(struct hf_job *job)
{
	struct hf_keeper_look *look = (struct hf_keeper_look *)job;
	struct hf_keeper *keeper = look->keeper;
	if (!job->dropped && look->err == HF_OK)
		tell_notifier(keeper, &look->secondaries);
	else if (has_failed(look))
		log_failure(look, "secondaries");
	end_look(look, &keeper->secondaries, CALM_SECONDARIES, &keeper->tasks.secondaries);
}

static struct hf_keeper_look *new_look(struct hf_keeper *keeper)
{
	struct hf_keeper_look *look = calloc(1, sizeof(*look));
	if (look == NULL)
		return NULL;
	look->keeper = keeper;
	look->config = hf_config_ref(keeper->config);
	hf_diag_init(&look->diag, HF_DIAG_LIMIT);
	return look;
}

/* A line that has just begun to wait gets its answer before those that have waited for long. */
static enum hf_job_rank rank_of(const struct hf_keeper *keeper, const struct hf_cadence *cadence)
{
	if (cadence->prompted)
		return HF_JOB_WANTED;
	bool first = keeper->edition == NULL || cadence->looks < EAGER_FIRST;
	return cadence->eager && first ? HF_JOB_FIRST : HF_JOB_ROUTINE;
}

static void start_parent(struct hf_keeper *keeper, hf_time now)
{
	struct hf_keeper_look *look = new_look(keeper);
	if (look == NULL) {
		keeper->parent.next = now + 1;
		return;
	}
	look->places = keeper->settings->policy->policy.parent.servers;
	look->job.work = parent_on_lane;
	look->job.done = on_parent;
	keeper->parent.busy = true;
	look->job.rank = rank_of(keeper, &keeper->parent);
	hf_lanes_submit(keeper->shared->lanes, HF_LANE_LOOK, &look->job);
}

static void start_secondaries(struct hf_keeper *keeper, hf_time now)
{
	const struct hf_config_peers *peers = &keeper->settings->secondaries;
	struct hf_places places;
	hf_keeper_places(keeper->settings, &places);
	if (places.count == 0 || keeper->edition == NULL) {
		keeper->secondaries.next = now + CALM_SECONDARIES;
		return;
	}
	struct hf_keeper_look *look = new_look(keeper);
	if (look == NULL) {
		keeper->secondaries.next = now + 1;
		return;
	}
	look->places = places;
	/* A policy names no keys. */
	for (size_t i = 0; i < peers->count && i < HF_POLICY_PLACES; i++)
		look->keys[i] = peers->items[i].key != NULL ? peers->items[i].key->tsig : NULL;
	memcpy(look->samples, keeper->samples, sizeof(look->samples));
	look->sample_count = keeper->sample_count;
	look->job.work = secondaries_on_lane;
	look->job.done = on_secondaries;
	keeper->secondaries.busy = true;
	look->job.rank = rank_of(keeper, &keeper->secondaries);
	keeper->secondaries.prompted = false;
	hf_lanes_submit(keeper->shared->lanes, HF_LANE_LOOK, &look->job);
}

void hf_keeper_check_looks(struct hf_keeper *keeper, hf_time now)
{
	bool root = keeper->name.len == 1; /* which has no parent */
	if (!root && !keeper->parent.busy && keeper->parent.next <= now)
		start_parent(keeper, now);
	else if (root)
		keeper->parent.next = HF_TIME_NEVER;
	if (!keeper->secondaries.busy && keeper->secondaries.next <= now)
		start_secondaries(keeper, now);
}
