/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/drama_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "sign/sign.h"
#include "zone/load.h"

#define NAMES_LEAST   2
#define PARENT_SIGNED (30 * 86400)

static uint16_t tag_of(const struct hf_buf *dnskey)
{
	return hf_dnskey_tag((struct hf_rdata){dnskey->data, (uint16_t)dnskey->len});
}

/* ---- keys ---- */

static enum hf_role role_of(enum hf_scenario_role role)
{
	static const enum hf_role roles[] = {
	        [HF_SCENARIO_KSK] = HF_ROLE_KSK,
	        [HF_SCENARIO_ZSK] = HF_ROLE_ZSK,
	        [HF_SCENARIO_CSK] = HF_ROLE_CSK,
	};
	return roles[role];
}

/* Whether a key has a tag that was stated, or that an earlier key got. */
static bool is_taken(const struct hf_drama_world *world, unsigned number)
{
	uint16_t tag = world->keys[number].file->tag;
	for (unsigned i = 0; i < world->scenario->key_count; i++) {
		const struct hf_keyfile *other = world->keys[i].file;
		if (i != number && (world->scenario->keys[i].tag == tag ||
		                           (i < number && other != NULL && other->tag == tag)))
			return true;
	}
	return false;
}

/* Keys whose tag nobody states do not share one by chance. */
static enum hf_err forge(struct hf_drama_world *world, unsigned number, uint64_t seed)
{
	const struct hf_scenario_key *told = &world->scenario->keys[number];
	struct hf_keyfile **file = &world->keys[number].file;
	const struct hf_random base = {seed};
	struct hf_random random = hf_random_fork(&base, number);
	const struct hf_forge_order order = {.owner = &world->zone,
	        .role = role_of(told->role),
	        .algorithm = told->algorithm,
	        .tag = told->tag < 0 ? HF_FORGE_ANY : told->tag};
	enum hf_err err;
	do {
		hf_keyfile_free(*file);
		*file = NULL;
		err = hf_forge_key(&order, random, file);
		(void)hf_random_next(&random);
	} while (err == HF_OK && told->tag < 0 && is_taken(world, number));
	return err;
}

static enum hf_err fill_key(struct hf_drama_world *world, unsigned number)
{
	const struct hf_scenario_key *told = &world->scenario->keys[number];
	struct hf_drama_key *key = &world->keys[number];
	const struct hf_keyfile *file =
	        told->revokes < 0 ? key->file : world->keys[told->revokes].file;
	if (file == NULL)
		return HF_ERR_INVALID;
	hf_put_bytes(&key->dnskey, file->dnskey, file->dnskey_len);
	enum hf_err err = hf_buf_check(&key->dnskey);
	if (err != HF_OK)
		return err;
	if (told->revokes >= 0)
		key->dnskey.data[1] |= HF_DNSKEY_REVOKE;
	key->tag = tag_of(&key->dnskey);
	return hf_signer_new(file->pair, &key->signer);
}

static enum hf_err make_keys(struct hf_drama_world *world, uint64_t seed, struct hf_diag *diag)
{
	const struct hf_scenario *scenario = world->scenario;
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < scenario->key_count && err == HF_OK; i++) {
		if (scenario->keys[i].revokes < 0)
			err = forge(world, i, seed);
		if (err != HF_OK)
			return hf_fail(diag, err,
			        "no key like \"%s\" can be made (%s); give it another algorithm "
			        "or tag",
			        scenario->keys[i].name, hf_err_text(err));
	}
	for (unsigned i = 0; i < scenario->key_count && err == HF_OK; i++)
		err = fill_key(world, i);
	return err;
}

static enum hf_err make_helper(struct hf_drama_world *world, uint64_t seed)
{
	const struct hf_forge_order order = {.owner = &world->zone,
	        .role = HF_ROLE_CSK,
	        .algorithm = HF_ALG_ECDSAP256,
	        .tag = HF_FORGE_ANY};
	const struct hf_random random = {seed};
	return hf_forge_key(&order, hf_random_fork(&random, HF_SCENARIO_KEYS), &world->helper);
}

struct hf_rdata hf_drama_world_dnskey(const struct hf_drama_world *world, unsigned key)
{
	const struct hf_buf *dnskey = &world->keys[key].dnskey;
	return (struct hf_rdata){dnskey->data, (uint16_t)dnskey->len};
}

