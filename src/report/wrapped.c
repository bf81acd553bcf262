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

void hf_put_wrapped(struct hf_buf *out, unsigned indent, const char *lead, const char *text)
{
	const struct hf_margins margins = {.width = HF_TEXT_WIDTH,
	        .indent = indent,
	        .column = indent + (unsigned)strlen(lead)};
	hf_put_format(out, "%*s%s", (int)indent, "", lead);
	hf_put_paragraph(out, &margins, text);
}
