/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making a new key in a folder of keys.
 *
 * No tag is taken that any key of the zone in this folder has or had, revoked form included and
 * whatever the algorithm: tags that meet have taken whole top-level domains off the net. One
 * thread at a time; several processes may work in one folder.
 */
#ifndef HF_CRYPTO_KEYMAKE_H
#define HF_CRYPTO_KEYMAKE_H

#include "crypto/keyfile.h"

#define HF_KEYMAKE_TRIES 50 /* keys that are made before we say that no tag is free */

struct hf_keymake_options {
	const char *dir;
	const struct hf_name *owner;
	enum hf_role role;
	uint8_t algorithm;
	unsigned bits; /* 0: the algorithm's default */
	uint32_t ttl;  /* for the .key file; 0: none */
	struct hf_key_times times;
	const uint16_t
	        *taken; /* tags that the new key must not have, besides those of the folder */
	size_t taken_count;
};

/*
 * Makes the key and writes its files. HF_ERR_INVALID for a size out of range or times that
 * contradict each other, HF_ERR_UNSUPPORTED for an algorithm that we do not sign with,
 * HF_ERR_LIMIT when no free tag was found. The caller owns the key.
 */
enum hf_err hf_keymake(const struct hf_keymake_options *options, struct hf_diag *diag,
        struct hf_keyfile **ret_key) HF_MUST_CHECK;
/* The tags, plain and revoked, that keys of the zone in the folder have or had; ascending, to be
 * freed by the caller. */
enum hf_err hf_keymake_tags(const char *dir, const struct hf_name *owner, struct hf_diag *diag,
        uint16_t **ret_tags, size_t *ret_count) HF_MUST_CHECK;

#endif
