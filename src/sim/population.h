/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A population of resolvers before a scene: who fails, why, and what they ask.
 *
 * Resolvers do not meet each other, so each lives its whole life by itself, from a stream of random
 * numbers of its own; any number of threads share them out and the result is the same to the byte.
 * A resolver keeps a DS set, a DNSKEY set and a set of each class of data until their TTLs are over
 * and gets them anew when a user asks next, from a server of its choice. What was proven once is
 * not judged again while it is cached, as resolvers do. While all of them have what is served and
 * nothing changes, time is passed over: questions are then counted as a steady flow.
 */
#ifndef HF_SIM_POPULATION_H
#define HF_SIM_POPULATION_H

#include "base/pool.h"
#include "sim/random.h"
#include "sim/scene.h"

enum hf_trust {
	HF_TRUST_NOBODY,  /* does not validate */
	HF_TRUST_DS,      /* the zone's DS set at its parent */
	HF_TRUST_ANCHORS, /* keys given by hand, never changed */
	HF_TRUST_FOLLOWS, /* keys given by hand, followed by RFC 5011 */
};

struct hf_population_kind {
	const char *name;
	double share; /* of the resolvers; shares need not sum to 1 */
	enum hf_trust trust;
	bool strict;                  /* wants a path for each algorithm */
	uint32_t ttl_least, ttl_most; /* caps, in seconds; 0: none */
	unsigned tries;               /* servers that are asked for a set that fails; at least 1 */
	unsigned storm; /* DNSKEY questions that one failing search sends beyond `tries` */
	/* How long a failure is remembered, in seconds; doubled with each repeat, up to the second
	 * one. At least 1. */
	uint32_t memory_least, memory_most;
	uint32_t udp; /* largest answer that it takes over UDP, in bytes */
	/* Seconds that it keeps a DNSKEY set in which a key that it trusted at the beginning is
	 * revoked; 0: as long as any other. */
	uint32_t revoked_most;
	/* Names that do not exist, are asked for, and are kept one by one; 0: one proof answers for
	 * all of them (RFC 8198). */
	unsigned missing;
};

#define HF_POPULATION_ANCHORS 4 /* keys that are held at the beginning */
#define HF_POPULATION_KINDS   16

/* Operators empty the caches of so many resolvers, each as likely. */
struct hf_population_flush {
	hf_time at;
	double share; /* 0 to 1 */
};

struct hf_population {
	const struct hf_population_kind *kinds;
	size_t kind_count;
	uint32_t resolvers;
	/* Users' questions an hour for names of the zone; every order of magnitude between the two
	 * is as likely. */
	double rate_least, rate_most;
	double weights[HF_SCENE_CLASSES]; /* of users' questions, by class of data */
	/* Part of the questions that the network loses, or whose answers it does, below 1.
	 * Resolvers ask again until there is an answer. */
	double loss;
	unsigned denial; /* the class that says that names do not exist; else HF_SCENE_CLASSES */
	uint16_t anchors[HF_POPULATION_ANCHORS];
	unsigned anchor_count;
	const struct hf_population_flush *flushes; /* in order of time */
	size_t flush_count;
	uint64_t seed;
};

enum hf_asked_type { HF_ASKED_DATA, HF_ASKED_DNSKEY, HF_ASKED_DS };
#define HF_ASKED_TYPES 3

#define HF_POPULATION_QUESTION 1000 /* units of one question of a user */

/* A stretch of time. */
struct hf_population_bucket {
	uint64_t questions[HF_ASKED_TYPES];
	uint64_t bytes[HF_ASKED_TYPES]; /* of the answers */
	uint64_t cut;                   /* answers that came again over TCP */
	uint64_t failed;                /* users' questions, in the unit below */
	uint64_t failing_resolvers;     /* times seconds; those that fail for some class */
};

struct hf_population_measures {
	hf_time from, until;
	size_t count; /* buckets of equal length; the last one may be shorter */
	int64_t step; /* seconds a bucket */
	struct hf_population_bucket *buckets;
	uint64_t users; /* users' questions an hour, in the unit below */
	uint64_t resolvers, validating;
	uint64_t causes[HF_SCENE_VERDICTS];  /* failing_users by cause, over all time */
	uint64_t kinds[HF_POPULATION_KINDS]; /* failing_users by kind */
	hf_time first, last;                 /* failure of any user; HF_TIME_NONE: there was none */
	uint64_t events;                     /* questions that were played one by one */
};
void hf_population_measures_done(struct hf_population_measures *measures);
/* The part of the users' questions that fail in a bucket. */
double hf_population_failed(const struct hf_population_measures *measures, size_t bucket);
/* Resolvers that fail for some class of data in a bucket, on average over its time. */
double hf_population_failing(const struct hf_population_measures *measures, size_t bucket);
/* Seconds that a bucket lasts. */
int64_t hf_population_span(const struct hf_population_measures *measures, size_t bucket);

/*
 * Lets the population live from `from` until `until`, before it long enough for caches to be as
 * they are in everyday life. HF_ERR_INVALID: nobody to live, a kind or span that makes no sense.
 */
enum hf_err hf_population_run(const struct hf_population *population, const struct hf_scene *scene,
        hf_time from, hf_time until, size_t buckets, struct hf_pool *pool,
        const struct hf_progress *progress,
        struct hf_population_measures *ret_measures) HF_MUST_CHECK;

#endif
