/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transfers read back as a secondary reads them: a plain one gives the same zone, an incremental
 * one makes the new zone of the old one, for a thousand random histories.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/wirename.h"
#include "net/xfrout.h"

enum { HISTORIES = 1000, VERSIONS = 6, OWNERS = 12, HEADER_LEN = 12 };
#define FIRST_SERIAL UINT32_C(4294967290)

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % sides;
}

/* ---- Zones as lists of records: the plainest model there is ---- */

struct record {
	struct hf_name owner;
	uint16_t type;
	uint32_t ttl;
	uint16_t len;
	uint8_t rdata[120];
};

struct list {
	struct record records[600];
	size_t count;
};

static int order(const void *left, const void *right)
{
	const struct record *a = left, *b = right;
	int by_owner = hf_name_cmp(&a->owner, &b->owner);
	if (by_owner != 0)
		return by_owner;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->ttl != b->ttl)
		return a->ttl < b->ttl ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->rdata, b->rdata, a->len);
}

static void add(struct list *list, const struct record *record)
{
	assert_true(list->count < sizeof(list->records) / sizeof(list->records[0]));
	list->records[list->count++] = *record;
}

static void drop(struct list *list, const struct record *record)
{
	for (size_t i = 0; i < list->count; i++) {
		if (order(&list->records[i], record) == 0) {
			list->records[i] = list->records[--list->count];
			return;
		}
	}
	fail_msg("a record is deleted that is not there");
}

static void assert_same(struct list *a, struct list *b)
{
	assert_int_equal(a->count, b->count);
	qsort(a->records, a->count, sizeof(a->records[0]), order);
	qsort(b->records, b->count, sizeof(b->records[0]), order);
	for (size_t i = 0; i < a->count; i++)
		assert_int_equal(order(&a->records[i], &b->records[i]), 0);
}

static void list_set(struct list *list, const struct hf_name *owner, const struct hf_rrset *set)
{
	struct hf_rdata_walk walks[] = {hf_rrset_rrs(set), hf_rrset_sigs(set)};
	for (size_t i = 0; i < 2; i++) {
		struct hf_rdata rdata;
		while (hf_rdata_next(&walks[i], &rdata)) {
			struct record record = {
			        .owner = *owner,
			        .type = i == 0 ? set->type : KNOT_RRTYPE_RRSIG,
			        .ttl = i == 0 ? set->ttl : set->sig_ttl,
			        .len = rdata.len,
			};
			memcpy(record.rdata, rdata.data, rdata.len);
			add(list, &record);
		}
	}
}

static void list_version(struct list *list, const struct hf_version *version)
{
	const struct hf_tree *trees[] = {hf_version_names(version), hf_version_nsec3(version)};
	list->count = 0;
	for (size_t i = 0; i < 2; i++) {
		struct hf_tree_cursor cursor;
		const struct hf_node *node = hf_tree_first(trees[i], &cursor);
		for (; node != NULL; node = hf_tree_next(&cursor)) {
			struct hf_name owner;
			hf_node_name(node, &owner);
			for (size_t at = 0; at < hf_node_count(node); at++) {
				struct hf_rrset set;
				hf_node_at(node, at, &set);
				if (hf_version_in_zone(version, node))
					list_set(list, &owner, &set);
			}
		}
	}
}

/* ---- Random versions ---- */

static struct hf_name name(const char *text)
{
	struct hf_name made;
	assert_int_equal(hf_name_from_text(text, &made), HF_OK);
	return made;
}

static void add_rdata(
        struct hf_node_builder *builder, uint16_t type, uint32_t ttl, const struct hf_buf *rdata)
{
	assert_int_equal(hf_node_add(builder, type, ttl,
	                         (struct hf_rdata){rdata->data, (uint16_t)rdata->len}),
	        HF_OK);
}

static void add_sig(struct hf_node_builder *builder, uint16_t covered, uint32_t salt)
{
	struct hf_buf rdata = {0};
	const struct hf_rrsig sig = {
	        .covered = covered,
	        .algorithm = 13,
	        .ttl = 3600,
	        .expiration = salt,
	        .signer = name("example."),
	        .signature = (const uint8_t *)"a signature for the test",
	        .signature_len = 24,
	};
	hf_rrsig_put(&rdata, &sig);
	add_rdata(builder, KNOT_RRTYPE_RRSIG, 300 + salt % 3, &rdata);
	hf_buf_done(&rdata);
}

