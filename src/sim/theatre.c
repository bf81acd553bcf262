/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/theatre_inside.h"

#include <stdlib.h>

#define DAY INT64_C(86400)

static uint32_t least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static unsigned servers_of(const struct hf_places *places)
{
	if (places->count == 0)
		return 2;
	return places->count < HF_THEATRE_SERVERS ? (unsigned)places->count : HF_THEATRE_SERVERS;
}

/* Evenly from none to all of it. */
static void spread(unsigned servers, int64_t whole, int64_t lags[HF_THEATRE_SERVERS])
{
	for (unsigned i = 0; i < servers; i++)
		lags[i] = whole * (i + 1) / servers;
}

void hf_theatre_world_init(const struct hf_policy *policy, const struct hf_zone_profile *profile,
        struct hf_theatre_world *ret_world)
{
	struct hf_theatre_world world = {
	        .servers = servers_of(&policy->secondaries.servers),
	        .parents = servers_of(&policy->parent.servers),
	        .delay_least = policy->parent.delay / 4,
	        .delay_most = policy->parent.delay * 3 / 4,
	        .ds_ttl = (uint32_t)policy->parent.ds_ttl,
	        .data_ttl = {profile->largest_ttl, least_of(3600, profile->largest_ttl),
	                least_of(300, profile->largest_ttl), profile->denial_ttl},
	        .expire = policy->secondaries.expire > 0 ? (uint32_t)policy->secondaries.expire
	                                                 : (uint32_t)(7 * DAY),
	        .look = 300,
	        .person = DAY / 6,
	};
	spread(world.servers, policy->secondaries.delay, world.lag);
	spread(world.parents, policy->parent.delay / 4, world.parent_lag);
	*ret_world = world;
}

void hf_theatre_free(struct hf_theatre_play *play)
{
	if (play == NULL)
		return;
	for (size_t i = 0; i < play->key_count; i++)
		free(play->keys[i].dnskey);
	for (size_t i = 0; i < play->wait_count; i++)
		free(play->waits[i].text);
	for (size_t i = 0; i < play->change_count; i++)
		free(play->changes[i].title);
	free(play->keys);
	free(play->steps);
	free(play->waits);
	free(play->changes);
	free(play->stuck);
	hf_scene_free(play->scene);
	hf_story_free(play->story);
	free(play);
}

/* ---- a play ---- */

static enum hf_err check(const struct hf_theatre_job *job, struct hf_diag *diag)
{
	const struct hf_theatre_world *world = job->world;
	const char *wrong = NULL;
	if (world->servers == 0 || world->servers > HF_THEATRE_SERVERS || world->parents == 0 ||
	        world->parents > HF_THEATRE_SERVERS)
		wrong = "a zone has 1 to 32 secondaries, and its parent 1 to 32 servers";
	else if (world->look < 1 || world->delay_least < 0 ||
	         world->delay_most < world->delay_least || world->ds_ttl == 0)
		wrong = "looks take place at least a second apart, delays have a least that is no "
		        "more than the most, and the DS set has a TTL";
	else if (job->until <= job->at)
		wrong = "it ends before it begins";
	else if (job->cues != NULL && (job->cue_count == 0 || job->key_count == 0))
		wrong = "a script has a first cue, and keys";
	else if ((job->state == NULL) != (job->evidence == NULL))
		wrong = "a signer's state comes with its evidence";
	for (unsigned i = 0; wrong == NULL && i < world->servers; i++) {
		if (world->expire != 0 && world->lag[i] >= world->expire)
			wrong = "a secondary takes longer to follow than SOA expire lets it serve";
	}
	for (size_t i = 0; i < job->fault_count; i++) {
		const struct hf_theatre_fault *fault = &job->faults[i];
		bool there = fault->kind == HF_FAULT_SECONDARY ? fault->server < world->servers
		             : fault->kind == HF_FAULT_PARENT  ? fault->server < world->parents
		                                               : true;
		if (fault->kind >= HF_FAULT_KINDS || fault->duration < 0 || !there)
			wrong = "a fault lasts no less than nothing, and is of a server that is "
			        "there";
	}
	return wrong == NULL
	               ? HF_OK
	               : hf_fail(diag, HF_ERR_INVALID, "the world cannot be played: %s", wrong);
}

static enum hf_err edit(struct hf_theatre *theatre)
{
	theatre->edited = theatre->run_soon = true;
	return hf_theatre_foresee(
	        theatre, theatre->now + theatre->world.edits, HF_THEATRE_EDIT, 0, 0);
}

/* What is asked of a signer that is down is asked again later. */
static enum hf_err change(struct hf_theatre *theatre, uint64_t what)
{
	if (theatre->down > 0)
		return hf_theatre_foresee(
		        theatre, theatre->now + DAY / 24, HF_THEATRE_CHANGE, 0, what);
	return hf_theatre_change(theatre, &theatre->job->changes[what]);
}

