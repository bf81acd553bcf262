/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libzscanner/scanner.h>

#include "zone/quickline.h"
#include "zone/textfile.h"

#define TTL_MAX       0x7fffffffu /* RFC 2181 section 8 */
#define PROGRESS_STEP 0xfff       /* records between two looks at the progress */

/*
 * Without an origin, names are relative to this one until the file says $ORIGIN. No file can mean
 * it, so whatever ends up below it was a relative name without an origin.
 */
#define NO_ORIGIN "\\000no-origin."

/* One reading of a text and all that it includes. */
struct state {
	const struct hf_reading *reading;
	struct hf_name no_origin;
	unsigned files;  /* included so far */
	uint64_t errors; /* also those that the diagnostic dropped */
	uint64_t records;
};

/* The text that is being read. */
struct source {
	struct state *state;
	zs_scanner_t *scanner;
	const char *name;
	bool may_include;
	unsigned depth;
	const char *kept; /* mapped text before it was forgotten; NULL: it must stay */
	struct hf_quickline line;
};

static void complain(struct source *source, const char *format, ...) HF_PRINTF(2, 3);

static void complain(struct source *source, const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	source->state->errors++;
	if (len < 0)
		return;
	hf_diag_add(source->state->reading->diag, source->name, source->scanner->line_counter, "%s",
	        text);
	free(text);
}

/* ---- Records ---- */

struct origin_check {
	const struct hf_name *no_origin;
	bool found;
};

static void check_origin(void *context, uint8_t *wire, size_t len)
{
	struct origin_check *check = context;
	struct hf_name name = {.len = (uint8_t)len};
	memcpy(name.wire, wire, len);
	check->found |= hf_name_is_under(&name, check->no_origin);
}

/* A relative name, in the owner or the RDATA, that nothing says what to be relative to. */
static bool lacks_origin(struct source *source, const struct hf_name *owner)
{
	zs_scanner_t *scanner = source->scanner;
	struct origin_check check = {.no_origin = &source->state->no_origin};
	if (source->state->reading->origin != NULL)
		return false;
	check_origin(&check, (uint8_t *)owner->wire, owner->len);
	hf_rdata_names(scanner->r_type, scanner->r_data, (uint16_t)scanner->r_data_length,
	        check_origin, &check);
	return check.found;
}

static bool acceptable(struct source *source, const struct hf_name *owner)
{
	zs_scanner_t *scanner = source->scanner;
	uint16_t type = scanner->r_type;
	char text[HF_TYPE_TEXT];
	if (scanner->r_ttl > TTL_MAX)
		complain(source,
		        "TTL %" PRIu32 " is larger than %u, the largest that RFC 2181 allows",
		        scanner->r_ttl, TTL_MAX);
	else if (hf_type_is_meta(type))
		complain(source, "type %s is for queries only; remove the record",
		        hf_type_text(type, text));
	else if (lacks_origin(source, owner))
		complain(source,
		        "a relative name, but the file has no $ORIGIN before it; "
		        "give the zone's name with --origin, or write names with a final dot");
	else if (hf_rdata_canonical(type, scanner->r_data, (uint16_t)scanner->r_data_length) !=
	         HF_OK)
		complain(source, "the RDATA is not that of a %s record; correct or remove it",
		        hf_type_text(type, text));
	else
		return true;
	return false;
}

/* Now and then: shows how far it is, and lets go of what has been read. */
static void take_stock(struct source *source)
{
	const zs_scanner_t *scanner = source->scanner;
	if (source->kept != NULL && scanner->input.current > source->kept + HF_TEXT_WINDOW)
		hf_text_forget(&source->kept, scanner->input.current);
	if (source->depth == 0)
		hf_progress_step(source->state->reading->progress, "load",
		        (uint64_t)(scanner->input.current - scanner->input.start),
		        (uint64_t)(scanner->input.end - scanner->input.start));
}

/* Gives a good record to whoever asked for it. */
static enum hf_err deliver(struct source *source, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata)
{
	const struct hf_reading *reading = source->state->reading;
	if ((++source->state->records & PROGRESS_STEP) == 0)
		take_stock(source);
	return reading->visit(reading->context, owner, type, ttl, rdata, source->name,
	        source->scanner->line_counter);
}