static void add_random_sets(struct hf_node_builder *builder)
{
	static const char *const targets[] = {"ns1.example.", "mail.example.", "ns.other.test."};
	for (uint32_t left = 1 + dice(5); left > 0; left--) {
		struct hf_buf rdata = {0};
		const struct hf_name target = name(targets[dice(3)]);
		uint32_t ttl = 60 * (1 + dice(2));
		uint16_t type = KNOT_RRTYPE_A;
		switch (dice(4)) {
		case 0:
			hf_put_u32(&rdata, dice(4));
			break;
		case 1:
			type = KNOT_RRTYPE_NS;
			hf_put_bytes(&rdata, target.wire, target.len);
			break;
		case 2:
			type = KNOT_RRTYPE_MX;
			hf_put_u16(&rdata, (uint16_t)dice(3));
			hf_put_bytes(&rdata, target.wire, target.len);
			break;
		default:
			type = KNOT_RRTYPE_SRV; /* its name must not be compressed */
			hf_put_u32(&rdata, dice(3));
			hf_put_u16(&rdata, 53);
			hf_put_bytes(&rdata, target.wire, target.len);
		}
		add_rdata(builder, type, ttl, &rdata);
		if (dice(2) == 0)
			add_sig(builder, type, dice(5));
		hf_buf_done(&rdata);
	}
}

static void add_nsec3(struct hf_node_builder *builder)
{
	struct hf_buf rdata = {0};
	hf_put_u32(&rdata, 0x01000000);
	hf_put_u8(&rdata, 0);
	hf_put_u8(&rdata, 4);
	hf_put_u32(&rdata, dice(3));
	add_rdata(builder, KNOT_RRTYPE_NSEC3, 900, &rdata);
	add_sig(builder, KNOT_RRTYPE_NSEC3, dice(3));
	hf_buf_done(&rdata);
}

static void put_node(
        struct hf_edit *edit, struct hf_node_builder *builder, const struct hf_name *owner)
{
	struct hf_node *node;
	assert_int_equal(hf_node_finish(builder, &node), HF_OK);
	assert_int_equal(hf_edit_put(edit, node), HF_OK);
	hf_node_unref(node);
}

static void put_apex(struct hf_edit *edit, struct hf_node_builder *builder, uint32_t serial)
{
	const struct hf_name apex = name("example.");
	const struct hf_soa soa = {
	        .mname = name("ns1.example."), .rname = name("h.example."), .serial = serial};
	struct hf_key key;
	struct hf_buf rdata = {0};
	hf_key_from_name(&apex, &key);
	hf_node_begin(builder, &key);
	hf_soa_put(&rdata, &soa);
	add_rdata(builder, KNOT_RRTYPE_SOA, 3600, &rdata);
	add_sig(builder, KNOT_RRTYPE_SOA, serial);
	add_random_sets(builder);
	put_node(edit, builder, &apex);
	hf_buf_done(&rdata);
}

static struct hf_version *next_version(
        const struct hf_version *last, uint32_t serial, struct hf_node_builder *builder)
{
	const struct hf_name apex = name("example.");
	struct hf_edit *edit;
	struct hf_version *version;
	assert_int_equal(
	        last != NULL ? hf_edit_new(last, &edit) : hf_edit_new_empty(&apex, &edit), HF_OK);
	put_apex(edit, builder, serial);
	for (uint32_t changes = last != NULL ? dice(4) : OWNERS; changes > 0; changes--) {
		char text[32];
		uint32_t which = dice(OWNERS);
		snprintf(text, sizeof(text), "n%u.%s.", (unsigned)which,
		        which == 0       ? "outside"
		        : which % 3 == 0 ? "deep.example"
		                         : "example");
		const struct hf_name owner = name(text);
		struct hf_key key;
		hf_key_from_name(&owner, &key);
		if (last != NULL && dice(3) == 0) {
			enum hf_err err = hf_edit_remove(edit, &owner);
			assert_true(err == HF_OK || err == HF_ERR_NOTFOUND);
			continue;
		}
		hf_node_begin(builder, &key);
		if (which % 4 == 1)
			add_nsec3(builder);
		if (which % 4 != 1 || dice(2) == 0)
			add_random_sets(builder);
		put_node(edit, builder, &owner);
	}
	assert_int_equal(hf_edit_commit(edit, &version), HF_OK);
	hf_edit_free(edit);
	return version;
}

