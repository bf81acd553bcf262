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
	/* Durable means durable: FULL syncs the log at each commit. */
	return hf_store_sql(store,
	        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
	        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
	        diag);
}

void hf_store_close(struct hf_store *store)
{
	if (store == NULL)
		return;
	sqlite3_close(store->db); /* rolls back */
	if (store->lock >= 0)
		close(store->lock); /* and gives the lock up; the file stays, for nobody to race for
		                     */
	free(store->folder);
	free(store);
}

enum hf_err hf_store_open(const char *folder, struct hf_diag *diag, struct hf_store **ret_store)
{
	enum hf_err err = make_folder(folder, diag);
	if (err != HF_OK)
		return err;
	struct hf_store *store = calloc(1, sizeof(*store));
	if (store == NULL || (store->folder = strdup(folder)) == NULL) {
		free(store);
		return HF_ERR_NOMEM;
	}
	store->lock = -1;
	err = take_lock(store, diag);
	if (err == HF_OK)
		err = open_database(store, diag);
	if (err == HF_OK)
		err = hf_store_schema(store, diag);
	if (err != HF_OK) {
		hf_store_close(store);
		return err;
	}
	*ret_store = store;
	return HF_OK;
}

/* ---- transactions ---- */

enum hf_err hf_store_begin(struct hf_store *store, struct hf_diag *diag)
{
	return hf_store_sql(store, "BEGIN IMMEDIATE", diag);
}

enum hf_err hf_store_commit(struct hf_store *store, struct hf_diag *diag)
{
	return hf_store_sql(store, "COMMIT", diag);
}

