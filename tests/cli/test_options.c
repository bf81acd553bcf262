/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options from a table: every kind, every wrong use, and the help. */
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/times.h"
#include "cli/command.h"

/* ---- a command with one option of each kind ---- */

struct values {
	bool flag, other_flag;
	const char *text;
	unsigned count;
	int64_t span;
	hf_time time;
	int first;
};

static char output[8192]; /* what the last parse printed, to either stream */

/* Runs with standard output and error going to `output`. */
static int captured(const struct hf_usage *usage, int argc, char **argv, int *ret_first)
{
	FILE *file = tmpfile();
	assert_non_null(file);
	fflush(stdout);
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	int status = hf_options_parse(usage, argc, argv, ret_first);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	rewind(file);
	size_t len = fread(output, 1, sizeof(output) - 1, file);
	output[len] = '\0';
	fclose(file);
	return status;
}

/* Parses words separated by blanks. */
static int parse(const char *line, struct values *values)
{
	*values = (struct values){.first = -1};
	const struct hf_option options[] = {
	        {'f', "flag", NULL, "a flag", HF_OPTION_FLAG, &values->flag, 0, 0},
	        {'g', "flat", NULL,
	                "another flag, with a text that is too long for one line of a "
	                "terminal as people have it",
	                HF_OPTION_FLAG, &values->other_flag, 0, 0},
	        {'t', "text", "WORD", "a text", HF_OPTION_TEXT, &values->text, 0, 0},
	        {0, "count", "N", "a number", HF_OPTION_COUNT, &values->count, 2, 100},
	        {0, "span", "SPAN", "a span", HF_OPTION_SPAN, &values->span, 0, 0},
	        {0, "a-rather-long-name-of-one", "TIME", "a time", HF_OPTION_TIME, &values->time, 0,
	                0},
	};
	const struct hf_usage usage = {
	        .command = "try",
	        .synopsis = "[options] ONE [TWO]",
	        .summary = "Tries options. This sentence goes on and on, so that it has to be "
	                   "continued on a second line.",
	        .details = "Examples:\n  holdfast try   one\n\nThe end.",
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 1,
	        .max_operands = 2,
	};
	static char words[1000];
	char *argv[20] = {(char *)"try"};
	int argc = 1;
	strcpy(words, line);
	for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	return captured(&usage, argc, argv, &values->first);
}

static void good(const char *line, struct values *values)
{
	assert_int_equal(parse(line, values), -1);
	assert_string_equal(output, "");
}

/* One sentence that holds `words` and leads to the help. */
static void bad(const char *line, const char *words)
{
	struct values values;
	assert_int_equal(parse(line, &values), HF_EXIT_ERROR);
	assert_int_equal(values.first, -1);
	assert_int_equal(strncmp(output, "holdfast: ", 10), 0);
	assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
	if (strstr(output, words) == NULL || strstr(output, "`holdfast try --help`") == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, output);
}

static void every_kind(void **state)
{
	struct values values;
	good("one", &values);
	assert_int_equal(values.first, 1);
	assert_false(values.flag);
	good("-fg --text word --count 2 --span 1d2h --a-rather-long-name-of-one 20260102030405 one "
	     "two",
	        &values);
	assert_true(values.flag && values.other_flag);
	assert_string_equal(values.text, "word");
	assert_int_equal(values.count, 2);
	assert_int_equal(values.span, 26 * 3600);
	assert_int_equal(values.time, 1767323045);
	good("--count=100 -tword -- -f", &values);
	assert_int_equal(values.count, 100);
	assert_string_equal(values.text, "word");
	assert_false(values.flag);
	/* Options may follow operands; "-" is an operand; a long name may be shortened. */
	good("- --te x", &values);
	assert_string_equal(values.text, "x");
	/* The second call in a process starts anew. */
	good("-f one", &values);
	assert_true(values.flag);
}

static void relative_times(void **state)
{
	struct values values;
	hf_time before = (hf_time)time(NULL);
	good("--a-rather-long-name-of-one +2d one", &values);
	hf_time after = (hf_time)time(NULL);
	assert_true(values.time >= before + 172800 && values.time <= after + 172800);
	good("--a-rather-long-name-of-one now one", &values);
	assert_true(values.time >= after && values.time <= after + 10);
}

