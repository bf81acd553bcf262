/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/sigcheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOON          (12 * 3600)
#define CLOCK_SKEW    (5 * 60)
#define LONG_LIFETIME (180 * 86400)
#define HALF_ERA      0x80000000u /* 2038-01-19 */
#define AMBIGUOUS     ((hf_time)20 * 365 * 86400)

/* What one signature is worth. */
enum sig_state {
	SIG_GOOD,
	SIG_UNSUPPORTED, /* its key is there, but we cannot verify its algorithm */
	SIG_UNTRIED,     /* worth trying its keys */
	SIG_MALFORMED,
	SIG_SIGNER,
	SIG_LABELS,
	SIG_LENGTH,
	SIG_NO_KEY,
	SIG_NOT_ZONE_KEY,
	SIG_REVOKED,
	SIG_INVALID,
	SIG_TIMES,
	SIG_EXPIRED,
	SIG_FUTURE,
};

struct sig {
	struct hf_rdata rdata;
	struct hf_rrsig rrsig;
	enum sig_state state;
	unsigned key_count;
	uint16_t keys[HF_VERIFY_SAME_TAG]; /* to try; the one that fits first when it is good */
	hf_time inception, expiration;
};

static bool may_sign(const struct hf_zone_key *key, uint16_t type)
{
	/* A revoked key signs the DNSKEY set, and nothing else (RFC 5011 section 2.1). */
	return (key->dnskey.flags & HF_DNSKEY_REVOKE) == 0 || type == KNOT_RRTYPE_DNSKEY;
}

static bool length_fits(const struct hf_zone_key *key, const struct hf_rrsig *rrsig)
{
	const struct hf_alg *alg = hf_alg_find(rrsig->algorithm);
	if (alg == NULL)
		return true;
	unsigned len = alg->sig_len != 0 ? alg->sig_len : (hf_pubkey_bits(key->pubkey) + 7) / 8;
	return rrsig->signature_len == len;
}

/* Finds the keys to try, and says what is wrong when there is none. */
static void find_keys(const struct hf_facts *facts, struct sig *sig)
{
	sig->state = SIG_NO_KEY;
	for (size_t i = 0; i < facts->key_count && sig->key_count < HF_VERIFY_SAME_TAG; i++) {
		const struct hf_zone_key *key = &facts->keys[i];
		if (key->tag != sig->rrsig.tag || key->dnskey.algorithm != sig->rrsig.algorithm)
			continue;
		if (key->use == HF_KEY_USABLE && may_sign(key, sig->rrsig.covered) &&
		        length_fits(key, &sig->rrsig))
			sig->keys[sig->key_count++] = (uint16_t)i;
		if (key->use == HF_KEY_UNSUPPORTED)
			sig->state = SIG_UNSUPPORTED;
		else if (key->use == HF_KEY_UNUSABLE)
			sig->state = SIG_NOT_ZONE_KEY;
		else if (!may_sign(key, sig->rrsig.covered))
			sig->state = SIG_REVOKED;
		else
			sig->state = SIG_LENGTH;
	}
	if (sig->key_count > 0)
		sig->state = SIG_UNTRIED;
}

/* Everything that needs no cryptography. */
static void sig_read(const struct hf_facts *facts, const struct hf_name *owner,
        struct hf_rdata rdata, struct sig *ret_sig)
{
	*ret_sig = (struct sig){.rdata = rdata, .state = SIG_MALFORMED};
	if (!hf_rrsig_read(rdata, &ret_sig->rrsig))
		return;
	const struct hf_rrsig *rrsig = &ret_sig->rrsig;
	ret_sig->inception = hf_time_from_stamp(rrsig->inception, facts->at);
	ret_sig->expiration = hf_time_from_stamp(rrsig->expiration, facts->at);
	unsigned labels = hf_name_labels(owner) - (hf_name_is_wildcard(owner) ? 1 : 0);
	if (!hf_name_equal(&rrsig->signer, facts->apex))
		ret_sig->state = SIG_SIGNER;
	else if (rrsig->labels != labels)
		ret_sig->state = SIG_LABELS;
	else
		find_keys(facts, ret_sig);
}

