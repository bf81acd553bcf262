/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/keyparse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libzscanner/scanner.h>

#include "crypto/keyname.h"
#include "crypto/keytext.h"

#define EVENT(name, member)                                                                        \
	{                                                                                          \
		name, offsetof(struct hf_key_times, member)                                        \
	}
const struct hf_key_event HF_KEY_EVENT[HF_KEY_EVENTS] = {
        EVENT("Created", created),
        EVENT("Publish", publish),
        EVENT("Activate", activate),
        EVENT("Revoke", revoke),
        EVENT("Inactive", inactive),
        EVENT("Delete", remove),
        EVENT("SyncPublish", sync_publish),
        EVENT("SyncDelete", sync_remove),
};

hf_time *hf_key_event_time(struct hf_key_times *times, const struct hf_key_event *event)
{
	return (hf_time *)((char *)times + event->offset);
}

/* ---- lines ---- */

/* One line of a text, without its end; `name` and `value` when it is "name: value". */
struct line {
	const char *next, *end; /* what is still to be read */
	unsigned number;
	const char *text, *name, *value;
	size_t len, name_len, value_len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool next_line(struct line *line)
{
	if (line->next >= line->end)
		return false;
	line->text = line->next;
	const char *end = memchr(line->next, '\n', (size_t)(line->end - line->next));
	if (end == NULL)
		end = line->end;
	line->next = end < line->end ? end + 1 : end;
	line->number++;
	while (end > line->text && is_blank(end[-1]))
		end--;
	line->len = (size_t)(end - line->text);
	line->name = line->text;
	const char *colon = memchr(line->text, ':', line->len);
	line->name_len = colon != NULL ? (size_t)(colon - line->text) : 0;
	line->value = colon != NULL ? colon + 1 : end;
	while (line->value < end && is_blank(*line->value))
		line->value++;
	line->value_len = (size_t)(end - line->value);
	return true;
}

static bool is_named(const struct line *line, const char *name)
{
	return line->name_len == strlen(name) && strncasecmp(line->name, name, line->name_len) == 0;
}

static bool is_valued(const struct line *line, const char *value)
{
	return line->value_len == strlen(value) &&
	       strncasecmp(line->value, value, line->value_len) == 0;
}

/* The first word as 14 digits, as BIND writes times. */
static enum hf_err read_time(const struct line *line, hf_time *ret_time)
{
	char text[15] = "";
	size_t len = 0;
	while (len < line->value_len && line->value[len] >= '0' && line->value[len] <= '9')
		len++;
	if (len != 14 || (len < line->value_len && !is_blank(line->value[len])))
		return HF_ERR_SYNTAX;
	memcpy(text, line->value, len);
	return hf_time_parse(text, 0, ret_time);
}

/* ---- the .key file ---- */

/* Comments above the record: role and times, for people and for when .private is not there. */
static void read_comments(const struct hf_keyfile_text *text, struct hf_keyfile *key)
{
	static const char csk[] = "combined-signing key";
	struct line line = {.next = text->key, .end = text->key + text->key_len};
	while (next_line(&line)) {
		if (line.len < 2 || line.text[0] != ';')
			continue;
		if (line.number == 1 && memmem(line.text, line.len, csk, sizeof(csk) - 1) != NULL)
			key->role = HF_ROLE_CSK;
		line.name += 2;
		line.name_len = line.name_len > 2 ? line.name_len - 2 : 0;
		for (size_t i = 0; i < HF_KEY_EVENTS; i++) {
			hf_time time;
			if (is_named(&line, HF_KEY_EVENT[i].name) &&
			        read_time(&line, &time) == HF_OK)
				*hf_key_event_time(&key->times, &HF_KEY_EVENT[i]) = time;
		}
	}
}

static enum hf_err check_record(const char *file, const zs_scanner_t *scanner, struct hf_diag *diag)
{
	struct hf_dnskey dnskey;
	struct hf_rdata rdata = {scanner->r_data, (uint16_t)scanner->r_data_length};
	if (scanner->r_class != KNOT_CLASS_IN || scanner->r_type != KNOT_RRTYPE_DNSKEY)
		return hf_fail_at(diag, HF_ERR_SYNTAX, file, scanner->line_counter,
		        "this is no DNSKEY record of class IN; a .key file holds just that");
	if (!hf_dnskey_read(rdata, &dnskey) || (dnskey.flags & HF_DNSKEY_ZONE) == 0 ||
	        dnskey.protocol != HF_DNSKEY_PROTOCOL)
		return hf_fail_at(diag, HF_ERR_INVALID, file, scanner->line_counter,
		        "this DNSKEY record is not for signing zones: that takes flags 256 or 257 "
		        "and protocol 3; was it edited?");
	return HF_OK;
}

static enum hf_err take_record(
        const char *file, const zs_scanner_t *scanner, struct hf_keyfile *key, struct hf_diag *diag)
{
	enum hf_err err = check_record(file, scanner, diag);
	if (err != HF_OK)
		return err;
	if (key->dnskey != NULL)
		return hf_fail_at(diag, HF_ERR_SYNTAX, file, scanner->line_counter,
		        "a second record; a .key file holds one DNSKEY record");
	key->owner.len = (uint8_t)scanner->r_owner_length;
	memcpy(key->owner.wire, scanner->r_owner, scanner->r_owner_length);
	key->ttl = scanner->r_ttl;
	err = hf_keyfile_set_dnskey(
	        key, (struct hf_rdata){scanner->r_data, (uint16_t)scanner->r_data_length});
	if (err != HF_ERR_INVALID)
		return err;
	char name[32];
	return hf_fail_at(diag, HF_ERR_INVALID, file, scanner->line_counter,
	        "the key field is no %s key; the file is damaged: restore it from a backup",
	        hf_alg_name(key->algorithm, name));
}

static enum hf_err scan_record(const char *file, const struct hf_keyfile_text *text,
        zs_scanner_t *scanner, struct hf_keyfile *key, struct hf_diag *diag)
{
	if (zs_set_input_string(scanner, text->key, text->key_len) != 0)
		return HF_ERR_NOMEM;
	while (zs_parse_record(scanner) == 0 && scanner->state != ZS_STATE_EOF) {
		enum hf_err err = HF_OK;
		if (scanner->state == ZS_STATE_DATA)
			err = take_record(file, scanner, key, diag);
		else if (scanner->state == ZS_STATE_ERROR)
			err = hf_fail_at(diag, HF_ERR_SYNTAX, file, scanner->line_counter,
			        "not a DNSKEY record (%s); restore the file from a backup",
			        zs_strerror(scanner->error.code));
		else if (scanner->state == ZS_STATE_INCLUDE)
			err = hf_fail_at(diag, HF_ERR_SYNTAX, file, scanner->line_counter,
			        "$INCLUDE is not for key files; put the DNSKEY record here");
		else
			break;
		if (err != HF_OK)
			return err;
	}
	if (key->dnskey == NULL)
		return hf_fail_at(diag, HF_ERR_SYNTAX, file, 0,
		        "there is no DNSKEY record in it; restore it from a backup, or remove the "
		        "file");
	return HF_OK;
}

static enum hf_err parse_key(const char *file, const struct hf_keyfile_text *text,
        struct hf_keyfile *key, struct hf_diag *diag)
{
	zs_scanner_t *scanner = malloc(sizeof(*scanner));
	if (scanner == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = HF_ERR_NOMEM;
	if (zs_init(scanner, ".", KNOT_CLASS_IN, 0) == 0)
		err = scan_record(file, text, scanner, key, diag);
	zs_deinit(scanner);
	free(scanner);
	if (err != HF_OK)
		return err;
	assert(key->dnskey != NULL);
	bool sep = (key->dnskey[1] & HF_DNSKEY_SEP) != 0;
	key->role = sep ? HF_ROLE_KSK : HF_ROLE_ZSK;
	read_comments(text, key);
	return HF_OK;
}

/* ---- the .state file ---- */

/* Only its word on the role counts here. */
static void read_state(const struct hf_keyfile_text *text, struct hf_keyfile *key)
{
	if (text->state == NULL)
		return;
	struct line line = {.next = text->state, .end = text->state + text->state_len};
	bool ksk = false, zsk = false;
	while (next_line(&line)) {
		ksk |= is_named(&line, "KSK") && is_valued(&line, "yes");
		zsk |= is_named(&line, "ZSK") && is_valued(&line, "yes");
	}
	if (ksk && zsk)
		key->role = HF_ROLE_CSK;
}

/* ---- the .private file ---- */

struct private
{
	const char *file;
	const struct hf_keyfile_text *text;
	struct hf_keyfile *key;
	struct hf_diag *diag;
	const char *const *names;
	struct line fields[HF_KEY_FIELDS]; /* without `text`: not seen */
	bool algorithm_seen;
};

static enum hf_err read_algorithm(struct private *in, const struct line *line)
{
	unsigned number = 0;
	for (size_t i = 0; i < line->value_len && number <= UINT8_MAX; i++) {
		if (line->value[i] < '0' || line->value[i] > '9')
			break;
		number = 10 * number + (unsigned)(line->value[i] - '0');
	}
	if (number == in->key->algorithm) {
		in->algorithm_seen = true;
		return HF_OK;
	}
	char name[32];
	return hf_fail_at(in->diag, HF_ERR_INVALID, in->file, line->number,
	        "the private half is not for %s, which its .key file holds; put the two files of "
	        "one key together",
	        hf_alg_name(in->key->algorithm, name));
}

static enum hf_err read_event(
        struct private *in, const struct line *line, const struct hf_key_event *event)
{
	hf_time time;
	enum hf_err err = read_time(line, &time);
	if (err != HF_OK)
		return hf_fail_at(in->diag, err, in->file, line->number,
		        "%s is not a time in the form YYYYMMDDHHMMSS; correct it with "
		        "dnssec-settime",
		        event->name);
	*hf_key_event_time(&in->key->times, event) = time;
	return HF_OK;
}

/* Lines of other names are BIND's own matters, of today or of later, and none of ours. */
static enum hf_err read_field(struct private *in, const struct line *line)
{
	if (line->name_len == 0)
		return hf_fail_at(in->diag, HF_ERR_SYNTAX, in->file, line->number,
		        "not a line of the form \"Name: value\"; restore the file from a backup");
	if (is_named(line, "Algorithm"))
		return read_algorithm(in, line);
	if (is_named(line, "Engine") || is_named(line, "Label"))
		return hf_fail_at(in->diag, HF_ERR_UNSUPPORTED, in->file, line->number,
		        "this key is kept in a hardware module, which is not supported; use a key "
		        "whose private half is in the file");
	for (size_t i = 0; i < HF_KEY_EVENTS; i++) {
		if (is_named(line, HF_KEY_EVENT[i].name))
			return read_event(in, line, &HF_KEY_EVENT[i]);
	}
	for (size_t i = 0; in->names != NULL && in->names[i] != NULL; i++) {
		if (!is_named(line, in->names[i]))
			continue;
		if (in->fields[i].text != NULL)
			return hf_fail_at(in->diag, HF_ERR_SYNTAX, in->file, line->number,
			        "%s is there twice; restore the file from a backup", in->names[i]);
		in->fields[i] = *line;
	}
	return HF_OK;
}

static enum hf_err read_fields(struct private *in)
{
	static const char format[] = "Private-key-format";
	struct line line = {
	        .next = in->text->private, .end = in->text->private + in->text->private_len};
	/* The times in .private are the ones that count: those in comments are forgotten. */
	in->key->times = HF_KEY_TIMES_NONE;
	if (!next_line(&line) || !is_named(&line, format) || line.value_len < 4 ||
	        memcmp(line.value, "v1.", 3) != 0)
		return hf_fail_at(in->diag, HF_ERR_SYNTAX, in->file, 1,
		        "this does not start with \"%s: v1.3\", so it is no private key file that "
		        "we can read; restore it from a backup",
		        format);
	while (next_line(&line)) {
		enum hf_err err = line.len > 0 ? read_field(in, &line) : HF_OK;
		if (err != HF_OK)
			return err;
	}
	if (!in->algorithm_seen)
		return hf_fail_at(in->diag, HF_ERR_SYNTAX, in->file, 0,
		        "the line \"Algorithm\" is missing: the file is cut off; restore it from a "
		        "backup");
	return HF_OK;
}

/* Decodes the fields into `room`, which the values then borrow. */
static enum hf_err decode_fields(
        const struct private *in, struct hf_secret *room, struct hf_key_values *values)
{
	for (size_t i = 0; in->names[i] != NULL; i++) {
		const struct line *field = &in->fields[i];
		if (field->text == NULL)
			return hf_fail_at(in->diag, HF_ERR_SYNTAX, in->file, 0,
			        "the line \"%s\" is missing: the file is cut off or damaged; "
			        "restore it from a backup",
			        in->names[i]);
		values->data[i] = room->data + room->len;
		size_t before = room->len;
		if (hf_secret_take_base64(room, field->value, field->value_len) != HF_OK)
			return hf_fail_at(in->diag, HF_ERR_SYNTAX, in->file, field->number,
			        "%s is not base64: the file is cut off or damaged; restore it from "
			        "a backup",
			        in->names[i]);
		values->len[i] = room->len - before;
	}
	return HF_OK;
}

static enum hf_err restore_pair(struct private *in)
{
	char name[32];
	if (in->names == NULL)
		return hf_fail_at(in->diag, HF_ERR_UNSUPPORTED, in->file, 0,
		        "%s is not signed with; make a new key, for example with holdfast keygen "
		        "--algorithm 13",
		        hf_alg_name(in->key->algorithm, name));
	if (hf_alg_find(in->key->algorithm)->key_len == 0 && in->key->bits < HF_RSA_OLD_BITS)
		return hf_fail_at(in->diag, HF_ERR_REFUSED, in->file, 0,
		        "%u bits are too few to sign with; make a new key, for example with "
		        "holdfast keygen --algorithm 13",
		        in->key->bits);
	HF_CLEANUP(hf_secret_done) struct hf_secret room = {0};
	struct hf_key_values values = {0};
	enum hf_err err = hf_secret_init(&room, HF_KEYFILE_LIMIT);
	if (err == HF_OK)
		err = decode_fields(in, &room, &values);
	if (err != HF_OK)
		return err;
	err = hf_keypair_restore(hf_keyfile_dnskey(in->key), &values, &in->key->pair);
	if (err == HF_ERR_INVALID)
		return hf_fail_at(in->diag, err, in->file, 0,
		        "the private half does not fit the public one in the .key file, or is "
		        "damaged; put the two files of one key together, or restore them from a "
		        "backup");
	return err;
}

static enum hf_err parse_private(const char *file, const struct hf_keyfile_text *text,
        enum hf_keyfile_flags flags, struct hf_keyfile *key, struct hf_diag *diag)
{
	struct private in = {.file = file,
	        .text = text,
	        .key = key,
	        .diag = diag,
	        .names = hf_key_fields(key->algorithm)};
	enum hf_err err = read_fields(&in);
	if (err == HF_OK && (flags & HF_KEYFILE_PRIVATE))
		err = restore_pair(&in);
	return err;
}

/* ---- all of it ---- */

static enum hf_err check_name(const char *file, const struct hf_keyfile *key, struct hf_diag *diag)
{
	const char *slash = strrchr(key->path, '/');
	const char *base = slash != NULL ? slash + 1 : key->path;
	char right[HF_KEYNAME_MAX];
	hf_keyname(&key->owner, key->algorithm, key->tag, right);
	if (strcasecmp(base, right) == 0)
		return HF_OK;
	return hf_fail_at(diag, HF_ERR_INVALID, file, 0,
	        "the key in this file is not the one that its name says; that would be called "
	        "%s.key: was it renamed or edited?",
	        right);
}

static enum hf_err parse_all(struct hf_keyfile *key, const struct hf_keyfile_text *text,
        enum hf_keyfile_flags flags, struct hf_diag *diag)
{
	size_t room = strlen(key->path) + sizeof(".private");
	char *file = malloc(room);
	if (file == NULL)
		return HF_ERR_NOMEM;
	stpcpy(stpcpy(file, key->path), ".key");
	enum hf_err err = parse_key(file, text, key, diag);
	if (err == HF_OK)
		err = check_name(file, key, diag);
	if (err == HF_OK)
		read_state(text, key);
	stpcpy(stpcpy(file, key->path), ".private");
	if (err == HF_OK && text->private != NULL)
		err = parse_private(file, text, flags, key, diag);
	else if (err == HF_OK && (flags & HF_KEYFILE_PRIVATE))
		err = hf_fail_at(diag, HF_ERR_NOTFOUND, file, 0,
		        "the private half is missing; put the file beside its .key file");
	free(file);
	return err;
}

enum hf_err hf_keyfile_parse(const char *path, const struct hf_keyfile_text *text,
        enum hf_keyfile_flags flags, struct hf_diag *diag, struct hf_keyfile **ret_key)
{
	struct hf_keyfile *key = calloc(1, sizeof(*key));
	if (key == NULL)
		return HF_ERR_NOMEM;
	key->times = HF_KEY_TIMES_NONE;
	key->half = text->private != NULL ? HF_HALF_SAFE : HF_HALF_MISSING;
	key->path = strdup(path);
	enum hf_err err = key->path != NULL ? parse_all(key, text, flags, diag) : HF_ERR_NOMEM;
	if (err != HF_OK) {
		hf_keyfile_free(key);
		return err;
	}
	*ret_key = key;
	return HF_OK;
}
