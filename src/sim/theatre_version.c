/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Versions of the zone: which signatures are made anew, and what a version is to whom. */
#include <string.h>

#include "sim/theatre_inside.h"

/* ---- signatures ---- */

static uint32_t largest_ttl(const struct hf_theatre *theatre)
{
	uint32_t ttl = theatre->policy.dnskey_ttl;
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		ttl = theatre->world.data_ttl[i] > ttl ? theatre->world.data_ttl[i] : ttl;
	return ttl;
}

/* When a signature has to be replaced: it is never to be the last in a cache. */
static hf_time due_at(const struct hf_theatre *theatre, const struct hf_theatre_signed *made)
{
	int64_t refresh = theatre->policy.signatures.refresh, ttl = largest_ttl(theatre);
	if (made->by.count == 0)
		return HF_TIME_NEVER;
	return made->until - (refresh > ttl ? refresh : ttl);
}

static bool is_due(const struct hf_theatre *theatre, const struct hf_theatre_signed *made)
{
	hf_time clock = hf_theatre_clock(theatre);
	return due_at(theatre, made) <= clock || (made->by.count > 0 && made->from > clock);
}

hf_time hf_theatre_version_due(
        const struct hf_theatre *theatre, const struct hf_theatre_version *version)
{
	hf_time due = due_at(theatre, &version->dnskey);
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++) {
		hf_time one = due_at(theatre, &version->data[i]);
		due = one < due ? one : due;
	}
	return due;
}

hf_time hf_theatre_version_end(const struct hf_theatre_version *version)
{
	hf_time end = version->dnskey.by.count > 0 ? version->dnskey.until : HF_TIME_NEVER;
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++) {
		const struct hf_theatre_signed *made = &version->data[i];
		if (made->by.count > 0 && made->until < end)
			end = made->until;
	}
	return end;
}

static void sign(struct hf_theatre *theatre, const struct hf_theatre_keys *by,
        struct hf_theatre_signed *made)
{
	const struct hf_policy_signatures *policy = &theatre->policy.signatures;
	hf_time clock = hf_theatre_clock(theatre);
	*made = (struct hf_theatre_signed){.by = *by,
	        .from = clock - policy->inception_offset,
	        .until = clock + policy->validity,
	        .bad = by->count > 0 && theatre->hsm_lies > 0};
	if (policy->jitter > 0)
		made->until -= (int64_t)hf_random_below(
		        &theatre->sign_random, (uint64_t)policy->jitter + 1);
	if (by->count == 0)
		*made = (struct hf_theatre_signed){.from = HF_TIME_NONE, .until = HF_TIME_NEVER};
}

/* What the signatures over a class of data count for. */
static uint64_t share(const struct hf_theatre *theatre, unsigned class)
{
	uint64_t rrsets = theatre->job->profile->rrsets;
	return class == 0 ? 1 : (rrsets + class - 1) / (HF_SCENE_CLASSES - 1);
}

/* ---- making ---- */

struct making {
	struct hf_theatre *theatre;
	const struct hf_theatre_version *before; /* NULL: there is none */
	struct hf_theatre_version version;
	bool changed;
};

static void make_keys(struct making *making, const struct hf_theatre_keys *signers)
{
	struct hf_theatre_version *version = &making->version;
	const struct hf_theatre_version *before = making->before;
	bool same = before != NULL &&
	            hf_theatre_keys_same(&before->published, &version->published) &&
	            hf_theatre_keys_same(&before->dnskey.by, signers) &&
	            before->dnskey_ttl == version->dnskey_ttl;
	version->remarkable |= !same;
	if (same && !is_due(making->theatre, &before->dnskey)) {
		version->dnskey = before->dnskey;
		return;
	}
	sign(making->theatre, signers, &version->dnskey);
	version->made += signers->count;
	making->changed = true;
}

