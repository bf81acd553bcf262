/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "crypto/digest.h"
#include "pipeline/told.h"
#include "zone/load.h"
#include "zone/textfile.h"

/* What a fact takes up, for the search for contradictions. */
struct span {
	const struct hf_told_fact *fact;
	uint32_t place;
	enum hf_kind kind;
	uint32_t content; /* signers: only the same set contradicts itself; else 0 */
};

/* One loading. */
struct making {
	const struct hf_history_options *options;
	const char *folder; /* of zone files; NULL: they are refused */
	struct hf_diag *diag;
	struct hf_told *told;
	struct hf_history *history;
	struct hf_version **zones; /* of the versions, until they are surveyed */
	struct span *spans;        /* one a fact, but none for sightings */
	size_t span_count;
};

/* ---- records ---- */

/* The one record that a text stands for. */
struct one_record {
	const struct hf_name *zone;
	uint16_t type;
	struct hf_buf rdata;
	size_t count;
};

static enum hf_err take(void *context, const struct hf_name *owner, uint16_t type, uint32_t ttl,
        struct hf_rdata rdata, const char *file, uint64_t line)
{
	(void)ttl;
	(void)file;
	(void)line;
	struct one_record *one = context;
	if (type != one->type || !hf_name_equal(owner, one->zone))
		return HF_ERR_INVALID;
	hf_buf_reset(&one->rdata);
	hf_put_bytes(&one->rdata, rdata.data, rdata.len);
	one->count++;
	return hf_buf_check(&one->rdata);
}

/* Whether the text is a whole record and not just RDATA: the type stands in it as a word. */
static bool names_type(const char *text, const char *type)
{
	size_t len = strlen(type);
	for (const char *word = text; *word != '\0'; word += strspn(word, " \t")) {
		size_t word_len = strcspn(word, " \t");
		if (word_len == len && strncasecmp(word, type, len) == 0)
			return true;
		word += word_len;
	}
	return false;
}

/* The RDATA of a record in zone-file form, with or without owner, TTL and type. */
static enum hf_err read_record(
        const struct hf_name *zone, uint16_t type, const char *text, struct hf_buf *ret_rdata)
{
	char name[HF_NAME_TEXT], type_text[HF_TYPE_TEXT];
	struct one_record one = {.zone = zone, .type = type};
	struct hf_buf line = {.data = NULL};
	hf_type_text(type, type_text);
	if (!names_type(text, type_text))
		hf_put_format(&line, "%s 0 IN %s ", hf_name_text(zone, name), type_text);
	hf_put_text(&line, text);
	hf_put_text(&line, "\n");
	const struct hf_reading reading = {.origin = zone, .visit = take, .context = &one};
	enum hf_err err = hf_buf_check(&line);
	if (err == HF_OK) {
		const struct hf_stretch stretch = {
		        .name = "record", .text = (char *)line.data, .len = line.len, .line = 1};
		err = hf_records_read(&reading, &stretch);
	}
	if (err == HF_OK && one.count != 1)
		err = HF_ERR_SYNTAX;
	hf_buf_done(&line);
	if (err != HF_OK) {
		hf_buf_done(&one.rdata);
		return err;
	}
	*ret_rdata = one.rdata;
	return HF_OK;
}

static struct hf_rdata as_rdata(const struct hf_buf *buf)
{
	return (struct hf_rdata){.data = buf->data, .len = (uint16_t)buf->len};
}

/* A key from its record's text. */
static enum hf_err intern_key(const struct making *making, const char *text, uint32_t *ret_key)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf rdata = {.data = NULL};
	enum hf_err err = read_record(&making->told->zone, KNOT_RRTYPE_DNSKEY, text, &rdata);
	if (err != HF_OK)
		return err;
	return hf_evidence_key(making->history->evidence, as_rdata(&rdata), ret_key);
}

static enum hf_err intern_ds(const struct making *making, const char *text, uint32_t *ret_ds)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf rdata = {.data = NULL};
	enum hf_err err = read_record(&making->told->zone, KNOT_RRTYPE_DS, text, &rdata);
	if (err != HF_OK)
		return err;
	return hf_evidence_ds(making->history->evidence, as_rdata(&rdata), ret_ds);
}

