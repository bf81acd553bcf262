/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table of a story: counts that belong side by side, and not over time.
 *
 * Zero-initialised is empty: set the head, then put cells, row by row. Putting remembers the first
 * failure, so that a caller checks once at the end (hf_story_add_table, or hf_story_table_check).
 * A number stays a number, so that scripts get what people see. One thread at a time.
 */
#ifndef HF_SIM_STORY_TABLE_H
#define HF_SIM_STORY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define HF_STORY_COLUMNS 12

struct hf_story_cell {
	char *text; /* NULL: a number */
	double number;
};

struct hf_story_table {
	char *caption; /* what it shows, without a full stop */
	char *columns[HF_STORY_COLUMNS];
	size_t column_count;
	struct hf_story_cell *cells; /* row by row */
	size_t count, cap;           /* cells */
	char *note;                  /* one or more sentences to stand below it; NULL */
	bool failed;                 /* memory ran out */
};
void hf_story_table_done(struct hf_story_table *table);

/* The head of the table; copies its arguments. At most HF_STORY_COLUMNS names. */
void hf_story_table_head(struct hf_story_table *table, const char *caption,
        const char *const *columns, size_t column_count);
/* The next cell. */
void hf_story_table_put_text(struct hf_story_table *table, const char *text);
void hf_story_table_put_number(struct hf_story_table *table, double number);
void hf_story_table_put_note(struct hf_story_table *table, const char *note);
/* HF_ERR_NOMEM: something was lost. HF_ERR_INVALID: no head, too many columns, or a last row that
 * is not whole. */
enum hf_err hf_story_table_check(const struct hf_story_table *table) HF_MUST_CHECK;

#endif
