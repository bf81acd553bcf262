/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/facts.h"

#include <stdio.h>
#include <string.h>

struct hf_where hf_facts_apex(const struct hf_facts *facts, uint16_t type)
{
	return (struct hf_where){.owner = facts->apex, .type = type, .tag = HF_NO_TAG};
}

bool hf_zone_key_signs(const struct hf_zone_key *key)
{
	return key->use != HF_KEY_UNUSABLE && (key->dnskey.flags & HF_DNSKEY_REVOKE) == 0;
}

static bool is_sep(const struct hf_zone_key *key)
{
	return (key->dnskey.flags & HF_DNSKEY_SEP) != 0;
}

/* A key with the SEP flag is a CSK when its algorithm has no other key to sign data with. */
static const char *role(const struct hf_facts *facts, const struct hf_zone_key *key)
{
	if (!is_sep(key))
		return "ZSK";
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct hf_zone_key *other = &facts->keys[i];
		if (other->dnskey.algorithm == key->dnskey.algorithm && !is_sep(other) &&
		        hf_zone_key_signs(other))
			return "KSK";
	}
	return "CSK";
}

static void label_keys(struct hf_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++) {
		struct hf_zone_key *key = &facts->keys[i];
		char name[32];
		bool revoked = (key->dnskey.flags & HF_DNSKEY_REVOKE) != 0;
		snprintf(key->label, sizeof(key->label), "%s%s %u (%s)", revoked ? "revoked " : "",
		        role(facts, key), key->tag, hf_alg_name(key->dnskey.algorithm, name));
	}
}

static enum hf_err key_init(struct hf_rdata rdata, struct hf_zone_key *key)
{
	*key = (struct hf_zone_key){.rdata = rdata, .use = HF_KEY_UNUSABLE};
	if (!hf_dnskey_read(rdata, &key->dnskey))
		return HF_OK;
	key->tag = hf_dnskey_tag(rdata);
	if ((key->dnskey.flags & HF_DNSKEY_ZONE) == 0 || key->dnskey.protocol != HF_DNSKEY_PROTOCOL)
		return HF_OK;
	enum hf_err err = hf_pubkey_new(rdata, &key->pubkey);
	if (err == HF_ERR_INVALID)
		return HF_OK;
	if (err != HF_OK && err != HF_ERR_UNSUPPORTED)
		return err;
	key->use = err == HF_OK ? HF_KEY_USABLE : HF_KEY_UNSUPPORTED;
	return HF_OK;
}

static void add_alg(struct hf_facts *facts, uint8_t alg)
{
	size_t at = 0;
	while (at < facts->alg_count && facts->algs[at] < alg)
		at++;
	if (at < facts->alg_count && facts->algs[at] == alg)
		return;
	memmove(&facts->algs[at + 1], &facts->algs[at], facts->alg_count - at);
	facts->algs[at] = alg;
	facts->alg_count++;
}

static enum hf_err read_keys(
        struct hf_facts *facts, const struct hf_node *apex, struct hf_finds *finds)
{
	struct hf_rrset set;
	if (apex == NULL || !hf_node_find(apex, KNOT_RRTYPE_DNSKEY, &set))
		return HF_OK;
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_DNSKEY);
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		if (facts->key_count == HF_VERIFY_KEYS) {
			hf_found(finds, HF_CHECK_KEY_TOO_MANY, &where,
			        "The DNSKEY set has %u keys; only the first %d were used.",
			        set.rr_count, HF_VERIFY_KEYS);
			break;
		}
		struct hf_zone_key *key = &facts->keys[facts->key_count];
		enum hf_err err = key_init(rdata, key);
		if (err != HF_OK)
			return err;
		facts->key_count++;
		if (hf_zone_key_signs(key))
			add_alg(facts, key->dnskey.algorithm);
	}
	label_keys(facts);
	return HF_OK;
}

