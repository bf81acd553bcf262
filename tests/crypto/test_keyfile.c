/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key files: there and back, states over time, and every kind of file that must be refused. */
#include "crypto/keyfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define T0 1767323045 /* 2026-01-02T03:04:05Z */

/* ---- a folder of its own for each test ---- */

static char folder[64];

static int folder_new(void **state)
{
	strcpy(folder, "/tmp/holdfast-test-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int folder_remove(void **state)
{
	char command[100];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static struct hf_keyfile *make(const char *zone, enum hf_role role, uint8_t algorithm)
{
	struct hf_name owner;
	struct hf_keypair *pair;
	struct hf_keyfile *key;
	assert_int_equal(hf_name_from_text(zone, &owner), HF_OK);
	assert_int_equal(
	        hf_keypair_generate(algorithm, 0, role == HF_ROLE_ZSK ? 256 : 257, &pair), HF_OK);
	assert_int_equal(hf_keyfile_new(&owner, role, pair, &key), HF_OK);
	return key;
}

static void write_key(struct hf_keyfile *key)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(hf_keyfile_write(folder, key, &diag), HF_OK);
	assert_int_equal(diag.count, 0);
	hf_diag_done(&diag);
}

/* Reads a key that must be refused; the reason must hold `words` and say what to do. */
static void refused(
        const char *path, enum hf_keyfile_flags flags, enum hf_err want, const char *words)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_keyfile *key = NULL;
	assert_int_equal(hf_keyfile_read(path, flags, &diag, &key), want);
	assert_null(key);
	assert_int_equal(diag.count, 1);
	assert_non_null(diag.entries[0].file);
	if (strstr(diag.entries[0].text, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, diag.entries[0].text);
	hf_diag_done(&diag);
}

static char *name_of(const struct hf_keyfile *key, const char *suffix)
{
	char *name;
	assert_true(asprintf(&name, "%s%s", key->path, suffix) > 0);
	return name;
}

static void put_file(const char *name, const char *data, size_t len)
{
	FILE *file = fopen(name, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static char *get_file(const char *name, size_t *ret_len)
{
	FILE *file = fopen(name, "rb");
	assert_non_null(file);
	char *data = calloc(1, 70000);
	*ret_len = fread(data, 1, 69999, file);
	fclose(file);
	return data;
}

/* ---- there and back ---- */

static void same(const struct hf_keyfile *a, const struct hf_keyfile *b)
{
	assert_true(hf_name_equal(&a->owner, &b->owner));
	assert_int_equal(a->role, b->role);
	assert_memory_equal(&a->times, &b->times, sizeof(a->times));
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->algorithm, b->algorithm);
	assert_int_equal(a->bits, b->bits);
	assert_int_equal(a->tag, b->tag);
	assert_int_equal(a->plain_tag, b->plain_tag);
	assert_int_equal(a->revoked_tag, b->revoked_tag);
	assert_true(hf_rdata_equal(hf_keyfile_dnskey(a), hf_keyfile_dnskey(b)));
}

static void files_there_and_back(void **state)
{
	static const uint8_t algorithms[] = {8, 10, 13, 14, 15, 16};
	static const enum hf_role roles[] = {HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_CSK};
	static const char *const zones[] = {".", "example.com.", "A\\.b.\\000\\032%x.example."};
	for (size_t i = 0; i < sizeof(algorithms); i++) {
		struct hf_keyfile *key = make(zones[i % 3], roles[i % 3], algorithms[i]);
		key->ttl = i % 2 == 0 ? 0 : 7200;
		key->times = (struct hf_key_times){
		        T0, T0 + 1, T0 + 2, T0 + 3, T0 + 4, T0 + 5, T0 + 6, INT64_C(4102444800)};
		write_key(key);
		assert_int_equal(key->tag, key->plain_tag);
		assert_int_not_equal(key->tag, key->revoked_tag);
		struct hf_diag diag;
		hf_diag_init(&diag, HF_DIAG_LIMIT);
		struct hf_keyfile *public, *private;
		assert_int_equal(
		        hf_keyfile_read(key->path, HF_KEYFILE_PUBLIC, &diag, &public), HF_OK);
		same(key, public);
		assert_null(public->pair);
		assert_int_equal(public->half, HF_HALF_SAFE);
		char *name = name_of(key, ".private");
		assert_int_equal(hf_keyfile_read(name, HF_KEYFILE_PRIVATE, &diag, &private), HF_OK);
		same(key, private);
		assert_non_null(private->pair);
		assert_true(
		        hf_rdata_equal(hf_keypair_dnskey(private->pair), hf_keyfile_dnskey(key)));
		assert_string_equal(private->path, key->path);
		struct stat status;
		assert_int_equal(stat(name, &status), 0);
		assert_int_equal(status.st_mode & 07777, 0600);
		free(name);
		hf_keyfile_free(private);
		hf_keyfile_free(public);
		hf_keyfile_free(key);
		hf_diag_done(&diag);
	}
}

static void nothing_is_overwritten(void **state)
{
	struct hf_keyfile *key = make("example.", HF_ROLE_CSK, 13);
	write_key(key);
	static const char *const suffixes[] = {".private", ".state", ".key"};
	for (size_t kept = 0; kept < 3; kept++) {
		/* One of the files is there: neither that one nor the others change. */
		size_t before_len, after_len;
		char *names[3];
		for (size_t i = 0; i < 3; i++)
			names[i] = name_of(key, suffixes[i]);
		char *before = get_file(names[kept], &before_len);
		for (size_t i = 0; i < 3; i++) {
			if (i != kept)
				unlink(names[i]);
		}
		struct hf_diag diag;
		hf_diag_init(&diag, HF_DIAG_LIMIT);
		assert_int_equal(hf_keyfile_write(folder, key, &diag), HF_ERR_EXISTS);
		assert_int_equal(diag.count, 1);
		hf_diag_done(&diag);
		char *after = get_file(names[kept], &after_len);
		assert_int_equal(before_len, after_len);
		assert_memory_equal(before, after, before_len);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(access(names[i], F_OK) == 0, i == kept);
			free(names[i]);
		}
		free(before);
		free(after);
		char *left = name_of(key, suffixes[kept]);
		unlink(left);
		free(left);
		write_key(key);
	}
	hf_keyfile_free(key);
}

static void a_missing_private_half(void **state)
{
	struct hf_keyfile *key = make("example.", HF_ROLE_KSK, 15);
	key->times.created = T0;
	key->times.activate = T0 + 9;
	write_key(key);
	char *name = name_of(key, ".private");
	unlink(name);
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_keyfile *public;
	assert_int_equal(hf_keyfile_read(key->path, HF_KEYFILE_PUBLIC, &diag, &public), HF_OK);
	same(key, public); /* the times come from the comments */
	assert_int_equal(public->half, HF_HALF_MISSING);
	hf_keyfile_free(public);
	hf_diag_done(&diag);
	refused(key->path, HF_KEYFILE_PRIVATE, HF_ERR_NOTFOUND, "private half is missing");
	free(name);
	hf_keyfile_free(key);
}

static void modes_matter(void **state)
{
	struct hf_keyfile *key = make("example.", HF_ROLE_KSK, 13);
	write_key(key);
	char *name = name_of(key, ".private");
	static const mode_t modes[] = {0640, 0604, 0660, 0602, 0610, 0644, 0777};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(name, modes[i]), 0);
		refused(key->path, HF_KEYFILE_PRIVATE, HF_ERR_REFUSED, "chmod 600 ");
		struct hf_keyfile *public;
		assert_int_equal(
		        hf_keyfile_read(key->path, HF_KEYFILE_PUBLIC, NULL, &public), HF_OK);
		assert_int_equal(public->half, HF_HALF_EXPOSED);
		hf_keyfile_free(public);
	}
	assert_int_equal(chmod(name, 0400), 0);
	struct hf_keyfile *private;
	assert_int_equal(hf_keyfile_read(key->path, HF_KEYFILE_PRIVATE, NULL, &private), HF_OK);
	hf_keyfile_free(private);
	free(name);
	hf_keyfile_free(key);
}

