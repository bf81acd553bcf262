/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zone text: it is refused with a sentence, or what it says survives writing and reading again.
 * Read in stretches, it is the same as in one piece.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "zone/dump.h"
#include "zone/load.h"

static enum hf_err load(const void *text, size_t len, const struct hf_load_options *options,
        struct hf_version **ret_version)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_zone_load_text("fuzz", text, len, options, &diag, ret_version);
	if (err != HF_OK && diag.count == 0)
		abort();
	hf_diag_done(&diag);
	return err;
}

/* One pool for all runs: its threads cost more than the texts. */
static struct hf_pool *pool(void)
{
	static struct hf_pool *shared;
	if (shared == NULL && hf_pool_new(2, &shared) != HF_OK)
		abort();
	return shared;
}

static void dump_tree(const struct hf_tree *tree, struct hf_buf *out)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(tree, &cursor);
	for (; node != NULL; node = hf_tree_next(&cursor)) {
		struct hf_name owner;
		hf_node_name(node, &owner);
		for (size_t i = 0; i < hf_node_count(node); i++) {
			struct hf_rrset set;
			hf_node_at(node, i, &set);
			if (hf_rrset_dump(&owner, &set, out) != HF_OK)
				abort();
		}
	}
}

/* Writes a version out and reads that back. */
static struct hf_version *again(const struct hf_version *version)
{
	struct hf_buf text = {0};
	char origin[HF_NAME_TEXT];
	struct hf_version *result;
	dump_tree(hf_version_names(version), &text);
	dump_tree(hf_version_nsec3(version), &text);
	struct hf_load_options options = {.origin = hf_name_text(hf_version_apex(version), origin)};
	if (load(text.data != NULL ? text.data : (const void *)"", text.len, &options, &result) !=
	        HF_OK)
		abort();
	hf_buf_done(&text);
	return result;
}

static enum hf_err differ(void *context, const struct hf_node *before, const struct hf_node *after)
{
	abort();
}

static void compare(const struct hf_version *a, const struct hf_version *b)
{
	if (hf_version_diff(a, b, differ, NULL) != HF_OK ||
	        !hf_name_equal(hf_version_apex(a), hf_version_apex(b)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_load_options whole = {.origin = NULL};
	struct hf_load_options stretches = {.pool = pool(), .stretch_min = 20};
	struct hf_version *first, *parallel;
	enum hf_err err = load(data, size, &whole, &first);
	if ((load(data, size, &stretches, &parallel) == HF_OK) != (err == HF_OK))
		abort();
	if (err != HF_OK)
		return 0;
	compare(first, parallel);
	/* Repeats and differing TTLs are gone after the first writing. */
	struct hf_version *second = again(first), *third = again(second);
	compare(second, third);
	if (hf_tree_count(hf_version_names(first)) != hf_tree_count(hf_version_names(third)))
		abort();
	hf_version_unref(first);
	hf_version_unref(parallel);
	hf_version_unref(second);
	hf_version_unref(third);
	return 0;
}
