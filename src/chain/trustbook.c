/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/trustbook.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/alg.h"
#include "dns/rdatatext.h"
#include "zone/records.h"

#define FIRST_LINE "; holdfast trust anchors, form 1\n"
#define WORDS      5 /* at most, before the RDATA */
#define LIFE_MAX   (INT64_C(1) << 32)

void hf_trust_book_done(struct hf_trust_book *book)
{
	for (size_t i = 0; i < book->count; i++)
		hf_trust_point_done(&book->points[i]);
	free(book->points);
	*book = (struct hf_trust_book){0};
}

struct hf_trust_point *hf_trust_book_find(
        const struct hf_trust_book *book, const struct hf_name *zone)
{
	for (size_t i = 0; i < book->count; i++) {
		if (hf_name_equal(&book->points[i].zone, zone))
			return &book->points[i];
	}
	return NULL;
}

/* An empty point for a zone that has none yet, at its place in the order. */
static enum hf_err add_point(
        struct hf_trust_book *book, const struct hf_name *zone, struct hf_trust_point **ret_point)
{
	if (book->count >= HF_TRUST_ZONES)
		return HF_ERR_LIMIT;
	struct hf_trust_point *points =
	        reallocarray(book->points, book->count + 1, sizeof(*points));
	if (points == NULL)
		return HF_ERR_NOMEM;
	size_t at = book->count;
	while (at > 0 && hf_name_cmp(&points[at - 1].zone, zone) > 0)
		at--;
	memmove(&points[at + 1], &points[at], (book->count - at) * sizeof(*points));
	hf_trust_point_init(&points[at], zone);
	book->points = points;
	book->count++;
	*ret_point = &points[at];
	return HF_OK;
}

