/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/setproof.h"

#include <stdlib.h>

#define LINK_SIGS 256 /* signatures that a link remembers */

/* One proof on its way. */
struct attempt {
	struct hf_keyring *ring;
	struct hf_effort *effort;
	struct hf_link *link;
	bool keys; /* HF_SETPROOF_KEYS */
	const struct hf_name *owner;
	const struct hf_rrset *set;
	unsigned owner_labels;        /* without a wildcard's asterisk */
	struct hf_fault unsigned_set; /* what the faults of signatures start from */
	struct hf_setproof proof;
	int closeness; /* of the fault so far */
	bool proven;
};

/* One signature of it. */
struct trial {
	struct hf_rdata rdata;
	struct hf_rrsig rrsig;
	hf_time inception, expiration;
	struct hf_fault fault;
	bool trusted; /* by a key that counts */
};

/* How far a signature came before it failed. */
static int closeness(enum hf_cause cause)
{
	static const enum hf_cause order[] = {
	        HF_CAUSE_UNSIGNED,
	        HF_CAUSE_BAD_RRSIG,
	        HF_CAUSE_SIGNER_FOREIGN,
	        HF_CAUSE_LABELS,
	        HF_CAUSE_DS_KEY_SILENT,
	        HF_CAUSE_SIG_ALGORITHM,
	        HF_CAUSE_SIGNER_NO_KEY,
	        HF_CAUSE_SIGNER_NOT_ZONE_KEY,
	        HF_CAUSE_SIGNER_REVOKED,
	        HF_CAUSE_REVERSED,
	        HF_CAUSE_EARLY,
	        HF_CAUSE_EXPIRED,
	        HF_CAUSE_BAD_LENGTH,
	        HF_CAUSE_BAD_SIGNATURE,
	        HF_CAUSE_SAME_TAG,
	        HF_CAUSE_MANY_SIGNATURES,
	};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] == cause)
			return (int)i;
	return -1;
}

static bool same_key(const struct hf_ring_key *key, const struct hf_rrsig *rrsig)
{
	return key->tag == rrsig->tag && key->dnskey.algorithm == rrsig->algorithm;
}

/* What is wrong without looking at keys. */
static enum hf_cause check_form(const struct attempt *attempt, const struct trial *trial)
{
	const struct hf_rrsig *rrsig = &trial->rrsig;
	const struct hf_alg *alg = hf_alg_find(rrsig->algorithm);
	if (!hf_name_equal(&rrsig->signer, &attempt->ring->zone) ||
	        !hf_name_is_under(attempt->owner, &attempt->ring->zone))
		return HF_CAUSE_SIGNER_FOREIGN;
	if (rrsig->labels > attempt->owner_labels ||
	        rrsig->labels < hf_name_labels(&attempt->ring->zone))
		return HF_CAUSE_LABELS;
	if (alg == NULL || (alg->flags & HF_ALG_VERIFIES) == 0)
		return HF_CAUSE_SIG_ALGORITHM;
	return HF_CAUSE_NONE;
}

/* RFC 4034 section 3.1.5: both ends are in the validity, and the stamps wrap around. */
static enum hf_cause check_times(const struct attempt *attempt, const struct trial *trial)
{
	if (hf_serial_before(trial->rrsig.expiration, trial->rrsig.inception))
		return HF_CAUSE_REVERSED;
	if (trial->inception > attempt->effort->at)
		return HF_CAUSE_EARLY;
	if (trial->expiration < attempt->effort->at)
		return HF_CAUSE_EXPIRED;
	return HF_CAUSE_NONE;
}

/* Whether a key's use keeps it from signing. */
static enum hf_cause check_use(const struct hf_ring_key *key)
{
	switch (key->use) {
	case HF_RING_GOOD:
		return HF_CAUSE_NONE;
	case HF_RING_REVOKED:
		return HF_CAUSE_SIGNER_REVOKED;
	case HF_RING_NOT_ZONE:
		return HF_CAUSE_SIGNER_NOT_ZONE_KEY;
	case HF_RING_UNSUPPORTED:
		return HF_CAUSE_SIG_ALGORITHM;
	case HF_RING_BAD:
		break;
	}
	return HF_CAUSE_BAD_SIGNATURE;
}

