/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "dns/rdatatext.h"
#include "pipeline/line_inside.h"

bool hf_line_wants(const struct hf_line *line, struct hf_wanted *ret_wanted)
{
	if (!line->stepped)
		return false;
	*ret_wanted = line->outcome.wanted;
	return true;
}

/* ---- storing ---- */

/* The state as it is stored, but for when the engine was asked last. */
static enum hf_err to_bytes(const struct hf_line *line, struct hf_buf *out)
{
	struct hf_roll_state state = line->memory->roll;
	state.last_step = HF_TIME_NONE;
	state.last_wake = HF_TIME_NEVER;
	hf_roll_state_put(&state, out);
	hf_put_u32(out, line->memory->flags);
	return hf_buf_check(out);
}

enum hf_err hf_line_engine_kept(struct hf_line *line)
{
	struct hf_buf bytes = {.data = NULL};
	enum hf_err err = to_bytes(line, &bytes);
	if (err != HF_OK) {
		hf_buf_done(&bytes);
		return err;
	}
	hf_buf_done(&line->kept);
	line->kept = bytes;
	line->kept_facts = hf_evidence_fact_count(line->memory->evidence);
	return HF_OK;
}

enum hf_err hf_line_engine_keep(struct hf_line_job *job, const struct hf_store_note *note)
{
	struct hf_line *line = job->line;
	struct hf_buf bytes = {.data = NULL};
	enum hf_err err = to_bytes(line, &bytes);
	bool same = err == HF_OK && note == NULL && bytes.len == line->kept.len &&
	            memcmp(bytes.data, line->kept.data, bytes.len) == 0 &&
	            line->kept_facts == hf_evidence_fact_count(line->memory->evidence);
	hf_buf_done(&bytes);
	if (err != HF_OK || same)
		return err;
	err = hf_ledger_keep(line->ledger, note, job->diag);
	return err == HF_OK ? hf_line_engine_kept(line) : err;
}

static enum hf_err keep_note(struct hf_line_job *job, const char *kind, const char *text)
{
	const struct hf_store_note note = {.at = job->now, .kind = kind, .text = text};
	return hf_line_engine_keep(job, &note);
}

/* ---- a zone that it sees for the first time ---- */

/* A key or a folder that is not as it should be stops the engine, and is told. */
static enum hf_err stuck(struct hf_line_job *job, struct hf_diag *diag, enum hf_err err)
{
	if (hf_line_is_verdict(err)) {
		hf_line_words(diag, err, job->line->key_failure);
		err = HF_OK;
	}
	hf_diag_done(diag);
	return err;
}

static enum hf_err adopt(struct hf_line_job *job)
{
	struct hf_line *line = job->line;
	struct hf_ledger_memory *memory = line->memory;
	const struct hf_policy_denial *denial = &line->setup.policy.denial;
	struct hf_diag diag;
	char text[HF_LINE_WORDS];
	hf_diag_init(&diag, 4);
	enum hf_err err = hf_keybox_adopt(line->box, &memory->roll, job->now, &diag);
	if (err != HF_OK)
		return stuck(job, &diag, err);
	hf_diag_done(&diag);
	hf_roll_adopt_denial(&memory->roll,
	        (struct hf_way_denial){.kind = denial->kind,
	                .opt_out = denial->kind == HF_DENIAL_NSEC3 && denial->opt_out});
	memory->has_roll = true;
	snprintf(text, sizeof(text), "the zone begins with %u keys that were there",
	        hf_keys_count(memory->roll.rest.published | memory->roll.rest.ds));
	return keep_note(job, "began", text);
}

static enum hf_err start(struct hf_line_job *job, const struct hf_roll_start *start)
{
	struct hf_line *line = job->line;
	const struct hf_roll_event event = {.kind = HF_EVENT_START, .start = *start};
	struct hf_diag diag;
	hf_diag_init(&diag, 4);
	enum hf_err err = hf_roll_event(&line->setup.policy, &line->memory->roll,
	        line->memory->evidence, &event, job->now, &diag);
	if (err != HF_OK)
		return stuck(job, &diag, err);
	hf_diag_done(&diag);
	return HF_OK;
}

