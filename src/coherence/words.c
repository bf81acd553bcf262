/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/alg.h"

/* ---- names of things ---- */

void hf_words_time(hf_time time, struct hf_buf *out)
{
	char text[HF_TIME_TEXT];
	if (time == HF_TIME_NEVER) {
		hf_put_text(out, "for ever");
		return;
	}
	hf_time_rfc3339(time, text); /* 2023-05-30T10:45:00Z */
	int seconds = time % 60 != 0 ? 3 : 0;
	hf_put_format(out, "%.10s %.*s UTC", text, 5 + seconds, text + 11);
}

/* Whether some data is signed by the key, in any content. */
static bool signs_data(const struct hf_evidence *evidence, uint32_t key)
{
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_content *content =
		        hf_evidence_content_at(evidence, hf_evidence_fact_at(evidence, i)->content);
		for (size_t j = 0; content->kind == HF_KIND_SIGNERS && j < content->signing_count;
		        j++) {
			if (content->signings[j].key == key)
				return true;
		}
	}
	return false;
}

/* "KSK 12345": by its SEP flag and by what it was seen to sign. */
static void short_key(const struct hf_evidence *evidence, uint32_t key, struct hf_buf *out)
{
	const struct hf_known_key *known = hf_evidence_key_at(evidence, key);
	const char *role = "ZSK";
	if ((known->dnskey.flags & HF_DNSKEY_REVOKE) != 0)
		role = "revoked key";
	else if ((known->dnskey.flags & HF_DNSKEY_SEP) != 0)
		role = signs_data(evidence, key) ? "CSK" : "KSK";
	hf_put_format(out, "%s %u", role, known->tag);
}

void hf_words_key(const struct hf_evidence *evidence, uint32_t key, struct hf_buf *out)
{
	char text[32];
	short_key(evidence, key, out);
	hf_put_format(out, " (%s)",
	        hf_alg_name(hf_evidence_key_at(evidence, key)->dnskey.algorithm, text));
}

/* What stands before item `i` of `count` in a list: "", ", " or " and ". */
static const char *joint(size_t i, size_t count)
{
	return i == 0 ? "" : i + 1 == count ? " and " : ", ";
}

static void ds_words(
        const struct hf_evidence *evidence, const struct hf_content *content, struct hf_buf *out)
{
	if (content->member_count == 0) {
		hf_put_text(out, "no DS");
		return;
	}
	hf_put_text(out, "DS ");
	for (size_t i = 0; i < content->member_count; i++) {
		uint16_t tag = hf_evidence_ds_at(evidence, content->members[i])->ds.tag;
		hf_put_format(out, "%s%u", joint(i, content->member_count), tag);
	}
}

static void dnskey_words(
        const struct hf_evidence *evidence, const struct hf_content *content, struct hf_buf *out)
{
	if (content->member_count == 0) {
		hf_put_text(out, "no DNSKEY");
		return;
	}
	hf_put_text(out, "the DNSKEY set of ");
	for (size_t i = 0; i < content->member_count; i++) {
		hf_put_text(out, joint(i, content->member_count));
		short_key(evidence, content->members[i], out);
	}
}

static void signers_words(
        const struct hf_evidence *evidence, const struct hf_content *content, struct hf_buf *out)
{
	if (content->signing_count == 0) {
		hf_put_text(out, "data without signatures");
		return;
	}
	hf_put_text(out, "data signed by ");
	for (size_t i = 0; i < content->signing_count; i++) {
		hf_put_text(out, joint(i, content->signing_count));
		short_key(evidence, content->signings[i].key, out);
	}
}

void hf_words_content(const struct hf_evidence *evidence, uint32_t number, struct hf_buf *out)
{
	const struct hf_content *content = hf_evidence_content_at(evidence, number);
	if (content->kind == HF_KIND_DS)
		ds_words(evidence, content, out);
	else if (content->kind == HF_KIND_DNSKEY)
		dnskey_words(evidence, content, out);
	else
		signers_words(evidence, content, out);
}

/* ---- who holds what ---- */

static const char *what_is_asked(enum hf_kind kind)
{
	static const char *const asked[HF_KINDS] = {"DS", "DNSKEY", "any data"};
	return asked[kind];
}

