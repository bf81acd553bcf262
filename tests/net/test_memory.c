/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered and for how long (RFC 9520), and addresses as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/memory.h"

static struct hf_chain_question question(const char *name, unsigned attempt)
{
	struct hf_chain_question made = {
	        .zone = HF_NAME_ROOT, .question = {.type = KNOT_RRTYPE_A}, .attempt = attempt};
	assert_int_equal(hf_name_from_text(name, &made.question.name), HF_OK);
	return made;
}

static struct hf_endpoint endpoint(const char *text)
{
	struct hf_endpoint made;
	assert_int_equal(hf_endpoint_parse(text, HF_PORT_DNS, &made), HF_OK);
	return made;
}

static void failures_back_off(void **state)
{
	(void)state;
	struct hf_memory memory = {0};
	struct hf_chain_question asked = question("a.example", 0);
	uint64_t now = 5000, expected = HF_MEMORY_MIN_MS;
	for (int repeat = 0; repeat < 30; repeat++) {
		assert_int_equal(hf_memory_keep_failure(&memory, &asked, "no answer", now), HF_OK);
		assert_non_null(hf_memory_find(&memory, &asked, now + expected - 1));
		assert_null(hf_memory_find(&memory, &asked, now + expected));
		now += expected;
		expected = 2 * expected < HF_MEMORY_MAX_MS ? 2 * expected : HF_MEMORY_MAX_MS;
	}
	assert_int_equal(expected, HF_MEMORY_MAX_MS);
	/* Another question is not affected, and neither is another attempt. */
	struct hf_chain_question other = question("b.example", 0), again = question("a.example", 1);
	assert_null(hf_memory_find(&memory, &other, 0));
	assert_null(hf_memory_find(&memory, &again, 0));
	hf_memory_done(&memory);
}

/* A response with one A record of this TTL. */
static struct hf_message *answer(const struct hf_chain_question *asked, uint32_t ttl)
{
	struct hf_buf wire = {0};
	struct hf_message *message;
	const uint16_t header[] = {7, HF_MESSAGE_QR, 0, 1, 0, 0};
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		hf_put_u16(&wire, header[i]);
	hf_put_bytes(&wire, asked->question.name.wire, asked->question.name.len);
	hf_put_u16(&wire, KNOT_RRTYPE_A);
	hf_put_u16(&wire, KNOT_CLASS_IN);
	hf_put_u32(&wire, ttl);
	hf_put_u16(&wire, 4);
	hf_put_u32(&wire, 0xC0000201);
	assert_int_equal(hf_message_parse(wire.data, wire.len, NULL, &message), HF_OK);
	hf_buf_done(&wire);
	return message;
}

static void keep(struct hf_memory *memory, const struct hf_chain_question *asked, uint32_t ttl,
        const struct hf_endpoint *from)
{
	struct hf_message *message = answer(asked, ttl);
	const uint8_t wire[] = {1, 2, 3};
	const struct hf_memory_answer kept = {.endpoint = from,
	        .server = "ns",
	        .message = message,
	        .wire = wire,
	        .len = sizeof(wire)};
	assert_int_equal(hf_memory_keep_answer(memory, asked, &kept, 0), HF_OK);
	hf_message_free(message);
}

static void answers_live_as_long_as_their_ttl(void **state)
{
	(void)state;
	const struct {
		uint32_t ttl;
		uint64_t ms;
	} cases[] = {{0, 1000}, {1, 1000}, {17, 17000}, {300, 300000}, {INT32_MAX, 300000}};
	struct hf_endpoint from = endpoint("192.0.2.1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_memory memory = {0};
		struct hf_chain_question asked = question("a.example", 0);
		keep(&memory, &asked, cases[i].ttl, &from);
		const struct hf_memory_entry *entry =
		        hf_memory_find(&memory, &asked, cases[i].ms - 1);
		assert_non_null(entry);
		assert_true(entry->answered && entry->len == 3);
		assert_null(hf_memory_find(&memory, &asked, cases[i].ms));
		hf_memory_done(&memory);
	}
}

