/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TSIG beside libknot's, in both directions and for streams; what is refused and how it is told;
 * that no changed byte is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <libknot/packet/pkt.h>
#include <libknot/packet/wire.h>
#include <libknot/tsig-op.h>

#include "dns/message.h"
#include "net/tsig.h"

#define SECRET  "c2VjcmV0IGZvciB0cmFuc2ZlcnMgaW4gdGVzdHMu"
#define OTHER   "YW5vdGhlciBzZWNyZXQgZm9yIHRlc3RzIG9ubHkh"
#define ROOM    4096
#define MAC_MAX 64

static const char *const algorithms[] = {
        "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"};
enum { ALGORITHMS = sizeof(algorithms) / sizeof(algorithms[0]) };

static struct hf_tsig_key *make_key(const char *name, const char *algorithm, const char *secret)
{
	const struct hf_tsig_spec spec = {name, algorithm, secret};
	struct hf_tsig_key *key;
	assert_int_equal(hf_tsig_key_new(&spec, NULL, &key), HF_OK);
	return key;
}

static struct hf_tsig_keys make_keys(const char *algorithm, const char *secret)
{
	struct hf_tsig_keys keys = {0};
	struct hf_tsig_key *key = make_key("Transfer.Key.", algorithm, secret);
	assert_int_equal(hf_tsig_keys_add(&keys, key), HF_OK);
	hf_tsig_key_unref(key);
	return keys;
}

static void put_query(struct hf_buf *out, uint16_t id)
{
	struct hf_question question = {.type = KNOT_RRTYPE_AXFR};
	assert_int_equal(hf_name_from_text("example.", &question.name), HF_OK);
	assert_int_equal(hf_query_put(out, id, &question, 0), HF_OK);
}

static enum hf_tsig_verdict judge(const struct hf_tsig_keys *keys, const struct hf_buf *message,
        hf_time now, struct hf_tsig *ret_tsig)
{
	struct hf_tsig_result result;
	assert_int_equal(
	        hf_tsig_check_request(keys, message->data, message->len, now, ret_tsig, &result),
	        HF_OK);
	return result.verdict;
}

static enum hf_tsig_verdict judge_answer(
        struct hf_tsig *tsig, const struct hf_buf *message, hf_time now)
{
	struct hf_tsig_result result;
	assert_int_equal(
	        hf_tsig_check_answer(tsig, message->data, message->len, now, &result), HF_OK);
	return result.verdict;
}

/* ---- Beside libknot ---- */

static knot_tsig_key_t knot_key(const char *algorithm)
{
	knot_tsig_key_t key = {0};
	assert_int_equal(knot_tsig_key_init(&key, algorithm, "transfer.key.", SECRET), KNOT_EOK);
	return key;
}

/* libknot reads the message in a copy, which it changes. */
static knot_pkt_t *knot_read(const struct hf_buf *message, uint8_t copy[static ROOM])
{
	memcpy(copy, message->data, message->len);
	knot_pkt_t *packet = knot_pkt_new(copy, message->len, NULL);
	assert_non_null(packet);
	assert_int_equal(knot_pkt_parse(packet, 0), KNOT_EOK);
	assert_non_null(packet->tsig_rr);
	return packet;
}

static void requests_beside_libknot(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALGORITHMS; i++) {
		struct hf_tsig_keys keys = make_keys(algorithms[i], SECRET);
		knot_tsig_key_t other = knot_key(algorithms[i]);
		struct hf_tsig tsig;
		struct hf_buf ours = {0}, theirs = {0};
		uint8_t copy[ROOM], mac[MAC_MAX];
		size_t mac_len = sizeof(mac);
		/* Ours to them. */
		put_query(&ours, 77);
		assert_int_equal(
		        hf_tsig_sign_request(keys.list[0], time(NULL), &ours, 0, &tsig), HF_OK);
		knot_pkt_t *packet = knot_read(&ours, copy);
		assert_int_equal(
		        knot_tsig_server_check(packet->tsig_rr, packet->wire, packet->size, &other),
		        KNOT_EOK);
		knot_pkt_free(packet);
		hf_tsig_done(&tsig);
		/* Theirs to us. */
		put_query(&theirs, 78);
		assert_true(hf_buf_reserve(&theirs, ROOM));
		assert_int_equal(knot_tsig_sign(theirs.data, &theirs.len, theirs.cap, NULL, 0, mac,
		                         &mac_len, &other, 0, 0),
		        KNOT_EOK);
		assert_int_equal(judge(&keys, &theirs, time(NULL), &tsig), HF_TSIG_GOOD);
		assert_int_equal(tsig.mac_len, mac_len);
		assert_memory_equal(tsig.mac, mac, mac_len);
		hf_tsig_done(&tsig);
		hf_buf_done(&ours);
		hf_buf_done(&theirs);
		knot_tsig_key_deinit(&other);
		hf_tsig_keys_done(&keys);
	}
}

