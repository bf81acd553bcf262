/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The transfer server: what secondaries talk to.
 *
 * It answers AXFR and IXFR, SOA, NS and DNSKEY at a zone's apex, and NOTIFY, over UDP and TCP; all
 * else is refused: authoritative answers are the secondaries' job. Nothing is allowed that a zone's
 * access list does not allow (net/access.h). Malformed messages are answered with FORMERR, or not
 * at all when they are responses or too short for a header.
 *
 * Everything happens on the thread of the caller's loop, in small pieces: one message of a transfer
 * at a time, and never more than one per connection in memory. Zones are replaced as a whole; a
 * transfer under way ends with the edition that it began with. A peer that does not read, or
 * connections that stay idle, are closed by the limits, and cannot keep others out. The process
 * must ignore SIGPIPE: a peer may close its connection at any time.
 */
#ifndef HF_NET_SERVER_H
#define HF_NET_SERVER_H

#include <uv.h>

#include "net/responder.h"

struct hf_server;

/* 0 stands for the default. */
struct hf_server_limits {
	unsigned connections;         /* TCP; for one more, the one idle longest is closed */
	unsigned connections_address; /* the same of one IPv4 address or IPv6 /64 */
	unsigned idle_seconds;        /* a connection without a query */
	unsigned stall_seconds;       /* in which a message of a transfer has to be taken */
	unsigned transfer_seconds;    /* for a whole transfer */
	unsigned transfers;           /* at once; more wait for their turn */
	unsigned transfers_address;   /* the same of one IPv4 address or IPv6 /64 */
};
/* Well below the 1,024 files that a process may have open unless it asks for more; one NSD opens up
 * to 128 connections. */
#define HF_SERVER_CONNECTIONS         500
#define HF_SERVER_CONNECTIONS_ADDRESS 150
#define HF_SERVER_IDLE_SECONDS        30
#define HF_SERVER_STALL_SECONDS       30
#define HF_SERVER_TRANSFER_SECONDS    7200
#define HF_SERVER_TRANSFERS           50
#define HF_SERVER_TRANSFERS_ADDRESS   20

/* How a transfer ended. Everything is borrowed for the call. */
struct hf_server_transfer {
	const struct hf_name *zone;
	const struct hf_endpoint *to;
	const struct hf_name *key; /* the TSIG key that it was asked with; NULL: without */
	enum hf_xfrout_kind kind;  /* what was sent: an IXFR query may get an AXFR */
	uint32_t serial;           /* of the edition that was sent */
	uint64_t records, messages, bytes;
	double seconds;
	const char *why; /* NULL: it was sent to its end; else why not */
};
/* A NOTIFY that the access list allows. */
struct hf_server_notify {
	const struct hf_name *zone;
	const struct hf_endpoint *from;
	const struct hf_name *key; /* NULL: without TSIG */
	bool has_serial;
	uint32_t serial; /* a hint only: nobody proves it */
};
/* A query for a zone of ours that was refused, or a bad TSIG. */
struct hf_server_refusal {
	const struct hf_name *zone; /* that was asked for: the root when none could be read */
	const struct hf_endpoint *from;
	uint16_t rcode;
	const char *why; /* a part of a sentence */
};

/* Told on the loop's thread; any of the functions may be NULL. They must not free the server. */
struct hf_server_events {
	void *context;
	void (*notify)(void *context, const struct hf_server_notify *notify);
	void (*transfer)(void *context, const struct hf_server_transfer *transfer);
	void (*refusal)(void *context, const struct hf_server_refusal *refusal);
};

/* Counted since the start; `connections_now` and `transfers_now` are as of now. */
struct hf_server_counters {
	uint64_t queries_udp, queries_tcp;
	uint64_t soa, axfr, ixfr, notify, other; /* queries by kind */
	uint64_t refused, malformed, bad_tsig, servfail, dropped;
	uint64_t transfers_axfr, transfers_ixfr, transfers_current, transfers_failed;
	uint64_t transfer_records, transfer_messages, transfer_bytes;
	uint64_t connections, connections_idle_closed, connections_evicted, connections_refused;
	uint64_t connections_now, transfers_now, transfers_waiting;
};

/* `loop`, and what the events' context points to, are borrowed. The caller owns the server. */
enum hf_err hf_server_new(uv_loop_t *loop, const struct hf_server_limits *limits,
        const struct hf_server_events *events, struct hf_server **ret_server) HF_MUST_CHECK;
/* Stops listening, ends everything under way; memory is freed once the loop has run (a NULL is
 * fine). `closed` may be NULL; it is called last, when nothing of the server is on the loop. */
void hf_server_free(struct hf_server *server, void (*closed)(void *context), void *context);

/* Listens on UDP and TCP. IPv6 sockets take IPv6 only. With a wildcard address, a machine that has
 * several may answer from another one than was asked: name each address. HF_ERR_IO with a sentence.
 */
enum hf_err hf_server_listen(struct hf_server *server, const struct hf_endpoint *endpoint,
        struct hf_diag *diag) HF_MUST_CHECK;
/* A bound UDP or listening TCP socket that was handed over (socket activation). The server closes
 * it, also when it fails. HF_ERR_INVALID: another kind of socket. */
enum hf_err hf_server_adopt(struct hf_server *server, int fd, struct hf_diag *diag) HF_MUST_CHECK;

/* Replaces the keys that requests may be signed with; takes references. */
enum hf_err hf_server_set_keys(
        struct hf_server *server, const struct hf_tsig_keys *keys) HF_MUST_CHECK;
/* New limits count for what begins from now on. */
void hf_server_set_limits(struct hf_server *server, const struct hf_server_limits *limits);

/* Adds a zone or replaces it whole. Copies, and takes a reference to the edition. When it fails,
 * the zone is as it was. */
enum hf_err hf_server_put_zone(
        struct hf_server *server, const struct hf_server_zone *zone) HF_MUST_CHECK;
/* The same with a new edition only, which never fails; false when there is no such zone. */
bool hf_server_publish(
        struct hf_server *server, const struct hf_name *zone, const struct hf_edition *edition);
/* False when there is no such zone. Transfers under way go on. */
bool hf_server_remove_zone(struct hf_server *server, const struct hf_name *zone);

struct hf_server_counters hf_server_counters(const struct hf_server *server);

#endif
