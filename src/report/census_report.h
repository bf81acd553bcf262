/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A census of name servers as text, and as a JSON value that goes beside a trace. Thread-safe.
 */
#ifndef HF_REPORT_CENSUS_REPORT_H
#define HF_REPORT_CENSUS_REPORT_H

#include <jansson.h>

#include "base/bytes.h"
#include "net/census.h"

/* Where all agree, a line a zone; else each question on which they differ, and who says what. */
enum hf_err hf_census_text(const struct hf_census *census, struct hf_buf *out) HF_MUST_CHECK;
/* An array of questions; NULL when memory ran out. The caller owns it. */
json_t *hf_census_json(const struct hf_census *census);

#endif
