/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The P-256 kernels against OpenSSL: random, damaged and crafted signatures, and edges written out
 * as values, for window widths of all kinds. Tested are the kernels that this machine can run, and
 * a model of the one for IFMA; or only the one that HOLDFAST_P256 names. With --bench it times them
 * instead.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "crypto/p256.h"
#include "crypto/p256_inverse.h"
#include "crypto/pubkey.h"
#include "p256_edges.h"
#include "p256_model.h"

#define JOBS    HF_P256_BATCH
#define KERNELS 8 /* at most */
#define SKIPPED 77

static const struct hf_p256_kernel *kernels[KERNELS];
static size_t kernel_count;

/* Without a name all of them. */
static void choose_kernels(const char *name)
{
	for (const struct hf_p256_kernel *const *k = hf_p256_kernels(); *k != NULL; k++)
		if ((*k)->usable() && (name == NULL || strcmp(name, (*k)->name) == 0))
			kernels[kernel_count++] = *k;
	if (name == NULL || strcmp(name, P256_MODEL.name) == 0)
		kernels[kernel_count++] = &P256_MODEL;
}

/* Tables of G, which all tests share. */
static struct hf_p256_table *generators[KERNELS][HF_P256_WIDTH_MAX + 1];

static EC_GROUP *group;
static const BIGNUM *order;
static BN_CTX *context;

static int setup(void **state)
{
	srand(11);
	group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	context = BN_CTX_new();
	order = EC_GROUP_get0_order(group);
	return group != NULL && context != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	for (size_t k = 0; k < kernel_count; k++)
		for (unsigned width = 0; width <= HF_P256_WIDTH_MAX; width++)
			hf_p256_table_free(generators[k][width]);
	BN_CTX_free(context);
	EC_GROUP_free(group);
	return 0;
}

/* A key whose secret is known, so that any signature can be crafted. */
struct test_key {
	BIGNUM *secret;
	EC_POINT *point;
	uint8_t bytes[64]; /* x, y */
};

static void key_init(struct test_key *key, BIGNUM *secret)
{
	uint8_t bytes[65];
	key->secret = secret;
	key->point = EC_POINT_new(group);
	assert_int_equal(EC_POINT_mul(group, key->point, secret, NULL, NULL, context), 1);
	assert_int_equal(EC_POINT_point2oct(group, key->point, POINT_CONVERSION_UNCOMPRESSED, bytes,
	                         sizeof(bytes), context),
	        sizeof(bytes));
	memcpy(key->bytes, bytes + 1, sizeof(key->bytes));
}

static void key_done(struct test_key *key)
{
	EC_POINT_free(key->point);
	BN_free(key->secret);
}

static BIGNUM *number(long value)
{
	BIGNUM *n = BN_new();
	BN_set_word(n, (BN_ULONG)labs(value));
	if (value < 0)
		BN_sub(n, order, n);
	return n;
}

static BIGNUM *random_number(void)
{
	BIGNUM *n = BN_new();
	do
		BN_rand_range(n, order);
	while (BN_is_zero(n));
	return n;
}

static void to_bytes(const BIGNUM *n, uint8_t bytes[32])
{
	assert_int_equal(BN_bn2binpad(n, bytes, 32), 32);
}

/*
 * A good signature without a nonce: choose u1 and u2, R = u1·G + u2·Q, r = R.x, s = r/u2,
 * e = u1·s. So every path through the tables can be forced.
 */
static bool craft(
        const struct test_key *key, const BIGNUM *u1, const BIGNUM *u2, struct hf_p256_job *ret_job)
{
	BIGNUM *r = BN_new(), *s = BN_new(), *e = BN_new();
	EC_POINT *sum = EC_POINT_new(group);
	assert_int_equal(EC_POINT_mul(group, sum, u1, key->point, u2, context), 1);
	bool good = !EC_POINT_is_at_infinity(group, sum);
	if (good) {
		EC_POINT_get_affine_coordinates(group, sum, r, NULL, context);
		BN_nnmod(r, r, order, context);
		BN_mod_inverse(s, u2, order, context);
		BN_mod_mul(s, s, r, order, context);
		BN_mod_mul(e, u1, s, order, context);
		to_bytes(e, ret_job->digest);
		to_bytes(r, ret_job->signature);
		to_bytes(s, ret_job->signature + 32);
	}
	EC_POINT_free(sum);
	BN_free(e);
	BN_free(s);
	BN_free(r);
	return good;
}

