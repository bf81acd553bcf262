/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/issuance.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CAA_CRITICAL 0x80
#define CHALLENGE    "_acme-challenge"

void hf_issuance_done(struct hf_issuance *issuance)
{
	for (size_t i = 0; i < issuance->count; i++) {
		free(issuance->lookups[i].cause);
		free(issuance->lookups[i].fix);
	}
	free(issuance->lookups);
	free(issuance->issuers);
	*issuance = (struct hf_issuance){0};
}

/* Everything that one check needs at hand. */
struct check {
	struct hf_resolver *resolver;
	const struct hf_anchors *anchors;
	hf_time now;
	struct hf_diag *diag;
	bool wildcard;
	struct hf_issuance *result;
};

static bool fails(const struct hf_lookup *lookup)
{
	return lookup->status == HF_CHAIN_BOGUS || lookup->status == HF_CHAIN_INDETERMINATE;
}

/* ---- CAA records (RFC 8659 section 4) ---- */

struct caa {
	uint8_t flags;
	const char *tag, *value;
	size_t tag_len, value_len;
};

static bool read_caa(struct hf_rdata rdata, struct caa *ret_caa)
{
	struct hf_cursor cursor;
	hf_cursor_init(&cursor, rdata.data, rdata.len);
	struct caa caa = {.flags = hf_get_u8(&cursor)};
	caa.tag_len = hf_get_u8(&cursor);
	caa.tag = (const char *)hf_get_bytes(&cursor, caa.tag_len);
	caa.value_len = hf_cursor_left(&cursor);
	caa.value = (const char *)hf_get_bytes(&cursor, caa.value_len);
	*ret_caa = caa;
	return !cursor.failed && caa.tag_len > 0;
}

static bool has_tag(const struct caa *caa, const char *tag)
{
	return caa->tag_len == strlen(tag) && strncasecmp(caa->tag, tag, caa->tag_len) == 0;
}

/* The domain in front of the parameters; nothing when no CA is meant. */
static void put_issuer(struct hf_buf *out, const struct caa *caa)
{
	size_t end = 0, start = 0;
	while (end < caa->value_len && caa->value[end] != ';')
		end++;
	while (start < end && caa->value[start] == ' ')
		start++;
	while (end > start && caa->value[end - 1] == ' ')
		end--;
	if (start < end && out->len > 0)
		hf_put_text(out, ", ");
	for (size_t i = start; i < end; i++) {
		char c = caa->value[i];
		hf_put_u8(out, (uint8_t)(c > ' ' && c <= '~' ? c : '?'));
	}
}

/* What a set allows: properties with the tag count, and any unknown critical one forbids. */
static enum hf_err read_set(const struct check *check, const struct hf_rrset *set)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf issuers = {0}, wild = {0};
	bool has_issue = false, has_wild = false, critical = false;
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	struct caa caa;
	while (hf_rdata_next(&walk, &rdata)) {
		if (!read_caa(rdata, &caa)) {
			critical = true;
		} else if (has_tag(&caa, "issue")) {
			has_issue = true;
			put_issuer(&issuers, &caa);
		} else if (has_tag(&caa, "issuewild")) {
			has_wild = true;
			put_issuer(&wild, &caa);
		} else if ((caa.flags & CAA_CRITICAL) != 0 && !has_tag(&caa, "iodef")) {
			critical = true;
		}
	}
	const bool by_wild = check->wildcard && has_wild;
	struct hf_buf *chosen = by_wild ? &wild : &issuers;
	check->result->caa_forbids = critical || ((by_wild || has_issue) && chosen->len == 0);
	hf_put_u8(chosen, 0);
	if (hf_buf_check(chosen) != HF_OK)
		return HF_ERR_NOMEM;
	check->result->issuers = strdup((const char *)chosen->data);
	return check->result->issuers != NULL ? HF_OK : HF_ERR_NOMEM;
}

/* ---- Look-ups ---- */

static enum hf_err copy_words(const struct hf_trace *trace, struct hf_lookup *lookup)
{
	if (!fails(lookup) || !trace->has_broken)
		return HF_OK;
	lookup->cause = strdup(trace->broken.cause);
	lookup->fix = strdup(trace->broken.fix);
	return lookup->cause != NULL && lookup->fix != NULL ? HF_OK : HF_ERR_NOMEM;
}

static enum hf_err add_lookup(const struct check *check, const struct hf_question *question,
        enum hf_lookup_purpose purpose, struct hf_lookup **ret_lookup)
{
	struct hf_issuance *result = check->result;
	struct hf_lookup *lookups =
	        reallocarray(result->lookups, result->count + 1, sizeof(*lookups));
	if (lookups == NULL)
		return HF_ERR_NOMEM;
	result->lookups = lookups;
	lookups[result->count] = (struct hf_lookup){.purpose = purpose, .question = *question};
	*ret_lookup = &lookups[result->count++];
	return HF_OK;
}

