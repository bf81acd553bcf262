/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What reading and writing key files share: the timing lines, and filling in a key's public half.
 * For this part only. Thread-safe.
 */
#ifndef HF_CRYPTO_KEYPARSE_H
#define HF_CRYPTO_KEYPARSE_H

#include "crypto/keyfile.h"

#define HF_KEYFILE_LIMIT 65536 /* bytes; RSA of 4,096 bits needs some 3,500 */

/* The timing lines that we keep, in BIND's order. */
#define HF_KEY_EVENTS 8
struct hf_key_event {
	const char *name; /* "Publish" */
	size_t offset;    /* of its hf_time in struct hf_key_times */
};
extern const struct hf_key_event HF_KEY_EVENT[HF_KEY_EVENTS];
hf_time *hf_key_event_time(struct hf_key_times *times, const struct hf_key_event *event);

/* Copies the RDATA and derives algorithm, size and tags. HF_ERR_INVALID: no key of its algorithm.
 */
enum hf_err hf_keyfile_set_dnskey(struct hf_keyfile *key, struct hf_rdata dnskey) HF_MUST_CHECK;

#endif
