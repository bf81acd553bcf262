/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/evidence_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "crypto/alg.h"
#include "crypto/digest.h"

const char *hf_kind_name(enum hf_kind kind)
{
	static const char *const names[HF_KINDS] = {"DS", "DNSKEY", "signers"};
	return names[kind];
}

enum hf_err hf_evidence_room(void *array_at, size_t count, size_t *cap, size_t size)
{
	void *array;
	memcpy(&array, array_at, sizeof(array));
	array = hf_list_room(array, cap, count, size);
	if (array == NULL)
		return HF_ERR_NOMEM;
	memcpy(array_at, &array, sizeof(array));
	return HF_OK;
}

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
	copy->blur = evidence->blur;
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

void hf_evidence_set_blur(struct hf_evidence *evidence, uint32_t seconds)
{
	evidence->blur = seconds;
}

uint32_t hf_evidence_blur(const struct hf_evidence *evidence)
{
	return evidence->blur;
}

size_t hf_evidence_key_count(const struct hf_evidence *evidence)
{
	return evidence->key_bytes.count;
}

size_t hf_evidence_place_count(const struct hf_evidence *evidence)
{
	return evidence->place_names.count;
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
