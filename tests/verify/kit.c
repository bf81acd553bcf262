/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../house/must.h"
#include "crypto/digest.h"
#include "dns/bitmap.h"
#include "zone/bulk.h"
#include "zone/load.h"

static struct hf_keypair *shared_ksk, *shared_zsk, *shared_spare;

static struct hf_name name_of(const char *text)
{
	struct hf_name name;
	MUST(hf_name_from_text(text, &name) == HF_OK);
	return name;
}

/* ---- Records ---- */

static void put(struct kit *kit, const struct hf_name *owner, uint16_t type, uint32_t ttl,
        const void *data, size_t len)
{
	if (kit->count == kit->cap) {
		kit->cap = kit->cap * 2 + 64;
		kit->records = realloc(kit->records, kit->cap * sizeof(*kit->records));
		MUST(kit->records != NULL);
	}
	struct kit_record *record = &kit->records[kit->count++];
	*record = (struct kit_record){
	        .owner = *owner, .type = type, .ttl = ttl, .len = (uint16_t)len};
	record->data = malloc(len > 0 ? len : 1);
	MUST(record->data != NULL);
	if (len > 0)
		memcpy(record->data, data, len);
}

void kit_put(struct kit *kit, const char *owner, uint16_t type, uint32_t ttl, const void *data,
        size_t len)
{
	struct hf_name name = name_of(owner);
	put(kit, &name, type, ttl, data, len);
}

static void set_kind(struct kit *kit, const struct hf_name *name, char kind)
{
	for (size_t i = 0; i < kit->owner_count; i++) {
		if (hf_name_equal(&kit->owners[i].name, name)) {
			kit->owners[i].kind = kind;
			return;
		}
	}
	kit->owners = realloc(kit->owners, (kit->owner_count + 1) * sizeof(*kit->owners));
	MUST(kit->owners != NULL);
	kit->owners[kit->owner_count++] = (struct kit_owner){.name = *name, .kind = kind};
}

void kit_kind(struct kit *kit, const char *owner, char kind)
{
	struct hf_name name = name_of(owner);
	set_kind(kit, &name, kind);
}

static void add_node(struct kit *kit, char kind, const struct hf_node *node)
{
	struct hf_name owner;
	hf_node_name(node, &owner);
	if (kind != 0)
		set_kind(kit, &owner, kind);
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		struct hf_rdata rdata;
		hf_node_at(node, i, &set);
		struct hf_rdata_walk walk = hf_rrset_rrs(&set);
		while (hf_rdata_next(&walk, &rdata))
			put(kit, &owner, set.type, set.ttl, rdata.data, rdata.len);
	}
}

void kit_add(struct kit *kit, char kind, const char *text)
{
	const struct hf_load_options options = {.origin = KIT_APEX};
	struct hf_version *version;
	MUST(hf_zone_load_text("kit", text, strlen(text), &options, NULL, &version) == HF_OK);
	const struct hf_tree *trees[] = {hf_version_names(version), hf_version_nsec3(version)};
	for (size_t i = 0; i < 2; i++) {
		struct hf_tree_cursor cursor;
		const struct hf_node *node = hf_tree_first(trees[i], &cursor);
		for (; node != NULL; node = hf_tree_next(&cursor))
			add_node(kit, kind, node);
	}
	hf_version_unref(version);
}

static void drop(struct kit *kit, const char *owner, uint16_t type, uint16_t covered)
{
	struct hf_name name = name_of(owner);
	size_t kept = 0;
	for (size_t i = 0; i < kit->count; i++) {
		struct kit_record record = kit->records[i];
		bool gone = record.type == type && hf_name_equal(&record.owner, &name) &&
		            (covered == 0 || hf_read_u16(record.data) == covered);
		if (gone)
			free(record.data);
		else
			kit->records[kept++] = record;
	}
	MUST(kept < kit->count);
	kit->count = kept;
}

void kit_drop(struct kit *kit, const char *owner, uint16_t type)
{
	drop(kit, owner, type, 0);
}

void kit_drop_sigs(struct kit *kit, const char *owner, uint16_t covered)
{
	drop(kit, owner, KNOT_RRTYPE_RRSIG, covered);
}

struct kit_record *kit_find(struct kit *kit, const char *owner, uint16_t type)
{
	struct hf_name name = name_of(owner);
	for (size_t i = 0; i < kit->count; i++) {
		if (kit->records[i].type == type && hf_name_equal(&kit->records[i].owner, &name))
			return &kit->records[i];
	}
	return NULL;
}

