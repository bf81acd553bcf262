/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree against a plain array: random changes, every old copy still as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zone/tree.h"

#define NAMES 3000 /* possible owners */

static struct hf_node_builder *builder;

static int setup(void **state)
{
	return hf_node_builder_new(&builder) == HF_OK ? 0 : -1;
}

static int teardown(void **state)
{
	hf_node_builder_free(builder);
	return 0;
}

static void key_of(unsigned number, struct hf_key *ret_key)
{
	struct hf_name name;
	char text[32];
	snprintf(text, sizeof(text), "n%05u.example.", number);
	assert_int_equal(hf_name_from_text(text, &name), HF_OK);
	hf_key_from_name(&name, ret_key);
}

/* A node with one RRSIG that expires at `expiry` and carries `ttl`. */
static struct hf_node *make(unsigned number, uint32_t expiry, uint32_t ttl)
{
	struct hf_key key;
	key_of(number, &key);
	hf_node_begin(builder, &key);
	struct hf_rrsig rrsig = {.covered = 1, .expiration = expiry, .signer = HF_NAME_ROOT};
	rrsig.signature = (const uint8_t *)"";
	struct hf_buf buf = {0};
	hf_rrsig_put(&buf, &rrsig);
	struct hf_rdata rdata = {.data = buf.data, .len = (uint16_t)buf.len};
	struct hf_node *node = NULL;
	assert_int_equal(hf_node_add(builder, KNOT_RRTYPE_RRSIG, ttl, rdata), HF_OK);
	assert_int_equal(hf_node_finish(builder, &node), HF_OK);
	hf_buf_done(&buf);
	return node;
}

struct model {
	struct hf_node *at[NAMES];
	size_t count;
};

static void model_set(struct model *model, unsigned number, struct hf_node *node)
{
	model->count += (node != NULL) - (model->at[number] != NULL);
	hf_node_unref(model->at[number]);
	model->at[number] = node;
}

static void model_copy(struct model *to, const struct model *from)
{
	*to = *from;
	for (unsigned i = 0; i < NAMES; i++)
		if (to->at[i] != NULL)
			hf_node_ref(to->at[i]);
}

static void model_done(struct model *model)
{
	for (unsigned i = 0; i < NAMES; i++)
		model_set(model, i, NULL);
}

static struct hf_summary model_summary(const struct model *model)
{
	struct hf_summary sum = {0};
	for (unsigned i = 0; i < NAMES; i++) {
		if (model->at[i] != NULL) {
			struct hf_summary part = hf_node_summary(model->at[i]);
			hf_summary_add(&sum, &part);
		}
	}
	return sum;
}

static void check_places(const struct hf_tree *tree, const struct model *model)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *before = NULL;
	for (unsigned i = 0; i < NAMES; i++) {
		struct hf_key key;
		key_of(i, &key);
		assert_ptr_equal(hf_tree_get(tree, key.bytes, key.len), model->at[i]);
		assert_ptr_equal(hf_tree_seek_less(tree, key.bytes, key.len, &cursor), before);
		if (model->at[i] != NULL)
			before = model->at[i];
		assert_ptr_equal(hf_tree_seek_before(tree, key.bytes, key.len, &cursor), before);
	}
	const struct hf_node *after = NULL;
	for (unsigned i = NAMES; i-- > 0;) {
		struct hf_key key;
		key_of(i, &key);
		assert_ptr_equal(hf_tree_seek_more(tree, key.bytes, key.len, &cursor), after);
		if (model->at[i] != NULL)
			after = model->at[i];
		assert_ptr_equal(hf_tree_seek(tree, key.bytes, key.len, &cursor), after);
	}
}

struct expiring {
	const struct model *model;
	uint32_t limit;
	unsigned next; /* index of the next name to look at */
};

static bool model_expires(const struct expiring *expiring, unsigned i)
{
	if (expiring->model->at[i] == NULL)
		return false;
	struct hf_summary sum = hf_node_summary(expiring->model->at[i]);
	return sum.has_expiry && hf_serial_before(sum.min_expiry, expiring->limit);
}

static enum hf_err visit_expiring(void *context, const struct hf_node *node)
{
	struct expiring *expiring = context;
	while (expiring->next < NAMES && !model_expires(expiring, expiring->next))
		expiring->next++;
	assert_true(expiring->next < NAMES);
	assert_ptr_equal(node, expiring->model->at[expiring->next++]);
	return HF_OK;
}

