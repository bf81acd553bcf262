/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/digest.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/openssl.h"

static const char *ds_hash(uint8_t digest_type)
{
	switch (digest_type) {
	case HF_DIGEST_SHA1:
		return "SHA1";
	case HF_DIGEST_SHA256:
		return "SHA256";
	case HF_DIGEST_SHA384:
		return "SHA384";
	default:
		return NULL;
	}
}

enum hf_err hf_ds_digest(uint8_t digest_type, const struct hf_name *owner, struct hf_rdata dnskey,
        uint8_t ret_digest[static HF_DIGEST_MAX], size_t *ret_len)
{
	const char *name = ds_hash(digest_type);
	if (name == NULL)
		return HF_ERR_UNSUPPORTED;
	HF_CLEANUP(hf_hash_done) struct hf_hash hash = {0};
	enum hf_err err = hf_hash_init(&hash, name);
	if (err != HF_OK)
		return err;
	struct hf_name lower = *owner;
	hf_name_lower(&lower);
	return hf_hash_pair(
	        &hash, lower.wire, lower.len, dnskey.data, dnskey.len, ret_digest, ret_len);
}

enum hf_err hf_ds_put(struct hf_buf *out, uint8_t digest_type, const struct hf_name *owner,
        struct hf_rdata dnskey)
{
	struct hf_dnskey key;
	if (!hf_dnskey_read(dnskey, &key))
		return HF_ERR_SYNTAX;
	uint8_t digest[HF_DIGEST_MAX];
	size_t len;
	enum hf_err err = hf_ds_digest(digest_type, owner, dnskey, digest, &len);
	if (err != HF_OK)
		return err;
	hf_put_u16(out, hf_dnskey_tag(dnskey));
	hf_put_u8(out, key.algorithm);
	hf_put_u8(out, digest_type);
	hf_put_bytes(out, digest, len);
	return hf_buf_check(out);
}

enum hf_err hf_ds_matches(const struct hf_ds *ds, const struct hf_name *owner,
        struct hf_rdata dnskey, bool *ret_matches)
{
	struct hf_dnskey key;
	bool same = hf_dnskey_read(dnskey, &key) && key.algorithm == ds->algorithm &&
	            hf_dnskey_tag(dnskey) == ds->tag && ds->digest_len > 0 &&
	            hf_digest_len(ds->digest_type) == ds->digest_len;
	if (same) {
		uint8_t digest[HF_DIGEST_MAX];
		size_t len;
		enum hf_err err = hf_ds_digest(ds->digest_type, owner, dnskey, digest, &len);
		if (err != HF_OK)
			return err;
		same = len == ds->digest_len && memcmp(digest, ds->digest, len) == 0;
	}
	*ret_matches = same;
	return HF_OK;
}

/* ---- NSEC3 ---- */

struct hf_nsec3_hasher {
	struct hf_hash hash;
};

enum hf_err hf_nsec3_hasher_new(struct hf_nsec3_hasher **ret_hasher)
{
	struct hf_nsec3_hasher *hasher = calloc(1, sizeof(*hasher));
	if (hasher == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_hash_init(&hasher->hash, "SHA1");
	if (err != HF_OK) {
		free(hasher);
		return err;
	}
	*ret_hasher = hasher;
	return HF_OK;
}

void hf_nsec3_hasher_free(struct hf_nsec3_hasher *hasher)
{
	if (hasher == NULL)
		return;
	hf_hash_done(&hasher->hash);
	free(hasher);
}

enum hf_err hf_nsec3_hash(struct hf_nsec3_hasher *hasher, const struct hf_nsec3_params *params,
        const struct hf_name *name, uint8_t ret_hash[static HF_NSEC3_HASH_LEN])
{
	if (params->algorithm != HF_NSEC3_HASH_SHA1)
		return HF_ERR_UNSUPPORTED;
	struct hf_name lower = *name;
	hf_name_lower(&lower);
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t len;
	enum hf_err err = hf_hash_pair(
	        &hasher->hash, lower.wire, lower.len, params->salt, params->salt_len, digest, &len);
	for (unsigned i = 0; err == HF_OK && i < params->iterations; i++) {
		err = hf_hash_pair(
		        &hasher->hash, digest, len, params->salt, params->salt_len, digest, &len);
	}
	if (err == HF_OK)
		memcpy(ret_hash, digest, HF_NSEC3_HASH_LEN);
	return err;
}

/* ---- running SHA-2 ---- */

struct hf_sha {
	struct hf_hash hash;
};

enum hf_err hf_sha_new(unsigned bits, struct hf_sha **ret_sha)
{
	if (bits != 384 && bits != 512)
		return HF_ERR_UNSUPPORTED;
	struct hf_sha *sha = calloc(1, sizeof(*sha));
	if (sha == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_hash_init(&sha->hash, bits == 384 ? "SHA384" : "SHA512");
	if (err == HF_OK && EVP_DigestInit_ex2(sha->hash.context, sha->hash.md, NULL) != 1)
		err = hf_openssl_error(HF_ERR_CRYPTO);
	if (err != HF_OK) {
		hf_sha_free(sha);
		return err;
	}
	*ret_sha = sha;
	return HF_OK;
}

void hf_sha_free(struct hf_sha *sha)
{
	if (sha == NULL)
		return;
	hf_hash_done(&sha->hash);
	free(sha);
}

enum hf_err hf_sha_add(struct hf_sha *sha, const void *data, size_t len)
{
	if (EVP_DigestUpdate(sha->hash.context, data, len) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return HF_OK;
}

enum hf_err hf_sha_finish(
        struct hf_sha *sha, uint8_t ret_digest[static HF_DIGEST_MAX], size_t *ret_len)
{
	unsigned len = 0;
	if (EVP_DigestFinal_ex(sha->hash.context, ret_digest, &len) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	*ret_len = len;
	return HF_OK;
}
