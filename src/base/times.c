/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/times.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SPAN_MAX (INT64_C(100) * 366 * 86400)
#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define TIME_MIN (-INT64_C(62167219200)) /* 0000-01-01T00:00:00Z */

#define DAY               INT64_C(86400)
#define DAYS_IN_400_YEARS 146097
#define MARCH_TO_1970     719468 /* days from 0000-03-01 to 1970-01-01 */

/* Reads exactly `digits` decimal digits and moves on. */
static bool digits(const char **at, int count, int *ret_value)
{
	int value = 0;
	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret_value = value;
	return true;
}

static bool expect(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/*
 * Days from 1970-01-01 to a date, Gregorian. Years begin in March here, so that a leap day is the
 * last one of its year; a whole cycle of 400 years more keeps all numbers positive.
 */
static int64_t days_of(const struct tm *tm)
{
	int month = (tm->tm_mon + 10) % 12; /* 0 is March */
	int64_t year = tm->tm_year + 1900 + 400 - (month >= 10);
	int64_t days = year * 365 + year / 4 - year / 100 + year / 400;
	return days + (153 * month + 2) / 5 + tm->tm_mday - 1 - MARCH_TO_1970 - DAYS_IN_400_YEARS;
}

/* The other way. */
static void date_of(int64_t days, struct tm *ret_tm)
{
	int64_t since = days + MARCH_TO_1970 + DAYS_IN_400_YEARS;
	int64_t cycle = since / DAYS_IN_400_YEARS, day = since % DAYS_IN_400_YEARS;
	/* Leap days before this one, the missing and the extra ones of centuries as well. */
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= year * 365 + year / 4 - year / 100;
	int month = (int)(5 * day + 2) / 153;
	ret_tm->tm_mday = (int)day - (153 * month + 2) / 5 + 1;
	ret_tm->tm_mon = (month + 2) % 12;
	ret_tm->tm_year = (int)(cycle * 400 + year) - 400 + (month >= 10) - 1900;
}

static enum hf_err from_calendar(const struct tm *tm, hf_time *ret_time)
{
	if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 || tm->tm_hour > 23 ||
	        tm->tm_min > 59 || tm->tm_sec > 59)
		return HF_ERR_INVALID;
	int64_t days = days_of(tm);
	struct tm again;
	date_of(days, &again); /* 31 April is 1 May */
	if (again.tm_mday != tm->tm_mday)
		return HF_ERR_INVALID;
	*ret_time = days * DAY + tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec;
	return HF_OK;
}

enum hf_err hf_time_parse_compact(const char text[static 14], hf_time *ret_time)
{
	struct tm tm = {0};
	const char *at = text;
	if (!digits(&at, 4, &tm.tm_year) || !digits(&at, 2, &tm.tm_mon) ||
	        !digits(&at, 2, &tm.tm_mday) || !digits(&at, 2, &tm.tm_hour) ||
	        !digits(&at, 2, &tm.tm_min) || !digits(&at, 2, &tm.tm_sec))
		return HF_ERR_SYNTAX;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return from_calendar(&tm, ret_time);
}

/* Time zone part of RFC 3339: "Z" or "+HH:MM". */
static bool parse_offset(const char **at, int *ret_seconds)
{
	if (expect(at, 'Z') || expect(at, 'z')) {
		*ret_seconds = 0;
		return true;
	}
	int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0, hours, minutes;
	if (sign == 0)
		return false;
	(*at)++;
	if (!digits(at, 2, &hours) || !expect(at, ':') || !digits(at, 2, &minutes) || hours > 23 ||
	        minutes > 59)
		return false;
	*ret_seconds = sign * (hours * 3600 + minutes * 60);
	return true;
}

static enum hf_err parse_rfc3339(const char *text, hf_time *ret_time)
{
	struct tm tm = {0};
	const char *at = text;
	if (!digits(&at, 4, &tm.tm_year) || !expect(&at, '-') || !digits(&at, 2, &tm.tm_mon) ||
	        !expect(&at, '-') || !digits(&at, 2, &tm.tm_mday))
		return HF_ERR_SYNTAX;
	if (!expect(&at, 'T') && !expect(&at, 't') && !expect(&at, ' '))
		return HF_ERR_SYNTAX;
	if (!digits(&at, 2, &tm.tm_hour) || !expect(&at, ':') || !digits(&at, 2, &tm.tm_min) ||
	        !expect(&at, ':') || !digits(&at, 2, &tm.tm_sec))
		return HF_ERR_SYNTAX;
	if (expect(&at, '.')) { /* fractions are cut off */
		int ignored;
		if (!digits(&at, 1, &ignored))
			return HF_ERR_SYNTAX;
		while (digits(&at, 1, &ignored))
			;
	}
	int offset;
	if (!parse_offset(&at, &offset) || *at != '\0')
		return HF_ERR_SYNTAX;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	hf_time time;
	enum hf_err err = from_calendar(&tm, &time);
	if (err != HF_OK)
		return err;
	*ret_time = time - offset;
	return HF_OK;
}