/* A limit in the middle of what expires: exactly those before it are visited. */
static void check_expiring(const struct hf_tree *tree, const struct model *model)
{
	struct hf_summary sum = model_summary(model);
	for (uint32_t add = 0; add <= 4096; add = add * 8 + 1) {
		struct expiring expiring = {.model = model, .limit = sum.min_expiry + add};
		assert_int_equal(
		        hf_tree_expiring(tree, expiring.limit, visit_expiring, &expiring), HF_OK);
		while (expiring.next < NAMES)
			assert_false(model_expires(&expiring, expiring.next++));
	}
}

struct due {
	const struct model *model;
	hf_time at;
	int64_t margin;
	unsigned next; /* the number that is looked at next */
};

static bool is_due(const struct due *due, const struct hf_node *node)
{
	struct hf_summary sum = hf_node_summary(node);
	int64_t left = (int64_t)sum.min_expiry - due->at;
	return left < due->margin || left < (int64_t)sum.max_ttl;
}

static enum hf_err saw_due(void *context, const struct hf_node *node)
{
	struct due *due = context;
	while (due->model->at[due->next] != node) {
		const struct hf_node *skipped = due->model->at[due->next++];
		assert_true(due->next < NAMES);
		assert_true(skipped == NULL || !is_due(due, skipped));
	}
	assert_true(is_due(due, node));
	due->next++;
	return HF_OK;
}

static enum hf_err stop(void *context, const struct hf_node *node)
{
	(*(unsigned *)context)++;
	return HF_ERR_LIMIT;
}

/* Exactly those that are due are visited, in order. */
static void check_due(const struct hf_tree *tree, const struct model *model)
{
	for (unsigned i = 0; i < 4; i++) {
		struct due due = {model, rand() % 1000 - 500, rand() % 400, 0};
		assert_int_equal(hf_tree_due(tree, due.at, due.margin, saw_due, &due), HF_OK);
		bool any = due.next > 0;
		for (; due.next < NAMES; due.next++) {
			const struct hf_node *node = model->at[due.next];
			assert_true(node == NULL || !is_due(&due, node));
		}
		unsigned visits = 0;
		enum hf_err err = hf_tree_due(tree, due.at, due.margin, stop, &visits);
		assert_int_equal(err, any ? HF_ERR_LIMIT : HF_OK);
		assert_int_equal(visits, any);
	}
}

static void check(const struct hf_tree *tree, const struct model *model)
{
	check_expiring(tree, model);
	check_due(tree, model);
	assert_int_equal(hf_tree_count(tree), model->count);
	struct hf_summary have = hf_tree_summary(tree), want = model_summary(model);
	assert_int_equal(have.has_expiry, want.has_expiry);
	assert_int_equal(have.min_expiry, want.min_expiry);
	assert_int_equal(have.max_ttl, want.max_ttl);
	const struct hf_node *first = hf_tree_first_expiring(tree);
	assert_int_equal(first != NULL, want.has_expiry);
	if (first != NULL)
		assert_int_equal(hf_node_summary(first).min_expiry, want.min_expiry);

	struct hf_tree_cursor forth, back;
	const struct hf_node *node = hf_tree_first(tree, &forth);
	for (unsigned i = 0; i < NAMES; i++) {
		if (model->at[i] == NULL)
			continue;
		assert_ptr_equal(node, model->at[i]);
		node = hf_tree_next(&forth);
	}
	assert_null(node);
	node = hf_tree_last(tree, &back);
	for (unsigned i = NAMES; i-- > 0;) {
		if (model->at[i] == NULL)
			continue;
		assert_ptr_equal(node, model->at[i]);
		node = hf_tree_prev(&back);
	}
	assert_null(node);

	struct hf_slice *slices;
	size_t count, at = 0;
	assert_int_equal(hf_tree_slices(tree, &slices, &count), HF_OK);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(slices[i].first, at);
		assert_true(slices[i].count > 0);
		at += slices[i].count;
	}
	assert_int_equal(at, model->count);
	free(slices);
}

struct diff_check {
	const struct model *before, *after;
	bool seen[NAMES];
	unsigned count;
};

static unsigned number_of(const struct hf_node *node)
{
	struct hf_name name;
	hf_node_name(node, &name);
	return (unsigned)atoi((const char *)name.wire + 2);
}

static enum hf_err saw(void *context, const struct hf_node *before, const struct hf_node *after)
{
	struct diff_check *diff = context;
	unsigned number = number_of(before != NULL ? before : after);
	assert_false(diff->seen[number]);
	diff->seen[number] = true;
	diff->count++;
	assert_ptr_equal(before, diff->before->at[number]);
	assert_ptr_equal(after, diff->after->at[number]);
	return HF_OK;
}

