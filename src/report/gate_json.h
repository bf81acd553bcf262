/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate's answer as JSON. Field names are stable: holdfast-gate(1) documents them. Thread-safe.
 */
#ifndef HF_REPORT_GATE_JSON_H
#define HF_REPORT_GATE_JSON_H

#include "pipeline/question.h"

/* Appends one object and a newline to `out`. */
enum hf_err hf_gate_json(const struct hf_gate_answer *answer, struct hf_buf *out) HF_MUST_CHECK;

#endif
