/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zone/node.h"

static struct hf_node_builder *builder;

static int setup(void **state)
{
	return hf_node_builder_new(&builder) == HF_OK ? 0 : -1;
}

static int teardown(void **state)
{
	hf_node_builder_free(builder);
	return 0;
}

static void begin(const char *owner)
{
	struct hf_name name;
	struct hf_key key;
	assert_int_equal(hf_name_from_text(owner, &name), HF_OK);
	hf_key_from_name(&name, &key);
	hf_node_begin(builder, &key);
}

static void add(uint16_t type, uint32_t ttl, const char *bytes, size_t len)
{
	struct hf_rdata rdata = {.data = (const uint8_t *)bytes, .len = (uint16_t)len};
	assert_int_equal(hf_node_add(builder, type, ttl, rdata), HF_OK);
}

static void add_sig(uint16_t covered, uint32_t ttl, uint32_t expiration)
{
	struct hf_rrsig rrsig = {.covered = covered,
	        .algorithm = 13,
	        .labels = 1,
	        .expiration = expiration,
	        .signer = HF_NAME_ROOT,
	        .signature = (const uint8_t *)"s",
	        .signature_len = 1};
	struct hf_buf buf = {0};
	hf_rrsig_put(&buf, &rrsig);
	add(KNOT_RRTYPE_RRSIG, ttl, (const char *)buf.data, buf.len);
	hf_buf_done(&buf);
}

static struct hf_node *finish(void)
{
	struct hf_node *node = NULL;
	assert_int_equal(hf_node_finish(builder, &node), HF_OK);
	return node;
}

static void sorts_and_files(void **state)
{
	begin("B.Example.");
	add_sig(KNOT_RRTYPE_A, 60, 500);
	add(KNOT_RRTYPE_TXT, 60, "\1b", 2);
	add(KNOT_RRTYPE_A, 60, "\2\2\2\2", 4);
	add(KNOT_RRTYPE_A, 60, "\1\1\1\1", 4);
	add_sig(KNOT_RRTYPE_MX, 60, 400); /* covers what is not there */
	struct hf_node *node = finish();
	struct hf_rrset set;
	struct hf_rdata rdata;
	assert_int_equal(hf_node_count(node), 3);
	hf_node_at(node, 0, &set);
	assert_int_equal(set.type, KNOT_RRTYPE_A);
	assert_int_equal(set.rr_count, 2);
	assert_int_equal(set.sig_count, 1);
	assert_int_equal(set.flags, 0);
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	assert_true(hf_rdata_next(&walk, &rdata));
	assert_memory_equal(rdata.data, "\1\1\1\1", 4);
	assert_true(hf_rdata_next(&walk, &rdata));
	assert_memory_equal(rdata.data, "\2\2\2\2", 4);
	assert_false(hf_rdata_next(&walk, &rdata));
	assert_true(hf_node_find(node, KNOT_RRTYPE_MX, &set));
	assert_int_equal(set.rr_count, 0);
	assert_int_equal(set.sig_count, 1);
	assert_false(hf_node_has(node, KNOT_RRTYPE_MX));
	assert_true(hf_node_has(node, KNOT_RRTYPE_TXT));
	assert_false(hf_node_find(node, KNOT_RRTYPE_AAAA, NULL));
	struct hf_name owner;
	char text[HF_NAME_TEXT];
	hf_node_name(node, &owner);
	assert_string_equal(hf_name_text(&owner, text), "b.example.");
	struct hf_summary sum = hf_node_summary(node);
	assert_true(sum.has_expiry);
	assert_int_equal(sum.min_expiry, 400);
	assert_int_equal(sum.max_ttl, 60);
	hf_node_unref(node);
}

static void keeps_what_the_source_said(void **state)
{
	begin("x.");
	add(KNOT_RRTYPE_A, 60, "\1\1\1\1", 4);
	add(KNOT_RRTYPE_A, 30, "\2\2\2\2", 4);
	add(KNOT_RRTYPE_TXT, 60, "\1b", 2);
	add(KNOT_RRTYPE_TXT, 60, "\1b", 2);
	add_sig(KNOT_RRTYPE_A, 10, 1);
	add_sig(KNOT_RRTYPE_A, 20, 2);
	add_sig(KNOT_RRTYPE_TXT, 20, 2);
	add_sig(KNOT_RRTYPE_TXT, 20, 2);
	struct hf_node *node = finish();
	struct hf_rrset a, txt;
	assert_true(hf_node_find(node, KNOT_RRTYPE_A, &a));
	assert_int_equal(a.flags, HF_RRSET_TTL_DIFFERS | HF_RRSET_SIG_TTL_DIFFERS);
	assert_int_equal(a.ttl, 30);
	assert_int_equal(a.sig_ttl, 10);
	assert_true(hf_node_find(node, KNOT_RRTYPE_TXT, &txt));
	assert_int_equal(txt.flags, HF_RRSET_DUPLICATE | HF_RRSET_SIG_DUPLICATE);
	assert_int_equal(txt.rr_count, 1);
	assert_int_equal(txt.sig_count, 1);
	/* A copy of the sets keeps the flags. */
	begin("x.");
	assert_int_equal(hf_node_add_node(builder, node), HF_OK);
	struct hf_node *copy = finish();
	assert_true(hf_node_equal(node, copy));
	begin("x.");
	assert_int_equal(hf_node_add_set(builder, &a, HF_COPY_RECORDS), HF_OK);
	struct hf_node *records = finish();
	assert_false(hf_node_equal(node, records));
	assert_true(hf_node_find(records, KNOT_RRTYPE_A, &a));
	assert_int_equal(a.flags, HF_RRSET_TTL_DIFFERS);
	assert_int_equal(a.sig_count, 0);
	hf_node_unref(records);
	hf_node_unref(copy);
	hf_node_unref(node);
}

