/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ledger whose disk fails when something is published, and that is killed soon afterwards: what
 * was said to have failed is as it was, or it is done as a whole.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "powerloss.h"
#include "statelab.h"

/* Publishes the same serial until that is done, in a process of its own. */
static void publish_with(struct statelab *lab, const struct faults *faults)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (lab_try_open(lab, NULL, NULL) != HF_OK)
			_exit(4);
		faults_begin(faults);
		uint32_t next = hf_ledger_memory(lab->ledger)->serial + 1;
		for (unsigned i = 0; i < 3; i++) {
			if (lab_publish(lab->ledger, next, NULL) == HF_OK)
				_exit(0);
		}
		_exit(6);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (!killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		fail_msg("error at %u, killed at %u: status %x", faults->error_at, faults->power_at,
		        (unsigned)status);
}

/*
 * A sync of a commit fails, and soon afterwards all ends: what was said to have failed may turn out
 * to have been done. Then the version that it speaks of has to be there.
 */
static void failures_that_were_none(void **state)
{
	struct statelab lab;
	unsigned ends = 0;
	lab_open(&lab);
	for (uint32_t serial = 1; serial <= 3; serial++)
		assert_int_equal(lab_publish(lab.ledger, serial, NULL), HF_OK);
	for (unsigned error_at = 2; error_at < 30; error_at++) {
		for (unsigned after = 1; after < 20; after += 2) {
			const struct faults faults = {.error_at = error_at,
			        .error_count = 1,
			        .error_code = EIO,
			        .power_at = error_at + after,
			        .keeps = true};
			uint32_t before = lab_published(lab.ledger);
			uint32_t spent = hf_ledger_memory(lab.ledger)->serial;
			lab_close(&lab);
			publish_with(&lab, &faults);
			struct hf_diag diag;
			hf_diag_init(&diag, HF_DIAG_LIMIT);
			if (lab_try_open(&lab, NULL, &diag) != HF_OK)
				fail_msg("error at %u, killed at %u: %s", error_at, faults.power_at,
				        diag.entries[0].text);
			hf_diag_done(&diag);
			uint32_t found = lab_published(lab.ledger);
			assert_true(found == before || found == spent + 1);
			assert_true(lab_is_served(hf_ledger_memory(lab.ledger)->evidence, found));
			ends += found == before;
		}
	}
	lab_done(&lab);
	assert_in_range(ends, 50, 270);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(failures_that_were_none)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
