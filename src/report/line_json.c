/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/line_json.h"

#include <stdio.h>

#include "crypto/alg.h"
#include "pipeline/line.h"
#include "report/jsontext.h"

#define SENTENCE (HF_LINE_WORDS + 32)

const char *hf_line_state_name(enum hf_line_state state)
{
	static const char *const names[HF_LINE_STATES] = {
	        "alarm", "waits", "held", "empty", "good"};
	return names[state];
}

/* The review that a person has to end; NULL: none. */
static const struct hf_line_stage *open_review(const struct hf_line_status *status)
{
	static const enum hf_stage reviews[] = {HF_STAGE_REVIEW_UNSIGNED, HF_STAGE_REVIEW_SIGNED};
	for (size_t i = 0; i < sizeof(reviews) / sizeof(reviews[0]); i++) {
		const struct hf_line_stage *stage = &status->stages[reviews[i]];
		if (stage->state == HF_STAGE_WAITS)
			return stage;
	}
	return NULL;
}

enum hf_line_state hf_line_state_get(const struct hf_line_status *status)
{
	if (status->alarm_count > 0)
		return HF_STATE_ALARM;
	if (status->approve[0] != '\0' || status->wait == HF_WAIT_APPROVAL ||
	        status->wait == HF_WAIT_HELP || open_review(status) != NULL)
		return HF_STATE_WAITS;
	if (status->held || status->rolled_back || status->paused)
		return HF_STATE_HELD;
	return status->has_published ? HF_STATE_GOOD : HF_STATE_EMPTY;
}

/* The first of the stages in that state; NULL: none. */
static const struct hf_line_stage *stage_in(
        const struct hf_line_status *status, enum hf_stage_state state)
{
	for (size_t i = 0; i < HF_STAGES; i++) {
		if (status->stages[i].state == state)
			return &status->stages[i];
	}
	return NULL;
}

/* The sentence that matters most; NULL: nothing has to be said. `room` is for one that is made. */
static const char *sentence(const struct hf_line_status *status, char room[static SENTENCE])
{
	const struct hf_line_stage *stage;
	switch (hf_line_state_get(status)) {
	case HF_STATE_ALARM:
		return status->alarms[0].text;
	case HF_STATE_WAITS:
		if (status->approve[0] != '\0') {
			snprintf(room, SENTENCE, "to be approved: %s", status->approve);
			return room;
		}
		stage = open_review(status);
		return stage != NULL ? stage->text : status->waits;
	case HF_STATE_HELD:
		return status->rolled_back
		               ? "rolled back: what the source brings waits for the release"
		       : status->held ? "held: nothing new is published before the release"
		                      : "the rollover is paused";
	case HF_STATE_EMPTY:
	case HF_STATE_GOOD:
		break;
	}
	stage = stage_in(status, HF_STAGE_WAITS);
	if (stage != NULL)
		return stage->text;
	if (status->roll[0] != '\0')
		return status->waits[0] != '\0' ? status->waits : status->roll;
	return status->has_published ? NULL : "nothing was published yet";
}

/* Null for an empty text. */
static json_t *text_json(const char *text)
{
	return hf_json_text(text != NULL && text[0] != '\0' ? text : NULL);
}

static json_t *serial_json(bool there, uint32_t serial)
{
	return there ? json_integer(serial) : json_null();
}

static json_t *stages_json(const struct hf_line_status *status)
{
	json_t *list = json_array();
	for (size_t i = 0; i < HF_STAGES; i++) {
		const struct hf_line_stage *stage = &status->stages[i];
		list = hf_json_with(list,
		        json_pack("{s:s, s:s, s:f, s:o, s:o}", "name", hf_stage_name(i), "state",
		                hf_stage_state_name(stage->state), "seconds", stage->seconds, "at",
		                hf_json_time(stage->at), "text", text_json(stage->text)));
	}
	return list;
}

static json_t *keys_json(const struct hf_line_status *status)
{
	json_t *list = json_array();
	for (size_t i = 0; i < status->key_count; i++) {
		const struct hf_line_key *key = &status->keys[i];
		char name[32];
		list = hf_json_with(list,
		        json_pack("{s:o, s:s, s:i, s:s, s:i, s:o, s:o, s:o, s:b, s:b}", "text",
		                text_json(key->text), "role", hf_role_name(key->role), "algorithm",
		                key->algorithm, "algorithm_name", hf_alg_name(key->algorithm, name),
		                "tag", key->tag, "state", text_json(key->state), "since",
		                hf_json_time(key->since), "next", hf_json_time(key->next), "ds",
		                key->ds, "ds_seen", key->ds_seen));
	}
	return list;
}

