/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toyworld.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../house/must.h"
#include "crypto/digest.h"
#include "dns/bitmap.h"
#include "sign/sign.h"
#include "zone/bulk.h"
#include "zone/load.h"

#define SOA "SOA ns host 2026011500 7200 3600 1209600 900\n"

static const char *const origins[] = {".", "tld.", "leaf.tld.", "sub.leaf.tld."};

/* Delegations of signed zones get their DS records when the child is signed. */
static const char *const texts[] = {
        [WORLD_ROOT] = "@ 3600 SOA ns.root-servers host 2026011500 7200 3600 1209600 900\n"
                       "@ 3600 NS ns.root-servers\n"
                       "ns.root-servers 3600 A 192.0.2.1\n"
                       "tld 3600 NS ns.tld\n"
                       "ns.tld 3600 A 192.0.2.2\n"
                       "other 3600 NS ns.other\n"
                       "ns.other 3600 A 192.0.2.9\n",
        [WORLD_TLD] = "@ 3600 " SOA "@ 3600 NS ns\n"
                      "ns 3600 A 192.0.2.2\n"
                      "leaf 3600 NS ns.leaf\n"
                      "ns.leaf 3600 A 192.0.2.3\n"
                      "plain 3600 NS ns.plain\n"
                      "ns.plain 3600 A 192.0.2.4\n"
                      "alias 3600 CNAME www.leaf\n"
                      "host.deep.ent 3600 A 192.0.2.5\n",
        [WORLD_LEAF] = "@ 3600 " SOA "@ 3600 NS ns\n"
                       "@ 3600 MX 10 www\n"
                       "ns 3600 A 192.0.2.3\n"
                       "www 3600 A 192.0.2.10\n"
                       "www 3600 A 192.0.2.11\n"
                       "www 7200 TXT \"some words\"\n"
                       "alias 3600 CNAME www\n"
                       "outside 3600 CNAME host.deep.ent.tld.\n"
                       "toplain 3600 CNAME www.plain.tld.\n"
                       "tonothing 3600 CNAME nothing\n"
                       "loop 3600 CNAME pool\n"
                       "pool 3600 CNAME loop\n"
                       "moved 3600 DNAME new\n"
                       "www.new 3600 A 192.0.2.12\n"
                       "*.wild 3600 TXT \"wild\"\n"
                       "host.wild 3600 A 192.0.2.13\n"
                       "*.walias 3600 CNAME www\n"
                       "a.b.c 3600 A 192.0.2.14\n"
                       "sub 3600 NS ns.sub\n"
                       "ns.sub 3600 A 192.0.2.6\n"
                       "bare 3600 NS ns.bare\n"
                       "ns.bare 3600 A 192.0.2.7\n",
        [WORLD_SUB] = "@ 3600 " SOA "@ 3600 NS ns\n"
                      "ns 3600 A 192.0.2.6\n"
                      "www 3600 A 192.0.2.20\n",
};

/* An unsigned zone, for the answers below delegations without DS. */
static const char plain_text[] = "@ 3600 " SOA "@ 3600 NS ns\n"
                                 "ns 3600 A 192.0.2.4\n"
                                 "www 3600 A 192.0.2.30\n"
                                 "deep 3600 NS ns.deep\n"
                                 "ns.deep 3600 A 192.0.2.5\n"
                                 "far.ent 3600 NS ns.deep\n"
                                 "away 3600 CNAME www.leaf.tld.\n";
static const char *const plain_origins[] = {
        "plain.tld.", "deep.plain.tld.", "far.ent.plain.tld.", "bare.leaf.tld.", "other."};
#define WORLD_KINDS 4 /* of signing: with NSEC, NSEC3, opt-out */
#define PLAIN_ZONES (sizeof(plain_origins) / sizeof(plain_origins[0]))

/* What all worlds share: keys, and the zones that nobody signs. */
static struct {
	struct hf_keypair *ksk[WORLD_ZONES], *zsk[WORLD_ZONES], *spare;
	struct hf_version *plain[PLAIN_ZONES];
	struct hf_version *is_signed[WORLD_KINDS][WORLD_ZONES];
} shared;

static struct hf_name name_of(const char *text)
{
	struct hf_name name;
	MUST(hf_name_from_text(text, &name) == HF_OK);
	return name;
}

