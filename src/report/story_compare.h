/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stories of a report in figures: one row a figure, one value a story.
 *
 * What users met comes first, then the largest value of each series, then the figures that the
 * stories have of themselves. Borrows the report. One thread at a time.
 */
#ifndef HF_REPORT_STORY_COMPARE_H
#define HF_REPORT_STORY_COMPARE_H

#include "report/story_common.h"

struct hf_compare_row {
	char name[96];
	const char *unit; /* as for hf_figure_text; HF_COMPARE_TIME: an hf_time */
	/* NAN: the story has no such figure. */
	double values[HF_STORY_REPORT_STORIES];
};
#define HF_COMPARE_TIME "time"

struct hf_compare {
	struct hf_compare_row *rows;
	size_t count, cap;
};
void hf_compare_done(struct hf_compare *compare);
/* Of a report that hf_story_report_check found good. */
enum hf_err hf_compare_make(
        const struct hf_story_report *report, struct hf_compare *ret_compare) HF_MUST_CHECK;

/* The same as a table for people: the names, and a column for each story from `first` on, at most
 * HF_COMPARE_COLUMNS. */
#define HF_COMPARE_COLUMNS (HF_STORY_COLUMNS - 1)
enum hf_err hf_compare_table(const struct hf_compare *compare, const struct hf_story_report *report,
        size_t first, struct hf_story_table *ret_table) HF_MUST_CHECK;

/* A value as people read it; "-" for none. Returns `room`. */
const char *hf_compare_text(double value, const char *unit, char room[static HF_FIGURE_TEXT]);

#endif
