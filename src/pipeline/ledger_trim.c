/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents of evidence are never taken away, so after months of new signatures it is built anew. */
#include "pipeline/ledger_inside.h"

#define CONTENTS 4096 /* fewer are not worth it */

struct building {
	const struct hf_evidence *from;
	struct hf_evidence *to;
};

static enum hf_err take_places(const struct building *building)
{
	enum hf_err err = HF_OK;
	for (uint32_t i = 0; i < hf_evidence_place_count(building->from) && err == HF_OK; i++) {
		uint32_t place;
		err = hf_evidence_place(
		        building->to, hf_evidence_place_name(building->from, i), &place);
		if (err == HF_OK && hf_evidence_is_secondary(building->from, i))
			err = hf_evidence_add_secondary(building->to, place);
	}
	return err;
}

static enum hf_err take_content(
        const struct building *building, uint32_t number, uint32_t *ret_number)
{
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_signing signings[HF_CONTENT_MEMBERS];
	struct hf_content content = *hf_evidence_content_at(building->from, number);
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < content.member_count && err == HF_OK; i++) {
		uint32_t member = content.members[i];
		err = content.kind == HF_KIND_DS
		              ? hf_evidence_ds(building->to,
		                        hf_evidence_ds_at(building->from, member)->rdata,
		                        &members[i])
		              : hf_evidence_key(building->to,
		                        hf_evidence_key_at(building->from, member)->rdata,
		                        &members[i]);
	}
	for (size_t i = 0; i < content.signing_count && err == HF_OK; i++) {
		signings[i] = content.signings[i];
		err = hf_evidence_key(building->to,
		        hf_evidence_key_at(building->from, content.signings[i].key)->rdata,
		        &signings[i].key);
	}
	content.members = members;
	content.signings = signings;
	return err == HF_OK ? hf_evidence_content(building->to, &content, ret_number) : err;
}

static enum hf_err take_facts(const struct building *building)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < hf_evidence_fact_count(building->from) && err == HF_OK; i++) {
		struct hf_fact fact = *hf_evidence_fact_at(building->from, i);
		err = take_content(building, fact.content, &fact.content);
		if (err == HF_OK) /* places have the numbers that they had */
			err = hf_evidence_add(building->to, &fact);
	}
	for (size_t i = 0; i < hf_evidence_sighting_count(building->from) && err == HF_OK; i++) {
		const struct hf_sighting *sighting = hf_evidence_sighting_at(building->from, i);
		err = hf_evidence_sighting(
		        building->to, sighting->place, sighting->seen, sighting->version);
	}
	return err;
}

static enum hf_err rebuild(const struct hf_evidence *evidence, struct hf_evidence **ret_evidence)
{
	struct building building = {.from = evidence};
	enum hf_err err = hf_evidence_new(hf_evidence_zone(evidence), &building.to);
	if (err != HF_OK)
		return err;
	hf_evidence_set_expire(building.to, hf_evidence_expire(evidence));
	hf_evidence_set_blur(building.to, hf_evidence_blur(evidence));
	err = take_places(&building);
	if (err == HF_OK)
		err = take_facts(&building);
	if (err != HF_OK) {
		hf_evidence_free(building.to);
		return err;
	}
	*ret_evidence = building.to;
	return HF_OK;
}

/* Contents are numbered in the order in which they came, so the largest number in use tells. */
static bool is_worth_it(const struct hf_evidence *evidence)
{
	uint32_t largest = 0;
	size_t facts = hf_evidence_fact_count(evidence);
	for (size_t i = 0; i < facts; i++) {
		if (hf_evidence_fact_at(evidence, i)->content > largest)
			largest = hf_evidence_fact_at(evidence, i)->content;
	}
	return largest > CONTENTS && largest > 4 * facts;
}

enum hf_err hf_ledger_trim(struct hf_ledger *ledger, hf_time before)
{
	struct hf_ledger_memory *memory = &ledger->memory;
	struct hf_evidence *evidence;
	struct hf_store_known *nothing;
	hf_evidence_forget(memory->evidence, before - HF_LEDGER_SLACK);
	if (!is_worth_it(memory->evidence))
		return HF_OK;
	enum hf_err err = hf_store_known_new(&nothing);
	if (err != HF_OK)
		return err;
	err = rebuild(memory->evidence, &evidence);
	if (err != HF_OK) {
		hf_store_known_free(nothing);
		return err;
	}
	/* Numbers are others now: what is stored has to be told once more, a few facts by then. */
	hf_store_known_free(ledger->known);
	ledger->known = nothing;
	hf_evidence_free(memory->evidence);
	memory->evidence = evidence;
	return HF_OK;
}
