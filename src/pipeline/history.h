/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A history file: the evidence of one zone as JSON, easy to write by hand (holdfast-history(5)).
 *
 * Loading gives the evidence, and a survey of each zone file that the history names. A history says
 * what was, so it is either taken whole or refused with a sentence that names the fact: nothing in
 * it is passed over, and fields that nobody knows are errors. One thread at a time.
 */
#ifndef HF_PIPELINE_HISTORY_H
#define HF_PIPELINE_HISTORY_H

#include "coherence/survey.h"

#define HF_HISTORY_BYTES (64u << 20) /* over it is HF_ERR_LIMIT */
#define HF_HISTORY_FACTS 20000

/* Places that are no addresses: what this signer hands out, all of the parent's servers alike
 * (where a `ds` fact without a place was seen), and resolvers with a trust anchor instead of a DS.
 */
#define HF_HISTORY_PUBLISHED "published"
#define HF_HISTORY_PARENT    "parent"
#define HF_HISTORY_ANCHORS   "anchors"

/* A version of the zone that was published, or served by some place. */
struct hf_history_version {
	size_t fact;      /* its number in the file, from 1 */
	const char *file; /* as the history names it; borrowed */
	uint32_t place;
	hf_time first, last; /* HF_TIME_NEVER: still served */
	struct hf_survey survey;
};

struct hf_history {
	struct hf_evidence *evidence;
	struct hf_served *step; /* with HF_HISTORY_STEP: what would be served from then on */
	size_t step_count, step_cap;
	uint32_t step_serial;                /* of its zone file; 0: there is none */
	struct hf_history_version *versions; /* in the order of the file */
	size_t version_count;
	struct hf_told *told; /* what `file` above borrows from */
};

enum hf_history_flags {
	HF_HISTORY_STEP = 1 << 0, /* what begins or ends at `at` is still to come: it is no
	                             evidence, but what is asked about */
	HF_HISTORY_PAST = 1 << 1, /* what begins or ends after `at` has not happened yet */
};

struct hf_history_options {
	enum hf_history_flags flags;
	struct hf_pool *pool; /* for zone files */
	const struct hf_progress *progress;
	hf_time at; /* of the question; RRSIG stamps are read around it */
};

/* Zone files are looked for in the folder of the history file. `path` "-" is standard input. */
enum hf_err hf_history_load(const char *path, const struct hf_history_options *options,
        struct hf_diag *diag, struct hf_history **ret_history) HF_MUST_CHECK;
/* The same from memory; `name` stands for the file in messages. `folder` NULL: zone files are
 * refused. */
enum hf_err hf_history_parse(const char *name, const char *folder, const char *text, size_t len,
        const struct hf_history_options *options, struct hf_diag *diag,
        struct hf_history **ret_history) HF_MUST_CHECK;
void hf_history_free(struct hf_history *history);

/*
 * Appends that `zone_file` is published from `at` on, and closes what was published until then.
 * The history file is replaced whole or not at all. HF_ERR_INVALID: `at` is before something
 * that the history says is published.
 */
enum hf_err hf_history_add(
        const char *path, const char *zone_file, hf_time at, struct hf_diag *diag) HF_MUST_CHECK;

#endif
