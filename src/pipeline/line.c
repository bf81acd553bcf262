/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/line_inside.h"
#include "sign/cuts.h"

/* ---- small things ---- */

const struct hf_version *hf_line_served(const struct hf_line *line)
{
	const struct hf_journal_history *published = &line->memory->published;
	return published->count > 0 ? published->list[published->count - 1].version : NULL;
}

hf_time hf_line_served_at(const struct hf_line *line)
{
	const struct hf_journal_history *published = &line->memory->published;
	return published->count > 0 ? published->list[published->count - 1].at : HF_TIME_NONE;
}

void hf_line_put(struct hf_version **place, const struct hf_version *version)
{
	struct hf_version *old = *place;
	*place = version != NULL ? hf_version_ref(version) : NULL;
	hf_version_unref(old);
}

void hf_line_words(const struct hf_diag *diag, enum hf_err err, char words[static HF_LINE_WORDS])
{
	const struct hf_diag_entry *first =
	        diag != NULL && diag->count > 0 ? &diag->entries[0] : NULL;
	size_t more = first != NULL ? diag->count - 1 : 0;
	if (first == NULL)
		snprintf(words, HF_LINE_WORDS, "%s", hf_err_text(err));
	else if (more > 0)
		snprintf(words, HF_LINE_WORDS, "%s (and %zu more)", first->text, more);
	else
		snprintf(words, HF_LINE_WORDS, "%s", first->text);
}

bool hf_line_is_verdict(enum hf_err err)
{
	return err == HF_ERR_REFUSED || err == HF_ERR_INVALID || err == HF_ERR_NOTFOUND ||
	       err == HF_ERR_CRYPTO || err == HF_ERR_LIMIT || err == HF_ERR_UNSUPPORTED ||
	       err == HF_ERR_SYNTAX || err == HF_ERR_EXISTS || err == HF_ERR_DISAGREE;
}

/* ---- settings ---- */

static enum hf_err check_setup(const struct hf_line_setup *setup, struct hf_diag *diag)
{
	if (setup->mode == HF_LINE_SIGN && setup->serial == HF_SERIAL_KEEP)
		return hf_fail(diag, HF_ERR_INVALID,
		        "a zone that is signed here cannot keep its source's serial, because "
		        "signatures are renewed under new ones; choose increment, date or "
		        "unixtime");
	if (setup->history == 0)
		return hf_fail(diag, HF_ERR_INVALID,
		        "at least one published version has to be kept; correct history");
	return hf_policy_check(&setup->policy, NULL, diag);
}

/* A review that the settings leave out has nothing to wait for. */
static void mark_reviews(struct hf_line *line)
{
	static const enum hf_stage stages[] = {HF_STAGE_REVIEW_UNSIGNED, HF_STAGE_REVIEW_SIGNED};
	const struct hf_line_review *reviews[] = {
	        &line->setup.unsigned_review, &line->setup.signed_review};
	for (unsigned i = 0; i < 2; i++) {
		struct hf_line_stage *stage = &line->stages[stages[i]];
		bool wanted = reviews[i]->command != NULL || reviews[i]->person;
		if (wanted == (stage->state != HF_STAGE_OFF))
			continue;
		*stage = (struct hf_line_stage){
		        .state = wanted ? HF_STAGE_IDLE : HF_STAGE_OFF, .at = HF_TIME_NONE};
	}
}

static enum hf_err keep_settings(struct hf_line *line, const struct hf_line_setup *setup)
{
	const struct hf_places found = line->setup.policy.parent.servers;
	bool were_found = line->parents_found;
	line->setup = *setup;
	line->parents_found = setup->policy.parent.servers.count == 0;
	if (line->parents_found && were_found)
		line->setup.policy.parent.servers = found;
	mark_reviews(line);
	return hf_line_know_servers(line);
}

/* Whether a zone that is signed by one policy looks other than by the other. */
static bool signs_otherwise(const struct hf_policy *a, const struct hf_policy *b)
{
	return memcmp(&a->signatures, &b->signatures, sizeof(a->signatures)) != 0 ||
	       a->dnskey_ttl != b->dnskey_ttl || a->zonemd != b->zonemd ||
	       a->denial.iterations != b->denial.iterations ||
	       a->denial.salt_len != b->denial.salt_len || a->parent.digests != b->parent.digests;
}

enum hf_err hf_line_change(
        struct hf_line *line, const struct hf_line_setup *setup, struct hf_diag *diag)
{
	struct hf_line_setup before = line->setup;
	if (!hf_name_equal(&before.zone, &setup->zone) || before.mode != setup->mode ||
	        before.store != setup->store || before.id != setup->id)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "a zone's name, mode and place in the store stay what they are; remove the "
		        "zone and add it anew");
	enum hf_err err = check_setup(setup, diag);
	if (err != HF_OK)
		return err;
	err = keep_settings(line, setup);
	if (err != HF_OK) {
		line->setup = before;
		return err;
	}
	line->remake |= signs_otherwise(&before.policy, &setup->policy);
	hf_ledger_set_history(line->ledger, setup->history);
	return HF_OK;
}

/* ---- opening ---- */

static enum hf_err open_ledger(
        struct hf_line *line, hf_time now, struct hf_diag *warnings, struct hf_diag *diag)
{
	const struct hf_line_setup *setup = &line->setup;
	const struct hf_ledger_setup ledger = {.zone = &setup->zone,
	        .folder = setup->folder,
	        .store = setup->store,
	        .id = setup->id,
	        .history = setup->history,
	        .seed = setup->seed,
	        .now = now};
	enum hf_err err = hf_ledger_open(&ledger, warnings, diag, &line->ledger);
	if (err == HF_OK)
		line->memory = hf_ledger_memory(line->ledger);
	return err;
}

