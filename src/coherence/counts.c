/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/counts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A change list longer than this, and this part of all values, becomes part of the whole. */
#define CHANGES_FROM 4096
#define CHANGES_PART 16

/* Values in ascending order without repeats. */
struct list {
	struct hf_count *items;
	size_t count;
};

struct base {
	atomic_uint references;
	struct list all; /* counts are more than 0 */
};

struct hf_counts {
	struct base *base;
	struct list changes; /* to what the base says; none is 0 */
};

/* ---- counters ---- */

void hf_counter_done(struct hf_counter *counter)
{
	free(counter->table);
	*counter = (struct hf_counter){0};
}

static size_t hash(uint32_t set, uint32_t slot, int64_t value)
{
	uint64_t bits = (uint64_t)value * 0x9e3779b97f4a7c15 + set * UINT64_C(0xd6e8feb86659fd93) +
	                slot * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ (bits >> 32)) * 0x94d049bb133111eb;
	return (size_t)(bits ^ (bits >> 29));
}

static bool same(const struct hf_count *item, uint32_t set, uint32_t slot, int64_t value)
{
	return item->value == value && item->set == set && item->slot == slot;
}

/* The value's place, or the free one where it belongs. */
static struct hf_count *place_of(
        const struct hf_counter *counter, uint32_t set, uint32_t slot, int64_t value)
{
	size_t mask = counter->cap - 1, at = hash(set, slot, value) & mask;
	while (counter->table[at].count != 0 && !same(&counter->table[at], set, slot, value))
		at = (at + 1) & mask;
	return &counter->table[at];
}

static enum hf_err grow(struct hf_counter *counter)
{
	struct hf_counter more = {.used = counter->used, .cap = counter->cap * 2 + 64};

	while ((more.cap & (more.cap - 1)) != 0)
		more.cap &= more.cap - 1;
	more.table = calloc(more.cap, sizeof(*more.table));
	if (more.table == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < counter->cap; i++) {
		const struct hf_count *item = &counter->table[i];
		if (item->count != 0)
			*place_of(&more, item->set, item->slot, item->value) = *item;
	}
	free(counter->table);
	*counter = more;
	return HF_OK;
}

enum hf_err hf_counter_add(
        struct hf_counter *counter, uint32_t set, uint32_t slot, int64_t value, int64_t times)
{
	if (counter->used >= counter->cap / 2) {
		enum hf_err err = grow(counter);
		if (err != HF_OK)
			return err;
	}
	struct hf_count *place = place_of(counter, set, slot, value);
	if (place->count == 0) {
		*place = (struct hf_count){.set = set, .slot = slot, .value = value};
		counter->used++;
	}
	place->count += times;
	return HF_OK;
}

int64_t hf_counter_of(const struct hf_counter *counter, uint32_t set, uint32_t slot, int64_t value)
{
	return counter->cap > 0 ? place_of(counter, set, slot, value)->count : 0;
}

/* ---- lists ---- */

static int compare(const void *a, const void *b)
{
	const struct hf_count *one = a, *other = b;
	if (one->set != other->set)
		return one->set < other->set ? -1 : 1;
	if (one->slot != other->slot)
		return one->slot < other->slot ? -1 : 1;
	return (one->value > other->value) - (one->value < other->value);
}

/* What a counter has, each times `sign`. */
static void put_counter(struct list *list, const struct hf_counter *counter, int64_t sign)
{
	for (size_t i = 0; counter != NULL && i < counter->cap; i++) {
		if (counter->table[i].count == 0)
			continue;
		list->items[list->count] = counter->table[i];
		list->items[list->count++].count *= sign;
	}
}

/* Both lists in one; what comes to 0 is left out. */
static enum hf_err unite(const struct list *a, const struct list *b, struct list *ret_list)
{
	struct list list = {.items = calloc(a->count + b->count + 1, sizeof(*list.items))};
	size_t i = 0, j = 0;

	if (list.items == NULL)
		return HF_ERR_NOMEM;
	while (i < a->count || j < b->count) {
		int order = i == a->count   ? 1
		            : j == b->count ? -1
		                            : compare(&a->items[i], &b->items[j]);
		struct hf_count item = order <= 0 ? a->items[i++] : b->items[j++];
		if (order == 0)
			item.count += b->items[j++].count;
		if (item.count != 0)
			list.items[list.count++] = item;
	}
	*ret_list = list;
	return HF_OK;
}

/* The difference between two counters. */
static enum hf_err difference(
        const struct hf_counter *less, const struct hf_counter *more, struct list *ret_list)
{
	size_t most = (less != NULL ? less->used : 0) + (more != NULL ? more->used : 0);
	struct list minus = {.items = calloc(most + 1, sizeof(*minus.items))}, plus;

	if (minus.items == NULL)
		return HF_ERR_NOMEM;
	put_counter(&minus, less, -1);
	plus = (struct list){.items = minus.items + minus.count};
	put_counter(&plus, more, 1);
	qsort(minus.items, minus.count, sizeof(*minus.items), compare);
	qsort(plus.items, plus.count, sizeof(*plus.items), compare);
	enum hf_err err = unite(&minus, &plus, ret_list);
	free(minus.items);
	return err;
}

