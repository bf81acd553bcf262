/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernels that exist, for the table in p256.c.
 */
#ifndef HF_CRYPTO_P256_TIERS_H
#define HF_CRYPTO_P256_TIERS_H

#include "crypto/p256.h"

extern const struct hf_p256_kernel HF_P256_PORTABLE;
#ifdef __x86_64__
extern const struct hf_p256_kernel HF_P256_ADX;
extern const struct hf_p256_kernel HF_P256_FMA;
extern const struct hf_p256_kernel HF_P256_IFMA;
#endif

/* The best one of this machine that does one signature after the other: it makes tables. */
const struct hf_p256_kernel *hf_p256_scalar_kernel(void);

#endif
