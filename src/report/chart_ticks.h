/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the marks of an axis stand, and what they say: round numbers, round times (UTC).
 * Thread-safe.
 */
#ifndef HF_REPORT_CHART_TICKS_H
#define HF_REPORT_CHART_TICKS_H

#include <stddef.h>

#include "base/times.h"

#define HF_TICKS     16
#define HF_TICK_TEXT 16

/* The distance of marks so that there are at most `most` (at least 2) from 0 to `top`: 1, 2 or 5
 * times a power of ten. 1 when `top` is no positive number. */
double hf_value_step(double top, unsigned most);
/* A value at a mark, short: "1,232" and "12 k", "50 %" (unit "%", of a part of 1). */
const char *hf_value_tick(double value, const char *unit, char room[static HF_TICK_TEXT]);

struct hf_time_tick {
	hf_time at;
	char label[HF_TICK_TEXT]; /* "15:30", "01-30", "2024-01", "2024" */
	/* What the label leaves out, where it changes: the date below a time, the year below a
	 * date. Else empty. */
	char below[HF_TICK_TEXT];
};

/* At most `most` marks (2 to HF_TICKS) between two times, both included. How many. */
size_t hf_time_ticks(
        hf_time from, hf_time until, size_t most, struct hf_time_tick ret_ticks[static HF_TICKS]);

#endif
