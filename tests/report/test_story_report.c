/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of reports of simulated runs: axes, columns, rows, curves, figures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/chart_model.h"
#include "report/chart_ticks.h"
#include "report/story_compare.h"
#include "report/story_lines.h"
#include "report/story_page.h"
#include "report/story_rows.h"
#include "sim/random.h"

#define START INT64_C(1798761600) /* 2027-01-01T00:00:00Z */
#define DAY   INT64_C(86400)

/* ---- Axes ---- */

static void marks_of_values_are_round(void **state)
{
	struct hf_random random = {1};
	assert_true(hf_value_step(100, 4) == 50);
	assert_true(hf_value_step(1, 5) > 0.1999 && hf_value_step(1, 5) < 0.2001);
	assert_true(hf_value_step(0, 4) == 1 && hf_value_step(NAN, 4) == 1);
	for (int i = 0; i < 20000; i++) {
		double top = pow(10, 30 * hf_random_unit(&random) - 10);
		unsigned most = 2 + (unsigned)hf_random_below(&random, 8);
		double step = hf_value_step(top, most);
		double lead = step / pow(10, floor(log10(step) + 1e-9));
		assert_true(step * most >= top * (1 - 1e-6));
		/* Not much coarser than it has to be: the next finer step would be too fine. */
		assert_true(step / 2.5 * most < top * (1 + 1e-6));
		assert_true(
		        fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 || fabs(lead - 5) < 1e-6);
	}
}

static void marks_of_values_are_short(void **state)
{
	static const struct {
		double value;
		const char *unit, *text;
	} cases[] = {{0, "", "0"}, {1232, "bytes", "1,232"}, {1008, "", "1,008"}, {999, "", "999"},
	        {12000, "", "12 k"}, {5e6, "bytes", "5 M"}, {1.5e6, "", "1.5 M"},
	        {0.25, "%", "25 %"}, {0.0005, "%", "0.05 %"}, {2.5, "", "2.5"}};
	char room[HF_TICK_TEXT];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
		        hf_value_tick(cases[i].value, cases[i].unit, room), cases[i].text);
}

static void marks_of_time_are_in_order(void **state)
{
	struct hf_time_tick ticks[HF_TICKS];
	struct hf_random random = {2};
	for (int i = 0; i < 20000; i++) {
		hf_time from = (hf_time)hf_random_below(&random, 200 * 366 * (uint64_t)DAY) -
		               50 * 365 * DAY;
		int64_t span = (int64_t)pow(10, 3 + 7 * hf_random_unit(&random));
		size_t most = 2 + hf_random_below(&random, HF_TICKS - 1);
		size_t count = hf_time_ticks(from, from + span, most, ticks);
		assert_in_range(count, most >= 4 ? 1 : 0, most);
		for (size_t k = 0; k < count; k++) {
			assert_true(ticks[k].at >= from && ticks[k].at <= from + span);
			assert_true(k == 0 || ticks[k].at > ticks[k - 1].at);
			assert_true(strlen(ticks[k].label) >= 4);
		}
	}
}

static void marks_of_time_say_what_changes(void **state)
{
	struct hf_time_tick ticks[HF_TICKS];
	size_t count = hf_time_ticks(START - 3600, START + DAY, 6, ticks);
	assert_int_equal(count, 5);
	assert_string_equal(ticks[0].label, "00:00");
	assert_string_equal(ticks[0].below, "2027-01-01");
	assert_string_equal(ticks[1].label, "06:00");
	assert_string_equal(ticks[1].below, "");
	assert_string_equal(ticks[4].below, "2027-01-02");
	count = hf_time_ticks(START - 2 * DAY, START + 4 * DAY, 8, ticks);
	assert_int_equal(count, 7);
	assert_string_equal(ticks[0].label, "12-30");
	assert_string_equal(ticks[0].below, "2026");
	assert_string_equal(ticks[2].below, "2027");
	count = hf_time_ticks(START + DAY, START + 365 * DAY, 12, ticks);
	assert_int_equal(count, 12);
	assert_string_equal(ticks[0].label, "2027-02");
	count = hf_time_ticks(START, START + 3653 * DAY, 6, ticks);
	assert_int_equal(count, 5);
	assert_string_equal(ticks[0].label, "2028");
}

