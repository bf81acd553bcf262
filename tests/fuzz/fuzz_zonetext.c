/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zone text: it is refused with a sentence, or what it says survives writing and reading again. */
#include <stdlib.h>

#include "fuzz.h"
#include "zone/dump.h"
#include "zone/load.h"

static enum hf_err load(
        const void *text, size_t len, const char *origin, struct hf_version **ret_version)
{
	struct hf_diag diag;
	struct hf_load_options options = {.origin = origin};
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_zone_load_text("fuzz", text, len, &options, &diag, ret_version);
	if (err != HF_OK && diag.count == 0)
		abort();
	hf_diag_done(&diag);
	return err;
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
	hf_name_text(hf_version_apex(version), origin);
	if (load(text.data != NULL ? text.data : (const void *)"", text.len, origin, &result) !=
	        HF_OK)
		abort();
	hf_buf_done(&text);
	return result;
}

static enum hf_err differ(void *context, const struct hf_node *before, const struct hf_node *after)
{
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_version *first;
	if (load(data, size, NULL, &first) != HF_OK)
		return 0;
	/* Repeats and differing TTLs are gone after the first writing. */
	struct hf_version *second = again(first), *third = again(second);
	if (hf_version_diff(second, third, differ, NULL) != HF_OK ||
	        hf_tree_count(hf_version_names(first)) != hf_tree_count(hf_version_names(third)))
		abort();
	hf_version_unref(first);
	hf_version_unref(second);
	hf_version_unref(third);
	return 0;
}
