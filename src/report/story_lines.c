/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/story_lines.h"

#include <stdlib.h>
#include <string.h>

#include "report/story_common.h"

#define GAP   2  /* columns between columns of a table */
#define LEAST 9  /* columns of a column that is broken */
#define NAMES 20 /* of the first one, which names the rows */

/* ---- Plain characters ---- */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* U+00C0 to U+00FF, mostly letters of Europe, without their accents. */
static char without_accent(unsigned char second)
{
	static const char plain[] = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTs"
	                            "aaaaaaaceeeeiiiidnooooo/ouuuuyty";
	return plain[second & 0x3f];
}

/* The next character of a text, as one of printable ASCII. */
static char next(const char **at)
{
	unsigned char c = (unsigned char)*(*at)++;
	if (c >= 0xc0) {
		unsigned char second = (unsigned char)**at;
		/* The rest of a character in UTF-8. */
		while (((unsigned char)**at & 0xc0) == 0x80)
			(*at)++;
		if (c == 0xc3 && (second & 0xc0) == 0x80)
			return without_accent(second);
	}
	if (is_space((char)c))
		return ' ';
	return c >= ' ' && c <= '~' ? (char)c : '?';
}

size_t hf_put_plain(struct hf_buf *out, const char *text, size_t most)
{
	size_t columns = 0;
	while (*text != '\0' && columns < most) {
		hf_put_u8(out, (uint8_t)next(&text));
		columns++;
	}
	return columns;
}

/* ---- Lines ---- */

static size_t word_columns(const char *word)
{
	size_t columns = 0;
	for (; *word != '\0' && !is_space(*word); columns++)
		(void)next(&word);
	return columns;
}

static void put_gap(struct hf_buf *out, size_t columns)
{
	hf_put_format(out, "%*s", (int)columns, "");
}

static const char *skip_space(const char *text)
{
	while (is_space(*text))
		text++;
	return text;
}

void hf_put_lines(struct hf_buf *out, size_t width, size_t hang, const char *text)
{
	size_t column = 0, start = 0; /* where the line begins */
	for (text = skip_space(text); *text != '\0'; text = skip_space(text)) {
		size_t columns = word_columns(text);
		if (column > start && column + 1 + columns > width) {
			hf_put_text(out, "\n");
			put_gap(out, hang);
			column = start = hang;
		}
		if (column > start) {
			hf_put_text(out, " ");
			column++;
		}
		for (; columns > 0; columns--, column++) {
			if (column == width) {
				hf_put_text(out, "\n");
				put_gap(out, hang);
				column = start = hang;
			}
			hf_put_u8(out, (uint8_t)next(&text));
		}
	}
	hf_put_text(out, "\n");
}

/* Takes the first line off; false: there is none. */
static bool next_line(
        const struct hf_buf *lines, size_t *at, const char **ret_line, size_t *ret_len)
{
	if (*at >= lines->len)
		return false;
	*ret_line = (const char *)lines->data + *at;
	const char *end = memchr(*ret_line, '\n', lines->len - *at);
	*ret_len = end != NULL ? (size_t)(end - *ret_line) : lines->len - *at;
	*at += *ret_len + 1;
	return true;
}

void hf_put_block(struct hf_buf *out, const struct hf_block *block, const char *text)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf lines = {0};
	size_t lead = strlen(block->lead), begin = block->indent + lead, at = 0, len;
	hf_put_lines(&lines, block->width > begin + LEAST ? block->width - begin : LEAST, 0, text);
	const char *line;
	for (bool first = true; next_line(&lines, &at, &line, &len); first = false) {
		if (first) {
			put_gap(out, block->indent);
			hf_put_text(out, block->lead);
		} else {
			put_gap(out, begin);
		}
		hf_put_bytes(out, line, len);
		hf_put_text(out, "\n");
	}
	out->failed |= lines.failed;
}

void hf_put_beside(struct hf_buf *out, size_t left, const struct hf_buf *a, const struct hf_buf *b)
{
	size_t a_at = 0, b_at = 0;
	out->failed |= a->failed || b->failed;
	for (;;) {
		const char *a_line = "", *b_line = "";
		size_t a_len = 0, b_len = 0;
		bool any = next_line(a, &a_at, &a_line, &a_len);
		any |= next_line(b, &b_at, &b_line, &b_len);
		if (!any || out->failed)
			return;
		hf_put_bytes(out, a_line, a_len);
		put_gap(out, left > a_len ? left - a_len : 0);
		hf_put_text(out, b_len > 0 ? " | " : " |");
		hf_put_bytes(out, b_line, b_len);
		hf_put_text(out, "\n");
	}
}

/* ---- Tables ---- */

struct grid {
	const struct hf_story_table *table;
	size_t widths[HF_STORY_COLUMNS];
	size_t floors[HF_STORY_COLUMNS]; /* narrower than that they do not become */
	bool numbers[HF_STORY_COLUMNS];  /* all cells are */
};

static const char *cell_text(const struct hf_story_cell *cell, char room[static HF_FIGURE_TEXT])
{
	return cell->text != NULL ? cell->text : hf_figure_text(cell->number, "", room);
}

/* How wide a text is, and its longest word. */
static size_t columns_of(const char *text, size_t *ret_word)
{
	size_t columns = 0, word = 0;
	for (*ret_word = 0; *text != '\0'; columns++) {
		word = next(&text) == ' ' ? 0 : word + 1;
		if (word > *ret_word)
			*ret_word = word;
	}
	return columns;
}

