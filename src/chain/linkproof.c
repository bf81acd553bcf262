/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/linkproof.h"

#include <stdlib.h>
#include <string.h>

void hf_link_wants_done(struct hf_link_wants *wants)
{
	free(wants->list);
	free(wants->bytes);
	*wants = (struct hf_link_wants){0};
}

static enum hf_err reserve(struct hf_link_wants *wants, size_t count, size_t bytes)
{
	wants->list = calloc(count + 1, sizeof(*wants->list));
	wants->bytes = malloc(bytes + 1);
	if (wants->list != NULL && wants->bytes != NULL)
		return HF_OK;
	hf_link_wants_done(wants);
	return HF_ERR_NOMEM;
}

enum hf_err hf_link_wants_from_ds(const struct hf_rrset *set, struct hf_link_wants *ret_wants)
{
	struct hf_link_wants wants = {0};
	enum hf_err err = reserve(&wants, HF_LINKPROOF_DS, set->rrs_len);
	if (err != HF_OK)
		return err;
	if (set->rrs_len > 0)
		memcpy(wants.bytes, set->rrs, set->rrs_len);
	struct hf_rdata_walk walk = {.at = wants.bytes, .end = wants.bytes + set->rrs_len};
	struct hf_rdata rdata;
	while (wants.count < HF_LINKPROOF_DS && hf_rdata_next(&walk, &rdata)) {
		struct hf_link_want want = {0};
		if (hf_ds_read(rdata, &want.ds))
			wants.list[wants.count++] = want;
	}
	*ret_wants = wants;
	return HF_OK;
}

enum hf_err hf_link_wants_from_anchors(const struct hf_anchors *anchors, const struct hf_name *zone,
        struct hf_link_wants *ret_wants)
{
	struct hf_link_wants wants = {.by_anchor = true};
	size_t bytes = 0;
	for (size_t i = 0; i < anchors->count; i++)
		bytes += anchors->list[i].len;
	enum hf_err err = reserve(&wants, anchors->count, bytes);
	if (err != HF_OK)
		return err;
	uint8_t *at = wants.bytes;
	for (size_t i = 0; i < anchors->count && wants.count < HF_LINKPROOF_DS; i++) {
		const struct hf_anchor *anchor = &anchors->list[i];
		if (!hf_name_equal(&anchor->zone, zone))
			continue;
		struct hf_link_want *want = &wants.list[wants.count++];
		struct hf_rdata rdata = {.data = at, .len = anchor->len};
		memcpy(at, anchor->data, anchor->len);
		at += anchor->len;
		want->is_key = anchor->type == KNOT_RRTYPE_DNSKEY;
		want->key = rdata;
		if (want->is_key)
			want->ds = (struct hf_ds){
			        .tag = hf_dnskey_tag(rdata), .algorithm = rdata.data[3]};
		else
			(void)hf_ds_read(rdata, &want->ds); /* it was, when it was added */
	}
	*ret_wants = wants;
	return HF_OK;
}

/* ---- Which of them can be used ---- */

static bool algorithm_known(uint8_t algorithm)
{
	const struct hf_alg *alg = hf_alg_find(algorithm);
	return alg != NULL && (alg->flags & HF_ALG_VERIFIES) != 0;
}

static bool is_usable(const struct hf_link_ds *ds)
{
	return ds->supported && !ds->passed_over;
}