/* OpenSSL's verdict, on the digest as it is. */
static bool referee(const struct test_key *key, const struct hf_p256_job *job)
{
	BIGNUM *r = BN_bin2bn(job->signature, 32, NULL),
	       *s = BN_bin2bn(job->signature + 32, 32, NULL);
	BIGNUM *e = BN_bin2bn(job->digest, 32, NULL), *u1 = BN_new(), *u2 = BN_new(), *x = BN_new();
	EC_POINT *sum = EC_POINT_new(group);
	bool good = false;
	if (BN_is_zero(r) || BN_is_zero(s) || BN_cmp(r, order) >= 0 || BN_cmp(s, order) >= 0)
		goto done;
	BN_mod_inverse(s, s, order, context);
	BN_mod_mul(u1, e, s, order, context);
	BN_mod_mul(u2, r, s, order, context);
	EC_POINT_mul(group, sum, u1, key->point, u2, context);
	if (EC_POINT_is_at_infinity(group, sum))
		goto done;
	EC_POINT_get_affine_coordinates(group, sum, x, NULL, context);
	BN_nnmod(x, x, order, context);
	good = BN_cmp(x, r) == 0;
done:
	EC_POINT_free(sum);
	BN_free(x);
	BN_free(u2);
	BN_free(u1);
	BN_free(e);
	BN_free(s);
	BN_free(r);
	return good;
}

struct tables {
	const struct hf_p256_table *generator;
	struct hf_p256_table *key;
	void *work;
};

static void tables_init(struct tables *t, size_t kernel, const struct test_key *key, unsigned width)
{
	struct hf_p256_table **generator = &generators[kernel][width];
	if (*generator == NULL)
		assert_int_equal(kernels[kernel]->table_new(NULL, width, generator), HF_OK);
	t->generator = *generator;
	assert_int_equal(kernels[kernel]->table_new(key->bytes, width, &t->key), HF_OK);
	t->work = aligned_alloc(64, hf_p256_workspace_len());
	assert_non_null(t->work);
}

static void tables_done(struct tables *t)
{
	hf_p256_table_free(t->key);
	free(t->work);
}

/* Checks every verdict of one kernel; returns how many were unsure. */
static size_t compare(size_t kernel, const struct test_key *key, unsigned width,
        const struct hf_p256_job *jobs, const bool *truth, size_t count)
{
	static enum hf_p256_verdict verdicts[JOBS];
	struct tables t;
	size_t unsure = 0;
	tables_init(&t, kernel, key, width);
	for (size_t at = 0; at < count; at += JOBS) {
		size_t part = count - at < JOBS ? count - at : JOBS;
		kernels[kernel]->verify(t.generator, t.key, jobs + at, part, t.work, verdicts);
		for (size_t i = 0; i < part; i++) {
			if (verdicts[i] == HF_P256_UNSURE)
				unsure++;
			else
				assert_int_equal(verdicts[i] == HF_P256_GOOD, truth[at + i]);
		}
	}
	tables_done(&t);
	return unsure;
}

/* The same for every kernel and several widths, up to a widest; the worst of them. */
static size_t check(
        const struct test_key *key, const struct hf_p256_job *jobs, size_t count, unsigned widest)
{
	static const unsigned widths[] = {2, 5, 8, 12};
	size_t worst = 0;
	bool *truth = calloc(count, sizeof(*truth));
	for (size_t i = 0; i < count; i++)
		truth[i] = referee(key, &jobs[i]);
	for (size_t k = 0; k < kernel_count; k++) {
		for (size_t i = 0; i < 4 && widths[i] <= widest; i++) {
			size_t unsure = compare(k, key, widths[i], jobs, truth, count);
			worst = unsure > worst ? unsure : worst;
		}
	}
	free(truth);
	return worst;
}

static void random_and_damaged_signatures(void **state)
{
	struct test_key key;
	key_init(&key, random_number());
	struct hf_p256_job *jobs = calloc(JOBS, sizeof(*jobs));
	for (size_t i = 0; i < JOBS; i++) {
		BIGNUM *u1 = random_number(), *u2 = random_number();
		assert_true(craft(&key, u1, u2, &jobs[i]));
		BN_free(u1);
		BN_free(u2);
		assert_true(i > 8 || referee(&key, &jobs[i]));
		if (i % 2 == 1) { /* one bit, anywhere */
			uint8_t *bytes = (uint8_t *)&jobs[i];
			bytes[(size_t)rand() % sizeof(jobs[i])] ^= (uint8_t)(1 << rand() % 8);
		}
	}
	assert_int_equal(check(&key, jobs, JOBS, 12), 0);
	/* Any number of jobs. */
	for (size_t count = 1; count < 6; count++)
		assert_int_equal(check(&key, jobs, count, 8), 0);
	free(jobs);
	key_done(&key);
}