/* The DS with SHA-256 of a key that is known. */
static enum hf_err intern_ds_of(const struct making *making, uint32_t key, uint32_t *ret_ds)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf rdata = {.data = NULL};
	struct hf_evidence *evidence = making->history->evidence;
	enum hf_err err = hf_ds_put(&rdata, HF_DIGEST_SHA256, &making->told->zone,
	        hf_evidence_key_at(evidence, key)->rdata);
	if (err != HF_OK)
		return err;
	return hf_evidence_ds(evidence, as_rdata(&rdata), ret_ds);
}

/* A record that cannot be read, in a fact. */
static enum hf_err bad_record(const struct making *making, const struct hf_told_fact *fact,
        enum hf_err err, const char *text)
{
	if (err == HF_ERR_NOMEM || err == HF_ERR_LIMIT)
		return hf_told_fail(making->told, fact, err, making->diag, "%s", hf_err_text(err));
	return hf_told_fail(making->told, fact, err, making->diag,
	        "\"%.60s\" is neither a record of this zone that belongs here nor a name in "
	        "\"keys\"",
	        text);
}

/* The one known key with a tag. */
static enum hf_err key_by_tag(const struct making *making, const struct hf_told_fact *fact,
        json_int_t tag, uint32_t *ret_key)
{
	const struct hf_evidence *evidence = making->history->evidence;
	size_t found = 0;
	uint32_t key = 0;
	for (uint32_t i = 0; i < hf_evidence_key_count(evidence); i++) {
		if (hf_evidence_key_at(evidence, i)->tag == tag) {
			key = i;
			found++;
		}
	}
	if (found == 1) {
		*ret_key = key;
		return HF_OK;
	}
	if (found > 1)
		return hf_told_fail(making->told, fact, HF_ERR_INVALID, making->diag,
		        "%zu keys have the tag %d: give the key a name in \"keys\", and use that",
		        found, (int)tag);
	return hf_told_fail(making->told, fact, HF_ERR_INVALID, making->diag,
	        "no key with the tag %d is known: add its DNSKEY record to \"keys\"", (int)tag);
}

/* The key that an item of a list stands for: a tag, a name in "keys", or a record. */
static enum hf_err key_of(const struct making *making, const struct hf_told_fact *fact,
        const json_t *item, uint32_t *ret_key)
{
	if (json_is_integer(item))
		return key_by_tag(making, fact, json_integer_value(item), ret_key);
	const char *text = json_string_value(item);
	const char *named = json_string_value(json_object_get(making->told->keys, text));
	enum hf_err err = intern_key(making, named != NULL ? named : text, ret_key);
	return err == HF_OK ? HF_OK : bad_record(making, fact, err, text);
}

/* The DS record that an item stands for: of a key by tag or name, or a record. */
static enum hf_err ds_of(const struct making *making, const struct hf_told_fact *fact,
        const json_t *item, uint32_t *ret_ds)
{
	const char *text = json_string_value(item);
	enum hf_err err;
	if (text == NULL || json_object_get(making->told->keys, text) != NULL) {
		uint32_t key;
		err = key_of(making, fact, item, &key);
		if (err != HF_OK)
			return err;
		err = intern_ds_of(making, key, ret_ds);
	} else {
		err = intern_ds(making, text, ret_ds);
	}
	return err == HF_OK ? HF_OK : bad_record(making, fact, err, text != NULL ? text : "key");
}

/* ---- keys, before anything may name them by tag ---- */

static enum hf_err intern_named_keys(const struct making *making)
{
	const char *name;
	json_t *value;
	json_object_foreach(making->told->keys, name, value)
	{
		uint32_t key;
		enum hf_err err = intern_key(making, json_string_value(value), &key);
		if (err != HF_OK)
			return hf_fail_at(making->diag, err, making->told->name, 0,
			        "\"keys\": \"%.60s\" is no DNSKEY record of this zone", name);
	}
	return HF_OK;
}

static enum hf_err intern_told_keys(const struct making *making)
{
	for (size_t i = 0; i < making->told->count; i++) {
		const struct hf_told_fact *fact = &making->told->facts[i];
		if (fact->kind != HF_TOLD_DNSKEY)
			continue;
		for (size_t k = 0; k < json_array_size(fact->records); k++) {
			const json_t *item = json_array_get(fact->records, k);
			uint32_t key;
			enum hf_err err =
			        json_is_string(item) ? key_of(making, fact, item, &key) : HF_OK;
			if (err != HF_OK)
				return err;
		}
	}
	return HF_OK;
}

/* ---- zone files ---- */

