/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A zone as a stream of messages: AXFR (RFC 5936) and IXFR (RFC 1995).
 *
 * A transfer gives its records one message at a time, so memory is bounded whatever the size of the
 * zone. It holds a reference to its edition: a new one that is published meanwhile does not disturb
 * it. Names are compressed where RFC 3597 section 4 lets them be. Pure; one thread at a time.
 */
#ifndef HF_NET_XFROUT_H
#define HF_NET_XFROUT_H

#include "net/edition.h"

struct hf_xfrout;

enum hf_xfrout_kind {
	HF_XFROUT_SOA, /* the SOA record alone: nothing is new, or it does not fit a datagram */
	HF_XFROUT_AXFR,
	HF_XFROUT_IXFR,
};

enum hf_err hf_xfrout_new_axfr(
        const struct hf_edition *edition, struct hf_xfrout **ret_xfrout) HF_MUST_CHECK;
/*
 * The steps since the serial that the other side has; the SOA record alone when it has this one or
 * a newer one (RFC 1982); the whole zone when the steps do not reach back so far.
 */
enum hf_err hf_xfrout_new_ixfr(const struct hf_edition *edition, uint32_t serial,
        struct hf_xfrout **ret_xfrout) HF_MUST_CHECK;
/* The SOA record alone. */
enum hf_err hf_xfrout_new_soa(
        const struct hf_edition *edition, struct hf_xfrout **ret_xfrout) HF_MUST_CHECK;
void hf_xfrout_free(struct hf_xfrout *xfrout);

enum hf_xfrout_kind hf_xfrout_kind(const struct hf_xfrout *xfrout);
const struct hf_edition *hf_xfrout_edition(const struct hf_xfrout *xfrout); /* borrowed */
/* Records that were put so far. */
uint64_t hf_xfrout_records(const struct hf_xfrout *xfrout);

/* How a message may be filled. */
struct hf_xfrout_room {
	size_t fill; /* no record is added behind this many bytes */
	size_t max;  /* no message gets longer; at most 65,535 */
};
#define HF_XFROUT_FILL 16000 /* of which compression reaches every byte */

/*
 * Appends records to the message that begins at byte `start` of `out`, which has its header and
 * question, and counts them in the header (ANCOUNT). `ret_more`: there are records left for the
 * next message. HF_ERR_LIMIT: a record does not fit an empty message; HF_ERR_NOMEM.
 */
enum hf_err hf_xfrout_put(struct hf_xfrout *xfrout, struct hf_buf *out, size_t start,
        const struct hf_xfrout_room *room, bool *ret_more) HF_MUST_CHECK;

#endif
