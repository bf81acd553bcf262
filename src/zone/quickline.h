/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plain lines of zone text, fast.
 *
 * Nearly all of a large zone are lines with one record of a few types, written plainly: no
 * parentheses, quotes, escapes, comments or units. Such a line is read here; any other one, wrong
 * ones included, is left to libzscanner. What is read here is the very record that libzscanner
 * makes of the line (RDATA in canonical form). One thread at a time a reader. No allocations.
 */
#ifndef HF_ZONE_QUICKLINE_H
#define HF_ZONE_QUICKLINE_H

#include "dns/rdata.h"

#define HF_QUICK_RDATA 1024 /* longer RDATA is left to libzscanner */

struct hf_quickline {
	/* What is in force. Whoever changes it calls hf_quickline_forget. */
	struct hf_name origin;
	bool has_origin; /* else relative names are left to libzscanner */
	uint32_t default_ttl;

	/* The record that was read last. */
	struct hf_name owner;
	uint16_t type;
	uint32_t ttl;
	uint16_t rdata_len;
	uint8_t rdata[HF_QUICK_RDATA];

	/* The owner as it was written: the next line often has the same. Borrowed from the text. */
	const char *owner_text;
	size_t owner_text_len;
};

/* The next owner is not compared with the last one. */
void hf_quickline_forget(struct hf_quickline *line);
/*
 * Reads the line that begins at `text` and has its end before `end`. Returns its newline; NULL
 * when it is one for libzscanner: then there is no record, and the owner is not known either.
 */
const char *hf_quickline_read(struct hf_quickline *line, const char *text, const char *end);

#endif
