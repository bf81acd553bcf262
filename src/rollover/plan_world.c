/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/plan_world.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"

#define SECONDARY "that is slowest" /* stands for all of them, when the policy names none */

static bool has(hf_keys keys, unsigned key)
{
	return (keys >> key & 1) != 0;
}

/* ---- Contents ---- */

/* The number of a key in the evidence, with the REVOKE bit if it is to be revoked. */
static enum hf_err intern_key(
        struct hf_plan_world *world, unsigned key, bool revoked, uint32_t *ret_number)
{
	const struct hf_roll_key *from = &world->state.keys[key];
	uint8_t *copy = malloc(from->dnskey_len);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	memcpy(copy, from->dnskey, from->dnskey_len);
	if (revoked)
		copy[1] |= HF_DNSKEY_REVOKE;
	enum hf_err err = hf_evidence_key(
	        world->evidence, (struct hf_rdata){copy, from->dnskey_len}, ret_number);
	free(copy);
	return err;
}

/* The signatures of an ideal world are always fresh. */
static enum hf_err put_signings(struct hf_plan_world *world, hf_keys keys, hf_keys revoked,
        struct hf_signing signings[HF_ROLL_KEYS], size_t *ret_count)
{
	size_t count = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (!has(keys, i))
			continue;
		struct hf_signing *signing = &signings[count++];
		*signing =
		        (struct hf_signing){.inception = HF_TIME_NONE, .expiration = HF_TIME_NEVER};
		enum hf_err err = intern_key(world, i, has(revoked, i), &signing->key);
		if (err != HF_OK)
			return err;
	}
	*ret_count = count;
	return HF_OK;
}

static enum hf_err dnskey_content(
        struct hf_plan_world *world, const struct hf_waypoint *way, uint32_t *ret_content)
{
	uint32_t members[HF_ROLL_KEYS];
	struct hf_signing signings[HF_ROLL_KEYS];
	struct hf_content content = {
	        .kind = HF_KIND_DNSKEY, .members = members, .signings = signings};
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (!has(way->published, i))
			continue;
		enum hf_err err = intern_key(
		        world, i, has(way->revoked, i), &members[content.member_count++]);
		if (err != HF_OK)
			return err;
	}
	enum hf_err err =
	        put_signings(world, way->sign_keys, way->revoked, signings, &content.signing_count);
	return err == HF_OK ? hf_evidence_content(world->evidence, &content, ret_content) : err;
}

static enum hf_err signers_content(struct hf_plan_world *world, hf_keys keys, uint32_t *ret_content)
{
	struct hf_signing signings[HF_ROLL_KEYS];
	struct hf_content content = {.kind = HF_KIND_SIGNERS, .signings = signings};
	enum hf_err err = put_signings(world, keys, 0, signings, &content.signing_count);
	return err == HF_OK ? hf_evidence_content(world->evidence, &content, ret_content) : err;
}

static enum hf_err intern_ds(
        struct hf_plan_world *world, unsigned key, uint8_t digest_type, uint32_t *ret_ds)
{
	const struct hf_roll_key *from = &world->state.keys[key];
	struct hf_buf bytes = {.data = NULL};
	enum hf_err err = hf_ds_put(&bytes, digest_type, &world->state.zone,
	        (struct hf_rdata){from->dnskey, from->dnskey_len});
	if (err == HF_OK)
		err = hf_buf_check(&bytes);
	if (err == HF_OK)
		err = hf_evidence_ds(world->evidence,
		        (struct hf_rdata){bytes.data, (uint16_t)bytes.len}, ret_ds);
	hf_buf_done(&bytes);
	return err;
}

static enum hf_err ds_content(struct hf_plan_world *world, hf_keys keys, uint32_t *ret_content)
{
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_content content = {.kind = HF_KIND_DS, .members = members};
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		for (uint8_t type = 1; has(keys, i) && type < 8; type++) {
			if ((world->policy.parent.digests >> type & 1) == 0)
				continue;
			if (content.member_count == HF_CONTENT_MEMBERS)
				return HF_ERR_LIMIT;
			enum hf_err err =
			        intern_ds(world, i, type, &members[content.member_count++]);
			if (err != HF_OK)
				return err;
		}
	}
	return hf_evidence_content(world->evidence, &content, ret_content);
}

