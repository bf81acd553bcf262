/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What OpenSSL itself can do here with ECDSA P-256, on every core at once: the yardstick for
 * signing and verifying zones. Each thread has its own copy of one key and one re-used context,
 * and works on digests that are there already. Prints "sign RATE" and "verify RATE" in operations
 * a second: raw_rates SECONDS
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

enum { DIGEST_LEN = 32, SIGNATURE_MAX = 80, THREADS_MAX = 256 };

struct load {
	EVP_PKEY *key;
	double seconds;
	bool verifies;
	uint64_t done;
	bool failed;
};

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool sign_once(EVP_PKEY_CTX *ctx, const uint8_t *digest, uint8_t *signature, size_t *len)
{
	*len = SIGNATURE_MAX;
	return EVP_PKEY_sign(ctx, signature, len, digest, DIGEST_LEN) == 1;
}

/* Works until the time is over; false when OpenSSL refuses or finds a good signature bad. */
static bool work(struct load *load, EVP_PKEY_CTX *signer, EVP_PKEY_CTX *verifier)
{
	uint8_t digest[DIGEST_LEN] = {1}, signature[SIGNATURE_MAX];
	size_t len;
	if (EVP_PKEY_sign_init(signer) != 1 || EVP_PKEY_verify_init(verifier) != 1 ||
	        !sign_once(signer, digest, signature, &len))
		return false;
	for (double end = now() + load->seconds; now() < end; load->done++) {
		if (load->verifies) {
			if (EVP_PKEY_verify(verifier, signature, len, digest, DIGEST_LEN) != 1)
				return false;
			continue;
		}
		memcpy(digest, &load->done, sizeof(load->done));
		if (!sign_once(signer, digest, signature, &len))
			return false;
	}
	return true;
}

static void *run(void *argument)
{
	struct load *load = argument;
	EVP_PKEY *key = EVP_PKEY_dup(load->key);
	EVP_PKEY_CTX *signer = key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	EVP_PKEY_CTX *verifier = key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	load->failed = signer == NULL || verifier == NULL || !work(load, signer, verifier);
	EVP_PKEY_CTX_free(verifier);
	EVP_PKEY_CTX_free(signer);
	EVP_PKEY_free(key);
	return NULL;
}

/* Operations a second of all threads together; negative when one failed. */
static double rate(EVP_PKEY *key, bool verifies, double seconds, unsigned threads)
{
	pthread_t ids[THREADS_MAX];
	struct load loads[THREADS_MAX];
	unsigned started = 0;
	for (; started < threads; started++) {
		loads[started] =
		        (struct load){.key = key, .seconds = seconds, .verifies = verifies};
		if (pthread_create(&ids[started], NULL, run, &loads[started]) != 0)
			break;
	}
	bool failed = started < threads;
	uint64_t done = 0;
	for (unsigned i = 0; i < started; i++) {
		pthread_join(ids[i], NULL);
		done += loads[i].done;
		failed |= loads[i].failed;
	}
	return failed ? -1 : (double)done / seconds;
}

int main(int argc, char **argv)
{
	double seconds = argc == 2 ? strtod(argv[1], NULL) : 0;
	if (!(seconds > 0 && seconds <= 60)) {
		fprintf(stderr, "usage: %s SECONDS (at most 60)\n", argv[0]);
		return 2;
	}
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (unsigned)cores;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	double sign = key != NULL ? rate(key, false, seconds, threads) : -1;
	double verify = key != NULL ? rate(key, true, seconds, threads) : -1;
	EVP_PKEY_free(key);
	if (sign < 0 || verify < 0) {
		fprintf(stderr, "%s: OpenSSL failed, or no threads were to be had\n", argv[0]);
		return 1;
	}
	printf("sign %.0f\nverify %.0f\n", sign, verify);
	return 0;
}
