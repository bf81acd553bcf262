/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking the daemon: one request and its answer over the control socket.
 *
 * A request is a JSON object on a line, and so is the answer. Who asks is known to the daemon from
 * the socket. Whatever goes wrong on the way ends in a sentence that says what to do. One thread at
 * a time.
 */
#ifndef HF_CLI_CONTROL_CLIENT_H
#define HF_CLI_CONTROL_CLIENT_H

#include <jansson.h>

#include "base/diag.h"
#include "cli/options.h"

#define HF_CONTROL_PATH     "/run/holdfast/control.sock"
#define HF_CONTROL_VARIABLE "HOLDFAST_CONTROL"
#define HF_CONTROL_SECONDS  30  /* for an answer that is at hand */
#define HF_CONTROL_PATIENCE 600 /* for work on a large zone, or on all of them */

/* The option --control of every command that asks; `target` stays NULL when it is not given. */
#define HF_CONTROL_OPTION(target)                                                                  \
	{                                                                                          \
		0, "control", "PATH",                                                              \
		        "the daemon's socket; default: $HOLDFAST_CONTROL, or "                     \
		        "/run/holdfast/control.sock",                                              \
		        HF_OPTION_TEXT, target, 0, 0                                               \
	}

/*
 * Sends the request, which is taken over (NULL: it could not be made), and waits at most that
 * long for the answer; the caller owns the result, an object. `path` NULL: the usual socket.
 * HF_ERR_IO: nobody answers. HF_ERR_SYNTAX: what answers is no daemon of ours. Else the daemon's
 * own error, with its sentences.
 */
enum hf_err hf_control_ask(const char *path, json_t *request, unsigned seconds,
        struct hf_diag *diag, json_t **ret_result) HF_MUST_CHECK;

/* Prints the member "text" of a result, or all of it as JSON. Returns the exit code. */
int hf_control_print(const json_t *result, bool json);
/* Prints what went wrong: HF_EXIT_BAD when the daemon refused, else HF_EXIT_ERROR. */
int hf_control_fail(const struct hf_diag *diag, enum hf_err err);

#endif
