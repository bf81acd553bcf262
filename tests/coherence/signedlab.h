/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small zones, really signed by real keys in every combination, for the oracle of the gate.
 *
 * A design says which keys are in a version's DNSKEY set, which of them sign it and each of two
 * data RRsets, with which TTLs and validity, and which signature is damaged. Keys and versions are
 * made once and kept. Each signature is verified once, with the key's public half alone: what the
 * oracle knows about signatures comes from that and from nothing else. One thread.
 */
#ifndef HF_TESTS_COHERENCE_SIGNEDLAB_H
#define HF_TESTS_COHERENCE_SIGNEDLAB_H

#include "crypto/keypair.h"
#include "zone/version.h"

#define SIGNED_ZONE  "oracle.test."
#define SIGNED_EPOCH ((hf_time)1800000000) /* second 0 of every history */
#define SIGNED_KEYS  7
#define SIGNED_DATA  2 /* SOA at the apex, A at www */

/* KSKs A and B, ZSKs C and D of Ed25519; KSK E and ZSK F of ECDSA P-256; R: a revoked KSK. */
enum { KSK_A, KSK_B, ZSK_C, ZSK_D, KSK_E, ZSK_F, KEY_R };

/* When signatures are valid, in seconds from the epoch. */
enum signed_window { WINDOW_WIDE, WINDOW_ENDS, WINDOW_BEGINS };
#define SIGNED_ENDS   24 /* last second of WINDOW_ENDS */
#define SIGNED_BEGINS 18 /* first second of WINDOW_BEGINS */

/* Damage: the first signature of … does not verify. */
#define BROKEN_KEYS    (1 << 0)
#define BROKEN_DATA(i) (1 << (1 + (i)))

struct signed_design {
	uint8_t keys;        /* a mask, as the others: 1 << KSK_A … */
	uint8_t key_signers; /* of the DNSKEY set; without keys there is none */
	uint8_t data_signers[SIGNED_DATA];
	uint8_t key_ttl, data_ttl[SIGNED_DATA];
	uint8_t window, broken;
};

/* An answer that can be in a cache. */
struct signed_answer {
	uint32_t ttl;
	uint8_t good;                  /* keys with a signature over it that verifies */
	hf_time inception, expiration; /* of all its signatures */
};

struct signed_version {
	struct signed_design design;
	struct hf_version *zone;
	struct signed_answer keys, data[SIGNED_DATA];
	struct signed_version *next; /* in its bucket */
};

void signed_init(void);
void signed_done(void);
/* Made when it is asked for the first time; kept until signed_done. */
const struct signed_version *signed_version(const struct signed_design *design);

const struct hf_name *signed_zone(void);
struct hf_rdata signed_dnskey(unsigned key);
uint8_t signed_algorithm(unsigned key);
bool signed_usable(unsigned key); /* not revoked */
/* Its DS with SHA-256. */
struct hf_rdata signed_ds(unsigned key);

#endif
