/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal under crashes: a file cut at every byte, damaged anywhere, a writer that is killed, a
 * disk that is full. Whatever happens, what comes back is a version that was given, the newest that
 * was durable, or a clear error.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "zone/journal.h"
#include "zone/load.h"

#define VERSIONS 6

/* In memory where that can be had: thousands of files are synced. */
static char folder[] = "/dev/shm/hf-journal-XXXXXX";
static char path[64];

/* Versions that add, change and remove names and NSEC3 owners; each has its own serial. */
static struct hf_version *make_version(unsigned serial)
{
	static const char nsec3[] = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom";
	char text[2048];
	size_t len = (size_t)snprintf(text, sizeof(text),
	        "example. 60 SOA ns.example. h.example. %u 1 1 1 1\n"
	        "example. 60 NS ns.example.\n",
	        serial);
	for (unsigned i = 0; i < 12; i++) {
		if ((serial + i) % 3 != 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			        "host%u.example. %u A 192.0.2.%u\n", i, 60 + i % 2 * serial, i);
	}
	if (serial % 2 == 1)
		snprintf(text + len, sizeof(text) - len, "%s.example. 60 NSEC3 1 0 0 - %s A\n",
		        nsec3, nsec3);
	struct hf_version *version;
	struct hf_load_options options = {.origin = "example."};
	assert_int_equal(
	        hf_zone_load_text("text", text, strlen(text), &options, NULL, &version), HF_OK);
	return version;
}

static unsigned serial_of(const struct hf_version *version)
{
	struct hf_soa soa;
	assert_true(hf_version_soa(version, &soa));
	return soa.serial;
}

static enum hf_err differs(void *context, const struct hf_node *before, const struct hf_node *after)
{
	return HF_ERR_EXISTS;
}

/* Whether the version is just what make_version gives for its serial. */
static void expect_whole(const struct hf_version *version)
{
	struct hf_version *same = make_version(serial_of(version));
	assert_int_equal(hf_version_diff(same, version, differs, NULL), HF_OK);
	hf_version_unref(same);
}

static int setup(void **state)
{
	if (access("/dev/shm", W_OK) != 0)
		strcpy(folder, "/tmp/hf-journal-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/zone.journal", folder);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(folder);
}

static struct hf_journal *create(unsigned serial)
{
	struct hf_journal *journal;
	struct hf_journal_version one = {
	        .version = make_version(serial), .at = 1000 + serial, .number = serial};
	const struct hf_journal_history history = {.list = &one, .count = 1};
	assert_int_equal(hf_journal_create(path, &history, NULL, &journal), HF_OK);
	hf_version_unref(one.version);
	return journal;
}

static enum hf_err append(struct hf_journal *journal, unsigned serial)
{
	struct hf_version *before = make_version(serial - 1);
	const struct hf_journal_version next = {
	        .version = make_version(serial), .at = 1000 + serial, .number = serial};
	enum hf_err err = hf_journal_append(journal, before, &next, NULL);
	hf_version_unref(before);
	hf_version_unref(next.version);
	return err;
}

/* Serial of the newest version that the file gives back; 0 for an error, which is `ret_err`. */
static unsigned reopen(enum hf_err *ret_err)
{
	struct hf_journal *journal;
	struct hf_journal_history history;
	*ret_err = hf_journal_open(path, VERSIONS, NULL, NULL, &journal, &history);
	if (*ret_err != HF_OK)
		return 0;
	unsigned serial = 0;
	for (size_t i = 0; i < history.count; i++) {
		serial = serial_of(history.list[i].version);
		assert_int_equal(history.list[i].at, 1000 + serial);
		assert_int_equal(history.list[i].number, serial);
		assert_int_equal(serial - serial_of(history.list[0].version), i);
		expect_whole(history.list[i].version);
	}
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, hf_journal_size(journal));
	hf_journal_history_done(&history);
	hf_journal_close(journal);
	return serial;
}

