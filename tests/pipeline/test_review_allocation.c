/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in a review: each run must end with HF_ERR_NOMEM or succeed, and leave no
 * process and no file behind.
 */
#include "../sign/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../house/failing.h"
#include "pipeline/review.h"

static struct hf_version *version;
static char folder[] = "/tmp/review-allocation.XXXXXX";

static enum hf_err ask(const void *context)
{
	static const char *const command[] = {"true", NULL};
	const struct hf_review_job job = {.command = command,
	        .seconds = 30,
	        .stage = "signed",
	        .version = version,
	        .previous = version,
	        .folder = folder};
	struct hf_review_verdict verdict;

	enum hf_err err = hf_review_run(&job, NULL, NULL, &verdict);
	if (err == HF_OK) {
		assert_int_equal(verdict.answer, HF_REVIEW_ACCEPTED);
		hf_review_verdict_done(&verdict);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return err;
}

static void test_review(void **state)
{
	version = lab_zone("ex. 300 SOA ns.ex. h.ex. 1 2 3 4 200\nex. 300 NS ns.ex.\n", NULL);
	assert_non_null(mkdtemp(folder));
	sweep("review", ask, NULL, HF_OK);
	assert_int_equal(rmdir(folder), 0);
	hf_version_unref(version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_review)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
