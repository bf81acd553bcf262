/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNSKEY sets made and signed to order, for the tests of trust points. Every function ends the
 * test when something cannot be done. One thread at a time.
 */
#ifndef HF_TESTS_CHAIN_KEYSTAND_H
#define HF_TESTS_CHAIN_KEYSTAND_H

#include "chain/trustbook.h"
#include "crypto/keypair.h"
#include "zone/node.h"

#define STAND_KEYS 6
#define STAND_DAY  86400
#define STAND_AT   ((hf_time)1767225600) /* 2026-01-01T00:00:00Z */

/* What a key does in a set. */
enum stand_use {
	STAND_OUT,
	STAND_IN,     /* published */
	STAND_SIGNS,  /* published, and signs the set */
	STAND_REVOKE, /* published with the REVOKE flag, and signs the set */
	STAND_REVOKE_SILENT,
	STAND_ZSK,  /* published without the SEP flag */
	STAND_USES, /* how many */
};

struct stand {
	struct hf_keypair *keys[STAND_KEYS]; /* KSKs of Ed25519 */
	struct hf_node_builder *builder;
	struct hf_name zone;
	uint32_t ttl;    /* of the sets */
	int64_t life;    /* seconds that signatures hold from when they are made */
	bool spoil;      /* signatures do not verify */
	hf_time made_at; /* time of the signatures; HF_TIME_NONE: that of the observation */
};

void stand_init(struct stand *stand);
void stand_done(struct stand *stand);
struct hf_rdata stand_key(const struct stand *stand, int key);
uint16_t stand_tag(const struct stand *stand, int key);
/* A set in which key i is used as uses[i] says. The caller unrefs it. */
struct hf_node *stand_set(struct stand *stand, const enum stand_use uses[STAND_KEYS], hf_time now);
/* The same, shown to the point. */
struct hf_trust_result stand_show(struct stand *stand, struct hf_trust_point *point,
        const enum stand_use uses[STAND_KEYS], hf_time now);
/* A point that believes a key as DNSKEY (type DNSKEY) or DS. */
void stand_seed(
        struct stand *stand, struct hf_trust_point *point, int key, uint16_t type, hf_time now);
/* HF_TRUST_START when the point does not know the key. */
enum hf_trust_state stand_state(
        const struct stand *stand, const struct hf_trust_point *point, int key);
/* Writes the point and reads it again. */
void stand_restart(struct hf_trust_point *point);
/* The point's text; the caller frees it. */
char *stand_text(const struct hf_trust_point *point);

#endif
