/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/pubkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>

#include "base/bytes.h"
#include "crypto/ecdsa.h"
#include "crypto/openssl.h"

/* OpenSSL refuses larger exponents with large moduli, and they serve nobody but an attacker. */
#define RSA_EXPONENT_BITS 64

struct hf_pubkey {
	EVP_PKEY *pkey;
	const struct hf_backend *backend;
	unsigned bits;
};

/* ---- from DNSKEY to EVP_PKEY ---- */

/* RFC 3110 section 2: a length of one byte, or zero and two bytes; exponent; modulus. */
static bool split_rsa(
        const struct hf_dnskey *dnskey, struct hf_rdata *ret_exponent, struct hf_rdata *ret_modulus)
{
	struct hf_cursor in;
	hf_cursor_init(&in, dnskey->key, dnskey->key_len);
	uint16_t len = hf_get_u8(&in);
	if (len == 0)
		len = hf_get_u16(&in);
	const uint8_t *exponent = hf_get_bytes(&in, len);
	if (in.failed || len == 0 || hf_cursor_left(&in) == 0)
		return false;
	*ret_exponent = (struct hf_rdata){exponent, len};
	*ret_modulus = (struct hf_rdata){in.at, (uint16_t)hf_cursor_left(&in)};
	return true;
}

static bool rsa_usable(const struct hf_alg *alg, const BIGNUM *exponent, const BIGNUM *modulus)
{
	/* With exponent 1 anybody could sign; even numbers are no RSA key. */
	return BN_is_odd(exponent) && !BN_is_one(exponent) &&
	       BN_num_bits(exponent) <= RSA_EXPONENT_BITS && BN_is_odd(modulus) &&
	       BN_num_bits(modulus) >= alg->min_bits && BN_num_bits(modulus) <= alg->max_bits;
}

