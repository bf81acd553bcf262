/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/plan.h"

#include <stdlib.h>
#include <string.h>

#include "rollover/methods.h"
#include "rollover/plan_words.h"

#define TURNS 20000 /* calls of the engine in one run; a rollover takes some dozens */

/* One plan in the making. */
struct making {
	struct hf_plan_world world;
	struct hf_plan *plan;
	struct hf_diag *diag;
	struct hf_waypoint last;    /* the waypoint before the one that comes */
	struct hf_plan_wait *waits; /* since the step that was taken last */
	size_t wait_count;
	bool told_at_once;
};

static void waits_free(struct hf_plan_wait *waits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(waits[i].text);
	free(waits);
}

static void step_done(struct hf_plan_step *step)
{
	struct hf_plan_lines *const lines[] = {&step->does, &step->people, &step->checks,
	        &step->published, &step->sign_keys, &step->sign_data, &step->ds};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		hf_plan_lines_done(lines[i]);
	waits_free(step->waits, step->wait_count);
	free(step->title);
	free(step->back.refusal);
}

void hf_plan_free(struct hf_plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->count; i++)
		step_done(&plan->steps[i]);
	free(plan->steps);
	free(plan->title);
	hf_plan_lines_done(&plan->assumptions);
	hf_plan_lines_done(&plan->at_once);
	hf_plan_lines_done(&plan->after);
	free(plan);
}

/* ---- Sizes ---- */

static size_t sizes_of(
        const struct hf_plan_world *world, hf_keys keys, struct hf_key_size sizes[HF_ROLL_KEYS])
{
	size_t count = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &world->state.keys[i];
		if ((keys >> i & 1) != 0)
			sizes[count++] =
			        hf_key_size_of((struct hf_rdata){key->dnskey, key->dnskey_len});
	}
	return count;
}

/* The CDS and CDNSKEY records while the parent is being asked. */
static void shape_sync(const struct hf_plan_world *world, const struct hf_waypoint *way,
        struct hf_zone_shape *shape)
{
	if (way->ds == 0) { /* RFC 8078 section 4 */
		shape->sync_records = 2;
		shape->sync_rdata = 5 + 5;
		return;
	}
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if ((way->ds >> i & 1) == 0)
			continue;
		shape->sync_records++;
		shape->sync_rdata += world->state.keys[i].dnskey_len;
		for (uint8_t type = 1; type < 8; type++) {
			if ((world->policy.parent.digests >> type & 1) == 0)
				continue;
			shape->sync_records++;
			shape->sync_rdata += 4 + hf_digest_len(type);
		}
	}
}

static void measure(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *way, struct hf_zone_size *ret_size)
{
	struct hf_key_size published[HF_ROLL_KEYS], sign_keys[HF_ROLL_KEYS],
	        sign_data[HF_ROLL_KEYS];
	struct hf_zone_shape shape = {
	        .published = published,
	        .published_count = sizes_of(world, way->published, published),
	        .sign_keys = sign_keys,
	        .sign_keys_count = sizes_of(world, way->sign_keys, sign_keys),
	        .sign_data = sign_data,
	        .sign_data_count = sizes_of(world, way->sign_data, sign_data),
	        .denial = world->policy.denial,
	        .zonemd = world->policy.zonemd,
	};
	shape.denial.kind = way->denial.kind;
	shape.denial.opt_out = way->denial.opt_out;
	if (from->ds != way->ds && way->sign_keys != 0 && world->policy.parent.cds)
		shape_sync(world, way, &shape);
	hf_zone_size(world->job->profile, &shape, ret_size);
}

/* ---- Turning back ---- */

/* Runs a copy of the world until its change has ended; how many steps that took. */
static enum hf_err run_out(struct hf_plan_world *world, struct hf_diag *diag, unsigned *ret_steps)
{
	unsigned steps = 0;
	for (unsigned turn = 0; turn < TURNS; turn++) {
		struct hf_outcome outcome;
		bool changed = false;
		enum hf_err err = hf_roll_step(
		        &world->policy, &world->state, world->evidence, world->now, &outcome);
		if (err == HF_OK && outcome.ended) {
			*ret_steps = steps + outcome.stepped;
			return HF_OK;
		}
		steps += outcome.stepped;
		if (err == HF_OK)
			err = hf_plan_world_act(world, &outcome, diag, &changed);
		if (err == HF_OK && !changed)
			err = hf_plan_world_pass(world, &outcome);
		if (err != HF_OK)
			return err;
	}
	return HF_ERR_LIMIT;
}