/* ---- The zone ---- */

static void share_keys(struct kit *kit)
{
	uint16_t zone = HF_DNSKEY_ZONE;
	if (shared_ksk == NULL) {
		MUST(hf_keypair_generate(13, 0, zone | HF_DNSKEY_SEP, &shared_ksk) == HF_OK);
		/* Tests tell keys apart by their tags. */
		do {
			hf_keypair_free(shared_zsk);
			MUST(hf_keypair_generate(13, 0, zone, &shared_zsk) == HF_OK);
		} while (hf_dnskey_tag(hf_keypair_dnskey(shared_zsk)) ==
		         hf_dnskey_tag(hf_keypair_dnskey(shared_ksk)));
		MUST(hf_keypair_generate(15, 0, zone, &shared_spare) == HF_OK);
	}
	kit->ksk = shared_ksk;
	kit->zsk = shared_zsk;
	kit->spare = shared_spare;
}

void kit_end(void)
{
	hf_keypair_free(shared_ksk);
	hf_keypair_free(shared_zsk);
	hf_keypair_free(shared_spare);
	shared_ksk = shared_zsk = shared_spare = NULL;
}

static const char authoritative[] =
        "@ 3600 SOA ns1 host 2026011500 7200 3600 1209600 3600\n"
        "@ 3600 NS ns1\n@ 3600 NS ns2\n@ 3600 MX 10 mail\n"
        "*.w 3600 TXT \"wild\"\n"
        "a.ent.deep 3600 A 198.51.101.2\n"
        "alias 3600 CNAME mail\n"
        "dname 3600 DNAME example.net.\n"
        "mail 3600 AAAA 2606:db00::1\n"
        "ns1 3600 A 198.51.101.1\n"
        "ns2 3600 A 198.51.101.7\n"
        "odd\\.name\\000\\255 3600 TXT \"odd\"\n"
        "www 3600 A 198.51.101.5\nwww 3600 A 198.51.101.6\nwww 3600 TXT \"text\"\n";

static const char secure[] = "sec 3600 NS ns.sec\nsec 3600 NS ns1\n"
                             "sec 3600 DS 12345 13 2 "
                             "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";

static const char insecure[] =
        "ins 3600 NS ns.ins\nins 3600 NS ns1\nx.del.ent2 3600 NS ns1\nx.del.ent2 3600 NS ns2\n";

static const char glue[] = "ns.sec 3600 A 198.51.101.3\nns.ins 3600 A 198.51.101.4\n";

void kit_init(struct kit *kit, enum kit_mode mode)
{
	*kit = (struct kit){.mode = mode, .options = {.at = KIT_AT}};
	share_keys(kit);
	kit->params = (struct hf_nsec3_params){.algorithm = HF_NSEC3_HASH_SHA1,
	        .flags = mode == KIT_OPT_OUT ? HF_NSEC3_OPT_OUT : 0};
	kit_add(kit, 'a', authoritative);
	kit_add(kit, 's', secure);
	kit_add(kit, 'i', insecure);
	kit_add(kit, 'x', glue);
	static const char *const empty[] = {"w.example.", "deep.example.", "ent.deep.example."};
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		kit_kind(kit, empty[i], 'e');
	/* Only insecure delegations below: with opt-out they need no record. */
	kit_kind(kit, "ent2.example.", mode == KIT_OPT_OUT ? 'x' : 'e');
	kit_kind(kit, "del.ent2.example.", mode == KIT_OPT_OUT ? 'x' : 'e');
	struct hf_rdata ksk = hf_keypair_dnskey(kit->ksk), zsk = hf_keypair_dnskey(kit->zsk);
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, ksk.data, ksk.len);
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, zsk.data, zsk.len);
}

void kit_done(struct kit *kit)
{
	for (size_t i = 0; i < kit->count; i++)
		free(kit->records[i].data);
	free(kit->records);
	free(kit->owners);
	if (kit->options.ds != NULL)
		free((void *)(uintptr_t)kit->options.ds[0].data);
	free((void *)(uintptr_t)kit->options.ds);
}

/* ---- Signing ---- */

static bool is_in_chain(const struct kit *kit, char kind)
{
	if (kit->mode == KIT_NSEC)
		return kind == 'a' || kind == 's' || kind == 'i';
	if (kit->mode == KIT_OPT_OUT && kind == 'i')
		return false;
	return kind != 'x';
}

