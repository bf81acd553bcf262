/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world in memory for Unbound: the same answers at the same clock, so that its verdict can be
 * compared with ours.
 *
 * A thread serves the world over UDP on loopback, each zone at a port of its own; Unbound knows the
 * zones' servers as stubs, so that it asks what a walk asks. Every function ends the test when
 * something cannot be done.
 */
#ifndef HF_TESTS_CHAIN_UNBOUND_PEER_H
#define HF_TESTS_CHAIN_UNBOUND_PEER_H

#include <poll.h>
#include <pthread.h>

#include "toyworld.h"

#define PEER_ZONES 9

/* What the serving thread has; it stops when a byte comes through the pipe. */
struct peer {
	struct world *world;
	struct pollfd fds[PEER_ZONES + 1];
	uint16_t ports[PEER_ZONES];
	int stop[2];
	pthread_t thread;
};

enum peer_verdict { IS_SECURE, IS_INSECURE, IS_BOGUS };

/* Serves the world, which must not change until peer_stop. */
void peer_start(struct peer *peer, struct world *world);
void peer_stop(struct peer *peer);
/* What Unbound says; each question to a new one, without a cache. */
enum peer_verdict peer_ask(const struct peer *peer, const char *name, uint16_t type);
/* What a client of ours would see of the same world. */
enum peer_verdict peer_ours(struct world *world, const char *name, uint16_t type);

#endif
