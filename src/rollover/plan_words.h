/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sentences of a plan: who does what in a step, and what is checked. For this part only.
 */
#ifndef HF_ROLLOVER_PLAN_WORDS_H
#define HF_ROLLOVER_PLAN_WORDS_H

#include "rollover/plan_world.h"

/* Adds a sentence, in which stand-ins lose their tags. HF_ERR_NOMEM. */
enum hf_err hf_plan_say(const struct hf_plan_world *world, struct hf_plan_lines *lines,
        const char *format, ...) HF_PRINTF(3, 4) HF_MUST_CHECK;
void hf_plan_lines_done(struct hf_plan_lines *lines);

/* What going from one waypoint to another means: fills in the step's sentences and its keys. */
enum hf_err hf_plan_describe(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_step *step) HF_MUST_CHECK;
/* What Holdfast does before the first step, for keys that it makes. */
enum hf_err hf_plan_describe_keys(
        const struct hf_plan_world *world, struct hf_plan_lines *does) HF_MUST_CHECK;
/* What the plan takes for granted. */
enum hf_err hf_plan_describe_start(
        const struct hf_plan_world *world, struct hf_plan_lines *assumptions) HF_MUST_CHECK;
/* What remains when the last step is done. */
enum hf_err hf_plan_describe_end(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_lines *after) HF_MUST_CHECK;
/* What it would mean to take all of an emergency's steps at once. */
enum hf_err hf_plan_describe_at_once(const struct hf_plan_world *world,
        const struct hf_at_once *at_once, struct hf_plan_lines *lines) HF_MUST_CHECK;

#endif
