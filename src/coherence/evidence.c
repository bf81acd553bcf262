/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "coherence/intern.h"
#include "crypto/alg.h"
#include "crypto/digest.h"

/* A DS record and the keys that it stands for. */
struct ds_entry {
	struct hf_known_ds known;
	uint32_t *keys;
	size_t key_count;
};

struct place {
	bool secondary;
	hf_time observed[HF_KINDS]; /* the last observation; HF_TIME_NONE before any */
};

struct sighting {
	uint32_t place;
	hf_time seen, version;
};

struct hf_evidence {
	struct hf_name zone;
	uint32_t expire;
	struct hf_intern key_bytes, ds_bytes, content_bytes, place_names;
	struct hf_known_key *keys;
	struct ds_entry *ds;
	struct hf_content *contents;
	struct place *places;
	size_t key_cap, ds_cap, content_cap, place_cap;
	struct hf_fact *facts;
	size_t fact_count, fact_cap;
	struct sighting *sightings; /* in the order in which they were told */
	size_t sighting_count, sighting_cap;
};

const char *hf_kind_name(enum hf_kind kind)
{
	static const char *const names[HF_KINDS] = {"DS", "DNSKEY", "signers"};
	return names[kind];
}

/* Makes room for one more element in the array whose pointer is at `array_at`. */
static enum hf_err room(void *array_at, size_t count, size_t *cap, size_t size)
{
	void *array;
	if (count < *cap)
		return HF_OK;
	size_t more = *cap == 0 ? 8 : *cap * 2;
	memcpy(&array, array_at, sizeof(array));
	array = reallocarray(array, more, size);
	if (array == NULL)
		return HF_ERR_NOMEM;
	memcpy(array_at, &array, sizeof(array));
	*cap = more;
	return HF_OK;
}

#define ROOM(array, count, cap) room(&(array), (count), &(cap), sizeof(*(array)))

enum hf_err hf_evidence_new(const struct hf_name *zone, struct hf_evidence **ret_evidence)
{
	struct hf_evidence *evidence = calloc(1, sizeof(*evidence));
	if (evidence == NULL)
		return HF_ERR_NOMEM;
	evidence->zone = *zone;
	hf_name_lower(&evidence->zone);
	uint32_t published;
	enum hf_err err = hf_evidence_place(evidence, "published", &published);
	if (err != HF_OK) {
		hf_evidence_free(evidence);
		return err;
	}
	*ret_evidence = evidence;
	return HF_OK;
}

void hf_evidence_free(struct hf_evidence *evidence)
{
	if (evidence == NULL)
		return;
	for (size_t i = 0; i < evidence->content_bytes.count; i++) {
		free((void *)evidence->contents[i].members);
		free((void *)evidence->contents[i].signings);
	}
	for (size_t i = 0; i < evidence->ds_bytes.count; i++)
		free(evidence->ds[i].keys);
	hf_intern_done(&evidence->key_bytes);
	hf_intern_done(&evidence->ds_bytes);
	hf_intern_done(&evidence->content_bytes);
	hf_intern_done(&evidence->place_names);
	free(evidence->keys);
	free(evidence->ds);
	free(evidence->contents);
	free(evidence->places);
	free(evidence->facts);
	free(evidence->sightings);
	free(evidence);
}

/* ---- keys, DS records and what belongs together ---- */

static enum hf_err ds_add_key(struct ds_entry *entry, uint32_t key)
{
	uint32_t *keys = reallocarray(entry->keys, entry->key_count + 1, sizeof(*keys));
	if (keys == NULL)
		return HF_ERR_NOMEM;
	keys[entry->key_count++] = key;
	entry->keys = keys;
	return HF_OK;
}

/* Notes the pair when the DS record stands for the key. */
static enum hf_err pair(struct hf_evidence *evidence, struct ds_entry *entry, uint32_t number)
{
	const struct hf_known_key *key = &evidence->keys[number];
	if (entry->known.ds.tag != key->tag || entry->known.ds.algorithm != key->dnskey.algorithm)
		return HF_OK;
	bool matches;
	enum hf_err err = hf_ds_matches(&entry->known.ds, &evidence->zone, key->rdata, &matches);
	if (err != HF_OK || !matches)
		return err;
	return ds_add_key(entry, number);
}

static bool verifies(uint8_t algorithm)
{
	const struct hf_alg *alg = hf_alg_find(algorithm);
	return alg != NULL && (alg->flags & HF_ALG_VERIFIES) != 0;
}

static bool usable(const struct hf_dnskey *dnskey)
{
	return (dnskey->flags & HF_DNSKEY_ZONE) != 0 && (dnskey->flags & HF_DNSKEY_REVOKE) == 0 &&
	       dnskey->protocol == HF_DNSKEY_PROTOCOL && verifies(dnskey->algorithm);
}

