/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reviews: a command of the operator's looks at a version and says yes or no.
 *
 * An errand (pipeline/errand.h) that finds the version as a zone file in a folder that only its
 * user can read, and in which it runs. Exit status 0 accepts and 1 rejects; anything else, the time
 * limit too, is no verdict.
 *
 * Its environment: HOLDFAST_ZONE, HOLDFAST_SERIAL, HOLDFAST_STAGE ("unsigned" or "signed"),
 * HOLDFAST_FILE (path of the zone file), where there is one HOLDFAST_PREVIOUS (path of the zone
 * file that it is to replace), and HOLDFAST_SERVER, HOLDFAST_PORT and HOLDFAST_KEY: where and with
 * which TSIG key the version can be transferred meanwhile (pipeline/review_server.h). Blocks its
 * thread until the command has ended. Any number at the same time, in different folders.
 */
#ifndef HF_PIPELINE_REVIEW_H
#define HF_PIPELINE_REVIEW_H

#include "base/pool.h"
#include "pipeline/errand.h"
#include "zone/version.h"

struct hf_review_job {
	const char *const *command; /* NULL-terminated; without a slash it is looked for in PATH */
	unsigned seconds;           /* time limit; at least 1 */
	const char *stage;          /* "unsigned" or "signed" */
	const struct hf_version *version;
	const struct hf_version *previous; /* what is published; NULL: nothing, or not wanted */
	const char *folder;      /* in which a folder "review" is made, and removed at the end */
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
	struct hf_errand_end end;  /* how the command ended, and what it wrote */
	char text[HF_REVIEW_TEXT]; /* one sentence, with the first line that it wrote */
};

/* HF_ERR_IO: the command could not be run at all, or the zone file not be written. `pool` NULL: on
 * this thread alone. The caller owns the verdict. */
enum hf_err hf_review_run(const struct hf_review_job *job, struct hf_pool *pool,
        struct hf_diag *diag, struct hf_review_verdict *ret_verdict) HF_MUST_CHECK;
void hf_review_verdict_done(struct hf_review_verdict *verdict);

#endif
