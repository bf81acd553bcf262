/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a fuzzer defines. libFuzzer calls it without a declaration of its own; replay.c calls it
 * for each file of a corpus. It must take any bytes, keep nothing, and return 0.
 */
#ifndef HF_FUZZ_H
#define HF_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
