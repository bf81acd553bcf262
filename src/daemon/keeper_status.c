/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known about a zone, for people and for metrics. */
#include <stdio.h>
#include <string.h>

#include "daemon/keeper_inside.h"
#include "report/line_json.h"

size_t hf_keeper_own_alarms(const struct hf_keeper *keeper, struct hf_line_alarm *ret_alarms)
{
	size_t count = 0;
	if (keeper->trouble[0] != '\0') {
		struct hf_line_alarm *alarm = &ret_alarms[count++];
		*alarm = (struct hf_line_alarm){.since = keeper->trouble_since};
		snprintf(alarm->name, sizeof(alarm->name), "%s",
		        keeper->line == NULL ? "not-open" : "work-failed");
		snprintf(alarm->text, sizeof(alarm->text), "%s", keeper->trouble);
	}
	if (keeper->expired != HF_TIME_NONE) {
		struct hf_line_alarm *alarm = &ret_alarms[count++];
		char since[HF_TIME_TEXT];
		*alarm = (struct hf_line_alarm){.since = keeper->expired};
		snprintf(alarm->name, sizeof(alarm->name), "source-expired");
		snprintf(alarm->text, sizeof(alarm->text),
		        "no primary has answered since %s, longer than the zone's SOA expire; the "
		        "last good version goes on being served and signed anew: mend the "
		        "primaries, "
		        "or the way to them",
		        hf_time_rfc3339(keeper->source_at, since));
	}
	return count;
}

static json_t *time_json(hf_time time)
{
	char text[HF_TIME_TEXT];
	return time == HF_TIME_NONE || time == HF_TIME_NEVER
	               ? json_null()
	               : json_string(hf_time_rfc3339(time, text));
}

static json_t *text_json(const char *text)
{
	return text == NULL || *text == '\0' ? json_null() : json_string(text);
}

/* What transfers give now: a moment behind the line, which publishes before anybody sees it. */
static json_t *served_json(const struct hf_keeper *keeper)
{
	return keeper->edition != NULL ? json_integer(hf_edition_serial(keeper->edition))
	                               : json_null();
}

static json_t *source_json(const struct hf_keeper *keeper)
{
	const struct hf_config_source *source = &keeper->settings->source;
	struct hf_soa soa;
	bool expires = source->file == NULL && keeper->source != NULL &&
	               hf_version_soa(keeper->source, &soa);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:i}", "kind",
	        source->file != NULL ? "file" : "primaries", "file", text_json(source->file),
	        "answered_at", time_json(keeper->source_at), "next", time_json(keeper->next_source),
	        "expires",
	        time_json(expires ? keeper->source_at + (int64_t)soa.expire : HF_TIME_NONE),
	        "result", text_json(keeper->source_text), "fetched", (int)keeper->fetched, "failed",
	        (int)keeper->fetch_failed);
}

