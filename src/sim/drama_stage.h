/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stage of a run of a drama: what is published becomes a scene by key identity, server by
 * server with its lag. Keys have the numbers that they have in the scenario.
 *
 * For this part only. One thread at a time; the scene is for any number once it is sealed.
 */
#ifndef HF_SIM_DRAMA_STAGE_H
#define HF_SIM_DRAMA_STAGE_H

#include "sim/drama_world.h"
#include "sim/scene.h"

/* What was served at the beginning was so for this long. */
#define HF_DRAMA_BEFORE ((int64_t)400 * 86400)

struct hf_drama_turn {
	hf_time at;
	uint16_t what;
};
struct hf_drama_turns {
	struct hf_drama_turn *list;
	size_t count, cap;
};

struct hf_drama_stage {
	const struct hf_drama_world *world;
	struct hf_scene *scene;
	int64_t lags[2][HF_SCENE_SERVERS]; /* by enum hf_scene_side */
	struct hf_drama_turns turns[2][HF_SCENE_SERVERS];
};

enum hf_err hf_drama_stage_init(
        struct hf_drama_stage *stage, const struct hf_drama_world *world) HF_MUST_CHECK;
void hf_drama_stage_done(struct hf_drama_stage *stage);

/* What is served from `at` on, by each server when its lag is over; in order of time. At the
 * scenario's beginning there is no lag. `ret_number` is that of the version, or of the DS set. */
enum hf_err hf_drama_stage_publish(struct hf_drama_stage *stage,
        const struct hf_scenario_version *version, hf_time at, uint16_t *ret_number) HF_MUST_CHECK;
enum hf_err hf_drama_stage_ds(struct hf_drama_stage *stage, hf_scenario_keys ds, uint32_t ttl,
        hf_time at, uint16_t *ret_number) HF_MUST_CHECK;
/* When a server has what is published at `at`. */
hf_time hf_drama_stage_arrival(
        const struct hf_drama_stage *stage, enum hf_scene_side side, unsigned server, hf_time at);
enum hf_err hf_drama_stage_seal(struct hf_drama_stage *stage) HF_MUST_CHECK;

/* Bytes of the answer to a question for the DNSKEY set. */
size_t hf_drama_dnskey_bytes(
        const struct hf_drama_world *world, const struct hf_scenario_version *version);

#endif
