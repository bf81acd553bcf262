/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/gate.h"

#include <stdlib.h>
#include <string.h>

#include "coherence/effect.h"
#include "coherence/words.h"
#include "dns/rrtype.h"

/* What one call works with. */
struct asking {
	const struct hf_evidence *evidence;
	const struct hf_offer *offer; /* NULL: the world as it is */
	const struct hf_gate_options *options;
	hf_time at;
	struct hf_gate_verdict *verdict;
};

/* The buffer's text as a string that the caller owns. The buffer is empty afterwards. */
static enum hf_err take_text(struct hf_buf *buf, char **ret_text)
{
	hf_put_u8(buf, '\0');
	enum hf_err err = hf_buf_check(buf);
	if (err == HF_OK)
		*ret_text = (char *)buf->data;
	else
		hf_buf_done(buf);
	*buf = (struct hf_buf){.data = NULL};
	return err;
}

static void reason_done(struct hf_gate_reason *reason)
{
	free(reason->held.text);
	free(reason->served.text);
	free(reason->broken);
	free(reason->fix);
}

void hf_gate_verdict_free(struct hf_gate_verdict *verdict)
{
	if (verdict == NULL)
		return;
	for (size_t i = 0; i < verdict->count; i++)
		reason_done(&verdict->reasons[i]);
	for (size_t i = 0; i < verdict->warning_count; i++)
		free(verdict->warnings[i]);
	free(verdict->reasons);
	free(verdict->warnings);
	free(verdict->already);
	free(verdict);
}

/* ---- from a failure to a case ---- */

/* Unsigned data fails with every DNSKEY set: only the DS set matters, or what it proved. */
static void choose_bare(struct hf_case *one)
{
	const struct hf_failure *failure = &one->failure;
	one->served = failure->signers;
	one->held = failure->ds;
	if (hf_world_kept(one->evidence, failure, one->at, &one->kept))
		one->held = failure->dnskey;
}

/* Which of the parts that clash is held, and which is served. */
static void choose_parts(struct hf_case *one)
{
	const struct hf_failure *failure = &one->failure;
	bool ds = (failure->offered & 1u << HF_KIND_DS) != 0;
	bool dnskey = (failure->offered & 1u << HF_KIND_DNSKEY) != 0;
	bool signers = (failure->offered & 1u << HF_KIND_SIGNERS) != 0;
	hf_time since, until;
	one->held = one->served = HF_NO_CONTENT;
	one->kept = HF_TIME_NONE;
	if (failure->clause == HF_CLAUSE_LINKED) {
		one->served = ds && !dnskey ? failure->ds : failure->dnskey;
		if (!ds || !dnskey)
			one->held = ds ? failure->dnskey : failure->ds;
	} else if (failure->clause == HF_CLAUSE_COVERED && signers && !ds &&
	           hf_evidence_content_at(one->evidence, failure->signers)->signing_count == 0) {
		choose_bare(one);
	} else if (failure->clause == HF_CLAUSE_COVERED) {
		one->served = signers         ? failure->signers
		              : dnskey || !ds ? failure->dnskey
		                              : failure->ds;
		if (signers && dnskey)
			one->held = ds ? HF_NO_CONTENT : failure->ds;
		else
			one->held = signers ? failure->dnskey : failure->signers;
		/* Caches have lost the DS set: what it proved is all that is left of it. */
		if (one->held == failure->dnskey && !ds &&
		        !hf_world_held(one->evidence, failure->ds, one->at, &since, &until))
			(void)hf_world_kept(one->evidence, failure, one->at, &one->kept);
	}
}