static void expiry_wraps_around(void **state)
{
	begin("x.");
	add_sig(1, 0, 5);          /* after the turn of 2106 */
	add_sig(1, 0, 0xfffffff0); /* before it: the first to end */
	struct hf_node *node = finish();
	assert_int_equal(hf_node_summary(node).min_expiry, 0xfffffff0);
	hf_node_unref(node);
}

static void nothing_is_no_node(void **state)
{
	begin("x.");
	assert_null(finish());
	struct hf_rdata empty = {.data = (const uint8_t *)"", .len = 1};
	assert_int_equal(hf_node_add(builder, KNOT_RRTYPE_RRSIG, 0, empty), HF_ERR_SYNTAX);
}

static void too_many_records_are_refused(void **state)
{
	begin("x.");
	uint8_t bytes[4];
	for (uint32_t i = 0; i < 65536; i++) {
		hf_write_u32(bytes, i);
		add(KNOT_RRTYPE_A, 1, (const char *)bytes, 4);
	}
	struct hf_node *node = NULL;
	assert_int_equal(hf_node_finish(builder, &node), HF_ERR_LIMIT);
	assert_null(node);
}

static void codec_gives_back_the_same(void **state)
{
	begin("a.b.Example.");
	add(KNOT_RRTYPE_A, 60, "\1\1\1\1", 4);
	add(KNOT_RRTYPE_A, 30, "\2\2\2\2", 4);
	add(KNOT_RRTYPE_NS, 60, "\2ns\0", 4);
	add_sig(KNOT_RRTYPE_A, 60, 7);
	struct hf_node *node = finish(), *again;
	struct hf_buf bytes = {0};
	hf_node_put(&bytes, node);
	struct hf_cursor in;
	hf_cursor_init(&in, bytes.data, bytes.len);
	assert_int_equal(hf_node_get(&in, &again), HF_OK);
	assert_int_equal(hf_cursor_left(&in), 0);
	assert_true(hf_node_equal(node, again));
	hf_node_unref(again);
	/* Cut anywhere, it is refused. */
	for (size_t len = 0; len < bytes.len; len++) {
		hf_cursor_init(&in, bytes.data, len);
		assert_int_equal(hf_node_get(&in, &again), HF_ERR_SYNTAX);
	}
	/* With one byte changed it is refused, or it is another good node. */
	unsigned good = 0;
	for (size_t i = 0; i < bytes.len * 8; i++) {
		bytes.data[i / 8] ^= (uint8_t)(1 << i % 8);
		hf_cursor_init(&in, bytes.data, bytes.len);
		if (hf_node_get(&in, &again) == HF_OK) {
			assert_false(hf_node_equal(node, again));
			hf_node_unref(again);
			good++;
		}
		bytes.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_true(good > 0);
	hf_buf_done(&bytes);
	hf_node_unref(node);
}

static void routes_nsec3(void **state)
{
	struct hf_node *names, *nsec3, *node;
	begin("x.");
	add(KNOT_RRTYPE_A, 60, "\1\1\1\1", 4);
	add(KNOT_RRTYPE_NSEC3, 60, "\1\0\0\0\0\1x", 7);
	add(KNOT_RRTYPE_TXT, 60, "\1b", 2);
	node = finish();
	assert_int_equal(hf_node_route(builder, node, &names, &nsec3), HF_OK);
	assert_int_equal(hf_node_count(names), 2);
	assert_int_equal(hf_node_count(nsec3), 1);
	assert_true(hf_node_has(nsec3, KNOT_RRTYPE_NSEC3));
	assert_false(hf_node_has(names, KNOT_RRTYPE_NSEC3));
	hf_node_unref(node);
	struct hf_node *none;
	assert_int_equal(hf_node_route(builder, names, &node, &none), HF_OK);
	assert_ptr_equal(node, names);
	assert_null(none);
	hf_node_unref(node);
	assert_int_equal(hf_node_route(builder, nsec3, &none, &node), HF_OK);
	assert_ptr_equal(node, nsec3);
	assert_null(none);
	hf_node_unref(node);
	hf_node_unref(names);
	hf_node_unref(nsec3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sorts_and_files),
	        cmocka_unit_test(keeps_what_the_source_said),
	        cmocka_unit_test(expiry_wraps_around),
	        cmocka_unit_test(nothing_is_no_node),
	        cmocka_unit_test(too_many_records_are_refused),
	        cmocka_unit_test(codec_gives_back_the_same),
	        cmocka_unit_test(routes_nsec3),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