/* Keys that are small multiples of G, and small, equal and opposite multipliers: the sums meet. */
static void crafted_keys_and_multipliers(void **state)
{
	static const long secrets[] = {1, -1, 2, 3, 7, 256, 257, 4096, -4096};
	static const long multipliers[] = {1, -1, 2, 3, 16, 17, 255, 256, 4096};
	const size_t many = sizeof(multipliers) / sizeof(multipliers[0]);
	struct hf_p256_job *jobs = calloc(2 * many * many, sizeof(*jobs));
	for (size_t k = 0; k < sizeof(secrets) / sizeof(secrets[0]); k++) {
		struct test_key key;
		size_t count = 0;
		key_init(&key, number(secrets[k]));
		for (size_t i = 0; i < many; i++) {
			for (size_t j = 0; j < many; j++) {
				BIGNUM *u1 = number(multipliers[i]), *u2 = number(multipliers[j]);
				count += craft(&key, u1, u2, &jobs[count]);
				BN_free(u1);
				BN_free(u2);
			}
		}
		/* And each damaged. */
		memcpy(&jobs[count], jobs, count * sizeof(*jobs));
		for (size_t i = 0; i < count; i++)
			jobs[count + i].digest[31] ^= 1;
		check(&key, jobs, 2 * count, 8);
		key_done(&key);
	}
	free(jobs);
}