static void read_soa(struct hf_facts *facts, const struct hf_node *apex)
{
	struct hf_rrset set;
	facts->has_soa = hf_version_soa(facts->version, &facts->soa);
	if (facts->has_soa && hf_node_find(apex, KNOT_RRTYPE_SOA, &set))
		facts->denial_ttl = set.ttl < facts->soa.minimum ? set.ttl : facts->soa.minimum;
}

int hf_facts_chain(const struct hf_facts *facts, const struct hf_nsec3_params *params)
{
	for (size_t i = 0; i < facts->chain_count; i++) {
		const struct hf_nsec3_params *chain = &facts->chains[i];
		if (chain->algorithm == params->algorithm &&
		        chain->iterations == params->iterations &&
		        chain->salt_len == params->salt_len &&
		        (chain->salt_len == 0 ||
		                memcmp(chain->salt, params->salt, chain->salt_len) == 0))
			return (int)i;
	}
	return -1;
}

/* Takes one NSEC3PARAM's parameters as a chain, unless validators would ignore them. */
static void add_chain(
        struct hf_facts *facts, const struct hf_nsec3_params *params, struct hf_finds *finds)
{
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_NSEC3PARAM);
	if (params->flags != 0) {
		hf_found(finds, HF_CHECK_NSEC3PARAM_FLAGS, &where,
		        "The NSEC3PARAM record has flags %u instead of 0, so servers ignore it.",
		        params->flags);
		return;
	}
	if (params->algorithm != HF_NSEC3_HASH_SHA1) {
		hf_found(finds, HF_CHECK_NSEC3_ALGORITHM, &where,
		        "The NSEC3PARAM record names hash algorithm %u; only 1 (SHA-1) exists.",
		        params->algorithm);
		return;
	}
	if (facts->chain_count == HF_VERIFY_CHAINS) {
		hf_found(finds, HF_CHECK_NSEC3_CHAINS_LIMIT, &where,
		        "There are more than %d NSEC3PARAM records; the other chains were not "
		        "checked.",
		        HF_VERIFY_CHAINS);
		return;
	}
	facts->chains[facts->chain_count++] = *params;
}

static void read_params(struct hf_facts *facts, const struct hf_node *apex, struct hf_finds *finds)
{
	struct hf_rrset set;
	if (apex == NULL || !hf_node_find(apex, KNOT_RRTYPE_NSEC3PARAM, &set))
		return;
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		struct hf_nsec3_params params;
		if (hf_nsec3param_read(rdata, &params))
			add_chain(facts, &params, finds);
	}
	facts->has_param = facts->chain_count > 0;
}

/* Without a usable NSEC3PARAM: the parameters of the first NSEC3 record in the zone. */
static void guess_params(struct hf_facts *facts)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(hf_version_nsec3(facts->version), &cursor);
	for (; node != NULL; node = hf_tree_next(&cursor)) {
		struct hf_rrset set;
		struct hf_rdata rdata;
		struct hf_nsec3 nsec3;
		if (hf_version_in_zone(facts->version, node) &&
		        hf_node_find(node, KNOT_RRTYPE_NSEC3, &set) &&
		        hf_rrset_first(&set, &rdata) && hf_nsec3_read(rdata, &nsec3) &&
		        nsec3.params.algorithm == HF_NSEC3_HASH_SHA1) {
			facts->chains[facts->chain_count++] = nsec3.params;
			return;
		}
	}
}

