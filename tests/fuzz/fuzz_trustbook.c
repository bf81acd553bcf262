/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * State files of trust anchors: any bytes are refused with a sentence, or give a book that is
 * written and read back the same, and that a strange DNSKEY set cannot teach anything.
 */
#include <stdlib.h>
#include <string.h>

#include "chain/trustbook.h"
#include "fuzz.h"

static void check_point(struct hf_trust_point *point)
{
	/* One key of Ed25519, and no signature. */
	static const uint8_t records[] = {0, 7, 1, 1, 3, 15, 1, 2, 3};
	const struct hf_rrset set = {.type = KNOT_RRTYPE_DNSKEY,
	        .rr_count = 1,
	        .ttl = 3600,
	        .rrs = records,
	        .rrs_len = sizeof(records)};
	struct hf_trust_result result;
	size_t usable = hf_trust_point_usable(point), count = point->count;
	hf_time now = point->checked != HF_TIME_NONE ? point->checked : 0;
	if (hf_trust_point_observe(point, &set, now, &result) != HF_OK)
		return;
	if (result.outcome != HF_TRUST_UNPROVEN || result.count != 0 || point->count != count ||
	        hf_trust_point_usable(point) != usable)
		abort();
}

static void check(struct hf_trust_book *book)
{
	struct hf_trust_book back;
	struct hf_buf out = {0}, again = {0};
	if (hf_trust_book_put(book, &out) != HF_OK)
		abort();
	if (hf_trust_book_parse("again", (const char *)out.data, out.len, NULL, &back) != HF_OK)
		abort();
	if (hf_trust_book_put(&back, &again) != HF_OK || again.len != out.len ||
	        memcmp(again.data, out.data, out.len) != 0)
		abort();
	for (size_t i = 0; i < book->count; i++)
		check_point(&book->points[i]);
	hf_trust_book_done(&back);
	hf_buf_done(&out);
	hf_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_trust_book book;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (hf_trust_book_parse("state", (const char *)data, size, &diag, &book) == HF_OK) {
		check(&book);
		hf_trust_book_done(&book);
	} else if (diag.count == 0) {
		abort();
	}
	hf_diag_done(&diag);
	return 0;
}
