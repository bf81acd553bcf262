/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rdatatext.h"

#include <stdlib.h>
#include <string.h>

#include <libknot/rrset-dump.h>

#include "base/times.h"
#include "dns/bitmap.h"

#define STAMP_2106 UINT32_C(4291747200) /* 2106-01-01T00:00:00Z */
#define TEXT_SMALL 1024                 /* enough for nearly every record */

/* Most characters of all fields but names and what is at the end. */
#define RRSIG_FIELDS (HF_TYPE_TEXT + 8 * 11 + 4)
#define DS_FIELDS    (3 * 11)

/* ---- What signed zones are mostly made of: in our own words, as libknot's cost more time ---- */

/*
 * These write at `at`, where there must be room, and return what is behind what they wrote: one
 * reservation a record instead of one a field.
 */

static char *name_at(char *at, const uint8_t *wire)
{
	return at + hf_name_wire_text(wire, at);
}

static char *decimal_at(char *at, uint32_t number)
{
	char digits[10];
	size_t first = sizeof(digits);
	do
		digits[--first] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	memcpy(at, digits + first, sizeof(digits) - first);
	return at + sizeof(digits) - first;
}

static char *number_at(char *at, uint32_t number)
{
	at = decimal_at(at, number);
	*at++ = ' ';
	return at;
}

static char *type_at(char *at, uint16_t type)
{
	char text[HF_TYPE_TEXT];
	return stpcpy(at, hf_type_text(type, text));
}

/*
 * A stamp as a date where zone file readers take it for one: from 1970 to 2105. Beyond that the
 * plain number, which RFC 4034 section 3.2 allows as well.
 */
static char *stamp_at(char *at, uint32_t stamp)
{
	char text[HF_TIME_TEXT];
	at = stamp < STAMP_2106 ? stpcpy(at, hf_time_compact((hf_time)stamp, text))
	                        : decimal_at(at, stamp);
	*at++ = ' ';
	return at;
}

static char *hex_at(char *at, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < len; i++) {
		*at++ = digits[data[i] >> 4];
		*at++ = digits[data[i] & 15];
	}
	return at;
}

static char *base64_at(char *at, const uint8_t *data, size_t len)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (; len >= 3; len -= 3, data += 3) {
		uint32_t bits = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
		*at++ = digits[bits >> 18];
		*at++ = digits[bits >> 12 & 63];
		*at++ = digits[bits >> 6 & 63];
		*at++ = digits[bits & 63];
	}
	if (len > 0) {
		uint32_t bits = (uint32_t)data[0] << 16 | (len > 1 ? (uint32_t)data[1] << 8 : 0);
		*at++ = digits[bits >> 18];
		*at++ = digits[bits >> 12 & 63];
		*at++ = len > 1 ? digits[bits >> 6 & 63] : '=';
		*at++ = '=';
	}
	return at;
}

/* Room for `len` characters at the end; NULL when there is no memory, which `out` remembers. */
static char *room(struct hf_buf *out, size_t len)
{
	return hf_buf_reserve(out, len) ? (char *)out->data + out->len : NULL;
}

static void wrote(struct hf_buf *out, const char *end)
{
	out->len = (size_t)(end - (char *)out->data);
}

/* Each of these is false, and wrote nothing, for RDATA that it leaves to libknot. */

/* Not libknot's also because that writes dates nearest to the clock's, which no reader takes
 * before 1970. */
static bool rrsig_text(struct hf_rdata rdata, struct hf_buf *out)
{
	struct hf_rrsig rrsig;
	if (!hf_rrsig_read(rdata, &rrsig) || rrsig.signature_len == 0)
		return false;
	char *at = room(out, RRSIG_FIELDS + HF_NAME_TEXT + 2 * (size_t)rrsig.signature_len);
	if (at == NULL)
		return true;
	at = type_at(at, rrsig.covered);
	*at++ = ' ';
	at = number_at(at, rrsig.algorithm);
	at = number_at(at, rrsig.labels);
	at = number_at(at, rrsig.ttl);
	at = stamp_at(at, rrsig.expiration);
	at = stamp_at(at, rrsig.inception);
	at = number_at(at, rrsig.tag);
	at = name_at(at, rrsig.signer.wire);
	*at++ = ' ';
	wrote(out, base64_at(at, rrsig.signature, rrsig.signature_len));
	return true;
}

