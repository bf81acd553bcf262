/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maze.h"
#include "rollover/view.h"

#define START INT64_C(1000000000)
#define TTL   ((uint32_t)MAZE_TICK)

static bool has(hf_keys keys, unsigned key)
{
	return (keys >> key & 1) != 0;
}

/* ---- what resolvers may hold ---- */

/* The place serves this from now on; what it served of the kind lives on for a TTL. */
static void serve(struct maze *maze, unsigned place, enum hf_kind kind, hf_keys members,
        hf_keys signing, bool alone)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < maze->truth_count; i++) {
		struct maze_truth truth = maze->truths[i];
		if (alone && truth.kind == kind && truth.place == place && truth.until == INT64_MAX)
			truth.until = maze->true_now + MAZE_TICK;
		if (truth.until > maze->true_now - (truth.kind == HF_KIND_DS ? MAZE_TICK : 0))
			maze->truths[kept++] = truth;
	}
	assert_true(kept < MAZE_TRUTHS);
	maze->truths[kept++] =
	        (struct maze_truth){kind, members, signing, maze->true_now, INT64_MAX, place};
	maze->truth_count = kept;
}

static bool algorithm_in(const struct maze *maze, hf_keys keys, uint8_t algorithm)
{
	for (unsigned i = 0; i < HF_ROLL_KEYS && keys != 0; i++) {
		if (has(keys, i) && maze->state.keys[i].algorithm == algorithm)
			return true;
	}
	return false;
}

/* RFC 4035 section 5, strictly: a path for each algorithm of the DS set … */
static bool proves(
        const struct maze *maze, const struct maze_truth *ds, const struct maze_truth *dnskey)
{
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (has(ds->members, i) &&
		        !algorithm_in(maze, ds->members & dnskey->members & dnskey->signing,
		                maze->state.keys[i].algorithm))
			return false;
	}
	return true;
}

/* … and of the DNSKEY set. */
static bool covers(const struct maze *maze, const struct maze_truth *ds,
        const struct maze_truth *dnskey, const struct maze_truth *data)
{
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		uint8_t algorithm = maze->state.keys[i].algorithm;
		if (has(ds->members | dnskey->members, i) &&
		        !algorithm_in(maze, dnskey->members & data->signing, algorithm))
			return false;
	}
	return true;
}

/* Whether the data is good for who has the others. Without the DS set only who proved the DNSKEY
 * set with it, and still has that, goes by it. */
static bool validates(const struct maze *maze, const struct maze_truth *ds,
        const struct maze_truth *dnskey, const struct maze_truth *data)
{
	bool gone = ds->until <= maze->true_now;
	if (ds->members == 0 || (gone && dnskey->since >= ds->until))
		return true;
	return proves(maze, ds, dnskey) ? covers(maze, ds, dnskey, data) : gone;
}

static void check_truth(const struct maze *maze)
{
	const struct maze_truth *of[HF_KINDS][MAZE_TRUTHS];
	unsigned count[HF_KINDS] = {0};
	for (unsigned i = 0; i < maze->truth_count; i++) {
		const struct maze_truth *truth = &maze->truths[i];
		if (truth->until > maze->true_now - (truth->kind == HF_KIND_DS ? MAZE_TICK : 0))
			of[truth->kind][count[truth->kind]++] = truth;
	}
	for (unsigned i = 0; i < count[HF_KIND_DS]; i++) {
		for (unsigned j = 0; j < count[HF_KIND_DNSKEY]; j++) {
			for (unsigned k = 0; k < count[HF_KIND_SIGNERS]; k++) {
				if (validates(maze, of[HF_KIND_DS][i], of[HF_KIND_DNSKEY][j],
				            of[HF_KIND_SIGNERS][k]))
					continue;
				fail_msg("DS %llx, DNSKEY %llx signed by %llx, data by %llx: %s "
				         "(%s)",
				        (unsigned long long)of[HF_KIND_DS][i]->members,
				        (unsigned long long)of[HF_KIND_DNSKEY][j]->members,
				        (unsigned long long)of[HF_KIND_DNSKEY][j]->signing,
				        (unsigned long long)of[HF_KIND_SIGNERS][k]->signing,
				        maze->outcome.text, maze->path);
			}
		}
	}
}

/* ---- what is told to the engine ---- */

static void view_of(struct maze *maze, struct hf_view *view)
{
	assert_int_equal(
	        hf_view_init(&maze->policy, &maze->state, maze->evidence, maze->clock, view),
	        HF_OK);
}

