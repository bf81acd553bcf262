/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/chart_text.h"
#include "report/story_compare.h"
#include "report/story_lines.h"
#include "report/story_rows.h"

#define ROWS_MOST 90 /* moments that are shown, unless all are asked for */
#define CLOCK     10 /* columns of the time of a moment, and what is behind it */
#define DATED     21 /* the same with the date */
#define LABEL     10 /* columns of its kind, where there is one story */
#define SHARED    "both: "

struct sheet {
	const struct hf_story_report *report;
	size_t width;
	unsigned flags; /* enum hf_story_view_flags */
	struct hf_buf *out;
};

static void put_heading(const struct sheet *sheet, const char *text)
{
	hf_put_text(sheet->out, "\n");
	hf_put_block(sheet->out, &(struct hf_block){.width = sheet->width, .lead = ""}, text);
}

static void put_item(const struct sheet *sheet, const char *text)
{
	hf_put_block(sheet->out,
	        &(struct hf_block){.width = sheet->width, .indent = 2, .lead = "- "}, text);
}

static void put_indented(const struct sheet *sheet, size_t indent, const char *text)
{
	hf_put_block(sheet->out,
	        &(struct hf_block){.width = sheet->width, .indent = indent, .lead = ""}, text);
}

/* ---- The head ---- */

/* How a run ended, unless that was said already. */
static void put_run(const struct sheet *sheet, const struct hf_story *story)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf line = {0};
	const char *sentence = story->verdict != NULL ? story->verdict : "nobody was asked";
	if (strcmp(sentence, hf_story_report_verdict(sheet->report)) == 0)
		sentence = "as said above";
	hf_put_format(&line, "%s: %s", story->title, sentence);
	hf_put_u8(&line, 0);
	sheet->out->failed |= line.failed;
	if (!line.failed)
		put_item(sheet, (const char *)line.data);
}

static void put_head(const struct sheet *sheet)
{
	const struct hf_story_report *report = sheet->report;
	const struct hf_block verdict = {
	        .width = sheet->width, .indent = 2, .lead = report->good ? "GOOD: " : "NOT GOOD: "};
	hf_put_block(
	        sheet->out, &(struct hf_block){.width = sheet->width, .lead = ""}, report->title);
	if (report->subject != NULL)
		put_indented(sheet, 2, report->subject);
	hf_put_block(sheet->out, &verdict, hf_story_report_verdict(report));
	for (size_t i = 0; report->story_count > 1 && i < report->story_count; i++)
		put_run(sheet, report->stories[i]);
	for (size_t i = 0; i < report->note_count; i++)
		put_item(sheet, report->notes[i]);
}

/* ---- What happened ---- */

static void make_cell(
        struct hf_buf *cell, size_t width, const struct hf_moment *moment, const char *lead)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	if (moment == NULL)
		return;
	hf_put_format(&text, "%s%s: %s", lead, hf_moment_label(moment), moment->text);
	hf_put_u8(&text, 0);
	cell->failed |= text.failed;
	if (!text.failed)
		hf_put_lines(cell, width, 2, (const char *)text.data);
}

/* What the rows of the table of moments have in common. */
struct timeline {
	const struct hf_story *stories[2]; /* the second one may be NULL */
	struct hf_story_rows rows;
	bool *shown;
	bool dated;   /* each row has its date; else days have rows of their own */
	size_t clock; /* columns of the time */
};

/* Each line of a text behind a lead, which stands in the first one only. */
static void put_behind(
        struct hf_buf *out, size_t columns, const char *lead, const struct hf_buf *lines)
{
	out->failed |= lines->failed;
	for (size_t at = 0; !out->failed && at < lines->len;) {
		const char *line = (const char *)lines->data + at;
		size_t len = strcspn(line, "\n");
		hf_put_format(out, "%-*s", (int)columns, at == 0 ? lead : "");
		hf_put_bytes(out, line, len);
		hf_put_text(out, "\n");
		at += len + 1;
	}
}

