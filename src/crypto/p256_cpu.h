/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this processor, under this operating system, can run. x86-64 only. Thread-safe.
 */
#ifndef HF_CRYPTO_P256_CPU_H
#define HF_CRYPTO_P256_CPU_H

#include <stdbool.h>

bool hf_p256_cpu_has_adx(void);  /* MULX and the two carry chains */
bool hf_p256_cpu_has_fma(void);  /* AVX-512 F and DQ, and registers that the system keeps */
bool hf_p256_cpu_has_ifma(void); /* the same, and IFMA */

#endif
