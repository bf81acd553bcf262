/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/drama_expect.h"

#include <stdlib.h>

static bool near(hf_time is, hf_time expected, int64_t within)
{
	return is != HF_TIME_NONE && llabs(is - expected) <= within;
}

/* Whether users fail at the times and in the part that are expected. */
static bool fails_as_expected(const struct hf_scenario_expect *expect, const struct hf_story *story)
{
	hf_time at;
	double part = 0;
	bool fails = hf_story_worst(story, &at, &part);
	if (expect->from == HF_TIME_NONE)
		return !fails;
	return fails && near(story->users.first, expect->from, expect->within) &&
	       near(story->users.last, expect->until, expect->within) && part >= expect->least &&
	       part <= expect->most;
}

static void put_expected(const struct hf_scenario_expect *expect, struct hf_buf *words)
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT], within[HF_TIME_TEXT];
	if (expect->from == HF_TIME_NONE) {
		hf_put_text(words, "nobody failed");
		return;
	}
	hf_put_format(words, "users failed from %s until %s, %s more or less",
	        hf_time_rfc3339(expect->from, from), hf_time_rfc3339(expect->until, until),
	        hf_span_text(expect->within, within));
	if (expect->least > 0 && expect->most < 1)
		hf_put_format(words, ", at worst %.4g to %.4g %% of the questions",
		        100 * expect->least, 100 * expect->most);
	else if (expect->least > 0)
		hf_put_format(
		        words, ", at worst %.4g %% of the questions or more", 100 * expect->least);
	else if (expect->most < 1)
		hf_put_format(
		        words, ", never more than %.4g %% of the questions", 100 * expect->most);
}

bool hf_drama_as_expected(
        const struct hf_scenario *scenario, const struct hf_drama *drama, struct hf_buf *words)
{
	const struct hf_scenario_expect *expect = &scenario->expect;
	for (size_t i = 0; i < scenario->unknown_count; i++) {
		if (scenario->unknowns[i].set)
			return true;
	}
	if (drama->guarded == NULL)
		return true;
	bool fails = fails_as_expected(expect, drama->happened);
	bool prevented = drama->guarded->users.first == HF_TIME_NONE;
	hf_put_text(
	        words, fails ? "This fits what is known: " : "This does not fit what is known: ");
	put_expected(expect, words);
	hf_put_text(words, ".");
	if (prevented != expect->prevented)
		hf_put_format(words, " The scenario says that Holdfast %s it, and here it %s.",
		        expect->prevented ? "prevents" : "does not prevent",
		        prevented ? "does" : "does not");
	return fails && prevented == expect->prevented;
}
