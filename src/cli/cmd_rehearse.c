/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/command.h"
#include "cli/rehearse_print.h"
#include "cli/rehearse_setup.h"
#include "cli/story_print.h"
#include "cli/terminal.h"

#define MAX_JOBS      1024
#define MAX_YEARS     100
#define MAX_FAULTS    1000
#define MAX_RUNS      1000000
#define MAX_RESOLVERS 10000000
#define RANDOM_FAULTS 5 /* in a play, when there are many plays */

struct arguments {
	struct hf_rehearse_arguments what;
	struct hf_story_outputs outputs;
	bool list_resolvers, list_settings;
};

/* ---- Ctrl-C ---- */

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	interrupted = 1;
}

static bool is_interrupted(void *context)
{
	return interrupted != 0;
}

/* The first one ends after the play in progress, and what was found is printed; the second one ends
 * at once. */
static void listen_to_people(struct hf_rehearsal *rehearsal)
{
	const struct sigaction action = {
	        .sa_handler = interrupt, .sa_flags = SA_RESETHAND | SA_RESTART};
	if (rehearsal->runs < 2)
		return;
	rehearsal->stopped = is_interrupted;
	sigaction(SIGINT, &action, NULL);
}

/* ---- A rehearsal ---- */

static enum hf_err rehearse(const struct arguments *arguments, struct hf_rehearse_setup *setup,
        struct hf_diag *diag, bool *ret_good)
{
	const struct hf_progress *progress = hf_terminal_progress();
	struct hf_rehearsal_result result;
	enum hf_err err = hf_rehearse_setup_make(&arguments->what, diag, setup);
	if (err != HF_OK)
		return err;
	listen_to_people(&setup->rehearsal);
	err = hf_rehearsal_run(&setup->rehearsal, setup->ways, setup->way_count, setup->pool,
	        progress, diag, &result);
	if (err != HF_OK)
		return err;
	hf_policy_argument_warn(&setup->warnings);
	err = hf_rehearse_print(&arguments->what, setup, &result, &arguments->outputs, diag);
	*ret_good = !result.failed;
	hf_rehearsal_result_done(&result);
	return err;
}

static int run(const struct arguments *arguments)
{
	struct hf_diag diag;
	bool good = false;
	struct hf_rehearse_setup *setup = calloc(1, sizeof(*setup));
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = setup != NULL ? rehearse(arguments, setup, &diag, &good) : HF_ERR_NOMEM;
	int code = err != HF_OK ? hf_terminal_fail(&diag, err) : good ? HF_EXIT_GOOD : HF_EXIT_BAD;
	if (setup != NULL)
		hf_rehearse_setup_done(setup);
	free(setup);
	hf_diag_done(&diag);
	return code;
}

static int list(const struct arguments *arguments)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	enum hf_err err = arguments->list_resolvers ? hf_rehearse_list_resolvers(&out)
	                                            : hf_rehearse_list_settings(&out);
	if (err != HF_OK)
		return hf_terminal_fail(NULL, err);
	fwrite(out.data, 1, out.len, stdout);
	return HF_EXIT_GOOD;
}

/* −1 to go on, else the exit code. */
static int check(struct hf_rehearse_arguments *what)
{
	if (what->zone == NULL || what->policy.text == NULL)
		return hf_terminal_error("rehearse needs --zone and --policy; see "
		                         "`holdfast rehearse --help`");
	if (what->roll == NULL && what->years == 0 && what->span == 0)
		return hf_terminal_error("nothing is to be rehearsed: give --roll, --years or "
		                         "--for; see `holdfast rehearse --help`");
	if (what->live != NULL && what->keys != NULL)
		return hf_terminal_error("--live has the keys of the daemon: leave out --keys");
	if (what->years > 0 && what->span > 0)
		return hf_terminal_error("--years and --for are two spans: choose one");
	if (what->method != NULL && what->roll == NULL)
		return hf_terminal_error("--method says how to do what --roll says: give both");
	if (what->runs == 0)
		what->runs = 1;
	if (what->runs > 1 && what->random_faults == 0)
		what->random_faults = RANDOM_FAULTS;
	return -1;
}

static const char details[] =
        "The real rollover engine, behind the real gate, signs the zone in virtual time: people, "
        "parent and name servers take their time, and a population of resolvers looks names up. "
        "Besides, every combination of records that any cache could hold is judged. WHAT is as for "
        "holdfast plan, and emergency:zsk, emergency:ksk or emergency:csk for the key that is in "
        "use. A FAULT is KIND@TIME[+DURATION][,amount=SPAN][,server=N]; KIND is signer-down, "
        "crash, clock, restored, hsm-down, hsm-lies, secondary, parent, request-lost, slow or "
        "blind, TIME a time or +SPAN after the start. A NAME is a setting of the policy, such as "
        "zsk.method, or one of --list-settings.\n"
        "\n"
        "Examples:\n"
        "  holdfast rehearse --zone db.example.com --policy policy.yaml --roll ksk\n"
        "  holdfast rehearse --zone db.example.com --policy policy.yaml --roll ksk \\\n"
        "    --compare method --compare keys.dnskey-ttl=1h,1d --html rehearsal.html\n"
        "  holdfast rehearse --zone db.example.com --policy policy.yaml --years 2 --runs 100\n"
        "\n"
        "Exit codes: 0 nobody fails, 1 somebody does or could, or the change is not done, 2 no "
        "answer.";

