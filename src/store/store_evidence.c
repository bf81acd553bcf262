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

static struct hf_rdata record_of(
        const struct hf_evidence *evidence, enum hf_kind kind, uint32_t number)
{
	return kind == HF_KIND_DS ? hf_evidence_ds_at(evidence, number)->rdata
	                          : hf_evidence_key_at(evidence, number)->rdata;
}

/* A record of a content, and where it stands there. */
struct placed {
	struct hf_rdata rdata;
	size_t index;
};

static int by_rdata(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;
	int order = hf_rdata_cmp(a->rdata, b->rdata);
	return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* Numbers follow the order in which a process met the records. The same content has to have the
 * same bytes in the next one too, so that a fact that ends is found there. */
static void put_content(
        struct hf_buf *out, const struct hf_evidence *evidence, const struct hf_content *content)
{
	struct placed list[HF_CONTENT_MEMBERS];
	for (size_t i = 0; i < content->member_count; i++)
		list[i] =
		        (struct placed){record_of(evidence, content->kind, content->members[i]), i};
	qsort(list, content->member_count, sizeof(list[0]), by_rdata);
	hf_put_u16(out, (uint16_t)content->member_count);
	for (size_t i = 0; i < content->member_count; i++)
		put_rdata(out, list[i].rdata);
	for (size_t i = 0; i < content->signing_count; i++)
		list[i] = (struct placed){
		        record_of(evidence, HF_KIND_DNSKEY, content->signings[i].key), i};
	qsort(list, content->signing_count, sizeof(list[0]), by_rdata);
	hf_put_u16(out, (uint16_t)content->signing_count);
	for (size_t i = 0; i < content->signing_count; i++) {
		const struct hf_signing *signing = &content->signings[list[i].index];
		put_rdata(out, list[i].rdata);
		put_time(out, signing->inception);
		put_time(out, signing->expiration);
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

/* ---- what is stored already ---- */

/* As the evidence was when it was stored; evidence only ever grows, or forgets. */
struct known_part {
	struct hf_fact *facts;
	size_t fact_count;
	bool *secondaries; /* by place */
	size_t place_count;
	struct hf_sighting *sightings;
	size_t sighting_count;
};

struct hf_store_known {
	struct known_part kept, pending;
	bool is_pending;
};

static void part_done(struct known_part *part)
{
	free(part->facts);
	free(part->secondaries);
	free(part->sightings);
	*part = (struct known_part){.facts = NULL};
}

static enum hf_err part_take(const struct hf_evidence *evidence, struct known_part *ret_part)
{
	struct known_part part = {.fact_count = hf_evidence_fact_count(evidence),
	        .place_count = hf_evidence_place_count(evidence),
	        .sighting_count = hf_evidence_sighting_count(evidence)};
	part.facts = calloc(part.fact_count + 1, sizeof(*part.facts));
	part.secondaries = calloc(part.place_count + 1, sizeof(*part.secondaries));
	part.sightings = calloc(part.sighting_count + 1, sizeof(*part.sightings));
	if (part.facts == NULL || part.secondaries == NULL || part.sightings == NULL) {
		part_done(&part);
		return HF_ERR_NOMEM;
	}
	for (size_t i = 0; i < part.fact_count; i++)
		part.facts[i] = *hf_evidence_fact_at(evidence, i);
	for (uint32_t i = 0; i < part.place_count; i++)
		part.secondaries[i] = hf_evidence_is_secondary(evidence, i);
	for (size_t i = 0; i < part.sighting_count; i++)
		part.sightings[i] = *hf_evidence_sighting_at(evidence, i);
	*ret_part = part;
	return HF_OK;
}

enum hf_err hf_store_known_new(struct hf_store_known **ret_known)
{
	struct hf_store_known *known = calloc(1, sizeof(*known));
	if (known == NULL)
		return HF_ERR_NOMEM;
	*ret_known = known;
	return HF_OK;
}

void hf_store_known_free(struct hf_store_known *known)
{
	if (known == NULL)
		return;
	part_done(&known->kept);
	part_done(&known->pending);
	free(known);
}

enum hf_err hf_store_knows(struct hf_store_known *known, const struct hf_evidence *evidence)
{
	struct known_part part;
	enum hf_err err = part_take(evidence, &part);
	if (err != HF_OK)
		return err;
	hf_store_known_drop(known);
	part_done(&known->kept);
	known->kept = part;
	return HF_OK;
}

void hf_store_known_keep(struct hf_store_known *known)
{
	if (!known->is_pending)
		return;
	part_done(&known->kept);
	known->kept = known->pending;
	known->pending = (struct known_part){.facts = NULL};
	known->is_pending = false;
}

void hf_store_known_drop(struct hf_store_known *known)
{
	part_done(&known->pending);
	known->is_pending = false;
}

static bool same_fact(const struct hf_fact *a, const struct hf_fact *b)
{
	return a->content == b->content && a->place == b->place && a->ttl == b->ttl &&
	       a->first == b->first;
}

/*
 * Whether the fact is stored just so. Facts stay in their order, so one walk over what is known
 * finds them all; one that is out of order is taken for new, which costs time and nothing else.
 */
static bool is_stored(const struct known_part *known, const struct hf_fact *fact, size_t *at)
{
	size_t i = *at;
	while (i < known->fact_count && !same_fact(&known->facts[i], fact))
		i++;
	if (i == known->fact_count)
		return false;
	*at = i + 1;
	return known->facts[i].last == fact->last && known->facts[i].rrsets == fact->rrsets;
}

/* Likewise. */
static bool is_told(const struct known_part *known, const struct hf_sighting *sighting, size_t *at)
{
	size_t i = *at;
	while (i < known->sighting_count &&
	        (known->sightings[i].place != sighting->place ||
	                known->sightings[i].version != sighting->version))
		i++;
	if (i == known->sighting_count)
		return false;
	*at = i + 1;
	return true;
}

/* ---- storing ---- */

struct storing {
	struct hf_store *store;
	int64_t zone;
	const struct hf_evidence *evidence;
	const struct known_part *known;
	struct hf_diag *diag;
	int64_t *places; /* ids, by number of the place; 0: not asked for yet */
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

/* Likewise; once a place. */
static enum hf_err find_place(struct storing *storing, uint32_t place)
{
	if (storing->places[place] != 0)
		return HF_OK;
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

static enum hf_err write_fact(struct storing *storing, const struct hf_fact *fact, int64_t content)
{
	struct hf_query query = hf_query_new(storing->store,
	        "INSERT INTO fact (content, place, ttl, rrsets, first, last)"
	        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (content, place, ttl, first)"
	        " DO UPDATE SET last = excluded.last, rrsets = excluded.rrsets",
	        storing->diag);
	hf_query_number(&query, content);
	hf_query_number(&query, storing->places[fact->place]);
	hf_query_number(&query, fact->ttl);
	hf_query_number(&query, (int64_t)fact->rrsets);
	hf_query_number(&query, fact->first);
	hf_query_number(&query, fact->last);
	return hf_query_run(&query);
}

static enum hf_err store_fact(struct storing *storing, const struct hf_fact *fact)
{
	const struct hf_content *content = hf_evidence_content_at(storing->evidence, fact->content);
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = {.data = NULL};
	int64_t id = 0;
	put_content(&bytes, storing->evidence, content);
	enum hf_err err = hf_buf_check(&bytes);
	if (err == HF_OK)
		err = find_content(storing, content, &bytes, &id);
	if (err == HF_OK)
		err = find_place(storing, fact->place);
	return err == HF_OK ? write_fact(storing, fact, id) : err;
}

static enum hf_err store_sighting(struct storing *storing, const struct hf_sighting *sighting)
{
	enum hf_err err = find_place(storing, sighting->place);
	if (err != HF_OK)
		return err;
	struct hf_query query = hf_query_new(storing->store,
	        "INSERT INTO sighting (place, seen, version) VALUES (?, ?, ?)"
	        " ON CONFLICT (place, version) DO NOTHING",
	        storing->diag);
	hf_query_number(&query, storing->places[sighting->place]);
	hf_query_number(&query, sighting->seen);
	hf_query_number(&query, sighting->version);
	return hf_query_run(&query);
}

static enum hf_err store_zone(struct storing *storing)
{
	struct hf_store *store = storing->store;
	struct hf_query query =
	        hf_query_new(store, "UPDATE zone SET soa_expire = ? WHERE id = ?", storing->diag);
	hf_query_number(&query, hf_evidence_expire(storing->evidence));
	hf_query_number(&query, storing->zone);
	enum hf_err err = hf_query_run(&query);
	if (err == HF_OK && sqlite3_changes(store->db) == 0)
		return hf_fail(storing->diag, HF_ERR_NOTFOUND, "there is no such zone");
	return err;
}

static enum hf_err store_places(struct storing *storing)
{
	const struct hf_evidence *evidence = storing->evidence;
	const struct known_part *known = storing->known;
	enum hf_err err = HF_OK;
	for (uint32_t i = 0; i < hf_evidence_place_count(evidence) && err == HF_OK; i++) {
		if (i >= known->place_count ||
		        known->secondaries[i] != hf_evidence_is_secondary(evidence, i))
			err = find_place(storing, i);
	}
	return err;
}

static enum hf_err store_new(struct storing *storing)
{
	const struct hf_evidence *evidence = storing->evidence;
	size_t at = 0, told = 0;
	enum hf_err err = store_zone(storing);
	if (err == HF_OK)
		err = store_places(storing);
	for (size_t i = 0; i < hf_evidence_fact_count(evidence) && err == HF_OK; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (!is_stored(storing->known, fact, &at))
			err = store_fact(storing, fact);
	}
	for (size_t i = 0; i < hf_evidence_sighting_count(evidence) && err == HF_OK; i++) {
		const struct hf_sighting *sighting = hf_evidence_sighting_at(evidence, i);
		if (!is_told(storing->known, sighting, &told))
			err = store_sighting(storing, sighting);
	}
	return err;
}

/* In a transaction of its own when there is none. */
static enum hf_err store_whole(struct storing *storing)
{
	struct hf_store *store = storing->store;
	hf_store_enter(store);
	bool alone = !store->begun;
	enum hf_err err = alone ? hf_store_begin(store, storing->diag) : HF_OK;
	if (err == HF_OK)
		err = store_new(storing);
	if (err == HF_OK && alone)
		err = hf_store_commit(store, storing->diag);
	if (err != HF_OK && alone)
		hf_store_rollback(store);
	hf_store_leave(store);
	return err;
}

enum hf_err hf_store_put_new_evidence(struct hf_store *store, int64_t zone,
        const struct hf_evidence *evidence, struct hf_store_known *known, struct hf_diag *diag)
{
	struct storing storing = {.store = store,
	        .zone = zone,
	        .evidence = evidence,
	        .known = &known->kept,
	        .diag = diag};
	struct known_part part;
	enum hf_err err = part_take(evidence, &part);
	if (err != HF_OK)
		return err;
	storing.places = calloc(part.place_count + 1, sizeof(*storing.places));
	err = storing.places == NULL ? HF_ERR_NOMEM : store_whole(&storing);
	free(storing.places);
	if (err != HF_OK) {
		part_done(&part);
		return err;
	}
	hf_store_known_drop(known);
	known->pending = part;
	known->is_pending = true;
	return HF_OK;
}

enum hf_err hf_store_put_evidence(struct hf_store *store, int64_t zone,
        const struct hf_evidence *evidence, struct hf_diag *diag)
{
	struct hf_store_known nothing = {.is_pending = false};
	enum hf_err err = hf_store_put_new_evidence(store, zone, evidence, &nothing, diag);
	hf_store_known_drop(&nothing);
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

struct getting {
	struct hf_store *store;
	int64_t zone;
	struct hf_evidence *evidence;
	struct hf_diag *diag;
};

/* One statement about the zone (?1) and a time (?2), a row at a time. */
static enum hf_err read_rows(
        const struct getting *getting, const char *sql, hf_time time, row_fn *read)
{
	struct hf_query query = hf_query_new(getting->store, sql, getting->diag);
	hf_query_number(&query, getting->zone);
	hf_query_number(&query, time);
	while (hf_query_row(&query) && query.err == HF_OK)
		query.err = damaged(getting->store, read(&query, getting->evidence), getting->diag);
	hf_query_done(&query);
	return query.err;
}

/* Places are needed by all that follows, and a few each. */
static const char SELECT_PLACES[] =
        "SELECT name, secondary FROM place WHERE zone = ?1 AND ?2 = ?2 ORDER BY id";
/*
 * More than what caches can hold, and not much more, so that the history of years is not read:
 * what is published counts until each secondary was seen with something newer, or SOA expire ran
 * out. What exactly can be forgotten is the evidence's to say.
 */
static const char SELECT_FACTS[] =
        "SELECT kind, bytes, place.name, ttl, rrsets, first, last FROM place"
        " JOIN fact ON fact.place = place.id JOIN content ON content.id = fact.content"
        " JOIN zone ON zone.id = place.zone"
        " WHERE place.zone = ?1 AND (last > ?2 - ttl"
        "  OR (kind = 0 AND last > ?2 - ttl - (SELECT ifnull(max(ttl), 0) FROM fact"
        "   JOIN content ON content.id = fact.content WHERE zone = ?1 AND kind = 1))"
        "  OR (kind <> 0 AND place.name = 'published'"
        "   AND (soa_expire = 0 OR last > ?2 - ttl - soa_expire)"
        "   AND EXISTS (SELECT 1 FROM place AS other WHERE other.zone = ?1 AND other.secondary"
        "    AND ifnull((SELECT min(seen) FROM sighting WHERE sighting.place = other.id"
        "     AND version >= last), 9223372036854775807) > ?2 - ttl)))"
        " ORDER BY fact.id";
/* Those that tell about ends since then, and each place's newest. */
static const char SELECT_SIGHTINGS[] =
        "SELECT place.name, seen, version FROM place JOIN sighting ON sighting.place = place.id"
        " WHERE place.zone = ?1 AND (version >= ?2 OR version ="
        "  (SELECT max(version) FROM sighting AS other WHERE other.place = place.id))"
        " ORDER BY sighting.id";

static hf_time oldest_end(const struct hf_evidence *evidence)
{
	hf_time oldest = HF_TIME_NEVER;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		if (hf_evidence_fact_at(evidence, i)->last < oldest)
			oldest = hf_evidence_fact_at(evidence, i)->last;
	}
	return oldest;
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
	struct getting getting = {.store = store, .zone = zone, .diag = diag};
	enum hf_err err = read_zone(store, zone, diag, &getting.evidence);
	if (err != HF_OK)
		return err;
	err = read_rows(&getting, SELECT_PLACES, since, read_place);
	if (err == HF_OK)
		err = read_rows(&getting, SELECT_FACTS, since, read_fact);
	if (err == HF_OK)
		err = read_rows(
		        &getting, SELECT_SIGHTINGS, oldest_end(getting.evidence), read_sighting);
	if (err != HF_OK) {
		hf_evidence_free(getting.evidence);
		return err;
	}
	hf_evidence_forget(getting.evidence, since);
	*ret_evidence = getting.evidence;
	return HF_OK;
}
