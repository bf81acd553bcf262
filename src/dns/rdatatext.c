/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rdatatext.h"

#include <stdlib.h>
#include <string.h>

#include <libknot/rrset-dump.h>

#include "base/times.h"
#include "dns/bitmap.h"

#define STAMP_2106 UINT32_C(4291747200) /* 2106-01-01T00:00:00Z */
#define TEXT_SMALL 1024                 /* enough for nearly every record */

/* ---- What signed zones are mostly made of: in our own words, as libknot's cost more time ---- */

static void put_name(struct hf_buf *buf, const uint8_t *wire)
{
	if (hf_buf_reserve(buf, HF_NAME_TEXT))
		buf->len += hf_name_wire_text(wire, (char *)buf->data + buf->len);
}

static void put_hex(struct hf_buf *buf, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	if (!hf_buf_reserve(buf, 2 * len))
		return;
	for (size_t i = 0; i < len; i++) {
		buf->data[buf->len++] = (uint8_t)digits[data[i] >> 4];
		buf->data[buf->len++] = (uint8_t)digits[data[i] & 15];
	}
}

static void put_base64(struct hf_buf *out, const uint8_t *data, size_t len)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	if (!hf_buf_reserve(out, (len + 2) / 3 * 4))
		return;
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t bits = (uint32_t)data[i] << 16;
		if (left > 1)
			bits |= (uint32_t)data[i + 1] << 8;
		if (left > 2)
			bits |= data[i + 2];
		uint8_t *quad = out->data + out->len;
		quad[0] = (uint8_t)digits[bits >> 18];
		quad[1] = (uint8_t)digits[bits >> 12 & 63];
		quad[2] = (uint8_t)(left > 1 ? digits[bits >> 6 & 63] : '=');
		quad[3] = (uint8_t)(left > 2 ? digits[bits & 63] : '=');
		out->len += 4;
	}
}

static void put_types(struct hf_buf *out, const uint8_t *bitmap, size_t len)
{
	for (int type = -1; (type = hf_bitmap_next(bitmap, len, type)) >= 0;) {
		char text[HF_TYPE_TEXT];
		hf_put_u8(out, ' ');
		hf_put_text(out, hf_type_text((uint16_t)type, text));
	}
}

/*
 * A stamp as a date where zone file readers take it for one: from 1970 to 2105. Beyond that the
 * plain number, which RFC 4034 section 3.2 allows as well.
 */
static void put_stamp(struct hf_buf *out, uint32_t stamp)
{
	char text[HF_TIME_TEXT];
	if (stamp < STAMP_2106)
		hf_put_text(out, hf_time_compact((hf_time)stamp, text));
	else
		hf_put_decimal(out, stamp);
}

static void put_number(struct hf_buf *out, uint32_t number)
{
	hf_put_decimal(out, number);
	hf_put_u8(out, ' ');
}

/* Each of these is false, and wrote nothing, for RDATA that it leaves to libknot. */

/* Not libknot's also because that writes dates nearest to the clock's, which no reader takes
 * before 1970. */
static bool rrsig_text(struct hf_rdata rdata, struct hf_buf *out)
{
	struct hf_rrsig rrsig;
	char type[HF_TYPE_TEXT];
	if (!hf_rrsig_read(rdata, &rrsig) || rrsig.signature_len == 0)
		return false;
	hf_put_text(out, hf_type_text(rrsig.covered, type));
	hf_put_u8(out, ' ');
	put_number(out, rrsig.algorithm);
	put_number(out, rrsig.labels);
	put_number(out, rrsig.ttl);
	put_stamp(out, rrsig.expiration);
	hf_put_u8(out, ' ');
	put_stamp(out, rrsig.inception);
	hf_put_u8(out, ' ');
	put_number(out, rrsig.tag);
	put_name(out, rrsig.signer.wire);
	hf_put_u8(out, ' ');
	put_base64(out, rrsig.signature, rrsig.signature_len);
	return true;
}

static bool nsec_text(struct hf_rdata rdata, struct hf_buf *out)
{
	struct hf_nsec nsec;
	if (!hf_nsec_read(rdata, &nsec) || !hf_bitmap_valid(nsec.bitmap, nsec.bitmap_len))
		return false;
	put_name(out, nsec.next.wire);
	put_types(out, nsec.bitmap, nsec.bitmap_len);
	return true;
}

static bool ds_text(struct hf_rdata rdata, struct hf_buf *out)
{
	struct hf_ds ds;
	if (!hf_ds_read(rdata, &ds))
		return false;
	put_number(out, ds.tag);
	put_number(out, ds.algorithm);
	put_number(out, ds.digest_type);
	put_hex(out, ds.digest, ds.digest_len);
	return true;
}

static bool name_text(struct hf_rdata rdata, struct hf_buf *out)
{
	if (rdata.len == 0 || hf_name_wire_len(rdata.data, rdata.len) != rdata.len)
		return false;
	put_name(out, rdata.data);
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
