/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kinds of damage to a good signed zone, and what verification must say about each.
 *
 * Damage is done before signing (so that everything is signed and denied properly, and only the
 * damage is wrong) or after it. Tables end with a NULL name.
 */
#ifndef HF_TESTS_VERIFY_DAMAGE_H
#define HF_TESTS_VERIFY_DAMAGE_H

#include "kit.h"

typedef void damage_fn(struct kit *kit);

struct damage {
	const char *name;
	int modes; /* enum kit_mode, combined */
	damage_fn *before, *after;
	enum hf_check_id check;
	const char *owner; /* "#name": where the denial record of the name is */
};

/* Damage by a signature over the A set at DAMAGE_WWW that was planned wrongly. */
#define DAMAGE_WWW "www.example."
struct plan_damage {
	const char *name;
	void (*change)(struct sig_plan *plan);
	enum plan_place { PLAN_INSTEAD, PLAN_BESIDE } place; /* of the good signature */
	enum hf_check_id check;
};

extern const struct plan_damage DAMAGE_PLANS[];
extern const struct damage DAMAGE_SIGS[];
extern const struct damage DAMAGE_KEYS[];
extern const struct damage DAMAGE_DENIAL[];
extern const struct damage DAMAGE_DATA[];

#endif
