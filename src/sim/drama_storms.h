/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The storms of a scenario, told in a story: counts by zone, what failure memory and braking
 * servers would have made of them, and figures that were published beside ours.
 *
 * For this part only. One thread at a time a story.
 */
#ifndef HF_SIM_DRAMA_STORMS_H
#define HF_SIM_DRAMA_STORMS_H

#include "sim/scenario.h"
#include "sim/story.h"

enum hf_err hf_drama_storms(const struct hf_scenario *scenario, uint64_t seed, struct hf_diag *diag,
        struct hf_story *story) HF_MUST_CHECK;

#endif
