/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/trustpoint.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/pubkey.h"

#define HOUR 3600
#define DAY  86400

const char *hf_trust_state_name(enum hf_trust_state state)
{
	static const char *const names[] = {
	        "start", "addpend", "valid", "missing", "revoked", "removed"};
	return names[state];
}

bool hf_trust_state_trusted(enum hf_trust_state state)
{
	return state == HF_TRUST_VALID || state == HF_TRUST_MISSING;
}

/* ---- Trust points as values ---- */

void hf_trust_point_init(struct hf_trust_point *point, const struct hf_name *zone)
{
	*point = (struct hf_trust_point){.zone = *zone,
	        .checked = HF_TIME_NONE,
	        .proven = HF_TIME_NONE,
	        .next = HF_TIME_NONE};
	hf_name_lower(&point->zone);
}

void hf_trust_point_done(struct hf_trust_point *point)
{
	for (size_t i = 0; i < point->count; i++)
		free(point->keys[i].data);
	free(point->keys);
	hf_anchors_done(&point->seeds);
	*point = (struct hf_trust_point){0};
}

static struct hf_rdata rdata_of(const struct hf_trust_key *key)
{
	return (struct hf_rdata){key->data, key->len};
}

uint16_t hf_trust_key_tag(const struct hf_trust_key *key)
{
	return hf_dnskey_tag(rdata_of(key));
}

static enum hf_err add_key(struct hf_trust_point *point, struct hf_rdata rdata,
        enum hf_trust_state state, hf_time since, hf_time due)
{
	struct hf_trust_key *keys = reallocarray(point->keys, point->count + 1, sizeof(*keys));
	if (keys == NULL)
		return HF_ERR_NOMEM;
	point->keys = keys;
	struct hf_trust_key *key = &keys[point->count];
	*key = (struct hf_trust_key){.data = malloc(rdata.len),
	        .len = rdata.len,
	        .state = state,
	        .since = since,
	        .due = due};
	if (key->data == NULL)
		return HF_ERR_NOMEM;
	memcpy(key->data, rdata.data, rdata.len);
	point->count++;
	return HF_OK;
}

static void drop_key(struct hf_trust_point *point, size_t index)
{
	free(point->keys[index].data);
	point->count--;
	memmove(&point->keys[index], &point->keys[index + 1],
	        (point->count - index) * sizeof(*point->keys));
}

static enum hf_err copy_point(const struct hf_trust_point *from, struct hf_trust_point *ret_copy)
{
	struct hf_trust_point copy = *from;
	copy.keys = NULL;
	copy.count = 0;
	copy.seeds = (struct hf_anchors){0};
	enum hf_err err = hf_anchors_copy(&from->seeds, &copy.seeds);
	for (size_t i = 0; i < from->count && err == HF_OK; i++) {
		const struct hf_trust_key *key = &from->keys[i];
		err = add_key(&copy, rdata_of(key), key->state, key->since, key->due);
	}
	if (err != HF_OK) {
		hf_trust_point_done(&copy);
		return err;
	}
	*ret_copy = copy;
	return HF_OK;
}

static struct hf_trust_key *find_key(const struct hf_trust_point *point, struct hf_rdata rdata)
{
	for (size_t i = 0; i < point->count; i++) {
		if (hf_rdata_equal(rdata_of(&point->keys[i]), rdata))
			return &point->keys[i];
	}
	return NULL;
}

/* Whether a validator can work with keys of this algorithm. */
static bool supported(uint8_t algorithm)
{
	const struct hf_alg *alg = hf_alg_find(algorithm);
	return alg != NULL && (alg->flags & HF_ALG_VERIFIES) != 0;
}

enum hf_err hf_trust_point_seed(struct hf_trust_point *point, const struct hf_anchor *anchor,
        hf_time now, struct hf_diag *diag)
{
	struct hf_rdata rdata = {anchor->data, anchor->len};
	if (anchor->type == KNOT_RRTYPE_DS)
		return hf_anchors_add(&point->seeds, &point->zone, anchor->type, rdata, diag);
	if (find_key(point, rdata) != NULL)
		return HF_OK;
	if (point->count >= HF_TRUST_KEYS)
		return hf_fail(diag, HF_ERR_LIMIT,
		        "there are more than %d trust anchors for one zone; remove those that are "
		        "not in use",
		        HF_TRUST_KEYS);
	return add_key(point, rdata, HF_TRUST_VALID, now, HF_TIME_NONE);
}

