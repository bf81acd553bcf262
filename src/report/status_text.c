/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/status_text.h"

#include <stdio.h>
#include <string.h>

#include "report/jsonread.h"
#include "report/status_words.h"
#include "report/wrapped.h"

/* What a screen has room for, of each list. */
#define ROOM_SERVERS 4
#define ROOM_KEYS    6
#define ROOM_EVENTS  3

#define PLACE_MIN  15 /* columns of a server's address */
#define PLACE_MAX  30
#define STAGE_TEXT 41 /* column at which a stage's result begins */

struct page {
	const json_t *status;
	const struct hf_status_view *view;
	struct hf_buf *out;
};

static const json_t *list(const struct page *page, const char *member)
{
	return json_object_get(page->status, member);
}

static bool all(const struct page *page)
{
	return (page->view->flags & HF_STATUS_ALL) != 0;
}

/* ---- The top ---- */

/* The end of the first line: what the state means for this zone. */
static void first_words(
        const struct page *page, enum hf_line_state state, const char *zone, struct hf_buf *line)
{
	char text[HF_JSON_WORDS], serial[HF_TIME_TEXT];
	bool published = hf_json_get_number(page->status, "serial_out", serial)[0] != '-';
	size_t alarms = json_array_size(list(page, "alarms"));
	if (state == HF_STATE_ALARM) {
		hf_put_format(line, "%zu alarm%s; %s%s", alarms, alarms == 1 ? "" : "s",
		        published ? "published is serial " : "nothing is published",
		        published ? serial : "");
	} else if (state == HF_STATE_GOOD) {
		hf_json_get_text(page->status, "roll", text);
		hf_put_format(line, "serial %s is published%s%s", serial,
		        text[0] != '\0' ? "; " : "", text);
	} else if (hf_json_get_text(page->status, "approve", text)[0] != '\0') {
		hf_put_format(line, "say yes to \"%s\" with `holdfast approve %s`", text, zone);
	} else {
		hf_put_text(line, hf_json_get_text(page->status, "text", text));
	}
}

static void put_first_line(const struct page *page)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf line = {0};
	char zone[HF_JSON_WORDS];
	enum hf_line_state state = hf_status_worst(page->status);
	hf_put_format(&line, "%s: ", hf_json_get_text(page->status, "zone", zone));
	first_words(page, state, zone, &line);
	hf_put_u8(&line, 0);
	if (line.failed) {
		page->out->failed = true;
		return;
	}
	unsigned column = hf_status_put_state(page->out, state, page->view->flags);
	const struct hf_margins margins = {HF_TEXT_WIDTH, column, column};
	hf_put_paragraph(page->out, &margins, (const char *)line.data);
}

static void put_alarms(const struct page *page)
{
	size_t index;
	json_t *alarm;
	json_array_foreach(list(page, "alarms"), index, alarm)
	{
		char name[HF_JSON_WORDS], text[HF_JSON_WORDS], age[HF_TIME_TEXT];
		hf_put_format(page->out, "  ! %s, for %s\n", hf_json_get_text(alarm, "name", name),
		        hf_age_text(hf_json_get_time(alarm, "since"), page->view->now, age));
		hf_put_wrapped(page->out, 4, "", hf_json_get_text(alarm, "text", text));
	}
}

/* "  out       serial 12, 3 min ago: …" */
static void put_fact(const struct page *page, const char *name, const char *text)
{
	hf_put_format(page->out, "  %-10s", name);
	const struct hf_margins margins = {HF_TEXT_WIDTH, 12, 12};
	hf_put_paragraph(page->out, &margins, text);
}