static void record_zone(struct maze *maze)
{
	struct hf_view view;
	struct hf_served served[3] = {{.ttl = TTL}, {.ttl = TTL}, {.ttl = TTL}};
	unsigned kinds = 1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS;
	view_of(maze, &view);
	assert_int_equal(hf_view_dnskey_content(&view, &maze->shown, &served[0].content), HF_OK);
	assert_int_equal(
	        hf_view_signers_content(&view, maze->shown.sign_data, &served[1].content), HF_OK);
	assert_int_equal(
	        hf_view_signers_content(&view, maze->old_signers, &served[2].content), HF_OK);
	assert_int_equal(hf_evidence_observe(maze->evidence, HF_PUBLISHED, kinds, served,
	                         maze->signing ? 3 : 2, maze->clock),
	        HF_OK);
}

/* What a place of the zone serves: the signer (0) or its secondary (1). */
static void serve_zone(struct maze *maze, unsigned place)
{
	serve(maze, place, HF_KIND_DNSKEY, maze->shown.published, maze->shown.sign_keys, true);
	serve(maze, place, HF_KIND_SIGNERS, 0, maze->shown.sign_data, true);
	if (maze->signing)
		serve(maze, place, HF_KIND_SIGNERS, 0, maze->old_signers, false);
}

static void follow(struct maze *maze)
{
	serve_zone(maze, 1);
	assert_int_equal(
	        hf_evidence_sighting(maze->evidence, maze->secondary, maze->clock, maze->version),
	        HF_OK);
	maze->secondary_behind = false;
}

static void publish(struct maze *maze)
{
	record_zone(maze);
	serve_zone(maze, 0);
	maze->version = maze->clock;
	maze->secondary_behind = true;
	if (!maze->budget.sticks)
		follow(maze);
}

static void show(struct maze *maze, const struct hf_waypoint *waypoint)
{
	if (hf_waypoint_same_zone(&maze->shown, waypoint))
		return;
	maze->old_signers = maze->shown.sign_data;
	maze->signing = maze->budget.gradual && waypoint->gradual &&
	                maze->shown.sign_data != waypoint->sign_data;
	maze->shown = *waypoint;
	publish(maze);
}

static void look(struct maze *maze, unsigned server)
{
	struct hf_view view;
	struct hf_served served = {.ttl = TTL};
	view_of(maze, &view);
	assert_int_equal(hf_view_ds_content(&view, maze->shows[server], &served.content), HF_OK);
	assert_int_equal(hf_evidence_observe(maze->evidence, maze->servers[server],
	                         1u << HF_KIND_DS, &served, 1, maze->clock),
	        HF_OK);
	maze->seen[server] = maze->shows[server];
	maze->looked[server] = maze->clock;
}

static void transfer(struct maze *maze, unsigned server)
{
	maze->shows[server] = maze->registry;
	serve(maze, 2 + server, HF_KIND_DS, maze->registry, 0, true);
}

static void ask(struct maze *maze, hf_keys ds)
{
	hf_keys last = maze->queue_count > 0 ? maze->queue[maze->queue_count - 1] : maze->registry;
	if (last == ds)
		return;
	assert_true(maze->queue_count < MAZE_QUEUE);
	maze->queue[maze->queue_count++] = ds;
}

/* ---- the engine ---- */

static enum hf_err tell(struct maze *maze, const struct hf_roll_event *event)
{
	return hf_roll_event(&maze->policy, &maze->state, maze->evidence, event, maze->clock, NULL);
}

static size_t make_key(struct maze *maze, enum hf_role role, uint8_t algorithm, uint8_t bytes[68])
{
	unsigned number = ++maze->keys_made;
	hf_write_u16(bytes, role == HF_ROLE_ZSK ? 0x0100 : 0x0101);
	bytes[2] = HF_DNSKEY_PROTOCOL;
	bytes[3] = algorithm;
	for (unsigned i = 0; i < 64; i++)
		bytes[4 + i] = (uint8_t)(number * (i + 3) + i * i);
	return 68;
}

