/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rrtype.h"

#include <stdio.h>
#include <string.h>

/* What zones are made of, the most frequent first: libknot formats and searches for each name. */
static const struct common {
	uint16_t type;
	uint8_t len;
	char name[11];
} commons[] = {
        {KNOT_RRTYPE_NS, 2, "NS"},
        {KNOT_RRTYPE_RRSIG, 5, "RRSIG"},
        {KNOT_RRTYPE_DS, 2, "DS"},
        {KNOT_RRTYPE_NSEC, 4, "NSEC"},
        {KNOT_RRTYPE_NSEC3, 5, "NSEC3"},
        {KNOT_RRTYPE_A, 1, "A"},
        {KNOT_RRTYPE_AAAA, 4, "AAAA"},
        {KNOT_RRTYPE_MX, 2, "MX"},
        {KNOT_RRTYPE_TXT, 3, "TXT"},
        {KNOT_RRTYPE_CNAME, 5, "CNAME"},
        {KNOT_RRTYPE_SOA, 3, "SOA"},
        {KNOT_RRTYPE_PTR, 3, "PTR"},
        {KNOT_RRTYPE_SRV, 3, "SRV"},
        {KNOT_RRTYPE_DNSKEY, 6, "DNSKEY"},
        {KNOT_RRTYPE_NSEC3PARAM, 10, "NSEC3PARAM"},
        {KNOT_RRTYPE_CDS, 3, "CDS"},
        {KNOT_RRTYPE_CDNSKEY, 7, "CDNSKEY"},
        {KNOT_RRTYPE_DNAME, 5, "DNAME"},
        {KNOT_RRTYPE_TLSA, 4, "TLSA"},
        {KNOT_RRTYPE_CAA, 3, "CAA"},
};
#define COMMONS (sizeof(commons) / sizeof(commons[0]))

char *hf_type_text(uint16_t type, char text[static HF_TYPE_TEXT])
{
	for (size_t i = 0; i < COMMONS; i++) {
		if (commons[i].type == type)
			return memcpy(text, commons[i].name, sizeof(commons[i].name));
	}
	if (knot_rrtype_to_string(type, text, HF_TYPE_TEXT) < 0)
		snprintf(text, HF_TYPE_TEXT, "TYPE%u", type);
	return text;
}

uint16_t hf_type_common(const char *text, size_t len)
{
	for (size_t i = 0; i < COMMONS; i++) {
		if (commons[i].len == len && memcmp(commons[i].name, text, len) == 0)
			return commons[i].type;
	}
	return 0;
}

enum hf_err hf_type_from_text(const char *text, uint16_t *ret_type)
{
	uint16_t type;
	if (knot_rrtype_from_string(text, &type) != 0)
		return HF_ERR_SYNTAX;
	*ret_type = type;
	return HF_OK;
}

bool hf_type_is_meta(uint16_t type)
{
	return type == 0 || type == KNOT_RRTYPE_OPT || (type >= 128 && type <= 255);
}
