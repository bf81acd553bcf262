/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/fetch_message.h"

#include <libknot/consts.h>

#include "dns/message.h"

#define HEADER_LEN    12
#define QUESTION_TAIL 4           /* type, class */
#define RECORD_TAIL   10          /* type, class, TTL, length of the RDATA */
#define TTL_SIGN      0x80000000u /* a TTL with this bit counts as 0 (RFC 2181 section 8) */
#define OPCODE(word)  ((word) >> 11 & 15)
#define RCODE(word)   ((word)&15)

enum hf_err hf_fetch_query_put(
        struct hf_buf *out, const struct hf_fetch_question *question, uint32_t serial)
{
	bool ixfr = question->type == KNOT_RRTYPE_IXFR;
	const uint16_t header[] = {question->id, 0, 1, 0, ixfr, 0};
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		hf_put_u16(out, header[i]);
	hf_put_bytes(out, question->zone.wire, question->zone.len);
	hf_put_u16(out, question->type);
	hf_put_u16(out, KNOT_CLASS_IN);
	if (ixfr) {
		/* Of this SOA record, only the serial matters (RFC 1995 section 3). */
		const struct hf_soa soa = {
		        .mname = HF_NAME_ROOT, .rname = HF_NAME_ROOT, .serial = serial};
		hf_put_bytes(out, question->zone.wire, question->zone.len);
		hf_put_u16(out, KNOT_RRTYPE_SOA);
		hf_put_u16(out, KNOT_CLASS_IN);
		hf_put_u32(out, 0);
		size_t at = out->len;
		hf_put_u16(out, 0);
		hf_soa_put(out, &soa);
		if (!out->failed)
			hf_write_u16(out->data + at, (uint16_t)(out->len - at - 2));
	}
	return hf_buf_check(out);
}

void hf_fetch_reader_done(struct hf_fetch_reader *reader)
{
	hf_buf_done(&reader->rdata);
}

/* ---- Header and question ---- */

/* What a response code says of a transfer, and what to do. */
static const char *meaning(unsigned rcode)
{
	switch (rcode) {
	case HF_RCODE_FORMERR:
		return "it did not understand the question";
	case HF_RCODE_SERVFAIL:
		return "it has no usable copy of the zone; look at its log";
	case HF_RCODE_NXDOMAIN:
		return "it knows no such zone; correct the zone's name or the primary";
	case HF_RCODE_NOTIMP:
		return "it does not offer this kind of question";
	case HF_RCODE_REFUSED:
		return "it does not allow it; allow our address or key there";
	case KNOT_RCODE_NOTAUTH:
		return "it is not authoritative for the zone; configure the zone or the key there";
	default:
		return "look at its log";
	}
}

static enum hf_err check_header(
        const struct hf_fetch_reader *reader, unsigned word, struct hf_diag *diag)
{
	char rcode[HF_RCODE_TEXT], type[HF_TYPE_TEXT];
	if (hf_read_u16(reader->packet.data) != reader->question->id)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "a message has another id than our question; look for something between "
		        "us and the primary that mixes up answers");
	if ((word & HF_MESSAGE_QR) == 0 || OPCODE(word) != 0)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "a message is no response to a query; is it a name server?");
	hf_type_text(reader->question->type, type);
	if (RCODE(word) != HF_RCODE_NOERROR)
		return hf_fail(diag, HF_ERR_REFUSED, "answered %s to our %s question: %s",
		        hf_rcode_text(RCODE(word), rcode), type, meaning(RCODE(word)));
	if ((word & HF_MESSAGE_TC) != 0)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "a message of the %s over TCP says that it is cut off; report that to "
		        "the server's makers",
		        type);
	return HF_OK;
}

static enum hf_err check_question(
        struct hf_fetch_reader *reader, unsigned count, bool first, struct hf_diag *diag)
{
	const struct hf_fetch_question *question = reader->question;
	struct hf_name name;
	bool good = count == 0 && !first;
	if (count == 1 && hf_packet_name(reader->packet, &reader->at, &name) &&
	        reader->packet.len - reader->at >= QUESTION_TAIL) {
		const uint8_t *tail = reader->packet.data + reader->at;
		good = hf_name_equal(&name, &question->zone) &&
		       hf_read_u16(tail) == question->type &&
		       hf_read_u16(tail + 2) == KNOT_CLASS_IN;
		reader->at += QUESTION_TAIL;
	}
	if (good)
		return HF_OK;
	return hf_fail(diag, HF_ERR_SYNTAX,
	        "a message answers another question than ours; look for something between us and "
	        "the primary that mixes up answers");
}

