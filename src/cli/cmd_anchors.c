/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/outfile.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/trace_setup.h"
#include "report/anchors_report.h"

#define FILE_MODE 0644

struct arguments {
	const char *state; /* the state file */
	const char *trust_anchor, *from, *hints, *server, *format, *output;
	unsigned port;
	hf_time now, at;
	bool due, json;
};

typedef enum hf_err action_fn(
        const struct arguments *arguments, struct hf_diag *diag, int *ret_status);

/* Shows the zones; the exit code says whether all is well. */
static enum hf_err show(
        const struct arguments *arguments, const struct hf_anchor_check *check, int *ret_status)
{
	static const int codes[] = {[HF_ANCHORS_GOOD] = HF_EXIT_GOOD,
	        [HF_ANCHORS_BAD] = HF_EXIT_BAD,
	        [HF_ANCHORS_UNANSWERED] = HF_EXIT_ERROR};
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	enum hf_err err = arguments->json ? hf_anchors_json(check, arguments->now, &out)
	                                  : hf_anchors_text(check, arguments->now, &out);
	if (err != HF_OK)
		return err;
	fwrite(out.data, 1, out.len, stdout);
	*ret_status = codes[hf_anchor_check_verdict(check)];
	return HF_OK;
}

/* The zones as they are, without asking. */
static enum hf_err show_state(
        const struct arguments *arguments, struct hf_anchor_state *state, int *ret_status)
{
	struct hf_anchor_check check;
	enum hf_err err = hf_anchor_check_none(state, &check);
	if (err != HF_OK)
		return err;
	err = show(arguments, &check, ret_status);
	hf_anchor_check_done(&check);
	return err;
}

/* The anchors that were given, or the root's. */
static enum hf_err first_anchors(
        const struct arguments *arguments, struct hf_diag *diag, struct hf_anchors *ret_anchors)
{
	struct hf_trace_setup setup = {.anchors_name = arguments->trust_anchor};
	enum hf_err err = HF_OK;
	if (arguments->trust_anchor != NULL)
		err = hf_small_file(arguments->trust_anchor, diag, &setup.anchors);
	if (err == HF_OK)
		err = hf_trace_setup_anchors(&setup, diag, ret_anchors);
	hf_trace_setup_done(&setup);
	return err;
}

static enum hf_err init(const struct arguments *arguments, struct hf_diag *diag, int *ret_status)
{
	struct hf_anchors anchors = {0};
	struct hf_anchor_state *state = NULL;
	enum hf_err err = first_anchors(arguments, diag, &anchors);
	if (err == HF_OK)
		err = hf_anchor_state_open(arguments->state,
		        HF_ANCHOR_STATE_WRITE | HF_ANCHOR_STATE_NEW, diag, &state);
	if (err == HF_OK)
		err = hf_trust_book_seed(
		        hf_anchor_state_book(state), &anchors, arguments->now, diag);
	if (err == HF_OK)
		err = hf_anchor_state_save(state, diag);
	if (err == HF_OK)
		err = show_state(arguments, state, ret_status);
	hf_anchor_state_free(state);
	hf_anchors_done(&anchors);
	return err;
}

static enum hf_err ask_servers(const struct arguments *arguments, struct hf_anchor_state *state,
        struct hf_diag *diag, struct hf_anchor_check *ret_check)
{
	struct hf_anchor_check_options options = {
	        .now = arguments->now, .due_only = arguments->due};
	struct hf_hints hints = {.name = arguments->hints};
	char *text = NULL;
	enum hf_err err = HF_OK;
	if (arguments->hints != NULL)
		err = hf_small_file(arguments->hints, diag, &text);
	if (err == HF_OK && text != NULL) {
		hints.text = text;
		hints.len = strlen(text);
	}
	const struct hf_resolver_options network = {.hints = text != NULL ? &hints : NULL,
	        .forward = arguments->server,
	        .port = (uint16_t)arguments->port};
	if (err == HF_OK)
		err = hf_resolver_new(&network, diag, &options.resolver);
	if (err == HF_OK)
		err = hf_anchor_check(state, &options, diag, ret_check);
	hf_resolver_free(options.resolver);
	free(text);
	return err;
}

