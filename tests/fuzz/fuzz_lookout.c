/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever servers say, a look-out ends with a report that holds together.
 *
 * The input is a list of pieces, each behind its length in two bytes: a DNSKEY that is the anchor
 * of "tld.", then what two servers say to each question, from the header's flags on and without the
 * question. Missing pieces are servers that do not answer.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "net/capture.h"
#include "net/lookout.h"

#define NOW        ((hf_time)1768435200) /* when the signatures of the corpus are valid */
#define SERVERS    2
#define FLAGS_LEN  10 /* of a header, from the flags on */
#define HEADER_LEN 12

static const struct {
	const char *name;
	uint16_t type;
} asked[] = {
        {"tld.", KNOT_RRTYPE_SOA},
        {"tld.", KNOT_RRTYPE_DNSKEY},
        {"leaf.tld.", KNOT_RRTYPE_DS},
        {"leaf.tld.", KNOT_RRTYPE_SOA},
        {"leaf.tld.", KNOT_RRTYPE_DNSKEY},
        {"www.leaf.tld.", KNOT_RRTYPE_A},
};
#define ASKED (sizeof(asked) / sizeof(asked[0]))

static const struct hf_places places = {.count = SERVERS, .names = {"192.0.2.1", "192.0.2.2"}};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct hf_name name_of(const char *text)
{
	struct hf_name name;
	must(hf_name_from_text(text, &name) == HF_OK);
	return name;
}

static struct hf_rdata next_piece(struct hf_cursor *input)
{
	uint16_t len = hf_get_u16(input);
	if (len > hf_cursor_left(input))
		len = (uint16_t)hf_cursor_left(input);
	return (struct hf_rdata){.data = hf_get_bytes(input, len), .len = len};
}

/* ---- The network ---- */

static void add(struct hf_capture *capture, uint64_t exchange, const struct hf_endpoint *server,
        enum hf_capture_kind kind, const struct hf_buf *wire)
{
	const struct hf_capture_packet packet = {.at = (uint64_t)NOW * 1000000 + exchange,
	        .server = server,
	        .kind = kind,
	        .data = wire->data,
	        .len = wire->len};
	must(hf_capture_add(capture, exchange, &packet) == HF_OK);
}

/* One question to one server, and what it says. */
static void add_exchange(
        struct hf_capture *capture, size_t server, size_t question, struct hf_rdata piece)
{
	struct hf_endpoint endpoint;
	struct hf_buf query = {0}, answer = {0};
	const struct hf_question what = {
	        .name = name_of(asked[question].name), .type = asked[question].type};
	must(hf_endpoint_parse(places.names[server], HF_PORT_DNS, &endpoint) == HF_OK);
	must(hf_query_put(&query, 0, &what, HF_QUERY_PLAIN) == HF_OK);
	hf_put_u16(&answer, 0);
	hf_put_bytes(&answer, piece.data, FLAGS_LEN);
	hf_put_bytes(&answer, query.data + HEADER_LEN, query.len - HEADER_LEN);
	hf_put_bytes(&answer, piece.data + FLAGS_LEN, piece.len - FLAGS_LEN);
	must(hf_buf_check(&answer) == HF_OK);
	if (answer.len <= HF_MESSAGE_MAX) {
		uint64_t number = server * ASKED + question;
		add(capture, number, &endpoint, HF_CAPTURE_QUERY, &query);
		add(capture, number, &endpoint, HF_CAPTURE_ANSWER, &answer);
	}
	hf_buf_done(&query);
	hf_buf_done(&answer);
}

/* All that is left of the input, as a capture that plays. */
static struct hf_capture *read_network(struct hf_cursor input)
{
	struct hf_capture *kept, *played;
	struct hf_buf text = {0};
	must(hf_capture_new(&kept) == HF_OK);
	for (size_t i = 0; i < SERVERS * ASKED; i++) {
		struct hf_rdata piece = next_piece(&input);
		if (piece.len >= FLAGS_LEN)
			add_exchange(kept, i / ASKED, i % ASKED, piece);
	}
	must(hf_capture_set_head(kept, "{}") == HF_OK);
	must(hf_capture_put(kept, &text) == HF_OK);
	must(hf_capture_read("fuzz", (const char *)text.data, text.len, NULL, &played) == HF_OK);
	hf_capture_free(kept);
	hf_buf_done(&text);
	return played;
}

/* ---- Looking out ---- */

static void check_ds(const struct hf_ds_sight *sight)
{
	bool proven = sight->state == HF_DS_PRESENT || sight->state == HF_DS_ABSENT;
	must(proven == (sight->why == NULL));
	if (proven)
		must((sight->ds.set.rr_count > 0) == (sight->state == HF_DS_PRESENT));
}

static void look_at_parent(const struct hf_anchors *anchors, struct hf_cursor input)
{
	static const char nowhere[] = ". NS ns.\nns. A 192.0.2.9\n";
	static const struct hf_hints hints = {"hints", nowhere, sizeof(nowhere) - 1};
	struct hf_capture *capture = read_network(input);
	const struct hf_parent_question question = {.zone = name_of("leaf.tld."),
	        .anchors = anchors,
	        .servers = &places,
	        .resolver = {.hints = &hints, .capture = capture},
	        .now = NOW};
	struct hf_parent_report report;
	enum hf_err err = hf_lookout_parent(&question, NULL, &report);
	must(err == HF_OK || err == HF_ERR_NOTFOUND);
	if (err == HF_OK) {
		must(report.count == SERVERS);
		for (size_t i = 0; i < report.count; i++)
			check_ds(&report.sights[i]);
		hf_parent_report_done(&report);
	}
	hf_capture_free(capture);
}

static void check_zone(const struct hf_zone_sight *sight)
{
	must(sight->serves == (sight->why == NULL));
	must(sight->signing_count <= HF_SEEN_SIGNINGS);
	for (size_t i = 0; i < sight->signing_count; i++)
		must(sight->signings[i].key < sight->dnskey.set.set.rr_count);
}

static void look_at_secondaries(struct hf_cursor input)
{
	const struct hf_sample sample = {name_of("www.leaf.tld."), KNOT_RRTYPE_A};
	struct hf_capture *capture = read_network(input);
	const struct hf_secondary_question question = {.zone = name_of("leaf.tld."),
	        .servers = &places,
	        .samples = &sample,
	        .sample_count = 1,
	        .capture = capture,
	        .now = NOW};
	struct hf_secondary_report report;
	must(hf_lookout_secondary(&question, NULL, &report) == HF_OK);
	must(report.count == SERVERS);
	for (size_t i = 0; i < report.count; i++)
		check_zone(&report.sights[i]);
	hf_secondary_report_done(&report);
	hf_capture_free(capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_cursor input;
	struct hf_anchors anchors = {0};
	const struct hf_name tld = name_of("tld.");
	hf_cursor_init(&input, data, size);
	struct hf_rdata key = next_piece(&input);
	/* Without an anchor nothing is proven, which is a case of its own. */
	enum hf_err err = hf_anchors_add(&anchors, &tld, KNOT_RRTYPE_DNSKEY, key, NULL);
	must(err == HF_OK || err == HF_ERR_INVALID);
	look_at_parent(&anchors, input);
	look_at_secondaries(input);
	hf_anchors_done(&anchors);
	return 0;
}
