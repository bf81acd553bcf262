/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/responder.h"

#include <stdlib.h>
#include <string.h>

#include "dns/message.h"
#include "dns/wirename.h"

#define HEADER_LEN    12
#define OPCODE_QUERY  0
#define OPCODE_NOTIFY 4
#define RCODE_NOTIMP  4
#define RCODE_NOTAUTH 9
#define OPT_LEN       11 /* of an OPT record without options */
#define OPT_DO        0x8000u
#define OPTION_EDE    15
#define UDP_PLAIN     512 /* bytes of an answer over UDP without EDNS (RFC 1035 section 2.3.4) */
#define ADDITIONAL    10  /* places of counts in the header */
#define ANSWERS       6

/* Extended errors that are told (RFC 8914 section 4). */
enum ede {
	EDE_NONE = -1,
	EDE_OTHER = 0,
	EDE_NOT_READY = 14,
	EDE_PROHIBITED = 18,
	EDE_NOT_AUTHORITATIVE = 20,
	EDE_NOT_SUPPORTED = 21,
};

struct hf_responder {
	struct hf_offers offers;
	struct hf_tsig_keys keys;
};

/* ---- Zones and keys ---- */

enum hf_err hf_responder_new(struct hf_responder **ret_responder)
{
	struct hf_responder *responder = calloc(1, sizeof(*responder));
	if (responder == NULL)
		return HF_ERR_NOMEM;
	*ret_responder = responder;
	return HF_OK;
}

void hf_responder_free(struct hf_responder *responder)
{
	if (responder == NULL)
		return;
	hf_offers_done(&responder->offers);
	hf_tsig_keys_done(&responder->keys);
	free(responder);
}

enum hf_err hf_responder_set_keys(struct hf_responder *responder, const struct hf_tsig_keys *keys)
{
	struct hf_tsig_keys copy;
	enum hf_err err = hf_tsig_keys_copy(keys, &copy);
	if (err != HF_OK)
		return err;
	hf_tsig_keys_done(&responder->keys);
	responder->keys = copy;
	return HF_OK;
}

struct hf_offers *hf_responder_offers(struct hf_responder *responder)
{
	return &responder->offers;
}

/* ---- Parts of a message ---- */

static void put_header(struct hf_buf *out, const struct hf_response *response, bool question)
{
	hf_put_u16(out, response->id);
	hf_put_u16(out, (uint16_t)(response->flags | (response->rcode & 15)));
	hf_put_u16(out, question ? 1 : 0);
	for (unsigned i = 0; i < 3; i++)
		hf_put_u16(out, 0);
	if (question)
		hf_put_bytes(out, response->question.data, response->question.len);
}

static void count_one(struct hf_buf *out, size_t start, size_t section)
{
	if (!out->failed) {
		uint8_t *at = out->data + start + section;
		hf_write_u16(at, (uint16_t)(hf_read_u16(at) + 1));
	}
}

/* RFC 6891 section 6.1, with an extended error when there is one. */
static void put_opt(
        struct hf_buf *out, size_t start, const struct hf_response *response, enum ede ede)
{
	size_t text = response->why != NULL ? strlen(response->why) : 0;
	hf_put_u8(out, 0);
	hf_put_u16(out, KNOT_RRTYPE_OPT);
	hf_put_u16(out, HF_MESSAGE_UDP_SIZE);
	hf_put_u32(
	        out, (uint32_t)(response->rcode >> 4) << 24 | (response->dnssec_ok ? OPT_DO : 0));
	if (ede == EDE_NONE) {
		hf_put_u16(out, 0);
	} else {
		hf_put_u16(out, (uint16_t)(6 + text));
		hf_put_u16(out, OPTION_EDE);
		hf_put_u16(out, (uint16_t)(2 + text));
		hf_put_u16(out, (uint16_t)ede);
		hf_put_bytes(out, response->why, text);
	}
	count_one(out, start, ADDITIONAL);
}

