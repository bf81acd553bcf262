/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/svgdraw.h"

#include <string.h>

static const char style[] =
        "<style>\n"
        "text { font: 12px 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace; "
        "fill: #111111 }\n"
        ".verdict { font-size: 20px; font-weight: bold }\n"
        ".zone { font-size: 15px; font-weight: bold }\n"
        ".strong { font-weight: bold }\n"
        ".quiet { font-size: 11px; fill: #555555 }\n"
        ".page { fill: #ffffff }\n"
        ".frame-good { fill: #fbfdfc; stroke: #3f6b53; stroke-width: 1.5 }\n"
        ".frame-bad { fill: #fff8f8; stroke: #b00020; stroke-width: 3; stroke-dasharray: 10 4 }\n"
        ".frame-idle { fill: #fcfcfc; stroke: #777777; stroke-width: 1.5; "
        "stroke-dasharray: 2 4 }\n"
        ".good { fill: #eef6f0; stroke: #14532d; stroke-width: 1.5 }\n"
        ".bad { fill: #fde8ea; stroke: #b00020; stroke-width: 2.5; stroke-dasharray: 6 3 }\n"
        ".idle { fill: #f4f4f4; stroke: #8a8a8a; stroke-width: 1 }\n"
        ".line-good { fill: none; stroke: #14532d; stroke-width: 1.5 }\n"
        ".line-bad { fill: none; stroke: #b00020; stroke-width: 2; stroke-dasharray: 6 4 }\n"
        ".line-idle { fill: none; stroke: #8a8a8a; stroke-width: 1; stroke-dasharray: 2 3 }\n"
        ".head-good { fill: #14532d }\n"
        ".head-bad, .cross { fill: none; stroke: #b00020; stroke-width: 3 }\n"
        ".head-idle { fill: #8a8a8a }\n"
        ".badge { fill: none; stroke: #444444; stroke-width: 2 }\n"
        ".words { fill: #fff8f8; stroke: #b00020; stroke-width: 1 }\n"
        ".words-calm { fill: #f7f7f7; stroke: #8a8a8a; stroke-width: 1 }\n"
        "@media screen and (prefers-color-scheme: dark) {\n"
        "text { fill: #e6eaef } .quiet { fill: #a2adb9 } .page { fill: #12161b }\n"
        ".frame-good { fill: #151c19; stroke: #6fa887 }\n"
        ".frame-bad { fill: #23181a; stroke: #ff7b78 }\n"
        ".frame-idle { fill: #171b20; stroke: #8b96a1 }\n"
        ".good { fill: #14291c; stroke: #86d9a2 } .bad { fill: #361a1c; stroke: #ff7b78 }\n"
        ".idle { fill: #1f252c; stroke: #8b96a1 }\n"
        ".line-good { stroke: #86d9a2 } .line-bad { stroke: #ff7b78 } .line-idle { stroke: "
        "#8b96a1 }\n"
        ".head-good { fill: #86d9a2 } .head-bad, .cross { stroke: #ff7b78 } .head-idle { fill: "
        "#8b96a1 }\n"
        ".badge { stroke: #b6c0cb } .words { fill: #23181a; stroke: #ff7b78 }\n"
        ".words-calm { fill: #1b2128; stroke: #8b96a1 } }\n"
        "</style>\n";

void hf_svg_put_escaped(struct hf_buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '&':
			hf_put_text(out, "&amp;");
			break;
		case '<':
			hf_put_text(out, "&lt;");
			break;
		case '>':
			hf_put_text(out, "&gt;");
			break;
		case '"':
			hf_put_text(out, "&quot;");
			break;
		case '\'':
			hf_put_text(out, "&#39;");
			break;
		default:
			hf_put_u8(out, text[i] >= ' ' && text[i] <= '~' ? (uint8_t)text[i] : '?');
			break;
		}
	}
}

void hf_svg_begin(struct hf_buf *out, int width, int height, const char *title)
{
	hf_put_format(out,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	        "viewBox=\"0 0 %d %d\" role=\"img\">\n<title>",
	        width, height, width, height);
	hf_svg_put_escaped(out, title, strlen(title));
	hf_put_text(out, "</title>\n");
	hf_put_text(out, style);
	hf_put_format(out, "<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", width, height);
}

void hf_svg_end(struct hf_buf *out)
{
	hf_put_text(out, "</svg>\n");
}

void hf_svg_put_text(
        struct hf_buf *out, struct hf_svg_place at, const char *class, const char *text, size_t len)
{
	hf_put_format(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", at.x, at.y, class);
	hf_svg_put_escaped(out, text, len);
	hf_put_text(out, "</text>\n");
}

void hf_svg_put_cross(struct hf_buf *out, struct hf_svg_place at)
{
	hf_put_format(out, "<path class=\"cross\" d=\"M%d %d l12 12 m0 -12 l-12 12\"/>\n", at.x - 6,
	        at.y - 6);
}

void hf_svg_put_head(
        struct hf_buf *out, struct hf_svg_place tip, enum hf_svg_way way, const char *class)
{
	hf_put_format(out,
	        way == HF_SVG_RIGHT ? "<path class=\"%s\" d=\"M%d %d l-9 -5 v10 z\"/>\n"
	                            : "<path class=\"%s\" d=\"M%d %d l-5 -9 h10 z\"/>\n",
	        class, tip.x, tip.y);
}