/* The keys that a signature may be by; the cause says why none of them can be used. */
static size_t candidates(const struct attempt *attempt, struct trial *trial,
        struct hf_ring_key *ret_keys[static HF_SETPROOF_SAME_TAG], enum hf_cause *ret_cause)
{
	size_t count = 0;
	enum hf_cause cause = HF_CAUSE_SIGNER_NO_KEY;
	for (size_t i = 0; i < attempt->ring->count; i++) {
		struct hf_ring_key *key = &attempt->ring->keys[i];
		if (!same_key(key, &trial->rrsig))
			continue;
		enum hf_cause unusable = check_use(key);
		trial->fault.flags = key->dnskey.flags;
		if (unusable != HF_CAUSE_NONE)
			cause = closeness(unusable) > closeness(cause) ? unusable : cause;
		else if (count < HF_SETPROOF_SAME_TAG)
			ret_keys[count++] = key;
		trial->trusted |= key->trusted && unusable == HF_CAUSE_NONE;
	}
	*ret_cause = count > 0 ? HF_CAUSE_NONE : cause;
	return count;
}

static enum hf_cause check_length(const struct hf_ring_key *key, const struct hf_rrsig *rrsig)
{
	const struct hf_alg *alg = hf_alg_find(rrsig->algorithm);
	size_t len = alg->sig_len > 0 ? alg->sig_len : (hf_pubkey_bits(key->pubkey) + 7) / 8;
	return rrsig->signature_len == len ? HF_CAUSE_NONE : HF_CAUSE_BAD_LENGTH;
}

/* One key's try at a signature. `*ret_cause` says how it ended. */
static enum hf_err verify(const struct attempt *attempt, const struct trial *trial,
        struct hf_ring_key *key, enum hf_cause *ret_cause)
{
	struct hf_effort *effort = attempt->effort;
	bool good = false;
	if (effort->signatures >= effort->most.signatures ||
	        effort->failures >= effort->most.failures) {
		*ret_cause = HF_CAUSE_MANY_SIGNATURES;
		return HF_OK;
	}
	*ret_cause = check_length(key, &trial->rrsig);
	if (*ret_cause != HF_CAUSE_NONE)
		return HF_OK;
	enum hf_err err =
	        hf_signed_data(attempt->owner, attempt->set, trial->rdata, &effort->message);
	if (err != HF_OK)
		return err;
	effort->signatures++;
	err = hf_verifier_check(key->verifier, effort->message.data, effort->message.len,
	        trial->rrsig.signature, trial->rrsig.signature_len, &good);
	if (err != HF_OK)
		return err;
	if (!good) {
		effort->failures++;
		*ret_cause = HF_CAUSE_BAD_SIGNATURE;
	}
	return HF_OK;
}

static void note_good(struct attempt *attempt, const struct trial *trial, struct hf_ring_key *key)
{
	struct hf_setproof *proof = &attempt->proof;
	const struct hf_rrsig *rrsig = &trial->rrsig;
	uint32_t ttl = attempt->set->ttl;
	if (attempt->keys)
		key->signs_keys = true;
	else
		key->signs_data = true;
	if (attempt->proven || (attempt->keys && !key->trusted))
		return;
	hf_time left = trial->expiration - attempt->effort->at;
	if (rrsig->ttl < ttl)
		ttl = rrsig->ttl;
	if (attempt->set->sig_ttl < ttl)
		ttl = attempt->set->sig_ttl;
	if (left < ttl)
		ttl = (uint32_t)left;
	attempt->proven = true;
	proof->fault.cause = HF_CAUSE_NONE;
	proof->ttl = ttl;
	proof->labels = rrsig->labels;
	proof->expanded = rrsig->labels < attempt->owner_labels;
	if (attempt->effort->valid_until == HF_TIME_NONE ||
	        trial->expiration < attempt->effort->valid_until)
		attempt->effort->valid_until = trial->expiration;
}

/* All that there is to say against one signature; its fault's cause is NONE when it is good. */
static enum hf_err try_signature(struct attempt *attempt, struct trial *trial)
{
	struct hf_ring_key *keys[HF_SETPROOF_SAME_TAG];
	enum hf_cause *cause = &trial->fault.cause;
	*cause = check_form(attempt, trial);
	if (*cause != HF_CAUSE_NONE)
		return HF_OK;
	size_t count = candidates(attempt, trial, keys, cause);
	if (*cause != HF_CAUSE_NONE)
		return HF_OK;
	*cause = check_times(attempt, trial);
	for (size_t i = 0; i < count && *cause == HF_CAUSE_NONE; i++) {
		enum hf_cause outcome;
		enum hf_err err = verify(attempt, trial, keys[i], &outcome);
		if (err != HF_OK)
			return err;
		if (outcome == HF_CAUSE_NONE) {
			note_good(attempt, trial, keys[i]);
			return HF_OK;
		}
		if (i + 1 == count || outcome == HF_CAUSE_MANY_SIGNATURES)
			*cause = outcome;
	}
	trial->fault.number = (uint32_t)count;
	if (*cause == HF_CAUSE_BAD_SIGNATURE && count > 1)
		*cause = HF_CAUSE_SAME_TAG;
	if (*cause == HF_CAUSE_MANY_SIGNATURES)
		trial->fault.number = attempt->effort->signatures;
	return HF_OK;
}

