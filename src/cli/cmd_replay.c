/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/incidents.h"
#include "cli/options.h"
#include "cli/story_print.h"
#include "cli/terminal.h"
#include "report/jsontext.h"
#include "report/replay_report.h"
#include "report/trace_svg.h"

#define MAX_JOBS      1024
#define MAX_RESOLVERS 1000000
#define PICTURES      24 /* of one run, in a page */

struct arguments {
	const char *word; /* id or file */
	struct hf_option_list set;
	struct hf_story_outputs outputs;
	unsigned resolvers, seed, jobs;
	bool list;
};

/* Everything that one replay holds. */
struct work {
	struct hf_diag diag;
	struct hf_pool *pool;
	struct hf_scenario *scenario;
	struct hf_drama *drama;
	struct hf_replay_report report;
	struct hf_buf repeat;
};

static void work_done(struct work *work)
{
	hf_buf_done(&work->repeat);
	hf_replay_report_done(&work->report);
	hf_drama_free(work->drama);
	hf_scenario_free(work->scenario);
	hf_pool_free(work->pool);
	hf_diag_done(&work->diag);
}

/* ---- The list ---- */

static void list_text(const struct hf_incidents *incidents)
{
	for (size_t i = 0; i < incidents->count; i++) {
		const struct hf_scenario *scenario = incidents->list[i];
		printf("%-16s  %-10s  %s\n", scenario->id, scenario->date, scenario->title);
	}
}

static enum hf_err list_json(const struct hf_incidents *incidents)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	json_t *list = json_array();
	for (size_t i = 0; i < incidents->count; i++) {
		const struct hf_scenario *scenario = incidents->list[i];
		list = hf_json_with(
		        list, json_pack("{s:o, s:o, s:o, s:o}", "id", hf_json_text(scenario->id),
		                      "date", hf_json_text(scenario->date), "title",
		                      hf_json_text(scenario->title), "zone",
		                      hf_json_text(scenario->zone)));
	}
	enum hf_err err = hf_json_put(list, JSON_INDENT(2), &out);
	if (err == HF_OK)
		fwrite(out.data, 1, out.len, stdout);
	return err;
}

static int list(bool json)
{
	struct hf_diag diag;
	struct hf_incidents incidents = {.count = 0};
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_incidents_read(&diag, &incidents);
	if (err == HF_OK && json)
		err = list_json(&incidents);
	else if (err == HF_OK)
		list_text(&incidents);
	int code = err == HF_OK ? HF_EXIT_GOOD : hf_terminal_fail(&diag, err);
	hf_incidents_done(&incidents);
	hf_diag_done(&diag);
	return code;
}

/* ---- A replay ---- */

/* "NAME=VALUE" in two. The caller frees the copy, which the setting borrows from. */
static enum hf_err split(const char *text, struct hf_diag *diag, char **ret_copy,
        struct hf_scenario_setting *ret_setting)
{
	const char *equals = strchr(text, '=');
	if (equals == NULL || equals == text)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "--set takes NAME=VALUE, such as ds_ttl=1d; \"%s\" is none", text);
	char *copy = strdup(text);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	copy[equals - text] = '\0';
	*ret_copy = copy;
	*ret_setting = (struct hf_scenario_setting){copy, copy + (equals - text) + 1};
	return HF_OK;
}

static enum hf_err read_scenario(struct work *work, const struct arguments *arguments)
{
	struct hf_scenario_setting settings[HF_OPTION_ITEMS];
	char *copies[HF_OPTION_ITEMS];
	enum hf_err err = HF_OK;
	size_t count = 0;
	while (err == HF_OK && count < arguments->set.count) {
		err = split(
		        arguments->set.items[count], &work->diag, &copies[count], &settings[count]);
		count += err == HF_OK;
	}
	if (err == HF_OK)
		err = hf_incident_read(
		        arguments->word, settings, count, &work->diag, &work->scenario);
	for (size_t i = 0; i < count; i++)
		free(copies[i]);
	return err;
}

/* The chain of trust of a state, as a picture of its run. */
static enum hf_err picture(void *context, const struct hf_drama_state *state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf svg = {0};
	if (state->story->picture_count >= PICTURES)
		return HF_OK;
	enum hf_err err = hf_trace_svg(state->trace, &svg);
	return err == HF_OK ? hf_story_picture(state->story, state->at, state->caption, &svg) : err;
}

