/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lives.h"

#include <string.h>

#define KEY(name) (1 << (name))

struct life {
	uint64_t random;
	struct oracle_history *history;
	struct signed_design design; /* of what is published */
	uint8_t ds[ORACLE_PARENTS];  /* at each parent server */
	int now;
};

/* xorshift64*. */
static unsigned below(struct life *life, unsigned limit)
{
	life->random ^= life->random >> 12;
	life->random ^= life->random << 25;
	life->random ^= life->random >> 27;
	return (unsigned)((life->random * 0x2545f4914f6cdd1dull) >> 33) % limit;
}

static bool chance(struct life *life, unsigned percent)
{
	return below(life, 100) < percent;
}

static uint8_t some_ttl(struct life *life)
{
	static const uint8_t ttls[] = {0, 1, 3, 4, 7, 12};
	return ttls[below(life, sizeof(ttls))];
}

/* ---- what is published ---- */

static void set_signers(struct signed_design *design, uint8_t signers)
{
	design->data_signers[0] = design->data_signers[1] = signers;
}

static void start(struct life *life)
{
	struct signed_design *design = &life->design;
	uint8_t ds = KEY(KSK_A);
	memset(design, 0, sizeof(*design));
	design->key_ttl = some_ttl(life);
	design->data_ttl[0] = some_ttl(life);
	design->data_ttl[1] = some_ttl(life);
	switch (below(life, 5)) {
	case 0: /* insecure */
		ds = 0;
		break;
	case 1: /* a CSK */
		design->keys = design->key_signers = KEY(KSK_A);
		set_signers(design, KEY(KSK_A));
		break;
	case 2: /* two algorithms */
		design->keys = KEY(KSK_A) | KEY(ZSK_C) | KEY(KSK_E) | KEY(ZSK_F);
		design->key_signers = KEY(KSK_A) | KEY(KSK_E);
		set_signers(design, KEY(ZSK_C) | KEY(ZSK_F));
		ds |= chance(life, 50) ? KEY(KSK_E) : 0;
		break;
	default:
		design->keys = KEY(KSK_A) | KEY(ZSK_C);
		design->key_signers = KEY(KSK_A);
		set_signers(design, KEY(ZSK_C));
		break;
	}
	for (int p = 0; p < ORACLE_PARENTS; p++)
		life->ds[p] = ds;
}

/* A key comes in, with or without its first signatures, or goes. */
static void change_keys(struct life *life, struct signed_design *design)
{
	uint8_t key = (uint8_t)KEY(below(life, SIGNED_KEYS));
	const uint8_t ksks = KEY(KSK_A) | KEY(KSK_B) | KEY(KSK_E) | KEY(KEY_R);
	design->keys ^= key;
	if ((design->keys & key) == 0) {
		design->key_signers &= chance(life, 80) ? (uint8_t)~key : 0xff;
	} else if ((key & ksks) != 0) {
		design->key_signers |= chance(life, 80) ? key : 0;
	}
}

/* Data is signed by another key, by one more, or by one fewer: all of it, or some. */
static void change_signers(struct life *life, struct signed_design *design)
{
	uint8_t key = (uint8_t)KEY(below(life, SIGNED_KEYS));
	/* Mostly by keys that are published. */
	if ((design->keys & key) == 0 && chance(life, 70))
		key = design->keys & (KEY(ZSK_C) | KEY(ZSK_D) | KEY(ZSK_F));
	unsigned which = below(life, 3);
	bool replace = chance(life, 50);
	for (unsigned i = 0; i < SIGNED_DATA; i++) {
		if (which == i)
			continue;
		design->data_signers[i] = replace ? key : design->data_signers[i] ^ key;
	}
}

static void change_ttls(struct life *life, struct signed_design *design)
{
	if (chance(life, 50))
		design->key_ttl = some_ttl(life);
	else
		design->data_ttl[below(life, SIGNED_DATA)] = some_ttl(life);
}

/* A second algorithm comes in or goes, at once. */
static void change_algorithm(struct life *life, struct signed_design *design)
{
	const uint8_t keys = KEY(KSK_E) | KEY(ZSK_F);
	bool in = (design->keys & keys) == 0;
	bool all = chance(life, 50), data = all || chance(life, 50);
	if (in ? !data || all : all || !data) {
		design->keys ^= keys;
		design->key_signers ^= KEY(KSK_E);
	}
	for (unsigned i = 0; data && i < SIGNED_DATA; i++)
		design->data_signers[i] ^= KEY(ZSK_F);
}

