/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/alerts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/hook.h"
#include "daemon/logging.h"

#define BURST   20   /* tellings at once */
#define SPACING 3    /* seconds between later ones */
#define TICK    1000 /* milliseconds */
#define RETRY   10   /* seconds to the second try; each later one waits three times as long */
#define BUCKETS 4096 /* entries by zone: thousands of zones may have an alarm at once */

/* What an alarm's entry is doing. */
enum stage {
	STAGE_NEW,  /* to be told that it began */
	STAGE_TOLD, /* to be repeated */
	STAGE_GONE, /* to be told that it ended */
};

struct entry {
	struct entry *next;
	bool has_zone;
	struct hf_name zone;
	struct hf_line_alarm alarm;
	enum stage stage;
	bool busy;    /* its command is running */
	bool ended;   /* its cause went while the command was running */
	bool present; /* hf_alerts_update has just seen it */
	unsigned tries;
	hf_time due; /* HF_TIME_NEVER: not any more */
};

struct hf_alerts {
	uv_timer_t timer;
	struct hf_config *config;
	struct entry *buckets[BUCKETS];
	size_t count;
	struct entry test; /* not in the list */
	hf_time next_test;
	unsigned tokens; /* tellings that may be carried out at once */
	hf_time refilled;
	struct hf_hook *hook; /* the command that runs; NULL: none */
	struct entry *running;
	struct hf_alerts_state state;
	void (*tested)(void *context, bool good, const char *text); /* who waits for a test */
	void *tested_context;
};

static struct entry **bucket(struct hf_alerts *alerts, const struct hf_name *zone)
{
	uint32_t hash = 2166136261; /* FNV-1a */
	for (unsigned i = 0; zone != NULL && i < zone->len; i++)
		hash = (hash ^ zone->wire[i]) * 16777619;
	return &alerts->buckets[hash % BUCKETS];
}

static const struct hf_name *zone_of(const struct entry *entry)
{
	return entry->has_zone ? &entry->zone : NULL;
}

static const struct hf_config_alerts *settings(const struct hf_alerts *alerts)
{
	return alerts->config != NULL ? &alerts->config->alerts : NULL;
}

static bool has_command(const struct hf_alerts *alerts)
{
	return settings(alerts) != NULL && settings(alerts)->command != NULL;
}

static const char *stage_name(const struct hf_alerts *alerts, const struct entry *entry)
{
	if (entry == &alerts->test)
		return "test";
	return entry->stage == STAGE_NEW    ? "begins"
	       : entry->stage == STAGE_TOLD ? "stands"
	                                    : "ended";
}

/* ---- Running the command ---- */

static char *as_json(const struct hf_alerts *alerts, const struct entry *entry)
{
	char zone[HF_NAME_TEXT], since[HF_TIME_TEXT];
	const struct hf_alerts_state state = hf_alerts_state(alerts);
	json_t *object = json_pack("{s:o, s:s, s:s, s:s, s:s, s:I, s:I}", "zone",
	        entry->has_zone ? json_string(hf_name_text(&entry->zone, zone)) : json_null(),
	        "alarm", entry->alarm.name, "state", stage_name(alerts, entry), "since",
	        hf_time_rfc3339(entry->alarm.since, since), "text", entry->alarm.text, "standing",
	        (json_int_t)state.standing, "lost", (json_int_t)state.lost);
	char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
	json_decref(object);
	return text;
}

static void on_end(void *context, const struct hf_hook_end *end);

static enum hf_err run(struct hf_alerts *alerts, struct entry *entry)
{
	char zone[HF_NAME_TEXT] = "";
	char *input = as_json(alerts, entry);
	if (input == NULL)
		return HF_ERR_NOMEM;
	const struct hf_hook_variable variables[] = {
	        {"HOLDFAST_ZONE", entry->has_zone ? hf_name_text(&entry->zone, zone) : ""},
	        {"HOLDFAST_ALARM", entry->alarm.name},
	        {"HOLDFAST_STATE", stage_name(alerts, entry)},
	        {"HOLDFAST_TEXT", entry->alarm.text},
	};
	const struct hf_hook_job job = {.command = settings(alerts)->command,
	        .variables = variables,
	        .variable_count = sizeof(variables) / sizeof(variables[0]),
	        .input = input,
	        .seconds = (unsigned)settings(alerts)->seconds,
	        .done = on_end,
	        .context = alerts};
	enum hf_err err = hf_hook_run(alerts->timer.loop, &job, &alerts->hook);
	free(input);
	return err;
}

/* ---- Entries ---- */

static void drop(struct hf_alerts *alerts, struct entry *entry)
{
	for (struct entry **at = bucket(alerts, zone_of(entry)); *at != NULL; at = &(*at)->next) {
		if (*at != entry)
			continue;
		*at = entry->next;
		alerts->count--;
		free(entry);
		return;
	}
}

