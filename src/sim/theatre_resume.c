/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A zone that runs already: what its evidence says was served goes into the scene. */
#include <stdlib.h>
#include <string.h>

#include "sim/theatre_inside.h"

#define CLASSES HF_SCENE_CLASSES

/* ---- places ---- */

static bool is_parent(const struct hf_evidence *evidence, uint32_t place)
{
	const char *name = hf_evidence_place_name(evidence, place);
	return place != HF_PUBLISHED && !hf_evidence_is_secondary(evidence, place) &&
	       strcmp(name, HF_PLACE_ANCHORS) != 0 && strcmp(name, HF_PLACE_OPERATOR) != 0 &&
	       hf_evidence_observed(evidence, place, HF_KIND_DS) != HF_TIME_NONE;
}

static void name_place(struct hf_places *places, const char *name)
{
	for (size_t i = 0; i < places->count; i++) {
		if (strcmp(places->names[i], name) == 0)
			return;
	}
	if (places->count < HF_POLICY_PLACES)
		strncpy(places->names[places->count++], name, HF_PLACE_MAX - 1);
}

/* How many there are in the world, when the policy and the evidence name some. */
static enum hf_err fit(struct hf_theatre *theatre, const struct hf_places *places, unsigned *count,
        int64_t lags[HF_THEATRE_SERVERS])
{
	if (places->count > HF_THEATRE_SERVERS)
		return hf_fail(theatre->diag, HF_ERR_INVALID,
		        "the world cannot be played: there are %zu servers of one kind, and no "
		        "more than %d fit",
		        places->count, HF_THEATRE_SERVERS);
	for (size_t i = *count; i < places->count; i++)
		lags[i] = lags[*count - 1];
	if (places->count > 0)
		*count = (unsigned)places->count;
	return HF_OK;
}

/* The servers that the evidence tells of are the world's: the engine waits for each of them. */
static enum hf_err take_places(struct hf_theatre *theatre)
{
	const struct hf_evidence *evidence = theatre->mind.evidence;
	struct hf_places *parents = &theatre->policy.parent.servers;
	struct hf_places *servers = &theatre->policy.secondaries.servers;
	bool named = parents->count > 0;
	for (uint32_t i = 0; i < hf_evidence_place_count(evidence); i++) {
		const char *name = hf_evidence_place_name(evidence, i);
		if (hf_evidence_is_secondary(evidence, i))
			name_place(servers, name);
		else if (!named && is_parent(evidence, i))
			name_place(parents, name);
	}
	enum hf_err err = fit(theatre, parents, &theatre->world.parents, theatre->world.parent_lag);
	return err == HF_OK ? fit(theatre, servers, &theatre->world.servers, theatre->world.lag)
	                    : err;
}

/* ---- keys ---- */

/* Keys of the table first; then those that are gone, and that caches may still have. */
static enum hf_err take_keys(struct hf_theatre *theatre)
{
	const struct hf_evidence *evidence = theatre->mind.evidence;
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < HF_ROLL_KEYS && err == HF_OK; i++) {
		const struct hf_roll_key *key = &theatre->mind.state.keys[i];
		if (key->dnskey != NULL)
			err = hf_theatre_key_add(theatre, key->role,
			        (struct hf_rdata){key->dnskey, key->dnskey_len});
	}
	for (uint32_t i = 0; i < hf_evidence_key_count(evidence) && err == HF_OK; i++) {
		const struct hf_known_key *known = hf_evidence_key_at(evidence, i);
		uint16_t number;
		bool sep = (known->dnskey.flags & HF_DNSKEY_SEP) != 0;
		if (hf_theatre_key_find(theatre, known->rdata, &number) == HF_ERR_NOTFOUND)
			err = hf_theatre_key_add(
			        theatre, sep ? HF_ROLE_KSK : HF_ROLE_ZSK, known->rdata);
	}
	return err;
}

