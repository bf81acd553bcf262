/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/affected.h"

#include <stdio.h>

#include "crypto/alg.h"
#include "dns/rdata.h"

/* Which names. */
enum names {
	NAMES_ZONE,     /* all of the zone, and below */
	NAMES_SET,      /* one RRset, or one name that is denied */
	NAMES_KEY,      /* what one key signs */
	NAMES_QUESTION, /* whatever needs as much work */
};

/* At which resolvers. */
enum resolvers {
	AT_VALIDATING = 1, /* a cause without a row has no words, and a test finds it */
	AT_ALL,            /* it is no matter of validation */
	AT_LEAST,          /* validating ones for sure */
	AT_SERVERS,        /* validating ones, when they ask servers like these */
	AT_BOUND,          /* validating ones, each from a bound of its own on */
	AT_NONE,           /* nobody fails */
};

/* What else may be hit, and what shows it. */
enum company {
	ALONE,
	SAME_KEY,  /* what the key signed at the same time */
	SAME_TIME, /* what was signed in the same run */
	SAME_CHAIN /* other names that are denied */
};

/* How caches soften or prolong it. */
enum caches {
	CACHES_NONE,
	CACHES_KEYS,  /* the DNSKEY set of before, and the DS set of now */
	CACHES_DATA,  /* a good copy of the data */
	CACHES_CLOCK, /* a signature's times */
};