static void end_test(struct hf_alerts *alerts, const struct hf_hook_end *end, hf_time now)
{
	struct hf_alerts_state *state = &alerts->state;
	state->tested = now;
	state->test_good = end->good;
	snprintf(state->test_text, sizeof(state->test_text), "%s", end->text);
	alerts->test.due = HF_TIME_NEVER;
	const struct hf_log_about about = {
	        .level = end->good ? HF_LOG_INFO : HF_LOG_ERROR, .event = "alert-test"};
	hf_log(&about, "the test of the way to people: the command %s", end->text);
	void (*tested)(void *, bool, const char *) = alerts->tested;
	alerts->tested = NULL;
	if (tested != NULL)
		tested(alerts->tested_context, end->good, end->text);
}

/* The telling was carried out. */
static void told(struct hf_alerts *alerts, struct entry *entry, hf_time now)
{
	int64_t repeat = settings(alerts) != NULL ? settings(alerts)->repeat : 0;
	alerts->state.told++;
	entry->tries = 0;
	if (entry->stage == STAGE_GONE) {
		drop(alerts, entry);
		return;
	}
	entry->stage = entry->ended ? STAGE_GONE : STAGE_TOLD;
	entry->due = entry->ended ? now : repeat > 0 ? now + repeat : HF_TIME_NEVER;
}

static void missed(struct hf_alerts *alerts, struct entry *entry, const char *why, hf_time now)
{
	const struct hf_log_about about = {
	        .level = HF_LOG_ERROR, .event = "alert-failed", .zone = zone_of(entry)};
	hf_log(&about, "nobody was told of the alarm %s: the command %s", entry->alarm.name, why);
	alerts->state.failed++;
	if (++entry->tries >= HF_ALERTS_TRIES) {
		told(alerts, entry, now);
		alerts->state.told--;
		return;
	}
	int64_t pause = RETRY;
	for (unsigned i = 1; i < entry->tries; i++)
		pause *= 3;
	entry->due = now + pause;
	if (entry->ended)
		entry->stage = STAGE_GONE;
}

static void on_end(void *context, const struct hf_hook_end *end)
{
	struct hf_alerts *alerts = context;
	struct entry *entry = alerts->running;
	hf_time now = (hf_time)time(NULL);
	alerts->hook = NULL;
	alerts->running = NULL;
	entry->busy = false;
	if (entry == &alerts->test)
		end_test(alerts, end, now);
	else if (end->good)
		told(alerts, entry, now);
	else
		missed(alerts, entry, end->text, now);
}

/* ---- When ---- */

static void refill(struct hf_alerts *alerts, hf_time now)
{
	if (now < alerts->refilled)
		alerts->refilled = now; /* the clock went back */
	int64_t more = (now - alerts->refilled) / SPACING;
	if (more <= 0)
		return;
	alerts->refilled += more * SPACING;
	alerts->tokens =
	        more > BURST - (int64_t)alerts->tokens ? BURST : alerts->tokens + (unsigned)more;
}

static struct entry *choose(struct hf_alerts *alerts, hf_time now)
{
	struct entry *best = NULL;
	if (alerts->test.due <= now)
		return &alerts->test;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct entry *at = alerts->buckets[i]; at != NULL; at = at->next) {
			if (at->due <= now && (best == NULL || at->due < best->due))
				best = at;
		}
	}
	return best;
}

static void plan_test(struct hf_alerts *alerts, hf_time now)
{
	int64_t period = has_command(alerts) ? settings(alerts)->self_test : 0;
	if (period == 0)
		return;
	if (alerts->next_test == HF_TIME_NONE || alerts->next_test > now + period)
		alerts->next_test = now;
	if (alerts->next_test > now)
		return;
	alerts->next_test = now + period;
	alerts->test.due = now;
}

static void on_tick(uv_timer_t *timer)
{
	struct hf_alerts *alerts = timer->data;
	hf_time now = (hf_time)time(NULL);
	refill(alerts, now);
	plan_test(alerts, now);
	if (alerts->hook != NULL || alerts->tokens == 0 || !has_command(alerts))
		return;
	struct entry *entry = choose(alerts, now);
	if (entry == NULL)
		return;
	alerts->test.alarm.since = now;
	entry->busy = true;
	alerts->running = entry;
	alerts->tokens--;
	if (run(alerts, entry) != HF_OK) {
		const struct hf_hook_end end = {.text = "could not be started"};
		on_end(alerts, &end);
	}
}

/* ---- Alarms ---- */

static bool same_zone(const struct entry *entry, const struct hf_name *zone)
{
	return zone == NULL ? !entry->has_zone
	                    : entry->has_zone && hf_name_equal(&entry->zone, zone);
}

static struct entry *find(struct hf_alerts *alerts, const struct hf_name *zone, const char *name)
{
	for (struct entry *at = *bucket(alerts, zone); at != NULL; at = at->next) {
		if (strcmp(at->alarm.name, name) == 0 && same_zone(at, zone))
			return at;
	}
	return NULL;
}

