/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define JOBS_MAX 1024

struct helper {
	pthread_t thread;
	struct hf_pool *pool;
	unsigned worker;
};

/* The lock guards `round`, `busy` and `stop`; the run's own fields change only between rounds. */
struct hf_pool {
	unsigned jobs;
	unsigned started; /* helper threads */
	pthread_mutex_t lock;
	pthread_cond_t wake; /* a round began, or stop */
	pthread_cond_t idle; /* the last helper of a round is done */
	uint64_t round;
	unsigned busy;
	bool stop;

	size_t count;
	hf_task *task;
	void *context;
	atomic_size_t next;
	atomic_size_t done;
	atomic_int err;

	struct helper helpers[];
};

/* Takes indices until there are none or somebody failed. */
static void work(struct hf_pool *pool, unsigned worker, const struct hf_progress *progress,
        const char *phase)
{
	while (atomic_load_explicit(&pool->err, memory_order_relaxed) == HF_OK) {
		size_t index = atomic_fetch_add(&pool->next, 1);
		if (index >= pool->count)
			return;
		enum hf_err err = pool->task(pool->context, index, worker);
		if (err != HF_OK) {
			int none = HF_OK;
			atomic_compare_exchange_strong(&pool->err, &none, (int)err);
			return;
		}
		size_t done = atomic_fetch_add(&pool->done, 1) + 1;
		hf_progress_step(progress, phase, done, pool->count);
	}
}

static void *helper_main(void *argument)
{
	struct helper *helper = argument;
	struct hf_pool *pool = helper->pool;
	uint64_t seen = 0;
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->stop && pool->round == seen)
			pthread_cond_wait(&pool->wake, &pool->lock);
		if (pool->stop)
			break;
		seen = pool->round;
		pthread_mutex_unlock(&pool->lock);
		work(pool, helper->worker, NULL, NULL);
		pthread_mutex_lock(&pool->lock);
		if (--pool->busy == 0)
			pthread_cond_signal(&pool->idle);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

enum hf_err hf_pool_new(unsigned jobs, struct hf_pool **ret_pool)
{
	if (jobs == 0) {
		long online = sysconf(_SC_NPROCESSORS_ONLN);
		jobs = online > 0 ? (unsigned)online : 1;
	}
	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	struct hf_pool *pool = calloc(1, sizeof(*pool) + (jobs - 1) * sizeof(pool->helpers[0]));
	if (pool == NULL)
		return HF_ERR_NOMEM;
	pool->jobs = jobs;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pthread_cond_init(&pool->idle, NULL);
	for (unsigned i = 0; i < jobs - 1; i++) {
		pool->helpers[i] = (struct helper){.pool = pool, .worker = i + 1};
		if (pthread_create(
		            &pool->helpers[i].thread, NULL, helper_main, &pool->helpers[i]) != 0) {
			hf_pool_free(pool);
			return HF_ERR_NOMEM;
		}
		pool->started++;
	}
	*ret_pool = pool;
	return HF_OK;
}

void hf_pool_free(struct hf_pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->started; i++)
		pthread_join(pool->helpers[i].thread, NULL);
	pthread_cond_destroy(&pool->idle);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

unsigned hf_pool_jobs(const struct hf_pool *pool)
{
	return pool->jobs;
}

enum hf_err hf_pool_run(struct hf_pool *pool, size_t count, hf_task *task, void *context,
        const struct hf_progress *progress, const char *phase)
{
	pool->count = count;
	pool->task = task;
	pool->context = context;
	atomic_store(&pool->next, 0);
	atomic_store(&pool->done, 0);
	atomic_store(&pool->err, HF_OK);

	pthread_mutex_lock(&pool->lock);
	pool->round++;
	pool->busy = pool->started;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);

	work(pool, 0, progress, phase);

	pthread_mutex_lock(&pool->lock);
	while (pool->busy > 0)
		pthread_cond_wait(&pool->idle, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	return (enum hf_err)atomic_load(&pool->err);
}
