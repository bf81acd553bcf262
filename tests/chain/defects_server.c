/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Servers that do not answer as they should, over good zones. */
#include "defects.h"

#define NOTHING "nothing.leaf.tld."

static void leaf_quirk(struct world *world, unsigned quirks)
{
	world->zones[WORLD_LEAF].quirks = quirks;
}

static void no_denial(struct world *world)
{
	leaf_quirk(world, ANSWERER_NO_DENIAL);
}

static void first_denial_only(struct world *world)
{
	leaf_quirk(world, ANSWERER_FIRST_SET_ONLY);
}

static void no_sigs(struct world *world)
{
	leaf_quirk(world, ANSWERER_NO_SIGS);
}

static void tld_no_sigs(struct world *world)
{
	world->zones[WORLD_TLD].quirks = ANSWERER_NO_SIGS;
}

static void no_soa(struct world *world)
{
	leaf_quirk(world, ANSWERER_NO_SOA);
}

static void no_aa(struct world *world)
{
	leaf_quirk(world, ANSWERER_NO_AA);
}

static void flip_rcode(struct world *world)
{
	leaf_quirk(world, ANSWERER_FLIP_RCODE);
}

static void no_follow(struct world *world)
{
	leaf_quirk(world, ANSWERER_NO_FOLLOW);
}

static void wrong_cname(struct world *world)
{
	leaf_quirk(world, ANSWERER_WRONG_CNAME | ANSWERER_NO_FOLLOW);
}

static void refuses(struct world *world)
{
	leaf_quirk(world, ANSWERER_REFUSE);
}

static void upward(struct world *world)
{
	leaf_quirk(world, ANSWERER_UPWARD);
}

static void down(struct world *world)
{
	world->zones[WORLD_LEAF].down = true;
}

static void bare_referral(struct world *world)
{
	world->zones[WORLD_TLD].quirks = ANSWERER_BARE_REFERRAL;
	leaf_quirk(world, ANSWERER_BARE_REFERRAL);
}

static void bare_referral_to_no_cut(struct world *world)
{
	bare_referral(world);
	world_toggle_type(world, WORLD_LEAF, "bare.leaf.tld.", KNOT_RRTYPE_NS);
}

/* Where both are on one server, DS questions are answered from the zone itself. */
static void child_side(struct world *world)
{
	for (int i = 0; i < WORLD_ZONES; i++)
		world->zones[i].quirks = ANSWERER_CHILD_SIDE;
	world->flags |= WORLD_SHARED;
}

static void first_lies(struct world *world)
{
	world->zones[WORLD_LEAF].first_quirks = ANSWERER_NO_SIGS;
}

static void first_refuses(struct world *world)
{
	world->zones[WORLD_LEAF].first_quirks = ANSWERER_REFUSE;
}

/* No answer helps, whoever is asked: it must not go round and round. */
static void first_lies_unsigned(struct world *world)
{
	first_lies(world);
	world_drop_sigs(world, WORLD_LEAF, WWW, KNOT_RRTYPE_A);
	world->options.questions = 14;
}

static void few_questions(struct world *world)
{
	world->options.questions = 3;
}

static void few_aliases(struct world *world)
{
	world->options.aliases = 1;
}

static void few_signatures(struct world *world)
{
	world->options.signatures = 2;
}

