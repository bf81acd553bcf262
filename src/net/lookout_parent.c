/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/lookout_inside.h"

#define NO_IPV6                                                                                    \
	"; a machine without IPv6 needs the addresses that count in the policy's parent servers"

/* What one look-out at a parent has. */
struct lookout {
	const struct hf_parent_question *question;
	struct hf_diag *diag;
	struct hf_resolver *resolver;
	struct hf_wire *wire; /* the resolver's */
	uint64_t started;
	unsigned timeout;
	struct hf_endpoint endpoints[HF_LOOKOUT_ADDRESSES]; /* of the sights */
	struct hf_exchange *answers;                        /* to the DS question, by sight */
	struct hf_parent_report report;
};

const char *hf_ds_state_name(enum hf_ds_state state)
{
	static const char *const names[] = {"silent", "unproven", "unsigned", "absent", "present"};
	return names[state];
}

static void free_sight(struct hf_ds_sight *sight)
{
	free(sight->why);
	hf_seen_set_done(&sight->ds);
}

void hf_parent_report_done(struct hf_parent_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free_sight(&report->sights[i]);
	free(report->sights);
	free(report->why);
	*report = (struct hf_parent_report){.count = 0};
}

static bool has_places(const struct hf_parent_question *question)
{
	return question->servers != NULL && question->servers->count > 0;
}

static uint16_t port(const struct hf_parent_question *question)
{
	return question->resolver.port != 0 ? question->resolver.port : HF_PORT_DNS;
}

/* ---- Which zone is the parent ---- */

/* The zone in which the name above is, as a message tells by its SOA. */
static bool tells_parent(
        const struct hf_message *message, const struct hf_name *above, struct hf_name *ret_parent)
{
	for (size_t i = 0; message != NULL && i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		if (set->set.type == KNOT_RRTYPE_SOA && set->set.rr_count > 0 &&
		        set->section != HF_SECTION_ADDITIONAL &&
		        hf_name_is_under(above, &set->owner)) {
			*ret_parent = set->owner;
			return true;
		}
	}
	return false;
}

/* The questions of a chain that leads there tell it; proven or not, it says where to ask. */
static enum hf_err search_parent(struct lookout *lookout, const struct hf_name *above, bool *found)
{
	const struct hf_parent_question *question = lookout->question;
	const struct hf_question soa = {.name = *above, .type = KNOT_RRTYPE_SOA};
	struct hf_chain_question wanted;
	struct hf_chain *chain;
	enum hf_err err =
	        hf_chain_new(&soa, question->anchors, NULL, question->now, lookout->diag, &chain);
	if (err != HF_OK)
		return err;
	while (err == HF_OK && hf_chain_wants(chain, &wanted)) {
		struct hf_chain_reply reply;
		err = hf_resolver_ask(lookout->resolver, &wanted, &reply);
		if (err != HF_OK)
			break;
		if (hf_question_equal(&wanted.question, &soa) &&
		        tells_parent(reply.message, above, &lookout->report.parent))
			*found = true;
		err = hf_chain_answer(chain, &reply);
	}
	hf_chain_free(chain);
	return err;
}

/* Each one to the index of its sight; the others are empty. */
static void spread(struct hf_exchange *exchanges, const size_t *whom, size_t count)
{
	for (size_t i = count; i-- > 0;) {
		if (whom[i] == i)
			continue;
		exchanges[whom[i]] = exchanges[i];
		exchanges[i] = (struct hf_exchange){.message = NULL};
	}
}

/* Asks every address the same, but for those that did not answer before. The caller frees the
 * exchanges, one for each sight. */
static enum hf_err ask_all(struct lookout *lookout, const struct hf_name *name, uint16_t type,
        struct hf_exchange **ret_exchanges)
{
	size_t whom[HF_LOOKOUT_ADDRESSES], count = 0;
	struct hf_exchange *exchanges = calloc(lookout->report.count + 1, sizeof(*exchanges));
	if (exchanges == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < lookout->report.count; i++) {
		if (lookout->answers != NULL && lookout->answers[i].message == NULL)
			continue;
		exchanges[count] = (struct hf_exchange){
		        .server = lookout->endpoints[i],
		        .question = {.name = *name, .type = type},
		        .timeout = lookout->timeout,
		};
		whom[count++] = i;
	}
	enum hf_err err = hf_ask_places(lookout->wire, exchanges, count);
	if (err != HF_OK) {
		free(exchanges);
		return err;
	}
	spread(exchanges, whom, count);
	*ret_exchanges = exchanges;
	return HF_OK;
}

