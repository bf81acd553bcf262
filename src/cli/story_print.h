/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Printing what a simulated run was like: text that fits the terminal, JSON, or a page in a file.
 * One thread at a time.
 */
#ifndef HF_CLI_STORY_PRINT_H
#define HF_CLI_STORY_PRINT_H

#include "base/diag.h"
#include "report/story_report.h"

struct hf_story_outputs {
	const char *html; /* a file for the page, made besides; NULL: none */
	bool json;        /* to standard output instead of text */
	bool all;         /* text: every moment */
};

/* The page first: when it cannot be written nothing is printed. main looks at what became of
 * standard output. */
enum hf_err hf_story_print(const struct hf_story_report *report,
        const struct hf_story_outputs *outputs, struct hf_diag *diag) HF_MUST_CHECK;

#endif
