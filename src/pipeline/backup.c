/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/backup_names.h"
#include "pipeline/statefolder.h"
#include "pipeline/tarfile.h"
#include "zone/journal.h"

#define SNAPSHOT HF_STORE_FILE ".copy" /* of the database, for as long as it is being packed */

struct making {
	struct hf_store *store;
	const char *state; /* the state folder */
	struct hf_outfile *out;
	struct hf_buf sums; /* the text of the last member */
	struct hf_diag *diag;
	struct hf_backup_result result;
};

static enum hf_err fail_read(const struct making *making, const char *name)
{
	return hf_fail(making->diag, HF_ERR_IO, "cannot read %s/%s: %s", making->state, name,
	        strerror(errno));
}

/* ---- members ---- */

static enum hf_err put_open(struct making *making, const char *name, int fd, uint64_t size)
{
	struct hf_tar_member member = {.size = size, .at = making->result.at};
	char sum[HF_TAR_HEX];
	snprintf(member.name, sizeof(member.name), "%s", name);
	enum hf_err err = hf_tar_put(making->out, &member, fd, making->diag, sum);
	if (err != HF_OK)
		return err;
	hf_put_format(&making->sums, "%s  %s\n", sum, name);
	making->result.files++;
	making->result.bytes += size;
	return hf_buf_check(&making->sums);
}

/* A file of the state folder; *ret_fd is −1 when it is gone by now. */
static enum hf_err open_file(struct making *making, const char *name, int *ret_fd)
{
	char *path;
	if (asprintf(&path, "%s/%s", making->state, name) < 0)
		return HF_ERR_NOMEM;
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int code = errno;
	free(path);
	errno = code;
	return *ret_fd >= 0 || code == ENOENT ? HF_OK : fail_read(making, name);
}

static enum hf_err put_whole(struct making *making, const char *name, const char *file)
{
	struct stat status;
	int fd;
	enum hf_err err = open_file(making, file, &fd);
	if (err != HF_OK || fd < 0)
		return err;
	if (fstat(fd, &status) != 0)
		err = fail_read(making, file);
	else if (S_ISREG(status.st_mode))
		err = put_open(making, name, fd, (uint64_t)status.st_size);
	close(fd);
	return err;
}

/* As far as its last version: what is being written behind that may yet be taken back. */
static enum hf_err put_journal(struct making *making, const char *name)
{
	uint64_t size;
	int fd;
	enum hf_err err = open_file(making, name, &fd);
	if (err != HF_OK || fd < 0)
		return err;
	err = hf_journal_extent(fd, &size);
	if (err == HF_OK)
		err = put_open(making, name, fd, size);
	else
		err = hf_fail(making->diag, err,
		        "the journal %s/%s cannot be read; repair that before the backup",
		        making->state, name);
	close(fd);
	return err;
}

/* ---- folders ---- */

typedef enum hf_err visit_fn(struct making *making, const char *name);

/* Calls it for whatever in the folder is part of a backup. A folder that is not there is empty. */
static enum hf_err walk(struct making *making, const char *folder, visit_fn *visit)
{
	char *path;
	if (asprintf(&path, "%s/%s", making->state, folder) < 0)
		return HF_ERR_NOMEM;
	DIR *dir = opendir(path);
	free(path);
	if (dir == NULL)
		return errno == ENOENT ? HF_OK : fail_read(making, folder);
	enum hf_err err = HF_OK;
	const struct dirent *entry;
	while (err == HF_OK && (entry = readdir(dir)) != NULL) {
		char name[HF_TAR_NAME];
		int len = snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
		if (len > 0 && (size_t)len < sizeof(name) && entry->d_name[0] != '.')
			err = visit(making, name);
	}
	closedir(dir);
	return err;
}

static enum hf_err put_key_file(struct making *making, const char *name)
{
	return hf_backup_takes(name) ? put_whole(making, name, name) : HF_OK;
}

static enum hf_err put_key_folder(struct making *making, const char *name)
{
	return walk(making, name, put_key_file);
}

static enum hf_err put_zone_file(struct making *making, const char *name)
{
	return hf_backup_takes(name) ? put_journal(making, name) : HF_OK;
}

static enum hf_err put_zone(struct making *making, const char *name)
{
	return walk(making, name, put_zone_file);
}

/* ---- the whole ---- */

static enum hf_err count_zone(void *context, const struct hf_store_zone *zone)
{
	(*(uint64_t *)context)++;
	return HF_OK;
}

static enum hf_err put_database(struct making *making)
{
	char *path;
	if (asprintf(&path, "%s/%s", making->state, SNAPSHOT) < 0)
		return HF_ERR_NOMEM;
	unlink(path); /* a crash may have left one */
	enum hf_err err = hf_store_backup(making->store, path, making->diag);
	if (err == HF_OK) {
		err = put_whole(making, HF_STORE_FILE, SNAPSHOT);
		unlink(path);
	}
	free(path);
	return err;
}

/* The database first, and the keys last: what comes in between is more than the database knows of,
 * never less. */
static enum hf_err put_all(struct making *making)
{
	enum hf_err err = put_database(making);
	if (err == HF_OK)
		err = walk(making, HF_STATE_ZONES, put_zone);
	if (err == HF_OK)
		err = walk(making, HF_STATE_KEYS, put_key_folder);
	if (err == HF_OK)
		err = hf_store_zones(
		        making->store, count_zone, &making->result.zones, making->diag);
	if (err != HF_OK)
		return err;
	const struct hf_tar_member member = {
	        .name = HF_BACKUP_SUMS, .size = making->sums.len, .at = making->result.at};
	err = hf_tar_put_text(making->out, &member, making->sums.data, making->diag);
	return err == HF_OK ? hf_tar_end(making->out, making->diag) : err;
}

enum hf_err hf_backup_make(struct hf_store *store, const char *path, hf_time now,
        struct hf_diag *diag, struct hf_backup_result *ret_result)
{
	struct making making = {.store = store,
	        .state = hf_store_folder(store),
	        .diag = diag,
	        .result = {.at = now}};
	if (strcmp(path, "-") == 0)
		return hf_fail(diag, HF_ERR_INVALID,
		        "a backup has private keys in it and goes to a file; give its path");
	enum hf_err err = hf_outfile_new(path, 0600, HF_OUTFILE_EXCLUSIVE, diag, &making.out);
	if (err != HF_OK)
		return err;
	hf_store_begin_copying(store);
	err = put_all(&making);
	hf_store_end_copying(store);
	if (err == HF_OK)
		err = hf_outfile_commit(making.out, diag);
	hf_outfile_free(making.out);
	hf_buf_done(&making.sums);
	if (err == HF_OK)
		*ret_result = making.result;
	return err;
}
