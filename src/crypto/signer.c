/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "crypto/ecdsa.h"
#include "crypto/pair.h"

struct hf_signer {
	const struct hf_keypair *pair;
	EVP_PKEY *pkey;         /* a duplicate: threads that share a key contend for its lock */
	EVP_PKEY_CTX *context;  /* RSA, EC */
	struct hf_hash hash;    /* RSA, EC */
	EVP_MD_CTX *ed_context; /* Ed25519, Ed448 */
};

static enum hf_err prepare_hashed(struct hf_signer *signer)
{
	const struct hf_backend *backend = signer->pair->backend;
	enum hf_err err = hf_hash_init(&signer->hash, backend->digest);
	if (err != HF_OK)
		return err;
	return hf_context_make(
	        backend, signer->pkey, signer->hash.md, EVP_PKEY_sign_init, &signer->context);
}

static enum hf_err prepare(struct hf_signer *signer)
{
	if (signer->pkey == NULL)
		return hf_openssl_error(HF_ERR_NOMEM);
	if (signer->pair->backend->digest != NULL)
		return prepare_hashed(signer);
	signer->ed_context = EVP_MD_CTX_new();
	if (signer->ed_context == NULL ||
	        EVP_DigestSignInit(signer->ed_context, NULL, NULL, NULL, signer->pkey) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return HF_OK;
}

enum hf_err hf_signer_new(const struct hf_keypair *pair, struct hf_signer **ret_signer)
{
	struct hf_signer *signer = calloc(1, sizeof(*signer));
	if (signer == NULL)
		return HF_ERR_NOMEM;
	signer->pair = pair;
	signer->pkey = EVP_PKEY_dup(pair->pkey);
	enum hf_err err = prepare(signer);
	if (err != HF_OK) {
		hf_signer_free(signer);
		return err;
	}
	*ret_signer = signer;
	return HF_OK;
}

void hf_signer_free(struct hf_signer *signer)
{
	if (signer == NULL)
		return;
	EVP_MD_CTX_free(signer->ed_context);
	EVP_PKEY_CTX_free(signer->context);
	hf_hash_done(&signer->hash);
	EVP_PKEY_free(signer->pkey);
	free(signer);
}

static enum hf_err sign_hashed(struct hf_signer *signer, const void *message, size_t len,
        uint8_t *signature, size_t *ret_len)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t digest_len;
	enum hf_err err = hf_hash_pair(&signer->hash, message, len, NULL, 0, digest, &digest_len);
	if (err != HF_OK)
		return err;
	if (EVP_PKEY_sign(signer->context, signature, ret_len, digest, digest_len) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return HF_OK;
}

static enum hf_err sign_whole(struct hf_signer *signer, const void *message, size_t len,
        uint8_t *signature, size_t *ret_len)
{
	/* Without a key it starts anew with the one that it has, and spares OpenSSL's locks. */
	if (EVP_DigestSignInit(signer->ed_context, NULL, NULL, NULL, NULL) != 1 ||
	        EVP_DigestSign(signer->ed_context, signature, ret_len, message, len) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return HF_OK;
}

enum hf_err hf_signer_sign(struct hf_signer *signer, const void *message, size_t len,
        uint8_t ret_signature[static HF_SIG_MAX], size_t *ret_len)
{
	const struct hf_backend *backend = signer->pair->backend;
	uint8_t signature[HF_SIG_MAX];
	size_t signature_len = sizeof(signature);
	enum hf_err err = backend->digest != NULL
	                          ? sign_hashed(signer, message, len, signature, &signature_len)
	                          : sign_whole(signer, message, len, signature, &signature_len);
	if (err != HF_OK)
		return err;
	if (backend->family == HF_FAMILY_EC) {
		if (!hf_ecdsa_from_der(signature, signature_len, backend->part_len, ret_signature))
			return HF_ERR_CRYPTO;
		*ret_len = 2 * (size_t)backend->part_len;
		return HF_OK;
	}
	memcpy(ret_signature, signature, signature_len);
	*ret_len = signature_len;
	return HF_OK;
}
