/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/chart_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/chart_ticks.h"
#include "report/story_common.h"
#include "report/story_lines.h"

#define ROWS   4
#define LEVELS 8  /* of a row */
#define LEFT   10 /* columns of the labels of values */
#define WIDEST 160
#define EACH   14 /* columns that a mark of time takes */

static const char *const blocks[LEVELS + 1] = {
        " ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
static const char *const ascii[LEVELS + 1] = {" ", ".", ".", ":", ":", "|", "|", "#", "#"};

struct plot {
	const struct hf_charts *charts;
	const struct hf_chart *chart;
	const struct hf_chart_view *view;
	size_t width; /* columns of time */
	double top;   /* the value at the upper edge */
};

static hf_time time_of(const struct plot *plot, size_t column)
{
	int64_t span = plot->charts->until - plot->charts->from;
	return plot->charts->from + (hf_time)((double)span * (double)column / (double)plot->width);
}

/* How much of all rows a column fills, in levels. What is not nothing can be seen. */
static int height(const struct plot *plot, double value)
{
	if (isnan(value) || value <= 0)
		return 0;
	int levels = (int)lrint(value / plot->top * ROWS * LEVELS);
	return levels > 0 ? levels : 1;
}

static void put_label(struct hf_buf *out, const struct plot *plot, int row, int mark_row)
{
	char room[HF_TICK_TEXT];
	const char *text = "";
	if (row == mark_row)
		text = hf_value_tick(plot->chart->mark, plot->chart->unit, room);
	else if (row == ROWS - 1)
		text = hf_value_tick(plot->top, plot->chart->unit, room);
	hf_put_format(out, "%*s |", LEFT - 2, text);
}

static void put_rows(struct hf_buf *out, const struct plot *plot, const struct hf_chart_line *line)
{
	const char *const *cells = plot->view->utf8 ? blocks : ascii;
	int heights[WIDEST];
	for (size_t i = 0; i < plot->width; i++)
		heights[i] =
		        height(plot, hf_chart_value(line, time_of(plot, i), time_of(plot, i + 1)));
	int mark_row =
	        plot->chart->mark > 0 ? (int)(plot->chart->mark / plot->top * ROWS - 1e-9) : -1;
	for (int row = ROWS - 1; row >= 0; row--) {
		put_label(out, plot, row, mark_row);
		size_t gap = 0; /* spaces, written only in front of something */
		for (size_t i = 0; i < plot->width; i++) {
			int level = heights[i] - row * LEVELS;
			level = level < 0 ? 0 : level > LEVELS ? LEVELS : level;
			if (level == 0 && row != mark_row) {
				gap++;
				continue;
			}
			hf_put_format(out, "%*s%s", (int)gap, "", level > 0 ? cells[level] : "-");
			gap = 0;
		}
		hf_put_text(out, "\n");
	}
}

/* ---- The axis of time ---- */

static size_t column_of(const struct plot *plot, hf_time at)
{
	const struct hf_charts *charts = plot->charts;
	double part = (double)(at - charts->from) / (double)(charts->until - charts->from);
	size_t column = (size_t)(part * (double)plot->width);
	return column < plot->width ? column : plot->width - 1;
}

/* A text below the axis, unless another one stands there; ends where the last one ends. */
static void put_below(
        struct hf_buf *out, const struct plot *plot, size_t column, const char *text, size_t *end)
{
	size_t len = strlen(text), place = LEFT + column;
	if (place + len > LEFT + plot->width)
		place = LEFT + plot->width - len;
	if (len == 0 || (*end > 0 && place < *end + 1))
		return;
	hf_put_format(out, "%*s%s", (int)(place - *end), "", text);
	*end = place + len;
}

static void put_axis(struct hf_buf *out, const struct plot *plot)
{
	struct hf_time_tick ticks[HF_TICKS];
	char line[WIDEST + 1];
	size_t most = plot->width / EACH < 2 ? 2 : plot->width / EACH;
	size_t count = hf_time_ticks(
	        plot->charts->from, plot->charts->until, most < HF_TICKS ? most : HF_TICKS, ticks);
	memset(line, '-', plot->width);
	line[plot->width] = '\0';
	for (size_t i = 0; i < count; i++)
		line[column_of(plot, ticks[i].at)] = '+';
	hf_put_format(out, "%*s +%s\n", LEFT - 2, "0", line);
	size_t end = 0, below = 0;
	for (size_t i = 0; i < count; i++)
		put_below(out, plot, column_of(plot, ticks[i].at), ticks[i].label, &end);
	hf_put_text(out, "\n");
	size_t before = out->len;
	for (size_t i = 0; i < count; i++)
		put_below(out, plot, column_of(plot, ticks[i].at), ticks[i].below, &below);
	if (out->len > before)
		hf_put_text(out, "\n");
}

/* ---- The chart ---- */

/* Whether there is nothing to see: every column would be as high as the others, or next to
 * nothing. */
static bool is_flat(const struct plot *plot, const struct hf_chart_line *line)
{
	int most = height(plot, line->peak);
	return line->points[0].at <= plot->charts->from &&
	       (height(plot, line->least) == most || most <= 1);
}

static void put_title(struct hf_buf *out, const struct hf_chart *chart, size_t width)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf title = {0};
	char room[HF_TICK_TEXT];
	bool percent = strcmp(chart->unit, "%") == 0;
	hf_put_text(&title, chart->title);
	if (percent || chart->axis[0] != '\0')
		hf_put_format(&title, ", %s%s", percent ? "% " : "", chart->axis);
	if (chart->mark > 0)
		hf_put_format(&title, " (line at %s%s)",
		        hf_value_tick(chart->mark, chart->unit, room), chart->mark_text);
	hf_put_u8(&title, 0);
	out->failed |= title.failed;
	if (!title.failed)
		hf_put_block(out, &(struct hf_block){.width = width, .lead = ""},
		        (const char *)title.data);
}