static enum hf_err triples_reserve(struct hf_worker *worker)
{
	if (worker->triple_count + HF_VERIFY_SAME_TAG <= worker->triple_cap)
		return HF_OK;
	size_t cap = worker->triple_cap * 2 + 256;
	struct hf_triple *triples = realloc(worker->triples, cap * sizeof(*triples));
	if (triples == NULL)
		return HF_ERR_NOMEM;
	worker->triples = triples;
	worker->triple_cap = cap;
	return HF_OK;
}

/* Whether a good version had this very set, with these signatures. */
static bool was_good(const struct hf_owner *owner, const struct hf_rrset *set)
{
	struct hf_rrset known;
	return owner->known != NULL && hf_node_find(owner->known, set->type, &known) &&
	       known.rrs_len == set->rrs_len && known.sigs_len == set->sigs_len &&
	       memcmp(known.rrs, set->rrs, set->rrs_len) == 0 &&
	       memcmp(known.sigs, set->sigs, set->sigs_len) == 0;
}

enum hf_err hf_sigs_collect(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	bool known = was_good(owner, set);
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	for (unsigned i = 0; i < HF_VERIFY_SIGS && hf_rdata_next(&walk, &rdata); i++) {
		struct sig sig;
		sig_read(worker->facts, &owner->name, rdata, &sig);
		enum hf_err err = triples_reserve(worker);
		if (err != HF_OK)
			return err;
		for (unsigned k = 0; k < sig.key_count; k++)
			worker->triples[worker->triple_count++] = (struct hf_triple){
			        .owner = &owner->name,
			        .set = *set,
			        .rrsig = rdata,
			        .key = sig.keys[k],
			        /* Which of several keys it was is not known. */
			        .known = known && sig.key_count == 1 &&
			                 !worker->facts->keys[sig.keys[k]].is_new,
			};
	}
	return HF_OK;
}

void hf_triple_done(void *context, uint64_t tag, bool good)
{
	struct hf_worker *worker = context;
	worker->triples[tag].good = good;
}

static enum hf_err triple_submit(struct hf_worker *worker, size_t index)
{
	const struct hf_triple *triple = &worker->triples[index];
	struct hf_rdata rrsig = triple->rrsig;
	enum hf_err err = hf_signed_data(triple->owner, &triple->set, rrsig, &worker->message);
	if (err != HF_OK)
		return err;
	size_t fields = HF_RRSIG_FIXED + hf_rrsig_signer_len(rrsig); /* it was read before */
	/* All depends on the apex, so two implementations have to agree on it. */
	enum hf_batch_flags flags =
	        hf_name_equal(triple->owner, worker->facts->apex) ? HF_BATCH_TWICE : HF_BATCH_PLAIN;
	return hf_batch_submit(worker->batch, triple->key, flags, worker->message.data,
	        worker->message.len, rrsig.data + fields, rrsig.len - fields, index);
}

enum hf_err hf_triples_check(struct hf_worker *worker)
{
	for (size_t i = 0; i < worker->triple_count; i++) {
		if (worker->triples[i].known) {
			worker->triples[i].good = true;
			continue;
		}
		enum hf_err err = triple_submit(worker, i);
		if (err != HF_OK)
			return err;
	}
	return worker->batch != NULL ? hf_batch_flush(worker->batch) : HF_OK;
}

/* Takes the results of a signature's triples. */
static void take_results(const struct hf_worker *worker, struct sig *sig, size_t *next)
{
	if (sig->state != SIG_UNTRIED)
		return;
	sig->state = SIG_INVALID;
	for (unsigned k = 0; k < sig->key_count; k++) {
		const struct hf_triple *triple = &worker->triples[(*next)++];
		if (triple->good && sig->state == SIG_INVALID) {
			sig->state = SIG_GOOD;
			sig->keys[0] = triple->key;
		}
	}
}

