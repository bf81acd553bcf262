/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What somebody wants to change, in words: those of `holdfast plan --roll` and `holdfast roll`, and
 * of the members "what" and "method" of the daemon's request "roll". Pure and thread-safe.
 *
 * zsk, ksk, csk, algorithm:NAME, to-csk, to-ksk-zsk, nsec, nsec3, opt-out, secure, insecure,
 * standby-zsk, standby-ksk, standby-csk, emergency:TAG
 */
#ifndef HF_ROLLOVER_WISH_H
#define HF_ROLLOVER_WISH_H

#include "rollover/rollover.h"

struct hf_wish {
	struct hf_roll_start start; /* `role` and `compromised` are left to the caller when … */
	bool emergency;             /* … the key with that tag may be in other hands */
	uint16_t compromised_tag;
	bool has_model; /* to-csk, to-ksk-zsk: the policy has to want that model, too */
	enum hf_key_model model;
};

/* `method` NULL: the policy's. HF_ERR_SYNTAX: words that make no sense. */
enum hf_err hf_wish_read(const char *what, const char *method, struct hf_diag *diag,
        struct hf_wish *ret_wish) HF_MUST_CHECK;

#endif
