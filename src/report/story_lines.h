/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts of any origin in columns of a terminal: paragraphs, texts side by side, tables.
 *
 * Whatever the text, printable ASCII comes out, one byte a column: letters lose their accents,
 * another character becomes a question mark, any white space a space. A word that is longer than
 * its column is cut, as columns have to stay columns. Thread-safe.
 */
#ifndef HF_REPORT_STORY_LINES_H
#define HF_REPORT_STORY_LINES_H

#include "base/bytes.h"
#include "sim/story_table.h"

/* On one line, cut to `most` columns. Returns the columns that it takes. */
size_t hf_put_plain(struct hf_buf *out, const char *text, size_t most);
/* Lines of at most `width` columns, each ended by a line feed; `hang` columns before all but the
 * first. `width` is over `hang`. */
void hf_put_lines(struct hf_buf *out, size_t width, size_t hang, const char *text);

/* A paragraph between columns `indent` and `width`, after a lead that is printable ASCII. */
struct hf_block {
	size_t width, indent;
	const char *lead; /* "- "; the lines below stand where the text begins */
};
void hf_put_block(struct hf_buf *out, const struct hf_block *block, const char *text);

/* Two texts that hf_put_lines made, side by side; `left` columns and " | " in between. */
void hf_put_beside(struct hf_buf *out, size_t left, const struct hf_buf *a, const struct hf_buf *b);

/* A table that hf_story_table_check finds good, below its caption. What does not fit is broken
 * within cells; too many columns become several tables. */
void hf_put_table(struct hf_buf *out, size_t width, const struct hf_story_table *table);

#endif