/* ---- Reading a transfer ---- */

/* Records of a stream in the order in which they come, as a secondary sees them. */
struct stream {
	struct record records[4000];
	size_t count, messages;
	enum hf_xfrout_kind kind;
};

static void read_message(struct stream *stream, const uint8_t *wire, size_t len)
{
	struct hf_packet packet = {wire, len};
	size_t at = HEADER_LEN;
	unsigned count = hf_read_u16(wire + 6);
	assert_true(count > 0);
	for (unsigned i = 0; i < count; i++) {
		struct record *record = &stream->records[stream->count++];
		struct hf_buf rdata = {0};
		assert_true(stream->count < sizeof(stream->records) / sizeof(stream->records[0]));
		assert_true(hf_packet_name(packet, &at, &record->owner));
		assert_true(at + 10 <= len);
		record->type = hf_read_u16(wire + at);
		assert_int_equal(hf_read_u16(wire + at + 2), KNOT_CLASS_IN);
		record->ttl = hf_read_u32(wire + at + 4);
		uint16_t rdata_len = hf_read_u16(wire + at + 8);
		assert_true(at + 10 + rdata_len <= len);
		assert_int_equal(
		        hf_packet_rdata(packet, record->type, at + 10, rdata_len, &rdata), HF_OK);
		assert_true(rdata.len <= sizeof(record->rdata));
		memcpy(record->rdata, rdata.data, rdata.len);
		record->len = (uint16_t)rdata.len;
		at += 10u + rdata_len;
		hf_buf_done(&rdata);
	}
	assert_int_equal(at, len);
}

/* Reads a transfer to its end, with messages of this size, and frees it. */
static void read_stream(struct hf_xfrout *xfrout, size_t fill, struct stream *stream)
{
	const struct hf_xfrout_room room = {.fill = fill, .max = 65535};
	struct hf_buf out = {0};
	bool more = true;
	stream->count = stream->messages = 0;
	stream->kind = hf_xfrout_kind(xfrout);
	while (more) {
		static const uint8_t before[2 + HEADER_LEN];
		hf_buf_reset(&out);
		hf_put_bytes(&out, before, sizeof(before)); /* a message need not begin at 0 */
		assert_int_equal(hf_xfrout_put(xfrout, &out, 2, &room, &more), HF_OK);
		read_message(stream, out.data + 2, out.len - 2);
		stream->messages++;
	}
	assert_int_equal(hf_xfrout_records(xfrout), stream->count);
	hf_buf_done(&out);
	hf_xfrout_free(xfrout);
}

static bool is_soa(const struct record *record, uint32_t *ret_serial)
{
	struct hf_soa soa;
	if (record->type != KNOT_RRTYPE_SOA)
		return false;
	assert_true(hf_soa_read((struct hf_rdata){record->rdata, record->len}, &soa));
	*ret_serial = soa.serial;
	return true;
}

static void take_axfr(const struct stream *stream, struct list *list)
{
	list->count = 0;
	assert_true(stream->count >= 2);
	assert_int_equal(order(&stream->records[0], &stream->records[stream->count - 1]), 0);
	for (size_t i = 0; i + 1 < stream->count; i++) {
		uint32_t serial;
		assert_true(is_soa(&stream->records[i], &serial) == (i == 0));
		add(list, &stream->records[i]);
	}
}

/* Applies differences to the zone as it was (RFC 1995 section 4). */
static void take_ixfr(const struct stream *stream, uint32_t serial, struct list *list)
{
	uint32_t last, next;
	bool adding = true;
	assert_true(stream->count >= 4);
	assert_true(is_soa(&stream->records[0], &last));
	for (size_t i = 1; i + 1 < stream->count; i++) {
		const struct record *record = &stream->records[i];
		if (is_soa(record, &next)) {
			adding = !adding;
			if (!adding)
				assert_int_equal(next, serial);
			serial = next;
		}
		if (adding)
			add(list, record);
		else
			drop(list, record);
	}
	assert_true(adding);
	assert_int_equal(serial, last);
	assert_int_equal(order(&stream->records[0], &stream->records[stream->count - 1]), 0);
}

