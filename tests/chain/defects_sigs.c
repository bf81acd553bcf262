/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures over the zone's data. */
#include "defects.h"

#include <stdlib.h>
#include <string.h>

#define A      KNOT_RRTYPE_A
#define DNSKEY KNOT_RRTYPE_DNSKEY

/* The proper plan for the A records of www, whose signatures are dropped. */
static struct sig_plan start(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, WWW, A, &plan);
	world_drop_sigs(world, WORLD_LEAF, WWW, A);
	return plan;
}

static void finish(struct world *world, const struct sig_plan *plan)
{
	world_sign(world, WORLD_LEAF, WWW, plan);
}

static void unsigned_set(struct world *world)
{
	(void)start(world);
}

static void expired(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.expiration = WORLD_AT - 3 * WORLD_DAY - 4 * 3600;
	plan.rrsig.inception = plan.rrsig.expiration - WORLD_DAY;
	finish(world, &plan);
}

static void expires_now(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.expiration = WORLD_AT;
	finish(world, &plan);
}

static void early(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.inception = WORLD_AT + 600;
	finish(world, &plan);
}

static void begins_now(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.inception = WORLD_AT;
	finish(world, &plan);
}

static void reversed(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.inception = WORLD_AT + WORLD_DAY;
	plan.rrsig.expiration = WORLD_AT - WORLD_DAY;
	finish(world, &plan);
}

static void flipped(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.flip = 0x80;
	finish(world, &plan);
}

static void too_long(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.resize = 1;
	finish(world, &plan);
}

static void empty(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.resize = -64;
	finish(world, &plan);
}

static void record_changed(struct world *world)
{
	world_find(world, WORLD_LEAF, WWW, A)->data[3] ^= 1;
}

static void record_added(struct world *world)
{
	static const uint8_t address[] = {192, 0, 2, 99};
	world_put(world, WORLD_LEAF, WWW, A, 3600, address, sizeof(address));
}

static void signed_by_parent(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.pair = world->zones[WORLD_TLD].zsk;
	plan.rrsig.tag = hf_dnskey_tag(hf_keypair_dnskey(plan.pair));
	plan.rrsig.signer = world->zones[WORLD_TLD].name;
	finish(world, &plan);
}

static void signer_below(struct world *world)
{
	struct sig_plan plan = start(world);
	if (hf_name_from_text(WWW, &plan.rrsig.signer) != HF_OK)
		abort();
	finish(world, &plan);
}

static void signer_aside(struct world *world)
{
	struct sig_plan plan = start(world);
	if (hf_name_from_text("elsewhere.test.", &plan.rrsig.signer) != HF_OK)
		abort();
	finish(world, &plan);
}

static void labels_many(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.labels = 4;
	finish(world, &plan);
}

/* Fewer labels than the zone has: signed as a wildcard of the parent. */
static void labels_few(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.labels = 1;
	finish(world, &plan);
}

static void labels_wildcard(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.labels = 2;
	finish(world, &plan);
}

static void by_stranger(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.pair = world->spare;
	plan.rrsig.tag = hf_dnskey_tag(hf_keypair_dnskey(plan.pair));
	finish(world, &plan);
}

/* Another private key, under the tag of the published one: as in three HSMs out of step. */
static void same_tag_other_key(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.pair = world->spare;
	finish(world, &plan);
}

static void by_ksk(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.pair = world->zones[WORLD_LEAF].ksk;
	plan.rrsig.tag = hf_dnskey_tag(hf_keypair_dnskey(plan.pair));
	finish(world, &plan);
}

static void zsk_removed(struct world *world)
{
	struct hf_rdata key = hf_keypair_dnskey(world->zones[WORLD_LEAF].zsk);
	world_drop_record(world, WORLD_LEAF, LEAF, DNSKEY, key);
	world_resign(world, WORLD_LEAF, LEAF, DNSKEY);
}

/* The ZSK with other flags; `tag` also in the signature over www. */
static void change_zsk(struct world *world, uint16_t flags)
{
	struct hf_rdata old = hf_keypair_dnskey(world->zones[WORLD_LEAF].zsk);
	struct sig_plan plan = start(world);
	uint8_t bytes[128];
	memcpy(bytes, old.data, old.len);
	hf_write_u16(bytes, flags);
	struct hf_rdata new = {bytes, old.len};
	world_change_key(world, WORLD_LEAF, old, new);
	plan.rrsig.tag = hf_dnskey_tag(new);
	finish(world, &plan);
}

