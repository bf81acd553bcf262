/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/story_common.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum hf_err hf_story_report_check(const struct hf_story_report *report)
{
	if (report->story_count == 0 || report->story_count > HF_STORY_REPORT_STORIES)
		return HF_ERR_INVALID;
	for (size_t i = 0; i < report->table_count; i++) {
		enum hf_err err = hf_story_table_check(&report->tables[i]);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

const char *hf_story_report_verdict(const struct hf_story_report *report)
{
	if (report->verdict != NULL)
		return report->verdict;
	return report->stories[0]->verdict != NULL ? report->stories[0]->verdict
	                                           : "nobody was asked";
}

/* "5.50" is 5.5, and "-0.00" is 0. */
static void trim(char *number)
{
	size_t len = strlen(number);
	if (strchr(number, '.') != NULL) {
		while (number[len - 1] == '0')
			len--;
		len -= number[len - 1] == '.';
	}
	number[len] = '\0';
	if (strcmp(number, "-0") == 0)
		memcpy(number, "0", 2);
}

/* Groups of three digits before the point. */
static const char *grouped(double value, int decimals, char room[static HF_FIGURE_TEXT])
{
	char plain[HF_FIGURE_TEXT];
	if (!(fabs(value) < 1e18)) {
		snprintf(room, HF_FIGURE_TEXT, "%g", value);
		return room;
	}
	snprintf(plain, sizeof(plain), "%.*f", decimals, value);
	trim(plain);
	size_t digits = strcspn(plain, "."), at = 0, len = 0;
	if (plain[0] == '-')
		room[len++] = plain[at++];
	for (; at < digits; at++) {
		room[len++] = plain[at];
		if ((digits - at - 1) % 3 == 0 && at + 1 < digits)
			room[len++] = ',';
	}
	snprintf(room + len, HF_FIGURE_TEXT - len, "%s", plain + digits);
	return room;
}

static const char *bytes_text(double value, char room[static HF_FIGURE_TEXT])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	size_t unit = 0;
	if (value < 10000) {
		grouped(value, value == rint(value) ? 0 : 1, room);
	} else {
		for (; value >= 1000 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
			value /= 1000;
		snprintf(room, HF_FIGURE_TEXT, "%.*f", value < 100 ? 1 : 0, value);
	}
	size_t len = strlen(room);
	snprintf(room + len, HF_FIGURE_TEXT - len, " %s", units[unit]);
	return room;
}

const char *hf_figure_text(double value, const char *unit, char room[static HF_FIGURE_TEXT])
{
	if (strcmp(unit, "seconds") == 0 && fabs(value) < 1e12)
		return hf_span_text((int64_t)value, room);
	if (strcmp(unit, "%") == 0) {
		double part = 100 * value;
		int decimals = part == 0 || part >= 9.95 ? 0 : part >= 0.095 ? 1 : 2;
		if (part > 0 && part < 0.005)
			snprintf(room, HF_FIGURE_TEXT, "under 0.01 %%");
		else
			snprintf(room, HF_FIGURE_TEXT, "%.*f %%", decimals, part);
		return room;
	}
	if (strcmp(unit, "bytes") == 0)
		return bytes_text(value, room);
	if (value == rint(value))
		return grouped(value, 0, room);
	/* Three figures or so say enough. */
	return grouped(value, fabs(value) < 10 ? 2 : fabs(value) < 100 ? 1 : 0, room);
}
