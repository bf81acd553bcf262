/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel for IFMA with that instruction's two halves in plain C, so that every machine runs it.
 *
 * It sees to it that factors have 52 bits: the instruction ignores what is above, in silence.
 * Constant data.
 */
#ifndef HF_TESTS_P256_MODEL_H
#define HF_TESTS_P256_MODEL_H

#include "crypto/p256.h"

extern const struct hf_p256_kernel P256_MODEL;

#endif
