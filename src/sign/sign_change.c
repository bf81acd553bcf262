/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/sign_change.h"

#include <stdlib.h>
#include <string.h>

#include "sign/apex.h"
#include "sign/change_links.h"
#include "sign/input.h"
#include "sign/leftovers.h"
#include "sign/sign_owner.h"

#define WHOLE_FROM    4096 /* owners; and over this part of the zone, all threads do it faster: */
#define WHOLE_PART    8
#define PARALLEL_FROM 16 /* fewer owners than this are signed by the calling thread */

/* One signing of a change. */
struct run {
	struct hf_sign_job job;
	const struct hf_sign_since *since;
	struct hf_pool *pool;
	struct hf_diag *diag;
	struct hf_change_budget budget;
	struct hf_diag warnings;
	struct hf_sign_plan plan;
	struct hf_sign_worker *workers;
	struct hf_change_owners owners;
	struct hf_change_links links;
	struct hf_tree names, nsec3; /* of the next version */
};

static void run_done(struct run *run)
{
	hf_tree_done(&run->names);
	hf_tree_done(&run->nsec3);
	hf_change_owners_done(&run->owners);
	hf_change_links_done(&run->links);
	hf_sign_workers_free(run->workers, hf_pool_jobs(run->pool));
	hf_sign_plan_done(&run->plan);
	hf_diag_done(&run->warnings);
}

/* ---- whether a change can be signed by itself ---- */

/* What can be told before anything is planned. */
static const char *unknown(const struct hf_sign_job *job, const struct hf_sign_since *since)
{
	if (job->previous == NULL || since->zone == NULL || since->options == NULL)
		return "how the last version was signed is not known";
	if (!hf_name_equal(hf_version_apex(job->previous), hf_version_apex(job->zone)) ||
	        !hf_name_equal(hf_version_apex(since->zone), hf_version_apex(job->zone)) ||
	        hf_version_apex_node(since->zone) == NULL)
		return "the last version is of another zone";
	if ((job->options->flags & HF_SIGN_RESIGN) != 0)
		return "the input is to be stripped";
	if (hf_tree_count(hf_version_nsec3(job->zone)) > 0)
		return "the input has denial records";
	return NULL;
}

static const char *other_options(
        const struct hf_sign_options *now, const struct hf_sign_options *then)
{
	if (now->at < then->at)
		return "the last version was signed later than this";
	if (now->validity != then->validity || now->spread != then->spread ||
	        now->refresh != then->refresh || now->inception_offset != then->inception_offset)
		return "the validity of signatures changed";
	return NULL;
}

/* Whether the last version is signed as the next one may be. Its SOA record tells, which every
 * signing signs anew: what is signed otherwise was kept. */
static bool same_signers(const struct hf_sign_plan *plan)
{
	const struct hf_node *apex = hf_version_apex_node(plan->reuse.version);
	struct hf_rrset soa;

	return hf_node_find(apex, KNOT_RRTYPE_SOA, &soa) &&
	       (hf_reuse_as_now(&plan->reuse, &plan->keys, &soa) ||
	               hf_reuse_may_stay(&plan->reuse, &plan->keys, &soa));
}

static bool keeps(const struct hf_sign_plan *plan, const struct hf_sign_duty *duty)
{
	for (size_t i = 0; i < plan->keys.count; i++) {
		const struct hf_sign_key *key = &plan->keys.keys[i];
		if (key->kept && plan->reuse.keys[i].usable && key->tag == duty->tag &&
		        key->algorithm == duty->algorithm)
			return true;
	}
	return false;
}

/* Whether every key that was kept in the last version is kept in the next one: else there may be
 * signatures that were to stay, and are not any more. */
static bool keeps_all(const struct hf_sign_plan *plan, const struct hf_sign_duties *then)
{
	for (size_t i = 0; then != NULL && i < then->count; i++)
		if ((then->list[i].flags & HF_DUTY_KEPT) != 0 && !keeps(plan, &then->list[i]))
			return false;
	return true;
}

