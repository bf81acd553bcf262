/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/worker.h"

#include <stdlib.h>
#include <string.h>

#include "verify/sigcheck.h"

enum hf_err hf_worker_init(struct hf_worker *worker, const struct hf_facts *facts)
{
	*worker = (struct hf_worker){.facts = facts};
	if (facts->batch_keys != NULL) {
		enum hf_err err =
		        hf_batch_new(facts->batch_keys, hf_triple_done, worker, &worker->batch);
		if (err != HF_OK)
			return err;
	}
	return facts->chains_checked ? hf_nsec3_hasher_new(&worker->hasher) : HF_OK;
}

void hf_worker_done(struct hf_worker *worker)
{
	hf_finds_done(&worker->finds);
	hf_batch_free(worker->batch);
	hf_nsec3_hasher_free(worker->hasher);
	hf_buf_done(&worker->message);
	free(worker->owners);
	free(worker->triples);
	for (size_t i = 0; i < HF_VERIFY_CHAINS; i++)
		free(worker->matches[i].nodes);
}

static enum hf_err matches_reserve(struct hf_matches *matches, size_t more)
{
	if (matches->cap - matches->count >= more)
		return HF_OK;
	size_t cap = matches->cap * 2 > matches->count + more ? matches->cap * 2
	                                                      : matches->count + more + 64;
	const struct hf_node **nodes = realloc(matches->nodes, cap * sizeof(*nodes));
	if (nodes == NULL)
		return HF_ERR_NOMEM;
	matches->nodes = nodes;
	matches->cap = cap;
	return HF_OK;
}

enum hf_err hf_worker_match(struct hf_worker *worker, int chain, const struct hf_node *node)
{
	struct hf_matches *matches = &worker->matches[chain];
	enum hf_err err = matches_reserve(matches, 1);
	if (err == HF_OK)
		matches->nodes[matches->count++] = node;
	return err;
}

static void merge_flags(bool *to, const bool *from)
{
	for (size_t i = 0; i < HF_VERIFY_KEYS; i++)
		to[i] = to[i] || from[i];
}

static bool ends_first(const struct hf_worker *a, const struct hf_worker *b)
{
	if (a->min_expiration != b->min_expiration)
		return a->min_expiration < b->min_expiration;
	int order = hf_name_cmp(&a->min_owner, &b->min_owner);
	return order != 0 ? order < 0 : a->min_type < b->min_type;
}

static void merge_validity(struct hf_worker *worker, const struct hf_worker *from)
{
	if (!from->has_validity || (worker->has_validity && !ends_first(from, worker)))
		return;
	worker->has_validity = true;
	worker->min_expiration = from->min_expiration;
	worker->min_owner = from->min_owner;
	worker->min_type = from->min_type;
}

static void merge_sizes(struct hf_sizes *sizes, const struct hf_sizes *from)
{
	if (from->denial > sizes->denial)
		sizes->denial = from->denial;
	if (from->wildcard < sizes->wildcard || from->wildcard == 0)
		return;
	if (from->wildcard == sizes->wildcard &&
	        hf_name_cmp(&from->wildcard_owner, &sizes->wildcard_owner) > 0)
		return;
	sizes->wildcard = from->wildcard;
	sizes->wildcard_owner = from->wildcard_owner;
	sizes->wildcard_type = from->wildcard_type;
}

enum hf_err hf_worker_merge(struct hf_worker *worker, struct hf_worker *from)
{
	hf_finds_merge(&worker->finds, &from->finds);
	for (size_t i = 0; i < HF_VERIFY_CHAINS; i++) {
		struct hf_matches *to = &worker->matches[i];
		const struct hf_matches *add = &from->matches[i];
		enum hf_err err = matches_reserve(to, add->count);
		if (err != HF_OK)
			return err;
		if (add->count > 0)
			memcpy(to->nodes + to->count, add->nodes, add->count * sizeof(*to->nodes));
		to->count += add->count;
	}
	worker->names += from->names;
	worker->rrsets += from->rrsets;
	worker->signatures += from->signatures;
	worker->opted_out += from->opted_out;
	worker->with_opt_out += from->with_opt_out;
	worker->without_opt_out += from->without_opt_out;
	worker->any_sigs = worker->any_sigs || from->any_sigs;
	worker->any_denial = worker->any_denial || from->any_denial;
	merge_validity(worker, from);
	merge_flags(worker->key_used, from->key_used);
	merge_flags(worker->made_dnskey, from->made_dnskey);
	merge_flags(worker->signed_dnskey, from->signed_dnskey);
	merge_flags(worker->signed_cds, from->signed_cds);
	merge_flags(worker->signed_cdnskey, from->signed_cdnskey);
	merge_sizes(&worker->sizes, &from->sizes);
	return HF_OK;
}

enum hf_err hf_workers_init(
        const struct hf_facts *facts, unsigned jobs, struct hf_worker **workers, unsigned *count)
{
	*workers = calloc(jobs, sizeof(**workers));
	if (*workers == NULL)
		return HF_ERR_NOMEM;
	while (*count < jobs) {
		/* Counted first: a worker that could not be made in full is undone too. */
		enum hf_err err = hf_worker_init(&(*workers)[(*count)++], facts);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

void hf_workers_done(struct hf_worker *workers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		hf_worker_done(&workers[i]);
	free(workers);
}

enum hf_err hf_workers_merge(struct hf_worker *workers, unsigned count, struct hf_finds *facts)
{
	hf_finds_merge(&workers[0].finds, facts);
	for (unsigned i = 1; i < count; i++) {
		enum hf_err err = hf_worker_merge(&workers[0], &workers[i]);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}