static const struct row {
	enum names names;
	enum resolvers resolvers;
	enum company company;
	enum caches caches;
} rows[HF_CAUSES] = {
        [HF_CAUSE_NONE] = {NAMES_ZONE, AT_NONE, ALONE, CACHES_NONE},

        [HF_CAUSE_NO_DNSKEY] = {NAMES_ZONE, AT_VALIDATING, ALONE, CACHES_KEYS},
        [HF_CAUSE_DS_NO_KEY] = {NAMES_ZONE, AT_VALIDATING, ALONE, CACHES_KEYS},
        [HF_CAUSE_DS_NO_ALGORITHM] = {NAMES_ZONE, AT_VALIDATING, ALONE, CACHES_KEYS},
        [HF_CAUSE_DS_DIGEST] = {NAMES_ZONE, AT_VALIDATING, ALONE, CACHES_KEYS},
        [HF_CAUSE_DS_REVOKED] = {NAMES_ZONE, AT_VALIDATING, ALONE, CACHES_KEYS},
        [HF_CAUSE_DS_NOT_ZONE_KEY] = {NAMES_ZONE, AT_VALIDATING, ALONE, CACHES_KEYS},
        [HF_CAUSE_DS_BAD_KEY] = {NAMES_ZONE, AT_VALIDATING, ALONE, CACHES_KEYS},
        [HF_CAUSE_DS_KEY_SILENT] = {NAMES_ZONE, AT_VALIDATING, ALONE, CACHES_KEYS},
        [HF_CAUSE_DS_ZSK] = {NAMES_ZONE, AT_VALIDATING, ALONE, CACHES_KEYS},
        [HF_CAUSE_DS_WRONG_SIDE] = {NAMES_ZONE, AT_SERVERS, ALONE, CACHES_DATA},

        [HF_CAUSE_UNSIGNED] = {NAMES_SET, AT_VALIDATING, SAME_TIME, CACHES_DATA},
        [HF_CAUSE_EXPIRED] = {NAMES_SET, AT_VALIDATING, SAME_TIME, CACHES_CLOCK},
        [HF_CAUSE_EARLY] = {NAMES_SET, AT_VALIDATING, SAME_TIME, CACHES_CLOCK},
        [HF_CAUSE_REVERSED] = {NAMES_SET, AT_VALIDATING, SAME_TIME, CACHES_DATA},
        [HF_CAUSE_BAD_SIGNATURE] = {NAMES_SET, AT_VALIDATING, SAME_KEY, CACHES_DATA},
        [HF_CAUSE_BAD_LENGTH] = {NAMES_SET, AT_VALIDATING, SAME_KEY, CACHES_DATA},
        [HF_CAUSE_SAME_TAG] = {NAMES_SET, AT_VALIDATING, SAME_KEY, CACHES_DATA},
        [HF_CAUSE_SIGNER_NO_KEY] = {NAMES_KEY, AT_VALIDATING, ALONE, CACHES_DATA},
        [HF_CAUSE_SIGNER_REVOKED] = {NAMES_KEY, AT_VALIDATING, ALONE, CACHES_DATA},
        [HF_CAUSE_SIGNER_NOT_ZONE_KEY] = {NAMES_KEY, AT_VALIDATING, ALONE, CACHES_DATA},
        [HF_CAUSE_SIGNER_FOREIGN] = {NAMES_SET, AT_VALIDATING, SAME_TIME, CACHES_DATA},
        [HF_CAUSE_LABELS] = {NAMES_SET, AT_VALIDATING, SAME_KEY, CACHES_DATA},
        [HF_CAUSE_SIG_ALGORITHM] = {NAMES_SET, AT_VALIDATING, SAME_TIME, CACHES_DATA},
        [HF_CAUSE_BAD_RRSIG] = {NAMES_SET, AT_VALIDATING, SAME_TIME, CACHES_DATA},

        [HF_CAUSE_NO_DENIAL] = {NAMES_SET, AT_VALIDATING, SAME_CHAIN, CACHES_NONE},
        [HF_CAUSE_TYPE_EXISTS] = {NAMES_SET, AT_VALIDATING, SAME_CHAIN, CACHES_DATA},
        [HF_CAUSE_NOT_COVERED] = {NAMES_SET, AT_VALIDATING, SAME_CHAIN, CACHES_NONE},
        [HF_CAUSE_WILDCARD_OPEN] = {NAMES_SET, AT_VALIDATING, SAME_CHAIN, CACHES_NONE},
        [HF_CAUSE_NO_ENCLOSER] = {NAMES_SET, AT_VALIDATING, SAME_CHAIN, CACHES_NONE},
        [HF_CAUSE_DENIAL_SIDE] = {NAMES_SET, AT_SERVERS, ALONE, CACHES_NONE},
        [HF_CAUSE_WILDCARD_EXPANSION] = {NAMES_SET, AT_VALIDATING, SAME_CHAIN, CACHES_DATA},
        [HF_CAUSE_CUT_NO_NS] = {NAMES_ZONE, AT_VALIDATING, SAME_CHAIN, CACHES_NONE},

        [HF_CAUSE_NO_DS] = {NAMES_ZONE, AT_NONE, ALONE, CACHES_NONE},
        [HF_CAUSE_OPT_OUT] = {NAMES_ZONE, AT_NONE, ALONE, CACHES_NONE},
        [HF_CAUSE_ALGORITHM] = {NAMES_ZONE, AT_NONE, ALONE, CACHES_NONE},
        [HF_CAUSE_DIGEST] = {NAMES_ZONE, AT_NONE, ALONE, CACHES_NONE},
        [HF_CAUSE_ITERATIONS] = {NAMES_ZONE, AT_NONE, ALONE, CACHES_NONE},

        [HF_CAUSE_NO_ANCHOR] = {NAMES_ZONE, AT_NONE, ALONE, CACHES_NONE},
        [HF_CAUSE_NO_ANSWER] = {NAMES_SET, AT_ALL, ALONE, CACHES_DATA},
        [HF_CAUSE_RCODE] = {NAMES_SET, AT_ALL, ALONE, CACHES_DATA},
        [HF_CAUSE_LAME] = {NAMES_SET, AT_ALL, ALONE, CACHES_DATA},

        [HF_CAUSE_MANY_QUESTIONS] = {NAMES_QUESTION, AT_BOUND, ALONE, CACHES_NONE},
        [HF_CAUSE_MANY_SIGNATURES] = {NAMES_QUESTION, AT_BOUND, ALONE, CACHES_NONE},
        [HF_CAUSE_MANY_HASHES] = {NAMES_QUESTION, AT_BOUND, ALONE, CACHES_NONE},
        [HF_CAUSE_MANY_KEYS] = {NAMES_ZONE, AT_BOUND, ALONE, CACHES_NONE},
        [HF_CAUSE_MANY_ALIASES] = {NAMES_SET, AT_ALL, ALONE, CACHES_NONE},
};

/* What the words are made of. */
struct words {
	struct hf_buf *out;
	const struct hf_fault *fault;
	const struct hf_scene *scene;
	struct row row; /* of the cause, as the fault's circumstances have it */
	bool is_denial; /* the set is an NSEC or NSEC3 record */
	char zone[HF_NAME_TEXT], owner[HF_NAME_TEXT], type[HF_TYPE_TEXT];
};

/* A fault of a DNSKEY or DS set is one of everything that hangs from it; others than validating
 * resolvers do not ask for these sets. */
static struct row row_of(const struct hf_fault *fault)
{
	struct row row = rows[fault->cause];
	bool is_keys = fault->type == KNOT_RRTYPE_DNSKEY;
	if (row.resolvers == AT_ALL && (is_keys || fault->type == KNOT_RRTYPE_DS))
		row.resolvers = AT_LEAST;
	if (!is_keys || row.resolvers == AT_NONE || row.names == NAMES_QUESTION)
		return row;
	row.names = NAMES_ZONE;
	row.company = ALONE;
	if (row.caches == CACHES_DATA)
		row.caches = CACHES_KEYS;
	return row;
}

