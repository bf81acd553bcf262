/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the evidence shows: whether a waypoint is reached, and if not, what is missing.
 *
 * Only facts that are still open count, at this signer for the zone, at the parent's servers for
 * the DS set. For this part only. Pure and thread-safe.
 */
#ifndef HF_ROLLOVER_REACH_H
#define HF_ROLLOVER_REACH_H

#include "rollover/view.h"

struct hf_reach {
	bool dnskey;  /* the DNSKEY set is published, and just it */
	bool signers; /* the data is signed as wanted, and none of it otherwise */
	bool partly;  /* some of the data is, some not yet: signatures are being replaced */
	bool denial;  /* the denial records are as wanted */
	bool ds;      /* every parent server shows the DS set */
	/* A server that does not show the DS set; empty when there is none. */
	char missing[HF_PLACE_MAX];
	bool missing_seen; /* it was seen, with another set */
	bool missing_old;  /* it was seen with this set, but not since that was asked for */
};

void hf_reach_judge(
        const struct hf_view *view, const struct hf_waypoint *waypoint, struct hf_reach *ret_reach);

static inline bool hf_reach_zone(const struct hf_reach *reach)
{
	return reach->dnskey && reach->signers && reach->denial;
}

/* The latest time that the evidence speaks of; HF_TIME_NONE when it is empty. */
hf_time hf_reach_latest(const struct hf_evidence *evidence);
/*
 * When all that this signer or a secondary serves of DNSKEY sets is the waypoint's: HF_TIME_NEVER
 * when that is open. `ret_slowest`: the secondary that it waits for.
 */
hf_time hf_reach_settled(
        const struct hf_view *view, const struct hf_waypoint *waypoint, uint32_t *ret_slowest);
/*
 * Whether a request was carried out and replaced again: it was seen at some server, and every
 * server was looked at since it was last seen anywhere. The parent acts in the order in which it is
 * asked.
 */
bool hf_reach_ds_carried_out(const struct hf_view *view, const struct hf_asked *asked);
/* The largest TTL that a DS set was seen with; the policy's when none was. */
uint32_t hf_reach_ds_ttl(const struct hf_view *view);
/* Whether a content has the key in it, its signature, or its DS. */
bool hf_reach_names(const struct hf_view *view, uint32_t content, unsigned key);
/* Whether caches may still hold something that has the key in it, or its signatures. */
bool hf_reach_key_held(const struct hf_view *view, unsigned key);

#endif
