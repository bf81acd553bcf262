/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "report/jsontext.h"
#include "report/keys_report.h"

static json_t *dates_json(const struct hf_keyfile *key)
{
	const struct hf_key_times *times = &key->times;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",                              //
	        "created", hf_json_time(times->created), "publish", hf_json_time(times->publish), //
	        "activate", hf_json_time(times->activate), "revoke", hf_json_time(times->revoke), //
	        "inactive", hf_json_time(times->inactive), "delete", hf_json_time(times->remove), //
	        "sync_publish", hf_json_time(times->sync_publish),                                //
	        "sync_delete", hf_json_time(times->sync_remove));
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
	return json_pack("{s:s, s:o, s:I, s:f}", "event", event, "at", hf_json_time(next.time),
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
	        hf_json_time(hf_keyfile_since(key, at)), "times", dates_json(key), "next_event",
	        next_json(key, at), "ttl", (int)key->ttl, "private", half_name(key->half), "file",
	        hf_json_text(key->path));
}

static json_t *warnings_json(const struct hf_diag *warnings)
{
	json_t *list = json_array();
	for (size_t i = 0; list != NULL && i < warnings->count; i++) {
		json_t *warning = json_pack("{s:o, s:o}",                        //
		        "file", hf_json_text(warnings->entries[i].file), "text", //
		        hf_json_text(warnings->entries[i].text));
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
	return hf_json_put(json_pack("{s:o, s:o, s:o}", "at", hf_json_time(at), "keys", list,
	                           "warnings", warnings_json(warnings)),
	        JSON_INDENT(2), out);
}

enum hf_err hf_key_json(const struct hf_keyfile *key, hf_time at, struct hf_buf *out)
{
	return hf_json_put(key_json(key, at), JSON_INDENT(2), out);
}
