/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the rehearsal share. For this part only; the same thread rule.
 */
#ifndef HF_SIM_REHEARSAL_INSIDE_H
#define HF_SIM_REHEARSAL_INSIDE_H

#include "sim/rehearsal.h"
#include "sim/theatre_audit.h"

/* A way made ready for plays. */
struct hf_rehearsal_stage {
	const struct hf_rehearsal *rehearsal;
	const struct hf_rehearsal_way *way;
	struct hf_policy policy; /* the way's, perhaps without what happens by itself */
	struct hf_theatre_job job;
};
/* Borrows both; must not be moved afterwards. The job has the rehearsal's own faults. */
void hf_rehearsal_stage_init(const struct hf_rehearsal *rehearsal,
        const struct hf_rehearsal_way *way, struct hf_rehearsal_stage *ret_stage);

/* What a play amounts to without users. */
struct hf_rehearsal_judgement {
	struct hf_audit audit;
	bool failed;    /* some cache could fail, or the engine is stuck */
	bool announced; /* only because signatures ran out, and an alarm had said so before */
	int64_t notice; /* seconds from that alarm on */
};
enum hf_err hf_rehearsal_judge(const struct hf_theatre_job *job, const struct hf_theatre_play *play,
        struct hf_rehearsal_judgement *ret_judgement) HF_MUST_CHECK;

/*
 * Many plays of the first way with random faults, each until `until`, faults before `calm`; one
 * that fails is made small. `ret_result` has runs, stopped, seed and history afterwards.
 */
enum hf_err hf_rehearsal_runs(const struct hf_rehearsal_stage *stage, hf_time calm, hf_time until,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_rehearsal_result *ret_result) HF_MUST_CHECK;
/* The chosen faults and the random ones of a seed; the caller frees the array. */
enum hf_err hf_rehearsal_draw(const struct hf_rehearsal_stage *stage, uint64_t seed, hf_time calm,
        struct hf_theatre_fault **ret_faults, size_t *ret_count) HF_MUST_CHECK;

/* The users before a way: kinds that storm do so as servers and their delays let them. */
enum hf_err hf_rehearsal_people(const struct hf_rehearsal_way *way, const struct hf_people *people,
        uint64_t seed, struct hf_people *ret_people) HF_MUST_CHECK;
/* Figures, tables and the verdict of a play that was seen by users: story->users. */
enum hf_err hf_rehearsal_tell(const struct hf_rehearsal_stage *stage,
        const struct hf_theatre_play *play, const struct hf_rehearsal_judgement *judgement,
        struct hf_rehearsal_outcome *outcome) HF_MUST_CHECK;
/* The change that was asked for, as far as it came; NULL: there was none, or it was refused. */
const struct hf_theatre_ended *hf_rehearsal_change(const struct hf_theatre_play *play);

#endif
