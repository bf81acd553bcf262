/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coherence/words.h"
#include "pipeline/line_inside.h"

/* ---- lists for people ---- */

static struct hf_line_server *find_server(
        struct hf_line_server *list, size_t count, const char *place)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].place, place) == 0)
			return &list[i];
	}
	return NULL;
}

/* The place's line in a list, a new one if need be; NULL in `*ret_server`: the list is full. */
static enum hf_err server_of(struct hf_line_server **list, size_t *count, const char *place,
        struct hf_line_server **ret_server)
{
	*ret_server = find_server(*list, *count, place);
	if (*ret_server != NULL || *count == HF_POLICY_PLACES)
		return HF_OK;
	struct hf_line_server *grown = reallocarray(*list, *count + 1, sizeof(*grown));
	if (grown == NULL)
		return HF_ERR_NOMEM;
	*list = grown;
	*ret_server = &grown[(*count)++];
	**ret_server = (struct hf_line_server){.seen = HF_TIME_NONE};
	snprintf((*ret_server)->place, HF_PLACE_MAX, "%s", place);
	snprintf((*ret_server)->text, sizeof((*ret_server)->text), "not asked yet");
	return HF_OK;
}

static bool named(const struct hf_places *places, const char *place)
{
	for (size_t i = 0; i < places->count; i++) {
		if (strcmp(places->names[i], place) == 0)
			return true;
	}
	return false;
}

/* Servers that no policy names any more are not told of. */
static void drop_strangers(
        struct hf_line_server *list, size_t *count, const struct hf_places *places)
{
	size_t kept = 0;
	for (size_t i = 0; i < *count; i++) {
		if (named(places, list[i].place))
			list[kept++] = list[i];
	}
	*count = kept;
}

void hf_line_judge_secondaries(struct hf_line *line, hf_time now)
{
	for (size_t i = 0; i < line->secondary_count; i++) {
		if (line->secondaries[i].good || hf_line_served(line) == NULL)
			line->behind[i] = HF_TIME_NONE;
		else if (line->behind[i] == HF_TIME_NONE)
			line->behind[i] = now;
	}
}

/* A line for each of the policy's places, and none for others. */
static enum hf_err list_servers(
        struct hf_line_server **list, size_t *count, const struct hf_places *places)
{
	struct hf_line_server *server;
	enum hf_err err = HF_OK;
	drop_strangers(*list, count, places);
	for (size_t i = 0; i < places->count && err == HF_OK; i++)
		err = server_of(list, count, places->names[i], &server);
	return err;
}

enum hf_err hf_line_know_servers(struct hf_line *line)
{
	const struct hf_policy *policy = &line->setup.policy;
	const struct hf_places *secondaries = &policy->secondaries.servers;
	enum hf_err err =
	        list_servers(&line->parents, &line->parent_count, &policy->parent.servers);
	if (err == HF_OK)
		err = list_servers(&line->secondaries, &line->secondary_count, secondaries);
	for (size_t i = 0; i < HF_POLICY_PLACES; i++)
		line->behind[i] = HF_TIME_NONE; /* their places in the list may be others now */
	for (size_t i = 0; i < secondaries->count && err == HF_OK; i++) {
		uint32_t place;
		err = hf_evidence_place(line->memory->evidence, secondaries->names[i], &place);
		if (err == HF_OK)
			err = hf_evidence_add_secondary(line->memory->evidence, place);
	}
	return err;
}

static hf_time earlier(hf_time a, hf_time b)
{
	return a < b ? a : b;
}

/* Whether what is seen now is written down: not by a clock that leapt, nor by one that is behind,
 * by which all that ends would seem to end too early. */
static bool is_credible(struct hf_line *line, hf_time now)
{
	return !hf_line_doubts(line, now) && now >= line->memory->roll.last_step;
}

/* ---- the parent ---- */

static enum hf_err ds_content(
        struct hf_evidence *evidence, const struct hf_rrset *set, uint32_t *ret_content)
{
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_content content = {.kind = HF_KIND_DS, .members = members};
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		if (content.member_count == HF_CONTENT_MEMBERS)
			return HF_ERR_LIMIT;
		enum hf_err err = hf_evidence_ds(evidence, rdata, &members[content.member_count]);
		if (err == HF_ERR_SYNTAX)
			continue; /* no DS record to anybody */
		if (err != HF_OK)
			return err;
		content.member_count++;
	}
	return hf_evidence_content(evidence, &content, ret_content);
}

