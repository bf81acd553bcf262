/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A backup becomes a state folder: unpacked into a folder within it, proved there, and moved to its
 * place with the database last.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/backup.h"
#include "pipeline/backup_names.h"
#include "pipeline/ledger.h"
#include "pipeline/statefolder.h"
#include "pipeline/tarfile.h"

#define SUMS_MAX (1u << 30) /* bytes: more members than any state has */

struct restoring {
	struct hf_tar_reader reader;
	const char *folder; /* the state folder */
	char *inner;        /* the folder that everything is unpacked into */
	struct stat owner;  /* of the state folder */
	struct hf_buf sums; /* of what was unpacked */
	bool complete;      /* the last member was there, and said the same */
	bool has_database;
	bool moving; /* things are on their way to their places */
	hf_time now;
	struct hf_diag *diag;
	struct hf_backup_result result;
};

static enum hf_err damaged(const struct restoring *restoring, const char *what)
{
	return hf_fail(restoring->diag, HF_ERR_SYNTAX, "%s: %s; take another backup",
	        restoring->reader.path, what);
}

static enum hf_err fail_write(const struct restoring *restoring, const char *path)
{
	return hf_fail(restoring->diag, HF_ERR_IO, "cannot write %s: %s", path, strerror(errno));
}

/* ---- unpacking ---- */

/* The daemon has to be able to read what root restores. */
static enum hf_err give_to_owner(const struct restoring *restoring, const char *path)
{
	if (geteuid() != 0 || restoring->owner.st_uid == 0)
		return HF_OK;
	return lchown(path, restoring->owner.st_uid, restoring->owner.st_gid) == 0
	               ? HF_OK
	               : fail_write(restoring, path);
}

/* The folders above a file. */
static enum hf_err make_folders(const struct restoring *restoring, char *path)
{
	enum hf_err err = HF_OK;
	char *at = path + strlen(restoring->inner) + 1;
	while (err == HF_OK && (at = strchr(at, '/')) != NULL) {
		*at = '\0';
		if (mkdir(path, 0700) == 0)
			err = give_to_owner(restoring, path);
		else if (errno != EEXIST)
			err = fail_write(restoring, path);
		*at++ = '/';
	}
	return err;
}

static enum hf_err unpack_to(
        struct restoring *restoring, const struct hf_tar_member *member, const char *path)
{
	char sum[HF_TAR_HEX];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return damaged(restoring, "it has one file twice");
	if (fd < 0)
		return fail_write(restoring, path);
	enum hf_err err = hf_tar_get(&restoring->reader, member, fd, path, sum);
	if (err == HF_OK && fsync(fd) != 0)
		err = fail_write(restoring, path);
	close(fd);
	if (err != HF_OK)
		return err;
	hf_put_format(&restoring->sums, "%s  %s\n", sum, member->name);
	restoring->result.files++;
	restoring->result.bytes += member->size;
	err = hf_buf_check(&restoring->sums);
	return err == HF_OK ? give_to_owner(restoring, path) : err;
}

static enum hf_err unpack(struct restoring *restoring, const struct hf_tar_member *member)
{
	char *path;
	if (!hf_backup_takes(member->name))
		return damaged(restoring, "it has a file that no backup has");
	if (strcmp(member->name, HF_STORE_FILE) == 0) {
		restoring->has_database = true;
		restoring->result.at = member->at;
	}
	if (asprintf(&path, "%s/%s", restoring->inner, member->name) < 0)
		return HF_ERR_NOMEM;
	enum hf_err err = make_folders(restoring, path);
	if (err == HF_OK)
		err = unpack_to(restoring, member, path);
	free(path);
	return err;
}

/* The last member says what all others must be. */
static enum hf_err check_sums(struct restoring *restoring, const struct hf_tar_member *member)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {.data = NULL};
	if (member->size > SUMS_MAX || member->size != restoring->sums.len)
		return damaged(restoring, "its list of sums is another backup's");
	enum hf_err err = hf_tar_get_text(&restoring->reader, member, &text);
	if (err != HF_OK)
		return err;
	if (text.len == 0 || memcmp(text.data, restoring->sums.data, text.len) != 0)
		return damaged(restoring, "a file in it has not the sum that it had");
	restoring->complete = true;
	return HF_OK;
}

