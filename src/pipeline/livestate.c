/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/livestate.h"

#include <string.h>

#include "pipeline/ledger_inside.h"

struct search {
	const struct hf_name *name;
	bool found;
	int64_t id;
};

static enum hf_err look(void *context, const struct hf_store_zone *zone)
{
	struct search *search = context;
	if (hf_name_equal(&zone->name, search->name)) {
		search->found = true;
		search->id = zone->id;
	}
	return HF_OK;
}

static enum hf_err find(
        struct hf_store *store, const struct hf_name *zone, struct hf_diag *diag, int64_t *ret_id)
{
	char text[HF_NAME_TEXT];
	struct search search = {.name = zone};
	enum hf_err err = hf_store_zones(store, look, &search, diag);
	if (err == HF_OK && !search.found)
		err = hf_fail(diag, HF_ERR_NOTFOUND,
		        "the daemon whose state is in %s has no zone %s; `holdfast status` lists "
		        "those that it has",
		        hf_store_folder(store), hf_name_text(zone, text));
	if (err == HF_OK)
		*ret_id = search.id;
	return err;
}

static enum hf_err get_roll(
        struct hf_store *store, int64_t id, struct hf_diag *diag, struct hf_roll_state *ret_roll)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = {.data = NULL};
	enum hf_err err = hf_store_get_state(store, id, &bytes, diag);
	if (err == HF_ERR_NOTFOUND)
		return hf_fail(diag, HF_ERR_NOTFOUND,
		        "the daemon has the zone, but has not signed it yet: leave out --live");
	return err == HF_OK ? hf_roll_state_get(bytes.data, bytes.len, diag, ret_roll) : err;
}

enum hf_err hf_live_state_read(const char *folder, const struct hf_name *zone, hf_time now,
        struct hf_diag *diag, struct hf_live_state *ret_state)
{
	struct hf_store *store;
	struct hf_live_state state = {.is_there = true};
	int64_t id = 0;
	enum hf_err err = hf_store_open_reader(folder, diag, &store);
	if (err != HF_OK)
		return err;
	err = find(store, zone, diag, &id);
	if (err == HF_OK)
		err = get_roll(store, id, diag, &state.roll);
	if (err == HF_OK) {
		err = hf_store_get_evidence(
		        store, id, now - HF_LEDGER_SLACK, diag, &state.evidence);
		if (err == HF_OK)
			hf_evidence_set_blur(state.evidence, HF_LEDGER_BLUR);
		else
			hf_roll_state_done(&state.roll);
	}
	hf_store_close(store);
	if (err == HF_OK)
		*ret_state = state;
	return err;
}

static void add_place(struct hf_places *places, const char *name)
{
	if (places->count < HF_POLICY_PLACES && strlen(name) < HF_PLACE_MAX)
		strcpy(places->names[places->count++], name);
}

/* Whether something that a parent serves was seen there, by us and not by a person. */
static bool is_parent(const struct hf_evidence *evidence, uint32_t place)
{
	if (strcmp(hf_evidence_place_name(evidence, place), HF_PLACE_OPERATOR) == 0)
		return false;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->place == place &&
		        hf_evidence_content_at(evidence, fact->content)->kind == HF_KIND_DS)
			return true;
	}
	return false;
}

void hf_live_state_places(const struct hf_live_state *state, struct hf_policy *policy)
{
	const struct hf_evidence *evidence = state->evidence;
	struct hf_places *parents = &policy->parent.servers;
	struct hf_places *secondaries = &policy->secondaries.servers;
	bool find_parents = parents->count == 0, find_secondaries = secondaries->count == 0;
	for (uint32_t place = 0; place < hf_evidence_place_count(evidence); place++) {
		const char *name = hf_evidence_place_name(evidence, place);
		if (find_parents && is_parent(evidence, place))
			add_place(parents, name);
		if (find_secondaries && hf_evidence_is_secondary(evidence, place))
			add_place(secondaries, name);
	}
}

void hf_live_state_done(struct hf_live_state *state)
{
	if (!state->is_there)
		return;
	hf_evidence_free(state->evidence);
	hf_roll_state_done(&state->roll);
	state->is_there = false;
}