/* A signature that verifies must also be in its time. */
static void judge_times(hf_time at, struct sig *sig)
{
	if (sig->state != SIG_GOOD && sig->state != SIG_UNSUPPORTED)
		return;
	if (hf_serial_before(sig->rrsig.expiration, sig->rrsig.inception))
		sig->state = SIG_TIMES;
	else if (sig->expiration < at)
		sig->state = SIG_EXPIRED;
	else if (sig->inception > at)
		sig->state = SIG_FUTURE;
}

static void note_validity(struct hf_worker *worker, const struct hf_name *owner,
        const struct hf_rrset *set, const struct sig *sig)
{
	if (sig->state == SIG_MALFORMED ||
	        (worker->has_validity && sig->expiration > worker->min_expiration))
		return;
	if (worker->has_validity && sig->expiration == worker->min_expiration) {
		int order = hf_name_cmp(owner, &worker->min_owner);
		if (order > 0 || (order == 0 && set->type >= worker->min_type))
			return;
	}
	worker->has_validity = true;
	worker->min_expiration = sig->expiration;
	worker->min_owner = *owner;
	worker->min_type = set->type;
}

static void note_use(struct hf_worker *worker, uint16_t type, const struct sig *sig)
{
	bool good = sig->state == SIG_GOOD;
	if (!good && sig->state != SIG_EXPIRED && sig->state != SIG_FUTURE)
		return;
	if (sig->key_count == 0)
		return;
	uint16_t key = sig->keys[0];
	worker->key_used[key] = true;
	if (type == KNOT_RRTYPE_DNSKEY) {
		worker->made_dnskey[key] = true;
		worker->signed_dnskey[key] = worker->signed_dnskey[key] || good;
	} else if (type == KNOT_RRTYPE_CDS) {
		worker->signed_cds[key] = worker->signed_cds[key] || good;
	} else if (type == KNOT_RRTYPE_CDNSKEY) {
		worker->signed_cdnskey[key] = worker->signed_cdnskey[key] || good;
	}
}

/* "ZSK 12345 (ECDSAP256SHA256)", or "key 12345 (…)" for one that is not published. */
static const char *sig_key(const struct hf_facts *facts, const struct sig *sig, char text[64])
{
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct hf_zone_key *key = &facts->keys[i];
		if (key->tag == sig->rrsig.tag && key->dnskey.algorithm == sig->rrsig.algorithm)
			return key->label;
	}
	char name[32];
	snprintf(text, 64, "key %u (%s)", sig->rrsig.tag, hf_alg_name(sig->rrsig.algorithm, name));
	return text;
}

struct judged {
	struct hf_worker *worker;
	const struct hf_rrset *set;
	struct hf_where where;
	const char *type;
	unsigned count;
	bool satisfied; /* every algorithm has a good signature */
	struct sig sigs[HF_VERIFY_SIGS];
};

static void report_times(struct judged *judged, const struct sig *sig, const char *key)
{
	struct hf_finds *finds = &judged->worker->finds;
	hf_time at = judged->worker->facts->at;
	char when[HF_TIME_TEXT], span[HF_TIME_TEXT];
	if (judged->satisfied) {
		hf_found(finds, HF_CHECK_RRSIG_LEFTOVER, &judged->where,
		        "Beside a good signature, the %s set has one by %s that is %s.",
		        judged->type, key, sig->state == SIG_EXPIRED ? "expired" : "not yet valid");
	} else if (sig->state == SIG_EXPIRED) {
		hf_found(finds, HF_CHECK_RRSIG_EXPIRED, &judged->where,
		        "The signature by %s over the %s set ended %s, %s before the time of this "
		        "check%s.",
		        key, judged->type, hf_time_rfc3339(sig->expiration, when),
		        hf_span_text(at - sig->expiration, span),
		        at - sig->expiration > AMBIGUOUS
		                ? " (or it is meant to end more than 68 years ahead)"
		                : "");
	} else {
		hf_found(finds, HF_CHECK_RRSIG_NOT_YET_VALID, &judged->where,
		        "The signature by %s over the %s set begins %s, %s after the time of this "
		        "check.",
		        key, judged->type, hf_time_rfc3339(sig->inception, when),
		        hf_span_text(sig->inception - at, span));
	}
}

