/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/wirename.h"

#include <string.h>

#define POINTER     0xc0
#define POINTER_LEN 2
#define LABEL_MAX   63

bool hf_packet_name(struct hf_packet packet, size_t *at, struct hf_name *ret_name)
{
	struct hf_name name = {0};
	size_t from = *at, limit = packet.len, behind = 0, len = 0;
	for (;;) {
		/* Each part of the name ends before the part that points to it begins. */
		size_t start = from;
		while (from < limit && packet.data[from] > 0 && packet.data[from] <= LABEL_MAX) {
			size_t label = 1u + packet.data[from];
			if (label > limit - from || len + label >= HF_NAME_MAX)
				return false;
			memcpy(name.wire + len, packet.data + from, label);
			len += label;
			from += label;
		}
		if (from >= limit)
			return false;
		if (packet.data[from] == 0)
			break;
		if ((packet.data[from] & POINTER) != POINTER || limit - from < POINTER_LEN)
			return false;
		size_t target = hf_read_u16(packet.data + from) & 0x3fff;
		if (behind == 0)
			behind = from + POINTER_LEN;
		if (target >= start)
			return false;
		from = target;
		limit = start;
	}
	name.len = (uint8_t)(len + 1);
	*at = behind != 0 ? behind : from + 1;
	*ret_name = name;
	return true;
}

/* A name in RDATA that must end before `end`. */
static bool unpack_name(struct hf_packet packet, size_t *at, size_t end, struct hf_buf *out)
{
	struct hf_name name;
	size_t from = *at;
	if (!hf_packet_name((struct hf_packet){packet.data, end}, &from, &name))
		return false;
	hf_put_bytes(out, name.wire, name.len);
	*at = from;
	return true;
}

static bool unpack(
        struct hf_packet packet, uint16_t type, size_t at, uint16_t len, struct hf_buf *out)
{
	size_t end = at + len;
	const int *block = hf_rdata_blocks(type);
	for (; *block != KNOT_RDATA_WF_END; block++) {
		bool packed = *block == KNOT_RDATA_WF_COMPRESSIBLE_DNAME ||
		              *block == KNOT_RDATA_WF_DECOMPRESSIBLE_DNAME;
		bool is_name;
		if (packed) {
			if (!unpack_name(packet, &at, end, out))
				return false;
			continue;
		}
		int size = hf_rdata_block_len(*block, packet.data + at, end - at, &is_name);
		if (size < 0)
			return false;
		hf_put_bytes(out, packet.data + at, (size_t)size);
		at += (size_t)size;
	}
	return at == end;
}

enum hf_err hf_packet_rdata(
        struct hf_packet packet, uint16_t type, size_t at, uint16_t len, struct hf_buf *out)
{
	size_t start = out->len;
	if (at > packet.len || len > packet.len - at)
		return HF_ERR_SYNTAX;
	/* Empty RDATA has a place too. */
	if (!hf_buf_reserve(out, 1))
		return HF_ERR_NOMEM;
	bool good = unpack(packet, type, at, len, out);
	enum hf_err err = hf_buf_check(out);
	if (err != HF_OK)
		return err;
	if (out->len - start > UINT16_MAX)
		return HF_ERR_LIMIT;
	return good ? hf_rdata_canonical(type, out->data + start, (uint16_t)(out->len - start))
	            : HF_ERR_SYNTAX;
}
