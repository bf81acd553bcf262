/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evidence in the database: contents by their RDATA, because numbers are a process's own. */
#include <stdlib.h>

#include "store/database.h"

/* ---- contents as bytes ---- */

static void put_time(struct hf_buf *out, hf_time time)
{
	hf_put_u32(out, (uint32_t)((uint64_t)time >> 32));
	hf_put_u32(out, (uint32_t)time);
}

static hf_time get_time(struct hf_cursor *in)
{
	uint64_t high = hf_get_u32(in);
	return (hf_time)(high << 32 | hf_get_u32(in));
}

static void put_rdata(struct hf_buf *out, struct hf_rdata rdata)
{
	hf_put_u16(out, rdata.len);
	hf_put_bytes(out, rdata.data, rdata.len);
}

static struct hf_rdata get_rdata(struct hf_cursor *in)
{
	struct hf_rdata rdata = {.len = hf_get_u16(in)};
	rdata.data = hf_get_bytes(in, rdata.len);
	return rdata;
}

static void put_content(
        struct hf_buf *out, const struct hf_evidence *evidence, const struct hf_content *content)
{
	hf_put_u16(out, (uint16_t)content->member_count);
	for (size_t i = 0; i < content->member_count; i++) {
		uint32_t member = content->members[i];
		put_rdata(out, content->kind == HF_KIND_DS
		                       ? hf_evidence_ds_at(evidence, member)->rdata
		                       : hf_evidence_key_at(evidence, member)->rdata);
	}
	hf_put_u16(out, (uint16_t)content->signing_count);
	for (size_t i = 0; i < content->signing_count; i++) {
		put_rdata(out, hf_evidence_key_at(evidence, content->signings[i].key)->rdata);
		put_time(out, content->signings[i].inception);
		put_time(out, content->signings[i].expiration);
	}
}

static enum hf_err get_record(
        struct hf_cursor *in, struct hf_evidence *evidence, enum hf_kind kind, uint32_t *ret_number)
{
	struct hf_rdata rdata = get_rdata(in);
	if (in->failed)
		return HF_ERR_SYNTAX;
	return kind == HF_KIND_DS ? hf_evidence_ds(evidence, rdata, ret_number)
	                          : hf_evidence_key(evidence, rdata, ret_number);
}

static enum hf_err get_content(struct hf_cursor *in, struct hf_evidence *evidence,
        enum hf_kind kind, uint32_t *ret_content)
{
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_signing signings[HF_CONTENT_MEMBERS];
	struct hf_content content = {.kind = kind, .members = members, .signings = signings};
	enum hf_err err = HF_OK;
	content.member_count = hf_get_u16(in);
	if (content.member_count > HF_CONTENT_MEMBERS)
		return HF_ERR_SYNTAX;
	for (size_t i = 0; i < content.member_count && err == HF_OK; i++)
		err = get_record(in, evidence, kind, &members[i]);
	if (err != HF_OK)
		return err;
	content.signing_count = hf_get_u16(in);
	if (content.signing_count > HF_CONTENT_MEMBERS)
		return HF_ERR_SYNTAX;
	for (size_t i = 0; i < content.signing_count && err == HF_OK; i++) {
		err = get_record(in, evidence, HF_KIND_DNSKEY, &signings[i].key);
		signings[i].inception = get_time(in);
		signings[i].expiration = get_time(in);
	}
	if (err == HF_OK && (in->failed || hf_cursor_left(in) != 0))
		err = HF_ERR_SYNTAX;
	return err == HF_OK ? hf_evidence_content(evidence, &content, ret_content) : err;
}

/* ---- storing ---- */

struct storing {
	struct hf_store *store;
	int64_t zone;
	const struct hf_evidence *evidence;
	struct hf_diag *diag;
	int64_t *places; /* ids, by number of the place */
};

/* Inserts the row when it is not there; its id. */
static enum hf_err find_content(struct storing *storing, const struct hf_content *content,
        const struct hf_buf *bytes, int64_t *ret_id)
{
	struct hf_query query = hf_query_new(storing->store,
	        "INSERT INTO content (zone, kind, bytes) VALUES (?, ?, ?)"
	        " ON CONFLICT (zone, kind, bytes) DO UPDATE SET kind = kind RETURNING id",
	        storing->diag);
	hf_query_number(&query, storing->zone);
	hf_query_number(&query, content->kind);
	hf_query_bytes(&query, bytes->data, bytes->len);
	if (hf_query_row(&query))
		*ret_id = sqlite3_column_int64(query.statement, 0);
	return hf_query_run(&query);
}