static void put_serials(const struct page *page)
{
	char text[HF_JSON_WORDS], serial[HF_TIME_TEXT], age[HF_TIME_TEXT];
	char names[HF_TIME_TEXT], rrsets[HF_TIME_TEXT], sigs[HF_TIME_TEXT];
	const json_t *status = page->status;
	hf_json_get_number(status, "serial_in", serial);
	if (serial[0] != '-') {
		hf_age_text(hf_json_get_time(status, "source_at"), page->view->now, age);
		snprintf(text, sizeof(text), "serial %s, %s ago", serial, age);
		put_fact(page, "in", text);
	}
	hf_json_get_number(status, "serial_out", serial);
	if (serial[0] == '-')
		return;
	hf_age_text(hf_json_get_time(status, "published_at"), page->view->now, age);
	snprintf(text, sizeof(text), "serial %s, %s ago: %s names, %s RRsets, %s signatures",
	        serial, age, hf_json_get_number(status, "names", names),
	        hf_json_get_number(status, "rrsets", rrsets),
	        hf_json_get_number(status, "signatures", sigs));
	put_fact(page, "out", text);
}

static void put_validity(const struct page *page)
{
	char text[2 * HF_JSON_WORDS], owner[HF_JSON_WORDS], span[HF_TIME_TEXT], at[HF_TIME_TEXT];
	hf_time expiry = hf_json_get_time(page->status, "first_expiry");
	if (expiry == HF_TIME_NONE)
		return;
	int64_t left = expiry - page->view->now;
	snprintf(text, sizeof(text), "%s ends first, in %s (%s)",
	        hf_json_get_text(page->status, "first_owner", owner), hf_span_text(left, span),
	        hf_time_rfc3339(expiry, at));
	put_fact(page, "validity", text);
}

static void put_policy(const struct page *page)
{
	char text[3 * HF_JSON_WORDS], policy[HF_JSON_WORDS], mode[HF_JSON_WORDS];
	snprintf(text, sizeof(text), "%s, mode %s",
	        hf_json_get_text(page->status, "policy", policy),
	        hf_json_get_text(page->status, "mode", mode));
	put_fact(page, "policy", text);
}

/* "ZSK rollover, step 2 of 3: …; waits until …" */
static void put_roll(const struct page *page)
{
	char roll[HF_JSON_WORDS], waits[HF_JSON_WORDS], wait[HF_JSON_WORDS];
	char approve[HF_JSON_WORDS];
	const json_t *status = page->status;
	/* The first line of a good zone has it. */
	if (hf_status_worst(status) != HF_STATE_GOOD &&
	        hf_json_get_text(status, "roll", roll)[0] != '\0')
		put_fact(page, "rollover", roll);
	bool idle = strcmp(hf_json_get_text(status, "wait", wait), "nothing") == 0;
	if (hf_json_get_text(status, "waits", waits)[0] != '\0')
		put_fact(page, idle ? "rollover" : "waits", waits);
	/* So has that of a zone that waits for a person. */
	if (hf_status_worst(status) != HF_STATE_WAITS &&
	        hf_json_get_text(status, "approve", approve)[0] != '\0')
		put_fact(page, "approve", approve);
}

/* The daemon's own member: what the timers of the source are at. */
static void put_source(const struct page *page)
{
	char text[HF_JSON_WORDS];
	const json_t *source = json_object_get(page->status, "source");
	if (hf_json_get_text(source, "result", text)[0] != '\0')
		put_fact(page, "source", text);
}

/* ---- Stages ---- */

/* Whether an alarm or the first line has said the same. */
static bool told(const struct page *page, const char *text)
{
	size_t index;
	json_t *alarm;
	char first[HF_JSON_WORDS];
	if (hf_status_worst(page->status) != HF_STATE_GOOD &&
	        strcmp(hf_json_get_text(page->status, "text", first), text) == 0)
		return true;
	json_array_foreach(list(page, "alarms"), index, alarm)
	{
		char other[HF_JSON_WORDS];
		if (strcmp(hf_json_get_text(alarm, "text", other), text) == 0)
			return true;
	}
	return false;
}