/* What was last handed out, by which server, and until when it may be used. */
static void held_words(const struct hf_case *one, struct hf_buf *out)
{
	char zone[HF_NAME_TEXT];
	enum hf_kind kind = hf_evidence_content_at(one->evidence, one->held)->kind;
	hf_name_text(hf_evidence_zone(one->evidence), zone);
	if (one->until == HF_TIME_NEVER && kind == HF_KIND_DS) {
		hf_put_text(out, "The parent serves ");
		hf_words_content(one->evidence, one->held, out);
		hf_put_format(out, " for %s and nothing says that this will end. ", zone);
		return;
	}
	hf_time until = one->until == HF_TIME_NEVER ? one->bogus_until : one->until;
	hf_time last = one->at;
	for (size_t i = 0; i < hf_evidence_fact_count(one->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(one->evidence, i);
		if (fact->content == one->held && until != HF_TIME_NEVER &&
		        until - fact->ttl < last)
			last = until - fact->ttl;
	}
	hf_put_format(out, "A resolver that asked for %s %s before ", zone, what_is_asked(kind));
	hf_words_time(last, out);
	hf_put_text(out, " may use ");
	hf_words_content(one->evidence, one->held, out);
	if (until == HF_TIME_NEVER)
		hf_put_text(out, " for as long as it is served. ");
	else {
		hf_put_text(out, " until ");
		hf_words_time(until, out);
		hf_put_text(out, ". ");
	}
}

/* "all 41,000 signed RRsets fail for it", "12 RRsets …", "the zone …" */
static void affected_words(const struct hf_case *one, struct hf_buf *out)
{
	if (one->affected == 0) {
		hf_put_text(out, "what it asks for fails");
		return;
	}
	char digits[32], grouped[48];
	snprintf(digits, sizeof(digits), "%" PRIu64, one->affected);
	size_t len = strlen(digits), at = 0;
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			grouped[at++] = ',';
		grouped[at++] = digits[i];
	}
	grouped[at] = '\0';
	bool all = one->failure.clause == HF_CLAUSE_LINKED;
	hf_put_format(out, "%s%s RRset%s", all && one->affected > 1 ? "all " : "", grouped,
	        one->affected == 1 ? " fails" : "s fail");
}

static void algorithm_words(const struct hf_case *one, struct hf_buf *out)
{
	char text[32];
	if (one->failure.algorithm_only)
		hf_put_format(out,
		        "Validators that insist on a path for each algorithm (RFC 4035 section "
		        "2.2) find none for %s: ",
		        hf_alg_name(one->failure.algorithm, text));
}

/* ---- why it fails ---- */

static bool has_member(const struct hf_content *content, uint32_t member)
{
	for (size_t i = 0; i < content->member_count; i++) {
		if (content->members[i] == member)
			return true;
	}
	return false;
}

/* The key's signature over the content, or NULL. */
static const struct hf_signing *signing_by(const struct hf_content *content, uint32_t key)
{
	for (size_t i = 0; i < content->signing_count; i++) {
		if (content->signings[i].key == key)
			return &content->signings[i];
	}
	return NULL;
}

/* Why a key that the DS set stands for does not help. */
static void key_trouble(const struct hf_case *one, uint32_t key, struct hf_buf *out)
{
	const struct hf_content *keys = hf_evidence_content_at(one->evidence, one->failure.dnskey);
	bool ours = (one->failure.offered & 1u << HF_KIND_DNSKEY) != 0;
	const char *set = ours ? "this version's DNSKEY set" : "that DNSKEY set";
	const struct hf_signing *signing = signing_by(keys, key);
	if (!has_member(keys, key))
		hf_put_format(out, "which %s does not contain", set);
	else if (!hf_evidence_key_at(one->evidence, key)->usable)
		hf_put_format(out, "which validators must not use as it is in %s", set);
	else if (signing == NULL)
		hf_put_format(out, "which is in %s but does not sign it", set);
	else {
		bool early = one->at < signing->inception;
		hf_put_format(out, "whose signature over %s %s ", set,
		        early ? "is not valid before" : "expired at");
		hf_words_time(early ? signing->inception : signing->expiration, out);
	}
}

/* The DS records of the algorithm without a path, and what became of their keys. */
static void linked_words(const struct hf_case *one, struct hf_buf *out)
{
	const struct hf_evidence *evidence = one->evidence;
	const struct hf_content *set = hf_evidence_content_at(evidence, one->failure.ds);
	bool held = one->held == one->failure.ds, any = false;
	algorithm_words(one, out);
	hf_put_text(out, held ? "it" : "the DS set");
	hf_put_text(out, " matches only ");
	for (size_t i = 0; i < set->member_count; i++) {
		const struct hf_known_ds *ds = hf_evidence_ds_at(evidence, set->members[i]);
		if (ds->ds.algorithm != one->failure.algorithm)
			continue;
		for (uint32_t key = 0; key < hf_evidence_key_count(evidence); key++) {
			if (!hf_evidence_ds_matches(evidence, set->members[i], key))
				continue;
			hf_put_text(out, any ? ", and " : "");
			short_key(evidence, key, out);
			hf_put_text(out, ", ");
			key_trouble(one, key, out);
			any = true;
		}
	}
	if (!any)
		hf_put_text(out, "keys that were never seen in this zone");
	hf_put_text(out, ": ");
	affected_words(one, out);
	hf_put_text(out, " for it.");
}