static void change_security(struct life *life, struct signed_design *design)
{
	bool sign = design->keys == 0;
	design->keys = sign ? KEY(KSK_A) | KEY(ZSK_C) : 0;
	design->key_signers = sign ? KEY(KSK_A) : 0;
	set_signers(design, sign ? KEY(ZSK_C) : 0);
	if (!sign && chance(life, 30))
		design->data_signers[0] = KEY(ZSK_C);
}

/* The old KSK goes and the new one comes, as people do it when they are in a hurry. */
static void swap_ksk(struct signed_design *design)
{
	const uint8_t both = KEY(KSK_A) | KEY(KSK_B);
	design->keys ^= both;
	design->key_signers ^= both;
}

static void change_design(struct life *life, struct signed_design *design)
{
	unsigned what = below(life, 100);
	if (what < 30)
		change_keys(life, design);
	else if (what < 60)
		change_signers(life, design);
	else if (what < 70)
		change_ttls(life, design);
	else if (what < 80)
		change_algorithm(life, design);
	else if (what < 88)
		change_security(life, design);
	else if (what < 94)
		swap_ksk(design);
	else
		design->key_signers ^= (uint8_t)KEY(below(life, SIGNED_KEYS));
	design->window = WINDOW_WIDE;
	design->broken = 0;
	if (chance(life, 6))
		design->window = (uint8_t)(1 + below(life, 2));
	if (chance(life, 4))
		design->broken = (uint8_t)(1 << below(life, 3));
	if (design->keys == 0)
		design->key_signers = 0;
}

static void publish(struct life *life)
{
	struct oracle_history *history = life->history;
	int count = history->version_count;
	if (count == ORACLE_CHANGES ||
	        (count > 0 && history->versions[count - 1].first == life->now))
		return;
	if (count > 0)
		history->versions[count - 1].last = life->now;
	history->versions[count] = (struct oracle_version){
	        .first = life->now, .last = ORACLE_OPEN, .version = signed_version(&life->design)};
	history->version_count++;
}

/* ---- the parent ---- */

static void serve_ds(struct life *life, int parent)
{
	struct oracle_history *history = life->history;
	int count = history->ds_count[parent];
	struct oracle_ds *list = history->ds[parent];
	if (count == ORACLE_CHANGES || (count > 0 && list[count - 1].first == life->now))
		return;
	if (count > 0)
		list[count - 1].last = life->now;
	list[count] = (struct oracle_ds){.first = life->now,
	        .last = ORACLE_OPEN,
	        .ttl = some_ttl(life),
	        .keys = life->ds[parent],
	        .unsupported = chance(life, 5)};
	history->ds_count[parent]++;
}

/* Another DS set, at all of the parent's servers or at some. */
static void change_ds(struct life *life)
{
	const uint8_t usual[] = {KEY(KSK_A), KEY(KSK_B), KEY(KSK_A) | KEY(KSK_B), KEY(KSK_E),
	        KEY(KSK_A) | KEY(KSK_E), 0};
	uint8_t ds = usual[below(life, sizeof(usual))];
	if (chance(life, 10))
		ds = (uint8_t)below(life, 1 << SIGNED_KEYS);
	bool all = chance(life, 60);
	for (int p = 0; p < life->history->parents; p++) {
		if (!all && chance(life, 50))
			continue;
		life->ds[p] = ds;
		serve_ds(life, p);
	}
}

/* ---- secondaries ---- */

static void see_secondary(struct life *life)
{
	struct oracle_history *history = life->history;
	if (history->secondaries == 0 || history->sighting_count == ORACLE_CHANGES)
		return;
	/* Mostly with what is published now. */
	int back = chance(life, 70) ? 1 : 1 + (int)below(life, (unsigned)history->version_count);
	history->sightings[history->sighting_count++] = (struct oracle_sighting){
	        .secondary = (int)below(life, (unsigned)history->secondaries),
	        .seen = life->now,
	        .version = history->versions[history->version_count - back].first};
}

/* ---- rollovers, asked about in the middle ---- */

