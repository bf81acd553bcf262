/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "report/jsontext.h"
#include "report/story_compare.h"

#define EXACT 9007199254740992.0 /* whole numbers up to here are exact in a double */

static json_t *number_json(double value)
{
	if (!isfinite(value))
		return json_null();
	return value == rint(value) && fabs(value) < EXACT ? json_integer((json_int_t)value)
	                                                   : json_real(value);
}

static json_t *count_json(uint64_t count)
{
	return json_integer((json_int_t)count);
}

static const char *verdict_word(bool good)
{
	return good ? "good" : "bad";
}

/* ---- A run ---- */

static json_t *moments_json(const struct hf_story *story)
{
	json_t *list = json_array();
	for (size_t i = 0; i < story->count; i++) {
		const struct hf_moment *moment = &story->moments[i];
		list = hf_json_with(
		        list, json_pack("{s:o, s:s, s:b, s:o}", "at", hf_json_time(moment->at),
		                      "kind", hf_moment_kind_name(moment->kind), "go_no_go",
		                      moment->go, "text", hf_json_text(moment->text)));
	}
	return list;
}

static json_t *bucket_json(const struct hf_population_measures *users, size_t index)
{
	const struct hf_population_bucket *bucket = &users->buckets[index];
	hf_time at = users->from + (hf_time)index * users->step;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "at",
	        hf_json_time(at), "failed", number_json(hf_population_failed(users, index)),
	        "failing_resolvers", number_json(hf_population_failing(users, index)),
	        "data_questions", count_json(bucket->questions[HF_ASKED_DATA]), "dnskey_questions",
	        count_json(bucket->questions[HF_ASKED_DNSKEY]), "ds_questions",
	        count_json(bucket->questions[HF_ASKED_DS]), "data_bytes",
	        count_json(bucket->bytes[HF_ASKED_DATA]), "dnskey_bytes",
	        count_json(bucket->bytes[HF_ASKED_DNSKEY]), "ds_bytes",
	        count_json(bucket->bytes[HF_ASKED_DS]), "over_tcp", count_json(bucket->cut));
}

/* Shares of the failures by cause; nothing when nobody failed. */
static json_t *causes_json(const struct hf_population_measures *users)
{
	json_t *list = json_array();
	double sum = 0;
	for (unsigned i = 0; i < HF_SCENE_VERDICTS; i++)
		sum += (double)users->causes[i];
	for (unsigned i = 0; i < HF_SCENE_VERDICTS; i++) {
		if (users->causes[i] == 0)
			continue;
		list = hf_json_with(list, json_pack("{s:s, s:f}", "cause", hf_scene_verdict_name(i),
		                                  "share", (double)users->causes[i] / sum));
	}
	return list;
}

static json_t *worst_json(const struct hf_story *story)
{
	hf_time at;
	double part;
	if (!hf_story_worst(story, &at, &part))
		return json_null();
	return json_pack("{s:o, s:f}", "at", hf_json_time(at), "failed", part);
}

static json_t *users_json(const struct hf_story *story)
{
	const struct hf_population_measures *users = &story->users;
	if (users->count == 0)
		return json_null();
	json_t *buckets = json_array();
	for (size_t i = 0; i < users->count; i++)
		buckets = hf_json_with(buckets, bucket_json(users, i));
	return json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "resolvers",
	        count_json(users->resolvers), "validating", count_json(users->validating),
	        "questions_per_hour", number_json((double)users->users / HF_POPULATION_QUESTION),
	        "step", (json_int_t)users->step, "from", hf_json_time(users->from), "until",
	        hf_json_time(users->until), "first_failure", hf_json_time(users->first),
	        "last_failure", hf_json_time(users->last), "worst", worst_json(story), "causes",
	        causes_json(users), "buckets", buckets);
}

static json_t *series_json(const struct hf_story *story)
{
	json_t *list = json_array();
	for (size_t i = 0; i < story->series_count; i++) {
		const struct hf_story_series *series = &story->series[i];
		json_t *points = json_array();
		for (size_t k = 0; k < series->count; k++)
			points = hf_json_with(points,
			        json_pack("{s:o, s:o}", "at", hf_json_time(series->points[k].at),
			                "value", number_json(series->points[k].value)));
		list = hf_json_with(
		        list, json_pack("{s:o, s:o, s:o, s:o}", "name", hf_json_text(series->name),
		                      "unit", hf_json_text(series->unit), "mark",
		                      series->mark != 0 ? number_json(series->mark) : json_null(),
		                      "points", points));
	}
	return list;
}

static json_t *figures_json(const struct hf_story *story)
{
	json_t *list = json_array();
	for (size_t i = 0; i < story->figure_count; i++)
		list = hf_json_with(list,
		        json_pack("{s:o, s:o, s:o}", "name", hf_json_text(story->figures[i].name),
		                "unit", hf_json_text(story->figures[i].unit), "value",
		                number_json(story->figures[i].value)));
	return list;
}

