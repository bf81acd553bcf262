/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/trace_setup.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "chain/anchors_read.h"
#include "zone/textfile.h"

#define FORMAT         "trace" /* what a capture's first line says that it is of */
#define FORMAT_VERSION 1
#define SMALL_FILE     (1u << 20)

void hf_trace_setup_done(struct hf_trace_setup *setup)
{
	free(setup->forward);
	free(setup->hints);
	free(setup->anchors);
	*setup = (struct hf_trace_setup){0};
}

enum hf_err hf_small_file(const char *path, struct hf_diag *diag, char **ret_text)
{
	struct hf_textfile file;
	enum hf_err err = hf_textfile_open(path, diag, &file);
	if (err != HF_OK)
		return err;
	char *text = NULL;
	if (file.len > SMALL_FILE)
		err = hf_fail_at(diag, HF_ERR_LIMIT, path, 0,
		        "larger than 1 MiB; give a file with the few records that are needed");
	else if (memchr(file.text, 0, file.len) != NULL)
		err = hf_fail_at(diag, HF_ERR_SYNTAX, path, 0,
		        "this is no text; give a file in zone-file form");
	else if ((text = strndup(file.text, file.len)) == NULL)
		err = HF_ERR_NOMEM;
	hf_textfile_close(&file);
	if (err == HF_OK)
		*ret_text = text;
	return err;
}

/* ---- Trust anchors ---- */

enum hf_err hf_trace_setup_anchors(
        const struct hf_trace_setup *setup, struct hf_diag *diag, struct hf_anchors *ret_anchors)
{
	struct hf_anchors anchors = {0};
	enum hf_err err = setup->anchors == NULL
	                          ? hf_anchors_add_root(&anchors)
	                          : hf_anchors_read(&anchors, setup->anchors_name, setup->anchors,
	                                    strlen(setup->anchors), diag);
	if (err != HF_OK) {
		hf_anchors_done(&anchors);
		return err;
	}
	*ret_anchors = anchors;
	return HF_OK;
}

/* ---- The first line of a capture ---- */

static json_t *text_or_null(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

enum hf_err hf_trace_setup_put(const struct hf_trace_setup *setup, struct hf_buf *out)
{
	char name[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	json_t *object = json_pack("{s:s, s:i, s:s, s:s, s:I, s:i, s:b, s:b, s:b, s:o, s:o, s:o}",
	        "holdfast", FORMAT, "version", FORMAT_VERSION, "qname",
	        hf_name_text(&setup->question.name, name), "qtype",
	        hf_type_text(setup->question.type, type), "at", (json_int_t)setup->at, "port",
	        (int)setup->port, "all_servers", (int)setup->all_servers, "ca", (int)setup->ca,
	        "qname_minimisation", (int)setup->minimise, "forward", text_or_null(setup->forward),
	        "root_hints", text_or_null(setup->hints), "trust_anchors",
	        text_or_null(setup->anchors));
	char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
	json_decref(object);
	if (text == NULL)
		return HF_ERR_NOMEM;
	hf_put_text(out, text);
	free(text);
	return hf_buf_check(out);
}

/* A copy of a field's text; NULL stays NULL. */
static enum hf_err copy_text(const json_t *object, const char *field, char **ret_copy)
{
	const char *text = json_string_value(json_object_get(object, field));
	*ret_copy = text != NULL ? strdup(text) : NULL;
	return text != NULL && *ret_copy == NULL ? HF_ERR_NOMEM : HF_OK;
}

static enum hf_err read_object(const json_t *object, struct hf_trace_setup *setup)
{
	const char *format, *name, *type;
	int version, port, all_servers, ca;
	json_int_t at;
	if (json_unpack((json_t *)object, "{s:s, s:i, s:s, s:s, s:I, s:i, s:b, s:b}", "holdfast",
	            &format, "version", &version, "qname", &name, "qtype", &type, "at", &at, "port",
	            &port, "all_servers", &all_servers, "ca", &ca) != 0 ||
	        strcmp(format, FORMAT) != 0 || version != FORMAT_VERSION || port < 1 ||
	        port > UINT16_MAX || hf_name_from_text(name, &setup->question.name) != HF_OK ||
	        hf_type_from_text(type, &setup->question.type) != HF_OK)
		return HF_ERR_SYNTAX;
	setup->at = at;
	setup->port = (uint16_t)port;
	setup->all_servers = all_servers != 0;
	setup->ca = ca != 0;
	/* Captures of earlier versions do not have it. */
	setup->minimise = json_is_true(json_object_get(object, "qname_minimisation"));
	enum hf_err err = copy_text(object, "forward", &setup->forward);
	if (err == HF_OK)
		err = copy_text(object, "root_hints", &setup->hints);
	return err != HF_OK ? err : copy_text(object, "trust_anchors", &setup->anchors);
}

enum hf_err hf_trace_setup_get(
        const char *path, const char *line, struct hf_diag *diag, struct hf_trace_setup *ret_setup)
{
	struct hf_trace_setup setup = {.hints_name = path, .anchors_name = path};
	json_error_t error;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	enum hf_err err = object != NULL ? read_object(object, &setup) : HF_ERR_SYNTAX;
	json_decref(object);
	if (err == HF_ERR_SYNTAX)
		err = hf_fail_at(diag, err, path, 1,
		        "this is no capture of a trace; give a file that --save has written");
	if (err != HF_OK) {
		hf_trace_setup_done(&setup);
		return err;
	}
	*ret_setup = setup;
	return HF_OK;
}
