/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A zone's status as JSON: what `holdfast status` and its --json are made of.
 *
 * Field names are those of struct hf_line_status; they are stable, and holdfast-status(1) documents
 * them. Times are RFC 3339 in UTC, null for none and for never; texts are null when there is none,
 * and UTF-8 whatever bytes they were made of. The daemon adds the members "notify" and "source".
 * Decides nothing: the state is a name for what the status says. Thread-safe.
 */
#ifndef HF_REPORT_LINE_JSON_H
#define HF_REPORT_LINE_JSON_H

#include <jansson.h>

#include "base/err.h"

struct hf_line_status;

/* What a zone is in, worst first: the order in which people want to see zones. */
enum hf_line_state {
	HF_STATE_ALARM, /* an alarm stands */
	HF_STATE_WAITS, /* a person has to decide something */
	HF_STATE_HELD,  /* held, rolled back or paused by a person */
	HF_STATE_EMPTY, /* nothing was published yet, and nothing is wrong */
	HF_STATE_GOOD,
};
#define HF_LINE_STATES 5
const char *hf_line_state_name(enum hf_line_state state); /* "alarm", "waits" … */
enum hf_line_state hf_line_state_get(const struct hf_line_status *status);

/*
 * The whole status as an object, which the caller owns. HF_ERR_NOMEM.
 *
 * zone, state, text (the one sentence that matters most), serial_in, serial_out (null: none),
 * published_at, first_expiry, roll, until, mode ("sign", "check-only"), policy, at, held,
 * rolled_back, paused, source_at, names, rrsets, signatures, first_owner, waits, wait, approve,
 * parent_silent_since, parent_silence (what the parent's servers say instead of the DS set),
 * gate_safe, gate_unsafe, stages [{name, state, seconds, at, text}], keys [{text, role, algorithm,
 * algorithm_name, tag, state, since, next, ds, ds_seen}], parents and secondaries [{place, seen,
 * serial, good, text}], events [{at, text}], alarms [{name, since, text}]
 */
enum hf_err hf_line_json(const struct hf_line_status *status, json_t **ret_json) HF_MUST_CHECK;

/* The short form, for the list of all zones: zone to until of the members above, and alarms, which
 * is their number here. */
enum hf_err hf_line_json_short(
        const struct hf_line_status *status, json_t **ret_json) HF_MUST_CHECK;

#endif
