/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/survey.h"

#include <stdlib.h>
#include <string.h>

#include "coherence/tally.h"
#include "crypto/alg.h"
#include "crypto/batch.h"

#define GROUP     8  /* slices of a tree a task: enough signatures for full batches */
#define SIGS_MAX  64 /* signatures of one RRset that are looked at; over it is an error */
#define SAME_TAGS 8  /* keys that one signature may be tried with; over it is an error */

/* A key that may have signed something. Sorted by tag and algorithm. */
struct candidate {
	uint32_t key;
	uint16_t tag;
	uint8_t algorithm;
	bool alone; /* no other has its tag and algorithm */
	bool own;   /* in the DNSKEY set of the version itself, and may sign its data */
	struct hf_pubkey *pubkey;
};

/* A signature of an RRset that waits for its verdict, with one key. */
struct trial {
	uint32_t candidate;
	bool good;
	hf_time inception, expiration;
};

/* An authoritative RRset that waits for those of its signatures: from its `first` trial on. */
struct waiting {
	const struct hf_node *owner;
	uint16_t type;
	uint32_t ttl;
	size_t first;
};

/* What one thread owns. */
struct walker {
	const struct survey *survey;
	struct hf_batch *batch; /* its tags are indices of trials */
	struct hf_buf message;
	struct trial *trials;
	size_t trial_count, trial_cap;
	struct waiting *waiting;
	size_t waiting_count, waiting_cap;
	struct hf_tally data, keys; /* `keys`: of the DNSKEY set */
	uint64_t rrsets;
	/* Where a bound was met; NULL: nowhere. */
	const struct hf_node *refused;
	uint16_t refused_type;
};

struct survey {
	const struct hf_version *version;
	enum hf_survey_flags flags;
	hf_time at;
	struct candidate *candidates;
	size_t candidate_count;
	struct hf_batch_keys *batch_keys;
	struct walker *walkers;
	unsigned walker_count;
	struct hf_slice *names, *nsec3;
	size_t name_slices, nsec3_slices;
};

/* ---- Keys ---- */

static int by_tag(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;
	if (one->tag != other->tag)
		return one->tag < other->tag ? -1 : 1;
	if (one->algorithm != other->algorithm)
		return one->algorithm < other->algorithm ? -1 : 1;
	return (one->key > other->key) - (one->key < other->key);
}

static bool same_tag(const struct candidate *a, const struct candidate *b)
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

