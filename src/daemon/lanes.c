/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/lanes.h"

#include <stdlib.h>
#include <time.h>

struct queue {
	struct hf_job *first, **end;
};

struct lane {
	struct hf_lanes *lanes;
	uv_thread_t *threads;
	uv_cond_t some; /* jobs, or the end */
	struct queue waiting[HF_JOB_RANKS];
	struct hf_lane_load load;
	bool pooled;
};

struct hf_lanes {
	uv_mutex_t lock;
	struct lane lanes[HF_LANES];
	struct queue finished;
	size_t open; /* jobs whose `done` was not called yet; the loop's */
	uv_async_t wake;
	bool stopping; /* nothing new is begun */
	bool ending;   /* threads leave */
	void (*idle)(void *context);
	void *idle_context;
};

const char *hf_lane_name(enum hf_lane lane)
{
	static const char *const names[HF_LANES] = {
	        [HF_LANE_LARGE] = "large",
	        [HF_LANE_SMALL] = "small",
	        [HF_LANE_FETCH] = "fetch",
	        [HF_LANE_LOOK] = "look",
	};
	return names[lane];
}

static void put(struct queue *queue, struct hf_job *job)
{
	job->next = NULL;
	*queue->end = job;
	queue->end = &job->next;
}

static struct hf_job *take(struct queue *queue)
{
	struct hf_job *job = queue->first;
	if (job != NULL) {
		queue->first = job->next;
		if (queue->first == NULL)
			queue->end = &queue->first;
	}
	return job;
}

static struct hf_job *take_next(struct lane *lane)
{
	struct hf_job *job = NULL;
	for (unsigned rank = 0; rank < HF_JOB_RANKS && job == NULL; rank++)
		job = take(&lane->waiting[rank]);
	return job;
}

static double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One job; called with the lock, which is not held while the job works. */
static void run_one(struct lane *lane, struct hf_job *job, struct hf_pool *pool)
{
	struct hf_lanes *lanes = lane->lanes;
	lane->load.waiting--;
	lane->load.running++;
	uv_mutex_unlock(&lanes->lock);
	double begin = seconds_now();
	job->work(job, pool);
	double took = seconds_now() - begin;
	uv_mutex_lock(&lanes->lock);
	lane->load.running--;
	lane->load.done++;
	lane->load.seconds += took;
	put(&lanes->finished, job);
	uv_async_send(&lanes->wake);
}

static void thread_main(void *context)
{
	struct lane *lane = context;
	struct hf_lanes *lanes = lane->lanes;
	struct hf_pool *pool = NULL;
	/* Without a pool large zones take longer, and nothing else. */
	if (lane->pooled && hf_pool_new(0, &pool) != HF_OK)
		pool = NULL;
	uv_mutex_lock(&lanes->lock);
	while (!lanes->ending) {
		struct hf_job *job = take_next(lane);
		if (job != NULL)
			run_one(lane, job, pool);
		else
			uv_cond_wait(&lane->some, &lanes->lock);
	}
	uv_mutex_unlock(&lanes->lock);
	hf_pool_free(pool);
}

static void on_finished(uv_async_t *handle)
{
	struct hf_lanes *lanes = handle->data;
	struct hf_job *job;
	uv_mutex_lock(&lanes->lock);
	struct hf_job *first = lanes->finished.first;
	lanes->finished = (struct queue){NULL, &lanes->finished.first};
	uv_mutex_unlock(&lanes->lock);
	while ((job = first) != NULL) {
		first = job->next;
		lanes->open--;
		job->done(job);
	}
	if (lanes->stopping && lanes->open == 0 && lanes->idle != NULL) {
		void (*idle)(void *) = lanes->idle;
		lanes->idle = NULL;
		idle(lanes->idle_context);
	}
}

static bool start(struct lane *lane, unsigned wanted)
{
	lane->threads = calloc(wanted, sizeof(*lane->threads));
	if (lane->threads == NULL)
		return false;
	while (lane->load.threads < wanted &&
	        uv_thread_create(&lane->threads[lane->load.threads], thread_main, lane) == 0)
		lane->load.threads++;
	return lane->load.threads == wanted;
}

