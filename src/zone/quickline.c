/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/quickline.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/times.h"

#define TTL_MAX    0x7fffffffu            /* RFC 2181 section 8 */
#define STAMP_2106 INT64_C(4291747200)    /* dates from here on are left to libzscanner */
#define TYPES_END  512                    /* bitmaps with types from here on too */
#define TAIL_MAX   (HF_QUICK_RDATA - 512) /* bytes of what may follow names and numbers */

/* Where reading is in the line; `failed` once it is none for us. */
struct reader {
	const char *at;
	const char *end;
	bool failed;
	uint8_t *out; /* where the next bytes of RDATA go */
};

/* ---- Tokens ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What a label may hold unescaped: letters, digits and "*-/_", a bit for each character. */
static bool is_label_char(uint8_t c)
{
	static const uint64_t allowed[4] = {
	        UINT64_C(0x03ffa40000000000), UINT64_C(0x07fffffe87fffffe), 0, 0};
	return allowed[c >> 6] >> (c & 63) & 1;
}

/* Passes the blanks before a field, at least one. */
static void pass_blanks(struct reader *in)
{
	const char *at = in->at;
	while (at < in->end && is_blank(*at))
		at++;
	in->failed |= at == in->at;
	in->at = at;
}

/* The field here: everything to the next blank or newline, never empty. */
static const char *token_here(struct reader *in, size_t *ret_len)
{
	const char *start = in->at, *at = start;
	while (at < in->end && !is_blank(*at) && *at != '\n')
		at++;
	in->at = at;
	in->failed |= at == start;
	*ret_len = (size_t)(at - start);
	return start;
}

static const char *token(struct reader *in, size_t *ret_len)
{
	pass_blanks(in);
	return token_here(in, ret_len);
}

static bool ends_field(const struct reader *in)
{
	return in->at < in->end && (is_blank(*in->at) || *in->at == '\n');
}

/* A decimal number up to `max`, here, that ends its field. */
static uint32_t number_here(struct reader *in, uint32_t max)
{
	const char *start = in->at;
	uint64_t value = 0;
	for (; in->at < in->end && *in->at >= '0' && *in->at <= '9' && value <= max; in->at++)
		value = value * 10 + (uint64_t)(*in->at - '0');
	if (in->at == start || value > max || !ends_field(in))
		in->failed = true;
	return (uint32_t)value;
}

static uint32_t number(struct reader *in, uint32_t max)
{
	pass_blanks(in);
	return number_here(in, max);
}

/* A name that ends its field, in the case that it is written in. */
static void name(struct reader *in, const struct hf_quickline *line, struct hf_name *ret_name)
{
	uint8_t *wire = ret_name->wire;
	size_t len = 0;
	const char *at = in->at;
	for (;;) {
		size_t label = len++;
		while (at < in->end && len < HF_NAME_MAX && is_label_char((uint8_t)*at))
			wire[len++] = (uint8_t)*at++;
		size_t label_len = len - label - 1;
		if (label_len == 0 || label_len > 63 || len >= HF_NAME_MAX || at == in->end) {
			in->failed = true;
			return;
		}
		wire[label] = (uint8_t)label_len;
		if (*at != '.')
			break;
		if (++at < in->end && (is_blank(*at) || *at == '\n')) {
			wire[len++] = 0;
			ret_name->len = (uint8_t)len;
			in->at = at;
			return;
		}
	}
	in->at = at;
	if (!line->has_origin || !ends_field(in) || len + line->origin.len > HF_NAME_MAX) {
		in->failed = true;
		return;
	}
	memcpy(wire + len, line->origin.wire, line->origin.len);
	ret_name->len = (uint8_t)(len + line->origin.len);
}

/* ---- Fields of RDATA ---- */

static void put_u8(struct reader *in, uint32_t value)
{
	*in->out++ = (uint8_t)value;
}

static void put_u16(struct reader *in, uint32_t value)
{
	hf_write_u16(in->out, (uint16_t)value);
	in->out += 2;
}

static void put_u32(struct reader *in, uint32_t value)
{
	hf_write_u32(in->out, value);
	in->out += 4;
}

enum name_case { AS_WRITTEN, LOWER };

static void put_name(struct reader *in, const struct hf_quickline *line, enum name_case form)
{
	struct hf_name value;
	pass_blanks(in);
	if (in->failed)
		return;
	name(in, line, &value);
	if (in->failed)
		return;
	if (form == LOWER)
		hf_name_lower(&value);
	memcpy(in->out, value.wire, value.len);
	in->out += value.len;
}

static void put_stamp(struct reader *in)
{
	hf_time time = 0;
	pass_blanks(in);
	if (in->end - in->at <= 14 || hf_time_parse_compact(in->at, &time) != HF_OK || time < 0 ||
	        time >= STAMP_2106) {
		in->failed = true;
		return;
	}
	in->at += 14;
	in->failed |= !ends_field(in);
	put_u32(in, (uint32_t)time);
}

