/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process in which a far line lives. It begins as a copy of the test and knows what the test
 * saw; what it finds on disk is held against that. It ends when it is told to, when it is killed,
 * or with a sentence when something is wrong.
 */
#ifndef HF_TESTS_PIPELINE_FARSERVE_H
#define HF_TESTS_PIPELINE_FARSERVE_H

#include "farline.h"

_Noreturn void farserve(struct farline *far, struct world *world, int channel);
/* In farfound.c: what was found when the line was opened. */
void farfound_check(const struct farline *far, struct world *world);
/* What is stored of the engine's state. */
void farfound_state(struct world *world, struct hf_buf *out, unsigned *ret_flags);

#endif
