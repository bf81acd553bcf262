/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints a sample of a report: tell_story NAME (json | html | text WIDTH FLAGS). Without arguments,
 * the names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story_sample.h"

static int tell(enum story_kind kind, int argc, char **argv)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	struct story_sample sample;
	enum hf_err err = HF_ERR_INVALID;
	story_sample_init(&sample, kind);
	if (strcmp(argv[2], "json") == 0) {
		err = hf_story_json(&sample.report, &out);
	} else if (strcmp(argv[2], "html") == 0) {
		err = hf_story_html(&sample.report, &out);
	} else if (argc == 5) {
		const struct hf_story_view view = {
		        (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4])};
		err = hf_story_text(&sample.report, &view, &out);
	}
	fwrite(out.data, 1, out.len, stdout);
	story_sample_done(&sample);
	return err == HF_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	for (int kind = 0; kind < STORY_KINDS; kind++) {
		if (argc < 3)
			puts(story_name(kind));
		else if (strcmp(argv[1], story_name(kind)) == 0)
			return tell(kind, argc, argv);
	}
	return argc < 3 ? 0 : 2;
}
