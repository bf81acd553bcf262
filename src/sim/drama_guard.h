/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Holdfast in front of a run: what was served before as evidence, and whether the verifier and the
 * gate let a version or a DS set pass.
 *
 * For this part only. One thread at a time; the pool is used.
 */
#ifndef HF_SIM_DRAMA_GUARD_H
#define HF_SIM_DRAMA_GUARD_H

#include "coherence/survey.h"
#include "sim/drama_run.h"
#include "verify/checks.h"

/* A server that will be seen to have something. */
struct hf_drama_sight {
	hf_time at, version;
	enum hf_scene_side side;
	unsigned server;
	struct hf_served ds; /* of the parent's servers */
};

struct hf_drama_guard {
	struct hf_drama_run *run;
	struct hf_evidence *evidence;
	uint32_t places[2][HF_SCENE_SERVERS]; /* by enum hf_scene_side */
	uint32_t anchors;                     /* the place, for the root */
	struct hf_drama_sight *sights;        /* to come, in order of time */
	size_t sight_count, sight_cap;
	bool warned[HF_CHECK_COUNT]; /* of what is served */
	hf_scenario_keys told;       /* what holders of trust anchors have, as the evidence says */
};

enum hf_err hf_drama_guard_init(
        struct hf_drama_guard *guard, struct hf_drama_run *run) HF_MUST_CHECK;
void hf_drama_guard_done(struct hf_drama_guard *guard);
/* When a server will be seen to have something new; HF_TIME_NEVER: all have all. */
hf_time hf_drama_guard_next(const struct hf_drama_guard *guard);
/* What is seen until `at` is in the evidence from now on. */
enum hf_err hf_drama_guard_see(struct hf_drama_guard *guard, hf_time at) HF_MUST_CHECK;

/* What was offered, and what came of it. */
struct hf_drama_offer {
	const struct hf_scenario_version *version; /* NULL: a DS set */
	uint32_t serial;
	hf_scenario_keys ds;
	uint32_t ds_ttl;
	hf_time at;
	/* Answers; of a DS set, `served` is one. */
	bool passes;
	struct hf_drama_refusal refusal; /* without `event` and `published`; owned */
	bool warned[HF_CHECK_COUNT];
	char *warning; /* what the verifier warns of, and did not before; NULL: nothing */
	struct hf_version *zone;
	struct hf_served *served;
	size_t count;
};
void hf_drama_offer_done(struct hf_drama_offer *offer);
/* Asks the verifier and the gate. */
enum hf_err hf_drama_guard_ask(
        struct hf_drama_guard *guard, struct hf_drama_offer *offer) HF_MUST_CHECK;
/* The same without asking: acts of others, and what was served at the beginning. */
enum hf_err hf_drama_guard_look(
        struct hf_drama_guard *guard, struct hf_drama_offer *offer) HF_MUST_CHECK;
/* Serves what was offered, and knows of it. */
enum hf_err hf_drama_guard_serve(struct hf_drama_guard *guard, const struct hf_drama_offer *offer,
        const char *text) HF_MUST_CHECK;

#endif
