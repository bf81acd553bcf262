/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "verify/judge.h"
#include "verify/keydiff.h"
#include "verify/sigcheck.h"
#include "verify/zonecheck.h"

#define GROUP_MIN 32 /* marks a task */
#define GROUP_MAX 1024
#define FEW       64          /* this many marks are never too many */
#define SOON      (12 * 3600) /* signatures that end so soon are judged */
#define FEW_SIGS  100         /* fewer are not worth tables (crypto/batch.h) */

/* What to do at a place of a tree. */
enum {
	JUDGE = 1 << 0, /* the owner and all that it holds */
	LINK = 1 << 1,  /* whether the chain's owner before it points here */
	PLACE = 1 << 2, /* whether the NSEC3 chains know it as what it is */
};

enum tree { NAMES, NSEC3 };

struct mark {
	const uint8_t *key; /* borrowed from a node of either version */
	uint16_t len;
	uint8_t tree;
	uint8_t what;
};

/* An NSEC3 node that differs. */
struct pair {
	const struct hf_node *before, *after;
};

struct change {
	const struct hf_version *before, *after;
	const struct hf_verify_options *options;
	struct hf_facts facts;
	struct hf_facts was; /* the same for the version before; holds no keys */
	struct hf_keydiff keydiff;
	struct hf_finds finds;
	struct hf_worker *workers;
	unsigned worker_count;

	struct mark *marks;
	size_t mark_count, mark_cap, mark_limit;
	size_t group; /* marks a task: few and large ones fill batches */
	struct pair *pairs;
	size_t pair_count, pair_cap;
	bool whole; /* too much, or nothing less would be safe */
};

static void change_done(struct change *change)
{
	hf_workers_done(change->workers, change->worker_count);
	free(change->marks);
	free(change->pairs);
	hf_finds_done(&change->finds);
	hf_facts_done(&change->facts);
}

/* ---- What everything rests on ---- */

static bool same_records(const struct hf_node *a, const struct hf_node *b, uint16_t type)
{
	struct hf_rrset x, y;
	bool in_a = hf_node_find(a, type, &x) && x.rr_count > 0;
	bool in_b = hf_node_find(b, type, &y) && y.rr_count > 0;
	if (!in_a || !in_b)
		return in_a == in_b;
	return x.rrs_len == y.rrs_len && memcmp(x.rrs, y.rrs, x.rrs_len) == 0;
}

static bool same_denial_ttl(const struct hf_version *before, const struct hf_version *after)
{
	struct hf_rrset x, y;
	struct hf_soa was, is;
	return hf_version_soa(before, &was) && hf_version_soa(after, &is) &&
	       hf_node_find(hf_version_apex_node(before), KNOT_RRTYPE_SOA, &x) &&
	       hf_node_find(hf_version_apex_node(after), KNOT_RRTYPE_SOA, &y) &&
	       was.minimum == is.minimum && x.ttl == y.ttl;
}

/* Whether an unchanged owner that was good is good, as far as the apex has a say in it. */
static bool same_basis(const struct hf_version *before, const struct hf_version *after)
{
	const struct hf_node *was = hf_version_apex_node(before);
	const struct hf_node *is = hf_version_apex_node(after);
	bool had_nsec3 = hf_tree_count(hf_version_nsec3(before)) > 0;
	bool has_nsec3 = hf_tree_count(hf_version_nsec3(after)) > 0;
	if (was == NULL || is == NULL || had_nsec3 != has_nsec3 ||
	        !hf_name_equal(hf_version_apex(before), hf_version_apex(after)))
		return false;
	return same_records(was, is, KNOT_RRTYPE_NSEC3PARAM) &&
	       hf_node_has(was, KNOT_RRTYPE_NSEC) == hf_node_has(is, KNOT_RRTYPE_NSEC) &&
	       hf_node_has(was, KNOT_RRTYPE_DNAME) == hf_node_has(is, KNOT_RRTYPE_DNAME) &&
	       same_denial_ttl(before, after);
}

/* ---- Marking ---- */

/* HF_ERR_CANCELED: there are too many, `whole` is set. */
static enum hf_err mark(
        struct change *change, enum tree tree, const uint8_t *key, size_t len, unsigned what)
{
	if (change->mark_count == change->mark_limit) {
		change->whole = true;
		return HF_ERR_CANCELED;
	}
	struct mark *marks =
	        hf_list_room(change->marks, &change->mark_cap, change->mark_count, sizeof(*marks));
	if (marks == NULL)
		return HF_ERR_NOMEM;
	change->marks = marks;
	change->marks[change->mark_count++] = (struct mark){
	        .key = key, .len = (uint16_t)len, .tree = (uint8_t)tree, .what = (uint8_t)what};
	return HF_OK;
}

