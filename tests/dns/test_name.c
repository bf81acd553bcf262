/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libknot/dname.h>

#include "dns/name.h"

static struct hf_name name(const char *text)
{
	struct hf_name result;
	assert_int_equal(hf_name_from_text(text, &result), HF_OK);
	return result;
}

/* The example of RFC 4034 section 6.1, in its order. */
static const char *const ordered[] = {"example.", "a.example.", "yljkjljk.a.example.",
        "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.", "\\001.z.example.", "*.z.example.",
        "\\200.z.example."};
#define ORDERED (sizeof(ordered) / sizeof(ordered[0]))

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void canonical_order(void **state)
{
	for (size_t i = 0; i < ORDERED; i++) {
		for (size_t j = 0; j < ORDERED; j++) {
			struct hf_name a = name(ordered[i]), b = name(ordered[j]);
			assert_int_equal(sign(hf_name_cmp(&a, &b)), sign((int)i - (int)j));
		}
	}
}

/* A random name over few byte values, so that equal prefixes and odd bytes are common. */
static struct hf_name random_name(void)
{
	static const uint8_t bytes[] = {0, 1, 2, '*', '.', 'A', 'a', 'b', 0x7f, 0xff};
	struct hf_name result;
	size_t at = 0;
	for (int labels = rand() % 5; labels > 0; labels--) {
		uint8_t len = (uint8_t)(1 + rand() % (rand() % 20 == 0 ? 63 : 3));
		if (at + len + 2 > HF_NAME_MAX)
			break;
		result.wire[at++] = len;
		for (; len > 0; len--)
			result.wire[at++] = bytes[(size_t)rand() % sizeof(bytes)];
	}
	result.wire[at++] = 0;
	result.len = (uint8_t)at;
	return result;
}

/* RFC 4034 section 6.1 word for word: labels from the right, a missing byte before any other. */
static int compare_labels(const struct hf_name *a, const struct hf_name *b)
{
	unsigned a_labels = hf_name_labels(a), b_labels = hf_name_labels(b);
	for (unsigned i = 1; i <= a_labels && i <= b_labels; i++) {
		struct hf_name x, y;
		hf_name_strip(a, a_labels - i, &x);
		hf_name_strip(b, b_labels - i, &y);
		unsigned least = x.wire[0] < y.wire[0] ? x.wire[0] : y.wire[0];
		int order = memcmp(x.wire + 1, y.wire + 1, least);
		if (order != 0 || x.wire[0] != y.wire[0])
			return order != 0 ? order : (int)x.wire[0] - (int)y.wire[0];
	}
	return (int)a_labels - (int)b_labels;
}

static void keys_are_names_turned_around(void **state)
{
	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct hf_name a = random_name(), b = random_name(), back;
		struct hf_key ka, kb;
		hf_key_from_name(&a, &ka);
		hf_key_from_name(&b, &kb);
		assert_true(hf_key_to_name(ka.bytes, ka.len, &back));
		hf_name_lower(&a);
		hf_name_lower(&b);
		assert_int_equal(a.len, back.len);
		assert_memory_equal(a.wire, back.wire, a.len);
		assert_int_equal(hf_key_labels(ka.bytes, ka.len), hf_name_labels(&a));
		int order = compare_labels(&a, &b);
		assert_int_equal(sign(hf_key_cmp(ka.bytes, ka.len, kb.bytes, kb.len)), sign(order));
		assert_int_equal(hf_name_equal(&a, &b), order == 0);
		bool under = knot_dname_in_bailiwick(a.wire, b.wire) >= 0;
		assert_int_equal(hf_name_is_under(&a, &b), under);
		assert_int_equal(hf_key_is_under(ka.bytes, ka.len, kb.bytes, kb.len), under);
	}
}

static void keys_that_no_name_has(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {{"a", 1}, {"\0", 1}, {"a\0\0", 3}, {"A\0", 2}, {"\1\0", 2}, {"\1\3\0", 3}};
	struct hf_name result;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(hf_key_to_name((const uint8_t *)bad[i].bytes, bad[i].len, &result));
	uint8_t label[65];
	memset(label, 'a', 64);
	label[64] = 0;
	assert_false(hf_key_to_name(label, 65, &result));
	uint8_t name_256[256];
	for (int i = 0; i < 256; i++)
		name_256[i] = i % 2 ? 0 : 'a';
	assert_false(hf_key_to_name(name_256, 256, &result));
	assert_true(hf_key_to_name(name_256, 254, &result));
}

