/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which key tags of a zone a folder of keys has or had: those of the keys in it, their revoked
 * forms, and what a file beside them ("holdfast.tags") remembers of keys that are gone.
 *
 * The file is only ever appended to, a line a key, synced before the key's own files appear. Lines
 * that make no sense (one cut short by a crash) are passed over. An open book holds a lock on
 * it, so that two processes never take one tag. For this part only. One thread at a time.
 */
#ifndef HF_CRYPTO_TAGBOOK_H
#define HF_CRYPTO_TAGBOOK_H

#include "crypto/keyfile.h"

#define HF_TAGBOOK_FILE "holdfast.tags"

struct hf_tagbook;

/* Waits for the lock. Keys of the zone that the file does not know yet are added to it. */
enum hf_err hf_tagbook_open(const char *dir, const struct hf_name *zone, struct hf_diag *diag,
        struct hf_tagbook **ret_book) HF_MUST_CHECK;
void hf_tagbook_close(struct hf_tagbook *book);
/* Whether the key's tag, plain or revoked, is one that a key of the zone has or had. */
bool hf_tagbook_taken(const struct hf_tagbook *book, const struct hf_keyfile *key);
/* All tags that are taken, ascending; the caller frees them. */
enum hf_err hf_tagbook_list(
        const struct hf_tagbook *book, uint16_t **ret_tags, size_t *ret_count) HF_MUST_CHECK;
enum hf_err hf_tagbook_add(
        struct hf_tagbook *book, const struct hf_keyfile *key, struct hf_diag *diag) HF_MUST_CHECK;

#endif
