/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rrtype.h"

#include <stdio.h>

char *hf_type_text(uint16_t type, char text[static HF_TYPE_TEXT])
{
	if (knot_rrtype_to_string(type, text, HF_TYPE_TEXT) < 0)
		snprintf(text, HF_TYPE_TEXT, "TYPE%u", type);
	return text;
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
