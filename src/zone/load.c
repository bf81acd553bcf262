/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/load.h"

#include <stdlib.h>
#include <string.h>

#include "zone/bulk.h"
#include "zone/split.h"
#include "zone/textfile.h"

#define STRETCH_MIN (1u << 20) /* bytes that are worth a task of their own */
#define PER_WORKER  4          /* stretches a worker, so that none waits long for the last */

/* One stretch on its way to nodes. */
struct part {
	const struct loading *loading;
	const struct hf_stretch *stretch;
	struct hf_bulk *bulk;
	struct hf_name apex;
	bool has_apex; /* from the options, or from the first SOA record */
	bool foreign;  /* there was an owner outside the zone, and that is an error */
	const struct hf_progress *progress;
	struct hf_diag diag;
	enum hf_err err;
};

/* One loading: its stretches are read one after the other, or on the pool's threads. */
struct loading {
	const struct hf_load_options *options;
	struct hf_name origin; /* from the options */
	struct hf_diag *diag;
	struct part *parts;
	size_t count;
};

/* ---- Records ---- */

static enum hf_err note_soa(
        struct part *part, const struct hf_name *owner, const char *file, uint64_t line)
{
	if (!part->has_apex) {
		part->apex = *owner;
		hf_name_lower(&part->apex);
		part->has_apex = true;
		return HF_OK;
	}
	if (part->loading->options->origin != NULL || hf_name_equal(owner, &part->apex))
		return HF_OK;
	char first[HF_NAME_TEXT], second[HF_NAME_TEXT];
	return hf_fail_at(&part->diag, HF_ERR_INVALID, file, line,
	        "a second SOA record, of %s after that of %s; say which zone it is with --origin",
	        hf_name_text(owner, second), hf_name_text(&part->apex, first));
}

static enum hf_err add_record(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line)
{
	struct part *part = context;
	enum hf_err err = HF_OK;
	if (type == KNOT_RRTYPE_SOA)
		err = note_soa(part, owner, file, line);
	if (err != HF_OK)
		return err;
	if (part->loading->options->refuse_foreign && part->has_apex &&
	        !hf_name_is_under(owner, &part->apex)) {
		char foreign[HF_NAME_TEXT], apex[HF_NAME_TEXT];
		part->foreign = true;
		hf_diag_add(&part->diag, file, line,
		        "%s is not in the zone %s; remove the record, or correct $ORIGIN",
		        hf_name_text(owner, foreign), hf_name_text(&part->apex, apex));
		return HF_OK;
	}
	err = hf_bulk_add(part->bulk, owner, type, ttl, rdata);
	if (err == HF_ERR_LIMIT)
		return hf_fail_at(&part->diag, err, file, line,
		        "more than 65,535 records in one RRset or 64 MiB at one owner");
	if (err == HF_ERR_SYNTAX)
		return hf_fail_at(&part->diag, err, file, line, "an RRSIG that covers no type");
	return err;
}

/* ---- Stretches ---- */

/* Which set it is shows only when the records of an owner are put together, without lines. */
static enum hf_err too_large(struct hf_diag *diag, const char *name)
{
	return hf_fail(diag, HF_ERR_LIMIT,
	        "%s: more than 65,535 records in one RRset or 64 MiB at one owner; spread them "
	        "over "
	        "several names",
	        name);
}

static enum hf_err read_part(struct part *part)
{
	const struct loading *loading = part->loading;
	struct hf_reading reading = {
	        .origin = loading->options->origin != NULL ? &loading->origin : NULL,
	        .visit = add_record,
	        .context = part,
	        .progress = part->progress,
	        .diag = &part->diag};
	enum hf_err err = hf_records_read(&reading, part->stretch);
	if (err == HF_OK && part->foreign)
		err = HF_ERR_INVALID;
	if (err == HF_OK)
		err = hf_bulk_seal(part->bulk);
	if (err == HF_ERR_LIMIT && part->diag.count == 0)
		return too_large(&part->diag, part->stretch->name);
	return err;
}

/* Errors in the text are kept, so that those of all stretches show at once. */
static enum hf_err read_task(void *context, size_t index, unsigned worker)
{
	struct loading *loading = context;
	struct part *part = &loading->parts[index];
	part->err = read_part(part);
	return part->err == HF_ERR_NOMEM ? part->err : HF_OK;
}

static enum hf_err stop_at_soa(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line)
{
	struct hf_name *apex = context;
	if (type != KNOT_RRTYPE_SOA)
		return HF_OK;
	*apex = *owner;
	return HF_ERR_CANCELED;
}

/* The owner of the first SOA record, which all stretches have to know. */
static bool find_apex(const struct hf_stretch *first, struct hf_name *ret_apex)
{
	struct hf_reading reading = {.visit = stop_at_soa, .context = ret_apex};
	return hf_records_read(&reading, first) == HF_ERR_CANCELED;
}

static size_t stretches_wanted(const struct hf_load_options *options, size_t len)
{
	size_t least = options->stretch_min > 0 ? options->stretch_min : STRETCH_MIN;
	unsigned jobs = options->pool != NULL ? hf_pool_jobs(options->pool) : 1;
	size_t most = jobs > 1 ? (size_t)jobs * PER_WORKER : 1;
	return len / least < most ? len / least : most;
}

