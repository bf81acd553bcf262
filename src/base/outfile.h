/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file that appears whole or not at all.
 *
 * Bytes go to a file without a name (where the file system has such; else a temporary one beside
 * the target); hf_outfile_commit syncs it, gives it its name and syncs the folder. Anything else
 * (an error, _free, a crash) leaves the target as it was. The path "-" writes to standard output
 * instead. One thread at a time.
 */
#ifndef HF_BASE_OUTFILE_H
#define HF_BASE_OUTFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/diag.h"

struct hf_outfile;

enum hf_outfile_flags {
	HF_OUTFILE_REPLACE = 0,        /* an existing target is replaced */
	HF_OUTFILE_EXCLUSIVE = 1 << 0, /* an existing target is HF_ERR_EXISTS, also at commit */
};

/* `mode` are the file's permissions (an existing target's are not taken over). */
enum hf_err hf_outfile_new(const char *path, mode_t mode, enum hf_outfile_flags flags,
        struct hf_diag *diag, struct hf_outfile **ret_file) HF_MUST_CHECK;
/* Without a commit before it, removes the temporary file. */
void hf_outfile_free(struct hf_outfile *file);
enum hf_err hf_outfile_write(
        struct hf_outfile *file, const void *data, size_t len, struct hf_diag *diag) HF_MUST_CHECK;
enum hf_err hf_outfile_commit(struct hf_outfile *file, struct hf_diag *diag) HF_MUST_CHECK;

/* A whole file at once: replaces the target, or writes to standard output. */
enum hf_err hf_outfile_put(const char *path, mode_t mode, const struct hf_buf *text,
        struct hf_diag *diag) HF_MUST_CHECK;

#endif
