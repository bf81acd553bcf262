/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/told.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/history.h"

#define SENTENCE 400 /* bytes of a message about a fact */

static const char *const kind_names[] = {
        [HF_TOLD_DS] = "ds",
        [HF_TOLD_DNSKEY] = "dnskey",
        [HF_TOLD_SIGNERS] = "signers",
        [HF_TOLD_ZONE] = "zone",
        [HF_TOLD_SEEN] = "seen",
};
#define KINDS (sizeof(kind_names) / sizeof(kind_names[0]))

void hf_told_free(struct hf_told *told)
{
	if (told == NULL)
		return;
	json_decref(told->document);
	free(told->facts);
	free(told);
}

enum hf_err hf_told_fail(const struct hf_told *told, const struct hf_told_fact *fact,
        enum hf_err err, struct hf_diag *diag, const char *format, ...)
{
	char text[SENTENCE];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	return hf_fail_at(diag, err, told->name, fact->line, "fact %zu (%s%s%s): %s", fact->number,
	        kind_names[fact->kind], fact->place != NULL ? ", " : "",
	        fact->place != NULL ? fact->place : "", text);
}

/* ---- lines ---- */

/* Walks JSON text that is known to be well-formed. */
struct scan {
	const char *at, *end;
	uint64_t line;
	unsigned depth;
};

/* The next structural character, or a text's opening quote; 0 at the end. Texts are passed over;
 * `ret_text` is where this one's content begins. */
static char next_token(struct scan *scan, const char **ret_text)
{
	while (scan->at < scan->end) {
		char c = *scan->at++;
		scan->line += c == '\n';
		if (c == '"') {
			*ret_text = scan->at;
			while (scan->at < scan->end && *scan->at != '"')
				scan->at += *scan->at == '\\' && scan->end - scan->at > 1 ? 2 : 1;
			scan->at += scan->at < scan->end;
			return '"';
		}
		if (c == '{' || c == '[')
			scan->depth++;
		if (c == '}' || c == ']')
			scan->depth--;
		if (c != '\0' && strchr("{[]}", c) != NULL)
			return c;
	}
	return 0;
}

/* Gives each fact its line: jansson does not tell it. */
static void find_lines(struct hf_told *told, const char *text, size_t len)
{
	struct scan scan = {.at = text, .end = text + len, .line = 1};
	const char *word = NULL;
	bool inside = false;
	size_t fact = 0;
	char token;
	while (fact < told->count && (token = next_token(&scan, &word)) != 0) {
		if (token == '[' && scan.depth == 2)
			inside = word != NULL && strncmp(word, "facts\"", 6) == 0;
		if (token == '{' && scan.depth == 3 && inside)
			told->facts[fact++].line = scan.line;
	}
}

/* ---- fields ---- */

struct reader {
	struct hf_told *told;
	struct hf_diag *diag;
	struct hf_told_fact *fact; /* that is being read; NULL: the whole document's fields */
};

/* What is wrong with a field. */
static enum hf_err bad(const struct reader *reader, const char *field, const char *what)
{
	if (reader->fact != NULL)
		return hf_told_fail(reader->told, reader->fact, HF_ERR_INVALID, reader->diag,
		        "\"%s\" %s", field, what);
	return hf_fail_at(
	        reader->diag, HF_ERR_INVALID, reader->told->name, 0, "\"%s\" %s", field, what);
}

static enum hf_err read_time(
        const struct reader *reader, const char *field, const json_t *value, hf_time *ret_time)
{
	const char *text = json_string_value(value);
	/* "now" and other words would make a history say something else every day. */
	if (text == NULL || text[0] < '0' || text[0] > '9' ||
	        hf_time_parse(text, 0, ret_time) != HF_OK)
		return bad(reader, field, "must be a time such as \"2026-01-02T03:04:05Z\"");
	return HF_OK;
}

static enum hf_err read_number(const struct reader *reader, const char *field, const json_t *value,
        int64_t max, const char *what, int64_t *ret_number)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	        json_integer_value(value) > max)
		return bad(reader, field, what);
	*ret_number = json_integer_value(value);
	return HF_OK;
}

