/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two stories side by side: which of their moments stand in one row.
 *
 * A row has a moment of either story, or of both when they are of the same time. What happens in
 * both in the same words is shared, so that it need not be read twice. Borrows the stories. One
 * thread at a time.
 */
#ifndef HF_REPORT_STORY_ROWS_H
#define HF_REPORT_STORY_ROWS_H

#include "sim/story.h"

struct hf_story_row {
	hf_time at;
	const struct hf_moment *left, *right; /* NULL: nothing happens there */
	bool shared;                          /* both are there, and say the same */
};

struct hf_story_rows {
	struct hf_story_row *list;
	size_t count;
};
void hf_story_rows_done(struct hf_story_rows *rows);
/* `right` NULL: there is just one story. */
enum hf_err hf_story_rows_make(const struct hf_story *left, const struct hf_story *right,
        struct hf_story_rows *ret_rows) HF_MUST_CHECK;

/*
 * Which rows a short form shows: all when there are at most `most`; else the first ones and those
 * that matter (refusals, faults, alarms, users, decisions), or of too many of these the first and
 * the last. `shown` has a place for each row. How many are not shown.
 */
size_t hf_story_rows_choose(const struct hf_story_rows *rows, size_t most, bool *shown);

/* Whether most rows are the only ones of their day, so that each should have its date. */
bool hf_story_rows_sparse(const struct hf_story_rows *rows);

/* "GO/NO-GO", "REFUSED", "step": in front of the text. */
const char *hf_moment_label(const struct hf_moment *moment);

#endif