void hf_store_rollback(struct hf_store *store)
{
	/* Nothing to roll back is fine: some errors have done it already. */
	if (sqlite3_get_autocommit(store->db) == 0)
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

enum hf_err hf_store_backup(struct hf_store *store, const char *path, struct hf_diag *diag)
{
	if (access(path, F_OK) == 0)
		return hf_fail(diag, HF_ERR_EXISTS,
		        "%s exists already and is not overwritten; move it away first", path);
	mode_t mask = umask(077);
	struct hf_query query = hf_query_new(store, "VACUUM INTO ?", diag);
	hf_query_text(&query, path);
	enum hf_err err = hf_query_run(&query);
	umask(mask);
	return err;
}

/* ---- zones ---- */

enum hf_err hf_store_add_zone(struct hf_store *store, const struct hf_store_zone *zone,
        struct hf_diag *diag, int64_t *ret_id)
{
	char text[HF_NAME_TEXT];
	struct hf_name name = zone->name;
	hf_name_lower(&name);
	struct hf_query query = hf_query_new(store,
	        "INSERT INTO zone (name, policy, settings, added) VALUES (?, ?, ?, ?)", diag);
	hf_query_bytes(&query, name.wire, name.len);
	hf_query_text(&query, zone->policy);
	hf_query_text(&query, zone->settings);
	hf_query_number(&query, zone->added);
	enum hf_err err = hf_query_run(&query);
	if (err == HF_ERR_EXISTS)
		return hf_fail(
		        diag, err, "the zone %s is there already", hf_name_text(&name, text));
	if (err == HF_OK)
		*ret_id = sqlite3_last_insert_rowid(store->db);
	return err;
}

/* HF_ERR_NOTFOUND when the statement found no zone to change. */
static enum hf_err changed(struct hf_store *store, enum hf_err err, struct hf_diag *diag)
{
	if (err == HF_OK && sqlite3_changes(store->db) == 0)
		return hf_fail(diag, HF_ERR_NOTFOUND, "there is no such zone");
	return err;
}

enum hf_err hf_store_change_zone(
        struct hf_store *store, const struct hf_store_zone *zone, struct hf_diag *diag)
{
	struct hf_query query =
	        hf_query_new(store, "UPDATE zone SET policy = ?, settings = ? WHERE id = ?", diag);
	hf_query_text(&query, zone->policy);
	hf_query_text(&query, zone->settings);
	hf_query_number(&query, zone->id);
	return changed(store, hf_query_run(&query), diag);
}

enum hf_err hf_store_remove_zone(struct hf_store *store, int64_t id, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(store, "DELETE FROM zone WHERE id = ?", diag);
	hf_query_number(&query, id);
	return changed(store, hf_query_run(&query), diag);
}

/* A text column: borrowed until the next row. */
static const char *text_at(struct hf_query *query, int column)
{
	return (const char *)sqlite3_column_text(query->statement, column);
}

enum hf_err hf_store_zones(
        struct hf_store *store, hf_store_zone_fn *visit, void *context, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(
	        store, "SELECT id, name, policy, settings, added FROM zone ORDER BY name", diag);
	while (hf_query_row(&query) && query.err == HF_OK) {
		struct hf_store_zone zone = {.id = sqlite3_column_int64(query.statement, 0),
		        .policy = text_at(&query, 2),
		        .settings = text_at(&query, 3),
		        .added = sqlite3_column_int64(query.statement, 4)};
		struct hf_cursor in;
		hf_cursor_init(&in, sqlite3_column_blob(query.statement, 1),
		        (size_t)sqlite3_column_bytes(query.statement, 1));
		if (!hf_get_name(&in, &zone.name) || hf_cursor_left(&in) != 0)
			query.err =
			        hf_fail(diag, HF_ERR_SYNTAX, "%s/%s has a zone whose name is none",
			                store->folder, HF_STORE_FILE);
		else if (zone.policy == NULL || zone.settings == NULL)
			query.err = HF_ERR_NOMEM;
		else
			query.err = visit(context, &zone);
	}
	hf_query_done(&query);
	return query.err;
}

/* ---- what keys are doing ---- */

enum hf_err hf_store_put_state(
        struct hf_store *store, int64_t zone, const void *bytes, size_t len, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(store, "UPDATE zone SET state = ? WHERE id = ?", diag);
	hf_query_bytes(&query, bytes, len);
	hf_query_number(&query, zone);
	return changed(store, hf_query_run(&query), diag);
}

enum hf_err hf_store_get_state(
        struct hf_store *store, int64_t zone, struct hf_buf *out, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(
	        store, "SELECT state FROM zone WHERE id = ? AND state IS NOT NULL", diag);
	hf_query_number(&query, zone);
	bool found = hf_query_row(&query);
	if (found) {
		const void *bytes = sqlite3_column_blob(query.statement, 0);
		hf_put_bytes(out, bytes, (size_t)sqlite3_column_bytes(query.statement, 0));
	}
	hf_query_done(&query);
	if (query.err != HF_OK)
		return query.err;
	return found ? hf_buf_check(out) : HF_ERR_NOTFOUND;
}

/* ---- the log ---- */

enum hf_err hf_store_add_note(struct hf_store *store, int64_t zone,
        const struct hf_store_note *note, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(
	        store, "INSERT INTO note (zone, at, kind, who, text) VALUES (?, ?, ?, ?, ?)", diag);
	hf_query_number(&query, zone);
	hf_query_number(&query, note->at);
	hf_query_text(&query, note->kind);
	hf_query_text(&query, note->who);
	hf_query_text(&query, note->text);
	enum hf_err err = hf_query_run(&query);
	/* Nothing in a note is unique: what can clash is the zone that it is about. */
	return err == HF_ERR_EXISTS ? hf_fail(diag, HF_ERR_NOTFOUND, "there is no such zone") : err;
}

enum hf_err hf_store_notes(struct hf_store *store, int64_t zone, unsigned limit,
        hf_store_note_fn *visit, void *context, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(store,
	        "SELECT at, kind, who, text FROM note WHERE zone = ? ORDER BY id DESC LIMIT ?",
	        diag);
	hf_query_number(&query, zone);
	hf_query_number(&query, limit);
	while (hf_query_row(&query) && query.err == HF_OK) {
		const struct hf_store_note note = {.at = sqlite3_column_int64(query.statement, 0),
		        .kind = text_at(&query, 1),
		        .who = text_at(&query, 2),
		        .text = text_at(&query, 3)};
		query.err = note.kind == NULL || note.text == NULL ? HF_ERR_NOMEM
		                                                   : visit(context, &note);
	}
	hf_query_done(&query);
	return query.err;
}
