/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access lists: closed by default, prefixes to the bit, keys and addresses together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/access.h"

static struct hf_endpoint endpoint(const char *text)
{
	struct hf_endpoint made;
	assert_int_equal(hf_endpoint_parse(text, HF_PORT_DNS, &made), HF_OK);
	return made;
}

static bool has(const char *prefix_text, const char *address_text)
{
	struct hf_prefix prefix;
	struct hf_endpoint address = endpoint(address_text);
	assert_int_equal(hf_prefix_parse(prefix_text, &prefix), HF_OK);
	return hf_prefix_has(&prefix, &address);
}

static void prefixes(void **state)
{
	(void)state;
	assert_true(has("192.0.2.0/24", "192.0.2.255#5300"));
	assert_false(has("192.0.2.0/24", "192.0.3.0"));
	assert_true(has("192.0.2.128/25", "192.0.2.128"));
	assert_false(has("192.0.2.128/25", "192.0.2.127"));
	assert_true(has("192.0.2.1", "192.0.2.1"));
	assert_false(has("192.0.2.1", "192.0.2.0"));
	assert_true(has("0.0.0.0/0", "203.0.113.9"));
	assert_false(has("0.0.0.0/0", "2001:db8::1"));
	assert_true(has("::/0", "2001:db8::1"));
	assert_false(has("::/0", "192.0.2.1"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	/* How a socket for both shows an IPv4 address. */
	assert_true(has("192.0.2.0/24", "::ffff:192.0.2.7"));
	assert_false(has("::/0", "::ffff:192.0.2.7"));
}

static void bad_prefixes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum hf_err err;
	} cases[] = {
	        {"", HF_ERR_SYNTAX},
	        {"/24", HF_ERR_SYNTAX},
	        {"192.0.2.0/", HF_ERR_SYNTAX},
	        {"192.0.2.0/33", HF_ERR_SYNTAX},
	        {"192.0.2.0/-1", HF_ERR_SYNTAX},
	        {"192.0.2.0/24x", HF_ERR_SYNTAX},
	        {"192.0.2.0#53/24", HF_ERR_SYNTAX},
	        {"2001:db8::/129", HF_ERR_SYNTAX},
	        {"host.example/24", HF_ERR_SYNTAX},
	        {"192.0.2.1/24", HF_ERR_INVALID},
	        {"2001:db8::1/64", HF_ERR_INVALID},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_prefix prefix = {.bits = 77};
		assert_int_equal(hf_prefix_parse(cases[i].text, &prefix), cases[i].err);
		assert_int_equal(prefix.bits, 77);
	}
}

static void rules(void **state)
{
	(void)state;
	struct hf_access access = {0}, copy;
	struct hf_endpoint inside = endpoint("192.0.2.1"), outside = endpoint("198.51.100.1");
	struct hf_name key, other;
	assert_int_equal(hf_name_from_text("Key.example.", &key), HF_OK);
	assert_int_equal(hf_name_from_text("other.example.", &other), HF_OK);
	/* Closed by default. */
	assert_false(hf_access_allows(&access, &inside, &key, HF_ACCESS_TRANSFER));
	struct hf_access_rule rule = {.actions = HF_ACCESS_TRANSFER};
	assert_int_equal(hf_access_add(&access, &rule), HF_ERR_INVALID);

	/* An address with a key for transfers, the address alone for NOTIFY, a key for queries. */
	assert_int_equal(hf_prefix_parse("192.0.2.0/24", &rule.prefix), HF_OK);
	rule.has_prefix = rule.has_key = true;
	assert_int_equal(hf_name_from_text("kEY.example.", &rule.key), HF_OK);
	assert_int_equal(hf_access_add(&access, &rule), HF_OK);
	rule.has_key = false;
	rule.actions = HF_ACCESS_NOTIFY;
	assert_int_equal(hf_access_add(&access, &rule), HF_OK);
	rule.has_prefix = false;
	rule.has_key = true;
	rule.actions = HF_ACCESS_QUERY;
	assert_int_equal(hf_access_add(&access, &rule), HF_OK);

	assert_int_equal(hf_access_copy(&access, &copy), HF_OK);
	hf_access_done(&access);
	assert_true(hf_access_allows(&copy, &inside, &key, HF_ACCESS_TRANSFER));
	assert_false(hf_access_allows(&copy, &inside, &other, HF_ACCESS_TRANSFER));
	assert_false(hf_access_allows(&copy, &inside, NULL, HF_ACCESS_TRANSFER));
	assert_false(hf_access_allows(&copy, &outside, &key, HF_ACCESS_TRANSFER));
	assert_true(hf_access_allows(&copy, &inside, NULL, HF_ACCESS_NOTIFY));
	assert_false(hf_access_allows(&copy, &outside, &key, HF_ACCESS_NOTIFY));
	assert_true(hf_access_allows(&copy, &outside, &key, HF_ACCESS_QUERY));
	assert_false(hf_access_allows(&copy, &outside, NULL, HF_ACCESS_QUERY));
	hf_access_done(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(prefixes),
	        cmocka_unit_test(bad_prefixes),
	        cmocka_unit_test(rules),
	};
	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