static void put_row(
        const struct sheet *sheet, const struct timeline *timeline, const struct hf_story_row *row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf left = {0}, right = {0}, both = {0};
	char at[HF_TIME_TEXT], clock[DATED + 1];
	size_t room = sheet->width - timeline->clock, half = (room - 3) / 2;
	bool two = timeline->stories[1] != NULL;
	hf_time_rfc3339(row->at, at);
	snprintf(clock, sizeof(clock), "%.*s%s%.8s", timeline->dated ? 10 : 0, at,
	        timeline->dated ? " " : "", at + 11);
	if (!two || row->shared) {
		make_cell(&both, room, row->left, two ? SHARED : "");
	} else {
		make_cell(&left, half, row->left, "");
		make_cell(&right, half, row->right, "");
		hf_put_beside(&both, half, &left, &right);
	}
	hf_put_u8(&both, 0);
	both.len -= !both.failed;
	put_behind(sheet->out, timeline->clock, clock, &both);
}

static void put_rows(const struct sheet *sheet, const struct timeline *timeline)
{
	char at[HF_TIME_TEXT], day[HF_TIME_TEXT] = "";
	size_t hidden = 0;
	for (size_t i = 0; i < timeline->rows.count; i++) {
		if (!timeline->shown[i]) {
			hidden++;
			continue;
		}
		if (hidden > 0)
			hf_put_format(sheet->out, "%*s... %zu more moment%s\n",
			        (int)timeline->clock, "", hidden, hidden == 1 ? "" : "s");
		hidden = 0;
		hf_time_rfc3339(timeline->rows.list[i].at, at);
		if (!timeline->dated && strncmp(at, day, 10) != 0)
			hf_put_format(sheet->out, "%.10s\n", at);
		memcpy(day, at, sizeof(day));
		put_row(sheet, timeline, &timeline->rows.list[i]);
	}
}

static void put_titles(const struct sheet *sheet, const struct timeline *timeline)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf left = {0}, right = {0}, both = {0};
	size_t half = (sheet->width - timeline->clock - 3) / 2;
	hf_put_lines(&left, half, 0, timeline->stories[0]->title);
	hf_put_lines(&right, half, 0, timeline->stories[1]->title);
	hf_put_beside(&both, half, &left, &right);
	hf_put_u8(&both, 0);
	both.len -= !both.failed;
	put_behind(sheet->out, timeline->clock, "", &both);
}

static enum hf_err put_timeline(const struct sheet *sheet)
{
	const struct hf_story_report *report = sheet->report;
	struct timeline timeline = {.stories = {report->stories[0],
	                                    report->story_count == 2 ? report->stories[1] : NULL}};
	enum hf_err err =
	        hf_story_rows_make(timeline.stories[0], timeline.stories[1], &timeline.rows);
	if (err != HF_OK || timeline.rows.count == 0)
		goto done;
	timeline.shown = calloc(timeline.rows.count, sizeof(*timeline.shown));
	if (timeline.shown == NULL) {
		err = HF_ERR_NOMEM;
		goto done;
	}
	timeline.dated = hf_story_rows_sparse(&timeline.rows);
	timeline.clock = timeline.dated ? DATED : CLOCK;
	bool all = (sheet->flags & HF_STORY_ALL) != 0;
	size_t hidden = hf_story_rows_choose(
	        &timeline.rows, all ? timeline.rows.count : ROWS_MOST, timeline.shown);
	put_heading(sheet, "What happened (UTC)");
	if (timeline.stories[1] != NULL)
		put_titles(sheet, &timeline);
	else if (report->story_count > 1)
		put_indented(sheet, timeline.clock, timeline.stories[0]->title);
	put_rows(sheet, &timeline);
	if (hidden > 0)
		put_indented(sheet, timeline.clock, "The forms for HTML and JSON have them all.");
done:
	free(timeline.shown);
	hf_story_rows_done(&timeline.rows);
	return err;
}

/* ---- Figures ---- */

static enum hf_err put_charts(const struct sheet *sheet)
{
	HF_CLEANUP(hf_charts_done) struct hf_charts charts = {0};
	const struct hf_chart_view view = {.width = (unsigned)sheet->width,
	        .utf8 = (sheet->flags & HF_STORY_UTF8) != 0,
	        .stories = sheet->report->story_count == 2 ? 2 : 1};
	enum hf_err err = hf_charts_make(sheet->report, &charts);
	for (size_t i = 0; err == HF_OK && i < charts.count; i++) {
		if (!charts.list[i].brief)
			continue;
		hf_put_text(sheet->out, "\n");
		hf_chart_put_text(sheet->out, &charts, &charts.list[i], &view);
	}
	return err;
}

