/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of key files, as dnssec-keygen of BIND 9.18 writes them. */
#include "crypto/keyname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void names_are_binds(void **state)
{
	static const struct {
		const char *owner;
		uint8_t algorithm;
		uint16_t tag;
		const char *name;
	} cases[] = {
	        {"example.com.", 13, 61363, "Kexample.com.+013+61363"},
	        {"Example.ORG.", 8, 7, "Kexample.org.+008+00007"},
	        {".", 13, 35059, "K.+013+35059"},
	        {"_tcp.\\001\"A-b.$x\\@y#.", 13, 52036, "K_tcp.%01%22a-b.%24x%40y%23.+013+52036"},
	        {"a\\.b*/x\\032y.example.", 13, 14890, "Ka%2Eb%2A%2Fx%20y.example.+013+14890"},
	        {"a+013+00001.", 255, 65535, "Ka%2B013%2B00001.+255+65535"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_name owner;
		assert_int_equal(hf_name_from_text(cases[i].owner, &owner), HF_OK);
		char text[HF_KEYNAME_MAX];
		hf_keyname(&owner, cases[i].algorithm, cases[i].tag, text);
		assert_string_equal(text, cases[i].name);
		struct hf_keyname_parts parts;
		assert_true(hf_keyname_read(strcat(text, ".key"), &parts));
		assert_int_equal(parts.algorithm, cases[i].algorithm);
		assert_int_equal(parts.tag, cases[i].tag);
		assert_string_equal(parts.suffix, ".key");
		hf_keyname_prefix(&owner, text);
		assert_int_equal(strncmp(text, cases[i].name, strlen(text)), 0);
	}
}

static void the_longest_name_fits(void **state)
{
	/* 253 bytes in four labels, each byte escaped. */
	struct hf_name owner = {.len = 255};
	static const uint8_t lengths[] = {63, 63, 63, 61};
	uint8_t *at = owner.wire;
	for (size_t i = 0; i < 4; i++) {
		*at++ = lengths[i];
		memset(at, '!', lengths[i]);
		at += lengths[i];
	}
	*at = 0;
	char text[HF_KEYNAME_MAX];
	hf_keyname(&owner, 13, 12345, text);
	assert_int_equal(strlen(text), 1 + 3 * 250 + 4 + 10);
	assert_string_equal(text + strlen(text) - 10, "+013+12345");
}

static void other_names_are_none(void **state)
{
	static const char *const names[] = {"", "K", "K+", "+013+12345", "Kx.+13+12345",
	        "Kx.+013+1234", "Kx.+256+12345", "Kx.+013+65536", "Kx.+013+1234x", "Kx.+01x+12345",
	        "Kx.013+12345", "kx.+013+12345", "zone.db", "Kx.key", "K+12345", "K3+12345"};
	struct hf_keyname_parts parts;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(hf_keyname_read(names[i], &parts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_binds),
	        cmocka_unit_test(the_longest_name_fits),
	        cmocka_unit_test(other_names_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
