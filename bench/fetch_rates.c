/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long it takes to make a version of what a primary sends: fetch_rates ZONE_FILE
 *
 * Sends the zone to itself in memory, whole and as differences of 1, 100 and 10,000 names (spread
 * over it; each gets a TXT record), without a network. Prints for each the median milliseconds over
 * some rounds, and for the whole zone the records a second and the bytes of a node on average.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/fetch_stream.h"
#include "net/xfrout.h"
#include "zone/load.h"

enum { ROUNDS = 5, ID = 1 };

static const unsigned steps[] = {1, 100, 10000};
static const struct hf_fetch_limits limits = {
        .bytes = UINT64_MAX, .records = UINT64_MAX, .messages = UINT64_MAX};

/* A transfer as it is on the wire: messages with their lengths before them. */
struct sending {
	struct hf_buf bytes;
	uint64_t records;
};

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int ascending(const void *left, const void *right)
{
	const double *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

static void begin(struct hf_buf *out, const struct hf_fetch_question *question)
{
	const uint16_t header[] = {ID, 0x8400, 1, 0, 0, 0};
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		hf_put_u16(out, header[i]);
	hf_put_bytes(out, question->zone.wire, question->zone.len);
	hf_put_u16(out, question->type);
	hf_put_u16(out, KNOT_CLASS_IN);
}

static enum hf_err send_all(struct hf_xfrout *xfrout, const struct hf_fetch_question *question,
        struct sending *ret_sending)
{
	const struct hf_xfrout_room room = {.fill = HF_XFROUT_FILL, .max = UINT16_MAX};
	struct sending sending = {0};
	enum hf_err err = HF_OK;
	for (bool more = true; err == HF_OK && more;) {
		size_t start = sending.bytes.len;
		hf_put_u16(&sending.bytes, 0);
		begin(&sending.bytes, question);
		err = hf_xfrout_put(xfrout, &sending.bytes, start + 2, &room, &more);
		if (err == HF_OK)
			hf_write_u16(sending.bytes.data + start,
			        (uint16_t)(sending.bytes.len - start - 2));
	}
	sending.records = hf_xfrout_records(xfrout);
	*ret_sending = sending;
	return err;
}

/* One transfer in, and the seconds that it took. */
static enum hf_err receive(const struct sending *sending, const struct hf_fetch_stream_setup *setup,
        struct hf_version **ret_version, double *ret_seconds)
{
	struct hf_fetch_stream *stream;
	struct hf_cursor in;
	enum hf_fetch_progress progress = HF_STREAM_OPEN;
	enum hf_fetch_kind kind;
	double start = now();
	enum hf_err err = hf_fetch_stream_new(setup, &stream);
	if (err != HF_OK)
		return err;
	hf_cursor_init(&in, sending->bytes.data, sending->bytes.len);
	while (err == HF_OK && progress == HF_STREAM_OPEN) {
		uint16_t len = hf_get_u16(&in);
		err = hf_fetch_stream_take(
		        stream, (struct hf_packet){hf_get_bytes(&in, len), len}, NULL, &progress);
	}
	if (err == HF_OK)
		err = hf_fetch_stream_finish(stream, NULL, &kind, ret_version);
	*ret_seconds = now() - start;
	hf_fetch_stream_free(stream);
	return err;
}

/* The median of some rounds. */
static enum hf_err measure(const struct sending *sending, const struct hf_fetch_stream_setup *setup,
        double *ret_seconds)
{
	double seconds[ROUNDS];
	for (size_t i = 0; i < ROUNDS; i++) {
		struct hf_version *version;
		enum hf_err err = receive(sending, setup, &version, &seconds[i]);
		if (err != HF_OK)
			return err;
		hf_version_unref(version);
	}
	qsort(seconds, ROUNDS, sizeof(seconds[0]), ascending);
	*ret_seconds = seconds[ROUNDS / 2];
	return HF_OK;
}

static struct hf_fetch_stream_setup setup_of(
        const struct hf_version *version, uint16_t type, const struct hf_version *have)
{
	return (struct hf_fetch_stream_setup){
	        .question = {.zone = *hf_version_apex(version), .type = type, .id = ID},
	        .have = have,
	        .limits = limits,
	};
}

static enum hf_err measure_whole(const struct hf_version *zone)
{
	const struct hf_fetch_stream_setup setup = setup_of(zone, KNOT_RRTYPE_AXFR, NULL);
	struct hf_edition *edition = NULL;
	struct hf_xfrout *xfrout = NULL;
	struct sending sending = {0};
	struct hf_version_counts counts;
	double seconds;
	enum hf_err err = hf_edition_new(zone, &edition);
	if (err == HF_OK)
		err = hf_xfrout_new_axfr(edition, &xfrout);
	if (err == HF_OK)
		err = send_all(xfrout, &setup.question, &sending);
	if (err == HF_OK)
		err = measure(&sending, &setup, &seconds);
	if (err == HF_OK) {
		hf_version_count(zone, &counts);
		printf("whole: %.1f ms, %.0f records/s, %zu bytes sent, %" PRIu64
		       " bytes of nodes\n",
		        seconds * 1e3, (double)sending.records / seconds, sending.bytes.len,
		        counts.memory);
	}
	hf_buf_done(&sending.bytes);
	hf_xfrout_free(xfrout);
	hf_edition_unref(edition);
	return err;
}

/* ---- Differences ---- */

/* Puts a node once more, with one record more. */
static enum hf_err extend(struct hf_edit *edit, struct hf_node_builder *builder,
        const struct hf_node *node, uint16_t type, struct hf_rdata rdata)
{
	struct hf_key key;
	struct hf_node *made = NULL;
	hf_node_owner(node, &key);
	hf_node_begin(builder, &key);
	enum hf_err err = HF_OK;
	for (size_t i = 0; err == HF_OK && i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (set.type != KNOT_RRTYPE_SOA || type != KNOT_RRTYPE_SOA)
			err = hf_node_add_set(builder, &set, HF_COPY_ALL);
	}
	if (err == HF_OK)
		err = hf_node_add(builder, type, 300, rdata);
	if (err == HF_OK)
		err = hf_node_finish(builder, &made);
	if (err == HF_OK)
		err = hf_edit_put(edit, made);
	hf_node_unref(made);
	return err;
}

static enum hf_err next_serial(
        struct hf_edit *edit, struct hf_node_builder *builder, const struct hf_version *zone)
{
	struct hf_soa soa;
	struct hf_buf rdata = {0};
	if (!hf_version_soa(zone, &soa))
		return HF_ERR_INVALID;
	soa.serial++;
	hf_soa_put(&rdata, &soa);
	enum hf_err err = hf_buf_check(&rdata);
	if (err == HF_OK)
		err = extend(edit, builder, hf_version_apex_node(zone), KNOT_RRTYPE_SOA,
		        (struct hf_rdata){rdata.data, (uint16_t)rdata.len});
	hf_buf_done(&rdata);
	return err;
}

/* The zone with `names` of its names changed. */
static enum hf_err change(
        const struct hf_version *zone, unsigned names, struct hf_version **ret_version)
{
	static const uint8_t text[] = {3, 'n', 'e', 'w'};
	struct hf_edit *edit = NULL;
	struct hf_node_builder *builder = NULL;
	struct hf_tree_cursor cursor;
	size_t every = hf_tree_count(hf_version_names(zone)) / (names + 1), at = 0, changed = 0;
	enum hf_err err = hf_edit_new(zone, &edit);
	if (err == HF_OK)
		err = hf_node_builder_new(&builder);
	if (err == HF_OK)
		err = next_serial(edit, builder, zone);
	const struct hf_node *node = hf_tree_first(hf_version_names(zone), &cursor);
	for (; err == HF_OK && node != NULL && changed < names; node = hf_tree_next(&cursor)) {
		if (++at % every != 0 || node == hf_version_apex_node(zone))
			continue;
		err = extend(edit, builder, node, KNOT_RRTYPE_TXT,
		        (struct hf_rdata){text, sizeof(text)});
		changed++;
	}
	if (err == HF_OK)
		err = hf_edit_commit(edit, ret_version);
	hf_edit_free(edit);
	hf_node_builder_free(builder);
	return err;
}

static enum hf_err measure_differences(const struct hf_version *zone, unsigned names)
{
	const struct hf_fetch_stream_setup setup = setup_of(zone, KNOT_RRTYPE_IXFR, zone);
	struct hf_version *versions[2] = {hf_version_ref(zone), NULL};
	struct hf_edition *edition = NULL;
	struct hf_xfrout *xfrout = NULL;
	struct sending sending = {0};
	struct hf_soa soa;
	double seconds;
	enum hf_err err =
	        hf_version_soa(zone, &soa) ? change(zone, names, &versions[1]) : HF_ERR_INVALID;
	if (err == HF_OK)
		err = hf_edition_from_history(
		        (const struct hf_version *const *)versions, 2, 0, &edition);
	if (err == HF_OK)
		err = hf_xfrout_new_ixfr(edition, soa.serial, &xfrout);
	if (err == HF_OK)
		err = send_all(xfrout, &setup.question, &sending);
	if (err == HF_OK)
		err = measure(&sending, &setup, &seconds);
	if (err == HF_OK)
		printf("differences of %u names: %.3f ms, %zu bytes sent\n", names, seconds * 1e3,
		        sending.bytes.len);
	hf_buf_done(&sending.bytes);
	hf_xfrout_free(xfrout);
	hf_edition_unref(edition);
	hf_version_unref(versions[0]);
	hf_version_unref(versions[1]);
	return err;
}

int main(int argc, char **argv)
{
	const struct hf_load_options options = {0};
	struct hf_version *zone = NULL;
	struct hf_diag diag;
	if (argc != 2) {
		fprintf(stderr, "usage: fetch_rates ZONE_FILE\n");
		return 2;
	}
	hf_diag_init(&diag, 1);
	enum hf_err err = hf_zone_load(argv[1], &options, &diag, &zone);
	if (err == HF_OK)
		err = measure_whole(zone);
	for (size_t i = 0; err == HF_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		if (hf_tree_count(hf_version_names(zone)) > 2 * (size_t)steps[i])
			err = measure_differences(zone, steps[i]);
	if (err != HF_OK)
		fprintf(stderr, "fetch_rates: %s\n",
		        diag.count > 0 ? diag.entries[0].text : hf_err_text(err));
	hf_version_unref(zone);
	hf_diag_done(&diag);
	return err == HF_OK ? 0 : 2;
}
