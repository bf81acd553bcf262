/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The charts of a report: which there are, and the lines in them.
 *
 * What the users of all stories met goes into a chart for each measure, and so does each series,
 * known by its name; a line is a story. All charts have the same time axis. A line stays at a value
 * until the next point. Values are those of the stories; nothing is smoothed. Borrows the report.
 * One thread at a time.
 */
#ifndef HF_REPORT_CHART_MODEL_H
#define HF_REPORT_CHART_MODEL_H

#include "report/story_report.h"

struct hf_chart_line {
	const char *label; /* the story's title */
	size_t story;
	struct hf_story_point *points; /* owned; in order of time */
	size_t count;
	hf_time until; /* the last value holds until then */
	double peak, least;
};

struct hf_chart {
	const char *title; /* "Users whose look-ups fail" */
	const char *unit;  /* as for hf_figure_text */
	const char *axis;  /* what the values are, in words: "of their questions"; may be empty */
	const char *mark_text; /* what the mark says, behind its value: ": larger answers …" */
	double mark;           /* 0: none */
	double peak, least;    /* of all lines */
	struct hf_chart_line lines[HF_STORY_REPORT_STORIES]; /* of those that have points */
	size_t count;
	bool brief; /* belongs to a short form too */
};

struct hf_charts {
	hf_time from, until;
	struct hf_chart *list;
	size_t count, cap;
};
void hf_charts_done(struct hf_charts *charts);
/* Of a report that hf_story_report_check found good. */
enum hf_err hf_charts_make(
        const struct hf_story_report *report, struct hf_charts *ret_charts) HF_MUST_CHECK;

/* The largest value of a line between two times, until not included; NAN: it has none there. */
double hf_chart_value(const struct hf_chart_line *line, hf_time from, hf_time until);
/* Whether two lines have the same points. */
bool hf_chart_same(const struct hf_chart_line *a, const struct hf_chart_line *b);

#endif
