/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zone text to records (RFC 1035 section 5, RFC 2308 section 4, RFC 3597), with libzscanner, but for
 * plain lines (zone/quickline.h).
 *
 * Every error is a diagnostic with file and line, and reading goes on behind it. Work and memory
 * are bounded by the size of the input and the limits here. One thread at a time a reading.
 */
#ifndef HF_ZONE_RECORDS_H
#define HF_ZONE_RECORDS_H

#include "base/diag.h"
#include "base/progress.h"
#include "dns/rdata.h"

#define HF_LOAD_INCLUDE_DEPTH 8
#define HF_LOAD_INCLUDE_FILES 1000
#define HF_LOAD_DEFAULT_TTL   3600 /* records without a TTL before any $TTL */

/* One record; its RDATA is canonical. A visit that fails ends the reading with its error. */
typedef enum hf_err hf_record_fn(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line);

struct hf_reading {
	const struct hf_name *origin; /* NULL: relative names need an $ORIGIN before them */
	hf_record_fn *visit;
	void *context;
	const struct hf_progress *progress; /* may be NULL */
	struct hf_diag *diag;               /* may be NULL */
};

/* A stretch of zone text that begins at the start of an entry. */
struct hf_stretch {
	const char *name;   /* of the file, for messages */
	const char *folder; /* what $INCLUDEs are relative to; NULL: they are refused */
	const char *text;
	size_t len;
	bool mapped;        /* from a file: what has been read may be forgotten */
	uint64_t line;      /* number of its first line: 1 for a whole file */
	const char *before; /* the directives in force, as lines; may be NULL */
	size_t before_len;
};

/* HF_ERR_SYNTAX when there was any error in the text. */
enum hf_err hf_records_read(
        const struct hf_reading *reading, const struct hf_stretch *stretch) HF_MUST_CHECK;

#endif
