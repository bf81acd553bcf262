/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/jsonread.h"

#include <inttypes.h>
#include <stdio.h>

const char *hf_json_get_text(
        const json_t *object, const char *member, char room[static HF_JSON_WORDS])
{
	const char *text = json_string_value(json_object_get(object, member));
	size_t len = 0;
	for (; text != NULL && *text != '\0' && len < HF_JSON_WORDS - 1; text++) {
		unsigned char byte = (unsigned char)*text;
		/* A character of several bytes is one question mark: the first byte's. */
		if (byte >= 0x20 && byte < 0x7f)
			room[len++] = (char)byte;
		else if (byte < 0x80 || byte >= 0xc0)
			room[len++] = '?';
	}
	room[len] = '\0';
	return room;
}

hf_time hf_json_get_time(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));
	hf_time time;
	if (text == NULL || hf_time_parse(text, 0, &time) != HF_OK)
		return HF_TIME_NONE;
	return time;
}

const char *hf_json_get_number(
        const json_t *object, const char *member, char room[static HF_TIME_TEXT])
{
	const json_t *value = json_object_get(object, member);
	if (json_is_integer(value))
		snprintf(room, HF_TIME_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		snprintf(room, HF_TIME_TEXT, "-");
	return room;
}

const char *hf_age_text(hf_time then, hf_time now, char room[static HF_TIME_TEXT])
{
	if (then == HF_TIME_NONE)
		snprintf(room, HF_TIME_TEXT, "-");
	else
		hf_span_text(now > then ? now - then : 0, room);
	return room;
}
