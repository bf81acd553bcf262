/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Backups: what comes back is one state that was, held until somebody looked; other programs can
 * read the file; whatever is wrong with it is found before anything is in its place.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/keymake.h"
#include "pipeline/backup.h"
#include "pipeline/tarfile.h"
#include "statelab.h"

#define NOW (LAB_START + 100000)

static struct statelab lab;
static char file[64], other[64];

static int setup(void **state)
{
	lab_open(&lab);
	snprintf(file, sizeof(file), "%s/backup", lab.root);
	snprintf(other, sizeof(other), "%s/other", lab.root);
	return 0;
}

static int teardown(void **state)
{
	lab_done(&lab);
	return 0;
}

static void make_key(const char *zone)
{
	struct hf_name name;
	struct hf_keyfile *key;
	char *folder;
	assert_int_equal(hf_name_from_text(zone, &name), HF_OK);
	assert_int_equal(hf_state_key_folder(lab.state, &name, NULL, &folder), HF_OK);
	assert_int_equal(hf_state_make_folder(folder, NULL), HF_OK);
	const struct hf_keymake_options options = {.dir = folder,
	        .owner = &name,
	        .role = HF_ROLE_CSK,
	        .algorithm = 15,
	        .times = HF_KEY_TIMES_NONE};
	assert_int_equal(hf_keymake(&options, NULL, &key), HF_OK);
	hf_keyfile_free(key);
	free(folder);
}

static void backup(void)
{
	struct hf_diag diag;
	struct hf_backup_result result;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (hf_backup_make(lab.store, file, NOW, &diag, &result) != HF_OK)
		fail_msg("%s", diag.entries[0].text);
	hf_diag_done(&diag);
	struct stat status;
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static enum hf_err restore(struct hf_diag *diag)
{
	struct hf_backup_result result;
	enum hf_err err = hf_backup_restore(file, other, NOW + 50, diag, &result);
	if (err == HF_OK)
		assert_int_equal(result.at, NOW);
	return err;
}

static void restore_well(void)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (restore(&diag) != HF_OK)
		fail_msg("%s", diag.entries[0].text);
	hf_diag_done(&diag);
}