enum hf_err hf_link_take_wants(
        struct hf_link *link, const struct hf_link_wants *wants, struct hf_fault *ret_fault)
{
	struct hf_fault fault = {.zone = link->zone, .by_anchor = wants->by_anchor};
	bool any = false, algorithm = false, stronger = false;
	struct hf_link_ds *list = calloc(wants->count + 1, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	link->ds = list;
	link->ds_count = wants->count;
	link->is_anchor = wants->by_anchor;
	for (size_t i = 0; i < wants->count; i++) {
		const struct hf_link_want *want = &wants->list[i];
		bool known = algorithm_known(want->ds.algorithm);
		list[i] = (struct hf_link_ds){
		        .tag = want->ds.tag,
		        .algorithm = want->ds.algorithm,
		        .digest_type = want->ds.digest_type,
		        .supported =
		                known && (want->is_key || hf_digest_len(want->ds.digest_type) > 0),
		        .key = -1,
		};
		any |= list[i].supported;
		algorithm |= known;
		stronger |= list[i].supported && list[i].digest_type > HF_DIGEST_SHA1;
		fault.algorithm = want->ds.algorithm;
		fault.digest_type = want->ds.digest_type;
		fault.tag = want->ds.tag;
	}
	for (size_t i = 0; i < wants->count; i++)
		list[i].passed_over = stronger && list[i].digest_type == HF_DIGEST_SHA1;
	if (!any)
		fault.cause = algorithm ? HF_CAUSE_DIGEST : HF_CAUSE_ALGORITHM;
	*ret_fault = fault;
	return HF_OK;
}

/* ---- Matching ---- */

/* Why one DS matches no key, from the least to the most telling. */
static int telling(enum hf_cause cause)
{
	static const enum hf_cause order[] = {
	        HF_CAUSE_DS_NO_ALGORITHM,
	        HF_CAUSE_DS_NO_KEY,
	        HF_CAUSE_DS_DIGEST,
	        HF_CAUSE_DS_BAD_KEY,
	        HF_CAUSE_DS_NOT_ZONE_KEY,
	        HF_CAUSE_DS_REVOKED,
	};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] == cause)
			return (int)i;
	return -1;
}

static enum hf_err stands_for(const struct hf_link_want *want, const struct hf_name *zone,
        struct hf_rdata key, bool *ret_matches)
{
	if (want->is_key) {
		*ret_matches = hf_rdata_equal(want->key, key);
		return HF_OK;
	}
	return hf_ds_matches(&want->ds, zone, key, ret_matches);
}

/* Whether it would stand for the key if that were not revoked. */
static enum hf_err stood_for(const struct hf_link_want *want, const struct hf_name *zone,
        struct hf_rdata key, bool *ret_matches)
{
	uint8_t *copy = malloc(key.len);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	memcpy(copy, key.data, key.len);
	copy[1] = (uint8_t)(copy[1] & ~HF_DNSKEY_REVOKE);
	enum hf_err err = stands_for(want, zone, (struct hf_rdata){copy, key.len}, ret_matches);
	free(copy);
	return err;
}

static enum hf_cause use_cause(enum hf_ring_use use)
{
	switch (use) {
	case HF_RING_REVOKED:
		return HF_CAUSE_DS_REVOKED;
	case HF_RING_NOT_ZONE:
		return HF_CAUSE_DS_NOT_ZONE_KEY;
	case HF_RING_BAD:
	case HF_RING_UNSUPPORTED:
		return HF_CAUSE_DS_BAD_KEY;
	case HF_RING_GOOD:
		break;
	}
	return HF_CAUSE_NONE;
}

/* One DS and one key. `*ret_cause`: NONE when it stands for the key and the key can be used. */
static enum hf_err match_key(const struct hf_link_want *want, const struct hf_name *zone,
        const struct hf_ring_key *key, enum hf_cause *ret_cause)
{
	bool matches = false, was_this = false;
	if (key->dnskey.algorithm != want->ds.algorithm) {
		*ret_cause = HF_CAUSE_DS_NO_ALGORITHM;
		return HF_OK;
	}
	enum hf_err err = stands_for(want, zone, key->rdata, &matches);
	if (err == HF_OK && !matches && key->use == HF_RING_REVOKED)
		err = stood_for(want, zone, key->rdata, &was_this);
	if (err != HF_OK)
		return err;
	if (matches || was_this)
		*ret_cause = use_cause(key->use);
	else if (key->tag == want->ds.tag)
		*ret_cause = HF_CAUSE_DS_DIGEST;
	else
		*ret_cause = HF_CAUSE_DS_NO_KEY;
	return HF_OK;
}

