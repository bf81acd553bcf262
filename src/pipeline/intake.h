/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The check before signing: may this input follow the one before it?
 *
 * An input that is damaged at its source is best caught here: a serial that went back, half the
 * delegations gone, an apex that no resolver could use, a TTL that outlives signatures. Judged from
 * versions and the policy alone. Pure: no clock, no I/O. Thread-safe.
 */
#ifndef HF_PIPELINE_INTAKE_H
#define HF_PIPELINE_INTAKE_H

#include "base/pool.h"
#include "rollover/policy.h"
#include "zone/version.h"

/* What the size check counts. */
struct hf_intake_sizes {
	uint64_t names, delegations, secure; /* secure: delegations with a DS RRset */
};

struct hf_intake_question {
	const struct hf_version *before; /* the last input that passed; NULL: none */
	/* Of `before`: what an earlier check returned, so that it need not be counted again. */
	const struct hf_intake_sizes *sizes; /* NULL: not known */
	const struct hf_version *input;      /* without DNSSEC records, unless `is_signed` */
	const struct hf_policy *policy;
	bool is_signed;   /* another signer's zone: signatures are judged elsewhere */
	bool any_removal; /* a person accepted what goes */
	hf_time at;
};

enum hf_intake_result {
	HF_INTAKE_PASSED,
	HF_INTAKE_SAME,    /* the input before: nothing to do */
	HF_INTAKE_FAILED,  /* `text` says why, and what to do */
	HF_INTAKE_REMOVAL, /* it takes away more than the policy allows without a person */
};

#define HF_INTAKE_TEXT 640
struct hf_intake_verdict {
	enum hf_intake_result result;
	char text[HF_INTAKE_TEXT];        /* one or two sentences */
	struct hf_intake_sizes sizes;     /* of the input; when it passed */
	uint64_t added, removed, changed; /* owners */
};

/*
 * A change of k of n owners costs O(k log n) when the versions share pages; the first input, and
 * one that shares none, costs a walk over the zone. What a small change of a large zone means is
 * not judged here but with the signed version. Warnings go to `warnings`, which may be NULL.
 */
enum hf_err hf_intake_judge(const struct hf_intake_question *question, struct hf_pool *pool,
        struct hf_diag *warnings, struct hf_diag *diag,
        struct hf_intake_verdict *ret_verdict) HF_MUST_CHECK;

#endif
