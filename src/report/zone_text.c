/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/zone_text.h"

#include <stdio.h>

#include "report/jsonread.h"
#include "report/wrapped.h"

#define NOTE_COLUMN 22 /* of a note's text, below its time */

/* "2026-01-02T03:04:05Z  kind: what (somebody)", wrapped. */
static void put_note(const json_t *note, struct hf_buf *out)
{
	char at[HF_TIME_TEXT], who[HF_JSON_WORDS], text[HF_JSON_WORDS];
	char kind[HF_JSON_WORDS], line[3 * HF_JSON_WORDS + 16];
	hf_put_format(out, "%-*s", NOTE_COLUMN, hf_time_rfc3339(hf_json_get_time(note, "at"), at));
	bool named = hf_json_get_text(note, "who", who)[0] != '\0';
	snprintf(line, sizeof(line), "%s: %s%s%s%s", hf_json_get_text(note, "kind", kind),
	        hf_json_get_text(note, "text", text), named ? " (by " : "", who, named ? ")" : "");
	const struct hf_margins margins = {HF_TEXT_WIDTH, NOTE_COLUMN, NOTE_COLUMN};
	hf_put_paragraph(out, &margins, line);
}

enum hf_err hf_zone_history_text(
        const json_t *result, const struct hf_zone_view *view, struct hf_buf *out)
{
	const json_t *notes = json_object_get(result, "history");
	if (json_array_size(notes) == 0)
		hf_put_format(out, "Nothing was done to %s yet.\n", view->zone);
	size_t index;
	json_t *note;
	json_array_foreach(notes, index, note) put_note(note, out);
	return hf_buf_check(out);
}

static void put_version(const json_t *version, const struct hf_zone_view *view, struct hf_buf *out)
{
	char serial[HF_TIME_TEXT], names[HF_TIME_TEXT], at[HF_TIME_TEXT], age[HF_TIME_TEXT];
	hf_time time = hf_json_get_time(version, "at");
	hf_put_format(out, "%10s  %-20s  %-14s %12s\n",
	        hf_json_get_number(version, "serial", serial), hf_time_rfc3339(time, at),
	        hf_age_text(time, view->now, age), hf_json_get_number(version, "names", names));
}

enum hf_err hf_zone_versions_text(
        const json_t *result, const struct hf_zone_view *view, struct hf_buf *out)
{
	const json_t *versions = json_object_get(result, "versions");
	if (json_array_size(versions) == 0) {
		hf_put_format(out, "Nothing of %s was published yet.\n", view->zone);
		return hf_buf_check(out);
	}
	hf_put_format(out, "%10s  %-20s  %-14s %12s\n", "SERIAL", "PUBLISHED", "AGE", "NAMES");
	size_t index;
	json_t *version;
	json_array_foreach(versions, index, version) put_version(version, view, out);
	return hf_buf_check(out);
}