/* A stream that we sign, checked by libknot. */
static void our_stream_beside_libknot(void **state)
{
	(void)state;
	struct hf_tsig_keys keys = make_keys("hmac-sha256", SECRET);
	knot_tsig_key_t other = knot_key("hmac-sha256");
	struct hf_tsig tsig;
	struct hf_buf query = {0};
	uint8_t copy[ROOM], mac[MAC_MAX];
	size_t mac_len = sizeof(mac);
	put_query(&query, 79);
	assert_true(hf_buf_reserve(&query, ROOM));
	assert_int_equal(knot_tsig_sign(query.data, &query.len, query.cap, NULL, 0, mac, &mac_len,
	                         &other, 0, 0),
	        KNOT_EOK);
	assert_int_equal(judge(&keys, &query, time(NULL), &tsig), HF_TSIG_GOOD);
	for (unsigned i = 0; i < 5; i++) {
		struct hf_buf answer = {0}, message;
		hf_put_u16(&answer, 0xffff); /* a message need not begin at 0 */
		put_query(&answer, 79);
		answer.data[4] |= 0x80;
		assert_int_equal(hf_tsig_sign_answer(&tsig, time(NULL), &answer, 2), HF_OK);
		assert_true(answer.len - 2 <= ROOM);
		message = (struct hf_buf){.data = answer.data + 2, .len = answer.len - 2};
		knot_pkt_t *packet = knot_read(&message, copy);
		int code = i == 0 ? knot_tsig_client_check(packet->tsig_rr, packet->wire,
		                            packet->size, mac, mac_len, &other, 0)
		                  : knot_tsig_client_check_next(packet->tsig_rr, packet->wire,
		                            packet->size, mac, mac_len, &other, 0);
		assert_int_equal(code, KNOT_EOK);
		mac_len = knot_tsig_rdata_mac_length(packet->tsig_rr);
		memcpy(mac, knot_tsig_rdata_mac(packet->tsig_rr), mac_len);
		knot_pkt_free(packet);
		hf_buf_done(&answer);
	}
	hf_tsig_done(&tsig);
	hf_buf_done(&query);
	knot_tsig_key_deinit(&other);
	hf_tsig_keys_done(&keys);
}

/* A stream that libknot signs, with messages without TSIG in between. */
static void their_stream(unsigned unsigned_between, enum hf_tsig_verdict last)
{
	struct hf_tsig_key *key = make_key("transfer.key.", NULL, SECRET);
	knot_tsig_key_t other = knot_key("hmac-sha256");
	struct hf_tsig tsig;
	struct hf_buf query = {0}, answer = {0}, covered = {0};
	uint8_t mac[MAC_MAX];
	size_t mac_len = sizeof(mac);
	put_query(&query, 80);
	assert_int_equal(hf_tsig_sign_request(key, time(NULL), &query, 0, &tsig), HF_OK);

	put_query(&answer, 80);
	assert_true(hf_buf_reserve(&answer, ROOM));
	assert_int_equal(knot_tsig_sign(answer.data, &answer.len, answer.cap, tsig.mac,
	                         tsig.mac_len, mac, &mac_len, &other, 0, 0),
	        KNOT_EOK);
	assert_int_equal(judge_answer(&tsig, &answer, time(NULL)), HF_TSIG_GOOD);
	for (unsigned i = 0; i < unsigned_between; i++) {
		hf_buf_reset(&answer);
		put_query(&answer, 80);
		hf_put_bytes(&covered, answer.data, answer.len);
		enum hf_tsig_verdict verdict = judge_answer(&tsig, &answer, time(NULL));
		assert_int_equal(verdict, i < HF_TSIG_UNSIGNED ? HF_TSIG_PENDING : HF_TSIG_MISSING);
		assert_false(hf_tsig_is_complete(&tsig));
	}
	hf_buf_reset(&answer);
	put_query(&answer, 80);
	hf_put_bytes(&covered, answer.data, answer.len);
	assert_true(hf_buf_reserve(&answer, ROOM));
	uint8_t next[MAC_MAX];
	size_t next_len = sizeof(next);
	assert_int_equal(knot_tsig_sign_next(answer.data, &answer.len, answer.cap, mac, mac_len,
	                         next, &next_len, &other, covered.data, covered.len),
	        KNOT_EOK);
	assert_int_equal(judge_answer(&tsig, &answer, time(NULL)), last);
	assert_true(hf_tsig_is_complete(&tsig));
	hf_tsig_done(&tsig);
	hf_buf_done(&query);
	hf_buf_done(&answer);
	hf_buf_done(&covered);
	knot_tsig_key_deinit(&other);
	hf_tsig_key_unref(key);
}

