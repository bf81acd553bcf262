/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/database.h"

/* ---- opening ---- */

static enum hf_err make_folder(const char *folder, struct hf_diag *diag)
{
	struct stat status;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return hf_fail(
		        diag, HF_ERR_IO, "cannot make the folder %s: %s", folder, strerror(errno));
	if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
		return hf_fail(diag, HF_ERR_IO, "%s is no folder", folder);
	if ((status.st_mode & 077) != 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "others can get at the state in %s; chmod 700 %s", folder, folder);
	return HF_OK;
}

static enum hf_err take_lock(struct hf_store *store, struct hf_diag *diag)
{
	char *path;
	if (asprintf(&path, "%s/%s", store->folder, HF_STORE_LOCK) < 0)
		return HF_ERR_NOMEM;
	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int code = errno;
	free(path);
	if (store->lock < 0)
		return hf_fail(diag, HF_ERR_IO, "cannot open the lock in %s: %s", store->folder,
		        strerror(code));
	if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
		return HF_OK;
	if (errno == EWOULDBLOCK)
		return hf_fail(diag, HF_ERR_EXISTS,
		        "another process uses the state in %s; end that one first", store->folder);
	return hf_fail(
	        diag, HF_ERR_IO, "cannot lock the state in %s: %s", store->folder, strerror(errno));
}

/* A restore gives the database its name last. */
static enum hf_err check_restored(const struct hf_store *store, struct hf_diag *diag)
{
	char *part = NULL, *whole = NULL;
	bool broken = false;
	if (asprintf(&part, "%s/%s", store->folder, HF_STORE_RESTORING) < 0)
		part = NULL;
	if (asprintf(&whole, "%s/%s", store->folder, HF_STORE_FILE) < 0)
		whole = NULL;
	bool known = part != NULL && whole != NULL;
	if (known)
		broken = access(part, F_OK) == 0 && access(whole, F_OK) != 0;
	free(part);
	free(whole);
	if (!known)
		return HF_ERR_NOMEM;
	if (broken)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "a backup was being restored into %s, and that was broken off; empty the "
		        "folder and restore again",
		        store->folder);
	return HF_OK;
}

static enum hf_err open_database(struct hf_store *store, struct hf_diag *diag)
{
	char *path;
	if (asprintf(&path, "%s/%s", store->folder, HF_STORE_FILE) < 0)
		return HF_ERR_NOMEM;
	mode_t mask = umask(077);
	int code =
	        sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	umask(mask);
	free(path);
	if (store->db == NULL)
		return HF_ERR_NOMEM;
	if (code != SQLITE_OK)
		return hf_store_error(store, diag);
	/* Durable means durable: FULL syncs the log at each commit. The log is written back at
	 * 1,000 pages, and a large transaction's room is given up again. */
	return hf_store_sql(store,
	        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
	        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
	        "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 16777216;",
	        diag);
}

