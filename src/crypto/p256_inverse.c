/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Euclid's algorithm as division steps (Bernstein and Yang, "Fast constant-time gcd computation and
 * modular inversion", 2019), here in variable time.
 *
 * f starts as the modulus m and g as the value x; d·x ≡ f and e·x ≡ g mod m hold throughout. What
 * the steps do depends on the lowest bits of f and g only, so 62 of them are found out on single
 * words, as a matrix, which is then applied to the long numbers at once. In the end g is 0, f is
 * ±1, and d is ± the inverse.
 */
#include "crypto/p256_inverse.h"

#include <stdbool.h>

#define STEPS 62
#define LIMBS 5
#define MASK  (UINT64_MAX >> (64 - STEPS))

__extension__ typedef __int128 wide;

/* Limbs of 62 bits; the last one has the sign. */
struct number {
	int64_t limb[LIMBS];
};

struct hf_p256_modulus {
	struct number value;
	uint64_t inverse; /* of the modulus, modulo 2^62 */
};

const struct hf_p256_modulus HF_P256_MOD_P = {
        .value = {{0x3fffffffffffffff, 0x3ffffffff, 0, 0x3fffffc000000040, 0xff}},
        .inverse = 0x3fffffffffffffff,
};
const struct hf_p256_modulus HF_P256_MOD_N = {
        .value = {{0x33b9cac2fc632551, 0x339beab69c5e7a13, 0x3ffffffffffffffb, 0x3fffffc00000003f,
                0xff}},
        .inverse = 0x332e375511ff43b1,
};

/* (f, g) becomes (u·f + v·g, q·f + r·g) / 2^62. The rows' absolute values sum up to 2^62 at most.
 */
struct matrix {
	int64_t u, v, q, r;
};

/*
 * 62 division steps on the lowest words of f (odd) and g. `eta` is the paper's −δ: how many bits
 * f is thought to be shorter than g. Returns the new one.
 */
static int64_t divide_steps(int64_t eta, uint64_t f, uint64_t g, struct matrix *ret_matrix)
{
	/* Unsigned, as they wrap on the way; the results do fit. */
	uint64_t u = 1, v = 0, q = 0, r = 1;
	unsigned left = STEPS;
	for (;;) {
		/* An even g is halved; the bit on top ends the run. */
		unsigned zeros = (unsigned)__builtin_ctzll(g | UINT64_C(1) << left);
		g >>= zeros;
		u <<= zeros;
		v <<= zeros;
		eta -= zeros;
		left -= zeros;
		if (left == 0)
			break;
		if (eta < 0) {
			uint64_t old_f = f, old_u = u, old_v = v;
			eta = -eta;
			f = g, u = q, v = r;
			g = -old_f, q = -old_u, r = -old_v;
		}
		/*
		 * Adding a multiple of f makes as many low bits of g zero as there are steps until
		 * eta changes its sign, and at most six: f·(2 − f²) is 1/f modulo 2^6.
		 */
		unsigned bits = eta + 1 < left ? (unsigned)(eta + 1) : left;
		uint64_t multiple = g * f * (f * f - 2) & (bits < 6 ? (1u << bits) - 1 : 63);
		g += f * multiple;
		q += u * multiple;
		r += v * multiple;
	}
	*ret_matrix = (struct matrix){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
	return eta;
}

/* (a·x + b·y + c·m) / 2^62, which must be a whole number. */
static struct number combine(int64_t a, const struct number *x, int64_t b, const struct number *y,
        int64_t c, const struct number *m)
{
	struct number result;
	wide sum = 0;
	for (unsigned i = 0; i < LIMBS; i++) {
		sum += (wide)a * x->limb[i] + (wide)b * y->limb[i] + (wide)c * m->limb[i];
		if (i > 0)
			result.limb[i - 1] = (int64_t)((uint64_t)sum & MASK);
		sum >>= STEPS;
	}
	result.limb[LIMBS - 1] = (int64_t)sum;
	return result;
}

/* The same modulo m: the multiple of m that makes it whole, between −2^61 and 2^61. */
static struct number combine_modulo(int64_t a, const struct number *x, int64_t b,
        const struct number *y, const struct hf_p256_modulus *m)
{
	uint64_t low = (uint64_t)a * (uint64_t)x->limb[0] + (uint64_t)b * (uint64_t)y->limb[0];
	uint64_t c = -(low * m->inverse) << (64 - STEPS);
	return combine(a, x, b, y, (int64_t)c >> (64 - STEPS), &m->value);
}

/* a + b, or a − b. */
static struct number add(const struct number *a, const struct number *b, int sign)
{
	struct number result;
	int64_t carry = 0;
	for (unsigned i = 0; i < LIMBS; i++) {
		carry += a->limb[i] + sign * b->limb[i];
		result.limb[i] = i + 1 < LIMBS ? carry & (int64_t)MASK : carry;
		carry >>= STEPS;
	}
	return result;
}

static bool is_negative(const struct number *a)
{
	return a->limb[LIMBS - 1] < 0;
}

static bool is_zero(const struct number *a)
{
	return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3] | a->limb[4]) == 0;
}

/* Each of the at most 12 rounds lets d and e grow by half a modulus, so few steps get them back. */
static struct number reduce(struct number value, const struct number *modulus)
{
	while (is_negative(&value))
		value = add(&value, modulus, 1);
	for (;;) {
		struct number less = add(&value, modulus, -1);
		if (is_negative(&less))
			return value;
		value = less;
	}
}

void hf_p256_inverse(const struct hf_p256_modulus *modulus, const uint64_t value[static 4],
        uint64_t ret_inverse[static 4])
{
	static const struct number zero;
	struct number f = modulus->value, g, d = zero, e = {{1}};
	int64_t eta = -1;
	for (unsigned i = 0; i < LIMBS; i++) {
		uint64_t low = i < 4 ? value[i] << 2 * i : 0;
		uint64_t high = i > 0 ? value[i - 1] >> (64 - 2 * i) : 0;
		g.limb[i] = (int64_t)((low | high) & MASK);
	}
	while (!is_zero(&g)) {
		struct matrix t;
		uint64_t low_f = (uint64_t)f.limb[0] | (uint64_t)f.limb[1] << STEPS;
		uint64_t low_g = (uint64_t)g.limb[0] | (uint64_t)g.limb[1] << STEPS;
		eta = divide_steps(eta, low_f, low_g, &t);
		struct number next_f = combine(t.u, &f, t.v, &g, 0, &f);
		g = combine(t.q, &f, t.r, &g, 0, &f);
		f = next_f;
		struct number next_d = combine_modulo(t.u, &d, t.v, &e, modulus);
		e = combine_modulo(t.q, &d, t.r, &e, modulus);
		d = next_d;
	}
	if (is_negative(&f))
		d = add(&zero, &d, -1);
	d = reduce(d, &modulus->value);
	for (unsigned i = 0; i < 4; i++)
		ret_inverse[i] = (uint64_t)d.limb[i] >> 2 * i | (uint64_t)d.limb[i + 1]
		                                                        << (62 - 2 * i);
}
