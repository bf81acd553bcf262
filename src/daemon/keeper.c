/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/keeper.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/keeper_inside.h"
#include "daemon/logging.h"

/* The clock may be set; so no timer trusts it for longer. Also how often files are looked at, in
 * case the system does not tell of a change. */
#define LONGEST_SLEEP  60  /* seconds */
#define SHORTEST_SLEEP 100 /* milliseconds */
#define CLOCK_STEP     5   /* seconds by which the clock moves only when it is set */

hf_time hf_keeper_now(void)
{
	return (hf_time)time(NULL);
}

uint64_t hf_keeper_steady(void)
{
	return uv_hrtime() / 1000000;
}

char *hf_keeper_sentence(
        const struct hf_diag *diag, enum hf_err err, char text[static HF_LINE_WORDS])
{
	const struct hf_diag_entry *first = diag->count > 0 ? &diag->entries[0] : NULL;
	if (first == NULL)
		snprintf(text, HF_LINE_WORDS, "%s", hf_err_text(err));
	else if (first->file != NULL && first->line > 0)
		snprintf(text, HF_LINE_WORDS, "%s:%" PRIu64 ": %s", first->file, first->line,
		        first->text);
	else if (first->file != NULL)
		snprintf(text, HF_LINE_WORDS, "%s: %s", first->file, first->text);
	else
		snprintf(text, HF_LINE_WORDS, "%s", first->text);
	return text;
}

/* ---- Times ---- */

static bool has_tasks(const struct hf_keeper_tasks *tasks)
{
	return tasks->run || tasks->load || tasks->change || tasks->orders != NULL ||
	       tasks->has_fetched || tasks->failure != NULL || tasks->parent != NULL ||
	       tasks->secondaries != NULL;
}

void hf_keeper_kick(struct hf_keeper *keeper)
{
	if (keeper->working || keeper->closing)
		return;
	bool opening = keeper->line == NULL;
	if (opening ? keeper->open_at > hf_keeper_now() : !has_tasks(&keeper->tasks))
		return;
	if (hf_keeper_start_work(keeper, opening) != HF_OK) {
		/* No memory: what waits stays, and the timer tries again. */
		keeper->next_run = hf_keeper_now() + 1;
		keeper->open_at = opening ? keeper->next_run : keeper->open_at;
	}
}

static hf_time earlier(hf_time a, hf_time b)
{
	return a < b ? a : b;
}

void hf_keeper_schedule(struct hf_keeper *keeper)
{
	if (keeper->closing)
		return;
	hf_time now = hf_keeper_now();
	hf_time next = now + LONGEST_SLEEP;
	if (keeper->line == NULL) {
		next = earlier(next, keeper->open_at);
	} else {
		next = earlier(next, keeper->next_run);
		next = earlier(next, keeper->next_source);
		next = earlier(next, keeper->parent.busy ? HF_TIME_NEVER : keeper->parent.next);
		next = earlier(
		        next, keeper->secondaries.busy ? HF_TIME_NEVER : keeper->secondaries.next);
	}
	/* At least a moment: a line that wants to run at once, again and again, must not keep the
	 * loop from everything else. */
	uint64_t pause = next > now ? 1000 * (uint64_t)(next - now) : SHORTEST_SLEEP;
	if (keeper->line != NULL && keeper->touched != 0) {
		uint64_t settled = keeper->touched + HF_FILE_SETTLES, steady = hf_keeper_steady();
		uint64_t left =
		        settled > steady + SHORTEST_SLEEP ? settled - steady : SHORTEST_SLEEP;
		pause = left < pause ? left : pause;
	}
	/* Never put off: whoever asks for something ten times a second would keep it from firing.
	 */
	if (!uv_is_active((uv_handle_t *)&keeper->timer) ||
	        uv_timer_get_due_in(&keeper->timer) > pause)
		(void)uv_timer_start(&keeper->timer, keeper->timer.timer_cb, pause, 0);
}

/* After the clock was set the line looks at it. One that was set back takes what is planned along:
 * else it would be late by as much. */
