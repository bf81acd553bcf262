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
	free(walk->retry.text);
	free(walk->retry.server);
	hf_message_free(walk->retry.message);
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

static bool same_question(const struct hf_chain_question *a, const struct hf_chain_question *b)
{
	return hf_name_equal(&a->zone, &b->zone) && hf_question_equal(&a->question, &b->question);
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
	if (walk->retry.count > 0 && same_question(&walk->retry.question, &asked))
		asked.attempt = walk->retry.count;
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
	walk->probing = false;
	walk->by_signer = false;
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

/* ---- Faults ---- */

/* Whether a fault is about keys or a DS set, and not about the answer to the question itself. */
static bool is_on_way(const struct hf_walk *walk)
{
	return walk->stage == HF_WALK_ASK_KEYS || walk->stage == HF_WALK_ASK_DS;
}

/* What a fault is about as a question: that is asked again. */
static struct hf_chain_question question_of(struct hf_walk *walk)
{
	if (is_on_way(walk))
		return walk->asked;
	return (struct hf_chain_question){.zone = hf_walk_here(walk)->name,
	        .question = {.name = walk->name, .type = hf_walk_type(walk)}};
}

/* Keeps the first fault; later ones of the same question only count. */
static enum hf_err keep_retry(struct hf_walk *walk, const struct hf_chain_question *question,
        size_t link, const struct hf_fault *fault)
{
	struct hf_walk_retry *retry = &walk->retry;
	bool held = !is_on_way(walk) && walk->held != NULL;
	const char *server = held ? walk->held_server : walk->server;
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	retry->count++;
	if (retry->count > 1)
		return HF_OK;
	free(retry->text);
	free(retry->server);
	hf_message_free(retry->message);
	retry->text = retry->server = NULL;
	retry->message = NULL;
	if (held) {
		retry->message = walk->held;
		walk->held = NULL;
	}
	retry->question = *question;
	retry->fault = *fault;
	retry->fault.words = NULL;
	retry->link = link;
	if (server != NULL) {
		retry->server = strdup(server);
		if (retry->server == NULL)
			return HF_ERR_NOMEM;
	}
	hf_fault_put_text(&text, fault, walk->effort.at);
	return hf_text_take(&text, &retry->text);
}

static bool may_help(const struct hf_fault *fault)
{
	return (hf_cause_info(fault->cause)->status == HF_CHAIN_BOGUS &&
	               fault->cause < HF_CAUSE_MANY_QUESTIONS) ||
	       fault->cause == HF_CAUSE_RCODE || fault->cause == HF_CAUSE_LAME;
}

/* Asks once more; `*ret_asked` is false when that was done often enough. */
static enum hf_err try_again(
        struct hf_walk *walk, size_t link, const struct hf_fault *fault, bool *ret_asked)
{
	struct hf_walk_retry *retry = &walk->retry;
	struct hf_chain_question question = question_of(walk);
	enum hf_walk_stage stage = is_on_way(walk) ? walk->stage : HF_WALK_ASK_ANSWER;
	*ret_asked = false;
	if (retry->count > 0 && !same_question(&retry->question, &question))
		retry->count = 0;
	if (!may_help(fault) || retry->count >= walk->effort.most.attempts ||
	        walk->effort.questions >= walk->effort.most.questions)
		return HF_OK;
	enum hf_err err = keep_retry(walk, &question, link, fault);
	if (err != HF_OK)
		return err;
	*ret_asked = true;
	if (stage == HF_WALK_ASK_ANSWER)
		return hf_walk_ask_answer(walk);
	return hf_walk_ask(
	        walk, stage, &question.zone, &question.question.name, question.question.type);
}

/* Nothing is proven from here on, but the answer is still of interest. */
static enum hf_err go_loose(struct hf_walk *walk, size_t link, const struct hf_name *cut)
{
	if (cut != NULL)
		return hf_walk_enter(walk, cut, NULL, link);
	struct hf_walk_zone *here = hf_walk_here(walk);
	hf_keyring_free(here->ring);
	here->ring = NULL;
	here->link = link;
	walk->stage = HF_WALK_WEIGH;
	return HF_OK;
}

enum hf_err hf_walk_fail(
        struct hf_walk *walk, size_t link, const struct hf_fault *fault, const struct hf_name *cut)
{
	bool asked;
	bool no_answer = walk->stage == HF_WALK_ASK_ANSWER && walk->held == NULL;
	enum hf_err err = try_again(walk, link, fault, &asked);
	if (err != HF_OK || asked)
		return err;
	/* The first of several faults of one question is the one to tell. */
	bool told = walk->retry.count > 0;
	err = hf_trace_set_broken(
	        &walk->trace, told ? walk->retry.link : link, told ? &walk->retry.fault : fault);
	walk->retry.count = 0;
	if (err != HF_OK)
		return err;
	if (no_answer && told && walk->retry.message != NULL) {
		walk->held = walk->retry.message;
		walk->retry.message = NULL;
	} else if (no_answer && cut == NULL) {
		walk->stage = HF_WALK_DONE;
		return HF_OK;
	}
	return go_loose(walk, link, cut);
}

enum hf_err hf_walk_settle(struct hf_walk *walk, uint16_t type)
{
	struct hf_walk_retry *retry = &walk->retry;
	if (retry->count == 0 || retry->question.question.type != type)
		return HF_OK;
	retry->count = 0;
	return hf_link_add_liar(&walk->trace.links[retry->link], retry->server, retry->text);
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
	walk->probe = cut;
	walk->probing = true;
	if (hf_answer_data(walk->current, &cut, KNOT_RRTYPE_DS) == NULL &&
	        !hf_answer_has_denial(walk->current))
		return hf_walk_ask(walk, HF_WALK_ASK_DS, &here->name, &cut, KNOT_RRTYPE_DS);
	return hf_walk_weigh_cut(walk, walk->current, true);
}

/* An answer to the question for the DS set of `probe`. */
static enum hf_err take_ds(struct hf_walk *walk)
{
	const struct hf_name *zone = &hf_walk_here(walk)->name;
	struct hf_name cut, signer;
	/* Another cut may be above it, and the servers of both zones the same. */
	if (hf_answer_referral(walk->current, zone, &walk->probe, KNOT_RRTYPE_DS, &cut)) {
		walk->probe = cut;
		if (hf_answer_data(walk->current, &cut, KNOT_RRTYPE_DS) != NULL ||
		        hf_answer_has_denial(walk->current))
			return hf_walk_weigh_cut(walk, walk->current, true);
		return hf_walk_ask(walk, HF_WALK_ASK_DS, zone, &cut, KNOT_RRTYPE_DS);
	}
	if (hf_answer_signer(walk->current, zone, &walk->probe, KNOT_RRTYPE_DS, &signer) &&
	        !hf_name_equal(&signer, zone)) {
		walk->probe = signer;
		return hf_walk_ask(walk, HF_WALK_ASK_DS, zone, &signer, KNOT_RRTYPE_DS);
	}
	return hf_walk_weigh_cut(walk, walk->current, false);
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
		bool keys = walk->stage == HF_WALK_ASK_KEYS;
		return hf_walk_fail(walk, link, &fault, keys ? &cut : NULL);
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
		walk->probing = true;
		walk->probe = signer;
		return hf_walk_ask(walk, HF_WALK_ASK_DS, &here->name, &walk->probe, KNOT_RRTYPE_DS);
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
