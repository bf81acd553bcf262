/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields of the tree, and what their words mean. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario_tree.h"

/* ---- Fields ---- */

struct hf_twig *hf_twig_field(struct hf_twig *map, const char *name)
{
	if (map == NULL)
		return NULL;
	for (struct hf_twig *node = map->first; node != NULL; node = node->next) {
		if (strcmp(node->key, name) == 0) {
			node->taken = true;
			return node;
		}
	}
	return NULL;
}

struct hf_twig *hf_twig_need(struct hf_scenario_tree *tree, struct hf_twig *map, const char *name)
{
	struct hf_twig *node = hf_twig_field(map, name);
	if (node == NULL && map != NULL)
		hf_scenario_blame(tree, map, "\"%s\" is missing here; add it", name);
	return node;
}

bool hf_twig_is(struct hf_scenario_tree *tree, struct hf_twig *node, enum hf_twig_kind kind)
{
	static const char *const kinds[] = {
	        [HF_TWIG_WORD] = "one plain value",
	        [HF_TWIG_MAP] = "a mapping of names to values",
	        [HF_TWIG_LIST] = "a list; put it in brackets",
	};
	if (node == NULL || node->kind == kind)
		return node != NULL;
	/* What is inside is not judged any more. */
	node->first = NULL;
	hf_scenario_blame(tree, node, "%.*s takes %s", HF_YAML_SHOWN,
	        node->key != NULL ? node->key : "an entry of this list", kinds[kind]);
	return false;
}

struct hf_twig *hf_twig_inside(struct hf_scenario_tree *tree, struct hf_twig *map, const char *name,
        enum hf_twig_kind kind)
{
	struct hf_twig *node = hf_twig_field(map, name);
	return hf_twig_is(tree, node, kind) ? node : NULL;
}

size_t hf_twig_members(const struct hf_twig *node)
{
	size_t count = 0;
	if (node == NULL)
		return 0;
	for (const struct hf_twig *inside = node->first; inside != NULL; inside = inside->next)
		count++;
	return count;
}

/* ---- Words ---- */

/* The text that a word stands for. NULL: it names a parameter that there is not. */
static const char *resolve(
        struct hf_scenario_tree *tree, const struct hf_twig *node, const char *word)
{
	const struct hf_scenario *scenario = tree->scenario;
	if (*word != '$')
		return word;
	for (size_t i = 0; i < scenario->unknown_count; i++) {
		if (strcmp(scenario->unknowns[i].name, word + 1) == 0) {
			tree->used[i] = true;
			return scenario->unknowns[i].value;
		}
	}
	hf_scenario_blame(tree, node,
	        "there is no parameter \"%.*s\"; add it below \"unknown\", or write a value",
	        HF_YAML_SHOWN, word + 1);
	return NULL;
}

static const char *word_of(struct hf_scenario_tree *tree, struct hf_twig *node)
{
	return hf_twig_is(tree, node, HF_TWIG_WORD) ? resolve(tree, node, node->word) : NULL;
}

bool hf_twig_text(struct hf_scenario_tree *tree, struct hf_twig *node, const char **ret_text)
{
	if (!hf_twig_is(tree, node, HF_TWIG_WORD))
		return false;
	if (*node->word == '\0') {
		hf_scenario_blame(tree, node, "a text is missing here; write one");
		return false;
	}
	*ret_text = node->word;
	return true;
}

static bool parse_number(const char *text, double *ret_number)
{
	/* Neither "inf" nor "0x10". */
	if (*text == '\0' || text[strspn(text, "0123456789.-+eE")] != '\0')
		return false;
	char *end;
	double number = strtod(text, &end);
	if (*end != '\0' || !isfinite(number))
		return false;
	*ret_number = number;
	return true;
}

/* RFC 3339 alone of the forms that hf_time_parse knows: a clock must not come in. */
static bool parse_time(const char *text, hf_time *ret_time)
{
	return strlen(text) > 4 && text[4] == '-' && hf_time_parse(text, 0, ret_time) == HF_OK;
}

bool hf_scenario_value(const char *text, bool *ret_moment, double *ret_value)
{
	hf_time time;
	int64_t span;
	bool moment = parse_time(text, &time);
	if (moment)
		*ret_value = (double)time;
	else if (hf_span_parse(text, &span) == HF_OK)
		*ret_value = (double)span;
	else if (!parse_number(text, ret_value))
		return false;
	*ret_moment = moment;
	return true;
}

/* ---- Numbers and times ---- */

static bool refuse(
        struct hf_scenario_tree *tree, struct hf_twig *node, const char *text, const char *takes)
{
	hf_scenario_blame(tree, node, "%.*s%s\"%.*s\" makes no sense here; it takes %s",
	        HF_YAML_SHOWN, node->key != NULL ? node->key : "", node->key != NULL ? ": " : "",
	        HF_YAML_SHOWN, text, takes);
	return false;
}

