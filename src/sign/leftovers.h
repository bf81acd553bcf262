/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a version still has RRsets that are signed in a way which may not stay any longer.
 *
 * A walk over the whole version, but a quick one: nothing is hashed, signed or compared. It saves
 * the signing of the whole zone at the end of a gradual change of signers. Pure. Uses the pool's
 * threads.
 */
#ifndef HF_SIGN_LEFTOVERS_H
#define HF_SIGN_LEFTOVERS_H

#include "base/pool.h"
#include "sign/sign_plan.h"

/* In the plan's previous version. The sets that every signing signs anew (DNSKEY, CDS, CDNSKEY) do
 * not count. */
enum hf_err hf_leftovers_find(
        const struct hf_sign_plan *plan, struct hf_pool *pool, bool *ret_any) HF_MUST_CHECK;

#endif
