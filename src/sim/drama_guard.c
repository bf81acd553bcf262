/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/drama_guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "coherence/gate.h"
#include "rollover/rollover.h"
#include "verify/verify.h"

#define REASONS 3 /* of the verifier, and of the gate */
#define KINDS   (1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS)

/* ---- contents ---- */

static enum hf_err ds_content(
        struct hf_drama_guard *guard, hf_scenario_keys keys, uint32_t *ret_content)
{
	uint32_t members[HF_SCENARIO_KEYS];
	struct hf_content content = {.kind = HF_KIND_DS, .members = members};
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < guard->run->scenario->key_count && err == HF_OK; i++) {
		struct hf_buf rdata = {0};
		if ((keys >> i & 1) == 0)
			continue;
		err = hf_drama_world_ds(guard->run->world, i, &rdata);
		if (err == HF_OK)
			err = hf_evidence_ds(guard->evidence,
			        (struct hf_rdata){rdata.data, (uint16_t)rdata.len},
			        &members[content.member_count++]);
		hf_buf_done(&rdata);
	}
	return err != HF_OK ? err : hf_evidence_content(guard->evidence, &content, ret_content);
}

/* The keys of the scenario that made a signer set. */
static hf_scenario_keys signers_of(const struct hf_drama_guard *guard, uint32_t number)
{
	const struct hf_content *content = hf_evidence_content_at(guard->evidence, number);
	hf_scenario_keys keys = 0;
	for (size_t i = 0; i < content->signing_count; i++) {
		struct hf_rdata signer =
		        hf_evidence_key_at(guard->evidence, content->signings[i].key)->rdata;
		for (unsigned j = 0; j < guard->run->scenario->key_count; j++)
			if (hf_rdata_equal(hf_drama_world_dnskey(guard->run->world, j), signer))
				keys |= (hf_scenario_keys)1 << j;
	}
	return keys;
}

/* Names of the real zone whose signatures are by just these keys; 0: not known. */
static uint64_t names_by(const struct hf_drama_guard *guard,
        const struct hf_scenario_version *version, hf_scenario_keys keys)
{
	const struct hf_scenario *scenario = guard->run->scenario;
	uint64_t names = 0;
	for (unsigned i = 0; i < scenario->class_count; i++) {
		const struct hf_scenario_signed *sign = &version->data[i].sign;
		if (scenario->classes[i].names == 0)
			return 0;
		if ((sign->by & ~sign->bad) == keys)
			names += scenario->classes[i].names;
	}
	return names;
}

/* ---- sights ---- */

/* What a server was to get later than something newer it never gets. */
static enum hf_err foresee(struct hf_drama_guard *guard, enum hf_scene_side side, hf_time at,
        const struct hf_served *ds)
{
	const struct hf_drama_stage *stage = &guard->run->stage;
	for (unsigned i = 0; i < hf_scene_servers(stage->scene, side); i++) {
		struct hf_drama_sight sight = {hf_drama_stage_arrival(stage, side, i, at), at, side,
		        i, ds != NULL ? *ds : (struct hf_served){0}};
		size_t kept = 0, place;
		for (size_t j = 0; j < guard->sight_count; j++) {
			const struct hf_drama_sight *old = &guard->sights[j];
			if (old->side != side || old->server != i || old->at < sight.at)
				guard->sights[kept++] = *old;
		}
		guard->sight_count = kept;
		struct hf_drama_sight *list = hf_list_room(
		        guard->sights, &guard->sight_cap, guard->sight_count, sizeof(*list));
		if (list == NULL)
			return HF_ERR_NOMEM;
		guard->sights = list;
		for (place = guard->sight_count++; place > 0 && list[place - 1].at > sight.at;
		        place--)
			list[place] = list[place - 1];
		list[place] = sight;
	}
	return HF_OK;
}

static enum hf_err see_one(struct hf_drama_guard *guard, const struct hf_drama_sight *sight)
{
	uint32_t place = guard->places[sight->side][sight->server];
	hf_time begin = guard->run->scenario->from - HF_DRAMA_BEFORE;
	if (sight->side == HF_SCENE_PARENT)
		return hf_evidence_observe(
		        guard->evidence, place, 1u << HF_KIND_DS, &sight->ds, 1, sight->at);
	return hf_evidence_sighting(guard->evidence, place, sight->at,
	        sight->version <= guard->run->scenario->from ? begin : sight->version);
}

