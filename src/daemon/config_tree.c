/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/config_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/yamlread.h"

#define DEPTH_MAX 8 /* of nesting: a review's command is at six */

static void item_free(struct hf_tree_item *item)
{
	if (item->word != NULL)
		explicit_bzero(item->word, strlen(item->word));
	free(item->word);
	free(item->name);
	free(item);
}

void hf_config_tree_free(struct hf_tree_item *tree)
{
	while (tree != NULL) {
		struct hf_tree_item *next = tree->next;
		hf_config_tree_free(tree->first); /* as deep as DEPTH_MAX */
		item_free(tree);
		tree = next;
	}
}

static enum hf_err read_value(
        struct hf_yaml *yaml, unsigned name_line, char *name, struct hf_tree_item **ret_item);

/* Every name once. Quadratic in the settings of one mapping, of which there are few; a mapping that
 * has more names than any section is refused by its first unknown one, but has to be read. */
#define NAMES_MAX 64

static enum hf_err judge_name(struct hf_yaml *yaml, const struct hf_tree_item *map, size_t count)
{
	if (!hf_yaml_is(yaml, YAML_SCALAR_EVENT) || *hf_yaml_word(yaml) == '\0')
		return hf_fail_at(yaml->diag, HF_ERR_SYNTAX, yaml->file, hf_yaml_line(yaml),
		        "the name of a setting is a plain word; write NAME: VALUE");
	if (count >= NAMES_MAX)
		return hf_fail_at(yaml->diag, HF_ERR_LIMIT, yaml->file, hf_yaml_line(yaml),
		        "a mapping has more than %d settings; no section has that many", NAMES_MAX);
	for (const struct hf_tree_item *at = map->first; at != NULL; at = at->next) {
		if (strcmp(at->name, hf_yaml_word(yaml)) == 0) {
			hf_yaml_blame(yaml, hf_yaml_line(yaml),
			        "\"%.*s\" is set a second time, first in line %u; leave one",
			        HF_YAML_SHOWN, hf_yaml_word(yaml), at->name_line);
			break;
		}
	}
	return HF_OK;
}

static enum hf_err read_map(struct hf_yaml *yaml, struct hf_tree_item *map)
{
	struct hf_tree_item **end = &map->first;
	enum hf_err err;
	size_t count = 0;
	while ((err = hf_yaml_next(yaml)) == HF_OK && !hf_yaml_is(yaml, YAML_MAPPING_END_EVENT)) {
		err = judge_name(yaml, map, count++);
		if (err != HF_OK)
			return err;
		unsigned line = hf_yaml_line(yaml);
		char *name = strdup(hf_yaml_word(yaml));
		if (name == NULL)
			return HF_ERR_NOMEM;
		err = hf_yaml_next(yaml);
		if (err != HF_OK) {
			free(name);
			return err;
		}
		err = read_value(yaml, line, name, end);
		if (err != HF_OK)
			return err;
		end = &(*end)->next;
	}
	return err;
}

static enum hf_err read_list(struct hf_yaml *yaml, struct hf_tree_item *list)
{
	struct hf_tree_item **end = &list->first;
	enum hf_err err;
	while ((err = hf_yaml_next(yaml)) == HF_OK && !hf_yaml_is(yaml, YAML_SEQUENCE_END_EVENT)) {
		err = read_value(yaml, 0, NULL, end);
		if (err != HF_OK)
			return err;
		end = &(*end)->next;
	}
	return err;
}

/* A value, at whose first event the reader is; leaves it at the last one. Takes `name`. */
static enum hf_err read_value(
        struct hf_yaml *yaml, unsigned name_line, char *name, struct hf_tree_item **ret_item)
{
	struct hf_tree_item *item = calloc(1, sizeof(*item));
	if (item == NULL) {
		free(name);
		return HF_ERR_NOMEM;
	}
	*item = (struct hf_tree_item){
	        .line = hf_yaml_line(yaml), .name = name, .name_line = name_line};
	/* Hung up at once: whoever fails, the tree's owner frees it. */
	*ret_item = item;
	if (hf_yaml_is(yaml, YAML_MAPPING_START_EVENT)) {
		item->kind = HF_TREE_MAP;
		return read_map(yaml, item);
	}
	if (hf_yaml_is(yaml, YAML_SEQUENCE_START_EVENT)) {
		item->kind = HF_TREE_LIST;
		return read_list(yaml, item);
	}
	item->kind = HF_TREE_WORD;
	item->word = strdup(hf_yaml_word(yaml));
	return item->word != NULL ? HF_OK : HF_ERR_NOMEM;
}

static enum hf_err read_document(struct hf_yaml *yaml, struct hf_tree_item **root)
{
	static const char empty[] =
	        "the file holds no settings; see holdfast-config(5) for what it needs";
	enum hf_err err = hf_yaml_expect(yaml, YAML_STREAM_START_EVENT, empty);
	if (err == HF_OK)
		err = hf_yaml_expect(yaml, YAML_DOCUMENT_START_EVENT, empty);
	if (err == HF_OK)
		err = hf_yaml_expect(yaml, YAML_MAPPING_START_EVENT, empty);
	if (err == HF_OK)
		err = read_value(yaml, 0, NULL, root);
	if (err == HF_OK)
		err = hf_yaml_expect(
		        yaml, YAML_DOCUMENT_END_EVENT, "the settings end before this; remove it");
	if (err == HF_OK)
		err = hf_yaml_expect(yaml, YAML_STREAM_END_EVENT,
		        "a second YAML document begins here; put all settings into one");
	return err;
}

enum hf_err hf_config_tree_read(const char *file, const char *text, size_t len,
        struct hf_diag *diag, struct hf_tree_item **ret_tree, bool *ret_bad)
{
	struct hf_tree_item *root = NULL;
	struct hf_yaml yaml = {
	        .file = file, .what = "a configuration", .depth_max = DEPTH_MAX, .diag = diag};
	enum hf_err err = hf_yaml_init(&yaml, text, len);
	if (err != HF_OK)
		return err;
	err = read_document(&yaml, &root);
	hf_yaml_done(&yaml);
	if (err != HF_OK) {
		hf_config_tree_free(root);
		return err;
	}
	*ret_tree = root;
	*ret_bad = yaml.bad;
	return HF_OK;
}

const struct hf_tree_item *hf_config_tree_find(const struct hf_tree_item *map, const char *name)
{
	for (const struct hf_tree_item *at = map->first; at != NULL; at = at->next) {
		if (strcmp(at->name, name) == 0)
			return at;
	}
	return NULL;
}

enum hf_err hf_config_tree_add(struct hf_tree_item *map, const char *name, const char *word)
{
	struct hf_tree_item *item = calloc(1, sizeof(*item));
	if (item == NULL)
		return HF_ERR_NOMEM;
	item->name = strdup(name);
	item->word = strdup(word);
	if (item->name == NULL || item->word == NULL) {
		item_free(item);
		return HF_ERR_NOMEM;
	}
	item->next = map->first;
	map->first = item;
	return HF_OK;
}