/* RRsets that carry the signer set: in the offer, or in what was seen. */
static uint64_t carried(const struct asking *ask, uint32_t signers)
{
	uint64_t count = 0;
	for (size_t i = 0; ask->offer != NULL && i < ask->offer->count; i++) {
		if (ask->offer->served[i].content == signers)
			return ask->offer->served[i].rrsets;
	}
	for (size_t i = 0; i < hf_evidence_fact_count(ask->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(ask->evidence, i);
		if (fact->content == signers && fact->rrsets > count)
			count = fact->rrsets;
	}
	return count;
}

static uint64_t whole_zone(const struct asking *ask)
{
	if (ask->offer != NULL && ask->offer->rrsets != 0)
		return ask->offer->rrsets;
	uint64_t count = 0;
	for (size_t i = 0; i < hf_evidence_fact_count(ask->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(ask->evidence, i);
		if (fact->place == HF_PUBLISHED && fact->first <= ask->at && fact->last > ask->at)
			count += fact->rrsets;
	}
	return count;
}

/* When resolvers stop failing if the offer is published now. */
static hf_time bogus_until(const struct asking *ask, const struct hf_failure *failure)
{
	return ask->offer == NULL
	               ? HF_TIME_NEVER
	               : hf_world_fails_until(ask->evidence, failure, ask->offer, ask->at);
}

static struct hf_case make_case(const struct asking *ask, const struct hf_failure *failure)
{
	struct hf_case one = {
	        .evidence = ask->evidence, .offer = ask->offer, .failure = *failure, .at = ask->at};
	choose_parts(&one);
	if (failure->clause == HF_CLAUSE_COVERED)
		one.affected = carried(ask, failure->signers);
	else if (failure->clause == HF_CLAUSE_LINKED)
		one.affected = whole_zone(ask);
	return one;
}

/* ---- reasons ---- */

static const char *check_name(enum hf_clause clause)
{
	static const char *const names[] = {
	        [HF_CLAUSE_LINKED] = "ds-dnskey",
	        [HF_CLAUSE_COVERED] = "dnskey-signatures",
	        [HF_CLAUSE_UNKNOWN] = "no-evidence",
	};
	return names[clause];
}

/* The part of the case that is held: what a DS set proved is spoken of together with it. */
static enum hf_err proven_init(const struct hf_case *one, struct hf_gate_part *part)
{
	struct hf_buf text = {.data = NULL};
	hf_words_content(one->evidence, one->held, &text);
	hf_put_text(&text, ", proven by ");
	hf_words_content(one->evidence, one->failure.ds, &text);
	free(part->text);
	part->text = NULL;
	part->until = one->kept;
	return take_text(&text, &part->text);
}

static enum hf_err part_init(const struct asking *ask, uint32_t content, struct hf_gate_part *part)
{
	struct hf_buf text = {.data = NULL};
	part->content = content;
	part->seen = HF_TIME_NONE;
	part->until = HF_TIME_NONE;
	if (content == HF_NO_CONTENT)
		return HF_OK;
	part->kind = hf_evidence_content_at(ask->evidence, content)->kind;
	(void)hf_world_held(ask->evidence, content, ask->at, &part->seen, &part->until);
	hf_words_content(ask->evidence, content, &text);
	return take_text(&text, &part->text);
}

/* Makes room for one more reason; NULL when there is no memory. */
static struct hf_gate_reason *reason_new(struct hf_gate_verdict *verdict)
{
	struct hf_gate_reason *list =
	        reallocarray(verdict->reasons, verdict->count + 1, sizeof(*list));
	if (list == NULL)
		return NULL;
	verdict->reasons = list;
	list[verdict->count] = (struct hf_gate_reason){
	        .held = {.content = HF_NO_CONTENT, .seen = HF_TIME_NONE, .until = HF_TIME_NONE},
	        .served = {.content = HF_NO_CONTENT, .seen = HF_TIME_NONE, .until = HF_TIME_NONE},
	        .waits_until = HF_TIME_NEVER,
	        .bogus_from = verdict->at,
	        .bogus_until = HF_TIME_NEVER};
	return &list[verdict->count++];
}

static enum hf_err reason_add(const struct asking *ask, const struct hf_case *one)
{
	struct hf_buf text = {.data = NULL};
	struct hf_gate_reason *reason = reason_new(ask->verdict);
	if (reason == NULL)
		return HF_ERR_NOMEM;
	reason->check = check_name(one->failure.clause);
	reason->affected = one->affected;
	reason->algorithm = one->failure.algorithm;
	reason->bogus_until = bogus_until(ask, &one->failure);
	reason->waits_until = hf_world_changes(ask->evidence, &one->failure, ask->at);
	enum hf_err err = part_init(ask, one->held, &reason->held);
	if (err == HF_OK && one->kept != HF_TIME_NONE)
		err = proven_init(one, &reason->held);
	if (err == HF_OK)
		err = part_init(ask, one->served, &reason->served);
	if (err == HF_OK) {
		hf_words_case(one, &text);
		err = take_text(&text, &reason->broken);
	}
	if (err == HF_OK) {
		hf_words_fix(one, &text);
		err = take_text(&text, &reason->fix);
	}
	return err;
}

/* The reason that says the same already; NULL when there is none. */
static struct hf_gate_reason *same_reason(
        struct hf_gate_verdict *verdict, const struct hf_case *one)
{
	const char *check = check_name(one->failure.clause);
	for (size_t i = 0; i < verdict->count; i++) {
		struct hf_gate_reason *reason = &verdict->reasons[i];
		if (one->failure.clause != HF_CLAUSE_UNKNOWN && strcmp(reason->check, check) == 0 &&
		        reason->held.content == one->held && reason->served.content == one->served)
			return reason;
	}
	return NULL;
}

static enum hf_err add_failures(const struct asking *ask, const struct hf_failures *failures)
{
	struct hf_gate_verdict *verdict = ask->verdict;
	size_t limit = ask->options->max_reasons == 0 ? HF_GATE_REASONS : ask->options->max_reasons;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < failures->count && err == HF_OK; i++) {
		struct hf_case one = make_case(ask, &failures->list[i]);
		struct hf_gate_reason *same = same_reason(verdict, &one);
		if (same != NULL) {
			hf_time ends = bogus_until(ask, &one.failure);
			hf_time waits = hf_world_changes(ask->evidence, &one.failure, ask->at);
			same->bogus_until = ends > same->bogus_until ? ends : same->bogus_until;
			same->waits_until = waits > same->waits_until ? waits : same->waits_until;
		} else if (verdict->count >= limit) {
			verdict->dropped++;
		} else {
			err = reason_add(ask, &one);
		}
	}
	return err;
}

/* ---- signatures that do not last ---- */

static void frail_words(const struct asking *ask, hf_time needed, struct hf_buf *out)
{
	char owner[HF_NAME_TEXT], type[HF_TYPE_TEXT], span[HF_TIME_TEXT];
	const struct hf_offer *offer = ask->offer;
	hf_put_format(out, "The signature of %s %s expires at ",
	        hf_name_text(&offer->frail_owner, owner), hf_type_text(offer->frail_type, type));
	hf_words_time(offer->frail_expiration, out);
	hf_put_format(
	        out, ", %s from now; ", hf_span_text(offer->frail_expiration - ask->at, span));
	hf_put_text(out, "caches and slow secondaries may hand it out until ");
	hf_words_time(needed, out);
	hf_put_text(out, ", and it is the first name that will fail.");
}

static enum hf_err add_warning(struct hf_gate_verdict *verdict, struct hf_buf *text)
{
	char *sentence = NULL;
	enum hf_err err = take_text(text, &sentence);
	if (err != HF_OK)
		return err;
	char **warnings =
	        reallocarray(verdict->warnings, verdict->warning_count + 1, sizeof(*warnings));
	if (warnings == NULL) {
		free(sentence);
		return HF_ERR_NOMEM;
	}
	verdict->warnings = warnings;
	warnings[verdict->warning_count++] = sentence;
	return HF_OK;
}

static enum hf_err add_frail_reason(const struct asking *ask, struct hf_buf *text)
{
	struct hf_gate_reason *reason = reason_new(ask->verdict);
	if (reason == NULL) {
		hf_buf_done(text);
		return HF_ERR_NOMEM;
	}
	reason->check = "signature-lifetime";
	reason->affected = 1;
	reason->bogus_from = ask->offer->frail_expiration;
	enum hf_err err = take_text(text, &reason->broken);
	if (err == HF_OK) {
		hf_put_text(text, "Sign it anew before publishing, with a validity that is longer "
		                  "than its TTL.");
		err = take_text(text, &reason->fix);
	}
	return err;
}

/* A signature must outlive the moment at which it may last be used. */
static enum hf_err check_lifetimes(const struct asking *ask)
{
	const struct hf_offer *offer = ask->offer;
	struct hf_buf text = {.data = NULL};
	if (offer == NULL || offer->frail_type == 0)
		return HF_OK;
	hf_time cached = ask->at + offer->frail_ttl;
	hf_time needed = cached + ask->options->next + ask->options->slowest +
	                 hf_evidence_expire(ask->evidence);
	if (offer->frail_expiration >= needed)
		return HF_OK;
	if (offer->frail_expiration >= cached) {
		frail_words(ask, needed, &text);
		return add_warning(ask->verdict, &text);
	}
	frail_words(ask, cached, &text);
	return add_frail_reason(ask, &text);
}

/* ---- the world without the offer ---- */

static enum hf_err already_words(const struct asking *ask, const struct hf_failures *failures)
{
	struct hf_gate_verdict *verdict = ask->verdict;
	struct asking now = *ask;
	struct hf_buf text = {.data = NULL};
	size_t broken = 0;
	now.offer = NULL;
	for (size_t i = 0; i < failures->count; i++) {
		if (failures->list[i].clause == HF_CLAUSE_UNKNOWN)
			continue;
		if (broken++ == 0) {
			struct hf_case one = make_case(&now, &failures->list[i]);
			one.held = one.failure.clause == HF_CLAUSE_LINKED ? one.failure.ds
			                                                  : one.failure.dnskey;
			one.served = HF_NO_CONTENT;
			hf_words_case(&one, &text);
		}
	}
	if (broken == 0)
		return HF_OK;
	if (broken > 1)
		hf_put_format(&text, " And %zu more such combination%s.", broken - 1,
		        broken == 2 ? "" : "s");
	verdict->broken_already = true;
	return take_text(&text, &verdict->already);
}

static enum hf_err look_without(const struct asking *ask)
{
	struct hf_failures failures = {.list = NULL};
	enum hf_err err =
	        hf_world_failures(ask->evidence, NULL, ask->options->rules, ask->at, &failures);
	if (err == HF_OK)
		err = already_words(ask, &failures);
	hf_failures_done(&failures);
	if (err == HF_OK && ask->verdict->broken_already && ask->offer != NULL)
		err = hf_effect(ask->evidence, ask->offer, ask->options->rules, ask->at,
		        &ask->verdict->effect);
	return err;
}

/* ---- the verdict ---- */

static enum hf_err judge(const struct asking *ask)
{
	struct hf_failures failures = {.list = NULL};
	struct hf_gate_verdict *verdict = ask->verdict;
	enum hf_err err = hf_world_failures(
	        ask->evidence, ask->offer, ask->options->rules, ask->at, &failures);
	if (err == HF_OK)
		err = add_failures(ask, &failures);
	hf_failures_done(&failures);
	if (err == HF_OK)
		err = hf_world_earliest(ask->evidence, ask->offer, ask->options->rules, ask->at,
		        &verdict->earliest_safe);
	size_t before = verdict->count;
	if (err == HF_OK)
		err = check_lifetimes(ask);
	if (verdict->count > before)
		verdict->earliest_safe = HF_TIME_NEVER;
	if (err == HF_OK)
		err = look_without(ask);
	verdict->safe = verdict->count == 0;
	return err;
}

enum hf_err hf_gate(const struct hf_evidence *evidence, const struct hf_offer *offer,
        const struct hf_gate_options *options, hf_time at, struct hf_gate_verdict **ret_verdict)
{
	struct hf_gate_verdict *verdict = calloc(1, sizeof(*verdict));
	if (verdict == NULL)
		return HF_ERR_NOMEM;
	verdict->serial = offer == NULL ? 0 : offer->serial;
	verdict->at = at;
	const struct asking ask = {.evidence = evidence,
	        .offer = offer,
	        .options = options,
	        .at = at,
	        .verdict = verdict};
	enum hf_err err = judge(&ask);
	if (err != HF_OK) {
		hf_gate_verdict_free(verdict);
		return err;
	}
	*ret_verdict = verdict;
	return HF_OK;
}
