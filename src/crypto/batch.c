/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/batch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cpu.h"
#include "crypto/openssl.h"
#include "crypto/sha256_lanes.h"

/* Uses of a key before its table is built: about what they cost with OpenSSL is what the tables of
 * a small number of signatures cost, so at worst twice the time is spent. */
#define WORTH_A_TABLE 16

struct shared_key {
	const struct hf_pubkey *key;
	bool is_p256;
	uint8_t point[64];
	atomic_uint used; /* until there is a table */
	_Atomic(struct hf_p256_table *) table;
};

struct hf_batch_keys {
	const struct hf_p256_kernel *kernel;
	unsigned width;
	pthread_mutex_t building;
	_Atomic(struct hf_p256_table *) generator;
	size_t count;
	struct shared_key keys[];
};

/*
 * Wider windows take fewer additions and larger tables. From the measured time to build a table,
 * twice, and the time that a signature then takes less (bench/RESULTS.md).
 */
static unsigned width_for(uint64_t expected)
{
	static const struct {
		uint64_t below;
		unsigned width;
	} steps[] = {{3000, 8}, {20000, 10}, {80000, 12}, {4000000, 13}};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (expected < steps[i].below)
			return steps[i].width;
	return 16;
}

enum hf_err hf_batch_keys_new(const struct hf_batch_key *keys, size_t count, uint64_t expected,
        struct hf_batch_keys **ret_keys)
{
	struct hf_batch_keys *shared = calloc(1, sizeof(*shared) + count * sizeof(shared->keys[0]));
	if (shared == NULL)
		return HF_ERR_NOMEM;
	shared->kernel = hf_p256_kernel();
	shared->width = width_for(expected);
	shared->count = count;
	pthread_mutex_init(&shared->building, NULL);
	for (size_t i = 0; i < count; i++) {
		struct shared_key *key = &shared->keys[i];
		struct hf_dnskey dnskey;
		key->key = keys[i].key;
		if (expected == 0 || key->key == NULL ||
		        hf_pubkey_algorithm(key->key) != HF_ALG_ECDSAP256 ||
		        !hf_dnskey_read(keys[i].dnskey, &dnskey) ||
		        dnskey.key_len != sizeof(key->point))
			continue;
		key->is_p256 = true;
		memcpy(key->point, dnskey.key, sizeof(key->point));
	}
	*ret_keys = shared;
	return HF_OK;
}

void hf_batch_keys_force(struct hf_batch_keys *keys, const struct hf_p256_kernel *kernel)
{
	keys->kernel = kernel;
}

void hf_batch_keys_free(struct hf_batch_keys *keys)
{
	if (keys == NULL)
		return;
	for (size_t i = 0; i < keys->count; i++)
		hf_p256_table_free(keys->keys[i].table);
	hf_p256_table_free(keys->generator);
	pthread_mutex_destroy(&keys->building);
	free(keys);
}

/* Builds what is missing; the others go on with OpenSSL meanwhile. */
static enum hf_err build_tables(struct hf_batch_keys *keys, struct shared_key *key)
{
	if (pthread_mutex_trylock(&keys->building) != 0)
		return HF_OK;
	struct hf_p256_table *table;
	enum hf_err err = HF_OK;
	if (atomic_load(&keys->generator) == NULL) {
		err = keys->kernel->table_new(NULL, keys->width, &table);
		if (err == HF_OK)
			atomic_store(&keys->generator, table);
	}
	if (err == HF_OK && atomic_load(&key->table) == NULL) {
		err = keys->kernel->table_new(key->point, keys->width, &table);
		if (err == HF_OK)
			atomic_store(&key->table, table);
	}
	pthread_mutex_unlock(&keys->building);
	return err;
}

/* The key's table; `*ret_table` is NULL when OpenSSL should do it. */
static enum hf_err table_of(
        struct hf_batch_keys *keys, struct shared_key *key, const struct hf_p256_table **ret_table)
{
	*ret_table = atomic_load(&key->table);
	if (*ret_table != NULL || !key->is_p256)
		return HF_OK;
	if (atomic_fetch_add(&key->used, 1) < WORTH_A_TABLE)
		return HF_OK;
	enum hf_err err = build_tables(keys, key);
	*ret_table = atomic_load(&key->table);
	return err;
}

