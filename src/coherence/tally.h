/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which sets of keys sign the RRsets of a version, counted set by set.
 *
 * A distinct set of keys is one entry, whatever the RRsets that carry it: its signatures are valid
 * when those of all its RRsets are, its TTL is the largest. For this part only. One thread at a
 * time; tallies of several threads are merged.
 */
#ifndef HF_COHERENCE_TALLY_H
#define HF_COHERENCE_TALLY_H

#include "coherence/world.h"
#include "zone/node.h"

struct hf_signer_set {
	struct hf_signing signings[HF_CONTENT_MEMBERS]; /* ascending by key */
	size_t count;
	uint32_t ttl;
	uint64_t rrsets;
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
	struct hf_signer_set *sets;
	size_t count, cap;
	size_t last; /* where the last RRset was counted: the next one mostly belongs there too */
	struct hf_frail frail;
};

void hf_tally_done(struct hf_tally *tally);
/* Counts RRsets that these keys sign. HF_ERR_LIMIT: more distinct sets than a world may hold. */
enum hf_err hf_tally_add(struct hf_tally *tally, const struct hf_signer_set *set) HF_MUST_CHECK;
/* Keeps the frailer one. The order of calls does not matter. */
void hf_tally_weigh(struct hf_tally *tally, const struct hf_frail *frail);
enum hf_err hf_tally_merge(struct hf_tally *tally, const struct hf_tally *from) HF_MUST_CHECK;
/* In the order of their keys, whatever order they were counted in. */
void hf_tally_sort(struct hf_tally *tally);

#endif