/* ---- files that are refused ---- */

static void every_truncation_is_refused(void **state)
{
	struct hf_keyfile *key = make("example.", HF_ROLE_KSK, 13);
	write_key(key); /* no times: the last line is the private key */
	char *name = name_of(key, ".private");
	size_t len;
	char *text = get_file(name, &len);
	for (size_t cut = 0; cut + 1 < len; cut++) {
		put_file(name, text, cut);
		struct hf_diag diag;
		hf_diag_init(&diag, HF_DIAG_LIMIT);
		struct hf_keyfile *got = NULL;
		enum hf_err err = hf_keyfile_read(key->path, HF_KEYFILE_PRIVATE, &diag, &got);
		assert_true(err == HF_ERR_SYNTAX || err == HF_ERR_INVALID);
		assert_null(got);
		assert_int_equal(diag.count, 1);
		hf_diag_done(&diag);
	}
	free(text);
	free(name);

	name = name_of(key, ".key");
	text = get_file(name, &len);
	for (size_t cut = 0; cut + 1 < len; cut++) {
		put_file(name, text, cut);
		struct hf_keyfile *got = NULL;
		assert_int_not_equal(
		        hf_keyfile_read(key->path, HF_KEYFILE_PUBLIC, NULL, &got), HF_OK);
		assert_null(got);
	}
	free(text);
	free(name);
	hf_keyfile_free(key);
}

