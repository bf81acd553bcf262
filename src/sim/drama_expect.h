/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a drama shows what its scenario says that happened. Pure; thread-safe.
 */
#ifndef HF_SIM_DRAMA_EXPECT_H
#define HF_SIM_DRAMA_EXPECT_H

#include "sim/drama.h"

/*
 * Whether users fail when they did, as much as they did, and with Holdfast in front as the scenario
 * says. Appends a sentence or two to `words`. With other values for what is not known there is
 * nothing to hold it against: true, and no words.
 */
bool hf_drama_as_expected(
        const struct hf_scenario *scenario, const struct hf_drama *drama, struct hf_buf *words);

#endif
