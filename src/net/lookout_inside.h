/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What both look-outs share: places as the policy writes them, asking many at once, keeping what
 * was served. For this part only; one thread at a time.
 */
#ifndef HF_NET_LOOKOUT_INSIDE_H
#define HF_NET_LOOKOUT_INSIDE_H

#include "net/lookout.h"

/* "ADDRESS" or "ADDRESS@PORT"; without a port it gets `port`. HF_ERR_INVALID with a sentence. */
enum hf_err hf_place_read(const char *text, uint16_t port, struct hf_diag *diag,
        struct hf_endpoint *ret_endpoint) HF_MUST_CHECK;
/* The same the other way round. */
void hf_place_write(const struct hf_endpoint *endpoint, char text[static HF_PLACE_MAX]);

/* Runs them all at once, and those that stay silent once more with twice the patience. */
enum hf_err hf_ask_places(
        struct hf_wire *wire, struct hf_exchange *exchanges, size_t count) HF_MUST_CHECK;
void hf_exchanges_free(struct hf_exchange *exchanges, size_t count); /* NULL is fine */

/* The point in time `started` (hf_wire_now) milliseconds ago was `now`: what is it now? */
hf_time hf_lookout_clock(const struct hf_wire *wire, uint64_t started, hf_time now);

/* A copy; of NULL one without records. */
enum hf_err hf_seen_set_copy(
        const struct hf_message_set *set, uint16_t type, struct hf_seen_set *ret_set) HF_MUST_CHECK;
void hf_seen_set_done(struct hf_seen_set *set);

/* Whether a message says anything: NOERROR or NXDOMAIN. */
bool hf_lookout_says(const struct hf_message *message);

#endif
