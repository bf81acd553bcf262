/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/config_judge.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/line.h"

static void judge_rules(struct hf_config_reader *reader, const struct hf_config_zone *zone,
        const char *name, const struct hf_config_rules *rules)
{
	/* What was refused is missing, and not forgotten. */
	for (size_t i = 0; i < rules->count && !reader->bad; i++) {
		if (rules->items[i].prefix.count == 0 && rules->items[i].key == NULL)
			hf_config_blame(reader, zone->line,
			        "%s has an entry that says neither \"from\" nor \"key\", and so "
			        "would "
			        "allow everybody; add one",
			        name);
	}
}

static void judge_peers(struct hf_config_reader *reader, const struct hf_config_zone *zone,
        const char *name, const struct hf_config_peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (peers->items[i].endpoint.count > 0 &&
			        peers->items[j].endpoint.count > 0 &&
			        hf_endpoint_equal(peers->items[i].endpoint.items,
			                peers->items[j].endpoint.items))
				hf_config_blame(reader, zone->line,
				        "%s has one address twice; leave one", name);
		}
	}
}

static void judge_serial(struct hf_config_reader *reader, struct hf_config_zone *zone)
{
	bool check_only = zone->mode == HF_LINE_CHECK_ONLY;
	if (zone->serial == HF_CONFIG_UNSET)
		zone->serial = check_only ? HF_SERIAL_KEEP : HF_SERIAL_INCREMENT;
	else if (check_only && zone->serial != HF_SERIAL_KEEP)
		hf_config_blame(reader, zone->line,
		        "a zone in mode check-only is published as it comes: its serial cannot be "
		        "made anew; leave \"serial\" out");
	else if (!check_only && zone->serial == HF_SERIAL_KEEP)
		hf_config_blame(reader, zone->line,
		        "signatures are renewed without a change at the source, so that the serial "
		        "cannot be kept; choose increment, date or unixtime");
}

static void judge_zone(struct hf_config_reader *reader, struct hf_config_zone *zone)
{
	const struct hf_config_source *source = &zone->source;
	if (zone->name.len == 0)
		return; /* what is no zone needs no source */
	if ((source->file != NULL) == (source->primaries.count > 0))
		hf_config_blame(reader, zone->line,
		        "\"source\" takes either \"file\" or \"primaries\"; give one of them");
	if (source->file != NULL && zone->output != NULL && strcmp(source->file, zone->output) == 0)
		hf_config_blame(reader, zone->line,
		        "\"output\" is the source's file, which it would overwrite; choose "
		        "another");
	judge_serial(reader, zone);
	judge_peers(reader, zone, "primaries", &source->primaries);
	judge_peers(reader, zone, "secondaries", &zone->secondaries);
	judge_rules(reader, zone, "transfer", &zone->transfer);
	judge_rules(reader, zone, "notify-from", &zone->notify_from);
}

static int by_name(const void *a, const void *b)
{
	const struct hf_config_zone *const *left = a, *const *right = b;
	int order = hf_name_cmp(&(*left)->name, &(*right)->name);
	return order != 0 ? order : (int)(*left)->line - (int)(*right)->line;
}

static int by_output(const void *a, const void *b)
{
	const struct hf_config_zone *const *left = a, *const *right = b;
	const char *one = (*left)->output, *other = (*right)->output;
	return strcmp(one != NULL ? one : "", other != NULL ? other : "");
}

