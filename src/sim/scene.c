/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/scene.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

/* What a server serves from `at` on. */
struct turn {
	hf_time at;
	uint16_t what;
};

struct server {
	struct turn *turns; /* in order of time */
	size_t count, cap;
};

struct hf_scene {
	struct hf_scene_key *keys;
	struct hf_scene_set *sets;
	struct hf_scene_version *versions;
	size_t key_count, key_cap, set_count, set_cap, version_count, version_cap;
	struct server servers[2][HF_SCENE_SERVERS];
	unsigned server_count[2];
	hf_time *changes; /* ascending, each once */
	size_t change_count;
};

enum hf_err hf_scene_new(unsigned parents, unsigned servers, struct hf_scene **ret_scene)
{
	if (parents == 0 || servers == 0 || parents > HF_SCENE_SERVERS ||
	        servers > HF_SCENE_SERVERS)
		return HF_ERR_INVALID;
	struct hf_scene *scene = calloc(1, sizeof(*scene));
	if (scene == NULL)
		return HF_ERR_NOMEM;
	scene->server_count[HF_SCENE_PARENT] = parents;
	scene->server_count[HF_SCENE_ZONE] = servers;
	*ret_scene = scene;
	return HF_OK;
}

void hf_scene_free(struct hf_scene *scene)
{
	if (scene == NULL)
		return;
	for (unsigned side = 0; side < 2; side++)
		for (unsigned i = 0; i < HF_SCENE_SERVERS; i++)
			free(scene->servers[side][i].turns);
	free(scene->keys);
	free(scene->sets);
	free(scene->versions);
	free(scene->changes);
	free(scene);
}

enum hf_err hf_scene_add_key(
        struct hf_scene *scene, const struct hf_scene_key *key, uint16_t *ret_key)
{
	if (scene->key_count == HF_SCENE_LIMIT)
		return HF_ERR_LIMIT;
	struct hf_scene_key *keys =
	        hf_list_room(scene->keys, &scene->key_cap, scene->key_count, sizeof(*keys));
	if (keys == NULL)
		return HF_ERR_NOMEM;
	scene->keys = keys;
	*ret_key = (uint16_t)scene->key_count;
	scene->keys[scene->key_count++] = *key;
	return HF_OK;
}

static bool same_signing(const struct hf_scene_signing *a, const struct hf_scene_signing *b)
{
	return a->key == b->key && a->bad == b->bad && a->from == b->from && a->until == b->until;
}

static bool same_set(const struct hf_scene_set *a, const struct hf_scene_set *b)
{
	if (a->member_count != b->member_count || a->signing_count != b->signing_count ||
	        a->ttl != b->ttl || a->bytes != b->bytes || a->fault != b->fault ||
	        memcmp(a->members, b->members, a->member_count * sizeof(a->members[0])) != 0)
		return false;
	for (unsigned i = 0; i < a->signing_count; i++)
		if (!same_signing(&a->signings[i], &b->signings[i]))
			return false;
	return true;
}

static bool known_keys(const struct hf_scene *scene, const struct hf_scene_set *set)
{
	if (set->member_count > HF_SCENE_MEMBERS || set->signing_count > HF_SCENE_MEMBERS)
		return false;
	for (unsigned i = 0; i < set->member_count; i++)
		if (set->members[i] >= scene->key_count)
			return false;
	for (unsigned i = 0; i < set->signing_count; i++)
		if (set->signings[i].key >= scene->key_count)
			return false;
	return true;
}

enum hf_err hf_scene_add_set(
        struct hf_scene *scene, const struct hf_scene_set *set, uint16_t *ret_set)
{
	if (!known_keys(scene, set))
		return HF_ERR_INVALID;
	/* What comes again is mostly what came a little while ago. */
	for (size_t i = scene->set_count; i-- > 0;) {
		if (same_set(&scene->sets[i], set)) {
			*ret_set = (uint16_t)i;
			return HF_OK;
		}
	}
	if (scene->set_count == HF_SCENE_LIMIT)
		return HF_ERR_LIMIT;
	struct hf_scene_set *sets =
	        hf_list_room(scene->sets, &scene->set_cap, scene->set_count, sizeof(*sets));
	if (sets == NULL)
		return HF_ERR_NOMEM;
	scene->sets = sets;
	*ret_set = (uint16_t)scene->set_count;
	scene->sets[scene->set_count++] = *set;
	return HF_OK;
}

