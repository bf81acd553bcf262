/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The form of the database, and how an older one becomes it. A step is never changed once it was
 * released: what is new is a new step.
 */
#include "store/database.h"

#define APPLICATION 0x48464431 /* "HFD1": a SQLite file is ours */

/* Times are seconds since 1970; a fact that goes on has the largest number as its end. */
static const char *const steps[] = {
        "CREATE TABLE zone ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " name BLOB NOT NULL UNIQUE," /* wire form, lower case */
        " policy TEXT NOT NULL,"
        " settings TEXT NOT NULL,"
        " added INTEGER NOT NULL,"
        " state BLOB,"
        " soa_expire INTEGER NOT NULL DEFAULT 0"
        ") STRICT;"
        "CREATE TABLE content ("
        " id INTEGER PRIMARY KEY,"
        " zone INTEGER NOT NULL REFERENCES zone ON DELETE CASCADE,"
        " kind INTEGER NOT NULL,"
        " bytes BLOB NOT NULL,"
        " UNIQUE (zone, kind, bytes)"
        ") STRICT;"
        "CREATE TABLE place ("
        " id INTEGER PRIMARY KEY,"
        " zone INTEGER NOT NULL REFERENCES zone ON DELETE CASCADE,"
        " name TEXT NOT NULL,"
        " secondary INTEGER NOT NULL DEFAULT 0,"
        " UNIQUE (zone, name)"
        ") STRICT;"
        "CREATE TABLE fact ("
        " id INTEGER PRIMARY KEY,"
        " content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,"
        " place INTEGER NOT NULL REFERENCES place ON DELETE CASCADE,"
        " ttl INTEGER NOT NULL,"
        " rrsets INTEGER NOT NULL,"
        " first INTEGER NOT NULL,"
        " last INTEGER NOT NULL CHECK (last >= first),"
        " UNIQUE (content, place, ttl, first)"
        ") STRICT;"
        "CREATE INDEX fact_place ON fact (place, last);"
        "CREATE TABLE sighting ("
        " id INTEGER PRIMARY KEY,"
        " place INTEGER NOT NULL REFERENCES place ON DELETE CASCADE,"
        " seen INTEGER NOT NULL,"
        " version INTEGER NOT NULL,"
        " UNIQUE (place, version)"
        ") STRICT;"
        "CREATE TABLE note ("
        " id INTEGER PRIMARY KEY,"
        " zone INTEGER NOT NULL REFERENCES zone ON DELETE CASCADE,"
        " at INTEGER NOT NULL,"
        " kind TEXT NOT NULL,"
        " who TEXT,"
        " text TEXT NOT NULL"
        ") STRICT;"
        "CREATE INDEX note_zone ON note (zone, id);",
        "ALTER TABLE zone ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE zone ADD COLUMN serial INTEGER;"
        "ALTER TABLE zone ADD COLUMN restored INTEGER;"
        "ALTER TABLE zone ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;"
        "CREATE TABLE version ("
        " id INTEGER PRIMARY KEY,"
        " zone INTEGER NOT NULL REFERENCES zone ON DELETE CASCADE,"
        " number INTEGER NOT NULL," /* 64 bits, taken as signed */
        " serial INTEGER NOT NULL,"
        " at INTEGER NOT NULL"
        ") STRICT;"
        "CREATE INDEX version_zone ON version (zone, id);",
};
#define STEPS ((int)(sizeof(steps) / sizeof(steps[0])))

static enum hf_err pragma(
        struct hf_store *store, const char *sql, struct hf_diag *diag, int64_t *ret_value)
{
	struct hf_query query = hf_query_new(store, sql, diag);
	int64_t value = 0;
	if (hf_query_row(&query))
		value = sqlite3_column_int64(query.statement, 0);
	hf_query_done(&query);
	if (query.err == HF_OK)
		*ret_value = value;
	return query.err;
}

static enum hf_err take_step(struct hf_store *store, int step, struct hf_diag *diag)
{
	char sql[96];
	enum hf_err err = hf_store_begin(store, diag);
	if (err == HF_OK)
		err = hf_store_sql(store, steps[step], diag);
	if (err == HF_OK) {
		sqlite3_snprintf(sizeof(sql), sql,
		        "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION,
		        step + 1);
		err = hf_store_sql(store, sql, diag);
	}
	if (err == HF_OK)
		return hf_store_commit(store, diag);
	hf_store_rollback(store);
	return err;
}

enum hf_err hf_store_schema(struct hf_store *store, struct hf_diag *diag)
{
	int64_t application, version, tables;
	enum hf_err err = pragma(store, "PRAGMA application_id", diag, &application);
	if (err == HF_OK)
		err = pragma(store, "PRAGMA user_version", diag, &version);
	if (err == HF_OK)
		err = pragma(store, "SELECT count(*) FROM sqlite_schema", diag, &tables);
	if (err != HF_OK)
		return err;
	if (application != APPLICATION && (version != 0 || tables != 0))
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "%s/%s is the database of another program; move it away", store->folder,
		        HF_STORE_FILE);
	if (version > STEPS)
		return hf_fail(diag, HF_ERR_UNSUPPORTED,
		        "the state in %s has form %lld, and this program knows forms up to %d; use "
		        "the newer program that wrote it",
		        store->folder, (long long)version, STEPS);
	for (int step = (int)version; step < STEPS && err == HF_OK; step++)
		err = take_step(store, step, diag);
	return err;
}
