/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/diag.h"

static void reads_what_was_written(void **state)
{
	struct hf_buf buf = {0};
	hf_put_u8(&buf, 0xfe);
	hf_put_u16(&buf, 0x1234);
	hf_put_u32(&buf, 0xdeadbeef);
	hf_put_text(&buf, "abc");
	hf_put_format(&buf, "%d-%s", 7, "x");
	assert_int_equal(hf_buf_check(&buf), HF_OK);
	struct hf_cursor in;
	hf_cursor_init(&in, buf.data, buf.len);
	assert_int_equal(hf_get_u8(&in), 0xfe);
	assert_int_equal(hf_get_u16(&in), 0x1234);
	assert_int_equal(hf_get_u32(&in), 0xdeadbeef);
	assert_memory_equal(hf_get_bytes(&in, 6), "abc7-x", 6);
	assert_int_equal(hf_cursor_left(&in), 0);
	assert_false(in.failed);
	hf_buf_done(&buf);
}

static void cursor_fails_once_and_for_all(void **state)
{
	const uint8_t bytes[] = {1, 2, 3};
	struct hf_cursor in;
	hf_cursor_init(&in, bytes, sizeof(bytes));
	assert_int_equal(hf_get_u32(&in), 0);
	assert_true(in.failed);
	assert_int_equal(hf_get_u8(&in), 0);
	assert_null(hf_get_bytes(&in, 0));
	assert_int_equal(hf_cursor_left(&in), 0);
}

static void cursor_over_nothing(void **state)
{
	struct hf_cursor in;
	hf_cursor_init(&in, NULL, 0);
	assert_int_equal(hf_cursor_left(&in), 0);
	assert_non_null(hf_get_bytes(&in, 0));
	assert_false(in.failed);
	hf_get_u8(&in);
	assert_true(in.failed);
}

static void buffer_keeps_its_memory(void **state)
{
	struct hf_buf buf = {0};
	for (unsigned i = 0; i < 10000; i++)
		hf_put_u32(&buf, i);
	size_t cap = buf.cap;
	assert_int_equal(hf_read_u32(buf.data + 4 * 9999), 9999);
	hf_buf_reset(&buf);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf.cap, cap);
	assert_false(hf_buf_reserve(&buf, SIZE_MAX));
	assert_true(buf.failed);
	hf_put_u8(&buf, 1);
	assert_int_equal(buf.len, 0);
	assert_int_equal(hf_buf_check(&buf), HF_ERR_NOMEM);
	hf_buf_done(&buf);
}

static void diagnostics_count_what_they_drop(void **state)
{
	struct hf_diag diag;
	hf_diag_init(&diag, 3);
	assert_int_equal(hf_fail(&diag, HF_ERR_INVALID, "%s is wrong", "this"), HF_ERR_INVALID);
	assert_int_equal(hf_fail_at(&diag, HF_ERR_SYNTAX, "f.zone", 12, "x"), HF_ERR_SYNTAX);
	for (int i = 0; i < 5; i++)
		hf_diag_add(&diag, NULL, 0, "entry %d", i);
	assert_int_equal(diag.count, 3);
	assert_int_equal(diag.dropped, 4);
	assert_string_equal(diag.entries[0].text, "this is wrong");
	assert_null(diag.entries[0].file);
	assert_string_equal(diag.entries[1].file, "f.zone");
	assert_int_equal(diag.entries[1].line, 12);
	hf_diag_done(&diag);
	hf_diag_add(NULL, NULL, 0, "nobody listens");
}

static void every_error_has_words(void **state)
{
	for (int err = HF_OK; err <= HF_ERR_CANCELED; err++)
		assert_string_not_equal(hf_err_text((enum hf_err)err), "unknown error");
	assert_string_equal(hf_err_text((enum hf_err)99), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(reads_what_was_written),
	        cmocka_unit_test(cursor_fails_once_and_for_all),
	        cmocka_unit_test(cursor_over_nothing),
	        cmocka_unit_test(buffer_keeps_its_memory),
	        cmocka_unit_test(diagnostics_count_what_they_drop),
	        cmocka_unit_test(every_error_has_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
