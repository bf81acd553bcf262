/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loading a zone file (RFC 1035 section 5, RFC 2308 section 4, RFC 3597) with libzscanner.
 *
 * All errors are collected with file and line, up to the diagnostic's limit; with any error there
 * is no version. Work and memory are bounded by the size of the input and the limits here.
 */
#ifndef HF_ZONE_LOAD_H
#define HF_ZONE_LOAD_H

#include "base/progress.h"
#include "zone/version.h"

#define HF_LOAD_INCLUDE_DEPTH 8
#define HF_LOAD_INCLUDE_FILES 1000
#define HF_LOAD_DEFAULT_TTL   3600 /* records without a TTL before any $TTL */

struct hf_load_options {
	const char *origin; /* zone name as text; NULL: the owner of the one SOA record */
	const struct hf_progress *progress; /* may be NULL */
	bool refuse_foreign; /* owners outside the zone are errors, with their line */
};

/* `path` "-" is standard input. The caller owns a reference to the version. */
enum hf_err hf_zone_load(const char *path, const struct hf_load_options *options,
        struct hf_diag *diag, struct hf_version **ret_version) HF_MUST_CHECK;
/* The same from memory; `name` stands for the file in messages. $INCLUDE is refused. */
enum hf_err hf_zone_load_text(const char *name, const char *text, size_t len,
        const struct hf_load_options *options, struct hf_diag *diag,
        struct hf_version **ret_version) HF_MUST_CHECK;

/* Every record that was read, in file order, for other uses of master-file text (key files, DS
 * files, trust anchors). RDATA is canonical. A visit that fails ends the reading. */
typedef enum hf_err hf_record_fn(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line);
enum hf_err hf_records_load(const char *path, const struct hf_load_options *options,
        hf_record_fn *visit, void *context, struct hf_diag *diag) HF_MUST_CHECK;

#endif