/* Signatures that are wrong in their form, whatever else the set has. */
static void report_form(struct judged *judged, const struct sig *sig, const char *key)
{
	struct hf_finds *finds = &judged->worker->finds;
	const struct hf_where *where = &judged->where;
	char signer[HF_NAME_TEXT];
	switch (sig->state) {
	case SIG_MALFORMED:
		hf_found(finds, HF_CHECK_RDATA_MALFORMED, where,
		        "A signature over the %s set is malformed.", judged->type);
		break;
	case SIG_SIGNER:
		hf_found(finds, HF_CHECK_RRSIG_SIGNER, where,
		        "The signature by key %u over the %s set names the signer %s.",
		        sig->rrsig.tag, judged->type, hf_name_text(&sig->rrsig.signer, signer));
		break;
	case SIG_LABELS:
		hf_found(finds, HF_CHECK_RRSIG_LABELS, where,
		        "The signature by %s over the %s set says that its owner has %u labels; it "
		        "has %u.",
		        key, judged->type, sig->rrsig.labels,
		        hf_name_labels(where->owner) - (hf_name_is_wildcard(where->owner) ? 1 : 0));
		break;
	case SIG_LENGTH:
		hf_found(finds, HF_CHECK_RRSIG_LENGTH, where,
		        "The signature by %s over the %s set has %u bytes, which is wrong for this "
		        "key.",
		        key, judged->type, sig->rrsig.signature_len);
		break;
	default:
		hf_found(finds, HF_CHECK_RRSIG_TIMES, where,
		        "The signature by %s over the %s set expires before its inception.", key,
		        judged->type);
		break;
	}
}

static void report_sig(struct judged *judged, const struct sig *sig)
{
	struct hf_finds *finds = &judged->worker->finds;
	char text[64];
	const char *key = sig_key(judged->worker->facts, sig, text);
	judged->where.tag = sig->state == SIG_MALFORMED ? HF_NO_TAG : sig->rrsig.tag;
	judged->where.cause = sig->rrsig.algorithm;
	switch (sig->state) {
	case SIG_GOOD:
	case SIG_UNSUPPORTED:
		break;
	case SIG_NO_KEY:
		if (judged->satisfied)
			hf_found(finds, HF_CHECK_RRSIG_LEFTOVER, &judged->where,
			        "Beside a good signature, the %s set has one by %s, which is not "
			        "in the DNSKEY set.",
			        judged->type, key);
		else
			hf_found(finds, HF_CHECK_RRSIG_NO_KEY, &judged->where,
			        "The %s set is signed by %s, which is not in the DNSKEY set; "
			        "validators find it bogus.",
			        judged->type, key);
		break;
	case SIG_NOT_ZONE_KEY:
		hf_found(finds, HF_CHECK_RRSIG_NOT_ZONE_KEY, &judged->where,
		        "The %s set is signed by %s, which validators must not use.", judged->type,
		        key);
		break;
	case SIG_REVOKED:
		hf_found(finds, HF_CHECK_RRSIG_REVOKED_KEY, &judged->where,
		        "The %s set is signed by the %s.", judged->type, key);
		break;
	case SIG_INVALID:
		hf_found(finds, HF_CHECK_RRSIG_INVALID, &judged->where,
		        "The signature by %s over the %s set does not verify.", key, judged->type);
		break;
	case SIG_EXPIRED:
	case SIG_FUTURE:
		report_times(judged, sig, key);
		break;
	default:
		report_form(judged, sig, key);
		break;
	}
}

