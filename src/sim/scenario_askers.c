/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Those who ask: the population, and single resolvers with a stale trust anchor. */
#include <string.h>

#include "sim/people.h"
#include "sim/scenario_parts.h"

#define RESOLVERS     4000
#define RESOLVERS_MAX 1000000
#define RATE_MAX      1e6
#define RTT           50 /* milliseconds */
#define MILLISECOND   (HF_STORM_SECOND / 1000)
#define COUNT_MAX     INT64_C(1000000000000)

/* ---- The population ---- */

static void read_rate(struct hf_scenario_tree *tree, struct hf_twig *rate)
{
	struct hf_scenario_people *people = &tree->scenario->people;
	if (rate == NULL)
		return;
	if (hf_twig_members(rate) != 2) {
		hf_scenario_blame(tree, rate, "\"rate\" takes two numbers, the least and the most");
		return;
	}
	if (hf_twig_number(tree, rate->first, 0.001, RATE_MAX, &people->rate_least) &&
	        hf_twig_number(tree, rate->first->next, 0.001, RATE_MAX, &people->rate_most) &&
	        people->rate_most < people->rate_least)
		hf_scenario_blame(tree, rate, "the least is more than the most; turn them around");
}

/* Whether the kind and its share are right is known to those who have the kinds. */
static void read_shares(struct hf_scenario_tree *tree, struct hf_twig *kinds)
{
	struct hf_scenario_people *people = &tree->scenario->people;
	struct hf_people trial;
	hf_people_init(&trial, HF_PEOPLE_BY_DS);
	for (struct hf_twig *node = kinds != NULL ? kinds->first : NULL; node != NULL;
	        node = node->next) {
		double share;
		node->taken = true;
		if (people->share_count == HF_SCENARIO_ITEMS) {
			hf_scenario_blame(tree, node, "more shares than there are kinds");
			return;
		}
		if (!hf_twig_number(tree, node, 0, 1, &share))
			continue;
		if (hf_people_share(&trial, node->key, share, NULL) != HF_OK)
			hf_scenario_blame(tree, node,
			        "there is no kind of resolvers \"%.*s\", or all shares together "
			        "are "
			        "more than 1; correct it",
			        HF_YAML_SHOWN, node->key);
		people->shares[people->share_count++] =
		        (struct hf_scenario_share){node->key, share};
	}
}

void hf_scenario_read_people(struct hf_scenario_tree *tree)
{
	struct hf_scenario_people *people = &tree->scenario->people;
	struct hf_twig *node = hf_twig_inside(tree, tree->root, "people", HF_TWIG_MAP);
	struct hf_twig *anchors = hf_twig_field(node, "anchors");
	int64_t resolvers = RESOLVERS;
	hf_twig_count(tree, hf_twig_field(node, "resolvers"), 1, RESOLVERS_MAX, &resolvers);
	people->resolvers = (uint32_t)resolvers;
	read_rate(tree, hf_twig_inside(tree, node, "rate", HF_TWIG_LIST));
	read_shares(tree, hf_twig_inside(tree, node, "kinds", HF_TWIG_MAP));
	hf_twig_keys(tree, anchors, &people->anchors);
	if (__builtin_popcount(people->anchors) > HF_POPULATION_ANCHORS)
		hf_scenario_blame(tree, anchors, "more than %d trust anchors; leave some out",
		        HF_POPULATION_ANCHORS);
}

/* ---- Storms ---- */

/* A span of whole seconds, in microseconds. */
static void read_micro(struct hf_scenario_tree *tree, struct hf_twig *node, int64_t *micro)
{
	int64_t seconds;
	if (hf_twig_span(tree, node, 0, HF_SCENARIO_DAY * 366, &seconds))
		*micro = seconds * HF_STORM_SECOND;
}

