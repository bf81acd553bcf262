/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/secret.h"

#include <string.h>
#include <sys/mman.h>

#include <openssl/crypto.h>

enum hf_err hf_secret_init(struct hf_secret *secret, size_t cap)
{
	void *pages = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return HF_ERR_NOMEM;
	/* Both are extra safety that a system may not offer: working without them is fine. */
	(void)madvise(pages, cap, MADV_DONTDUMP);
	(void)mlock(pages, cap);
	*secret = (struct hf_secret){.data = pages, .cap = cap};
	return HF_OK;
}

void hf_secret_done(struct hf_secret *secret)
{
	if (secret->data != NULL) {
		OPENSSL_cleanse(secret->data, secret->cap);
		munmap(secret->data, secret->cap);
	}
	*secret = (struct hf_secret){0};
}

void hf_secret_put(struct hf_secret *secret, const void *data, size_t len)
{
	if (len > secret->cap - secret->len) {
		secret->full = true;
		return;
	}
	if (len > 0)
		memcpy(secret->data + secret->len, data, len);
	secret->len += len;
}

void hf_secret_put_text(struct hf_secret *secret, const char *text)
{
	hf_secret_put(secret, text, strlen(text));
}

/*
 * Base64 digits are made and read by arithmetic, not by tables: which places of a table are in
 * the cache would tell about the secret.
 */

/* All ones when `low` <= `value` <= `high`, else 0. */
static unsigned mask(unsigned value, unsigned low, unsigned high)
{
	return 0U - (((low - 1 - value) & (value - high - 1)) >> (sizeof(unsigned) * 8 - 1));
}

static uint8_t to_digit(unsigned six)
{
	return (uint8_t)((mask(six, 0, 25) & (six + 'A')) | (mask(six, 26, 51) & (six - 26 + 'a')) |
	                 (mask(six, 52, 61) & (six - 52 + '0')) | (mask(six, 62, 62) & '+') |
	                 (mask(six, 63, 63) & '/'));
}

/* 0 … 63, or a larger value when it is no digit. */
static unsigned from_digit(uint8_t digit)
{
	unsigned c = digit;
	unsigned any = mask(c, 'A', 'Z') | mask(c, 'a', 'z') | mask(c, '0', '9') |
	               mask(c, '+', '+') | mask(c, '/', '/');
	return (mask(c, 'A', 'Z') & (c - 'A')) | (mask(c, 'a', 'z') & (c - 'a' + 26)) |
	       (mask(c, '0', '9') & (c - '0' + 52)) | (mask(c, '+', '+') & 62) |
	       (mask(c, '/', '/') & 63) | (~any & 64);
}

void hf_secret_put_base64(struct hf_secret *secret, const void *data, size_t len)
{
	const uint8_t *in = data;
	uint8_t group[4];
	for (; len > 0; in += len < 3 ? len : 3, len -= len < 3 ? len : 3) {
		unsigned bits = (unsigned)in[0] << 16;
		if (len > 1)
			bits |= (unsigned)in[1] << 8;
		if (len > 2)
			bits |= in[2];
		for (unsigned i = 0; i < 4; i++)
			group[i] = to_digit(bits >> (18 - 6 * i) & 63);
		if (len < 3)
			group[3] = '=';
		if (len < 2)
			group[2] = '=';
		hf_secret_put(secret, group, sizeof(group));
	}
	OPENSSL_cleanse(group, sizeof(group));
}

/* One group of up to four digits; `digits` counts those before the padding. */
static enum hf_err take_group(struct hf_secret *secret, const uint8_t group[4], unsigned digits)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < 4; i++)
		bits = bits << 6 | (i < digits ? group[i] : 0U);
	uint8_t bytes[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
	/* Bits after the last whole byte must be 0, so that one text stands for one value. */
	bool clean = digits == 4 || (digits == 3 && bytes[2] == 0) ||
	             (digits == 2 && bytes[1] == 0 && bytes[2] == 0);
	if (clean)
		hf_secret_put(secret, bytes, digits - 1);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return clean ? HF_OK : HF_ERR_SYNTAX;
}

enum hf_err hf_secret_take_base64(struct hf_secret *secret, const char *text, size_t len)
{
	uint8_t group[4] = {0};
	unsigned used = 0, digits = 0;
	bool ended = false;
	enum hf_err err = HF_OK;
	for (size_t i = 0; err == HF_OK && i < len; i++) {
		if (text[i] == ' ' || text[i] == '\t')
			continue;
		unsigned value = from_digit((uint8_t)text[i]);
		if (ended || (text[i] == '=' ? used < 2 : value > 63 || digits < used)) {
			err = HF_ERR_SYNTAX;
			break;
		}
		if (text[i] != '=')
			group[digits++] = (uint8_t)value;
		if (++used < 4)
			continue;
		ended = digits < 4;
		err = take_group(secret, group, digits);
		used = digits = 0;
	}
	OPENSSL_cleanse(group, sizeof(group));
	if (err != HF_OK || used != 0)
		return HF_ERR_SYNTAX;
	return secret->full ? HF_ERR_LIMIT : HF_OK;
}
