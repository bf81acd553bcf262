/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NSEC and NSEC3 records. */
#include "defects.h"

#include <stdlib.h>
#include <string.h>

#define A       KNOT_RRTYPE_A
#define NSEC    KNOT_RRTYPE_NSEC
#define NSEC3   KNOT_RRTYPE_NSEC3
#define NOTHING "nothing.leaf.tld."
#define BARE    "bare.leaf.tld."

/* Removes a name's denial record and its signature. */
static void drop_denial(struct world *world, const char *name)
{
	uint16_t type = world_denial_type(world, WORLD_LEAF);
	world_drop(world, WORLD_LEAF, world_denial(world, WORLD_LEAF, name), type);
	world_drop_sigs(world, WORLD_LEAF, world_denial(world, WORLD_LEAF, name), type);
}

/* Removes every denial record of the leaf. */
static void drop_all(struct world *world)
{
	struct world_zone *zone = &world->zones[WORLD_LEAF];
	uint16_t type = world_denial_type(world, WORLD_LEAF);
	for (size_t i = 0; i < zone->count;) {
		struct world_record *record = &zone->records[i];
		char owner[HF_NAME_TEXT];
		hf_name_text(&record->owner, owner);
		if (record->type == type) {
			world_drop(world, WORLD_LEAF, owner, type);
			world_drop_sigs(world, WORLD_LEAF, owner, type);
			i = 0;
		} else {
			i++;
		}
	}
}

static void record_removed(struct world *world)
{
	world_drop(world, WORLD_LEAF, WWW, A);
	world_drop_sigs(world, WORLD_LEAF, WWW, A);
}

static void www_denial_removed(struct world *world)
{
	drop_denial(world, WWW);
}

static void apex_denial_removed(struct world *world)
{
	drop_denial(world, LEAF);
}

static void denial_unsigned(struct world *world)
{
	uint16_t type = world_denial_type(world, WORLD_LEAF);
	world_drop_sigs(world, WORLD_LEAF, world_denial(world, WORLD_LEAF, WWW), type);
}

static void denial_expired(struct world *world)
{
	struct sig_plan plan;
	uint16_t type = world_denial_type(world, WORLD_LEAF);
	const char *owner = world_denial(world, WORLD_LEAF, WWW);
	world_plan(world, WORLD_LEAF, owner, type, &plan);
	world_drop_sigs(world, WORLD_LEAF, owner, type);
	plan.rrsig.expiration = WORLD_AT - WORLD_DAY;
	world_sign(world, WORLD_LEAF, owner, &plan);
}

/* Bitmaps that are not what is there. */
static void type_claimed(struct world *world)
{
	world_toggle_type(world, WORLD_LEAF, WWW, KNOT_RRTYPE_MX);
}

static void cname_claimed(struct world *world)
{
	world_toggle_type(world, WORLD_LEAF, WWW, KNOT_RRTYPE_CNAME);
}

static void wildcard_type_claimed(struct world *world)
{
	world_toggle_type(world, WORLD_LEAF, "*.wild.leaf.tld.", A);
}

static void cut_without_ns(struct world *world)
{
	world_toggle_type(world, WORLD_LEAF, BARE, KNOT_RRTYPE_NS);
}

static void cut_with_ds(struct world *world)
{
	world_toggle_type(world, WORLD_LEAF, BARE, KNOT_RRTYPE_DS);
}

static void cut_with_soa(struct world *world)
{
	world_toggle_type(world, WORLD_LEAF, BARE, KNOT_RRTYPE_SOA);
}

/* The NSEC record of www leads to where the zone's last one should: beyond everything. */
static void next_foreign(struct world *world)
{
	struct world_record *record = world_find(world, WORLD_LEAF, WWW, NSEC);
	struct hf_rdata rdata = {.data = record->data, .len = record->len};
	struct hf_nsec nsec;
	struct hf_buf out = {0};
	if (!hf_nsec_read(rdata, &nsec))
		abort();
	hf_put_bytes(&out, "\3zzz\3tld", 9);
	hf_put_bytes(&out, nsec.bitmap, nsec.bitmap_len);
	free(record->data);
	record->data = out.data;
	record->len = (uint16_t)out.len;
	world_resign(world, WORLD_LEAF, WWW, NSEC);
}

/* Changes one byte of every NSEC3 record of the leaf, and signs it. */
static void change_nsec3(struct world *world, size_t at, uint8_t value)
{
	struct world_zone *zone = &world->zones[WORLD_LEAF];
	size_t count = zone->count;
	char(*owners)[HF_NAME_TEXT] = calloc(count, sizeof(*owners));
	size_t found = 0;
	if (owners == NULL)
		abort();
	for (size_t i = 0; i < count; i++) {
		if (zone->records[i].type == NSEC3) {
			zone->records[i].data[at] = value;
			hf_name_text(&zone->records[i].owner, owners[found++]);
		}
	}
	for (size_t i = 0; i < found; i++)
		world_resign(world, WORLD_LEAF, owners[i], NSEC3);
	free(owners);
}

static void iterations_151(struct world *world)
{
	change_nsec3(world, 3, 151);
}

static void hash_unknown(struct world *world)
{
	change_nsec3(world, 0, 2);
}

static void flags_unknown(struct world *world)
{
	change_nsec3(world, 1, 2);
}

static void hash_short(struct world *world)
{
	change_nsec3(world, 5, 19);
}

static void few_hashes(struct world *world)
{
	world->options.hashes = 2;
}

