/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/change_owners.h"

#include <stdlib.h>

#include "base/list.h"
#include "sign/sign_owner.h"

/* A walk over the differences. */
struct gather {
	const struct hf_sign_plan *plan;
	const struct hf_version *before;
	struct hf_change_owners owners;
	size_t limit;
};

void hf_change_owners_done(struct hf_change_owners *owners)
{
	for (size_t i = 0; i < owners->count; i++)
		hf_node_unref(owners->list[i].made);
	free(owners->list);
	*owners = (struct hf_change_owners){0};
}

static enum hf_err add(
        struct hf_change_owners *owners, const struct hf_node *was, const struct hf_node *now)
{
	struct hf_change_owner *list =
	        hf_list_room(owners->list, &owners->cap, owners->count, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	owners->list = list;
	owners->list[owners->count++] = (struct hf_change_owner){.was = was, .now = now};
	return HF_OK;
}

static const uint8_t *owner_key(const struct hf_change_owner *owner, size_t *ret_len)
{
	return hf_node_key(owner->now != NULL ? owner->now : owner->was, ret_len);
}

static int by_key(const void *a, const void *b)
{
	size_t a_len, b_len;
	const uint8_t *a_key = owner_key(a, &a_len), *b_key = owner_key(b, &b_len);
	return hf_key_cmp(a_key, a_len, b_key, b_len);
}

/* Sorts, drops repeats (which say the same) and notes each one's place. */
static void settle(const struct hf_sign_plan *plan, struct hf_change_owners *owners)
{
	size_t kept = 0;
	qsort(owners->list, owners->count, sizeof(*owners->list), by_key);
	for (size_t i = 0; i < owners->count; i++)
		if (kept == 0 || by_key(&owners->list[kept - 1], &owners->list[i]) != 0)
			owners->list[kept++] = owners->list[i];
	owners->count = kept;
	for (size_t i = 0; i < kept; i++) {
		struct hf_change_owner *owner = &owners->list[i];
		if (owner->now == NULL)
			continue;
		owner->place = hf_cuts_place(plan->zone, owner->now);
		owner->denied = hf_sign_owner_denied(plan, owner->now, owner->place);
	}
}

/* Everything under an owner that began or ceased to hide it. */
static enum hf_err add_below(struct gather *gather, const uint8_t *top, size_t top_len)
{
	const struct hf_tree *before = hf_version_names(gather->before);
	struct hf_tree_cursor cursor;

	const struct hf_node *node =
	        hf_tree_seek(hf_version_names(gather->plan->zone), top, top_len, &cursor);
	for (; node != NULL; node = hf_tree_next(&cursor)) {
		size_t len;
		const uint8_t *key = hf_node_key(node, &len);
		if (!hf_key_is_under(key, len, top, top_len))
			break;
		if (gather->owners.count >= gather->limit)
			return HF_ERR_LIMIT;
		enum hf_err err = add(&gather->owners, hf_tree_get(before, key, len), node);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static bool hides(const struct hf_version *version, const struct hf_node *node)
{
	return node != NULL && hf_cuts_hides(version, node);
}

static enum hf_err saw(void *context, const struct hf_node *was, const struct hf_node *now)
{
	struct gather *gather = context;
	const struct hf_key *apex = hf_version_apex_key(gather->before);
	size_t len;
	const uint8_t *key = hf_node_key(now != NULL ? now : was, &len);

	if (hf_key_cmp(key, len, apex->bytes, apex->len) == 0)
		return HF_OK;
	if (gather->owners.count >= gather->limit)
		return HF_ERR_LIMIT;
	enum hf_err err = add(&gather->owners, was, now);
	if (err == HF_OK && hides(gather->before, was) != hides(gather->plan->zone, now))
		err = add_below(gather, key, len);
	return err;
}

enum hf_err hf_change_owners_gather(const struct hf_sign_plan *plan,
        const struct hf_version *before, size_t limit, struct hf_change_owners *ret_owners)
{
	struct gather gather = {.plan = plan, .before = before, .limit = limit};

	enum hf_err err =
	        hf_tree_diff(hf_version_names(before), hf_version_names(plan->zone), saw, &gather);
	if (err == HF_OK)
		err = add(&gather.owners, hf_version_apex_node(before),
		        hf_version_apex_node(plan->zone));
	if (err != HF_OK) {
		hf_change_owners_done(&gather.owners);
		return err;
	}
	settle(plan, &gather.owners);
	*ret_owners = gather.owners;
	return HF_OK;
}

/* ---- what is due ---- */

struct due {
	const struct hf_sign_plan *plan;
	struct hf_change_owners *owners;
	struct hf_change_budget *budget;
};

static enum hf_err saw_due(void *context, const struct hf_node *node)
{
	struct due *due = context;
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);

	const struct hf_node *now = hf_tree_get(hf_version_names(due->plan->zone), key, len);
	if (now == NULL || !hf_reuse_is_due(node, due->plan->options))
		return HF_OK;
	if (due->budget->left == 0) {
		due->budget->more = true;
		return HF_ERR_LIMIT;
	}
	due->budget->left--;
	return add(due->owners, now, now);
}

enum hf_err hf_change_owners_add_due(const struct hf_sign_plan *plan,
        struct hf_change_owners *owners, struct hf_change_budget *budget)
{
	const struct hf_sign_options *options = plan->options;
	struct due due = {.plan = plan, .owners = owners, .budget = budget};

	enum hf_err err = hf_tree_due(hf_version_names(plan->reuse.version), options->at,
	        options->refresh, saw_due, &due);
	if (err != HF_OK && err != HF_ERR_LIMIT)
		return err;
	settle(plan, owners);
	return HF_OK;
}

/* ---- NSEC ---- */

/* Whether the previous version has an NSEC record here. */
static bool was_chained(const struct hf_sign_plan *plan, const struct hf_change_owner *owner)
{
	size_t len;
	const uint8_t *key = owner_key(owner, &len);
	const struct hf_node *node = hf_tree_get(hf_version_names(plan->reuse.version), key, len);
	return node != NULL && hf_node_has(node, KNOT_RRTYPE_NSEC);
}

enum hf_err hf_change_owners_chain(const struct hf_sign_plan *plan, struct hf_change_owners *owners)
{
	size_t count = owners->count;

	for (size_t i = 0; i < count; i++) {
		size_t len;
		if (was_chained(plan, &owners->list[i]) == owners->list[i].denied)
			continue;
		const uint8_t *key = owner_key(&owners->list[i], &len);
		const struct hf_node *before = hf_cuts_before(plan->zone, key, len);
		enum hf_err err = before != NULL ? add(owners, before, before) : HF_OK;
		if (err != HF_OK)
			return err;
	}
	settle(plan, owners);
	for (size_t i = 0; i < owners->count; i++) {
		struct hf_change_owner *owner = &owners->list[i];
		if (!owner->denied)
			continue;
		owner->next = hf_cuts_after(plan->zone, owner->now);
		if (owner->next == NULL)
			owner->next = hf_version_apex_node(plan->zone);
	}
	return HF_OK;
}
