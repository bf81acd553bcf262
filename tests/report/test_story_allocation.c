/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in stories and their reports: HF_ERR_NOMEM or the whole result, and no leak.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "story_sample.h"

static enum hf_err tell(struct hf_story *story)
{
	enum hf_err err = HF_OK;
	for (hf_time at = 0; at < 20 && err == HF_OK; at++)
		err = hf_story_tell(story, 20 - at, HF_MOMENT_STEP, "moment %d", (int)at);
	for (hf_time at = 0; at < 20 && err == HF_OK; at++)
		err = hf_story_plot(story, "curve", "bytes", 1232, at, (double)at);
	if (err == HF_OK)
		err = hf_story_figure(story, "figure", "seconds", 7);
	return err;
}

static enum hf_err add_table(struct hf_story *story)
{
	static const char *const columns[] = {"one", "two"};
	struct hf_story_table table = {0};
	hf_story_table_head(&table, "a table", columns, 2);
	for (unsigned i = 0; i < 20; i++) {
		hf_story_table_put_text(&table, "text");
		hf_story_table_put_number(&table, i);
	}
	hf_story_table_put_note(&table, "note");
	enum hf_err err = hf_story_add_table(story, &table);
	hf_story_table_done(&table);
	return err;
}

static enum hf_err make_story(const void *context)
{
	struct hf_story *story;
	enum hf_err err = hf_story_new("a story", 0, 20, &story);
	if (err != HF_OK)
		return err;
	err = tell(story);
	if (err == HF_OK)
		err = add_table(story);
	hf_story_free(story);
	return err;
}

static void stories(void **state)
{
	sweep("story", make_story, NULL, HF_OK);
}

static enum hf_err make_text(const void *context)
{
	const struct hf_story_view view = {.width = 80};
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	return hf_story_text(context, &view, &out);
}

static enum hf_err make_page(const void *context)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	enum hf_err err = hf_story_json(context, &out);
	return err == HF_OK ? hf_story_html(context, &out) : err;
}

static void reports(void **state)
{
	static const enum story_kind kinds[] = {STORY_EARLY, STORY_HOSTILE};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct story_sample sample;
		story_sample_init(&sample, kinds[i]);
		sweep("text", make_text, &sample.report, HF_OK);
		sweep("JSON and HTML", make_page, &sample.report, HF_OK);
		story_sample_done(&sample);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(stories),
	        cmocka_unit_test(reports),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