/* Of several answers the deepest zone: a server may have those above it as well. */
static enum hf_err ask_places_for_parent(
        struct lookout *lookout, const struct hf_name *above, bool *found)
{
	struct hf_exchange *exchanges;
	struct hf_name parent;
	enum hf_err err = ask_all(lookout, above, KNOT_RRTYPE_SOA, &exchanges);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < lookout->report.count; i++) {
		if (!tells_parent(exchanges[i].message, above, &parent) ||
		        (*found && parent.len <= lookout->report.parent.len))
			continue;
		lookout->report.parent = parent;
		*found = true;
	}
	hf_exchanges_free(exchanges, lookout->report.count);
	return err;
}

/* ---- Which addresses it has ---- */

static enum hf_err make_sights(struct lookout *lookout, size_t count)
{
	lookout->report.sights = calloc(count + 1, sizeof(*lookout->report.sights));
	return lookout->report.sights != NULL ? HF_OK : HF_ERR_NOMEM;
}

static bool is_known(const struct lookout *lookout, const struct hf_endpoint *endpoint)
{
	for (size_t i = 0; i < lookout->report.count; i++) {
		if (hf_endpoint_equal(&lookout->endpoints[i], endpoint))
			return true;
	}
	return false;
}

/* The addresses that the policy gives, and the parent that they tell. */
static enum hf_err take_places(
        struct lookout *lookout, const struct hf_name *above, bool *ret_found)
{
	const struct hf_places *places = lookout->question->servers;
	struct hf_parent_report *report = &lookout->report;
	enum hf_err err = make_sights(lookout, places->count);
	for (size_t i = 0; i < places->count && err == HF_OK; i++) {
		err = hf_place_read(places->names[i], port(lookout->question), lookout->diag,
		        &lookout->endpoints[i]);
		if (err != HF_OK)
			return err;
		struct hf_ds_sight *sight = &report->sights[report->count++];
		sight->server = HF_NAME_ROOT;
		memcpy(sight->place, places->names[i], HF_PLACE_MAX);
	}
	if (err == HF_OK)
		err = ask_places_for_parent(lookout, above, ret_found);
	/* The parent's keys come from there too. */
	if (err == HF_OK && *ret_found)
		err = hf_resolver_preset(
		        lookout->resolver, &report->parent, lookout->endpoints, report->count);
	return err;
}

