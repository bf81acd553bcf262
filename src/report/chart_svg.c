/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/chart_svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/chart_ticks.h"
#include "report/story_page.h"
#include "report/story_rows.h"

#define WIDTH  1012
#define LEFT   72
#define RIGHT  (WIDTH - 24)
#define TOP    12
#define BASE   190 /* where zero is */
#define BELOW  40  /* pixels for the labels of time */
#define STYLES 8   /* of lines: story_page.c */
#define STRIPS 150 /* tooltips side by side */
#define LANE   46  /* pixels a story */

static double place(const struct hf_charts *charts, hf_time at)
{
	double part = (double)(at - charts->from) / (double)(charts->until - charts->from);
	return LEFT + fmin(fmax(part, 0), 1) * (RIGHT - LEFT);
}

static void begin_svg(struct hf_buf *out, int height, const char *title)
{
	hf_put_format(out,
	        "<div class=\"scroll\"><svg class=\"chart\" "
	        "xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
	        "aria-label=\"",
	        WIDTH, height);
	hf_page_put(out, title);
	hf_put_text(out, "\">\n");
}

static void end_svg(struct hf_buf *out)
{
	hf_put_text(out, "</svg></div>\n");
}

static void put_text(struct hf_buf *out, double x, double y, const char *more, const char *text)
{
	hf_put_format(out, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, more);
	hf_page_put(out, text);
	hf_put_text(out, "</text>\n");
}

