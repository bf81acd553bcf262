/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One zone's way, once: load, sign, verify, write.
 *
 * The signed file takes its name only after it was verified good and is on disk; until then, and
 * after any error, the target is as it was. One run at a time a pool.
 */
#ifndef HF_PIPELINE_ONESHOT_H
#define HF_PIPELINE_ONESHOT_H

#include "sign/sign.h"
#include "verify/verify.h"

struct hf_oneshot_job {
	const char *input;    /* zone file; "-" is standard input */
	const char *output;   /* signed zone file; "-" is standard output */
	const char *origin;   /* zone name; NULL: the owner of the one SOA record */
	const char *keys;     /* folder of key files */
	const char *previous; /* signed zone file whose signatures may be re-used; or NULL */
	struct hf_sign_options sign;
	bool unverified; /* write without verifying */
	struct hf_pool *pool;
	const struct hf_progress *progress; /* may be NULL */
	struct hf_diag *warnings;           /* may be NULL */
};

struct hf_oneshot_result {
	struct hf_name zone;
	uint32_t serial;
	uint64_t names; /* without those of NSEC3 records */
	uint64_t rrsets;
	uint64_t made, reused; /* signatures */
	bool has_expiry;
	hf_time first_expiry;
	struct hf_report *report; /* NULL when it was not verified; the caller owns it */
	bool written;             /* false: the verdict was not good, and the target is untouched */
};

/* Errors as the parts' own; `diag` has the sentences. */
enum hf_err hf_oneshot_run(const struct hf_oneshot_job *job, struct hf_diag *diag,
        struct hf_oneshot_result *ret_result) HF_MUST_CHECK;
void hf_oneshot_result_done(struct hf_oneshot_result *result);

#endif