static enum hf_err unpack_all(struct restoring *restoring)
{
	struct hf_tar_member member;
	bool end = false;
	for (;;) {
		enum hf_err err = hf_tar_next(&restoring->reader, &member, &end);
		if (err != HF_OK)
			return err;
		if (end && restoring->complete && restoring->has_database)
			return HF_OK;
		if (end || restoring->complete)
			return damaged(restoring, "it is not complete");
		err = strcmp(member.name, HF_BACKUP_SUMS) == 0 ? check_sums(restoring, &member)
		                                               : unpack(restoring, &member);
		if (err != HF_OK)
			return err;
	}
}

/* ---- zones ---- */

struct zones {
	int64_t *ids;
	size_t count;
};

static enum hf_err list_zone(void *context, const struct hf_store_zone *zone)
{
	struct zones *zones = context;
	int64_t *ids = reallocarray(zones->ids, zones->count + 1, sizeof(*ids));
	if (ids == NULL)
		return HF_ERR_NOMEM;
	ids[zones->count++] = zone->id;
	zones->ids = ids;
	return HF_OK;
}

struct mark {
	bool is_there;
	struct hf_store_version version;
};

static enum hf_err take_mark(void *context, const struct hf_store_version *version)
{
	*(struct mark *)context = (struct mark){.is_there = true, .version = *version};
	return HF_OK;
}

/* Cuts the journal back to what the database knows, and tells the newest serial that it had. */
static enum hf_err cut_journal(const struct restoring *restoring, const char *path,
        const struct mark *mark, struct hf_store_marks *marks)
{
	struct hf_journal *journal;
	struct hf_journal_history newest;
	struct hf_soa soa;
	enum hf_err err = hf_journal_open(path, 1, NULL, restoring->diag, &journal, &newest);
	if (err == HF_ERR_NOTFOUND)
		return mark->is_there ? HF_ERR_SYNTAX : HF_OK;
	if (err != HF_OK)
		return err;
	if (hf_version_soa(newest.list[0].version, &soa) &&
	        (!marks->has_serial || hf_serial_before(marks->serial, soa.serial))) {
		marks->has_serial = true;
		marks->serial = soa.serial;
	}
	hf_journal_history_done(&newest);
	if (mark->is_there)
		err = hf_journal_cut(journal, mark->version.number, restoring->diag);
	else if (unlink(path) != 0)
		err = fail_write(restoring, path);
	hf_journal_close(journal);
	return err == HF_ERR_NOTFOUND
	               ? damaged(restoring, "a journal lacks what the database says was published")
	               : err;
}

static enum hf_err put_note(struct hf_store *store, int64_t id, const struct restoring *restoring)
{
	char made[HF_TIME_TEXT], text[256];
	snprintf(text, sizeof(text),
	        "Restored from a backup of %s; what was published since then is not known.",
	        hf_time_rfc3339(restoring->result.at, made));
	const struct hf_store_note note = {.at = restoring->now, .kind = "restored", .text = text};
	return hf_store_add_note(store, id, &note, restoring->diag);
}

static enum hf_err prepare_zone(
        const struct restoring *restoring, struct hf_store *store, int64_t id)
{
	struct hf_store_marks marks;
	struct mark mark = {.is_there = false};
	char *path;
	enum hf_err err = hf_store_get_marks(store, id, restoring->diag, &marks);
	if (err == HF_OK)
		err = hf_store_versions(store, id, 1, take_mark, &mark, restoring->diag);
	if (err != HF_OK)
		return err;
	if (asprintf(&path, "%s/" HF_STATE_ZONES "/%lld/" HF_LEDGER_PUBLISHED, restoring->inner,
	            (long long)id) < 0)
		return HF_ERR_NOMEM;
	err = cut_journal(restoring, path, &mark, &marks);
	free(path);
	if (err != HF_OK)
		return err;
	marks.flags |= HF_LEDGER_HELD | HF_LEDGER_RESTORED;
	marks.restored = restoring->now;
	err = hf_store_put_marks(store, id, &marks, restoring->diag);
	return err == HF_OK ? put_note(store, id, restoring) : err;
}

static enum hf_err prepare_zones(
        struct restoring *restoring, struct hf_store *store, const struct zones *zones)
{
	enum hf_err err = hf_store_begin(store, restoring->diag);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < zones->count && err == HF_OK; i++)
		err = prepare_zone(restoring, store, zones->ids[i]);
	if (err == HF_OK)
		err = hf_store_commit(store, restoring->diag);
	if (err != HF_OK)
		hf_store_rollback(store);
	restoring->result.zones = zones->count;
	return err;
}

