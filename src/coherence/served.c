/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts: who served what from when until when. */
#include "coherence/evidence_inside.h"

/* ---- secondaries ---- */

enum hf_err hf_evidence_add_secondary(struct hf_evidence *evidence, uint32_t place)
{
	if (place == HF_PUBLISHED || place >= evidence->place_names.count)
		return HF_ERR_INVALID;
	evidence->places[place].secondary = true;
	return HF_OK;
}

/* The newest version that the place was seen with; HF_TIME_NONE when it was not seen. */
static hf_time newest_version(const struct hf_evidence *evidence, uint32_t place)
{
	hf_time newest = HF_TIME_NONE;
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct hf_sighting *sighting = &evidence->sightings[i];
		if (sighting->place == place && sighting->version > newest)
			newest = sighting->version;
	}
	return newest;
}

enum hf_err hf_evidence_sighting(
        struct hf_evidence *evidence, uint32_t place, hf_time seen, hf_time version)
{
	if (place >= evidence->place_names.count || !evidence->places[place].secondary ||
	        version > seen)
		return HF_ERR_INVALID;
	/* Only progress tells something: a poll a minute must not fill the memory. */
	if (version <= newest_version(evidence, place))
		return HF_OK;
	enum hf_err err =
	        ROOM(evidence->sightings, evidence->sighting_count, evidence->sighting_cap);
	if (err == HF_OK)
		evidence->sightings[evidence->sighting_count++] =
		        (struct hf_sighting){.place = place, .seen = seen, .version = version};
	return err;
}

/* ---- facts ---- */

enum hf_err hf_evidence_add(struct hf_evidence *evidence, const struct hf_fact *fact)
{
	if (fact->content >= evidence->content_bytes.count ||
	        fact->place >= evidence->place_names.count || fact->last < fact->first ||
	        fact->first == HF_TIME_NONE)
		return HF_ERR_INVALID;
	enum hf_err err = ROOM(evidence->facts, evidence->fact_count, evidence->fact_cap);
	if (err == HF_OK)
		evidence->facts[evidence->fact_count++] = *fact;
	return err;
}

static enum hf_kind fact_kind(const struct hf_evidence *evidence, const struct hf_fact *fact)
{
	return evidence->contents[fact->content].kind;
}

/* The line that says what the fact says; NULL when it is not served any more. */
static const struct hf_served *still_served(
        const struct hf_fact *fact, const struct hf_served *served, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (served[i].content == fact->content && served[i].ttl == fact->ttl)
			return &served[i];
	}
	return NULL;
}

/* Whether an open fact at the place says so already. */
static bool known(const struct hf_evidence *evidence, size_t facts, uint32_t place,
        const struct hf_served *served)
{
	for (size_t i = 0; i < facts; i++) {
		const struct hf_fact *fact = &evidence->facts[i];
		if (fact->place == place && fact->last == HF_TIME_NEVER &&
		        fact->content == served->content && fact->ttl == served->ttl)
			return true;
	}
	return false;
}

static enum hf_err observable(const struct hf_evidence *evidence, uint32_t place, unsigned kinds,
        const struct hf_served *served, size_t count, hf_time at)
{
	if (place >= evidence->place_names.count || at == HF_TIME_NONE || at == HF_TIME_NEVER)
		return HF_ERR_INVALID;
	for (int kind = 0; kind < HF_KINDS; kind++) {
		if ((kinds & 1u << kind) != 0 && at < evidence->places[place].observed[kind])
			return HF_ERR_INVALID;
	}
	for (size_t i = 0; i < count; i++) {
		if (served[i].content >= evidence->content_bytes.count ||
		        (kinds & 1u << evidence->contents[served[i].content].kind) == 0)
			return HF_ERR_INVALID;
	}
	return HF_OK;
}

/* Opens facts for what is new. On failure the facts are as they were. */
static enum hf_err open_new(struct hf_evidence *evidence, uint32_t place,
        const struct hf_served *served, size_t count, hf_time at)
{
	size_t before = evidence->fact_count;
	for (size_t i = 0; i < count; i++) {
		if (known(evidence, evidence->fact_count, place, &served[i]))
			continue;
		enum hf_err err =
		        hf_evidence_add(evidence, &(struct hf_fact){.content = served[i].content,
		                                          .place = place,
		                                          .ttl = served[i].ttl,
		                                          .rrsets = served[i].rrsets,
		                                          .first = at,
		                                          .last = HF_TIME_NEVER});
		if (err != HF_OK) {
			evidence->fact_count = before;
			return err;
		}
	}
	return HF_OK;
}

enum hf_err hf_evidence_observe(struct hf_evidence *evidence, uint32_t place, unsigned kinds,
        const struct hf_served *served, size_t count, hf_time at)
{
	enum hf_err err = observable(evidence, place, kinds, served, count, at);
	if (err == HF_OK)
		err = open_new(evidence, place, served, count, at);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < evidence->fact_count; i++) {
		struct hf_fact *fact = &evidence->facts[i];
		if (fact->place != place || fact->last != HF_TIME_NEVER ||
		        (kinds & 1u << fact_kind(evidence, fact)) == 0)
			continue;
		const struct hf_served *line = still_served(fact, served, count);
		if (line == NULL)
			fact->last = at < fact->first ? fact->first : at;
		else
			fact->rrsets = line->rrsets; /* a measure, not evidence */
	}
	for (int kind = 0; kind < HF_KINDS; kind++) {
		if ((kinds & 1u << kind) != 0)
			evidence->places[place].observed[kind] = at;
	}
	return HF_OK;
}

hf_time hf_evidence_observed(const struct hf_evidence *evidence, uint32_t place, enum hf_kind kind)
{
	return evidence->places[place].observed[kind];
}

