/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rdata.h"

#include <string.h>

#include <libknot/dname.h>
#include <libknot/rrtype/naptr.h>

bool hf_rdata_equal(struct hf_rdata a, struct hf_rdata b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

int hf_rdata_cmp(struct hf_rdata a, struct hf_rdata b)
{
	return hf_key_cmp(a.data, a.len, b.data, b.len);
}

/* ---- Form and names ---- */

const int *hf_rdata_blocks(uint16_t type)
{
	const knot_rdata_descriptor_t *form = knot_get_rdata_descriptor(type);
	if (form->type_name == NULL)
		form = knot_get_obsolete_rdata_descriptor(type);
	return form->block_types;
}

int hf_rdata_block_len(int block, const uint8_t *at, size_t left, bool *ret_name)
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
	size_t at = 0;
	for (const int *block = hf_rdata_blocks(type); *block != KNOT_RDATA_WF_END; block++) {
		bool is_name;
		int size = hf_rdata_block_len(*block, data + at, len - at, &is_name);
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

size_t hf_rrsig_signer_len(struct hf_rdata rdata)
{
	if (rdata.len <= HF_RRSIG_FIXED)
		return 0;
	return hf_name_wire_len(rdata.data + HF_RRSIG_FIXED, rdata.len - (size_t)HF_RRSIG_FIXED);
}

/* Read several times for each signature of a zone, so without a copy of the name on the way. */
bool hf_rrsig_read(struct hf_rdata rdata, struct hf_rrsig *ret_rrsig)
{
	const uint8_t *at = rdata.data;
	size_t signer_len = hf_rrsig_signer_len(rdata);
	if (signer_len == 0)
		return false;
	ret_rrsig->covered = hf_read_u16(at);
	ret_rrsig->algorithm = at[2];
	ret_rrsig->labels = at[3];
	ret_rrsig->ttl = hf_read_u32(at + 4);
	ret_rrsig->expiration = hf_read_u32(at + 8);
	ret_rrsig->inception = hf_read_u32(at + 12);
	ret_rrsig->tag = hf_read_u16(at + 16);
	ret_rrsig->signer.len = (uint8_t)signer_len;
	memcpy(ret_rrsig->signer.wire, at + HF_RRSIG_FIXED, signer_len);
	ret_rrsig->signature = at + HF_RRSIG_FIXED + signer_len;
	ret_rrsig->signature_len = (uint16_t)(rdata.len - HF_RRSIG_FIXED - signer_len);
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
