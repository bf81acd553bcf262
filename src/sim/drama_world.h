/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small world of a drama: a zone of some dozen names that stands for the real one, and its
 * parent, both with real keys and real signatures.
 *
 * Each class of data of the scenario has names of its own, at least two, and more the larger its
 * share is. Keys have the stated algorithms and tags. A version is made as the scenario says, to
 * the last bad signature. For this part only; one thread at a time, the pool is used.
 */
#ifndef HF_SIM_DRAMA_WORLD_H
#define HF_SIM_DRAMA_WORLD_H

#include "base/pool.h"
#include "dns/message.h"
#include "sim/forge.h"
#include "sim/scenario.h"
#include "zone/version.h"

#define HF_DRAMA_NAMES 24 /* of all classes, about */

struct hf_drama_key {
	struct hf_keyfile *file; /* NULL: the form with the REVOKE bit of another one */
	struct hf_signer *signer;
	struct hf_buf dnskey; /* RDATA, with the REVOKE bit if it has it */
	uint16_t tag;
};

/* An owner's NSEC3 hash, and the class of the owner. */
struct hf_drama_hash {
	uint8_t hash[HF_NSEC3_HASH_LEN];
	unsigned class;
	bool delegation;
};

struct hf_drama_world {
	const struct hf_scenario *scenario;
	struct hf_pool *pool;
	struct hf_name zone, parent; /* the root is its own */
	struct hf_drama_key keys[HF_SCENARIO_KEYS];
	struct hf_keyfile *helper;    /* signs the parent, and makes denial records */
	unsigned main;                /* the class of the apex */
	int denials;                  /* the class of denial records; −1: they belong to owners */
	struct hf_version *bare;      /* the zone, unsigned */
	struct hf_version *chained;   /* with denial records, and signatures by the helper */
	struct hf_drama_hash *hashes; /* with NSEC3 */
	size_t hash_count;
	struct hf_node_builder *builder;
};

enum hf_err hf_drama_world_new(const struct hf_scenario *scenario, uint64_t seed,
        struct hf_pool *pool, struct hf_diag *diag,
        struct hf_drama_world **ret_world) HF_MUST_CHECK;
void hf_drama_world_free(struct hf_drama_world *world);

/* When signatures made at `at` begin and end to hold; what is replaced in time holds beyond the end
 * of the scenario. */
struct hf_drama_span {
	hf_time from, until;
};
struct hf_drama_span hf_drama_span(
        const struct hf_scenario *scenario, const struct hf_scenario_signed *sign, hf_time at);

/* Neither keys nor signatures. */
bool hf_drama_is_unsigned(
        const struct hf_scenario *scenario, const struct hf_scenario_version *version);

/* A version as the servers of the zone would have it. The caller owns a reference. */
enum hf_err hf_drama_world_make(struct hf_drama_world *world,
        const struct hf_scenario_version *version, uint32_t serial, hf_time at,
        struct hf_version **ret_version) HF_MUST_CHECK;
/* The parent's zone with such a DS set. Not for the root. */
enum hf_err hf_drama_world_parent(struct hf_drama_world *world, hf_scenario_keys ds, uint32_t ttl,
        hf_time at, struct hf_diag *diag, struct hf_version **ret_version) HF_MUST_CHECK;
/* Appends DS RDATA (SHA-256) of a key. */
enum hf_err hf_drama_world_ds(
        const struct hf_drama_world *world, unsigned key, struct hf_buf *out) HF_MUST_CHECK;
struct hf_rdata hf_drama_world_dnskey(const struct hf_drama_world *world, unsigned key);
/* A question whose answer is signed as the class is. */
enum hf_err hf_drama_world_question(const struct hf_drama_world *world, unsigned class,
        struct hf_question *ret_question) HF_MUST_CHECK;

/* The class of what an owner has of a type, by where it is. */
unsigned hf_drama_world_class(
        const struct hf_drama_world *world, const struct hf_name *owner, uint16_t type);

#endif
