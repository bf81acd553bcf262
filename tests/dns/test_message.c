/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: those that dnspython wrote, as hex, and bytes that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/message.h"
#include "dns/rdatatext.h"
#include "dns/wirename.h"

static const char mx_hex[] =
        "12348500000100030002000403575757074578616d706c6500000f0001c00c000f000100000e10000900"
        "14044d61696cc010c00c000f000100000e100004000ac02bc00c002e000100000e10005b000f0d020000"
        "0e10697bf4806955b9003039076578616d706c6500000102030405060708090a0b0c0d0e0f1011121314"
        "15161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e"
        "3fc0100002000100001c200006036e7332c010c0100002000100001c200006036e7331c010c02b000100"
        "010000012c0004c0000201c02b000100010000012c0004c0000202c02b001c00010000012c001020010d"
        "b80000000000000000000000010000292000000000000000";

static const char negative_hex[] =
        "123485030001000000040001026e78076578616d706c650000010001c00f00060001000003840021034e"
        "7331c00f04486f7374c00f0000000700001c2000000e100012750000000384c00f002e00010000038400"
        "5b00060d0200000e10697bf4806955b9003039076578616d706c6500000102030405060708090a0b0c0d"
        "0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
        "38393a3b3c3d3e3f0162c00f002f000100000384001503777777076578616d706c650000064000000000"
        "03c0b0002e000100000384005b002f0d0200000e10697bf4806955b9003039076578616d706c65000001"
        "02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b"
        "2c2d2e2f303132333435363738393a3b3c3d3e3f00002904d000008000001d000f001300096e6f204453"
        "09666f72202269742220c3a9000f00020006";

static const char badvers_hex[] =
        "123485000001000000000001076578616d706c6500000600010000290200010000000000";

static const char kinds_hex[] =
        "1234850000010004000000010178076578616d706c650000210001c00c002100010000003c000d000100"
        "0201bb04486f7374c00ec00c002300010000003c002b000a00140175074532552b7369701b215e2e2a24"
        "217369703a696e666f406578616d706c652e636f6d2100c00c001100010000003c001d0541646d696e07"
        "6578616d706c65000474657874076578616d706c6500c00cff7800010000003c00030102030000292000"
        "000000000000";

