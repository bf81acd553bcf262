/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chaos.h"

#include <stdio.h>
#include <string.h>

#define DAMAGES 3 /* at most, in one world */

static const char *const names[] = {"www.leaf.tld.", "alias.leaf.tld.", "nothing.leaf.tld.",
        "foo.wild.leaf.tld.", "www.moved.leaf.tld.", "www.sub.leaf.tld.", "www.bare.leaf.tld.",
        "leaf.tld.", "c.leaf.tld.", "www.deep.plain.tld.", "www.plain.tld.", "tld."};
static const uint16_t types[] = {
        KNOT_RRTYPE_A, KNOT_RRTYPE_TXT, KNOT_RRTYPE_DS, KNOT_RRTYPE_DNSKEY, KNOT_RRTYPE_SOA};
/* Without NS and SOA: a walk that finds no servers says nothing about validation. */
static const uint16_t fragile[] = {KNOT_RRTYPE_A, KNOT_RRTYPE_DS, KNOT_RRTYPE_DNSKEY,
        KNOT_RRTYPE_NSEC, KNOT_RRTYPE_NSEC3, KNOT_RRTYPE_RRSIG, KNOT_RRTYPE_CNAME};

/* xorshift64*, so that a seed says all. */
static uint64_t dice;

unsigned chaos_roll(unsigned sides)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (unsigned)((dice * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % sides;
}

#define PICK(list) (list)[chaos_roll(sizeof(list) / sizeof((list)[0]))]

static bool is_fragile(uint16_t type)
{
	for (size_t i = 0; i < sizeof(fragile) / sizeof(fragile[0]); i++)
		if (fragile[i] == type)
			return true;
	return false;
}

/* A record of a zone that can be damaged; NULL when chance finds none. */
static struct world_record *any_record(struct world *world, int zone)
{
	struct world_zone *from = &world->zones[zone];
	for (unsigned i = 0; i < 40 && from->count > 0; i++) {
		struct world_record *record = &from->records[chaos_roll((unsigned)from->count)];
		if (is_fragile(record->type))
			return record;
	}
	return NULL;
}

static bool is_signed(const struct world_zone *zone, const struct hf_name *owner, uint16_t type)
{
	for (size_t i = 0; i < zone->count; i++) {
		const struct world_record *record = &zone->records[i];
		struct hf_rdata rdata = {.data = record->data, .len = record->len};
		if (record->type == KNOT_RRTYPE_RRSIG && hf_name_equal(&record->owner, owner) &&
		        hf_rrsig_covered(rdata) == type)
			return true;
	}
	return false;
}

/* A set's signature made anew, with one field as it should not be. */
static const char *sign_badly(struct world *world, int zone, const char *owner, uint16_t type)
{
	struct sig_plan plan;
	const char *what;
	world_plan(world, zone, owner, type, &plan);
	switch (chaos_roll(8)) {
	case 0:
		plan.rrsig.expiration = (uint32_t)(WORLD_AT - 1 + chaos_roll(3));
		what = "expiration around now";
		break;
	case 1:
		plan.rrsig.inception = (uint32_t)(WORLD_AT - 1 + chaos_roll(3));
		what = "inception around now";
		break;
	case 2:
		plan.rrsig.labels = (uint8_t)chaos_roll(5);
		what = "labels";
		break;
	case 3:
		plan.rrsig.ttl = chaos_roll(100000);
		what = "original TTL";
		break;
	case 4:
		plan.pair = chaos_roll(2) != 0 ? world->spare : world->zones[zone].ksk;
		what = "another key";
		break;
	case 5:
		plan.rrsig.tag = (uint16_t)(plan.rrsig.tag + 1 + chaos_roll(9));
		what = "tag";
		break;
	case 6:
		plan.flip = 1;
		what = "a spoiled signature";
		break;
	default:
		what = "nothing wrong";
		break;
	}
	if (chaos_roll(4) != 0)
		world_drop_sigs(world, zone, owner, type);
	world_sign(world, zone, owner, &plan);
	return what;
}

/* Flips a bit. Not if names in the RDATA would be none: then there is no message to judge. */
static bool flip(struct world *world, int zone, struct world_record *record)
{
	uint8_t copy[UINT16_MAX];
	char owner[HF_NAME_TEXT];
	size_t at = chaos_roll(record->len);
	uint8_t *byte = &record->data[at], bit = (uint8_t)(1u << chaos_roll(8));
	*byte ^= bit;
	memcpy(copy, record->data, record->len);
	if (hf_rdata_canonical(record->type, copy, record->len) != HF_OK) {
		*byte ^= bit;
		return false;
	}
	/* Looked for so that the zone is served anew. */
	(void)world_find(world, zone, hf_name_text(&record->owner, owner), record->type);
	return true;
}

/* One damage; says what it was. */
static void damage(struct world *world, char *text, size_t size)
{
	int zone = (int)chaos_roll(WORLD_ZONES);
	struct world_record *record = any_record(world, zone);
	char owner[HF_NAME_TEXT], type_text[HF_TYPE_TEXT];
	if (record == NULL)
		return;
	uint16_t type = record->type;
	hf_name_text(&record->owner, owner);
	const char *what = "dropped";
	bool has_sigs = is_signed(&world->zones[zone], &record->owner, type);
	unsigned kind = chaos_roll(6);
	if (kind == 0) {
		world_drop(world, zone, owner, type);
	} else if (kind == 1 || !has_sigs) {
		what = flip(world, zone, record) ? "a bit flipped" : "left alone";
	} else if (kind == 2) {
		world_drop_sigs(world, zone, owner, type);
		what = "signatures dropped";
	} else {
		what = sign_badly(world, zone, owner, type);
	}
	size_t len = strlen(text);
	snprintf(
	        text + len, size - len, " [%s %s: %s]", owner, hf_type_text(type, type_text), what);
}

/*
 * Where we judge otherwise, both about signatures with another labels field:
 * One that counts fewer labels than the owner has is that of a wildcard, and an answer made of one
 * needs a proof that no closer name is there (RFC 4035 section 5.3.4). Unbound does not ask for
 * that of DS, DNSKEY and NSEC3 sets. Of several signatures one good one is enough (RFC 6840
 * section 5.4). Unbound wants all signatures of an answer to count the same number of labels.
 */
bool chaos_excuses(const char *done, enum peer_verdict we, enum peer_verdict they)
{
	bool strict = we == IS_BOGUS && they != IS_BOGUS;
	bool content = we == IS_SECURE && they == IS_BOGUS;
	return (strict || content) && strstr(done, ": labels]") != NULL;
}

void chaos_init(struct world *world, unsigned long seed, char text[static CHAOS_TEXT])
{
	static const unsigned kinds[] = {WORLD_NSEC, WORLD_NSEC3, WORLD_NSEC3 | WORLD_OPT_OUT};
	dice = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	unsigned flags = PICK(kinds);
	world_init(world, flags);
	snprintf(text, CHAOS_TEXT, "flags %u,", flags);
	for (unsigned i = 1 + chaos_roll(DAMAGES); i > 0; i--)
		damage(world, text, CHAOS_TEXT);
}

struct chaos_question chaos_ask(void)
{
	const char *name = PICK(names);
	return (struct chaos_question){.name = name, .type = PICK(types)};
}
