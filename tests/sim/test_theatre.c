/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plays whose course can be told beforehand, and really signed zones beside one of them. */
#include "sim/theatre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../chain/answerer.h"
#include "../coherence/signedlab.h"
#include "../rollover/stage.h"
#include "chain/chain.h"
#include "yearlab.h"

#define HOUR INT64_C(3600)
#define DAY  YEAR_DAY
#define ROLL (YEAR_START + 5 * DAY) /* when a KSK rollover is asked for */

/* A plain zone of which nothing happens by itself, and a KSK rollover. */
struct set {
	struct year year;
	struct hf_theatre_change change;
};

static void set_up(struct set *set)
{
	struct hf_policy *policy = &set->year.policy;
	struct hf_theatre_job *job = &set->year.job;
	*set = (struct set){
	        .change = {.at = ROLL,
	                .wish.start = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK}}};
	set->year.profile = year_profile();
	assert_int_equal(hf_name_from_text("example.", &set->year.zone), HF_OK);
	hf_policy_init(policy);
	policy->roles[HF_ROLE_ZSK].lifetime = 0;
	policy->signatures.refresh = 6 * DAY;
	policy->rollover.approvals = 0;
	policy->rollover.margin = policy->rollover.ds_margin = 0;
	hf_theatre_world_init(policy, &set->year.profile, &set->year.world);
	*job = (struct hf_theatre_job){.title = "a rollover",
	        .zone = &set->year.zone,
	        .policy = policy,
	        .profile = &set->year.profile,
	        .world = &set->year.world,
	        .at = YEAR_START,
	        .until = YEAR_START + 60 * DAY,
	        .changes = &set->change,
	        .change_count = 1,
	        .seed = 5};
}

static struct hf_theatre_play *run(const struct hf_theatre_job *job)
{
	struct hf_theatre_play *play;
	struct hf_diag diag;
	hf_diag_init(&diag, 2);
	enum hf_err err = hf_theatre_run(job, &diag, &play);
	if (err != HF_OK)
		fail_msg("%s", diag.count > 0 ? diag.entries[0].text : hf_err_text(err));
	hf_diag_done(&diag);
	return play;
}

/* Nobody fails, and nothing is stuck. */
static void assert_sound(const struct hf_theatre_job *job, const struct hf_theatre_play *play)
{
	struct year_verdict verdict;
	assert_int_equal(year_judge_play(job, play, &verdict), HF_OK);
	if (year_fails(&verdict))
		fail_msg("%s", verdict.text);
}

static bool tells(const struct hf_theatre_play *play, enum hf_moment_kind kind, const char *words)
{
	for (size_t i = 0; i < play->story->count; i++) {
		const struct hf_moment *moment = &play->story->moments[i];
		if (moment->kind == kind && strstr(moment->text, words) != NULL)
			return true;
	}
	return false;
}

/* ---- one play ---- */

static const struct hf_story_series *series(const struct hf_theatre_play *play, const char *name)
{
	for (size_t i = 0; i < play->story->series_count; i++) {
		if (strcmp(play->story->series[i].name, name) == 0)
			return &play->story->series[i];
	}
	fail_msg("there is no series %s", name);
	return NULL;
}

static void a_rollover_is_told(void **state)
{
	struct set set;
	set_up(&set);
	struct hf_theatre_play *play = run(&set.year.job);
	assert_sound(&set.year.job, play);
	assert_int_equal(play->change_count, 1);
	assert_string_equal(play->changes[0].title, "KSK rollover");
	assert_int_equal(play->changes[0].asked, ROLL);
	assert_in_range(play->changes[0].ends, ROLL + DAY, ROLL + 10 * DAY);
	assert_false(play->changes[0].back);
	assert_int_equal(
	        play->step_count, 4); /* where it began, the key, its DS, the old one goes */
	assert_int_equal(play->key_count, 3);
	assert_true(tells(play, HF_MOMENT_PARENT, "the registry has: DS of KSK"));
	assert_true(tells(play, HF_MOMENT_STEP, "KSK rollover is done"));
	assert_true(tells(play, HF_MOMENT_WAITS, "caches may hold"));
	const struct hf_story_series *answer = series(play, "DNSKEY answer");
	double most = 0;
	for (size_t i = 0; i < answer->count; i++)
		most = answer->points[i].value > most ? answer->points[i].value : most;
	assert_true(most > answer->points[0].value);
	assert_true(answer->points[answer->count - 1].value == answer->points[0].value);
	assert_true(series(play, "signatures made")->count > 1 && play->signatures > 0);
	assert_true(play->memory_most > 0);
	hf_theatre_free(play);
}

