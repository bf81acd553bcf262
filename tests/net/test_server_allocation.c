/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations while serving and notifying: each run must end with HF_ERR_NOMEM or as it
 * does undisturbed, and leave nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "dns/message.h"
#include "net/notifier.h"
#include "net/server.h"
#include "zone/load.h"

enum { NOW = 1800000000, VERSIONS = 3 };

static struct hf_version *versions[VERSIONS];
static struct hf_name apex;

static int load_versions(void **state)
{
	static const char *const texts[VERSIONS] = {
	        "$ORIGIN example.\n@ 60 SOA ns h 1 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
	        "a 60 TXT \"words\"\nb 60 MX 1 a\nc 60 CNAME a\nd 60 A 192.0.2.2\n",
	        "$ORIGIN example.\n@ 60 SOA ns h 2 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
	        "a 60 TXT \"words\"\nb 60 MX 2 a\nc 60 CNAME a\nd 60 A 192.0.2.2\n",
	        "$ORIGIN example.\n@ 60 SOA ns h 3 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
	        "a 60 TXT \"words\"\nb 60 MX 2 a\nc 60 CNAME a\nd 60 A 192.0.2.3\n",
	};
	(void)state;
	const struct hf_load_options options = {.origin = "example."};
	for (size_t i = 0; i < VERSIONS; i++)
		assert_int_equal(hf_zone_load_text("zone", texts[i], strlen(texts[i]), &options,
		                         NULL, &versions[i]),
		        HF_OK);
	apex = *hf_version_apex(versions[0]);
	return 0;
}

static int drop_versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < VERSIONS; i++)
		hf_version_unref(versions[i]);
	return 0;
}

static enum hf_err make_keys(struct hf_tsig_keys *keys)
{
	const struct hf_tsig_spec spec = {"transfer.key.", NULL, "c2VjcmV0IGZvciB0ZXN0cw=="};
	struct hf_tsig_key *key;
	enum hf_err err = hf_tsig_key_new(&spec, NULL, &key);
	if (err != HF_OK)
		return err;
	err = hf_tsig_keys_add(keys, key);
	hf_tsig_key_unref(key);
	return err;
}

