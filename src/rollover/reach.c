/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/reach.h"

#include <stdio.h>
#include <string.h>

static enum hf_kind kind_of(const struct hf_view *view, const struct hf_fact *fact)
{
	return hf_evidence_content_at(view->evidence, fact->content)->kind;
}

/* ---- the zone ---- */

/* Counts facts that agree with what is wanted and those that do not. */
struct tally {
	size_t right, wrong;
};

static bool all_right(struct tally tally)
{
	return tally.right > 0 && tally.wrong == 0;
}

/* Data is signed by those who sign data; the CDS and CDNSKEY sets by those of the DNSKEY set too,
 * since the parent has to find them signed by a key with a DS (RFC 7344 section 4.1). */
static bool is_signed_so(
        const struct hf_view *view, uint32_t content, const struct hf_waypoint *waypoint)
{
	hf_keys data = waypoint->sign_data, keys = waypoint->sign_keys & ~waypoint->revoked;
	return hf_view_is_signers(view, content, data) ||
	       (data != 0 && hf_view_is_signers(view, content, data | keys));
}

static void judge_zone(
        const struct hf_view *view, const struct hf_waypoint *waypoint, struct hf_reach *reach)
{
	struct tally dnskey = {0}, signers = {0};
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		if (fact->place != HF_PUBLISHED || fact->last != HF_TIME_NEVER)
			continue;
		enum hf_kind kind = kind_of(view, fact);
		bool right = kind == HF_KIND_DNSKEY
		                     ? hf_view_is_dnskey(view, fact->content, waypoint)
		                     : is_signed_so(view, fact->content, waypoint);
		struct tally *tally = kind == HF_KIND_DNSKEY ? &dnskey : &signers;
		tally->right += right;
		tally->wrong += !right;
	}
	reach->dnskey = all_right(dnskey);
	reach->signers = all_right(signers);
	reach->partly = signers.right > 0 && signers.wrong > 0;
	const struct hf_way_denial *seen = &view->state->denial, *wanted = &waypoint->denial;
	reach->denial = waypoint->sign_data == 0 ||
	                (seen->kind == wanted->kind && seen->opt_out == wanted->opt_out);
}

/* ---- the parent ---- */

static bool is_parent(const struct hf_view *view, const struct hf_fact *fact)
{
	return kind_of(view, fact) == HF_KIND_DS && fact->place != view->anchors &&
	       fact->last == HF_TIME_NEVER;
}

static void miss(struct hf_reach *reach, const char *name)
{
	snprintf(reach->missing, sizeof(reach->missing), "%s", name);
}

/* A server is still what it was seen to be only if that was after it was asked to change. */
static bool is_fresh(const struct hf_view *view, const struct hf_fact *fact)
{
	hf_time fresh = view->state->ds_fresh;
	hf_time seen = hf_evidence_observed(view->evidence, fact->place, HF_KIND_DS);
	return fact->first >= fresh || seen > fresh || (fact->place == view->oper && seen == fresh);
}

/* Whether the server has an open fact. */
static bool observed(const struct hf_view *view, const char *server)
{
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		if (is_parent(view, fact) &&
		        strcmp(hf_evidence_place_name(view->evidence, fact->place), server) == 0)
			return true;
	}
	return false;
}

/* Whether all that was seen of servers is the wanted set, and new; counts them. */
static bool judge_seen(const struct hf_view *view, const struct hf_waypoint *waypoint,
        struct hf_reach *reach, size_t *ret_right, bool *ret_told)
{
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		if (!is_parent(view, fact))
			continue;
		bool wanted = hf_view_is_ds(view, fact->content, waypoint->ds);
		bool fresh = is_fresh(view, fact);
		if (fact->place == view->oper) {
			*ret_told = wanted && fresh;
			continue;
		}
		if (!wanted || !fresh) {
			miss(reach, hf_evidence_place_name(view->evidence, fact->place));
			reach->missing_seen = !wanted;
			reach->missing_old = wanted;
			return false;
		}
		++*ret_right;
	}
	return true;
}