/* Undoes the pairs of a key that could not be finished. */
static void unpair(struct hf_evidence *evidence, uint32_t number)
{
	for (size_t i = 0; i < evidence->ds_bytes.count; i++) {
		struct ds_entry *entry = &evidence->ds[i];
		if (entry->key_count > 0 && entry->keys[entry->key_count - 1] == number)
			entry->key_count--;
	}
}

enum hf_err hf_evidence_key(struct hf_evidence *evidence, struct hf_rdata dnskey, uint32_t *ret_key)
{
	struct hf_known_key key;
	uint32_t number;
	bool is_new;
	if (!hf_dnskey_read(dnskey, &key.dnskey))
		return HF_ERR_SYNTAX;
	enum hf_err err = ROOM(evidence->keys, evidence->key_bytes.count, evidence->key_cap);
	if (err == HF_OK)
		err = hf_intern_put(&evidence->key_bytes, dnskey.data, dnskey.len,
		        HF_EVIDENCE_RECORDS, &number, &is_new);
	if (err != HF_OK)
		return err;
	if (is_new) {
		key.rdata = (struct hf_rdata){
		        .data = evidence->key_bytes.entries[number].bytes, .len = dnskey.len};
		hf_dnskey_read(key.rdata, &key.dnskey);
		key.tag = hf_dnskey_tag(key.rdata);
		key.usable = usable(&key.dnskey);
		evidence->keys[number] = key;
		for (size_t i = 0; i < evidence->ds_bytes.count && err == HF_OK; i++)
			err = pair(evidence, &evidence->ds[i], number);
		if (err != HF_OK) {
			unpair(evidence, number);
			hf_intern_pop(&evidence->key_bytes);
			return err;
		}
	}
	*ret_key = number;
	return HF_OK;
}

enum hf_err hf_evidence_ds(struct hf_evidence *evidence, struct hf_rdata ds, uint32_t *ret_ds)
{
	struct ds_entry entry = {.keys = NULL};
	uint32_t number;
	bool is_new;
	if (!hf_ds_read(ds, &entry.known.ds))
		return HF_ERR_SYNTAX;
	enum hf_err err = ROOM(evidence->ds, evidence->ds_bytes.count, evidence->ds_cap);
	if (err == HF_OK)
		err = hf_intern_put(&evidence->ds_bytes, ds.data, ds.len, HF_EVIDENCE_RECORDS,
		        &number, &is_new);
	if (err != HF_OK)
		return err;
	if (is_new) {
		entry.known.rdata = (struct hf_rdata){
		        .data = evidence->ds_bytes.entries[number].bytes, .len = ds.len};
		hf_ds_read(entry.known.rdata, &entry.known.ds);
		entry.known.supported = verifies(entry.known.ds.algorithm) &&
		                        hf_digest_len(entry.known.ds.digest_type) != 0;
		for (size_t i = 0; i < evidence->key_bytes.count && err == HF_OK; i++)
			err = pair(evidence, &entry, (uint32_t)i);
		if (err != HF_OK) {
			free(entry.keys);
			hf_intern_pop(&evidence->ds_bytes);
			return err;
		}
		evidence->ds[number] = entry;
	}
	*ret_ds = number;
	return HF_OK;
}

bool hf_evidence_ds_matches(const struct hf_evidence *evidence, uint32_t ds, uint32_t key)
{
	const struct ds_entry *entry = &evidence->ds[ds];
	for (size_t i = 0; i < entry->key_count; i++) {
		if (entry->keys[i] == key)
			return true;
	}
	return false;
}

/* ---- contents ---- */

static int member_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static int signing_cmp(const void *a, const void *b)
{
	const struct hf_signing *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->inception != y->inception)
		return x->inception < y->inception ? -1 : 1;
	return x->expiration < y->expiration ? -1 : x->expiration > y->expiration;
}

/* A sorted copy without repeats; `*ret_copy` is NULL for none. */
static enum hf_err sorted(const void *items, size_t size, size_t *count,
        int (*cmp)(const void *, const void *), void **ret_copy)
{
	uint8_t *copy = NULL;
	size_t kept = 0;
	if (*count > 0) {
		copy = malloc(*count * size);
		if (copy == NULL)
			return HF_ERR_NOMEM;
		memcpy(copy, items, *count * size);
		qsort(copy, *count, size, cmp);
		for (size_t i = 0; i < *count; i++) {
			if (kept == 0 || cmp(copy + (kept - 1) * size, copy + i * size) != 0)
				memmove(copy + kept++ * size, copy + i * size, size);
		}
	}
	*count = kept;
	*ret_copy = copy;
	return HF_OK;
}