/* ---- Columns ---- */

/* A text of words, white space and bytes of all kinds. */
static char *scribble(struct hf_random *random, size_t len)
{
	static const char pieces[] = "abc DEF  \n\t.:-\x01\x1b\xc3\xbc\xff";
	char *text = malloc(len + 1);
	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = pieces[hf_random_below(random, sizeof(pieces) - 1)];
	text[len] = '\0';
	return text;
}

static bool is_plain(const struct hf_buf *out, size_t width)
{
	size_t column = 0;
	for (size_t i = 0; i < out->len; i++) {
		column = out->data[i] == '\n' ? 0 : column + 1;
		if (column > width ||
		        (out->data[i] != '\n' && (out->data[i] < ' ' || out->data[i] > '~')))
			return false;
	}
	return true;
}

/* Without white space. */
static void squash(char *text)
{
	char *to = text;
	for (; *text != '\0'; text++)
		if (*text != ' ' && *text != '\n')
			*to++ = *text;
	*to = '\0';
}

static void lines_keep_their_words_and_their_width(void **state)
{
	struct hf_random random = {3};
	for (int i = 0; i < 2000; i++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf lines = {0}, plain = {0};
		char *text = scribble(&random, hf_random_below(&random, 300));
		size_t width = 5 + hf_random_below(&random, 60);
		size_t hang = hf_random_below(&random, 4);
		hf_put_lines(&lines, width, hang, text);
		(void)hf_put_plain(&plain, text, SIZE_MAX);
		assert_true(is_plain(&lines, width));
		hf_put_u8(&lines, 0);
		hf_put_u8(&plain, 0);
		squash((char *)lines.data);
		squash((char *)plain.data);
		assert_string_equal((char *)lines.data, (char *)plain.data);
		free(text);
	}
}

static void letters_lose_their_accents(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	(void)hf_put_plain(&out, "\xc3\x80ngstr\xc3\xb6m \xc3\xbf\xc3 \xe2\x80\x93", SIZE_MAX);
	hf_put_u8(&out, 0);
	assert_string_equal((char *)out.data, "Angstrom y? ?");
}

static void lines_break_between_words(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	hf_put_lines(&out, 10, 2, "one two three abcdefghijklm z");
	hf_put_u8(&out, 0);
	assert_string_equal((char *)out.data, "one two\n  three\n  abcdefgh\n  ijklm z\n");
}

static void columns_stand_side_by_side(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf a = {0}, b = {0}, out = {0};
	hf_put_lines(&a, 5, 0, "aa bb cc");
	hf_put_lines(&b, 5, 0, "dd");
	hf_put_beside(&out, 6, &a, &b);
	hf_put_u8(&out, 0);
	assert_string_equal((char *)out.data, "aa bb  | dd\ncc     |\n");
}

static void tables_fit(void **state)
{
	struct hf_random random = {4};
	for (int i = 0; i < 300; i++) {
		HF_CLEANUP(hf_story_table_done) struct hf_story_table table = {0};
		HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
		char *texts[HF_STORY_COLUMNS];
		size_t columns = 1 + hf_random_below(&random, HF_STORY_COLUMNS);
		size_t width = HF_STORY_WIDTH_LEAST + hf_random_below(&random, 60);
		for (size_t k = 0; k < columns; k++)
			texts[k] = scribble(&random, hf_random_below(&random, 40));
		hf_story_table_head(&table, "a caption", (const char *const *)texts, columns);
		for (size_t k = 0; k < 4 * columns; k++) {
			if (hf_random_below(&random, 2) == 0)
				hf_story_table_put_text(&table, texts[k % columns]);
			else
				hf_story_table_put_number(&table, 1e9 * hf_random_unit(&random));
		}
		assert_int_equal(hf_story_table_check(&table), HF_OK);
		hf_put_table(&out, width, &table);
		assert_true(is_plain(&out, width));
		for (size_t k = 0; k < columns; k++)
			free(texts[k]);
	}
}