enum hf_err hf_trust_book_seed(struct hf_trust_book *book, const struct hf_anchors *anchors,
        hf_time now, struct hf_diag *diag)
{
	for (size_t i = 0; i < anchors->count; i++) {
		const struct hf_anchor *anchor = &anchors->list[i];
		struct hf_trust_point *point = hf_trust_book_find(book, &anchor->zone);
		enum hf_err err = point != NULL ? HF_OK : add_point(book, &anchor->zone, &point);
		if (err == HF_ERR_LIMIT)
			return hf_fail(diag, err,
			        "there are trust anchors for more than %d zones; divide them "
			        "among several files",
			        HF_TRUST_ZONES);
		if (err == HF_OK)
			err = hf_trust_point_seed(point, anchor, now, diag);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* ---- Writing ---- */

static void put_time(struct hf_buf *out, const char *word, hf_time time)
{
	char text[HF_TIME_TEXT];
	hf_put_format(out, "%s %s\n", word, hf_time_rfc3339(time, text));
}

static enum hf_err put_key(struct hf_buf *out, const struct hf_trust_key *key)
{
	char since[HF_TIME_TEXT], due[HF_TIME_TEXT], name[32];
	struct hf_rdata rdata = {key->data, key->len};
	struct hf_dnskey dnskey;
	if (hf_dnskey_read(rdata, &dnskey))
		hf_put_format(out, "; %u %s\n", hf_trust_key_tag(key),
		        hf_alg_name(dnskey.algorithm, name));
	hf_put_format(out, "key %s %s %s DNSKEY ", hf_trust_state_name(key->state),
	        hf_time_rfc3339(key->since, since), hf_time_rfc3339(key->due, due));
	enum hf_err err = hf_rdata_text(KNOT_RRTYPE_DNSKEY, rdata, out);
	hf_put_text(out, "\n");
	return err;
}

static enum hf_err put_point(struct hf_buf *out, const struct hf_trust_point *point)
{
	char zone[HF_NAME_TEXT];
	hf_put_format(out, "\nzone %s\n", hf_name_text(&point->zone, zone));
	put_time(out, "checked", point->checked);
	put_time(out, "proven", point->proven);
	put_time(out, "next", point->next);
	hf_put_format(out, "ttl %" PRIu32 "\nlife %" PRId64 "\n", point->ttl, point->life);
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < point->seeds.count && err == HF_OK; i++) {
		const struct hf_anchor *seed = &point->seeds.list[i];
		hf_put_text(out, "anchor DS ");
		err = hf_rdata_text(KNOT_RRTYPE_DS, (struct hf_rdata){seed->data, seed->len}, out);
		hf_put_text(out, "\n");
	}
	for (size_t i = 0; i < point->count && err == HF_OK; i++)
		err = put_key(out, &point->keys[i]);
	return err;
}

enum hf_err hf_trust_book_put(const struct hf_trust_book *book, struct hf_buf *out)
{
	enum hf_err err = HF_OK;
	hf_put_text(out, FIRST_LINE
	        "; Kept by `holdfast anchors`, see holdfast-anchors(1). A key is an anchor when it "
	        "is valid\n; or missing; nothing else here is.\n");
	for (size_t i = 0; i < book->count && err == HF_OK; i++)
		err = put_point(out, &book->points[i]);
	hf_put_format(out, "\nend %zu\n", book->count);
	return err == HF_OK ? hf_buf_check(out) : err;
}

/* ---- Reading ---- */

struct reader {
	const char *name;
	uint64_t line;
	struct hf_diag *diag;
	struct hf_trust_book book;
	struct hf_trust_point *point; /* of the last zone line */
	unsigned given;               /* which facts of that zone were there: bits by index */
	char *words[WORDS];           /* of the line, each with a NUL */
	size_t count;
	char *rest; /* the line behind the words */
	bool ended;
};

#define fail_line(reader, ...)                                                                     \
	hf_fail_at((reader)->diag, HF_ERR_SYNTAX, (reader)->name, (reader)->line, __VA_ARGS__)

/* Takes words off the line, as many as are wanted and there. */
static void split(struct reader *reader, size_t wanted)
{
	while (reader->count < wanted && *reader->rest != '\0') {
		reader->words[reader->count++] = reader->rest;
		reader->rest += strcspn(reader->rest, " ");
		if (*reader->rest != '\0')
			*reader->rest++ = '\0';
		reader->rest += strspn(reader->rest, " ");
	}
}

static enum hf_err read_time(const struct reader *reader, const char *text, hf_time *ret_time)
{
	if (strcmp(text, "-") == 0) {
		*ret_time = HF_TIME_NONE;
		return HF_OK;
	}
	/* Only points in time as they are written: not "now". */
	if (text[0] < '0' || text[0] > '9' || hf_time_parse(text, 0, ret_time) != HF_OK)
		return fail_line(reader,
		        "\"%.40s\" is no time; it should read like 2026-01-02T03:04:05Z, or -",
		        text);
	return HF_OK;
}

static enum hf_err read_number(
        const struct reader *reader, const char *text, int64_t most, int64_t *ret_number)
{
	int64_t number = 0;
	bool good = text[0] != '\0';
	for (size_t i = 0; text[i] != '\0' && good; i++) {
		good = text[i] >= '0' && text[i] <= '9';
		number = number * 10 + (text[i] - '0');
		good = good && number <= most;
	}
	if (!good)
		return fail_line(reader, "\"%.40s\" is no number from 0 to %" PRId64, text, most);
	*ret_number = number;
	return HF_OK;
}

/* RDATA that the reader of zone text gave us. */
struct one_record {
	struct hf_buf rdata;
	unsigned count;
};

static enum hf_err take_record(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line)
{
	struct one_record *record = context;
	record->count++;
	hf_buf_reset(&record->rdata);
	hf_put_bytes(&record->rdata, rdata.data, rdata.len);
	return hf_buf_check(&record->rdata);
}

/* The rest of the line as RDATA of a type. */
static enum hf_err read_rdata(
        const struct reader *reader, const char *type, struct one_record *record)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	/* What could go beyond the line, or end before it does. */
	if (strpbrk(reader->rest, "()\";") != NULL)
		return fail_line(reader, "a record has no brackets, quotes or comments here");
	hf_put_format(&text, ". 0 IN %s %s\n", type, reader->rest);
	enum hf_err err = hf_buf_check(&text);
	if (err != HF_OK)
		return err;
	const struct hf_reading reading = {.origin = &HF_NAME_ROOT,
	        .visit = take_record,
	        .context = record,
	        .diag = reader->diag};
	const struct hf_stretch stretch = {.name = reader->name,
	        .text = (const char *)text.data,
	        .len = text.len,
	        .line = reader->line};
	err = hf_records_read(&reading, &stretch);
	if (err == HF_OK && record->count != 1)
		return fail_line(reader, "there is no %s record in this line", type);
	return err;
}

static enum hf_err read_zone(struct reader *reader)
{
	struct hf_name zone;
	if (hf_name_from_text(reader->words[1], &zone) != HF_OK)
		return fail_line(reader, "\"%.80s\" is no domain name", reader->words[1]);
	if (hf_trust_book_find(&reader->book, &zone) != NULL)
		return fail_line(reader, "the zone %.80s is there twice; remove one of the two",
		        reader->words[1]);
	reader->given = 0;
	enum hf_err err = add_point(&reader->book, &zone, &reader->point);
	if (err == HF_ERR_LIMIT)
		return fail_line(reader, "there are more than %d zones", HF_TRUST_ZONES);
	return err;
}

