/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <time.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/policy_argument.h"
#include "cli/terminal.h"
#include "report/plan_report.h"
#include "rollover/plan_input.h"
#include "zone/load.h"

#define MAX_JOBS 1024

struct arguments {
	const char *zone, *keys, *roll, *method, *origin;
	struct hf_policy_argument policy;
	hf_time at;
	unsigned jobs;
	bool json, markdown, print_defaults;
};

/* Everything that one command holds. */
struct work {
	struct hf_diag diag, warnings;
	struct hf_policy policy;
	struct hf_pool *pool;
	struct hf_version *version;
	struct hf_keydir keys;
	struct hf_plan_input input;
	struct hf_plan *plan;
	struct hf_buf out;
};

static void work_done(struct work *work)
{
	hf_buf_done(&work->out);
	hf_plan_free(work->plan);
	hf_plan_input_done(&work->input);
	hf_keydir_done(&work->keys);
	hf_version_unref(work->version);
	hf_pool_free(work->pool);
	hf_diag_done(&work->warnings);
	hf_diag_done(&work->diag);
}

static enum hf_err read_zone(struct work *work, const struct arguments *arguments)
{
	enum hf_err err = hf_pool_new(arguments->jobs, &work->pool);
	if (err != HF_OK)
		return err;
	const struct hf_load_options load = {.origin = arguments->origin,
	        .pool = work->pool,
	        .progress = hf_terminal_progress()};
	err = hf_zone_load(arguments->zone, &load, &work->diag, &work->version);
	if (err == HF_OK)
		err = hf_keydir_read(arguments->keys, hf_version_apex(work->version),
		        HF_KEYFILE_PUBLIC, &work->diag, &work->keys);
	return err;
}

static enum hf_err plan(struct work *work, const struct arguments *arguments)
{
	const struct hf_plan_wish wish = {
	        .roll = arguments->roll, .method = arguments->method, .at = arguments->at};
	enum hf_err err = hf_policy_argument_read(
	        &arguments->policy, &work->warnings, &work->diag, &work->policy);
	if (err == HF_OK)
		err = read_zone(work, arguments);
	if (err == HF_OK)
		err = hf_plan_input_make(&wish, &work->policy, work->version, &work->keys,
		        &work->diag, &work->input);
	return err == HF_OK ? hf_plan_make(&work->input.job, &work->diag, &work->plan) : err;
}

static int print(struct work *work, enum hf_err err)
{
	hf_terminal_clear();
	if (err != HF_OK)
		return hf_terminal_fail(&work->diag, err);
	hf_policy_argument_warn(&work->warnings);
	/* main looks at what became of standard output. */
	fwrite(work->out.data, 1, work->out.len, stdout);
	return HF_EXIT_GOOD;
}

static int run(struct work *work, const struct arguments *arguments)
{
	if (arguments->print_defaults) {
		hf_policy_init(&work->policy);
		hf_policy_put(&work->policy, &work->out);
		return print(work, hf_buf_check(&work->out));
	}
	enum hf_err err = plan(work, arguments);
	if (err == HF_OK)
		err = arguments->json       ? hf_plan_json(work->plan, &work->out)
		      : arguments->markdown ? hf_plan_markdown(work->plan, &work->out)
		                            : hf_plan_text(work->plan, &work->out);
	return print(work, err);
}

/* −1 to go on, else the exit code. */
static int check(const struct arguments *arguments)
{
	if (arguments->print_defaults)
		return -1;
	if (arguments->zone == NULL || arguments->keys == NULL || arguments->policy.text == NULL ||
	        arguments->roll == NULL)
		return hf_terminal_error("plan needs --zone, --keys, --policy and --roll; see "
		                         "holdfast plan --help");
	if (arguments->json && arguments->markdown)
		return hf_terminal_error("--json and --markdown are two forms of one plan: "
		                         "choose one");
	return -1;
}

static const char details[] =
        "The plan is what the rollover engine itself does in virtual time, in a world in which "
        "everything goes well: its times are the earliest ones. WHAT is zsk, ksk or csk (replace "
        "that key), algorithm:NAME, to-csk, to-ksk-zsk, nsec, nsec3, opt-out (NSEC3 with it), "
        "secure (sign an unsigned zone), insecure, standby-zsk, standby-ksk or standby-csk, or "
        "emergency:TAG (replace a key that may be in other hands).\n"
        "\n"
        "Example:\n"
        "  holdfast plan --zone db.example.com --keys keys --policy policy.yaml --roll ksk\n"
        "\n"
        "Exit codes: 0 the plan was made, 2 it could not be.";

int hf_cmd_plan(int argc, char **argv)
{
	struct arguments arguments = {.at = time(NULL), .policy = {NULL, -1, -1}};
	const struct hf_option options[] = {
	        {0, "zone", "FILE", "the zone, signed or not; \"-\" is standard input",
	                HF_OPTION_TEXT, &arguments.zone, 0, 0},
	        {0, "origin", "ZONE", "the zone's name; default: the owner of the SOA record",
	                HF_OPTION_TEXT, &arguments.origin, 0, 0},
	        {'k', "keys", "DIR", "the folder of its key files", HF_OPTION_TEXT, &arguments.keys,
	                0, 0},
	        {'p', "policy", "FILE[:NAME]", "the policy; NAME when the file holds several",
	                HF_OPTION_TEXT, &arguments.policy.text, 0, 0},
	        {'r', "roll", "WHAT", "what is to be changed; see below", HF_OPTION_TEXT,
	                &arguments.roll, 0, 0},
	        {0, "method", "METHOD", "how; default: as the policy says", HF_OPTION_TEXT,
	                &arguments.method, 0, 0},
	        {0, "start", "TIME", "when it is asked for; default: now", HF_OPTION_TIME,
	                &arguments.at, 0, 0},
	        {0, "ds-ttl", "SPAN", "TTL of the parent's DS RRset; default: the policy's",
	                HF_OPTION_SPAN, &arguments.policy.ds_ttl, 0, 0},
	        {0, "parent-delay", "SPAN",
	                "what the parent needs to change it; default: the policy's", HF_OPTION_SPAN,
	                &arguments.policy.parent_delay, 0, 0},
	        {0, "json", NULL, "print the plan as JSON", HF_OPTION_FLAG, &arguments.json, 0, 0},
	        {0, "markdown", NULL, "print the plan as Markdown, for a change ticket",
	                HF_OPTION_FLAG, &arguments.markdown, 0, 0},
	        {'j', "jobs", "N", "use N threads; default: one for each processor",
	                HF_OPTION_COUNT, &arguments.jobs, 1, MAX_JOBS},
	        {0, "print-defaults", NULL,
	                "print a policy with all settings explained, and do nothing else",
	                HF_OPTION_FLAG, &arguments.print_defaults, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "plan",
	        .synopsis = "--zone FILE --keys DIR --policy FILE[:NAME] --roll WHAT [options]",
	        .summary = "Prints the runbook of a rollover: the steps with their earliest times, "
	                   "who does what, what is checked, and the way back.",
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 0,
	        .max_operands = 0,
	};
	int first;
	int code = hf_options_parse(&usage, argc, argv, &first);
	if (code < 0)
		code = check(&arguments);
	if (code >= 0)
		return code;
	struct work work = {.plan = NULL};
	hf_diag_init(&work.diag, HF_DIAG_LIMIT);
	hf_diag_init(&work.warnings, HF_DIAG_LIMIT);
	code = run(&work, &arguments);
	work_done(&work);
	return code;
}
