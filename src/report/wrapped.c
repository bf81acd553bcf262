/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/wrapped.h"

#include <string.h>

static void put_word(struct hf_buf *out, const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hf_put_u8(out, word[i] == HF_HARD_SPACE[0] ? ' ' : (uint8_t)word[i]);
}

void hf_put_paragraph(struct hf_buf *out, const struct hf_margins *margins, const char *text)
{
	size_t column = margins->column;
	bool first = true; /* on its line */
	for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");
		if (!first && column + 1 + len > margins->width) {
			hf_put_format(out, "\n%*s", (int)margins->indent, "");
			column = margins->indent;
			first = true;
		}
		if (!first)
			hf_put_text(out, " ");
		put_word(out, text, len);
		column += len + (first ? 0 : 1);
		first = false;
		text += len;
	}
	hf_put_text(out, "\n");
}

/* Words from a column on; further lines are indented. */
static void put_words(struct hf_buf *out, size_t column, unsigned indent, const char *text)
{
	bool first = true;
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		if (!first && column + 1 + len > HF_TEXT_WIDTH) {
			hf_put_format(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		hf_put_format(out, "%s%.*s", first ? "" : " ", (int)len, text);
		column += len + (first ? 0 : 1);
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	hf_put_text(out, "\n");
}

void hf_put_wrapped(struct hf_buf *out, unsigned indent, const char *lead, const char *text)
{
	hf_put_format(out, "%*s%s", (int)indent, "", lead);
	put_words(out, indent + strlen(lead), indent, text);
}

void hf_put_item(struct hf_buf *out, unsigned indent, const char *text)
{
	hf_put_format(out, "%*s- ", (int)indent, "");
	put_words(out, indent + 2, indent + 2, text);
}
