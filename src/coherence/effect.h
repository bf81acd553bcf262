/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an offer does to the resolvers of a world that is broken already.
 *
 * During an outage the question is not "is it safe" but "does it help". Every resolver that has to
 * ask for something is looked at twice: with what is served now and with the offer. Pure;
 * thread-safe.
 */
#ifndef HF_COHERENCE_EFFECT_H
#define HF_COHERENCE_EFFECT_H

#include "coherence/world.h"

enum hf_gate_effect {
	HF_EFFECT_NONE,   /* neither */
	HF_EFFECT_BETTER, /* mends some, breaks none */
	HF_EFFECT_WORSE,  /* breaks some, mends none */
	HF_EFFECT_MIXED,  /* mends some, breaks others */
};
const char *hf_gate_effect_name(enum hf_gate_effect effect); /* "neither", "better" … */

enum hf_err hf_effect(const struct hf_evidence *evidence, const struct hf_offer *offer,
        enum hf_rules rules, hf_time at, enum hf_gate_effect *ret_effect) HF_MUST_CHECK;

#endif
