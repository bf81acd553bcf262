/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations while a transfer comes in, whole and as differences, and in a fetch from a
 * primary that is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "net/fetch_stream.h"
#include "transfertext.h"

#define SOA(serial) "@ 300 SOA ns hostmaster " serial " 7200 3600 1209600 300\n"
#define NSEC3                                                                                      \
	"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom 300 NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A\n"
#define BODY    "@ 300 NS ns\nns 300 A 192.0.2.1\na 300 MX 10 mail\n" NSEC3
#define CLOSED  "127.0.0.1#1" /* nobody listens there */
#define UDP_MS  50
#define RECORDS 1000

/* What all sweeps share, made before anything fails. */
static struct {
	struct hf_version *have;
	struct hf_buf whole[2], differences;
} shared;

static int set_up(void **state)
{
	shared.have = text_version(SOA("5") BODY);
	text_begin(&shared.whole[0], KNOT_RRTYPE_AXFR);
	text_records(&shared.whole[0], SOA("6") BODY "b 300 TXT x\n");
	text_begin(&shared.whole[1], KNOT_RRTYPE_AXFR);
	text_records(&shared.whole[1], "a 300 A 192.0.2.1\n" SOA("6"));
	text_begin(&shared.differences, KNOT_RRTYPE_IXFR);
	text_records(&shared.differences,
	        SOA("7") SOA("5") "a 300 MX 10 mail\n" NSEC3 SOA("6") "b 300 A 192.0.2.1\n" SOA(
	                "6") "b 300 A 192.0.2.1\n" SOA("7") "c 300 TXT x\n" SOA("7"));
	return 0;
}

static int tear_down(void **state)
{
	hf_version_unref(shared.have);
	hf_buf_done(&shared.whole[0]);
	hf_buf_done(&shared.whole[1]);
	hf_buf_done(&shared.differences);
	return 0;
}

static enum hf_err receive(uint16_t type, const struct hf_buf *messages, size_t count)
{
	const struct hf_fetch_stream_setup setup = {
	        .question = text_question(type),
	        .have = shared.have,
	        .limits = {.bytes = HF_FETCH_BYTES, .records = RECORDS, .messages = RECORDS},
	};
	struct hf_fetch_stream *stream;
	enum hf_fetch_progress progress = HF_STREAM_OPEN;
	enum hf_err err = hf_fetch_stream_new(&setup, &stream);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; err == HF_OK && i < count; i++)
		err = hf_fetch_stream_take(stream,
		        (struct hf_packet){messages[i].data, messages[i].len}, NULL, &progress);
	if (err == HF_OK) {
		enum hf_fetch_kind kind;
		struct hf_version *version;
		assert_int_equal(progress, HF_STREAM_WHOLE);
		err = hf_fetch_stream_finish(stream, NULL, &kind, &version);
		if (err == HF_OK)
			hf_version_unref(version);
	}
	hf_fetch_stream_free(stream);
	return err;
}

static enum hf_err receive_whole(const void *context)
{
	return receive(KNOT_RRTYPE_AXFR, shared.whole, 2);
}

static enum hf_err receive_differences(const void *context)
{
	return receive(KNOT_RRTYPE_IXFR, &shared.differences, 1);
}

static enum hf_err fetch_from_nobody(const void *context)
{
	const struct hf_fetch_primary *primary = context;
	const struct hf_fetch_order order = {
	        .zone = text_question(KNOT_RRTYPE_SOA).zone,
	        .primaries = primary,
	        .primary_count = 1,
	        .have = shared.have,
	        .limits = {.seconds = 1, .udp_ms = UDP_MS},
	};
	struct hf_fetched fetched;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_fetch(&order, &diag, &fetched);
	assert_int_not_equal(err, HF_OK);
	hf_diag_done(&diag);
	return err;
}

static void test_transfers(void **state)
{
	sweep("a whole zone", receive_whole, NULL, HF_OK);
	sweep("differences", receive_differences, NULL, HF_OK);
}

static void test_fetch(void **state)
{
	struct hf_fetch_primary primary = {0};
	assert_int_equal(hf_endpoint_parse(CLOSED, HF_PORT_DNS, &primary.endpoint), HF_OK);
	sweep("a fetch", fetch_from_nobody, &primary, HF_ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_transfers),
	        cmocka_unit_test(test_fetch),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
