/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The private half of a key pair as the fields of a private key file ("PrivateKey: …"). For this
 * part only: nobody else handles secrets, but for those that are none (sim/forge.h). One thread at
 * a time.
 */
#ifndef HF_CRYPTO_KEYTEXT_H
#define HF_CRYPTO_KEYTEXT_H

#include "crypto/keypair.h"
#include "crypto/secret.h"

/* RSA has most: modulus, exponents, two primes, two CRT exponents, a coefficient. */
#define HF_KEY_FIELDS 8

/* Shorter RSA keys are not even taken over. */
#define HF_RSA_OLD_BITS 1024

/* Names of the fields of an algorithm, in BIND's order; ends with NULL. NULL for an algorithm
 * that we do not sign with. */
const char *const *hf_key_fields(uint8_t algorithm);

/* Appends "Name: base64" lines. `text` is full when they did not fit. */
enum hf_err hf_keypair_put(const struct hf_keypair *pair, struct hf_secret *text) HF_MUST_CHECK;

/* The decoded bytes of each field, in the order of hf_key_fields; borrowed. */
struct hf_key_values {
	const uint8_t *data[HF_KEY_FIELDS];
	size_t len[HF_KEY_FIELDS];
};
/*
 * Puts a pair together and proves it: a signature by the private half must verify with `dnskey`.
 * HF_ERR_INVALID when the values are no key of that algorithm or not this public key's,
 * HF_ERR_UNSUPPORTED for algorithms that we do not sign with. Copies its arguments.
 */
enum hf_err hf_keypair_restore(struct hf_rdata dnskey, const struct hf_key_values *values,
        struct hf_keypair **ret_pair) HF_MUST_CHECK;

#endif
