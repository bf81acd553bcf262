/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sentences in lines that fit a terminal: what all text forms of results share. Thread-safe.
 */
#ifndef HF_REPORT_WRAPPED_H
#define HF_REPORT_WRAPPED_H

#include "base/bytes.h"

#define HF_TEXT_WIDTH 80

/* Appends a sentence in lines of at most HF_TEXT_WIDTH, each indented; longer words stay whole.
 * The first line begins with `lead`. */
void hf_put_wrapped(struct hf_buf *out, unsigned indent, const char *lead, const char *text);

#endif
