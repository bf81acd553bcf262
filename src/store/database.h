/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite, as the store uses it: statements with values bound, errors with a sentence.
 *
 * For this part only. A query holds the store from hf_query_new to hf_query_done, which every query
 * ends with; so several threads may have some, one after the other.
 */
#ifndef HF_STORE_DATABASE_H
#define HF_STORE_DATABASE_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/store.h"

#define HF_STORE_STATEMENTS 32 /* kept prepared */

struct hf_store {
	sqlite3 *db;
	int lock; /* descriptor that holds the lock */
	char *folder;
	pthread_mutex_t mutex; /* recursive; over all that follows, and the database */
	bool begun;            /* a transaction; its thread holds the mutex */
	sqlite3_stmt *statements[HF_STORE_STATEMENTS];
	pthread_rwlock_t files; /* read: somebody replaces files; written: they are being copied */
};

/* Keeps other threads out; may be nested. */
void hf_store_enter(struct hf_store *store);
void hf_store_leave(struct hf_store *store);

/* Statements are bound, stepped and given back. */
struct hf_query {
	struct hf_store *store;
	struct hf_diag *diag;
	sqlite3_stmt *statement;
	int bound;       /* parameters bound so far */
	enum hf_err err; /* the first failure; later calls do nothing */
};

struct hf_query hf_query_new(struct hf_store *store, const char *sql, struct hf_diag *diag);
void hf_query_done(struct hf_query *query);
/* Each binds the next parameter. What they borrow must stay until hf_query_done. */
void hf_query_number(struct hf_query *query, int64_t value);
void hf_query_text(struct hf_query *query, const char *text); /* NULL is NULL */
void hf_query_bytes(struct hf_query *query, const void *bytes, size_t len);
/* Whether there is a row; false at the end, and after a failure (query->err). */
bool hf_query_row(struct hf_query *query);
/* Runs it to its end, and ends it. HF_ERR_EXISTS for a row that must be unique. */
enum hf_err hf_query_run(struct hf_query *query) HF_MUST_CHECK;
/* A statement without parameters. */
enum hf_err hf_store_sql(
        struct hf_store *store, const char *sql, struct hf_diag *diag) HF_MUST_CHECK;
/* What went wrong in SQLite last, as an error with its sentence. */
enum hf_err hf_store_error(struct hf_store *store, struct hf_diag *diag) HF_MUST_CHECK;

/* Creates the tables, or brings them up to date (schema.c). */
enum hf_err hf_store_schema(struct hf_store *store, struct hf_diag *diag) HF_MUST_CHECK;

#endif