static struct hf_version *load(const char *text, const char *origin)
{
	const struct hf_load_options options = {.origin = origin};
	struct hf_version *version;
	MUST(hf_zone_load_text("world", text, strlen(text), &options, NULL, &version) == HF_OK);
	return version;
}

static void generate(uint16_t flags, struct hf_keypair **pair)
{
	MUST(hf_keypair_generate(HF_ALG_ECDSAP256, 0, flags, pair) == HF_OK);
}

static bool is_tag_taken(uint16_t tag)
{
	for (int zone = 0; zone < WORLD_ZONES; zone++)
		if (hf_dnskey_tag(hf_keypair_dnskey(shared.ksk[zone])) == tag ||
		        hf_dnskey_tag(hf_keypair_dnskey(shared.zsk[zone])) == tag)
			return true;
	return false;
}

static void share(void)
{
	if (shared.spare != NULL)
		return;
	for (int zone = 0; zone < WORLD_ZONES; zone++) {
		generate(HF_DNSKEY_ZONE | HF_DNSKEY_SEP, &shared.ksk[zone]);
		/* Tests tell keys apart by their tags. */
		do {
			hf_keypair_free(shared.zsk[zone]);
			generate(HF_DNSKEY_ZONE, &shared.zsk[zone]);
		} while (hf_dnskey_tag(hf_keypair_dnskey(shared.zsk[zone])) ==
		         hf_dnskey_tag(hf_keypair_dnskey(shared.ksk[zone])));
	}
	do {
		hf_keypair_free(shared.spare);
		generate(HF_DNSKEY_ZONE | HF_DNSKEY_SEP, &shared.spare);
	} while (is_tag_taken(hf_dnskey_tag(hf_keypair_dnskey(shared.spare))));
	for (size_t i = 0; i < PLAIN_ZONES; i++)
		shared.plain[i] = load(plain_text, plain_origins[i]);
}

void world_end(void)
{
	for (int zone = 0; zone < WORLD_ZONES; zone++) {
		hf_keypair_free(shared.ksk[zone]);
		hf_keypair_free(shared.zsk[zone]);
	}
	hf_keypair_free(shared.spare);
	for (size_t i = 0; i < PLAIN_ZONES; i++)
		hf_version_unref(shared.plain[i]);
	for (int kind = 0; kind < WORLD_KINDS; kind++)
		for (int zone = 0; zone < WORLD_ZONES; zone++)
			hf_version_unref(shared.is_signed[kind][zone]);
	memset(&shared, 0, sizeof(shared));
}

/* ---- Records ---- */

static void changed(struct world_zone *zone)
{
	hf_version_unref(zone->version);
	zone->version = NULL;
}

static void put(struct world_zone *zone, const struct hf_name *owner, uint16_t type, uint32_t ttl,
        const void *data, size_t len)
{
	if (zone->count == zone->cap) {
		zone->cap = zone->cap * 2 + 64;
		zone->records = reallocarray(zone->records, zone->cap, sizeof(*zone->records));
		MUST(zone->records != NULL);
	}
	struct world_record *record = &zone->records[zone->count++];
	*record = (struct world_record){
	        .owner = *owner, .type = type, .ttl = ttl, .len = (uint16_t)len};
	record->data = malloc(len + 1);
	MUST(record->data != NULL);
	if (len > 0)
		memcpy(record->data, data, len);
	changed(zone);
}

static void put_walk(struct world_zone *zone, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata_walk walk)
{
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata))
		put(zone, owner, type, ttl, rdata.data, rdata.len);
}

static void put_tree(struct world_zone *zone, const struct hf_tree *tree)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(tree, &cursor);
	for (; node != NULL; node = hf_tree_next(&cursor)) {
		struct hf_name owner;
		hf_node_name(node, &owner);
		for (size_t i = 0; i < hf_node_count(node); i++) {
			struct hf_rrset set;
			hf_node_at(node, i, &set);
			put_walk(zone, &owner, set.type, set.ttl, hf_rrset_rrs(&set));
			put_walk(zone, &owner, KNOT_RRTYPE_RRSIG, set.sig_ttl, hf_rrset_sigs(&set));
		}
	}
}

