/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Type bitmaps of NSEC and NSEC3 (RFC 4034 section 4.1.2). Thread-safe.
 */
#ifndef HF_DNS_BITMAP_H
#define HF_DNS_BITMAP_H

#include "base/bytes.h"

/* Well-formed: windows ascending, 1–32 bytes each, no trailing zero byte, nothing left over. */
bool hf_bitmap_valid(const uint8_t *bitmap, size_t len);
bool hf_bitmap_has(const uint8_t *bitmap, size_t len, uint16_t type);
/* The smallest type in it that is larger than `after`; −1 when there is none. Start with −1. */
int hf_bitmap_next(const uint8_t *bitmap, size_t len, int after);
/* Writes the bitmap of `count` types in ascending order without repeats. */
void hf_bitmap_put(struct hf_buf *out, const uint16_t *types, size_t count);

#endif