/* Every address of every name server of the parent. */
static enum hf_err find_addresses(struct lookout *lookout)
{
	struct hf_parent_report *report = &lookout->report;
	struct hf_resolver_server *servers = calloc(HF_LOOKOUT_ADDRESSES, sizeof(*servers));
	size_t count = 0;
	if (servers == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_resolver_all_servers(lookout->resolver, &report->parent,
	        HF_LOOKOUT_ADDRESSES, servers, &count, &report->unseen);
	if (err == HF_OK)
		err = make_sights(lookout, count);
	for (size_t i = 0; i < count && err == HF_OK; i++) {
		if (is_known(lookout, &servers[i].endpoint))
			continue;
		struct hf_ds_sight *sight = &report->sights[report->count];
		lookout->endpoints[report->count++] = servers[i].endpoint;
		sight->server = servers[i].name;
		hf_place_write(&servers[i].endpoint, sight->place);
	}
	free(servers);
	return err;
}

static enum hf_err find_parent(struct lookout *lookout)
{
	const struct hf_parent_question *question = lookout->question;
	struct hf_name above;
	char zone[HF_NAME_TEXT], parent[HF_NAME_TEXT];
	bool found = false;
	hf_name_strip(&question->zone, 1, &above);
	hf_name_lower(&above);
	enum hf_err err = has_places(question) ? take_places(lookout, &above, &found)
	                                       : search_parent(lookout, &above, &found);
	if (err == HF_OK && !found)
		err = hf_fail(lookout->diag, HF_ERR_NOTFOUND,
		        "no server tells which zone is above %s; look at the network, and at the "
		        "parent's servers in the policy",
		        hf_name_text(&question->zone, zone));
	if (err != HF_OK || has_places(question))
		return err;
	err = find_addresses(lookout);
	if (err == HF_OK && lookout->report.count == 0)
		err = hf_fail(lookout->diag, HF_ERR_NOTFOUND,
		        "no name server of %s, the zone above %s, has an address that can be "
		        "found; give its addresses in the policy",
		        hf_name_text(&lookout->report.parent, parent),
		        hf_name_text(&question->zone, zone));
	return err;
}

/* ---- What one address says ---- */

static bool is_ds_question(const struct lookout *lookout, const struct hf_question *question)
{
	return question->type == KNOT_RRTYPE_DS &&
	       hf_name_equal(&question->name, &lookout->question->zone);
}

/* The answer of this address itself, for a chain. */
static enum hf_err reply_own(const struct hf_exchange *exchange,
        const struct hf_chain_question *wanted, struct hf_chain_reply *ret_reply)
{
	struct hf_message *message;
	if (wanted->attempt > 0 || exchange->message == NULL) {
		const char *why = wanted->attempt > 0 ? "this address gives no other answer"
		                                      : exchange->words;
		*ret_reply = (struct hf_chain_reply){.failure = why};
		return HF_OK;
	}
	enum hf_err err = hf_message_parse(exchange->wire.data, exchange->wire.len, NULL, &message);
	if (err == HF_OK)
		*ret_reply = (struct hf_chain_reply){.message = message};
	return err;
}

/* `keys`: the address's own answer to the question for the parent's keys; NULL: any server's. */
static enum hf_err reply_to(struct lookout *lookout, const struct hf_exchange *answer,
        const struct hf_exchange *keys, const struct hf_chain_question *wanted,
        struct hf_chain_reply *ret_reply)
{
	if (is_ds_question(lookout, &wanted->question))
		return reply_own(answer, wanted, ret_reply);
	if (keys != NULL && hf_question_equal(&wanted->question, &keys->question))
		return reply_own(keys, wanted, ret_reply);
	return hf_resolver_ask(lookout->resolver, wanted, ret_reply);
}

static enum hf_err prove(struct lookout *lookout, const struct hf_exchange *answer,
        const struct hf_exchange *keys, struct hf_chain **ret_chain)
{
	const struct hf_parent_question *question = lookout->question;
	const struct hf_question asked = {.name = question->zone, .type = KNOT_RRTYPE_DS};
	struct hf_chain_question wanted;
	struct hf_chain *chain;
	enum hf_err err =
	        hf_chain_new(&asked, question->anchors, NULL, question->now, lookout->diag, &chain);
	if (err != HF_OK)
		return err;
	while (err == HF_OK && hf_chain_wants(chain, &wanted)) {
		struct hf_chain_reply reply;
		err = reply_to(lookout, answer, keys, &wanted, &reply);
		if (err == HF_OK)
			err = hf_chain_answer(chain, &reply);
	}
	if (err != HF_OK) {
		hf_chain_free(chain);
		return err;
	}
	*ret_chain = chain;
	return HF_OK;
}

static enum hf_err say_why(struct hf_ds_sight *sight, const char *words)
{
	char *why = strdup(words);
	if (why == NULL)
		return HF_ERR_NOMEM;
	free(sight->why);
	sight->why = why;
	return HF_OK;
}

/* A span of opt-out proves that there is no DS record, if not that the name is there. */
static bool is_opted_out(const struct hf_trace *trace)
{
	const struct hf_fault *fault = &trace->broken.fault;
	return trace->has_broken && fault->cause == HF_CAUSE_OPT_OUT &&
	       hf_name_equal(&fault->owner, &trace->question.name);
}

/* Whether nothing at all could be made of the address's own answer. */
static bool is_meaningless(const struct hf_trace *trace)
{
	const struct hf_fault *fault = &trace->broken.fault;
	return trace->status == HF_CHAIN_INDETERMINATE && trace->has_broken &&
	       fault->type == KNOT_RRTYPE_DS &&
	       (fault->cause == HF_CAUSE_LAME || fault->cause == HF_CAUSE_RCODE ||
	               fault->cause == HF_CAUSE_NO_ANSWER) &&
	       hf_name_equal(&fault->owner, &trace->question.name);
}

static enum hf_ds_state state_of(const struct hf_trace *trace)
{
	bool secure = trace->status == HF_CHAIN_SECURE;
	const struct hf_trace_set *first = trace->answer_count > 0 ? &trace->answer[0] : NULL;
	if (first != NULL && first->set.type != KNOT_RRTYPE_DS)
		return HF_DS_UNPROVEN; /* an alias in the place of a delegation */
	if (secure)
		return first != NULL ? HF_DS_PRESENT : HF_DS_ABSENT;
	if (trace->status == HF_CHAIN_INSECURE)
		return is_opted_out(trace) ? HF_DS_ABSENT : HF_DS_UNSIGNED;
	if (is_meaningless(trace))
		return HF_DS_SILENT;
	bool no_anchor = trace->has_broken && trace->broken.fault.cause == HF_CAUSE_NO_ANCHOR;
	return no_anchor ? HF_DS_UNSIGNED : HF_DS_UNPROVEN;
}

static bool is_proven(enum hf_ds_state state)
{
	return state == HF_DS_PRESENT || state == HF_DS_ABSENT;
}

/* Whether what was kept of the answer is just what was proven. */
static bool is_what_was_proven(const struct hf_ds_sight *sight, const struct hf_trace *trace)
{
	const struct hf_rrset *seen = &sight->ds.set;
	if (trace->answer_count == 0)
		return seen->rr_count == 0;
	const struct hf_rrset *proven = &trace->answer[0].set;
	return seen->rrs_len == proven->rrs_len && seen->rrs_len > 0 &&
	       memcmp(seen->rrs, proven->rrs, seen->rrs_len) == 0;
}

static enum hf_err take_trace(
        struct lookout *lookout, const struct hf_trace *trace, struct hf_ds_sight *sight)
{
	const char *why = trace->has_broken ? trace->broken.cause
	                                    : "there is an alias in the place of a delegation";
	sight->state = state_of(trace);
	if (sight->state == HF_DS_UNSIGNED && !sight->authoritative) {
		sight->state = HF_DS_SILENT;
		why = "it answers without authority for the zone above";
	} else if (is_proven(sight->state) && !is_what_was_proven(sight, trace)) {
		sight->state = HF_DS_UNPROVEN;
		why = "its answer has other DS records than those that are proven";
	}
	if (!is_proven(sight->state))
		return say_why(sight, why);
	free(sight->why);
	sight->why = NULL;
	sight->rcode = trace->rcode;
	if (trace->link_count > 0)
		lookout->report.parent = trace->links[trace->link_count - 1].zone;
	return HF_OK;
}

/* With keys of its own an answer is only looked at to see whether they prove it. */
static enum hf_err judge_by(struct lookout *lookout, const struct hf_exchange *answer,
        const struct hf_exchange *keys, struct hf_ds_sight *sight)
{
	struct hf_chain *chain;
	enum hf_err err = prove(lookout, answer, keys, &chain);
	if (err != HF_OK)
		return err;
	const struct hf_trace *trace = hf_chain_trace(chain);
	if (keys == NULL || is_proven(state_of(trace)))
		err = take_trace(lookout, trace, sight);
	hf_chain_free(chain);
	return err;
}

/* By the keys that any of the parent's servers has; else by those that this address has. */
static enum hf_err judge(
        struct lookout *lookout, const struct hf_exchange *answer, struct hf_ds_sight *sight)
{
	enum hf_err err = judge_by(lookout, answer, NULL, sight);
	if (err != HF_OK || sight->state != HF_DS_UNPROVEN)
		return err;
	struct hf_exchange keys = {
	        .server = answer->server,
	        .question = {.name = lookout->report.parent, .type = KNOT_RRTYPE_DNSKEY},
	        .timeout = lookout->timeout,
	};
	err = hf_ask_places(lookout->wire, &keys, 1);
	if (err != HF_OK)
		return err;
	err = judge_by(lookout, answer, &keys, sight);
	hf_exchange_done(&keys);
	return err;
}

/* How long caches may hold that there is nothing (RFC 2308 section 5, RFC 9077). */
static uint32_t absence_ttl(const struct hf_message *message)
{
	uint32_t ttl = 0;
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		uint32_t life = set->set.ttl;
		struct hf_rdata rdata;
		struct hf_soa soa;
		bool denies =
		        set->set.type == KNOT_RRTYPE_NSEC || set->set.type == KNOT_RRTYPE_NSEC3;
		bool is_soa = set->set.type == KNOT_RRTYPE_SOA &&
		              hf_rrset_first(&set->set, &rdata) && hf_soa_read(rdata, &soa);
		if (set->section != HF_SECTION_AUTHORITY || (!denies && !is_soa))
			continue;
		if (is_soa && soa.minimum < life)
			life = soa.minimum;
		if (life > ttl)
			ttl = life;
	}
	return ttl;
}

