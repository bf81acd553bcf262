/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/keytext.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>

#include "crypto/ecdsa.h"
#include "crypto/pair.h"

/* Places in rsa_fields. */
enum {
	MODULUS,
	PUBLIC_EXPONENT,
	PRIVATE_EXPONENT,
	PRIME1,
	PRIME2,
	EXPONENT1,
	EXPONENT2,
	COEFFICIENT,
};

static const char *const rsa_fields[] = {"Modulus", "PublicExponent", "PrivateExponent", "Prime1",
        "Prime2", "Exponent1", "Exponent2", "Coefficient", NULL};
static const char *const rsa_params[] = {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
        OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
        OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
static const char *const curve_fields[] = {"PrivateKey", NULL};

const char *const *hf_key_fields(uint8_t algorithm)
{
	const struct hf_alg *alg = hf_alg_find(algorithm);
	if (alg == NULL || (alg->flags & HF_ALG_SIGNS) == 0)
		return NULL;
	return hf_backend_find(algorithm)->family == HF_FAMILY_RSA ? rsa_fields : curve_fields;
}

static void put_field(
        struct hf_secret *text, const char *name, const uint8_t *value, size_t value_len)
{
	hf_secret_put_text(text, name);
	hf_secret_put_text(text, ": ");
	hf_secret_put_base64(text, value, value_len);
	hf_secret_put_text(text, "\n");
}

/* One private number, `fixed_len` bytes long or, when that is 0, as short as it can be. */
static enum hf_err put_number_field(const struct hf_keypair *pair, const char *field,
        const char *param, size_t fixed_len, struct hf_secret *text)
{
	HF_CLEANUP(hf_end_bn) BIGNUM *number = NULL;
	if (EVP_PKEY_get_bn_param(pair->pkey, param, &number) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	uint8_t bytes[HF_SIG_MAX];
	int len = fixed_len != 0 ? (int)fixed_len : BN_num_bytes(number);
	bool fits = len <= (int)sizeof(bytes) && BN_bn2binpad(number, bytes, len) == len;
	if (fits)
		put_field(text, field, bytes, (size_t)len);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return fits ? HF_OK : hf_openssl_error(HF_ERR_CRYPTO);
}

static enum hf_err put_raw_field(const struct hf_keypair *pair, struct hf_secret *text)
{
	uint8_t raw[57];
	size_t len = sizeof(raw);
	if (EVP_PKEY_get_raw_private_key(pair->pkey, raw, &len) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	put_field(text, curve_fields[0], raw, len);
	OPENSSL_cleanse(raw, sizeof(raw));
	return HF_OK;
}

enum hf_err hf_keypair_put(const struct hf_keypair *pair, struct hf_secret *text)
{
	switch (pair->backend->family) {
	case HF_FAMILY_RSA:
		for (size_t i = 0; i < HF_KEY_FIELDS; i++) {
			enum hf_err err =
			        put_number_field(pair, rsa_fields[i], rsa_params[i], 0, text);
			if (err != HF_OK)
				return err;
		}
		return HF_OK;
	case HF_FAMILY_EC:
		return put_number_field(pair, curve_fields[0], OSSL_PKEY_PARAM_PRIV_KEY,
		        pair->backend->part_len, text);
	case HF_FAMILY_ED:
		return put_raw_field(pair, text);
	}
	return HF_ERR_UNSUPPORTED;
}

/* ---- a pair from private key fields ---- */

static enum hf_err make_pkey(struct hf_keypair *pair, OSSL_PARAM_BLD *builder)
{
	HF_CLEANUP(hf_end_params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	if (params == NULL)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return hf_pkey_make(pair->backend, EVP_PKEY_KEYPAIR, params, &pair->pkey);
}

static bool rsa_sizes_fit(const struct hf_alg *alg, BIGNUM *const numbers[HF_KEY_FIELDS])
{
	for (size_t i = 0; i < HF_KEY_FIELDS; i++) {
		if (BN_is_zero(numbers[i]) || BN_cmp(numbers[i], numbers[MODULUS]) > 0)
			return false;
	}
	int bits = BN_num_bits(numbers[MODULUS]);
	return bits >= HF_RSA_OLD_BITS && bits <= alg->max_bits && BN_is_odd(numbers[PRIME1]) &&
	       BN_is_odd(numbers[PRIME2]) && !BN_is_one(numbers[PRIME1]) &&
	       !BN_is_one(numbers[PRIME2]);
}

/* Whether a prime's part is right: d * e is 1 and `exponent` is d, modulo prime - 1. */
static int prime_fits(BIGNUM *const numbers[HF_KEY_FIELDS], const BIGNUM *prime,
        const BIGNUM *exponent, BIGNUM *order, BIGNUM *value, BN_CTX *context)
{
	if (BN_sub(order, prime, BN_value_one()) != 1 ||
	        BN_mod_mul(value, numbers[PRIVATE_EXPONENT], numbers[PUBLIC_EXPONENT], order,
	                context) != 1)
		return -1;
	if (!BN_is_one(value))
		return 0;
	if (BN_mod(value, numbers[PRIVATE_EXPONENT], order, context) != 1)
		return -1;
	return BN_cmp(value, exponent) == 0;
}

/* What OpenSSL takes for granted: that all eight numbers are of one key (RFC 8017 section 3.2). */
static int rsa_numbers_fit(
        BIGNUM *const numbers[HF_KEY_FIELDS], BIGNUM *order, BIGNUM *value, BN_CTX *context)
{
	if (BN_mul(value, numbers[PRIME1], numbers[PRIME2], context) != 1)
		return -1;
	if (BN_cmp(value, numbers[MODULUS]) != 0)
		return 0;
	int fits = prime_fits(numbers, numbers[PRIME1], numbers[EXPONENT1], order, value, context);
	if (fits == 1)
		fits = prime_fits(
		        numbers, numbers[PRIME2], numbers[EXPONENT2], order, value, context);
	if (fits != 1)
		return fits;
	if (BN_mod_mul(value, numbers[COEFFICIENT], numbers[PRIME2], numbers[PRIME1], context) != 1)
		return -1;
	return BN_is_one(value);
}

static enum hf_err check_rsa(const struct hf_alg *alg, BIGNUM *const numbers[HF_KEY_FIELDS])
{
	if (!rsa_sizes_fit(alg, numbers))
		return HF_ERR_INVALID;
	BN_CTX *context = BN_CTX_secure_new();
	BIGNUM *order = BN_secure_new();
	BIGNUM *value = BN_secure_new();
	int fits = -1;
	if (context != NULL && order != NULL && value != NULL)
		fits = rsa_numbers_fit(numbers, order, value, context);
	BN_clear_free(value);
	BN_clear_free(order);
	BN_CTX_free(context);
	if (fits < 0)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return fits == 1 ? HF_OK : HF_ERR_INVALID;
}

static enum hf_err restore_rsa(struct hf_keypair *pair, const struct hf_key_values *values)
{
	BIGNUM *numbers[HF_KEY_FIELDS] = {0};
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	enum hf_err err = HF_OK;
	if (builder == NULL)
		err = hf_openssl_error(HF_ERR_NOMEM);
	for (size_t i = 0; err == HF_OK && i < HF_KEY_FIELDS; i++) {
		if (values->len[i] > HF_SIG_MAX) {
			err = HF_ERR_INVALID;
			break;
		}
		numbers[i] = BN_secure_new();
		if (numbers[i] == NULL ||
		        BN_bin2bn(values->data[i], (int)values->len[i], numbers[i]) == NULL ||
		        OSSL_PARAM_BLD_push_BN(builder, rsa_params[i], numbers[i]) != 1)
			err = hf_openssl_error(HF_ERR_NOMEM);
	}
	if (err == HF_OK)
		err = check_rsa(pair->alg, numbers);
	if (err == HF_OK)
		err = make_pkey(pair, builder);
	OSSL_PARAM_BLD_free(builder);
	for (size_t i = 0; i < HF_KEY_FIELDS; i++)
		BN_clear_free(numbers[i]);
	return err;
}

/* The public point of a private number, uncompressed. HF_ERR_INVALID when it is out of range. */
static enum hf_err public_point(
        const struct hf_backend *backend, const BIGNUM *secret, uint8_t *ret_point, size_t len)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(backend->curve);
	EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
	BN_CTX *context = BN_CTX_secure_new();
	enum hf_err err = HF_ERR_CRYPTO;
	if (point == NULL || context == NULL)
		err = hf_openssl_error(HF_ERR_NOMEM);
	else if (BN_is_zero(secret) || BN_cmp(secret, EC_GROUP_get0_order(group)) >= 0)
		err = HF_ERR_INVALID;
	else if (EC_POINT_mul(group, point, secret, NULL, NULL, context) == 1 &&
	         EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret_point, len,
	                 context) == len)
		err = HF_OK;
	else
		err = hf_openssl_error(HF_ERR_CRYPTO);
	BN_CTX_free(context);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return err;
}

static enum hf_err restore_ec(struct hf_keypair *pair, const struct hf_key_values *values)
{
	/* Older BIND leaves out leading zeros, so shorter is fine. */
	size_t part_len = pair->backend->part_len;
	if (values->len[0] > part_len)
		return HF_ERR_INVALID;
	HF_CLEANUP(hf_end_bn) BIGNUM *secret = BN_secure_new();
	HF_CLEANUP(hf_end_builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	if (secret == NULL || builder == NULL ||
	        BN_bin2bn(values->data[0], (int)values->len[0], secret) == NULL)
		return hf_openssl_error(HF_ERR_NOMEM);
	uint8_t point[1 + 2 * HF_ECDSA_PART_MAX];
	enum hf_err err = public_point(pair->backend, secret, point, 1 + 2 * part_len);
	if (err != HF_OK)
		return err;
	if (OSSL_PARAM_BLD_push_utf8_string(
	            builder, OSSL_PKEY_PARAM_GROUP_NAME, pair->backend->group, 0) != 1 ||
	        OSSL_PARAM_BLD_push_octet_string(
	                builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * part_len) != 1 ||
	        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, secret) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return make_pkey(pair, builder);
}

static enum hf_err restore_ed(struct hf_keypair *pair, const struct hf_key_values *values)
{
	if (values->len[0] != pair->backend->part_len)
		return HF_ERR_INVALID;
	pair->pkey = EVP_PKEY_new_raw_private_key_ex(
	        NULL, pair->backend->key_type, NULL, values->data[0], values->len[0]);
	return pair->pkey != NULL ? HF_OK : hf_openssl_error(HF_ERR_INVALID);
}

/* Signs something and lets the published half judge it. */
static enum hf_err prove(const struct hf_keypair *pair)
{
	static const char probe[] = "one key, two halves";
	struct hf_signer *signer = NULL;
	struct hf_pubkey *key = NULL;
	struct hf_verifier *verifier = NULL;
	uint8_t signature[HF_SIG_MAX];
	size_t len;
	bool good = false;
	enum hf_err err = hf_pubkey_new(hf_keypair_dnskey(pair), &key);
	if (err == HF_OK)
		err = hf_verifier_new(key, &verifier);
	if (err == HF_OK)
		err = hf_signer_new(pair, &signer);
	if (err == HF_OK)
		err = hf_signer_sign(signer, probe, sizeof(probe), signature, &len);
	if (err == HF_OK)
		err = hf_verifier_check(verifier, probe, sizeof(probe), signature, len, &good);
	hf_signer_free(signer);
	hf_verifier_free(verifier);
	hf_pubkey_free(key);
	if (err == HF_ERR_NOMEM)
		return err;
	return err == HF_OK && good ? HF_OK : HF_ERR_INVALID;
}

static enum hf_err restore(struct hf_keypair *pair, const struct hf_key_values *values)
{
	switch (pair->backend->family) {
	case HF_FAMILY_RSA:
		return restore_rsa(pair, values);
	case HF_FAMILY_EC:
		return restore_ec(pair, values);
	case HF_FAMILY_ED:
		return restore_ed(pair, values);
	}
	return HF_ERR_UNSUPPORTED;
}

enum hf_err hf_keypair_restore(
        struct hf_rdata dnskey, const struct hf_key_values *values, struct hf_keypair **ret_pair)
{
	struct hf_dnskey view;
	if (!hf_dnskey_read(dnskey, &view))
		return HF_ERR_INVALID;
	HF_CLEANUP(hf_end_pair) struct hf_keypair *pair = NULL;
	enum hf_err err = hf_pair_start(view.algorithm, &pair);
	if (err == HF_OK)
		err = restore(pair, values);
	if (err == HF_OK)
		err = hf_pair_finish(pair, view.flags);
	if (err != HF_OK)
		return err;
	if (!hf_rdata_equal(hf_keypair_dnskey(pair), dnskey))
		return HF_ERR_INVALID;
	err = prove(pair);
	if (err != HF_OK)
		return err;
	*ret_pair = pair;
	pair = NULL;
	return HF_OK;
}
