/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known outages as small worlds: what the walk says about each, word by word.
 *
 * In the expected sentences {ksk} and {zsk} are tags of the zone's own keys, {new} that of the key
 * that it has instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "toyworld.h"

#define LEAF   "leaf.tld."
#define WWW    "www.leaf.tld."
#define DNSKEY KNOT_RRTYPE_DNSKEY

static uint16_t tag_of(const struct hf_keypair *pair)
{
	return hf_dnskey_tag(hf_keypair_dnskey(pair));
}

/* Replaces the signatures of a set by one that a key makes under a tag. */
static void sign_by(struct world *world, const char *owner, uint16_t type,
        const struct hf_keypair *pair, uint16_t tag)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, owner, type, &plan);
	world_drop_sigs(world, WORLD_LEAF, owner, type);
	plan.pair = pair;
	plan.rrsig.tag = tag;
	world_sign(world, WORLD_LEAF, owner, &plan);
}

/* The KSK was rolled, the DS not (lesson-ksk-no-ds); or the old KSK went too early (nz-2023). */
static void ksk_without_ds(struct world *world)
{
	struct hf_rdata old = hf_keypair_dnskey(world->zones[WORLD_LEAF].ksk);
	world_change_key(world, WORLD_LEAF, old, hf_keypair_dnskey(world->spare));
	sign_by(world, LEAF, DNSKEY, world->spare, tag_of(world->spare));
}

/* mozilla-2013 at first: the ZSK's signatures ran out, and were taken for the KSK's. */
static void zsk_expired(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, WWW, KNOT_RRTYPE_A, &plan);
	world_drop_sigs(world, WORLD_LEAF, WWW, KNOT_RRTYPE_A);
	plan.rrsig.inception = (uint32_t)WORLD_AT - 30 * WORLD_DAY;
	plan.rrsig.expiration = (uint32_t)WORLD_AT - 5400;
	world_sign(world, WORLD_LEAF, WWW, &plan);
}

/* ru-2024, first diagram: a new ZSK signs, and another key with its tag is published. */
static void zsk_other_key(struct world *world)
{
	const struct hf_keypair *zsk = world->zones[WORLD_LEAF].zsk;
	sign_by(world, WWW, KNOT_RRTYPE_A, world->spare, tag_of(zsk));
}

/* ru-2024, second diagram: the repair took the DNSKEY set's signature away. */
static void dnskey_unsigned(struct world *world)
{
	zsk_other_key(world);
	world_drop_sigs(world, WORLD_LEAF, LEAF, DNSKEY);
}

/* ru-2024, third diagram: old and new signatures side by side. */
static void signed_by_both(struct world *world)
{
	struct sig_plan plan;
	zsk_other_key(world);
	world_plan(world, WORLD_LEAF, WWW, KNOT_RRTYPE_A, &plan);
	world_sign(world, WORLD_LEAF, WWW, &plan);
}

/* ru-2024, fourth diagram: the old key alone. */
static void rolled_back(struct world *world)
{
	zsk_other_key(world);
	world_resign(world, WORLD_LEAF, WWW, KNOT_RRTYPE_A);
}

/* slack-2021: signatures and keys were removed while the DS was still there, or in caches. */
static void unsigned_with_ds(struct world *world)
{
	world_drop(world, WORLD_LEAF, LEAF, DNSKEY);
	world_drop_sigs(world, WORLD_LEAF, LEAF, DNSKEY);
	world_drop_sigs(world, WORLD_LEAF, WWW, KNOT_RRTYPE_A);
}

/* de-2026: NSEC3 records signed by another unit's key, so that unsigned delegations failed too. */
static void denial_other_key(struct world *world)
{
	const struct hf_keypair *zsk = world->zones[WORLD_LEAF].zsk;
	char owner[HF_NAME_TEXT];
	snprintf(owner, sizeof(owner), "%s", world_denial(world, WORLD_LEAF, "bare.leaf.tld."));
	sign_by(world, owner, KNOT_RRTYPE_NSEC3, world->spare, tag_of(zsk));
}

/* nl-2012: a ZSK that was never published. */
static void zsk_unpublished(struct world *world)
{
	sign_by(world, WWW, KNOT_RRTYPE_A, world->spare, tag_of(world->spare));
}

/* arpa-e164-2011: the DNSKEY set lacks the signature of the KSK that has the DS. */
static void ksk_silent(struct world *world)
{
	struct hf_rdata spare = hf_keypair_dnskey(world->spare);
	world_put(world, WORLD_LEAF, LEAF, DNSKEY, 3600, spare.data, spare.len);
	sign_by(world, LEAF, DNSKEY, world->spare, tag_of(world->spare));
}

/* root-durz-2010: a validator with another root key than the root's. */
static void anchor_stale(struct world *world)
{
	hf_anchors_done(&world->anchors);
	assert_int_equal(hf_anchors_add(&world->anchors, &HF_NAME_ROOT, DNSKEY,
	                         hf_keypair_dnskey(world->spare), NULL),
	        HF_OK);
}

