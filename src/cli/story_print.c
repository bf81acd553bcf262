/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/story_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/outfile.h"
#include "cli/terminal.h"

#define WIDTH      80  /* of what is no terminal */
#define WIDTH_MOST 120 /* longer lines are hard to read */

/* Whether the locale is one of UTF-8, as POSIX says where to look. */
static bool is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		if (value != NULL && value[0] != 0)
			return strcasestr(value, "utf-8") != NULL ||
			       strcasestr(value, "utf8") != NULL;
	}
	return false;
}

static struct hf_story_view look_at_terminal(bool all)
{
	struct hf_story_view view = {.width = WIDTH};
	struct winsize size;
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	        size.ws_col > 0)
		view.width = size.ws_col < WIDTH_MOST ? size.ws_col : WIDTH_MOST;
	view.flags = (is_utf8() ? HF_STORY_UTF8 : 0) | (all ? HF_STORY_ALL : 0);
	return view;
}

static enum hf_err write_page(
        const struct hf_story_report *report, const char *path, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf page = {0};
	enum hf_err err = hf_story_html(report, &page);
	return err == HF_OK ? hf_outfile_put(path, 0666, &page, diag) : err;
}

enum hf_err hf_story_print(const struct hf_story_report *report,
        const struct hf_story_outputs *outputs, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	const struct hf_story_view view = look_at_terminal(outputs->all);
	enum hf_err err =
	        outputs->json ? hf_story_json(report, &text) : hf_story_text(report, &view, &text);
	if (err == HF_OK && outputs->html != NULL)
		err = write_page(report, outputs->html, diag);
	if (err != HF_OK)
		return err;
	hf_terminal_clear();
	fwrite(text.data, 1, text.len, stdout);
	return HF_OK;
}
