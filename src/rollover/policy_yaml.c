/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policies from YAML, event by event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/infile.h"
#include "base/yamlread.h"
#include "rollover/policy_table.h"

#define ONLY_NAME    "default" /* of the policy of a file without names */
#define NAME_MAX_LEN 64        /* bytes of a policy's name */
#define POLICIES_MAX 256       /* in one file */
#define DEPTH_MAX    6         /* of nesting */

/* One policy in the making. */
struct draft {
	char name[NAME_MAX_LEN + 1]; /* empty: the file has no names */
	unsigned line;
	unsigned lines[HF_SETTINGS]; /* of each setting; 0: not given */
	bool sections[HF_SETTINGS];  /* given, by their first setting */
	struct hf_policy policy;
};

struct reader {
	struct hf_yaml yaml;
	const char *wanted; /* name; NULL: the only one */
	struct hf_diag *warnings;
	struct draft draft;
	char (*names)[NAME_MAX_LEN + 1]; /* of the policies so far */
	size_t count;
	bool found;
	struct hf_policy result;
};

static unsigned here(const struct reader *reader)
{
	return hf_yaml_line(&reader->yaml);
}

static const char *word(const struct reader *reader)
{
	return hf_yaml_word(&reader->yaml);
}

static bool is(const struct reader *reader, yaml_event_type_t type)
{
	return hf_yaml_is(&reader->yaml, type);
}

static enum hf_err next(struct reader *reader)
{
	return hf_yaml_next(&reader->yaml);
}

static enum hf_err skip(struct reader *reader)
{
	return hf_yaml_skip(&reader->yaml);
}

/* ---- Values ---- */

static void refuse_value(struct reader *reader, const struct hf_setting *setting, enum hf_err err)
{
	char text[HF_YAML_SHOWN + 1];
	struct hf_buf takes = {0};
	snprintf(text, sizeof(text), "%s", word(reader));
	reader->yaml.bad = true;
	hf_setting_describe(setting, &takes);
	const char *what = err == HF_ERR_EXISTS    ? "is in the list twice; it takes"
	                   : err == HF_ERR_LIMIT   ? "is one too many; it takes"
	                   : err == HF_ERR_INVALID ? "is not allowed; it takes"
	                                           : "makes no sense; it takes";
	hf_diag_add(reader->yaml.diag, reader->yaml.file, here(reader), "%s.%s: \"%s\" %s %.*s",
	        setting->section, setting->name, text, what, (int)takes.len,
	        takes.data != NULL ? (const char *)takes.data : "");
	hf_buf_done(&takes);
}

static void take(struct reader *reader, const struct hf_setting *setting)
{
	enum hf_err err = hf_setting_read(setting, word(reader), &reader->draft.policy);
	if (err != HF_OK)
		refuse_value(reader, setting, err);
}

static enum hf_err read_list(struct reader *reader, const struct hf_setting *setting)
{
	enum hf_err err = next(reader);
	hf_setting_clear(setting, &reader->draft.policy);
	while (err == HF_OK && !is(reader, YAML_SEQUENCE_END_EVENT)) {
		if (is(reader, YAML_SCALAR_EVENT)) {
			take(reader, setting);
		} else {
			hf_yaml_blame(&reader->yaml, here(reader),
			        "%s.%s takes a list of plain words; take out what is inside it",
			        setting->section, setting->name);
			err = skip(reader);
		}
		if (err == HF_OK)
			err = next(reader);
	}
	return err;
}

/* A setting's value, at whose first event the reader is; leaves it at the last one. */
static enum hf_err read_value(struct reader *reader, const struct hf_setting *setting)
{
	bool list = hf_setting_is_list(setting);
	if (list && is(reader, YAML_SEQUENCE_START_EVENT))
		return read_list(reader, setting);
	if (!list && is(reader, YAML_SCALAR_EVENT)) {
		take(reader, setting);
		return HF_OK;
	}
	hf_yaml_blame(&reader->yaml, here(reader),
	        list ? "%s.%s takes a list: put it in brackets"
	             : "%s.%s takes one value, not a list or a mapping; give a plain word",
	        setting->section, setting->name);
	return skip(reader);
}

/* ---- Sections ---- */

