/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Backups of a state folder: one file with the database, the journals and the keys.
 *
 * The file (mode 0600) is a tar archive whose last member, SHA512SUMS, has the digests of all
 * others in the form of sha512sum(1). It appears whole or not at all, and holds one state: the
 * database as it was at one moment, and journals that go at least that far. It has private keys in
 * it: keep it like them. Of the folders of keys it has key files and the list of used tags, nothing
 * else that somebody may have put there.
 *
 * A state that comes back from a backup does not know what was published since. Restoring says so
 * in each zone's flags and log; what follows from that is in ledger.h.
 */
#ifndef HF_PIPELINE_BACKUP_H
#define HF_PIPELINE_BACKUP_H

#include "store/store.h"

#define HF_BACKUP_SUMS "SHA512SUMS"

struct hf_backup_result {
	uint64_t zones, files, bytes;
	hf_time at; /* when the backup was made */
};

/*
 * While the daemon goes on with the same store, from any thread; other threads wait for it only
 * for moments. HF_ERR_EXISTS: there is such a file.
 */
enum hf_err hf_backup_make(struct hf_store *store, const char *path, hf_time now,
        struct hf_diag *diag, struct hf_backup_result *ret_result) HF_MUST_CHECK;

/*
 * Into a state folder that is empty or not there, while nobody works on it. Everything is checked
 * before the database gets its name: digests, names, the database itself, and that each zone's
 * journal has what the database says was published. What a broken-off restore left is refused by
 * hf_store_open. The files get the folder's owner. HF_ERR_EXISTS: the folder is not empty.
 * HF_ERR_SYNTAX: no backup of ours, or a damaged one.
 */
enum hf_err hf_backup_restore(const char *path, const char *folder, hf_time now,
        struct hf_diag *diag, struct hf_backup_result *ret_result) HF_MUST_CHECK;

#endif
