/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole scenario: its head, the order of its sections, its end. */
#include "sim/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "sim/scenario_parts.h"

#define ID_MAX   40 /* bytes */
#define VALIDITY (14 * HF_SCENARIO_DAY)
#define REFRESH  (7 * HF_SCENARIO_DAY)
#define SERVERS  2 /* of each side */

void hf_scenario_free(struct hf_scenario *scenario)
{
	if (scenario == NULL)
		return;
	for (size_t i = 0; i < scenario->table_count; i++)
		free(scenario->tables[i].rows);
	for (size_t i = 0; i < scenario->text_count; i++)
		free(scenario->texts[i]);
	free(scenario->texts);
	free(scenario->tables);
	free(scenario->figures);
	free(scenario->unknowns);
	free(scenario->facts);
	free(scenario->storms);
	free(scenario->events);
	free(scenario);
}

double hf_scenario_figure(const struct hf_scenario_figure *figure)
{
	double value = 1;
	for (size_t i = 0; i < figure->term_count; i++)
		value *= figure->terms[i];
	for (size_t i = 0; i < figure->over_count; i++)
		value /= figure->over[i];
	return value;
}

/* ---- The head ---- */

static void read_id(struct hf_scenario_tree *tree)
{
	struct hf_twig *node = hf_twig_need(tree, tree->root, "id");
	const char *id;
	if (!hf_twig_text(tree, node, &id))
		return;
	tree->scenario->id = id;
	if (strlen(id) > ID_MAX || id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		hf_scenario_blame(tree, node,
		        "an id has small letters, digits and \"-\", at most %d of them; correct it",
		        ID_MAX);
}

static void read_zone(struct hf_scenario_tree *tree)
{
	struct hf_twig *node = hf_twig_need(tree, tree->root, "zone");
	struct hf_name name;
	if (hf_twig_text(tree, node, &tree->scenario->zone) &&
	        hf_name_from_text(tree->scenario->zone, &name) != HF_OK)
		hf_scenario_blame(tree, node, "\"%.*s\" is no name of a zone; correct it",
		        HF_YAML_SHOWN, tree->scenario->zone);
}

static void read_span(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *from = hf_twig_need(tree, tree->root, "from");
	struct hf_twig *until = hf_twig_need(tree, tree->root, "until");
	if (hf_twig_time(tree, from, 0, &scenario->from) &&
	        hf_twig_time(tree, until, scenario->from, &scenario->until) &&
	        (scenario->until <= scenario->from ||
	                scenario->until - scenario->from > HF_SCENARIO_YEARS))
		hf_scenario_blame(tree, until,
		        "\"until\" has to be after \"from\", and at most 20 years; correct one");
}

static unsigned server_count(
        struct hf_scenario_tree *tree, struct hf_twig *servers, const char *side)
{
	int64_t count = SERVERS;
	hf_twig_count(tree, hf_twig_field(servers, side), 1, HF_SCENE_SERVERS, &count);
	return (unsigned)count;
}

static void read_operation(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *servers = hf_twig_inside(tree, tree->root, "servers", HF_TWIG_MAP);
	struct hf_twig *signatures = hf_twig_inside(tree, tree->root, "signatures", HF_TWIG_MAP);
	struct hf_twig *refresh = hf_twig_field(signatures, "refresh");
	unsigned denial = HF_SCENARIO_NSEC;
	hf_twig_choice(tree, hf_twig_field(tree->root, "denial"), "nsec nsec3 opt-out", &denial);
	scenario->denial = (enum hf_scenario_denial)denial;
	scenario->servers = server_count(tree, servers, "zone");
	scenario->parents = server_count(tree, servers, "parent");
	scenario->validity = VALIDITY;
	scenario->refresh = REFRESH;
	hf_twig_span(tree, hf_twig_field(signatures, "validity"), 3600, HF_SCENARIO_YEARS,
	        &scenario->validity);
	hf_twig_span(tree, refresh, 60, HF_SCENARIO_YEARS, &scenario->refresh);
	if (scenario->refresh >= scenario->validity)
		hf_scenario_blame(tree, signatures,
		        "signatures have to be replaced before they end: \"refresh\" (default 7d) "
		        "is "
		        "what is left of \"validity\" (default 14d) then; make it shorter");
}

static void read_head(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	read_id(tree);
	hf_twig_text(tree, hf_twig_need(tree, tree->root, "title"), &scenario->title);
	hf_twig_text(tree, hf_twig_need(tree, tree->root, "date"), &scenario->date);
	hf_twig_text(tree, hf_twig_field(tree->root, "about"), &scenario->about);
	read_zone(tree);
	read_span(tree);
	read_operation(tree);
}

/* ---- Everything ---- */

static void unused_parameters(struct hf_scenario_tree *tree)
{
	struct hf_twig *node = hf_twig_field(tree->root, "unknown");
	if (node == NULL)
		return;
	size_t i = 0;
	for (struct hf_twig *unknown = node->first; unknown != NULL; unknown = unknown->next, i++) {
		if (i < tree->scenario->unknown_count && !tree->used[i])
			hf_scenario_blame(tree, unknown,
			        "no value is \"$%.*s\": the parameter changes nothing; use it, or "
			        "say below \"known\" what is not known",
			        HF_YAML_SHOWN, unknown->key);
	}
}

static enum hf_err read_sections(
        struct hf_scenario_tree *tree, const struct hf_scenario_setting *settings, size_t count)
{
	enum hf_err err = hf_scenario_read_unknowns(tree, settings, count);
	if (err != HF_OK)
		return err;
	read_head(tree);
	hf_scenario_read_keys(tree);
	hf_scenario_read_classes(tree);
	/* Times of events are judged against the span. */
	if (!tree->yaml.bad)
		err = hf_scenario_read_events(tree);
	if (err == HF_OK)
		err = hf_scenario_read_storms(tree);
	if (err == HF_OK)
		err = hf_scenario_read_known(tree);
	if (err != HF_OK || tree->yaml.bad)
		return err;
	hf_scenario_read_people(tree);
	hf_scenario_read_expect(tree);
	hf_scenario_tree_sweep(tree, tree->root);
	unused_parameters(tree);
	return HF_OK;
}

enum hf_err hf_scenario_parse(const char *file, const char *text, size_t len,
        const struct hf_scenario_setting *settings, size_t setting_count, struct hf_diag *diag,
        struct hf_scenario **ret_scenario)
{
	if (len > HF_SCENARIO_BYTES)
		return hf_fail_at(diag, HF_ERR_LIMIT, file, 0,
		        "more than %u bytes; no scenario needs that many", HF_SCENARIO_BYTES);
	struct hf_scenario *scenario = calloc(1, sizeof(*scenario));
	if (scenario == NULL)
		return HF_ERR_NOMEM;
	struct hf_scenario_tree tree = {.scenario = scenario, .yaml = {.file = file, .diag = diag}};
	enum hf_err err = hf_scenario_tree_read(&tree, text, len);
	if (err == HF_OK)
		err = read_sections(&tree, settings, setting_count);
	if (err == HF_OK && tree.yaml.bad)
		err = HF_ERR_INVALID;
	hf_scenario_tree_done(&tree);
	if (err != HF_OK)
		hf_scenario_free(scenario);
	else
		*ret_scenario = scenario;
	return err;
}
