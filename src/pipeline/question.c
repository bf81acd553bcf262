/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/question.h"

#include <stdlib.h>
#include <string.h>

#include "verify/dsset.h"
#include "zone/load.h"

/* Everything that one question holds. */
struct asking {
	const struct hf_gate_question *question;
	struct hf_diag *diag;
	struct hf_history *history;
	struct hf_survey survey;    /* of the candidate */
	struct hf_served *combined; /* the offer's contents, a DS set behind the candidate's */
	struct hf_offer offer;
	struct hf_gate_answer answer;
};

static void rollback_done(struct hf_rollback *rollback)
{
	free(rollback->file);
	hf_gate_verdict_free(rollback->verdict);
}

void hf_answer_done(struct hf_gate_answer *answer)
{
	for (size_t i = 0; i < answer->rollback_count; i++)
		rollback_done(&answer->rollbacks[i]);
	free(answer->rollbacks);
	hf_gate_verdict_free(answer->verdict);
	*answer = (struct hf_gate_answer){.verdict = NULL};
}

bool hf_answer_good(const struct hf_gate_answer *answer)
{
	if (answer->verdict != NULL)
		return answer->verdict->safe;
	for (size_t i = 0; i < answer->rollback_count; i++) {
		if (answer->rollbacks[i].verdict->safe)
			return true;
	}
	return false;
}

/* ---- what is offered ---- */

static enum hf_err survey_candidate(struct asking *asking)
{
	const struct hf_gate_question *question = asking->question;
	const struct hf_load_options load = {
	        .pool = question->pool, .progress = question->progress};
	char zone[HF_NAME_TEXT], apex[HF_NAME_TEXT];
	const struct hf_name *expected = hf_evidence_zone(asking->history->evidence);
	struct hf_version *version;
	enum hf_err err = hf_zone_load(question->candidate, &load, asking->diag, &version);
	if (err != HF_OK)
		return err;
	if (hf_name_equal(hf_version_apex(version), expected))
		err = hf_survey_version(version, HF_SURVEY_VERIFY, question->at, question->pool,
		        question->progress, asking->history->evidence, asking->diag,
		        &asking->survey);
	else
		err = hf_fail_at(asking->diag, HF_ERR_INVALID, question->candidate, 0,
		        "this is the zone %s, but the history is that of %s",
		        hf_name_text(hf_version_apex(version), apex), hf_name_text(expected, zone));
	hf_version_unref(version);
	if (err == HF_OK)
		asking->offer = asking->survey.offer;
	return err;
}

/* A new DS set is taken to have the largest TTL that the parent was seen to use. */
static uint32_t parent_ttl(const struct hf_evidence *evidence)
{
	uint32_t ttl = 0;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (hf_evidence_content_at(evidence, fact->content)->kind == HF_KIND_DS &&
		        fact->ttl > ttl)
			ttl = fact->ttl;
	}
	return ttl;
}

/* Adds a DS set, which may be empty, to the offer. */
static enum hf_err offer_ds(struct asking *asking, const struct hf_rdata *records, size_t count)
{
	struct hf_evidence *evidence = asking->history->evidence;
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_content content = {.kind = HF_KIND_DS, .members = members, .member_count = count};
	struct hf_served served = {.ttl = parent_ttl(evidence)};
	enum hf_err err = count > HF_CONTENT_MEMBERS ? HF_ERR_LIMIT : HF_OK;
	for (size_t i = 0; i < count && err == HF_OK; i++)
		err = hf_evidence_ds(evidence, records[i], &members[i]);
	if (err == HF_OK)
		err = hf_evidence_content(evidence, &content, &served.content);
	if (err != HF_OK)
		return hf_fail(
		        asking->diag, err, "the DS set cannot be used: %s", hf_err_text(err));
	size_t before = asking->offer.count;
	asking->combined = calloc(before + 1, sizeof(*asking->combined));
	if (asking->combined == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < before; i++)
		asking->combined[i] = asking->offer.served[i];
	asking->combined[before] = served;
	asking->offer.served = asking->combined;
	asking->offer.count = before + 1;
	return HF_OK;
}

static enum hf_err offer_ds_file(struct asking *asking)
{
	struct hf_dsset set;
	enum hf_err err = hf_dsset_load(asking->question->ds,
	        hf_evidence_zone(asking->history->evidence), asking->diag, &set);
	if (err != HF_OK)
		return err;
	err = offer_ds(asking, set.records, set.count);
	hf_dsset_done(&set);
	return err;
}