static enum hf_err keys_of_content(struct hf_theatre *theatre, const uint32_t *members,
        size_t count, struct hf_theatre_keys *ret_keys)
{
	struct hf_theatre_keys keys = {.count = 0};
	for (size_t i = 0; i < count; i++) {
		const struct hf_known_key *known =
		        hf_evidence_key_at(theatre->mind.evidence, members[i]);
		uint16_t number;
		if (keys.count == HF_SCENE_MEMBERS)
			return HF_ERR_LIMIT;
		enum hf_err err = hf_theatre_key_find(theatre, known->rdata, &number);
		if (err != HF_OK)
			return err;
		hf_theatre_keys_insert(&keys, number);
	}
	*ret_keys = keys;
	return HF_OK;
}

static enum hf_err signed_of(struct hf_theatre *theatre, const struct hf_content *content,
        struct hf_theatre_signed *ret_signed)
{
	uint32_t numbers[HF_CONTENT_MEMBERS];
	struct hf_theatre_signed made = {.from = HF_TIME_NONE, .until = HF_TIME_NEVER};
	for (size_t i = 0; i < content->signing_count; i++) {
		const struct hf_signing *signing = &content->signings[i];
		numbers[i] = signing->key;
		made.from = signing->inception > made.from ? signing->inception : made.from;
		made.until = signing->expiration < made.until ? signing->expiration : made.until;
	}
	enum hf_err err = keys_of_content(theatre, numbers, content->signing_count, &made.by);
	if (err == HF_OK)
		*ret_signed = made;
	return err;
}

/* ---- versions ---- */

static bool is_open(const struct hf_fact *fact, hf_time at)
{
	return fact->place == HF_PUBLISHED && fact->first <= at && fact->last > at;
}

/* What was served from `at` on. Without a DNSKEY fact the zone was not signed. */
static enum hf_err version_at(
        struct hf_theatre *theatre, hf_time at, struct hf_theatre_version *version)
{
	const struct hf_evidence *evidence = theatre->mind.evidence;
	unsigned classes = 0;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence) && err == HF_OK; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		const struct hf_content *content = hf_evidence_content_at(evidence, fact->content);
		if (!is_open(fact, at))
			continue;
		if (content->kind == HF_KIND_DNSKEY) {
			version->dnskey_ttl = fact->ttl;
			err = keys_of_content(theatre, content->members, content->member_count,
			        &version->published);
			if (err == HF_OK)
				err = signed_of(theatre, content, &version->dnskey);
		} else if (content->kind == HF_KIND_SIGNERS && classes < CLASSES) {
			version->data_ttl[classes] = fact->ttl;
			err = signed_of(theatre, content, &version->data[classes++]);
		}
	}
	for (unsigned i = classes; i < CLASSES && classes > 0; i++) {
		version->data[i] = version->data[i % classes];
		version->data_ttl[i] = version->data_ttl[i % classes];
	}
	return err;
}

static const struct hf_waypoint *wanted(const struct hf_roll_state *state)
{
	bool changing = state->roll.start.kind != HF_ROLL_NONE && state->roll.count > 0;
	return changing ? &state->roll.waypoints[state->roll.index] : &state->rest;
}

static int by_time(const void *a, const void *b)
{
	hf_time first = *(const hf_time *)a, second = *(const hf_time *)b;
	return (first > second) - (first < second);
}

/* When what was published changed. The caller frees the list. */
static enum hf_err change_times(
        const struct hf_theatre *theatre, hf_time **ret_times, size_t *ret_count)
{
	const struct hf_evidence *evidence = theatre->mind.evidence;
	size_t facts = hf_evidence_fact_count(evidence), count = 0, kept = 0;
	hf_time *times = calloc(facts + 1, sizeof(*times));
	if (times == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < facts; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->place == HF_PUBLISHED && fact->first <= theatre->job->at)
			times[count++] = fact->first;
	}
	qsort(times, count, sizeof(*times), by_time);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || times[kept - 1] != times[i])
			times[kept++] = times[i];
	*ret_times = times;
	*ret_count = kept;
	return HF_OK;
}

