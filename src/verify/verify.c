/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/verify.h"

#include <stdlib.h>

#include "verify/denial.h"
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
	for (unsigned i = 0; i < run->worker_count; i++)
		hf_worker_done(&run->workers[i]);
	free(run->workers);
	free(run->names);
	free(run->prevs);
	hf_rings_done(&run->rings);
	hf_finds_done(&run->finds);
	hf_facts_done(&run->facts);
}

static enum hf_err workers_init(struct run *run, unsigned jobs)
{
	run->workers = calloc(jobs, sizeof(*run->workers));
	if (run->workers == NULL)
		return HF_ERR_NOMEM;
	for (unsigned i = 0; i < jobs; i++) {
		/* Counted first: a worker that could not be made in full is undone too. */
		run->worker_count++;
		enum hf_err err = hf_worker_init(&run->workers[i], &run->facts);
		if (err != HF_OK)
			return err;
		run->workers[i].rings = &run->rings;
	}
	return HF_OK;
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

static enum hf_err owners_reserve(struct hf_worker *worker, size_t count)
{
	if (count == 0 || count <= worker->owner_cap)
		return HF_OK;
	if (count > SIZE_MAX / sizeof(*worker->owners))
		return HF_ERR_NOMEM;
	struct hf_owner *owners = realloc(worker->owners, count * sizeof(*owners));
	if (owners == NULL)
		return HF_ERR_NOMEM;
	worker->owners = owners;
	worker->owner_cap = count;
	return HF_OK;
}

static enum hf_err collect(struct hf_worker *worker, const struct hf_owner *owner)
{
	size_t count = hf_node_count(owner->node);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(owner->node, i, &set);
		if (!hf_owner_signs(owner, &set))
			continue;
		enum hf_err err = hf_sigs_collect(worker, &owner->name, &set);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* Judges an owner's signatures, in the order in which they were collected. */
static void judge_sets(struct hf_worker *worker, const struct hf_owner *owner, size_t *next)
{
	bool is_signed = worker->facts->key_count > 0;
	size_t count = hf_node_count(owner->node);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(owner->node, i, &set);
		worker->rrsets += set.rr_count > 0;
		worker->signatures += set.sig_count;
		worker->any_sigs = worker->any_sigs || set.sig_count > 0;
		if (!is_signed || owner->kind == HF_OWNER_FOREIGN)
			continue;
		if (hf_owner_signs(owner, &set)) {
			hf_sigs_judge(worker, &owner->name, &set, next);
			hf_sizes_note(worker, owner, &set);
		} else {
			hf_sigs_unexpected(worker, owner, &set);
		}
	}
}

static enum hf_err judge_owner(
        struct run *run, struct hf_worker *worker, const struct hf_owner *owner, size_t *next)
{
	worker->names += owner->kind != HF_OWNER_FOREIGN;
	hf_data_judge(worker, owner);
	judge_sets(worker, owner, next);
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
	return owners_reserve(worker, owners);
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
			if (run->facts.key_count > 0 && (err = collect(worker, owner)) != HF_OK)
				return err;
		}
	}
	err = hf_triples_check(worker);
	for (size_t i = 0; i < count && err == HF_OK; i++)
		err = judge_owner(run, worker, &worker->owners[i], &next);
	return err;
}

/* One NSEC3 owner: its record is judged, its signatures are collected. */
static enum hf_err nsec3_owner(struct run *run, struct hf_worker *worker,
        const struct hf_node *node, struct hf_ring *ring, struct hf_owner *ret_owner)
{
	*ret_owner = (struct hf_owner){.node = node, .kind = HF_OWNER_FOREIGN};
	hf_node_name(node, &ret_owner->name);
	if (hf_version_in_zone(run->facts.version, node))
		ret_owner->kind = HF_OWNER_EMPTY;
	if (hf_nsec3_judge_record(worker, node, ring, &run->rings.at[run->rings.count]))
		ret_owner->kind = HF_OWNER_DATA;
	return run->facts.key_count > 0 ? collect(worker, ret_owner) : HF_OK;
}

static enum hf_err nsec3_task(struct run *run, size_t index, struct hf_worker *worker)
{
	struct group group;
	enum hf_err err = group_init(worker, run->rings.slices, run->rings.count, index, &group);
	if (err != HF_OK)
		return err;
	struct hf_ring ring = run->rings.at[group.first];
	size_t count = 0, next = 0;
	for (size_t s = group.first; s < group.end; s++) {
		const struct hf_slice *slice = &run->rings.slices[s];
		for (size_t i = 0; i < slice->count; i++) {
			err = nsec3_owner(
			        run, worker, slice->nodes[i], &ring, &worker->owners[count++]);
			if (err != HF_OK)
				return err;
		}
	}
	err = hf_triples_check(worker);
	for (size_t i = 0; i < count && err == HF_OK; i++) {
		hf_data_judge(worker, &worker->owners[i]);
		judge_sets(worker, &worker->owners[i], &next);
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

static void judge_apex(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	const struct hf_node *apex = hf_version_apex_node(facts->version);
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_SOA);
	if (apex == NULL || !hf_node_has(apex, KNOT_RRTYPE_SOA))
		hf_found(&worker->finds, HF_CHECK_SOA_MISSING, &where,
		        "There is no SOA record at the apex.");
	where.type = KNOT_RRTYPE_NS;
	if (apex == NULL || !hf_node_has(apex, KNOT_RRTYPE_NS))
		hf_found(&worker->finds, HF_CHECK_NS_MISSING, &where,
		        "There is no NS record at the apex.");
}

/* A secondary without its primary serves what it has until the SOA's expire time is over. */
static void judge_expire(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_SOA);
	if (!facts->has_soa || !worker->has_validity)
		return;
	hf_time left = worker->min_expiration - facts->at;
	char expire[HF_TIME_TEXT], span[HF_TIME_TEXT];
	/* What has ended already is an error of its own. */
	if (left >= 0 && left < facts->soa.expire)
		hf_found(&worker->finds, HF_CHECK_SOA_EXPIRE, &where,
		        "The SOA's expire field is %s, but the first signature ends in %s.",
		        hf_span_text(facts->soa.expire, expire), hf_span_text(left, span));
}

