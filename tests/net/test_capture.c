/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Captures: what was kept is played back as it was, in its order and once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/capture.h"

static struct hf_exchange exchange(const char *name)
{
	struct hf_exchange made = {.question = {.type = KNOT_RRTYPE_A}};
	assert_int_equal(hf_name_from_text(name, &made.question.name), HF_OK);
	assert_int_equal(hf_endpoint_parse("192.0.2.1#5300", 53, &made.server), HF_OK);
	return made;
}

/* A query, or with `rcode` ≥ 0 the response to it. */
static void put_message(struct hf_buf *out, const struct hf_exchange *asked, int rcode)
{
	hf_buf_reset(out);
	assert_int_equal(hf_query_put(out, 77, &asked->question, 0), HF_OK);
	if (rcode >= 0)
		hf_write_u16(out->data + 2, (uint16_t)(HF_MESSAGE_QR | rcode));
}

static void keep(struct hf_capture *capture, uint64_t number, const struct hf_exchange *asked,
        enum hf_capture_kind kind, int rcode, const char *words)
{
	struct hf_buf wire = {0};
	put_message(&wire, asked, rcode);
	const struct hf_capture_packet packet = {.at = 1700000000123456 + number,
	        .server = &asked->server,
	        .tcp = kind == HF_CAPTURE_ANSWER,
	        .kind = kind,
	        .data = wire.data,
	        .len = wire.len,
	        .end = words != NULL ? HF_EXCHANGE_SILENCE : HF_EXCHANGE_ANSWER,
	        .words = words};
	assert_int_equal(hf_capture_add(capture, number, &packet), HF_OK);
	hf_buf_done(&wire);
}

/* The capture as a file and back. */
static struct hf_capture *reload(struct hf_capture *capture)
{
	struct hf_buf text = {0}, again = {0};
	char path[] = "/tmp/capture-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(hf_capture_set_head(capture, "{\"head\":1}"), HF_OK);
	assert_int_equal(hf_capture_put(capture, &text), HF_OK);
	assert_int_equal(write(fd, text.data, text.len), text.len);
	close(fd);
	hf_capture_free(capture);
	assert_int_equal(hf_capture_load(path, NULL, &capture), HF_OK);
	unlink(path);
	assert_true(hf_capture_plays(capture));
	assert_string_equal(hf_capture_head(capture), "{\"head\":1}");
	assert_int_equal(hf_capture_put(capture, &again), HF_OK);
	assert_int_equal(text.len, again.len);
	assert_memory_equal(text.data, again.data, text.len);
	hf_buf_done(&text);
	hf_buf_done(&again);
	return capture;
}

static void exchanges_are_played_as_they_were(void **state)
{
	(void)state;
	struct hf_capture *capture;
	struct hf_exchange one = exchange("one.example"), two = exchange("two.example");
	assert_int_equal(hf_capture_new(&capture), HF_OK);
	/* The same question twice: first it is refused, then answered; another one is silent. */
	keep(capture, 0, &one, HF_CAPTURE_QUERY, -1, NULL);
	keep(capture, 1, &two, HF_CAPTURE_QUERY, -1, NULL);
	keep(capture, 0, &one, HF_CAPTURE_STRAY, 3, NULL);
	keep(capture, 0, &one, HF_CAPTURE_ANSWER, 5, NULL);
	keep(capture, 1, &two, HF_CAPTURE_END, -1, "no answer, \"says\" \\ it");
	keep(capture, 2, &one, HF_CAPTURE_QUERY, -1, NULL);
	keep(capture, 2, &one, HF_CAPTURE_ANSWER, 0, NULL);
	capture = reload(capture);
	const int rcodes[] = {5, 0};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(hf_capture_play(capture, &one), HF_OK);
		assert_int_equal(one.end, HF_EXCHANGE_ANSWER);
		assert_int_equal(one.message->rcode, rcodes[i]);
		assert_true(one.over_tcp);
		hf_exchange_done(&one);
	}
	assert_int_equal(hf_capture_play(capture, &two), HF_OK);
	assert_int_equal(two.end, HF_EXCHANGE_SILENCE);
	assert_string_equal(two.words, "no answer, \"says\" \\ it");
	/* What was played is gone. */
	assert_int_equal(hf_capture_play(capture, &one), HF_OK);
	assert_int_equal(one.end, HF_EXCHANGE_FAILURE);
	assert_non_null(strstr(one.words, "no answer from it"));
	hf_capture_free(capture);
}

static void another_server_or_question_does_not_fit(void **state)
{
	(void)state;
	struct hf_capture *capture;
	struct hf_exchange one = exchange("one.example");
	assert_int_equal(hf_capture_new(&capture), HF_OK);
	keep(capture, 0, &one, HF_CAPTURE_QUERY, -1, NULL);
	keep(capture, 0, &one, HF_CAPTURE_ANSWER, 0, NULL);
	capture = reload(capture);
	struct hf_exchange moved = one, typed = one;
	assert_int_equal(hf_endpoint_parse("192.0.2.2#5300", 53, &moved.server), HF_OK);
	typed.question.type = KNOT_RRTYPE_AAAA;
	assert_int_equal(hf_capture_play(capture, &moved), HF_OK);
	assert_int_equal(moved.end, HF_EXCHANGE_FAILURE);
	assert_int_equal(hf_capture_play(capture, &typed), HF_OK);
	assert_int_equal(typed.end, HF_EXCHANGE_FAILURE);
	assert_int_equal(hf_capture_play(capture, &one), HF_OK);
	assert_int_equal(one.end, HF_EXCHANGE_ANSWER);
	hf_exchange_done(&one);
	hf_capture_free(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(exchanges_are_played_as_they_were),
	        cmocka_unit_test(another_server_or_question_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
