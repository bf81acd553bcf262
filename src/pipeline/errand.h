/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errands: a command of the operator's, run for a bounded time.
 *
 * It is started without a shell, in a session and process group of its own, with default signals,
 * no input, no other open file than the standard three, and only the environment that it is given.
 * At the time limit its group is asked to end and soon after made to; what is left of the group
 * when the command itself has ended is ended too (what left the group on purpose is not). It is
 * killed when the thread that waits for it dies. Blocks its thread; any number at the same time.
 */
#ifndef HF_PIPELINE_ERRAND_H
#define HF_PIPELINE_ERRAND_H

#include <stdatomic.h>

#include "base/diag.h"

#define HF_ERRAND_OUTPUT 65536 /* bytes of output that are kept: the first ones */
#define HF_ERRAND_GRACE  5     /* seconds */

struct hf_errand {
	const char *const *command; /* NULL-terminated; without a slash it is looked for in PATH */
	const char *const *environment; /* NULL-terminated "NAME=VALUE", besides PATH and LC_ALL */
	const char *folder;             /* in which it runs; NULL: "/" */
	unsigned seconds;               /* time limit; at least 1 */
	unsigned grace; /* seconds from asking it to end to making it; 0: HF_ERRAND_GRACE */
	const atomic_bool *stop; /* end it early when this becomes true; NULL: never */
};

struct hf_errand_end {
	int status;     /* exit status; -1: it did not exit by itself */
	int signal;     /* that ended it; 0: none */
	bool late;      /* the time limit ended it */
	bool stopped;   /* `stop` ended it */
	double seconds; /* from its start to its end */
	char *output;   /* what it wrote, both streams as they came, ends with a NUL; owned */
	size_t output_len;
	uint64_t dropped; /* bytes of output that were not kept */
};

/* HF_ERR_NOTFOUND: there is no such command. HF_ERR_IO: it could not be started. HF_ERR_INVALID: no
 * command or no time limit. The caller owns the output. */
enum hf_err hf_errand_run(const struct hf_errand *errand, struct hf_diag *diag,
        struct hf_errand_end *ret_end) HF_MUST_CHECK;
void hf_errand_end_done(struct hf_errand_end *end);

#endif
