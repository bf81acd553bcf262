/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world in memory for Unbound: the same answers at the same clock, so that its verdict can be
 * compared with ours.
 *
 * Unbound knows the zones' servers as stubs, so that it asks what a walk asks. Every function ends
 * the test when something cannot be done.
 */
#ifndef HF_TESTS_CHAIN_UNBOUND_PEER_H
#define HF_TESTS_CHAIN_UNBOUND_PEER_H

#include "loopback.h"

#define PEER_ZONES 9

struct peer {
	struct loopback loopback; /* a server for each zone */
};

enum peer_verdict { IS_SECURE, IS_INSECURE, IS_BOGUS };

const char *peer_word(enum peer_verdict verdict);

/* Serves the world, which must not change until peer_stop. */
void peer_start(struct peer *peer, struct world *world);
void peer_stop(struct peer *peer);
/* What Unbound says; each question to a new one, without a cache. */
enum peer_verdict peer_ask(const struct peer *peer, const char *name, uint16_t type);
/* What a client of ours would see of the same world. */
enum peer_verdict peer_ours(struct world *world, const char *name, uint16_t type);

#endif
