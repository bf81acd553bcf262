/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/resolver.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/minimise.h"
#include "net/search.h"
#include "net/zoneanswer.h"

/* Milliseconds. A forwarder may have to ask others first. */
#define TIMEOUT         500
#define FORWARD_TIMEOUT 2000

struct hf_resolver {
	struct hf_wire *wire;
	struct hf_delegations delegations;
	struct hf_memory memory;
	uint16_t port;
	unsigned timeout;
	bool forwards, minimises;
	const struct hf_version *unpublished;
	unsigned lookups;            /* done so far */
	unsigned depth;              /* of the look-up that is under way */
	struct hf_buf words, server; /* of the last reply; end in NUL */
};

/* ---- Making one ---- */

/* A host's name, by the system's resolver. */
static enum hf_err add_host(
        struct hf_nameserver *server, const char *host, uint16_t port, struct hf_diag *diag)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
	struct addrinfo *list;
	char service[8];
	snprintf(service, sizeof(service), "%u", (unsigned)port);
	int error = getaddrinfo(host, service, &hints, &list);
	if (error != 0)
		return hf_fail(diag, error == EAI_MEMORY ? HF_ERR_NOMEM : HF_ERR_NOTFOUND,
		        "@%s: %s; give a forwarder as @ADDRESS or @ADDRESS@PORT", host,
		        gai_strerror(error));
	for (const struct addrinfo *one = list; one != NULL; one = one->ai_next) {
		struct hf_endpoint endpoint = {0};
		if (one->ai_addrlen > sizeof(endpoint.address))
			continue;
		memcpy(&endpoint.address, one->ai_addr, one->ai_addrlen);
		hf_nameserver_add(server, &endpoint);
	}
	freeaddrinfo(list);
	return HF_OK;
}

/* The forwarder is the only server of the only zone. */
static enum hf_err add_forwarder(
        struct hf_resolver *resolver, const char *forward, struct hf_diag *diag)
{
	struct hf_delegation *root;
	struct hf_nameserver *server;
	struct hf_endpoint endpoint;
	enum hf_err err = hf_delegations_add(&resolver->delegations, &HF_NAME_ROOT, &root);
	if (err == HF_OK)
		err = hf_delegation_server(root, &HF_NAME_ROOT, &server);
	if (err != HF_OK)
		return err;
	server->looked_up = true;
	resolver->forwards = true;
	if (hf_endpoint_parse(forward, resolver->port, &endpoint) != HF_OK)
		return add_host(server, forward, resolver->port, diag);
	hf_nameserver_add(server, &endpoint);
	return HF_OK;
}

enum hf_err hf_resolver_new(const struct hf_resolver_options *options, struct hf_diag *diag,
        struct hf_resolver **ret_resolver)
{
	struct hf_resolver *resolver = calloc(1, sizeof(*resolver));
	if (resolver == NULL)
		return HF_ERR_NOMEM;
	resolver->port = options->port != 0 ? options->port : HF_PORT_DNS;
	resolver->unpublished = options->unpublished;
	resolver->minimises = options->minimise && options->forward == NULL;
	resolver->timeout = options->timeout != 0      ? options->timeout
	                    : options->forward != NULL ? FORWARD_TIMEOUT
	                                               : TIMEOUT;
	enum hf_err err = hf_wire_new(&options->limits, options->capture, &resolver->wire);
	if (err == HF_OK && options->forward != NULL)
		err = add_forwarder(resolver, options->forward, diag);
	else if (err == HF_OK && options->hints != NULL)
		err = hf_delegations_read(
		        &resolver->delegations, options->hints, resolver->port, diag);
	else if (err == HF_OK)
		err = hf_delegations_add_root(&resolver->delegations, resolver->port);
	if (err != HF_OK) {
		hf_resolver_free(resolver);
		return err;
	}
	*ret_resolver = resolver;
	return HF_OK;
}

