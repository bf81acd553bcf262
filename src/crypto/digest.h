/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digests: DS (RFC 4034 section 5.1.4, RFC 4509, RFC 6605) and NSEC3 owner hashes (RFC 5155
 * section 5), and a running SHA-2 for whole-zone digests. Contexts belong to one thread at a time.
 */
#ifndef HF_CRYPTO_DIGEST_H
#define HF_CRYPTO_DIGEST_H

#include "crypto/alg.h"
#include "dns/rdata.h"

#define HF_DIGEST_MAX 64

/* Digest of owner (in canonical form) and DNSKEY RDATA. HF_ERR_UNSUPPORTED digest type. */
enum hf_err hf_ds_digest(uint8_t digest_type, const struct hf_name *owner, struct hf_rdata dnskey,
        uint8_t ret_digest[static HF_DIGEST_MAX], size_t *ret_len) HF_MUST_CHECK;
/* Whole DS (or CDS) RDATA for a DNSKEY. */
enum hf_err hf_ds_put(struct hf_buf *out, uint8_t digest_type, const struct hf_name *owner,
        struct hf_rdata dnskey) HF_MUST_CHECK;
/* Whether the DS stands for this DNSKEY: tag, algorithm and digest (false when unsupported). */
enum hf_err hf_ds_matches(const struct hf_ds *ds, const struct hf_name *owner,
        struct hf_rdata dnskey, bool *ret_matches) HF_MUST_CHECK;

/* NSEC3 hashing with a re-used context. */
struct hf_nsec3_hasher;
enum hf_err hf_nsec3_hasher_new(struct hf_nsec3_hasher **ret_hasher) HF_MUST_CHECK;
void hf_nsec3_hasher_free(struct hf_nsec3_hasher *hasher);
/* HF_ERR_UNSUPPORTED unless the algorithm is SHA-1. The name is taken in lower case. */
enum hf_err hf_nsec3_hash(struct hf_nsec3_hasher *hasher, const struct hf_nsec3_params *params,
        const struct hf_name *name, uint8_t ret_hash[static HF_NSEC3_HASH_LEN]) HF_MUST_CHECK;

/* A running SHA-384 or SHA-512. */
struct hf_sha;
enum hf_err hf_sha_new(unsigned bits, struct hf_sha **ret_sha) HF_MUST_CHECK;
void hf_sha_free(struct hf_sha *sha);
enum hf_err hf_sha_add(struct hf_sha *sha, const void *data, size_t len) HF_MUST_CHECK;
/* Once; the state is spent afterwards. */
enum hf_err hf_sha_finish(struct hf_sha *sha, uint8_t ret_digest[static HF_DIGEST_MAX],
        size_t *ret_len) HF_MUST_CHECK;

#endif
