/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes all forms of a sample of a report into a folder, as one run makes them: tell_story NAME
 * FOLDER. Without arguments, the names. The forms for a terminal are in text-WIDTH-FLAGS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story_sample.h"

static void put(const char *folder, const char *name, enum hf_err err, struct hf_buf *out)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = err == HF_OK ? fopen(path, "w") : NULL;
	if (file == NULL || fwrite(out->data, 1, out->len, file) != out->len || fclose(file) != 0) {
		fprintf(stderr, "tell_story: %s: %s\n", path, hf_err_text(err));
		exit(2);
	}
	hf_buf_done(out);
	*out = (struct hf_buf){0};
}

static void tell(enum story_kind kind, const char *folder)
{
	static const unsigned widths[] = {10, 60, 80, 106, 133};
	struct hf_buf out = {0};
	struct story_sample sample;
	story_sample_init(&sample, kind);
	put(folder, "json", hf_story_json(&sample.report, &out), &out);
	put(folder, "html", hf_story_html(&sample.report, &out), &out);
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		for (unsigned flags = 0; flags <= (HF_STORY_UTF8 | HF_STORY_ALL); flags++) {
			const struct hf_story_view view = {widths[i], flags};
			char name[32];
			snprintf(name, sizeof(name), "text-%u-%u", widths[i], flags);
			put(folder, name, hf_story_text(&sample.report, &view, &out), &out);
		}
	}
	story_sample_done(&sample);
}

int main(int argc, char **argv)
{
	for (int kind = 0; kind < STORY_KINDS; kind++) {
		if (argc < 3) {
			puts(story_name(kind));
		} else if (strcmp(argv[1], story_name(kind)) == 0) {
			tell(kind, argv[2]);
			return 0;
		}
	}
	return argc < 3 ? 0 : 2;
}
