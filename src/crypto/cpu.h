/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this processor, under this operating system, can run: asked before code that was compiled
 * for more than the oldest machines is entered. Thread-safe.
 */
#ifndef HF_CRYPTO_CPU_H
#define HF_CRYPTO_CPU_H

#include <stdbool.h>

bool hf_cpu_has_adx(void);    /* MULX and the two carry chains */
bool hf_cpu_has_avx512(void); /* F, DQ and BW, and that the system keeps the large registers */
bool hf_cpu_has_ifma(void);   /* the same, and IFMA */

#endif
