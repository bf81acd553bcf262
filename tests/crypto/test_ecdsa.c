/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two forms of ECDSA signatures, with OpenSSL's own reader and writer of DER as the judge. */
#include "crypto/ecdsa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>

/* Numbers of every length, with and without a top bit, zero included. */
static void fill(uint8_t *part, size_t part_len)
{
	size_t zeros = (size_t)rand() % (part_len + 1);
	memset(part, 0, part_len);
	for (size_t i = zeros; i < part_len; i++)
		part[i] = (uint8_t)(rand() >> 3);
	if (zeros < part_len && rand() % 2 == 0)
		part[zeros] |= 0x80;
}

static void both_ways_like_openssl(void **state)
{
	srand(6605);
	for (unsigned round = 0; round < 2000; round++) {
		size_t part_len = round % 2 == 0 ? 32 : 48;
		uint8_t raw[2 * HF_ECDSA_PART_MAX], again[2 * HF_ECDSA_PART_MAX];
		uint8_t der[HF_ECDSA_DER_MAX];
		fill(raw, part_len);
		fill(raw + part_len, part_len);
		size_t len = hf_ecdsa_to_der(raw, part_len, der);

		ECDSA_SIG *sig = ECDSA_SIG_new();
		assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(raw, (int)part_len, NULL),
		                         BN_bin2bn(raw + part_len, (int)part_len, NULL)),
		        1);
		unsigned char *theirs = NULL;
		int theirs_len = i2d_ECDSA_SIG(sig, &theirs);
		assert_int_equal(len, theirs_len);
		assert_memory_equal(der, theirs, len);
		OPENSSL_free(theirs);
		ECDSA_SIG_free(sig);

		assert_true(hf_ecdsa_from_der(der, len, part_len, again));
		assert_memory_equal(raw, again, 2 * part_len);
		assert_false(hf_ecdsa_from_der(der, len - 1, part_len, again));
	}
}

static void other_der_is_refused(void **state)
{
	static const struct {
		size_t len;
		uint8_t der[12];
	} cases[] = {
	        {0, {0}}, {1, {0x30}}, {8, {0x31, 6, 2, 1, 5, 2, 1, 6}}, /* not a sequence */
	        {8, {0x30, 5, 2, 1, 5, 2, 1, 6}},                        /* length too small */
	        {8, {0x30, 7, 2, 1, 5, 2, 1, 6}},                        /* length too large */
	        {8, {0x30, 6, 3, 1, 5, 2, 1, 6}},                        /* not a number */
	        {8, {0x30, 6, 2, 1, 0x85, 2, 1, 6}},                     /* negative */
	        {7, {0x30, 5, 2, 0, 2, 1, 6}},              /* a number without bytes */
	        {8, {0x30, 6, 2, 9, 5, 2, 1, 6}},           /* past the end */
	        {5, {0x30, 3, 2, 1, 5}},                    /* one number only */
	        {11, {0x30, 9, 2, 1, 5, 2, 1, 6, 2, 1, 7}}, /* three */
	};
	uint8_t raw[2 * HF_ECDSA_PART_MAX];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_false(hf_ecdsa_from_der(cases[i].der, cases[i].len, 32, raw));
	static const uint8_t good[] = {0x30, 6, 2, 1, 5, 2, 1, 6};
	assert_true(hf_ecdsa_from_der(good, sizeof(good), 32, raw));
	assert_int_equal(raw[31], 5);
	assert_int_equal(raw[63], 6);
	/* 33 bytes do not fit into P-256's 32, unless the first is the sign's zero. */
	uint8_t wide[2 * HF_ECDSA_PART_MAX], der[HF_ECDSA_DER_MAX];
	memset(wide, 1, sizeof(wide));
	size_t len = hf_ecdsa_to_der(wide, 33, der);
	assert_false(hf_ecdsa_from_der(der, len, 32, raw));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(both_ways_like_openssl),
	        cmocka_unit_test(other_der_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
