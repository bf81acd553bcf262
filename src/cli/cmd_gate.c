/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "report/gate_json.h"
#include "report/gate_text.h"

#define MAX_JOBS 1024

struct arguments {
	struct hf_gate_question question;
	unsigned jobs;
	bool withdraw, rollback, step, add, force, liberal, json, dated;
};

static enum hf_err ask(
        const struct arguments *arguments, struct hf_diag *diag, struct hf_gate_answer *ret_answer)
{
	struct hf_gate_question question = arguments->question;
	enum hf_err err = hf_pool_new(arguments->jobs, &question.pool);
	if (err != HF_OK)
		return err;
	question.progress = hf_terminal_progress();
	err = hf_question_ask(&question, diag, ret_answer);
	hf_pool_free(question.pool);
	return err;
}

static int print(const struct hf_gate_answer *answer, bool json)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {.data = NULL};
	enum hf_err err = json ? hf_gate_json(answer, &out) : hf_gate_text(answer, &out);
	hf_terminal_clear();
	if (err != HF_OK)
		return hf_terminal_fail(NULL, err);
	/* main looks at what became of standard output. */
	fwrite(out.data, 1, out.len, stdout);
	return hf_answer_good(answer) ? HF_EXIT_GOOD : HF_EXIT_BAD;
}

static int run(const struct arguments *arguments)
{
	struct hf_diag diag;
	struct hf_gate_answer answer;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = ask(arguments, &diag, &answer);
	int status;
	if (err == HF_OK) {
		status = print(&answer, arguments->json);
		if (!arguments->dated && answer.later_facts > 0)
			hf_terminal_error("%s: some of its facts begin in the future; they were "
			                  "not looked at",
			        arguments->question.history);
		hf_answer_done(&answer);
	} else {
		hf_terminal_clear();
		status = hf_terminal_fail(&diag, err);
	}
	hf_diag_done(&diag);
	return status;
}

/* Which questions go together; −1 to go on, else the exit code. */
static int check(const struct arguments *arguments)
{
	const struct hf_gate_question *question = &arguments->question;
	bool version = question->candidate != NULL, ds = question->ds != NULL;
	if (question->history == NULL)
		return hf_terminal_error("gate needs --history FILE: what was published, and what "
		                         "the parent served; see holdfast-history(5)");
	if (arguments->rollback && (version || ds || arguments->withdraw || arguments->add))
		return hf_terminal_error("--rollback is a question of its own: leave out "
		                         "--candidate, --ds, --withdraw-ds and --add");
	if (arguments->step && (version || ds || arguments->withdraw || arguments->rollback))
		return hf_terminal_error("--step asks about what is in the history: leave out "
		                         "--candidate, --ds, --withdraw-ds and --rollback");
	if (arguments->step && !arguments->dated)
		return hf_terminal_error("--step needs the time of the step: --at TIME");
	if (arguments->withdraw && ds)
		return hf_terminal_error("--ds and --withdraw-ds exclude each other");
	if (arguments->add && !version)
		return hf_terminal_error("--add notes a version in the history: name it with "
		                         "--candidate");
	if (arguments->force && !arguments->add)
		return hf_terminal_error("--force says what --add does: give both or neither");
	int inputs = strcmp(question->history, "-") == 0;
	inputs += version && strcmp(question->candidate, "-") == 0;
	inputs += ds && strcmp(question->ds, "-") == 0;
	if (inputs > 1)
		return hf_terminal_error("standard input can be one file only");
	return -1;
}

static const char details[] =
        "With no change named, the question is whether all that caches may hold fits together.\n"
        "\n"
        "Example:\n"
        "  holdfast gate --history example.history --candidate example.signed\n"
        "\n"
        "Exit codes: 0 safe, 1 unsafe, 2 the question could not be answered. With --rollback, 0 "
        "means that at least one earlier version could be published.";

int hf_cmd_gate(int argc, char **argv)
{
	hf_time at = HF_TIME_NONE;
	struct arguments arguments = {.jobs = 0};
	struct hf_gate_question *question = &arguments.question;
	const struct hf_option options[] = {
	        {0, "history", "FILE", "what was published and seen: holdfast-history(5)",
	                HF_OPTION_TEXT, &question->history, 0, 0},
	        {0, "candidate", "ZONE", "may this signed zone file be published?", HF_OPTION_TEXT,
	                &question->candidate, 0, 0},
	        {0, "ds", "FILE", "may the parent serve these DS records (or of these DNSKEYs)?",
	                HF_OPTION_TEXT, &question->ds, 0, 0},
	        {0, "withdraw-ds", NULL, "may the parent take the DS away, and what then?",
	                HF_OPTION_FLAG, &arguments.withdraw, 0, 0},
	        {0, "rollback", NULL, "which earlier versions could be published?", HF_OPTION_FLAG,
	                &arguments.rollback, 0, 0},
	        {0, "step", NULL, "with --at: could what the history says began then be done?",
	                HF_OPTION_FLAG, &arguments.step, 0, 0},
	        {0, "at", "TIME", "ask about this time, with what was known then; default: now",
	                HF_OPTION_TIME, &at, 0, 0},
	        {0, "next", "SPAN", "time to the next publication, for the signatures' lifetimes",
	                HF_OPTION_SPAN, &question->gate.next, 0, 0},
	        {0, "liberal", NULL, "one valid path is enough, whatever its algorithm",
	                HF_OPTION_FLAG, &arguments.liberal, 0, 0},
	        {0, "add", NULL, "when safe, note in the history that it is published",
	                HF_OPTION_FLAG, &arguments.add, 0, 0},
	        {0, "force", NULL, "with --add: note it also when unsafe", HF_OPTION_FLAG,
	                &arguments.force, 0, 0},
	        {0, "json", NULL, "print JSON", HF_OPTION_FLAG, &arguments.json, 0, 0},
	        {'j', "jobs", "N", "use N threads; default: one for each processor",
	                HF_OPTION_COUNT, &arguments.jobs, 1, MAX_JOBS},
	};
	const struct hf_usage usage = {
	        .command = "gate",
	        .synopsis = "--history FILE [options]",
	        .summary = "Says whether a version may be published, or the DS changed, without a "
	                   "validating resolver failing, whatever its cache still holds.",
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 0,
	        .max_operands = 0,
	};
	int first;
	int status = hf_options_parse(&usage, argc, argv, &first);
	arguments.dated = at != HF_TIME_NONE;
	if (status == -1)
		status = check(&arguments);
	if (status != -1)
		return status;
	question->at = arguments.dated ? at : (hf_time)time(NULL);
	question->flags = (arguments.withdraw ? HF_QUESTION_WITHDRAW : 0) |
	                  (arguments.rollback ? HF_QUESTION_ROLLBACK : 0) |
	                  (arguments.step ? HF_QUESTION_STEP : 0) |
	                  (arguments.add ? HF_QUESTION_ADD : 0) |
	                  (arguments.force ? HF_QUESTION_FORCE : 0);
	question->gate.rules = arguments.liberal ? HF_RULES_LIBERAL : HF_RULES_STRICT;
	return run(&arguments);
}
