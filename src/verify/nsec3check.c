/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "verify/denial.h"

static struct hf_where at_nsec3(const struct hf_name *owner)
{
	return (struct hf_where){.owner = owner, .type = KNOT_RRTYPE_NSEC3, .tag = HF_NO_TAG};
}

/* The hash that an owner directly below the apex spells; false when it spells none. */
static bool owner_hash(const struct hf_facts *facts, const struct hf_node *node,
        uint8_t ret_hash[static HF_NSEC3_HASH_LEN])
{
	size_t len, hash_len;
	const uint8_t *key = hf_node_key(node, &len);
	const struct hf_key *apex = facts->apex_key;
	return len == apex->len + HF_NSEC3_LABEL + 1u &&
	       hf_key_is_under(key, len, apex->bytes, apex->len) &&
	       hf_nsec3_unlabel(key + apex->len, HF_NSEC3_LABEL, ret_hash, &hash_len) &&
	       hash_len == HF_NSEC3_HASH_LEN;
}

/* The node's record in a chain, when it has one. */
static bool chain_record(const struct hf_facts *facts, const struct hf_node *node, int chain,
        struct hf_nsec3 *ret_nsec3)
{
	struct hf_rrset set;
	if (!hf_node_find(node, KNOT_RRTYPE_NSEC3, &set))
		return false;
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		if (hf_nsec3_read(rdata, ret_nsec3) &&
		        hf_facts_chain(facts, &ret_nsec3->params) == chain)
			return true;
	}
	return false;
}

/* ---- Names: has each its record? ---- */

static void hash_key(const struct hf_facts *facts, const uint8_t hash[static HF_NSEC3_HASH_LEN],
        struct hf_key *ret_key)
{
	char label[HF_NSEC3_LABEL];
	hf_nsec3_label(hash, label);
	size_t len = facts->apex_key->len;
	/* An apex so long that no hash fits below it cannot have NSEC3 records. */
	if (len + HF_NSEC3_LABEL + 1 > HF_KEY_MAX)
		len = 0;
	memcpy(ret_key->bytes, facts->apex_key->bytes, len);
	memcpy(ret_key->bytes + len, label, HF_NSEC3_LABEL);
	ret_key->bytes[len + HF_NSEC3_LABEL] = 0;
	ret_key->len = (uint16_t)(len + HF_NSEC3_LABEL + 1);
}

/* The first record of a chain from a node on, back or forth; NULL at the tree's end. */
static const struct hf_node *chain_node(const struct hf_facts *facts, const struct hf_node *node,
        int chain, struct hf_tree_cursor *cursor,
        const struct hf_node *step(struct hf_tree_cursor *cursor))
{
	struct hf_nsec3 nsec3;
	uint8_t hash[HF_NSEC3_HASH_LEN];
	while (node != NULL &&
	        !(owner_hash(facts, node, hash) && chain_record(facts, node, chain, &nsec3)))
		node = step(cursor);
	return node;
}

/* The chain's record before a key, around the ring; NULL when there is none. */
static const struct hf_node *record_before(
        const struct hf_facts *facts, const uint8_t *key, size_t len, int chain)
{
	const struct hf_tree *tree = hf_version_nsec3(facts->version);
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_seek_less(tree, key, len, &cursor);
	node = chain_node(facts, node, chain, &cursor, hf_tree_prev);
	if (node == NULL)
		node = chain_node(facts, hf_tree_last(tree, &cursor), chain, &cursor, hf_tree_prev);
	return node;
}

static const struct hf_node *record_after(
        const struct hf_facts *facts, const uint8_t *key, size_t len, int chain)
{
	const struct hf_tree *tree = hf_version_nsec3(facts->version);
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_seek_more(tree, key, len, &cursor);
	node = chain_node(facts, node, chain, &cursor, hf_tree_next);
	if (node == NULL)
		node = chain_node(
		        facts, hf_tree_first(tree, &cursor), chain, &cursor, hf_tree_next);
	return node;
}

static bool opts_out(const struct hf_facts *facts, const struct hf_node *node, int chain)
{
	struct hf_nsec3 nsec3;
	return node != NULL && chain_record(facts, node, chain, &nsec3) &&
	       (nsec3.params.flags & HF_NSEC3_OPT_OUT) != 0;
}

/* Whether the chain's record that covers a hash has the opt-out flag. */
static bool covered_by_opt_out(const struct hf_facts *facts, const struct hf_key *key, int chain)
{
	return opts_out(facts, record_before(facts, key->bytes, key->len, chain), chain);
}

