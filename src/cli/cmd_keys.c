/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <time.h>

#include "base/guard.h"
#include "base/times.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "report/keys_report.h"

#define WARNINGS_MAX 1000

static const char details[] =
        "What looks dangerous is said on standard error: equal tags, a zone that nothing can sign, "
        "a private half that is missing or that others can read.\n"
        "\n"
        "Examples:\n"
        "  holdfast keys keys\n"
        "  holdfast keys --at 2027-01-01T00:00:00Z keys\n"
        "  holdfast keys --ds keys\n"
        "\n"
        "Exit codes: 0 all keys could be read, 2 some could not.";

enum form { FORM_TABLE, FORM_JSON, FORM_DS };

static enum hf_err print(const char *dir, const struct hf_keydir *keys, hf_time at,
        const struct hf_diag *warnings, enum form form)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	enum hf_err err = form == FORM_JSON ? hf_keys_json(keys, at, warnings, &text)
	                  : form == FORM_DS ? hf_keys_ds(keys, at, &text)
	                                    : hf_keys_text(dir, keys, at, &text);
	if (err != HF_OK)
		return err;
	fwrite(text.data, 1, text.len, stdout);
	fflush(stdout);
	if (form != FORM_JSON && warnings->count > 0)
		hf_terminal_fail(warnings, HF_OK);
	return HF_OK;
}

static int list(const char *dir, hf_time at, enum form form)
{
	struct hf_diag diag, warnings;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	hf_diag_init(&warnings, WARNINGS_MAX);
	struct hf_keydir keys = {0};
	enum hf_err err = hf_keydir_read(dir, NULL, HF_KEYFILE_PUBLIC, &diag, &keys);
	if (err == HF_OK) {
		hf_keydir_check(&keys, at, &warnings);
		err = print(dir, &keys, at, &warnings, form);
	}
	int status = err == HF_OK ? HF_EXIT_GOOD : hf_terminal_fail(&diag, err);
	hf_keydir_done(&keys);
	hf_diag_done(&warnings);
	hf_diag_done(&diag);
	return status;
}

int hf_cmd_keys(int argc, char **argv)
{
	hf_time at = (hf_time)time(NULL);
	bool json = false, ds = false;
	const struct hf_option options[] = {
	        {0, "at", "DATE", "show states as of then instead of now", HF_OPTION_TIME, &at, 0,
	                0},
	        {'d', "ds", NULL, "print the DS records that the parent has to be given",
	                HF_OPTION_FLAG, &ds, 0, 0},
	        {'j', "json", NULL, "print JSON", HF_OPTION_FLAG, &json, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "keys",
	        .synopsis = "[options] DIR",
	        .summary = "Lists the keys in a folder: role, zone, algorithm, size, tag, state, "
	                   "the next event and the days to it, and all dates.",
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 1,
	        .max_operands = 1,
	};
	int first;
	int status = hf_options_parse(&usage, argc, argv, &first);
	if (status != -1)
		return status;
	hf_guard_secrets();
	if (ds && json)
		return hf_terminal_error("--ds and --json are two forms; give one of them");
	return list(argv[first], at, ds ? FORM_DS : json ? FORM_JSON : FORM_TABLE);
}
