/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From bytes to a tree. */
#include "sim/scenario_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

#define DEPTH_MAX   9
#define NODES_MAX   20000
#define MEMBERS_MAX 300  /* of one mapping or list */
#define WORD_MAX    4000 /* bytes */

void hf_scenario_blame(
        struct hf_scenario_tree *tree, const struct hf_twig *node, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	hf_yaml_blame(&tree->yaml, node->line, "%s", text);
}

static enum hf_err make(
        struct hf_scenario_tree *tree, enum hf_twig_kind kind, struct hf_twig **ret_node)
{
	if (tree->count == NODES_MAX)
		return hf_fail_at(tree->yaml.diag, HF_ERR_LIMIT, tree->yaml.file,
		        hf_yaml_line(&tree->yaml),
		        "more than %d values; no scenario needs that many", NODES_MAX);
	struct hf_twig *node = calloc(1, sizeof(*node));
	if (node == NULL)
		return HF_ERR_NOMEM;
	node->kind = kind;
	node->line = hf_yaml_line(&tree->yaml);
	node->made_before = tree->last;
	tree->last = node;
	tree->count++;
	*ret_node = node;
	return HF_OK;
}

/* Bytes that would do something to a terminal, beyond line ends. */
static bool unprintable(const char *word)
{
	for (const unsigned char *at = (const unsigned char *)word; *at != '\0'; at++) {
		if (*at < ' ' || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0))
			return true;
	}
	return false;
}

enum hf_err hf_scenario_keep(
        struct hf_scenario *scenario, const char *text, size_t len, const char **ret_text)
{
	char **texts = hf_list_room(
	        scenario->texts, &scenario->text_cap, scenario->text_count, sizeof(*texts));
	if (texts == NULL)
		return HF_ERR_NOMEM;
	scenario->texts = texts;
	char *copy = strndup(text, len);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	texts[scenario->text_count++] = copy;
	*ret_text = copy;
	return HF_OK;
}

/* The word at hand, without line ends behind it. */
static enum hf_err take_word(struct hf_scenario_tree *tree, const char **ret_text)
{
	const char *word = hf_yaml_word(&tree->yaml), *copy;
	size_t len = strlen(word);
	while (len > 0 && word[len - 1] == '\n')
		len--;
	if (len > WORD_MAX)
		return hf_fail_at(tree->yaml.diag, HF_ERR_LIMIT, tree->yaml.file,
		        hf_yaml_line(&tree->yaml),
		        "a text of more than %d bytes; make several of it", WORD_MAX);
	enum hf_err err = hf_scenario_keep(tree->scenario, word, len, &copy);
	if (err != HF_OK)
		return err;
	if (unprintable(copy))
		return hf_fail_at(tree->yaml.diag, HF_ERR_SYNTAX, tree->yaml.file,
		        hf_yaml_line(&tree->yaml),
		        "a text has a control character or a line break in it; take it out, or "
		        "begin the text with \">\"");
	*ret_text = copy;
	return HF_OK;
}

static enum hf_err read_node(struct hf_scenario_tree *tree, struct hf_twig **ret_node);

/* Whether a mapping has the key already. */
static bool repeats(const struct hf_twig *map, const char *key)
{
	for (const struct hf_twig *node = map->first; node != NULL; node = node->next) {
		if (strcmp(node->key, key) == 0)
			return true;
	}
	return false;
}

static enum hf_err read_key(
        struct hf_scenario_tree *tree, const struct hf_twig *map, const char **ret_key)
{
	if (!hf_yaml_is(&tree->yaml, YAML_SCALAR_EVENT))
		return hf_fail_at(tree->yaml.diag, HF_ERR_SYNTAX, tree->yaml.file,
		        hf_yaml_line(&tree->yaml),
		        "a name is expected here, not a list or a mapping; write NAME: VALUE");
	const char *key = NULL;
	enum hf_err err = take_word(tree, &key);
	if (err == HF_OK && repeats(map, key))
		err = hf_fail_at(tree->yaml.diag, HF_ERR_INVALID, tree->yaml.file,
		        hf_yaml_line(&tree->yaml), "\"%.*s\" is there a second time; leave one",
		        HF_YAML_SHOWN, key);
	if (err == HF_OK)
		err = hf_yaml_next(&tree->yaml);
	if (err == HF_OK)
		*ret_key = key;
	return err;
}