static void put_table(const struct sheet *sheet, const struct hf_story_table *table)
{
	hf_put_text(sheet->out, "\n");
	hf_put_table(sheet->out, sheet->width, table);
}

static enum hf_err put_compare(const struct sheet *sheet)
{
	HF_CLEANUP(hf_compare_done) struct hf_compare compare = {0};
	enum hf_err err = hf_compare_make(sheet->report, &compare);
	if (err != HF_OK || compare.count == 0)
		return err;
	for (size_t first = 0; first < sheet->report->story_count && err == HF_OK;
	        first += HF_COMPARE_COLUMNS) {
		HF_CLEANUP(hf_story_table_done) struct hf_story_table table = {0};
		err = hf_compare_table(&compare, sheet->report, first, &table);
		if (err == HF_OK)
			put_table(sheet, &table);
	}
	return err;
}

static void put_tables(const struct sheet *sheet)
{
	const struct hf_story_report *report = sheet->report;
	for (size_t i = 0; i < report->table_count; i++)
		put_table(sheet, &report->tables[i]);
	for (size_t i = 0; i < report->story_count; i++) {
		const struct hf_story *story = report->stories[i];
		if (story->table_count > 0 && report->story_count > 1)
			put_heading(sheet, story->title);
		for (size_t k = 0; k < story->table_count; k++)
			put_table(sheet, &story->tables[k]);
	}
}

/* ---- What it rests on ---- */

static void put_facts(const struct sheet *sheet)
{
	const struct hf_story_report *report = sheet->report;
	if (report->fact_count > 0)
		put_heading(sheet, "What is known");
	for (size_t i = 0; i < report->fact_count; i++) {
		put_item(sheet, report->facts[i].text);
		if (report->facts[i].source != NULL)
			hf_put_block(sheet->out,
			        &(struct hf_block){
			                .width = sheet->width, .indent = 4, .lead = "source: "},
			        report->facts[i].source);
	}
}

static void put_unknowns(const struct sheet *sheet)
{
	const struct hf_story_report *report = sheet->report;
	if (report->unknown_count > 0)
		put_heading(sheet, "What is not known, and was taken to be");
	for (size_t i = 0; i < report->unknown_count; i++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf line = {0};
		const struct hf_story_unknown *unknown = &report->unknowns[i];
		hf_put_format(&line, "%s = %s%s%s%s", unknown->name, unknown->value,
		        unknown->range != NULL ? " (" : "",
		        unknown->range != NULL ? unknown->range : "",
		        unknown->range != NULL ? ")" : "");
		hf_put_u8(&line, 0);
		sheet->out->failed |= line.failed;
		if (line.failed)
			return;
		put_item(sheet, (const char *)line.data);
		put_indented(sheet, 4, unknown->text);
	}
}

static void put_ends(const struct sheet *sheet)
{
	const struct hf_story_report *report = sheet->report;
	if (report->source_count > 0)
		put_heading(sheet, "Sources");
	for (size_t i = 0; i < report->source_count; i++)
		put_item(sheet, report->sources[i]);
	if (report->repeat == NULL)
		return;
	put_heading(sheet, "The same again");
	/* Not broken into lines: it is there to be copied. */
	hf_put_text(sheet->out, "  ");
	(void)hf_put_plain(sheet->out, report->repeat, SIZE_MAX);
	hf_put_text(sheet->out, "\n");
}

enum hf_err hf_story_text(
        const struct hf_story_report *report, const struct hf_story_view *view, struct hf_buf *out)
{
	const struct sheet sheet = {.report = report,
	        .width = view->width < HF_STORY_WIDTH_LEAST ? HF_STORY_WIDTH_LEAST : view->width,
	        .flags = view->flags,
	        .out = out};
	enum hf_err err = hf_story_report_check(report);
	if (err != HF_OK)
		return err;
	put_head(&sheet);
	err = put_timeline(&sheet);
	if (err == HF_OK)
		err = put_charts(&sheet);
	if (err == HF_OK)
		err = put_compare(&sheet);
	if (err != HF_OK)
		return err;
	put_tables(&sheet);
	put_facts(&sheet);
	put_unknowns(&sheet);
	put_ends(&sheet);
	return hf_buf_check(out);
}