static enum hf_err read_seconds(
        const struct reader *reader, const char *field, const json_t *value, uint32_t *ret_seconds)
{
	int64_t number;
	/* RFC 2181 section 8. */
	enum hf_err err = read_number(reader, field, value, INT32_MAX,
	        "must be a number of seconds from 0 to 2147483647", &number);
	if (err == HF_OK)
		*ret_seconds = (uint32_t)number;
	return err;
}

/* Printable ASCII: what a place, a file's name or a record may consist of. */
static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

static enum hf_err read_text(
        const struct reader *reader, const char *field, const json_t *value, const char **ret_text)
{
	const char *text = json_string_value(value);
	if (text == NULL || text[0] == '\0' || !is_plain(text))
		return bad(reader, field, "must be a text of printable ASCII characters");
	*ret_text = text;
	return HF_OK;
}

/* Records and keys: each a text, or a number where a key tag will do. */
static enum hf_err read_list(
        const struct reader *reader, const char *field, json_t *value, json_t **ret_list)
{
	if (!json_is_array(value))
		return bad(reader, field, "must be a list, [...]");
	if (json_array_size(value) > HF_CONTENT_MEMBERS)
		return bad(reader, field, "has more members than the 64 that are looked at");
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);
		const char *text = json_string_value(item);
		bool tag = json_is_integer(item) && json_integer_value(item) >= 0 &&
		           json_integer_value(item) <= UINT16_MAX;
		if (!tag && (text == NULL || text[0] == '\0' || !is_plain(text)))
			return bad(reader, field,
			        "must have records, names of keys or key tags as its members");
	}
	*ret_list = value;
	return HF_OK;
}

static enum hf_err read_version(struct reader *reader, const char *field, const json_t *value)
{
	if (json_is_string(value))
		return read_time(reader, field, value, &reader->fact->version);
	return read_number(reader, field, value, UINT32_MAX,
	        "must be a serial, or the time at which that version was published",
	        &reader->fact->serial);
}

static enum hf_err read_rrsets(struct reader *reader, const char *field, const json_t *value)
{
	int64_t number;
	enum hf_err err =
	        read_number(reader, field, value, INT64_MAX, "must be a number of RRsets", &number);
	if (err == HF_OK)
		reader->fact->rrsets = (uint64_t)number;
	return err;
}

/* One field of the fact that is being read. */
static enum hf_err read_field(struct reader *reader, const char *field, json_t *value)
{
	struct hf_told_fact *fact = reader->fact;
	if (strcmp(field, "at") == 0)
		return read_time(reader, field, value, &fact->at);
	if (strcmp(field, "until") == 0)
		return read_time(reader, field, value, &fact->until);
	if (strcmp(field, "place") == 0)
		return read_text(reader, field, value, &fact->place);
	if (strcmp(field, "ttl") == 0) {
		fact->has_ttl = true;
		return read_seconds(reader, field, value, &fact->ttl);
	}
	if (strcmp(field, "records") == 0)
		return read_list(reader, field, value, &fact->records);
	if (strcmp(field, "signed_by") == 0)
		return read_list(reader, field, value, &fact->signed_by);
	if (strcmp(field, "valid_from") == 0)
		return read_time(reader, field, value, &fact->valid_from);
	if (strcmp(field, "expires") == 0)
		return read_time(reader, field, value, &fact->expires);
	if (strcmp(field, "rrsets") == 0)
		return read_rrsets(reader, field, value);
	if (strcmp(field, "file") == 0)
		return read_text(reader, field, value, &fact->file);
	return read_version(reader, field, value);
}

/* Which fields facts of each kind may and must have. */
struct field {
	const char *name;
	unsigned may, must; /* masks of kinds */
};
#define KIND(name) (1u << HF_TOLD_##name)
#define ALL        (KIND(DS) | KIND(DNSKEY) | KIND(SIGNERS) | KIND(ZONE) | KIND(SEEN))

