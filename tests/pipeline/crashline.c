/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crashline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VALIDITY (30 * 86400)
#define ROUND    (6 * 3600) /* seconds of virtual time */
#define ROUNDS   12         /* of the engine, in one round of the signer */

/* ---- what was told ---- */

void chronicle_add(struct chronicle *chronicle, const struct tale *tale)
{
	struct tale *list = reallocarray(chronicle->list, chronicle->count + 1, sizeof(*list));
	assert_non_null(list);
	list[chronicle->count++] = *tale;
	chronicle->list = list;
	if (tale->kind == TALE_VISIBLE) {
		assert_true(tale->serial > chronicle->serial);
		chronicle->serial = tale->serial;
	}
}

void chronicle_done(struct chronicle *chronicle)
{
	free(chronicle->list);
	*chronicle = (struct chronicle){.list = NULL};
}

/* ---- a life ---- */

static enum hf_err open_box(struct crashline *line, struct hf_diag *diag)
{
	char *folder;
	enum hf_err err = hf_state_key_folder(line->lab.state, &line->lab.zone, diag, &folder);
	if (err != HF_OK)
		return err;
	err = hf_keybox_open(folder, &line->lab.zone, NULL, diag, &line->box);
	free(folder);
	return err;
}

enum hf_err crashline_open(
        struct crashline *line, const struct statelab *where, struct hf_diag *diag)
{
	line->lab = *where;
	line->box = NULL;
	line->resumed = false;
	hf_policy_init(&line->policy);
	line->policy.rollover.margin = 0;
	line->policy.rollover.ds_margin = 0;
	line->policy.rollover.approvals = 0;
	line->policy.signatures.replacement = HF_REPLACE_AT_ONCE;
	for (unsigned i = 0; i < 3; i++) {
		line->policy.roles[i].algorithm = 15;
		line->policy.roles[i].bits = 0;
		line->policy.roles[i].lifetime = 0;
	}
	enum hf_err err = lab_try_open(&line->lab, NULL, diag);
	return err == HF_OK ? open_box(line, diag) : err;
}

void crashline_close(struct crashline *line)
{
	hf_keybox_free(line->box);
	lab_close(&line->lab);
}

static struct hf_ledger_memory *memory_of(struct crashline *line)
{
	return hf_ledger_memory(line->lab.ledger);
}

static enum hf_err keep(struct crashline *line, struct hf_diag *diag)
{
	memory_of(line)->has_roll = true;
	return hf_ledger_keep(line->lab.ledger, NULL, diag);
}

static enum hf_err event(
        struct crashline *line, const struct hf_roll_event *what, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = memory_of(line);
	return hf_roll_event(&line->policy, &memory->roll, memory->evidence, what, line->now, diag);
}

static void tell(struct crashline *line, enum tale_kind kind, uint16_t tag)
{
	const struct tale tale = {.kind = kind,
	        .tag = tag,
	        .serial = lab_published(line->lab.ledger),
	        .at = line->now};
	line->tell(line->context, &tale);
}

/* An act on a key, the engine told of it, and both durable. */
static enum hf_err act_on_key(
        struct crashline *line, const struct hf_act *act, struct hf_diag *diag)
{
	struct hf_roll_state *roll = &memory_of(line)->roll;
	struct hf_roll_event done;
	uint16_t tag = act->kind == HF_ACT_GENERATE ? 0 : roll->keys[act->key].tag;
	enum hf_err err;
	if (act->kind == HF_ACT_GENERATE)
		err = hf_keybox_generate(
		        line->box, roll, act, &line->policy, line->now, diag, &done);
	else if (act->kind == HF_ACT_CHALLENGE)
		err = hf_keybox_challenge(line->box, roll, act, diag, &done);
	else
		err = hf_keybox_discard(line->box, roll, act, diag, &done);
	if (err == HF_OK && act->kind == HF_ACT_GENERATE)
		tag = hf_dnskey_tag(done.dnskey);
	if (err == HF_OK)
		err = event(line, &done, diag);
	if (err == HF_OK)
		err = keep(line, diag);
	if (err == HF_OK && act->kind != HF_ACT_CHALLENGE)
		tell(line, act->kind == HF_ACT_GENERATE ? TALE_MADE : TALE_GONE, tag);
	return err;
}

