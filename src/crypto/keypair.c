/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/keypair.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/core_names.h>

#include "crypto/ecdsa.h"
#include "crypto/pair.h"

void hf_keypair_free(struct hf_keypair *pair)
{
	if (pair == NULL)
		return;
	EVP_PKEY_free(pair->pkey); /* wipes what is secret */
	hf_buf_done(&pair->dnskey);
	free(pair);
}

struct hf_rdata hf_keypair_dnskey(const struct hf_keypair *pair)
{
	return (struct hf_rdata){pair->dnskey.data, (uint16_t)pair->dnskey.len};
}

size_t hf_keypair_signature_len(const struct hf_keypair *pair)
{
	return pair->alg->sig_len != 0 ? pair->alg->sig_len : (size_t)EVP_PKEY_get_size(pair->pkey);
}

enum hf_err hf_pair_start(uint8_t algorithm, struct hf_keypair **ret_pair)
{
	const struct hf_alg *alg = hf_alg_find(algorithm);
	if (alg == NULL || (alg->flags & HF_ALG_SIGNS) == 0)
		return HF_ERR_UNSUPPORTED;
	struct hf_keypair *pair = calloc(1, sizeof(*pair));
	if (pair == NULL)
		return HF_ERR_NOMEM;
	pair->alg = alg;
	pair->backend = hf_backend_find(algorithm);
	*ret_pair = pair;
	return HF_OK;
}

/* ---- the public half as DNSKEY ---- */

static void put_bn(struct hf_buf *out, const BIGNUM *number)
{
	uint8_t bytes[HF_SIG_MAX];
	int len = BN_num_bytes(number);
	assert(len <= (int)sizeof(bytes));
	BN_bn2bin(number, bytes);
	hf_put_bytes(out, bytes, (size_t)len);
}

/* RFC 3110 section 2; our exponents are always shorter than 256 bytes. */
static enum hf_err put_rsa(struct hf_keypair *pair)
{
	HF_CLEANUP(hf_end_bn) BIGNUM *n = NULL;
	HF_CLEANUP(hf_end_bn) BIGNUM *e = NULL;
	if (EVP_PKEY_get_bn_param(pair->pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	        EVP_PKEY_get_bn_param(pair->pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	hf_put_u8(&pair->dnskey, (uint8_t)BN_num_bytes(e));
	put_bn(&pair->dnskey, e);
	put_bn(&pair->dnskey, n);
	return HF_OK;
}

static enum hf_err put_ec(struct hf_keypair *pair)
{
	uint8_t point[1 + 2 * HF_ECDSA_PART_MAX];
	size_t len;
	if (EVP_PKEY_get_octet_string_param(
	            pair->pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len) != 1 ||
	        len != 1 + 2 * (size_t)pair->backend->part_len ||
	        point[0] != POINT_CONVERSION_UNCOMPRESSED)
		return hf_openssl_error(HF_ERR_CRYPTO);
	hf_put_bytes(&pair->dnskey, point + 1, len - 1);
	return HF_OK;
}

static enum hf_err put_ed(struct hf_keypair *pair)
{
	uint8_t raw[57];
	size_t len = sizeof(raw);
	if (EVP_PKEY_get_raw_public_key(pair->pkey, raw, &len) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	hf_put_bytes(&pair->dnskey, raw, len);
	return HF_OK;
}

enum hf_err hf_pair_finish(struct hf_keypair *pair, uint16_t flags)
{
	hf_put_u16(&pair->dnskey, flags);
	hf_put_u8(&pair->dnskey, HF_DNSKEY_PROTOCOL);
	hf_put_u8(&pair->dnskey, pair->alg->number);
	enum hf_err err = HF_ERR_UNSUPPORTED;
	switch (pair->backend->family) {
	case HF_FAMILY_RSA:
		err = put_rsa(pair);
		break;
	case HF_FAMILY_EC:
		err = put_ec(pair);
		break;
	case HF_FAMILY_ED:
		err = put_ed(pair);
		break;
	}
	return err != HF_OK ? err : hf_buf_check(&pair->dnskey);
}

/* ---- generating ---- */

static EVP_PKEY *generate(const struct hf_backend *backend, unsigned bits)
{
	switch (backend->family) {
	case HF_FAMILY_RSA:
		return EVP_PKEY_Q_keygen(NULL, NULL, backend->key_type, (size_t)bits);
	case HF_FAMILY_EC:
		return EVP_PKEY_Q_keygen(NULL, NULL, backend->key_type, backend->group);
	case HF_FAMILY_ED:
		return EVP_PKEY_Q_keygen(NULL, NULL, backend->key_type);
	}
	return NULL;
}

enum hf_err hf_keypair_allowed(uint8_t algorithm, unsigned bits)
{
	const struct hf_alg *alg = hf_alg_find(algorithm);
	if (alg == NULL || (alg->flags & HF_ALG_SIGNS) == 0)
		return HF_ERR_UNSUPPORTED;
	unsigned low = alg->key_len == 0 ? HF_RSA_NEW_BITS : alg->min_bits;
	return bits == 0 || (bits >= low && bits <= alg->max_bits) ? HF_OK : HF_ERR_INVALID;
}

enum hf_err hf_keypair_generate(
        uint8_t algorithm, unsigned bits, uint16_t flags, struct hf_keypair **ret_pair)
{
	HF_CLEANUP(hf_end_pair) struct hf_keypair *pair = NULL;
	enum hf_err err = hf_keypair_allowed(algorithm, bits);
	if (err == HF_OK)
		err = hf_pair_start(algorithm, &pair);
	if (err != HF_OK)
		return err;
	pair->pkey = generate(pair->backend, bits != 0 ? bits : pair->alg->bits);
	if (pair->pkey == NULL)
		return hf_openssl_error(HF_ERR_CRYPTO);
	err = hf_pair_finish(pair, flags);
	if (err != HF_OK)
		return err;
	*ret_pair = pair;
	pair = NULL;
	return HF_OK;
}