struct bytes {
	uint8_t data[1024];
	size_t len;
};

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static struct bytes from_hex(const char *hex)
{
	struct bytes bytes = {.len = strlen(hex) / 2};
	assert_true(bytes.len <= sizeof(bytes.data));
	for (size_t i = 0; i < bytes.len; i++)
		bytes.data[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	return bytes;
}

static struct hf_message *parse(const char *hex)
{
	struct bytes bytes = from_hex(hex);
	struct hf_message *message = NULL;
	assert_int_equal(hf_message_parse(bytes.data, bytes.len, NULL, &message), HF_OK);
	return message;
}

static struct hf_name name_of(const char *text)
{
	struct hf_name name;
	assert_int_equal(hf_name_from_text(text, &name), HF_OK);
	return name;
}

/* The records of a set as text, one after the other with " | " between them. */
static void assert_records(const struct hf_message *message, enum hf_section section,
        const char *owner, uint16_t type, uint32_t ttl, const char *expected)
{
	struct hf_name name = name_of(owner);
	const struct hf_message_set *set = hf_message_find(message, section, &name, type);
	struct hf_buf text = {0};
	struct hf_rdata rdata;
	assert_non_null(set);
	assert_int_equal(set->set.ttl, ttl);
	struct hf_rdata_walk walk = hf_rrset_rrs(&set->set);
	while (hf_rdata_next(&walk, &rdata)) {
		if (text.len > 0)
			hf_put_text(&text, " | ");
		assert_int_equal(hf_rdata_text(type, rdata, &text), HF_OK);
	}
	hf_put_u8(&text, 0);
	assert_int_equal(hf_buf_check(&text), HF_OK);
	assert_string_equal((const char *)text.data, expected);
	hf_buf_done(&text);
}

static void test_positive(void **state)
{
	struct hf_message *message = parse(mx_hex);
	struct hf_question question = {.name = name_of("www.EXAMPLE."), .type = KNOT_RRTYPE_MX};
	assert_int_equal(message->flags, HF_MESSAGE_QR | HF_MESSAGE_AA | HF_MESSAGE_RD);
	assert_int_equal(message->rcode, HF_RCODE_NOERROR);
	assert_true(message->has_question && message->has_edns);
	assert_true(hf_message_answers(message, 0x1234, &question));
	assert_false(hf_message_answers(message, 0x1235, &question));
	question.type = KNOT_RRTYPE_A;
	assert_false(hf_message_answers(message, 0x1234, &question));
	assert_int_equal(message->set_count, 4);
	assert_records(message, HF_SECTION_ANSWER, "www.example.", KNOT_RRTYPE_MX, 3600,
	        "10 mail.example. | 20 mail.example.");
	assert_int_equal(message->sets[0].set.flags, 0);
	assert_int_equal(message->sets[0].set.sig_count, 1);
	assert_records(message, HF_SECTION_AUTHORITY, "example.", KNOT_RRTYPE_NS, 7200,
	        "ns1.example. | ns2.example.");
	assert_records(message, HF_SECTION_ADDITIONAL, "mail.example.", KNOT_RRTYPE_A, 300,
	        "192.0.2.1 | 192.0.2.2");
	assert_records(message, HF_SECTION_ADDITIONAL, "mail.example.", KNOT_RRTYPE_AAAA, 300,
	        "2001:db8::1");
	hf_message_free(message);
}

static void test_negative(void **state)
{
	struct hf_message *message = parse(negative_hex);
	assert_int_equal(message->rcode, HF_RCODE_NXDOMAIN);
	assert_true(message->dnssec_ok);
	assert_int_equal(message->udp_size, 1232);
	assert_int_equal(message->ede_count, 2);
	assert_int_equal(message->edes[0].code, 9);
	assert_string_equal(message->edes[0].text, "no DS\\009for \"it\" \\195\\169");
	assert_int_equal(message->edes[1].code, 6);
	assert_string_equal(message->edes[1].text, "");
	assert_records(message, HF_SECTION_AUTHORITY, "example.", KNOT_RRTYPE_SOA, 900,
	        "ns1.example. host.example. 7 7200 3600 1209600 900");
	/* RFC 6840 section 5.1: names in NSEC keep their case; this one is in lower case. */
	assert_records(message, HF_SECTION_AUTHORITY, "b.example.", KNOT_RRTYPE_NSEC, 900,
	        "www.example. A RRSIG NSEC");
	for (size_t i = 0; i < message->set_count; i++)
		assert_int_equal(message->sets[i].set.sig_count, 1);
	hf_message_free(message);
}

static void test_kinds(void **state)
{
	struct hf_message *message = parse(kinds_hex);
	assert_records(message, HF_SECTION_ANSWER, "x.example.", KNOT_RRTYPE_SRV, 60,
	        "1 2 443 host.example.");
	assert_records(message, HF_SECTION_ANSWER, "x.example.", KNOT_RRTYPE_RP, 60,
	        "admin.example. text.example.");
	assert_records(message, HF_SECTION_ANSWER, "x.example.", KNOT_RRTYPE_NAPTR, 60,
	        "10 20 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .");
	assert_records(message, HF_SECTION_ANSWER, "x.example.", 65400, 60, "\\# 3 010203");
	hf_message_free(message);
}

static void test_extended_rcode(void **state)
{
	struct hf_message *message = parse(badvers_hex);
	char text[HF_RCODE_TEXT];
	assert_int_equal(message->rcode, HF_RCODE_BADVERS);
	assert_string_equal(hf_rcode_text(message->rcode, text), "BADVERS");
	assert_string_equal(hf_rcode_text(3841, text), "RCODE 3841");
	hf_message_free(message);
}

/* Every message that is cut short is refused with one sentence; with the TC flag it is read. */
static void test_cut(void **state)
{
	struct bytes bytes = from_hex(mx_hex);
	for (size_t len = 0; len < bytes.len; len++) {
		struct hf_diag diag;
		struct hf_message *message;
		hf_diag_init(&diag, HF_DIAG_LIMIT);
		/* A copy of just this size: reading beyond it shows under a sanitizer. */
		uint8_t *copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, bytes.data, len);
		assert_int_equal(hf_message_parse(copy, len, &diag, &message), HF_ERR_SYNTAX);
		assert_int_equal(diag.count, 1);
		hf_diag_done(&diag);
		if (len > 29) { /* behind the question */
			copy[2] |= HF_MESSAGE_TC >> 8;
			assert_int_equal(hf_message_parse(copy, len, NULL, &message), HF_OK);
			assert_true((message->flags & HF_MESSAGE_TC) != 0);
			hf_message_free(message);
		}
		free(copy);
	}
}

