/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/sign.h"

#include <stdlib.h>

#include "sign/apex.h"
#include "sign/nsec3_chain.h"
#include "sign/sign_owner.h"

#define NSEC3_BATCH 256 /* NSEC3 nodes a task */

/* One whole-zone run. */
struct run {
	struct hf_sign_plan plan;
	struct hf_sign_worker *workers; /* one for each of the pool's jobs */
	unsigned worker_count;
	struct hf_slice *slices;
	size_t slice_count;
	struct hf_nsec3_chain chain;
	struct hf_node **names; /* results, in order */
	size_t name_count;
	struct hf_node **nsec3;
};

void hf_sign_options_init(struct hf_sign_options *options, hf_time at)
{
	*options = (struct hf_sign_options){
	        .at = at,
	        .validity = HF_SIGN_VALIDITY,
	        .inception_offset = HF_SIGN_INCEPTION_OFFSET,
	        .refresh = HF_SIGN_VALIDITY / HF_SIGN_REFRESH_PART,
	};
}

/* Nodes of a tree that will not be. */
static void drop_nodes(struct hf_node **nodes, size_t count)
{
	for (size_t i = 0; nodes != NULL && i < count; i++)
		hf_node_unref(nodes[i]);
	free(nodes);
}

/* Takes over the nodes, and the array. */
static enum hf_err build_tree(struct hf_node ***nodes, size_t count, struct hf_tree *ret_tree)
{
	enum hf_err err = hf_tree_build(*nodes, count, ret_tree);
	free(*nodes);
	*nodes = NULL;
	return err;
}

static void run_done(struct run *run)
{
	drop_nodes(run->names, run->name_count);
	drop_nodes(run->nsec3, run->chain.count);
	hf_nsec3_chain_done(&run->chain);
	free(run->slices);
	hf_sign_workers_free(run->workers, run->worker_count);
	hf_sign_plan_done(&run->plan);
}

/* The owner behind the last one of a slice in the NSEC chain. */
static const struct hf_node *next_of_slice(
        const struct run *run, const struct hf_slice *slice, const struct hf_cuts *cuts)
{
	const struct hf_version *zone = run->plan.zone;
	struct hf_cuts onward = *cuts;
	struct hf_tree_cursor cursor;
	size_t len;

	const uint8_t *key = hf_node_key(slice->nodes[slice->count - 1], &len);
	hf_tree_seek(hf_version_names(zone), key, len, &cursor);
	const struct hf_node *next = hf_cuts_next(&onward, &cursor);
	return next != NULL ? next : hf_version_apex_node(zone);
}

/*
 * Signs the owners of one slice. With NSEC an owner in the chain waits until the next one is
 * known, which may be in another slice.
 */
static enum hf_err sign_slice(void *context, size_t index, unsigned worker)
{
	struct run *run = context;
	struct hf_sign_worker *self = &run->workers[worker];
	const struct hf_slice *slice = &run->slices[index];
	bool nsec = run->plan.denies == HF_DENIES_NSEC;
	enum hf_place place, waiting_place = HF_PLACE_AUTH;
	size_t waiting = slice->count;
	enum hf_err err = HF_OK;
	struct hf_cuts cuts;

	hf_cuts_start(&cuts, run->plan.zone, slice->nodes[0]);
	for (size_t i = 0; err == HF_OK && i < slice->count; i++) {
		const struct hf_node *node = slice->nodes[i];
		place = hf_cuts_step(&cuts, node);
		if (!nsec || !hf_sign_owner_denied(&run->plan, node, place)) {
			err = hf_sign_owner_node(
			        self, node, place, NULL, &run->names[slice->first + i]);
			continue;
		}
		if (waiting < slice->count)
			err = hf_sign_owner_node(self, slice->nodes[waiting], waiting_place, node,
			        &run->names[slice->first + waiting]);
		waiting = i;
		waiting_place = place;
	}
	if (err != HF_OK || waiting == slice->count)
		return err;
	return hf_sign_owner_node(self, slice->nodes[waiting], waiting_place,
	        next_of_slice(run, slice, &cuts), &run->names[slice->first + waiting]);
}

