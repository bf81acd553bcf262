/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a change begins: may it, which keys go, which come, which have to be made.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/alg.h"
#include "rollover/course.h"
#include "rollover/methods.h"

static const enum hf_role roles[3] = {HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_CSK};

static hf_keys bit(unsigned key)
{
	return (hf_keys)1 << key;
}

/* Keys of the role that sign now; standby keys are ready, not in use. */
static hf_keys active(const struct hf_roll_state *state, enum hf_role role)
{
	hf_keys keys = hf_roll_role_keys(state, role);
	keys &= role == HF_ROLE_KSK ? state->rest.sign_keys : state->rest.sign_data;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if ((state->keys[i].flags & HF_RK_STANDBY) != 0)
			keys &= ~bit(i);
	}
	return keys;
}

static unsigned first(hf_keys keys)
{
	return (unsigned)__builtin_ctzll(keys);
}

/* Whether the policy's model has the role. */
static bool in_model(const struct hf_policy *policy, enum hf_role role)
{
	return (policy->model == HF_MODEL_CSK) == (role == HF_ROLE_CSK);
}

uint8_t hf_course_algorithm(const struct hf_policy *policy, const struct hf_roll_state *state,
        const struct hf_roll_start *start, enum hf_role role)
{
	hf_keys now = active(state, role);
	bool keeps = start->kind == HF_ROLL_KEYS_OF_ROLE || start->kind == HF_ROLL_STANDBY;
	if (keeps && now != 0)
		return state->keys[first(now)].algorithm;
	return start->algorithm != 0 ? start->algorithm : policy->roles[role].algorithm;
}

/* ---- which keys come ---- */

/* Whether the key may be used as a new one: a standby key of the zone, or one never used. */
static bool fresh(const struct hf_roll_state *state, unsigned number, bool standby)
{
	const struct hf_roll_key *key = &state->keys[number];
	bool is_standby = (key->flags & HF_RK_STANDBY) != 0;
	if (key->dnskey == NULL || (key->flags & (HF_RK_COMPROMISED | HF_RK_FAILED)) != 0 ||
	        key->removed != HF_TIME_NONE || is_standby != standby)
		return false;
	return standby || (hf_course_needed(state) & bit(number)) == 0;
}

/* A key of the role and algorithm that is there already; HF_ROLL_KEYS when there is none. */
static unsigned pick(
        const struct hf_roll_state *state, enum hf_role role, uint8_t algorithm, bool standby)
{
	unsigned best = HF_ROLL_KEYS;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &state->keys[i];
		if (fresh(state, i, standby) && key->role == role && key->algorithm == algorithm &&
		        (best == HF_ROLL_KEYS || key->born < state->keys[best].born))
			best = i;
	}
	return best;
}

/* Takes a key of the role, or notes that one has to be made. */
static void want_key(const struct hf_policy *policy, struct hf_roll_state *state, enum hf_role role)
{
	struct hf_roll *roll = &state->roll;
	uint8_t algorithm = hf_course_algorithm(policy, state, &roll->start, role);
	unsigned key = HF_ROLL_KEYS;
	if (roll->start.kind != HF_ROLL_STANDBY)
		key = pick(state, role, algorithm, true);
	if (key == HF_ROLL_KEYS)
		key = pick(state, role, algorithm, false);
	if (key == HF_ROLL_KEYS)
		roll->to_make[role]++;
	else
		roll->new |= bit(key);
}

/* ---- which keys go, and whether it may be ---- */

static hf_keys all_keys(const struct hf_roll_state *state)
{
	return state->rest.published | state->rest.ds;
}

static enum hf_err check_method(
        const struct hf_policy *policy, struct hf_roll_start *start, struct hf_diag *diag)
{
	if (!start->has_method)
		start->method = policy->roles[start->role].method;
	if (hf_method_fits(start->method, start->role))
		return HF_OK;
	return hf_fail(diag, HF_ERR_REFUSED,
	        "%s is no method for a %s; see the policy's settings of that role",
	        hf_method_name(start->method), hf_role_name(start->role));
}