static void parts(void **state)
{
	struct hf_name www = name("*.www.Example.com"), part, wild;
	char text[HF_NAME_TEXT];
	assert_int_equal(hf_name_labels(&www), 4);
	assert_true(hf_name_is_wildcard(&www));
	hf_name_strip(&www, 2, &part);
	assert_string_equal(hf_name_text(&part, text), "Example.com.");
	hf_name_strip(&www, 99, &part);
	assert_string_equal(hf_name_text(&part, text), ".");
	assert_int_equal(hf_name_labels(&HF_NAME_ROOT), 0);
	assert_int_equal(hf_name_wildcard(&HF_NAME_ROOT, &wild), HF_OK);
	assert_string_equal(hf_name_text(&wild, text), "*.");
	struct hf_key key;
	hf_key_from_name(&www, &key);
	assert_int_equal(hf_key_prefix(key.bytes, key.len, 0), 0);
	assert_int_equal(hf_key_prefix(key.bytes, key.len, 1), 4);
	assert_int_equal(hf_key_prefix(key.bytes, key.len, 2), 12);
	assert_int_equal(hf_key_prefix(key.bytes, key.len, 9), key.len);
	/* 253 bytes of labels leave no room for an asterisk. */
	struct hf_name longest = {.len = 255};
	for (int i = 0; i < 254; i += 2) {
		longest.wire[i] = 1;
		longest.wire[i + 1] = 'x';
	}
	longest.wire[254] = 0;
	assert_int_equal(hf_name_wildcard(&longest, &wild), HF_ERR_LIMIT);
	assert_int_equal(hf_name_labels(&longest), 127);
	hf_key_from_name(&longest, &key);
	assert_true(hf_key_to_name(key.bytes, key.len, &wild));
	assert_true(hf_name_equal(&longest, &wild));
}

static void text_and_wire(void **state)
{
	char text[HF_NAME_TEXT];
	struct hf_name odd = name("a\\.b.\\000\\255.x");
	assert_int_equal(odd.len, 10);
	assert_string_equal(hf_name_text(&odd, text), "a\\.b.\\000\\255.x.");
	struct hf_name result;
	assert_int_equal(hf_name_from_text("", &result), HF_ERR_SYNTAX);
	assert_int_equal(hf_name_from_text("a..b", &result), HF_ERR_SYNTAX);
	char label[70];
	memset(label, 'a', 64);
	label[64] = 0;
	assert_int_equal(hf_name_from_text(label, &result), HF_ERR_SYNTAX);
	static const uint8_t pointer[] = {1, 'a', 0xc0, 0};
	assert_int_equal(hf_name_wire_len(pointer, sizeof(pointer)), 0);
	static const uint8_t cut[] = {3, 'a', 'b'};
	assert_int_equal(hf_name_wire_len(cut, sizeof(cut)), 0);
	struct hf_cursor in;
	hf_cursor_init(&in, cut, sizeof(cut));
	assert_false(hf_get_name(&in, &result));
	assert_true(in.failed);
}

/* Every byte at every place of a word, beside bytes that could carry into it. */
static void lower_case_of_every_byte(void **state)
{
	for (size_t len = 1; len <= 17; len++) {
		for (unsigned c = 0; c <= UINT8_MAX; c++) {
			for (size_t at = 0; at < len; at++) {
				uint8_t wire[17], want[17];
				memset(wire, c % 2 ? 0xff : 'Z', sizeof(wire));
				memset(want, c % 2 ? 0xff : 'z', sizeof(want));
				wire[at] = (uint8_t)c;
				want[at] = (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
				hf_lower(wire, len);
				assert_memory_equal(wire, want, len);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lower_case_of_every_byte),
	        cmocka_unit_test(canonical_order),
	        cmocka_unit_test(keys_are_names_turned_around),
	        cmocka_unit_test(keys_that_no_name_has),
	        cmocka_unit_test(parts),
	        cmocka_unit_test(text_and_wire),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