/* ---- An observation ---- */

/* A DNSKEY of the observed set. */
struct seen {
	struct hf_rdata rdata;
	struct hf_dnskey key;
	uint16_t tag;
	bool revoked;
	uint8_t *plain; /* its RDATA without the REVOKE flag: how it is known. Owned. */
	bool is_seed;   /* a DS that was given stands for it */
};

struct observation {
	struct hf_trust_point *point;
	const struct hf_rrset *set;
	hf_time now;
	struct seen seen[HF_TRUST_KEYS];
	size_t count;
	unsigned verifications;
	struct hf_buf message;
	struct hf_trust_result *result;
	uint32_t ttl; /* of the signature that proved the set */
	hf_time expiration;
};

static struct hf_rdata plain_of(const struct seen *seen)
{
	return (struct hf_rdata){seen->plain, seen->rdata.len};
}

static enum hf_err match_seeds(const struct hf_trust_point *point, struct seen *seen)
{
	for (size_t i = 0; i < point->seeds.count && !seen->is_seed; i++) {
		struct hf_ds ds;
		const struct hf_anchor *seed = &point->seeds.list[i];
		if (!hf_ds_read((struct hf_rdata){seed->data, seed->len}, &ds))
			continue;
		enum hf_err err = hf_ds_matches(&ds, &point->zone, plain_of(seen), &seen->is_seed);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* Takes up what may be, become or have been an anchor: zone keys that we can verify with. */
static enum hf_err take_key(struct observation *observation, struct hf_rdata rdata)
{
	struct seen seen = {.rdata = rdata};
	if (!hf_dnskey_read(rdata, &seen.key) || (seen.key.flags & HF_DNSKEY_ZONE) == 0 ||
	        seen.key.protocol != HF_DNSKEY_PROTOCOL || !supported(seen.key.algorithm))
		return HF_OK;
	seen.tag = hf_dnskey_tag(rdata);
	seen.revoked = (seen.key.flags & HF_DNSKEY_REVOKE) != 0;
	seen.plain = malloc(rdata.len);
	if (seen.plain == NULL)
		return HF_ERR_NOMEM;
	memcpy(seen.plain, rdata.data, rdata.len);
	hf_write_u16(seen.plain, seen.key.flags & (uint16_t)~HF_DNSKEY_REVOKE);
	enum hf_err err = match_seeds(observation->point, &seen);
	bool known = seen.is_seed || find_key(observation->point, plain_of(&seen)) != NULL;
	if (err != HF_OK || (!known && (seen.key.flags & HF_DNSKEY_SEP) == 0)) {
		free(seen.plain);
		return err;
	}
	observation->seen[observation->count++] = seen;
	return HF_OK;
}

static enum hf_err take_keys(struct observation *observation)
{
	struct hf_rdata_walk walk = hf_rrset_rrs(observation->set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		if (observation->count == HF_TRUST_KEYS) {
			observation->result->full = true;
			break;
		}
		enum hf_err err = take_key(observation, rdata);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* Whether a signature is this key's and holds now, but for the signature itself. */
static bool may_prove(const struct observation *observation, const struct seen *seen,
        const struct hf_rrsig *rrsig)
{
	const struct hf_name *zone = &observation->point->zone;
	hf_time from = hf_time_from_stamp(rrsig->inception, observation->now);
	hf_time until = hf_time_from_stamp(rrsig->expiration, observation->now);
	return rrsig->tag == seen->tag && rrsig->algorithm == seen->key.algorithm &&
	       rrsig->labels == hf_name_labels(zone) && hf_name_equal(&rrsig->signer, zone) &&
	       from <= observation->now && observation->now <= until;
}

static enum hf_err verify(struct observation *observation, const struct seen *seen,
        struct hf_rdata rdata, const struct hf_rrsig *rrsig, bool *ret_good)
{
	struct hf_pubkey *key;
	struct hf_verifier *verifier = NULL;
	*ret_good = false;
	if (observation->verifications++ >= HF_TRUST_VERIFICATIONS)
		return HF_OK;
	enum hf_err err = hf_pubkey_new(seen->rdata, &key);
	if (err == HF_ERR_INVALID || err == HF_ERR_UNSUPPORTED)
		return HF_OK;
	if (err != HF_OK)
		return err;
	err = hf_signed_data(
	        &observation->point->zone, observation->set, rdata, &observation->message);
	if (err == HF_OK)
		err = hf_verifier_new(key, &verifier);
	if (err == HF_OK)
		err = hf_verifier_check(verifier, observation->message.data,
		        observation->message.len, rrsig->signature, rrsig->signature_len, ret_good);
	hf_verifier_free(verifier);
	hf_pubkey_free(key);
	return err;
}

/* Whether the key signed the set; if so, how long the signature holds is noted. */
static enum hf_err signs(struct observation *observation, const struct seen *seen, bool *ret_signs)
{
	struct hf_rdata_walk walk = hf_rrset_sigs(observation->set);
	struct hf_rdata rdata;
	bool good = false;
	while (!good && hf_rdata_next(&walk, &rdata)) {
		struct hf_rrsig rrsig;
		if (!hf_rrsig_read(rdata, &rrsig) || !may_prove(observation, seen, &rrsig))
			continue;
		enum hf_err err = verify(observation, seen, rdata, &rrsig, &good);
		if (err != HF_OK)
			return err;
		if (good) {
			observation->ttl = rrsig.ttl;
			observation->expiration =
			        hf_time_from_stamp(rrsig.expiration, observation->now);
		}
	}
	*ret_signs = good;
	return HF_OK;
}

static void note(struct observation *observation, uint16_t tag, enum hf_trust_state from,
        enum hf_trust_state to)
{
	struct hf_trust_result *result = observation->result;
	result->changes[result->count++] =
	        (struct hf_trust_change){.tag = tag, .from = from, .to = to};
}

static void move(struct observation *observation, struct hf_trust_key *key, enum hf_trust_state to)
{
	note(observation, hf_trust_key_tag(key), key->state, to);
	key->state = to;
	key->since = observation->now;
	key->due = HF_TIME_NONE;
}

/* Removes the DS records that stand for a key: it is known by itself from now on. */
static enum hf_err spend_seeds(struct hf_trust_point *point, struct hf_rdata plain)
{
	struct hf_anchors kept = {0};
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < point->seeds.count && err == HF_OK; i++) {
		const struct hf_anchor *seed = &point->seeds.list[i];
		struct hf_rdata rdata = {seed->data, seed->len};
		struct hf_ds ds;
		bool matches = false;
		if (hf_ds_read(rdata, &ds))
			err = hf_ds_matches(&ds, &point->zone, plain, &matches);
		if (err == HF_OK && !matches)
			err = hf_anchors_add(&kept, &point->zone, seed->type, rdata, NULL);
	}
	if (err != HF_OK) {
		hf_anchors_done(&kept);
		return err;
	}
	hf_anchors_done(&point->seeds);
	point->seeds = kept;
	return HF_OK;
}

/* A key that was given as DS is known from now on, in a state. */
static enum hf_err adopt(
        struct observation *observation, const struct seen *seen, enum hf_trust_state state)
{
	struct hf_trust_point *point = observation->point;
	if (point->count >= HF_TRUST_KEYS) {
		observation->result->full = true;
		/* Better without the key than with one that is revoked. */
		return state == HF_TRUST_REVOKED ? spend_seeds(point, plain_of(seen)) : HF_OK;
	}
	enum hf_err err = add_key(point, plain_of(seen), state, observation->now, HF_TIME_NONE);
	if (err != HF_OK)
		return err;
	note(observation, hf_dnskey_tag(plain_of(seen)), HF_TRUST_START, state);
	return spend_seeds(point, plain_of(seen));
}

/* RevBit: a trusted key is in the set with its REVOKE flag, and signed the set. */
static enum hf_err revoke(struct observation *observation)
{
	for (size_t i = 0; i < observation->count; i++) {
		const struct seen *seen = &observation->seen[i];
		struct hf_trust_key *key = find_key(observation->point, plain_of(seen));
		bool trusted = key != NULL ? hf_trust_state_trusted(key->state) : seen->is_seed;
		bool signs_it = false;
		if (!seen->revoked || !trusted)
			continue;
		enum hf_err err = signs(observation, seen, &signs_it);
		if (err == HF_OK && signs_it && key != NULL)
			move(observation, key, HF_TRUST_REVOKED);
		else if (err == HF_OK && signs_it)
			err = adopt(observation, seen, HF_TRUST_REVOKED);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* Whether a key that is trusted signed the set. */
static enum hf_err prove(struct observation *observation, bool *ret_proven)
{
	bool proven = false;
	for (size_t i = 0; i < observation->count && !proven; i++) {
		const struct seen *seen = &observation->seen[i];
		const struct hf_trust_key *key = find_key(observation->point, plain_of(seen));
		bool trusted = key != NULL ? hf_trust_state_trusted(key->state) : seen->is_seed;
		if (seen->revoked || !trusted)
			continue;
		enum hf_err err = signs(observation, seen, &proven);
		if (err != HF_OK)
			return err;
	}
	*ret_proven = proven;
	return HF_OK;
}

enum presence { ABSENT, PRESENT, PRESENT_REVOKED };

static enum presence presence_of(
        const struct observation *observation, const struct hf_trust_key *key)
{
	enum presence presence = ABSENT;
	for (size_t i = 0; i < observation->count; i++) {
		const struct seen *seen = &observation->seen[i];
		if (!hf_rdata_equal(plain_of(seen), rdata_of(key)))
			continue;
		if (!seen->revoked)
			return PRESENT;
		presence = PRESENT_REVOKED;
	}
	return presence;
}

/* A revoked key is forgotten when it was gone for the remove hold-down. */
static void age_revoked(
        struct observation *observation, struct hf_trust_key *key, enum presence presence)
{
	if (presence != ABSENT)
		key->due = HF_TIME_NONE;
	else if (key->due == HF_TIME_NONE)
		key->due = observation->now + HF_TRUST_REMOVE_HOLDDOWN;
	else if (observation->now >= key->due)
		move(observation, key, HF_TRUST_REMOVED);
}

/* The rows of RFC 5011 section 4.2 for the keys that are known; RevBit came before. */
static void advance(struct observation *observation)
{
	struct hf_trust_point *point = observation->point;
	for (size_t i = point->count; i-- > 0;) {
		struct hf_trust_key *key = &point->keys[i];
		enum presence presence = presence_of(observation, key);
		switch (key->state) {
		case HF_TRUST_ADDPEND:
			if (presence != PRESENT) {
				note(observation, hf_trust_key_tag(key), key->state,
				        HF_TRUST_START);
				drop_key(point, i);
			} else if (observation->now >= key->due) {
				move(observation, key, HF_TRUST_VALID);
			}
			break;
		case HF_TRUST_VALID:
			if (presence != PRESENT)
				move(observation, key, HF_TRUST_MISSING);
			break;
		case HF_TRUST_MISSING:
			if (presence == PRESENT)
				move(observation, key, HF_TRUST_VALID);
			break;
		case HF_TRUST_REVOKED:
			age_revoked(observation, key, presence);
			break;
		default:
			break;
		}
	}
}

/* NewKey; and keys that were given as DS, which are trusted at once. */
static enum hf_err take_up(struct observation *observation)
{
	struct hf_trust_point *point = observation->point;
	int64_t holddown =
	        observation->ttl > HF_TRUST_ADD_HOLDDOWN ? observation->ttl : HF_TRUST_ADD_HOLDDOWN;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < observation->count && err == HF_OK; i++) {
		const struct seen *seen = &observation->seen[i];
		struct hf_rdata plain = plain_of(seen);
		if (seen->revoked || find_key(point, plain) != NULL)
			continue;
		if (seen->is_seed) {
			err = adopt(observation, seen, HF_TRUST_VALID);
		} else if (point->count >= HF_TRUST_KEYS) {
			observation->result->full = true;
		} else {
			err = add_key(point, plain, HF_TRUST_ADDPEND, observation->now,
			        observation->now + holddown);
			if (err == HF_OK)
				note(observation, seen->tag, HF_TRUST_START, HF_TRUST_ADDPEND);
		}
	}
	return err;
}

static enum hf_err observe(struct observation *observation)
{
	struct hf_trust_point *point = observation->point;
	bool proven = false;
	enum hf_err err = take_keys(observation);
	if (err == HF_OK)
		err = revoke(observation);
	if (err == HF_OK)
		err = prove(observation, &proven);
	if (err != HF_OK || !proven)
		return err;
	observation->result->outcome = HF_TRUST_PROVEN;
	point->proven = observation->now;
	point->ttl = observation->ttl;
	point->life = observation->expiration - observation->now;
	point->next = observation->now + hf_trust_query_interval(point->ttl, point->life);
	advance(observation);
	return take_up(observation);
}

enum hf_err hf_trust_point_observe(struct hf_trust_point *point, const struct hf_rrset *set,
        hf_time now, struct hf_trust_result *ret_result)
{
	struct hf_trust_result result = {
	        .outcome = set != NULL ? HF_TRUST_UNPROVEN : HF_TRUST_SILENT};
	if (point->checked != HF_TIME_NONE && now < point->checked) {
		*ret_result = (struct hf_trust_result){.outcome = HF_TRUST_CLOCK};
		return HF_OK;
	}
	struct hf_trust_point copy;
	enum hf_err err = copy_point(point, &copy);
	if (err != HF_OK)
		return err;
	copy.checked = now;
	copy.next = now + hf_trust_retry_interval(copy.ttl, copy.life);
	struct observation observation = {
	        .point = &copy, .set = set, .now = now, .result = &result};
	if (set != NULL)
		err = observe(&observation);
	for (size_t i = 0; i < observation.count; i++)
		free(observation.seen[i].plain);
	hf_buf_done(&observation.message);
	if (err != HF_OK) {
		hf_trust_point_done(&copy);
		return err;
	}
	hf_trust_point_done(point);
	*point = copy;
	*ret_result = result;
	return HF_OK;
}

/* ---- What is trusted ---- */

static bool usable_seed(const struct hf_anchor *seed)
{
	struct hf_ds ds;
	return hf_ds_read((struct hf_rdata){seed->data, seed->len}, &ds) &&
	       supported(ds.algorithm) && hf_digest_len(ds.digest_type) == ds.digest_len;
}

static bool usable_key(const struct hf_trust_key *key)
{
	struct hf_dnskey dnskey;
	return hf_trust_state_trusted(key->state) && hf_dnskey_read(rdata_of(key), &dnskey) &&
	       supported(dnskey.algorithm);
}

size_t hf_trust_point_usable(const struct hf_trust_point *point)
{
	size_t count = 0;
	for (size_t i = 0; i < point->count; i++)
		count += usable_key(&point->keys[i]);
	for (size_t i = 0; i < point->seeds.count; i++)
		count += usable_seed(&point->seeds.list[i]);
	return count;
}

bool hf_trust_point_deleted(const struct hf_trust_point *point)
{
	bool revoked = false;
	for (size_t i = 0; i < point->count; i++) {
		if (hf_trust_state_trusted(point->keys[i].state))
			return false;
		revoked |= point->keys[i].state == HF_TRUST_REVOKED ||
		           point->keys[i].state == HF_TRUST_REMOVED;
	}
	return revoked && point->seeds.count == 0;
}

enum hf_err hf_trust_point_anchors(const struct hf_trust_point *point, struct hf_anchors *anchors)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < point->count && err == HF_OK; i++) {
		if (usable_key(&point->keys[i]))
			err = hf_anchors_add(anchors, &point->zone, KNOT_RRTYPE_DNSKEY,
			        rdata_of(&point->keys[i]), NULL);
	}
	for (size_t i = 0; i < point->seeds.count && err == HF_OK; i++) {
		const struct hf_anchor *seed = &point->seeds.list[i];
		if (usable_seed(seed))
			err = hf_anchors_add(anchors, &point->zone, seed->type,
			        (struct hf_rdata){seed->data, seed->len}, NULL);
	}
	return err;
}

/* ---- When to ask ---- */

static int64_t least(int64_t a, int64_t b, int64_t c)
{
	int64_t smaller = a < b ? a : b;
	return smaller < c ? smaller : c;
}

int64_t hf_trust_query_interval(uint32_t ttl, int64_t life)
{
	int64_t interval = least(15 * DAY, ttl / 2, life / 2);
	return interval > HOUR ? interval : HOUR;
}

int64_t hf_trust_retry_interval(uint32_t ttl, int64_t life)
{
	int64_t interval = least(DAY, ttl / 10, life / 10);
	return interval > HOUR ? interval : HOUR;
}
