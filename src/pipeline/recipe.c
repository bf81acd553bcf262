/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/recipe.h"

#include <string.h>
#include <sys/random.h>

static bool has(hf_keys keys, unsigned key)
{
	return (keys >> key & 1) != 0;
}

/* ---- options ---- */

/* The salt of the version's chain, when it has the wanted length. */
static bool find_salt(const struct hf_version *version, struct hf_sign_options *options)
{
	const struct hf_node *apex = version != NULL ? hf_version_apex_node(version) : NULL;
	struct hf_nsec3_params params;
	struct hf_rdata rdata;
	struct hf_rrset set;
	if (apex == NULL || !hf_node_find(apex, KNOT_RRTYPE_NSEC3PARAM, &set) ||
	        !hf_rrset_first(&set, &rdata) || !hf_nsec3param_read(rdata, &params) ||
	        params.salt_len != options->salt_len)
		return false;
	memcpy(options->salt, params.salt, params.salt_len);
	return true;
}

static enum hf_err plan_denial(const struct hf_policy *policy, const struct hf_way_denial *denial,
        const struct hf_version *previous, struct hf_sign_options *options)
{
	if (denial->kind != HF_DENIAL_NSEC3)
		return HF_OK;
	options->flags |= HF_SIGN_NSEC3 | (denial->opt_out ? HF_SIGN_OPT_OUT : 0);
	options->iterations = policy->denial.iterations;
	options->salt_len = policy->denial.salt_len;
	if (options->salt_len == 0 || find_salt(previous, options))
		return HF_OK;
	ssize_t got = getrandom(options->salt, options->salt_len, 0);
	return got == options->salt_len ? HF_OK : HF_ERR_IO;
}

static enum hf_err plan_options(const struct hf_policy *policy, const struct hf_wanted *wanted,
        const struct hf_version *previous, hf_time now, struct hf_sign_options *ret_options)
{
	static const enum hf_cds_policy cds[] = {
	        [HF_CDS_NONE] = HF_SIGN_CDS_NONE,
	        [HF_CDS_KEYS] = HF_SIGN_CDS_AUTO,
	        [HF_CDS_DELETE] = HF_SIGN_CDS_DELETE,
	};
	hf_sign_options_init(ret_options, now);
	ret_options->flags = HF_SIGN_DNSKEY_TTL | (policy->zonemd ? HF_SIGN_ZONEMD : 0);
	ret_options->validity = policy->signatures.validity;
	ret_options->inception_offset = policy->signatures.inception_offset;
	ret_options->spread = policy->signatures.jitter;
	ret_options->refresh = policy->signatures.refresh;
	ret_options->serial = HF_SERIAL_INCREMENT;
	ret_options->cds = cds[wanted->cds];
	ret_options->dnskey_ttl = policy->dnskey_ttl;
	return plan_denial(policy, &wanted->waypoint.denial, previous, ret_options);
}

/* ---- duties ---- */

static uint8_t duties_of(
        const struct hf_wanted *wanted, const struct hf_roll_key *key, unsigned number)
{
	const struct hf_waypoint *waypoint = &wanted->waypoint;
	unsigned flags = 0;
	flags |= has(waypoint->published, number) ? HF_DUTY_PUBLISHED : 0;
	flags |= has(waypoint->revoked, number) ? HF_DUTY_REVOKED : 0;
	flags |= has(waypoint->sign_keys, number) ? HF_DUTY_SIGN_KEYS : 0;
	flags |= has(waypoint->sign_data, number) ? HF_DUTY_SIGN_DATA : 0;
	if (wanted->cds == HF_CDS_KEYS && has(waypoint->ds, number))
		flags |= HF_DUTY_CDS;
	/* Whoever may have signed data goes on counting until that comes due. */
	if (waypoint->gradual && waypoint->sign_data != 0 && key->role != HF_ROLE_KSK &&
	        (key->flags & HF_RK_COMPROMISED) == 0)
		flags |= HF_DUTY_KEPT;
	return (uint8_t)flags;
}

enum hf_err hf_recipe_make(const struct hf_policy *policy, const struct hf_roll_state *state,
        const struct hf_wanted *wanted, const struct hf_version *previous, hf_time now,
        struct hf_recipe *ret_recipe)
{
	struct hf_recipe recipe = {.digests = policy->parent.digests};
	enum hf_err err = plan_options(policy, wanted, previous, now, &recipe.options);
	if (err != HF_OK)
		return err;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &state->keys[i];
		uint8_t flags = key->dnskey != NULL ? duties_of(wanted, key, i) : 0;
		if (flags != 0)
			recipe.list[recipe.count++] = (struct hf_sign_duty){
			        .tag = key->tag, .algorithm = key->algorithm, .flags = flags};
	}
	*ret_recipe = recipe;
	return HF_OK;
}

struct hf_sign_duties hf_recipe_duties(const struct hf_recipe *recipe)
{
	return (struct hf_sign_duties){
	        .list = recipe->list, .count = recipe->count, .digests = recipe->digests};
}

/* ---- comparing ---- */

static bool same_duty(const struct hf_sign_duty *a, const struct hf_sign_duty *b)
{
	return a->tag == b->tag && a->algorithm == b->algorithm && a->flags == b->flags;
}

static bool same_options(const struct hf_sign_options *a, const struct hf_sign_options *b)
{
	return a->flags == b->flags && a->iterations == b->iterations &&
	       a->salt_len == b->salt_len && memcmp(a->salt, b->salt, a->salt_len) == 0 &&
	       a->cds == b->cds && a->dnskey_ttl == b->dnskey_ttl;
}

bool hf_recipe_same(const struct hf_recipe *a, const struct hf_recipe *b)
{
	if (a->count != b->count || a->digests != b->digests ||
	        !same_options(&a->options, &b->options))
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!same_duty(&a->list[i], &b->list[i]))
			return false;
	}
	return true;
}

/* ---- CDS ---- */

static bool holds(const struct hf_rrset *set, struct hf_rdata wanted)
{
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		if (hf_rdata_equal(rdata, wanted))
			return true;
	}
	return false;
}

static bool is_delete(const struct hf_rrset *set)
{
	struct hf_dnskey dnskey;
	struct hf_rdata rdata;
	return set->rr_count == 1 && hf_rrset_first(set, &rdata) &&
	       hf_dnskey_read(rdata, &dnskey) && dnskey.algorithm == 0;
}

bool hf_recipe_cds_is(const struct hf_version *version, const struct hf_roll_state *state,
        const struct hf_wanted *wanted)
{
	const struct hf_node *apex = hf_version_apex_node(version);
	hf_keys keys = wanted->cds == HF_CDS_KEYS ? wanted->waypoint.ds : 0;
	struct hf_rrset set = {.rr_count = 0};
	if (apex == NULL || !hf_node_find(apex, KNOT_RRTYPE_CDNSKEY, &set))
		set.rr_count = 0;
	if (wanted->cds == HF_CDS_DELETE)
		return is_delete(&set);
	if (set.rr_count != hf_keys_count(keys))
		return false;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &state->keys[i];
		if (has(keys, i) && !holds(&set, (struct hf_rdata){key->dnskey, key->dnskey_len}))
			return false;
	}
	return true;
}
