/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/p256.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/p256_tiers.h"

static const struct hf_p256_kernel *const kernels[] = {
#ifdef __x86_64__
        &HF_P256_IFMA,
        &HF_P256_FMA,
        &HF_P256_ADX,
#endif
        &HF_P256_PORTABLE,
        NULL,
};

const struct hf_p256_kernel *const *hf_p256_kernels(void)
{
	return kernels;
}

const struct hf_p256_kernel *hf_p256_kernel(void)
{
	const char *forced = getenv("HOLDFAST_P256");
	for (size_t i = 0; forced != NULL && kernels[i] != NULL; i++)
		if (strcmp(kernels[i]->name, forced) == 0 && kernels[i]->usable())
			return kernels[i];
	size_t best = 0;
	while (!kernels[best]->usable())
		best++;
	return kernels[best];
}
