/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inverses modulo the two primes of P-256, for numbers that are public: the time depends on them.
 *
 * Plain numbers in and out, four limbs, least significant first. Thread-safe.
 */
#ifndef HF_CRYPTO_P256_INVERSE_H
#define HF_CRYPTO_P256_INVERSE_H

#include <stdint.h>

struct hf_p256_modulus;

extern const struct hf_p256_modulus HF_P256_MOD_P; /* the field */
extern const struct hf_p256_modulus HF_P256_MOD_N; /* the group's order */

/* `value` is below the modulus. The inverse of 0 is 0. */
void hf_p256_inverse(const struct hf_p256_modulus *modulus, const uint64_t value[static 4],
        uint64_t ret_inverse[static 4]);

#endif
