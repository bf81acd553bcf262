/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of a forged key, by kind of algorithm. For forge.c only. Thread-safe.
 */
#ifndef HF_SIM_FORGE_PARTS_H
#define HF_SIM_FORGE_PARTS_H

#include "crypto/keytext.h"
#include "sim/forge.h"

#define HF_FORGE_NUMBER 512 /* bytes of one number */
#define HF_FORGE_RDATA  (4 + 4 + HF_FORGE_NUMBER)

/* What a pair is restored from. Wiped when done. */
struct hf_forge_parts {
	uint8_t dnskey[HF_FORGE_RDATA]; /* RDATA; the caller has put flags, protocol, algorithm */
	uint16_t dnskey_len;
	uint8_t numbers[HF_KEY_FIELDS][HF_FORGE_NUMBER]; /* in the order of hf_key_fields */
	size_t lens[HF_KEY_FIELDS];
	size_t count;
};

/* Random bytes of a stream. */
void hf_forge_fill(struct hf_random *random, uint8_t *bytes, size_t len);

/* Fill in the rest, with the tag that is ordered. */
enum hf_err hf_forge_rsa(const struct hf_forge_order *order, struct hf_random *random,
        struct hf_forge_parts *parts) HF_MUST_CHECK;
enum hf_err hf_forge_curve(const struct hf_forge_order *order, struct hf_random *random,
        struct hf_forge_parts *parts) HF_MUST_CHECK;

#endif
