/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From trust anchors and DS sets to DNSKEY sets. */
#include "defects.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"

#define DNSKEY KNOT_RRTYPE_DNSKEY
#define DS     KNOT_RRTYPE_DS

static struct hf_rdata ksk(struct world *world, int zone)
{
	return hf_keypair_dnskey(world->zones[zone].ksk);
}

static struct hf_rdata zsk(struct world *world, int zone)
{
	return hf_keypair_dnskey(world->zones[zone].zsk);
}

/* A copy of a key, to be changed: one at a time. */
static struct hf_rdata copy_key(struct hf_rdata key, uint8_t **ret_bytes)
{
	static uint8_t bytes[600];
	memcpy(bytes, key.data, key.len);
	*ret_bytes = bytes;
	return (struct hf_rdata){bytes, key.len};
}

static struct hf_rdata with_flags(struct hf_rdata key, uint16_t flags)
{
	uint8_t *bytes;
	struct hf_rdata copy = copy_key(key, &bytes);
	hf_write_u16(bytes, flags);
	return copy;
}

/* The leaf's DS set, signed. */
static void sign_ds(struct world *world)
{
	world_resign(world, WORLD_TLD, LEAF, DS);
}

static void put_ds(struct world *world, struct hf_rdata key, uint8_t digest_type)
{
	world_put_ds(world, WORLD_LEAF, key, digest_type);
	sign_ds(world);
}

/* Adds a DS of any bytes to the leaf's set. */
static void add_ds(struct world *world, uint16_t tag, uint8_t algorithm, uint8_t digest_type)
{
	uint8_t bytes[36] = {(uint8_t)(tag >> 8), (uint8_t)tag, algorithm, digest_type, 1, 2, 3};
	world_put(world, WORLD_TLD, LEAF, DS, 3600, bytes, sizeof(bytes));
	sign_ds(world);
}

static void ds_digest(struct world *world)
{
	world_find(world, WORLD_TLD, LEAF, DS)->data[20] ^= 1;
	sign_ds(world);
}

static void ds_of_stranger(struct world *world)
{
	put_ds(world, hf_keypair_dnskey(world->spare), HF_DIGEST_SHA256);
}

/* The DNSKEY set has another KSK, which signs it. */
static void ksk_replaced(struct world *world)
{
	struct sig_plan plan;
	struct hf_rdata spare = hf_keypair_dnskey(world->spare);
	world_change_key(world, WORLD_LEAF, ksk(world, WORLD_LEAF), spare);
	world_plan(world, WORLD_LEAF, LEAF, DNSKEY, &plan);
	world_drop_sigs(world, WORLD_LEAF, LEAF, DNSKEY);
	plan.pair = world->spare;
	plan.rrsig.tag = hf_dnskey_tag(spare);
	world_sign(world, WORLD_LEAF, LEAF, &plan);
}

static void ksk_removed(struct world *world)
{
	world_drop_record(world, WORLD_LEAF, LEAF, DNSKEY, ksk(world, WORLD_LEAF));
	world_resign(world, WORLD_LEAF, LEAF, DNSKEY);
}

static void ds_algorithm(struct world *world)
{
	world_find(world, WORLD_TLD, LEAF, DS)->data[2] = HF_ALG_RSASHA256;
	sign_ds(world);
}

static void ds_unknown_algorithm(struct world *world)
{
	world_find(world, WORLD_TLD, LEAF, DS)->data[2] = 12;
	sign_ds(world);
}

static void ds_private_algorithm(struct world *world)
{
	world_find(world, WORLD_TLD, LEAF, DS)->data[2] = 253;
	sign_ds(world);
}

static void ds_unknown_digest(struct world *world)
{
	world_find(world, WORLD_TLD, LEAF, DS)->data[3] = 3;
	sign_ds(world);
}

static void ds_sha1(struct world *world)
{
	put_ds(world, ksk(world, WORLD_LEAF), HF_DIGEST_SHA1);
}

static void ds_sha384(struct world *world)
{
	put_ds(world, ksk(world, WORLD_LEAF), HF_DIGEST_SHA384);
}

/* RFC 4509 section 3: the SHA-1 digest would match, but must be passed over. */
static void ds_sha1_beside_sha256(struct world *world)
{
	ds_sha1(world);
	add_ds(world, 12345, HF_ALG_ECDSAP256, HF_DIGEST_SHA256);
}

