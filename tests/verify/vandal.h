/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random damage to signed versions: records and signatures dropped, altered, moved, taken from
 * other versions; names that nobody signed. Every function ends the test when it fails.
 */
#ifndef HF_TESTS_VERIFY_VANDAL_H
#define HF_TESTS_VERIFY_VANDAL_H

#include "zone/version.h"

/* A generator of its own, so that every run is the same. 0 … limit − 1. */
unsigned vandal_below(uint32_t *seed, unsigned limit);

/* A version with one random damage; `other` is another version of the same zone. */
struct hf_version *vandal_damage(
        const struct hf_version *version, const struct hf_version *other, uint32_t *seed);

#endif
