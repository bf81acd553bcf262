/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/forge.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto/pair.h"
#include "sim/forge_parts.h"

#define SEEDS 2000000 /* Edwards keys that are tried: 30 times what is needed on average */

void hf_forge_fill(struct hf_random *random, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(hf_random_next(random) >> 56);
}

/* ---- Edwards curves: seed after seed ---- */

static enum hf_err public_half(const struct hf_backend *backend, struct hf_forge_parts *parts)
{
	size_t len = backend->part_len;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(
	        NULL, backend->key_type, NULL, parts->numbers[0], len);
	bool made = key != NULL && EVP_PKEY_get_raw_public_key(key, parts->dnskey + 4, &len) == 1;
	EVP_PKEY_free(key);
	parts->dnskey_len = (uint16_t)(4 + len);
	return made ? HF_OK : hf_openssl_error(HF_ERR_CRYPTO);
}

static uint16_t tag_of(const struct hf_forge_parts *parts)
{
	return hf_dnskey_tag((struct hf_rdata){parts->dnskey, parts->dnskey_len});
}

static enum hf_err forge_edwards(
        const struct hf_forge_order *order, struct hf_random *random, struct hf_forge_parts *parts)
{
	const struct hf_backend *backend = hf_backend_find(order->algorithm);
	parts->count = 1;
	parts->lens[0] = backend->part_len;
	for (unsigned i = 0; i < SEEDS; i++) {
		hf_forge_fill(random, parts->numbers[0], parts->lens[0]);
		enum hf_err err = public_half(backend, parts);
		if (err != HF_OK || order->tag == HF_FORGE_ANY || tag_of(parts) == order->tag)
			return err;
	}
	return HF_ERR_LIMIT;
}

/* ---- the pair ---- */

/* RSA keys are the same for all algorithms, but we make none of the old ones. */
static void relabel(struct hf_keypair *pair, uint8_t algorithm)
{
	pair->alg = hf_alg_find(algorithm);
	pair->backend = hf_backend_find(algorithm);
	pair->dnskey.data[3] = algorithm;
}

static enum hf_err restore(const struct hf_forge_order *order, struct hf_forge_parts *parts,
        struct hf_keypair **ret_pair)
{
	struct hf_key_values values = {0};
	bool old = (hf_alg_find(order->algorithm)->flags & HF_ALG_SIGNS) == 0;
	for (size_t i = 0; i < parts->count; i++) {
		values.data[i] = parts->numbers[i];
		values.len[i] = parts->lens[i];
	}
	if (old)
		parts->dnskey[3] = HF_ALG_RSASHA256;
	enum hf_err err = hf_keypair_restore(
	        (struct hf_rdata){parts->dnskey, parts->dnskey_len}, &values, ret_pair);
	if (err == HF_OK && old)
		relabel(*ret_pair, order->algorithm);
	return err;
}

static enum hf_err make_parts(
        const struct hf_forge_order *order, struct hf_random *random, struct hf_forge_parts *parts)
{
	uint16_t flags =
	        HF_DNSKEY_ZONE | (order->role != HF_ROLE_ZSK ? HF_DNSKEY_SEP : (uint16_t)0);
	hf_write_u16(parts->dnskey, flags);
	parts->dnskey[2] = HF_DNSKEY_PROTOCOL;
	parts->dnskey[3] = order->algorithm;
	switch (hf_backend_find(order->algorithm)->family) {
	case HF_FAMILY_RSA:
		return hf_forge_rsa(order, random, parts);
	case HF_FAMILY_EC:
		return hf_forge_curve(order, random, parts);
	case HF_FAMILY_ED:
		return forge_edwards(order, random, parts);
	}
	return HF_ERR_UNSUPPORTED;
}

enum hf_err hf_forge_key(
        const struct hf_forge_order *order, struct hf_random random, struct hf_keyfile **ret_key)
{
	if (order->tag < HF_FORGE_ANY || order->tag > UINT16_MAX)
		return HF_ERR_INVALID;
	if (hf_backend_find(order->algorithm) == NULL)
		return HF_ERR_UNSUPPORTED;
	struct hf_keypair *pair = NULL;
	struct hf_forge_parts *parts = calloc(1, sizeof(*parts));
	if (parts == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = make_parts(order, &random, parts);
	if (err == HF_OK)
		err = restore(order, parts, &pair);
	OPENSSL_cleanse(parts, sizeof(*parts));
	free(parts);
	return err != HF_OK ? err : hf_keyfile_new(order->owner, order->role, pair, ret_key);
}
