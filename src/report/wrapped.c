/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/wrapped.h"

#include <string.h>

void hf_put_wrapped(struct hf_buf *out, unsigned indent, const char *lead, const char *text)
{
	hf_put_format(out, "%*s%s", (int)indent, "", lead);
	size_t column = indent + strlen(lead);
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