static enum hf_err look(
        struct lookout *lookout, const struct hf_exchange *answer, struct hf_ds_sight *sight)
{
	const struct hf_message *message = answer->message;
	char words[HF_EXCHANGE_WORDS + sizeof(NO_IPV6)], rcode[HF_RCODE_TEXT];
	if (message == NULL) {
		bool far = answer->end == HF_EXCHANGE_FAILURE && !has_places(lookout->question) &&
		           hf_endpoint_is_v6(&answer->server);
		snprintf(words, sizeof(words), "%s%s", answer->words, far ? NO_IPV6 : "");
		return say_why(sight, words);
	}
	sight->rcode = message->rcode;
	if (!hf_lookout_says(message)) {
		snprintf(words, sizeof(words), "it answers with %s",
		        hf_rcode_text(message->rcode, rcode));
		return say_why(sight, words);
	}
	const struct hf_message_set *set = hf_message_find(
	        message, HF_SECTION_ANSWER, &lookout->question->zone, KNOT_RRTYPE_DS);
	sight->authoritative = (message->flags & HF_MESSAGE_AA) != 0;
	enum hf_err err = hf_seen_set_copy(set, KNOT_RRTYPE_DS, &sight->ds);
	sight->ttl = set != NULL ? set->set.ttl : absence_ttl(message);
	return err == HF_OK ? judge(lookout, answer, sight) : err;
}

