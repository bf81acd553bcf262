/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/edition_step.h"

#include <stdlib.h>

#include "net/surplus.h"

struct hf_edition {
	_Atomic uint32_t refs;
	struct hf_version *version;
	uint32_t serial;
	struct hf_step **steps; /* oldest first, each from where the one before leads to */
	size_t count;
};

/* ---- Steps ---- */

static struct hf_step *step_ref(struct hf_step *step)
{
	atomic_fetch_add_explicit(&step->refs, 1, memory_order_relaxed);
	return step;
}

static void step_unref(struct hf_step *step)
{
	if (step == NULL || atomic_fetch_sub_explicit(&step->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < step->count; i++) {
		hf_node_unref(step->changes[i].before);
		hf_node_unref(step->changes[i].after);
	}
	free(step->changes);
	hf_node_unref(step->apex_before);
	hf_node_unref(step->apex_after);
	free(step);
}

struct collecting {
	const struct hf_version *after;
	struct hf_step *step;
	size_t room; /* for changes in the step */
};

static uint64_t owner_len(const struct hf_node *node)
{
	struct hf_name owner;
	hf_node_name(node, &owner);
	return owner.len;
}

static enum hf_err collect(void *context, const struct hf_node *before, const struct hf_node *after)
{
	struct collecting *to = context;
	const struct hf_node *any = before != NULL ? before : after;
	if (!hf_version_in_zone(to->after, any))
		return HF_OK;
	struct hf_step *step = to->step;
	if (step->count == to->room) {
		size_t room = to->room > 0 ? 2 * to->room : 16;
		struct hf_step_change *changes =
		        reallocarray(step->changes, room, sizeof(changes[0]));
		if (changes == NULL)
			return HF_ERR_NOMEM;
		step->changes = changes;
		to->room = room;
	}
	step->changes[step->count++] = (struct hf_step_change){
	        .before = before != NULL ? hf_node_ref(before) : NULL,
	        .after = after != NULL ? hf_node_ref(after) : NULL,
	};
	struct hf_surplus gone, come;
	hf_surplus_init(&gone, before, after);
	hf_surplus_init(&come, after, before);
	uint64_t len = owner_len(any);
	step->bytes += hf_surplus_bytes(&gone, len) + hf_surplus_bytes(&come, len);
	return HF_OK;
}

/* The step between two versions that have SOA records. */
static enum hf_err make_step(const struct hf_edition *last, const struct hf_version *version,
        uint32_t serial, struct hf_step **ret_step)
{
	struct hf_step *step = calloc(1, sizeof(*step));
	if (step == NULL)
		return HF_ERR_NOMEM;
	step->refs = 1;
	step->from = last->serial;
	step->to = serial;
	step->apex_before = hf_node_ref(hf_version_apex_node(last->version));
	step->apex_after = hf_node_ref(hf_version_apex_node(version));
	struct collecting to = {.after = version, .step = step};
	enum hf_err err = hf_version_diff(last->version, version, collect, &to);
	if (err != HF_OK) {
		step_unref(step);
		return err;
	}
	*ret_step = step;
	return HF_OK;
}

/* ---- Sizes ---- */

static uint64_t tree_bytes(const struct hf_version *version, const struct hf_tree *tree,
        uint64_t bytes, uint64_t enough)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(tree, &cursor);
	for (; node != NULL && bytes < enough; node = hf_tree_next(&cursor)) {
		if (!hf_version_in_zone(version, node))
			continue;
		struct hf_surplus all;
		hf_surplus_init(&all, node, NULL);
		bytes += hf_surplus_bytes(&all, owner_len(node));
	}
	return bytes;
}

/* Bytes of a whole transfer; counting ends when there are enough. */
static uint64_t version_bytes(const struct hf_version *version, uint64_t enough)
{
	uint64_t bytes = tree_bytes(version, hf_version_names(version), 0, enough);
	return tree_bytes(version, hf_version_nsec3(version), bytes, enough);
}

/* How many of the oldest steps to leave out, so that the others are not larger than the zone. */
static size_t useless_steps(
        const struct hf_version *version, struct hf_step *const *steps, size_t count)
{
	uint64_t all = 0, sum = 0;
	for (size_t i = 0; i < count; i++)
		all += steps[i]->bytes;
	uint64_t bytes = version_bytes(version, all);
	size_t first = count;
	while (first > 0 && sum + steps[first - 1]->bytes <= bytes)
		sum += steps[--first]->bytes;
	return first;
}

