/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What evidence is made of. For evidence.c (names and contents) and served.c (facts) only.
 */
#ifndef HF_COHERENCE_EVIDENCE_INSIDE_H
#define HF_COHERENCE_EVIDENCE_INSIDE_H

#include "coherence/evidence.h"
#include "coherence/intern.h"

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

struct hf_evidence {
	struct hf_name zone;
	uint32_t expire;
	uint32_t blur;
	struct hf_intern key_bytes, ds_bytes, content_bytes, place_names;
	struct hf_known_key *keys;
	struct ds_entry *ds;
	struct hf_content *contents;
	struct place *places;
	size_t key_cap, ds_cap, content_cap, place_cap;
	struct hf_fact *facts;
	size_t fact_count, fact_cap;
	struct hf_sighting *sightings; /* in the order in which they were told */
	size_t sighting_count, sighting_cap;
};

/* Makes room for one more element in the array whose pointer is at `array_at`. */
enum hf_err hf_evidence_room(void *array_at, size_t count, size_t *cap, size_t size) HF_MUST_CHECK;

#define ROOM(array, count, cap) hf_evidence_room(&(array), (count), &(cap), sizeof(*(array)))

#endif