static enum hf_err load_zone(
        const struct making *making, const struct hf_told_fact *fact, struct hf_version **ret_zone)
{
	char zone[HF_NAME_TEXT], apex[HF_NAME_TEXT];
	const struct hf_load_options options = {
	        .pool = making->options->pool, .progress = making->options->progress};
	struct hf_buf path = {.data = NULL};
	struct hf_version *version;
	if (making->folder == NULL)
		return hf_told_fail(making->told, fact, HF_ERR_REFUSED, making->diag,
		        "zone files cannot be read here");
	if (fact->file[0] != '/')
		hf_put_format(&path, "%s/", making->folder);
	hf_put_format(&path, "%s%c", fact->file, '\0');
	enum hf_err err = hf_buf_check(&path);
	if (err == HF_OK)
		err = hf_zone_load((char *)path.data, &options, making->diag, &version);
	hf_buf_done(&path);
	if (err != HF_OK)
		return err;
	if (!hf_name_equal(hf_version_apex(version), &making->told->zone)) {
		err = hf_told_fail(making->told, fact, HF_ERR_INVALID, making->diag,
		        "%s is the zone %s, not %s", fact->file,
		        hf_name_text(hf_version_apex(version), apex),
		        hf_name_text(&making->told->zone, zone));
		hf_version_unref(version);
		return err;
	}
	*ret_zone = version;
	return HF_OK;
}

