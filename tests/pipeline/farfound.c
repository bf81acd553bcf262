/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../house/must.h"
#include "crypto/keyfile.h"
#include "farserve.h"
#include "pipeline/ledger.h"

#define RECENT 6 /* versions of which each signature is looked for in the evidence */

/* ---- what is stored ---- */

static void read_state(struct world *world, struct hf_roll_state *ret_state)
{
	struct hf_buf bytes = {.data = NULL};
	enum hf_err err = hf_store_get_state(world->store, world->setup.id, &bytes, NULL);
	MUST(err == HF_OK || err == HF_ERR_NOTFOUND);
	hf_roll_state_init(ret_state, &world->setup.zone, 1);
	if (err == HF_OK) {
		hf_roll_state_done(ret_state);
		MUST(hf_roll_state_get(bytes.data, bytes.len, NULL, ret_state) == HF_OK);
	}
	hf_buf_done(&bytes);
}

void farfound_state(struct world *world, struct hf_buf *out, unsigned *ret_flags)
{
	struct hf_roll_state state;
	struct hf_store_marks marks;
	read_state(world, &state);
	state.last_step = HF_TIME_NONE;
	state.last_wake = HF_TIME_NEVER;
	hf_roll_state_put(&state, out);
	hf_roll_state_done(&state);
	MUST(hf_store_get_marks(world->store, world->setup.id, NULL, &marks) == HF_OK);
	*ret_flags = marks.flags;
}

/* ---- versions ---- */

static enum hf_err differs(void *context, const struct hf_node *before, const struct hf_node *after)
{
	(void)context;
	(void)before;
	(void)after;
	return HF_ERR_EXISTS;
}

/* The version with that serial that somebody saw. */
static const struct world_version *seen_with(const struct world *world, uint32_t serial)
{
	for (size_t i = world->version_count; i-- > 0;) {
		if (world->versions[i].serial == serial)
			return &world->versions[i];
	}
	return NULL;
}

/*
 * The last version that anybody saw is there, to the byte, and so are those before it that are
 * kept. One may follow: it was on its way when the process died.
 */
static void check_versions(const struct farline *far, struct world *world)
{
	struct hf_journal_history found;
	size_t unseen = 0;
	MUST(hf_line_published(world->line, &found) == HF_OK);
	for (size_t i = 0; i < found.count; i++) {
		struct hf_soa soa;
		MUST(hf_version_soa(found.list[i].version, &soa));
		const struct world_version *seen = seen_with(world, soa.serial);
		if (seen == NULL) {
			unseen++;
			continue;
		}
		MUST(unseen == 0);
		MUST(seen->at == found.list[i].at);
		MUST(hf_version_diff(seen->version, found.list[i].version, differs, NULL) == HF_OK);
	}
	MUST(unseen <= (far->pending == FAR_RUN));
	MUST(world->version_count == 0 || found.count > unseen);
	if (world->version_count > 0) {
		struct hf_soa soa;
		MUST(hf_version_soa(found.list[found.count - 1 - unseen].version, &soa));
		MUST(soa.serial == world_last(world)->serial);
	}
	hf_journal_history_done(&found);
}

/* ---- evidence ---- */

static bool covers(const struct hf_fact *fact, hf_time from, hf_time until)
{
	return fact->first <= from && fact->last >= until;
}

static bool is_key_set(const struct hf_evidence *evidence, const struct hf_content *content,
        const struct world_version *version)
{
	struct hf_rdata_walk walk = hf_rrset_rrs(&version->key_set.set);
	struct hf_rdata rdata;
	size_t count = 0;
	while (version->key_set.set.rr_count > 0 && hf_rdata_next(&walk, &rdata)) {
		bool found = false;
		for (size_t i = 0; i < content->member_count; i++)
			found |= hf_rdata_equal(
			        hf_evidence_key_at(evidence, content->members[i])->rdata, rdata);
		if (!found)
			return false;
		count++;
	}
	return content->kind == HF_KIND_DNSKEY && content->member_count == count;
}

