/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/times.h"
#include "cli/command.h"
#include "cli/terminal.h"

#define COLUMNS     80
#define HELP_COLUMN 26 /* where the options' texts start */
#define MAX_OPTIONS 40
#define LONG_BASE   256 /* getopt's value of the first long option: above all letters */

/* ---- help ---- */

/* One word; on a new line, `indent` columns in, when it does not fit into this one. */
static void put_word(const char *word, size_t len, size_t indent, size_t *column)
{
	bool fresh = *column == indent;
	if (!fresh && *column + 1 + len > COLUMNS) {
		printf("\n%*s", (int)indent, "");
		*column = indent;
		fresh = true;
	}
	printf("%s%.*s", fresh ? "" : " ", (int)len, word);
	*column += len + !fresh;
}

/* Text up to `end`, wrapped; the first line starts at column `column`. */
static void put_wrapped(const char *text, const char *end, size_t indent, size_t column)
{
	while (text < end) {
		size_t len = strcspn(text, " \n");
		if (len > (size_t)(end - text))
			len = (size_t)(end - text);
		if (len > 0)
			put_word(text, len, indent, &column);
		text += len;
		if (text < end)
			text++;
	}
	putchar('\n');
}

/* Lines that start with a blank stay as they are (examples); the others are wrapped. */
static void put_paragraphs(const char *text)
{
	while (*text != '\0') {
		const char *end = strchrnul(text, '\n');
		if (*text == ' ')
			printf("%.*s\n", (int)(end - text), text);
		else
			put_wrapped(text, end, 0, 0);
		text = *end == '\n' ? end + 1 : end;
	}
}

static void put_option(char letter, const char *name, const char *argument, const char *text)
{
	int column = letter != 0 ? printf("  -%c, --%s", letter, name) : printf("      --%s", name);
	if (argument != NULL)
		column += printf(" %s", argument);
	if (column + 2 > HELP_COLUMN) {
		putchar('\n');
		column = 0;
	}
	printf("%*s", HELP_COLUMN - column, "");
	put_wrapped(text, text + strlen(text), HELP_COLUMN, HELP_COLUMN);
}

static void put_help(const struct hf_usage *usage)
{
	int indent = printf("Usage: holdfast %s ", usage->command);
	put_wrapped(usage->synopsis, usage->synopsis + strlen(usage->synopsis), (size_t)indent,
	        (size_t)indent);
	putchar('\n');
	put_paragraphs(usage->summary);
	puts("\nOptions:");
	for (size_t i = 0; i < usage->count; i++) {
		const struct hf_option *option = &usage->options[i];
		put_option(option->letter, option->name, option->argument, option->help);
	}
	put_option('h', "help", NULL, "show this help");
	if (usage->details != NULL) {
		putchar('\n');
		put_paragraphs(usage->details);
	}
}

/* ---- parsing ---- */

/* The end of every message about usage. */
#define SEE_HELP "; see `holdfast %s --help`"

static int set_count(const struct hf_usage *usage, const struct hf_option *option, const char *text)
{
	char *end;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < option->min ||
	        number > option->max)
		return hf_terminal_error("--%s takes a number from %u to %u, not \"%s\"" SEE_HELP,
		        option->name, option->min, option->max, text, usage->command);
	*(unsigned *)option->target = (unsigned)number;
	return -1;
}

static int set_span(const struct hf_usage *usage, const struct hf_option *option, const char *text)
{
	if (hf_span_parse(text, option->target) == HF_OK)
		return -1;
	return hf_terminal_error(
	        "--%s takes a span of time such as 14d, 12h or 3600, not \"%s\"" SEE_HELP,
	        option->name, text, usage->command);
}

static int set_time(const struct hf_usage *usage, const struct hf_option *option, const char *text)
{
	hf_time now = (hf_time)time(NULL);
	int64_t span;
	if (text[0] == '+' && hf_span_parse(text + 1, &span) == HF_OK) {
		*(hf_time *)option->target = now + span;
		return -1;
	}
	enum hf_err err = hf_time_parse(text, now, option->target);
	if (err == HF_OK)
		return -1;
	if (err == HF_ERR_INVALID)
		return hf_terminal_error("--%s: there is no such time as \"%s\"" SEE_HELP,
		        option->name, text, usage->command);
	return hf_terminal_error("--%s takes a time such as 20260102030405, 2026-01-02T03:04:05Z, "
	                         "@1767323045, now or +30d, not \"%s\"" SEE_HELP,
	        option->name, text, usage->command);
}