static json_t *servers_json(const struct hf_line_server *servers, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		const struct hf_line_server *server = &servers[i];
		list = hf_json_with(
		        list, json_pack("{s:o, s:o, s:o, s:b, s:o}", "place",
		                      text_json(server->place), "seen", hf_json_time(server->seen),
		                      "serial", serial_json(server->has_serial, server->serial),
		                      "good", server->good, "text", text_json(server->text)));
	}
	return list;
}

static json_t *events_json(const struct hf_line_status *status)
{
	json_t *list = json_array();
	for (size_t i = 0; i < status->event_count; i++)
		list = hf_json_with(
		        list, json_pack("{s:o, s:o}", "at", hf_json_time(status->events[i].at),
		                      "text", text_json(status->events[i].text)));
	return list;
}

static json_t *alarms_json(const struct hf_line_status *status)
{
	json_t *list = json_array();
	for (size_t i = 0; i < status->alarm_count; i++) {
		const struct hf_line_alarm *alarm = &status->alarms[i];
		list = hf_json_with(
		        list, json_pack("{s:o, s:o, s:o}", "name", text_json(alarm->name), "since",
		                      hf_json_time(alarm->since), "text", text_json(alarm->text)));
	}
	return list;
}

/* The members that both forms have. */
static json_t *common_json(const struct hf_line_status *status)
{
	char zone[HF_NAME_TEXT], room[SENTENCE];
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "zone",
	        hf_name_text(&status->zone, zone), "state",
	        hf_line_state_name(hf_line_state_get(status)), "text",
	        text_json(sentence(status, room)), "serial_in",
	        serial_json(status->has_source, status->serial_in), "serial_out",
	        serial_json(status->has_published, status->serial_out), "published_at",
	        hf_json_time(status->published_at), "first_expiry",
	        status->has_validity ? hf_json_time(status->first_expiry) : json_null(), "roll",
	        text_json(status->roll), "until", hf_json_time(status->until));
}

/* Moves the members of `more` into `object`. Takes both over; NULL for either gives NULL. */
static enum hf_err join(json_t *object, json_t *more, json_t **ret_json)
{
	bool good = object != NULL && more != NULL && json_object_update(object, more) == 0;
	json_decref(more);
	if (!good) {
		json_decref(object);
		return HF_ERR_NOMEM;
	}
	*ret_json = object;
	return HF_OK;
}

/* What the engine does and waits for, and what people have told. */
static json_t *engine_json(const struct hf_line_status *status)
{
	return json_pack("{s:b, s:b, s:b, s:o, s:s, s:o, s:i, s:i, s:o, s:o}", "held", status->held,
	        "rolled_back", status->rolled_back, "paused", status->paused, "waits",
	        text_json(status->waits), "wait", hf_wait_name(status->wait), "approve",
	        text_json(status->approve), "gate_safe", (int)status->gate_safe, "gate_unsafe",
	        (int)status->gate_unsafe, "parent_silent_since", hf_json_time(status->silent_since),
	        "parent_silence", text_json(status->silence));
}

enum hf_err hf_line_json(const struct hf_line_status *status, json_t **ret_json)
{
	char owner[HF_NAME_TEXT];
	json_t *more = json_pack(
	        "{s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "mode",
	        status->mode == HF_LINE_SIGN ? "sign" : "check-only", "policy",
	        text_json(status->policy), "at", hf_json_time(status->at), "source_at",
	        hf_json_time(status->source_at), "names", (json_int_t)status->names, "rrsets",
	        (json_int_t)status->rrsets, "signatures", (json_int_t)status->signatures,
	        "first_owner",
	        status->has_validity ? json_string(hf_name_text(&status->first_owner, owner))
	                             : json_null(),
	        "stages", stages_json(status), "keys", keys_json(status), "parents",
	        servers_json(status->parents, status->parent_count), "secondaries",
	        servers_json(status->secondaries, status->secondary_count), "events",
	        events_json(status), "alarms", alarms_json(status));
	json_t *object;
	enum hf_err err = join(common_json(status), engine_json(status), &object);
	if (err != HF_OK) {
		json_decref(more);
		return err;
	}
	return join(object, more, ret_json);
}

enum hf_err hf_line_json_short(const struct hf_line_status *status, json_t **ret_json)
{
	json_t *more = json_pack("{s:I}", "alarms", (json_int_t)status->alarm_count);
	return join(common_json(status), more, ret_json);
}