static size_t lower_bound(const struct list *list, const struct hf_count *wanted)
{
	size_t from = 0, to = list->count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (compare(&list->items[middle], wanted) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* ---- counts ---- */

static void base_unref(struct base *base)
{
	if (base == NULL || atomic_fetch_sub(&base->references, 1) != 1)
		return;
	free(base->all.items);
	free(base);
}

static enum hf_err base_new(struct list *all, struct base **ret_base)
{
	struct base *base = malloc(sizeof(*base));
	if (base == NULL)
		return HF_ERR_NOMEM;
	atomic_init(&base->references, 1);
	base->all = *all;
	*all = (struct list){0};
	*ret_base = base;
	return HF_OK;
}

void hf_counts_free(struct hf_counts *counts)
{
	if (counts == NULL)
		return;
	base_unref(counts->base);
	free(counts->changes.items);
	free(counts);
}

static int64_t count_in(const struct list *list, const struct hf_count *wanted)
{
	size_t at = lower_bound(list, wanted);
	return at < list->count && compare(&list->items[at], wanted) == 0 ? list->items[at].count
	                                                                  : 0;
}

/* Whether no value that the last step took away is there less than no times. */
static bool is_sound(const struct list *all, const struct list *changes, const struct list *step)
{
	for (size_t i = 0; i < step->count; i++) {
		const struct hf_count *item = &step->items[i];
		if (item->count < 0 && count_in(all, item) + count_in(changes, item) < 0)
			return false;
	}
	return true;
}

/* A long list of changes becomes part of a new base. */
static enum hf_err settle(const struct list *all, struct hf_counts *counts)
{
	struct list united;

	if (counts->base != NULL &&
	        counts->changes.count <= CHANGES_FROM + all->count / CHANGES_PART)
		return HF_OK;
	enum hf_err err = unite(all, &counts->changes, &united);
	if (err != HF_OK)
		return err;
	struct base *base = NULL;
	err = base_new(&united, &base);
	free(united.items);
	if (err != HF_OK)
		return err;
	base_unref(counts->base);
	counts->base = base;
	free(counts->changes.items);
	counts->changes = (struct list){0};
	return HF_OK;
}

enum hf_err hf_counts_new(const struct hf_counts *before, const struct hf_counter *less,
        const struct hf_counter *more, struct hf_counts **ret_counts)
{
	const struct list nothing = {0};
	const struct list *all = before != NULL ? &before->base->all : &nothing;
	struct hf_counts *counts = calloc(1, sizeof(*counts));
	struct list step = {0};

	if (counts == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = difference(less, more, &step);
	if (err == HF_OK)
		err = unite(before != NULL ? &before->changes : &nothing, &step, &counts->changes);
	if (err == HF_OK && !is_sound(all, &counts->changes, &step))
		err = HF_ERR_INVALID;
	if (err == HF_OK && before != NULL) {
		counts->base = before->base;
		atomic_fetch_add(&counts->base->references, 1);
	}
	if (err == HF_OK)
		err = settle(all, counts);
	free(step.items);
	if (err != HF_OK) {
		hf_counts_free(counts);
		return err;
	}
	*ret_counts = counts;
	return HF_OK;
}

/* The items of one kind, as a part of the list. */
static struct list part_of(const struct list *list, uint32_t set, uint32_t slot)
{
	const struct hf_count first = {.set = set, .slot = slot, .value = INT64_MIN};
	size_t from = lower_bound(list, &first), to = from;

	const struct hf_count last = {.set = set, .slot = slot, .value = INT64_MAX};
	to = lower_bound(list, &last);
	if (to < list->count && compare(&list->items[to], &last) == 0)
		to++;
	return (struct list){.items = list->items + from, .count = to - from};
}

/* Takes the item at one end of a part. */
static struct hf_count take(struct list *part, enum hf_counts_end end)
{
	part->count--;
	return end == HF_COUNTS_LEAST ? *part->items++ : part->items[part->count];
}

static const struct hf_count *peek(const struct list *part, enum hf_counts_end end)
{
	return end == HF_COUNTS_LEAST ? part->items : &part->items[part->count - 1];
}

bool hf_counts_find(const struct hf_counts *counts, uint32_t set, uint32_t slot,
        enum hf_counts_end end, int64_t *ret_value)
{
	struct list all = part_of(&counts->base->all, set, slot);
	struct list changes = part_of(&counts->changes, set, slot);

	while (all.count > 0 || changes.count > 0) {
		int order = all.count == 0       ? 1
		            : changes.count == 0 ? -1
		                                 : compare(peek(&all, end), peek(&changes, end));
		if (end == HF_COUNTS_MOST && all.count > 0 && changes.count > 0)
			order = -order;
		struct hf_count item = take(order <= 0 ? &all : &changes, end);
		if (order == 0)
			item.count += take(&changes, end).count;
		if (item.count > 0) {
			*ret_value = item.value;
			return true;
		}
	}
	return false;
}

int64_t hf_counts_of(const struct hf_counts *counts, uint32_t set, uint32_t slot, int64_t value)
{
	const struct hf_count wanted = {.set = set, .slot = slot, .value = value};
	return count_in(&counts->base->all, &wanted) + count_in(&counts->changes, &wanted);
}