static json_t *notify_json(const struct hf_keeper *keeper)
{
	json_t *list = json_array();
	size_t count = hf_notifier_count(keeper->shared->notifier, &keeper->name);
	for (size_t i = 0; i < count && list != NULL; i++) {
		char place[HF_PLACE_MAX];
		struct hf_notify_state state;
		if (!hf_notifier_state(keeper->shared->notifier, &keeper->name, i, &state))
			continue;
		json_t *item = json_pack("{s:s, s:o, s:s, s:i, s:o, s:o, s:o}", "place",
		        hf_config_place_text(&state.endpoint, place), "serial_seen",
		        state.has_seen ? json_integer(state.seen) : json_null(), "state",
		        state.done       ? "seen"
		        : state.answered ? "answered"
		        : state.sent > 0 ? "sent"
		                         : "idle",
		        "sent", (int)state.sent, "last_sent", time_json(state.last_sent), "next",
		        time_json(state.next), "error", text_json(state.last_error));
		if (item == NULL || json_array_append_new(list, item) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* A zone whose line is not open: as much of a status as there is. */
static json_t *closed_json(const struct hf_keeper *keeper, bool whole)
{
	static const char *const lists[] = {"stages", "keys", "parents", "secondaries", "events"};
	char name[HF_NAME_TEXT];
	json_t *json = json_pack("{s:s, s:s, s:n, s:n, s:n, s:n, s:n, s:n, s:o, s:s}", "zone",
	        hf_name_text(&keeper->name, name), "state", hf_line_state_name(HF_STATE_EMPTY),
	        "serial_in", "serial_out", "published_at", "first_expiry", "roll", "until",
	        "alarms", whole ? json_array() : json_integer(0), "text", "is being opened");
	for (size_t i = 0; whole && i < sizeof(lists) / sizeof(lists[0]); i++)
		(void)json_object_set_new(json, lists[i], json_array());
	return json;
}

static enum hf_err add_alarms(const struct hf_keeper *keeper, json_t *json)
{
	struct hf_line_alarm own[2];
	size_t count = hf_keeper_own_alarms(keeper, own);
	json_t *list = json_object_get(json, "alarms");
	if (count == 0)
		return HF_OK;
	for (size_t i = 0; i < count && json_is_array(list); i++) {
		if (json_array_append_new(
		            list, json_pack("{s:s, s:o, s:s}", "name", own[i].name, "since",
		                          time_json(own[i].since), "text", own[i].text)) != 0)
			return HF_ERR_NOMEM;
	}
	if (json_is_integer(list))
		json_integer_set(list, json_integer_value(list) + (json_int_t)count);
	json_object_set_new(json, "state", json_string(hf_line_state_name(HF_STATE_ALARM)));
	/* The short form has one sentence. */
	if (json_object_get(json, "text") != NULL)
		json_object_set_new(json, "text", json_string(own[0].text));
	return HF_OK;
}

static enum hf_err open_json(const struct hf_keeper *keeper, bool whole, json_t **ret_json)
{
	json_t *json = NULL;
	const struct hf_line_status *status = hf_line_status_get(keeper->line);
	enum hf_err err = whole ? hf_line_json(status, &json) : hf_line_json_short(status, &json);
	hf_line_status_unref(status);
	if (err == HF_OK)
		*ret_json = json;
	return err;
}

enum hf_err hf_keeper_json(const struct hf_keeper *keeper, bool whole, json_t **ret_json)
{
	json_t *json = NULL;
	enum hf_err err = HF_OK;
	if (keeper->line != NULL)
		err = open_json(keeper, whole, &json);
	else if ((json = closed_json(keeper, whole)) == NULL)
		err = HF_ERR_NOMEM;
	if (err == HF_OK)
		err = add_alarms(keeper, json);
	if (err == HF_OK && whole &&
	        (json_object_set_new(json, "serial_served", served_json(keeper)) != 0 ||
	                json_object_set_new(json, "source", source_json(keeper)) != 0 ||
	                json_object_set_new(json, "notify", notify_json(keeper)) != 0))
		err = HF_ERR_NOMEM;
	if (err != HF_OK) {
		json_decref(json);
		return err;
	}
	*ret_json = json;
	return HF_OK;
}

enum hf_err hf_keeper_versions(const struct hf_keeper *keeper, json_t **ret_list)
{
	struct hf_journal_history history = {0};
	json_t *list = json_array();
	enum hf_err err = list == NULL           ? HF_ERR_NOMEM
	                  : keeper->line == NULL ? HF_OK
	                                         : hf_line_published(keeper->line, &history);
	for (size_t i = history.count; i > 0 && err == HF_OK; i--) {
		const struct hf_journal_version *entry = &history.list[i - 1];
		struct hf_soa soa = {0};
		(void)hf_version_soa(entry->version, &soa);
		if (json_array_append_new(list,
		            json_pack("{s:I, s:o, s:I}", "serial", (json_int_t)soa.serial, "at",
		                    time_json(entry->at), "names",
		                    (json_int_t)hf_tree_count(hf_version_names(entry->version)))) !=
		        0)
			err = HF_ERR_NOMEM;
	}
	hf_journal_history_done(&history);
	if (err == HF_OK)
		*ret_list = list;
	else
		json_decref(list);
	return err;
}

struct hf_keeper_figures hf_keeper_figures(const struct hf_keeper *keeper)
{
	struct hf_notify_state state;
	struct hf_keeper_figures figures = {
	        .status = keeper->line != NULL ? hf_line_status_get(keeper->line) : NULL,
	        .failed = keeper->line == NULL && keeper->trouble[0] != '\0',
	        .state = keeper->trouble[0] != '\0' || keeper->expired != HF_TIME_NONE
	                         ? HF_STATE_ALARM
	                         : HF_STATE_EMPTY,
	        .published = keeper->published,
	        .fetched = keeper->fetched,
	        .fetch_failed = keeper->fetch_failed,
	        .source_at = keeper->source_at};
	if (figures.status != NULL && figures.state != HF_STATE_ALARM)
		figures.state = hf_line_state_get(figures.status);
	memcpy(figures.stage_seconds, keeper->stage_seconds, sizeof(figures.stage_seconds));
	memcpy(figures.stage_runs, keeper->stage_runs, sizeof(figures.stage_runs));
	figures.fetch = keeper->fetch;
	figures.serve = keeper->serve;
	figures.secondaries = hf_notifier_count(keeper->shared->notifier, &keeper->name);
	for (size_t i = 0; i < figures.secondaries; i++) {
		if (hf_notifier_state(keeper->shared->notifier, &keeper->name, i, &state))
			figures.secondaries_behind += state.has_serial && !state.done;
	}
	return figures;
}