/* ---- One thread's batch ---- */

/* What OpenSSL says of a signature, when it was asked. */
enum truth { UNASKED, TRULY_GOOD, TRULY_BAD };

/* Signatures of one key that wait for a full batch. */
struct queue {
	struct hf_verifier *verifier; /* made when first needed */
	size_t count;
	struct hf_p256_job jobs[HF_P256_BATCH];
	uint64_t tags[HF_P256_BATCH];
	enum truth truths[HF_P256_BATCH];
};

struct hf_batch {
	struct hf_batch_keys *keys;
	hf_batch_fn *done;
	void *context;
	struct hf_hash sha256;
	struct hf_sha256_lanes *lanes; /* of jobs without a digest yet; NULL: OpenSSL hashes */
	void *work;                    /* of the kernel; made when first needed */
	uint64_t submitted;
	struct queue **queues; /* for each key; made when first needed */
};

enum hf_err hf_batch_new(
        struct hf_batch_keys *keys, hf_batch_fn *done, void *context, struct hf_batch **ret_batch)
{
	struct hf_batch *batch = calloc(1, sizeof(*batch));
	if (batch == NULL)
		return HF_ERR_NOMEM;
	batch->keys = keys;
	batch->done = done;
	batch->context = context;
	batch->queues = calloc(keys->count + 1, sizeof(*batch->queues));
	enum hf_err err = batch->queues != NULL ? HF_OK : HF_ERR_NOMEM;
	if (err == HF_OK && hf_cpu_has_avx512()) {
		batch->lanes = calloc(1, sizeof(*batch->lanes));
		err = batch->lanes != NULL ? HF_OK : HF_ERR_NOMEM;
	}
	if (err == HF_OK)
		err = hf_hash_init(&batch->sha256, "SHA256");
	if (err != HF_OK) {
		hf_batch_free(batch);
		return err;
	}
	*ret_batch = batch;
	return HF_OK;
}

void hf_batch_free(struct hf_batch *batch)
{
	if (batch == NULL)
		return;
	for (size_t i = 0; batch->queues != NULL && i < batch->keys->count; i++) {
		if (batch->queues[i] != NULL)
			hf_verifier_free(batch->queues[i]->verifier);
		free(batch->queues[i]);
	}
	free(batch->queues);
	free(batch->work);
	free(batch->lanes);
	hf_hash_done(&batch->sha256);
	free(batch);
}

static enum hf_err queue_of(struct hf_batch *batch, size_t key, struct queue **ret_queue)
{
	if (batch->queues[key] == NULL) {
		struct queue *queue = calloc(1, sizeof(*queue));
		if (queue == NULL)
			return HF_ERR_NOMEM;
		enum hf_err err = hf_verifier_new(batch->keys->keys[key].key, &queue->verifier);
		if (err != HF_OK) {
			free(queue);
			return err;
		}
		batch->queues[key] = queue;
	}
	*ret_queue = batch->queues[key];
	return HF_OK;
}

/* OpenSSL's verdict on a job of the queue. */
static enum hf_err referee(struct queue *queue, const struct hf_p256_job *job, bool *ret_good)
{
	return hf_verifier_check_digest(queue->verifier, job->digest, sizeof(job->digest),
	        job->signature, sizeof(job->signature), ret_good);
}

static enum hf_err conclude(
        struct hf_batch *batch, struct queue *queue, size_t i, enum hf_p256_verdict verdict)
{
	const enum truth truth = queue->truths[i];
	bool good = verdict == HF_P256_GOOD;
	if (truth != UNASKED) {
		if (verdict != HF_P256_UNSURE && good != (truth == TRULY_GOOD))
			return HF_ERR_DISAGREE;
		good = truth == TRULY_GOOD;
	} else if (verdict == HF_P256_UNSURE) {
		enum hf_err err = referee(queue, &queue->jobs[i], &good);
		if (err != HF_OK)
			return err;
	}
	batch->done(batch->context, queue->tags[i], good);
	return HF_OK;
}

