/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

/* Kinds of values. Of the key with index i: its inceptions and expirations. */
#define SLOT_TTL        0u
#define SLOT_INCEPTION  1u
#define SLOT_EXPIRATION 2u
#define SLOTS           2u /* of each key */

/* What is counted over all sets: when signatures have nothing left beyond their TTL. */
#define ALL_SETS UINT32_MAX
#define SLOT_END 0u

static uint32_t slot_of(size_t key, uint32_t kind)
{
	return (uint32_t)key * SLOTS + kind;
}

void hf_tally_done(struct hf_tally *tally)
{
	free(tally->sets);
	hf_counter_done(&tally->counter);
	*tally = (struct hf_tally){0};
}

/* ---- sets of keys ---- */

static int compare(const struct hf_tally_set *a, const struct hf_tally_set *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		if (a->keys[i] != b->keys[i])
			return a->keys[i] < b->keys[i] ? -1 : 1;
	}
	return (a->count > b->count) - (a->count < b->count);
}

/* The place of the set with these keys; `count` when there is none. */
static size_t find(const struct hf_tally_set *sets, size_t count, const struct hf_tally_set *wanted)
{
	for (size_t i = 0; i < count; i++) {
		if (sets[i].rrsets > 0 && compare(&sets[i], wanted) == 0)
			return i;
	}
	return count;
}

/* A copy without what a short set leaves unused. */
static void copy(struct hf_tally_set *to, const struct hf_tally_set *from)
{
	to->count = from->count;
	to->rrsets = from->rrsets;
	memcpy(to->keys, from->keys, from->count * sizeof(from->keys[0]));
}

static enum hf_err append(struct hf_tally *tally, const struct hf_tally_set *set)
{
	if (tally->count == HF_WORLD_CONTENTS)
		return HF_ERR_LIMIT;
	struct hf_tally_set *sets =
	        hf_list_room(tally->sets, &tally->cap, tally->count, sizeof(*sets));
	if (sets == NULL)
		return HF_ERR_NOMEM;
	tally->sets = sets;
	copy(&tally->sets[tally->count++], set);
	return HF_OK;
}

/* Counts the set; its place becomes the last one. */
static enum hf_err count_set(struct hf_tally *tally, const struct hf_tally_set *set)
{
	if (tally->last >= tally->count || compare(&tally->sets[tally->last], set) != 0) {
		tally->last = find(tally->sets, tally->count, set);
		if (tally->last == tally->count)
			return append(tally, set);
	}
	tally->sets[tally->last].rrsets += set->rrsets;
	return HF_OK;
}

enum hf_err hf_tally_add(struct hf_tally *tally, const struct hf_signer_set *set)
{
	struct hf_tally_set keys;
	keys.count = set->count;
	keys.rrsets = 1;
	for (size_t i = 0; i < set->count; i++)
		keys.keys[i] = set->signings[i].key;
	enum hf_err err = count_set(tally, &keys);
	uint32_t place = (uint32_t)tally->last;
	if (err == HF_OK)
		err = hf_counter_add(&tally->counter, place, SLOT_TTL, set->ttl, 1);
	for (size_t i = 0; err == HF_OK && i < set->count; i++) {
		const struct hf_signing *signing = &set->signings[i];
		err = hf_counter_add(
		        &tally->counter, place, slot_of(i, SLOT_INCEPTION), signing->inception, 1);
		if (err == HF_OK)
			err = hf_counter_add(&tally->counter, place, slot_of(i, SLOT_EXPIRATION),
			        signing->expiration, 1);
	}
	tally->rrsets++;
	return err;
}

/* ---- frail signatures ---- */

hf_time hf_frail_end(const struct hf_frail *frail)
{
	return frail->expiration - frail->ttl;
}

static bool frailer(const struct hf_frail *a, const struct hf_frail *b)
{
	if (hf_frail_end(a) != hf_frail_end(b))
		return hf_frail_end(a) < hf_frail_end(b);
	size_t a_len, b_len;
	const uint8_t *a_key = hf_node_key(a->owner, &a_len);
	const uint8_t *b_key = hf_node_key(b->owner, &b_len);
	int order = hf_key_cmp(a_key, a_len, b_key, b_len);
	return order != 0 ? order < 0 : a->type < b->type;
}

