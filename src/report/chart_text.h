/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A chart for a terminal: some lines of block characters, or of printable ASCII. Thread-safe.
 */
#ifndef HF_REPORT_CHART_TEXT_H
#define HF_REPORT_CHART_TEXT_H

#include "report/chart_model.h"

struct hf_chart_view {
	unsigned width; /* columns of a line */
	bool utf8;
	size_t stories; /* lines of the first so many are drawn, one below the other */
};

/* Appends the chart, which is one of `charts`, with its title and the axis of time. A line that
 * never changes is a sentence instead. */
void hf_chart_put_text(struct hf_buf *out, const struct hf_charts *charts,
        const struct hf_chart *chart, const struct hf_chart_view *view);

#endif
