/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/story_compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

void hf_compare_done(struct hf_compare *compare)
{
	free(compare->rows);
	*compare = (struct hf_compare){0};
}

/* ---- What users met ---- */

static double first_failure(const struct hf_story *story)
{
	return story->users.first == HF_TIME_NONE ? NAN : (double)story->users.first;
}

static double last_failure(const struct hf_story *story)
{
	return story->users.last == HF_TIME_NONE ? NAN : (double)story->users.last;
}

static double failure_took(const struct hf_story *story)
{
	return story->users.first == HF_TIME_NONE
	               ? NAN
	               : (double)(story->users.last - story->users.first);
}

static double worst_part(const struct hf_story *story)
{
	hf_time at;
	double part;
	return hf_story_worst(story, &at, &part) ? part : NAN;
}

static double worst_time(const struct hf_story *story)
{
	hf_time at;
	double part;
	return hf_story_worst(story, &at, &part) ? (double)at : NAN;
}

static double failed_part(const struct hf_story *story)
{
	const struct hf_population_measures *users = &story->users;
	double failed = 0, hours = (double)(users->until - users->from) / 3600;
	for (size_t i = 0; i < users->count; i++)
		failed += (double)users->buckets[i].failed;
	return failed / ((double)users->users * hours);
}

static double questions(const struct hf_story *story, enum hf_asked_type type)
{
	double sum = 0;
	for (size_t i = 0; i < story->users.count; i++)
		sum += (double)story->users.buckets[i].questions[type];
	return sum;
}

static double keys_asked(const struct hf_story *story)
{
	return questions(story, HF_ASKED_DNSKEY);
}

static double ds_asked(const struct hf_story *story)
{
	return questions(story, HF_ASKED_DS);
}

static double data_asked(const struct hf_story *story)
{
	return questions(story, HF_ASKED_DATA);
}

static double bytes_sent(const struct hf_story *story)
{
	double sum = 0;
	for (size_t i = 0; i < story->users.count; i++)
		for (unsigned type = 0; type < HF_ASKED_TYPES; type++)
			sum += (double)story->users.buckets[i].bytes[type];
	return sum;
}

static double over_tcp(const struct hf_story *story)
{
	double sum = 0;
	for (size_t i = 0; i < story->users.count; i++)
		sum += (double)story->users.buckets[i].cut;
	return sum;
}

static const struct {
	const char *name, *unit;
	double (*of)(const struct hf_story *story);
} measured[] = {
        {"failed look-ups in all", "%", failed_part},
        {"users fail first", HF_COMPARE_TIME, first_failure},
        {"users fail last", HF_COMPARE_TIME, last_failure},
        {"between the two", "seconds", failure_took},
        {"failed look-ups at worst", "%", worst_part},
        {"the worst begins", HF_COMPARE_TIME, worst_time},
        {"DNSKEY questions", "questions", keys_asked},
        {"DS questions", "questions", ds_asked},
        {"other questions", "questions", data_asked},
        {"bytes of answers", "bytes", bytes_sent},
        {"answers again over TCP", "answers", over_tcp},
};

/* ---- Rows ---- */

/* A new row without values. */
static struct hf_compare_row *new_row(
        struct hf_compare *compare, const char *format, const char *name, const char *unit)
{
	struct hf_compare_row *rows =
	        hf_list_room(compare->rows, &compare->cap, compare->count, sizeof(*rows));
	if (rows == NULL)
		return NULL;
	compare->rows = rows;
	struct hf_compare_row *row = &rows[compare->count++];
	/* A name that is too long to tell apart is cut. */
	char text[512];
	snprintf(text, sizeof(text), format, name);
	text[sizeof(row->name) - 1] = '\0';
	memcpy(row->name, text, sizeof(row->name));
	row->unit = unit;
	for (size_t i = 0; i < HF_STORY_REPORT_STORIES; i++)
		row->values[i] = NAN;
	return row;
}

static enum hf_err add_measured(struct hf_compare *compare, const struct hf_story_report *report)
{
	bool asked = false;
	for (size_t i = 0; i < report->story_count; i++)
		asked |= report->stories[i]->users.count > 0;
	for (size_t i = 0; asked && i < sizeof(measured) / sizeof(*measured); i++) {
		struct hf_compare_row *row =
		        new_row(compare, "%s", measured[i].name, measured[i].unit);
		if (row == NULL)
			return HF_ERR_NOMEM;
		bool any = false;
		for (size_t k = 0; k < report->story_count; k++) {
			if (report->stories[k]->users.count > 0)
				row->values[k] = measured[i].of(report->stories[k]);
			any |= !isnan(row->values[k]);
		}
		if (!any)
			compare->count--; /* nobody failed, so there is no first time */
	}
	return HF_OK;
}