/* ---- What is seen ---- */

static enum hf_err happen_later(struct hf_plan_world *world, const struct hf_happening *happening)
{
	if (world->count == HF_HAPPENINGS)
		return HF_ERR_LIMIT;
	world->happenings[world->count++] = *happening;
	return HF_OK;
}

/* Secondaries will have what was published just now. */
static enum hf_err see_secondaries_later(struct hf_plan_world *world)
{
	const struct hf_happening seen = {.kind = HF_HAPPEN_SECONDARY,
	        .at = world->now + world->policy.secondaries.delay,
	        .version = world->now};
	return happen_later(world, &seen);
}

static enum hf_err see_ds(struct hf_plan_world *world, hf_keys keys)
{
	const struct hf_places *servers = &world->policy.parent.servers;
	struct hf_served served = {.ttl = (uint32_t)world->policy.parent.ds_ttl};
	enum hf_err err = ds_content(world, keys, &served.content);
	/* Without servers to look at, a person says what was seen. */
	size_t count = servers->count > 0 ? servers->count : 1;
	for (size_t i = 0; i < count && err == HF_OK; i++) {
		uint32_t place;
		err = hf_evidence_place(world->evidence,
		        servers->count > 0 ? servers->names[i] : HF_PLACE_OPERATOR, &place);
		if (err == HF_OK)
			err = hf_evidence_observe(
			        world->evidence, place, 1u << HF_KIND_DS, &served, 1, world->now);
	}
	return err;
}

/* The secondaries of the policy, or one that stands for them. */
static size_t secondary_count(const struct hf_plan_world *world)
{
	size_t count = world->policy.secondaries.servers.count;
	return count > 0 ? count : 1;
}

static enum hf_err secondary_place(struct hf_plan_world *world, size_t index, uint32_t *ret_place)
{
	const struct hf_places *servers = &world->policy.secondaries.servers;
	return hf_evidence_place(
	        world->evidence, servers->count > 0 ? servers->names[index] : SECONDARY, ret_place);
}

static enum hf_err see_secondaries(struct hf_plan_world *world, hf_time version)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < secondary_count(world) && err == HF_OK; i++) {
		uint32_t place;
		err = secondary_place(world, i, &place);
		if (err == HF_OK)
			err = hf_evidence_sighting(world->evidence, place, world->now, version);
	}
	return err;
}

/* What the zone serves now. While signatures are replaced one by one, `before` sign some of it. */
static enum hf_err see_zone(struct hf_plan_world *world, const hf_keys *before)
{
	struct hf_served served[3];
	size_t count = 2;
	uint32_t ttl = world->job->profile->largest_ttl;
	enum hf_err err = dnskey_content(world, &world->shown, &served[0].content);
	bool as_found = world->now < world->job->at && world->job->dnskey_ttl != 0;
	served[0].ttl = as_found ? world->job->dnskey_ttl : world->policy.dnskey_ttl;
	if (err == HF_OK)
		err = signers_content(world, world->shown.sign_data, &served[1].content);
	if (err == HF_OK && before != NULL) {
		err = signers_content(world, *before, &served[2].content);
		count++;
	}
	for (size_t i = 0; i < count; i++)
		served[i].rrsets = i > 0 ? world->job->profile->rrsets : 0;
	for (size_t i = 1; i < count; i++)
		served[i].ttl = ttl;
	if (err != HF_OK)
		return err;
	return hf_evidence_observe(world->evidence, HF_PUBLISHED,
	        1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS, served, count, world->now);
}

/* ---- The start ---- */

static enum hf_err adopt(struct hf_plan_world *world, struct hf_diag *diag)
{
	const struct hf_plan_job *job = world->job;
	enum hf_err err = HF_OK;
	unsigned number;
	for (size_t i = 0; i < job->key_count && err == HF_OK; i++)
		err = hf_roll_adopt_key(&world->state, job->keys[i].role, job->keys[i].dnskey,
		        job->keys[i].uses, job->keys[i].born, diag, &number);
	for (size_t i = 0; i < job->tag_count && err == HF_OK; i++)
		err = hf_roll_adopt_tag(&world->state, job->tags[i]);
	hf_roll_adopt_denial(&world->state, job->denial);
	return err;
}

