/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel for AVX-512 with integer products of 52 bits (IFMA). */
#ifdef __x86_64__

#include <immintrin.h>

#include "crypto/cpu.h"
#include "crypto/p256_lanes.h"
#include "crypto/p256_tiers.h"

typedef vec factor;

#define INLINE static inline __attribute__((always_inline))

#define MAC_LOW_BIAS  UINT64_C(0)
#define MAC_HIGH_BIAS UINT64_C(0)

INLINE factor factor_of(vec limb)
{
	return limb;
}

/* The instructions look at 52 bits of a and b and ignore what is above. */
INLINE void mac(vec *low, vec *high, factor a, factor b)
{
	*low = (vec)_mm512_madd52lo_epu64((__m512i)*low, (__m512i)a, (__m512i)b);
	*high = (vec)_mm512_madd52hi_epu64((__m512i)*high, (__m512i)a, (__m512i)b);
}

INLINE void mac_shifted(vec *low, vec *high, vec a, unsigned bits)
{
	mac(low, high, a, (vec)_mm512_set1_epi64(1ll << bits));
}

#undef INLINE
#include "crypto/p256_lanes.inc"

const struct hf_p256_kernel HF_P256_IFMA = {
        .name = "ifma", .usable = hf_cpu_has_ifma, .table_new = table_new, .verify = verify};

#endif
