/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Killed at random moments, hundreds of times: whatever was told to anybody is there, nothing is
 * done twice, and the next life goes on.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crashline.h"

#define WORLDS 6
#define KILLS  55 /* of each world: 330 in all */

static void write_tale(void *context, const struct tale *tale)
{
	if (write(*(const int *)context, tale, sizeof(*tale)) != (ssize_t)sizeof(*tale))
		_exit(3);
}

/* In a process of its own, until it is killed. */
static void live(const struct statelab *where, int told)
{
	struct crashline line = {.tell = write_tale, .context = &told};
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = crashline_open(&line, where, &diag);
	while (err == HF_OK)
		err = crashline_round(&line, &diag);
	fprintf(stderr, "%s: %s\n", hf_err_text(err),
	        diag.count > 0 ? diag.entries[0].text : "no sentence");
	_exit(2);
}

/* Lets one live until it has told some tales and for a moment more; a busy machine changes nothing
 * about how much is done. What it told is in the chronicle afterwards. */
static void live_and_die(
        const struct statelab *where, unsigned tales, useconds_t after, struct chronicle *chronicle)
{
	int ends[2], status;
	struct tale tale;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		live(where, ends[1]);
	}
	close(ends[1]);
	for (; tales > 0 && read(ends[0], &tale, sizeof(tale)) == (ssize_t)sizeof(tale); tales--)
		chronicle_add(chronicle, &tale);
	usleep(after);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	while (read(ends[0], &tale, sizeof(tale)) == (ssize_t)sizeof(tale))
		chronicle_add(chronicle, &tale);
	close(ends[0]);
}

static void random_kills(void **state)
{
	unsigned seed = 20261122, kinds[3] = {0};
	for (unsigned world = 0; world < WORLDS; world++) {
		struct statelab lab;
		struct chronicle chronicle = {.list = NULL};
		lab_open(&lab);
		lab_close(&lab);
		for (unsigned i = 0; i < KILLS; i++) {
			unsigned tales = (unsigned)rand_r(&seed) % 6;
			live_and_die(&lab, tales, (useconds_t)(rand_r(&seed) % 6000), &chronicle);
			crashline_verify(&lab, &chronicle);
		}
		for (size_t i = 0; i < chronicle.count; i++)
			kinds[chronicle.list[i].kind]++;
		chronicle_done(&chronicle);
		lab_remove(lab.root);
	}
	print_message("%d kills: %u versions, %u keys made, %u destroyed\n", WORLDS * KILLS,
	        kinds[TALE_VISIBLE], kinds[TALE_MADE], kinds[TALE_GONE]);
	/* All that there is to do was done, many times over. */
	assert_true(kinds[TALE_VISIBLE] > 300);
	assert_true(kinds[TALE_MADE] > 30);
	assert_true(kinds[TALE_GONE] > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_kills)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