/* What a mapping or list holds, at whose start the reader is; leaves it at the end. */
static enum hf_err read_members(struct hf_scenario_tree *tree, struct hf_twig *parent)
{
	yaml_event_type_t end =
	        parent->kind == HF_TWIG_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	struct hf_twig **place = &parent->first;
	enum hf_err err = HF_OK;
	for (size_t i = 0; (err = hf_yaml_next(&tree->yaml)) == HF_OK; i++) {
		if (hf_yaml_is(&tree->yaml, end))
			return HF_OK;
		if (i == MEMBERS_MAX)
			return hf_fail_at(tree->yaml.diag, HF_ERR_LIMIT, tree->yaml.file,
			        hf_yaml_line(&tree->yaml),
			        "more than %d entries in one place; leave some out", MEMBERS_MAX);
		const char *key = NULL;
		struct hf_twig *node = NULL;
		if (parent->kind == HF_TWIG_MAP)
			err = read_key(tree, parent, &key);
		if (err == HF_OK)
			err = read_node(tree, &node);
		if (err != HF_OK)
			return err;
		node->key = key;
		*place = node;
		place = &node->next;
	}
	return err;
}

/* The value at whose first event the reader is; leaves it at the last one. The depth is bounded by
 * hf_yaml_next. */
static enum hf_err read_node(struct hf_scenario_tree *tree, struct hf_twig **ret_node)
{
	struct hf_twig *node = NULL;
	bool map = hf_yaml_is(&tree->yaml, YAML_MAPPING_START_EVENT);
	bool list = hf_yaml_is(&tree->yaml, YAML_SEQUENCE_START_EVENT);
	enum hf_err err = make(tree, map ? HF_TWIG_MAP : list ? HF_TWIG_LIST : HF_TWIG_WORD, &node);
	if (err == HF_OK)
		err = map || list ? read_members(tree, node) : take_word(tree, &node->word);
	if (err == HF_OK)
		*ret_node = node;
	return err;
}

enum hf_err hf_scenario_tree_read(struct hf_scenario_tree *tree, const char *text, size_t len)
{
	static const char empty[] = "the file holds no scenario; holdfast-scenario(5) begins with "
	                            "a small one";
	tree->yaml.what = "a scenario";
	tree->yaml.depth_max = DEPTH_MAX;
	enum hf_err err = hf_yaml_init(&tree->yaml, text, len);
	if (err != HF_OK)
		return err;
	err = hf_yaml_expect(&tree->yaml, YAML_STREAM_START_EVENT, empty);
	if (err == HF_OK)
		err = hf_yaml_expect(&tree->yaml, YAML_DOCUMENT_START_EVENT, empty);
	if (err == HF_OK)
		err = hf_yaml_expect(&tree->yaml, YAML_MAPPING_START_EVENT, empty);
	if (err == HF_OK)
		err = read_node(tree, &tree->root);
	if (err == HF_OK)
		err = hf_yaml_expect(&tree->yaml, YAML_DOCUMENT_END_EVENT,
		        "the scenario ends before this; remove it");
	if (err == HF_OK)
		err = hf_yaml_expect(&tree->yaml, YAML_STREAM_END_EVENT,
		        "a second YAML document begins here; one file holds one scenario");
	hf_yaml_done(&tree->yaml);
	return err;
}

void hf_scenario_tree_done(struct hf_scenario_tree *tree)
{
	while (tree->last != NULL) {
		struct hf_twig *node = tree->last;
		tree->last = node->made_before;
		free(node);
	}
}

void hf_scenario_tree_sweep(struct hf_scenario_tree *tree, struct hf_twig *node)
{
	for (struct hf_twig *inside = node->first; inside != NULL; inside = inside->next) {
		if (inside->key != NULL && !inside->taken)
			hf_scenario_blame(tree, inside,
			        "there is no \"%.*s\" here; holdfast-scenario(5) lists what there "
			        "is",
			        HF_YAML_SHOWN, inside->key);
		else
			hf_scenario_tree_sweep(tree, inside);
	}
}
