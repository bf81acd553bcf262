/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone/load.h"

struct hf_version *lab_zone(const char *text, const char *origin)
{
	struct hf_load_options options = {.origin = origin};
	struct hf_version *version = NULL;
	struct hf_diag diag;

	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_zone_load_text("lab", text, strlen(text), &options, &diag, &version);
	for (size_t i = 0; i < diag.count; i++)
		print_error("line %u: %s\n", (unsigned)diag.entries[i].line, diag.entries[i].text);
	hf_diag_done(&diag);
	assert_int_equal(err, HF_OK);
	return version;
}

struct hf_keyfile *lab_key(
        struct lab_keys *keys, const char *zone, enum hf_role role, uint8_t algorithm)
{
	uint16_t flags = HF_DNSKEY_ZONE | (role == HF_ROLE_ZSK ? 0 : HF_DNSKEY_SEP);
	struct hf_keyfile *key = calloc(1, sizeof(*key));

	assert_non_null(key);
	assert_true(keys->dir.count < sizeof(keys->list) / sizeof(keys->list[0]));
	assert_int_equal(hf_name_from_text(zone, &key->owner), HF_OK);
	assert_int_equal(hf_keypair_generate(algorithm, 0, flags, &key->pair), HF_OK);
	struct hf_rdata rdata = hf_keypair_dnskey(key->pair);
	key->role = role;
	key->algorithm = algorithm;
	key->times = (struct hf_key_times){HF_TIME_NONE, HF_TIME_NONE, HF_TIME_NONE, HF_TIME_NONE,
	        HF_TIME_NONE, HF_TIME_NONE, HF_TIME_NONE, HF_TIME_NONE};
	key->dnskey = malloc(rdata.len);
	assert_non_null(key->dnskey);
	memcpy(key->dnskey, rdata.data, rdata.len);
	key->dnskey_len = rdata.len;
	key->tag = key->plain_tag = hf_dnskey_tag(rdata);
	key->dnskey[1] |= HF_DNSKEY_REVOKE;
	key->revoked_tag = hf_dnskey_tag((struct hf_rdata){key->dnskey, rdata.len});
	key->dnskey[1] = (uint8_t)(key->dnskey[1] & ~HF_DNSKEY_REVOKE);
	keys->dir.keys = keys->list;
	keys->list[keys->dir.count++] = key;
	return key;
}

void lab_csk(struct lab_keys *keys, const char *zone)
{
	lab_key(keys, zone, HF_ROLE_CSK, HF_ALG_ED25519);
}

void lab_keys_done(struct lab_keys *keys)
{
	for (size_t i = 0; i < keys->dir.count; i++)
		hf_keyfile_free(keys->list[i]);
	*keys = (struct lab_keys){0};
}

void lab_init(struct lab *lab, const char *text, const char *origin)
{
	*lab = (struct lab){.jobs = 1};
	lab->zone = lab_zone(text, origin);
	hf_sign_options_init(&lab->options, LAB_AT);
	hf_diag_init(&lab->diag, 100);
	hf_diag_init(&lab->warnings, 100);
}

void lab_done(struct lab *lab)
{
	lab_keys_done(&lab->keys);
	hf_version_unref(lab->zone);
	hf_version_unref(lab->result.version);
	hf_diag_done(&lab->diag);
	hf_diag_done(&lab->warnings);
}

enum hf_err lab_sign(struct lab *lab)
{
	struct hf_sign_job job = {
	        .zone = lab->zone,
	        .previous = lab->previous,
	        .keys = &lab->keys.dir,
	        .keys_from = "lab",
	        .options = &lab->options,
	        .warnings = &lab->warnings,
	};
	struct hf_pool *pool = NULL;

	hf_version_unref(lab->result.version);
	lab->result = (struct hf_sign_result){0};
	assert_int_equal(hf_pool_new(lab->jobs, &pool), HF_OK);
	enum hf_err err = hf_sign_zone(&job, pool, NULL, &lab->diag, &lab->result);
	hf_pool_free(pool);
	if (err == HF_OK)
		assert_int_equal(lab->diag.count, 0);
	else
		assert_null(lab->result.version);
	return err;
}

bool lab_says(const struct hf_diag *diag, const char *text)
{
	for (size_t i = 0; i < diag->count; i++)
		if (strstr(diag->entries[i].text, text) != NULL)
			return true;
	return false;
}

void lab_assert_says(const struct hf_diag *diag, const char *text)
{
	if (lab_says(diag, text))
		return;
	for (size_t i = 0; i < diag->count; i++)
		print_error("it says: %s\n", diag->entries[i].text);
	fail_msg("nothing says \"%s\"", text);
}

static bool find(
        const struct hf_version *version, const char *name, uint16_t type, struct hf_rrset *ret_set)
{
	struct hf_name wire;
	struct hf_key key;

	assert_int_equal(hf_name_from_text(name, &wire), HF_OK);
	hf_key_from_name(&wire, &key);
	const struct hf_tree *tree =
	        type == KNOT_RRTYPE_NSEC3 ? hf_version_nsec3(version) : hf_version_names(version);
	const struct hf_node *node = hf_tree_get(tree, key.bytes, key.len);
	return node != NULL && hf_node_find(node, type, ret_set);
}

void lab_set(
        const struct hf_version *version, const char *name, uint16_t type, struct hf_rrset *ret_set)
{
	char text[HF_TYPE_TEXT];
	if (!find(version, name, type, ret_set))
		fail_msg("there is no %s at %s", hf_type_text(type, text), name);
}

bool lab_has(const struct hf_version *version, const char *name, uint16_t type)
{
	struct hf_rrset set;
	return find(version, name, type, &set) && set.rr_count > 0;
}
