/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/cpu.h"

#ifdef __x86_64__

#include <cpuid.h>

struct leaf {
	unsigned a, b, c, d;
};

static struct leaf cpuid(unsigned number)
{
	struct leaf leaf = {0};
	__get_cpuid_count(number, 0, &leaf.a, &leaf.b, &leaf.c, &leaf.d);
	return leaf;
}

/* XCR0: which registers the system saves when it switches threads. */
static unsigned saved_registers(void)
{
	unsigned low, high;
	if ((cpuid(1).c & bit_OSXSAVE) == 0)
		return 0;
	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

bool hf_cpu_has_adx(void)
{
	const unsigned want = bit_BMI2 | bit_ADX;
	return (cpuid(7).b & want) == want;
}

bool hf_cpu_has_avx512(void)
{
	/* SSE, AVX, mask registers, and both parts of the large registers. */
	const unsigned registers = 1u << 1 | 1u << 2 | 1u << 5 | 1u << 6 | 1u << 7;
	const unsigned want = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW;
	return (cpuid(7).b & want) == want && (saved_registers() & registers) == registers;
}

bool hf_cpu_has_ifma(void)
{
	return hf_cpu_has_avx512() && (cpuid(7).b & bit_AVX512IFMA) != 0;
}

#else

bool hf_cpu_has_adx(void)
{
	return false;
}

bool hf_cpu_has_avx512(void)
{
	return false;
}

bool hf_cpu_has_ifma(void)
{
	return false;
}

#endif