static void refuse_setting(struct reader *reader, const char *section)
{
	char text[HF_YAML_SHOWN + 1];
	snprintf(text, sizeof(text), "%s", word(reader));
	for (unsigned i = 0; i < HF_SETTINGS; i++) {
		const struct hf_setting *setting = &HF_SETTING_TABLE[i];
		if (strcmp(setting->name, word(reader)) == 0) {
			hf_yaml_blame(&reader->yaml, here(reader),
			        "the setting \"%s\" is misplaced: it belongs into the section %s",
			        text, setting->section);
			return;
		}
	}
	hf_yaml_blame(&reader->yaml, here(reader),
	        "there is no setting \"%s\" in the section %s; holdfast plan --print-defaults "
	        "lists them",
	        text, section);
}

/* One setting of a section, its name first; leaves the reader at its last event. */
static enum hf_err read_setting(struct reader *reader, const char *section)
{
	if (!is(reader, YAML_SCALAR_EVENT))
		return hf_fail_at(reader->yaml.diag, HF_ERR_SYNTAX, reader->yaml.file, here(reader),
		        "the section %s holds something that is not a setting; write NAME: VALUE",
		        section);
	enum hf_setting_id id = hf_setting_find(section, word(reader));
	unsigned line = here(reader);
	if (id == HF_SETTINGS)
		refuse_setting(reader, section);
	else if (reader->draft.lines[id] != 0)
		hf_yaml_blame(&reader->yaml, line, "%s.%s is set a second time; leave one", section,
		        HF_SETTING_TABLE[id].name);
	enum hf_err err = next(reader);
	if (err != HF_OK)
		return err;
	if (id == HF_SETTINGS || reader->draft.lines[id] != 0)
		return skip(reader);
	reader->draft.lines[id] = line;
	return read_value(reader, &HF_SETTING_TABLE[id]);
}

/* A section's mapping, at whose start the reader is; leaves it at its end. */
static enum hf_err read_section(struct reader *reader, const char *section)
{
	if (is(reader, YAML_SCALAR_EVENT) && *word(reader) == '\0')
		return HF_OK; /* "keys:" and nothing below it */
	if (!is(reader, YAML_MAPPING_START_EVENT)) {
		hf_yaml_blame(&reader->yaml, here(reader),
		        "the section %s has to hold settings; indent them below it", section);
		return skip(reader);
	}
	enum hf_err err = next(reader);
	while (err == HF_OK && !is(reader, YAML_MAPPING_END_EVENT)) {
		err = read_setting(reader, section);
		if (err == HF_OK)
			err = next(reader);
	}
	return err;
}

/* ---- Policies ---- */

static void start_draft(struct reader *reader, const char *name)
{
	memset(&reader->draft, 0, sizeof(reader->draft));
	snprintf(reader->draft.name, sizeof(reader->draft.name), "%s", name);
	reader->draft.line = here(reader);
	hf_policy_init(&reader->draft.policy);
}

/* Judges the draft, and keeps it when it is the one that is wanted. */
static void end_draft(struct reader *reader)
{
	struct draft *draft = &reader->draft;
	struct hf_policy_place place = {reader->yaml.file, draft->lines, draft->line};
	const char *name = draft->name[0] != '\0' ? draft->name : ONLY_NAME;
	bool wanted = reader->wanted == NULL || strcmp(name, reader->wanted) == 0;
	/* After an error in some value the rest would be judged beside a default. */
	if (!reader->yaml.bad &&
	        hf_policy_judge(&draft->policy, &place, wanted ? reader->warnings : NULL,
	                reader->yaml.diag) != HF_OK)
		reader->yaml.bad = true;
	if (!wanted)
		return;
	reader->found = true;
	reader->result = draft->policy;
}

/* A section and its settings, its name first; leaves the reader at its last event. */
static enum hf_err read_named_section(struct reader *reader)
{
	char name[HF_YAML_SHOWN + 1];
	snprintf(name, sizeof(name), "%s", word(reader));
	enum hf_setting_id id = hf_setting_find(word(reader), NULL);
	if (id == HF_SETTINGS)
		hf_yaml_blame(&reader->yaml, here(reader),
		        "there is no section \"%s\"; holdfast plan --print-defaults lists them",
		        name);
	else if (reader->draft.sections[id])
		hf_yaml_blame(&reader->yaml, here(reader),
		        "the section %s is there a second time; put its settings into one", name);
	enum hf_err err = next(reader);
	if (err != HF_OK)
		return err;
	if (id == HF_SETTINGS || reader->draft.sections[id])
		return skip(reader);
	reader->draft.sections[id] = true;
	return read_section(reader, HF_SETTING_TABLE[id].section);
}