/* Facts that were forgotten leave gaps in which no DNSKEY set is known: nothing is shown of them.
 */
static enum hf_err add_version(struct hf_theatre *theatre, hf_time at)
{
	const struct hf_roll_state *state = &theatre->mind.state;
	struct hf_theatre_version version = {.at = at,
	        .shown = at,
	        .serial = (uint32_t)theatre->version_count + 1,
	        .way = *wanted(state),
	        .dnskey = {.from = HF_TIME_NONE, .until = HF_TIME_NEVER},
	        .cds = state->cds};
	for (unsigned i = 0; i < CLASSES; i++)
		version.data[i] = version.dnskey;
	version.way.denial = state->denial;
	enum hf_err err = version_at(theatre, at, &version);
	if (err == HF_OK && state->cds == HF_CDS_KEYS)
		err = hf_theatre_keys_of(theatre, version.way.ds, 0, &version.ds);
	if (err == HF_OK)
		err = hf_theatre_version_stage(theatre, &version);
	return err == HF_OK ? hf_theatre_append(theatre, &version) : err;
}

/* The newest version that the secondary was seen with; all of them when it never was. */
static hf_time seen_with(const struct hf_theatre *theatre, uint32_t place)
{
	const struct hf_evidence *evidence = theatre->mind.evidence;
	hf_time newest = HF_TIME_NONE;
	for (size_t i = 0; i < hf_evidence_sighting_count(evidence); i++) {
		const struct hf_sighting *sighting = hf_evidence_sighting_at(evidence, i);
		if (sighting->place == place && sighting->version > newest)
			newest = sighting->version;
	}
	return newest == HF_TIME_NONE ? theatre->job->at : newest;
}

/* It served each version from its lag after it was published on, as far as it was seen to; what it
 * lacks it is yet to take over. */
static enum hf_err follow(struct hf_theatre *theatre, unsigned server)
{
	hf_time seen = seen_with(theatre, theatre->places[server]);
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < theatre->version_count && err == HF_OK; i++) {
		const struct hf_theatre_version *version = &theatre->versions[i];
		hf_time at = version->at + theatre->world.lag[server];
		if (version->at > seen && i > 0) {
			err = hf_theatre_foresee(theatre,
			        at > theatre->job->at ? at : theatre->job->at, HF_THEATRE_TRANSFER,
			        server, i);
			continue;
		}
		theatre->now = at < theatre->job->at ? at : theatre->job->at;
		err = hf_theatre_transfer(theatre, server, i);
	}
	return err;
}

static enum hf_err take_versions(struct hf_theatre *theatre)
{
	hf_time *times;
	size_t count;
	enum hf_err err = change_times(theatre, &times, &count);
	if (err != HF_OK)
		return err;
	if (count == 0)
		err = hf_fail(theatre->diag, HF_ERR_INVALID,
		        "nothing of the zone was published yet, so there is nothing to go on from; "
		        "begin with its policy");
	for (size_t i = 0; i < count && err == HF_OK; i++)
		err = add_version(theatre, times[i]);
	free(times);
	theatre->visible = theatre->version_count;
	theatre->play->published = theatre->play->signatures = 0;
	for (unsigned i = 0; i < theatre->world.servers && err == HF_OK; i++)
		err = follow(theatre, i);
	theatre->now = theatre->job->at;
	return err == HF_OK
	               ? hf_theatre_plot(theatre, &theatre->versions[theatre->version_count - 1])
	               : err;
}

/* ---- the parent ---- */

