/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exchanges with a server that never answers: they end in time, and at once when somebody says so;
 * and with one whose answers have to be signed. What else good and bad answers do is tested with
 * whole servers, by the look-outs and the resolver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "net/exchange.h"
#include "net/tsig.h"

#define HOUR 3600 /* seconds: nobody waits for that */

struct silence {
	int file;
	struct hf_exchange exchange;
};

static void begin(struct silence *silence, unsigned timeout)
{
	struct hf_endpoint server = {.address.v4.sin_family = AF_INET};
	socklen_t len = sizeof(server.address.v4);
	server.address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	silence->file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(silence->file >= 0);
	assert_int_equal(bind(silence->file, &server.address.any, len), 0);
	assert_int_equal(getsockname(silence->file, &server.address.any, &len), 0);
	silence->exchange = (struct hf_exchange){
	        .server = server, .question = {.type = KNOT_RRTYPE_SOA}, .timeout = timeout};
	assert_int_equal(hf_name_from_text("example.", &silence->exchange.question.name), HF_OK);
}

static void done(struct silence *silence)
{
	hf_exchange_done(&silence->exchange);
	close(silence->file);
}

static void test_silence_ends(void **state)
{
	(void)state;
	static const unsigned timeouts[] = {20, 250};
	atomic_bool never = false;
	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		struct silence silence;
		struct hf_wire *wire;
		const struct hf_wire_limits limits = {.seconds = HOUR, .cancel = &never};
		begin(&silence, timeouts[i]);
		assert_int_equal(hf_wire_new(&limits, NULL, &wire), HF_OK);
		uint64_t before = hf_wire_now(wire);
		assert_int_equal(hf_wire_run(wire, &silence.exchange, 1), HF_OK);
		assert_int_equal(silence.exchange.end, HF_EXCHANGE_SILENCE);
		/* Looking whether to go on has not shortened it; a clock may be a moment ahead. */
		assert_true(hf_wire_now(wire) - before + 5 >= timeouts[i]);
		hf_wire_free(wire);
		done(&silence);
	}
}

static void cancel_soon(void *context)
{
	uv_sleep(50);
	atomic_store((atomic_bool *)context, true);
}

static void test_cancel(void **state)
{
	(void)state;
	struct silence silence;
	struct hf_wire *wire;
	uv_thread_t thread;
	atomic_bool cancel = false;
	const struct hf_wire_limits limits = {.seconds = HOUR, .cancel = &cancel};
	begin(&silence, HOUR * 1000);
	assert_int_equal(hf_wire_new(&limits, NULL, &wire), HF_OK);
	assert_int_equal(uv_thread_create(&thread, cancel_soon, &cancel), 0);
	assert_int_equal(hf_wire_run(wire, &silence.exchange, 1), HF_ERR_CANCELED);
	uv_thread_join(&thread);
	/* Nothing more is asked. */
	assert_int_equal(hf_wire_run(wire, &silence.exchange, 1), HF_ERR_CANCELED);
	hf_wire_free(wire);
	done(&silence);
}

/* ---- TSIG ---- */

#define QUESTION_LEN (9 + 4) /* "example.", type and class */

struct signer {
	int file;
	const struct hf_tsig_keys *keys;
	bool silent_about_it; /* answers without TSIG */
};

/* Answers one query with nothing but its question. */
static void answer_one(void *context)
{
	const struct signer *signer = context;
	uint8_t query[1024];
	struct hf_endpoint from;
	socklen_t from_len = sizeof(from.address);
	struct hf_buf out = {.data = NULL};
	struct hf_tsig tsig = {.key = NULL};
	struct hf_tsig_result result;
	ssize_t len = recvfrom(signer->file, query, sizeof(query), 0, &from.address.any, &from_len);
	assert_true(len > 12 + QUESTION_LEN);
	assert_int_equal(hf_tsig_check_request(signer->keys, query, (size_t)len,
	                         (hf_time)time(NULL), &tsig, &result),
	        HF_OK);
	const uint16_t header[] = {hf_read_u16(query), 0x8400, 1, 0, 0, 0};
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		hf_put_u16(&out, header[i]);
	hf_put_bytes(&out, query + 12, QUESTION_LEN);
	if (!signer->silent_about_it)
		assert_int_equal(hf_tsig_sign_answer(&tsig, (hf_time)time(NULL), &out, 0), HF_OK);
	assert_int_equal(sendto(signer->file, out.data, out.len, 0, &from.address.any, from_len),
	        (ssize_t)out.len);
	hf_buf_done(&out);
	hf_tsig_done(&tsig);
}

static struct hf_tsig_key *key_of(const char *secret)
{
	struct hf_tsig_key *key = NULL;
	const struct hf_tsig_spec spec = {.name = "key.example.", .secret = secret};
	assert_int_equal(hf_tsig_key_new(&spec, NULL, &key), HF_OK);
	return key;
}

static void test_tsig(void **state)
{
	(void)state;
	static const struct {
		const char *secret; /* that the server has */
		bool silent;
		enum hf_exchange_end end;
	} cases[] = {
	        {"c2VjcmV0IG9uZSBmb3IgYm90aA==", false, HF_EXCHANGE_ANSWER},
	        {"c2VjcmV0IG9uZSBmb3IgYm90aA==", true, HF_EXCHANGE_FAILURE},
	        {"YW5vdGhlciBvbmUsIG5vdCBvdXJz", false, HF_EXCHANGE_FAILURE},
	};
	struct hf_tsig_key *ours = key_of(cases[0].secret);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct silence server;
		struct hf_wire *wire;
		uv_thread_t thread;
		struct hf_tsig_key *theirs = key_of(cases[i].secret);
		struct hf_tsig_keys keys = {.list = &theirs, .count = 1};
		const struct hf_wire_limits limits = {.seconds = HOUR};
		begin(&server, HOUR * 1000);
		server.exchange.key = ours;
		struct signer signer = {server.file, &keys, cases[i].silent};
		assert_int_equal(hf_wire_new(&limits, NULL, &wire), HF_OK);
		assert_int_equal(uv_thread_create(&thread, answer_one, &signer), 0);
		assert_int_equal(hf_wire_run(wire, &server.exchange, 1), HF_OK);
		uv_thread_join(&thread);
		assert_int_equal(server.exchange.end, cases[i].end);
		assert_int_equal(
		        server.exchange.message != NULL, cases[i].end == HF_EXCHANGE_ANSWER);
		assert_int_equal(
		        server.exchange.words[0] != '\0', cases[i].end == HF_EXCHANGE_FAILURE);
		hf_wire_free(wire);
		done(&server);
		hf_tsig_key_unref(theirs);
	}
	hf_tsig_key_unref(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_silence_ends),
	        cmocka_unit_test(test_cancel),
	        cmocka_unit_test(test_tsig),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
