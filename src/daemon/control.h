/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket: requests and answers, one JSON object a line each.
 *
 * Who may connect is decided by the system's word on who that is (SO_PEERCRED): root, the daemon's
 * own user, and members of one group. A client has one request at a time; more wait in its line.
 * Lines are bounded, clients too: for one more, the one idle longest is closed. For the loop's
 * thread.
 */
#ifndef HF_DAEMON_CONTROL_H
#define HF_DAEMON_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "base/diag.h"

#define HF_CONTROL_LINE    (1u << 20) /* bytes of a request */
#define HF_CONTROL_CLIENTS 64

struct hf_control;
struct hf_control_call; /* a request that waits for its answer */

typedef void hf_control_handler(void *context, struct hf_control_call *call);

struct hf_control_setup {
	uv_loop_t *loop;
	const char *path;
	const char *group; /* may connect as well; NULL: nobody else */
	uid_t owner;       /* of the socket: who the daemon will be */
	int fd;            /* a listening socket that was handed over; −1: make one at `path` */
	hf_control_handler *handler; /* has to answer each call once, now or later */
	void *context;
};
/* HF_ERR_EXISTS: somebody answers at that path. HF_ERR_NOTFOUND: there is no such group. */
enum hf_err hf_control_new(const struct hf_control_setup *setup, struct hf_diag *diag,
        struct hf_control **ret_control) HF_MUST_CHECK;
/* Answers that were given are still written. Its handles have to be closed by running the loop. */
void hf_control_free(struct hf_control *control);

const json_t *hf_control_request(const struct hf_control_call *call); /* an object; borrowed */
const char *hf_control_who(const struct hf_control_call *call);       /* borrowed */
/* The answer: `result` is taken (NULL: an empty one); after an error the sentences of `diag`, which
 * may be NULL. The call is gone afterwards. */
void hf_control_answer(
        struct hf_control_call *call, enum hf_err err, json_t *result, const struct hf_diag *diag);

/* A request's line: an object that has a "command". HF_ERR_SYNTAX. The caller owns it. */
enum hf_err hf_control_parse(
        const char *line, size_t len, struct hf_diag *diag, json_t **ret_request) HF_MUST_CHECK;

#endif
