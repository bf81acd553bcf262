/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A verification's report as JSON. Field names are stable: holdfast-verify(1) documents them.
 * Thread-safe.
 */
#ifndef HF_REPORT_VERIFY_JSON_H
#define HF_REPORT_VERIFY_JSON_H

#include "base/bytes.h"
#include "verify/report.h"

/* Appends one object and a newline to `out`. */
enum hf_err hf_report_json(const struct hf_report *report, struct hf_buf *out) HF_MUST_CHECK;
/* The table of checks: an array of objects. */
enum hf_err hf_checks_json(struct hf_buf *out) HF_MUST_CHECK;

#endif