static enum hf_err act(struct crashline *line, const struct hf_outcome *outcome,
        struct hf_diag *diag, bool *ret_again)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < outcome->count && err == HF_OK; i++) {
		switch (outcome->acts[i].kind) {
		case HF_ACT_GENERATE:
		case HF_ACT_CHALLENGE:
		case HF_ACT_DISCARD:
			err = act_on_key(line, &outcome->acts[i], diag);
			*ret_again = true;
			break;
		default:
			break;
		}
	}
	return err;
}

/* ---- what is published ---- */

static enum hf_err signings_of(struct crashline *line, hf_keys keys, struct hf_signing *signings,
        uint32_t *numbers, size_t *ret_count)
{
	struct hf_ledger_memory *memory = memory_of(line);
	enum hf_err err = HF_OK;
	size_t count = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS && err == HF_OK; i++) {
		const struct hf_roll_key *key = &memory->roll.keys[i];
		if ((keys >> i & 1) == 0)
			continue;
		err = hf_evidence_key(memory->evidence,
		        (struct hf_rdata){.data = key->dnskey, .len = key->dnskey_len},
		        &numbers[count]);
		signings[count] = (struct hf_signing){.key = numbers[count],
		        .inception = line->now,
		        .expiration = line->now + VALIDITY};
		count++;
	}
	*ret_count = count;
	return err;
}

/* Signatures of this moment by which the content can be told from all others. */
static enum hf_err observe(struct crashline *line, const struct hf_waypoint *shown)
{
	struct hf_evidence *evidence = memory_of(line)->evidence;
	uint32_t members[HF_ROLL_KEYS], ignored[HF_ROLL_KEYS];
	struct hf_signing key_signings[HF_ROLL_KEYS], data_signings[HF_ROLL_KEYS];
	struct hf_content dnskeys = {
	        .kind = HF_KIND_DNSKEY, .members = members, .signings = key_signings};
	struct hf_content signers = {.kind = HF_KIND_SIGNERS, .signings = data_signings};
	struct hf_served served[2] = {{.ttl = 3600}, {.ttl = 3600, .rrsets = 5}};
	enum hf_err err =
	        signings_of(line, shown->published, data_signings, members, &dnskeys.member_count);
	if (err == HF_OK)
		err = signings_of(
		        line, shown->sign_keys, key_signings, ignored, &dnskeys.signing_count);
	if (err == HF_OK)
		err = signings_of(
		        line, shown->sign_data, data_signings, ignored, &signers.signing_count);
	if (err == HF_OK)
		err = hf_evidence_content(evidence, &dnskeys, &served[0].content);
	if (err == HF_OK)
		err = hf_evidence_content(evidence, &signers, &served[1].content);
	return err == HF_OK
	               ? hf_evidence_observe(evidence, HF_PUBLISHED,
	                         1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS, served, 2, line->now)
	               : err;
}

static enum hf_err publish(
        struct crashline *line, const struct hf_waypoint *shown, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = memory_of(line);
	struct hf_evidence *before;
	enum hf_err err = hf_evidence_copy(memory->evidence, &before);
	if (err != HF_OK)
		return err;
	const struct hf_store_note note = {.at = line->now, .kind = "published", .text = "x"};
	struct hf_version *version = lab_version(&line->lab.zone, memory->serial + 1);
	err = observe(line, shown);
	if (err == HF_OK)
		err = hf_ledger_publish(line->lab.ledger, version, line->now, &note, diag);
	hf_version_unref(version);
	if (err != HF_OK) {
		hf_evidence_free(memory->evidence);
		memory->evidence = before;
		return err;
	}
	hf_evidence_free(before);
	tell(line, TALE_VISIBLE, 0);
	const struct hf_roll_event denial = {
	        .kind = HF_EVENT_DENIAL, .start.denial = shown->denial};
	return event(line, &denial, diag);
}

/* ---- a round ---- */

/* At first the parent has no DS, as a person knows. */
static enum hf_err see_no_ds(struct crashline *line)
{
	struct hf_evidence *evidence = memory_of(line)->evidence;
	const struct hf_content none = {.kind = HF_KIND_DS};
	struct hf_served served = {.ttl = 3600};
	uint32_t place;
	enum hf_err err = hf_evidence_content(evidence, &none, &served.content);
	if (err == HF_OK)
		err = hf_evidence_place(evidence, HF_PLACE_OPERATOR, &place);
	return err == HF_OK ? hf_evidence_observe(evidence, place, 1u << HF_KIND_DS, &served, 1,
	                              LAB_START - 7 * 86400)
	                    : err;
}

