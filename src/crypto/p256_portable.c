/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel in plain C: for every 64-bit machine. */
#include "crypto/p256_field.h"
#include "crypto/p256_tiers.h"

static inline __attribute__((always_inline)) struct fe fe_mul(
        const struct fe *a, const struct fe *b)
{
	return fe_mul_plain(a, b);
}

#include "crypto/p256_body.inc"

static bool usable(void)
{
	return true;
}

const struct hf_p256_kernel HF_P256_PORTABLE = {
        .name = "portable", .usable = usable, .table_new = table_new, .verify = verify};
