/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signer: the engine's steps and acts, and the people around it. */
#include <stdio.h>
#include <string.h>

#include "sim/theatre_inside.h"

#define ROUNDS 12 /* steps of the engine in one run, as the daemon's */
#define HOUR   INT64_C(3600)
#define LEAP   (12 * HOUR) /* so late a run means that the clock leapt */
#define LONG   (72 * HOUR) /* a DS set that does not come is asked for again */
#define FACTS  60          /* in the evidence, before old ones are dropped */

/* ---- the clock, as the daemon's lines judge it ---- */

bool hf_theatre_doubts(const struct hf_theatre *theatre)
{
	hf_time clock = hf_theatre_clock(theatre), leap = theatre->leap;
	bool late = theatre->line_wake != HF_TIME_NONE && clock > theatre->line_wake + LEAP;
	/* What is seen while the clock is behind was seen later than it says. */
	if (clock < theatre->mind.state.last_step)
		return true;
	if (leap == HF_TIME_NONE)
		return late;
	return clock < leap && clock >= leap - HOUR;
}

static bool doubt(struct hf_theatre *theatre)
{
	hf_time clock = hf_theatre_clock(theatre), *leap = &theatre->leap;
	bool late = theatre->line_wake != HF_TIME_NONE && clock > theatre->line_wake + LEAP;
	bool over = *leap != HF_TIME_NONE && (clock >= *leap || clock < *leap - HOUR);
	if (*leap == HF_TIME_NONE && late)
		*leap = clock + HOUR;
	else if (over)
		*leap = HF_TIME_NONE;
	if (over && clock >= theatre->line_wake)
		theatre->line_wake = clock;
	return *leap != HF_TIME_NONE;
}

/* ---- people ---- */

/* A person is asked for something, once. */
static enum hf_err ask_person(struct hf_theatre *theatre, enum hf_theatre_task task, int64_t delay)
{
	if (theatre->waits_for[task] || theatre->world.person < 0)
		return HF_OK;
	theatre->waits_for[task] = true;
	return hf_theatre_foresee(
	        theatre, theatre->now + delay, HF_THEATRE_PERSON, 0, (uint64_t)task);
}

static enum hf_err tell_engine(struct hf_theatre *theatre, const struct hf_roll_event *event)
{
	struct hf_diag diag;
	hf_diag_init(&diag, 1);
	enum hf_err err = hf_roll_event(&theatre->policy, &theatre->mind.state,
	        theatre->mind.evidence, event, hf_theatre_clock(theatre), &diag);
	theatre->engine_refused = err == HF_ERR_REFUSED;
	if (theatre->engine_refused)
		err = hf_theatre_tell(theatre, HF_MOMENT_REFUSED, "%s",
		        diag.count > 0 ? diag.entries[0].text : hf_err_text(err));
	hf_diag_done(&diag);
	theatre->run_soon = true;
	return err;
}

static enum hf_err help(struct hf_theatre *theatre)
{
	if (!theatre->stepped || theatre->outcome.wait != HF_WAIT_HELP)
		return HF_OK;
	if (theatre->mind.state.asked_count == HF_ROLL_ASKED) {
		hf_theatre_withdraw(theatre);
		theatre->asked[0] = '\0';
		return tell_engine(theatre, &(struct hf_roll_event){.kind = HF_EVENT_DS_WITHDRAWN});
	}
	return tell_engine(theatre, &(struct hf_roll_event){.kind = HF_EVENT_ABORT});
}

static enum hf_err ask_again(struct hf_theatre *theatre)
{
	if (!theatre->stepped || !theatre->mind.state.ds_pending || theatre->request_count > 0)
		return HF_OK;
	theatre->run_soon = true;
	return hf_theatre_ask(theatre, theatre->outcome.wanted.waypoint.ds);
}

enum hf_err hf_theatre_task(struct hf_theatre *theatre, enum hf_theatre_task task)
{
	const struct hf_roll *roll = &theatre->mind.state.roll;
	if (theatre->down > 0)
		return hf_theatre_foresee(
		        theatre, theatre->now + HOUR, HF_THEATRE_PERSON, 0, (uint64_t)task);
	theatre->waits_for[task] = false;
	if (task == HF_TASK_HELP)
		return help(theatre);
	if (task == HF_TASK_ASK_AGAIN)
		return ask_again(theatre);
	if (roll->start.kind == HF_ROLL_NONE || roll->back)
		return HF_OK;
	return tell_engine(theatre, &(struct hf_roll_event){.kind = HF_EVENT_APPROVE});
}

/* ---- changes ---- */