static void assert_same_set(
        const struct hf_theatre_play *a, const struct hf_theatre_play *b, uint16_t number)
{
	const struct hf_scene_set *one = hf_scene_set_at(a->scene, number);
	const struct hf_scene_set *other = hf_scene_set_at(b->scene, number);
	assert_int_equal(one->member_count, other->member_count);
	assert_int_equal(one->signing_count, other->signing_count);
	assert_int_equal(one->ttl, other->ttl);
	assert_int_equal(one->bytes, other->bytes);
	assert_memory_equal(one->members, other->members, sizeof(one->members));
	for (unsigned i = 0; i < one->signing_count; i++) {
		assert_int_equal(one->signings[i].key, other->signings[i].key);
		assert_int_equal(one->signings[i].from, other->signings[i].from);
		assert_int_equal(one->signings[i].until, other->signings[i].until);
		assert_int_equal(one->signings[i].bad, other->signings[i].bad);
	}
}

static void assert_same(const struct hf_theatre_play *a, const struct hf_theatre_play *b)
{
	assert_int_equal(a->story->count, b->story->count);
	for (size_t i = 0; i < a->story->count; i++) {
		assert_int_equal(a->story->moments[i].at, b->story->moments[i].at);
		assert_string_equal(a->story->moments[i].text, b->story->moments[i].text);
	}
	for (hf_time at = YEAR_START; at != HF_TIME_NEVER;
	        at = hf_scene_next_change(a->scene, at)) {
		assert_int_equal(
		        hf_scene_next_change(a->scene, at), hf_scene_next_change(b->scene, at));
		uint16_t ds = hf_scene_served(a->scene, HF_SCENE_PARENT, 0, at);
		uint16_t zone = hf_scene_served(a->scene, HF_SCENE_ZONE, 0, at);
		assert_int_equal(ds, hf_scene_served(b->scene, HF_SCENE_PARENT, 0, at));
		assert_int_equal(zone, hf_scene_served(b->scene, HF_SCENE_ZONE, 0, at));
		if (zone == HF_SCENE_NOTHING)
			continue;
		assert_same_set(a, b, ds);
		assert_same_set(a, b, hf_scene_version_at(a->scene, zone)->dnskey);
		for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
			assert_same_set(a, b, hf_scene_version_at(a->scene, zone)->data[i]);
	}
}

static void one_seed_gives_one_history(void **state)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct year year;
		assert_true(year_draw(&year, seed));
		year.job.flags = 0;
		struct hf_theatre_play *first = run(&year.job), *second = run(&year.job);
		assert_same(first, second);
		hf_theatre_free(second);
		/* What is told changes nothing of what happens. */
		year.job.flags = HF_THEATRE_SILENT;
		second = run(&year.job);
		assert_int_equal(first->events, second->events);
		assert_int_equal(first->published, second->published);
		assert_int_equal(second->story->count, 0);
		hf_theatre_free(first);
		hf_theatre_free(second);
		year_done(&year);
	}
}

/* ---- faults ---- */