static void put_record(struct hf_buf *out, const struct hf_name *owner, uint16_t type, uint32_t ttl,
        struct hf_rdata rdata)
{
	hf_put_bytes(out, owner->wire, owner->len);
	hf_put_u16(out, type);
	hf_put_u16(out, KNOT_CLASS_IN);
	hf_put_u32(out, ttl);
	hf_put_u16(out, rdata.len);
	hf_put_bytes(out, rdata.data, rdata.len);
	count_one(out, 0, ANSWERS);
}

/* ---- Whole answers ---- */

/* Puts what comes behind the answer section. */
static enum hf_err finish(struct hf_response *response, hf_time now, enum ede ede)
{
	if (response->edns)
		put_opt(&response->wire, 0, response, ede);
	return hf_tsig_sign_answer(&response->tsig, now, &response->wire, 0);
}

/* An answer without records. */
static enum hf_err tell(struct hf_response *response, hf_time now, uint16_t rcode, enum ede ede)
{
	response->deed = HF_RESPONSE_MESSAGE;
	response->rcode = rcode;
	put_header(&response->wire, response, response->question.len > 0);
	return finish(response, now, ede);
}

static enum hf_err refuse(
        struct hf_response *response, hf_time now, uint16_t rcode, enum ede ede, const char *why)
{
	response->why = why;
	return tell(response, now, rcode, ede);
}

/* Cuts the answer off: the other side has to ask again over TCP. */
static enum hf_err tell_truncated(struct hf_response *response, hf_time now)
{
	hf_buf_reset(&response->wire);
	response->flags |= HF_MESSAGE_TC;
	return tell(response, now, HF_RCODE_NOERROR, EDE_NONE);
}

/* Ends an answer with records, which may be too long for UDP. */
static enum hf_err send_records(struct hf_response *response, hf_time now)
{
	size_t behind = hf_tsig_room(&response->tsig) + (response->edns ? OPT_LEN : 0);
	if (response->wire.failed)
		return HF_ERR_NOMEM;
	if (response->wire.len + behind > response->room)
		return tell_truncated(response, now);
	response->deed = HF_RESPONSE_MESSAGE;
	return finish(response, now, EDE_NONE);
}

/* The records of one type at the apex, with their signatures when they are wanted. */
static enum hf_err answer_set(
        const struct hf_zone_offer *zone, struct hf_response *response, hf_time now, uint16_t type)
{
	const struct hf_version *version = hf_edition_version(zone->edition);
	struct hf_rrset set = {0};
	response->flags |= HF_MESSAGE_AA;
	put_header(&response->wire, response, true);
	if (hf_node_find(hf_version_apex_node(version), type, &set)) {
		struct hf_rdata_walk walk = hf_rrset_rrs(&set), sigs = hf_rrset_sigs(&set);
		struct hf_rdata rdata;
		while (hf_rdata_next(&walk, &rdata))
			put_record(&response->wire, &zone->name, type, set.ttl, rdata);
		while (response->dnssec_ok && set.rr_count > 0 && hf_rdata_next(&sigs, &rdata))
			put_record(&response->wire, &zone->name, KNOT_RRTYPE_RRSIG, set.sig_ttl,
			        rdata);
	}
	return send_records(response, now);
}

/* ---- Transfers ---- */

static struct hf_xfrout_room transfer_room(const struct hf_response *response)
{
	size_t behind = hf_tsig_room(&response->tsig) + OPT_LEN;
	size_t max = response->room > behind ? response->room - behind : 0;
	return (struct hf_xfrout_room){
	        .fill = HF_XFROUT_FILL < max ? HF_XFROUT_FILL : max, .max = max};
}

/* The next message, still without TSIG. */
static enum hf_err fill(struct hf_response *response, struct hf_buf *out, bool *ret_more)
{
	const struct hf_xfrout_room room = transfer_room(response);
	size_t start = out->len;
	bool first = response->messages == 0;
	put_header(out, response, first);
	if (out->failed)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_xfrout_put(response->xfrout, out, start, &room, ret_more);
	if (err == HF_OK && response->edns && first)
		put_opt(out, start, response, EDE_NONE);
	response->messages++;
	return err;
}

