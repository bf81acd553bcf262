/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/times.h"

static void parses_every_form(void **state)
{
	static const struct {
		const char *text;
		hf_time time;
	} good[] = {
	        {"19700101000000", 0},
	        {"20170825000000", 1503619200},
	        {"20380119031408", INT64_C(2147483648)},
	        {"21060207062816", INT64_C(4294967296)},
	        {"2017-08-25T00:00:00Z", 1503619200},
	        {"2017-08-25 02:30:00.123+02:30", 1503619200},
	        {"2017-08-24t23:00:00-01:00", 1503619200},
	        {"@1503619200", 1503619200},
	        {"@0", 0},
	        {"now", 42},
	        {"20240229120000", 1709208000},
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		hf_time time = -1;
		assert_int_equal(hf_time_parse(good[i].text, 42, &time), HF_OK);
		assert_int_equal(time, good[i].time);
	}
}

static void refuses_what_is_no_time(void **state)
{
	static const struct {
		const char *text;
		enum hf_err err;
	} bad[] = {
	        {"", HF_ERR_SYNTAX},
	        {"tomorrow", HF_ERR_SYNTAX},
	        {"2017082500000", HF_ERR_SYNTAX},
	        {"2017082500000x", HF_ERR_SYNTAX},
	        {"20170832000000", HF_ERR_INVALID},
	        {"20230229000000", HF_ERR_INVALID},
	        {"20170825240000", HF_ERR_INVALID},
	        {"2017-08-25T00:00:00", HF_ERR_SYNTAX},
	        {"2017-08-25T00:00:00+25:00", HF_ERR_SYNTAX},
	        {"2017-08-25T00:00:00Zx", HF_ERR_SYNTAX},
	        {"2017-02-30T00:00:00Z", HF_ERR_INVALID},
	        {"@", HF_ERR_SYNTAX},
	        {"@-1", HF_ERR_SYNTAX},
	        {"@99999999999999999999", HF_ERR_INVALID},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hf_time time = 7;
		assert_int_equal(hf_time_parse(bad[i].text, 0, &time), bad[i].err);
		assert_int_equal(time, 7);
	}
}

static void writes_what_it_reads(void **state)
{
	char text[HF_TIME_TEXT];
	for (hf_time time = 0; time < INT64_C(8000000000); time += 7654321) {
		hf_time again;
		assert_int_equal(hf_time_parse(hf_time_compact(time, text), 0, &again), HF_OK);
		assert_int_equal(again, time);
		assert_int_equal(hf_time_parse(hf_time_rfc3339(time, text), 0, &again), HF_OK);
		assert_int_equal(again, time);
	}
	assert_string_equal(hf_time_rfc3339(1503619200, text), "2017-08-25T00:00:00Z");
	assert_string_equal(hf_time_rfc3339(HF_TIME_NONE, text), "-");
	assert_string_equal(hf_time_compact(HF_TIME_NONE, text), "-");
}

static void stamps_wrap_around(void **state)
{
	/* For any near point, the stamp of a point within 68 years gives that point back. */
	static const hf_time near[] = {
	        0, 1503619200, INT64_C(2147483647), INT64_C(4294967296), INT64_C(6000000000)};
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		for (int64_t away = -INT64_C(2147483648); away < INT64_C(2147483648);
		        away += 99999989)
			assert_int_equal(
			        hf_time_from_stamp(hf_time_to_stamp(near[i] + away), near[i]),
			        near[i] + away);
	assert_true(hf_serial_before(1, 2));
	assert_true(hf_serial_before(0xffffffff, 0));
	assert_false(hf_serial_before(2, 1));
	assert_false(hf_serial_before(5, 5));
	assert_false(hf_serial_before(0, 0x80000000)); /* undefined in RFC 1982: not before */
}

static void spans(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {{"0", 0}, {"3600", 3600}, {"90m", 5400}, {"14d", 1209600}, {"1w2d12h", 820800},
	        {"1h30", 3630}, {"5s", 5}};
	int64_t seconds;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(hf_span_parse(good[i].text, &seconds), HF_OK);
		assert_int_equal(seconds, good[i].seconds);
	}
	static const char *const bad[] = {"", "x", "d", "-1", "1y", "1d ", "999999999999",
	        "99999999999999999999999", "40000d"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hf_span_parse(bad[i], &seconds), HF_ERR_SYNTAX);
	char text[HF_TIME_TEXT];
	assert_string_equal(hf_span_text(0, text), "0 s");
	assert_string_equal(hf_span_text(59, text), "59 s");
	assert_string_equal(hf_span_text(61, text), "1 min 1 s");
	assert_string_equal(hf_span_text(7200, text), "2 h");
	assert_string_equal(hf_span_text(-93600, text), "-1 d 2 h");
	assert_string_equal(hf_span_text(1209600, text), "14 d");
}

/* Every day of 10,000 years, at a second that moves on, against the C library's calendar. */
static void calendar_of_the_c_library(void **state)
{
	for (int64_t day = -719528, second = 0; day <= 2932896; day++) {
		second = (second + 4327) % 86400;
		time_t time = (time_t)(day * 86400 + second);
		struct tm tm;
		char want[32], text[HF_TIME_TEXT];
		hf_time back;
		assert_non_null(gmtime_r(&time, &tm));
		snprintf(want, sizeof(want), "%04d%02d%02d%02d%02d%02d", tm.tm_year + 1900,
		        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		assert_string_equal(hf_time_compact(time, text), want);
		assert_int_equal(hf_time_parse_compact(text, &back), HF_OK);
		assert_int_equal(back, time);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(parses_every_form),
	        cmocka_unit_test(refuses_what_is_no_time),
	        cmocka_unit_test(writes_what_it_reads),
	        cmocka_unit_test(calendar_of_the_c_library),
	        cmocka_unit_test(stamps_wrap_around),
	        cmocka_unit_test(spans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
