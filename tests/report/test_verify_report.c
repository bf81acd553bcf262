/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forms of a verification's report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <libknot/descriptor.h>

#include "report/verify_json.h"
#include "report/verify_text.h"

#define AT 1768435200 /* 2026-01-15T00:00:00Z */

static char detail[] =
        "The signature by ZSK 12345 (ECDSAP256SHA256) over the A set does not verify.";
static char fix[] = "Do not publish.";

struct sample {
	struct hf_report report;
	struct hf_finding findings[2];
	struct hf_buf out;
};

static void sample_init(struct sample *sample)
{
	*sample = (struct sample){
	        .report = {.serial = 4294967295u,
	                .at = AT,
	                .names = 1,
	                .rrsets = 5,
	                .signatures = 4,
	                .seconds = 0.5,
	                .has_validity = true,
	                .min_validity = 90061,
	                .min_type = KNOT_RRTYPE_SOA,
	                .findings = sample->findings,
	                .count = 2},
	        .findings = {{.check = &HF_CHECKS[HF_CHECK_RRSIG_INVALID],
	                             .type = KNOT_RRTYPE_A,
	                             .key_tag = 12345,
	                             .detail = detail,
	                             .fix = fix,
	                             .count = 9},
	                {.check = &HF_CHECKS[HF_CHECK_OUT_OF_ZONE],
	                        .type = 0,
	                        .key_tag = -1,
	                        .detail = detail,
	                        .fix = fix,
	                        .count = 1}},
	};
	struct hf_report *report = &sample->report;
	assert_int_equal(hf_name_from_text("example.", &report->zone), HF_OK);
	assert_int_equal(hf_name_from_text("a.example.", &report->min_owner), HF_OK);
	assert_int_equal(hf_name_from_text("\\027w.example.", &sample->findings[0].owner), HF_OK);
	assert_int_equal(hf_name_from_text("example.net.", &sample->findings[1].owner), HF_OK);
}

static json_t *json_of(struct sample *sample)
{
	assert_int_equal(hf_report_json(&sample->report, &sample->out), HF_OK);
	json_t *root = json_loadb((const char *)sample->out.data, sample->out.len, 0, NULL);
	assert_non_null(root);
	hf_buf_done(&sample->out);
	return root;
}

static const char *text_of(struct sample *sample)
{
	assert_int_equal(hf_report_text(&sample->report, &sample->out), HF_OK);
	hf_put_u8(&sample->out, 0);
	assert_int_equal(hf_buf_check(&sample->out), HF_OK);
	return (const char *)sample->out.data;
}

static const char *string_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	assert_non_null(text);
	return text;
}

static void json_form(void **state)
{
	(void)state;
	struct sample sample;
	sample_init(&sample);
	json_t *root = json_of(&sample);
	assert_string_equal(string_at(root, "zone"), "example.");
	assert_int_equal(json_integer_value(json_object_get(root, "serial")), 4294967295);
	assert_string_equal(string_at(root, "at"), "2026-01-15T00:00:00Z");
	assert_string_equal(string_at(root, "verdict"), "bad");
	const json_t *validity = json_object_get(root, "min_validity");
	assert_int_equal(json_integer_value(json_object_get(validity, "seconds")), 90061);
	assert_string_equal(string_at(validity, "type"), "SOA");
	const json_t *findings = json_object_get(root, "findings");
	assert_int_equal(json_array_size(findings), 2);
	const json_t *first = json_array_get(findings, 0), *second = json_array_get(findings, 1);
	assert_string_equal(string_at(first, "check"), "rrsig-invalid");
	assert_string_equal(string_at(first, "severity"), "error");
	assert_string_equal(string_at(first, "type"), "A");
	assert_int_equal(json_integer_value(json_object_get(first, "key_tag")), 12345);
	assert_int_equal(json_integer_value(json_object_get(first, "count")), 9);
	assert_true(json_is_null(json_object_get(second, "type")));
	assert_true(json_is_null(json_object_get(second, "key_tag")));
	json_decref(root);
}

static void json_without_signatures(void **state)
{
	(void)state;
	struct sample sample;
	sample_init(&sample);
	sample.report.has_validity = false;
	sample.report.count = 0;
	sample.report.good = true;
	json_t *root = json_of(&sample);
	assert_true(json_is_null(json_object_get(root, "min_validity")));
	assert_string_equal(string_at(root, "verdict"), "good");
	assert_int_equal(json_array_size(json_object_get(root, "findings")), 0);
	json_decref(root);
}

static void text_form(void **state)
{
	(void)state;
	struct sample sample;
	sample_init(&sample);
	sample.report.dropped = 3;
	const char *text = text_of(&sample);
	assert_ptr_equal(
	        strstr(text, "BAD example., serial 4294967295: 1 error, 1 warning, 0 notices"),
	        text);
	assert_non_null(strstr(text, "\n  1 name, 5 RRsets, 4 signatures in 0.50 s"));
	assert_non_null(
	        strstr(text, "rrsig-invalid  \\027w.example. A  and 8 more with this cause"));
	assert_non_null(strstr(text, "\n3 findings more"));
	assert_non_null(strstr(text, "a.example. SOA, in 1 d 1 h"));
	assert_true(strstr(text, "\nErrors\n") < strstr(text, "\nWarnings\n"));
	for (const char *at = text; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
	hf_buf_done(&sample.out);
}

static void lines_are_wrapped(void **state)
{
	(void)state;
	struct sample sample;
	sample_init(&sample);
	const char *text = text_of(&sample);
	const char *line = strstr(text, "      The signature by ZSK");
	assert_non_null(line);
	assert_true(strcspn(line, "\n") <= 80);
	assert_ptr_equal(strstr(strchr(line, '\n'), "\n      verify.\n"), strchr(line, '\n'));
	hf_buf_done(&sample.out);
}

static void table_of_checks(void **state)
{
	(void)state;
	struct hf_buf out = {.len = 0};
	assert_int_equal(hf_checks_json(&out), HF_OK);
	json_t *root = json_loadb((const char *)out.data, out.len, 0, NULL);
	assert_int_equal(json_array_size(root), HF_CHECK_COUNT);
	assert_string_equal(string_at(json_array_get(root, 0), "check"), HF_CHECKS[0].name);
	json_decref(root);
	hf_buf_reset(&out);
	assert_int_equal(hf_checks_text(&out), HF_OK);
	assert_memory_equal(out.data, "zone-unsigned  error  ZONE\n", 27);
	hf_buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(json_form),
	        cmocka_unit_test(json_without_signatures),
	        cmocka_unit_test(text_form),
	        cmocka_unit_test(lines_are_wrapped),
	        cmocka_unit_test(table_of_checks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
