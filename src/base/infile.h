/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small file whole in memory, such as settings and keys. Thread-safe.
 */
#ifndef HF_BASE_INFILE_H
#define HF_BASE_INFILE_H

#include <stddef.h>

#include "base/diag.h"

/*
 * HF_ERR_IO, or HF_ERR_LIMIT for more than `limit` bytes: with a sentence. The caller frees the
 * text, which has a NUL behind its end (and may have others inside).
 */
enum hf_err hf_file_read(const char *path, size_t limit, struct hf_diag *diag, char **ret_text,
        size_t *ret_len) HF_MUST_CHECK;

#endif