/* Numbers at the edges of their ranges, in every place. */
static void numbers_at_the_edges(void **state)
{
	static const char *const values[] = {"0", "1", "2",
	        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550", /* n − 1 */
	        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", /* n */
	        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632552",
	        "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF", /* p */
	        "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFE",
	        "000000000000000000000000000000004319055358E8617B0C46353D039CDAAD", /* p − n − 1 */
	        "000000000000000000000000000000004319055358E8617B0C46353D039CDAAE", /* p − n */
	        "7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8", /* n/2 */
	        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"};
	const size_t many = sizeof(values) / sizeof(values[0]);
	struct hf_p256_job *jobs = calloc(many * many * many, sizeof(*jobs));
	struct test_key key;
	size_t count = 0;
	key_init(&key, random_number());
	for (size_t i = 0; i < many * many * many; i++) {
		BIGNUM *n = NULL;
		BN_hex2bn(&n, values[i % many]);
		to_bytes(n, jobs[i].signature);
		BN_hex2bn(&n, values[i / many % many]);
		to_bytes(n, jobs[i].signature + 32);
		BN_hex2bn(&n, values[i / many / many]);
		to_bytes(n, jobs[i].digest);
		BN_free(n);
		count++;
	}
	check(&key, jobs, count, 8);
	key_done(&key);
	free(jobs);
}

/*
 * The rare case: R.x is at least n, so r = R.x − n. Such a point's x is found by trying; the key
 * follows from it: Q = (R − u1·G)/u2.
 */
static void x_coordinates_above_the_order(void **state)
{
	BIGNUM *x = BN_dup(order), *u1 = random_number(), *u2 = random_number();
	BIGNUM *r = BN_new(), *inverse = BN_new(), *s = BN_new(), *e = BN_new(), *minus = BN_new();
	EC_POINT *point = EC_POINT_new(group);
	struct test_key key = {.point = EC_POINT_new(group)};
	struct hf_p256_job job;
	uint8_t bytes[65];
	while (EC_POINT_set_compressed_coordinates(group, point, x, 0, context) != 1)
		BN_add_word(x, 1);
	BN_sub(r, x, order);
	BN_mod_inverse(inverse, u2, order, context);
	BN_sub(minus, order, u1);
	/* Q = R/u2 − (u1/u2)·G */
	BN_mod_mul(minus, minus, inverse, order, context);
	EC_POINT_mul(group, key.point, minus, point, inverse, context);
	EC_POINT_point2oct(
	        group, key.point, POINT_CONVERSION_UNCOMPRESSED, bytes, sizeof(bytes), context);
	memcpy(key.bytes, bytes + 1, 64);
	BN_mod_mul(s, r, inverse, order, context);
	BN_mod_mul(e, u1, s, order, context);
	if (!BN_is_zero(r)) {
		to_bytes(e, job.digest);
		to_bytes(r, job.signature);
		to_bytes(s, job.signature + 32);
		assert_true(referee(&key, &job));
		assert_int_equal(check(&key, &job, 1, 8), 0);
	}
	EC_POINT_free(point);
	key_done(&key);
	BN_free(minus);
	BN_free(e);
	BN_free(s);
	BN_free(inverse);
	BN_free(r);
	BN_free(u2);
	BN_free(u1);
	BN_free(x);
}

static void from_hex(const char *hex, uint8_t bytes[32])
{
	BIGNUM *n = NULL;
	assert_int_equal(BN_hex2bn(&n, hex), 64);
	to_bytes(n, bytes);
	BN_free(n);
}

/* The verdict of OpenSSL's own ECDSA. */
static bool openssl_verdict(const uint8_t key[64], const struct hf_p256_job *job)
{
	uint8_t dnskey[68] = {1, 0, 3, HF_ALG_ECDSAP256};
	struct hf_pubkey *pubkey;
	struct hf_verifier *verifier;
	bool good;
	memcpy(dnskey + 4, key, 64);
	assert_int_equal(hf_pubkey_new((struct hf_rdata){dnskey, sizeof(dnskey)}, &pubkey), HF_OK);
	assert_int_equal(hf_verifier_new(pubkey, &verifier), HF_OK);
	assert_int_equal(hf_verifier_check_digest(verifier, job->digest, sizeof(job->digest),
	                         job->signature, sizeof(job->signature), &good),
	        HF_OK);
	hf_verifier_free(verifier);
	hf_pubkey_free(pubkey);
	return good;
}

/* The signatures of one key, all with their verdicts; returns how many kernels were unsure of. */
static size_t check_edges_of(unsigned index)
{
	static const unsigned widths[] = {2, 5, 8};
	struct test_key key;
	struct hf_p256_job jobs[P256_EDGE_COUNT];
	bool truth[P256_EDGE_COUNT];
	size_t count = 0, unsure = 0;
	from_hex(P256_EDGE_KEYS[index].x, key.bytes);
	from_hex(P256_EDGE_KEYS[index].y, key.bytes + 32);
	for (size_t i = 0; i < P256_EDGE_COUNT; i++) {
		const struct p256_edge *edge = &P256_EDGES[i];
		if (edge->key != index)
			continue;
		from_hex(edge->digest, jobs[count].digest);
		from_hex(edge->r, jobs[count].signature);
		from_hex(edge->s, jobs[count].signature + 32);
		truth[count] = edge->good;
		if (openssl_verdict(key.bytes, &jobs[count]) != edge->good)
			fail_msg("OpenSSL judges otherwise: %s", edge->what);
		count++;
	}
	for (size_t k = 0; k < kernel_count; k++)
		for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++)
			unsure += compare(k, &key, widths[w], jobs, truth, count);
	return unsure;
}

static void edges_as_values(void **state)
{
	size_t unsure = 0;
	for (unsigned i = 0; i < P256_EDGE_KEY_COUNT; i++)
		unsure += check_edges_of(i);
	/* Only sums that meet may be left to OpenSSL. */
	assert_in_range(unsure, 1, kernel_count * 3 * P256_EDGE_COUNT / 4);
}

static void check_inverse(const struct hf_p256_modulus *modulus, const BIGNUM *m, BIGNUM *value)
{
	uint64_t limbs[4], inverse[4];
	uint8_t bytes[32];
	assert_int_equal(BN_bn2lebinpad(value, bytes, sizeof(bytes)), sizeof(bytes));
	memcpy(limbs, bytes, sizeof(limbs));
	hf_p256_inverse(modulus, limbs, inverse);
	if (!BN_is_zero(value))
		assert_non_null(BN_mod_inverse(value, value, m, context));
	assert_int_equal(BN_bn2lebinpad(value, bytes, sizeof(bytes)), sizeof(bytes));
	assert_memory_equal(inverse, bytes, sizeof(bytes));
	BN_free(value);
}

