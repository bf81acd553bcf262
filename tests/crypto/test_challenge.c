/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A signing unit proves that it holds a key: also against another key with the very same tag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/challenge.h"

static bool challenge(const struct hf_keypair *pair, struct hf_rdata dnskey)
{
	struct hf_signer *signer;
	bool good;
	assert_int_equal(hf_signer_new(pair, &signer), HF_OK);
	assert_int_equal(hf_challenge(signer, dnskey, &good), HF_OK);
	hf_signer_free(signer);
	return good;
}

static void the_right_unit_passes(void **state)
{
	const uint8_t algorithms[] = {8, 13, 14, 15, 16};
	for (size_t i = 0; i < sizeof(algorithms); i++) {
		struct hf_keypair *one, *other;
		assert_int_equal(hf_keypair_generate(algorithms[i], 0, 256, &one), HF_OK);
		assert_int_equal(hf_keypair_generate(algorithms[i], 0, 256, &other), HF_OK);
		assert_true(challenge(one, hf_keypair_dnskey(one)));
		assert_false(challenge(one, hf_keypair_dnskey(other)));
		hf_keypair_free(other);
		hf_keypair_free(one);
	}
}

/* What happened to .de: one tag, another key. */
static void a_tag_is_no_identity(void **state)
{
	struct hf_keypair *pair;
	assert_int_equal(hf_keypair_generate(15, 0, 256, &pair), HF_OK);
	struct hf_rdata real = hf_keypair_dnskey(pair);
	uint8_t twin[64];
	assert_true(real.len <= sizeof(twin));
	memcpy(twin, real.data, real.len);
	/* Moving a 16-bit word of the key leaves the sum that the tag is. */
	size_t a = 4, b = 6;
	while (memcmp(twin + a, twin + b, 2) == 0)
		b += 2;
	memcpy(twin + a, real.data + b, 2);
	memcpy(twin + b, real.data + a, 2);
	struct hf_rdata other = {.data = twin, .len = real.len};
	assert_int_equal(hf_dnskey_tag(other), hf_dnskey_tag(real));
	assert_false(challenge(pair, other));
	hf_keypair_free(pair);
}

static void what_is_no_key_fails(void **state)
{
	struct hf_keypair *pair;
	struct hf_signer *signer;
	bool good = true;
	assert_int_equal(hf_keypair_generate(13, 0, 256, &pair), HF_OK);
	const uint8_t broken[] = {1, 0, 3, 13, 1, 2, 3};
	assert_false(challenge(pair, (struct hf_rdata){.data = broken, .len = sizeof(broken)}));
	const uint8_t unknown[] = {1, 0, 3, 250, 1, 2, 3};
	assert_int_equal(hf_signer_new(pair, &signer), HF_OK);
	assert_int_equal(hf_challenge(signer,
	                         (struct hf_rdata){.data = unknown, .len = sizeof(unknown)}, &good),
	        HF_ERR_UNSUPPORTED);
	assert_true(good); /* untouched */
	hf_signer_free(signer);
	hf_keypair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_right_unit_passes),
	        cmocka_unit_test(a_tag_is_no_identity),
	        cmocka_unit_test(what_is_no_key_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