static enum hf_err not_a_mapping(struct reader *reader, const char *what)
{
	return hf_fail_at(reader->yaml.diag, HF_ERR_SYNTAX, reader->yaml.file, here(reader),
	        "%s has to be a mapping of names to values; see holdfast-policy(5)", what);
}

/* One policy's mapping, at whose start the reader is; leaves it at its end. */
static enum hf_err read_policy(struct reader *reader)
{
	enum hf_err err = HF_OK;
	if (!is(reader, YAML_MAPPING_START_EVENT))
		return not_a_mapping(reader, "a policy");
	while ((err = next(reader)) == HF_OK && !is(reader, YAML_MAPPING_END_EVENT)) {
		if (!is(reader, YAML_SCALAR_EVENT))
			return not_a_mapping(reader, "a policy");
		err = read_named_section(reader);
		if (err != HF_OK)
			return err;
	}
	if (err == HF_OK)
		end_draft(reader);
	return err;
}

/* Whether a policy may have this name; keeps it. */
static enum hf_err take_name(struct reader *reader)
{
	const char *name = word(reader);
	if (*name == '\0' || strlen(name) > NAME_MAX_LEN)
		return hf_fail_at(reader->yaml.diag, HF_ERR_SYNTAX, reader->yaml.file, here(reader),
		        "the name of a policy has 1 to %d bytes; choose another", NAME_MAX_LEN);
	for (size_t i = 0; i < reader->count; i++) {
		if (strcmp(reader->names[i], name) == 0)
			return hf_fail_at(reader->yaml.diag, HF_ERR_INVALID, reader->yaml.file,
			        here(reader), "there is a second policy \"%s\"; rename one", name);
	}
	if (reader->count == POLICIES_MAX)
		return hf_fail_at(reader->yaml.diag, HF_ERR_LIMIT, reader->yaml.file, here(reader),
		        "more than %d policies in one file; use several files", POLICIES_MAX);
	char(*larger)[NAME_MAX_LEN + 1] =
	        realloc(reader->names, (reader->count + 1) * sizeof(*reader->names));
	if (larger == NULL)
		return HF_ERR_NOMEM;
	reader->names = larger;
	strcpy(reader->names[reader->count++], name);
	return HF_OK;
}

/* The mapping below "policies", at whose start the reader is. */
static enum hf_err read_policies(struct reader *reader)
{
	enum hf_err err = HF_OK;
	if (!is(reader, YAML_MAPPING_START_EVENT))
		return not_a_mapping(reader, "\"policies\"");
	while ((err = next(reader)) == HF_OK && !is(reader, YAML_MAPPING_END_EVENT)) {
		if (!is(reader, YAML_SCALAR_EVENT))
			return not_a_mapping(reader, "\"policies\"");
		err = take_name(reader);
		if (err != HF_OK)
			return err;
		start_draft(reader, word(reader));
		err = next(reader);
		if (err == HF_OK)
			err = read_policy(reader);
		if (err != HF_OK)
			return err;
	}
	return err;
}

/* What follows the file's first word, which the reader is at. */
static enum hf_err read_sections(struct reader *reader)
{
	enum hf_err err = HF_OK;
	start_draft(reader, "");
	while (err == HF_OK && !is(reader, YAML_MAPPING_END_EVENT)) {
		if (!is(reader, YAML_SCALAR_EVENT))
			return not_a_mapping(reader, "a policy");
		err = read_named_section(reader);
		if (err == HF_OK)
			err = next(reader);
	}
	if (err == HF_OK)
		end_draft(reader);
	return err;
}