static enum hf_err read_anchor(struct reader *reader)
{
	struct one_record record = {0};
	if (strcmp(reader->words[1], "DS") != 0)
		return fail_line(reader, "an anchor line has a DS record; keys have key lines");
	if (reader->point->seeds.count >= HF_TRUST_KEYS)
		return fail_line(reader, "the zone has more than %d anchors", HF_TRUST_KEYS);
	enum hf_err err = read_rdata(reader, "DS", &record);
	if (err == HF_OK)
		err = hf_anchors_add(&reader->point->seeds, &reader->point->zone, KNOT_RRTYPE_DS,
		        (struct hf_rdata){record.rdata.data, (uint16_t)record.rdata.len},
		        reader->diag);
	hf_buf_done(&record.rdata);
	return err;
}

static enum hf_err read_state(const struct reader *reader, enum hf_trust_state *ret_state)
{
	for (enum hf_trust_state state = HF_TRUST_ADDPEND; state <= HF_TRUST_REMOVED; state++) {
		if (strcmp(reader->words[1], hf_trust_state_name(state)) == 0) {
			*ret_state = state;
			return HF_OK;
		}
	}
	return fail_line(reader,
	        "\"%.40s\" is no state of a key; it is addpend, valid, missing, revoked or removed",
	        reader->words[1]);
}

/* What a key's state needs and what it must not have. */
static enum hf_err check_key(const struct reader *reader, const struct hf_trust_key *key)
{
	struct hf_dnskey dnskey;
	bool waits = key->state == HF_TRUST_ADDPEND;
	bool may_wait = waits || key->state == HF_TRUST_REVOKED;
	if (key->since == HF_TIME_NONE)
		return fail_line(reader, "the key has no time since when it is in its state");
	if ((waits && key->due == HF_TIME_NONE) || (!may_wait && key->due != HF_TIME_NONE))
		return fail_line(reader, "a key that is %s has %s hold-down",
		        hf_trust_state_name(key->state), waits ? "a" : "no");
	if (!hf_dnskey_read((struct hf_rdata){key->data, key->len}, &dnskey) ||
	        (dnskey.flags & HF_DNSKEY_ZONE) == 0 || (dnskey.flags & HF_DNSKEY_REVOKE) != 0 ||
	        dnskey.protocol != HF_DNSKEY_PROTOCOL || dnskey.key_len == 0)
		return fail_line(reader,
		        "the DNSKEY is no zone key; keys are kept without their REVOKE flag");
	return HF_OK;
}

static bool knows(const struct hf_trust_point *point, const struct hf_trust_key *key)
{
	for (size_t i = 0; i < point->count; i++) {
		if (point->keys[i].len == key->len &&
		        memcmp(point->keys[i].data, key->data, key->len) == 0)
			return true;
	}
	return false;
}

/* Takes over the key's bytes when it succeeds. */
static enum hf_err keep_key(struct reader *reader, const struct hf_trust_key *key)
{
	struct hf_trust_point *point = reader->point;
	if (knows(point, key))
		return fail_line(reader, "the key is there twice; remove one of the two");
	if (point->count >= HF_TRUST_KEYS)
		return fail_line(reader, "the zone has more than %d keys", HF_TRUST_KEYS);
	struct hf_trust_key *keys = reallocarray(point->keys, point->count + 1, sizeof(*keys));
	if (keys == NULL)
		return HF_ERR_NOMEM;
	point->keys = keys;
	keys[point->count++] = *key;
	return HF_OK;
}

static enum hf_err read_key(struct reader *reader)
{
	struct one_record record = {0};
	struct hf_trust_key key = {0};
	split(reader, 5);
	if (reader->count < 5 || strcmp(reader->words[4], "DNSKEY") != 0)
		return fail_line(reader, "a key line reads: key STATE SINCE DUE DNSKEY RDATA");
	enum hf_err err = read_state(reader, &key.state);
	if (err == HF_OK)
		err = read_time(reader, reader->words[2], &key.since);
	if (err == HF_OK)
		err = read_time(reader, reader->words[3], &key.due);
	if (err == HF_OK)
		err = read_rdata(reader, "DNSKEY", &record);
	key.data = record.rdata.data;
	key.len = (uint16_t)record.rdata.len;
	if (err == HF_OK)
		err = check_key(reader, &key);
	if (err == HF_OK)
		err = keep_key(reader, &key);
	if (err != HF_OK)
		hf_buf_done(&record.rdata);
	return err;
}

