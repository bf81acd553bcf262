/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What verifying a whole zone and verifying a change share: an owner's signatures, the apex, the
 * report. Everything belongs to one worker.
 */
#ifndef HF_VERIFY_JUDGE_H
#define HF_VERIFY_JUDGE_H

#include "verify/denial.h"
#include "verify/verify.h"

/* Room for this many owners in `worker->owners`. */
enum hf_err hf_owners_reserve(struct hf_worker *worker, size_t count) HF_MUST_CHECK;
/* Collects the signatures of an owner's sets that must be signed. The owner must stay. */
enum hf_err hf_owner_collect(struct hf_worker *worker, const struct hf_owner *owner) HF_MUST_CHECK;
/* One NSEC3 owner: its record is judged, its signatures are collected. `known` is for the owner's
 * member; `ring` and `end` as for hf_nsec3_judge_record. */
enum hf_err hf_nsec3_owner_collect(struct hf_worker *worker, const struct hf_node *node,
        const struct hf_node *known, struct hf_ring *ring, const struct hf_ring *end,
        struct hf_owner *ret_owner) HF_MUST_CHECK;
/* Judges an owner's signatures, in the order in which they were collected; `next` moves on. */
void hf_owner_judge_sets(struct hf_worker *worker, const struct hf_owner *owner, size_t *next);

void hf_apex_judge(struct hf_worker *worker);
/* A secondary without its primary serves what it has until the SOA's expire time is over. */
void hf_expire_judge(struct hf_worker *worker);
/* A zone without keys. */
void hf_unsigned_judge(struct hf_worker *worker);

/* Takes the worker's findings. The caller owns the report. */
enum hf_err hf_report_make(struct hf_worker *worker, const struct hf_verify_options *options,
        enum hf_scope scope, struct hf_report **ret_report) HF_MUST_CHECK;

#endif