static enum hf_err log_signature(const struct attempt *attempt, const struct trial *trial)
{
	struct hf_link *link = attempt->link;
	if (link == NULL || link->sig_count >= LINK_SIGS)
		return HF_OK;
	struct hf_link_sig *sigs =
	        reallocarray(link->sigs, link->sig_count + 1, sizeof(*link->sigs));
	if (sigs == NULL)
		return HF_ERR_NOMEM;
	link->sigs = sigs;
	sigs[link->sig_count++] = (struct hf_link_sig){
	        .owner = *attempt->owner,
	        .covered = attempt->set->type,
	        .tag = trial->rrsig.tag,
	        .algorithm = trial->rrsig.algorithm,
	        .signer = trial->rrsig.signer,
	        .inception = trial->inception,
	        .expiration = trial->expiration,
	        .cause = trial->fault.cause,
	};
	return HF_OK;
}

/* Keeps the fault of the signature that came closest. */
static void keep_fault(struct attempt *attempt, const struct trial *trial)
{
	struct hf_fault *fault = &attempt->proof.fault;
	enum hf_cause cause = trial->fault.cause;
	if (attempt->proven)
		return;
	/* A good signature over the DNSKEY set by a key that does not count. */
	bool counts = !attempt->keys || trial->trusted || cause == HF_CAUSE_MANY_SIGNATURES;
	if (!counts)
		cause = HF_CAUSE_DS_KEY_SILENT;
	int order = closeness(cause);
	if (order < attempt->closeness ||
	        (order == attempt->closeness && trial->expiration <= fault->expiration))
		return;
	attempt->closeness = order;
	*fault = trial->fault;
	fault->cause = cause;
}

static enum hf_err take_signature(struct attempt *attempt, struct hf_rdata rdata)
{
	struct trial trial = {.rdata = rdata, .fault = attempt->unsigned_set};
	trial.fault.cause = HF_CAUSE_BAD_RRSIG;
	if (!hf_rrsig_read(rdata, &trial.rrsig)) {
		keep_fault(attempt, &trial);
		return HF_OK;
	}
	trial.inception = hf_time_from_stamp(trial.rrsig.inception, attempt->effort->at);
	trial.expiration = hf_time_from_stamp(trial.rrsig.expiration, attempt->effort->at);
	trial.fault.tag = trial.rrsig.tag;
	trial.fault.algorithm = trial.rrsig.algorithm;
	trial.fault.inception = trial.inception;
	trial.fault.expiration = trial.expiration;
	trial.fault.other = trial.rrsig.signer;
	enum hf_err err = try_signature(attempt, &trial);
	if (err == HF_OK)
		err = log_signature(attempt, &trial);
	if (err == HF_OK)
		keep_fault(attempt, &trial);
	return err;
}

enum hf_err hf_set_prove(struct hf_keyring *ring, struct hf_effort *effort, struct hf_link *link,
        unsigned flags, const struct hf_name *owner, const struct hf_rrset *set,
        struct hf_setproof *ret_proof)
{
	struct attempt attempt = {
	        .ring = ring,
	        .effort = effort,
	        .link = link,
	        .keys = (flags & HF_SETPROOF_KEYS) != 0,
	        .owner = owner,
	        .set = set,
	        .owner_labels = hf_name_labels(owner) - (hf_name_is_wildcard(owner) ? 1 : 0),
	        .unsigned_set = {.cause = HF_CAUSE_UNSIGNED,
	                .zone = ring->zone,
	                .owner = *owner,
	                .type = set->type},
	};
	attempt.proof.fault = attempt.unsigned_set;
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	for (unsigned i = 0; i < HF_SETPROOF_SIGS && hf_rdata_next(&walk, &rdata); i++) {
		enum hf_err err = take_signature(&attempt, rdata);
		if (err != HF_OK)
			return err;
		if (attempt.proven && !attempt.keys)
			break;
	}
	*ret_proof = attempt.proof;
	return HF_OK;
}
