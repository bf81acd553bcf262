/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "report/verify_json.h"
#include "report/verify_text.h"
#include "verify/dsset.h"
#include "verify/verify.h"
#include "zone/load.h"

#define MAX_FINDINGS 1000000
#define MAX_JOBS     1024

struct arguments {
	const char *origin, *ds, *file;
	hf_time at;
	unsigned max_findings, jobs;
	bool json, list_checks;
};

/* Everything that one command holds. */
struct work {
	struct hf_diag diag;
	struct hf_version *version;
	struct hf_dsset ds;
	struct hf_pool *pool;
	struct hf_report *report;
	struct hf_buf out;
};

static void work_done(struct work *work)
{
	hf_buf_done(&work->out);
	hf_report_free(work->report);
	hf_pool_free(work->pool);
	hf_dsset_done(&work->ds);
	hf_version_unref(work->version);
	hf_diag_done(&work->diag);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static enum hf_err verify(struct work *work, const struct arguments *arguments)
{
	const struct hf_progress *progress = hf_terminal_progress();
	enum hf_err err = hf_pool_new(arguments->jobs, &work->pool);
	if (err != HF_OK)
		return err;
	struct hf_load_options load = {
	        .origin = arguments->origin, .pool = work->pool, .progress = progress};
	err = hf_zone_load(arguments->file, &load, &work->diag, &work->version);
	if (err != HF_OK)
		return err;
	struct hf_verify_options options = {
	        .at = arguments->at, .max_findings = arguments->max_findings};
	if (arguments->ds != NULL) {
		const struct hf_name *zone = hf_version_apex(work->version);
		err = hf_dsset_load(arguments->ds, zone, &work->diag, &work->ds);
		if (err != HF_OK)
			return err;
		options.ds = work->ds.records;
		options.ds_count = work->ds.count;
		options.ds_given = true;
	}
	struct timespec start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	err = hf_verify_zone(
	        work->version, &options, work->pool, progress, &work->diag, &work->report);
	if (err == HF_OK)
		work->report->seconds = seconds_since(&start);
	return err;
}

/* Prints what was made; `err` says whether it could be. */
static int print(struct work *work, enum hf_err err, int good)
{
	hf_terminal_clear();
	if (err != HF_OK)
		return hf_terminal_fail(&work->diag, err);
	/* main looks at what became of standard output. */
	fwrite(work->out.data, 1, work->out.len, stdout);
	return good;
}

static int run(struct work *work, const struct arguments *arguments)
{
	enum hf_err err;
	if (arguments->list_checks) {
		err = arguments->json ? hf_checks_json(&work->out) : hf_checks_text(&work->out);
		return print(work, err, HF_EXIT_GOOD);
	}
	err = verify(work, arguments);
	if (err != HF_OK)
		return print(work, err, HF_EXIT_ERROR);
	err = arguments->json ? hf_report_json(work->report, &work->out)
	                      : hf_report_text(work->report, &work->out);
	return print(work, err, work->report->good ? HF_EXIT_GOOD : HF_EXIT_BAD);
}

static const char details[] =
        "The zone is judged from its records alone: every signature of every authoritative RRset "
        "is verified, the denial chain is compared with the names that are there, and keys, CDS, "
        "ZONEMD, delegations and answer sizes are checked. Findings with one cause are one "
        "finding.\n"
        "\n"
        "Example:\n"
        "  holdfast verify --ds dsset-example.com. db.example.com.signed\n"
        "\n"
        "Exit codes: 0 the zone is good (no error; there may be warnings), 1 it is bad, 2 it "
        "could not be judged.";

int hf_cmd_verify(int argc, char **argv)
{
	struct arguments arguments = {.at = time(NULL), .max_findings = HF_VERIFY_MAX_FINDINGS};
	const struct hf_option options[] = {
	        {0, "origin", "ZONE", "the zone's name; default: the owner of the SOA record",
	                HF_OPTION_TEXT, &arguments.origin, 0, 0},
	        {0, "at", "TIME", "judge signatures at this time; default: now", HF_OPTION_TIME,
	                &arguments.at, 0, 0},
	        {0, "ds", "FILE", "judge the link from the parent: its DS records (or DNSKEYs)",
	                HF_OPTION_TEXT, &arguments.ds, 0, 0},
	        {0, "json", NULL, "print the report as JSON", HF_OPTION_FLAG, &arguments.json, 0,
	                0},
	        {0, "max-findings", "N", "print at most N findings; default: 100", HF_OPTION_COUNT,
	                &arguments.max_findings, 1, MAX_FINDINGS},
	        {'j', "jobs", "N", "use N threads; default: one for each processor",
	                HF_OPTION_COUNT, &arguments.jobs, 1, MAX_JOBS},
	        {0, "list-checks", NULL, "print the table of checks, and do nothing else",
	                HF_OPTION_FLAG, &arguments.list_checks, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "verify",
	        .synopsis = "[options] FILE",
	        .summary = "Proves a signed zone file good, or names everything that is wrong with "
	                   "it. FILE \"-\" is standard input.",
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 0,
	        .max_operands = 1,
	};
	int first;
	int code = hf_options_parse(&usage, argc, argv, &first);
	if (code >= 0)
		return code;
	if (first == argc && !arguments.list_checks)
		return hf_terminal_error("verify needs a zone file (\"-\" is standard input); see "
		                         "holdfast verify --help");
	arguments.file = argv[first];
	if (arguments.file != NULL && arguments.ds != NULL && strcmp(arguments.file, "-") == 0 &&
	        strcmp(arguments.ds, "-") == 0)
		return hf_terminal_error("standard input can be the zone or the DS set, not both: "
		                         "name a file for one");
	struct work work = {.report = NULL};
	hf_diag_init(&work.diag, HF_DIAG_LIMIT);
	code = run(&work, &arguments);
	work_done(&work);
	return code;
}
