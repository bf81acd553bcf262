/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "yearlab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR INT64_C(3600)
#define DAY  YEAR_DAY

static uint64_t below(struct hf_random *dice, uint64_t bound)
{
	return hf_random_below(dice, bound);
}

static bool once_in(struct hf_random *dice, uint64_t times)
{
	return below(dice, times) == 0;
}

/* One of a list of spans. */
#define ONE_OF(dice, ...)                                                                          \
	((const int64_t[]){__VA_ARGS__}[below(                                                     \
	        dice, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))])

struct hf_zone_profile year_profile(void)
{
	struct hf_zone_profile profile = {.apex = 9,
	        .names = 1000,
	        .rrsets = 900,
	        .rrset_names = 12000,
	        .records = 2000,
	        .wire = 60000,
	        .memory = 120000,
	        .node_memory = 64,
	        .soa = 50,
	        .largest_ttl = 3600,
	        .denial_ttl = 300,
	        .nsec = {.owners = 1000, .names = 12000, .bitmaps = 8000}};
	profile.answers[8] = 900;
	return profile;
}

/* ---- policies ---- */

static void draw_roles(struct year *year, struct hf_random *dice)
{
	struct hf_policy *policy = &year->policy;
	static const uint8_t algorithms[] = {13, 13, 15, 8};
	uint8_t algorithm = algorithms[below(dice, 4)];
	for (unsigned i = 0; i < 3; i++) {
		struct hf_policy_role *role = &policy->roles[i];
		role->algorithm = algorithm;
		role->lifetime = i == HF_ROLE_ZSK ? ONE_OF(dice, 0, 20 * DAY, 60 * DAY, 90 * DAY)
		                                  : ONE_OF(dice, 0, 0, 70 * DAY, 150 * DAY);
		role->standby = once_in(dice, 5);
		role->standby_ds = role->standby > 0 && i != HF_ROLE_ZSK && once_in(dice, 2);
		role->method =
		        once_in(dice, 2) ? HF_METHOD_PRE_PUBLICATION : HF_METHOD_DOUBLE_SIGNATURE;
	}
	policy->roles[HF_ROLE_KSK].method = HF_METHOD_DOUBLE_KSK + (unsigned)below(dice, 3);
	policy->model = once_in(dice, 3) ? HF_MODEL_CSK : HF_MODEL_KSK_ZSK;
	policy->rfc5011 = once_in(dice, 6);
	if (policy->rfc5011)
		policy->roles[HF_ROLE_KSK].method = HF_METHOD_DOUBLE_KSK;
}

static void draw_policy(struct year *year, struct hf_random *dice)
{
	struct hf_policy *policy = &year->policy;
	struct hf_policy_rollover *rollover = &policy->rollover;
	struct hf_policy_signatures *signatures = &policy->signatures;
	hf_policy_init(policy);
	draw_roles(year, dice);
	policy->dnskey_ttl = (uint32_t)ONE_OF(dice, 60, 300, 3600, 4 * HOUR, DAY);
	signatures->validity = ONE_OF(dice, 7 * DAY, 14 * DAY, 30 * DAY);
	signatures->refresh = signatures->validity / ONE_OF(dice, 2, 3);
	signatures->jitter = ONE_OF(dice, 0, HOUR, 12 * HOUR);
	signatures->replacement = once_in(dice, 2) ? HF_REPLACE_GRADUAL : HF_REPLACE_AT_ONCE;
	rollover->margin = ONE_OF(dice, 0, 0, HOUR, 6 * HOUR);
	rollover->ds_margin = ONE_OF(dice, 0, HOUR, 6 * HOUR);
	rollover->rules = once_in(dice, 3) ? HF_RULES_LIBERAL : HF_RULES_STRICT;
	rollover->algorithm_method = rollover->rules == HF_RULES_LIBERAL && once_in(dice, 2)
	                                     ? HF_METHOD_LIBERAL
	                                     : HF_METHOD_CONSERVATIVE;
	rollover->approvals = once_in(dice, 2) ? 0 : (unsigned)below(dice, 64);
	policy->parent.cds = !once_in(dice, 3);
	policy->denial.kind = once_in(dice, 2) ? HF_DENIAL_NSEC : HF_DENIAL_NSEC3;
}

/* ---- worlds ---- */

static void draw_lags(struct hf_random *dice, unsigned count, int64_t lags[HF_THEATRE_SERVERS])
{
	for (unsigned i = 0; i < count; i++)
		lags[i] =
		        once_in(dice, 4) ? 0 : (int64_t)below(dice, UINT64_C(1) << below(dice, 17));
}

static void draw_world(struct year *year, struct hf_random *dice)
{
	struct hf_theatre_world *world = &year->world;
	hf_theatre_world_init(&year->policy, &year->profile, world);
	world->servers = 1 + (unsigned)below(dice, 4);
	world->parents = 1 + (unsigned)below(dice, 4);
	draw_lags(dice, world->servers, world->lag);
	draw_lags(dice, world->parents, world->parent_lag);
	world->delay_least = (int64_t)below(dice, UINT64_C(1) << below(dice, 18));
	world->delay_most = world->delay_least + (int64_t)below(dice, 2 * DAY);
	world->scan = ONE_OF(dice, 0, 0, HOUR, DAY);
	world->limit = ONE_OF(dice, 0, 0, DAY, 3 * DAY);
	world->ds_ttl = (uint32_t)ONE_OF(dice, 300, HOUR, DAY, 2 * DAY);
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		world->data_ttl[i] = (uint32_t)ONE_OF(dice, 60, 300, HOUR, DAY);
	world->expire = (uint32_t)ONE_OF(dice, 0, DAY, 2 * DAY, 7 * DAY);
	world->look = ONE_OF(dice, 60, 600, HOUR);
	world->edits = ONE_OF(dice, 0, 0, 3 * DAY, 11 * DAY);
	world->person = once_in(dice, 20) ? -1 : ONE_OF(dice, 0, 3 * HOUR, 2 * DAY);
}

