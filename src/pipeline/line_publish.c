/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/line_inside.h"
#include "pipeline/plainzone.h"
#include "pipeline/review.h"
#include "sign/sign_change.h"
#include "zone/dump.h"

/* Owners and denial records whose signatures are replaced in one version at most: so many, and
 * this part of the zone. */
#define REFRESH_SOME 100000
#define REFRESH_PART 8
#define RETRY        INT64_C(3600)
#define PACE_PARTS   96 /* of the time in which signatures may be replaced */
#define PACE_MOST    3600

/* One version on its way. */
struct passage {
	struct hf_line_job *job;
	struct hf_line *line;
	struct hf_version *zone; /* unsigned contents; check-only: signed ones */
	bool reviewed;
	struct hf_wanted wanted;    /* not for check-only */
	struct hf_recipe recipe;    /* likewise */
	bool unsigned_zone;         /* by intent */
	struct hf_version *version; /* owned; what is to be published */
	uint32_t serial;
	uint64_t made, reused;
	struct hf_proof proof;
	hf_time retry; /* when it stopped */
	bool stopped;
	bool waits; /* for a person: nothing failed */
};

void hf_line_failure_clear(struct hf_line_failure *failure)
{
	hf_version_unref(failure->zone);
	*failure = (struct hf_line_failure){.zone = NULL, .retry = HF_TIME_NEVER};
}

int64_t hf_line_pace(const struct hf_line *line)
{
	int64_t pace = line->setup.policy.signatures.refresh / PACE_PARTS;
	return pace < 1 ? 1 : pace > PACE_MOST ? PACE_MOST : pace;
}

/* The stage failed or waits; the contents are tried again at `retry`. */
static void stop(struct passage *passage, enum hf_stage stage, enum hf_stage_state state,
        hf_time retry, const char *text)
{
	passage->stopped = true;
	passage->retry = retry;
	hf_line_stage_end(passage->line, stage, state, passage->job->now, "%s", text);
	hf_line_tell(passage->line, passage->job->now);
}

static void begin(struct passage *passage, enum hf_stage stage)
{
	hf_line_stage_begin(passage->line, stage);
	hf_line_tell(passage->line, passage->job->now);
}

static void pass(struct passage *passage, enum hf_stage stage, const char *text)
{
	hf_line_stage_end(passage->line, stage, HF_STAGE_PASSED, passage->job->now, "%s", text);
}

/* Verdicts stop the passage; other errors end the run, with the sentence in the stage too. */
static enum hf_err stop_by(
        struct passage *passage, enum hf_stage stage, struct hf_diag *diag, enum hf_err err)
{
	char words[HF_LINE_WORDS];
	if (err != HF_OK) {
		hf_line_words(diag, err, words);
		stop(passage, stage, HF_STAGE_FAILED, passage->job->now + RETRY, words);
		if (hf_line_is_verdict(err))
			err = HF_OK;
		else
			hf_diag_move(passage->job->diag, diag);
	}
	hf_diag_done(diag);
	return err;
}

/* ---- reviews ---- */

static enum hf_err ask_command(struct passage *passage, const struct hf_line_review *review,
        enum hf_stage stage, const struct hf_version *version, bool *ret_accepted)
{
	struct hf_line *line = passage->line;
	const struct hf_review_job job = {
	        .command = review->command,
	        .seconds = review->seconds > 0 ? review->seconds : 1,
	        .stage = stage == HF_STAGE_REVIEW_SIGNED ? "signed" : "unsigned",
	        .version = version,
	        .previous = hf_line_served(line),
	        .folder = line->setup.folder,
	        .stop = line->setup.stop,
	};
	struct hf_review_verdict verdict;
	struct hf_diag diag;
	hf_diag_init(&diag, 4);
	enum hf_err err = hf_review_run(&job, passage->job->pool, &diag, &verdict);
	if (err != HF_OK)
		return stop_by(passage, stage, &diag, err);
	hf_diag_done(&diag);
	/* No verdict, and nobody's fault: it is asked again when the zone is taken up again. */
	if (verdict.end.stopped) {
		stop(passage, stage, HF_STAGE_WAITS, passage->job->now + RETRY, verdict.text);
		hf_review_verdict_done(&verdict);
		return HF_OK;
	}
	const struct hf_store_note note = {
	        .at = passage->job->now, .kind = "review", .text = verdict.text};
	*ret_accepted = verdict.answer == HF_REVIEW_ACCEPTED;
	err = hf_line_engine_keep(passage->job, &note);
	if (err == HF_OK && !*ret_accepted)
		stop(passage, stage, HF_STAGE_FAILED,
		        verdict.answer == HF_REVIEW_REJECTED ? HF_TIME_NEVER
		                                             : passage->job->now + RETRY,
		        verdict.text);
	else if (err == HF_OK)
		pass(passage, stage, verdict.text);
	hf_review_verdict_done(&verdict);
	return err;
}

