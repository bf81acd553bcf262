/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/database.h"

#include <limits.h>

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

struct hf_query hf_query_new(struct hf_store *store, const char *sql, struct hf_diag *diag)
{
	struct hf_query query = {.store = store, .diag = diag, .err = HF_OK};
	if (sqlite3_prepare_v2(store->db, sql, -1, &query.statement, NULL) != SQLITE_OK)
		query.err = hf_store_error(store, diag);
	return query;
}

void hf_query_done(struct hf_query *query)
{
	sqlite3_finalize(query->statement);
	query->statement = NULL;
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
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return hf_store_error(store, diag);
	return HF_OK;
}
