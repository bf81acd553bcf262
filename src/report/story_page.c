/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/story_page.h"

#include <math.h>
#include <stdio.h>

/* ---- Escaped text ---- */

/* The character at a place in UTF-8, and its length; 0: there is none. */
static uint32_t character(const unsigned char *at, size_t *ret_len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	*ret_len = 1;
	if (len == 0 || at[0] > 0xf4)
		return 0;
	uint32_t value = len == 1 ? at[0] : at[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (at[i] & 0x3f);
	}
	if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*ret_len = len;
	return value;
}

/* No control, nothing that turns the direction of writing, no private or special character. */
static bool can_stand(uint32_t value)
{
	if (value < 0xa0)
		return value >= ' ' && value <= '~';
	return value != 0xad && (value < 0x200b || value > 0x200f) &&
	       (value < 0x2028 || value > 0x202e) && (value < 0x2060 || value > 0x206f) &&
	       value != 0x061c && value != 0xfeff && (value & 0xfffe) != 0xfffe &&
	       (value < 0xe000 || value > 0xf8ff) && (value < 0xfff0 || value > 0xffff) &&
	       value < 0xe0000;
}

void hf_page_put(struct hf_buf *out, const char *text)
{
	size_t len;
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at += len) {
		uint32_t value = character(at, &len);
		if (value == '&')
			hf_put_text(out, "&amp;");
		else if (value == '<')
			hf_put_text(out, "&lt;");
		else if (value == '>')
			hf_put_text(out, "&gt;");
		else if (value == '"')
			hf_put_text(out, "&quot;");
		else if (value == '\'')
			hf_put_text(out, "&#39;");
		else if (value >= '\t' && value <= '\r')
			hf_put_text(out, " ");
		else if (can_stand(value))
			hf_put_bytes(out, at, len);
		else
			hf_put_text(out, "?");
	}
}

