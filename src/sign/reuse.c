/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/reuse.h"

#include <stdlib.h>
#include <string.h>

/* How often a tag and algorithm occur in a DNSKEY set, and whether this very key is among them. */
static size_t same_tag(
        const struct hf_rrset *dnskeys, const struct hf_sign_key *key, bool *ret_present)
{
	struct hf_rdata_walk walk = hf_rrset_rrs(dnskeys);
	struct hf_rdata rdata;
	struct hf_dnskey fields;
	size_t count = 0;

	*ret_present = false;
	while (hf_rdata_next(&walk, &rdata)) {
		if (!hf_dnskey_read(rdata, &fields) || fields.algorithm != key->algorithm ||
		        hf_dnskey_tag(rdata) != key->tag)
			continue;
		count++;
		if (hf_rdata_equal(rdata, hf_sign_key_rdata(key)))
			*ret_present = true;
	}
	return count;
}

/* A tag names a key only while no other key bears it, neither then nor now. */
static bool recognisable(
        const struct hf_rrset *before, const struct hf_rrset *now, const struct hf_sign_key *key)
{
	bool was, is;
	return same_tag(before, key, &was) == 1 && was && same_tag(now, key, &is) == 1 && is;
}

static bool same_signature(const struct hf_sign_key *key, uint16_t tag, uint8_t algorithm)
{
	return key->tag == tag && key->algorithm == algorithm;
}

/* Whether a DNSKEY set has another key with the tag. */
static bool has_other(const struct hf_rrset *dnskeys, const struct hf_sign_key *key)
{
	bool present;
	size_t count = same_tag(dnskeys, key, &present);
	return count > (present ? 1 : 0);
}

/* The same with duties: the key may never have been published, so all known keys count. */
static bool distinct(const struct hf_rrset *before, const struct hf_rrset *now,
        const struct hf_sign_keys *keys, const struct hf_sign_key *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (&keys->keys[i] != key &&
		        same_signature(&keys->keys[i], key->tag, key->algorithm))
			return false;
	return !has_other(before, key) && !has_other(now, key);
}

static bool is_rsa(uint8_t algorithm)
{
	return algorithm == HF_ALG_RSASHA256 || algorithm == HF_ALG_RSASHA512;
}

enum hf_err hf_reuse_init(struct hf_reuse *reuse, const struct hf_sign_job *job,
        const struct hf_sign_keys *keys, const struct hf_rrset *dnskeys)
{
	const struct hf_node *apex =
	        job->previous != NULL ? hf_version_apex_node(job->previous) : NULL;
	struct hf_rrset before = {0};

	*reuse = (struct hf_reuse){0};
	if (apex == NULL ||
	        (!hf_node_find(apex, KNOT_RRTYPE_DNSKEY, &before) && job->duties == NULL))
		return HF_OK;
	reuse->keys = calloc(keys->count + 1, sizeof(*reuse->keys));
	if (reuse->keys == NULL)
		return HF_ERR_NOMEM;
	reuse->version = job->previous;
	reuse->count = keys->count;
	for (size_t i = 0; i < keys->count; i++) {
		const struct hf_sign_key *key = &keys->keys[i];
		enum hf_err err = HF_OK;
		reuse->keys[i].usable = (key->uses != 0 || key->kept) &&
		                        (job->duties != NULL ? distinct(&before, dnskeys, keys, key)
		                                             : recognisable(&before, dnskeys, key));
		if (reuse->keys[i].usable && is_rsa(key->algorithm))
			err = hf_pubkey_new(hf_sign_key_rdata(key), &reuse->keys[i].check);
		if (err != HF_OK) {
			hf_reuse_done(reuse);
			return err;
		}
	}
	return HF_OK;
}

void hf_reuse_done(struct hf_reuse *reuse)
{
	for (size_t i = 0; i < reuse->count; i++)
		hf_pubkey_free(reuse->keys[i].check);
	free(reuse->keys);
	*reuse = (struct hf_reuse){0};
}

/* Less left than is to be kept in hand, or than caches keep the set. */
static bool ends_soon(int64_t left, uint32_t ttl, const struct hf_sign_options *options)
{
	return left < options->refresh || left < (int64_t)ttl;
}

/* The signature must hold now, longer than caches keep the set, and no longer than asked for. */
static bool times_fit(const struct hf_rrsig *rrsig, const struct hf_reuse_wish *wish)
{
	hf_time at = wish->options->at;
	hf_time inception = hf_time_from_stamp(rrsig->inception, at);
	int64_t left = hf_time_from_stamp(rrsig->expiration, at) - at;

	return inception <= at && !ends_soon(left, wish->set->ttl, wish->options) &&
	       left <= wish->options->validity;
}

