/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/nsec3_chain.h"

#include <stdlib.h>
#include <string.h>

#include "sign/sign_owner.h"

#define BUCKET_BITS 12
#define BUCKETS     (1u << BUCKET_BITS)
#define SMALL       4096 /* fewer items than this are sorted at once */

/* Counting and hashing are the same walk over the slices: with `items` the second of the two. */
struct gather {
	const struct hf_sign_plan *plan;
	struct hf_sign_worker *workers;
	const struct hf_slice *slices;
	size_t *starts; /* by slice: number of items, then index of the first one */
	struct hf_nsec3_item *items;
};

void hf_nsec3_chain_done(struct hf_nsec3_chain *chain)
{
	free(chain->items);
	*chain = (struct hf_nsec3_chain){0};
}

/* The key of the name that an item stands for: a prefix of its node's. */
static const uint8_t *item_key(const struct hf_nsec3_item *item, size_t *ret_len)
{
	const uint8_t *key = hf_node_key(item->node, ret_len);
	if (item->up != 0)
		*ret_len = hf_key_prefix(key, *ret_len, hf_key_labels(key, *ret_len) - item->up);
	return key;
}

static bool item_name(const struct hf_nsec3_item *item, struct hf_name *ret_name)
{
	size_t len;
	const uint8_t *key = item_key(item, &len);
	return hf_key_to_name(key, len, ret_name);
}

static enum hf_err hash_item(
        const struct gather *gather, unsigned worker, struct hf_nsec3_item *item)
{
	struct hf_name name;
	if (!item_name(item, &name))
		return HF_ERR_INVALID;
	return hf_nsec3_hash(
	        gather->workers[worker].hasher, &gather->plan->nsec3, &name, item->hash);
}

/* Whether the owner before in this slice is under the same ancestor, which it brought along then.
 */
static bool shared(const struct hf_node *before, const uint8_t *key, size_t prefix)
{
	size_t len;
	if (before == NULL)
		return false;
	const uint8_t *other = hf_node_key(before, &len);
	return hf_key_is_under(other, len, key, prefix);
}

/*
 * Items of one owner: itself, and the names above it up to where the owner before branched off.
 * Those are empty non-terminals, or at the start of a slice names that an earlier slice has too;
 * hf_nsec3_chain_sort unites repeats.
 */
static enum hf_err gather_owner(const struct gather *gather, unsigned worker,
        const struct hf_nsec3_item *owner, const struct hf_node *before, size_t *at)
{
	const struct hf_key *apex = hf_version_apex_key(gather->plan->zone);
	size_t len;
	const uint8_t *key = hf_node_key(owner->node, &len);
	unsigned labels = hf_key_labels(key, len);
	unsigned depth = labels - hf_key_labels(apex->bytes, apex->len);

	for (unsigned up = 0; up == 0 || up < depth; up++) {
		if (up > 0 && shared(before, key, hf_key_prefix(key, len, labels - up)))
			break;
		if (gather->items != NULL) {
			struct hf_nsec3_item *item = &gather->items[*at];
			*item = *owner;
			item->up = (uint8_t)up;
			enum hf_err err = hash_item(gather, worker, item);
			if (err != HF_OK)
				return err;
		}
		(*at)++;
	}
	return HF_OK;
}

static enum hf_err gather_slice(void *context, size_t index, unsigned worker)
{
	struct gather *gather = context;
	const struct hf_slice *slice = &gather->slices[index];
	const struct hf_node *before = NULL;
	size_t at = gather->items != NULL ? gather->starts[index] : 0;
	struct hf_cuts cuts;

	hf_cuts_start(&cuts, gather->plan->zone, slice->nodes[0]);
	for (size_t i = 0; i < slice->count; i++) {
		const struct hf_node *node = slice->nodes[i];
		enum hf_place place = hf_cuts_step(&cuts, node);
		if (!hf_sign_owner_denied(gather->plan, node, place))
			continue;
		struct hf_nsec3_item owner = {.place = (uint8_t)place, .node = node};
		enum hf_err err = gather_owner(gather, worker, &owner, before, &at);
		if (err != HF_OK)
			return err;
		before = node;
	}
	if (gather->items == NULL)
		gather->starts[index] = at;
	return HF_OK;
}

/* Turns numbers of items into places of the first ones; returns how many there are. */
static size_t add_up(size_t *starts, size_t count)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		size_t items = starts[i];
		starts[i] = total;
		total += items;
	}
	return total;
}

enum hf_err hf_nsec3_chain_make(const struct hf_sign_plan *plan, struct hf_sign_worker *workers,
        struct hf_pool *pool, const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_nsec3_chain *ret_chain)
{
	struct gather gather = {.plan = plan, .workers = workers};
	struct hf_nsec3_chain chain = {0};
	struct hf_slice *slices = NULL;
	size_t count = 0;

