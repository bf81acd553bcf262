/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/anchors.h"

#include <stdlib.h>
#include <string.h>

void hf_anchors_done(struct hf_anchors *anchors)
{
	for (size_t i = 0; i < anchors->count; i++)
		free(anchors->list[i].data);
	free(anchors->list);
	*anchors = (struct hf_anchors){0};
}

static enum hf_err check_key(
        const struct hf_name *zone, struct hf_rdata rdata, struct hf_diag *diag)
{
	struct hf_dnskey key;
	char text[HF_NAME_TEXT];
	if (!hf_dnskey_read(rdata, &key) || key.key_len == 0)
		return hf_fail(diag, HF_ERR_INVALID,
		        "the DNSKEY trust anchor of %s is malformed; copy it again from its source",
		        hf_name_text(zone, text));
	if ((key.flags & HF_DNSKEY_ZONE) != 0 && (key.flags & HF_DNSKEY_REVOKE) == 0 &&
	        key.protocol == HF_DNSKEY_PROTOCOL)
		return HF_OK;
	return hf_fail(diag, HF_ERR_INVALID,
	        "the DNSKEY trust anchor %u of %s is %s, so no validator uses it; remove it",
	        hf_dnskey_tag(rdata), hf_name_text(zone, text),
	        (key.flags & HF_DNSKEY_REVOKE) != 0 ? "revoked" : "no zone key");
}

static enum hf_err check(
        const struct hf_name *zone, uint16_t type, struct hf_rdata rdata, struct hf_diag *diag)
{
	char text[HF_NAME_TEXT], type_text[HF_TYPE_TEXT];
	struct hf_ds ds;
	switch (type) {
	case KNOT_RRTYPE_DNSKEY:
		return check_key(zone, rdata, diag);
	case KNOT_RRTYPE_DS:
		if (hf_ds_read(rdata, &ds))
			return HF_OK;
		return hf_fail(diag, HF_ERR_INVALID,
		        "the DS trust anchor of %s is malformed; copy it again from its source",
		        hf_name_text(zone, text));
	default:
		return hf_fail(diag, HF_ERR_INVALID,
		        "%s of %s cannot be a trust anchor; give DS or DNSKEY records",
		        hf_type_text(type, type_text), hf_name_text(zone, text));
	}
}

static bool has(const struct hf_anchors *anchors, const struct hf_name *zone, uint16_t type,
        struct hf_rdata rdata)
{
	for (size_t i = 0; i < anchors->count; i++) {
		const struct hf_anchor *anchor = &anchors->list[i];
		if (anchor->type == type && hf_name_equal(&anchor->zone, zone) &&
		        hf_rdata_equal((struct hf_rdata){anchor->data, anchor->len}, rdata))
			return true;
	}
	return false;
}

enum hf_err hf_anchors_add(struct hf_anchors *anchors, const struct hf_name *zone, uint16_t type,
        struct hf_rdata rdata, struct hf_diag *diag)
{
	enum hf_err err = check(zone, type, rdata, diag);
	if (err != HF_OK || has(anchors, zone, type, rdata))
		return err;
	struct hf_anchor *list =
	        reallocarray(anchors->list, anchors->count + 1, sizeof(*anchors->list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	anchors->list = list;
	struct hf_anchor *anchor = &list[anchors->count];
	*anchor = (struct hf_anchor){.zone = *zone, .type = type, .len = rdata.len};
	anchor->data = malloc(rdata.len);
	if (anchor->data == NULL)
		return HF_ERR_NOMEM;
	memcpy(anchor->data, rdata.data, rdata.len);
	hf_name_lower(&anchor->zone);
	anchors->count++;
	return HF_OK;
}

enum hf_err hf_anchors_copy(const struct hf_anchors *anchors, struct hf_anchors *ret_copy)
{
	struct hf_anchors copy = {0};
	for (size_t i = 0; i < anchors->count; i++) {
		const struct hf_anchor *anchor = &anchors->list[i];
		enum hf_err err = hf_anchors_add(&copy, &anchor->zone, anchor->type,
		        (struct hf_rdata){anchor->data, anchor->len}, NULL);
		if (err != HF_OK) {
			hf_anchors_done(&copy);
			return err;
		}
	}
	*ret_copy = copy;
	return HF_OK;
}

enum hf_err hf_anchors_add_root(struct hf_anchors *anchors)
{
	static const uint8_t records[][36] = {
	        {20326 >> 8, 20326 & 0xff, 8, 2, 0xe0, 0x6d, 0x44, 0xb8, 0x0b, 0x8f, 0x1d, 0x39,
	                0xa9, 0x5c, 0x0b, 0x0d, 0x7c, 0x65, 0xd0, 0x84, 0x58, 0xe8, 0x80, 0x40,
	                0x9b, 0xbc, 0x68, 0x34, 0x57, 0x10, 0x42, 0x37, 0xc7, 0xf8, 0xec, 0x8d},
	        {38696 >> 8, 38696 & 0xff, 8, 2, 0x68, 0x3d, 0x2d, 0x0a, 0xcb, 0x8c, 0x9b, 0x71,
	                0x2a, 0x19, 0x48, 0xb2, 0x7f, 0x74, 0x12, 0x19, 0x29, 0x8d, 0x0a, 0x45,
	                0x0d, 0x61, 0x2c, 0x48, 0x3a, 0xf4, 0x44, 0xa4, 0xc0, 0xfb, 0x2b, 0x16},
	};
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		enum hf_err err = hf_anchors_add(anchors, &HF_NAME_ROOT, KNOT_RRTYPE_DS,
		        (struct hf_rdata){records[i], sizeof(records[i])}, NULL);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

bool hf_anchors_closest(const struct hf_anchors *anchors, const struct hf_question *question,
        struct hf_name *ret_zone)
{
	const struct hf_anchor *best = NULL;
	for (size_t i = 0; i < anchors->count; i++) {
		const struct hf_anchor *anchor = &anchors->list[i];
		bool parent = question->type == KNOT_RRTYPE_DS && question->name.len > 1;
		bool above = hf_name_is_under(&question->name, &anchor->zone) &&
		             !(parent && hf_name_equal(&question->name, &anchor->zone));
		if (above && (best == NULL || anchor->zone.len > best->zone.len))
			best = anchor;
	}
	if (best != NULL)
		*ret_zone = best->zone;
	return best != NULL;
}