/* The file's bytes; the caller frees them. */
static char *slurp(size_t *ret_len)
{
	struct stat status;
	int fd = open(path, O_RDONLY);
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
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

/* A file with VERSIONS versions; where the last two begin. */
static char *write_file(size_t *ret_len, size_t *ret_last, size_t *ret_base)
{
	struct hf_journal *journal = create(1);
	*ret_base = hf_journal_base_size(journal);
	for (unsigned serial = 2; serial <= VERSIONS; serial++) {
		*ret_last = hf_journal_size(journal);
		assert_int_equal(append(journal, serial), HF_OK);
	}
	hf_journal_close(journal);
	return slurp(ret_len);
}

static void what_was_written_comes_back(void **state)
{
	size_t len, last, base;
	enum hf_err err;
	free(write_file(&len, &last, &base));
	assert_int_equal(reopen(&err), VERSIONS);
	struct hf_journal *journal;
	struct hf_journal_history history;
	assert_int_equal(hf_journal_open(path, 2, NULL, NULL, &journal, &history), HF_OK);
	assert_int_equal(history.count, 2);
	assert_int_equal(serial_of(history.list[0].version), VERSIONS - 1);
	assert_int_equal(hf_journal_base_size(journal), base);
	/* A new file from what is wanted of the old one. */
	struct hf_journal *shorter;
	assert_int_equal(hf_journal_create(path, &history, NULL, &shorter), HF_OK);
	hf_journal_close(journal);
	assert_int_equal(append(shorter, VERSIONS + 1), HF_OK);
	hf_journal_close(shorter);
	hf_journal_history_done(&history);
	assert_int_equal(reopen(&err), VERSIONS + 1);
}

/* Cut at every byte: the newest version whose commit is whole, and appending goes on from there. */
static void a_torn_end_is_dropped(void **state)
{
	size_t len, last, base;
	enum hf_err err;
	char *bytes = write_file(&len, &last, &base);
	for (size_t cut = 0; cut < len; cut++) {
		spit(bytes, cut);
		unsigned serial = reopen(&err);
		assert_int_equal(err, cut < base ? HF_ERR_SYNTAX : HF_OK);
		assert_true(cut < last || serial == VERSIONS - 1);
	}
	spit(bytes, last + 30);
	struct hf_journal *journal;
	struct hf_journal_history history;
	assert_int_equal(hf_journal_open(path, 1, NULL, NULL, &journal, &history), HF_OK);
	hf_journal_history_done(&history);
	assert_int_equal(append(journal, VERSIONS), HF_OK);
	hf_journal_close(journal);
	assert_int_equal(reopen(&err), VERSIONS);
	free(bytes);
}

/* Versions are found by their numbers and taken back, and the file goes on from there. */
static void versions_are_taken_back(void **state)
{
	size_t len, last, base, behind;
	enum hf_err err;
	free(write_file(&len, &last, &base));
	struct hf_journal *journal;
	struct hf_journal_history history;
	assert_int_equal(hf_journal_open(path, 1, NULL, NULL, &journal, &history), HF_OK);
	hf_journal_history_done(&history);
	assert_int_equal(hf_journal_count(journal), VERSIONS);
	for (unsigned serial = 1; serial <= VERSIONS; serial++) {
		assert_int_equal(hf_journal_behind(journal, serial, &behind), HF_OK);
		assert_int_equal(behind, VERSIONS - serial);
	}
	assert_int_equal(hf_journal_behind(journal, 77, &behind), HF_ERR_NOTFOUND);
	assert_int_equal(hf_journal_cut(journal, 77, NULL), HF_ERR_NOTFOUND);
	assert_int_equal(hf_journal_cut(journal, VERSIONS, NULL), HF_OK);
	assert_int_equal(hf_journal_size(journal), len);
	assert_int_equal(hf_journal_cut(journal, VERSIONS - 1, NULL), HF_OK);
	assert_int_equal(hf_journal_size(journal), last);
	assert_int_equal(hf_journal_behind(journal, VERSIONS, &behind), HF_ERR_NOTFOUND);
	assert_int_equal(append(journal, VERSIONS), HF_OK);
	assert_int_equal(hf_journal_cut(journal, 1, NULL), HF_OK);
	assert_int_equal(hf_journal_size(journal), base);
	hf_journal_close(journal);
	assert_int_equal(reopen(&err), 1);
}

/* One changed byte: dropped in the last version's commit, an error wherever a commit follows. */
static void damage_is_never_passed_over(void **state)
{
	size_t len, last, base;
	enum hf_err err;
	char *bytes = write_file(&len, &last, &base);
	for (size_t at = 0; at < len; at++) {
		bytes[at] ^= 0x10;
		spit(bytes, len);
		unsigned serial = reopen(&err);
		if (err == HF_OK)
			assert_int_equal(serial, VERSIONS - 1);
		else
			assert_int_equal(err, HF_ERR_SYNTAX);
		/* Only the last commit, 44 bytes, can look torn. */
		assert_true((err == HF_OK) == (at >= len - 44));
		if (err != HF_OK) { /* and the file was left as it was */
			size_t same_len;
			char *same = slurp(&same_len);
			assert_int_equal(same_len, len);
			assert_memory_equal(same, bytes, len);
			free(same);
		}
		bytes[at] ^= 0x10;
	}
	free(bytes);
}

/* Zone content that looks like a record: it has not this file's salt. */
static void content_is_no_record(void **state)
{
	size_t len, last, base;
	enum hf_err err;
	char *bytes = write_file(&len, &last, &base);
	char *twice = malloc(2 * len);
	assert_non_null(twice);
	free(write_file(&len, &last, &base)); /* another salt */
	size_t other_len;
	char *other = slurp(&other_len);
	memcpy(twice, other, last + 10);
	memcpy(twice + last + 10, bytes, len);
	spit(twice, last + 10 + len);
	assert_int_equal(reopen(&err), VERSIONS - 1);
	free(other);
	free(twice);
	free(bytes);
}

/* A writer is killed at any moment: what it had reported is there, and at most one more. */
static void a_killed_writer_loses_nothing(void **state)
{
	for (unsigned round = 0; round < 60; round++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		hf_journal_close(create(1));
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct hf_journal *journal;
			struct hf_journal_history history;
			if (hf_journal_open(path, 1, NULL, NULL, &journal, &history) != HF_OK)
				_exit(1);
			for (unsigned serial = 2; serial < 100000; serial++) {
				if (append(journal, serial) != HF_OK ||
				        write(ends[1], &serial, sizeof(serial)) < 0)
					_exit(1);
			}
			_exit(0);
		}
		close(ends[1]);
		usleep(500 + round * 331 % 9000);
		kill(child, SIGKILL);
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		unsigned told = 1, serial;
		while (read(ends[0], &serial, sizeof(serial)) == (ssize_t)sizeof(serial))
			told = serial;
		close(ends[0]);
		enum hf_err err;
		unsigned found = reopen(&err);
		assert_int_equal(err, HF_OK);
		assert_in_range(found, told, told + 1);
	}
}

