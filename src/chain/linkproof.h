/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The step from a proven DS set, or from trust anchors, to a proven DNSKEY set (RFC 4035
 * section 5.2, RFC 4509 section 3).
 *
 * For this part only.
 */
#ifndef HF_CHAIN_LINKPROOF_H
#define HF_CHAIN_LINKPROOF_H

#include "chain/setproof.h"

#define HF_LINKPROOF_DS 64 /* records that are looked at */

/* What is to be matched with a DNSKEY: a DS record, or a DNSKEY that is a trust anchor. */
struct hf_link_want {
	struct hf_ds ds; /* of a DNSKEY: its tag and algorithm */
	struct hf_rdata key;
	bool is_key;
};

/* Owns copies of the RDATA. Zero-initialised is empty. */
struct hf_link_wants {
	struct hf_link_want *list;
	size_t count;
	uint8_t *bytes;
	bool by_anchor;
};

void hf_link_wants_done(struct hf_link_wants *wants);
enum hf_err hf_link_wants_from_ds(
        const struct hf_rrset *set, struct hf_link_wants *ret_wants) HF_MUST_CHECK;
enum hf_err hf_link_wants_from_anchors(const struct hf_anchors *anchors, const struct hf_name *zone,
        struct hf_link_wants *ret_wants) HF_MUST_CHECK;

/*
 * Lists the records in `link` and says whether any of them can be used: else the fault is
 * HF_CAUSE_ALGORITHM or HF_CAUSE_DIGEST, and the zone counts as unsigned.
 */
enum hf_err hf_link_take_wants(struct hf_link *link, const struct hf_link_wants *wants,
        struct hf_fault *ret_fault) HF_MUST_CHECK;

/*
 * Proves the zone's DNSKEY set (NULL: there is none) by the records listed in `link`, and lists the
 * keys there. Without a fault the ring is proven. The caller owns the ring; NULL without a set.
 */
enum hf_err hf_link_prove(struct hf_link *link, const struct hf_link_wants *wants,
        struct hf_effort *effort, const struct hf_rrset *dnskeys, struct hf_keyring **ret_ring,
        struct hf_fault *ret_fault) HF_MUST_CHECK;
/* Brings the link's list of keys up to date with what the ring's keys have signed. */
void hf_link_refresh(struct hf_link *link, const struct hf_keyring *ring);

#endif
