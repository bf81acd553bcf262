/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The responder: what the transfer server answers, without any network.
 *
 * Bytes that came, whence and when go in; bytes to send back, or a transfer that gives them one
 * message after the other, come out. The rules are those of net/server.h. One thread at a time.
 */
#ifndef HF_NET_RESPONDER_H
#define HF_NET_RESPONDER_H

#include "net/offers.h"
#include "net/tsig.h"
#include "net/xfrout.h"

struct hf_responder;

enum hf_err hf_responder_new(struct hf_responder **ret_responder) HF_MUST_CHECK;
void hf_responder_free(struct hf_responder *responder);

/* Replaces the keys that requests may be signed with; takes references. */
enum hf_err hf_responder_set_keys(
        struct hf_responder *responder, const struct hf_tsig_keys *keys) HF_MUST_CHECK;
/* The zones that it answers for: borrowed, and to be changed by their own functions. */
struct hf_offers *hf_responder_offers(struct hf_responder *responder);

/* A message that came. */
struct hf_arrival {
	const uint8_t *wire;
	size_t len;
	const struct hf_endpoint *from;
	bool tcp;
	hf_time now;
};

enum hf_query_kind {
	HF_QUERY_SOA,
	HF_QUERY_AXFR,
	HF_QUERY_IXFR,
	HF_QUERY_NOTIFY,
	HF_QUERY_OTHER,
};

enum hf_response_deed {
	HF_RESPONSE_NONE,     /* nothing is sent */
	HF_RESPONSE_MESSAGE,  /* `wire` is sent */
	HF_RESPONSE_TRANSFER, /* hf_response_next gives the messages */
};

struct hf_response {
	enum hf_response_deed deed;
	enum hf_query_kind kind;
	uint16_t rcode;      /* of the answer */
	bool bad_tsig;       /* refused for it */
	const char *why;     /* why it was refused, a part of a sentence; NULL: it was not */
	struct hf_name zone; /* that the message asks about, in lower case */
	bool has_serial;     /* of a NOTIFY that was taken */
	uint32_t serial;     /* the same; of a transfer, that of the edition */
	struct hf_buf wire;
	struct hf_xfrout *xfrout;
	struct hf_tsig tsig; /* its key is the one that the message was signed with */

	/* For the messages of a transfer: what the query said. */
	struct hf_buf question; /* as it came, for its case */
	uint16_t id;
	uint16_t flags; /* of the answer's header, without the response code */
	bool edns, dnssec_ok;
	size_t room;       /* bytes of the longest message that may be sent */
	uint64_t messages; /* that were made */
};

/* HF_ERR_NOMEM, HF_ERR_CRYPTO: our own. The caller owns the response. */
enum hf_err hf_responder_answer(const struct hf_responder *responder,
        const struct hf_arrival *arrival, struct hf_response *ret_response) HF_MUST_CHECK;
/* The name of the key that a good request was signed with; NULL without. Borrowed. */
const struct hf_name *hf_response_key(const struct hf_response *response);
/* Appends the next message of a transfer. HF_ERR_LIMIT: a record is too large to be sent. */
enum hf_err hf_response_next(struct hf_response *response, hf_time now, struct hf_buf *out,
        bool *ret_more) HF_MUST_CHECK;
void hf_response_done(struct hf_response *response);

#endif
