/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A verification's report as text for a person in a hurry: the verdict first.
 *
 * Only printable ASCII comes out, whatever is in the zone. Thread-safe.
 */
#ifndef HF_REPORT_VERIFY_TEXT_H
#define HF_REPORT_VERIFY_TEXT_H

#include "base/bytes.h"
#include "verify/report.h"

/* Appends to `out`. */
enum hf_err hf_report_text(const struct hf_report *report, struct hf_buf *out) HF_MUST_CHECK;
/* The table of checks, a paragraph for each. */
enum hf_err hf_checks_text(struct hf_buf *out) HF_MUST_CHECK;

#endif