static enum hf_err look(const struct arguments *arguments, struct hf_anchor_state *state,
        struct hf_diag *diag, struct hf_anchor_check *ret_check)
{
	const struct hf_anchor_check_options options = {
	        .now = arguments->now, .due_only = arguments->due, .from = arguments->from};
	return arguments->from != NULL ? hf_anchor_check(state, &options, diag, ret_check)
	                               : ask_servers(arguments, state, diag, ret_check);
}

static enum hf_err check(const struct arguments *arguments, struct hf_diag *diag, int *ret_status)
{
	struct hf_anchor_state *state;
	struct hf_anchor_check seen = {0};
	enum hf_err err =
	        hf_anchor_state_open(arguments->state, HF_ANCHOR_STATE_WRITE, diag, &state);
	if (err != HF_OK)
		return err;
	err = look(arguments, state, diag, &seen);
	/* What was learnt is kept before it is shown: a revocation must not be lost. */
	if (err == HF_OK)
		err = hf_anchor_state_save(state, diag);
	if (err == HF_OK)
		err = show(arguments, &seen, ret_status);
	hf_anchor_check_done(&seen);
	hf_anchor_state_free(state);
	return err;
}

static enum hf_err status(const struct arguments *arguments, struct hf_diag *diag, int *ret_status)
{
	struct hf_anchor_state *state;
	enum hf_err err =
	        hf_anchor_state_open(arguments->state, HF_ANCHOR_STATE_READ, diag, &state);
	if (err != HF_OK)
		return err;
	err = show_state(arguments, state, ret_status);
	hf_anchor_state_free(state);
	return err;
}

static enum hf_err export(
        const struct arguments *arguments, struct hf_diag *diag, int *ret_status) {
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0}; struct hf_anchor_state * state;
	enum hf_anchors_form form = HF_ANCHORS_ZONE;
	if (arguments->format != NULL &&
	        hf_anchors_form_parse(arguments->format, &form) != HF_OK) return hf_fail(diag,
	        HF_ERR_INVALID, "there is no form \"%.40s\"; --format takes zone, unbound or bind",
	        arguments->format);
	enum hf_err err = hf_anchor_state_open(
	        arguments->state, HF_ANCHOR_STATE_READ, diag, &state);
	if (err != HF_OK) return err;
	err = hf_anchors_export(hf_anchor_state_book(state), form, diag, &out);
	hf_anchor_state_free(state);
	if (err == HF_OK) err = hf_outfile_put(
	        arguments->output != NULL ? arguments->output : "-", FILE_MODE, &out, diag);
	if (err == HF_OK) *ret_status = HF_EXIT_GOOD;
	return err;
}

static action_fn *find(const char *word)
{
	static const struct {
		const char *word;
		action_fn *action;
	} actions[] = {{"init", init}, {"check", check}, {"status", status}, {"export", export}};
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(word, actions[i].word) == 0)
			return actions[i].action;
	}
	return NULL;
}

/* Which options go together; −1 to go on, else the exit code. */
static int check_options(struct arguments *arguments, action_fn *action)
{
	bool asks = arguments->hints != NULL || arguments->server != NULL || arguments->port != 0;
	if (action != init && arguments->trust_anchor != NULL)
		return hf_terminal_error("--trust-anchor belongs to init: later, anchors come only "
		                         "from what trusted keys sign");
	if (action != check && (asks || arguments->from != NULL || arguments->due))
		return hf_terminal_error(
		        "--from, --root-hints, --server, --port and --due belong to check");
	if (action != export && (arguments->format != NULL || arguments->output != NULL))
		return hf_terminal_error("--format and --output belong to export");
	if (arguments->from != NULL && asks)
		return hf_terminal_error("--from asks no server: leave out --root-hints, --server "
		                         "and --port");
	if (action == check && arguments->at != HF_TIME_NONE && arguments->from == NULL)
		return hf_terminal_error("servers tell what is there now: --at needs --from");
	if (arguments->at != HF_TIME_NONE)
		arguments->now = arguments->at;
	return -1;
}