static bool same_nsec3(const struct hf_sign_plan *plan)
{
	const struct hf_nsec3_params *want = &plan->nsec3;
	struct hf_tree_cursor cursor;
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_nsec3 nsec3;

	const struct hf_node *node = hf_tree_first(hf_version_nsec3(plan->reuse.version), &cursor);
	return node != NULL && hf_node_find(node, KNOT_RRTYPE_NSEC3, &set) &&
	       set.ttl == plan->denial_ttl && hf_rrset_first(&set, &rdata) &&
	       hf_nsec3_read(rdata, &nsec3) && nsec3.params.algorithm == want->algorithm &&
	       nsec3.params.flags == want->flags && nsec3.params.iterations == want->iterations &&
	       nsec3.params.salt_len == want->salt_len &&
	       memcmp(nsec3.params.salt, want->salt, want->salt_len) == 0;
}

/* Whether the last version denies names as the next one has to. */
static bool same_denial(const struct hf_sign_plan *plan)
{
	const struct hf_version *last = plan->reuse.version;
	struct hf_rrset set;

	if (plan->denies == HF_DENIES_NSEC3)
		return same_nsec3(plan);
	if (hf_tree_count(hf_version_nsec3(last)) != 0)
		return false;
	bool nsec = hf_node_find(hf_version_apex_node(last), KNOT_RRTYPE_NSEC, &set);
	if (plan->denies == HF_DENIES_NOT)
		return !nsec;
	return nsec && set.ttl == plan->denial_ttl;
}

/* What concerns every owner, once the plan is made; NULL: nothing does. */
static enum hf_err concerns_all(const struct run *run, const char **ret_whole)
{
	const struct hf_sign_plan *plan = &run->plan;
	const struct hf_version *then = run->since->zone;
	bool any = false;

	*ret_whole = NULL;
	if (plan->reuse.version == NULL || !same_signers(plan))
		*ret_whole = "other keys sign the zone";
	else if (!same_denial(plan))
		*ret_whole = "denial records have another form or TTL";
	else if (hf_cuts_hides(then, hf_version_apex_node(then)) !=
	         hf_cuts_hides(plan->zone, hf_version_apex_node(plan->zone)))
		*ret_whole = "a DNAME record at the apex came or went";
	if (*ret_whole != NULL || keeps_all(plan, run->since->duties))
		return HF_OK;
	enum hf_err err = hf_leftovers_find(plan, run->pool, &any);
	if (err == HF_OK && any)
		*ret_whole = "signatures that stayed so far are to be replaced";
	return err;
}

/* ---- signing ---- */

static enum hf_err sign_one(struct run *run, size_t index, struct hf_sign_worker *worker)
{
	if (index < run->owners.count) {
		struct hf_change_owner *owner = &run->owners.list[index];
		if (owner->now == NULL)
			return HF_OK;
		return hf_sign_owner_node(
		        worker, owner->now, owner->place, owner->next, &owner->made);
	}
	struct hf_change_link *link = &run->links.list[index - run->owners.count];
	if (link->old != NULL)
		return hf_sign_owner_link(worker, link->old, link->next, &link->made);
	return hf_sign_owner_nsec3(
	        worker, link->hash, link->next, link->owner, link->place, &link->made);
}

static enum hf_err sign_task(void *context, size_t index, unsigned worker)
{
	struct run *run = context;
	return sign_one(run, index, &run->workers[worker]);
}

static enum hf_err sign_all(struct run *run)
{
	size_t count = run->owners.count + run->links.count;
	enum hf_err err = HF_OK;

	if (count >= PARALLEL_FROM)
		return hf_pool_run(run->pool, count, sign_task, run, NULL, NULL);
	for (size_t i = 0; err == HF_OK && i < count; i++)
		err = sign_one(run, i, &run->workers[0]);
	return err;
}

/* Puts the node in the place of the one with its key, when it is another one. */
static enum hf_err put(struct hf_tree *tree, struct hf_node *node)
{
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	return hf_tree_get(tree, key, len) == node ? HF_OK : hf_tree_put(tree, node);
}

static enum hf_err drop(struct hf_tree *tree, const struct hf_node *node)
{
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	enum hf_err err = hf_tree_remove(tree, key, len);
	return err == HF_ERR_NOTFOUND ? HF_OK : err;
}

static enum hf_err put_all(struct run *run)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; err == HF_OK && i < run->owners.count; i++) {
		const struct hf_change_owner *owner = &run->owners.list[i];
		err = owner->now != NULL ? put(&run->names, owner->made)
		                         : drop(&run->names, owner->was);
	}
	for (size_t i = 0; err == HF_OK && i < run->links.count; i++)
		err = put(&run->nsec3, run->links.list[i].made);
	return err;
}

