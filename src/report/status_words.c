/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/status_words.h"

#include <stdio.h>
#include <string.h>

#include "report/jsonread.h"
#include "report/status_text.h"

/* Bold, so that it is seen where colours are not. */
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define GREEN  "\033[1;32m"
#define PLAIN  "\033[0m"

static const struct {
	const char *word, *colour;
} states[HF_LINE_STATES] = {
        [HF_STATE_ALARM] = {"ALARM", RED},
        [HF_STATE_WAITS] = {"WAITS FOR YOU", YELLOW},
        [HF_STATE_HELD] = {"HELD", YELLOW},
        [HF_STATE_EMPTY] = {"EMPTY", YELLOW},
        [HF_STATE_GOOD] = {"GOOD", GREEN},
};

static void put_coloured(struct hf_buf *out, const char *word, const char *colour, unsigned flags)
{
	if (colour == NULL || (flags & HF_STATUS_COLOUR) == 0)
		hf_put_text(out, word);
	else
		hf_put_format(out, "%s%s%s", colour, word, PLAIN);
}

unsigned hf_status_put_state(struct hf_buf *out, enum hf_line_state state, unsigned flags)
{
	put_coloured(out, states[state].word, states[state].colour, flags);
	hf_put_text(out, "  ");
	return (unsigned)strlen(states[state].word) + 2;
}

void hf_status_put_word(struct hf_buf *out, const char *word, unsigned width, unsigned flags)
{
	static const struct {
		const char *word, *colour;
	} words[] = {
	        {"failed", RED},
	        {"waits", YELLOW},
	        {"NOT YET", YELLOW},
	        {"alarm", RED},
	        {"held", YELLOW},
	        {"empty", YELLOW},
	};
	const char *colour = NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) == 0)
			colour = words[i].colour;
	}
	put_coloured(out, word, colour, flags);
	size_t len = strlen(word);
	if (width > 0)
		hf_put_format(out, "%*s", len < width ? (int)(width - len) : 1, "");
}

void hf_status_put_cut(struct hf_buf *out, const char *text, size_t width)
{
	size_t len = strlen(text);
	if (len <= width)
		hf_put_text(out, text);
	else
		hf_put_format(out, "%.*s...", (int)(width - 3), text);
}

const char *hf_status_short_age(hf_time then, hf_time now, char room[static HF_TIME_TEXT])
{
	hf_age_text(then, now, room);
	char *unit = strchr(room, ' ');
	char *more = unit != NULL ? strchr(unit + 1, ' ') : NULL;
	if (more != NULL)
		*more = '\0';
	return room;
}