static enum hf_err begin_change(struct crashline *line, struct hf_diag *diag)
{
	struct hf_roll_state *roll = &memory_of(line)->roll;
	if (!memory_of(line)->has_roll) {
		enum hf_err err = see_no_ds(line);
		if (err != HF_OK)
			return err;
	}
	if (roll->roll.start.kind != HF_ROLL_NONE || roll->queued.kind != HF_ROLL_NONE)
		return HF_OK;
	struct hf_roll_event start = {.kind = HF_EVENT_START};
	start.start.kind = roll->rest.sign_data == 0 ? HF_ROLL_SECURE : HF_ROLL_KEYS_OF_ROLE;
	start.start.role = HF_ROLE_ZSK;
	return event(line, &start, diag);
}

/* A person says at once that the DS set is there. */
static enum hf_err see_ds(struct crashline *line, const struct hf_outcome *outcome,
        struct hf_diag *diag, bool *ret_again)
{
	if (outcome->wait != HF_WAIT_PARENT)
		return HF_OK;
	*ret_again = true;
	line->now++;
	return event(line, &(struct hf_roll_event){.kind = HF_EVENT_DS_SEEN}, diag);
}

static enum hf_err run_engine(
        struct crashline *line, struct hf_diag *diag, struct hf_outcome *outcome)
{
	struct hf_ledger_memory *memory = memory_of(line);
	bool again = true;
	for (unsigned i = 0; again && i < ROUNDS; i++) {
		again = false;
		enum hf_err err = hf_roll_step(
		        &line->policy, &memory->roll, memory->evidence, line->now, outcome);
		if (err == HF_OK)
			err = keep(line, diag); /* before anything is done */
		if (err == HF_OK)
			err = act(line, outcome, diag, &again);
		if (err == HF_OK)
			err = see_ds(line, outcome, diag, &again);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* Time goes on from whatever was remembered. */
static void take_up_time(struct crashline *line)
{
	const struct hf_ledger_memory *memory = memory_of(line);
	const struct hf_journal_history *published = &memory->published;
	if (!line->resumed) {
		line->resumed = true;
		line->now = LAB_START;
		if (memory->roll.last_step != HF_TIME_NONE && memory->roll.last_step > line->now)
			line->now = memory->roll.last_step;
		if (published->count > 0 && published->list[published->count - 1].at > line->now)
			line->now = published->list[published->count - 1].at;
		return;
	}
	line->now += ROUND;
}

enum hf_err crashline_round(struct crashline *line, struct hf_diag *diag)
{
	struct hf_outcome outcome;
	take_up_time(line);
	enum hf_err err = begin_change(line, diag);
	if (err == HF_OK)
		err = run_engine(line, diag, &outcome);
	/* Nothing may be published twice in one second. */
	line->now++;
	if (err == HF_OK)
		err = publish(line, &outcome.wanted.waypoint, diag);
	if (err == HF_OK && hf_ledger_wants_compaction(line->lab.ledger))
		err = hf_ledger_compact(line->lab.ledger, diag);
	return err;
}

/* ---- afterwards ---- */

/* Whether the evidence says what was published at that moment; `open`: and that it still is. */
static bool in_evidence(const struct hf_evidence *evidence, hf_time at, bool open)
{
	for (size_t i = hf_evidence_fact_count(evidence); i > 0; i--) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i - 1);
		const struct hf_content *content = hf_evidence_content_at(evidence, fact->content);
		/* Signatures are of one moment; without them one fact tells of several versions. */
		bool then = content->signing_count > 0 ? fact->first == at
		                                       : fact->first <= at && fact->last >= at;
		if (fact->place == HF_PUBLISHED && content->kind == HF_KIND_SIGNERS && then &&
		        (!open || fact->last == HF_TIME_NEVER))
			return true;
	}
	return false;
}

