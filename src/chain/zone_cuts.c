/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/answer_proof.h"
#include "chain/trace_build.h"
#include "chain/walk.h"

/* ---- Entering a zone ---- */

/* Below this link: a zone that counts as unsigned, whatever it has. */
static enum hf_err enter_insecure(
        struct hf_walk *walk, const struct hf_name *zone, size_t link, const struct hf_fault *fault)
{
	enum hf_err err = hf_trace_set_broken(&walk->trace, link, fault);
	return err == HF_OK ? hf_walk_enter(walk, zone, NULL, link) : err;
}

/* With `wants` filled in: a link for the zone, then its keys, unless nothing there can be used. */
static enum hf_err approach(struct hf_walk *walk, const struct hf_name *zone, uint32_t ds_ttl)
{
	struct hf_fault fault;
	enum hf_err err = hf_trace_add_link(&walk->trace, zone, &walk->next_link);
	if (err != HF_OK)
		return err;
	struct hf_link *link = &walk->trace.links[walk->next_link];
	link->ds_ttl = ds_ttl;
	err = hf_link_take_wants(link, &walk->wants, &fault);
	if (err != HF_OK)
		return err;
	if (fault.cause != HF_CAUSE_NONE)
		return enter_insecure(walk, zone, walk->next_link, &fault);
	walk->probe = *zone;
	return hf_walk_ask(walk, HF_WALK_ASK_KEYS, zone, zone, KNOT_RRTYPE_DNSKEY);
}

/* The deepest zone that was reached before and can prove the question; NULL when there is none. */
static const struct hf_walk_zone *known_zone(const struct hf_walk *walk)
{
	const struct hf_walk_zone *best = NULL;
	bool parent = hf_walk_type(walk) == KNOT_RRTYPE_DS && walk->name.len > 1;
	for (size_t i = 0; i < walk->zone_count; i++) {
		const struct hf_walk_zone *zone = &walk->zones[i];
		bool above = hf_name_is_under(&walk->name, &zone->name) &&
		             !(parent && hf_name_equal(&walk->name, &zone->name));
		if (above && (best == NULL || zone->name.len >= best->name.len))
			best = zone;
	}
	return best;
}

static enum hf_err start_without(struct hf_walk *walk)
{
	size_t link;
	const struct hf_fault fault = {
	        .cause = HF_CAUSE_NO_ANCHOR,
	        .zone = walk->name,
	        .owner = walk->name,
	        .type = hf_walk_type(walk),
	};
	enum hf_err err = hf_trace_add_link(&walk->trace, &HF_NAME_ROOT, &link);
	return err == HF_OK ? enter_insecure(walk, &HF_NAME_ROOT, link, &fault) : err;
}

enum hf_err hf_walk_start(struct hf_walk *walk)
{
	const struct hf_question question = {.name = walk->name, .type = hf_walk_type(walk)};
	const struct hf_walk_zone *known = known_zone(walk);
	struct hf_name anchor;
	bool anchored = hf_anchors_closest(&walk->anchors, &question, &anchor);
	if (known != NULL && (!anchored || known->name.len >= anchor.len)) {
		walk->zone = (size_t)(known - walk->zones);
		walk->probing = walk->by_signer = walk->stepped = false;
		walk->stage = HF_WALK_WEIGH;
		return HF_OK;
	}
	if (!anchored)
		return start_without(walk);
	hf_link_wants_done(&walk->wants);
	enum hf_err err = hf_link_wants_from_anchors(&walk->anchors, &anchor, &walk->wants);
	return err == HF_OK ? approach(walk, &anchor, 0) : err;
}

enum hf_err hf_walk_take_keys(struct hf_walk *walk)
{
	const struct hf_name zone = walk->probe;
	const struct hf_message_set *set = hf_answer_data(walk->current, &zone, KNOT_RRTYPE_DNSKEY);
	struct hf_link *link = &walk->trace.links[walk->next_link];
	struct hf_keyring *ring;
	struct hf_fault fault;
	enum hf_err err = hf_link_prove(
	        link, &walk->wants, &walk->effort, set != NULL ? &set->set : NULL, &ring, &fault);
	if (err != HF_OK)
		return err;
	if (fault.cause != HF_CAUSE_NONE) {
		hf_keyring_free(ring);
		return hf_walk_fail(walk, walk->next_link, &fault, &zone);
	}
	err = hf_trace_describe(&walk->trace, walk->next_link);
	if (err == HF_OK)
		err = hf_walk_settle(walk, &zone, KNOT_RRTYPE_DNSKEY);
	if (err != HF_OK) {
		hf_keyring_free(ring);
		return err;
	}
	err = hf_walk_enter(walk, &zone, ring, walk->next_link);
	/* The question may have been this very one. */
	if (err == HF_OK && walk->held == NULL && hf_walk_type(walk) == KNOT_RRTYPE_DNSKEY &&
	        hf_name_equal(&walk->name, &zone))
		err = hf_walk_hold(walk);
	return err;
}

/* ---- Finding cuts ---- */

/* A proven DS set. */
static enum hf_err take_ds_set(struct hf_walk *walk, const struct hf_answer_verdict *verdict)
{
	const struct hf_name zone = walk->probe;
	hf_link_wants_done(&walk->wants);
	enum hf_err err = hf_link_wants_from_ds(&verdict->set->set, &walk->wants);
	return err == HF_OK ? approach(walk, &zone, verdict->ttl) : err;
}

