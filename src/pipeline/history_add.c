/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "pipeline/history.h"
#include "pipeline/told.h"
#include "zone/textfile.h"

/* ---- where the zone file is, seen from the history's folder ---- */

/* The path from the root, as it is written: links are not followed. */
static enum hf_err put_absolute(struct hf_buf *out, const char *path, struct hf_diag *diag)
{
	char here[PATH_MAX];
	if (path[0] != '/') {
		if (getcwd(here, sizeof(here)) == NULL)
			return hf_fail(diag, HF_ERR_IO,
			        "cannot tell the current folder: give absolute paths");
		hf_put_format(out, "%s/", here);
	}
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	hf_put_text(out, path);
	return hf_buf_check(out);
}

/* The zone file's path as the history may name it: relative when it is below its folder. */
static enum hf_err put_path(
        struct hf_buf *out, const char *history_path, const char *zone_file, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf folder = {.data = NULL};
	HF_CLEANUP(hf_buf_done) struct hf_buf zone = {.data = NULL};
	enum hf_err err = put_absolute(&folder, history_path, diag);
	if (err == HF_OK)
		err = put_absolute(&zone, zone_file, diag);
	if (err != HF_OK)
		return err;
	while (folder.len > 0 && folder.data[folder.len - 1] != '/')
		folder.len--;
	bool below = zone.len > folder.len && memcmp(zone.data, folder.data, folder.len) == 0;
	size_t skip = below ? folder.len : 0;
	hf_put_bytes(out, zone.data + skip, zone.len - skip);
	hf_put_u8(out, '\0');
	return hf_buf_check(out);
}

/* ---- the change ---- */

/* Whether the fact is about what this signer publishes, and open. */
static bool is_published(const struct hf_told_fact *fact)
{
	bool ours = fact->kind == HF_TOLD_ZONE || fact->kind == HF_TOLD_DNSKEY ||
	            fact->kind == HF_TOLD_SIGNERS;
	return ours && fact->until == HF_TIME_NEVER &&
	       (fact->place == NULL || strcmp(fact->place, HF_HISTORY_PUBLISHED) == 0);
}

static enum hf_err close_fact(const struct hf_told *told, const struct hf_told_fact *fact,
        hf_time at, struct hf_diag *diag)
{
	char when[HF_TIME_TEXT];
	json_t *facts = json_object_get(told->document, "facts");
	if (fact->at >= at)
		return hf_told_fail(told, fact, HF_ERR_INVALID, diag,
		        "this is published from %s on, so nothing can follow it before",
		        hf_time_rfc3339(fact->at, when));
	hf_time_rfc3339(at, when);
	json_t *item = json_array_get(facts, fact->number - 1);
	return json_object_set_new(item, "until", json_string(when)) == 0 ? HF_OK : HF_ERR_NOMEM;
}

static enum hf_err change(
        const struct hf_told *told, const char *file, hf_time at, struct hf_diag *diag)
{
	char when[HF_TIME_TEXT];
	for (size_t i = 0; i < told->count; i++) {
		if (!is_published(&told->facts[i]))
			continue;
		enum hf_err err = close_fact(told, &told->facts[i], at, diag);
		if (err != HF_OK)
			return err;
	}
	json_t *fact = json_pack(
	        "{s:s, s:s, s:s}", "kind", "zone", "at", hf_time_rfc3339(at, when), "file", file);
	json_t *facts = json_object_get(told->document, "facts");
	/* Want of memory looks the same to us as bytes that are no text; the latter is likelier. */
	if (fact == NULL)
		return hf_fail(diag, HF_ERR_INVALID,
		        "%s: a history can only name files whose names are UTF-8 text", file);
	return json_array_append_new(facts, fact) == 0 ? HF_OK : HF_ERR_NOMEM;
}

/* ---- writing ---- */

static enum hf_err put_value(struct hf_buf *out, const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);
	if (text == NULL)
		return HF_ERR_NOMEM;
	hf_put_text(out, text);
	free(text);
	return hf_buf_check(out);
}

