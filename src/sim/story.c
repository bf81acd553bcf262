/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

const char *hf_moment_kind_name(enum hf_moment_kind kind)
{
	static const char *const names[HF_MOMENT_KINDS] = {
	        [HF_MOMENT_STEP] = "step",
	        [HF_MOMENT_PUBLISHED] = "published",
	        [HF_MOMENT_REFUSED] = "refused",
	        [HF_MOMENT_PARENT] = "parent",
	        [HF_MOMENT_WAITS] = "waits",
	        [HF_MOMENT_FAULT] = "fault",
	        [HF_MOMENT_ALARM] = "alarm",
	        [HF_MOMENT_USERS] = "users",
	};
	return names[kind];
}

enum hf_err hf_story_new(
        const char *title, hf_time from, hf_time until, struct hf_story **ret_story)
{
	struct hf_story *story = calloc(1, sizeof(*story));
	if (story == NULL)
		return HF_ERR_NOMEM;
	story->from = from;
	story->until = until;
	story->users.first = story->users.last = HF_TIME_NONE;
	story->title = strdup(title);
	if (story->title == NULL) {
		hf_story_free(story);
		return HF_ERR_NOMEM;
	}
	*ret_story = story;
	return HF_OK;
}

void hf_story_free(struct hf_story *story)
{
	if (story == NULL)
		return;
	for (size_t i = 0; i < story->count; i++)
		free(story->moments[i].text);
	for (size_t i = 0; i < story->series_count; i++) {
		free(story->series[i].name);
		free(story->series[i].unit);
		free(story->series[i].points);
	}
	for (size_t i = 0; i < story->picture_count; i++) {
		free(story->pictures[i].caption);
		free(story->pictures[i].svg);
	}
	for (size_t i = 0; i < story->figure_count; i++) {
		free(story->figures[i].name);
		free(story->figures[i].unit);
	}
	for (size_t i = 0; i < story->table_count; i++)
		hf_story_table_done(&story->tables[i]);
	hf_population_measures_done(&story->users);
	free(story->moments);
	free(story->pictures);
	free(story->title);
	free(story->verdict);
	free(story);
}

enum hf_err hf_story_tell(
        struct hf_story *story, hf_time at, enum hf_moment_kind kind, const char *format, ...)
{
	struct hf_moment *moments =
	        hf_list_room(story->moments, &story->cap, story->count, sizeof(*moments));
	if (moments == NULL)
		return HF_ERR_NOMEM;
	story->moments = moments;
	va_list arguments;
	char *text;
	va_start(arguments, format);
	int len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0)
		return HF_ERR_NOMEM;
	size_t place = story->count++;
	for (; place > 0 && story->moments[place - 1].at > at; place--)
		story->moments[place] = story->moments[place - 1];
	story->moments[place] = (struct hf_moment){.at = at, .kind = kind, .text = text};
	return HF_OK;
}

static enum hf_err find_series(
        struct hf_story *story, const char *name, const char *unit, struct hf_story_series **ret)
{
	for (size_t i = 0; i < story->series_count; i++) {
		if (strcmp(story->series[i].name, name) == 0) {
			*ret = &story->series[i];
			return HF_OK;
		}
	}
	if (story->series_count == HF_STORY_SERIES)
		return HF_ERR_LIMIT;
	struct hf_story_series series = {.name = strdup(name), .unit = strdup(unit)};
	if (series.name == NULL || series.unit == NULL) {
		free(series.name);
		free(series.unit);
		return HF_ERR_NOMEM;
	}
	*ret = &story->series[story->series_count++];
	**ret = series;
	return HF_OK;
}

const struct hf_story_series *hf_story_find_series(const struct hf_story *story, const char *name)
{
	for (size_t i = 0; i < story->series_count; i++)
		if (strcmp(story->series[i].name, name) == 0)
			return &story->series[i];
	return NULL;
}

enum hf_err hf_story_plot(struct hf_story *story, const char *name, const char *unit, double mark,
        hf_time at, double value)
{
	struct hf_story_series *series;
	enum hf_err err = find_series(story, name, unit, &series);
	if (err != HF_OK)
		return err;
	struct hf_story_point *points =
	        hf_list_room(series->points, &series->cap, series->count, sizeof(*points));
	if (points == NULL)
		return HF_ERR_NOMEM;
	series->points = points;
	series->mark = mark;
	if (series->count > 0 && series->points[series->count - 1].at > at)
		return HF_ERR_INVALID;
	if (series->count > 0 && series->points[series->count - 1].at == at)
		series->count--;
	series->points[series->count++] = (struct hf_story_point){at, value};
	return HF_OK;
}

