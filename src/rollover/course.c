/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/course.h"

#include <string.h>

#include "rollover/methods.h"
#include "rollover/reach.h"

const struct hf_waypoint *hf_course_wanted(const struct hf_roll_state *state)
{
	const struct hf_roll *roll = &state->roll;
	return roll->count > 0 ? &roll->waypoints[roll->index] : &state->rest;
}

hf_keys hf_course_needed(const struct hf_roll_state *state)
{
	const struct hf_waypoint *rest = &state->rest;
	hf_keys keys = rest->published | rest->sign_keys | rest->sign_data | rest->ds |
	               rest->anchors | state->roll.old | state->roll.new;
	for (unsigned i = 0; i < state->asked_count; i++)
		keys |= state->asked[i].ds;
	return keys;
}

/* ---- requests at the parent ---- */

static void strike(struct hf_roll_state *state, unsigned at)
{
	memmove(&state->asked[at], &state->asked[at + 1],
	        (state->asked_count - at - 1) * sizeof(*state->asked));
	state->asked_count--;
}

/* The newest request is the last one; a set is in the list once. */
static void ask(struct hf_roll_state *state, hf_keys ds, hf_time now)
{
	for (unsigned i = 0; i < state->asked_count; i++) {
		if (state->asked[i].ds == ds) {
			strike(state, i);
			break;
		}
	}
	if (state->asked_count < HF_ROLL_ASKED)
		state->asked[state->asked_count++] = (struct hf_asked){.ds = ds, .at = now};
	state->ds_pending = true;
	state->ds_fresh = now;
}

/* A request that is over may have been carried out until just now where nobody looked. */
static enum hf_err close_request(
        const struct hf_view *view, struct hf_roll_state *state, unsigned at)
{
	struct hf_fact fact = {.place = view->oper,
	        .ttl = hf_reach_ds_ttl(view),
	        .first = state->asked[at].at,
	        .last = view->now};
	enum hf_err err = hf_view_ds_content(view, state->asked[at].ds, &fact.content);
	if (err == HF_OK)
		err = hf_evidence_add(view->evidence, &fact);
	if (err == HF_OK)
		strike(state, at);
	return err;
}

void hf_course_ds_withdrawn(struct hf_roll_state *state, hf_time now)
{
	hf_keys wanted = hf_course_wanted(state)->ds;
	for (unsigned i = 0; i < state->asked_count; i++)
		state->asked[i].withdrawn |= state->asked[i].ds != wanted;
	/* Where it had come already, only a look from now on will show. */
	state->ds_pending = true;
	state->ds_fresh = now;
}

/* What all servers show takes the place of what a person said earlier. */
static enum hf_err correct_word(const struct hf_view *view, hf_keys wanted)
{
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		struct hf_served served = {.ttl = fact->ttl};
		if (fact->place != view->oper || fact->last != HF_TIME_NEVER ||
		        hf_view_is_ds(view, fact->content, wanted))
			continue;
		enum hf_err err = hf_view_ds_content(view, wanted, &served.content);
		return err != HF_OK ? err
		                    : hf_evidence_observe(view->evidence, view->oper,
		                              1u << HF_KIND_DS, &served, 1, view->now);
	}
	return HF_OK;
}

enum hf_err hf_course_ds_reached(const struct hf_view *view, struct hf_roll_state *state)
{
	hf_keys wanted = hf_course_wanted(state)->ds;
	enum hf_err err = correct_word(view, wanted);
	for (unsigned i = state->asked_count; i-- > 0 && err == HF_OK;) {
		if (state->asked[i].ds == wanted)
			strike(state, i);
		else if (state->asked[i].withdrawn ||
		         hf_reach_ds_carried_out(view, &state->asked[i]))
			err = close_request(view, state, i);
	}
	if (err == HF_OK)
		state->ds_pending = false;
	return err;
}

/* ---- trust anchors ---- */

