/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/orders.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/logging.h"
#include "pipeline/backup.h"
#include "report/line_json.h"
#include "rollover/wish.h"

#define HISTORY_MAX 10000

/* One request on its way. */
struct order {
	struct hf_daemon *daemon;
	struct hf_control_call *call;
	const json_t *request;
	struct hf_name zone;      /* of commands about a zone */
	struct hf_keeper *keeper; /* NULL: there is no such zone */
	struct hf_diag *diag;
	json_t *result;
	bool later; /* it will be answered by somebody else */
};

static const char *text_of(const struct order *order, const char *member)
{
	return json_string_value(json_object_get(order->request, member));
}

/* An answer of one sentence. */
static enum hf_err say(struct order *order, const char *text)
{
	order->result = json_pack("{s:s}", "text", text);
	return order->result != NULL ? HF_OK : HF_ERR_NOMEM;
}

/* ---- Status ---- */

static json_t *time_json(hf_time time)
{
	char text[HF_TIME_TEXT];
	return time == HF_TIME_NONE ? json_null() : json_string(hf_time_rfc3339(time, text));
}

static json_t *self_test_json(const struct hf_alerts_state *state)
{
	char text[HF_TIME_TEXT];
	if (!state->has_command)
		return json_string("there is no alert command: nobody is told of alarms");
	if (state->tested == HF_TIME_NONE)
		return json_string("the alert command was not tested yet");
	return json_sprintf("the alert command %s at %s: %s",
	        state->test_good ? "worked" : "FAILED", hf_time_rfc3339(state->tested, text),
	        state->test_text);
}

