/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers modulo p = 2^256 − 2^224 + 2^192 + 2^96 − 1 in Montgomery form (R = 2^256), four limbs,
 * always fully reduced. Fast kernels bring their own multiplication; the rest is here.
 */
#ifndef HF_CRYPTO_P256_FIELD_H
#define HF_CRYPTO_P256_FIELD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 hf_u128;

struct fe {
	uint64_t limb[4]; /* least significant first */
};

#define P0 UINT64_C(0xffffffffffffffff)
#define P1 UINT64_C(0x00000000ffffffff)
#define P2 UINT64_C(0)
#define P3 UINT64_C(0xffffffff00000001)

/* R mod p: one in Montgomery form. */
static const struct fe FE_ONE = {
        {1, UINT64_C(0xffffffff00000000), P0, UINT64_C(0x00000000fffffffe)}};
/* R² mod p: multiplying by it converts into Montgomery form. */
static const struct fe FE_RR = {{3, UINT64_C(0xfffffffbffffffff), UINT64_C(0xfffffffffffffffe),
        UINT64_C(0x00000004fffffffd)}};

static inline uint64_t add_carry(uint64_t a, uint64_t b, uint64_t *carry)
{
	hf_u128 sum = (hf_u128)a + b + *carry;
	*carry = (uint64_t)(sum >> 64);
	return (uint64_t)sum;
}

static inline uint64_t sub_borrow(uint64_t a, uint64_t b, uint64_t *borrow)
{
	hf_u128 difference = (hf_u128)a - b - *borrow;
	*borrow = (uint64_t)(difference >> 64) & 1;
	return (uint64_t)difference;
}

/* a − b. Compilers still make a branch or a detour of a borrow chain in C. */
#ifdef __x86_64__
static inline struct fe fe_sub(const struct fe *a, const struct fe *b)
{
	uint64_t r0 = a->limb[0], r1 = a->limb[1], r2 = a->limb[2], r3 = a->limb[3];
	uint64_t mask, low, high;
	/* The mask is all ones after a borrow, and then p is added: its limbs are −1, 2^32 − 1, 0
	 * and 2^64 − 2^32 + 1. */
	__asm__("subq %[b0], %[r0]\n\t"
	        "sbbq %[b1], %[r1]\n\t"
	        "sbbq %[b2], %[r2]\n\t"
	        "sbbq %[b3], %[r3]\n\t"
	        "sbbq %[mask], %[mask]\n\t"
	        "movl %k[mask], %k[low]\n\t"
	        "movq %[mask], %[high]\n\t"
	        "subq %[low], %[high]\n\t"
	        "subq %[mask], %[high]\n\t"
	        "addq %[mask], %[r0]\n\t"
	        "adcq %[low], %[r1]\n\t"
	        "adcq $0, %[r2]\n\t"
	        "adcq %[high], %[r3]\n\t"
	        : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3),
	        [mask] "=&r"(mask), [low] "=&r"(low), [high] "=&r"(high)
	        : [b0] "m"(b->limb[0]), [b1] "m"(b->limb[1]), [b2] "m"(b->limb[2]),
	        [b3] "m"(b->limb[3])
	        : "cc");
	return (struct fe){{r0, r1, r2, r3}};
}
#else
static inline struct fe fe_sub(const struct fe *a, const struct fe *b)
{
	struct fe r;
	uint64_t borrow = 0, carry = 0;
	for (unsigned i = 0; i < 4; i++)
		r.limb[i] = sub_borrow(a->limb[i], b->limb[i], &borrow);
	uint64_t mask = -borrow;
	r.limb[0] = add_carry(r.limb[0], P0 & mask, &carry);
	r.limb[1] = add_carry(r.limb[1], P1 & mask, &carry);
	r.limb[2] = add_carry(r.limb[2], P2, &carry);
	r.limb[3] = add_carry(r.limb[3], P3 & mask, &carry);
	return r;
}
#endif

static inline struct fe fe_neg(const struct fe *a)
{
	static const struct fe zero = {{0}};
	return fe_sub(&zero, a);
}

static inline bool fe_is_zero(const struct fe *a)
{
	return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

static inline bool fe_equal(const struct fe *a, const struct fe *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* From four limbs and a carry, a number below 2p. */
static inline struct fe fe_reduce(const uint64_t limbs[4], uint64_t carry)
{
	struct fe r;
	uint64_t borrow = 0;
	r.limb[0] = sub_borrow(limbs[0], P0, &borrow);
	r.limb[1] = sub_borrow(limbs[1], P1, &borrow);
	r.limb[2] = sub_borrow(limbs[2], P2, &borrow);
	r.limb[3] = sub_borrow(limbs[3], P3, &borrow);
	/* Below p when the subtraction borrowed more than the carry had. */
	uint64_t keep = -(uint64_t)(borrow > carry);
	for (unsigned i = 0; i < 4; i++)
		r.limb[i] = (limbs[i] & keep) | (r.limb[i] & ~keep);
	return r;
}

/*
 * Montgomery product in plain C. As p ≡ −1 mod 2^64, the multiple of p to add is the lowest limb m
 * itself, and m·p = m·2^256 − m·2^224 + m·2^192 + m·2^96 − m needs one multiplication, by p's top
 * limb.
 */
static inline struct fe fe_mul_plain(const struct fe *a, const struct fe *b)
{
	uint64_t t[5] = {0}, top = 0;
#pragma GCC unroll 4
	for (unsigned i = 0; i < 4; i++) {
		uint64_t carry = 0;
#pragma GCC unroll 4
		for (unsigned j = 0; j < 4; j++) {
			hf_u128 sum = (hf_u128)a->limb[j] * b->limb[i] + t[j] + carry;
			t[j] = (uint64_t)sum;
			carry = (uint64_t)(sum >> 64);
		}
		hf_u128 high = (hf_u128)t[4] + carry;
		t[4] = (uint64_t)high;
		top = (uint64_t)(high >> 64);

		uint64_t m = t[0];
		hf_u128 product = (hf_u128)m * P3;
		carry = 0;
		t[0] = add_carry(t[1], m << 32, &carry);
		t[1] = add_carry(t[2], m >> 32, &carry);
		t[2] = add_carry(t[3], (uint64_t)product, &carry);
		t[3] = add_carry(t[4], (uint64_t)(product >> 64), &carry);
		t[4] = top + carry;
	}
	return fe_reduce(t, t[4]);
}

/* 32 big-endian bytes as limbs. */
static inline void limbs_from_bytes(const uint8_t bytes[32], uint64_t limbs[4])
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t limb;
		memcpy(&limb, bytes + 8 * (3 - i), 8);
		limbs[i] = __builtin_bswap64(limb);
	}
}

/* a < b, as numbers. */
static inline bool limbs_less(const uint64_t a[4], const uint64_t b[4])
{
	uint64_t borrow = 0;
	for (unsigned i = 0; i < 4; i++)
		sub_borrow(a[i], b[i], &borrow);
	return borrow;
}

#endif
