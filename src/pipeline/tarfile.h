/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Members of a tar archive (POSIX.1-2001, pax): regular files only, with names of any length.
 *
 * For backups, and no more of the format than they need: an archive of anything else is refused
 * when it is read. Each member's SHA-512 is taken on the way. One thread at a time.
 */
#ifndef HF_PIPELINE_TARFILE_H
#define HF_PIPELINE_TARFILE_H

#include "base/diag.h"
#include "base/outfile.h"
#include "base/times.h"

#define HF_TAR_NAME 600 /* bytes of a name at most, with NUL */
#define HF_TAR_HEX  129 /* a digest in hexadecimal, with NUL */

struct hf_tar_member {
	char name[HF_TAR_NAME];
	uint64_t size;
	hf_time at;
};

/* Appends a member with the next `member->size` bytes of `fd`; HF_ERR_IO when there are fewer. */
enum hf_err hf_tar_put(struct hf_outfile *out, const struct hf_tar_member *member, int fd,
        struct hf_diag *diag, char ret_sum[static HF_TAR_HEX]) HF_MUST_CHECK;
/* The same from memory. */
enum hf_err hf_tar_put_text(struct hf_outfile *out, const struct hf_tar_member *member,
        const void *text, struct hf_diag *diag) HF_MUST_CHECK;
enum hf_err hf_tar_end(struct hf_outfile *out, struct hf_diag *diag) HF_MUST_CHECK;

/* An archive that is read from a descriptor, which stays the caller's. */
struct hf_tar_reader {
	int fd;
	const char *path; /* for messages */
	struct hf_diag *diag;
};
/* The next member; *ret_end at the archive's end. HF_ERR_SYNTAX: damaged, or another kind. */
enum hf_err hf_tar_next(struct hf_tar_reader *reader, struct hf_tar_member *ret_member,
        bool *ret_end) HF_MUST_CHECK;
/* The member's bytes into `to`; then comes the next member. HF_ERR_SYNTAX: they are cut short. */
enum hf_err hf_tar_get(struct hf_tar_reader *reader, const struct hf_tar_member *member, int to,
        const char *to_path, char ret_sum[static HF_TAR_HEX]) HF_MUST_CHECK;
/* The same into memory, appended. The caller has looked at the size. */
enum hf_err hf_tar_get_text(struct hf_tar_reader *reader, const struct hf_tar_member *member,
        struct hf_buf *out) HF_MUST_CHECK;

#endif
