/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/bitmap.h"

#define WINDOW_MAX    32
#define LEADING_ZEROS (8 * (int)sizeof(unsigned) - 8) /* of a byte as an unsigned number */

/* One block: window number, length, bytes. False at the end or when it is malformed. */
static bool block(const uint8_t **at, const uint8_t *end, uint8_t *ret_window, uint8_t *ret_len,
        const uint8_t **ret_bits)
{
	if (end - *at < 2)
		return false;
	uint8_t len = (*at)[1];
	if (len == 0 || len > WINDOW_MAX || end - *at < 2 + len)
		return false;
	*ret_window = (*at)[0];
	*ret_len = len;
	*ret_bits = *at + 2;
	*at += 2 + len;
	return true;
}

bool hf_bitmap_valid(const uint8_t *bitmap, size_t len)
{
	const uint8_t *at = bitmap, *end = bitmap + len, *bits;
	uint8_t window, block_len;
	int last = -1;
	while (block(&at, end, &window, &block_len, &bits)) {
		if ((int)window <= last || bits[block_len - 1] == 0)
			return false;
		last = window;
	}
	return at == end;
}

bool hf_bitmap_has(const uint8_t *bitmap, size_t len, uint16_t type)
{
	const uint8_t *at = bitmap, *end = bitmap + len, *bits;
	uint8_t window, block_len, low = (uint8_t)type;
	while (block(&at, end, &window, &block_len, &bits))
		if (window == type >> 8)
			return low / 8 < block_len && (bits[low / 8] & (0x80 >> (low % 8)));
	return false;
}

int hf_bitmap_next(const uint8_t *bitmap, size_t len, int after)
{
	const uint8_t *at = bitmap, *end = bitmap + len, *bits;
	uint8_t window, block_len;
	while (block(&at, end, &window, &block_len, &bits)) {
		int base = window << 8, first = after + 1 > base ? after + 1 - base : 0;
		for (int low = first; low < block_len * 8; low = (low | 7) + 1) {
			unsigned rest = bits[low / 8] & (0xffu >> (low % 8));
			if (rest != 0)
				return base + (low & ~7) + __builtin_clz(rest) - LEADING_ZEROS;
		}
	}
	return -1;
}

void hf_bitmap_put(struct hf_buf *out, const uint16_t *types, size_t count)
{
	for (size_t i = 0; i < count;) {
		uint8_t bits[WINDOW_MAX] = {0}, window = (uint8_t)(types[i] >> 8), len = 0;
		for (; i < count && types[i] >> 8 == window; i++) {
			uint8_t low = (uint8_t)types[i];
			bits[low / 8] |= (uint8_t)(0x80 >> (low % 8));
			len = (uint8_t)(low / 8 + 1);
		}
		hf_put_u8(out, window);
		hf_put_u8(out, len);
		hf_put_bytes(out, bits, len);
	}
}
