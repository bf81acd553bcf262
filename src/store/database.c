/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/database.h"

#include <string.h>

void hf_store_enter(struct hf_store *store)
{
	pthread_mutex_lock(&store->mutex);
}

void hf_store_leave(struct hf_store *store)
{
	pthread_mutex_unlock(&store->mutex);
}

enum hf_err hf_store_error(struct hf_store *store, struct hf_diag *diag)
{
	int code = sqlite3_errcode(store->db);
	const char *words = sqlite3_errmsg(store->db);
	switch (code) {
	case SQLITE_NOMEM:
		return HF_ERR_NOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "%s/%s is damaged (%s); restore it from a backup", store->folder,
		        HF_STORE_FILE, words);
	case SQLITE_FULL:
		return hf_fail(
		        diag, HF_ERR_IO, "no room for the state in %s; make room", store->folder);
	default:
		return hf_fail(diag, HF_ERR_IO, "the state in %s/%s cannot be used: %s",
		        store->folder, HF_STORE_FILE, words);
	}
}

/* Takes the statement out of those that are kept; NULL: it is not there, or in use. */
static sqlite3_stmt *take_statement(struct hf_store *store, const char *sql)
{
	for (size_t i = 0; i < HF_STORE_STATEMENTS; i++) {
		sqlite3_stmt *statement = store->statements[i];
		if (statement != NULL && strcmp(sqlite3_sql(statement), sql) == 0) {
			store->statements[i] = NULL;
			return statement;
		}
	}
	return NULL;
}

static void keep_statement(struct hf_store *store, sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	for (size_t i = 0; i < HF_STORE_STATEMENTS; i++) {
		if (store->statements[i] == NULL) {
			store->statements[i] = statement;
			return;
		}
	}
	sqlite3_finalize(statement);
}

struct hf_query hf_query_new(struct hf_store *store, const char *sql, struct hf_diag *diag)
{
	struct hf_query query = {.store = store, .diag = diag, .err = HF_OK};
	hf_store_enter(store);
	query.statement = take_statement(store, sql);
	if (query.statement == NULL &&
	        sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &query.statement,
	                NULL) != SQLITE_OK)
		query.err = hf_store_error(store, diag);
	return query;
}

void hf_query_done(struct hf_query *query)
{
	if (query->statement != NULL)
		keep_statement(query->store, query->statement);
	query->statement = NULL;
	hf_store_leave(query->store);
}

static void bound(struct hf_query *query, int code)
{
	if (code != SQLITE_OK)
		query->err = hf_store_error(query->store, query->diag);
}

void hf_query_number(struct hf_query *query, int64_t value)
{
	if (query->err == HF_OK)
		bound(query, sqlite3_bind_int64(query->statement, ++query->bound, value));
}

void hf_query_text(struct hf_query *query, const char *text)
{
	if (query->err == HF_OK)
		bound(query, sqlite3_bind_text(
		                     query->statement, ++query->bound, text, -1, SQLITE_STATIC));
}

void hf_query_bytes(struct hf_query *query, const void *bytes, size_t len)
{
	if (query->err != HF_OK)
		return;
	/* No bytes are an empty blob, not NULL. */
	bound(query, sqlite3_bind_blob64(query->statement, ++query->bound, len == 0 ? "" : bytes,
	                     len, SQLITE_STATIC));
}

bool hf_query_row(struct hf_query *query)
{
	if (query->err != HF_OK)
		return false;
	switch (sqlite3_step(query->statement)) {
	case SQLITE_ROW:
		return true;
	case SQLITE_DONE:
		return false;
	case SQLITE_CONSTRAINT:
		query->err = HF_ERR_EXISTS;
		return false;
	default:
		query->err = hf_store_error(query->store, query->diag);
		return false;
	}
}

enum hf_err hf_query_run(struct hf_query *query)
{
	while (hf_query_row(query))
		;
	hf_query_done(query);
	return query->err;
}

enum hf_err hf_store_sql(struct hf_store *store, const char *sql, struct hf_diag *diag)
{
	hf_store_enter(store);
	enum hf_err err = sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
	                          ? HF_OK
	                          : hf_store_error(store, diag);
	hf_store_leave(store);
	return err;
}