/* Whether it has a DS of each wanted key, and of no other. */
static bool is_wanted(const struct hf_line *line, uint32_t number)
{
	const struct hf_evidence *evidence = line->memory->evidence;
	const struct hf_content *content = hf_evidence_content_at(evidence, number);
	const struct hf_roll_state *state = &line->memory->roll;
	struct hf_wanted wanted;
	hf_keys keys = hf_line_wants(line, &wanted) ? wanted.waypoint.ds : state->rest.ds;
	hf_keys found = 0;
	for (size_t i = 0; i < content->member_count; i++) {
		const struct hf_ds *ds = &hf_evidence_ds_at(evidence, content->members[i])->ds;
		hf_keys before = found;
		for (unsigned key = 0; key < HF_ROLL_KEYS; key++) {
			if (state->keys[key].dnskey != NULL && state->keys[key].tag == ds->tag &&
			        state->keys[key].algorithm == ds->algorithm)
				found |= (hf_keys)1 << key;
		}
		if (found == before)
			return false;
	}
	return line->box == NULL || found == keys;
}

static enum hf_err tell_content(
        const struct hf_evidence *evidence, uint32_t content, struct hf_line_server *server)
{
	struct hf_buf words = {.data = NULL};
	hf_words_content(evidence, content, &words);
	hf_put_u8(&words, 0);
	enum hf_err err = hf_buf_check(&words);
	if (err == HF_OK)
		snprintf(server->text, sizeof(server->text), "%s", (const char *)words.data);
	hf_buf_done(&words);
	return err;
}

static enum hf_err see_parent(struct hf_line *line, const struct hf_ds_sight *sight, hf_time now)
{
	struct hf_evidence *evidence = line->memory->evidence;
	struct hf_line_server *server;
	struct hf_served served = {.ttl = sight->ttl};
	uint32_t place;
	bool counts = sight->state == HF_DS_ABSENT || sight->state == HF_DS_PRESENT ||
	              sight->state == HF_DS_UNSIGNED;
	enum hf_err err = server_of(&line->parents, &line->parent_count, sight->place, &server);
	if (err != HF_OK || server == NULL)
		return err;
	server->has_serial = sight->has_serial;
	server->serial = sight->serial;
	if (!counts) {
		server->good = false;
		snprintf(server->text, sizeof(server->text), "%s: %s",
		        hf_ds_state_name(sight->state), sight->why != NULL ? sight->why : "");
		return HF_OK;
	}
	hf_time at = earlier(sight->at, now);
	err = ds_content(evidence, &sight->ds.set, &served.content);
	if (err == HF_OK)
		err = hf_evidence_place(evidence, sight->place, &place);
	/* An older look that comes later tells nothing. */
	if (err == HF_OK && hf_evidence_observed(evidence, place, HF_KIND_DS) <= at)
		err = hf_evidence_observe(evidence, place, 1u << HF_KIND_DS, &served, 1, at);
	if (err != HF_OK)
		return err;
	server->seen = at;
	server->good = is_wanted(line, served.content);
	return tell_content(evidence, served.content, server);
}

static bool in_report(const struct hf_parent_report *seen, const char *place)
{
	for (size_t i = 0; i < seen->count; i++) {
		if (strcmp(seen->sights[i].place, place) == 0)
			return true;
	}
	return false;
}

/* A server that is no longer one of the parent's serves nothing from now on. */
static enum hf_err close_others(
        struct hf_line *line, const struct hf_parent_report *seen, hf_time now)
{
	struct hf_evidence *evidence = line->memory->evidence;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence) && err == HF_OK; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		const char *name = hf_evidence_place_name(evidence, fact->place);
		if (fact->last != HF_TIME_NEVER || fact->place == HF_PUBLISHED ||
		        hf_evidence_content_at(evidence, fact->content)->kind != HF_KIND_DS ||
		        strcmp(name, HF_PLACE_ANCHORS) == 0 ||
		        strcmp(name, HF_PLACE_OPERATOR) == 0 || in_report(seen, name))
			continue;
		err = hf_evidence_observe(evidence, fact->place, 1u << HF_KIND_DS, NULL, 0, now);
	}
	return err;
}

/* Without places in the policy, those that were found are the parent's. */
static enum hf_err know_parents(
        struct hf_line *line, const struct hf_parent_report *seen, hf_time now)
{
	struct hf_places *places = &line->setup.policy.parent.servers;
	if (!line->parents_found || seen->unseen > 0)
		return HF_OK;
	places->count = 0;
	for (size_t i = 0; i < seen->count && i < HF_POLICY_PLACES; i++)
		snprintf(places->names[places->count++], HF_PLACE_MAX, "%s", seen->sights[i].place);
	drop_strangers(line->parents, &line->parent_count, places);
	return close_others(line, seen, now);
}

static enum hf_err keep_seen(struct hf_line *line, hf_time now, struct hf_diag *diag)
{
	enum hf_err err = hf_ledger_keep(line->ledger, NULL, diag);
	if (err == HF_OK)
		err = hf_line_engine_kept(line);
	hf_line_tell(line, now);
	return err;
}