enum hf_err hf_drama_world_ds(const struct hf_drama_world *world, unsigned key, struct hf_buf *out)
{
	return hf_ds_put(out, HF_DIGEST_SHA256, &world->zone, hf_drama_world_dnskey(world, key));
}

/* ---- the zone without signatures ---- */

static unsigned names_of(const struct hf_scenario_class *class)
{
	unsigned names = (unsigned)(class->share * HF_DRAMA_NAMES + 0.5);
	return names < NAMES_LEAST ? NAMES_LEAST : names;
}

/* Of delegations each second one is signed. */
static void put_delegation(struct hf_buf *text, const char *name, unsigned number)
{
	hf_put_format(text, "%s NS ns1.dns.test.\n", name);
	if (number % 2 == 0)
		hf_put_format(text, "%s DS %u 13 2 %064u\n", name, 1000 + number, number);
}

static void put_class(struct hf_buf *text, const struct hf_scenario *scenario, unsigned number)
{
	const struct hf_scenario_class *class = &scenario->classes[number];
	char name[16];
	for (unsigned i = 0; i < names_of(class) && class->stuff != HF_SCENARIO_DENIALS; i++) {
		snprintf(name, sizeof(name), "c%u-%02u", number, i);
		if (class->stuff == HF_SCENARIO_DELEGATIONS)
			put_delegation(text, name, i);
		else
			hf_put_format(text, "%s A 192.0.2.%u\n", name, i + 1);
		if (class->stuff == HF_SCENARIO_WILDCARDS)
			hf_put_format(text, "*.%s A 192.0.2.%u\n", name, i + 1);
	}
}

static enum hf_err load_text(
        struct hf_buf *text, const char *origin, struct hf_diag *diag, struct hf_version **ret_zone)
{
	enum hf_err err = hf_buf_check(text);
	const struct hf_load_options options = {.origin = origin};
	if (err == HF_OK)
		err = hf_zone_load_text(
		        origin, (const char *)text->data, text->len, &options, diag, ret_zone);
	hf_buf_done(text);
	return err;
}

static enum hf_err make_bare(struct hf_drama_world *world, struct hf_diag *diag)
{
	const struct hf_scenario *scenario = world->scenario;
	struct hf_buf text = {0};
	char origin[HF_NAME_TEXT];
	hf_name_text(&world->zone, origin);
	hf_put_format(&text,
	        "$TTL 3600\n@ SOA ns1.dns.test. admin.dns.test. 1 7200 3600 1209600 3600\n"
	        "@ NS ns1.dns.test.\n@ NS ns2.dns.test.\n");
	for (unsigned i = 0; i < scenario->class_count; i++)
		put_class(&text, scenario, i);
	return load_text(&text, origin, diag, &world->bare);
}

/* ---- signatures by the helper, for denial records and for the parent ---- */

static enum hf_err sign(const struct hf_drama_world *world, const struct hf_version *zone,
        struct hf_keyfile *key, unsigned flags, hf_time at, struct hf_diag *diag,
        struct hf_version **ret_version)
{
	struct hf_keyfile *list[] = {key};
	const struct hf_keydir keys = {list, 1};
	const struct hf_sign_duty duty = {.tag = key->tag,
	        .algorithm = key->algorithm,
	        .flags = HF_DUTY_PUBLISHED | HF_DUTY_SIGN_KEYS | HF_DUTY_SIGN_DATA};
	const struct hf_sign_duties duties = {.list = &duty, .count = 1};
	struct hf_sign_options options;
	struct hf_sign_result result;
	hf_sign_options_init(&options, at);
	options.flags = flags;
	options.validity = PARENT_SIGNED;
	options.serial = HF_SERIAL_KEEP;
	const struct hf_sign_job job = {
	        .zone = zone, .keys = &keys, .duties = &duties, .options = &options};
	enum hf_err err = hf_sign_zone(&job, world->pool, NULL, diag, &result);
	if (err == HF_OK)
		*ret_version = result.version;
	return err;
}

static unsigned denial_flags(enum hf_scenario_denial denial)
{
	return denial == HF_SCENARIO_NSEC    ? 0
	       : denial == HF_SCENARIO_NSEC3 ? HF_SIGN_NSEC3
	                                     : HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT;
}