static void streams_of_libknot(void **state)
{
	(void)state;
	their_stream(0, HF_TSIG_GOOD);
	their_stream(1, HF_TSIG_GOOD);
	their_stream(HF_TSIG_UNSIGNED, HF_TSIG_GOOD);
	/* One too many was not counted in, so the MAC does not fit any more either. */
	their_stream(HF_TSIG_UNSIGNED + 1, HF_TSIG_BADSIG);
}

/* ---- Refusals ---- */

enum { NOW = 1800000000 };

/* A refused request's answer, judged by the side that asked. */
static struct hf_tsig_result refused(const struct hf_tsig_keys *keys, struct hf_tsig_key *key,
        hf_time theirs, enum hf_tsig_verdict verdict)
{
	struct hf_tsig asking, answering;
	struct hf_tsig_result result;
	struct hf_buf query = {0}, answer = {0};
	put_query(&query, 81);
	assert_int_equal(hf_tsig_sign_request(key, theirs, &query, 0, &asking), HF_OK);
	assert_int_equal(judge(keys, &query, NOW, &answering), verdict);
	put_query(&answer, 81);
	size_t room = hf_tsig_room(&answering), before = answer.len;
	assert_int_equal(hf_tsig_sign_answer(&answering, NOW, &answer, 0), HF_OK);
	assert_in_range(answer.len - before, 1, room);
	assert_int_equal(
	        hf_tsig_check_answer(&asking, answer.data, answer.len, theirs, &result), HF_OK);
	hf_tsig_done(&asking);
	hf_tsig_done(&answering);
	hf_buf_done(&query);
	hf_buf_done(&answer);
	return result;
}