enum hf_err hf_fetch_reader_begin(struct hf_fetch_reader *reader,
        const struct hf_fetch_question *question, struct hf_packet packet, bool first,
        struct hf_diag *diag)
{
	reader->question = question;
	reader->packet = packet;
	reader->at = HEADER_LEN;
	if (packet.len < HEADER_LEN)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "a message has %zu bytes, fewer than a DNS header; is it a name server?",
		        packet.len);
	enum hf_err err = check_header(reader, hf_read_u16(packet.data + 2), diag);
	if (err == HF_OK)
		err = check_question(reader, hf_read_u16(packet.data + 4), first, diag);
	if (err != HF_OK)
		return err;
	for (unsigned i = 0; i < 3; i++)
		reader->counts[i] = hf_read_u16(packet.data + 6 + 2 * i);
	reader->answers = reader->counts[0];
	return HF_OK;
}

/* ---- Records ---- */

static enum hf_err malformed(const struct hf_fetch_reader *reader, struct hf_diag *diag)
{
	return hf_fail(diag, HF_ERR_SYNTAX,
	        "record %u of %u in a message is malformed; look for damage on the way, or report "
	        "it to the server's makers",
	        (unsigned)reader->answers - reader->counts[0] + 1, (unsigned)reader->answers);
}

/* A record of the zone, by its class, type and owner. */
static enum hf_err check_record(const struct hf_fetch_reader *reader, uint16_t class,
        const struct hf_fetch_record *record, struct hf_diag *diag)
{
	const struct hf_name *zone = &reader->question->zone;
	char owner[HF_NAME_TEXT], apex[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	bool foreign = !hf_name_is_under(&record->owner, zone);
	if (!foreign && class == KNOT_CLASS_IN && !hf_type_is_meta(record->type) &&
	        (record->type != KNOT_RRTYPE_SOA || record->at_apex))
		return HF_OK;
	hf_name_text(&record->owner, owner);
	hf_type_text(record->type, type);
	if (foreign)
		return hf_fail(diag, HF_ERR_INVALID,
		        "%s is not in the zone %s; remove it from the zone at the primary", owner,
		        hf_name_text(zone, apex));
	if (class != KNOT_CLASS_IN)
		return hf_fail(diag, HF_ERR_INVALID,
		        "%s %s is of class %u instead of IN; remove it from the zone at the "
		        "primary",
		        owner, type, (unsigned)class);
	if (record->type == KNOT_RRTYPE_SOA)
		return hf_fail(diag, HF_ERR_INVALID,
		        "%s has an SOA record inside the zone %s; remove it from the zone at the "
		        "primary",
		        owner, hf_name_text(zone, apex));
	return hf_fail(diag, HF_ERR_INVALID,
	        "%s has a record of type %s, which no zone may hold; report it to the server's "
	        "makers",
	        owner, type);
}

enum hf_err hf_fetch_reader_next(
        struct hf_fetch_reader *reader, struct hf_diag *diag, struct hf_fetch_record *ret_record)
{
	struct hf_packet packet = reader->packet;
	if (!hf_packet_name(packet, &reader->at, &ret_record->owner) ||
	        packet.len - reader->at < RECORD_TAIL)
		return malformed(reader, diag);
	const uint8_t *tail = packet.data + reader->at;
	uint32_t ttl = hf_read_u32(tail + 4);
	uint16_t len = hf_read_u16(tail + 8);
	reader->at += RECORD_TAIL;
	ret_record->type = hf_read_u16(tail);
	ret_record->ttl = ttl < TTL_SIGN ? ttl : 0;
	ret_record->at_apex = ret_record->owner.len == reader->question->zone.len;
	enum hf_err err = check_record(reader, hf_read_u16(tail + 2), ret_record, diag);
	if (err != HF_OK)
		return err;
	hf_buf_reset(&reader->rdata);
	err = hf_packet_rdata(packet, ret_record->type, reader->at, len, &reader->rdata);
	if (err != HF_OK)
		return err == HF_ERR_NOMEM ? err : malformed(reader, diag);
	ret_record->rdata =
	        (struct hf_rdata){.data = reader->rdata.data, .len = (uint16_t)reader->rdata.len};
	reader->at += len;
	reader->counts[0]--;
	return HF_OK;
}

enum hf_err hf_fetch_reader_end(struct hf_fetch_reader *reader, struct hf_diag *diag)
{
	struct hf_packet packet = reader->packet;
	size_t rest = (size_t)reader->counts[1] + reader->counts[2];
	struct hf_name name;
	for (; rest > 0; rest--) {
		if (!hf_packet_name(packet, &reader->at, &name) ||
		        packet.len - reader->at < RECORD_TAIL)
			break;
		size_t len = hf_read_u16(packet.data + reader->at + 8);
		reader->at += RECORD_TAIL;
		if (packet.len - reader->at < len)
			break;
		reader->at += len;
	}
	if (rest == 0 && reader->at == packet.len)
		return HF_OK;
	return hf_fail(diag, HF_ERR_SYNTAX,
	        "a message does not end where its counts of records say; look for damage on the "
	        "way, or report it to the server's makers");
}
