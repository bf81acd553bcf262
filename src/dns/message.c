/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/wirename.h"

#define HEADER_LEN   12
#define RECORD_MIN   11 /* the root, type, class, TTL, length */
#define OPCODE_QUERY 0
#define TTL_SIGN     0x80000000u /* a TTL with this bit counts as 0 (RFC 2181 section 8) */
#define OPT_DO       0x8000
#define OPTION_EDE   15

/* One record as it was read; its RDATA is in the parser's `rdata`. */
struct record {
	struct hf_name owner;
	enum hf_section section;
	uint16_t type; /* for an RRSIG the type that it covers */
	bool is_sig;
	uint32_t ttl;
	size_t at;
	uint16_t len;
	size_t index; /* in the message */
};

/* What a parsed message owns; callers see its first member. */
struct owned {
	struct hf_message message;
	struct hf_message_set *sets;
	struct hf_ede *edes;
	struct hf_buf bytes; /* packed records of all sets */
	struct hf_buf texts; /* of the EDEs */
};

struct parser {
	struct hf_packet packet;
	size_t at;
	uint16_t counts[4]; /* questions, and records of each section */
	struct record *records;
	size_t record_count;
	struct hf_buf rdata;
	struct owned *owned;
	struct hf_diag *diag;
};

/* ---- Reading ---- */

static size_t left(const struct parser *parser)
{
	return parser->packet.len - parser->at;
}

static enum hf_err read_header(struct parser *parser)
{
	struct hf_message *message = &parser->owned->message;
	const uint8_t *data = parser->packet.data;
	if (parser->packet.len < HEADER_LEN)
		return hf_fail(parser->diag, HF_ERR_SYNTAX,
		        "the message has %zu bytes, fewer than a DNS header", parser->packet.len);
	message->id = hf_read_u16(data);
	uint16_t word = hf_read_u16(data + 2);
	message->opcode = word >> 11 & 15;
	message->rcode = word & 15;
	message->flags = word & (HF_MESSAGE_QR | HF_MESSAGE_AA | HF_MESSAGE_TC | HF_MESSAGE_RD |
	                                HF_MESSAGE_RA | HF_MESSAGE_AD | HF_MESSAGE_CD);
	for (unsigned i = 0; i < 4; i++)
		parser->counts[i] = hf_read_u16(data + 4 + 2 * i);
	parser->at = HEADER_LEN;
	return HF_OK;
}

static enum hf_err read_question(struct parser *parser)
{
	struct hf_message *message = &parser->owned->message;
	if (parser->counts[0] > 1)
		return hf_fail(parser->diag, HF_ERR_SYNTAX,
		        "the message has %u questions instead of one", parser->counts[0]);
	if (parser->counts[0] == 0)
		return HF_OK;
	struct hf_name name;
	if (!hf_packet_name(parser->packet, &parser->at, &name) || left(parser) < 4)
		return hf_fail(parser->diag, HF_ERR_SYNTAX, "the message's question is malformed");
	const uint8_t *tail = parser->packet.data + parser->at;
	if (hf_read_u16(tail + 2) != KNOT_CLASS_IN)
		return hf_fail(
		        parser->diag, HF_ERR_SYNTAX, "the message's question is not of class IN");
	message->question = (struct hf_question){.name = name, .type = hf_read_u16(tail)};
	message->has_question = true;
	parser->at += 4;
	return HF_OK;
}

/* ---- EDNS ---- */

static void put_printable(struct hf_buf *out, const uint8_t *text, size_t len)
{
	/* RFC 8914 section 2: the text may end with a zero byte that is not part of it. */
	if (len > 0 && text[len - 1] == 0)
		len--;
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= ' ' && text[i] < 0x7f && text[i] != '\\')
			hf_put_u8(out, text[i]);
		else
			hf_put_format(out, "\\%03u", text[i]);
	}
	hf_put_u8(out, 0);
}