static json_t *daemon_json(const struct hf_daemon *daemon)
{
	const struct hf_alerts_state state = hf_alerts_state(daemon->shared.alerts);
	json_t *json = json_pack("{s:s, s:o, s:i, s:I, s:I, s:o, s:o, s:b, s:I, s:I, s:I}",
	        "version", HF_VERSION, "since", time_json(daemon->since), "pid", (int)getpid(),
	        "zones", (json_int_t)daemon->keepers.count, "alarms", (json_int_t)state.standing,
	        "self_test", self_test_json(&state), "self_test_at", time_json(state.tested),
	        "self_test_good", (int)state.test_good, "alerts_told", (json_int_t)state.told,
	        "alerts_failed", (json_int_t)state.failed, "alerts_waiting",
	        (json_int_t)state.waiting);
	json_t *lanes = json_object();
	for (unsigned i = 0; i < HF_LANES; i++) {
		const struct hf_lane_load load =
		        hf_lanes_load(daemon->shared.lanes, (enum hf_lane)i);
		json_object_set_new(lanes, hf_lane_name((enum hf_lane)i),
		        json_pack("{s:i, s:I, s:I, s:I}", "threads", (int)load.threads, "waiting",
		                (json_int_t)load.waiting, "running", (json_int_t)load.running,
		                "done", (json_int_t)load.done));
	}
	if (json_object_set_new(json, "lanes", lanes) != 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static enum hf_err status_of_all(struct order *order)
{
	const struct hf_keepers *keepers = &order->daemon->keepers;
	json_t *zones = json_array();
	enum hf_err err = zones != NULL ? HF_OK : HF_ERR_NOMEM;
	for (size_t i = 0; i < keepers->count && err == HF_OK; i++) {
		json_t *zone = NULL;
		err = hf_keeper_json(keepers->list[i], false, &zone);
		if (err == HF_OK && json_array_append_new(zones, zone) != 0)
			err = HF_ERR_NOMEM;
	}
	if (err == HF_OK)
		order->result = json_pack(
		        "{s:o, s:o}", "daemon", daemon_json(order->daemon), "zones", zones);
	else
		json_decref(zones);
	return err == HF_OK && order->result == NULL ? HF_ERR_NOMEM : err;
}

static enum hf_err do_status(struct order *order)
{
	if (text_of(order, "zone") == NULL)
		return status_of_all(order);
	return hf_keeper_json(order->keeper, true, &order->result);
}

/* ---- Zones ---- */

static enum hf_err do_zone_add(struct order *order)
{
	const char *settings = text_of(order, "settings");
	const struct hf_config_extra extra = {.name = &order->zone,
	        .policy = text_of(order, "policy"),
	        .settings = settings != NULL ? settings : ""};
	enum hf_err err = hf_daemon_add_zone(order->daemon, &extra, order->diag);
	const struct hf_log_about about = {
	        .level = HF_LOG_NOTICE, .event = "zone-added", .zone = &order->zone};
	if (err != HF_OK)
		return err;
	hf_log(&about, "by %s", hf_control_who(order->call));
	return say(order, "the zone is taken up; holdfast status shows how far it is");
}

static void on_removed(void *context, enum hf_err err)
{
	struct hf_control_call *call = context;
	hf_control_answer(call, err,
	        err == HF_OK ? json_pack("{s:s}", "text",
	                               "the zone is not served any more; its keys are still in the "
	                               "state folder")
	                     : NULL,
	        NULL);
}

static enum hf_err do_zone_remove(struct order *order)
{
	enum hf_err err = hf_daemon_remove_zone(
	        order->daemon, &order->zone, on_removed, order->call, order->diag);
	const struct hf_log_about about = {
	        .level = HF_LOG_NOTICE, .event = "zone-removed", .zone = &order->zone};
	if (err != HF_OK)
		return err;
	order->later = true;
	hf_log(&about, "by %s", hf_control_who(order->call));
	return HF_OK;
}

static enum hf_err do_zone_reload(struct order *order)
{
	hf_keeper_reload(order->keeper);
	return say(order, "the source is asked now; holdfast status shows what it brings");
}

static enum hf_err take_note(void *context, const struct hf_store_note *note)
{
	json_t *item = json_pack("{s:o, s:s, s:s*, s:s}", "at", time_json(note->at), "kind",
	        note->kind, "who", note->who, "text", note->text);
	return json_array_append_new(context, item) == 0 ? HF_OK : HF_ERR_NOMEM;
}

static enum hf_err do_zone_history(struct order *order)
{
	const json_t *limit = json_object_get(order->request, "limit");
	json_int_t most = limit != NULL ? json_integer_value(limit) : 50;
	if (most < 1 || most > HISTORY_MAX)
		return hf_fail(order->diag, HF_ERR_INVALID, "\"limit\" is a number from 1 to %d",
		        HISTORY_MAX);
	json_t *notes = json_array();
	enum hf_err err = notes == NULL ? HF_ERR_NOMEM
	                                : hf_store_notes(order->daemon->shared.store,
	                                          hf_keeper_id(order->keeper), (unsigned)most,
	                                          take_note, notes, order->diag);
	if (err != HF_OK) {
		json_decref(notes);
		return err;
	}
	order->result = json_pack("{s:o}", "history", notes);
	return order->result != NULL ? HF_OK : HF_ERR_NOMEM;
}

static enum hf_err do_zone_versions(struct order *order)
{
	json_t *versions = NULL;
	enum hf_err err = hf_keeper_versions(order->keeper, &versions);
	if (err == HF_OK)
		order->result = json_pack("{s:o}", "versions", versions);
	return err == HF_OK && order->result == NULL ? HF_ERR_NOMEM : err;
}

/* ---- What the line is told ---- */

static void on_reply(void *context, enum hf_err err, const char *words, const struct hf_diag *diag)
{
	hf_control_answer(
	        context, err, err == HF_OK ? json_pack("{s:s}", "text", words) : NULL, diag);
}

static enum hf_err tell_line(struct order *order, struct hf_line_says *says)
{
	says->who = hf_control_who(order->call);
	enum hf_err err = hf_keeper_order(order->keeper, says, on_reply, order->call);
	order->later = err == HF_OK;
	return err;
}

static enum hf_err tell_simple(struct order *order, enum hf_line_order_kind kind)
{
	struct hf_line_says says = {.order = kind};
	return tell_line(order, &says);
}

static enum hf_err tell_event(struct order *order, enum hf_roll_event_kind kind)
{
	struct hf_line_says says = {.order = HF_LINE_ROLL, .event = {.kind = kind}};
	return tell_line(order, &says);
}

static enum hf_err do_hold(struct order *order)
{
	return tell_simple(order, HF_LINE_HOLD);
}

static enum hf_err do_release(struct order *order)
{
	return tell_simple(order, HF_LINE_RELEASE);
}

static enum hf_err do_approve(struct order *order)
{
	return tell_simple(order, HF_LINE_APPROVE);
}

static enum hf_err do_reject(struct order *order)
{
	return tell_simple(order, HF_LINE_REJECT);
}

static enum hf_err do_accept_removal(struct order *order)
{
	return tell_simple(order, HF_LINE_FORCE_REMOVAL);
}

static enum hf_err do_ds_seen(struct order *order)
{
	return tell_event(order, HF_EVENT_DS_SEEN);
}

static enum hf_err do_ds_withdrawn(struct order *order)
{
	return tell_event(order, HF_EVENT_DS_WITHDRAWN);
}

static enum hf_err do_rollback(struct order *order)
{
	const json_t *serial = json_object_get(order->request, "serial");
	json_int_t number = json_integer_value(serial);
	if (!json_is_integer(serial) || number < 0 || number > UINT32_MAX)
		return hf_fail(order->diag, HF_ERR_INVALID, "\"serial\" is a number of 32 bits");
	struct hf_line_says says = {.order = HF_LINE_ROLLBACK, .serial = (uint32_t)number};
	return tell_line(order, &says);
}

/* ---- Rollovers ---- */

/* The key of the engine's table that has the tag. The state that is in the store is the one that
 * the engine has, whatever its line is doing now. */
static enum hf_err find_key(
        struct order *order, uint16_t tag, unsigned *ret_key, enum hf_role *ret_role)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = {0};
	struct hf_roll_state state;
	enum hf_err err = hf_store_get_state(
	        order->daemon->shared.store, hf_keeper_id(order->keeper), &bytes, order->diag);
	if (err == HF_ERR_NOTFOUND)
		return hf_fail(order->diag, HF_ERR_REFUSED, "the zone has no keys yet");
	if (err == HF_OK)
		err = hf_roll_state_get(bytes.data, bytes.len, order->diag, &state);
	if (err != HF_OK)
		return err;
	unsigned key = 0;
	while (key < HF_ROLL_KEYS &&
	        (state.keys[key].dnskey == NULL ||
	                (state.keys[key].tag != tag && state.keys[key].revoked_tag != tag)))
		key++;
	if (key < HF_ROLL_KEYS) {
		*ret_key = key;
		*ret_role = state.keys[key].role;
	}
	hf_roll_state_done(&state);
	if (key == HF_ROLL_KEYS)
		return hf_fail(order->diag, HF_ERR_REFUSED,
		        "no key of the zone has the tag %u; holdfast status lists its keys", tag);
	return HF_OK;
}

static enum hf_err start_roll(struct order *order)
{
	struct hf_wish wish;
	unsigned key = 0;
	const char *what = text_of(order, "what");
	if (what == NULL)
		return hf_fail(order->diag, HF_ERR_INVALID,
		        "\"what\" is missing: say what is to be changed, such as \"zsk\"");
	enum hf_err err = hf_wish_read(what, text_of(order, "method"), order->diag, &wish);
	if (err == HF_OK && wish.emergency) {
		err = find_key(order, wish.compromised_tag, &key, &wish.start.role);
		wish.start.compromised = (hf_keys)1 << key;
	}
	if (err != HF_OK)
		return err;
	struct hf_line_says says = {
	        .order = HF_LINE_ROLL, .event = {.kind = HF_EVENT_START, .start = wish.start}};
	return tell_line(order, &says);
}

static void on_planned(void *context, enum hf_err err, json_t *result, const struct hf_diag *diag)
{
	hf_control_answer(context, err, result, diag);
}

static enum hf_err plan_roll(struct order *order)
{
	const struct hf_keeper_wish wish = {
	        .what = text_of(order, "what"), .method = text_of(order, "method")};
	if (wish.what == NULL)
		return hf_fail(order->diag, HF_ERR_INVALID,
		        "\"what\" is missing: say what would be changed, such as \"zsk\"");
	enum hf_err err =
	        hf_keeper_plan(order->keeper, &wish, on_planned, order->call, order->diag);
	order->later = err == HF_OK;
	return err;
}

static enum hf_err do_roll(struct order *order)
{
	static const struct {
		const char *action;
		enum hf_roll_event_kind kind;
	} actions[] = {
	        {"pause", HF_EVENT_PAUSE},
	        {"resume", HF_EVENT_RESUME},
	        {"abort", HF_EVENT_ABORT},
	        {"force", HF_EVENT_FORCE},
	};
	const char *action = text_of(order, "action");
	if (action == NULL || strcmp(action, "start") == 0)
		return start_roll(order);
	if (strcmp(action, "plan") == 0)
		return plan_roll(order);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].action, action) == 0)
			return tell_event(order, actions[i].kind);
	}
	return hf_fail(order->diag, HF_ERR_INVALID,
	        "\"action\" is start, plan, pause, resume, abort or force");
}