/* A proven denial of DS, or as good as one: a cut without DS. */
static enum hf_err take_no_ds(struct hf_walk *walk, enum hf_cause cause, uint32_t number)
{
	const struct hf_name zone = walk->probe;
	const struct hf_fault fault = {
	        .cause = cause,
	        .zone = cause == HF_CAUSE_ITERATIONS ? hf_walk_here(walk)->name : zone,
	        .owner = zone,
	        .type = KNOT_RRTYPE_DS,
	        .number = number,
	};
	size_t link;
	enum hf_err err = hf_trace_add_link(&walk->trace, &zone, &link);
	return err == HF_OK ? enter_insecure(walk, &zone, link, &fault) : err;
}

/* No cut at `probe`. */
static enum hf_err take_no_cut(struct hf_walk *walk)
{
	const struct hf_name zone = walk->probe;
	struct hf_fault fault = {
	        .cause = HF_CAUSE_CUT_NO_NS,
	        .zone = zone,
	        .owner = zone,
	        .type = KNOT_RRTYPE_DS,
	};
	if (walk->referred)
		return hf_walk_fail(walk, hf_walk_here(walk)->link, &fault, &zone);
	if (walk->held == NULL)
		return hf_walk_descend(walk);
	walk->stage = HF_WALK_WEIGH;
	return HF_OK;
}

/* Whether the child's side answered: the denial is of the cut's own zone (RFC 4035 3.1.4.1). */
static bool is_wrong_side(const struct hf_walk *walk)
{
	const struct hf_message_set *soa =
	        hf_message_find(walk->current, HF_SECTION_AUTHORITY, &walk->probe, KNOT_RRTYPE_SOA);
	return soa != NULL && walk->probe.len > 1;
}

static enum hf_err take_cut_fault(struct hf_walk *walk, struct hf_fault *fault)
{
	const struct hf_name zone = walk->probe;
	size_t link = hf_walk_here(walk)->link;
	/* Another zone, not signed and on the same servers, may be between this one and the cut. */
	bool between = hf_name_labels(&zone) > hf_name_labels(&hf_walk_here(walk)->name) + 1;
	if (between && !walk->stepped &&
	        (fault->cause == HF_CAUSE_NO_DENIAL || fault->cause == HF_CAUSE_UNSIGNED)) {
		walk->stepped = true;
		walk->probing = false;
		return hf_walk_descend(walk);
	}
	if (is_wrong_side(walk)) {
		fault->cause = HF_CAUSE_DS_WRONG_SIDE;
		fault->zone = zone;
	}
	return hf_walk_fail(walk, link, fault, walk->referred ? &zone : NULL);
}

enum hf_err hf_walk_weigh_cut(struct hf_walk *walk)
{
	const struct hf_walk_zone *here = hf_walk_here(walk);
	const struct hf_answer answer = {
	        .message = walk->current,
	        .ring = here->ring,
	        .effort = &walk->effort,
	        .link = &walk->trace.links[here->link],
	        .name = walk->probe,
	        .type = KNOT_RRTYPE_DS,
	};
	struct hf_answer_verdict verdict;
	enum hf_err err = hf_answer_prove(&answer, &verdict);
	if (err != HF_OK)
		return err;
	hf_link_refresh(&walk->trace.links[here->link], here->ring);
	if (verdict.kind == HF_ANSWER_FAULT)
		return take_cut_fault(walk, &verdict.fault);
	err = hf_walk_settle(walk, &walk->probe, KNOT_RRTYPE_DS);
	if (err != HF_OK)
		return err;
	if (verdict.kind == HF_ANSWER_DATA)
		return take_ds_set(walk, &verdict);
	if (verdict.kind == HF_ANSWER_ALIAS)
		return take_no_cut(walk);
	/* Nothing is below a name that does not exist. */
	if (verdict.rcode == HF_RCODE_NXDOMAIN && verdict.fault.cause == HF_CAUSE_NONE &&
	        !walk->referred)
		walk->probe = walk->name;
	if (verdict.fault.cause == HF_CAUSE_OPT_OUT || verdict.fault.cause == HF_CAUSE_ITERATIONS)
		return take_no_ds(walk, verdict.fault.cause, verdict.fault.number);
	return verdict.delegation ? take_no_ds(walk, HF_CAUSE_NO_DS, 0) : take_no_cut(walk);
}

enum hf_err hf_walk_descend(struct hf_walk *walk)
{
	const struct hf_walk_zone *here = hf_walk_here(walk);
	unsigned labels = hf_name_labels(&walk->name), last = labels;
	unsigned next = hf_name_labels(walk->probing ? &walk->probe : &here->name) + 1;
	if (hf_walk_type(walk) == KNOT_RRTYPE_DS && last > 0)
		last--; /* DS records are the parent's */
	if (next > last)
		return walk->held != NULL ? hf_walk_judge(walk) : hf_walk_ask_answer(walk);
	hf_name_strip(&walk->name, labels - next, &walk->probe);
	walk->probing = true;
	walk->referred = false;
	return hf_walk_ask(walk, HF_WALK_ASK_DS, &here->name, &walk->probe, KNOT_RRTYPE_DS);
}
