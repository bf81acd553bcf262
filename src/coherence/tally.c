/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/tally.h"

#include <stdlib.h>
#include <string.h>

void hf_tally_done(struct hf_tally *tally)
{
	free(tally->sets);
	*tally = (struct hf_tally){0};
}

static int compare(const struct hf_signer_set *a, const struct hf_signer_set *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		if (a->signings[i].key != b->signings[i].key)
			return a->signings[i].key < b->signings[i].key ? -1 : 1;
	}
	return (a->count > b->count) - (a->count < b->count);
}

static bool find(struct hf_tally *tally, const struct hf_signer_set *set)
{
	if (tally->last < tally->count && compare(&tally->sets[tally->last], set) == 0)
		return true;
	for (size_t i = 0; i < tally->count; i++) {
		if (compare(&tally->sets[i], set) == 0) {
			tally->last = i;
			return true;
		}
	}
	return false;
}

/* A copy without what a short set leaves unused. */
static void copy(struct hf_signer_set *to, const struct hf_signer_set *from)
{
	to->count = from->count;
	to->ttl = from->ttl;
	to->rrsets = from->rrsets;
	memcpy(to->signings, from->signings, from->count * sizeof(from->signings[0]));
}

static enum hf_err append(struct hf_tally *tally, const struct hf_signer_set *set)
{
	if (tally->count == HF_WORLD_CONTENTS)
		return HF_ERR_LIMIT;
	if (tally->count == tally->cap) {
		size_t cap = tally->cap * 2 + 4;
		struct hf_signer_set *sets = realloc(tally->sets, cap * sizeof(*sets));
		if (sets == NULL)
			return HF_ERR_NOMEM;
		tally->sets = sets;
		tally->cap = cap;
	}
	tally->last = tally->count++;
	copy(&tally->sets[tally->last], set);
	return HF_OK;
}

enum hf_err hf_tally_add(struct hf_tally *tally, const struct hf_signer_set *set)
{
	if (!find(tally, set))
		return append(tally, set);
	struct hf_signer_set *known = &tally->sets[tally->last];
	known->rrsets += set->rrsets;
	if (set->ttl > known->ttl)
		known->ttl = set->ttl;
	for (size_t i = 0; i < set->count; i++) {
		if (set->signings[i].inception > known->signings[i].inception)
			known->signings[i].inception = set->signings[i].inception;
		if (set->signings[i].expiration < known->signings[i].expiration)
			known->signings[i].expiration = set->signings[i].expiration;
	}
	return HF_OK;
}

static bool frailer(const struct hf_frail *a, const struct hf_frail *b)
{
	hf_time a_left = a->expiration - a->ttl, b_left = b->expiration - b->ttl;
	if (a_left != b_left)
		return a_left < b_left;
	size_t a_len, b_len;
	const uint8_t *a_key = hf_node_key(a->owner, &a_len);
	const uint8_t *b_key = hf_node_key(b->owner, &b_len);
	int order = hf_key_cmp(a_key, a_len, b_key, b_len);
	return order != 0 ? order < 0 : a->type < b->type;
}

void hf_tally_weigh(struct hf_tally *tally, const struct hf_frail *frail)
{
	if (frail->owner != NULL && (tally->frail.owner == NULL || frailer(frail, &tally->frail)))
		tally->frail = *frail;
}

enum hf_err hf_tally_merge(struct hf_tally *tally, const struct hf_tally *from)
{
	hf_tally_weigh(tally, &from->frail);
	for (size_t i = 0; i < from->count; i++) {
		enum hf_err err = hf_tally_add(tally, &from->sets[i]);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static int by_keys(const void *a, const void *b)
{
	return compare(a, b);
}

void hf_tally_sort(struct hf_tally *tally)
{
	if (tally->count > 1)
		qsort(tally->sets, tally->count, sizeof(*tally->sets), by_keys);
	tally->last = 0;
}
