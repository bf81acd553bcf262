/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/p256_scalar.h"

#include "crypto/p256_field.h"
#include "crypto/p256_inverse.h"

const uint64_t HF_P256_ORDER[4] = {UINT64_C(0xf3b9cac2fc632551), UINT64_C(0xbce6faada7179e84),
        UINT64_C(0xffffffffffffffff), UINT64_C(0xffffffff00000000)};
/* p − n: r + n is below p when r is below this. */
static const uint64_t GAP[4] = {UINT64_C(0x0c46353d039cdaae), UINT64_C(0x4319055358e8617b), 0, 0};
/* −1/n mod 2^64, and R² mod n. */
#define ORDER_INVERSE UINT64_C(0xccd1c8aaee00bc4f)
static const struct hf_p256_scalar ORDER_RR = {{UINT64_C(0x83244c95be79eea2),
        UINT64_C(0x4699799c49bd6fa6), UINT64_C(0x2845b2392b6bec59), UINT64_C(0x66e12d94f3d95620)}};

/* limbs + carry · 2^256, below 2n, to below n. */
static struct hf_p256_scalar reduce(const uint64_t limbs[4], uint64_t carry)
{
	struct hf_p256_scalar r;
	uint64_t borrow = 0;
	for (unsigned i = 0; i < 4; i++)
		r.limb[i] = sub_borrow(limbs[i], HF_P256_ORDER[i], &borrow);
	if (borrow > carry)
		memcpy(r.limb, limbs, sizeof(r.limb));
	return r;
}

/* Montgomery product a·b/R mod n. */
static struct hf_p256_scalar multiply(
        const struct hf_p256_scalar *a, const struct hf_p256_scalar *b)
{
	uint64_t t[6] = {0};
	for (unsigned i = 0; i < 4; i++) {
		uint64_t carry = 0;
		for (unsigned j = 0; j < 4; j++) {
			hf_u128 sum = (hf_u128)a->limb[j] * b->limb[i] + t[j] + carry;
			t[j] = (uint64_t)sum;
			carry = (uint64_t)(sum >> 64);
		}
		hf_u128 top = (hf_u128)t[4] + carry;
		t[4] = (uint64_t)top;
		t[5] = (uint64_t)(top >> 64);
		uint64_t m = t[0] * ORDER_INVERSE;
		hf_u128 sum = (hf_u128)m * HF_P256_ORDER[0] + t[0];
		carry = (uint64_t)(sum >> 64);
		for (unsigned j = 1; j < 4; j++) {
			sum = (hf_u128)m * HF_P256_ORDER[j] + t[j] + carry;
			t[j - 1] = (uint64_t)sum;
			carry = (uint64_t)(sum >> 64);
		}
		top = (hf_u128)t[4] + carry;
		t[3] = (uint64_t)top;
		t[4] = t[5] + (uint64_t)(top >> 64);
	}
	return reduce(t, t[4]);
}

/* 1/a in Montgomery form: (a·R)⁻¹·R². */
static struct hf_p256_scalar invert(const struct hf_p256_scalar *a)
{
	struct hf_p256_scalar r;
	hf_p256_inverse(&HF_P256_MOD_N, a->limb, r.limb);
	r = multiply(&r, &ORDER_RR);
	return multiply(&r, &ORDER_RR);
}

bool hf_p256_in_range(const uint64_t limbs[static 4])
{
	return (limbs[0] | limbs[1] | limbs[2] | limbs[3]) != 0 && limbs_less(limbs, HF_P256_ORDER);
}

bool hf_p256_has_second(const uint64_t r[static 4])
{
	return limbs_less(r, GAP);
}

void hf_p256_scalars(const struct hf_p256_job *jobs, size_t count, struct hf_p256_scalar *work,
        struct hf_p256_inputs *ret_inputs)
{
	static const struct hf_p256_scalar one = {{1}};
	struct hf_p256_scalar product = multiply(&one, &ORDER_RR);
	/* work[i]: the product of all s before i. u2 keeps s meanwhile, both in Montgomery form. */
	for (size_t i = 0; i < count; i++) {
		struct hf_p256_inputs *in = &ret_inputs[i];
		struct hf_p256_scalar s;
		limbs_from_bytes(jobs[i].signature, in->r);
		limbs_from_bytes(jobs[i].signature + 32, s.limb);
		in->r_twice = hf_p256_has_second(in->r);
		in->verdict = hf_p256_in_range(in->r) && hf_p256_in_range(s.limb) ? HF_P256_GOOD
		                                                                  : HF_P256_BAD;
		if (in->verdict == HF_P256_BAD)
			s = one;
		in->u2 = multiply(&s, &ORDER_RR);
		work[i] = product;
		product = multiply(&product, &in->u2);
	}
	struct hf_p256_scalar inverse = invert(&product);
	for (size_t i = count; i-- > 0;) {
		struct hf_p256_inputs *in = &ret_inputs[i];
		struct hf_p256_scalar w = multiply(&inverse, &work[i]), e, r;
		uint64_t digest[4];
		inverse = multiply(&inverse, &in->u2);
		limbs_from_bytes(jobs[i].digest, digest);
		e = reduce(digest, 0); /* below 2^256 < 2n */
		memcpy(r.limb, in->r, sizeof(r.limb));
		/* A factor in Montgomery form and one that is not: the product is not. */
		in->u1 = multiply(&e, &w);
		in->u2 = multiply(&r, &w);
		static const struct hf_p256_scalar zero;
		if (in->verdict == HF_P256_GOOD && memcmp(&in->u1, &zero, sizeof(zero)) == 0)
			in->verdict = HF_P256_UNSURE; /* e ≡ 0: nothing to add to */
	}
}

/*
 * An even u becomes u − n, which is odd and negative. With t the odd number and L = width ·
 * windows bits, v = (t + 2^L − 1)/2 has the digits' codes as its base-2^width digits c: the digit
 * is 2c − (2^width − 1).
 */
void hf_p256_recode(
        const struct hf_p256_scalar *u, unsigned width, unsigned windows, uint16_t *ret_codes)
{
	uint64_t t[5], borrow = 0;
	memcpy(t, u->limb, sizeof(u->limb));
	t[4] = 0;
	if ((t[0] & 1) == 0) {
		for (unsigned i = 0; i < 4; i++)
			t[i] = sub_borrow(t[i], HF_P256_ORDER[i], &borrow);
		t[4] = -borrow;
	}
	/* (t − 1)/2 is t shifted, as t is odd; then 2^(L − 1) is added. */
	for (unsigned i = 0; i < 4; i++)
		t[i] = t[i] >> 1 | t[i + 1] << 63;
	t[4] = (uint64_t)((int64_t)t[4] >> 1);
	unsigned top = width * windows - 1; /* 256 … 319: always in the last limb */
	t[4] += UINT64_C(1) << top % 64;

	const unsigned half = 1u << (width - 1);
	for (unsigned k = 0; k < windows; k++) {
		unsigned at = k * width, limb = at / 64, shift = at % 64;
		uint64_t bits = t[limb] >> shift;
		if (shift + width > 64 && limb < 4)
			bits |= t[limb + 1] << (64 - shift);
		unsigned code = (unsigned)bits & (2 * half - 1);
		ret_codes[k] = (uint16_t)(code >= half ? code - half : (half - 1 - code) | 0x8000);
	}
}