/* What is odd about a signature that is good now. */
static void report_good(struct judged *judged, const struct sig *sig)
{
	struct hf_finds *finds = &judged->worker->finds;
	const struct hf_where *where = &judged->where;
	hf_time left = sig->expiration - judged->worker->facts->at;
	char text[64], span[HF_TIME_TEXT], when[HF_TIME_TEXT];
	const char *key = sig_key(judged->worker->facts, sig, text);
	if (left < SOON)
		hf_found(finds, HF_CHECK_RRSIG_EXPIRES_SOON, where,
		        "The signature by %s over the %s set ends in %s.", key, judged->type,
		        hf_span_text(left, span));
	if (left < judged->set->ttl)
		hf_found(finds, HF_CHECK_RRSIG_TTL_BEYOND, where,
		        "The signature by %s over the %s set ends in %s, but the TTL is %u s.", key,
		        judged->type, hf_span_text(left, span), judged->set->ttl);
	if (judged->worker->facts->at - sig->inception < CLOCK_SKEW)
		hf_found(finds, HF_CHECK_RRSIG_INCEPTION_RECENT, where,
		        "The signature by %s over the %s set is valid from %s on.", key,
		        judged->type, hf_time_rfc3339(sig->inception, when));
	if (sig->expiration - sig->inception > LONG_LIFETIME)
		hf_found(finds, HF_CHECK_RRSIG_LIFETIME_LONG, where,
		        "The signature by %s over the %s set is valid for %s in all.", key,
		        judged->type, hf_span_text(sig->expiration - sig->inception, span));
	if (sig->rrsig.expiration >= HALF_ERA)
		hf_found(finds, HF_CHECK_RRSIG_POST_2038, where,
		        "The signature by %s over the %s set ends %s.", key, judged->type,
		        hf_time_rfc3339(sig->expiration, when));
}

static void report_ttls(struct judged *judged, const struct sig *sig)
{
	if (sig->state == SIG_MALFORMED || sig->rrsig.ttl == judged->set->ttl)
		return;
	hf_found(&judged->worker->finds, HF_CHECK_RRSIG_ORIGINAL_TTL, &judged->where,
	        "The %s set has TTL %u, but its signature by key %u was made for TTL %u.",
	        judged->type, judged->set->ttl, sig->rrsig.tag, sig->rrsig.ttl);
}

/* Whether an algorithm that must sign has a good signature, and whether it has any. */
static bool alg_signs(const struct judged *judged, uint8_t alg, bool *ret_any)
{
	bool good = false, any = false;
	for (unsigned i = 0; i < judged->count; i++) {
		const struct sig *sig = &judged->sigs[i];
		if (sig->state == SIG_MALFORMED || sig->rrsig.algorithm != alg)
			continue;
		any = true;
		bool revoked = sig->state == SIG_GOOD &&
		               !hf_zone_key_signs(&judged->worker->facts->keys[sig->keys[0]]);
		if ((sig->state == SIG_GOOD && !revoked) || sig->state == SIG_UNSUPPORTED)
			good = true;
	}
	*ret_any = any;
	return good;
}

static bool is_satisfied(const struct judged *judged)
{
	const struct hf_facts *facts = judged->worker->facts;
	bool any;
	for (size_t i = 0; i < facts->alg_count; i++) {
		if (!alg_signs(judged, facts->algs[i], &any))
			return false;
	}
	return true;
}

static void report_absent(struct judged *judged)
{
	const struct hf_facts *facts = judged->worker->facts;
	struct hf_where where = judged->where;
	where.tag = HF_NO_TAG;
	where.cause = 0;
	if (judged->count == 0) {
		hf_found(&judged->worker->finds, HF_CHECK_RRSIG_MISSING, &where,
		        "The %s set has no signature; validators find it bogus.", judged->type);
		return;
	}
	for (size_t i = 0; i < facts->alg_count; i++) {
		bool any;
		char name[32];
		if (alg_signs(judged, facts->algs[i], &any) || any)
			continue;
		where.cause = facts->algs[i];
		hf_found(&judged->worker->finds, HF_CHECK_RRSIG_ALG_MISSING, &where,
		        "The %s set has no signature by %s, which is in the DNSKEY set.",
		        judged->type, hf_alg_name(facts->algs[i], name));
	}
}

static bool has_repeats(const struct judged *judged)
{
	if ((judged->set->flags & HF_RRSET_SIG_DUPLICATE) != 0)
		return true;
	for (unsigned i = 0; i < judged->count; i++) {
		for (unsigned k = 0; k < i; k++) {
			if (judged->sigs[i].state == SIG_GOOD &&
			        judged->sigs[k].state == SIG_GOOD &&
			        judged->sigs[i].keys[0] == judged->sigs[k].keys[0])
				return true;
		}
	}
	return false;
}

