/* SPDX-License-Identifier: GPL-3.0-or-later */
/* holdfast sign: signs a zone file once. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/guard.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "pipeline/oneshot.h"
#include "report/sign_json.h"
#include "report/verify_text.h"

#define NOT_GIVEN (-1)
#define TTL_MAX   2147483647u /* RFC 2181 section 8 */

/* What the command line says; turned into a job afterwards. */
struct arguments {
	const char *keys, *origin, *previous, *output, *salt, *serial, *cds;
	unsigned iterations, jobs;
	int64_t validity, inception_offset, spread, refresh, dnskey_ttl;
	hf_time at;
	bool nsec3, opt_out, zonemd, resign, no_verify, json;
};

static const char summary[] = "Signs a zone file, proves the result good, and only then writes it.";
static const char details[] =
        "FILE and OUT may be - for standard input and output. Times are YYYYMMDDHHMMSS, RFC 3339, "
        "@SECONDS or now; spans are seconds, or like 90m, 12h, 14d, 2w.\n"
        "\n"
        "Example:\n"
        "  holdfast keygen --csk --dir keys example.com\n"
        "  holdfast sign --keys keys -o example.com.signed example.com.zone\n"
        "\n"
        "Exit codes: 0 signed and written, 1 the result did not verify and nothing was written, 2 "
        "not signed.";

static int parse(struct arguments *args, int argc, char **argv, int *ret_first)
{
	const struct hf_option options[] = {
	        {'o', "output", "OUT", "signed zone file", HF_OPTION_TEXT, &args->output, 0, 0},
	        {'k', "keys", "DIR", "folder with the key files", HF_OPTION_TEXT, &args->keys, 0,
	                0},
	        {0, "origin", "ZONE", "the zone's name (default: the SOA's owner)", HF_OPTION_TEXT,
	                &args->origin, 0, 0},
	        {'3', "nsec3", NULL, "NSEC3 instead of NSEC", HF_OPTION_FLAG, &args->nsec3, 0, 0},
	        {0, "opt-out", NULL, "no NSEC3 for delegations without DS", HF_OPTION_FLAG,
	                &args->opt_out, 0, 0},
	        {0, "salt", "HEX", "NSEC3 salt (default: none)", HF_OPTION_TEXT, &args->salt, 0, 0},
	        {0, "iterations", "N", "NSEC3 iterations (default: 0)", HF_OPTION_COUNT,
	                &args->iterations, 0, HF_SIGN_ITERATIONS_MAX},
	        {0, "validity", "SPAN", "validity of signatures (default: 14d)", HF_OPTION_SPAN,
	                &args->validity, 0, 0},
	        {0, "inception-offset", "SPAN", "how long before now they begin (default: 1h)",
	                HF_OPTION_SPAN, &args->inception_offset, 0, 0},
	        {0, "spread", "SPAN", "let them end up to this much earlier (default: 0)",
	                HF_OPTION_SPAN, &args->spread, 0, 0},
	        {'p', "previous", "FILE", "re-use good signatures of this signed file",
	                HF_OPTION_TEXT, &args->previous, 0, 0},
	        {0, "refresh", "SPAN", "do not re-use with less left (default: validity / 4)",
	                HF_OPTION_SPAN, &args->refresh, 0, 0},
	        {0, "serial", "POLICY", "keep, increment, date or unixtime (default: keep)",
	                HF_OPTION_TEXT, &args->serial, 0, 0},
	        {0, "cds", "POLICY", "auto, none or delete (default: auto)", HF_OPTION_TEXT,
	                &args->cds, 0, 0},
	        {0, "dnskey-ttl", "SPAN", "TTL of DNSKEY (default: the key files', the SOA's)",
	                HF_OPTION_SPAN, &args->dnskey_ttl, 0, 0},
	        {0, "zonemd", NULL, "add a digest of the zone (RFC 8976)", HF_OPTION_FLAG,
	                &args->zonemd, 0, 0},
	        {0, "resign", NULL, "strip signatures and denial records of the input first",
	                HF_OPTION_FLAG, &args->resign, 0, 0},
	        {0, "no-verify", NULL, "write without proving the result good", HF_OPTION_FLAG,
	                &args->no_verify, 0, 0},
	        {0, "at", "TIME", "sign as if it were this time (default: now)", HF_OPTION_TIME,
	                &args->at, 0, 0},
	        {'j', "jobs", "N", "threads (default: one a core)", HF_OPTION_COUNT, &args->jobs, 1,
	                256},
	        {0, "json", NULL, "print the result as JSON on standard output", HF_OPTION_FLAG,
	                &args->json, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "sign",
	        .synopsis = "--keys DIR -o OUT [options] FILE",
	        .summary = summary,
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 1,
	        .max_operands = 1,
	};
	return hf_options_parse(&usage, argc, argv, ret_first);
}

struct word {
	const char *text;
	int value;
};

static const struct word serial_words[] = {
        {"keep", HF_SERIAL_KEEP},
        {"increment", HF_SERIAL_INCREMENT},
        {"date", HF_SERIAL_DATE},
        {"unixtime", HF_SERIAL_UNIXTIME},
        {NULL, 0},
};
static const struct word cds_words[] = {
        {"auto", HF_SIGN_CDS_AUTO},
        {"none", HF_SIGN_CDS_NONE},
        {"delete", HF_SIGN_CDS_DELETE},
        {NULL, 0},
};

/* The value of a word; NOT_GIVEN when it is none of them. */
static int look_up(const struct word *words, const char *text)
{
	for (; words->text != NULL; words++)
		if (strcasecmp(words->text, text) == 0)
			return words->value;
	return NOT_GIVEN;
}

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit != '\0' ? strchr(digits, digit | 0x20) : NULL;
	return found != NULL ? (int)(found - digits) : -1;
}