/* What an abort right now would mean. */
static enum hf_err look_back(const struct hf_plan_world *world, struct hf_plan_back *back)
{
	struct hf_plan_world copy;
	struct hf_diag diag;
	const struct hf_roll_event abort = {.kind = HF_EVENT_ABORT};
	enum hf_err err = hf_plan_world_copy(world, &copy);
	if (err != HF_OK)
		return err;
	hf_diag_init(&diag, 1);
	err = hf_roll_event(&copy.policy, &copy.state, copy.evidence, &abort, copy.now, &diag);
	if (err == HF_OK)
		err = run_out(&copy, &diag, &back->steps);
	back->possible = err == HF_OK;
	back->seconds = copy.now - world->now;
	if (err == HF_ERR_REFUSED || err == HF_ERR_NOTFOUND) {
		back->refusal = hf_plan_world_text(world,
		        diag.count > 0 ? diag.entries[0].text : "the way back has no safe moment");
		err = back->refusal != NULL ? HF_OK : HF_ERR_NOMEM;
	}
	hf_diag_done(&diag);
	hf_plan_world_done(&copy);
	return err;
}

/* ---- Steps ---- */

/* What the engine waits for: one entry as long as the reason is the same, with its last words,
 * which know most. */
static enum hf_err note_wait(struct making *making, const struct hf_outcome *outcome)
{
	struct hf_plan_wait *last =
	        making->wait_count > 0 ? &making->waits[making->wait_count - 1] : NULL;
	hf_time now = making->world.now;
	char *text = hf_plan_world_text(&making->world, outcome->text);
	if (text == NULL)
		return HF_ERR_NOMEM;
	if (last != NULL && last->kind == outcome->wait) {
		free(last->text);
		last->text = text;
		last->until = now;
		return HF_OK;
	}
	struct hf_plan_wait *larger =
	        reallocarray(making->waits, making->wait_count + 1, sizeof(*larger));
	if (larger == NULL) {
		free(text);
		return HF_ERR_NOMEM;
	}
	making->waits = larger;
	if (making->wait_count > 0)
		larger[making->wait_count - 1].until = now;
	larger[making->wait_count++] = (struct hf_plan_wait){
	        .kind = outcome->wait, .from = now, .until = now, .text = text};
	return HF_OK;
}

/* Hands the waits so far to a step, without those that took no time. */
static void hand_over(struct making *making, struct hf_plan_step *step)
{
	size_t kept = 0;
	if (making->wait_count > 0)
		making->waits[making->wait_count - 1].until = making->world.now;
	for (size_t i = 0; i < making->wait_count; i++) {
		if (making->waits[i].until > making->waits[i].from)
			making->waits[kept++] = making->waits[i];
		else
			free(making->waits[i].text);
	}
	step->waits = making->waits;
	step->wait_count = kept;
	making->waits = NULL;
	making->wait_count = 0;
}

