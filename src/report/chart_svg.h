/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A chart as SVG inside a page, in the classes of story_page.h.
 *
 * Lines are told apart by colour and by dashes, and are all named in a legend. What a place of the
 * chart says is also there as a tooltip. Thread-safe.
 */
#ifndef HF_REPORT_CHART_SVG_H
#define HF_REPORT_CHART_SVG_H

#include "report/chart_model.h"

/* A figure with caption and legend, of a chart that is one of `charts`. */
void hf_chart_put_figure(
        struct hf_buf *out, const struct hf_charts *charts, const struct hf_chart *chart);

/* The moments of the first one or two stories, as signs above the same axis of time; each is a link
 * to "#mSTORY-NUMBER". */
void hf_chart_put_strip(
        struct hf_buf *out, const struct hf_charts *charts, const struct hf_story_report *report);

#endif
