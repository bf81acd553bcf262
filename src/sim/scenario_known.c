/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known, what is not, and what a replay has to show. */
#include <stdlib.h>
#include <string.h>

#include "sim/scenario_parts.h"

#define WITHIN 600 /* seconds that a replay may be off, when the file does not say */

enum hf_err hf_scenario_items(struct hf_scenario_tree *tree, struct hf_twig *node, size_t size,
        size_t *ret_count, void *ret_items)
{
	size_t count = hf_twig_members(node);
	if (count > HF_SCENARIO_ITEMS) {
		hf_scenario_blame(
		        tree, node, "more than %d entries; leave some out", HF_SCENARIO_ITEMS);
		node->first = NULL;
		count = 0;
	}
	if (count == 0)
		return HF_OK;
	void *items = calloc(count, size);
	if (items == NULL)
		return HF_ERR_NOMEM;
	*ret_count = count;
	memcpy(ret_items, &items, sizeof(items));
	return HF_OK;
}

/* ---- Parameters ---- */

static const char *word_at(struct hf_scenario_tree *tree, struct hf_twig *map, const char *name)
{
	struct hf_twig *node = hf_twig_need(tree, map, name);
	return hf_twig_is(tree, node, HF_TWIG_WORD) ? node->word : "";
}

/* The default, the range and the value that is taken belong together. */
static void judge_unknown(struct hf_scenario_tree *tree, struct hf_twig *node,
        const struct hf_scenario_unknown *unknown)
{
	bool moment, low_moment, high_moment, value_moment;
	double initial, low, high, value;
	if (!hf_scenario_value(unknown->initial, &moment, &initial) ||
	        !hf_scenario_value(unknown->low, &low_moment, &low) ||
	        !hf_scenario_value(unknown->high, &high_moment, &high) || moment != low_moment ||
	        moment != high_moment || initial < low || initial > high) {
		hf_scenario_blame(tree, node,
		        "\"default\", \"from\" and \"to\" have to be three numbers, spans or "
		        "times, "
		        "and the default one of those between; correct them");
		return;
	}
	if (!hf_scenario_value(unknown->value, &value_moment, &value) || value_moment != moment ||
	        value < low || value > high)
		hf_scenario_blame(tree, node,
		        "the parameter \"%.*s\" goes from %.*s to %.*s; \"%.*s\" is no such value",
		        HF_YAML_SHOWN, unknown->name, HF_YAML_SHOWN, unknown->low, HF_YAML_SHOWN,
		        unknown->high, HF_YAML_SHOWN, unknown->value);
}

static void read_unknown(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_unknown *unknown)
{
	unknown->name = node->key;
	node->taken = true;
	if (!hf_twig_is(tree, node, HF_TWIG_MAP)) {
		unknown->initial = unknown->low = unknown->high = unknown->why = "";
		return;
	}
	unknown->initial = word_at(tree, node, "default");
	unknown->low = word_at(tree, node, "from");
	unknown->high = word_at(tree, node, "to");
	unknown->why = "";
	hf_twig_text(tree, hf_twig_need(tree, node, "why"), &unknown->why);
}

static enum hf_err apply(struct hf_scenario_tree *tree, const struct hf_scenario_setting *setting)
{
	struct hf_scenario *scenario = tree->scenario;
	for (size_t i = 0; i < scenario->unknown_count; i++) {
		struct hf_scenario_unknown *unknown = &scenario->unknowns[i];
		if (strcmp(unknown->name, setting->name) == 0) {
			unknown->set = true;
			return hf_scenario_keep(
			        scenario, setting->value, strlen(setting->value), &unknown->value);
		}
	}
	if (scenario->unknown_count == 0)
		return hf_fail_at(tree->yaml.diag, HF_ERR_NOTFOUND, tree->yaml.file, 0,
		        "has no parameters that could be set");
	return hf_fail_at(tree->yaml.diag, HF_ERR_NOTFOUND, tree->yaml.file, 0,
	        "has no parameter \"%.*s\"; it has \"%.*s\"%s", HF_YAML_SHOWN, setting->name,
	        HF_YAML_SHOWN, scenario->unknowns[0].name,
	        scenario->unknown_count > 1 ? " and others" : "");
}