static void a_table_says_what_is_in_it(void **state)
{
	static const char *const columns[] = {"zone", "questions"};
	HF_CLEANUP(hf_story_table_done) struct hf_story_table table = {0};
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	hf_story_table_head(&table, "Questions", columns, 2);
	hf_story_table_put_text(&table, "example.");
	hf_story_table_put_number(&table, 313600);
	hf_story_table_put_text(&table, ".");
	hf_story_table_put_number(&table, 4.5);
	hf_story_table_put_note(&table, "Counted.");
	hf_put_table(&out, 80, &table);
	hf_put_u8(&out, 0);
	assert_string_equal((char *)out.data, "Questions\n"
	                                      "  zone      questions\n"
	                                      "  -------------------\n"
	                                      "  example.    313,600\n"
	                                      "  .               4.5\n"
	                                      "  Counted.\n");
}

/* ---- Rows of two stories ---- */

static struct hf_story *story_of(struct hf_random *random, size_t moments)
{
	static const char *const texts[] = {"a", "b", "c"};
	struct hf_story *story;
	assert_int_equal(hf_story_new("a story", START, START + 10, &story), HF_OK);
	for (size_t i = 0; i < moments; i++)
		assert_int_equal(hf_story_tell(story, START + (hf_time)hf_random_below(random, 6),
		                         (enum hf_moment_kind)hf_random_below(random, 2), "%s",
		                         texts[hf_random_below(random, 3)]),
		        HF_OK);
	return story;
}

static void every_moment_is_in_one_row(void **state)
{
	struct hf_random random = {5};
	for (int i = 0; i < 3000; i++) {
		HF_CLEANUP(hf_story_rows_done) struct hf_story_rows rows = {0};
		struct hf_story *left = story_of(&random, hf_random_below(&random, 12));
		struct hf_story *right = story_of(&random, hf_random_below(&random, 12));
		assert_int_equal(hf_story_rows_make(left, right, &rows), HF_OK);
		size_t lefts = 0, rights = 0;
		for (size_t k = 0; k < rows.count; k++) {
			const struct hf_story_row *row = &rows.list[k];
			assert_true(k == 0 || rows.list[k - 1].at <= row->at);
			if (row->left != NULL)
				assert_ptr_equal(row->left, &left->moments[lefts++]);
			if (row->right != NULL)
				assert_ptr_equal(row->right, &right->moments[rights++]);
			assert_true(row->left == NULL || row->left->at == row->at);
			assert_true(row->right == NULL || row->right->at == row->at);
			if (row->shared)
				assert_string_equal(row->left->text, row->right->text);
		}
		assert_int_equal(lefts, left->count);
		assert_int_equal(rights, right->count);
		hf_story_free(left);
		hf_story_free(right);
	}
}

static void what_matters_is_shown(void **state)
{
	struct hf_story *story;
	bool shown[400];
	assert_int_equal(hf_story_new("long", START, START + 400, &story), HF_OK);
	for (int i = 0; i < 400; i++)
		assert_int_equal(hf_story_tell(story, START + i,
		                         i == 200 ? HF_MOMENT_REFUSED : HF_MOMENT_STEP, "%d", i),
		        HF_OK);
	HF_CLEANUP(hf_story_rows_done) struct hf_story_rows rows = {0};
	assert_int_equal(hf_story_rows_make(story, NULL, &rows), HF_OK);
	assert_int_equal(hf_story_rows_choose(&rows, 400, shown), 0);
	assert_int_equal(hf_story_rows_choose(&rows, 40, shown), 400 - 12);
	assert_true(shown[0] && shown[9] && !shown[10] && shown[200] && shown[399]);
	/* Too many that matter: the first and the last. */
	for (int i = 0; i < 400; i++)
		story->moments[i].go = true;
	assert_int_equal(hf_story_rows_choose(&rows, 40, shown), 400 - 30);
	assert_true(shown[19] && !shown[20] && !shown[389] && shown[390]);
	hf_story_free(story);
}

/* ---- Curves and figures ---- */

