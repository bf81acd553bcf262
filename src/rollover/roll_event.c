/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "rollover/course.h"
#include "rollover/methods.h"
#include "rollover/reach.h"

/* What an event is judged by. */
struct scene {
	const struct hf_policy *policy;
	struct hf_roll_state *state;
	struct hf_evidence *evidence;
	const struct hf_roll_event *event;
	hf_time now;
	struct hf_diag *diag;
};

static enum hf_err need_change(const struct scene *scene)
{
	if (scene->state->roll.start.kind != HF_ROLL_NONE)
		return HF_OK;
	return hf_fail(scene->diag, HF_ERR_REFUSED, "nothing is being changed at the moment");
}

static enum hf_err need_key(const struct scene *scene)
{
	unsigned key = scene->event->key;
	if (key < HF_ROLL_KEYS && scene->state->keys[key].dnskey != NULL)
		return HF_OK;
	return hf_fail(scene->diag, HF_ERR_REFUSED, "the zone has no key number %u", key);
}

/* ---- changes ---- */

static enum hf_err on_start(const struct scene *scene)
{
	struct hf_roll_state *state = scene->state;
	const struct hf_roll_start *start = &scene->event->start;
	char title[HF_ROLL_TITLE];
	if (start->kind == HF_ROLL_NONE || start->kind >= HF_ROLL_KINDS)
		return hf_fail(scene->diag, HF_ERR_REFUSED, "there is nothing to change");
	if (state->roll.start.kind == HF_ROLL_NONE)
		return hf_course_begin(scene->policy, state, start, scene->now, scene->diag);
	hf_roll_title(&state->roll.start, title);
	if (scene->policy->rollover.second == HF_SECOND_REFUSED)
		return hf_fail(scene->diag, HF_ERR_REFUSED,
		        "one change at a time, and this one is in progress: %s; wait for its end "
		        "or abort "
		        "it",
		        title);
	/* An emergency goes before whatever else waits. */
	if (state->queued.kind != HF_ROLL_NONE && start->compromised == 0)
		return hf_fail(scene->diag, HF_ERR_REFUSED,
		        "a change is in progress (%s), and another one waits already; abort it or "
		        "wait",
		        title);
	state->queued = *start;
	return HF_OK;
}

static enum hf_err on_pause(const struct scene *scene)
{
	enum hf_err err = need_change(scene);
	if (err == HF_OK)
		scene->state->roll.paused = scene->event->kind == HF_EVENT_PAUSE;
	return err;
}

static enum hf_err on_approve(const struct scene *scene)
{
	struct hf_roll *roll = &scene->state->roll;
	enum hf_err err = need_change(scene);
	if (err != HF_OK)
		return err;
	if (roll->back || roll->index + 1 >= roll->count)
		return hf_fail(scene->diag, HF_ERR_REFUSED,
		        "no step that waits for an approval lies ahead");
	roll->approved = roll->index + 1;
	return HF_OK;
}

/* A person knows better than the gate, or takes the damage: that is written down. */
static enum hf_err on_force(const struct scene *scene)
{
	struct hf_roll_state *state = scene->state;
	struct hf_roll *roll = &state->roll;
	struct hf_view view;
	if (roll->start.compromised == 0 || roll->count == 0 || roll->back)
		return hf_fail(scene->diag, HF_ERR_REFUSED,
		        "only an emergency whose keys are all there can be forced");
	if (roll->index + 1 == roll->count)
		return hf_fail(scene->diag, HF_ERR_REFUSED, "the last waypoint is taken already");
	if (state->asked_count == HF_ROLL_ASKED)
		return hf_fail(scene->diag, HF_ERR_REFUSED,
		        "the parent was asked for %d DS sets that were never seen there; make sure "
		        "that these requests are withdrawn, and say so first",
		        HF_ROLL_ASKED);
	const struct hf_waypoint *last = &roll->waypoints[roll->count - 1];
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (((last->sign_keys | last->sign_data) >> i & 1) != 0 &&
		        (state->keys[i].flags & HF_RK_TESTED) == 0)
			return hf_fail(scene->diag, HF_ERR_REFUSED,
			        "%s %u has not signed its challenge yet; no haste is worth a key "
			        "that does not work",
			        hf_role_name(state->keys[i].role), state->keys[i].tag);
	}
	enum hf_err err = hf_view_init(scene->policy, state, scene->evidence, scene->now, &view);
	if (err == HF_OK)
		err = hf_course_take(&view, state, roll->count - 1);
	if (err != HF_OK)
		return err;
	roll->forced = scene->now;
	state->forced++;
	return HF_OK;
}