enum hf_err hf_scenario_read_unknowns(
        struct hf_scenario_tree *tree, const struct hf_scenario_setting *settings, size_t count)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *node = hf_twig_inside(tree, tree->root, "unknown", HF_TWIG_MAP);
	enum hf_err err = hf_scenario_items(tree, node, sizeof(*scenario->unknowns),
	        &scenario->unknown_count, &scenario->unknowns);
	if (err != HF_OK)
		return err;
	struct hf_twig *inside = node != NULL ? node->first : NULL;
	for (size_t i = 0; i < scenario->unknown_count; i++, inside = inside->next) {
		read_unknown(tree, inside, &scenario->unknowns[i]);
		scenario->unknowns[i].value = scenario->unknowns[i].initial;
	}
	for (size_t i = 0; err == HF_OK && i < count; i++)
		err = apply(tree, &settings[i]);
	inside = node != NULL ? node->first : NULL;
	for (size_t i = 0; err == HF_OK && i < scenario->unknown_count; i++) {
		if (inside->kind == HF_TWIG_MAP)
			judge_unknown(tree, inside, &scenario->unknowns[i]);
		inside = inside->next;
	}
	return err;
}

/* ---- Facts, figures, tables ---- */

static enum hf_err read_facts(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *node = hf_twig_inside(tree, tree->root, "known", HF_TWIG_LIST);
	enum hf_err err = hf_scenario_items(
	        tree, node, sizeof(*scenario->facts), &scenario->fact_count, &scenario->facts);
	struct hf_twig *inside = node != NULL ? node->first : NULL;
	for (size_t i = 0; err == HF_OK && i < scenario->fact_count; i++, inside = inside->next) {
		if (!hf_twig_is(tree, inside, HF_TWIG_MAP))
			continue;
		hf_twig_text(tree, hf_twig_need(tree, inside, "fact"), &scenario->facts[i].text);
		hf_twig_text(tree, hf_twig_field(inside, "source"), &scenario->facts[i].source);
	}
	return err;
}

/* Numbers of a figure. `least` keeps divisors off zero. */
static size_t read_terms(struct hf_scenario_tree *tree, struct hf_twig *node, double least,
        double terms[static HF_SCENARIO_TERMS])
{
	size_t count = 0;
	for (struct hf_twig *inside = node != NULL ? node->first : NULL; inside != NULL;
	        inside = inside->next) {
		if (count == HF_SCENARIO_TERMS) {
			hf_scenario_blame(tree, inside,
			        "more than %d numbers; multiply some of them", HF_SCENARIO_TERMS);
			break;
		}
		hf_twig_number(tree, inside, least, 1e12, &terms[count++]);
	}
	return count;
}

static void read_figure(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_figure *figure)
{
	if (!hf_twig_is(tree, node, HF_TWIG_MAP))
		return;
	figure->unit = "";
	hf_twig_text(tree, hf_twig_need(tree, node, "text"), &figure->text);
	hf_twig_text(tree, hf_twig_field(node, "unit"), &figure->unit);
	hf_twig_text(tree, hf_twig_field(node, "published"), &figure->published);
	figure->term_count =
	        read_terms(tree, hf_twig_inside(tree, node, "of", HF_TWIG_LIST), 0, figure->terms);
	figure->over_count = read_terms(
	        tree, hf_twig_inside(tree, node, "over", HF_TWIG_LIST), 1e-9, figure->over);
	if (figure->term_count == 0)
		hf_scenario_blame(tree, node, "\"of\" is missing here: the numbers to multiply");
}

static enum hf_err read_figures(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *node = hf_twig_inside(tree, tree->root, "figures", HF_TWIG_LIST);
	enum hf_err err = hf_scenario_items(tree, node, sizeof(*scenario->figures),
	        &scenario->figure_count, &scenario->figures);
	struct hf_twig *inside = node != NULL ? node->first : NULL;
	for (size_t i = 0; err == HF_OK && i < scenario->figure_count; i++, inside = inside->next)
		read_figure(tree, inside, &scenario->figures[i]);
	return err;
}

/* Words of a list into cells; false: not as many as there have to be. */
static bool read_cells(struct hf_scenario_tree *tree, struct hf_twig *list, size_t most,
        const char *cells[static HF_SCENARIO_TERMS], size_t *ret_count)
{
	size_t count = 0;
	if (!hf_twig_is(tree, list, HF_TWIG_LIST))
		return false;
	for (struct hf_twig *inside = list->first; inside != NULL; inside = inside->next) {
		if (count == most) {
			hf_scenario_blame(
			        tree, inside, "more than %zu columns; leave one out", most);
			return false;
		}
		if (!hf_twig_is(tree, inside, HF_TWIG_WORD))
			return false;
		cells[count++] = inside->word;
	}
	*ret_count = count;
	return true;
}

