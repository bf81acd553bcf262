/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/sign_worker.h"

#include <stdlib.h>

enum hf_err hf_sign_worker_init(struct hf_sign_worker *worker, const struct hf_sign_plan *plan)
{
	size_t count = plan->keys.count;
	enum hf_err err = HF_OK;

	*worker = (struct hf_sign_worker){.plan = plan};
	worker->signers = calloc(count + 1, sizeof(*worker->signers));
	worker->verifiers = calloc(count + 1, sizeof(*worker->verifiers));
	worker->staying = calloc(count + 1, sizeof(*worker->staying));
	if (worker->signers == NULL || worker->verifiers == NULL || worker->staying == NULL)
		err = HF_ERR_NOMEM;
	for (size_t i = 0; err == HF_OK && i < count; i++) {
		const struct hf_sign_key *key = &plan->keys.keys[i];
		if (key->uses != 0)
			err = hf_signer_new(key->file->pair, &worker->signers[i]);
		if (err == HF_OK && plan->reuse.count > 0 && plan->reuse.keys[i].check != NULL)
			err = hf_verifier_new(plan->reuse.keys[i].check, &worker->verifiers[i]);
	}
	if (err == HF_OK && plan->denies == HF_DENIES_NSEC3)
		err = hf_nsec3_hasher_new(&worker->hasher);
	if (err == HF_OK)
		err = hf_node_builder_new(&worker->builder);
	if (err != HF_OK)
		hf_sign_worker_done(worker);
	return err;
}

void hf_sign_worker_done(struct hf_sign_worker *worker)
{
	size_t count = worker->plan != NULL ? worker->plan->keys.count : 0;
	for (size_t i = 0; worker->signers != NULL && i < count; i++)
		hf_signer_free(worker->signers[i]);
	for (size_t i = 0; worker->verifiers != NULL && i < count; i++)
		hf_verifier_free(worker->verifiers[i]);
	free(worker->signers);
	free(worker->verifiers);
	free(worker->staying);
	hf_nsec3_hasher_free(worker->hasher);
	hf_node_builder_free(worker->builder);
	hf_buf_done(&worker->rrsig);
	hf_buf_done(&worker->message);
	hf_buf_done(&worker->single);
	free(worker->types);
	*worker = (struct hf_sign_worker){0};
}

enum hf_err hf_sign_workers_new(
        const struct hf_sign_plan *plan, unsigned count, struct hf_sign_worker **ret_workers)
{
	struct hf_sign_worker *workers = calloc(count, sizeof(*workers));
	enum hf_err err = workers != NULL ? HF_OK : HF_ERR_NOMEM;

	for (unsigned i = 0; err == HF_OK && i < count; i++)
		err = hf_sign_worker_init(&workers[i], plan);
	if (err != HF_OK) {
		hf_sign_workers_free(workers, count);
		return err;
	}
	*ret_workers = workers;
	return HF_OK;
}

void hf_sign_workers_free(struct hf_sign_worker *workers, unsigned count)
{
	for (unsigned i = 0; workers != NULL && i < count; i++)
		hf_sign_worker_done(&workers[i]);
	free(workers);
}

/*
 * Seconds by which this set's signatures end earlier than others: so that not all have to be made
 * anew in one night. From owner and type alone, so that two runs agree. FNV-1a, then a mix, since
 * its low bits alone are not even.
 */
static int64_t spread_of(int64_t spread, const struct hf_name *owner, uint16_t type)
{
	uint64_t hash = 0xcbf29ce484222325;
	if (spread == 0)
		return 0;
	for (unsigned i = 0; i < owner->len; i++)
		hash = (hash ^ owner->wire[i]) * 0x100000001b3;
	hash = (hash ^ type) * 0x100000001b3;
	hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93;
	hash ^= hash >> 32;
	return (int64_t)(hash % ((uint64_t)spread + 1));
}

