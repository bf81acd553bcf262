/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of a journal: a header, a body, and a checksum over both.
 *
 * A record knows its number in the file, and the checksum is salted by file, so that zone content
 * that looks like a record is none. For the journal only. Values.
 */
#ifndef HF_ZONE_JOURNAL_RECORD_H
#define HF_ZONE_JOURNAL_RECORD_H

#include "base/bytes.h"

enum hf_journal_type {
	HF_JOURNAL_START = 1,  /* the first record: form, salt, apex */
	HF_JOURNAL_NODES = 2,  /* nodes that come, owners that go */
	HF_JOURNAL_COMMIT = 3, /* the version is whole */
};

#define HF_JOURNAL_HEADER 20 /* mark, type, length of the body, number */
#define HF_JOURNAL_SUM    8
#define HF_JOURNAL_BODY   (96u << 20) /* bytes at most: a chunk and the largest node */

struct hf_journal_record {
	enum hf_journal_type type;
	uint64_t number;
	const uint8_t *body; /* borrowed from the bytes that it was read from */
	uint32_t len;
};

/* Begins a record in `out`; its body is appended next. Returns where it begins. */
size_t hf_journal_record_begin(struct hf_buf *out, enum hf_journal_type type, uint64_t number);
/* Ends the record that began there. */
void hf_journal_record_end(struct hf_buf *out, size_t begin, uint64_t salt);

enum hf_journal_reading {
	HF_READING_GOOD,
	HF_READING_CUT, /* the bytes end within the record */
	HF_READING_BAD, /* no record, or not as it was written */
};
/* Reads the record at the start of the bytes. The salt of a START record is its own. */
enum hf_journal_reading hf_journal_record_read(
        const uint8_t *bytes, size_t len, uint64_t salt, struct hf_journal_record *ret_record);
/* Whether a good COMMIT with at least this number begins anywhere in the bytes. */
bool hf_journal_commit_follows(const uint8_t *bytes, size_t len, uint64_t salt, uint64_t number);

#endif
