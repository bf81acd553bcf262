/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a query to the transfer server: no answer, or messages that can be read, that belong
 * to the query, and that fit. The first byte says how it came: over UDP or TCP, and from whom.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "dns/message.h"
#include "net/responder.h"
#include "zone/load.h"

enum { NOW = 1800000000, MESSAGES = 1000, HEADER_LEN = 12 };

static const char *const texts[] = {
        "$ORIGIN example.\n@ 60 SOA ns h 1 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
        "a 60 TXT \"one\"\nb 60 MX 1 a\nc 60 CNAME a\nd 60 A 192.0.2.2\n",
        "$ORIGIN example.\n@ 60 SOA ns h 2 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
        "a 60 TXT \"two\"\nb 60 MX 1 a\nc 60 CNAME a\nd 60 A 192.0.2.2\n",
};

static void must(enum hf_err err)
{
	if (err != HF_OK)
		abort();
}

static struct hf_edition *make_edition(void)
{
	struct hf_version *versions[2];
	struct hf_edition *edition;
	const struct hf_load_options options = {.origin = "example."};
	for (size_t i = 0; i < 2; i++)
		must(hf_zone_load_text(
		        "zone", texts[i], strlen(texts[i]), &options, NULL, &versions[i]));
	must(hf_edition_from_history((const struct hf_version *const *)versions, 2, 0, &edition));
	hf_version_unref(versions[0]);
	hf_version_unref(versions[1]);
	return edition;
}

static void add_key(struct hf_responder *responder)
{
	const struct hf_tsig_spec spec = {
	        "transfer.key.", NULL, "c2VjcmV0IGZvciB0cmFuc2ZlcnMgaW4gdGVzdHMu"};
	struct hf_tsig_keys keys = {0};
	struct hf_tsig_key *key;
	must(hf_tsig_key_new(&spec, NULL, &key));
	must(hf_tsig_keys_add(&keys, key));
	must(hf_responder_set_keys(responder, &keys));
	hf_tsig_key_unref(key);
	hf_tsig_keys_done(&keys);
}

/* Two zones: one with a history, for an address or a key; one without anything to serve. */
static struct hf_responder *make_responder(void)
{
	struct hf_responder *responder;
	struct hf_edition *edition = make_edition();
	struct hf_access access = {0};
	struct hf_access_rule rule = {.has_prefix = true, .actions = 7};
	struct hf_server_zone zone = {.edition = edition, .access = &access};
	must(hf_prefix_parse("192.0.2.0/24", &rule.prefix));
	must(hf_access_add(&access, &rule));
	rule.has_prefix = false;
	rule.has_key = true;
	must(hf_name_from_text("transfer.key.", &rule.key));
	must(hf_access_add(&access, &rule));
	must(hf_responder_new(&responder));
	add_key(responder);
	must(hf_name_from_text("example.", &zone.name));
	must(hf_offers_put(hf_responder_offers(responder), &zone));
	must(hf_name_from_text("empty.", &zone.name));
	zone.edition = NULL;
	must(hf_offers_put(hf_responder_offers(responder), &zone));
	hf_access_done(&access);
	hf_edition_unref(edition);
	return responder;
}

/* An answer can be read, says that it is one, and has the query's id. */
static void check_message(const struct hf_arrival *arrival, const uint8_t *wire, size_t len)
{
	struct hf_message *message;
	size_t most = arrival->tcp ? HF_MESSAGE_MAX : HF_MESSAGE_UDP_SIZE;
	if (len > most)
		abort();
	if (hf_message_parse(wire, len, NULL, &message) != HF_OK) {
		/* Only a question of another class comes back and cannot be read here. */
		if ((wire[3] & 15) != HF_RCODE_REFUSED || hf_read_u16(wire + 4) != 1 ||
		        hf_read_u16(wire + 6) != 0 || len < HEADER_LEN + 5 ||
		        hf_read_u16(wire + len - 2) == KNOT_CLASS_IN)
			abort();
		return;
	}
	if (message->id != hf_read_u16(arrival->wire) || (message->flags & HF_MESSAGE_QR) == 0)
		abort();
	hf_message_free(message);
}

static void check_transfer(const struct hf_arrival *arrival, struct hf_response *response)
{
	bool more = true;
	unsigned messages = 0;
	while (more) {
		struct hf_buf out = {0};
		must(hf_response_next(response, NOW, &out, &more));
		check_message(arrival, out.data, out.len);
		hf_buf_done(&out);
		if (++messages > MESSAGES)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hf_responder *responder;
	struct hf_endpoint from;
	struct hf_response response;
	if (responder == NULL)
		responder = make_responder();
	if (size < 1 || size > HF_MESSAGE_MAX + 1)
		return 0;
	must(hf_endpoint_parse((data[0] & 2) != 0 ? "192.0.2.7" : "2001:db8::7", 53, &from));
	const struct hf_arrival arrival = {
	        .wire = data + 1,
	        .len = size - 1,
	        .from = &from,
	        .tcp = (data[0] & 1) != 0,
	        .now = NOW,
	};
	must(hf_responder_answer(responder, &arrival, &response));
	if (response.deed == HF_RESPONSE_MESSAGE)
		check_message(&arrival, response.wire.data, response.wire.len);
	else if (response.deed == HF_RESPONSE_TRANSFER)
		check_transfer(&arrival, &response);
	hf_response_done(&response);
	return 0;
}