/* What each fault does to a rollover: how much later it ends at least, and what is told. */
static const struct {
	struct hf_theatre_fault fault;
	int64_t later;
	enum hf_moment_kind kind;
	const char *words;
	bool expires; /* it keeps signatures from being made for too long */
} troubles[] = {
        {{HF_FAULT_SIGNER_DOWN, ROLL + HOUR, 5 * DAY, 0, 0}, 4 * DAY, HF_MOMENT_ALARM,
                "the signer has been down for more than a day", false},
        {{HF_FAULT_CRASH, ROLL - HOUR, 3 * DAY, 0, 0}, 2 * DAY, HF_MOMENT_FAULT,
                "the signer crashes", false},
        {{HF_FAULT_CRASH, ROLL - HOUR, 3 * DAY, 1, 0}, 2 * DAY, HF_MOMENT_FAULT,
                "the signer crashes", false},
        {{HF_FAULT_CLOCK, ROLL + HOUR / 2, 3 * DAY, -20 * DAY, 0}, 2 * DAY, HF_MOMENT_WAITS,
                "the clock is behind", false},
        {{HF_FAULT_CLOCK, ROLL + HOUR / 2, HOUR / 2, 300 * DAY, 0}, 0, HF_MOMENT_FAULT,
                "clock is 300 d ahead", false},
        {{HF_FAULT_RESTORED, ROLL + 2 * HOUR, 2 * DAY, 6 * HOUR, 0}, 0, HF_MOMENT_ALARM,
                "the state comes from a backup", false},
        {{HF_FAULT_HSM_DOWN, ROLL - HOUR, 4 * DAY, 0, 0}, 3 * DAY, HF_MOMENT_WAITS,
                "waiting for a new KSK to be made", false},
        {{HF_FAULT_HSM_DOWN, ROLL - 3 * DAY, 30 * DAY, 0, 0}, 20 * DAY, HF_MOMENT_REFUSED,
                "the zone cannot be signed", true},
        {{HF_FAULT_HSM_LIES, ROLL - DAY, 4 * DAY, 0, 0}, -3 * DAY, HF_MOMENT_STEP,
                "KSK rollover is given up", false},
        {{HF_FAULT_SECONDARY, ROLL - HOUR, 3 * DAY, 0, 1}, 2 * DAY, HF_MOMENT_WAITS, "secondary 2",
                false},
        {{HF_FAULT_PARENT, ROLL - HOUR, 9 * DAY, 0, 1}, 5 * DAY, HF_MOMENT_WAITS,
                "parent's server 2", false},
        {{HF_FAULT_REQUEST_LOST, ROLL - HOUR, 4 * DAY, 0, 0}, 2 * DAY, HF_MOMENT_FAULT,
                "the request gets lost", false},
        {{HF_FAULT_SLOW, ROLL - HOUR, 4 * DAY, 6 * DAY, 0}, 5 * DAY, HF_MOMENT_FAULT,
                "take 6 d more", false},
        {{HF_FAULT_BLIND, ROLL - HOUR, 6 * DAY, 0, 0}, 4 * DAY, HF_MOMENT_FAULT, "get no answer",
                false},
};

static void faults_do_what_they_say(void **state)
{
	struct set set;
	set_up(&set);
	struct hf_theatre_play *calm = run(&set.year.job);
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
		struct year_verdict verdict;
		set.year.job.faults = &troubles[i].fault;
		set.year.job.fault_count = 1;
		struct hf_theatre_play *play = run(&set.year.job);
		assert_sound(&set.year.job, play);
		assert_int_equal(year_judge_play(&set.year.job, play, &verdict), HF_OK);
		assert_int_equal(verdict.late, troubles[i].expires);
		assert_true(play->change_count > 0);
		int64_t later = play->changes[0].ends - calm->changes[0].ends;
		if (!tells(play, troubles[i].kind, troubles[i].words) || later < troubles[i].later)
			fail_msg("trouble %zu: %lld s later; no \"%s\"", i, (long long)later,
			        troubles[i].words);
		hf_theatre_free(play);
	}
	hf_theatre_free(calm);
}

