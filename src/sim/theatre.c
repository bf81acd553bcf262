/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/theatre.h"

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

enum hf_err hf_theatre_run(
        const struct hf_theatre_job *job, struct hf_diag *diag, struct hf_theatre_play **ret_play)
{
	(void)ret_play;
	return hf_fail(diag, HF_ERR_UNSUPPORTED, "%s: not yet",
	        job->title != NULL ? job->title : "a play");
}
