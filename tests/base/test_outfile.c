/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/outfile.h"

static char folder[] = "/tmp/hf-outfile-XXXXXX";
static char path[64];

static int setup(void **state)
{
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/zone", folder);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(folder); /* fails when a temporary file was left behind */
}

static void expect(const char *text)
{
	char got[64] = {0};
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(got, 1, sizeof(got) - 1, file), strlen(text));
	fclose(file);
	assert_string_equal(got, text);
}

static unsigned files(void)
{
	unsigned count = 0;
	DIR *dir = opendir(folder);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void write_whole(const char *text, enum hf_outfile_flags flags)
{
	struct hf_outfile *file;
	assert_int_equal(hf_outfile_new(path, 0640, flags, NULL, &file), HF_OK);
	assert_int_equal(hf_outfile_write(file, text, strlen(text), NULL), HF_OK);
	assert_int_equal(hf_outfile_commit(file, NULL), HF_OK);
	hf_outfile_free(file);
}

static void appears_whole(void **state)
{
	struct stat status;
	write_whole("one", HF_OUTFILE_EXCLUSIVE);
	expect("one");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	write_whole("two, longer", HF_OUTFILE_REPLACE);
	expect("two, longer");
	assert_int_equal(files(), 1);
}

static void without_commit_nothing_changes(void **state)
{
	struct hf_outfile *file;
	assert_int_equal(hf_outfile_new(path, 0600, HF_OUTFILE_REPLACE, NULL, &file), HF_OK);
	assert_int_equal(hf_outfile_write(file, "half", 4, NULL), HF_OK);
	expect("two, longer");
	hf_outfile_free(file);
	expect("two, longer");
	assert_int_equal(files(), 1);
}

static void exclusive_never_overwrites(void **state)
{
	struct hf_outfile *file;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(
	        hf_outfile_new(path, 0600, HF_OUTFILE_EXCLUSIVE, &diag, &file), HF_ERR_EXISTS);
	assert_non_null(strstr(diag.entries[0].text, "not overwritten"));
	/* Also when the target appears between opening and commit. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(hf_outfile_new(path, 0600, HF_OUTFILE_EXCLUSIVE, &diag, &file), HF_OK);
	write_whole("first", HF_OUTFILE_REPLACE);
	assert_int_equal(hf_outfile_commit(file, &diag), HF_ERR_EXISTS);
	hf_outfile_free(file);
	expect("first");
	hf_diag_done(&diag);
}

static void says_what_is_wrong(void **state)
{
	struct hf_outfile *file;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(
	        hf_outfile_new("/no/such/folder/zone", 0600, HF_OUTFILE_REPLACE, &diag, &file),
	        HF_ERR_IO);
	assert_int_equal(hf_outfile_new(folder, 0600, HF_OUTFILE_REPLACE, &diag, &file), HF_ERR_IO);
	assert_non_null(strstr(diag.entries[1].text, "is a folder"));
	assert_int_equal(
	        hf_outfile_new("/dev/full", 0600, HF_OUTFILE_REPLACE, &diag, &file), HF_OK);
	assert_int_equal(hf_outfile_write(file, "x", 1, &diag), HF_ERR_IO);
	assert_non_null(strstr(diag.entries[2].text, "make room"));
	hf_outfile_free(file);
	hf_diag_done(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(appears_whole),
	        cmocka_unit_test(without_commit_nothing_changes),
	        cmocka_unit_test(exclusive_never_overwrites),
	        cmocka_unit_test(says_what_is_wrong),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
