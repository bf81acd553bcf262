/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sixteen SHA-256 digests at a time against OpenSSL's, one by one: all lengths, all mixtures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "crypto/cpu.h"
#include "crypto/sha256_lanes.h"

#define SKIPPED 77

static struct hf_sha256_lanes lanes;
static uint8_t messages[HF_SHA256_LANES][HF_SHA256_MESSAGE_MAX];
static uint8_t digests[HF_SHA256_LANES][32];

static void random_messages(void)
{
	for (size_t i = 0; i < HF_SHA256_LANES; i++)
		for (size_t j = 0; j < HF_SHA256_MESSAGE_MAX; j++)
			messages[i][j] = (uint8_t)rand();
}

/* The digests of so many messages of these lengths, and nothing behind them. */
static void check(const size_t *lengths, size_t count)
{
	memset(digests, 0xa5, sizeof(digests));
	for (size_t i = 0; i < count; i++)
		hf_sha256_lanes_add(&lanes, messages[i], lengths[i], digests[i]);
	assert_int_equal(lanes.count, count);
	hf_sha256_lanes_run(&lanes);
	assert_int_equal(lanes.count, 0);
	for (size_t i = 0; i < HF_SHA256_LANES; i++) {
		uint8_t right[32];
		memset(right, 0xa5, sizeof(right));
		if (i < count)
			assert_int_equal(EVP_Digest(messages[i], lengths[i], right, NULL,
			                         EVP_sha256(), NULL),
			        1);
		assert_memory_equal(digests[i], right, sizeof(right));
	}
}

static void every_length_in_every_lane(void **state)
{
	size_t lengths[HF_SHA256_LANES];
	srand(5);
	for (size_t at = 0; at <= HF_SHA256_MESSAGE_MAX; at++) {
		if (at % 64 == 0)
			random_messages();
		for (size_t i = 0; i < HF_SHA256_LANES; i++)
			lengths[i] = (at + i * 31) % (HF_SHA256_MESSAGE_MAX + 1);
		check(lengths, HF_SHA256_LANES);
	}
}

static void any_number_of_messages(void **state)
{
	size_t lengths[HF_SHA256_LANES];
	srand(6);
	random_messages();
	for (size_t round = 0; round < 200; round++) {
		for (size_t i = 0; i < HF_SHA256_LANES; i++)
			lengths[i] = (size_t)rand() % (HF_SHA256_MESSAGE_MAX + 1);
		check(lengths, round % (HF_SHA256_LANES + 1));
	}
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Nanoseconds a message of 200 bytes. */
static int bench(void)
{
	const size_t rounds = 100000, len = 200;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
	double start = now();
	for (size_t i = 0; i < rounds; i++) {
		for (size_t l = 0; l < HF_SHA256_LANES; l++)
			hf_sha256_lanes_add(&lanes, messages[l], len, digests[l]);
		hf_sha256_lanes_run(&lanes);
	}
	double ours = now() - start;
	start = now();
	for (size_t i = 0; i < rounds; i++) {
		EVP_DigestInit_ex2(context, md, NULL);
		EVP_DigestUpdate(context, messages[0], len);
		EVP_DigestFinal_ex(context, digests[0], NULL);
	}
	double theirs = now() - start;
	printf("lanes %.0f ns, OpenSSL %.0f ns a message of %zu bytes\n",
	        ours * 1e9 / (double)(rounds * HF_SHA256_LANES), theirs * 1e9 / (double)rounds,
	        len);
	EVP_MD_free(md);
	EVP_MD_CTX_free(context);
	return 0;
}

int main(int argc, char **argv)
{
	if (!hf_cpu_has_avx512())
		return SKIPPED;
	if (argc > 1 && strcmp(argv[1], "--bench") == 0)
		return bench();
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_length_in_every_lane),
	        cmocka_unit_test(any_number_of_messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
