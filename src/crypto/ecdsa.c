/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/ecdsa.h"

#include <string.h>

#include "base/bytes.h"

#define DER_INTEGER  0x02
#define DER_SEQUENCE 0x30

/* One unsigned number as a DER INTEGER: shortest form, with a zero byte where a sign would be. */
static size_t put_integer(uint8_t *out, const uint8_t *number, size_t len)
{
	while (len > 1 && *number == 0) {
		number++;
		len--;
	}
	size_t pad = number[0] >> 7;
	out[0] = DER_INTEGER;
	out[1] = (uint8_t)(len + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, number, len);
	return 2 + pad + len;
}

size_t hf_ecdsa_to_der(
        const uint8_t *raw, size_t part_len, uint8_t ret_der[static HF_ECDSA_DER_MAX])
{
	/* Two parts of at most 51 bytes each: the length always fits into one byte below 128. */
	size_t len = put_integer(ret_der + 2, raw, part_len);
	len += put_integer(ret_der + 2 + len, raw + part_len, part_len);
	ret_der[0] = DER_SEQUENCE;
	ret_der[1] = (uint8_t)len;
	return 2 + len;
}

static bool get_integer(struct hf_cursor *in, uint8_t *out, size_t part_len)
{
	if (hf_get_u8(in) != DER_INTEGER)
		return false;
	size_t len = hf_get_u8(in);
	const uint8_t *number = hf_get_bytes(in, len);
	if (number == NULL || len == 0 || number[0] >= 0x80)
		return false;
	if (number[0] == 0) {
		number++;
		len--;
	}
	if (len > part_len)
		return false;
	memset(out, 0, part_len - len);
	memcpy(out + part_len - len, number, len);
	return true;
}

bool hf_ecdsa_from_der(const uint8_t *der, size_t len, size_t part_len, uint8_t *ret_raw)
{
	struct hf_cursor in;
	hf_cursor_init(&in, der, len);
	uint8_t raw[2 * HF_ECDSA_PART_MAX];
	if (hf_get_u8(&in) != DER_SEQUENCE || hf_get_u8(&in) != hf_cursor_left(&in) ||
	        !get_integer(&in, raw, part_len) || !get_integer(&in, raw + part_len, part_len) ||
	        hf_cursor_left(&in) != 0)
		return false;
	memcpy(ret_raw, raw, 2 * part_len);
	return true;
}