/* What those who follow RFC 5011 trust; the root has no other DS set. */
static enum hf_err tell_anchors(struct hf_drama_guard *guard, hf_time at)
{
	struct hf_served served = {.ttl = 0};
	if (!hf_drama_is_root(guard->run->world) || guard->told == guard->run->ds)
		return HF_OK;
	guard->told = guard->run->ds;
	enum hf_err err = ds_content(guard, guard->told, &served.content);
	return err != HF_OK ? err
	                    : hf_evidence_observe(guard->evidence, guard->anchors, 1u << HF_KIND_DS,
	                              &served, 1, at);
}

hf_time hf_drama_guard_next(const struct hf_drama_guard *guard)
{
	return guard->sight_count > 0 ? guard->sights[0].at : HF_TIME_NEVER;
}

enum hf_err hf_drama_guard_see(struct hf_drama_guard *guard, hf_time at)
{
	size_t seen = 0;
	enum hf_err err = HF_OK;
	while (seen < guard->sight_count && guard->sights[seen].at <= at && err == HF_OK)
		err = see_one(guard, &guard->sights[seen++]);
	guard->sight_count -= seen;
	if (seen > 0)
		memmove(guard->sights, guard->sights + seen,
		        guard->sight_count * sizeof(*guard->sights));
	hf_drama_run_trust(guard->run, at);
	return err != HF_OK ? err : tell_anchors(guard, at);
}

/* ---- reasons ---- */

static enum hf_err add_reason(struct hf_drama_refusal *refusal, const char *check, bool by_gate,
        const char *broken, const char *fix)
{
	struct hf_drama_reason *list =
	        reallocarray(refusal->reasons, refusal->count + 1, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	refusal->reasons = list;
	struct hf_drama_reason *reason = &list[refusal->count];
	*reason = (struct hf_drama_reason){check, by_gate, strdup(broken), strdup(fix)};
	refusal->count++;
	return reason->broken != NULL && reason->fix != NULL ? HF_OK : HF_ERR_NOMEM;
}

/* Places with findings of the same check; the report may have them one by one. */
static uint64_t places(const struct hf_report *report, const struct hf_check *check)
{
	uint64_t count = 0;
	for (size_t i = 0; i < report->count; i++)
		count += report->findings[i].check == check ? report->findings[i].count : 0;
	return count;
}

/* The finding with the name that it is about, and how often it is there. */
static enum hf_err put_finding(
        struct hf_buf *text, const struct hf_report *report, const struct hf_finding *finding)
{
	char owner[HF_NAME_TEXT];
	uint64_t count = places(report, finding->check);
	hf_buf_reset(text);
	hf_put_format(text, "%s: %s", hf_name_text(&finding->owner, owner), finding->detail);
	if (count > 1)
		hf_put_format(text,
		        " There are %" PRIu64
		        " more such places in the small zone that stands for the real one.",
		        count - 1);
	hf_put_u8(text, 0);
	return hf_buf_check(text);
}

static enum hf_err warn(struct hf_drama_guard *guard, struct hf_drama_offer *offer,
        const struct hf_report *report, const struct hf_finding *finding, struct hf_buf *text)
{
	size_t check = (size_t)(finding->check - HF_CHECKS);
	offer->warned[check] = true;
	/* Keys of the small zone are short on purpose; of DS records the gate knows more. */
	if (offer->warning != NULL || guard->warned[check] || check == HF_CHECK_KEY_WEAK ||
	        strcmp(finding->check->area, "DS") == 0)
		return HF_OK;
	enum hf_err err = put_finding(text, report, finding);
	if (err == HF_OK)
		offer->warning = strdup((const char *)text->data);
	return err != HF_OK || offer->warning != NULL ? err : HF_ERR_NOMEM;
}

static bool is_told(const struct hf_drama_offer *offer, const struct hf_finding *finding)
{
	for (size_t i = 0; i < offer->refusal.count; i++)
		if (offer->refusal.reasons[i].check == finding->check->name)
			return true;
	return offer->refusal.count == REASONS;
}

/* That an unsigned version is unsigned is no mistake; whether it may be is the gate's question. */
static enum hf_err weigh_report(struct hf_drama_guard *guard, struct hf_drama_offer *offer,
        const struct hf_report *report, bool meant)
{
	struct hf_buf text = {0};
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < report->count && err == HF_OK; i++) {
		const struct hf_finding *finding = &report->findings[i];
		if (finding->check->severity == HF_SEVERITY_WARNING)
			err = warn(guard, offer, report, finding, &text);
		if (finding->check->severity != HF_SEVERITY_ERROR || is_told(offer, finding) ||
		        (meant && finding->check == &HF_CHECKS[HF_CHECK_ZONE_UNSIGNED]))
			continue;
		err = put_finding(&text, report, finding);
		if (err == HF_OK)
			err = add_reason(&offer->refusal, finding->check->name, false,
			        (const char *)text.data, finding->fix);
	}
	hf_buf_done(&text);
	return err;
}