static const struct defect list[] = {
        {"no denial, no name", no_denial, NOTHING, 1, HF_CHAIN_BOGUS, HF_CAUSE_NO_DENIAL, 12,
                IN_APART, NULL},
        {"no denial, no type", no_denial, WWW, 28, HF_CHAIN_BOGUS, HF_CAUSE_NO_DENIAL, 12, IN_APART,
                NULL},
        {"no denial, wildcard", no_denial, "foo.wild.leaf.tld.", 16, HF_CHAIN_BOGUS,
                HF_CAUSE_WILDCARD_EXPANSION, 12, IN_APART, NULL},
        {"one denial record of two", first_denial_only, NOTHING, 1, HF_CHAIN_BOGUS,
                HF_CAUSE_WILDCARD_OPEN, 12, IN_APART | IN_NSEC, "no wildcard stands"},
        {"one denial record of three", first_denial_only, NOTHING, 1, HF_CHAIN_BOGUS,
                HF_CAUSE_NOT_COVERED, 12, IN_APART | IN_NSEC3, NULL},
        {"no signatures", no_sigs, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_UNSIGNED, 10, IN_APART,
                "DNSKEY of leaf.tld."},
        {"no signatures above", tld_no_sigs, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_UNSIGNED, 10,
                IN_APART, "DNSKEY of tld."},
        {"no SOA, no name", no_soa, NOTHING, 1, HF_CHAIN_SECURE, 0, NO_EDE, IN_APART, NULL},
        {"no SOA, no type", no_soa, WWW, 28, HF_CHAIN_SECURE, 0, NO_EDE, IN_APART, NULL},
        {"no AA", no_aa, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, IN_APART, NULL},
        {"no AA, no name", no_aa, NOTHING, 1, HF_CHAIN_SECURE, 0, NO_EDE, IN_APART, NULL},
        {"other RCODE, no name", flip_rcode, NOTHING, 1, HF_CHAIN_SECURE, 0, NO_EDE, IN_APART,
                NULL},
        {"other RCODE, no type", flip_rcode, WWW, 28, HF_CHAIN_SECURE, 0, NO_EDE, IN_APART, NULL},
        {"aliases not followed", no_follow, "alias.leaf.tld.", 1, HF_CHAIN_SECURE, 0, NO_EDE,
                IN_APART, NULL},
        {"wrong CNAME", wrong_cname, "www.moved.leaf.tld.", 1, HF_CHAIN_SECURE, 0, NO_EDE, IN_APART,
                NULL},
        {"refuses", refuses, WWW, 1, HF_CHAIN_INDETERMINATE, HF_CAUSE_RCODE, 22, IN_APART,
                "REFUSED"},
        {"refers upward", upward, WWW, 1, HF_CHAIN_INDETERMINATE, HF_CAUSE_LAME, 20, IN_APART,
                "nowhere"},
        {"is down", down, WWW, 1, HF_CHAIN_INDETERMINATE, HF_CAUSE_NO_ANSWER, 22, IN_APART,
                "timed out"},
        {"bare referrals", bare_referral, "www.sub.leaf.tld.", 1, HF_CHAIN_SECURE, 0, NO_EDE,
                IN_APART, NULL},
        {"bare referral, insecure", bare_referral, "www.bare.leaf.tld.", 1, HF_CHAIN_INSECURE,
                HF_CAUSE_NO_DS, NO_EDE, IN_APART, NULL},
        {"bare referral to no cut", bare_referral_to_no_cut, "www.bare.leaf.tld.", 1,
                HF_CHAIN_BOGUS, HF_CAUSE_CUT_NO_NS, 6, IN_APART, "knows of no delegation"},
        {"DS from the child's side", child_side, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_DS_WRONG_SIDE, 6,
                0, "its own side"},
        {"first server without signatures", first_lies, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE,
                IN_APART, NULL},
        {"first server refuses", first_refuses, WWW, 1, HF_CHAIN_SECURE, 0, NO_EDE, IN_APART, NULL},
        {"first server without signatures, record too", first_lies_unsigned, WWW, 1, HF_CHAIN_BOGUS,
                HF_CAUSE_UNSIGNED, 10, IN_APART, "A of www.leaf.tld."},
        {"few questions", few_questions, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_MANY_QUESTIONS, 6,
                IN_APART, "more than 3 questions"},
        {"few aliases", few_aliases, "foo.walias.leaf.tld.", 1, HF_CHAIN_SECURE, 0, NO_EDE, 0,
                NULL},
        {"few signatures", few_signatures, WWW, 1, HF_CHAIN_BOGUS, HF_CAUSE_MANY_SIGNATURES, 6, 0,
                "more than 2 signatures"},
};

const struct defects server_defects = {list, sizeof(list) / sizeof(list[0])};
