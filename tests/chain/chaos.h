/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Worlds damaged by chance: a seed says all. One at a time.
 */
#ifndef HF_TESTS_CHAIN_CHAOS_H
#define HF_TESTS_CHAIN_CHAOS_H

#include "unbound_peer.h"

#define CHAOS_TEXT 2048

struct chaos_question {
	const char *name;
	uint16_t type;
};

/* A damaged world; says what was done to it. Starts the dice anew. */
void chaos_init(struct world *world, unsigned long seed, char text[static CHAOS_TEXT]);
/* The next question about it. */
struct chaos_question chaos_ask(void);
/* The next throw of a die with so many sides, from 0 on. */
unsigned chaos_roll(unsigned sides);
/* Whether a disagreement with Unbound has a reason that is written down. */
bool chaos_excuses(const char *done, enum peer_verdict we, enum peer_verdict they);

#endif