/* ---- Tests ---- */

/* What a client with an old version makes of the newest edition. */
static void follow(const struct hf_edition *edition, const struct hf_version *old, size_t steps)
{
	static struct list list, wanted;
	static struct stream stream;
	struct hf_soa soa;
	struct hf_xfrout *xfrout;
	assert_true(hf_version_soa(old, &soa));
	assert_int_equal(hf_xfrout_new_ixfr(edition, soa.serial, &xfrout), HF_OK);
	read_stream(xfrout, 1 + dice(600), &stream);
	list_version(&wanted, hf_edition_version(edition));
	list_version(&list, old);
	if (steps == 0) {
		assert_int_equal(stream.kind, HF_XFROUT_SOA);
		assert_int_equal(stream.count, 1);
		return;
	}
	if (stream.kind == HF_XFROUT_IXFR)
		take_ixfr(&stream, soa.serial, &list);
	else
		take_axfr(&stream, &list);
	/* The whole zone is sent when the steps are not kept any more, and only then. */
	assert_true((stream.kind == HF_XFROUT_IXFR) == (steps <= hf_edition_steps(edition)));
	assert_same(&list, &wanted);
}

static void one_history(struct hf_node_builder *builder, size_t *increments)
{
	static struct list list, wanted;
	static struct stream stream;
	struct hf_version *versions[VERSIONS];
	struct hf_edition *edition = NULL, *next;
	struct hf_xfrout *xfrout;
	uint32_t serial = FIRST_SERIAL + dice(6); /* many go over the end of 32 bits */
	for (size_t i = 0; i < VERSIONS; i++) {
		versions[i] = next_version(i > 0 ? versions[i - 1] : NULL, serial, builder);
		serial += 1 + dice(3);
		assert_int_equal(edition == NULL ? hf_edition_new(versions[i], &next)
		                                 : hf_edition_next(edition, versions[i], 0, &next),
		        HF_OK);
		hf_edition_unref(edition);
		edition = next;
	}
	assert_int_equal(hf_xfrout_new_axfr(edition, &xfrout), HF_OK);
	read_stream(xfrout, 1 + dice(600), &stream);
	take_axfr(&stream, &list);
	list_version(&wanted, versions[VERSIONS - 1]);
	assert_same(&list, &wanted);
	for (size_t i = 0; i < VERSIONS; i++)
		follow(edition, versions[i], VERSIONS - 1 - i);
	*increments += hf_edition_steps(edition);
	hf_edition_unref(edition);
	for (size_t i = 0; i < VERSIONS; i++)
		hf_version_unref(versions[i]);
}

static void random_histories(void **state)
{
	(void)state;
	struct hf_node_builder *builder;
	size_t increments = 0;
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	for (seed = 1; seed <= HISTORIES; seed++) {
		uint64_t begin = seed;
		one_history(builder, &increments);
		seed = begin;
	}
	/* Both kinds were met often: the dice are not loaded. */
	assert_in_range(increments, HISTORIES, HISTORIES * (VERSIONS - 1) - HISTORIES);
	hf_node_builder_free(builder);
}

/* A zone with one more owner of some 60 records, so that a message fills up. */
static struct hf_version *version_of(uint32_t serial, uint16_t records, uint16_t rdata_len)
{
	struct hf_node_builder *builder;
	const struct hf_name apex = name("example."), owner = name("large.example.");
	struct hf_key key;
	struct hf_edit *edit;
	struct hf_version *version;
	uint8_t *rdata = calloc(1, rdata_len);
	assert_non_null(rdata);
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	assert_int_equal(hf_edit_new_empty(&apex, &edit), HF_OK);
	put_apex(edit, builder, serial);
	hf_key_from_name(&owner, &key);
	hf_node_begin(builder, &key);
	for (uint16_t i = 0; i < records; i++) {
		hf_write_u16(rdata, i);
		assert_int_equal(
		        hf_node_add(builder, 65400, 60, (struct hf_rdata){rdata, rdata_len}),
		        HF_OK);
	}
	put_node(edit, builder, &owner);
	assert_int_equal(hf_edit_commit(edit, &version), HF_OK);
	hf_edit_free(edit);
	hf_node_builder_free(builder);
	free(rdata);
	return version;
}