static bool fits(const struct hf_rrsig *rrsig, const struct hf_reuse_wish *wish)
{
	return rrsig->covered == wish->set->type && rrsig->algorithm == wish->key->algorithm &&
	       rrsig->labels == wish->labels && rrsig->ttl == wish->set->ttl &&
	       rrsig->tag == wish->key->tag && hf_name_equal(&rrsig->signer, wish->signer) &&
	       (wish->signature_len == 0 || rrsig->signature_len == wish->signature_len) &&
	       times_fit(rrsig, wish);
}

bool hf_reuse_find(const struct hf_rrset *previous, const struct hf_reuse_wish *wish,
        struct hf_rdata *ret_rrsig)
{
	const struct hf_rrset *set = wish->set;
	struct hf_rdata_walk walk = hf_rrset_sigs(previous);
	struct hf_rdata rdata, best = {0};
	struct hf_rrsig rrsig;
	uint32_t best_end = 0;

	if (previous->rrs_len != set->rrs_len || memcmp(previous->rrs, set->rrs, set->rrs_len) != 0)
		return false;
	while (hf_rdata_next(&walk, &rdata)) {
		if (!hf_rrsig_read(rdata, &rrsig) || !fits(&rrsig, wish))
			continue;
		if (best.data != NULL && !hf_serial_before(best_end, rrsig.expiration))
			continue;
		best = rdata;
		best_end = rrsig.expiration;
	}
	if (best.data == NULL)
		return false;
	*ret_rrsig = best;
	return true;
}

bool hf_reuse_signed(const struct hf_rrset *previous, const struct hf_sign_key *key)
{
	struct hf_rdata_walk walk = hf_rrset_sigs(previous);
	struct hf_rdata rdata;
	struct hf_rrsig rrsig;

	while (hf_rdata_next(&walk, &rdata))
		if (hf_rrsig_read(rdata, &rrsig) && same_signature(key, rrsig.tag, rrsig.algorithm))
			return true;
	return false;
}

bool hf_reuse_as_now(const struct hf_reuse *reuse, const struct hf_sign_keys *keys,
        const struct hf_rrset *previous)
{
	size_t signers = 0;

	for (size_t i = 0; i < keys->count; i++) {
		const struct hf_sign_key *key = &keys->keys[i];
		if ((key->uses & HF_USE_ZONE) == 0)
			continue;
		if (i >= reuse->count || !reuse->keys[i].usable || !hf_reuse_signed(previous, key))
			return false;
		signers++;
	}
	return signers == previous->sig_count;
}

/* The usable key that has made a signature and may go on having made it; NULL: none. */
static const struct hf_sign_key *maker(
        const struct hf_reuse *reuse, const struct hf_sign_keys *keys, struct hf_rdata rdata)
{
	struct hf_rrsig rrsig;

	if (!hf_rrsig_read(rdata, &rrsig))
		return NULL;
	for (size_t i = 0; i < reuse->count; i++) {
		const struct hf_sign_key *key = &keys->keys[i];
		if (reuse->keys[i].usable && (key->kept || (key->uses & HF_USE_ZONE) != 0) &&
		        same_signature(key, rrsig.tag, rrsig.algorithm))
			return key;
	}
	return NULL;
}

bool hf_reuse_may_stay(const struct hf_reuse *reuse, const struct hf_sign_keys *keys,
        const struct hf_rrset *previous)
{
	struct hf_rdata_walk walk = hf_rrset_sigs(previous);
	struct hf_rdata rdata;
	bool any_kept = false;

	if (!keys->keeps || keys->nobody)
		return false;
	while (hf_rdata_next(&walk, &rdata)) {
		const struct hf_sign_key *key = maker(reuse, keys, rdata);
		if (key == NULL)
			return false;
		any_kept = any_kept || key->kept;
	}
	return any_kept;
}

bool hf_reuse_is_due(const struct hf_node *node, const struct hf_sign_options *options)
{
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rdata_walk walk;
		struct hf_rdata rdata;
		struct hf_rrsig rrsig;
		struct hf_rrset set;

		hf_node_at(node, i, &set);
		walk = hf_rrset_sigs(&set);
		while (hf_rdata_next(&walk, &rdata)) {
			if (!hf_rrsig_read(rdata, &rrsig))
				continue;
			hf_time end = hf_time_from_stamp(rrsig.expiration, options->at);
			if (ends_soon(end - options->at, set.ttl, options))
				return true;
		}
	}
	return false;
}