static json_t *pictures_json(const struct hf_story *story)
{
	json_t *list = json_array();
	for (size_t i = 0; i < story->picture_count; i++)
		list = hf_json_with(
		        list, json_pack("{s:o, s:o}", "at", hf_json_time(story->pictures[i].at),
		                      "caption", hf_json_text(story->pictures[i].caption)));
	return list;
}

/* ---- Tables ---- */

static json_t *row_json(const struct hf_story_table *table, size_t row)
{
	json_t *list = json_array();
	for (size_t i = 0; i < table->column_count; i++) {
		const struct hf_story_cell *cell = &table->cells[row * table->column_count + i];
		list = hf_json_with(list,
		        cell->text != NULL ? hf_json_text(cell->text) : number_json(cell->number));
	}
	return list;
}

static json_t *table_json(const struct hf_story_table *table)
{
	json_t *columns = json_array(), *rows = json_array();
	for (size_t i = 0; i < table->column_count; i++)
		columns = hf_json_with(columns, hf_json_text(table->columns[i]));
	for (size_t i = 0; i < table->count / table->column_count; i++)
		rows = hf_json_with(rows, row_json(table, i));
	return json_pack("{s:o, s:o, s:o, s:o}", "caption", hf_json_text(table->caption), "columns",
	        columns, "rows", rows, "note", hf_json_text(table->note));
}

static json_t *tables_json(const struct hf_story_table *tables, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		list = hf_json_with(list, table_json(&tables[i]));
	return list;
}

/* ---- Comparison ---- */

static json_t *compared_json(const struct hf_compare_row *row, size_t count)
{
	json_t *values = json_array();
	bool times = strcmp(row->unit, HF_COMPARE_TIME) == 0;
	for (size_t i = 0; i < count; i++)
		values = hf_json_with(values, times && !isnan(row->values[i])
		                                      ? hf_json_time((hf_time)row->values[i])
		                                      : number_json(row->values[i]));
	return json_pack("{s:o, s:o, s:o}", "name", hf_json_text(row->name), "unit",
	        hf_json_text(row->unit), "values", values);
}

static enum hf_err compare_json(const struct hf_story_report *report, json_t **ret_list)
{
	HF_CLEANUP(hf_compare_done) struct hf_compare compare = {0};
	json_t *list = json_array();
	enum hf_err err = hf_compare_make(report, &compare);
	for (size_t i = 0; i < compare.count; i++)
		list = hf_json_with(list, compared_json(&compare.rows[i], report->story_count));
	if (err != HF_OK) {
		json_decref(list);
		return err;
	}
	*ret_list = list;
	return HF_OK;
}

/* ---- The whole ---- */

static json_t *story_json(const struct hf_story *story)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "title",
	        hf_json_text(story->title), "verdict", verdict_word(!story->failed), "sentence",
	        hf_json_text(story->verdict), "from", hf_json_time(story->from), "until",
	        hf_json_time(story->until), "moments", moments_json(story), "users",
	        users_json(story), "series", series_json(story), "figures", figures_json(story),
	        "tables", tables_json(story->tables, story->table_count), "pictures",
	        pictures_json(story));
}

static json_t *texts_json(const char *const *texts, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		list = hf_json_with(list, hf_json_text(texts[i]));
	return list;
}

static json_t *facts_json(const struct hf_story_report *report)
{
	json_t *list = json_array();
	for (size_t i = 0; i < report->fact_count; i++)
		list = hf_json_with(
		        list, json_pack("{s:o, s:o}", "text", hf_json_text(report->facts[i].text),
		                      "source", hf_json_text(report->facts[i].source)));
	return list;
}

static json_t *unknowns_json(const struct hf_story_report *report)
{
	json_t *list = json_array();
	for (size_t i = 0; i < report->unknown_count; i++) {
		const struct hf_story_unknown *unknown = &report->unknowns[i];
		list = hf_json_with(list,
		        json_pack("{s:o, s:o, s:o, s:o}", "name", hf_json_text(unknown->name),
		                "value", hf_json_text(unknown->value), "range",
		                hf_json_text(unknown->range), "text", hf_json_text(unknown->text)));
	}
	return list;
}

enum hf_err hf_story_json(const struct hf_story_report *report, struct hf_buf *out)
{
	json_t *compare = NULL;
	enum hf_err err = hf_story_report_check(report);
	if (err == HF_OK)
		err = compare_json(report, &compare);
	if (err != HF_OK)
		return err;
	json_t *stories = json_array();
	for (size_t i = 0; i < report->story_count; i++)
		stories = hf_json_with(stories, story_json(report->stories[i]));
	json_t *value = json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	        "title", hf_json_text(report->title), "subject", hf_json_text(report->subject),
	        "verdict", verdict_word(report->good), "sentence",
	        hf_json_text(hf_story_report_verdict(report)), "notes",
	        texts_json(report->notes, report->note_count), "stories", stories, "comparison",
	        compare, "tables", tables_json(report->tables, report->table_count), "facts",
	        facts_json(report), "unknowns", unknowns_json(report), "sources",
	        texts_json(report->sources, report->source_count), "repeat",
	        hf_json_text(report->repeat));
	return hf_json_put(value, JSON_INDENT(2), out);
}