/* A line that says one thing of a zone. */
static enum hf_err read_fact(struct reader *reader, unsigned fact)
{
	struct hf_trust_point *point = reader->point;
	const char *text = reader->words[1];
	if ((reader->given & 1u << fact) != 0)
		return fail_line(reader, "\"%s\" is there twice for one zone", reader->words[0]);
	reader->given |= 1u << fact;
	hf_time time = HF_TIME_NONE;
	int64_t number = 0;
	enum hf_err err = fact < 3    ? read_time(reader, text, &time)
	                  : fact == 3 ? read_number(reader, text, UINT32_MAX, &number)
	                              : read_number(reader, text, LIFE_MAX, &number);
	if (err != HF_OK)
		return err;
	switch (fact) {
	case 0:
		point->checked = time;
		break;
	case 1:
		point->proven = time;
		break;
	case 2:
		point->next = time;
		break;
	case 3:
		point->ttl = (uint32_t)number;
		break;
	default:
		point->life = number;
		break;
	}
	return HF_OK;
}

static enum hf_err read_end(struct reader *reader)
{
	int64_t count = 0;
	enum hf_err err = read_number(reader, reader->words[1], HF_TRUST_ZONES, &count);
	if (err != HF_OK)
		return err;
	if ((size_t)count != reader->book.count)
		return fail_line(reader,
		        "the file should have %" PRId64 " zones and has %zu: it was cut or edited; "
		        "take it from a backup, or start over with `holdfast anchors init`",
		        count, reader->book.count);
	reader->ended = true;
	return HF_OK;
}

static enum hf_err read_line(struct reader *reader, char *line)
{
	static const char *const facts[] = {"checked", "proven", "next", "ttl", "life"};
	reader->count = 0;
	reader->rest = line + strspn(line, " ");
	if (*reader->rest == '\0' || *reader->rest == ';')
		return HF_OK;
	if (reader->ended)
		return fail_line(reader, "there is something behind the end line; remove it");
	split(reader, 2);
	if (reader->count < 2)
		return fail_line(reader, "\"%.40s\" needs a value", reader->words[0]);
	const char *word = reader->words[0];
	if (strcmp(word, "zone") == 0)
		return read_zone(reader);
	if (strcmp(word, "end") == 0)
		return read_end(reader);
	if (reader->point == NULL)
		return fail_line(reader, "there is no zone line before this one");
	if (strcmp(word, "anchor") == 0)
		return read_anchor(reader);
	if (strcmp(word, "key") == 0)
		return read_key(reader);
	for (unsigned i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (strcmp(word, facts[i]) == 0)
			return read_fact(reader, i);
	}
	return fail_line(reader, "\"%.40s\" is not known here", word);
}

static enum hf_err read_lines(struct reader *reader, char *text)
{
	enum hf_err err = HF_OK;
	for (char *line = text; line != NULL && err == HF_OK; reader->line++) {
		char *end = strchr(line, '\n');
		if (end != NULL)
			*end = '\0';
		err = read_line(reader, line);
		line = end != NULL ? end + 1 : NULL;
	}
	if (err == HF_OK && !reader->ended)
		return hf_fail_at(reader->diag, HF_ERR_SYNTAX, reader->name, 0,
		        "the end line is missing: the file was cut; take it from a backup, or "
		        "start "
		        "over with `holdfast anchors init`");
	return err;
}

enum hf_err hf_trust_book_parse(const char *name, const char *text, size_t len,
        struct hf_diag *diag, struct hf_trust_book *ret_book)
{
	if (len > HF_TRUST_BOOK_SIZE)
		return hf_fail_at(diag, HF_ERR_LIMIT, name, 0,
		        "the file has more than %u bytes; it is no file of trust anchors",
		        HF_TRUST_BOOK_SIZE);
	if (len < strlen(FIRST_LINE) || strncmp(text, FIRST_LINE, strlen(FIRST_LINE)) != 0 ||
	        memchr(text, '\0', len) != NULL)
		return hf_fail_at(diag, HF_ERR_SYNTAX, name, 1,
		        "this is no file of `holdfast anchors`; make one with `holdfast anchors "
		        "init`");
	char *copy = strndup(text, len);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	struct reader reader = {.name = name, .line = 1, .diag = diag};
	enum hf_err err = read_lines(&reader, copy);
	free(copy);
	if (err != HF_OK) {
		hf_trust_book_done(&reader.book);
		return err;
	}
	*ret_book = reader.book;
	return HF_OK;
}
