/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trust anchors: DS or DNSKEY records that are believed without proof (RFC 4033 section 2).
 *
 * Several zones may have anchors, and a zone several: any one of them will do. A name is proven
 * from the closest zone at or above it that has one. Changed by one thread at a time.
 */
#ifndef HF_CHAIN_ANCHORS_H
#define HF_CHAIN_ANCHORS_H

#include "base/diag.h"
#include "dns/message.h"

struct hf_anchor {
	struct hf_name zone; /* in lower case */
	uint16_t type;       /* DS or DNSKEY */
	uint8_t *data;       /* RDATA, owned */
	uint16_t len;
};

/* Zero-initialised is empty. */
struct hf_anchors {
	struct hf_anchor *list;
	size_t count;
};

void hf_anchors_done(struct hf_anchors *anchors);
/*
 * HF_ERR_INVALID, with a sentence: another type, malformed RDATA, or a DNSKEY that no validator
 * may use (no zone key, revoked, another protocol). Anchors that are there already are not
 * repeated.
 */
enum hf_err hf_anchors_add(struct hf_anchors *anchors, const struct hf_name *zone, uint16_t type,
        struct hf_rdata rdata, struct hf_diag *diag) HF_MUST_CHECK;
enum hf_err hf_anchors_copy(
        const struct hf_anchors *anchors, struct hf_anchors *ret_copy) HF_MUST_CHECK;
/* The root's anchors as IANA publishes them: the KSKs 20326 and 38696. */
enum hf_err hf_anchors_add_root(struct hf_anchors *anchors) HF_MUST_CHECK;

/*
 * The closest zone with an anchor from which the question can be proven: at or above the name, for
 * a DS record above it (it is the parent's). False when there is none.
 */
bool hf_anchors_closest(const struct hf_anchors *anchors, const struct hf_question *question,
        struct hf_name *ret_zone);

#endif