/* One name that a chain must know. */
struct wanted {
	const struct hf_name *name;
	const struct hf_owner *owner; /* NULL: an empty non-terminal */
	const struct hf_node *first;  /* of an empty non-terminal: the first owner below it */
	size_t key_len;               /* of an empty non-terminal: its part of that owner's key */
};

static bool is_insecure(const struct hf_owner *owner)
{
	return owner->kind == HF_OWNER_DELEGATION && !hf_node_has(owner->node, KNOT_RRTYPE_DS);
}

/* Whether there are only insecure delegations below an empty non-terminal. */
static bool all_insecure_below(const struct hf_facts *facts, const struct wanted *wanted)
{
	size_t len;
	const uint8_t *key = hf_node_key(wanted->first, &len);
	struct hf_tree_cursor cursor;
	const struct hf_node *node =
	        hf_tree_seek(hf_version_names(facts->version), key, len, &cursor);
	struct hf_owner_walk walk;
	hf_owner_walk_init(&walk, facts, wanted->first, NULL);
	for (; node != NULL; node = hf_tree_next(&cursor)) {
		size_t below_len;
		const uint8_t *below = hf_node_key(node, &below_len);
		if (!hf_key_is_under(below, below_len, key, wanted->key_len))
			break;
		struct hf_owner owner;
		hf_owner_step(&walk, node, &owner);
		if (hf_owner_in_chain(&owner) && !is_insecure(&owner))
			return false;
	}
	return true;
}

static void judge_absent(
        struct hf_worker *worker, const struct wanted *wanted, const struct hf_key *key, int chain)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_where where = at_nsec3(wanted->name);
	where.cause = (uint32_t)chain;
	bool insecure = wanted->owner != NULL && is_insecure(wanted->owner);
	bool may_opt_out = insecure || wanted->owner == NULL;
	if (may_opt_out && covered_by_opt_out(facts, key, chain) &&
	        (insecure || all_insecure_below(facts, wanted))) {
		if (insecure && chain == 0)
			worker->opted_out++;
		return;
	}
	if (insecure)
		hf_found(&worker->finds, HF_CHECK_NSEC3_OPT_OUT_MISSING, &where,
		        "The insecure delegation has no NSEC3 record, and the record that covers "
		        "its hash has no opt-out flag.");
	else
		hf_found(&worker->finds, HF_CHECK_NSEC3_MISSING, &where,
		        "%s no NSEC3 record, which would be at %.*s.",
		        wanted->owner != NULL ? "There is" : "The empty non-terminal has",
		        HF_NSEC3_LABEL, (const char *)key->bytes + (key->len - HF_NSEC3_LABEL - 1));
}

/* Where a name's record is in a chain. */
static enum hf_err place_key(
        struct hf_worker *worker, const struct hf_name *name, int chain, struct hf_key *ret_key)
{
	const struct hf_facts *facts = worker->facts;
	uint8_t hash[HF_NSEC3_HASH_LEN];
	enum hf_err err = hf_nsec3_hash(worker->hasher, &facts->chains[chain], name, hash);
	if (err == HF_OK)
		hash_key(facts, hash, ret_key);
	return err;
}

static enum hf_err judge_wanted(struct hf_worker *worker, const struct wanted *wanted, int chain)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_key key;
	enum hf_err err = place_key(worker, wanted->name, chain, &key);
	if (err != HF_OK)
		return err;
	const struct hf_node *node =
	        hf_tree_get(hf_version_nsec3(facts->version), key.bytes, key.len);
	struct hf_nsec3 nsec3;
	if (node == NULL || !chain_record(facts, node, chain, &nsec3)) {
		judge_absent(worker, wanted, &key, chain);
		return HF_OK;
	}
	struct hf_where where = at_nsec3(wanted->name);
	where.cause = (uint32_t)chain;
	struct hf_types types = {.owner = wanted->owner,
	        .denial = HF_DENIED_BY_NSEC3,
	        .bitmap = nsec3.bitmap,
	        .bitmap_len = nsec3.bitmap_len};
	hf_types_judge(worker, &types, HF_CHECK_NSEC3_BITMAP, &where);
	return hf_worker_match(worker, chain, node);
}

