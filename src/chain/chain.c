/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/chain.h"

#include <stdlib.h>

#include "chain/trace_build.h"
#include "chain/walk.h"

struct hf_chain {
	struct hf_walk walk;
};

static enum hf_err check_type(uint16_t type, struct hf_diag *diag)
{
	char text[HF_TYPE_TEXT];
	if (!hf_type_is_meta(type) && type != KNOT_RRTYPE_RRSIG)
		return HF_OK;
	return hf_fail(diag, HF_ERR_INVALID,
	        "%s has no answer that could be proven; ask for a type of records",
	        hf_type_text(type, text));
}

static unsigned bound(unsigned given, unsigned usual)
{
	return given > 0 ? given : usual;
}

static struct hf_chain_options bounds(const struct hf_chain_options *options)
{
	const struct hf_chain_options none = {0};
	const struct hf_chain_options *given = options != NULL ? options : &none;
	return (struct hf_chain_options){
	        .questions = bound(given->questions, HF_CHAIN_QUESTIONS),
	        .signatures = bound(given->signatures, HF_CHAIN_SIGNATURES),
	        .failures = bound(given->failures, HF_CHAIN_FAILURES),
	        .hashes = bound(given->hashes, HF_CHAIN_HASHES),
	        .iterations = bound(given->iterations, HF_CHAIN_ITERATIONS),
	        .aliases = bound(given->aliases, HF_CHAIN_ALIASES),
	        .attempts = bound(given->attempts, HF_CHAIN_ATTEMPTS),
	};
}

/* Goes on; with a result, completes it. */
static enum hf_err run(struct hf_chain *chain)
{
	struct hf_walk *walk = &chain->walk;
	struct hf_trace *trace = &walk->trace;
	enum hf_err err = hf_walk_run(walk);
	if (err != HF_OK || walk->stage != HF_WALK_DONE)
		return err;
	trace->valid_until = walk->effort.valid_until;
	trace->questions = walk->effort.questions;
	trace->signatures = walk->effort.signatures;
	trace->hashes = walk->effort.hashes;
	hf_trace_finish(trace);
	return HF_OK;
}

enum hf_err hf_chain_new(const struct hf_question *question, const struct hf_anchors *anchors,
        const struct hf_chain_options *options, hf_time now, struct hf_diag *diag,
        struct hf_chain **ret_chain)
{
	enum hf_err err = check_type(question->type, diag);
	if (err != HF_OK)
		return err;
	struct hf_chain *chain = calloc(1, sizeof(*chain));
	if (chain == NULL)
		return HF_ERR_NOMEM;
	struct hf_walk *walk = &chain->walk;
	walk->effort =
	        (struct hf_effort){.at = now, .most = bounds(options), .valid_until = HF_TIME_NONE};
	walk->trace = (struct hf_trace){.question = *question, .at = now};
	walk->name = question->name;
	hf_name_lower(&walk->name);
	err = hf_anchors_copy(anchors, &walk->anchors);
	if (err == HF_OK)
		err = run(chain);
	if (err != HF_OK) {
		hf_chain_free(chain);
		return err;
	}
	*ret_chain = chain;
	return HF_OK;
}

void hf_chain_free(struct hf_chain *chain)
{
	if (chain == NULL)
		return;
	hf_walk_done(&chain->walk);
	free(chain);
}

bool hf_chain_wants(const struct hf_chain *chain, struct hf_chain_question *ret_question)
{
	if (chain->walk.stage == HF_WALK_DONE)
		return false;
	*ret_question = chain->walk.asked;
	return true;
}

enum hf_err hf_chain_answer(struct hf_chain *chain, const struct hf_chain_reply *reply)
{
	struct hf_walk *walk = &chain->walk;
	walk->current = reply->message;
	walk->failure = reply->failure;
	walk->server = reply->server;
	enum hf_err err = hf_walk_take(walk);
	if (err == HF_OK)
		err = run(chain);
	hf_message_free(walk->current);
	walk->current = NULL;
	walk->failure = walk->server = NULL;
	return err;
}

const struct hf_trace *hf_chain_trace(const struct hf_chain *chain)
{
	return chain->walk.stage == HF_WALK_DONE ? &chain->walk.trace : NULL;
}