static void begin(struct hf_alerts *alerts, const struct hf_name *zone,
        const struct hf_line_alarm *alarm, hf_time now)
{
	const struct hf_log_about about = {.level = HF_LOG_ERROR, .event = "alarm", .zone = zone};
	hf_log(&about, "%s: %s", alarm->name, alarm->text);
	struct entry *entry = alerts->count < HF_ALERTS_MAX ? calloc(1, sizeof(*entry)) : NULL;
	if (entry == NULL) {
		alerts->state.lost++;
		return;
	}
	entry->has_zone = zone != NULL;
	if (zone != NULL)
		entry->zone = *zone;
	entry->alarm = *alarm;
	entry->due = now;
	entry->present = true;
	struct entry **first = bucket(alerts, zone);
	entry->next = *first;
	*first = entry;
	alerts->count++;
}

/* It stands: also when it had ended and nobody was told yet. */
static void go_on(struct entry *entry, const struct hf_line_alarm *alarm)
{
	entry->present = true;
	entry->ended = false;
	entry->alarm = *alarm;
	if (entry->stage == STAGE_GONE && !entry->busy) {
		entry->stage = STAGE_TOLD;
		entry->due = HF_TIME_NEVER;
	}
}

static void end(struct hf_alerts *alerts, struct entry *entry, hf_time now)
{
	if (entry->stage == STAGE_GONE || entry->ended)
		return;
	const struct hf_log_about about = {
	        .level = HF_LOG_NOTICE, .event = "alarm-ended", .zone = zone_of(entry)};
	hf_log(&about, "%s", entry->alarm.name);
	if (entry->busy) {
		entry->ended = true;
	} else if (entry->stage == STAGE_NEW) {
		drop(alerts, entry); /* nobody heard of it */
	} else {
		entry->stage = STAGE_GONE;
		entry->tries = 0;
		entry->due = now;
	}
}

static bool stands(const struct entry *entry)
{
	return entry->stage != STAGE_GONE && !entry->ended;
}

void hf_alerts_update(struct hf_alerts *alerts, const struct hf_name *zone,
        const struct hf_line_alarm *alarms, size_t count)
{
	hf_time now = (hf_time)time(NULL);
	for (struct entry *at = *bucket(alerts, zone); at != NULL; at = at->next)
		at->present = false;
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = find(alerts, zone, alarms[i].name);
		if (entry != NULL)
			go_on(entry, &alarms[i]);
		else
			begin(alerts, zone, &alarms[i], now);
	}
	struct entry *next;
	for (struct entry *at = *bucket(alerts, zone); at != NULL; at = next) {
		next = at->next;
		if (!at->present && same_zone(at, zone))
			end(alerts, at, now);
	}
}

/* ---- Life ---- */

enum hf_err hf_alerts_new(uv_loop_t *loop, struct hf_alerts **ret_alerts)
{
	struct hf_alerts *alerts = calloc(1, sizeof(*alerts));
	if (alerts == NULL)
		return HF_ERR_NOMEM;
	if (uv_timer_init(loop, &alerts->timer) != 0 ||
	        uv_timer_start(&alerts->timer, on_tick, TICK, TICK) != 0) {
		free(alerts);
		return HF_ERR_IO;
	}
	uv_unref((uv_handle_t *)&alerts->timer);
	alerts->timer.data = alerts;
	alerts->state.tested = HF_TIME_NONE;
	alerts->next_test = HF_TIME_NONE;
	alerts->tokens = BURST;
	alerts->refilled = (hf_time)time(NULL);
	alerts->test.due = HF_TIME_NEVER;
	snprintf(alerts->test.alarm.name, sizeof(alerts->test.alarm.name), "test");
	snprintf(alerts->test.alarm.text, sizeof(alerts->test.alarm.text),
	        "a test of the way to people; there is nothing to do");
	*ret_alerts = alerts;
	return HF_OK;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void hf_alerts_free(struct hf_alerts *alerts)
{
	if (alerts == NULL)
		return;
	hf_hook_stop(alerts->hook);
	for (size_t i = 0; i < BUCKETS; i++) {
		while (alerts->buckets[i] != NULL)
			drop(alerts, alerts->buckets[i]);
	}
	hf_config_unref(alerts->config);
	uv_close((uv_handle_t *)&alerts->timer, on_closed);
}

void hf_alerts_set(struct hf_alerts *alerts, struct hf_config *config)
{
	struct hf_config *before = alerts->config;
	alerts->config = hf_config_ref(config);
	hf_config_unref(before);
}

enum hf_err hf_alerts_test(struct hf_alerts *alerts,
        void (*done)(void *context, bool good, const char *text), void *context,
        struct hf_diag *diag)
{
	if (!has_command(alerts))
		return hf_fail(diag, HF_ERR_NOTFOUND,
		        "there is no command for alerts; set alerts.command");
	if (alerts->tested != NULL)
		return hf_fail(diag, HF_ERR_EXISTS, "a test is under way; wait for its end");
	alerts->tested = done;
	alerts->tested_context = context;
	alerts->test.due = (hf_time)time(NULL);
	return HF_OK;
}

struct hf_alerts_state hf_alerts_state(const struct hf_alerts *alerts)
{
	struct hf_alerts_state state = alerts->state;
	state.has_command = has_command(alerts);
	state.standing = 0;
	state.waiting = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (const struct entry *at = alerts->buckets[i]; at != NULL; at = at->next) {
			state.standing += stands(at);
			state.waiting += at->stage != STAGE_TOLD;
		}
	}
	return state;
}