enum hf_err hf_story_picture(
        struct hf_story *story, hf_time at, const char *caption, const struct hf_buf *svg)
{
	struct hf_story_picture *pictures = hf_list_room(
	        story->pictures, &story->picture_cap, story->picture_count, sizeof(*pictures));
	if (pictures == NULL)
		return HF_ERR_NOMEM;
	story->pictures = pictures;
	struct hf_story_picture picture = {
	        .at = at,
	        .caption = strdup(caption),
	        .svg = strndup((const char *)svg->data, svg->len),
	};
	if (picture.caption == NULL || picture.svg == NULL) {
		free(picture.caption);
		free(picture.svg);
		return HF_ERR_NOMEM;
	}
	story->pictures[story->picture_count++] = picture;
	return HF_OK;
}

enum hf_err hf_story_figure(
        struct hf_story *story, const char *name, const char *unit, double value)
{
	for (size_t i = 0; i < story->figure_count; i++) {
		if (strcmp(story->figures[i].name, name) == 0) {
			story->figures[i].value = value;
			return HF_OK;
		}
	}
	if (story->figure_count == HF_STORY_FIGURES)
		return HF_ERR_LIMIT;
	struct hf_story_figure figure = {strdup(name), strdup(unit), value};
	if (figure.name == NULL || figure.unit == NULL) {
		free(figure.name);
		free(figure.unit);
		return HF_ERR_NOMEM;
	}
	story->figures[story->figure_count++] = figure;
	return HF_OK;
}

enum hf_err hf_story_add_table(struct hf_story *story, struct hf_story_table *table)
{
	enum hf_err err = hf_story_table_check(table);
	if (err == HF_OK && story->table_count == HF_STORY_TABLES)
		err = HF_ERR_LIMIT;
	if (err != HF_OK)
		return err;
	story->tables[story->table_count++] = *table;
	*table = (struct hf_story_table){0};
	return HF_OK;
}

bool hf_story_worst(const struct hf_story *story, hf_time *ret_at, double *ret_part)
{
	const struct hf_population_measures *users = &story->users;
	double worst = 0;
	for (size_t i = 0; i < users->count; i++) {
		double part = hf_population_failed(users, i);
		if (part <= worst)
			continue;
		worst = part;
		*ret_at = users->from + (hf_time)i * users->step;
		*ret_part = part;
	}
	return worst > 0;
}

/* "12 %", "0.4 %". */
static const char *per_cent(double part, char text[static 16])
{
	snprintf(text, 16, part < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * part);
	return text;
}

static enum hf_err set_verdict(struct hf_story *story, const char *text)
{
	char *copy = strdup(text);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	free(story->verdict);
	story->verdict = copy;
	return HF_OK;
}

/* The cause that most of the failures have. */
static const char *main_cause(const struct hf_population_measures *users)
{
	unsigned cause = 0;
	for (unsigned i = 1; i < HF_SCENE_VERDICTS; i++)
		if (users->causes[i] > users->causes[cause])
			cause = i;
	return hf_scene_verdict_name(cause);
}

static enum hf_err tell_failures(struct hf_story *story)
{
	const struct hf_population_measures *users = &story->users;
	char part[16], from[HF_TIME_TEXT], until[HF_TIME_TEXT], span[HF_TIME_TEXT], text[320];
	double worst = 0;
	hf_time when = users->first;
	(void)hf_story_worst(story, &when, &worst);
	per_cent(worst, part);
	/* Who fails in the last stretch has not recovered, though nobody asks in its last second.
	 */
	bool mended = users->count == 0 || users->buckets[users->count - 1].failed == 0;
	enum hf_err err = hf_story_tell(
	        story, users->first, HF_MOMENT_USERS, "users begin to fail: %s", main_cause(users));
	if (err == HF_OK)
		err = hf_story_tell(story, when, HF_MOMENT_USERS,
		        "most fail: %s of the questions for the zone", part);
	if (err == HF_OK && mended)
		err = hf_story_tell(story, users->last, HF_MOMENT_USERS, "the last user recovers");
	if (err != HF_OK)
		return err;
	snprintf(text, sizeof(text),
	        "users failed from %s %s %s (%s), at worst %s of the questions: %s",
	        hf_time_rfc3339(users->first, from), mended ? "until" : "and still do at",
	        hf_time_rfc3339(users->last, until), hf_span_text(users->last - users->first, span),
	        part, main_cause(users));
	return set_verdict(story, text);
}

enum hf_err hf_story_users(struct hf_story *story, struct hf_population_measures *users)
{
	hf_population_measures_done(&story->users);
	story->users = *users;
	users->buckets = NULL;
	users->count = 0;
	story->failed = story->users.first != HF_TIME_NONE;
	return story->failed ? tell_failures(story)
	                     : set_verdict(story, "no user failed because of the zone");
}
