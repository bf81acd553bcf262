/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The DNSKEY set of a zone as a validator uses it.
 *
 * A ring owns copies of its keys. For this part
 * only; one thread at a time.
 */
#ifndef HF_CHAIN_KEYRING_H
#define HF_CHAIN_KEYRING_H

#include "crypto/pubkey.h"
#include "dns/rrset.h"

#define HF_RING_KEYS 64 /* more are not looked at */

enum hf_ring_use {
	HF_RING_GOOD,
	HF_RING_UNSUPPORTED, /* an algorithm that we cannot verify with */
	HF_RING_NOT_ZONE,    /* without the zone flag, or another protocol than 3 */
	HF_RING_REVOKED,
	HF_RING_BAD, /* no key of its algorithm */
};

struct hf_ring_key {
	struct hf_rdata rdata;
	struct hf_dnskey dnskey;
	uint16_t tag;
	enum hf_ring_use use;
	bool trusted;    /* a DS or a trust anchor stands for it */
	bool signs_keys; /* made a signature over the DNSKEY set that verifies now */
	bool signs_data;
	struct hf_pubkey *pubkey; /* NULL unless good */
	struct hf_verifier *verifier;
};

struct hf_keyring {
	struct hf_name zone;
	uint8_t *bytes;
	struct hf_ring_key *keys;
	size_t count;
	bool overfull; /* there were more than HF_RING_KEYS */
};

/* From a DNSKEY set, proven or not. The caller owns the ring. */
enum hf_err hf_keyring_new(const struct hf_name *zone, const struct hf_rrset *set,
        struct hf_keyring **ret_ring) HF_MUST_CHECK;
void hf_keyring_free(struct hf_keyring *ring);

#endif
