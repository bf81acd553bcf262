/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small pieces of status texts: states in colour, short ages, texts that are cut. Thread-safe.
 */
#ifndef HF_REPORT_STATUS_WORDS_H
#define HF_REPORT_STATUS_WORDS_H

#include "base/bytes.h"
#include "base/times.h"
#include "report/line_json.h"

/* "ALARM  ", "WAITS FOR YOU  " … with two spaces behind it; `flags` are enum hf_status_flags.
 * Returns the columns that it takes. */
unsigned hf_status_put_state(struct hf_buf *out, enum hf_line_state state, unsigned flags);
/* A word such as a stage's state, padded to `width` (0: not at all), in the colour
 * that it has. */
void hf_status_put_word(struct hf_buf *out, const char *word, unsigned width, unsigned flags);
/* A text of at most `width` columns; "..." is the end of a longer one. */
void hf_status_put_cut(struct hf_buf *out, const char *text, size_t width);
/* The largest unit alone: "3 d", "12 min"; "-" for HF_TIME_NONE. Returns `room`. */
const char *hf_status_short_age(hf_time then, hf_time now, char room[static HF_TIME_TEXT]);

#endif
