/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/walk.h"

#include <stdlib.h>
#include <string.h>

#include "chain/answer_proof.h"
#include "chain/trace_build.h"

void hf_walk_done(struct hf_walk *walk)
{
	hf_anchors_done(&walk->anchors);
	hf_buf_done(&walk->effort.message);
	hf_nsec3_hasher_free(walk->effort.hasher);
	hf_trace_done(&walk->trace);
	for (size_t i = 0; i < walk->zone_count; i++)
		hf_keyring_free(walk->zones[i].ring);
	free(walk->zones);
	hf_link_wants_done(&walk->wants);
	hf_message_free(walk->held);
	hf_message_free(walk->current);
	free(walk->held_server);
	for (size_t i = 0; i < walk->retry_count; i++) {
		free(walk->retries[i].text);
		free(walk->retries[i].server);
		hf_message_free(walk->retries[i].message);
	}
	free(walk->retries);
}

/* ---- What its files share ---- */

struct hf_walk_zone *hf_walk_here(struct hf_walk *walk)
{
	return &walk->zones[walk->zone];
}

uint16_t hf_walk_type(const struct hf_walk *walk)
{
	return walk->trace.question.type;
}

enum hf_err hf_walk_ask(struct hf_walk *walk, enum hf_walk_stage stage, const struct hf_name *zone,
        const struct hf_name *name, uint16_t type)
{
	struct hf_chain_question asked = {.zone = *zone, .question = {.name = *name, .type = type}};
	if (walk->effort.questions >= walk->effort.most.questions) {
		const struct hf_fault fault = {.cause = HF_CAUSE_MANY_QUESTIONS,
		        .zone = *zone,
		        .owner = walk->name,
		        .type = hf_walk_type(walk),
		        .number = walk->effort.most.questions};
		walk->stage = HF_WALK_DONE;
		return hf_trace_set_broken(&walk->trace, hf_walk_here(walk)->link, &fault);
	}
	asked.attempt = hf_walk_attempt(walk, &asked);
	walk->effort.questions++;
	walk->asked = asked;
	walk->stage = stage;
	return HF_OK;
}

enum hf_err hf_walk_ask_answer(struct hf_walk *walk)
{
	hf_walk_drop(walk);
	walk->probing = false;
	return hf_walk_ask(walk, HF_WALK_ASK_ANSWER, &hf_walk_here(walk)->name, &walk->name,
	        hf_walk_type(walk));
}

enum hf_err hf_walk_enter(
        struct hf_walk *walk, const struct hf_name *name, struct hf_keyring *ring, size_t link)
{
	struct hf_walk_zone *zones =
	        reallocarray(walk->zones, walk->zone_count + 1, sizeof(*zones));
	if (zones == NULL) {
		hf_keyring_free(ring);
		return HF_ERR_NOMEM;
	}
	walk->zones = zones;
	walk->zone = walk->zone_count++;
	zones[walk->zone] = (struct hf_walk_zone){.name = *name, .ring = ring, .link = link};
	walk->probing = walk->by_signer = walk->stepped = false;
	walk->stage = HF_WALK_WEIGH;
	return HF_OK;
}

void hf_walk_drop(struct hf_walk *walk)
{
	hf_message_free(walk->held);
	free(walk->held_server);
	walk->held = NULL;
	walk->held_server = NULL;
}

enum hf_err hf_walk_hold(struct hf_walk *walk)
{
	hf_walk_drop(walk);
	if (walk->server != NULL) {
		walk->held_server = strdup(walk->server);
		if (walk->held_server == NULL)
			return HF_ERR_NOMEM;
	}
	walk->held = walk->current;
	walk->current = NULL;
	return HF_OK;
}

/* ---- Answers ---- */

/* Whether a message can be an answer at all; else the fault says why not. */
static bool is_answer(struct hf_walk *walk, struct hf_fault *ret_fault)
{
	struct hf_fault fault = {
	        .zone = walk->asked.zone,
	        .owner = walk->asked.question.name,
	        .type = walk->asked.question.type,
	};
	const struct hf_message *message = walk->current;
	if (message == NULL) {
		fault.cause = HF_CAUSE_NO_ANSWER;
		fault.words = walk->failure;
	} else if (message->rcode != HF_RCODE_NOERROR && message->rcode != HF_RCODE_NXDOMAIN &&
	           message->rcode != HF_RCODE_YXDOMAIN) {
		fault.cause = HF_CAUSE_RCODE;
		fault.number = message->rcode;
	} else if (hf_answer_is_lame(
	                   message, &walk->asked.question.name, walk->asked.question.type)) {
		struct hf_name cut;
		if (!hf_answer_referral(message, &walk->asked.zone, &walk->asked.question.name,
		            walk->asked.question.type, &cut))
			fault.cause = HF_CAUSE_LAME;
	}
	*ret_fault = fault;
	return fault.cause == HF_CAUSE_NONE;
}