/* Everything of an RRSIG but the signature; the same for all keys but for algorithm and tag. */
static void describe(const struct hf_sign_plan *plan, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_rrsig *ret_rrsig)
{
	const struct hf_sign_options *options = plan->options;
	hf_time end =
	        options->at + options->validity - spread_of(options->spread, owner, set->type);
	unsigned labels = hf_name_labels(owner);

	*ret_rrsig = (struct hf_rrsig){
	        .covered = set->type,
	        .labels = (uint8_t)(hf_name_is_wildcard(owner) ? labels - 1 : labels),
	        .ttl = set->ttl,
	        .expiration = hf_time_to_stamp(end),
	        .inception = hf_time_to_stamp(options->at - options->inception_offset),
	        .signer = *hf_version_apex(plan->zone),
	};
}

static enum hf_err make(struct hf_sign_worker *worker, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_rrsig *rrsig, size_t key)
{
	uint8_t signature[HF_SIG_MAX];
	size_t len = 0;
	struct hf_rdata rdata;

	hf_buf_reset(&worker->rrsig);
	hf_rrsig_put(&worker->rrsig, rrsig);
	enum hf_err err = hf_buf_check(&worker->rrsig);
	if (err != HF_OK)
		return err;
	rdata = (struct hf_rdata){worker->rrsig.data, (uint16_t)worker->rrsig.len};
	err = hf_signed_data(owner, set, rdata, &worker->message);
	if (err != HF_OK)
		return err;
	err = hf_signer_sign(
	        worker->signers[key], worker->message.data, worker->message.len, signature, &len);
	if (err != HF_OK)
		return err;
	hf_put_bytes(&worker->rrsig, signature, len);
	err = hf_buf_check(&worker->rrsig);
	if (err != HF_OK)
		return err;
	rdata = (struct hf_rdata){worker->rrsig.data, (uint16_t)worker->rrsig.len};
	worker->made++;
	return hf_node_add(worker->builder, KNOT_RRTYPE_RRSIG, set->ttl, rdata);
}

/* Whether a signature that fits is good as well, when that is to be checked here. */
static enum hf_err check_reused(struct hf_sign_worker *worker, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_rdata rdata, size_t key, bool *ret_good)
{
	struct hf_rrsig rrsig;

	if (worker->verifiers[key] == NULL) {
		*ret_good = true;
		return HF_OK;
	}
	if (!hf_rrsig_read(rdata, &rrsig)) {
		*ret_good = false;
		return HF_OK;
	}
	enum hf_err err = hf_signed_data(owner, set, rdata, &worker->message);
	if (err != HF_OK)
		return err;
	return hf_verifier_check(worker->verifiers[key], worker->message.data, worker->message.len,
	        rrsig.signature, rrsig.signature_len, ret_good);
}

/* A signature of this key of the previous set that can be taken over; `data` NULL: there is none.
 */
static enum hf_err find_reusable(struct hf_sign_worker *worker, const struct hf_name *owner,
        const struct hf_rrset *set, const struct hf_rrset *before, const struct hf_rrsig *rrsig,
        size_t index, struct hf_rdata *ret_rdata)
{
	const struct hf_sign_plan *plan = worker->plan;
	const struct hf_sign_key *key = &plan->keys.keys[index];
	struct hf_reuse_wish wish = {
	        .options = plan->options,
	        .signer = &rrsig->signer,
	        .set = set,
	        .key = key,
	        .labels = rrsig->labels,
	        /* A kept key may have lost its private half. */
	        .signature_len =
	                key->file->pair != NULL ? hf_keypair_signature_len(key->file->pair) : 0,
	};
	struct hf_rdata rdata = {0};
	bool good = false;

	if (plan->reuse.keys[index].usable && hf_reuse_find(before, &wish, &rdata)) {
		enum hf_err err = check_reused(worker, owner, set, rdata, index, &good);
		if (err != HF_OK)
			return err;
	}
	*ret_rdata = good ? rdata : (struct hf_rdata){0};
	return HF_OK;
}

