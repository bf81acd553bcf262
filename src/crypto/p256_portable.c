/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel in plain C: for every 64-bit machine. */
#include "crypto/p256_field.h"
#include "crypto/p256_tiers.h"

/*
 * Montgomery product. As p ≡ −1 mod 2^64, the multiple of p to add is the lowest limb m itself, and
 * m·p = m·2^256 − m·2^224 + m·2^192 + m·2^96 − m needs one multiplication, by p's top limb.
 */
static inline __attribute__((always_inline)) struct fe fe_mul(
        const struct fe *a, const struct fe *b)
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

#include "crypto/p256_body.inc"

static bool usable(void)
{
	return true;
}

const struct hf_p256_kernel HF_P256_PORTABLE = {
        .name = "portable", .usable = usable, .table_new = table_new, .verify = verify};
