/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel for x86-64 with MULX (BMI2) and the two carry chains of ADX. */
#ifdef __x86_64__

#include "crypto/cpu.h"
#include "crypto/p256_field.h"
#include "crypto/p256_tiers.h"

/*
 * One row: (c0 … c4) += a · b[i], c0 … c4 holding the sum so far and `top` becoming its carry. Low
 * halves run on the carry flag, high halves on the overflow flag.
 */
static const uint64_t P1_MEMORY = P1, P3_MEMORY = P3;

#define ROW(offset, c0, c1, c2, c3, c4, top)                                                       \
	"movq " #offset "(%[b]), %%rdx\n\t"                                                        \
	"xorl %k[" #top "], %k[" #top "]\n\t"                                                      \
	"mulxq 0(%[a]), %[t0], %[t1]\n\t"                                                          \
	"adcxq %[t0], %[" #c0 "]\n\t"                                                              \
	"adoxq %[t1], %[" #c1 "]\n\t"                                                              \
	"mulxq 8(%[a]), %[t0], %[t1]\n\t"                                                          \
	"adcxq %[t0], %[" #c1 "]\n\t"                                                              \
	"adoxq %[t1], %[" #c2 "]\n\t"                                                              \
	"mulxq 16(%[a]), %[t0], %[t1]\n\t"                                                         \
	"adcxq %[t0], %[" #c2 "]\n\t"                                                              \
	"adoxq %[t1], %[" #c3 "]\n\t"                                                              \
	"mulxq 24(%[a]), %[t0], %[t1]\n\t"                                                         \
	"adcxq %[t0], %[" #c3 "]\n\t"                                                              \
	"adoxq %[t1], %[" #c4 "]\n\t"                                                              \
	"adcxq %[" #top "], %[" #c4 "]\n\t"                                                        \
	"adoxq %[" #top "], %[" #top "]\n\t"                                                       \
	"adcq $0, %[" #top "]\n\t"

/* Adds m·p for m = c0, which makes c0 zero: see the portable kernel. */
#define REDUCE(c0, c1, c2, c3, c4, top)                                                            \
	"movq %[" #c0 "], %%rdx\n\t"                                                               \
	"mulxq %[p3], %[t0], %[t1]\n\t"                                                            \
	"shlq $32, %[" #c0 "]\n\t"                                                                 \
	"shrq $32, %%rdx\n\t"                                                                      \
	"addq %[" #c0 "], %[" #c1 "]\n\t"                                                          \
	"adcq %%rdx, %[" #c2 "]\n\t"                                                               \
	"adcq %[t0], %[" #c3 "]\n\t"                                                               \
	"adcq %[t1], %[" #c4 "]\n\t"                                                               \
	"adcq $0, %[" #top "]\n\t"

static inline __attribute__((always_inline)) struct fe fe_mul(
        const struct fe *a, const struct fe *b)
{
	uint64_t c0, c1, c2, c3, c4, c5, t0, t1;
	struct fe r;
	__asm__("movq 0(%[b]), %%rdx\n\t"
	        "mulxq 0(%[a]), %[c0], %[c1]\n\t"
	        "mulxq 8(%[a]), %[t0], %[c2]\n\t"
	        "addq %[t0], %[c1]\n\t"
	        "mulxq 16(%[a]), %[t0], %[c3]\n\t"
	        "adcq %[t0], %[c2]\n\t"
	        "mulxq 24(%[a]), %[t0], %[c4]\n\t"
	        "adcq %[t0], %[c3]\n\t"
	        "adcq $0, %[c4]\n\t"
	        "movl $0, %k[c5]\n\t"
	        /* clang-format off */
		REDUCE(c0, c1, c2, c3, c4, c5)
		ROW(8, c1, c2, c3, c4, c5, c0)
		REDUCE(c1, c2, c3, c4, c5, c0)
		ROW(16, c2, c3, c4, c5, c0, c1)
		REDUCE(c2, c3, c4, c5, c0, c1)
		ROW(24, c3, c4, c5, c0, c1, c2)
		REDUCE(c3, c4, c5, c0, c1, c2)
	        /* clang-format on */
	        /* The result is c2:c1:c0:c5:c4, below 2p. Subtract p, and take it if that was too
	           much. */
	        "movq %[c4], %[t0]\n\t"
	        "movq %[c5], %[t1]\n\t"
	        "movq %[c0], %[c3]\n\t"
	        "movq %[c1], %%rdx\n\t"
	        "subq $-1, %[t0]\n\t"
	        "sbbq %[p1], %[t1]\n\t"
	        "sbbq $0, %[c3]\n\t"
	        "sbbq %[p3], %%rdx\n\t"
	        "sbbq $0, %[c2]\n\t"
	        "cmovcq %[c4], %[t0]\n\t"
	        "cmovcq %[c5], %[t1]\n\t"
	        "cmovcq %[c0], %[c3]\n\t"
	        "cmovcq %[c1], %%rdx\n\t"
	        "movq %%rdx, %[c1]\n\t"
	        : [c0] "=&r"(c0), [c1] "=&r"(c1), [c2] "=&r"(c2), [c3] "=&r"(c3), [c4] "=&r"(c4),
	        [c5] "=&r"(c5), [t0] "=&r"(t0), [t1] "=&r"(t1)
	        : [a] "r"(a), [b] "r"(b), [p1] "m"(P1_MEMORY), [p3] "m"(P3_MEMORY), "m"(*a), "m"(*b)
	        : "rdx", "cc");
	r.limb[0] = t0;
	r.limb[1] = t1;
	r.limb[2] = c3;
	r.limb[3] = c1;
	return r;
}

#include "crypto/p256_body.inc"

const struct hf_p256_kernel HF_P256_ADX = {
        .name = "adx", .usable = hf_cpu_has_adx, .table_new = table_new, .verify = verify};

#endif
