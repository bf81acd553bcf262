/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fetching a zone from its primaries: SOA, IXFR, AXFR (RFC 1034, 1982, 1995, 5936, 8945).
 *
 * A fetch asks one primary after the other until one gives something new; one that has just our
 * serial may lag behind the others. It asks for the SOA first (over UDP; over TCP when the answer
 * is cut off, or when none comes and no primary answered before), then for what changed since the
 * version that is there, and when that cannot be had or does not fit, for the whole zone. What
 * comes is a whole new version or nothing: every message is checked as it comes (id, question,
 * response code, TSIG, owners, class), and a transfer that ends early, contradicts itself, or goes
 * over a limit is given up with a sentence. DNSSEC records are kept as they are; whether the zone
 * makes sense is for others to check. TTLs become those of RRsets as in zone/load.h.
 *
 * Nothing is shared between calls: any number of threads may fetch at the same time. A call blocks
 * its thread until it has a result, at most as long as its limits say.
 */
#ifndef HF_NET_FETCH_H
#define HF_NET_FETCH_H

#include <stdatomic.h>

#include "net/endpoint.h"
#include "zone/version.h"

struct hf_tsig_key; /* net/tsig.h */

/* Everything is borrowed. */
struct hf_fetch_primary {
	struct hf_endpoint endpoint;
	const struct hf_tsig_key *key;    /* NULL: without TSIG */
	const struct hf_endpoint *source; /* our address to ask from, port 0; NULL: any */
};

/* 0 stands for the default. */
struct hf_fetch_limits {
	unsigned seconds;      /* for the whole call, all primaries together */
	unsigned idle_seconds; /* without a complete message */
	unsigned udp_ms;       /* for the first try over UDP; the second waits twice as long */
	uint64_t bytes;        /* of one transfer's messages */
	uint64_t records;      /* of one transfer; it bounds memory, too */
	uint64_t messages;     /* of one transfer */
};
#define HF_FETCH_SECONDS      3600
#define HF_FETCH_IDLE_SECONDS 30
#define HF_FETCH_UDP_MS       1000
#define HF_FETCH_BYTES        (UINT64_C(4) << 30)
#define HF_FETCH_RECORDS      UINT64_C(50000000)
#define HF_FETCH_MESSAGES     UINT64_C(50000000)

enum hf_fetch_flags {
	/* The whole zone, also when nothing is new or the serial is behind. */
	HF_FETCH_FULL = 1 << 0,
	/* Never ask for differences. */
	HF_FETCH_AXFR_ONLY = 1 << 1,
};

struct hf_fetch_order {
	struct hf_name zone;
	const struct hf_fetch_primary *primaries; /* borrowed, in the order to ask them */
	size_t primary_count;
	const struct hf_version *have; /* borrowed, of the same zone; NULL: nothing yet */
	unsigned flags;                /* enum hf_fetch_flags */
	struct hf_fetch_limits limits;
	const atomic_bool *cancel; /* ends the call within a fraction of a second; may be NULL */
};

enum hf_fetch_kind {
	HF_FETCH_CURRENT, /* nothing is new: a primary has the serial that we have, none a newer */
	HF_FETCH_BEHIND,  /* the primaries that answered have older serials than we have */
	HF_FETCH_AXFR,    /* a new version, from a transfer of the whole zone */
	HF_FETCH_IXFR,    /* a new version, from differences; it shares what did not change */
};

struct hf_fetched {
	enum hf_fetch_kind kind;
	struct hf_version *version; /* a reference; NULL for CURRENT and BEHIND */
	uint32_t serial;            /* of the new version; else the one that the primary has */
	size_t primary;             /* index of the primary that it is about */
	uint64_t bytes, messages;   /* received over TCP, attempts that failed included */
	double seconds;             /* of the whole call */
	/* Sentences: primaries that failed before this one, a change to AXFR and why, BEHIND. */
	struct hf_diag notes;
};
void hf_fetched_done(struct hf_fetched *fetched);

/*
 * When every primary failed, `diag` has a sentence about each, and the error is that of the last
 * one: HF_ERR_IO unreachable, silent, or gone; HF_ERR_REFUSED a response code other than NOERROR,
 * or TSIG; HF_ERR_SYNTAX malformed; HF_ERR_INVALID contradictory; HF_ERR_LIMIT. Errors of our own:
 * HF_ERR_CANCELED, HF_ERR_NOMEM, HF_ERR_CRYPTO. The caller owns the result.
 */
enum hf_err hf_fetch(const struct hf_fetch_order *order, struct hf_diag *diag,
        struct hf_fetched *ret_fetched) HF_MUST_CHECK;

/* "current", "behind", "axfr", "ixfr": stable, for JSON and metrics too. */
const char *hf_fetch_kind_text(enum hf_fetch_kind kind);

#endif