static void make_data(struct making *making, unsigned class, const struct hf_theatre_keys *signers)
{
	struct hf_theatre_version *version = &making->version;
	const struct hf_theatre_signed *before =
	        making->before != NULL ? &making->before->data[class] : NULL;
	bool same = before != NULL && hf_theatre_keys_same(&before->by, signers);
	bool later = before != NULL && version->way.gradual && class > 0 && before->by.count > 0 &&
	             signers->count > 0;
	bool denies = class == HF_SCENE_CLASSES - 1 && making->before != NULL &&
	              memcmp(&making->before->way.denial, &version->way.denial,
	                      sizeof(version->way.denial)) != 0;
	version->remarkable |= !same || denies;
	if ((same || later) && !denies && !is_due(making->theatre, before)) {
		version->data[class] = *before;
		return;
	}
	sign(making->theatre, signers, &version->data[class]);
	version->made += signers->count * share(making->theatre, class);
	making->changed = true;
}

static enum hf_err make_cds(struct making *making, const struct hf_wanted *wanted)
{
	struct hf_theatre_version *version = &making->version;
	const struct hf_theatre_version *before = making->before;
	enum hf_err err = HF_OK;
	version->cds = wanted->cds;
	if (wanted->cds == HF_CDS_KEYS)
		err = hf_theatre_keys_of(making->theatre, wanted->waypoint.ds, 0, &version->ds);
	making->changed |= before == NULL || before->cds != version->cds ||
	                   !hf_theatre_keys_same(&before->ds, &version->ds);
	return err;
}

/* The newest version that the signer knows of. */
static const struct hf_theatre_version *newest(const struct hf_theatre *theatre)
{
	size_t count = theatre->mind.versions;
	return count > 0 ? &theatre->versions[count - 1] : NULL;
}

enum hf_err hf_theatre_version_make(struct hf_theatre *theatre, const struct hf_wanted *wanted,
        struct hf_theatre_version *ret_version, enum hf_theatre_made *ret_made)
{
	const struct hf_waypoint *way = &wanted->waypoint;
	struct making making = {.theatre = theatre,
	        .before = newest(theatre),
	        .version = {.at = hf_theatre_clock(theatre),
	                .serial = (uint32_t)theatre->version_count + 1,
	                .dnskey_ttl = theatre->policy.dnskey_ttl,
	                .way = *way},
	        .changed = theatre->edited};
	struct hf_theatre_version *version = &making.version;
	struct hf_theatre_keys sign_keys, sign_data;
	memcpy(version->data_ttl, theatre->world.data_ttl, sizeof(version->data_ttl));
	enum hf_err err =
	        hf_theatre_keys_of(theatre, way->published, way->revoked, &version->published);
	if (err == HF_OK)
		err = hf_theatre_keys_of(theatre, way->sign_keys, way->revoked, &sign_keys);
	if (err == HF_OK)
		err = hf_theatre_keys_of(theatre, way->sign_data, 0, &sign_data);
	if (err == HF_OK)
		err = make_cds(&making, wanted);
	if (err != HF_OK)
		return err;
	make_keys(&making, &sign_keys);
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		make_data(&making, i, &sign_data);
	/* The SOA's serial is another one in each version. */
	if (making.changed)
		sign(theatre, &sign_data, &version->data[0]);
	*ret_version = *version;
	*ret_made = !making.changed                                ? HF_MADE_NOTHING
	            : theatre->hsm_down > 0 && sign_data.count > 0 ? HF_MADE_UNABLE
	                                                           : HF_MADE_VERSION;
	return HF_OK;
}

/* ---- sizes ---- */

static size_t sizes_of(const struct hf_theatre *theatre, const struct hf_theatre_keys *keys,
        struct hf_key_size sizes[HF_SCENE_MEMBERS])
{
	for (unsigned i = 0; i < keys->count; i++) {
		const struct hf_theatre_key *key =
		        &theatre->play->keys[theatre->shown[keys->list[i]].key];
		sizes[i] = hf_key_size_of((struct hf_rdata){key->dnskey, key->dnskey_len});
	}
	return keys->count;
}

