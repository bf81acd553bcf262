/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lanes: every job is done once and told on the loop, in order on one thread; lanes do not hold
 * each other up; stopping drops what waits and no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/lanes.h"

#define JOBS 2000

struct world {
	uv_loop_t loop;
	struct hf_lanes *lanes;
	uv_thread_t loop_thread;
	unsigned done, dropped, last;
	bool idle;
	uv_sem_t gate;
	unsigned expected;
};

struct job {
	struct hf_job job;
	struct world *world;
	unsigned number;
	atomic_uint worked;
	bool pooled;
};

static void work(struct hf_job *base, struct hf_pool *pool)
{
	struct job *job = (struct job *)base;
	uv_thread_t self = uv_thread_self();
	assert_false(uv_thread_equal(&self, &job->world->loop_thread));
	job->pooled = pool != NULL;
	atomic_fetch_add(&job->worked, 1);
}

static void wait_at_gate(struct hf_job *base, struct hf_pool *pool)
{
	uv_sem_wait(&((struct job *)base)->world->gate);
	work(base, pool);
}

static void end_world(struct world *world)
{
	hf_lanes_free(world->lanes);
	world->lanes = NULL;
}

static void done(struct hf_job *base)
{
	struct job *job = (struct job *)base;
	struct world *world = job->world;
	uv_thread_t self = uv_thread_self();
	assert_true(uv_thread_equal(&self, &world->loop_thread));
	assert_int_equal(atomic_load(&job->worked), job->job.dropped ? 0 : 1);
	world->dropped += job->job.dropped;
	world->done++;
	world->last = job->number;
	if (world->done == world->expected)
		end_world(world);
}

static void done_in_order(struct hf_job *base)
{
	struct job *job = (struct job *)base;
	assert_int_equal(job->number, job->world->done);
	done(base);
}

static void begin(struct world *world, unsigned small, unsigned expected)
{
	memset(world, 0, sizeof(*world));
	assert_int_equal(uv_loop_init(&world->loop), 0);
	assert_int_equal(uv_sem_init(&world->gate, 0), 0);
	world->loop_thread = uv_thread_self();
	world->expected = expected;
	const struct hf_lanes_setup setup = {.loop = &world->loop, .small = small, .look = 2};
	assert_int_equal(hf_lanes_new(&setup, &world->lanes), HF_OK);
}

static void finish(struct world *world)
{
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	uv_sem_destroy(&world->gate);
}

static void init(struct job *job, struct world *world, unsigned number)
{
	memset(job, 0, sizeof(*job));
	job->job.work = work;
	job->job.done = done;
	job->world = world;
	job->number = number;
}

static void test_all_are_done(void **state)
{
	(void)state;
	static struct job jobs[JOBS];
	struct world world;
	begin(&world, 4, JOBS);
	for (unsigned i = 0; i < JOBS; i++) {
		init(&jobs[i], &world, i);
		hf_lanes_submit(world.lanes, (enum hf_lane)(i % HF_LANES), &jobs[i].job);
	}
	finish(&world);
	assert_int_equal(world.done, JOBS);
	assert_int_equal(world.dropped, 0);
	for (unsigned i = 0; i < JOBS; i++)
		assert_int_equal(jobs[i].pooled, i % HF_LANES == HF_LANE_LARGE);
}

static void test_order(void **state)
{
	(void)state;
	static struct job jobs[JOBS];
	struct world world;
	begin(&world, 1, JOBS);
	for (unsigned i = 0; i < JOBS; i++) {
		init(&jobs[i], &world, i);
		jobs[i].job.done = done_in_order;
		hf_lanes_submit(world.lanes, HF_LANE_SMALL, &jobs[i].job);
	}
	finish(&world);
	assert_int_equal(world.done, JOBS);
}

/* What somebody waits for goes before what was there before it; in order within its rank. */
static void test_ranks(void **state)
{
	(void)state;
	struct job jobs[1 + 4 * HF_JOB_RANKS];
	struct world world;
	begin(&world, 1, 1 + 4 * HF_JOB_RANKS);
	init(&jobs[0], &world, 0);
	jobs[0].job.work = wait_at_gate;
	jobs[0].job.done = done_in_order;
	hf_lanes_submit(world.lanes, HF_LANE_SMALL, &jobs[0].job);
	while (hf_lanes_load(world.lanes, HF_LANE_SMALL).running == 0)
		uv_sleep(1);
	/* Handed in from the last rank to the first, and told in the other order. */
	for (unsigned rank = HF_JOB_RANKS; rank-- > 0;) {
		for (unsigned i = 0; i < 4; i++) {
			unsigned number = 1 + 4 * rank + i;
			init(&jobs[number], &world, number);
			jobs[number].job.rank = (enum hf_job_rank)rank;
			jobs[number].job.done = done_in_order;
			hf_lanes_submit(world.lanes, HF_LANE_SMALL, &jobs[number].job);
		}
	}
	uv_sem_post(&world.gate);
	finish(&world);
	assert_int_equal(world.done, 1 + 4 * HF_JOB_RANKS);
}

/* The large lane is stuck until the small job is done. */
static void open_gate(struct hf_job *base)
{
	struct job *job = (struct job *)base;
	struct hf_lane_load load = hf_lanes_load(job->world->lanes, HF_LANE_LARGE);
	assert_int_equal(load.done, 0);
	done(base);
	uv_sem_post(&job->world->gate);
}

static void test_lanes_apart(void **state)
{
	(void)state;
	struct job large, small;
	struct world world;
	begin(&world, 1, 2);
	init(&large, &world, 1);
	init(&small, &world, 2);
	large.job.work = wait_at_gate;
	small.job.done = open_gate;
	hf_lanes_submit(world.lanes, HF_LANE_LARGE, &large.job);
	hf_lanes_submit(world.lanes, HF_LANE_SMALL, &small.job);
	finish(&world);
	assert_int_equal(world.last, 1);
}

static void on_idle(void *context)
{
	struct world *world = context;
	world->idle = true;
	assert_int_equal(world->done, 11);
	end_world(world);
}

static void test_stop(void **state)
{
	(void)state;
	struct job jobs[11];
	struct world world;
	begin(&world, 1, 0);
	for (unsigned i = 0; i < 10; i++) {
		init(&jobs[i], &world, i);
		jobs[i].job.work = wait_at_gate;
		hf_lanes_submit(world.lanes, HF_LANE_SMALL, &jobs[i].job);
	}
	while (hf_lanes_load(world.lanes, HF_LANE_SMALL).running == 0)
		uv_sleep(1);
	hf_lanes_stop(world.lanes, on_idle, &world);
	init(&jobs[10], &world, 10); /* too late */
	hf_lanes_submit(world.lanes, HF_LANE_SMALL, &jobs[10].job);
	uv_sem_post(&world.gate);
	finish(&world);
	assert_true(world.idle);
	assert_int_equal(world.dropped, 10); /* the first one was under way */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_all_are_done),
	        cmocka_unit_test(test_order),
	        cmocka_unit_test(test_ranks),
	        cmocka_unit_test(test_lanes_apart),
	        cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