/* A file with one text in place of another. */
static void edit(const char *name, const char *from, const char *to)
{
	size_t len;
	char *text = get_file(name, &len);
	char *at = strstr(text, from);
	assert_non_null(at);
	FILE *file = fopen(name, "wb");
	assert_non_null(file);
	fprintf(file, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	assert_int_equal(fclose(file), 0);
	free(text);
}

static void contradictions_are_refused(void **state)
{
	static const struct {
		const char *suffix, *from, *to;
		enum hf_err err;
		const char *words;
	} cases[] = {
	        {".key", "example. IN", "other. IN", HF_ERR_INVALID, "called Kother.+013+"},
	        {".key", "257 3 13", "1 3 13", HF_ERR_INVALID, "not for signing zones"},
	        {".key", "257 3 13", "257 2 13", HF_ERR_INVALID, "not for signing zones"},
	        {".key", "257 3 13", "256 3 13", HF_ERR_INVALID, "renamed or edited"},
	        {".key", "257 3 13", "257 3 14", HF_ERR_INVALID, "no ECDSAP384SHA384 key"},
	        {".key", "IN DNSKEY", "IN CDNSKEY", HF_ERR_SYNTAX, "no DNSKEY record"},
	        {".key", "IN DNSKEY", "CH DNSKEY", HF_ERR_SYNTAX, "unsupported"},
	        {".key", "example. IN", "$INCLUDE /etc/passwd\nexample. IN", HF_ERR_SYNTAX,
	                "$INCLUDE"},
	        {".key", "example. IN", "x. IN A 192.0.2.1\nexample. IN", HF_ERR_SYNTAX,
	                "no DNSKEY record"},
	        {".key", "example. IN DNSKEY", "example. NS x.\n;", HF_ERR_SYNTAX, "no DNSKEY"},
	        {".private", "v1.3", "v2.0", HF_ERR_SYNTAX, "v1.3"},
	        {".private", "Private-key-format", "Something", HF_ERR_SYNTAX, "start with"},
	        {".private", "Algorithm: 13", "Algorithm: 15", HF_ERR_INVALID, "not for ECDSAP256"},
	        {".private", "Algorithm: 13", "Algorithm: 269", HF_ERR_INVALID, "not for"},
	        {".private", "Algorithm:", "Algorithms:", HF_ERR_SYNTAX,
	                "\"Algorithm\" is missing"},
	        {".private", "PrivateKey: ", "PrivateKeys: ", HF_ERR_SYNTAX, "is missing"},
	        {".private", "PrivateKey: ", "PrivateKey: *", HF_ERR_SYNTAX, "not base64"},
	        {".private", "PrivateKey: ", "PrivateKey: AQID\nPrivateKey: ", HF_ERR_SYNTAX,
	                "there twice"},
	        {".private", "PrivateKey: ", "Label: pkcs11:x\nPrivateKey: ", HF_ERR_UNSUPPORTED,
	                "hardware module"},
	        {".private", "PrivateKey: ", "nonsense\nPrivateKey: ", HF_ERR_SYNTAX,
	                "Name: value"},
	        {".private", "PrivateKey: ", "Publish: 2026\nPrivateKey: ", HF_ERR_SYNTAX,
	                "YYYYMMDDHHMMSS"},
	        {".private", "PrivateKey: ", "Publish: now\nPrivateKey: ", HF_ERR_SYNTAX,
	                "YYYYMMDDHHMMSS"},
	        {".private", "PrivateKey: ", "Publish: 20261301000000\nPrivateKey: ",
	                HF_ERR_INVALID, "YYYYMMDDHHMMSS"},
	};
	struct hf_keyfile *key = make("example.", HF_ROLE_KSK, 13);
	write_key(key);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *name = name_of(key, cases[i].suffix);
		size_t len;
		char *text = get_file(name, &len);
		edit(name, cases[i].from, cases[i].to);
		refused(key->path, HF_KEYFILE_PRIVATE, cases[i].err, cases[i].words);
		put_file(name, text, len);
		free(text);
		free(name);
	}
	hf_keyfile_free(key);
}

