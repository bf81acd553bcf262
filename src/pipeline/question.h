/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One question to the gate: a history file, and what is to be published or changed at the parent.
 *
 * Files become evidence and an offer here, and the gate's verdict comes back with what only the
 * history knows: which file each earlier version is, from when on a zone may be unsigned. One
 * question at a time a pool.
 */
#ifndef HF_PIPELINE_QUESTION_H
#define HF_PIPELINE_QUESTION_H

#include "coherence/gate.h"
#include "pipeline/history.h"

enum hf_question_flags {
	HF_QUESTION_WITHDRAW = 1 << 0, /* may the DS go? */
	HF_QUESTION_ROLLBACK = 1 << 1, /* which earlier versions could be published? */
	HF_QUESTION_ADD = 1 << 2,      /* note the candidate in the history when it is safe */
	HF_QUESTION_FORCE = 1 << 3,    /* note it also when it is unsafe */
	HF_QUESTION_STEP = 1 << 4,     /* could what the history says began then be done? */
};

/* Without a candidate, a DS set and flags: is the world coherent as it is? */
struct hf_gate_question {
	const char *history;   /* its path */
	const char *candidate; /* zone file; or NULL */
	const char *ds;        /* file of DS records; or NULL */
	unsigned flags;        /* enum hf_question_flags */
	hf_time at;
	struct hf_gate_options gate;
	struct hf_pool *pool;
	const struct hf_progress *progress;
};

/* An earlier version, and whether it could be published. */
struct hf_rollback {
	size_t fact; /* its number in the history */
	char *file;
	hf_time first, last;
	struct hf_gate_verdict *verdict;
};

struct hf_gate_answer {
	struct hf_name zone;
	struct hf_gate_question question; /* what was asked; borrowed */
	bool version, ds, serial;         /* what is offered, and whether it has a serial */
	bool withdrawal;                  /* the DS set that is offered is none */
	struct hf_gate_verdict *verdict;  /* NULL for a rollback */
	struct hf_rollback *rollbacks;    /* newest first */
	size_t rollback_count;
	hf_time unsigned_from; /* withdrawal: when the zone may be unsigned; HF_TIME_NEVER: unknown
	                        */
	uint64_t later_facts;  /* facts that begin after the time of the question: not looked at */
	bool added;            /* the candidate was noted in the history */
};

/* Errors as the parts' own; `diag` has the sentences. */
enum hf_err hf_question_ask(const struct hf_gate_question *question, struct hf_diag *diag,
        struct hf_gate_answer *ret_answer) HF_MUST_CHECK;
void hf_answer_done(struct hf_gate_answer *answer);
/* Whether all that was asked about is safe; for a rollback, whether any version could be. */
bool hf_answer_good(const struct hf_gate_answer *answer);

#endif
