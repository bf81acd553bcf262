/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page around a report of simulated runs: head, style, escaped text, and small pieces.
 *
 * XML as well as HTML, so that any reader of either finds it whole. Nothing is fetched: no script,
 * no font, no image from elsewhere. Classes begin with nothing that svgdraw.h uses. Thread-safe.
 */
#ifndef HF_REPORT_STORY_PAGE_H
#define HF_REPORT_STORY_PAGE_H

#include "base/bytes.h"
#include "report/story_compare.h"

/* Escaped for text and attributes. UTF-8 stays; what is none, control characters and characters
 * that turn the direction of writing become question marks, line feeds spaces. */
void hf_page_put(struct hf_buf *out, const char *text);
/* <tag>text</tag> and a line feed; `tag` may have attributes. */
void hf_page_put_element(struct hf_buf *out, const char *tag, const char *text);

/* Up to the first section, and from the last one on. */
void hf_page_begin(struct hf_buf *out, const char *title);
void hf_page_end(struct hf_buf *out);

/* "2024-01-30 15:27:00", with the whole time for machines. */
void hf_page_put_time(struct hf_buf *out, hf_time at);
/* A number as people read it (hf_compare_text), with the whole of it for machines. */
void hf_page_put_value(struct hf_buf *out, double value, const char *unit);

/* With its caption and note. */
void hf_page_put_table(struct hf_buf *out, const struct hf_story_table *table);

#endif
