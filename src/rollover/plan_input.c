/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/plan_input.h"

#include <stdlib.h>
#include <string.h>

#include "rollover/wish.h"

/* ---- The wish ---- */

static enum hf_err take_wish(
        const struct hf_plan_wish *wish, struct hf_plan_input *input, struct hf_diag *diag)
{
	struct hf_wish read;
	if (wish->roll == NULL)
		return HF_OK;
	enum hf_err err = hf_wish_read(wish->roll, wish->method, diag, &read);
	if (err != HF_OK)
		return err;
	input->job.start = read.start;
	input->job.emergency = read.emergency;
	input->job.compromised_tag = read.compromised_tag;
	if (read.has_model)
		input->policy.model = read.model;
	return HF_OK;
}

/* ---- Keys ---- */

/* What the zone's own records say. */
struct apex {
	bool is_signed;
	struct hf_rrset dnskeys, soa;
};

static void look_at_apex(const struct hf_version *version, struct apex *ret_apex)
{
	const struct hf_node *node = hf_version_apex_node(version);
	*ret_apex = (struct apex){.is_signed = false};
	if (node == NULL || !hf_node_find(node, KNOT_RRTYPE_DNSKEY, &ret_apex->dnskeys) ||
	        !hf_node_find(node, KNOT_RRTYPE_SOA, &ret_apex->soa))
		return;
	ret_apex->is_signed = ret_apex->dnskeys.rr_count > 0 && ret_apex->dnskeys.sig_count > 0 &&
	                      ret_apex->soa.sig_count > 0;
}

/* Whether a set has a signature that names the key. Plans do not judge signatures. */
static bool signed_by(const struct hf_rrset *set, uint8_t algorithm, uint16_t tag)
{
	struct hf_rdata_walk sigs = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	struct hf_rrsig rrsig;
	while (hf_rdata_next(&sigs, &rdata)) {
		if (hf_rrsig_read(rdata, &rrsig) && rrsig.tag == tag &&
		        rrsig.algorithm == algorithm)
			return true;
	}
	return false;
}

/* How a key of the zone's own DNSKEY RRset is used. */
static void use_by_zone(const struct apex *apex, struct hf_plan_key *key)
{
	struct hf_dnskey dnskey;
	if (!hf_dnskey_read(key->dnskey, &dnskey))
		return;
	uint16_t tag = hf_dnskey_tag(key->dnskey);
	bool keys = signed_by(&apex->dnskeys, dnskey.algorithm, tag);
	bool data = signed_by(&apex->soa, dnskey.algorithm, tag);
	bool sep = (dnskey.flags & HF_DNSKEY_SEP) != 0;
	/* A ZSK that signs the DNSKEY RRset as well is nothing to build a chain on. */
	key->role = !sep ? HF_ROLE_ZSK : data ? HF_ROLE_CSK : HF_ROLE_KSK;
	key->uses = HF_USE_PUBLISHED;
	if (sep ? keys : data)
		key->uses |= HF_USE_SIGNS | (sep ? HF_USE_DS : 0);
	else
		key->uses |= HF_USE_STANDBY;
}

/* How a key is used as its dates say. */
static unsigned use_by_dates(const struct hf_keyfile *file, hf_time at)
{
	unsigned ds = file->role == HF_ROLE_ZSK ? 0 : HF_USE_DS;
	switch (hf_keyfile_state(file, at)) {
	case HF_KEY_PUBLISHED:
	case HF_KEY_RETIRED:
		return HF_USE_PUBLISHED | HF_USE_STANDBY;
	case HF_KEY_ACTIVE:
		return HF_USE_PUBLISHED | HF_USE_SIGNS | ds;
	default:
		return HF_USE_SPARE;
	}
}

static const struct hf_keyfile *find_file(const struct hf_keydir *keys, struct hf_rdata dnskey)
{
	for (size_t i = 0; keys != NULL && i < keys->count; i++) {
		if (hf_rdata_equal(hf_keyfile_dnskey(keys->keys[i]), dnskey))
			return keys->keys[i];
	}
	return NULL;
}