void hf_resolver_free(struct hf_resolver *resolver)
{
	if (resolver == NULL)
		return;
	hf_wire_free(resolver->wire);
	hf_delegations_done(&resolver->delegations);
	hf_memory_done(&resolver->memory);
	hf_buf_done(&resolver->words);
	hf_buf_done(&resolver->server);
	free(resolver);
}

struct hf_wire *hf_resolver_wire(struct hf_resolver *resolver)
{
	return resolver->wire;
}

unsigned hf_resolver_flags(const struct hf_resolver *resolver)
{
	return resolver->forwards ? HF_QUERY_RECURSE | HF_QUERY_UNCHECKED : 0;
}

/* ---- Asking the servers of a zone that is known ---- */

static enum hf_err look_up(struct hf_resolver *resolver, struct hf_nameserver *server);

/* Looks up the addresses of servers that came without, until one of them gives an answer. */
static enum hf_err search_lookups(
        struct hf_resolver *resolver, struct hf_search *search, struct hf_delegation *delegation)
{
	for (size_t i = 0; i < delegation->count && !hf_search_over(search); i++) {
		struct hf_nameserver *server = &delegation->servers[i];
		if (server->looked_up || server->count > 0)
			continue;
		enum hf_err err = look_up(resolver, server);
		if (err == HF_OK)
			err = hf_search_round(search, 0);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err run_search(
        struct hf_resolver *resolver, struct hf_search *search, struct hf_delegation *delegation)
{
	enum hf_err err = hf_search_round(search, 0);
	if (err == HF_OK && !hf_search_over(search))
		err = search_lookups(resolver, search, delegation);
	/* A second opinion is not worth as much patience as an answer, nor is one beside a refusal.
	 */
	unsigned rounds = HF_SEARCH_ROUNDS;
	if (search->question.attempt > 0 || search->brief)
		rounds = 1;
	else if (search->best.message != NULL)
		rounds = 2;
	for (unsigned round = 1; round < rounds && err == HF_OK && !hf_search_over(search); round++)
		err = hf_search_round(search, round);
	return err;
}

static enum hf_err keep_answer(struct hf_resolver *resolver, struct hf_search *search)
{
	hf_buf_reset(&resolver->server);
	hf_search_put_server(&resolver->server, search->server, &search->best.server);
	hf_put_u8(&resolver->server, 0);
	enum hf_err err = hf_buf_check(&resolver->server);
	const struct hf_memory_answer answer = {
	        .endpoint = &search->best.server,
	        .server = (const char *)resolver->server.data,
	        .message = search->best.message,
	        .wire = search->best.wire.data,
	        .len = search->best.wire.len,
	};
	if (err == HF_OK)
		err = hf_memory_keep_answer(
		        &resolver->memory, &search->question, &answer, hf_wire_now(resolver->wire));
	if (err == HF_OK && !resolver->forwards)
		err = hf_delegations_learn(&resolver->delegations, &search->question.zone,
		        &search->question.question, search->best.message, resolver->port);
	return err;
}

static enum hf_err keep_failure(struct hf_resolver *resolver, struct hf_search *search)
{
	const char *words;
	enum hf_err err = hf_search_failure(search, &words);
	if (err == HF_OK)
		err = hf_memory_keep_failure(
		        &resolver->memory, &search->question, words, hf_wire_now(resolver->wire));
	return err;
}

/* Leaves what came of it in the memory. The question's zone is the delegation's. */
static enum hf_err ask_patiently(struct hf_resolver *resolver, struct hf_delegation *delegation,
        const struct hf_chain_question *question, bool brief)
{
	struct hf_search search = {
	        .wire = resolver->wire,
	        .memory = &resolver->memory,
	        .delegation = delegation,
	        .question = *question,
	        .flags = hf_resolver_flags(resolver),
	        .timeout = resolver->timeout,
	        .brief = brief,
	};
	if (hf_memory_find(&resolver->memory, question, hf_wire_now(resolver->wire)) != NULL)
		return HF_OK;
	enum hf_err err = run_search(resolver, &search, delegation);
	if (err == HF_OK)
		err = search.best.message != NULL ? keep_answer(resolver, &search)
		                                  : keep_failure(resolver, &search);
	hf_search_done(&search);
	return err;
}

static enum hf_err ask_servers(struct hf_resolver *resolver, struct hf_delegation *delegation,
        const struct hf_chain_question *question)
{
	return ask_patiently(resolver, delegation, question, false);
}

/* What came of a question that was asked, however long ago; NULL when it was not. */
static const struct hf_memory_entry *outcome(
        const struct hf_resolver *resolver, const struct hf_chain_question *question)
{
	return hf_memory_find(&resolver->memory, question, 0);
}

/* ---- Minimised questions ---- */

static enum hf_err weigh(const struct hf_memory_entry *entry,
        const struct hf_chain_question *question, enum hf_minimise_step *ret_step)
{
	struct hf_message *message = NULL;
	if (entry != NULL && entry->answered) {
		enum hf_err err = hf_message_parse(entry->wire, entry->len, NULL, &message);
		if (err != HF_OK)
			return err;
	}
	*ret_step = hf_minimise_weigh(message, &question->zone, &question->question.name);
	hf_message_free(message);
	return HF_OK;
}

/* Looks with shortened names for a referral on the way. `*ret_asked` is the question that got one;
 * without one it is the question itself, which was not asked then. */
static enum hf_err show_labels(struct hf_resolver *resolver, struct hf_delegation *delegation,
        const struct hf_chain_question *question, struct hf_chain_question *ret_asked)
{
	const struct hf_name *name = &question->question.name;
	unsigned all = hf_name_labels(name);
	unsigned shown = hf_minimise_labels(hf_name_labels(&delegation->zone), all);
	enum hf_minimise_step step = HF_MINIMISE_ON;
	*ret_asked = *question;
	for (; shown < all && step == HF_MINIMISE_ON; shown = hf_minimise_labels(shown, all)) {
		struct hf_chain_question shorter = {
		        .zone = delegation->zone, .question = {.type = HF_MINIMISE_TYPE}};
		hf_name_strip(name, all - shown, &shorter.question.name);
		enum hf_err err = ask_patiently(resolver, delegation, &shorter, true);
		if (err == HF_OK)
			err = weigh(outcome(resolver, &shorter), &shorter, &step);
		if (err != HF_OK)
			return err;
		if (step == HF_MINIMISE_CUT)
			*ret_asked = shorter;
	}
	delegation->asked_in_full = step == HF_MINIMISE_BROKEN;
	return HF_OK;
}

/*
 * Asks a zone's servers a question that may lead further down. `*ret_asked` is the question whose
 * outcome is the reply: a shorter one may have brought a referral.
 */
static enum hf_err ask_down(struct hf_resolver *resolver, struct hf_delegation *delegation,
        const struct hf_chain_question *question, struct hf_chain_question *ret_asked)
{
	*ret_asked = *question;
	if (resolver->minimises && !delegation->asked_in_full) {
		enum hf_err err = show_labels(resolver, delegation, question, ret_asked);
		if (err != HF_OK)
			return err;
		ret_asked->attempt = question->attempt;
	}
	return ask_servers(resolver, delegation, ret_asked);
}

/* ---- Addresses of name servers ---- */

static void take_addresses(struct hf_nameserver *server, const struct hf_message *message,
        uint16_t type, uint16_t port)
{
	const struct hf_message_set *set =
	        hf_message_find(message, HF_SECTION_ANSWER, &server->name, type);
	if (set == NULL)
		return;
	struct hf_rdata_walk walk = hf_rrset_rrs(&set->set);
	struct hf_rdata rdata;
	struct hf_endpoint address;
	while (hf_rdata_next(&walk, &rdata)) {
		if (hf_endpoint_from_rdata(type, rdata, port, &address))
			hf_nameserver_add(server, &address);
	}
}

/* Asks down from the closest zone that is known, until there are no more referrals. */
static enum hf_err look_up_type(
        struct hf_resolver *resolver, struct hf_nameserver *server, uint16_t type)
{
	struct hf_delegation *last = NULL, *zone;
	struct hf_chain_question question = {.question = {.name = server->name, .type = type}};
	struct hf_chain_question asked;
	for (unsigned step = 0; step < HF_RESOLVER_STEPS; step++, last = zone) {
		zone = hf_delegations_closest(&resolver->delegations, &server->name);
		if (zone == NULL || zone == last)
			break;
		question.zone = zone->zone;
		enum hf_err err = ask_down(resolver, zone, &question, &asked);
		if (err != HF_OK)
			return err;
	}
	const struct hf_memory_entry *entry = outcome(resolver, &question);
	if (entry == NULL || !entry->answered)
		return HF_OK;
	struct hf_message *message;
	enum hf_err err = hf_message_parse(entry->wire, entry->len, NULL, &message);
	if (err != HF_OK)
		return err;
	take_addresses(server, message, type, resolver->port);
	hf_message_free(message);
	return HF_OK;
}

/* The same server may have had glue in another delegation. */
static void copy_addresses(struct hf_resolver *resolver, struct hf_nameserver *server)
{
	for (size_t i = 0; i < resolver->delegations.count; i++) {
		const struct hf_delegation *zone = resolver->delegations.list[i];
		for (size_t s = 0; s < zone->count; s++) {
			const struct hf_nameserver *other = &zone->servers[s];
			if (other == server || !hf_name_equal(&other->name, &server->name))
				continue;
			for (size_t a = 0; a < other->count; a++)
				hf_nameserver_add(server, &other->addresses[a]);
		}
	}
}

static enum hf_err look_up(struct hf_resolver *resolver, struct hf_nameserver *server)
{
	server->looked_up = true;
	copy_addresses(resolver, server);
	if (server->count > 0 || resolver->lookups >= HF_RESOLVER_LOOKUPS ||
	        resolver->depth >= HF_RESOLVER_DEPTH)
		return HF_OK;
	resolver->lookups++;
	resolver->depth++;
	enum hf_err err = look_up_type(resolver, server, KNOT_RRTYPE_A);
	if (err == HF_OK)
		err = look_up_type(resolver, server, KNOT_RRTYPE_AAAA);
	resolver->depth--;
	return err;
}

/* ---- Any zone ---- */

/*
 * The delegation of a zone, which is asked for when no answer had it yet. `*ret_delegation` is NULL
 * when there is none, and the question that should have told is in `*ret_asked` then.
 */
static enum hf_err locate(struct hf_resolver *resolver, const struct hf_name *zone,
        struct hf_chain_question *ret_asked, struct hf_delegation **ret_delegation)
{
	struct hf_delegation *last = NULL, *closest;
	for (unsigned step = 0; step < HF_RESOLVER_STEPS; step++, last = closest) {
		closest = hf_delegations_closest(&resolver->delegations, zone);
		if (closest == NULL || closest == last)
			break;
		if (resolver->forwards || hf_name_equal(&closest->zone, zone)) {
			*ret_delegation = closest;
			return HF_OK;
		}
		const struct hf_chain_question question = {
		        .zone = closest->zone, .question = {.name = *zone, .type = KNOT_RRTYPE_NS}};
		enum hf_err err = ask_down(resolver, closest, &question, ret_asked);
		if (err != HF_OK)
			return err;
	}
	*ret_delegation = NULL;
	return HF_OK;
}

static enum hf_err reply_failure(
        struct hf_resolver *resolver, const char *why, struct hf_chain_reply *ret_reply)
{
	hf_buf_reset(&resolver->words);
	hf_put_text(&resolver->words, why);
	hf_put_u8(&resolver->words, 0);
	enum hf_err err = hf_buf_check(&resolver->words);
	if (err == HF_OK)
		*ret_reply = (struct hf_chain_reply){.failure = (const char *)resolver->words.data};
	return err;
}

static enum hf_err reply_entry(struct hf_resolver *resolver, const struct hf_memory_entry *entry,
        struct hf_chain_reply *ret_reply)
{
	if (!entry->answered)
		return reply_failure(resolver, entry->server, ret_reply);
	hf_buf_reset(&resolver->server);
	hf_put_text(&resolver->server, entry->server);
	hf_put_u8(&resolver->server, 0);
	enum hf_err err = hf_buf_check(&resolver->server);
	struct hf_message *message;
	if (err == HF_OK)
		err = hf_message_parse(entry->wire, entry->len, NULL, &message);
	if (err == HF_OK)
		*ret_reply = (struct hf_chain_reply){
		        .message = message,
		        .server = (const char *)resolver->server.data,
		};
	return err;
}

/* The zone that is not published yet has no servers, and so no second opinion. */
static enum hf_err ask_unpublished(struct hf_resolver *resolver,
        const struct hf_chain_question *question, struct hf_chain_reply *ret_reply)
{
	struct hf_message *message;
	if (question->attempt > 0)
		return reply_failure(resolver, "there is no other server to ask", ret_reply);
	enum hf_err err = hf_zone_answer(resolver->unpublished, &question->question, &message);
	if (err == HF_ERR_LIMIT)
		return reply_failure(resolver, "the answer does not fit into a message", ret_reply);
	if (err != HF_OK)
		return err;
	err = hf_delegations_learn(&resolver->delegations, &question->zone, &question->question,
	        message, resolver->port);
	if (err != HF_OK) {
		hf_message_free(message);
		return err;
	}
	*ret_reply = (struct hf_chain_reply){.message = message, .server = "the zone file"};
	return HF_OK;
}

static bool is_unpublished(
        const struct hf_resolver *resolver, const struct hf_chain_question *question)
{
	return resolver->unpublished != NULL &&
	       hf_name_equal(&question->zone, hf_version_apex(resolver->unpublished)) &&
	       hf_name_is_under(&question->question.name, &question->zone);
}

enum hf_err hf_resolver_ask(struct hf_resolver *resolver, const struct hf_chain_question *question,
        struct hf_chain_reply *ret_reply)
{
	struct hf_delegation *delegation;
	struct hf_chain_question asked = *question;
	if (is_unpublished(resolver, question))
		return ask_unpublished(resolver, question, ret_reply);
	enum hf_err err = locate(resolver, &question->zone, &asked, &delegation);
	if (err != HF_OK)
		return err;
	if (delegation != NULL) {
		struct hf_chain_question wanted = *question;
		wanted.zone = delegation->zone;
		err = ask_down(resolver, delegation, &wanted, &asked);
		if (err != HF_OK)
			return err;
	}
	const struct hf_memory_entry *entry = outcome(resolver, &asked);
	if (entry != NULL && (delegation != NULL || !entry->answered))
		return reply_entry(resolver, entry, ret_reply);
	return reply_failure(resolver, "no answer from above names the zone's servers", ret_reply);
}

/* ---- All servers of a zone ---- */

/* Name servers that the zone's own NS set has and the referral to it had not. */
static enum hf_err add_own_servers(
        struct hf_resolver *resolver, struct hf_delegation *delegation, size_t *ret_unseen)
{
	const struct hf_chain_question question = {.zone = delegation->zone,
	        .question = {.name = delegation->zone, .type = KNOT_RRTYPE_NS}};
	struct hf_message *message;
	enum hf_err err = ask_servers(resolver, delegation, &question);
	if (err != HF_OK)
		return err;
	const struct hf_memory_entry *entry = outcome(resolver, &question);
	if (entry == NULL || !entry->answered)
		return HF_OK;
	err = hf_message_parse(entry->wire, entry->len, NULL, &message);
	if (err != HF_OK)
		return err;
	const struct hf_message_set *set =
	        hf_message_find(message, HF_SECTION_ANSWER, &delegation->zone, KNOT_RRTYPE_NS);
	struct hf_rdata_walk walk =
	        set != NULL ? hf_rrset_rrs(&set->set) : (struct hf_rdata_walk){0};
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		struct hf_cursor cursor;
		struct hf_name name;
		struct hf_nameserver *server;
		hf_cursor_init(&cursor, rdata.data, rdata.len);
		if (hf_get_name(&cursor, &name) &&
		        hf_delegation_server(delegation, &name, &server) != HF_OK)
			(*ret_unseen)++; /* over the bound */
	}
	hf_message_free(message);
	return HF_OK;
}

static enum hf_err list_servers(struct hf_resolver *resolver, struct hf_delegation *delegation,
        size_t room, struct hf_resolver_server *servers, size_t *count, size_t *unseen)
{
	for (size_t s = 0; s < delegation->count; s++) {
		struct hf_nameserver *server = &delegation->servers[s];
		if (server->count == 0 && !server->looked_up) {
			enum hf_err err = look_up(resolver, server);
			if (err != HF_OK)
				return err;
		}
		*unseen += server->count == 0;
		for (size_t a = 0; a < server->count; a++) {
			if (*count < room)
				servers[(*count)++] = (struct hf_resolver_server){
				        server->name, server->addresses[a]};
			else
				(*unseen)++;
		}
	}
	return HF_OK;
}

enum hf_err hf_resolver_all_servers(struct hf_resolver *resolver, const struct hf_name *zone,
        size_t room, struct hf_resolver_server *ret_servers, size_t *ret_count, size_t *ret_unseen)
{
	struct hf_delegation *delegation;
	struct hf_chain_question asked;
	size_t count = 0, unseen = 0;
	enum hf_err err = locate(resolver, zone, &asked, &delegation);
	if (err == HF_OK && delegation != NULL && !resolver->forwards)
		err = add_own_servers(resolver, delegation, &unseen);
	if (err == HF_OK && delegation != NULL)
		err = list_servers(resolver, delegation, room, ret_servers, &count, &unseen);
	if (err != HF_OK)
		return err;
	*ret_count = count;
	*ret_unseen = unseen;
	return HF_OK;
}

enum hf_err hf_resolver_servers(struct hf_resolver *resolver, const struct hf_name *zone,
        size_t room, struct hf_resolver_server *ret_servers, size_t *ret_count)
{
	struct hf_delegation *delegation;
	struct hf_chain_question asked;
	size_t count = 0, unseen = 0;
	enum hf_err err = locate(resolver, zone, &asked, &delegation);
	if (err == HF_OK && delegation != NULL)
		err = list_servers(resolver, delegation, room, ret_servers, &count, &unseen);
	if (err == HF_OK)
		*ret_count = count;
	return err;
}

enum hf_err hf_resolver_preset(struct hf_resolver *resolver, const struct hf_name *zone,
        const struct hf_endpoint *endpoints, size_t count)
{
	struct hf_delegation *delegation;
	struct hf_nameserver *server;
	if (hf_delegations_find(&resolver->delegations, zone) != NULL)
		return HF_OK;
	enum hf_err err = hf_delegations_add(&resolver->delegations, zone, &delegation);
	if (err == HF_OK)
		err = hf_delegation_server(delegation, &HF_NAME_ROOT, &server);
	if (err != HF_OK)
		return err;
	server->looked_up = true;
	for (size_t i = 0; i < count; i++)
		hf_nameserver_add(server, &endpoints[i]);
	return HF_OK;
}

enum hf_err hf_resolver_drive(struct hf_resolver *resolver, struct hf_chain *chain)
{
	struct hf_chain_question question;
	enum hf_err err = HF_OK;
	while (err == HF_OK && hf_chain_wants(chain, &question)) {
		struct hf_chain_reply reply;
		err = hf_resolver_ask(resolver, &question, &reply);
		if (err == HF_OK)
			err = hf_chain_answer(chain, &reply);
	}
	return err;
}