/* "policies" stands alone: what is beside it would belong to none of them. */
static enum hf_err read_only_policies(struct reader *reader)
{
	enum hf_err err = next(reader);
	if (err == HF_OK)
		err = read_policies(reader);
	if (err == HF_OK)
		err = next(reader);
	if (err == HF_OK && !is(reader, YAML_MAPPING_END_EVENT))
		return hf_fail_at(reader->yaml.diag, HF_ERR_INVALID, reader->yaml.file,
		        here(reader),
		        "this is beside \"policies\" and belongs to no policy; move it into one");
	return err;
}

static enum hf_err read_all(struct reader *reader)
{
	static const char empty[] = "the file holds no policy; write one, or begin with what "
	                            "holdfast plan --print-defaults prints";
	enum hf_err err = hf_yaml_expect(&reader->yaml, YAML_STREAM_START_EVENT, empty);
	if (err == HF_OK)
		err = hf_yaml_expect(&reader->yaml, YAML_DOCUMENT_START_EVENT, empty);
	if (err == HF_OK)
		err = hf_yaml_expect(&reader->yaml, YAML_MAPPING_START_EVENT, empty);
	if (err == HF_OK)
		err = next(reader);
	if (err != HF_OK)
		return err;
	bool several = is(reader, YAML_SCALAR_EVENT) && strcmp(word(reader), "policies") == 0;
	err = several ? read_only_policies(reader) : read_sections(reader);
	if (err == HF_OK)
		err = hf_yaml_expect(&reader->yaml, YAML_DOCUMENT_END_EVENT,
		        "the policy ends before this; remove it");
	if (err == HF_OK)
		err = hf_yaml_expect(&reader->yaml, YAML_STREAM_END_EVENT,
		        "a second YAML document begins here; put all policies below one "
		        "\"policies:\"");
	return err;
}

/* ---- Which one ---- */

static enum hf_err choose(struct reader *reader, struct hf_policy *ret_policy)
{
	if (reader->yaml.bad)
		return HF_ERR_INVALID;
	if (reader->wanted == NULL && reader->count > 1)
		return hf_fail_at(reader->yaml.diag, HF_ERR_NOTFOUND, reader->yaml.file, 0,
		        "holds %zu policies; name one, such as \"%s\"", reader->count,
		        reader->names[0]);
	if (!reader->found && reader->wanted == NULL)
		return hf_fail_at(reader->yaml.diag, HF_ERR_NOTFOUND, reader->yaml.file, 0,
		        "holds no policy; write one below \"policies\"");
	if (!reader->found && reader->count == 0)
		return hf_fail_at(reader->yaml.diag, HF_ERR_NOTFOUND, reader->yaml.file, 0,
		        "holds one policy without a name, which is called \"" ONLY_NAME
		        "\"; there is no \"%s\"",
		        reader->wanted);
	if (!reader->found)
		return hf_fail_at(reader->yaml.diag, HF_ERR_NOTFOUND, reader->yaml.file, 0,
		        "holds no policy \"%s\"; correct the name", reader->wanted);
	*ret_policy = reader->result;
	return HF_OK;
}

enum hf_err hf_policy_parse(const char *file, const char *text, size_t len, const char *name,
        struct hf_diag *warnings, struct hf_diag *diag, struct hf_policy *ret_policy)
{
	if (len > HF_POLICY_LIMIT)
		return hf_fail_at(diag, HF_ERR_LIMIT, file, 0,
		        "more than %u bytes; no policy needs that many", HF_POLICY_LIMIT);
	struct reader reader = {
	        .yaml = {.file = file, .what = "a policy", .depth_max = DEPTH_MAX, .diag = diag},
	        .wanted = name,
	        .warnings = warnings};
	enum hf_err err = hf_yaml_init(&reader.yaml, text, len);
	if (err != HF_OK)
		return err;
	err = read_all(&reader);
	if (err == HF_OK)
		err = choose(&reader, ret_policy);
	hf_yaml_done(&reader.yaml);
	free(reader.names);
	return err;
}

enum hf_err hf_policy_read(const char *path, const char *name, struct hf_diag *warnings,
        struct hf_diag *diag, struct hf_policy *ret_policy)
{
	char *text = NULL;
	size_t len = 0;
	enum hf_err err = hf_file_read(path, HF_POLICY_LIMIT, diag, &text, &len);
	if (err != HF_OK)
		return err;
	err = hf_policy_parse(path, text, len, name, warnings, diag, ret_policy);
	free(text);
	return err;
}
