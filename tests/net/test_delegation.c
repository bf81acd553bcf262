/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What referrals and hints tell about zones, and what they are not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/delegation.h"

static struct hf_name name(const char *text)
{
	struct hf_name made;
	assert_int_equal(hf_name_from_text(text, &made), HF_OK);
	return made;
}

/* A response that is put together record by record. */
struct reply {
	struct hf_buf body;
	uint16_t counts[3]; /* by section */
};

static void put(struct reply *reply, enum hf_section section, const char *owner, uint16_t type,
        const void *rdata, uint16_t len)
{
	struct hf_name wire = name(owner);
	hf_put_bytes(&reply->body, wire.wire, wire.len);
	hf_put_u16(&reply->body, type);
	hf_put_u16(&reply->body, KNOT_CLASS_IN);
	hf_put_u32(&reply->body, 3600);
	hf_put_u16(&reply->body, len);
	hf_put_bytes(&reply->body, rdata, len);
	reply->counts[section]++;
}

static void put_ns(
        struct reply *reply, enum hf_section section, const char *owner, const char *server)
{
	struct hf_name wire = name(server);
	put(reply, section, owner, KNOT_RRTYPE_NS, wire.wire, wire.len);
}

static void put_a(struct reply *reply, const char *owner, uint8_t last)
{
	const uint8_t address[] = {192, 0, 2, last};
	put(reply, HF_SECTION_ADDITIONAL, owner, KNOT_RRTYPE_A, address, sizeof(address));
}

/* Lets the delegations learn from the reply of `zone` to a question, and frees it. */
static void learn(struct hf_delegations *delegations, struct reply *reply, const char *zone,
        const char *asked, uint16_t type)
{
	struct hf_buf wire = {0};
	struct hf_message *message;
	const struct hf_question question = {.name = name(asked), .type = type};
	struct hf_name from = name(zone);
	hf_put_u16(&wire, 1);
	hf_put_u16(&wire, HF_MESSAGE_QR);
	hf_put_u16(&wire, 0);
	for (size_t i = 0; i < 3; i++)
		hf_put_u16(&wire, reply->counts[i]);
	hf_put_bytes(&wire, reply->body.data, reply->body.len);
	assert_int_equal(hf_message_parse(wire.data, wire.len, NULL, &message), HF_OK);
	assert_int_equal(hf_delegations_learn(delegations, &from, &question, message, 53), HF_OK);
	hf_message_free(message);
	hf_buf_done(&wire);
	hf_buf_done(&reply->body);
}

static void a_referral(void **state)
{
	(void)state;
	struct hf_delegations delegations = {0};
	struct reply reply = {0};
	put_ns(&reply, HF_SECTION_AUTHORITY, "leaf.test", "ns.leaf.test");
	put_ns(&reply, HF_SECTION_AUTHORITY, "leaf.test", "ns.elsewhere");
	put_a(&reply, "ns.leaf.test", 1);
	put_a(&reply, "ns.leaf.test", 2);
	put_a(&reply, "ns.elsewhere", 3); /* not in test.: its servers cannot know */
	put_a(&reply, "other.leaf.test", 4);
	learn(&delegations, &reply, "test", "www.leaf.test", KNOT_RRTYPE_A);
	struct hf_name leaf = name("leaf.test"), www = name("www.leaf.test"), test = name("test");
	struct hf_delegation *found = hf_delegations_find(&delegations, &leaf);
	assert_non_null(found);
	assert_ptr_equal(hf_delegations_closest(&delegations, &www), found);
	assert_null(hf_delegations_find(&delegations, &www));
	assert_null(hf_delegations_closest(&delegations, &test));
	assert_int_equal(found->count, 2);
	for (size_t i = 0; i < found->count; i++) {
		struct hf_name inside = name("ns.leaf.test");
		bool glue = hf_name_equal(&found->servers[i].name, &inside);
		assert_int_equal(found->servers[i].count, glue ? 2 : 0);
	}
	/* What is known stays. */
	struct reply later = {0};
	put_ns(&later, HF_SECTION_AUTHORITY, "leaf.test", "evil.test");
	learn(&delegations, &later, "test", "www.leaf.test", KNOT_RRTYPE_A);
	assert_int_equal(found->count, 2);
	hf_delegations_done(&delegations);
}

