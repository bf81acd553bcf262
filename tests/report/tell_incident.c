/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints what a trace says in the state in which a known outage left the net: tell_incident [NAME].
 * Without a name, the names. "tld." and "leaf.tld." stand for the zones of then. Keys are made by
 * chance; their tags are printed as fixed numbers, so that the text can be compared.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../chain/toyworld.h"
#include "report/trace_text.h"

#define TLD  "tld."
#define LEAF "leaf.tld."
#define KEYS 7

static uint16_t tag_of(const struct hf_keypair *pair)
{
	return hf_dnskey_tag(hf_keypair_dnskey(pair));
}

/* ---- What was done to the zones ---- */

/* Another private key than the published one, with the same tag, signs a set. */
static void sign_with_a_twin(struct world *world, int zone, const char *owner, uint16_t type)
{
	struct sig_plan plan;
	world_plan(world, zone, owner, type, &plan);
	world_drop_sigs(world, zone, owner, type);
	plan.pair = world->spare;
	/* Sorts before a proper one, and so is always looked at first. */
	plan.rrsig.expiration--;
	world_sign(world, zone, owner, &plan);
}

static void twin_zsk(struct world *world)
{
	sign_with_a_twin(world, WORLD_TLD, LEAF, KNOT_RRTYPE_DS);
	sign_with_a_twin(world, WORLD_TLD, TLD, KNOT_RRTYPE_SOA);
}

static void no_key_signature(struct world *world)
{
	twin_zsk(world);
	world_drop_sigs(world, WORLD_TLD, TLD, KNOT_RRTYPE_DNSKEY);
}

/* Signed by both: the good signature is enough. */
static void both_zsks(struct world *world)
{
	struct sig_plan plan;
	twin_zsk(world);
	world_plan(world, WORLD_TLD, LEAF, KNOT_RRTYPE_DS, &plan);
	world_sign(world, WORLD_TLD, LEAF, &plan);
}

static void rolled_back(struct world *world)
{
	twin_zsk(world);
	world_resign(world, WORLD_TLD, LEAF, KNOT_RRTYPE_DS);
	world_resign(world, WORLD_TLD, TLD, KNOT_RRTYPE_SOA);
}

/* The zone has a new KSK, and the DS of the old one is what the parent, or caches, still have. */
static void ksk_without_ds(struct world *world)
{
	struct sig_plan plan;
	struct hf_rdata spare = hf_keypair_dnskey(world->spare);
	world_change_key(world, WORLD_LEAF, hf_keypair_dnskey(world->zones[WORLD_LEAF].ksk), spare);
	world_plan(world, WORLD_LEAF, LEAF, KNOT_RRTYPE_DNSKEY, &plan);
	world_drop_sigs(world, WORLD_LEAF, LEAF, KNOT_RRTYPE_DNSKEY);
	plan.pair = world->spare;
	plan.rrsig.tag = hf_dnskey_tag(spare);
	world_sign(world, WORLD_LEAF, LEAF, &plan);
}

/* The old KSK is still published, but signs no more, beside the new one. */
static void silent_ksk(struct world *world)
{
	struct sig_plan plan;
	struct hf_rdata spare = hf_keypair_dnskey(world->spare);
	world_put(world, WORLD_LEAF, LEAF, KNOT_RRTYPE_DNSKEY, 3600, spare.data, spare.len);
	world_plan(world, WORLD_LEAF, LEAF, KNOT_RRTYPE_DNSKEY, &plan);
	world_drop_sigs(world, WORLD_LEAF, LEAF, KNOT_RRTYPE_DNSKEY);
	plan.pair = world->spare;
	plan.rrsig.tag = hf_dnskey_tag(spare);
	world_sign(world, WORLD_LEAF, LEAF, &plan);
}

/* The zone is not signed any more, and its DS is still in caches. */
static void unsigned_too_early(struct world *world)
{
	world_drop_sigs(world, WORLD_LEAF, LEAF, KNOT_RRTYPE_DNSKEY);
	world_drop(world, WORLD_LEAF, LEAF, KNOT_RRTYPE_DNSKEY);
	world->zones[WORLD_LEAF].quirks |= ANSWERER_NO_SIGS | ANSWERER_NO_DENIAL;
}

static void expired(struct world *world)
{
	struct sig_plan plan;
	world_plan(world, WORLD_LEAF, "www." LEAF, KNOT_RRTYPE_A, &plan);
	world_drop_sigs(world, WORLD_LEAF, "www." LEAF, KNOT_RRTYPE_A);
	plan.rrsig.inception = (uint32_t)(WORLD_AT - 30 * WORLD_DAY);
	plan.rrsig.expiration = (uint32_t)(WORLD_AT - WORLD_DAY / 4);
	world_sign(world, WORLD_LEAF, "www." LEAF, &plan);
}