static enum hf_err prepare(struct restoring *restoring)
{
	struct hf_store *store;
	struct zones zones = {.ids = NULL};
	enum hf_err err = hf_store_open(restoring->inner, restoring->diag, &store);
	if (err != HF_OK)
		return err;
	err = hf_store_zones(store, list_zone, &zones, restoring->diag);
	if (err == HF_OK)
		err = prepare_zones(restoring, store, &zones);
	free(zones.ids);
	hf_store_close(store);
	return err;
}

/* ---- folders ---- */

static enum hf_err sync_folder(const struct restoring *restoring, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Everything on that disk: folders in folders, and what SQLite left. */
	enum hf_err err = fd >= 0 && syncfs(fd) == 0 ? HF_OK : fail_write(restoring, path);
	if (fd >= 0)
		close(fd);
	return err;
}

static enum hf_err move_up(const struct restoring *restoring, const char *name)
{
	char *from, *to = NULL;
	if (asprintf(&from, "%s/%s", restoring->inner, name) < 0)
		return HF_ERR_NOMEM;
	if (asprintf(&to, "%s/%s", restoring->folder, name) < 0) {
		free(from);
		return HF_ERR_NOMEM;
	}
	enum hf_err err = HF_OK;
	if (rename(from, to) != 0 && errno != ENOENT)
		err = fail_write(restoring, to);
	free(from);
	free(to);
	return err;
}

/* With the database's name the state is there; until then hf_store_open refuses the folder. */
static enum hf_err move_all(struct restoring *restoring)
{
	enum hf_err err = sync_folder(restoring, restoring->inner);
	if (err != HF_OK)
		return err;
	restoring->moving = true;
	err = move_up(restoring, HF_STATE_ZONES);
	if (err == HF_OK)
		err = move_up(restoring, HF_STATE_KEYS);
	if (err == HF_OK)
		err = sync_folder(restoring, restoring->folder);
	if (err == HF_OK)
		err = move_up(restoring, HF_STORE_FILE);
	return err == HF_OK ? sync_folder(restoring, restoring->folder) : err;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	return remove(path);
}

static enum hf_err check_empty(const struct restoring *restoring)
{
	DIR *dir = opendir(restoring->folder);
	if (dir == NULL)
		return hf_fail(restoring->diag, HF_ERR_IO, "cannot read the folder %s: %s",
		        restoring->folder, strerror(errno));
	const struct dirent *entry;
	bool empty = true;
	while (empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(dir);
	if (!empty)
		return hf_fail(restoring->diag, HF_ERR_EXISTS,
		        "%s is not empty; a backup is restored into an empty folder, so move away "
		        "what is there",
		        restoring->folder);
	return HF_OK;
}

static enum hf_err make_inner(struct restoring *restoring)
{
	enum hf_err err = hf_state_make_folder(restoring->folder, restoring->diag);
	if (err == HF_OK)
		err = check_empty(restoring);
	if (err != HF_OK)
		return err;
	if (stat(restoring->folder, &restoring->owner) != 0)
		return fail_write(restoring, restoring->folder);
	if (asprintf(&restoring->inner, "%s/" HF_STORE_RESTORING, restoring->folder) < 0) {
		restoring->inner = NULL;
		return HF_ERR_NOMEM;
	}
	if (mkdir(restoring->inner, 0700) != 0)
		return fail_write(restoring, restoring->inner);
	return HF_OK;
}

static enum hf_err restore(struct restoring *restoring)
{
	enum hf_err err = make_inner(restoring);
	if (err != HF_OK)
		return err;
	err = unpack_all(restoring);
	if (err == HF_OK)
		err = prepare(restoring);
	if (err == HF_OK)
		err = move_all(restoring);
	/* What stays says to hf_store_open that the state is not whole. */
	if (err == HF_OK || !restoring->moving)
		nftw(restoring->inner, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return err;
}

enum hf_err hf_backup_restore(const char *path, const char *folder, hf_time now,
        struct hf_diag *diag, struct hf_backup_result *ret_result)
{
	struct restoring restoring = {
	        .reader = {.path = path, .diag = diag}, .folder = folder, .now = now, .diag = diag};
	restoring.reader.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (restoring.reader.fd < 0)
		return hf_fail(diag, HF_ERR_IO, "cannot read %s: %s", path, strerror(errno));
	bool was_there = access(folder, F_OK) == 0;
	enum hf_err err = restore(&restoring);
	if (err != HF_OK && !was_there)
		(void)rmdir(folder); /* one with something in it stays */
	close(restoring.reader.fd);
	hf_buf_done(&restoring.sums);
	free(restoring.inner);
	if (err == HF_OK)
		*ret_result = restoring.result;
	return err;
}
