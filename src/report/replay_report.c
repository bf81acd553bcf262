/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/replay_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "sim/drama_expect.h"

#define MINUTE 16 /* characters of "2024-01-30T15:27" */

/* A text that the report keeps; NULL for want of memory. */
HF_PRINTF(2, 3)
static const char *keep(struct hf_replay_report *made, const char *format, ...)
{
	char **texts = hf_list_room(made->texts, &made->text_cap, made->text_count, sizeof(*texts));
	char *text;
	va_list args;
	if (texts == NULL)
		return NULL;
	made->texts = texts;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return NULL;
	texts[made->text_count++] = text;
	return text;
}

/* Two sentences, of which either may be missing. */
static const char *join(struct hf_replay_report *made, const char *first, const char *second)
{
	return keep(made, "%s%s%s", first, second != NULL && *second != '\0' ? " " : "",
	        second != NULL ? second : "");
}

static const char *verdict(const struct hf_drama *drama)
{
	if (drama->guarded == NULL)
		return "There is nothing that a publisher could refuse.";
	if (drama->guarded->users.first == HF_TIME_NONE)
		return "With Holdfast in front nobody fails.";
	return drama->prevented ? "With Holdfast in front nobody fails but those whom nothing at "
	                          "the zone's signer could help."
	                        : "With Holdfast in front users still fail.";
}

static enum hf_err add_head(struct hf_replay_report *made, const struct hf_scenario *scenario,
        const struct hf_drama *drama)
{
	struct hf_story_report *report = &made->report;
	bool root = strcmp(scenario->zone, ".") == 0;
	report->good = drama->prevented;
	report->title = keep(made, "%s: %s", scenario->id, scenario->title);
	report->subject = keep(made, "%s, %s. %s", root ? "the root" : scenario->zone,
	        scenario->date, scenario->about != NULL ? scenario->about : "");
	report->verdict = join(made, verdict(drama), scenario->expect.because);
	bool kept = report->title != NULL && report->subject != NULL && report->verdict != NULL;
	return kept ? HF_OK : HF_ERR_NOMEM;
}

/* ---- What was refused ---- */

/* Whether an earlier reason has the same check. */
static bool repeats(const struct hf_drama_refusal *refusal, size_t number)
{
	const struct hf_drama_reason *reason = &refusal->reasons[number];
	for (size_t i = 0; i < number; i++) {
		const struct hf_drama_reason *earlier = &refusal->reasons[i];
		if (earlier->by_gate == reason->by_gate &&
		        strcmp(earlier->check, reason->check) == 0)
			return true;
	}
	return false;
}

/* The checks of either kind that refused. */
static void put_checks(
        struct hf_buf *text, const struct hf_drama_refusal *refusal, bool by_gate, const char *who)
{
	bool first = true;
	for (size_t i = 0; i < refusal->count; i++) {
		if (refusal->reasons[i].by_gate != by_gate || repeats(refusal, i))
			continue;
		hf_put_format(text, "%s%s", first ? who : ", ", refusal->reasons[i].check);
		first = false;
	}
}

/* What refused, without a time; the words of the reasons are in the timeline. */
static void put_reasons(struct hf_buf *text, const struct hf_drama_refusal *refusal)
{
	put_checks(text, refusal, false, " by the verifier: ");
	put_checks(text, refusal, true,
	        refusal->reasons[0].by_gate ? " by the gate: " : "; and by the gate: ");
}

/* Whether two refusals differ in nothing but their time. */
static bool alike(const struct hf_drama_refusal *a, const struct hf_drama_refusal *b)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf first = {0}, second = {0};
	put_reasons(&first, a);
	put_reasons(&second, b);
	return a->ds == b->ds && a->published == HF_TIME_NONE && b->published == HF_TIME_NONE &&
	       !first.failed && !second.failed && first.len == second.len &&
	       memcmp(first.data, second.data, first.len) == 0;
}

/* `count` refusals that are alike. */
static const char *refusal_note(
        struct hf_replay_report *made, const struct hf_drama_refusal *refusals, size_t count)
{
	char at[HF_TIME_TEXT], last[HF_TIME_TEXT];
	const char *what = refusals->ds ? "DS set" : "version";
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	hf_put_format(&text, "%.*sZ", MINUTE, hf_time_rfc3339(refusals->at, at));
	if (count > 1)
		hf_put_format(&text, " to %.*sZ: %zu %ss are refused", MINUTE,
		        hf_time_rfc3339(refusals[count - 1].at, last), count, what);
	else
		hf_put_format(&text, ": a %s is refused", what);
	put_reasons(&text, refusals);
	if (refusals->published != HF_TIME_NONE)
		hf_put_format(&text, ". It goes out at %.*sZ, when it is safe", MINUTE,
		        hf_time_rfc3339(refusals->published, at));
	hf_put_text(&text, ".");
	hf_put_u8(&text, 0);
	return text.failed ? NULL : keep(made, "%s", (const char *)text.data);
}

static enum hf_err add_note(struct hf_replay_report *made, const char *note)
{
	if (note == NULL)
		return HF_ERR_NOMEM;
	made->notes[made->report.note_count++] = note;
	return HF_OK;
}

