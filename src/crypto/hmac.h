/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keyed hashes (HMAC, RFC 2104) over bytes that come in pieces.
 *
 * One object serves one key and is used again for message after message. A failure inside OpenSSL
 * is kept and comes out at the end, so that adding needs no check. One thread at a time.
 */
#ifndef HF_CRYPTO_HMAC_H
#define HF_CRYPTO_HMAC_H

#include "crypto/secret.h"

enum hf_hmac_hash {
	HF_HMAC_SHA1,
	HF_HMAC_SHA224,
	HF_HMAC_SHA256,
	HF_HMAC_SHA384,
	HF_HMAC_SHA512,
};

#define HF_HMAC_MAX 64 /* bytes of the longest */

struct hf_hmac;

/* Bytes that it gives. */
size_t hf_hmac_len(enum hf_hmac_hash hash);
/* Copies the key into memory of OpenSSL, which wipes it. HF_ERR_CRYPTO. */
enum hf_err hf_hmac_new(enum hf_hmac_hash hash, const struct hf_secret *key,
        struct hf_hmac **ret_hmac) HF_MUST_CHECK;
void hf_hmac_free(struct hf_hmac *hmac);

/* Begins a message; what was added before is forgotten. */
void hf_hmac_begin(struct hf_hmac *hmac);
void hf_hmac_add(struct hf_hmac *hmac, const void *data, size_t len);
/* Writes hf_hmac_len() bytes. The next message needs a hf_hmac_begin. */
enum hf_err hf_hmac_end(struct hf_hmac *hmac, uint8_t ret_mac[static HF_HMAC_MAX]) HF_MUST_CHECK;

/* Compares in a time that tells nothing about where they differ. */
bool hf_hmac_equal(const uint8_t *a, const uint8_t *b, size_t len);

#endif
