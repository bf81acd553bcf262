/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/people.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR 3600u
#define DAY  86400u

/* Questions that BIND of 2009 sends for keys of a zone with six addresses that fit no anchor: each
 * address is asked again for each. */
#define STORM_2009 30

static const struct hf_people_kind table[] = {
        {
                .kind = {.name = "plain",
                        .share = 0.65,
                        .trust = HF_TRUST_NOBODY,
                        .ttl_most = DAY,
                        .tries = 3,
                        .missing = 8,
                        .memory_least = 1,
                        .memory_most = 5,
                        .udp = 1232},
                .anchor_share = 0.65,
                .about = "Does not validate.",
                .source = "Share: APNIC Labs measures that about one user in three is behind "
                          "resolvers that validate (stats.labs.apnic.net/dnssec); countries "
                          "differ widely.",
        },
        {
                .kind = {.name = "bind",
                        .share = 0.09,
                        .trust = HF_TRUST_DS,
                        .ttl_most = 7 * DAY,
                        .tries = 4,
                        .memory_least = 1,
                        .memory_most = 1,
                        .udp = 1232},
                .anchor_share = 0.08,
                .about = "BIND 9.18 as delivered: keeps sets for up to a week, remembers a "
                         "failure for a second, denies from NSEC records that it has.",
                .source = "Behaviour: named -C (max-cache-ttl, servfail-ttl, edns-udp-size, "
                          "synth-from-dnssec). Share: assumed.",
        },
        {
                .kind = {.name = "unbound",
                        .share = 0.09,
                        .trust = HF_TRUST_DS,
                        .ttl_most = DAY,
                        .tries = 6,
                        .memory_least = 60,
                        .memory_most = 60,
                        .udp = 1232},
                .anchor_share = 0.08,
                .about = "Unbound 1.17 as delivered: keeps sets for up to a day, tries five more "
                         "servers, remembers a failure for a minute.",
                .source = "Behaviour: unbound.conf(5) (cache-max-ttl, val-max-restart, "
                          "val-bogus-ttl, edns-buffer-size, aggressive-nsec). Share: assumed.",
        },
        {
                .kind = {.name = "strict",
                        .share = 0.02,
                        .trust = HF_TRUST_DS,
                        .strict = true,
                        .ttl_most = DAY,
                        .tries = 6,
                        .memory_least = 60,
                        .memory_most = 60,
                        .udp = 1232},
                .anchor_share = 0.02,
                .about = "Unbound that wants a path for each algorithm of the DS RRset.",
                .source = "Behaviour: unbound.conf(5) (harden-algo-downgrade: yes), RFC 4035 "
                          "section 2.2. Share: assumed.",
        },
        {
                .kind = {.name = "public",
                        .share = 0.08,
                        .trust = HF_TRUST_DS,
                        .ttl_most = 6 * HOUR,
                        .tries = 3,
                        .memory_least = 1,
                        .memory_most = 30,
                        .udp = 1400},
                .anchor_share = 0.08,
                .about = "A large public resolver: keeps nothing for longer than six hours.",
                .source = "Behaviour: answers of Google Public DNS have TTLs of 21,600 s at most; "
                          "failure memory and UDP size are assumed. Share: assumed.",
        },
        {
                .kind = {.name = "back-off",
                        .share = 0.03,
                        .trust = HF_TRUST_DS,
                        .ttl_most = DAY,
                        .tries = 3,
                        .memory_least = 1,
                        .memory_most = 300,
                        .udp = 1232},
                .anchor_share = 0.02,
                .about = "Remembers a failure twice as long with each repeat, from a second to "
                         "five minutes.",
                .source = "Behaviour: RFC 9520 section 3.2. Share: assumed.",
        },
        {
                .kind = {.name = "one-by-one",
                        .share = 0.02,
                        .trust = HF_TRUST_DS,
                        .ttl_most = DAY,
                        .tries = 3,
                        .missing = 8,
                        .memory_least = 5,
                        .memory_most = 5,
                        .udp = 1232},
                .anchor_share = 0.02,
                .about = "Asks for each name that does not exist: makes no aggressive use of NSEC.",
                .source = "Behaviour: RFC 8198 is optional. Share: assumed.",
        },
        {
                .kind = {.name = "long-memory",
                        .share = 0.005,
                        .trust = HF_TRUST_DS,
                        .ttl_least = 300,
                        .tries = 3,
                        .memory_least = 5,
                        .memory_most = 5,
                        .udp = 1232},
                .anchor_share = 0.005,
                .about = "Keeps everything for at least five minutes, and as long as its TTL says, "
                         "without a cap.",
                .source =
                        "Behaviour: such a setting exists (cache-min-ttl in unbound.conf(5)), its "
                        "value is assumed. Share: assumed.",
        },
        {
                .kind = {.name = "large-udp",
                        .share = 0.01,
                        .trust = HF_TRUST_DS,
                        .ttl_most = 7 * DAY,
                        .tries = 3,
                        .missing = 8,
                        .memory_least = 1,
                        .memory_most = 10,
                        .udp = 4096},
                .anchor_share = 0.01,
                .about = "Older software: takes 4096 bytes over UDP.",
                .source = "Behaviour: RFC 6891 section 6.2.5 starts there; defaults went to 1232 "
                          "with DNS Flag Day 2020. Share: assumed.",
        },
        {
                .kind = {.name = "small-udp",
                        .share = 0.005,
                        .trust = HF_TRUST_DS,
                        .ttl_most = DAY,
                        .tries = 3,
                        .memory_least = 5,
                        .memory_most = 5,
                        .udp = 512},
                .anchor_share = 0.005,
                .about = "Takes 512 bytes over UDP: behind a network that lets no more pass.",
                .source = "Behaviour: unbound.conf(5) names this value as the extreme. Share: "
                          "assumed.",
        },
        {
                .kind = {.name = "follower",
                        .trust = HF_TRUST_FOLLOWS,
                        .ttl_most = DAY,
                        .tries = 6,
                        .memory_least = 60,
                        .memory_most = 60,
                        .udp = 1232},
                .anchor_share = 0.03,
                .about = "Has the zone's keys as trust anchors and follows them.",
                .source = "Behaviour: RFC 5011. Share: assumed, and none before a zone that does "
                          "not say that its keys are trust anchors.",
        },
        {
                .kind = {.name = "revoked-again",
                        .trust = HF_TRUST_FOLLOWS,
                        .ttl_most = DAY,
                        .tries = 6,
                        .memory_least = 60,
                        .memory_most = 60,
                        .udp = 1232,
                        .revoked_most = 60},
                .about = "The same, but asks for the DNSKEY RRset each minute as long as a key "
                         "that it trusted is in it, revoked.",
                .source = "Behaviour: DNSKEY questions at root servers, January to March 2019 "
                          "(Mueller and others, Roll, Roll, Roll your Root, ACM IMC 2019), whose "
                          "cause in the software is not told; the minute is assumed. Share: none "
                          "unless it is given.",
        },
        {
                .kind = {.name = "stale",
                        .trust = HF_TRUST_ANCHORS,
                        .ttl_most = DAY,
                        .tries = 6,
                        .memory_least = 60,
                        .memory_most = 60,
                        .udp = 1232},
                .about = "Has keys of the beginning as trust anchors, given by hand, and never "
                         "changes them: fails for good when they go, whatever the zone does.",
                .source =
                        "Behaviour: RFC 8145 section 1 tells why such are looked for. Share: none "
                        "unless it is given; in December 2009 about one resolver in 1,500 was of "
                        "this kind for a zone of the reverse tree.",
        },
        {
                .kind = {.name = "bind-2009",
                        .trust = HF_TRUST_ANCHORS,
                        .ttl_most = 7 * DAY,
                        .tries = 6,
                        .storm = STORM_2009,
                        .memory_least = 1,
                        .memory_most = 1,
                        .udp = 4096},
                .about = "The same in BIND of 2009: asks every address again for every answer, one "
                         "after the other for 30 s, and forgets that it failed.",
                .source = "Behaviour: measurements of December 2009 and February 2010 at the "
                          "servers of the reverse tree and of the root. Share: none unless it is "
                          "given.",
        },
        {
                .kind = {.name = "unbound-2009",
                        .trust = HF_TRUST_ANCHORS,
                        .ttl_most = DAY,
                        .tries = 6,
                        .memory_least = 60,
                        .memory_most = 60,
                        .udp = 4096},
                .about = "The same in Unbound of 2009: remembers a failure for a minute.",
                .source = "Behaviour: as above. Share: none unless it is given.",
        },
};
#define KINDS (sizeof(table) / sizeof(table[0]))
_Static_assert(KINDS <= HF_POPULATION_KINDS, "populations have room for all kinds");