/* The command first, then the person: so the person can look at what it said. */
static enum hf_err review(
        struct passage *passage, enum hf_stage stage, const struct hf_version *version)
{
	struct hf_line *line = passage->line;
	bool is_signed = stage == HF_STAGE_REVIEW_SIGNED, accepted = true;
	const struct hf_line_review *by =
	        is_signed ? &line->setup.signed_review : &line->setup.unsigned_review;
	if (by->command == NULL && !by->person) {
		line->stages[stage].state = HF_STAGE_OFF;
		return HF_OK;
	}
	if (!passage->reviewed || line->agreed[is_signed] == passage->zone)
		return HF_OK;
	begin(passage, stage);
	if (by->command != NULL) {
		enum hf_err err = ask_command(passage, by, stage, version, &accepted);
		if (err != HF_OK || passage->stopped)
			return err;
	}
	if (!by->person)
		return HF_OK;
	hf_line_put(&line->waits_for, passage->zone);
	line->waits_at = stage;
	passage->waits = true;
	stop(passage, stage, HF_STAGE_WAITS, HF_TIME_NEVER,
	        "waiting for somebody to approve or reject this version");
	return HF_OK;
}

/* ---- signing ---- */

/* The contents with a serial from which the next one is newer than anything that was seen. */
static enum hf_err renumber(const struct passage *passage, struct hf_version **ret_zone)
{
	const struct hf_ledger_memory *memory = passage->line->memory;
	const struct hf_version *served = hf_line_served(passage->line);
	struct hf_soa soa, out;
	bool behind = memory->has_serial && hf_version_soa(passage->zone, &soa) &&
	              hf_serial_before(soa.serial, memory->serial);
	if (behind && served != NULL && hf_version_soa(served, &out))
		behind = out.serial != memory->serial;
	if (behind)
		return hf_plain_set_serial(passage->zone, memory->serial, ret_zone);
	*ret_zone = hf_version_ref(passage->zone);
	return HF_OK;
}

/* Keys that have to sign and are not there: their files may have come back meanwhile. */
static enum hf_err check_keys(struct passage *passage, struct hf_diag *diag)
{
	struct hf_line *line = passage->line;
	const struct hf_roll_state *state = &line->memory->roll;
	const struct hf_waypoint *waypoint = &passage->wanted.waypoint;
	hf_keys signers = waypoint->sign_keys | waypoint->sign_data;
	/* A key that was replaced in the folder must not sign from memory either. */
	enum hf_err err = hf_keybox_reload(line->box, NULL, diag);
	return err == HF_OK ? hf_keybox_check(line->box, state, signers, diag) : err;
}

static enum hf_err sign_zone(struct passage *passage, struct hf_version *zone, struct hf_diag *diag,
        struct hf_sign_next *ret_next)
{
	struct hf_line *line = passage->line;
	const struct hf_sign_duties duties = hf_recipe_duties(&passage->recipe);
	const struct hf_sign_duties before = hf_recipe_duties(&line->recipe);
	const struct hf_sign_job job = {
	        .zone = zone,
	        .previous = hf_line_served(line),
	        .keys = hf_keybox_keys(line->box),
	        .keys_from = line->setup.keys,
	        .options = &passage->recipe.options,
	        .duties = &duties,
	};
	const struct hf_sign_since since = {
	        .zone = line->base,
	        .options = line->has_recipe ? &line->recipe.options : NULL,
	        .duties = line->has_recipe ? &before : NULL,
	};
	size_t most = REFRESH_SOME + hf_tree_count(hf_version_names(zone)) / REFRESH_PART;
	return hf_sign_refresh(&job, &since, most, passage->job->pool, diag, ret_next);
}

static enum hf_err sign(struct passage *passage)
{
	struct hf_version *zone = NULL;
	struct hf_sign_next next = {.result.version = NULL};
	struct hf_diag diag;
	char text[HF_LINE_WORDS];
	begin(passage, HF_STAGE_SIGN);
	hf_diag_init(&diag, 4);
	enum hf_err err = renumber(passage, &zone);
	if (err == HF_OK)
		err = check_keys(passage, &diag);
	if (err == HF_OK)
		err = sign_zone(passage, zone, &diag, &next);
	hf_version_unref(zone);
	if (err != HF_OK)
		return stop_by(passage, HF_STAGE_SIGN, &diag, err);
	hf_diag_done(&diag);
	passage->version = next.result.version;
	passage->serial = next.result.serial;
	passage->made = next.result.made;
	passage->reused = next.result.reused;
	snprintf(text, sizeof(text), "serial %" PRIu32 ": %" PRIu64 " signatures made%s%s",
	        passage->serial, passage->made, next.whole != NULL ? ", the whole zone: " : "",
	        next.whole != NULL ? next.whole : "");
	pass(passage, HF_STAGE_SIGN, text);
	return HF_OK;
}