/* The row of a series, if the first story that has it is `first`. */
static enum hf_err add_series(struct hf_compare *compare, const struct hf_story_report *report,
        size_t first, size_t which)
{
	const struct hf_story_series *series = &report->stories[first]->series[which];
	for (size_t i = 0; i < first; i++)
		if (hf_story_find_series(report->stories[i], series->name) != NULL)
			return HF_OK;
	struct hf_compare_row *row = new_row(compare, "%s, at most", series->name, series->unit);
	if (row == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = first; i < report->story_count; i++) {
		const struct hf_story_series *same =
		        hf_story_find_series(report->stories[i], series->name);
		for (size_t k = 0; same != NULL && k < same->count; k++)
			row->values[i] = fmax(row->values[i], same->points[k].value);
	}
	return HF_OK;
}

/* NAN: the story has no such figure. */
static double figure_of(const struct hf_story *story, const char *name)
{
	for (size_t i = 0; i < story->figure_count; i++)
		if (strcmp(story->figures[i].name, name) == 0)
			return story->figures[i].value;
	return NAN;
}

/* The same of a figure. */
static enum hf_err add_figure(struct hf_compare *compare, const struct hf_story_report *report,
        size_t first, size_t which)
{
	const struct hf_story_figure *figure = &report->stories[first]->figures[which];
	for (size_t i = 0; i < first; i++)
		if (!isnan(figure_of(report->stories[i], figure->name)))
			return HF_OK;
	struct hf_compare_row *row = new_row(compare, "%s", figure->name, figure->unit);
	if (row == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = first; i < report->story_count; i++)
		row->values[i] = figure_of(report->stories[i], figure->name);
	return HF_OK;
}

enum hf_err hf_compare_make(const struct hf_story_report *report, struct hf_compare *ret_compare)
{
	struct hf_compare compare = {0};
	enum hf_err err = add_measured(&compare, report);
	for (size_t i = 0; i < report->story_count && err == HF_OK; i++)
		for (size_t k = 0; k < report->stories[i]->series_count && err == HF_OK; k++)
			err = add_series(&compare, report, i, k);
	for (size_t i = 0; i < report->story_count && err == HF_OK; i++)
		for (size_t k = 0; k < report->stories[i]->figure_count && err == HF_OK; k++)
			err = add_figure(&compare, report, i, k);
	if (err != HF_OK)
		hf_compare_done(&compare);
	else
		*ret_compare = compare;
	return err;
}

const char *hf_compare_text(double value, const char *unit, char room[static HF_FIGURE_TEXT])
{
	if (isnan(value)) {
		snprintf(room, HF_FIGURE_TEXT, "-");
		return room;
	}
	if (strcmp(unit, HF_COMPARE_TIME) != 0)
		return hf_figure_text(value, unit, room);
	char text[HF_TIME_TEXT];
	hf_time_rfc3339((hf_time)value, text);
	/* "2024-01-30 15:27:00": in a table, a space breaks better than a T, and all is UTC. */
	snprintf(room, HF_FIGURE_TEXT, "%.10s %.8s", text, text + 11);
	return room;
}

enum hf_err hf_compare_table(const struct hf_compare *compare, const struct hf_story_report *report,
        size_t first, struct hf_story_table *ret_table)
{
	struct hf_story_table table = {0};
	const char *columns[HF_STORY_COLUMNS] = {"figure"};
	char room[HF_FIGURE_TEXT];
	size_t count = 1;
	for (size_t i = first; i < report->story_count && count < HF_STORY_COLUMNS; i++)
		columns[count++] = report->stories[i]->title;
	hf_story_table_head(&table, "In figures", columns, count);
	for (size_t i = 0; i < compare->count; i++) {
		const struct hf_compare_row *row = &compare->rows[i];
		hf_story_table_put_text(&table, row->name);
		for (size_t k = 0; k + 1 < count; k++)
			hf_story_table_put_text(
			        &table, hf_compare_text(row->values[first + k], row->unit, room));
	}
	enum hf_err err = hf_story_table_check(&table);
	if (err != HF_OK)
		hf_story_table_done(&table);
	else
		*ret_table = table;
	return err;
}
