/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/tree.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SLOTS 64
#define PAGE_FEW   (PAGE_SLOTS / 4) /* below this, a page looks for a neighbour to join */

/* Immutable as soon as a second tree holds it (refs > 1 somewhere on the path from a root). */
struct hf_page {
	_Atomic uint32_t refs;
	uint16_t count;
	uint8_t level; /* 0: a leaf, its slots are nodes */
	struct hf_summary sum;
	size_t nodes;              /* below this page */
	const struct hf_node *low; /* the first node below */
	union {
		struct hf_node *node[PAGE_SLOTS];
		struct hf_page *page[PAGE_SLOTS];
	};
};

/* ---- Pages ---- */

static struct hf_page *page_ref(struct hf_page *page)
{
	atomic_fetch_add_explicit(&page->refs, 1, memory_order_relaxed);
	return page;
}

static void page_unref(struct hf_page *page)
{
	if (page == NULL || atomic_fetch_sub_explicit(&page->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < page->count; i++) {
		if (page->level == 0)
			hf_node_unref(page->node[i]);
		else
			page_unref(page->page[i]);
	}
	free(page);
}

/* Recomputes what a page knows about what is below it. */
static void refresh(struct hf_page *page)
{
	page->sum = (struct hf_summary){0};
	page->nodes = 0;
	page->low = NULL;
	for (size_t i = 0; i < page->count; i++) {
		if (page->level == 0) {
			struct hf_summary sum = hf_node_summary(page->node[i]);
			hf_summary_add(&page->sum, &sum);
			page->nodes++;
		} else {
			hf_summary_add(&page->sum, &page->page[i]->sum);
			page->nodes += page->page[i]->nodes;
		}
	}
	if (page->count > 0)
		page->low = page->level == 0 ? page->node[0] : page->page[0]->low;
}

static const struct hf_node *low(const struct hf_page *page, size_t slot)
{
	return page->level == 0 ? page->node[slot] : page->page[slot]->low;
}

static int compare(const struct hf_node *node, const uint8_t *key, size_t len)
{
	size_t node_len;
	const uint8_t *node_key = hf_node_key(node, &node_len);
	return hf_key_cmp(node_key, node_len, key, len);
}

/* How many slots of the page begin at or before this key; `*ret_equal`: the last of them at it. */
static size_t rank(const struct hf_page *page, const uint8_t *key, size_t len, bool *ret_equal)
{
	size_t from = 0, to = page->count;
	*ret_equal = false;
	while (from < to) {
		size_t middle = (from + to) / 2;
		int order = compare(low(page, middle), key, len);
		if (order <= 0) {
			*ret_equal = order == 0;
			from = middle + 1;
		} else {
			to = middle;
		}
	}
	return from;
}

/* ---- Whole trees ---- */

void hf_tree_done(struct hf_tree *tree)
{
	page_unref(tree->root);
	tree->root = NULL;
}

void hf_tree_copy(struct hf_tree *ret_tree, const struct hf_tree *tree)
{
	ret_tree->root = tree->root != NULL ? page_ref(tree->root) : NULL;
}

size_t hf_tree_count(const struct hf_tree *tree)
{
	return tree->root != NULL ? tree->root->nodes : 0;
}

struct hf_summary hf_tree_summary(const struct hf_tree *tree)
{
	return tree->root != NULL ? tree->root->sum : (struct hf_summary){0};
}

static struct hf_page *page_new(uint8_t level)
{
	struct hf_page *page = calloc(1, sizeof(*page));
	if (page != NULL) {
		page->refs = 1;
		page->level = level;
	}
	return page;
}

static void drop_pages(struct hf_page **pages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		page_unref(pages[i]);
	free(pages);
}

/* One level of pages over `count` slots, evenly filled. What is in them changes owner, but not when
 * it fails. */
static enum hf_err build_level(struct hf_node *const *nodes, struct hf_page **below, size_t count,
        uint8_t level, struct hf_page ***ret_pages, size_t *ret_count)
{
	size_t pages = (count + PAGE_SLOTS - 1) / PAGE_SLOTS, at = 0;
	struct hf_page **made = calloc(pages, sizeof(*made));
	if (made == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < pages; i++) {
		made[i] = page_new(level);
		if (made[i] == NULL) {
			for (size_t j = 0; j < i; j++)
				free(made[j]); /* the slots still belong to the caller */
			free(made);
			return HF_ERR_NOMEM;
		}
	}
	for (size_t i = 0; i < pages; i++) {
		size_t end = count * (i + 1) / pages;
		for (; at < end; at++) {
			if (level == 0)
				made[i]->node[made[i]->count++] = nodes[at];
			else
				made[i]->page[made[i]->count++] = below[at];
		}
		refresh(made[i]);
	}
	*ret_pages = made;
	*ret_count = pages;
	return HF_OK;
}

enum hf_err hf_tree_build(struct hf_node *const *nodes, size_t count, struct hf_tree *ret_tree)
{
	if (count == 0) {
		ret_tree->root = NULL;
		return HF_OK;
	}
	struct hf_page **pages;
	size_t width;
	enum hf_err err = build_level(nodes, NULL, count, 0, &pages, &width);
	for (uint8_t level = 1; err == HF_OK && width > 1; level++) {
		struct hf_page **above;
		size_t above_width;
		err = build_level(NULL, pages, width, level, &above, &above_width);
		if (err != HF_OK) {
			drop_pages(pages, width);
			return err;
		}
		free(pages);
		pages = above;
		width = above_width;
	}
	if (err != HF_OK) {
		for (size_t i = 0; i < count; i++)
			hf_node_unref(nodes[i]);
		return err;
	}
	ret_tree->root = pages[0];
	free(pages);
	return HF_OK;
}

const struct hf_node *hf_tree_get(const struct hf_tree *tree, const uint8_t *key, size_t len)
{
	const struct hf_page *page = tree->root;
	while (page != NULL) {
		bool equal;
		size_t slots = rank(page, key, len, &equal);
		if (slots == 0)
			return NULL;
		if (page->level == 0)
			return equal ? page->node[slots - 1] : NULL;
		page = page->page[slots - 1];
	}
	return NULL;
}

/* ---- Changes ---- */

/* Pages allocated before a change begins, so that nothing can fail in the middle of it. */
struct spare {
	struct hf_page *page[2 * HF_TREE_DEPTH + 2];
	size_t count;
};

static enum hf_err spare_fill(struct spare *spare, const struct hf_tree *tree)
{
	/* For each level: one copy and one split or neighbour; and a new root. */
	size_t want = tree->root != NULL ? 2 * (tree->root->level + 1u) + 1 : 1;
	spare->count = 0;
	while (spare->count < want) {
		struct hf_page *page = malloc(sizeof(*page));
		if (page == NULL) {
			while (spare->count > 0)
				free(spare->page[--spare->count]);
			return HF_ERR_NOMEM;
		}
		spare->page[spare->count++] = page;
	}
	return HF_OK;
}

static void spare_done(struct spare *spare)
{
	while (spare->count > 0)
		free(spare->page[--spare->count]);
}

static struct hf_page *spare_take(struct spare *spare, uint8_t level)
{
	assert(spare->count > 0);
	struct hf_page *page = spare->page[--spare->count];
	memset(page, 0, sizeof(*page));
	page->refs = 1;
	page->level = level;
	return page;
}

/* Makes the page at `*at` ours alone: a copy that shares what is below, unless it already is. */
static struct hf_page *own(struct hf_page **at, struct spare *spare)
{
	struct hf_page *page = *at;
	if (atomic_load_explicit(&page->refs, memory_order_acquire) == 1)
		return page;
	struct hf_page *copy = spare_take(spare, page->level);
	copy->count = page->count;
	memcpy(copy->node, page->node, sizeof(copy->node));
	for (size_t i = 0; i < copy->count; i++) {
		if (copy->level == 0)
			hf_node_ref(copy->node[i]);
		else
			page_ref(copy->page[i]);
	}
	page_unref(page);
	*at = copy;
	return copy;
}

/* Moves the slots from `from` on into `to`, which is empty or ends where they begin. */
static void move_slots(struct hf_page *page, size_t from, struct hf_page *to)
{
	size_t count = page->count - from;
	memcpy(&to->node[to->count], &page->node[from], count * sizeof(page->node[0]));
	to->count = (uint16_t)(to->count + count);
	page->count = (uint16_t)from;
}

static void open_slot(struct hf_page *page, size_t slot)
{
	memmove(&page->node[slot + 1], &page->node[slot],
	        (page->count - slot) * sizeof(page->node[0]));
	page->count++;
}

static void close_slot(struct hf_page *page, size_t slot)
{
	page->count--;
	memmove(&page->node[slot], &page->node[slot + 1],
	        (page->count - slot) * sizeof(page->node[0]));
}

/*
 * Opens a slot, splitting a full page. `*page` and `*slot` become the place to fill; returns the
 * new right half, or NULL.
 */
static struct hf_page *make_room(struct hf_page **page, size_t *slot, struct spare *spare)
{
	struct hf_page *right = NULL;
	if ((*page)->count == PAGE_SLOTS) {
		/* Names added in order (a bulk of new ones at the end) leave full pages behind. */
		size_t middle = *slot == PAGE_SLOTS ? PAGE_SLOTS - 1 : PAGE_SLOTS / 2;
		right = spare_take(spare, (*page)->level);
		move_slots(*page, middle, right);
		if (*slot > middle) {
			*slot -= middle;
			*page = right;
		}
	}
	open_slot(*page, *slot);
	return right;
}

/* Puts the node below `*at`; returns a new right neighbour of that page, or NULL. */
static struct hf_page *insert(struct hf_page **at, struct hf_node *node, struct spare *spare)
{
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	struct hf_page *page = own(at, spare), *left = page, *right = NULL;
	bool equal;
	size_t slots = rank(page, key, len, &equal);
	if (page->level == 0) {
		if (equal) {
			hf_node_unref(page->node[slots - 1]);
			page->node[slots - 1] = hf_node_ref(node);
		} else {
			right = make_room(&page, &slots, spare);
			page->node[slots] = hf_node_ref(node);
		}
	} else {
		size_t slot = slots > 0 ? slots - 1 : 0;
		struct hf_page *split = insert(&page->page[slot], node, spare);
		if (split != NULL) {
			slot++;
			right = make_room(&page, &slot, spare);
			page->page[slot] = split;
		}
	}
	refresh(left);
	if (right != NULL)
		refresh(right);
	return right;
}

enum hf_err hf_tree_put(struct hf_tree *tree, struct hf_node *node)
{
	struct spare spare;
	enum hf_err err = spare_fill(&spare, tree);
	if (err != HF_OK)
		return err;
	if (tree->root == NULL)
		tree->root = spare_take(&spare, 0);
	struct hf_page *right = insert(&tree->root, node, &spare);
	if (right != NULL) {
		struct hf_page *root = spare_take(&spare, (uint8_t)(right->level + 1));
		root->page[0] = tree->root;
		root->page[1] = right;
		root->count = 2;
		refresh(root);
		tree->root = root;
	}
	spare_done(&spare);
	return HF_OK;
}

/* Joins the child at `slot`, which has few slots, with a neighbour when both fit one page. */
static void join(struct hf_page *page, size_t slot, struct spare *spare)
{
	if (page->page[slot]->count >= PAGE_FEW || page->count < 2)
		return;
	size_t left = slot > 0 ? slot - 1 : slot;
	/* Not quite full afterwards, or the next insert would split it again. */
	if (page->page[left]->count + page->page[left + 1]->count > PAGE_SLOTS - PAGE_FEW)
		return;
	struct hf_page *to = own(&page->page[left], spare);
	struct hf_page *from = own(&page->page[left + 1], spare);
	move_slots(from, 0, to);
	refresh(to);
	page_unref(from);
	close_slot(page, left + 1);
}

/* Removes the key, which is there, below `*at`. */
static void erase(struct hf_page **at, const uint8_t *key, size_t len, struct spare *spare)
{
	struct hf_page *page = own(at, spare);
	bool equal;
	size_t slot = rank(page, key, len, &equal) - 1;
	if (page->level == 0) {
		hf_node_unref(page->node[slot]);
		close_slot(page, slot);
	} else {
		erase(&page->page[slot], key, len, spare);
		if (page->page[slot]->count == 0) {
			page_unref(page->page[slot]);
			close_slot(page, slot);
		} else {
			join(page, slot, spare);
		}
	}
	refresh(page);
}

enum hf_err hf_tree_remove(struct hf_tree *tree, const uint8_t *key, size_t len)
{
	if (hf_tree_get(tree, key, len) == NULL)
		return HF_ERR_NOTFOUND;
	struct spare spare;
	enum hf_err err = spare_fill(&spare, tree);
	if (err != HF_OK)
		return err;
	erase(&tree->root, key, len, &spare);
	while (tree->root->level > 0 && tree->root->count == 1) {
		struct hf_page *only = page_ref(tree->root->page[0]);
		page_unref(tree->root);
		tree->root = only;
	}
	if (tree->root->count == 0)
		hf_tree_done(tree);
	spare_done(&spare);
	return HF_OK;
}

/* ---- Places ---- */

static const struct hf_node *cursor_node(const struct hf_tree_cursor *cursor)
{
	if (cursor->depth == 0)
		return NULL;
	unsigned leaf = cursor->depth - 1u;
	return cursor->page[leaf]->node[cursor->slot[leaf]];
}

/* Goes down from a page along its first (or last) slots. */
static void descend(struct hf_tree_cursor *cursor, const struct hf_page *page, bool last)
{
	for (;;) {
		assert(cursor->depth < HF_TREE_DEPTH);
		uint16_t slot = last ? (uint16_t)(page->count - 1) : 0;
		cursor->page[cursor->depth] = page;
		cursor->slot[cursor->depth] = slot;
		cursor->depth++;
		if (page->level == 0)
			return;
		page = page->page[slot];
	}
}

static const struct hf_node *end_of(
        const struct hf_tree *tree, bool last, struct hf_tree_cursor *ret_cursor)
{
	ret_cursor->depth = 0;
	if (tree->root != NULL)
		descend(ret_cursor, tree->root, last);
	return cursor_node(ret_cursor);
}

const struct hf_node *hf_tree_first(const struct hf_tree *tree, struct hf_tree_cursor *ret_cursor)
{
	return end_of(tree, false, ret_cursor);
}

const struct hf_node *hf_tree_last(const struct hf_tree *tree, struct hf_tree_cursor *ret_cursor)
{
	return end_of(tree, true, ret_cursor);
}

const struct hf_node *hf_tree_seek_before(const struct hf_tree *tree, const uint8_t *key,
        size_t len, struct hf_tree_cursor *ret_cursor)
{
	ret_cursor->depth = 0;
	for (const struct hf_page *page = tree->root; page != NULL;) {
		bool equal;
		size_t slots = rank(page, key, len, &equal);
		if (slots == 0) { /* only at the root: the key is before everything */
			ret_cursor->depth = 0;
			return NULL;
		}
		ret_cursor->page[ret_cursor->depth] = page;
		ret_cursor->slot[ret_cursor->depth] = (uint16_t)(slots - 1);
		ret_cursor->depth++;
		page = page->level > 0 ? page->page[slots - 1] : NULL;
	}
	return cursor_node(ret_cursor);
}

const struct hf_node *hf_tree_seek(const struct hf_tree *tree, const uint8_t *key, size_t len,
        struct hf_tree_cursor *ret_cursor)
{
	const struct hf_node *node = hf_tree_seek_before(tree, key, len, ret_cursor);
	if (node == NULL)
		return hf_tree_first(tree, ret_cursor);
	return compare(node, key, len) == 0 ? node : hf_tree_next(ret_cursor);
}

/* Leaves the page at depth − 1 and everything below for the next (or previous) slot above. */
static const struct hf_node *advance(struct hf_tree_cursor *cursor, bool back)
{
	while (cursor->depth > 0) {
		unsigned at = cursor->depth - 1u;
		const struct hf_page *page = cursor->page[at];
		bool more = back ? cursor->slot[at] > 0 : cursor->slot[at] + 1 < page->count;
		if (!more) {
			cursor->depth--;
			continue;
		}
		cursor->slot[at] = (uint16_t)(back ? cursor->slot[at] - 1 : cursor->slot[at] + 1);
		if (page->level > 0)
			descend(cursor, page->page[cursor->slot[at]], back);
		return cursor_node(cursor);
	}
	return NULL;
}

const struct hf_node *hf_tree_next(struct hf_tree_cursor *cursor)
{
	return advance(cursor, false);
}

const struct hf_node *hf_tree_prev(struct hf_tree_cursor *cursor)
{
	return advance(cursor, true);
}

const struct hf_node *hf_tree_seek_more(const struct hf_tree *tree, const uint8_t *key, size_t len,
        struct hf_tree_cursor *ret_cursor)
{
	const struct hf_node *node = hf_tree_seek(tree, key, len, ret_cursor);
	return node == NULL || compare(node, key, len) != 0 ? node : hf_tree_next(ret_cursor);
}

const struct hf_node *hf_tree_seek_less(const struct hf_tree *tree, const uint8_t *key, size_t len,
        struct hf_tree_cursor *ret_cursor)
{
	const struct hf_node *node = hf_tree_seek_before(tree, key, len, ret_cursor);
	return node == NULL || compare(node, key, len) != 0 ? node : hf_tree_prev(ret_cursor);
}

/* ---- Slices ---- */

static size_t leaves(const struct hf_page *page)
{
	if (page->level == 0)
		return 1;
	size_t count = 0;
	for (size_t i = 0; i < page->count; i++)
		count += leaves(page->page[i]);
	return count;
}

static void slice(const struct hf_page *page, struct hf_slice *slices, size_t *at, size_t *first)
{
	if (page->level > 0) {
		for (size_t i = 0; i < page->count; i++)
			slice(page->page[i], slices, at, first);
		return;
	}
	slices[(*at)++] =
	        (struct hf_slice){.nodes = page->node, .count = page->count, .first = *first};
	*first += page->count;
}

enum hf_err hf_tree_slices(
        const struct hf_tree *tree, struct hf_slice **ret_slices, size_t *ret_count)
{
	size_t count = tree->root != NULL ? leaves(tree->root) : 0, at = 0, first = 0;
	struct hf_slice *slices = calloc(count > 0 ? count : 1, sizeof(*slices));
	if (slices == NULL)
		return HF_ERR_NOMEM;
	if (tree->root != NULL)
		slice(tree->root, slices, &at, &first);
	*ret_slices = slices;
	*ret_count = count;
	return HF_OK;
}

/* ---- Differences ---- */

/* The page of this level on the cursor's path, when the cursor is at the page's first node. */
static const struct hf_page *begins(const struct hf_tree_cursor *cursor, unsigned level)
{
	if (level >= cursor->depth)
		return NULL;
	unsigned at = cursor->depth - 1u - level;
	for (unsigned i = at; i < cursor->depth; i++)
		if (cursor->slot[i] != 0)
			return NULL;
	return cursor->page[at];
}

/* Moves both cursors over the largest page that begins at both; false when there is none. */
static bool skip_shared(struct hf_tree_cursor *a, struct hf_tree_cursor *b)
{
	/* Within a leaf nothing begins. */
	if (begins(a, 0) == NULL || begins(b, 0) == NULL)
		return false;
	for (unsigned level = HF_TREE_DEPTH; level-- > 0;) {
		const struct hf_page *page = begins(a, level);
		if (page == NULL || page != begins(b, level))
			continue;
		a->depth = (uint8_t)(a->depth - level - 1);
		b->depth = (uint8_t)(b->depth - level - 1);
		advance(a, false);
		advance(b, false);
		return true;
	}
	return false;
}

enum hf_err hf_tree_diff(const struct hf_tree *before, const struct hf_tree *after,
        hf_tree_diff_fn *visit, void *context)
{
	struct hf_tree_cursor a, b;
	hf_tree_first(before, &a);
	hf_tree_first(after, &b);
	for (;;) {
		if (skip_shared(&a, &b))
			continue;
		const struct hf_node *x = cursor_node(&a), *y = cursor_node(&b);
		if (x == NULL && y == NULL)
			return HF_OK;
		/* Most of a leaf with a change in it: their keys need not even be read. */
		if (x == y) {
			hf_tree_next(&a);
			hf_tree_next(&b);
			continue;
		}
		int order = x == NULL ? 1 : -1;
		if (x != NULL && y != NULL) {
			size_t len;
			const uint8_t *key = hf_node_key(y, &len);
			order = compare(x, key, len);
		}
		if (order != 0 || !hf_node_equal(x, y)) {
			enum hf_err err =
			        visit(context, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
			if (err != HF_OK)
				return err;
		}
		if (order <= 0)
			hf_tree_next(&a);
		if (order >= 0)
			hf_tree_next(&b);
	}
}

const struct hf_node *hf_tree_first_expiring(const struct hf_tree *tree)
{
	const struct hf_page *page = tree->root;
	if (page == NULL || !page->sum.has_expiry)
		return NULL;
	while (page->level > 0) {
		size_t i = 0;
		while (!page->page[i]->sum.has_expiry ||
		        page->page[i]->sum.min_expiry != page->sum.min_expiry)
			i++;
		page = page->page[i];
	}
	for (size_t i = 0; i < page->count; i++) {
		struct hf_summary sum = hf_node_summary(page->node[i]);
		if (sum.has_expiry && sum.min_expiry == page->sum.min_expiry)
			return page->node[i];
	}
	return NULL;
}

/* Which signatures a walk looks for: those that end before a limit. */
struct ending {
	hf_time at;     /* HF_TIME_NONE: `limit` tells */
	int64_t margin; /* with `at`: the limit is so much later, or the largest TTL below */
	uint32_t limit;
};

static bool ends(const struct ending *ending, struct hf_summary sum)
{
	int64_t margin = ending->margin;
	if (!sum.has_expiry)
		return false;
	if (ending->at == HF_TIME_NONE)
		return hf_serial_before(sum.min_expiry, ending->limit);
	if (margin < (int64_t)sum.max_ttl)
		margin = sum.max_ttl;
	return hf_time_from_stamp(sum.min_expiry, ending->at) - ending->at < margin;
}

static enum hf_err visit_ending(const struct hf_page *page, const struct ending *ending,
        hf_tree_visit_fn *visit, void *context)
{
	enum hf_err err = HF_OK;
	if (!ends(ending, page->sum))
		return HF_OK;
	for (size_t i = 0; i < page->count && err == HF_OK; i++) {
		if (page->level > 0)
			err = visit_ending(page->page[i], ending, visit, context);
		else if (ends(ending, hf_node_summary(page->node[i])))
			err = visit(context, page->node[i]);
	}
	return err;
}

enum hf_err hf_tree_expiring(
        const struct hf_tree *tree, uint32_t limit, hf_tree_visit_fn *visit, void *context)
{
	struct ending ending = {.at = HF_TIME_NONE, .limit = limit};
	return tree->root != NULL ? visit_ending(tree->root, &ending, visit, context) : HF_OK;
}

enum hf_err hf_tree_due(const struct hf_tree *tree, hf_time at, int64_t margin,
        hf_tree_visit_fn *visit, void *context)
{
	struct ending ending = {.at = at, .margin = margin};
	return tree->root != NULL ? visit_ending(tree->root, &ending, visit, context) : HF_OK;
}