/* ---- proving ---- */

static struct hf_proof_question question_of(const struct passage *passage)
{
	const struct hf_line *line = passage->line;
	bool was_signed = (line->memory->flags & HF_LEDGER_UNSIGNED) == 0;
	const struct hf_version *served = hf_line_served(line);
	return (struct hf_proof_question){
	        .version = passage->version,
	        .before = was_signed ? served : NULL,
	        .survey = line->has_survey && was_signed ? &line->survey : NULL,
	        .evidence = line->memory->evidence,
	        .policy = &line->setup.policy,
	        .at = passage->job->now,
	        .next = hf_line_pace(line),
	        .unsigned_zone = passage->unsigned_zone,
	        .ds_first =
	                line->box != NULL && passage->wanted.cds == HF_CDS_KEYS &&
	                (passage->wanted.waypoint.ds & ~passage->wanted.waypoint.published) != 0,
	        .pool = passage->job->pool,
	        .progress = passage->job->progress,
	};
}

static enum hf_err verify(struct passage *passage)
{
	const struct hf_proof_question question = question_of(passage);
	struct hf_diag diag;
	begin(passage, HF_STAGE_VERIFY);
	hf_diag_init(&diag, 4);
	enum hf_err err = hf_proof_verify(&question, &diag, &passage->proof);
	if (err != HF_OK)
		return stop_by(passage, HF_STAGE_VERIFY, &diag, err);
	hf_diag_done(&diag);
	if (passage->proof.good)
		pass(passage, HF_STAGE_VERIFY, passage->proof.text);
	else
		stop(passage, HF_STAGE_VERIFY, HF_STAGE_FAILED, passage->job->now + RETRY,
		        passage->proof.text);
	return HF_OK;
}

/* Steps of a person past the gate are published; what they break was told and agreed to. */
static bool is_forced(const struct passage *passage)
{
	const struct hf_roll *roll = &passage->line->memory->roll.roll;
	return passage->line->box != NULL && roll->start.kind != HF_ROLL_NONE &&
	       roll->forced != HF_TIME_NONE && roll->index + 1 == roll->count;
}

static enum hf_err gate(struct passage *passage)
{
	struct hf_line *line = passage->line;
	struct hf_proof *proof = &passage->proof;
	const struct hf_proof_question question = question_of(passage);
	struct hf_diag diag;
	begin(passage, HF_STAGE_GATE);
	hf_diag_init(&diag, 4);
	enum hf_err err = hf_proof_gate(&question, &diag, proof);
	if (err != HF_OK)
		return stop_by(passage, HF_STAGE_GATE, &diag, err);
	hf_diag_done(&diag);
	line->gate_safe += proof->safe;
	line->gate_unsafe += !proof->safe;
	if (proof->safe || proof->broken_already || is_forced(passage)) {
		pass(passage, HF_STAGE_GATE, proof->text);
		return HF_OK;
	}
	hf_time retry = passage->job->now + RETRY;
	if (proof->earliest_safe > passage->job->now && proof->earliest_safe < retry)
		retry = proof->earliest_safe;
	passage->job->outcome->look_secondaries = true;
	passage->job->outcome->look_parent = true;
	stop(passage, HF_STAGE_GATE, HF_STAGE_FAILED, retry, proof->text);
	return HF_OK;
}

/* ---- publishing ---- */

/* Secondaries go by the expire field that they have: the largest of all versions they may have. */
static uint32_t longest_expire(const struct hf_line *line, uint32_t own)
{
	const struct hf_journal_history *published = &line->memory->published;
	uint32_t longest = own;
	for (size_t i = 0; i < published->count; i++) {
		struct hf_soa soa;
		if (hf_version_soa(published->list[i].version, &soa) && soa.expire > longest)
			longest = soa.expire;
	}
	return longest;
}