static enum hf_err find_candidates(struct survey *survey, const struct hf_evidence *evidence,
        const struct hf_content *own_keys)
{
	size_t count = hf_evidence_key_count(evidence);
	struct candidate *list = calloc(count + 1, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	survey->candidates = list;
	for (uint32_t i = 0; i < count; i++) {
		const struct hf_known_key *key = hf_evidence_key_at(evidence, i);
		if (may_sign(key))
			list[survey->candidate_count++] = (struct candidate){
			        .key = i,
			        .tag = key->tag,
			        .algorithm = key->dnskey.algorithm,
			        .own = key->usable && has_member(own_keys, i),
			};
	}
	count = survey->candidate_count;
	qsort(list, count, sizeof(*list), by_tag);
	for (size_t i = 0; i < count; i++)
		list[i].alone = (i == 0 || !same_tag(&list[i - 1], &list[i])) &&
		                (i + 1 == count || !same_tag(&list[i + 1], &list[i]));
	return HF_OK;
}

/* Whether the key's signatures are known to be good without another look at them. */
static bool is_trusted(const struct survey *survey, const struct candidate *candidate)
{
	return (survey->flags & HF_SURVEY_VERIFIED) != 0 && candidate->alone;
}

/* A key that is no key of its algorithm stays NULL: it has signed nothing. */
static enum hf_err make_pubkeys(struct survey *survey, const struct hf_evidence *evidence)
{
	for (size_t i = 0; i < survey->candidate_count; i++) {
		struct candidate *candidate = &survey->candidates[i];
		if (is_trusted(survey, candidate))
			continue;
		struct hf_rdata rdata = hf_evidence_key_at(evidence, candidate->key)->rdata;
		enum hf_err err = hf_pubkey_new(rdata, &candidate->pubkey);
		if (err != HF_OK && err != HF_ERR_INVALID && err != HF_ERR_UNSUPPORTED)
			return err;
	}
	return HF_OK;
}

/* The first candidate with a signature's tag and algorithm; the others follow it. */
static size_t first_candidate(const struct survey *survey, const struct candidate *wanted)
{
	size_t from = 0, to = survey->candidate_count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (by_tag(&survey->candidates[middle], wanted) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static enum hf_err make_batch_keys(struct survey *survey, const struct hf_evidence *evidence)
{
	struct hf_batch_key *keys = calloc(survey->candidate_count + 1, sizeof(*keys));
	if (keys == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < survey->candidate_count; i++) {
		const struct candidate *candidate = &survey->candidates[i];
		keys[i].key = candidate->pubkey;
		keys[i].dnskey = hf_evidence_key_at(evidence, candidate->key)->rdata;
	}
	/* About one signature for each owner of either tree and one for its denial record. */
	uint64_t expected = 2 * hf_tree_count(hf_version_names(survey->version)) +
	                    hf_tree_count(hf_version_nsec3(survey->version));
	if ((survey->flags & HF_SURVEY_VERIFIED) != 0)
		expected = 0;
	enum hf_err err =
	        hf_batch_keys_new(keys, survey->candidate_count, expected, &survey->batch_keys);
	free(keys);
	return err;
}

/* ---- Signatures of one RRset ---- */

static void verdict(void *context, uint64_t tag, bool good)
{
	struct walker *walker = context;
	walker->trials[tag].good = good;
}

static enum hf_err push_trial(struct walker *walker, const struct trial *trial)
{
	if (walker->trial_count == walker->trial_cap) {
		size_t cap = walker->trial_cap * 2 + 256;
		struct trial *trials = realloc(walker->trials, cap * sizeof(*trials));
		if (trials == NULL)
			return HF_ERR_NOMEM;
		walker->trials = trials;
		walker->trial_cap = cap;
	}
	walker->trials[walker->trial_count++] = *trial;
	return HF_OK;
}

static enum hf_err push_waiting(struct walker *walker, const struct waiting *waiting)
{
	if (walker->waiting_count == walker->waiting_cap) {
		size_t cap = walker->waiting_cap * 2 + 256;
		struct waiting *list = realloc(walker->waiting, cap * sizeof(*list));
		if (list == NULL)
			return HF_ERR_NOMEM;
		walker->waiting = list;
		walker->waiting_cap = cap;
	}
	walker->waiting[walker->waiting_count++] = *waiting;
	return HF_OK;
}

static enum hf_err submit(struct walker *walker, size_t candidate, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_rdata rdata, const struct hf_rrsig *rrsig)
{
	enum hf_err err = hf_signed_data(owner, set, rdata, &walker->message);
	if (err != HF_OK)
		return err;
	/* All depends on the apex, so two implementations have to agree on it. */
	bool apex = hf_name_equal(owner, hf_version_apex(walker->survey->version));
	return hf_batch_submit(walker->batch, candidate, apex ? HF_BATCH_TWICE : HF_BATCH_PLAIN,
	        walker->message.data, walker->message.len, rrsig->signature, rrsig->signature_len,
	        walker->trial_count - 1);
}

/* Tries a signature with each key that it may be by. */
static enum hf_err try_signature(struct walker *walker, const struct hf_node *node,
        const struct hf_rrset *set, struct hf_rdata rdata)
{
	const struct survey *survey = walker->survey;
	struct hf_rrsig rrsig;
	struct hf_name owner;
	if (!hf_rrsig_read(rdata, &rrsig) ||
	        !hf_name_equal(&rrsig.signer, hf_version_apex(survey->version)))
		return HF_OK;
	hf_node_name(node, &owner);
	if (rrsig.labels != hf_name_labels(&owner) - (hf_name_is_wildcard(&owner) ? 1 : 0))
		return HF_OK;
	const struct candidate wanted = {.tag = rrsig.tag, .algorithm = rrsig.algorithm};
	size_t first = first_candidate(survey, &wanted), at = first;
	for (; at < survey->candidate_count && same_tag(&survey->candidates[at], &wanted); at++) {
		if (at - first == SAME_TAGS)
			return HF_ERR_LIMIT;
		const struct candidate *candidate = &survey->candidates[at];
		if (candidate->pubkey == NULL && !is_trusted(survey, candidate))
			continue;
		const struct trial trial = {
		        .candidate = (uint32_t)at,
		        .inception = hf_time_from_stamp(rrsig.inception, survey->at),
		        .expiration = hf_time_from_stamp(rrsig.expiration, survey->at),
		        .good = is_trusted(survey, candidate),
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
        struct walker *walker, const struct hf_node *node, const struct hf_rrset *set)
{
	const struct waiting waiting = {
	        .owner = node, .type = set->type, .ttl = set->ttl, .first = walker->trial_count};
	enum hf_err err = push_waiting(walker, &waiting);
	if (err == HF_OK && set->sig_count > SIGS_MAX)
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
static void weigh(struct walker *walker, const struct waiting *waiting, size_t end)
{
	const struct candidate *candidates = walker->survey->candidates;
	hf_time longest[UINT8_MAX + 1];
	uint8_t algorithms[SIGS_MAX];
	size_t count = 0;
	for (size_t i = waiting->first; i < end; i++) {
		const struct trial *trial = &walker->trials[i];
		const struct candidate *candidate = &candidates[trial->candidate];
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
		hf_tally_weigh(&walker->data, &frail);
	}
}

static enum hf_err conclude(struct walker *walker, const struct waiting *waiting, size_t end)
{
	struct hf_signer_set set;
	set.count = 0;
	set.ttl = waiting->ttl;
	set.rrsets = 1;
	for (size_t i = waiting->first; i < end; i++) {
		const struct trial *trial = &walker->trials[i];
		const struct hf_signing signing = {
		        .key = walker->survey->candidates[trial->candidate].key,
		        .inception = trial->inception,
		        .expiration = trial->expiration,
		};
		enum hf_err err = trial->good ? add_signing(&set, &signing) : HF_OK;
		if (err != HF_OK)
			return err;
	}
	weigh(walker, waiting, end);
	if (waiting->type == KNOT_RRTYPE_DNSKEY &&
	        waiting->owner == hf_version_apex_node(walker->survey->version))
		return hf_tally_add(&walker->keys, &set);
	walker->rrsets++;
	return hf_tally_add(&walker->data, &set);
}

static enum hf_err conclude_group(struct walker *walker)
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

/* Names below a cut are the child's, and those below a DNAME are not there. */
static bool hides(const struct hf_version *version, const struct hf_node *node)
{
	return is_cut(version, node) || hf_node_has(node, KNOT_RRTYPE_DNAME);
}

/* What hides the first node of a group; NULL: nothing. */
static const struct hf_node *hidden_by(const struct hf_version *version, const struct hf_node *node)
{
	size_t len, at = hf_version_apex_key(version)->len;
	const uint8_t *key = hf_node_key(node, &len);
	while (at < len) {
		const struct hf_node *above = hf_tree_get(hf_version_names(version), key, at);
		if (above != NULL && hides(version, above))
			return above;
		at += hf_key_prefix(key + at, len - at, 1);
	}
	return NULL;
}

static bool is_below(const struct hf_node *node, const struct hf_node *above)
{
	size_t len, above_len;
	const uint8_t *key = hf_node_key(node, &len);
	const uint8_t *above_key = hf_node_key(above, &above_len);
	return len > above_len && hf_key_is_under(key, len, above_key, above_len);
}

static enum hf_err look_at_node(struct walker *walker, const struct hf_node *node)
{
	bool cut = is_cut(walker->survey->version, node);
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

static enum hf_err look_at_names(
        struct walker *walker, const struct hf_slice *slices, size_t slice_count)
{
	const struct hf_version *version = walker->survey->version;
	const struct hf_node *hider = NULL;
	if (hf_version_in_zone(version, slices[0].nodes[0]))
		hider = hidden_by(version, slices[0].nodes[0]);
	for (size_t s = 0; s < slice_count; s++) {
		for (size_t i = 0; i < slices[s].count; i++) {
			const struct hf_node *node = slices[s].nodes[i];
			if (!hf_version_in_zone(version, node) ||
			        (hider != NULL && is_below(node, hider)))
				continue;
			hider = hides(version, node) ? node : NULL;
			enum hf_err err = look_at_node(walker, node);
			if (err != HF_OK)
				return err;
		}
	}
	return HF_OK;
}

/* NSEC3 records are answers of this zone wherever a cut or an apex DNAME may be. */
static enum hf_err look_at_nsec3(
        struct walker *walker, const struct hf_slice *slices, size_t slice_count)
{
	for (size_t s = 0; s < slice_count; s++) {
		for (size_t i = 0; i < slices[s].count; i++) {
			const struct hf_node *node = slices[s].nodes[i];
			if (!hf_version_in_zone(walker->survey->version, node))
				continue;
			enum hf_err err = look_at_node(walker, node);
			if (err != HF_OK)
				return err;
		}
	}
	return HF_OK;
}

static size_t groups(size_t slices)
{
	return (slices + GROUP - 1) / GROUP;
}

static enum hf_err task(void *context, size_t index, unsigned worker)
{
	struct survey *survey = context;
	struct walker *walker = &survey->walkers[worker];
	size_t name_groups = groups(survey->name_slices);
	bool names = index < name_groups;
	size_t first = GROUP * (names ? index : index - name_groups);
	size_t left = (names ? survey->name_slices : survey->nsec3_slices) - first;
	size_t count = left < GROUP ? left : GROUP;
	enum hf_err err = names ? look_at_names(walker, &survey->names[first], count)
	                        : look_at_nsec3(walker, &survey->nsec3[first], count);
	return err == HF_OK ? conclude_group(walker) : err;
}

/* ---- The whole ---- */

static void walker_done(struct walker *walker)
{
	hf_batch_free(walker->batch);
	hf_buf_done(&walker->message);
	free(walker->trials);
	free(walker->waiting);
	hf_tally_done(&walker->data);
	hf_tally_done(&walker->keys);
}

static void survey_free(struct survey *survey)
{
	for (unsigned i = 0; i < survey->walker_count; i++)
		walker_done(&survey->walkers[i]);
	free(survey->walkers);
	hf_batch_keys_free(survey->batch_keys);
	for (size_t i = 0; i < survey->candidate_count; i++)
		hf_pubkey_free(survey->candidates[i].pubkey);
	free(survey->candidates);
	free(survey->names);
	free(survey->nsec3);
}

static enum hf_err make_walkers(struct survey *survey, unsigned jobs)
{
	survey->walkers = calloc(jobs, sizeof(*survey->walkers));
	if (survey->walkers == NULL)
		return HF_ERR_NOMEM;
	while (survey->walker_count < jobs) {
		struct walker *walker = &survey->walkers[survey->walker_count++];
		walker->survey = survey;
		enum hf_err err = hf_batch_new(survey->batch_keys, verdict, walker, &walker->batch);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err merge_walkers(struct survey *survey)
{
	struct walker *first = &survey->walkers[0];
	for (unsigned i = 1; i < survey->walker_count; i++) {
		const struct walker *walker = &survey->walkers[i];
		first->rrsets += walker->rrsets;
		enum hf_err err = hf_tally_merge(&first->data, &walker->data);
		if (err == HF_OK)
			err = hf_tally_merge(&first->keys, &walker->keys);
		if (err != HF_OK)
			return err;
	}
	hf_tally_sort(&first->data);
	return HF_OK;
}

static enum hf_err walk_trees(
        struct survey *survey, struct hf_pool *pool, const struct hf_progress *progress)
{
	const struct hf_tree *names = hf_version_names(survey->version);
	const struct hf_tree *nsec3 = hf_version_nsec3(survey->version);
	struct hf_progress_scale owners = {
	        .shown = progress, .units = hf_tree_count(names) + hf_tree_count(nsec3)};
	enum hf_err err = hf_tree_slices(names, &survey->names, &survey->name_slices);
	if (err == HF_OK)
		err = hf_tree_slices(nsec3, &survey->nsec3, &survey->nsec3_slices);
	if (err == HF_OK)
		err = make_walkers(survey, hf_pool_jobs(pool));
	if (err == HF_OK)
		err = hf_pool_run(pool, groups(survey->name_slices) + groups(survey->nsec3_slices),
		        task, survey, hf_progress_scaled(&owners), "survey");
	return err == HF_OK ? merge_walkers(survey) : err;
}

/* Interns the DNSKEY set's keys. Malformed ones are no keys to anybody. */
static enum hf_err intern_keys(const struct hf_version *version, struct hf_evidence *evidence,
        uint32_t members[HF_CONTENT_MEMBERS], struct hf_content *ret_keys)
{
	const struct hf_node *apex = hf_version_apex_node(version);
	struct hf_content keys = {.kind = HF_KIND_DNSKEY, .members = members};
	struct hf_rrset set;
	if (apex != NULL && hf_node_find(apex, KNOT_RRTYPE_DNSKEY, &set)) {
		struct hf_rdata_walk walk = hf_rrset_rrs(&set);
		struct hf_rdata rdata;
		while (hf_rdata_next(&walk, &rdata)) {
			struct hf_dnskey dnskey;
			if (!hf_dnskey_read(rdata, &dnskey))
				continue;
			if (keys.member_count == HF_CONTENT_MEMBERS)
				return HF_ERR_LIMIT;
			enum hf_err err =
			        hf_evidence_key(evidence, rdata, &members[keys.member_count]);
			if (err != HF_OK)
				return err;
			keys.member_count++;
		}
	}
	*ret_keys = keys;
	return HF_OK;
}

/* How long caches keep the DNSKEY set or, when there is none, its absence (RFC 2308 section 5). */
static uint32_t dnskey_ttl(const struct hf_version *version)
{
	const struct hf_node *apex = hf_version_apex_node(version);
	struct hf_rrset set;
	struct hf_soa soa;
	if (apex == NULL)
		return 0;
	if (hf_node_find(apex, KNOT_RRTYPE_DNSKEY, &set) && set.rr_count > 0)
		return set.ttl;
	if (!hf_version_soa(version, &soa) || !hf_node_find(apex, KNOT_RRTYPE_SOA, &set))
		return 0;
	return set.ttl < soa.minimum ? set.ttl : soa.minimum;
}

static enum hf_err serve(struct hf_evidence *evidence, const struct hf_content *content,
        uint32_t ttl, uint64_t rrsets, struct hf_served *ret_served)
{
	uint32_t number;
	enum hf_err err = hf_evidence_content(evidence, content, &number);
	if (err == HF_OK)
		*ret_served = (struct hf_served){.content = number, .ttl = ttl, .rrsets = rrsets};
	return err;
}

static void fill_offer(const struct survey *survey, struct hf_survey *ret_survey)
{
	const struct walker *walker = &survey->walkers[0];
	const struct hf_frail *frail = &walker->data.frail;
	struct hf_soa soa;
	struct hf_offer *offer = &ret_survey->offer;
	*offer = (struct hf_offer){.served = ret_survey->served,
	        .count = 1 + walker->data.count,
	        .rrsets = walker->rrsets};
	if (hf_version_soa(survey->version, &soa)) {
		offer->serial = soa.serial;
		ret_survey->soa_expire = soa.expire;
	}
	if (frail->owner == NULL)
		return;
	hf_node_name(frail->owner, &offer->frail_owner);
	offer->frail_type = frail->type;
	offer->frail_ttl = frail->ttl;
	offer->frail_expiration = frail->expiration;
}

static enum hf_err report(const struct survey *survey, struct hf_content *keys,
        struct hf_evidence *evidence, struct hf_survey *ret_survey)
{
	const struct walker *walker = &survey->walkers[0];
	const struct hf_tally *data = &walker->data;
	struct hf_survey made = {.soa_expire = 0};
	made.served = calloc(1 + data->count, sizeof(*made.served));
	if (made.served == NULL)
		return HF_ERR_NOMEM;
	if (walker->keys.count > 0) {
		keys->signings = walker->keys.sets[0].signings;
		keys->signing_count = walker->keys.sets[0].count;
	}
	enum hf_err err = serve(evidence, keys, dnskey_ttl(survey->version), 0, &made.served[0]);
	for (size_t i = 0; i < data->count && err == HF_OK; i++) {
		const struct hf_signer_set *set = &data->sets[i];
		const struct hf_content content = {.kind = HF_KIND_SIGNERS,
		        .signings = set->signings,
		        .signing_count = set->count};
		err = serve(evidence, &content, set->ttl, set->rrsets, &made.served[i + 1]);
	}
	if (err != HF_OK) {
		free(made.served);
		return err;
	}
	fill_offer(survey, &made);
	*ret_survey = made;
	return HF_OK;
}

/* Says why there is no answer. */
static enum hf_err explain(const struct survey *survey, enum hf_err err, struct hf_diag *diag)
{
	for (unsigned i = 0; i < survey->walker_count; i++) {
		const struct walker *walker = &survey->walkers[i];
		struct hf_name owner;
		char name[HF_NAME_TEXT], type[HF_TYPE_TEXT];
		if (walker->refused == NULL)
			continue;
		hf_node_name(walker->refused, &owner);
		return hf_fail(diag, err,
		        "%s %s has more than %d signatures, or one that more than %d keys could "
		        "have made: validators give up on such a set, so take some away",
		        hf_name_text(&owner, name), hf_type_text(walker->refused_type, type),
		        SIGS_MAX, SAME_TAGS);
	}
	if (err == HF_ERR_LIMIT)
		return hf_fail(diag, err,
		        "the zone has more than %d keys, or more than %d different sets of keys "
		        "sign its data: sign it anew with fewer",
		        HF_CONTENT_MEMBERS, HF_WORLD_CONTENTS);
	return hf_fail(
	        diag, err, "the zone's signatures could not be looked at: %s", hf_err_text(err));
}

enum hf_err hf_survey_version(const struct hf_version *version, enum hf_survey_flags flags,
        hf_time at, struct hf_pool *pool, const struct hf_progress *progress,
        struct hf_evidence *evidence, struct hf_diag *diag, struct hf_survey *ret_survey)
{
	struct survey survey = {.version = version, .flags = flags, .at = at};
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_content keys;
	enum hf_err err = intern_keys(version, evidence, members, &keys);
	if (err == HF_OK)
		err = find_candidates(&survey, evidence, &keys);
	if (err == HF_OK)
		err = make_pubkeys(&survey, evidence);
	if (err == HF_OK)
		err = make_batch_keys(&survey, evidence);
	if (err == HF_OK)
		err = walk_trees(&survey, pool, progress);
	if (err == HF_OK)
		err = report(&survey, &keys, evidence, ret_survey);
	if (err != HF_OK)
		err = explain(&survey, err, diag);
	survey_free(&survey);
	return err;
}

enum hf_err hf_survey_keys(
        const struct hf_version *version, struct hf_evidence *evidence, struct hf_diag *diag)
{
	const struct survey survey = {.version = version};
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_content keys;
	enum hf_err err = intern_keys(version, evidence, members, &keys);
	return err == HF_OK ? HF_OK : explain(&survey, err, diag);
}

void hf_survey_done(struct hf_survey *survey)
{
	free(survey->served);
	*survey = (struct hf_survey){.soa_expire = 0};
}
