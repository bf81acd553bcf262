/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A search: asking the servers of one zone one after the other until one has a usable answer.
 *
 * First every address once, those that were silent before last; then again with twice the patience
 * those that were silent now. Servers that refuse, are lame or send nonsense are not asked again,
 * but the first such answer is kept: it is better than none. For this part only.
 */
#ifndef HF_NET_SEARCH_H
#define HF_NET_SEARCH_H

#include "net/delegation.h"
#include "net/exchange.h"
#include "net/memory.h"

#define HF_SEARCH_ADDRESSES 40 /* of all name servers of a zone */
#define HF_SEARCH_EXCHANGES 24 /* for one question */
#define HF_SEARCH_ROUNDS    3

enum hf_candidate_state { HF_CANDIDATE_FRESH, HF_CANDIDATE_SILENT, HF_CANDIDATE_SETTLED };

struct hf_candidate {
	const struct hf_name *name; /* borrowed from the delegation */
	struct hf_endpoint endpoint;
	enum hf_candidate_state state;
};

struct hf_search {
	/* Set by the caller; borrowed. */
	struct hf_wire *wire;
	struct hf_memory *memory;
	const struct hf_delegation *delegation;
	struct hf_chain_question question;
	unsigned flags;   /* enum hf_query_flags; with HF_QUERY_RECURSE it is a forwarder's */
	unsigned timeout; /* of the first round, in milliseconds */
	bool brief;       /* without an answer there is another question to ask: no second round */
	/* The search's own. */
	struct hf_candidate candidates[HF_SEARCH_ADDRESSES];
	size_t count;
	unsigned exchanges, failed;
	bool found;              /* `best` is usable */
	bool stopped;            /* a limit of the wire */
	struct hf_exchange best; /* without a message: nothing yet */
	const struct hf_name *server;
	struct hf_buf words; /* why there is no answer */
};

void hf_search_done(struct hf_search *search);
/* Asks what is known of the delegation by now, once; call it again when more is known. */
enum hf_err hf_search_round(struct hf_search *search, unsigned round) HF_MUST_CHECK;
/* Whether there is nothing more to do. */
bool hf_search_over(const struct hf_search *search);
/* Why there is no answer; the words are the search's. */
enum hf_err hf_search_failure(struct hf_search *search, const char **ret_words) HF_MUST_CHECK;
/* "ns1.example. (192.0.2.1)". */
void hf_search_put_server(
        struct hf_buf *out, const struct hf_name *name, const struct hf_endpoint *endpoint);

#endif