/* What the history says was done at the time of the question. */
static enum hf_err offer_step(struct asking *asking)
{
	const struct hf_history *history = asking->history;
	char when[HF_TIME_TEXT];
	if (history->step_count == 0)
		return hf_fail_at(asking->diag, HF_ERR_NOTFOUND, asking->question->history, 0,
		        "nothing in it begins at %s: give the time of a fact with --at",
		        hf_time_rfc3339(asking->question->at, when));
	asking->offer = (struct hf_offer){.served = history->step,
	        .count = history->step_count,
	        .serial = history->step_serial};
	asking->answer.serial = history->step_serial != 0;
	for (size_t i = 0; i < history->step_count; i++) {
		const struct hf_content *content =
		        hf_evidence_content_at(history->evidence, history->step[i].content);
		if (content->kind != HF_KIND_DS) {
			asking->answer.version = true;
			continue;
		}
		asking->answer.ds = true;
		asking->answer.withdrawal = content->member_count == 0;
	}
	return HF_OK;
}

static enum hf_err make_offer(struct asking *asking)
{
	const struct hf_gate_question *question = asking->question;
	struct hf_gate_answer *answer = &asking->answer;
	bool withdraw = (question->flags & HF_QUESTION_WITHDRAW) != 0;
	if ((question->flags & HF_QUESTION_STEP) != 0)
		return offer_step(asking);
	answer->version = answer->serial = question->candidate != NULL;
	answer->ds = question->ds != NULL || withdraw;
	answer->withdrawal = withdraw;
	enum hf_err err = HF_OK;
	if (question->candidate != NULL)
		err = survey_candidate(asking);
	if (err == HF_OK && question->ds != NULL)
		err = offer_ds_file(asking);
	else if (err == HF_OK && withdraw)
		err = offer_ds(asking, NULL, 0);
	return err;
}

/* The gate's verdict on an offer, or on the world as it is. */
static enum hf_err ask_gate(const struct asking *asking, const struct hf_offer *offer,
        struct hf_gate_verdict **ret_verdict)
{
	const struct hf_gate_question *question = asking->question;
	enum hf_err err = hf_gate(
	        asking->history->evidence, offer, &question->gate, question->at, ret_verdict);
	if (err == HF_ERR_LIMIT)
		return hf_fail_at(asking->diag, err, question->history, 0,
		        "caches may hold more than %d different DS sets, DNSKEY sets or sets of "
		        "signing keys at that time, too many to try all combinations: see that "
		        "the TTLs and the ends of facts are right",
		        HF_WORLD_CONTENTS);
	return err;
}

/* ---- withdrawal ---- */

