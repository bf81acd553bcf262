/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A traced chain as JSON. Field names are stable: holdfast-trace(1) documents them. Thread-safe.
 */
#ifndef HF_REPORT_TRACE_JSON_H
#define HF_REPORT_TRACE_JSON_H

#include <jansson.h>

#include "base/bytes.h"
#include "chain/trace.h"

/* The object by itself, for callers that add fields; NULL when memory ran out. They own it. */
json_t *hf_trace_object(const struct hf_trace *trace);
/* Appends one object and a line feed. */
enum hf_err hf_trace_json(const struct hf_trace *trace, struct hf_buf *out) HF_MUST_CHECK;

#endif