static void words_init(struct words *words, struct hf_buf *out, const struct hf_fault *fault,
        const struct hf_scene *scene)
{
	words->out = out;
	words->fault = fault;
	words->scene = scene;
	words->row = row_of(fault);
	words->is_denial = fault->type == KNOT_RRTYPE_NSEC || fault->type == KNOT_RRTYPE_NSEC3;
	const struct hf_name *zone = fault->zone.len > 0 ? &fault->zone : &HF_NAME_ROOT;
	hf_name_text(zone, words->zone);
	hf_name_text(fault->owner.len > 0 ? &fault->owner : zone, words->owner);
	hf_type_text(fault->type, words->type);
}

/* ---- Which names ---- */

static void put_set(const struct words *words)
{
	struct hf_buf *out = words->out;
	if (words->fault->type == KNOT_RRTYPE_DS)
		hf_put_format(out, "every name in %s and below", words->owner);
	else if (words->is_denial)
		hf_put_format(out,
		        "all that %s of %s denies: names that do not exist, types that a name has "
		        "not, and unsigned zones below in its span",
		        words->type, words->owner);
	else
		hf_put_format(out, "%s of %s", words->type, words->owner);
}

static void put_names(const struct words *words)
{
	struct hf_buf *out = words->out;
	switch (words->row.names) {
	case NAMES_ZONE:
		hf_put_format(out, "every name in %s and below", words->zone);
		break;
	case NAMES_SET:
		put_set(words);
		break;
	case NAMES_KEY:
		hf_put_format(out, "whatever key %u signs alone in %s, as a rule all of its data",
		        words->fault->tag, words->zone);
		break;
	case NAMES_QUESTION:
		hf_put_format(out, "%s of %s and whatever else takes as much work", words->type,
		        words->owner);
		break;
	}
}

/* ---- At which resolvers ---- */

/* Those that take the zone for unsigned do not notice. */
static void put_algorithm(const struct words *words)
{
	const struct hf_alg *alg = hf_alg_find(words->fault->algorithm);
	if (alg == NULL)
		return;
	if ((alg->flags & HF_ALG_DEPRECATED) != 0)
		hf_put_text(words->out, ", nor do those that no longer take SHA-1 (RFC 9905)");
	else if (alg->number == HF_ALG_ED25519 || alg->number == HF_ALG_ED448)
		hf_put_format(words->out, ", nor do those that do not know %s", alg->name);
}

static void put_nobody(const struct words *words)
{
	struct hf_buf *out = words->out;
	const struct hf_fault *fault = words->fault;
	char alg[32], digest[32];
	if (fault->cause == HF_CAUSE_NO_ANCHOR) {
		hf_put_text(out, "nobody: resolvers without a trust anchor for it do not validate");
		return;
	}
	hf_put_format(
	        out, "nobody fails, but nothing in %s is protected from here on", words->zone);
	if (fault->cause == HF_CAUSE_ALGORITHM)
		hf_put_format(out, "; resolvers that know %s validate it",
		        hf_alg_name(fault->algorithm, alg));
	else if (fault->cause == HF_CAUSE_DIGEST)
		hf_put_format(out, "; resolvers that know the digest %s validate it",
		        hf_digest_name(fault->digest_type, digest));
	else if (fault->cause == HF_CAUSE_ITERATIONS)
		hf_put_text(out, "; each resolver has a bound of its own on iterations, and some "
		                 "answer SERVFAIL above it (RFC 9276 section 3.2)");
}

static void put_resolvers(const struct words *words)
{
	struct hf_buf *out = words->out;
	const struct hf_fault *fault = words->fault;
	switch (words->row.resolvers) {
	case AT_NONE:
		put_nobody(words);
		return;
	case AT_ALL:
		hf_put_text(out, "everybody whose resolver gets no better answer, validating or "
		                 "not, for ");
		put_names(words);
		return;
	case AT_LEAST:
		hf_put_text(out, "at least users of validating resolvers that get no better "
		                 "answer, for ");
		put_names(words);
		return;
	case AT_SERVERS:
		hf_put_text(out, "users of validating resolvers that ask such a server get "
		                 "SERVFAIL for ");
		break;
	case AT_BOUND:
		hf_put_text(out, "users of resolvers that bound their work as much get SERVFAIL "
		                 "for ");
		break;
	case AT_VALIDATING:
		if (fault->by_anchor)
			hf_put_text(out, "users of resolvers with this trust anchor get SERVFAIL "
			                 "for ");
		else
			hf_put_text(out, "users of validating resolvers get SERVFAIL for ");
		break;
	}
	put_names(words);
	hf_put_text(out, "; others do not notice");
	put_algorithm(words);
}

/* ---- What else ---- */

