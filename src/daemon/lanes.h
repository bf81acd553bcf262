/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lanes: threads that do what would block the loop, each kind of work on threads of its own.
 *
 * A job waits in its lane's queue, in order behind those of the same or a better rank, and runs on
 * one of the lane's threads; its `done` is called on the loop's thread afterwards. What somebody
 * waits for is not held up by thousands of jobs that come again by themselves. Large zones have a
 * lane to themselves, so that they never hold up small ones; fetching and looking have lanes apart,
 * because they wait for others and not for a processor. A zone hands in one job at a time a lane,
 * which bounds the queues. All functions are for the loop's thread.
 */
#ifndef HF_DAEMON_LANES_H
#define HF_DAEMON_LANES_H

#include <stdbool.h>
#include <uv.h>

#include "base/pool.h"

enum hf_lane {
	HF_LANE_LARGE, /* one thread, with a pool over all cores */
	HF_LANE_SMALL,
	HF_LANE_FETCH, /* from primaries */
	HF_LANE_LOOK,  /* at parents and secondaries */
};
#define HF_LANES 4
const char *hf_lane_name(enum hf_lane lane); /* "large", "small" … */

/* Who waits for it, those first whose wait matters most. */
enum hf_job_rank {
	HF_JOB_WANTED,  /* a person, or a change on its way */
	HF_JOB_FIRST,   /* a zone that is being taken up */
	HF_JOB_ROUTINE, /* nobody: it comes by itself, again and again */
};
#define HF_JOB_RANKS 3

/* Part of whatever the job needs; the caller's until `done` was called. */
struct hf_job {
	void (*work)(struct hf_job *job, struct hf_pool *pool); /* on the lane; pool NULL: none */
	void (*done)(struct hf_job *job);                       /* on the loop */
	enum hf_job_rank rank;
	bool dropped;        /* hf_lanes_stop came before `work` was called */
	struct hf_job *next; /* the lanes' */
};

struct hf_lanes;

struct hf_lanes_setup {
	uv_loop_t *loop;
	unsigned small, look; /* threads */
};
enum hf_err hf_lanes_new(
        const struct hf_lanes_setup *setup, struct hf_lanes **ret_lanes) HF_MUST_CHECK;
void hf_lanes_submit(struct hf_lanes *lanes, enum hf_lane lane, struct hf_job *job);
/* Jobs that wait are dropped (their `done` is called soon), those that run go on to their end; more
 * that are submitted are dropped at once. `idle` is called when no job is left. */
void hf_lanes_stop(struct hf_lanes *lanes, void (*idle)(void *context), void *context);
/* Waits for what runs. Its handle on the loop has to be closed by running the loop once more. */
void hf_lanes_free(struct hf_lanes *lanes);

struct hf_lane_load {
	unsigned threads;
	size_t waiting, running;
	uint64_t done;  /* since the start */
	double seconds; /* that their work took */
};
struct hf_lane_load hf_lanes_load(struct hf_lanes *lanes, enum hf_lane lane);

#endif
