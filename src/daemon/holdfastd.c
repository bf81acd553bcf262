/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/guard.h"
#include "daemon/daemon.h"

#define CONFIG "/etc/holdfast/holdfast.yaml"

enum status {
	STATUS_GOOD = 0,
	STATUS_BAD = 1,   /* --check: there are mistakes */
	STATUS_ERROR = 2, /* it could not start */
};

static const char help[] =
        "Usage: holdfastd [options]\n"
        "\n"
        "Signs DNS zones, proves every version before it is published, and serves it to\n"
        "secondaries. Runs in the foreground and logs to standard error; a service manager\n"
        "does the rest. `holdfast status` shows what it does.\n"
        "\n"
        "Options:\n"
        "  -c, --config FILE  the configuration, see holdfast-config(5);\n"
        "                     default: " CONFIG "\n"
        "      --check        read the configuration and all that it names, say what is\n"
        "                     wrong with it, and end\n"
        "  -h, --help         print this help and end\n"
        "      --version      print the version and end\n"
        "\n"
        "Signals: HUP reads the configuration again, TERM and INT end the daemon.\n"
        "Exit codes: 0 ended as told, or --check found nothing; 1 --check found mistakes;\n"
        "2 could not start.\n";

static void print(const struct hf_diag *diag, enum hf_err err)
{
	for (size_t i = 0; i < diag->count; i++) {
		const struct hf_diag_entry *entry = &diag->entries[i];
		if (entry->file != NULL && entry->line > 0)
			fprintf(stderr, "holdfastd: %s:%" PRIu64 ": %s\n", entry->file, entry->line,
			        entry->text);
		else if (entry->file != NULL)
			fprintf(stderr, "holdfastd: %s: %s\n", entry->file, entry->text);
		else
			fprintf(stderr, "holdfastd: %s\n", entry->text);
	}
	if (diag->count == 0 && err != HF_OK)
		fprintf(stderr, "holdfastd: %s\n", hf_err_text(err));
	if (diag->dropped > 0)
		fprintf(stderr, "holdfastd: %" PRIu64 " more messages are not shown\n",
		        diag->dropped);
}

static int run(const char *path, bool check)
{
	struct hf_diag diag, warnings;
	struct hf_config *config = NULL;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	hf_diag_init(&warnings, HF_DIAG_LIMIT);
	hf_guard_secrets();
	enum hf_err err = hf_config_load(path, &warnings, &diag, &config);
	bool mistakes = err == HF_ERR_SYNTAX || err == HF_ERR_INVALID;
	print(&warnings, HF_OK);
	if (err == HF_OK && check)
		printf("%s: good, %zu zone%s\n", path, config->zones.count,
		        config->zones.count == 1 ? "" : "s");
	if (err == HF_OK && !check)
		err = hf_daemon_run(config, path, &diag);
	if (err != HF_OK)
		print(&diag, err);
	hf_config_unref(config);
	hf_diag_done(&warnings);
	hf_diag_done(&diag);
	return err == HF_OK ? STATUS_GOOD : check && mistakes ? STATUS_BAD : STATUS_ERROR;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	        {"config", required_argument, NULL, 'c'},
	        {"check", no_argument, NULL, 'k'},
	        {"help", no_argument, NULL, 'h'},
	        {"version", no_argument, NULL, 'v'},
	        {NULL, 0, NULL, 0},
	};
	const char *path = CONFIG;
	bool check = false;
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			check = true;
			break;
		case 'h':
			fputs(help, stdout);
			return STATUS_GOOD;
		case 'v':
			puts("holdfastd " HF_VERSION);
			return STATUS_GOOD;
		default:
			fprintf(stderr,
			        option == ':' ? "holdfastd: %s needs an argument; see --help\n"
			                      : "holdfastd: there is no option %s; see --help\n",
			        argv[optind - 1]);
			return STATUS_ERROR;
		}
	}
	if (optind < argc) {
		fprintf(stderr,
		        "holdfastd: \"%s\" is too many; it takes options only, see --help\n",
		        argv[optind]);
		return STATUS_ERROR;
	}
	return run(path, check);
}