static void read_storm_zone(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_storm *storm)
{
	unsigned number = storm->count++;
	struct hf_storm_zone *zone = &storm->zones[number];
	int64_t addresses = 1, rtt = RTT;
	storm->expect_dnskey[number] = storm->expect_ds[number] = -1;
	zone->name = "";
	hf_twig_text(tree, hf_twig_need(tree, node, "name"), &zone->name);
	hf_twig_count(
	        tree, hf_twig_need(tree, node, "addresses"), 1, HF_STORM_ADDRESSES, &addresses);
	hf_twig_count(tree, hf_twig_field(node, "rtt_ms"), 1, 60000, &rtt);
	hf_twig_count(
	        tree, hf_twig_field(node, "dnskey"), 0, COUNT_MAX, &storm->expect_dnskey[number]);
	hf_twig_count(tree, hf_twig_field(node, "ds"), 0, COUNT_MAX, &storm->expect_ds[number]);
	zone->addresses = (unsigned)addresses;
	zone->rtt = rtt * MILLISECOND;
}

static void read_storm_zones(
        struct hf_scenario_tree *tree, struct hf_twig *map, struct hf_scenario_storm *storm)
{
	struct hf_twig *zones = hf_twig_need(tree, map, "zones");
	if (!hf_twig_is(tree, zones, HF_TWIG_LIST))
		return;
	for (struct hf_twig *node = zones->first; node != NULL; node = node->next) {
		if (storm->count == HF_STORM_ZONES) {
			hf_scenario_blame(
			        tree, node, "more than %d zones; leave some out", HF_STORM_ZONES);
			return;
		}
		if (hf_twig_is(tree, node, HF_TWIG_MAP))
			read_storm_zone(tree, node, storm);
	}
	if (storm->count == 0)
		hf_scenario_blame(tree, zones,
		        "at least the zone of the stale trust anchor is "
		        "needed; add it");
}

static void read_clients(
        struct hf_scenario_tree *tree, struct hf_twig *clients, struct hf_scenario_storm *storm)
{
	int64_t names = 1;
	if (clients == NULL)
		return;
	read_micro(tree, hf_twig_need(tree, clients, "every"), &storm->interval);
	read_micro(tree, hf_twig_need(tree, clients, "for"), &storm->duration);
	hf_twig_count(tree, hf_twig_field(clients, "names"), 1, HF_STORM_NAMES, &names);
	storm->names = (unsigned)names;
	if (storm->interval > 0 && storm->duration / storm->interval > 100000)
		hf_scenario_blame(tree, clients,
		        "more than 100,000 questions; ask more seldom, or for a shorter time");
}

static void read_brake(
        struct hf_scenario_tree *tree, struct hf_twig *brake, struct hf_scenario_storm *storm)
{
	if (brake == NULL)
		return;
	storm->compare = true;
	read_micro(tree, hf_twig_need(tree, brake, "first"), &storm->brake.first);
	read_micro(tree, hf_twig_need(tree, brake, "most"), &storm->brake.most);
	read_micro(tree, hf_twig_need(tree, brake, "forget"), &storm->brake.forget);
	if (storm->brake.first <= 0 || storm->brake.most < storm->brake.first)
		hf_scenario_blame(tree, brake,
		        "\"first\" is more than nothing, and \"most\" not less; correct them");
}

static void read_storm(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_storm *storm)
{
	unsigned asker = HF_SCENARIO_BIND_2009;
	storm->names = 1;
	storm->patience = -1;
	storm->name = "";
	if (!hf_twig_is(tree, node, HF_TWIG_MAP))
		return;
	hf_twig_text(tree, hf_twig_need(tree, node, "name"), &storm->name);
	hf_twig_choice(
	        tree, hf_twig_field(node, "resolver"), "bind-2009 unbound-2009 current", &asker);
	storm->asker = (enum hf_scenario_asker)asker;
	read_micro(tree, hf_twig_field(node, "patience"), &storm->patience);
	read_storm_zones(tree, node, storm);
	read_clients(tree, hf_twig_inside(tree, node, "clients", HF_TWIG_MAP), storm);
	read_brake(tree, hf_twig_inside(tree, node, "brake", HF_TWIG_MAP), storm);
}

enum hf_err hf_scenario_read_storms(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *list = hf_twig_inside(tree, tree->root, "storms", HF_TWIG_LIST);
	enum hf_err err = hf_scenario_items(
	        tree, list, sizeof(*scenario->storms), &scenario->storm_count, &scenario->storms);
	struct hf_twig *node = list != NULL ? list->first : NULL;
	for (size_t i = 0; err == HF_OK && i < scenario->storm_count; i++, node = node->next)
		read_storm(tree, node, &scenario->storms[i]);
	return err;
}
