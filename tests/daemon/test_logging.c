/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of the log: their fields, and that nothing in a text can forge one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/logging.h"

static void expect(
        const struct hf_log_about *about, const char *text, bool journal, const char *line)
{
	struct hf_buf out = {0};
	hf_log_put(about, text, 1767225600, journal, &out);
	hf_put_u8(&out, 0);
	assert_int_equal(hf_buf_check(&out), HF_OK);
	assert_string_equal((const char *)out.data, line);
	hf_buf_done(&out);
}

static void test_fields(void **state)
{
	(void)state;
	struct hf_name zone;
	assert_int_equal(hf_name_from_text("example.", &zone), HF_OK);
	struct hf_log_about about = {.level = HF_LOG_NOTICE, .event = "published"};
	expect(&about, "good", false, "2026-01-01T00:00:00Z notice event=published text=\"good\"");
	about.zone = &zone;
	about.has_serial = true;
	about.serial = 4294967295;
	expect(&about, "good", true,
	        "<5>event=published zone=example. serial=4294967295 text=\"good\"");
}

static void test_forgery(void **state)
{
	(void)state;
	const struct hf_log_about about = {.level = HF_LOG_ERROR, .event = "x"};
	expect(&about, "a\n<3>event=\"b\" \\ \x1b[0m", true,
	        "<3>event=x text=\"a\\x0a<3>event=\\\"b\\\" \\\\ \\x1b[0m\"");
}

static void test_levels(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HF_LOG_LEVELS; i++) {
		enum hf_log_level level;
		assert_true(hf_log_level_parse(hf_log_level_name((enum hf_log_level)i), &level));
		assert_int_equal(level, i);
	}
	enum hf_log_level level;
	assert_false(hf_log_level_parse("loud", &level));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_fields),
	        cmocka_unit_test(test_forgery),
	        cmocka_unit_test(test_levels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