static enum hf_err add_ede(struct parser *parser, const uint8_t *data, uint16_t len)
{
	struct owned *owned = parser->owned;
	size_t count = owned->message.ede_count;
	struct hf_ede *edes = reallocarray(owned->edes, count + 1, sizeof(*edes));
	if (edes == NULL)
		return HF_ERR_NOMEM;
	edes[count].code = hf_read_u16(data);
	owned->edes = edes;
	owned->message.ede_count++;
	put_printable(&owned->texts, data + 2, len - 2u);
	return hf_buf_check(&owned->texts);
}

/* The texts of the EDEs, one behind the other, found when they move no more. */
static void finish_edes(struct owned *owned)
{
	const char *text = (const char *)owned->texts.data;
	for (size_t i = 0; i < owned->message.ede_count; i++) {
		owned->edes[i].text = text;
		text += strlen(text) + 1;
	}
	owned->message.edes = owned->edes;
}

/* An OPT record: its class and TTL have other meanings (RFC 6891 section 6.1.3). */
static enum hf_err read_opt(
        struct parser *parser, const uint8_t *fixed, const uint8_t *data, uint16_t len)
{
	struct hf_message *message = &parser->owned->message;
	struct hf_cursor options;
	if (message->has_edns)
		return HF_ERR_SYNTAX;
	message->has_edns = true;
	message->udp_size = hf_read_u16(fixed + 2);
	message->rcode |= (uint16_t)(fixed[4] << 4);
	message->edns_version = fixed[5];
	message->dnssec_ok = (hf_read_u16(fixed + 6) & OPT_DO) != 0;
	hf_cursor_init(&options, data, len);
	while (hf_cursor_left(&options) > 0) {
		uint16_t code = hf_get_u16(&options), option_len = hf_get_u16(&options);
		const uint8_t *option = hf_get_bytes(&options, option_len);
		if (options.failed)
			return HF_ERR_SYNTAX;
		enum hf_err err = HF_OK;
		if (code == OPTION_EDE && option_len >= 2 && message->ede_count < HF_MESSAGE_EDES)
			err = add_ede(parser, option, option_len);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* ---- Records ---- */

static enum hf_err keep_record(struct parser *parser, enum hf_section section,
        const struct hf_name *owner, const uint8_t *fixed, uint16_t len)
{
	uint16_t type = hf_read_u16(fixed);
	uint32_t ttl = hf_read_u32(fixed + 4);
	size_t start = parser->rdata.len;
	enum hf_err err = hf_packet_rdata(parser->packet, type, parser->at, len, &parser->rdata);
	if (err != HF_OK)
		return err;
	struct record *record = &parser->records[parser->record_count];
	*record = (struct record){
	        .owner = *owner,
	        .section = section,
	        .type = type,
	        .is_sig = type == KNOT_RRTYPE_RRSIG,
	        .ttl = ttl < TTL_SIGN ? ttl : 0,
	        .at = start,
	        .len = (uint16_t)(parser->rdata.len - start),
	        .index = parser->record_count,
	};
	if (record->is_sig) {
		if (record->len < HF_RRSIG_FIXED)
			return HF_ERR_SYNTAX;
		record->type = hf_read_u16(parser->rdata.data + start);
	}
	hf_name_lower(&record->owner);
	parser->record_count++;
	return HF_OK;
}

static enum hf_err read_record(struct parser *parser, enum hf_section section)
{
	struct hf_name owner;
	if (!hf_packet_name(parser->packet, &parser->at, &owner) || left(parser) < 10)
		return HF_ERR_SYNTAX;
	const uint8_t *fixed = parser->packet.data + parser->at;
	uint16_t type = hf_read_u16(fixed), len = hf_read_u16(fixed + 8);
	parser->at += 10;
	if (left(parser) < len)
		return HF_ERR_SYNTAX;
	enum hf_err err = HF_OK;
	if (type == KNOT_RRTYPE_OPT && section == HF_SECTION_ADDITIONAL)
		err = owner.len == 1 ? read_opt(parser, fixed, fixed + 10, len) : HF_ERR_SYNTAX;
	else if (!hf_type_is_meta(type) && hf_read_u16(fixed + 2) == KNOT_CLASS_IN)
		err = keep_record(parser, section, &owner, fixed, len);
	parser->at += len;
	return err;
}

static const char *section_name(enum hf_section section)
{
	static const char *const names[] = {"answer", "authority", "additional"};
	return names[section];
}

/* `*ret_cut` when records were passed over because the message was truncated. */
static enum hf_err read_section(struct parser *parser, enum hf_section section, bool *ret_cut)
{
	unsigned count = parser->counts[section + 1];
	for (unsigned i = 0; i < count; i++) {
		enum hf_err err = read_record(parser, section);
		if (err == HF_OK)
			continue;
		if (err == HF_ERR_NOMEM)
			return err;
		if ((parser->owned->message.flags & HF_MESSAGE_TC) != 0) {
			*ret_cut = true;
			return HF_OK;
		}
		return hf_fail(parser->diag, err, "record %u of %u in the %s section is malformed",
		        i + 1, count, section_name(section));
	}
	return HF_OK;
}

static enum hf_err read_records(struct parser *parser)
{
	size_t most = (size_t)parser->counts[1] + parser->counts[2] + parser->counts[3];
	if (most > left(parser) / RECORD_MIN)
		most = left(parser) / RECORD_MIN;
	parser->records = calloc(most + 1, sizeof(*parser->records));
	if (parser->records == NULL)
		return HF_ERR_NOMEM;
	bool cut = false;
	for (int section = HF_SECTION_ANSWER; section <= HF_SECTION_ADDITIONAL && !cut; section++) {
		enum hf_err err = read_section(parser, (enum hf_section)section, &cut);
		if (err != HF_OK)
			return err;
	}
	if (!cut && left(parser) > 0)
		return hf_fail(parser->diag, HF_ERR_SYNTAX,
		        "the message has %zu bytes more than its counts of records account for",
		        left(parser));
	return HF_OK;
}

/* ---- Sets ---- */

static int number_cmp(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* Any total order of sets will do: records of one set only have to meet. */
static int set_cmp(const struct record *a, const struct record *b)
{
	int order = number_cmp(a->section, b->section);
	if (order == 0)
		order = number_cmp(a->type, b->type);
	if (order == 0)
		order = number_cmp(a->owner.len, b->owner.len);
	return order != 0 ? order : memcmp(a->owner.wire, b->owner.wire, a->owner.len);
}

static int record_cmp(const void *left_arg, const void *right_arg, void *context)
{
	const struct record *a = left_arg, *b = right_arg;
	const uint8_t *rdata = context;
	int order = set_cmp(a, b);
	if (order == 0)
		order = number_cmp(a->is_sig, b->is_sig);
	if (order == 0)
		order = hf_rdata_cmp((struct hf_rdata){rdata + a->at, a->len},
		        (struct hf_rdata){rdata + b->at, b->len});
	return order != 0 ? order : number_cmp(a->index, b->index);
}

/* A set on its way: where its packed records start in the message's bytes. */
struct draft {
	struct hf_message_set set;
	size_t first; /* index of its first record in the message */
	size_t start;
};

/* Takes one more record of a set; `last` is the one before it, NULL at the first. */
static void pack_record(struct parser *parser, struct draft *draft, const struct record *record,
        const struct record *last)
{
	struct hf_rrset *set = &draft->set.set;
	struct hf_buf *bytes = &parser->owned->bytes;
	const uint8_t *data = parser->rdata.data;
	uint16_t *count = record->is_sig ? &set->sig_count : &set->rr_count;
	uint32_t *ttl = record->is_sig ? &set->sig_ttl : &set->ttl;
	if (record->index < draft->first)
		draft->first = record->index;
	if (*count > 0 && *ttl != record->ttl)
		set->flags |= record->is_sig ? HF_RRSET_SIG_TTL_DIFFERS : HF_RRSET_TTL_DIFFERS;
	if (*count == 0 || record->ttl < *ttl)
		*ttl = record->ttl;
	if (last != NULL && last->is_sig == record->is_sig && last->len == record->len &&
	        memcmp(data + last->at, data + record->at, record->len) == 0) {
		set->flags |= record->is_sig ? HF_RRSET_SIG_DUPLICATE : HF_RRSET_DUPLICATE;
		return;
	}
	(*count)++;
	*(record->is_sig ? &set->sigs_len : &set->rrs_len) += 2u + record->len;
	hf_put_u16(bytes, record->len);
	hf_put_bytes(bytes, data + record->at, record->len);
}

static int draft_cmp(const void *left_arg, const void *right_arg)
{
	const struct draft *a = left_arg, *b = right_arg;
	return number_cmp(a->first, b->first);
}

static size_t draft_sets(struct parser *parser, struct draft *drafts)
{
	size_t count = 0;
	const struct record *last = NULL;
	for (size_t i = 0; i < parser->record_count; i++) {
		const struct record *record = &parser->records[i];
		if (last == NULL || set_cmp(last, record) != 0) {
			drafts[count++] = (struct draft){
			        .set = {.owner = record->owner,
			                .section = record->section,
			                .set = {.type = record->type}},
			        .first = record->index,
			        .start = parser->owned->bytes.len,
			};
			last = NULL;
		}
		pack_record(parser, &drafts[count - 1], record, last);
		last = record;
	}
	return count;
}

/* Records to sets, in the order in which the sets came. */
static enum hf_err make_sets(struct parser *parser)
{
	struct owned *owned = parser->owned;
	if (parser->record_count == 0)
		return HF_OK;
	qsort_r(parser->records, parser->record_count, sizeof(*parser->records), record_cmp,
	        parser->rdata.data);
	struct draft *drafts = calloc(parser->record_count, sizeof(*drafts));
	if (drafts == NULL)
		return HF_ERR_NOMEM;
	size_t count = draft_sets(parser, drafts);
	owned->sets = calloc(count, sizeof(*owned->sets));
	enum hf_err err = owned->sets == NULL ? HF_ERR_NOMEM : hf_buf_check(&owned->bytes);
	if (err == HF_OK) {
		qsort(drafts, count, sizeof(*drafts), draft_cmp);
		for (size_t i = 0; i < count; i++) {
			struct hf_rrset *set = &drafts[i].set.set;
			set->rrs = owned->bytes.data + drafts[i].start;
			set->sigs = set->rrs + set->rrs_len;
			owned->sets[i] = drafts[i].set;
		}
		owned->message.sets = owned->sets;
		owned->message.set_count = count;
	}
	free(drafts);
	return err;
}

/* ---- The whole ---- */

void hf_message_free(struct hf_message *message)
{
	struct owned *owned = (struct owned *)message; /* its first member */
	if (owned == NULL)
		return;
	free(owned->sets);
	free(owned->edes);
	hf_buf_done(&owned->bytes);
	hf_buf_done(&owned->texts);
	free(owned);
}

static enum hf_err parse(struct parser *parser)
{
	enum hf_err err = read_header(parser);
	if (err == HF_OK)
		err = read_question(parser);
	if (err == HF_OK)
		err = read_records(parser);
	if (err == HF_OK)
		err = make_sets(parser);
	return err;
}

enum hf_err hf_message_parse(
        const void *wire, size_t len, struct hf_diag *diag, struct hf_message **ret_message)
{
	if (len > HF_MESSAGE_MAX)
		return hf_fail(diag, HF_ERR_LIMIT, "the message has %zu bytes, more than %d", len,
		        HF_MESSAGE_MAX);
	struct parser parser = {.packet = {wire, len}, .diag = diag};
	parser.owned = calloc(1, sizeof(*parser.owned));
	if (parser.owned == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = parse(&parser);
	free(parser.records);
	hf_buf_done(&parser.rdata);
	if (err != HF_OK) {
		hf_message_free(&parser.owned->message);
		return err;
	}
	finish_edes(parser.owned);
	*ret_message = &parser.owned->message;
	return HF_OK;
}

/* ---- Looking at it ---- */

const struct hf_message_set *hf_message_find(const struct hf_message *message,
        enum hf_section section, const struct hf_name *owner, uint16_t type)
{
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		if (set->section == section && set->set.type == type &&
		        hf_name_equal(&set->owner, owner))
			return set;
	}
	return NULL;
}

bool hf_question_equal(const struct hf_question *a, const struct hf_question *b)
{
	return a->type == b->type && hf_name_equal(&a->name, &b->name);
}

bool hf_message_answers(
        const struct hf_message *message, uint16_t id, const struct hf_question *question)
{
	if ((message->flags & HF_MESSAGE_QR) == 0 || message->id != id ||
	        message->opcode != OPCODE_QUERY)
		return false;
	if (message->has_question)
		return hf_question_equal(&message->question, question);
	return message->rcode != HF_RCODE_NOERROR && message->rcode != HF_RCODE_NXDOMAIN;
}

/* ---- Queries ---- */

enum hf_err hf_query_put(
        struct hf_buf *out, uint16_t id, const struct hf_question *question, unsigned flags)
{
	bool edns = (flags & HF_QUERY_PLAIN) == 0;
	unsigned word = 0;
	if ((flags & HF_QUERY_RECURSE) != 0)
		word |= HF_MESSAGE_RD;
	if ((flags & HF_QUERY_UNCHECKED) != 0)
		word |= HF_MESSAGE_CD;
	const uint16_t header[] = {id, (uint16_t)word, 1, 0, 0, edns};
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		hf_put_u16(out, header[i]);
	hf_put_bytes(out, question->name.wire, question->name.len);
	hf_put_u16(out, question->type);
	hf_put_u16(out, KNOT_CLASS_IN);
	if (edns) {
		hf_put_u8(out, 0);
		hf_put_u16(out, KNOT_RRTYPE_OPT);
		hf_put_u16(out, HF_MESSAGE_UDP_SIZE);
		hf_put_u32(out, OPT_DO);
		hf_put_u16(out, 0);
	}
	return hf_buf_check(out);
}

/* ---- Words ---- */

char *hf_rcode_text(uint16_t rcode, char text[static HF_RCODE_TEXT])
{
	static const char *const names[] = {
	        "NOERROR",
	        "FORMERR",
	        "SERVFAIL",
	        "NXDOMAIN",
	        "NOTIMP",
	        "REFUSED",
	        "YXDOMAIN",
	        "YXRRSET",
	        "NXRRSET",
	        "NOTAUTH",
	        "NOTZONE",
	};
	if (rcode < sizeof(names) / sizeof(names[0]))
		snprintf(text, HF_RCODE_TEXT, "%s", names[rcode]);
	else if (rcode == HF_RCODE_BADVERS)
		snprintf(text, HF_RCODE_TEXT, "BADVERS");
	else
		snprintf(text, HF_RCODE_TEXT, "RCODE %u", rcode);
	return text;
}

char *hf_ede_name(uint16_t code, char text[static HF_EDE_TEXT])
{
	/* The registry of RFC 8914 section 5.2, by number. */
	static const char *const names[] = {
	        "Other Error",
	        "Unsupported DNSKEY Algorithm",
	        "Unsupported DS Digest Type",
	        "Stale Answer",
	        "Forged Answer",
	        "DNSSEC Indeterminate",
	        "DNSSEC Bogus",
	        "Signature Expired",
	        "Signature Not Yet Valid",
	        "DNSKEY Missing",
	        "RRSIGs Missing",
	        "No Zone Key Bit Set",
	        "NSEC Missing",
	        "Cached Error",
	        "Not Ready",
	        "Blocked",
	        "Censored",
	        "Filtered",
	        "Prohibited",
	        "Stale NXDomain Answer",
	        "Not Authoritative",
	        "Not Supported",
	        "No Reachable Authority",
	        "Network Error",
	        "Invalid Data",
	        "Signature Expired before Valid",
	        "Too Early",
	        "Unsupported NSEC3 Iterations Value",
	};
	if (code < sizeof(names) / sizeof(names[0]))
		snprintf(text, HF_EDE_TEXT, "%s", names[code]);
	else
		snprintf(text, HF_EDE_TEXT, "code %u", code);
	return text;
}