/* The key of an emergency: by its tag, or the one of the role that is in use. */
static bool find_compromised(struct hf_theatre *theatre, const struct hf_theatre_change *change,
        struct hf_roll_start *start)
{
	const struct hf_roll_state *state = &theatre->mind.state;
	const struct hf_waypoint *rest = &state->rest;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &state->keys[i];
		bool used = ((rest->sign_keys | rest->sign_data) >> i & 1) != 0 &&
		            key->role == start->role;
		if (key->dnskey == NULL ||
		        !(change->in_use ? used : key->tag == change->wish.compromised_tag))
			continue;
		start->compromised = (hf_keys)1 << i;
		start->role = key->role;
		return true;
	}
	return false;
}

/* The policy follows what was asked for, as an operator's does. */
static void follow_wish(struct hf_policy *policy, const struct hf_wish *wish)
{
	if (wish->has_model)
		policy->model = wish->model;
	for (unsigned i = 0; wish->start.kind == HF_ROLL_ALGORITHM && i < 3; i++) {
		if (wish->start.algorithm != 0 &&
		        policy->roles[i].algorithm != wish->start.algorithm) {
			policy->roles[i].algorithm = wish->start.algorithm;
			policy->roles[i].bits = 0;
		}
	}
	if (wish->start.kind == HF_ROLL_DENIAL) {
		policy->denial.kind = wish->start.denial.kind;
		policy->denial.opt_out = wish->start.denial.opt_out;
	}
}

enum hf_err hf_theatre_change(struct hf_theatre *theatre, const struct hf_theatre_change *change)
{
	struct hf_roll_event event = {.kind = HF_EVENT_START, .start = change->wish.start};
	bool emergency = change->in_use || change->wish.emergency;
	if (emergency && !find_compromised(theatre, change, &event.start))
		return hf_theatre_tell(theatre, HF_MOMENT_REFUSED,
		        "no key in use is the one that is said to be compromised");
	struct hf_policy before = theatre->policy;
	follow_wish(&theatre->policy, &change->wish);
	enum hf_err err = tell_engine(theatre, &event);
	if (theatre->engine_refused)
		theatre->policy = before;
	return err;
}

/* ---- acts ---- */

static enum hf_err generate(struct hf_theatre *theatre, const struct hf_act *act, bool *again)
{
	struct hf_roll_event event = {.kind = HF_EVENT_KEY_MADE, .role = act->role};
	if (theatre->hsm_down > 0)
		return HF_OK;
	enum hf_err err =
	        hf_theatre_key_make(theatre, act->role, act->algorithm, act->bits, &event.dnskey);
	*again = true;
	return err == HF_OK ? tell_engine(theatre, &event) : err;
}

static enum hf_err challenge(struct hf_theatre *theatre, const struct hf_act *act, bool *again)
{
	const struct hf_roll_event event = {
	        .kind = HF_EVENT_CHALLENGE, .key = act->key, .good = theatre->hsm_lies == 0};
	if (theatre->hsm_down > 0)
		return HF_OK;
	*again = true;
	return tell_engine(theatre, &event);
}

static enum hf_err discard(struct hf_theatre *theatre, const struct hf_act *act, bool *again)
{
	const struct hf_roll_event event = {.kind = HF_EVENT_KEY_GONE, .key = act->key};
	/* What a backup does not know of may still need the key. */
	if (theatre->mind.held)
		return HF_OK;
	*again = true;
	return tell_engine(theatre, &event);
}

static enum hf_err ask(struct hf_theatre *theatre, const struct hf_act *act)
{
	if (strcmp(theatre->asked, act->text) == 0)
		return HF_OK;
	snprintf(theatre->asked, sizeof(theatre->asked), "%s", act->text);
	return hf_theatre_ask(theatre, theatre->outcome.wanted.waypoint.ds);
}

static enum hf_err observe(struct hf_theatre *theatre, const char *name)
{
	const struct hf_places *servers = &theatre->policy.parent.servers;
	for (unsigned i = 0; i < servers->count; i++) {
		const struct hf_theatre_delegation *here = &theatre->delegations[i];
		bool fresh = here->looked > theatre->requested && here->looked >= here->changed;
		if (strcmp(servers->names[i], name) == 0)
			return hf_theatre_plan_look(
			        theatre, i, fresh ? here->looked + 24 * HOUR : theatre->now);
	}
	return HF_OK;
}

