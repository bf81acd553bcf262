/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/openssl.h"

#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>

static const struct hf_backend backends[] = {
        {HF_ALG_RSASHA1, HF_FAMILY_RSA, "RSA", "SHA1", NULL, 0, 0},
        {HF_ALG_RSASHA1_NSEC3, HF_FAMILY_RSA, "RSA", "SHA1", NULL, 0, 0},
        {HF_ALG_RSASHA256, HF_FAMILY_RSA, "RSA", "SHA256", NULL, 0, 0},
        {HF_ALG_RSASHA512, HF_FAMILY_RSA, "RSA", "SHA512", NULL, 0, 0},
        {HF_ALG_ECDSAP256, HF_FAMILY_EC, "EC", "SHA256", "P-256", NID_X9_62_prime256v1, 32},
        {HF_ALG_ECDSAP384, HF_FAMILY_EC, "EC", "SHA384", "P-384", NID_secp384r1, 48},
        {HF_ALG_ED25519, HF_FAMILY_ED, "ED25519", NULL, NULL, 0, 32},
        {HF_ALG_ED448, HF_FAMILY_ED, "ED448", NULL, NULL, 0, 57},
};

const struct hf_backend *hf_backend_find(uint8_t number)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		if (backends[i].number == number)
			return &backends[i];
	}
	return NULL;
}

enum hf_err hf_openssl_error(enum hf_err otherwise)
{
	enum hf_err err = otherwise;
	unsigned long code;
	while ((code = ERR_get_error()) != 0) {
		if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
			err = HF_ERR_NOMEM;
	}
	return err;
}

enum hf_err hf_pkey_make(
        const struct hf_backend *backend, int selection, OSSL_PARAM *params, EVP_PKEY **ret_pkey)
{
	HF_CLEANUP(hf_end_pkey_ctx)
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, backend->key_type, NULL);
	if (context == NULL || EVP_PKEY_fromdata_init(context) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	EVP_PKEY *pkey = NULL;
	if (EVP_PKEY_fromdata(context, &pkey, selection, params) != 1)
		return hf_openssl_error(HF_ERR_INVALID);
	*ret_pkey = pkey;
	return HF_OK;
}

enum hf_err hf_context_make(const struct hf_backend *backend, EVP_PKEY *pkey, const EVP_MD *md,
        int (*start)(EVP_PKEY_CTX *), EVP_PKEY_CTX **ret_context)
{
	HF_CLEANUP(hf_end_pkey_ctx)
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (context == NULL || start(context) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	if (backend->family == HF_FAMILY_RSA &&
	        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	if (EVP_PKEY_CTX_set_signature_md(context, md) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	*ret_context = context;
	context = NULL;
	return HF_OK;
}

enum hf_err hf_hash_init(struct hf_hash *hash, const char *name)
{
	hash->md = EVP_MD_fetch(NULL, name, NULL);
	hash->context = EVP_MD_CTX_new();
	if (hash->md != NULL && hash->context != NULL)
		return HF_OK;
	hf_hash_done(hash);
	return hf_openssl_error(HF_ERR_CRYPTO);
}

void hf_hash_done(struct hf_hash *hash)
{
	EVP_MD_CTX_free(hash->context);
	EVP_MD_free(hash->md);
	*hash = (struct hf_hash){0};
}

enum hf_err hf_hash_pair(struct hf_hash *hash, const void *first, size_t first_len,
        const void *second, size_t second_len, uint8_t ret_digest[static EVP_MAX_MD_SIZE],
        size_t *ret_len)
{
	unsigned len = 0;
	if (EVP_DigestInit_ex2(hash->context, hash->md, NULL) != 1 ||
	        EVP_DigestUpdate(hash->context, first, first_len) != 1 ||
	        EVP_DigestUpdate(hash->context, second, second_len) != 1 ||
	        EVP_DigestFinal_ex(hash->context, ret_digest, &len) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	*ret_len = len;
	return HF_OK;
}
