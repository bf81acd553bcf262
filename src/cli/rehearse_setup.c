/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/rehearse_setup.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/terminal.h"
#include "zone/load.h"

#define YEAR            (36525 * INT64_C(864)) /* 365.25 days */
#define RESOLVERS       20000                  /* before one change … */
#define RESOLVERS_YEARS 2000                   /* … and before years */

static enum hf_err read_zone(const struct hf_rehearse_arguments *arguments, struct hf_diag *diag,
        struct hf_rehearse_setup *setup)
{
	const struct hf_load_options load = {.origin = arguments->origin,
	        .pool = setup->pool,
	        .progress = hf_terminal_progress()};
	enum hf_err err = hf_zone_load(arguments->zone, &load, diag, &setup->version);
	if (err == HF_OK && arguments->keys != NULL)
		err = hf_keydir_read(arguments->keys, hf_version_apex(setup->version),
		        HF_KEYFILE_PUBLIC, diag, &setup->keys);
	return err;
}

/* What the zone says of itself, and its keys. */
static enum hf_err look_at_zone(const struct hf_rehearse_arguments *arguments, struct hf_diag *diag,
        struct hf_rehearse_setup *setup)
{
	const struct hf_plan_wish wish = {.at = arguments->at};
	const struct hf_keydir *keys = arguments->keys != NULL ? &setup->keys : NULL;
	enum hf_err err = hf_plan_input_make(
	        &wish, &setup->policy, setup->version, keys, diag, &setup->input);
	if (err != HF_OK)
		return err;
	struct hf_rehearsal *rehearsal = &setup->rehearsal;
	const struct hf_plan_job *job = &setup->input.job;
	rehearsal->zone = job->zone;
	rehearsal->profile = &setup->input.profile;
	rehearsal->keys = job->keys;
	rehearsal->key_count = job->key_count;
	rehearsal->denial = job->denial;
	return HF_OK;
}

/* Keys and evidence as the daemon has them now. */
static enum hf_err look_at_daemon(const struct hf_rehearse_arguments *arguments,
        struct hf_diag *diag, struct hf_rehearse_setup *setup)
{
	struct hf_rehearsal *rehearsal = &setup->rehearsal;
	if (arguments->live == NULL)
		return HF_OK;
	enum hf_err err = hf_live_state_read(
	        arguments->live, rehearsal->zone, arguments->at, diag, &setup->live);
	if (err != HF_OK)
		return err;
	hf_live_state_places(&setup->live, &setup->policy);
	rehearsal->state = &setup->live.roll;
	rehearsal->evidence = setup->live.evidence;
	rehearsal->keys = NULL;
	rehearsal->key_count = 0;
	return HF_OK;
}

/* What is asked for; it decides how a zone without keys begins. */
static enum hf_err take_wish(const struct hf_rehearse_arguments *arguments, struct hf_diag *diag,
        struct hf_rehearse_setup *setup)
{
	struct hf_rehearsal *rehearsal = &setup->rehearsal;
	struct hf_theatre_change *change = &setup->change;
	if (arguments->roll == NULL)
		return HF_OK;
	enum hf_err err = hf_rehearsal_change_read(
	        arguments->roll, arguments->method, arguments->at, diag, change);
	if (err != HF_OK)
		return err;
	rehearsal->changes = change;
	rehearsal->change_count = 1;
	if (change->wish.has_model)
		setup->policy.model = change->wish.model;
	rehearsal->is_unsigned = rehearsal->state == NULL && rehearsal->key_count == 0 &&
	                         change->wish.start.kind == HF_ROLL_SECURE;
	if (!change->wish.has_model || rehearsal->key_count > 0 || rehearsal->state != NULL)
		return HF_OK;
	err = hf_rehearsal_keys_make(&setup->policy, arguments->at, arguments->seed, &setup->made);
	rehearsal->keys = setup->made.keys;
	rehearsal->key_count = setup->made.count;
	return err;
}

