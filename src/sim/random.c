/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/random.h"

#include <math.h>

#define STEP 0x9e3779b97f4a7c15u

static uint64_t mix(uint64_t bits)
{
	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
	return bits ^ (bits >> 31);
}

uint64_t hf_random_next(struct hf_random *random)
{
	random->state += STEP;
	return mix(random->state);
}

uint64_t hf_random_below(struct hf_random *random, uint64_t bound)
{
	/* What is left over of 2^64 would come up more often: draw again. That is less than the
	 * bound, and worth a division only then. */
	uint64_t bits;
	do {
		bits = hf_random_next(random);
	} while (bits < bound && bits < -bound % bound);
	return bits % bound;
}

double hf_random_unit(struct hf_random *random)
{
	return (double)(hf_random_next(random) >> 11) * 0x1p-53;
}

double hf_random_exponential(struct hf_random *random, double mean)
{
	/* The difference is exact, and log is faster than log1p. */
	return -log(1 - hf_random_unit(random)) * mean;
}

struct hf_random hf_random_fork(const struct hf_random *random, uint64_t purpose)
{
	return (struct hf_random){mix(random->state ^ mix(purpose + STEP))};
}
