/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/rehearse_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/wrapped.h"

#define INDENT   4
#define SETTINGS 32 /* there is room for so many settings of the world … */
#define NOTES    80 /* … and notes: lines of a history */

/* Texts that a report borrows. */
struct pages {
	struct hf_buf title, subject, verdict, repeat, history;
	struct hf_buf values[SETTINGS];
	struct hf_story_unknown unknowns[SETTINGS];
	const char *notes[NOTES];
	struct hf_story_table tables[2];
	struct hf_story *stories[HF_REHEARSAL_WAYS];
	struct hf_story_report report;
};

static void pages_done(struct pages *pages)
{
	struct hf_buf *const texts[] = {
	        &pages->title, &pages->subject, &pages->verdict, &pages->repeat, &pages->history};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		hf_buf_done(texts[i]);
	for (size_t i = 0; i < SETTINGS; i++)
		hf_buf_done(&pages->values[i]);
	for (size_t i = 0; i < pages->report.table_count; i++)
		hf_story_table_done(&pages->tables[i]);
}

/* The text in a buffer that only grew; its failure is looked at once, at the end. */
static const char *text_of(struct hf_buf *buf)
{
	hf_put_u8(buf, 0);
	return buf->failed ? "" : (const char *)buf->data;
}

/* ---- The command ---- */

/* A word as a shell reads it. */
static void put_word(struct hf_buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789_./:=@,+%-";
	if (word[0] != 0 && strspn(word, plain) == strlen(word)) {
		hf_put_text(out, word);
		return;
	}
	hf_put_u8(out, '\'');
	for (; *word != 0; word++) {
		if (*word == '\'')
			hf_put_text(out, "'\\''");
		else
			hf_put_u8(out, (uint8_t)*word);
	}
	hf_put_u8(out, '\'');
}

static void put_option(struct hf_buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	hf_put_format(out, " --%s ", name);
	put_word(out, value);
}

static void put_span(struct hf_buf *out, const char *name, int64_t seconds)
{
	hf_put_format(out, " --%s ", name);
	hf_rehearsal_span_put(seconds, out);
}

static void put_list(struct hf_buf *out, const char *name, const struct hf_option_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		put_option(out, name, list->items[i]);
}

static void put_faults(struct hf_buf *out, const struct hf_theatre_fault *faults, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		hf_put_text(out, " --fault ");
		hf_rehearsal_fault_put(&faults[i], out);
	}
}

/* What was asked for and what went wrong, as it is told. */
static void put_events(const struct hf_rehearse_arguments *arguments,
        const struct hf_rehearse_setup *setup, const struct hf_rehearsal_result *result,
        struct hf_buf *out)
{
	const struct hf_theatre_history *history = &result->history;
	bool changes = !result->has_history || history->change_count > 0;
	if (changes) {
		put_option(out, "roll", arguments->roll);
		put_option(out, "method", arguments->method);
	}
	if (arguments->years > 0)
		hf_put_format(out, " --years %u", arguments->years);
	else if (arguments->span > 0 || !changes)
		put_span(out, "for", result->until - arguments->at);
	if (result->has_history) {
		put_faults(out, history->faults, history->fault_count);
	} else {
		put_faults(out, setup->faults, arguments->faults.count);
		if (arguments->random_faults > 0)
			hf_put_format(out, " --random-faults %u", arguments->random_faults);
	}
}

static void put_command(const struct hf_rehearse_arguments *arguments,
        const struct hf_rehearse_setup *setup, const struct hf_rehearsal_result *result,
        struct hf_buf *out)
{
	char at[HF_TIME_TEXT];
	hf_put_text(out, "holdfast rehearse");
	put_option(out, "zone", arguments->zone);
	put_option(out, "origin", arguments->origin);
	put_option(out, "keys", arguments->keys);
	put_option(out, "live", arguments->live);
	put_option(out, "policy", arguments->policy.text);
	if (arguments->policy.ds_ttl >= 0)
		put_span(out, "ds-ttl", arguments->policy.ds_ttl);
	if (arguments->policy.parent_delay >= 0)
		put_span(out, "parent-delay", arguments->policy.parent_delay);
	put_option(out, "start", hf_time_rfc3339(arguments->at, at));
	put_events(arguments, setup, result, out);
	put_list(out, "set", &arguments->settings);
	put_list(out, "compare", &arguments->compare);
	put_list(out, "share", &arguments->shares);
	hf_put_format(out, " --resolvers %" PRIu32 " --seed %" PRIu64, setup->rehearsal.resolvers,
	        result->seed);
}

/* ---- The head ---- */

static void put_zone(const struct hf_rehearse_setup *setup, struct hf_buf *out)
{
	char zone[HF_NAME_TEXT];
	hf_put_text(out, hf_name_text(setup->rehearsal.zone, zone));
}

