/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The batch front against one-by-one verification: mixed keys, damage, tables built meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"
#include "crypto/batch.h"
#include "crypto/keypair.h"

#define KEYS     3
#define MESSAGES 1500

struct sample {
	size_t key;
	uint8_t message[700];
	size_t message_len;
	uint8_t signature[HF_SIG_MAX];
	size_t len;
	bool good;
	unsigned answers;
	bool answer;
};

static struct hf_keypair *pairs[KEYS];
static struct hf_pubkey *keys[KEYS];
static struct sample *samples;

static int setup(void **state)
{
	static const uint8_t algorithms[KEYS] = {
	        HF_ALG_ECDSAP256, HF_ALG_ED25519, HF_ALG_ECDSAP256};
	struct hf_signer *signers[KEYS];
	srand(3);
	for (size_t i = 0; i < KEYS; i++) {
		if (hf_keypair_generate(algorithms[i], 0, 256, &pairs[i]) != HF_OK ||
		        hf_pubkey_new(hf_keypair_dnskey(pairs[i]), &keys[i]) != HF_OK ||
		        hf_signer_new(pairs[i], &signers[i]) != HF_OK)
			return -1;
	}
	samples = calloc(MESSAGES, sizeof(*samples));
	for (size_t i = 0; i < MESSAGES; i++) {
		struct sample *s = &samples[i];
		/* Key 0 is used often, the others now and then. */
		s->key = i % 10 == 0 ? 1 + i / 10 % 2 : 0;
		/* Some too long for being hashed together. */
		s->message_len = (size_t)rand() % (i % 13 == 0 ? sizeof(s->message) : 250) + 1;
		for (size_t j = 0; j < s->message_len; j++)
			s->message[j] = (uint8_t)rand();
		if (hf_signer_sign(signers[s->key], s->message, s->message_len, s->signature,
		            &s->len) != HF_OK)
			return -1;
		s->good = i % 7 != 0;
		if (!s->good && i % 2 == 0)
			s->message[(size_t)rand() % s->message_len] ^= 4;
		else if (!s->good && i % 3 == 0)
			s->len--;
		else if (!s->good)
			s->signature[(size_t)rand() % s->len] ^= 1;
	}
	for (size_t i = 0; i < KEYS; i++)
		hf_signer_free(signers[i]);
	return 0;
}

static int teardown(void **state)
{
	for (size_t i = 0; i < KEYS; i++) {
		hf_pubkey_free(keys[i]);
		hf_keypair_free(pairs[i]);
	}
	free(samples);
	return 0;
}

static struct hf_batch_keys *shared_keys(uint64_t expected)
{
	struct hf_batch_key plan[KEYS + 1] = {{0}};
	struct hf_batch_keys *shared;
	for (size_t i = 0; i < KEYS; i++)
		plan[i] = (struct hf_batch_key){keys[i], hf_keypair_dnskey(pairs[i])};
	assert_int_equal(hf_batch_keys_new(plan, KEYS + 1, expected, &shared), HF_OK);
	return shared;
}

static void note(void *context, uint64_t tag, bool good)
{
	struct sample *all = context;
	all[tag].answers++;
	all[tag].answer = good;
}

static void check_answers(unsigned times)
{
	for (size_t i = 0; i < MESSAGES; i++) {
		assert_int_equal(samples[i].answers, times);
		assert_int_equal(samples[i].answer, samples[i].good);
		samples[i].answers = 0;
	}
}

static enum hf_err submit(struct hf_batch *batch, size_t i)
{
	struct sample *s = &samples[i];
	return hf_batch_submit(batch, s->key, i % 50 == 1 ? HF_BATCH_TWICE : HF_BATCH_PLAIN,
	        s->message, s->message_len, s->signature, s->len, i);
}

static void every_signature_is_answered_once(void **state)
{
	static const uint64_t expected[] = {10, 100000};
	for (size_t e = 0; e < 2; e++) {
		struct hf_batch_keys *shared = shared_keys(expected[e]);
		struct hf_batch *batch;
		assert_int_equal(hf_batch_new(shared, note, samples, &batch), HF_OK);
		for (size_t i = 0; i < MESSAGES; i++)
			assert_int_equal(submit(batch, i), HF_OK);
		assert_int_equal(hf_batch_flush(batch), HF_OK);
		assert_int_equal(hf_batch_flush(batch), HF_OK);
		check_answers(1);
		hf_batch_free(batch);
		hf_batch_keys_free(shared);
	}
}

struct parallel {
	struct hf_batch *batches[4];
};

static enum hf_err part(void *context, size_t index, unsigned worker)
{
	struct parallel *parallel = context;
	struct hf_batch *batch = parallel->batches[worker];
	for (size_t i = index * 100; i < (index + 1) * 100; i++) {
		enum hf_err err = submit(batch, i);
		if (err != HF_OK)
			return err;
	}
	return hf_batch_flush(batch);
}

static void threads_share_the_keys(void **state)
{
	struct hf_batch_keys *shared = shared_keys(10);
	struct parallel parallel;
	struct hf_pool *pool;
	assert_int_equal(hf_pool_new(4, &pool), HF_OK);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(hf_batch_new(shared, note, samples, &parallel.batches[i]), HF_OK);
	assert_int_equal(hf_pool_run(pool, MESSAGES / 100, part, &parallel, NULL, NULL), HF_OK);
	check_answers(1);
	for (size_t i = 0; i < 4; i++)
		hf_batch_free(parallel.batches[i]);
	hf_pool_free(pool);
	hf_batch_keys_free(shared);
	hf_batch_keys_free(NULL);
	hf_batch_free(NULL);
}

/* A kernel that errs, and one that never knows. */
static void lie(const struct hf_p256_table *generator, const struct hf_p256_table *key,
        const struct hf_p256_job *jobs, size_t count, void *work,
        enum hf_p256_verdict *ret_verdicts)
{
	for (size_t i = 0; i < count; i++)
		ret_verdicts[i] = HF_P256_GOOD;
}

static void shrug(const struct hf_p256_table *generator, const struct hf_p256_table *key,
        const struct hf_p256_job *jobs, size_t count, void *work,
        enum hf_p256_verdict *ret_verdicts)
{
	for (size_t i = 0; i < count; i++)
		ret_verdicts[i] = HF_P256_UNSURE;
}

static enum hf_err run_with(const struct hf_p256_kernel *kernel)
{
	struct hf_batch_keys *shared = shared_keys(10);
	struct hf_batch *batch;
	enum hf_err err = HF_OK;
	hf_batch_keys_force(shared, kernel);
	assert_int_equal(hf_batch_new(shared, note, samples, &batch), HF_OK);
	for (size_t i = 0; i < MESSAGES && err == HF_OK; i++)
		err = submit(batch, i);
	if (err == HF_OK)
		err = hf_batch_flush(batch);
	hf_batch_free(batch);
	hf_batch_keys_free(shared);
	return err;
}

static void openssl_is_the_referee(void **state)
{
	struct hf_p256_kernel kernel = *hf_p256_kernel();
	kernel.verify = shrug;
	assert_int_equal(run_with(&kernel), HF_OK);
	check_answers(1);
	/* The sample contains signatures that are bad, and the liar says that they are good. */
	kernel.verify = lie;
	assert_int_equal(run_with(&kernel), HF_ERR_DISAGREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_signature_is_answered_once),
	        cmocka_unit_test(threads_share_the_keys),
	        cmocka_unit_test(openssl_is_the_referee),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
