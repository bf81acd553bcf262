/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS messages: reading them from untrusted bytes, and making queries (RFC 1035, 6891, 8914).
 *
 * A message is read whole or refused with a sentence. Records of one section, owner and type are
 * one RRset in the form of dns/rrset.h: names uncompressed, RDATA canonical, in canonical order and
 * without repeats, RRSIGs filed under the type that they cover. Sets keep the order in which their
 * first records came; owners are in lower case. Records of other classes than IN are passed over.
 * Work is bounded by the message's size, which is at most 65,535 bytes. A message is immutable and
 * may be read by any number of threads.
 */
#ifndef HF_DNS_MESSAGE_H
#define HF_DNS_MESSAGE_H

#include "base/diag.h"
#include "dns/rrset.h"

#define HF_MESSAGE_MAX      65535
#define HF_MESSAGE_UDP_SIZE 1232 /* what a UDP answer may have on any path */
#define HF_MESSAGE_EDES     16   /* extended errors that are kept */

enum hf_message_flags {
	HF_MESSAGE_QR = 1 << 15, /* it is a response */
	HF_MESSAGE_AA = 1 << 10,
	HF_MESSAGE_TC = 1 << 9, /* cut off: ask again over TCP */
	HF_MESSAGE_RD = 1 << 8,
	HF_MESSAGE_RA = 1 << 7,
	HF_MESSAGE_AD = 1 << 5,
	HF_MESSAGE_CD = 1 << 4,
};

enum hf_rcode {
	HF_RCODE_NOERROR = 0,
	HF_RCODE_FORMERR = 1,
	HF_RCODE_SERVFAIL = 2,
	HF_RCODE_NXDOMAIN = 3,
	HF_RCODE_NOTIMP = 4,
	HF_RCODE_REFUSED = 5,
	HF_RCODE_YXDOMAIN = 6,
	HF_RCODE_BADVERS = 16,
};
#define HF_RCODE_TEXT 16
/* "NXDOMAIN", or "RCODE 3841". Returns `text`. */
char *hf_rcode_text(uint16_t rcode, char text[static HF_RCODE_TEXT]);

enum hf_section { HF_SECTION_ANSWER, HF_SECTION_AUTHORITY, HF_SECTION_ADDITIONAL };

/* Class IN. */
struct hf_question {
	struct hf_name name;
	uint16_t type;
};
/* Whether both ask for the same; case of names does not count. */
bool hf_question_equal(const struct hf_question *a, const struct hf_question *b);

struct hf_message_set {
	struct hf_name owner; /* in lower case */
	enum hf_section section;
	struct hf_rrset set; /* borrowed from the message */
};

/* An extended DNS error (RFC 8914). */
struct hf_ede {
	uint16_t code;
	const char *text; /* printable ASCII; other bytes as \DDD. Never NULL. */
};
/* "DNSSEC Bogus", or "code 4711". Returns `text`. */
#define HF_EDE_TEXT 48
char *hf_ede_name(uint16_t code, char text[static HF_EDE_TEXT]);

struct hf_message {
	uint16_t id;
	uint16_t flags; /* enum hf_message_flags */
	uint8_t opcode;
	uint16_t rcode; /* with its extension from EDNS */
	bool has_question;
	struct hf_question question;
	bool has_edns;
	bool dnssec_ok;
	uint8_t edns_version;
	uint16_t udp_size;
	const struct hf_ede *edes;
	size_t ede_count;
	const struct hf_message_set *sets; /* by section, then as they came */
	size_t set_count;
};

/*
 * Reads a message, query or response. With the TC flag, records from the first malformed one on are
 * passed over. HF_ERR_SYNTAX: malformed; HF_ERR_LIMIT: over 65,535 bytes. The caller owns it.
 */
enum hf_err hf_message_parse(const void *wire, size_t len, struct hf_diag *diag,
        struct hf_message **ret_message) HF_MUST_CHECK;
void hf_message_free(struct hf_message *message);

/* The set of this owner and type in a section, with records or RRSIGs; NULL when there is none. */
const struct hf_message_set *hf_message_find(const struct hf_message *message,
        enum hf_section section, const struct hf_name *owner, uint16_t type);

/*
 * Whether it is the response to a query with this id: the QR flag, the id, opcode QUERY and the
 * question (which a server may leave out of an error). Everything else must be passed over.
 */
bool hf_message_answers(
        const struct hf_message *message, uint16_t id, const struct hf_question *question);

enum hf_query_flags {
	HF_QUERY_RECURSE = 1 << 0,   /* RD: for a forwarder */
	HF_QUERY_UNCHECKED = 1 << 1, /* CD: the answer as it is, whatever the forwarder thinks */
	HF_QUERY_PLAIN = 1 << 2,     /* without EDNS, so without DNSSEC records */
};
/* Appends a query, with EDNS, HF_MESSAGE_UDP_SIZE and the DO flag unless it is plain. */
enum hf_err hf_query_put(struct hf_buf *out, uint16_t id, const struct hf_question *question,
        unsigned flags) HF_MUST_CHECK;

#endif
