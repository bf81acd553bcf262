/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/search.h"

#define WORDS_SERVERS 4 /* of more servers the failures are only counted */

void hf_search_done(struct hf_search *search)
{
	hf_exchange_done(&search->best);
	hf_buf_done(&search->words);
}

void hf_search_put_server(
        struct hf_buf *out, const struct hf_name *name, const struct hf_endpoint *endpoint)
{
	char text[HF_NAME_TEXT], address[HF_ENDPOINT_TEXT];
	hf_endpoint_text(endpoint, address);
	if (hf_name_labels(name) == 0) /* a forwarder */
		hf_put_text(out, address);
	else
		hf_put_format(out, "%s (%s)", hf_name_text(name, text), address);
}

/* ---- Whom to ask ---- */

static bool is_candidate(const struct hf_search *search, const struct hf_endpoint *endpoint)
{
	for (size_t i = 0; i < search->count; i++) {
		if (hf_endpoint_equal(&search->candidates[i].endpoint, endpoint))
			return true;
	}
	return false;
}

/* Addresses that are known by now and no candidates yet, of one family. */
static void gather(struct hf_search *search, bool v6)
{
	const struct hf_delegation *delegation = search->delegation;
	for (size_t s = 0; s < delegation->count; s++) {
		const struct hf_nameserver *server = &delegation->servers[s];
		for (size_t a = 0; a < server->count; a++) {
			const struct hf_endpoint *endpoint = &server->addresses[a];
			if (hf_endpoint_is_v6(endpoint) != v6 ||
			        search->count == HF_SEARCH_ADDRESSES ||
			        is_candidate(search, endpoint) ||
			        hf_memory_answered(search->memory, &search->question, endpoint))
				continue;
			search->candidates[search->count++] = (struct hf_candidate){
			        .name = &server->name,
			        .endpoint = *endpoint,
			};
		}
	}
}

/* ---- What an answer is worth ---- */

/* Whether a message says anything about the question, or leads further down. Header bits count
 * here: a wrong choice costs a question, not a wrong verdict. */
static bool says_something(const struct hf_message *message, const struct hf_name *zone,
        const struct hf_question *question)
{
	if ((message->flags & HF_MESSAGE_AA) != 0)
		return true;
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		uint16_t type = set->set.type;
		if (set->section == HF_SECTION_ANSWER)
			return true;
		if (set->section != HF_SECTION_AUTHORITY)
			continue;
		if (type == KNOT_RRTYPE_SOA || type == KNOT_RRTYPE_NSEC ||
		        type == KNOT_RRTYPE_NSEC3)
			return true;
		if (type == KNOT_RRTYPE_NS && hf_name_is_under(&question->name, &set->owner) &&
		        hf_name_is_under(&set->owner, zone) && !hf_name_equal(&set->owner, zone))
			return true;
	}
	return false;
}

static bool has_good_rcode(const struct hf_message *message)
{
	return message->rcode == HF_RCODE_NOERROR || message->rcode == HF_RCODE_NXDOMAIN ||
	       message->rcode == HF_RCODE_YXDOMAIN;
}

static void put_failure(struct hf_search *search, const struct hf_candidate *candidate,
        const struct hf_exchange *exchange)
{
	char rcode[HF_RCODE_TEXT];
	if (++search->failed > WORDS_SERVERS)
		return;
	if (search->words.len > 0)
		hf_put_text(&search->words, "; ");
	hf_search_put_server(&search->words, candidate->name, &candidate->endpoint);
	if (exchange->message == NULL)
		hf_put_format(&search->words, ": %s", exchange->words);
	else if (has_good_rcode(exchange->message))
		hf_put_text(&search->words, ": knows nothing of the zone");
	else
		hf_put_format(
		        &search->words, ": %s", hf_rcode_text(exchange->message->rcode, rcode));
}

enum hf_err hf_search_failure(struct hf_search *search, const char **ret_words)
{
	struct hf_buf *words = &search->words;
	if (search->failed > WORDS_SERVERS)
		hf_put_format(words, "; and %u more", search->failed - WORDS_SERVERS);
	else if (search->count == 0 && search->question.attempt > 0)
		hf_put_text(words, "there is no other server to ask");
	else if (search->count == 0)
		hf_put_text(words, "no name server with an address is known");
	hf_put_u8(words, 0);
	enum hf_err err = hf_buf_check(words);
	if (err == HF_OK)
		*ret_words = (const char *)words->data;
	return err;
}

/* Keeps a usable answer, or the first other one. */
static void take(
        struct hf_search *search, struct hf_candidate *candidate, struct hf_exchange *exchange)
{
	const struct hf_message *message = exchange->message;
	candidate->state = HF_CANDIDATE_SETTLED;
	search->found =
	        has_good_rcode(message) && ((search->flags & HF_QUERY_RECURSE) != 0 ||
	                                           says_something(message, &search->question.zone,
	                                                   &search->question.question));
	if (!search->found)
		put_failure(search, candidate, exchange);
	if (!search->found && search->best.message != NULL) {
		hf_exchange_done(exchange);
		return;
	}
	hf_exchange_done(&search->best);
	search->best = *exchange;
	search->server = candidate->name;
}

/* ---- Asking ---- */

bool hf_search_over(const struct hf_search *search)
{
	return search->found || search->stopped || search->exchanges >= HF_SEARCH_EXCHANGES;
}

static enum hf_err ask(struct hf_search *search, struct hf_candidate *candidate, unsigned round)
{
	struct hf_exchange exchange = {
	        .server = candidate->endpoint,
	        .question = search->question.question,
	        .flags = search->flags,
	        .timeout = search->timeout << round,
	};
	enum hf_err err = hf_wire_run(search->wire, &exchange, 1);
	if (err != HF_OK)
		return err;
	search->exchanges++;
	if (exchange.end == HF_EXCHANGE_ANSWER) {
		take(search, candidate, &exchange);
		return hf_buf_check(&search->words);
	}
	search->stopped = exchange.end == HF_EXCHANGE_LIMIT;
	bool silent = exchange.end == HF_EXCHANGE_SILENCE;
	if (candidate->state == HF_CANDIDATE_FRESH || search->stopped)
		put_failure(search, candidate, &exchange);
	candidate->state = silent ? HF_CANDIDATE_SILENT : HF_CANDIDATE_SETTLED;
	err = silent ? hf_memory_note_silence(search->memory, &candidate->endpoint) : HF_OK;
	return err != HF_OK ? err : hf_buf_check(&search->words);
}

/* Asks every candidate that is in this state, and was silent before this search or not. */
static enum hf_err ask_those(
        struct hf_search *search, unsigned round, enum hf_candidate_state state, bool was_silent)
{
	for (size_t i = 0; i < search->count && !hf_search_over(search); i++) {
		struct hf_candidate *candidate = &search->candidates[i];
		bool silent = hf_memory_silences(search->memory, &candidate->endpoint) > 0;
		if (candidate->state != state || (round == 0 && silent != was_silent))
			continue;
		enum hf_err err = ask(search, candidate, round);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

enum hf_err hf_search_round(struct hf_search *search, unsigned round)
{
	if (round > 0)
		return ask_those(search, round, HF_CANDIDATE_SILENT, true);
	gather(search, false);
	gather(search, true);
	enum hf_err err = ask_those(search, round, HF_CANDIDATE_FRESH, false);
	return err != HF_OK ? err : ask_those(search, round, HF_CANDIDATE_FRESH, true);
}
