/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal of a zone: its versions on disk, each durable before anybody can see it.
 *
 * One file that is only ever appended to: a whole version first, then what each later one changed.
 * A version counts when its commit record is there; what stands behind the last one was torn off by
 * a crash and is dropped when the file is opened. Damage anywhere before that is never passed over:
 * it is HF_ERR_SYNTAX, and the file is left as it is. Versions that come back share their pages.
 * Each version has a number by which others can name it; it keeps that when the file is made anew.
 * The file is open only while one of these functions works on it.
 * One process and one thread at a time; whoever uses it makes sure of that.
 */
#ifndef HF_ZONE_JOURNAL_H
#define HF_ZONE_JOURNAL_H

#include "base/diag.h"
#include "zone/version.h"

struct hf_journal;

struct hf_journal_version {
	struct hf_version *version; /* a reference of its own */
	hf_time at;                 /* the time that it was given with */
	uint64_t number;            /* the caller's; not one that another version had */
};
/* Versions, oldest first. */
struct hf_journal_history {
	struct hf_journal_version *list;
	size_t count;
};
void hf_journal_history_done(struct hf_journal_history *history);

/* Writes a new file that holds these versions (at least one, of one zone), in place of what has
 * that name; the file appears whole or not at all. Mode 0600. */
enum hf_err hf_journal_create(const char *path, const struct hf_journal_history *versions,
        struct hf_diag *diag, struct hf_journal **ret_journal) HF_MUST_CHECK;
/*
 * Reads the file and returns its newest `keep` versions (at least one). A torn end is cut off; a
 * sentence about it goes to `warnings`, which may be NULL. HF_ERR_NOTFOUND: no such file.
 */
enum hf_err hf_journal_open(const char *path, size_t keep, struct hf_diag *warnings,
        struct hf_diag *diag, struct hf_journal **ret_journal,
        struct hf_journal_history *ret_versions) HF_MUST_CHECK;
void hf_journal_close(struct hf_journal *journal);

/*
 * Appends what `next` changes of `before`, which is the newest version in the file, and returns
 * when that is on disk. When it fails the file still ends with `before`; HF_ERR_IO says why. After
 * a failed sync nobody knows what is on disk, nor when the file is gone or another one: then every
 * later append is refused (HF_ERR_REFUSED) until the file is opened anew.
 */
enum hf_err hf_journal_append(struct hf_journal *journal, const struct hf_version *before,
        const struct hf_journal_version *next, struct hf_diag *diag) HF_MUST_CHECK;
/* How many versions stand behind the one with that number; HF_ERR_NOTFOUND: it is not there. */
enum hf_err hf_journal_behind(
        const struct hf_journal *journal, uint64_t number, size_t *ret_count) HF_MUST_CHECK;
/* Drops those, durably. HF_ERR_NOTFOUND likewise; HF_ERR_IO: they may be there or not. */
enum hf_err hf_journal_cut(
        struct hf_journal *journal, uint64_t number, struct hf_diag *diag) HF_MUST_CHECK;
size_t hf_journal_count(const struct hf_journal *journal); /* versions in the file */
/*
 * Bytes of an open journal's file up to its last whole version, for who copies it while it is
 * appended to: that much stays as it is. HF_ERR_SYNTAX: there is none.
 */
enum hf_err hf_journal_extent(int fd, uint64_t *ret_size) HF_MUST_CHECK;
/* Whether appending is refused until the file is opened or created anew. */
bool hf_journal_unsure(const struct hf_journal *journal);
/* Bytes of the file, and of the whole version that it starts with: a reason to create it anew. */
uint64_t hf_journal_size(const struct hf_journal *journal);
uint64_t hf_journal_base_size(const struct hf_journal *journal);

#endif