/* A text of a column. */
static void measure_text(struct grid *grid, size_t column, const char *text)
{
	size_t most = column == 0 ? NAMES : LEAST, word;
	size_t columns = columns_of(text, &word);
	size_t least = column == 0 ? columns : word;
	if (columns > grid->widths[column])
		grid->widths[column] = columns;
	if (least > grid->floors[column])
		grid->floors[column] = least < most ? least : most;
}

static void measure(struct grid *grid)
{
	const struct hf_story_table *table = grid->table;
	char room[HF_FIGURE_TEXT];
	for (size_t i = 0; i < table->column_count; i++) {
		measure_text(grid, i, table->columns[i]);
		grid->numbers[i] = table->count > 0;
	}
	for (size_t i = 0; i < table->count; i++) {
		size_t column = i % table->column_count;
		measure_text(grid, column, cell_text(&table->cells[i], room));
		grid->numbers[column] &= table->cells[i].text == NULL;
	}
}

/* Columns of a table that stand beside each other. */
struct strip {
	size_t columns[HF_STORY_COLUMNS];
	size_t widths[HF_STORY_COLUMNS];
	size_t count;
};

/* The widest columns give way until all fit; false: that takes more than they have. */
static bool squeeze(const struct grid *grid, struct strip *strip, size_t width)
{
	size_t sum = GAP * (strip->count - 1);
	for (size_t i = 0; i < strip->count; i++) {
		strip->widths[i] = grid->widths[strip->columns[i]];
		sum += strip->widths[i];
	}
	for (; sum > width; sum--) {
		size_t widest = strip->count;
		for (size_t i = 0; i < strip->count; i++)
			if (strip->widths[i] > grid->floors[strip->columns[i]] &&
			        (widest == strip->count ||
			                strip->widths[i] > strip->widths[widest]))
				widest = i;
		if (widest == strip->count)
			return false;
		strip->widths[widest]--;
	}
	return true;
}

/* One row: all its cells, broken into lines. `texts` in the order of the strip. */
static void put_row(struct hf_buf *out, const struct grid *grid, const struct strip *strip,
        const char *const *texts)
{
	struct hf_buf cells[HF_STORY_COLUMNS] = {0};
	size_t at[HF_STORY_COLUMNS] = {0};
	for (size_t i = 0; i < strip->count; i++) {
		hf_put_lines(&cells[i], strip->widths[i], 0, texts[i]);
		out->failed |= cells[i].failed;
	}
	for (bool more = true; more && !out->failed;) {
		size_t pending = 2; /* spaces, written only in front of something */
		more = false;
		for (size_t i = 0; i < strip->count; i++) {
			const char *line;
			size_t len = 0;
			if (next_line(&cells[i], &at[i], &line, &len) && len > 0) {
				size_t before = grid->numbers[strip->columns[i]]
				                        ? strip->widths[i] - len
				                        : 0;
				put_gap(out, pending + before);
				hf_put_bytes(out, line, len);
				pending = strip->widths[i] - len - before + GAP;
			} else {
				pending += strip->widths[i] + GAP;
			}
			more |= at[i] < cells[i].len;
		}
		hf_put_text(out, "\n");
	}
	for (size_t i = 0; i < strip->count; i++)
		hf_buf_done(&cells[i]);
}

static void put_strip(struct hf_buf *out, const struct grid *grid, const struct strip *strip)
{
	const struct hf_story_table *table = grid->table;
	const char *texts[HF_STORY_COLUMNS];
	char rooms[HF_STORY_COLUMNS][HF_FIGURE_TEXT];
	size_t rule = 0;
	for (size_t i = 0; i < strip->count; i++) {
		texts[i] = table->columns[strip->columns[i]];
		rule += strip->widths[i] + (i > 0 ? GAP : 0);
	}
	put_row(out, grid, strip, texts);
	hf_put_text(out, "  ");
	for (size_t i = 0; i < rule; i++)
		hf_put_text(out, "-");
	hf_put_text(out, "\n");
	for (size_t row = 0; row < table->count / table->column_count; row++) {
		const struct hf_story_cell *cells = &table->cells[row * table->column_count];
		for (size_t i = 0; i < strip->count; i++)
			texts[i] = cell_text(&cells[strip->columns[i]], rooms[i]);
		put_row(out, grid, strip, texts);
	}
}

/* The first column, which names the rows, and as many from `first` on as fit. */
static size_t take_strip(
        const struct grid *grid, size_t first, size_t width, struct strip *ret_strip)
{
	*ret_strip = (struct strip){.count = 1};
	(void)squeeze(grid, ret_strip, width);
	for (size_t column = first; column < grid->table->column_count; column++) {
		struct strip wider = *ret_strip;
		wider.columns[wider.count++] = column;
		if (!squeeze(grid, &wider, width) && ret_strip->count > 1)
			return column;
		*ret_strip = wider;
	}
	return grid->table->column_count;
}

void hf_put_table(struct hf_buf *out, size_t width, const struct hf_story_table *table)
{
	struct grid grid = {.table = table};
	struct strip strip;
	measure(&grid);
	hf_put_block(out, &(struct hf_block){.width = width, .lead = ""}, table->caption);
	size_t column = 1;
	do {
		column = take_strip(&grid, column, width - 2, &strip);
		put_strip(out, &grid, &strip);
		if (column < table->column_count)
			hf_put_text(out, "\n");
	} while (column < table->column_count);
	if (table->note != NULL)
		hf_put_block(out, &(struct hf_block){.width = width, .indent = 2, .lead = ""},
		        table->note);
}