/* What keeps the data's signatures from helping. */
static void covered_words(const struct hf_case *one, struct hf_buf *out)
{
	const struct hf_evidence *evidence = one->evidence;
	const struct hf_content *data = hf_evidence_content_at(evidence, one->failure.signers);
	const struct hf_content *keys = hf_evidence_content_at(evidence, one->failure.dnskey);
	const char *whose =
	        (one->failure.offered & 1u << HF_KIND_DNSKEY) != 0 ? "this version's" : "that";
	algorithm_words(one, out);
	if (data->signing_count == 0) {
		hf_put_text(out, "data without signatures is bogus under a DS: ");
	} else {
		hf_words_content(evidence, one->failure.signers, out);
		bool foreign = true;
		for (size_t i = 0; i < data->signing_count; i++)
			foreign = foreign && !has_member(keys, data->signings[i].key);
		if (foreign)
			hf_put_format(out,
			        " is checked with %s DNSKEY set, which lacks %s: ", whose,
			        data->signing_count == 1 ? "that key" : "those keys");
		else
			hf_put_format(out,
			        " has no valid signature by %s DNSKEY set that suffices: ", whose);
	}
	affected_words(one, out);
	hf_put_text(out, " for it.");
}

static const char *kind_evidence(enum hf_kind kind)
{
	static const char *const what[HF_KINDS] = {
	        "the parent's DS set", "the DNSKEY set", "the zone's data"};
	return what[kind];
}

void hf_words_case(const struct hf_case *one, struct hf_buf *out)
{
	if (one->failure.clause == HF_CLAUSE_UNKNOWN) {
		hf_put_format(out,
		        "Nothing is known about %s at this time, and what was not seen is not "
		        "assumed.",
		        kind_evidence(one->failure.kind));
		return;
	}
	if (one->held != HF_NO_CONTENT)
		held_words(one, out);
	size_t begin = out->len;
	if (one->failure.clause == HF_CLAUSE_LINKED)
		linked_words(one, out);
	else
		covered_words(one, out);
	/* A sentence begins here. */
	if (!out->failed && out->data[begin] >= 'a' && out->data[begin] <= 'z')
		out->data[begin] = (uint8_t)(out->data[begin] - 'a' + 'A');
}

/* ---- what to do ---- */

/* "wait until …", or that waiting does not help. */
static void wait_words(const struct hf_case *one, struct hf_buf *out)
{
	if (one->until == HF_TIME_NEVER)
		return;
	hf_put_text(out, " Or wait until ");
	hf_words_time(one->until, out);
	hf_put_text(out, ".");
}

static void linked_fix(const struct hf_case *one, struct hf_buf *out)
{
	if (one->held == one->failure.ds) {
		hf_put_text(out, "Keep a key that ");
		hf_words_content(one->evidence, one->failure.ds, out);
		hf_put_text(out, " matches in the DNSKEY set, and let it sign that set");
		if (one->until == HF_TIME_NEVER)
			hf_put_text(out, "; or have the parent publish a DS that matches this "
			                 "version, and wait until the old one has left all caches");
		hf_put_text(out, ".");
	} else {
		hf_put_text(out, "Keep the old DS beside the new one until every resolver has a "
		                 "DNSKEY set that the new one matches.");
	}
	wait_words(one, out);
}

static void covered_fix(const struct hf_case *one, struct hf_buf *out)
{
	const struct hf_content *data = hf_evidence_content_at(one->evidence, one->failure.signers);
	if (data->signing_count == 0)
		hf_put_text(out, "Keep the zone signed until the DS has left all caches; a DS goes "
		                 "in only when unsigned data has.");
	else if (one->held == one->failure.dnskey)
		hf_put_text(out, "Publish the new key first without signing with it, and go on "
		                 "signing with the old one until every resolver knows the new "
		                 "DNSKEY set.");
	else if (one->held == one->failure.signers)
		hf_put_text(out, "Keep the key that made these signatures in the DNSKEY set until "
		                 "the last of them has left all caches.");
	else
		hf_put_text(out, "Sign the data with a key of the DNSKEY set, for each algorithm "
		                 "that has a key or a DS.");
	wait_words(one, out);
}

void hf_words_fix(const struct hf_case *one, struct hf_buf *out)
{
	if (one->failure.clause == HF_CLAUSE_UNKNOWN)
		hf_put_format(out, "Observe %s, and add what was seen as a fact.",
		        kind_evidence(one->failure.kind));
	else if (one->failure.clause == HF_CLAUSE_LINKED)
		linked_fix(one, out);
	else
		covered_fix(one, out);
}
