/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text and the JSON of traced chains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/trace_json.h"
#include "report/trace_text.h"
#include "trace_samples.h"

/* The caller resets `out`. */
static const char *text_of(enum sample_kind kind, struct hf_buf *out)
{
	struct sample sample;
	sample_init(&sample, kind);
	assert_int_equal(hf_trace_text(&sample.trace, out), HF_OK);
	hf_put_u8(out, 0);
	assert_int_equal(hf_buf_check(out), HF_OK);
	return (const char *)out->data;
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void verdict_comes_first(void **state)
{
	static const char *const lines[SAMPLE_KINDS] = {
	        [SAMPLE_GOOD] = "SECURE www.example.org. A: NOERROR, 1 record, proven until "
	                        "2026-09-30T14:13:20Z\n",
	        [SAMPLE_NO_KEY] = "BOGUS www.example.org. A: SERVFAIL from a validating resolver, "
	                          "NOERROR from any other\n",
	        [SAMPLE_EXPIRED] = "BOGUS www.example.org. A: SERVFAIL from a validating resolver, "
	                           "NOERROR from any other\n",
	        [SAMPLE_SILENT] = "BOGUS www.example.org. A: SERVFAIL ",
	        [SAMPLE_INSECURE] = "INSECURE www.example.org. A: NOERROR, 1 record, not protected "
	                            "by DNSSEC\n",
	        [SAMPLE_NO_ANCHOR] = "INDETERMINATE www.example.org. A: no verdict\n",
	        [SAMPLE_NO_ANSWER] =
	                "INDETERMINATE www.example.org. A: no verdict; SERVFAIL from a "
	                "validating resolver\n",
	        [SAMPLE_MANY_KEYS] = "SECURE www.example.org. A: ",
	        [SAMPLE_LONG_NAMES] = "SECURE a-host-name-that-",
	        [SAMPLE_HOSTILE] = "SECURE \\]\\]\\>\\<script\\>\\000\\255.org. A: ",
	};
	for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
		const char *text = text_of(kind, &out);
		if (strncmp(text, lines[kind], strlen(lines[kind])) != 0)
			fail_msg("%s begins otherwise:\n%s", sample_name(kind), text);
	}
}

static void lines_are_short_and_printable(void **state)
{
	for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
		const char *text = text_of(kind, &out);
		for (size_t column = 0, i = 0; text[i] != '\0'; i++) {
			column = text[i] == '\n' ? 0 : column + 1;
			assert_true(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
			if (column > 100 && kind != SAMPLE_LONG_NAMES)
				fail_msg("%s has a line that is too long:\n%s", sample_name(kind),
				        text);
		}
	}
}

static void links_are_lines(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	const char *text = text_of(SAMPLE_GOOD, &out);
	assert_has(text,
	        "\n  secure       .                 anchor 20326 -> KSK 20326 -> ZSK 20327\n"
	        "                                 ECDSAP256SHA256, 9 d left; from "
	        "192.0.2.53\n");
	assert_has(text, "\n  secure         org.            DS 26974 -> KSK 26974 -> ZSK 26975\n");
	assert_has(text, "\n  secure           example.org.  DS 12345 -> KSK 12345 -> ZSK 12346\n");
	assert_has(text, "\nAnswer\n  www.example.org. 300 IN A 192.0.2.80\n");
	assert_null(strstr(text, "fix"));
}

static void broken_ds(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	const char *text = text_of(SAMPLE_NO_KEY, &out);
	assert_has(text, "\n  BOGUS            example.org.  DS 12345 -X no DNSKEY\n");
	assert_has(text, "KSK 54321 signs the set; ZSK 12346\n");
	assert_has(text, "\nWhat is broken: example.org.\n"
	                 "  cause     the parent's DS 12345 matches no DNSKEY");
	assert_has(text,
	        "\n  answers   a validating resolver: SERVFAIL with EDE 9 (DNSKEY Missing); "
	        "any\n            other, or with dig +cd: NOERROR, 1 record\n");
	/* The sentence names both sides itself. */
	assert_has(text, "\n  fix       quick, at the zone: put the key");
	assert_has(text, "\nAnswer, not proven\n");
}

static void broken_signature(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	const char *text = text_of(SAMPLE_EXPIRED, &out);
	assert_has(text, "DS 12345 -> KSK 12345 -> ZSK 12346 -X A of\n");
	assert_has(text, "bad: signature by 12346 over A of\n");
	assert_has(text, "www.example.org.: expired 2 d ago\n");
	assert_has(text, "lied: 192.0.2.54: the signature over A of\n");
	assert_has(text, "\n  fix       at the zone: sign example.org. again");
	assert_has(text, "KSK 12345 signs the set; ZSK 12346\n                                 "
	                 "signs data, and in vain\n");
}