static void ds_sha1_beside_unknown(struct world *world)
{
	ds_sha1(world);
	add_ds(world, 12345, 12, HF_DIGEST_SHA256);
}

static void ds_one_more(struct world *world)
{
	add_ds(world, 12345, HF_ALG_ECDSAP256, HF_DIGEST_SHA256);
}

static void ds_one_more_unknown(struct world *world)
{
	add_ds(world, 12345, 250, HF_DIGEST_SHA256);
	add_ds(world, 12345, HF_ALG_ECDSAP256, 77);
}

static void ds_short(struct world *world)
{
	world_find(world, WORLD_TLD, LEAF, DS)->len = 30;
	sign_ds(world);
}

static void ksk_revoked(struct world *world)
{
	struct hf_rdata key = ksk(world, WORLD_LEAF);
	world_change_key(world, WORLD_LEAF, key, with_flags(key, 0x0181));
}

static void ds_of_revoked(struct world *world)
{
	struct hf_rdata key = ksk(world, WORLD_LEAF);
	ksk_revoked(world);
	put_ds(world, with_flags(key, 0x0181), HF_DIGEST_SHA256);
}

static void ds_of_zsk(struct world *world)
{
	put_ds(world, zsk(world, WORLD_LEAF), HF_DIGEST_SHA256);
}

static void dnskey_unsigned(struct world *world)
{
	world_drop_sigs(world, WORLD_LEAF, LEAF, DNSKEY);
}

static void dnskey_by_zsk(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, LEAF, DNSKEY, &plan);
	world_drop_sigs(world, WORLD_LEAF, LEAF, DNSKEY);
	plan.pair = world->zones[WORLD_LEAF].zsk;
	plan.rrsig.tag = hf_dnskey_tag(zsk(world, WORLD_LEAF));
	world_sign(world, WORLD_LEAF, LEAF, &plan);
}

static void dnskey_removed(struct world *world)
{
	world_drop(world, WORLD_LEAF, LEAF, DNSKEY);
	world_drop_sigs(world, WORLD_LEAF, LEAF, DNSKEY);
}

/* Replaces the KSK by one with other flags, protocol or bytes, and the DS by its. */
static void replace_ksk(struct world *world, struct hf_rdata key)
{
	world_change_key(world, WORLD_LEAF, ksk(world, WORLD_LEAF), key);
	put_ds(world, key, HF_DIGEST_SHA256);
}

static void ksk_no_zone_flag(struct world *world)
{
	replace_ksk(world, with_flags(ksk(world, WORLD_LEAF), HF_DNSKEY_SEP));
}

static void ksk_protocol(struct world *world)
{
	uint8_t *bytes;
	struct hf_rdata key = copy_key(ksk(world, WORLD_LEAF), &bytes);
	bytes[2] = 2;
	replace_ksk(world, key);
}

static void ksk_short(struct world *world)
{
	uint8_t *bytes;
	struct hf_rdata key = copy_key(ksk(world, WORLD_LEAF), &bytes);
	key.len -= 8;
	replace_ksk(world, key);
}

static void ksk_algorithm(struct world *world)
{
	uint8_t *bytes;
	struct hf_rdata key = copy_key(ksk(world, WORLD_LEAF), &bytes);
	bytes[3] = HF_ALG_ECDSAP384;
	world_change_key(world, WORLD_LEAF, ksk(world, WORLD_LEAF), key);
}

/* The DNSKEY set's signature, made by a plan. */
static void sign_keys(struct world *world, const struct sig_plan *plan)
{
	world_drop_sigs(world, WORLD_LEAF, LEAF, DNSKEY);
	world_sign(world, WORLD_LEAF, LEAF, plan);
}

static void dnskey_expired(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, LEAF, DNSKEY, &plan);
	plan.rrsig.inception = WORLD_AT - 10 * WORLD_DAY;
	plan.rrsig.expiration = WORLD_AT - 1;
	sign_keys(world, &plan);
}

static void dnskey_early(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, LEAF, DNSKEY, &plan);
	plan.rrsig.inception = WORLD_AT + 1;
	sign_keys(world, &plan);
}

static void dnskey_flipped(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, LEAF, DNSKEY, &plan);
	plan.flip = 1;
	sign_keys(world, &plan);
}