static unsigned files_in(const char *path)
{
	unsigned count = 0;
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* The restored state takes the lab's place. */
static void change_over(void)
{
	lab_close(&lab);
	strcpy(lab.state, other);
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (lab_reopen(&lab, NULL, &diag) != HF_OK)
		fail_msg("%s", diag.entries[0].text);
	hf_diag_done(&diag);
}

static enum hf_err is_restored(void *context, const struct hf_store_note *note)
{
	*(bool *)context |= strcmp(note->kind, "restored") == 0 &&
	                    strstr(note->text, "2023-11-16T02:00:00Z") != NULL;
	return HF_OK;
}

/* ---- what comes back ---- */

static void a_state_comes_back_and_is_held(void **state)
{
	bool noted = false;
	make_key("example.");
	lab_publish_all(lab.ledger, 1, 7);
	backup();
	lab_publish_all(lab.ledger, 8, 9);
	restore_well();
	change_over();
	struct hf_ledger_memory *memory = hf_ledger_memory(lab.ledger);
	assert_int_equal(lab_published(lab.ledger), 7);
	assert_true(lab_is_served(memory->evidence, 7));
	assert_int_equal(memory->flags, HF_LEDGER_HELD | HF_LEDGER_RESTORED);
	assert_int_equal(memory->restored, NOW + 50);
	assert_int_equal(hf_store_notes(lab.store, lab.id, 1, is_restored, &noted, NULL), HF_OK);
	assert_true(noted);
	assert_int_equal(lab_publish(lab.ledger, 10, NULL), HF_ERR_REFUSED);
	memory->flags &= ~(unsigned)HF_LEDGER_HELD;
	memory->serial = 9; /* seen at a secondary */
	assert_int_equal(lab_publish(lab.ledger, 9, NULL), HF_ERR_REFUSED);
	lab_publish_all(lab.ledger, 10, 10);
	char keys[128];
	snprintf(keys, sizeof(keys), "%s/keys/example", other);
	assert_int_equal(files_in(keys), 4); /* three of the key, and the tags */
	assert_int_equal(
	        files_in(other), 6); /* the database, its log and index, lock, zones, keys */
}

/* tar(1) and sha512sum(1) read it, also when names are too long for a tar header. */
static void other_programs_read_it(void **state)
{
	char zone[256] = "", command[512];
	for (unsigned i = 0; i < 4; i++)
		strcat(zone, "abcdefghijklmnopqrstuvwxyz0123456789.");
	make_key(zone);
	lab_publish_all(lab.ledger, 1, 2);
	backup();
	snprintf(command, sizeof(command),
	        "mkdir %s && cd %s && tar xf %s && sha512sum --quiet --strict -c SHA512SUMS && "
	        "test $(cut -c 131- SHA512SUMS | wc -l) = $(find . -type f ! -name SHA512SUMS | "
	        "wc -l)",
	        other, other, file);
	assert_int_equal(system(command), 0);
	lab_remove(other);
	restore_well();
	change_over();
	assert_int_equal(lab_published(lab.ledger), 2);
}

struct writer {
	pthread_t thread;
	volatile bool stop;
	enum hf_err err;
	volatile uint32_t serial;
};

static void *write_on(void *context)
{
	struct writer *writer = context;
	while (!writer->stop && writer->err == HF_OK) {
		writer->err = lab_publish(lab.ledger, writer->serial + 1, NULL);
		writer->serial++;
		if (hf_ledger_wants_compaction(lab.ledger))
			writer->err = hf_ledger_compact(lab.ledger, NULL);
	}
	return NULL;
}

/* Backups under way of publishing: each is a state that was, and knows what came after it. */
static void work_goes_on_meanwhile(void **state)
{
	struct writer writer = {.err = HF_OK};
	lab_publish_all(lab.ledger, 1, 1);
	writer.serial = 1;
	assert_int_equal(pthread_create(&writer.thread, NULL, write_on, &writer), 0);
	struct statelab kept = lab;
	for (unsigned round = 0; round < 8; round++) {
		usleep(10000);
		uint32_t before = writer.serial;
		backup();
		uint32_t after = writer.serial + 1;
		restore_well();
		struct statelab copy = {.id = lab.id, .zone = lab.zone, .history = lab.history};
		strcpy(copy.state, other);
		assert_int_equal(lab_reopen(&copy, NULL, NULL), HF_OK);
		struct hf_ledger_memory *memory = hf_ledger_memory(copy.ledger);
		uint32_t found = lab_published(copy.ledger);
		assert_in_range(found, before, after);
		assert_true(lab_is_served(memory->evidence, found));
		assert_true(
		        lab_is_whole(memory->published.list[memory->published.count - 1].version));
		/* Journals are copied after the database, and may go further. */
		assert_in_range(memory->serial, found, after);
		lab_close(&copy);
		lab_remove(other);
		unlink(file);
	}
	writer.stop = true;
	assert_int_equal(pthread_join(writer.thread, NULL), 0);
	assert_int_equal(writer.err, HF_OK);
	assert_int_equal(lab_published(kept.ledger), writer.serial);
}

/* ---- what is refused ---- */

static void expect_refusal(enum hf_err expected, const char *words)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = restore(&diag);
	if (err != expected || diag.count == 0 || strstr(diag.entries[0].text, words) == NULL)
		fail_msg("%s: %s", hf_err_text(err),
		        diag.count > 0 ? diag.entries[0].text : "no sentence");
	hf_diag_done(&diag);
}

static char *slurp(size_t *ret_len)
{
	struct stat status;
	int fd = open(file, O_RDONLY);
	assert_true(fd >= 0 && fstat(fd, &status) == 0);
	char *bytes = malloc((size_t)status.st_size);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
	close(fd);
	*ret_len = (size_t)status.st_size;
	return bytes;
}

static void spit(const char *bytes, size_t len)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

/* Cut anywhere, or with any byte changed: nothing of it gets into the folder. */
static void damage_is_found(void **state)
{
	size_t len;
	make_key("example.");
	lab_publish_all(lab.ledger, 1, 3);
	backup();
	char *bytes = slurp(&len);
	assert_true(len > 30000);
	for (size_t round = 0; round < 120; round++) {
		size_t at = (round * 7919 + round * round * 131) % len;
		if (round % 3 == 0) {
			spit(bytes, at);
		} else {
			bytes[at] ^= (char)(1 << round % 8);
			spit(bytes, len);
			bytes[at] ^= (char)(1 << round % 8);
		}
		enum hf_err err = restore(NULL);
		if (err != HF_ERR_SYNTAX)
			fail_msg("byte %zu of %zu: %s", at, len, hf_err_text(err));
		assert_int_equal(access(other, F_OK), -1);
	}
	spit(bytes, len);
	free(bytes);
	restore_well();
}