static void halves_of_two_keys(void **state)
{
	struct hf_keyfile *one = make("example.", HF_ROLE_KSK, 13);
	struct hf_keyfile *two = make("example.", HF_ROLE_KSK, 13);
	write_key(one);
	write_key(two);
	char *from = name_of(two, ".private"), *to = name_of(one, ".private");
	assert_int_equal(rename(from, to), 0);
	refused(one->path, HF_KEYFILE_PRIVATE, HF_ERR_INVALID, "does not fit the public one");
	refused(two->path, HF_KEYFILE_PRIVATE, HF_ERR_NOTFOUND, "missing");
	free(from);
	free(to);
	hf_keyfile_free(one);
	hf_keyfile_free(two);
}

static void not_even_files(void **state)
{
	struct hf_keyfile *key = make("example.", HF_ROLE_KSK, 13);
	write_key(key);
	char *name = name_of(key, ".key");
	unlink(name);
	refused(key->path, HF_KEYFILE_PUBLIC, HF_ERR_NOTFOUND, "no such file");
	put_file(name, "", 0);
	refused(key->path, HF_KEYFILE_PUBLIC, HF_ERR_SYNTAX, "no DNSKEY record in it");
	char *large = calloc(1, 66000);
	put_file(name, large, 66000);
	free(large);
	refused(key->path, HF_KEYFILE_PUBLIC, HF_ERR_LIMIT, "no key file");
	unlink(name);
	assert_int_equal(mkfifo(name, 0600), 0);
	refused(key->path, HF_KEYFILE_PUBLIC, HF_ERR_IO, "not a file");
	unlink(name);
	assert_int_equal(mkdir(name, 0700), 0);
	refused(key->path, HF_KEYFILE_PUBLIC, HF_ERR_IO, "not a file");
	free(name);
	hf_keyfile_free(key);
}

static void deprecated_algorithms_list_but_do_not_sign(void **state)
{
	static const char record[] =
	        "example. IN DNSKEY 256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/"
	        "2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBj"
	        "EVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==\n";
	static const char private[] = "Private-key-format: v1.2\nAlgorithm: 5 (RSASHA1)\n";
	const struct hf_keyfile_text text = {
	        .key = record,
	        .key_len = sizeof(record) - 1,
	        .private = private,
	        .private_len = sizeof(private) - 1,
	};
	struct hf_keyfile *key;
	assert_int_equal(
	        hf_keyfile_parse("Kexample.+005+60485", &text, HF_KEYFILE_PUBLIC, NULL, &key),
	        HF_OK);
	assert_int_equal(key->tag, 60485);
	assert_int_equal(key->bits, 1024);
	assert_int_equal(key->role, HF_ROLE_ZSK);
	hf_keyfile_free(key);
	key = NULL;
	assert_int_equal(
	        hf_keyfile_parse("Kexample.+005+60485", &text, HF_KEYFILE_PRIVATE, NULL, &key),
	        HF_ERR_UNSUPPORTED);
	assert_null(key);
}

/* ---- states ---- */

static void states_over_time(void **state)
{
	struct hf_keyfile key = {.tag = 1, .plain_tag = 1, .revoked_tag = 129};
	key.times = HF_KEY_TIMES_NONE;
	assert_int_equal(hf_keyfile_state(&key, T0), HF_KEY_ACTIVE);
	key.times.created = T0;
	assert_int_equal(hf_keyfile_state(&key, T0 + 1000), HF_KEY_GENERATED);
	key.times = (struct hf_key_times){.created = T0,
	        .publish = T0 + 10,
	        .activate = T0 + 20,
	        .revoke = HF_TIME_NONE,
	        .inactive = T0 + 30,
	        .remove = T0 + 40};
	static const struct {
		int after;
		enum hf_key_state state;
	} course[] = {
	        {0, HF_KEY_GENERATED},
	        {9, HF_KEY_GENERATED},
	        {10, HF_KEY_PUBLISHED},
	        {19, HF_KEY_PUBLISHED},
	        {20, HF_KEY_ACTIVE},
	        {29, HF_KEY_ACTIVE},
	        {30, HF_KEY_RETIRED},
	        {39, HF_KEY_RETIRED},
	        {40, HF_KEY_REMOVED},
	        {1000, HF_KEY_REMOVED},
	};
	for (size_t i = 0; i < sizeof(course) / sizeof(course[0]); i++)
		assert_int_equal(hf_keyfile_state(&key, T0 + course[i].after), course[i].state);
	key.times.revoke = T0 + 35;
	assert_int_equal(hf_keyfile_state(&key, T0 + 34), HF_KEY_RETIRED);
	assert_int_equal(hf_keyfile_state(&key, T0 + 35), HF_KEY_REVOKED);
	assert_int_equal(hf_keyfile_state(&key, T0 + 40), HF_KEY_REMOVED);
	/* An activation date alone publishes too. */
	key.times.publish = HF_TIME_NONE;
	assert_int_equal(hf_keyfile_state(&key, T0 + 19), HF_KEY_GENERATED);
	assert_int_equal(hf_keyfile_state(&key, T0 + 20), HF_KEY_ACTIVE);
	/* A key that already has the REVOKE bit needs no date for it. */
	key.tag = 129;
	assert_int_equal(hf_keyfile_state(&key, T0 + 20), HF_KEY_REVOKED);
}