static enum hf_err read_table(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_table *table)
{
	if (!hf_twig_is(tree, node, HF_TWIG_MAP))
		return HF_OK;
	hf_twig_text(tree, hf_twig_need(tree, node, "caption"), &table->caption);
	read_cells(tree, hf_twig_need(tree, node, "columns"), HF_SCENARIO_TERMS, table->columns,
	        &table->column_count);
	struct hf_twig *rows = hf_twig_inside(tree, node, "rows", HF_TWIG_LIST);
	if (table->column_count == 0 || rows == NULL || rows->first == NULL) {
		hf_scenario_blame(tree, node, "a table has columns and rows; add them");
		return HF_OK;
	}
	enum hf_err err = hf_scenario_items(
	        tree, rows, sizeof(*table->rows), &table->row_count, &table->rows);
	size_t i = 0;
	for (struct hf_twig *row = rows->first; err == HF_OK && row != NULL; row = row->next, i++) {
		size_t count = 0;
		if (read_cells(tree, row, table->column_count, table->rows[i], &count) &&
		        count != table->column_count)
			hf_scenario_blame(tree, row, "a row with %zu of %zu columns; add the rest",
			        count, table->column_count);
	}
	return err;
}

static enum hf_err read_tables(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *node = hf_twig_inside(tree, tree->root, "tables", HF_TWIG_LIST);
	enum hf_err err = hf_scenario_items(
	        tree, node, sizeof(*scenario->tables), &scenario->table_count, &scenario->tables);
	struct hf_twig *inside = node != NULL ? node->first : NULL;
	for (size_t i = 0; err == HF_OK && i < scenario->table_count; i++, inside = inside->next)
		err = read_table(tree, inside, &scenario->tables[i]);
	return err;
}

enum hf_err hf_scenario_read_known(struct hf_scenario_tree *tree)
{
	enum hf_err err = read_facts(tree);
	if (err == HF_OK)
		err = read_figures(tree);
	return err == HF_OK ? read_tables(tree) : err;
}

/* ---- What is to be shown ---- */

static void read_failing(struct hf_scenario_tree *tree, struct hf_twig *node)
{
	struct hf_scenario_expect *expect = &tree->scenario->expect;
	hf_twig_time(tree, hf_twig_need(tree, node, "from"), tree->scenario->from, &expect->from);
	hf_twig_time(tree, hf_twig_need(tree, node, "until"), expect->from, &expect->until);
	hf_twig_span(tree, hf_twig_field(node, "within"), 0, HF_SCENARIO_YEARS, &expect->within);
	hf_twig_number(tree, hf_twig_field(node, "least"), 0, 1, &expect->least);
	hf_twig_number(tree, hf_twig_field(node, "most"), 0, 1, &expect->most);
	if (expect->until < expect->from || expect->from < tree->scenario->from ||
	        expect->until > tree->scenario->until || expect->most < expect->least)
		hf_scenario_blame(tree, node,
		        "users fail from a time until a later one, both within the scenario, and "
		        "\"least\" is not more than \"most\"; correct them");
}

void hf_scenario_read_expect(struct hf_scenario_tree *tree)
{
	struct hf_scenario_expect *expect = &tree->scenario->expect;
	struct hf_twig *node = hf_twig_inside(tree, tree->root, "expect", HF_TWIG_MAP);
	struct hf_twig *failing = hf_twig_inside(tree, node, "failing", HF_TWIG_MAP);
	*expect = (struct hf_scenario_expect){.from = HF_TIME_NONE,
	        .until = HF_TIME_NONE,
	        .within = WITHIN,
	        .most = 1,
	        .prevented = true};
	if (failing != NULL)
		read_failing(tree, failing);
	hf_twig_flag(tree, hf_twig_field(node, "prevented"), &expect->prevented);
	hf_twig_text(tree, hf_twig_field(node, "because"), &expect->because);
	if (!expect->prevented && expect->because == NULL)
		hf_scenario_blame(tree, node,
		        "\"because\" is missing here: a sentence why Holdfast does not prevent it");
}