static void follow_clock(struct hf_keeper *keeper, hf_time now)
{
	hf_time *const times[] = {&keeper->next_run, &keeper->next_source, &keeper->open_at,
	        &keeper->parent.next, &keeper->parent.since, &keeper->secondaries.next,
	        &keeper->secondaries.since};
	hf_time steady = (hf_time)(hf_keeper_steady() / 1000);
	hf_time ahead = now - steady;
	bool known = keeper->clock_ahead != HF_TIME_NONE;
	hf_time step = known ? ahead - keeper->clock_ahead : 0;
	keeper->clock_ahead = ahead;
	if (step > -CLOCK_STEP && step < CLOCK_STEP)
		return;
	keeper->tasks.run = true;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]) && step < 0; i++) {
		if (*times[i] != HF_TIME_NONE && *times[i] != HF_TIME_NEVER)
			*times[i] += step;
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct hf_keeper *keeper = timer->data;
	hf_time now = hf_keeper_now();
	follow_clock(keeper, now);
	if (keeper->line != NULL) {
		if (keeper->next_run <= now) {
			keeper->tasks.run = true;
			keeper->next_run = HF_TIME_NEVER;
		}
		hf_keeper_check_source(keeper, now);
		hf_keeper_check_looks(keeper, now);
	}
	hf_keeper_kick(keeper);
	hf_keeper_schedule(keeper);
}

/* ---- Alarms ---- */

void hf_keeper_set_trouble(struct hf_keeper *keeper, const char *text)
{
	if (text == NULL) {
		keeper->trouble[0] = '\0';
		return;
	}
	if (keeper->trouble[0] == '\0')
		keeper->trouble_since = hf_keeper_now();
	snprintf(keeper->trouble, sizeof(keeper->trouble), "%s", text);
}

void hf_keeper_tell_alarms(struct hf_keeper *keeper)
{
	const struct hf_line_status *status =
	        keeper->line != NULL ? hf_line_status_get(keeper->line) : NULL;
	size_t count = status != NULL ? status->alarm_count : 0;
	struct hf_line_alarm *alarms = calloc(count + 2, sizeof(*alarms));
	if (alarms != NULL) {
		if (count > 0)
			memcpy(alarms, status->alarms, count * sizeof(*alarms));
		count += hf_keeper_own_alarms(keeper, alarms + count);
		hf_alerts_update(keeper->shared->alerts, &keeper->name, alarms, count);
	}
	free(alarms);
	if (status != NULL)
		hf_line_status_unref(status);
}

/* ---- What server and notifier have to know ---- */

static enum hf_err allow_peers(struct hf_access *access, const struct hf_config_peers *peers,
        unsigned actions, bool with_key)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < peers->count && err == HF_OK; i++) {
		const struct hf_config_peer *peer = &peers->items[i];
		struct hf_access_rule rule = {.has_prefix = true,
		        .prefix = {.address = peer->endpoint.items[0]},
		        .actions = actions};
		rule.prefix.bits = hf_endpoint_is_v6(&rule.prefix.address) ? 128 : 32;
		if (with_key && peer->key != NULL) {
			rule.has_key = true;
			rule.key = peer->key->name;
		}
		err = hf_access_add(access, &rule);
	}
	return err;
}

static enum hf_err allow_rules(
        struct hf_access *access, const struct hf_config_rules *rules, unsigned actions)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < rules->count && err == HF_OK; i++) {
		const struct hf_config_rule *from = &rules->items[i];
		struct hf_access_rule rule = {.actions = actions};
		if (from->prefix.count > 0) {
			rule.has_prefix = true;
			rule.prefix = from->prefix.items[0];
		}
		if (from->key != NULL) {
			rule.has_key = true;
			rule.key = from->key->name;
		}
		err = hf_access_add(access, &rule);
	}
	return err;
}

