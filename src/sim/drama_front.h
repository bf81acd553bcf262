/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scenario with Holdfast in front: what comes of each event, of what waits, and of signatures
 * that nobody replaces.
 *
 * For drama.c only. One thread at a time; the pool is used.
 */
#ifndef HF_SIM_DRAMA_FRONT_H
#define HF_SIM_DRAMA_FRONT_H

#include "sim/drama_run.h"

/* Fills in `guarded`, refusals, limits and `prevented`; they are the drama's, also after a failure.
 */
enum hf_err hf_drama_front(const struct hf_scenario *scenario,
        const struct hf_drama_options *options, struct hf_drama_world *world, struct hf_diag *diag,
        struct hf_drama *drama) HF_MUST_CHECK;

#endif