static enum hf_err happen(struct hf_theatre *theatre, const struct hf_theatre_event *event)
{
	switch (event->kind) {
	case HF_THEATRE_RUN:
		theatre->run_soon |= event->what == theatre->run_plan;
		return HF_OK;
	case HF_THEATRE_TRANSFER:
		return hf_theatre_transfer(theatre, event->server, (size_t)event->what);
	case HF_THEATRE_LAPSE:
		return hf_theatre_lapse(theatre, event->server, event->what);
	case HF_THEATRE_LOOK_ZONE:
		return hf_theatre_look_zone(theatre, event->server);
	case HF_THEATRE_LOOK_PARENT:
		return hf_theatre_look_parent(theatre, event->server, event->what);
	case HF_THEATRE_REGISTRY:
		return hf_theatre_registry(theatre);
	case HF_THEATRE_SCAN:
		return hf_theatre_scan(theatre);
	case HF_THEATRE_DELEGATION:
		return hf_theatre_delegate(theatre, event->server, event->what);
	case HF_THEATRE_CHANGE:
		return change(theatre, event->what);
	case HF_THEATRE_CUE:
		return hf_theatre_cue(theatre, &theatre->job->cues[event->what]);
	case HF_THEATRE_FAULT:
		return hf_theatre_fault_begins(theatre, (size_t)event->what);
	case HF_THEATRE_MENDED:
		return hf_theatre_fault_ends(theatre, (size_t)event->what);
	case HF_THEATRE_RESTART:
		return hf_theatre_restart(theatre);
	case HF_THEATRE_BACKUP:
		return hf_theatre_backup(theatre, (size_t)event->what);
	case HF_THEATRE_PERSON:
		return hf_theatre_task(theatre, (enum hf_theatre_task)event->what);
	case HF_THEATRE_EDIT:
		return edit(theatre);
	case HF_THEATRE_WATCH:
		return hf_theatre_watch(theatre);
	case HF_THEATRE_BELIEF:
		return hf_theatre_believe(theatre, (size_t)event->what);
	case HF_THEATRE_BELIEF_DS:
		return hf_theatre_believe_ds(theatre, (size_t)event->what);
	}
	return HF_OK;
}

static enum hf_err play_on(struct hf_theatre *theatre)
{
	struct hf_theatre_queue *queue = &theatre->queue;
	struct hf_theatre_event event;
	enum hf_err err = HF_OK;
	while (err == HF_OK && hf_theatre_next(theatre, theatre->job->until, &event)) {
		theatre->now = event.at > theatre->now ? event.at : theatre->now;
		err = happen(theatre, &event);
		bool last = queue->count == 0 || queue->heap[0].at > theatre->now;
		if (err == HF_OK && theatre->run_soon && last)
			err = hf_theatre_signer_run(theatre);
	}
	theatre->now = theatre->job->until;
	return err;
}

static enum hf_err set_up(struct hf_theatre *theatre)
{
	const struct hf_theatre_job *job = theatre->job;
	struct hf_theatre_play *play = theatre->play;
	const struct hf_random seed = {job->seed};
	theatre->key_random = hf_random_fork(&seed, 1);
	theatre->parent_random = hf_random_fork(&seed, 2);
	theatre->sign_random = hf_random_fork(&seed, 3);
	hf_roll_state_init(&theatre->mind.state, job->zone, job->seed);
	theatre->backups = calloc(job->fault_count + 1, sizeof(*theatre->backups));
	if (theatre->backups == NULL)
		return HF_ERR_NOMEM;
	return hf_story_new(
	        job->title != NULL ? job->title : "", job->at, job->until, &play->story);
}

static void tear_down(struct hf_theatre *theatre)
{
	for (size_t i = 0; theatre->backups != NULL && i < theatre->job->fault_count; i++) {
		if (theatre->backups[i].there)
			hf_theatre_mind_done(&theatre->backups[i].mind);
	}
	if (theatre->restored != SIZE_MAX)
		hf_theatre_mind_done(&theatre->right);
	hf_theatre_mind_done(&theatre->mind);
	free(theatre->backups);
	free(theatre->queue.heap);
	free(theatre->shown);
	free(theatre->versions);
	free(theatre->ds_sets);
	free(theatre);
}

enum hf_err hf_theatre_run(
        const struct hf_theatre_job *job, struct hf_diag *diag, struct hf_theatre_play **ret_play)
{
	enum hf_err err = check(job, diag);
	if (err != HF_OK)
		return err;
	struct hf_theatre *theatre = calloc(1, sizeof(*theatre));
	struct hf_theatre_play *play = calloc(1, sizeof(*play));
	if (theatre == NULL || play == NULL) {
		free(theatre);
		free(play);
		return HF_ERR_NOMEM;
	}
	*theatre = (struct hf_theatre){.job = job,
	        .diag = diag,
	        .policy = *job->policy,
	        .world = *job->world,
	        .play = play,
	        .registry_changed = HF_TIME_NONE,
	        .requested = HF_TIME_NONE,
	        .crash = SIZE_MAX,
	        .restored = SIZE_MAX,
	        .line_wake = HF_TIME_NONE,
	        .leap = HF_TIME_NONE,
	        .retry = HF_TIME_NONE,
	        .change_begun = HF_TIME_NONE,
	        .doubted = HF_TIME_NONE};
	play->first_alarm = play->stuck_at = HF_TIME_NONE;
	err = set_up(theatre);
	if (err == HF_OK)
		err = hf_theatre_begin(theatre);
	if (err == HF_OK)
		err = play_on(theatre);
	if (err == HF_OK)
		err = hf_theatre_close(theatre);
	tear_down(theatre);
	if (err != HF_OK)
		hf_theatre_free(play);
	else
		*ret_play = play;
	return err;
}