static const struct field fields[] = {
        {"kind", ALL, ALL},
        {"comment", ALL, 0},
        {"at", ALL, ALL},
        {"until", ALL & ~KIND(SEEN), 0},
        {"place", ALL, KIND(SEEN)},
        {"ttl", ALL & ~KIND(SEEN), KIND(DS) | KIND(DNSKEY) | KIND(SIGNERS)},
        {"records", KIND(DS) | KIND(DNSKEY), KIND(DS) | KIND(DNSKEY)},
        {"signed_by", KIND(DNSKEY) | KIND(SIGNERS), KIND(SIGNERS)},
        {"valid_from", KIND(DNSKEY) | KIND(SIGNERS), 0},
        {"expires", KIND(DNSKEY) | KIND(SIGNERS), 0},
        {"rrsets", KIND(SIGNERS), 0},
        {"file", KIND(ZONE), KIND(ZONE)},
        {"version", KIND(SEEN), KIND(SEEN)},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const struct field *find_field(const char *name)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

/* ---- facts ---- */

static enum hf_err read_kind(struct reader *reader, const json_t *value)
{
	const char *text = json_string_value(json_object_get(value, "kind"));
	for (size_t i = 0; text != NULL && i < KINDS; i++) {
		if (strcmp(kind_names[i], text) == 0) {
			reader->fact->kind = (enum hf_told_kind)i;
			return HF_OK;
		}
	}
	return hf_fail_at(reader->diag, HF_ERR_INVALID, reader->told->name, reader->fact->line,
	        "fact %zu has no \"kind\" that is known: it must be \"ds\", \"dnskey\", "
	        "\"signers\", \"zone\" or \"seen\"",
	        reader->fact->number);
}

static enum hf_err check_spans(const struct reader *reader)
{
	const struct hf_told_fact *fact = reader->fact;
	if (fact->until <= fact->at)
		return bad(reader, "until", "must be later than \"at\"");
	if (fact->expires <= fact->valid_from)
		return bad(reader, "expires", "must be later than \"valid_from\"");
	return HF_OK;
}

static enum hf_err read_fact(struct reader *reader, json_t *value)
{
	struct hf_told_fact *fact = reader->fact;
	const char *name;
	json_t *item;
	if (!json_is_object(value))
		return hf_fail_at(reader->diag, HF_ERR_INVALID, reader->told->name, fact->line,
		        "fact %zu must be an object, {...}", fact->number);
	enum hf_err err = read_kind(reader, value);
	if (err != HF_OK)
		return err;
	unsigned mask = 1u << fact->kind;
	/* The place first, because messages name it. */
	item = json_object_get(value, "place");
	if (item != NULL && (err = read_field(reader, "place", item)) != HF_OK)
		return err;
	json_object_foreach(value, name, item)
	{
		const struct field *field = find_field(name);
		if (field == NULL || (field->may & mask) == 0)
			return bad(reader, is_plain(name) ? name : "?",
			        "is no field of facts of this kind");
		if (strcmp(name, "kind") == 0 || strcmp(name, "comment") == 0)
			continue;
		if ((err = read_field(reader, name, item)) != HF_OK)
			return err;
	}
	for (size_t i = 0; i < FIELDS; i++) {
		if ((fields[i].must & mask) != 0 && json_object_get(value, fields[i].name) == NULL)
			return bad(reader, fields[i].name, "is missing");
	}
	return check_spans(reader);
}

static enum hf_err read_facts(struct reader *reader, const char *text, size_t len)
{
	struct hf_told *told = reader->told;
	json_t *list = json_object_get(told->document, "facts");
	size_t count = json_array_size(list);
	if (!json_is_array(list))
		return bad(reader, "facts", "must be there, as a list of facts, [...]");
	if (count > HF_HISTORY_FACTS)
		return bad(reader, "facts",
		        "has more facts than a history may have; take old ones away");
	told->facts = calloc(count + 1, sizeof(*told->facts));
	if (told->facts == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		told->facts[i] = (struct hf_told_fact){.number = i + 1,
		        .until = HF_TIME_NEVER,
		        .valid_from = HF_TIME_NONE,
		        .expires = HF_TIME_NEVER,
		        .version = HF_TIME_NONE,
		        .serial = -1};
	told->count = count;
	find_lines(told, text, len);
	for (size_t i = 0; i < count; i++) {
		reader->fact = &told->facts[i];
		enum hf_err err = read_fact(reader, json_array_get(list, i));
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* ---- the document ---- */

static enum hf_err read_zone(const struct reader *reader)
{
	const char *text = json_string_value(json_object_get(reader->told->document, "zone"));
	if (text == NULL || hf_name_from_text(text, &reader->told->zone) != HF_OK)
		return bad(reader, "zone", "must be there: the zone's name as a text");
	hf_name_lower(&reader->told->zone);
	return HF_OK;
}

static enum hf_err read_keys(const struct reader *reader)
{
	const char *name;
	json_t *value, *keys = json_object_get(reader->told->document, "keys");
	if (keys == NULL)
		return HF_OK;
	if (!json_is_object(keys))
		return bad(reader, "keys", "must be an object: names and DNSKEY records");
	json_object_foreach(keys, name, value)
	{
		const char *text = json_string_value(value);
		if (text == NULL || !is_plain(text) || !is_plain(name) || name[0] == '\0')
			return bad(reader, "keys",
			        "must give each name a DNSKEY record, both in printable ASCII");
	}
	reader->told->keys = keys;
	return HF_OK;
}

static enum hf_err read_secondaries(const struct reader *reader)
{
	json_t *list = json_object_get(reader->told->document, "secondaries");
	if (list == NULL)
		return HF_OK;
	if (!json_is_array(list))
		return bad(reader, "secondaries", "must be a list of addresses");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (text == NULL || text[0] == '\0' || !is_plain(text))
			return bad(reader, "secondaries", "must be a list of addresses as texts");
	}
	reader->told->secondaries = list;
	return HF_OK;
}

static enum hf_err read_document(struct reader *reader)
{
	static const char *const known[] = {
	        "zone", "soa_expire", "keys", "secondaries", "comment", "facts"};
	struct hf_told *told = reader->told;
	const char *name;
	json_t *value;
	if (!json_is_object(told->document))
		return hf_fail_at(reader->diag, HF_ERR_INVALID, told->name, 1,
		        "a history is one object with \"zone\" and \"facts\"; see "
		        "holdfast-history(5)");
	json_object_foreach(told->document, name, value)
	{
		size_t i = 0;
		while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i], name) != 0)
			i++;
		if (i == sizeof(known) / sizeof(known[0]))
			return bad(reader, is_plain(name) ? name : "?",
			        "is no field of a history; see holdfast-history(5)");
	}
	enum hf_err err = read_zone(reader);
	value = json_object_get(told->document, "soa_expire");
	if (err == HF_OK && value != NULL) {
		told->has_expire = true;
		err = read_seconds(reader, "soa_expire", value, &told->expire);
	}
	if (err == HF_OK)
		err = read_keys(reader);
	if (err == HF_OK)
		err = read_secondaries(reader);
	return err;
}

enum hf_err hf_told_read(const char *name, const char *text, size_t len, struct hf_diag *diag,
        struct hf_told **ret_told)
{
	json_error_t error;
	if (len > HF_HISTORY_BYTES)
		return hf_fail_at(diag, HF_ERR_LIMIT, name, 0,
		        "a history may have at most %u MiB; take old facts away",
		        HF_HISTORY_BYTES >> 20);
	struct hf_told *told = calloc(1, sizeof(*told));
	if (told == NULL)
		return HF_ERR_NOMEM;
	told->name = name;
	struct reader reader = {.told = told, .diag = diag};
	told->document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	enum hf_err err = HF_OK;
	if (told->document == NULL)
		err = hf_fail_at(diag, HF_ERR_SYNTAX, name,
		        error.line > 0 ? (uint64_t)error.line : 0, "this is not JSON: %s",
		        error.text);
	if (err == HF_OK)
		err = read_document(&reader);
	if (err == HF_OK)
		err = read_facts(&reader, text, len);
	if (err != HF_OK) {
		hf_told_free(told);
		return err;
	}
	*ret_told = told;
	return HF_OK;
}
