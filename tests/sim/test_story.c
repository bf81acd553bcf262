/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON ((hf_time)1800000000)

static struct hf_story *story_of(int64_t seconds)
{
	struct hf_story *story;
	assert_int_equal(hf_story_new("a story", NOON, NOON + seconds, &story), HF_OK);
	return story;
}

static void moments_are_in_order(void **state)
{
	struct hf_story *story = story_of(100);
	const int at[] = {50, 10, 50, 0, 90, 10};
	for (int i = 0; i < 6; i++)
		assert_int_equal(
		        hf_story_tell(story, NOON + at[i], HF_MOMENT_STEP, "%d", i), HF_OK);
	static const char *const order[] = {"3", "1", "5", "0", "2", "4"};
	assert_int_equal(story->count, 6);
	for (int i = 0; i < 6; i++)
		assert_string_equal(story->moments[i].text, order[i]);
	hf_story_free(story);
}

static void series_keep_their_points(void **state)
{
	struct hf_story *story = story_of(100);
	assert_int_equal(hf_story_plot(story, "a", "bytes", 1232, NOON, 1), HF_OK);
	assert_int_equal(hf_story_plot(story, "b", "records", 0, NOON, 2), HF_OK);
	assert_int_equal(hf_story_plot(story, "a", "bytes", 1232, NOON + 5, 3), HF_OK);
	/* Of one moment the last value counts; time does not go back. */
	assert_int_equal(hf_story_plot(story, "a", "bytes", 1232, NOON + 5, 4), HF_OK);
	assert_int_equal(hf_story_plot(story, "a", "bytes", 1232, NOON + 4, 9), HF_ERR_INVALID);
	assert_int_equal(story->series_count, 2);
	assert_int_equal(story->series[0].count, 2);
	assert_true(story->series[0].points[1].value == 4);
	char name[2] = "c";
	for (; story->series_count < HF_STORY_SERIES; name[0]++)
		assert_int_equal(hf_story_plot(story, name, "", 0, NOON, 0), HF_OK);
	assert_int_equal(hf_story_plot(story, name, "", 0, NOON, 0), HF_ERR_LIMIT);
	hf_story_free(story);
}

static struct hf_population_measures measures(void)
{
	struct hf_population_measures users = {.from = NOON,
	        .until = NOON + 3 * 3600,
	        .count = 3,
	        .step = 3600,
	        .users = 1000,
	        .first = HF_TIME_NONE,
	        .last = HF_TIME_NONE};
	users.buckets = calloc(3, sizeof(*users.buckets));
	assert_non_null(users.buckets);
	return users;
}

static void the_verdict_says_who_failed(void **state)
{
	struct hf_story *story = story_of(3 * 3600);
	struct hf_population_measures users = measures();
	assert_int_equal(hf_story_users(story, &users), HF_OK);
	assert_false(story->failed);
	assert_string_equal(story->verdict, "no user failed because of the zone");
	users = measures();
	users.first = NOON + 60;
	users.last = NOON + 7200;
	users.buckets[0].failed = 100;
	users.buckets[1].failed = 250;
	users.causes[HF_SCENE_EXPIRED] = 350;
	assert_int_equal(hf_story_users(story, &users), HF_OK);
	assert_true(story->failed);
	assert_non_null(strstr(story->verdict, "at worst 25 % of the questions"));
	assert_non_null(strstr(story->verdict, hf_scene_verdict_name(HF_SCENE_EXPIRED)));
	hf_time worst;
	double part;
	assert_true(hf_story_worst(story, &worst, &part));
	assert_int_equal(worst, NOON + 3600);
	assert_int_equal(story->count, 3);
	/* Nobody asked in the last second, but whoever asked last failed. */
	users = measures();
	users.first = NOON + 60;
	users.last = NOON + 3 * 3600 - 2;
	users.buckets[2].failed = 100;
	assert_int_equal(hf_story_users(story, &users), HF_OK);
	assert_non_null(strstr(story->verdict, "and still do at"));
	assert_int_equal(story->count, 5);
	hf_story_free(story);
}

static void figures_are_known_by_their_names(void **state)
{
	struct hf_story *story = story_of(100);
	assert_int_equal(hf_story_figure(story, "a", "bytes", 1), HF_OK);
	assert_int_equal(hf_story_figure(story, "b", "", 2), HF_OK);
	assert_int_equal(hf_story_figure(story, "a", "bytes", 3), HF_OK);
	assert_int_equal(story->figure_count, 2);
	assert_true(story->figures[0].value == 3);
	char name[2] = "c";
	for (; story->figure_count < HF_STORY_FIGURES; name[0]++)
		assert_int_equal(hf_story_figure(story, name, "", 0), HF_OK);
	assert_int_equal(hf_story_figure(story, name, "", 0), HF_ERR_LIMIT);
	hf_story_free(story);
}

static void tables_are_whole_or_refused(void **state)
{
	static const char *const columns[HF_STORY_COLUMNS + 1] = {"zone", "questions"};
	struct hf_story *story = story_of(100);
	struct hf_story_table table = {0};
	assert_int_equal(hf_story_add_table(story, &table), HF_ERR_INVALID);
	hf_story_table_head(&table, "too wide", columns, HF_STORY_COLUMNS + 1);
	assert_int_equal(hf_story_add_table(story, &table), HF_ERR_INVALID);
	hf_story_table_head(&table, "questions by zone", columns, 2);
	hf_story_table_put_text(&table, "example.");
	assert_int_equal(hf_story_add_table(story, &table), HF_ERR_INVALID);
	hf_story_table_put_number(&table, 844);
	hf_story_table_put_note(&table, "Counted.");
	assert_int_equal(hf_story_add_table(story, &table), HF_OK);
	assert_null(table.cells);
	assert_int_equal(story->table_count, 1);
	assert_string_equal(story->tables[0].cells[0].text, "example.");
	assert_null(story->tables[0].cells[1].text);
	assert_true(story->tables[0].cells[1].number == 844);
	assert_string_equal(story->tables[0].note, "Counted.");
	for (size_t i = 1; i <= HF_STORY_TABLES; i++) {
		hf_story_table_head(&table, "another", columns, 1);
		assert_int_equal(hf_story_add_table(story, &table),
		        i < HF_STORY_TABLES ? HF_OK : HF_ERR_LIMIT);
	}
	hf_story_table_done(&table);
	hf_story_free(story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(moments_are_in_order),
	        cmocka_unit_test(series_keep_their_points),
	        cmocka_unit_test(the_verdict_says_who_failed),
	        cmocka_unit_test(figures_are_known_by_their_names),
	        cmocka_unit_test(tables_are_whole_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