/* ---- All of them ---- */

static enum hf_err look_at_serials(struct lookout *lookout)
{
	struct hf_parent_report *report = &lookout->report;
	struct hf_exchange *exchanges;
	enum hf_err err = ask_all(lookout, &report->parent, KNOT_RRTYPE_SOA, &exchanges);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_message_set *set = NULL;
		struct hf_rdata rdata;
		struct hf_soa soa;
		if (exchanges[i].message != NULL)
			set = hf_message_find(exchanges[i].message, HF_SECTION_ANSWER,
			        &report->parent, KNOT_RRTYPE_SOA);
		if (set == NULL || !hf_rrset_first(&set->set, &rdata) || !hf_soa_read(rdata, &soa))
			continue;
		report->sights[i].has_serial = true;
		report->sights[i].serial = soa.serial;
	}
	hf_exchanges_free(exchanges, report->count);
	return HF_OK;
}

static enum hf_err look_at_all(struct lookout *lookout)
{
	struct hf_parent_report *report = &lookout->report;
	enum hf_err err =
	        ask_all(lookout, &lookout->question->zone, KNOT_RRTYPE_DS, &lookout->answers);
	hf_time at = hf_lookout_clock(lookout->wire, lookout->started, lookout->question->now);
	if (err == HF_OK)
		err = look_at_serials(lookout);
	for (size_t i = 0; i < report->count && err == HF_OK; i++) {
		report->sights[i].at = at;
		err = look(lookout, &lookout->answers[i], &report->sights[i]);
	}
	return err;
}

static enum hf_err check(const struct hf_parent_question *question, struct hf_diag *diag)
{
	char zone[HF_NAME_TEXT];
	if (hf_name_labels(&question->zone) == 0)
		return hf_fail(diag, HF_ERR_INVALID,
		        "the root has no parent; look at its trust anchors instead");
	if (question->resolver.forward != NULL && !has_places(question))
		return hf_fail(diag, HF_ERR_INVALID,
		        "behind a forwarder the servers above %s are not to be known; give their "
		        "addresses in the policy",
		        hf_name_text(&question->zone, zone));
	return HF_OK;
}

enum hf_err hf_lookout_parent(const struct hf_parent_question *question, struct hf_diag *diag,
        struct hf_parent_report *ret_report)
{
	struct lookout lookout = {.question = question, .diag = diag};
	enum hf_err err = check(question, diag);
	if (err == HF_OK)
		err = hf_resolver_new(&question->resolver, diag, &lookout.resolver);
	if (err != HF_OK)
		return err;
	lookout.wire = hf_resolver_wire(lookout.resolver);
	lookout.started = hf_wire_now(lookout.wire);
	lookout.timeout =
	        question->resolver.timeout != 0 ? question->resolver.timeout : HF_LOOKOUT_TIMEOUT;
	err = find_parent(&lookout);
	if (err == HF_OK)
		err = look_at_all(&lookout);
	hf_exchanges_free(lookout.answers, lookout.report.count);
	hf_resolver_free(lookout.resolver);
	if (err != HF_OK) {
		hf_parent_report_done(&lookout.report);
		return err;
	}
	*ret_report = lookout.report;
	return HF_OK;
}
