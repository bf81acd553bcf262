/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a certification authority would meet, as text and as JSON. Thread-safe.
 */
#ifndef HF_REPORT_ISSUANCE_REPORT_H
#define HF_REPORT_ISSUANCE_REPORT_H

#include "base/bytes.h"
#include "net/issuance.h"

/* Both append to `out`. Field names are stable: holdfast-trace(1) documents them. */
enum hf_err hf_issuance_text(const struct hf_issuance *issuance, const struct hf_name *name,
        hf_time at, struct hf_buf *out) HF_MUST_CHECK;
enum hf_err hf_issuance_json(const struct hf_issuance *issuance, const struct hf_name *name,
        hf_time at, struct hf_buf *out) HF_MUST_CHECK;

#endif