/* Versions: the last one that was told is there, or the one that was on its way; all are whole. */
static void verify_versions(struct crashline *line, struct chronicle *chronicle)
{
	struct hf_ledger_memory *memory = memory_of(line);
	const struct hf_journal_history *published = &memory->published;
	uint32_t found = lab_published(line->lab.ledger);
	assert_true(found >= chronicle->serial && found >= chronicle->found);
	assert_true(!memory->has_serial || memory->serial >= found);
	for (size_t i = 0; i < published->count; i++) {
		assert_true(lab_is_whole(published->list[i].version));
		assert_true(i == 0 || lab_serial(published->list[i].version) >
		                              lab_serial(published->list[i - 1].version));
	}
	chronicle->found = found;
	if (found == 0)
		return;
	hf_time at = published->list[published->count - 1].at;
	assert_true(in_evidence(memory->evidence, at, true));
	for (size_t i = chronicle->count; i > 0 && found == chronicle->serial; i--) {
		if (chronicle->list[i - 1].kind != TALE_VISIBLE)
			continue;
		assert_true(chronicle->list[i - 1].at == at);
		break;
	}
}

/* Of everything that was ever visible the evidence tells, in memory or in the store. */
static void verify_evidence(struct crashline *line, const struct chronicle *chronicle)
{
	struct hf_evidence *all;
	assert_int_equal(
	        hf_store_get_evidence(line->lab.store, line->lab.id, 0, NULL, &all), HF_OK);
	for (size_t i = 0; i < chronicle->count; i++) {
		const struct tale *tale = &chronicle->list[i];
		if (tale->kind == TALE_VISIBLE)
			assert_true(in_evidence(all, tale->at, false));
	}
	hf_evidence_free(all);
}

static bool is_known(const struct hf_roll_state *roll, const struct hf_keyfile *key)
{
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *known = &roll->keys[i];
		if (known->dnskey != NULL &&
		        hf_rdata_equal(hf_keyfile_dnskey(key),
		                (struct hf_rdata){known->dnskey, known->dnskey_len}))
			return true;
	}
	return false;
}

static void verify_keys(struct crashline *line, const struct chronicle *chronicle)
{
	const struct hf_roll_state *roll = &memory_of(line)->roll;
	const struct hf_keydir *keys = hf_keybox_keys(line->box);
	hf_keys needed = 0;
	unsigned untold = 0;
	/* A key that left the zone may be gone; any other that the state knows is there. */
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (roll->keys[i].dnskey != NULL && roll->keys[i].removed == HF_TIME_NONE)
			needed |= (hf_keys)1 << i;
	}
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (hf_keybox_check(line->box, roll, needed, &diag) != HF_OK)
		fail_msg("%s", diag.entries[0].text);
	hf_diag_done(&diag);
	/* One at most was made and not told, and that one is told next time. */
	for (size_t i = 0; i < keys->count; i++) {
		if (is_known(roll, keys->keys[i]))
			continue;
		assert_false(hf_roll_tag_taken(roll, keys->keys[i]->plain_tag));
		untold++;
	}
	assert_in_range(untold, 0, 1);
	/* Tags stay taken, and no two keys had one. */
	for (size_t i = 0; i < chronicle->count; i++) {
		const struct tale *tale = &chronicle->list[i];
		if (tale->kind != TALE_MADE)
			continue;
		assert_true(hf_roll_tag_taken(roll, tale->tag));
		for (size_t j = 0; j < i; j++)
			assert_false(chronicle->list[j].kind == TALE_MADE &&
			             chronicle->list[j].tag == tale->tag);
	}
	/* What was destroyed does not come back. */
	for (size_t i = 0; i < chronicle->count; i++) {
		for (size_t j = 0; j < keys->count && chronicle->list[i].kind == TALE_GONE; j++)
			assert_int_not_equal(keys->keys[j]->tag, chronicle->list[i].tag);
	}
}

void crashline_verify(const struct statelab *where, struct chronicle *chronicle)
{
	struct crashline line = {.tell = NULL};
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	/* Opening the store looks through the database. */
	if (crashline_open(&line, where, &diag) != HF_OK)
		fail_msg("%s", diag.count > 0 ? diag.entries[0].text : "no sentence");
	hf_diag_done(&diag);
	verify_versions(&line, chronicle);
	verify_evidence(&line, chronicle);
	verify_keys(&line, chronicle);
	crashline_close(&line);
}
