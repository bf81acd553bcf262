/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SVG by the piece: escaped text, shapes, and the marks of what does not hold.
 *
 * What does not hold is dashed and crossed as well as red, so that it is seen on paper without
 * colours and by whoever does not see red. Classes are those of the style that hf_svg_begin
 * writes. No scripts, nothing from outside. Thread-safe.
 */
#ifndef HF_REPORT_SVGDRAW_H
#define HF_REPORT_SVGDRAW_H

#include "base/bytes.h"

/* Escaped for text and attributes; bytes that are not printable ASCII become question marks. */
void hf_svg_put_escaped(struct hf_buf *out, const char *text, size_t len);

/* The start of a file, and its end. The title is what a screen reader says. */
void hf_svg_begin(struct hf_buf *out, int width, int height, const char *title);
void hf_svg_end(struct hf_buf *out);

struct hf_svg_place {
	int x, y;
};
/* `y` is the base line. */
void hf_svg_put_text(struct hf_buf *out, struct hf_svg_place at, const char *class,
        const char *text, size_t len);
/* A cross at a place: "this leads nowhere". */
void hf_svg_put_cross(struct hf_buf *out, struct hf_svg_place at);
/* The head of an arrow that points to the right (or down) at its tip. */
enum hf_svg_way { HF_SVG_RIGHT, HF_SVG_DOWN };
void hf_svg_put_head(
        struct hf_buf *out, struct hf_svg_place tip, enum hf_svg_way way, const char *class);

#endif