/* ---- Editions ---- */

enum hf_err hf_edition_new(const struct hf_version *version, struct hf_edition **ret_edition)
{
	struct hf_soa soa;
	if (!hf_version_soa(version, &soa))
		return HF_ERR_INVALID;
	struct hf_edition *edition = calloc(1, sizeof(*edition));
	if (edition == NULL)
		return HF_ERR_NOMEM;
	edition->refs = 1;
	edition->version = hf_version_ref(version);
	edition->serial = soa.serial;
	*ret_edition = edition;
	return HF_OK;
}

struct hf_edition *hf_edition_ref(const struct hf_edition *edition)
{
	struct hf_edition *shared = (struct hf_edition *)edition; /* only the count moves */
	atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
	return shared;
}

void hf_edition_unref(const struct hf_edition *edition)
{
	struct hf_edition *shared = (struct hf_edition *)edition;
	if (shared == NULL ||
	        atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < shared->count; i++)
		step_unref(shared->steps[i]);
	free(shared->steps);
	hf_version_unref(shared->version);
	free(shared);
}

/* Gives the edition the newest of the last one's steps, and the one that leads to it. */
static enum hf_err add_steps(
        struct hf_edition *edition, const struct hf_edition *last, size_t steps)
{
	size_t kept = last->count < steps - 1 ? last->count : steps - 1;
	struct hf_step **list = calloc(kept + 1, sizeof(list[0]));
	if (list == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = make_step(last, edition->version, edition->serial, &list[kept]);
	if (err != HF_OK) {
		free(list);
		return err;
	}
	for (size_t i = 0; i < kept; i++)
		list[i] = step_ref(last->steps[last->count - kept + i]);
	size_t drop = useless_steps(edition->version, list, kept + 1);
	for (size_t i = 0; i <= kept; i++) {
		if (i < drop)
			step_unref(list[i]);
		else
			list[i - drop] = list[i];
	}
	edition->steps = list;
	edition->count = kept + 1 - drop;
	return HF_OK;
}

enum hf_err hf_edition_next(const struct hf_edition *last, const struct hf_version *version,
        size_t steps, struct hf_edition **ret_edition)
{
	if (!hf_name_equal(hf_version_apex(last->version), hf_version_apex(version)))
		return HF_ERR_INVALID;
	struct hf_edition *edition;
	enum hf_err err = hf_edition_new(version, &edition);
	if (err == HF_OK && hf_serial_before(last->serial, edition->serial)) {
		err = add_steps(edition, last, steps > 0 ? steps : HF_EDITION_STEPS);
		if (err != HF_OK)
			hf_edition_unref(edition);
	}
	if (err == HF_OK)
		*ret_edition = edition;
	return err;
}

enum hf_err hf_edition_from_history(const struct hf_version *const *versions, size_t count,
        size_t steps, struct hf_edition **ret_edition)
{
	if (count == 0)
		return HF_ERR_INVALID;
	struct hf_edition *edition, *next;
	enum hf_err err = hf_edition_new(versions[0], &edition);
	if (err != HF_OK)
		return err;
	for (size_t i = 1; i < count; i++) {
		err = hf_edition_next(edition, versions[i], steps, &next);
		hf_edition_unref(edition);
		if (err != HF_OK)
			return err;
		edition = next;
	}
	*ret_edition = edition;
	return HF_OK;
}

const struct hf_version *hf_edition_version(const struct hf_edition *edition)
{
	return edition->version;
}

uint32_t hf_edition_serial(const struct hf_edition *edition)
{
	return edition->serial;
}

size_t hf_edition_steps(const struct hf_edition *edition)
{
	return edition->count;
}

struct hf_step *const *hf_edition_steps_since(
        const struct hf_edition *edition, uint32_t serial, size_t *ret_count)
{
	for (size_t i = 0; i < edition->count; i++) {
		if (edition->steps[i]->from == serial) {
			*ret_count = edition->count - i;
			return &edition->steps[i];
		}
	}
	return NULL;
}
