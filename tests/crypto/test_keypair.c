/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key pairs: generating, signing, private key fields there and back, halves that do not match. */
#include "crypto/keypair.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "crypto/keytext.h"
#include "vectors.h"

/* Two keys of each algorithm, made once: large RSA keys take their time. */
static const uint8_t signing[] = {8, 10, 13, 14, 15, 16};
#define ALGORITHMS sizeof(signing)
static struct hf_keypair *ones[ALGORITHMS], *others[ALGORITHMS];

static int make_keys(void **state)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		assert_int_equal(hf_keypair_generate(signing[i], 0, 257, &ones[i]), HF_OK);
		assert_int_equal(hf_keypair_generate(signing[i], 0, 257, &others[i]), HF_OK);
	}
	return 0;
}

static int free_keys(void **state)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		hf_keypair_free(ones[i]);
		hf_keypair_free(others[i]);
	}
	return 0;
}

static bool check(const struct hf_keypair *pair, const void *message, size_t len,
        const uint8_t *signature, size_t signature_len)
{
	struct hf_pubkey *key;
	struct hf_verifier *verifier;
	bool good;
	assert_int_equal(hf_pubkey_new(hf_keypair_dnskey(pair), &key), HF_OK);
	assert_int_equal(hf_verifier_new(key, &verifier), HF_OK);
	assert_int_equal(
	        hf_verifier_check(verifier, message, len, signature, signature_len, &good), HF_OK);
	hf_verifier_free(verifier);
	hf_pubkey_free(key);
	return good;
}

static void sign_and_check(const struct hf_keypair *pair)
{
	uint8_t message[300], signature[HF_SIG_MAX];
	struct hf_signer *signer;
	assert_int_equal(hf_signer_new(pair, &signer), HF_OK);
	for (size_t len = 0; len <= sizeof(message); len += 100) {
		memset(message, (int)len, sizeof(message));
		size_t signature_len = 0;
		assert_int_equal(
		        hf_signer_sign(signer, message, len, signature, &signature_len), HF_OK);
		assert_int_equal(signature_len, hf_keypair_signature_len(pair));
		assert_true(check(pair, message, len, signature, signature_len));
		signature[signature_len / 2] ^= 0x10;
		assert_false(check(pair, message, len, signature, signature_len));
	}
	hf_signer_free(signer);
}

static void generated_keys_sign(void **state)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		const struct hf_keypair *pair = ones[i];
		struct hf_dnskey dnskey;
		assert_true(hf_dnskey_read(hf_keypair_dnskey(pair), &dnskey));
		assert_int_equal(dnskey.flags, 257);
		assert_int_equal(dnskey.protocol, HF_DNSKEY_PROTOCOL);
		assert_int_equal(dnskey.algorithm, signing[i]);
		struct hf_pubkey *key;
		assert_int_equal(hf_pubkey_new(hf_keypair_dnskey(pair), &key), HF_OK);
		assert_int_equal(hf_pubkey_bits(key), hf_alg_find(signing[i])->bits);
		hf_pubkey_free(key);
		sign_and_check(pair);
	}
}

/* r and s are now and then shorter than the field: leading zeros must stay. */
static void many_signatures_by_one_signer(void **state)
{
	struct hf_keypair *pair;
	struct hf_signer *signer;
	struct hf_pubkey *key;
	struct hf_verifier *verifier;
	assert_int_equal(hf_keypair_generate(13, 0, 256, &pair), HF_OK);
	assert_int_equal(hf_signer_new(pair, &signer), HF_OK);
	assert_int_equal(hf_pubkey_new(hf_keypair_dnskey(pair), &key), HF_OK);
	assert_int_equal(hf_verifier_new(key, &verifier), HF_OK);
	unsigned short_parts = 0;
	for (unsigned i = 0; i < 2000; i++) {
		uint8_t signature[HF_SIG_MAX];
		size_t len;
		bool good;
		assert_int_equal(hf_signer_sign(signer, &i, sizeof(i), signature, &len), HF_OK);
		assert_int_equal(len, 64);
		short_parts += signature[0] == 0 || signature[32] == 0;
		assert_int_equal(
		        hf_verifier_check(verifier, &i, sizeof(i), signature, len, &good), HF_OK);
		assert_true(good);
	}
	assert_true(short_parts > 0);
	hf_verifier_free(verifier);
	hf_pubkey_free(key);
	hf_signer_free(signer);
	hf_keypair_free(pair);
}

