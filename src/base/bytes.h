/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Byte cursors: reading untrusted bytes and building new ones, without a check at each step.
 *
 * Both remember the first failure: after it, reads give zeros and writes do nothing, so a caller
 * checks `failed` once at the end. Numbers are big-endian (network order). One thread at a time.
 */
#ifndef HF_BASE_BYTES_H
#define HF_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

/* Big-endian numbers at a place. */

static inline uint16_t hf_read_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t hf_read_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void hf_write_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void hf_write_u32(uint8_t *at, uint32_t value)
{
	hf_write_u16(at, (uint16_t)(value >> 16));
	hf_write_u16(at + 2, (uint16_t)value);
}

/* Reads from bytes that it borrows. */
struct hf_cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool failed; /* something was asked for that is not there */
};

void hf_cursor_init(struct hf_cursor *cursor, const void *data, size_t len);

static inline size_t hf_cursor_left(const struct hf_cursor *cursor)
{
	return cursor->failed ? 0 : (size_t)(cursor->end - cursor->at);
}

/* The next `len` bytes in place, or NULL when fewer are left. */
static inline const uint8_t *hf_get_bytes(struct hf_cursor *cursor, size_t len)
{
	if (cursor->failed || (size_t)(cursor->end - cursor->at) < len) {
		cursor->failed = true;
		return NULL;
	}
	const uint8_t *at = cursor->at;
	cursor->at += len;
	return at;
}

static inline uint8_t hf_get_u8(struct hf_cursor *cursor)
{
	const uint8_t *at = hf_get_bytes(cursor, 1);
	return at != NULL ? *at : 0;
}

static inline uint16_t hf_get_u16(struct hf_cursor *cursor)
{
	const uint8_t *at = hf_get_bytes(cursor, 2);
	return at != NULL ? hf_read_u16(at) : 0;
}

static inline uint32_t hf_get_u32(struct hf_cursor *cursor)
{
	const uint8_t *at = hf_get_bytes(cursor, 4);
	return at != NULL ? hf_read_u32(at) : 0;
}

/* A growing byte string. Zero-initialised is empty. Not for secrets: see crypto/secret.h. */
struct hf_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool failed; /* memory ran out */
};

void hf_buf_done(struct hf_buf *buf);
/* Empties it but keeps the memory; forgets a failure. */
void hf_buf_reset(struct hf_buf *buf);
/* For hf_buf_reserve: more memory, whatever there is room for. */
bool hf_buf_grow(struct hf_buf *buf, size_t len);

/* Makes room for `len` more bytes; false (and failed) when there is no memory. */
static inline bool hf_buf_reserve(struct hf_buf *buf, size_t len)
{
	return (!buf->failed && buf->cap - buf->len >= len) || hf_buf_grow(buf, len);
}

static inline void hf_put_bytes(struct hf_buf *buf, const void *data, size_t len)
{
	if (len == 0 || !hf_buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

static inline void hf_put_u8(struct hf_buf *buf, uint8_t value)
{
	hf_put_bytes(buf, &value, 1);
}

static inline void hf_put_u16(struct hf_buf *buf, uint16_t value)
{
	uint8_t bytes[2];
	hf_write_u16(bytes, value);
	hf_put_bytes(buf, bytes, sizeof(bytes));
}

static inline void hf_put_u32(struct hf_buf *buf, uint32_t value)
{
	uint8_t bytes[4];
	hf_write_u32(bytes, value);
	hf_put_bytes(buf, bytes, sizeof(bytes));
}

void hf_put_text(struct hf_buf *buf, const char *text);
void hf_put_decimal(struct hf_buf *buf, uint64_t value);
void hf_put_format(struct hf_buf *buf, const char *format, ...) HF_PRINTF(2, 3);
/* HF_ERR_NOMEM when a write failed, else HF_OK. */
enum hf_err hf_buf_check(const struct hf_buf *buf) HF_MUST_CHECK;

#endif