/* Whether the signer set is just that of the RRset, with its signatures' times. */
static bool is_signed_so(const struct hf_evidence *evidence, const struct hf_content *content,
        const struct world_set *set)
{
	struct hf_rdata_walk walk = hf_rrset_sigs(&set->set);
	struct hf_rdata rdata;
	if (content->kind != HF_KIND_SIGNERS || content->signing_count != set->set.sig_count)
		return false;
	while (set->set.sig_count > 0 && hf_rdata_next(&walk, &rdata)) {
		struct hf_rrsig rrsig;
		bool found = false;
		MUST(hf_rrsig_read(rdata, &rrsig));
		for (size_t i = 0; i < content->signing_count; i++) {
			const struct hf_known_key *key =
			        hf_evidence_key_at(evidence, content->signings[i].key);
			found |= key->tag == rrsig.tag && key->dnskey.algorithm == rrsig.algorithm;
		}
		if (!found)
			return false;
	}
	return true;
}

static bool tells_of_keys(
        const struct hf_evidence *evidence, const struct world_version *version, hf_time until)
{
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->place == HF_PUBLISHED && covers(fact, version->at, until) &&
		        (version->key_set.set.rr_count == 0 ||
		                fact->ttl >= version->key_set.set.ttl) &&
		        is_key_set(
		                evidence, hf_evidence_content_at(evidence, fact->content), version))
			return true;
	}
	return false;
}

static bool tells_of_set(const struct hf_evidence *evidence, const struct world_version *version,
        const struct world_set *set, hf_time until)
{
	for (size_t i = hf_evidence_fact_count(evidence); i-- > 0;) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->place == HF_PUBLISHED && fact->ttl >= set->set.ttl &&
		        covers(fact, version->at, until) &&
		        is_signed_so(
		                evidence, hf_evidence_content_at(evidence, fact->content), set))
			return true;
	}
	return false;
}

/* What is no longer published does not count as published: one DNSKEY set is, at most. */
static void check_ends(const struct hf_evidence *evidence)
{
	unsigned open = 0;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		open += fact->place == HF_PUBLISHED && fact->last == HF_TIME_NEVER &&
		        hf_evidence_content_at(evidence, fact->content)->kind == HF_KIND_DNSKEY;
	}
	MUST(open <= 1);
}

/* Of all that anybody saw the store tells, from when it was published until the next one was. */
static void check_evidence(struct world *world)
{
	struct hf_evidence *all;
	MUST(hf_store_get_evidence(world->store, world->setup.id, 0, NULL, &all) == HF_OK);
	for (size_t i = 0; i < world->version_count; i++) {
		const struct world_version *version = &world->versions[i];
		bool last = i + 1 == world->version_count;
		/* One that nobody saw yet may have taken the place of the last. */
		hf_time until = last ? version->at : world->versions[i + 1].at;
		MUST(tells_of_keys(all, version, until));
		if (i + RECENT < world->version_count)
			continue;
		for (size_t j = 0; j < version->count; j++)
			MUST(version->sets[j].set.rr_count == 0 ||
			        tells_of_set(all, version, &version->sets[j], until));
	}
	check_ends(all);
	hf_evidence_free(all);
}

/* ---- keys ---- */

static bool is_in_folder(const struct hf_keydir *folder, const struct hf_roll_key *key)
{
	for (size_t i = 0; i < folder->count; i++) {
		if (hf_rdata_equal(hf_keyfile_dnskey(folder->keys[i]),
		            (struct hf_rdata){key->dnskey, key->dnskey_len}))
			return true;
	}
	return false;
}

static bool is_known(const struct hf_roll_state *state, const struct hf_keyfile *key)
{
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *known = &state->keys[i];
		if (known->dnskey != NULL &&
		        hf_rdata_equal(hf_keyfile_dnskey(key),
		                (struct hf_rdata){known->dnskey, known->dnskey_len}))
			return true;
	}
	return false;
}