static enum hf_err add_refusals(struct hf_replay_report *made, const struct hf_drama *drama)
{
	enum hf_err err = HF_OK;
	size_t next = 0;
	for (size_t i = 0; err == HF_OK && i < drama->refusal_count; i = next) {
		next = i + 1;
		while (next < drama->refusal_count &&
		        alike(&drama->refusals[i], &drama->refusals[next]))
			next++;
		err = add_note(made, refusal_note(made, &drama->refusals[i], next - i));
	}
	return err;
}

/* Whether the replay is what happened. */
static enum hf_err add_fit(struct hf_replay_report *made, const struct hf_scenario *scenario,
        const struct hf_drama *drama)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf words = {0};
	made->fits = hf_drama_as_expected(scenario, drama, &words);
	bool silent = words.len == 0 && !words.failed;
	hf_put_u8(&words, 0);
	if (words.failed)
		return HF_ERR_NOMEM;
	return silent ? HF_OK : add_note(made, keep(made, "%s", (const char *)words.data));
}

static enum hf_err add_notes(struct hf_replay_report *made, const struct hf_scenario *scenario,
        const struct hf_drama *drama)
{
	made->notes = calloc(1 + drama->refusal_count + drama->limit_count, sizeof(*made->notes));
	if (made->notes == NULL)
		return HF_ERR_NOMEM;
	made->report.notes = made->notes;
	enum hf_err err = add_fit(made, scenario, drama);
	if (err == HF_OK)
		err = add_refusals(made, drama);
	for (size_t i = 0; err == HF_OK && i < drama->limit_count; i++)
		err = add_note(made, drama->limits[i]);
	return err;
}

/* ---- What it rests on ---- */

static enum hf_err add_facts(struct hf_replay_report *made, const struct hf_scenario *scenario)
{
	if (scenario->fact_count == 0)
		return HF_OK;
	made->facts = calloc(scenario->fact_count, sizeof(*made->facts));
	if (made->facts == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < scenario->fact_count; i++)
		made->facts[i] =
		        (struct hf_story_fact){scenario->facts[i].text, scenario->facts[i].source};
	made->report.facts = made->facts;
	made->report.fact_count = scenario->fact_count;
	return HF_OK;
}

static enum hf_err add_unknowns(struct hf_replay_report *made, const struct hf_scenario *scenario)
{
	if (scenario->unknown_count == 0)
		return HF_OK;
	made->unknowns = calloc(scenario->unknown_count, sizeof(*made->unknowns));
	if (made->unknowns == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < scenario->unknown_count; i++) {
		const struct hf_scenario_unknown *unknown = &scenario->unknowns[i];
		const char *range = keep(made, "%s%s%s%s to %s", unknown->set ? "asked for; " : "",
		        unknown->set ? unknown->initial : "", unknown->set ? " otherwise; " : "",
		        unknown->low, unknown->high);
		if (range == NULL)
			return HF_ERR_NOMEM;
		made->unknowns[i] = (struct hf_story_unknown){
		        unknown->name, unknown->value, range, unknown->why};
	}
	made->report.unknowns = made->unknowns;
	made->report.unknown_count = scenario->unknown_count;
	return HF_OK;
}

/* A cell that reads as a number is one. */
static void put_cell(struct hf_story_table *table, const char *text)
{
	char *end;
	double number = strtod(text, &end);
	if (end != text && *end == '\0')
		hf_story_table_put_number(table, number);
	else
		hf_story_table_put_text(table, text);
}

static enum hf_err add_tables(struct hf_replay_report *made, const struct hf_scenario *scenario)
{
	if (scenario->table_count == 0)
		return HF_OK;
	made->tables = calloc(scenario->table_count, sizeof(*made->tables));
	if (made->tables == NULL)
		return HF_ERR_NOMEM;
	made->report.tables = made->tables;
	for (size_t i = 0; i < scenario->table_count; i++) {
		const struct hf_scenario_table *told = &scenario->tables[i];
		struct hf_story_table *table = &made->tables[made->report.table_count++];
		hf_story_table_head(table, told->caption, told->columns, told->column_count);
		for (size_t row = 0; row < told->row_count; row++)
			for (size_t column = 0; column < told->column_count; column++)
				put_cell(table, told->rows[row][column]);
		enum hf_err err = hf_story_table_check(table);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

enum hf_err hf_replay_report_make(const struct hf_scenario *scenario, const struct hf_drama *drama,
        const char *repeat, struct hf_replay_report *ret_report)
{
	struct hf_replay_report made = {.stories = {drama->happened, drama->guarded}};
	made.report.story_count = drama->guarded != NULL ? 2 : 1;
	made.report.repeat = repeat;
	enum hf_err err = add_head(&made, scenario, drama);
	if (err == HF_OK)
		err = add_notes(&made, scenario, drama);
	if (err == HF_OK)
		err = add_facts(&made, scenario);
	if (err == HF_OK)
		err = add_unknowns(&made, scenario);
	if (err == HF_OK)
		err = add_tables(&made, scenario);
	if (err != HF_OK) {
		hf_replay_report_done(&made);
		return err;
	}
	*ret_report = made;
	ret_report->report.stories = ret_report->stories;
	return HF_OK;
}

void hf_replay_report_done(struct hf_replay_report *report)
{
	for (size_t i = 0; i < report->report.table_count; i++)
		hf_story_table_done(&report->tables[i]);
	for (size_t i = 0; i < report->text_count; i++)
		free(report->texts[i]);
	free(report->texts);
	free(report->notes);
	free(report->tables);
	free(report->unknowns);
	free(report->facts);
	*report = (struct hf_replay_report){.text_count = 0};
}