static int add_item(const struct hf_usage *usage, const struct hf_option *option, const char *text)
{
	struct hf_option_list *list = option->target;
	if (list->count == HF_OPTION_ITEMS)
		return hf_terminal_error("--%s is given more than %d times" SEE_HELP, option->name,
		        HF_OPTION_ITEMS, usage->command);
	list->items[list->count++] = text;
	return -1;
}

/* −1 to go on, else the exit code. */
static int apply(const struct hf_usage *usage, const struct hf_option *option, const char *text)
{
	switch (option->kind) {
	case HF_OPTION_FLAG:
		*(bool *)option->target = true;
		return -1;
	case HF_OPTION_TEXT:
		*(const char **)option->target = text;
		return -1;
	case HF_OPTION_COUNT:
		return set_count(usage, option, text);
	case HF_OPTION_SPAN:
		return set_span(usage, option, text);
	case HF_OPTION_TIME:
		return set_time(usage, option, text);
	case HF_OPTION_LIST:
		return add_item(usage, option, text);
	}
	return -1;
}

/* The table in getopt's form. A long option's value is its place in the table. */
static void translate(const struct hf_usage *usage, struct option longs[MAX_OPTIONS + 2],
        char shorts[2 * MAX_OPTIONS + 4])
{
	assert(usage->count <= MAX_OPTIONS);
	char *letter = shorts;
	*letter++ = ':'; /* getopt tells a missing argument from an unknown option */
	*letter++ = 'h';
	for (size_t i = 0; i < usage->count; i++) {
		const struct hf_option *option = &usage->options[i];
		bool flag = option->kind == HF_OPTION_FLAG;
		longs[i] = (struct option){option->name, flag ? no_argument : required_argument,
		        NULL, LONG_BASE + (int)i};
		if (option->letter == 0)
			continue;
		*letter++ = option->letter;
		if (!flag)
			*letter++ = ':';
	}
	*letter = '\0';
	longs[usage->count] = (struct option){"help", no_argument, NULL, 'h'};
	longs[usage->count + 1] = (struct option){NULL, 0, NULL, 0};
}

static const struct hf_option *find(const struct hf_usage *usage, int value)
{
	if (value >= LONG_BASE && (size_t)(value - LONG_BASE) < usage->count)
		return &usage->options[value - LONG_BASE];
	for (size_t i = 0; i < usage->count; i++) {
		if (usage->options[i].letter != 0 && usage->options[i].letter == value)
			return &usage->options[i];
	}
	return NULL;
}

/* getopt could not take an option: say which, as it was written. */
static int refuse(const struct hf_usage *usage, int answer, char **argv)
{
	const char *word = argv[optind - 1];
	const struct hf_option *option = find(usage, optopt);
	if (answer == ':' && option != NULL)
		return hf_terminal_error("--%s needs an argument: --%s %s" SEE_HELP, option->name,
		        option->name, option->argument, usage->command);
	if (option != NULL)
		return hf_terminal_error(
		        "--%s takes no argument" SEE_HELP, option->name, usage->command);
	if (optopt > 0 && optopt < LONG_BASE)
		return hf_terminal_error("there is no option -%c" SEE_HELP, optopt, usage->command);
	return hf_terminal_error(
	        "there is no option %s, or it is short for several" SEE_HELP, word, usage->command);
}

static int check_operands(const struct hf_usage *usage, int count)
{
	if (count < usage->min_operands)
		return hf_terminal_error("something is missing: holdfast %s %s" SEE_HELP,
		        usage->command, usage->synopsis, usage->command);
	if (count > usage->max_operands)
		return hf_terminal_error("too many arguments: holdfast %s %s" SEE_HELP,
		        usage->command, usage->synopsis, usage->command);
	return -1;
}

int hf_options_parse(const struct hf_usage *usage, int argc, char **argv, int *ret_first)
{
	struct option longs[MAX_OPTIONS + 2];
	char shorts[2 * MAX_OPTIONS + 4];
	translate(usage, longs, shorts);
	optind = 0; /* GNU getopt: forget everything, also the place in a bundle of letters */
	opterr = 0;
	int answer;
	while ((answer = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (answer == 'h') {
			put_help(usage);
			return HF_EXIT_GOOD;
		}
		const struct hf_option *option =
		        answer == '?' || answer == ':' ? NULL : find(usage, answer);
		int status =
		        option != NULL ? apply(usage, option, optarg) : refuse(usage, answer, argv);
		if (status != -1)
			return status;
	}
	int status = check_operands(usage, argc - optind);
	if (status == -1)
		*ret_first = optind;
	return status;
}