enum hf_err hf_scene_add_version(
        struct hf_scene *scene, const struct hf_scene_version *version, uint16_t *ret_version)
{
	if (version->dnskey >= scene->set_count)
		return HF_ERR_INVALID;
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		if (version->data[i] >= scene->set_count)
			return HF_ERR_INVALID;
	if (scene->version_count == HF_SCENE_LIMIT)
		return HF_ERR_LIMIT;
	struct hf_scene_version *versions = hf_list_room(
	        scene->versions, &scene->version_cap, scene->version_count, sizeof(*versions));
	if (versions == NULL)
		return HF_ERR_NOMEM;
	scene->versions = versions;
	*ret_version = (uint16_t)scene->version_count;
	scene->versions[scene->version_count++] = *version;
	return HF_OK;
}

enum hf_err hf_scene_serve(
        struct hf_scene *scene, enum hf_scene_side side, unsigned server, hf_time at, uint16_t what)
{
	size_t known = side == HF_SCENE_PARENT ? scene->set_count : scene->version_count;
	if (server >= scene->server_count[side] || (what >= known && what != HF_SCENE_NOTHING))
		return HF_ERR_INVALID;
	struct server *here = &scene->servers[side][server];
	if (here->count > 0 && at < here->turns[here->count - 1].at)
		return HF_ERR_INVALID;
	struct turn *turns = hf_list_room(here->turns, &here->cap, here->count, sizeof(*turns));
	if (turns == NULL)
		return HF_ERR_NOMEM;
	here->turns = turns;
	here->turns[here->count++] = (struct turn){at, what};
	return HF_OK;
}

static int by_time(const void *a, const void *b)
{
	hf_time first = *(const hf_time *)a, second = *(const hf_time *)b;
	return (first > second) - (first < second);
}

enum hf_err hf_scene_seal(struct hf_scene *scene)
{
	size_t room = 0, count = 0, kept = 0;
	for (unsigned side = 0; side < 2; side++)
		for (unsigned i = 0; i < scene->server_count[side]; i++)
			room += scene->servers[side][i].count;
	for (size_t i = 0; i < scene->set_count; i++)
		room += 2 * (size_t)scene->sets[i].signing_count;
	hf_time *changes = calloc(room + 1, sizeof(*changes));
	if (changes == NULL)
		return HF_ERR_NOMEM;
	for (unsigned side = 0; side < 2; side++)
		for (unsigned i = 0; i < scene->server_count[side]; i++)
			for (size_t j = 0; j < scene->servers[side][i].count; j++)
				changes[count++] = scene->servers[side][i].turns[j].at;
	for (size_t i = 0; i < scene->set_count; i++) {
		for (unsigned j = 0; j < scene->sets[i].signing_count; j++) {
			const struct hf_scene_signing *signing = &scene->sets[i].signings[j];
			changes[count++] = signing->from;
			if (signing->until != HF_TIME_NEVER)
				changes[count++] = signing->until + 1;
		}
	}
	qsort(changes, count, sizeof(*changes), by_time);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || changes[kept - 1] != changes[i])
			changes[kept++] = changes[i];
	free(scene->changes);
	scene->changes = changes;
	scene->change_count = kept;
	return HF_OK;
}

unsigned hf_scene_servers(const struct hf_scene *scene, enum hf_scene_side side)
{
	return scene->server_count[side];
}

uint16_t hf_scene_served(
        const struct hf_scene *scene, enum hf_scene_side side, unsigned server, hf_time at)
{
	const struct server *here = &scene->servers[side][server];
	size_t low = 0, high = here->count; /* turns before `low` have begun */
	if (high > 0 && here->turns[high - 1].at <= at)
		return here->turns[high - 1].what;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (here->turns[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? HF_SCENE_NOTHING : here->turns[low - 1].what;
}

const struct hf_scene_set *hf_scene_set_at(const struct hf_scene *scene, uint16_t set)
{
	return &scene->sets[set];
}

const struct hf_scene_version *hf_scene_version_at(const struct hf_scene *scene, uint16_t version)
{
	return &scene->versions[version];
}

const struct hf_scene_key *hf_scene_key_at(const struct hf_scene *scene, uint16_t key)
{
	return &scene->keys[key];
}

hf_time hf_scene_next_change(const struct hf_scene *scene, hf_time at)
{
	size_t low = 0, high = scene->change_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (scene->changes[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low == scene->change_count ? HF_TIME_NEVER : scene->changes[low];
}

uint32_t hf_scene_longest_ttl(const struct hf_scene *scene)
{
	uint32_t longest = 0;
	for (size_t i = 0; i < scene->set_count; i++)
		longest = scene->sets[i].ttl > longest ? scene->sets[i].ttl : longest;
	return longest;
}