/* Digits stand for themselves and six letters for the rest; 16 for all other characters. */
static uint8_t hex_digit(char c)
{
	uint8_t digit = (uint8_t)(c - '0'), letter = (uint8_t)((c | 0x20) - 'a');
	uint8_t other = letter < 6 ? (uint8_t)(letter + 10) : 16;
	return digit < 10 ? digit : other;
}

/* Hexadecimal digits in one piece. */
static void put_hex(struct reader *in, const char *text, size_t len)
{
	uint8_t *out = in->out;
	uint8_t seen = 0;
	if (in->failed || len % 2 != 0 || len / 2 > TAIL_MAX) {
		in->failed = true;
		return;
	}
	for (size_t i = 0; i < len; i += 2) {
		uint8_t high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
		seen |= high | low;
		*out++ = (uint8_t)(high << 4 | low);
	}
	in->out = out;
	in->failed |= seen >= 16;
}

/* What characters stand for in base64 (RFC 4648 section 4); 64 for those that are none of its
 * digits. */
static const uint8_t base64_digits[128] = {64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
        64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
        64, 64, 64, 64, 64, 64, 62, 64, 64, 64, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64,
        64, 64, 64, 64, 64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
        20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 64, 64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,
        37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64};

static uint8_t base64_digit(char c)
{
	return (uint8_t)c < 128 ? base64_digits[(uint8_t)c] : 64;
}

/* The four characters at `text` as 24 bits; those from `padding_at` on are padding. */
static bool base64_quad(const char *text, unsigned padding_at, uint8_t *out)
{
	uint8_t a = base64_digit(text[0]), b = base64_digit(text[1]);
	uint8_t c = padding_at > 2 ? base64_digit(text[2]) : 0;
	uint8_t d = padding_at > 3 ? base64_digit(text[3]) : 0;
	out[0] = (uint8_t)(a << 2 | b >> 4);
	out[1] = (uint8_t)(b << 4 | c >> 2);
	out[2] = (uint8_t)(c << 6 | d);
	return (a | b | c | d) < 64;
}

/* Base64 in one piece. Bits that padding leaves over must be zero, as encoders make them. */
static void put_base64(struct reader *in)
{
	pass_blanks(in);
	const char *at = in->at;
	const uint8_t *most = in->out + TAIL_MAX;
	uint8_t *out = in->out;
	while (in->end - at > 4 && out < most && base64_quad(at, 4, out)) {
		at += 4;
		out += 3;
	}
	if (in->end - at > 4 && out < most && !is_blank(*at) && *at != '\n') {
		unsigned padding = at[2] == '=' ? 2 : 1;
		in->failed |=
		        at[3] != '=' || !base64_quad(at, 4 - padding, out) || out[3 - padding] != 0;
		at += 4;
		out += 3 - padding;
	}
	in->failed |= at == in->at;
	in->at = at;
	in->out = out;
	in->failed |= !ends_field(in);
}

/* The types to the end of the line, which must be ascending, as a bitmap. */
static void put_bitmap(struct reader *in)
{
	uint8_t bits[TYPES_END / 8] = {0};
	int before = -1;
	while (!in->failed) {
		while (in->at < in->end && is_blank(*in->at))
			in->at++;
		if (in->at == in->end || *in->at == '\n')
			break;
		in->at--; /* a field begins with a blank */
		size_t len;
		const char *text = token(in, &len);
		int type = hf_type_common(text, len);
		in->failed |= type <= before || type == 0 || type >= TYPES_END;
		if (in->failed)
			return;
		bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
		before = type;
	}
	for (unsigned window = 0; window < TYPES_END / 256; window++) {
		const uint8_t *block = &bits[32 * window];
		unsigned len = 32;
		while (len > 0 && block[len - 1] == 0)
			len--;
		if (len == 0)
			continue;
		put_u8(in, window);
		put_u8(in, len);
		memcpy(in->out, block, len);
		in->out += len;
	}
}

/* ---- RDATA by type ---- */

static void put_address(struct reader *in, int family, size_t size)
{
	char text[INET6_ADDRSTRLEN];
	size_t len;
	const char *start = token(in, &len);
	if (in->failed || len >= sizeof(text)) {
		in->failed = true;
		return;
	}
	memcpy(text, start, len);
	text[len] = '\0';
	in->failed |= strlen(text) != len || inet_pton(family, text, in->out) != 1;
	in->out += size;
}

static void put_ds(struct reader *in)
{
	put_u16(in, number(in, UINT16_MAX));
	put_u8(in, number(in, UINT8_MAX));
	put_u8(in, number(in, UINT8_MAX));
	size_t len;
	const char *text = token(in, &len);
	put_hex(in, text, len);
}