/* What is seen while the clock is behind was seen later than it says. */
static void a_clock_that_is_behind_sees_nothing(void **state)
{
	struct hf_theatre_fault behind = {
	        HF_FAULT_CLOCK, ROLL + 15 * HOUR, 10 * HOUR, -18 * HOUR, 0};
	struct set set;
	set_up(&set);
	set.year.policy.dnskey_ttl = DAY;
	set.year.world.lag[0] = 20 * HOUR;
	set.year.job.faults = &behind;
	set.year.job.fault_count = 1;
	struct hf_theatre_play *play = run(&set.year.job);
	assert_sound(&set.year.job, play);
	assert_true(play->changes[0].ends != HF_TIME_NEVER);
	hf_theatre_free(play);
}

/* A secondary that gets nothing new stops serving when SOA expire is over. */
static void a_secondary_lapses(void **state)
{
	static const struct hf_theatre_fault stuck = {
	        HF_FAULT_SECONDARY, ROLL - 3 * DAY, 12 * DAY, 0, 0};
	struct set set;
	set_up(&set);
	set.year.world.expire = 4 * DAY;
	set.year.job.faults = &stuck;
	set.year.job.fault_count = 1;
	struct hf_theatre_play *play = run(&set.year.job);
	const struct hf_scene *scene = play->scene;
	assert_sound(&set.year.job, play);
	assert_true(tells(play, HF_MOMENT_ALARM, "the zone has expired at secondary 1"));
	assert_int_equal(
	        hf_scene_served(scene, HF_SCENE_ZONE, 0, ROLL + 2 * DAY), HF_SCENE_NOTHING);
	assert_int_not_equal(
	        hf_scene_served(scene, HF_SCENE_ZONE, 0, ROLL + 10 * DAY), HF_SCENE_NOTHING);
	hf_theatre_free(play);
}

static void impossible_worlds_are_refused(void **state)
{
	struct hf_theatre_play *play;
	struct set set;
	for (unsigned i = 0; i < 4; i++) {
		struct hf_diag diag;
		set_up(&set);
		hf_diag_init(&diag, 1);
		set.year.world.servers = i == 0 ? 0 : set.year.world.servers;
		set.year.world.delay_most = i == 1 ? -1 : set.year.world.delay_most;
		set.year.job.until = i == 2 ? set.year.job.at : set.year.job.until;
		set.year.world.expire = i == 3 ? 1 : set.year.world.expire;
		assert_int_equal(hf_theatre_run(&set.year.job, &diag, &play), HF_ERR_INVALID);
		assert_int_equal(diag.count, 1);
		hf_diag_done(&diag);
	}
}

/* ---- scripts ---- */

/* A KSK is replaced at once, as somebody in a hurry does. */
static struct hf_theatre_play *play_hurry(struct set *set, unsigned flags)
{
	struct hf_theatre_play *calm = run(&set->year.job);
	struct hf_plan_key keys[3];
	struct hf_theatre_cue cues[2] = {
	        {YEAR_START, calm->steps[0].way}, {ROLL, calm->steps[calm->step_count - 1].way}};
	for (unsigned i = 0; i < 3; i++)
		keys[i] = (struct hf_plan_key){
		        .dnskey = {calm->keys[i].dnskey, calm->keys[i].dnskey_len},
		        .role = calm->keys[i].role};
	struct hf_theatre_job job = set->year.job;
	job.cues = cues;
	job.cue_count = 2;
	job.keys = keys;
	job.key_count = 3;
	job.flags = flags;
	job.change_count = 0;
	struct hf_theatre_play *play = run(&job);
	hf_theatre_free(calm);
	return play;
}

static void the_gate_stops_who_is_in_a_hurry(void **state)
{
	struct year_verdict verdict;
	struct set set;
	set_up(&set);
	struct hf_theatre_play *play = play_hurry(&set, HF_THEATRE_UNCHECKED);
	assert_int_equal(year_judge_play(&set.year.job, play, &verdict), HF_OK);
	assert_true(verdict.broken);
	assert_int_equal(play->refused, 0);
	hf_theatre_free(play);
	play = play_hurry(&set, 0);
	assert_true(play->refused > 0);
	assert_true(tells(play, HF_MOMENT_REFUSED, "DS"));
	hf_theatre_free(play);
}