static void silent_key(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	const char *text = text_of(SAMPLE_SILENT, &out);
	assert_has(text, "DS 12345 -> KSK 12345 -X DNSKEY set\n");
	assert_has(text, "KSK 12345 signs nothing here;");
	assert_has(text, "KSK 54321 signs the set");
}

static void other_ends(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf insecure = {0}, silent = {0}, many = {0};
	assert_has(
	        text_of(SAMPLE_INSECURE, &insecure), "\n  insecure         example.org.  no DS\n");
	assert_has((const char *)insecure.data, "\nWhere protection ends: example.org.\n");
	assert_has(text_of(SAMPLE_NO_ANSWER, &silent), "DS 12345 -X no answer\n");
	assert_has((const char *)silent.data, "not known, as no server");
	assert_has(text_of(SAMPLE_MANY_KEYS, &many), "beside: DS 60000 -X no DNSKEY\n");
}

/* The caller owns it. */
static json_t *json_of(enum sample_kind kind)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	struct sample sample;
	sample_init(&sample, kind);
	assert_int_equal(hf_trace_json(&sample.trace, &out), HF_OK);
	assert_int_equal(out.data[out.len - 1], '\n');
	json_error_t error;
	json_t *object =
	        json_loadb((const char *)out.data, out.len, JSON_REJECT_DUPLICATES, &error);
	if (object == NULL)
		fail_msg("%s: %s", sample_name(kind), error.text);
	return object;
}

static void json_of_a_broken_chain(void **state)
{
	json_t *object = json_of(SAMPLE_NO_KEY), *broken, *links, *ede, *answer;
	const char *qname, *qtype, *at, *status, *rcode, *code, *side, *zone;
	int link;
	assert_int_equal(
	        json_unpack(object, "{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "qname",
	                &qname, "qtype", &qtype, "at", &at, "status", &status, "rcode", &rcode,
	                "ede", &ede, "answer", &answer, "links", &links, "broken", &broken),
	        0);
	assert_string_equal(qname, "www.example.org.");
	assert_string_equal(qtype, "A");
	assert_string_equal(at, "2026-09-21T14:13:20Z");
	assert_string_equal(status, "bogus");
	assert_string_equal(rcode, "NOERROR");
	assert_int_equal(json_integer_value(json_array_get(ede, 0)), 9);
	assert_string_equal(json_string_value(json_array_get(answer, 0)),
	        "www.example.org. 300 IN A 192.0.2.80");
	assert_int_equal(json_unpack(broken, "{s:i, s:s, s:s, s:s}", "link", &link, "code", &code,
	                         "side", &side, "zone", &zone),
	        0);
	assert_int_equal(link, 2);
	assert_string_equal(code, "ds-no-key");
	assert_string_equal(side, "either");
	assert_string_equal(zone, "example.org.");
	json_t *ds = json_array_get(json_object_get(json_array_get(links, 2), "ds"), 0);
	assert_int_equal(json_integer_value(json_object_get(ds, "key_tag")), 12345);
	assert_true(json_is_null(json_object_get(ds, "dnskey")));
	json_decref(object);
}

static void json_of_every_chain(void **state)
{
	for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
		struct sample sample;
		sample_init(&sample, kind);
		json_t *object = json_of(kind);
		json_t *links = json_object_get(object, "links");
		assert_int_equal(json_array_size(links), sample.trace.link_count);
		for (size_t i = 0; i < sample.trace.link_count; i++) {
			const struct hf_link *link = &sample.links[i];
			json_t *item = json_array_get(links, i);
			assert_int_equal(
			        json_array_size(json_object_get(item, "ds")), link->ds_count);
			assert_int_equal(
			        json_array_size(json_object_get(item, "dnskey")), link->key_count);
			assert_int_equal(json_array_size(json_object_get(item, "signatures")),
			        link->sig_count);
		}
		assert_int_equal(
		        json_is_null(json_object_get(object, "broken")), !sample.trace.has_broken);
		json_decref(object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(verdict_comes_first),
	        cmocka_unit_test(lines_are_short_and_printable),
	        cmocka_unit_test(links_are_lines),
	        cmocka_unit_test(broken_ds),
	        cmocka_unit_test(broken_signature),
	        cmocka_unit_test(silent_key),
	        cmocka_unit_test(other_ends),
	        cmocka_unit_test(json_of_a_broken_chain),
	        cmocka_unit_test(json_of_every_chain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
