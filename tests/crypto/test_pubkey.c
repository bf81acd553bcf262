/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Public keys and verifying: the RFCs' examples, every damage to them, and keys that are none. */
#include "crypto/pubkey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vectors.h"

static struct hf_pubkey *key_of(const struct vector *vector)
{
	struct hf_buf dnskey = {0};
	vector_dnskey(vector, &dnskey);
	assert_int_equal(hf_dnskey_tag(rdata_of(&dnskey)), vector->tag);
	struct hf_pubkey *key = NULL;
	assert_int_equal(hf_pubkey_new(rdata_of(&dnskey), &key), HF_OK);
	hf_buf_done(&dnskey);
	return key;
}

/* An example of an RFC, ready to be spoilt. */
struct example {
	struct hf_pubkey *key;
	struct hf_verifier *verifier;
	struct hf_buf message, signature;
};

static struct example example_of(const struct vector *vector)
{
	struct example example = {.key = key_of(vector)};
	assert_int_equal(hf_verifier_new(example.key, &example.verifier), HF_OK);
	vector_message(vector, &example.message);
	from_base64(vector->signature, &example.signature);
	return example;
}

static void example_done(struct example *example)
{
	hf_buf_done(&example->signature);
	hf_buf_done(&example->message);
	hf_verifier_free(example->verifier);
	hf_pubkey_free(example->key);
}

/* Whether its first `len` bytes are a good signature. */
static bool verdict(const struct example *example, size_t len)
{
	bool good;
	assert_int_equal(hf_verifier_check(example->verifier, example->message.data,
	                         example->message.len, example->signature.data, len, &good),
	        HF_OK);
	return good;
}

/* Every single byte, spoilt and mended again, makes the signature bad. */
static void spoil_each(struct example *example, struct hf_buf *part)
{
	for (size_t at = 0; at < part->len; at++) {
		part->data[at] ^= (uint8_t)(1 << at % 8);
		assert_false(verdict(example, example->signature.len));
		part->data[at] ^= (uint8_t)(1 << at % 8);
	}
}

static void examples_are_good(void **state)
{
	for (size_t i = 0; i < vector_count; i++) {
		const struct vector *vector = &vectors[i];
		struct example example = example_of(vector);
		assert_int_equal(hf_pubkey_bits(example.key), vector->bits);
		assert_int_equal(hf_pubkey_algorithm(example.key), vector->algorithm);
		/* Twice: the context is used again. */
		assert_true(verdict(&example, example.signature.len));
		assert_true(verdict(&example, example.signature.len));
		example_done(&example);
	}
}

/* Every byte of message and signature matters, and a bad one does not spoil the next verdict. */
static void damage_is_seen(void **state)
{
	for (size_t i = 0; i < vector_count; i++) {
		struct example example = example_of(&vectors[i]);
		spoil_each(&example, &example.signature);
		spoil_each(&example, &example.message);
		assert_true(verdict(&example, example.signature.len));
		example_done(&example);
	}
}

static void wrong_signature_forms_are_bad_not_errors(void **state)
{
	for (size_t i = 0; i < vector_count; i++) {
		struct example example = example_of(&vectors[i]);
		size_t len = example.signature.len;
		assert_false(verdict(&example, 0));
		assert_false(verdict(&example, len - 1));
		hf_put_u8(&example.signature, 0);
		assert_false(verdict(&example, len + 1));
		memset(example.signature.data, 0x00, len);
		assert_false(verdict(&example, len));
		memset(example.signature.data, 0xff, len);
		assert_false(verdict(&example, len));
		example_done(&example);
	}
}

static enum hf_err try_key(uint8_t algorithm, const void *bytes, size_t len)
{
	struct hf_buf dnskey = {0};
	hf_put_u16(&dnskey, 256);
	hf_put_u8(&dnskey, HF_DNSKEY_PROTOCOL);
	hf_put_u8(&dnskey, algorithm);
	hf_put_bytes(&dnskey, bytes, len);
	struct hf_pubkey *key = NULL;
	enum hf_err err = hf_pubkey_new(rdata_of(&dnskey), &key);
	assert_true((err == HF_OK) == (key != NULL));
	hf_pubkey_free(key);
	hf_buf_done(&dnskey);
	return err;
}

static void keys_of_wrong_length_are_refused(void **state)
{
	uint8_t bytes[600];
	memset(bytes, 0x01, sizeof(bytes));
	for (uint8_t algorithm = 13; algorithm <= 16; algorithm++) {
		size_t right = hf_alg_find(algorithm)->key_len;
		assert_int_equal(try_key(algorithm, bytes, 0), HF_ERR_INVALID);
		assert_int_equal(try_key(algorithm, bytes, right - 1), HF_ERR_INVALID);
		assert_int_equal(try_key(algorithm, bytes, right + 1), HF_ERR_INVALID);
	}
	struct hf_rdata cut = {bytes, 3};
	struct hf_pubkey *key = NULL;
	assert_int_equal(hf_pubkey_new(cut, &key), HF_ERR_INVALID);
	assert_null(key);
}

static void points_off_the_curve_are_refused(void **state)
{
	for (size_t i = 0; i < vector_count; i++) {
		if (vectors[i].algorithm != 13 && vectors[i].algorithm != 14)
			continue;
		struct hf_buf point = {0};
		from_base64(vectors[i].key, &point);
		assert_int_equal(try_key(vectors[i].algorithm, point.data, point.len), HF_OK);
		point.data[point.len - 1] ^= 1;
		assert_int_equal(
		        try_key(vectors[i].algorithm, point.data, point.len), HF_ERR_INVALID);
		memset(point.data, 0, point.len);
		assert_int_equal(
		        try_key(vectors[i].algorithm, point.data, point.len), HF_ERR_INVALID);
		hf_buf_done(&point);
	}
}

