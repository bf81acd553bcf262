/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verifying very many signatures by few keys.
 *
 * The keys of a zone are put together once, shared by all threads. Each thread submits signatures
 * to a batch of its own and is called back with each verdict, at the latest when it flushes. What
 * does the work is chosen here and nobody above can tell: a P-256 key that is used often gets the
 * batch kernels (crypto/p256.h), everything else OpenSSL. Whatever a kernel is unsure of, and a
 * sample of what it is sure of, is decided by OpenSSL too; if the two ever disagree, that is
 * HF_ERR_DISAGREE and no verdict stands.
 */
#ifndef HF_CRYPTO_BATCH_H
#define HF_CRYPTO_BATCH_H

#include "crypto/p256.h"
#include "crypto/pubkey.h"

struct hf_batch_keys;

struct hf_batch_key {
	const struct hf_pubkey *key; /* borrowed; NULL: never submitted */
	struct hf_rdata dnskey;      /* its RDATA, borrowed */
};

/* `expected`: signatures in all, roughly; it decides how large tables are worth building. 0: few,
 * not worth any. */
enum hf_err hf_batch_keys_new(const struct hf_batch_key *keys, size_t count, uint64_t expected,
        struct hf_batch_keys **ret_keys) HF_MUST_CHECK;
/* Another kernel than the best one, before the first use: for tests of the referee. */
void hf_batch_keys_force(struct hf_batch_keys *keys, const struct hf_p256_kernel *kernel);
void hf_batch_keys_free(struct hf_batch_keys *keys);

/* One signature in HF_BATCH_SAMPLE is verified twice. */
#define HF_BATCH_SAMPLE 1000

typedef void hf_batch_fn(void *context, uint64_t tag, bool good);

struct hf_batch;
/* Borrows the keys. `done` is called from hf_batch_submit and hf_batch_flush. */
enum hf_err hf_batch_new(struct hf_batch_keys *keys, hf_batch_fn *done, void *context,
        struct hf_batch **ret_batch) HF_MUST_CHECK;
void hf_batch_free(struct hf_batch *batch);

enum hf_batch_flags {
	HF_BATCH_PLAIN = 0,
	HF_BATCH_TWICE = 1 << 0, /* by OpenSSL as well, whatever the sample says */
};
/* `key` is an index into the keys. Nothing of the arguments is kept but the tag. */
enum hf_err hf_batch_submit(struct hf_batch *batch, size_t key, enum hf_batch_flags flags,
        const void *message, size_t len, const uint8_t *signature, size_t signature_len,
        uint64_t tag) HF_MUST_CHECK;
enum hf_err hf_batch_flush(struct hf_batch *batch) HF_MUST_CHECK;

#endif
