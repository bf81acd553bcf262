/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollover/rollover.h"
#include "verify/change.h"

void hf_proof_done(struct hf_proof *proof)
{
	free(proof->served);
	hf_survey_done(&proof->survey);
	*proof = (struct hf_proof){.good = false};
}

/* ---- the parent's DS ---- */

static bool is_anchor(const struct hf_evidence *evidence, const struct hf_fact *fact)
{
	return strcmp(hf_evidence_place_name(evidence, fact->place), HF_PLACE_ANCHORS) == 0;
}

bool hf_proof_ds(const struct hf_evidence *evidence, uint32_t *ret_content)
{
	uint32_t found = HF_NO_CONTENT;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->last != HF_TIME_NEVER || is_anchor(evidence, fact) ||
		        hf_evidence_content_at(evidence, fact->content)->kind != HF_KIND_DS)
			continue;
		if (found != HF_NO_CONTENT && found != fact->content)
			return false;
		found = fact->content;
	}
	if (found == HF_NO_CONTENT)
		return false;
	*ret_content = found;
	return true;
}

/* ---- verifying ---- */

/*
 * What is meant to be so is no error: an unsigned zone, and a CDS record of a key that comes after
 * its DS. The verifier cannot know of either.
 */
static bool counts(const struct hf_proof_question *question, const struct hf_finding *finding)
{
	const struct hf_check *check = finding->check;
	bool meant = (question->unsigned_zone && check == &HF_CHECKS[HF_CHECK_ZONE_UNSIGNED]) ||
	             (question->ds_first && check == &HF_CHECKS[HF_CHECK_CDS_NO_KEY]);
	return check->severity == HF_SEVERITY_ERROR && !meant;
}

static void judge_report(const struct hf_proof_question *question, const struct hf_report *report,
        struct hf_proof *proof)
{
	const struct hf_finding *first = NULL;
	uint64_t errors = 0;
	char owner[HF_NAME_TEXT], when[HF_TIME_TEXT];
	for (size_t i = 0; i < report->count; i++) {
		if (!counts(question, &report->findings[i]))
			continue;
		first = first == NULL ? &report->findings[i] : first;
		errors++;
	}
	proof->good = errors == 0;
	if (proof->good && report->has_validity)
		snprintf(proof->text, sizeof(proof->text),
		        "good: %" PRIu64 " signatures at %" PRIu64
		        " names were looked at; the first of them ends at %s",
		        report->signatures, report->names,
		        hf_time_rfc3339(report->at + report->min_validity, when));
	else if (proof->good)
		snprintf(proof->text, sizeof(proof->text), "good: %" PRIu64 " names were looked at",
		        report->names);
	else
		snprintf(proof->text, sizeof(proof->text), "%s (%s): %s %s%s",
		        hf_name_text(&first->owner, owner), first->check->name, first->detail,
		        first->fix,
		        errors + report->dropped > 1 ? " And more is wrong; holdfast verify lists "
		                                       "it."
		                                     : "");
}

/* The DS records of a content, as the verifier takes them. */
static struct hf_rdata *ds_records(const struct hf_evidence *evidence, uint32_t number)
{
	const struct hf_content *content = hf_evidence_content_at(evidence, number);
	struct hf_rdata *list = calloc(content->member_count + 1, sizeof(*list));
	for (size_t i = 0; list != NULL && i < content->member_count; i++)
		list[i] = hf_evidence_ds_at(evidence, content->members[i])->rdata;
	return list;
}

enum hf_err hf_proof_verify(
        const struct hf_proof_question *question, struct hf_diag *diag, struct hf_proof *proof)
{
	struct hf_verify_options options = {.at = question->at};
	struct hf_rdata *records = NULL;
	struct hf_report *report = NULL;
	enum hf_err err;
	uint32_t ds;
	if (!question->unsigned_zone && hf_proof_ds(question->evidence, &ds)) {
		records = ds_records(question->evidence, ds);
		if (records == NULL)
			return HF_ERR_NOMEM;
		options.ds = records;
		options.ds_count = hf_evidence_content_at(question->evidence, ds)->member_count;
		options.ds_given = true;
	}
	if (question->before != NULL && !question->unsigned_zone)
		err = hf_verify_change(question->before, question->version, &options,
		        question->pool, question->progress, diag, &report);
	else
		err = hf_verify_zone(question->version, &options, question->pool,
		        question->progress, diag, &report);
	free(records);
	if (err != HF_OK)
		return err;
	judge_report(question, report, proof);
	hf_report_free(report);
	return HF_OK;
}

/* ---- plain form ---- */

/* Earlier by at most an eighth of what it outlasts caches by, on a grid that few versions leave. */
static hf_time plain_end(hf_time end, hf_time at, uint32_t ttl)
{
	int64_t slack = end - at - ttl, grid = 1;
	if (end == HF_TIME_NEVER || slack <= 8)
		return end;
	while (grid <= slack / 16)
		grid *= 2;
	return end - end % grid;
}