static enum hf_err carry_out(struct hf_theatre *theatre, const struct hf_act *act, bool *again)
{
	switch (act->kind) {
	case HF_ACT_GENERATE:
		return generate(theatre, act, again);
	case HF_ACT_CHALLENGE:
		return challenge(theatre, act, again);
	case HF_ACT_DISCARD:
		return discard(theatre, act, again);
	case HF_ACT_ASK_DS:
		return ask(theatre, act);
	case HF_ACT_OBSERVE:
		return observe(theatre, act->text);
	case HF_ACT_APPROVE:
		return ask_person(theatre, HF_TASK_APPROVE, theatre->world.person);
	case HF_ACT_ALARM:
		return hf_theatre_alarm(theatre, act->text);
	default:
		return HF_OK;
	}
}

/* ---- a step ---- */

static enum hf_err ask_people(struct hf_theatre *theatre)
{
	bool waits = theatre->outcome.wait == HF_WAIT_PARENT && theatre->request_count == 0 &&
	             theatre->mind.state.ds_pending;
	if (theatre->outcome.wait == HF_WAIT_HELP)
		return ask_person(theatre, HF_TASK_HELP, 24 * HOUR + theatre->world.person);
	return waits ? ask_person(theatre, HF_TASK_ASK_AGAIN, LONG + theatre->world.person) : HF_OK;
}

static enum hf_err step(struct hf_theatre *theatre, bool *ret_again)
{
	bool again = false;
	enum hf_err err = hf_roll_step(&theatre->policy, &theatre->mind.state,
	        theatre->mind.evidence, hf_theatre_clock(theatre), &theatre->outcome);
	if (err != HF_OK)
		return err;
	theatre->stepped = true;
	err = hf_theatre_note(theatre);
	for (size_t i = 0; i < theatre->outcome.count && err == HF_OK; i++)
		err = carry_out(theatre, &theatre->outcome.acts[i], &again);
	if (err == HF_OK)
		err = ask_people(theatre);
	if (!theatre->mind.state.ds_pending)
		theatre->asked[0] = '\0';
	*ret_again = again || theatre->outcome.stepped || theatre->outcome.ended;
	return err;
}

/* ---- runs ---- */

static bool clock_is_doubtful(const struct hf_theatre *theatre)
{
	return hf_theatre_clock(theatre) < theatre->versions[theatre->mind.versions - 1].at ||
	       (theatre->stepped && theatre->outcome.wait == HF_WAIT_CLOCK);
}

static void by(hf_time time, hf_time clock, hf_time *wake)
{
	if (time != HF_TIME_NONE && time > clock && time < *wake)
		*wake = time;
}

static enum hf_err plan_run(struct hf_theatre *theatre, bool doubts, bool later)
{
	const struct hf_theatre_version *newest = &theatre->versions[theatre->mind.versions - 1];
	hf_time clock = hf_theatre_clock(theatre), wake = clock + HF_THEATRE_LONGEST;
	if (theatre->stepped)
		by(theatre->outcome.wake, clock, &wake);
	by(hf_theatre_version_due(theatre, newest), clock, &wake);
	by(theatre->retry, clock, &wake);
	by(theatre->leap, clock, &wake);
	if (later)
		by(newest->at >= clock ? newest->at + 1 : clock + 1, clock, &wake);
	if (!doubts && !clock_is_doubtful(theatre))
		theatre->line_wake = wake;
	return hf_theatre_foresee(
	        theatre, wake - theatre->error, HF_THEATRE_RUN, 0, ++theatre->run_plan);
}

enum hf_err hf_theatre_signer_run(struct hf_theatre *theatre)
{
	bool again = true, published = false;
	enum hf_err err = HF_OK;
	theatre->run_soon = false;
	if (theatre->down > 0)
		return HF_OK;
	bool doubts = doubt(theatre);
	for (unsigned i = 0; i < ROUNDS && again && !doubts && err == HF_OK; i++) {
		again = false;
		if (theatre->job->cues == NULL && !theatre->mind.held)
			err = step(theatre, &again);
		if (err == HF_OK)
			err = hf_theatre_publish(theatre, &published);
		again |= published;
		if (theatre->down > 0)
			return err; /* it crashed */
	}
	theatre->run_soon = false;
	if (hf_evidence_fact_count(theatre->mind.evidence) > FACTS)
		hf_evidence_forget(
		        theatre->mind.evidence, hf_theatre_clock(theatre) - 7 * 24 * HOUR);
	return err == HF_OK ? plan_run(theatre, doubts, again) : err;
}

/* ---- a script ---- */

enum hf_err hf_theatre_cue(struct hf_theatre *theatre, const struct hf_theatre_cue *cue)
{
	hf_keys before = theatre->cue->way.ds;
	theatre->cue = cue;
	theatre->run_soon = true;
	enum hf_err err = hf_theatre_note_step(theatre, &cue->way);
	return err == HF_OK && cue->way.ds != before ? hf_theatre_ask(theatre, cue->way.ds) : err;
}
