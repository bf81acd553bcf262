/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notifier: telling secondaries that there is a new version until they have it (RFC 1996).
 *
 * For each zone and target it sends NOTIFY with the new SOA record, again and again with growing
 * pauses, until the target was *seen* with the serial: an answer alone proves nothing. After
 * HF_NOTIFY_TRIES it goes on every HF_NOTIFY_PAUSE seconds. A new serial takes the place of the old
 * one and starts at once. Zones are sent to in turns, so that many at once do not burst.
 *
 * Answers count only from the target's address, with the id that was sent, and with a good TSIG
 * when the target has a key. Everything happens on the thread of the caller's loop, with one socket
 * for IPv4 and one for IPv6.
 */
#ifndef HF_NET_NOTIFIER_H
#define HF_NET_NOTIFIER_H

#include <uv.h>

#include "net/endpoint.h"
#include "net/tsig.h"
#include "zone/version.h"

struct hf_notifier;

#define HF_NOTIFY_TRIES   8   /* with pauses of 1, 2, 4 … seconds, 60 at most */
#define HF_NOTIFY_PAUSE   300 /* seconds between later tries */
#define HF_NOTIFY_SETTLED 60  /* the pause after an answer: it is on its way to transfer */

struct hf_notifier_options {
	const struct hf_endpoint *source_v4; /* to send from, port included; NULL: any */
	const struct hf_endpoint *source_v6;
};

/* `loop` is borrowed. HF_ERR_IO: the source address cannot be used, with a sentence. */
enum hf_err hf_notifier_new(uv_loop_t *loop, const struct hf_notifier_options *options,
        struct hf_diag *diag, struct hf_notifier **ret_notifier) HF_MUST_CHECK;
/* As hf_server_free. */
void hf_notifier_free(struct hf_notifier *notifier, void (*closed)(void *context), void *context);

struct hf_notify_target {
	struct hf_endpoint endpoint;
	const struct hf_tsig_key *key; /* borrowed, a reference is taken; NULL: without TSIG */
};

/* The targets of a zone from now on; those that stay (same endpoint) keep their state. */
enum hf_err hf_notifier_set(struct hf_notifier *notifier, const struct hf_name *zone,
        const struct hf_notify_target *targets, size_t count) HF_MUST_CHECK;
void hf_notifier_remove(struct hf_notifier *notifier, const struct hf_name *zone);
/* A new version is there to be transferred. HF_ERR_NOTFOUND: the zone was not set; HF_ERR_INVALID:
 * no SOA record. */
enum hf_err hf_notifier_publish(struct hf_notifier *notifier, const struct hf_name *zone,
        const struct hf_version *version) HF_MUST_CHECK;
/* A target was seen with this serial. One at or after the published serial ends its notifying; so
 * does nothing else. Unknown zones and targets are passed over. */
void hf_notifier_seen(struct hf_notifier *notifier, const struct hf_name *zone,
        const struct hf_endpoint *target, uint32_t serial);

/* What is known about one target of a zone, for status. Times are HF_TIME_NONE when never. */
struct hf_notify_state {
	struct hf_endpoint endpoint;
	bool has_serial;
	uint32_t serial;   /* that it is to learn of: the published one */
	bool done;         /* it was seen with that serial */
	unsigned sent;     /* NOTIFYs for that serial */
	bool answered;     /* NOERROR for that serial */
	hf_time last_sent; /* for any serial, as the two below */
	hf_time last_answer;
	hf_time next; /* when it will be told again; HF_TIME_NEVER: not any more */
	bool has_seen;
	uint32_t seen; /* the serial that it was seen with last */
	const char *
	        last_error; /* why the last NOTIFY failed, a part of a sentence; NULL: it did not */
};
/* The number of targets; 0 for an unknown zone. */
size_t hf_notifier_count(const struct hf_notifier *notifier, const struct hf_name *zone);
/* Borrowed until the next call. False when there is no such target. */
bool hf_notifier_state(const struct hf_notifier *notifier, const struct hf_name *zone, size_t index,
        struct hf_notify_state *ret_state);

struct hf_notifier_counters {
	uint64_t sent, answered, refused, timed_out, strays;
};
struct hf_notifier_counters hf_notifier_counters(const struct hf_notifier *notifier);

#endif
