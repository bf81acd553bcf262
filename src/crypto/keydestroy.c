/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keyfile.h"
#include "crypto/keyname.h"

/* A key on its way out. */
struct leaving {
	const char *dir;
	char *base; /* path without suffix */
	struct hf_diag *diag;
};

static enum hf_err fail(const struct leaving *leaving, const char *path)
{
	return hf_fail_at(leaving->diag, HF_ERR_IO, path, 0,
	        "the key is needed no more and cannot be destroyed: %s; remove its files by hand",
	        strerror(errno));
}

/* As far as the file system goes along; what counts is that the file is removed afterwards. */
static void overwrite(const char *path)
{
	static const char zeros[4096];
	struct stat status;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	bool good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	for (off_t left = good ? status.st_size : 0; left > 0;) {
		size_t part = left < (off_t)sizeof(zeros) ? (size_t)left : sizeof(zeros);
		ssize_t written = write(fd, zeros, part);
		if (written <= 0)
			break;
		left -= written;
	}
	(void)!fsync(fd);
	close(fd);
}

static enum hf_err sync_dir(const struct leaving *leaving)
{
	int fd = open(leaving->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
	enum hf_err err = good ? HF_OK : fail(leaving, leaving->dir);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Under another name first: half of a private key would make the folder unreadable for others. */
static enum hf_err remove_private(const struct leaving *leaving)
{
	char *private, *gone = NULL;
	enum hf_err err = HF_OK;
	if (asprintf(&private, "%s.private", leaving->base) < 0)
		return HF_ERR_NOMEM;
	if (asprintf(&gone, "%s.gone", leaving->base) < 0) {
		free(private);
		return HF_ERR_NOMEM;
	}
	if (rename(private, gone) != 0 && errno != ENOENT)
		err = fail(leaving, private);
	if (err == HF_OK)
		overwrite(gone);
	if (err == HF_OK && unlink(gone) != 0 && errno != ENOENT)
		err = fail(leaving, gone);
	free(private);
	free(gone);
	return err == HF_OK ? sync_dir(leaving) : err;
}

/* The private half first: what a crash leaves is no secret, and says which key it was. */
static enum hf_err remove_files(const struct leaving *leaving)
{
	static const char *const suffixes[] = {".state", ".key"};
	enum hf_err err = remove_private(leaving);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && err == HF_OK; i++) {
		char *path;
		if (asprintf(&path, "%s%s", leaving->base, suffixes[i]) < 0)
			return HF_ERR_NOMEM;
		if (unlink(path) != 0 && errno != ENOENT)
			err = fail(leaving, path);
		free(path);
	}
	return err == HF_OK ? sync_dir(leaving) : err;
}

/* Whether the file with that name is of this key, as far as it can be read. */
static enum hf_err check_same(const struct leaving *leaving, struct hf_rdata dnskey)
{
	struct hf_diag unread;
	struct hf_keyfile *key;
	hf_diag_init(&unread, HF_DIAG_LIMIT);
	enum hf_err err = hf_keyfile_read(leaving->base, HF_KEYFILE_PUBLIC, &unread, &key);
	hf_diag_done(&unread);
	if (err == HF_ERR_NOMEM)
		return err;
	if (err != HF_OK)
		return HF_OK; /* in part removed, or damaged */
	bool same = hf_rdata_equal(hf_keyfile_dnskey(key), dnskey);
	hf_keyfile_free(key);
	if (!same)
		return hf_fail_at(leaving->diag, HF_ERR_REFUSED, leaving->base, 0,
		        "another key has the tag of the one that is to be destroyed; remove the "
		        "right one by hand");
	return HF_OK;
}

enum hf_err hf_keyfile_destroy(
        const char *dir, const struct hf_name *owner, struct hf_rdata dnskey, struct hf_diag *diag)
{
	struct hf_dnskey parts;
	char name[HF_KEYNAME_MAX];
	struct leaving leaving = {.dir = dir, .diag = diag};
	if (!hf_dnskey_read(dnskey, &parts))
		return HF_ERR_SYNTAX;
	hf_keyname(owner, parts.algorithm, hf_dnskey_tag(dnskey), name);
	if (asprintf(&leaving.base, "%s/%s", dir, name) < 0)
		return HF_ERR_NOMEM;
	enum hf_err err = check_same(&leaving, dnskey);
	if (err == HF_OK)
		err = remove_files(&leaving);
	free(leaving.base);
	return err;
}
