/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/chart_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "rollover/sizes_answer.h"

/* ---- What a bucket tells ---- */

static double per_hour(const struct hf_population_measures *users, size_t bucket, uint64_t count)
{
	return (double)count * 3600 / (double)hf_population_span(users, bucket);
}

static double failing_part(const struct hf_population_measures *users, size_t bucket)
{
	return users->validating == 0
	               ? 0
	               : hf_population_failing(users, bucket) / (double)users->validating;
}

static double keys_asked(const struct hf_population_measures *users, size_t bucket)
{
	return per_hour(users, bucket, users->buckets[bucket].questions[HF_ASKED_DNSKEY]);
}

static double all_asked(const struct hf_population_measures *users, size_t bucket)
{
	const uint64_t *questions = users->buckets[bucket].questions;
	uint64_t sum = 0;
	for (unsigned i = 0; i < HF_ASKED_TYPES; i++)
		sum += questions[i];
	return per_hour(users, bucket, sum);
}

static double bytes_sent(const struct hf_population_measures *users, size_t bucket)
{
	const uint64_t *bytes = users->buckets[bucket].bytes;
	uint64_t sum = 0;
	for (unsigned i = 0; i < HF_ASKED_TYPES; i++)
		sum += bytes[i];
	return per_hour(users, bucket, sum);
}

static double over_tcp(const struct hf_population_measures *users, size_t bucket)
{
	return per_hour(users, bucket, users->buckets[bucket].cut);
}

static const struct measure {
	const char *title, *unit, *axis;
	bool brief;
	double (*of)(const struct hf_population_measures *users, size_t bucket);
} measures[] = {
        {"Users whose look-ups fail", "%", "of their questions for the zone", true,
                hf_population_failed},
        {"Resolvers that fail", "%", "of those that validate", false, failing_part},
        {"DNSKEY questions", "questions", "an hour, to all servers of the zone", true, keys_asked},
        {"All questions", "questions", "an hour, to the servers of zone and parent", false,
                all_asked},
        {"Answers", "bytes", "an hour, from the servers of zone and parent", false, bytes_sent},
        {"Answers that come again over TCP", "answers", "an hour", true, over_tcp},
};
#define MEASURES (sizeof(measures) / sizeof(*measures))

/* ---- Lines ---- */

/* Takes the line over. */
static void count_in(struct hf_chart *chart, struct hf_chart_line *line)
{
	line->least = line->peak = line->points[0].value;
	for (size_t i = 1; i < line->count; i++) {
		line->least = fmin(line->least, line->points[i].value);
		line->peak = fmax(line->peak, line->points[i].value);
	}
	chart->least = chart->count == 0 ? line->least : fmin(chart->least, line->least);
	chart->peak = chart->count == 0 ? line->peak : fmax(chart->peak, line->peak);
	chart->lines[chart->count++] = *line;
}

static enum hf_err add_measured(struct hf_chart *chart, const struct measure *measure,
        const struct hf_story *story, size_t number)
{
	const struct hf_population_measures *users = &story->users;
	if (users->count == 0)
		return HF_OK;
	struct hf_chart_line line = {.label = story->title,
	        .story = number,
	        .points = reallocarray(NULL, users->count, sizeof(*line.points)),
	        .count = users->count,
	        .until = users->until};
	if (line.points == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < users->count; i++)
		line.points[i] = (struct hf_story_point){
		        users->from + (hf_time)i * users->step, measure->of(users, i)};
	count_in(chart, &line);
	return HF_OK;
}

static enum hf_err add_series(struct hf_chart *chart, const struct hf_story_series *series,
        const struct hf_story *story, size_t number)
{
	if (series->count == 0)
		return HF_OK;
	struct hf_chart_line line = {.label = story->title,
	        .story = number,
	        .points = reallocarray(NULL, series->count, sizeof(*line.points)),
	        .count = series->count,
	        .until = story->until};
	if (line.points == NULL)
		return HF_ERR_NOMEM;
	memcpy(line.points, series->points, series->count * sizeof(*line.points));
	if (line.points[line.count - 1].at > line.until)
		line.until = line.points[line.count - 1].at;
	count_in(chart, &line);
	if (series->mark != 0) {
		chart->mark = series->mark;
		chart->mark_text =
		        series->mark == HF_ANSWER_UDP ? ": larger answers come over TCP" : "";
	}
	return HF_OK;
}