/* No zone twice, no file written by two. */
static enum hf_err judge_pairs(struct hf_config_reader *reader, const struct hf_config_zones *zones)
{
	char name[HF_NAME_TEXT];
	const struct hf_config_zone **list = calloc(zones->count + 1, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	size_t count = 0;
	for (size_t i = 0; i < zones->count; i++) {
		if (zones->items[i].name.len > 0) /* 0: its name was blamed already */
			list[count++] = &zones->items[i];
	}
	qsort(list, count, sizeof(*list), by_name);
	for (size_t i = 1; i < count; i++) {
		if (hf_name_equal(&list[i - 1]->name, &list[i]->name))
			hf_config_blame(reader, list[i]->line,
			        "the zone %s is there a second time, first in line %u; leave one",
			        hf_name_text(&list[i]->name, name), list[i - 1]->line);
	}
	qsort(list, count, sizeof(*list), by_output);
	for (size_t i = 1; i < count; i++) {
		if (list[i]->output != NULL && by_output(&list[i - 1], &list[i]) == 0)
			hf_config_blame(reader, list[i]->line,
			        "\"output\" is also that of the zone in line %u; choose another",
			        list[i - 1]->line);
	}
	free(list);
	return HF_OK;
}

static void judge_keys(struct hf_config_reader *reader, const struct hf_config_keys *keys)
{
	char name[HF_NAME_TEXT];
	for (size_t i = 0; i < keys->count; i++) {
		const struct hf_config_key *key = &keys->items[i];
		if (key->name.len == 0)
			continue;
		if ((key->secret != NULL) == (key->secret_file != NULL))
			hf_config_blame(reader, 0,
			        "the key %s takes either \"secret\" or \"secret-file\"; give one "
			        "of "
			        "them",
			        hf_name_text(&key->name, name));
		for (size_t j = 0; j < i; j++) {
			if (hf_name_equal(&keys->items[j].name, &key->name))
				hf_config_blame(reader, 0,
				        "the key %s is there a second time; leave one",
				        hf_name_text(&key->name, name));
		}
	}
}

enum hf_err hf_config_judge(struct hf_config_reader *reader, struct hf_config *config)
{
	const struct hf_config_endpoints *source = &config->server.source;
	if (source->count == 2 &&
	        hf_endpoint_is_v6(&source->items[0]) == hf_endpoint_is_v6(&source->items[1]))
		hf_config_blame(reader, 0,
		        "server.source has two addresses of one family; leave one of each");
	judge_keys(reader, &config->keys);
	for (size_t i = 0; i < config->zones.count; i++)
		judge_zone(reader, &config->zones.items[i]);
	return judge_pairs(reader, &config->zones);
}

/* ---- Policies ---- */

static enum hf_err keep_policy(
        struct hf_config *config, const char *name, const struct hf_policy *policy)
{
	struct hf_config_policy **larger = realloc(
	        config->policies, (config->policy_count + 1) * sizeof(struct hf_config_policy *));
	if (larger == NULL)
		return HF_ERR_NOMEM;
	config->policies = larger;
	struct hf_config_policy *entry = calloc(1, sizeof(*entry));
	char *copy = strdup(name);
	if (entry == NULL || copy == NULL) {
		free(entry);
		free(copy);
		return HF_ERR_NOMEM;
	}
	entry->name = copy;
	entry->policy = *policy;
	config->policies[config->policy_count++] = entry;
	return HF_OK;
}

static const char *policies_path(const struct hf_config *config)
{
	return config->base != NULL ? policies_path(config->base) : config->policies_path;
}

/* "default" is also the only policy of a file, whatever its name. */
static enum hf_err read_policy(const struct hf_config_reader *reader, const char *path,
        const char *name, struct hf_policy *ret_policy)
{
	struct hf_diag diag;
	if (strcmp(name, "default") != 0)
		return hf_policy_read(path, name, reader->warnings, reader->diag, ret_policy);
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_policy_read(path, NULL, reader->warnings, &diag, ret_policy);
	if (err == HF_ERR_NOTFOUND)
		err = hf_policy_read(path, name, reader->warnings, reader->diag, ret_policy);
	else
		hf_diag_move(reader->diag, &diag);
	hf_diag_done(&diag);
	return err;
}

static enum hf_err load_policy(struct hf_config_reader *reader, struct hf_config *config,
        const struct hf_config_zone *zone)
{
	struct hf_policy policy;
	const char *path = policies_path(config);
	enum hf_err err = HF_OK;
	if (path != NULL) {
		err = read_policy(reader, path, zone->policy_name, &policy);
	} else if (strcmp(zone->policy_name, "default") == 0) {
		hf_policy_init(&policy);
	} else {
		hf_config_blame(reader, zone->line,
		        "there is no policy \"%s\": name a file of policies under \"policies\"",
		        zone->policy_name);
		return HF_OK;
	}
	if (err == HF_ERR_NOMEM)
		return err;
	if (err == HF_OK)
		return keep_policy(config, zone->policy_name, &policy);
	hf_config_blame(reader, zone->line, "the policy \"%s\" of this zone cannot be had",
	        zone->policy_name);
	return HF_OK;
}

enum hf_err hf_config_load_policies(struct hf_config_reader *reader, struct hf_config *config)
{
	for (size_t i = 0; i < config->zones.count; i++) {
		struct hf_config_zone *zone = &config->zones.items[i];
		if (zone->policy_name == NULL)
			continue;
		zone->policy = hf_config_find_policy(config, zone->policy_name);
		if (zone->policy != NULL)
			continue;
		bool bad = reader->bad;
		enum hf_err err = load_policy(reader, config, zone);
		if (err != HF_OK)
			return err;
		/* A bad policy once is enough, however many zones have it. */
		if (reader->bad && !bad && policies_path(config) != NULL)
			return HF_OK;
		zone->policy = hf_config_find_policy(config, zone->policy_name);
	}
	return HF_OK;
}