static enum hf_err store_fact(struct storing *storing, const struct hf_fact *fact)
{
	const struct hf_content *content = hf_evidence_content_at(storing->evidence, fact->content);
	struct hf_buf bytes = {.data = NULL};
	int64_t id = 0;
	put_content(&bytes, storing->evidence, content);
	enum hf_err err = hf_buf_check(&bytes);
	if (err == HF_OK)
		err = find_content(storing, content, &bytes, &id);
	hf_buf_done(&bytes);
	if (err != HF_OK)
		return err;
	struct hf_query query = hf_query_new(storing->store,
	        "INSERT INTO fact (content, place, ttl, rrsets, first, last)"
	        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (content, place, ttl, first)"
	        " DO UPDATE SET last = excluded.last, rrsets = excluded.rrsets",
	        storing->diag);
	hf_query_number(&query, id);
	hf_query_number(&query, storing->places[fact->place]);
	hf_query_number(&query, fact->ttl);
	hf_query_number(&query, (int64_t)fact->rrsets);
	hf_query_number(&query, fact->first);
	hf_query_number(&query, fact->last);
	return hf_query_run(&query);
}

static enum hf_err store_place(struct storing *storing, uint32_t place)
{
	struct hf_query query = hf_query_new(storing->store,
	        "INSERT INTO place (zone, name, secondary) VALUES (?, ?, ?)"
	        " ON CONFLICT (zone, name) DO UPDATE SET secondary = excluded.secondary"
	        " RETURNING id",
	        storing->diag);
	hf_query_number(&query, storing->zone);
	hf_query_text(&query, hf_evidence_place_name(storing->evidence, place));
	hf_query_number(&query, hf_evidence_is_secondary(storing->evidence, place));
	if (hf_query_row(&query))
		storing->places[place] = sqlite3_column_int64(query.statement, 0);
	return hf_query_run(&query);
}

static enum hf_err store_sighting(struct storing *storing, const struct hf_sighting *sighting)
{
	struct hf_query query = hf_query_new(storing->store,
	        "INSERT INTO sighting (place, seen, version) VALUES (?, ?, ?)"
	        " ON CONFLICT (place, version) DO NOTHING",
	        storing->diag);
	hf_query_number(&query, storing->places[sighting->place]);
	hf_query_number(&query, sighting->seen);
	hf_query_number(&query, sighting->version);
	return hf_query_run(&query);
}

static enum hf_err store_all(struct storing *storing)
{
	const struct hf_evidence *evidence = storing->evidence;
	struct hf_query query = hf_query_new(
	        storing->store, "UPDATE zone SET soa_expire = ? WHERE id = ?", storing->diag);
	hf_query_number(&query, hf_evidence_expire(evidence));
	hf_query_number(&query, storing->zone);
	enum hf_err err = hf_query_run(&query);
	if (err == HF_OK && sqlite3_changes(storing->store->db) == 0)
		err = hf_fail(storing->diag, HF_ERR_NOTFOUND, "there is no such zone");
	for (uint32_t i = 0; i < hf_evidence_place_count(evidence) && err == HF_OK; i++)
		err = store_place(storing, i);
	for (size_t i = 0; i < hf_evidence_fact_count(evidence) && err == HF_OK; i++)
		err = store_fact(storing, hf_evidence_fact_at(evidence, i));
	for (size_t i = 0; i < hf_evidence_sighting_count(evidence) && err == HF_OK; i++)
		err = store_sighting(storing, hf_evidence_sighting_at(evidence, i));
	return err;
}

