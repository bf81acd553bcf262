/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a zone can be signed, said before anything is signed.
 *
 * Every kind of problem is named with its first places; all kinds show in one run. Pure;
 * nothing is changed. Uses the pool's threads.
 */
#ifndef HF_SIGN_INPUT_H
#define HF_SIGN_INPUT_H

#include "sign/sign.h"

/* HF_ERR_INVALID: options that are out of range or contradict each other. */
enum hf_err hf_input_check_options(
        const struct hf_sign_options *options, struct hf_diag *diag) HF_MUST_CHECK;
/* HF_ERR_REFUSED: `zone` cannot be signed. Warnings go to the job's. */
enum hf_err hf_input_check(const struct hf_sign_job *job, const struct hf_version *zone,
        struct hf_pool *pool, struct hf_diag *diag) HF_MUST_CHECK;
/* The parts of the same: what must be at the apex, and the judgement of some owners of `zone`. */
enum hf_err hf_input_check_apex(const struct hf_sign_job *job, const struct hf_version *zone,
        struct hf_diag *diag) HF_MUST_CHECK;
enum hf_err hf_input_check_owners(const struct hf_sign_job *job, const struct hf_version *zone,
        const struct hf_node *const *nodes, size_t count, struct hf_diag *diag) HF_MUST_CHECK;
/* The largest TTL that a signed RRset may have, in seconds. */
int64_t hf_input_ttl_limit(const struct hf_sign_options *options);
/* HF_ERR_REFUSED: caches would keep this set longer than its signatures may have left. */
enum hf_err hf_input_check_ttl(const struct hf_sign_options *options, const struct hf_name *owner,
        uint16_t type, uint32_t ttl, struct hf_diag *diag) HF_MUST_CHECK;
/* The zone without signatures and denial records. The caller owns a reference. */
enum hf_err hf_input_strip(
        const struct hf_version *zone, struct hf_version **ret_zone) HF_MUST_CHECK;

#endif
