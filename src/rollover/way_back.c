/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way back: the same waypoints the other way round, each through the same gate.
 */
#include "rollover/course.h"

enum hf_err hf_course_turn_back(struct hf_roll_state *state, hf_time now, struct hf_diag *diag)
{
	struct hf_roll *roll = &state->roll;
	if (roll->start.kind == HF_ROLL_NONE)
		return hf_fail(
		        diag, HF_ERR_REFUSED, "nothing is being changed, so nothing can be undone");
	if (roll->back)
		return hf_fail(diag, HF_ERR_REFUSED, "the change is on its way back already");
	for (unsigned i = 0; i <= roll->index && i < roll->count; i++) {
		if (roll->waypoints[i].revoked != 0)
			return hf_fail(diag, HF_ERR_REFUSED,
			        "a key is revoked since \"%s\", and RFC 5011 knows no way back "
			        "from that: followers will not trust it again; let the change go "
			        "on",
			        roll->waypoints[i].name);
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