/* All are loaded before the first survey: data may be signed by keys of later versions. */
static enum hf_err load_zones(struct making *making)
{
	struct hf_history *history = making->history;
	size_t count = 0;
	for (size_t i = 0; i < making->told->count; i++)
		count += making->told->facts[i].kind == HF_TOLD_ZONE;
	history->versions = calloc(count + 1, sizeof(*history->versions));
	making->zones = calloc(count + 1, sizeof(struct hf_version *));
	if (history->versions == NULL || making->zones == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < making->told->count; i++) {
		const struct hf_told_fact *fact = &making->told->facts[i];
		if (fact->kind != HF_TOLD_ZONE)
			continue;
		size_t at = history->version_count;
		enum hf_err err = load_zone(making, fact, &making->zones[at]);
		if (err != HF_OK)
			return err;
		history->versions[at] = (struct hf_history_version){.fact = fact->number,
		        .file = fact->file,
		        .first = fact->at,
		        .last = fact->until};
		history->version_count++;
		err = hf_survey_keys(making->zones[at], history->evidence, making->diag);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err survey_zones(struct making *making)
{
	struct hf_history *history = making->history;
	for (size_t i = 0; i < history->version_count; i++) {
		enum hf_err err = hf_survey_version(making->zones[i], HF_SURVEY_VERIFY,
		        making->options->at, making->options->pool, making->options->progress,
		        history->evidence, making->diag, &history->versions[i].survey);
		if (err != HF_OK)
			return err;
		hf_version_unref(making->zones[i]);
		making->zones[i] = NULL;
	}
	return HF_OK;
}

/* ---- facts ---- */

static enum hf_err find_place(
        const struct making *making, const struct hf_told_fact *fact, uint32_t *ret_place)
{
	const char *name = fact->place;
	if (name == NULL)
		name = fact->kind == HF_TOLD_DS ? HF_HISTORY_PARENT : HF_HISTORY_PUBLISHED;
	enum hf_err err = hf_evidence_place(making->history->evidence, name, ret_place);
	if (err == HF_ERR_LIMIT)
		return hf_told_fail(making->told, fact, err, making->diag,
		        "there are more places than a history may have");
	return err;
}

/* One more thing that the step would serve. */
static enum hf_err add_step(struct hf_history *history, const struct hf_served *served)
{
	struct hf_served *step =
	        hf_list_room(history->step, &history->step_cap, history->step_count, sizeof(*step));
	if (step == NULL)
		return HF_ERR_NOMEM;
	history->step = step;
	history->step[history->step_count++] = *served;
	return HF_OK;
}

static enum hf_err add_fact(const struct making *making, const struct hf_told_fact *told,
        uint32_t place, const struct hf_served *served)
{
	hf_time at = making->options->at;
	bool step = (making->options->flags & HF_HISTORY_STEP) != 0;
	bool past = (making->options->flags & HF_HISTORY_PAST) != 0;
	bool open = (step && told->until == at) || (past && told->until > at);
	const struct hf_fact fact = {.content = served->content,
	        .place = place,
	        .ttl = served->ttl,
	        .rrsets = served->rrsets,
	        .first = told->at,
	        .last = open ? HF_TIME_NEVER : told->until};
	if (step && told->at == at)
		return add_step(making->history, served);
	if (past && told->at > at)
		return HF_OK;
	return hf_evidence_add(making->history->evidence, &fact);
}

static void add_span(struct making *making, const struct hf_told_fact *fact, enum hf_kind kind,
        uint32_t place, uint32_t content)
{
	making->spans[making->span_count++] = (struct span){
	        .fact = fact,
	        .place = place,
	        .kind = kind,
	        .content = kind == HF_KIND_SIGNERS ? content : 0,
	};
}

/* A fact of one content. */
static enum hf_err add_content(
        struct making *making, const struct hf_told_fact *told, const struct hf_content *content)
{
	struct hf_served served = {.ttl = told->ttl, .rrsets = told->rrsets};
	uint32_t place;
	enum hf_err err = hf_evidence_content(making->history->evidence, content, &served.content);
	if (err == HF_OK)
		err = find_place(making, told, &place);
	if (err != HF_OK)
		return err;
	add_span(making, told, content->kind, place, served.content);
	return add_fact(making, told, place, &served);
}

static enum hf_err add_ds(struct making *making, const struct hf_told_fact *fact)
{
	uint32_t members[HF_CONTENT_MEMBERS];
	size_t count = json_array_size(fact->records);
	for (size_t i = 0; i < count; i++) {
		enum hf_err err =
		        ds_of(making, fact, json_array_get(fact->records, i), &members[i]);
		if (err != HF_OK)
			return err;
	}
	return add_content(making, fact,
	        &(struct hf_content){
	                .kind = HF_KIND_DS, .members = members, .member_count = count});
}

/* The keys that a fact says sign what it is about. */
static enum hf_err read_signings(const struct making *making, const struct hf_told_fact *fact,
        struct hf_signing signings[HF_CONTENT_MEMBERS], size_t *ret_count)
{
	size_t count = json_array_size(fact->signed_by);
	for (size_t i = 0; i < count; i++) {
		struct hf_signing *signing = &signings[i];
		*signing = (struct hf_signing){
		        .inception = fact->valid_from, .expiration = fact->expires};
		enum hf_err err =
		        key_of(making, fact, json_array_get(fact->signed_by, i), &signing->key);
		if (err != HF_OK)
			return err;
	}
	*ret_count = count;
	return HF_OK;
}

static bool is_sep(const struct making *making, uint32_t key)
{
	return (hf_evidence_key_at(making->history->evidence, key)->dnskey.flags & HF_DNSKEY_SEP) !=
	       0;
}

/* What signs a DNSKEY set when the fact does not say: its keys with the SEP flag, or all. */
static size_t default_signings(const struct making *making, const struct hf_told_fact *fact,
        const struct hf_content *keys, struct hf_signing signings[HF_CONTENT_MEMBERS])
{
	bool any = false;
	size_t count = 0;
	for (size_t i = 0; i < keys->member_count; i++)
		any = any || is_sep(making, keys->members[i]);
	for (size_t i = 0; i < keys->member_count; i++) {
		if (!any || is_sep(making, keys->members[i]))
			signings[count++] = (struct hf_signing){.key = keys->members[i],
			        .inception = fact->valid_from,
			        .expiration = fact->expires};
	}
	return count;
}

static enum hf_err add_dnskey(struct making *making, const struct hf_told_fact *fact)
{
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_signing signings[HF_CONTENT_MEMBERS];
	struct hf_content content = {.kind = HF_KIND_DNSKEY,
	        .members = members,
	        .member_count = json_array_size(fact->records),
	        .signings = signings};
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < content.member_count && err == HF_OK; i++)
		err = key_of(making, fact, json_array_get(fact->records, i), &members[i]);
	if (err == HF_OK && fact->signed_by != NULL)
		err = read_signings(making, fact, signings, &content.signing_count);
	else if (err == HF_OK)
		content.signing_count = default_signings(making, fact, &content, signings);
	return err == HF_OK ? add_content(making, fact, &content) : err;
}

static enum hf_err add_signers(struct making *making, const struct hf_told_fact *fact)
{
	struct hf_signing signings[HF_CONTENT_MEMBERS];
	struct hf_content content = {.kind = HF_KIND_SIGNERS, .signings = signings};
	enum hf_err err = read_signings(making, fact, signings, &content.signing_count);
	return err == HF_OK ? add_content(making, fact, &content) : err;
}

/* What a zone file serves; `version` is its survey. */
static enum hf_err add_zone(
        struct making *making, const struct hf_told_fact *fact, struct hf_history_version *version)
{
	enum hf_err err = find_place(making, fact, &version->place);
	if (err == HF_OK)
		add_span(making, fact, HF_KIND_DNSKEY, version->place, 0);
	if ((making->options->flags & HF_HISTORY_STEP) != 0 && fact->at == making->options->at)
		making->history->step_serial = version->survey.offer.serial;
	for (size_t i = 0; i < version->survey.offer.count && err == HF_OK; i++) {
		struct hf_served served = version->survey.served[i];
		if (fact->has_ttl)
			served.ttl = fact->ttl;
		err = add_fact(making, fact, version->place, &served);
	}
	return err;
}

static enum hf_err add_facts(struct making *making)
{
	struct hf_history_version *version = making->history->versions;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < making->told->count && err == HF_OK; i++) {
		const struct hf_told_fact *fact = &making->told->facts[i];
		switch (fact->kind) {
		case HF_TOLD_DS:
			err = add_ds(making, fact);
			break;
		case HF_TOLD_DNSKEY:
			err = add_dnskey(making, fact);
			break;
		case HF_TOLD_SIGNERS:
			err = add_signers(making, fact);
			break;
		case HF_TOLD_ZONE:
			err = add_zone(making, fact, version++);
			break;
		case HF_TOLD_SEEN:
			break;
		}
	}
	return err;
}

