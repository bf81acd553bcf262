/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a play was like, in figures, tables and one verdict. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/rehearsal_inside.h"

#define DAY 86400.0

/* ---- Figures ---- */

static enum hf_err put_figures(struct hf_story *story, const struct hf_theatre_play *play,
        const struct hf_rehearsal_outcome *outcome)
{
	const struct {
		const char *name, *unit;
		double value;
	} figures[] = {
	        {"the change takes", "seconds", (double)outcome->seconds},
	        {"versions published", "", (double)play->published},
	        {"steps refused by the gate", "", (double)play->refused},
	};
	enum hf_err err = HF_OK;
	for (size_t i = outcome->seconds < 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		if (err == HF_OK)
			err = hf_story_figure(
			        story, figures[i].name, figures[i].unit, figures[i].value);
	}
	return err;
}

/* ---- Tables ---- */

struct sums {
	uint64_t questions[HF_ASKED_TYPES], bytes[HF_ASKED_TYPES];
};

static struct sums sum_up(const struct hf_population_measures *users)
{
	struct sums sums = {.questions = {0}};
	for (size_t i = 0; i < users->count; i++) {
		for (unsigned type = 0; type < HF_ASKED_TYPES; type++) {
			sums.questions[type] += users->buckets[i].questions[type];
			sums.bytes[type] += users->buckets[i].bytes[type];
		}
	}
	return sums;
}

static enum hf_err put_questions(struct hf_story *story, unsigned servers)
{
	static const char *const columns[] = {
	        "type", "questions a day", "bytes a day", "bytes an answer"};
	static const char *const names[HF_ASKED_TYPES] = {
	        [HF_ASKED_DATA] = "data",
	        [HF_ASKED_DNSKEY] = "DNSKEY",
	        [HF_ASKED_DS] = "DS (at the parent)",
	};
	const struct hf_population_measures *users = &story->users;
	struct sums sums = sum_up(users);
	struct hf_story_table table = {.caption = NULL};
	double days = (double)(users->until - users->from) / DAY;
	char note[160];
	hf_story_table_head(&table, "What this population asks for", columns, 4);
	for (unsigned type = 0; type < HF_ASKED_TYPES; type++) {
		double questions = (double)sums.questions[type];
		hf_story_table_put_text(&table, names[type]);
		hf_story_table_put_number(&table, round(questions / days));
		hf_story_table_put_number(&table, round((double)sums.bytes[type] / days));
		hf_story_table_put_number(
		        &table, questions > 0 ? round((double)sums.bytes[type] / questions) : 0);
	}
	snprintf(note, sizeof(note),
	        "Over all servers; each of the zone's %u gets about as much as another. %" PRIu64
	        " resolvers, %" PRIu64 " of them validating.",
	        servers, users->resolvers, users->validating);
	hf_story_table_put_note(&table, note);
	enum hf_err err = hf_story_add_table(story, &table);
	if (err != HF_OK)
		hf_story_table_done(&table);
	return err;
}

/* Of the failures, how many each kind of resolver and each cause has. */
static enum hf_err put_failures(struct hf_story *story, const struct hf_people *people)
{
	static const char *const columns[] = {"who, or why", "per cent of the failures"};
	const struct hf_population_measures *users = &story->users;
	struct hf_story_table table = {.caption = NULL};
	double all = 0;
	for (unsigned i = 0; i < HF_SCENE_VERDICTS; i++)
		all += (double)users->causes[i];
	hf_story_table_head(&table, "Who fails, and why", columns, 2);
	for (size_t i = 0; i < people->count; i++) {
		if (users->kinds[i] == 0)
			continue;
		hf_story_table_put_text(&table, people->kinds[i].name);
		hf_story_table_put_number(&table, 100 * (double)users->kinds[i] / all);
	}
	for (unsigned i = 0; i < HF_SCENE_VERDICTS; i++) {
		if (users->causes[i] == 0)
			continue;
		hf_story_table_put_text(&table, hf_scene_verdict_name(i));
		hf_story_table_put_number(&table, 100 * (double)users->causes[i] / all);
	}
	enum hf_err err = hf_story_add_table(story, &table);
	if (err != HF_OK)
		hf_story_table_done(&table);
	return err;
}

/* ---- The verdict ---- */

/* Whether all who fail hold keys that they got by hand: no zone can help them. */
static bool only_stale(const struct hf_population_measures *users, const struct hf_people *people)
{
	bool any = false;
	for (size_t i = 0; i < people->count; i++) {
		if (users->kinds[i] > 0 && people->kinds[i].trust != HF_TRUST_ANCHORS)
			return false;
		any |= users->kinds[i] > 0;
	}
	return any;
}

static const char *refusal(const struct hf_story *story)
{
	for (size_t i = 0; i < story->count; i++)
		if (story->moments[i].kind == HF_MOMENT_REFUSED)
			return story->moments[i].text;
	return "the timeline says why";
}