bool hf_twig_number(struct hf_scenario_tree *tree, struct hf_twig *node, double low, double high,
        double *ret_number)
{
	const char *text = word_of(tree, node);
	double number;
	if (text == NULL)
		return false;
	if (!parse_number(text, &number) || number < low || number > high) {
		char takes[80];
		snprintf(takes, sizeof(takes), "a number from %.10g to %.10g", low, high);
		return refuse(tree, node, text, takes);
	}
	*ret_number = number;
	return true;
}

bool hf_twig_count(struct hf_scenario_tree *tree, struct hf_twig *node, int64_t low, int64_t high,
        int64_t *ret_count)
{
	double number;
	if (!hf_twig_number(tree, node, (double)low, (double)high, &number))
		return false;
	if (number != floor(number))
		return refuse(tree, node, node->word, "a whole number");
	*ret_count = (int64_t)number;
	return true;
}

bool hf_twig_span(struct hf_scenario_tree *tree, struct hf_twig *node, int64_t low, int64_t high,
        int64_t *ret_seconds)
{
	const char *text = word_of(tree, node);
	int64_t span;
	if (text == NULL)
		return false;
	if (hf_span_parse(text, &span) != HF_OK || span < low || span > high) {
		char takes[2 * HF_TIME_TEXT + 80], least[HF_TIME_TEXT], most[HF_TIME_TEXT];
		snprintf(takes, sizeof(takes),
		        "a span of time such as 90s, 2h or 14d, from %s to %s",
		        hf_span_text(low, least), hf_span_text(high, most));
		return refuse(tree, node, text, takes);
	}
	*ret_seconds = span;
	return true;
}

/* "+SPAN", where SPAN may be a parameter. */
static bool after(
        struct hf_scenario_tree *tree, struct hf_twig *node, hf_time before, hf_time *ret_time)
{
	const char *text = resolve(tree, node, node->word + 1);
	int64_t span;
	if (text == NULL)
		return false;
	if (hf_span_parse(text, &span) != HF_OK)
		return refuse(tree, node, node->word, "a span of time behind \"+\", such as +90m");
	*ret_time = before + span;
	return true;
}

bool hf_twig_time(
        struct hf_scenario_tree *tree, struct hf_twig *node, hf_time before, hf_time *ret_time)
{
	if (!hf_twig_is(tree, node, HF_TWIG_WORD))
		return false;
	if (*node->word == '+')
		return after(tree, node, before, ret_time);
	const char *text = resolve(tree, node, node->word);
	if (text == NULL)
		return false;
	if (!parse_time(text, ret_time))
		return refuse(tree, node, text,
		        "a time such as 2024-01-30T15:27:00Z, or +SPAN after the event before");
	return true;
}

bool hf_twig_flag(struct hf_scenario_tree *tree, struct hf_twig *node, bool *ret_flag)
{
	unsigned choice;
	if (!hf_twig_choice(tree, node, "no yes", &choice))
		return false;
	*ret_flag = choice == 1;
	return true;
}

bool hf_twig_choice(struct hf_scenario_tree *tree, struct hf_twig *node, const char *words,
        unsigned *ret_choice)
{
	if (!hf_twig_is(tree, node, HF_TWIG_WORD))
		return false;
	size_t len = strlen(node->word);
	unsigned number = 0;
	for (const char *at = words; *at != '\0'; number++) {
		size_t width = strcspn(at, " ");
		if (width == len && strncmp(at, node->word, len) == 0) {
			*ret_choice = number;
			return true;
		}
		at += width + (at[width] == ' ');
	}
	char takes[160];
	snprintf(takes, sizeof(takes), "one of: %s", words);
	return refuse(tree, node, node->word, takes);
}

/* ---- Keys ---- */

static bool find_key(struct hf_scenario_tree *tree, struct hf_twig *node, hf_scenario_keys *ret_key)
{
	const struct hf_scenario *scenario = tree->scenario;
	if (!hf_twig_is(tree, node, HF_TWIG_WORD))
		return false;
	for (unsigned i = 0; i < scenario->key_count; i++) {
		if (strcmp(scenario->keys[i].name, node->word) == 0) {
			*ret_key = (hf_scenario_keys)1 << i;
			return true;
		}
	}
	hf_scenario_blame(tree, node, "there is no key \"%.*s\"; name one of those below \"keys\"",
	        HF_YAML_SHOWN, node->word);
	return false;
}

bool hf_twig_keys(struct hf_scenario_tree *tree, struct hf_twig *node, hf_scenario_keys *ret_keys)
{
	hf_scenario_keys keys = 0;
	if (!hf_twig_is(tree, node, HF_TWIG_LIST))
		return false;
	for (struct hf_twig *inside = node->first; inside != NULL; inside = inside->next) {
		hf_scenario_keys key;
		if (!find_key(tree, inside, &key))
			return false;
		if ((keys & key) != 0) {
			hf_scenario_blame(tree, inside,
			        "the key \"%.*s\" is in the list twice; leave one", HF_YAML_SHOWN,
			        inside->word);
			return false;
		}
		keys |= key;
	}
	*ret_keys = keys;
	return true;
}