/* ---- until when something is served ---- */

/* `time` + `seconds`, where never stays never. */
static hf_time later(hf_time time, uint32_t seconds)
{
	return time == HF_TIME_NEVER ? HF_TIME_NEVER : time + seconds;
}

/* The end of a fact as far as it was known. */
static hf_time known_last(const struct hf_fact *fact, hf_time known)
{
	return fact->last <= known ? fact->last : HF_TIME_NEVER;
}

/* When a secondary is past what was replaced at `replaced`. */
static hf_time passed(
        const struct hf_evidence *evidence, uint32_t place, hf_time replaced, hf_time known)
{
	hf_time end = evidence->expire == 0 ? HF_TIME_NEVER : later(replaced, evidence->expire);
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct hf_sighting *sighting = &evidence->sightings[i];
		if (sighting->place == place && sighting->version >= replaced &&
		        sighting->seen <= known && sighting->seen < end)
			end = sighting->seen;
	}
	return end < replaced ? replaced : end;
}

/* When this signer replaced the content for good; HF_TIME_NEVER when it serves it, or never did. */
static hf_time replaced(const struct hf_evidence *evidence, uint32_t content, hf_time known)
{
	hf_time last = HF_TIME_NONE;
	for (size_t i = 0; i < evidence->fact_count; i++) {
		const struct hf_fact *fact = &evidence->facts[i];
		if (fact->place == HF_PUBLISHED && fact->content == content &&
		        fact->first <= known && known_last(fact, known) > last)
			last = known_last(fact, known);
	}
	return last == HF_TIME_NONE ? HF_TIME_NEVER : last;
}

hf_time hf_evidence_served_until(const struct hf_evidence *evidence, const struct hf_fact *fact,
        hf_time known, uint32_t *ret_slowest)
{
	uint32_t slowest = fact->place;
	hf_time end = known_last(fact, known);
	bool from_us = fact_kind(evidence, fact) != HF_KIND_DS;
	if (end == HF_TIME_NEVER && from_us && fact->place != HF_PUBLISHED && evidence->expire != 0)
		end = later(replaced(evidence, fact->content, known), evidence->expire);
	if (end != HF_TIME_NEVER && from_us && fact->place == HF_PUBLISHED) {
		hf_time replaced_at = end;
		for (uint32_t i = 0; i < evidence->place_names.count; i++) {
			if (!evidence->places[i].secondary)
				continue;
			hf_time other = passed(evidence, i, replaced_at, known);
			if (other > end) {
				end = other;
				slowest = i;
			}
		}
	}
	if (ret_slowest != NULL)
		*ret_slowest = slowest;
	return later(end, evidence->blur);
}

hf_time hf_evidence_replaced_until(
        const struct hf_evidence *evidence, const struct hf_fact *fact, hf_time at)
{
	bool secondary = fact->place != HF_PUBLISHED;
	for (uint32_t i = 0; i < evidence->place_names.count && !secondary; i++)
		secondary = evidence->places[i].secondary;
	hf_time end = later(later(at, fact->ttl), evidence->blur);
	if (fact_kind(evidence, fact) == HF_KIND_DS || !secondary)
		return end;
	return evidence->expire == 0 ? HF_TIME_NEVER : later(end, evidence->expire);
}

/* When all caches have lost the fact's content. */
static hf_time left(const struct hf_evidence *evidence, const struct hf_fact *fact)
{
	return later(hf_evidence_served_until(evidence, fact, HF_TIME_NEVER - 1, NULL), fact->ttl);
}

/* The largest TTL of a DNSKEY set that some cache can hold at `at`. */
static uint32_t longest_keys(const struct hf_evidence *evidence, hf_time at)
{
	uint32_t longest = 0;
	for (size_t i = 0; i < evidence->fact_count; i++) {
		const struct hf_fact *fact = &evidence->facts[i];
		if (fact_kind(evidence, fact) == HF_KIND_DNSKEY && fact->ttl > longest &&
		        left(evidence, fact) > at)
			longest = fact->ttl;
	}
	return longest;
}

void hf_evidence_forget(struct hf_evidence *evidence, hf_time before)
{
	uint32_t longest = longest_keys(evidence, before);
	size_t kept = 0;
	hf_time oldest = HF_TIME_NEVER; /* of the ends that sightings may still tell about */
	for (size_t i = 0; i < evidence->fact_count; i++) {
		struct hf_fact fact = evidence->facts[i];
		bool proves = fact_kind(evidence, &fact) == HF_KIND_DS;
		if (later(left(evidence, &fact), proves ? longest : 0) <= before)
			continue;
		if (fact.last < oldest)
			oldest = fact.last;
		evidence->facts[kept++] = fact;
	}
	evidence->fact_count = kept;
	kept = 0;
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		struct hf_sighting sighting = evidence->sightings[i];
		if (sighting.version >= oldest ||
		        sighting.version == newest_version(evidence, sighting.place))
			evidence->sightings[kept++] = sighting;
	}
	evidence->sighting_count = kept;
}

size_t hf_evidence_fact_count(const struct hf_evidence *evidence)
{
	return evidence->fact_count;
}

const struct hf_fact *hf_evidence_fact_at(const struct hf_evidence *evidence, size_t index)
{
	return &evidence->facts[index];
}

bool hf_evidence_is_secondary(const struct hf_evidence *evidence, uint32_t place)
{
	return evidence->places[place].secondary;
}

size_t hf_evidence_sighting_count(const struct hf_evidence *evidence)
{
	return evidence->sighting_count;
}

const struct hf_sighting *hf_evidence_sighting_at(const struct hf_evidence *evidence, size_t index)
{
	return &evidence->sightings[index];
}