static enum hf_err do_compromised(struct order *order)
{
	const char *text = text_of(order, "key");
	enum hf_role role;
	unsigned key;
	char *end = NULL;
	unsigned long tag = text != NULL ? strtoul(text, &end, 10) : 0;
	if (text == NULL || *text < '0' || *text > '9' || *end != '\0' || tag > UINT16_MAX)
		return hf_fail(order->diag, HF_ERR_INVALID, "\"key\" is the tag of a key");
	enum hf_err err = find_key(order, (uint16_t)tag, &key, &role);
	if (err != HF_OK)
		return err;
	struct hf_line_says says = {
	        .order = HF_LINE_ROLL, .event = {.kind = HF_EVENT_COMPROMISED, .key = key}};
	return tell_line(order, &says);
}

/* ---- The daemon itself ---- */

static enum hf_err do_reload(struct order *order)
{
	enum hf_err err = hf_daemon_reload(order->daemon, order->diag);
	return err != HF_OK ? err : say(order, "the configuration is in force");
}

struct backup {
	struct hf_job job;
	struct hf_daemon *daemon;
	struct hf_control_call *call;
	char *path;
	enum hf_err err;
	struct hf_diag diag;
	struct hf_backup_result result;
};

static void back_up(struct hf_job *job, struct hf_pool *pool)
{
	(void)pool;
	struct backup *backup = (struct backup *)job;
	backup->err = hf_backup_make(backup->daemon->shared.store, backup->path,
	        (hf_time)time(NULL), &backup->diag, &backup->result);
}

