/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verifying very many P-256 signatures by one key: the kernels.
 *
 * A signature (r, s) over the digest e is good when x(u1·G + u2·Q) ≡ r mod n, with u1 = e/s and
 * u2 = r/s. G and Q are the same for a whole zone, so tables of their multiples turn a verification
 * into a few dozen point additions, and doing many signatures in step lets them share inversions
 * (Montgomery's trick). Everything here is public: time may depend on data. Never sign with it.
 *
 * A kernel may say that it does not know (HF_P256_UNSURE); it never errs on purpose, and whoever
 * uses it asks OpenSSL then. Tables are immutable and shared; a workspace belongs to one thread.
 */
#ifndef HF_CRYPTO_P256_H
#define HF_CRYPTO_P256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HF_P256_BATCH     512 /* signatures that a kernel handles in step */
#define HF_P256_WIDTH_MIN 2
#define HF_P256_WIDTH_MAX 16

/* One signature to check: 32-byte big-endian numbers as RRSIG RDATA and SHA-256 give them. */
struct hf_p256_job {
	uint8_t digest[32];
	uint8_t signature[64]; /* r, s */
};

enum hf_p256_verdict { HF_P256_BAD, HF_P256_GOOD, HF_P256_UNSURE };

/* Odd multiples of one point, for windows of `width` bits. */
struct hf_p256_table;

struct hf_p256_kernel {
	const char *name; /* "ifma", "fma", "adx" or "portable" */
	bool (*usable)(void);
	/*
	 * `point` is x, y as in a DNSKEY (RFC 6605 section 4) and must be on the curve; NULL stands
	 * for the generator. Memory: 2^(width − 1) · ⌈257/width⌉ · 64 bytes.
	 */
	enum hf_err (*table_new)(
	        const uint8_t *point, unsigned width, struct hf_p256_table **ret_table);
	/* At most HF_P256_BATCH jobs; both tables are this kernel's and of the same width. `work`
	 * has hf_p256_workspace_len() bytes and is aligned to 64. */
	void (*verify)(const struct hf_p256_table *generator, const struct hf_p256_table *key,
	        const struct hf_p256_job *jobs, size_t count, void *work,
	        enum hf_p256_verdict *ret_verdicts);
};

void hf_p256_table_free(struct hf_p256_table *table);
size_t hf_p256_workspace_len(void);

/* The kernels of this machine, best first; ends with NULL. The last one is usable everywhere. */
const struct hf_p256_kernel *const *hf_p256_kernels(void);
/* The best usable one, or the one that the environment variable HOLDFAST_P256 names. */
const struct hf_p256_kernel *hf_p256_kernel(void);

#endif
