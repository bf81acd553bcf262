/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/verify.h"

#include <stdlib.h>

#include "verify/denial.h"
#include "verify/judge.h"
#include "verify/sigcheck.h"
#include "verify/zonecheck.h"

#define GROUP 8 /* slices of the tree a task: enough signatures for full batches */

/*
 * One verification. Owners are judged group by group on all threads; what a slice needs to know of
 * those before it (`prevs`, `rings`) is looked up for all slices first, which costs little.
 */
struct run {
	struct hf_facts facts;
	struct hf_finds finds; /* of the facts */
	struct hf_worker *workers;
	unsigned worker_count;
	struct hf_slice *names;
	size_t name_slices;
	const struct hf_node **prevs; /* before each slice of names, and after the last */
	struct hf_rings rings;
};

static void run_done(struct run *run)
{
	hf_workers_done(run->workers, run->worker_count);
	free(run->names);
	free(run->prevs);
	hf_rings_done(&run->rings);
	hf_finds_done(&run->finds);
	hf_facts_done(&run->facts);
}

static enum hf_err slices_init(struct run *run)
{
	const struct hf_tree *names = hf_version_names(run->facts.version);
	enum hf_err err = hf_tree_slices(names, &run->names, &run->name_slices);
	if (err != HF_OK)
		return err;
	run->prevs = calloc(run->name_slices + 1, sizeof(*run->prevs));
	if (run->prevs == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < run->name_slices; i++) {
		const struct hf_slice *slice = &run->names[i];
		const struct hf_node *last = hf_owner_last(&run->facts, slice->nodes, slice->count);
		run->prevs[i + 1] = last != NULL ? last : run->prevs[i];
	}
	return hf_rings_init(&run->facts, &run->rings);
}

/* ---- Owners ---- */

static enum hf_err judge_owner(
        struct run *run, struct hf_worker *worker, const struct hf_owner *owner, size_t *next)
{
	worker->names += owner->kind != HF_OWNER_FOREIGN;
	hf_data_judge(worker, owner);
	hf_owner_judge_sets(worker, owner, next);
	const struct hf_node *before =
	        owner->prev != NULL ? owner->prev : run->prevs[run->name_slices];
	hf_nsec_judge(worker, owner, before);
	return hf_nsec3_judge_owner(worker, owner);
}

/* The slices of a group, from the first on, and room for all their owners. */
struct group {
	size_t first, end;
};

static enum hf_err group_init(struct hf_worker *worker, const struct hf_slice *slices,
        size_t slice_count, size_t index, struct group *ret_group)
{
	struct group group = {.first = index * GROUP, .end = (index + 1) * GROUP};
	if (group.end > slice_count)
		group.end = slice_count;
	size_t owners = 0;
	for (size_t i = group.first; i < group.end; i++)
		owners += slices[i].count;
	worker->triple_count = 0;
	*ret_group = group;
	return hf_owners_reserve(worker, owners);
}

static enum hf_err names_task(struct run *run, size_t index, struct hf_worker *worker)
{
	struct group group;
	enum hf_err err = group_init(worker, run->names, run->name_slices, index, &group);
	if (err != HF_OK)
		return err;
	struct hf_owner_walk walk;
	hf_owner_walk_init(
	        &walk, &run->facts, run->names[group.first].nodes[0], run->prevs[group.first]);
	size_t count = 0, next = 0;
	for (size_t s = group.first; s < group.end; s++) {
		const struct hf_slice *slice = &run->names[s];
		for (size_t i = 0; i < slice->count; i++) {
			struct hf_owner *owner = &worker->owners[count++];
			hf_owner_step(&walk, slice->nodes[i], owner);
			if (run->facts.key_count > 0 &&
			        (err = hf_owner_collect(worker, owner)) != HF_OK)
				return err;
		}
	}
	err = hf_triples_check(worker);
	for (size_t i = 0; i < count && err == HF_OK; i++)
		err = judge_owner(run, worker, &worker->owners[i], &next);
	return err;
}