void hf_page_put_element(struct hf_buf *out, const char *tag, const char *text)
{
	hf_put_format(out, "<%s>", tag);
	hf_page_put(out, text);
	hf_put_format(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

/* ---- Pieces ---- */

void hf_page_put_time(struct hf_buf *out, hf_time at)
{
	char text[HF_TIME_TEXT];
	hf_time_rfc3339(at, text);
	hf_put_format(out, "<time datetime=\"%s\">%.10s %.8s</time>", text, text, text + 11);
}

void hf_page_put_value(struct hf_buf *out, double value, const char *unit)
{
	char room[HF_FIGURE_TEXT];
	if (isnan(value))
		hf_put_text(out, "\xe2\x80\x93");
	else if (strcmp(unit, HF_COMPARE_TIME) == 0)
		hf_page_put_time(out, (hf_time)value);
	else
		hf_put_format(out, "<data value=\"%.17g\">%s</data>", value,
		        hf_figure_text(value, unit, room));
}

static bool is_number_column(const struct hf_story_table *table, size_t column)
{
	for (size_t i = column; i < table->count; i += table->column_count)
		if (table->cells[i].text != NULL)
			return false;
	return table->count > 0;
}

void hf_page_put_table(struct hf_buf *out, const struct hf_story_table *table)
{
	bool numbers[HF_STORY_COLUMNS] = {false};
	hf_put_text(out, "<div class=\"wide\"><table>\n");
	hf_page_put_element(out, "caption", table->caption);
	hf_put_text(out, "<thead><tr>");
	for (size_t i = 0; i < table->column_count; i++) {
		numbers[i] = is_number_column(table, i);
		hf_page_put_element(out,
		        numbers[i] ? "th scope=\"col\" class=\"number\"" : "th scope=\"col\"",
		        table->columns[i]);
	}
	hf_put_text(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < table->count; i++) {
		size_t column = i % table->column_count;
		hf_put_format(out, "%s<td%s>", column == 0 ? "<tr>" : "",
		        numbers[column] ? " class=\"number\"" : "");
		if (table->cells[i].text != NULL)
			hf_page_put(out, table->cells[i].text);
		else
			hf_page_put_value(out, table->cells[i].number, "");
		hf_put_text(out, column + 1 == table->column_count ? "</td></tr>\n" : "</td>");
	}
	hf_put_text(out, "</tbody></table></div>\n");
	if (table->note != NULL)
		hf_page_put_element(out, "p class=\"below\"", table->note);
}

/* ---- The page ---- */

static const char style_page[] =
        ":root { color-scheme: light dark;\n"
        "--paper: #ffffff; --ink: #1a1d21; --soft: #57606a; --rule: #d0d7de; --tint: #f4f6f8;\n"
        "--good: #14532d; --good-tint: #ecf6ef; --bad: #a01217; --bad-tint: #fdeeee;\n"
        "--warn: #7a4a00; --warn-tint: #fdf4e3;\n"
        "--c0: #b3400e; --c1: #175cb8; --c2: #1b7a3d; --c3: #7b3fa0; --c4: #7d6200;\n"
        "--c5: #00717a; --c6: #b0206a; --c7: #4d5560 }\n"
        "@media screen and (prefers-color-scheme: dark) { :root {\n"
        "--paper: #12161b; --ink: #e6eaef; --soft: #a2adb9; --rule: #38424d; --tint: #1b2128;\n"
        "--good: #86d9a2; --good-tint: #14291c; --bad: #ff9d98; --bad-tint: #361a1c;\n"
        "--warn: #f0c06a; --warn-tint: #31260f;\n"
        "--c0: #ff9a5c; --c1: #74b3ff; --c2: #7fd69b; --c3: #cfa0f0; --c4: #dfc35a;\n"
        "--c5: #5fd0d8; --c6: #ff8fc4; --c7: #b6c0cb } }\n"
        "* { box-sizing: border-box }\n"
        "html { -webkit-text-size-adjust: 100% }\n"
        "body { margin: 0; background: var(--paper); color: var(--ink);\n"
        "font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', "
        "sans-serif; overflow-wrap: anywhere }\n"
        "header, main, footer, nav { max-width: 1060px; margin: 0 auto; padding: 0 24px }\n"
        "header { padding-top: 28px }\n"
        "h1 { font-size: 28px; line-height: 1.25; margin: 0 0 4px }\n"
        "h2 { font-size: 21px; line-height: 1.3; margin: 44px 0 12px; padding-top: 14px;\n"
        "border-top: 1px solid var(--rule) }\n"
        "h3 { font-size: 17px; margin: 26px 0 8px }\n"
        "p { margin: 0 0 10px }\n"
        ".subject, .below, .source, footer { color: var(--soft) }\n"
        ".below, .source, footer { font-size: 14px }\n"
        "nav ul { list-style: none; margin: 18px 0 0; padding: 0; display: flex; "
        "flex-wrap: wrap;\n"
        "gap: 4px 18px; font-size: 15px }\n"
        "a { color: var(--c1) }\n"
        ".box { border: 1px solid; border-left-width: 8px; border-radius: 4px; padding: 14px 18px;"
        "\nmargin: 18px 0; color: var(--ink) }\n"
        ".box strong { font-size: 14px; letter-spacing: 0.06em }\n"
        ".box p { font-size: 19px; line-height: 1.4; margin: 2px 0 0 }\n"
        ".is-good { border-color: var(--good); background: var(--good-tint) }\n"
        ".is-good strong { color: var(--good) }\n"
        ".is-bad { border-color: var(--bad); background: var(--bad-tint) }\n"
        ".is-bad strong { color: var(--bad) }\n"
        ".runs { margin: 0; padding: 0; list-style: none }\n"
        ".runs li { border-left: 4px solid var(--good); padding: 2px 0 2px 14px; "
        "margin: 0 0 10px }\n"
        ".runs li.fails { border-left-color: var(--bad); border-left-style: double; "
        "border-left-width: 6px }\n";

static const char style_tables[] =
        ".wide { overflow-x: auto; margin: 0 0 14px }\n"
        "table { border-collapse: collapse; width: 100%; font-size: 15px }\n"
        "caption { text-align: left; font-weight: 600; padding: 0 0 6px }\n"
        "th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0;\n"
        "border-bottom: 1px solid var(--rule) }\n"
        "thead th { border-bottom: 2px solid var(--soft) }\n"
        "tbody th { font-weight: 500 }\n"
        ".number { text-align: right; white-space: nowrap }\n"
        "time, data { font-variant-numeric: tabular-nums }\n"
        "td time { white-space: nowrap }\n"
        ".moments td, .moments th { padding-right: 16px }\n"
        "table.moments { table-layout: fixed }\n"
        ".moments .clock { width: 84px; white-space: nowrap; color: var(--soft) }\n"
        ".dated .clock { width: 172px }\n"
        ".moments .day th { padding-top: 16px; font-weight: 700; background: none }\n"
        ".moments .far td { color: var(--soft); font-style: italic }\n"
        ".kind { display: inline-block; font-size: 12px; font-weight: 600; line-height: 1.5;\n"
        "padding: 0 7px; margin-right: 6px; border: 1px solid var(--rule); border-radius: 9px;\n"
        "background: var(--tint); color: var(--soft); white-space: nowrap }\n"
        ".kind-stop { color: var(--bad); border-color: var(--bad); background: var(--bad-tint) }\n"
        ".kind-warn { color: var(--warn); border-color: var(--warn); "
        "background: var(--warn-tint) }\n"
        ".kind-go { color: var(--good); border-color: var(--good); background: var(--good-tint) }"
        "\n";

static const char style_charts[] =
        "figure { margin: 0 0 30px; break-inside: avoid }\n"
        "figcaption { font-weight: 600; margin: 0 0 6px }\n"
        "figcaption span { font-weight: 400; color: var(--soft) }\n"
        ".legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 22px; margin: 0 0 "
        "4px;\npadding: 0; font-size: 14px }\n"
        ".legend svg { vertical-align: middle; margin-right: 7px }\n"
        ".scroll { overflow-x: auto }\n"
        "svg.chart { display: block; width: 100%; min-width: 660px; height: auto }\n"
        "svg.chart text, .legend svg text { font: 13px system-ui, 'Noto Sans', 'DejaVu Sans', "
        "sans-serif; fill: var(--soft) }\n"
        "svg.chart text.lane { fill: var(--ink) }\n"
        ".grid { stroke: var(--rule); stroke-width: 1; fill: none }\n"
        ".axis { stroke: var(--soft); stroke-width: 1; fill: none }\n"
        ".limit { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 2 3; fill: none }\n"
        "svg.chart text.limit-text { fill: var(--bad); stroke: var(--paper); stroke-width: 4px;\n"
        "paint-order: stroke }\n"
        ".line { fill: none; stroke-width: 2.2; stroke-linejoin: round }\n"
        ".area { stroke: none; fill-opacity: 0.13 }\n"
        ".hit { fill: transparent }\n"
        ".hit:hover { fill: var(--soft); fill-opacity: 0.16 }\n"
        ".s0 { stroke: var(--c0) } .s1 { stroke: var(--c1); stroke-dasharray: 7 3 }\n"
        ".s2 { stroke: var(--c2); stroke-dasharray: 2 3 }\n"
        ".s3 { stroke: var(--c3); stroke-dasharray: 10 3 2 3 }\n"
        ".s4 { stroke: var(--c4); stroke-dasharray: 4 2 } .s5 { stroke: var(--c5) }\n"
        ".s6 { stroke: var(--c6); stroke-dasharray: 12 4 }\n"
        ".s7 { stroke: var(--c7); stroke-dasharray: 3 5 }\n"
        ".f0 { fill: var(--c0) } .f1 { fill: var(--c1) }\n"
        ".sign { fill: var(--paper); stroke: var(--soft); stroke-width: 1.5 }\n"
        ".sign-stop { fill: var(--bad-tint); stroke: var(--bad); stroke-width: 1.8 }\n"
        ".sign-warn { fill: var(--warn-tint); stroke: var(--warn); stroke-width: 1.8 }\n"
        ".sign-go { fill: var(--good-tint); stroke: var(--good); stroke-width: 1.8 }\n";

static const char style_rest[] =
        "details { margin: 0 0 12px }\n"
        "summary { cursor: pointer; color: var(--c1); padding: 4px 0 }\n"
        "details table { font-size: 13px }\n"
        "code { font: 14px 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace; "
        "background: var(--tint); padding: 2px 6px; border-radius: 3px }\n"
        "dt { font-weight: 600; margin-top: 12px } dd { margin: 0 0 0 20px }\n"
        "footer { padding-top: 24px; padding-bottom: 40px }\n"
        "@media (max-width: 640px) { header, main, footer, nav { padding-left: 14px; "
        "padding-right: 14px }\n"
        "h1 { font-size: 23px } .moments .clock { width: 72px; font-size: 13px }\n"
        ".dated .clock { width: 146px }\n"
        ".two { min-width: 620px } }\n"
        "@page { size: A4; margin: 15mm 14mm }\n"
        "@media print { body { font-size: 10.5pt } nav, details:not([open]) { display: none }\n"
        "header, main, footer { max-width: none; padding-left: 0; padding-right: 0 }\n"
        "h2 { margin-top: 22px } h2, h3, caption, figcaption { break-after: avoid }\n"
        "tr, .box, li { break-inside: avoid } thead { display: table-header-group }\n"
        ".wide, .scroll { overflow: visible } svg.chart { min-width: 0 }\n"
        ".chain svg { max-width: 100%; height: auto }\n"
        "table { font-size: 9.5pt } th, td { padding-top: 3px; padding-bottom: 3px }\n"
        ".moments .day th { padding-top: 9px } .box, .kind { print-color-adjust: exact; "
        "-webkit-print-color-adjust: exact } }\n";

void hf_page_begin(struct hf_buf *out, const char *title)
{
	hf_put_text(out, "<!DOCTYPE html>\n"
	                 "<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
	                 "<meta charset=\"utf-8\"/>\n"
	                 "<meta name=\"viewport\" content=\"width=device-width, "
	                 "initial-scale=1\"/>\n"
	                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	                 "'none'; style-src 'unsafe-inline'\"/>\n"
	                 "<meta name=\"generator\" content=\"holdfast " HF_VERSION "\"/>\n");
	hf_page_put_element(out, "title", title);
	hf_put_text(out, "<style>\n");
	hf_put_text(out, style_page);
	hf_put_text(out, style_tables);
	hf_put_text(out, style_charts);
	hf_put_text(out, style_rest);
	hf_put_text(out, "</style>\n</head>\n<body>\n");
}

void hf_page_end(struct hf_buf *out)
{
	hf_put_text(out, "<footer><p>Made by Holdfast " HF_VERSION
	                 ". All times are UTC. Simulated: the figures are those of the runs that "
	                 "this page tells of.</p></footer>\n</body>\n</html>\n");
}