static void zsk_revoked(struct world *world)
{
	change_zsk(world, HF_DNSKEY_ZONE | HF_DNSKEY_REVOKE);
}

static void zsk_no_zone_flag(struct world *world)
{
	change_zsk(world, 0);
}

static void unknown_algorithm(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.algorithm = 12;
	finish(world, &plan);
}

static void one_more_expired(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, WWW, A, &plan);
	plan.rrsig.expiration = WORLD_AT - 1;
	finish(world, &plan);
}

static void one_more_unknown(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, WWW, A, &plan);
	plan.rrsig.algorithm = 250;
	finish(world, &plan);
	plan.rrsig.algorithm = HF_ALG_RSASHA256;
	finish(world, &plan);
}

/*
 * Keys of Ed25519 with one tag: the tag is a sum of words, so that exchanging two of them makes
 * another key with the same tag. `pair` is one of them that signs www.
 */
static void add_same_tag(struct world *world, unsigned count, struct hf_keypair **ret_pair)
{
	struct hf_keypair *pair;
	uint8_t bytes[64];
	if (hf_keypair_generate(HF_ALG_ED25519, 0, HF_DNSKEY_ZONE, &pair) != HF_OK)
		abort();
	struct hf_rdata key = hf_keypair_dnskey(pair);
	for (unsigned i = 0; i < count; i++) {
		memcpy(bytes, key.data, key.len);
		if (i > 0) {
			memcpy(bytes + 4, key.data + 4 + 2 * i, 2);
			memcpy(bytes + 4 + 2 * i, key.data + 4, 2);
		}
		world_put(world, WORLD_LEAF, LEAF, DNSKEY, 3600, bytes, key.len);
	}
	world_resign(world, WORLD_LEAF, LEAF, DNSKEY);
	*ret_pair = pair;
}

static void sign_same_tag(struct world *world, unsigned keys, unsigned sigs, uint8_t flip)
{
	struct sig_plan plan = start(world);
	struct hf_keypair *pair;
	add_same_tag(world, keys, &pair);
	plan.pair = pair;
	plan.rrsig.algorithm = HF_ALG_ED25519;
	plan.rrsig.tag = hf_dnskey_tag(hf_keypair_dnskey(pair));
	plan.flip = flip;
	for (unsigned i = 0; i < sigs; i++) {
		plan.rrsig.inception--;
		finish(world, &plan);
	}
	hf_keypair_free(pair);
}

static void same_tag_good(struct world *world)
{
	sign_same_tag(world, 3, 1, 0);
}

static void same_tag_bad(struct world *world)
{
	sign_same_tag(world, 3, 1, 1);
}

/* KeyTrap: many signatures, each by many keys. */
static void keytrap(struct world *world)
{
	sign_same_tag(world, 14, 14, 1);
}

static void original_ttl_low(struct world *world)
{
	struct sig_plan plan = start(world);
	plan.rrsig.ttl = 60;
	finish(world, &plan);
}

static void apex_unsigned(struct world *world)
{
	world_drop_sigs(world, WORLD_LEAF, LEAF, KNOT_RRTYPE_SOA);
}

static void soa_changed(struct world *world)
{
	struct world_record *soa = world_find(world, WORLD_LEAF, LEAF, KNOT_RRTYPE_SOA);
	soa->data[soa->len - 1] ^= 1;
}

static void cname_unsigned(struct world *world)
{
	world_drop_sigs(world, WORLD_LEAF, "alias.leaf.tld.", KNOT_RRTYPE_CNAME);
}

static void dname_unsigned(struct world *world)
{
	world_drop_sigs(world, WORLD_LEAF, "moved.leaf.tld.", KNOT_RRTYPE_DNAME);
}

static void dname_changed(struct world *world)
{
	world_find(world, WORLD_LEAF, "moved.leaf.tld.", KNOT_RRTYPE_DNAME)->data[1] ^= 1;
}

static void wildcard_changed(struct world *world)
{
	world_find(world, WORLD_LEAF, "*.wild.leaf.tld.", KNOT_RRTYPE_TXT)->data[1] ^= 1;
}

static void root_unsigned(struct world *world)
{
	world_drop_sigs(world, WORLD_ROOT, ".", KNOT_RRTYPE_NS);
}