/* The rest of a line, as far as a screen has room for it; what goes into a pipe is whole. */
static void put_rest(const struct page *page, const char *text, unsigned column)
{
	if (page->view->width == 0)
		hf_put_text(page->out, text);
	else
		hf_status_put_cut(page->out, text, HF_TEXT_WIDTH - column);
	hf_put_text(page->out, "\n");
}

static void put_stage(const struct page *page, const json_t *stage)
{
	char name[HF_JSON_WORDS], state[HF_JSON_WORDS], text[HF_JSON_WORDS], age[HF_TIME_TEXT];
	hf_json_get_text(stage, "state", state);
	hf_time at = hf_json_get_time(stage, "at");
	bool stands = strcmp(state, "failed") == 0 || strcmp(state, "waits") == 0;
	hf_put_format(page->out, "  %-16s", hf_json_get_text(stage, "name", name));
	hf_status_put_word(page->out, state, 7, page->view->flags);
	if (at == HF_TIME_NONE)
		hf_put_format(page->out, " %*s", STAGE_TEXT - 26, "");
	else
		hf_put_format(page->out, "%7.3f %-7.7s ",
		        json_number_value(json_object_get(stage, "seconds")),
		        hf_status_short_age(at, page->view->now, age));
	hf_json_get_text(stage, "text", text);
	if (stands && told(page, text)) {
		hf_put_text(page->out, "see above\n");
	} else if (stands || all(page)) {
		const struct hf_margins margins = {HF_TEXT_WIDTH, STAGE_TEXT, STAGE_TEXT};
		hf_put_paragraph(page->out, &margins, text);
	} else {
		put_rest(page, text, STAGE_TEXT);
	}
}

static void put_stages(const struct page *page)
{
	size_t index;
	json_t *stage;
	hf_put_text(page->out, "\n  STAGE           STATE  SECONDS AGE     RESULT\n");
	json_array_foreach(list(page, "stages"), index, stage)
	{
		char state[HF_JSON_WORDS];
		if (strcmp(hf_json_get_text(stage, "state", state), "off") != 0 || all(page))
			put_stage(page, stage);
	}
}

/* ---- Servers and keys ---- */

static bool is_good(const json_t *object)
{
	return json_is_true(json_object_get(object, "good"));
}

/* Columns for the places of a list. */
static unsigned place_width(const json_t *servers)
{
	size_t index, width = PLACE_MIN;
	json_t *server;
	json_array_foreach(servers, index, server)
	{
		char place[HF_JSON_WORDS];
		size_t len = strlen(hf_json_get_text(server, "place", place));
		if (len > width)
			width = len < PLACE_MAX ? len : PLACE_MAX;
	}
	return (unsigned)width;
}

static void put_server(const struct page *page, const json_t *server, unsigned width)
{
	char place[HF_JSON_WORDS], serial[HF_TIME_TEXT], age[HF_TIME_TEXT], text[HF_JSON_WORDS];
	unsigned column = 2 + width + 1 + 8 + 11 + 8;
	hf_put_format(page->out, "  %-*s ", (int)width, hf_json_get_text(server, "place", place));
	hf_status_put_word(page->out, is_good(server) ? "good" : "NOT YET", 8, page->view->flags);
	hf_put_format(page->out, "%10s %-7.7s ", hf_json_get_number(server, "serial", serial),
	        hf_status_short_age(hf_json_get_time(server, "seen"), page->view->now, age));
	hf_json_get_text(server, "text", text);
	if (is_good(server) && !all(page)) {
		put_rest(page, text, column);
	} else {
		const struct hf_margins margins = {HF_TEXT_WIDTH, column, column};
		hf_put_paragraph(page->out, &margins, text);
	}
}