/* ---- secondaries ---- */

/* When the version that a sighting names was published. */
static enum hf_err published_when(
        const struct making *making, const struct hf_told_fact *fact, hf_time *ret_time)
{
	const struct hf_history *history = making->history;
	hf_time time = HF_TIME_NONE;
	if (fact->serial < 0) {
		*ret_time = fact->version;
		return HF_OK;
	}
	for (size_t i = 0; i < history->version_count; i++) {
		const struct hf_history_version *version = &history->versions[i];
		if (version->place == HF_PUBLISHED &&
		        version->survey.offer.serial == (uint32_t)fact->serial &&
		        version->first <= fact->at && version->first > time)
			time = version->first;
	}
	if (time == HF_TIME_NONE)
		return hf_told_fail(making->told, fact, HF_ERR_INVALID, making->diag,
		        "no version with the serial %u was published before that; \"version\" may "
		        "also be the time at which it was",
		        (unsigned)fact->serial);
	*ret_time = time;
	return HF_OK;
}

static enum hf_err add_seen(const struct making *making, const struct hf_told_fact *fact)
{
	uint32_t place;
	hf_time version = HF_TIME_NONE;
	enum hf_err err = find_place(making, fact, &place);
	if (err == HF_OK)
		err = published_when(making, fact, &version);
	if (err != HF_OK)
		return err;
	if (version > fact->at)
		return hf_told_fail(making->told, fact, HF_ERR_INVALID, making->diag,
		        "a version cannot be seen before it was published");
	err = hf_evidence_sighting(making->history->evidence, place, fact->at, version);
	if (err == HF_ERR_INVALID)
		return hf_told_fail(making->told, fact, err, making->diag,
		        "this place is not in \"secondaries\": add it there");
	return err;
}

static int by_time(const void *a, const void *b)
{
	const struct hf_told_fact *one = *(const struct hf_told_fact *const *)a;
	const struct hf_told_fact *other = *(const struct hf_told_fact *const *)b;
	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	return (one->number > other->number) - (one->number < other->number);
}

/* Sightings count in the order of their times, wherever they stand in the file. */
static enum hf_err add_secondaries(const struct making *making)
{
	const struct hf_told *told = making->told;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < json_array_size(told->secondaries) && err == HF_OK; i++) {
		const char *name = json_string_value(json_array_get(told->secondaries, i));
		uint32_t place;
		err = hf_evidence_place(making->history->evidence, name, &place);
		if (err == HF_OK)
			err = hf_evidence_add_secondary(making->history->evidence, place);
		if (err == HF_ERR_INVALID)
			return hf_fail_at(making->diag, err, told->name, 0,
			        "\"secondaries\": \"%.60s\" is no address of a secondary", name);
	}
	const struct hf_told_fact **seen = calloc(told->count + 1, sizeof(*seen));
	if (seen == NULL)
		return HF_ERR_NOMEM;
	size_t count = 0;
	for (size_t i = 0; i < told->count; i++) {
		if (told->facts[i].kind == HF_TOLD_SEEN)
			seen[count++] = &told->facts[i];
	}
	qsort(seen, count, sizeof(const struct hf_told_fact *), by_time);
	for (size_t i = 0; i < count && err == HF_OK; i++)
		err = add_seen(making, seen[i]);
	free(seen);
	return err;
}