static void put_title(const struct hf_rehearse_arguments *arguments,
        const struct hf_rehearse_setup *setup, const struct hf_rehearsal_result *result,
        struct hf_buf *out)
{
	char span[HF_TIME_TEXT];
	const char *change = result->outcomes[0].title;
	hf_put_text(out, "Rehearsal of ");
	put_zone(setup, out);
	if (arguments->roll != NULL)
		hf_put_format(out, ": %s", change != NULL ? change : arguments->roll);
	if (arguments->years > 0)
		hf_put_format(out, "%s %u year%s of its policy",
		        arguments->roll != NULL ? " and" : ":", arguments->years,
		        arguments->years == 1 ? "" : "s");
	else if (arguments->roll == NULL)
		hf_put_format(out, ": %s", hf_span_text(arguments->span, span));
}

static void put_subject(const struct hf_rehearse_arguments *arguments,
        const struct hf_rehearse_setup *setup, const struct hf_rehearsal_result *result,
        struct hf_buf *out)
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	hf_put_format(out, "policy %s; %s to %s; %" PRIu32 " resolvers; seed %" PRIu64,
	        arguments->policy.text, hf_time_rfc3339(arguments->at, from),
	        hf_time_rfc3339(result->until, until), setup->rehearsal.resolvers, result->seed);
}

/* What becomes of plays without a failure that nobody was told of. */
static void put_runs(const struct hf_rehearsal_result *result, struct hf_buf *out)
{
	char span[HF_TIME_TEXT];
	hf_put_format(out, "none of %u plays with random faults fails by itself%s; ", result->runs,
	        result->stopped ? ", then it was interrupted" : "");
	if (result->announced > 0)
		hf_put_format(out,
		        "in %u of them signatures ran out somewhere, %s or more after an alarm "
		        "that "
		        "nobody acted on (the first one: --runs 1 --seed %" PRIu64 "); ",
		        result->announced, hf_span_text(result->notice, span),
		        result->announced_seed);
	hf_put_format(out, "of the play with seed %" PRIu64 ": ", result->seed);
}

static void put_verdict(const struct hf_rehearsal *rehearsal,
        const struct hf_rehearsal_result *result, struct hf_buf *out)
{
	const char *verdict = result->outcomes[0].story->verdict;
	if (result->has_history)
		hf_put_format(out,
		        "play %u of %u, with seed %" PRIu64
		        ", fails; this is the smallest history that still does: ",
		        result->runs, rehearsal->runs, result->seed);
	else if (rehearsal->runs > 1)
		put_runs(result, out);
	hf_put_text(out, verdict);
}

/* The history, a note for each line. */
static size_t put_notes(const struct hf_rehearsal_result *result, struct pages *pages)
{
	size_t count = 0;
	if (!result->has_history)
		return 0;
	hf_theatre_history_put(&result->history, &pages->history);
	hf_put_u8(&pages->history, 0);
	if (pages->history.failed)
		return 0;
	char *rest = NULL;
	for (char *line = strtok_r((char *)pages->history.data, "\n", &rest);
	        line != NULL && count < NOTES; line = strtok_r(NULL, "\n", &rest))
		pages->notes[count++] = line;
	return count;
}

/* ---- What it rests on ---- */

static enum hf_err put_resolvers(const struct hf_people *people, struct hf_story_table *table)
{
	static const char *const columns[] = {"resolvers", "per cent", "what they do"};
	hf_story_table_head(table, "Who looks names up", columns, 3);
	for (size_t i = 0; i < people->count; i++) {
		const struct hf_population_kind *kind = &people->kinds[i];
		if (kind->share <= 0)
			continue;
		hf_story_table_put_text(table, kind->name);
		hf_story_table_put_number(table, 100 * kind->share);
		hf_story_table_put_text(table, hf_people_find(kind->name)->about);
	}
	hf_story_table_put_note(table,
	        "`holdfast rehearse --list-resolvers` says what they ask for "
	        "and where all this comes from; --share changes it.");
	return hf_story_table_check(table);
}

/* Whether anybody may hold keys that went stale. */
static bool wants_storm(const struct hf_rehearse_setup *setup)
{
	for (size_t i = 0; i < setup->people.count; i++)
		if (setup->people.kinds[i].trust == HF_TRUST_ANCHORS &&
		        setup->people.kinds[i].share > 0)
			return true;
	for (size_t i = 0; i < setup->way_count; i++)
		if (setup->ways[i].server_delay > 0)
			return true;
	return setup->ways[0].policy.rfc5011;
}

