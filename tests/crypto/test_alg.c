/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of algorithms and digests. */
#include "crypto/alg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/digest.h"

static void names_numbers_and_aliases(void **state)
{
	static const struct {
		const char *text;
		uint8_t number;
	} cases[] = {
	        {"ECDSAP256SHA256", 13},
	        {"ecdsap256sha256", 13},
	        {"ecdsap256", 13},
	        {"ECDSAP384SHA384", 14},
	        {"rsasha256", 8},
	        {"RSASHA512", 10},
	        {"ed25519", 15},
	        {"Ed448", 16},
	        {"13", 13},
	        {"8", 8},
	        {"NSEC3RSASHA1", 7},
	        {"RSASHA1-NSEC3-SHA1", 7},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct hf_alg *alg = hf_alg_parse(cases[i].text);
		assert_non_null(alg);
		assert_int_equal(alg->number, cases[i].number);
	}
	static const char *const none[] = {"", " 13", "13 ", "+13", "0x0d", "256", "269", "99",
	        "4294967309", "rsa", "ecdsa", "-1", "13abc"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(hf_alg_parse(none[i]));
}

static void the_table_is_consistent(void **state)
{
	unsigned verifies = 0, signs = 0;
	for (unsigned number = 0; number <= UINT8_MAX; number++) {
		const struct hf_alg *alg = hf_alg_find((uint8_t)number);
		char text[32];
		const char *name = hf_alg_name((uint8_t)number, text);
		if (alg == NULL) {
			assert_ptr_equal(name, text);
			assert_memory_equal(text, "algorithm ", 10);
			continue;
		}
		assert_string_equal(name, alg->name);
		assert_ptr_equal(hf_alg_parse(alg->name), alg);
		verifies += (alg->flags & HF_ALG_VERIFIES) != 0;
		signs += (alg->flags & HF_ALG_SIGNS) != 0;
		if (alg->flags & HF_ALG_SIGNS) {
			assert_true(alg->flags & HF_ALG_VERIFIES);
			assert_false(alg->flags & HF_ALG_DEPRECATED);
		}
		if (alg->flags & HF_ALG_VERIFIES)
			assert_true(alg->min_bits <= alg->bits && alg->bits <= alg->max_bits);
	}
	assert_int_equal(verifies, 8);
	assert_int_equal(signs, 6);
}

static void digests(void **state)
{
	char text[32];
	assert_int_equal(hf_digest_len(1), 20);
	assert_int_equal(hf_digest_len(2), 32);
	assert_int_equal(hf_digest_len(4), 48);
	assert_int_equal(hf_digest_len(3), 0);
	assert_int_equal(hf_digest_len(99), 0);
	assert_string_equal(hf_digest_name(2, text), "SHA-256");
	assert_string_equal(hf_digest_name(99, text), "digest type 99");
	for (unsigned type = 0; type <= UINT8_MAX; type++)
		assert_true(hf_digest_len((uint8_t)type) <= HF_DIGEST_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_numbers_and_aliases),
	        cmocka_unit_test(the_table_is_consistent),
	        cmocka_unit_test(digests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
