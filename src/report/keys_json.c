/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "report/jsontext.h"
#include "report/keys_report.h"

/* Null when there is no such time. */
static json_t *time_json(hf_time time)
{
	char text[HF_TIME_TEXT];
	return time == HF_TIME_NONE ? json_null() : json_string(hf_time_rfc3339(time, text));
}

/* A path may be any bytes, JSON may not: those that are no UTF-8 become question marks. */
static json_t *path_json(const char *path)
{
	if (path == NULL)
		return json_null();
	json_t *string = json_string(path);
	if (string != NULL)
		return string;
	char *copy = strdup(path);
	if (copy == NULL)
		return NULL;
	for (char *at = copy; *at != '\0'; at++) {
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	}
	string = json_string(copy);
	free(copy);
	return string;
}

static json_t *dates_json(const struct hf_keyfile *key)
{
	const struct hf_key_times *times = &key->times;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",                        //
	        "created", time_json(times->created), "publish", time_json(times->publish), //
	        "activate", time_json(times->activate), "revoke", time_json(times->revoke), //
	        "inactive", time_json(times->inactive), "delete", time_json(times->remove), //
	        "sync_publish", time_json(times->sync_publish),                             //
	        "sync_delete", time_json(times->sync_remove));
}

/* Event names as in the member "times". */
static json_t *next_json(const struct hf_keyfile *key, hf_time at)
{
	static const struct {
		const char *date, *member;
	} members[] = {
	        {"Created", "created"},
	        {"Publish", "publish"},
	        {"Activate", "activate"},
	        {"Revoke", "revoke"},
	        {"Inactive", "inactive"},
	        {"Delete", "delete"},
	        {"SyncPublish", "sync_publish"},
	        {"SyncDelete", "sync_delete"},
	};
	struct hf_key_date next;
	if (!hf_keyfile_next(key, at, &next))
		return json_null();
	const char *event = next.name;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strcmp(members[i].date, next.name) == 0)
			event = members[i].member;
	}
	int64_t seconds = next.time - at;
	return json_pack("{s:s, s:o, s:I, s:f}", "event", event, "at", time_json(next.time),
	        "seconds", (json_int_t)seconds, "days", (double)seconds / 86400);
}

static const char *half_name(enum hf_key_half half)
{
	static const char *const names[] = {"safe", "exposed", "missing", "unreadable"};
	return names[half];
}

static json_t *key_json(const struct hf_keyfile *key, hf_time at)
{
	char zone[HF_NAME_TEXT], name[32];
	return json_pack("{s:s, s:s, s:i, s:s, s:i, s:i, s:i, s:s, s:o, s:o, s:o, s:i, s:s, s:o}",
	        "role", hf_role_name(key->role), "zone", hf_name_text(&key->owner, zone),
	        "algorithm", key->algorithm, "algorithm_name", hf_alg_name(key->algorithm, name),
	        "bits", (int)key->bits, "tag", key->tag, "revoked_tag", key->revoked_tag, "state",
	        hf_key_state_name(hf_keyfile_state(key, at)), "since",
	        time_json(hf_keyfile_since(key, at)), "times", dates_json(key), "next_event",
	        next_json(key, at), "ttl", (int)key->ttl, "private", half_name(key->half), "file",
	        path_json(key->path));
}

static json_t *warnings_json(const struct hf_diag *warnings)
{
	json_t *list = json_array();
	for (size_t i = 0; list != NULL && i < warnings->count; i++) {
		json_t *warning = json_pack("{s:o, s:o}",                     //
		        "file", path_json(warnings->entries[i].file), "text", //
		        path_json(warnings->entries[i].text));
		if (json_array_append_new(list, warning) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

enum hf_err hf_keys_json(const struct hf_keydir *keys, hf_time at, const struct hf_diag *warnings,
        struct hf_buf *out)
{
	json_t *list = json_array();
	for (size_t i = 0; list != NULL && i < keys->count; i++) {
		if (json_array_append_new(list, key_json(keys->keys[i], at)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	if (list == NULL)
		return HF_ERR_NOMEM;
	return hf_json_put(json_pack("{s:o, s:o, s:o}", "at", time_json(at), "keys", list,
	                           "warnings", warnings_json(warnings)),
	        JSON_INDENT(2), out);
}

enum hf_err hf_key_json(const struct hf_keyfile *key, hf_time at, struct hf_buf *out)
{
	return hf_json_put(key_json(key, at), JSON_INDENT(2), out);
}