/* A story with a curve of random points. */
static struct hf_story *curve(struct hf_random *random, const char *title)
{
	struct hf_story *story;
	hf_time at = START;
	assert_int_equal(hf_story_new(title, START, START + 1000, &story), HF_OK);
	for (unsigned i = 0; i < 30; i++) {
		at += 1 + (hf_time)hf_random_below(random, 30);
		assert_int_equal(hf_story_plot(story, "curve", "bytes", 0, at,
		                         (double)hf_random_below(random, 100)),
		        HF_OK);
	}
	return story;
}

/* The largest value that the curve has in a second of a stretch, looked at one by one. */
static double largest(const struct hf_story_series *series, hf_time from, hf_time until)
{
	double most = NAN;
	for (hf_time at = from; at < until && at < START + 1000; at++) {
		double value = NAN;
		for (size_t i = 0; i < series->count && series->points[i].at <= at; i++)
			value = series->points[i].value;
		most = fmax(most, value);
	}
	return most;
}

static void curves_are_read_right(void **state)
{
	struct hf_random random = {6};
	struct hf_story *stories[] = {curve(&random, "one"), curve(&random, "other")};
	const struct hf_story_report report = {
	        .title = "curves", .stories = stories, .story_count = 2};
	HF_CLEANUP(hf_charts_done) struct hf_charts charts = {0};
	assert_int_equal(hf_charts_make(&report, &charts), HF_OK);
	assert_int_equal(charts.count, 1);
	assert_int_equal(charts.list[0].count, 2);
	assert_int_equal(charts.from, START);
	assert_int_equal(charts.until, START + 1000);
	for (int i = 0; i < 3000; i++) {
		const size_t which = hf_random_below(&random, 2);
		hf_time from = START + (hf_time)hf_random_below(&random, 1100);
		hf_time until = from + 1 + (hf_time)hf_random_below(&random, 60);
		double want = largest(&stories[which]->series[0], from, until);
		double got = hf_chart_value(&charts.list[0].lines[which], from, until);
		assert_true(want == got || (isnan(want) && isnan(got)));
	}
	hf_story_free(stories[0]);
	hf_story_free(stories[1]);
}

static void figures_are_compared_by_name(void **state)
{
	struct hf_random random = {7};
	struct hf_story *stories[] = {curve(&random, "one"), curve(&random, "other")};
	const struct hf_story_report report = {
	        .title = "figures", .stories = stories, .story_count = 2};
	HF_CLEANUP(hf_compare_done) struct hf_compare compare = {0};
	HF_CLEANUP(hf_story_table_done) struct hf_story_table table = {0};
	assert_int_equal(hf_story_figure(stories[1], "only here", "seconds", 90), HF_OK);
	assert_int_equal(hf_story_figure(stories[0], "both", "bytes", 1), HF_OK);
	assert_int_equal(hf_story_figure(stories[1], "both", "bytes", 2e6), HF_OK);
	assert_int_equal(hf_compare_make(&report, &compare), HF_OK);
	assert_int_equal(compare.count, 3);
	assert_string_equal(compare.rows[0].name, "curve, at most");
	assert_true(
	        compare.rows[0].values[0] == largest(&stories[0]->series[0], START, START + 1000));
	assert_string_equal(compare.rows[1].name, "both");
	assert_true(compare.rows[1].values[0] == 1 && compare.rows[1].values[1] == 2e6);
	assert_true(isnan(compare.rows[2].values[0]) && compare.rows[2].values[1] == 90);
	assert_int_equal(hf_compare_table(&compare, &report, 0, &table), HF_OK);
	assert_string_equal(table.columns[2], "other");
	assert_string_equal(table.cells[5].text, "2.0 MB");
	assert_string_equal(table.cells[7].text, "-");
	assert_string_equal(table.cells[8].text, "1 min 30 s");
	hf_story_free(stories[0]);
	hf_story_free(stories[1]);
}

