/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of one resolver before a scene. For this part only; one thread at a time.
 */
#ifndef HF_SIM_LIFE_H
#define HF_SIM_LIFE_H

#include "sim/population.h"

/* Plays resolver `index` and adds what it does to the measures, whose sums do not depend on the
 * order in which resolvers are added. */
void hf_life_play(const struct hf_population *population, const struct hf_scene *scene,
        uint32_t index, struct hf_population_measures *measures);

#endif