/* Reads a salt; "-" is none, as in NSEC3PARAM records. */
static bool parse_salt(const char *text, struct hf_sign_options *options)
{
	size_t len = strcmp(text, "-") == 0 ? 0 : strlen(text);
	if (len % 2 != 0 || len / 2 > HF_NSEC3_SALT_MAX)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
		if (high < 0 || low < 0)
			return false;
		options->salt[i / 2] = (uint8_t)(high << 4 | low);
	}
	options->salt_len = (uint8_t)(len / 2);
	return true;
}

static unsigned flags_of(const struct arguments *args)
{
	return (args->nsec3 ? HF_SIGN_NSEC3 : 0u) | (args->opt_out ? HF_SIGN_OPT_OUT : 0u) |
	       (args->zonemd ? HF_SIGN_ZONEMD : 0u) | (args->resign ? HF_SIGN_RESIGN : 0u) |
	       (args->dnskey_ttl != NOT_GIVEN ? HF_SIGN_DNSKEY_TTL : 0u);
}

/* Words and numbers to options. Returns −1, or the exit code after an error. */
static int interpret(const struct arguments *args, struct hf_sign_options *options)
{
	int serial = look_up(serial_words, args->serial), cds = look_up(cds_words, args->cds);

	if (args->keys == NULL)
		return hf_terminal_error("which keys? Name their folder with --keys DIR");
	if (args->output == NULL)
		return hf_terminal_error("where to? Name the signed file with -o OUT (- for "
		                         "standard output)");
	if (args->json && strcmp(args->output, "-") == 0)
		return hf_terminal_error("--json and the zone cannot both go to standard output; "
		                         "name a file with -o");
	if (serial == NOT_GIVEN)
		return hf_terminal_error("--serial %s: no such policy; give keep, increment, date "
		                         "or unixtime",
		        args->serial);
	if (cds == NOT_GIVEN)
		return hf_terminal_error(
		        "--cds %s: no such policy; give auto, none or delete", args->cds);
	if (args->salt != NULL && !parse_salt(args->salt, options))
		return hf_terminal_error(
		        "--salt %s: not an even number of up to 510 hex digits", args->salt);
	if (args->dnskey_ttl > TTL_MAX)
		return hf_terminal_error("--dnskey-ttl: at most %u seconds", TTL_MAX);
	options->flags = flags_of(args);
	options->validity = args->validity;
	options->inception_offset = args->inception_offset;
	options->spread = args->spread;
	options->refresh =
	        args->refresh != NOT_GIVEN ? args->refresh : args->validity / HF_SIGN_REFRESH_PART;
	options->iterations = (uint16_t)args->iterations;
	options->serial = (enum hf_serial_policy)serial;
	options->cds = (enum hf_cds_policy)cds;
	options->dnskey_ttl = args->dnskey_ttl != NOT_GIVEN ? (uint32_t)args->dnskey_ttl : 0;
	return -1;
}

static double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_warnings(const struct hf_diag *warnings)
{
	for (size_t i = 0; i < warnings->count; i++)
		hf_terminal_error("warning: %s", warnings->entries[i].text);
	if (warnings->dropped > 0)
		hf_terminal_error("warning: … and %" PRIu64 " more", warnings->dropped);
}

