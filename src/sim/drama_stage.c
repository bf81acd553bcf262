/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/drama_stage.h"

#include <stdlib.h>

#include "base/list.h"
#include "rollover/sizes_answer.h"

#define LABEL     8 /* bytes of a name's first label, and of other small things */
#define SOA_RDATA 60
#define DS_RDATA  36
#define BITMAP    8

/* ---- sizes ---- */

static struct hf_key_size size_of(const struct hf_drama_world *world, unsigned key)
{
	const struct hf_scenario_key *told = &world->scenario->keys[key];
	return hf_key_size(told->algorithm, told->bits);
}

size_t hf_drama_dnskey_bytes(
        const struct hf_drama_world *world, const struct hf_scenario_version *version)
{
	struct hf_key_size published[HF_SCENARIO_KEYS], signing[HF_SCENARIO_KEYS];
	size_t published_count = 0, signing_count = 0;
	for (unsigned i = 0; i < world->scenario->key_count; i++) {
		if ((version->keys >> i & 1) != 0)
			published[published_count++] = size_of(world, i);
		if ((version->dnskey.by >> i & 1) != 0)
			signing[signing_count++] = size_of(world, i);
	}
	return hf_answer_dnskey(
	        world->zone.len, published, published_count, signing, signing_count);
}

/* All signatures over one RRset. */
static size_t signatures(const struct hf_drama_world *world, hf_scenario_keys by)
{
	size_t zone = world->zone.len, bytes = 0;
	for (unsigned i = 0; i < world->scenario->key_count; i++)
		if ((by >> i & 1) != 0)
			bytes += hf_answer_record(hf_answer_owner(zone),
			        hf_answer_rrsig(zone, size_of(world, i).signature));
	return bytes;
}

static uint32_t data_bytes(
        const struct hf_drama_world *world, unsigned class, const struct hf_scenario_signed *sign)
{
	const struct hf_scenario *scenario = world->scenario;
	size_t zone = world->zone.len, owner = hf_answer_owner(zone + LABEL);
	size_t one = signatures(world, sign->by), bytes = hf_answer_empty(zone + LABEL);
	bool hashed = scenario->denial != HF_SCENARIO_NSEC;
	switch (scenario->classes[class].stuff) {
	case HF_SCENARIO_DENIALS:
		/* The SOA record, and what denies the name and a wildcard. */
		bytes += hf_answer_record(owner, SOA_RDATA) + one;
		bytes += (hashed ? 3 : 2) * (hf_answer_record(HF_NSEC3_LABEL + owner,
		                                     LABEL + HF_NSEC3_HASH_LEN + BITMAP) +
		                                    one);
		break;
	case HF_SCENARIO_DELEGATIONS:
		bytes += hf_answer_record(owner, DS_RDATA) + one;
		break;
	case HF_SCENARIO_NAMES:
	case HF_SCENARIO_WILDCARDS:
		bytes += hf_answer_record(owner, 4) + one;
		break;
	}
	return (uint32_t)bytes;
}

/* ---- sets ---- */

/* Whether a validator takes one key's signature for the other's. */
static bool mistaken(const struct hf_drama_world *world, unsigned one, unsigned other)
{
	return one != other && world->keys[one].tag == world->keys[other].tag &&
	       world->scenario->keys[one].algorithm == world->scenario->keys[other].algorithm;
}

/* A signature is tried with each key that has its tag: by those that did not make it, it is bad. */
static void put_signings(const struct hf_drama_stage *stage, struct hf_scene_set *set,
        const struct hf_scenario_signed *sign, hf_time at)
{
	const struct hf_scenario *scenario = stage->world->scenario;
	struct hf_drama_span span = hf_drama_span(scenario, sign, at);
	if (at <= scenario->from)
		span.from -= HF_DRAMA_BEFORE;
	set->ttl = sign->ttl;
	for (unsigned i = 0; i < scenario->key_count; i++) {
		for (uint16_t j = 0; (sign->by >> i & 1) != 0 && j < scenario->key_count; j++) {
			bool bad = i != j || (sign->bad >> i & 1) != 0;
			if ((i == j || mistaken(stage->world, i, j)) &&
			        set->signing_count < HF_SCENE_MEMBERS)
				set->signings[set->signing_count++] =
				        (struct hf_scene_signing){j, bad, span.from, span.until};
		}
	}
}

static void put_members(
        const struct hf_drama_stage *stage, struct hf_scene_set *set, hf_scenario_keys keys)
{
	for (uint16_t i = 0; i < stage->world->scenario->key_count; i++)
		if ((keys >> i & 1) != 0)
			set->members[set->member_count++] = i;
}

/* Without signatures there are no denial records either. */
static enum hf_scene_fault fault_of(const struct hf_scenario_data *data)
{
	if (data->damage == HF_SCENARIO_BITMAP && data->sign.by != 0)
		return HF_SCENE_DENIED;
	return data->damage == HF_SCENARIO_GONE ? HF_SCENE_GONE : HF_SCENE_SOUND;
}

