/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A copy of the database, a few pages at a time, so that others can work in between. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/database.h"

#define PAGES 256 /* copied at a time: about a millisecond */

static enum hf_err failed(sqlite3 *copy, const char *path, struct hf_diag *diag)
{
	if (copy == NULL || sqlite3_errcode(copy) == SQLITE_NOMEM)
		return HF_ERR_NOMEM;
	return hf_fail(diag, HF_ERR_IO, "cannot write the copy of the database to %s: %s", path,
	        sqlite3_errmsg(copy));
}

/* Changes made through the store meanwhile are carried over: the copy is of the last moment. */
static int copy_pages(struct hf_store *store, sqlite3_backup *backup)
{
	int code;
	do {
		hf_store_enter(store);
		code = sqlite3_backup_step(backup, PAGES);
		hf_store_leave(store);
	} while (code == SQLITE_OK);
	return code;
}

static enum hf_err copy(struct hf_store *store, sqlite3 *to, const char *path, struct hf_diag *diag)
{
	hf_store_enter(store);
	bool begun = store->begun; /* by this very thread */
	sqlite3_backup *backup = begun ? NULL : sqlite3_backup_init(to, "main", store->db, "main");
	hf_store_leave(store);
	if (begun)
		return hf_fail(diag, HF_ERR_INVALID, "a transaction is open; end it first");
	if (backup == NULL)
		return failed(to, path, diag);
	int code = copy_pages(store, backup);
	hf_store_enter(store);
	sqlite3_backup_finish(backup);
	hf_store_leave(store);
	return code == SQLITE_DONE ? HF_OK : failed(to, path, diag);
}

enum hf_err hf_store_backup(struct hf_store *store, const char *path, struct hf_diag *diag)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return hf_fail(diag, HF_ERR_EXISTS,
		        "%s exists already and is not overwritten; move it away first", path);
	if (fd < 0)
		return hf_fail(diag, HF_ERR_IO, "cannot make %s: %s", path, strerror(errno));
	close(fd);
	sqlite3 *to = NULL;
	enum hf_err err = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
	                          ? HF_OK
	                          : failed(to, path, diag);
	if (err == HF_OK)
		err = copy(store, to, path, diag);
	if (sqlite3_close(to) != SQLITE_OK && err == HF_OK)
		err = failed(to, path, diag);
	if (err != HF_OK)
		unlink(path);
	return err;
}
