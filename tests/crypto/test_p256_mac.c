/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two halves of a product of 52 bits, as a tier makes them, against plain integers. TIER is the
 * tier's source and USABLE its question to the processor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include TIER

#define SKIPPED 77
#define RANDOM  20000

static const uint64_t EDGES[] = {0, 1, 2, 3, 0xf, 0x3ffffff, 0x4000000, 0x4000001, 0x7ffffff,
        0x8000000000000, 0x8000000000001, 0x7ffffffffffff, 0xffffffffffffe, 0xfffffffffffff,
        0xfffffffffff, 0x1000000000, 0xffffffff0000, 0xaaaaaaaaaaaaa, 0x5555555555555};
#define EDGE_COUNT (sizeof(EDGES) / sizeof(EDGES[0]))

static uint64_t random_bits(void)
{
	uint64_t r = 0;
	for (unsigned i = 0; i < 5; i++)
		r = r << 15 ^ (uint64_t)rand();
	return r;
}

static vec spread(const uint64_t numbers[HF_P256_LANES])
{
	vec r;
	for (unsigned l = 0; l < HF_P256_LANES; l++)
		r[l] = numbers[l];
	return r;
}

static void check_mac(const uint64_t a[HF_P256_LANES], const uint64_t b[HF_P256_LANES])
{
	uint64_t low_before[HF_P256_LANES], high_before[HF_P256_LANES];
	for (unsigned l = 0; l < HF_P256_LANES; l++) {
		low_before[l] = random_bits();
		high_before[l] = random_bits();
	}
	vec low = spread(low_before), high = spread(high_before);
	mac(&low, &high, factor_of(spread(a)), factor_of(spread(b)));
	for (unsigned l = 0; l < HF_P256_LANES; l++) {
		hf_u128 product = (hf_u128)a[l] * b[l];
		assert_true(low[l] == low_before[l] + ((uint64_t)product & MASK) + MAC_LOW_BIAS);
		assert_true(high[l] == high_before[l] + (uint64_t)(product >> 52) + MAC_HIGH_BIAS);
	}
}

static void check_shifted(const uint64_t a[HF_P256_LANES], unsigned bits)
{
	vec low = same(5), high = same(7);
	mac_shifted(&low, &high, spread(a), bits);
	for (unsigned l = 0; l < HF_P256_LANES; l++) {
		hf_u128 product = (hf_u128)a[l] << bits;
		assert_true(low[l] == 5 + ((uint64_t)product & MASK));
		assert_true(high[l] == 7 + (uint64_t)(product >> 52));
	}
}

static void edges(void **state)
{
	for (size_t i = 0; i < EDGE_COUNT; i++) {
		for (size_t j = 0; j < EDGE_COUNT; j++) {
			uint64_t a[HF_P256_LANES], b[HF_P256_LANES];
			for (size_t l = 0; l < HF_P256_LANES; l++) {
				a[l] = EDGES[(i + l) % EDGE_COUNT];
				b[l] = EDGES[(j + 3 * l) % EDGE_COUNT];
			}
			check_mac(a, b);
			check_shifted(a, 36);
			check_shifted(a, 44);
		}
	}
}

static void random_numbers(void **state)
{
	for (unsigned i = 0; i < RANDOM; i++) {
		uint64_t a[HF_P256_LANES], b[HF_P256_LANES];
		for (unsigned l = 0; l < HF_P256_LANES; l++) {
			a[l] = random_bits() & MASK;
			b[l] = random_bits() & MASK;
			/* Products just above and just below a multiple of 2^52. */
			if (l % 4 == 0)
				b[l] = UINT64_C(1) << (unsigned)rand() % 52;
			else if (l % 4 == 1)
				b[l] = MASK + 1 - a[l];
		}
		check_mac(a, b);
		check_shifted(a, 1 + i % 51);
	}
}

/* What is in one lane has no effect on the others. */
static void lanes_are_apart(void **state)
{
	struct fe8 a, b;
	for (unsigned i = 0; i < LIMBS; i++) {
		for (unsigned l = 0; l < HF_P256_LANES; l++) {
			a.limb[i][l] = random_bits() & (MASK >> 2);
			b.limb[i][l] = random_bits() & (MASK >> 2);
		}
	}
	struct fe8 together = times(&a, &b);
	for (unsigned l = 0; l < HF_P256_LANES; l++) {
		struct fe8 other = a, changed;
		for (unsigned i = 0; i < LIMBS; i++)
			other.limb[i][l] = random_bits() & (MASK >> 2);
		changed = times(&other, &b);
		for (unsigned m = 0; m < HF_P256_LANES; m++)
			for (unsigned i = 0; i < LIMBS; i++)
				assert_true(m == l || changed.limb[i][m] == together.limb[i][m]);
	}
}

int main(void)
{
	if (!USABLE())
		return SKIPPED;
	srand(9);
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(edges),
	        cmocka_unit_test(random_numbers),
	        cmocka_unit_test(lanes_are_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