static void forget(struct world_zone *zone)
{
	for (size_t i = 0; i < zone->count; i++)
		free(zone->records[i].data);
	free(zone->records);
	zone->records = NULL;
	zone->count = zone->cap = 0;
	changed(zone);
}

static struct hf_version *serve(struct world_zone *zone)
{
	struct hf_bulk *bulk;
	if (zone->version != NULL)
		return zone->version;
	MUST(hf_bulk_new(&bulk) == HF_OK);
	for (size_t i = 0; i < zone->count; i++) {
		const struct world_record *record = &zone->records[i];
		struct hf_rdata rdata = {.data = record->data, .len = record->len};
		MUST(hf_bulk_add(bulk, &record->owner, record->type, record->ttl, rdata) == HF_OK);
	}
	MUST(hf_bulk_finish(bulk, &zone->name, &zone->version) == HF_OK);
	hf_bulk_free(bulk);
	return zone->version;
}

void world_put(struct world *world, int zone, const char *owner, uint16_t type, uint32_t ttl,
        const void *data, size_t len)
{
	struct hf_name name = name_of(owner);
	put(&world->zones[zone], &name, type, ttl, data, len);
}

/* Drops the records of a set: all, those that cover a type, or the one with this RDATA. */
static void drop(struct world_zone *zone, const char *owner, uint16_t type, uint16_t covered,
        const struct hf_rdata *rdata)
{
	struct hf_name name = name_of(owner);
	size_t kept = 0;
	for (size_t i = 0; i < zone->count; i++) {
		struct world_record record = zone->records[i];
		bool gone = record.type == type && hf_name_equal(&record.owner, &name) &&
		            (covered == 0 || hf_read_u16(record.data) == covered);
		if (rdata != NULL)
			gone = gone &&
			       hf_rdata_equal(*rdata, (struct hf_rdata){record.data, record.len});
		if (gone)
			free(record.data);
		else
			zone->records[kept++] = record;
	}
	MUST(kept < zone->count);
	zone->count = kept;
	changed(zone);
}

void world_drop(struct world *world, int zone, const char *owner, uint16_t type)
{
	drop(&world->zones[zone], owner, type, 0, NULL);
}

void world_drop_sigs(struct world *world, int zone, const char *owner, uint16_t covered)
{
	drop(&world->zones[zone], owner, KNOT_RRTYPE_RRSIG, covered, NULL);
}

void world_drop_record(
        struct world *world, int zone, const char *owner, uint16_t type, struct hf_rdata rdata)
{
	drop(&world->zones[zone], owner, type, 0, &rdata);
}

struct world_record *world_find(struct world *world, int zone, const char *owner, uint16_t type)
{
	struct world_zone *in = &world->zones[zone];
	struct hf_name name = name_of(owner);
	for (size_t i = 0; i < in->count; i++) {
		if (in->records[i].type == type && hf_name_equal(&in->records[i].owner, &name)) {
			changed(in);
			return &in->records[i];
		}
	}
	fprintf(stderr, "world: no such record at %s\n", owner);
	abort();
}

/* ---- Signing zones ---- */

static struct hf_version *sign_zone(struct world *world, int index)
{
	struct world_zone *zone = &world->zones[index];
	struct hf_keyfile *keys[2];
	struct hf_keydir dir = {.keys = keys, .count = 2};
	struct hf_keypair *pairs[] = {zone->ksk, zone->zsk};
	struct hf_sign_options options;
	struct hf_sign_result result;
	struct hf_pool *pool;
	struct hf_diag diag;
	hf_sign_options_init(&options, WORLD_AT);
	if (index != WORLD_ROOT && (world->flags & WORLD_NSEC3) != 0)
		options.flags |= HF_SIGN_NSEC3;
	if (index != WORLD_ROOT && (world->flags & WORLD_OPT_OUT) != 0)
		options.flags |= HF_SIGN_OPT_OUT;
	for (int i = 0; i < 2; i++) {
		struct hf_rdata rdata = hf_keypair_dnskey(pairs[i]);
		keys[i] = calloc(1, sizeof(*keys[i]));
		MUST(keys[i] != NULL);
		*keys[i] = (struct hf_keyfile){.owner = zone->name,
		        .role = i == 0 ? HF_ROLE_KSK : HF_ROLE_ZSK,
		        .times = HF_KEY_TIMES_NONE,
		        .dnskey = (uint8_t *)(uintptr_t)rdata.data, /* borrowed */
		        .dnskey_len = rdata.len,
		        .algorithm = HF_ALG_ECDSAP256,
		        .tag = hf_dnskey_tag(rdata),
		        .pair = pairs[i]};
	}
	struct hf_sign_job job = {.zone = serve(zone), .keys = &dir, .options = &options};
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	MUST(hf_pool_new(1, &pool) == HF_OK);
	enum hf_err err = hf_sign_zone(&job, pool, NULL, &diag, &result);
	for (size_t i = 0; i < diag.count; i++)
		fprintf(stderr, "world: %s\n", diag.entries[i].text);
	MUST(err == HF_OK);
	hf_diag_done(&diag);
	hf_pool_free(pool);
	free(keys[0]);
	free(keys[1]);
	return result.version;
}

