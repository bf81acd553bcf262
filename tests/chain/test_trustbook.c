/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of trust books: it reads back to the same book, or is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keystand.h"

#define HEAD "; holdfast trust anchors, form 1\n"
#define KEY  "DNSKEY 257 3 15 AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

static enum hf_err parse(const char *text, struct hf_diag *diag, struct hf_trust_book *ret_book)
{
	hf_diag_init(diag, HF_DIAG_LIMIT);
	return hf_trust_book_parse("state", text, strlen(text), diag, ret_book);
}

static void empty_book(void **state)
{
	struct hf_trust_book book = {0}, back;
	struct hf_diag diag;
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	assert_int_equal(hf_trust_book_put(&book, &out), HF_OK);
	hf_put_u8(&out, 0);
	assert_int_equal(parse((const char *)out.data, &diag, &back), HF_OK);
	assert_int_equal(back.count, 0);
	hf_trust_book_done(&back);
	hf_diag_done(&diag);
}

static void zones_are_in_order(void **state)
{
	static const char *const zones[] = {"net.", ".", "a.example.", "example.", "NET."};
	static const char *const order[] = {".", "example.", "a.example.", "net."};
	static const uint8_t ds[] = {0, 1, 15, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
	struct hf_anchors anchors = {0};
	struct hf_trust_book book = {0};
	for (size_t i = 0; i < 5; i++) {
		struct hf_name zone;
		assert_int_equal(hf_name_from_text(zones[i], &zone), HF_OK);
		assert_int_equal(hf_anchors_add(&anchors, &zone, KNOT_RRTYPE_DS,
		                         (struct hf_rdata){ds, sizeof(ds)}, NULL),
		        HF_OK);
	}
	assert_int_equal(hf_trust_book_seed(&book, &anchors, STAND_AT, NULL), HF_OK);
	/* Twice is once. */
	assert_int_equal(hf_trust_book_seed(&book, &anchors, STAND_AT, NULL), HF_OK);
	assert_int_equal(book.count, 4);
	for (size_t i = 0; i < 4; i++) {
		char text[HF_NAME_TEXT];
		assert_string_equal(hf_name_text(&book.points[i].zone, text), order[i]);
		assert_int_equal(book.points[i].seeds.count, 1);
		assert_int_equal(hf_trust_point_usable(&book.points[i]), 1);
	}
	hf_trust_book_done(&book);
	hf_anchors_done(&anchors);
}

static void every_state_reads_back(void **state)
{
	static const char text[] =
	        HEAD "zone example.\nchecked 2026-01-02T03:04:05Z\nproven 2026-01-02T03:04:05Z\n"
	             "next 2026-01-03T03:04:05Z\nttl 4294967295\nlife 86400\n"
	             "anchor DS 1 15 2 "
	             "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20\n"
	             "key addpend 2026-01-01T00:00:00Z 2026-01-31T00:00:00Z " KEY "\n"
	             "key valid 2026-01-01T00:00:00Z - DNSKEY 257 3 15 AgID\n"
	             "key missing 2026-01-01T00:00:00Z - DNSKEY 257 3 15 AwID\n"
	             "key revoked 2026-01-01T00:00:00Z - DNSKEY 257 3 15 BAID\n"
	             "key revoked 2026-01-01T00:00:00Z 2026-01-31T00:00:00Z DNSKEY 257 3 15 BQID\n"
	             "key removed 2026-01-01T00:00:00Z - DNSKEY 257 3 15 BgID\n"
	             "end 1\n";
	struct hf_trust_book book;
	struct hf_diag diag;
	assert_int_equal(parse(text, &diag, &book), HF_OK);
	struct hf_trust_point *point = &book.points[0];
	assert_int_equal(point->count, 6);
	assert_int_equal(point->ttl, UINT32_MAX);
	assert_int_equal(point->life, 86400);
	assert_int_equal(point->next - point->checked, 86400);
	assert_int_equal(point->keys[0].state, HF_TRUST_ADDPEND);
	assert_int_equal(point->keys[0].due - point->keys[0].since, 30 * STAND_DAY);
	assert_int_equal(point->keys[5].state, HF_TRUST_REMOVED);
	char *before = stand_text(point);
	stand_restart(point);
	char *after = stand_text(point);
	assert_string_equal(before, after);
	free(before);
	free(after);
	hf_trust_book_done(&book);
	hf_diag_done(&diag);
}

static const struct refusal {
	const char *text;
	unsigned line;
	const char *says;
} refusals[] = {
        {"", 1, "no file of `holdfast anchors`"},
        {". 3600 IN DS 1 8 2 00\nend 0\n", 1, "no file of `holdfast anchors`"},
        {HEAD, 0, "the end line is missing"},
        {HEAD "zone .\nkey valid 2026-01-01T00:00:00Z - " KEY "\n", 0, "end line is missing"},
        {HEAD "zone .\nend 2\n", 3, "should have 2 zones and has 1"},
        {HEAD "end 0\nzone .\n", 3, "behind the end line"},
        {HEAD "checked -\nend 0\n", 2, "no zone line before"},
        {HEAD "zone .\nzone .\nend 2\n", 3, "there twice"},
        {HEAD "zone a..b\nend 1\n", 2, "no domain name"},
        {HEAD "zone\nend 1\n", 2, "needs a value"},
        {HEAD "zone .\nchecked now\nend 1\n", 3, "no time"},
        {HEAD "zone .\nchecked 2026-02-30T00:00:00Z\nend 1\n", 3, "no time"},
        {HEAD "zone .\nttl 4294967296\nend 1\n", 3, "no number"},
        {HEAD "zone .\nttl -1\nend 1\n", 3, "no number"},
        {HEAD "zone .\nttl 1\nttl 2\nend 1\n", 4, "twice for one zone"},
        {HEAD "zone .\ncolour red\nend 1\n", 3, "not known here"},
        {HEAD "zone .\nanchor DNSKEY 257 3 8 AwEA\nend 1\n", 3, "has a DS record"},
        {HEAD "zone .\nanchor DS 1 8 2 xyz\nend 1\n", 3, ""},
        {HEAD "zone .\nanchor DS\nend 1\n", 3, ""},
        {HEAD "zone .\nkey trusted 2026-01-01T00:00:00Z - " KEY "\nend 1\n", 3, "no state"},
        {HEAD "zone .\nkey start 2026-01-01T00:00:00Z - " KEY "\nend 1\n", 3, "no state"},
        {HEAD "zone .\nkey valid - - " KEY "\nend 1\n", 3, "no time since"},
        {HEAD "zone .\nkey addpend 2026-01-01T00:00:00Z - " KEY "\nend 1\n", 3, "a hold-down"},
        {HEAD "zone .\nkey valid 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z " KEY "\nend 1\n", 3,
                "no hold-down"},
        {HEAD "zone .\nkey valid 2026-01-01T00:00:00Z -\nend 1\n", 3, "a key line reads"},
        {HEAD "zone .\nkey valid 2026-01-01T00:00:00Z - DNSKEY 385 3 15 AgID\nend 1\n", 3,
                "without their REVOKE flag"},
        {HEAD "zone .\nkey valid 2026-01-01T00:00:00Z - DNSKEY 257 3 15 ( AgID\nend 1\n", 3,
                "no brackets"},
        {HEAD "zone .\nkey valid 2026-01-01T00:00:00Z - " KEY
              "\nkey revoked 2026-01-01T00:00:00Z - " KEY "\nend 1\n",
                4, "there twice"},
};

static void bad_text_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *refusal = &refusals[i];
		struct hf_trust_book book;
		struct hf_diag diag;
		assert_int_equal(parse(refusal->text, &diag, &book), HF_ERR_SYNTAX);
		assert_true(diag.count > 0);
		const struct hf_diag_entry *entry = &diag.entries[0];
		if (strstr(entry->text, refusal->says) == NULL || entry->line != refusal->line)
			fail_msg("for\n%s\nit says in line %d: %s", refusal->text, (int)entry->line,
			        entry->text);
		assert_string_equal(entry->file, "state");
		hf_diag_done(&diag);
	}
}

/* A file that was cut anywhere is refused, or has all that it had but the last line feed. */
static void cut_files_are_refused(void **state)
{
	static const char text[] = HEAD "zone .\nchecked 2026-01-02T03:04:05Z\n"
	                                "key valid 2026-01-01T00:00:00Z - " KEY "\nend 1\n";
	for (size_t len = 0; len < strlen(text) - 1; len++) {
		struct hf_trust_book book;
		assert_int_not_equal(hf_trust_book_parse("state", text, len, NULL, &book), HF_OK);
	}
}

static void too_large(void **state)
{
	struct hf_trust_book book;
	struct hf_diag diag;
	size_t len = HF_TRUST_BOOK_SIZE + 1;
	char *text = calloc(1, len);
	assert_non_null(text);
	hf_diag_init(&diag, 1);
	assert_int_equal(hf_trust_book_parse("state", text, len, &diag, &book), HF_ERR_LIMIT);
	hf_diag_done(&diag);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(empty_book),
	        cmocka_unit_test(zones_are_in_order),
	        cmocka_unit_test(every_state_reads_back),
	        cmocka_unit_test(bad_text_is_refused),
	        cmocka_unit_test(cut_files_are_refused),
	        cmocka_unit_test(too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
