/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/journal_record.h"

#include <string.h>
#include <xxhash.h>

static const uint8_t MARK[4] = {'H', 'F', 'J', '1'};

static uint64_t read_u64(const uint8_t *at)
{
	return (uint64_t)hf_read_u32(at) << 32 | hf_read_u32(at + 4);
}

static void put_u64(struct hf_buf *out, uint64_t value)
{
	hf_put_u32(out, (uint32_t)(value >> 32));
	hf_put_u32(out, (uint32_t)value);
}

size_t hf_journal_record_begin(struct hf_buf *out, enum hf_journal_type type, uint64_t number)
{
	size_t begin = out->len;
	hf_put_bytes(out, MARK, sizeof(MARK));
	hf_put_u32(out, (uint32_t)type);
	hf_put_u32(out, 0); /* length, known at the end */
	put_u64(out, number);
	return begin;
}

void hf_journal_record_end(struct hf_buf *out, size_t begin, uint64_t salt)
{
	if (out->failed)
		return;
	size_t len = out->len - begin - HF_JOURNAL_HEADER;
	hf_write_u32(out->data + begin + 8, (uint32_t)len);
	put_u64(out, XXH3_64bits_withSeed(out->data + begin, HF_JOURNAL_HEADER + len, salt));
}

enum hf_journal_reading hf_journal_record_read(
        const uint8_t *bytes, size_t len, uint64_t salt, struct hf_journal_record *ret_record)
{
	if (len < HF_JOURNAL_HEADER)
		return HF_READING_CUT;
	struct hf_journal_record record = {.type = (enum hf_journal_type)hf_read_u32(bytes + 4),
	        .len = hf_read_u32(bytes + 8),
	        .number = read_u64(bytes + 12),
	        .body = bytes + HF_JOURNAL_HEADER};
	if (memcmp(bytes, MARK, sizeof(MARK)) != 0 || record.type < HF_JOURNAL_START ||
	        record.type > HF_JOURNAL_COMMIT || record.len > HF_JOURNAL_BODY)
		return HF_READING_BAD;
	if (len - HF_JOURNAL_HEADER < (size_t)record.len + HF_JOURNAL_SUM)
		return HF_READING_CUT;
	if (record.type == HF_JOURNAL_START && record.len >= 8)
		salt = read_u64(record.body);
	if (XXH3_64bits_withSeed(bytes, HF_JOURNAL_HEADER + record.len, salt) !=
	        read_u64(record.body + record.len))
		return HF_READING_BAD;
	*ret_record = record;
	return HF_READING_GOOD;
}

bool hf_journal_commit_follows(const uint8_t *bytes, size_t len, uint64_t salt, uint64_t number)
{
	struct hf_journal_record record;
	const uint8_t *end = bytes + len;
	for (const uint8_t *at = bytes; at < end; at++) {
		at = memmem(at, (size_t)(end - at), MARK, sizeof(MARK));
		if (at == NULL)
			return false;
		if (hf_journal_record_read(at, (size_t)(end - at), salt, &record) ==
		                HF_READING_GOOD &&
		        record.type == HF_JOURNAL_COMMIT && record.number >= number)
			return true;
	}
	return false;
}
