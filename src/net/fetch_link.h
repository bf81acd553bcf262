/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to one primary after the other: questions over UDP, messages over TCP (over libuv).
 *
 * A link has an event loop of its own, so that its calls may wait: each returns when it has what it
 * was called for, when its patience ends, when the time for everything is over, or soon after
 * somebody cancels. It does not look into messages but for the id of a datagram. For the transfer
 * client. One thread at a time.
 */
#ifndef HF_NET_FETCH_LINK_H
#define HF_NET_FETCH_LINK_H

#include "dns/wirename.h"
#include "net/fetch.h"

struct hf_fetch_link;

/* `seconds` from now on for everything. `cancel` is borrowed and may be NULL. */
enum hf_err hf_fetch_link_new(unsigned seconds, const atomic_bool *cancel, struct hf_diag *diag,
        struct hf_fetch_link **ret_link) HF_MUST_CHECK;
void hf_fetch_link_free(struct hf_fetch_link *link);

/*
 * Of all that follow: HF_ERR_IO: no answer, with a sentence; HF_ERR_LIMIT: the time for everything
 * is over, with a sentence; HF_ERR_CANCELED; HF_ERR_NOMEM. What comes back is borrowed until the
 * next call.
 */

/*
 * Sends a query over UDP and waits `patience` milliseconds; with more `tries` than one it sends it
 * again and waits twice as long each time.
 * Datagrams from elsewhere or with another id are passed over.
 */
enum hf_err hf_fetch_link_ask(struct hf_fetch_link *link, const struct hf_fetch_primary *primary,
        const struct hf_buf *query, unsigned patience, unsigned tries, struct hf_diag *diag,
        struct hf_packet *ret_answer) HF_MUST_CHECK;

/* Connects over TCP, in place of what was connected before, and sends a query there. */
enum hf_err hf_fetch_link_open(struct hf_fetch_link *link, const struct hf_fetch_primary *primary,
        const struct hf_buf *query, unsigned patience, struct hf_diag *diag) HF_MUST_CHECK;
/* The next whole message, within `patience` milliseconds. */
enum hf_err hf_fetch_link_next(struct hf_fetch_link *link, unsigned patience, struct hf_diag *diag,
        struct hf_packet *ret_message) HF_MUST_CHECK;
/* Ends the connection. None open: nothing happens. */
void hf_fetch_link_close(struct hf_fetch_link *link);

#endif
