/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where everything of a traced chain stands in its picture.
 *
 * A zone is a frame, below the one that vouches for it. In it stand three columns: what is trusted
 * (DS records or trust anchors), the DNSKEY records, and the sets that they sign. Arrows go from
 * left to right inside a frame, and from a DS set to the zone below. Whole pixels; no two boxes
 * overlap, and every line of text fits into its box. One thread at a time.
 */
#ifndef HF_REPORT_TRACE_PICTURE_H
#define HF_REPORT_TRACE_PICTURE_H

#include "base/bytes.h"
#include "chain/trace.h"

/* A letter of the monospaced font at the size of the text in boxes, in tenths of a pixel. */
#define HF_PICTURE_LETTER 73
#define HF_PICTURE_LINE   17 /* pixels from line to line */
#define HF_PICTURE_PAD    9  /* pixels between a box and its text */
#define HF_PICTURE_WIDTH  980
#define HF_PICTURE_TITLE  52 /* pixels of a frame above its boxes */
#define HF_PICTURE_LANE   16 /* pixels of a frame right of its boxes: for lines to zones below */

#define HF_PICTURE_WRONG "X " /* begins a line that says what does not hold */

enum hf_picture_kind { HF_PICTURE_ZONE, HF_PICTURE_DS, HF_PICTURE_KEY, HF_PICTURE_SET };
enum hf_picture_mark {
	HF_PICTURE_GOOD,
	HF_PICTURE_BAD,  /* the chain breaks here */
	HF_PICTURE_IDLE, /* there, but the chain does not need it */
};

struct hf_picture_box {
	enum hf_picture_kind kind;
	enum hf_picture_mark mark;
	size_t link;
	int x, y, w, h;
	struct hf_buf text; /* lines, each ending with a line feed; nothing for a zone */
	struct hf_buf name; /* the whole of what a line may have cut short, with a NUL */
};

struct hf_picture_arrow {
	size_t from,
	        to; /* boxes; HF_PICTURE_NOWHERE: what it comes from, or leads to, is missing */
	enum hf_picture_mark mark;
};
#define HF_PICTURE_NOWHERE SIZE_MAX

struct hf_picture {
	int top, height;              /* of the frames: where they begin, and where they end */
	struct hf_picture_box *boxes; /* each zone, with its boxes behind it */
	size_t box_count;
	struct hf_picture_arrow *arrows;
	size_t arrow_count;
};

/* `top`: pixels above the first frame. Free it with hf_picture_done. */
enum hf_err hf_picture_make(
        const struct hf_trace *trace, int top, struct hf_picture *ret_picture) HF_MUST_CHECK;
void hf_picture_done(struct hf_picture *picture);

#endif