/* The roles whose keys are bad while in use; standby keys alone are only dropped. */
static enum hf_err begin_emergency(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_diag *diag)
{
	struct hf_roll *roll = &state->roll;
	unsigned hit = 0;
	for (unsigned i = 0; i < 3; i++) {
		hf_keys of_role = active(state, roles[i]);
		if ((of_role & roll->start.compromised) == 0)
			continue;
		roll->old |= of_role;
		roll->start.role = roles[i];
		hit++;
	}
	if ((roll->start.compromised & ~all_keys(state)) != 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "a key that is not published needs no emergency; discard it");
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if ((roll->start.compromised & bit(i)) != 0)
			state->keys[i].flags |= HF_RK_COMPROMISED;
	}
	if (hit > 1) {
		roll->start.role = HF_ROLE_CSK;
		roll->start.method = HF_METHOD_PRE_PUBLICATION;
		roll->start.has_method = true;
	}
	hf_keys in_use = roll->old;
	roll->old |= roll->start.compromised;
	enum hf_err err = hit > 0 ? check_method(policy, &roll->start, diag) : HF_OK;
	for (unsigned i = 0; i < 3 && err == HF_OK; i++) {
		if ((in_use & hf_roll_role_keys(state, roles[i])) != 0)
			want_key(policy, state, roles[i]);
	}
	return err;
}

static enum hf_err nothing_to_replace(
        const struct hf_roll_state *state, enum hf_role role, struct hf_diag *diag)
{
	char has[64] = "";
	for (unsigned i = 0; i < 3; i++) {
		if (active(state, roles[i]) != 0)
			snprintf(has + strlen(has), sizeof(has) - strlen(has), "%s a %s",
			        has[0] == '\0' ? "; it has" : " and", hf_role_name(roles[i]));
	}
	return hf_fail(diag, HF_ERR_REFUSED, "the zone has no %s in use that could be replaced%s",
	        hf_role_name(role), has);
}

static enum hf_err begin_role(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_diag *diag)
{
	struct hf_roll *roll = &state->roll;
	if (roll->start.compromised != 0)
		return begin_emergency(policy, state, diag);
	roll->old = active(state, roll->start.role);
	if (roll->old == 0)
		return nothing_to_replace(state, roll->start.role, diag);
	enum hf_err err = check_method(policy, &roll->start, diag);
	if (err == HF_OK)
		want_key(policy, state, roll->start.role);
	return err;
}

static enum hf_err begin_model_keys(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_diag *diag)
{
	for (unsigned i = 0; i < 3; i++) {
		if (!in_model(policy, roles[i]))
			continue;
		uint8_t number = hf_course_algorithm(policy, state, &state->roll.start, roles[i]);
		const struct hf_alg *alg = hf_alg_find(number);
		if (alg == NULL || (alg->flags & HF_ALG_SIGNS) == 0)
			return hf_fail(diag, HF_ERR_REFUSED,
			        "no keys of algorithm %u can be made; use 13 or 15", number);
		want_key(policy, state, roles[i]);
	}
	return HF_OK;
}

static enum hf_err begin_algorithm(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_diag *diag)
{
	struct hf_roll_start *start = &state->roll.start;
	bool followed = policy->rfc5011 && state->rest.anchors != 0;
	state->roll.old = all_keys(state);
	if (!start->has_method)
		start->method = policy->rollover.algorithm_method;
	if (start->method != HF_METHOD_CONSERVATIVE && start->method != HF_METHOD_LIBERAL)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "%s is no method for an algorithm; use conservative or liberal",
		        hf_method_name(start->method));
	if (start->method == HF_METHOD_LIBERAL &&
	        (followed || (policy->rollover.rules & HF_RULES_LIBERAL) == 0))
		return hf_fail(diag, HF_ERR_REFUSED,
		        "the liberal method breaks resolvers that %s; use the conservative one",
		        followed ? "hold the zone's keys as trust anchors"
		                 : "insist on each algorithm, and the policy's rules are strict");
	if (start->algorithm == 0)
		start->algorithm =
		        policy->roles[policy->model == HF_MODEL_CSK ? HF_ROLE_CSK : HF_ROLE_KSK]
		                .algorithm;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if ((state->roll.old & bit(i)) != 0 && state->keys[i].algorithm == start->algorithm)
			return hf_fail(diag, HF_ERR_REFUSED,
			        "the zone has keys of algorithm %u already: %s %u",
			        start->algorithm, hf_role_name(state->keys[i].role),
			        state->keys[i].tag);
	}
	return begin_model_keys(policy, state, diag);
}

static enum hf_err begin_model(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_diag *diag)
{
	struct hf_roll_start *start = &state->roll.start;
	bool has_csk = active(state, HF_ROLE_CSK) != 0;
	if (has_csk == (policy->model == HF_MODEL_CSK))
		return hf_fail(diag, HF_ERR_REFUSED, "the zone has the policy's key model already");
	state->roll.old = all_keys(state);
	start->role = HF_ROLE_CSK;
	if (!start->has_method)
		start->method = HF_METHOD_PRE_PUBLICATION;
	enum hf_err err = check_method(policy, start, diag);
	return err == HF_OK ? begin_model_keys(policy, state, diag) : err;
}

