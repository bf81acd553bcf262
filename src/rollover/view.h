/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine's keys as the evidence knows them: masks to contents and back.
 *
 * An offer stands for a waypoint as it will be published. Its signatures have no end, because the
 * engine judges sets of keys; that real signatures last is judged when a version is made. For this
 * part only. A view is worth something until the state's keys change.
 */
#ifndef HF_ROLLOVER_VIEW_H
#define HF_ROLLOVER_VIEW_H

#include "rollover/rollover.h"

struct hf_view {
	const struct hf_policy *policy;
	const struct hf_roll_state *state;
	struct hf_evidence *evidence;
	hf_time now;
	uint32_t number[HF_ROLL_KEYS];  /* of the key in the evidence; HF_NO_CONTENT: no key */
	uint32_t revoked[HF_ROLL_KEYS]; /* of its revoked form; HF_NO_CONTENT: never used */
	uint32_t anchors, oper;         /* places */
};

enum hf_err hf_view_init(const struct hf_policy *policy, const struct hf_roll_state *state,
        struct hf_evidence *evidence, hf_time now, struct hf_view *ret_view) HF_MUST_CHECK;

/* Contents. `revoked` are those of the keys that have the REVOKE bit. */
enum hf_err hf_view_ds_content(
        const struct hf_view *view, hf_keys keys, uint32_t *ret_content) HF_MUST_CHECK;
enum hf_err hf_view_dnskey_content(const struct hf_view *view, const struct hf_waypoint *waypoint,
        uint32_t *ret_content) HF_MUST_CHECK;
enum hf_err hf_view_signers_content(
        const struct hf_view *view, hf_keys keys, uint32_t *ret_content) HF_MUST_CHECK;

/* Whether a content is just what is asked for, by signatures that are valid now. */
bool hf_view_is_ds(const struct hf_view *view, uint32_t content, hf_keys keys);
bool hf_view_is_dnskey(
        const struct hf_view *view, uint32_t content, const struct hf_waypoint *waypoint);
bool hf_view_is_signers(const struct hf_view *view, uint32_t content, hf_keys keys);
/* Whether a DS set has a record for the key. */
bool hf_view_ds_names(const struct hf_view *view, uint32_t content, unsigned key);

/* What would be served. The array is owned here. */
struct hf_view_offer {
	struct hf_offer offer;
	struct hf_served *served;
	size_t cap;
};
void hf_view_offer_done(struct hf_view_offer *offer);
/*
 * Going from what is wanted now to a waypoint: the zone when that changes, the DS set when that
 * changes, and every DS set that the parent may still put there from an earlier request.
 */
enum hf_err hf_view_offer(const struct hf_view *view, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_view_offer *ret_offer) HF_MUST_CHECK;

#endif
