/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/trace_svg.h"

#include <stdio.h>
#include <string.h>

#include "report/svgdraw.h"
#include "report/trace_picture.h"
#include "report/trace_shape.h"
#include "report/wrapped.h"

#define LEFT        20
#define HEAD_LINE   26  /* pixels a line of the verdict */
#define HEAD_WIDTH  76  /* letters of it */
#define WORDS       124 /* letters of a line of the cause */
#define LABEL       10  /* letters of the label */
#define LABEL_WIDTH (LABEL * HF_PICTURE_LETTER / 10)
#define LEGEND      44 /* pixels below the frames */
#define FRAME_NAME  84 /* letters of a zone's name that fit into a frame's title */

static const char *const marks[] = {
        [HF_PICTURE_GOOD] = "good", [HF_PICTURE_BAD] = "bad", [HF_PICTURE_IDLE] = "idle"};

/* What stands above the frames. */
struct head {
	struct hf_buf verdict; /* lines, each ending with a line feed */
	struct hf_buf words;
	int words_y, height;
};

static int lines_of(const struct hf_buf *text)
{
	int lines = 0;
	for (size_t i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	return lines;
}

/* Takes the first line off a text; false when there is none. */
static bool next_line(const struct hf_buf *text, size_t *at, const char **ret_line, size_t *ret_len)
{
	if (*at >= text->len)
		return false;
	*ret_line = (const char *)text->data + *at;
	const char *end = memchr(*ret_line, '\n', text->len - *at);
	*ret_len = end != NULL ? (size_t)(end - *ret_line) : text->len - *at;
	*at += *ret_len + 1;
	return true;
}

/* ---- The head ---- */

/* A long name in lines: there is no space in it at which a line could break. */
static void put_cut(struct hf_buf *out, const char *text, size_t most)
{
	size_t len = strlen(text);
	for (size_t at = 0; at < len; at += most) {
		hf_put_bytes(out, text + at, len - at < most ? len - at : most);
		hf_put_text(out, "\n");
	}
}

static void make_verdict(const struct hf_trace *trace, struct head *head)
{
	static const char *const words[] = {"SECURE", "INSECURE", "BOGUS", "INDETERMINATE"};
	char name[HF_NAME_TEXT], type[HF_TYPE_TEXT], line[HF_NAME_TEXT + 64];
	snprintf(line, sizeof(line), "%s: %s %s", words[trace->status],
	        hf_name_text(&trace->question.name, name),
	        hf_type_text(trace->question.type, type));
	put_cut(&head->verdict, line, HEAD_WIDTH);
}

static void put_sentence(struct hf_buf *out, const char *label, const char *text)
{
	const struct hf_margins margins = {.width = WORDS, .indent = LABEL, .column = LABEL};
	hf_put_format(out, "%-*s", LABEL, label);
	hf_put_paragraph(out, &margins, text);
}

static void make_words(const struct hf_trace *trace, struct head *head)
{
	char at[HF_TIME_TEXT], plain[HF_RCODE_TEXT], validating[HF_RCODE_TEXT], line[128];
	hf_time_rfc3339(trace->at, at);
	hf_rcode_text(trace->validating_rcode, validating);
	hf_rcode_text(trace->rcode, plain);
	if (!trace->has_plain)
		snprintf(line, sizeof(line), "%s from a validating resolver; as of %s", validating,
		        at);
	else if (trace->rcode == trace->validating_rcode)
		snprintf(line, sizeof(line), "%s from every resolver; as of %s", plain, at);
	else
		snprintf(line, sizeof(line),
		        "%s from a validating resolver, %s from any other; as of %s", validating,
		        plain, at);
	put_sentence(&head->words, "answers", line);
	if (!trace->has_broken)
		return;
	put_sentence(&head->words, "cause", trace->broken.cause);
	put_sentence(&head->words, "affected", trace->broken.affected);
	put_sentence(&head->words, "fix", trace->broken.fix);
}

static void make_head(const struct hf_trace *trace, struct head *head)
{
	make_verdict(trace, head);
	make_words(trace, head);
	head->words_y = 16 + HEAD_LINE * lines_of(&head->verdict) + 6;
	head->height = head->words_y + 16 + HF_PICTURE_LINE * lines_of(&head->words) + 20;
}

static void put_head(struct hf_buf *out, const struct hf_trace *trace, const struct head *head)
{
	bool calm = trace->status == HF_CHAIN_SECURE || trace->status == HF_CHAIN_INSECURE;
	hf_put_format(out,
	        "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>\n",
	        calm ? "words-calm" : "words", LEFT, head->words_y, HF_PICTURE_WIDTH - 2 * LEFT,
	        head->height - head->words_y - 20);
	const char *line;
	size_t len;
	struct hf_svg_place place = {LEFT, 34};
	for (size_t at = 0; next_line(&head->verdict, &at, &line, &len); place.y += HEAD_LINE)
		hf_svg_put_text(out, place, "verdict", line, len);
	place = (struct hf_svg_place){LEFT + 12, head->words_y + 20};
	for (size_t at = 0; next_line(&head->words, &at, &line, &len); place.y += HF_PICTURE_LINE) {
		/* The label, or the spaces in its place, and the words. */
		size_t label = strcspn(line, " ");
		if (label > 0)
			hf_svg_put_text(out, place, "strong", line, label);
		hf_svg_put_text(out, (struct hf_svg_place){place.x + LABEL_WIDTH, place.y}, "plain",
		        line + LABEL, len - LABEL);
	}
}

/* ---- Frames ---- */

/* A shape for each status, beside its word. */
static void put_badge(struct hf_buf *out, enum hf_chain_status status, struct hf_svg_place at)
{
	static const char *const shapes[] = {
	        [HF_CHAIN_SECURE] = "<path class=\"line-good\" d=\"M%d %d l5 6 l9 -13\"/>\n",
	        [HF_CHAIN_INSECURE] =
	                "<path class=\"line-idle\" d=\"M%d %d m1 5 h12 v-12 h-12 z\"/>\n",
	        [HF_CHAIN_BOGUS] =
	                "<path class=\"cross\" d=\"M%d %d m1 6 l12 -12 m0 12 l-12 -12\"/>\n",
	        [HF_CHAIN_INDETERMINATE] =
	                "<path class=\"badge\" d=\"M%d %d l7 7 l7 -7 l-7 -7 z\"/>\n",
	};
	static const char *const words[] = {"secure", "insecure", "BOGUS", "no verdict"};
	hf_put_format(out, shapes[status], at.x, at.y - 4);
	hf_svg_put_text(out, (struct hf_svg_place){at.x + 22, at.y}, "strong", words[status],
	        strlen(words[status]));
}

static void put_frame_title(
        struct hf_buf *out, const struct hf_link *link, const struct hf_picture_box *box)
{
	char zone[HF_NAME_TEXT];
	HF_CLEANUP(hf_buf_done) struct hf_buf title = {0}, servers = {0};
	hf_name_text(&link->zone, zone);
	size_t len = strlen(zone);
	if (len > FRAME_NAME)
		hf_put_format(
		        &title, "%.*s...%s", FRAME_NAME / 2 - 3, zone, zone + len - FRAME_NAME / 2);
	else
		hf_put_text(&title, zone);
	for (size_t i = 0; i < link->server_count; i++)
		hf_put_format(&servers, "%s%s", i == 0 ? "answers from " : ", ", link->servers[i]);
	if (servers.len > WORDS) {
		servers.len = WORDS - 3;
		hf_put_text(&servers, "...");
	}
	out->failed |= title.failed || servers.failed;
	if (out->failed)
		return;
	hf_svg_put_text(out, (struct hf_svg_place){box->x + 16, box->y + 24}, "zone",
	        (const char *)title.data, title.len);
	if (servers.len > 0)
		hf_svg_put_text(out, (struct hf_svg_place){box->x + 16, box->y + 41}, "quiet",
		        (const char *)servers.data, servers.len);
	put_badge(out, link->status, (struct hf_svg_place){box->x + box->w - 118, box->y + 24});
}

static void put_rect(struct hf_buf *out, const struct hf_picture_box *box, const char *prefix)
{
	hf_put_format(out,
	        "<rect class=\"%s%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n",
	        prefix, marks[box->mark], box->x, box->y, box->w, box->h,
	        box->kind == HF_PICTURE_KEY ? 14 : 3);
}

static void put_box_text(struct hf_buf *out, const struct hf_picture_box *box)
{
	const char *line;
	size_t len;
	struct hf_svg_place place = {box->x + HF_PICTURE_PAD, box->y + HF_PICTURE_PAD + 11};
	for (size_t at = 0; next_line(&box->text, &at, &line, &len); place.y += HF_PICTURE_LINE) {
		bool strong =
		        line == (const char *)box->text.data || line[0] == HF_PICTURE_WRONG[0];
		hf_svg_put_text(out, place, strong ? "strong" : "plain", line, len);
	}
}

static void put_box(
        struct hf_buf *out, const struct hf_trace *trace, const struct hf_picture_box *box)
{
	static const char *const kinds[] = {"zone", "ds", "key", "set"};
	hf_put_format(out, "<g class=\"%s-box\">\n", kinds[box->kind]);
	if (box->kind == HF_PICTURE_ZONE) {
		char zone[HF_NAME_TEXT];
		hf_name_text(&trace->links[box->link].zone, zone);
		hf_put_text(out, "<title>");
		hf_svg_put_escaped(out, zone, strlen(zone));
		hf_put_text(out, "</title>\n");
		put_rect(out, box, "frame-");
		put_frame_title(out, &trace->links[box->link], box);
	} else {
		if (box->kind == HF_PICTURE_SET) {
			hf_put_text(out, "<title>");
			hf_svg_put_escaped(out, (const char *)box->name.data, box->name.len - 1);
			hf_put_text(out, "</title>\n");
		}
		put_rect(out, box, "");
		put_box_text(out, box);
	}
	hf_put_text(out, "</g>\n");
}

/* ---- Arrows ---- */

/* From a DS set, by the lane at the right, to the frame of the zone below. */
static void put_descent(struct hf_buf *out, const struct hf_picture_box *from,
        const struct hf_picture_box *to, enum hf_picture_mark mark)
{
	bool zone = from->kind == HF_PICTURE_ZONE;
	int lane = to->x + to->w - HF_PICTURE_LANE / 2;
	int turn = to->y - 22;
	int end = to->x + 120;
	hf_put_format(out, "<path class=\"line-%s\" d=\"M%d %d H%d V%d H%d V%d\"/>\n", marks[mark],
	        zone ? lane : from->x + from->w, from->y + (zone ? from->h : from->h / 2), lane,
	        turn, end, to->y - 9);
	hf_svg_put_head(out, (struct hf_svg_place){end, to->y - 1}, HF_SVG_DOWN,
	        mark == HF_PICTURE_GOOD ? "head-good" : "head-idle");
	if (mark == HF_PICTURE_IDLE)
		hf_svg_put_text(
		        out, (struct hf_svg_place){end + 14, turn - 5}, "quiet", "no DS", 5);
}

/* From left to right inside a frame; one end may be missing. */
static void put_arrow(
        struct hf_buf *out, const struct hf_picture *picture, const struct hf_picture_arrow *arrow)
{
	const struct hf_picture_box *from =
	        arrow->from != HF_PICTURE_NOWHERE ? &picture->boxes[arrow->from] : NULL;
	const struct hf_picture_box *to =
	        arrow->to != HF_PICTURE_NOWHERE ? &picture->boxes[arrow->to] : NULL;
	if (to != NULL && to->kind == HF_PICTURE_ZONE) {
		if (from != NULL)
			put_descent(out, from, to, arrow->mark);
		return;
	}
	struct hf_svg_place a = {0}, b = {0};
	if (from != NULL)
		a = (struct hf_svg_place){from->x + from->w, from->y + from->h / 2};
	if (to != NULL)
		b = (struct hf_svg_place){to->x, to->y + to->h / 2};
	if (from == NULL)
		a = (struct hf_svg_place){b.x - 46, b.y};
	if (to == NULL)
		b = (struct hf_svg_place){a.x + 46, a.y};
	int middle = (a.x + b.x) / 2;
	bool bad = arrow->mark == HF_PICTURE_BAD;
	hf_put_format(out, "<path class=\"line-%s\" d=\"M%d %d C%d %d %d %d %d %d\"/>\n",
	        marks[arrow->mark], a.x, a.y, middle, a.y, middle, b.y, b.x - (bad ? 0 : 8), b.y);
	if (!bad)
		hf_svg_put_head(out, b, HF_SVG_RIGHT,
		        arrow->mark == HF_PICTURE_GOOD ? "head-good" : "head-idle");
	else if (from == NULL)
		hf_svg_put_cross(out, a);
	else if (to == NULL)
		hf_svg_put_cross(out, b);
	else
		hf_svg_put_cross(out, (struct hf_svg_place){middle, (a.y + b.y) / 2});
}

static void put_legend(struct hf_buf *out, int y)
{
	static const char good[] = "stands for a key, or signs a set";
	static const char bad[] = "does not hold";
	static const char idle[] = "there, and not needed for this name";
	hf_put_format(out, "<path class=\"line-good\" d=\"M%d %d h34\"/>\n", LEFT, y - 4);
	hf_svg_put_head(out, (struct hf_svg_place){LEFT + 42, y - 4}, HF_SVG_RIGHT, "head-good");
	hf_svg_put_text(out, (struct hf_svg_place){LEFT + 52, y}, "quiet", good, strlen(good));
	hf_put_format(out, "<path class=\"line-bad\" d=\"M%d %d h42\"/>\n", LEFT + 320, y - 4);
	hf_svg_put_cross(out, (struct hf_svg_place){LEFT + 341, y - 4});
	hf_svg_put_text(out, (struct hf_svg_place){LEFT + 372, y}, "quiet", bad, strlen(bad));
	hf_put_format(out,
	        "<rect class=\"idle\" x=\"%d\" y=\"%d\" width=\"36\" height=\"14\" rx=\"3\"/>\n",
	        LEFT + 500, y - 11);
	hf_svg_put_text(out, (struct hf_svg_place){LEFT + 546, y}, "quiet", idle, strlen(idle));
}

static void draw(struct hf_buf *out, const struct hf_trace *trace, const struct head *head,
        const struct hf_picture *picture)
{
	char name[HF_NAME_TEXT], title[HF_NAME_TEXT + 32];
	snprintf(title, sizeof(title), "Chain of trust of %s",
	        hf_name_text(&trace->question.name, name));
	hf_svg_begin(out, HF_PICTURE_WIDTH, picture->height + LEGEND, title);
	put_head(out, trace, head);
	for (size_t i = 0; i < picture->box_count; i++)
		put_box(out, trace, &picture->boxes[i]);
	for (size_t i = 0; i < picture->arrow_count; i++)
		put_arrow(out, picture, &picture->arrows[i]);
	put_legend(out, picture->height + LEGEND - 16);
	hf_svg_end(out);
}

enum hf_err hf_trace_svg(const struct hf_trace *trace, struct hf_buf *out)
{
	struct head head = {0};
	struct hf_picture picture = {0};
	make_head(trace, &head);
	enum hf_err err = head.verdict.failed || head.words.failed ? HF_ERR_NOMEM : HF_OK;
	if (err == HF_OK)
		err = hf_picture_make(trace, head.height, &picture);
	if (err == HF_OK)
		draw(out, trace, &head, &picture);
	hf_picture_done(&picture);
	hf_buf_done(&head.verdict);
	hf_buf_done(&head.words);
	return err == HF_OK ? hf_buf_check(out) : err;
}
