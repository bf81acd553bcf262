/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/leftovers.h"

#include <stdlib.h>

struct search {
	const struct hf_sign_plan *plan;
	const struct hf_slice *slices;
};

static bool is_leftover(const struct hf_sign_plan *plan, const struct hf_rrset *set)
{
	return set->sig_count > 0 && hf_sign_use_for(set->type) == HF_USE_ZONE &&
	       !hf_reuse_as_now(&plan->reuse, &plan->keys, set) &&
	       !hf_reuse_may_stay(&plan->reuse, &plan->keys, set);
}

static bool has_leftover(const struct hf_sign_plan *plan, const struct hf_node *node)
{
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (is_leftover(plan, &set))
			return true;
	}
	return false;
}

/* Ends the search with HF_ERR_CANCELED when there is one. */
static enum hf_err look(void *context, size_t index, unsigned worker)
{
	const struct search *search = context;
	const struct hf_slice *slice = &search->slices[index];

	for (size_t i = 0; i < slice->count; i++)
		if (has_leftover(search->plan, slice->nodes[i]))
			return HF_ERR_CANCELED;
	return HF_OK;
}

enum hf_err hf_leftovers_find(const struct hf_sign_plan *plan, struct hf_pool *pool, bool *ret_any)
{
	const struct hf_version *version = plan->reuse.version;
	const struct hf_tree *trees[] = {hf_version_names(version), hf_version_nsec3(version)};
	enum hf_err err = HF_OK;

	for (unsigned i = 0; err == HF_OK && i < 2; i++) {
		struct hf_slice *slices = NULL;
		size_t slice_count = 0;
		err = hf_tree_slices(trees[i], &slices, &slice_count);
		if (err != HF_OK)
			break;
		struct search search = {.plan = plan, .slices = slices};
		err = hf_pool_run(pool, slice_count, look, &search, NULL, NULL);
		free(slices);
	}
	if (err != HF_OK && err != HF_ERR_CANCELED)
		return err;
	*ret_any = err == HF_ERR_CANCELED;
	return HF_OK;
}
