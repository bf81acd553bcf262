/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/story_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

void hf_story_table_done(struct hf_story_table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		free(table->columns[i]);
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table->caption);
	free(table->note);
	*table = (struct hf_story_table){0};
}

/* A copy; NULL is remembered as a failure. */
static char *copy(struct hf_story_table *table, const char *text)
{
	char *copied = strdup(text);
	table->failed |= copied == NULL;
	return copied;
}

void hf_story_table_head(struct hf_story_table *table, const char *caption,
        const char *const *columns, size_t column_count)
{
	if (column_count > HF_STORY_COLUMNS)
		return; /* a table without a head is refused */
	free(table->caption);
	table->caption = copy(table, caption);
	for (size_t i = 0; i < table->column_count; i++)
		free(table->columns[i]);
	for (size_t i = 0; i < column_count; i++)
		table->columns[i] = copy(table, columns[i]);
	table->column_count = column_count;
}

static void put(struct hf_story_table *table, struct hf_story_cell cell)
{
	struct hf_story_cell *cells =
	        hf_list_room(table->cells, &table->cap, table->count, sizeof(*cells));
	if (cells == NULL) {
		table->failed = true;
		free(cell.text);
		return;
	}
	table->cells = cells;
	table->cells[table->count++] = cell;
}

void hf_story_table_put_text(struct hf_story_table *table, const char *text)
{
	struct hf_story_cell cell = {.text = copy(table, text)};
	if (cell.text != NULL)
		put(table, cell);
}

void hf_story_table_put_number(struct hf_story_table *table, double number)
{
	put(table, (struct hf_story_cell){.number = number});
}

void hf_story_table_put_note(struct hf_story_table *table, const char *note)
{
	free(table->note);
	table->note = copy(table, note);
}

enum hf_err hf_story_table_check(const struct hf_story_table *table)
{
	if (table->failed)
		return HF_ERR_NOMEM;
	return table->column_count > 0 && table->count % table->column_count == 0 ? HF_OK
	                                                                          : HF_ERR_INVALID;
}