/* Whether what a message says of `probe` is signed by a zone above it and below this one, which is
 * then the next to be found: the servers of both are the same. */
static bool is_signed_between(struct hf_walk *walk, struct hf_name *ret_signer)
{
	const struct hf_name *zone = &hf_walk_here(walk)->name;
	return hf_answer_signer(walk->current, zone, &walk->probe, KNOT_RRTYPE_DS, ret_signer) &&
	       !hf_name_equal(ret_signer, zone);
}

static enum hf_err ask_ds(struct hf_walk *walk, const struct hf_name *name, bool referred)
{
	walk->probe = *name;
	walk->probing = true;
	walk->referred = referred;
	return hf_walk_ask(
	        walk, HF_WALK_ASK_DS, &hf_walk_here(walk)->name, &walk->probe, KNOT_RRTYPE_DS);
}

/* A referral to a zone cut: with the DS set or its denial, or these are asked for. */
static enum hf_err take_referral(struct hf_walk *walk, const struct hf_name *cut)
{
	struct hf_name signer;
	walk->probe = *cut;
	walk->probing = walk->referred = true;
	if (!walk->by_signer && is_signed_between(walk, &signer)) {
		walk->by_signer = true;
		return ask_ds(walk, &signer, false);
	}
	if (hf_answer_data(walk->current, cut, KNOT_RRTYPE_DS) != NULL ||
	        hf_answer_has_denial(walk->current))
		return hf_walk_weigh_cut(walk);
	return ask_ds(walk, cut, true);
}

/* An answer to the question itself. */
static enum hf_err take_answer(struct hf_walk *walk)
{
	struct hf_walk_zone *here = hf_walk_here(walk);
	struct hf_name cut;
	if (!hf_answer_referral(
	            walk->current, &here->name, &walk->name, hf_walk_type(walk), &cut)) {
		enum hf_err err = hf_walk_hold(walk);
		walk->stage = HF_WALK_WEIGH;
		return err;
	}
	if (here->ring == NULL)
		return hf_walk_enter(walk, &cut, NULL, here->link);
	return take_referral(walk, &cut);
}

/* An answer to the question for the DS set of `probe`. */
static enum hf_err take_ds(struct hf_walk *walk)
{
	const struct hf_name *zone = &hf_walk_here(walk)->name;
	struct hf_name cut, signer;
	/* Another cut may be above it, and the servers of both zones the same. */
	if (hf_answer_referral(walk->current, zone, &walk->probe, KNOT_RRTYPE_DS, &cut))
		return take_referral(walk, &cut);
	if (is_signed_between(walk, &signer))
		return ask_ds(walk, &signer, false);
	return hf_walk_weigh_cut(walk);
}

/* The link that an answer belongs to: that of the zone whose servers were asked. */
static size_t link_of_asked(struct hf_walk *walk)
{
	return walk->stage == HF_WALK_ASK_KEYS ? walk->next_link : hf_walk_here(walk)->link;
}

enum hf_err hf_walk_take(struct hf_walk *walk)
{
	struct hf_fault fault;
	size_t link = link_of_asked(walk);
	enum hf_err err = hf_link_add_server(&walk->trace.links[link], walk->server);
	if (err != HF_OK)
		return err;
	if (!is_answer(walk, &fault)) {
		const struct hf_name cut = walk->probe;
		bool is_cut = walk->stage == HF_WALK_ASK_KEYS ||
		              (walk->stage == HF_WALK_ASK_DS && walk->referred);
		return hf_walk_fail(walk, link, &fault, is_cut ? &cut : NULL);
	}
	switch (walk->stage) {
	case HF_WALK_ASK_KEYS:
		return hf_walk_take_keys(walk);
	case HF_WALK_ASK_DS:
		return take_ds(walk);
	default:
		return take_answer(walk);
	}
}

/* ---- Weighing ---- */

/* The message that is held, at a zone with proven keys. */
static enum hf_err weigh(struct hf_walk *walk)
{
	const struct hf_walk_zone *here = hf_walk_here(walk);
	struct hf_name signer;
	bool has_signer =
	        hf_answer_signer(walk->held, &here->name, &walk->name, hf_walk_type(walk), &signer);
	if (has_signer && hf_name_equal(&signer, &here->name))
		return hf_walk_judge(walk);
	if (has_signer && !walk->by_signer) {
		walk->by_signer = true;
		return ask_ds(walk, &signer, false);
	}
	return hf_walk_descend(walk);
}

enum hf_err hf_walk_run(struct hf_walk *walk)
{
	enum hf_err err = HF_OK;
	while (err == HF_OK) {
		if (walk->stage == HF_WALK_START)
			err = hf_walk_start(walk);
		else if (walk->stage != HF_WALK_WEIGH)
			break;
		else if (walk->held == NULL)
			err = hf_walk_ask_answer(walk);
		else if (hf_walk_here(walk)->ring == NULL)
			err = hf_walk_weigh_loosely(walk);
		else
			err = weigh(walk);
	}
	return err;
}