/* ---- contradictions ---- */

static int compare_spans(const void *a, const void *b)
{
	const struct span *one = a, *other = b;
	if (one->place != other->place)
		return one->place < other->place ? -1 : 1;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	if (one->content != other->content)
		return one->content < other->content ? -1 : 1;
	return by_time(&one->fact, &other->fact);
}

/* No place serves two DS sets or two DNSKEY sets at a time, or one signer set twice. */
static enum hf_err check_spans(const struct making *making)
{
	char when[HF_TIME_TEXT];
	if (making->span_count > 1)
		qsort(making->spans, making->span_count, sizeof(*making->spans), compare_spans);
	for (size_t i = 1; i < making->span_count; i++) {
		const struct span *one = &making->spans[i - 1], *other = &making->spans[i];
		if (one->place != other->place || one->kind != other->kind ||
		        one->content != other->content || other->fact->at >= one->fact->until)
			continue;
		return hf_told_fail(making->told, other->fact, HF_ERR_INVALID, making->diag,
		        "fact %zu says what this place serves at %s already: end that one with "
		        "\"until\" first",
		        one->fact->number, hf_time_rfc3339(other->fact->at, when));
	}
	return HF_OK;
}

/* ---- the whole ---- */

static void set_expire(const struct making *making)
{
	uint32_t expire = making->told->expire;
	for (size_t i = 0; !making->told->has_expire && i < making->history->version_count; i++) {
		const struct hf_survey *survey = &making->history->versions[i].survey;
		if (survey->soa_expire > expire)
			expire = survey->soa_expire;
	}
	hf_evidence_set_expire(making->history->evidence, expire);
}

static enum hf_err make(struct making *making)
{
	struct hf_told *told = making->told;
	enum hf_err err = hf_evidence_new(&told->zone, &making->history->evidence);
	if (err != HF_OK)
		return err;
	making->spans = calloc(told->count + 1, sizeof(*making->spans));
	if (making->spans == NULL)
		return HF_ERR_NOMEM;
	err = intern_named_keys(making);
	if (err == HF_OK)
		err = intern_told_keys(making);
	if (err == HF_OK)
		err = load_zones(making);
	if (err == HF_OK)
		err = survey_zones(making);
	if (err == HF_OK)
		err = add_facts(making);
	if (err == HF_OK)
		err = check_spans(making);
	if (err == HF_OK)
		err = add_secondaries(making);
	if (err == HF_OK)
		set_expire(making);
	return err;
}

static void making_done(struct making *making)
{
	for (size_t i = 0; making->zones != NULL && i < making->history->version_count; i++)
		hf_version_unref(making->zones[i]);
	free(making->zones);
	free(making->spans);
}

void hf_history_free(struct hf_history *history)
{
	if (history == NULL)
		return;
	for (size_t i = 0; i < history->version_count; i++)
		hf_survey_done(&history->versions[i].survey);
	free(history->versions);
	free(history->step);
	hf_evidence_free(history->evidence);
	hf_told_free(history->told);
	free(history);
}

enum hf_err hf_history_parse(const char *name, const char *folder, const char *text, size_t len,
        const struct hf_history_options *options, struct hf_diag *diag,
        struct hf_history **ret_history)
{
	struct hf_history *history = calloc(1, sizeof(*history));
	if (history == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_told_read(name, text, len, diag, &history->told);
	if (err == HF_OK) {
		struct making making = {.options = options,
		        .folder = folder,
		        .diag = diag,
		        .told = history->told,
		        .history = history};
		err = make(&making);
		making_done(&making);
	}
	if (err != HF_OK) {
		hf_history_free(history);
		return err;
	}
	*ret_history = history;
	return HF_OK;
}

enum hf_err hf_history_load(const char *path, const struct hf_history_options *options,
        struct hf_diag *diag, struct hf_history **ret_history)
{
	struct hf_textfile file;
	enum hf_err err = hf_textfile_open(path, diag, &file);
	if (err != HF_OK)
		return err;
	err = hf_history_parse(
	        file.name, file.folder, file.text, file.len, options, diag, ret_history);
	hf_textfile_close(&file);
	return err;
}