/* Whether a type shows at an owner. */
static bool shows(char kind, uint16_t type)
{
	if (type == KNOT_RRTYPE_RRSIG || type == KNOT_RRTYPE_NSEC3)
		return false;
	return kind == 'a' || type == KNOT_RRTYPE_NS || type == KNOT_RRTYPE_DS;
}

static int type_cmp(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static void put_bitmap(struct kit *kit, const struct kit_owner *owner, struct hf_buf *out)
{
	uint16_t types[256];
	size_t count = 0;
	for (size_t i = 0; i < kit->count && owner->kind != 'e'; i++) {
		const struct kit_record *record = &kit->records[i];
		bool here = hf_name_equal(&record->owner, &owner->name) &&
		            shows(owner->kind, record->type);
		for (size_t k = 0; k < count; k++)
			here = here && types[k] != record->type;
		MUST(count < sizeof(types) / sizeof(types[0]) - 2);
		if (here)
			types[count++] = record->type;
	}
	bool is_signed = kit->mode == KIT_NSEC || owner->kind == 'a' || owner->kind == 's';
	if (is_signed && owner->kind != 'e')
		types[count++] = KNOT_RRTYPE_RRSIG;
	if (kit->mode == KIT_NSEC)
		types[count++] = KNOT_RRTYPE_NSEC;
	qsort(types, count, sizeof(types[0]), type_cmp);
	hf_bitmap_put(out, types, count);
}

/* An owner's place in the ring: its name, or its hash. */
struct link {
	const struct kit_owner *owner;
	struct hf_name name; /* of the denial record */
	uint8_t hash[HF_NSEC3_HASH_LEN];
};

static int link_cmp(const void *a, const void *b)
{
	const struct link *left = a, *right = b;
	return hf_name_cmp(&left->name, &right->name);
}

static void hash_name(struct kit *kit, const struct hf_name *name,
        uint8_t hash[static HF_NSEC3_HASH_LEN], struct hf_name *ret_owner)
{
	struct hf_nsec3_hasher *hasher;
	MUST(hf_nsec3_hasher_new(&hasher) == HF_OK);
	MUST(hf_nsec3_hash(hasher, &kit->params, name, hash) == HF_OK);
	hf_nsec3_hasher_free(hasher);
	char label[HF_NSEC3_LABEL], text[HF_NSEC3_LABEL + sizeof("." KIT_APEX)];
	hf_nsec3_label(hash, label);
	snprintf(text, sizeof(text), "%.*s." KIT_APEX, HF_NSEC3_LABEL, label);
	*ret_owner = name_of(text);
}

static void put_nsec3(struct kit *kit, const struct link *link, const struct link *next)
{
	struct hf_buf out = {0};
	hf_put_u8(&out, kit->params.algorithm);
	hf_put_u8(&out, kit->params.flags);
	hf_put_u16(&out, kit->params.iterations);
	hf_put_u8(&out, kit->params.salt_len);
	hf_put_bytes(&out, kit->params.salt, kit->params.salt_len);
	hf_put_u8(&out, HF_NSEC3_HASH_LEN);
	hf_put_bytes(&out, next->hash, HF_NSEC3_HASH_LEN);
	put_bitmap(kit, link->owner, &out);
	put(kit, &link->name, KNOT_RRTYPE_NSEC3, KIT_TTL, out.data, out.len);
	hf_buf_done(&out);
}

static void put_nsec(struct kit *kit, const struct link *link, const struct link *next)
{
	struct hf_buf out = {0};
	hf_put_bytes(&out, next->name.wire, next->name.len);
	put_bitmap(kit, link->owner, &out);
	put(kit, &link->name, KNOT_RRTYPE_NSEC, KIT_TTL, out.data, out.len);
	hf_buf_done(&out);
}

static void put_param(struct kit *kit)
{
	struct hf_buf out = {0};
	hf_put_u8(&out, kit->params.algorithm);
	hf_put_u8(&out, 0);
	hf_put_u16(&out, kit->params.iterations);
	hf_put_u8(&out, kit->params.salt_len);
	hf_put_bytes(&out, kit->params.salt, kit->params.salt_len);
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_NSEC3PARAM, KIT_TTL, out.data, out.len);
	hf_buf_done(&out);
}