static enum hf_err judge_in_chains(struct hf_worker *worker, const struct wanted *wanted)
{
	for (size_t i = 0; i < worker->facts->chain_count; i++) {
		enum hf_err err = judge_wanted(worker, wanted, (int)i);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* Empty non-terminals above an owner that no owner before it is below. */
static enum hf_err judge_empty(struct hf_worker *worker, const struct hf_owner *owner)
{
	size_t len, prev_len = 0;
	const uint8_t *key = hf_node_key(owner->node, &len);
	const uint8_t *prev = owner->prev != NULL ? hf_node_key(owner->prev, &prev_len) : NULL;
	size_t at = worker->facts->apex_key->len;
	while (at < len) {
		at += hf_key_prefix(key + at, len - at, 1);
		if (at >= len)
			break;
		if (prev != NULL && hf_key_is_under(prev, prev_len, key, at))
			continue;
		struct hf_name name;
		if (!hf_key_to_name(key, at, &name))
			return HF_ERR_INVALID;
		struct wanted wanted = {.name = &name, .first = owner->node, .key_len = at};
		enum hf_err err = judge_in_chains(worker, &wanted);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

enum hf_err hf_nsec3_judge_owner(struct hf_worker *worker, const struct hf_owner *owner)
{
	if (!worker->facts->chains_checked || !hf_owner_in_chain(owner))
		return HF_OK;
	enum hf_err err = judge_empty(worker, owner);
	if (err != HF_OK)
		return err;
	struct wanted wanted = {.name = &owner->name, .owner = owner};
	return judge_in_chains(worker, &wanted);
}

/* ---- Records: do they make a ring? ---- */

/* Moves a ring over a slice. */
static void ring_pass(
        const struct hf_facts *facts, struct hf_ring *ring, const struct hf_slice *slice)
{
	uint8_t hash[HF_NSEC3_HASH_LEN];
	struct hf_nsec3 nsec3;
	for (size_t chain = 0; chain < facts->chain_count; chain++) {
		for (size_t i = slice->count; i > 0; i--) {
			const struct hf_node *node = slice->nodes[i - 1];
			if (owner_hash(facts, node, hash) &&
			        chain_record(facts, node, (int)chain, &nsec3)) {
				ring->last[chain] = node;
				break;
			}
		}
	}
}

enum hf_err hf_rings_init(const struct hf_facts *facts, struct hf_rings *ret_rings)
{
	struct hf_rings rings = {.count = 0};
	const struct hf_tree *tree = hf_version_nsec3(facts->version);
	enum hf_err err = hf_tree_slices(tree, &rings.slices, &rings.count);
	if (err != HF_OK)
		return err;
	rings.at = calloc(rings.count + 1, sizeof(*rings.at));
	if (rings.at == NULL) {
		hf_rings_done(&rings);
		return HF_ERR_NOMEM;
	}
	for (size_t i = 0; i < rings.count; i++) {
		rings.at[i + 1] = rings.at[i];
		ring_pass(facts, &rings.at[i + 1], &rings.slices[i]);
	}
	*ret_rings = rings;
	return HF_OK;
}

void hf_rings_done(struct hf_rings *rings)
{
	free(rings->slices);
	free(rings->at);
	*rings = (struct hf_rings){.count = 0};
}

/* The chain's record before this one must point here. */
static void judge_link(struct hf_worker *worker, const struct hf_node *before, int chain,
        const uint8_t hash[static HF_NSEC3_HASH_LEN])
{
	struct hf_nsec3 nsec3;
	if (!chain_record(worker->facts, before, chain, &nsec3) ||
	        nsec3.next_len != HF_NSEC3_HASH_LEN ||
	        memcmp(nsec3.next, hash, HF_NSEC3_HASH_LEN) == 0)
		return;
	struct hf_name name;
	hf_node_name(before, &name);
	struct hf_where where = at_nsec3(&name);
	char next[HF_NSEC3_LABEL], here[HF_NSEC3_LABEL];
	hf_nsec3_label(nsec3.next, next);
	hf_nsec3_label(hash, here);
	hf_found(&worker->finds, HF_CHECK_NSEC3_NEXT, &where,
	        "The NSEC3 record names %.*s as the next hash, but the next is %.*s.",
	        HF_NSEC3_LABEL, next, HF_NSEC3_LABEL, here);
}

/* What is wrong with one record in itself; its chain, or -1. */
static int judge_form(
        struct hf_worker *worker, const struct hf_where *where, const struct hf_nsec3 *nsec3)
{
	struct hf_finds *finds = &worker->finds;
	const struct hf_nsec3_params *params = &nsec3->params;
	if (params->algorithm != HF_NSEC3_HASH_SHA1) {
		hf_found(finds, HF_CHECK_NSEC3_ALGORITHM, where,
		        "The NSEC3 record names hash algorithm %u; only 1 (SHA-1) exists.",
		        params->algorithm);
		return -1;
	}
	if ((params->flags & ~HF_NSEC3_OPT_OUT) != 0)
		hf_found(finds, HF_CHECK_NSEC3_FLAGS, where,
		        "The NSEC3 record has flags %u; only 0 and 1 (opt-out) are defined.",
		        params->flags);
	if (nsec3->next_len != HF_NSEC3_HASH_LEN)
		hf_found(finds, HF_CHECK_NSEC3_HASH_LENGTH, where,
		        "The next hash has %u bytes instead of %d.", nsec3->next_len,
		        HF_NSEC3_HASH_LEN);
	int chain = hf_facts_chain(worker->facts, params);
	if (chain < 0)
		hf_found(finds, HF_CHECK_NSEC3_FOREIGN, where,
		        "No NSEC3PARAM record announces %u iterations with a salt of %u bytes, "
		        "which the NSEC3 record uses.",
		        params->iterations, params->salt_len);
	return chain;
}

static void judge_one(struct hf_worker *worker, const struct hf_node *node, struct hf_rdata rdata,
        const struct hf_where *where, unsigned seen[static HF_VERIFY_CHAINS], struct hf_ring *ring,
        const struct hf_ring *end)
{
	struct hf_nsec3 nsec3;
	uint8_t hash[HF_NSEC3_HASH_LEN];
	if (!hf_nsec3_read(rdata, &nsec3)) {
		hf_found(&worker->finds, HF_CHECK_RDATA_MALFORMED, where,
		        "The NSEC3 record is malformed.");
		return;
	}
	int chain = judge_form(worker, where, &nsec3);
	if (chain < 0 || !owner_hash(worker->facts, node, hash))
		return;
	if (seen[chain]++ > 0) {
		hf_found(&worker->finds, HF_CHECK_NSEC3_MULTIPLE, where,
		        "There are several NSEC3 records with the same parameters.");
		return;
	}
	if ((nsec3.params.flags & HF_NSEC3_OPT_OUT) != 0)
		worker->with_opt_out++;
	else
		worker->without_opt_out++;
	const struct hf_node *before =
	        ring->last[chain] != NULL ? ring->last[chain] : end->last[chain];
	ring->last[chain] = node;
	if (before != NULL)
		judge_link(worker, before, chain, hash);
}

bool hf_nsec3_judge_record(struct hf_worker *worker, const struct hf_node *node,
        struct hf_ring *ring, const struct hf_ring *end)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_rrset set;
	if (!hf_version_in_zone(facts->version, node) ||
	        !hf_node_find(node, KNOT_RRTYPE_NSEC3, &set) || set.rr_count == 0)
		return false;
	worker->any_denial = true;
	if (facts->key_count == 0)
		return false;
	struct hf_name name;
	hf_node_name(node, &name);
	struct hf_where where = at_nsec3(&name);
	uint8_t hash[HF_NSEC3_HASH_LEN];
	if (!owner_hash(facts, node, hash)) {
		hf_found(&worker->finds, HF_CHECK_NSEC3_OWNER, &where,
		        "The NSEC3 record's owner is not a hash of %d characters directly below "
		        "the apex.",
		        HF_NSEC3_LABEL);
		return false;
	}
	hf_denial_ttl_judge(worker, &name, &set);
	unsigned seen[HF_VERIFY_CHAINS] = {0};
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata))
		judge_one(worker, node, rdata, &where, seen, ring, end);
	return true;
}

/* ---- Records that stand for no name, or for two ---- */

static int pointer_cmp(const void *a, const void *b)
{
	const struct hf_node *const *left = a, *const *right = b;
	uintptr_t left_at = (uintptr_t)*left, right_at = (uintptr_t)*right;
	return (left_at > right_at) - (left_at < right_at);
}

static void judge_collisions(struct hf_worker *worker, const struct hf_matches *matches)
{
	for (size_t i = 1; i < matches->count; i++) {
		if (matches->nodes[i] != matches->nodes[i - 1])
			continue;
		struct hf_name name;
		hf_node_name(matches->nodes[i], &name);
		struct hf_where where = at_nsec3(&name);
		hf_found(&worker->finds, HF_CHECK_NSEC3_COLLISION, &where,
		        "Two names of the zone have this hash.");
	}
}

static void report_orphan(struct hf_worker *worker, const struct hf_node *node)
{
	struct hf_name name;
	hf_node_name(node, &name);
	struct hf_where where = at_nsec3(&name);
	hf_found(&worker->finds, HF_CHECK_NSEC3_ORPHAN, &where,
	        "The NSEC3 record is the hash of no name in the zone.");
}

static void judge_orphan(struct hf_worker *worker, int chain, const struct hf_node *node)
{
	const struct hf_matches *matches = &worker->matches[chain];
	uint8_t hash[HF_NSEC3_HASH_LEN];
	struct hf_nsec3 nsec3;
	if (!owner_hash(worker->facts, node, hash) ||
	        !chain_record(worker->facts, node, chain, &nsec3) ||
	        (matches->count > 0 && bsearch(&node, matches->nodes, matches->count,
	                                       sizeof(*matches->nodes), pointer_cmp) != NULL))
		return;
	report_orphan(worker, node);
}

void hf_nsec3_judge_orphans(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	const struct hf_tree *tree = hf_version_nsec3(facts->version);
	for (size_t chain = 0; facts->chains_checked && chain < facts->chain_count; chain++) {
		struct hf_matches *matches = &worker->matches[chain];
		if (matches->count > 1)
			qsort(matches->nodes, matches->count, sizeof(*matches->nodes), pointer_cmp);
		judge_collisions(worker, matches);
		/* As many matches as nodes: each stands for a name, nothing to look for. */
		if (matches->count == hf_tree_count(tree))
			continue;
		struct hf_tree_cursor cursor;
		const struct hf_node *node = hf_tree_first(tree, &cursor);
		for (; node != NULL; node = hf_tree_next(&cursor))
			judge_orphan(worker, (int)chain, node);
	}
}

void hf_nsec3_judge_zone(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_NSEC3);
	if (worker->with_opt_out > 0)
		hf_found(&worker->finds, HF_CHECK_NSEC3_OPT_OUT, &where,
		        "The zone uses opt-out; %llu insecure delegations have no NSEC3 record.",
		        (unsigned long long)worker->opted_out);
	if (worker->with_opt_out > 0 && worker->without_opt_out > 0)
		hf_found(&worker->finds, HF_CHECK_NSEC3_OPT_OUT_PARTIAL, &where,
		        "%llu NSEC3 records have the opt-out flag, %llu do not.",
		        (unsigned long long)worker->with_opt_out,
		        (unsigned long long)worker->without_opt_out);
	if (!facts->has_param)
		return;
	for (size_t i = 0; i < facts->alg_count; i++) {
		char name[32];
		/* RSAMD5, DH, DSA and RSASHA1 were made before NSEC3. */
		if (facts->algs[i] > HF_ALG_RSASHA1)
			continue;
		hf_found(&worker->finds, HF_CHECK_NSEC3_NSEC_ONLY, &where,
		        "The zone uses NSEC3 with keys of %s.", hf_alg_name(facts->algs[i], name));
	}
}

