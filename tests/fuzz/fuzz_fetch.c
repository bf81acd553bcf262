/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any messages in answer to AXFR and IXFR are refused with a sentence, ask for more, or give a
 * whole version that holds together.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "net/fetch_stream.h"
#include "zone/load.h"

/* Small limits, so that a run is short. */
static const struct hf_fetch_limits limits = {.bytes = 100000, .records = 2000, .messages = 50};

static const char have_text[] = "@ 300 SOA ns host 5 1 1 1 1\n@ 300 NS ns\nns 300 A 192.0.2.1\n"
                                "a 300 TXT x\n";

static struct hf_version *have(void)
{
	static struct hf_version *version;
	const struct hf_load_options options = {.origin = "z."};
	if (version == NULL && hf_zone_load_text("have", have_text, sizeof(have_text) - 1, &options,
	                               NULL, &version) != HF_OK)
		abort();
	return version;
}

/* Every node is in the zone, and survives the codec, which checks all that nodes must be. */
static void check_tree(const struct hf_version *version, const struct hf_tree *tree)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(tree, &cursor);
	for (; node != NULL; node = hf_tree_next(&cursor)) {
		struct hf_buf bytes = {0};
		struct hf_cursor in;
		struct hf_node *again;
		hf_node_put(&bytes, node);
		hf_cursor_init(&in, bytes.data, bytes.len);
		if (!hf_version_in_zone(version, node) || bytes.failed ||
		        hf_node_get(&in, &again) != HF_OK || !hf_node_equal(node, again))
			abort();
		hf_node_unref(again);
		hf_buf_done(&bytes);
	}
}

static void check(const struct hf_version *version, uint32_t serial)
{
	struct hf_soa soa;
	if (!hf_version_soa(version, &soa) || soa.serial != serial)
		abort();
	check_tree(version, hf_version_names(version));
	check_tree(version, hf_version_nsec3(version));
}

/* Messages with their lengths before them, as over TCP. */
static void feed(struct hf_fetch_stream *stream, const uint8_t *data, size_t size)
{
	struct hf_diag diag;
	struct hf_cursor in;
	enum hf_fetch_progress progress = HF_STREAM_OPEN;
	enum hf_err err = HF_OK;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	hf_cursor_init(&in, data, size);
	while (err == HF_OK && progress == HF_STREAM_OPEN) {
		uint16_t len = hf_get_u16(&in);
		const uint8_t *message = hf_get_bytes(&in, len);
		if (in.failed)
			break;
		err = hf_fetch_stream_take(
		        stream, (struct hf_packet){message, len}, &diag, &progress);
	}
	if (err == HF_OK && progress == HF_STREAM_WHOLE) {
		struct hf_version *version;
		enum hf_fetch_kind kind;
		err = hf_fetch_stream_finish(stream, &diag, &kind, &version);
		if (err == HF_OK) {
			check(version, hf_fetch_stream_serial(stream));
			hf_version_unref(version);
		}
	}
	if ((err != HF_OK) != (diag.count == 1))
		abort();
	hf_diag_done(&diag);
}

/* The first byte says what was asked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	bool ixfr = data[0] & 1;
	const struct hf_fetch_stream_setup setup = {
	        .question = {.zone = {.len = 3, .wire = {1, 'z', 0}},
	                .type = ixfr ? KNOT_RRTYPE_IXFR : KNOT_RRTYPE_AXFR,
	                .id = 0},
	        .have = ixfr || data[0] & 2 ? have() : NULL,
	        .limits = limits};
	struct hf_fetch_stream *stream;
	if (hf_fetch_stream_new(&setup, &stream) != HF_OK)
		abort();
	feed(stream, data + 1, size - 1);
	hf_fetch_stream_free(stream);
	return 0;
}