static const char details[] =
        "Actions:\n"
        "  init    make the state file: of --trust-anchor, or of the root's anchors\n"
        "  check   ask each zone for its DNSKEY set, and take note of what trusted keys signed\n"
        "  status  show what is known, without asking\n"
        "  export  print what is trusted now, for a resolver\n"
        "\n"
        "Run check --due from cron or a timer at least once an hour; it asks only when a query is "
        "due.\n"
        "\n"
        "Examples:\n"
        "  holdfast anchors init root.anchors\n"
        "  holdfast anchors check --due root.anchors\n"
        "  holdfast anchors export --format unbound root.anchors\n"
        "\n"
        "Exit codes: 0 all is well, 1 a zone has no usable anchor or its keys were not proven, 2 "
        "no answer.";

static int run(const struct arguments *arguments, action_fn *action)
{
	struct hf_diag diag;
	int code = HF_EXIT_ERROR;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = action(arguments, &diag, &code);
	if (err != HF_OK) {
		code = hf_terminal_fail(&diag, err);
		if (err == HF_ERR_REFUSED)
			code = HF_EXIT_BAD;
	}
	hf_diag_done(&diag);
	return code;
}

int hf_cmd_anchors(int argc, char **argv)
{
	struct arguments arguments = {.now = (hf_time)time(NULL), .at = HF_TIME_NONE};
	const struct hf_option options[] = {
	        {0, "trust-anchor", "FILE", "init: DS or DNSKEY records to begin with",
	                HF_OPTION_TEXT, &arguments.trust_anchor, 0, 0},
	        {0, "from", "FILE", "check: DNSKEY and RRSIG records instead of servers",
	                HF_OPTION_TEXT, &arguments.from, 0, 0},
	        {0, "root-hints", "FILE", "check: the root's name servers; default: built in",
	                HF_OPTION_TEXT, &arguments.hints, 0, 0},
	        {0, "server", "ADDRESS", "check: ask this resolver (ADDRESS or ADDRESS@PORT)",
	                HF_OPTION_TEXT, &arguments.server, 0, 0},
	        {0, "port", "N", "check: the port of all name servers; default: 53",
	                HF_OPTION_COUNT, &arguments.port, 1, 65535},
	        {0, "due", NULL, "check: only zones whose next query is due", HF_OPTION_FLAG,
	                &arguments.due, 0, 0},
	        {0, "at", "TIME", "as of then instead of now; check: with --from only",
	                HF_OPTION_TIME, &arguments.at, 0, 0},
	        {0, "format", "FORM", "export: zone (the default), unbound or bind", HF_OPTION_TEXT,
	                &arguments.format, 0, 0},
	        {'o', "output", "FILE", "export: write to a file, whole or not at all",
	                HF_OPTION_TEXT, &arguments.output, 0, 0},
	        {'j', "json", NULL, "print JSON", HF_OPTION_FLAG, &arguments.json, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "anchors",
	        .synopsis = "[options] ACTION STATE-FILE",
	        .summary = "Follows trust anchors over time as RFC 5011 says: new keys after their "
	                   "hold-down, revoked ones never again.",
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
		return hf_terminal_error("there is no action \"%s\"; it is init, check, status or "
		                         "export, and comes before the state file",
		        argv[first]);
	arguments.state = argv[first + 1];
	code = check_options(&arguments, action);
	return code != -1 ? code : run(&arguments, action);
}