/* ---- the smallest history ---- */

static enum hf_err refuses(void *context, const struct hf_theatre_job *job, bool *ret_fails)
{
	struct hf_theatre_play *play;
	enum hf_err err = hf_theatre_run(job, NULL, &play);
	if (err != HF_OK)
		return err;
	*ret_fails = play->refused > 0;
	++*(unsigned *)context;
	hf_theatre_free(play);
	return HF_OK;
}

static void histories_shrink(void **state)
{
	const struct hf_theatre_fault faults[] = {
	        {HF_FAULT_BLIND, ROLL, DAY, 0, 0},
	        {HF_FAULT_SECONDARY, ROLL, DAY, 0, 0},
	        {HF_FAULT_HSM_LIES, ROLL - DAY, 20 * DAY, 0, 0},
	        {HF_FAULT_SLOW, ROLL, DAY, DAY, 0},
	        {HF_FAULT_REQUEST_LOST, ROLL, DAY, 0, 0},
	};
	struct hf_theatre_history history;
	struct hf_buf text = {.data = NULL};
	unsigned plays = 0;
	struct set set;
	set_up(&set);
	set.year.job.faults = faults;
	set.year.job.fault_count = 5;
	assert_int_equal(hf_theatre_shrink(&set.year.job, refuses, &plays, 100, &history), HF_OK);
	assert_int_equal(history.plays, plays);
	assert_int_equal(history.fault_count, 1);
	assert_int_equal(history.faults[0].kind, HF_FAULT_HSM_LIES);
	assert_true(history.faults[0].duration < 20 * DAY);
	assert_int_equal(history.change_count, 0);
	assert_true(history.until < set.year.job.until);
	hf_theatre_history_put(&history, &text);
	hf_put_u8(&text, 0);
	assert_non_null(strstr((char *)text.data, "new signatures do not verify"));
	assert_null(strstr((char *)text.data, "secondary"));
	hf_buf_done(&text);
	hf_theatre_history_done(&history);
	/* What does not fail has no smallest failing history. */
	set.year.job.fault_count = 1;
	assert_int_equal(
	        hf_theatre_shrink(&set.year.job, refuses, &plays, 100, &history), HF_ERR_INVALID);
}

/* ---- a running zone ---- */

/* In the midst of a rollover: what was begun in one world goes on in the other. */
static void a_running_zone_goes_on(void **state)
{
	const struct stage_times times = {.ttl_key = 3600,
	        .ttl_sig = 1800,
	        .ttl_ds = 86400,
	        .dprp_c = 300,
	        .dreg = 7200,
	        .dprp_p = 600};
	const struct hf_roll_start roll = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK};
	const unsigned used = HF_USE_PUBLISHED | HF_USE_SIGNS;
	struct hf_zone_profile profile = year_profile();
	struct hf_theatre_world world;
	struct stage stage;
	for (unsigned steps = 0; steps < 3; steps++) {
		stage_init(&stage, &times);
		stage_key(&stage, HF_ROLE_KSK, 13, used | HF_USE_DS);
		stage_key(&stage, HF_ROLE_ZSK, 13, used);
		stage_open(&stage);
		stage_start(&stage, &roll);
		while (stage.log_count < steps)
			stage_run(&stage, stage.now + 600, false);
		hf_theatre_world_init(&stage.policy, &profile, &world);
		world.expire = 0;
		const struct hf_theatre_job job = {.title = "from here on",
		        .zone = &stage.state.zone,
		        .policy = &stage.policy,
		        .profile = &profile,
		        .world = &world,
		        .at = stage.now + 1,
		        .until = stage.now + 40 * DAY,
		        .state = &stage.state,
		        .evidence = stage.evidence};
		struct hf_theatre_play *play = run(&job);
		assert_sound(&job, play);
		assert_int_equal(play->change_count, 1);
		assert_true(play->changes[0].ends < job.until && !play->changes[0].back);
		assert_int_equal(hf_scene_servers(play->scene, HF_SCENE_ZONE), 1);
		assert_int_equal(hf_scene_servers(play->scene, HF_SCENE_PARENT), STAGE_SERVERS);
		hf_theatre_free(play);
		stage_done(&stage);
	}
}