/* What is published before and after a step, and what is asked about then. */
struct phase {
	uint8_t keys, key_signers, data_signers;
};
struct roll {
	struct phase before, after, next;
	uint8_t ds_before, ds_after, ds_next; /* ds_next 0: the question is about the version */
};
#define AC (KEY(KSK_A) | KEY(ZSK_C))
#define EF (KEY(KSK_E) | KEY(ZSK_F))
#define CD (KEY(ZSK_C) | KEY(ZSK_D))
#define CF (KEY(ZSK_C) | KEY(ZSK_F))
#define AB (KEY(KSK_A) | KEY(KSK_B))
#define AR (KEY(KSK_A) | KEY(KEY_R))
#define AE (KEY(KSK_A) | KEY(KSK_E))

static const struct roll rolls[] = {
        /* A new ZSK signs; the old ZSK goes. */
        {{AC, KEY(KSK_A), KEY(ZSK_C)}, {AC | CD, KEY(KSK_A), KEY(ZSK_C)},
                {AC | CD, KEY(KSK_A), KEY(ZSK_D)}, KEY(KSK_A), KEY(KSK_A), 0},
        {{AC | CD, KEY(KSK_A), KEY(ZSK_C)}, {AC | CD, KEY(KSK_A), KEY(ZSK_D)},
                {KEY(KSK_A) | KEY(ZSK_D), KEY(KSK_A), KEY(ZSK_D)}, KEY(KSK_A), KEY(KSK_A), 0},
        /* The new KSK's DS comes in; the old KSK goes. */
        {{AC, KEY(KSK_A), KEY(ZSK_C)}, {AC | AB, AB, KEY(ZSK_C)}, {0, 0, 0}, KEY(KSK_A), KEY(KSK_A),
                KEY(KSK_B)},
        {{AC | AB, AB, KEY(ZSK_C)}, {AC | AB, AB, KEY(ZSK_C)},
                {KEY(KSK_B) | KEY(ZSK_C), KEY(KSK_B), KEY(ZSK_C)}, KEY(KSK_A), KEY(KSK_B), 0},
        /* Two DS sets; the KSK is replaced. */
        {{AC, KEY(KSK_A), KEY(ZSK_C)}, {AC, KEY(KSK_A), KEY(ZSK_C)},
                {KEY(KSK_B) | KEY(ZSK_C), KEY(KSK_B), KEY(ZSK_C)}, KEY(KSK_A), AB, 0},
        /* A second algorithm's keys come in; the first one's go. */
        {{AC, KEY(KSK_A), KEY(ZSK_C)}, {AC, KEY(KSK_A), CF}, {AC | EF, AE, CF}, KEY(KSK_A),
                KEY(KSK_A), 0},
        {{AC | EF, AE, CF}, {AC | EF, AE, CF}, {EF, KEY(KSK_E), CF}, KEY(KSK_A), KEY(KSK_E), 0},
        {{AC | EF, AE, CF}, {EF, KEY(KSK_E), CF}, {EF, KEY(KSK_E), KEY(ZSK_F)}, KEY(KSK_E),
                KEY(KSK_E), 0},
        /* Going insecure, and going secure. */
        {{AC, KEY(KSK_A), KEY(ZSK_C)}, {AC, KEY(KSK_A), KEY(ZSK_C)}, {0, 0, 0}, KEY(KSK_A), 0, 0},
        {{0, 0, 0}, {AC, KEY(KSK_A), KEY(ZSK_C)}, {0, 0, 0}, 0, 0, KEY(KSK_A)},
        /* The same with signatures before keys: what counts is the keys' absence. */
        {{0, 0, KEY(ZSK_C)}, {AC, KEY(KSK_A), KEY(ZSK_C)}, {0, 0, 0}, 0, 0, KEY(KSK_A)},
        /* A revoked key has a DS, and is left alone with it. */
        {{AC, KEY(KSK_A), KEY(ZSK_C)}, {AC | AR, AR, KEY(ZSK_C)},
                {KEY(KEY_R) | KEY(ZSK_C), KEY(KEY_R), KEY(ZSK_C)}, KEY(KSK_A), AR, 0},
};

static void enter(struct signed_design *design, const struct phase *phase)
{
	design->keys = phase->keys;
	design->key_signers = phase->key_signers;
	set_signers(design, phase->data_signers);
}

static void pass(struct life *life, unsigned most)
{
	life->now += 1 + (int)below(life, most);
}

static void serve_everywhere(struct life *life, uint8_t ds, unsigned spread)
{
	for (int p = 0; p < life->history->parents; p++) {
		life->ds[p] = ds;
		serve_ds(life, p);
		life->now += (int)below(life, spread);
	}
}