/* Those that are not as wanted first; the others as far as there is room. */
static void put_servers(const struct page *page, const char *member, const char *title)
{
	size_t index, count = 0, total = json_array_size(list(page, member));
	json_t *server;
	if (total == 0)
		return;
	unsigned width = place_width(list(page, member));
	hf_put_format(page->out, "\n  %-*s STATE       SERIAL SEEN    WHAT\n", (int)width, title);
	for (unsigned good = 0; good < 2; good++) {
		json_array_foreach(list(page, member), index, server)
		{
			if (is_good(server) != (good == 1) || (!all(page) && count >= ROOM_SERVERS))
				continue;
			put_server(page, server, width);
			count++;
		}
	}
	if (count < total)
		hf_put_format(page->out, "  and %zu more; --all shows them\n", total - count);
}

static void put_key(const struct page *page, const json_t *key)
{
	char name[HF_JSON_WORDS], algorithm[HF_JSON_WORDS], state[HF_JSON_WORDS];
	char since[HF_TIME_TEXT], next[HF_TIME_TEXT];
	hf_time end = hf_json_get_time(key, "next");
	bool used = strcmp(hf_json_get_text(key, "state", state), "removed") != 0;
	hf_put_format(page->out, "  %-10s %-16s %-20s %-8s", hf_json_get_text(key, "text", name),
	        hf_json_get_text(key, "algorithm_name", algorithm), state,
	        hf_status_short_age(hf_json_get_time(key, "since"), page->view->now, since));
	hf_put_format(page->out, " %-9s",
	        end != HF_TIME_NONE && used ? hf_status_short_age(page->view->now, end, next)
	                                    : "-");
	if (json_is_true(json_object_get(key, "ds")))
		hf_put_text(page->out,
		        json_is_true(json_object_get(key, "ds_seen")) ? " seen" : " wanted");
	else
		hf_put_text(
		        page->out, json_is_true(json_object_get(key, "ds_seen")) ? " goes" : " -");
	hf_put_text(page->out, "\n");
}

static void put_keys(const struct page *page)
{
	size_t index, total = json_array_size(list(page, "keys"));
	json_t *key;
	if (total == 0)
		return;
	hf_put_text(page->out,
	        "\n  KEY        ALGORITHM        STATE                SINCE    ENDS IN   DS\n");
	json_array_foreach(list(page, "keys"), index, key)
	{
		if (index < ROOM_KEYS || all(page))
			put_key(page, key);
	}
	if (total > ROOM_KEYS && !all(page))
		hf_put_format(page->out, "  and %zu more; --all shows them\n", total - ROOM_KEYS);
}

static void put_events(const struct page *page)
{
	size_t index;
	json_t *event;
	char waits[HF_JSON_WORDS];
	hf_json_get_text(page->status, "waits", waits);
	if (json_array_size(list(page, "events")) > 0)
		hf_put_text(page->out, "\n  NEXT\n");
	json_array_foreach(list(page, "events"), index, event)
	{
		char text[HF_JSON_WORDS], span[HF_TIME_TEXT];
		if (index >= ROOM_EVENTS && !all(page))
			break;
		hf_time at = hf_json_get_time(event, "at");
		hf_put_format(page->out, "  %-16s",
		        at > page->view->now ? hf_span_text(at - page->view->now, span) : "now");
		const struct hf_margins margins = {HF_TEXT_WIDTH, 18, 18};
		hf_json_get_text(event, "text", text);
		bool same = strncmp(waits, text, strlen(text)) == 0;
		hf_put_paragraph(page->out, &margins, same ? "the wait above is over" : text);
	}
}

enum hf_err hf_status_text(
        const json_t *status, const struct hf_status_view *view, struct hf_buf *out)
{
	const struct page page = {status, view, out};
	put_first_line(&page);
	put_alarms(&page);
	hf_put_text(out, "\n");
	put_serials(&page);
	put_validity(&page);
	put_policy(&page);
	put_source(&page);
	put_roll(&page);
	put_stages(&page);
	put_servers(&page, "secondaries", "SECONDARY");
	put_servers(&page, "parents", "PARENT'S SERVER");
	put_keys(&page);
	put_events(&page);
	return hf_buf_check(out);
}