static void put_ds(struct world *world, int zone, struct hf_rdata dnskey, uint8_t digest_type)
{
	struct hf_buf out = {0};
	struct world_zone *child = &world->zones[zone];
	MUST(hf_ds_put(&out, digest_type, &child->name, dnskey) == HF_OK);
	put(&world->zones[zone - 1], &child->name, KNOT_RRTYPE_DS, 3600, out.data, out.len);
	hf_buf_done(&out);
}

static void anchor(struct world *world)
{
	struct hf_buf out = {0};
	struct world_zone *root = &world->zones[WORLD_ROOT];
	MUST(hf_ds_put(&out, HF_DIGEST_SHA256, &root->name, hf_keypair_dnskey(root->ksk)) == HF_OK);
	MUST(hf_anchors_add(&world->anchors, &root->name, KNOT_RRTYPE_DS,
	             (struct hf_rdata){out.data, (uint16_t)out.len}, NULL) == HF_OK);
	hf_buf_done(&out);
}

/* Unsigned but for the DS set of the zone below. */
static void put_unsigned(struct world *world, int index)
{
	struct hf_version *version = load(texts[index], origins[index]);
	put_tree(&world->zones[index], hf_version_names(version));
	hf_version_unref(version);
	if (index + 1 < WORLD_ZONES)
		put_ds(world, index + 1, hf_keypair_dnskey(shared.ksk[index + 1]),
		        HF_DIGEST_SHA256);
}

void world_init(struct world *world, unsigned flags)
{
	share();
	*world = (struct world){.flags = flags, .at = WORLD_AT, .spare = shared.spare};
	for (int i = WORLD_ZONES - 1; i >= 0; i--) {
		struct world_zone *zone = &world->zones[i];
		struct hf_version **made = &shared.is_signed[flags & (WORLD_KINDS - 1)][i];
		zone->name = name_of(origins[i]);
		zone->ksk = shared.ksk[i];
		zone->zsk = shared.zsk[i];
		if (*made == NULL) {
			put_unsigned(world, i);
			*made = sign_zone(world, i);
			forget(zone);
		}
		put_tree(zone, hf_version_names(*made));
		put_tree(zone, hf_version_nsec3(*made));
	}
	anchor(world);
}

void world_done(struct world *world)
{
	for (int i = 0; i < WORLD_ZONES; i++)
		forget(&world->zones[i]);
	hf_anchors_done(&world->anchors);
}

/* ---- Signing sets ---- */

void world_plan(
        struct world *world, int zone, const char *owner, uint16_t type, struct sig_plan *ret_plan)
{
	struct world_zone *in = &world->zones[zone];
	const struct hf_keypair *pair = type == KNOT_RRTYPE_DNSKEY ? in->ksk : in->zsk;
	struct hf_name name = name_of(owner);
	struct hf_rdata dnskey = hf_keypair_dnskey(pair);
	uint32_t ttl = world_find(world, zone, owner, type)->ttl;
	*ret_plan = (struct sig_plan){
	        .pair = pair,
	        .ttl = ttl,
	        .rrsig = {.covered = type,
	                .algorithm = dnskey.data[3],
	                .labels = (uint8_t)(hf_name_labels(&name) - hf_name_is_wildcard(&name)),
	                .ttl = ttl,
	                .inception = (uint32_t)(WORLD_AT - WORLD_DAY),
	                .expiration = (uint32_t)(WORLD_AT + 14 * WORLD_DAY),
	                .tag = hf_dnskey_tag(dnskey),
	                .signer = in->name},
	};
}

