/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof that a version may be published: every signature is good, and whatever caches hold goes
 * with it.
 *
 * Two steps, each a stage of the line: the verifier's report, then the gate's verdict on what a
 * survey found. Both are O(k log n) for a change of k owners to a version that was proved before.
 * What is served is entered in the evidence in a plain form (see below), so that the many versions
 * of a busy zone are few contents. One thread at a time an evidence.
 */
#ifndef HF_PIPELINE_PROOF_H
#define HF_PIPELINE_PROOF_H

#include "coherence/gate.h"
#include "coherence/survey.h"
#include "rollover/policy.h"
#include "verify/verify.h"

struct hf_proof_question {
	const struct hf_version *version;
	const struct hf_version *before; /* proved good earlier, and signed; NULL: none */
	const struct hf_survey *survey;  /* of `before`, in the same evidence; NULL: none */
	struct hf_evidence *evidence;
	const struct hf_policy *policy;
	hf_time at;
	int64_t next;       /* seconds until the next publication at the latest; 0: not known */
	bool unsigned_zone; /* the version has no DNSSEC records, and is meant to have none */
	bool ds_first;      /* it asks for a DS of a key that is to be published later */
	struct hf_pool *pool;
	const struct hf_progress *progress;
};

#define HF_PROOF_TEXT 640
/* Zero-initialised is empty; `text` is the last step's result in a sentence or two. */
struct hf_proof {
	bool good; /* by hf_proof_verify */
	bool safe; /* by hf_proof_gate */
	/* Resolvers fail already, whatever is published, and this version makes that no worse. */
	bool broken_already;
	hf_time earliest_safe; /* HF_TIME_NEVER: not by waiting */
	bool no_evidence;      /* unsafe for this one reason: nothing is known of the parent's DS */
	char text[HF_PROOF_TEXT];
	struct hf_survey survey;
	struct hf_served *served; /* what it serves, in plain form */
	size_t served_count;
};

void hf_proof_done(struct hf_proof *proof);
enum hf_err hf_proof_verify(const struct hf_proof_question *question, struct hf_diag *diag,
        struct hf_proof *proof) HF_MUST_CHECK;
/*
 * Surveys, and asks the gate. In the plain form of a content, the beginning of a signature that
 * holds already is 0, because no time before now is ever asked about again; its end is earlier by
 * at most an eighth of what it outlasts its TTL by. Whatever is safe for the plain form is safe.
 */
enum hf_err hf_proof_gate(const struct hf_proof_question *question, struct hf_diag *diag,
        struct hf_proof *proof) HF_MUST_CHECK;

/* The DS set that the parent's servers agree on, as far as the evidence shows. False: they differ,
 * or nothing is known. */
bool hf_proof_ds(const struct hf_evidence *evidence, uint32_t *ret_content);

#endif
