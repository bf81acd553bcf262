/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Disks that fail at any call, and power that goes with whatever was not synced: the signer goes on
 * when it can, and what it told anybody is there afterwards.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crashline.h"
#include "powerloss.h"

#define ROUNDS   3  /* that a life has to do well */
#define ATTEMPTS 40 /* at them */

static void write_tale(void *context, const struct tale *tale)
{
	if (write(*(const int *)context, tale, sizeof(*tale)) != (ssize_t)sizeof(*tale))
		_exit(3);
}

/* Opens what is there, again and again while the disk fails. */
static void open_well(struct crashline *line, const struct statelab *where)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	unsigned tries = 0;
	while (crashline_open(line, where, &diag) != HF_OK) {
		crashline_close(line);
		if (++tries < ATTEMPTS)
			continue;
		for (size_t i = 0; i < diag.count; i++)
			fprintf(stderr, "%s\n", diag.entries[i].text);
		_exit(4);
	}
	hf_diag_done(&diag);
}

/* A life in a process of its own. What failed must not have changed what is published. */
static _Noreturn void live(const struct statelab *where, const struct faults *faults, int told)
{
	struct crashline line = {.tell = write_tale, .context = &told};
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	faults_begin(faults);
	open_well(&line, where);
	unsigned done = 0, tries = 0;
	while (done < ROUNDS && tries++ < ATTEMPTS) {
		uint32_t before = lab_published(line.lab.ledger);
		bool well = crashline_round(&line, &diag) == HF_OK;
		uint32_t after = lab_published(line.lab.ledger);
		if (well ? after <= before : after < before)
			_exit(5);
		done += well;
	}
	if (done < ROUNDS) {
		for (size_t i = 0; i < diag.count; i++)
			fprintf(stderr, "%s\n", diag.entries[i].text);
		_exit(6);
	}
	crashline_close(&line);
	unsigned calls = faults_end();
	if (write(told, &calls, sizeof(calls)) != (ssize_t)sizeof(calls))
		_exit(3);
	_exit(0);
}

/* Returns how many calls there were in all; 0 when the power went. */
static unsigned live_with(
        const struct statelab *where, const struct faults *faults, struct chronicle *chronicle)
{
	int ends[2], status;
	char bytes[sizeof(struct tale)];
	ssize_t got;
	unsigned calls = 0;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		live(where, faults, ends[1]);
	}
	close(ends[1]);
	while ((got = read(ends[0], bytes, sizeof(bytes))) == (ssize_t)sizeof(bytes)) {
		struct tale tale;
		memcpy(&tale, bytes, sizeof(tale));
		chronicle_add(chronicle, &tale);
	}
	if (got == (ssize_t)sizeof(calls))
		memcpy(&calls, bytes, sizeof(calls));
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != POWERLOSS_EXIT)
		fail_msg("error at %u (%u times, %d), power at %u, seed %u: exit code %d",
		        faults->error_at, faults->error_count, faults->error_code, faults->power_at,
		        faults->seed, WEXITSTATUS(status));
	return calls;
}

/* A world in which much has happened already, and how many calls a life there has. */
static unsigned begin(struct statelab *lab, struct chronicle *chronicle)
{
	const struct faults none = {.seed = 1};
	unsigned calls = 0;
	*chronicle = (struct chronicle){.list = NULL};
	lab_open(lab);
	lab_close(lab);
	for (unsigned i = 0; i < 4; i++)
		calls = live_with(lab, &none, chronicle);
	crashline_verify(lab, chronicle);
	assert_in_range(calls, 60, 2000);
	return calls;
}

static void end(struct statelab *lab, struct chronicle *chronicle)
{
	chronicle_done(chronicle);
	lab_remove(lab->root);
}

/* One call fails, or several in a row, all along a life; and the first life of a zone. */
static void failing_calls(void **state)
{
	static const struct {
		int code;
		unsigned count;
	} kinds[] = {{EIO, 1}, {EIO, 4}, {ENOSPC, 2}, {ENOSPC, 25}};
	unsigned lives = 0;
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		struct statelab lab;
		struct chronicle chronicle;
		unsigned calls = begin(&lab, &chronicle);
		for (unsigned at = 1 + (unsigned)kind; at < calls + 10; at += 5, lives++) {
			const struct faults faults = {.error_at = at,
			        .error_count = kinds[kind].count,
			        .error_code = kinds[kind].code,
			        .seed = at};
			live_with(&lab, &faults, &chronicle);
			crashline_verify(&lab, &chronicle);
		}
		end(&lab, &chronicle);
	}
	print_message("%u lives with failing calls\n", lives);
	assert_true(lives > 60);
}

static void failing_first_calls(void **state)
{
	for (unsigned at = 1; at < 60; at += 2) {
		struct statelab lab;
		struct chronicle chronicle = {.list = NULL};
		const struct faults faults = {
		        .error_at = at, .error_count = 1 + at % 3, .error_code = EIO, .seed = at};
		lab_open(&lab);
		lab_close(&lab);
		live_with(&lab, &faults, &chronicle);
		crashline_verify(&lab, &chronicle);
		end(&lab, &chronicle);
	}
}

/* The power goes at any call, now and then after the disk had failed; then the next life. */
static void losses_of_power(void **state)
{
	unsigned seed = 4711, lost = 0;
	for (unsigned at_world = 0; at_world < 6; at_world++) {
		struct statelab lab;
		struct chronicle chronicle;
		unsigned calls = begin(&lab, &chronicle);
		for (unsigned i = 0; i < 30; i++) {
			struct faults faults = {.seed = (unsigned)rand_r(&seed)};
			faults.power_at = 1 + (unsigned)rand_r(&seed) % calls;
			if (i % 3 == 0) {
				faults.error_at = 1 + (unsigned)rand_r(&seed) % faults.power_at;
				faults.error_count = 1 + (unsigned)rand_r(&seed) % 3;
				faults.error_code = i % 2 == 0 ? EIO : ENOSPC;
			}
			lost += live_with(&lab, &faults, &chronicle) == 0;
			crashline_verify(&lab, &chronicle);
		}
		end(&lab, &chronicle);
	}
	print_message("%u losses of power\n", lost);
	assert_true(lost > 120);
}

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
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != POWERLOSS_EXIT)
		fail_msg("error at %u, power at %u: exit code %d", faults->error_at,
		        faults->power_at, WEXITSTATUS(status));
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
				fail_msg("error at %u, power at %u: %s", error_at, faults.power_at,
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
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(failing_calls),
	        cmocka_unit_test(failing_first_calls),
	        cmocka_unit_test(losses_of_power),
	        cmocka_unit_test(failures_that_were_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