static enum hf_err take_over(
        struct hf_sign_worker *worker, const struct hf_rrset *set, struct hf_rdata rdata)
{
	worker->reused++;
	return hf_node_add(worker->builder, KNOT_RRTYPE_RRSIG, set->ttl, rdata);
}

/* Takes over all signatures of a set that may stay, when every one of them fits. */
static enum hf_err leave(struct hf_sign_worker *worker, const struct hf_name *owner,
        const struct hf_rrset *set, const struct hf_rrset *before, const struct hf_rrsig *rrsig,
        bool *ret_stays)
{
	const struct hf_sign_plan *plan = worker->plan;
	enum hf_err err = HF_OK;
	size_t count = 0;

	*ret_stays = false;
	for (size_t i = 0; i < plan->keys.count; i++) {
		struct hf_rdata rdata = {0};
		if (!hf_reuse_signed(before, &plan->keys.keys[i]))
			continue;
		err = find_reusable(worker, owner, set, before, rrsig, i, &rdata);
		if (err != HF_OK || rdata.data == NULL)
			return err;
		worker->staying[count++] = rdata;
	}
	for (size_t i = 0; err == HF_OK && i < count; i++)
		err = take_over(worker, set, worker->staying[i]);
	*ret_stays = true;
	return err;
}

enum hf_err hf_sign_worker_sign_set(struct hf_sign_worker *worker, const struct hf_name *owner,
        const struct hf_rrset *set, const struct hf_node *previous)
{
	const struct hf_sign_plan *plan = worker->plan;
	enum hf_sign_use use = hf_sign_use_for(set->type);
	struct hf_rrset before;
	struct hf_rrsig rrsig;
	bool known = previous != NULL && hf_node_find(previous, set->type, &before);

	describe(plan, owner, set, &rrsig);
	if (use == HF_USE_ZONE && known && hf_reuse_may_stay(&plan->reuse, &plan->keys, &before)) {
		bool stays = false;
		enum hf_err err = leave(worker, owner, set, &before, &rrsig, &stays);
		if (err != HF_OK || stays)
			return err;
	}
	for (size_t i = 0; i < plan->keys.count; i++) {
		const struct hf_sign_key *key = &plan->keys.keys[i];
		struct hf_rdata rdata = {0};
		enum hf_err err = HF_OK;

		if ((key->uses & use) == 0)
			continue;
		if (known)
			err = find_reusable(worker, owner, set, &before, &rrsig, i, &rdata);
		rrsig.algorithm = key->algorithm;
		rrsig.tag = key->tag;
		if (err == HF_OK)
			err = rdata.data != NULL ? take_over(worker, set, rdata)
			                         : make(worker, owner, set, &rrsig, i);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

void hf_sign_worker_single_begin(struct hf_sign_worker *worker)
{
	hf_buf_reset(&worker->single);
	hf_put_u16(&worker->single, 0);
}

enum hf_err hf_sign_worker_single_end(
        struct hf_sign_worker *worker, uint16_t type, uint32_t ttl, struct hf_rrset *ret_set)
{
	enum hf_err err = hf_buf_check(&worker->single);
	if (err != HF_OK)
		return err;
	size_t len = worker->single.len - 2;
	if (len > UINT16_MAX)
		return HF_ERR_LIMIT;
	hf_write_u16(worker->single.data, (uint16_t)len);
	*ret_set = (struct hf_rrset){
	        .type = type,
	        .rr_count = 1,
	        .ttl = ttl,
	        .rrs = worker->single.data,
	        .rrs_len = (uint32_t)worker->single.len,
	};
	struct hf_rdata rdata = {worker->single.data + 2, (uint16_t)len};
	return hf_node_add(worker->builder, type, ttl, rdata);
}

enum hf_err hf_sign_worker_types(struct hf_sign_worker *worker, size_t count)
{
	if (count <= worker->types_cap)
		return HF_OK;
	uint16_t *types = reallocarray(worker->types, count, sizeof(*types));
	if (types == NULL)
		return HF_ERR_NOMEM;
	worker->types = types;
	worker->types_cap = count;
	return HF_OK;
}