static void put_command(struct work *work, const struct arguments *arguments)
{
	struct hf_buf *out = &work->repeat;
	hf_put_format(out, "holdfast replay %s", arguments->word);
	for (size_t i = 0; i < arguments->set.count; i++)
		hf_put_format(out, " --set %s", arguments->set.items[i]);
	if (arguments->resolvers > 0)
		hf_put_format(out, " --resolvers %u", arguments->resolvers);
	hf_put_format(out, " --seed %u", arguments->seed);
	hf_put_u8(out, 0);
}

static enum hf_err replay(struct work *work, const struct arguments *arguments)
{
	struct hf_drama_options options = {.resolvers = arguments->resolvers,
	        .seed = arguments->seed,
	        .progress = hf_terminal_progress(),
	        .state = arguments->outputs.html != NULL ? picture : NULL};
	enum hf_err err = read_scenario(work, arguments);
	if (err == HF_OK)
		err = hf_pool_new(arguments->jobs, &work->pool);
	options.pool = work->pool;
	if (err == HF_OK)
		err = hf_drama_play(work->scenario, &options, &work->diag, &work->drama);
	put_command(work, arguments);
	if (err == HF_OK)
		err = hf_buf_check(&work->repeat);
	if (err == HF_OK)
		err = hf_replay_report_make(work->scenario, work->drama,
		        (const char *)work->repeat.data, &work->report);
	return err == HF_OK ? hf_story_print(&work->report.report, &arguments->outputs, &work->diag)
	                    : err;
}

static int run(const struct arguments *arguments)
{
	struct work work = {.pool = NULL};
	hf_diag_init(&work.diag, HF_DIAG_LIMIT);
	enum hf_err err = replay(&work, arguments);
	bool good = err == HF_OK && work.drama->prevented && work.report.fits;
	int code = err != HF_OK ? hf_terminal_fail(&work.diag, err)
	           : good       ? HF_EXIT_GOOD
	                        : HF_EXIT_BAD;
	work_done(&work);
	return code;
}

static const char details[] =
        "Plays an outage twice before the same resolvers: as it happened, and with Holdfast in "
        "front, where each version and DS set of the operator goes through the real verifier and "
        "the real gate. ID is one of --list; a FILE of your own has a dot or a slash in its path, "
        "and the form of holdfast-scenario(5). What nobody knows about an outage has a default "
        "that the text explains, and that --set changes.\n"
        "\n"
        "Examples:\n"
        "  holdfast replay --list\n"
        "  holdfast replay ru-2024 --html ru.html\n"
        "  holdfast replay nz-2023 --set ds_ttl=1h\n"
        "\n"
        "Exit codes: 0 with Holdfast nobody fails whom it could protect, 1 somebody does, or the "
        "replay is not what happened, 2 no answer.";

int hf_cmd_replay(int argc, char **argv)
{
	struct arguments arguments = {.seed = 1};
	const struct hf_option options[] = {
	        {'l', "list", NULL, "list the known outages", HF_OPTION_FLAG, &arguments.list, 0,
	                0},
	        {0, "set", "NAME=VALUE",
	                "a value for what is not known; may be given several times", HF_OPTION_LIST,
	                &arguments.set, 0, 0},
	        {0, "resolvers", "N", "how many; default: as the scenario says", HF_OPTION_COUNT,
	                &arguments.resolvers, 1, MAX_RESOLVERS},
	        {0, "seed", "N", "other random numbers; default: 1", HF_OPTION_COUNT,
	                &arguments.seed, 0, UINT32_MAX},
	        {0, "html", "FILE",
	                "also write a page with charts and pictures of the chain of trust",
	                HF_OPTION_TEXT, &arguments.outputs.html, 0, 0},
	        {0, "json", NULL, "print JSON", HF_OPTION_FLAG, &arguments.outputs.json, 0, 0},
	        {'a', "all", NULL, "print every moment of the timeline", HF_OPTION_FLAG,
	                &arguments.outputs.all, 0, 0},
	        {'j', "jobs", "N", "use N threads; default: one for each processor",
	                HF_OPTION_COUNT, &arguments.jobs, 1, MAX_JOBS},
	};
	const struct hf_usage usage = {
	        .command = "replay",
	        .synopsis = "[options] ID | FILE",
	        .summary =
	                "Replays an outage: what users saw, and what Holdfast would have refused.",
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
	if (arguments.list)
		return list(arguments.outputs.json);
	if (first == argc)
		return hf_terminal_error("replay needs the name of an outage or a file; `holdfast "
		                         "replay --list` has the names");
	arguments.word = argv[first];
	return run(&arguments);
}