static enum hf_err put_zone(const struct hf_keeper *keeper, const struct hf_config_zone *settings)
{
	HF_CLEANUP(hf_access_done) struct hf_access access = {0};
	const unsigned reading = HF_ACCESS_TRANSFER | HF_ACCESS_QUERY;
	enum hf_err err = allow_peers(&access, &settings->secondaries, reading, true);
	if (err == HF_OK)
		err = allow_rules(&access, &settings->transfer, reading);
	/* A NOTIFY only makes us ask: that the address is a primary's is enough. */
	if (err == HF_OK)
		err = allow_peers(&access, &settings->source.primaries, HF_ACCESS_NOTIFY, false);
	if (err == HF_OK)
		err = allow_rules(&access, &settings->notify_from, HF_ACCESS_NOTIFY);
	if (err != HF_OK)
		return err;
	const struct hf_server_zone zone = {
	        .name = keeper->name, .edition = keeper->edition, .access = &access};
	return hf_server_put_zone(keeper->shared->server, &zone);
}

static enum hf_err set_targets(
        const struct hf_keeper *keeper, const struct hf_config_zone *settings)
{
	const struct hf_config_peers *peers = &settings->secondaries;
	struct hf_notify_target *targets = calloc(peers->count + 1, sizeof(*targets));
	if (targets == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < peers->count; i++)
		targets[i] = (struct hf_notify_target){
		        .endpoint = peers->items[i].endpoint.items[0],
		        .key = peers->items[i].key != NULL ? peers->items[i].key->tsig : NULL};
	enum hf_err err =
	        hf_notifier_set(keeper->shared->notifier, &keeper->name, targets, peers->count);
	free(targets);
	if (err == HF_OK && keeper->edition != NULL)
		err = hf_notifier_publish(keeper->shared->notifier, &keeper->name,
		        hf_edition_version(keeper->edition));
	return err;
}

static enum hf_err apply(const struct hf_keeper *keeper, const struct hf_config_zone *settings)
{
	enum hf_err err = put_zone(keeper, settings);
	return err != HF_OK ? err : set_targets(keeper, settings);
}

/* A folder that cannot be watched is looked at now and then. */
static void watch_file(struct hf_keeper *keeper)
{
	const char *file = keeper->settings->source.file;
	const struct hf_log_about about = {
	        .level = HF_LOG_WARNING, .event = "watch", .zone = &keeper->name};
	hf_watch_remove(keeper->watched);
	keeper->watched = NULL;
	if (file != NULL && hf_watch_add(keeper->shared->watch, file, hf_keeper_touched, keeper,
	                            &keeper->watched) != HF_OK)
		hf_log(&about,
		        "the system cannot watch the folder of %s; it is looked at every %d s",
		        file, LONGEST_SLEEP);
}

/* ---- Life ---- */

enum hf_err hf_keeper_new(const struct hf_keeper_setup *setup, struct hf_keeper **ret_keeper)
{
	struct hf_keeper *keeper = calloc(1, sizeof(*keeper));
	if (keeper == NULL)
		return HF_ERR_NOMEM;
	hf_time now = hf_keeper_now();
	keeper->shared = setup->shared;
	keeper->settings = setup->settings;
	keeper->name = setup->settings->name;
	keeper->id = setup->id;
	keeper->added = setup->added;
	keeper->next_run = keeper->next_source = HF_TIME_NEVER;
	keeper->parent.next = keeper->secondaries.next = HF_TIME_NEVER;
	keeper->open_at = now;
	keeper->expired = keeper->trouble_since = HF_TIME_NONE;
	keeper->clock_ahead = HF_TIME_NONE;
	keeper->source_at = now;
	hf_keeper_tasks_init(&keeper->tasks);
	enum hf_err err = apply(keeper, setup->settings);
	if (err != HF_OK) {
		(void)hf_server_remove_zone(keeper->shared->server, &keeper->name);
		hf_notifier_remove(keeper->shared->notifier, &keeper->name);
		free(keeper);
		return err;
	}
	keeper->config = hf_config_ref(setup->config);
	(void)uv_timer_init(setup->shared->loop, &keeper->timer);
	keeper->timer.data = keeper;
	(void)uv_timer_start(&keeper->timer, on_timer, 0, 0);
	watch_file(keeper);
	*ret_keeper = keeper;
	return HF_OK;
}

static bool same_source(const struct hf_config_source *a, const struct hf_config_source *b)
{
	if ((a->file != NULL) != (b->file != NULL) || a->primaries.count != b->primaries.count)
		return false;
	if (a->file != NULL)
		return strcmp(a->file, b->file) == 0;
	for (size_t i = 0; i < a->primaries.count; i++) {
		if (!hf_endpoint_equal(a->primaries.items[i].endpoint.items,
		            b->primaries.items[i].endpoint.items))
			return false;
	}
	return true;
}

