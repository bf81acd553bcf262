/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SHA-256 (FIPS 180-4) of sixteen short messages at a time, one in each lane of a vector.
 *
 * On x86-64 it is compiled for AVX-512: ask hf_cpu_has_avx512() first. Elsewhere it works, but is
 * not worth it. Messages are copied one by one, with their padding, and hashed together. One thread
 * at a time.
 */
#ifndef HF_CRYPTO_SHA256_LANES_H
#define HF_CRYPTO_SHA256_LANES_H

#include <stddef.h>
#include <stdint.h>

#define HF_SHA256_LANES  16
#define HF_SHA256_BLOCK  64
#define HF_SHA256_BLOCKS 8 /* of a message, at most */
/* The padding is a byte and the length in eight bytes. */
#define HF_SHA256_MESSAGE_MAX (HF_SHA256_BLOCKS * HF_SHA256_BLOCK - 9)

/* Zero-initialised is empty. */
struct hf_sha256_lanes {
	uint8_t text[HF_SHA256_LANES][HF_SHA256_BLOCKS * HF_SHA256_BLOCK];
	size_t blocks[HF_SHA256_LANES];
	uint8_t *digest[HF_SHA256_LANES];
	size_t count;
};

/* Copies a message of at most HF_SHA256_MESSAGE_MAX bytes; there must be a free lane. Its digest
 * goes to `ret_digest`, 32 bytes, when hf_sha256_lanes_run is called. */
void hf_sha256_lanes_add(
        struct hf_sha256_lanes *lanes, const void *message, size_t len, uint8_t *ret_digest);
/* Hashes what was added, and is empty then. */
void hf_sha256_lanes_run(struct hf_sha256_lanes *lanes);

#endif