enum hf_err hf_line_saw_parent(struct hf_line *line, const struct hf_parent_report *seen,
        hf_time now, struct hf_diag *diag)
{
	enum hf_err err = HF_OK;
	hf_line_hear_parent(line, seen, now);
	if (seen->count == 0 || !is_credible(line, now))
		return HF_OK;
	for (size_t i = 0; i < seen->count && err == HF_OK; i++)
		err = see_parent(line, &seen->sights[i], now);
	if (err == HF_OK)
		err = know_parents(line, seen, now);
	if (err != HF_OK)
		return err;
	/* Silence is no evidence: there is nothing to write down. */
	if (line->silent_since != HF_TIME_NONE && !line->parents_found) {
		hf_line_tell(line, now);
		return HF_OK;
	}
	return keep_seen(line, now, diag);
}

/* ---- secondaries ---- */

/* Which published version it serves; the count when it is none of them. */
static enum hf_err find_version(const struct hf_line *line, const struct hf_zone_sight *sight,
        const struct hf_sample *samples, size_t count, size_t *ret_index)
{
	const struct hf_journal_history *published = &line->memory->published;
	struct hf_version **versions = calloc(published->count + 1, sizeof(struct hf_version *));
	if (versions == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < published->count; i++)
		versions[i] = published->list[i].version;
	size_t index = hf_sight_version(sight, samples, versions, published->count);
	*ret_index =
	        index == HF_SERVES_NONE || count > HF_LOOKOUT_SAMPLES ? published->count : index;
	free(versions);
	return HF_OK;
}

static void tell_secondary(const struct hf_line *line, const struct hf_zone_sight *sight,
        size_t index, struct hf_line_server *server)
{
	size_t count = line->memory->published.count;
	server->has_serial = sight->serves;
	server->serial = sight->serial;
	server->good = index + 1 == count;
	if (!sight->serves)
		snprintf(server->text, sizeof(server->text), "%s",
		        sight->why != NULL ? sight->why : "no answer");
	else if (index < count)
		snprintf(server->text, sizeof(server->text), "serial %u, as it was published",
		        sight->serial);
	else
		snprintf(server->text, sizeof(server->text),
		        "serial %u, which is not as any version that is remembered", sight->serial);
}

/*
 * What is published must not be older to a secondary than what it has. Only where we cannot know
 * that ourselves is a secondary believed, because its answers are not proven.
 */
static void raise_serial(struct hf_line *line, uint32_t serial)
{
	struct hf_ledger_memory *memory = line->memory;
	bool ours = memory->published.count > 0 && (memory->flags & HF_LEDGER_RESTORED) == 0;
	if (ours || (memory->has_serial && !hf_serial_before(memory->serial, serial)))
		return;
	memory->serial = serial;
	memory->has_serial = true;
}

static enum hf_err see_secondary(struct hf_line *line, const struct hf_zone_sight *sight,
        const struct hf_sample *samples, size_t count, hf_time now, bool *known)
{
	const struct hf_journal_history *published = &line->memory->published;
	struct hf_evidence *evidence = line->memory->evidence;
	struct hf_line_server *server;
	uint32_t place;
	size_t index;
	enum hf_err err =
	        server_of(&line->secondaries, &line->secondary_count, sight->place, &server);
	if (err == HF_OK)
		err = find_version(line, sight, samples, count, &index);
	if (err != HF_OK || server == NULL)
		return err;
	tell_secondary(line, sight, index, server);
	*known &= index < published->count;
	if (!sight->serves)
		return HF_OK;
	server->seen = earlier(sight->at, now);
	raise_serial(line, sight->serial);
	if (index == published->count)
		return HF_OK;
	err = hf_evidence_place(evidence, sight->place, &place);
	if (err == HF_OK)
		err = hf_evidence_add_secondary(evidence, place);
	return err == HF_OK ? hf_evidence_sighting(
	                              evidence, place, server->seen, published->list[index].at)
	                    : err;
}

enum hf_err hf_line_saw_secondaries(struct hf_line *line, const struct hf_secondary_report *seen,
        const struct hf_sample *samples, size_t count, hf_time now, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = line->memory;
	const size_t sightings = hf_evidence_sighting_count(memory->evidence);
	const unsigned flags = memory->flags;
	const uint32_t serial = memory->serial;
	bool known = seen->count > 0 && seen->count >= line->setup.policy.secondaries.servers.count;
	enum hf_err err = HF_OK;
	if (!is_credible(line, now))
		return HF_OK;
	for (size_t i = 0; i < seen->count && err == HF_OK; i++)
		err = see_secondary(line, &seen->sights[i], samples, count, now, &known);
	if (err != HF_OK)
		return err;
	hf_line_judge_secondaries(line, now);
	/* Every secondary has what the backup knows of: nothing is missing in it. */
	if (known && (flags & HF_LEDGER_RESTORED) != 0)
		memory->flags &= ~(unsigned)(HF_LEDGER_RESTORED | HF_LEDGER_HELD);
	/* Thousands of zones are looked at again and again: only news is worth a write. */
	if (hf_evidence_sighting_count(memory->evidence) == sightings && memory->flags == flags &&
	        memory->serial == serial) {
		hf_line_tell(line, now);
		return HF_OK;
	}
	return keep_seen(line, now, diag);
}