static enum hf_err begin_denial(const struct hf_roll_state *state, struct hf_diag *diag)
{
	if (state->roll.start.denial.kind != HF_DENIAL_NSEC3)
		return HF_OK;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if ((all_keys(state) & bit(i)) != 0 && state->keys[i].algorithm <= HF_ALG_RSASHA1)
			return hf_fail(diag, HF_ERR_REFUSED,
			        "%s %u has algorithm %u, with which NSEC3 is not allowed (RFC 5155 "
			        "section 2); roll the algorithm first",
			        hf_role_name(state->keys[i].role), state->keys[i].tag,
			        state->keys[i].algorithm);
	}
	return HF_OK;
}

static enum hf_err begin_insecure(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_diag *diag)
{
	state->roll.old = all_keys(state);
	if (policy->rfc5011 && state->rest.anchors != 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "others hold the zone's keys as trust anchors and would find an unsigned "
		        "zone bogus; have them remove the anchors, then set keys.trust-anchor to "
		        "no");
	return HF_OK;
}

static enum hf_err begin_kind(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_diag *diag)
{
	struct hf_roll *roll = &state->roll;
	bool is_signed = all_keys(state) != 0;
	if (is_signed == (roll->start.kind == HF_ROLL_SECURE))
		return hf_fail(diag, HF_ERR_REFUSED,
		        is_signed ? "the zone is signed already"
		                  : "the zone is not signed; make it secure first");
	switch (roll->start.kind) {
	case HF_ROLL_KEYS_OF_ROLE:
		return begin_role(policy, state, diag);
	case HF_ROLL_ALGORITHM:
		return begin_algorithm(policy, state, diag);
	case HF_ROLL_MODEL:
		return begin_model(policy, state, diag);
	case HF_ROLL_DENIAL:
		return begin_denial(state, diag);
	case HF_ROLL_SECURE:
		return begin_model_keys(policy, state, diag);
	case HF_ROLL_INSECURE:
		return begin_insecure(policy, state, diag);
	case HF_ROLL_STANDBY:
		if (active(state, roll->start.role) == 0)
			return hf_fail(diag, HF_ERR_REFUSED,
			        "the zone has no %s in use that could have a standby key",
			        hf_role_name(roll->start.role));
		want_key(policy, state, roll->start.role);
		return HF_OK;
	default:
		return hf_fail(diag, HF_ERR_REFUSED, "there is nothing to change");
	}
}

static bool all_made(const struct hf_roll *roll)
{
	return roll->to_make[0] + roll->to_make[1] + roll->to_make[2] == 0;
}

enum hf_err hf_course_begin(const struct hf_policy *policy, struct hf_roll_state *state,
        const struct hf_roll_start *start, hf_time now, struct hf_diag *diag)
{
	struct hf_roll before = state->roll;
	unsigned flags[HF_ROLL_KEYS];
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++)
		flags[i] = state->keys[i].flags;
	state->roll.start = *start;
	state->roll.started = now;
	enum hf_err err = begin_kind(policy, state, diag);
	if (err == HF_OK && all_made(&state->roll))
		err = hf_roll_lay_out(policy, state, diag);
	if (err == HF_OK)
		return HF_OK;
	state->roll = before;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++)
		state->keys[i].flags = flags[i];
	return err;
}

enum hf_err hf_course_key_made(const struct hf_policy *policy, struct hf_roll_state *state,
        enum hf_role role, struct hf_rdata rdata, hf_time now, struct hf_diag *diag)
{
	struct hf_roll *roll = &state->roll;
	struct hf_dnskey dnskey;
	unsigned key;
	uint8_t algorithm = hf_course_algorithm(policy, state, &roll->start, role);
	if (roll->start.kind == HF_ROLL_NONE || roll->to_make[role] == 0)
		return hf_fail(diag, HF_ERR_REFUSED, "no %s was asked for", hf_role_name(role));
	if (!hf_dnskey_read(rdata, &dnskey) || dnskey.algorithm != algorithm)
		return hf_fail(diag, HF_ERR_REFUSED, "the new %s has to have algorithm %u",
		        hf_role_name(role), algorithm);
	enum hf_err err = hf_roll_adopt_key(state, role, rdata, HF_USE_SPARE, now, diag, &key);
	if (err != HF_OK)
		return err;
	roll->new |= bit(key);
	roll->to_make[role]--;
	if (!all_made(roll))
		return HF_OK;
	/* Keys came, so there is a change to lay out; only a policy that changed can refuse. */
	return hf_roll_lay_out(policy, state, diag);
}
