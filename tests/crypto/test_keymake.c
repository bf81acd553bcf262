/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making keys: tags that are never taken twice, dates that fit, folders that cannot be used. */
#include "crypto/keymake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/tagbook.h"

#define T0 1767323045 /* 2026-01-02T03:04:05Z */

static char folder[64], book[100];
static struct hf_name zone, other;

static int folder_new(void **state)
{
	strcpy(folder, "/tmp/holdfast-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(book, sizeof(book), "%s/%s", folder, HF_TAGBOOK_FILE);
	return hf_name_from_text("example.", &zone) != HF_OK ||
	       hf_name_from_text("sub.example.", &other) != HF_OK;
}

static int folder_remove(void **state)
{
	char command[100];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static struct hf_keymake_options options_for(const struct hf_name *owner)
{
	struct hf_keymake_options options = {
	        .dir = folder,
	        .owner = owner,
	        .role = HF_ROLE_ZSK,
	        .algorithm = 15,
	        .times = HF_KEY_TIMES_NONE,
	};
	options.times.created = T0;
	return options;
}

/* Makes a key that must succeed. */
static struct hf_keyfile *make(const struct hf_name *owner)
{
	struct hf_keymake_options options = options_for(owner);
	struct hf_keyfile *key = NULL;
	assert_int_equal(hf_keymake(&options, NULL, &key), HF_OK);
	return key;
}

/* One that must not; the reason must hold `words`. */
static void refuse(const struct hf_keymake_options *options, enum hf_err want, const char *words)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_keyfile *key = NULL;
	assert_int_equal(hf_keymake(options, &diag, &key), want);
	assert_null(key);
	assert_true(diag.count >= 1);
	if (strstr(diag.entries[0].text, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, diag.entries[0].text);
	hf_diag_done(&diag);
}

static void write_book(const char *text)
{
	FILE *file = fopen(book, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static bool taken(const struct hf_name *owner, uint16_t plain, uint16_t revoked)
{
	struct hf_tagbook *open;
	assert_int_equal(hf_tagbook_open(folder, owner, NULL, &open), HF_OK);
	struct hf_keyfile key = {.plain_tag = plain, .revoked_tag = revoked};
	bool result = hf_tagbook_taken(open, &key);
	hf_tagbook_close(open);
	return result;
}

static void tags_of_keys_and_of_gone_keys(void **state)
{
	struct hf_keyfile *key = make(&zone);
	uint16_t plain = key->plain_tag, revoked = key->revoked_tag;
	/* Any meeting of either form counts, in this zone only. */
	uint16_t free_tag = (uint16_t)(plain + 1);
	for (unsigned round = 0; round < 2; round++) {
		assert_true(taken(&zone, plain, free_tag));
		assert_true(taken(&zone, free_tag, plain));
		assert_true(taken(&zone, revoked, free_tag));
		assert_false(taken(&zone, free_tag, (uint16_t)(plain + 2)));
		assert_false(taken(&other, plain, revoked));
		/* Second round: its files are gone, only the book remembers. */
		char name[200];
		snprintf(name, sizeof(name), "%s.key", key->path);
		unlink(name);
		snprintf(name, sizeof(name), "%s.private", key->path);
		unlink(name);
	}
	hf_keyfile_free(key);
}

static void keys_from_elsewhere_are_entered(void **state)
{
	struct hf_keyfile *key = make(&zone);
	assert_int_equal(unlink(book), 0);
	assert_true(taken(&zone, key->plain_tag, 0)); /* from the files; enters it */
	char name[200];
	snprintf(name, sizeof(name), "%s.key", key->path);
	unlink(name);
	snprintf(name, sizeof(name), "%s.private", key->path);
	unlink(name);
	assert_true(taken(&zone, key->revoked_tag, 0));
	hf_keyfile_free(key);
}

static void a_left_private_file_counts(void **state)
{
	char name[200];
	snprintf(name, sizeof(name), "%s/KEXAMPLE.+013+04711.private", folder);
	fclose(fopen(name, "w"));
	assert_true(taken(&zone, 4711, 1));
	assert_false(taken(&zone, 4712, 1));
}

static void odd_lines_are_passed_over(void **state)
{
	write_book("# a comment\n"
	           "example. 1 2 13 2026-01-02T03:04:05Z\r\n"
	           "example. 3 4 13\n"                          /* cut short */
	           "example. 70000 5 13 2026-01-02T03:04:05Z\n" /* no tag */
	           "exa..mple. 6 7 13 2026-01-02T03:04:05Z\n"
	           "\n"
	           "sub.example. 8 9 13 2026-01-02T03:04:05Z\n"
	           "EXAMPLE 10 11 13 2026-01-02T03:04:05Z\n"
	           "example. 12 1");
	assert_true(taken(&zone, 1, 100));
	assert_true(taken(&zone, 2, 100));
	assert_true(taken(&zone, 10, 100));
	assert_true(taken(&zone, 11, 100));
	static const uint16_t not_taken[] = {3, 4, 5, 4464, 6, 7, 8, 9, 12};
	for (size_t i = 0; i < sizeof(not_taken) / sizeof(not_taken[0]); i++)
		assert_false(taken(&zone, not_taken[i], 100));
	/* The cut line was ended; what comes next has a line of its own. */
	struct hf_keyfile *key = make(&zone);
	unsigned tag = key->plain_tag;
	hf_keyfile_free(key);
	char line[200], last[200] = "";
	FILE *file = fopen(book, "r");
	while (fgets(line, sizeof(line), file) != NULL)
		strcpy(last, line);
	fclose(file);
	char want[40];
	snprintf(want, sizeof(want), "example. %u ", tag);
	assert_int_equal(strncmp(last, want, strlen(want)), 0);
}

static void a_full_book_ends_the_search(void **state)
{
	FILE *file = fopen(book, "w");
	for (unsigned tag = 0; tag < 65536; tag++)
		fprintf(file, "example. %u %u 13 2026-01-02T03:04:05Z\n", tag, tag);
	fclose(file);
	struct hf_keymake_options options = options_for(&zone);
	refuse(&options, HF_ERR_LIMIT, "folder of its own");
	hf_keyfile_free(make(&other));
}

static void not_a_book(void **state)
{
	struct hf_keymake_options options = options_for(&zone);
	assert_int_equal(mkdir(book, 0700), 0);
	refuse(&options, HF_ERR_IO, "list of used key tags");
	assert_int_equal(rmdir(book), 0);
	/* A link may lead anywhere: nothing is appended there. */
	assert_int_equal(symlink("/dev/null", book), 0);
	refuse(&options, HF_ERR_IO, "list of used key tags");
	assert_int_equal(unlink(book), 0);
	FILE *file = fopen(book, "w");
	assert_int_equal(ftruncate(fileno(file), (64 << 20) + 1), 0);
	fclose(file);
	refuse(&options, HF_ERR_LIMIT, "move it away");
	options.dir = "/nonexistent/keys";
	refuse(&options, HF_ERR_NOTFOUND, "No such file");
}

static void keys_that_are_not_made(void **state)
{
	struct hf_keymake_options options = options_for(&zone);
	options.algorithm = 5;
	refuse(&options, HF_ERR_UNSUPPORTED, "RSASHA1 keys are not made");
	options.algorithm = 200;
	refuse(&options, HF_ERR_UNSUPPORTED, "algorithm 200 keys are not made");
	options.algorithm = 8;
	options.bits = 1024;
	refuse(&options, HF_ERR_INVALID, "2048 to 4096 bits, not 1024");
	options.algorithm = 15;
	refuse(&options, HF_ERR_INVALID, "256 bits, not 1024");
	options.bits = 0;
	options.times.activate = T0 + 10;
	options.times.inactive = T0 + 9;
	refuse(&options, HF_ERR_INVALID, "retired before it is activated");
	options.times.inactive = T0 + 10;
	options.times.revoke = T0 + 20;
	refuse(&options, HF_ERR_INVALID, "ZSK is no trust anchor");
	assert_int_not_equal(access(book, F_OK), 0); /* nothing was begun */
}

static void what_was_asked_for_is_made(void **state)
{
	struct hf_keymake_options options = options_for(&zone);
	options.role = HF_ROLE_CSK;
	options.ttl = 86400;
	options.times.publish = T0 + 1;
	options.times.activate = T0 + 2;
	options.times.revoke = T0 + 3;
	options.times.remove = T0 + 4;
	struct hf_keyfile *key, *again;
	assert_int_equal(hf_keymake(&options, NULL, &key), HF_OK);
	assert_int_equal(hf_keyfile_read(key->path, HF_KEYFILE_PRIVATE, NULL, &again), HF_OK);
	assert_int_equal(again->role, HF_ROLE_CSK);
	assert_int_equal(again->ttl, 86400);
	assert_memory_equal(&again->times, &options.times, sizeof(again->times));
	assert_true(hf_name_equal(&again->owner, &zone));
	struct hf_dnskey dnskey;
	assert_true(hf_dnskey_read(hf_keyfile_dnskey(again), &dnskey));
	assert_int_equal(dnskey.flags, HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
	hf_keyfile_free(again);
	hf_keyfile_free(key);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_new, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_FOLDER(tags_of_keys_and_of_gone_keys),
	        IN_FOLDER(keys_from_elsewhere_are_entered),
	        IN_FOLDER(a_left_private_file_counts),
	        IN_FOLDER(odd_lines_are_passed_over),
	        IN_FOLDER(a_full_book_ends_the_search),
	        IN_FOLDER(not_a_book),
	        IN_FOLDER(keys_that_are_not_made),
	        IN_FOLDER(what_was_asked_for_is_made),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
