/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A random life of a line in its world: inputs good and bad, people, rollovers, other settings, a
 * parent that sleeps and a secondary that lags.
 *
 * Whatever happens, nothing that had to be stopped is ever published, and signatures are renewed in
 * time; left alone, everything comes to rest. The world's oracle watches. Every function fails the
 * running test when something goes wrong.
 */
#ifndef HF_TESTS_PIPELINE_LINELIFE_H
#define HF_TESTS_PIPELINE_LINELIFE_H

#include "lineworld.h"

#define LIFE_NAMES 40

struct life {
	struct world world;
	uint64_t random;
	bool reviewed;             /* a person says yes or no to each input */
	bool restless;             /* a change begins whenever there is none */
	bool names[LIFE_NAMES];    /* that the source has */
	uint32_t good[LIFE_NAMES]; /* value that is given with them */
};

/* A new zone with its policy; hands may be changed before life_begin. */
void life_init(struct life *life, uint64_t seed);
/* Until its first version is published. */
void life_begin(struct life *life);
/* Time goes on for up to so many seconds, then something happens. */
void life_go_on(struct life *life, uint64_t seconds);
/* Nobody disturbs it any more: the newest input is published in the end, and no change is left. */
void life_rest(struct life *life);
/* Something below the limit, by chance. */
uint64_t life_pick(struct life *life, uint64_t below);

#endif
