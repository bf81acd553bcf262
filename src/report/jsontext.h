/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A JSON value as text: the last step of every JSON form. Thread-safe.
 */
#ifndef HF_REPORT_JSONTEXT_H
#define HF_REPORT_JSONTEXT_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/times.h"

/*
 * Adds the value and a line feed. Takes the value over; NULL is a value that there was no memory
 * for. `flags` are jansson's: JSON_INDENT(2), JSON_COMPACT.
 */
enum hf_err hf_json_put(json_t *value, size_t flags, struct hf_buf *out) HF_MUST_CHECK;

/* The list with an item appended. NULL for either is one that there was no memory for: both are
 * given up, and the result is NULL. */
json_t *hf_json_with(json_t *list, json_t *item);
/* RFC 3339 in UTC; null for HF_TIME_NONE and HF_TIME_NEVER. */
json_t *hf_json_time(hf_time time);
/* A string of any bytes: those that are no UTF-8 become question marks. Null for NULL. */
json_t *hf_json_text(const char *text);

#endif
