/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The course of one change: how it begins, takes a waypoint, turns back and ends.
 *
 * For this part only. Every function either does all of it or leaves the state as it was.
 */
#ifndef HF_ROLLOVER_COURSE_H
#define HF_ROLLOVER_COURSE_H

#include "rollover/view.h"

/* Chooses the keys that go and those that come; what is missing is to be made. HF_ERR_REFUSED with
 * a sentence when the zone's keys, the policy or the change's own settings do not allow it. */
enum hf_err hf_course_begin(const struct hf_policy *policy, struct hf_roll_state *state,
        const struct hf_roll_start *start, hf_time now, struct hf_diag *diag) HF_MUST_CHECK;
/* A key that was asked for is there. */
enum hf_err hf_course_key_made(const struct hf_policy *policy, struct hf_roll_state *state,
        enum hf_role role, struct hf_rdata dnskey, hf_time now, struct hf_diag *diag) HF_MUST_CHECK;
/* The algorithm that a key of the role has to have in the change in progress. */
uint8_t hf_course_algorithm(const struct hf_policy *policy, const struct hf_roll_state *state,
        const struct hf_roll_start *start, enum hf_role role);

/* Goes to a waypoint. The caller has made sure that it may. */
enum hf_err hf_course_take(
        const struct hf_view *view, struct hf_roll_state *state, unsigned index) HF_MUST_CHECK;
enum hf_err hf_course_turn_back(
        struct hf_roll_state *state, hf_time now, struct hf_diag *diag) HF_MUST_CHECK;
/* The last waypoint is reached, or the first one on the way back. */
void hf_course_end(struct hf_roll_state *state, hf_time now);

/* Keeps facts and requests up to date with what was seen. */
enum hf_err hf_course_settle(const struct hf_view *view, struct hf_roll_state *state) HF_MUST_CHECK;
/* The wanted DS set was seen at every parent server. */
enum hf_err hf_course_ds_reached(
        const struct hf_view *view, struct hf_roll_state *state) HF_MUST_CHECK;

/* No change at all. */
void hf_course_clear(struct hf_roll *roll);
/* Nobody will carry out an earlier request any more; how the servers are has to be seen anew. */
void hf_course_ds_withdrawn(struct hf_roll_state *state, hf_time now);

/* Keys that something still needs: the zone, the change in progress, requests at the parent. */
hf_keys hf_course_needed(const struct hf_roll_state *state);
/* What the zone is to look like now. */
const struct hf_waypoint *hf_course_wanted(const struct hf_roll_state *state);

#endif
