/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/schedule.h"

static bool has(hf_keys keys, unsigned key)
{
	return (keys >> key & 1) != 0;
}

/* A number that looks random and is always the same for the same key of the same zone. */
static uint64_t spread(uint64_t seed, uint16_t tag)
{
	uint64_t value = seed ^ (UINT64_C(0x9e3779b97f4a7c15) * (tag + UINT64_C(1)));
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

hf_time hf_schedule_end(
        const struct hf_policy *policy, const struct hf_roll_state *state, unsigned number)
{
	const struct hf_roll_key *key = &state->keys[number];
	int64_t lifetime = policy->roles[key->role].lifetime;
	int64_t jitter = policy->rollover.lifetime_jitter;
	if (lifetime == 0 || key->first_use == HF_TIME_NONE)
		return HF_TIME_NEVER;
	jitter = jitter >= lifetime ? lifetime - 1 : jitter;
	if (jitter > 0)
		lifetime -= (int64_t)(spread(state->seed, key->tag) % ((uint64_t)jitter + 1));
	return key->first_use + lifetime;
}

/* Keys in use whose role the policy has a say in; standby keys live on. */
static bool in_use(const struct hf_roll_state *state, unsigned key)
{
	const struct hf_waypoint *rest = &state->rest;
	return state->keys[key].dnskey != NULL && has(rest->sign_keys | rest->sign_data, key) &&
	       (state->keys[key].flags & HF_RK_STANDBY) == 0;
}

/* A role that has fewer standby keys than the policy wants; standby keys of roles not in use do not
 * count. */
static bool lacks_standby(
        const struct hf_policy *policy, const struct hf_roll_state *state, enum hf_role role)
{
	unsigned standby = 0, used = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &state->keys[i];
		if (key->dnskey == NULL || key->role != role)
			continue;
		standby += (key->flags & HF_RK_STANDBY) != 0 &&
		           (key->flags & (HF_RK_COMPROMISED | HF_RK_FAILED)) == 0;
		used += in_use(state, i);
	}
	return used > 0 && standby < policy->roles[role].standby;
}

bool hf_schedule_due(const struct hf_policy *policy, const struct hf_roll_state *state, hf_time now,
        struct hf_roll_start *ret_start, hf_time *ret_next)
{
	hf_time next = HF_TIME_NEVER;
	unsigned first = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (!in_use(state, i))
			continue;
		hf_time end = hf_schedule_end(policy, state, i);
		if (end < next) {
			next = end;
			first = i;
		}
	}
	if (next <= now) {
		*ret_start = (struct hf_roll_start){.kind = HF_ROLL_KEYS_OF_ROLE,
		        .role = state->keys[first].role,
		        .by_schedule = true};
		return true;
	}
	for (enum hf_role role = HF_ROLE_KSK; role <= HF_ROLE_CSK; role++) {
		if (lacks_standby(policy, state, role)) {
			*ret_start = (struct hf_roll_start){
			        .kind = HF_ROLL_STANDBY, .role = role, .by_schedule = true};
			return true;
		}
	}
	*ret_next = next;
	return false;
}

hf_time hf_schedule_expiry(const struct hf_evidence *evidence)
{
	hf_time first = HF_TIME_NEVER;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		const struct hf_content *content = hf_evidence_content_at(evidence, fact->content);
		if (fact->place != HF_PUBLISHED || fact->last != HF_TIME_NEVER)
			continue;
		for (size_t j = 0; j < content->signing_count; j++) {
			hf_time end = content->signings[j].expiration;
			first = end < first ? end : first;
		}
	}
	return first;
}
