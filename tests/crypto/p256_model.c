/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "p256_model.h"

#include <assert.h>

#include "crypto/p256_lanes.h"
#include "crypto/p256_tiers.h"

typedef vec factor;

#define MAC_LOW_BIAS  UINT64_C(0)
#define MAC_HIGH_BIAS UINT64_C(0)

static inline factor factor_of(vec limb)
{
	return limb;
}

static void mac(vec *low, vec *high, factor a, factor b)
{
	const uint64_t mask = (UINT64_C(1) << 52) - 1;
	for (unsigned l = 0; l < HF_P256_LANES; l++) {
		assert(a[l] <= mask && b[l] <= mask);
		__extension__ unsigned __int128 product = (unsigned __int128)a[l] * b[l];
		(*low)[l] += (uint64_t)product & mask;
		(*high)[l] += (uint64_t)(product >> 52) & mask;
	}
}

static void mac_shifted(vec *low, vec *high, vec a, unsigned bits)
{
	const uint64_t power = UINT64_C(1) << bits;
	mac(low, high, a, (vec){power, power, power, power, power, power, power, power});
}

#include "crypto/p256_lanes.inc"

static bool usable(void)
{
	return true;
}

const struct hf_p256_kernel P256_MODEL = {
        .name = "model", .usable = usable, .table_new = table_new, .verify = verify};
