/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "rollover/course.h"
#include "rollover/methods.h"
#include "rollover/report_wait.h"
#include "rollover/schedule.h"

#define HOUR INT64_C(3600)
#define DAY  INT64_C(86400)

/* One call of hf_roll_step. */
struct step {
	const struct hf_policy *policy;
	struct hf_roll_state *state;
	struct hf_evidence *evidence;
	hf_time now;
	struct hf_view view;
	struct hf_reach reach; /* of the waypoint that is wanted */
	struct hf_outcome *outcome;
};

static void wake_by(struct step *step, hf_time time)
{
	if (time > step->now && time < step->outcome->wake)
		step->outcome->wake = time;
}

/* ---- the clock ---- */

/* Whether evidence or an earlier step is from a time that is still to come. */
static bool clock_is_behind(struct step *step)
{
	hf_time latest = hf_reach_latest(step->evidence);
	char when[HF_WAIT_TIME];
	if (step->state->last_step > latest)
		latest = step->state->last_step;
	if (latest <= step->now)
		return false;
	hf_wait_say(step->outcome, HF_WAIT_CLOCK, latest,
	        "the clock is behind: something was seen at %s, and no step is taken before that "
	        "time comes; check the clock",
	        hf_wait_time(latest, when));
	wake_by(step, latest);
	return true;
}

/* A clock that leaps ahead of every wake-up may be wrong: an hour to notice it. */
static void note_leap(struct step *step)
{
	struct hf_roll_state *state = step->state;
	bool leapt = state->last_wake != HF_TIME_NEVER && state->last_wake < step->now - DAY &&
	             state->roll.start.kind != HF_ROLL_NONE;
	if (leapt && state->leap == HF_TIME_NONE)
		state->leap = step->now + HOUR;
	else if (state->leap != HF_TIME_NONE && state->leap <= step->now)
		state->leap = HF_TIME_NONE;
}

/* ---- the next waypoint ---- */

/* Asks for what people and machines have to say before the waypoint; whether all of it is there. */
static bool ready(struct step *step, const struct hf_waypoint *to, unsigned index,
        enum hf_wait *ret_lacks, unsigned *ret_key)
{
	const struct hf_roll *roll = &step->state->roll;
	bool tested = true, agreed = true;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		unsigned flags = step->state->keys[i].flags;
		if (((to->sign_keys | to->sign_data) >> i & 1) == 0 || (flags & HF_RK_TESTED) != 0)
			continue;
		*ret_key = i;
		tested = false;
		if ((flags & HF_RK_FAILED) == 0)
			hf_act_add(step->outcome, HF_ACT_CHALLENGE)->key = i;
	}
	if (!roll->back && (to->needs & step->policy->rollover.approvals) != 0 &&
	        roll->approved != index) {
		agreed = false;
		strncpy(hf_act_add(step->outcome, HF_ACT_APPROVE)->text, to->name, HF_ACT_TEXT - 1);
	}
	*ret_lacks = !tested ? HF_WAIT_CHALLENGE : HF_WAIT_APPROVAL;
	return tested && agreed;
}

static void say_lack(
        struct step *step, const struct hf_waypoint *to, enum hf_wait lacks, unsigned key)
{
	char name[32];
	if (lacks == HF_WAIT_APPROVAL) {
		hf_wait_say(step->outcome, HF_WAIT_APPROVAL, HF_TIME_NEVER,
		        "\"%s\" is safe and waits for somebody's approval, as the policy asks",
		        to->name);
		return;
	}
	hf_roll_key_text(step->state, key, name);
	if ((step->state->keys[key].flags & HF_RK_FAILED) != 0)
		hf_wait_say(step->outcome, HF_WAIT_HELP, HF_TIME_NEVER,
		        "%s failed its test: what it signs does not verify under its DNSKEY; abort "
		        "the change, and find out why",
		        name);
	else
		hf_wait_say(step->outcome, HF_WAIT_CHALLENGE, HF_TIME_NEVER,
		        "waiting for the test signature of %s before its first use", name);
}