static void reset(struct hf_line *line)
{
	line->refreshed = line->trimmed = HF_TIME_NONE;
	line->wake = line->leap = HF_TIME_NONE;
	line->looking_since = line->silent_since = HF_TIME_NONE;
	line->failed_target.retry = line->failed_base.retry = HF_TIME_NEVER;
	for (unsigned i = 0; i < HF_STAGES; i++) {
		line->stages[i] =
		        (struct hf_line_stage){.state = HF_STAGE_IDLE, .at = HF_TIME_NONE};
		line->seconds[i] = -1;
	}
	if (line->setup.mode == HF_LINE_CHECK_ONLY)
		line->stages[HF_STAGE_SIGN].state = HF_STAGE_OFF;
}

/* A survey of what is published, so that the first change is not looked at as a whole zone. */
static enum hf_err survey_served(
        struct hf_line *line, hf_time now, struct hf_pool *pool, struct hf_diag *diag)
{
	const struct hf_version *served = hf_line_served(line);
	if (served == NULL)
		return HF_OK;
	enum hf_err err = hf_survey_version(served, HF_SURVEY_VERIFIED, now, pool, NULL,
	        line->memory->evidence, diag, &line->survey);
	line->has_survey = err == HF_OK;
	return err;
}

enum hf_err hf_line_open(const struct hf_line_setup *setup, hf_time now, struct hf_pool *pool,
        struct hf_diag *warnings, struct hf_diag *diag, struct hf_line **ret_line)
{
	struct hf_pool *own = NULL;
	enum hf_err err = check_setup(setup, diag);
	if (err != HF_OK)
		return err;
	struct hf_line *line = calloc(1, sizeof(*line));
	if (line == NULL)
		return HF_ERR_NOMEM;
	line->setup = *setup;
	reset(line);
	err = pool == NULL ? hf_pool_new(1, &own) : HF_OK;
	if (err == HF_OK)
		err = hf_line_shared_new(&line->shared);
	if (err == HF_OK)
		err = open_ledger(line, now, warnings, diag);
	if (err == HF_OK)
		err = keep_settings(line, setup);
	if (err == HF_OK && setup->mode == HF_LINE_SIGN)
		err = hf_keybox_open(setup->keys, &setup->zone, warnings, diag, &line->box);
	if (err == HF_OK)
		err = survey_served(line, now, pool != NULL ? pool : own, diag);
	if (err == HF_OK)
		err = hf_line_settle(line);
	if (err == HF_OK)
		err = hf_line_engine_kept(line);
	if (err == HF_OK)
		err = hf_line_show(line);
	if (err == HF_OK)
		hf_line_tell(line, now);
	if (err == HF_OK && line->shared->status == NULL)
		err = HF_ERR_NOMEM;
	hf_pool_free(own);
	if (err != HF_OK) {
		hf_line_free(line);
		return err;
	}
	*ret_line = line;
	return HF_OK;
}

void hf_line_free(struct hf_line *line)
{
	if (line == NULL)
		return;
	hf_line_put(&line->base, NULL);
	hf_line_put(&line->target, NULL);
	hf_line_put(&line->removing, NULL);
	hf_line_put(&line->waits_for, NULL);
	hf_line_put(&line->agreed[0], NULL);
	hf_line_put(&line->agreed[1], NULL);
	hf_line_failure_clear(&line->failed_target);
	hf_line_failure_clear(&line->failed_base);
	hf_survey_done(&line->survey);
	hf_buf_done(&line->kept);
	hf_keybox_free(line->box);
	hf_ledger_close(line->ledger);
	hf_line_shared_free(line->shared);
	free(line->alarms);
	free(line->parents);
	free(line->secondaries);
	free(line);
}

struct hf_version *hf_line_source(const struct hf_line *line)
{
	return line->memory->source != NULL ? hf_version_ref(line->memory->source) : NULL;
}

/* ---- samples ---- */

static uint64_t next_random(uint64_t *state)
{
	uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

/* A node behind a random place in the order of names. */
static const struct hf_node *any_node(const struct hf_version *version, uint64_t *random)
{
	const struct hf_key *apex = hf_version_apex_key(version);
	struct hf_tree_cursor cursor;
	struct hf_key key = *apex;
	for (unsigned i = 0; i < 4 && key.len < HF_KEY_MAX; i++)
		key.bytes[key.len++] = (uint8_t)('a' + next_random(random) % 26);
	const struct hf_node *node =
	        hf_tree_seek(hf_version_names(version), key.bytes, key.len, &cursor);
	return node != NULL ? node : hf_version_apex_node(version);
}

/* One of its signed types. */
static bool any_type(const struct hf_node *node, uint64_t *random, uint16_t *ret_type)
{
	size_t count = hf_node_count(node);
	size_t first = count > 0 ? next_random(random) % count : 0;
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(node, (first + i) % count, &set);
		if (set.rr_count == 0 || (set.sig_count == 0 && count > 1))
			continue;
		*ret_type = set.type;
		return true;
	}
	return false;
}

size_t hf_line_samples(
        const struct hf_line *line, uint64_t random, size_t room, struct hf_sample *ret_samples)
{
	const struct hf_version *served = hf_line_served(line);
	size_t count = 0;
	for (size_t i = 0; served != NULL && i < room; i++) {
		const struct hf_node *node = any_node(served, &random);
		if (node == NULL || !hf_version_in_zone(served, node) ||
		        hf_cuts_place(served, node) != HF_PLACE_AUTH ||
		        !any_type(node, &random, &ret_samples[count].type))
			continue;
		hf_node_name(node, &ret_samples[count].name);
		count++;
	}
	return count;
}
