/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands: the table that `holdfast` dispatches on.
 *
 * A command parses its options, calls the parts below and prints. It holds no logic.
 */
#ifndef HF_CLI_COMMAND_H
#define HF_CLI_COMMAND_H

#include <stdbool.h>

enum hf_exit {
	HF_EXIT_GOOD = 0,
	HF_EXIT_BAD = 1,   /* a verdict of not good */
	HF_EXIT_ERROR = 2, /* the question could not be answered */
	HF_EXIT_INSECURE = 3,
	HF_EXIT_INDETERMINATE = 4,
};

struct hf_command {
	const char *name;
	const char *summary;               /* for the list of commands */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns hf_exit */
	bool daemon;                       /* it asks the daemon */
};

int hf_cmd_anchors(int argc, char **argv);
int hf_cmd_gate(int argc, char **argv);
int hf_cmd_keygen(int argc, char **argv);
int hf_cmd_keys(int argc, char **argv);
int hf_cmd_order(int argc, char **argv); /* all that are one request to the daemon */
int hf_cmd_plan(int argc, char **argv);
int hf_cmd_replay(int argc, char **argv);
int hf_cmd_rehearse(int argc, char **argv);
int hf_cmd_restore(int argc, char **argv);
int hf_cmd_roll(int argc, char **argv);
int hf_cmd_sign(int argc, char **argv);
int hf_cmd_status(int argc, char **argv);
int hf_cmd_trace(int argc, char **argv);
int hf_cmd_verify(int argc, char **argv);
int hf_cmd_zone(int argc, char **argv);

#endif