static void large_records(void **state)
{
	(void)state;
	struct hf_version *fits = version_of(1, 1, 65000), *never = version_of(1, 1, 65535);
	struct hf_edition *edition;
	struct hf_xfrout *xfrout;
	struct hf_buf out = {0};
	const struct hf_xfrout_room room = {.fill = HF_XFROUT_FILL, .max = 65535};
	bool more = true;
	size_t messages = 0;
	assert_int_equal(hf_edition_new(fits, &edition), HF_OK);
	assert_int_equal(hf_xfrout_new_axfr(edition, &xfrout), HF_OK);
	for (; more; messages++) {
		static const uint8_t header[HEADER_LEN];
		hf_buf_reset(&out);
		hf_put_bytes(&out, header, sizeof(header));
		assert_int_equal(hf_xfrout_put(xfrout, &out, 0, &room, &more), HF_OK);
		assert_in_range(out.len, HEADER_LEN + 1, 65535);
	}
	assert_in_range(messages, 2, 3);
	hf_xfrout_free(xfrout);
	hf_edition_unref(edition);

	assert_int_equal(hf_edition_new(never, &edition), HF_OK);
	assert_int_equal(hf_xfrout_new_axfr(edition, &xfrout), HF_OK);
	enum hf_err err = HF_OK;
	for (more = true; more && err == HF_OK;) {
		static const uint8_t header[HEADER_LEN];
		hf_buf_reset(&out);
		hf_put_bytes(&out, header, sizeof(header));
		err = hf_xfrout_put(xfrout, &out, 0, &room, &more);
	}
	assert_int_equal(err, HF_ERR_LIMIT);
	hf_xfrout_free(xfrout);
	hf_edition_unref(edition);
	hf_version_unref(fits);
	hf_version_unref(never);
	hf_buf_done(&out);
}

static void serial_that_goes_back(void **state)
{
	(void)state;
	struct hf_version *five = version_of(5, 60, 100), *four = version_of(4, 60, 100),
	                  *six = version_of(6, 61, 100);
	const struct hf_version *history[] = {five, six, four};
	struct hf_edition *edition;
	assert_int_equal(hf_edition_from_history(history, 2, 0, &edition), HF_OK);
	assert_int_equal(hf_edition_serial(edition), 6);
	assert_int_equal(hf_edition_steps(edition), 1);
	hf_edition_unref(edition);
	assert_int_equal(hf_edition_from_history(history, 3, 0, &edition), HF_OK);
	assert_int_equal(hf_edition_serial(edition), 4);
	assert_int_equal(hf_edition_steps(edition), 0);
	hf_edition_unref(edition);
	assert_int_equal(hf_edition_from_history(history, 0, 0, &edition), HF_ERR_INVALID);
	hf_version_unref(five);
	hf_version_unref(four);
	hf_version_unref(six);
}

static void steps_are_bounded(void **state)
{
	(void)state;
	struct hf_version *first = version_of(1, 60, 100);
	struct hf_edition *edition, *next;
	assert_int_equal(hf_edition_new(first, &edition), HF_OK);
	for (uint32_t serial = 2; serial < 10; serial++) {
		struct hf_version *version = version_of(serial, 60, 100);
		assert_int_equal(hf_edition_next(edition, version, 3, &next), HF_OK);
		hf_edition_unref(edition);
		edition = next;
		hf_version_unref(version);
		assert_int_equal(hf_edition_steps(edition), serial < 4 ? serial - 1 : 3);
	}
	/* A step as large as the zone is of no use. */
	struct hf_version *small = version_of(20, 1, 10);
	assert_int_equal(hf_edition_next(edition, small, 3, &next), HF_OK);
	assert_int_equal(hf_edition_steps(next), 0);
	hf_edition_unref(next);
	hf_edition_unref(edition);
	hf_version_unref(small);
	hf_version_unref(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(random_histories),
	        cmocka_unit_test(large_records),
	        cmocka_unit_test(serial_that_goes_back),
	        cmocka_unit_test(steps_are_bounded),
	};
	return cmocka_run_group_tests_name("xfrout", tests, NULL, NULL);
}
