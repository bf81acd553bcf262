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

#include "base/err.h"

/* Reads from bytes that it borrows. */
struct hf_cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool failed; /* something was asked for that is not there */
};

void hf_cursor_init(struct hf_cursor *cursor, const void *data, size_t len);
size_t hf_cursor_left(const struct hf_cursor *cursor);
uint8_t hf_get_u8(struct hf_cursor *cursor);
uint16_t hf_get_u16(struct hf_cursor *cursor);
uint32_t hf_get_u32(struct hf_cursor *cursor);
/* The next `len` bytes in place, or NULL when fewer are left. */
const uint8_t *hf_get_bytes(struct hf_cursor *cursor, size_t len);

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
/* Makes room for `len` more bytes; false (and failed) when there is no memory. */
bool hf_buf_reserve(struct hf_buf *buf, size_t len);
void hf_put_u8(struct hf_buf *buf, uint8_t value);
void hf_put_u16(struct hf_buf *buf, uint16_t value);
void hf_put_u32(struct hf_buf *buf, uint32_t value);
void hf_put_bytes(struct hf_buf *buf, const void *data, size_t len);
void hf_put_text(struct hf_buf *buf, const char *text);
void hf_put_decimal(struct hf_buf *buf, uint64_t value);
void hf_put_format(struct hf_buf *buf, const char *format, ...) HF_PRINTF(2, 3);
/* HF_ERR_NOMEM when a write failed, else HF_OK. */
enum hf_err hf_buf_check(const struct hf_buf *buf) HF_MUST_CHECK;

/* Big-endian numbers at a place. */
uint16_t hf_read_u16(const uint8_t *at);
uint32_t hf_read_u32(const uint8_t *at);
void hf_write_u16(uint8_t *at, uint16_t value);
void hf_write_u32(uint8_t *at, uint32_t value);

#endif