static enum hf_err see_all(struct hf_plan_world *world)
{
	world->shown = world->state.rest;
	enum hf_err err = see_zone(world, NULL);
	if (err == HF_OK)
		err = see_ds(world, world->shown.ds);
	for (size_t i = 0; i < secondary_count(world) && err == HF_OK; i++) {
		uint32_t place;
		err = secondary_place(world, i, &place);
		if (err == HF_OK)
			err = hf_evidence_add_secondary(world->evidence, place);
	}
	return err == HF_OK ? see_secondaries(world, world->now) : err;
}

/* Nothing happens but what the plan is for: no key is at its end, none is missing. */
static void stop_schedules(struct hf_policy *policy)
{
	for (unsigned i = 0; i < 3; i++) {
		policy->roles[i].lifetime = 0;
		policy->roles[i].standby = 0;
	}
}

/* A look of the engine at the zone at rest, from which it knows who holds trust anchors. */
static enum hf_err rest(struct hf_plan_world *world)
{
	struct hf_outcome outcome;
	return hf_roll_step(&world->policy, &world->state, world->evidence, world->now, &outcome);
}

enum hf_err hf_plan_world_init(
        const struct hf_plan_job *job, struct hf_diag *diag, struct hf_plan_world *ret_world)
{
	/* What is there was there before: a second, so that new versions differ from it in time. */
	struct hf_plan_world world = {.job = job, .policy = *job->policy, .now = job->at - 1};
	stop_schedules(&world.policy);
	hf_roll_state_init(&world.state, job->zone, 0);
	enum hf_err err = hf_evidence_new(job->zone, &world.evidence);
	if (err == HF_OK)
		err = adopt(&world, diag);
	if (err == HF_OK) {
		hf_evidence_set_expire(world.evidence, job->soa_expire);
		err = see_all(&world);
	}
	if (err == HF_OK)
		err = rest(&world);
	if (err != HF_OK) {
		hf_plan_world_done(&world);
		return err;
	}
	world.asked = world.shown.ds;
	world.now = job->at;
	*ret_world = world;
	return HF_OK;
}

enum hf_err hf_plan_world_copy(const struct hf_plan_world *world, struct hf_plan_world *ret_copy)
{
	struct hf_plan_world copy = *world;
	copy.evidence = NULL;
	enum hf_err err = hf_roll_state_copy(&world->state, &copy.state);
	if (err != HF_OK)
		return err;
	err = hf_evidence_copy(world->evidence, &copy.evidence);
	if (err != HF_OK) {
		hf_roll_state_done(&copy.state);
		return err;
	}
	*ret_copy = copy;
	return HF_OK;
}

void hf_plan_world_done(struct hf_plan_world *world)
{
	hf_roll_state_done(&world->state);
	hf_evidence_free(world->evidence);
	world->evidence = NULL;
}

/* ---- Acts ---- */

/* RDATA of a key that does not exist, of just the size that it will have. */
static enum hf_err make_stand_in(
        struct hf_plan_world *world, const struct hf_act *act, struct hf_buf *out)
{
	struct hf_key_size size = hf_key_size(act->algorithm, act->bits);
	const struct hf_alg *alg = hf_alg_find(act->algorithm);
	uint16_t flags = HF_DNSKEY_ZONE | (act->role == HF_ROLE_ZSK ? 0 : HF_DNSKEY_SEP);
	if (alg == NULL || size.rdata == 0)
		return HF_ERR_UNSUPPORTED;
	for (;;) {
		hf_buf_reset(out);
		hf_put_u16(out, flags);
		hf_put_u8(out, HF_DNSKEY_PROTOCOL);
		hf_put_u8(out, act->algorithm);
		if (alg->key_len == 0) {
			static const uint8_t exponent[] = {3, 1, 0, 1};
			hf_put_bytes(out, exponent, sizeof(exponent));
			hf_put_u8(out, 0x80);
		}
		hf_put_u32(out, ++world->serial);
		while (out->len < size.rdata && !out->failed)
			hf_put_u8(out, 0x55);
		if (out->failed)
			return HF_ERR_NOMEM;
		struct hf_rdata rdata = {out->data, (uint16_t)out->len};
		uint16_t tag = hf_dnskey_tag(rdata);
		out->data[1] |= HF_DNSKEY_REVOKE;
		uint16_t revoked = hf_dnskey_tag(rdata);
		out->data[1] &= (uint8_t)~HF_DNSKEY_REVOKE;
		if (!hf_roll_tag_taken(&world->state, tag) &&
		        !hf_roll_tag_taken(&world->state, revoked))
			return HF_OK;
	}
}