/* Keys that the engine has not let go are there; one at most was made that it does not know. */
static void check_keys(struct world *world)
{
	struct hf_roll_state state;
	struct hf_keydir folder;
	unsigned untold = 0;
	read_state(world, &state);
	/* What was half written when the process died is no key to anybody. */
	MUST(hf_keydir_read(world->keys, &world->setup.zone,
	             HF_KEYFILE_PRIVATE | HF_KEYFILE_LENIENT, NULL, &folder) == HF_OK);
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &state.keys[i];
		MUST(key->dnskey == NULL || key->removed != HF_TIME_NONE ||
		        is_in_folder(&folder, key));
	}
	for (size_t i = 0; i < folder.count; i++) {
		if (is_known(&state, folder.keys[i]))
			continue;
		MUST(!hf_roll_tag_taken(&state, folder.keys[i]->plain_tag));
		untold++;
	}
	MUST(untold <= 1);
	hf_keydir_done(&folder);
	hf_roll_state_done(&state);
}

/* ---- decisions ---- */

/* A run may have taken steps, but none back, and it took no decision that is a person's. */
static void check_steps(const struct hf_roll_state *before, const struct hf_roll_state *after)
{
	uint32_t ended = before->done + before->given_up;
	MUST(after->done + after->given_up >= ended);
	MUST(after->done >= before->done && after->given_up >= before->given_up);
	MUST(after->forced == before->forced);
	MUST(after->tag_count >= before->tag_count);
	if (before->roll.start.kind == HF_ROLL_NONE || after->done + after->given_up > ended)
		return;
	MUST(after->roll.start.kind == before->roll.start.kind);
	MUST(after->roll.started == before->roll.started);
	MUST(after->roll.paused == before->roll.paused);
	MUST(after->roll.back == before->roll.back);
	MUST(after->roll.back || after->roll.index >= before->roll.index);
	MUST(after->queued.kind == before->queued.kind);
	MUST(after->roll.index > before->roll.index || after->roll.back ||
	        after->roll.approved == before->roll.approved);
}

/* What people said is remembered, and what the engine did. */
static void check_decisions(const struct farline *far, struct world *world)
{
	const struct far_word *word = &far->word;
	const unsigned said = HF_LEDGER_HELD | HF_LEDGER_ROLLED_BACK | HF_LEDGER_RESTORED;
	struct hf_buf found = {.data = NULL};
	struct hf_roll_state before, after;
	unsigned flags;
	farfound_state(world, &found, &flags);
	if (word->state.len == 0 || far->pending == FAR_ORDER) {
		hf_buf_done(&found);
		return;
	}
	MUST((flags & said) == (word->flags & said));
	if (far->pending == FAR_RUN) {
		MUST(hf_roll_state_get(word->state.data, word->state.len, NULL, &before) == HF_OK);
		MUST(hf_roll_state_get(found.data, found.len, NULL, &after) == HF_OK);
		check_steps(&before, &after);
		hf_roll_state_done(&before);
		hf_roll_state_done(&after);
	} else {
		MUST(found.len == word->state.len &&
		        memcmp(found.data, word->state.data, found.len) == 0);
	}
	hf_buf_done(&found);
}

/* An input that was taken is there. */
static void check_source(const struct farline *far, struct world *world)
{
	struct hf_version *source = hf_line_source(world->line);
	struct hf_soa soa;
	if (far->word.has_source) {
		MUST(source != NULL && hf_version_soa(source, &soa));
		MUST(soa.serial == far->word.source || far->pending == FAR_INPUT ||
		        far->pending == FAR_ORDER);
	}
	hf_version_unref(source);
}

void farfound_check(const struct farline *far, struct world *world)
{
	check_versions(far, world);
	check_evidence(world);
	check_keys(world);
	check_decisions(far, world);
	check_source(far, world);
}
