/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"

static const struct hf_command commands[] = {
        {"alert-test", "try the way of alerts to people", hf_cmd_order, true},
        {"anchors", "follow trust anchors over time (RFC 5011)", hf_cmd_anchors, false},
        {"approve", "agree to what a zone waits for", hf_cmd_order, true},
        {"backup", "write the daemon's whole state into a file", hf_cmd_order, true},
        {"ds-seen", "say that the parent has the wanted DS set", hf_cmd_order, true},
        {"gate", "say whether a version may be published, whatever caches hold", hf_cmd_gate,
                false},
        {"hold", "publish nothing new of a zone", hf_cmd_order, true},
        {"keygen", "make a key pair for a zone", hf_cmd_keygen, false},
        {"keys", "list the keys in a folder", hf_cmd_keys, false},
        {"plan", "print the runbook of a rollover", hf_cmd_plan, false},
        {"rehearse", "play a rollover in virtual time, against resolvers and faults",
                hf_cmd_rehearse, false},
        {"reject", "throw away the version under review", hf_cmd_order, true},
        {"release", "end a hold or a rollback", hf_cmd_order, true},
        {"reload", "read the configuration again", hf_cmd_order, true},
        {"replay", "replay a known outage, as it happened and with Holdfast in front",
                hf_cmd_replay, false},
        {"restore", "bring back the daemon's state from a backup", hf_cmd_restore, false},
        {"roll", "change a zone's keys, or steer such a change", hf_cmd_roll, true},
        {"rollback", "publish an earlier version again", hf_cmd_order, true},
        {"sign", "sign a zone file once, and prove the result good", hf_cmd_sign, false},
        {"status", "show what zones are in", hf_cmd_status, true},
        {"stop", "end the daemon", hf_cmd_order, true},
        {"trace", "walk a name's chain of trust, and say what broke", hf_cmd_trace, false},
        {"verify", "prove a signed zone file good, or name everything that is wrong", hf_cmd_verify,
                false},
        {"zone", "add, remove, reload and show zones", hf_cmd_zone, true},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct hf_command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static void list_some(FILE *out, bool daemon)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (commands[i].daemon == daemon)
			fprintf(out, "  %-10s  %s\n", commands[i].name, commands[i].summary);
	}
}

static void list(FILE *out)
{
	fputs("Usage: holdfast COMMAND [options] ...\n"
	      "\n"
	      "Signs DNS zones, and proves signed zones good.\n"
	      "\n"
	      "Commands:\n",
	        out);
	list_some(out, false);
	fputs("\nCommands to holdfastd, the daemon:\n", out);
	list_some(out, true);
	fputs("\n"
	      "`holdfast COMMAND --help` tells all about a command, `holdfast --version` the\n"
	      "version. Exit codes: 0 good, 1 a verdict of not good, 2 no answer.\n",
	        out);
}

static int unknown(const char *name)
{
	return hf_terminal_error("there is no command \"%s\"; `holdfast --help` lists them", name);
}

/* "holdfast help [COMMAND]" and "holdfast --help". */
static int help(int argc, char **argv)
{
	if (argc < 2) {
		list(stdout);
		return HF_EXIT_GOOD;
	}
	const struct hf_command *command = find(argv[1]);
	if (command == NULL)
		return unknown(argv[1]);
	char option[] = "--help";
	char *words[] = {argv[1], option, NULL};
	return command->run(2, words);
}

static int dispatch(int argc, char **argv)
{
	if (argc < 2) {
		list(stderr);
		return HF_EXIT_ERROR;
	}
	const char *word = argv[1];
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
		return help(argc - 1, argv + 1);
	if (strcmp(word, "--version") == 0) {
		puts("holdfast " HF_VERSION);
		return HF_EXIT_GOOD;
	}
	if (word[0] == '-')
		return hf_terminal_error(
		        "there is no option %s here; options come after the command, see "
		        "`holdfast --help`",
		        word);
	const struct hf_command *command = find(word);
	return command != NULL ? command->run(argc - 1, argv + 1) : unknown(word);
}

int main(int argc, char **argv)
{
	int status = dispatch(argc, argv);
	hf_terminal_clear();
	/* A full disk shows only now: what was printed sits in a buffer. */
	bool lost = ferror(stdout) != 0;
	if (fclose(stdout) != 0 || lost)
		return hf_terminal_error("cannot write to standard output: %s",
		        errno != 0 ? strerror(errno) : "an earlier write failed");
	return status;
}
