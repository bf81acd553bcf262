/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/chart_ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)

double hf_value_step(double top, unsigned most)
{
	static const double round[] = {1, 2, 5, 10};
	if (!(top > 0) || !isfinite(top))
		return 1;
	double step = top / most, power = pow(10, floor(log10(step)));
	for (size_t i = 0; i < sizeof(round) / sizeof(*round); i++) {
		/* A little room: 0.2 is not a sum of tenths. */
		if (round[i] * power >= step * (1 - 1e-9))
			return round[i] * power;
	}
	return 10 * power;
}

const char *hf_value_tick(double value, const char *unit, char room[static HF_TICK_TEXT])
{
	static const char *const scales[] = {"", " k", " M", " G", " T", " P"};
	size_t scale = 0;
	if (strcmp(unit, "%") == 0) {
		snprintf(room, HF_TICK_TEXT, "%.4g %%", 100 * value);
		return room;
	}
	if (value >= 1000 && value < 10000 && value == rint(value)) {
		snprintf(room, HF_TICK_TEXT, "%d,%03d", (int)value / 1000, (int)value % 1000);
		return room;
	}
	bool large = fabs(value) >= 10000;
	for (; large && fabs(value) >= 1000 && scale + 1 < sizeof(scales) / sizeof(*scales);
	        scale++)
		value /= 1000;
	snprintf(room, HF_TICK_TEXT, "%.4g%s", value, scales[scale]);
	return room;
}

/* ---- Times ---- */

static const int64_t steps[] = {60, 120, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR,
        12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY};
static const unsigned months[] = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200};
#define STEPS  (sizeof(steps) / sizeof(*steps))
#define MONTHS (sizeof(months) / sizeof(*months))

/* The first day of a month, counted from the year 0; HF_TIME_NEVER: that is after all time. */
static hf_time month_start(unsigned month)
{
	char text[HF_TIME_TEXT];
	hf_time at;
	snprintf(text, sizeof(text), "%04u%02u01000000", month / 12, month % 12 + 1);
	return month / 12 <= 9999 && hf_time_parse_compact(text, &at) == HF_OK ? at : HF_TIME_NEVER;
}

static unsigned month_of(hf_time at)
{
	char text[HF_TIME_TEXT];
	unsigned year = 0, month = 1;
	if (sscanf(hf_time_compact(at, text), "%4u%2u", &year, &month) != 2)
		return 0;
	return year * 12 + month - 1;
}

/* Marks that are so many seconds apart; how many there would be, though only HF_TICKS are kept. */
static size_t even(hf_time from, hf_time until, int64_t step, struct hf_time_tick *ticks)
{
	size_t count = 0;
	int64_t rest = from % step;
	hf_time at = rest == 0 ? from : from - rest + (rest > 0 ? step : 0);
	for (; at <= until && count <= HF_TICKS; at += step, count++) {
		if (count < HF_TICKS)
			ticks[count].at = at;
	}
	return count;
}

static size_t monthly(hf_time from, hf_time until, unsigned step, struct hf_time_tick *ticks)
{
	size_t count = 0;
	unsigned month = month_of(from);
	if (month_start(month) < from)
		month++;
	month += (step - month % step) % step;
	for (; month_start(month) <= until && count <= HF_TICKS; month += step, count++) {
		if (count < HF_TICKS)
			ticks[count].at = month_start(month);
	}
	return count;
}

/* How marks of a distance are labelled: these parts of "2024-01-30T15:27:00Z". */
struct wording {
	size_t from, len;
	size_t below, below_len;
};

static void label(struct hf_time_tick *ticks, size_t count, const struct wording *wording)
{
	char text[HF_TIME_TEXT], last[HF_TICK_TEXT] = "", below[HF_TICK_TEXT];
	for (size_t i = 0; i < count; i++) {
		hf_time_rfc3339(ticks[i].at, text);
		snprintf(ticks[i].label, HF_TICK_TEXT, "%.*s", (int)wording->len,
		        text + wording->from);
		snprintf(below, sizeof(below), "%.*s", (int)wording->below_len,
		        text + wording->below);
		bool same = strcmp(below, last) == 0;
		memcpy(ticks[i].below, same ? "" : below, same ? 1 : sizeof(below));
		memcpy(last, below, sizeof(last));
	}
}

size_t hf_time_ticks(
        hf_time from, hf_time until, size_t most, struct hf_time_tick ret_ticks[static HF_TICKS])
{
	static const struct wording of_hours = {11, 5, 0, 10}, of_days = {5, 5, 0, 4},
	                            of_months = {0, 7, 0, 0}, of_years = {0, 4, 0, 0};
	size_t count = HF_TICKS + 1;
	for (size_t i = 0; i < STEPS && count > most; i++) {
		/* No need to count what is far too fine. */
		if ((until - from) / steps[i] > HF_TICKS)
			continue;
		count = even(from, until, steps[i], ret_ticks);
		if (count <= most)
			label(ret_ticks, count, steps[i] < DAY ? &of_hours : &of_days);
	}
	for (size_t i = 0; i < MONTHS && count > most; i++) {
		count = monthly(from, until, months[i], ret_ticks);
		if (count <= most)
			label(ret_ticks, count, months[i] < 12 ? &of_months : &of_years);
	}
	return count <= most ? count : 0;
}
