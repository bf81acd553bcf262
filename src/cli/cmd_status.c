/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "report/jsontext.h"
#include "report/status_text.h"

static const char details[] =
        "A zone is GOOD, EMPTY (nothing was published yet), HELD or paused by a person, WAITS FOR "
        "YOU (somebody has to decide), or in ALARM. Without ZONE the worst come first.\n"
        "\n"
        "Examples:\n"
        "  holdfast status\n"
        "  holdfast status example.com\n"
        "  holdfast status --json | jq -r '.zones[] | select(.state != \"good\") | .zone'\n"
        "\n"
        "Exit codes: 0 all is good, 1 a zone is held, waits for a person or has an alarm, 2 no "
        "answer.";

struct arguments {
	const char *control;
	const char *zone; /* NULL: all */
	bool all, json;
};

/* What standard output can show. */
static struct hf_status_view look_at_terminal(bool all)
{
	struct hf_status_view view = {.now = time(NULL), .flags = all ? HF_STATUS_ALL : 0};
	struct winsize size;
	const char *kind = getenv("TERM"), *plain = getenv("NO_COLOR");
	if (!isatty(STDOUT_FILENO))
		return view;
	view.width = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > view.width)
		view.width = size.ws_col;
	bool dumb = kind == NULL || strcmp(kind, "dumb") == 0;
	if (!dumb && (plain == NULL || plain[0] == '\0'))
		view.flags |= HF_STATUS_COLOUR;
	return view;
}

static enum hf_err print(const struct arguments *arguments, json_t *result)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	const struct hf_status_view view = look_at_terminal(arguments->all);
	enum hf_err err = arguments->json ? hf_json_put(json_incref(result), JSON_INDENT(2), &out)
	                  : arguments->zone != NULL ? hf_status_text(result, &view, &out)
	                                            : hf_status_list(result, &view, &out);
	if (err == HF_OK)
		fwrite(out.data, 1, out.len, stdout);
	return err;
}

static int show(const struct arguments *arguments)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	json_t *result = NULL;
	json_t *request = json_pack("{s:s, s:s*}", "command", "status", "zone", arguments->zone);
	enum hf_err err =
	        hf_control_ask(arguments->control, request, HF_CONTROL_SECONDS, &diag, &result);
	if (err == HF_OK)
		err = print(arguments, result);
	int code = err == HF_OK ? HF_EXIT_GOOD : hf_control_fail(&diag, err);
	/* An empty zone is on its way, which is nothing to call somebody for. */
	if (err == HF_OK && hf_status_worst(result) < HF_STATE_EMPTY)
		code = HF_EXIT_BAD;
	json_decref(result);
	hf_diag_done(&diag);
	return code;
}

int hf_cmd_status(int argc, char **argv)
{
	struct arguments arguments = {.zone = NULL};
	const struct hf_option options[] = {
	        {'a', "all", NULL, "also what would go beyond a screen: every zone, server and key",
	                HF_OPTION_FLAG, &arguments.all, 0, 0},
	        HF_CONTROL_OPTION(&arguments.control),
	        {'j', "json", NULL, "print JSON", HF_OPTION_FLAG, &arguments.json, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "status",
	        .synopsis = "[options] [ZONE]",
	        .summary =
	                "Shows what the daemon's zones are in, or all about one of them: alarms, "
	                "serials, stages, secondaries, keys, what is waited for, what comes next.",
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 0,
	        .max_operands = 1,
	};
	int first;
	int code = hf_options_parse(&usage, argc, argv, &first);
	if (code != -1)
		return code;
	arguments.zone = argv[first];
	return show(&arguments);
}
