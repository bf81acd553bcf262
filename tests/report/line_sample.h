/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A status as a line gives it, for tests of its forms: a signed zone in the middle of a rollover.
 */
#ifndef HF_TESTS_LINE_SAMPLE_H
#define HF_TESTS_LINE_SAMPLE_H

#include "pipeline/line.h"

#define LINE_SAMPLE_AT 1768435200 /* 2026-01-15T00:00:00Z */

struct line_sample {
	struct hf_line_status status;
	struct hf_line_key keys[3];
	struct hf_line_server parents[2], secondaries[2];
	struct hf_line_alarm alarms[2];
};

/* A good zone without alarms; `status` points into the sample, which must not be moved. */
void line_sample_init(struct line_sample *sample);
/* The same with a stage that failed, and alarms of it. */
void line_sample_fail(struct line_sample *sample);
/* The status of a zone of which nothing came yet. */
void line_sample_empty(struct line_sample *sample);

#endif
