/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Command-line options from one table: parsing, and the text of --help.
 *
 * Every command has --help (exit 0) and reports usage errors as "holdfast: …" with exit 2.
 */
#ifndef HF_CLI_OPTIONS_H
#define HF_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum hf_option_kind {
	HF_OPTION_FLAG,  /* `target` is bool * */
	HF_OPTION_TEXT,  /* `target` is const char ** */
	HF_OPTION_COUNT, /* `target` is unsigned *; a number in decimal from `min` to `max` */
	HF_OPTION_SPAN,  /* `target` is int64_t *; "14d", "3600" */
	HF_OPTION_TIME,  /* `target` is hf_time *; see hf_time_parse; or "+30d" from now */
	HF_OPTION_LIST,  /* `target` is struct hf_option_list *; may be given several times */
};

#define HF_OPTION_ITEMS 64
struct hf_option_list {
	const char *items[HF_OPTION_ITEMS];
	size_t count;
};

struct hf_option {
	char letter;          /* short form; 0 for none */
	const char *name;     /* long form without dashes */
	const char *argument; /* what it is called in the help; NULL for flags */
	const char *help;     /* one line */
	enum hf_option_kind kind;
	void *target;
	unsigned min, max; /* HF_OPTION_COUNT */
};

struct hf_usage {
	const char *command;  /* "verify" */
	const char *synopsis; /* "[options] FILE" */
	const char *summary;  /* one or two sentences */
	const char *details;  /* paragraphs below the options: examples, exit codes; may be NULL */
	const struct hf_option *options;
	size_t count;
	int min_operands, max_operands;
};

/*
 * Parses argv. Returns −1 to go on, with the operands' index in `*ret_first`; otherwise the exit
 * code to end with (help was printed, or an error).
 */
int hf_options_parse(const struct hf_usage *usage, int argc, char **argv, int *ret_first);

#endif