static bool nsec_text(struct hf_rdata rdata, struct hf_buf *out)
{
	struct hf_nsec nsec;
	if (!hf_nsec_read(rdata, &nsec) || !hf_bitmap_valid(nsec.bitmap, nsec.bitmap_len))
		return false;
	char *at = room(out, HF_NAME_TEXT);
	if (at == NULL)
		return true;
	wrote(out, name_at(at, nsec.next.wire));
	for (int type = -1; (type = hf_bitmap_next(nsec.bitmap, nsec.bitmap_len, type)) >= 0;) {
		at = room(out, 1 + HF_TYPE_TEXT);
		if (at == NULL)
			return true;
		*at++ = ' ';
		wrote(out, type_at(at, (uint16_t)type));
	}
	return true;
}

static bool ds_text(struct hf_rdata rdata, struct hf_buf *out)
{
	struct hf_ds ds;
	if (!hf_ds_read(rdata, &ds))
		return false;
	char *at = room(out, DS_FIELDS + 2 * (size_t)ds.digest_len);
	if (at == NULL)
		return true;
	at = number_at(at, ds.tag);
	at = number_at(at, ds.algorithm);
	at = number_at(at, ds.digest_type);
	wrote(out, hex_at(at, ds.digest, ds.digest_len));
	return true;
}

static bool name_text(struct hf_rdata rdata, struct hf_buf *out)
{
	if (rdata.len == 0 || hf_name_wire_len(rdata.data, rdata.len) != rdata.len)
		return false;
	char *at = room(out, HF_NAME_TEXT);
	if (at != NULL)
		wrote(out, name_at(at, rdata.data));
	return true;
}

static bool own_text(uint16_t type, struct hf_rdata rdata, struct hf_buf *out)
{
	switch (type) {
	case KNOT_RRTYPE_RRSIG:
		return rrsig_text(rdata, out);
	case KNOT_RRTYPE_NSEC:
		return nsec_text(rdata, out);
	case KNOT_RRTYPE_DS:
		return ds_text(rdata, out);
	case KNOT_RRTYPE_NS:
	case KNOT_RRTYPE_CNAME:
	case KNOT_RRTYPE_PTR:
		return name_text(rdata, out);
	default:
		return false;
	}
}

/* ---- Everything else: libknot ---- */

/* libknot's form of a record: its length in host order, then the bytes. */
static bool wrap(struct hf_rdata rdata, uint8_t *small, size_t small_len, knot_rdata_t **ret_rdata)
{
	size_t size = knot_rdata_size(rdata.len);
	knot_rdata_t *wrapped = size <= small_len ? (knot_rdata_t *)small : malloc(size);
	if (wrapped == NULL)
		return false;
	knot_rdata_init(wrapped, rdata.len, rdata.data);
	*ret_rdata = wrapped;
	return true;
}

/* Dumps into `out`, with more room until it fits. False: libknot cannot read it in this form. */
static bool dump(const knot_rrset_t *set, bool generic, struct hf_buf *out)
{
	knot_dump_style_t style = KNOT_DUMP_STYLE_DEFAULT;
	style.wrap = false;
	style.human_timestamp = true;
	style.generic = generic;
	/* One byte of RDATA becomes at most four characters, and a few more for escapes and tags.
	 */
	size_t most = 16 * (size_t)set->rrs.rdata->len + TEXT_SMALL;
	for (size_t room = TEXT_SMALL; hf_buf_reserve(out, room); room *= 4) {
		int len = knot_rrset_txt_dump_data(
		        set, 0, (char *)out->data + out->len, out->cap - out->len, &style);
		if (len >= 0) {
			out->len += (size_t)len;
			return true;
		}
		if (room > most)
			return false;
	}
	return true; /* out of memory: `out` remembers it */
}

enum hf_err hf_rdata_text(uint16_t type, struct hf_rdata rdata, struct hf_buf *out)
{
	if (own_text(type, rdata, out))
		return hf_buf_check(out);
	_Alignas(knot_rdata_t) uint8_t small[TEXT_SMALL];
	knot_rdata_t *wrapped;
	if (!wrap(rdata, small, sizeof(small), &wrapped))
		return HF_ERR_NOMEM;
	uint8_t owner[1] = {0};
	knot_rrset_t set;
	knot_rrset_init(&set, owner, type, KNOT_CLASS_IN, 0);
	set.rrs.count = 1;
	set.rrs.size = (uint32_t)knot_rdata_size(rdata.len);
	set.rrs.rdata = wrapped;
	/* RDATA that its type's form cannot say is written as RFC 3597 has it. */
	enum hf_err err =
	        dump(&set, false, out) || dump(&set, true, out) ? hf_buf_check(out) : HF_ERR_SYNTAX;
	if ((uint8_t *)wrapped != small)
		free(wrapped);
	return err;
}
