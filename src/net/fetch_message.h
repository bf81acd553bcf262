/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One message of a zone transfer, record by record (RFC 5936 section 2.2, RFC 1995 section 3).
 *
 * The bytes are untrusted. A record that is given out is of class IN and of a type that zones may
 * hold, its owner is in the zone, its RDATA canonical. Work is bounded by the message's size. What
 * the authority and additional sections hold is passed over, but it must be well-formed. For the
 * transfer client. One thread at a time.
 */
#ifndef HF_NET_FETCH_MESSAGE_H
#define HF_NET_FETCH_MESSAGE_H

#include "base/diag.h"
#include "dns/wirename.h"

/* What was asked, which every message has to answer. */
struct hf_fetch_question {
	struct hf_name zone; /* in lower case */
	uint16_t type;       /* SOA, IXFR or AXFR */
	uint16_t id;
};

/* Appends the query; one for IXFR says which serial is there. */
enum hf_err hf_fetch_query_put(struct hf_buf *out, const struct hf_fetch_question *question,
        uint32_t serial) HF_MUST_CHECK;

struct hf_fetch_record {
	struct hf_name owner; /* as it was written */
	bool at_apex;
	uint16_t type;
	uint32_t ttl;
	struct hf_rdata rdata; /* borrowed from the reader until the next one */
};

/* Zero-initialised is empty. */
struct hf_fetch_reader {
	const struct hf_fetch_question *question; /* borrowed */
	struct hf_packet packet;                  /* borrowed */
	size_t at;
	uint16_t counts[3]; /* records that are left in each section */
	uint16_t answers;   /* records in the answer section */
	struct hf_buf rdata;
};
void hf_fetch_reader_done(struct hf_fetch_reader *reader);

/*
 * Begins a message: checks its header and question, which only the first of an answer must have.
 * HF_ERR_REFUSED: a response code other than NOERROR; HF_ERR_SYNTAX: no answer to the question.
 */
enum hf_err hf_fetch_reader_begin(struct hf_fetch_reader *reader,
        const struct hf_fetch_question *question, struct hf_packet packet, bool first,
        struct hf_diag *diag) HF_MUST_CHECK;
/* Records of the answer section that are still to come. */
static inline unsigned hf_fetch_reader_left(const struct hf_fetch_reader *reader)
{
	return reader->counts[0];
}
/* The next record of the answer section; there must be one. HF_ERR_SYNTAX, HF_ERR_INVALID. */
enum hf_err hf_fetch_reader_next(struct hf_fetch_reader *reader, struct hf_diag *diag,
        struct hf_fetch_record *ret_record) HF_MUST_CHECK;
/* Behind the last one: the rest of the message must be well-formed. HF_ERR_SYNTAX. */
enum hf_err hf_fetch_reader_end(struct hf_fetch_reader *reader, struct hf_diag *diag) HF_MUST_CHECK;

#endif