/* ---- folders ---- */

static void folders_are_listed_in_order(void **state)
{
	static const struct {
		const char *zone;
		enum hf_role role;
	} keys[] = {
	        {"b.example.", HF_ROLE_ZSK},
	        {"example.", HF_ROLE_ZSK},
	        {"a.example.", HF_ROLE_CSK},
	        {"example.", HF_ROLE_KSK},
	        {"example.", HF_ROLE_ZSK},
	};
	for (size_t i = 0; i < 5; i++) {
		struct hf_keyfile *key = make(keys[i].zone, keys[i].role, 15);
		write_key(key);
		hf_keyfile_free(key);
	}
	char other[100];
	snprintf(other, sizeof(other), "%s/Kexample.+013+00001.private", folder);
	put_file(other, "left by a crash", 15);
	snprintf(other, sizeof(other), "%s/README.key", folder);
	put_file(other, "no key", 6);

	struct hf_keydir found;
	assert_int_equal(hf_keydir_read(folder, NULL, HF_KEYFILE_PRIVATE, NULL, &found), HF_OK);
	assert_int_equal(found.count, 5);
	static const enum hf_role order[] = {
	        HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_ZSK, HF_ROLE_CSK, HF_ROLE_ZSK};
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(found.keys[i]->role, order[i]);
	assert_true(found.keys[1]->tag <= found.keys[2]->tag);
	hf_keydir_done(&found);

	struct hf_name zone;
	assert_int_equal(hf_name_from_text("EXAMPLE.", &zone), HF_OK);
	assert_int_equal(hf_keydir_read(folder, &zone, HF_KEYFILE_PRIVATE, NULL, &found), HF_OK);
	assert_int_equal(found.count, 3);
	hf_keydir_done(&found);
}

static void every_unreadable_key_is_named(void **state)
{
	for (size_t i = 0; i < 3; i++) {
		struct hf_keyfile *key = make("example.", HF_ROLE_ZSK, 15);
		write_key(key);
		if (i < 2) {
			char *name = name_of(key, ".key");
			put_file(name, "nonsense\n", 9);
			free(name);
		}
		hf_keyfile_free(key);
	}
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_keydir found = {NULL, 77};
	assert_int_equal(
	        hf_keydir_read(folder, NULL, HF_KEYFILE_PUBLIC, &diag, &found), HF_ERR_SYNTAX);
	assert_int_equal(found.count, 77);
	assert_int_equal(diag.count, 2);
	hf_diag_done(&diag);
	/* Another zone's damaged keys are none of ours. */
	struct hf_name zone;
	assert_int_equal(hf_name_from_text("other.", &zone), HF_OK);
	assert_int_equal(hf_keydir_read(folder, &zone, HF_KEYFILE_PUBLIC, NULL, &found), HF_OK);
	assert_int_equal(found.count, 0);
	hf_keydir_done(&found);
	assert_int_equal(hf_keydir_read("/nonexistent/keys", NULL, HF_KEYFILE_PUBLIC, NULL, &found),
	        HF_ERR_NOTFOUND);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_new, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_FOLDER(files_there_and_back),
	        IN_FOLDER(nothing_is_overwritten),
	        IN_FOLDER(a_missing_private_half),
	        IN_FOLDER(modes_matter),
	        IN_FOLDER(every_truncation_is_refused),
	        IN_FOLDER(contradictions_are_refused),
	        IN_FOLDER(halves_of_two_keys),
	        IN_FOLDER(not_even_files),
	        cmocka_unit_test(deprecated_algorithms_list_but_do_not_sign),
	        cmocka_unit_test(states_over_time),
	        IN_FOLDER(folders_are_listed_in_order),
	        IN_FOLDER(every_unreadable_key_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
