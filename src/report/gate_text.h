/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate's answer as text for somebody who was woken up: the verdict, each reason with its
 * repair, and the earliest moment that is safe.
 *
 * Only printable ASCII comes out. Thread-safe.
 */
#ifndef HF_REPORT_GATE_TEXT_H
#define HF_REPORT_GATE_TEXT_H

#include "pipeline/question.h"

/* Appends to `out`. */
enum hf_err hf_gate_text(const struct hf_gate_answer *answer, struct hf_buf *out) HF_MUST_CHECK;

#endif
