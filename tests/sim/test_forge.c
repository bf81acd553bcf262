/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys with the tag that somebody asked for. */
#include "sim/forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hf_name zone;

static struct hf_keyfile *forge(uint8_t algorithm, enum hf_role role, int32_t tag, uint64_t seed)
{
	const struct hf_forge_order order = {
	        .owner = &zone, .role = role, .algorithm = algorithm, .tag = tag};
	struct hf_keyfile *key;
	assert_int_equal(hf_forge_key(&order, (struct hf_random){seed}, &key), HF_OK);
	return key;
}

/* What the key signs, its public half verifies, and nothing else. */
static void assert_signs(const struct hf_keyfile *key)
{
	uint8_t signature[HF_SIG_MAX];
	size_t len;
	bool good;
	struct hf_signer *signer;
	struct hf_pubkey *pubkey;
	struct hf_verifier *verifier;
	assert_int_equal(hf_signer_new(key->pair, &signer), HF_OK);
	assert_int_equal(hf_pubkey_new(hf_keyfile_dnskey(key), &pubkey), HF_OK);
	assert_int_equal(hf_verifier_new(pubkey, &verifier), HF_OK);
	assert_int_equal(hf_signer_sign(signer, "one", 3, signature, &len), HF_OK);
	assert_int_equal(hf_verifier_check(verifier, "one", 3, signature, len, &good), HF_OK);
	assert_true(good);
	assert_int_equal(hf_verifier_check(verifier, "two", 3, signature, len, &good), HF_OK);
	assert_false(good);
	hf_verifier_free(verifier);
	hf_pubkey_free(pubkey);
	hf_signer_free(signer);
}

static void any_tag_of_rsa_and_of_the_curves(void **state)
{
	static const uint8_t algorithms[] = {5, 7, 8, 10, 13, 14};
	static const uint16_t tags[] = {0, 1, 33834, 52263, 65535};
	for (size_t i = 0; i < sizeof(algorithms); i++) {
		for (size_t j = 0; j < sizeof(tags) / sizeof(tags[0]); j++) {
			enum hf_role role = j % 2 == 0 ? HF_ROLE_ZSK : HF_ROLE_KSK;
			struct hf_keyfile *key = forge(algorithms[i], role, tags[j], i + j);
			assert_int_equal(hf_dnskey_tag(hf_keyfile_dnskey(key)), tags[j]);
			assert_int_equal(key->tag, tags[j]);
			assert_int_equal(key->algorithm, algorithms[i]);
			assert_int_equal(key->role, role);
			assert_signs(key);
			hf_keyfile_free(key);
		}
	}
}

/* As at two registries: several keys, one tag. */
static void twins_are_different_keys(void **state)
{
	static const uint8_t algorithms[] = {8, 13};
	for (size_t i = 0; i < sizeof(algorithms); i++) {
		struct hf_keyfile *keys[3];
		for (unsigned j = 0; j < 3; j++) {
			keys[j] = forge(algorithms[i], HF_ROLE_ZSK, 33834, j);
			for (unsigned k = 0; k < j; k++)
				assert_false(hf_rdata_equal(
				        hf_keyfile_dnskey(keys[j]), hf_keyfile_dnskey(keys[k])));
		}
		for (unsigned j = 0; j < 3; j++)
			hf_keyfile_free(keys[j]);
	}
}

static void one_seed_gives_one_key(void **state)
{
	static const uint8_t algorithms[] = {8, 13, 14, 15, 16};
	for (size_t i = 0; i < sizeof(algorithms); i++) {
		int32_t tag = algorithms[i] < 15 ? 12345 : HF_FORGE_ANY;
		struct hf_keyfile *one = forge(algorithms[i], HF_ROLE_CSK, tag, 7);
		struct hf_keyfile *same = forge(algorithms[i], HF_ROLE_CSK, tag, 7);
		struct hf_keyfile *other = forge(algorithms[i], HF_ROLE_CSK, tag, 8);
		assert_true(hf_rdata_equal(hf_keyfile_dnskey(one), hf_keyfile_dnskey(same)));
		assert_false(hf_rdata_equal(hf_keyfile_dnskey(one), hf_keyfile_dnskey(other)));
		assert_signs(one);
		hf_keyfile_free(one);
		hf_keyfile_free(same);
		hf_keyfile_free(other);
	}
}

/* The root's first rollover: the REVOKE bit counts 128. */
static void a_revoked_key_gets_its_other_tag(void **state)
{
	struct hf_keyfile *key = forge(8, HF_ROLE_KSK, 19036, 1);
	assert_int_equal(key->revoked_tag, 19164);
	hf_keyfile_free(key);
}

static void what_no_key_has_is_refused(void **state)
{
	struct hf_forge_order order = {.owner = &zone, .algorithm = 8, .tag = HF_FORGE_ANY};
	struct hf_keyfile *key = NULL;
	const struct hf_random random = {1};
	order.tag = 65536;
	assert_int_equal(hf_forge_key(&order, random, &key), HF_ERR_INVALID);
	order.tag = -2;
	assert_int_equal(hf_forge_key(&order, random, &key), HF_ERR_INVALID);
	order.tag = HF_FORGE_ANY;
	order.bits = 512;
	assert_int_equal(hf_forge_key(&order, random, &key), HF_ERR_INVALID);
	order.bits = 1023;
	assert_int_equal(hf_forge_key(&order, random, &key), HF_ERR_INVALID);
	order.bits = 0;
	order.algorithm = 253;
	assert_int_equal(hf_forge_key(&order, random, &key), HF_ERR_UNSUPPORTED);
	assert_null(key);
}

static int begin(void **state)
{
	return hf_name_from_text("ru.", &zone) == HF_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_tag_of_rsa_and_of_the_curves),
	        cmocka_unit_test(twins_are_different_keys),
	        cmocka_unit_test(one_seed_gives_one_key),
	        cmocka_unit_test(a_revoked_key_gets_its_other_tag),
	        cmocka_unit_test(what_no_key_has_is_refused),
	};
	return cmocka_run_group_tests(tests, begin, NULL);
}
