/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command of the operator's, run from the loop without a shell: a text on its standard input, a
 * few variables and a plain PATH as its whole environment, no other open file, a process group of
 * its own that is asked to end at the time limit and soon made to. For the loop's thread.
 */
#ifndef HF_DAEMON_HOOK_H
#define HF_DAEMON_HOOK_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct hf_hook;

struct hf_hook_variable {
	const char *name, *value;
};

struct hf_hook_end {
	bool good;      /* it exited with 0 in time */
	char text[160]; /* "exited with 0", "exited with 3", "was ended after 60 s" … */
};

struct hf_hook_job {
	char *const *command; /* NULL-terminated */
	const struct hf_hook_variable *variables;
	size_t variable_count;
	const char *input;                                          /* copied */
	unsigned seconds;                                           /* time limit */
	void (*done)(void *context, const struct hf_hook_end *end); /* once, unless stopped */
	void *context;
};

#define HF_HOOK_VARIABLES 16

/* HF_ERR_IO: it could not be started; `done` is not called then. The hook frees itself. */
enum hf_err hf_hook_run(
        uv_loop_t *loop, const struct hf_hook_job *job, struct hf_hook **ret_hook) HF_MUST_CHECK;
/* Ends it in the same way; `done` is not called any more, and its handles stay on the loop until it
 * has ended. NULL is fine. */
void hf_hook_stop(struct hf_hook *hook);

#endif