static enum hf_err tell(
        struct hf_plan_world *world, const struct hf_roll_event *event, struct hf_diag *diag)
{
	return hf_roll_event(
	        &world->policy, &world->state, world->evidence, event, world->now, diag);
}

static enum hf_err generate(
        struct hf_plan_world *world, const struct hf_act *act, struct hf_diag *diag)
{
	struct hf_buf rdata = {.data = NULL};
	enum hf_err err = make_stand_in(world, act, &rdata);
	if (err == HF_OK) {
		const struct hf_roll_event event = {
		        .kind = HF_EVENT_KEY_MADE,
		        .role = act->role,
		        .dnskey = {rdata.data, (uint16_t)rdata.len},
		};
		err = tell(world, &event, diag);
	}
	for (unsigned i = 0; i < HF_ROLL_KEYS && err == HF_OK; i++) {
		const struct hf_roll_key *key = &world->state.keys[i];
		if (key->dnskey != NULL && key->dnskey_len == rdata.len &&
		        memcmp(key->dnskey, rdata.data, rdata.len) == 0)
			world->made |= (hf_keys)1 << i;
	}
	hf_buf_done(&rdata);
	return err;
}

/* Makes the zone look like the waypoint. */
static enum hf_err publish(struct hf_plan_world *world, const struct hf_waypoint *way,
        struct hf_diag *diag, bool *changed)
{
	hf_keys before = world->shown.sign_data;
	bool gradual =
	        way->gradual && before != 0 && way->sign_data != 0 && before != way->sign_data;
	if (hf_waypoint_same_zone(&world->shown, way))
		return HF_OK;
	bool denial = memcmp(&world->shown.denial, &way->denial, sizeof(way->denial)) != 0;
	world->shown = *way;
	*changed = true;
	enum hf_err err = see_zone(world, gradual ? &before : NULL);
	const struct hf_roll_event event = {
	        .kind = HF_EVENT_DENIAL, .start = {.denial = way->denial}};
	if (err == HF_OK && denial)
		err = tell(world, &event, diag);
	/* The last signature to be replaced was made just before this one. */
	const struct hf_policy_signatures *sigs = &world->policy.signatures;
	const struct hf_happening last = {
	        .kind = HF_HAPPEN_SIGNED, .at = world->now + sigs->validity - sigs->refresh};
	if (err == HF_OK && gradual)
		err = happen_later(world, &last);
	return err == HF_OK ? see_secondaries_later(world) : err;
}

/* A later request takes the place of one that was not carried out yet. */
static enum hf_err ask_parent(struct hf_plan_world *world, hf_keys keys, struct hf_diag *diag)
{
	bool withdrawn = false;
	if (world->asked == keys)
		return HF_OK;
	for (size_t i = world->count; i-- > 0;) {
		if (world->happenings[i].kind == HF_HAPPEN_DS) {
			world->happenings[i] = world->happenings[--world->count];
			withdrawn = true;
		}
	}
	world->asked = keys;
	const struct hf_happening there = {
	        .kind = HF_HAPPEN_DS, .at = world->now + world->policy.parent.delay, .keys = keys};
	enum hf_err err = happen_later(world, &there);
	const struct hf_roll_event event = {.kind = HF_EVENT_DS_WITHDRAWN};
	return err == HF_OK && withdrawn ? tell(world, &event, diag) : err;
}

