/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random years: a policy, a world, changes and faults from one number, and whether a play of them
 * is as it should be. Nothing here allocates but the faults; any number of threads.
 */
#ifndef HF_TESTS_SIM_YEARLAB_H
#define HF_TESTS_SIM_YEARLAB_H

#include "base/pool.h"
#include "sim/theatre.h"
#include "sim/theatre_audit.h"

#define YEAR_DAY     INT64_C(86400)
#define YEAR_START   ((hf_time)1800000000)
#define YEAR_CHANGES 4

struct year {
	uint64_t seed;
	struct hf_name zone;
	struct hf_policy policy;
	struct hf_theatre_world world;
	struct hf_zone_profile profile;
	struct hf_theatre_change changes[YEAR_CHANGES];
	struct hf_theatre_fault *faults;
	struct hf_theatre_job job; /* points into the year: it must not be moved */
};

/* Everything about it follows from the seed. False: no memory. */
bool year_draw(struct year *year, uint64_t seed);
void year_done(struct year *year);

/* What a play came to. */
struct year_verdict {
	bool broken;      /* a resolver can fail although signatures were in time */
	bool unannounced; /* … because they were not, and nobody was told before */
	bool stuck;       /* a change stopped without a reason that holds */
	bool late;        /* signatures were not in time; announced, and a fault is to blame */
	uint64_t published, events, steps, done;
	uint64_t combinations;
	char text[400]; /* what is wrong */
};
static inline bool year_fails(const struct year_verdict *verdict)
{
	return verdict->broken || verdict->unannounced || verdict->stuck;
}

/* HF_OK but for want of memory and jobs that make no sense. */
enum hf_err year_judge(const struct hf_theatre_job *job, struct year_verdict *ret_verdict);
/* Also judges a play that somebody made. */
enum hf_err year_judge_play(const struct hf_theatre_job *job, const struct hf_theatre_play *play,
        struct year_verdict *ret_verdict);

/* A zone's profile: a thousand names. */
struct hf_zone_profile year_profile(void);

#endif
