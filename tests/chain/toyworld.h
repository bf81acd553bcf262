/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small signed world in memory: a root, a top-level domain "tld.", and "leaf.tld." below it, with
 * what a walk may meet: unsigned and opted-out delegations, aliases, wildcards, empty
 * non-terminals.
 *
 * Zones are signed by src/sign, then kept as a list of records that a test damages. Every function
 * ends the test when something cannot be done.
 */
#ifndef HF_TESTS_CHAIN_TOYWORLD_H
#define HF_TESTS_CHAIN_TOYWORLD_H

#include "../sign/sigplan.h"
#include "answerer.h"
#include "chain/chain.h"

#define WORLD_AT  ((hf_time)1768435200) /* 2026-01-15T00:00:00Z */
#define WORLD_DAY 86400

enum { WORLD_ROOT, WORLD_TLD, WORLD_LEAF, WORLD_SUB, WORLD_ZONES };

enum world_flags {
	WORLD_NSEC = 0,
	WORLD_NSEC3 = 1 << 0,   /* all zones but the root */
	WORLD_OPT_OUT = 1 << 1, /* with NSEC3 */
	WORLD_PAIRED = 1 << 3,  /* a zone's servers have the zones right below it too */
	WORLD_SHARED = 1 << 2,  /* all zones are on one server */
};

struct world_record {
	struct hf_name owner;
	uint16_t type;
	uint32_t ttl;
	uint8_t *data;
	uint16_t len;
};

struct world_zone {
	struct hf_name name;
	struct hf_keypair *ksk, *zsk; /* shared by all worlds */
	struct world_record *records;
	size_t count, cap;
	struct hf_version *version; /* what is served; NULL when records have changed */
	unsigned quirks;            /* of its servers */
	unsigned first_quirks;      /* of the server that is asked first */
	bool down;
};

struct world {
	struct world_zone zones[WORLD_ZONES];
	unsigned flags;
	struct hf_anchors anchors;
	struct hf_chain_options options;
	hf_time at;
	unsigned asked;           /* questions so far */
	struct hf_keypair *spare; /* a key that no zone has */
};

void world_init(struct world *world, unsigned flags);
void world_done(struct world *world);
/* Frees what all worlds share. */
void world_end(void);

/* ---- Damage ---- */

void world_put(struct world *world, int zone, const char *owner, uint16_t type, uint32_t ttl,
        const void *data, size_t len);
void world_drop(struct world *world, int zone, const char *owner, uint16_t type);
void world_drop_sigs(struct world *world, int zone, const char *owner, uint16_t covered);
/* Drops the one record with this RDATA. */
void world_drop_record(
        struct world *world, int zone, const char *owner, uint16_t type, struct hf_rdata rdata);
/* The first record of a set, to change in place; the zone is served anew. */
struct world_record *world_find(struct world *world, int zone, const char *owner, uint16_t type);
/* The name of a name's NSEC3 record, as text: valid until the next call. */
const char *world_hashed(struct world *world, int zone, const char *name);
/* Where the denial record of a name is, and its type. */
const char *world_denial(struct world *world, int zone, const char *name);
uint16_t world_denial_type(const struct world *world, int zone);

/* Adds a type to the bitmap of a name's denial record, or takes it out; signed anew. */
void world_toggle_type(struct world *world, int zone, const char *name, uint16_t type);

void world_plan(
        struct world *world, int zone, const char *owner, uint16_t type, struct sig_plan *ret_plan);
/* Adds a signature. */
void world_sign(struct world *world, int zone, const char *owner, const struct sig_plan *plan);
/* Replaces a set's signatures by a proper one. */
void world_resign(struct world *world, int zone, const char *owner, uint16_t type);
/* Replaces the DS set of a zone, at its parent; digest types 0: none. Not signed. */
void world_put_ds(struct world *world, int zone, struct hf_rdata dnskey, uint8_t digest_type);
/* Replaces a key in the DNSKEY set, by one with other flags, protocol or algorithm; signed anew. */
void world_change_key(struct world *world, int zone, struct hf_rdata old, struct hf_rdata new);

/* ---- Asking ---- */

/* The response of the servers of a zone. */
void world_answer(
        struct world *world, const struct hf_chain_question *question, struct hf_buf *ret_wire);
/* Walks to the end. The caller frees the chain. */
struct hf_chain *world_trace(struct world *world, const char *name, uint16_t type);

#endif
