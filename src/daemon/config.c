/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config_judge.h"
#include "daemon/config_table.h"
#include "pipeline/line.h"

/* ---- Places ---- */

enum hf_err hf_config_place(const char *text, uint16_t port, struct hf_endpoint *ret_endpoint)
{
	if (strlen(text) >= HF_PLACE_MAX)
		return HF_ERR_SYNTAX;
	return hf_endpoint_parse(text, port, ret_endpoint);
}

char *hf_config_place_text(const struct hf_endpoint *endpoint, char text[static HF_PLACE_MAX])
{
	char form[HF_ENDPOINT_TEXT];
	snprintf(text, HF_PLACE_MAX, "%s", hf_endpoint_text(endpoint, form));
	return text;
}

/* ---- Life ---- */

static struct hf_config *new_config(const char *file)
{
	struct hf_config *config = calloc(1, sizeof(*config));
	if (config == NULL)
		return NULL;
	atomic_init(&config->refs, 1);
	const char *slash = strrchr(file, '/');
	config->file = strdup(file);
	config->folder = slash == NULL   ? strdup("")
	                 : slash == file ? strdup("/")
	                                 : strndup(file, (size_t)(slash - file));
	if (config->file == NULL || config->folder == NULL) {
		hf_config_unref(config);
		return NULL;
	}
	return config;
}

struct hf_config *hf_config_ref(struct hf_config *config)
{
	atomic_fetch_add(&config->refs, 1);
	return config;
}

void hf_config_unref(struct hf_config *config)
{
	if (config == NULL || atomic_fetch_sub(&config->refs, 1) != 1)
		return;
	for (size_t i = 0; i < config->keys.count; i++)
		hf_tsig_key_unref(config->keys.items[i].tsig);
	hf_config_section_done("top", config);
	for (size_t i = 0; i < config->policy_count; i++) {
		free(config->policies[i]->name);
		free(config->policies[i]);
	}
	free(config->policies);
	hf_tsig_keys_done(&config->tsig);
	hf_anchors_done(&config->anchors);
	free(config->hints_text);
	free(config->file);
	free(config->folder);
	hf_config_unref(config->base);
	free(config);
}

const struct hf_config_policy *hf_config_find_policy(
        const struct hf_config *config, const char *name)
{
	for (size_t i = 0; i < config->policy_count; i++) {
		if (strcmp(config->policies[i]->name, name) == 0)
			return config->policies[i];
	}
	return config->base != NULL ? hf_config_find_policy(config->base, name) : NULL;
}

const struct hf_config *hf_config_top(const struct hf_config *config)
{
	return config->base != NULL ? config->base : config;
}

const struct hf_endpoint *hf_config_source_of(const struct hf_config *config, bool v6)
{
	const struct hf_config_endpoints *source = &hf_config_top(config)->server.source;
	for (size_t i = 0; i < source->count; i++) {
		if (hf_endpoint_is_v6(&source->items[i]) == v6)
			return &source->items[i];
	}
	return NULL;
}

/* ---- Reading ---- */

/* Mistakes are found section by section; people read them from the top of the file. What is about
 * no line comes last. */
static void sort_by_line(struct hf_diag *diag, size_t first)
{
	for (size_t i = first + 1; diag != NULL && i < diag->count; i++) {
		const struct hf_diag_entry entry = diag->entries[i];
		size_t place = i;
		while (place > first && entry.line > 0 &&
		        (diag->entries[place - 1].line == 0 ||
		                diag->entries[place - 1].line > entry.line)) {
			diag->entries[place] = diag->entries[place - 1];
			place--;
		}
		diag->entries[place] = entry;
	}
}

