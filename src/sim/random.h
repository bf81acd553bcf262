/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random numbers that a seed decides (SplitMix64), for worlds that must be the same each time.
 *
 * Not for secrets. Whoever needs numbers of its own forks a stream, so that one more or less of
 * them elsewhere does not change what it gets. Values; one thread at a time a stream.
 */
#ifndef HF_SIM_RANDOM_H
#define HF_SIM_RANDOM_H

#include <stdint.h>

struct hf_random {
	uint64_t state; /* the seed, at first */
};

uint64_t hf_random_next(struct hf_random *random);
/* From 0 to bound − 1, each as likely; `bound` over 0. */
uint64_t hf_random_below(struct hf_random *random, uint64_t bound);
/* From 0 to 1, 1 not included. */
double hf_random_unit(struct hf_random *random);
/* Times between events that happen once in `mean` on average. */
double hf_random_exponential(struct hf_random *random, double mean);
/* Another stream, told apart by `purpose`; the stream itself stays as it is. */
struct hf_random hf_random_fork(const struct hf_random *random, uint64_t purpose);

#endif