/* What is wrong with the result. The zone itself may go to standard output, so this does not. */
static void print_findings(const struct hf_report *report)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	enum hf_err err = hf_report_text(report, &text);
	hf_terminal_clear();
	if (err == HF_OK)
		fwrite(text.data, 1, text.len, stderr);
	else
		hf_terminal_error("%s", hf_err_text(err));
}

/* One line about what was done. */
static void print_summary(
        const struct arguments *args, const struct hf_oneshot_result *result, double seconds)
{
	char zone[HF_NAME_TEXT], expiry[HF_TIME_TEXT];
	hf_terminal_clear();
	fprintf(stderr,
	        "%s serial %" PRIu32 " signed%s: %" PRIu64 " names, %" PRIu64 " RRsets, %" PRIu64
	        " signatures made, %" PRIu64 " re-used, %.2f s; the first expires %s\n",
	        hf_name_text(&result->zone, zone), result->serial,
	        args->no_verify ? " (not verified)" : " and verified", result->names,
	        result->rrsets, result->made, result->reused, seconds,
	        hf_time_rfc3339(result->has_expiry ? result->first_expiry : HF_TIME_NONE, expiry));
}

static int print_json(
        const struct arguments *args, const struct hf_oneshot_result *result, double seconds)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	enum hf_err err = hf_sign_json(result, args->at, seconds, &text);
	if (err != HF_OK)
		return hf_terminal_fail(NULL, err);
	/* main looks at what became of standard output. */
	fwrite(text.data, 1, text.len, stdout);
	return result->written ? HF_EXIT_GOOD : HF_EXIT_BAD;
}

/* The verdict was not good: nothing was written, and why. */
static int refuse(const struct arguments *args, const struct hf_oneshot_result *result)
{
	char zone[HF_NAME_TEXT];
	if (!args->json)
		print_findings(result->report);
	hf_terminal_error("%s was signed, but the result does not verify, and %s was not written%s",
	        hf_name_text(&result->zone, zone), args->output,
	        result->reused > 0 ? "; signatures were re-used: try without --previous" : "");
	return HF_EXIT_BAD;
}

static int run(const struct arguments *args, const struct hf_sign_options *options,
        const char *input, struct hf_pool *pool)
{
	struct hf_oneshot_result result = {0};
	struct hf_diag diag, warnings;
	double start = seconds_now();
	int status = HF_EXIT_GOOD;

	hf_diag_init(&diag, HF_DIAG_LIMIT);
	hf_diag_init(&warnings, HF_DIAG_LIMIT);
	struct hf_oneshot_job job = {
	        .input = input,
	        .output = args->output,
	        .origin = args->origin,
	        .keys = args->keys,
	        .previous = args->previous,
	        .sign = *options,
	        .unverified = args->no_verify,
	        .pool = pool,
	        .progress = hf_terminal_progress(),
	        .warnings = &warnings,
	};
	enum hf_err err = hf_oneshot_run(&job, &diag, &result);
	double seconds = seconds_now() - start;
	print_warnings(&warnings);
	if (err != HF_OK)
		status = hf_terminal_fail(&diag, err);
	else if (!result.written)
		status = refuse(args, &result);
	else
		print_summary(args, &result, seconds);
	if (err == HF_OK && args->json)
		status = print_json(args, &result, seconds);
	hf_oneshot_result_done(&result);
	hf_diag_done(&warnings);
	hf_diag_done(&diag);
	return status;
}

int hf_cmd_sign(int argc, char **argv)
{
	struct arguments args = {
	        .serial = "keep",
	        .cds = "auto",
	        .validity = HF_SIGN_VALIDITY,
	        .inception_offset = HF_SIGN_INCEPTION_OFFSET,
	        .refresh = NOT_GIVEN,
	        .dnskey_ttl = NOT_GIVEN,
	        .at = time(NULL),
	};
	struct hf_sign_options options;
	struct hf_pool *pool = NULL;
	int first = 0;

	hf_guard_secrets();
	int status = parse(&args, argc, argv, &first);
	if (status >= 0)
		return status;
	hf_sign_options_init(&options, args.at);
	status = interpret(&args, &options);
	if (status >= 0)
		return status;
	enum hf_err err = hf_pool_new(args.jobs, &pool);
	if (err != HF_OK)
		return hf_terminal_fail(NULL, err);
	status = run(&args, &options, argv[first], pool);
	hf_pool_free(pool);
	return status;
}