enum hf_err hf_config_parse(const char *file, const char *text, size_t len, struct hf_diag *diag,
        struct hf_config **ret_config)
{
	struct hf_tree_item *tree = NULL;
	const size_t first = diag != NULL ? diag->count : 0;
	bool bad = false;
	enum hf_err err = hf_config_tree_read(file, text, len, diag, &tree, &bad);
	if (err != HF_OK)
		return err;
	struct hf_config *config = new_config(file);
	if (config == NULL) {
		hf_config_tree_free(tree);
		return HF_ERR_NOMEM;
	}
	struct hf_config_reader reader = {
	        .file = file, .folder = config->folder, .diag = diag, .keys = &config->keys};
	err = hf_config_section_read(&reader, "top", tree, config);
	hf_config_tree_free(tree);
	if (err == HF_OK)
		err = hf_config_judge(&reader, config);
	if (err == HF_OK && (bad || reader.bad))
		err = HF_ERR_INVALID;
	if (err != HF_OK) {
		sort_by_line(diag, first);
		hf_config_unref(config);
		return err;
	}
	*ret_config = config;
	return HF_OK;
}

/* The name and policy that a zone's settings leave to the command. */
static enum hf_err complete(struct hf_tree_item *tree, const struct hf_config_extra *extra)
{
	char name[HF_NAME_TEXT];
	enum hf_err err = HF_OK;
	if (hf_config_tree_find(tree, "name") == NULL)
		err = hf_config_tree_add(tree, "name", hf_name_text(extra->name, name));
	if (err == HF_OK && extra->policy != NULL && hf_config_tree_find(tree, "policy") == NULL)
		err = hf_config_tree_add(tree, "policy", extra->policy);
	return err;
}

static void judge_extra(struct hf_config_reader *reader, const struct hf_config_zone *zone,
        const struct hf_config_extra *extra)
{
	if (zone->name.len > 0 && !hf_name_equal(&zone->name, extra->name))
		hf_config_blame(reader, zone->line,
		        "the settings are of another zone; correct the name, or leave it out");
	if (extra->policy != NULL && zone->policy_name != NULL &&
	        strcmp(zone->policy_name, extra->policy) != 0)
		hf_config_blame(reader, zone->line,
		        "the settings name the policy \"%s\", the command \"%s\"; leave one out",
		        zone->policy_name, extra->policy);
}

static enum hf_err read_extra(struct hf_config_reader *reader, struct hf_tree_item *tree,
        const struct hf_config_extra *extra, struct hf_config *config)
{
	enum hf_err err = complete(tree, extra);
	if (err != HF_OK)
		return err;
	config->zones.items = calloc(1, sizeof(*config->zones.items));
	if (config->zones.items == NULL)
		return HF_ERR_NOMEM;
	config->zones.count = 1;
	err = hf_config_section_read(reader, "zone", tree, config->zones.items);
	if (err != HF_OK)
		return err;
	judge_extra(reader, config->zones.items, extra);
	err = hf_config_judge(reader, config);
	if (err == HF_OK && !reader->bad)
		err = hf_config_load_policies(reader, config);
	return err;
}

enum hf_err hf_config_extra(struct hf_config *base, const struct hf_config_extra *extra,
        struct hf_diag *diag, struct hf_config **ret_config)
{
	struct hf_tree_item *tree = NULL;
	bool bad = false;
	enum hf_err err = hf_config_tree_read(
	        "settings", extra->settings, strlen(extra->settings), diag, &tree, &bad);
	if (err != HF_OK)
		return err;
	struct hf_config *config = new_config(base->file);
	struct hf_config_reader reader = {
	        .file = "settings", .folder = base->folder, .diag = diag, .keys = &base->keys};
	if (config != NULL) {
		config->base = hf_config_ref(base);
		err = read_extra(&reader, tree, extra, config);
	} else {
		err = HF_ERR_NOMEM;
	}
	hf_config_tree_free(tree);
	if (err == HF_OK && (bad || reader.bad))
		err = HF_ERR_INVALID;
	if (err != HF_OK) {
		hf_config_unref(config);
		return err;
	}
	*ret_config = config;
	return HF_OK;
}