static void put_change(const struct hf_rehearsal_stage *stage, const struct hf_theatre_play *play,
        const struct hf_rehearsal_outcome *outcome, struct hf_buf *out)
{
	char span[HF_TIME_TEXT];
	if (stage->job.change_count == 0)
		return;
	const struct hf_theatre_ended *change = hf_rehearsal_change(play);
	if (change == NULL)
		hf_put_format(out, "; what was asked for was refused: %s", refusal(outcome->story));
	else if (outcome->seconds < 0)
		hf_put_format(out,
		        "; the %s is not done by the end: the timeline says what it "
		        "waits for",
		        outcome->title);
	else
		hf_put_format(out, "; the %s %s %s", outcome->title,
		        change->back ? "went back after" : "takes",
		        hf_span_text(outcome->seconds, span));
}

static void put_audit(
        const struct hf_rehearsal_judgement *judgement, bool users_fail, struct hf_buf *out)
{
	const struct hf_audit *audit = &judgement->audit;
	char at[HF_TIME_TEXT], span[HF_TIME_TEXT];
	if (audit->failures == 0 && audit->late == 0) {
		hf_put_format(out,
		        "; %" PRIu64 " combinations of what any cache could hold were "
		        "judged, and all are good",
		        audit->combinations);
		return;
	}
	const struct hf_audit_failure *first =
	        audit->failures > 0 ? &audit->first : &audit->first_late;
	hf_put_format(out,
	        users_fail ? "; the first cache that can fail does so at %s: %s"
	                   : "; but a cache could hold what fails, first at %s: %s",
	        hf_time_rfc3339(first->at, at), hf_scene_verdict_name(first->verdict));
	if (audit->failures > 0)
		return;
	hf_put_text(out, ", because a signer or a name server stood still for longer than "
	                 "signatures last");
	if (judgement->announced)
		hf_put_format(out, "; the first alarm was %s before that",
		        hf_span_text(judgement->notice, span));
}

static enum hf_err set_verdict(const struct hf_rehearsal_stage *stage,
        const struct hf_theatre_play *play, const struct hf_rehearsal_judgement *judgement,
        const struct hf_rehearsal_outcome *outcome)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	struct hf_story *story = outcome->story;
	bool users_fail = story->failed;
	bool stale = users_fail && only_stale(&story->users, stage->rehearsal->people);
	hf_put_text(&text, story->verdict);
	if (stale)
		hf_put_text(&text, "; all of them hold keys that were given by hand, which no zone "
		                   "can help");
	put_audit(judgement, users_fail && !stale, &text);
	put_change(stage, play, outcome, &text);
	if (play->stuck != NULL)
		hf_put_format(&text, "; the engine is stuck: %s", play->stuck);
	hf_put_u8(&text, 0);
	enum hf_err err = hf_buf_check(&text);
	if (err != HF_OK)
		return err;
	free(story->verdict);
	story->verdict = (char *)text.data;
	text = (struct hf_buf){.data = NULL};
	return HF_OK;
}

/* ---- The whole ---- */

/* How the change is made, where there are several ways; NULL. */
static const char *method_of(const struct hf_rehearsal_stage *stage)
{
	const struct hf_roll_start *start = &stage->job.changes[0].wish.start;
	if (start->has_method)
		return NULL; /* the title has it */
	if (start->kind == HF_ROLL_KEYS_OF_ROLE)
		return hf_method_name(stage->policy.roles[start->role].method);
	if (start->kind == HF_ROLL_ALGORITHM)
		return hf_method_name(stage->policy.rollover.algorithm_method);
	return NULL;
}

/* "KSK rollover (double-ksk)". */
static char *title_of(const struct hf_rehearsal_stage *stage, const struct hf_theatre_ended *change)
{
	const char *method = stage->job.change_count > 0 ? method_of(stage) : NULL;
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	if (method != NULL)
		hf_put_format(&text, "%s (%s)", change->title, method);
	else
		hf_put_text(&text, change->title);
	hf_put_u8(&text, 0);
	return text.failed ? NULL : strdup((const char *)text.data);
}

static enum hf_err take_change(const struct hf_rehearsal_stage *stage,
        const struct hf_theatre_play *play, struct hf_rehearsal_outcome *outcome)
{
	const struct hf_theatre_ended *change = hf_rehearsal_change(play);
	outcome->seconds = -1;
	if (change == NULL)
		return HF_OK;
	outcome->title = title_of(stage, change);
	if (change->ends != HF_TIME_NEVER && change->ends <= stage->job.until)
		outcome->seconds = change->ends - change->asked;
	return outcome->title != NULL ? HF_OK : HF_ERR_NOMEM;
}

enum hf_err hf_rehearsal_tell(const struct hf_rehearsal_stage *stage,
        const struct hf_theatre_play *play, const struct hf_rehearsal_judgement *judgement,
        struct hf_rehearsal_outcome *outcome)
{
	struct hf_story *story = outcome->story;
	enum hf_err err = take_change(stage, play, outcome);
	if (err == HF_OK)
		err = put_figures(story, play, outcome);
	if (err == HF_OK)
		err = put_questions(story, stage->way->world.servers);
	if (err == HF_OK && story->failed)
		err = put_failures(story, stage->rehearsal->people);
	if (err == HF_OK)
		err = set_verdict(stage, play, judgement, outcome);
	if (err != HF_OK)
		return err;
	bool undone = stage->job.change_count > 0 && outcome->seconds < 0;
	outcome->judged = judgement->audit.combinations;
	outcome->failed = story->failed || judgement->failed || undone;
	story->failed = outcome->failed;
	return HF_OK;
}