/* The keys whose DS a content has. */
static enum hf_err keys_of_ds(struct hf_theatre *theatre, const struct hf_content *content,
        struct hf_theatre_keys *ret_keys)
{
	const struct hf_evidence *evidence = theatre->mind.evidence;
	uint32_t numbers[HF_CONTENT_MEMBERS];
	size_t count = 0;
	for (size_t i = 0; i < content->member_count; i++) {
		uint32_t key = 0, keys = (uint32_t)hf_evidence_key_count(evidence);
		while (key < keys && !hf_evidence_ds_matches(evidence, content->members[i], key))
			key++;
		if (key == keys)
			return hf_fail(theatre->diag, HF_ERR_INVALID,
			        "the DS set at the parent names key %u, which nobody knows; what "
			        "it means for the zone cannot be rehearsed",
			        hf_evidence_ds_at(evidence, content->members[i])->ds.tag);
		bool known = false;
		for (size_t j = 0; j < count; j++)
			known |= numbers[j] == key;
		if (!known)
			numbers[count++] = key;
	}
	return keys_of_content(theatre, numbers, count, ret_keys);
}

/* What a server of the parent served, fact by fact. */
static enum hf_err take_delegation(struct hf_theatre *theatre, unsigned server, hf_time *newest)
{
	const struct hf_evidence *evidence = theatre->mind.evidence;
	struct hf_theatre_keys keys = {.count = 0};
	size_t set;
	bool any = false;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence) && err == HF_OK; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		const struct hf_content *content = hf_evidence_content_at(evidence, fact->content);
		if (fact->place != theatre->parent_places[server] || content->kind != HF_KIND_DS ||
		        fact->first > theatre->job->at)
			continue;
		err = keys_of_ds(theatre, content, &keys);
		if (err == HF_OK)
			err = hf_theatre_ds_set(theatre, &keys, &set);
		if (err != HF_OK)
			return err;
		theatre->now = fact->first;
		err = hf_theatre_delegate(theatre, server, set);
		if (fact->first >= *newest) {
			*newest = fact->first;
			theatre->registry = set;
		}
		any = true;
	}
	if (any || err != HF_OK)
		return err;
	/* It was never seen: it has what the others have, from the beginning on. */
	theatre->now = theatre->job->at;
	return hf_theatre_delegate(theatre, server, theatre->registry);
}

static enum hf_err take_parent(struct hf_theatre *theatre)
{
	const struct hf_theatre_keys none = {.count = 0};
	hf_time newest = HF_TIME_NONE;
	enum hf_err err = hf_theatre_ds_set(theatre, &none, &theatre->registry);
	for (unsigned i = 0; i < theatre->world.parents && err == HF_OK; i++)
		err = take_delegation(theatre, i, &newest);
	theatre->now = theatre->job->at;
	theatre->registry_edition = 1;
	for (unsigned i = 0; i < theatre->world.parents && err == HF_OK; i++) {
		if (theatre->delegations[i].set != theatre->registry)
			err = hf_theatre_foresee(theatre,
			        theatre->now + theatre->world.parent_lag[i], HF_THEATRE_DELEGATION,
			        i, theatre->registry_edition << 32 | theatre->registry);
	}
	return err;
}

/* ---- all of it ---- */

enum hf_err hf_theatre_resume(struct hf_theatre *theatre)
{
	const struct hf_theatre_job *job = theatre->job;
	struct hf_theatre_mind *mind = &theatre->mind;
	struct hf_roll_state state;
	enum hf_err err = hf_roll_state_copy(job->state, &state);
	if (err != HF_OK)
		return err;
	hf_roll_state_done(&mind->state);
	mind->state = state;
	theatre->done = state.done;
	err = hf_evidence_copy(job->evidence, &mind->evidence);
	if (err == HF_OK)
		err = take_places(theatre);
	if (err == HF_OK)
		err = hf_theatre_find_places(theatre);
	if (err == HF_OK)
		err = take_keys(theatre);
	if (err != HF_OK)
		return err;
	if (hf_evidence_expire(mind->evidence) > 0)
		theatre->world.expire = hf_evidence_expire(mind->evidence);
	hf_evidence_set_expire(mind->evidence, theatre->world.expire);
	err = take_versions(theatre);
	if (err == HF_OK)
		err = take_parent(theatre);
	return err == HF_OK ? hf_theatre_keep_step(theatre, wanted(&mind->state)) : err;
}