static bool carry_out(struct maze *maze, const struct hf_act *act)
{
	uint8_t bytes[68];
	struct hf_roll_event event = {.key = act->key, .good = true};
	switch (act->kind) {
	case HF_ACT_GENERATE:
		event.kind = HF_EVENT_KEY_MADE;
		event.role = act->role;
		event.dnskey = (struct hf_rdata){
		        bytes, (uint16_t)make_key(maze, act->role, act->algorithm, bytes)};
		assert_int_equal(tell(maze, &event), HF_OK);
		return true;
	case HF_ACT_CHALLENGE:
		event.kind = HF_EVENT_CHALLENGE;
		assert_int_equal(tell(maze, &event), HF_OK);
		return true;
	case HF_ACT_PUBLISH:
		show(maze, &maze->outcome.wanted.waypoint);
		return false;
	case HF_ACT_ASK_DS:
		ask(maze, maze->outcome.wanted.waypoint.ds);
		return false;
	default:
		return false;
	}
}

static void settle(struct maze *maze)
{
	bool again = true;
	for (unsigned rounds = 0; again; rounds++) {
		assert_true(rounds < 20);
		assert_int_equal(hf_roll_step(&maze->policy, &maze->state, maze->evidence,
		                         maze->clock, &maze->outcome),
		        HF_OK);
		again = maze->outcome.stepped || maze->outcome.ended;
		for (size_t i = 0; i < maze->outcome.count; i++)
			again |= carry_out(maze, &maze->outcome.acts[i]);
		maze_check(maze);
	}
}

/* ---- events ---- */

static bool in_progress(const struct maze *maze)
{
	return maze->state.roll.start.kind != HF_ROLL_NONE;
}

/* Whether the engine would take a record of now. */
static bool clock_is_good(const struct maze *maze)
{
	return maze->outcome.wait != HF_WAIT_CLOCK || maze->outcome.until <= maze->clock ||
	       maze->state.leap != HF_TIME_NONE;
}

/* People can take back what the registry has not begun, once it has nothing else in hand. */
static bool can_withdraw(const struct maze *maze)
{
	hf_keys wanted = maze->outcome.wanted.waypoint.ds;
	bool waits = false;
	for (unsigned i = 0; i < maze->state.asked_count; i++)
		waits |= maze->state.asked[i].ds != wanted && !maze->state.asked[i].withdrawn;
	return waits && maze->registry == wanted;
}

