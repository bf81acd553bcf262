/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keyparse.h"
#include "crypto/secret.h"

/* One of a key's files, read whole. */
struct source {
	char *path;
	struct hf_secret text; /* no data: no such file */
	mode_t mode;
	int error; /* errno when it could not be opened */
};

static void source_done(struct source *source)
{
	hf_secret_done(&source->text);
	free(source->path);
}

static enum hf_err read_bytes(int fd, struct source *source, struct hf_diag *diag)
{
	struct hf_secret *text = &source->text;
	enum hf_err err = hf_secret_init(text, HF_KEYFILE_LIMIT);
	while (err == HF_OK) {
		ssize_t got = read(fd, text->data + text->len, text->cap - text->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return hf_fail_at(diag, HF_ERR_IO, source->path, 0, "cannot be read: %s",
			        strerror(errno));
		if (got == 0)
			break;
		text->len += (size_t)got;
		if (text->len == text->cap)
			return hf_fail_at(diag, HF_ERR_LIMIT, source->path, 0,
			        "more than %u bytes; this is no key file", HF_KEYFILE_LIMIT - 1);
	}
	return err;
}

/* A file that is not there, or that we may not open, is noted and no failure. */
static enum hf_err read_source(
        const char *base, const char *suffix, struct hf_diag *diag, struct source *source)
{
	if (asprintf(&source->path, "%s%s", base, suffix) < 0) {
		source->path = NULL;
		return HF_ERR_NOMEM;
	}
	/* O_NONBLOCK: opening a pipe must not wait for its other end. */
	int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		source->error = errno;
		return HF_OK;
	}
	struct stat status;
	enum hf_err err;
	if (fstat(fd, &status) != 0)
		err = hf_fail_at(
		        diag, HF_ERR_IO, source->path, 0, "cannot be read: %s", strerror(errno));
	else if (!S_ISREG(status.st_mode))
		err = hf_fail_at(
		        diag, HF_ERR_IO, source->path, 0, "not a file; this is no key file");
	else
		err = read_bytes(fd, source, diag);
	close(fd);
	if (err == HF_OK)
		source->mode = status.st_mode;
	return err;
}

static enum hf_err require(const struct source *source, struct hf_diag *diag)
{
	if (source->text.data != NULL)
		return HF_OK;
	if (source->error == ENOENT)
		return hf_fail_at(diag, HF_ERR_NOTFOUND, source->path, 0,
		        "there is no such file; `holdfast keys DIR` lists the keys in a folder");
	return hf_fail_at(
	        diag, HF_ERR_IO, source->path, 0, "cannot be opened: %s", strerror(source->error));
}

static enum hf_err check_private(const struct source *source, struct hf_diag *diag)
{
	if (source->text.data != NULL && (source->mode & (S_IRWXG | S_IRWXO)) != 0)
		return hf_fail_at(diag, HF_ERR_REFUSED, source->path, 0,
		        "others than its owner can read or change this private key; "
		        "run: chmod 600 %s",
		        source->path);
	if (source->error != 0 && source->error != ENOENT)
		return hf_fail_at(diag, HF_ERR_IO, source->path, 0,
		        "cannot be opened: %s; run it as the file's owner",
		        strerror(source->error));
	return HF_OK; /* parsing says that it is missing */
}

static enum hf_key_half half_of(const struct source *source)
{
	if (source->text.data == NULL)
		return source->error == ENOENT ? HF_HALF_MISSING : HF_HALF_UNREADABLE;
	return source->mode & (S_IRWXG | S_IRWXO) ? HF_HALF_EXPOSED : HF_HALF_SAFE;
}

static enum hf_err read_key(const char *base, enum hf_keyfile_flags flags, struct hf_diag *diag,
        struct hf_keyfile **ret_key)
{
	HF_CLEANUP(source_done) struct source key = {0};
	HF_CLEANUP(source_done) struct source private = {0};
	HF_CLEANUP(source_done) struct source state = {0};
	enum hf_err err = read_source(base, ".key", diag, &key);
	if (err == HF_OK)
		err = require(&key, diag);
	if (err == HF_OK)
		err = read_source(base, ".private", diag, &private);
	if (err == HF_OK && (flags & HF_KEYFILE_PRIVATE))
		err = check_private(&private, diag);
	if (err == HF_OK)
		err = read_source(base, ".state", diag, &state);
	if (err != HF_OK)
		return err;
	const struct hf_keyfile_text text = {
	        .key = (const char *)key.text.data,
	        .private = (const char *)private.text.data,
	        .state = (const char *)state.text.data,
	        .key_len = key.text.len,
	        .private_len = private.text.len,
	        .state_len = state.text.len,
	};
	struct hf_keyfile *made;
	err = hf_keyfile_parse(base, &text, flags, diag, &made);
	if (err != HF_OK)
		return err;
	made->half = half_of(&private);
	*ret_key = made;
	return HF_OK;
}

enum hf_err hf_keyfile_read(const char *path, enum hf_keyfile_flags flags, struct hf_diag *diag,
        struct hf_keyfile **ret_key)
{
	size_t len = strlen(path);
	static const char *const suffixes[] = {".key", ".private"};
	for (size_t i = 0; i < 2; i++) {
		size_t suffix = strlen(suffixes[i]);
		if (len > suffix && strcmp(path + len - suffix, suffixes[i]) == 0) {
			len -= suffix;
			break;
		}
	}
	char *base = strndup(path, len);
	if (base == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = read_key(base, flags, diag, ret_key);
	free(base);
	return err;
}
