/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/answer_proof.h"
#include "chain/trace_build.h"
#include "chain/walk.h"

/* Whether the message that is held says anything about the name that an alias leads to. */
static bool goes_on(struct hf_walk *walk)
{
	const struct hf_message *message = walk->held;
	const struct hf_name *zone = &hf_walk_here(walk)->name;
	uint16_t type = hf_walk_type(walk);
	if (!hf_name_is_under(&walk->name, zone) ||
	        (type == KNOT_RRTYPE_DS && hf_name_equal(&walk->name, zone)))
		return false;
	if (hf_answer_data(message, &walk->name, type) != NULL ||
	        hf_answer_alias(message, &walk->name, type) != NULL)
		return true;
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		if (set->section == HF_SECTION_AUTHORITY && set->set.type == KNOT_RRTYPE_SOA &&
		        hf_name_is_under(&walk->name, &set->owner))
			return true;
	}
	return false;
}

/* Goes on with the name that an alias leads to. */
static enum hf_err follow(struct hf_walk *walk, const struct hf_name *target)
{
	const struct hf_fault fault = {
	        .cause = HF_CAUSE_MANY_ALIASES,
	        .zone = hf_walk_here(walk)->name,
	        .owner = walk->trace.question.name,
	        .type = hf_walk_type(walk),
	        .number = walk->effort.most.aliases,
	};
	if (walk->effort.aliases++ >= walk->effort.most.aliases) {
		walk->stage = HF_WALK_DONE;
		return hf_trace_set_broken(&walk->trace, hf_walk_here(walk)->link, &fault);
	}
	walk->name = *target;
	hf_name_lower(&walk->name);
	walk->probing = walk->by_signer = walk->stepped = false;
	if (goes_on(walk)) {
		walk->stage = HF_WALK_WEIGH;
		return HF_OK;
	}
	hf_walk_drop(walk);
	walk->stage = HF_WALK_START;
	return HF_OK;
}

static enum hf_err finish(struct hf_walk *walk, uint16_t rcode)
{
	walk->trace.rcode = rcode;
	walk->trace.has_plain = true;
	walk->stage = HF_WALK_DONE;
	return HF_OK;
}

/* ---- Proven ---- */

static enum hf_err note_oddities(struct hf_walk *walk, const struct hf_answer_verdict *verdict)
{
	char name[HF_NAME_TEXT], said[HF_RCODE_TEXT], proven[HF_RCODE_TEXT];
	enum hf_err err = HF_OK;
	if (verdict->cname_differs)
		err = hf_trace_add_note(&walk->trace,
		        "the CNAME of %s in the answer is not what the DNAME above it makes, which "
		        "is proven and was followed",
		        hf_name_text(&walk->name, name));
	if (err == HF_OK && verdict->kind == HF_ANSWER_DENIED && walk->held != NULL &&
	        verdict->rcode != walk->held->rcode)
		err = hf_trace_add_note(&walk->trace,
		        "the server says %s for %s, and the proof says %s, which counts",
		        hf_rcode_text(walk->held->rcode, said), hf_name_text(&walk->name, name),
		        hf_rcode_text(verdict->rcode, proven));
	return err;
}

static enum hf_err take_verdict(struct hf_walk *walk, const struct hf_answer_verdict *verdict)
{
	struct hf_trace *trace = &walk->trace;
	enum hf_err err = note_oddities(walk, verdict);
	if (err == HF_OK)
		err = hf_walk_settle(walk, &walk->name, hf_walk_type(walk));
	if (err == HF_OK && verdict->fault.cause != HF_CAUSE_NONE)
		err = hf_trace_set_broken(trace, hf_walk_here(walk)->link, &verdict->fault);
	if (err == HF_OK && verdict->set != NULL)
		err = hf_trace_add_answer(trace, verdict->set, verdict->ttl);
	if (err != HF_OK)
		return err;
	if (verdict->kind == HF_ANSWER_ALIAS)
		return follow(walk, &verdict->target);
	return finish(walk, verdict->rcode);
}

enum hf_err hf_walk_judge(struct hf_walk *walk)
{
	const struct hf_walk_zone *here = hf_walk_here(walk);
	const struct hf_answer answer = {
	        .message = walk->held,
	        .ring = here->ring,
	        .effort = &walk->effort,
	        .link = &walk->trace.links[here->link],
	        .name = walk->name,
	        .type = hf_walk_type(walk),
	};
	struct hf_answer_verdict verdict;
	enum hf_err err = hf_answer_prove(&answer, &verdict);
	if (err != HF_OK)
		return err;
	hf_link_refresh(&walk->trace.links[here->link], here->ring);
	if (verdict.kind == HF_ANSWER_FAULT)
		return hf_walk_fail(walk, here->link, &verdict.fault, NULL);
	return take_verdict(walk, &verdict);
}

/* ---- As it is ---- */

enum hf_err hf_walk_weigh_loosely(struct hf_walk *walk)
{
	uint16_t type = hf_walk_type(walk);
	const struct hf_message_set *set = hf_answer_data(walk->held, &walk->name, type);
	const struct hf_message_set *alias =
	        set == NULL ? hf_answer_alias(walk->held, &walk->name, type) : NULL;
	struct hf_name target;
	if (alias != NULL)
		set = alias;
	if (set != NULL) {
		enum hf_err err = hf_trace_add_answer(&walk->trace, set, set->set.ttl);
		if (err != HF_OK)
			return err;
	}
	if (alias == NULL)
		return finish(walk, walk->held->rcode);
	if (!hf_answer_target(alias, &walk->name, &target))
		return finish(walk, HF_RCODE_YXDOMAIN);
	return follow(walk, &target);
}