/* ---- real signatures ---- */

/* The keys of a play as those of the laboratory: two KSKs and two ZSKs. */
struct cast {
	const struct hf_theatre_play *play;
	uint8_t real[8]; /* by number in the scene */
};

static struct cast make_cast(const struct hf_theatre_play *play)
{
	struct cast cast = {.play = play};
	unsigned ksks = 0, zsks = 0;
	for (size_t i = 0; i < play->key_count; i++) {
		uint16_t number = play->keys[i].plain;
		assert_true(number < 8);
		cast.real[number] = play->keys[i].role == HF_ROLE_ZSK ? (uint8_t)(ZSK_C + zsks++)
		                                                      : (uint8_t)(KSK_A + ksks++);
	}
	assert_true(ksks <= 2 && zsks <= 2);
	return cast;
}

static uint8_t members(const struct cast *cast, const struct hf_scene_set *set)
{
	uint8_t mask = 0;
	for (unsigned i = 0; i < set->member_count; i++)
		mask |= (uint8_t)(1 << cast->real[set->members[i]]);
	return mask;
}

static uint8_t signers(const struct cast *cast, const struct hf_scene_set *set)
{
	uint8_t mask = 0;
	for (unsigned i = 0; i < set->signing_count; i++)
		mask |= (uint8_t)(1 << cast->real[set->signings[i].key]);
	return mask;
}

/* A version of the play with real keys and signatures. */
static struct hf_version *sign_really(
        const struct cast *cast, const struct hf_scene_set *keys, const struct hf_scene_set *data)
{
	struct signed_design design = {.key_ttl = 4, .data_ttl = {4, 4}};
	design.keys = members(cast, keys);
	design.key_signers = signers(cast, keys);
	design.data_signers[0] = design.data_signers[1] = signers(cast, data);
	return signed_version(&design)->zone;
}

static enum hf_chain_status walk(uint8_t ds, struct hf_version *keys, struct hf_version *data)
{
	struct hf_anchors anchors = {0};
	struct hf_question question = {.type = KNOT_RRTYPE_A};
	struct hf_chain_question wanted;
	struct hf_chain *chain;
	assert_int_equal(hf_name_from_text("www." SIGNED_ZONE, &question.name), HF_OK);
	for (unsigned i = 0; i < SIGNED_KEYS; i++)
		if ((ds >> i & 1) != 0)
			assert_int_equal(hf_anchors_add(&anchors, signed_zone(), KNOT_RRTYPE_DS,
			                         signed_ds(i), NULL),
			        HF_OK);
	assert_int_equal(
	        hf_chain_new(&question, &anchors, NULL, SIGNED_EPOCH, NULL, &chain), HF_OK);
	while (hf_chain_wants(chain, &wanted)) {
		struct hf_version *zone = wanted.question.type == KNOT_RRTYPE_DNSKEY ? keys : data;
		struct hf_chain_reply reply = {.server = "test"};
		struct hf_buf wire = {0};
		answerer_put(&wire, &zone, 1, 1, &wanted.question, 0);
		assert_int_equal(
		        hf_message_parse(wire.data, wire.len, NULL, &reply.message), HF_OK);
		assert_int_equal(hf_chain_answer(chain, &reply), HF_OK);
		hf_buf_done(&wire);
	}
	enum hf_chain_status status = hf_chain_trace(chain)->status;
	hf_chain_free(chain);
	hf_anchors_done(&anchors);
	return status;
}