static void judge_unsigned(struct hf_worker *worker)
{
	struct hf_where where = hf_facts_apex(worker->facts, KNOT_RRTYPE_DNSKEY);
	if (!worker->any_sigs && !worker->any_denial)
		hf_found(&worker->finds, HF_CHECK_ZONE_UNSIGNED, &where,
		        "The zone is not signed: no DNSKEY, no signature, no denial records.");
	else
		hf_found(&worker->finds, HF_CHECK_DNSKEY_MISSING, &where,
		        "There is no DNSKEY set, so none of the %llu signatures can be verified.",
		        (unsigned long long)worker->signatures);
}

static enum hf_err judge_zone(struct hf_worker *worker, const struct hf_verify_options *options)
{
	judge_apex(worker);
	if (worker->facts->key_count > 0) {
		hf_keys_judge(worker);
		hf_nsec3_judge_orphans(worker);
		hf_nsec3_judge_zone(worker);
		hf_sizes_judge(worker);
		judge_expire(worker);
	} else {
		judge_unsigned(worker);
	}
	enum hf_err err = hf_parent_judge(worker, options);
	if (err == HF_OK)
		err = hf_cds_judge(worker, options);
	if (err == HF_OK)
		err = hf_zonemd_judge(worker);
	return err;
}

static enum hf_err make_report(struct hf_worker *worker, const struct hf_verify_options *options,
        struct hf_report **ret_report)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_report *report = calloc(1, sizeof(*report));
	if (report == NULL)
		return HF_ERR_NOMEM;
	report->zone = *facts->apex;
	report->serial = facts->has_soa ? facts->soa.serial : 0;
	report->at = facts->at;
	report->names = worker->names;
	report->rrsets = worker->rrsets;
	report->signatures = worker->signatures;
	report->has_validity = worker->has_validity;
	if (worker->has_validity) {
		report->min_validity = worker->min_expiration - facts->at;
		report->min_owner = worker->min_owner;
		report->min_type = worker->min_type;
	}
	size_t limit = options->max_findings > 0 ? options->max_findings : HF_VERIFY_MAX_FINDINGS;
	enum hf_err err = hf_finds_report(&worker->finds, limit, report);
	if (err != HF_OK) {
		hf_report_free(report);
		return err;
	}
	*ret_report = report;
	return HF_OK;
}

/* The pool counts groups; people want to see owners. */
struct owner_progress {
	const struct hf_progress *shown;
	uint64_t owners;
};

static void show_owners(void *context, const char *phase, uint64_t done, uint64_t total)
{
	const struct owner_progress *progress = context;
	uint64_t owners = total > 0 ? progress->owners * done / total : 0;
	hf_progress_step(progress->shown, phase, owners, progress->owners);
}

static enum hf_err judge_owners(
        struct run *run, struct hf_pool *pool, const struct hf_progress *progress)
{
	const struct hf_version *version = run->facts.version;
	struct owner_progress owners = {
	        .shown = progress,
	        .owners = hf_tree_count(hf_version_names(version)) +
	                  hf_tree_count(hf_version_nsec3(version)),
	};
	const struct hf_progress converted = {.show = show_owners, .context = &owners};
	size_t tasks = groups(run->name_slices) + groups(run->rings.count);
	return hf_pool_run(pool, tasks, task, run, &converted, "verify");
}

static enum hf_err run_all(struct run *run, const struct hf_verify_options *options,
        struct hf_pool *pool, const struct hf_progress *progress)
{
	enum hf_err err = workers_init(run, hf_pool_jobs(pool));
	if (err == HF_OK)
		err = slices_init(run);
	if (err == HF_OK)
		err = judge_owners(run, pool, progress);
	if (err != HF_OK)
		return err;
	struct hf_worker *first = &run->workers[0];
	hf_finds_merge(&first->finds, &run->finds);
	for (unsigned i = 1; i < run->worker_count; i++) {
		err = hf_worker_merge(first, &run->workers[i]);
		if (err != HF_OK)
			return err;
	}
	return judge_zone(first, options);
}

enum hf_err hf_verify_zone(const struct hf_version *version,
        const struct hf_verify_options *options, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag, struct hf_report **ret_report)
{
	/* The facts are too large for a stack frame that other threads' work may sit on. */
	struct run *run = calloc(1, sizeof(*run));
	enum hf_err err = run == NULL ? HF_ERR_NOMEM : HF_OK;
	if (err == HF_OK)
		err = hf_facts_init(version, options->at, &run->finds, &run->facts);
	if (err == HF_OK)
		err = run_all(run, options, pool, progress);
	if (err == HF_OK)
		err = make_report(&run->workers[0], options, ret_report);
	if (run != NULL)
		run_done(run);
	free(run);
	if (err != HF_OK)
		return hf_fail(diag, err, "the zone could not be verified: %s", hf_err_text(err));
	return HF_OK;
}
