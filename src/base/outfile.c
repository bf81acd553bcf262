/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct hf_outfile {
	int fd;
	bool standard_output;
	enum hf_outfile_flags flags;
	bool in_place; /* standard output or a device: there is nothing to commit */
	char *path;
	char *temporary; /* its name until the commit; NULL when it has none yet, or no more */
};

static enum hf_err fail_write(const struct hf_outfile *file, struct hf_diag *diag)
{
	int code = errno;
	const char *advice = code == ENOSPC || code == EDQUOT ? "; make room and run it again" : "";
	return hf_fail(diag, HF_ERR_IO, "cannot write %s: %s%s",
	        file->standard_output ? "to standard output" : file->path, strerror(code), advice);
}

/* The folder of a path; the caller frees it. NULL when there is no memory. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* A file without a name vanishes with us, however we end; not every file system has them. */
static int open_nameless(const char *folder)
{
	if (access("/proc/self/fd", X_OK) != 0)
		return -1; /* it could not get a name later */
	return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

static int open_named(struct hf_outfile *file)
{
	if (asprintf(&file->temporary, "%s.XXXXXX", file->path) < 0) {
		file->temporary = NULL;
		errno = ENOMEM;
		return -1;
	}
	int fd = mkostemp(file->temporary, O_CLOEXEC);
	if (fd < 0) {
		int code = errno;
		free(file->temporary);
		file->temporary = NULL;
		errno = code;
	}
	return fd;
}

/* Opens a fresh file in the target's folder: a rename works only within one file system. */
static enum hf_err open_temporary(struct hf_outfile *file, mode_t mode, struct hf_diag *diag)
{
	char *folder = folder_of(file->path);
	if (folder == NULL)
		return HF_ERR_NOMEM;
	file->fd = open_nameless(folder);
	free(folder);
	if (file->fd < 0)
		file->fd = open_named(file);
	if (file->fd < 0 && errno == ENOMEM)
		return HF_ERR_NOMEM;
	if (file->fd < 0)
		return hf_fail(diag, HF_ERR_IO,
		        "cannot create a file beside %s: %s; check that the folder exists and may "
		        "be written",
		        file->path, strerror(errno));
	if (fchmod(file->fd, mode) != 0)
		return fail_write(file, diag);
	return HF_OK;
}

static enum hf_err check_target(const struct hf_outfile *file, struct hf_diag *diag)
{
	struct stat status;
	if (stat(file->path, &status) != 0)
		return HF_OK;
	if (S_ISDIR(status.st_mode))
		return hf_fail(
		        diag, HF_ERR_IO, "%s is a folder; give the name of a file", file->path);
	if (file->flags & HF_OUTFILE_EXCLUSIVE)
		return hf_fail(diag, HF_ERR_EXISTS,
		        "%s exists already and is not overwritten; move it away first", file->path);
	return HF_OK;
}

/* A device or pipe (/dev/null, /dev/full) must be written in place: a rename would replace it. */
static bool is_special(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

enum hf_err hf_outfile_new(const char *path, mode_t mode, enum hf_outfile_flags flags,
        struct hf_diag *diag, struct hf_outfile **ret_file)
{
	struct hf_outfile *file = calloc(1, sizeof(*file));
	if (file == NULL || (file->path = strdup(path)) == NULL) {
		free(file);
		return HF_ERR_NOMEM;
	}
	file->fd = -1;
	file->flags = flags;
	enum hf_err err;
	if (strcmp(path, "-") == 0) {
		file->standard_output = true;
		file->in_place = true;
		file->fd = STDOUT_FILENO;
		err = HF_OK;
	} else if (is_special(path)) {
		file->in_place = true;
		file->fd = open(path, O_WRONLY | O_CLOEXEC);
		err = file->fd >= 0 ? HF_OK : fail_write(file, diag);
	} else if ((err = check_target(file, diag)) == HF_OK) {
		err = open_temporary(file, mode, diag);
	}
	if (err != HF_OK) {
		hf_outfile_free(file);
		return err;
	}
	*ret_file = file;
	return HF_OK;
}

void hf_outfile_free(struct hf_outfile *file)
{
	if (file == NULL)
		return;
	if (file->fd >= 0 && !file->standard_output)
		close(file->fd);
	if (file->temporary != NULL)
		unlink(file->temporary);
	free(file->temporary);
	free(file->path);
	free(file);
}

enum hf_err hf_outfile_write(
        struct hf_outfile *file, const void *data, size_t len, struct hf_diag *diag)
{
	const char *at = data;
	while (len > 0) {
		ssize_t written = write(file->fd, at, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail_write(file, diag);
		at += written;
		len -= (size_t)written;
	}
	return HF_OK;
}

/* The name is durable only when the folder is. */
static enum hf_err sync_folder(const struct hf_outfile *file, struct hf_diag *diag)
{
	char *folder = folder_of(file->path);
	if (folder == NULL)
		return HF_ERR_NOMEM;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	/* Some file systems cannot sync folders; the data itself is safe by now. */
	bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
	enum hf_err err = good ? HF_OK : fail_write(file, diag);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Gives the open file a name that must be free; false with errno when it is not, or cannot be. */
static bool link_to(const struct hf_outfile *file, const char *name)
{
	if (file->temporary != NULL)
		return link(file->temporary, name) == 0;
	char open_file[64];
	snprintf(open_file, sizeof(open_file), "/proc/self/fd/%d", file->fd);
	return linkat(AT_FDCWD, open_file, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

/* A temporary name for a file that has none yet: only a rename can replace the target. */
static enum hf_err name_temporary(struct hf_outfile *file, struct hf_diag *diag)
{
	for (unsigned i = 0; i < 1000; i++) {
		char *name;
		if (asprintf(&name, "%s.%d-%u", file->path, (int)getpid(), i) < 0)
			return HF_ERR_NOMEM;
		if (link_to(file, name)) {
			file->temporary = name;
			return HF_OK;
		}
		free(name);
		if (errno != EEXIST)
			break;
	}
	return fail_write(file, diag);
}

static enum hf_err give_name(struct hf_outfile *file, struct hf_diag *diag)
{
	if (file->flags & HF_OUTFILE_EXCLUSIVE) {
		/* A link fails when the name was taken meanwhile; a rename would replace it. */
		if (link_to(file, file->path))
			return HF_OK;
		if (errno == EEXIST)
			return hf_fail(diag, HF_ERR_EXISTS,
			        "%s exists already and is not overwritten; move it away first",
			        file->path);
		return fail_write(file, diag);
	}
	enum hf_err err = file->temporary == NULL ? name_temporary(file, diag) : HF_OK;
	if (err == HF_OK && rename(file->temporary, file->path) != 0)
		err = fail_write(file, diag);
	if (err == HF_OK) {
		free(file->temporary);
		file->temporary = NULL;
	}
	return err;
}

enum hf_err hf_outfile_commit(struct hf_outfile *file, struct hf_diag *diag)
{
	if (file->in_place)
		return HF_OK; /* every write was checked */
	if (fsync(file->fd) != 0)
		return fail_write(file, diag);
	enum hf_err err = give_name(file, diag);
	return err == HF_OK ? sync_folder(file, diag) : err;
}

enum hf_err hf_outfile_put(
        const char *path, mode_t mode, const struct hf_buf *text, struct hf_diag *diag)
{
	struct hf_outfile *file;
	enum hf_err err = hf_outfile_new(path, mode, HF_OUTFILE_REPLACE, diag, &file);
	if (err != HF_OK)
		return err;
	err = hf_outfile_write(file, text->data, text->len, diag);
	if (err == HF_OK)
		err = hf_outfile_commit(file, diag);
	hf_outfile_free(file);
	return err;
}