static void refusals_are_told(void **state)
{
	(void)state;
	struct hf_tsig_keys keys = make_keys("hmac-sha256", SECRET);
	struct hf_tsig_key *good = make_key("transfer.key.", "HMAC-SHA256.", SECRET);
	struct hf_tsig_key *wrong = make_key("transfer.key.", NULL, OTHER);
	struct hf_tsig_key *unknown = make_key("another.key.", NULL, SECRET);
	struct hf_tsig_key *weaker = make_key("transfer.key.", "hmac-sha1", SECRET);
	const struct {
		struct hf_tsig_key *key;
		hf_time at;
		enum hf_tsig_verdict verdict;
		uint16_t error;
		const char *words;
	} cases[] = {
	        {wrong, NOW, HF_TSIG_BADSIG, HF_TSIG_ERROR_BADSIG, "another secret"},
	        {unknown, NOW, HF_TSIG_BADKEY, HF_TSIG_ERROR_BADKEY, "does not know this key"},
	        {weaker, NOW, HF_TSIG_BADKEY, HF_TSIG_ERROR_BADKEY, "does not know this key"},
	        {good, NOW - HF_TSIG_FUDGE - 1, HF_TSIG_BADTIME, HF_TSIG_ERROR_BADTIME,
	                "its clock is 301 s ahead of ours"},
	        {good, NOW + HF_TSIG_FUDGE + 1, HF_TSIG_BADTIME, HF_TSIG_ERROR_BADTIME,
	                "its clock is 301 s behind ours"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_tsig_result result =
		        refused(&keys, cases[i].key, cases[i].at, cases[i].verdict);
		char text[HF_TSIG_TEXT];
		assert_int_equal(result.verdict, HF_TSIG_REPORTED);
		assert_int_equal(result.error, cases[i].error);
		assert_non_null(strstr(hf_tsig_result_text(&result, text), cases[i].words));
		assert_null(strstr(text, SECRET));
	}
	assert_int_equal(
	        refused(&keys, good, NOW - HF_TSIG_FUDGE, HF_TSIG_GOOD).verdict, HF_TSIG_GOOD);
	assert_int_equal(
	        refused(&keys, good, NOW + HF_TSIG_FUDGE, HF_TSIG_GOOD).verdict, HF_TSIG_GOOD);
	hf_tsig_key_unref(good);
	hf_tsig_key_unref(wrong);
	hf_tsig_key_unref(unknown);
	hf_tsig_key_unref(weaker);
	hf_tsig_keys_done(&keys);
}

static void answers_without_tsig(void **state)
{
	(void)state;
	struct hf_tsig_key *key = make_key("transfer.key.", NULL, SECRET);
	struct hf_tsig tsig, plain = {0};
	struct hf_buf query = {0}, answer = {0};
	put_query(&query, 82);
	put_query(&answer, 82);
	assert_int_equal(hf_tsig_sign_request(key, NOW, &query, 0, &tsig), HF_OK);
	assert_int_equal(judge_answer(&tsig, &answer, NOW), HF_TSIG_MISSING);
	assert_false(hf_tsig_is_complete(&tsig));
	/* Without a key nothing is expected, and nothing added. */
	size_t len = answer.len;
	assert_int_equal(judge_answer(&plain, &answer, NOW), HF_TSIG_NONE);
	assert_int_equal(hf_tsig_sign_answer(&plain, NOW, &answer, 0), HF_OK);
	assert_int_equal(answer.len, len);
	assert_int_equal(hf_tsig_room(&plain), 0);
	assert_true(hf_tsig_is_complete(&plain));
	hf_tsig_done(&tsig);
	hf_buf_done(&query);
	hf_buf_done(&answer);
	hf_tsig_key_unref(key);
}

/* Every byte of a signed request counts, and so does its length. */
static void changed_bytes(void **state)
{
	(void)state;
	struct hf_tsig_keys keys = make_keys("hmac-sha256", SECRET);
	struct hf_tsig tsig;
	struct hf_buf query = {0};
	put_query(&query, 83);
	assert_int_equal(hf_tsig_sign_request(keys.list[0], NOW, &query, 0, &tsig), HF_OK);
	hf_tsig_done(&tsig);
	for (size_t i = 0; i < query.len * 8; i++) {
		/* The message's id may be another one: the original is in the record. */
		bool counts = i / 8 >= 2;
		query.data[i / 8] ^= (uint8_t)(1u << i % 8);
		enum hf_tsig_verdict verdict = judge(&keys, &query, NOW, &tsig);
		/* Case of the key's and the algorithm's names does not count (RFC 8945 4.2). */
		if (counts && verdict == HF_TSIG_GOOD)
			assert_int_equal(i % 8, 5);
		else if (!counts)
			assert_int_equal(verdict, HF_TSIG_GOOD);
		hf_tsig_done(&tsig);
		query.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t len = 0; len < query.len; len++) {
		struct hf_buf part = {.data = query.data, .len = len};
		assert_int_equal(judge(&keys, &part, NOW, &tsig), HF_TSIG_MALFORMED);
		hf_tsig_done(&tsig);
	}
	hf_buf_done(&query);
	hf_tsig_keys_done(&keys);
}

/* A MAC that is cut off: too short for anything, or short of what is taken here. */
static void short_macs(void **state)
{
	(void)state;
	struct hf_tsig_keys keys = make_keys("hmac-sha256", SECRET);
	const size_t full = 32, behind = 6; /* id, error and length of other data */
	for (size_t left = 0; left <= full; left++) {
		struct hf_tsig tsig;
		struct hf_buf query = {0};
		put_query(&query, 84);
		size_t rdlength = query.len + 14 + 8;
		assert_int_equal(hf_tsig_sign_request(keys.list[0], NOW, &query, 0, &tsig), HF_OK);
		hf_tsig_done(&tsig);
		uint8_t *mac = query.data + query.len - behind - full;
		memmove(mac + left, mac + full, behind);
		query.len -= full - left;
		hf_write_u16(mac - 2, (uint16_t)left);
		uint8_t *len = query.data + rdlength;
		hf_write_u16(len, (uint16_t)(hf_read_u16(len) - (full - left)));
		assert_int_equal(judge(&keys, &query, NOW, &tsig), left < full / 2
		                                                           ? HF_TSIG_MALFORMED
		                                                   : left < full ? HF_TSIG_BADTRUNC
		                                                                 : HF_TSIG_GOOD);
		hf_tsig_done(&tsig);
		hf_buf_done(&query);
	}
	hf_tsig_keys_done(&keys);
}

/* ---- Keys ---- */

static void bad_keys(void **state)
{
	(void)state;
	static const struct {
		struct hf_tsig_spec spec;
		enum hf_err err;
		const char *words;
	} cases[] = {
	        {{"bad..name", NULL, SECRET}, HF_ERR_SYNTAX, "domain name"},
	        {{"key.", "hmac-md5.sig-alg.reg.int", SECRET}, HF_ERR_UNSUPPORTED, "hmac-md5"},
	        {{"key.", "hmac-sha257", SECRET}, HF_ERR_UNSUPPORTED, "hmac-sha257"},
	        {{"key.", "", SECRET}, HF_ERR_UNSUPPORTED, "algorithm"},
	        {{"key.", NULL, ""}, HF_ERR_SYNTAX, "empty"},
	        {{"key.", NULL, "c2VjcmV0*"}, HF_ERR_SYNTAX, "base64"},
	        {{"key.", NULL, "c2VjcmV"}, HF_ERR_SYNTAX, "base64"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_diag diag;
		struct hf_tsig_key *key = NULL;
		hf_diag_init(&diag, 1);
		assert_int_equal(hf_tsig_key_new(&cases[i].spec, &diag, &key), cases[i].err);
		assert_null(key);
		assert_int_equal(diag.count, 1);
		assert_non_null(strstr(diag.entries[0].text, cases[i].words));
		assert_null(strstr(diag.entries[0].text, "c2VjcmV0"));
		hf_diag_done(&diag);
	}
	char *large = malloc(HF_TSIG_SECRET * 2);
	assert_non_null(large);
	memset(large, 'A', HF_TSIG_SECRET * 2 - 1);
	large[HF_TSIG_SECRET * 2 - 4] = '\0';
	const struct hf_tsig_spec spec = {"key.", NULL, large};
	struct hf_tsig_key *key;
	assert_int_equal(hf_tsig_key_new(&spec, NULL, &key), HF_ERR_LIMIT);
	free(large);
}

static void keys_by_name(void **state)
{
	(void)state;
	struct hf_tsig_keys keys = {0}, copy;
	static const char *const names[] = {"c.", "a.", "b.a.", "z.b.", "B."};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct hf_tsig_key *key = make_key(names[i], NULL, SECRET);
		assert_int_equal(hf_tsig_keys_add(&keys, key), HF_OK);
		assert_int_equal(hf_tsig_keys_add(&keys, key), HF_ERR_EXISTS);
		hf_tsig_key_unref(key);
	}
	assert_int_equal(hf_tsig_keys_copy(&keys, &copy), HF_OK);
	hf_tsig_keys_done(&keys);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct hf_name name;
		assert_int_equal(hf_name_from_text(names[i], &name), HF_OK);
		const struct hf_tsig_key *key = hf_tsig_keys_find(&copy, &name);
		assert_non_null(key);
		assert_true(hf_name_equal(hf_tsig_key_name(key), &name));
		assert_string_equal(hf_tsig_key_algorithm(key), "hmac-sha256");
	}
	assert_null(hf_tsig_keys_find(&copy, &HF_NAME_ROOT));
	hf_tsig_keys_done(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(requests_beside_libknot),
	        cmocka_unit_test(our_stream_beside_libknot),
	        cmocka_unit_test(streams_of_libknot),
	        cmocka_unit_test(refusals_are_told),
	        cmocka_unit_test(answers_without_tsig),
	        cmocka_unit_test(changed_bytes),
	        cmocka_unit_test(short_macs),
	        cmocka_unit_test(bad_keys),
	        cmocka_unit_test(keys_by_name),
	};
	return cmocka_run_group_tests_name("tsig", tests, NULL, NULL);
}