static enum hf_err sign_names(struct run *run, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_tree *ret_tree)
{
	const struct hf_tree *names = hf_version_names(run->plan.zone);

	enum hf_err err = hf_tree_slices(names, &run->slices, &run->slice_count);
	if (err != HF_OK)
		return err;
	run->name_count = hf_tree_count(names);
	run->names = calloc(run->name_count + 1, sizeof(*run->names));
	if (run->names == NULL)
		return HF_ERR_NOMEM;
	struct hf_progress_scale owners = {.shown = progress, .units = run->name_count};
	err = hf_pool_run(
	        pool, run->slice_count, sign_slice, run, hf_progress_scaled(&owners), "sign");
	return err == HF_OK ? build_tree(&run->names, run->name_count, ret_tree) : err;
}

static enum hf_err sign_nsec3_batch(void *context, size_t index, unsigned worker)
{
	struct run *run = context;
	const struct hf_nsec3_chain *chain = &run->chain;
	size_t end = (index + 1) * NSEC3_BATCH;

	if (end > chain->count)
		end = chain->count;
	for (size_t i = index * NSEC3_BATCH; i < end; i++) {
		const struct hf_nsec3_item *item = &chain->items[i];
		const struct hf_nsec3_item *next = &chain->items[(i + 1) % chain->count];
		enum hf_err err = hf_sign_owner_nsec3(&run->workers[worker], item->hash, next->hash,
		        item->up == 0 ? item->node : NULL, item->place, &run->nsec3[i]);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err sign_nsec3(struct run *run, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag, struct hf_tree *ret_tree)
{
	enum hf_err err =
	        hf_nsec3_chain_make(&run->plan, run->workers, pool, progress, diag, &run->chain);
	if (err != HF_OK)
		return err;
	run->nsec3 = calloc(run->chain.count + 1, sizeof(*run->nsec3));
	if (run->nsec3 == NULL)
		return HF_ERR_NOMEM;
	size_t batches = (run->chain.count + NSEC3_BATCH - 1) / NSEC3_BATCH;
	err = hf_pool_run(pool, batches, sign_nsec3_batch, run, progress, "sign NSEC3");
	return err == HF_OK ? build_tree(&run->nsec3, run->chain.count, ret_tree) : err;
}

static enum hf_err sign_trees(struct run *run, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag, struct hf_version **ret_version)
{
	const struct hf_sign_plan *plan = &run->plan;
	struct hf_tree names = {0}, nsec3 = {0};
	struct hf_version *version = NULL;

	enum hf_err err = sign_names(run, pool, progress, &names);
	if (err == HF_OK && plan->denies == HF_DENIES_NSEC3)
		err = sign_nsec3(run, pool, progress, diag, &nsec3);
	if (err == HF_OK)
		err = hf_version_from_trees(hf_version_apex(plan->zone), &names, &nsec3, &version);
	hf_tree_done(&names);
	hf_tree_done(&nsec3);
	if (err == HF_OK && plan->zonemd)
		err = hf_apex_digest(&run->workers[0], &version);
	if (err != HF_OK) {
		hf_version_unref(version);
		return err;
	}
	*ret_version = version;
	return HF_OK;
}

enum hf_err hf_sign_zone(const struct hf_sign_job *job, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag, struct hf_sign_result *ret_result)
{
	struct run run = {0};
	struct hf_sign_result result = {0};

	enum hf_err err = hf_sign_plan_make(job, pool, diag, &run.plan);
	if (err != HF_OK)
		return err;
	run.worker_count = hf_pool_jobs(pool);
	err = hf_sign_workers_new(&run.plan, run.worker_count, &run.workers);
	if (err == HF_OK)
		err = sign_trees(&run, pool, progress, diag, &result.version);
	if (err == HF_OK) {
		result.serial = run.plan.serial;
		for (unsigned i = 0; i < run.worker_count; i++) {
			result.made += run.workers[i].made;
			result.reused += run.workers[i].reused;
		}
		*ret_result = result;
	}
	run_done(&run);
	return err;
}