/* ---- Changes ---- */

void hf_ring_before(
        const struct hf_facts *facts, const uint8_t *key, size_t len, struct hf_ring *ret_ring)
{
	*ret_ring = (struct hf_ring){{NULL}};
	for (size_t chain = 0; chain < facts->chain_count; chain++)
		ret_ring->last[chain] = record_before(facts, key, len, (int)chain);
}

void hf_ring_after(
        const struct hf_facts *facts, const uint8_t *key, size_t len, struct hf_ring *ret_ring)
{
	*ret_ring = (struct hf_ring){{NULL}};
	for (size_t chain = 0; chain < facts->chain_count; chain++)
		ret_ring->last[chain] = record_after(facts, key, len, (int)chain);
}

void hf_nsec3_judge_links(struct hf_worker *worker, const struct hf_node *node)
{
	const struct hf_facts *facts = worker->facts;
	uint8_t hash[HF_NSEC3_HASH_LEN];
	struct hf_nsec3 nsec3;
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	if (!owner_hash(facts, node, hash))
		return;
	for (int chain = 0; chain < (int)facts->chain_count; chain++) {
		if (!chain_record(facts, node, chain, &nsec3))
			continue;
		const struct hf_node *before = record_before(facts, key, len, chain);
		if (before != NULL)
			judge_link(worker, before, chain, hash);
	}
}

