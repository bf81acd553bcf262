/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hf_cursor_init(struct hf_cursor *cursor, const void *data, size_t len)
{
	/* Arithmetic on a null pointer is undefined, so no bytes get an address too. */
	const uint8_t *at = len > 0 ? data : (const uint8_t *)"";
	*cursor = (struct hf_cursor){.at = at, .end = at + len};
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

bool hf_buf_grow(struct hf_buf *buf, size_t len)
{
	if (buf->failed)
		return false;
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
