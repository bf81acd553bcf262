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
#include "net/capture.h"
#include "net/census.h"
#include "net/issuance.h"
#include "net/resolver.h"
#include "report/census_report.h"
#include "report/issuance_report.h"
#include "report/jsontext.h"
#include "report/trace_json.h"
#include "report/trace_svg.h"
#include "report/trace_text.h"
#include "zone/load.h"

#define MAX_SECONDS 3600
#define FILE_MODE   0644
/* A hundred questions to forty addresses, at the very most. */
#define CENSUS_PACKETS 4000

static const char details[] =
        "@SERVER is a resolver or name server, as @ADDRESS, @ADDRESS@PORT or @HOST; it is asked "
        "for everything. Without it, name servers are asked from the root down. TYPE is A unless "
        "it is given.\n"
        "\n"
        "Examples:\n"
        "  holdfast trace www.example.com\n"
        "  holdfast trace --json example.com MX\n"
        "  holdfast trace @9.9.9.9 --save incident.trace www.example.com\n"
        "  holdfast trace --from incident.trace --svg incident.svg\n"
        "\n"
        "Exit codes: 0 secure, 1 bogus, 2 no answer, 3 insecure, 4 indeterminate.";

struct options {
	const char *root_hints, *anchor_file, *svg, *save, *from, *zone, *ds;
	hf_time at;
	unsigned port, timeout;
	bool json, all_servers, ca, minimise;
};

/* ---- What to trace ---- */

struct operands {
	const char *server, *name, *type;
};

static int sort_operands(int count, char **words, struct operands *ret_operands)
{
	struct operands operands = {0};
	for (int i = 0; i < count; i++) {
		const char **place = words[i][0] == '@'      ? &operands.server
		                     : operands.name == NULL ? &operands.name
		                                             : &operands.type;
		if (*place != NULL)
			return hf_terminal_error("\"%s\" is one argument too many; give [@SERVER] "
			                         "NAME [TYPE]",
			        words[i]);
		*place = words[i];
	}
	*ret_operands = operands;
	return -1;
}

static enum hf_err read_question(
        const struct operands *operands, struct hf_diag *diag, struct hf_question *ret_question)
{
	struct hf_question question = {.type = KNOT_RRTYPE_A};
	if (hf_name_from_text(operands->name, &question.name) != HF_OK)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "\"%s\" is no domain name; give one such as www.example.com",
		        operands->name);
	if (operands->type != NULL && hf_type_from_text(operands->type, &question.type) != HF_OK)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "\"%s\" is no type of records; give one such as A, MX or TYPE65",
		        operands->type);
	*ret_question = question;
	return HF_OK;
}

static enum hf_err set_up(const struct options *options, const struct operands *operands,
        struct hf_diag *diag, struct hf_trace_setup *setup)
{
	enum hf_err err =
	        operands->name != NULL ? read_question(operands, diag, &setup->question) : HF_OK;
	setup->at = options->at != HF_TIME_NONE ? options->at : (hf_time)time(NULL);
	setup->port = (uint16_t)options->port;
	setup->all_servers = options->all_servers;
	setup->ca = options->ca;
	setup->minimise = options->minimise;
	setup->hints_name = options->root_hints;
	/* A DS set that the parent will have is believed as an anchor is. */
	setup->anchors_name = options->ds != NULL ? options->ds : options->anchor_file;
	if (err == HF_OK && operands->server != NULL) {
		setup->forward = strdup(operands->server + 1);
		err = setup->forward != NULL ? HF_OK : HF_ERR_NOMEM;
	}
	if (err == HF_OK && options->root_hints != NULL)
		err = hf_small_file(options->root_hints, diag, &setup->hints);
	if (err == HF_OK && setup->anchors_name != NULL)
		err = hf_small_file(setup->anchors_name, diag, &setup->anchors);
	return err;
}