/* Refuses what cannot be signed among the owners that changed. */
static enum hf_err check_owners(const struct run *run)
{
	const struct hf_node *unsigned_apex = hf_version_apex_node(run->job.zone);
	const struct hf_node *apex = hf_version_apex_node(run->plan.zone);
	const struct hf_node **nodes = calloc(run->owners.count, sizeof(const struct hf_node *));
	size_t count = 0;

	if (nodes == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < run->owners.count; i++) {
		const struct hf_node *now = run->owners.list[i].now;
		/* The plan's apex has records that an unsigned zone must not have. */
		if (now == apex)
			now = unsigned_apex;
		if (now != NULL)
			nodes[count++] = now;
	}
	enum hf_err err = hf_input_check_owners(&run->job, run->job.zone, nodes, count, run->diag);
	free(nodes);
	return err;
}

/* Everything that has to be made, and the owners of the next chain. */
static enum hf_err gather_all(struct run *run)
{
	const struct hf_sign_plan *plan = &run->plan;
	const struct hf_version *last = plan->reuse.version;
	bool nsec3 = plan->denies == HF_DENIES_NSEC3;
	enum hf_err err = HF_OK;

	hf_tree_copy(&run->names, hf_version_names(last));
	if (nsec3) {
		/* Half for each kind first, so that neither starves the other. */
		struct hf_change_budget half = {.left = (run->budget.left + 1) / 2};
		hf_tree_copy(&run->nsec3, hf_version_nsec3(last));
		err = hf_change_links_gather(&run->workers[0], run->since->zone, &run->owners,
		        &run->nsec3, run->diag, &run->links);
		run->budget.left -= half.left;
		if (err == HF_OK && half.left > 0)
			err = hf_change_links_add_due(plan, &run->nsec3, &run->links, &half);
		run->budget.left += half.left;
		run->budget.more = half.more;
		if (err == HF_OK)
			err = hf_change_links_chain(plan, &run->nsec3, &run->links);
	}
	if (err == HF_OK && run->budget.left > 0)
		err = hf_change_owners_add_due(plan, &run->owners, &run->budget);
	if (err == HF_OK && plan->denies == HF_DENIES_NSEC)
		err = hf_change_owners_chain(plan, &run->owners);
	return err;
}

static enum hf_err sign_version(struct run *run, struct hf_version **ret_version)
{
	struct hf_version *version = NULL;

	enum hf_err err = check_owners(run);
	if (err == HF_OK)
		err = hf_sign_workers_new(&run->plan, hf_pool_jobs(run->pool), &run->workers);
	if (err == HF_OK)
		err = gather_all(run);
	if (err == HF_OK)
		err = sign_all(run);
	if (err == HF_OK)
		err = put_all(run);
	if (err == HF_OK)
		err = hf_version_from_trees(
		        hf_version_apex(run->plan.zone), &run->names, &run->nsec3, &version);
	if (err == HF_OK && run->plan.zonemd)
		err = hf_apex_digest(&run->workers[0], &version);
	if (err != HF_OK) {
		hf_version_unref(version);
		return err;
	}
	*ret_version = version;
	return HF_OK;
}

/* Signs the change, or sets `*ret_whole` to why that cannot be. */
static enum hf_err sign_part(struct run *run, struct hf_sign_next *ret_next, const char **ret_whole)
{
	size_t limit = hf_tree_count(hf_version_names(run->job.zone)) / WHOLE_PART + WHOLE_FROM;
	struct hf_sign_next next = {0};

	enum hf_err err = hf_sign_plan_change(&run->job, run->diag, &run->plan);
	if (err == HF_OK)
		err = concerns_all(run, ret_whole);
	if (err != HF_OK || *ret_whole != NULL)
		return err;
	err = hf_change_owners_gather(&run->plan, run->since->zone, limit, &run->owners);
	if (err == HF_ERR_LIMIT) {
		*ret_whole = "a large part of the zone changed";
		return HF_OK;
	}
	if (err == HF_OK)
		err = sign_version(run, &next.result.version);
	if (err != HF_OK)
		return err;
	next.result.serial = run->plan.serial;
	next.owners = run->owners.count;
	next.more = run->budget.more;
	for (unsigned i = 0; i < hf_pool_jobs(run->pool); i++) {
		next.result.made += run->workers[i].made;
		next.result.reused += run->workers[i].reused;
	}
	*ret_next = next;
	return HF_OK;
}

