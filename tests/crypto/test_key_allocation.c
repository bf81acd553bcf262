/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in making, reading and judging keys: each run ends with HF_ERR_NOMEM or
 * does without what it could not get, and never leaves part of a key behind.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "crypto/digest.h"
#include "crypto/keylife.h"
#include "crypto/keymake.h"

#define T0 1767323045 /* 2026-01-02T03:04:05Z */

static char folder[64];
static struct hf_name zone;

/* How many files of keys there are; with `remove_them` none stays. */
static unsigned key_files(bool remove_them)
{
	unsigned count = 0;
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	const struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != 'K')
			continue;
		count++;
		if (remove_them)
			assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
	}
	closedir(dir);
	return count;
}

static enum hf_err make(const void *role)
{
	struct hf_keymake_options options = {
	        .dir = folder,
	        .owner = &zone,
	        .role = *(const enum hf_role *)role,
	        .algorithm = 15,
	        .times = HF_KEY_TIMES_NONE,
	};
	options.times.created = options.times.publish = options.times.activate = T0;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_keyfile *key = NULL;
	enum hf_err err = hf_keymake(&options, &diag, &key);
	assert_true((err == HF_OK) == (key != NULL));
	assert_int_equal(key_files(true), err != HF_OK ? 0 : options.role == HF_ROLE_CSK ? 3 : 2);
	hf_keyfile_free(key);
	hf_diag_done(&diag);
	return err;
}

static void making(void **state)
{
	static const enum hf_role roles[] = {HF_ROLE_ZSK, HF_ROLE_CSK};
	sweep("keygen", make, &roles[0], HF_OK);
	sweep("keygen of a CSK", make, &roles[1], HF_OK);
}

static enum hf_err list(const void *context)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_keydir keys = {0};
	enum hf_err err = hf_keydir_read(folder, NULL, HF_KEYFILE_PRIVATE, &diag, &keys);
	if (err == HF_OK) {
		assert_int_equal(keys.count, *(const size_t *)context);
		hf_keydir_check(&keys, T0 - 1, &diag);
	}
	hf_keydir_done(&keys);
	hf_diag_done(&diag);
	return err;
}

static void write_key(uint8_t algorithm, enum hf_role role)
{
	struct hf_keypair *pair;
	struct hf_keyfile *key;
	assert_int_equal(hf_keypair_generate(algorithm, 0, 257, &pair), HF_OK);
	assert_int_equal(hf_keyfile_new(&zone, role, pair, &key), HF_OK);
	key->times.created = key->times.activate = T0;
	assert_int_equal(hf_keyfile_write(folder, key, NULL), HF_OK);
	hf_keyfile_free(key);
}

static void reading(void **state)
{
	static const uint8_t algorithms[] = {8, 13, 15};
	size_t count = 0;
	for (; count < sizeof(algorithms); count++)
		write_key(algorithms[count], count == 0 ? HF_ROLE_CSK : HF_ROLE_KSK);
	sweep("reading a folder of keys", list, &count, HF_OK);

	char name[100];
	snprintf(name, sizeof(name), "%s/Kexample.+013+00001.key", folder);
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	fputs("nonsense\n", file);
	fclose(file);
	sweep("reading a damaged key", list, &count, HF_ERR_SYNTAX);
}

static enum hf_err use_one(const struct hf_keypair *pair)
{
	struct hf_rdata dnskey = hf_keypair_dnskey(pair);
	struct hf_signer *signer = NULL;
	struct hf_pubkey *key = NULL;
	struct hf_verifier *verifier = NULL;
	struct hf_nsec3_hasher *hasher = NULL;
	struct hf_sha *sha = NULL;
	struct hf_buf ds = {0};
	uint8_t signature[HF_SIG_MAX];
	size_t len = 0;
	bool good = true;
	enum hf_err err = hf_signer_new(pair, &signer);
	if (err == HF_OK)
		err = hf_signer_sign(signer, "message", 7, signature, &len);
	if (err == HF_OK)
		err = hf_pubkey_new(dnskey, &key);
	if (err == HF_OK)
		err = hf_verifier_new(key, &verifier);
	if (err == HF_OK)
		err = hf_verifier_check(verifier, "message", 7, signature, len, &good);
	if (err == HF_OK)
		err = hf_nsec3_hasher_new(&hasher);
	if (err == HF_OK)
		err = hf_sha_new(384, &sha);
	if (err == HF_OK)
		err = hf_ds_put(&ds, HF_DIGEST_SHA256, &zone, dnskey);
	assert_true(good);
	hf_buf_done(&ds);
	hf_sha_free(sha);
	hf_nsec3_hasher_free(hasher);
	hf_verifier_free(verifier);
	hf_pubkey_free(key);
	hf_signer_free(signer);
	return err;
}

#define PAIRS 3
static enum hf_err use(const void *context)
{
	struct hf_keypair *const *pairs = context;
	enum hf_err err = HF_OK;
	for (size_t i = 0; err == HF_OK && i < PAIRS; i++)
		err = use_one(pairs[i]);
	return err;
}

static void using(void **state)
{
	static const uint8_t algorithms[PAIRS] = {8, 13, 15};
	struct hf_keypair *pairs[PAIRS];
	for (size_t i = 0; i < PAIRS; i++)
		assert_int_equal(hf_keypair_generate(algorithms[i], 0, 256, &pairs[i]), HF_OK);
	sweep("signing and verifying", use, pairs, HF_OK);
	for (size_t i = 0; i < PAIRS; i++)
		hf_keypair_free(pairs[i]);
}

static int folder_new(void **state)
{
	strcpy(folder, "/tmp/holdfast-test-XXXXXX");
	return mkdtemp(folder) == NULL || hf_name_from_text("example.", &zone) != HF_OK;
}

static int folder_remove(void **state)
{
	char command[100];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(making, folder_new, folder_remove),
	        cmocka_unit_test_setup_teardown(reading, folder_new, folder_remove),
	        cmocka_unit_test_setup_teardown(using, folder_new, folder_remove),
	};
	return cmocka_run_group_tests_name("allocation of keys", tests, NULL, NULL);
}
