/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The report of a replayed scenario: its two runs, what Holdfast refused and why, what it could
 * not have prevented, and what the scenario rests on.
 *
 * Borrows from scenario and drama, which have to live longer. One thread at a time.
 */
#ifndef HF_REPORT_REPLAY_REPORT_H
#define HF_REPORT_REPLAY_REPORT_H

#include "report/story_report.h"
#include "sim/drama.h"

struct hf_replay_report {
	struct hf_story_report report; /* for hf_story_text and its like */
	bool fits;                     /* the replay shows what is known to have happened */
	struct hf_story *stories[2];
	struct hf_story_fact *facts;
	struct hf_story_unknown *unknowns;
	struct hf_story_table *tables;
	const char **notes;
	char **texts; /* what the report borrows, beyond scenario and drama */
	size_t text_count, text_cap;
};

/* `repeat` is the command that gives this report again; borrowed. */
enum hf_err hf_replay_report_make(const struct hf_scenario *scenario, const struct hf_drama *drama,
        const char *repeat, struct hf_replay_report *ret_report) HF_MUST_CHECK;
void hf_replay_report_done(struct hf_replay_report *report);

#endif
