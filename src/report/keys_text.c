/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "report/keys_report.h"

#define INDENT   6  /* of a key's dates: below the zone */
#define ZONE_MAX 24 /* columns for the zone; lines of zones with longer names are longer */

static size_t zone_width(const struct hf_keydir *keys)
{
	size_t width = strlen("ZONE");
	for (size_t i = 0; i < keys->count; i++) {
		char zone[HF_NAME_TEXT];
		size_t len = strlen(hf_name_text(&keys->keys[i]->owner, zone));
		if (len > width && len <= ZONE_MAX)
			width = len;
	}
	return width;
}

/* "inactive in 29 d 4 h" */
static void next_event(const struct hf_keyfile *key, hf_time at, char *text, size_t room)
{
	struct hf_key_date next;
	if (!hf_keyfile_next(key, at, &next)) {
		snprintf(text, room, "-");
		return;
	}
	char span[HF_TIME_TEXT];
	snprintf(text, room, "%s in %s", next.name, hf_span_text(next.time - at, span));
}

static void put_key(const struct hf_keyfile *key, hf_time at, size_t width, struct hf_buf *out)
{
	char zone[HF_NAME_TEXT], name[32], bits[16], next[80];
	snprintf(bits, sizeof(bits), key->bits != 0 ? "%u" : "?", key->bits);
	next_event(key, at, next, sizeof(next));
	hf_put_format(out, "%-4s  %-*s  %-18s %5s  %5u  %-9s  %s\n", hf_role_name(key->role),
	        (int)width, hf_name_text(&key->owner, zone), hf_alg_name(key->algorithm, name),
	        bits, key->tag, hf_key_state_name(hf_keyfile_state(key, at)), next);
}

/* As many dates on a line as fit. */
static void put_dates(const struct hf_keyfile *key, struct hf_buf *out)
{
	struct hf_key_date dates[HF_KEY_DATES];
	hf_keyfile_dates(key, dates);
	size_t column = 0;
	for (size_t i = 0; i < HF_KEY_DATES; i++) {
		if (dates[i].time == HF_TIME_NONE)
			continue;
		char text[HF_TIME_TEXT];
		hf_time_rfc3339(dates[i].time, text);
		size_t len = strlen(dates[i].name) + 1 + strlen(text);
		if (column != 0 && column + 2 + len > HF_KEYS_COLUMNS) {
			hf_put_text(out, "\n");
			column = 0;
		}
		hf_put_format(out, "%*s%s %s", column == 0 ? INDENT : 2, "", dates[i].name, text);
		column += (column == 0 ? INDENT : 2) + len;
	}
	hf_put_text(out, column != 0 ? "\n" : "      no dates\n");
}

enum hf_err hf_keys_text(
        const char *dir, const struct hf_keydir *keys, hf_time at, struct hf_buf *out)
{
	if (keys->count == 0) {
		hf_put_format(out, "There are no keys in %s.\n", dir);
		return hf_buf_check(out);
	}
	size_t width = zone_width(keys);
	hf_put_format(out, "%-4s  %-*s  %-18s %5s  %5s  %-9s  %s\n", "ROLE", (int)width, "ZONE",
	        "ALGORITHM", "BITS", "TAG", "STATE", "NEXT EVENT");
	for (size_t i = 0; i < keys->count; i++) {
		put_key(keys->keys[i], at, width, out);
		put_dates(keys->keys[i], out);
	}
	return hf_buf_check(out);
}
