/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rdata.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libknot/dname.h>
#include <libknot/rrset-dump.h>
#include <libknot/rrtype/naptr.h>

#include "base/times.h"

#define STAMP_2106 UINT32_C(4291747200) /* 2106-01-01T00:00:00Z */
#define TEXT_SMALL 1024                 /* enough for nearly every record */

bool hf_rdata_equal(struct hf_rdata a, struct hf_rdata b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

int hf_rdata_cmp(struct hf_rdata a, struct hf_rdata b)
{
	return hf_key_cmp(a.data, a.len, b.data, b.len);
}

/* ---- Form and names ---- */

static const knot_rdata_descriptor_t *describe(uint16_t type)
{
	const knot_rdata_descriptor_t *form = knot_get_rdata_descriptor(type);
	return form->type_name != NULL ? form : knot_get_obsolete_rdata_descriptor(type);
}

/* Bytes of the block at `at`; −1 when it is malformed. `*ret_name` tells whether it is a name. */
static int block_len(int block, const uint8_t *at, size_t left, bool *ret_name)
{
	*ret_name = false;
	switch (block) {
	case KNOT_RDATA_WF_FIXED_DNAME:
	case KNOT_RDATA_WF_COMPRESSIBLE_DNAME:
	case KNOT_RDATA_WF_DECOMPRESSIBLE_DNAME: {
		size_t len = hf_name_wire_len(at, left);
		*ret_name = true;
		return len > 0 ? (int)len : -1;
	}
	case KNOT_RDATA_WF_NAPTR_HEADER: {
		int len = knot_naptr_header_size(at, at + left);
		return len >= 0 && (size_t)len <= left ? len : -1;
	}
	case KNOT_RDATA_WF_REMAINDER:
		return (int)left;
	default:
		return block > 0 && (size_t)block <= left ? block : -1;
	}
}

bool hf_rdata_names(
        uint16_t type, uint8_t *data, uint16_t len, hf_rdata_name_fn *visit, void *context)
{
	const knot_rdata_descriptor_t *form = describe(type);
	size_t at = 0;
	for (const int *block = form->block_types; *block != KNOT_RDATA_WF_END; block++) {
		bool is_name;
		int size = block_len(*block, data + at, len - at, &is_name);
		if (size < 0)
			return false;
		if (is_name)
			visit(context, data + at, (size_t)size);
		at += (size_t)size;
	}
	return at == len;
}

static void keep_name(void *context, uint8_t *wire, size_t len)
{
}

static void lower_name(void *context, uint8_t *wire, size_t len)
{
	knot_dname_to_lower(wire);
}

enum hf_err hf_rdata_canonical(uint16_t type, uint8_t *data, uint16_t len)
{
	hf_rdata_name_fn *visit = knot_rrtype_should_be_lowercased(type) ? lower_name : keep_name;
	return hf_rdata_names(type, data, len, visit, NULL) ? HF_OK : HF_ERR_SYNTAX;
}

/* ---- Text ---- */

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
		hf_put_format(out, "%" PRIu32, stamp);
}

/*
 * Not libknot's: that writes dates nearest to the clock's, which before 1970 no reader takes, and
 * most records of a signed zone are these.
 */
static bool rrsig_text(struct hf_rdata rdata, struct hf_buf *out)
{
	struct hf_rrsig rrsig;
	char type[HF_TYPE_TEXT], signer[HF_NAME_TEXT];
	if (!hf_rrsig_read(rdata, &rrsig) || rrsig.signature_len == 0)
		return false;
	hf_put_format(out, "%s %u %u %" PRIu32 " ", hf_type_text(rrsig.covered, type),
	        rrsig.algorithm, rrsig.labels, rrsig.ttl);
	put_stamp(out, rrsig.expiration);
	hf_put_u8(out, ' ');
	put_stamp(out, rrsig.inception);
	hf_put_format(out, " %u %s ", rrsig.tag, hf_name_text(&rrsig.signer, signer));
	put_base64(out, rrsig.signature, rrsig.signature_len);
	return true;
}

