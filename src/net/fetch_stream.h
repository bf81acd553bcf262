/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A transfer as it comes in: messages to a new version (RFC 5936 section 2.2, RFC 1995 section 4).
 *
 * A stream takes the messages that answer one AXFR or IXFR question, in their order, and knows when
 * the transfer is whole. Only then is there a version. It does no I/O and knows nothing of TSIG:
 * whoever feeds it checks that first. Memory is bounded by the limits on records and bytes; whole
 * zones go straight into nodes. For the transfer client. One thread at a time.
 */
#ifndef HF_NET_FETCH_STREAM_H
#define HF_NET_FETCH_STREAM_H

#include "net/fetch.h"
#include "net/fetch_message.h"

struct hf_fetch_stream;

struct hf_fetch_stream_setup {
	struct hf_fetch_question question; /* AXFR or IXFR */
	/* What differences start from; the new serial must be larger than that of it. NULL with
	 * AXFR: any serial. Borrowed. Must have an SOA record. */
	const struct hf_version *have;
	struct hf_fetch_limits limits; /* bytes, records, messages; none is 0 */
};

enum hf_err hf_fetch_stream_new(const struct hf_fetch_stream_setup *setup,
        struct hf_fetch_stream **ret_stream) HF_MUST_CHECK;
void hf_fetch_stream_free(struct hf_fetch_stream *stream);

enum hf_fetch_progress {
	HF_STREAM_OPEN,    /* more messages have to come */
	HF_STREAM_WHOLE,   /* the transfer is complete */
	HF_STREAM_NOTHING, /* an SOA record alone: the primary has nothing newer */
};
/*
 * The next message. Nothing is taken once the stream was whole or an error came back:
 * HF_ERR_REFUSED, _SYNTAX, _INVALID, _LIMIT, with a sentence; HF_ERR_NOMEM.
 */
enum hf_err hf_fetch_stream_take(struct hf_fetch_stream *stream, struct hf_packet message,
        struct hf_diag *diag, enum hf_fetch_progress *ret_progress) HF_MUST_CHECK;
/*
 * The new version of a whole stream, and whether it came as a whole zone or as differences (an
 * answer to IXFR may be either). HF_ERR_INVALID: the differences do not fit; HF_ERR_LIMIT: too many
 * records at one owner. The caller owns a reference.
 */
enum hf_err hf_fetch_stream_finish(struct hf_fetch_stream *stream, struct hf_diag *diag,
        enum hf_fetch_kind *ret_kind, struct hf_version **ret_version) HF_MUST_CHECK;

/* The serial that the transfer leads to; 0 before its first record. */
uint32_t hf_fetch_stream_serial(const struct hf_fetch_stream *stream);

#endif