static const struct hf_people_fact facts[] = {
        {"Users of a resolver ask 1 to 1,000 questions an hour for names of the zone, each order "
         "of magnitude as likely.",
                "assumed: most resolvers are small, most users are behind large ones"},
        {"They ask for data with the zone's largest TTL (50 %), with an hour at most (32 %), with "
         "five minutes at most (10 %), and for names that do not exist (8 %).",
                "assumed; what is signed alike fails alike"},
        {"A resolver asks one of the zone's servers, each as likely.",
                "RFC 1035 section 7.2 leaves the choice to resolvers"},
        {"Resolvers that keep them one by one are asked for eight names that do not exist.",
                "assumed"},
};
#define FACTS (sizeof(facts) / sizeof(facts[0]))

const struct hf_people_kind *hf_people_at(size_t index)
{
	return index < KINDS ? &table[index] : NULL;
}

static size_t find(const char *name)
{
	size_t index = 0;
	while (index < KINDS && strcmp(table[index].kind.name, name) != 0)
		index++;
	return index;
}

const struct hf_people_kind *hf_people_find(const char *name)
{
	return hf_people_at(find(name));
}

const struct hf_people_fact *hf_people_fact_at(size_t index)
{
	return index < FACTS ? &facts[index] : NULL;
}

void hf_people_init(struct hf_people *people, enum hf_people_anchors anchors)
{
	*people = (struct hf_people){
	        .count = KINDS,
	        .rate_least = 1,
	        .rate_most = 1000,
	        .weights = {0.5, 0.32, 0.1, 0.08},
	        .denial = HF_SCENE_CLASSES - 1,
	};
	for (size_t i = 0; i < KINDS; i++) {
		people->kinds[i] = table[i].kind;
		if (anchors == HF_PEOPLE_BY_ANCHORS)
			people->kinds[i].share = table[i].anchor_share;
	}
}