static enum hf_err mark_node(
        struct change *change, enum tree tree, const struct hf_node *node, unsigned what)
{
	if (node == NULL)
		return HF_OK;
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	return mark(change, tree, key, len, what);
}

/* A name of the zone whose kind or records may have changed, and all that follows from it. */
static enum hf_err touch(struct change *change, const uint8_t *key, size_t len)
{
	const struct hf_facts *facts = &change->facts;
	enum hf_err err = mark(change, NAMES, key, len, JUDGE | PLACE);
	size_t at = facts->apex_key->len;
	while (at < len && err == HF_OK) {
		at += hf_key_prefix(key + at, len - at, 1);
		if (at < len)
			err = mark(change, NAMES, key, at, PLACE);
	}
	if (err == HF_OK)
		err = mark_node(change, NAMES, hf_cut_above(facts, key, len), JUDGE);
	if (err == HF_OK)
		err = mark_node(change, NAMES, hf_owner_after(facts, key, len), LINK);
	return err;
}

/* Everything below a name that begins or ceases to hide it. */
static enum hf_err touch_below(struct change *change, const uint8_t *above, size_t above_len)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node =
	        hf_tree_seek(hf_version_names(change->after), above, above_len, &cursor);
	for (; node != NULL; node = hf_tree_next(&cursor)) {
		size_t len;
		const uint8_t *key = hf_node_key(node, &len);
		if (!hf_key_is_under(key, len, above, above_len))
			break;
		enum hf_err err = touch(change, key, len);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* How a node hides what is below it; NULL hides nothing. */
static unsigned hiding(const struct hf_node *node)
{
	if (node == NULL)
		return 0;
	return (hf_node_has(node, KNOT_RRTYPE_NS) ? 1u : 0) |
	       (hf_node_has(node, KNOT_RRTYPE_DNAME) ? 2u : 0);
}

static enum hf_err name_differs(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	struct change *change = context;
	const struct hf_node *node = after != NULL ? after : before;
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	if (!hf_version_in_zone(change->after, node))
		return mark(change, NAMES, key, len, JUDGE);
	enum hf_err err = touch(change, key, len);
	bool apex = len == change->facts.apex_key->len;
	if (err == HF_OK && !apex && hiding(before) != hiding(after))
		err = touch_below(change, key, len);
	return err;
}

static enum hf_err nsec3_differs(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	struct change *change = context;
	struct pair *pairs =
	        hf_list_room(change->pairs, &change->pair_cap, change->pair_count, sizeof(*pairs));
	if (pairs == NULL)
		return HF_ERR_NOMEM;
	change->pairs = pairs;
	change->pairs[change->pair_count++] = (struct pair){before, after};
	return mark_node(change, NSEC3, after != NULL ? after : before, JUDGE);
}

static enum hf_err name_expires(void *context, const struct hf_node *node)
{
	return mark_node(context, NAMES, node, JUDGE);
}

static enum hf_err nsec3_expires(void *context, const struct hf_node *node)
{
	return mark_node(context, NSEC3, node, JUDGE);
}

/* What the difference, and the time, can have made bad. */
static enum hf_err mark_all(struct change *change)
{
	const struct hf_tree *names = hf_version_names(change->after);
	const struct hf_tree *nsec3 = hf_version_nsec3(change->after);
	uint32_t limit = hf_time_to_stamp(change->options->at + SOON);
	const struct hf_key *apex = change->facts.apex_key;
	enum hf_err err = mark(change, NAMES, apex->bytes, apex->len, JUDGE);
	if (err == HF_OK)
		err = hf_tree_diff(hf_version_names(change->before), names, name_differs, change);
	if (err == HF_OK)
		err = hf_tree_diff(hf_version_nsec3(change->before), nsec3, nsec3_differs, change);
	if (err == HF_OK)
		err = hf_tree_expiring(names, limit, name_expires, change);
	if (err == HF_OK)
		err = hf_tree_expiring(nsec3, limit, nsec3_expires, change);
	/* For the least remaining validity. */
	if (err == HF_OK)
		err = mark_node(change, NAMES, hf_tree_first_expiring(names), JUDGE);
	if (err == HF_OK)
		err = mark_node(change, NSEC3, hf_tree_first_expiring(nsec3), JUDGE);
	return err;
}

/* ---- Keys that came or went ---- */

/* Leaf pages with a signature that may be by such a key. */
struct search {
	const struct hf_keydiff *diff;
	struct hf_slice *slices;
	size_t count;
	bool *found;
};

static enum hf_err search_slice(void *context, size_t index, unsigned worker)
{
	const struct search *search = context;
	const struct hf_slice *slice = &search->slices[index];
	(void)worker;
	for (size_t i = 0; i < slice->count && !search->found[index]; i++)
		search->found[index] = hf_keydiff_concerns(search->diff, slice->nodes[i]);
	return HF_OK;
}

static enum hf_err mark_found(struct change *change, enum tree tree, const struct search *search)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < search->count; i++) {
		const struct hf_slice *slice = &search->slices[i];
		for (size_t k = 0; search->found[i] && k < slice->count && err == HF_OK; k++) {
			if (hf_keydiff_concerns(search->diff, slice->nodes[k]))
				err = mark_node(change, tree, slice->nodes[k], JUDGE);
		}
	}
	return err;
}

