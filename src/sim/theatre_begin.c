/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The world before the curtain rises: all has been as it is for long, and everybody has seen it. */
#include <stdio.h>
#include <string.h>

#include "sim/theatre_inside.h"

#define DAY    INT64_C(86400)
#define BEFORE (60 * DAY) /* longer than any TTL and any hold-down */

/* ---- places ---- */

/* The names that the policy has for its servers, as far as it has any. */
static void name_places(struct hf_places *places, unsigned count, const char *word)
{
	for (unsigned i = (unsigned)places->count; i < count; i++)
		snprintf(places->names[i], HF_PLACE_MAX, "%s %u", word, i + 1);
	places->count = count;
}

enum hf_err hf_theatre_find_places(struct hf_theatre *theatre)
{
	struct hf_places *parents = &theatre->policy.parent.servers;
	struct hf_places *servers = &theatre->policy.secondaries.servers;
	struct hf_evidence *evidence = theatre->mind.evidence;
	enum hf_err err =
	        hf_scene_new(theatre->world.parents, theatre->world.servers, &theatre->play->scene);
	name_places(parents, theatre->world.parents, "parent's server");
	name_places(servers, theatre->world.servers, "secondary");
	for (unsigned i = 0; i < theatre->world.servers; i++)
		theatre->servers[i].version = HF_THEATRE_NO_VERSION;
	for (unsigned i = 0; i < theatre->world.parents; i++)
		theatre->delegations[i] = (struct hf_theatre_delegation){
		        .changed = HF_TIME_NONE, .looked = HF_TIME_NONE, .look = HF_TIME_NEVER};
	for (unsigned i = 0; i < theatre->world.parents && err == HF_OK; i++)
		err = hf_evidence_place(evidence, parents->names[i], &theatre->parent_places[i]);
	for (unsigned i = 0; i < theatre->world.servers && err == HF_OK; i++) {
		err = hf_evidence_place(evidence, servers->names[i], &theatre->places[i]);
		if (err == HF_OK)
			err = hf_evidence_add_secondary(evidence, theatre->places[i]);
	}
	return err;
}

/* ---- keys ---- */

static enum hf_err adopt(struct hf_theatre *theatre, enum hf_role role, struct hf_rdata dnskey,
        unsigned uses, hf_time born)
{
	unsigned key;
	enum hf_err err = hf_theatre_key_add(theatre, role, dnskey);
	return err == HF_OK ? hf_roll_adopt_key(&theatre->mind.state, role, dnskey, uses, born,
	                              theatre->diag, &key)
	                    : err;
}

/* A key that is somewhere in its lifetime. */
static enum hf_err made_up(struct hf_theatre *theatre, enum hf_role role)
{
	const struct hf_policy_role *policy = &theatre->policy.roles[role];
	unsigned uses = HF_USE_PUBLISHED | HF_USE_SIGNS | (role == HF_ROLE_ZSK ? 0 : HF_USE_DS);
	int64_t lifetime = policy->lifetime > 0 ? policy->lifetime : BEFORE;
	hf_time born = theatre->job->at -
	               (int64_t)hf_random_below(&theatre->key_random, (uint64_t)lifetime);
	struct hf_rdata dnskey;
	unsigned key;
	enum hf_err err =
	        hf_theatre_key_make(theatre, role, policy->algorithm, policy->bits, &dnskey);
	if (err == HF_ERR_UNSUPPORTED)
		return hf_fail(theatre->diag, HF_ERR_INVALID,
		        "keys of algorithm %u cannot be made up; name one that can be signed with",
		        policy->algorithm);
	return err == HF_OK ? hf_roll_adopt_key(&theatre->mind.state, role, dnskey, uses, born,
	                              theatre->diag, &key)
	                    : err;
}

static enum hf_err adopt_all(struct hf_theatre *theatre)
{
	const struct hf_theatre_job *job = theatre->job;
	bool csk = theatre->policy.model == HF_MODEL_CSK;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < job->key_count && err == HF_OK; i++)
		err = adopt(theatre, job->keys[i].role, job->keys[i].dnskey, job->keys[i].uses,
		        job->keys[i].born);
	if (err == HF_OK && job->key_count == 0 && !job->is_unsigned)
		err = made_up(theatre, csk ? HF_ROLE_CSK : HF_ROLE_KSK);
	if (err == HF_OK && job->key_count == 0 && !job->is_unsigned && !csk)
		err = made_up(theatre, HF_ROLE_ZSK);
	return err;
}

/* ---- what everybody has seen ---- */

/* Signatures of every age: classes of data come due one after the other. */
static void age(struct hf_theatre *theatre, struct hf_theatre_version *version)
{
	const struct hf_policy_signatures *policy = &theatre->policy.signatures;
	int64_t left = hf_theatre_version_due(theatre, version) - theatre->now;
	left = left > 0 ? left : 0;
	for (unsigned i = 0; i <= HF_SCENE_CLASSES; i++) {
		struct hf_theatre_signed *made = i == 0 ? &version->dnskey : &version->data[i - 1];
		if (made->by.count == 0)
			continue;
		made->from = theatre->job->at - BEFORE - policy->validity;
		made->until += BEFORE - left * i / (HF_SCENE_CLASSES + 1);
	}
}