enum hf_err hf_response_next(
        struct hf_response *response, hf_time now, struct hf_buf *out, bool *ret_more)
{
	size_t start = out->len;
	bool more;
	enum hf_err err = fill(response, out, &more);
	if (err == HF_OK)
		err = hf_tsig_sign_answer(&response->tsig, now, out, start);
	if (err == HF_OK)
		*ret_more = more;
	return err;
}

/* The one message that an IXFR over UDP consists of: when not all fits, the SOA record alone sends
 * the other side to TCP (RFC 1995 section 2). */
static enum hf_err answer_by_datagram(
        const struct hf_edition *edition, struct hf_response *response, hf_time now)
{
	bool more = true;
	enum hf_err err = HF_OK;
	if (hf_xfrout_kind(response->xfrout) != HF_XFROUT_AXFR)
		err = fill(response, &response->wire, &more);
	if (err == HF_ERR_LIMIT || (err == HF_OK && more)) {
		hf_xfrout_free(response->xfrout);
		response->xfrout = NULL;
		err = hf_xfrout_new_soa(edition, &response->xfrout);
		hf_buf_reset(&response->wire);
		response->messages = 0;
		if (err == HF_OK)
			err = fill(response, &response->wire, &more);
	}
	response->deed = HF_RESPONSE_MESSAGE;
	if (err == HF_ERR_LIMIT)
		return tell_truncated(response, now);
	return err != HF_OK ? err : hf_tsig_sign_answer(&response->tsig, now, &response->wire, 0);
}

/* The serial of the SOA record that a query or a NOTIFY carries in a section. */
static bool serial_in(
        const struct hf_message *message, enum hf_section section, uint32_t *ret_serial)
{
	const struct hf_message_set *set =
	        hf_message_find(message, section, &message->question.name, KNOT_RRTYPE_SOA);
	struct hf_rdata rdata;
	struct hf_soa soa;
	if (set == NULL || !hf_rrset_first(&set->set, &rdata) || !hf_soa_read(rdata, &soa))
		return false;
	*ret_serial = soa.serial;
	return true;
}

static enum hf_err answer_transfer(const struct hf_zone_offer *zone,
        const struct hf_arrival *arrival, const struct hf_message *message,
        struct hf_response *response)
{
	uint32_t serial = 0;
	enum hf_err err;
	if (response->kind == HF_QUERY_AXFR) {
		if (!arrival->tcp)
			return refuse(response, arrival->now, HF_RCODE_FORMERR, EDE_OTHER,
			        "AXFR is for TCP only");
		err = hf_xfrout_new_axfr(zone->edition, &response->xfrout);
	} else if (!serial_in(message, HF_SECTION_AUTHORITY, &serial)) {
		return refuse(response, arrival->now, HF_RCODE_FORMERR, EDE_OTHER,
		        "IXFR without the SOA record of the asking side");
	} else {
		err = hf_xfrout_new_ixfr(zone->edition, serial, &response->xfrout);
	}
	if (err != HF_OK)
		return err;
	response->flags |= HF_MESSAGE_AA;
	response->serial = hf_edition_serial(zone->edition);
	response->deed = HF_RESPONSE_TRANSFER;
	return arrival->tcp ? HF_OK : answer_by_datagram(zone->edition, response, arrival->now);
}

/* ---- Queries ---- */

/* What is wanted, by opcode and type. */
static enum hf_query_kind kind_of(unsigned opcode, uint16_t type)
{
	if (opcode == OPCODE_NOTIFY)
		return HF_QUERY_NOTIFY;
	switch (type) {
	case KNOT_RRTYPE_SOA:
		return HF_QUERY_SOA;
	case KNOT_RRTYPE_AXFR:
		return HF_QUERY_AXFR;
	case KNOT_RRTYPE_IXFR:
		return HF_QUERY_IXFR;
	default:
		return HF_QUERY_OTHER;
	}
}

/* Whoever may transfer a zone may ask for what is at its apex. */
static unsigned actions_for(enum hf_query_kind kind)
{
	switch (kind) {
	case HF_QUERY_NOTIFY:
		return HF_ACCESS_NOTIFY;
	case HF_QUERY_AXFR:
	case HF_QUERY_IXFR:
		return HF_ACCESS_TRANSFER;
	default:
		return HF_ACCESS_TRANSFER | HF_ACCESS_QUERY;
	}
}

