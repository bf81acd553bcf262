/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_MAX   (UINT64_C(8) << 30)
#define PIPE_CHUNK (1u << 20)

static enum hf_err read_pipe(int fd, struct hf_diag *diag, struct hf_textfile *file)
{
	char *text = NULL;
	size_t len = 0, cap = 0;
	for (;;) {
		if (cap - len < PIPE_CHUNK) {
			size_t more = cap ? cap * 2 : PIPE_CHUNK;
			char *larger = more <= PIPE_MAX ? realloc(text, more) : NULL;
			if (larger == NULL) {
				free(text);
				return more <= PIPE_MAX ? HF_ERR_NOMEM
				                        : hf_fail(diag, HF_ERR_LIMIT,
				                                  "%s: more than %zu bytes from a "
				                                  "pipe; give "
				                                  "a file instead",
				                                  file->name, len);
			}
			text = larger;
			cap = more;
		}
		ssize_t got = read(fd, text + len, cap - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(text);
			return hf_fail(
			        diag, HF_ERR_IO, "cannot read %s: %s", file->name, strerror(errno));
		}
		if (got == 0)
			break;
		len += (size_t)got;
	}
	file->text = text;
	file->len = len;
	return HF_OK;
}

static enum hf_err map(int fd, size_t len, struct hf_diag *diag, struct hf_textfile *file)
{
	void *text = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return hf_fail(diag, HF_ERR_IO, "cannot read %s: %s", file->name, strerror(errno));
	madvise(text, len, MADV_SEQUENTIAL);
	file->text = text;
	file->len = len;
	file->mapped = true;
	return HF_OK;
}

static enum hf_err read_open(int fd, struct hf_diag *diag, struct hf_textfile *file)
{
	struct stat status;
	if (fd < 0 || fstat(fd, &status) != 0)
		return hf_fail(diag, HF_ERR_IO, "cannot open %s: %s", file->name, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return hf_fail(diag, HF_ERR_IO, "%s is a folder; give a zone file", file->name);
	if (S_ISREG(status.st_mode) && status.st_size > 0 && fd != STDIN_FILENO)
		return map(fd, (size_t)status.st_size, diag, file);
	enum hf_err err = read_pipe(fd, diag, file);
	if (err == HF_OK && file->len == 0)
		return hf_fail(diag, HF_ERR_SYNTAX, "%s is empty", file->name);
	return err;
}

static enum hf_err set_folder(const char *path, struct hf_textfile *file)
{
	/* dirname may change its argument, and returns a part of it or a constant. */
	char *copy = strdup(path);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	file->owned_folder = strdup(dirname(copy));
	free(copy);
	file->folder = file->owned_folder;
	return file->folder != NULL ? HF_OK : HF_ERR_NOMEM;
}

/* Editors of other systems put one there, and the first owner would seem to be invalid. */
static enum hf_err check_mark(const struct hf_textfile *file, struct hf_diag *diag)
{
	static const char utf8[] = "\xef\xbb\xbf", utf16[] = "\xff\xfe", other[] = "\xfe\xff";
	if ((file->len >= 3 && memcmp(file->text, utf8, 3) == 0) ||
	        (file->len >= 2 && memcmp(file->text, utf16, 2) == 0) ||
	        (file->len >= 2 && memcmp(file->text, other, 2) == 0))
		return hf_fail_at(diag, HF_ERR_SYNTAX, file->name, 1,
		        "the file begins with a byte order mark; save it as plain ASCII or as "
		        "UTF-8 without one");
	return HF_OK;
}

enum hf_err hf_textfile_open(const char *path, struct hf_diag *diag, struct hf_textfile *ret_file)
{
	bool standard_input = strcmp(path, "-") == 0;
	struct hf_textfile file = {.name = standard_input ? "standard input" : path};
	enum hf_err err = set_folder(path, &file);
	if (err != HF_OK)
		return err;
	int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	err = read_open(fd, diag, &file);
	if (fd >= 0 && !standard_input)
		close(fd);
	if (err == HF_OK)
		err = check_mark(&file, diag);
	if (err != HF_OK) {
		hf_textfile_close(&file);
		return err;
	}
	*ret_file = file;
	return HF_OK;
}

void hf_textfile_close(struct hf_textfile *file)
{
	if (file->mapped)
		munmap((void *)file->text, file->len);
	else
		free((void *)file->text);
	free(file->owned_folder);
}

void hf_text_forget(const char **kept, const char *at)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)*kept + page - 1) / page * page;
	uintptr_t to = (uintptr_t)at / page * page;
	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
	*kept = at;
}