static void assert_refused(const void *data, size_t len, enum hf_err expected, const char *words)
{
	struct hf_diag diag;
	struct hf_message *message;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(hf_message_parse(data, len, &diag, &message), expected);
	assert_int_equal(diag.count, 1);
	if (strstr(diag.entries[0].text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", diag.entries[0].text, words);
	hf_diag_done(&diag);
}

#define HEADER(questions, answers, more) 0, 1, 0x84, 0, 0, questions, 0, answers, 0, 0, 0, more

static void test_refused(void **state)
{
	static const uint8_t two_questions[] = {HEADER(2, 0, 0), 0, 0, 1, 0, 1, 0, 0, 1, 0, 1};
	static const uint8_t chaos[] = {HEADER(1, 0, 0), 0, 0, 16, 0, 3};
	static const uint8_t loop[] = {
	        HEADER(0, 1, 0), 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4};
	static const uint8_t forward[] = {
	        HEADER(0, 1, 0), 0xc0, 14, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4};
	static const uint8_t rest[] = {HEADER(0, 0, 0), 0};
	static const uint8_t short_a[] = {
	        HEADER(0, 1, 0), 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 3, 1, 2, 3};
	static const uint8_t options[] = {
	        HEADER(0, 0, 1), 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 15, 0, 9};
	static const uint8_t opt_owner[] = {
	        HEADER(0, 0, 1), 1, 'a', 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0};
	uint8_t *large = calloc(1, HF_MESSAGE_MAX + 1);
	assert_non_null(large);
	assert_refused(two_questions, sizeof(two_questions), HF_ERR_SYNTAX, "2 questions");
	assert_refused(chaos, sizeof(chaos), HF_ERR_SYNTAX, "class IN");
	assert_refused(loop, sizeof(loop), HF_ERR_SYNTAX, "record 1 of 1 in the answer");
	assert_refused(forward, sizeof(forward), HF_ERR_SYNTAX, "record 1 of 1 in the answer");
	assert_refused(rest, sizeof(rest), HF_ERR_SYNTAX, "1 bytes more");
	assert_refused(short_a, sizeof(short_a), HF_ERR_SYNTAX, "malformed");
	assert_refused(options, sizeof(options), HF_ERR_SYNTAX, "in the additional section");
	assert_refused(opt_owner, sizeof(opt_owner), HF_ERR_SYNTAX, "in the additional section");
	assert_refused(large, HF_MESSAGE_MAX + 1, HF_ERR_LIMIT, "more than 65535");
	free(large);
}

/* RFC 1035 section 4.1.4: a chain of pointers, each to the one before. */
static void test_pointers(void **state)
{
	uint8_t data[600] = {1, 'a', 0};
	struct hf_name name, expected = name_of("a.");
	size_t at = 3;
	for (unsigned i = 0; i < 100; i++, at += 2)
		hf_write_u16(data + at, (uint16_t)(0xc000 | (at == 3 ? 0 : at - 2)));
	struct hf_packet packet = {data, at};
	size_t from = at - 2;
	assert_true(hf_packet_name(packet, &from, &name));
	assert_true(hf_name_equal(&name, &expected));
	assert_int_equal(from, at);
	/* One that points to itself, or past the part that it ends. */
	hf_write_u16(data + 3, 0xc000 | 3);
	from = at - 2;
	assert_false(hf_packet_name(packet, &from, &name));
	assert_int_equal(from, at - 2);
}

/* Names of 255 bytes are names, one byte more is not. */
static void test_long_names(void **state)
{
	uint8_t data[300] = {0};
	struct hf_name name;
	for (unsigned i = 0; i < 3; i++) {
		data[i * 64] = 63;
		memset(data + i * 64 + 1, 'x', 63);
	}
	data[192] = 61;
	memset(data + 193, 'y', 62);
	data[254] = 0;
	size_t at = 0;
	assert_true(hf_packet_name((struct hf_packet){data, sizeof(data)}, &at, &name));
	assert_int_equal(name.len, HF_NAME_MAX);
	data[192] = 62;
	data[255] = 0;
	at = 0;
	data[254] = 'y';
	assert_false(hf_packet_name((struct hf_packet){data, sizeof(data)}, &at, &name));
}

/* One owner, given as "a." and as "A.", with a TTL whose highest bit is set: it counts as 0. */
static void test_repeats(void **state)
{
	static const uint8_t bytes[] = {HEADER(0, 3, 0), /* three CNAMEs, to b., B. and c. */
	        1, 'a', 0, 0, 5, 0, 1, 0x80, 0, 0, 0, 0, 3, 1, 'b', 0, /* */
	        1, 'A', 0, 0, 5, 0, 1, 0, 0, 0, 9, 0, 3, 1, 'B', 0,    /* */
	        1, 'a', 0, 0, 5, 0, 1, 0, 0, 0, 9, 0, 3, 1, 'c', 0};
	struct hf_message *message;
	assert_int_equal(hf_message_parse(bytes, sizeof(bytes), NULL, &message), HF_OK);
	assert_int_equal(message->set_count, 1);
	assert_int_equal(message->sets[0].set.flags, HF_RRSET_TTL_DIFFERS | HF_RRSET_DUPLICATE);
	assert_records(message, HF_SECTION_ANSWER, "a.", KNOT_RRTYPE_CNAME, 0, "b. | c.");
	hf_message_free(message);
}

static void test_query(void **state)
{
	struct hf_question question = {.name = name_of("Mixed.Case."), .type = KNOT_RRTYPE_DS};
	struct hf_buf out = {0};
	struct hf_message *message;
	assert_int_equal(hf_query_put(&out, 77, &question, HF_QUERY_UNCHECKED), HF_OK);
	assert_int_equal(hf_message_parse(out.data, out.len, NULL, &message), HF_OK);
	assert_int_equal(message->id, 77);
	assert_int_equal(message->flags, HF_MESSAGE_CD);
	assert_true(message->has_edns && message->dnssec_ok);
	assert_int_equal(message->udp_size, HF_MESSAGE_UDP_SIZE);
	assert_true(hf_question_equal(&message->question, &question));
	assert_memory_equal(message->question.name.wire, question.name.wire, question.name.len);
	assert_false(hf_message_answers(message, 77, &question)); /* it is no response */
	hf_message_free(message);
	hf_buf_reset(&out);
	assert_int_equal(
	        hf_query_put(&out, 78, &question, HF_QUERY_RECURSE | HF_QUERY_PLAIN), HF_OK);
	assert_int_equal(hf_message_parse(out.data, out.len, NULL, &message), HF_OK);
	assert_int_equal(message->flags, HF_MESSAGE_RD);
	assert_false(message->has_edns);
	hf_message_free(message);
	hf_buf_done(&out);
}

static void test_ede_names(void **state)
{
	char text[HF_EDE_TEXT];
	assert_string_equal(hf_ede_name(6, text), "DNSSEC Bogus");
	assert_string_equal(hf_ede_name(27, text), "Unsupported NSEC3 Iterations Value");
	assert_string_equal(hf_ede_name(4711, text), "code 4711");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_positive),
	        cmocka_unit_test(test_negative),
	        cmocka_unit_test(test_kinds),
	        cmocka_unit_test(test_extended_rcode),
	        cmocka_unit_test(test_cut),
	        cmocka_unit_test(test_refused),
	        cmocka_unit_test(test_pointers),
	        cmocka_unit_test(test_long_names),
	        cmocka_unit_test(test_repeats),
	        cmocka_unit_test(test_query),
	        cmocka_unit_test(test_ede_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