static bool is_served(uint16_t type)
{
	return type == KNOT_RRTYPE_SOA || type == KNOT_RRTYPE_NS || type == KNOT_RRTYPE_DNSKEY;
}

static enum hf_err answer_notify(
        const struct hf_message *message, hf_time now, struct hf_response *response)
{
	if (message->question.type != KNOT_RRTYPE_SOA)
		return refuse(response, now, RCODE_NOTIMP, EDE_NOT_SUPPORTED,
		        "NOTIFY of another type than SOA");
	response->has_serial = serial_in(message, HF_SECTION_ANSWER, &response->serial);
	response->flags |= HF_MESSAGE_AA;
	return tell(response, now, HF_RCODE_NOERROR, EDE_NONE);
}

/* A well-formed query or NOTIFY with a good TSIG or none. */
static enum hf_err answer_zone(const struct hf_responder *responder,
        const struct hf_arrival *arrival, const struct hf_message *message,
        struct hf_response *response)
{
	const struct hf_zone_offer *zone = hf_offers_find(&responder->offers, &response->zone);
	hf_time now = arrival->now;
	if (zone == NULL)
		return refuse(response, now, HF_RCODE_REFUSED, EDE_NOT_AUTHORITATIVE,
		        "no zone of this name is served here");
	if (!hf_access_allows(&zone->access, arrival->from, hf_response_key(response),
	            actions_for(response->kind)))
		return refuse(response, now, HF_RCODE_REFUSED, EDE_PROHIBITED,
		        "no rule of the zone's access list allows this");
	if (response->kind == HF_QUERY_NOTIFY)
		return answer_notify(message, now, response);
	if (response->kind == HF_QUERY_OTHER && !is_served(message->question.type))
		return refuse(response, now, HF_RCODE_REFUSED, EDE_NOT_SUPPORTED,
		        "only SOA, NS, DNSKEY and transfers are answered; ask a secondary");
	if ((zone->flags & HF_SERVER_EXPIRED) != 0)
		return refuse(
		        response, now, HF_RCODE_SERVFAIL, EDE_NOT_READY, "the zone has expired");
	if (zone->edition == NULL)
		return refuse(response, now, HF_RCODE_SERVFAIL, EDE_NOT_READY,
		        "the zone was not published yet");
	if (response->kind == HF_QUERY_AXFR || response->kind == HF_QUERY_IXFR)
		return answer_transfer(zone, arrival, message, response);
	return answer_set(zone, response, now, message->question.type);
}

static const char *tsig_words(enum hf_tsig_verdict verdict)
{
	switch (verdict) {
	case HF_TSIG_BADKEY:
		return "signed with a TSIG key or algorithm that is not set here";
	case HF_TSIG_BADTIME:
		return "signed with TSIG at a time too far from our clock";
	case HF_TSIG_BADTRUNC:
		return "its TSIG MAC is cut off";
	default:
		return "its TSIG does not fit the key's secret";
	}
}

/* A message that could be read. */
static enum hf_err answer_message(const struct hf_responder *responder,
        const struct hf_arrival *arrival, const struct hf_message *message,
        struct hf_response *response)
{
	hf_time now = arrival->now;
	response->edns = message->has_edns;
	response->dnssec_ok = message->dnssec_ok;
	if (!arrival->tcp) {
		size_t size = message->has_edns ? message->udp_size : UDP_PLAIN;
		response->room = size < UDP_PLAIN             ? UDP_PLAIN
		                 : size < HF_MESSAGE_UDP_SIZE ? size
		                                              : HF_MESSAGE_UDP_SIZE;
	}
	if (!message->has_question)
		return refuse(response, now, HF_RCODE_FORMERR, EDE_OTHER, "no question");
	if (message->has_edns && message->edns_version > 0)
		return refuse(response, now, HF_RCODE_BADVERS, EDE_NONE, NULL);
	struct hf_tsig_result result;
	enum hf_err err = hf_tsig_check_request(
	        &responder->keys, arrival->wire, arrival->len, now, &response->tsig, &result);
	if (err != HF_OK)
		return err;
	switch (result.verdict) {
	case HF_TSIG_NONE:
	case HF_TSIG_GOOD:
		return answer_zone(responder, arrival, message, response);
	case HF_TSIG_MALFORMED:
		response->bad_tsig = true;
		return refuse(
		        response, now, HF_RCODE_FORMERR, EDE_OTHER, "its TSIG record is malformed");
	default:
		response->bad_tsig = true;
		return refuse(response, now, RCODE_NOTAUTH, EDE_NONE, tsig_words(result.verdict));
	}
}

