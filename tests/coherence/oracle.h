/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every resolver does, found out by trying: an oracle for the gate.
 *
 * It shares no code and no idea with src/coherence. Time goes in steps of a third of a second. At
 * each step every server is asked for everything, each answer sits in some cache for its TTL, and a
 * resolver is any choice of one DS set, one DNSKEY set and one data RRset among the answers that
 * are in some cache. Each choice is validated by the rules of RFC 4035, with signatures that were
 * verified one by one. Some resolvers ask for the DS set only when they prove a DNSKEY set, and
 * keep that as proven for its TTL.
 */
#ifndef HF_TESTS_COHERENCE_ORACLE_H
#define HF_TESTS_COHERENCE_ORACLE_H

#include "signedlab.h"

#define ORACLE_PARENTS     3
#define ORACLE_SECONDARIES 2
#define ORACLE_CHANGES     12
#define ORACLE_TTL         16    /* no TTL is larger */
#define ORACLE_OPEN        10000 /* a second that no history reaches */

/* From `first` to `last` seconds after the epoch, the second one not included. */
struct oracle_ds {
	int first, last, ttl;
	uint8_t keys;     /* whose DS records, with SHA-256 */
	bool unsupported; /* and one with a digest that nobody knows */
};
struct oracle_version {
	int first, last;
	const struct signed_version *version;
};
/* A secondary was seen at `seen` with the version that was published at `version`. */
struct oracle_sighting {
	int secondary, seen, version;
};

struct oracle_history {
	struct oracle_ds ds[ORACLE_PARENTS][ORACLE_CHANGES];
	int parents, ds_count[ORACLE_PARENTS];
	struct oracle_version versions[ORACLE_CHANGES];
	int version_count;
	struct oracle_sighting sightings[ORACLE_CHANGES];
	int secondaries, sighting_count;
	int expire; /* 0: a secondary may serve an old version for ever */
	int end;    /* no change at or after it */
};

/* What is asked: a version, a DS set, both, or (neither) the world as it is. */
struct oracle_question {
	int at;
	bool liberal;
	const struct signed_version *candidate;
	bool has_ds;
	uint8_t ds_keys;
};

/* Whether no resolver fails because of what is offered at `t`, by what was known at question->at.
 */
bool oracle_safe(
        const struct oracle_history *history, const struct oracle_question *question, int t);
/* The first safe second from the question's time on; ORACLE_OPEN when there is none. */
int oracle_earliest(const struct oracle_history *history, const struct oracle_question *question);

#endif
