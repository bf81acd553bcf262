/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent's DS set as read from a file, for the judgement of the link from the parent.
 * One thread at a time.
 */
#ifndef HF_VERIFY_DSSET_H
#define HF_VERIFY_DSSET_H

#include "base/diag.h"
#include "dns/rdata.h"

#define HF_DSSET_MAX 100 /* records taken from one file */

/* Zero-initialised is empty. The RDATA points into `bytes`. */
struct hf_dsset {
	struct hf_rdata *records;
	size_t count;
	struct hf_buf bytes;
};

void hf_dsset_done(struct hf_dsset *set);
/*
 * Reads DS records, or DNSKEY records to make them from (SHA-256), in zone-file form. Every owner
 * must be `zone`; other types are errors, as is a file without any record. `path` "-" is standard
 * input.
 */
enum hf_err hf_dsset_load(const char *path, const struct hf_name *zone, struct hf_diag *diag,
        struct hf_dsset *ret_set) HF_MUST_CHECK;

#endif