static void nobody_tells_about_other_zones(void **state)
{
	(void)state;
	const struct {
		const char *cut, *zone, *asked;
		enum hf_section section;
		uint16_t type;
		size_t learned;
	} cases[] = {
	        {"leaf.test", "test", "www.leaf.test", HF_SECTION_AUTHORITY, KNOT_RRTYPE_A, 1},
	        {"test", "test", "www.leaf.test", HF_SECTION_AUTHORITY, KNOT_RRTYPE_A, 0},
	        {".", "test", "www.leaf.test", HF_SECTION_AUTHORITY, KNOT_RRTYPE_A, 0},
	        {"com", "test", "www.leaf.test", HF_SECTION_AUTHORITY, KNOT_RRTYPE_A, 0},
	        {"other.test", "test", "www.leaf.test", HF_SECTION_AUTHORITY, KNOT_RRTYPE_A, 0},
	        {"a.www.leaf.test", "test", "www.leaf.test", HF_SECTION_AUTHORITY, KNOT_RRTYPE_A,
	                0},
	        {"leaf.test", "test", "leaf.test", HF_SECTION_ANSWER, KNOT_RRTYPE_NS, 1},
	        {"leaf.test", "test", "leaf.test", HF_SECTION_ANSWER, KNOT_RRTYPE_A, 0},
	        {"leaf.test", "test", "leaf.test", HF_SECTION_ADDITIONAL, KNOT_RRTYPE_A, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_delegations delegations = {0};
		struct reply reply = {0};
		put_ns(&reply, cases[i].section, cases[i].cut, "ns.leaf.test");
		learn(&delegations, &reply, cases[i].zone, cases[i].asked, cases[i].type);
		assert_int_equal(delegations.count, cases[i].learned);
		hf_delegations_done(&delegations);
	}
}

static void servers_and_addresses_are_bounded(void **state)
{
	(void)state;
	struct hf_delegations delegations = {0};
	struct reply reply = {0};
	char server[] = "nsAA.leaf.test";
	for (int i = 0; i < 3 * HF_DELEGATION_SERVERS; i++) {
		server[2] = (char)('a' + i / 26);
		server[3] = (char)('a' + i % 26);
		put_ns(&reply, HF_SECTION_AUTHORITY, "leaf.test", server);
	}
	for (uint8_t last = 0; last < 3 * HF_NAMESERVER_ADDRESSES; last++)
		put_a(&reply, "nsaa.leaf.test", last);
	learn(&delegations, &reply, "test", "leaf.test", KNOT_RRTYPE_A);
	assert_int_equal(delegations.list[0]->count, HF_DELEGATION_SERVERS);
	assert_int_equal(delegations.list[0]->servers[0].count, HF_NAMESERVER_ADDRESSES);
	struct hf_delegation *added;
	for (unsigned i = 1; i < HF_DELEGATIONS; i++)
		assert_int_equal(hf_delegations_add(&delegations, &HF_NAME_ROOT, &added), HF_OK);
	assert_int_equal(hf_delegations_add(&delegations, &HF_NAME_ROOT, &added), HF_ERR_LIMIT);
	hf_delegations_done(&delegations);
}

static void built_in_hints(void **state)
{
	(void)state;
	struct hf_delegations delegations = {0};
	assert_int_equal(hf_delegations_add_root(&delegations, 53), HF_OK);
	const struct hf_delegation *root = hf_delegations_find(&delegations, &HF_NAME_ROOT);
	assert_int_equal(root->count, 13);
	for (size_t i = 0; i < root->count; i++) {
		assert_int_equal(root->servers[i].count, 2);
		for (size_t other = 0; other < i; other++)
			for (size_t a = 0; a < 2; a++)
				assert_false(hf_endpoint_equal(&root->servers[i].addresses[a],
				        &root->servers[other].addresses[a]));
	}
	hf_delegations_done(&delegations);
}

static enum hf_err read_hints(struct hf_delegations *delegations, const char *text)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	const struct hf_hints hints = {.name = "hints", .text = text, .len = strlen(text)};
	enum hf_err err = hf_delegations_read(delegations, &hints, 5300, &diag);
	assert_int_equal(diag.count > 0, err != HF_OK);
	hf_diag_done(&diag);
	return err;
}

static void hints_from_text(void **state)
{
	(void)state;
	struct hf_delegations delegations = {0};
	assert_int_equal(read_hints(&delegations, "a.root. 60 A 192.0.2.1\n"
	                                          ". 60 NS a.root.\n. 60 NS b.root.\n"
	                                          "b.root. 60 AAAA 2001:db8::1\n"
	                                          "island. 60 NS a.root.\n; a remark\n"),
	        HF_OK);
	struct hf_name island = name("www.island");
	const struct hf_delegation *found = hf_delegations_closest(&delegations, &island);
	char text[HF_ENDPOINT_TEXT];
	assert_int_equal(delegations.count, 2);
	assert_string_equal(
	        hf_endpoint_text(&found->servers[0].addresses[0], text), "192.0.2.1@5300");
	hf_delegations_done(&delegations);
	const struct {
		const char *text;
		enum hf_err err;
	} bad[] = {{"", HF_ERR_INVALID}, {". 60 NS a.root.\n", HF_ERR_INVALID},
	        {"a.root. 60 A 192.0.2.1\n", HF_ERR_INVALID}, {". 60 NS\n", HF_ERR_SYNTAX},
	        {"$INCLUDE other\n", HF_ERR_SYNTAX}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_hints(&delegations, bad[i].text), bad[i].err);
		hf_delegations_done(&delegations);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_referral),
	        cmocka_unit_test(nobody_tells_about_other_zones),
	        cmocka_unit_test(servers_and_addresses_are_bounded),
	        cmocka_unit_test(built_in_hints),
	        cmocka_unit_test(hints_from_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