/* The policy's margin for going from one waypoint to another; none in an emergency. */
static int64_t margin(const struct step *step, const struct hf_waypoint *to)
{
	const struct hf_policy_rollover *policy = &step->policy->rollover;
	const struct hf_waypoint *from = hf_course_wanted(step->state);
	int64_t zone = hf_waypoint_same_zone(from, to) ? 0 : policy->margin;
	int64_t parent = from->ds == to->ds ? 0 : policy->ds_margin;
	if (step->state->roll.start.compromised != 0)
		return 0;
	return zone > parent ? zone : parent;
}

/* Whether a hold-down is over; says so if not. Secondaries count: followers ask them too. */
static bool held_down(struct step *step, const struct hf_waypoint *to)
{
	struct hf_roll *roll = &step->state->roll;
	char when[HF_WAIT_TIME];
	uint32_t slowest;
	if (to->hold == 0 || roll->back)
		return false;
	hf_time since = hf_reach_settled(&step->view, hf_course_wanted(step->state), &slowest);
	if (since > step->now) {
		hf_wait_say(step->outcome, HF_WAIT_SECONDARY, since,
		        "waiting for the secondary %s to be seen with the DNSKEY set, before the "
		        "hold-down of \"%s\" can begin",
		        hf_evidence_place_name(step->evidence, slowest), to->name);
		wake_by(step, since);
		return true;
	}
	since = roll->reached > since ? roll->reached : since;
	if (step->now >= since + to->hold)
		return false;
	hf_wait_say(step->outcome, HF_WAIT_HOLD, since + to->hold,
	        "waiting until %s for \"%s\": those who hold the zone's keys as trust anchors need "
	        "that long to follow (RFC 5011)",
	        hf_wait_time(since + to->hold, when), to->name);
	wake_by(step, since + to->hold);
	return true;
}

/* Whether the gate and the margin let it pass; says why if not. */
static enum hf_err passes(struct step *step, const struct hf_waypoint *to, bool *ret_passes)
{
	struct hf_roll *roll = &step->state->roll;
	struct hf_view_offer offer;
	hf_time earliest;
	char when[HF_WAIT_TIME];
	*ret_passes = false;
	enum hf_err err = hf_view_offer(&step->view, hf_course_wanted(step->state), to, &offer);
	if (err != HF_OK)
		return err;
	err = hf_world_earliest(
	        step->evidence, &offer.offer, step->policy->rollover.rules, step->now, &earliest);
	if (err == HF_OK && earliest > step->now) {
		roll->safe = earliest == HF_TIME_NEVER ? HF_TIME_NONE : earliest;
		err = hf_wait_gate(&step->view, to, &offer.offer, earliest, step->outcome);
		wake_by(step, earliest);
	} else if (err == HF_OK) {
		if (roll->safe == HF_TIME_NONE || roll->safe > step->now)
			roll->safe = step->now;
		hf_time due = roll->safe + margin(step, to);
		*ret_passes = due <= step->now;
		if (!*ret_passes)
			hf_wait_say(step->outcome, HF_WAIT_MARGIN, due,
			        "waiting until %s for \"%s\": it is safe since %s, and the policy "
			        "adds a margin",
			        hf_wait_time(due, when), to->name,
			        hf_wait_time(roll->safe, (char[HF_WAIT_TIME]){0}));
		wake_by(step, due);
	}
	hf_view_offer_done(&offer);
	return err;
}

static bool leaping(struct step *step)
{
	hf_time leap = step->state->leap;
	char when[HF_WAIT_TIME];
	if (leap == HF_TIME_NONE || leap <= step->now)
		return false;
	hf_wait_say(step->outcome, HF_WAIT_CLOCK, leap,
	        "the clock leapt ahead by more than a day; steps wait until %s, so that a wrong "
	        "clock can be noticed",
	        hf_wait_time(leap, when));
	hf_alarm_add(step->outcome, "the clock leapt ahead by more than a day: check it");
	wake_by(step, leap);
	return true;
}

