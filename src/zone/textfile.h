/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zone text in memory: a file mapped, or a pipe read to its end. One thread at a time.
 */
#ifndef HF_ZONE_TEXTFILE_H
#define HF_ZONE_TEXTFILE_H

#include <stdbool.h>

#include "base/diag.h"

struct hf_textfile {
	const char *name;   /* for messages; borrowed from the path that was opened */
	const char *folder; /* what relative $INCLUDEs are relative to; NULL: there must be none */
	const char *text;
	size_t len;
	char *owned_folder;
	bool mapped;
};

/* `path` "-" is standard input. Refuses folders, empty input, and pipes over 8 GiB. */
enum hf_err hf_textfile_open(
        const char *path, struct hf_diag *diag, struct hf_textfile *ret_file) HF_MUST_CHECK;
void hf_textfile_close(struct hf_textfile *file);

#define HF_TEXT_WINDOW (4u << 20) /* bytes after which it pays to forget */
/*
 * Gives back the memory of mapped text from `*kept` to `at`, whole pages, and moves `*kept`. Should
 * somebody read there again, it comes from the file again.
 */
void hf_text_forget(const char **kept, const char *at);

#endif