static enum hf_err carry_out(struct hf_plan_world *world, const struct hf_outcome *outcome,
        const struct hf_act *act, struct hf_diag *diag, bool *changed)
{
	struct hf_roll_event event = {.key = act->key, .good = true};
	switch (act->kind) {
	case HF_ACT_GENERATE:
		*changed = true;
		return generate(world, act, diag);
	case HF_ACT_PUBLISH:
		return publish(world, &outcome->wanted.waypoint, diag, changed);
	case HF_ACT_ASK_DS:
		return ask_parent(world, outcome->wanted.waypoint.ds, diag);
	case HF_ACT_CHALLENGE:
		event.kind = HF_EVENT_CHALLENGE;
		break;
	case HF_ACT_APPROVE:
		event.kind = HF_EVENT_APPROVE;
		break;
	default:
		return HF_OK; /* what is to be seen is seen anyway; old keys may stay */
	}
	*changed = true;
	return tell(world, &event, diag);
}

enum hf_err hf_plan_world_act(struct hf_plan_world *world, const struct hf_outcome *outcome,
        struct hf_diag *diag, bool *ret_changed)
{
	bool changed = false;
	for (size_t i = 0; i < outcome->count; i++) {
		enum hf_err err = carry_out(world, outcome, &outcome->acts[i], diag, &changed);
		if (err != HF_OK)
			return err;
	}
	*ret_changed = changed;
	return HF_OK;
}

/* ---- Time ---- */

static enum hf_err happen(struct hf_plan_world *world, const struct hf_happening *happening)
{
	enum hf_err err;
	switch (happening->kind) {
	case HF_HAPPEN_SIGNED:
		err = see_zone(world, NULL);
		return err == HF_OK ? see_secondaries_later(world) : err;
	case HF_HAPPEN_SECONDARY:
		return see_secondaries(world, happening->version);
	case HF_HAPPEN_DS:
		return see_ds(world, happening->keys);
	}
	return HF_OK;
}

enum hf_err hf_plan_world_pass(struct hf_plan_world *world, const struct hf_outcome *outcome)
{
	hf_time next = outcome->wake > world->now ? outcome->wake : HF_TIME_NEVER;
	for (size_t i = 0; i < world->count; i++)
		next = world->happenings[i].at < next ? world->happenings[i].at : next;
	if (next == HF_TIME_NEVER)
		return HF_ERR_NOTFOUND;
	world->now = next;
	for (size_t i = 0; i < world->count;) {
		struct hf_happening happening = world->happenings[i];
		if (happening.at > next) {
			i++;
			continue;
		}
		world->count--;
		memmove(&world->happenings[i], &world->happenings[i + 1],
		        (world->count - i) * sizeof(world->happenings[0]));
		enum hf_err err = happen(world, &happening);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* ---- Names ---- */

char *hf_plan_world_key(const struct hf_plan_world *world, unsigned key, char text[static 32])
{
	if (!has(world->made, key))
		return hf_roll_key_text(&world->state, key, text);
	snprintf(text, 32, "new %s", hf_role_name(world->state.keys[key].role));
	return text;
}

/* The stand-in whose name begins at `at`, how long that is, and what is to be there instead. */
static bool stand_in_at(
        const struct hf_plan_world *world, const char *at, size_t *ret_len, char instead[static 48])
{
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &world->state.keys[i];
		char name[32], ds[32], plain[32];
		if (!has(world->made, i) || key->dnskey == NULL)
			continue;
		hf_roll_key_text(&world->state, i, name);
		snprintf(ds, sizeof(ds), "DS %u", key->tag);
		hf_plan_world_key(world, i, plain);
		bool is_ds = strncmp(at, ds, strlen(ds)) == 0;
		size_t len = strlen(is_ds ? ds : name);
		if ((!is_ds && strncmp(at, name, len) != 0) || isdigit((unsigned char)at[len]))
			continue;
		snprintf(instead, 48, "%s%s", is_ds ? "DS of " : "", plain);
		*ret_len = len;
		return true;
	}
	return false;
}

char *hf_plan_world_text(const struct hf_plan_world *world, const char *text)
{
	struct hf_buf out = {.data = NULL};
	while (*text != '\0') {
		char instead[48];
		size_t len;
		if (stand_in_at(world, text, &len, instead)) {
			hf_put_text(&out, instead);
			text += len;
		} else {
			hf_put_u8(&out, (uint8_t)*text++);
		}
	}
	hf_put_u8(&out, 0);
	if (out.failed) {
		hf_buf_done(&out);
		return NULL;
	}
	return (char *)out.data;
}
