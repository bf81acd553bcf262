/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The other way out of an emergency, compared: all at once, against step by step in a world in
 * which everybody acts without delay.
 */
#include <stdlib.h>

#include "rollover/course.h"
#include "rollover/reach.h"

#define STEPS 1000 /* far more than any change takes */

/*
 * Until when somebody with a compromised key can fool a resolver, if the offer were served from now
 * on: as long as caches may hold a DS set that leads to it or, for a ZSK, a DNSKEY set with it.
 */
static hf_time trusted_until(
        const struct hf_view *view, const struct hf_offer *offer, hf_keys compromised)
{
	hf_time latest = view->now;
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		uint32_t content = hf_evidence_fact_at(view->evidence, i)->content;
		enum hf_kind kind = hf_evidence_content_at(view->evidence, content)->kind;
		for (unsigned key = 0; key < HF_ROLL_KEYS; key++) {
			enum hf_role role = view->state->keys[key].role;
			if ((compromised >> key & 1) == 0 ||
			        kind != (role == HF_ROLE_ZSK ? HF_KIND_DNSKEY : HF_KIND_DS) ||
			        !hf_reach_names(view, content, key))
				continue;
			hf_time until =
			        hf_world_held_after(view->evidence, content, offer, view->now);
			latest = until > latest ? until : latest;
		}
	}
	return latest;
}

/* ---- step by step, without delays ---- */

/* TTL of what a place serves of a kind; the policy's when it is not known. */
static uint32_t ttl_of(const struct hf_evidence *evidence, enum hf_kind kind, uint32_t fallback)
{
	uint32_t ttl = 0;
	bool known = false;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->last != HF_TIME_NEVER ||
		        hf_evidence_content_at(evidence, fact->content)->kind != kind)
			continue;
		known = true;
		ttl = fact->ttl > ttl ? fact->ttl : ttl;
	}
	return known ? ttl : fallback;
}

static enum hf_err secondaries_follow(struct hf_evidence *evidence, hf_time now)
{
	enum hf_err err = HF_OK;
	for (uint32_t place = 1; place < hf_evidence_place_count(evidence) && err == HF_OK;
	        place++) {
		if (hf_evidence_is_secondary(evidence, place))
			err = hf_evidence_sighting(evidence, place, now, now);
	}
	return err;
}

static enum hf_err publish(const struct hf_view *view, const struct hf_waypoint *waypoint)
{
	struct hf_served served[2];
	served[0] = (struct hf_served){
	        .ttl = ttl_of(view->evidence, HF_KIND_DNSKEY, view->policy->dnskey_ttl)};
	served[1] = (struct hf_served){
	        .ttl = ttl_of(view->evidence, HF_KIND_SIGNERS, view->policy->dnskey_ttl)};
	enum hf_err err = hf_view_dnskey_content(view, waypoint, &served[0].content);
	if (err == HF_OK)
		err = hf_view_signers_content(view, waypoint->sign_data, &served[1].content);
	if (err != HF_OK)
		return err;
	unsigned kinds = 1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS;
	err = hf_evidence_observe(view->evidence, HF_PUBLISHED, kinds, served, 2, view->now);
	return err == HF_OK ? secondaries_follow(view->evidence, view->now) : err;
}

static enum hf_err change_parent(const struct hf_view *view, hf_keys ds)
{
	struct hf_served served = {
	        .ttl = ttl_of(view->evidence, HF_KIND_DS, (uint32_t)view->policy->parent.ds_ttl)};
	enum hf_err err = hf_view_ds_content(view, ds, &served.content);
	size_t count = hf_evidence_fact_count(view->evidence);
	for (size_t i = 0; i < count && err == HF_OK; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		if (fact->last == HF_TIME_NEVER && fact->place != view->anchors &&
		        hf_evidence_content_at(view->evidence, fact->content)->kind == HF_KIND_DS)
			err = hf_evidence_observe(view->evidence, fact->place, 1u << HF_KIND_DS,
			        &served, 1, view->now);
	}
	return err;
}

static void allow_all(struct hf_roll_state *state)
{
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++)
		state->keys[i].flags |= HF_RK_TESTED;
	state->roll.approved = state->roll.index + 1;
	state->roll.paused = false;
}