/* For the gate a signature that does not verify is none; the verifier has said that better. */
static bool repeats(const struct hf_drama_guard *guard, const struct hf_drama_offer *offer,
        const struct hf_gate_reason *reason)
{
	uint32_t served = reason->served.content;
	if (offer->refusal.count == 0 || served == HF_NO_CONTENT)
		return false;
	const struct hf_content *content = hf_evidence_content_at(guard->evidence, served);
	return content->kind == HF_KIND_SIGNERS && content->signing_count == 0;
}

static enum hf_err weigh_verdict(const struct hf_drama_guard *guard, struct hf_drama_offer *offer,
        const struct hf_gate_verdict *verdict)
{
	bool broken_already = verdict->broken_already && (verdict->effect == HF_EFFECT_BETTER ||
	                                                         verdict->effect == HF_EFFECT_NONE);
	enum hf_err err = HF_OK;
	if (verdict->safe || broken_already)
		return HF_OK;
	offer->refusal.earliest_safe = verdict->earliest_safe;
	for (size_t i = 0, told = 0; i < verdict->count && told < REASONS && err == HF_OK; i++) {
		const struct hf_gate_reason *reason = &verdict->reasons[i];
		if (repeats(guard, offer, reason))
			continue;
		told++;
		err = add_reason(&offer->refusal, reason->check, true, reason->broken, reason->fix);
	}
	return err;
}

/* ---- offers ---- */

static void drop_reasons(struct hf_drama_offer *offer)
{
	for (size_t i = 0; i < offer->refusal.count; i++) {
		free(offer->refusal.reasons[i].broken);
		free(offer->refusal.reasons[i].fix);
	}
	free(offer->refusal.reasons);
	offer->refusal = (struct hf_drama_refusal){.count = 0};
}

void hf_drama_offer_done(struct hf_drama_offer *offer)
{
	drop_reasons(offer);
	hf_version_unref(offer->zone);
	free(offer->served);
	free(offer->warning);
}

/* The DS set, or what holders of trust anchors have, as the verifier takes it. */
static enum hf_err verify(struct hf_drama_guard *guard, struct hf_drama_offer *offer, bool meant)
{
	struct hf_rdata records[HF_SCENARIO_KEYS];
	struct hf_buf bytes[HF_SCENARIO_KEYS] = {0};
	struct hf_verify_options options = {.at = offer->at, .ds = records, .ds_given = !meant};
	struct hf_drama_run *run = guard->run;
	struct hf_report *report = NULL;
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < run->scenario->key_count && err == HF_OK; i++) {
		if ((run->ds >> i & 1) == 0)
			continue;
		err = hf_drama_world_ds(run->world, i, &bytes[i]);
		records[options.ds_count++] =
		        (struct hf_rdata){bytes[i].data, (uint16_t)bytes[i].len};
	}
	if (err == HF_OK)
		err = hf_verify_zone(
		        offer->zone, &options, run->options->pool, NULL, run->diag, &report);
	if (err == HF_OK)
		err = weigh_report(guard, offer, report, meant);
	hf_report_free(report);
	for (unsigned i = 0; i < run->scenario->key_count; i++)
		hf_buf_done(&bytes[i]);
	return err;
}