/* A capture knows its question; another one has no answers there. */
static enum hf_err set_up_replay(const struct options *options, const struct operands *operands,
        const struct hf_capture *capture, struct hf_diag *diag, struct hf_trace_setup *setup)
{
	enum hf_err err = hf_trace_setup_get(options->from, hf_capture_head(capture), diag, setup);
	if (err != HF_OK)
		return err;
	if (options->at != HF_TIME_NONE)
		setup->at = options->at;
	if (operands->name == NULL)
		return HF_OK;
	struct hf_question question;
	char name[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	err = read_question(operands, diag, &question);
	if (err == HF_OK && !hf_question_equal(&question, &setup->question))
		err = hf_fail_at(diag, HF_ERR_INVALID, options->from, 0,
		        "this capture is of %s %s; leave the name out, or give that one",
		        hf_name_text(&setup->question.name, name),
		        hf_type_text(setup->question.type, type));
	return err;
}

/* ---- Tracing ---- */

struct run {
	const struct options *options;
	struct hf_diag diag;
	struct hf_trace_setup setup;
	struct hf_capture *capture;
	struct hf_anchors anchors;
	struct hf_resolver *resolver;
	struct hf_chain *chain;
	struct hf_census census;
	struct hf_issuance issuance;
	struct hf_version *unpublished;
};

/* The zone file; without a name the question is for its SOA. */
static enum hf_err take_zone(struct run *run, const struct operands *operands)
{
	const struct hf_load_options load = {.refuse_foreign = true};
	struct hf_question *question = &run->setup.question;
	enum hf_err err = hf_zone_load(run->options->zone, &load, &run->diag, &run->unpublished);
	if (err != HF_OK)
		return err;
	const struct hf_name *apex = hf_version_apex(run->unpublished);
	char name[HF_NAME_TEXT], zone[HF_NAME_TEXT];
	if (operands->name == NULL)
		*question = (struct hf_question){.name = *apex, .type = KNOT_RRTYPE_SOA};
	else if (!hf_name_is_under(&question->name, apex))
		return hf_fail_at(&run->diag, HF_ERR_INVALID, run->options->zone, 0,
		        "%s is not in the zone %s; give a name that is",
		        hf_name_text(&question->name, name), hf_name_text(apex, zone));
	return HF_OK;
}

static enum hf_err prepare(struct run *run, const struct operands *operands)
{
	const struct options *options = run->options;
	enum hf_err err = HF_OK;
	if (options->from != NULL)
		err = hf_capture_load(options->from, &run->diag, &run->capture);
	else if (options->save != NULL)
		err = hf_capture_new(&run->capture);
	if (err == HF_OK && options->from != NULL)
		err = set_up_replay(options, operands, run->capture, &run->diag, &run->setup);
	else if (err == HF_OK)
		err = set_up(options, operands, &run->diag, &run->setup);
	if (err == HF_OK && options->zone != NULL)
		err = take_zone(run, operands);
	if (err == HF_OK)
		err = hf_trace_setup_anchors(&run->setup, &run->diag, &run->anchors);
	return err;
}

static enum hf_err walk(struct run *run)
{
	const struct hf_trace_setup *setup = &run->setup;
	const struct hf_hints hints = {
	        .name = setup->hints_name,
	        .text = setup->hints,
	        .len = setup->hints != NULL ? strlen(setup->hints) : 0,
	};
	const struct hf_resolver_options options = {
	        .hints = setup->hints != NULL ? &hints : NULL,
	        .forward = setup->forward,
	        .port = setup->port,
	        .minimise = setup->minimise,
	        .limits = {.seconds = run->options->timeout,
	                .packets = setup->all_servers ? CENSUS_PACKETS : 0},
	        .capture = run->capture,
	        .unpublished = run->unpublished,
	};
	enum hf_err err = hf_resolver_new(&options, &run->diag, &run->resolver);
	if (err == HF_OK && setup->ca)
		return hf_issuance_check(run->resolver, &setup->question.name, &run->anchors,
		        setup->at, &run->diag, &run->issuance);
	if (err == HF_OK)
		err = hf_chain_new(
		        &setup->question, &run->anchors, NULL, setup->at, &run->diag, &run->chain);
	if (err == HF_OK)
		err = hf_resolver_drive(run->resolver, run->chain);
	if (err == HF_OK && setup->all_servers)
		err = hf_census_take(run->resolver, hf_chain_trace(run->chain), &run->census);
	return err;
}

/* ---- Results ---- */

static enum hf_err save_capture(struct run *run)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	enum hf_err err = hf_trace_setup_put(&run->setup, &text);
	hf_put_u8(&text, 0);
	if (err == HF_OK)
		err = hf_buf_check(&text);
	if (err == HF_OK)
		err = hf_capture_set_head(run->capture, (const char *)text.data);
	hf_buf_reset(&text);
	if (err == HF_OK)
		err = hf_capture_put(run->capture, &text);
	return err != HF_OK ? err
	                    : hf_outfile_put(run->options->save, FILE_MODE, &text, &run->diag);
}

