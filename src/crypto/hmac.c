/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/hmac.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/openssl.h"

struct hf_hmac {
	EVP_MAC_CTX *context;
	bool failed;
};

static const struct {
	const char *name;
	size_t len;
} hashes[] = {
        [HF_HMAC_SHA1] = {"SHA1", 20},
        [HF_HMAC_SHA224] = {"SHA224", 28},
        [HF_HMAC_SHA256] = {"SHA256", 32},
        [HF_HMAC_SHA384] = {"SHA384", 48},
        [HF_HMAC_SHA512] = {"SHA512", 64},
};

size_t hf_hmac_len(enum hf_hmac_hash hash)
{
	return hashes[hash].len;
}

static EVP_MAC_CTX *make_context(enum hf_hmac_hash hash, const struct hf_secret *key)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac); /* the context has a reference */
	const OSSL_PARAM params[] = {
	        OSSL_PARAM_construct_utf8_string(
	                OSSL_MAC_PARAM_DIGEST, (char *)hashes[hash].name, 0),
	        OSSL_PARAM_construct_end(),
	};
	if (context != NULL && EVP_MAC_init(context, key->data, key->len, params) != 1) {
		EVP_MAC_CTX_free(context);
		context = NULL;
	}
	return context;
}

enum hf_err hf_hmac_new(
        enum hf_hmac_hash hash, const struct hf_secret *key, struct hf_hmac **ret_hmac)
{
	struct hf_hmac *hmac = calloc(1, sizeof(*hmac));
	if (hmac == NULL)
		return HF_ERR_NOMEM;
	hmac->context = make_context(hash, key);
	if (hmac->context == NULL) {
		free(hmac);
		return hf_openssl_error(HF_ERR_CRYPTO);
	}
	*ret_hmac = hmac;
	return HF_OK;
}

void hf_hmac_free(struct hf_hmac *hmac)
{
	if (hmac == NULL)
		return;
	EVP_MAC_CTX_free(hmac->context);
	free(hmac);
}

void hf_hmac_begin(struct hf_hmac *hmac)
{
	hmac->failed = EVP_MAC_init(hmac->context, NULL, 0, NULL) != 1;
}

void hf_hmac_add(struct hf_hmac *hmac, const void *data, size_t len)
{
	if (len > 0 && EVP_MAC_update(hmac->context, data, len) != 1)
		hmac->failed = true;
}

enum hf_err hf_hmac_end(struct hf_hmac *hmac, uint8_t ret_mac[static HF_HMAC_MAX])
{
	size_t len;
	uint8_t mac[HF_HMAC_MAX];
	if (hmac->failed || EVP_MAC_final(hmac->context, mac, &len, sizeof(mac)) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	memcpy(ret_mac, mac, len);
	return HF_OK;
}

bool hf_hmac_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