/* What the version serves, with the numbers of names that the real zone has. */
static enum hf_err survey(
        struct hf_drama_guard *guard, struct hf_drama_offer *offer, struct hf_survey *ret_survey)
{
	enum hf_err err = hf_survey_version(offer->zone, HF_SURVEY_VERIFY, offer->at,
	        guard->run->options->pool, NULL, guard->evidence, guard->run->diag, ret_survey);
	if (err != HF_OK)
		return err;
	struct hf_offer *found = &ret_survey->offer;
	offer->served = calloc(found->count + 1, sizeof(*offer->served));
	if (offer->served == NULL)
		return HF_ERR_NOMEM;
	offer->count = found->count;
	found->rrsets = 0;
	for (size_t i = 0; i < found->count; i++) {
		offer->served[i] = found->served[i];
		if (hf_evidence_content_at(guard->evidence, found->served[i].content)->kind !=
		        HF_KIND_SIGNERS)
			continue;
		offer->served[i].rrsets = names_by(
		        guard, offer->version, signers_of(guard, found->served[i].content));
		found->rrsets += offer->served[i].rrsets;
	}
	found->served = offer->served;
	return HF_OK;
}

static enum hf_err gate(
        struct hf_drama_guard *guard, struct hf_drama_offer *offer, const struct hf_offer *asked)
{
	const struct hf_gate_options options = {.rules = HF_RULES_STRICT};
	struct hf_gate_verdict *verdict;
	enum hf_err err = hf_gate(guard->evidence, asked, &options, offer->at, &verdict);
	if (err != HF_OK)
		return hf_fail(guard->run->diag, err,
		        "whether a version is safe cannot be worked out: %s", hf_err_text(err));
	err = weigh_verdict(guard, offer, verdict);
	hf_gate_verdict_free(verdict);
	return err;
}

static enum hf_err make_served(struct hf_drama_guard *guard, struct hf_drama_offer *offer)
{
	offer->served = calloc(1, sizeof(*offer->served));
	if (offer->served == NULL)
		return HF_ERR_NOMEM;
	offer->count = 1;
	offer->served[0].ttl = offer->ds_ttl;
	return ds_content(guard, offer->ds, &offer->served[0].content);
}

static enum hf_err make_zone(struct hf_drama_guard *guard, struct hf_drama_offer *offer)
{
	return hf_drama_world_make(
	        guard->run->world, offer->version, offer->serial, offer->at, &offer->zone);
}

enum hf_err hf_drama_guard_ask(struct hf_drama_guard *guard, struct hf_drama_offer *offer)
{
	struct hf_survey found = {.served = NULL};
	struct hf_offer asked = {.serial = offer->serial};
	enum hf_err err;
	offer->refusal = (struct hf_drama_refusal){.at = offer->at,
	        .ds = offer->version == NULL,
	        .earliest_safe = HF_TIME_NEVER,
	        .published = HF_TIME_NONE};
	if (offer->version == NULL) {
		err = make_served(guard, offer);
		asked.served = offer->served;
		asked.count = offer->count;
	} else {
		err = make_zone(guard, offer);
		if (err == HF_OK)
			err = verify(guard, offer,
			        hf_drama_is_unsigned(guard->run->scenario, offer->version));
		if (err == HF_OK)
			err = survey(guard, offer, &found);
		asked = found.offer;
	}
	size_t wrong = offer->refusal.count;
	if (err == HF_OK)
		err = gate(guard, offer, &asked);
	/* Waiting mends no signature. */
	if (wrong > 0)
		offer->refusal.earliest_safe = HF_TIME_NEVER;
	offer->passes = offer->refusal.count == 0;
	hf_survey_done(&found);
	return err;
}

