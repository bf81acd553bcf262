/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reviews: a command of the operator's looks at a version and says yes or no.
 *
 * The command is started without a shell, with a clean environment, default signals, no open file
 * but the standard three, in a process group of its own. It finds the version as a zone file in a
 * folder that only its user can read. Exit status 0 accepts and 1 rejects; anything else, and the
 * time limit, is no verdict. What it leaves running is killed with it, and it is killed when the
 * thread or process that waits for it dies.
 *
 * Its environment: HOLDFAST_ZONE, HOLDFAST_SERIAL, HOLDFAST_STAGE ("unsigned" or "signed"),
 * HOLDFAST_FILE (path of the zone file), and where there is one HOLDFAST_PREVIOUS (path of the
 * zone file that it is to replace) and HOLDFAST_SERVER ("ADDRESS#PORT", where the version can be
 * transferred); besides that PATH and LC_ALL. Blocks its thread until the command has ended.
 * Any number at the same time, in different folders.
 */
#ifndef HF_PIPELINE_REVIEW_H
#define HF_PIPELINE_REVIEW_H

#include <stdatomic.h>

#include "base/pool.h"
#include "zone/version.h"

#define HF_REVIEW_OUTPUT 65536 /* bytes of output that are kept: the first ones */
#define HF_REVIEW_GRACE  5     /* seconds between the request to end and the end by force */

struct hf_review_job {
	const char *const *command; /* NULL-terminated; without a slash it is looked for in PATH */
	unsigned seconds;           /* time limit; at least 1 */
	const char *stage;          /* "unsigned" or "signed" */
	const struct hf_version *version;
	const struct hf_version *previous; /* what is published; NULL: nothing, or not wanted */
	const char *server;                /* "ADDRESS#PORT"; NULL: none */
	const char *folder;      /* in which the folder "review" is made, and removed at the end */
	const atomic_bool *stop; /* end it early when this becomes true; NULL: never */
};

enum hf_review_answer {
	HF_REVIEW_ACCEPTED,
	HF_REVIEW_REJECTED,
	HF_REVIEW_FAILED, /* no verdict */
};

#define HF_REVIEW_TEXT 640
struct hf_review_verdict {
	enum hf_review_answer answer;
	int status;     /* exit status; -1: it did not exit by itself */
	int signal;     /* that ended it; 0: none */
	bool late;      /* the time limit ended it */
	bool stopped;   /* `stop` ended it */
	double seconds; /* from its start to its end */
	char *output;   /* what it wrote, both streams as they came, ends with a NUL; owned */
	size_t output_len;
	uint64_t dropped;          /* bytes of output that were not kept */
	char text[HF_REVIEW_TEXT]; /* one sentence, with the first line of output */
};

/* HF_ERR_IO: the command could not be run at all, or the zone file not be written. `pool` NULL: on
 * this thread alone. The caller owns the verdict. */
enum hf_err hf_review_run(const struct hf_review_job *job, struct hf_pool *pool,
        struct hf_diag *diag, struct hf_review_verdict *ret_verdict) HF_MUST_CHECK;
void hf_review_verdict_done(struct hf_review_verdict *verdict);

#endif
