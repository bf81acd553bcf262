/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plan as text for a terminal, as Markdown for a change ticket, and as JSON. Decides nothing.
 * Field names of the JSON form are stable: holdfast-plan(1) documents them. Thread-safe.
 */
#ifndef HF_REPORT_PLAN_REPORT_H
#define HF_REPORT_PLAN_REPORT_H

#include "base/bytes.h"
#include "rollover/plan.h"

/* Each appends to `out`. */
enum hf_err hf_plan_text(const struct hf_plan *plan, struct hf_buf *out) HF_MUST_CHECK;
enum hf_err hf_plan_markdown(const struct hf_plan *plan, struct hf_buf *out) HF_MUST_CHECK;
enum hf_err hf_plan_json(const struct hf_plan *plan, struct hf_buf *out) HF_MUST_CHECK;

#endif