static enum hf_err add_step(struct making *making)
{
	struct hf_plan *plan = making->plan;
	const struct hf_roll *roll = &making->world.state.roll;
	const struct hf_waypoint *way = &roll->waypoints[roll->index];
	struct hf_plan_step *larger = reallocarray(plan->steps, plan->count + 1, sizeof(*larger));
	if (larger == NULL)
		return HF_ERR_NOMEM;
	plan->steps = larger;
	struct hf_plan_step *step = &larger[plan->count++];
	*step = (struct hf_plan_step){.at = making->world.now, .reached = HF_TIME_NONE};
	hand_over(making, step);
	step->title = hf_plan_world_text(&making->world, way->name);
	if (step->title == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = HF_OK;
	if (plan->count == 1)
		err = hf_plan_describe_keys(&making->world, &step->does);
	if (err == HF_OK)
		err = hf_plan_describe(&making->world, &making->last, way, step);
	measure(&making->world, &making->last, way, &step->size);
	making->last = *way;
	return err;
}

/* ---- The run ---- */

/* Before the first step of an emergency, as soon as its keys are there. */
static enum hf_err tell_at_once(struct making *making)
{
	struct hf_plan_world *world = &making->world;
	struct hf_at_once at_once;
	if (making->told_at_once || world->state.roll.count == 0 ||
	        world->state.roll.start.compromised == 0)
		return HF_OK;
	making->told_at_once = true;
	enum hf_err err = hf_roll_at_once(
	        &world->policy, &world->state, world->evidence, world->now, &at_once);
	if (err != HF_OK)
		return err;
	err = hf_plan_describe_at_once(world, &at_once, &making->plan->at_once);
	hf_gate_verdict_free(at_once.broken);
	return err;
}

/* One look of the engine. `*ret_ended`: the change is done. */
static enum hf_err turn(struct making *making, bool *ret_ended)
{
	struct hf_plan_world *world = &making->world;
	struct hf_plan *plan = making->plan;
	struct hf_outcome outcome;
	bool changed = false;
	enum hf_err err = tell_at_once(making);
	if (err == HF_OK)
		err = hf_roll_step(
		        &world->policy, &world->state, world->evidence, world->now, &outcome);
	if (err == HF_OK && outcome.stepped)
		err = add_step(making);
	if (err != HF_OK)
		return err;
	struct hf_plan_step *step = plan->count > 0 ? &plan->steps[plan->count - 1] : NULL;
	bool reached = outcome.ended || world->state.roll.reached != HF_TIME_NONE;
	if (step != NULL && step->reached == HF_TIME_NONE && reached)
		step->reached = world->now;
	*ret_ended = outcome.ended;
	if (outcome.ended)
		return HF_OK;
	err = note_wait(making, &outcome);
	if (err == HF_OK)
		err = hf_plan_world_act(world, &outcome, making->diag, &changed);
	if (err == HF_OK && outcome.stepped)
		err = look_back(world, &step->back);
	if (err != HF_OK || changed)
		return err;
	err = hf_plan_world_pass(world, &outcome);
	if (err == HF_ERR_NOTFOUND)
		return hf_fail(making->diag, HF_ERR_REFUSED,
		        "even in an ideal world the change would not end: %s",
		        making->waits[making->wait_count - 1].text);
	return err;
}

static enum hf_err run(struct making *making)
{
	bool ended = false;
	for (unsigned i = 0; i < TURNS && !ended; i++) {
		enum hf_err err = turn(making, &ended);
		if (err != HF_OK)
			return err;
	}
	if (!ended)
		return hf_fail(making->diag, HF_ERR_LIMIT,
		        "the change does not end within %d looks of the engine", TURNS);
	making->plan->end = making->world.now;
	return HF_OK;
}

/* ---- The whole ---- */

static enum hf_err start_change(struct making *making)
{
	struct hf_plan_world *world = &making->world;
	const struct hf_plan_job *job = world->job;
	struct hf_roll_event event = {.kind = HF_EVENT_START, .start = job->start};
	for (unsigned i = 0; job->emergency && i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &world->state.keys[i];
		if (key->dnskey != NULL && key->tag == job->compromised_tag) {
			event.start.compromised = (hf_keys)1 << i;
			event.start.role = key->role;
		}
	}
	if (job->emergency && event.start.compromised == 0)
		return hf_fail(making->diag, HF_ERR_NOTFOUND,
		        "no key of the zone has the tag %u; holdfast keys lists them",
		        job->compromised_tag);
	return hf_roll_event(
	        &world->policy, &world->state, world->evidence, &event, world->now, making->diag);
}

static enum hf_err make(struct making *making)
{
	struct hf_plan_world *world = &making->world;
	struct hf_plan *plan = making->plan;
	struct hf_waypoint start = world->shown;
	char title[HF_ROLL_TITLE];
	making->last = start;
	measure(world, &start, &start, &plan->size);
	enum hf_err err = hf_plan_describe_start(world, &plan->assumptions);
	if (err == HF_OK)
		err = start_change(making);
	if (err != HF_OK)
		return err;
	plan->title = strdup(hf_roll_title(&world->state.roll.start, title));
	if (plan->title == NULL)
		return HF_ERR_NOMEM;
	err = run(making);
	return err == HF_OK ? hf_plan_describe_end(world, &start, &making->last, &plan->after)
	                    : err;
}

enum hf_err hf_plan_make(
        const struct hf_plan_job *job, struct hf_diag *diag, struct hf_plan **ret_plan)
{
	struct making *making = calloc(1, sizeof(*making));
	struct hf_plan *plan = calloc(1, sizeof(*plan));
	enum hf_err err = making != NULL && plan != NULL ? HF_OK : HF_ERR_NOMEM;
	if (err == HF_OK)
		err = hf_plan_world_init(job, diag, &making->world);
	if (err == HF_OK) {
		plan->zone = *job->zone;
		plan->at = job->at;
		plan->rrsets = job->profile->rrsets;
		making->plan = plan;
		making->diag = diag;
		err = make(making);
		waits_free(making->waits, making->wait_count);
		hf_plan_world_done(&making->world);
	}
	free(making);
	if (err != HF_OK) {
		hf_plan_free(plan);
		return err;
	}
	*ret_plan = plan;
	return HF_OK;
}
