/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sentences in lines that fit a terminal: what all text forms of results share.
 *
 * Text is printable ASCII, so a byte is a column. Lines break between words; a longer word stays
 * whole, as a name that was cut in two could not be copied. Thread-safe.
 */
#ifndef HF_REPORT_WRAPPED_H
#define HF_REPORT_WRAPPED_H

#include "base/bytes.h"

#define HF_TEXT_WIDTH 80

/* Stands for a space at which no line may break; it comes out as a space. */
#define HF_HARD_SPACE "\x1f"

struct hf_margins {
	unsigned width;  /* columns of the longest line */
	unsigned indent; /* columns before all lines but the first */
	unsigned column; /* where the output stands already; the first word follows without a space
	                  */
};

/* Appends the text and a line feed. Repeated spaces count as one. */
void hf_put_paragraph(struct hf_buf *out, const struct hf_margins *margins, const char *text);

/* Appends a sentence in lines of at most HF_TEXT_WIDTH, each indented; the first line begins with
 * `lead`. */
void hf_put_wrapped(struct hf_buf *out, unsigned indent, const char *lead, const char *text);
/* The same as an item of a list: "- ", and all lines begin below each other. */
void hf_put_item(struct hf_buf *out, unsigned indent, const char *text);

#endif
