/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which files of a state folder a backup has. Making one and restoring one ask the same question,
 * so nothing comes back under a name that nothing was taken from. Pure and thread-safe.
 */
#ifndef HF_PIPELINE_BACKUP_NAMES_H
#define HF_PIPELINE_BACKUP_NAMES_H

#include <stdbool.h>

/* The database, "zones/ID/NAME.journal", or in "keys/NAME" a key file or the list of used tags. */
bool hf_backup_takes(const char *name);

#endif