/* Whether a look at a server that is still the same could tell anything. */
static bool looks_old(const struct maze *maze, unsigned server)
{
	hf_time looked = maze->looked[server];
	bool old = looked <= maze->state.ds_fresh;
	for (size_t i = 0; i < hf_evidence_fact_count(maze->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(maze->evidence, i);
		old |= fact->last != HF_TIME_NEVER && looked <= fact->last &&
		       fact->place >= maze->servers[0];
	}
	return looked < maze->clock && old &&
	       (maze->state.asked_count > 0 || maze->state.ds_pending);
}

bool maze_possible(const struct maze *maze, enum maze_event event)
{
	const struct maze_budget *budget = &maze->budget;
	unsigned server = event == MAZE_TRANSFER_1 || event == MAZE_LOOK_1;
	switch (event) {
	case MAZE_TICKS:
		return true;
	case MAZE_REGISTRY:
		return maze->queue_count > 0 && (!budget->one_eyed || clock_is_good(maze));
	case MAZE_TRANSFER:
	case MAZE_TRANSFER_1:
		return !budget->one_eyed && maze->shows[server] != maze->registry;
	case MAZE_LOOK:
	case MAZE_LOOK_1:
		return clock_is_good(maze) &&
		       (maze->seen[server] != maze->shows[server] || looks_old(maze, server));
	case MAZE_SIGNED:
		return maze->signing && clock_is_good(maze) && maze->version < maze->clock;
	case MAZE_SECONDARY:
		return maze->secondary_behind && clock_is_good(maze);
	case MAZE_ABORT:
		return budget->aborts > 0 && in_progress(maze) && !maze->state.roll.back;
	case MAZE_PAUSE:
		return budget->pauses > 0 && in_progress(maze) && !maze->state.roll.paused;
	case MAZE_RESUME:
		return in_progress(maze) && maze->state.roll.paused;
	case MAZE_START:
		return budget->starts > 0;
	case MAZE_WITHDRAW:
		return clock_is_good(maze) && can_withdraw(maze);
	case MAZE_FORWARD:
		return budget->forwards > 0;
	default:
		return budget->backs > 0;
	}
}

static void registry(struct maze *maze)
{
	maze->registry = maze->queue[0];
	maze->queue_count--;
	memmove(maze->queue, maze->queue + 1, maze->queue_count * sizeof(*maze->queue));
	for (unsigned i = 0; maze->budget.one_eyed && i < MAZE_SERVERS; i++) {
		transfer(maze, i);
		look(maze, i);
	}
}

static void leap(struct maze *maze, int64_t seconds)
{
	maze->clock += seconds;
	maze->leapt |= seconds > 0;
}

static void person(struct maze *maze, enum hf_roll_event_kind kind)
{
	struct hf_roll_event event = {.kind = kind, .start = maze->second};
	enum hf_err err = tell(maze, &event);
	assert_true(err == HF_OK || err == HF_ERR_REFUSED);
}

void maze_happen(struct maze *maze, enum maze_event event)
{
	static const char letters[MAZE_EVENTS + 1] = ".Pt1l2GVApruwfb";
	size_t len = strlen(maze->path);
	if (len + 1 < MAZE_PATH)
		maze->path[len] = letters[event];
	switch (event) {
	case MAZE_TICKS:
		maze->true_now += MAZE_TICK;
		maze->clock += MAZE_TICK;
		break;
	case MAZE_REGISTRY:
		registry(maze);
		break;
	case MAZE_TRANSFER:
	case MAZE_TRANSFER_1:
		transfer(maze, event == MAZE_TRANSFER_1);
		break;
	case MAZE_LOOK:
	case MAZE_LOOK_1:
		look(maze, event == MAZE_LOOK_1);
		break;
	case MAZE_SIGNED:
		maze->signing = false;
		publish(maze);
		break;
	case MAZE_SECONDARY:
		follow(maze);
		break;
	case MAZE_ABORT:
		maze->budget.aborts--;
		person(maze, HF_EVENT_ABORT);
		break;
	case MAZE_PAUSE:
		maze->budget.pauses--;
		person(maze, HF_EVENT_PAUSE);
		break;
	case MAZE_RESUME:
		person(maze, HF_EVENT_RESUME);
		break;
	case MAZE_START:
		maze->budget.starts--;
		person(maze, HF_EVENT_START);
		break;
	case MAZE_WITHDRAW:
		maze->queue_count = 0;
		person(maze, HF_EVENT_DS_WITHDRAWN);
		break;
	case MAZE_FORWARD:
		maze->budget.forwards--;
		leap(maze, 3 * 86400);
		break;
	default:
		maze->budget.backs--;
		leap(maze, -3 * MAZE_TICK);
		break;
	}
	settle(maze);
}

/* ---- checks ---- */

/* Whether what is waited for can come about. */
static bool answerable(const struct maze *maze)
{
	bool parent = false;
	for (enum maze_event event = MAZE_REGISTRY; event <= MAZE_LOOK_1; event++)
		parent |= maze_possible(maze, event);
	switch (maze->outcome.wait) {
	case HF_WAIT_NOTHING:
		return !in_progress(maze);
	case HF_WAIT_ZONE:
		return maze->signing;
	case HF_WAIT_MARGIN:
		return maze->outcome.until == maze->clock + 1;
	case HF_WAIT_PARENT:
		/* A server can be looked at again in the next tick. */
		return parent || maze->looked[0] == maze->clock || maze->looked[1] == maze->clock;
	case HF_WAIT_CACHES:
	case HF_WAIT_CLOCK:
		return maze->outcome.until > maze->clock && maze->outcome.until < HF_TIME_NEVER;
	case HF_WAIT_SECONDARY:
		return maze->secondary_behind;
	case HF_WAIT_PAUSE:
		return maze->state.roll.paused;
	case HF_WAIT_HELP:
		return parent || can_withdraw(maze) || maze->queue_count > 0;
	default:
		return false;
	}
}

void maze_check(const struct maze *maze)
{
	struct hf_failures failures = {.list = NULL};
	assert_int_equal(hf_world_failures(maze->evidence, NULL, maze->policy.rollover.rules,
	                         maze->clock, &failures),
	        HF_OK);
	if (failures.count > 0 && maze->budget.backs == 0 && maze->outcome.wait == HF_WAIT_CLOCK)
		failures.count = 0;
	if (failures.count > 0)
		fail_msg("by the evidence a resolver fails: %s (%s)", maze->outcome.text,
		        maze->path);
	hf_failures_done(&failures);
	if (!maze->leapt)
		check_truth(maze);
	bool settled = !maze->outcome.stepped && !maze->outcome.ended &&
	               maze->outcome.wait != HF_WAIT_KEYS &&
	               maze->outcome.wait != HF_WAIT_CHALLENGE;
	if (settled && (maze->outcome.text[0] == '\0' || !answerable(maze)))
		fail_msg("stuck (%s): %s (%s)", hf_wait_name(maze->outcome.wait),
		        maze->outcome.text, maze->path);
}

/* ---- making, copying, telling apart ---- */

static void add_key(struct maze *maze, enum hf_role role, uint8_t algorithm, unsigned uses)
{
	uint8_t bytes[68];
	unsigned key;
	size_t len = make_key(maze, role, algorithm, bytes);
	assert_int_equal(hf_roll_adopt_key(&maze->state, role,
	                         (struct hf_rdata){bytes, (uint16_t)len}, uses, 0, NULL, &key),
	        HF_OK);
}

static void set_policy(struct maze *maze, const struct maze_plan *plan)
{
	struct hf_policy *policy = &maze->policy;
	hf_policy_init(policy);
	policy->model = plan->model;
	policy->rollover.margin = policy->rollover.ds_margin = 0;
	policy->rollover.approvals = 0;
	policy->rollover.second = HF_SECOND_WAITS;
	policy->dnskey_ttl = TTL;
	policy->parent.ds_ttl = TTL;
	policy->signatures.replacement =
	        plan->budget.gradual ? HF_REPLACE_GRADUAL : HF_REPLACE_AT_ONCE;
	for (unsigned i = 0; i < 3; i++)
		policy->roles[i].lifetime = 0;
	policy->parent.servers.count = MAZE_SERVERS;
	strcpy(policy->parent.servers.names[0], "192.0.2.1");
	strcpy(policy->parent.servers.names[1], "192.0.2.2");
}

static void set_keys(struct maze *maze, const struct maze_plan *plan)
{
	const unsigned in_use = HF_USE_PUBLISHED | HF_USE_SIGNS;
	if (plan->is_signed && plan->keys == HF_MODEL_CSK) {
		add_key(maze, HF_ROLE_CSK, plan->algorithm, in_use | HF_USE_DS);
	} else if (plan->is_signed) {
		add_key(maze, HF_ROLE_KSK, plan->algorithm, in_use | HF_USE_DS);
		add_key(maze, HF_ROLE_ZSK, plan->algorithm, in_use);
	}
}

struct maze *maze_new(const struct maze_plan *plan)
{
	struct hf_name zone;
	struct maze *maze = calloc(1, sizeof(*maze));
	assert_non_null(maze);
	maze->budget = plan->budget;
	maze->second = (struct hf_roll_start){.kind = HF_ROLL_KEYS_OF_ROLE,
	        .role = plan->model == HF_MODEL_CSK ? HF_ROLE_CSK : HF_ROLE_ZSK};
	maze->true_now = maze->clock = START;
	set_policy(maze, plan);
	assert_int_equal(hf_name_from_text("example.", &zone), HF_OK);
	hf_roll_state_init(&maze->state, &zone, 1);
	assert_int_equal(hf_evidence_new(&zone, &maze->evidence), HF_OK);
	assert_int_equal(hf_evidence_place(maze->evidence, "192.0.2.53", &maze->secondary), HF_OK);
	assert_int_equal(hf_evidence_add_secondary(maze->evidence, maze->secondary), HF_OK);
	set_keys(maze, plan);
	maze->shown = maze->state.rest;
	publish(maze);
	if (maze->secondary_behind)
		follow(maze);
	maze->registry = maze->state.rest.ds;
	for (unsigned i = 0; i < MAZE_SERVERS; i++) {
		assert_int_equal(hf_evidence_place(maze->evidence,
		                         maze->policy.parent.servers.names[i], &maze->servers[i]),
		        HF_OK);
		transfer(maze, i);
		look(maze, i);
	}
	maze->true_now = maze->clock = START + 10 * MAZE_TICK;
	assert_int_equal(
	        tell(maze, &(struct hf_roll_event){.kind = HF_EVENT_START, .start = plan->start}),
	        HF_OK);
	settle(maze);
	return maze;
}

struct maze *maze_copy(const struct maze *maze)
{
	struct maze *copy = malloc(sizeof(*copy));
	assert_non_null(copy);
	*copy = *maze;
	assert_int_equal(hf_roll_state_copy(&maze->state, &copy->state), HF_OK);
	assert_int_equal(hf_evidence_copy(maze->evidence, &copy->evidence), HF_OK);
	return copy;
}

void maze_free(struct maze *maze)
{
	hf_roll_state_done(&maze->state);
	hf_evidence_free(maze->evidence);
	free(maze);
}