static void wrong_salt(struct world *world)
{
	/* One byte of salt is taken from the length of the hash: no record can be read. */
	change_nsec3(world, 4, 200);
}

static const struct defect list[] = {
        {"all denial gone, no name", drop_all, NOTHING, 1, HF_CHAIN_BOGUS, HF_CAUSE_NO_DENIAL, 12,
                0, "no NSEC or NSEC3"},
        {"all denial gone, no type", drop_all, WWW, 28, HF_CHAIN_BOGUS, HF_CAUSE_NO_DENIAL, 12, 0,
                NULL},
        {"all denial gone, wildcard", drop_all, "foo.wild.leaf.tld.", 16, HF_CHAIN_BOGUS,
                HF_CAUSE_WILDCARD_EXPANSION, 12, 0, "comes from a wildcard"},
        {"all denial gone, delegation", drop_all, "www.bare.leaf.tld.", 1, HF_CHAIN_BOGUS,
                HF_CAUSE_NO_DENIAL, 12, 0, "DS of bare.leaf.tld."},
        {"record removed", record_removed, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_TYPE_EXISTS, 6, 0,
                "denial record says"},
        {"NSEC of the name gone", www_denial_removed, WWW, 28, HF_CHAIN_BOGUS, HF_CAUSE_NOT_COVERED,
                12, IN_NSEC, "neither match"},
        {"NSEC3 of the name gone", www_denial_removed, WWW, 28, HF_CHAIN_BOGUS,
                HF_CAUSE_NOT_COVERED, 12, IN_NSEC3, "neither match"},
        {"NSEC3 of the apex gone", apex_denial_removed, NOTHING, 1, HF_CHAIN_BOGUS,
                HF_CAUSE_NO_ENCLOSER, 12, IN_NSEC3, "matches any name"},
        {"denial unsigned", denial_unsigned, WWW, 28, HF_CHAIN_BOGUS, HF_CAUSE_UNSIGNED, 10, 0,
                "NSEC"},
        {"denial expired", denial_expired, WWW, 28, HF_CHAIN_BOGUS, HF_CAUSE_EXPIRED, 7, 0, NULL},
        {"type claimed", type_claimed, WWW, 15, HF_CHAIN_BOGUS, HF_CAUSE_TYPE_EXISTS, 6, 0, NULL},
        {"CNAME claimed", cname_claimed, WWW, 28, HF_CHAIN_BOGUS, HF_CAUSE_TYPE_EXISTS, 6, 0, NULL},
        {"wildcard's type claimed", wildcard_type_claimed, "foo.wild.leaf.tld.", 1, HF_CHAIN_BOGUS,
                HF_CAUSE_TYPE_EXISTS, 6, 0, NULL},
        {"referral without NS", cut_without_ns, "www.bare.leaf.tld.", 1, HF_CHAIN_BOGUS,
                HF_CAUSE_CUT_NO_NS, 6, IN_APART, "knows of no delegation"},
        {"referral with DS", cut_with_ds, "www.bare.leaf.tld.", 1, HF_CHAIN_BOGUS,
                HF_CAUSE_TYPE_EXISTS, 6, 0, "DS of bare.leaf.tld."},
        {"referral with SOA", cut_with_soa, "www.bare.leaf.tld.", 1, HF_CHAIN_BOGUS,
                HF_CAUSE_DENIAL_SIDE, 6, 0, "wrong side"},
        {"last NSEC leads elsewhere", next_foreign, "x.www.leaf.tld.", 1, HF_CHAIN_BOGUS,
                HF_CAUSE_NO_DENIAL, 12, IN_NSEC, NULL},
        {"151 iterations", iterations_151, NOTHING, 1, HF_CHAIN_INSECURE, HF_CAUSE_ITERATIONS, 27,
                IN_NSEC3, "151 iterations"},
        {"151 iterations, wildcard", iterations_151, "foo.wild.leaf.tld.", 16, HF_CHAIN_INSECURE,
                HF_CAUSE_ITERATIONS, 27, IN_NSEC3, NULL},
        {"151 iterations, delegation", iterations_151, "www.bare.leaf.tld.", 1, HF_CHAIN_INSECURE,
                HF_CAUSE_ITERATIONS, 27, IN_NSEC3, NULL},
        {"151 iterations, not needed", iterations_151, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, IN_NSEC3,
                NULL},
        {"unknown hash", hash_unknown, NOTHING, 1, HF_CHAIN_BOGUS, HF_CAUSE_NO_DENIAL, 12, IN_NSEC3,
                NULL},
        {"unknown flags", flags_unknown, NOTHING, 1, HF_CHAIN_BOGUS, HF_CAUSE_NO_DENIAL, 12,
                IN_NSEC3, NULL},
        {"short hash", hash_short, NOTHING, 1, HF_CHAIN_BOGUS, HF_CAUSE_NO_DENIAL, 12, IN_NSEC3,
                NULL},
        {"salt too long", wrong_salt, NOTHING, 1, HF_CHAIN_BOGUS, HF_CAUSE_NO_DENIAL, 12, IN_NSEC3,
                NULL},
        {"many hashes", few_hashes, "a.b.c.d.e.f.leaf.tld.", 1, HF_CHAIN_BOGUS,
                HF_CAUSE_MANY_HASHES, 6, IN_NSEC3, "more than 2 NSEC3 hashes"},
};

const struct defects denial_defects = {list, sizeof(list) / sizeof(list[0])};