static enum hf_err load_rsa(const struct hf_dnskey *dnskey, struct hf_pubkey *key)
{
	struct hf_rdata exponent, modulus;
	if (!split_rsa(dnskey, &exponent, &modulus))
		return HF_ERR_INVALID;
	HF_CLEANUP(hf_end_bn) BIGNUM *e = BN_bin2bn(exponent.data, exponent.len, NULL);
	HF_CLEANUP(hf_end_bn) BIGNUM *n = BN_bin2bn(modulus.data, modulus.len, NULL);
	HF_CLEANUP(hf_end_builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	if (e == NULL || n == NULL || builder == NULL)
		return hf_openssl_error(HF_ERR_NOMEM);
	if (!rsa_usable(hf_alg_find(dnskey->algorithm), e, n))
		return HF_ERR_INVALID;
	if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	HF_CLEANUP(hf_end_params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	if (params == NULL)
		return hf_openssl_error(HF_ERR_NOMEM);
	key->bits = (unsigned)BN_num_bits(n);
	return hf_pkey_make(key->backend, EVP_PKEY_PUBLIC_KEY, params, &key->pkey);
}

static enum hf_err load_ec(const struct hf_dnskey *dnskey, struct hf_pubkey *key)
{
	/* OpenSSL wants the uncompressed form's mark; it checks that the point is on the curve. */
	uint8_t point[1 + 2 * HF_ECDSA_PART_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
	memcpy(point + 1, dnskey->key, dnskey->key_len);
	OSSL_PARAM params[] = {
	        OSSL_PARAM_construct_utf8_string(
	                OSSL_PKEY_PARAM_GROUP_NAME, (char *)key->backend->group, 0),
	        OSSL_PARAM_construct_octet_string(
	                OSSL_PKEY_PARAM_PUB_KEY, point, 1 + (size_t)dnskey->key_len),
	        OSSL_PARAM_construct_end(),
	};
	return hf_pkey_make(key->backend, EVP_PKEY_PUBLIC_KEY, params, &key->pkey);
}

static enum hf_err load_ed(const struct hf_dnskey *dnskey, struct hf_pubkey *key)
{
	key->pkey = EVP_PKEY_new_raw_public_key_ex(
	        NULL, key->backend->key_type, NULL, dnskey->key, dnskey->key_len);
	return key->pkey != NULL ? HF_OK : hf_openssl_error(HF_ERR_INVALID);
}

static enum hf_err load(const struct hf_dnskey *dnskey, struct hf_pubkey *key)
{
	const struct hf_alg *alg = hf_alg_find(dnskey->algorithm);
	if (alg->key_len != 0 && dnskey->key_len != alg->key_len)
		return HF_ERR_INVALID;
	key->bits = alg->bits;
	switch (key->backend->family) {
	case HF_FAMILY_RSA:
		return load_rsa(dnskey, key);
	case HF_FAMILY_EC:
		return load_ec(dnskey, key);
	case HF_FAMILY_ED:
		return load_ed(dnskey, key);
	}
	return HF_ERR_UNSUPPORTED;
}

enum hf_err hf_pubkey_new(struct hf_rdata dnskey, struct hf_pubkey **ret_key)
{
	struct hf_dnskey view;
	if (!hf_dnskey_read(dnskey, &view))
		return HF_ERR_INVALID;
	const struct hf_backend *backend = hf_backend_find(view.algorithm);
	if (backend == NULL)
		return HF_ERR_UNSUPPORTED;
	struct hf_pubkey *key = calloc(1, sizeof(*key));
	if (key == NULL)
		return HF_ERR_NOMEM;
	key->backend = backend;
	enum hf_err err = load(&view, key);
	if (err != HF_OK) {
		hf_pubkey_free(key);
		return err;
	}
	*ret_key = key;
	return HF_OK;
}

void hf_pubkey_free(struct hf_pubkey *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

unsigned hf_pubkey_bits(const struct hf_pubkey *key)
{
	return key->bits;
}

uint8_t hf_pubkey_algorithm(const struct hf_pubkey *key)
{
	return key->backend->number;
}

/* ---- verifying ---- */

struct hf_verifier {
	const struct hf_backend *backend;
	EVP_PKEY *pkey;         /* a duplicate: threads that share a key contend for its lock */
	EVP_PKEY_CTX *context;  /* RSA, EC */
	struct hf_hash hash;    /* RSA, EC */
	EVP_MD_CTX *ed_context; /* Ed25519, Ed448 */
};

static enum hf_err prepare_hashed(struct hf_verifier *verifier)
{
	enum hf_err err = hf_hash_init(&verifier->hash, verifier->backend->digest);
	if (err != HF_OK)
		return err;
	return hf_context_make(verifier->backend, verifier->pkey, verifier->hash.md,
	        EVP_PKEY_verify_init, &verifier->context);
}

static enum hf_err prepare(struct hf_verifier *verifier)
{
	if (verifier->pkey == NULL)
		return hf_openssl_error(HF_ERR_NOMEM);
	if (verifier->backend->digest != NULL)
		return prepare_hashed(verifier);
	verifier->ed_context = EVP_MD_CTX_new();
	if (verifier->ed_context == NULL ||
	        EVP_DigestVerifyInit(verifier->ed_context, NULL, NULL, NULL, verifier->pkey) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return HF_OK;
}

enum hf_err hf_verifier_new(const struct hf_pubkey *key, struct hf_verifier **ret_verifier)
{
	struct hf_verifier *verifier = calloc(1, sizeof(*verifier));
	if (verifier == NULL)
		return HF_ERR_NOMEM;
	verifier->backend = key->backend;
	verifier->pkey = EVP_PKEY_dup(key->pkey);
	enum hf_err err = prepare(verifier);
	if (err != HF_OK) {
		hf_verifier_free(verifier);
		return err;
	}
	*ret_verifier = verifier;
	return HF_OK;
}

void hf_verifier_free(struct hf_verifier *verifier)
{
	if (verifier == NULL)
		return;
	EVP_MD_CTX_free(verifier->ed_context);
	EVP_PKEY_CTX_free(verifier->context);
	hf_hash_done(&verifier->hash);
	EVP_PKEY_free(verifier->pkey);
	free(verifier);
}

/* OpenSSL's answer as a verdict: whatever is wrong with a signature makes it a bad one. */
static enum hf_err judge(int answer, bool *ret_good)
{
	if (answer != 1 && hf_openssl_error(HF_OK) != HF_OK)
		return HF_ERR_NOMEM;
	*ret_good = answer == 1;
	return HF_OK;
}

/* Bytes of every signature by this key. */
static size_t signature_size(const struct hf_verifier *verifier)
{
	size_t len = hf_alg_find(verifier->backend->number)->sig_len;
	return len != 0 ? len : (size_t)EVP_PKEY_get_size(verifier->pkey);
}

enum hf_err hf_verifier_check_digest(struct hf_verifier *verifier, const uint8_t *digest,
        size_t digest_len, const uint8_t *signature, size_t signature_len, bool *ret_good)
{
	if (signature_len != signature_size(verifier)) {
		*ret_good = false;
		return HF_OK;
	}
	uint8_t der[HF_ECDSA_DER_MAX];
	if (verifier->backend->family == HF_FAMILY_EC) {
		signature_len = hf_ecdsa_to_der(signature, verifier->backend->part_len, der);
		signature = der;
	}
	return judge(
	        EVP_PKEY_verify(verifier->context, signature, signature_len, digest, digest_len),
	        ret_good);
}

static enum hf_err check_hashed(struct hf_verifier *verifier, const void *message, size_t len,
        const uint8_t *signature, size_t signature_len, bool *ret_good)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t digest_len;
	enum hf_err err = hf_hash_pair(&verifier->hash, message, len, NULL, 0, digest, &digest_len);
	if (err != HF_OK)
		return err;
	return hf_verifier_check_digest(
	        verifier, digest, digest_len, signature, signature_len, ret_good);
}

enum hf_err hf_verifier_check(struct hf_verifier *verifier, const void *message, size_t len,
        const uint8_t *signature, size_t signature_len, bool *ret_good)
{
	if (verifier->backend->digest != NULL)
		return check_hashed(verifier, message, len, signature, signature_len, ret_good);
	if (signature_len != signature_size(verifier)) {
		*ret_good = false;
		return HF_OK;
	}
	/* Without a key it starts anew with the one that it has, and spares OpenSSL's locks. */
	if (EVP_DigestVerifyInit(verifier->ed_context, NULL, NULL, NULL, NULL) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return judge(EVP_DigestVerify(verifier->ed_context, signature, signature_len, message, len),
	        ret_good);
}