/* Members of an array or an object, one a line. */
static enum hf_err put_members(struct hf_buf *out, json_t *value)
{
	const char *name, *separator = "";
	json_t *item;
	size_t index;
	enum hf_err err = HF_OK;
	hf_put_text(out, json_is_array(value) ? "[" : "{");
	json_array_foreach(value, index, item)
	{
		hf_put_format(out, "%s\n    ", separator);
		separator = ",";
		if (err == HF_OK)
			err = put_value(out, item);
	}
	json_object_foreach(value, name, item)
	{
		json_t *text = json_string(name);
		hf_put_format(out, "%s\n    ", separator);
		separator = ",";
		if (err == HF_OK)
			err = text != NULL ? put_value(out, text) : HF_ERR_NOMEM;
		json_decref(text);
		hf_put_text(out, ": ");
		if (err == HF_OK)
			err = put_value(out, item);
	}
	if (*separator != '\0')
		hf_put_text(out, "\n  ");
	hf_put_text(out, json_is_array(value) ? "]" : "}");
	return err;
}

/* The fields in their order, a fact a line: what a person would have written. */
static enum hf_err put_document(struct hf_buf *out, json_t *document)
{
	const char *name, *separator = "";
	json_t *value;
	hf_put_text(out, "{");
	json_object_foreach(document, name, value)
	{
		hf_put_format(out, "%s\n  \"%s\": ", separator, name);
		separator = ",";
		enum hf_err err = json_is_array(value) || json_is_object(value)
		                          ? put_members(out, value)
		                          : put_value(out, value);
		if (err != HF_OK)
			return err;
	}
	hf_put_text(out, "\n}\n");
	return hf_buf_check(out);
}

/* What is written must be a history: a file name with strange bytes, say, would make it none. */
static enum hf_err prove(const char *path, const struct hf_buf *text, struct hf_diag *diag)
{
	struct hf_told *told;
	enum hf_err err = hf_told_read(path, (const char *)text->data, text->len, diag, &told);
	if (err == HF_OK)
		hf_told_free(told);
	return err;
}

static enum hf_err replace(const char *path, const struct hf_buf *text, struct hf_diag *diag)
{
	struct hf_outfile *file = NULL;
	struct stat status;
	mode_t mode = stat(path, &status) == 0 ? status.st_mode & 0777 : 0644;
	enum hf_err err = hf_outfile_new(path, mode, HF_OUTFILE_REPLACE, diag, &file);
	if (err == HF_OK)
		err = hf_outfile_write(file, text->data, text->len, diag);
	if (err == HF_OK)
		err = hf_outfile_commit(file, diag);
	hf_outfile_free(file);
	return err;
}

enum hf_err hf_history_add(
        const char *path, const char *zone_file, hf_time at, struct hf_diag *diag)
{
	struct hf_buf name = {.data = NULL}, text = {.data = NULL};
	struct hf_told *told = NULL;
	struct hf_textfile file;
	if (strcmp(path, "-") == 0 || strcmp(zone_file, "-") == 0)
		return hf_fail(diag, HF_ERR_INVALID,
		        "standard input cannot be added to, nor be named by a history");
	enum hf_err err = hf_textfile_open(path, diag, &file);
	if (err != HF_OK)
		return err;
	err = hf_told_read(path, file.text, file.len, diag, &told);
	hf_textfile_close(&file);
	if (err == HF_OK)
		err = put_path(&name, path, zone_file, diag);
	if (err == HF_OK)
		err = change(told, (char *)name.data, at, diag);
	if (err == HF_OK)
		err = put_document(&text, told->document);
	if (err == HF_OK)
		err = prove(path, &text, diag);
	if (err == HF_OK)
		err = replace(path, &text, diag);
	hf_told_free(told);
	hf_buf_done(&name);
	hf_buf_done(&text);
	return err;
}