/* ---- the parent ---- */

static enum hf_err on_ds_seen(const struct scene *scene)
{
	struct hf_view view;
	uint32_t content;
	enum hf_err err =
	        hf_view_init(scene->policy, scene->state, scene->evidence, scene->now, &view);
	if (err == HF_OK)
		err = hf_view_ds_content(&view, hf_course_wanted(scene->state)->ds, &content);
	if (err != HF_OK)
		return err;
	const struct hf_served served = {
	        .content = content, .ttl = (uint32_t)scene->policy->parent.ds_ttl};
	err = hf_evidence_observe(
	        scene->evidence, view.oper, 1u << HF_KIND_DS, &served, 1, scene->now);
	if (err == HF_ERR_INVALID)
		return hf_fail(scene->diag, HF_ERR_REFUSED,
		        "the clock is behind what was told before; set it right first");
	return err;
}

static enum hf_err on_ds_withdrawn(const struct scene *scene)
{
	hf_course_ds_withdrawn(scene->state, scene->now);
	return HF_OK;
}

/* ---- keys ---- */

static enum hf_err on_challenge(const struct scene *scene)
{
	enum hf_err err = need_key(scene);
	if (err != HF_OK)
		return err;
	unsigned *flags = &scene->state->keys[scene->event->key].flags;
	*flags &= ~(unsigned)(HF_RK_TESTED | HF_RK_FAILED);
	*flags |= scene->event->good ? HF_RK_TESTED : HF_RK_FAILED;
	return HF_OK;
}

static enum hf_err on_key_gone(const struct scene *scene)
{
	enum hf_err err = need_key(scene);
	if (err != HF_OK)
		return err;
	unsigned number = scene->event->key;
	struct hf_roll_key *key = &scene->state->keys[number];
	if ((hf_course_needed(scene->state) >> number & 1) != 0)
		return hf_fail(scene->diag, HF_ERR_REFUSED, "%s %u is still needed",
		        hf_role_name(key->role), key->tag);
	free(key->dnskey);
	*key = (struct hf_roll_key){.dnskey = NULL};
	return HF_OK;
}

static enum hf_err on_compromised(const struct scene *scene)
{
	enum hf_err err = need_key(scene);
	if (err == HF_OK)
		scene->state->keys[scene->event->key].flags |= HF_RK_COMPROMISED;
	return err;
}

static enum hf_err on_denial(const struct scene *scene)
{
	scene->state->denial = scene->event->start.denial;
	return HF_OK;
}

static enum hf_err on_abort(const struct scene *scene)
{
	return hf_course_turn_back(scene->state, scene->now, scene->diag);
}

static enum hf_err on_key_made(const struct scene *scene)
{
	return hf_course_key_made(scene->policy, scene->state, scene->event->role,
	        scene->event->dnskey, scene->now, scene->diag);
}

enum hf_err hf_roll_event(const struct hf_policy *policy, struct hf_roll_state *state,
        struct hf_evidence *evidence, const struct hf_roll_event *event, hf_time now,
        struct hf_diag *diag)
{
	static enum hf_err (*const handlers[])(const struct scene *) = {
	        [HF_EVENT_START] = on_start,
	        [HF_EVENT_PAUSE] = on_pause,
	        [HF_EVENT_RESUME] = on_pause,
	        [HF_EVENT_ABORT] = on_abort,
	        [HF_EVENT_APPROVE] = on_approve,
	        [HF_EVENT_FORCE] = on_force,
	        [HF_EVENT_DS_SEEN] = on_ds_seen,
	        [HF_EVENT_DS_WITHDRAWN] = on_ds_withdrawn,
	        [HF_EVENT_KEY_MADE] = on_key_made,
	        [HF_EVENT_CHALLENGE] = on_challenge,
	        [HF_EVENT_KEY_GONE] = on_key_gone,
	        [HF_EVENT_DENIAL] = on_denial,
	        [HF_EVENT_COMPROMISED] = on_compromised,
	};
	const struct scene scene = {.policy = policy,
	        .state = state,
	        .evidence = evidence,
	        .event = event,
	        .now = now,
	        .diag = diag};
	if ((size_t)event->kind >= sizeof(handlers) / sizeof(handlers[0]))
		return hf_fail(diag, HF_ERR_REFUSED, "there is no such event");
	return handlers[event->kind](&scene);
}
