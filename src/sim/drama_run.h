/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of a drama: what is served now, and the story of it so far.
 *
 * For this part only. One thread at a time.
 */
#ifndef HF_SIM_DRAMA_RUN_H
#define HF_SIM_DRAMA_RUN_H

#include "sim/drama.h"
#include "sim/drama_stage.h"

struct hf_drama_run {
	const struct hf_scenario *scenario;
	const struct hf_drama_options *options;
	struct hf_drama_world *world;
	struct hf_drama_stage stage;
	struct hf_story *story;
	struct hf_diag *diag;
	bool guarded;
	/* Served now; in the small world NULL as long as nobody looks at it. */
	struct hf_scenario_version version;
	hf_scenario_keys ds; /* of the root: what those who follow RFC 5011 trust */
	uint32_t ds_ttl;
	hf_time since[HF_SCENARIO_KEYS]; /* a KSK was seen without a break; HF_TIME_NONE */
	struct hf_version *zone;
	struct hf_population_flush flushes[HF_SCENARIO_EVENTS];
	size_t flush_count;
};

enum hf_err hf_drama_run_init(struct hf_drama_run *run, const struct hf_scenario *scenario,
        const struct hf_drama_options *options, struct hf_drama_world *world, const char *title,
        struct hf_diag *diag) HF_MUST_CHECK;
void hf_drama_run_done(struct hf_drama_run *run);

/* Serves a version; `zone` is it in the small world, NULL: not made yet. */
enum hf_err hf_drama_run_publish(struct hf_drama_run *run,
        const struct hf_scenario_version *version, const struct hf_version *zone, hf_time at,
        const char *text) HF_MUST_CHECK;
enum hf_err hf_drama_run_ds(struct hf_drama_run *run, hf_scenario_keys ds, uint32_t ttl, hf_time at,
        const char *text) HF_MUST_CHECK;
/* Before the root: what is trusted by now. */
void hf_drama_run_trust(struct hf_drama_run *run, hf_time at);
/* Lag and words: what an event does that publishes nothing. */
enum hf_err hf_drama_run_other(
        struct hf_drama_run *run, const struct hf_scenario_event *event) HF_MUST_CHECK;
/* Lets resolvers live before all this. */
enum hf_err hf_drama_run_users(struct hf_drama_run *run) HF_MUST_CHECK;

uint32_t hf_drama_serial(const struct hf_scenario *scenario, size_t event);
bool hf_drama_is_root(const struct hf_drama_world *world);

#endif