/* A key more than was there when the set was signed. */
static void dnskey_changed(struct world *world)
{
	struct hf_rdata spare = hf_keypair_dnskey(world->spare);
	world_put(world, WORLD_LEAF, LEAF, DNSKEY, 3600, spare.data, spare.len);
}

static void dnskey_many(struct world *world)
{
	uint8_t *bytes;
	struct hf_rdata key = copy_key(zsk(world, WORLD_LEAF), &bytes);
	for (unsigned i = 0; i < 64; i++) {
		bytes[20]++;
		world_put(world, WORLD_LEAF, LEAF, DNSKEY, 3600, key.data, key.len);
	}
	world_resign(world, WORLD_LEAF, LEAF, DNSKEY);
}

static void ds_unsigned(struct world *world)
{
	world_drop_sigs(world, WORLD_TLD, LEAF, DS);
}

static void ds_bad_signature(struct world *world)
{
	world_find(world, WORLD_TLD, LEAF, DS)->data[20] ^= 1;
}

static void ds_expired(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_TLD, LEAF, DS, &plan);
	world_drop_sigs(world, WORLD_TLD, LEAF, DS);
	plan.rrsig.expiration = WORLD_AT - 3600;
	world_sign(world, WORLD_TLD, LEAF, &plan);
}

static void ds_removed(struct world *world)
{
	world_drop(world, WORLD_TLD, LEAF, DS);
	world_drop_sigs(world, WORLD_TLD, LEAF, DS);
	world_toggle_type(world, WORLD_TLD, LEAF, DS);
}

/* ---- Anchors ---- */

static void add_anchor(struct world *world, const char *zone, uint16_t type, struct hf_rdata rdata)
{
	struct hf_name name;
	if (hf_name_from_text(zone, &name) != HF_OK ||
	        hf_anchors_add(&world->anchors, &name, type, rdata, NULL) != HF_OK)
		abort();
}

static void anchor_stale(struct world *world)
{
	hf_anchors_done(&world->anchors);
	add_anchor(world, ".", DNSKEY, hf_keypair_dnskey(world->spare));
}

static void anchor_one_stale(struct world *world)
{
	add_anchor(world, ".", DNSKEY, hf_keypair_dnskey(world->spare));
}

static void anchor_dnskey(struct world *world)
{
	hf_anchors_done(&world->anchors);
	add_anchor(world, ".", DNSKEY, ksk(world, WORLD_ROOT));
}

/* An island: nothing above it can be reached. */
static void anchor_island(struct world *world)
{
	hf_anchors_done(&world->anchors);
	add_anchor(world, LEAF, DNSKEY, ksk(world, WORLD_LEAF));
	world->zones[WORLD_ROOT].down = world->zones[WORLD_TLD].down = true;
}

static void anchor_closest_stale(struct world *world)
{
	add_anchor(world, LEAF, DNSKEY, hf_keypair_dnskey(world->spare));
}

/* The chain from the root is broken, and not needed. */
static void anchor_below_fault(struct world *world)
{
	add_anchor(world, LEAF, DNSKEY, ksk(world, WORLD_LEAF));
	ds_digest(world);
}

static void anchor_none(struct world *world)
{
	hf_anchors_done(&world->anchors);
}

static void anchor_elsewhere(struct world *world)
{
	hf_anchors_done(&world->anchors);
	add_anchor(world, "elsewhere.", DNSKEY, ksk(world, WORLD_ROOT));
}

