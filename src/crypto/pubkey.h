/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Public keys, and verifying one signature.
 *
 * A public key is made from DNSKEY RDATA, immutable and shared between threads. A verifier keeps
 * OpenSSL contexts for re-use and belongs to one thread at a time. A bad signature is a verdict
 * (`*ret_good` false), also when its bytes cannot be a signature at all.
 */
#ifndef HF_CRYPTO_PUBKEY_H
#define HF_CRYPTO_PUBKEY_H

#include <stdbool.h>

#include "crypto/alg.h"
#include "dns/rdata.h"

struct hf_pubkey;

/*
 * HF_ERR_UNSUPPORTED: algorithm that we cannot verify. HF_ERR_INVALID: the key field is no key of
 * its algorithm (wrong length, not on the curve, RSA exponent 0 …). The caller owns the key.
 */
enum hf_err hf_pubkey_new(struct hf_rdata dnskey, struct hf_pubkey **ret_key) HF_MUST_CHECK;
void hf_pubkey_free(struct hf_pubkey *key);
unsigned hf_pubkey_bits(const struct hf_pubkey *key);
uint8_t hf_pubkey_algorithm(const struct hf_pubkey *key);

struct hf_verifier;
/* Borrows the key. */
enum hf_err hf_verifier_new(
        const struct hf_pubkey *key, struct hf_verifier **ret_verifier) HF_MUST_CHECK;
void hf_verifier_free(struct hf_verifier *verifier);
/* RFC 4034 section 3.1.8, with the algorithm's own signature form (RFC 3110, 6605, 8080). */
enum hf_err hf_verifier_check(struct hf_verifier *verifier, const void *message, size_t len,
        const uint8_t *signature, size_t signature_len, bool *ret_good) HF_MUST_CHECK;
/* The same when the message is hashed already; not for Ed25519 and Ed448, which hash twice. */
enum hf_err hf_verifier_check_digest(struct hf_verifier *verifier, const uint8_t *digest,
        size_t digest_len, const uint8_t *signature, size_t signature_len,
        bool *ret_good) HF_MUST_CHECK;

#endif