static void put_rrsig(struct reader *in, const struct hf_quickline *line)
{
	size_t len;
	const char *text = token(in, &len);
	uint16_t covered = hf_type_common(text, len);
	in->failed |= covered == 0;
	put_u16(in, covered);
	put_u8(in, number(in, UINT8_MAX));
	put_u8(in, number(in, UINT8_MAX));
	put_u32(in, number(in, UINT32_MAX));
	put_stamp(in);
	put_stamp(in);
	put_u16(in, number(in, UINT16_MAX));
	put_name(in, line, LOWER);
	put_base64(in);
}

static void put_nsec3(struct reader *in)
{
	put_u8(in, number(in, UINT8_MAX));
	put_u8(in, number(in, UINT8_MAX));
	put_u16(in, number(in, UINT16_MAX));
	size_t len, hash_len;
	const char *text = token(in, &len);
	if (len == 1 && *text == '-')
		len = 0;
	in->failed |= len / 2 > HF_NSEC3_SALT_MAX;
	put_u8(in, (uint32_t)(len / 2));
	put_hex(in, text, len);
	text = token(in, &len);
	put_u8(in, HF_NSEC3_HASH_LEN);
	if (in->failed || len != HF_NSEC3_LABEL ||
	        !hf_nsec3_unlabel((const uint8_t *)text, len, in->out, &hash_len))
		in->failed = true;
	in->out += HF_NSEC3_HASH_LEN;
	put_bitmap(in);
}

static void put_rdata(struct reader *in, const struct hf_quickline *line)
{
	switch (line->type) {
	case KNOT_RRTYPE_A:
		put_address(in, AF_INET, 4);
		break;
	case KNOT_RRTYPE_AAAA:
		put_address(in, AF_INET6, 16);
		break;
	case KNOT_RRTYPE_NS:
	case KNOT_RRTYPE_CNAME:
	case KNOT_RRTYPE_PTR:
		put_name(in, line, LOWER);
		break;
	case KNOT_RRTYPE_MX:
		put_u16(in, number(in, UINT16_MAX));
		put_name(in, line, LOWER);
		break;
	case KNOT_RRTYPE_DS:
		put_ds(in);
		break;
	case KNOT_RRTYPE_RRSIG:
		put_rrsig(in, line);
		break;
	case KNOT_RRTYPE_NSEC:
		put_name(in, line, AS_WRITTEN); /* RFC 6840 section 5.1 */
		put_bitmap(in);
		break;
	case KNOT_RRTYPE_NSEC3:
		put_nsec3(in);
		break;
	default:
		in->failed = true;
		break;
	}
}

/* ---- Lines ---- */

static void read_owner(struct reader *in, struct hf_quickline *line)
{
	size_t len = line->owner_text_len;
	if (len > 0 && (size_t)(in->end - in->at) > len && is_blank(in->at[len]) &&
	        memcmp(in->at, line->owner_text, len) == 0) {
		in->at += len;
		return;
	}
	const char *start = in->at;
	name(in, line, &line->owner);
	line->owner_text = start;
	line->owner_text_len = (size_t)(in->at - start);
}

/* TTL and class, in either order and each at most once, then the type. */
static void read_head(struct reader *in, struct hf_quickline *line)
{
	bool has_ttl = false, has_class = false;
	line->ttl = line->default_ttl;
	while (!in->failed) {
		pass_blanks(in);
		if (in->end - in->at < 3) {
			in->failed = true;
		} else if (!has_ttl && *in->at >= '0' && *in->at <= '9') {
			line->ttl = number_here(in, TTL_MAX);
			has_ttl = true;
		} else if (!has_class && memcmp(in->at, "IN", 2) == 0 && is_blank(in->at[2])) {
			in->at += 2;
			has_class = true;
		} else {
			size_t len;
			const char *text = token_here(in, &len);
			line->type = hf_type_common(text, len);
			return;
		}
	}
}

void hf_quickline_forget(struct hf_quickline *line)
{
	line->owner_text = NULL;
	line->owner_text_len = 0;
}

const char *hf_quickline_read(struct hf_quickline *line, const char *text, const char *end)
{
	struct reader in = {.at = text, .end = end, .out = line->rdata};
	read_owner(&in, line);
	if (!in.failed)
		read_head(&in, line);
	if (!in.failed)
		put_rdata(&in, line);
	while (in.at < end && is_blank(*in.at))
		in.at++;
	if (in.failed || in.at == end || *in.at != '\n') {
		hf_quickline_forget(line);
		return NULL;
	}
	line->rdata_len = (uint16_t)(in.out - line->rdata);
	return in.at;
}