static enum hf_err parent_text(struct hf_drama_world *world, hf_scenario_keys ds, uint32_t ttl,
        const struct hf_name *zone, struct hf_buf *text)
{
	char name[HF_NAME_TEXT];
	hf_name_text(zone, name);
	hf_put_format(text,
	        "$TTL 86400\n@ SOA ns1.dns.test. admin.dns.test. 1 7200 3600 1209600 900\n"
	        "@ NS ns1.dns.test.\n@ NS ns2.dns.test.\n%s NS ns1.dns.test.\n",
	        name);
	for (unsigned i = 0; i < world->scenario->key_count; i++) {
		struct hf_buf rdata = {0};
		if ((ds >> i & 1) == 0)
			continue;
		enum hf_err err = hf_drama_world_ds(world, i, &rdata);
		hf_put_format(text, "%s %" PRIu32 " DS \\# %zu ", name, ttl, rdata.len);
		for (size_t j = 0; err == HF_OK && j < rdata.len; j++)
			hf_put_format(text, "%02x", rdata.data[j]);
		hf_put_text(text, "\n");
		hf_buf_done(&rdata);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

enum hf_err hf_drama_world_parent(struct hf_drama_world *world, hf_scenario_keys ds, uint32_t ttl,
        hf_time at, struct hf_diag *diag, struct hf_version **ret_version)
{
	struct hf_buf text = {0};
	struct hf_version *bare = NULL;
	struct hf_keyfile key = *world->helper;
	char origin[HF_NAME_TEXT];
	hf_name_text(&world->parent, origin);
	key.owner = world->parent;
	enum hf_err err = parent_text(world, ds, ttl, &world->zone, &text);
	if (err != HF_OK)
		hf_buf_done(&text);
	else
		err = load_text(&text, origin, diag, &bare);
	if (err == HF_OK)
		err = sign(world, bare, &key, 0, at, diag, ret_version);
	hf_version_unref(bare);
	return err;
}

/* ---- classes ---- */

/* Where an owner belongs. */
struct place {
	unsigned class;
	bool delegation;
};

/* The class in "c2-07" right below the apex; the main one elsewhere. */
static struct place place_by_name(const struct hf_drama_world *world, const struct hf_name *owner)
{
	const struct hf_scenario *scenario = world->scenario;
	unsigned above = hf_name_labels(&world->zone), labels = hf_name_labels(owner);
	struct hf_name name;
	if (labels <= above || !hf_name_is_under(owner, &world->zone))
		return (struct place){world->main, false};
	hf_name_strip(owner, labels - above - 1, &name);
	unsigned class = name.wire[0] >= 2 && name.wire[1] == 'c' && name.wire[2] >= '0'
	                         ? (unsigned)(name.wire[2] - '0')
	                         : HF_SCENE_CLASSES;
	if (class >= scenario->class_count)
		return (struct place){world->main, false};
	return (struct place){class, scenario->classes[class].stuff == HF_SCENARIO_DELEGATIONS};
}

static struct place place_by_hash(const struct hf_drama_world *world, const struct hf_name *owner)
{
	uint8_t hash[HF_NAME_MAX];
	size_t len;
	bool hashed = hf_nsec3_unlabel(owner->wire + 1, owner->wire[0], hash, &len) &&
	              len == HF_NSEC3_HASH_LEN;
	for (size_t i = 0; hashed && i < world->hash_count; i++)
		if (memcmp(world->hashes[i].hash, hash, HF_NSEC3_HASH_LEN) == 0)
			return (struct place){world->hashes[i].class, world->hashes[i].delegation};
	return (struct place){world->main, false};
}

unsigned hf_drama_world_class(
        const struct hf_drama_world *world, const struct hf_name *owner, uint16_t type)
{
	struct place place = type == KNOT_RRTYPE_NSEC3 ? place_by_hash(world, owner)
	                                               : place_by_name(world, owner);
	bool denies = type == KNOT_RRTYPE_NSEC || type == KNOT_RRTYPE_NSEC3;
	/* That a delegation has no DS is what its class is about. A denial has the SOA record. */
	if (world->denials >= 0 && (type == KNOT_RRTYPE_SOA || (denies && !place.delegation)))
		return (unsigned)world->denials;
	return place.class;
}

static enum hf_err hash_owners(struct hf_drama_world *world)
{
	const struct hf_tree *names = hf_version_names(world->bare);
	const struct hf_nsec3_params params = {.algorithm = HF_NSEC3_HASH_SHA1};
	struct hf_nsec3_hasher *hasher;
	struct hf_tree_cursor cursor;
	struct hf_name name;
	world->hashes = calloc(hf_tree_count(names) + 1, sizeof(*world->hashes));
	if (world->hashes == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_nsec3_hasher_new(&hasher);
	if (err != HF_OK)
		return err;
	const struct hf_node *node = hf_tree_first(names, &cursor);
	for (; node != NULL && err == HF_OK; node = hf_tree_next(&cursor)) {
		struct hf_drama_hash *entry = &world->hashes[world->hash_count++];
		hf_node_name(node, &name);
		const struct place place = place_by_name(world, &name);
		entry->class = place.class;
		entry->delegation = place.delegation;
		err = hf_nsec3_hash(hasher, &params, &name, entry->hash);
	}
	hf_nsec3_hasher_free(hasher);
	return err;
}

static void find_classes(struct hf_drama_world *world)
{
	const struct hf_scenario *scenario = world->scenario;
	world->denials = -1;
	for (unsigned i = 0; i < scenario->class_count; i++) {
		const struct hf_scenario_class *class = &scenario->classes[i];
		if (class->share > scenario->classes[world->main].share)
			world->main = i;
		if (class->stuff == HF_SCENARIO_DENIALS && world->denials < 0)
			world->denials = (int)i;
	}
}

enum hf_err hf_drama_world_question(
        const struct hf_drama_world *world, unsigned class, struct hf_question *ret_question)
{
	const enum hf_scenario_stuff stuff = world->scenario->classes[class].stuff;
	if (stuff == HF_SCENARIO_DENIALS) {
		*ret_question = (struct hf_question){world->zone, KNOT_RRTYPE_TXT};
		return HF_OK;
	}
	char zone[HF_NAME_TEXT], text[HF_NAME_TEXT + 32];
	hf_name_text(&world->zone, zone);
	struct hf_question question = {
	        .type = stuff == HF_SCENARIO_DELEGATIONS ? KNOT_RRTYPE_DS : KNOT_RRTYPE_A};
	snprintf(text, sizeof(text), "%sc%u-00.%s", stuff == HF_SCENARIO_WILDCARDS ? "any." : "",
	        class, hf_name_labels(&world->zone) > 0 ? zone : "");
	enum hf_err err = hf_name_from_text(text, &question.name);
	if (err == HF_OK)
		*ret_question = question;
	return err;
}

/* ---- the whole ---- */

void hf_drama_world_free(struct hf_drama_world *world)
{
	if (world == NULL)
		return;
	for (unsigned i = 0; i < HF_SCENARIO_KEYS; i++) {
		hf_signer_free(world->keys[i].signer);
		hf_buf_done(&world->keys[i].dnskey);
		hf_keyfile_free(world->keys[i].file);
	}
	hf_keyfile_free(world->helper);
	hf_version_unref(world->bare);
	hf_version_unref(world->chained);
	hf_node_builder_free(world->builder);
	free(world->hashes);
	free(world);
}

static enum hf_err fill(struct hf_drama_world *world, uint64_t seed, struct hf_diag *diag)
{
	const struct hf_scenario *scenario = world->scenario;
	if (hf_name_from_text(scenario->zone, &world->zone) != HF_OK)
		return hf_fail(diag, HF_ERR_INVALID, "\"%s\" is no name; correct the zone",
		        scenario->zone);
	hf_name_lower(&world->zone);
	hf_name_strip(&world->zone, hf_name_labels(&world->zone) > 0 ? 1 : 0, &world->parent);
	find_classes(world);
	enum hf_err err = make_keys(world, seed, diag);
	if (err == HF_OK)
		err = make_helper(world, seed);
	if (err == HF_OK)
		err = hf_node_builder_new(&world->builder);
	if (err == HF_OK)
		err = make_bare(world, diag);
	if (err == HF_OK)
		err = sign(world, world->bare, world->helper, denial_flags(scenario->denial),
		        scenario->from, diag, &world->chained);
	return err == HF_OK ? hash_owners(world) : err;
}

enum hf_err hf_drama_world_new(const struct hf_scenario *scenario, uint64_t seed,
        struct hf_pool *pool, struct hf_diag *diag, struct hf_drama_world **ret_world)
{
	struct hf_drama_world *world = calloc(1, sizeof(*world));
	if (world == NULL)
		return HF_ERR_NOMEM;
	world->scenario = scenario;
	world->pool = pool;
	enum hf_err err = fill(world, seed, diag);
	if (err != HF_OK) {
		hf_drama_world_free(world);
		return err;
	}
	*ret_world = world;
	return HF_OK;
}
