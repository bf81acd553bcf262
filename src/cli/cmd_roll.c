/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "rollover/wish.h"

static const char details[] =
        "WHAT is zsk, ksk or csk (replace that key), algorithm NAME, to-csk, to-ksk-zsk, nsec, "
        "nsec3, opt-out (NSEC3 with it), secure, insecure, standby-zsk, standby-ksk or "
        "standby-csk, or emergency TAG (replace a key that may be in other hands). Each step is "
        "taken as soon as no cache can be surprised by it; `holdfast status ZONE` says what is "
        "waited for, and `holdfast plan` beforehand how long it will be.\n"
        "\n"
        "Examples:\n"
        "  holdfast roll --dry-run example.com zsk\n"
        "  holdfast roll example.com zsk\n"
        "  holdfast roll example.com algorithm ed25519\n"
        "  holdfast roll --abort example.com\n"
        "\n"
        "Exit codes: 0 done, 1 the daemon refused, 2 no answer.";

struct arguments {
	const char *control, *method, *compromised;
	bool pause, resume, abort, force, json;
	bool dry_run; /* tell what the start would mean, and start nothing */
	const char *zone;
	const char *what; /* NULL: not given */
	const char *name; /* of an algorithm or a key; NULL: not given */
};

/* ---- What is asked for ---- */

/* The one action that was asked for; NULL: several. */
static const char *action_of(const struct arguments *arguments)
{
	const struct {
		bool given;
		const char *action;
	} actions[] = {
	        {arguments->what != NULL, "start"},
	        {arguments->pause, "pause"},
	        {arguments->resume, "resume"},
	        {arguments->abort, "abort"},
	        {arguments->force, "force"},
	        {arguments->compromised != NULL, "compromised"},
	};
	const char *action = NULL;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (!actions[i].given)
			continue;
		if (action != NULL)
			return NULL;
		action = actions[i].action;
	}
	return action;
}

/* "algorithm ed25519" is "algorithm:ed25519"; the caller frees it. */
static char *whole_wish(const struct arguments *arguments)
{
	char *wish = NULL;
	if (arguments->name == NULL)
		return strdup(arguments->what);
	return asprintf(&wish, "%s:%s", arguments->what, arguments->name) >= 0 ? wish : NULL;
}

static enum hf_err start_request(
        const struct arguments *arguments, struct hf_diag *diag, json_t **ret_request)
{
	struct hf_wish wish;
	char *what = whole_wish(arguments);
	if (what == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_wish_read(what, arguments->method, diag, &wish);
	if (err == HF_OK)
		*ret_request = json_pack("{s:s, s:s, s:s, s:s, s:s*}", "command", "roll", "zone",
		        arguments->zone, "action", arguments->dry_run ? "plan" : "start", "what",
		        what, "method", arguments->method);
	free(what);
	return err;
}

static enum hf_err make_request(const struct arguments *arguments, const char *action,
        struct hf_diag *diag, json_t **ret_request)
{
	if (strcmp(action, "start") == 0)
		return start_request(arguments, diag, ret_request);
	if (strcmp(action, "compromised") == 0)
		*ret_request = json_pack("{s:s, s:s, s:s}", "command", action, "zone",
		        arguments->zone, "key", arguments->compromised);
	else
		*ret_request = json_pack("{s:s, s:s, s:s}", "command", "roll", "zone",
		        arguments->zone, "action", action);
	return HF_OK;
}

static int carry_out(const struct arguments *arguments, const char *action)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	json_t *request = NULL, *result = NULL;
	enum hf_err err = make_request(arguments, action, &diag, &request);
	if (err == HF_OK)
		err = hf_control_ask(
		        arguments->control, request, HF_CONTROL_PATIENCE, &diag, &result);
	int code = err == HF_OK ? hf_control_print(result, arguments->json)
	                        : hf_control_fail(&diag, err);
	json_decref(result);
	hf_diag_done(&diag);
	return code;
}

static int run(const struct arguments *arguments)
{
	const char *action = action_of(arguments);
	if (action == NULL)
		return hf_terminal_error(
		        "roll does one thing at a time: give WHAT, or one of --pause, --resume, "
		        "--abort, --force and --compromised; see `holdfast roll --help`");
	if (arguments->method != NULL && strcmp(action, "start") != 0)
		return hf_terminal_error("--method belongs to the start of a rollover; to change "
		                         "it, abort this one and start another");
	if (arguments->dry_run && strcmp(action, "start") != 0)
		return hf_terminal_error("--dry-run belongs to the start of a rollover: give WHAT");
	return carry_out(arguments, action);
}

int hf_cmd_roll(int argc, char **argv)
{
	struct arguments arguments = {.zone = NULL};
	const struct hf_option options[] = {
	        {0, "method", "METHOD", "how; default: as the zone's policy says", HF_OPTION_TEXT,
	                &arguments.method, 0, 0},
	        {0, "dry-run", NULL,
	                "show the runbook of the change, begun with the zone as it is now; change "
	                "nothing",
	                HF_OPTION_FLAG, &arguments.dry_run, 0, 0},
	        {0, "pause", NULL, "take no further step", HF_OPTION_FLAG, &arguments.pause, 0, 0},
	        {0, "resume", NULL, "go on after a pause", HF_OPTION_FLAG, &arguments.resume, 0, 0},
	        {0, "abort", NULL, "go back to where it started, as safely as it went",
	                HF_OPTION_FLAG, &arguments.abort, 0, 0},
	        {0, "force", NULL, "an emergency: go to the last step at once, whoever it breaks",
	                HF_OPTION_FLAG, &arguments.force, 0, 0},
	        {0, "compromised", "TAG",
	                "somebody else may have the key with that tag: no change will trust it",
	                HF_OPTION_TEXT, &arguments.compromised, 0, 0},
	        HF_CONTROL_OPTION(&arguments.control),
	        {'j', "json", NULL, "print the daemon's answer as JSON", HF_OPTION_FLAG,
	                &arguments.json, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "roll",
	        .synopsis = "[options] ZONE [WHAT [NAME]]",
	        .summary = "Changes a zone's keys, algorithm, denial of existence or security, or "
	                   "steers the change that is under way.",
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 1,
	        .max_operands = 3,
	};
	int first;
	int code = hf_options_parse(&usage, argc, argv, &first);
	if (code != -1)
		return code;
	arguments.zone = argv[first];
	arguments.what = argv[first + 1];
	arguments.name = arguments.what != NULL ? argv[first + 2] : NULL;
	return run(&arguments);
}
