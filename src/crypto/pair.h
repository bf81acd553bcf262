/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a key pair is made of, for the files that make, store and use one. For this part, and for
 * keys that are made up (sim/forge.h).
 */
#ifndef HF_CRYPTO_PAIR_H
#define HF_CRYPTO_PAIR_H

#include "base/bytes.h"
#include "crypto/keypair.h"
#include "crypto/openssl.h"

struct hf_keypair {
	EVP_PKEY *pkey;
	const struct hf_alg *alg;
	const struct hf_backend *backend;
	struct hf_buf dnskey; /* RDATA */
};

/* A pair without a key yet. HF_ERR_UNSUPPORTED for an algorithm that we do not sign with. */
enum hf_err hf_pair_start(uint8_t algorithm, struct hf_keypair **ret_pair) HF_MUST_CHECK;
/* Fills in `dnskey` from the key. Once. */
enum hf_err hf_pair_finish(struct hf_keypair *pair, uint16_t flags) HF_MUST_CHECK;

static inline void hf_end_pair(struct hf_keypair **pair)
{
	hf_keypair_free(*pair);
}

#endif
