/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a version as a zone file: one record a line, absolute names, canonical order, RRSIGs
 * behind the set that they cover, SOA first. Loads back to the same version.
 */
#ifndef HF_ZONE_DUMP_H
#define HF_ZONE_DUMP_H

#include "base/outfile.h"
#include "base/pool.h"
#include "zone/version.h"

/* Formats on the pool's threads, writes in order. Does not commit the file. */
enum hf_err hf_zone_dump(const struct hf_version *version, struct hf_outfile *file,
        struct hf_pool *pool, const struct hf_progress *progress,
        struct hf_diag *diag) HF_MUST_CHECK;
/* One RRset as text lines, RRSIGs last. */
enum hf_err hf_rrset_dump(
        const struct hf_name *owner, const struct hf_rrset *set, struct hf_buf *out) HF_MUST_CHECK;

#endif
