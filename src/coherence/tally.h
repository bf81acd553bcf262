/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which sets of keys sign the RRsets of a version, counted set by set.
 *
 * A distinct set of keys is one entry, whatever the RRsets that carry it: its signatures are valid
 * when those of all its RRsets are, its TTL is the largest. All values are counted, so that RRsets
 * can be taken away again. For this part only. One thread at a time; tallies of several threads
 * are merged.
 */
#ifndef HF_COHERENCE_TALLY_H
#define HF_COHERENCE_TALLY_H

#include "coherence/counts.h"
#include "coherence/world.h"
#include "zone/node.h"

/* Signatures of one RRset, or of all that the same keys sign. */
struct hf_signer_set {
	struct hf_signing signings[HF_CONTENT_MEMBERS]; /* ascending by key */
	size_t count;
	uint32_t ttl;
	uint64_t rrsets;
};

/* The keys of a set and how many RRsets have it; its values are counted under its index. */
struct hf_tally_set {
	uint32_t keys[HF_CONTENT_MEMBERS]; /* ascending */
	size_t count;
	uint64_t rrsets; /* 0: the place is free */
};

/* The signature that has least left beyond its TTL. */
struct hf_frail {
	const struct hf_node *owner; /* NULL: none; borrowed */
	uint16_t type;
	uint32_t ttl;
	hf_time expiration;
};

/* Zero-initialised is empty. */
struct hf_tally {
	struct hf_tally_set *sets;
	size_t count, cap;
	size_t last; /* where the last RRset was counted: the next one mostly belongs there too */
	struct hf_counter counter;
	struct hf_frail frail;
	uint64_t rrsets;
	uint64_t strangers; /* signatures by keys that nobody knows */
};

void hf_tally_done(struct hf_tally *tally);
/* Counts one RRset. HF_ERR_LIMIT: more distinct sets than a world may hold. */
enum hf_err hf_tally_add(struct hf_tally *tally, const struct hf_signer_set *set) HF_MUST_CHECK;
/* Counts a signature and keeps the frailest one. The order of calls does not matter. */
enum hf_err hf_tally_weigh(struct hf_tally *tally, const struct hf_frail *frail) HF_MUST_CHECK;
/* How many of the signatures that were weighed have nothing left beyond their TTL at `end`. */
int64_t hf_tally_frail_times(const struct hf_tally *tally, hf_time end);
enum hf_err hf_tally_merge(struct hf_tally *tally, const struct hf_tally *from) HF_MUST_CHECK;
/* Seconds since 1970 at which the signature has nothing left beyond its TTL. */
hf_time hf_frail_end(const struct hf_frail *frail);

/* ---- What stays of tallies: never changes, and the next one shares most of it ---- */

struct hf_holding {
	struct hf_tally_set *sets;
	size_t count;
	struct hf_counts *counts;
	uint64_t rrsets, strangers;
};

/* `before` (NULL: nothing) less one tally and more by another; NULL is an empty one.
 * HF_ERR_INVALID: what is to be taken away was never counted. HF_ERR_LIMIT as above. */
enum hf_err hf_holding_new(const struct hf_holding *before, const struct hf_tally *less,
        const struct hf_tally *more, struct hf_holding *ret_holding) HF_MUST_CHECK;
void hf_holding_done(struct hf_holding *holding);
/* The set in this place with what all its RRsets have in common; false when the place is free. */
bool hf_holding_set(const struct hf_holding *holding, size_t index, struct hf_signer_set *ret_set);
/* Places of the sets in use, in the order of their keys; how many there are. */
size_t hf_holding_order(
        const struct hf_holding *holding, size_t ret_places[static HF_WORLD_CONTENTS]);
/* Whether any RRset is signed by the key. */
bool hf_holding_has_key(const struct hf_holding *holding, uint32_t key);
/* When the frailest signature has nothing left beyond its TTL, and how many have just as much;
 * false without signatures. */
bool hf_holding_frail(const struct hf_holding *holding, hf_time *ret_end, int64_t *ret_times);

#endif
