/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proving a whole zone good, or naming everything that is wrong with it.
 *
 * Independent of src/sign: what must be signed and what a denial chain must look like is derived
 * here from the records alone (RFC 4033–4035, 5155, 6840, 8976 and the checks in checks.h).
 * Pure: no clock, no I/O. Uses the pool's threads; one verification at a time a pool.
 */
#ifndef HF_VERIFY_VERIFY_H
#define HF_VERIFY_VERIFY_H

#include "base/diag.h"
#include "base/pool.h"
#include "verify/report.h"
#include "zone/version.h"

struct hf_verify_options {
	hf_time at;                /* signatures are judged at this time */
	const struct hf_rdata *ds; /* the parent's DS RRset; with ds_given */
	size_t ds_count;
	bool ds_given;       /* judge the link from the parent, also when the set is empty */
	size_t max_findings; /* 0: HF_VERIFY_MAX_FINDINGS */
};
#define HF_VERIFY_MAX_FINDINGS 100

/* The caller owns the report. A zone that is bad is HF_OK with `good` false. */
enum hf_err hf_verify_zone(const struct hf_version *version,
        const struct hf_verify_options *options, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_report **ret_report) HF_MUST_CHECK;

#endif
