/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small world that can be copied, with everything that may happen in it next.
 *
 * Time goes in ticks; every TTL is one tick. What resolvers may really hold is kept here by masks
 * of keys, apart from the evidence, which has only what was looked at. A registry carries out
 * requests one after the other, and its servers take over its newest set whenever they like.
 * Functions fail the running test when something goes wrong.
 */
#ifndef HF_TESTS_ROLLOVER_MAZE_H
#define HF_TESTS_ROLLOVER_MAZE_H

#include "rollover/rollover.h"

#define MAZE_TICK    INT64_C(1000)
#define MAZE_SERVERS 2
#define MAZE_QUEUE   4
#define MAZE_TRUTHS  64
#define MAZE_PATH    128

enum maze_event {
	MAZE_TICKS,    /* a tick passes */
	MAZE_REGISTRY, /* the registry carries out its next request */
	MAZE_TRANSFER, /* server 0 takes over the registry's set; the next value: server 1 */
	MAZE_TRANSFER_1,
	MAZE_LOOK, /* somebody looks at server 0; the next value: server 1 */
	MAZE_LOOK_1,
	MAZE_SIGNED,    /* the last old signature is replaced */
	MAZE_SECONDARY, /* the secondary follows, and is seen to */
	MAZE_ABORT,
	MAZE_PAUSE,
	MAZE_RESUME,
	MAZE_START,    /* another change is asked for */
	MAZE_WITHDRAW, /* earlier requests are taken back at the registry */
	MAZE_FORWARD,  /* the clock leaps forward */
	MAZE_BACK,     /* the clock leaps back */
};
#define MAZE_EVENTS 15

/* Something that resolvers may hold. */
struct maze_truth {
	enum hf_kind kind;
	hf_keys members, signing;
	int64_t since;  /* when it began to be served */
	int64_t until;  /* INT64_MAX: served */
	unsigned place; /* 0: the signer, 1: the secondary, 2 and up: the parent's servers */
};

/* How often people and clocks may still do something. */
struct maze_budget {
	unsigned aborts, pauses, starts, forwards, backs;
	bool gradual;  /* signatures are replaced one by one */
	bool sticks;   /* the secondary follows when it likes, else at once */
	bool one_eyed; /* the servers move together and are seen at once */
};

struct maze {
	struct hf_policy policy;
	struct hf_roll_state state;
	struct hf_evidence *evidence;
	struct maze_budget budget;
	struct hf_roll_start second;
	int64_t true_now, clock; /* the clock's error changes when it leaps */
	bool leapt;              /* forward: only the evidence is checked from then on */
	struct hf_waypoint shown;
	hf_keys old_signers; /* while signatures are being replaced */
	bool signing;
	bool secondary_behind;
	hf_time version; /* of what is published, by the clock */
	hf_keys registry, queue[MAZE_QUEUE], shows[MAZE_SERVERS], seen[MAZE_SERVERS];
	hf_time looked[MAZE_SERVERS];
	unsigned queue_count;
	struct maze_truth truths[MAZE_TRUTHS];
	unsigned truth_count;
	uint32_t secondary, servers[MAZE_SERVERS];
	unsigned keys_made;
	struct hf_outcome outcome;
	char path[MAZE_PATH]; /* what happened so far, a letter each: for who reads a failure */
};

struct maze_plan {
	const char *name;
	struct hf_roll_start start;
	enum hf_key_model model; /* of the policy */
	enum hf_key_model keys;  /* of the zone */
	bool is_signed;
	uint8_t algorithm;
	struct maze_budget budget;
};

struct maze *maze_new(const struct maze_plan *plan);
struct maze *maze_copy(const struct maze *maze);
void maze_free(struct maze *maze);

bool maze_possible(const struct maze *maze, enum maze_event event);
/* Lets it happen, then asks the engine until it has nothing to add. */
void maze_happen(struct maze *maze, enum maze_event event);
/* No resolver can fail, by the evidence and in truth; what is waited for can come. */
void maze_check(const struct maze *maze);
/* A number that is the same for worlds that go on in the same way. */
uint64_t maze_print(const struct maze *maze);

#endif