static enum hf_err make_plain(struct hf_evidence *evidence, const struct hf_served *served,
        hf_time at, struct hf_served *ret_served)
{
	struct hf_signing signings[HF_CONTENT_MEMBERS];
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_content content = *hf_evidence_content_at(evidence, served->content);
	/* What is interned may move what is looked at. */
	for (size_t i = 0; i < content.member_count; i++)
		members[i] = content.members[i];
	for (size_t i = 0; i < content.signing_count; i++) {
		signings[i] = content.signings[i];
		signings[i].inception = signings[i].inception <= at ? 0 : signings[i].inception;
		signings[i].expiration = plain_end(signings[i].expiration, at, served->ttl);
	}
	content.members = members;
	content.signings = signings;
	*ret_served = *served;
	return hf_evidence_content(evidence, &content, &ret_served->content);
}

static enum hf_err make_all_plain(const struct hf_proof_question *question, struct hf_proof *proof)
{
	const struct hf_offer *offer = &proof->survey.offer;
	proof->served = calloc(offer->count + 1, sizeof(*proof->served));
	if (proof->served == NULL)
		return HF_ERR_NOMEM;
	proof->served_count = offer->count;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < offer->count && err == HF_OK; i++)
		err = make_plain(
		        question->evidence, &offer->served[i], question->at, &proof->served[i]);
	return err;
}

/* ---- the gate ---- */

static bool lacks_only_ds(const struct hf_gate_verdict *verdict)
{
	for (size_t i = 0; i < verdict->count; i++) {
		if (strcmp(verdict->reasons[i].check, "no-evidence") != 0)
			return false;
	}
	return verdict->count > 0;
}

static void judge_verdict(const struct hf_gate_verdict *verdict, struct hf_proof *proof)
{
	char when[HF_TIME_TEXT];
	proof->safe = verdict->safe;
	proof->earliest_safe = verdict->earliest_safe;
	proof->no_evidence = !verdict->safe && lacks_only_ds(verdict);
	proof->broken_already =
	        !verdict->safe && verdict->broken_already &&
	        (verdict->effect == HF_EFFECT_BETTER || verdict->effect == HF_EFFECT_NONE);
	if (verdict->safe && verdict->warning_count > 0)
		snprintf(proof->text, sizeof(proof->text), "safe; %s", verdict->warnings[0]);
	else if (verdict->safe)
		snprintf(proof->text, sizeof(proof->text),
		        "safe: whatever caches hold goes with this version");
	else if (proof->broken_already)
		snprintf(proof->text, sizeof(proof->text),
		        "resolvers fail already, and this version breaks nobody else: %s",
		        verdict->already);
	else if (verdict->count == 0)
		snprintf(proof->text, sizeof(proof->text), "unsafe, for no reason that was told");
	else if (verdict->earliest_safe == HF_TIME_NEVER)
		snprintf(proof->text, sizeof(proof->text), "unsafe: %s %s",
		        verdict->reasons[0].broken, verdict->reasons[0].fix);
	else
		snprintf(proof->text, sizeof(proof->text), "unsafe until %s: %s %s",
		        hf_time_rfc3339(verdict->earliest_safe, when), verdict->reasons[0].broken,
		        verdict->reasons[0].fix);
}

static enum hf_err survey(
        const struct hf_proof_question *question, struct hf_diag *diag, struct hf_proof *proof)
{
	const struct hf_survey_since since = {
	        .survey = question->survey, .version = question->before};
	if (question->survey != NULL && question->before != NULL)
		return hf_survey_change(&since, question->version, HF_SURVEY_VERIFIED, question->at,
		        question->pool, question->evidence, diag, &proof->survey);
	return hf_survey_version(question->version, HF_SURVEY_VERIFIED, question->at,
	        question->pool, question->progress, question->evidence, diag, &proof->survey);
}

enum hf_err hf_proof_gate(
        const struct hf_proof_question *question, struct hf_diag *diag, struct hf_proof *proof)
{
	const struct hf_gate_options options = {
	        .rules = question->policy->rollover.rules, .next = question->next};
	struct hf_gate_verdict *verdict = NULL;
	enum hf_err err = survey(question, diag, proof);
	if (err == HF_OK)
		err = make_all_plain(question, proof);
	if (err != HF_OK)
		return err;
	struct hf_offer offer = proof->survey.offer;
	offer.served = proof->served;
	err = hf_gate(question->evidence, &offer, &options, question->at, &verdict);
	if (err != HF_OK)
		return hf_fail(diag, err, "whether the version is safe cannot be worked out: %s",
		        err == HF_ERR_LIMIT ? "too many versions are in caches at once; publish "
		                              "less often, or lower TTLs"
		                            : hf_err_text(err));
	judge_verdict(verdict, proof);
	hf_gate_verdict_free(verdict);
	return HF_OK;
}
