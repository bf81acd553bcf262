/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Disks that fail, and power that goes, at a chosen call.
 *
 * The program's own write, pwrite, fsync, fdatasync, ftruncate, rename, link, linkat and unlink
 * stand here; libraries that it is linked with, SQLite among them, come through here too. What was
 * written to a file and not synced is remembered, so that a loss of power can take it back: all of
 * it, or some sectors. Changes of folders stay: what they need to be durable is not shown here.
 * One thread.
 */
#ifndef HF_TESTS_PIPELINE_POWERLOSS_H
#define HF_TESTS_PIPELINE_POWERLOSS_H

#include <stdbool.h>

#define POWERLOSS_EXIT 77 /* what the process exits with */

/* Calls on regular files are counted from 1. */
struct faults {
	unsigned error_at;    /* this call fails; 0: none does */
	unsigned error_count; /* and those after it, so many in all */
	int error_code;       /* errno; for ENOSPC writes are cut short first, and syncs succeed */
	unsigned power_at;    /* the power goes during this call; 0: it stays */
	bool keeps;           /* it takes nothing back: the process is killed, no more */
	unsigned seed;        /* of what it takes back otherwise */
};

void faults_begin(const struct faults *faults);
/* Back to normal; how many calls there were. */
unsigned faults_end(void);

#endif