/* The keys of a signed zone; each has to be in the folder, if there is one, or nobody could sign
 * with it. */
static enum hf_err zone_keys(const struct apex *apex, const struct hf_keydir *files,
        struct hf_plan_input *input, struct hf_diag *diag)
{
	struct hf_rdata_walk walk = hf_rrset_rrs(&apex->dnskeys);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		const struct hf_keyfile *file = find_file(files, rdata);
		struct hf_plan_key *key = &input->keys[input->job.key_count];
		if (file == NULL && files != NULL)
			return hf_fail(diag, HF_ERR_REFUSED,
			        "the zone has a key with tag %u that the folder of keys lacks: put "
			        "its files there, or give the folder that belongs to this zone",
			        hf_dnskey_tag(rdata));
		*key = (struct hf_plan_key){.dnskey = rdata,
		        .born = file != NULL ? file->times.created : input->job.at};
		use_by_zone(apex, key);
		/* The zone cannot show for what a key is that does not sign yet. */
		if (file != NULL && (key->uses & HF_USE_SIGNS) == 0)
			key->role = file->role;
		input->job.key_count++;
	}
	return HF_OK;
}

/* Keys that the zone does not show: spare ones, and tags of those that are gone. */
static void other_keys(
        const struct apex *apex, const struct hf_keydir *files, struct hf_plan_input *input)
{
	for (size_t i = 0; files != NULL && i < files->count; i++) {
		const struct hf_keyfile *file = files->keys[i];
		enum hf_key_state state = hf_keyfile_state(file, input->job.at);
		bool shown = false;
		for (size_t j = 0; j < input->job.key_count; j++)
			shown |= hf_rdata_equal(input->keys[j].dnskey, hf_keyfile_dnskey(file));
		if (shown)
			continue;
		if (state == HF_KEY_REMOVED || state == HF_KEY_REVOKED ||
		        (apex->is_signed && state == HF_KEY_RETIRED)) {
			input->tags[input->job.tag_count++] = file->plain_tag;
			input->tags[input->job.tag_count++] = file->revoked_tag;
			continue;
		}
		input->keys[input->job.key_count++] = (struct hf_plan_key){
		        .dnskey = hf_keyfile_dnskey(file),
		        .role = file->role,
		        .uses = apex->is_signed ? HF_USE_SPARE : use_by_dates(file, input->job.at),
		        .born = file->times.created,
		};
	}
}

/* An unsigned zone that is to become secure has keys, but they are in no use. */
static void spare_all(struct hf_plan_input *input)
{
	for (size_t i = 0; i < input->job.key_count; i++)
		input->keys[i].uses = HF_USE_SPARE;
}

/* A change needs keys in use; those of an unsigned zone may have other dates. */
static enum hf_err check_use(
        const struct apex *apex, const struct hf_plan_input *input, struct hf_diag *diag)
{
	char at[HF_TIME_TEXT];
	if (apex->is_signed || input->job.start.kind == HF_ROLL_SECURE)
		return HF_OK;
	for (size_t i = 0; i < input->job.key_count; i++) {
		if ((input->keys[i].uses & HF_USE_SIGNS) != 0)
			return HF_OK;
	}
	return hf_fail(diag, HF_ERR_REFUSED,
	        "the zone is not signed, and no key in the folder is active at %s: give the signed "
	        "zone or another --start, or plan --roll secure",
	        hf_time_rfc3339(input->job.at, at));
}