static enum hf_err first_version(struct hf_theatre *theatre)
{
	const unsigned kinds = 1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS;
	const struct hf_wanted wanted = {
	        .waypoint = theatre->cue != NULL ? theatre->cue->way : theatre->mind.state.rest};
	struct hf_served served[HF_THEATRE_SERVED];
	struct hf_theatre_version version;
	enum hf_theatre_made made;
	size_t count;
	enum hf_err err = hf_theatre_version_make(theatre, &wanted, &version, &made);
	if (err != HF_OK)
		return err;
	age(theatre, &version);
	version.at = version.shown = theatre->job->at - BEFORE;
	version.made = 0;
	err = hf_theatre_version_served(theatre, &version, served, &count);
	if (err == HF_OK)
		err = hf_evidence_observe(
		        theatre->mind.evidence, HF_PUBLISHED, kinds, served, count, version.at);
	if (err == HF_OK)
		err = hf_theatre_version_stage(theatre, &version);
	if (err == HF_OK)
		err = hf_theatre_append(theatre, &version);
	theatre->visible = theatre->version_count;
	for (unsigned i = 0; i < theatre->world.servers && err == HF_OK; i++) {
		err = hf_theatre_transfer(theatre, i, 0);
		if (err == HF_OK)
			err = hf_evidence_sighting(theatre->mind.evidence, theatre->places[i],
			        version.at + 1, version.at);
	}
	return err == HF_OK ? hf_theatre_plot(theatre, &version) : err;
}

static enum hf_err first_delegation(struct hf_theatre *theatre)
{
	hf_keys ds = theatre->cue != NULL ? theatre->cue->way.ds : theatre->mind.state.rest.ds;
	struct hf_served served = {.ttl = theatre->world.ds_ttl};
	struct hf_theatre_keys keys;
	enum hf_err err = hf_theatre_keys_of(theatre, ds, 0, &keys);
	if (err == HF_OK)
		err = hf_theatre_ds_set(theatre, &keys, &theatre->registry);
	if (err == HF_OK)
		err = hf_theatre_content_ds(theatre, &keys, &served.content);
	for (unsigned i = 0; i < theatre->world.parents && err == HF_OK; i++) {
		err = hf_theatre_delegate(theatre, i, theatre->registry);
		if (err == HF_OK)
			err = hf_evidence_observe(theatre->mind.evidence, theatre->parent_places[i],
			        1u << HF_KIND_DS, &served, 1, theatre->now);
	}
	return err;
}

/* ---- what is going to happen ---- */

static enum hf_err foresee_faults(struct hf_theatre *theatre)
{
	const struct hf_theatre_job *job = theatre->job;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < job->fault_count && err == HF_OK; i++) {
		const struct hf_theatre_fault *fault = &job->faults[i];
		hf_time backup = fault->at - fault->amount;
		if (fault->kind == HF_FAULT_RESTORED)
			err = hf_theatre_foresee(theatre, backup > job->at ? backup : job->at,
			        HF_THEATRE_BACKUP, 0, i);
		if (err == HF_OK)
			err = hf_theatre_foresee(theatre, fault->at, HF_THEATRE_FAULT, 0, i);
	}
	return err;
}

static enum hf_err foresee_all(struct hf_theatre *theatre)
{
	const struct hf_theatre_job *job = theatre->job;
	enum hf_err err =
	        hf_theatre_foresee(theatre, job->at, HF_THEATRE_RUN, 0, ++theatre->run_plan);
	if (err == HF_OK)
		err = foresee_faults(theatre);
	for (size_t i = 0; i < job->change_count && err == HF_OK; i++)
		err = hf_theatre_foresee(theatre, job->changes[i].at, HF_THEATRE_CHANGE, 0, i);
	for (size_t i = 1; i < job->cue_count && err == HF_OK; i++)
		err = hf_theatre_foresee(theatre, job->cues[i].at, HF_THEATRE_CUE, 0, i);
	if (err == HF_OK && theatre->world.edits > 0)
		err = hf_theatre_foresee(
		        theatre, job->at + theatre->world.edits, HF_THEATRE_EDIT, 0, 0);
	return err == HF_OK ? hf_theatre_foresee(theatre, job->at, HF_THEATRE_WATCH, 0, 0) : err;
}

/* All has been as it is for long. */
static enum hf_err rest(struct hf_theatre *theatre)
{
	const struct hf_theatre_job *job = theatre->job;
	struct hf_theatre_mind *mind = &theatre->mind;
	const struct hf_policy_denial *denial = &theatre->policy.denial;
	struct hf_way_denial denies = {.kind = denial->kind,
	        .opt_out = denial->kind == HF_DENIAL_NSEC3 && denial->opt_out};
	enum hf_err err = hf_evidence_new(job->zone, &mind->evidence);
	if (err == HF_OK)
		err = hf_theatre_find_places(theatre);
	if (err == HF_OK)
		err = adopt_all(theatre);
	if (err != HF_OK)
		return err;
	hf_roll_adopt_denial(&mind->state, job->key_count > 0 ? job->denial : denies);
	hf_evidence_set_expire(mind->evidence, theatre->world.expire);
	theatre->now = job->at - BEFORE;
	err = first_version(theatre);
	if (err == HF_OK)
		err = first_delegation(theatre);
	theatre->now = job->at;
	if (err == HF_OK)
		err = hf_theatre_keep_step(
		        theatre, theatre->cue != NULL ? &theatre->cue->way : &mind->state.rest);
	return err;
}

enum hf_err hf_theatre_begin(struct hf_theatre *theatre)
{
	theatre->now = theatre->job->at;
	theatre->cue = theatre->job->cues;
	enum hf_err err = theatre->job->state != NULL ? hf_theatre_resume(theatre) : rest(theatre);
	return err == HF_OK ? foresee_all(theatre) : err;
}