static void *sign_in_thread(void *pair)
{
	sign_and_check(pair);
	return NULL;
}

static void threads_have_signers_of_their_own(void **state)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		pthread_t threads[4];
		for (size_t j = 0; j < 4; j++)
			assert_int_equal(
			        pthread_create(&threads[j], NULL, sign_in_thread, ones[i]), 0);
		for (size_t j = 0; j < 4; j++)
			assert_int_equal(pthread_join(threads[j], NULL), 0);
	}
}

static void sizes_and_algorithms_have_bounds(void **state)
{
	static const struct {
		uint8_t algorithm;
		unsigned bits;
		enum hf_err err;
	} cases[] = {
	        {8, 1024, HF_ERR_INVALID},
	        {8, 2047, HF_ERR_INVALID},
	        {8, 4097, HF_ERR_INVALID},
	        {13, 255, HF_ERR_INVALID},
	        {13, 384, HF_ERR_INVALID},
	        {15, 255, HF_ERR_INVALID},
	        {5, 2048, HF_ERR_UNSUPPORTED},
	        {7, 2048, HF_ERR_UNSUPPORTED},
	        {1, 0, HF_ERR_UNSUPPORTED},
	        {99, 0, HF_ERR_UNSUPPORTED},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_keypair *pair = NULL;
		assert_int_equal(hf_keypair_generate(cases[i].algorithm, cases[i].bits, 256, &pair),
		        cases[i].err);
		assert_null(pair);
	}
}

/* The values of "Name: base64" lines, decoded into `room`. */
static void parse_fields(uint8_t algorithm, struct hf_secret *text, struct hf_secret *room,
        struct hf_key_values *out)
{
	const char *const *names = hf_key_fields(algorithm);
	const char *at = (const char *)text->data;
	for (size_t i = 0; names[i] != NULL; i++) {
		size_t name_len = strlen(names[i]);
		assert_memory_equal(at, names[i], name_len);
		assert_memory_equal(at + name_len, ": ", 2);
		at += name_len + 2;
		const char *end = strchr(at, '\n');
		out->data[i] = room->data + room->len;
		assert_int_equal(hf_secret_take_base64(room, at, (size_t)(end - at)), HF_OK);
		out->len[i] = (size_t)(room->data + room->len - out->data[i]);
		at = end + 1;
	}
	assert_ptr_equal(at, text->data + text->len);
}

struct parts {
	struct hf_secret text, room;
	struct hf_key_values values;
};

static void parts_init(struct parts *parts, const struct hf_keypair *pair)
{
	struct hf_dnskey dnskey;
	assert_true(hf_dnskey_read(hf_keypair_dnskey(pair), &dnskey));
	*parts = (struct parts){0};
	assert_int_equal(hf_secret_init(&parts->text, 8192), HF_OK);
	assert_int_equal(hf_secret_init(&parts->room, 8192), HF_OK);
	assert_int_equal(hf_keypair_put(pair, &parts->text), HF_OK);
	assert_false(parts->text.full);
	parse_fields(dnskey.algorithm, &parts->text, &parts->room, &parts->values);
}

static void parts_done(struct parts *parts)
{
	hf_secret_done(&parts->room);
	hf_secret_done(&parts->text);
}

