/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one signing did, as JSON. Field names are stable: holdfast-sign(1) documents them.
 * Thread-safe.
 */
#ifndef HF_REPORT_SIGN_JSON_H
#define HF_REPORT_SIGN_JSON_H

#include "base/bytes.h"
#include "pipeline/oneshot.h"

/* Appends one object and a newline to `out`. `at` is the time of signing. */
enum hf_err hf_sign_json(const struct hf_oneshot_result *result, hf_time at, double seconds,
        struct hf_buf *out) HF_MUST_CHECK;

#endif