static enum hf_err put_tables(const struct hf_rehearse_setup *setup, struct pages *pages)
{
	struct hf_story_report *report = &pages->report;
	report->tables = pages->tables;
	report->table_count = 1;
	enum hf_err err = put_resolvers(&setup->people, &pages->tables[0]);
	if (err != HF_OK || !wants_storm(setup))
		return err;
	err = hf_rehearsal_storm_table(
	        setup->ways, setup->way_count, setup->rehearsal.seed, &pages->tables[1]);
	report->table_count += err == HF_OK;
	return err;
}

static void put_settings(const struct hf_rehearse_setup *setup, struct pages *pages)
{
	size_t count = 0;
	const struct hf_rehearsal_setting *setting;
	for (; count < SETTINGS && (setting = hf_rehearsal_setting_at(count)) != NULL; count++) {
		hf_rehearsal_setting_put(count, &setup->ways[0], &pages->values[count]);
		pages->unknowns[count] = (struct hf_story_unknown){
		        .name = setting->name,
		        .value = text_of(&pages->values[count]),
		        .text = setting->about,
		};
	}
	pages->report.unknowns = pages->unknowns;
	pages->report.unknown_count = count;
}

static enum hf_err check(const struct pages *pages)
{
	const struct hf_buf *const texts[] = {
	        &pages->title, &pages->subject, &pages->verdict, &pages->repeat, &pages->history};
	enum hf_err err = HF_OK;
	for (size_t i = 0; err == HF_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
		err = hf_buf_check(texts[i]);
	for (size_t i = 0; err == HF_OK && i < SETTINGS; i++)
		err = hf_buf_check(&pages->values[i]);
	return err;
}

static enum hf_err fill(const struct hf_rehearse_arguments *arguments,
        const struct hf_rehearse_setup *setup, const struct hf_rehearsal_result *result,
        struct pages *pages)
{
	struct hf_story_report *report = &pages->report;
	put_title(arguments, setup, result, &pages->title);
	put_subject(arguments, setup, result, &pages->subject);
	put_verdict(&setup->rehearsal, result, &pages->verdict);
	put_command(arguments, setup, result, &pages->repeat);
	for (size_t i = 0; i < result->count; i++)
		pages->stories[i] = result->outcomes[i].story;
	report->title = text_of(&pages->title);
	report->subject = text_of(&pages->subject);
	report->verdict = text_of(&pages->verdict);
	report->repeat = text_of(&pages->repeat);
	report->good = !result->failed;
	report->stories = pages->stories;
	report->story_count = result->count;
	report->notes = pages->notes;
	report->note_count = put_notes(result, pages);
	put_settings(setup, pages);
	enum hf_err err = put_tables(setup, pages);
	return err == HF_OK ? check(pages) : err;
}

enum hf_err hf_rehearse_print(const struct hf_rehearse_arguments *arguments,
        const struct hf_rehearse_setup *setup, const struct hf_rehearsal_result *result,
        const struct hf_story_outputs *outputs, struct hf_diag *diag)
{
	struct pages *pages = calloc(1, sizeof(*pages));
	if (pages == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = fill(arguments, setup, result, pages);
	if (err == HF_OK)
		err = hf_story_print(&pages->report, outputs, diag);
	pages_done(pages);
	free(pages);
	return err;
}

/* ---- Lists ---- */

static void put_kind(const struct hf_people_kind *kind, struct hf_buf *out)
{
	const struct hf_population_kind *what = &kind->kind;
	hf_put_format(out, "%s, %.4g %%", what->name, 100 * what->share);
	if (kind->anchor_share != what->share)
		hf_put_format(out, " (before a zone whose keys are trust anchors %.4g %%)",
		        100 * kind->anchor_share);
	hf_put_text(out, "\n");
	hf_put_wrapped(out, INDENT, "", kind->about);
	hf_put_wrapped(out, INDENT, "", kind->source);
}

enum hf_err hf_rehearse_list_resolvers(struct hf_buf *out)
{
	for (size_t i = 0; hf_people_at(i) != NULL; i++)
		put_kind(hf_people_at(i), out);
	hf_put_text(out, "\nAll of them\n");
	for (size_t i = 0; hf_people_fact_at(i) != NULL; i++) {
		const struct hf_people_fact *fact = hf_people_fact_at(i);
		hf_put_item(out, 2, fact->text);
		hf_put_wrapped(out, INDENT, "Source: ", fact->source);
	}
	return hf_buf_check(out);
}

enum hf_err hf_rehearse_list_settings(struct hf_buf *out)
{
	for (size_t i = 0; hf_rehearsal_setting_at(i) != NULL; i++) {
		const struct hf_rehearsal_setting *setting = hf_rehearsal_setting_at(i);
		hf_put_format(out, "%s\n", setting->name);
		hf_put_wrapped(out, INDENT, "", setting->about);
	}
	return hf_buf_check(out);
}
