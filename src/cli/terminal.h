/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Talking to the person at the terminal: errors, and a progress bar.
 */
#ifndef HF_CLI_TERMINAL_H
#define HF_CLI_TERMINAL_H

#include "base/diag.h"
#include "base/progress.h"

/* Prints every entry as "holdfast: FILE:LINE: text" to standard error, and how many were dropped;
 * a plain sentence for `err` when there is no entry. Returns HF_EXIT_ERROR. */
int hf_terminal_fail(const struct hf_diag *diag, enum hf_err err);
/* One sentence to standard error: "holdfast: …". Returns HF_EXIT_ERROR. */
int hf_terminal_error(const char *format, ...) HF_PRINTF(1, 2);

/*
 * A bar with rate and time left on standard error, drawn when work takes longer than a second and
 * standard error is a terminal; else NULL, which every user of progress takes. One at a time.
 */
const struct hf_progress *hf_terminal_progress(void);
/* Wipes the bar; before other output. */
void hf_terminal_clear(void);

#endif