static const struct defect list[] = {
        {"DS digest", ds_digest, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_DIGEST, 9, 0, "digest"},
        {"DS of another key", ds_of_stranger, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_NO_KEY, 9, 0,
                "KSK replaced without its DS"},
        {"KSK replaced", ksk_replaced, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_NO_KEY, 9, 0,
                "the DNSKEY set is signed by KSK"},
        {"KSK removed", ksk_removed, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_NO_KEY, 9, 0, NULL},
        {"DS algorithm", ds_algorithm, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_NO_ALGORITHM, 9, 0,
                "RSASHA256"},
        {"DS of unknown algorithm", ds_unknown_algorithm, WWW, 1, HF_CHAIN_INSECURE,
                HF_CAUSE_ALGORITHM, 1, 0, "algorithm"},
        {"DS of private algorithm", ds_private_algorithm, WWW, 1, HF_CHAIN_INSECURE,
                HF_CAUSE_ALGORITHM, 1, 0, "algorithm"},
        {"DS of unknown digest", ds_unknown_digest, WWW, 1, HF_CHAIN_INSECURE, HF_CAUSE_DIGEST, 2,
                0, "digest"},
        {"DS with SHA-1", ds_sha1, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"DS with SHA-384", ds_sha384, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"DS with SHA-1 beside SHA-256", ds_sha1_beside_sha256, WWW, 1, HF_CHAIN_BOGUS,
                HF_CAUSE_DS_NO_KEY, 9, 0, "12345"},
        {"DS with SHA-1 beside unknown", ds_sha1_beside_unknown, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE,
                0, NULL},
        {"one DS more", ds_one_more, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"unknown DS more", ds_one_more_unknown, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"DS cut short", ds_short, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_DIGEST, 9, 0, NULL},
        {"KSK revoked", ksk_revoked, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_REVOKED, 9, 0, "revoked"},
        {"DS of revoked KSK", ds_of_revoked, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_REVOKED, 9, 0,
                "revoked"},
        {"DS of ZSK", ds_of_zsk, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_ZSK, 10, 0,
                "a ZSK was taken for the KSK"},
        {"DNSKEY unsigned", dnskey_unsigned, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_UNSIGNED, 10, 0,
                "DNSKEY of leaf.tld. has no signature"},
        {"DNSKEY signed by the ZSK", dnskey_by_zsk, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_KEY_SILENT,
                10, 0, "not signed by KSK"},
        {"no DNSKEY", dnskey_removed, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_NO_DNSKEY, 9, 0,
                "no DNSKEY set"},
        {"KSK without zone flag", ksk_no_zone_flag, WWW, 1, HF_CHAIN_BOGUS,
                HF_CAUSE_DS_NOT_ZONE_KEY, 11, 0, "flags 1 "},
        {"KSK of protocol 2", ksk_protocol, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_NOT_ZONE_KEY, 11, 0,
                "no zone key"},
        {"KSK cut short", ksk_short, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_BAD_KEY, 9, 0,
                "no key of ECDSAP256SHA256"},
        {"KSK of another algorithm", ksk_algorithm, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_NO_KEY, 9,
                0, NULL},
        {"DNSKEY signature expired", dnskey_expired, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_EXPIRED, 7, 0,
                "expired at 2026-01-14T23:59:59Z, 1 s ago"},
        {"DNSKEY signature early", dnskey_early, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_EARLY, 8, 0,
                "not valid before"},
        {"DNSKEY signature flipped", dnskey_flipped, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_BAD_SIGNATURE,
                6, 0, "does not verify"},
        {"DNSKEY set changed", dnskey_changed, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_BAD_SIGNATURE, 6, 0,
                NULL},
        {"many keys", dnskey_many, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_MANY_KEYS, 6, 0,
                "more than 64"},
        {"DS unsigned", ds_unsigned, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_UNSIGNED, 10, 0,
                "DS of leaf.tld. has no signature, and tld. is signed"},
        {"DS changed", ds_bad_signature, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_BAD_SIGNATURE, 6, 0,
                NULL},
        {"DS signature expired", ds_expired, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_EXPIRED, 7, 0,
                "1 h ago"},
        {"signed zone without DS", ds_removed, WWW, 1, HF_CHAIN_INSECURE, HF_CAUSE_NO_DS, NO_EDE, 0,
                "no DS for leaf.tld."},
        {"stale anchor", anchor_stale, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_NO_KEY, 9, 0,
                "the trust anchor is stale"},
        {"one stale anchor", anchor_one_stale, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"DNSKEY as anchor", anchor_dnskey, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"island", anchor_island, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"closest anchor stale", anchor_closest_stale, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_NO_KEY,
                9, 0, "anchor"},
        {"anchor below the fault", anchor_below_fault, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"no anchor", anchor_none, WWW, 1, HF_CHAIN_INDETERMINATE, HF_CAUSE_NO_ANCHOR, 5, 0,
                "no trust anchor"},
        {"anchor elsewhere", anchor_elsewhere, WWW, 1, HF_CHAIN_INDETERMINATE, HF_CAUSE_NO_ANCHOR,
                5, 0, NULL},
};

const struct defects link_defects = {list, sizeof(list) / sizeof(list[0])};
