/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers modulo the group order n, in Montgomery form where said: from a signature's (r, s) and
 * digest to the two multipliers. Some ten multiplications a signature, so plain C serves the tiers
 * that take one signature after the other.
 */
#ifndef HF_CRYPTO_P256_SCALAR_H
#define HF_CRYPTO_P256_SCALAR_H

#include "crypto/p256.h"

struct hf_p256_scalar {
	uint64_t limb[4];
};

/* What a kernel needs to know of one signature. */
struct hf_p256_inputs {
	struct hf_p256_scalar u1, u2; /* 1 … n − 1, not in Montgomery form */
	uint64_t r[4];
	bool r_twice;                 /* r + n < p: x may be r + n too */
	enum hf_p256_verdict verdict; /* HF_P256_GOOD: u1 and u2 are set; else it is decided */
};

extern const uint64_t HF_P256_ORDER[4];

/* Whether a number is in 1 … n − 1, as r and s must be. */
bool hf_p256_in_range(const uint64_t limbs[static 4]);
/* Whether r + n is below p, so that x may be that as well as r. */
bool hf_p256_has_second(const uint64_t r[static 4]);

/*
 * Checks the ranges of r and s, and computes u1 and u2 with one inversion for all. `work` has room
 * for `count` scalars.
 */
void hf_p256_scalars(const struct hf_p256_job *jobs, size_t count, struct hf_p256_scalar *work,
        struct hf_p256_inputs *ret_inputs);

/*
 * Recodes u into `windows` signed odd digits of `width` bits: digit = ±(2·index + 1), the least
 * significant first. Bit 15 of a code is the sign, the rest the index.
 */
void hf_p256_recode(
        const struct hf_p256_scalar *u, unsigned width, unsigned windows, uint16_t *ret_codes);

#endif