/* The verifier is heard for what it warned of before. */
enum hf_err hf_drama_guard_look(struct hf_drama_guard *guard, struct hf_drama_offer *offer)
{
	struct hf_survey found = {.served = NULL};
	if (offer->version == NULL)
		return make_served(guard, offer);
	enum hf_err err = make_zone(guard, offer);
	if (err == HF_OK)
		err = verify(
		        guard, offer, hf_drama_is_unsigned(guard->run->scenario, offer->version));
	drop_reasons(offer);
	free(offer->warning);
	offer->warning = NULL;
	if (err == HF_OK)
		err = survey(guard, offer, &found);
	hf_survey_done(&found);
	return err;
}

static enum hf_err serve_version(
        struct hf_drama_guard *guard, const struct hf_drama_offer *offer, const char *text)
{
	hf_time begin = guard->run->scenario->from, at = offer->at;
	enum hf_err err = hf_evidence_observe(guard->evidence, HF_PUBLISHED, KINDS, offer->served,
	        offer->count, at <= begin ? begin - HF_DRAMA_BEFORE : at);
	if (err == HF_OK)
		err = foresee(guard, HF_SCENE_ZONE, at, NULL);
	if (err == HF_OK)
		err = hf_drama_run_publish(guard->run, offer->version, offer->zone, at, text);
	memcpy(guard->warned, offer->warned, sizeof(guard->warned));
	if (err == HF_OK && offer->warning != NULL)
		err = hf_story_tell(guard->run->story, at, HF_MOMENT_ALARM,
		        "That passed, and the verifier warns. %s", offer->warning);
	return err != HF_OK ? err : hf_drama_guard_see(guard, at);
}

enum hf_err hf_drama_guard_serve(
        struct hf_drama_guard *guard, const struct hf_drama_offer *offer, const char *text)
{
	enum hf_err err;
	if (offer->version != NULL)
		return serve_version(guard, offer, text);
	err = hf_drama_is_root(guard->run->world)
	              ? HF_OK
	              : foresee(guard, HF_SCENE_PARENT, offer->at, &offer->served[0]);
	if (err == HF_OK)
		err = hf_drama_run_ds(guard->run, offer->ds, offer->ds_ttl, offer->at, text);
	return err != HF_OK ? err : hf_drama_guard_see(guard, offer->at);
}

/* ---- the whole ---- */

static enum hf_err add_places(struct hf_drama_guard *guard, enum hf_scene_side side)
{
	char name[32];
	unsigned count = hf_scene_servers(guard->run->stage.scene, side);
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < count && err == HF_OK; i++) {
		uint32_t *place = &guard->places[side][i];
		snprintf(name, sizeof(name), "%s %u",
		        side == HF_SCENE_ZONE ? "secondary" : "the parent's server", i + 1);
		err = hf_evidence_place(guard->evidence, name, place);
		if (err == HF_OK && side == HF_SCENE_ZONE)
			err = hf_evidence_add_secondary(guard->evidence, *place);
	}
	return err;
}

/* Data may be signed by keys that are never published. */
static enum hf_err add_keys(struct hf_drama_guard *guard)
{
	enum hf_err err = HF_OK;
	uint32_t number;
	for (unsigned i = 0; i < guard->run->scenario->key_count && err == HF_OK; i++)
		err = hf_evidence_key(
		        guard->evidence, hf_drama_world_dnskey(guard->run->world, i), &number);
	return err;
}

enum hf_err hf_drama_guard_init(struct hf_drama_guard *guard, struct hf_drama_run *run)
{
	*guard = (struct hf_drama_guard){.run = run};
	enum hf_err err = hf_evidence_new(&run->world->zone, &guard->evidence);
	if (err == HF_OK)
		err = add_keys(guard);
	if (err == HF_OK)
		err = add_places(guard, HF_SCENE_ZONE);
	if (err == HF_OK)
		err = add_places(guard, HF_SCENE_PARENT);
	if (err != HF_OK || !hf_drama_is_root(run->world))
		return err;
	err = hf_evidence_place(guard->evidence, HF_PLACE_ANCHORS, &guard->anchors);
	return err != HF_OK ? err : tell_anchors(guard, run->scenario->from - HF_DRAMA_BEFORE);
}

void hf_drama_guard_done(struct hf_drama_guard *guard)
{
	hf_evidence_free(guard->evidence);
	free(guard->sights);
}
