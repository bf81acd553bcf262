/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of key files: "K", the owner, "+", the algorithm in three digits, "+", the tag in five.
 * Bytes of the owner other than letters, digits, hyphens and underscores are written %XX, as BIND
 * does. For this part only. Thread-safe.
 */
#ifndef HF_CRYPTO_KEYNAME_H
#define HF_CRYPTO_KEYNAME_H

#include "dns/name.h"

#define HF_KEYNAME_MAX 800 /* K, 253 bytes as %XX, 11 for the numbers, NUL */

/* The name without .key or .private. Returns `text`. */
char *hf_keyname(const struct hf_name *owner, uint8_t algorithm, uint16_t tag,
        char text[static HF_KEYNAME_MAX]);
/* "K", the owner and "+": what the names of all keys of a zone start with. Returns `text`. */
char *hf_keyname_prefix(const struct hf_name *owner, char text[static HF_KEYNAME_MAX]);

/* The parts of a file's name that has that form and any suffix. */
struct hf_keyname_parts {
	uint8_t algorithm;
	uint16_t tag;
	const char *suffix; /* within `file`: ".key", "" … */
};
bool hf_keyname_read(const char *file, struct hf_keyname_parts *ret_parts);

#endif
