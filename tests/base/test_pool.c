/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"

#define COUNT 10000

struct shared {
	atomic_uint seen[COUNT];
	atomic_uint worst_worker;
	size_t fail_at;
	uint64_t shown;
};

static enum hf_err visit(void *context, size_t index, unsigned worker)
{
	struct shared *shared = context;
	if (index == shared->fail_at)
		return HF_ERR_CRYPTO;
	atomic_fetch_add(&shared->seen[index], 1);
	if (worker > atomic_load(&shared->worst_worker))
		atomic_store(&shared->worst_worker, worker);
	return HF_OK;
}

static void show(void *context, const char *phase, uint64_t done, uint64_t total)
{
	struct shared *shared = context;
	assert_string_equal(phase, "test");
	assert_int_equal(total, COUNT);
	assert_true(done > shared->shown);
	shared->shown = done;
}

static void every_index_once(void **state)
{
	for (unsigned jobs = 0; jobs < 6; jobs++) {
		struct hf_pool *pool;
		assert_int_equal(hf_pool_new(jobs, &pool), HF_OK);
		if (jobs > 0)
			assert_int_equal(hf_pool_jobs(pool), jobs);
		for (int round = 0; round < 3; round++) {
			struct shared *shared = calloc(1, sizeof(*shared));
			shared->fail_at = SIZE_MAX;
			struct hf_progress progress = {.show = show, .context = shared};
			assert_int_equal(
			        hf_pool_run(pool, COUNT, visit, shared, &progress, "test"), HF_OK);
			for (size_t i = 0; i < COUNT; i++)
				assert_int_equal(shared->seen[i], 1);
			assert_true(shared->worst_worker < hf_pool_jobs(pool));
			free(shared);
		}
		hf_pool_free(pool);
	}
}

static void first_error_stops(void **state)
{
	struct hf_pool *pool;
	assert_int_equal(hf_pool_new(3, &pool), HF_OK);
	struct shared *shared = calloc(1, sizeof(*shared));
	shared->fail_at = 10;
	assert_int_equal(hf_pool_run(pool, COUNT, visit, shared, NULL, NULL), HF_ERR_CRYPTO);
	assert_int_equal(shared->seen[10], 0);
	/* The pool is good for the next run. */
	shared->fail_at = SIZE_MAX;
	assert_int_equal(hf_pool_run(pool, COUNT, visit, shared, NULL, NULL), HF_OK);
	assert_int_equal(shared->seen[10], 1);
	assert_int_equal(hf_pool_run(pool, 0, visit, shared, NULL, NULL), HF_OK);
	free(shared);
	hf_pool_free(pool);
	hf_pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_index_once),
	        cmocka_unit_test(first_error_stops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