/* Kinds without a share of their own divide what is left as they did before. */
static void divide(struct hf_people *people, double left)
{
	double sum = 0;
	for (size_t i = 0; i < people->count; i++)
		sum += people->given[i] ? 0 : people->kinds[i].share;
	for (size_t i = 0; i < people->count; i++) {
		if (!people->given[i] && sum > 0)
			people->kinds[i].share *= left / sum;
	}
}

enum hf_err hf_people_share(
        struct hf_people *people, const char *name, double share, struct hf_diag *diag)
{
	size_t index = find(name);
	if (index == KINDS)
		return hf_fail(diag, HF_ERR_NOTFOUND,
		        "there is no kind of resolver \"%s\": `holdfast rehearse "
		        "--list-resolvers` lists them",
		        name);
	if (!(share >= 0 && share <= 1))
		return hf_fail(diag, HF_ERR_INVALID,
		        "the share of %s resolvers has to be from 0 to 1 (or 0%% to 100%%)", name);
	double sum = share;
	for (size_t i = 0; i < people->count; i++)
		sum += people->given[i] && i != index ? people->kinds[i].share : 0;
	if (sum > 1 + 1e-9)
		return hf_fail(diag, HF_ERR_INVALID,
		        "the shares of resolvers that were given are more than all: %.3g; make "
		        "that of %s smaller",
		        sum, name);
	people->given[index] = true;
	people->kinds[index].share = share;
	divide(people, sum < 1 ? 1 - sum : 0);
	return HF_OK;
}

enum hf_err hf_people_read(struct hf_people *people, const char *setting, struct hf_diag *diag)
{
	char name[32];
	const char *equals = strchr(setting, '=');
	size_t len = equals != NULL ? (size_t)(equals - setting) : 0;
	char *end = NULL;
	double share = len > 0 ? strtod(equals + 1, &end) : NAN;
	bool whole =
	        end != NULL && end != equals + 1 && (*end == 0 || (end[0] == '%' && end[1] == 0));
	if (len == 0 || len >= sizeof(name) || !whole)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "\"%s\" is no share of resolvers: write NAME=SHARE, such as stale=0.5%%",
		        setting);
	memcpy(name, setting, len);
	name[len] = 0;
	return hf_people_share(people, name, *end == '%' ? share / 100 : share, diag);
}

void hf_people_population(const struct hf_people *people, uint32_t resolvers, uint64_t seed,
        struct hf_population *ret_population)
{
	*ret_population = (struct hf_population){
	        .kinds = people->kinds,
	        .kind_count = people->count,
	        .resolvers = resolvers,
	        .rate_least = people->rate_least,
	        .rate_most = people->rate_most,
	        .denial = people->denial,
	        .seed = seed,
	};
	memcpy(ret_population->weights, people->weights, sizeof(people->weights));
}