static void on_backed_up(struct hf_job *job)
{
	struct backup *backup = (struct backup *)job;
	const struct hf_log_about about = {.level = HF_LOG_NOTICE, .event = "backup"};
	enum hf_err err = job->dropped ? HF_ERR_CANCELED : backup->err;
	json_t *result = NULL;
	if (err == HF_OK) {
		hf_log(&about, "%s: %llu zone%s, %llu bytes", backup->path,
		        (unsigned long long)backup->result.zones,
		        backup->result.zones == 1 ? "" : "s",
		        (unsigned long long)backup->result.bytes);
		result = json_pack("{s:o, s:I, s:I, s:I}", "text",
		        json_sprintf(
		                "%s has %llu zone%s with all keys: keep it as safe as the keys",
		                backup->path, (unsigned long long)backup->result.zones,
		                backup->result.zones == 1 ? "" : "s"),
		        "zones", (json_int_t)backup->result.zones, "files",
		        (json_int_t)backup->result.files, "bytes",
		        (json_int_t)backup->result.bytes);
	}
	hf_control_answer(backup->call, err, result, &backup->diag);
	hf_diag_done(&backup->diag);
	free(backup->path);
	free(backup);
}

static enum hf_err do_backup(struct order *order)
{
	const char *path = text_of(order, "path");
	if (path == NULL || *path != '/')
		return hf_fail(order->diag, HF_ERR_INVALID,
		        "\"path\" is an absolute path of a file that is not there yet");
	struct backup *backup = calloc(1, sizeof(*backup));
	char *copy = strdup(path);
	if (backup == NULL || copy == NULL) {
		free(backup);
		free(copy);
		return HF_ERR_NOMEM;
	}
	backup->job.work = back_up;
	backup->job.done = on_backed_up;
	backup->daemon = order->daemon;
	backup->call = order->call;
	backup->path = copy;
	hf_diag_init(&backup->diag, HF_DIAG_LIMIT);
	order->later = true;
	hf_lanes_submit(order->daemon->shared.lanes, HF_LANE_LOOK, &backup->job);
	return HF_OK;
}

static void on_tested(void *context, bool good, const char *text)
{
	struct hf_diag diag;
	hf_diag_init(&diag, 1);
	hf_diag_add(&diag, NULL, 0, "the alert command %s", text);
	hf_control_answer(context, good ? HF_OK : HF_ERR_REFUSED,
	        good ? json_pack("{s:s}", "text", "the alert command took the test alarm") : NULL,
	        &diag);
	hf_diag_done(&diag);
}

static enum hf_err do_alert_test(struct order *order)
{
	enum hf_err err =
	        hf_alerts_test(order->daemon->shared.alerts, on_tested, order->call, order->diag);
	order->later = err == HF_OK;
	return err;
}

static enum hf_err do_stop(struct order *order)
{
	const struct hf_log_about about = {.level = HF_LOG_NOTICE, .event = "order"};
	hf_log(&about, "by %s: stop", hf_control_who(order->call));
	return say(order, "the daemon ends");
}

/* ---- The table ---- */

enum wants {
	WANTS_NOTHING,
	MAY_HAVE_ZONE,
	WANTS_ZONE,
	WANTS_NEW_ZONE,
};