static enum hf_err draw(struct run *run, const struct hf_trace *trace)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	enum hf_err err = hf_trace_svg(trace, &text);
	return err != HF_OK ? err : hf_outfile_put(run->options->svg, FILE_MODE, &text, &run->diag);
}

static enum hf_err put_json(
        const struct hf_trace *trace, const struct hf_census *census, struct hf_buf *out)
{
	json_t *object = hf_trace_object(trace);
	if (census != NULL && object != NULL &&
	        json_object_set_new(object, "census", hf_census_json(census)) != 0) {
		json_decref(object);
		return HF_ERR_NOMEM;
	}
	return hf_json_put(object, JSON_INDENT(2), out);
}

static enum hf_err print_issuance(const struct run *run)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	const struct hf_name *name = &run->setup.question.name;
	enum hf_err err = run->options->json
	                          ? hf_issuance_json(&run->issuance, name, run->setup.at, &text)
	                          : hf_issuance_text(&run->issuance, name, run->setup.at, &text);
	if (err == HF_OK)
		fwrite(text.data, 1, text.len, stdout);
	return err;
}

static enum hf_err print(const struct run *run, const struct hf_trace *trace)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	const struct hf_census *census = run->setup.all_servers ? &run->census : NULL;
	enum hf_err err =
	        run->options->json ? put_json(trace, census, &text) : hf_trace_text(trace, &text);
	if (err == HF_OK && !run->options->json && census != NULL)
		err = hf_census_text(census, &text);
	if (err == HF_OK)
		fwrite(text.data, 1, text.len, stdout);
	return err;
}

static enum hf_err show(struct run *run)
{
	enum hf_err err = run->options->save != NULL ? save_capture(run) : HF_OK;
	if (run->setup.ca)
		return err != HF_OK ? err : print_issuance(run);
	const struct hf_trace *trace = hf_chain_trace(run->chain);
	if (err == HF_OK && run->options->svg != NULL)
		err = draw(run, trace);
	return err != HF_OK ? err : print(run, trace);
}

static int verdict(const struct run *run)
{
	if (run->setup.ca)
		return run->issuance.possible ? HF_EXIT_GOOD : HF_EXIT_BAD;
	const struct hf_trace *trace = hf_chain_trace(run->chain);
	switch (trace->status) {
	case HF_CHAIN_SECURE:
		return HF_EXIT_GOOD;
	case HF_CHAIN_INSECURE:
		return HF_EXIT_INSECURE;
	case HF_CHAIN_BOGUS:
		return HF_EXIT_BAD;
	case HF_CHAIN_INDETERMINATE:
		break;
	}
	bool no_answer = trace->has_broken && trace->broken.fault.cause == HF_CAUSE_NO_ANSWER;
	return no_answer ? HF_EXIT_ERROR : HF_EXIT_INDETERMINATE;
}

static int trace_name(const struct options *options, const struct operands *operands)
{
	struct run run = {.options = options};
	hf_diag_init(&run.diag, HF_DIAG_LIMIT);
	enum hf_err err = prepare(&run, operands);
	if (err == HF_OK)
		err = walk(&run);
	if (err == HF_OK)
		err = show(&run);
	int status = err == HF_OK ? verdict(&run) : hf_terminal_fail(&run.diag, err);
	hf_issuance_done(&run.issuance);
	hf_census_done(&run.census);
	hf_chain_free(run.chain);
	hf_resolver_free(run.resolver);
	hf_version_unref(run.unpublished);
	hf_capture_free(run.capture);
	hf_anchors_done(&run.anchors);
	hf_trace_setup_done(&run.setup);
	hf_diag_done(&run.diag);
	return status;
}