static enum hf_err put_query(struct hf_buf *out, uint16_t type)
{
	const struct hf_question question = {apex, type};
	enum hf_err err = hf_query_put(out, 7, &question, 0);
	if (err != HF_OK || type != KNOT_RRTYPE_IXFR)
		return err;
	/* In front of the OPT record: the SOA record of somebody with the first version. */
	static const uint8_t soa[] = {0xc0, 12, 0, KNOT_RRTYPE_SOA, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0,
	        0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	uint8_t opt[11];
	memcpy(opt, out->data + out->len - sizeof(opt), sizeof(opt));
	out->len -= sizeof(opt);
	hf_write_u16(out->data + 8, 1);
	hf_put_bytes(out, soa, sizeof(soa));
	hf_put_bytes(out, opt, sizeof(opt));
	return hf_buf_check(out);
}

/* ---- TSIG ---- */

static enum hf_err sign_and_judge(const void *context)
{
	(void)context;
	struct hf_tsig_keys keys = {0}, copy = {0};
	struct hf_tsig asking = {0}, answering = {0};
	struct hf_tsig_result result;
	struct hf_buf query = {0}, answer = {0};
	enum hf_err err = make_keys(&keys);
	if (err == HF_OK)
		err = hf_tsig_keys_copy(&keys, &copy);
	if (err == HF_OK)
		err = put_query(&query, KNOT_RRTYPE_SOA);
	if (err == HF_OK)
		err = hf_tsig_sign_request(copy.list[0], NOW, &query, 0, &asking);
	if (err == HF_OK)
		err = hf_tsig_check_request(
		        &keys, query.data, query.len, NOW + 1000, &answering, &result);
	if (err == HF_OK)
		err = put_query(&answer, KNOT_RRTYPE_SOA);
	if (err == HF_OK)
		err = hf_tsig_sign_answer(&answering, NOW + 1000, &answer, 0);
	if (err == HF_OK)
		err = hf_tsig_check_answer(&asking, answer.data, answer.len, NOW, &result);
	if (err == HF_OK)
		assert_int_equal(result.error, HF_TSIG_ERROR_BADTIME);
	hf_tsig_done(&asking);
	hf_tsig_done(&answering);
	hf_tsig_keys_done(&keys);
	hf_tsig_keys_done(&copy);
	hf_buf_done(&query);
	hf_buf_done(&answer);
	return err;
}

static void test_tsig(void **state)
{
	(void)state;
	sweep("TSIG", sign_and_judge, NULL, HF_OK);
}

/* ---- Answers ---- */

static enum hf_err put_zone(struct hf_responder *responder)
{
	struct hf_edition *edition = NULL;
	struct hf_access access = {0};
	struct hf_access_rule rule = {.has_prefix = true, .actions = HF_ACCESS_TRANSFER};
	enum hf_err err = hf_prefix_parse("192.0.2.1", &rule.prefix);
	if (err == HF_OK)
		err = hf_access_add(&access, &rule);
	if (err == HF_OK)
		err = hf_edition_from_history(
		        (const struct hf_version *const *)versions, VERSIONS, 0, &edition);
	const struct hf_server_zone zone = {
	        .name = apex,
	        .edition = edition,
	        .access = &access,
	};
	if (err == HF_OK)
		err = hf_offers_put(hf_responder_offers(responder), &zone);
	hf_edition_unref(edition);
	hf_access_done(&access);
	return err;
}

static enum hf_err read_transfer(struct hf_response *response)
{
	enum hf_err err = HF_OK;
	bool more = response->deed == HF_RESPONSE_TRANSFER;
	while (err == HF_OK && more) {
		struct hf_buf out = {0};
		err = hf_response_next(response, NOW, &out, &more);
		hf_buf_done(&out);
	}
	return err;
}

struct asking {
	uint16_t type;
	bool tcp, key;
};

static enum hf_err ask(const void *context)
{
	const struct asking *asking = context;
	struct hf_responder *responder = NULL;
	struct hf_tsig_keys keys = {0};
	struct hf_tsig tsig = {0};
	struct hf_buf query = {0};
	struct hf_endpoint from;
	struct hf_response response = {0};
	enum hf_err err = hf_responder_new(&responder);
	if (err == HF_OK)
		err = make_keys(&keys);
	if (err == HF_OK)
		err = hf_responder_set_keys(responder, &keys);
	if (err == HF_OK)
		err = put_zone(responder);
	if (err == HF_OK)
		err = put_query(&query, asking->type);
	if (err == HF_OK && asking->key)
		err = hf_tsig_sign_request(keys.list[0], NOW, &query, 0, &tsig);
	if (err == HF_OK)
		err = hf_endpoint_parse("192.0.2.1", HF_PORT_DNS, &from);
	const struct hf_arrival arrival = {
	        .wire = query.data,
	        .len = query.len,
	        .from = &from,
	        .tcp = asking->tcp,
	        .now = NOW,
	};
	if (err == HF_OK)
		err = hf_responder_answer(responder, &arrival, &response);
	if (err == HF_OK) {
		assert_int_equal(response.rcode, HF_RCODE_NOERROR);
		err = read_transfer(&response);
		hf_response_done(&response);
	}
	hf_tsig_done(&tsig);
	hf_tsig_keys_done(&keys);
	hf_responder_free(responder);
	hf_buf_done(&query);
	return err;
}

static void test_answers(void **state)
{
	(void)state;
	sweep("SOA", ask, &(struct asking){KNOT_RRTYPE_SOA, false, true}, HF_OK);
	sweep("AXFR", ask, &(struct asking){KNOT_RRTYPE_AXFR, true, false}, HF_OK);
	sweep("IXFR", ask, &(struct asking){KNOT_RRTYPE_IXFR, true, true}, HF_OK);
	sweep("IXFR over UDP", ask, &(struct asking){KNOT_RRTYPE_IXFR, false, true}, HF_OK);
}

/* ---- What is on a loop ---- */

static enum hf_err set_targets(struct hf_notifier *notifier, const struct hf_tsig_keys *keys)
{
	struct hf_notify_target targets[2] = {{.key = keys->list[0]}};
	enum hf_err err = hf_endpoint_parse("127.0.0.1#9", HF_PORT_DNS, &targets[0].endpoint);
	if (err == HF_OK)
		err = hf_endpoint_parse("127.0.0.1#11", HF_PORT_DNS, &targets[1].endpoint);
	if (err == HF_OK)
		err = hf_notifier_set(notifier, &apex, targets, 2);
	return err;
}

static enum hf_err notify(const void *context)
{
	(void)context;
	uv_loop_t loop;
	struct hf_notifier *notifier = NULL;
	struct hf_tsig_keys keys = {0};
	const struct hf_notifier_options options = {0};
	assert_int_equal(uv_loop_init(&loop), 0);
	enum hf_err err = make_keys(&keys);
	if (err == HF_OK)
		err = hf_notifier_new(&loop, &options, NULL, &notifier);
	if (err == HF_OK)
		err = set_targets(notifier, &keys);
	if (err == HF_OK)
		err = hf_notifier_publish(notifier, &apex, versions[0]);
	if (err == HF_OK)
		err = set_targets(notifier, &keys);
	if (err == HF_OK) {
		struct hf_notify_state target;
		uv_run(&loop, UV_RUN_NOWAIT); /* sends */
		assert_true(hf_notifier_state(notifier, &apex, 1, &target));
	}
	hf_notifier_free(notifier, NULL, NULL);
	hf_tsig_keys_done(&keys);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return err;
}

static enum hf_err listen_somewhere(const void *context)
{
	(void)context;
	uv_loop_t loop;
	struct hf_server *server = NULL;
	struct hf_diag diag;
	struct hf_endpoint nowhere;
	const struct hf_server_limits limits = {0};
	const struct hf_server_events events = {0};
	hf_diag_init(&diag, 1);
	assert_int_equal(uv_loop_init(&loop), 0);
	/* An address that no interface has. */
	assert_int_equal(hf_endpoint_parse("192.0.2.1#5300", HF_PORT_DNS, &nowhere), HF_OK);
	struct hf_tsig_keys keys = {0};
	struct hf_access access = {0};
	struct hf_server_zone zone = {.name = apex, .access = &access};
	enum hf_err err = hf_server_new(&loop, &limits, &events, &server);
	if (err == HF_OK)
		err = make_keys(&keys);
	if (err == HF_OK)
		err = hf_server_set_keys(server, &keys);
	if (err == HF_OK)
		err = hf_server_put_zone(server, &zone);
	if (err == HF_OK)
		err = hf_server_put_zone(server, &zone); /* in place of itself */
	if (err == HF_OK)
		err = hf_server_listen(server, &nowhere, &diag);
	hf_server_free(server, NULL, NULL);
	hf_tsig_keys_done(&keys);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	hf_diag_done(&diag);
	return err;
}

static void test_loops(void **state)
{
	(void)state;
	sweep("NOTIFY", notify, NULL, HF_OK);
	sweep("listening", listen_somewhere, NULL, HF_ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_tsig),
	        cmocka_unit_test(test_answers),
	        cmocka_unit_test(test_loops),
	};
	return cmocka_run_group_tests_name(
	        "server allocation", tests, load_versions, drop_versions);
}
