/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text with secrets in it: pages of their own, kept out of core dumps and, as far as the system
 * lets us, out of swap; wiped when done.
 *
 * The room is fixed at the start, so nothing is ever copied to a larger place and left behind.
 * Writing over the end does nothing and sets `full`. One thread at a time.
 */
#ifndef HF_CRYPTO_SECRET_H
#define HF_CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Zero-initialised is empty and without room. */
struct hf_secret {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool full; /* something did not fit */
};

/* Room for `cap` bytes, at least one. */
enum hf_err hf_secret_init(struct hf_secret *secret, size_t cap) HF_MUST_CHECK;
void hf_secret_done(struct hf_secret *secret);
void hf_secret_put(struct hf_secret *secret, const void *data, size_t len);
void hf_secret_put_text(struct hf_secret *secret, const char *text);
/* Base64 with padding (RFC 4648 section 4), in one piece. */
void hf_secret_put_base64(struct hf_secret *secret, const void *data, size_t len);
/*
 * Appends what `len` characters of base64 stand for; blanks between them do not count.
 * HF_ERR_SYNTAX when they are not base64, HF_ERR_LIMIT when there is no room for it.
 */
enum hf_err hf_secret_take_base64(
        struct hf_secret *secret, const char *text, size_t len) HF_MUST_CHECK;

#endif
