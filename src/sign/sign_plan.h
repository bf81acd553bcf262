/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan of one signing: everything that is decided before the first signature is made.
 *
 * What the signed node of any owner looks like follows from the plan and the owner's neighbours
 * alone, so owners can be signed in any order, by any thread, and later one by one.
 * Read-only while workers use it. Borrows the job.
 */
#ifndef HF_SIGN_SIGN_PLAN_H
#define HF_SIGN_SIGN_PLAN_H

#include "sign/reuse.h"
#include "sign/sign_keys.h"

/* How names are denied. */
enum hf_denies {
	HF_DENIES_NOT, /* the zone becomes unsigned */
	HF_DENIES_NSEC,
	HF_DENIES_NSEC3,
};

struct hf_sign_plan {
	const struct hf_sign_job *job;
	const struct hf_sign_options *options;
	struct hf_version *zone; /* the input with its new apex sets */
	struct hf_sign_keys keys;
	struct hf_reuse reuse;
	enum hf_denies denies;
	struct hf_nsec3_params nsec3; /* flags: as in NSEC3 records */
	uint32_t denial_ttl;          /* RFC 9077: the smaller of SOA TTL and minimum */
	uint32_t serial;
	bool zonemd; /* asked for, or the input has one, which cannot fit any more */
};

/* HF_ERR_REFUSED when the job cannot be signed; several sentences at once where there are. */
enum hf_err hf_sign_plan_make(const struct hf_sign_job *job, struct hf_pool *pool,
        struct hf_diag *diag, struct hf_sign_plan *ret_plan) HF_MUST_CHECK;
/* The same without a judgement of any owner but the apex: for a change, whose caller judges what
 * changed (hf_input_check_owners). The zone must not need stripping. */
enum hf_err hf_sign_plan_change(const struct hf_sign_job *job, struct hf_diag *diag,
        struct hf_sign_plan *ret_plan) HF_MUST_CHECK;
void hf_sign_plan_done(struct hf_sign_plan *plan);

#endif