/* The set as it is now; the version must be kept meanwhile. */
static struct hf_rrset set_of(
        const struct hf_version *version, const struct hf_name *owner, uint16_t type)
{
	struct hf_key key;
	struct hf_rrset set = {.type = type};
	hf_key_from_name(owner, &key);
	const struct hf_tree *trees[] = {hf_version_names(version), hf_version_nsec3(version)};
	for (size_t i = 0; i < 2; i++) {
		const struct hf_node *node = hf_tree_get(trees[i], key.bytes, key.len);
		if (node != NULL && hf_node_find(node, type, &set))
			break;
	}
	return set;
}

void world_sign(struct world *world, int zone, const char *owner, const struct sig_plan *plan)
{
	struct world_zone *in = &world->zones[zone];
	struct hf_name name = name_of(owner);
	struct hf_rrset set = set_of(serve(in), &name, plan->rrsig.covered);
	struct hf_buf rrsig = {0};
	sig_plan_sign(plan, &name, &set, &rrsig);
	put(in, &name, KNOT_RRTYPE_RRSIG, plan->ttl, rrsig.data, rrsig.len);
	hf_buf_done(&rrsig);
}

void world_resign(struct world *world, int zone, const char *owner, uint16_t type)
{
	struct sig_plan plan;
	world_plan(world, zone, owner, type, &plan);
	world_drop_sigs(world, zone, owner, type);
	world_sign(world, zone, owner, &plan);
}

void world_put_ds(struct world *world, int zone, struct hf_rdata dnskey, uint8_t digest_type)
{
	world_drop(world, zone - 1, origins[zone], KNOT_RRTYPE_DS);
	put_ds(world, zone, dnskey, digest_type);
}

void world_change_key(struct world *world, int zone, struct hf_rdata old, struct hf_rdata new)
{
	world_drop_record(world, zone, origins[zone], KNOT_RRTYPE_DNSKEY, old);
	world_put(world, zone, origins[zone], KNOT_RRTYPE_DNSKEY, 3600, new.data, new.len);
	world_resign(world, zone, origins[zone], KNOT_RRTYPE_DNSKEY);
}

/* ---- Denial records ---- */

const char *world_hashed(struct world *world, int zone, const char *name)
{
	static char text[HF_NAME_TEXT];
	struct hf_nsec3_params params = {.algorithm = HF_NSEC3_HASH_SHA1};
	struct hf_name plain = name_of(name);
	struct hf_nsec3_hasher *hasher;
	uint8_t hash[HF_NSEC3_HASH_LEN];
	char label[HF_NSEC3_LABEL];
	MUST(hf_nsec3_hasher_new(&hasher) == HF_OK);
	MUST(hf_nsec3_hash(hasher, &params, &plain, hash) == HF_OK);
	hf_nsec3_hasher_free(hasher);
	hf_nsec3_label(hash, label);
	snprintf(text, sizeof(text), "%.*s.%s", HF_NSEC3_LABEL, label, origins[zone]);
	return text;
}

uint16_t world_denial_type(const struct world *world, int zone)
{
	bool nsec3 = zone != WORLD_ROOT && (world->flags & WORLD_NSEC3) != 0;
	return nsec3 ? KNOT_RRTYPE_NSEC3 : KNOT_RRTYPE_NSEC;
}

const char *world_denial(struct world *world, int zone, const char *name)
{
	return world_denial_type(world, zone) == KNOT_RRTYPE_NSEC ? name
	                                                          : world_hashed(world, zone, name);
}

static void toggle(struct world_record *record, size_t head, uint16_t type)
{
	const uint8_t *bitmap = record->data + head;
	size_t len = record->len - head, count = 0;
	uint16_t types[64];
	struct hf_buf out = {0};
	bool had = hf_bitmap_has(bitmap, len, type), added = had;
	int next = hf_bitmap_next(bitmap, len, -1);
	for (; next >= 0; next = hf_bitmap_next(bitmap, len, next)) {
		if (!added && next > type) {
			types[count++] = type;
			added = true;
		}
		MUST(count + 2 < sizeof(types) / sizeof(types[0]));
		if (!had || next != type)
			types[count++] = (uint16_t)next;
	}
	if (!added)
		types[count++] = type;
	hf_put_bytes(&out, record->data, head);
	hf_bitmap_put(&out, types, count);
	MUST(!out.failed);
	free(record->data);
	record->data = out.data;
	record->len = (uint16_t)out.len;
}

