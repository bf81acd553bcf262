/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wiped buffer and its base64, with OpenSSL's as the judge. */
#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

static void base64_like_openssl(void **state)
{
	srand(4648);
	for (unsigned round = 0; round < 1000; round++) {
		uint8_t bytes[100];
		char theirs[200];
		size_t len = round % sizeof(bytes);
		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)(rand() >> 4);
		int theirs_len = EVP_EncodeBlock((unsigned char *)theirs, bytes, (int)len);

		struct hf_secret text, back;
		assert_int_equal(hf_secret_init(&text, 200), HF_OK);
		assert_int_equal(hf_secret_init(&back, 100), HF_OK);
		hf_secret_put_base64(&text, bytes, len);
		assert_false(text.full);
		assert_int_equal(text.len, theirs_len);
		assert_memory_equal(text.data, theirs, text.len);
		assert_int_equal(
		        hf_secret_take_base64(&back, (const char *)text.data, text.len), HF_OK);
		assert_int_equal(back.len, len);
		assert_memory_equal(back.data, bytes, len);
		hf_secret_done(&back);
		hf_secret_done(&text);
	}
}

static enum hf_err take(const char *text, size_t cap)
{
	struct hf_secret secret;
	assert_int_equal(hf_secret_init(&secret, cap), HF_OK);
	enum hf_err err = hf_secret_take_base64(&secret, text, strlen(text));
	hf_secret_done(&secret);
	return err;
}

static void other_text_is_refused(void **state)
{
	static const char *const bad[] = {"A", "AB", "ABC", "A===", "AB=C", "====", "=ABC",
	        "AB==AB==", "AB==A", "AB*D", "AB-_", "AB\n=", "ABC=D", "AB\x80=", "AR==", "AAB="};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(take(bad[i], 100), HF_ERR_SYNTAX);
	assert_int_equal(take("", 100), HF_OK);
	assert_int_equal(take("AQID BAUG\t", 100), HF_OK);
	assert_int_equal(take("AQ==", 100), HF_OK);
	assert_int_equal(take("AQIDBAUG", 5), HF_ERR_LIMIT);
	assert_int_equal(take("AQIDBAUG", 6), HF_OK);
}

static void the_end_is_kept(void **state)
{
	struct hf_secret secret;
	assert_int_equal(hf_secret_init(&secret, 5), HF_OK);
	hf_secret_put_text(&secret, "four");
	assert_false(secret.full);
	hf_secret_put_text(&secret, "no");
	assert_true(secret.full);
	assert_int_equal(secret.len, 4);
	hf_secret_done(&secret);
	assert_null(secret.data);
	hf_secret_done(&secret);
	assert_int_equal(hf_secret_init(&secret, SIZE_MAX / 2), HF_ERR_NOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(base64_like_openssl),
	        cmocka_unit_test(other_text_is_refused),
	        cmocka_unit_test(the_end_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
