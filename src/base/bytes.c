/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint16_t hf_read_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t hf_read_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void hf_write_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void hf_write_u32(uint8_t *at, uint32_t value)
{
	hf_write_u16(at, (uint16_t)(value >> 16));
	hf_write_u16(at + 2, (uint16_t)value);
}

void hf_cursor_init(struct hf_cursor *cursor, const void *data, size_t len)
{
	/* Arithmetic on a null pointer is undefined, so no bytes get an address too. */
	const uint8_t *at = len > 0 ? data : (const uint8_t *)"";
	*cursor = (struct hf_cursor){.at = at, .end = at + len};
}

size_t hf_cursor_left(const struct hf_cursor *cursor)
{
	return cursor->failed ? 0 : (size_t)(cursor->end - cursor->at);
}

const uint8_t *hf_get_bytes(struct hf_cursor *cursor, size_t len)
{
	if (cursor->failed || (size_t)(cursor->end - cursor->at) < len) {
		cursor->failed = true;
		return NULL;
	}
	const uint8_t *at = cursor->at;
	cursor->at += len;
	return at;
}

uint8_t hf_get_u8(struct hf_cursor *cursor)
{
	const uint8_t *at = hf_get_bytes(cursor, 1);
	return at != NULL ? *at : 0;
}

uint16_t hf_get_u16(struct hf_cursor *cursor)
{
	const uint8_t *at = hf_get_bytes(cursor, 2);
	return at != NULL ? hf_read_u16(at) : 0;
}

uint32_t hf_get_u32(struct hf_cursor *cursor)
{
	const uint8_t *at = hf_get_bytes(cursor, 4);
	return at != NULL ? hf_read_u32(at) : 0;
}

void hf_buf_done(struct hf_buf *buf)
{
	free(buf->data);
	*buf = (struct hf_buf){0};
}

void hf_buf_reset(struct hf_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
}

bool hf_buf_reserve(struct hf_buf *buf, size_t len)
{
	if (buf->failed)
		return false;
	if (buf->cap - buf->len >= len)
		return true;
	size_t cap = buf->cap ? buf->cap : 64;
	while (cap - buf->len < len) {
		if (cap > SIZE_MAX / 2) {
			buf->failed = true;
			return false;
		}
		cap *= 2;
	}
	uint8_t *data = realloc(buf->data, cap);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->cap = cap;
	return true;
}

void hf_put_bytes(struct hf_buf *buf, const void *data, size_t len)
{
	if (len == 0 || !hf_buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

void hf_put_u8(struct hf_buf *buf, uint8_t value)
{
	hf_put_bytes(buf, &value, 1);
}

void hf_put_u16(struct hf_buf *buf, uint16_t value)
{
	uint8_t bytes[2];
	hf_write_u16(bytes, value);
	hf_put_bytes(buf, bytes, sizeof(bytes));
}

void hf_put_u32(struct hf_buf *buf, uint32_t value)
{
	uint8_t bytes[4];
	hf_write_u32(bytes, value);
	hf_put_bytes(buf, bytes, sizeof(bytes));
}

void hf_put_text(struct hf_buf *buf, const char *text)
{
	hf_put_bytes(buf, text, strlen(text));
}

void hf_put_decimal(struct hf_buf *buf, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);
	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	hf_put_bytes(buf, digits + at, sizeof(digits) - at);
}

void hf_put_format(struct hf_buf *buf, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	/* One byte more: vsnprintf always writes its NUL, which does not count. */
	if (len >= 0 && hf_buf_reserve(buf, (size_t)len + 1)) {
		vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
	va_end(args);
}

enum hf_err hf_buf_check(const struct hf_buf *buf)
{
	return buf->failed ? HF_ERR_NOMEM : HF_OK;
}
