/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Alerts: telling people about alarms by running a command of theirs.
 *
 * An alarm is told when it begins, again after the time to repeat while it stands, and once more
 * when its cause is gone. The command runs without a shell, one at a time, a few at once and then
 * one every few seconds; one that fails or takes too long is run again later. An alarm that came
 * and went before its turn is not told at all. A test alarm now and then shows whether the way to
 * people works. For the loop's thread.
 */
#ifndef HF_DAEMON_ALERTS_H
#define HF_DAEMON_ALERTS_H

#include <jansson.h>
#include <uv.h>

#include "daemon/config.h"
#include "pipeline/line.h"

#define HF_ALERTS_MAX   20000 /* alarms that are kept; the others are counted */
#define HF_ALERTS_TRIES 4     /* of one telling */

struct hf_alerts;

enum hf_err hf_alerts_new(uv_loop_t *loop, struct hf_alerts **ret_alerts) HF_MUST_CHECK;
/* Its handles on the loop have to be closed by running the loop once more. */
void hf_alerts_free(struct hf_alerts *alerts);

/* Settings from now on; a reference to the configuration is taken. */
void hf_alerts_set(struct hf_alerts *alerts, struct hf_config *config);
/* Of a zone (NULL: the daemon itself) just these alarms stand now. */
void hf_alerts_update(struct hf_alerts *alerts, const struct hf_name *zone,
        const struct hf_line_alarm *alarms, size_t count);
/* Runs the command with a test alarm soon; `done` (may be NULL) is called when it has ended, unless
 * the alerts are freed before. HF_ERR_NOTFOUND: there is no command. HF_ERR_EXISTS: somebody waits
 * for a test already. */
enum hf_err hf_alerts_test(struct hf_alerts *alerts,
        void (*done)(void *context, bool good, const char *text), void *context,
        struct hf_diag *diag) HF_MUST_CHECK;

struct hf_alerts_state {
	bool has_command;
	size_t standing, waiting; /* alarms; tellings that were not carried out yet */
	uint64_t told, failed, lost;
	hf_time tested; /* when the last test ended; HF_TIME_NONE: never */
	bool test_good;
	char test_text[160]; /* how it ended */
};
struct hf_alerts_state hf_alerts_state(const struct hf_alerts *alerts);

#endif