/* The virtual time in which the change would end; HF_TIME_NEVER when something blocks it. */
static enum hf_err run_ideal(const struct hf_policy *policy, struct hf_roll_state *state,
        struct hf_evidence *evidence, hf_time *now)
{
	struct hf_outcome *outcome = malloc(sizeof(*outcome));
	if (outcome == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = secondaries_follow(evidence, *now);
	for (unsigned i = 0; i < STEPS && err == HF_OK; i++) {
		struct hf_view view;
		allow_all(state);
		err = hf_roll_step(policy, state, evidence, *now, outcome);
		if (err == HF_OK && outcome->ended)
			break;
		if (err == HF_OK)
			err = hf_view_init(policy, state, evidence, *now, &view);
		if (err == HF_OK && outcome->stepped)
			err = publish(&view, &outcome->wanted.waypoint);
		if (err == HF_OK && state->ds_pending)
			err = change_parent(&view, outcome->wanted.waypoint.ds);
		if (outcome->stepped)
			continue;
		if (outcome->wake == HF_TIME_NEVER)
			break;
		*now = outcome->wake > *now ? outcome->wake : *now;
	}
	if (err == HF_OK && !outcome->ended)
		*now = HF_TIME_NEVER;
	free(outcome);
	return err;
}

static enum hf_err in_order(const struct hf_policy *policy, const struct hf_roll_state *state,
        const struct hf_evidence *evidence, hf_time now, hf_time *ret_until)
{
	struct hf_evidence *facts = NULL;
	struct hf_roll_state copy;
	hf_keys compromised = state->roll.start.compromised;
	enum hf_err err = hf_roll_state_copy(state, &copy);
	if (err != HF_OK)
		return err;
	err = hf_evidence_copy(evidence, &facts);
	if (err == HF_OK)
		err = run_ideal(policy, &copy, facts, &now);
	if (err == HF_OK && now != HF_TIME_NEVER) {
		struct hf_view view;
		err = hf_view_init(policy, &copy, facts, now, &view);
		if (err == HF_OK)
			now = trusted_until(&view, &(struct hf_offer){.count = 0}, compromised);
	}
	if (err == HF_OK)
		*ret_until = now;
	hf_evidence_free(facts);
	hf_roll_state_done(&copy);
	return err;
}

/* ---- all at once ---- */

static hf_time last_bogus(const struct hf_gate_verdict *verdict)
{
	hf_time latest = verdict->at;
	for (size_t i = 0; i < verdict->count; i++) {
		hf_time until = verdict->reasons[i].bogus_until;
		latest = until > latest ? until : latest;
	}
	return latest;
}

enum hf_err hf_roll_at_once(const struct hf_policy *policy, const struct hf_roll_state *state,
        struct hf_evidence *evidence, hf_time now, struct hf_at_once *ret_at_once)
{
	const struct hf_roll *roll = &state->roll;
	struct hf_at_once once = {.broken = NULL, .broken_until = now};
	struct hf_view_offer offer;
	struct hf_view view;
	if (roll->count == 0 || roll->start.compromised == 0)
		return HF_ERR_INVALID;
	enum hf_err err = hf_view_init(policy, state, evidence, now, &view);
	if (err == HF_OK)
		err = hf_view_offer(&view, &roll->waypoints[roll->index],
		        &roll->waypoints[roll->count - 1], &offer);
	if (err != HF_OK)
		return err;
	const struct hf_gate_options options = {.rules = policy->rollover.rules};
	err = hf_gate(evidence, &offer.offer, &options, now, &once.broken);
	if (err == HF_OK) {
		once.broken_until = last_bogus(once.broken);
		once.bad_until_at_once =
		        trusted_until(&view, &offer.offer, roll->start.compromised);
	}
	hf_view_offer_done(&offer);
	if (err == HF_OK)
		err = in_order(policy, state, evidence, now, &once.bad_until_in_order);
	if (err != HF_OK || once.broken->safe) {
		hf_gate_verdict_free(once.broken);
		once.broken = NULL;
	}
	if (err == HF_OK)
		*ret_at_once = once;
	return err;
}