/* The evidence as it would be if the parent took the DS away at the time of the question. */
static enum hf_err withdraw(const struct asking *asking, struct hf_evidence *evidence)
{
	const struct hf_served *none = &asking->offer.served[asking->offer.count - 1];
	hf_time at = asking->question->at;
	/* Anchors that resolvers hold are not the parent's to take away. */
	for (uint32_t place = 0; place < hf_evidence_place_count(evidence); place++) {
		bool serves = false;
		for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
			const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
			serves = serves ||
			         (fact->place == place && fact->last > at && fact->first <= at &&
			                 hf_evidence_content_at(evidence, fact->content)->kind ==
			                         HF_KIND_DS);
		}
		if (!serves ||
		        strcmp(hf_evidence_place_name(evidence, place), HF_HISTORY_ANCHORS) == 0)
			continue;
		enum hf_err err =
		        hf_evidence_observe(evidence, place, 1u << HF_KIND_DS, none, 1, at);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* When a version without keys and signatures would be safe. */
static enum hf_err find_unsigned(struct asking *asking)
{
	const struct hf_gate_question *question = asking->question;
	struct hf_evidence *evidence = NULL;
	struct hf_served served[2] = {{.content = 0}};
	const struct hf_offer offer = {.served = served, .count = 2};
	const struct hf_content keys = {.kind = HF_KIND_DNSKEY}, data = {.kind = HF_KIND_SIGNERS};
	enum hf_err err = hf_evidence_copy(asking->history->evidence, &evidence);
	if (err == HF_OK)
		err = withdraw(asking, evidence);
	if (err == HF_OK)
		err = hf_evidence_content(evidence, &keys, &served[0].content);
	if (err == HF_OK)
		err = hf_evidence_content(evidence, &data, &served[1].content);
	if (err == HF_OK)
		err = hf_world_earliest(evidence, &offer, question->gate.rules, question->at,
		        &asking->answer.unsigned_from);
	hf_evidence_free(evidence);
	return err;
}

/* ---- rollback ---- */

static enum hf_err judge_version(
        struct asking *asking, const struct hf_history_version *version, struct hf_rollback *ret)
{
	struct hf_rollback rollback = {
	        .fact = version->fact, .first = version->first, .last = version->last};
	rollback.file = strdup(version->file);
	enum hf_err err = rollback.file != NULL ? HF_OK : HF_ERR_NOMEM;
	if (err == HF_OK)
		err = ask_gate(asking, &version->survey.offer, &rollback.verdict);
	if (err != HF_OK) {
		rollback_done(&rollback);
		return err;
	}
	*ret = rollback;
	return HF_OK;
}

/* Whether the version was published before the time of the question and is no more. */
static bool is_earlier(const struct hf_history_version *version, hf_time at)
{
	return version->place == HF_PUBLISHED && version->last <= at;
}

static int newest_first(const void *a, const void *b)
{
	const struct hf_rollback *one = a, *other = b;
	if (one->first != other->first)
		return one->first > other->first ? -1 : 1;
	return (one->fact < other->fact) - (one->fact > other->fact);
}

static enum hf_err judge_rollbacks(struct asking *asking)
{
	const struct hf_history *history = asking->history;
	struct hf_gate_answer *answer = &asking->answer;
	answer->rollbacks = calloc(history->version_count + 1, sizeof(*answer->rollbacks));
	if (answer->rollbacks == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < history->version_count; i++) {
		const struct hf_history_version *version = &history->versions[i];
		if (!is_earlier(version, asking->question->at))
			continue;
		enum hf_err err =
		        judge_version(asking, version, &answer->rollbacks[answer->rollback_count]);
		if (err != HF_OK)
			return err;
		answer->rollback_count++;
	}
	if (answer->rollback_count == 0)
		return hf_fail_at(asking->diag, HF_ERR_NOTFOUND, asking->question->history, 0,
		        "it names no zone file that was published before and is no more, so there "
		        "is nothing to go back to");
	qsort(answer->rollbacks, answer->rollback_count, sizeof(*answer->rollbacks), newest_first);
	return HF_OK;
}

/* ---- the answer ---- */

static void count_later(struct asking *asking)
{
	const struct hf_evidence *evidence = asking->history->evidence;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++)
		asking->answer.later_facts +=
		        hf_evidence_fact_at(evidence, i)->first > asking->question->at;
}

static enum hf_err judge(struct asking *asking)
{
	const struct hf_gate_question *question = asking->question;
	enum hf_err err = make_offer(asking);
	if (err != HF_OK)
		return err;
	bool offered = asking->answer.version || asking->answer.ds;
	err = ask_gate(asking, offered ? &asking->offer : NULL, &asking->answer.verdict);
	if (err == HF_OK && (question->flags & HF_QUESTION_WITHDRAW) != 0)
		err = find_unsigned(asking);
	bool note = err == HF_OK && (question->flags & HF_QUESTION_ADD) != 0 &&
	            (asking->answer.verdict->safe || (question->flags & HF_QUESTION_FORCE) != 0);
	if (note)
		err = hf_history_add(
		        question->history, question->candidate, question->at, asking->diag);
	asking->answer.added = note;
	return err;
}

static enum hf_history_flags history_flags(const struct hf_gate_question *question)
{
	if ((question->flags & HF_QUESTION_STEP) != 0)
		return HF_HISTORY_STEP;
	/* Only what is open can be closed, as a withdrawal would. */
	return (question->flags & HF_QUESTION_WITHDRAW) != 0 ? HF_HISTORY_PAST : 0;
}

enum hf_err hf_question_ask(const struct hf_gate_question *question, struct hf_diag *diag,
        struct hf_gate_answer *ret_answer)
{
	struct asking asking = {.question = question, .diag = diag};
	const struct hf_history_options options = {.flags = history_flags(question),
	        .pool = question->pool,
	        .progress = question->progress,
	        .at = question->at};
	asking.answer =
	        (struct hf_gate_answer){.question = *question, .unsigned_from = HF_TIME_NEVER};
	enum hf_err err = hf_history_load(question->history, &options, diag, &asking.history);
	if (err == HF_OK) {
		asking.answer.zone = *hf_evidence_zone(asking.history->evidence);
		count_later(&asking);
		err = (question->flags & HF_QUESTION_ROLLBACK) != 0 ? judge_rollbacks(&asking)
		                                                    : judge(&asking);
	}
	hf_survey_done(&asking.survey);
	free(asking.combined);
	hf_history_free(asking.history);
	if (err != HF_OK) {
		hf_answer_done(&asking.answer);
		return err;
	}
	*ret_answer = asking.answer;
	return HF_OK;
}
