/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HMAC: the values of RFC 4231 and RFC 2202, in one piece and in many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hmac.h"

static const char TEXT[] = "what do ya want for nothing?"; /* key "Jefe": test case 2 of both */

static const struct {
	enum hf_hmac_hash hash;
	const char *hex;
} cases[] = {
        {HF_HMAC_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {HF_HMAC_SHA224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"},
        {HF_HMAC_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {HF_HMAC_SHA384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
                         "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"},
        {HF_HMAC_SHA512, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
};

static void known_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_secret key;
		struct hf_hmac *hmac;
		assert_int_equal(hf_secret_init(&key, 16), HF_OK);
		hf_secret_put_text(&key, "Jefe");
		assert_int_equal(hf_hmac_new(cases[i].hash, &key, &hmac), HF_OK);
		hf_secret_done(&key);
		for (size_t piece = 1; piece < sizeof(TEXT); piece++) {
			uint8_t mac[HF_HMAC_MAX];
			char hex[2 * HF_HMAC_MAX + 1] = "";
			hf_hmac_begin(hmac);
			hf_hmac_add(hmac, "of another message", 18);
			hf_hmac_begin(hmac); /* forgets it */
			for (size_t at = 0; at < strlen(TEXT); at += piece)
				hf_hmac_add(hmac, TEXT + at, strnlen(TEXT + at, piece));
			assert_int_equal(hf_hmac_end(hmac, mac), HF_OK);
			for (size_t at = 0; at < hf_hmac_len(cases[i].hash); at++)
				snprintf(hex + 2 * at, 3, "%02x", mac[at]);
			assert_string_equal(hex, cases[i].hex);
		}
		hf_hmac_free(hmac);
	}
}

static void comparing(void **state)
{
	(void)state;
	const uint8_t a[4] = {1, 2, 3, 4}, b[4] = {1, 2, 3, 5};
	assert_true(hf_hmac_equal(a, b, 3));
	assert_false(hf_hmac_equal(a, b, 4));
	assert_true(hf_hmac_equal(a, b, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(known_values),
	        cmocka_unit_test(comparing),
	};
	return cmocka_run_group_tests_name("hmac", tests, NULL, NULL);
}