/* Every signature is looked at, but only by its tag. */
static enum hf_err mark_signed(struct change *change, enum tree tree, struct hf_pool *pool)
{
	struct search search = {.diff = &change->keydiff};
	if (change->keydiff.count == 0)
		return HF_OK;
	enum hf_err err = hf_tree_slices(
	        tree == NAMES ? hf_version_names(change->after) : hf_version_nsec3(change->after),
	        &search.slices, &search.count);
	if (err != HF_OK)
		return err;
	search.found = calloc(search.count + 1, sizeof(*search.found));
	err = search.found == NULL
	              ? HF_ERR_NOMEM
	              : hf_pool_run(pool, search.count, search_slice, &search, NULL, NULL);
	if (err == HF_OK)
		err = mark_found(change, tree, &search);
	free(search.found);
	free(search.slices);
	return err;
}

/* ---- Denial ---- */

/* The records behind each NSEC3 record that differs, and what opt-out covers. */
static enum hf_err mark_rings(struct change *change)
{
	const struct hf_facts *facts = &change->facts;
	for (size_t i = 0; i < change->pair_count; i++) {
		const struct pair *pair = &change->pairs[i];
		if (hf_nsec3_closes(&change->was, facts, pair->before, pair->after)) {
			change->whole = true;
			return HF_ERR_CANCELED;
		}
		size_t len;
		const uint8_t *key =
		        hf_node_key(pair->after != NULL ? pair->after : pair->before, &len);
		struct hf_ring behind;
		hf_ring_after(facts, key, len, &behind);
		for (size_t chain = 0; chain < facts->chain_count; chain++) {
			enum hf_err err = mark_node(change, NSEC3, behind.last[chain], LINK);
			if (err != HF_OK)
				return err;
		}
	}
	return HF_OK;
}

static int mark_cmp(const void *left, const void *right)
{
	const struct mark *a = left, *b = right;
	if (a->tree != b->tree)
		return (int)a->tree - (int)b->tree;
	return hf_key_cmp(a->key, a->len, b->key, b->len);
}

/* Each place once, in order. */
static void merge_marks(struct change *change)
{
	struct mark *marks = change->marks;
	size_t kept = 0;
	qsort(marks, change->mark_count, sizeof(*marks), mark_cmp);
	for (size_t i = 1; i < change->mark_count; i++) {
		if (mark_cmp(&marks[kept], &marks[i]) == 0)
			marks[kept].what |= marks[i].what;
		else
			marks[++kept] = marks[i];
	}
	change->mark_count = kept + 1; /* the apex is always there */
}

/* ---- Judging ---- */

static const struct hf_node *node_at(const struct hf_version *version, const struct mark *mark)
{
	const struct hf_tree *tree =
	        mark->tree == NAMES ? hf_version_names(version) : hf_version_nsec3(version);
	return hf_tree_get(tree, mark->key, mark->len);
}