void world_toggle_type(struct world *world, int zone, const char *name, uint16_t type)
{
	const char *owner = world_denial(world, zone, name);
	uint16_t denial = world_denial_type(world, zone);
	struct world_record *record = world_find(world, zone, owner, denial);
	struct hf_rdata rdata = {.data = record->data, .len = record->len};
	struct hf_nsec nsec;
	struct hf_nsec3 nsec3;
	size_t bitmap_len;
	if (denial == KNOT_RRTYPE_NSEC) {
		MUST(hf_nsec_read(rdata, &nsec));
		bitmap_len = nsec.bitmap_len;
	} else {
		MUST(hf_nsec3_read(rdata, &nsec3));
		bitmap_len = nsec3.bitmap_len;
	}
	toggle(record, record->len - bitmap_len, type);
	world_resign(world, zone, owner, denial);
}

/* ---- Asking ---- */

/* Whether the servers of a zone have this one as well. */
static bool is_hosted(
        const struct world *world, const struct hf_name *zone, const struct hf_name *servers)
{
	struct hf_name parent;
	if ((world->flags & WORLD_SHARED) != 0 || hf_name_equal(zone, servers))
		return true;
	hf_name_strip(zone, 1, &parent);
	return (world->flags & WORLD_PAIRED) != 0 && zone->len > 1 &&
	       hf_name_equal(&parent, servers);
}

/* The zones on the server that is asked: parents first. */
static size_t hosted(struct world *world, const struct hf_chain_question *question,
        struct hf_version *ret_zones[static WORLD_ZONES + PLAIN_ZONES], unsigned *ret_quirks)
{
	size_t count = 0;
	*ret_quirks = 0;
	for (int i = 0; i < WORLD_ZONES; i++) {
		struct world_zone *zone = &world->zones[i];
		bool asked = hf_name_equal(&zone->name, &question->zone);
		if (asked && !zone->down)
			*ret_quirks = question->attempt == 0 ? zone->quirks | zone->first_quirks
			                                     : zone->quirks;
		if (is_hosted(world, &zone->name, &question->zone) && !zone->down)
			ret_zones[count++] = serve(zone);
	}
	for (size_t i = 0; i < PLAIN_ZONES; i++) {
		if (is_hosted(world, hf_version_apex(shared.plain[i]), &question->zone))
			ret_zones[count++] = shared.plain[i];
	}
	return count;
}

void world_answer(
        struct world *world, const struct hf_chain_question *question, struct hf_buf *ret_wire)
{
	struct hf_version *zones[WORLD_ZONES + PLAIN_ZONES];
	unsigned quirks;
	size_t count = hosted(world, question, zones, &quirks);
	if (count > 0)
		answerer_put(ret_wire, zones, count, 4711, &question->question, quirks);
}

struct hf_chain *world_trace(struct world *world, const char *name, uint16_t type)
{
	struct hf_chain *chain;
	struct hf_chain_question question;
	struct hf_question asked = {.name = name_of(name), .type = type};
	MUST(hf_chain_new(&asked, &world->anchors, &world->options, world->at, NULL, &chain) ==
	        HF_OK);
	world->asked = 0;
	while (hf_chain_wants(chain, &question)) {
		char server[HF_NAME_TEXT + 16];
		struct hf_buf wire = {0};
		struct hf_chain_reply reply = {.failure = "timed out", .server = server};
		char text[HF_NAME_TEXT];
		snprintf(server, sizeof(server), "server %u of %s", question.attempt + 1,
		        hf_name_text(&question.zone, text));
		world_answer(world, &question, &wire);
		if (wire.len > 0)
			MUST(hf_message_parse(wire.data, wire.len, NULL, &reply.message) == HF_OK);
		hf_buf_done(&wire);
		MUST(hf_chain_answer(chain, &reply) == HF_OK);
		MUST(++world->asked < 1000);
	}
	return chain;
}
