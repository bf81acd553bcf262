/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an operator wants to know about keys at some time: since when a key is in its state, what
 * happens to it next, and what about a folder of keys looks dangerous. Pure and thread-safe.
 */
#ifndef HF_CRYPTO_KEYLIFE_H
#define HF_CRYPTO_KEYLIFE_H

#include "crypto/keyfile.h"

/* A date of a key: its name as in key files ("Publish") and the time, HF_TIME_NONE when not set. */
struct hf_key_date {
	const char *name;
	hf_time time;
};
#define HF_KEY_DATES 8
/* All of them, in the order of a key's life. */
void hf_keyfile_dates(const struct hf_keyfile *key, struct hf_key_date ret_dates[HF_KEY_DATES]);

/* The first date after `now`; false when there is none. */
bool hf_keyfile_next(const struct hf_keyfile *key, hf_time now, struct hf_key_date *ret_date);
/* Since when the key is in its state at `now`; HF_TIME_NONE when no date says so. */
hf_time hf_keyfile_since(const struct hf_keyfile *key, hf_time now);

/*
 * Adds a sentence for everything that looks dangerous at `now`: equal tags, a zone whose data or
 * DNSKEY set no key can sign, private halves that are missing or open to others. The keys are in
 * the order of hf_keydir_read.
 */
void hf_keydir_check(const struct hf_keydir *keys, hf_time now, struct hf_diag *warnings);

#endif