static enum hf_err sign_next(const struct hf_sign_job *job, const struct hf_sign_since *since,
        size_t max, struct hf_pool *pool, struct hf_diag *diag, struct hf_sign_next *ret_next)
{
	struct run run = {
	        .job = *job, .since = since, .pool = pool, .diag = diag, .budget.left = max};
	const char *whole = unknown(job, since);
	enum hf_err err = HF_OK;

	if (whole == NULL)
		whole = other_options(job->options, since->options);
	if (whole == NULL) {
		/* A whole run says its warnings itself. */
		hf_diag_init(&run.warnings, job->warnings != NULL ? job->warnings->limit : 0);
		run.job.warnings = job->warnings != NULL ? &run.warnings : NULL;
		err = sign_part(&run, ret_next, &whole);
		if (whole == NULL)
			hf_diag_move(job->warnings, &run.warnings);
		run_done(&run);
	}
	if (err != HF_OK || whole == NULL)
		return err;
	struct hf_sign_next next = {.whole = whole};
	err = hf_sign_zone(job, pool, NULL, diag, &next.result);
	if (err == HF_OK)
		*ret_next = next;
	return err;
}

enum hf_err hf_sign_change(const struct hf_sign_job *job, const struct hf_sign_since *since,
        struct hf_pool *pool, struct hf_diag *diag, struct hf_sign_next *ret_next)
{
	return sign_next(job, since, 0, pool, diag, ret_next);
}

/* ---- refresh ---- */

static enum hf_err stop_at_due(void *context, const struct hf_node *node)
{
	return hf_reuse_is_due(node, context) ? HF_ERR_CANCELED : HF_OK;
}

static enum hf_err stop_at_change(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	return HF_ERR_CANCELED;
}

/* Whether the apex is asked for as it was. */
static bool same_apex(const struct hf_sign_job *job, const struct hf_sign_since *since)
{
	const struct hf_sign_options *now = job->options, *then = since->options;
	return hf_sign_duties_same(job->duties, since->duties) && now->flags == then->flags &&
	       now->cds == then->cds && now->dnskey_ttl == then->dnskey_ttl &&
	       now->iterations == then->iterations && now->salt_len == then->salt_len &&
	       memcmp(now->salt, then->salt, now->salt_len) == 0;
}

/* HF_ERR_CANCELED when there is something to do. */
static enum hf_err look_for_work(const struct hf_sign_job *job, const struct hf_sign_since *since)
{
	const struct hf_tree *trees[] = {
	        hf_version_names(job->previous), hf_version_nsec3(job->previous)};
	struct hf_sign_options options = *job->options;
	enum hf_err err = same_apex(job, since) ? HF_OK : HF_ERR_CANCELED;

	for (unsigned i = 0; err == HF_OK && i < 2; i++)
		err = hf_tree_due(trees[i], options.at, options.refresh, stop_at_due, &options);
	return err != HF_OK ? err : hf_version_diff(since->zone, job->zone, stop_at_change, NULL);
}

enum hf_err hf_sign_refresh(const struct hf_sign_job *job, const struct hf_sign_since *since,
        size_t max, struct hf_pool *pool, struct hf_diag *diag, struct hf_sign_next *ret_next)
{
	struct hf_soa soa;

	if (max < 2)
		return hf_fail(diag, HF_ERR_INVALID,
		        "a refresh of fewer than 2 owners a time never ends; allow more");
	if (unknown(job, since) == NULL && other_options(job->options, since->options) == NULL &&
	        hf_version_soa(job->previous, &soa)) {
		enum hf_err err = look_for_work(job, since);
		if (err == HF_OK) {
			*ret_next = (struct hf_sign_next){
			        .result = {.version = hf_version_ref(job->previous),
			                .serial = soa.serial},
			};
			return HF_OK;
		}
		if (err != HF_ERR_CANCELED)
			return err;
	}
	return sign_next(job, since, max, pool, diag, ret_next);
}