static void check_diff(const struct hf_tree *a, const struct model *model_a,
        const struct hf_tree *b, const struct model *model_b)
{
	struct diff_check diff = {.before = model_a, .after = model_b};
	unsigned want = 0;
	assert_int_equal(hf_tree_diff(a, b, saw, &diff), HF_OK);
	for (unsigned i = 0; i < NAMES; i++) {
		const struct hf_node *x = model_a->at[i], *y = model_b->at[i];
		bool differ = (x == NULL) != (y == NULL) ||
		              (x != NULL && y != NULL && !hf_node_equal(x, y));
		want += differ;
		assert_int_equal(diff.seen[i], differ);
	}
	assert_int_equal(diff.count, want);
}

static void change(struct hf_tree *tree, struct model *model)
{
	unsigned number = (unsigned)rand() % NAMES;
	struct hf_key key;
	key_of(number, &key);
	if (rand() % 5 < 2) {
		enum hf_err err = hf_tree_remove(tree, key.bytes, key.len);
		assert_int_equal(err, model->at[number] != NULL ? HF_OK : HF_ERR_NOTFOUND);
		model_set(model, number, NULL);
	} else {
		struct hf_node *node =
		        make(number, (uint32_t)(rand() % 1000), (uint32_t)(rand() % 1000));
		assert_int_equal(hf_tree_put(tree, node), HF_OK);
		model_set(model, number, node);
	}
}

#define COPIES 12

static void random_changes_and_old_copies(void **state)
{
	static struct model models[COPIES];
	struct hf_tree trees[COPIES] = {{0}};
	srand(7);
	for (unsigned i = 0; i < COPIES; i++) {
		if (i > 0) {
			hf_tree_copy(&trees[i], &trees[i - 1]);
			model_copy(&models[i], &models[i - 1]);
		}
		for (unsigned j = 0; j < 1u << i % 12; j++)
			change(&trees[i], &models[i]);
		check(&trees[i], &models[i]);
	}
	check_places(&trees[COPIES - 1], &models[COPIES - 1]);
	for (unsigned i = 0; i < COPIES; i++) {
		check(&trees[i], &models[i]); /* later changes did not touch it */
		unsigned j = (unsigned)rand() % COPIES;
		check_diff(&trees[i], &models[i], &trees[j], &models[j]);
		if (i > 0)
			check_diff(&trees[i - 1], &models[i - 1], &trees[i], &models[i]);
	}
	for (unsigned i = 0; i < COPIES; i++) {
		hf_tree_done(&trees[i]);
		model_done(&models[i]);
	}
}

static void built_and_emptied(void **state)
{
	static struct model model;
	static struct hf_node *nodes[NAMES];
	static const size_t sizes[] = {0, 1, 63, 64, 65, 128, 129, NAMES};
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct hf_tree tree = {0};
		for (unsigned i = 0; i < sizes[s]; i++) {
			nodes[i] = make(i, i, i);
			model_set(&model, i, hf_node_ref(nodes[i]));
		}
		assert_int_equal(hf_tree_build(nodes, sizes[s], &tree), HF_OK);
		check(&tree, &model);
		/* Taken out in another order than put in. */
		for (unsigned i = 0; i < sizes[s]; i++) {
			unsigned number = (unsigned)((i * 7919u) % sizes[s]);
			while (model.at[number] == NULL)
				number = (unsigned)((number + 1) % sizes[s]);
			struct hf_key key;
			key_of(number, &key);
			assert_int_equal(hf_tree_remove(&tree, key.bytes, key.len), HF_OK);
			model_set(&model, number, NULL);
			if (i % 97 == 0)
				check(&tree, &model);
		}
		assert_null(tree.root);
	}
}

static void ascending_inserts_fill_pages(void **state)
{
	static struct model model;
	struct hf_tree tree = {0};
	for (unsigned i = 0; i < NAMES; i++) {
		struct hf_node *node = make(i, i, i);
		assert_int_equal(hf_tree_put(&tree, node), HF_OK);
		model_set(&model, i, node);
	}
	check(&tree, &model);
	struct hf_slice *slices;
	size_t count;
	assert_int_equal(hf_tree_slices(&tree, &slices, &count), HF_OK);
	assert_true(count < NAMES / 50); /* nearly full pages of 64 */
	free(slices);
	hf_tree_done(&tree);
	model_done(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(random_changes_and_old_copies),
	        cmocka_unit_test(built_and_emptied),
	        cmocka_unit_test(ascending_inserts_fill_pages),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