/* The question's bytes, to be given back as they came. */
static void read_question(
        const struct hf_arrival *arrival, struct hf_response *response, uint16_t *ret_class)
{
	const struct hf_packet packet = {arrival->wire, arrival->len};
	size_t at = HEADER_LEN;
	struct hf_name name;
	if (hf_read_u16(arrival->wire + 4) != 1 || !hf_packet_name(packet, &at, &name) ||
	        arrival->len - at < 4)
		return;
	uint16_t type = hf_read_u16(arrival->wire + at);
	hf_put_bytes(&response->question, name.wire, name.len);
	hf_put_bytes(&response->question, arrival->wire + at, 4);
	hf_name_lower(&name);
	response->zone = name;
	response->kind = kind_of(hf_read_u16(arrival->wire + 2) >> 11 & 15, type);
	*ret_class = hf_read_u16(arrival->wire + at + 2);
}

static enum hf_err answer(const struct hf_responder *responder, const struct hf_arrival *arrival,
        struct hf_response *response)
{
	uint16_t word = hf_read_u16(arrival->wire + 2), class = KNOT_CLASS_IN;
	unsigned opcode = word >> 11 & 15;
	response->id = hf_read_u16(arrival->wire);
	response->flags = (uint16_t)(HF_MESSAGE_QR | opcode << 11 | (word & HF_MESSAGE_RD));
	if (opcode != OPCODE_QUERY && opcode != OPCODE_NOTIFY)
		return refuse(response, arrival->now, RCODE_NOTIMP, EDE_NONE,
		        "neither a query nor a NOTIFY");
	read_question(arrival, response, &class);
	if (class != KNOT_CLASS_IN)
		return refuse(response, arrival->now, HF_RCODE_REFUSED, EDE_NONE,
		        "another class than IN");
	struct hf_message *message;
	enum hf_err err = hf_message_parse(arrival->wire, arrival->len, NULL, &message);
	if (err == HF_ERR_NOMEM)
		return err;
	if (err != HF_OK)
		return refuse(
		        response, arrival->now, HF_RCODE_FORMERR, EDE_NONE, "malformed message");
	err = answer_message(responder, arrival, message, response);
	hf_message_free(message);
	return err;
}

enum hf_err hf_responder_answer(const struct hf_responder *responder,
        const struct hf_arrival *arrival, struct hf_response *ret_response)
{
	struct hf_response response = {
	        .deed = HF_RESPONSE_NONE,
	        .kind = HF_QUERY_OTHER,
	        .zone = HF_NAME_ROOT,
	        .room = arrival->tcp ? HF_MESSAGE_MAX : UDP_PLAIN,
	};
	enum hf_err err = HF_OK;
	/* A response to a response could go on for ever. */
	if (arrival->len >= HEADER_LEN && (hf_read_u16(arrival->wire + 2) & HF_MESSAGE_QR) == 0)
		err = answer(responder, arrival, &response);
	if (err != HF_OK) {
		hf_response_done(&response);
		return err;
	}
	*ret_response = response;
	return HF_OK;
}

const struct hf_name *hf_response_key(const struct hf_response *response)
{
	bool good = response->tsig.key != NULL && response->tsig.error == 0;
	return good ? &response->tsig.name : NULL;
}

void hf_response_done(struct hf_response *response)
{
	hf_buf_done(&response->wire);
	hf_buf_done(&response->question);
	hf_xfrout_free(response->xfrout);
	hf_tsig_done(&response->tsig);
	response->xfrout = NULL;
}