/* What concerns the set as a whole. */
static void report_set(struct judged *judged)
{
	const struct hf_rrset *set = judged->set;
	struct hf_finds *finds = &judged->worker->finds;
	judged->where.tag = HF_NO_TAG;
	judged->where.cause = 0;
	if (!judged->satisfied)
		report_absent(judged);
	if (judged->count == 0)
		return;
	if (set->sig_count > HF_VERIFY_SIGS)
		hf_found(finds, HF_CHECK_RRSIG_TOO_MANY, &judged->where,
		        "The %s set has %u signatures; only the first %d were looked at.",
		        judged->type, set->sig_count, HF_VERIFY_SIGS);
	if (set->sig_ttl != set->ttl || (set->flags & HF_RRSET_SIG_TTL_DIFFERS) != 0)
		hf_found(finds, HF_CHECK_RRSIG_TTL, &judged->where,
		        "The %s set has TTL %u, but its signatures have TTL %u%s.", judged->type,
		        set->ttl, set->sig_ttl,
		        (set->flags & HF_RRSET_SIG_TTL_DIFFERS) != 0 ? " and others" : "");
	if (has_repeats(judged))
		hf_found(finds, HF_CHECK_RRSIG_DUPLICATE, &judged->where,
		        "The %s set is signed more than once by one key.", judged->type);
}

void hf_sigs_judge(struct hf_worker *worker, const struct hf_name *owner,
        const struct hf_rrset *set, size_t *next)
{
	char type[HF_TYPE_TEXT];
	struct judged judged;
	judged.worker = worker;
	judged.set = set;
	judged.where = (struct hf_where){.owner = owner, .type = set->type, .tag = HF_NO_TAG};
	judged.type = hf_type_text(set->type, type);
	judged.count = 0;
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	while (judged.count < HF_VERIFY_SIGS && hf_rdata_next(&walk, &rdata)) {
		struct sig *sig = &judged.sigs[judged.count++];
		sig_read(worker->facts, owner, rdata, sig);
		take_results(worker, sig, next);
		judge_times(worker->facts->at, sig);
		note_validity(worker, owner, set, sig);
		note_use(worker, set->type, sig);
	}
	judged.satisfied = is_satisfied(&judged);
	for (unsigned i = 0; i < judged.count; i++) {
		report_sig(&judged, &judged.sigs[i]);
		report_ttls(&judged, &judged.sigs[i]);
		if (judged.sigs[i].state == SIG_GOOD)
			report_good(&judged, &judged.sigs[i]);
	}
	report_set(&judged);
}

void hf_sigs_unexpected(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	if (set->sig_count == 0)
		return;
	struct hf_where where = {.owner = &owner->name, .type = set->type, .tag = HF_NO_TAG};
	char type[HF_TYPE_TEXT];
	hf_type_text(set->type, type);
	if (set->type == KNOT_RRTYPE_RRSIG)
		hf_found(&worker->finds, HF_CHECK_RRSIG_UNEXPECTED, &where,
		        "A signature covers signatures.");
	else if (owner->kind == HF_OWNER_HIDDEN)
		hf_found(&worker->finds, HF_CHECK_RRSIG_UNEXPECTED, &where,
		        "The %s set is below a delegation or a DNAME, but has a signature.", type);
	else if (set->rr_count > 0 && owner->kind == HF_OWNER_EMPTY)
		hf_found(&worker->finds, HF_CHECK_RRSIG_UNEXPECTED, &where,
		        "The %s set has a signature, but has no place in the zone.", type);
	else if (set->rr_count > 0)
		hf_found(&worker->finds, HF_CHECK_RRSIG_UNEXPECTED, &where,
		        "The %s set of a delegation has a signature; it belongs to the child.",
		        type);
	else
		hf_found(&worker->finds, HF_CHECK_RRSIG_ORPHAN, &where,
		        "There is a signature for type %s, but there are no %s records.", type,
		        type);
}