/* A request more than the list has room for could be forgotten. */
static bool asked_too_much(struct step *step, const struct hf_waypoint *to)
{
	const struct hf_roll_state *state = step->state;
	if (hf_course_wanted(state)->ds == to->ds || state->asked_count < HF_ROLL_ASKED)
		return false;
	hf_wait_say(step->outcome, HF_WAIT_HELP, HF_TIME_NEVER,
	        "the parent was asked for %u DS sets that were never seen there: make sure that "
	        "these requests are withdrawn, then say so",
	        state->asked_count);
	return true;
}

/* Secondaries are judged by when a version was published, so no two may share a second. */
static bool too_soon(struct step *step, const struct hf_waypoint *to)
{
	if (step->state->last_change != step->now ||
	        hf_waypoint_same_zone(hf_course_wanted(step->state), to))
		return false;
	hf_wait_say(step->outcome, HF_WAIT_MARGIN, step->now + 1,
	        "waiting a second for \"%s\", because a version was published in this one",
	        to->name);
	wake_by(step, step->now + 1);
	return true;
}

static enum hf_err consider(struct step *step, unsigned index)
{
	struct hf_roll *roll = &step->state->roll;
	const struct hf_waypoint *to = &roll->waypoints[index];
	enum hf_wait lacks;
	unsigned key = 0;
	bool pass, is_ready = ready(step, to, index, &lacks, &key);
	enum hf_err err = passes(step, to, &pass);
	if (err != HF_OK || !pass)
		return err;
	if (held_down(step, to) || leaping(step) || asked_too_much(step, to) || too_soon(step, to))
		return HF_OK;
	if (!is_ready) {
		say_lack(step, to, lacks, key);
		return HF_OK;
	}
	err = hf_course_take(&step->view, step->state, index);
	if (err != HF_OK)
		return err;
	step->outcome->stepped = true;
	hf_reach_judge(&step->view, to, &step->reach);
	hf_wait_reach(&step->view, to, &step->reach, step->outcome);
	return HF_OK;
}

/* ---- the change in progress ---- */

static void ask_for_keys(struct step *step)
{
	const struct hf_roll *roll = &step->state->roll;
	for (enum hf_role role = HF_ROLE_KSK; role <= HF_ROLE_CSK; role++) {
		if (roll->to_make[role] == 0)
			continue;
		const struct hf_policy_role *policy = &step->policy->roles[role];
		struct hf_act *act = hf_act_add(step->outcome, HF_ACT_GENERATE);
		act->role = role;
		act->algorithm = hf_course_algorithm(step->policy, step->state, &roll->start, role);
		act->bits = act->algorithm == policy->algorithm ? policy->bits : 0;
		hf_wait_say(step->outcome, HF_WAIT_KEYS, HF_TIME_NEVER,
		        "waiting for a new %s to be made", hf_role_name(role));
	}
}

static void end(struct step *step)
{
	hf_course_end(step->state, step->now);
	step->outcome->ended = true;
	step->outcome->wake = step->now;
	hf_wait_say(step->outcome, HF_WAIT_NOTHING, HF_TIME_NEVER,
	        "the change has ended; the zone is at rest");
}

static enum hf_err drive(struct step *step)
{
	struct hf_roll *roll = &step->state->roll;
	if (roll->count == 0) {
		hf_wait_say(step->outcome, HF_WAIT_HELP, HF_TIME_NEVER,
		        "the change would do nothing by now: abort it");
		ask_for_keys(step);
		return HF_OK;
	}
	bool reached = hf_reach_zone(&step->reach) && !step->state->ds_pending;
	if (!reached)
		roll->reached = HF_TIME_NONE;
	else if (roll->reached == HF_TIME_NONE)
		roll->reached = step->now;
	bool last = roll->index == (roll->back ? 0 : roll->count - 1);
	if (last && reached) {
		end(step);
		return HF_OK;
	}
	if (roll->paused) {
		hf_wait_say(step->outcome, HF_WAIT_PAUSE, HF_TIME_NEVER,
		        "the change is paused at \"%s\" until somebody resumes it",
		        roll->waypoints[roll->index].name);
		return HF_OK;
	}
	if (last || (!reached && !roll->skip)) {
		hf_wait_reach(
		        &step->view, &roll->waypoints[roll->index], &step->reach, step->outcome);
		return HF_OK;
	}
	return consider(step, roll->back ? roll->index - 1 : roll->index + 1);
}