static enum hf_err enter_evidence(struct passage *passage)
{
	struct hf_evidence *evidence = passage->line->memory->evidence;
	const unsigned kinds = 1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS;
	hf_evidence_set_expire(
	        evidence, longest_expire(passage->line, passage->proof.survey.soa_expire));
	return hf_evidence_observe(evidence, HF_PUBLISHED, kinds, passage->proof.served,
	        passage->proof.served_count, passage->job->now);
}

/* What the ledger is told beside the version, and what it was before. */
struct memory_before {
	struct hf_evidence *evidence; /* a copy */
	struct hf_way_denial denial;
	unsigned flags;
};

static enum hf_err change_memory(struct passage *passage, struct memory_before *before)
{
	struct hf_ledger_memory *memory = passage->line->memory;
	unsigned flags = passage->recipe.options.flags;
	enum hf_err err = hf_evidence_copy(memory->evidence, &before->evidence);
	if (err != HF_OK)
		return err;
	before->denial = memory->roll.denial;
	before->flags = memory->flags;
	memory->flags &= ~(unsigned)HF_LEDGER_UNSIGNED;
	memory->flags |= passage->unsigned_zone ? HF_LEDGER_UNSIGNED : 0;
	if (passage->line->box != NULL && !passage->unsigned_zone)
		memory->roll.denial = (struct hf_way_denial){
		        .kind = (flags & HF_SIGN_NSEC3) != 0 ? HF_DENIAL_NSEC3 : HF_DENIAL_NSEC,
		        .opt_out = (flags & HF_SIGN_OPT_OUT) != 0};
	return enter_evidence(passage);
}

static void change_back(struct passage *passage, struct memory_before *before)
{
	struct hf_ledger_memory *memory = passage->line->memory;
	if (before->evidence == NULL)
		return;
	hf_evidence_free(memory->evidence);
	memory->evidence = before->evidence;
	memory->roll.denial = before->denial;
	memory->flags = before->flags;
	before->evidence = NULL;
}

static enum hf_err make_durable(struct passage *passage, struct hf_diag *diag)
{
	struct hf_line *line = passage->line;
	struct memory_before before = {.evidence = NULL};
	char text[HF_LINE_WORDS];
	struct hf_soa soa = {.serial = 0};
	(void)hf_version_soa(passage->zone, &soa);
	snprintf(text, sizeof(text),
	        "serial %" PRIu32 " from the contents of serial %" PRIu32 ", %" PRIu64
	        " signatures made%s",
	        passage->serial, soa.serial, passage->made,
	        is_forced(passage) && !passage->proof.safe ? "; forced past the gate" : "");
	const struct hf_store_note note = {
	        .at = passage->job->now, .kind = "published", .text = text};
	enum hf_err err = change_memory(passage, &before);
	if (err == HF_OK)
		err = hf_ledger_publish(
		        line->ledger, passage->version, passage->job->now, &note, diag);
	if (err != HF_OK)
		change_back(passage, &before);
	hf_evidence_free(before.evidence);
	return err;
}

/* It is on disk: from here on it is what is served. */
static enum hf_err take_over(struct passage *passage)
{
	struct hf_line *line = passage->line;
	hf_line_put(&line->base, passage->zone);
	line->has_recipe = line->box != NULL;
	line->recipe = passage->recipe;
	hf_survey_done(&line->survey);
	line->survey = passage->proof.survey;
	line->has_survey = true;
	passage->proof.survey = (struct hf_survey){.soa_expire = 0};
	for (size_t i = 0; i < passage->proof.served_count; i++) {
		if (passage->proof.served[i].content > line->newest_content)
			line->newest_content = passage->proof.served[i].content;
	}
	line->remake = false;
	line->refreshed = passage->job->now;
	enum hf_err err = hf_line_engine_kept(line);
	if (err == HF_OK)
		err = hf_line_show(line);
	passage->job->outcome->published = true;
	passage->job->outcome->serial = passage->serial;
	passage->job->outcome->look_secondaries = true;
	return err;
}

/* The file follows what is published; that it cannot is told, and undoes nothing. */
static void write_output(struct passage *passage)
{
	struct hf_line *line = passage->line;
	struct hf_outfile *file = NULL;
	struct hf_diag diag;
	line->output_failure[0] = '\0';
	if (line->setup.output == NULL)
		return;
	hf_diag_init(&diag, 4);
	enum hf_err err =
	        hf_outfile_new(line->setup.output, 0644, HF_OUTFILE_REPLACE, &diag, &file);
	if (err == HF_OK)
		err = hf_zone_dump(passage->version, file, passage->job->pool, NULL, &diag);
	if (err == HF_OK)
		err = hf_outfile_commit(file, &diag);
	if (err != HF_OK)
		hf_line_words(&diag, err, line->output_failure);
	hf_outfile_free(file);
	hf_diag_done(&diag);
}