static void put_denial(struct kit *kit)
{
	if (kit->mode != KIT_NSEC)
		put_param(kit);
	struct link *links = calloc(kit->owner_count, sizeof(*links));
	MUST(links != NULL);
	size_t count = 0;
	for (size_t i = 0; i < kit->owner_count; i++) {
		if (!is_in_chain(kit, kit->owners[i].kind))
			continue;
		struct link *link = &links[count++];
		link->owner = &kit->owners[i];
		link->name = kit->owners[i].name;
		if (kit->mode != KIT_NSEC)
			hash_name(kit, &kit->owners[i].name, link->hash, &link->name);
	}
	qsort(links, count, sizeof(*links), link_cmp);
	for (size_t i = 0; i < count; i++) {
		const struct link *next = &links[(i + 1) % count];
		if (kit->mode == KIT_NSEC)
			put_nsec(kit, &links[i], next);
		else
			put_nsec3(kit, &links[i], next);
	}
	free(links);
}

static char kind_of(const struct kit *kit, const struct hf_name *name)
{
	for (size_t i = 0; i < kit->owner_count; i++) {
		if (hf_name_equal(&kit->owners[i].name, name))
			return kit->owners[i].kind;
	}
	return 'x';
}

static bool needs_signature(const struct kit *kit, const struct kit_record *record)
{
	char kind = kind_of(kit, &record->owner);
	if (record->type == KNOT_RRTYPE_RRSIG)
		return false;
	if (record->type == KNOT_RRTYPE_NSEC || record->type == KNOT_RRTYPE_NSEC3)
		return true;
	return kind == 'a' || (kind == 's' && record->type == KNOT_RRTYPE_DS);
}

void kit_plan(struct kit *kit, const char *owner, uint16_t type, struct sig_plan *ret_plan)
{
	bool by_ksk = type == KNOT_RRTYPE_DNSKEY || type == KNOT_RRTYPE_CDS ||
	              type == KNOT_RRTYPE_CDNSKEY;
	const struct hf_keypair *pair = by_ksk ? kit->ksk : kit->zsk;
	const struct kit_record *record = kit_find(kit, owner, type);
	uint32_t ttl = record != NULL ? record->ttl : KIT_TTL;
	struct hf_name name = name_of(owner);
	struct hf_rdata dnskey = hf_keypair_dnskey(pair);
	*ret_plan = (struct sig_plan){
	        .pair = pair,
	        .ttl = ttl,
	        .rrsig = {.covered = type,
	                .algorithm = dnskey.data[3],
	                .labels = (uint8_t)(hf_name_labels(&name) - hf_name_is_wildcard(&name)),
	                .ttl = ttl,
	                .inception = KIT_AT - KIT_DAY,
	                .expiration = KIT_AT + 14 * KIT_DAY,
	                .tag = hf_dnskey_tag(dnskey),
	                .signer = name_of(KIT_APEX)},
	};
}

/* The set, or an empty one of that type. The version must be kept meanwhile. */
static struct hf_rrset set_of(
        const struct hf_version *version, const struct hf_name *owner, uint16_t type)
{
	struct hf_key key;
	hf_key_from_name(owner, &key);
	struct hf_rrset set = {.type = type};
	const struct hf_tree *trees[] = {hf_version_names(version), hf_version_nsec3(version)};
	for (size_t i = 0; i < 2; i++) {
		const struct hf_node *node = hf_tree_get(trees[i], key.bytes, key.len);
		if (node != NULL && hf_node_find(node, type, &set))
			break;
	}
	return set;
}

static void sign_set(struct kit *kit, const struct hf_version *version, const char *owner,
        const struct sig_plan *plan)
{
	struct hf_name name = name_of(owner);
	struct hf_rrset set = set_of(version, &name, plan->rrsig.covered);
	struct hf_buf rrsig = {0};
	sig_plan_sign(plan, &name, &set, &rrsig);
	put(kit, &name, KNOT_RRTYPE_RRSIG, plan->ttl, rrsig.data, rrsig.len);
	hf_buf_done(&rrsig);
}

void kit_sign_with(struct kit *kit, const char *owner, const struct sig_plan *plan)
{
	struct hf_version *version = kit_version(kit);
	sign_set(kit, version, owner, plan);
	hf_version_unref(version);
}