	enum hf_err err = hf_tree_slices(hf_version_names(plan->zone), &slices, &count);
	if (err != HF_OK)
		return err;
	gather.slices = slices;
	gather.starts = calloc(count + 1, sizeof(*gather.starts));
	if (gather.starts == NULL) {
		err = HF_ERR_NOMEM;
		goto done;
	}
	err = hf_pool_run(pool, count, gather_slice, &gather, NULL, NULL);
	if (err != HF_OK)
		goto done;
	chain.count = add_up(gather.starts, count);
	chain.items = calloc(chain.count + 1, sizeof(*chain.items));
	if (chain.items == NULL) {
		err = HF_ERR_NOMEM;
		goto done;
	}
	gather.items = chain.items;
	err = hf_pool_run(pool, count, gather_slice, &gather, progress, "hash");
	if (err == HF_OK)
		err = hf_nsec3_chain_sort(&chain, pool, diag);
done:
	if (err != HF_OK)
		hf_nsec3_chain_done(&chain);
	else
		*ret_chain = chain;
	free(gather.starts);
	free(slices);
	return err;
}

/* ---- sorting ---- */

static unsigned bucket_of(const struct hf_nsec3_item *item)
{
	return (unsigned)hf_read_u16(item->hash) >> (16 - BUCKET_BITS);
}

static int compare(const void *a, const void *b)
{
	const struct hf_nsec3_item *x = a, *y = b;
	return memcmp(x->hash, y->hash, HF_NSEC3_HASH_LEN);
}

struct buckets {
	struct hf_nsec3_item *items;
	size_t start[BUCKETS + 1];
};

static enum hf_err sort_bucket(void *context, size_t index, unsigned worker)
{
	const struct buckets *buckets = context;
	size_t start = buckets->start[index];
	qsort(buckets->items + start, buckets->start[index + 1] - start, sizeof(*buckets->items),
	        compare);
	return HF_OK;
}

/* Moves every item into its bucket, in place: each swap brings one home. */
static enum hf_err distribute(struct buckets *buckets, size_t count)
{
	size_t *next = calloc(BUCKETS, sizeof(*next));
	if (next == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		buckets->start[bucket_of(&buckets->items[i]) + 1]++;
	for (size_t i = 0; i < BUCKETS; i++) {
		buckets->start[i + 1] += buckets->start[i];
		next[i] = buckets->start[i];
	}
	for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
		while (next[bucket] < buckets->start[bucket + 1]) {
			struct hf_nsec3_item *item = &buckets->items[next[bucket]];
			unsigned home = bucket_of(item);
			if (home == bucket) {
				next[bucket]++;
				continue;
			}
			struct hf_nsec3_item other = buckets->items[next[home]];
			buckets->items[next[home]++] = *item;
			*item = other;
		}
	}
	free(next);
	return HF_OK;
}

static bool same_name(const struct hf_nsec3_item *a, const struct hf_nsec3_item *b)
{
	size_t a_len, b_len;
	const uint8_t *a_key = item_key(a, &a_len), *b_key = item_key(b, &b_len);
	return hf_key_cmp(a_key, a_len, b_key, b_len) == 0;
}

static enum hf_err refuse_collision(
        const struct hf_nsec3_item *a, const struct hf_nsec3_item *b, struct hf_diag *diag)
{
	struct hf_name a_name, b_name;
	char a_text[HF_NAME_TEXT], b_text[HF_NAME_TEXT];

	if (!item_name(a, &a_name) || !item_name(b, &b_name))
		return HF_ERR_INVALID;
	return hf_fail(diag, HF_ERR_REFUSED,
	        "%s and %s have the same NSEC3 hash, so that neither could be denied; give another "
	        "--salt, or use NSEC",
	        hf_name_text(&a_name, a_text), hf_name_text(&b_name, b_text));
}

/* Drops repeats of a name. An owner is itself before it is somebody's ancestor. */
static enum hf_err unite(struct hf_nsec3_chain *chain, struct hf_diag *diag)
{
	struct hf_nsec3_item *items = chain->items;
	size_t kept = 0;
	for (size_t i = 0; i < chain->count; i++) {
		if (kept > 0 && compare(&items[kept - 1], &items[i]) == 0) {
			if (!same_name(&items[kept - 1], &items[i]))
				return refuse_collision(&items[kept - 1], &items[i], diag);
			if (items[i].up == 0)
				items[kept - 1] = items[i];
			continue;
		}
		items[kept++] = items[i];
	}
	chain->count = kept;
	return HF_OK;
}

enum hf_err hf_nsec3_chain_sort(
        struct hf_nsec3_chain *chain, struct hf_pool *pool, struct hf_diag *diag)
{
	if (chain->count < SMALL) {
		qsort(chain->items, chain->count, sizeof(*chain->items), compare);
		return unite(chain, diag);
	}
	struct buckets *buckets = calloc(1, sizeof(*buckets));
	if (buckets == NULL)
		return HF_ERR_NOMEM;
	buckets->items = chain->items;
	enum hf_err err = distribute(buckets, chain->count);
	if (err == HF_OK)
		err = hf_pool_run(pool, BUCKETS, sort_bucket, buckets, NULL, NULL);
	free(buckets);
	return err != HF_OK ? err : unite(chain, diag);
}