static enum hf_err record_anchors(const struct hf_view *view, hf_keys anchors)
{
	uint32_t content;
	if (anchors == 0)
		return hf_evidence_observe(
		        view->evidence, view->anchors, 1u << HF_KIND_DS, NULL, 0, view->now);
	enum hf_err err = hf_view_ds_content(view, anchors, &content);
	if (err != HF_OK)
		return err;
	const struct hf_served served = {.content = content, .ttl = 0};
	return hf_evidence_observe(
	        view->evidence, view->anchors, 1u << HF_KIND_DS, &served, 1, view->now);
}

static hf_keys standby_keys(const struct hf_roll_state *state)
{
	hf_keys keys = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if ((state->keys[i].flags & HF_RK_STANDBY) != 0)
			keys |= (hf_keys)1 << i;
	}
	return keys;
}

enum hf_err hf_course_settle(const struct hf_view *view, struct hf_roll_state *state)
{
	hf_keys anchors = state->rest.sign_keys & ~standby_keys(state);
	if (!view->policy->rfc5011 || state->rest.anchors != 0 || anchors == 0 ||
	        state->roll.start.kind != HF_ROLL_NONE)
		return HF_OK;
	enum hf_err err = record_anchors(view, anchors);
	if (err == HF_OK)
		state->rest.anchors = anchors;
	return err;
}

/* ---- waypoints ---- */

enum hf_err hf_course_take(const struct hf_view *view, struct hf_roll_state *state, unsigned index)
{
	struct hf_roll *roll = &state->roll;
	const struct hf_waypoint *from = &roll->waypoints[roll->index];
	const struct hf_waypoint *to = &roll->waypoints[index];
	/* Going back takes no anchor out of anybody's memory. */
	if (from->anchors != to->anchors && !roll->back) {
		enum hf_err err = record_anchors(view, to->anchors);
		if (err != HF_OK)
			return err;
	}
	if (!hf_waypoint_same_zone(from, to))
		state->last_change = view->now;
	if (from->ds != to->ds)
		ask(state, to->ds, view->now);
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		struct hf_roll_key *key = &state->keys[i];
		if (((to->sign_keys | to->sign_data) >> i & 1) != 0 &&
		        key->first_use == HF_TIME_NONE)
			key->first_use = view->now;
	}
	roll->index = index;
	roll->taken = view->now;
	roll->reached = HF_TIME_NONE;
	roll->safe = HF_TIME_NONE;
	roll->skip = false;
	return HF_OK;
}

void hf_course_clear(struct hf_roll *roll)
{
	*roll = (struct hf_roll){.started = HF_TIME_NONE,
	        .taken = HF_TIME_NONE,
	        .reached = HF_TIME_NONE,
	        .safe = HF_TIME_NONE,
	        .forced = HF_TIME_NONE};
}

/* Keys that are no longer anywhere can go, once caches have let go of them. */
static void retire(struct hf_roll_state *state, hf_keys keys, hf_time now)
{
	const struct hf_waypoint *rest = &state->rest;
	keys &= ~(rest->published | rest->ds);
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if ((keys >> i & 1) == 0)
			continue;
		state->keys[i].removed = now;
		state->keys[i].flags &= ~(unsigned)HF_RK_STANDBY;
	}
}

void hf_course_end(struct hf_roll_state *state, hf_time now)
{
	struct hf_roll roll = state->roll;
	state->rest = roll.waypoints[roll.index];
	state->rest.name[0] = '\0';
	state->rest.hold = 0;
	state->rest.needs = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS && !roll.back; i++) {
		unsigned *flags = &state->keys[i].flags;
		if ((roll.new >> i & 1) != 0)
			*flags = roll.start.kind == HF_ROLL_STANDBY
			                 ? *flags | HF_RK_STANDBY
			                 : *flags & ~(unsigned)HF_RK_STANDBY;
	}
	retire(state, roll.old | roll.new, now);
	if (roll.back)
		state->given_up++;
	else
		state->done++;
	hf_course_clear(&state->roll);
}
