/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The storm: what one validating resolver asks when its trust anchor fits no key any more.
 *
 * Zones lie on a line, the leaf first and the zone of the stale anchor last. A resolver that tries
 * every path takes a set that it cannot prove for a forgery, and gets it from the next address:
 * each address of each zone is asked again for each answer of the zone below, so that every zone
 * multiplies the questions. What a search may take, and how long its failure is remembered, is all
 * that bounds it. The resolver asks one question at a time, in virtual time; nothing here is a
 * closed formula. One seed gives one history. One thread at a time.
 */
#ifndef HF_SIM_STORM_H
#define HF_SIM_STORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "sim/random.h"

#define HF_STORM_ZONES     6
#define HF_STORM_ADDRESSES 64  /* of one zone */
#define HF_STORM_NAMES     256 /* that clients ask for */
#define HF_STORM_SECOND    INT64_C(1000000)

struct hf_storm_zone {
	const char *name;
	unsigned addresses; /* of its name servers */
	int64_t rtt;        /* microseconds until an answer is there */
};

struct hf_storm_resolver {
	const char *name;
	bool every_path;  /* tries each address at each step; else goes from the anchor down and
	                     stops there */
	unsigned tries;   /* not every_path: addresses that are asked for the anchor's keys */
	int64_t timeout;  /* microseconds, after which a question counts as not answered */
	int64_t patience; /* microseconds for one question of a client; 0: no bound */
	/* How long a failure is remembered, in microseconds; doubled with each repeat, up to the
	 * second one. 0: not at all. */
	int64_t memory_least, memory_most;
	bool zone_memory; /* what failed are the zone's keys, so every name in it */
};

/* Resolvers by what is known of them. */
extern const struct hf_storm_resolver HF_STORM_BIND_2009;    /* BIND 9.7rc2 */
extern const struct hf_storm_resolver HF_STORM_UNBOUND_2009; /* 60 s by name */
extern const struct hf_storm_resolver HF_STORM_CURRENT;      /* RFC 9520 section 3.2 */

/* Servers that let a client wait which asks them for the same keys again; twice as long with each
 * repeat. Microseconds; `first` 0: they do not. */
struct hf_storm_brake {
	int64_t first, most;
	int64_t forget; /* a question so long after the one before it is no repeat */
};

enum hf_storm_type { HF_STORM_DATA, HF_STORM_DNSKEY, HF_STORM_DS };
#define HF_STORM_TYPES 3

/* Called for each question when it is sent. */
typedef void hf_storm_seen_fn(
        void *context, int64_t at, unsigned zone, unsigned address, enum hf_storm_type type);

struct hf_storm {
	const struct hf_storm_zone *zones;
	unsigned count;
	struct hf_storm_resolver resolver;
	struct hf_storm_brake brake;
	int64_t interval; /* mean microseconds between clients' questions; 0: there is just one */
	int64_t duration; /* microseconds; with `interval` */
	unsigned names;   /* that clients ask for, each as likely; at least 1 */
	hf_storm_seen_fn *seen; /* may be NULL */
	void *context;
};

struct hf_storm_result {
	uint64_t asked[HF_STORM_ZONES][HF_STORM_TYPES]; /* questions to the zone's servers */
	uint64_t clients;                               /* clients' questions */
	uint64_t remembered; /* of these: answered from memory, without a question */
	uint64_t halted;     /* searches that ran out of patience */
	int64_t searching;   /* microseconds spent on searches */
};

/* HF_ERR_INVALID: no zones, a zone without addresses, a bound above that is passed. */
enum hf_err hf_storm_run(const struct hf_storm *storm, struct hf_random random,
        struct hf_storm_result *ret_result) HF_MUST_CHECK;

#endif