static void second_opinions_come_from_others(void **state)
{
	(void)state;
	struct hf_memory memory = {0};
	struct hf_chain_question first = question("a.example", 0),
	                         second = question("A.example", 1);
	struct hf_endpoint one = endpoint("192.0.2.1"), two = endpoint("192.0.2.1#5300");
	keep(&memory, &first, 60, &one);
	assert_true(hf_memory_answered(&memory, &second, &one));
	assert_false(hf_memory_answered(&memory, &second, &two));
	assert_false(hf_memory_answered(&memory, &first, &one));
	assert_int_equal(hf_memory_silences(&memory, &two), 0);
	assert_int_equal(hf_memory_note_silence(&memory, &two), HF_OK);
	assert_int_equal(hf_memory_note_silence(&memory, &two), HF_OK);
	assert_int_equal(hf_memory_silences(&memory, &two), 2);
	assert_int_equal(hf_memory_silences(&memory, &one), 0);
	hf_memory_done(&memory);
}

static void memory_is_bounded(void **state)
{
	(void)state;
	struct hf_memory memory = {0};
	for (unsigned attempt = 0; attempt < HF_MEMORY_ENTRIES + 10; attempt++) {
		struct hf_chain_question asked = question("a.example", attempt);
		assert_int_equal(hf_memory_keep_failure(&memory, &asked, "why", 0), HF_OK);
	}
	assert_int_equal(memory.count, HF_MEMORY_ENTRIES);
	struct hf_chain_question gone = question("a.example", 9), kept = question("a.example", 10);
	assert_null(hf_memory_find(&memory, &gone, 0));
	assert_non_null(hf_memory_find(&memory, &kept, 0));
	hf_memory_done(&memory);
}

static void endpoints_as_text(void **state)
{
	(void)state;
	const char *const good[][2] = {{"192.0.2.1", "192.0.2.1"}, {"192.0.2.1#53", "192.0.2.1"},
	        {"192.0.2.1#5300", "192.0.2.1@5300"}, {"192.0.2.1@5300", "192.0.2.1@5300"},
	        {"2001:DB8::1", "2001:db8::1"}, {"::1#65535", "::1@65535"}};
	const char *const bad[] = {"", "example", "192.0.2", "192.0.2.1#", "192.0.2.1@",
	        "192.0.2.1@53#53", "192.0.2.1#0", "192.0.2.1#65536", "192.0.2.1#5a", "::1#-1",
	        "[::1]", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"};
	struct hf_endpoint made;
	char text[HF_ENDPOINT_TEXT];
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		made = endpoint(good[i][0]);
		assert_string_equal(hf_endpoint_text(&made, text), good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hf_endpoint_parse(bad[i], 53, &made), HF_ERR_SYNTAX);
	const uint8_t bytes[16] = {192, 0, 2, 1};
	const struct hf_rdata four = {bytes, 4}, sixteen = {bytes, 16}, five = {bytes, 5};
	assert_true(hf_endpoint_from_rdata(KNOT_RRTYPE_A, four, 53, &made));
	assert_false(hf_endpoint_is_v6(&made));
	assert_true(hf_endpoint_from_rdata(KNOT_RRTYPE_AAAA, sixteen, 53, &made));
	assert_true(hf_endpoint_is_v6(&made));
	assert_false(hf_endpoint_from_rdata(KNOT_RRTYPE_A, five, 53, &made));
	assert_false(hf_endpoint_from_rdata(KNOT_RRTYPE_TXT, four, 53, &made));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(failures_back_off),
	        cmocka_unit_test(answers_live_as_long_as_their_ttl),
	        cmocka_unit_test(second_opinions_come_from_others),
	        cmocka_unit_test(memory_is_bounded),
	        cmocka_unit_test(endpoints_as_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
