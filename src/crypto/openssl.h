/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of this part share about OpenSSL: how it calls our algorithms, a re-used hash
 * context, cleanup functions, and its error queue turned into our codes. For this part, and for
 * keys that are made up (sim/forge.h).
 * Constant data is thread-safe; a hash belongs to one thread at a time.
 */
#ifndef HF_CRYPTO_OPENSSL_H
#define HF_CRYPTO_OPENSSL_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/err.h"
#include "crypto/alg.h"

enum hf_family { HF_FAMILY_RSA, HF_FAMILY_EC, HF_FAMILY_ED };

/* How OpenSSL calls an algorithm that we can verify with. */
struct hf_backend {
	uint8_t number;
	enum hf_family family;
	const char *key_type;
	const char *digest; /* NULL: the algorithm hashes for itself (Ed25519, Ed448) */
	const char *group;  /* NULL unless an EC key */
	int curve;          /* its NID */
	uint16_t part_len;  /* bytes of r, of s and of a coordinate (EC), of a raw key (Ed) */
};

/* NULL for an algorithm that we cannot verify with. */
const struct hf_backend *hf_backend_find(uint8_t number);

/* HF_ERR_NOMEM when OpenSSL ran out of memory, else `otherwise`. Empties its error queue. */
enum hf_err hf_openssl_error(enum hf_err otherwise);

/* A key from its parts; `selection` is EVP_PKEY_PUBLIC_KEY or EVP_PKEY_KEYPAIR. HF_ERR_INVALID when
 * the parts are no such key. */
enum hf_err hf_pkey_make(const struct hf_backend *backend, int selection, OSSL_PARAM *params,
        EVP_PKEY **ret_pkey) HF_MUST_CHECK;
/* A context for many signatures over digests made with `md`; `start` is EVP_PKEY_sign_init or
 * EVP_PKEY_verify_init. For RSA the padding is PKCS #1 v1.5 (RFC 3110, RFC 5702). */
enum hf_err hf_context_make(const struct hf_backend *backend, EVP_PKEY *pkey, const EVP_MD *md,
        int (*start)(EVP_PKEY_CTX *), EVP_PKEY_CTX **ret_context) HF_MUST_CHECK;

/* A digest that is fetched once and a context that is used again and again. */
struct hf_hash {
	EVP_MD *md;
	EVP_MD_CTX *context;
};
/* On failure there is nothing to undo, but hf_hash_done does no harm. */
enum hf_err hf_hash_init(struct hf_hash *hash, const char *name) HF_MUST_CHECK;
void hf_hash_done(struct hf_hash *hash);
/* Digest of two strings of bytes, one after the other. */
enum hf_err hf_hash_pair(struct hf_hash *hash, const void *first, size_t first_len,
        const void *second, size_t second_len, uint8_t ret_digest[static EVP_MAX_MD_SIZE],
        size_t *ret_len) HF_MUST_CHECK;

static inline void hf_end_pkey_ctx(EVP_PKEY_CTX **context)
{
	EVP_PKEY_CTX_free(*context);
}

/* For public and for secret numbers alike. */
static inline void hf_end_bn(BIGNUM **number)
{
	BN_clear_free(*number);
}

static inline void hf_end_params(OSSL_PARAM **params)
{
	OSSL_PARAM_free(*params);
}

static inline void hf_end_builder(OSSL_PARAM_BLD **builder)
{
	OSSL_PARAM_BLD_free(*builder);
}

#endif
