/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A task pool: one function over many indices, on all cores.
 *
 * hf_pool_run hands out the indices 0 … count − 1 in order to whoever is free and returns when all
 * are done. The calling thread works too, as worker 0. The first error stops the handing out and
 * is returned. A pool is used from one thread at a time; tasks must not use the pool themselves.
 */
#ifndef HF_BASE_POOL_H
#define HF_BASE_POOL_H

#include <stddef.h>

#include "base/err.h"
#include "base/progress.h"

struct hf_pool;

/* `worker` is 0 … hf_pool_jobs() − 1 and belongs to one thread: an index for per-thread state. */
typedef enum hf_err hf_task(void *context, size_t index, unsigned worker);

/* `jobs` 0 means one per online core. The caller owns the pool. */
enum hf_err hf_pool_new(unsigned jobs, struct hf_pool **ret_pool) HF_MUST_CHECK;
void hf_pool_free(struct hf_pool *pool);
unsigned hf_pool_jobs(const struct hf_pool *pool);

/* `progress` may be NULL; it is stepped by worker 0 under the name `phase`. */
enum hf_err hf_pool_run(struct hf_pool *pool, size_t count, hf_task *task, void *context,
        const struct hf_progress *progress, const char *phase) HF_MUST_CHECK;

#endif