enum hf_err hf_rdata_text(uint16_t type, struct hf_rdata rdata, struct hf_buf *out)
{
	if (type == KNOT_RRTYPE_RRSIG && rrsig_text(rdata, out))
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

/* ---- DNSKEY and DS ---- */

bool hf_dnskey_read(struct hf_rdata rdata, struct hf_dnskey *ret_dnskey)
{
	if (rdata.len < 4)
		return false;
	*ret_dnskey = (struct hf_dnskey){
	        .flags = hf_read_u16(rdata.data),
	        .protocol = rdata.data[2],
	        .algorithm = rdata.data[3],
	        .key = rdata.data + 4,
	        .key_len = (uint16_t)(rdata.len - 4),
	};
	return true;
}

uint16_t hf_dnskey_tag(struct hf_rdata rdata)
{
	if (rdata.len < 4)
		return 0;
	if (rdata.data[3] == 1) /* RSA/MD5: the last bytes but one of the modulus */
		return rdata.len >= 7 ? hf_read_u16(rdata.data + rdata.len - 3) : 0;
	uint32_t sum = 0;
	for (size_t i = 0; i < rdata.len; i++)
		sum += i & 1 ? rdata.data[i] : (uint32_t)rdata.data[i] << 8;
	sum += sum >> 16 & 0xffff;
	return (uint16_t)sum;
}

bool hf_ds_read(struct hf_rdata rdata, struct hf_ds *ret_ds)
{
	if (rdata.len < 5)
		return false;
	*ret_ds = (struct hf_ds){
	        .tag = hf_read_u16(rdata.data),
	        .algorithm = rdata.data[2],
	        .digest_type = rdata.data[3],
	        .digest = rdata.data + 4,
	        .digest_len = (uint16_t)(rdata.len - 4),
	};
	return true;
}

/* ---- RRSIG ---- */

bool hf_rrsig_read(struct hf_rdata rdata, struct hf_rrsig *ret_rrsig)
{
	struct hf_cursor in;
	hf_cursor_init(&in, rdata.data, rdata.len);
	struct hf_rrsig rrsig = {0};
	rrsig.covered = hf_get_u16(&in);
	rrsig.algorithm = hf_get_u8(&in);
	rrsig.labels = hf_get_u8(&in);
	rrsig.ttl = hf_get_u32(&in);
	rrsig.expiration = hf_get_u32(&in);
	rrsig.inception = hf_get_u32(&in);
	rrsig.tag = hf_get_u16(&in);
	if (!hf_get_name(&in, &rrsig.signer))
		return false;
	rrsig.signature_len = (uint16_t)hf_cursor_left(&in);
	rrsig.signature = hf_get_bytes(&in, rrsig.signature_len);
	*ret_rrsig = rrsig;
	return true;
}

uint16_t hf_rrsig_covered(struct hf_rdata rdata)
{
	return rdata.len >= 2 ? hf_read_u16(rdata.data) : 0;
}

void hf_rrsig_put(struct hf_buf *out, const struct hf_rrsig *rrsig)
{
	hf_put_u16(out, rrsig->covered);
	hf_put_u8(out, rrsig->algorithm);
	hf_put_u8(out, rrsig->labels);
	hf_put_u32(out, rrsig->ttl);
	hf_put_u32(out, rrsig->expiration);
	hf_put_u32(out, rrsig->inception);
	hf_put_u16(out, rrsig->tag);
	hf_put_bytes(out, rrsig->signer.wire, rrsig->signer.len);
	hf_put_bytes(out, rrsig->signature, rrsig->signature_len);
}

/* ---- SOA ---- */

bool hf_soa_read(struct hf_rdata rdata, struct hf_soa *ret_soa)
{
	struct hf_cursor in;
	hf_cursor_init(&in, rdata.data, rdata.len);
	struct hf_soa soa;
	if (!hf_get_name(&in, &soa.mname) || !hf_get_name(&in, &soa.rname))
		return false;
	soa.serial = hf_get_u32(&in);
	soa.refresh = hf_get_u32(&in);
	soa.retry = hf_get_u32(&in);
	soa.expire = hf_get_u32(&in);
	soa.minimum = hf_get_u32(&in);
	if (in.failed || hf_cursor_left(&in) != 0)
		return false;
	*ret_soa = soa;
	return true;
}

void hf_soa_put(struct hf_buf *out, const struct hf_soa *soa)
{
	hf_put_bytes(out, soa->mname.wire, soa->mname.len);
	hf_put_bytes(out, soa->rname.wire, soa->rname.len);
	hf_put_u32(out, soa->serial);
	hf_put_u32(out, soa->refresh);
	hf_put_u32(out, soa->retry);
	hf_put_u32(out, soa->expire);
	hf_put_u32(out, soa->minimum);
}

/* ---- NSEC, NSEC3, NSEC3PARAM ---- */

bool hf_nsec_read(struct hf_rdata rdata, struct hf_nsec *ret_nsec)
{
	struct hf_cursor in;
	hf_cursor_init(&in, rdata.data, rdata.len);
	struct hf_nsec nsec;
	if (!hf_get_name(&in, &nsec.next))
		return false;
	nsec.bitmap_len = (uint16_t)hf_cursor_left(&in);
	nsec.bitmap = hf_get_bytes(&in, nsec.bitmap_len);
	*ret_nsec = nsec;
	return true;
}

static bool get_params(struct hf_cursor *in, struct hf_nsec3_params *ret_params)
{
	ret_params->algorithm = hf_get_u8(in);
	ret_params->flags = hf_get_u8(in);
	ret_params->iterations = hf_get_u16(in);
	ret_params->salt_len = hf_get_u8(in);
	ret_params->salt = hf_get_bytes(in, ret_params->salt_len);
	return !in->failed;
}

bool hf_nsec3_read(struct hf_rdata rdata, struct hf_nsec3 *ret_nsec3)
{
	struct hf_cursor in;
	hf_cursor_init(&in, rdata.data, rdata.len);
	struct hf_nsec3 nsec3;
	if (!get_params(&in, &nsec3.params))
		return false;
	nsec3.next_len = hf_get_u8(&in);
	nsec3.next = hf_get_bytes(&in, nsec3.next_len);
	if (in.failed)
		return false;
	nsec3.bitmap_len = (uint16_t)hf_cursor_left(&in);
	nsec3.bitmap = hf_get_bytes(&in, nsec3.bitmap_len);
	*ret_nsec3 = nsec3;
	return true;
}

bool hf_nsec3param_read(struct hf_rdata rdata, struct hf_nsec3_params *ret_params)
{
	struct hf_cursor in;
	hf_cursor_init(&in, rdata.data, rdata.len);
	struct hf_nsec3_params params;
	if (!get_params(&in, &params) || hf_cursor_left(&in) != 0)
		return false;
	*ret_params = params;
	return true;
}

void hf_nsec3_label(const uint8_t hash[static HF_NSEC3_HASH_LEN], char label[static HF_NSEC3_LABEL])
{
	static const char alphabet[] = "0123456789abcdefghijklmnopqrstuv";
	/* Five bytes are eight characters. */
	for (unsigned group = 0; group < HF_NSEC3_HASH_LEN / 5; group++) {
		uint64_t bits = 0;
		for (unsigned i = 0; i < 5; i++)
			bits = bits << 8 | hash[group * 5 + i];
		for (unsigned i = 0; i < 8; i++)
			label[group * 8 + i] = alphabet[bits >> (35 - 5 * i) & 31];
	}
}

static int base32_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

bool hf_nsec3_unlabel(const uint8_t *label, size_t len, uint8_t *hash, size_t *ret_hash_len)
{
	uint32_t bits = 0;
	unsigned pending = 0;
	size_t out = 0;
	for (size_t i = 0; i < len; i++) {
		int digit = base32_digit(label[i]);
		if (digit < 0)
			return false;
		bits = bits << 5 | (uint32_t)digit;
		pending += 5;
		if (pending >= 8) {
			pending -= 8;
			hash[out++] = (uint8_t)(bits >> pending);
		}
	}
	/* Left-over bits are padding: fewer than a digit's worth, and zero. */
	if (pending >= 5 || (bits & ((1u << pending) - 1)) != 0)
		return false;
	*ret_hash_len = out;
	return true;
}

/* ---- ZONEMD ---- */

bool hf_zonemd_read(struct hf_rdata rdata, struct hf_zonemd *ret_zonemd)
{
	if (rdata.len < 6)
		return false;
	*ret_zonemd = (struct hf_zonemd){
	        .serial = hf_read_u32(rdata.data),
	        .scheme = rdata.data[4],
	        .algorithm = rdata.data[5],
	        .digest = rdata.data + 6,
	        .digest_len = (uint16_t)(rdata.len - 6),
	};
	return true;
}
