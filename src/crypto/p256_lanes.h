/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernels with eight lanes (p256_lanes.inc) and their tiers share: vectors, in the
 * compiler's own terms, so that the same source serves any machine. Thread-safe.
 */
#ifndef HF_CRYPTO_P256_LANES_H
#define HF_CRYPTO_P256_LANES_H

#include <stdint.h>

#define HF_P256_LANES 8

typedef uint64_t vec __attribute__((vector_size(64)));
typedef int64_t svec __attribute__((vector_size(64)));
typedef uint64_t half __attribute__((vector_size(32)));
typedef int16_t codes8 __attribute__((vector_size(16)));

#endif