static enum hf_err publish(struct passage *passage)
{
	struct hf_line *line = passage->line;
	struct hf_diag diag;
	char text[HF_LINE_WORDS];
	begin(passage, HF_STAGE_PUBLISH);
	hf_diag_init(&diag, 4);
	enum hf_err err = make_durable(passage, &diag);
	if (err != HF_OK)
		return stop_by(passage, HF_STAGE_PUBLISH, &diag, err);
	hf_diag_done(&diag);
	err = take_over(passage);
	snprintf(text, sizeof(text), "serial %" PRIu32, passage->serial);
	pass(passage, HF_STAGE_PUBLISH, text);
	if (err == HF_OK)
		write_output(passage);
	hf_line_tell(line, passage->job->now);
	return err;
}

/* ---- all of it ---- */

static enum hf_err prepare(struct passage *passage)
{
	struct hf_line *line = passage->line;
	struct hf_soa soa;
	if (line->box == NULL) {
		passage->version = hf_version_ref(passage->zone);
		passage->serial = hf_version_soa(passage->zone, &soa) ? soa.serial : 0;
		return HF_OK;
	}
	if (!hf_line_wants(line, &passage->wanted))
		return HF_ERR_INVALID;
	enum hf_err err = hf_recipe_make(&line->setup.policy, &line->memory->roll, &passage->wanted,
	        hf_line_served(line), passage->job->now, &passage->recipe);
	passage->recipe.options.serial = line->setup.serial;
	passage->unsigned_zone =
	        passage->wanted.waypoint.published == 0 && passage->wanted.waypoint.sign_data == 0;
	return err;
}

static enum hf_err go(struct passage *passage, bool *ret_nothing)
{
	struct hf_line *line = passage->line;
	enum hf_err err = prepare(passage);
	if (err == HF_OK)
		err = review(passage, HF_STAGE_REVIEW_UNSIGNED, passage->zone);
	if (err == HF_OK && !passage->stopped && line->box != NULL)
		err = sign(passage);
	*ret_nothing = passage->version != NULL && passage->version == hf_line_served(line);
	if (err == HF_OK && !passage->stopped && !*ret_nothing)
		err = verify(passage);
	if (err == HF_OK && !passage->stopped && !*ret_nothing)
		err = gate(passage);
	if (err == HF_OK && !passage->stopped && !*ret_nothing)
		err = review(passage, HF_STAGE_REVIEW_SIGNED, passage->version);
	if (err == HF_OK && !passage->stopped && !*ret_nothing)
		err = publish(passage);
	return err;
}

bool hf_line_failed(const struct hf_line_job *job, const struct hf_line_failure *failure,
        const struct hf_version *zone)
{
	const struct hf_line *line = job->line;
	struct hf_recipe recipe;
	struct hf_wanted wanted;
	if (failure->zone != zone || job->now >= failure->retry)
		return false;
	if (failure->any_recipe || line->box == NULL || !hf_line_wants(line, &wanted))
		return true;
	return hf_recipe_make(&line->setup.policy, &line->memory->roll, &wanted,
	               hf_line_served(line), job->now, &recipe) != HF_OK ||
	       hf_recipe_same(&recipe, &failure->recipe);
}

enum hf_err hf_line_publish(struct hf_line_job *job, struct hf_version *zone, bool reviewed,
        struct hf_line_failure *failure, enum hf_line_result *ret_result)
{
	struct passage passage = {
	        .job = job, .line = job->line, .zone = zone, .reviewed = reviewed};
	hf_time served_at = hf_line_served_at(job->line);
	bool nothing = false;
	if (served_at != HF_TIME_NONE && served_at >= job->now) {
		*ret_result = HF_LINE_LATER;
		return HF_OK;
	}
	hf_version_ref(zone);
	enum hf_err err = go(&passage, &nothing);
	hf_line_failure_clear(failure);
	/* After a failure of our own the caller runs again when it thinks best. */
	if (passage.stopped && err == HF_OK) {
		*failure = (struct hf_line_failure){.zone = hf_version_ref(zone),
		        .recipe = passage.recipe,
		        .any_recipe = passage.waits,
		        .retry = passage.retry};
	}
	hf_version_unref(passage.version);
	hf_version_unref(zone);
	hf_proof_done(&passage.proof);
	if (err != HF_OK)
		return err;
	*ret_result = passage.stopped ? HF_LINE_STOPPED
	              : nothing       ? HF_LINE_NOTHING
	                              : HF_LINE_PUBLISHED;
	return HF_OK;
}