/* ---- at rest ---- */

/* Begins what waits or is due; what cannot begin is told and, if it waited, dropped. */
static void begin_next(struct step *step)
{
	struct hf_roll_state *state = step->state;
	struct hf_roll_start start = state->queued;
	hf_time next = HF_TIME_NEVER;
	char when[HF_WAIT_TIME], title[HF_ROLL_TITLE];
	bool due = start.kind != HF_ROLL_NONE ||
	           hf_schedule_due(step->policy, state, step->now, &start, &next);
	state->queued = (struct hf_roll_start){.kind = HF_ROLL_NONE};
	if (due) {
		struct hf_diag diag;
		hf_diag_init(&diag, 1);
		if (hf_course_begin(step->policy, state, &start, step->now, &diag) != HF_OK)
			hf_alarm_add(step->outcome, "the %s cannot begin: %s",
			        hf_roll_title(&start, title),
			        diag.count > 0 ? diag.entries[0].text : "out of memory");
		hf_diag_done(&diag);
		wake_by(step, step->now + HOUR);
	}
	wake_by(step, next);
	if (next == HF_TIME_NEVER)
		hf_wait_say(step->outcome, HF_WAIT_NOTHING, HF_TIME_NEVER,
		        "nothing is being changed, and nothing is due by itself");
	else
		hf_wait_say(step->outcome, HF_WAIT_NOTHING, next,
		        "nothing is being changed; the next key is due at %s",
		        hf_wait_time(next, when));
}

/* ---- what is to be done in any case ---- */

static void ask_parent(struct step *step)
{
	const struct hf_places *servers = &step->policy->parent.servers;
	const struct hf_roll_state *state = step->state;
	if (state->ds_pending)
		hf_roll_keys_text(state, hf_course_wanted(state)->ds,
		        hf_act_add(step->outcome, HF_ACT_ASK_DS)->text, HF_ACT_TEXT);
	if (!state->ds_pending && state->asked_count == 0)
		return;
	for (size_t i = 0; i < servers->count; i++)
		strncpy(hf_act_add(step->outcome, HF_ACT_OBSERVE)->text, servers->names[i],
		        HF_ACT_TEXT - 1);
}

static void discard(struct step *step)
{
	hf_keys needed = hf_course_needed(step->state);
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &step->state->keys[i];
		if (key->dnskey == NULL || key->removed == HF_TIME_NONE || (needed >> i & 1) != 0)
			continue;
		if (!hf_reach_key_held(&step->view, i))
			hf_act_add(step->outcome, HF_ACT_DISCARD)->key = i;
		else
			wake_by(step, step->now + DAY);
	}
}

static void watch_signatures(struct step *step)
{
	hf_time expiry = hf_schedule_expiry(step->evidence);
	int64_t refresh = step->policy->signatures.refresh;
	int64_t alarm = step->policy->alarms.signature_end;
	char when[HF_WAIT_TIME];
	if (expiry == HF_TIME_NEVER)
		return;
	if (expiry - refresh <= step->now)
		hf_act_add(step->outcome, HF_ACT_REFRESH);
	if (expiry - alarm <= step->now)
		hf_alarm_add(step->outcome,
		        "a published signature expires at %s: sign the zone again",
		        hf_wait_time(expiry, when));
	wake_by(step, expiry - refresh);
	wake_by(step, expiry - alarm);
}