/* ---- Charts ---- */

static struct hf_chart *new_chart(struct hf_charts *charts, const struct hf_chart *chart)
{
	struct hf_chart *list =
	        hf_list_room(charts->list, &charts->cap, charts->count, sizeof(*list));
	if (list == NULL)
		return NULL;
	charts->list = list;
	list[charts->count] = *chart;
	return &list[charts->count++];
}

static enum hf_err chart_measure(struct hf_charts *charts, const struct hf_story_report *report,
        const struct measure *measure)
{
	enum hf_err err = HF_OK;
	struct hf_chart *chart = new_chart(charts, &(struct hf_chart){.title = measure->title,
	                                                   .unit = measure->unit,
	                                                   .axis = measure->axis,
	                                                   .brief = measure->brief});
	if (chart == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < report->story_count && err == HF_OK; i++)
		err = add_measured(chart, measure, report->stories[i], i);
	if (chart->count == 0)
		charts->count--; /* nobody was asked */
	return err;
}

/* The chart of a series, with the lines of all stories that have it, from the first of them on. */
static enum hf_err chart_series(
        struct hf_charts *charts, const struct hf_story_report *report, size_t first, size_t which)
{
	const struct hf_story_series *series = &report->stories[first]->series[which];
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < first; i++)
		if (hf_story_find_series(report->stories[i], series->name) != NULL)
			return HF_OK;
	struct hf_chart *chart = new_chart(charts,
	        &(struct hf_chart){.title = series->name,
	                .unit = series->unit,
	                .axis = strstr(series->name, series->unit) != NULL ? "" : series->unit,
	                .brief = true});
	if (chart == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = first; i < report->story_count && err == HF_OK; i++) {
		const struct hf_story_series *same =
		        hf_story_find_series(report->stories[i], series->name);
		if (same != NULL)
			err = add_series(chart, same, report->stories[i], i);
	}
	if (chart->count == 0)
		charts->count--;
	return err;
}

static void find_span(const struct hf_story_report *report, struct hf_charts *charts)
{
	charts->from = HF_TIME_NEVER;
	charts->until = HF_TIME_NONE;
	for (size_t i = 0; i < report->story_count; i++) {
		const struct hf_story *story = report->stories[i];
		if (story->from < charts->from)
			charts->from = story->from;
		if (story->until > charts->until)
			charts->until = story->until;
	}
	if (charts->until <= charts->from)
		charts->until = charts->from + 1;
}

void hf_charts_done(struct hf_charts *charts)
{
	for (size_t i = 0; i < charts->count; i++)
		for (size_t k = 0; k < charts->list[i].count; k++)
			free(charts->list[i].lines[k].points);
	free(charts->list);
	*charts = (struct hf_charts){0};
}

enum hf_err hf_charts_make(const struct hf_story_report *report, struct hf_charts *ret_charts)
{
	struct hf_charts charts = {0};
	enum hf_err err = HF_OK;
	find_span(report, &charts);
	for (size_t i = 0; i < MEASURES && err == HF_OK; i++)
		err = chart_measure(&charts, report, &measures[i]);
	for (size_t i = 0; i < report->story_count && err == HF_OK; i++)
		for (size_t k = 0; k < report->stories[i]->series_count && err == HF_OK; k++)
			err = chart_series(&charts, report, i, k);
	if (err != HF_OK)
		hf_charts_done(&charts);
	else
		*ret_charts = charts;
	return err;
}

double hf_chart_value(const struct hf_chart_line *line, hf_time from, hf_time until)
{
	double value = NAN;
	if (line->count == 0 || from >= line->until || until <= line->points[0].at)
		return value;
	/* The last point at or before `from`, or else the first one. */
	size_t low = 0, high = line->count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (line->points[middle].at <= from)
			low = middle;
		else
			high = middle;
	}
	for (size_t i = low; i < line->count && (i == low || line->points[i].at < until); i++)
		value = fmax(value, line->points[i].value);
	return value;
}

bool hf_chart_same(const struct hf_chart_line *a, const struct hf_chart_line *b)
{
	if (a->count != b->count || a->until != b->until)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->points[i].at != b->points[i].at || a->points[i].value != b->points[i].value)
			return false;
	return true;
}