/* Lives up to the middle of a rollover, and asks about its next step. */
static void roll(struct life *life, struct oracle_question *question)
{
	const struct roll *roll = &rolls[below(life, sizeof(rolls) / sizeof(rolls[0]))];
	enter(&life->design, &roll->before);
	if (chance(life, 20))
		life->design.window = (uint8_t)(1 + below(life, 2));
	publish(life);
	serve_everywhere(life, roll->ds_before, 1);
	pass(life, 15);
	if (chance(life, 40)) {
		change_ttls(life, &life->design);
		publish(life);
		pass(life, 6);
	}
	see_secondary(life);
	enter(&life->design, &roll->after);
	life->design.window = chance(life, 90) ? WINDOW_WIDE : (uint8_t)(1 + below(life, 2));
	/* Half of the data first. */
	if (chance(life, 30)) {
		life->design.data_signers[1] = roll->before.data_signers;
		publish(life);
		pass(life, 4);
		life->design.data_signers[1] = roll->after.data_signers;
	}
	publish(life);
	serve_everywhere(life, roll->ds_after, 3);
	pass(life, 3);
	see_secondary(life);
	struct signed_design next = life->design;
	enter(&next, &roll->next);
	next.window = chance(life, 90) ? WINDOW_WIDE : WINDOW_BEGINS;
	/* What happens after the question must not count. */
	int at = life->now + (int)below(life, 4);
	if (chance(life, 30)) {
		at -= (int)below(life, 8);
		pass(life, 6);
		see_secondary(life);
	}
	*question = (struct oracle_question){.at = at > 0 ? at : 0,
	        .liberal = chance(life, 30),
	        .has_ds = roll->ds_next != 0,
	        .ds_keys = roll->ds_next,
	        .candidate = roll->ds_next != 0 ? NULL : signed_version(&next)};
	life->history->end = life->now + 1;
}

/* ---- the whole ---- */

static void live(struct life *life)
{
	struct oracle_history *history = life->history;
	unsigned steps = 1 + below(life, 8);
	/* Some wait for caches between steps, others are in a hurry. */
	unsigned pause = chance(life, 50) ? 4 : 12;
	publish(life);
	for (int p = 0; p < history->parents; p++)
		serve_ds(life, p);
	for (unsigned i = 0; i < steps; i++) {
		life->now += 1 + (int)below(life, pause);
		if (life->now > 40)
			break;
		unsigned what = below(life, 100);
		if (what < 55) {
			change_design(life, &life->design);
			publish(life);
		} else if (what < 80) {
			change_ds(life);
		} else {
			see_secondary(life);
		}
	}
	history->end = life->now + 1;
}

static void ask(struct life *life, struct oracle_question *question)
{
	struct signed_design candidate = life->design;
	unsigned what = below(life, 100);
	*question = (struct oracle_question){
	        .at = life->now + (int)below(life, 6), .liberal = chance(life, 30)};
	/* Now and then about a moment in the middle of the history. */
	if (chance(life, 25))
		question->at = (int)below(life, (unsigned)life->now + 1);
	if (what >= 75)
		question->has_ds = true;
	if (what < 65 || what >= 95) {
		unsigned changes = below(life, 3);
		for (unsigned i = 0; i < changes; i++)
			change_design(life, &candidate);
		/* That signatures end before their TTL is asked elsewhere. */
		if (candidate.window == WINDOW_ENDS && question->at + ORACLE_TTL > SIGNED_ENDS)
			candidate.window = WINDOW_WIDE;
		question->candidate = signed_version(&candidate);
	}
	if (question->has_ds)
		question->ds_keys = chance(life, 50) ? life->ds[0] ^ (uint8_t)KEY(KSK_B)
		                                     : (uint8_t)below(life, 1 << SIGNED_KEYS);
}

void life_make(
        uint64_t seed, struct oracle_history *ret_history, struct oracle_question *ret_question)
{
	struct life life = {
	        .random = seed * 0x9e3779b97f4a7c15ull + 0x1234567, .history = ret_history};
	memset(ret_history, 0, sizeof(*ret_history));
	ret_history->parents = 1 + (int)below(&life, ORACLE_PARENTS);
	ret_history->secondaries =
	        chance(&life, 45) ? 1 + (int)below(&life, ORACLE_SECONDARIES) : 0;
	ret_history->expire = chance(&life, 70) ? 5 + (int)below(&life, 15) : 0;
	start(&life);
	if (chance(&life, 45)) {
		roll(&life, ret_question);
	} else {
		live(&life);
		ask(&life, ret_question);
	}
}