static void put_company(const struct words *words)
{
	struct hf_buf *out = words->out;
	const struct hf_fault *fault = words->fault;
	bool is_ds = fault->type == KNOT_RRTYPE_DS;
	switch (words->row.company) {
	case ALONE:
		return;
	case SAME_KEY:
		if (is_ds)
			hf_put_format(out,
			        "; every other zone below %s whose DS set key %u signed may be "
			        "hit as well: trace names in some of them",
			        words->zone, fault->tag);
		else
			hf_put_format(out,
			        "; whatever else key %u signed in %s at that time may be hit as "
			        "well: look with holdfast verify",
			        fault->tag, words->zone);
		break;
	case SAME_TIME:
		if (is_ds)
			hf_put_format(out,
			        "; other zones below %s whose DS sets were signed in the same run "
			        "may be hit as well: trace names in some of them",
			        words->zone);
		else
			hf_put_format(out,
			        "; whatever else in %s was signed in the same run may be hit as "
			        "well: look with holdfast verify",
			        words->zone);
		break;
	case SAME_CHAIN:
		hf_put_format(out,
		        "; other names in %s that do not exist, and zones below it without a DS, "
		        "may be hit as well: look with holdfast verify",
		        words->zone);
		break;
	}
	hf_put_text(out, "; --all-servers shows whether one server alone has the fault");
}

/* ---- Until when ---- */

/* Before it is mended some still have the keys of before; and after it some have the DS of now. */
static void put_keys(const struct words *words)
{
	struct hf_buf *out = words->out;
	const struct hf_scene *scene = words->scene;
	char span[HF_TIME_TEXT], at[HF_TIME_TEXT];
	if (scene->key_ttl > 0)
		hf_put_format(out,
		        "; resolvers with an earlier DNSKEY set in their cache answer until that "
		        "runs out, up to %s after it was replaced",
		        hf_span_text(scene->key_ttl, span));
	if (scene->key_ttl > 0)
		hf_put_format(out,
		        "; mended at the zone now, caches may hold its DNSKEY set of now "
		        "until %s",
		        hf_time_rfc3339(scene->now + scene->key_ttl, at));
	bool at_parent = hf_cause_info(words->fault->cause)->side != HF_SIDE_ZONE;
	if (scene->ds_ttl > 0 && at_parent && !words->fault->by_anchor)
		hf_put_format(out, "; mended at the parent now, the DS set of now until %s",
		        hf_time_rfc3339(scene->now + scene->ds_ttl, at));
}

/* Many validators allow a tenth of a signature's validity, between an hour and a day. */
#define SKEW_SHARE 10
#define SKEW_MIN   3600
#define SKEW_MAX   86400

static int64_t skew(const struct hf_fault *fault)
{
	int64_t span = (fault->expiration - fault->inception) / SKEW_SHARE;
	if (span < SKEW_MIN)
		return SKEW_MIN;
	return span < SKEW_MAX ? span : SKEW_MAX;
}

static void put_clock(const struct words *words)
{
	struct hf_buf *out = words->out;
	const struct hf_fault *fault = words->fault;
	hf_time now = words->scene->now;
	char at[HF_TIME_TEXT];
	if (fault->cause == HF_CAUSE_EARLY) {
		hf_put_format(
		        out, "; it ends by itself at %s", hf_time_rfc3339(fault->inception, at));
		if (fault->inception - skew(fault) <= now)
			hf_put_text(out, ", and resolvers that allow for wrong clocks take it "
			                 "already");
		return;
	}
	hf_put_text(out, "; no cache has it beyond the end of the signature");
	if (fault->expiration + skew(fault) >= now)
		hf_put_format(out, ", but resolvers that allow for wrong clocks take it until %s",
		        hf_time_rfc3339(fault->expiration + skew(fault), at));
}

static void put_caches(const struct words *words)
{
	struct hf_buf *out = words->out;
	switch (words->row.caches) {
	case CACHES_NONE:
		break;
	case CACHES_KEYS:
		put_keys(words);
		break;
	case CACHES_DATA:
		hf_put_text(out, "; resolvers with a good copy in their cache answer until its "
		                 "TTL runs out");
		break;
	case CACHES_CLOCK:
		put_clock(words);
		break;
	}
	if (words->row.resolvers != AT_NONE)
		hf_put_text(out, "; resolvers remember the failure for up to 5 min after it is "
		                 "mended (RFC 9520)");
}

void hf_fault_put_affected(
        struct hf_buf *out, const struct hf_fault *fault, const struct hf_scene *scene)
{
	struct words words;
	if (fault->cause == HF_CAUSE_NONE)
		return;
	words_init(&words, out, fault, scene);
	put_resolvers(&words);
	put_company(&words);
	put_caches(&words);
}