static void keep_frailer(struct hf_tally *tally, const struct hf_frail *frail)
{
	if (frail->owner != NULL && (tally->frail.owner == NULL || frailer(frail, &tally->frail)))
		tally->frail = *frail;
}

enum hf_err hf_tally_weigh(struct hf_tally *tally, const struct hf_frail *frail)
{
	keep_frailer(tally, frail);
	return hf_counter_add(&tally->counter, ALL_SETS, SLOT_END, hf_frail_end(frail), 1);
}

int64_t hf_tally_frail_times(const struct hf_tally *tally, hf_time end)
{
	return hf_counter_of(&tally->counter, ALL_SETS, SLOT_END, end);
}

/* ---- merging ---- */

/* Adds what one counter has to another one, under other places. */
static enum hf_err add_counter(struct hf_counter *to, const struct hf_counter *from,
        const uint32_t places[static HF_WORLD_CONTENTS])
{
	for (size_t i = 0; i < from->cap; i++) {
		const struct hf_count *item = &from->table[i];
		if (item->count == 0)
			continue;
		uint32_t place = item->set == ALL_SETS ? ALL_SETS : places[item->set];
		enum hf_err err = hf_counter_add(to, place, item->slot, item->value, item->count);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

enum hf_err hf_tally_merge(struct hf_tally *tally, const struct hf_tally *from)
{
	uint32_t places[HF_WORLD_CONTENTS];

	for (size_t i = 0; i < from->count; i++) {
		enum hf_err err = count_set(tally, &from->sets[i]);
		if (err != HF_OK)
			return err;
		places[i] = (uint32_t)tally->last;
	}
	keep_frailer(tally, &from->frail);
	tally->rrsets += from->rrsets;
	tally->strangers += from->strangers;
	return add_counter(&tally->counter, &from->counter, places);
}

/* ---- holdings ---- */

void hf_holding_done(struct hf_holding *holding)
{
	free(holding->sets);
	hf_counts_free(holding->counts);
	*holding = (struct hf_holding){0};
}

static enum hf_err take_away(struct hf_holding *holding, const struct hf_tally *less,
        uint32_t ret_places[static HF_WORLD_CONTENTS])
{
	if (less->rrsets > holding->rrsets || less->strangers > holding->strangers)
		return HF_ERR_INVALID;
	for (size_t i = 0; i < less->count; i++) {
		size_t place = find(holding->sets, holding->count, &less->sets[i]);
		if (place == holding->count || less->sets[i].rrsets > holding->sets[place].rrsets)
			return HF_ERR_INVALID;
		ret_places[i] = (uint32_t)place;
	}
	/* Only now, so that a set that becomes empty is found by all that goes. */
	for (size_t i = 0; i < less->count; i++)
		holding->sets[ret_places[i]].rrsets -= less->sets[i].rrsets;
	holding->rrsets -= less->rrsets;
	holding->strangers -= less->strangers;
	return HF_OK;
}

/* A place for a new set: one that is free, or one more. Room is there for as many as may be. */
static size_t free_place(struct hf_holding *holding)
{
	size_t place = 0;
	while (place < holding->count && holding->sets[place].rrsets > 0)
		place++;
	if (place == holding->count && place < HF_WORLD_CONTENTS)
		holding->count++;
	return place;
}

static enum hf_err put_in(struct hf_holding *holding, const struct hf_tally *more,
        uint32_t ret_places[static HF_WORLD_CONTENTS])
{
	for (size_t i = 0; i < more->count; i++) {
		size_t place = find(holding->sets, holding->count, &more->sets[i]);
		if (place < holding->count) {
			holding->sets[place].rrsets += more->sets[i].rrsets;
		} else {
			place = free_place(holding);
			if (place == HF_WORLD_CONTENTS)
				return HF_ERR_LIMIT;
			copy(&holding->sets[place], &more->sets[i]);
		}
		ret_places[i] = (uint32_t)place;
	}
	holding->rrsets += more->rrsets;
	holding->strangers += more->strangers;
	return HF_OK;
}

enum hf_err hf_holding_new(const struct hf_holding *before, const struct hf_tally *less,
        const struct hf_tally *more, struct hf_holding *ret_holding)
{
	static const struct hf_tally nothing;
	uint32_t less_places[HF_WORLD_CONTENTS], more_places[HF_WORLD_CONTENTS];
	struct hf_counter minus = {0}, plus = {0};
	struct hf_holding holding = {.sets = calloc(HF_WORLD_CONTENTS, sizeof(*holding.sets))};

	less = less != NULL ? less : &nothing;
	more = more != NULL ? more : &nothing;
	if (holding.sets == NULL)
		return HF_ERR_NOMEM;
	if (before != NULL) {
		for (size_t i = 0; i < before->count; i++)
			copy(&holding.sets[i], &before->sets[i]);
		holding.count = before->count;
		holding.rrsets = before->rrsets;
		holding.strangers = before->strangers;
	}
	enum hf_err err = take_away(&holding, less, less_places);
	if (err == HF_OK)
		err = put_in(&holding, more, more_places);
	if (err == HF_OK)
		err = add_counter(&minus, &less->counter, less_places);
	if (err == HF_OK)
		err = add_counter(&plus, &more->counter, more_places);
	if (err == HF_OK)
		err = hf_counts_new(
		        before != NULL ? before->counts : NULL, &minus, &plus, &holding.counts);
	hf_counter_done(&minus);
	hf_counter_done(&plus);
	if (err != HF_OK) {
		hf_holding_done(&holding);
		return err;
	}
	*ret_holding = holding;
	return HF_OK;
}

bool hf_holding_set(const struct hf_holding *holding, size_t index, struct hf_signer_set *ret_set)
{
	const struct hf_tally_set *set = &holding->sets[index];
	const struct hf_counts *counts = holding->counts;
	uint32_t place = (uint32_t)index;
	int64_t ttl;

	if (set->rrsets == 0 || !hf_counts_find(counts, place, SLOT_TTL, HF_COUNTS_MOST, &ttl))
		return false;
	ret_set->count = set->count;
	ret_set->ttl = (uint32_t)ttl;
	ret_set->rrsets = set->rrsets;
	for (size_t i = 0; i < set->count; i++) {
		struct hf_signing *signing = &ret_set->signings[i];
		signing->key = set->keys[i];
		if (!hf_counts_find(counts, place, slot_of(i, SLOT_INCEPTION), HF_COUNTS_MOST,
		            &signing->inception) ||
		        !hf_counts_find(counts, place, slot_of(i, SLOT_EXPIRATION), HF_COUNTS_LEAST,
		                &signing->expiration))
			return false;
	}
	return true;
}

size_t hf_holding_order(
        const struct hf_holding *holding, size_t ret_places[static HF_WORLD_CONTENTS])
{
	size_t count = 0;
	for (size_t i = 0; i < holding->count; i++) {
		size_t at = count;
		if (holding->sets[i].rrsets == 0)
			continue;
		for (; at > 0 && compare(&holding->sets[ret_places[at - 1]], &holding->sets[i]) > 0;
		        at--)
			ret_places[at] = ret_places[at - 1];
		ret_places[at] = i;
		count++;
	}
	return count;
}

bool hf_holding_has_key(const struct hf_holding *holding, uint32_t key)
{
	for (size_t i = 0; i < holding->count; i++) {
		const struct hf_tally_set *set = &holding->sets[i];
		for (size_t j = 0; set->rrsets > 0 && j < set->count; j++)
			if (set->keys[j] == key)
				return true;
	}
	return false;
}

bool hf_holding_frail(const struct hf_holding *holding, hf_time *ret_end, int64_t *ret_times)
{
	if (!hf_counts_find(holding->counts, ALL_SETS, SLOT_END, HF_COUNTS_LEAST, ret_end))
		return false;
	*ret_times = hf_counts_of(holding->counts, ALL_SETS, SLOT_END, *ret_end);
	return true;
}