static enum hf_err record(struct source *source)
{
	zs_scanner_t *scanner = source->scanner;
	struct hf_name owner = {.len = (uint8_t)scanner->r_owner_length};
	memcpy(owner.wire, scanner->r_owner, scanner->r_owner_length);
	if (!acceptable(source, &owner))
		return HF_OK;
	struct hf_rdata rdata = {.data = scanner->r_data, .len = (uint16_t)scanner->r_data_length};
	return deliver(source, &owner, scanner->r_type, scanner->r_ttl, rdata);
}

/* What the lines read past the scanner have to know of it. */
static void line_init(struct source *source)
{
	const zs_scanner_t *scanner = source->scanner;
	struct hf_quickline *line = &source->line;
	line->origin.len = (uint8_t)scanner->zone_origin_length;
	memcpy(line->origin.wire, scanner->zone_origin, scanner->zone_origin_length);
	line->has_origin = !hf_name_is_under(&line->origin, &source->state->no_origin);
	line->default_ttl = scanner->default_ttl;
	hf_quickline_forget(line);
}

static bool at_newline(const zs_scanner_t *scanner)
{
	return scanner->input.current < scanner->input.end && *scanner->input.current == '\n';
}

/*
 * Reads plain lines past the scanner, which is at the beginning of a line or at the newline before
 * it, and is left at the last newline: to it, that is an empty line to begin with. The owner goes
 * to the scanner too, since the next line may leave it out.
 */
static enum hf_err read_quick(struct source *source)
{
	zs_scanner_t *scanner = source->scanner;
	struct hf_quickline *line = &source->line;
	line_init(source);
	for (;;) {
		bool behind = at_newline(scanner);
		const char *next = hf_quickline_read(
		        line, scanner->input.current + behind, scanner->input.end);
		if (next == NULL)
			return HF_OK;
		scanner->input.current = next;
		scanner->line_counter += behind;
		memcpy(scanner->r_owner, line->owner.wire, line->owner.len);
		scanner->r_owner_length = line->owner.len;
		struct hf_rdata rdata = {.data = line->rdata, .len = line->rdata_len};
		enum hf_err err = deliver(source, &line->owner, line->type, line->ttl, rdata);
		if (err != HF_OK)
			return err;
	}
}

/* ---- Texts ---- */

static enum hf_err read_source(struct source *source);

static const char *advice(int code)
{
	switch (code) {
	case ZS_DOS_NEWLINE:
		return "; convert the file, for example with dos2unix";
	case ZS_UNCLOSED_MULTILINE:
		return "; a closing parenthesis is missing";
	case ZS_UNSUPPORTED_TYPE: /* what the scanner also says of other classes */
		return "; only class IN is known, and other types as TYPE123 \\# (RFC 3597)";
	case ZS_BAD_INCLUDE_ORIGIN:
		return "; write it as an absolute name, with a final dot";
	default:
		return "";
	}
}

static enum hf_err scanner_new(const char *origin, uint32_t ttl, zs_scanner_t **ret_scanner)
{
	zs_scanner_t *scanner = malloc(sizeof(*scanner));
	if (scanner == NULL)
		return HF_ERR_NOMEM;
	if (zs_init(scanner, origin, KNOT_CLASS_IN, ttl) != 0) {
		zs_deinit(scanner);
		free(scanner);
		return HF_ERR_SYNTAX;
	}
	*ret_scanner = scanner;
	return HF_OK;
}

static void scanner_free(zs_scanner_t *scanner)
{
	zs_deinit(scanner);
	free(scanner);
}

/* Gives the scanner its text, and the folder that it completes the paths of $INCLUDE with. */
static enum hf_err scanner_set(
        zs_scanner_t *scanner, const char *text, size_t len, const char *folder)
{
	char *path = folder != NULL ? strdup(folder) : NULL;
	if (folder != NULL && path == NULL)
		return HF_ERR_NOMEM;
	if (zs_set_input_string(scanner, text, len) != 0) {
		free(path);
		return HF_ERR_NOMEM;
	}
	if (path != NULL) {
		free(scanner->path);
		scanner->path = path;
	}
	return HF_OK;
}

static enum hf_err read_included(
        struct source *outer, const char *path, const char *origin, uint32_t ttl)
{
	struct hf_textfile file;
	struct source inner = {.state = outer->state,
	        .name = path,
	        .may_include = true,
	        .depth = outer->depth + 1};
	enum hf_err err = hf_textfile_open(path, outer->state->reading->diag, &file);
	if (err != HF_OK) { /* it was said why */
		outer->state->errors++;
		return err == HF_ERR_NOMEM ? err : HF_OK;
	}
	err = scanner_new(origin, ttl, &inner.scanner);
	if (err == HF_OK) {
		err = scanner_set(inner.scanner, file.text, file.len, file.folder);
		if (err == HF_OK)
			err = read_source(&inner);
		scanner_free(inner.scanner);
	}
	hf_textfile_close(&file);
	return err;
}