static enum hf_err parse_unix(const char *text, hf_time *ret_time)
{
	int64_t value = 0;
	const char *at = text;
	int digit;
	if (*at == '\0')
		return HF_ERR_SYNTAX;
	while (digits(&at, 1, &digit)) {
		value = value * 10 + digit;
		if (value > TIME_MAX)
			return HF_ERR_INVALID;
	}
	if (*at != '\0')
		return HF_ERR_SYNTAX;
	*ret_time = value;
	return HF_OK;
}

enum hf_err hf_time_parse(const char *text, hf_time now, hf_time *ret_time)
{
	if (strcmp(text, "now") == 0) {
		*ret_time = now;
		return HF_OK;
	}
	if (text[0] == '@')
		return parse_unix(text + 1, ret_time);
	if (strlen(text) == 14)
		return hf_time_parse_compact(text, ret_time);
	return parse_rfc3339(text, ret_time);
}

/* The calendar of a point; false when there is none, or its year has no four digits. */
static bool to_calendar(hf_time time, struct tm *ret_tm)
{
	if (time < TIME_MIN || time > TIME_MAX)
		return false;
	int64_t days = (time - TIME_MIN) / DAY + TIME_MIN / DAY;
	int seconds = (int)(time - days * DAY);
	date_of(days, ret_tm);
	ret_tm->tm_hour = seconds / 3600;
	ret_tm->tm_min = seconds / 60 % 60;
	ret_tm->tm_sec = seconds % 60;
	return true;
}

/* Writes `count` digits and returns what is behind them. */
static char *put_digits(char *at, int count, int value)
{
	for (int i = count; i-- > 0; value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + count;
}

/* Year to second, each but the last followed by its separator; none for 0. */
static char *put_calendar(const struct tm *tm, const char separators[5], char *at)
{
	const int values[] = {tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec};
	at = put_digits(at, 4, tm->tm_year + 1900);
	for (unsigned i = 0; i < 5; i++) {
		if (separators[i] != '\0')
			*at++ = separators[i];
		at = put_digits(at, 2, values[i]);
	}
	return at;
}

char *hf_time_rfc3339(hf_time time, char text[static HF_TIME_TEXT])
{
	static const char separators[5] = {'-', '-', 'T', ':', ':'};
	struct tm tm;
	if (!to_calendar(time, &tm))
		return strcpy(text, "-");
	strcpy(put_calendar(&tm, separators, text), "Z");
	return text;
}

char *hf_time_compact(hf_time time, char text[static HF_TIME_TEXT])
{
	static const char separators[5];
	struct tm tm;
	if (!to_calendar(time, &tm))
		return strcpy(text, "-");
	*put_calendar(&tm, separators, text) = '\0';
	return text;
}

hf_time hf_time_from_stamp(uint32_t stamp, hf_time near)
{
	/* The signed difference is the way to the nearest point with this stamp. */
	return near + (int32_t)(stamp - (uint32_t)near);
}

uint32_t hf_time_to_stamp(hf_time time)
{
	return (uint32_t)time;
}

bool hf_serial_before(uint32_t a, uint32_t b)
{
	return a != b && (uint32_t)(b - a) < UINT32_C(0x80000000);
}

static int64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	default:
		return 0;
	}
}

enum hf_err hf_span_parse(const char *text, int64_t *ret_seconds)
{
	int64_t total = 0;
	const char *at = text;
	do {
		int64_t value = 0;
		int digit, count = 0;
		for (; digits(&at, 1, &digit); count++) {
			value = value * 10 + digit;
			if (value > SPAN_MAX)
				return HF_ERR_SYNTAX;
		}
		/* A number without a unit is seconds, and has to be the last. */
		int64_t unit = *at == '\0' ? 1 : unit_seconds(*at++);
		if (count == 0 || unit == 0 || value > SPAN_MAX / unit)
			return HF_ERR_SYNTAX;
		total += value * unit;
		if (total > SPAN_MAX)
			return HF_ERR_SYNTAX;
	} while (*at != '\0');
	*ret_seconds = total;
	return HF_OK;
}

char *hf_span_text(int64_t seconds, char text[static HF_TIME_TEXT])
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
	uint64_t left = seconds < 0 ? -(uint64_t)seconds : (uint64_t)seconds;
	size_t i = 0;
	while (i < 3 && left < units[i].seconds)
		i++;
	int len = snprintf(text, HF_TIME_TEXT, "%s%" PRIu64 " %s", seconds < 0 ? "-" : "",
	        left / units[i].seconds, units[i].name);
	left %= units[i].seconds;
	if (i < 3 && left >= units[i + 1].seconds)
		snprintf(text + len, HF_TIME_TEXT - (size_t)len, " %" PRIu64 " %s",
		        left / units[i + 1].seconds, units[i + 1].name);
	return text;
}
