/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A traced chain as a picture for a report: the verdict, what broke, and a frame for each zone
 * with its DS records, its keys and what they sign.
 *
 * One SVG document that stands alone; the same trace gives the same bytes. Thread-safe.
 */
#ifndef HF_REPORT_TRACE_SVG_H
#define HF_REPORT_TRACE_SVG_H

#include "base/bytes.h"
#include "chain/trace.h"

/* Appends to `out`. */
enum hf_err hf_trace_svg(const struct hf_trace *trace, struct hf_buf *out) HF_MUST_CHECK;

#endif