/* Whether everything that a content names is there. */
static bool names_known(const struct hf_evidence *evidence, const struct hf_content *content)
{
	size_t members =
	        content->kind == HF_KIND_DS ? evidence->ds_bytes.count : evidence->key_bytes.count;
	for (size_t i = 0; i < content->member_count; i++) {
		if (content->members[i] >= members)
			return false;
	}
	for (size_t i = 0; i < content->signing_count; i++) {
		if (content->signings[i].key >= evidence->key_bytes.count)
			return false;
	}
	return (content->kind != HF_KIND_SIGNERS || content->member_count == 0) &&
	       (content->kind != HF_KIND_DS || content->signing_count == 0);
}

/* The content as bytes that are equal when it is. */
static enum hf_err content_put(const struct hf_content *content, struct hf_buf *out)
{
	hf_put_u8(out, (uint8_t)content->kind);
	hf_put_u32(out, (uint32_t)content->member_count);
	for (size_t i = 0; i < content->member_count; i++)
		hf_put_u32(out, content->members[i]);
	for (size_t i = 0; i < content->signing_count; i++) {
		hf_put_u32(out, content->signings[i].key);
		hf_put_bytes(out, &content->signings[i].inception, sizeof(hf_time));
		hf_put_bytes(out, &content->signings[i].expiration, sizeof(hf_time));
	}
	return hf_buf_check(out);
}

/* Takes over the content's arrays when it is new; `*ret_taken` says whether it did. */
static enum hf_err content_intern(struct hf_evidence *evidence, const struct hf_content *content,
        uint32_t *ret_content, bool *ret_taken)
{
	struct hf_buf bytes = {.data = NULL};
	enum hf_err err = content_put(content, &bytes);
	if (err == HF_OK)
		err = ROOM(
		        evidence->contents, evidence->content_bytes.count, evidence->content_cap);
	if (err == HF_OK)
		err = hf_intern_put(&evidence->content_bytes, bytes.data, bytes.len,
		        HF_EVIDENCE_RECORDS, ret_content, ret_taken);
	hf_buf_done(&bytes);
	if (err == HF_OK && *ret_taken)
		evidence->contents[*ret_content] = *content;
	return err;
}

enum hf_err hf_evidence_content(
        struct hf_evidence *evidence, const struct hf_content *content, uint32_t *ret_content)
{
	if (content->member_count > HF_CONTENT_MEMBERS ||
	        content->signing_count > HF_CONTENT_MEMBERS)
		return HF_ERR_LIMIT;
	if (!names_known(evidence, content))
		return HF_ERR_INVALID;
	struct hf_content copy = *content;
	void *members = NULL, *signings = NULL;
	uint32_t number;
	bool taken = false;
	enum hf_err err = sorted(content->members, sizeof(*content->members), &copy.member_count,
	        member_cmp, &members);
	if (err == HF_OK)
		err = sorted(content->signings, sizeof(*content->signings), &copy.signing_count,
		        signing_cmp, &signings);
	if (err == HF_OK) {
		copy.members = members;
		copy.signings = signings;
		err = content_intern(evidence, &copy, &number, &taken);
	}
	if (err == HF_OK)
		*ret_content = number;
	if (!taken) {
		free(members);
		free(signings);
	}
	return err;
}

/* ---- places ---- */

enum hf_err hf_evidence_place(struct hf_evidence *evidence, const char *name, uint32_t *ret_place)
{
	bool is_new;
	enum hf_err err = ROOM(evidence->places, evidence->place_names.count, evidence->place_cap);
	if (err == HF_OK)
		err = hf_intern_put(&evidence->place_names, name, strlen(name) + 1,
		        HF_EVIDENCE_RECORDS, ret_place, &is_new);
	if (err != HF_OK)
		return err;
	if (is_new)
		evidence->places[*ret_place] =
		        (struct place){.observed = {HF_TIME_NONE, HF_TIME_NONE, HF_TIME_NONE}};
	return HF_OK;
}

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
		const struct sighting *sighting = &evidence->sightings[i];
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
		        (struct sighting){.place = place, .seen = seen, .version = version};
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
		const struct sighting *sighting = &evidence->sightings[i];
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
	return end;
}

hf_time hf_evidence_replaced_until(
        const struct hf_evidence *evidence, const struct hf_fact *fact, hf_time at)
{
	bool secondary = fact->place != HF_PUBLISHED;
	for (uint32_t i = 0; i < evidence->place_names.count && !secondary; i++)
		secondary = evidence->places[i].secondary;
	if (fact_kind(evidence, fact) == HF_KIND_DS || !secondary)
		return later(at, fact->ttl);
	return evidence->expire == 0 ? HF_TIME_NEVER
	                             : later(later(at, evidence->expire), fact->ttl);
}