static enum hf_err nsec3_task(struct run *run, size_t index, struct hf_worker *worker)
{
	struct group group;
	enum hf_err err = group_init(worker, run->rings.slices, run->rings.count, index, &group);
	if (err != HF_OK)
		return err;
	struct hf_ring ring = run->rings.at[group.first];
	const struct hf_ring *end = &run->rings.at[run->rings.count];
	size_t count = 0, next = 0;
	for (size_t s = group.first; s < group.end; s++) {
		const struct hf_slice *slice = &run->rings.slices[s];
		for (size_t i = 0; i < slice->count; i++) {
			err = hf_nsec3_owner_collect(worker, slice->nodes[i], NULL, &ring, end,
			        &worker->owners[count++]);
			if (err != HF_OK)
				return err;
		}
	}
	err = hf_triples_check(worker);
	for (size_t i = 0; i < count && err == HF_OK; i++) {
		hf_data_judge(worker, &worker->owners[i]);
		hf_owner_judge_sets(worker, &worker->owners[i], &next);
	}
	return err;
}

static size_t groups(size_t slices)
{
	return (slices + GROUP - 1) / GROUP;
}

static enum hf_err task(void *context, size_t index, unsigned worker_index)
{
	struct run *run = context;
	struct hf_worker *worker = &run->workers[worker_index];
	size_t names = groups(run->name_slices);
	enum hf_err err = index < names ? names_task(run, index, worker)
	                                : nsec3_task(run, index - names, worker);
	return err != HF_OK ? err : worker->finds.err;
}

/* ---- The zone as a whole ---- */

static enum hf_err judge_zone(struct hf_worker *worker, const struct hf_verify_options *options)
{
	hf_apex_judge(worker);
	if (worker->facts->key_count > 0) {
		hf_keys_judge(worker);
		hf_nsec3_judge_orphans(worker);
		hf_nsec3_judge_zone(worker);
		hf_sizes_judge(worker);
		hf_expire_judge(worker);
	} else {
		hf_unsigned_judge(worker);
	}
	enum hf_err err = hf_parent_judge(worker, options);
	if (err == HF_OK)
		err = hf_cds_judge(worker, options);
	if (err == HF_OK)
		err = hf_zonemd_judge(worker);
	return err;
}

static enum hf_err judge_owners(
        struct run *run, struct hf_pool *pool, const struct hf_progress *progress)
{
	const struct hf_version *version = run->facts.version;
	struct hf_progress_scale owners = {
	        .shown = progress,
	        .units = hf_tree_count(hf_version_names(version)) +
	                 hf_tree_count(hf_version_nsec3(version)),
	};
	size_t tasks = groups(run->name_slices) + groups(run->rings.count);
	return hf_pool_run(pool, tasks, task, run, hf_progress_scaled(&owners), "verify");
}

static enum hf_err run_all(struct run *run, const struct hf_verify_options *options,
        struct hf_pool *pool, const struct hf_progress *progress)
{
	enum hf_err err =
	        hf_workers_init(&run->facts, hf_pool_jobs(pool), &run->workers, &run->worker_count);
	if (err == HF_OK)
		err = slices_init(run);
	if (err == HF_OK)
		err = judge_owners(run, pool, progress);
	if (err != HF_OK)
		return err;
	err = hf_workers_merge(run->workers, run->worker_count, &run->finds);
	return err == HF_OK ? judge_zone(&run->workers[0], options) : err;
}

enum hf_err hf_verify_zone(const struct hf_version *version,
        const struct hf_verify_options *options, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag, struct hf_report **ret_report)
{
	/* The facts are too large for a stack frame that other threads' work may sit on. */
	struct run *run = calloc(1, sizeof(*run));
	enum hf_err err = run == NULL ? HF_ERR_NOMEM : HF_OK;
	if (err == HF_OK)
		err = hf_facts_init(
		        version, options->at, hf_facts_expected(version), &run->finds, &run->facts);
	if (err == HF_OK)
		err = run_all(run, options, pool, progress);
	if (err == HF_OK)
		err = hf_report_make(&run->workers[0], options, HF_SCOPE_ZONE, ret_report);
	if (run != NULL)
		run_done(run);
	free(run);
	if (err != HF_OK)
		return hf_fail(diag, err, "the zone could not be verified: %s", hf_err_text(err));
	return HF_OK;
}
