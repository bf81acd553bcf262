/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/survey_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "crypto/alg.h"

/* A signature of an RRset that waits for its verdict, with one key. */
struct hf_scan_trial {
	uint32_t candidate;
	bool good;
	hf_time inception, expiration;
};

/* An authoritative RRset that waits for those of its signatures: from its `first` trial on. */
struct hf_scan_waiting {
	const struct hf_node *owner;
	uint16_t type;
	uint32_t ttl;
	size_t first;
};

/* ---- Keys ---- */

static int by_tag(const void *a, const void *b)
{
	const struct hf_scan_key *one = a, *other = b;
	if (one->tag != other->tag)
		return one->tag < other->tag ? -1 : 1;
	if (one->algorithm != other->algorithm)
		return one->algorithm < other->algorithm ? -1 : 1;
	return (one->key > other->key) - (one->key < other->key);
}

static bool same_tag(const struct hf_scan_key *a, const struct hf_scan_key *b)
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

static enum hf_err find_keys(struct hf_scan *scan, const struct hf_evidence *evidence,
        const struct hf_content *own, size_t known)
{
	struct hf_scan_key *list = calloc(known + 1, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	scan->keys = list;
	for (uint32_t i = 0; i < known; i++) {
		const struct hf_known_key *key = hf_evidence_key_at(evidence, i);
		if (may_sign(key))
			list[scan->key_count++] = (struct hf_scan_key){
			        .key = i,
			        .tag = key->tag,
			        .algorithm = key->dnskey.algorithm,
			        .own = key->usable && has_member(own, i),
			};
	}
	size_t count = scan->key_count;
	qsort(list, count, sizeof(*list), by_tag);
	for (size_t i = 0; i < count; i++)
		list[i].alone = (i == 0 || !same_tag(&list[i - 1], &list[i])) &&
		                (i + 1 == count || !same_tag(&list[i + 1], &list[i]));
	return HF_OK;
}

/* Whether the key's signatures are known to be good without another look at them. */
static bool is_trusted(const struct hf_scan *scan, const struct hf_scan_key *candidate)
{
	return (scan->flags & HF_SURVEY_VERIFIED) != 0 && candidate->alone;
}

/* A key that is no key of its algorithm stays NULL: it has signed nothing. */
static enum hf_err make_pubkeys(struct hf_scan *scan, const struct hf_evidence *evidence)
{
	for (size_t i = 0; i < scan->key_count; i++) {
		struct hf_scan_key *candidate = &scan->keys[i];
		if (is_trusted(scan, candidate))
			continue;
		struct hf_rdata rdata = hf_evidence_key_at(evidence, candidate->key)->rdata;
		enum hf_err err = hf_pubkey_new(rdata, &candidate->pubkey);
		if (err != HF_OK && err != HF_ERR_INVALID && err != HF_ERR_UNSUPPORTED)
			return err;
	}
	return HF_OK;
}

/* The first candidate with a signature's tag and algorithm; the others follow it. */
static size_t first_candidate(const struct hf_scan *scan, const struct hf_scan_key *wanted)
{
	size_t from = 0, to = scan->key_count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (by_tag(&scan->keys[middle], wanted) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static enum hf_err make_batch_keys(
        struct hf_scan *scan, const struct hf_evidence *evidence, uint64_t expected)
{
	struct hf_batch_key *keys = calloc(scan->key_count + 1, sizeof(*keys));
	if (keys == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < scan->key_count; i++) {
		const struct hf_scan_key *candidate = &scan->keys[i];
		keys[i].key = candidate->pubkey;
		keys[i].dnskey = hf_evidence_key_at(evidence, candidate->key)->rdata;
	}
	enum hf_err err = hf_batch_keys_new(keys, scan->key_count, expected, &scan->batch_keys);
	free(keys);
	return err;
}

enum hf_err hf_scan_init(struct hf_scan *scan, const struct hf_evidence *evidence,
        const struct hf_content *own, size_t known, uint64_t expected)
{
	enum hf_err err = find_keys(scan, evidence, own, known);
	if (err == HF_OK)
		err = make_pubkeys(scan, evidence);
	if (err == HF_OK)
		err = make_batch_keys(scan, evidence, expected);
	return err;
}

void hf_scan_done(struct hf_scan *scan)
{
	hf_batch_keys_free(scan->batch_keys);
	for (size_t i = 0; i < scan->key_count; i++)
		hf_pubkey_free(scan->keys[i].pubkey);
	free(scan->keys);
	*scan = (struct hf_scan){0};
}

const struct hf_scan_key *hf_scan_key(const struct hf_scan *scan, uint32_t key)
{
	for (size_t i = 0; i < scan->key_count; i++)
		if (scan->keys[i].key == key)
			return &scan->keys[i];
	return NULL;
}

/* ---- Signatures of one RRset ---- */

static void verdict(void *context, uint64_t tag, bool good)
{
	struct hf_scanner *scanner = context;
	scanner->trials[tag].good = good;
}

static enum hf_err push_trial(struct hf_scanner *scanner, const struct hf_scan_trial *trial)
{
	struct hf_scan_trial *trials = hf_list_room(
	        scanner->trials, &scanner->trial_cap, scanner->trial_count, sizeof(*trials));
	if (trials == NULL)
		return HF_ERR_NOMEM;
	scanner->trials = trials;
	scanner->trials[scanner->trial_count++] = *trial;
	return HF_OK;
}

static enum hf_err push_waiting(struct hf_scanner *scanner, const struct hf_scan_waiting *waiting)
{
	struct hf_scan_waiting *list = hf_list_room(
	        scanner->waiting, &scanner->waiting_cap, scanner->waiting_count, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	scanner->waiting = list;
	scanner->waiting[scanner->waiting_count++] = *waiting;
	return HF_OK;
}

static enum hf_err submit(struct hf_scanner *scanner, size_t candidate, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_rdata rdata, const struct hf_rrsig *rrsig)
{
	enum hf_err err = hf_signed_data(owner, set, rdata, &scanner->message);
	if (err != HF_OK)
		return err;
	/* All depends on the apex, so two implementations have to agree on it. */
	bool apex = hf_name_equal(owner, hf_version_apex(scanner->scan->version));
	return hf_batch_submit(scanner->batch, candidate, apex ? HF_BATCH_TWICE : HF_BATCH_PLAIN,
	        scanner->message.data, scanner->message.len, rrsig->signature, rrsig->signature_len,
	        scanner->trial_count - 1);
}

/* Tries a signature with each key that it may be by. */
static enum hf_err try_signature(struct hf_scanner *scanner, const struct hf_node *node,
        const struct hf_rrset *set, struct hf_rdata rdata)
{
	const struct hf_scan *scan = scanner->scan;
	struct hf_rrsig rrsig;
	struct hf_name owner;
	if (!hf_rrsig_read(rdata, &rrsig) ||
	        !hf_name_equal(&rrsig.signer, hf_version_apex(scan->version)))
		return HF_OK;
	hf_node_name(node, &owner);
	if (rrsig.labels != hf_name_labels(&owner) - (hf_name_is_wildcard(&owner) ? 1 : 0))
		return HF_OK;
	const struct hf_scan_key wanted = {.tag = rrsig.tag, .algorithm = rrsig.algorithm};
	size_t first = first_candidate(scan, &wanted), at = first;
	if (first == scan->key_count || !same_tag(&scan->keys[first], &wanted))
		scanner->tally.strangers++;
	for (; at < scan->key_count && same_tag(&scan->keys[at], &wanted); at++) {
		if (at - first == HF_SCAN_TAGS)
			return HF_ERR_LIMIT;
		const struct hf_scan_key *candidate = &scan->keys[at];
		if (candidate->pubkey == NULL && !is_trusted(scan, candidate))
			continue;
		const struct hf_scan_trial trial = {
		        .candidate = (uint32_t)at,
		        .inception = hf_time_from_stamp(rrsig.inception, scan->at),
		        .expiration = hf_time_from_stamp(rrsig.expiration, scan->at),
		        .good = is_trusted(scan, candidate),
		};
		enum hf_err err = push_trial(scanner, &trial);
		if (err == HF_OK && !trial.good)
			err = submit(scanner, at, &owner, set, rdata, &rrsig);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err look_at_set(
        struct hf_scanner *scanner, const struct hf_node *node, const struct hf_rrset *set)
{
	const struct hf_scan_waiting waiting = {
	        .owner = node, .type = set->type, .ttl = set->ttl, .first = scanner->trial_count};
	enum hf_err err = push_waiting(scanner, &waiting);
	if (err == HF_OK && set->sig_count > HF_SCAN_SIGS)
		err = HF_ERR_LIMIT;
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	while (err == HF_OK && hf_rdata_next(&walk, &rdata))
		err = try_signature(scanner, node, set, rdata);
	if (err == HF_ERR_LIMIT) {
		scanner->refused = node;
		scanner->refused_type = set->type;
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
        struct hf_scanner *scanner, const struct hf_scan_waiting *waiting, size_t end)
{
	const struct hf_scan_key *candidates = scanner->scan->keys;
	hf_time longest[UINT8_MAX + 1];
	uint8_t algorithms[HF_SCAN_SIGS];
	size_t count = 0;
	for (size_t i = waiting->first; i < end; i++) {
		const struct hf_scan_trial *trial = &scanner->trials[i];
		const struct hf_scan_key *candidate = &candidates[trial->candidate];
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
		enum hf_err err = hf_tally_weigh(&scanner->tally, &frail);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err conclude(
        struct hf_scanner *scanner, const struct hf_scan_waiting *waiting, size_t end)
{
	struct hf_signer_set set;
	set.count = 0;
	set.ttl = waiting->ttl;
	set.rrsets = 1;
	for (size_t i = waiting->first; i < end; i++) {
		const struct hf_scan_trial *trial = &scanner->trials[i];
		const struct hf_signing signing = {
		        .key = scanner->scan->keys[trial->candidate].key,
		        .inception = trial->inception,
		        .expiration = trial->expiration,
		};
		enum hf_err err = trial->good ? add_signing(&set, &signing) : HF_OK;
		if (err != HF_OK)
			return err;
	}
	if (waiting->type == KNOT_RRTYPE_DNSKEY &&
	        waiting->owner == hf_version_apex_node(scanner->scan->version)) {
		scanner->dnskey = set;
		scanner->has_dnskey = true;
	} else {
		enum hf_err err = hf_tally_add(&scanner->tally, &set);
		if (err != HF_OK)
			return err;
	}
	return weigh(scanner, waiting, end);
}

enum hf_err hf_scanner_conclude(struct hf_scanner *scanner)
{
	enum hf_err err = hf_batch_flush(scanner->batch);
	for (size_t i = 0; i < scanner->waiting_count && err == HF_OK; i++) {
		size_t end = i + 1 < scanner->waiting_count ? scanner->waiting[i + 1].first
		                                            : scanner->trial_count;
		err = conclude(scanner, &scanner->waiting[i], end);
	}
	scanner->waiting_count = 0;
	scanner->trial_count = 0;
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

bool hf_scan_hides(const struct hf_version *version, const struct hf_node *node)
{
	return is_cut(version, node) || hf_node_has(node, KNOT_RRTYPE_DNAME);
}

const struct hf_node *hf_scan_hidden_by(
        const struct hf_version *version, const struct hf_node *node)
{
	size_t len, at = hf_version_apex_key(version)->len;
	const uint8_t *key = hf_node_key(node, &len);
	while (at < len) {
		const struct hf_node *above = hf_tree_get(hf_version_names(version), key, at);
		if (above != NULL && hf_scan_hides(version, above))
			return above;
		at += hf_key_prefix(key + at, len - at, 1);
	}
	return NULL;
}

enum hf_err hf_scanner_look(struct hf_scanner *scanner, const struct hf_node *node)
{
	bool cut = is_cut(scanner->scan->version, node);
	size_t count = hf_node_count(node);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (set.rr_count == 0 || set.type == KNOT_RRTYPE_RRSIG ||
		        (cut && set.type != KNOT_RRTYPE_DS && set.type != KNOT_RRTYPE_NSEC))
			continue;
		enum hf_err err = look_at_set(scanner, node, &set);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* ---- Beginning and end ---- */

enum hf_err hf_scanner_init(struct hf_scanner *scanner, const struct hf_scan *scan)
{
	*scanner = (struct hf_scanner){.scan = scan};
	return hf_batch_new(scan->batch_keys, verdict, scanner, &scanner->batch);
}

void hf_scanner_done(struct hf_scanner *scanner)
{
	hf_batch_free(scanner->batch);
	hf_buf_done(&scanner->message);
	free(scanner->trials);
	free(scanner->waiting);
	hf_tally_done(&scanner->tally);
}
