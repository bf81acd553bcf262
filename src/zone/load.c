/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/load.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libzscanner/scanner.h>

#include "zone/bulk.h"

#define PIPE_MAX      (UINT64_C(8) << 30) /* bytes that are read from a pipe */
#define PIPE_CHUNK    (1u << 20)
#define TTL_MAX       0x7fffffffu /* RFC 2181 section 8 */
#define PROGRESS_STEP 0xfff       /* records between two looks at the progress */

/*
 * Without --origin, names are relative to this one until the file says $ORIGIN. No file can mean
 * it, so whatever ends up below it was a relative name without an origin.
 */
#define NO_ORIGIN "\\000no-origin."

/* One reading of a file and all that it includes. */
struct reading {
	const struct hf_load_options *options;
	hf_record_fn *visit;
	void *context;
	struct hf_diag *diag;
	struct hf_name no_origin;
	bool may_include;
	unsigned files;  /* included so far */
	uint64_t errors; /* also those that the diagnostic dropped */
	uint64_t records;
};

/* The file that is being read. */
struct source {
	struct reading *reading;
	zs_scanner_t *scanner;
	const char *name; /* for messages */
	unsigned depth;
};

static void complain(struct source *source, const char *format, ...) HF_PRINTF(2, 3);

static void complain(struct source *source, const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	source->reading->errors++;
	if (len < 0)
		return;
	hf_diag_add(source->reading->diag, source->name, source->scanner->line_counter, "%s", text);
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
	struct origin_check check = {.no_origin = &source->reading->no_origin};
	if (source->reading->options->origin != NULL)
		return false;
	check_origin(&check, (uint8_t *)owner->wire, owner->len);
	hf_rdata_names(scanner->r_type, scanner->r_data, (uint16_t)scanner->r_data_length,
	        check_origin, &check);
	return check.found;
}

static bool acceptable(struct source *source, const struct hf_name *owner)
{
	zs_scanner_t *scanner = source->scanner;
	char type[HF_TYPE_TEXT];
	hf_type_text(scanner->r_type, type);
	if (scanner->r_ttl > TTL_MAX)
		complain(source,
		        "TTL %" PRIu32 " is larger than %u, the largest that RFC 2181 allows",
		        scanner->r_ttl, TTL_MAX);
	else if (hf_type_is_meta(scanner->r_type))
		complain(source, "type %s is for queries only; remove the record", type);
	else if (lacks_origin(source, owner))
		complain(source,
		        "a relative name, but the file has no $ORIGIN before it; "
		        "give the zone's name with --origin, or write names with a final dot");
	else if (hf_rdata_canonical(scanner->r_type, scanner->r_data,
	                 (uint16_t)scanner->r_data_length) != HF_OK)
		complain(
		        source, "the RDATA is not that of a %s record; correct or remove it", type);
	else
		return true;
	return false;
}

static enum hf_err record(struct source *source)
{
	zs_scanner_t *scanner = source->scanner;
	struct reading *reading = source->reading;
	struct hf_name owner = {.len = (uint8_t)scanner->r_owner_length};
	memcpy(owner.wire, scanner->r_owner, scanner->r_owner_length);
	if (!acceptable(source, &owner))
		return HF_OK;
	struct hf_rdata rdata = {.data = scanner->r_data, .len = (uint16_t)scanner->r_data_length};
	if ((++reading->records & PROGRESS_STEP) == 0 && source->depth == 0)
		hf_progress_step(reading->options->progress, "load",
		        (uint64_t)(scanner->input.current - scanner->input.start),
		        (uint64_t)(scanner->input.end - scanner->input.start));
	return reading->visit(reading->context, &owner, scanner->r_type, scanner->r_ttl, rdata,
	        source->name, scanner->line_counter);
}

/* ---- Files ---- */

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