static const struct command {
	const char *name;
	enum wants wants;
	const char *members; /* beside "command" and "zone", each followed by a space */
	enum hf_err (*carry_out)(struct order *order);
} commands[] = {
        {"accept-removal", WANTS_ZONE, "", do_accept_removal},
        {"alert-test", WANTS_NOTHING, "", do_alert_test},
        {"approve", WANTS_ZONE, "", do_approve},
        {"backup", WANTS_NOTHING, "path ", do_backup},
        {"compromised", WANTS_ZONE, "key ", do_compromised},
        {"ds-seen", WANTS_ZONE, "", do_ds_seen},
        {"ds-withdrawn", WANTS_ZONE, "", do_ds_withdrawn},
        {"hold", WANTS_ZONE, "", do_hold},
        {"reject", WANTS_ZONE, "", do_reject},
        {"release", WANTS_ZONE, "", do_release},
        {"reload", WANTS_NOTHING, "", do_reload},
        {"roll", WANTS_ZONE, "action what method ", do_roll},
        {"rollback", WANTS_ZONE, "serial ", do_rollback},
        {"status", MAY_HAVE_ZONE, "", do_status},
        {"stop", WANTS_NOTHING, "", do_stop},
        {"zone-add", WANTS_NEW_ZONE, "policy settings ", do_zone_add},
        {"zone-history", WANTS_ZONE, "limit ", do_zone_history},
        {"zone-reload", WANTS_ZONE, "", do_zone_reload},
        {"zone-remove", WANTS_ZONE, "", do_zone_remove},
        {"zone-versions", WANTS_ZONE, "", do_zone_versions},
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static bool takes_member(const struct command *command, const char *member)
{
	size_t len = strlen(member);
	if (strcmp(member, "command") == 0 || strchr(member, ' ') != NULL)
		return strcmp(member, "command") == 0;
	if (strcmp(member, "zone") == 0)
		return command->wants != WANTS_NOTHING;
	for (const char *at = command->members; *at != '\0'; at = strchr(at, ' ') + 1) {
		if (strncmp(at, member, len) == 0 && at[len] == ' ')
			return true;
	}
	return false;
}

static enum hf_err judge_members(const struct order *order, const struct command *command)
{
	const char *member;
	json_t *value;
	json_object_foreach((json_t *)order->request, member, value)
	{
		if (!takes_member(command, member))
			return hf_fail(order->diag, HF_ERR_INVALID,
			        "the command \"%s\" takes no \"%.40s\"", command->name, member);
		if (!json_is_string(value) && !json_is_integer(value))
			return hf_fail(order->diag, HF_ERR_INVALID, "\"%s\" is a text or a number",
			        member);
	}
	return HF_OK;
}

static enum hf_err judge_zone(struct order *order, const struct command *command)
{
	const char *text = text_of(order, "zone");
	if (command->wants == WANTS_NOTHING || (command->wants == MAY_HAVE_ZONE && text == NULL))
		return HF_OK;
	if (text == NULL || *text == '\0')
		return hf_fail(order->diag, HF_ERR_INVALID, "\"zone\" is missing; name the zone");
	if (hf_name_from_text(text, &order->zone) != HF_OK)
		return hf_fail(
		        order->diag, HF_ERR_INVALID, "\"%.100s\" is no name of a zone", text);
	hf_name_lower(&order->zone);
	order->keeper = hf_keepers_find(&order->daemon->keepers, &order->zone);
	if (order->keeper == NULL && command->wants != WANTS_NEW_ZONE)
		return hf_fail(order->diag, HF_ERR_NOTFOUND,
		        "there is no zone %.100s; holdfast status lists those that there are",
		        text);
	return HF_OK;
}

static enum hf_err handle(struct order *order)
{
	const char *name = text_of(order, "command");
	const struct command *command = find(name);
	if (command == NULL)
		return hf_fail(
		        order->diag, HF_ERR_UNSUPPORTED, "there is no command \"%.40s\"", name);
	if (order->daemon->stopping)
		return hf_fail(order->diag, HF_ERR_CANCELED, "the daemon is ending");
	enum hf_err err = judge_members(order, command);
	if (err == HF_OK)
		err = judge_zone(order, command);
	return err == HF_OK ? command->carry_out(order) : err;
}

void hf_orders_handle(void *context, struct hf_control_call *call)
{
	struct hf_diag diag;
	struct hf_daemon *daemon = context;
	struct order order = {
	        .daemon = daemon, .call = call, .request = hf_control_request(call), .diag = &diag};
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	bool stop = strcmp(text_of(&order, "command"), "stop") == 0;
	enum hf_err err = handle(&order);
	if (!order.later)
		hf_control_answer(call, err, order.result, &diag);
	hf_diag_done(&diag);
	if (stop && err == HF_OK)
		hf_daemon_stop(daemon);
}