static void init(struct hf_lanes *lanes)
{
	lanes->finished = (struct queue){NULL, &lanes->finished.first};
	lanes->wake.data = lanes;
	for (unsigned i = 0; i < HF_LANES; i++) {
		struct lane *lane = &lanes->lanes[i];
		lane->lanes = lanes;
		lane->pooled = i == HF_LANE_LARGE;
		for (unsigned rank = 0; rank < HF_JOB_RANKS; rank++)
			lane->waiting[rank] = (struct queue){NULL, &lane->waiting[rank].first};
		uv_cond_init(&lane->some);
	}
}

enum hf_err hf_lanes_new(const struct hf_lanes_setup *setup, struct hf_lanes **ret_lanes)
{
	const unsigned wanted[HF_LANES] = {[HF_LANE_LARGE] = 1,
	        [HF_LANE_SMALL] = setup->small,
	        [HF_LANE_FETCH] = setup->look,
	        [HF_LANE_LOOK] = setup->look};
	struct hf_lanes *lanes = calloc(1, sizeof(*lanes));
	if (lanes == NULL)
		return HF_ERR_NOMEM;
	if (uv_mutex_init(&lanes->lock) != 0) {
		free(lanes);
		return HF_ERR_NOMEM;
	}
	if (uv_async_init(setup->loop, &lanes->wake, on_finished) != 0) {
		uv_mutex_destroy(&lanes->lock);
		free(lanes);
		return HF_ERR_IO;
	}
	init(lanes);
	for (unsigned i = 0; i < HF_LANES; i++) {
		if (!start(&lanes->lanes[i], wanted[i])) {
			hf_lanes_free(lanes);
			return HF_ERR_NOMEM;
		}
	}
	*ret_lanes = lanes;
	return HF_OK;
}

void hf_lanes_submit(struct hf_lanes *lanes, enum hf_lane number, struct hf_job *job)
{
	struct lane *lane = &lanes->lanes[number];
	job->dropped = lanes->stopping;
	lanes->open++;
	uv_mutex_lock(&lanes->lock);
	if (lanes->stopping) {
		put(&lanes->finished, job);
		uv_async_send(&lanes->wake);
	} else {
		put(&lane->waiting[job->rank], job);
		lane->load.waiting++;
		uv_cond_signal(&lane->some);
	}
	uv_mutex_unlock(&lanes->lock);
}

void hf_lanes_stop(struct hf_lanes *lanes, void (*idle)(void *context), void *context)
{
	struct hf_job *job;
	lanes->idle = idle;
	lanes->idle_context = context;
	uv_mutex_lock(&lanes->lock);
	lanes->stopping = true;
	for (unsigned i = 0; i < HF_LANES; i++) {
		struct lane *lane = &lanes->lanes[i];
		while ((job = take_next(lane)) != NULL) {
			job->dropped = true;
			lane->load.waiting--;
			put(&lanes->finished, job);
		}
	}
	uv_mutex_unlock(&lanes->lock);
	uv_async_send(&lanes->wake);
}

static void on_closed(uv_handle_t *handle)
{
	struct hf_lanes *lanes = handle->data;
	for (unsigned i = 0; i < HF_LANES; i++)
		uv_cond_destroy(&lanes->lanes[i].some);
	uv_mutex_destroy(&lanes->lock);
	free(lanes);
}

void hf_lanes_free(struct hf_lanes *lanes)
{
	if (lanes == NULL)
		return;
	uv_mutex_lock(&lanes->lock);
	lanes->ending = true;
	for (unsigned i = 0; i < HF_LANES; i++)
		uv_cond_broadcast(&lanes->lanes[i].some);
	uv_mutex_unlock(&lanes->lock);
	for (unsigned i = 0; i < HF_LANES; i++) {
		struct lane *lane = &lanes->lanes[i];
		for (unsigned j = 0; j < lane->load.threads; j++)
			uv_thread_join(&lane->threads[j]);
		free(lane->threads);
	}
	uv_close((uv_handle_t *)&lanes->wake, on_closed);
}

struct hf_lane_load hf_lanes_load(struct hf_lanes *lanes, enum hf_lane lane)
{
	uv_mutex_lock(&lanes->lock);
	struct hf_lane_load load = lanes->lanes[lane].load;
	uv_mutex_unlock(&lanes->lock);
	return load;
}