void kit_sign(struct kit *kit)
{
	put_denial(kit);
	struct hf_version *version = kit_version(kit);
	size_t count = kit->count;
	for (size_t i = 0; i < count; i++) {
		const struct kit_record record = kit->records[i];
		bool first = needs_signature(kit, &record);
		for (size_t k = 0; k < i && first; k++)
			first = kit->records[k].type != record.type ||
			        !hf_name_equal(&kit->records[k].owner, &record.owner);
		if (!first)
			continue;
		char owner[HF_NAME_TEXT];
		struct sig_plan plan;
		kit_plan(kit, hf_name_text(&record.owner, owner), record.type, &plan);
		sign_set(kit, version, owner, &plan);
	}
	hf_version_unref(version);
}

void kit_resign(struct kit *kit, const char *owner, uint16_t type)
{
	struct sig_plan plan;
	kit_drop_sigs(kit, owner, type);
	kit_plan(kit, owner, type, &plan);
	kit_sign_with(kit, owner, &plan);
}

/* ---- Denial records ---- */

const char *kit_hash_owner(struct kit *kit, const char *name)
{
	static char text[HF_NAME_TEXT];
	uint8_t hash[HF_NSEC3_HASH_LEN];
	struct hf_name plain = name_of(name), owner;
	hash_name(kit, &plain, hash, &owner);
	return hf_name_text(&owner, text);
}

const char *kit_denial(struct kit *kit, const char *name)
{
	return kit->mode == KIT_NSEC ? name : kit_hash_owner(kit, name);
}

uint16_t kit_denial_type(const struct kit *kit)
{
	return kit->mode == KIT_NSEC ? KNOT_RRTYPE_NSEC : KNOT_RRTYPE_NSEC3;
}

/* ---- Parent, version, report ---- */

void kit_parent(struct kit *kit, uint8_t digest_type, struct hf_rdata dnskey)
{
	struct hf_buf out = {0};
	struct hf_name apex = name_of(KIT_APEX);
	MUST(hf_ds_put(&out, digest_type, &apex, dnskey) == HF_OK);
	struct hf_rdata *ds = malloc(sizeof(*ds));
	MUST(ds != NULL);
	*ds = (struct hf_rdata){.data = out.data, .len = (uint16_t)out.len};
	kit->options.ds = ds;
	kit->options.ds_count = 1;
	kit->options.ds_given = true;
}

struct hf_version *kit_version(struct kit *kit)
{
	struct hf_bulk *bulk;
	struct hf_version *version;
	struct hf_name apex = name_of(KIT_APEX);
	MUST(hf_bulk_new(&bulk) == HF_OK);
	for (size_t i = 0; i < kit->count; i++) {
		const struct kit_record *record = &kit->records[i];
		struct hf_rdata rdata = {.data = record->data, .len = record->len};
		MUST(hf_bulk_add(bulk, &record->owner, record->type, record->ttl, rdata) == HF_OK);
	}
	MUST(hf_bulk_finish(bulk, &apex, &version) == HF_OK);
	hf_bulk_free(bulk);
	return version;
}

/* Sentences for people are printable ASCII, whatever is in the zone. */
static void must_be_plain(const char *text)
{
	for (; *text != '\0'; text++)
		MUST(*text >= ' ' && *text <= '~');
}

struct hf_report *kit_verify(struct kit *kit, unsigned jobs)
{
	struct hf_version *version = kit_version(kit);
	struct hf_pool *pool;
	struct hf_report *report;
	MUST(hf_pool_new(jobs, &pool) == HF_OK);
	MUST(hf_verify_zone(version, &kit->options, pool, NULL, NULL, &report) == HF_OK);
	hf_pool_free(pool);
	hf_version_unref(version);
	for (size_t i = 0; i < report->count; i++)
		must_be_plain(report->findings[i].detail);
	return report;
}

const struct hf_finding *kit_finding(
        const struct hf_report *report, enum hf_check_id check, const char *owner)
{
	struct hf_name name = name_of(owner != NULL ? owner : ".");
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_finding *finding = &report->findings[i];
		if (finding->check == &HF_CHECKS[check] &&
		        (owner == NULL || hf_name_equal(&finding->owner, &name)))
			return finding;
	}
	return NULL;
}

void kit_print(const struct hf_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_finding *finding = &report->findings[i];
		char owner[HF_NAME_TEXT];
		fprintf(stderr, "    %s %s %s type %u count %llu: %s\n",
		        hf_severity_name(finding->check->severity), finding->check->name,
		        hf_name_text(&finding->owner, owner), finding->type,
		        (unsigned long long)finding->count, finding->detail);
	}
}