/* An RSA key field with a modulus of `bits` bits, all ones, and this exponent. */
static enum hf_err try_rsa(
        uint8_t algorithm, const void *exponent, size_t exponent_len, bool long_form, unsigned bits)
{
	struct hf_buf field = {0};
	if (long_form) {
		hf_put_u8(&field, 0);
		hf_put_u16(&field, (uint16_t)exponent_len);
	} else {
		hf_put_u8(&field, (uint8_t)exponent_len);
	}
	hf_put_bytes(&field, exponent, exponent_len);
	for (unsigned left = bits; left > 0; left -= left % 8 != 0 ? left % 8 : 8)
		hf_put_u8(&field, left % 8 != 0 ? (uint8_t)(0xff >> (8 - left % 8)) : 0xff);
	enum hf_err err = try_key(algorithm, field.data, field.len);
	hf_buf_done(&field);
	return err;
}

static void rsa_sizes_have_bounds(void **state)
{
	static const uint8_t f4[] = {1, 0, 1};
	assert_int_equal(try_rsa(8, f4, 3, false, 512), HF_OK);
	assert_int_equal(try_rsa(8, f4, 3, false, 511), HF_ERR_INVALID);
	assert_int_equal(try_rsa(10, f4, 3, false, 1024), HF_OK);
	assert_int_equal(try_rsa(10, f4, 3, false, 1023), HF_ERR_INVALID);
	assert_int_equal(try_rsa(8, f4, 3, false, 4096), HF_OK);
	assert_int_equal(try_rsa(8, f4, 3, false, 4097), HF_ERR_INVALID);
	assert_int_equal(try_rsa(5, f4, 3, false, 1024), HF_OK);
	assert_int_equal(try_rsa(7, f4, 3, false, 1024), HF_OK);
	assert_int_equal(try_rsa(8, f4, 3, false, 0), HF_ERR_INVALID);
}

static void rsa_exponents_have_two_forms(void **state)
{
	static const uint8_t f4[] = {1, 0, 1}, f5[] = {1, 0, 0, 0, 1}, zero[] = {0}, one[] = {1};
	static const uint8_t even[] = {2}, padded[300] = {[299] = 3};
	static const uint8_t wide[] = {1, 0, 0, 0, 0, 0, 0, 0, 1};
	assert_int_equal(try_rsa(8, f4, 3, true, 1024), HF_OK);
	assert_int_equal(try_rsa(8, f5, 5, false, 1024), HF_OK);
	assert_int_equal(try_rsa(8, padded, sizeof(padded), true, 1024), HF_OK);
	assert_int_equal(try_rsa(8, zero, 1, false, 1024), HF_ERR_INVALID);
	assert_int_equal(try_rsa(8, one, 1, false, 1024), HF_ERR_INVALID);
	assert_int_equal(try_rsa(8, even, 1, false, 1024), HF_ERR_INVALID);
	assert_int_equal(try_rsa(8, wide, sizeof(wide), false, 1024), HF_ERR_INVALID);
	assert_int_equal(try_rsa(8, f4, 0, true, 1024), HF_ERR_INVALID);

	static const uint8_t no_length[] = {0, 1}, past_end[] = {200, 1, 0, 1};
	assert_int_equal(try_key(8, no_length, sizeof(no_length)), HF_ERR_INVALID);
	assert_int_equal(try_key(8, past_end, sizeof(past_end)), HF_ERR_INVALID);
	assert_int_equal(try_key(8, NULL, 0), HF_ERR_INVALID);
}

/* Whatever the bytes: a key or an error, and no crash (sanitizers watch). */
static void random_fields_do_no_harm(void **state)
{
	static const uint8_t algorithms[] = {5, 7, 8, 10, 13, 14, 15, 16};
	srand(20260101);
	for (unsigned round = 0; round < 4000; round++) {
		uint8_t bytes[140];
		size_t len = (size_t)rand() % sizeof(bytes);
		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)(rand() >> 5);
		enum hf_err err = try_key(algorithms[round % sizeof(algorithms)], bytes, len);
		assert_true(err == HF_OK || err == HF_ERR_INVALID);
	}
}

static void other_algorithms_are_said(void **state)
{
	static const uint8_t others[] = {0, 1, 2, 3, 4, 6, 9, 11, 12, 17, 23, 252, 253, 254, 255};
	uint8_t bytes[64] = {1};
	for (size_t i = 0; i < sizeof(others); i++)
		assert_int_equal(try_key(others[i], bytes, sizeof(bytes)), HF_ERR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(examples_are_good),
	        cmocka_unit_test(damage_is_seen),
	        cmocka_unit_test(wrong_signature_forms_are_bad_not_errors),
	        cmocka_unit_test(keys_of_wrong_length_are_refused),
	        cmocka_unit_test(points_off_the_curve_are_refused),
	        cmocka_unit_test(rsa_sizes_have_bounds),
	        cmocka_unit_test(rsa_exponents_have_two_forms),
	        cmocka_unit_test(random_fields_do_no_harm),
	        cmocka_unit_test(other_algorithms_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
