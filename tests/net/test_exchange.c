/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exchanges with a server that never answers: they end in time, and at once when somebody says so.
 * What good and bad answers do is tested with whole servers, by the look-outs and the resolver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "net/exchange.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_silence_ends),
	        cmocka_unit_test(test_cancel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