enum hf_err hf_keeper_change(struct hf_keeper *keeper, const struct hf_keeper_setup *setup)
{
	enum hf_err err = apply(keeper, setup->settings);
	if (err != HF_OK) {
		/* What was there before needs no more memory than it has. */
		if (apply(keeper, keeper->settings) != HF_OK)
			hf_keeper_set_trouble(keeper, "out of memory while settings were changed");
		return err;
	}
	struct hf_config *before = keeper->config;
	bool same = same_source(&keeper->settings->source, &setup->settings->source);
	keeper->config = hf_config_ref(setup->config);
	keeper->settings = setup->settings;
	keeper->added = setup->added;
	hf_config_unref(before);
	watch_file(keeper);
	keeper->tasks.change = true;
	keeper->tasks.run = true;
	/* A reload of many zones is no reason to ask for all of them anew. */
	if (!same)
		hf_keeper_forget_last(keeper);
	if (!same || keeper->fetch_failures > 0)
		hf_keeper_ask_source(keeper);
	hf_keeper_kick(keeper);
	hf_keeper_schedule(keeper);
	return HF_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct hf_keeper *keeper = handle->data;
	if (keeper->closed != NULL)
		keeper->closed(keeper->closed_context);
	free(keeper->key_folder);
	free(keeper->zone_folder);
	free(keeper);
}

void hf_keeper_try_end(struct hf_keeper *keeper)
{
	if (!keeper->closing || keeper->working || keeper->fetching || keeper->parent.busy ||
	        keeper->secondaries.busy || uv_is_closing((uv_handle_t *)&keeper->timer))
		return;
	hf_keeper_refuse_orders(keeper->tasks.orders);
	hf_keeper_tasks_done(&keeper->tasks);
	hf_line_free(keeper->line);
	hf_edition_unref(keeper->edition);
	hf_version_unref(keeper->source);
	hf_keeper_forget_last(keeper);
	hf_config_unref(keeper->line_config);
	hf_config_unref(keeper->config);
	uv_close((uv_handle_t *)&keeper->timer, on_timer_closed);
}

void hf_keeper_cancel(struct hf_keeper *keeper)
{
	atomic_store(&keeper->stop, true);
}

void hf_keeper_close(struct hf_keeper *keeper, void (*closed)(void *context), void *context)
{
	keeper->closing = true;
	hf_keeper_cancel(keeper);
	keeper->closed = closed;
	keeper->closed_context = context;
	(void)uv_timer_stop(&keeper->timer);
	hf_keeper_want_no_looks(keeper);
	hf_watch_remove(keeper->watched);
	keeper->watched = NULL;
	(void)hf_server_remove_zone(keeper->shared->server, &keeper->name);
	hf_notifier_remove(keeper->shared->notifier, &keeper->name);
	hf_alerts_update(keeper->shared->alerts, &keeper->name, NULL, 0);
	hf_keeper_try_end(keeper);
}

const struct hf_name *hf_keeper_name(const struct hf_keeper *keeper)
{
	return &keeper->name;
}

int64_t hf_keeper_id(const struct hf_keeper *keeper)
{
	return keeper->id;
}

bool hf_keeper_is_added(const struct hf_keeper *keeper)
{
	return keeper->added;
}

enum hf_err hf_keeper_order(struct hf_keeper *keeper, const struct hf_line_says *says,
        hf_keeper_reply *reply, void *context)
{
	struct hf_keeper_order *order = calloc(1, sizeof(*order));
	if (order == NULL)
		return HF_ERR_NOMEM;
	order->says = *says;
	snprintf(order->who, sizeof(order->who), "%s", says->who);
	order->reply = reply;
	order->context = context;
	hf_diag_init(&order->diag, HF_DIAG_LIMIT);
	*keeper->tasks.orders_end = order;
	keeper->tasks.orders_end = &order->next;
	hf_keeper_press(keeper, HF_JOB_WANTED);
	hf_keeper_kick(keeper);
	return HF_OK;
}
