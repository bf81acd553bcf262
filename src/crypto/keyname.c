/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/keyname.h"

#include <stdio.h>
#include <string.h>

#define NUMBERS "+AAA+TTTTT"

static bool plain(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
	       byte == '_';
}

char *hf_keyname_prefix(const struct hf_name *owner, char text[static HF_KEYNAME_MAX])
{
	struct hf_name lower = *owner;
	hf_name_lower(&lower);
	char *at = text;
	*at++ = 'K';
	for (const uint8_t *label = lower.wire; *label != 0; label += 1 + *label) {
		for (unsigned i = 1; i <= *label; i++) {
			if (plain(label[i]))
				*at++ = (char)label[i];
			else
				at += snprintf(at, 4, "%%%02X", label[i]);
		}
		*at++ = '.';
	}
	if (at == text + 1)
		*at++ = '.'; /* the root */
	*at++ = '+';
	*at = '\0';
	return text;
}

char *hf_keyname(const struct hf_name *owner, uint8_t algorithm, uint16_t tag,
        char text[static HF_KEYNAME_MAX])
{
	size_t len = strlen(hf_keyname_prefix(owner, text));
	snprintf(text + len, HF_KEYNAME_MAX - len, "%03u+%05u", algorithm, tag);
	return text;
}

/* `count` decimal digits, or −1. */
static long digits(const char *text, size_t count)
{
	long value = 0;
	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = 10 * value + text[i] - '0';
	}
	return value;
}

bool hf_keyname_read(const char *file, struct hf_keyname_parts *ret_parts)
{
	const char *second = strrchr(file, '+');
	if (file[0] != 'K' || second == NULL || second - file < 6 || second[-4] != '+' ||
	        strlen(second) < 6)
		return false;
	long algorithm = digits(second - 3, 3);
	long tag = digits(second + 1, 5);
	if (algorithm < 0 || algorithm > UINT8_MAX || tag < 0 || tag > UINT16_MAX)
		return false;
	*ret_parts = (struct hf_keyname_parts){(uint8_t)algorithm, (uint16_t)tag, second + 6};
	return true;
}
