/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/story_common.h"
#include "report/wrapped.h"

enum hf_err hf_story_text(
        const struct hf_story_report *report, const struct hf_story_view *view, struct hf_buf *out)
{
	enum hf_err err = hf_story_report_check(report);
	if (err != HF_OK)
		return err;
	hf_put_wrapped(out, 0, "", report->title);
	hf_put_wrapped(out, 2, "", hf_story_report_verdict(report));
	for (size_t i = 0; i < report->story_count; i++) {
		const struct hf_story *story = report->stories[i];
		hf_put_format(out, "\n%s\n", story->title);
		for (size_t k = 0; k < story->count; k++) {
			char at[HF_TIME_TEXT];
			hf_put_format(out, "  %s  ", hf_time_rfc3339(story->moments[k].at, at));
			hf_put_wrapped(out, 0, "", story->moments[k].text);
		}
	}
	return hf_buf_check(out);
}