static enum hf_err add_version(struct hf_drama_stage *stage,
        const struct hf_scenario_version *version, hf_time at, uint16_t *ret_number)
{
	const struct hf_drama_world *world = stage->world;
	struct hf_scene_set set = {.bytes = (uint32_t)hf_drama_dnskey_bytes(world, version)};
	struct hf_scene_version made = {.serial = version->serial};
	put_members(stage, &set, version->keys);
	put_signings(stage, &set, &version->dnskey, at);
	enum hf_err err = hf_scene_add_set(stage->scene, &set, &made.dnskey);
	for (unsigned i = 0; i < HF_SCENE_CLASSES && err == HF_OK; i++) {
		const struct hf_scenario_data *data = &version->data[i];
		if (i >= world->scenario->class_count) {
			made.data[i] = made.data[0];
			continue;
		}
		set = (struct hf_scene_set){
		        .bytes = data_bytes(world, i, &data->sign), .fault = fault_of(data)};
		put_signings(stage, &set, &data->sign, at);
		err = hf_scene_add_set(stage->scene, &set, &made.data[i]);
	}
	return err != HF_OK ? err : hf_scene_add_version(stage->scene, &made, ret_number);
}

/* ---- servers ---- */

hf_time hf_drama_stage_arrival(
        const struct hf_drama_stage *stage, enum hf_scene_side side, unsigned server, hf_time at)
{
	if (at <= stage->world->scenario->from)
		return stage->world->scenario->from - HF_DRAMA_BEFORE;
	return at + stage->lags[side][server];
}

/* What was to arrive later than something newer never does. */
static enum hf_err turn(
        struct hf_drama_stage *stage, enum hf_scene_side side, hf_time at, uint16_t what)
{
	for (unsigned i = 0; i < hf_scene_servers(stage->scene, side); i++) {
		struct hf_drama_turns *turns = &stage->turns[side][i];
		hf_time arrival = hf_drama_stage_arrival(stage, side, i, at);
		while (turns->count > 0 && turns->list[turns->count - 1].at >= arrival)
			turns->count--;
		struct hf_drama_turn *list =
		        hf_list_room(turns->list, &turns->cap, turns->count, sizeof(*list));
		if (list == NULL)
			return HF_ERR_NOMEM;
		turns->list = list;
		turns->list[turns->count++] = (struct hf_drama_turn){arrival, what};
	}
	return HF_OK;
}

enum hf_err hf_drama_stage_publish(struct hf_drama_stage *stage,
        const struct hf_scenario_version *version, hf_time at, uint16_t *ret_number)
{
	uint16_t number;
	enum hf_err err = add_version(stage, version, at, &number);
	if (err == HF_OK)
		err = turn(stage, HF_SCENE_ZONE, at, number);
	if (err == HF_OK)
		*ret_number = number;
	return err;
}

enum hf_err hf_drama_stage_ds(struct hf_drama_stage *stage, hf_scenario_keys ds, uint32_t ttl,
        hf_time at, uint16_t *ret_number)
{
	const struct hf_key_size parent = hf_key_size(HF_ALG_RSASHA256, 0);
	size_t zone = stage->world->zone.len, owner = hf_answer_owner(zone);
	struct hf_scene_set set = {.ttl = ttl};
	uint16_t number;
	put_members(stage, &set, ds);
	set.bytes = (uint32_t)(hf_answer_empty(zone) +
	                       set.member_count * hf_answer_record(owner, DS_RDATA) +
	                       hf_answer_record(owner, hf_answer_rrsig(stage->world->parent.len,
	                                                       parent.signature)));
	enum hf_err err = hf_scene_add_set(stage->scene, &set, &number);
	if (err == HF_OK)
		err = turn(stage, HF_SCENE_PARENT, at, number);
	if (err == HF_OK)
		*ret_number = number;
	return err;
}

enum hf_err hf_drama_stage_seal(struct hf_drama_stage *stage)
{
	enum hf_err err = HF_OK;
	for (unsigned side = 0; side < 2; side++) {
		for (unsigned i = 0; i < hf_scene_servers(stage->scene, side); i++) {
			const struct hf_drama_turns *turns = &stage->turns[side][i];
			for (size_t j = 0; j < turns->count && err == HF_OK; j++)
				err = hf_scene_serve(stage->scene, side, i, turns->list[j].at,
				        turns->list[j].what);
		}
	}
	return err != HF_OK ? err : hf_scene_seal(stage->scene);
}

/* ---- the whole ---- */

static enum hf_err add_keys(struct hf_drama_stage *stage)
{
	const struct hf_scenario *scenario = stage->world->scenario;
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < scenario->key_count && err == HF_OK; i++) {
		const struct hf_scenario_key *told = &scenario->keys[i];
		const struct hf_scene_key key = {.algorithm = told->algorithm,
		        .tag = stage->world->keys[i].tag,
		        .sep = told->role != HF_SCENARIO_ZSK,
		        .revokes = told->revokes < 0 ? HF_SCENE_NOTHING : (uint16_t)told->revokes};
		uint16_t number;
		err = hf_scene_add_key(stage->scene, &key, &number);
	}
	return err;
}

enum hf_err hf_drama_stage_init(struct hf_drama_stage *stage, const struct hf_drama_world *world)
{
	*stage = (struct hf_drama_stage){.world = world};
	enum hf_err err =
	        hf_scene_new(world->scenario->parents, world->scenario->servers, &stage->scene);
	return err != HF_OK ? err : add_keys(stage);
}

void hf_drama_stage_done(struct hf_drama_stage *stage)
{
	for (unsigned side = 0; side < 2; side++)
		for (unsigned i = 0; i < HF_SCENE_SERVERS; i++)
			free(stage->turns[side][i].list);
	hf_scene_free(stage->scene);
	stage->scene = NULL;
}