static enum hf_err queue_flush(struct hf_batch *batch, size_t key)
{
	enum hf_p256_verdict verdicts[HF_P256_BATCH];
	struct hf_batch_keys *keys = batch->keys;
	struct queue *queue = batch->queues[key];
	if (queue == NULL || queue->count == 0)
		return HF_OK;
	if (batch->work == NULL &&
	        (batch->work = aligned_alloc(64, hf_p256_workspace_len())) == NULL)
		return HF_ERR_NOMEM;
	if (batch->lanes != NULL)
		hf_sha256_lanes_run(batch->lanes);
	keys->kernel->verify(atomic_load(&keys->generator), atomic_load(&keys->keys[key].table),
	        queue->jobs, queue->count, batch->work, verdicts);
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < queue->count && err == HF_OK; i++)
		err = conclude(batch, queue, i, verdicts[i]);
	queue->count = 0;
	return err;
}

/* The digest is there at once, or when the lanes run, before anybody looks at it. */
static enum hf_err hash(
        struct hf_batch *batch, const void *message, size_t len, struct hf_p256_job *ret_job)
{
	struct hf_sha256_lanes *lanes = batch->lanes;
	if (lanes != NULL && len <= HF_SHA256_MESSAGE_MAX) {
		hf_sha256_lanes_add(lanes, message, len, ret_job->digest);
		if (lanes->count == HF_SHA256_LANES)
			hf_sha256_lanes_run(lanes);
		return HF_OK;
	}
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t digest_len;
	enum hf_err err = hf_hash_pair(&batch->sha256, message, len, NULL, 0, digest, &digest_len);
	if (err == HF_OK)
		memcpy(ret_job->digest, digest, sizeof(ret_job->digest));
	return err;
}

static enum hf_err enqueue(struct hf_batch *batch, size_t key, struct queue *queue, bool twice,
        const void *message, size_t len, const uint8_t *signature, uint64_t tag)
{
	struct hf_p256_job *job = &queue->jobs[queue->count];
	enum hf_err err = hash(batch, message, len, job);
	if (err != HF_OK)
		return err;
	memcpy(job->signature, signature, sizeof(job->signature));
	queue->tags[queue->count] = tag;
	queue->truths[queue->count] = UNASKED;
	if (twice) { /* from the message on, so that our own digest is judged as well */
		bool good;
		err = hf_verifier_check(
		        queue->verifier, message, len, signature, sizeof(job->signature), &good);
		if (err != HF_OK)
			return err;
		queue->truths[queue->count] = good ? TRULY_GOOD : TRULY_BAD;
	}
	queue->count++;
	return queue->count == HF_P256_BATCH ? queue_flush(batch, key) : HF_OK;
}

enum hf_err hf_batch_submit(struct hf_batch *batch, size_t key, enum hf_batch_flags flags,
        const void *message, size_t len, const uint8_t *signature, size_t signature_len,
        uint64_t tag)
{
	struct shared_key *shared = &batch->keys->keys[key];
	const struct hf_p256_table *table;
	struct queue *queue;
	enum hf_err err = queue_of(batch, key, &queue);
	if (err == HF_OK)
		err = table_of(batch->keys, shared, &table);
	if (err != HF_OK)
		return err;
	if (table != NULL && signature_len == sizeof(queue->jobs[0].signature)) {
		bool twice = (flags & HF_BATCH_TWICE) || ++batch->submitted % HF_BATCH_SAMPLE == 0;
		return enqueue(batch, key, queue, twice, message, len, signature, tag);
	}
	bool good;
	err = hf_verifier_check(queue->verifier, message, len, signature, signature_len, &good);
	if (err == HF_OK)
		batch->done(batch->context, tag, good);
	return err;
}

enum hf_err hf_batch_flush(struct hf_batch *batch)
{
	for (size_t i = 0; i < batch->keys->count; i++) {
		enum hf_err err = queue_flush(batch, i);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}