/* An archive with members of these names, and sums that are right. */
static void forge(const char *const *names, const char *content)
{
	struct hf_outfile *out;
	HF_CLEANUP(hf_buf_done) struct hf_buf sums = {.data = NULL};
	assert_int_equal(hf_outfile_new(file, 0600, HF_OUTFILE_REPLACE, NULL, &out), HF_OK);
	for (; *names != NULL; names++) {
		struct hf_tar_member member = {.size = strlen(content), .at = NOW};
		char sum[HF_TAR_HEX], path[80];
		snprintf(member.name, sizeof(member.name), "%s", *names);
		snprintf(path, sizeof(path), "%s/content", lab.root);
		int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, content, strlen(content)), strlen(content));
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(hf_tar_put(out, &member, fd, NULL, sum), HF_OK);
		close(fd);
		hf_put_format(&sums, "%s  %s\n", sum, *names);
	}
	const struct hf_tar_member last = {.name = HF_BACKUP_SUMS, .size = sums.len, .at = NOW};
	assert_int_equal(hf_tar_put_text(out, &last, sums.data, NULL), HF_OK);
	assert_int_equal(hf_tar_end(out, NULL), HF_OK);
	assert_int_equal(hf_outfile_commit(out, NULL), HF_OK);
	hf_outfile_free(out);
}

static void names_do_not_lead_elsewhere(void **state)
{
	static const char *const names[] = {"/etc/passwd", "../x", "zones/1/../../x",
	        "zones/../1/source.journal", "zones/1/x.journal", "zones/1x/source.journal",
	        "zones//source.journal", "keys/a/b/Kx.key", "keys/../Kx.key", "keys/a/.Kx.key",
	        "keys/a/x.key", "keys/.a/Kx.key", "keys/a/Kx.sh", "holdfast.lock", "restoring"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		forge((const char *const[]){names[i], NULL}, "x");
		expect_refusal(HF_ERR_SYNTAX, "a file that no backup has");
		assert_int_equal(access(other, F_OK), -1);
	}
	forge((const char *const[]){"keys/a/Kx.key", "keys/a/Kx.key", NULL}, "x");
	expect_refusal(HF_ERR_SYNTAX, "one file twice");
	forge((const char *const[]){"keys/a/Kx.key", NULL}, "x");
	expect_refusal(HF_ERR_SYNTAX, "not complete");
	forge((const char *const[]){"holdfast.db", NULL}, "this is no database, and it is long");
	expect_refusal(HF_ERR_SYNTAX, "restore it from a backup");
	assert_int_equal(access(other, F_OK), -1);
}

static void other_files_are_no_backups(void **state)
{
	spit("", 0);
	expect_refusal(HF_ERR_SYNTAX, "no backup");
	char *text = calloc(1, 4096);
	assert_non_null(text);
	spit(text, 4096);
	expect_refusal(HF_ERR_SYNTAX, "no backup");
	memset(text, 'x', 4096);
	spit(text, 4096);
	expect_refusal(HF_ERR_SYNTAX, "no backup");
	free(text);
	unlink(file);
	expect_refusal(HF_ERR_IO, "cannot read");
}

/* A database without the journal that it speaks of. */
static void a_state_that_does_not_fit_is_refused(void **state)
{
	char path[128];
	lab_publish_all(lab.ledger, 1, 3);
	unlink(lab_path(&lab, HF_LEDGER_PUBLISHED, path));
	backup();
	expect_refusal(HF_ERR_SYNTAX, "there is no journal");
	assert_int_equal(access(other, F_OK), -1);
}

static void what_is_there_stays(void **state)
{
	char path[128];
	lab_publish_all(lab.ledger, 1, 1);
	backup();
	struct hf_backup_result result;
	assert_int_equal(hf_backup_make(lab.store, file, NOW, NULL, &result), HF_ERR_EXISTS);
	assert_int_equal(hf_backup_make(lab.store, "-", NOW, NULL, &result), HF_ERR_INVALID);
	assert_int_equal(mkdir(other, 0700), 0);
	snprintf(path, sizeof(path), "%s/something", other);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_refusal(HF_ERR_EXISTS, "is not empty");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(chmod(other, 0755), 0);
	expect_refusal(HF_ERR_REFUSED, "chmod 700");
	assert_int_equal(chmod(other, 0700), 0);
	/* Broken off: no new, empty state is made of what is left. */
	snprintf(path, sizeof(path), "%s/" HF_STORE_RESTORING, other);
	assert_int_equal(mkdir(path, 0700), 0);
	struct hf_store *store;
	assert_int_equal(hf_store_open(other, NULL, &store), HF_ERR_REFUSED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_state_comes_back_and_is_held),
	        TEST(other_programs_read_it),
	        TEST(work_goes_on_meanwhile),
	        TEST(damage_is_found),
	        TEST(names_do_not_lead_elsewhere),
	        TEST(other_files_are_no_backups),
	        TEST(a_state_that_does_not_fit_is_refused),
	        TEST(what_is_there_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