static void private_fields_there_and_back(void **state)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		struct parts parts;
		parts_init(&parts, ones[i]);
		struct hf_keypair *again = NULL;
		assert_int_equal(
		        hf_keypair_restore(hf_keypair_dnskey(ones[i]), &parts.values, &again),
		        HF_OK);
		assert_true(hf_rdata_equal(hf_keypair_dnskey(ones[i]), hf_keypair_dnskey(again)));
		sign_and_check(again);
		hf_keypair_free(again);
		parts_done(&parts);
	}
}

static void examples_restore(void **state)
{
	for (size_t i = 0; i < vector_count; i++) {
		const struct vector *vector = &vectors[i];
		if (vector->private_key == NULL)
			continue;
		struct hf_buf dnskey = {0}, private_key = {0}, message = {0}, signature = {0};
		vector_dnskey(vector, &dnskey);
		from_base64(vector->private_key, &private_key);
		struct hf_key_values values = {
		        .data = {private_key.data}, .len = {private_key.len}};
		struct hf_keypair *pair = NULL;
		assert_int_equal(hf_keypair_restore(rdata_of(&dnskey), &values, &pair), HF_OK);

		/* EdDSA has one right signature for a message; ECDSA has many. */
		struct hf_signer *signer;
		uint8_t made[HF_SIG_MAX];
		size_t len;
		vector_message(vector, &message);
		from_base64(vector->signature, &signature);
		assert_int_equal(hf_signer_new(pair, &signer), HF_OK);
		assert_int_equal(
		        hf_signer_sign(signer, message.data, message.len, made, &len), HF_OK);
		assert_int_equal(len, signature.len);
		if (vector->algorithm >= 15)
			assert_memory_equal(made, signature.data, len);
		hf_signer_free(signer);
		hf_keypair_free(pair);
		hf_buf_done(&signature);
		hf_buf_done(&message);
		hf_buf_done(&private_key);
		hf_buf_done(&dnskey);
	}
}

/* A private half is never taken for another key's, and no damage to it goes unnoticed. */
static void wrong_halves_are_refused(void **state)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		struct parts parts;
		parts_init(&parts, ones[i]);
		struct hf_keypair *again = NULL;
		assert_int_equal(
		        hf_keypair_restore(hf_keypair_dnskey(others[i]), &parts.values, &again),
		        HF_ERR_INVALID);
		for (size_t field = 0; hf_key_fields(signing[i])[field] != NULL; field++) {
			uint8_t *last =
			        (uint8_t *)parts.values.data[field] + parts.values.len[field] / 2;
			*last ^= 4;
			enum hf_err err = hf_keypair_restore(
			        hf_keypair_dnskey(ones[i]), &parts.values, &again);
			*last ^= 4;
			assert_int_equal(err, HF_ERR_INVALID);
		}
		assert_null(again);
		parts_done(&parts);
	}
}

static void private_values_out_of_range_are_refused(void **state)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		struct parts parts;
		parts_init(&parts, ones[i]);
		struct hf_keypair *again = NULL;
		static const uint8_t zeros[1000];
		uint8_t full[1000];
		memset(full, 0xff, sizeof(full));
		const size_t lengths[] = {0, 1, 31, 32, 33, 48, 57, 512, 513, 1000};
		for (size_t n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
			struct hf_key_values values;
			for (size_t field = 0; field < HF_KEY_FIELDS; field++) {
				values.data[field] = n % 2 == 0 ? zeros : full;
				values.len[field] = lengths[n];
			}
			assert_int_equal(
			        hf_keypair_restore(hf_keypair_dnskey(ones[i]), &values, &again),
			        HF_ERR_INVALID);
		}
		assert_null(again);
		parts_done(&parts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(generated_keys_sign),
	        cmocka_unit_test(many_signatures_by_one_signer),
	        cmocka_unit_test(threads_have_signers_of_their_own),
	        cmocka_unit_test(sizes_and_algorithms_have_bounds),
	        cmocka_unit_test(private_fields_there_and_back),
	        cmocka_unit_test(examples_restore),
	        cmocka_unit_test(wrong_halves_are_refused),
	        cmocka_unit_test(private_values_out_of_range_are_refused),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
