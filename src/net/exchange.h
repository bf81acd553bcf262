/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exchanges: one question to one server, over UDP and, when the answer is cut off, over TCP.
 *
 * An answer counts only when it comes from the address that was asked, with the id and the
 * question that were asked; everything else is passed over. Ids and ports are random. A wire has
 * limits for all of its exchanges together, so that no server can make it work, wait or keep
 * memory without bound; an exchange over a limit fails and says so. One thread at a time.
 */
#ifndef HF_NET_EXCHANGE_H
#define HF_NET_EXCHANGE_H

#include <stdatomic.h>

#include "dns/message.h"
#include "net/endpoint.h"

/* 0 stands for the default. */
struct hf_wire_limits {
	unsigned seconds;   /* from the first exchange to the last */
	unsigned packets;   /* UDP queries and TCP connections */
	unsigned tcp_bytes; /* received over TCP */
	/* Breaks everything off soon after it becomes true: HF_ERR_CANCELED. NULL: never. */
	const atomic_bool *cancel;
};
#define HF_WIRE_SECONDS   30
#define HF_WIRE_PACKETS   500
#define HF_WIRE_TCP_BYTES (4u << 20)
/* Packets that do not belong to an exchange: after so many it fails. */
#define HF_WIRE_STRAYS 64

struct hf_capture;
struct hf_tsig_key; /* net/tsig.h */
struct hf_wire;

/*
 * `capture` is borrowed and may be NULL: it keeps all exchanges, or (when it was read from a file)
 * answers them all, and nothing is sent.
 */
enum hf_err hf_wire_new(const struct hf_wire_limits *limits, struct hf_capture *capture,
        struct hf_wire **ret_wire) HF_MUST_CHECK;
void hf_wire_free(struct hf_wire *wire);
/* Milliseconds of a monotonic clock. */
uint64_t hf_wire_now(const struct hf_wire *wire);

enum hf_exchange_end {
	HF_EXCHANGE_ANSWER,  /* `message` is there */
	HF_EXCHANGE_SILENCE, /* no answer in time: may be asked again */
	HF_EXCHANGE_FAILURE, /* unreachable, malformed: asking again does not help */
	HF_EXCHANGE_LIMIT,   /* a limit of the wire: it was not asked, or not to the end */
};

#define HF_EXCHANGE_WORDS 160

struct hf_exchange {
	/* What is asked: set by the caller. */
	struct hf_endpoint server;
	struct hf_question question;
	unsigned flags;   /* enum hf_query_flags */
	unsigned timeout; /* milliseconds to wait over UDP; three times as long over TCP */
	/* Signs the question; only an answer that is signed with it counts. Borrowed; NULL: none */
	const struct hf_tsig_key *key;
	/* What came of it. */
	enum hf_exchange_end end;
	struct hf_message *message;    /* the caller owns it; NULL unless there is an answer */
	struct hf_buf wire;            /* the same as it came; the caller owns it */
	char words[HF_EXCHANGE_WORDS]; /* why not: "timed out"; empty with an answer */
	bool over_tcp;
};

/* Frees what came of it. */
void hf_exchange_done(struct hf_exchange *exchange);

/*
 * Runs them all at once, to their ends. What of an earlier run is in them must be freed before. An
 * error is our own (no memory, no sockets): nothing is to be freed then.
 */
enum hf_err hf_wire_run(
        struct hf_wire *wire, struct hf_exchange *exchanges, size_t count) HF_MUST_CHECK;

#endif
