/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store knows of a zone, but for the evidence. */
#include "store/database.h"

/* HF_ERR_NOTFOUND for a row that no zone belongs to: nothing else in such rows can clash. */
static enum hf_err belongs(enum hf_err err, struct hf_diag *diag)
{
	return err == HF_ERR_EXISTS ? hf_fail(diag, HF_ERR_NOTFOUND, "there is no such zone") : err;
}

/* ---- zones ---- */

enum hf_err hf_store_add_zone(struct hf_store *store, const struct hf_store_zone *zone,
        struct hf_diag *diag, int64_t *ret_id)
{
	char text[HF_NAME_TEXT];
	struct hf_name name = zone->name;
	hf_name_lower(&name);
	struct hf_query query = hf_query_new(store,
	        "INSERT INTO zone (name, policy, settings, added) VALUES (?, ?, ?, ?)"
	        " RETURNING id",
	        diag);
	hf_query_bytes(&query, name.wire, name.len);
	hf_query_text(&query, zone->policy);
	hf_query_text(&query, zone->settings);
	hf_query_number(&query, zone->added);
	int64_t id = 0;
	if (hf_query_row(&query))
		id = sqlite3_column_int64(query.statement, 0);
	enum hf_err err = hf_query_run(&query);
	if (err == HF_ERR_EXISTS)
		return hf_fail(
		        diag, err, "the zone %s is there already", hf_name_text(&name, text));
	if (err == HF_OK)
		*ret_id = id;
	return err;
}

/* Runs a statement that changes one zone; HF_ERR_NOTFOUND when there is none. */
static enum hf_err run_change(struct hf_query *query)
{
	struct hf_store *store = query->store;
	hf_store_enter(store);
	enum hf_err err = hf_query_run(query);
	bool none = err == HF_OK && sqlite3_changes(store->db) == 0;
	hf_store_leave(store);
	return none ? hf_fail(query->diag, HF_ERR_NOTFOUND, "there is no such zone") : err;
}

enum hf_err hf_store_change_zone(
        struct hf_store *store, const struct hf_store_zone *zone, struct hf_diag *diag)
{
	struct hf_query query =
	        hf_query_new(store, "UPDATE zone SET policy = ?, settings = ? WHERE id = ?", diag);
	hf_query_text(&query, zone->policy);
	hf_query_text(&query, zone->settings);
	hf_query_number(&query, zone->id);
	return run_change(&query);
}

enum hf_err hf_store_remove_zone(struct hf_store *store, int64_t id, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(store, "DELETE FROM zone WHERE id = ?", diag);
	hf_query_number(&query, id);
	return run_change(&query);
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
	return run_change(&query);
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

/* ---- marks ---- */

static void bind_optional(struct hf_query *query, bool is_there, int64_t value)
{
	if (is_there)
		hf_query_number(query, value);
	else
		hf_query_text(query, NULL);
}

enum hf_err hf_store_put_marks(struct hf_store *store, int64_t zone,
        const struct hf_store_marks *marks, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(
	        store, "UPDATE zone SET flags = ?, serial = ?, restored = ? WHERE id = ?", diag);
	hf_query_number(&query, marks->flags);
	bind_optional(&query, marks->has_serial, marks->serial);
	bind_optional(&query, marks->restored != HF_TIME_NONE, marks->restored);
	hf_query_number(&query, zone);
	return run_change(&query);
}

static bool is_null(const struct hf_query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

enum hf_err hf_store_get_marks(struct hf_store *store, int64_t zone, struct hf_diag *diag,
        struct hf_store_marks *ret_marks)
{
	struct hf_store_marks marks = {.flags = 0};
	struct hf_query query =
	        hf_query_new(store, "SELECT flags, serial, restored FROM zone WHERE id = ?", diag);
	hf_query_number(&query, zone);
	bool found = hf_query_row(&query);
	if (found) {
		marks.flags = (unsigned)sqlite3_column_int64(query.statement, 0);
		marks.has_serial = !is_null(&query, 1);
		marks.serial = (uint32_t)sqlite3_column_int64(query.statement, 1);
		marks.restored = is_null(&query, 2) ? HF_TIME_NONE
		                                    : sqlite3_column_int64(query.statement, 2);
	}
	hf_query_done(&query);
	if (query.err != HF_OK)
		return query.err;
	if (!found)
		return hf_fail(diag, HF_ERR_NOTFOUND, "there is no such zone");
	*ret_marks = marks;
	return HF_OK;
}

enum hf_err hf_store_touch(struct hf_store *store, int64_t zone, struct hf_diag *diag)
{
	struct hf_query query =
	        hf_query_new(store, "UPDATE zone SET touched = touched + 1 WHERE id = ?", diag);
	hf_query_number(&query, zone);
	return run_change(&query);
}

/* ---- versions ---- */

static enum hf_err forget_versions(struct hf_store *store, int64_t zone, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(store,
	        "DELETE FROM version WHERE zone = ?1 AND id <= (SELECT id FROM version WHERE"
	        " zone = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
	        diag);
	hf_query_number(&query, zone);
	hf_query_number(&query, HF_STORE_VERSIONS);
	return hf_query_run(&query);
}

enum hf_err hf_store_add_version(struct hf_store *store, int64_t zone,
        const struct hf_store_version *version, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(
	        store, "INSERT INTO version (zone, number, serial, at) VALUES (?, ?, ?, ?)", diag);
	hf_query_number(&query, zone);
	hf_query_number(&query, (int64_t)version->number);
	hf_query_number(&query, version->serial);
	hf_query_number(&query, version->at);
	enum hf_err err = belongs(hf_query_run(&query), diag);
	return err == HF_OK ? forget_versions(store, zone, diag) : err;
}

enum hf_err hf_store_versions(struct hf_store *store, int64_t zone, unsigned limit,
        hf_store_version_fn *visit, void *context, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(store,
	        "SELECT number, serial, at FROM version WHERE zone = ? ORDER BY id DESC LIMIT ?",
	        diag);
	hf_query_number(&query, zone);
	hf_query_number(&query, limit);
	while (hf_query_row(&query) && query.err == HF_OK) {
		const struct hf_store_version version = {
		        .number = (uint64_t)sqlite3_column_int64(query.statement, 0),
		        .serial = (uint32_t)sqlite3_column_int64(query.statement, 1),
		        .at = sqlite3_column_int64(query.statement, 2)};
		query.err = visit(context, &version);
	}
	hf_query_done(&query);
	return query.err;
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
	return belongs(hf_query_run(&query), diag);
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