static enum hf_err gather_keys(const struct apex *apex, const struct hf_keydir *files,
        struct hf_plan_input *input, struct hf_diag *diag)
{
	size_t most = (files != NULL ? files->count : 0) + apex->dnskeys.rr_count + 1;
	input->keys = calloc(most, sizeof(*input->keys));
	input->tags = calloc(2 * most, sizeof(*input->tags));
	if (input->keys == NULL || input->tags == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = HF_OK;
	if (apex->is_signed)
		err = zone_keys(apex, files, input, diag);
	if (err == HF_OK)
		other_keys(apex, files, input);
	if (err == HF_OK && !apex->is_signed && input->job.start.kind == HF_ROLL_SECURE)
		spare_all(input);
	if (err == HF_OK && files != NULL)
		err = check_use(apex, input, diag);
	input->job.keys = input->keys;
	input->job.tags = input->tags;
	return err;
}

/* ---- Denial ---- */

/* What an unsigned zone would be signed with: the policy's, unless it is just that which is to
 * come. Whoever plans a change of denial has often changed the policy already. */
static struct hf_way_denial denial_by_policy(const struct hf_plan_input *input)
{
	const struct hf_policy_denial *policy = &input->policy.denial;
	const struct hf_way_denial *wanted = &input->job.start.denial;
	bool to_come = input->job.start.kind == HF_ROLL_DENIAL && policy->kind == wanted->kind &&
	               policy->opt_out == wanted->opt_out;
	if (!to_come)
		return (struct hf_way_denial){policy->kind, policy->opt_out};
	bool nsec = wanted->kind == HF_DENIAL_NSEC3 && !wanted->opt_out;
	return (struct hf_way_denial){nsec ? HF_DENIAL_NSEC : HF_DENIAL_NSEC3, false};
}

static struct hf_way_denial denial_of(const struct hf_version *version, const struct apex *apex,
        const struct hf_plan_input *input)
{
	struct hf_tree_cursor cursor;
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_nsec3 nsec3;
	if (!apex->is_signed)
		return denial_by_policy(input);
	const struct hf_node *node = hf_tree_first(hf_version_nsec3(version), &cursor);
	struct hf_way_denial denial = {node != NULL ? HF_DENIAL_NSEC3 : HF_DENIAL_NSEC, false};
	if (node != NULL && hf_node_find(node, KNOT_RRTYPE_NSEC3, &set) &&
	        hf_rrset_first(&set, &rdata) && hf_nsec3_read(rdata, &nsec3))
		denial.opt_out = (nsec3.params.flags & HF_NSEC3_OPT_OUT) != 0;
	return denial;
}

/* ---- The whole ---- */

static enum hf_err fill(const struct hf_version *version, const struct hf_keydir *keys,
        struct hf_plan_input *input, struct hf_diag *diag)
{
	struct apex apex;
	struct hf_soa soa;
	look_at_apex(version, &apex);
	if (!hf_version_soa(version, &soa))
		return hf_fail(diag, HF_ERR_INVALID,
		        "the zone has no SOA record: correct the file, or name the zone by "
		        "--origin");
	input->job.soa_expire = soa.expire;
	input->job.dnskey_ttl = apex.is_signed ? apex.dnskeys.ttl : 0;
	input->job.denial = denial_of(version, &apex, input);
	enum hf_err err = hf_zone_profile_make(version, &input->profile);
	return err == HF_OK ? gather_keys(&apex, keys, input, diag) : err;
}

enum hf_err hf_plan_input_make(const struct hf_plan_wish *wish, const struct hf_policy *policy,
        const struct hf_version *version, const struct hf_keydir *keys, struct hf_diag *diag,
        struct hf_plan_input *ret_input)
{
	*ret_input = (struct hf_plan_input){.policy = *policy};
	ret_input->job = (struct hf_plan_job){
	        .zone = hf_version_apex(version),
	        .policy = &ret_input->policy,
	        .profile = &ret_input->profile,
	        .at = wish->at,
	};
	enum hf_err err = take_wish(wish, ret_input, diag);
	if (err == HF_OK)
		err = fill(version, keys, ret_input, diag);
	if (err != HF_OK)
		hf_plan_input_done(ret_input);
	return err;
}

void hf_plan_input_done(struct hf_plan_input *input)
{
	free(input->keys);
	free(input->tags);
	input->keys = NULL;
	input->tags = NULL;
}