static const struct incident {
	const char *name;
	void (*damage)(struct world *world);
	const char *qname;
	enum hf_chain_status status;
	const char *cause, *fix;
} incidents[] = {
        {"lesson-ksk-no-ds", ksk_without_ds, WWW, HF_CHAIN_BOGUS,
                "the parent's DS {ksk} matches no DNSKEY of leaf.tld.: KSK replaced without its DS "
                "(the DNSKEY set is signed by KSK {new})",
                "quick, at the zone: put the key of DS {ksk} back into the DNSKEY set of leaf.tld. "
                "and sign the set with it; at the parent: publish a DS for the key that signs it, "
                "{new}"},
        {"mozilla-2013", zsk_expired, WWW, HF_CHAIN_BOGUS,
                "the signature over A of www.leaf.tld. by key {zsk} expired at "
                "2026-01-14T22:30:00Z, 1 h 30 min ago",
                "sign leaf.tld. again, and find out why it was not re-signed in time"},
        {"ru-2024, 15:27", zsk_other_key, WWW, HF_CHAIN_BOGUS,
                "the signature over A of www.leaf.tld. does not verify with key {zsk} "
                "(ECDSAP256SHA256): the records were changed after signing, or another private "
                "key made it",
                "compare the private key that signs leaf.tld. with the published DNSKEY {zsk}, "
                "then sign again; verify before publishing"},
        {"ru-2024, 16:26", dnskey_unsigned, WWW, HF_CHAIN_BOGUS,
                "DNSKEY of leaf.tld. has no signature, and leaf.tld. is signed",
                "sign leaf.tld. again with its own published keys"},
        {"ru-2024, 18:59", signed_by_both, WWW, HF_CHAIN_SECURE, NULL, NULL},
        {"ru-2024, 19:07", rolled_back, WWW, HF_CHAIN_SECURE, NULL, NULL},
        {"slack-2021", unsigned_with_ds, WWW, HF_CHAIN_BOGUS,
                "the parent's DS {ksk} says that leaf.tld. is signed, but it has no DNSKEY set",
                "sign leaf.tld. again with the key of DS {ksk}; or have the parent remove the DS "
                "set, and serve the signed zone until it has left all caches"},
        {"de-2026", denial_other_key, "www.bare.leaf.tld.", HF_CHAIN_BOGUS,
                "the signature over NSEC3 of {denial} does not verify with key {zsk} "
                "(ECDSAP256SHA256): the records were changed after signing, or another private "
                "key made it",
                "compare the private key that signs leaf.tld. with the published DNSKEY {zsk}, "
                "then sign again; verify before publishing"},
        {"nl-2012", zsk_unpublished, WWW, HF_CHAIN_BOGUS,
                "A of www.leaf.tld. is signed by key {new} (ECDSAP256SHA256), which is not in the "
                "DNSKEY set of leaf.tld.",
                "publish DNSKEY {new} in leaf.tld., or sign again with a key that is published; "
                "keys must be in all caches before they sign"},
        {"arpa-e164-2011", ksk_silent, WWW, HF_CHAIN_BOGUS,
                "the DNSKEY set of leaf.tld. is not signed by KSK {ksk}, which the parent's DS "
                "stands for, but by key {new} only",
                "sign the DNSKEY set of leaf.tld. with key {ksk} as well"},
        {"root-durz-2010", anchor_stale, WWW, HF_CHAIN_BOGUS,
                "the trust anchor {new} matches no DNSKEY of .: the KSK was replaced and the "
                "trust anchor is stale (the DNSKEY set is signed by KSK {root})",
                "compare the trust anchor of . with what its operator publishes, and replace it "
                "when it is stale"},
};

/* Puts a number or a name for its placeholder. */
static void replace(char text[static 2048], const char *placeholder, const char *value)
{
	char *at;
	while ((at = strstr(text, placeholder)) != NULL) {
		char rest[2048];
		snprintf(rest, sizeof(rest), "%s", at + strlen(placeholder));
		snprintf(at, 2048 - (size_t)(at - text), "%s%s", value, rest);
	}
}

static void assert_text(struct world *world, const char *text, const char *expected)
{
	const struct world_zone *leaf = &world->zones[WORLD_LEAF];
	char full[2048], number[16];
	snprintf(full, sizeof(full), "%s", expected);
	const struct {
		const char *placeholder;
		const struct hf_keypair *pair;
	} keys[] = {{"{ksk}", leaf->ksk}, {"{zsk}", leaf->zsk}, {"{new}", world->spare},
	        {"{root}", world->zones[WORLD_ROOT].ksk}};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(number, sizeof(number), "%u", tag_of(keys[i].pair));
		replace(full, keys[i].placeholder, number);
	}
	replace(full, "{denial}", world_denial(world, WORLD_LEAF, "bare.leaf.tld."));
	assert_string_equal(text, full);
}

static void test_incidents(void **state)
{
	for (size_t i = 0; i < sizeof(incidents) / sizeof(incidents[0]); i++) {
		const struct incident *incident = &incidents[i];
		struct world world;
		world_init(&world, WORLD_NSEC3);
		incident->damage(&world);
		struct hf_chain *chain = world_trace(&world, incident->qname, KNOT_RRTYPE_A);
		const struct hf_trace *trace = hf_chain_trace(chain);
		if (trace->status != incident->status)
			print_error("%s\n", incident->name);
		assert_int_equal(trace->status, incident->status);
		assert_int_equal(trace->has_broken, incident->cause != NULL);
		if (incident->cause != NULL) {
			assert_text(&world, trace->broken.cause, incident->cause);
			assert_text(&world, trace->broken.fix, incident->fix);
		}
		/* Whoever does not validate notices nothing. */
		assert_true(trace->has_plain);
		assert_int_equal(trace->answer_count, 1);
		hf_chain_free(chain);
		world_done(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_incidents),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