/* A disk that is full: the append fails, and the file still ends with the version before. */
static void a_full_disk_changes_nothing(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit before, limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct hf_journal *journal = create(1);
	for (unsigned room = 0; room < 200; room += 7) {
		limit = before;
		limit.rlim_cur = hf_journal_size(journal) + room;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		struct hf_version *old = make_version(1);
		const struct hf_journal_version new = {
		        .version = make_version(2), .at = 1002, .number = 2};
		struct hf_diag diag;
		hf_diag_init(&diag, HF_DIAG_LIMIT);
		assert_int_equal(hf_journal_append(journal, old, &new, &diag), HF_ERR_IO);
		assert_int_equal(diag.count, 1);
		assert_non_null(strstr(diag.entries[0].text, "File too large"));
		hf_diag_done(&diag);
		hf_version_unref(old);
		hf_version_unref(new.version);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	}
	enum hf_err err;
	assert_int_equal(append(journal, 2), HF_OK);
	assert_int_equal(reopen(&err), 2);
	hf_journal_close(journal);
}

/* Another file under the journal's name gets nothing; in the place of none nothing is begun. */
static void another_file_is_left_alone(void **state)
{
	for (unsigned other = 0; other < 3; other++) {
		char aside[sizeof(path) + 8];
		size_t len, now;
		struct hf_journal *journal = create(1);
		char *bytes = slurp(&len);
		snprintf(aside, sizeof(aside), "%s.aside", path);
		if (other < 2) /* the first is the same, byte by byte */
			assert_int_equal(rename(path, aside), 0);
		if (other != 1)
			spit(bytes, other == 0 ? len : len - 1);
		assert_false(hf_journal_unsure(journal));
		assert_int_equal(append(journal, 2), HF_ERR_IO);
		assert_true(hf_journal_unsure(journal));
		assert_int_equal(append(journal, 2), HF_ERR_REFUSED);
		if (other != 1) {
			free(slurp(&now));
			assert_int_equal(now, other == 0 ? len : len - 1);
		} else {
			assert_int_equal(access(path, F_OK), -1);
		}
		unlink(aside);
		free(bytes);
		hf_journal_close(journal);
	}
}

/* Zones are many: a journal that nobody works on holds no file open. */
static void it_holds_no_file(void **state)
{
	int before = dup(0);
	struct hf_journal *journal = create(1);
	assert_int_equal(append(journal, 2), HF_OK);
	int after = dup(0);
	assert_true(before >= 0 && after == before + 1);
	close(before);
	close(after);
	hf_journal_close(journal);
}

static void what_is_no_journal_is_said(void **state)
{
	enum hf_err err;
	unlink(path);
	reopen(&err);
	assert_int_equal(err, HF_ERR_NOTFOUND);
	spit("", 0);
	reopen(&err);
	assert_int_equal(err, HF_ERR_SYNTAX);
	spit("example. 60 IN NS a.\n", 21);
	reopen(&err);
	assert_int_equal(err, HF_ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_written_comes_back),
	        cmocka_unit_test(a_torn_end_is_dropped),
	        cmocka_unit_test(versions_are_taken_back),
	        cmocka_unit_test(damage_is_never_passed_over),
	        cmocka_unit_test(content_is_no_record),
	        cmocka_unit_test(a_killed_writer_loses_nothing),
	        cmocka_unit_test(a_full_disk_changes_nothing),
	        cmocka_unit_test(another_file_is_left_alone),
	        cmocka_unit_test(it_holds_no_file),
	        cmocka_unit_test(what_is_no_journal_is_said),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