static enum hf_err parts_init(struct loading *loading, const struct hf_split *split)
{
	loading->parts = calloc(split->count, sizeof(*loading->parts));
	if (loading->parts == NULL)
		return HF_ERR_NOMEM;
	struct hf_name apex = loading->origin;
	bool has_apex = loading->options->origin != NULL;
	if (!has_apex && split->count > 1) {
		has_apex = find_apex(&split->stretches[0], &apex);
		hf_name_lower(&apex);
	}
	for (; loading->count < split->count; loading->count++) {
		struct part *part = &loading->parts[loading->count];
		*part = (struct part){.loading = loading,
		        .stretch = &split->stretches[loading->count],
		        .apex = apex,
		        .has_apex = has_apex};
		hf_diag_init(&part->diag, loading->diag != NULL ? loading->diag->limit : 0);
		enum hf_err err = hf_bulk_new(&part->bulk);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static void parts_done(struct loading *loading)
{
	for (size_t i = 0; i < loading->count; i++) {
		hf_bulk_free(loading->parts[i].bulk);
		hf_diag_done(&loading->parts[i].diag);
	}
	free(loading->parts);
}

/* Reads all stretches, and puts what they say and what they hold together in their order. */
static enum hf_err read_parts(struct loading *loading)
{
	const struct hf_load_options *options = loading->options;
	enum hf_err err = HF_OK;
	if (loading->count > 1) {
		err = hf_pool_run(options->pool, loading->count, read_task, loading,
		        options->progress, "load");
	} else {
		loading->parts[0].progress = options->progress;
		err = read_task(loading, 0, 0);
	}
	struct part *first = &loading->parts[0];
	for (size_t i = 0; i < loading->count; i++) {
		struct part *part = &loading->parts[i];
		hf_diag_move(loading->diag, &part->diag);
		if (err == HF_OK)
			err = part->err;
		if (err == HF_OK && i > 0)
			err = hf_bulk_take(first->bulk, part->bulk);
	}
	return err;
}

/* ---- The version ---- */

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
	struct part *part = &loading->parts[0];
	if (!part->has_apex)
		return hf_fail(loading->diag, HF_ERR_INVALID,
		        "%s has no SOA record: is it a zone file? If it is a part of one, name the "
		        "zone with --origin",
		        name);
	struct hf_version *version;
	enum hf_err err = hf_bulk_finish(part->bulk, &part->apex, &version);
	if (err == HF_ERR_LIMIT)
		return too_large(loading->diag, name);
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

static enum hf_err set_origin(struct loading *loading)
{
	const char *origin = loading->options->origin;
	if (origin == NULL)
		return HF_OK;
	if (hf_name_from_text(origin, &loading->origin) != HF_OK)
		return hf_fail(loading->diag, HF_ERR_SYNTAX, "'%s' is not a domain name", origin);
	hf_name_lower(&loading->origin);
	return HF_OK;
}

static enum hf_err load(const struct hf_stretch *whole, const struct hf_load_options *options,
        struct hf_diag *diag, struct hf_version **ret_version)
{
	struct loading loading = {.options = options, .diag = diag};
	struct hf_split split;
	enum hf_err err = set_origin(&loading);
	if (err == HF_OK)
		err = hf_split_text(whole, stretches_wanted(options, whole->len), &split);
	if (err != HF_OK)
		return err;
	err = parts_init(&loading, &split);
	/* Without an apex in the first stretch, the file is read in its own order. */
	if (err == HF_OK && loading.count > 1 && !loading.parts[0].has_apex) {
		parts_done(&loading);
		hf_split_done(&split);
		struct hf_load_options plain = *options;
		plain.pool = NULL;
		return load(whole, &plain, diag, ret_version);
	}
	if (err == HF_OK)
		err = read_parts(&loading);
	if (err == HF_OK)
		err = finish(&loading, whole->name, ret_version);
	parts_done(&loading);
	hf_split_done(&split);
	return err;
}

enum hf_err hf_zone_load(const char *path, const struct hf_load_options *options,
        struct hf_diag *diag, struct hf_version **ret_version)
{
	struct loading loading = {.options = options, .diag = diag};
	struct hf_textfile file;
	enum hf_err err = set_origin(&loading); /* a wrong option is said before a wrong file */
	if (err == HF_OK)
		err = hf_textfile_open(path, diag, &file);
	if (err != HF_OK)
		return err;
	struct hf_stretch whole = {.name = file.name,
	        .folder = file.folder,
	        .text = file.text,
	        .len = file.len,
	        .mapped = file.mapped,
	        .line = 1};
	err = load(&whole, options, diag, ret_version);
	hf_textfile_close(&file);
	return err;
}

enum hf_err hf_zone_load_text(const char *name, const char *text, size_t len,
        const struct hf_load_options *options, struct hf_diag *diag,
        struct hf_version **ret_version)
{
	struct hf_stretch whole = {.name = name, .text = text, .len = len, .line = 1};
	return load(&whole, options, diag, ret_version);
}

enum hf_err hf_records_load(const char *path, const struct hf_load_options *options,
        hf_record_fn *visit, void *context, struct hf_diag *diag)
{
	struct loading loading = {.options = options, .diag = diag};
	struct hf_textfile file;
	enum hf_err err = set_origin(&loading);
	if (err == HF_OK)
		err = hf_textfile_open(path, diag, &file);
	if (err != HF_OK)
		return err;
	struct hf_reading reading = {.origin = options->origin != NULL ? &loading.origin : NULL,
	        .visit = visit,
	        .context = context,
	        .progress = options->progress,
	        .diag = diag};
	struct hf_stretch whole = {.name = file.name,
	        .folder = file.folder,
	        .text = file.text,
	        .len = file.len,
	        .mapped = file.mapped,
	        .line = 1};
	err = hf_records_read(&reading, &whole);
	hf_textfile_close(&file);
	return err;
}
