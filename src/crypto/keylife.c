/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/keylife.h"

#include <assert.h>

#include "crypto/keyparse.h"

/* ---- one key ---- */

static_assert(HF_KEY_DATES == HF_KEY_EVENTS, "every event has a date");

void hf_keyfile_dates(const struct hf_keyfile *key, struct hf_key_date ret_dates[HF_KEY_DATES])
{
	struct hf_key_times times = key->times;
	for (size_t i = 0; i < HF_KEY_DATES; i++)
		ret_dates[i] = (struct hf_key_date){
		        HF_KEY_EVENT[i].name, *hf_key_event_time(&times, &HF_KEY_EVENT[i])};
}

bool hf_keyfile_next(const struct hf_keyfile *key, hf_time now, struct hf_key_date *ret_date)
{
	struct hf_key_date dates[HF_KEY_DATES];
	hf_keyfile_dates(key, dates);
	const struct hf_key_date *next = NULL;
	for (size_t i = 0; i < HF_KEY_DATES; i++) {
		if (dates[i].time != HF_TIME_NONE && dates[i].time > now &&
		        (next == NULL || dates[i].time < next->time))
			next = &dates[i];
	}
	if (next == NULL)
		return false;
	*ret_date = *next;
	return true;
}

hf_time hf_keyfile_since(const struct hf_keyfile *key, hf_time now)
{
	/* The state changes at dates only: go back over them as long as it stays the same. */
	struct hf_key_date dates[HF_KEY_DATES];
	hf_keyfile_dates(key, dates);
	enum hf_key_state state = hf_keyfile_state(key, now);
	hf_time since = HF_TIME_NONE, bound = now;
	for (size_t step = 0; step < HF_KEY_DATES; step++) {
		hf_time latest = HF_TIME_NONE;
		for (size_t i = 0; i < HF_KEY_DATES; i++) {
			if (dates[i].time != HF_TIME_NONE && dates[i].time <= bound &&
			        dates[i].time > latest)
				latest = dates[i].time;
		}
		if (latest == HF_TIME_NONE || hf_keyfile_state(key, latest) != state)
			break;
		since = latest;
		bound = latest - 1;
	}
	return since;
}

/* ---- a folder ---- */

static void check_half(const struct hf_keyfile *key, struct hf_diag *warnings)
{
	switch (key->half) {
	case HF_HALF_SAFE:
		break;
	case HF_HALF_EXPOSED:
		hf_diag_add(warnings, key->path, 0,
		        "others than its owner can read or change the private half; run: chmod 600 "
		        "%s.private",
		        key->path);
		break;
	case HF_HALF_MISSING:
		hf_diag_add(warnings, key->path, 0,
		        "the private half is missing, so the key cannot sign; restore the "
		        ".private file, or remove the key once the zone no longer needs it");
		break;
	case HF_HALF_UNREADABLE:
		hf_diag_add(warnings, key->path, 0,
		        "the private half may not be read, so its dates are unknown; those shown "
		        "are comments of the .key file");
		break;
	}
}

static bool tags_meet(const struct hf_keyfile *a, const struct hf_keyfile *b)
{
	return a->plain_tag == b->plain_tag || a->plain_tag == b->revoked_tag ||
	       a->revoked_tag == b->plain_tag || a->revoked_tag == b->revoked_tag;
}

static void check_tags(
        struct hf_keyfile *const *keys, size_t count, const char *zone, struct hf_diag *warnings)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			if (!tags_meet(keys[i], keys[j]))
				continue;
			hf_diag_add(warnings, keys[j]->path, 0,
			        "%s %u and %s %u of %s have the same tag, as they are or when "
			        "revoked; validators and tools mix such keys up: replace one",
			        hf_role_name(keys[i]->role), keys[i]->tag,
			        hf_role_name(keys[j]->role), keys[j]->tag, zone);
		}
	}
}

/* How many keys can do what a role does, and how many of them are doing it. */
struct census {
	size_t able, active;
};

static struct census count_role(
        struct hf_keyfile *const *keys, size_t count, enum hf_role role, hf_time now)
{
	struct census census = {0, 0};
	for (size_t i = 0; i < count; i++) {
		enum hf_key_state state = hf_keyfile_state(keys[i], now);
		if (keys[i]->role != role && keys[i]->role != HF_ROLE_CSK)
			continue;
		census.able += state != HF_KEY_REMOVED;
		census.active += state == HF_KEY_ACTIVE;
	}
	return census;
}

static void check_role(struct hf_keyfile *const *keys, size_t count, enum hf_role role,
        const char *zone, hf_time now, struct hf_diag *warnings)
{
	const char *name = hf_role_name(role);
	const char *option = role == HF_ROLE_KSK ? "--ksk " : "";
	const char *work = role == HF_ROLE_KSK ? "DNSKEY set" : "data";
	struct census census = count_role(keys, count, role, now);
	if (census.able == 0)
		hf_diag_add(warnings, NULL, 0,
		        "%s has no %s, so nothing can sign its %s; make one: holdfast keygen "
		        "%s--dir DIR %s",
		        zone, name, work, option, zone);
	else if (census.active == 0)
		hf_diag_add(warnings, NULL, 0,
		        "no %s of %s is active, so nothing signs its %s; change the dates of one "
		        "with dnssec-settime, or make a new one: holdfast keygen %s--dir DIR %s",
		        name, zone, work, option, zone);
}

void hf_keydir_check(const struct hf_keydir *keys, hf_time now, struct hf_diag *warnings)
{
	for (size_t i = 0; i < keys->count; i++)
		check_half(keys->keys[i], warnings);
	for (size_t first = 0, count; first < keys->count; first += count) {
		struct hf_keyfile *const *zone = keys->keys + first;
		for (count = 1; first + count < keys->count; count++) {
			if (!hf_name_equal(&zone[0]->owner, &zone[count]->owner))
				break;
		}
		char name[HF_NAME_TEXT];
		hf_name_text(&zone[0]->owner, name);
		check_tags(zone, count, name, warnings);
		check_role(zone, count, HF_ROLE_KSK, name, now, warnings);
		check_role(zone, count, HF_ROLE_ZSK, name, now, warnings);
	}
}
