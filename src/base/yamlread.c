/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yamlread.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE 400 /* bytes of the longest message */

unsigned hf_yaml_line(const struct hf_yaml *yaml)
{
	return (unsigned)yaml->event.start_mark.line + 1;
}

const char *hf_yaml_word(const struct hf_yaml *yaml)
{
	return (const char *)yaml->event.data.scalar.value;
}

void hf_yaml_blame(struct hf_yaml *yaml, unsigned line, const char *format, ...)
{
	char text[SENTENCE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	yaml->bad = true;
	hf_diag_add(yaml->diag, yaml->file, line, "%s", text);
}

enum hf_err hf_yaml_init(struct hf_yaml *yaml, const char *text, size_t len)
{
	if (!yaml_parser_initialize(&yaml->parser))
		return HF_ERR_NOMEM;
	yaml_parser_set_input_string(&yaml->parser, (const unsigned char *)text, len);
	return HF_OK;
}

void hf_yaml_done(struct hf_yaml *yaml)
{
	yaml_event_delete(&yaml->event);
	yaml_parser_delete(&yaml->parser);
}

static enum hf_err scan_error(struct hf_yaml *yaml)
{
	const yaml_parser_t *parser = &yaml->parser;
	if (parser->error == YAML_MEMORY_ERROR)
		return HF_ERR_NOMEM;
	return hf_fail_at(yaml->diag, HF_ERR_SYNTAX, yaml->file,
	        (unsigned)parser->problem_mark.line + 1, "not readable as YAML: %s; correct it",
	        parser->problem != NULL ? parser->problem : "a character is not UTF-8");
}

/* What no settings need. NULL: the event is fine. */
static const char *needless(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return "an alias";
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL ? "an anchor"
		       : event->data.scalar.tag != NULL  ? "a tag"
		                                         : NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL ? "an anchor"
		       : event->data.mapping_start.tag != NULL  ? "a tag"
		                                                : NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL ? "an anchor"
		       : event->data.sequence_start.tag != NULL  ? "a tag"
		                                                 : NULL;
	default:
		return NULL;
	}
}

static bool opens(const struct hf_yaml *yaml)
{
	return hf_yaml_is(yaml, YAML_MAPPING_START_EVENT) ||
	       hf_yaml_is(yaml, YAML_SEQUENCE_START_EVENT);
}

enum hf_err hf_yaml_next(struct hf_yaml *yaml)
{
	yaml_event_delete(&yaml->event);
	if (!yaml_parser_parse(&yaml->parser, &yaml->event))
		return scan_error(yaml);
	if (opens(yaml))
		yaml->depth++;
	if (hf_yaml_is(yaml, YAML_MAPPING_END_EVENT) || hf_yaml_is(yaml, YAML_SEQUENCE_END_EVENT))
		yaml->depth--;
	if (yaml->depth > yaml->depth_max)
		return hf_fail_at(yaml->diag, HF_ERR_LIMIT, yaml->file, hf_yaml_line(yaml),
		        "nested deeper than %s ever is; correct the brackets", yaml->what);
	const char *needs = needless(&yaml->event);
	if (needs != NULL)
		return hf_fail_at(yaml->diag, HF_ERR_SYNTAX, yaml->file, hf_yaml_line(yaml),
		        "%s has no place in %s; write out what it stands for", needs, yaml->what);
	if (hf_yaml_is(yaml, YAML_SCALAR_EVENT) &&
	        strlen(hf_yaml_word(yaml)) != yaml->event.data.scalar.length)
		return hf_fail_at(yaml->diag, HF_ERR_SYNTAX, yaml->file, hf_yaml_line(yaml),
		        "a word has a zero byte in it; remove it");
	return HF_OK;
}

enum hf_err hf_yaml_expect(struct hf_yaml *yaml, yaml_event_type_t type, const char *otherwise)
{
	enum hf_err err = hf_yaml_next(yaml);
	if (err != HF_OK || hf_yaml_is(yaml, type))
		return err;
	return hf_fail_at(
	        yaml->diag, HF_ERR_SYNTAX, yaml->file, hf_yaml_line(yaml), "%s", otherwise);
}

enum hf_err hf_yaml_skip(struct hf_yaml *yaml)
{
	unsigned outside = yaml->depth - opens(yaml);
	enum hf_err err = HF_OK;
	while (err == HF_OK && yaml->depth > outside)
		err = hf_yaml_next(yaml);
	return err;
}