/* $INCLUDE: the scanner gives the path (relative to the including file) and the origin. */
static enum hf_err include(struct source *source)
{
	struct state *state = source->state;
	zs_scanner_t *outer = source->scanner;
	const char *path = outer->include_filename;
	struct stat status;
	outer->error.fatal = false; /* left over from the directive */
	/* The scanner leaves one entry of its state stack behind each directive: the 17th would
	 * write beyond that stack. Between records nothing is on it. */
	outer->top = 0;
	if (!source->may_include) {
		complain(source, "$INCLUDE is not allowed here; paste the records in");
	} else if (source->depth >= HF_LOAD_INCLUDE_DEPTH ||
	           state->files >= HF_LOAD_INCLUDE_FILES) {
		complain(source,
		        "$INCLUDE %s: more than %d levels or %d files; does it include itself?",
		        path, HF_LOAD_INCLUDE_DEPTH, HF_LOAD_INCLUDE_FILES);
	} else if (stat(path, &status) != 0) {
		complain(source, "$INCLUDE %s: %s", path, strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		complain(source, "$INCLUDE %s: not a regular file", path);
	} else if (status.st_size > 0) {
		state->files++;
		return read_included(source, path, (const char *)outer->buffer, outer->default_ttl);
	}
	return HF_OK;
}

/* Reads to the end of this file. Errors in it are complaints; the result is about us only. */
static enum hf_err read_source(struct source *source)
{
	zs_scanner_t *scanner = source->scanner;
	enum hf_err err = read_quick(source);
	while (err == HF_OK) {
		if (zs_parse_record(scanner) != 0)
			return HF_OK; /* after a fatal error, which was named */
		switch (scanner->state) {
		case ZS_STATE_DATA:
			err = record(source);
			/* An error may have left a parenthesis open. */
			if (err == HF_OK && at_newline(scanner) && !scanner->multiline)
				err = read_quick(source);
			break;
		case ZS_STATE_INCLUDE:
			err = include(source);
			break;
		case ZS_STATE_ERROR:
			complain(source, "%s%s", zs_strerror(scanner->error.code),
			        advice(scanner->error.code));
			if (scanner->error.fatal) {
				hf_diag_add(source->state->reading->diag, source->name, 0,
				        "reading stopped there; later lines were not checked");
				return HF_OK;
			}
			break;
		default:
			return HF_OK;
		}
	}
	return err;
}

/* The directives in force before a stretch, then the stretch itself. */
static enum hf_err read_stretch(struct source *source, const struct hf_stretch *stretch)
{
	zs_scanner_t *scanner = source->scanner;
	enum hf_err err = HF_OK;
	if (stretch->before_len > 0) {
		err = scanner_set(scanner, stretch->before, stretch->before_len, NULL);
		if (err == HF_OK)
			err = read_source(source);
	}
	if (err == HF_OK)
		err = scanner_set(scanner, stretch->text, stretch->len, stretch->folder);
	scanner->line_counter = stretch->line;
	source->kept = stretch->mapped ? stretch->text : NULL;
	if (err == HF_OK)
		err = read_source(source);
	if (source->kept != NULL)
		hf_text_forget(&source->kept, stretch->text + stretch->len);
	return err;
}

enum hf_err hf_records_read(const struct hf_reading *reading, const struct hf_stretch *stretch)
{
	struct state state = {.reading = reading};
	struct source source = {
	        .state = &state, .name = stretch->name, .may_include = stretch->folder != NULL};
	char origin[HF_NAME_TEXT] = NO_ORIGIN;
	enum hf_err err = hf_name_from_text(NO_ORIGIN, &state.no_origin);
	if (reading->origin != NULL)
		hf_name_text(reading->origin, origin);
	if (err == HF_OK)
		err = scanner_new(origin, HF_LOAD_DEFAULT_TTL, &source.scanner);
	if (err != HF_OK)
		return err;
	err = read_stretch(&source, stretch);
	scanner_free(source.scanner);
	return err == HF_OK && state.errors > 0 ? HF_ERR_SYNTAX : err;
}