/* A name that no chain must know: its record would be the hash of no name. */
static void judge_unwanted(struct hf_worker *worker, const struct hf_node *node, int chain)
{
	struct hf_nsec3 nsec3;
	if (node != NULL && chain_record(worker->facts, node, chain, &nsec3))
		report_orphan(worker, node);
}

enum hf_err hf_nsec3_judge_place(
        struct hf_worker *worker, const struct hf_version *before, const uint8_t *key, size_t len)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_owner owner;
	struct hf_name name;
	struct wanted wanted = {.name = &name};
	if (!hf_key_to_name(key, len, &name))
		return HF_ERR_INVALID;
	const struct hf_node *node = hf_tree_get(hf_version_names(facts->version), key, len);
	if (node != NULL) {
		hf_owner_init(facts, node, &owner);
		if (hf_owner_in_chain(&owner))
			wanted.owner = &owner;
	}
	if (wanted.owner == NULL && len > facts->apex_key->len) {
		wanted.first = hf_owner_below(facts, key, len);
		wanted.key_len = len;
	}
	enum hf_err err = HF_OK;
	for (int chain = 0; chain < (int)facts->chain_count && err == HF_OK; chain++) {
		struct hf_key at;
		err = place_key(worker, &name, chain, &at);
		if (err != HF_OK)
			break;
		const struct hf_tree *trees[] = {
		        hf_version_nsec3(before), hf_version_nsec3(facts->version)};
		const struct hf_node *here = NULL;
		for (size_t i = 0; i < 2 && err == HF_OK; i++) {
			here = hf_tree_get(trees[i], at.bytes, at.len);
			if (here != NULL)
				err = hf_worker_match(worker, chain, here);
		}
		if (err == HF_OK && wanted.owner == NULL && wanted.first == NULL)
			judge_unwanted(worker, here, chain);
		else if (err == HF_OK)
			err = judge_wanted(worker, &wanted, chain);
	}
	return err;
}

