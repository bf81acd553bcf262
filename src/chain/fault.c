/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/fault.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/alg.h"
#include "dns/rdata.h"

#define EDE_NONE                 (-1)
#define EDE_DNSKEY_ALGORITHM     1
#define EDE_DS_DIGEST            2
#define EDE_INDETERMINATE        5
#define EDE_BOGUS                6
#define EDE_EXPIRED              7
#define EDE_EARLY                8
#define EDE_DNSKEY_MISSING       9
#define EDE_RRSIGS_MISSING       10
#define EDE_NO_ZONE_KEY          11
#define EDE_NSEC_MISSING         12
#define EDE_NOT_AUTHORITATIVE    20
#define EDE_UNREACHABLE          22
#define EDE_EXPIRED_BEFORE_VALID 25
#define EDE_NSEC3_ITERATIONS     27

static const struct hf_cause_info infos[HF_CAUSES] = {
        [HF_CAUSE_NONE] = {"none", HF_CHAIN_SECURE, EDE_NONE, HF_SIDE_NOBODY},

        [HF_CAUSE_NO_DNSKEY] = {"no-dnskey", HF_CHAIN_BOGUS, EDE_DNSKEY_MISSING, HF_SIDE_EITHER},
        [HF_CAUSE_DS_NO_KEY] = {"ds-no-key", HF_CHAIN_BOGUS, EDE_DNSKEY_MISSING, HF_SIDE_EITHER},
        [HF_CAUSE_DS_NO_ALGORITHM] = {"ds-no-algorithm", HF_CHAIN_BOGUS, EDE_DNSKEY_MISSING,
                HF_SIDE_EITHER},
        [HF_CAUSE_DS_DIGEST] = {"ds-digest", HF_CHAIN_BOGUS, EDE_DNSKEY_MISSING, HF_SIDE_EITHER},
        [HF_CAUSE_DS_REVOKED] = {"ds-revoked", HF_CHAIN_BOGUS, EDE_DNSKEY_MISSING, HF_SIDE_EITHER},
        [HF_CAUSE_DS_NOT_ZONE_KEY] = {"ds-not-zone-key", HF_CHAIN_BOGUS, EDE_NO_ZONE_KEY,
                HF_SIDE_EITHER},
        [HF_CAUSE_DS_BAD_KEY] = {"ds-bad-key", HF_CHAIN_BOGUS, EDE_DNSKEY_MISSING, HF_SIDE_ZONE},
        [HF_CAUSE_DS_KEY_SILENT] = {"ds-key-silent", HF_CHAIN_BOGUS, EDE_RRSIGS_MISSING,
                HF_SIDE_ZONE},
        [HF_CAUSE_DS_ZSK] = {"ds-zsk", HF_CHAIN_BOGUS, EDE_RRSIGS_MISSING, HF_SIDE_PARENT},
        [HF_CAUSE_DS_WRONG_SIDE] = {"ds-wrong-side", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_SERVER},

        [HF_CAUSE_UNSIGNED] = {"unsigned", HF_CHAIN_BOGUS, EDE_RRSIGS_MISSING, HF_SIDE_ZONE},
        [HF_CAUSE_EXPIRED] = {"expired", HF_CHAIN_BOGUS, EDE_EXPIRED, HF_SIDE_ZONE},
        [HF_CAUSE_EARLY] = {"not-yet-valid", HF_CHAIN_BOGUS, EDE_EARLY, HF_SIDE_ZONE},
        [HF_CAUSE_REVERSED] = {"expires-before-valid", HF_CHAIN_BOGUS, EDE_EXPIRED_BEFORE_VALID,
                HF_SIDE_ZONE},
        [HF_CAUSE_BAD_SIGNATURE] = {"bad-signature", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_BAD_LENGTH] = {"bad-signature-length", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_SAME_TAG] = {"same-tag", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_SIGNER_NO_KEY] = {"signer-no-key", HF_CHAIN_BOGUS, EDE_DNSKEY_MISSING,
                HF_SIDE_ZONE},
        [HF_CAUSE_SIGNER_REVOKED] = {"signer-revoked", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_SIGNER_NOT_ZONE_KEY] = {"signer-not-zone-key", HF_CHAIN_BOGUS, EDE_NO_ZONE_KEY,
                HF_SIDE_ZONE},
        [HF_CAUSE_SIGNER_FOREIGN] = {"signer-foreign", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_LABELS] = {"signature-labels", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_SIG_ALGORITHM] = {"signature-algorithm", HF_CHAIN_BOGUS, EDE_RRSIGS_MISSING,
                HF_SIDE_ZONE},
        [HF_CAUSE_BAD_RRSIG] = {"malformed-rrsig", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},

        [HF_CAUSE_NO_DENIAL] = {"no-denial", HF_CHAIN_BOGUS, EDE_NSEC_MISSING, HF_SIDE_ZONE},
        [HF_CAUSE_TYPE_EXISTS] = {"type-exists", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_NOT_COVERED] = {"name-not-covered", HF_CHAIN_BOGUS, EDE_NSEC_MISSING,
                HF_SIDE_ZONE},
        [HF_CAUSE_WILDCARD_OPEN] = {"wildcard-not-covered", HF_CHAIN_BOGUS, EDE_NSEC_MISSING,
                HF_SIDE_ZONE},
        [HF_CAUSE_NO_ENCLOSER] = {"no-closest-encloser", HF_CHAIN_BOGUS, EDE_NSEC_MISSING,
                HF_SIDE_ZONE},
        [HF_CAUSE_DENIAL_SIDE] = {"denial-wrong-side", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_SERVER},
        [HF_CAUSE_WILDCARD_EXPANSION] = {"wildcard-expansion", HF_CHAIN_BOGUS, EDE_NSEC_MISSING,
                HF_SIDE_ZONE},
        [HF_CAUSE_CUT_NO_NS] = {"referral-without-ns", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},

        [HF_CAUSE_NO_DS] = {"no-ds", HF_CHAIN_INSECURE, EDE_NONE, HF_SIDE_NOBODY},
        [HF_CAUSE_OPT_OUT] = {"opt-out", HF_CHAIN_INSECURE, EDE_NONE, HF_SIDE_NOBODY},
        [HF_CAUSE_ALGORITHM] = {"algorithm", HF_CHAIN_INSECURE, EDE_DNSKEY_ALGORITHM, HF_SIDE_ZONE},
        [HF_CAUSE_DIGEST] = {"digest", HF_CHAIN_INSECURE, EDE_DS_DIGEST, HF_SIDE_PARENT},
        [HF_CAUSE_ITERATIONS] = {"nsec3-iterations", HF_CHAIN_INSECURE, EDE_NSEC3_ITERATIONS,
                HF_SIDE_ZONE},

        [HF_CAUSE_NO_ANCHOR] = {"no-anchor", HF_CHAIN_INDETERMINATE, EDE_INDETERMINATE,
                HF_SIDE_RESOLVER},
        [HF_CAUSE_NO_ANSWER] = {"no-answer", HF_CHAIN_INDETERMINATE, EDE_UNREACHABLE,
                HF_SIDE_SERVER},
        [HF_CAUSE_RCODE] = {"server-error", HF_CHAIN_INDETERMINATE, EDE_UNREACHABLE,
                HF_SIDE_SERVER},
        [HF_CAUSE_LAME] = {"lame-referral", HF_CHAIN_INDETERMINATE, EDE_NOT_AUTHORITATIVE,
                HF_SIDE_SERVER},

        [HF_CAUSE_MANY_QUESTIONS] = {"many-questions", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_MANY_SIGNATURES] = {"many-signatures", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_MANY_HASHES] = {"many-hashes", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_MANY_KEYS] = {"many-keys", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
        [HF_CAUSE_MANY_ALIASES] = {"many-aliases", HF_CHAIN_BOGUS, EDE_BOGUS, HF_SIDE_ZONE},
};

const struct hf_cause_info *hf_cause_info(enum hf_cause cause)
{
	return &infos[cause];
}

const char *hf_chain_status_name(enum hf_chain_status status)
{
	static const char *const names[] = {"secure", "insecure", "bogus", "indeterminate"};
	return names[status];
}

/* What sentences are made of. */
struct words {
	struct hf_buf *out;
	const struct hf_fault *fault;
	hf_time now;
	char zone[HF_NAME_TEXT];
	char owner[HF_NAME_TEXT];
	char set[HF_NAME_TEXT + HF_TYPE_TEXT + 8]; /* "A of www.example." */
	char alg[32];
	const char *ds; /* "the parent's DS" */
};

static void words_init(
        struct words *words, struct hf_buf *out, const struct hf_fault *fault, hf_time now)
{
	char type[HF_TYPE_TEXT];
	words->out = out;
	words->fault = fault;
	words->now = now;
	/* Faults about no name have none. */
	hf_name_text(fault->zone.len > 0 ? &fault->zone : &HF_NAME_ROOT, words->zone);
	hf_name_text(fault->owner.len > 0 ? &fault->owner : &HF_NAME_ROOT, words->owner);
	hf_type_text(fault->type, type);
	snprintf(words->set, sizeof(words->set), "%s of %s", type, words->owner);
	snprintf(
	        words->alg, sizeof(words->alg), "%s", hf_alg_name(fault->algorithm, (char[32]){0}));
	words->ds = fault->by_anchor ? "the trust anchor" : "the parent's DS";
}

static const char *flag_role(uint16_t flags)
{
	return (flags & HF_DNSKEY_SEP) != 0 ? "KSK" : "ZSK";
}

/* ---- What is wrong ---- */

static void put_no_key(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	hf_put_format(
	        words->out, "%s %u matches no DNSKEY of %s: ", words->ds, fault->tag, words->zone);
	if (fault->by_anchor)
		hf_put_text(words->out, "the KSK was replaced and the trust anchor is stale");
	else
		hf_put_text(words->out, "KSK replaced without its DS");
	if (fault->key_tag != 0)
		hf_put_format(words->out, " (the DNSKEY set is signed by %s %u)",
		        flag_role(fault->flags), fault->key_tag);
}

static void put_silent(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	hf_put_format(words->out,
	        "the DNSKEY set of %s is not signed by %s %u, which %s stands for", words->zone,
	        flag_role(fault->flags), fault->tag, words->ds);
	if (fault->key_tag != 0)
		hf_put_format(words->out, ", but by key %u only", fault->key_tag);
	if (fault->cause == HF_CAUSE_DS_ZSK)
		hf_put_text(words->out, ": a ZSK was taken for the KSK");
}

static void put_link(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	struct hf_buf *out = words->out;
	switch (fault->cause) {
	case HF_CAUSE_NO_DNSKEY:
		hf_put_format(out, "%s %u says that %s is signed, but it has no DNSKEY set",
		        words->ds, fault->tag, words->zone);
		break;
	case HF_CAUSE_DS_NO_KEY:
		put_no_key(words);
		break;
	case HF_CAUSE_DS_NO_ALGORITHM:
		hf_put_format(out,
		        "%s %u is for %s, and no DNSKEY of %s has that algorithm: the algorithm "
		        "was changed without the DS",
		        words->ds, fault->tag, words->alg, words->zone);
		break;
	case HF_CAUSE_DS_DIGEST:
		hf_put_format(out,
		        "the digest of %s %u is not that of DNSKEY %u of %s: the DS was made of "
		        "another key with that tag, or mistyped",
		        words->ds, fault->tag, fault->tag, words->zone);
		break;
	case HF_CAUSE_DS_REVOKED:
		hf_put_format(out,
		        "%s %u stands for a key of %s that is revoked (its tag is now %u)",
		        words->ds, fault->tag, words->zone, fault->key_tag);
		break;
	case HF_CAUSE_DS_NOT_ZONE_KEY:
		hf_put_format(out,
		        "%s %u stands for a DNSKEY of %s with flags %u that is no zone key",
		        words->ds, fault->tag, words->zone, fault->flags);
		break;
	case HF_CAUSE_DS_BAD_KEY:
		hf_put_format(out, "%s %u stands for a DNSKEY of %s that is no key of %s",
		        words->ds, fault->tag, words->zone, words->alg);
		break;
	case HF_CAUSE_DS_WRONG_SIDE:
		hf_put_format(out,
		        "the DS question for %s was answered from its own side of the zone cut, "
		        "not the parent's",
		        words->zone);
		break;
	default:
		put_silent(words);
		break;
	}
}

static void put_time(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	char at[HF_TIME_TEXT], span[HF_TIME_TEXT];
	hf_put_format(words->out, "the signature over %s by key %u ", words->set, fault->tag);
	if (fault->cause == HF_CAUSE_EXPIRED)
		hf_put_format(words->out, "expired at %s, %s ago",
		        hf_time_rfc3339(fault->expiration, at),
		        hf_span_text(words->now - fault->expiration, span));
	else if (fault->cause == HF_CAUSE_EARLY)
		hf_put_format(words->out, "is not valid before %s, in %s",
		        hf_time_rfc3339(fault->inception, at),
		        hf_span_text(fault->inception - words->now, span));
	else
		hf_put_format(words->out, "expires before it begins to be valid at %s",
		        hf_time_rfc3339(fault->inception, at));
}

static void put_signer(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	struct hf_buf *out = words->out;
	char signer[HF_NAME_TEXT];
	switch (fault->cause) {
	case HF_CAUSE_SIGNER_NO_KEY:
		hf_put_format(out,
		        "%s is signed by key %u (%s), which is not in the DNSKEY set of %s",
		        words->set, fault->tag, words->alg, words->zone);
		break;
	case HF_CAUSE_SIGNER_REVOKED:
		hf_put_format(out, "%s is signed by key %u of %s, which is revoked", words->set,
		        fault->tag, words->zone);
		break;
	case HF_CAUSE_SIGNER_NOT_ZONE_KEY:
		hf_put_format(out,
		        "%s is signed by key %u of %s, which has flags %u and is no zone key",
		        words->set, fault->tag, words->zone, fault->flags);
		break;
	default:
		hf_put_format(out, "the signature over %s is by %s, and the zone is %s", words->set,
		        hf_name_text(fault->other.len > 0 ? &fault->other : &HF_NAME_ROOT, signer),
		        words->zone);
		break;
	}
}

static void put_signature(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	struct hf_buf *out = words->out;
	switch (fault->cause) {
	case HF_CAUSE_UNSIGNED:
		hf_put_format(
		        out, "%s has no signature, and %s is signed", words->set, words->zone);
		break;
	case HF_CAUSE_BAD_SIGNATURE:
		hf_put_format(out,
		        "the signature over %s does not verify with key %u (%s): the records were "
		        "changed after signing, or another private key made it",
		        words->set, fault->tag, words->alg);
		break;
	case HF_CAUSE_BAD_LENGTH:
		hf_put_format(out,
		        "the signature over %s by key %u has not the length of one by %s",
		        words->set, fault->tag, words->alg);
		break;
	case HF_CAUSE_SAME_TAG:
		hf_put_format(out,
		        "the signature over %s verifies with none of the %" PRIu32
		        " keys of %s that have the tag %u",
		        words->set, fault->number, words->zone, fault->tag);
		break;
	case HF_CAUSE_LABELS:
		hf_put_format(out,
		        "the signature over %s by key %u counts more labels than its owner",
		        words->set, fault->tag);
		break;
	case HF_CAUSE_SIG_ALGORITHM:
		hf_put_format(out,
		        "%s is signed with %s only, which is not supported, while the DS of %s is "
		        "for an algorithm that is",
		        words->set, words->alg, words->zone);
		break;
	default:
		hf_put_format(out, "the RRSIG record over %s is malformed", words->set);
		break;
	}
}

static void put_denial(const struct words *words)
{
	struct hf_buf *out = words->out;
	switch (words->fault->cause) {
	case HF_CAUSE_NO_DENIAL:
		hf_put_format(out,
		        "%s is not there, and no NSEC or NSEC3 record of %s in the answer proves "
		        "it",
		        words->set, words->zone);
		break;
	case HF_CAUSE_TYPE_EXISTS:
		hf_put_format(out,
		        "%s is not in the answer, but the name's denial record says that it, or a "
		        "CNAME, is there",
		        words->set);
		break;
	case HF_CAUSE_NOT_COVERED:
		hf_put_format(out,
		        "%s is not in the answer, and the denial records of %s neither match the "
		        "name nor show that it does not exist",
		        words->set, words->zone);
		break;
	case HF_CAUSE_WILDCARD_OPEN:
		hf_put_format(out,
		        "%s is not in the answer, and no denial record of %s shows that no "
		        "wildcard stands for the name",
		        words->set, words->zone);
		break;
	case HF_CAUSE_NO_ENCLOSER:
		hf_put_format(out,
		        "%s is not in the answer, and no NSEC3 record of %s matches any name "
		        "above it",
		        words->set, words->zone);
		break;
	case HF_CAUSE_DENIAL_SIDE:
		hf_put_format(out,
		        "%s is denied by a record from the wrong side of a zone cut, which says "
		        "nothing about it",
		        words->set);
		break;
	case HF_CAUSE_WILDCARD_EXPANSION:
		hf_put_format(out,
		        "%s comes from a wildcard, and no denial record of %s shows that the name "
		        "itself does not exist",
		        words->set, words->zone);
		break;
	default:
		hf_put_format(out,
		        "there is a referral to %s, and the denial record of that name knows of "
		        "no delegation",
		        words->zone);
		break;
	}
}

static void put_insecure(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	struct hf_buf *out = words->out;
	char digest[32];
	switch (fault->cause) {
	case HF_CAUSE_NO_DS:
		hf_put_format(out, "the parent proves that it has no DS for %s: %s is not signed",
		        words->zone, words->zone);
		break;
	case HF_CAUSE_OPT_OUT:
		hf_put_format(out,
		        "%s is in a span of NSEC3 opt-out, where unsigned delegations are not "
		        "listed",
		        words->owner);
		break;
	case HF_CAUSE_ALGORITHM:
		hf_put_format(out,
		        "the DS set of %s has only algorithms that are not supported (%s), so the "
		        "zone counts as unsigned",
		        words->zone, words->alg);
		break;
	case HF_CAUSE_DIGEST:
		hf_put_format(out,
		        "the DS set of %s has only digests that are not supported (%s), so the "
		        "zone counts as unsigned",
		        words->zone, hf_digest_name(fault->digest_type, digest));
		break;
	default:
		hf_put_format(out,
		        "%s has NSEC3 records with %" PRIu32
		        " iterations, more than validators compute, so their denial counts as "
		        "unsigned",
		        words->zone, fault->number);
		break;
	}
}

static void put_unknown(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	struct hf_buf *out = words->out;
	char rcode[HF_RCODE_TEXT];
	switch (fault->cause) {
	case HF_CAUSE_NO_ANCHOR:
		hf_put_format(out, "there is no trust anchor at or above %s", words->zone);
		break;
	case HF_CAUSE_NO_ANSWER:
		hf_put_format(out, "no server of %s answered the question for %s", words->zone,
		        words->set);
		if (fault->words != NULL)
			hf_put_format(out, ": %s", fault->words);
		break;
	case HF_CAUSE_RCODE:
		hf_put_format(out, "the servers of %s answer the question for %s with %s",
		        words->zone, words->set, hf_rcode_text((uint16_t)fault->number, rcode));
		break;
	default:
		hf_put_format(out, "the servers of %s refer the question for %s to nowhere",
		        words->zone, words->set);
		break;
	}
}

static void put_bound(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	static const char *const what[] = {
	        [HF_CAUSE_MANY_QUESTIONS - HF_CAUSE_MANY_QUESTIONS] = "questions have to be asked",
	        [HF_CAUSE_MANY_SIGNATURES - HF_CAUSE_MANY_QUESTIONS] =
	                "signatures have to be verified",
	        [HF_CAUSE_MANY_HASHES - HF_CAUSE_MANY_QUESTIONS] =
	                "NSEC3 hashes have to be computed",
	        [HF_CAUSE_MANY_KEYS - HF_CAUSE_MANY_QUESTIONS] = "DNSKEY records are there",
	        [HF_CAUSE_MANY_ALIASES - HF_CAUSE_MANY_QUESTIONS] =
	                "aliases lead from one name to the next",
	};
	hf_put_format(words->out,
	        "more than %" PRIu32 " %s for %s: nothing goes on beyond that bound", fault->number,
	        what[fault->cause - HF_CAUSE_MANY_QUESTIONS], words->set);
}

void hf_fault_put_text(struct hf_buf *out, const struct hf_fault *fault, hf_time now)
{
	struct words words;
	words_init(&words, out, fault, now);
	if (fault->cause >= HF_CAUSE_MANY_QUESTIONS)
		put_bound(&words);
	else if (fault->cause >= HF_CAUSE_NO_ANCHOR)
		put_unknown(&words);
	else if (fault->cause >= HF_CAUSE_NO_DS)
		put_insecure(&words);
	else if (fault->cause >= HF_CAUSE_NO_DENIAL)
		put_denial(&words);
	else if (fault->cause >= HF_CAUSE_EXPIRED && fault->cause <= HF_CAUSE_REVERSED)
		put_time(&words);
	else if (fault->cause >= HF_CAUSE_SIGNER_NO_KEY && fault->cause <= HF_CAUSE_SIGNER_FOREIGN)
		put_signer(&words);
	else if (fault->cause >= HF_CAUSE_UNSIGNED)
		put_signature(&words);
	else if (fault->cause > HF_CAUSE_NONE)
		put_link(&words);
}

/* ---- What to do ---- */

/* The anchor is the resolver's, the DS the parent's. */
static void fix_link(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	struct hf_buf *out = words->out;
	if (fault->by_anchor) {
		hf_put_format(out,
		        "compare the trust anchor of %s with what its operator publishes, and "
		        "replace it when it is stale",
		        words->zone);
		return;
	}
	switch (fault->cause) {
	case HF_CAUSE_NO_DNSKEY:
		hf_put_format(out,
		        "sign %s again with the key of DS %u; or have the parent remove the DS "
		        "set, "
		        "and serve the signed zone until it has left all caches",
		        words->zone, fault->tag);
		break;
	case HF_CAUSE_DS_KEY_SILENT:
		hf_put_format(out, "sign the DNSKEY set of %s with key %u as well", words->zone,
		        fault->tag);
		break;
	case HF_CAUSE_DS_WRONG_SIDE:
		hf_put_format(out,
		        "have the servers of the parent answer DS questions from the parent's zone "
		        "(RFC 4035 section 3.1.4.1)");
		break;
	case HF_CAUSE_DS_ZSK:
		hf_put_format(out,
		        "have the parent publish a DS for KSK %u of %s; quick, at the zone: sign "
		        "the "
		        "DNSKEY set with key %u as well",
		        fault->key_tag, words->zone, fault->tag);
		break;
	case HF_CAUSE_DS_REVOKED:
		hf_put_format(out,
		        "have the parent publish a DS for a KSK of %s that is not revoked and "
		        "signs "
		        "the DNSKEY set; do not revoke a key before its DS is out of all caches",
		        words->zone);
		break;
	case HF_CAUSE_DS_NOT_ZONE_KEY:
	case HF_CAUSE_DS_BAD_KEY:
		hf_put_format(out,
		        "publish a right KSK in %s (flags 257, protocol 3), sign the DNSKEY set "
		        "with "
		        "it, and have the parent publish its DS",
		        words->zone);
		break;
	case HF_CAUSE_DS_DIGEST:
		hf_put_format(out, "have the parent replace its DS by that of the DNSKEY in %s",
		        words->zone);
		break;
	default:
		hf_put_format(out,
		        "quick, at the zone: put the key of DS %u back into the DNSKEY set of %s "
		        "and "
		        "sign the set with it; at the parent: publish a DS for the key that signs "
		        "it",
		        fault->tag, words->zone);
		if (fault->key_tag != 0)
			hf_put_format(out, ", %u", fault->key_tag);
		break;
	}
}

static void fix_signature(const struct words *words)
{
	const struct hf_fault *fault = words->fault;
	struct hf_buf *out = words->out;
	switch (fault->cause) {
	case HF_CAUSE_SIGNER_NO_KEY:
		hf_put_format(out,
		        "publish DNSKEY %u in %s, or sign again with a key that is published; keys "
		        "must be in all caches before they sign",
		        fault->tag, words->zone);
		break;
	case HF_CAUSE_EXPIRED:
		hf_put_format(out, "sign %s again, and find out why it was not re-signed in time",
		        words->zone);
		break;
	case HF_CAUSE_EARLY:
	case HF_CAUSE_REVERSED:
		hf_put_format(
		        out, "check the clock of the signer of %s, then sign again", words->zone);
		break;
	case HF_CAUSE_BAD_SIGNATURE:
	case HF_CAUSE_SAME_TAG:
		hf_put_format(out,
		        "compare the private key that signs %s with the published DNSKEY %u, then "
		        "sign again; verify before publishing",
		        words->zone, fault->tag);
		break;
	default:
		hf_put_format(out, "sign %s again with its own published keys", words->zone);
		break;
	}
}

static void fix_insecure(const struct words *words)
{
	struct hf_buf *out = words->out;
	switch (words->fault->cause) {
	case HF_CAUSE_ALGORITHM:
		hf_put_format(out,
		        "sign %s with an algorithm in use (RFC 9904) and renew its DS set",
		        words->zone);
		break;
	case HF_CAUSE_DIGEST:
		hf_put_format(out, "have the parent publish a DS for %s with SHA-256", words->zone);
		break;
	case HF_CAUSE_ITERATIONS:
		hf_put_format(out, "sign %s with 0 NSEC3 iterations (RFC 9276)", words->zone);
		break;
	default:
		hf_put_format(out, "to have it proven, sign %s and have the parent publish its DS",
		        words->owner);
		break;
	}
}

static void fix_other(const struct words *words)
{
	struct hf_buf *out = words->out;
	if (words->fault->cause == HF_CAUSE_MANY_ALIASES ||
	        words->fault->cause == HF_CAUSE_MANY_QUESTIONS) {
		hf_put_format(out, "look for loops and long chains of aliases and zones behind %s",
		        words->owner);
		return;
	}
	switch (hf_cause_info(words->fault->cause)->side) {
	case HF_SIDE_RESOLVER:
		hf_put_text(out, "give a trust anchor for a zone at or above the name");
		break;
	case HF_SIDE_SERVER:
		hf_put_format(out,
		        "look at the name servers of %s: are they reachable, and do they "
		        "serve the zone",
		        words->zone);
		break;
	default:
		hf_put_format(out, "remove the surplus from %s", words->zone);
		break;
	}
}

void hf_fault_put_fix(struct hf_buf *out, const struct hf_fault *fault)
{
	struct words words;
	words_init(&words, out, fault, 0);
	if (fault->cause >= HF_CAUSE_NO_ANCHOR)
		fix_other(&words);
	else if (fault->cause >= HF_CAUSE_NO_DS)
		fix_insecure(&words);
	else if (fault->cause == HF_CAUSE_DENIAL_SIDE)
		fix_other(&words);
	else if (fault->cause >= HF_CAUSE_NO_DENIAL)
		hf_put_format(out,
		        "make the denial chain of %s anew (sign the whole zone), and see that all "
		        "its servers have the same version",
		        words.zone);
	else if (fault->cause >= HF_CAUSE_UNSIGNED)
		fix_signature(&words);
	else if (fault->cause > HF_CAUSE_NONE)
		fix_link(&words);
}
