/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A JSON value as text: the last step of every JSON form. Thread-safe.
 */
#ifndef HF_REPORT_JSONTEXT_H
#define HF_REPORT_JSONTEXT_H

#include <jansson.h>

#include "base/bytes.h"

/*
 * Adds the value and a line feed. Takes the value over; NULL is a value that there was no memory
 * for. `flags` are jansson's: JSON_INDENT(2), JSON_COMPACT.
 */
enum hf_err hf_json_put(json_t *value, size_t flags, struct hf_buf *out) HF_MUST_CHECK;

#endif