/* Starts what follows from the policy alone. */
static enum hf_err follow_policy(struct hf_line_job *job)
{
	const struct hf_line *line = job->line;
	const struct hf_roll_state *state = &line->memory->roll;
	const struct hf_policy_denial *denial = &line->setup.policy.denial;
	bool opt_out = denial->kind == HF_DENIAL_NSEC3 && denial->opt_out;
	bool is_signed = (state->rest.published | state->rest.ds) != 0;
	if (state->roll.start.kind != HF_ROLL_NONE)
		return HF_OK;
	/* A zone that was never published has nothing to go back to; later, unsigned is a wish. */
	if (!is_signed && hf_line_served(line) == NULL)
		return start(
		        job, &(struct hf_roll_start){.kind = HF_ROLL_SECURE, .by_schedule = true});
	if (is_signed &&
	        (state->rest.denial.kind != denial->kind || state->rest.denial.opt_out != opt_out))
		return start(job, &(struct hf_roll_start){.kind = HF_ROLL_DENIAL,
		                          .denial = {denial->kind, opt_out},
		                          .by_schedule = true});
	return HF_OK;
}

enum hf_err hf_line_engine_begin(struct hf_line_job *job)
{
	struct hf_line *line = job->line;
	line->key_failure[0] = '\0';
	enum hf_err err = HF_OK;
	if (!line->memory->has_roll)
		err = adopt(job);
	if (err == HF_OK && line->memory->has_roll)
		err = follow_policy(job);
	return err;
}

/* ---- acts ---- */

/* What a key act comes to; a failure is told and tried again with the next run. */
static enum hf_err told(struct hf_line_job *job, struct hf_diag *diag, enum hf_err err,
        const struct hf_roll_event *event, bool *again)
{
	struct hf_line *line = job->line;
	if (err != HF_OK)
		return stuck(job, diag, err);
	err = hf_roll_event(&line->setup.policy, &line->memory->roll, line->memory->evidence, event,
	        job->now, diag);
	*again = true;
	/* Another key has that tag: the next step asks for another one. */
	return stuck(job, diag, err);
}

static enum hf_err generate(struct hf_line_job *job, const struct hf_act *act, bool *again)
{
	struct hf_line *line = job->line;
	struct hf_roll_event event;
	struct hf_diag diag;
	char text[HF_LINE_WORDS];
	hf_diag_init(&diag, 4);
	enum hf_err err = hf_keybox_generate(
	        line->box, &line->memory->roll, act, &line->setup.policy, job->now, &diag, &event);
	uint16_t tag = err == HF_OK ? hf_dnskey_tag(event.dnskey) : 0;
	bool made = err == HF_OK;
	err = told(job, &diag, err, &event, again);
	if (err != HF_OK || !made)
		return err;
	snprintf(text, sizeof(text), "%s %u was made", hf_role_name(act->role), tag);
	return keep_note(job, "key-made", text);
}

static enum hf_err challenge(struct hf_line_job *job, const struct hf_act *act, bool *again)
{
	struct hf_line *line = job->line;
	struct hf_roll_event event;
	struct hf_diag diag;
	hf_diag_init(&diag, 4);
	enum hf_err err = hf_keybox_challenge(line->box, &line->memory->roll, act, &diag, &event);
	return told(job, &diag, err, &event, again);
}

static enum hf_err discard(struct hf_line_job *job, const struct hf_act *act, bool *again)
{
	struct hf_line *line = job->line;
	struct hf_roll_event event;
	struct hf_diag diag;
	char text[HF_LINE_WORDS], key[32];
	/* What a backup does not know of may still need the key. */
	if ((line->memory->flags & HF_LEDGER_RESTORED) != 0)
		return HF_OK;
	hf_roll_key_text(&line->memory->roll, act->key, key);
	hf_diag_init(&diag, 4);
	enum hf_err err = hf_keybox_discard(line->box, &line->memory->roll, act, &diag, &event);
	bool gone = err == HF_OK;
	err = told(job, &diag, err, &event, again);
	if (err != HF_OK || !gone)
		return err;
	snprintf(text, sizeof(text), "%s is needed no more: its private half was destroyed", key);
	return keep_note(job, "key-gone", text);
}

/* ---- the parent ---- */

