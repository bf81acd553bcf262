/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures: which (RRset, RRSIG, key) triples to check, checking them, and what follows.
 *
 * The three steps are apart so that the middle one, nearly all of the time, can work on many
 * triples at once: hf_sigs_collect for every set of a group, hf_triples_check, then hf_sigs_judge
 * for every set in the same order. Everything belongs to one worker.
 */
#ifndef HF_VERIFY_SIGCHECK_H
#define HF_VERIFY_SIGCHECK_H

#include "verify/worker.h"

struct hf_triple {
	const struct hf_name *owner;
	struct hf_rrset set;
	struct hf_rdata rrsig;
	uint16_t key; /* index into the facts' keys */
	bool known;   /* verified before: the same key, records and signature */
	bool good;    /* filled in by hf_triples_check */
};

/* Adds the triples of a set that must be signed. `owner` must stay until they are judged. */
enum hf_err hf_sigs_collect(struct hf_worker *worker, const struct hf_owner *owner,
        const struct hf_rrset *set) HF_MUST_CHECK;
enum hf_err hf_triples_check(struct hf_worker *worker) HF_MUST_CHECK;
/* Takes one verdict of the worker's batch; `context` is the worker, `tag` a triple's index. */
void hf_triple_done(void *context, uint64_t tag, bool good);
/* Judges a set that was collected. `next` is the index of its first triple and moves on. */
void hf_sigs_judge(struct hf_worker *worker, const struct hf_name *owner,
        const struct hf_rrset *set, size_t *next);
/* Judges the signatures of a set that must not have any, or that is not there. */
void hf_sigs_unexpected(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set);

#endif