/* $INCLUDE: the scanner gives the path (relative to the including file) and the origin. */
static enum hf_err include(struct source *source)
{
	struct reading *reading = source->reading;
	zs_scanner_t *outer = source->scanner;
	outer->error.fatal = false; /* left over from the directive */
	/* The scanner leaves one entry of its state stack behind each directive: the 17th would
	 * write beyond that stack. Between records nothing is on it. */
	outer->top = 0;
	if (!reading->may_include) {
		complain(source, "$INCLUDE is not allowed here; paste the records in");
		return HF_OK;
	}
	if (source->depth >= HF_LOAD_INCLUDE_DEPTH || reading->files >= HF_LOAD_INCLUDE_FILES) {
		complain(source,
		        "$INCLUDE %s: more than %d levels or %d files; does it include itself?",
		        outer->include_filename, HF_LOAD_INCLUDE_DEPTH, HF_LOAD_INCLUDE_FILES);
		return HF_OK;
	}
	reading->files++;
	zs_scanner_t *inner;
	enum hf_err err = scanner_new((const char *)outer->buffer, outer->default_ttl, &inner);
	if (err != HF_OK)
		return err;
	struct source included = {.reading = reading,
	        .scanner = inner,
	        .name = outer->include_filename,
	        .depth = source->depth + 1};
	struct stat status;
	if (stat(outer->include_filename, &status) != 0)
		complain(source, "$INCLUDE %s: %s", outer->include_filename, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		complain(source, "$INCLUDE %s: not a regular file", outer->include_filename);
	else if (status.st_size > 0 && zs_set_input_file(inner, outer->include_filename) != 0)
		complain(source, "$INCLUDE %s: %s", outer->include_filename,
		        zs_strerror(inner->error.code));
	else if (status.st_size > 0)
		err = read_source(&included);
	scanner_free(inner);
	return err;
}

/* Reads to the end of this file. Errors in it are complaints; the result is about us only. */
static enum hf_err read_source(struct source *source)
{
	zs_scanner_t *scanner = source->scanner;
	for (;;) {
		enum hf_err err = HF_OK;
		if (zs_parse_record(scanner) != 0)
			return HF_OK; /* after a fatal error, which was named */
		switch (scanner->state) {
		case ZS_STATE_DATA:
			err = record(source);
			break;
		case ZS_STATE_INCLUDE:
			err = include(source);
			break;
		case ZS_STATE_ERROR:
			complain(source, "%s%s", zs_strerror(scanner->error.code),
			        advice(scanner->error.code));
			if (scanner->error.fatal) {
				hf_diag_add(source->reading->diag, source->name, 0,
				        "reading stopped there; later lines were not checked");
				return HF_OK;
			}
			break;
		default:
			return HF_OK;
		}
		if (err != HF_OK)
			return err;
	}
}

/* Reads a pipe to its end. The caller frees `*ret_text`. */
static enum hf_err slurp(
        int fd, const char *name, struct hf_diag *diag, char **ret_text, size_t *ret_len)
{
	char *text = NULL;
	size_t len = 0, cap = 0;
	for (;;) {
		if (cap - len < PIPE_CHUNK) {
			size_t more = cap ? cap * 2 : PIPE_CHUNK;
			char *larger = more <= PIPE_MAX ? realloc(text, more) : NULL;
			if (larger == NULL) {
				free(text);
				return hf_fail(diag, HF_ERR_LIMIT,
				        "%s: more than %zu bytes from a pipe; give a file instead",
				        name, len);
			}
			text = larger;
			cap = more;
		}
		ssize_t got = read(fd, text + len, cap - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(text);
			return hf_fail(
			        diag, HF_ERR_IO, "cannot read %s: %s", name, strerror(errno));
		}
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*ret_text = text;
	*ret_len = len;
	return HF_OK;
}

/* Reads text that is in memory, or (`text` NULL) the regular file `path`. */
static enum hf_err read_all(
        struct reading *reading, const char *name, const char *path, const char *text, size_t len)
{
	struct source source = {.reading = reading, .name = name};
	const char *given = reading->options->origin;
	char origin[HF_NAME_TEXT];
	struct hf_name apex;
	if (given != NULL && hf_name_from_text(given, &apex) != HF_OK)
		return hf_fail(reading->diag, HF_ERR_SYNTAX, "'%s' is not a domain name", given);
	enum hf_err err = hf_name_from_text(NO_ORIGIN, &reading->no_origin);
	if (err == HF_OK)
		err = scanner_new(given != NULL ? hf_name_text(&apex, origin) : NO_ORIGIN,
		        HF_LOAD_DEFAULT_TTL, &source.scanner);
	if (err != HF_OK)
		return err;
	int set = text != NULL ? zs_set_input_string(source.scanner, text, len)
	                       : zs_set_input_file(source.scanner, path);
	if (set != 0)
		err = hf_fail(reading->diag, HF_ERR_IO, "cannot read %s: %s", name,
		        zs_strerror(source.scanner->error.code));
	else
		err = read_source(&source);
	scanner_free(source.scanner);
	return err == HF_OK && reading->errors > 0 ? HF_ERR_SYNTAX : err;
}

/* Opens `path`, and reads it whole when it is not a regular file. */
static enum hf_err read_path(struct reading *reading, const char *path)
{
	bool standard_input = strcmp(path, "-") == 0;
	const char *name = standard_input ? "standard input" : path;
	struct stat status;
	int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0)
		return hf_fail(
		        reading->diag, HF_ERR_IO, "cannot open %s: %s", name, strerror(errno));
	enum hf_err err;
	if (S_ISDIR(status.st_mode)) {
		err = hf_fail(reading->diag, HF_ERR_IO, "%s is a folder; give a zone file", name);
	} else if (S_ISREG(status.st_mode) && status.st_size == 0) {
		err = hf_fail(reading->diag, HF_ERR_SYNTAX, "%s is empty", name);
	} else if (S_ISREG(status.st_mode) && !standard_input) {
		err = read_all(reading, name, path, NULL, 0);
	} else {
		char *text = NULL;
		size_t len = 0;
		err = slurp(fd, name, reading->diag, &text, &len);
		if (err == HF_OK && len == 0)
			err = hf_fail(reading->diag, HF_ERR_SYNTAX, "%s is empty", name);
		else if (err == HF_OK)
			err = read_all(reading, name, NULL, text, len);
		free(text);
	}
	if (!standard_input)
		close(fd);
	return err;
}

enum hf_err hf_records_load(const char *path, const struct hf_load_options *options,
        hf_record_fn *visit, void *context, struct hf_diag *diag)
{
	struct reading reading = {.options = options,
	        .visit = visit,
	        .context = context,
	        .diag = diag,
	        .may_include = true};
	return read_path(&reading, path);
}

/* ---- A zone ---- */

struct loading {
	struct hf_bulk *bulk;
	const struct hf_load_options *options;
	struct hf_diag *diag;
	struct hf_name apex;
	bool has_apex; /* from the options, or from the first SOA record */
	uint64_t foreign;
};

static enum hf_err note_soa(
        struct loading *loading, const struct hf_name *owner, const char *file, uint64_t line)
{
	if (!loading->has_apex) {
		loading->apex = *owner;
		loading->has_apex = true;
		return HF_OK;
	}
	if (loading->options->origin != NULL || hf_name_equal(owner, &loading->apex))
		return HF_OK;
	char first[HF_NAME_TEXT], second[HF_NAME_TEXT];
	return hf_fail_at(loading->diag, HF_ERR_INVALID, file, line,
	        "a second SOA record, of %s after that of %s; say which zone it is with --origin",
	        hf_name_text(owner, second), hf_name_text(&loading->apex, first));
}

static enum hf_err add_record(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line)
{
	struct loading *loading = context;
	enum hf_err err = HF_OK;
	if (type == KNOT_RRTYPE_SOA)
		err = note_soa(loading, owner, file, line);
	if (err != HF_OK)
		return err;
	if (loading->options->refuse_foreign && loading->has_apex &&
	        !hf_name_is_under(owner, &loading->apex)) {
		char foreign[HF_NAME_TEXT], apex[HF_NAME_TEXT];
		loading->foreign++;
		hf_diag_add(loading->diag, file, line,
		        "%s is not in the zone %s; remove the record, or correct $ORIGIN",
		        hf_name_text(owner, foreign), hf_name_text(&loading->apex, apex));
		return HF_OK;
	}
	err = hf_bulk_add(loading->bulk, owner, type, ttl, rdata);
	if (err == HF_ERR_LIMIT)
		return hf_fail_at(loading->diag, err, file, line,
		        "more than 65,535 records in one RRset or 64 MiB at one owner");
	if (err == HF_ERR_SYNTAX)
		return hf_fail_at(loading->diag, err, file, line, "an RRSIG that covers no type");
	return err;
}

/* Owners before the SOA record could not be judged when they came. Foreign ones sort to the ends.
 */
static enum hf_err check_ends(const struct hf_version *version, struct hf_diag *diag)
{
	const struct hf_tree *trees[] = {hf_version_names(version), hf_version_nsec3(version)};
	for (size_t i = 0; i < 2; i++) {
		struct hf_tree_cursor cursor;
		const struct hf_node *ends[] = {
		        hf_tree_first(trees[i], &cursor), hf_tree_last(trees[i], &cursor)};
		for (size_t j = 0; j < 2; j++) {
			if (ends[j] == NULL || hf_version_in_zone(version, ends[j]))
				continue;
			struct hf_name owner;
			char foreign[HF_NAME_TEXT], apex[HF_NAME_TEXT];
			hf_node_name(ends[j], &owner);
			return hf_fail(diag, HF_ERR_INVALID, "%s is not in the zone %s; remove it",
			        hf_name_text(&owner, foreign),
			        hf_name_text(hf_version_apex(version), apex));
		}
	}
	return HF_OK;
}

static enum hf_err finish(
        struct loading *loading, const char *name, struct hf_version **ret_version)
{
	if (loading->foreign > 0)
		return HF_ERR_INVALID;
	if (!loading->has_apex)
		return hf_fail(loading->diag, HF_ERR_INVALID,
		        "%s has no SOA record: is it a zone file? If it is a part of one, name the "
		        "zone "
		        "with --origin",
		        name);
	struct hf_version *version;
	enum hf_err err = hf_bulk_finish(loading->bulk, &loading->apex, &version);
	if (err == HF_ERR_LIMIT)
		return hf_fail(loading->diag, err,
		        "%s: more than 65,535 records in one RRset or 64 MiB at one owner", name);
	if (err != HF_OK)
		return err;
	if (loading->options->refuse_foreign)
		err = check_ends(version, loading->diag);
	if (err != HF_OK) {
		hf_version_unref(version);
		return err;
	}
	*ret_version = version;
	return HF_OK;
}

/* `text` NULL: from `path`. */
static enum hf_err load(const char *path, const char *text, size_t len,
        const struct hf_load_options *options, struct hf_diag *diag,
        struct hf_version **ret_version)
{
	struct loading loading = {.options = options, .diag = diag};
	if (options->origin != NULL) {
		if (hf_name_from_text(options->origin, &loading.apex) != HF_OK)
			return hf_fail(
			        diag, HF_ERR_SYNTAX, "'%s' is not a domain name", options->origin);
		hf_name_lower(&loading.apex);
		loading.has_apex = true;
	}
	enum hf_err err = hf_bulk_new(&loading.bulk);
	if (err != HF_OK)
		return err;
	struct reading reading = {.options = options,
	        .visit = add_record,
	        .context = &loading,
	        .diag = diag,
	        .may_include = text == NULL};
	err = text != NULL ? read_all(&reading, path, NULL, text, len) : read_path(&reading, path);
	if (err == HF_OK)
		err = finish(&loading, path, ret_version);
	hf_bulk_free(loading.bulk);
	return err;
}

enum hf_err hf_zone_load(const char *path, const struct hf_load_options *options,
        struct hf_diag *diag, struct hf_version **ret_version)
{
	return load(path, NULL, 0, options, diag, ret_version);
}

enum hf_err hf_zone_load_text(const char *name, const char *text, size_t len,
        const struct hf_load_options *options, struct hf_diag *diag,
        struct hf_version **ret_version)
{
	return load(name, text, len, options, diag, ret_version);
}