static void judge_parent(
        const struct hf_view *view, const struct hf_waypoint *waypoint, struct hf_reach *reach)
{
	const struct hf_places *servers = &view->policy->parent.servers;
	size_t right = 0;
	bool told = false;
	if (!judge_seen(view, waypoint, reach, &right, &told))
		return;
	/* A person's word stands for servers that were not seen, never against one that was. */
	for (size_t i = 0; i < servers->count; i++) {
		if (observed(view, servers->names[i]))
			continue;
		if (!told) {
			miss(reach, servers->names[i]);
			return;
		}
	}
	reach->ds = right > 0 || told;
}

void hf_reach_judge(
        const struct hf_view *view, const struct hf_waypoint *waypoint, struct hf_reach *ret_reach)
{
	*ret_reach = (struct hf_reach){.ds = false};
	judge_zone(view, waypoint, ret_reach);
	judge_parent(view, waypoint, ret_reach);
}

bool hf_reach_ds_carried_out(const struct hf_view *view, const struct hf_asked *asked)
{
	hf_time last = HF_TIME_NONE;
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		if (fact->place != view->anchors && fact->first >= asked->at &&
		        hf_view_is_ds(view, fact->content, asked->ds) && fact->last > last)
			last = fact->last;
	}
	if (last == HF_TIME_NONE)
		return false;
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		if (is_parent(view, fact) && fact->place != view->oper && fact->first < last &&
		        hf_evidence_observed(view->evidence, fact->place, HF_KIND_DS) <= last)
			return false;
	}
	return true;
}

uint32_t hf_reach_ds_ttl(const struct hf_view *view)
{
	uint32_t ttl = 0;
	bool known = false;
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		if (kind_of(view, fact) != HF_KIND_DS || fact->place == view->anchors)
			continue;
		known = true;
		ttl = fact->ttl > ttl ? fact->ttl : ttl;
	}
	return known ? ttl : (uint32_t)view->policy->parent.ds_ttl;
}

/* ---- time ---- */

hf_time hf_reach_latest(const struct hf_evidence *evidence)
{
	hf_time latest = HF_TIME_NONE;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		hf_time end = fact->last == HF_TIME_NEVER ? fact->first : fact->last;
		latest = end > latest ? end : latest;
	}
	return latest;
}

hf_time hf_reach_settled(
        const struct hf_view *view, const struct hf_waypoint *waypoint, uint32_t *ret_slowest)
{
	hf_time settled = HF_TIME_NONE;
	uint32_t slowest = HF_PUBLISHED;
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		uint32_t place;
		/* What was renewed since was the waypoint's while it was served. */
		struct hf_view then = *view;
		then.now = fact->first;
		if (kind_of(view, fact) != HF_KIND_DNSKEY ||
		        hf_view_is_dnskey(&then, fact->content, waypoint))
			continue;
		hf_time end = hf_evidence_served_until(view->evidence, fact, view->now, &place);
		if (end > settled) {
			settled = end;
			slowest = place;
		}
	}
	*ret_slowest = slowest;
	return settled;
}

/* ---- keys that are gone ---- */

bool hf_reach_names(const struct hf_view *view, uint32_t number, unsigned key)
{
	const struct hf_content *content = hf_evidence_content_at(view->evidence, number);
	if (content->kind == HF_KIND_DS)
		return hf_view_ds_names(view, number, key);
	for (size_t i = 0; i < content->member_count; i++) {
		if (content->members[i] == view->number[key])
			return true;
	}
	for (size_t i = 0; i < content->signing_count; i++) {
		if (content->signings[i].key == view->number[key])
			return true;
	}
	return false;
}

bool hf_reach_key_held(const struct hf_view *view, unsigned key)
{
	hf_time since, until;
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		uint32_t content = hf_evidence_fact_at(view->evidence, i)->content;
		if (hf_reach_names(view, content, key) &&
		        hf_world_held(view->evidence, content, view->now, &since, &until))
			return true;
	}
	return false;
}