static void numbers_are_for_people(void **state)
{
	static const struct {
		double value;
		const char *unit, *text;
	} cases[] = {{0, "", "0"}, {1234567, "questions", "1,234,567"}, {-1234, "", "-1,234"},
	        {0.126, "", "0.13"}, {5.5, "", "5.5"}, {-0.001, "", "0"}, {1234.56, "", "1,235"},
	        {45.714, "", "45.7"}, {0.126, "%", "13 %"}, {0.0123, "%", "1.2 %"},
	        {1, "%", "100 %"}, {0, "%", "0 %"}, {1232, "bytes", "1,232 B"},
	        {184000000, "bytes", "184 MB"}, {12345, "bytes", "12.3 kB"},
	        {0.0004, "%", "0.04 %"}, {1e-9, "%", "under 0.01 %"}, {93784, "seconds", "1 d 2 h"},
	        {1e300, "", "1e+300"}};
	char room[HF_FIGURE_TEXT];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
		        hf_figure_text(cases[i].value, cases[i].unit, room), cases[i].text);
	assert_string_equal(hf_compare_text(NAN, "", room), "-");
	assert_string_equal(
	        hf_compare_text((double)START, HF_COMPARE_TIME, room), "2027-01-01 00:00:00");
}

/* ---- Pages, and what is refused ---- */

static void text_in_pages_is_text(void **state)
{
	static const struct {
		const char *text, *escaped;
	} cases[] = {{"<a href='x'>&\"", "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"},
	        {"Z\xc3\xbcrich \xe2\x80\x93 \xf0\x9f\x8c\x8a",
	                "Z\xc3\xbcrich \xe2\x80\x93 \xf0\x9f\x8c\x8a"},
	        {"\x1b[2J\r\n\t\x7f", "?[2J   ?"},
	        /* No UTF-8: too long a form, half a pair, cut short, alone, too large. */
	        {"\xc0\xaf \xed\xa0\x80 \xc3", "?? ??? ?"}, {"\xbc\xf5\x90", "???"},
	        /* Writing turned round; a character that no XML may have. */
	        {"a\xe2\x80\xae"
	         "b\xef\xbf\xbf",
	                "a?b?"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
		hf_page_put(&out, cases[i].text);
		hf_put_u8(&out, 0);
		assert_string_equal((char *)out.data, cases[i].escaped);
	}
}

static void reports_that_are_none_are_refused(void **state)
{
	const struct hf_story_view view = {.width = 80};
	struct hf_story_table table = {0};
	struct hf_story *story;
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	assert_int_equal(hf_story_new("a story", START, START, &story), HF_OK);
	struct hf_story_report report = {.title = "none", .stories = &story};
	for (unsigned i = 0; i < 3; i++) {
		report.story_count = (const size_t[]){0, HF_STORY_REPORT_STORIES + 1, 1}[i];
		report.tables = &table;
		report.table_count = 1;
		assert_int_equal(hf_story_text(&report, &view, &out), HF_ERR_INVALID);
		assert_int_equal(hf_story_json(&report, &out), HF_ERR_INVALID);
		assert_int_equal(hf_story_html(&report, &out), HF_ERR_INVALID);
	}
	assert_int_equal(out.len, 0);
	hf_story_free(story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(marks_of_values_are_round),
	        cmocka_unit_test(marks_of_values_are_short),
	        cmocka_unit_test(marks_of_time_are_in_order),
	        cmocka_unit_test(marks_of_time_say_what_changes),
	        cmocka_unit_test(lines_keep_their_words_and_their_width),
	        cmocka_unit_test(letters_lose_their_accents),
	        cmocka_unit_test(lines_break_between_words),
	        cmocka_unit_test(columns_stand_side_by_side),
	        cmocka_unit_test(tables_fit),
	        cmocka_unit_test(a_table_says_what_is_in_it),
	        cmocka_unit_test(every_moment_is_in_one_row),
	        cmocka_unit_test(what_matters_is_shown),
	        cmocka_unit_test(curves_are_read_right),
	        cmocka_unit_test(figures_are_compared_by_name),
	        cmocka_unit_test(numbers_are_for_people),
	        cmocka_unit_test(text_in_pages_is_text),
	        cmocka_unit_test(reports_that_are_none_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