/* Findings about the parameters themselves, which hold for every chain. */
static void judge_params(struct hf_facts *facts, struct hf_finds *finds)
{
	struct hf_where where =
	        hf_facts_apex(facts, facts->has_param ? KNOT_RRTYPE_NSEC3PARAM : KNOT_RRTYPE_NSEC3);
	facts->chains_checked = facts->chain_count > 0;
	for (size_t i = 0; i < facts->chain_count; i++) {
		const struct hf_nsec3_params *params = &facts->chains[i];
		if (params->iterations > HF_VERIFY_ITERATIONS) {
			facts->chains_checked = false;
			hf_found(finds, HF_CHECK_NSEC3_ITERATIONS_LIMIT, &where,
			        "NSEC3 uses %u additional iterations, more than the %d that "
			        "validators accept.",
			        params->iterations, HF_VERIFY_ITERATIONS);
		} else if (params->iterations > 0) {
			hf_found(finds, HF_CHECK_NSEC3_ITERATIONS, &where,
			        "NSEC3 uses %u additional iterations; 0 are as safe and cheaper.",
			        params->iterations);
		}
		if (params->salt_len > 0)
			hf_found(finds, HF_CHECK_NSEC3_SALT, &where,
			        "NSEC3 uses a salt of %u bytes; it protects nothing.",
			        params->salt_len);
	}
	if (facts->has_param && facts->chain_count > 1)
		hf_found(finds, HF_CHECK_NSEC3_CHAINS, &where,
		        "There are %zu NSEC3PARAM records; each chain was checked.",
		        facts->chain_count);
}

static void read_denial(struct hf_facts *facts, const struct hf_node *apex, struct hf_finds *finds)
{
	read_params(facts, apex, finds);
	bool has_nsec = apex != NULL && hf_node_has(apex, KNOT_RRTYPE_NSEC);
	bool has_nsec3 = hf_tree_count(hf_version_nsec3(facts->version)) > 0;
	facts->denial = facts->has_param || (has_nsec3 && !has_nsec) ? HF_DENIED_BY_NSEC3
	                                                             : HF_DENIED_BY_NSEC;
	if (facts->denial != HF_DENIED_BY_NSEC3)
		return;
	if (!facts->has_param) {
		guess_params(facts);
		struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_NSEC3PARAM);
		hf_found(finds, HF_CHECK_NSEC3PARAM_MISSING, &where,
		        "There are NSEC3 records, but no usable NSEC3PARAM record at the apex.");
	}
	judge_params(facts, finds);
}

uint64_t hf_facts_expected(const struct hf_version *version)
{
	return 2 * (hf_tree_count(hf_version_names(version)) +
	                   hf_tree_count(hf_version_nsec3(version)));
}

static enum hf_err make_batch_keys(struct hf_facts *facts, uint64_t expected)
{
	struct hf_batch_key keys[HF_VERIFY_KEYS];
	for (size_t i = 0; i < facts->key_count; i++)
		keys[i] = (struct hf_batch_key){facts->keys[i].pubkey, facts->keys[i].rdata};
	return hf_batch_keys_new(keys, facts->key_count, expected, &facts->batch_keys);
}

enum hf_err hf_facts_init(const struct hf_version *version, hf_time at, uint64_t expected,
        struct hf_finds *finds, struct hf_facts *ret_facts)
{
	*ret_facts = (struct hf_facts){
	        .version = version,
	        .apex = hf_version_apex(version),
	        .apex_key = hf_version_apex_key(version),
	        .at = at,
	};
	ret_facts->apex_labels = hf_name_labels(ret_facts->apex);
	const struct hf_node *apex = hf_version_apex_node(version);
	read_soa(ret_facts, apex);
	enum hf_err err = read_keys(ret_facts, apex, finds);
	if (err == HF_OK && ret_facts->key_count > 0)
		err = make_batch_keys(ret_facts, expected);
	if (err != HF_OK) {
		hf_facts_done(ret_facts);
		return err;
	}
	/* Without keys there is one finding, that there are none. */
	if (ret_facts->key_count > 0)
		read_denial(ret_facts, apex, finds);
	return HF_OK;
}

void hf_facts_done(struct hf_facts *facts)
{
	hf_batch_keys_free(facts->batch_keys);
	facts->batch_keys = NULL;
	for (size_t i = 0; i < facts->key_count; i++)
		hf_pubkey_free(facts->keys[i].pubkey);
	facts->key_count = 0;
}