static void wrong_use(void **state)
{
	bad("", "something is missing: holdfast try [options] ONE [TWO]");
	bad("one two three", "too many");
	bad("--nonsense one", "no option --nonsense");
	bad("--fla one", "--fla, or it is short for several");
	bad("-x one", "no option -x");
	bad("-fx one", "no option -x");
	bad("one --text", "--text needs an argument: --text WORD");
	bad("one -t", "--text needs an argument");
	bad("--flag=yes one", "--flag takes no argument");
	bad("--count 1 one", "from 2 to 100, not \"1\"");
	bad("--count 101 one", "from 2 to 100");
	bad("--count 4294967298 one", "from 2 to 100");
	bad("--count 99999999999999999999 one", "from 2 to 100");
	bad("--count -3 one", "from 2 to 100");
	bad("--count +3 one", "from 2 to 100");
	bad("--count 3x one", "from 2 to 100");
	bad("--count= one", "from 2 to 100");
	bad("--span 3y one", "span of time such as");
	bad("--span -3d one", "span of time such as");
	bad("--a-rather-long-name-of-one tomorrow one", "a time such as");
	bad("--a-rather-long-name-of-one +x one", "a time such as");
	bad("--a-rather-long-name-of-one 20260230000000 one", "no such time as \"20260230000000\"");
}

static void help_fits_a_terminal(void **state)
{
	static const char want[] =
	        "Usage: holdfast try [options] ONE [TWO]\n"
	        "\n"
	        "Tries options. This sentence goes on and on, so that it has to be continued on a\n"
	        "second line.\n"
	        "\n"
	        "Options:\n"
	        "  -f, --flag              a flag\n"
	        "  -g, --flat              another flag, with a text that is too long for one\n"
	        "                          line of a terminal as people have it\n"
	        "  -t, --text WORD         a text\n"
	        "      --count N           a number\n"
	        "      --span SPAN         a span\n"
	        "      --a-rather-long-name-of-one TIME\n"
	        "                          a time\n"
	        "  -h, --help              show this help\n"
	        "\n"
	        "Examples:\n"
	        "  holdfast try   one\n"
	        "\n"
	        "The end.\n";
	struct values values;
	static const char *const lines[] = {"--help", "-h", "--count 5 one --help", "-fh"};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(parse(lines[i], &values), HF_EXIT_GOOD);
		assert_string_equal(output, want);
		assert_int_equal(values.first, -1);
	}
}

static void lists_grow(void **state)
{
	static char name[] = "try", option[] = "--item", word[] = "b";
	static struct hf_option_list list;
	const struct hf_option options[] = {
	        {'i', "item", "WORD", "an item", HF_OPTION_LIST, &list, 0, 0}};
	const struct hf_usage usage = {.command = "try",
	        .synopsis = "[--item WORD]...",
	        .summary = "Collects.",
	        .options = options,
	        .count = 1};
	char *argv[2 + 2 * HF_OPTION_ITEMS + 2] = {name, option, (char[]){"a"}};
	int argc = 3, first;
	for (int i = 1; i < HF_OPTION_ITEMS; i++) {
		argv[argc++] = option;
		argv[argc++] = word;
	}
	assert_int_equal(captured(&usage, argc, argv, &first), -1);
	assert_int_equal(list.count, HF_OPTION_ITEMS);
	assert_string_equal(list.items[0], "a");
	assert_string_equal(list.items[HF_OPTION_ITEMS - 1], "b");
	argv[argc++] = option;
	argv[argc] = word;
	list.count = 0;
	assert_int_equal(captured(&usage, argc + 1, argv, &first), HF_EXIT_ERROR);
	assert_non_null(strstr(output, "--item is given more than 64 times"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind),
	        cmocka_unit_test(relative_times),
	        cmocka_unit_test(wrong_use),
	        cmocka_unit_test(lists_grow),
	        cmocka_unit_test(help_fits_a_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
