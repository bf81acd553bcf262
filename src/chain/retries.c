/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "chain/trace_build.h"
#include "chain/walk.h"

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

static struct hf_walk_retry *find(
        const struct hf_walk *walk, const struct hf_chain_question *question)
{
	for (size_t i = 0; i < walk->retry_count; i++) {
		struct hf_walk_retry *retry = &walk->retries[i];
		if (hf_name_equal(&retry->question.zone, &question->zone) &&
		        hf_question_equal(&retry->question.question, &question->question))
			return retry;
	}
	return NULL;
}

unsigned hf_walk_attempt(const struct hf_walk *walk, const struct hf_chain_question *question)
{
	const struct hf_walk_retry *retry = find(walk, question);
	return retry != NULL ? retry->count : 0;
}

/* Remembers the first fault of a question and the answer that had it. */
static enum hf_err remember(struct hf_walk *walk, const struct hf_chain_question *question,
        size_t link, const struct hf_fault *fault)
{
	struct hf_walk_retry *retries =
	        reallocarray(walk->retries, walk->retry_count + 1, sizeof(*retries));
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	bool held = !is_on_way(walk) && walk->held != NULL;
	const char *server = held ? walk->held_server : walk->server;
	if (retries == NULL)
		return HF_ERR_NOMEM;
	walk->retries = retries;
	struct hf_walk_retry *retry = &retries[walk->retry_count++];
	*retry = (struct hf_walk_retry){
	        .question = *question, .count = 1, .open = true, .fault = *fault, .link = link};
	retry->fault.words = NULL;
	if (server != NULL) {
		retry->server = strdup(server);
		if (retry->server == NULL)
			return HF_ERR_NOMEM;
	}
	if (held) {
		retry->message = walk->held;
		walk->held = NULL;
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
	struct hf_chain_question question = question_of(walk);
	struct hf_walk_retry *retry = find(walk, &question);
	unsigned count = retry != NULL ? retry->count : 0;
	enum hf_err err = HF_OK;
	*ret_asked = may_help(fault) && count < walk->effort.most.attempts &&
	             walk->effort.questions < walk->effort.most.questions;
	if (!*ret_asked)
		return HF_OK;
	if (retry != NULL)
		retry->count++;
	else
		err = remember(walk, &question, link, fault);
	if (err != HF_OK)
		return err;
	if (!is_on_way(walk))
		return hf_walk_ask_answer(walk);
	return hf_walk_ask(
	        walk, walk->stage, &question.zone, &question.question.name, question.question.type);
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

/* Without an answer now: the one that could not be proven before, if there was one. */
static bool take_back(struct hf_walk *walk, struct hf_walk_retry *retry)
{
	if (retry == NULL || retry->message == NULL)
		return false;
	walk->held = retry->message;
	retry->message = NULL;
	return true;
}

enum hf_err hf_walk_fail(
        struct hf_walk *walk, size_t link, const struct hf_fault *fault, const struct hf_name *cut)
{
	bool asked;
	bool no_answer = walk->stage == HF_WALK_ASK_ANSWER && walk->held == NULL;
	enum hf_err err = try_again(walk, link, fault, &asked);
	if (err != HF_OK || asked)
		return err;
	const struct hf_chain_question question = question_of(walk);
	struct hf_walk_retry *retry = find(walk, &question);
	/* The first of several faults of one question is the one to tell. */
	bool first = retry != NULL && retry->open;
	err = hf_trace_set_broken(
	        &walk->trace, first ? retry->link : link, first ? &retry->fault : fault);
	if (err != HF_OK)
		return err;
	if (no_answer && cut == NULL && !take_back(walk, retry)) {
		walk->stage = HF_WALK_DONE;
		return HF_OK;
	}
	return go_loose(walk, link, cut);
}

enum hf_err hf_walk_settle(struct hf_walk *walk, const struct hf_name *name, uint16_t type)
{
	for (size_t i = 0; i < walk->retry_count; i++) {
		struct hf_walk_retry *retry = &walk->retries[i];
		if (!retry->open || retry->question.question.type != type ||
		        !hf_name_equal(&retry->question.question.name, name))
			continue;
		retry->open = false;
		enum hf_err err = hf_link_add_liar(
		        &walk->trace.links[retry->link], retry->server, retry->text);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}