void hf_matches_sort(struct hf_worker *worker)
{
	for (size_t chain = 0; chain < worker->facts->chain_count; chain++) {
		struct hf_matches *matches = &worker->matches[chain];
		if (matches->count > 1)
			qsort(matches->nodes, matches->count, sizeof(*matches->nodes), pointer_cmp);
	}
}

static bool is_match(const struct hf_worker *worker, int chain, const struct hf_node *node)
{
	const struct hf_matches *matches = &worker->matches[chain];
	return node != NULL && matches->count > 0 &&
	       bsearch(&node, matches->nodes, matches->count, sizeof(*matches->nodes),
	               pointer_cmp) != NULL;
}

bool hf_nsec3_explained(
        const struct hf_worker *worker, const struct hf_node *before, const struct hf_node *after)
{
	const struct hf_facts *facts = worker->facts;
	for (int chain = 0; chain < (int)facts->chain_count; chain++) {
		struct hf_nsec3 was, is;
		bool had = before != NULL && chain_record(facts, before, chain, &was);
		bool has = after != NULL && chain_record(facts, after, chain, &is);
		if ((!had && !has) || is_match(worker, chain, before) ||
		        is_match(worker, chain, after))
			continue;
		if (!had || !has || was.bitmap_len != is.bitmap_len ||
		        memcmp(was.bitmap, is.bitmap, is.bitmap_len) != 0)
			return false;
	}
	return true;
}

bool hf_nsec3_closes(const struct hf_facts *was, const struct hf_facts *facts,
        const struct hf_node *before, const struct hf_node *after)
{
	size_t len;
	const uint8_t *key = hf_node_key(after != NULL ? after : before, &len);
	for (int chain = 0; chain < (int)facts->chain_count; chain++) {
		struct hf_nsec3 nsec3;
		bool had = before != NULL && chain_record(was, before, chain, &nsec3);
		bool has = after != NULL && chain_record(facts, after, chain, &nsec3);
		/* What covered the names behind this place, and what covers them now. */
		const struct hf_node *old = had ? before : record_before(was, key, len, chain);
		const struct hf_node *new = has ? after : record_before(facts, key, len, chain);
		if ((had || has) && opts_out(was, old, chain) && !opts_out(facts, new, chain))
			return true;
	}
	return false;
}
