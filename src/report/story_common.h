/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all forms of a report of simulated runs share: its checks and its words for numbers.
 * Thread-safe.
 */
#ifndef HF_REPORT_STORY_COMMON_H
#define HF_REPORT_STORY_COMMON_H

#include "report/story_report.h"

/* HF_ERR_INVALID: no stories, too many, or a table that hf_story_table_check refuses. */
enum hf_err hf_story_report_check(const struct hf_story_report *report) HF_MUST_CHECK;
/* The sentence that stands above all else; never NULL. */
const char *hf_story_report_verdict(const struct hf_story_report *report);

#define HF_FIGURE_TEXT 48
/*
 * A number as people read it: "1,234,567", "0.25", "12.5 %" (unit "%", of a part of 1), "3 d 4 h"
 * (unit "seconds"), "1.2 MB" (unit "bytes", from 10,000 on). Other units are not written. Returns
 * `room`.
 */
const char *hf_figure_text(double value, const char *unit, char room[static HF_FIGURE_TEXT]);

#endif