static void watch_keys(struct step *step)
{
	const struct hf_roll_state *state = step->state;
	const struct hf_waypoint *wanted = hf_course_wanted(state);
	char name[32], when[HF_WAIT_TIME];
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &state->keys[i];
		if (key->dnskey == NULL || (key->flags & HF_RK_STANDBY) != 0 ||
		        ((wanted->sign_keys | wanted->sign_data) >> i & 1) == 0)
			continue;
		hf_roll_key_text(state, i, name);
		if ((key->flags & HF_RK_COMPROMISED) != 0 && (state->roll.old >> i & 1) == 0)
			hf_alarm_add(step->outcome,
			        "%s is compromised and in use: replace it (emergency)", name);
		hf_time ends = hf_schedule_end(step->policy, state, i);
		if (ends == HF_TIME_NEVER || (state->roll.old >> i & 1) != 0)
			continue;
		if (ends - step->policy->alarms.key_end <= step->now)
			hf_alarm_add(step->outcome, "the lifetime of %s ends at %s", name,
			        hf_wait_time(ends, when));
		wake_by(step, ends - step->policy->alarms.key_end);
	}
}

/* A DS set that nobody asked for: robots, registrars and people make mistakes. */
static void watch_parent(struct step *step)
{
	char keys[128];
	if (step->state->ds_pending || !step->reach.missing_seen)
		return;
	hf_alarm_add(step->outcome, "%s was seen with another DS set than that of %s",
	        step->reach.missing,
	        hf_roll_keys_text(
	                step->state, hf_course_wanted(step->state)->ds, keys, sizeof(keys)));
}

static void want(struct step *step)
{
	const struct hf_roll_state *state = step->state;
	struct hf_wanted *wanted = &step->outcome->wanted;
	bool robots = step->policy->parent.cds && (state->ds_pending || state->asked_count > 0);
	wanted->waypoint = *hf_course_wanted(state);
	if (!robots || wanted->waypoint.sign_keys == 0)
		wanted->cds = HF_CDS_NONE;
	else
		wanted->cds = wanted->waypoint.ds == 0 ? HF_CDS_DELETE : HF_CDS_KEYS;
}

static enum hf_err run(struct step *step)
{
	struct hf_roll_state *state = step->state;
	if (state->roll.start.kind == HF_ROLL_NONE)
		begin_next(step);
	enum hf_err err = hf_view_init(step->policy, state, step->evidence, step->now, &step->view);
	if (err == HF_OK)
		err = hf_course_settle(&step->view, state);
	if (err != HF_OK)
		return err;
	hf_reach_judge(&step->view, hf_course_wanted(state), &step->reach);
	if (step->reach.ds && (state->ds_pending || state->asked_count > 0))
		err = hf_course_ds_reached(&step->view, state);
	if (err == HF_OK && state->roll.start.kind != HF_ROLL_NONE)
		err = drive(step);
	return err;
}

static void finish(struct step *step)
{
	struct hf_roll_state *state = step->state;
	want(step);
	/* No evidence shows CDS records, so a change of them is told when it comes. */
	if (!hf_reach_zone(&step->reach) || step->outcome->stepped ||
	        state->cds != step->outcome->wanted.cds)
		hf_act_add(step->outcome, HF_ACT_PUBLISH);
	state->cds = step->outcome->wanted.cds;
	ask_parent(step);
	discard(step);
	watch_signatures(step);
	watch_keys(step);
	watch_parent(step);
	/* While something changes, a look a day shows when the clock leaps. */
	if (state->roll.start.kind != HF_ROLL_NONE)
		wake_by(step, step->now + DAY);
	state->last_step = step->now;
	state->last_wake = step->outcome->wake;
}

enum hf_err hf_roll_step(const struct hf_policy *policy, struct hf_roll_state *state,
        struct hf_evidence *evidence, hf_time now, struct hf_outcome *ret_outcome)
{
	struct hf_outcome outcome = {.wake = HF_TIME_NEVER, .until = HF_TIME_NEVER};
	struct step step = {.policy = policy,
	        .state = state,
	        .evidence = evidence,
	        .now = now,
	        .outcome = &outcome};
	if (clock_is_behind(&step)) {
		want(&step);
	} else {
		note_leap(&step);
		enum hf_err err = run(&step);
		if (err != HF_OK)
			return err;
		finish(&step);
	}
	*ret_outcome = outcome;
	return HF_OK;
}