static enum hf_err begin_owner(const struct change *change, struct hf_worker *worker,
        const struct mark *mark, const struct hf_node *node, struct hf_owner *ret_owner)
{
	const struct hf_node *known = node_at(change->before, mark);
	if (mark->tree == NSEC3) {
		struct hf_ring ring;
		const struct hf_ring end = {{NULL}};
		hf_ring_before(&change->facts, mark->key, mark->len, &ring);
		return hf_nsec3_owner_collect(worker, node, known, &ring, &end, ret_owner);
	}
	hf_owner_init(&change->facts, node, ret_owner);
	ret_owner->known = known;
	return hf_owner_collect(worker, ret_owner);
}

static void end_owner(const struct change *change, struct hf_worker *worker,
        const struct mark *mark, const struct hf_owner *owner, size_t *next)
{
	hf_data_judge(worker, owner);
	hf_owner_judge_sets(worker, owner, next);
	if (mark->tree == NSEC3)
		return;
	worker->names += owner->kind != HF_OWNER_FOREIGN;
	const struct hf_node *before =
	        change->facts.denial == HF_DENIED_BY_NSEC && hf_owner_in_chain(owner)
	                ? hf_owner_before(&change->facts, mark->key, mark->len)
	                : NULL;
	hf_nsec_judge(worker, owner, before);
}

static void judge_link(const struct change *change, struct hf_worker *worker,
        const struct mark *mark, const struct hf_node *node)
{
	const struct hf_facts *facts = &change->facts;
	if (mark->tree == NSEC3) {
		hf_nsec3_judge_links(worker, node);
	} else if (facts->denial == HF_DENIED_BY_NSEC) {
		struct hf_owner owner;
		hf_owner_init(facts, node, &owner);
		hf_nsec_judge_link(worker, &owner, hf_owner_before(facts, mark->key, mark->len));
	}
}

static enum hf_err judge_marks(const struct change *change, struct hf_worker *worker,
        const struct mark *marks, size_t mark_count)
{
	size_t count = 0, next = 0;
	worker->triple_count = 0;
	enum hf_err err = hf_owners_reserve(worker, mark_count);
	for (size_t i = 0; i < mark_count && err == HF_OK; i++) {
		const struct hf_node *node = node_at(change->after, &marks[i]);
		if ((marks[i].what & JUDGE) != 0 && node != NULL)
			err = begin_owner(
			        change, worker, &marks[i], node, &worker->owners[count++]);
	}
	if (err == HF_OK)
		err = hf_triples_check(worker);
	count = 0;
	for (size_t i = 0; i < mark_count && err == HF_OK; i++) {
		const struct hf_node *node = node_at(change->after, &marks[i]);
		if ((marks[i].what & JUDGE) != 0 && node != NULL)
			end_owner(change, worker, &marks[i], &worker->owners[count++], &next);
		else if ((marks[i].what & LINK) != 0 && node != NULL)
			judge_link(change, worker, &marks[i], node);
		if ((marks[i].what & PLACE) != 0 && change->facts.chains_checked)
			err = hf_nsec3_judge_place(
			        worker, change->before, marks[i].key, marks[i].len);
	}
	return err;
}

static enum hf_err task(void *context, size_t index, unsigned worker_index)
{
	const struct change *change = context;
	struct hf_worker *worker = &change->workers[worker_index];
	size_t from = index * change->group, left = change->mark_count - from;
	enum hf_err err = judge_marks(
	        change, worker, change->marks + from, left < change->group ? left : change->group);
	return err != HF_OK ? err : worker->finds.err;
}

/* Parts the marks into tasks; returns how many. */
static size_t group_marks(struct change *change)
{
	size_t group = change->mark_count / change->worker_count + 1;
	if (group < GROUP_MIN)
		group = GROUP_MIN;
	change->group = group < GROUP_MAX ? group : GROUP_MAX;
	return (change->mark_count + change->group - 1) / change->group;
}

/* Each changed NSEC3 record must belong to a name that was looked at. */
static enum hf_err judge_pairs(struct change *change)
{
	struct hf_worker *worker = &change->workers[0];
	hf_matches_sort(worker);
	for (size_t i = 0; i < change->pair_count; i++) {
		const struct pair *pair = &change->pairs[i];
		if (!hf_nsec3_explained(worker, pair->before, pair->after)) {
			change->whole = true;
			return HF_ERR_CANCELED;
		}
	}
	return HF_OK;
}

