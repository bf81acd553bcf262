/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way back: the same waypoints the other way round, each through the same gate.
 */
#include "rollover/course.h"

/* Whether followers hold a key of an algorithm that they did not hold at the start: strict ones
 * want signatures of it for as long as they hold that key. */
static bool trusts_other_algorithm(
        const struct hf_roll_state *state, const struct hf_waypoint *waypoint)
{
	hf_keys before = state->roll.waypoints[0].anchors, since = waypoint->anchors & ~before;
	for (unsigned i = 0; i < HF_ROLL_KEYS && since != 0; i++) {
		bool known = false;
		for (unsigned j = 0; j < HF_ROLL_KEYS; j++)
			known |= (before >> j & 1) != 0 &&
			         state->keys[i].algorithm == state->keys[j].algorithm;
		if ((since >> i & 1) != 0 && before != 0 && !known)
			return true;
	}
	return false;
}

enum hf_err hf_course_turn_back(struct hf_roll_state *state, hf_time now, struct hf_diag *diag)
{
	struct hf_roll *roll = &state->roll;
	if (roll->start.kind == HF_ROLL_NONE)
		return hf_fail(
		        diag, HF_ERR_REFUSED, "nothing is being changed, so nothing can be undone");
	if (roll->back)
		return hf_fail(diag, HF_ERR_REFUSED, "the change is on its way back already");
	for (unsigned i = 0; i <= roll->index && i < roll->count; i++) {
		const char *why = roll->waypoints[i].revoked != 0 ? "see a key revoked"
		                  : trusts_other_algorithm(state, &roll->waypoints[i])
		                          ? "trust a key of another algorithm"
		                          : NULL;
		if (why != NULL)
			return hf_fail(diag, HF_ERR_REFUSED,
			        "holders of trust anchors %s since \"%s\", and they do not forget "
			        "that (RFC 5011): let the change go on",
			        why, roll->waypoints[i].name);
	}
	roll->back = true;
	roll->safe = HF_TIME_NONE;
	roll->paused = false;
	if (roll->count == 0 || roll->index == 0) {
		/* Nothing was shown to anybody yet. */
		roll->waypoints[0] = state->rest;
		roll->index = 0;
		hf_course_end(state, now);
		return HF_OK;
	}
	/* What was not reached need not be: the gate alone says when the one before is safe. */
	roll->skip = true;
	return HF_OK;
}