void hf_theatre_version_size(const struct hf_theatre *theatre,
        const struct hf_theatre_version *version, struct hf_zone_size *ret_size)
{
	struct hf_key_size published[HF_SCENE_MEMBERS], keys[HF_SCENE_MEMBERS],
	        data[HF_SCENE_MEMBERS];
	struct hf_zone_shape shape = {.published = published,
	        .published_count = sizes_of(theatre, &version->published, published),
	        .sign_keys = keys,
	        .sign_keys_count = sizes_of(theatre, &version->dnskey.by, keys),
	        .sign_data = data,
	        .sign_data_count = sizes_of(theatre, &version->data[0].by, data),
	        .denial = theatre->policy.denial,
	        .zonemd = theatre->policy.zonemd};
	shape.denial.kind = version->way.denial.kind;
	shape.denial.opt_out = version->way.denial.opt_out;
	hf_zone_size(theatre->job->profile, &shape, ret_size);
}

/* ---- in the scene ---- */

static void put_signings(const struct hf_theatre_signed *made, struct hf_scene_set *set)
{
	for (unsigned i = 0; i < made->by.count; i++)
		set->signings[set->signing_count++] = (struct hf_scene_signing){
		        made->by.list[i], made->bad, made->from, made->until};
}

enum hf_err hf_theatre_version_stage(struct hf_theatre *theatre, struct hf_theatre_version *version)
{
	struct hf_scene *scene = theatre->play->scene;
	struct hf_scene_version staged = {.serial = version->serial};
	struct hf_scene_set keys = {.ttl = version->dnskey_ttl};
	struct hf_zone_size size;
	hf_theatre_version_size(theatre, version, &size);
	keys.bytes = (uint32_t)size.dnskey;
	for (unsigned i = 0; i < version->published.count; i++)
		keys.members[keys.member_count++] = version->published.list[i];
	put_signings(&version->dnskey, &keys);
	enum hf_err err = hf_scene_add_set(scene, &keys, &staged.dnskey);
	for (unsigned i = 0; i < HF_SCENE_CLASSES && err == HF_OK; i++) {
		bool denial = i == HF_SCENE_CLASSES - 1;
		struct hf_scene_set data = {.ttl = version->data_ttl[i],
		        .bytes = (uint32_t)(denial ? size.negative : size.typical)};
		put_signings(&version->data[i], &data);
		err = hf_scene_add_set(scene, &data, &staged.data[i]);
	}
	return err == HF_OK ? hf_scene_add_version(scene, &staged, &version->number) : err;
}

/* ---- for the gate ---- */

/* Data with the same signers is one content, which holds while all of its signatures do. */
static unsigned merge(const struct hf_theatre *theatre, const struct hf_theatre_version *version,
        struct hf_theatre_signed merged[HF_SCENE_CLASSES], struct hf_served served[])
{
	unsigned count = 0;
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++) {
		const struct hf_theatre_signed *made = &version->data[i];
		uint32_t ttl = version->data_ttl[i];
		unsigned j = 0;
		while (j < count && !hf_theatre_keys_same(&merged[j].by, &made->by))
			j++;
		if (j == count) {
			merged[count] = *made;
			served[count++] = (struct hf_served){.ttl = ttl};
		}
		merged[j].from = made->from > merged[j].from ? made->from : merged[j].from;
		merged[j].until = made->until < merged[j].until ? made->until : merged[j].until;
		merged[j].bad |= made->bad;
		served[j].ttl = ttl > served[j].ttl ? ttl : served[j].ttl;
		served[j].rrsets += share(theatre, i);
	}
	return count;
}

enum hf_err hf_theatre_version_served(struct hf_theatre *theatre,
        const struct hf_theatre_version *version, struct hf_served served[HF_THEATRE_SERVED],
        size_t *ret_count)
{
	struct hf_theatre_signed merged[HF_SCENE_CLASSES];
	unsigned count = merge(theatre, version, merged, served + 1);
	served[0] = (struct hf_served){.ttl = version->dnskey_ttl};
	enum hf_err err = hf_theatre_content_keys(theatre, version, &served[0].content);
	for (unsigned i = 0; i < count && err == HF_OK; i++)
		err = hf_theatre_content_data(theatre, &merged[i], &served[i + 1].content);
	if (err == HF_OK)
		*ret_count = count + 1;
	return err;
}