static enum hf_err take_world(const struct hf_rehearse_arguments *arguments, struct hf_diag *diag,
        struct hf_rehearse_setup *setup)
{
	struct hf_rehearsal *rehearsal = &setup->rehearsal;
	snprintf(setup->expire, sizeof(setup->expire), "expire=%" PRIu32,
	        setup->input.job.soa_expire);
	setup->settings[0] = setup->expire;
	for (size_t i = 0; i < arguments->settings.count; i++)
		setup->settings[i + 1] = arguments->settings.items[i];
	const struct hf_rehearsal_base base = {
	        .policy = &setup->policy,
	        .profile = rehearsal->profile,
	        .settings = setup->settings,
	        .setting_count = arguments->settings.count + 1,
	        .change = rehearsal->change_count > 0 ? &setup->change : NULL,
	};
	enum hf_err err = hf_rehearsal_way_make(base.policy, base.profile, base.settings,
	        base.setting_count, diag, &setup->ways[0]);
	setup->way_count = 1;
	for (size_t i = 0; err == HF_OK && i < arguments->compare.count; i++)
		err = hf_rehearsal_compare(
		        &base, arguments->compare.items[i], diag, setup->ways, &setup->way_count);
	for (size_t i = 0; err == HF_OK && i < arguments->faults.count; i++)
		err = hf_rehearsal_fault_read(
		        arguments->faults.items[i], arguments->at, diag, &setup->faults[i]);
	rehearsal->faults = setup->faults;
	rehearsal->fault_count = arguments->faults.count;
	return err;
}

static enum hf_err take_people(const struct hf_rehearse_arguments *arguments, struct hf_diag *diag,
        struct hf_rehearse_setup *setup)
{
	enum hf_err err = HF_OK;
	hf_people_init(&setup->people,
	        setup->ways[0].policy.rfc5011 ? HF_PEOPLE_BY_ANCHORS : HF_PEOPLE_BY_DS);
	for (size_t i = 0; err == HF_OK && i < arguments->shares.count; i++)
		err = hf_people_read(&setup->people, arguments->shares.items[i], diag);
	setup->rehearsal.people = &setup->people;
	return err;
}

enum hf_err hf_rehearse_setup_make(const struct hf_rehearse_arguments *arguments,
        struct hf_diag *diag, struct hf_rehearse_setup *setup)
{
	unsigned usual = arguments->years > 0 ? RESOLVERS_YEARS : RESOLVERS;
	hf_diag_init(&setup->warnings, HF_DIAG_LIMIT);
	setup->rehearsal = (struct hf_rehearsal){
	        .at = arguments->at,
	        .span = arguments->years > 0 ? arguments->years * YEAR : arguments->span,
	        .by_itself = arguments->years > 0,
	        .random_faults = arguments->random_faults,
	        .runs = arguments->runs,
	        .resolvers = arguments->resolvers > 0 ? arguments->resolvers : usual,
	        .seed = arguments->seed,
	};
	enum hf_err err = hf_pool_new(arguments->jobs, &setup->pool);
	if (err == HF_OK)
		err = hf_policy_argument_read(
		        &arguments->policy, &setup->warnings, diag, &setup->policy);
	if (err == HF_OK)
		err = read_zone(arguments, diag, setup);
	if (err == HF_OK)
		err = look_at_zone(arguments, diag, setup);
	if (err == HF_OK)
		err = look_at_daemon(arguments, diag, setup);
	if (err == HF_OK)
		err = take_wish(arguments, diag, setup);
	if (err == HF_OK)
		err = take_world(arguments, diag, setup);
	return err == HF_OK ? take_people(arguments, diag, setup) : err;
}

void hf_rehearse_setup_done(struct hf_rehearse_setup *setup)
{
	hf_live_state_done(&setup->live);
	hf_rehearsal_keys_done(&setup->made);
	hf_plan_input_done(&setup->input);
	hf_keydir_done(&setup->keys);
	hf_version_unref(setup->version);
	hf_pool_free(setup->pool);
	hf_diag_done(&setup->warnings);
}
