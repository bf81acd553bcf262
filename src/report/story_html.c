/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/story_common.h"
#include "report/svgdraw.h"

enum hf_err hf_story_html(const struct hf_story_report *report, struct hf_buf *out)
{
	enum hf_err err = hf_story_report_check(report);
	if (err != HF_OK)
		return err;
	hf_put_text(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><title>");
	hf_svg_put_escaped(out, report->title, strlen(report->title));
	hf_put_text(out, "</title></head><body><p>");
	const char *verdict = hf_story_report_verdict(report);
	hf_svg_put_escaped(out, verdict, strlen(verdict));
	hf_put_text(out, "</p></body></html>\n");
	return hf_buf_check(out);
}
