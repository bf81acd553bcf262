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

#endif
