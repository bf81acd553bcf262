/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/zone_settings.h"
#include "report/jsontext.h"
#include "report/zone_text.h"

static const char details[] =
        "ACTION is one of\n"
        "  add       take up a zone, without a restart\n"
        "  remove    forget a zone that `add` has added; its keys and journals stay on disk\n"
        "  reload    ask the zone's source now\n"
        "  history   what was done and decided, by whom, newest first\n"
        "  versions  the published versions that are kept\n"
        "Zones in the configuration file are changed there, and by `holdfast reload`. Settings "
        "that have no option here come from a file with the same YAML as the configuration's: "
        "--settings.\n"
        "\n"
        "Examples:\n"
        "  holdfast zone add example.com --file /srv/zones/example.com\n"
        "  holdfast zone add example.com --primary 192.0.2.1 --secondary 192.0.2.2,192.0.2.3\n"
        "  holdfast zone versions example.com\n"
        "\n"
        "Exit codes: 0 done, 1 the daemon refused, 2 no answer.";

struct arguments {
	const char *control, *policy;
	struct hf_zone_wishes wishes;
	unsigned limit;
	bool json;
	const char *zone;
};

typedef int action_fn(const struct arguments *arguments);

typedef enum hf_err text_fn(
        const json_t *result, const struct hf_zone_view *view, struct hf_buf *out);

/* Asks, and prints the result: its text, or what `form` makes of it. */
static int ask(const struct arguments *arguments, json_t *request, text_fn *form)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	json_t *result = NULL;
	const struct hf_zone_view view = {.now = time(NULL), .zone = arguments->zone};
	int code = HF_EXIT_GOOD;
	enum hf_err err =
	        hf_control_ask(arguments->control, request, HF_CONTROL_PATIENCE, &diag, &result);
	if (err == HF_OK && (form == NULL || arguments->json))
		code = hf_control_print(result, arguments->json);
	else if (err == HF_OK && (err = form(result, &view, &out)) == HF_OK)
		fwrite(out.data, 1, out.len, stdout);
	if (err != HF_OK)
		code = hf_control_fail(&diag, err);
	json_decref(result);
	hf_diag_done(&diag);
	return code;
}

static json_t *simple_request(const char *command, const struct arguments *arguments)
{
	return json_pack("{s:s, s:s}", "command", command, "zone", arguments->zone);
}

static int add(const struct arguments *arguments)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf settings = {0};
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_zone_settings_make(&arguments->wishes, &diag, &settings);
	int code = err == HF_OK ? HF_EXIT_GOOD : hf_terminal_fail(&diag, err);
	hf_diag_done(&diag);
	if (err != HF_OK)
		return code;
	return ask(arguments,
	        json_pack("{s:s, s:s, s:s, s:s%}", "command", "zone-add", "zone", arguments->zone,
	                "policy", arguments->policy, "settings", (const char *)settings.data,
	                settings.len),
	        NULL);
}

static int remove_zone(const struct arguments *arguments)
{
	return ask(arguments, simple_request("zone-remove", arguments), NULL);
}

static int reload(const struct arguments *arguments)
{
	return ask(arguments, simple_request("zone-reload", arguments), NULL);
}

static int history(const struct arguments *arguments)
{
	return ask(arguments,
	        json_pack("{s:s, s:s, s:i}", "command", "zone-history", "zone", arguments->zone,
	                "limit", (int)arguments->limit),
	        hf_zone_history_text);
}

static int versions(const struct arguments *arguments)
{
	return ask(arguments, simple_request("zone-versions", arguments), hf_zone_versions_text);
}

static action_fn *find(const char *name)
{
	static const struct {
		const char *name;
		action_fn *run;
	} actions[] = {
	        {"add", add},
	        {"remove", remove_zone},
	        {"reload", reload},
	        {"history", history},
	        {"versions", versions},
	};
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, name) == 0)
			return actions[i].run;
	}
	return NULL;
}

/* −1 to go on. */
static int check(const struct arguments *arguments, action_fn *action)
{
	const struct hf_zone_wishes *wishes = &arguments->wishes;
	bool any = wishes->file != NULL || wishes->primaries != NULL ||
	           wishes->secondaries != NULL || wishes->key != NULL || wishes->output != NULL ||
	           wishes->settings != NULL || wishes->check_only;
	if (any && action != add)
		return hf_terminal_error("settings of a zone are for `holdfast zone add`; to "
		                         "change them, remove the zone and add it again");
	return -1;
}

int hf_cmd_zone(int argc, char **argv)
{
	struct arguments arguments = {.policy = "default", .limit = 50};
	struct hf_zone_wishes *wishes = &arguments.wishes;
	const struct hf_option options[] = {
	        {'p', "policy", "NAME", "add: the policy's name; default: \"default\"",
	                HF_OPTION_TEXT, &arguments.policy, 0, 0},
	        {'f', "file", "FILE", "add: the unsigned zone file, which is watched",
	                HF_OPTION_TEXT, &wishes->file, 0, 0},
	        {0, "primary", "ADDRESS,...", "add: transfer the zone from there (ADDRESS[@PORT])",
	                HF_OPTION_TEXT, &wishes->primaries, 0, 0},
	        {0, "secondary", "ADDRESS,...",
	                "add: servers that transfer it from here, and get NOTIFY", HF_OPTION_TEXT,
	                &wishes->secondaries, 0, 0},
	        {0, "key", "NAME", "add: TSIG key for primaries and secondaries", HF_OPTION_TEXT,
	                &wishes->key, 0, 0},
	        {'o', "output", "FILE", "add: also write each published version there",
	                HF_OPTION_TEXT, &wishes->output, 0, 0},
	        {0, "check-only", NULL, "add: the zone comes signed; only prove and publish it",
	                HF_OPTION_FLAG, &wishes->check_only, 0, 0},
	        {0, "settings", "FILE", "add: all settings in YAML; \"-\" is standard input",
	                HF_OPTION_TEXT, &wishes->settings, 0, 0},
	        {'n', "limit", "N", "history: as many entries at most; default: 50",
	                HF_OPTION_COUNT, &arguments.limit, 1, 10000},
	        HF_CONTROL_OPTION(&arguments.control),
	        {'j', "json", NULL, "print the daemon's answer as JSON", HF_OPTION_FLAG,
	                &arguments.json, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "zone",
	        .synopsis = "ACTION [options] ZONE",
	        .summary = "Adds, removes, reloads and shows zones of the daemon.",
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 2,
	        .max_operands = 2,
	};
	int first;
	int code = hf_options_parse(&usage, argc, argv, &first);
	if (code != -1)
		return code;
	action_fn *action = find(argv[first]);
	if (action == NULL)
		return hf_terminal_error("there is no action \"%s\"; it is add, remove, reload, "
		                         "history or versions, and comes before the zone",
		        argv[first]);
	arguments.zone = argv[first + 1];
	code = check(&arguments, action);
	return code == -1 ? action(&arguments) : code;
}