/* One DS and all keys: marks the key that it stands for, or finds the most telling cause. */
static enum hf_err match_want(const struct hf_link_want *want, struct hf_link_ds *ds,
        struct hf_keyring *ring, struct hf_fault *fault)
{
	enum hf_cause best = HF_CAUSE_DS_NO_ALGORITHM;
	const struct hf_ring_key *near = NULL;
	for (size_t i = 0; i < ring->count; i++) {
		enum hf_cause cause;
		enum hf_err err = match_key(want, &ring->zone, &ring->keys[i], &cause);
		if (err != HF_OK)
			return err;
		if (cause == HF_CAUSE_NONE) {
			ring->keys[i].trusted = true;
			ds->key = (int)i;
			return HF_OK;
		}
		if (telling(cause) > telling(best)) {
			best = cause;
			near = &ring->keys[i];
		}
	}
	if (fault->cause != HF_CAUSE_NONE && telling(best) <= telling(fault->cause))
		return HF_OK;
	fault->cause = best;
	fault->tag = ds->tag;
	fault->algorithm = ds->algorithm;
	fault->digest_type = ds->digest_type;
	fault->key_tag = best == HF_CAUSE_DS_REVOKED && near != NULL ? near->tag : 0;
	fault->flags = near != NULL ? near->dnskey.flags : 0;
	return HF_OK;
}

static enum hf_err match_all(struct hf_link *link, const struct hf_link_wants *wants,
        struct hf_keyring *ring, struct hf_fault *fault, bool *ret_any)
{
	*ret_any = false;
	for (size_t i = 0; i < wants->count; i++) {
		if (!is_usable(&link->ds[i]))
			continue;
		enum hf_err err = match_want(&wants->list[i], &link->ds[i], ring, fault);
		if (err != HF_OK)
			return err;
		*ret_any |= link->ds[i].key >= 0;
	}
	return HF_OK;
}

/* ---- The link ---- */

void hf_link_refresh(struct hf_link *link, const struct hf_keyring *ring)
{
	for (size_t i = 0; i < link->key_count; i++) {
		link->keys[i].trusted = ring->keys[i].trusted;
		link->keys[i].signs_keys = ring->keys[i].signs_keys;
		link->keys[i].signs_data = ring->keys[i].signs_data;
	}
}

static enum hf_err list_keys(struct hf_link *link, const struct hf_keyring *ring)
{
	link->keys = calloc(ring->count + 1, sizeof(*link->keys));
	if (link->keys == NULL)
		return HF_ERR_NOMEM;
	link->key_count = ring->count;
	for (size_t i = 0; i < ring->count; i++) {
		const struct hf_ring_key *key = &ring->keys[i];
		link->keys[i] = (struct hf_link_key){
		        .flags = key->dnskey.flags,
		        .tag = key->tag,
		        .protocol = key->dnskey.protocol,
		        .algorithm = key->dnskey.algorithm,
		        .bits = key->pubkey != NULL ? hf_pubkey_bits(key->pubkey) : 0,
		        .supported = algorithm_known(key->dnskey.algorithm),
		};
	}
	return HF_OK;
}

/* The key that signs the DNSKEY set although nothing above stands for it; NULL without one. */
static const struct hf_ring_key *stranger(const struct hf_keyring *ring)
{
	const struct hf_ring_key *found = NULL;
	for (size_t i = 0; i < ring->count; i++) {
		const struct hf_ring_key *key = &ring->keys[i];
		bool better = found == NULL || (key->dnskey.flags & HF_DNSKEY_SEP) >
		                                       (found->dnskey.flags & HF_DNSKEY_SEP);
		if (key->signs_keys && !key->trusted && better)
			found = key;
	}
	return found;
}