/* Options that do not go together. −1 to go on. */
static int check(const struct options *options, const struct operands *operands)
{
	if (options->from != NULL &&
	        (options->save != NULL || options->all_servers || options->ca ||
	                options->zone != NULL || operands->server != NULL || options->minimise ||
	                options->root_hints != NULL || options->anchor_file != NULL))
		return hf_terminal_error("--from replays a capture with the servers, anchors and "
		                         "questions of then; give no others, and no --save");
	if (options->minimise && operands->server != NULL)
		return hf_terminal_error("--qname-minimisation is about name servers from the root "
		                         "down; a forwarder @SERVER is asked for the whole name");
	if (options->ca && (options->all_servers || options->svg != NULL || operands->type != NULL))
		return hf_terminal_error(
		        "--ca asks questions of its own: it goes with a name alone, "
		        "without a type, --all-servers or --svg");
	if (options->zone != NULL && (options->save != NULL || options->all_servers))
		return hf_terminal_error("--zone is about a file: it does not go with --save or "
		                         "--all-servers");
	if (options->ds != NULL && (options->zone == NULL || options->anchor_file != NULL))
		return hf_terminal_error(
		        "--ds is the parent's DS set for --zone, and stands in for "
		        "--trust-anchor");
	if (options->from == NULL && operands->name == NULL &&
	        (options->zone == NULL || options->ca))
		return hf_terminal_error("a name is missing: holdfast trace [@SERVER] NAME [TYPE]; "
		                         "see `holdfast trace --help`");
	return -1;
}

int hf_cmd_trace(int argc, char **argv)
{
	struct options values = {
	        .at = HF_TIME_NONE, .port = HF_PORT_DNS, .timeout = HF_WIRE_SECONDS};
	const struct hf_option options[] = {
	        {0, "root-hints", "FILE", "the root's name servers (default: built in)",
	                HF_OPTION_TEXT, &values.root_hints, 0, 0},
	        {0, "trust-anchor", "FILE",
	                "DS or DNSKEY records that are trusted (default: IANA's of the root)",
	                HF_OPTION_TEXT, &values.anchor_file, 0, 0},
	        {0, "at", "TIME", "judge signatures at this time instead of now", HF_OPTION_TIME,
	                &values.at, 0, 0},
	        {'p', "port", "N", "ask name servers at this port (default: 53)", HF_OPTION_COUNT,
	                &values.port, 1, UINT16_MAX},
	        {0, "timeout", "N", "seconds for everything (default: 30)", HF_OPTION_COUNT,
	                &values.timeout, 1, MAX_SECONDS},
	        {'j', "json", NULL, "print JSON", HF_OPTION_FLAG, &values.json, 0, 0},
	        {0, "all-servers", NULL,
	                "ask every address of every zone on the chain, and show where they differ",
	                HF_OPTION_FLAG, &values.all_servers, 0, 0},
	        {0, "qname-minimisation", NULL,
	                "show each server no more of the name than it needs (RFC 9156)",
	                HF_OPTION_FLAG, &values.minimise, 0, 0},
	        {0, "ca", NULL,
	                "would a public CA be able to validate the name and issue a certificate "
	                "now?",
	                HF_OPTION_FLAG, &values.ca, 0, 0},
	        {0, "zone", "FILE", "take a zone from this signed file, before it is published",
	                HF_OPTION_TEXT, &values.zone, 0, 0},
	        {0, "ds", "FILE", "with --zone: the DS set that the parent will have",
	                HF_OPTION_TEXT, &values.ds, 0, 0},
	        {0, "svg", "FILE", "draw the chain as a picture", HF_OPTION_TEXT, &values.svg, 0,
	                0},
	        {0, "save", "FILE", "keep every packet", HF_OPTION_TEXT, &values.save, 0, 0},
	        {0, "from", "FILE", "trace again from kept packets, without a network",
	                HF_OPTION_TEXT, &values.from, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "trace",
	        .synopsis = "[options] [@SERVER] NAME [TYPE]",
	        .summary =
	                "Walks a name's chain of trust from the trust anchor down, and says what "
	                "broke: which link, why, who is hit and what to do.",
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 0,
	        .max_operands = 3,
	};
	int first;
	struct operands operands;
	int status = hf_options_parse(&usage, argc, argv, &first);
	if (status == -1)
		status = sort_operands(argc - first, argv + first, &operands);
	if (status != -1)
		return status;
	status = check(&values, &operands);
	return status != -1 ? status : trace_name(&values, &operands);
}
