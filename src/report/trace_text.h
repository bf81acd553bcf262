/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A traced chain as text for whoever is on call: the verdict, the chain as a tree, what broke.
 *
 * Printable ASCII in lines of 80 columns (longer where a name or a record is), whatever the servers
 * sent. Thread-safe.
 */
#ifndef HF_REPORT_TRACE_TEXT_H
#define HF_REPORT_TRACE_TEXT_H

#include "base/bytes.h"
#include "chain/trace.h"

/* Appends to `out`. */
enum hf_err hf_trace_text(const struct hf_trace *trace, struct hf_buf *out) HF_MUST_CHECK;

#endif
