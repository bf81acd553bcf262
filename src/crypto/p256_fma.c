/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel for AVX-512 without integer products of 52 bits: floating-point numbers have 53, and a
 * fused multiply-add knows the whole product before it rounds.
 */
#ifdef __x86_64__

#include <immintrin.h>

#include "crypto/cpu.h"
#include "crypto/p256_lanes.h"
#include "crypto/p256_tiers.h"

typedef __m512d factor;

#define INLINE static inline __attribute__((always_inline))

#define TOWARDS_ZERO (_MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)

/* Bits of the floating-point numbers 2^104 and 2^52. */
#define MAC_HIGH_BIAS (UINT64_C(1127) << 52)
#define MAC_LOW_BIAS  (UINT64_C(1075) << 52)

INLINE factor factor_of(vec limb)
{
	return _mm512_cvtepu64_pd((__m512i)limb);
}

/*
 * 2^104 + a·b, rounded down, lies between 2^104 and 2^105, where numbers are 2^52 apart: its 52
 * fraction bits are the product's high half. Taken away from 2^104 + 2^52 + a·b it leaves 2^52 +
 * the low half, which again are the fraction bits. What the bits of exponents add to the sums is
 * the bias.
 */
INLINE void mac(vec *low, vec *high, factor a, factor b)
{
	const __m512d two104 = _mm512_set1_pd(0x1p104), both = _mm512_set1_pd(0x1p104 + 0x1p52);
	__m512d upper = _mm512_fmadd_round_pd(a, b, two104, TOWARDS_ZERO);
	__m512d rest = _mm512_sub_pd(both, upper);
	__m512d lower = _mm512_fmadd_round_pd(a, b, rest, TOWARDS_ZERO);
	*high += (vec)_mm512_castpd_si512(upper);
	*low += (vec)_mm512_castpd_si512(lower);
}

INLINE void mac_shifted(vec *low, vec *high, vec a, unsigned bits)
{
	*low += (a & ((UINT64_C(1) << (52 - bits)) - 1)) << bits;
	*high += a >> (52 - bits);
}

#undef INLINE
#include "crypto/p256_lanes.inc"

const struct hf_p256_kernel HF_P256_FMA = {
        .name = "fma", .usable = hf_cpu_has_avx512, .table_new = table_new, .verify = verify};

#endif
