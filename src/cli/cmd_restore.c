/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/guard.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "pipeline/backup.h"

static const char details[] =
        "The folder is the daemon's server.state; it must be empty or not there, and the daemon "
        "must not run. Everything in the backup is checked first: digests, the database, and that "
        "each zone has what it says was published. What was published after the backup is not "
        "known: so every zone is held until all its secondaries were asked what they serve, or "
        "`holdfast release ZONE` says that they need not be.\n"
        "\n"
        "Example:\n"
        "  systemctl stop holdfastd\n"
        "  mv /var/lib/holdfast /var/lib/holdfast.broken\n"
        "  holdfast restore /var/backups/holdfast/monday.tar /var/lib/holdfast\n"
        "\n"
        "Exit codes: 0 restored, 2 it could not be.";

static int restore(const char *path, const char *folder)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_backup_result result;
	char at[HF_TIME_TEXT];
	enum hf_err err = hf_backup_restore(path, folder, time(NULL), &diag, &result);
	int code = err == HF_OK ? HF_EXIT_GOOD : hf_terminal_fail(&diag, err);
	if (err == HF_OK)
		printf("Restored %" PRIu64 " zone%s (%" PRIu64 " files) as of %s. Start holdfastd; "
		       "each zone is\nheld until its secondaries show what they serve, or "
		       "`holdfast "
		       "release ZONE` says\nthat nothing was published since.\n",
		        result.zones, result.zones == 1 ? "" : "s", result.files,
		        hf_time_rfc3339(result.at, at));
	hf_diag_done(&diag);
	return code;
}

int hf_cmd_restore(int argc, char **argv)
{
	const struct hf_usage usage = {
	        .command = "restore",
	        .synopsis = "FILE DIR",
	        .summary = "Brings back the daemon's state from a backup, into an empty folder.",
	        .details = details,
	        .options = NULL,
	        .count = 0,
	        .min_operands = 2,
	        .max_operands = 2,
	};
	int first;
	int code = hf_options_parse(&usage, argc, argv, &first);
	if (code != -1)
		return code;
	hf_guard_secrets();
	return restore(argv[first], argv[first + 1]);
}