/* The DS set stands for keys that are there, and none of them signs the DNSKEY set. */
static void explain_silence(
        const struct hf_link *link, const struct hf_keyring *ring, struct hf_fault *fault)
{
	const struct hf_ring_key *other = stranger(ring);
	fault->key_tag = other != NULL ? other->tag : 0;
	for (size_t i = 0; i < link->ds_count; i++) {
		if (link->ds[i].key < 0)
			continue;
		fault->tag = link->ds[i].tag;
		fault->flags = ring->keys[link->ds[i].key].dnskey.flags;
		break;
	}
	if ((fault->flags & HF_DNSKEY_SEP) == 0 && other != NULL &&
	        (other->dnskey.flags & HF_DNSKEY_SEP) != 0)
		fault->cause = HF_CAUSE_DS_ZSK;
}

/* No DS stands for a key that is there. */
static void explain_mismatch(const struct hf_keyring *ring, struct hf_fault *fault)
{
	const struct hf_ring_key *other = stranger(ring);
	if (other == NULL || fault->cause == HF_CAUSE_DS_REVOKED)
		return;
	fault->key_tag = other->tag;
	if (fault->cause == HF_CAUSE_DS_NO_KEY)
		fault->flags = other->dnskey.flags;
}

static enum hf_err prove_keys(struct hf_link *link, const struct hf_link_wants *wants,
        struct hf_effort *effort, const struct hf_rrset *dnskeys, struct hf_keyring *ring,
        struct hf_fault *fault)
{
	bool any;
	struct hf_setproof proof;
	enum hf_err err = list_keys(link, ring);
	if (err == HF_OK)
		err = match_all(link, wants, ring, fault, &any);
	if (err == HF_OK)
		err = hf_set_prove(
		        ring, effort, link, HF_SETPROOF_KEYS, &ring->zone, dnskeys, &proof);
	if (err != HF_OK)
		return err;
	hf_link_refresh(link, ring);
	link->key_ttl = proof.fault.cause == HF_CAUSE_NONE ? proof.ttl : dnskeys->ttl;
	if (any) {
		proof.fault.by_anchor = fault->by_anchor;
		*fault = proof.fault;
		if (fault->cause == HF_CAUSE_DS_KEY_SILENT)
			explain_silence(link, ring, fault);
	} else {
		explain_mismatch(ring, fault);
	}
	return HF_OK;
}

/* Another server's answer before this one may have left its traces. */
static void start_over(struct hf_link *link)
{
	free(link->keys);
	link->keys = NULL;
	link->key_count = 0;
	link->sig_count = 0;
	for (size_t i = 0; i < link->ds_count; i++)
		link->ds[i].key = -1;
}

enum hf_err hf_link_prove(struct hf_link *link, const struct hf_link_wants *wants,
        struct hf_effort *effort, const struct hf_rrset *dnskeys, struct hf_keyring **ret_ring,
        struct hf_fault *ret_fault)
{
	struct hf_fault fault = {.zone = link->zone,
	        .owner = link->zone,
	        .type = KNOT_RRTYPE_DNSKEY,
	        .by_anchor = wants->by_anchor};
	struct hf_keyring *ring = NULL;
	start_over(link);
	if (dnskeys == NULL || dnskeys->rr_count == 0) {
		fault.cause = HF_CAUSE_NO_DNSKEY;
		fault.tag = link->ds_count > 0 ? link->ds[0].tag : 0;
		*ret_ring = NULL;
		*ret_fault = fault;
		return HF_OK;
	}
	enum hf_err err = hf_keyring_new(&link->zone, dnskeys, &ring);
	if (err != HF_OK)
		return err;
	if (ring->overfull) {
		fault.cause = HF_CAUSE_MANY_KEYS;
		fault.number = HF_RING_KEYS;
		err = list_keys(link, ring);
	} else {
		err = prove_keys(link, wants, effort, dnskeys, ring, &fault);
	}
	if (err != HF_OK) {
		hf_keyring_free(ring);
		return err;
	}
	*ret_ring = ring;
	*ret_fault = fault;
	return HF_OK;
}