/* ---- changes ---- */

static struct hf_wish any_wish(struct hf_random *dice)
{
	static const char *const wishes[] = {"ksk", "zsk", "csk", "algorithm:13", "algorithm:15",
	        "to-csk", "to-ksk-zsk", "nsec", "nsec3", "insecure", "secure", "standby-zsk"};
	struct hf_wish wish;
	if (hf_wish_read(wishes[below(dice, 12)], NULL, NULL, &wish) != HF_OK)
		abort();
	return wish;
}

static void draw_changes(struct year *year, struct hf_random *dice)
{
	struct hf_theatre_job *job = &year->job;
	size_t count = below(dice, YEAR_CHANGES);
	job->is_unsigned = once_in(dice, 8);
	if (job->is_unsigned)
		year->changes[job->change_count++] = (struct hf_theatre_change){
		        .at = YEAR_START + DAY, .wish.start.kind = HF_ROLL_SECURE};
	while (job->change_count < count) {
		struct hf_theatre_change *change = &year->changes[job->change_count++];
		*change = (struct hf_theatre_change){
		        .at = YEAR_START + (hf_time)below(dice, 300 * (uint64_t)DAY),
		        .wish = any_wish(dice)};
		change->in_use =
		        change->wish.start.kind == HF_ROLL_KEYS_OF_ROLE && once_in(dice, 4);
	}
}

bool year_draw(struct year *year, uint64_t seed)
{
	const struct hf_random root = {seed};
	struct hf_random dice = hf_random_fork(&root, 77);
	*year = (struct year){.seed = seed, .profile = year_profile()};
	if (hf_name_from_text("example.", &year->zone) != HF_OK)
		return false;
	draw_policy(year, &dice);
	draw_world(year, &dice);
	year->job = (struct hf_theatre_job){.title = "a year",
	        .zone = &year->zone,
	        .policy = &year->policy,
	        .profile = &year->profile,
	        .world = &year->world,
	        .at = YEAR_START,
	        .until = YEAR_START + 365 * DAY,
	        .changes = year->changes,
	        .flags = HF_THEATRE_SILENT,
	        .seed = seed};
	draw_changes(year, &dice);
	enum hf_err err =
	        hf_theatre_faults(&dice, &year->world, &year->policy, ~0u, below(&dice, 9),
	                YEAR_START, YEAR_START + 340 * DAY, &year->faults, &year->job.fault_count);
	year->job.faults = year->faults;
	return err == HF_OK;
}

void year_done(struct year *year)
{
	free(year->faults);
}

/* ---- verdicts ---- */

/* A fault that can keep signatures from being made or from reaching users. */
static bool has_excuse(const struct hf_theatre_job *job)
{
	const unsigned excuses = 1u << HF_FAULT_SIGNER_DOWN | 1u << HF_FAULT_CRASH |
	                         1u << HF_FAULT_CLOCK | 1u << HF_FAULT_RESTORED |
	                         1u << HF_FAULT_HSM_DOWN | 1u << HF_FAULT_HSM_LIES |
	                         1u << HF_FAULT_SECONDARY;
	for (size_t i = 0; i < job->fault_count; i++) {
		if ((excuses >> job->faults[i].kind & 1) != 0)
			return true;
	}
	return false;
}

static void describe(
        const struct hf_audit_failure *failure, const char *what, struct year_verdict *verdict)
{
	char when[HF_TIME_TEXT];
	snprintf(verdict->text, sizeof(verdict->text),
	        "%s: at %s (day %.2f) DS set %u, DNSKEY set %u, data %u: %s", what,
	        hf_time_rfc3339(failure->at, when),
	        (double)(failure->at - YEAR_START) / (double)DAY, failure->ds, failure->dnskey,
	        failure->data, hf_scene_verdict_name(failure->verdict));
}

enum hf_err year_judge_play(const struct hf_theatre_job *job, const struct hf_theatre_play *play,
        struct year_verdict *ret_verdict)
{
	struct year_verdict verdict = {
	        .published = play->published, .events = play->events, .steps = play->step_count};
	struct hf_audit audit;
	enum hf_err err = hf_theatre_audit(play->scene,
	        job->policy->rollover.rules == HF_RULES_STRICT, job->at, job->until, &audit);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < play->change_count; i++)
		verdict.done += play->changes[i].ends != HF_TIME_NEVER;
	verdict.combinations = audit.moments;
	verdict.late = audit.late > 0;
	if (play->stuck != NULL) {
		verdict.stuck = true;
		snprintf(verdict.text, sizeof(verdict.text), "stuck since day %.2f: %s",
		        (double)(play->stuck_at - YEAR_START) / (double)DAY, play->stuck);
	}
	if (audit.late > 0 && (!has_excuse(job) || play->first_alarm == HF_TIME_NONE ||
	                              play->first_alarm >= audit.first_late.at)) {
		verdict.unannounced = true;
		describe(&audit.first_late, "not signed in time, without a word", &verdict);
	}
	if (audit.failures > 0) {
		verdict.broken = true;
		describe(&audit.first, "bogus", &verdict);
	}
	*ret_verdict = verdict;
	return HF_OK;
}

enum hf_err year_judge(const struct hf_theatre_job *job, struct year_verdict *ret_verdict)
{
	struct hf_theatre_play *play;
	enum hf_err err = hf_theatre_run(job, NULL, &play);
	if (err != HF_OK)
		return err;
	err = year_judge_play(job, play, ret_verdict);
	hf_theatre_free(play);
	return err;
}