static enum hf_err judge_zone(struct hf_worker *worker, const struct hf_verify_options *options)
{
	/* Who signs what was not looked at is not known. */
	for (size_t i = 0; i < worker->facts->key_count; i++)
		worker->key_used[i] = true;
	hf_apex_judge(worker);
	hf_keys_judge(worker);
	hf_sizes_judge(worker);
	hf_expire_judge(worker);
	enum hf_err err = hf_parent_judge(worker, options);
	if (err == HF_OK)
		err = hf_cds_judge(worker, options);
	if (err == HF_OK)
		err = hf_zonemd_judge(worker);
	return err;
}

/* ---- One change ---- */

/* Enough of the facts to find places; what costs more comes when it is known how much there is. */
static void facts_sketch(struct change *change)
{
	change->facts = (struct hf_facts){
	        .version = change->after,
	        .apex = hf_version_apex(change->after),
	        .apex_key = hf_version_apex_key(change->after),
	        .at = change->options->at,
	};
	change->facts.apex_labels = hf_name_labels(change->facts.apex);
}

static enum hf_err facts_complete(struct change *change)
{
	/* Half of the marks are links and places; an owner has one or two new signatures. */
	uint64_t expected = change->mark_count / 2;
	if (expected < FEW_SIGS)
		expected = 0;
	enum hf_err err = hf_facts_init(
	        change->after, change->options->at, expected, &change->finds, &change->facts);
	if (err != HF_OK)
		return err;
	if (change->facts.denial == HF_DENIED_BY_NSEC3 && !change->facts.chains_checked) {
		change->whole = true;
		return HF_ERR_CANCELED;
	}
	for (size_t i = 0; i < change->facts.key_count; i++) {
		struct hf_zone_key *key = &change->facts.keys[i];
		key->is_new = hf_keydiff_has(&change->keydiff, key->tag, key->dnskey.algorithm);
	}
	change->was = change->facts;
	change->was.version = change->before;
	return HF_OK;
}

/* HF_ERR_CANCELED with `whole` set: the zone has to be judged as a whole. */
static enum hf_err judge_change(
        struct change *change, struct hf_pool *pool, const struct hf_progress *progress)
{
	if (!same_basis(change->before, change->after) ||
	        !hf_keydiff_make(hf_version_apex_node(change->before),
	                hf_version_apex_node(change->after), &change->keydiff)) {
		change->whole = true;
		return HF_ERR_CANCELED;
	}
	change->mark_limit = FEW + (hf_tree_count(hf_version_names(change->after)) +
	                                   hf_tree_count(hf_version_nsec3(change->after))) /
	                                   4;
	facts_sketch(change);
	enum hf_err err = mark_all(change);
	if (err == HF_OK)
		err = mark_signed(change, NAMES, pool);
	if (err == HF_OK)
		err = mark_signed(change, NSEC3, pool);
	if (err == HF_OK)
		err = facts_complete(change);
	if (err == HF_OK)
		err = mark_rings(change);
	if (err != HF_OK)
		return err;
	merge_marks(change);
	err = hf_workers_init(
	        &change->facts, hf_pool_jobs(pool), &change->workers, &change->worker_count);
	if (err == HF_OK)
		err = hf_pool_run(pool, group_marks(change), task, change, progress, "verify");
	if (err == HF_OK)
		err = hf_workers_merge(change->workers, change->worker_count, &change->finds);
	if (err == HF_OK)
		err = judge_pairs(change);
	return err == HF_OK ? judge_zone(&change->workers[0], change->options) : err;
}

enum hf_err hf_verify_change(const struct hf_version *before, const struct hf_version *after,
        const struct hf_verify_options *options, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag, struct hf_report **ret_report)
{
	/* The facts are too large for a stack frame that other threads' work may sit on. */
	struct change *change = calloc(1, sizeof(*change));
	if (change == NULL)
		return hf_fail(diag, HF_ERR_NOMEM, "the change could not be verified: %s",
		        hf_err_text(HF_ERR_NOMEM));
	change->before = before;
	change->after = after;
	change->options = options;
	enum hf_err err = judge_change(change, pool, progress);
	if (err == HF_OK)
		err = hf_report_make(&change->workers[0], options, HF_SCOPE_CHANGE, ret_report);
	bool whole = change->whole;
	change_done(change);
	free(change);
	if (whole)
		return hf_verify_zone(after, options, pool, progress, diag, ret_report);
	if (err != HF_OK)
		return hf_fail(diag, err, "the change could not be verified: %s", hf_err_text(err));
	return HF_OK;
}
