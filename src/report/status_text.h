/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the daemon says of its zones, for people: one zone on one screen, or all zones, worst first.
 *
 * Made from the JSON of report/line_json.h as it came over the control socket; whatever is missing
 * there is left out here. Printable ASCII but for colours. Decides nothing. Thread-safe.
 */
#ifndef HF_REPORT_STATUS_TEXT_H
#define HF_REPORT_STATUS_TEXT_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/times.h"
#include "report/line_json.h"

enum hf_status_flags {
	HF_STATUS_COLOUR = 1 << 0, /* states in the colours of terminals */
	HF_STATUS_ALL = 1 << 1,    /* also what would go beyond a screen */
};

struct hf_status_view {
	hf_time now;
	unsigned flags; /* enum hf_status_flags */
	/* Columns of the screen; 0: it is none, and nothing is cut off. One zone has 80 at most. */
	unsigned width;
};

/* One zone: the result of the request "status" with a zone. */
enum hf_err hf_status_text(
        const json_t *status, const struct hf_status_view *view, struct hf_buf *out) HF_MUST_CHECK;
/* All zones: the result of that request without one. */
enum hf_err hf_status_list(
        const json_t *result, const struct hf_status_view *view, struct hf_buf *out) HF_MUST_CHECK;
/* The state of the zone, or the worst of all zones; what is no state counts as an alarm. */
enum hf_line_state hf_status_worst(const json_t *result);

#endif