/* What the options say. A process runs one command. */
static struct arguments asked = {.what = {.policy = {NULL, -1, -1}, .seed = 1}};

static const struct hf_option options[] = {
        {0, "zone", "FILE", "the zone, signed or not; \"-\" is standard input", HF_OPTION_TEXT,
                &asked.what.zone, 0, 0},
        {0, "origin", "ZONE", "the zone's name; default: the owner of the SOA record",
                HF_OPTION_TEXT, &asked.what.origin, 0, 0},
        {'k', "keys", "DIR", "the folder of its key files; default: the zone's own records",
                HF_OPTION_TEXT, &asked.what.keys, 0, 0},
        {0, "live", "DIR", "begin with keys and evidence as in the daemon's state folder, now",
                HF_OPTION_TEXT, &asked.what.live, 0, 0},
        {'p', "policy", "FILE[:NAME]", "the policy; NAME when the file holds several",
                HF_OPTION_TEXT, &asked.what.policy.text, 0, 0},
        {'r', "roll", "WHAT", "what is to be changed; see below", HF_OPTION_TEXT, &asked.what.roll,
                0, 0},
        {0, "method", "METHOD", "how; default: as the policy says", HF_OPTION_TEXT,
                &asked.what.method, 0, 0},
        {0, "years", "N", "years of the policy, with all that it does by itself", HF_OPTION_COUNT,
                &asked.what.years, 1, MAX_YEARS},
        {0, "for", "SPAN", "so long; default: until the change is done and caches are clean",
                HF_OPTION_SPAN, &asked.what.span, 0, 0},
        {0, "start", "TIME", "when it begins; default: now", HF_OPTION_TIME, &asked.what.at, 0, 0},
        {0, "ds-ttl", "SPAN", "TTL of the parent's DS RRset; default: the policy's", HF_OPTION_SPAN,
                &asked.what.policy.ds_ttl, 0, 0},
        {0, "parent-delay", "SPAN", "what the parent needs to change it; default: the policy's",
                HF_OPTION_SPAN, &asked.what.policy.parent_delay, 0, 0},
        {0, "set", "NAME=VALUE", "another setting; may be given several times", HF_OPTION_LIST,
                &asked.what.settings, 0, 0},
        {'c', "compare", "NAME=VALUE,...",
                "compare with other settings, or with other methods (\"method\"); may be "
                "given several times",
                HF_OPTION_LIST, &asked.what.compare, 0, 0},
        {'f', "fault", "FAULT", "something goes wrong; may be given several times", HF_OPTION_LIST,
                &asked.what.faults, 0, 0},
        {0, "random-faults", "N", "so many more, drawn by the seed", HF_OPTION_COUNT,
                &asked.what.random_faults, 0, MAX_FAULTS},
        {'n', "runs", "N",
                "play it N times with other random faults, until somebody could fail; the "
                "smallest history that does is told",
                HF_OPTION_COUNT, &asked.what.runs, 1, MAX_RUNS},
        {0, "seed", "N", "other random numbers; default: 1", HF_OPTION_COUNT, &asked.what.seed, 0,
                UINT32_MAX},
        {0, "resolvers", "N", "how many; default: 20000, before years 2000", HF_OPTION_COUNT,
                &asked.what.resolvers, 1, MAX_RESOLVERS},
        {0, "share", "KIND=SHARE", "of the resolvers; may be given several times", HF_OPTION_LIST,
                &asked.what.shares, 0, 0},
        {0, "html", "FILE", "also write a page with charts", HF_OPTION_TEXT, &asked.outputs.html, 0,
                0},
        {0, "json", NULL, "print JSON", HF_OPTION_FLAG, &asked.outputs.json, 0, 0},
        {'a', "all", NULL, "print every moment of the timeline", HF_OPTION_FLAG, &asked.outputs.all,
                0, 0},
        {'j', "jobs", "N", "use N threads; default: one for each processor", HF_OPTION_COUNT,
                &asked.what.jobs, 1, MAX_JOBS},
        {0, "list-resolvers", NULL, "print the kinds of resolvers with their sources",
                HF_OPTION_FLAG, &asked.list_resolvers, 0, 0},
        {0, "list-settings", NULL, "print the settings of the world", HF_OPTION_FLAG,
                &asked.list_settings, 0, 0},
};

static const struct hf_usage usage = {
        .command = "rehearse",
        .synopsis = "--zone FILE --policy FILE[:NAME] --roll WHAT | --years N [options]",
        .summary = "Plays a rollover, or years of a policy, in virtual time against resolvers "
                   "and faults: who would fail, when, why, and what another way would mean.",
        .details = details,
        .options = options,
        .count = sizeof(options) / sizeof(options[0]),
        .min_operands = 0,
        .max_operands = 0,
};

int hf_cmd_rehearse(int argc, char **argv)
{
	int first;
	asked.what.at = time(NULL);
	int code = hf_options_parse(&usage, argc, argv, &first);
	if (code < 0 && (asked.list_resolvers || asked.list_settings))
		return list(&asked);
	if (code < 0)
		code = check(&asked.what);
	return code < 0 ? run(&asked) : code;
}