enum hf_err hf_store_put_evidence(struct hf_store *store, int64_t zone,
        const struct hf_evidence *evidence, struct hf_diag *diag)
{
	struct storing storing = {.store = store, .zone = zone, .evidence = evidence, .diag = diag};
	bool alone = sqlite3_get_autocommit(store->db) != 0;
	storing.places = calloc(hf_evidence_place_count(evidence), sizeof(*storing.places));
	if (storing.places == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = alone ? hf_store_begin(store, diag) : HF_OK;
	if (err == HF_OK)
		err = store_all(&storing);
	if (err == HF_OK && alone)
		err = hf_store_commit(store, diag);
	if (err != HF_OK && alone)
		hf_store_rollback(store);
	free(storing.places);
	return err;
}

/* ---- reading ---- */

static enum hf_err damaged(struct hf_store *store, enum hf_err err, struct hf_diag *diag)
{
	if (err != HF_ERR_SYNTAX && err != HF_ERR_INVALID && err != HF_ERR_LIMIT)
		return err;
	return hf_fail(diag, HF_ERR_SYNTAX,
	        "%s/%s has evidence that makes no sense; restore it from a backup", store->folder,
	        HF_STORE_FILE);
}

static enum hf_err read_place(struct hf_query *query, struct hf_evidence *evidence)
{
	uint32_t place;
	const char *name = (const char *)sqlite3_column_text(query->statement, 0);
	if (name == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_evidence_place(evidence, name, &place);
	if (err == HF_OK && sqlite3_column_int(query->statement, 1) != 0)
		err = hf_evidence_add_secondary(evidence, place);
	return err;
}

static enum hf_err read_fact(struct hf_query *query, struct hf_evidence *evidence)
{
	sqlite3_stmt *row = query->statement;
	struct hf_fact fact;
	struct hf_cursor in;
	int64_t kind = sqlite3_column_int64(row, 0), ttl = sqlite3_column_int64(row, 3);
	hf_cursor_init(&in, sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1));
	const char *place = (const char *)sqlite3_column_text(row, 2);
	if (place == NULL)
		return HF_ERR_NOMEM;
	if (kind < 0 || kind >= HF_KINDS || ttl < 0 || ttl > UINT32_MAX)
		return HF_ERR_SYNTAX;
	fact.ttl = (uint32_t)ttl;
	fact.rrsets = (uint64_t)sqlite3_column_int64(row, 4);
	fact.first = sqlite3_column_int64(row, 5);
	fact.last = sqlite3_column_int64(row, 6);
	enum hf_err err = get_content(&in, evidence, (enum hf_kind)kind, &fact.content);
	if (err == HF_OK)
		err = hf_evidence_place(evidence, place, &fact.place);
	return err == HF_OK ? hf_evidence_add(evidence, &fact) : err;
}

static enum hf_err read_sighting(struct hf_query *query, struct hf_evidence *evidence)
{
	uint32_t place;
	const char *name = (const char *)sqlite3_column_text(query->statement, 0);
	if (name == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_evidence_place(evidence, name, &place);
	if (err == HF_OK)
		err = hf_evidence_sighting(evidence, place,
		        sqlite3_column_int64(query->statement, 1),
		        sqlite3_column_int64(query->statement, 2));
	return err;
}

typedef enum hf_err row_fn(struct hf_query *query, struct hf_evidence *evidence);

/* One statement about the zone, a row at a time. */
static enum hf_err read_rows(struct hf_store *store, const char *sql, int64_t zone, row_fn *read,
        struct hf_evidence *evidence, struct hf_diag *diag)
{
	struct hf_query query = hf_query_new(store, sql, diag);
	hf_query_number(&query, zone);
	while (hf_query_row(&query) && query.err == HF_OK)
		query.err = damaged(store, read(&query, evidence), diag);
	hf_query_done(&query);
	return query.err;
}

/* The zone's own row: its name makes the evidence. */
static enum hf_err read_zone(struct hf_store *store, int64_t zone, struct hf_diag *diag,
        struct hf_evidence **ret_evidence)
{
	struct hf_query query =
	        hf_query_new(store, "SELECT name, soa_expire FROM zone WHERE id = ?", diag);
	struct hf_evidence *evidence = NULL;
	hf_query_number(&query, zone);
	if (hf_query_row(&query)) {
		struct hf_name name;
		struct hf_cursor in;
		hf_cursor_init(&in, sqlite3_column_blob(query.statement, 0),
		        (size_t)sqlite3_column_bytes(query.statement, 0));
		query.err = hf_get_name(&in, &name) ? hf_evidence_new(&name, &evidence)
		                                    : damaged(store, HF_ERR_SYNTAX, diag);
		if (query.err == HF_OK)
			hf_evidence_set_expire(
			        evidence, (uint32_t)sqlite3_column_int64(query.statement, 1));
	} else if (query.err == HF_OK) {
		query.err = hf_fail(diag, HF_ERR_NOTFOUND, "there is no such zone");
	}
	hf_query_done(&query);
	if (query.err == HF_OK)
		*ret_evidence = evidence;
	return query.err;
}

enum hf_err hf_store_get_evidence(struct hf_store *store, int64_t zone, hf_time since,
        struct hf_diag *diag, struct hf_evidence **ret_evidence)
{
	struct hf_evidence *evidence;
	enum hf_err err = read_zone(store, zone, diag, &evidence);
	if (err != HF_OK)
		return err;
	err = read_rows(store, "SELECT name, secondary FROM place WHERE zone = ? ORDER BY id", zone,
	        read_place, evidence, diag);
	if (err == HF_OK)
		err = read_rows(store,
		        "SELECT place.name, seen, version FROM sighting JOIN place"
		        " ON place.id = sighting.place WHERE place.zone = ? ORDER BY sighting.id",
		        zone, read_sighting, evidence, diag);
	if (err == HF_OK)
		err = read_rows(store,
		        "SELECT kind, bytes, place.name, ttl, rrsets, first, last FROM fact"
		        " JOIN content ON content.id = fact.content"
		        " JOIN place ON place.id = fact.place WHERE content.zone = ?"
		        " ORDER BY fact.id",
		        zone, read_fact, evidence, diag);
	if (err != HF_OK) {
		hf_evidence_free(evidence);
		return err;
	}
	hf_evidence_forget(evidence, since);
	*ret_evidence = evidence;
	return HF_OK;
}