/* A line of the chart, above its columns: the story's name, and whatever makes a picture idle.
 * True: there is something to draw. */
static bool put_name(struct hf_buf *out, const struct plot *plot, size_t index)
{
	const struct hf_chart_line *line = &plot->chart->lines[index];
	const char *unit = plot->chart->unit;
	char low[HF_FIGURE_TEXT], high[HF_FIGURE_TEXT];
	bool flat = is_flat(plot, line);
	bool same = index > 0 && hf_chart_same(line, &plot->chart->lines[0]);
	hf_figure_text(line->peak, unit, high);
	hf_put_text(out, "  ");
	(void)hf_put_plain(out, line->label, plot->view->width / 2);
	if (flat && line->peak == 0)
		hf_put_text(out, ": none all the time\n");
	else if (same)
		hf_put_text(out, ": the same\n");
	else if (flat && line->least == line->peak)
		hf_put_format(out, ": %s all the time\n", high);
	else if (flat)
		hf_put_format(out, ": %s to %s\n", hf_figure_text(line->least, unit, low), high);
	else
		hf_put_format(out, ": at most %s\n", high);
	return !flat && !same;
}

void hf_chart_put_text(struct hf_buf *out, const struct hf_charts *charts,
        const struct hf_chart *chart, const struct hf_chart_view *view)
{
	struct plot plot = {.charts = charts, .chart = chart, .view = view};
	double most = chart->mark;
	for (size_t i = 0; i < chart->count && chart->lines[i].story < view->stories; i++)
		most = fmax(most, chart->lines[i].peak);
	double step = hf_value_step(most, ROWS);
	plot.top = most > 0 ? step * ceil(most / step - 1e-9) : 1;
	plot.width = view->width > LEFT + WIDEST ? WIDEST : view->width - LEFT;
	put_title(out, chart, view->width);
	bool drawn = false;
	for (size_t i = 0; i < chart->count && chart->lines[i].story < view->stories; i++) {
		if (!put_name(out, &plot, i))
			continue;
		put_rows(out, &plot, &chart->lines[i]);
		drawn = true;
	}
	if (drawn)
		put_axis(out, &plot);
}
