/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/jsonread.h"
#include "report/status_text.h"
#include "report/status_words.h"
#include "report/wrapped.h"

#define FEW_ZONES  20 /* all of them are shown */
#define MANY_ZONES 40 /* lines of a longer list */
#define NAME_MIN   12 /* columns of a zone's name */
#define NAME_MAX   30

static enum hf_line_state state_of(const json_t *zone)
{
	const char *name = json_string_value(json_object_get(zone, "state"));
	for (unsigned i = 0; name != NULL && i < HF_LINE_STATES; i++) {
		if (strcmp(hf_line_state_name(i), name) == 0)
			return i;
	}
	return HF_STATE_ALARM;
}

enum hf_line_state hf_status_worst(const json_t *result)
{
	const json_t *zones = json_object_get(result, "zones");
	if (!json_is_array(zones))
		return state_of(result);
	enum hf_line_state worst = HF_STATE_GOOD;
	size_t index;
	json_t *zone;
	json_array_foreach(zones, index, zone)
	{
		enum hf_line_state state = state_of(zone);
		if (state < worst)
			worst = state;
	}
	return worst;
}

/* ---- The order ---- */

struct row {
	const json_t *zone;
	enum hf_line_state state;
	bool busy; /* something goes on in it */
};

static const char *raw(const json_t *zone, const char *member)
{
	const char *text = json_string_value(json_object_get(zone, member));
	return text != NULL ? text : "";
}

/* Worst first, then those in which something goes on, then by name. */
static int compare(const void *one, const void *other)
{
	const struct row *a = one, *b = other;
	if (a->state != b->state)
		return a->state < b->state ? -1 : 1;
	if (a->busy != b->busy)
		return a->busy ? -1 : 1;
	return strcmp(raw(a->zone, "zone"), raw(b->zone, "zone"));
}

/* ---- Lines ---- */

static void put_daemon(struct hf_buf *out, const json_t *daemon, hf_time now)
{
	char version[HF_JSON_WORDS], age[HF_TIME_TEXT];
	hf_put_format(out, "holdfastd %s, up %s\n", hf_json_get_text(daemon, "version", version),
	        hf_age_text(hf_json_get_time(daemon, "since"), now, age));
}

/* Whether anybody would hear of an alarm. */
static void put_alert_path(struct hf_buf *out, const json_t *daemon)
{
	char text[HF_JSON_WORDS];
	if (hf_json_get_text(daemon, "self_test", text)[0] != '\0')
		hf_put_wrapped(out, 0, "Alerts: ", text);
}

/* "12 zones: 1 alarm, 11 good" */
static void put_totals(struct hf_buf *out, const struct row *rows, size_t count, unsigned flags)
{
	size_t totals[HF_LINE_STATES] = {0};
	for (size_t i = 0; i < count; i++)
		totals[rows[i].state]++;
	hf_put_format(out, "%zu zone%s", count, count == 1 ? "" : "s");
	const char *comma = ": ";
	for (unsigned i = 0; i < HF_LINE_STATES; i++) {
		if (totals[i] == 0)
			continue;
		hf_put_format(out, "%s%zu ", comma, totals[i]);
		hf_status_put_word(out, hf_line_state_name(i), 0, flags);
		comma = ", ";
	}
	hf_put_text(out, "\n");
}

static void put_row(struct hf_buf *out, const struct row *row, unsigned name_width,
        const struct hf_status_view *view)
{
	char zone[HF_JSON_WORDS], text[HF_JSON_WORDS];
	char in[HF_TIME_TEXT], serial[HF_TIME_TEXT], age[HF_TIME_TEXT];
	hf_status_put_word(out, hf_line_state_name(row->state), 6, view->flags);
	hf_put_format(out, "%-*s %10s %10s %-7s ", (int)name_width,
	        hf_json_get_text(row->zone, "zone", zone),
	        hf_json_get_number(row->zone, "serial_in", in),
	        hf_json_get_number(row->zone, "serial_out", serial),
	        hf_status_short_age(hf_json_get_time(row->zone, "published_at"), view->now, age));
	size_t column = 6 + name_width + 1 + 11 + 11 + 8;
	hf_json_get_text(row->zone, "text", text);
	size_t room = view->width > column + 20 ? view->width - column : 20;
	hf_status_put_cut(out, text, view->width == 0 ? HF_JSON_WORDS : room);
	hf_put_text(out, "\n");
}

static unsigned widest_name(const struct row *rows, size_t count)
{
	size_t width = NAME_MIN;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(raw(rows[i].zone, "zone"));
		if (len > width)
			width = len < NAME_MAX ? len : NAME_MAX;
	}
	return (unsigned)width;
}

/* How many of the sorted rows are worth a line when there are many. */
static size_t interesting(const struct row *rows, size_t count, unsigned flags)
{
	if ((flags & HF_STATUS_ALL) != 0 || count <= FEW_ZONES)
		return count;
	size_t shown = 0;
	while (shown < count && shown < MANY_ZONES &&
	        (rows[shown].state != HF_STATE_GOOD || rows[shown].busy))
		shown++;
	return shown;
}

static void put_rows(
        struct hf_buf *out, const struct row *rows, size_t count, const struct hf_status_view *view)
{
	size_t shown = interesting(rows, count, view->flags);
	unsigned width = widest_name(rows, shown);
	if (shown > 0)
		hf_put_format(out, "\n%-6s%-*s %10s %10s %-7s %s\n", "STATE", (int)width, "ZONE",
		        "SERIAL IN", "OUT", "AGE", "WHAT");
	for (size_t i = 0; i < shown; i++)
		put_row(out, &rows[i], width, view);
	if (shown < count)
		hf_put_format(out, "\n%zu more zones; --all lists them.\n", count - shown);
}

enum hf_err hf_status_list(
        const json_t *result, const struct hf_status_view *view, struct hf_buf *out)
{
	const json_t *zones = json_object_get(result, "zones");
	size_t count = json_array_size(zones);
	put_daemon(out, json_object_get(result, "daemon"), view->now);
	if (count == 0) {
		hf_put_text(out, "No zones yet; `holdfast zone add ZONE` adds one.\n");
		return hf_buf_check(out);
	}
	struct row *rows = calloc(count, sizeof(*rows));
	if (rows == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		const json_t *zone = json_array_get(zones, i);
		rows[i] = (struct row){zone, state_of(zone), raw(zone, "roll")[0] != '\0'};
	}
	qsort(rows, count, sizeof(*rows), compare);
	put_totals(out, rows, count, view->flags);
	put_alert_path(out, json_object_get(result, "daemon"));
	put_rows(out, rows, count, view);
	free(rows);
	return hf_buf_check(out);
}