/* The records asked for, at the end of all aliases. */
static const struct hf_rrset *records_of(const struct hf_trace *trace)
{
	for (size_t i = 0; i < trace->answer_count; i++) {
		if (trace->answer[i].set.type == trace->question.type)
			return &trace->answer[i].set;
	}
	return NULL;
}

static enum hf_err take_trace(
        const struct check *check, const struct hf_trace *trace, struct hf_lookup *lookup)
{
	const struct hf_rrset *set = records_of(trace);
	lookup->status = trace->status;
	lookup->rcode = trace->rcode;
	lookup->records = set != NULL ? set->rr_count : 0;
	enum hf_err err = copy_words(trace, lookup);
	if (err != HF_OK || lookup->purpose != HF_LOOKUP_CAA || fails(lookup) || set == NULL)
		return err;
	check->result->has_caa = true;
	check->result->caa_owner = lookup->question.name;
	return read_set(check, set);
}

static enum hf_err look_up(const struct check *check, const struct hf_name *name, uint16_t type,
        enum hf_lookup_purpose purpose, const struct hf_lookup **ret_lookup)
{
	const struct hf_question question = {.name = *name, .type = type};
	struct hf_chain *chain;
	struct hf_lookup *lookup;
	enum hf_err err =
	        hf_chain_new(&question, check->anchors, NULL, check->now, check->diag, &chain);
	if (err != HF_OK)
		return err;
	err = hf_resolver_drive(check->resolver, chain);
	if (err == HF_OK)
		err = add_lookup(check, &question, purpose, &lookup);
	if (err == HF_OK)
		err = take_trace(check, hf_chain_trace(chain), lookup);
	if (err == HF_OK)
		*ret_lookup = lookup;
	hf_chain_free(chain);
	return err;
}

/* CAA at the name and above it, up to the first set or the first error. */
static enum hf_err climb(const struct check *check, const struct hf_name *name)
{
	struct hf_issuance *result = check->result;
	unsigned labels = hf_name_labels(name);
	for (unsigned up = 0; up < labels && !result->has_caa && !result->caa_fails; up++) {
		struct hf_name above;
		const struct hf_lookup *lookup;
		hf_name_strip(name, up, &above);
		enum hf_err err = look_up(check, &above, KNOT_RRTYPE_CAA, HF_LOOKUP_CAA, &lookup);
		if (err != HF_OK)
			return err;
		result->caa_fails = fails(lookup);
	}
	return HF_OK;
}

/* A challenge need not be there yet: its name must have an answer that can be proven. */
static enum hf_err check_challenge(const struct check *check, const struct hf_name *name)
{
	struct hf_name challenge;
	const struct hf_lookup *lookup;
	size_t label = strlen(CHALLENGE);
	if (name->len + label + 1 > HF_NAME_MAX)
		return HF_OK;
	challenge.len = (uint8_t)(name->len + label + 1);
	challenge.wire[0] = (uint8_t)label;
	memcpy(challenge.wire + 1, CHALLENGE, label);
	memcpy(challenge.wire + 1 + label, name->wire, name->len);
	enum hf_err err = look_up(check, &challenge, KNOT_RRTYPE_TXT, HF_LOOKUP_CHALLENGE, &lookup);
	if (err == HF_OK)
		check->result->challenge_works = !fails(lookup);
	return err;
}

static enum hf_err check_addresses(const struct check *check, const struct hf_name *name)
{
	const uint16_t types[] = {KNOT_RRTYPE_A, KNOT_RRTYPE_AAAA};
	bool failed = false, found = false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct hf_lookup *lookup;
		enum hf_err err = look_up(check, name, types[i], HF_LOOKUP_ADDRESS, &lookup);
		if (err != HF_OK)
			return err;
		failed = failed || fails(lookup);
		found = found || (!fails(lookup) && lookup->records > 0);
	}
	check->result->address_works = found && !failed;
	return HF_OK;
}

enum hf_err hf_issuance_check(struct hf_resolver *resolver, const struct hf_name *name,
        const struct hf_anchors *anchors, hf_time now, struct hf_diag *diag,
        struct hf_issuance *ret_issuance)
{
	struct hf_issuance result = {0};
	struct hf_name base = *name;
	const struct check check = {.resolver = resolver,
	        .anchors = anchors,
	        .now = now,
	        .diag = diag,
	        .wildcard = hf_name_is_wildcard(name),
	        .result = &result};
	if (check.wildcard)
		hf_name_strip(name, 1, &base);
	enum hf_err err = climb(&check, &base);
	/* A wildcard certificate cannot be had over HTTP. */
	if (err == HF_OK && !check.wildcard)
		err = check_addresses(&check, &base);
	if (err == HF_OK)
		err = check_challenge(&check, &base);
	if (err != HF_OK) {
		hf_issuance_done(&result);
		return err;
	}
	result.possible = !result.caa_fails && !result.caa_forbids &&
	                  (result.address_works || result.challenge_works);
	*ret_issuance = result;
	return HF_OK;
}
