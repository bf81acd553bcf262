/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/survey_walk.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/alg.h"

/* A signature of an RRset that waits for its verdict, with one key. */
struct hf_walk_trial {
	uint32_t candidate;
	bool good;
	hf_time inception, expiration;
};

/* An authoritative RRset that waits for those of its signatures: from its `first` trial on. */
struct hf_walk_waiting {
	const struct hf_node *owner;
	uint16_t type;
	uint32_t ttl;
	size_t first;
};

/* ---- Keys ---- */

static int by_tag(const void *a, const void *b)
{
	const struct hf_walk_key *one = a, *other = b;
	if (one->tag != other->tag)
		return one->tag < other->tag ? -1 : 1;
	if (one->algorithm != other->algorithm)
		return one->algorithm < other->algorithm ? -1 : 1;
	return (one->key > other->key) - (one->key < other->key);
}

static bool same_tag(const struct hf_walk_key *a, const struct hf_walk_key *b)
{
	return a->tag == b->tag && a->algorithm == b->algorithm;
}

/* Whether signatures by the key can count: it is a zone key of an algorithm that we verify. */
static bool may_sign(const struct hf_known_key *key)
{
	const struct hf_alg *alg = hf_alg_find(key->dnskey.algorithm);
	return (key->dnskey.flags & HF_DNSKEY_ZONE) != 0 &&
	       key->dnskey.protocol == HF_DNSKEY_PROTOCOL && alg != NULL &&
	       (alg->flags & HF_ALG_VERIFIES) != 0;
}

static bool has_member(const struct hf_content *keys, uint32_t key)
{
	for (size_t i = 0; i < keys->member_count; i++) {
		if (keys->members[i] == key)
			return true;
	}
	return false;
}