static void put_ds(const struct hf_line *line, unsigned key, uint8_t digest, struct hf_buf *out)
{
	const struct hf_roll_key *of = &line->memory->roll.keys[key];
	char zone[HF_NAME_TEXT];
	struct hf_buf bytes = {.data = NULL};
	if (hf_ds_put(&bytes, digest, &line->setup.zone,
	            (struct hf_rdata){of->dnskey, of->dnskey_len}) == HF_OK &&
	        !bytes.failed) {
		hf_put_format(out, "%s%s DS ", out->len > 0 ? "; " : "",
		        hf_name_text(&line->setup.zone, zone));
		if (hf_rdata_text(KNOT_RRTYPE_DS,
		            (struct hf_rdata){bytes.data, (uint16_t)bytes.len}, out) != HF_OK)
			out->failed = true;
	} else {
		out->failed = true;
	}
	hf_buf_done(&bytes);
}

/* The records that the parent is asked for, once for each request. */
static enum hf_err ask(struct hf_line_job *job, const struct hf_act *act)
{
	struct hf_line *line = job->line;
	hf_keys ds = line->outcome.wanted.waypoint.ds;
	unsigned digests = line->setup.policy.parent.digests;
	struct hf_buf text = {.data = NULL};
	if (strcmp(line->asked, act->text) == 0)
		return HF_OK;
	for (unsigned key = 0; key < HF_ROLL_KEYS; key++) {
		for (uint8_t digest = 1; (ds >> key & 1) != 0 && digest < 32; digest++) {
			if ((digests >> digest & 1) != 0 && hf_digest_len(digest) > 0)
				put_ds(line, key, digest, &text);
		}
	}
	if (text.len == 0)
		hf_put_text(&text, "no DS at all");
	hf_put_u8(&text, 0);
	enum hf_err err = hf_buf_check(&text);
	if (err == HF_OK)
		err = keep_note(job, "ds-wanted", (const char *)text.data);
	if (err == HF_OK)
		snprintf(line->asked, sizeof(line->asked), "%s", act->text);
	hf_buf_done(&text);
	return err;
}

static enum hf_err carry_out(struct hf_line_job *job, const struct hf_act *act, bool *again)
{
	switch (act->kind) {
	case HF_ACT_GENERATE:
		return generate(job, act, again);
	case HF_ACT_CHALLENGE:
		return challenge(job, act, again);
	case HF_ACT_DISCARD:
		return discard(job, act, again);
	case HF_ACT_ASK_DS:
		job->outcome->look_parent = true;
		return ask(job, act);
	case HF_ACT_OBSERVE:
		job->outcome->look_parent = true;
		return HF_OK;
	default:
		/* Versions are published by the run, people see the rest in the status. */
		return HF_OK;
	}
}

/* ---- a step ---- */

/*
 * A zone that nobody has seen yet need not be published unsigned before it is signed, nor wait out
 * a margin: no cache holds anything of it.
 */
static void clear_the_way(const struct hf_line *line, struct hf_policy *policy)
{
	struct hf_roll *roll = &line->memory->roll.roll;
	if (hf_line_served(line) != NULL)
		return;
	policy->rollover.margin = 0;
	if (roll->start.kind == HF_ROLL_SECURE && roll->count > 0 && roll->index == 0)
		roll->skip = true;
}

static void need_looks(struct hf_line_job *job)
{
	const struct hf_line *line = job->line;
	enum hf_wait wait = line->outcome.wait;
	job->outcome->look_parent |= wait == HF_WAIT_PARENT;
	job->outcome->look_secondaries |= wait == HF_WAIT_SECONDARY || wait == HF_WAIT_CACHES;
}

enum hf_err hf_line_engine_step(struct hf_line_job *job, bool *ret_again)
{
	struct hf_line *line = job->line;
	struct hf_ledger_memory *memory = line->memory;
	struct hf_policy policy = line->setup.policy;
	struct hf_outcome outcome;
	bool again = false;
	clear_the_way(line, &policy);
	enum hf_err err =
	        hf_roll_step(&policy, &memory->roll, memory->evidence, job->now, &outcome);
	if (err == HF_ERR_LIMIT)
		return hf_fail(job->diag, err,
		        "too much of the zone is in caches at once for the rollover's next step to "
		        "be worked out; publish less often, or lower TTLs");
	if (err != HF_OK)
		return err;
	line->outcome = outcome;
	line->stepped = true;
	/* What is carried out follows from a state that is durable. */
	err = hf_line_engine_keep(job, NULL);
	for (size_t i = 0; i < outcome.count && err == HF_OK; i++)
		err = carry_out(job, &outcome.acts[i], &again);
	need_looks(job);
	if (!line->memory->roll.ds_pending)
		line->asked[0] = '\0';
	*ret_again = again || outcome.stepped || outcome.ended;
	return err;
}
