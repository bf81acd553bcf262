/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Diagnostics: sentences for people, collected instead of printed.
 *
 * Libraries never log. They add sentences (what is wrong, and what to do) to the caller's list,
 * which keeps at most `limit` of them and counts the rest.
 * One thread at a time; parallel work collects in lists of its own.
 */
#ifndef HF_BASE_DIAG_H
#define HF_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HF_DIAG_LIMIT 20 /* a useful default: a screenful */

struct hf_diag_entry {
	char *file;    /* NULL when it is about no file */
	uint64_t line; /* 0 when it is about no line */
	char *text;
};

struct hf_diag {
	struct hf_diag_entry *entries;
	size_t count;
	size_t limit;
	uint64_t dropped; /* entries over the limit, or lost for want of memory */
};

void hf_diag_init(struct hf_diag *diag, size_t limit);
void hf_diag_done(struct hf_diag *diag);

/* Adds a sentence. `diag` may be NULL: then nothing is kept. Copies its arguments. */
void hf_diag_add(struct hf_diag *diag, const char *file, uint64_t line, const char *format, ...)
        HF_PRINTF(4, 5);

/* Moves all entries of `from` behind those of `diag`, which may be NULL; `from` is empty then. */
void hf_diag_move(struct hf_diag *diag, struct hf_diag *from);

/* Adds a sentence and returns `err`, so that a refusal is one statement. */
enum hf_err hf_fail(struct hf_diag *diag, enum hf_err err, const char *format, ...)
        HF_PRINTF(3, 4) HF_MUST_CHECK;

/* The same for a place in a file. `line` 0 means the file as a whole. */
enum hf_err hf_fail_at(struct hf_diag *diag, enum hf_err err, const char *file, uint64_t line,
        const char *format, ...) HF_PRINTF(5, 6) HF_MUST_CHECK;

#endif