void hf_evidence_forget(struct hf_evidence *evidence, hf_time before)
{
	size_t kept = 0;
	hf_time oldest = HF_TIME_NEVER; /* of the ends that sightings may still tell about */
	for (size_t i = 0; i < evidence->fact_count; i++) {
		struct hf_fact fact = evidence->facts[i];
		if (later(hf_evidence_served_until(evidence, &fact, HF_TIME_NEVER - 1, NULL),
		            fact.ttl) <= before)
			continue;
		if (fact.last < oldest)
			oldest = fact.last;
		evidence->facts[kept++] = fact;
	}
	evidence->fact_count = kept;
	kept = 0;
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		struct sighting sighting = evidence->sightings[i];
		if (sighting.version >= oldest ||
		        sighting.version == newest_version(evidence, sighting.place))
			evidence->sightings[kept++] = sighting;
	}
	evidence->sighting_count = kept;
}

/* ---- a copy ---- */

static enum hf_err copy_names(const struct hf_evidence *evidence, struct hf_evidence *copy)
{
	enum hf_err err = HF_OK;
	uint32_t number;
	for (size_t i = 0; i < evidence->key_bytes.count && err == HF_OK; i++)
		err = hf_evidence_key(copy, evidence->keys[i].rdata, &number);
	for (size_t i = 0; i < evidence->ds_bytes.count && err == HF_OK; i++)
		err = hf_evidence_ds(copy, evidence->ds[i].known.rdata, &number);
	for (size_t i = 0; i < evidence->content_bytes.count && err == HF_OK; i++)
		err = hf_evidence_content(copy, &evidence->contents[i], &number);
	for (uint32_t i = 0; i < evidence->place_names.count && err == HF_OK; i++) {
		err = hf_evidence_place(copy, hf_evidence_place_name(evidence, i), &number);
		if (err == HF_OK)
			copy->places[number] = evidence->places[i];
	}
	return err;
}

enum hf_err hf_evidence_copy(const struct hf_evidence *evidence, struct hf_evidence **ret_copy)
{
	struct hf_evidence *copy;
	enum hf_err err = hf_evidence_new(&evidence->zone, &copy);
	if (err != HF_OK)
		return err;
	copy->expire = evidence->expire;
	err = copy_names(evidence, copy);
	for (size_t i = 0; i < evidence->fact_count && err == HF_OK; i++)
		err = hf_evidence_add(copy, &evidence->facts[i]);
	for (size_t i = 0; i < evidence->sighting_count && err == HF_OK; i++) {
		err = ROOM(copy->sightings, copy->sighting_count, copy->sighting_cap);
		if (err == HF_OK)
			copy->sightings[copy->sighting_count++] = evidence->sightings[i];
	}
	if (err != HF_OK) {
		hf_evidence_free(copy);
		return err;
	}
	*ret_copy = copy;
	return HF_OK;
}

/* ---- looking things up ---- */

const struct hf_name *hf_evidence_zone(const struct hf_evidence *evidence)
{
	return &evidence->zone;
}

void hf_evidence_set_expire(struct hf_evidence *evidence, uint32_t expire)
{
	evidence->expire = expire;
}

uint32_t hf_evidence_expire(const struct hf_evidence *evidence)
{
	return evidence->expire;
}

size_t hf_evidence_key_count(const struct hf_evidence *evidence)
{
	return evidence->key_bytes.count;
}

size_t hf_evidence_place_count(const struct hf_evidence *evidence)
{
	return evidence->place_names.count;
}

size_t hf_evidence_fact_count(const struct hf_evidence *evidence)
{
	return evidence->fact_count;
}

const struct hf_known_key *hf_evidence_key_at(const struct hf_evidence *evidence, uint32_t key)
{
	return &evidence->keys[key];
}

const struct hf_known_ds *hf_evidence_ds_at(const struct hf_evidence *evidence, uint32_t ds)
{
	return &evidence->ds[ds].known;
}

const struct hf_content *hf_evidence_content_at(
        const struct hf_evidence *evidence, uint32_t content)
{
	return &evidence->contents[content];
}

const char *hf_evidence_place_name(const struct hf_evidence *evidence, uint32_t place)
{
	return (const char *)evidence->place_names.entries[place].bytes;
}

const struct hf_fact *hf_evidence_fact_at(const struct hf_evidence *evidence, size_t index)
{
	return &evidence->facts[index];
}