/* Damage that no query of today meets would be found on the day that it matters. */
static enum hf_err check_pages(struct hf_store *store, struct hf_diag *diag)
{
	int64_t bytes = 0;
	bool good = true;
	struct hf_query query = hf_query_new(store,
	        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", diag);
	if (hf_query_row(&query))
		bytes = sqlite3_column_int64(query.statement, 0);
	enum hf_err err = hf_query_run(&query);
	if (err != HF_OK || bytes > HF_STORE_CHECK_MAX)
		return err;
	query = hf_query_new(store, "PRAGMA quick_check(1)", diag);
	if (hf_query_row(&query)) {
		const char *words = (const char *)sqlite3_column_text(query.statement, 0);
		good = words != NULL && strcmp(words, "ok") == 0;
		if (!good)
			query.err = hf_fail(diag, HF_ERR_SYNTAX,
			        "%s/%s is damaged (%s); restore it from a backup", store->folder,
			        HF_STORE_FILE, words == NULL ? "unreadable" : words);
	}
	hf_query_done(&query);
	return query.err;
}

void hf_store_close(struct hf_store *store)
{
	if (store == NULL)
		return;
	hf_store_rollback(store);
	for (size_t i = 0; i < HF_STORE_STATEMENTS; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	if (store->lock >= 0)
		close(store->lock); /* and gives the lock up; the file stays, for nobody to race for
		                     */
	pthread_rwlock_destroy(&store->files);
	pthread_mutex_destroy(&store->mutex);
	free(store->folder);
	free(store);
}

const char *hf_store_folder(const struct hf_store *store)
{
	return store->folder;
}

static enum hf_err store_new(const char *folder, struct hf_store **ret_store)
{
	struct hf_store *store = calloc(1, sizeof(*store));
	if (store == NULL || (store->folder = strdup(folder)) == NULL) {
		free(store);
		return HF_ERR_NOMEM;
	}
	store->lock = -1;
	pthread_mutexattr_t recursive;
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&store->mutex, &recursive);
	pthread_mutexattr_destroy(&recursive);
	pthread_rwlock_init(&store->files, NULL);
	*ret_store = store;
	return HF_OK;
}

enum hf_err hf_store_open(const char *folder, struct hf_diag *diag, struct hf_store **ret_store)
{
	enum hf_err err = make_folder(folder, diag);
	if (err != HF_OK)
		return err;
	struct hf_store *store;
	err = store_new(folder, &store);
	if (err != HF_OK)
		return err;
	err = take_lock(store, diag);
	if (err == HF_OK)
		err = check_restored(store, diag);
	if (err == HF_OK)
		err = open_database(store, diag);
	if (err == HF_OK)
		err = check_pages(store, diag);
	if (err == HF_OK)
		err = hf_store_schema(store, diag);
	if (err != HF_OK) {
		hf_store_close(store);
		return err;
	}
	*ret_store = store;
	return HF_OK;
}

static enum hf_err open_to_read(struct hf_store *store, struct hf_diag *diag)
{
	char *path;
	if (asprintf(&path, "%s/%s", store->folder, HF_STORE_FILE) < 0)
		return HF_ERR_NOMEM;
	int code = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READONLY, NULL);
	free(path);
	if (store->db == NULL)
		return HF_ERR_NOMEM;
	if (code != SQLITE_OK)
		return hf_fail(diag, HF_ERR_IO,
		        "there is no state that can be read in %s: give the folder that the "
		        "daemon's "
		        "configuration names as state",
		        store->folder);
	/* One transaction, so that all that is read is of one moment. */
	return hf_store_sql(
	        store, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; BEGIN", diag);
}

enum hf_err hf_store_open_reader(
        const char *folder, struct hf_diag *diag, struct hf_store **ret_store)
{
	struct hf_store *store;
	enum hf_err err = store_new(folder, &store);
	if (err != HF_OK)
		return err;
	err = open_to_read(store, diag);
	if (err == HF_OK)
		err = hf_store_schema(store, diag);
	if (err == HF_OK)
		*ret_store = store;
	else
		hf_store_close(store);
	return err;
}

/* ---- transactions ---- */

enum hf_err hf_store_begin(struct hf_store *store, struct hf_diag *diag)
{
	hf_store_enter(store);
	enum hf_err err = hf_store_sql(store, "BEGIN IMMEDIATE", diag);
	if (err == HF_OK)
		store->begun = true; /* and the mutex stays taken */
	else
		hf_store_leave(store);
	return err;
}

/* The transaction is over: others may go on. */
static void ended(struct hf_store *store)
{
	if (!store->begun)
		return;
	store->begun = false;
	hf_store_leave(store);
}

enum hf_err hf_store_commit(struct hf_store *store, struct hf_diag *diag)
{
	hf_store_enter(store);
	enum hf_err err = hf_store_sql(store, "COMMIT", diag);
	if (err == HF_OK)
		ended(store);
	hf_store_leave(store);
	return err;
}

void hf_store_rollback(struct hf_store *store)
{
	hf_store_enter(store);
	/* Nothing to roll back is fine: some errors have done it already. */
	if (store->begun && sqlite3_get_autocommit(store->db) == 0)
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	ended(store);
	hf_store_leave(store);
}

/* ---- files beside the database ---- */

void hf_store_begin_replacing(struct hf_store *store)
{
	pthread_rwlock_rdlock(&store->files);
}

bool hf_store_try_replacing(struct hf_store *store)
{
	return pthread_rwlock_tryrdlock(&store->files) == 0;
}

void hf_store_end_replacing(struct hf_store *store)
{
	pthread_rwlock_unlock(&store->files);
}

void hf_store_begin_copying(struct hf_store *store)
{
	pthread_rwlock_wrlock(&store->files);
}

void hf_store_end_copying(struct hf_store *store)
{
	pthread_rwlock_unlock(&store->files);
}
