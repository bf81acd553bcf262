/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/alg.h"
#include "dns/rdatatext.h"

#define KEY_END 8 /* characters of base64 that tell keys with one tag apart */

/* ---- names of things ---- */

void hf_words_time(hf_time time, struct hf_buf *out)
{
	char text[HF_TIME_TEXT];
	if (time == HF_TIME_NEVER) {
		hf_put_text(out, "for ever");
		return;
	}
	hf_time_rfc3339(time, text); /* 2023-05-30T10:45:00Z; "-" when it has no such form */
	if (text[0] == '-') {
		hf_put_text(out, time > 0 ? "the year 10000" : "the year 0");
		return;
	}
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

static bool shares_tag(const struct hf_evidence *evidence, uint32_t key)
{
	uint16_t tag = hf_evidence_key_at(evidence, key)->tag;
	for (uint32_t i = 0; i < hf_evidence_key_count(evidence); i++) {
		if (i != key && hf_evidence_key_at(evidence, i)->tag == tag)
			return true;
	}
	return false;
}

/* The end of the key as its record shows it: enough to find it in a zone file. */
static void key_end(const struct hf_known_key *known, struct hf_buf *out)
{
	struct hf_buf text = {.data = NULL};
	if (hf_rdata_text(KNOT_RRTYPE_DNSKEY, known->rdata, &text) != HF_OK)
		out->failed = true;
	else if (text.len > KEY_END)
		hf_put_format(out, " (...%.*s)", KEY_END, (char *)text.data + text.len - KEY_END);
	hf_buf_done(&text);
}

/* "KSK 12345": by its SEP flag and by what it was seen to sign. Keys that share a tag get the end
 * of their record too. */
static void short_key(const struct hf_evidence *evidence, uint32_t key, struct hf_buf *out)
{
	const struct hf_known_key *known = hf_evidence_key_at(evidence, key);
	const char *role = "ZSK";
	if ((known->dnskey.flags & HF_DNSKEY_REVOKE) != 0)
		role = "revoked key";
	else if ((known->dnskey.flags & HF_DNSKEY_SEP) != 0)
		role = signs_data(evidence, key) ? "CSK" : "KSK";
	hf_put_format(out, "%s %u", role, known->tag);
	if (shares_tag(evidence, key))
		key_end(known, out);
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

/* "co.nz. DS", "data of co.nz.": what a resolver asks for. */
static void question_words(const struct hf_case *one, enum hf_kind kind, struct hf_buf *out)
{
	char zone[HF_NAME_TEXT];
	hf_name_text(hf_evidence_zone(one->evidence), zone);
	if (kind == HF_KIND_SIGNERS)
		hf_put_format(out, "data of %s", zone);
	else
		hf_put_format(out, "%s %s", zone, hf_kind_name(kind));
}

/* The fact that keeps a content in caches until `until`; NULL when there is none. */
static const struct hf_fact *last_fact(
        const struct hf_case *one, uint32_t content, hf_time until, uint32_t *ret_slowest)
{
	for (size_t i = 0; i < hf_evidence_fact_count(one->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(one->evidence, i);
		if (fact->content != content || fact->first > one->at)
			continue;
		hf_time end = hf_evidence_served_until(one->evidence, fact, one->at, ret_slowest);
		if (end != HF_TIME_NEVER && end + fact->ttl == until)
			return fact;
	}
	return NULL;
}

/* It was replaced, and caches still have it. */
static void leaving_words(const struct hf_case *one, hf_time until, struct hf_buf *out)
{
	enum hf_kind kind = hf_evidence_content_at(one->evidence, one->held)->kind;
	uint32_t slowest = HF_PUBLISHED;
	const struct hf_fact *fact = last_fact(one, one->held, until, &slowest);
	hf_put_text(out, "A resolver that asked ");
	if (fact != NULL && slowest != fact->place)
		hf_put_format(out, "%s, which was not seen to have a newer version, ",
		        hf_evidence_place_name(one->evidence, slowest));
	hf_put_text(out, "for ");
	question_words(one, kind, out);
	if (fact != NULL) {
		hf_put_text(out, " before ");
		hf_words_time(until - fact->ttl, out);
	}
	hf_put_text(out, " may use ");
	hf_words_content(one->evidence, one->held, out);
	hf_put_text(out, " until ");
	hf_words_time(until, out);
	hf_put_text(out, ". ");
}

/* It is served at this very time. */
static void current_words(const struct hf_case *one, struct hf_buf *out)
{
	char zone[HF_NAME_TEXT];
	enum hf_kind kind = hf_evidence_content_at(one->evidence, one->held)->kind;
	hf_time gone = HF_TIME_NEVER;
	if (one->offer != NULL)
		gone = hf_world_held_after(one->evidence, one->held, one->offer, one->at);
	if (kind == HF_KIND_DS) {
		hf_put_format(out, "The parent's DS set for %s is ",
		        hf_name_text(hf_evidence_zone(one->evidence), zone));
	} else {
		hf_put_text(out, "Resolvers that ask for ");
		question_words(one, kind, out);
		hf_put_text(out, " get ");
	}
	hf_words_content(one->evidence, one->held, out);
	if (gone != HF_TIME_NEVER && gone > one->at) {
		hf_put_text(out, kind == HF_KIND_DS ? ", and resolvers may use it until "
		                                    : ", and may use it until ");
		hf_words_time(gone, out);
		hf_put_text(out, " if it is replaced now");
	}
	hf_put_text(out, ". ");
}

/* It was proven, and stays so until its TTL is over, whatever becomes of the DS set. */
static void kept_words(const struct hf_case *one, struct hf_buf *out)
{
	hf_put_text(out, "A resolver that has proven ");
	hf_words_content(one->evidence, one->held, out);
	hf_put_text(out, " by ");
	hf_words_content(one->evidence, one->failure.ds, out);
	hf_put_text(out, " may keep it until ");
	hf_words_time(one->kept, out);
	hf_put_text(out, ": for its TTL, without asking for that DS again. ");
}

static void held_words(const struct hf_case *one, struct hf_buf *out)
{
	hf_time since, until;
	if (one->kept != HF_TIME_NONE) {
		kept_words(one, out);
		return;
	}
	if (!hf_world_held(one->evidence, one->held, one->at, &since, &until))
		return;
	if (until == HF_TIME_NEVER)
		current_words(one, out);
	else
		leaving_words(one, until, out);
}

/* "all 41,000 RRsets fail for it", "12 RRsets fail for it" */
static void affected_words(const struct hf_case *one, struct hf_buf *out)
{
	if (one->affected == 0) {
		hf_put_text(out, "what it asks for fails.");
		return;
	}
	char digits[32];
	snprintf(digits, sizeof(digits), "%" PRIu64, one->affected);
	size_t len = strlen(digits);
	if (one->failure.clause == HF_CLAUSE_LINKED && one->affected > 1)
		hf_put_text(out, "all ");
	for (size_t i = 0; i < len; i++)
		hf_put_format(out, "%s%c", i > 0 && (len - i) % 3 == 0 ? "," : "", digits[i]);
	hf_put_format(out, " RRset%s for it.", one->affected == 1 ? " fails" : "s fail");
}

static void algorithm_words(const struct hf_case *one, struct hf_buf *out)
{
	char text[32];
	if (one->failure.algorithm_only)
		hf_put_format(out,
		        "Validators that insist on a path for each algorithm of the DS set and "
		        "the DNSKEY set (RFC 4035 section 2.2) find none for %s: ",
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

static bool is_offered(const struct hf_case *one, enum hf_kind kind)
{
	return (one->failure.offered & 1u << kind) != 0;
}

/* The DNSKEY set, as it is spoken of behind what is held. */
static void key_set_words(const struct hf_case *one, struct hf_buf *out)
{
	if (is_offered(one, HF_KIND_DNSKEY))
		hf_put_text(out, "this version's DNSKEY set");
	else if (one->held == one->failure.dnskey)
		hf_put_text(out, "that DNSKEY set");
	else
		hf_words_content(one->evidence, one->failure.dnskey, out);
}

/* When a signature that is there cannot be used. */
static void time_words(
        const struct hf_case *one, const struct hf_signing *signing, struct hf_buf *out)
{
	bool early = one->at < signing->inception;
	hf_put_text(out, early ? " is not valid before " : " ended at ");
	hf_words_time(early ? signing->inception : signing->expiration, out);
}

/* Why a key that the DS set stands for does not help. */
static void key_trouble(const struct hf_case *one, uint32_t key, struct hf_buf *out)
{
	const struct hf_content *keys = hf_evidence_content_at(one->evidence, one->failure.dnskey);
	const struct hf_signing *signing = signing_by(keys, key);
	if (keys->member_count == 0 && is_offered(one, HF_KIND_DNSKEY)) {
		hf_put_text(out, ", but this version has no DNSKEY set");
	} else if (!has_member(keys, key)) {
		hf_put_text(out, ", which is not in ");
		key_set_words(one, out);
	} else if (!hf_evidence_key_at(one->evidence, key)->usable) {
		hf_put_text(out, ", which validators must not use as it is in ");
		key_set_words(one, out);
	} else if (signing == NULL) {
		hf_put_text(out, ", which is in ");
		key_set_words(one, out);
		hf_put_text(out, " but does not sign it");
	} else {
		hf_put_text(out, ", whose signature over ");
		key_set_words(one, out);
		time_words(one, signing, out);
	}
}

/* The DS records of the algorithm without a path, and what became of their keys. */
static void linked_words(const struct hf_case *one, struct hf_buf *out)
{
	const struct hf_evidence *evidence = one->evidence;
	const struct hf_content *set = hf_evidence_content_at(evidence, one->failure.ds);
	bool any = false;
	algorithm_words(one, out);
	if (one->held == one->failure.ds)
		hf_put_text(out, "it");
	else
		hf_words_content(evidence, one->failure.ds, out);
	hf_put_text(out, set->member_count > 1 && one->held != one->failure.ds ? " match only "
	                                                                       : " matches only ");
	for (size_t i = 0; i < set->member_count; i++) {
		const struct hf_known_ds *ds = hf_evidence_ds_at(evidence, set->members[i]);
		if (ds->ds.algorithm != one->failure.algorithm)
			continue;
		for (uint32_t key = 0; key < hf_evidence_key_count(evidence); key++) {
			if (!hf_evidence_ds_matches(evidence, set->members[i], key))
				continue;
			hf_put_text(out, any ? ", and " : "");
			short_key(evidence, key, out);
			key_trouble(one, key, out);
			any = true;
		}
	}
	if (!any)
		hf_put_text(out, "keys that were never seen in this zone");
	hf_put_text(out, ": ");
	affected_words(one, out);
}

/* A key of the set that has a signer's tag and algorithm and is another key; the number of keys
 * when there is none. */
static uint32_t namesake(const struct hf_case *one, uint32_t signer)
{
	const struct hf_content *keys = hf_evidence_content_at(one->evidence, one->failure.dnskey);
	const struct hf_known_key *wanted = hf_evidence_key_at(one->evidence, signer);
	for (size_t i = 0; i < keys->member_count; i++) {
		const struct hf_known_key *key =
		        hf_evidence_key_at(one->evidence, keys->members[i]);
		if (keys->members[i] != signer && key->tag == wanted->tag &&
		        key->dnskey.algorithm == wanted->dnskey.algorithm)
			return keys->members[i];
	}
	return (uint32_t)hf_evidence_key_count(one->evidence);
}

static bool has_namesake(const struct hf_case *one)
{
	const struct hf_content *data = hf_evidence_content_at(one->evidence, one->failure.signers);
	for (size_t i = 0; i < data->signing_count; i++) {
		if (namesake(one, data->signings[i].key) < hf_evidence_key_count(one->evidence))
			return true;
	}
	return false;
}

/* A signature by a key of the set that is out of its time; NULL when there is none. */
static const struct hf_signing *untimely(const struct hf_case *one)
{
	const struct hf_content *data = hf_evidence_content_at(one->evidence, one->failure.signers);
	const struct hf_content *keys = hf_evidence_content_at(one->evidence, one->failure.dnskey);
	for (size_t i = 0; i < data->signing_count; i++) {
		const struct hf_signing *signing = &data->signings[i];
		if (has_member(keys, signing->key) &&
		        (one->at < signing->inception || one->at > signing->expiration))
			return signing;
	}
	return NULL;
}

static bool all_foreign(const struct hf_content *data, const struct hf_content *keys)
{
	for (size_t i = 0; i < data->signing_count; i++) {
		if (has_member(keys, data->signings[i].key))
			return false;
	}
	return true;
}

/* Signatures by keys that are not in the set. */
static void foreign_words(const struct hf_case *one, struct hf_buf *out)
{
	const struct hf_content *data = hf_evidence_content_at(one->evidence, one->failure.signers);
	if (one->held == one->failure.signers)
		hf_put_text(out, "it");
	else
		hf_words_content(one->evidence, one->failure.signers, out);
	hf_put_text(out, " is checked with ");
	key_set_words(one, out);
	hf_put_text(out,
	        data->signing_count == 1 ? ", which lacks that key" : ", which lacks those keys");
	if (has_namesake(one))
		hf_put_text(out, " and has another one with the same tag");
}

/* What keeps the data's signatures from helping. */
static void covered_words(const struct hf_case *one, struct hf_buf *out)
{
	const struct hf_content *data = hf_evidence_content_at(one->evidence, one->failure.signers);
	const struct hf_content *keys = hf_evidence_content_at(one->evidence, one->failure.dnskey);
	const struct hf_signing *late = untimely(one);
	char text[32];
	algorithm_words(one, out);
	if (data->signing_count == 0) {
		hf_put_text(out, one->held == one->failure.signers ? "under a DS that is bogus"
		                 : one->kept != HF_TIME_NONE
		                         ? "data without signatures is bogus with it"
		                         : "data without signatures is bogus under a DS");
	} else if (all_foreign(data, keys)) {
		foreign_words(one, out);
	} else if (late != NULL) {
		bool held = one->held == one->failure.signers;
		hf_put_text(out, held ? "its signature by " : "the signature over data by ");
		short_key(one->evidence, late->key, out);
		time_words(one, late, out);
	} else {
		hf_words_content(one->evidence, one->failure.signers, out);
		hf_put_format(out, " has no signature by a key of %s",
		        hf_alg_name(one->failure.algorithm, text));
	}
	hf_put_text(out, ": ");
	affected_words(one, out);
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

/* "KSK 12345", or what stands for a key that nobody saw. */
static void wanted_key(const struct hf_case *one, struct hf_buf *out)
{
	const struct hf_content *set = hf_evidence_content_at(one->evidence, one->failure.ds);
	for (size_t i = 0; i < set->member_count; i++) {
		const struct hf_known_ds *ds = hf_evidence_ds_at(one->evidence, set->members[i]);
		for (uint32_t key = 0; key < hf_evidence_key_count(one->evidence); key++) {
			if (ds->ds.algorithm == one->failure.algorithm &&
			        hf_evidence_ds_matches(one->evidence, set->members[i], key) &&
			        hf_evidence_key_at(one->evidence, key)->usable) {
				short_key(one->evidence, key, out);
				return;
			}
		}
	}
	hf_put_text(out, "a key that ");
	hf_words_content(one->evidence, one->failure.ds, out);
	hf_put_text(out, set->member_count > 1 ? " match" : " matches");
}

static void linked_fix(const struct hf_case *one, struct hf_buf *out)
{
	hf_time since, until = HF_TIME_NONE;
	if (one->held != one->failure.ds) {
		hf_put_text(out, "Keep the old DS beside the new one until every resolver has a "
		                 "DNSKEY set that the new one matches.");
		return;
	}
	(void)hf_world_held(one->evidence, one->held, one->at, &since, &until);
	hf_put_text(out, "Keep ");
	wanted_key(one, out);
	hf_put_text(out, " in the DNSKEY set, and let it sign that set, until ");
	if (until == HF_TIME_NEVER)
		hf_put_text(out, "the parent has a DS that matches this version, and ");
	hf_words_content(one->evidence, one->failure.ds, out);
	hf_put_text(out, " has left all caches.");
}

/* A signer of the data that no DNSKEY set had yet; the number of keys when there is none. */
static uint32_t unpublished(const struct hf_case *one)
{
	const struct hf_content *data = hf_evidence_content_at(one->evidence, one->failure.signers);
	for (size_t i = 0; i < data->signing_count; i++) {
		uint32_t key = data->signings[i].key;
		bool seen = false;
		for (size_t k = 0; k < hf_evidence_fact_count(one->evidence); k++) {
			const struct hf_fact *fact = hf_evidence_fact_at(one->evidence, k);
			seen = seen ||
			       (fact->first <= one->at &&
			               has_member(
			                       hf_evidence_content_at(one->evidence, fact->content),
			                       key) &&
			               hf_evidence_content_at(one->evidence, fact->content)->kind ==
			                       HF_KIND_DNSKEY);
		}
		if (!seen)
			return key;
	}
	return (uint32_t)hf_evidence_key_count(one->evidence);
}

/* Data signed by a key that resolvers do not know. */
static void unknown_fix(const struct hf_case *one, struct hf_buf *out)
{
	uint32_t key = unpublished(one);
	if (key < hf_evidence_key_count(one->evidence)) {
		short_key(one->evidence, key, out);
		hf_put_text(out, " was never published. Publish it without signing with it, and "
		                 "go on signing with the old key until every resolver knows the "
		                 "new DNSKEY set.");
	} else {
		hf_put_text(out, "Go on signing with the old key until every resolver knows a "
		                 "DNSKEY set with the new one.");
	}
}

static void covered_fix(const struct hf_case *one, struct hf_buf *out)
{
	const struct hf_content *data = hf_evidence_content_at(one->evidence, one->failure.signers);
	char text[32];
	if (data->signing_count == 0)
		hf_put_text(out, "Keep the zone signed until the DS, and then every DNSKEY set "
		                 "that it proved, has left all caches; a DS goes in only when "
		                 "unsigned data has.");
	else if (has_namesake(one))
		hf_put_text(out, "Sign with the key that is published: compare what each signing "
		                 "unit holds with the DNSKEY set, key by key and not by tag.");
	else if (one->failure.algorithm_only)
		hf_put_format(out,
		        "Sign all data with a key of %s for as long as a DS or a DNSKEY of that "
		        "algorithm is in any cache.",
		        hf_alg_name(one->failure.algorithm, text));
	else if (untimely(one) != NULL)
		hf_put_text(out, "Sign the zone anew now, with the keys that are published.");
	else if (one->held == one->failure.dnskey)
		unknown_fix(one, out);
	else if (one->held == one->failure.signers)
		hf_put_text(out, "Keep the key that made these signatures in the DNSKEY set until "
		                 "the last of them has left all caches.");
	else
		hf_put_text(out, "Sign the data with a key of the DNSKEY set, for each algorithm "
		                 "that has a key or a DS.");
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