/* Random numbers, small ones, and those around powers of two and just below the modulus. */
static void inverses(void **state)
{
	BIGNUM *p = BN_new();
	EC_GROUP_get_curve(group, p, NULL, NULL, context);
	for (unsigned prime = 0; prime < 2; prime++) {
		const BIGNUM *m = prime == 0 ? p : order;
		const struct hf_p256_modulus *modulus =
		        prime == 0 ? &HF_P256_MOD_P : &HF_P256_MOD_N;
		for (unsigned i = 0; i < 3000; i++) {
			BIGNUM *value = BN_new();
			if (i < 200) {
				BN_set_word(value, i);
			} else if (i < 400) {
				BN_copy(value, m);
				BN_sub_word(value, i - 199);
			} else if (i < 655) {
				BN_set_bit(value, (int)i - 400);
			} else if (i < 910) {
				BN_set_bit(value, (int)i - 655);
				BN_sub_word(value, 1);
			} else {
				BN_rand_range(value, m);
			}
			check_inverse(modulus, m, value);
		}
	}
	BN_free(p);
}

static void widths_out_of_range(void **state)
{
	struct hf_p256_table *table;
	const struct hf_p256_kernel *kernel = hf_p256_kernel();
	assert_int_equal(kernel->table_new(NULL, 1, &table), HF_ERR_INVALID);
	assert_int_equal(kernel->table_new(NULL, 17, &table), HF_ERR_INVALID);
	hf_p256_table_free(NULL);
}

static void a_kernel_is_chosen(void **state)
{
	const struct hf_p256_kernel *const *all = hf_p256_kernels(), *best = NULL;
	const char *given = getenv("HOLDFAST_P256");
	char *before = given != NULL ? strdup(given) : NULL;
	for (size_t i = 0; all[i] != NULL; i++) {
		if (!all[i]->usable())
			continue;
		best = best != NULL ? best : all[i];
		setenv("HOLDFAST_P256", all[i]->name, 1);
		assert_ptr_equal(hf_p256_kernel(), all[i]);
	}
	setenv("HOLDFAST_P256", "abacus", 1);
	assert_ptr_equal(hf_p256_kernel(), best);
	unsetenv("HOLDFAST_P256");
	assert_ptr_equal(hf_p256_kernel(), best);
	if (before != NULL)
		setenv("HOLDFAST_P256", before, 1);
	free(before);
}

/* ---- Timing ---- */

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void time_kernel(size_t index, const struct test_key *key, const struct hf_p256_job *jobs)
{
	const struct hf_p256_kernel *kernel = kernels[index];
	static enum hf_p256_verdict verdicts[JOBS];
	static const unsigned widths[] = {5, 8, 10, 12, 13, 16};
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct tables t;
		double start = now();
		tables_init(&t, index, key, widths[i]);
		double built = (now() - start) / 2;
		/* The best batch is the one that the machine's other users left alone. */
		size_t rounds = 0;
		double best = 1, batch;
		start = now();
		do {
			batch = now();
			kernel->verify(t.generator, t.key, jobs, JOBS, t.work, verdicts);
			batch = now() - batch;
			best = batch < best ? batch : best;
			rounds++;
		} while (now() - start < 1.0);
		double rate = (double)(rounds * JOBS) / (now() - start);
		printf("%-10s width %2u  table %7.1f ms  %8.0f verifications/s, at best %8.0f\n",
		        kernel->name, widths[i], built * 1e3, rate, JOBS / best);
		tables_done(&t);
	}
}

static int bench(void)
{
	struct hf_p256_job *jobs = calloc(JOBS, sizeof(*jobs));
	struct test_key key;
	setup(NULL);
	key_init(&key, random_number());
	for (size_t i = 0; i < JOBS; i++) {
		BIGNUM *u1 = random_number(), *u2 = random_number();
		craft(&key, u1, u2, &jobs[i]);
		BN_free(u1);
		BN_free(u2);
	}
	setlinebuf(stdout);
	for (size_t k = 0; k < kernel_count; k++)
		if (kernels[k] != &P256_MODEL || kernel_count == 1)
			time_kernel(k, &key, jobs);
	free(jobs);
	key_done(&key);
	teardown(NULL);
	return 0;
}

int main(int argc, char **argv)
{
	choose_kernels(getenv("HOLDFAST_P256"));
	if (kernel_count == 0)
		return SKIPPED;
	if (argc > 1 && strcmp(argv[1], "--bench") == 0)
		return bench();
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(random_and_damaged_signatures),
	        cmocka_unit_test(crafted_keys_and_multipliers),
	        cmocka_unit_test(numbers_at_the_edges),
	        cmocka_unit_test(x_coordinates_above_the_order),
	        cmocka_unit_test(edges_as_values),
	        cmocka_unit_test(inverses),
	        cmocka_unit_test(widths_out_of_range),
	        cmocka_unit_test(a_kernel_is_chosen),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