/* Marks of time below `base`, with lines up to `top`. */
static void put_times(struct hf_buf *out, const struct hf_charts *charts, int top, int base)
{
	struct hf_time_tick ticks[HF_TICKS];
	size_t count = hf_time_ticks(charts->from, charts->until, 10, ticks);
	for (size_t i = 0; i < count; i++) {
		double x = place(charts, ticks[i].at);
		const char *anchor =
		        x > RIGHT - 30 ? " text-anchor=\"end\"" : " text-anchor=\"middle\"";
		hf_put_format(out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>\n", x, top, base + 5);
		put_text(out, x, base + 19, anchor, ticks[i].label);
		if (ticks[i].below[0] != '\0')
			put_text(out, x, base + 35, anchor, ticks[i].below);
	}
	hf_put_format(out, "<path class=\"axis\" d=\"M%d %dH%d\"/>\n", LEFT, base, RIGHT);
}

/* ---- A chart ---- */

struct drawing {
	const struct hf_charts *charts;
	const struct hf_chart *chart;
	double top; /* the value at the upper edge */
};

static double height(const struct drawing *drawing, double value)
{
	return BASE - fmin(fmax(value, 0) / drawing->top, 1) * (BASE - TOP);
}

static void put_values(struct hf_buf *out, const struct drawing *drawing, double step)
{
	char room[HF_TICK_TEXT];
	for (unsigned i = 0; i * step <= drawing->top * (1 + 1e-9); i++) {
		double y = height(drawing, i * step);
		if (i > 0)
			hf_put_format(
			        out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>\n", LEFT, y, RIGHT);
		put_text(out, LEFT - 8, y + 4, " text-anchor=\"end\"",
		        hf_value_tick(i * step, drawing->chart->unit, room));
	}
}

static void put_mark(struct hf_buf *out, const struct drawing *drawing)
{
	char value[HF_TICK_TEXT], text[80];
	if (drawing->chart->mark <= 0)
		return;
	double y = height(drawing, drawing->chart->mark);
	hf_put_format(out, "<path class=\"limit\" d=\"M%d %.1fH%d\"/>\n", LEFT, y, RIGHT);
	snprintf(text, sizeof(text), "%s%s",
	        hf_value_tick(drawing->chart->mark, drawing->chart->unit, value),
	        drawing->chart->mark_text);
	put_text(out, RIGHT, y - 5, " class=\"limit-text\" text-anchor=\"end\"", text);
}

/* Steps: each value stays until the next one. */
static void put_steps(
        struct hf_buf *out, const struct drawing *drawing, const struct hf_chart_line *line)
{
	double last = NAN;
	for (size_t i = 0; i < line->count; i++) {
		if (line->points[i].value == last)
			continue;
		last = line->points[i].value;
		hf_put_format(out, i == 0 ? "M%.1f %.1f" : "H%.1fV%.1f",
		        place(drawing->charts, line->points[i].at), height(drawing, last));
	}
	hf_put_format(out, "H%.1f", place(drawing->charts, line->until));
}

static void put_line(
        struct hf_buf *out, const struct drawing *drawing, const struct hf_chart_line *line)
{
	/* The first story is filled, so that it is seen behind the others. */
	if (line->story == 0) {
		hf_put_text(out, "<path class=\"area f0\" d=\"");
		put_steps(out, drawing, line);
		hf_put_format(
		        out, "V%dH%.1fZ\"/>\n", BASE, place(drawing->charts, line->points[0].at));
	}
	hf_put_format(out, "<path class=\"line s%zu\" d=\"", line->story % STYLES);
	put_steps(out, drawing, line);
	hf_put_text(out, "\"/>\n");
}

/* What a stretch of time says, in words. */
static void put_tip(struct hf_buf *out, const struct drawing *drawing, hf_time from, hf_time until)
{
	char at[HF_TIME_TEXT], room[HF_FIGURE_TEXT];
	hf_time_rfc3339(from, at);
	hf_put_format(out, "%.10s %.5s UTC", at, at + 11);
	for (size_t i = 0; i < drawing->chart->count; i++) {
		const struct hf_chart_line *line = &drawing->chart->lines[i];
		double value = hf_chart_value(line, from, until);
		if (isnan(value))
			continue;
		hf_put_text(out, "&#10;");
		hf_page_put(out, line->label);
		hf_put_format(out, ": %s", hf_figure_text(value, drawing->chart->unit, room));
	}
}

static void put_tips(struct hf_buf *out, const struct drawing *drawing)
{
	const struct hf_charts *charts = drawing->charts;
	int64_t span = charts->until - charts->from;
	int64_t strips = span < STRIPS ? span : STRIPS;
	for (int64_t i = 0; i < strips; i++) {
		hf_time from = charts->from + (hf_time)((double)span * (double)i / (double)strips);
		hf_time until =
		        charts->from + (hf_time)((double)span * (double)(i + 1) / (double)strips);
		double x = place(charts, from);
		hf_put_format(out,
		        "<rect class=\"hit\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\">"
		        "<title>",
		        x, TOP, place(charts, until) - x, BASE - TOP);
		put_tip(out, drawing, from, until);
		hf_put_text(out, "</title></rect>\n");
	}
}

static void put_legend(struct hf_buf *out, const struct hf_chart *chart, bool drawn)
{
	char room[HF_FIGURE_TEXT], least[HF_FIGURE_TEXT];
	hf_put_text(out, "<ul class=\"legend\">\n");
	for (size_t i = 0; i < chart->count; i++) {
		const struct hf_chart_line *line = &chart->lines[i];
		hf_put_format(out,
		        "<li><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"34\" height=\"10\" "
		        "aria-hidden=\"true\"><path class=\"line s%zu\" d=\"M1 5H33\"/></svg>",
		        line->story % STYLES);
		hf_page_put(out, line->label);
		hf_figure_text(line->peak, chart->unit, room);
		if (line->peak == 0)
			hf_put_text(out, ": none");
		else if (i > 0 && hf_chart_same(line, &chart->lines[0]))
			hf_put_text(out, ": the same");
		else if (drawn)
			hf_put_format(out, ": at most %s", room);
		else if (line->least == line->peak)
			hf_put_format(out, ": %s all the time", room);
		else
			hf_put_format(out, ": %s to %s",
			        hf_figure_text(line->least, chart->unit, least), room);
		hf_put_text(out, "</li>\n");
	}
	hf_put_text(out, "</ul>\n");
}

void hf_chart_put_figure(
        struct hf_buf *out, const struct hf_charts *charts, const struct hf_chart *chart)
{
	double most = fmax(chart->peak, chart->mark), step = hf_value_step(most, 4);
	const struct drawing drawing = {.charts = charts,
	        .chart = chart,
	        .top = most > 0 ? step * ceil(most / step - 1e-9) : 1};
	hf_put_text(out, "<figure>\n<figcaption>");
	hf_page_put(out, chart->title);
	bool percent = strcmp(chart->unit, "%") == 0;
	if (percent || chart->axis[0] != '\0') {
		hf_put_format(out, " <span>(%s", percent ? "% " : "");
		hf_page_put(out, chart->axis);
		hf_put_text(out, ")</span>");
	}
	hf_put_text(out, "</figcaption>\n");
	/* What hardly changes, in no run, needs no picture. */
	bool drawn = chart->peak > 0 && chart->least < 0.98 * chart->peak;
	put_legend(out, chart, drawn);
	if (drawn) {
		begin_svg(out, BASE + BELOW, chart->title);
		put_values(out, &drawing, step);
		put_times(out, charts, TOP, BASE);
		/* The first story on top of the others. */
		for (size_t i = chart->count; i > 0; i--)
			put_line(out, &drawing, &chart->lines[i - 1]);
		put_mark(out, &drawing);
		put_tips(out, &drawing);
		end_svg(out);
	}
	hf_put_text(out, "</figure>\n");
}

/* ---- The strip of moments ---- */

/* Around a place that is the middle. */
static const char *const signs[HF_MOMENT_KINDS] = {
        [HF_MOMENT_STEP] = "m-5 -5h10v10h-10z",
        [HF_MOMENT_PUBLISHED] = "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
        [HF_MOMENT_REFUSED] = "m-3 -7h6l4 4v6l-4 4h-6l-4 -4v-6zm0 3l6 8m0 -8l-6 8",
        [HF_MOMENT_PARENT] = "m0 -7l7 7l-7 7l-7 -7z",
        [HF_MOMENT_WAITS] = "m-5 -6h10l-10 12h10z",
        [HF_MOMENT_FAULT] = "m-5 -5l10 10m0 -10l-10 10",
        [HF_MOMENT_ALARM] = "m0 -7l7 12h-14z",
        [HF_MOMENT_USERS] = "m0 7l-7 -12h14z",
};

static const char *sign_class(const struct hf_moment *moment)
{
	if (moment->kind == HF_MOMENT_REFUSED || moment->kind == HF_MOMENT_USERS ||
	        moment->kind == HF_MOMENT_FAULT)
		return "sign-stop";
	if (moment->kind == HF_MOMENT_ALARM)
		return "sign-warn";
	return moment->go ? "sign-go" : "sign";
}

static void put_sign(struct hf_buf *out, const struct hf_moment *moment, double x, double y)
{
	hf_put_format(out, "<path class=\"%s\" d=\"M%.1f %.1f%s\">", sign_class(moment), x, y,
	        signs[moment->kind]);
	char at[HF_TIME_TEXT];
	hf_time_rfc3339(moment->at, at);
	hf_put_format(out, "<title>%.10s %.8s UTC, %s: ", at, at + 11, hf_moment_label(moment));
	hf_page_put(out, moment->text);
	hf_put_text(out, "</title></path>");
}

/* A story's signs; those that would hide each other stand in three rows. */
static void put_lane(struct hf_buf *out, const struct hf_charts *charts,
        const struct hf_story *story, size_t number, double top)
{
	double last[3] = {-100, -100, -100};
	for (size_t i = 0; i < story->count; i++) {
		const struct hf_moment *moment = &story->moments[i];
		double x = place(charts, moment->at);
		unsigned row = 0;
		for (unsigned k = 1; k < 3 && x - last[row] < 15; k++)
			if (x - last[k] >= 15 || last[k] < last[row])
				row = k;
		last[row] = x;
		hf_put_format(out, "<a href=\"#m%zu-%zu\">", number, i);
		put_sign(out, moment, x, top + 9 + 14 * row);
		hf_put_text(out, "</a>\n");
	}
}

static void put_key(struct hf_buf *out, const struct hf_moment *moment, const char *name)
{
	hf_put_format(out,
	        "<li><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"18\" height=\"18\" "
	        "aria-hidden=\"true\"><path class=\"%s\" d=\"M9 9%s\"/></svg>%s</li>\n",
	        sign_class(moment), signs[moment->kind], name);
}

static void put_strip_legend(struct hf_buf *out, const struct hf_story_report *report, int lanes)
{
	bool seen[HF_MOMENT_KINDS] = {false}, go = false;
	for (int i = 0; i < lanes; i++) {
		const struct hf_story *story = report->stories[i];
		for (size_t k = 0; k < story->count; k++) {
			seen[story->moments[k].kind] = true;
			go |= story->moments[k].go;
		}
	}
	hf_put_text(out, "<ul class=\"legend\">\n");
	for (unsigned kind = 0; kind < HF_MOMENT_KINDS; kind++) {
		if (seen[kind])
			put_key(out, &(struct hf_moment){.kind = kind}, hf_moment_kind_name(kind));
	}
	if (go)
		put_key(out, &(struct hf_moment){.kind = HF_MOMENT_STEP, .go = true},
		        "go or no-go: somebody decides");
	hf_put_text(out, "</ul>\n");
}

void hf_chart_put_strip(
        struct hf_buf *out, const struct hf_charts *charts, const struct hf_story_report *report)
{
	int lanes = report->story_count == 2 ? 2 : 1, base = TOP + lanes * (LANE + 22);
	hf_put_text(out, "<figure>\n<figcaption>Moments <span>(each sign leads to its words)"
	                 "</span></figcaption>\n");
	put_strip_legend(out, report, lanes);
	begin_svg(out, base + BELOW, "Moments of each run over time");
	put_times(out, charts, TOP, base);
	for (int i = 0; i < lanes; i++) {
		double top = TOP + i * (LANE + 22);
		put_text(out, LEFT, top + 12, " class=\"lane\"", report->stories[i]->title);
		put_lane(out, charts, report->stories[i], (size_t)i, top + 18);
	}
	end_svg(out);
	hf_put_text(out, "</figure>\n");
}
