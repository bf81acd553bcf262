/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All trust points of a client, and their form as text: what it must remember between two runs.
 *
 * The text is a line for each fact, so that a person can read it and a version control system can
 * show what changed; holdfast-anchors(1) documents it. It is no zone file on purpose: a program
 * that took it for one would trust keys that are still waiting. What is written reads back to the
 * same book. One thread at a time.
 */
#ifndef HF_CHAIN_TRUSTBOOK_H
#define HF_CHAIN_TRUSTBOOK_H

#include "chain/trustpoint.h"

#define HF_TRUST_ZONES     1000
#define HF_TRUST_BOOK_SIZE (4u << 20) /* bytes of text, at most */

/* Zero-initialised is empty. */
struct hf_trust_book {
	struct hf_trust_point *points; /* in canonical order of their zones */
	size_t count;
};

void hf_trust_book_done(struct hf_trust_book *book);
/* The point of a zone; NULL when there is none. Borrowed until the book changes. */
struct hf_trust_point *hf_trust_book_find(
        const struct hf_trust_book *book, const struct hf_name *zone);
/* Adds anchors that are believed as given, to the points of their zones. */
enum hf_err hf_trust_book_seed(struct hf_trust_book *book, const struct hf_anchors *anchors,
        hf_time now, struct hf_diag *diag) HF_MUST_CHECK;

/*
 * HF_ERR_SYNTAX or HF_ERR_LIMIT, with a sentence and its line (`name` stands for the file): then
 * there is no book at all, as half of one could miss a revocation.
 */
enum hf_err hf_trust_book_parse(const char *name, const char *text, size_t len,
        struct hf_diag *diag, struct hf_trust_book *ret_book) HF_MUST_CHECK;
enum hf_err hf_trust_book_put(const struct hf_trust_book *book, struct hf_buf *out) HF_MUST_CHECK;

#endif