/* Delegations without DS are proven by NSEC3 records, so they fail as well. */
static void twin_denials(struct world *world)
{
	char denial[HF_NAME_TEXT];
	static const char *const names[] = {"plain." TLD, "leaf." TLD, TLD};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(denial, sizeof(denial), "%s", world_denial(world, WORLD_TLD, names[i]));
		sign_with_a_twin(world, WORLD_TLD, denial, KNOT_RRTYPE_NSEC3);
	}
}

static const struct incident {
	const char *name;
	void (*damage)(struct world *world);
	unsigned flags;
	const char *question;
} incidents[] = {
        {"de-2026", twin_zsk, WORLD_NSEC3, "www." LEAF},
        {"de-2026-unsigned-delegation", twin_denials, WORLD_NSEC3, "www.plain." TLD},
        {"lesson-ksk-no-ds", ksk_without_ds, 0, "www." LEAF},
        {"mm-2016", expired, 0, "www." LEAF},
        {"mozilla-2013", ksk_without_ds, 0, LEAF},
        {"nz-2023", ksk_without_ds, WORLD_NSEC3, "www." LEAF},
        {"arpa-e164-2011", silent_ksk, 0, "www." LEAF},
        {"ru-2024-1", twin_zsk, WORLD_NSEC3 | WORLD_OPT_OUT, "www." LEAF},
        {"ru-2024-2", no_key_signature, WORLD_NSEC3 | WORLD_OPT_OUT, "www." LEAF},
        {"ru-2024-3", both_zsks, WORLD_NSEC3 | WORLD_OPT_OUT, "www." LEAF},
        {"ru-2024-4", rolled_back, WORLD_NSEC3 | WORLD_OPT_OUT, "www." LEAF},
        {"slack-2021", unsigned_too_early, 0, "www." LEAF},
};
#define INCIDENTS (sizeof(incidents) / sizeof(incidents[0]))

/* ---- Keys whose tags can be told from every other number, and whose order is known ---- */

static void tags_of(const struct world *world, uint16_t tags[KEYS])
{
	for (int zone = 0; zone < 3; zone++) {
		tags[2 * zone] = tag_of(world->zones[zone].ksk);
		tags[2 * zone + 1] = tag_of(world->zones[zone].zsk);
	}
	tags[6] = tag_of(world->spare);
}

static bool distinct(const uint16_t tags[KEYS])
{
	for (int i = 0; i < KEYS; i++) {
		for (int k = 0; k < i; k++) {
			if (tags[i] == tags[k])
				return false;
		}
		if (tags[i] < 10000)
			return false;
	}
	return true;
}

/* Keys are shown in the order of their RDATA. */
static bool in_order(const struct world *world)
{
	return hf_rdata_cmp(hf_keypair_dnskey(world->zones[WORLD_LEAF].ksk),
	               hf_keypair_dnskey(world->spare)) < 0;
}

static void make_world(struct world *world, unsigned flags, uint16_t tags[KEYS])
{
	world_init(world, flags);
	tags_of(world, tags);
	while (!distinct(tags) || !in_order(world)) {
		world_done(world);
		world_end();
		world_init(world, flags);
		tags_of(world, tags);
	}
}

/* KSK and ZSK of the root, tld. and leaf.tld.; then the key that came instead of another. */
static void print_with_fixed_tags(char *text, const uint16_t tags[KEYS])
{
	static const char *const fixed[KEYS] = {
	        "10001", "10002", "20001", "20002", "30001", "30002", "40001"};
	for (int i = 0; i < KEYS; i++) {
		char tag[8];
		snprintf(tag, sizeof(tag), "%u", tags[i]);
		for (char *at = text; (at = strstr(at, tag)) != NULL; at += 5)
			memcpy(at, fixed[i], 5);
	}
	fputs(text, stdout);
}

static int tell(const struct incident *incident)
{
	struct world world;
	uint16_t tags[KEYS];
	struct hf_buf out = {0};
	make_world(&world, incident->flags, tags);
	incident->damage(&world);
	struct hf_chain *chain = world_trace(&world, incident->question, KNOT_RRTYPE_A);
	enum hf_err err = hf_trace_text(hf_chain_trace(chain), &out);
	hf_put_u8(&out, 0);
	if (err == HF_OK && !out.failed)
		print_with_fixed_tags((char *)out.data, tags);
	hf_buf_done(&out);
	hf_chain_free(chain);
	world_done(&world);
	world_end();
	return err == HF_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < INCIDENTS; i++) {
		if (argc < 2)
			puts(incidents[i].name);
		else if (strcmp(argv[1], incidents[i].name) == 0)
			return tell(&incidents[i]);
	}
	return argc < 2 ? 0 : 2;
}