static enum hf_err find_keys(struct hf_walk *walk, const struct hf_evidence *evidence,
        const struct hf_content *own, size_t known)
{
	struct hf_walk_key *list = calloc(known + 1, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	walk->keys = list;
	for (uint32_t i = 0; i < known; i++) {
		const struct hf_known_key *key = hf_evidence_key_at(evidence, i);
		if (may_sign(key))
			list[walk->key_count++] = (struct hf_walk_key){
			        .key = i,
			        .tag = key->tag,
			        .algorithm = key->dnskey.algorithm,
			        .own = key->usable && has_member(own, i),
			};
	}
	size_t count = walk->key_count;
	qsort(list, count, sizeof(*list), by_tag);
	for (size_t i = 0; i < count; i++)
		list[i].alone = (i == 0 || !same_tag(&list[i - 1], &list[i])) &&
		                (i + 1 == count || !same_tag(&list[i + 1], &list[i]));
	return HF_OK;
}

/* Whether the key's signatures are known to be good without another look at them. */
static bool is_trusted(const struct hf_walk *walk, const struct hf_walk_key *candidate)
{
	return (walk->flags & HF_SURVEY_VERIFIED) != 0 && candidate->alone;
}

/* A key that is no key of its algorithm stays NULL: it has signed nothing. */
static enum hf_err make_pubkeys(struct hf_walk *walk, const struct hf_evidence *evidence)
{
	for (size_t i = 0; i < walk->key_count; i++) {
		struct hf_walk_key *candidate = &walk->keys[i];
		if (is_trusted(walk, candidate))
			continue;
		struct hf_rdata rdata = hf_evidence_key_at(evidence, candidate->key)->rdata;
		enum hf_err err = hf_pubkey_new(rdata, &candidate->pubkey);
		if (err != HF_OK && err != HF_ERR_INVALID && err != HF_ERR_UNSUPPORTED)
			return err;
	}
	return HF_OK;
}

/* The first candidate with a signature's tag and algorithm; the others follow it. */
static size_t first_candidate(const struct hf_walk *walk, const struct hf_walk_key *wanted)
{
	size_t from = 0, to = walk->key_count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (by_tag(&walk->keys[middle], wanted) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static enum hf_err make_batch_keys(
        struct hf_walk *walk, const struct hf_evidence *evidence, uint64_t expected)
{
	struct hf_batch_key *keys = calloc(walk->key_count + 1, sizeof(*keys));
	if (keys == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < walk->key_count; i++) {
		const struct hf_walk_key *candidate = &walk->keys[i];
		keys[i].key = candidate->pubkey;
		keys[i].dnskey = hf_evidence_key_at(evidence, candidate->key)->rdata;
	}
	enum hf_err err = hf_batch_keys_new(keys, walk->key_count, expected, &walk->batch_keys);
	free(keys);
	return err;
}

enum hf_err hf_walk_init(struct hf_walk *walk, const struct hf_evidence *evidence,
        const struct hf_content *own, size_t known, uint64_t expected)
{
	enum hf_err err = find_keys(walk, evidence, own, known);
	if (err == HF_OK)
		err = make_pubkeys(walk, evidence);
	if (err == HF_OK)
		err = make_batch_keys(walk, evidence, expected);
	return err;
}

void hf_walk_done(struct hf_walk *walk)
{
	hf_batch_keys_free(walk->batch_keys);
	for (size_t i = 0; i < walk->key_count; i++)
		hf_pubkey_free(walk->keys[i].pubkey);
	free(walk->keys);
	*walk = (struct hf_walk){0};
}

const struct hf_walk_key *hf_walk_key(const struct hf_walk *walk, uint32_t key)
{
	for (size_t i = 0; i < walk->key_count; i++)
		if (walk->keys[i].key == key)
			return &walk->keys[i];
	return NULL;
}

/* ---- Signatures of one RRset ---- */

static void verdict(void *context, uint64_t tag, bool good)
{
	struct hf_walker *walker = context;
	walker->trials[tag].good = good;
}

static enum hf_err push_trial(struct hf_walker *walker, const struct hf_walk_trial *trial)
{
	if (walker->trial_count == walker->trial_cap) {
		size_t cap = walker->trial_cap * 2 + 256;
		struct hf_walk_trial *trials = realloc(walker->trials, cap * sizeof(*trials));
		if (trials == NULL)
			return HF_ERR_NOMEM;
		walker->trials = trials;
		walker->trial_cap = cap;
	}
	walker->trials[walker->trial_count++] = *trial;
	return HF_OK;
}

static enum hf_err push_waiting(struct hf_walker *walker, const struct hf_walk_waiting *waiting)
{
	if (walker->waiting_count == walker->waiting_cap) {
		size_t cap = walker->waiting_cap * 2 + 256;
		struct hf_walk_waiting *list = realloc(walker->waiting, cap * sizeof(*list));
		if (list == NULL)
			return HF_ERR_NOMEM;
		walker->waiting = list;
		walker->waiting_cap = cap;
	}
	walker->waiting[walker->waiting_count++] = *waiting;
	return HF_OK;
}

static enum hf_err submit(struct hf_walker *walker, size_t candidate, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_rdata rdata, const struct hf_rrsig *rrsig)
{
	enum hf_err err = hf_signed_data(owner, set, rdata, &walker->message);
	if (err != HF_OK)
		return err;
	/* All depends on the apex, so two implementations have to agree on it. */
	bool apex = hf_name_equal(owner, hf_version_apex(walker->walk->version));
	return hf_batch_submit(walker->batch, candidate, apex ? HF_BATCH_TWICE : HF_BATCH_PLAIN,
	        walker->message.data, walker->message.len, rrsig->signature, rrsig->signature_len,
	        walker->trial_count - 1);
}

/* Tries a signature with each key that it may be by. */
static enum hf_err try_signature(struct hf_walker *walker, const struct hf_node *node,
        const struct hf_rrset *set, struct hf_rdata rdata)
{
	const struct hf_walk *walk = walker->walk;
	struct hf_rrsig rrsig;
	struct hf_name owner;
	if (!hf_rrsig_read(rdata, &rrsig) ||
	        !hf_name_equal(&rrsig.signer, hf_version_apex(walk->version)))
		return HF_OK;
	hf_node_name(node, &owner);
	if (rrsig.labels != hf_name_labels(&owner) - (hf_name_is_wildcard(&owner) ? 1 : 0))
		return HF_OK;
	const struct hf_walk_key wanted = {.tag = rrsig.tag, .algorithm = rrsig.algorithm};
	size_t first = first_candidate(walk, &wanted), at = first;
	if (first == walk->key_count || !same_tag(&walk->keys[first], &wanted))
		walker->tally.strangers++;
	for (; at < walk->key_count && same_tag(&walk->keys[at], &wanted); at++) {
		if (at - first == HF_WALK_TAGS)
			return HF_ERR_LIMIT;
		const struct hf_walk_key *candidate = &walk->keys[at];
		if (candidate->pubkey == NULL && !is_trusted(walk, candidate))
			continue;
		const struct hf_walk_trial trial = {
		        .candidate = (uint32_t)at,
		        .inception = hf_time_from_stamp(rrsig.inception, walk->at),
		        .expiration = hf_time_from_stamp(rrsig.expiration, walk->at),
		        .good = is_trusted(walk, candidate),
		};
		enum hf_err err = push_trial(walker, &trial);
		if (err == HF_OK && !trial.good)
			err = submit(walker, at, &owner, set, rdata, &rrsig);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err look_at_set(
        struct hf_walker *walker, const struct hf_node *node, const struct hf_rrset *set)
{
	const struct hf_walk_waiting waiting = {
	        .owner = node, .type = set->type, .ttl = set->ttl, .first = walker->trial_count};
	enum hf_err err = push_waiting(walker, &waiting);
	if (err == HF_OK && set->sig_count > HF_WALK_SIGS)
		err = HF_ERR_LIMIT;
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	while (err == HF_OK && hf_rdata_next(&walk, &rdata))
		err = try_signature(walker, node, set, rdata);
	if (err == HF_ERR_LIMIT) {
		walker->refused = node;
		walker->refused_type = set->type;
	}
	return err;
}

/* Adds a good signature; of several by one key the one that lasts longest counts. */
static enum hf_err add_signing(struct hf_signer_set *set, const struct hf_signing *signing)
{
	size_t at = 0;
	while (at < set->count && set->signings[at].key < signing->key)
		at++;
	if (at < set->count && set->signings[at].key == signing->key) {
		if (signing->expiration > set->signings[at].expiration)
			set->signings[at] = *signing;
		return HF_OK;
	}
	/* One signature may fit two keys that are the same number written in two ways. */
	if (set->count == HF_CONTENT_MEMBERS)
		return HF_ERR_LIMIT;
	memmove(&set->signings[at + 1], &set->signings[at],
	        (set->count - at) * sizeof(set->signings[0]));
	set->signings[at] = *signing;
	set->count++;
	return HF_OK;
}

/*
 * The RRset fails when an algorithm of the version's own keys has no signature left; until then
 * each is as good as its longest one.
 */
static enum hf_err weigh(
        struct hf_walker *walker, const struct hf_walk_waiting *waiting, size_t end)
{
	const struct hf_walk_key *candidates = walker->walk->keys;
	hf_time longest[UINT8_MAX + 1];
	uint8_t algorithms[HF_WALK_SIGS];
	size_t count = 0;
	for (size_t i = waiting->first; i < end; i++) {
		const struct hf_walk_trial *trial = &walker->trials[i];
		const struct hf_walk_key *candidate = &candidates[trial->candidate];
		if (!trial->good || !candidate->own)
			continue;
		if (memchr(algorithms, candidate->algorithm, count) == NULL) {
			algorithms[count++] = candidate->algorithm;
			longest[candidate->algorithm] = trial->expiration;
		} else if (trial->expiration > longest[candidate->algorithm]) {
			longest[candidate->algorithm] = trial->expiration;
		}
	}
	for (size_t i = 0; i < count; i++) {
		const struct hf_frail frail = {.owner = waiting->owner,
		        .type = waiting->type,
		        .ttl = waiting->ttl,
		        .expiration = longest[algorithms[i]]};
		enum hf_err err = hf_tally_weigh(&walker->tally, &frail);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err conclude(
        struct hf_walker *walker, const struct hf_walk_waiting *waiting, size_t end)
{
	struct hf_signer_set set;
	set.count = 0;
	set.ttl = waiting->ttl;
	set.rrsets = 1;
	for (size_t i = waiting->first; i < end; i++) {
		const struct hf_walk_trial *trial = &walker->trials[i];
		const struct hf_signing signing = {
		        .key = walker->walk->keys[trial->candidate].key,
		        .inception = trial->inception,
		        .expiration = trial->expiration,
		};
		enum hf_err err = trial->good ? add_signing(&set, &signing) : HF_OK;
		if (err != HF_OK)
			return err;
	}
	if (waiting->type == KNOT_RRTYPE_DNSKEY &&
	        waiting->owner == hf_version_apex_node(walker->walk->version)) {
		walker->dnskey = set;
		walker->has_dnskey = true;
	} else {
		enum hf_err err = hf_tally_add(&walker->tally, &set);
		if (err != HF_OK)
			return err;
	}
	return weigh(walker, waiting, end);
}

enum hf_err hf_walker_conclude(struct hf_walker *walker)
{
	enum hf_err err = hf_batch_flush(walker->batch);
	for (size_t i = 0; i < walker->waiting_count && err == HF_OK; i++) {
		size_t end = i + 1 < walker->waiting_count ? walker->waiting[i + 1].first
		                                           : walker->trial_count;
		err = conclude(walker, &walker->waiting[i], end);
	}
	walker->waiting_count = 0;
	walker->trial_count = 0;
	return err;
}

/* ---- What is authoritative ---- */

static bool is_apex(const struct hf_version *version, const struct hf_node *node)
{
	size_t len;
	hf_node_key(node, &len);
	return len == hf_version_apex_key(version)->len;
}

static bool is_cut(const struct hf_version *version, const struct hf_node *node)
{
	return hf_node_has(node, KNOT_RRTYPE_NS) && !is_apex(version, node);
}

bool hf_walk_hides(const struct hf_version *version, const struct hf_node *node)
{
	return is_cut(version, node) || hf_node_has(node, KNOT_RRTYPE_DNAME);
}

const struct hf_node *hf_walk_hidden_by(
        const struct hf_version *version, const struct hf_node *node)
{
	size_t len, at = hf_version_apex_key(version)->len;
	const uint8_t *key = hf_node_key(node, &len);
	while (at < len) {
		const struct hf_node *above = hf_tree_get(hf_version_names(version), key, at);
		if (above != NULL && hf_walk_hides(version, above))
			return above;
		at += hf_key_prefix(key + at, len - at, 1);
	}
	return NULL;
}

enum hf_err hf_walker_look(struct hf_walker *walker, const struct hf_node *node)
{
	bool cut = is_cut(walker->walk->version, node);
	size_t count = hf_node_count(node);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (set.rr_count == 0 || set.type == KNOT_RRTYPE_RRSIG ||
		        (cut && set.type != KNOT_RRTYPE_DS && set.type != KNOT_RRTYPE_NSEC))
			continue;
		enum hf_err err = look_at_set(walker, node, &set);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* ---- Beginning and end ---- */

enum hf_err hf_walker_init(struct hf_walker *walker, const struct hf_walk *walk)
{
	*walker = (struct hf_walker){.walk = walk};
	return hf_batch_new(walk->batch_keys, verdict, walker, &walker->batch);
}

void hf_walker_done(struct hf_walker *walker)
{
	hf_batch_free(walker->batch);
	hf_buf_done(&walker->message);
	free(walker->trials);
	free(walker->waiting);
	hf_tally_done(&walker->tally);
}