/* What a cache has of three moments of the play: both say the same of it. */
static bool compare(const struct cast *cast, hf_time then, hf_time lately, hf_time now)
{
	const struct hf_scene *scene = cast->play->scene;
	uint16_t ds = hf_scene_served(scene, HF_SCENE_PARENT, 0, then);
	const struct hf_scene_version *older =
	        hf_scene_version_at(scene, hf_scene_served(scene, HF_SCENE_ZONE, 0, lately));
	const struct hf_scene_version *newer =
	        hf_scene_version_at(scene, hf_scene_served(scene, HF_SCENE_ZONE, 0, now));
	enum hf_scene_verdict verdict = hf_scene_keys_verdict(scene, ds, older->dnskey, false, now);
	if (verdict == HF_SCENE_SECURE)
		verdict = hf_scene_data_verdict(scene, older->dnskey, newer->data[1], false, now);
	const struct hf_scene_set *old_keys = hf_scene_set_at(scene, older->dnskey);
	const struct hf_scene_set *old_data = hf_scene_set_at(scene, older->data[1]);
	const struct hf_scene_set *new_keys = hf_scene_set_at(scene, newer->dnskey);
	const struct hf_scene_set *new_data = hf_scene_set_at(scene, newer->data[1]);
	enum hf_chain_status status = walk(members(cast, hf_scene_set_at(scene, ds)),
	        sign_really(cast, old_keys, old_data), sign_really(cast, new_keys, new_data));
	if ((verdict == HF_SCENE_SECURE) != (status == HF_CHAIN_SECURE) ||
	        (verdict != HF_SCENE_SECURE) != (status == HF_CHAIN_BOGUS))
		fail_msg("day %.2f: the scene says \"%s\", the chain %d",
		        (double)(now - YEAR_START) / (double)DAY, hf_scene_verdict_name(verdict),
		        status);
	return verdict == HF_SCENE_SECURE;
}

static void compare_play(const struct hf_theatre_play *play, bool sound, hf_time until)
{
	struct cast cast = make_cast(play);
	unsigned good = 0, bad = 0;
	for (hf_time now = YEAR_START + 3 * DAY; now < until; now += 11 * HOUR) {
		for (unsigned i = 0; i < 9; i++) {
			/* What may still be cached, and what may not any more. */
			int64_t ages[] = {0, HOUR / 2, (sound ? 23 : 120) * HOUR};
			int64_t key_ages[] = {0, HOUR / 2, (sound ? 1 : 120) * HOUR - 900};
			bool secure = compare(&cast, now - ages[i % 3], now - key_ages[i / 3], now);
			good += secure;
			bad += !secure;
		}
	}
	print_message("%u secure, %u bogus\n", good, bad);
	assert_true(good > 0 && (bad > 0) == !sound);
}

static void chains_of_real_signatures_agree(void **state)
{
	struct set set;
	set_up(&set);
	signed_init();
	struct hf_theatre_play *play = run(&set.year.job);
	compare_play(play, true, ROLL + 12 * DAY);
	compare_play(play, false, ROLL + 12 * DAY);
	hf_theatre_free(play);
	play = play_hurry(&set, HF_THEATRE_UNCHECKED);
	compare_play(play, false, ROLL + 4 * DAY);
	hf_theatre_free(play);
	signed_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_rollover_is_told),
	        cmocka_unit_test(one_seed_gives_one_history),
	        cmocka_unit_test(faults_do_what_they_say),
	        cmocka_unit_test(a_clock_that_is_behind_sees_nothing),
	        cmocka_unit_test(a_secondary_lapses),
	        cmocka_unit_test(impossible_worlds_are_refused),
	        cmocka_unit_test(the_gate_stops_who_is_in_a_hurry),
	        cmocka_unit_test(histories_shrink),
	        cmocka_unit_test(a_running_zone_goes_on),
	        cmocka_unit_test(chains_of_real_signatures_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