static const struct defect list[] = {
        {"unsigned", unsigned_set, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_UNSIGNED, 10, 0,
                "A of www.leaf.tld. has no signature, and leaf.tld. is signed"},
        {"expired", expired, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_EXPIRED, 7, 0,
                "expired at 2026-01-11T20:00:00Z, 3 d 4 h ago"},
        {"expires now", expires_now, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"early", early, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_EARLY, 8, 0, "in 10 min"},
        {"begins now", begins_now, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"reversed", reversed, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_REVERSED, 25, 0,
                "before it begins"},
        {"flipped", flipped, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_BAD_SIGNATURE, 6, 0,
                "does not verify with key"},
        {"too long", too_long, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_BAD_LENGTH, 6, 0, "length"},
        {"empty", empty, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_BAD_LENGTH, 6, 0, "length"},
        {"record changed", record_changed, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_BAD_SIGNATURE, 6, 0,
                NULL},
        {"record added", record_added, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_BAD_SIGNATURE, 6, 0, NULL},
        {"signed by the parent", signed_by_parent, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_SIGNER_FOREIGN,
                6, IN_APART, "is by tld., and the zone is leaf.tld."},
        {"signer below", signer_below, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_SIGNER_FOREIGN, 6, 0,
                "is by www.leaf.tld."},
        {"signer aside", signer_aside, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_SIGNER_FOREIGN, 6, 0,
                "elsewhere.test."},
        {"labels too many", labels_many, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_LABELS, 6, 0, "labels"},
        {"labels too few", labels_few, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_LABELS, 6, 0, NULL},
        {"labels of a wildcard", labels_wildcard, WWW, 1, HF_CHAIN_BOGUS,
                HF_CAUSE_WILDCARD_EXPANSION, 12, 0, "comes from a wildcard"},
        {"by a stranger", by_stranger, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_SIGNER_NO_KEY, 9, 0,
                "which is not in the DNSKEY set of leaf.tld."},
        {"by another key of that tag", same_tag_other_key, WWW, 1, HF_CHAIN_BOGUS,
                HF_CAUSE_BAD_SIGNATURE, 6, 0, "another private key made it"},
        {"by the KSK", by_ksk, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"ZSK removed", zsk_removed, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_SIGNER_NO_KEY, 9, 0, NULL},
        {"ZSK revoked", zsk_revoked, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_SIGNER_REVOKED, 6, 0,
                "revoked"},
        {"ZSK without zone flag", zsk_no_zone_flag, WWW, 1, HF_CHAIN_BOGUS,
                HF_CAUSE_SIGNER_NOT_ZONE_KEY, 11, 0, "no zone key"},
        {"unknown algorithm", unknown_algorithm, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_SIG_ALGORITHM, 10,
                0, "not supported"},
        {"one more, expired", one_more_expired, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"one more, unknown", one_more_unknown, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"same tag, good", same_tag_good, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"same tag, bad", same_tag_bad, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_SAME_TAG, 6, 0,
                "none of the 3 keys"},
        {"KeyTrap", keytrap, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_MANY_SIGNATURES, 6, 0, "bound"},
        {"original TTL low", original_ttl_low, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, 0, NULL},
        {"SOA unsigned", apex_unsigned, "nothing.leaf.tld.", 1, HF_CHAIN_BOGUS, HF_CAUSE_UNSIGNED,
                10, 0, "SOA of leaf.tld."},
        {"SOA changed", soa_changed, "nothing.leaf.tld.", 1, HF_CHAIN_BOGUS, HF_CAUSE_BAD_SIGNATURE,
                6, 0, "SOA of leaf.tld."},
        {"CNAME unsigned", cname_unsigned, "alias.leaf.tld.", 1, HF_CHAIN_BOGUS, HF_CAUSE_UNSIGNED,
                10, 0, "CNAME of alias.leaf.tld."},
        {"DNAME unsigned", dname_unsigned, "www.moved.leaf.tld.", 1, HF_CHAIN_BOGUS,
                HF_CAUSE_UNSIGNED, 10, 0, "DNAME of moved.leaf.tld."},
        {"DNAME changed", dname_changed, "www.moved.leaf.tld.", 1, HF_CHAIN_BOGUS,
                HF_CAUSE_BAD_SIGNATURE, 6, 0, NULL},
        {"wildcard changed", wildcard_changed, "foo.wild.leaf.tld.", 16, HF_CHAIN_BOGUS,
                HF_CAUSE_BAD_SIGNATURE, 6, 0, NULL},
        {"root NS unsigned", root_unsigned, ".", 2, HF_CHAIN_BOGUS, HF_CAUSE_UNSIGNED, 10, 0,
                "NS of ."},
};

const struct defects signature_defects = {list, sizeof(list) / sizeof(list[0])};
