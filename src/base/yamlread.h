/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML as a stream of events with their lines, for settings that people write.
 *
 * What YAML has beyond mappings, lists and words is refused: anchors, aliases and tags have no use
 * in settings, and are how small files make much work. So are words with a zero byte, and nesting
 * deeper than the caller allows. One thread at a time.
 */
#ifndef HF_BASE_YAMLREAD_H
#define HF_BASE_YAMLREAD_H

#include <stdbool.h>
#include <yaml.h>

#include "base/diag.h"

#define HF_YAML_SHOWN 60 /* bytes of the file that a message should repeat at most */

struct hf_yaml {
	const char *file;   /* for messages; borrowed */
	const char *what;   /* "a policy", "a configuration"; borrowed */
	unsigned depth_max; /* libyaml's work grows with its square */
	struct hf_diag *diag;
	yaml_parser_t parser;
	yaml_event_t event; /* the one at hand */
	unsigned depth;     /* mappings and lists that are open */
	bool bad;           /* hf_yaml_blame was called */
};

/* Sets the parser up on `text`, which is borrowed; `file`, `what`, `depth_max` and `diag` are set
 * by the caller before. */
enum hf_err hf_yaml_init(struct hf_yaml *yaml, const char *text, size_t len) HF_MUST_CHECK;
void hf_yaml_done(struct hf_yaml *yaml);

/* Goes to the next event. HF_ERR_SYNTAX or HF_ERR_LIMIT, with a sentence. */
enum hf_err hf_yaml_next(struct hf_yaml *yaml) HF_MUST_CHECK;
/* The same, and it has to be of this type: else HF_ERR_SYNTAX with the sentence `otherwise`. */
enum hf_err hf_yaml_expect(
        struct hf_yaml *yaml, yaml_event_type_t type, const char *otherwise) HF_MUST_CHECK;
/* Passes over a whole value, at whose first event it is; leaves it at the last one. */
enum hf_err hf_yaml_skip(struct hf_yaml *yaml) HF_MUST_CHECK;

static inline bool hf_yaml_is(const struct hf_yaml *yaml, yaml_event_type_t type)
{
	return yaml->event.type == type;
}

/* Of the event at hand: its line, from 1; its text, if it is a word. */
unsigned hf_yaml_line(const struct hf_yaml *yaml);
const char *hf_yaml_word(const struct hf_yaml *yaml);

/* Refuses something that reading can go on behind: a sentence, and `bad` is set. */
void hf_yaml_blame(struct hf_yaml *yaml, unsigned line, const char *format, ...) HF_PRINTF(3, 4);

#endif
